"""Sender and receiver about one delivery: what counts, and that nothing counts twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.identifiers import Quantity
from ledger.trace import balance, trace
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import kg
from tests.unit.trace.stories import Story, boxes, day, goods, november

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.trace import Edge

CABBAGE, LEEKS = goods("cabbage"), goods("leeks")


def _two() -> tuple[Story, PartyId, PartyId]:
    """A wholesaler with 800 kg of cabbages, and a stall."""
    story = Story()
    wholesaler, stall = story.books.party("批发（演示）"), story.books.party("菜摊（演示）")
    story.batch(wholesaler, CABBAGE, kg(800), at=november(1))
    return story, wholesaler, stall


def _edges(story: Story, what: str = "cabbage") -> list[Edge]:
    return list(trace(story.book, goods(what)).forward)


def _shown(story: Story) -> list[tuple[str, Quantity | None, Quantity | None]]:
    return [(one.state, one.sent, one.received) for one in _edges(story)]


def test_a_confirmed_delivery_shows_both_amounts_and_both_entries() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    answer = story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=sent)
    (edge,) = _edges(story)
    assert (edge.state, edge.sent, edge.received, edge.moved) == ("confirmed", kg(60), kg(60), kg(60))
    assert edge.seqs == (sent.seq, answer.seq)
    assert (edge.occurred_ms, edge.told_by) == (sent.occurred_ms, sent.seq)


def test_sixty_kilograms_and_sixty_thousand_grams_are_the_same_delivery() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(
        stall, wholesaler, CABBAGE, Quantity.parse("60000 GRM"), at=november(2, "09:00"), answers=sent
    )
    assert [one.state for one in _edges(story)] == ["confirmed"]


def test_the_receiver_may_say_another_amount_and_it_counts_for_both() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(55), at=november(2, "09:00"), answers=sent)
    assert _shown(story) == [("corrected", kg(60), kg(55))]
    assert balance(story.book, wholesaler, CABBAGE).shipped == kg(55)
    assert balance(story.book, stall, CABBAGE).received == kg(55)


def test_a_refused_delivery_leaves_the_goods_with_the_sender() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(
        stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=sent, conclusion="refuse"
    )
    assert _shown(story) == [("refused", kg(60), None)]
    assert balance(story.book, wholesaler, CABBAGE).expected == kg(800)
    assert balance(story.book, stall, CABBAGE).expected is None


def test_whoever_refused_first_and_accepted_then_has_the_goods() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(
        stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=sent, conclusion="refuse"
    )
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "10:00"), answers=sent)
    assert _shown(story) == [("confirmed", kg(60), kg(60))]


def test_two_part_deliveries_of_one_shipment_add_up() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(
        stall, wholesaler, CABBAGE, kg(25), at=november(2, "09:00"), answers=sent, conclusion="accept_part"
    )
    story.receives(
        stall, wholesaler, CABBAGE, kg(35), at=november(2, "10:00"), answers=sent, conclusion="accept_part"
    )
    assert _shown(story) == [("confirmed", kg(60), kg(60))]


def test_goods_that_the_answer_leaves_out_did_not_move() -> None:
    story, wholesaler, stall = _two()
    lines = (Line(goods=CABBAGE, quantity=kg(60)), Line(goods=LEEKS, quantity=kg(10)))
    story.books.says(wholesaler, Shipment(to=stall, lines=lines), at=november(2))
    sent = story.books.last
    story.receives(
        stall, wholesaler, LEEKS, kg(10), at=november(2, "09:00"), answers=sent, conclusion="accept_part"
    )
    assert _shown(story) == [("refused", kg(60), None)]
    assert [one.state for one in _edges(story, "leeks")] == ["confirmed"]


def test_an_offer_without_an_answer_is_unanswered_and_counts() -> None:
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    assert _shown(story) == [("unanswered", kg(60), None)]
    assert balance(story.book, stall, CABBAGE).expected == kg(60)


def test_a_sale_to_somebody_who_was_not_asked_is_one_sided() -> None:
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2), offer=False)
    assert _shown(story) == [("one_sided", kg(60), None)]


def test_a_receipt_alone_is_one_sided() -> None:
    story = Story()
    farmer, stall = story.books.party_id(), story.books.party("菜摊（演示）")
    story.receives(stall, farmer, CABBAGE, kg(60), at=november(2))
    assert _shown(story) == [("one_sided", None, kg(60))]


def test_a_receipt_that_names_no_shipment_confirms_the_one_that_waits() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    answer = story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"))
    (edge,) = _edges(story)
    assert (edge.state, edge.seqs) == ("confirmed", (sent.seq, answer.seq))


def test_a_smaller_arrival_is_part_of_what_waits_and_adds_nothing() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    arrived = story.receives(stall, wholesaler, CABBAGE, kg(40), at=november(2, "09:00"))
    (edge,) = _edges(story)
    assert (edge.state, edge.moved, edge.seqs) == ("unanswered", kg(60), (sent.seq, arrived.seq))


def test_a_larger_arrival_confirms_what_waits_and_the_rest_is_one_sided() -> None:
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(75), at=november(2, "09:00"))
    assert _shown(story) == [("confirmed", kg(60), kg(60)), ("one_sided", None, kg(15))]


def test_the_shipment_that_fits_is_confirmed_and_the_larger_one_waits_on() -> None:
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.ships(wholesaler, stall, CABBAGE, kg(40), at=november(3))
    story.receives(stall, wholesaler, CABBAGE, kg(40), at=november(3, "09:00"))
    assert _shown(story) == [("unanswered", kg(60), None), ("confirmed", kg(40), kg(40))]


def test_a_check_beside_the_receipt_of_the_same_delivery_adds_nothing() -> None:
    story, wholesaler, stall = _two()
    story.delivers(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.checks(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"))
    assert _shown(story) == [("confirmed", kg(60), kg(60))]


def test_a_check_without_a_receipt_confirms_the_shipment() -> None:
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.checks(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"))
    assert _shown(story) == [("confirmed", kg(60), kg(60))]


def test_a_check_alone_is_an_arrival_from_its_supplier() -> None:
    story = Story()
    ghost, shop = story.books.party_id(), story.books.party("农资店（演示）")
    check = story.checks(shop, ghost, CABBAGE, kg(200), at=november(2))
    (edge,) = _edges(story)
    assert (edge.source.party, edge.target.party, edge.state, edge.moved) == (
        ghost,
        shop,
        "one_sided",
        kg(200),
    )
    assert edge.seqs == (check.seq,)


def test_checks_count_only_beyond_what_receipts_already_say() -> None:
    story = Story()
    farmer, stall = story.books.party_id(), story.books.party("菜摊（演示）")
    story.receives(stall, farmer, CABBAGE, kg(60), at=november(2))
    story.checks(stall, farmer, CABBAGE, kg(60), at=november(2, "09:00"))
    assert balance(story.book, stall, CABBAGE).received == kg(60)
    story.checks(stall, farmer, CABBAGE, kg(45), at=november(3))
    assert balance(story.book, stall, CABBAGE).received == kg(105)


def test_a_refused_check_is_no_arrival() -> None:
    story = Story()
    farmer, stall = story.books.party_id(), story.books.party("菜摊（演示）")
    story.checks(stall, farmer, CABBAGE, kg(60), at=november(2), conclusion="refuse")
    assert _shown(story) == []


def test_a_check_in_boxes_beside_a_receipt_in_kilograms_adds_nothing() -> None:
    story = Story()
    farmer, stall = story.books.party_id(), story.books.party("菜摊（演示）")
    story.receives(stall, farmer, CABBAGE, kg(60), at=november(2))
    story.checks(stall, farmer, CABBAGE, boxes(4), at=november(2, "09:00"))
    assert _shown(story) == [("one_sided", None, kg(60))]


def test_sent_in_boxes_and_received_in_kilograms_is_one_delivery_that_was_corrected() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, boxes(4), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=sent)
    assert _shown(story) == [("corrected", boxes(4), kg(60))]


def test_lines_of_the_same_goods_in_one_shipment_are_one_edge() -> None:
    story, wholesaler, stall = _two()
    lines = (Line(goods=CABBAGE, quantity=kg(20)), Line(goods=CABBAGE, quantity=Quantity.parse("500 GRM")))
    story.books.says(wholesaler, Shipment(to=stall, lines=lines), at=november(2))
    assert _shown(story) == [("unanswered", kg("20.5"), None)]


def test_lines_in_two_units_are_matched_unit_by_unit() -> None:
    story, wholesaler, stall = _two()
    lines = (Line(goods=CABBAGE, quantity=kg(20)), Line(goods=CABBAGE, quantity=boxes(3)))
    story.books.says(wholesaler, Shipment(to=stall, lines=lines), at=november(2))
    sent = story.books.last
    received = (ReceivedLine(goods=CABBAGE, quantity=boxes(3)), ReceivedLine(goods=CABBAGE, quantity=kg(19)))
    story.books.says(
        stall, Receipt(supplier=wholesaler, shipment=sent.header.id, lines=received), at=november(2, "09:00")
    )
    assert set(_shown(story)) == {("confirmed", boxes(3), boxes(3)), ("corrected", kg(20), kg(19))}


def test_six_hundred_typed_for_sixty_and_put_right_counts_as_sixty() -> None:
    story, wholesaler, stall = _two()
    wrong = story.ships(wholesaler, stall, CABBAGE, kg(600), at=november(2))
    assert balance(story.book, wholesaler, CABBAGE).expected == kg(200)
    right = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2), corrects=wrong)
    (edge,) = _edges(story)
    assert (edge.sent, edge.seqs) == (kg(60), (right.seq,))
    assert balance(story.book, wholesaler, CABBAGE).expected == kg(740)


def test_a_receipt_of_the_wrong_version_answers_the_right_one() -> None:
    story, wholesaler, stall = _two()
    wrong = story.ships(wholesaler, stall, CABBAGE, kg(600), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=wrong)
    assert _shown(story) == [("corrected", kg(600), kg(60))]
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2), corrects=wrong)
    assert _shown(story) == [("confirmed", kg(60), kg(60))]


def test_a_receipt_finds_its_shipment_through_three_corrections() -> None:
    story, wholesaler, stall = _two()
    latest = first = story.ships(wholesaler, stall, CABBAGE, kg(600), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=first)
    for amount in (6000, 61, 60):
        latest = story.ships(wholesaler, stall, CABBAGE, kg(amount), at=november(2), corrects=latest)
    assert _shown(story) == [("confirmed", kg(60), kg(60))]


def test_a_new_answer_takes_the_place_of_one_to_an_earlier_version() -> None:
    story, wholesaler, stall = _two()
    wrong = story.ships(wholesaler, stall, CABBAGE, kg(600), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=wrong)
    right = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2), corrects=wrong)
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(3), answers=right)
    # The first receipt still says that sixty arrived; it is not counted a second time.
    assert _shown(story) == [("confirmed", kg(60), kg(60))]
    right = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2), corrects=right)
    right = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2), corrects=right)
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(4), answers=right)
    assert _shown(story) == [("confirmed", kg(60), kg(60))]


def test_a_refusal_of_the_wrong_version_does_not_bind_the_right_one() -> None:
    story, wholesaler, stall = _two()
    wrong = story.ships(wholesaler, stall, CABBAGE, kg(600), at=november(2))
    story.receives(
        stall, wholesaler, CABBAGE, kg(600), at=november(2, "09:00"), answers=wrong, conclusion="refuse"
    )
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2), corrects=wrong)
    assert _shown(story) == [("unanswered", kg(60), None)]


def test_a_shipment_that_never_happened_leaves_the_receipt_to_speak_for_itself() -> None:
    story, wholesaler, stall = _two()
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), answers=sent)
    story.books.says(wholesaler, Correction(correction_reason="did_not_occur"), at=november(3), corrects=sent)
    assert _shown(story) == [("one_sided", None, kg(60))]


def test_a_stranger_cannot_answer_for_the_receiver() -> None:
    story, wholesaler, stall = _two()
    stranger = story.books.party("别人（演示）")
    sent = story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.receives(stranger, wholesaler, CABBAGE, kg(60), at=november(3), answers=sent, conclusion="refuse")
    assert _shown(story) == [("unanswered", kg(60), None)]


def test_a_return_goes_back_and_is_no_shipment() -> None:
    story, wholesaler, stall = _two()
    story.delivers(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.returns(stall, wholesaler, CABBAGE, kg(20), at=november(3))
    there, back = _edges(story)
    assert (there.kind, back.kind, back.state, back.moved) == ("shipment", "return", "one_sided", kg(20))
    figures = balance(story.book, wholesaler, CABBAGE)
    assert (figures.shipped, figures.returned_in, figures.received) == (kg(60), kg(20), kg(0))


def test_a_return_that_is_confirmed_counts_once() -> None:
    story, wholesaler, stall = _two()
    story.delivers(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    back = story.returns(stall, wholesaler, CABBAGE, kg(20), at=november(3))
    story.receives(wholesaler, stall, CABBAGE, kg(20), at=november(3, "09:00"), answers=back)
    assert balance(story.book, wholesaler, CABBAGE).returned_in == kg(20)
    assert balance(story.book, wholesaler, CABBAGE).received == kg(0)


def test_moving_goods_to_oneself_moves_nothing() -> None:
    story, wholesaler, _ = _two()
    story.ships(wholesaler, wholesaler, CABBAGE, kg(60), at=november(2))
    assert _shown(story) == []
    assert balance(story.book, wholesaler, CABBAGE).expected == kg(800)


def test_an_empty_shipment_explains_no_arrival() -> None:
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(0), at=november(2))
    story.receives(stall, wholesaler, CABBAGE, kg(5), at=november(2, "09:00"))
    assert _shown(story) == [("unanswered", kg(0), None), ("one_sided", None, kg(5))]


def test_absurd_amounts_give_an_answer_and_no_error() -> None:
    story, wholesaler, stall = _two()
    most = Quantity.parse("999999999999999 TNE")
    sent = story.ships(wholesaler, stall, CABBAGE, most, at=november(2))
    for hour in ("09:00", "10:00"):
        story.receives(stall, wholesaler, CABBAGE, most, at=november(2, hour), answers=sent)
    story.ships(wholesaler, stall, CABBAGE, Quantity.parse("0.000001 MGM"), at=november(3))
    assert [one.state for one in _edges(story)] == ["confirmed", "unanswered"]
    assert balance(story.book, wholesaler, CABBAGE).expected is None


# --- Refusals that name no shipment


def test_a_delivery_that_a_check_or_a_plain_receipt_refuses_did_not_move() -> None:
    for by_check in (True, False):
        story, wholesaler, stall = _two()
        story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
        if by_check:
            story.checks(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), conclusion="refuse")
        else:
            at = november(2, "09:00")
            story.receives(stall, wholesaler, CABBAGE, kg(60), at=at, conclusion="refuse")
        assert _shown(story) == [("refused", kg(60), None)]
        assert balance(story.book, wholesaler, CABBAGE).expected == kg(800)
        assert balance(story.book, stall, CABBAGE).received is None


def test_one_refusal_ends_one_offer_and_of_its_own_amount_alone() -> None:
    story, wholesaler, stall = _two()
    for clock in ("08:00", "10:00", "12:00"):
        story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2, clock))
    # The check and the receipt tell of one refusal.
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:00"), conclusion="refuse")
    story.checks(stall, wholesaler, CABBAGE, kg(60), at=november(2, "09:05"), conclusion="refuse")
    story.receives(stall, wholesaler, CABBAGE, kg(60), at=november(2, "11:00"))
    assert [state for state, _, _ in _shown(story)] == ["refused", "confirmed", "unanswered"]
    # Whoever refused less than came may have taken the rest: nothing is known of that.
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(60), at=november(2))
    story.checks(stall, wholesaler, CABBAGE, kg(20), at=november(2, "09:00"), conclusion="refuse")
    assert _shown(story) == [("unanswered", kg(60), None)]


def test_a_refusal_alone_moves_nothing_and_a_strangers_refuses_nothing() -> None:
    story, wholesaler, stall = _two()
    story.checks(stall, wholesaler, CABBAGE, kg(60), at=november(2), conclusion="refuse")
    assert _shown(story) == []
    story.ships(wholesaler, stall, CABBAGE, kg(50), at=november(3))
    stranger = story.books.party("路人（演示）")
    story.checks(stranger, wholesaler, CABBAGE, kg(50), at=november(3, "09:00"), conclusion="refuse")
    # The stall's own refusal was of more, and before it: which of the two came is for the two to say.
    assert _shown(story) == [("refused", kg(50), None)]


def test_of_what_was_taken_in_part_the_rest_did_not_move() -> None:
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(100), at=november(2))
    story.checks(stall, wholesaler, CABBAGE, kg(70), at=november(2, "09:00"), conclusion="accept_part")
    assert _shown(story) == [("corrected", kg(100), kg(70))]
    assert balance(story.book, wholesaler, CABBAGE).expected == kg(730)
    # A plain check of less says nothing of the rest.
    story, wholesaler, stall = _two()
    story.ships(wholesaler, stall, CABBAGE, kg(100), at=november(2))
    story.checks(stall, wholesaler, CABBAGE, kg(70), at=november(2, "09:00"), conclusion="accept")
    assert _shown(story) == [("unanswered", kg(100), None)]


def test_a_headquarters_and_its_shop_look_over_one_delivery() -> None:
    story, wholesaler, stall = _two()
    head = story.books.party("总部（演示）")
    of_house = SupplierCheck(
        supplier=wholesaler,
        received_on=day("2026-11-02"),
        conclusion="accept",
        for_shops=(stall,),
        lines=(Line(goods=CABBAGE, quantity=kg(100)),),
    )
    story.books.says(head, of_house, at=november(2, "09:00"))
    assert balance(story.book, stall, CABBAGE).received == kg(100)
    story.checks(stall, wholesaler, CABBAGE, kg(80), at=november(2, "10:00"), conclusion="accept")
    assert balance(story.book, stall, CABBAGE).received == kg(100)
    story.checks(stall, wholesaler, CABBAGE, kg(40), at=november(2, "11:00"), conclusion="accept")
    assert balance(story.book, stall, CABBAGE).received == kg(120)
