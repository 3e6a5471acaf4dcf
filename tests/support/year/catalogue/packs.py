"""Packs that carry a code of their own: one pack is in one place, and is sold once."""

from __future__ import annotations

from typing import Final

from tests.support.year.catalogue.entry import Contradiction

PACKS: Final = (
    Contradiction(
        kind="custody_conflict",
        title="a code in two hands",
        planted="A pharmacy (or pesticide shop) has received a coded pack and still holds it. A party outside its chain, which never "
        "received the code from anyone, ships the same code to a third.",
        evidence=(
            "the holder's receipt (or check, or the shipment to it) with the code",
            "the outsider's shipment of the code",
        ),
        concerns="the outsider",
        grade="red",
        why="One pack cannot stand in two shops. Both records are whole and neither is put right.",
        innocent=(
            "the receipt of the right chain is entered that evening, after the shipment onward",
            "one side of the chain is not on the ledger, so the code appears at its next holder",
            "the holder returned the pack and the return is recorded",
        ),
        source="§4 case 1",
    ),
    Contradiction(
        kind="impossible_travel",
        title="a pack that travelled too fast",
        planted="A pack is received at a shop in Nantong; within the hour a sale of the same code is recorded with a region of sale more "
        "than 1,000 km away, by the same party.",
        evidence=(
            "the receipt (or check, or shipment) of the code with its time",
            "the sale of the code with its region",
        ),
        concerns="the seller",
        grade="amber",
        why="No carrier covers that way in that time; the code was copied or the sale was keyed for another pack.",
        innocent=(
            "neighbouring districts or counties within the hour",
            "a posted parcel sold days later far away",
            "a region typed wrong and put right the next day",
        ),
        source="§4 case 1",
    ),
    Contradiction(
        kind="resold_by_other",
        title="a sold pack sold again by another seller (回流药)",
        planted="A drug box is sold at retail by one pharmacy. Weeks later another pharmacy sells the same code at retail, with no return "
        "or purchase between.",
        evidence=("the first sale", "the second sale"),
        concerns="the second seller",
        grade="red",
        why="What a patient took home does not come back to another shop's shelf.",
        innocent=(
            "sold, properly returned to the same shop and sold again",
            "returned through the wholesaler to another shop, each step recorded",
            "two different packs of the same lot",
        ),
        source="§4 'Also', case 10; row 11",
    ),
    Contradiction(
        kind="resold_by_same",
        title="a sold pack sold again by the same seller",
        planted="A shop sells the same unit code again on another day, weeks after the first, with no return between.",
        evidence=("the first sale", "the second sale"),
        concerns="the seller",
        grade="red",
        why="A code is one pack: an emptied pack was refilled or its label copied. Another day is no double scan.",
        innocent=(
            "the same code twice in the same minute by the same device (double scan)",
            "a sale cancelled as 'did not occur' and made again",
            "sold, returned, sold again",
        ),
        source="§4 case 10",
    ),
    Contradiction(
        kind="code_after_use",
        title="a used-up pack traded again",
        planted="A co-op records the use of a coded pesticide bottle (codes in the use record). Later a dealer sells that code.",
        evidence=("the use with the code", "the later sale or shipment with the code"),
        concerns="the later seller",
        grade="red",
        why="The bottle is empty: its label lives on another filling.",
        innocent=(
            "the sale to the co-op is entered after the use but claims the time before it",
            "other bottles of the same lot",
        ),
        source="§4 case 10",
    ),
    Contradiction(
        kind="code_after_destruction",
        title="a destroyed pack traded again",
        planted="A pack is destroyed (stock adjustment 'destroyed' or a destruction record naming its code). Later someone ships or sells it.",
        evidence=("the destruction", "the later sale or shipment"),
        concerns="the later seller",
        grade="red",
        why="Destroyed goods do not move.",
        innocent=("the shipment happened before the destruction and was entered late",),
        source="§4 case 10, EPCIS §5 invariants",
    ),
    Contradiction(
        kind="code_after_void",
        title="a void code traded",
        planted="The maker makes a code void (spoiled label). Later a dealer ships or sells it.",
        evidence=("the codes record with action void", "the later sale or shipment"),
        concerns="the later seller",
        grade="red",
        why="A void label was thrown away; it is on a pack all the same.",
        innocent=("a code void and another one issued for the pack, which is what trades",),
        source="§4 case 10, EPCIS §5 invariants",
    ),
    Contradiction(
        kind="code_after_container_return",
        title="a returned empty container traded as full",
        planted="A pesticide dealer records the empty container that came back from a farmer (adjustment 'destroyed' with the code and a note "
        "of the container's return, after the sale). Later the code is sold again by the same or another dealer.",
        evidence=("the record of the container's return", "the later sale"),
        concerns="the later seller",
        grade="red",
        why="The container return closes the code.",
        innocent=("the container comes back and nothing else happens to the code",),
        source="§4 case 10",
    ),
    Contradiction(
        kind="code_never_issued",
        title="a code that nobody issued",
        planted="The maker is on the ledger and issues the codes of its lot there. A dealer sells a pack of that lot with a code that is not "
        "among them.",
        evidence=("the sale or shipment with the code", "the maker's codes of that lot"),
        concerns="the seller",
        grade="amber",
        why="The lot's codes are known whole and this is none of them. Amber, because a forgotten upload is the first thing to ask.",
        innocent=(
            "the maker is not on the ledger and has issued nothing for the lot",
            "the maker's upload comes a day after its shipment",
        ),
        source="row 11; §2.5; §3 EMVS",
    ),
    Contradiction(
        kind="code_on_other_goods",
        title="a code on other goods",
        planted="A code issued for lot A is shipped or sold under lot B.",
        evidence=("the codes record of lot A", "the sale or shipment under lot B"),
        concerns="the seller",
        grade="red",
        why="The label was moved from one pack to another.",
        innocent=(
            "the seller typed the wrong lot and put it right the next day",
            "two lots in one delivery, each line with its own codes",
        ),
        source="§4 case 10; row 11",
    ),
    Contradiction(
        kind="serial_issued_twice",
        title="one serial issued twice by the maker",
        planted="The maker issues the same code for two lots, weeks apart.",
        evidence=("the first codes record", "the second codes record"),
        concerns="the maker",
        grade="amber",
        why="Two packs now bear one name and no later conflict can be judged.",
        innocent=(
            "the same upload sent twice in the same minute for the same lot",
            "issue, then activate, of the same code",
            "an issue put right by a correction",
        ),
        source="§4 'Also'",
    ),
    Contradiction(
        kind="two_makers_of_one_lot",
        title="two declarers of one GTIN and lot",
        planted="Two parties each declare the same GTIN and batch number as made by themselves.",
        evidence=("the first batch record", "the second batch record"),
        concerns="the second declarer",
        grade="red",
        why="A GTIN belongs to one maker and a lot is made once.",
        innocent=(
            "several buyers declare the lot of one maker who is not on the ledger, all naming the same maker",
            "two makers with the same batch number but different products",
            "the batch record put right by its author",
        ),
        source="§4 'Also' (same serial uploaded twice), row 11",
    ),
    Contradiction(
        kind="broken_aggregation",
        title="a child that left its case unopened",
        planted="Boxes are packed into a case; the case is shipped to a wholesaler and stays packed there. One of the boxes is sold elsewhere, "
        "by a shop that got it from nobody, without an unpacking.",
        evidence=("the packing record", "the sale of the box"),
        concerns="the seller of the box",
        grade="amber",
        why="The box is inside the case or it is not.",
        innocent=(
            "unpacked first, then traded",
            "the unpacking is entered the same evening with its true time",
            "the case is sold whole, the buyer unpacks",
        ),
        source="§4 'Also'",
    ),
)
