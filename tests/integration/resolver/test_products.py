"""A product that its maker registered before any batch of it: its bar code leads to a page, and its maker speaks for it."""

from __future__ import annotations

from itertools import count
from secrets import token_bytes
from typing import TYPE_CHECKING, Final

import pytest

from ledger.errors import Refusal
from ledger.identifiers import Gtin, ProductId
from ledger.identifiers.gtin import check_digit
from ledger.trace.linked import called
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.linking import Link
from ledger.vocabulary.parties import Product
from tests.integration.resolver.world import PERSON, VOC

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.identifiers import PartyId, StatementId
    from tests.integration.resolver.world import World
    from tests.support.server import Enrolled

_NUMBERS: Final = count(900)


@pytest.fixture
def gtin() -> str:
    """Of a product that nobody recorded: all tests of one file ask one server."""
    body = f"0952000100{next(_NUMBERS)}"
    return body + check_digit(body)


def registers(
    world: World, gtin: str, owner: Enrolled, *, by: PartyId | None = None, name: str = "青菜"
) -> StatementId:
    """A product with its GTIN."""
    body: dict[str, Json] = {
        "product": str(ProductId.new(token_bytes(10))),
        "owner": str(owner.party),
        "name": name,
        "category": "farm_produce",
        "gtin": gtin[1:],
    }
    (placed,) = world.ledger.say(by or owner.party, Product.read(body))
    return world.ledger.stored(placed.seq).header.id


def link(world: World, gtin: str, by: Enrolled) -> None:
    """A page of its own about the product."""
    body: dict[str, Json] = {
        "action": "publish",
        "goods": f"https://id.gs1.org/01/{gtin}",
        "link_type": "pip",
        "href": f"https://{'maker' if by == world.maker else 'rival'}.example/p",
        "link_title": "介绍",
    }
    world.ledger.say(by.party, Link.read(body))


def test_its_code_leads_to_its_page_and_the_page_says_that_no_batch_is_recorded(
    world: World, gtin: str
) -> None:
    assert world.get(f"/01/{gtin}", **PERSON).status_code == 404
    registers(world, gtin, world.maker)
    answer = world.get(f"/01/{gtin}", **PERSON)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{world.url}/p/01/{gtin}")
    page = world.get(f"/p/01/{gtin}", **PERSON)
    assert page.status_code == 200
    assert "<h1>青菜</h1>" in page.text
    assert "还没有人记录它的任何一批" in page.text
    assert 'name="batch"' not in page.text
    english = world.get(f"/p?code={gtin[1:]}", **PERSON, accept_language="en")
    assert "no batch of it yet" in english.text
    # Below it every level has a page, and that one says what is so.
    assert world.get(f"/01/{gtin}/10/B-1", **PERSON).status_code == 307
    assert world.get(f"/p/01/{gtin}/10/B-1", **PERSON).status_code == 404


def test_with_its_first_batch_the_page_asks_for_the_number(world: World, gtin: str) -> None:
    registers(world, gtin, world.maker)
    body: dict[str, Json] = {
        "goods": f"https://id.gs1.org/01/{gtin}/10/B-1",
        "maker": str(world.maker.party),
        "name": "青菜（一批）",
        "category": "farm_produce",
    }
    world.ledger.say(world.maker.party, Batch.read(body))
    page = world.get(f"/p/01/{gtin}", **PERSON)
    assert "<h1>青菜（一批）</h1>" in page.text
    assert 'name="batch"' in page.text


def test_its_links_are_its_owners_alone(world: World, gtin: str) -> None:
    registers(world, gtin, world.maker)
    with pytest.raises(Refusal):
        link(world, gtin, world.rival)
    link(world, gtin, world.maker)
    (context,) = world.linkset(f"/01/{gtin}")
    assert context["itemDescription"] == f"青菜 {gtin}"
    assert context[f"{VOC}pip"] == [{"href": "https://maker.example/p", "title": "介绍"}]
    # Whoever registers it later is heard by nobody, and the number of whoever speaks for it is told.
    registers(world, gtin, world.rival, name="假青菜")
    link(world, gtin, world.rival)
    (context,) = world.linkset(f"/01/{gtin}")
    assert context[f"{VOC}pip"] == [{"href": "https://maker.example/p", "title": "介绍"}]
    assert world.get(f"/checkConnectivity?gtin={gtin}").json()["responderGLN"] == "9520001000003"


def test_a_buyers_note_of_a_product_names_it_and_gives_nobody_a_voice(world: World, gtin: str) -> None:
    registers(world, gtin, world.maker, by=world.rival.party)
    with world.ledger.book() as book:
        found = called(book, Gtin(gtin))
    assert found is not None
    assert (found.name, found.by_batch) == ("青菜", False)
    with pytest.raises(Refusal):
        link(world, gtin, world.rival)
    with pytest.raises(Refusal):
        link(world, gtin, world.maker)


def test_a_product_that_was_taken_back_is_known_no_more(world: World, gtin: str) -> None:
    statement = registers(world, gtin, world.maker)
    assert world.get(f"/01/{gtin}", **PERSON).status_code == 307
    world.ledger.say(world.maker.party, Correction(correction_reason="did_not_occur"), corrects=statement)
    assert world.get(f"/01/{gtin}", accept="application/linkset+json").status_code == 404
    assert world.get(f"/p/01/{gtin}", **PERSON).status_code == 404
