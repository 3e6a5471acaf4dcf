"""Another tenant tries every address of this server with every name of somebody else's things, and learns what everybody may know."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.audience import Reading
from api.settings import Settings
from ledger.views.book import about, goods_key
from tests.support.server import BASE_URL, Clock, client_of, make_ledger
from tests.support.soak import soak_seeds
from tests.support.strangers.tenants import CODE, HELD, LEEK, MARK, UNDECLARED, Town

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from tests.support.strangers.tenants import Attempt

#: Requests of a whole soak, at the least.
WHOLE = 10_000
SHARES = 10
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
    """So many of them, in an order that is always the same; every slot of every route before any comes again."""
    order, seen = list(attempts), dict[tuple[str, str, str], int]()
    Random(1).shuffle(order)
    ranked = list[tuple[int, int, "Attempt"]]()
    for one in order:
        slot = (one.route, one.slot, "")
        seen[slot] = seen.get(slot, 0) + 1
        ranked.append((seen[slot], len(ranked), one))
    return [one for _, _, one in sorted(ranked, key=lambda each: each[:2])][:count]


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
