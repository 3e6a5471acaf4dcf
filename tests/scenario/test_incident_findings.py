"""The incident of the demonstration, row by row: each finding goes to the right party, and the honest rows give none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from ledger.findings import Finding, audience_of, contradictions, judge, label_of, may_read
from ledger.identifiers import StatementId
from ledger.vocabulary.trade import Sale, Shipment
from ledger.vocabulary.values import Line
from tests.scenario.incident import BOX, COPIED, DRUG, LEEK, MIXED, SAUSAGE, SPRAY, Incident, tell
from tests.unit.findings.judged import everything, kept_up

if TYPE_CHECKING:
    from ledger.vocabulary.profiles import FindingKind

Found = Mapping[str, Sequence[Finding]]

#: Who answers for what in the incident table: kind, grade, and how often.
TABLE = {
    "P3": [("licence_expired_on_day", "amber"), ("licence_expired_on_day", "amber")],
    "P4": [
        ("backdated_check", "red"),
        ("clone_suspected", "red"),
        ("credit_code_fails", "red"),
        ("custody_conflict", "red"),
        # A sale over the counter that names no buyer.
        ("field_missing", "grey"),
        ("oversold", "red"),
        # Bought from a party whose credit code was never given out.
        ("source_contradicted", "red"),
        ("voucher_edited", "amber"),
        ("voucher_reused", "red"),
    ],
    # No purchase of that lot is on record either.
    "D4": [("code_sold_twice", "red"), ("custody_conflict", "red"), ("oversold", "red")],
    "F9": [("licence_expired_on_day", "amber")],
    # A lead for officials, filed under the supplier that was declared last.
    "X3": [("shared_contact", "grey")],
}


@pytest.fixture(scope="module")
def story() -> Incident:
    return tell()


@pytest.fixture(scope="module")
def found(story: Incident) -> Found:
    return _found(story)


def _found(story: Incident) -> dict[str, list[Finding]]:
    names = {party: key for key, party in story.who.items()}
    by_party: dict[str, list[Finding]] = {}
    for judged in everything(story.books.book).values():
        for one in judged:
            by_party.setdefault(names.get(one.party, str(one.party)), []).append(one)
    return by_party


def _the(found: Found, who: str, kind: FindingKind) -> Finding:
    (one,) = [one for one in found[who] if one.kind == kind]
    return one


def _table(found: Found) -> dict[str, list[tuple[str, str]]]:
    return {who: sorted((one.kind, one.grade) for one in some) for who, some in found.items()}


def test_every_row_of_the_incident_goes_to_the_right_party_and_the_honest_rows_give_none(
    found: Found,
) -> None:
    assert _table(found) == TABLE


def test_the_findings_follow_the_story_when_everybody_is_renamed_everything_multiplied_and_every_day_moved(
    found: Found,
) -> None:
    moved = _found(tell(factor=7, days=400, suffix="乙（演示）"))

    assert _table(moved) == TABLE
    assert _the(moved, "P4", "oversold").figures["difference"] == str(-197 * 7)
    later = _the(moved, "P4", "backdated_check").since_ms - _the(found, "P4", "backdated_check").since_ms
    assert later == 400 * 24 * 3600 * 1000


def test_p4s_check_of_6_november_cannot_be_true_as_dated(story: Incident, found: Found) -> None:
    one = _the(found, "P4", "backdated_check")

    assert one.seqs == (story.marks["P4 sells copies"].seq, story.marks["P4 checks late"].seq)
    assert one.figures["days"] == "9"
    assert one.figures["received_on"] == "2026-10-28"
    assert one.figures["first_resale"] == "2026-11-01 09:12"
    assert "2026-11-06 18:40" in one.words.zh
    assert "cannot be true as dated" in one.words.en
    assert one.law == "农药管理条例 26"


def test_the_invoice_stands_between_p2_and_p3_and_again_between_x1_and_p4(
    story: Incident, found: Found
) -> None:
    one = _the(found, "P4", "voucher_reused")

    first, second = one.seqs
    assert second == story.marks["P4 files the voucher"].seq
    assert story.books.book.records([first])[first].actor == story.who["P2"]
    assert one.figures == {"first_total": "7200.00", "second_total": "9600.00"}


def test_the_qr_text_of_p4s_invoice_was_edited_or_misread(found: Found) -> None:
    figures = _the(found, "P4", "voucher_edited").figures

    assert (figures["crc"], figures["crc_expected"]) == ("7ACD", "BA45")


def test_the_copied_code_was_sold_by_p3_in_september_and_stands_on_forty_bottles_in_november(
    story: Incident, found: Found
) -> None:
    conflict, clone = _the(found, "P4", "custody_conflict"), _the(found, "P4", "clone_suspected")

    assert conflict.seqs == (story.marks["P3 sells the bottle"].seq, story.marks["P4 sells copies"].seq)
    assert conflict.subject == clone.subject == f"code/{COPIED}"
    assert clone.figures["packs"] == "40"


def test_p4s_bottles_are_197_too_many(story: Incident, found: Found) -> None:
    one = _the(found, "P4", "oversold")

    assert one.figures == {"in": "200", "out": "397", "difference": "-197", "unit": "XBO"}
    assert story.marks["seizure"].seq in one.seqs


def test_the_ghosts_credit_code_concerns_the_record_of_whoever_declared_it(
    story: Incident, found: Found
) -> None:
    one = _the(found, "P4", "credit_code_fails")

    assert one.subject == f"party/{story.who['X1']}"
    assert one.seqs == (story.marks["P4 declares X1"].seq,)


def test_the_ghost_is_a_contradicted_source_and_the_honest_makers_are_not(story: Incident) -> None:
    book = story.books.book

    (words,) = contradictions(book, story.who["X1"], "pesticide")
    assert "92320900DEM003995Y" in words.zh
    for key, category in (
        ("P1", "pesticide"),
        ("F1", "farm_produce"),
        ("F3", "pork"),
        ("D1", "drug"),
        ("F4", "packaged_food"),
    ):
        assert contradictions(book, story.who[key], category) == ()


def test_the_second_sale_of_the_box_concerns_d4_and_not_d3(story: Incident, found: Found) -> None:
    one = _the(found, "D4", "code_sold_twice")

    assert one.subject == f"code/{BOX}"
    assert one.seqs == (story.marks["D3 sells the box"].seq, story.marks["D4 sells the box"].seq)


def test_p3_answers_for_its_own_gap_only(story: Incident, found: Found) -> None:
    seqs = {one.seqs[-1] for one in found["P3"]}

    assert seqs == {story.marks["P3 checks in the gap"].seq, story.marks["P3 sells in the gap"].seq}


def test_the_schools_expired_licence_is_the_schools_and_not_its_suppliers(
    story: Incident, found: Found
) -> None:
    one = _the(found, "F9", "licence_expired_on_day")

    assert story.marks["F9 receives"].seq in one.seqs
    assert one.law == "食品安全法 35"


def test_twelve_days_after_a_label_of_ten_is_nothing(found: Found) -> None:
    assert "F1" not in found


def test_the_shared_phone_is_a_lead_for_officials_alone(story: Incident, found: Found) -> None:
    one = _the(found, "X3", "shared_contact")

    assert one.figures == {"suppliers": "3"}
    assert audience_of(one) == "officials"
    assert not may_read(one, reader=story.who["P4"], official=False)
    assert may_read(one, reader=None, official=True)


def test_nobody_but_the_party_and_officials_reads_a_finding(story: Incident, found: Found) -> None:
    for who, some in found.items():
        for one in some:
            assert not may_read(one, reader=None, official=False)
            assert not may_read(one, reader=story.who["F1"], official=False)
            assert may_read(one, reader=story.who[who], official=False) == (audience_of(one) == "parties")


def test_every_finding_gives_innocent_causes_and_a_way_to_answer_in_both_languages(found: Found) -> None:
    for some in found.values():
        for one in some:
            assert len(one.causes) >= 2
            for words in (one.words, one.answer, label_of(one.kind), *one.causes):
                assert words.zh
                assert words.en


def test_more_sausage_than_was_made_is_oversold_by_170_kilograms() -> None:
    story = tell()
    more = Shipment(to=story.who["F8"], lines=(Line(goods=SAUSAGE, quantity=story.kg(1200)),))
    story.says("F4", more, at="11-16 07:00")

    one = _the(_found(story), "F4", "oversold")
    assert (one.figures["out"], one.figures["difference"]) == ("1400", "-170")


def test_a_leek_sold_after_the_recall_is_red_and_one_sold_before_it_is_not() -> None:
    story = tell()
    story.says("F7", Sale(lines=(Line(goods=LEEK, quantity=story.kg(1)),)), at="11-17 09:01")
    one = _the(_found(story), "F7", "shipped_under_order")

    assert (one.grade, one.law) == ("red", "食品安全法 63")
    assert one.seqs[0] == story.marks["recall"].seq

    before = tell()
    before.says(
        "F7", Sale(lines=(Line(goods=LEEK, quantity=before.kg(1)),)), at="11-17 08:59", logged="11-18 17:00"
    )
    assert "F7" not in _found(before)


def test_keeping_findings_up_record_by_record_gives_the_same_as_judging_everything(story: Incident) -> None:
    assert kept_up(story.books.book) == everything(story.books.book)


def test_unknown_subjects_have_no_findings(story: Incident) -> None:
    strange = [
        "", "statement/", "statement/x", "holding/x/y", "holding/pty_0000000000000000/x", "party/x", "goods/x", "code/", "code/?",
        "voucher/e_invoice", "phone/", "address/", "licence/1", "site/x", "type/sale.v1", f"goods/{MIXED}", f"goods/{DRUG}",
        f"goods/{SPRAY}", f"statement/{StatementId.new(0, bytes(10))}",
    ]  # fmt: skip
    assert [judge(one, story.books.book) for one in strange] == [()] * len(strange)
