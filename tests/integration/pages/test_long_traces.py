"""A batch in many hands: the page stays short, the rest is one link away, and what was worked out once is not worked out again nor outlives its truth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from api.pages.trace_page import ROWS_FIRST, ROWS_IN_PLACE
from api.pages.traces import Traces, traces_of
from ledger.findings import contradictions
from ledger.identifiers import GoodsId, PartyId
from ledger.trace import trace
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

GOODS = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/LONG-1")
TRACE = f"/trace?goods={quote(str(GOODS), safe='')}"
#: With the farm itself one holder more than a page shows in its place.
STALLS = ROWS_IN_PLACE
#: What the page of a batch in so many hands may hold; before it was cut, each hand was seventeen elements.
ELEMENTS_MAX = 500


def kilos(amount: int) -> Json:
    return {"amount": str(amount), "unit": "KGM"}


def deliver(ledger: Ledger, farm: Enrolled, number: int) -> None:
    stall = PartyId.new(b"chain-" + number.to_bytes(4, "big"))
    ledger.say(farm.party, Party(party=stall, party_kind="unknown", name=f"长链 {number} 号（演示）"))
    line: dict[str, Json] = {"goods": str(GOODS), "quantity": kilos(10)}
    ledger.say(farm.party, Shipment.read({"to": str(stall), "lines": [line], "offer": False}))


@pytest.fixture
def farm(ledger: Ledger) -> Enrolled:
    """A batch that went from its field to as many stalls as do not fit on a page."""
    farm = enrol_party(ledger, "长链示例合作社（演示）", kind="cooperative")
    batch: dict[str, Json] = {
        "goods": str(GOODS),
        "maker": str(farm),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": "LONG-1",
        "quantity": kilos(9000),
    }
    ledger.say(farm.party, Batch.read(batch))
    for number in range(STALLS):
        deliver(ledger, farm, number)
    return farm


@pytest.fixture
def inspector(ledger: Ledger, client: Client, farm: Enrolled) -> Visitor:
    del farm
    return Visitor.of(
        client, enrol_party(ledger, "长链示例监管局（演示）", role="authority", kind="authority")
    )


def rows(html: str) -> list[str]:
    return re.findall(r'<tr id="(h[0-9]+)"', html)


def test_of_many_holders_the_first_stand_below_the_picture_and_all_on_a_page_of_their_own(
    inspector: Visitor,
) -> None:
    page = inspector.open(TRACE)
    assert len(rows(page.html)) == ROWS_FIRST
    assert len(re.findall(r"<[a-z]", page.html)) <= ELEMENTS_MAX
    href = next(one for one in page.read.links if "view=holders" in one)
    everybody = inspector.open(href)
    assert rows(everybody.html) == [f"h{number}" for number in range(STALLS + 1)]
    assert all(f"长链 {number} 号（演示）" in everybody.text for number in range(STALLS))


def test_every_box_leads_to_its_row_wherever_that_stands(inspector: Visitor) -> None:
    opened = inspector.open(f"{TRACE}&open=all").html
    hrefs = set(re.findall(r'<a href="([^"#]*)#(h[0-9]+)"', opened))
    here, elsewhere = ({row for href, row in hrefs if bool(href) is there} for there in (False, True))
    assert here <= set(rows(opened))
    (address,) = {href for href, _ in hrefs if href}
    assert address.startswith("?")
    assert elsewhere <= set(rows(inspector.open(f"/trace{address.replace('&amp;', '&')}").html))
    assert len(here | elsewhere) == STALLS + 1


def test_many_records_are_a_page_of_their_own_and_are_read_only_there(
    inspector: Visitor, ledger: Ledger, farm: Enrolled
) -> None:
    page = inspector.open(TRACE)
    href = next(one for one in page.read.links if "view=records" in one)
    assert "/entries/" not in page.html.partition('id="records"')[2]
    records = inspector.open(href)
    listed = re.findall(r'record-link" href="/entries/([0-9]+)"', records.html.partition('id="sources"')[0])
    assert len(set(listed)) >= STALLS + 1
    assert ledger.accounts.reads.listed(whose=farm.party)


def test_a_trace_that_was_kept_is_the_one_that_would_be_made_again(
    inspector: Visitor, ledger: Ledger, farm: Enrolled
) -> None:
    before = inspector.open(TRACE)
    assert f"另有 {STALLS + 1 - ROWS_FIRST} 户" in before.text
    with ledger.book() as book:
        kept = traces_of(ledger).of(book, GOODS)
        assert traces_of(ledger).of(book, GOODS).parties is kept.parties, "it is kept"
        assert kept.found == trace(book, GOODS, contradictions=contradictions)
    # What has nothing to do with it changes nothing but the size it stands at.
    enrol_party(ledger, "别处示例商行（演示）")
    deliver(ledger, farm, STALLS)
    with ledger.book() as book:
        again = traces_of(ledger).of(book, GOODS)
        assert again.parties is not kept.parties
        assert again.found == trace(book, GOODS, contradictions=contradictions)
        assert f"长链 {STALLS} 号（演示）" in {one.name for one in again.parties.values()}
    with ledger.book(as_of=kept.found.size) as earlier:
        assert traces_of(ledger).of(earlier, GOODS).found == kept.found


def test_what_says_nothing_about_a_trace_leaves_it_kept(ledger: Ledger, farm: Enrolled) -> None:
    traces = Traces()
    with ledger.book() as book:
        first = traces.of(book, GOODS)
    stranger: dict[str, Json] = {
        "party": str(PartyId.new(b"passer-by.")),
        "party_kind": "unknown",
        "name": "路人（演示）",
    }
    ledger.say(farm.party, Party.model_validate(stranger))
    with ledger.book() as book:
        again = traces.of(book, GOODS)
        assert again.parties is first.parties
        assert again.found.size == book.size > first.found.size
        assert again.found == trace(book, GOODS, contradictions=contradictions)
