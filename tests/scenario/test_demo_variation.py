"""The story told otherwise: nothing in the program knows the plain one's names, amounts or days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.demo.answers import ask
from api.demo.lines import answer_lines
from api.demo.parties import EVERYONE, invented_code, party_id
from api.demo.story import told
from api.demo.variation import Variation
from ledger.identifiers import CreditCode, FoodLicence, InvoiceQr
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.parties import Party
from tests.scenario.demo import VARIED

if TYPE_CHECKING:
    from tests.scenario.demo import Telling


def test_no_name_of_the_plain_story_is_in_the_answers_of_the_other(varied: Telling) -> None:
    answers = ask(varied.api, varied.story, by="G1")
    for language_lines in (answer_lines(answers, "zh"), answer_lines(answers, "en")):
        text = "\n".join(language_lines)
        assert not [one.name for one in EVERYONE.values() if one.name in text]
        assert VARIED.rename(EVERYONE["F7"].name) in text


def test_the_same_things_are_found_whatever_they_are_called(plain: Telling, varied: Telling) -> None:
    one, other = (ask(telling.api, telling.story, by="G1") for telling in (plain, varied))
    assert one.numbers.records == other.numbers.records
    assert one.numbers.findings == other.numbers.findings
    assert [branch.parties for branch in one.origin.branches] == [
        branch.parties for branch in other.origin.branches
    ]
    assert one.origin.names != other.origin.names


def test_amounts_grow_together_and_packs_with_a_code_stay_one(varied: Telling) -> None:
    found = ask(varied.api, varied.story, by="G1").whereabouts
    assert found.totals["first_hand"] == VARIED.kg(1200)
    assert str(found.totals["first_hand"]) == "6000 KGM"


def test_days_move_together(plain: Telling, varied: Telling) -> None:
    one, other = (ask(telling.api, telling.story, by="G1").not_before for telling in (plain, varied))
    assert other.recorded.ms - one.recorded.ms == VARIED.shift_days * 86_400_000
    assert str(other.received_on) == "2026-12-12"


def test_the_plain_story_carries_the_invoices_as_they_are_printed() -> None:
    qr_texts = [event.said.qr_text for event in told().events if isinstance(event.said, Voucher)]
    assert qr_texts == [
        "01,31,,26372999999900000301,96000.00,20260820,,21A8",
        "01,31,,26322999999900000201,36000.00,20260915,,1A71",
        "01,31,,26322999999900000202,7560.00,20261010,,BA72",
        "01,32,,26322999999900000302,7200.00,20261102,,7ACD",
        # The sixth paper of the story is the one whose amount was changed.
        "01,32,,26322999999900000302,9600.00,20261102,,7ACD",
        "01,31,,26322999999900000102,41800.00,20261112,,E1E3",
        "01,32,,26322999999900000101,3200.00,20261114,,9441",
    ]


@pytest.mark.parametrize("variation", [Variation(), VARIED])
def test_only_the_edited_invoice_has_a_wrong_check_value(variation: Variation) -> None:
    papers = [event.said for event in told(variation).events if isinstance(event.said, Voucher)]
    intact = [InvoiceQr.parse(paper.qr_text).intact for paper in papers if paper.qr_text is not None]
    assert intact.count(False) == 1


def test_the_log_begins_before_anything_in_it_happened() -> None:
    story = told()
    assert story.begins.ms < min(min(event.at.ms, event.occurred_at.ms) for event in story.events)
    assert max(event.at.ms for event in story.events) <= story.now.ms


def test_no_event_claims_a_time_that_has_not_come() -> None:
    assert all(event.occurred_at.ms <= event.at.ms for event in told().events)


def test_everybody_is_invented_and_says_so() -> None:
    assert all(one.name.endswith("（演示）") for one in EVERYONE.values())
    codes = [one.credit_code for one in EVERYONE.values() if one.credit_code is not None]
    assert all("DEM" in code for code in codes)
    assert len(set(codes)) == len(codes)


def test_one_credit_code_is_wrong_and_it_is_the_ghosts() -> None:
    def is_right(code: str) -> bool:
        try:
            return CreditCode.parse(code).organisation_check_ok
        except ValueError:
            return False

    wrong = [
        one.key for one in EVERYONE.values() if one.credit_code is not None and not is_right(one.credit_code)
    ]
    assert wrong == ["X1"]


def test_an_invented_code_has_both_check_characters_right() -> None:
    # The code of the demo's first party, made from its parts.
    assert invented_code("93", "320682", 1017) != EVERYONE["F1"].credit_code
    assert invented_code("93", "320682", 101)[:16] == "93320682DEM00101"
    assert invented_code("93", "320682", 101) == "93320682DEM0010172" == EVERYONE["F1"].credit_code


def test_food_licences_have_their_check_digit() -> None:
    numbers = [
        paper.number for one in EVERYONE.values() for paper in one.papers if paper.number[:2] in {"SC", "JY"}
    ]
    assert len(numbers) == 3
    for number in numbers:
        FoodLicence.parse(number)


def test_the_factory_bears_its_old_name_until_october() -> None:
    sheets = [
        event
        for event in told().events
        if isinstance(event.said, Party) and event.said.party == party_id("F4")
    ]
    assert [(str(one.at)[:10], one.said.name) for one in sheets if isinstance(one.said, Party)] == [
        ("2026-07-25", "南通濠滨食品厂（演示）"),
        ("2026-10-01", "南通濠滨肉制品有限公司（演示）"),
    ]
