"""The five questions, asked of the public API, in the plain story and in one with other names, amounts and days."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from api.demo.answers import ask, doubts, not_before, numbers, origin, whereabouts
from api.demo.client import API, Unexpected, objects
from api.demo.expected import FOUND, check
from api.demo.lines import answer_lines
from api.demo.parties import party_id
from api.demo.story_drug import DRUG
from api.demo.story_pork import PORK_FIRST, sausage
from ledger.identifiers import Instant, LegalDate, Quantity

if TYPE_CHECKING:
    from tests.scenario.demo import Telling

DAY_MS = 86_400_000


def keys_of(*parties: str) -> list[str]:
    """The story's keys of some party ids."""
    by_id = {
        str(party_id(key)): key
        for key in [*(f"F{n}" for n in range(1, 11)), *(f"P{n}" for n in range(1, 5)), "X1", "W1"]
    }
    return [by_id.get(party, party) for party in parties]


# 1: where did this leek come from


def test_the_leek_goes_back_from_stall_15_to_the_wholesaler_to_plot_3(telling: Telling) -> None:
    found = origin(
        telling.api, telling.story.leek, stall=party_id("F7"), farm_plot=telling.story.plot, by="G1"
    )
    assert keys_of(*found.parties) == ["F7", "F6", "F1"]
    assert found.plot == "3号地块"


def test_one_branch_of_its_pesticide_reaches_the_maker_and_the_other_ends_in_a_contradiction(
    telling: Telling,
) -> None:
    found = origin(
        telling.api, telling.story.leek, stall=party_id("F7"), farm_plot=telling.story.plot, by="G1"
    )
    branches = {tuple(keys_of(*one.parties)): one for one in found.branches}
    assert set(branches) == {("P3", "P2", "P1"), ("P4", "X1")}
    honest, doubtful = branches["P3", "P2", "P1"], branches["P4", "X1"]
    assert (honest.end, honest.quantity) == ("recorded", telling.variation.bottles(24))
    assert (doubtful.end, doubtful.quantity) == ("contradicted", telling.variation.bottles(40))
    assert "92320900DEM003995Y" in str(doubtful.reasons[0]["zh"])


# 2: who else has it


def test_every_holder_is_found_with_its_quantity(telling: Telling) -> None:
    found = whereabouts(telling.api, telling.story.leek, telling.story.recall, by="G1")
    kg = telling.variation.kg
    received = {key: one.received for one in found.holders for key in keys_of(one.party)}
    assert {key: received[key] for key in ("F1", "F6", "F7", "F8", "F9")} == {
        "F1": kg(1200),
        "F6": kg(800),
        "F7": kg(60),
        "F8": kg(400),
        "F9": kg(30),
    }
    stalls = [one for one in found.holders if keys_of(one.party) == [one.party]]
    assert len(stalls) == 38
    assert sum((one.received for one in stalls[1:]), stalls[0].received) == kg(700)
    assert {one.supplier for one in stalls} == {str(party_id("F6"))}


def test_the_recall_accounts_for_every_kilogram(telling: Telling) -> None:
    found = whereabouts(telling.api, telling.story.leek, telling.story.recall, by="G1")
    kg = telling.variation.kg
    school = next(one for one in found.holders if one.party == str(party_id("F9")))
    assert school.recovered == kg(30)
    assert found.totals["recovered"] - school.recovered == kg(640)
    assert (found.totals["sold"], found.totals["lost"], found.totals["taken"]) == (kg(498), kg(30), kg(2))
    assert found.totals["first_hand"] == kg(1200)
    assert found.totals["unaccounted"] == kg(0)
    assert all(one.answered for one in found.holders)


# 3: which of P4's records cannot be true, and why


def test_the_shops_records_are_found_out_one_by_one(telling: Telling) -> None:
    some = doubts(telling.api, party=party_id("P4"), by="G2")
    found = {one.kind: one for one in some}
    assert {one.kind for one in some if one.grade != "grey"} == {
        "backdated_check",
        "clone_suspected",
        "credit_code_fails",
        "custody_conflict",
        "oversold",
        "source_contradicted",
        "voucher_edited",
        "voucher_reused",
    }
    scale = telling.variation.scale
    assert found["backdated_check"].figures["days"] == "9"
    assert found["backdated_check"].grade == "red"
    assert found["oversold"].figures["in"] == str(200 * scale)
    assert found["oversold"].figures["out"] == str(397 * scale)
    assert found["oversold"].figures["difference"] == str(-197 * scale)
    assert {"crc", "crc_expected"} <= set(found["voucher_edited"].figures)
    # Beside what cannot be true, what is not there: three sales over the counter name no buyer.
    assert [one.figures["fields"] for one in some if one.grade == "grey"] == ["buyer_name"] * 3


def test_the_edited_invoice_shows_the_check_value_it_should_have(plain: Telling) -> None:
    edited = next(
        one for one in doubts(plain.api, party=party_id("P4"), by="G2") if one.kind == "voucher_edited"
    )
    assert (edited.figures["crc"], edited.figures["crc_expected"]) == ("7ACD", "BA45")


def test_the_findings_rest_on_the_shops_own_records(telling: Telling) -> None:
    own = {
        one["position"] for one in telling.api.get_all(f"{API}/statements?limit=50", "statements", by="P4")
    }
    for finding in doubts(telling.api, party=party_id("P4"), by="G2"):
        assert own & set(finding.positions), finding.kind


# 4: the check was not written on the day it names


def test_the_check_is_proved_to_be_nine_days_younger_than_it_says(telling: Telling) -> None:
    proved = not_before(telling.api, telling.story.late_check, by="G2")
    assert proved.received_on == telling.variation.day("2026-10-28")
    assert proved.recorded.ms == telling.variation.moment("2026-11-06 18:40").ms
    # The entry before it, on which it is chained, is itself younger than the day on the paper.
    assert proved.before.ms > proved.claimed.ms + 9 * DAY_MS
    assert proved.position < proved.tree_size


def test_a_key_of_another_log_proves_nothing(plain: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "demo.suyuan.invalid/0000000000000000+" + str(plain.ledger.vkey).partition("+")[2]
    genuine = plain.api.get_bytes

    def lying(path: str, *, by: str | None = None) -> bytes:
        return other.encode() if path == "/log/vkey" else genuine(path, by=by)

    monkeypatch.setattr(plain.api, "get_bytes", lying)
    with pytest.raises(ValueError, match="key"):
        not_before(plain.api, plain.story.late_check, by="G2")


def test_the_answer_says_plainly_on_whose_clock_it_rests(plain: Telling) -> None:
    answers = ask(plain.api, plain.story, by="G1")
    chinese, english = "\n".join(answer_lines(answers, "zh")), "\n".join(answer_lines(answers, "en"))
    assert "没有外部见证或时间戳时，日志的时间只以运营者的时钟为凭" in chinese
    assert "Without an outside witness or timestamp the log's time rests on the operator's clock" in english


# 5: the numbers of three weeks


def test_the_numbers_of_november_are_counted_with_their_entries(telling: Telling) -> None:
    story = telling.story
    found = numbers(telling.api, story.report_from, story.report_until, by="G1")
    assert found.records["召回反馈"] == 43
    assert found.records["监督检查"] == 3
    assert found.records["召回"] == 1
    assert found.findings == Counter(
        {kind: sum(n for (other, _), n in FOUND.items() if other == kind) for kind, _ in FOUND}
    )
    assert found.findings["licence_expired_on_day"] == 3
    for finding in found.doubts:
        assert finding.positions
        assert story.report_from.date <= _day(telling, max(finding.positions)).date <= story.report_until.date


def test_a_day_earlier_or_later_counts_other_records(plain: Telling) -> None:
    story = plain.story
    three_weeks = numbers(plain.api, story.report_from, story.report_until, by="G1")
    one_day = numbers(plain.api, LegalDate.parse("2026-11-17"), LegalDate.parse("2026-11-17"), by="G1")
    assert one_day.records["检验结果"] == 1
    assert sum(one_day.records.values()) < sum(three_weeks.records.values())


def _day(telling: Telling, position: int) -> LegalDate:
    entry = telling.api.get(f"{API}/entries/{position}")
    return Instant.parse(str(entry["recorded_at"])).date_in_shanghai()


# All of it, and beyond


def test_all_five_answers_are_what_the_story_says(telling: Telling) -> None:
    check(telling.story, ask(telling.api, telling.story, by="G1"))


def test_an_answer_that_differs_is_not_let_pass(plain: Telling, varied: Telling) -> None:
    with pytest.raises(Unexpected, match="the account of the recall"):
        check(varied.story, ask(plain.api, plain.story, by="G1"))


def test_a_mixed_batch_may_contain_either_of_its_meats(telling: Telling) -> None:
    found = telling.api.get(f"{API}/trace?goods={PORK_FIRST}", by="G1")
    mixed, plain = (sausage(telling.variation, day) for day in ("2026-11-14", "2026-11-13"))
    made = [one for one in objects(found["forward"]) if one["kind"] == "transformation"]
    assert [(one["may_contain"], one["share_percent"]) for one in made] == [(True, "37.5")]
    reached = {str(one["goods"]) for one in objects(found["holders"])}
    assert reached == {str(PORK_FIRST), str(mixed)}
    assert str(plain) not in reached


def test_the_drug_is_followed_to_pharmacy_and_hospital(telling: Telling) -> None:
    found = telling.api.get(f"{API}/trace?goods={DRUG}", by="G4")
    received = {one["party"]: Quantity.from_json(one["received"]) for one in objects(found["holders"])}
    boxes = telling.variation.boxes
    assert received[str(party_id("D2"))] == boxes(3000)
    assert received[str(party_id("D3"))] == boxes(420)
    assert received[str(party_id("D5"))] == boxes(1000)
