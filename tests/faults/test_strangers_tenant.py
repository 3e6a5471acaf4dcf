"""Another tenant tries every address of this server with every name of somebody else's things, and learns what everybody may know."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.audience import Reading
from api.settings import Settings
from ledger.identifiers import StatementId
from ledger.views.book import about, goods_key
from ledger.vocabulary.parties import Party, Product, Site
from tests.support.server import BASE_URL, Clock, client_of, make_ledger
from tests.support.soak import soak_seeds
from tests.support.strangers.tenants import CODE, HELD, LEEK, MARK, UNDECLARED, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from ledger.vocabulary.said import Said
    from tests.support.strangers.tenants import Attempt

#: Requests of a whole soak, at the least.
WHOLE = 10_000
SHARES = 10
#: Kinds of records whose form may begin with one that stands, and how many of the seller's are among them.
FORMS_FROM_RECORDS = 7
SELLERS_OWN = 3
#: Requests that are tried each time, spread over all routes.
SAMPLE = 240


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, FastAPI]]:
    folder: Path = tmp_path_factory.mktemp("tenants")
    with make_ledger(folder, Clock()) as ledger:
        # Limits are tried elsewhere; here all of it is asked at once.
        app = create_app(ledger, Settings(base_url=BASE_URL, data=folder, limits=False))
        with client_of(app) as client:
            yield Town.built(ledger, client), app


def leaks(town: Town, attempts: list[Attempt]) -> list[str]:
    """Every request that teaches B something."""
    found = ((one, town.leak(one)) for one in attempts)
    return [f"{one.route} {one.slot} {one.thing.sort}: {what}" for one, what in found if what is not None]


def spread(attempts: list[Attempt], count: int) -> list[Attempt]:
    """So many of them, in an order that is always the same: every slot of every route, then every sort of name in it, before any comes again."""
    order = list(attempts)
    Random(1).shuffle(order)
    slots, sorts = Counter[tuple[str, str]](), Counter[tuple[str, str, str]]()
    ranked = list[tuple[int, int, int, "Attempt"]]()
    for one in order:
        slot = (one.route, one.slot)
        slots[slot] += 1
        sorts[*slot, one.thing.sort] += 1
        ranked.append((min(slots[slot], 2), sorts[*slot, one.thing.sort], len(ranked), one))
    return [one for *_, one in sorted(ranked, key=lambda each: each[:3])][:count]


def test_another_tenant_learns_nothing_but_public_facts(place: tuple[Town, FastAPI]) -> None:
    town, app = place
    assert leaks(town, spread(town.attempts(app), SAMPLE)) == []


@pytest.mark.soak
def test_every_address_with_every_name_teaches_nothing(place: tuple[Town, FastAPI]) -> None:
    town, app = place
    attempts = town.attempts(app)
    assert len(attempts) >= WHOLE
    order, share = spread(attempts, len(attempts)), -(-len(attempts) // SHARES)
    for seed in soak_seeds("another-tenant", SHARES):
        assert leaks(town, order[seed * share : (seed + 1) * share]) == []


def test_no_form_begins_with_the_record_of_another(place: tuple[Town, FastAPI]) -> None:
    """A form that puts a record right shows all of it: whoever did not write it, and is not whom it is about, gets none."""
    town, app = place
    forms = [one for one in town.attempts(app) if one.slot.strip("?") == "of" and one.thing.sort == "entry"]
    assert len({one.route for one in forms}) >= FORMS_FROM_RECORDS
    assert leaks(town, forms) == []
    opened = [one for one in forms if town.ask(one.path, key=town.stranger.key).is_success]
    # The register's sheet of B is B's.
    assert {str(town.stranger.party)} == {str(sheet_at(town, one.thing.name).party) for one in opened}
    own = [town.ask(one.path, key=town.seller.key) for one in forms]
    assert sum(answer.is_success and MARK in answer.text for answer in own) >= SELLERS_OWN


def sheet_at(town: Town, position: str) -> Party:
    with town.ledger.book() as book:
        said = book.records([int(position)])[int(position)].said
    assert isinstance(said, Party)
    return said


@pytest.mark.parametrize(
    ("kind", "at", "more"),
    [
        (Site, "/my/sites", {"site_kind": "plot", "name": "地块"}),
        (Product, "/my/products", {"category": "edible_farm_produce", "name": "韭菜"}),
        (Party, "/my/parties", {"party_kind": "farmer", "person_name": "乙方"}),
    ],
)
def test_no_record_follows_on_the_record_of_another(
    place: tuple[Town, FastAPI], kind: type[Said], at: str, more: dict[str, str]
) -> None:
    """What such a form does not show travels to its next version by itself: not to somebody else's."""
    town, _ = place
    with town.ledger.book() as book:
        sheets = book.records([one.seq for one in book.mentions([f"type/{kind.TYPE}"])])
    theirs = [one for one in sheets.values() if one.actor == town.seller.party]
    assert theirs
    size = town.ledger.size()
    for number, sheet in enumerate(theirs):
        name = StatementId.new(town.ledger.clock(), bytes([number]) * 10)
        form = {"of": str(sheet.seq), "how": "changed", "id": str(name), **more}
        answer = town.client.send("POST", at, data=form, key=town.stranger.key)
        assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "UnknownName")
    assert town.ledger.size() == size


def test_what_another_tenant_records_tells_him_of_a_hold_and_of_nothing_else(
    tmp_path: Path,
) -> None:
    """Goods on hold are refused to whoever asks to ship them or to print their codes: that rule comes first (decision 0021)."""
    with make_ledger(tmp_path, Clock()) as ledger:
        app = create_app(ledger, Settings(base_url=BASE_URL, data=tmp_path, limits=False))
        with client_of(app) as client:
            town = Town.built(ledger, client)
            things = [one for one in town.things if one.sort in {"goods", "statement", "party"}]
            ordinary = [one for one in things if not one.public or one.sort != "statement"]
            found = {what for one in ordinary for what in town.told_by_posting(one)}
            with ledger.book() as book:
                (mention,) = book.mentions(["type/hold.v1"])
                hold = book.records([mention.seq])[mention.seq].header.id
    # Whoever says that he has the goods is told to keep them, in the hold's own words for the chain, without its reason.
    assert found == {
        f"shipments goods {HELD}: 409 and 201",
        f"codes goods {HELD}: 409 and 201",
        f"statements/{hold}/disclosure statement {hold}: 200 and 422",
    }


def test_the_trial_knows_a_secret_when_it_sees_one(place: tuple[Town, FastAPI]) -> None:
    """The owner, asking in the stranger's place, is shown what is his: the marks are there to be found."""
    town, _ = place
    shown = [
        town.ask(f"/api/v1/statements/{one.name}", key=town.buyer.key)
        for one in town.things
        if one.sort == "statement"
    ]
    assert sum(MARK in answer.text for answer in shown) > len(shown) / 3


def test_a_reading_that_is_too_kind_is_found(
    place: tuple[Town, FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, app = place
    monkeypatch.setattr(Reading, "may_read", lambda *_: True)
    wanted = [one for one in town.attempts(app) if one.thing.sort in {"statement", "entry"}]
    assert any("secret" in one for one in leaks(town, spread(wanted, 400)))


def test_an_answer_that_tells_that_something_is_there_is_found(
    place: tuple[Town, FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    town, app = place
    hidden = [one for one in town.attempts(app) if one.thing.name == str(UNDECLARED)]
    assert hidden
    assert leaks(town, hidden) == []
    monkeypatch.setattr(Reading, "knows", lambda self, goods: bool(about(self.book, goods_key(goods))))
    assert leaks(town, hidden) != []


def test_goods_and_codes_of_others_are_among_the_names(place: tuple[Town, FastAPI]) -> None:
    town, _ = place
    assert {str(LEEK), str(UNDECLARED), CODE} <= {one.name for one in town.things}
    sorts = {one.sort for one in town.things}
    assert sorts >= {"party", "statement", "entry", "goods", "voucher", "code", "evidence", "site", "product"}
