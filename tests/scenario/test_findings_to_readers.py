"""Who is told what: every finding of the story reaches the party it concerns and the officials, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from api.demo.answers import doubts
from api.demo.client import API, objects
from api.demo.expected import FOUND
from api.demo.parties import EVERYONE, party_id
from api.demo.story_drug import BOX, DRUG
from api.demo.story_leek import CABBAGE, leek
from api.demo.story_pesticide import CLONED, PESTICIDE
from api.demo.story_pork import sausage
from ledger.vocabulary.parties import Licence
from ledger.vocabulary.trade import Sale, Shipment
from ledger.vocabulary.values import Line

if TYPE_CHECKING:
    from tests.scenario.demo import Telling

SPEAKERS = [one.key for one in EVERYONE.values() if one.role is not None]
OFFICES = ["G1", "G2", "G3", "G4", "G5"]
#: Findings that several traders' records make together go to officials alone.
LEADS = {"shared_contact"}
NOT_SIGNED_IN = 401
FORBIDDEN = 403

CONCERNED = sorted({key for _, key in FOUND} & set(SPEAKERS))
HONEST = [key for key in SPEAKERS if key not in CONCERNED and key not in OFFICES]


def kinds(telling: Telling, *, by: str) -> dict[str, int]:
    """What a reader is told, by kind."""
    told: dict[str, int] = {}
    for one in doubts(telling.api, by=by):
        told[one.kind] = told.get(one.kind, 0) + 1
    return told


@pytest.mark.parametrize("office", OFFICES)
def test_officials_are_told_everything(telling: Telling, office: str) -> None:
    assert sum(kinds(telling, by=office).values()) == sum(FOUND.values())


@pytest.mark.parametrize("key", CONCERNED)
def test_a_party_is_told_what_concerns_it_and_nothing_else(telling: Telling, key: str) -> None:
    expected = {kind: count for (kind, whose), count in FOUND.items() if whose == key and kind not in LEADS}
    assert kinds(telling, by=key) == expected
    assert {one.party for one in doubts(telling.api, by=key)} == {str(party_id(key))}


@pytest.mark.parametrize("key", HONEST)
def test_an_honest_party_is_told_of_nothing(telling: Telling, key: str) -> None:
    assert kinds(telling, by=key) == {}


def test_the_shops_are_not_told_of_the_lead_that_joins_their_suppliers(telling: Telling) -> None:
    assert "shared_contact" in kinds(telling, by="G2")
    assert all("shared_contact" not in kinds(telling, by=key) for key in SPEAKERS if key not in OFFICES)


def test_nobody_reads_the_findings_of_another(plain: Telling) -> None:
    of_the_shop = f"{API}/findings?party={party_id('P4')}"
    assert plain.api.status(of_the_shop, by="F1") == FORBIDDEN
    assert plain.api.status(of_the_shop, by="P3") == FORBIDDEN
    assert plain.api.status(of_the_shop) == NOT_SIGNED_IN
    assert plain.api.status("/findings", by="P4") == FORBIDDEN


@pytest.mark.parametrize("goods", ["leek", "pesticide", "drug"])
def test_the_public_reads_no_suspicion_and_no_trader(telling: Telling, goods: str) -> None:
    asked = {"leek": leek(telling.variation), "pesticide": PESTICIDE, "drug": DRUG}[goods]
    facts = telling.api.get(f"{API}/trace?goods={quote(str(asked), safe='')}")
    assert not {"findings", "back", "forward", "holders", "sources", "parties", "nodes"} & set(facts)
    page = telling.api.get_bytes(f"/p?goods={quote(str(asked), safe='')}").decode()
    for key in ("P4", "D4", "X1", "F6", "F7"):
        assert str(party_id(key)) not in page
        assert telling.story.variation.rename(EVERYONE[key].name) not in page


def test_the_public_is_told_of_the_recall_first(plain: Telling) -> None:
    facts = plain.api.get(f"{API}/trace?goods={quote(str(plain.story.leek), safe='')}")
    recalls = list(objects(facts["recalls"]))
    assert [one["id"] for one in recalls] == [str(plain.story.recall)]
    assert "氟虫腈" in str(recalls[0]["reason"])


@pytest.mark.parametrize(("code", "state"), [(CLONED, "void"), (BOX, "sold")])
def test_whoever_holds_a_pack_is_told_the_state_of_its_code_and_not_whose_hands_it_passed(
    plain: Telling, code: str, state: str
) -> None:
    facts = plain.api.get(f"{API}/trace?code={code}")
    assert isinstance(facts["code"], dict)
    assert facts["code"]["state"] == state
    for key in ("P3", "P4", "D3", "D4"):
        assert str(party_id(key)) not in str(facts)


def test_the_farmers_cabbage_ends_grey_and_never_red(telling: Telling) -> None:
    found = telling.api.get(f"{API}/trace?goods={CABBAGE}", by="G1")
    ends = {str(one["party"]): one for one in objects(found["sources"])}
    farmer = ends[str(party_id("W1"))]
    assert farmer["kind"] == "declared"
    assert {one["kind"] for one in ends.values()} == {"declared"}
    assert any("农户" in str(reason["zh"]) for reason in objects(farmer["reasons"]))
    assert not list(objects(found["findings"]))


def test_the_farmers_name_is_for_the_stall_and_officials(telling: Telling) -> None:
    name = telling.variation.rename(EVERYONE["W1"].name)
    page = telling.api.get_bytes(f"/p?goods={CABBAGE}").decode()
    assert name not in page
    assert name in str(telling.api.get(f"{API}/trace?goods={CABBAGE}", by="F10"))


def test_the_wrong_and_the_right_slip_are_both_on_record_and_one_counts(plain: Telling) -> None:
    right = next(event for event in plain.story.events if event.corrects is not None)
    wrong = plain.api.get(f"{API}/statements/{right.corrects}", by="F6")
    put_right = plain.api.get(f"{API}/statements/{right.id}", by="F6")
    assert wrong["superseded_by"] == str(right.id)
    assert (_kilograms(wrong), _kilograms(put_right)) == ("600", "60")
    balance = plain.api.get(f"{API}/balance?goods={quote(str(plain.story.leek), safe='')}", by="F6")
    assert balance["expected"] == {"amount": "0", "unit": "KGM"}


def _kilograms(statement: object) -> str:
    assert isinstance(statement, dict)
    ((line,),) = [statement["fields"]["lines"]]
    return str(line["quantity"]["amount"])


# What else could have been done, tried in a copy


def test_more_sausage_than_was_made_is_recorded_and_found(own: Telling) -> None:
    goods = sausage(own.variation, "2026-11-13")
    # 200 kg went to the supermarket already: 1,400 in all, of 1,230 made.
    line = Line(goods=goods, quantity=own.variation.kg(1200))
    position = own.post(Shipment(to=party_id("F8"), offer=False, lines=(line,)), by="F4")
    (finding,) = doubts(own.api, by="F4")
    assert (finding.kind, finding.figures["difference"]) == ("oversold", "-170")
    assert position in finding.positions


def test_exactly_what_was_made_may_go(own: Telling) -> None:
    goods = sausage(own.variation, "2026-11-13")
    line = Line(goods=goods, quantity=own.variation.kg(1030))
    own.post(Shipment(to=party_id("F8"), offer=False, lines=(line,)), by="F4")
    assert doubts(own.api, by="F4") == ()


def test_selling_the_recalled_leek_is_recorded_and_found(own: Telling) -> None:
    line = Line(goods=own.story.leek, quantity=own.variation.kg(5))
    own.post(Sale(lines=(line,)), by="F7")
    found = {one.kind for one in doubts(own.api, by="F7")}
    assert "shipped_under_order" in found


def test_the_recalled_leek_is_not_offered_again(own: Telling) -> None:
    line = Line(goods=own.story.leek, quantity=own.variation.kg(5))
    body = Shipment(to=party_id("F7"), lines=(line,)).model_dump(mode="json", exclude_none=True)
    assert own.api.refused(f"{API}/shipments", body, by="F8") == "Blocked"


def test_a_renewal_that_comes_to_light_clears_the_gap(own: Telling) -> None:

    assert kinds(own, by="P3") == {"licence_expired_on_day": 2}
    told = own.variation
    own.post(
        Licence(
            holder=party_id("P3"),
            licence_kind="农药经营许可证",
            number="农药经许(苏)32068220002",
            valid_from=told.day("2026-10-01"),
            valid_to=told.day("2026-11-04"),
        ),
        by="P3",
    )
    assert kinds(own, by="P3") == {}
