"""Quantities: what came in, what went out, what a process can give, what two sides say of one delivery."""

from __future__ import annotations

from typing import Final

from tests.support.year.catalogue.entry import Contradiction

AMOUNTS: Final = (
    Contradiction(
        kind="oversold",
        title="more went out than ever came in",
        planted="A party ships or sells clearly more of a lot (30 % and more) than it made, bought, had as opening stock or got back.",
        evidence=("every record that brought the goods in", "the outgoing record that passes the sum"),
        concerns="the seller",
        grade="red",
        why="Mass is kept. The rest came from somewhere that is not on the books.",
        innocent=(
            "opening stock of goods older than the enrolment",
            "a stocktaking gain of a few per cent",
            "returns from customers sold again",
            "a receipt entered a day late with its true time",
            "a weight that differs by a per cent or two from scale to scale",
        ),
        source="§4 case 4, §0 balances",
    ),
    Contradiction(
        kind="yield_too_high",
        title="more came out of a process than went in could give",
        planted="A meat processor turns 1,000 kg of pork and spices into 1,500 kg of sausage.",
        evidence=("the transformation",),
        concerns="the processor",
        grade="red",
        why="Sausage loses water. The surplus is meat from elsewhere.",
        innocent=(
            "yields of .60 to .95 for sausage, .70 to .80 for slaughter by live weight",
            "water, salt and starch recorded as inputs",
            "pigs go in as heads (HEA) and pork comes out in kg: units that do not compare",
        ),
        source="§4 case 4; demo chain A",
    ),
    Contradiction(
        kind="yield_too_low",
        title="most of what went into a process is nowhere",
        planted="A processor turns 1,000 kg of pork into 120 kg of sausage, without waste or by-products.",
        evidence=("the transformation",),
        concerns="the processor",
        grade="amber",
        why="Nine tenths of the meat left the books: output sold without a record, or inputs booked that never came.",
        innocent=(
            "trimmings, bones and waste recorded as outputs",
            "drying that halves the weight (dried vegetables 10 to 1 by its own process)",
        ),
        source="§4 case 4 (yield range per process)",
    ),
    Contradiction(
        kind="sender_receiver_differ",
        title="sender and receiver say different quantities",
        planted="A shipment of 500 kg is received, in one receipt that refers to it, as 380 kg, accepted whole and without a reason.",
        evidence=("the shipment", "the receipt"),
        concerns="both; the receiver wrote last",
        grade="amber",
        why="A quarter of the goods is on nobody's books.",
        innocent=(
            "weight loss on the way of up to 3 %",
            "accepted in part with a reason",
            "one shipment received in two lots, the sum is right",
            "the receipt put right next day",
        ),
        source="§3 lesson 4, §0 balances",
    ),
    Contradiction(
        kind="unit_mismatch",
        title="boxes in, kilograms out",
        planted="A wholesaler receives 20 cases of a lot (XCS) and ships 300 kg of it; nobody declared what a case weighs.",
        evidence=("the record in cases", "the record in kg"),
        concerns="the wholesaler",
        grade="grey",
        why="The balance of this holding cannot be drawn up; anything can hide in it. Grey: it asks for the factor, it accuses nobody.",
        innocent=("the product declares 1 case = n kg", "tonnes and kilograms"),
        source="§4 'Also'",
    ),
    Contradiction(
        kind="recall_answer_short",
        title="a recall answer that does not add up",
        planted="A holder received 200 kg of the recalled lot and answers: recovered 20, sold 60, and nothing else.",
        evidence=("the recall", "the recall answer", "the record by which the goods came"),
        concerns="the holder",
        grade="amber",
        why="120 kg of recalled goods are unaccounted for.",
        innocent=(
            "recovered + sold + destroyed + lost is what came, within the scale's tolerance",
            "two answers, the second completing the first",
        ),
        source="§4 case 9",
    ),
    Contradiction(
        kind="seizure_unbalanced",
        title="seized goods that do not add up",
        planted="An office seizes 100 kg at a holder; later 80 kg of them are destroyed and 60 kg are given back.",
        evidence=("the seizure", "the destruction", "the return of seized goods"),
        concerns="the office; shown beside the holder",
        grade="amber",
        why="Seized is returned plus destroyed plus still held, and nothing else.",
        innocent=("a part destroyed and the rest returned", "a part still held"),
        source="row 32; EPCIS §5",
    ),
)
