"""The list of what is recorded, as one process keeps it: what is on it, what leaves it, and how far it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from api.resolver.at_once import KNOWN_SECONDS, Known
from ledger.identifiers import BatchCode, GoodsId, Gtin
from ledger.store import recorded
from ledger.store.recorded import Recorded, product_stands
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.registering import ErasedPlace, Erasure
from ledger.vocabulary.trade import Shipment
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.stores import KINDS, Store, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.identifiers import PartyId, StatementId
    from ledger.service import Ledger

LEEK: Final = "09520001000027"
CABBAGE: Final = "09520001000010"
CODE: Final = str(BatchCode.new(b"ten bytes!"))
OTHER_CODE: Final = str(BatchCode.new(b"ten more!!"))


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return fresh_store(request.param, tmp_path / "store")


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with store.create() as ledger:
        yield ledger


def makes(ledger: Ledger, maker: PartyId, goods: str, **more: Json) -> StatementId:
    """A batch: by its link, or by its code."""
    name = f"urn:suyuan:batch:{goods}" if len(goods) == len(CODE) else f"https://id.gs1.org/01/{goods}"
    body: dict[str, Json] = {
        "goods": name,
        "maker": str(maker),
        "name": "韭菜",
        "category": "farm_produce",
        **more,
    }
    (placed,) = ledger.say(maker, Batch.read(body))
    return ledger.stored(placed.seq).header.id


def takes_back(ledger: Ledger, maker: PartyId, statement: StatementId) -> None:
    """It never happened."""
    ledger.say(maker, Correction(correction_reason="did_not_occur"), corrects=statement)


def on(names: Recorded, ledger: Ledger, *asked: str) -> list[bool]:
    """Whether these are on the list, once it has gone as far as the log; of products, the log itself must say the same."""
    with ledger.book() as book:
        assert names.follow(book)
        for name in asked:
            if len(name) == len(LEEK):
                assert product_stands(book, Gtin(name)) == (name in names), name
    return [name in names for name in asked]


def test_products_and_codes_of_batches_are_on_it(ledger: Ledger) -> None:
    farm = trader(ledger)
    makes(ledger, farm, f"{LEEK}/10/JC-1")
    makes(ledger, farm, CODE)
    assert on(Recorded(), ledger, LEEK, CABBAGE, CODE, OTHER_CODE) == [True, False, True, False]


def test_what_was_recorded_since_joins_it_whoever_recorded_it(store: Store, ledger: Ledger) -> None:
    farm, names = trader(ledger), Recorded()
    makes(ledger, farm, f"{LEEK}/10/JC-1")
    assert on(names, ledger, LEEK, CABBAGE, CODE) == [True, False, False]
    with store.open() as elsewhere:
        makes(elsewhere, farm, f"{CABBAGE}/10/BC-1")
        makes(elsewhere, farm, CODE)
    assert on(names, ledger, LEEK, CABBAGE, CODE) == [True, True, True]


def test_a_product_leaves_it_with_its_last_batch(ledger: Ledger) -> None:
    farm, names = trader(ledger), Recorded()
    first = makes(ledger, farm, f"{LEEK}/10/JC-1")
    second = makes(ledger, farm, f"{LEEK}/10/JC-2")
    coded = makes(ledger, farm, CODE)
    assert on(names, ledger, LEEK, CODE) == [True, True]
    takes_back(ledger, farm, first)
    assert on(names, ledger, LEEK, CODE) == [True, True]
    takes_back(ledger, farm, second)
    assert on(names, ledger, LEEK, CODE) == [False, True]
    takes_back(ledger, farm, coded)
    assert on(names, ledger, LEEK, CODE) == [False, False]
    # And a list that is begun now does not begin with them.
    assert on(Recorded(), ledger, LEEK, CODE) == [False, False]


def test_a_batch_that_was_recorded_and_taken_back_between_two_looks_is_not_on_it(ledger: Ledger) -> None:
    farm, names = trader(ledger), Recorded()
    makes(ledger, farm, f"{LEEK}/10/JC-1")
    assert on(names, ledger, LEEK) == [True]
    takes_back(ledger, farm, makes(ledger, farm, f"{CABBAGE}/10/BC-1"))
    assert on(names, ledger, LEEK, CABBAGE) == [True, False]


def test_what_was_erased_leaves_it(ledger: Ledger) -> None:
    farm, names = trader(ledger), Recorded()
    statement = makes(ledger, farm, f"{LEEK}/10/JC-1")
    makes(ledger, farm, CODE)
    assert on(names, ledger, LEEK, CODE) == [True, True]
    gone = ErasedPlace(issuer=farm, statement=statement, places=(0,))
    ledger.say(ledger.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
    assert on(names, ledger, LEEK, CODE) == [False, True]


def test_to_speak_of_a_batch_is_not_to_record_it(ledger: Ledger) -> None:
    farm, stall = trader(ledger), trader(ledger)
    goods = GoodsId.of_batch(BatchCode(CODE))
    ledger.say(farm, Shipment(to=stall, lines=(Line(goods=goods, quantity=kg(10)),)))
    hold: dict[str, Json] = {
        "action": "hold",
        "goods": [str(goods)],
        "at": str(farm),
        "reason": "等待检验（演示）",
    }
    ledger.say(farm, Hold.read(hold))
    # A batch's number may look like a code and is none.
    makes(ledger, farm, f"{LEEK}/10/{OTHER_CODE}", batch_number=OTHER_CODE)
    assert on(Recorded(), ledger, CODE, OTHER_CODE, LEEK) == [False, False, True]


def test_it_keeps_what_was_recorded_last(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "NAMES_HELD_MAX", 2)
    farm, names = trader(ledger), Recorded()
    makes(ledger, farm, CODE)
    makes(ledger, farm, f"{LEEK}/10/JC-1")
    assert on(names, ledger, CODE, LEEK) == [True, True]
    makes(ledger, farm, OTHER_CODE)
    with ledger.book() as book:
        assert names.follow(book)
        assert [one in names for one in (CODE, LEEK, OTHER_CODE)] == [False, True, True]
        begun = Recorded()
        assert begun.follow(book)
        assert [one in begun for one in (CODE, LEEK, OTHER_CODE)] == [False, True, True]
        names.add(CODE, book)
        assert [one in names for one in (CODE, LEEK, OTHER_CODE)] == [True, False, True]


def test_what_an_older_reading_found_does_not_come_back(ledger: Ledger) -> None:
    farm, names = trader(ledger), Recorded()
    statement = makes(ledger, farm, f"{LEEK}/10/JC-1")
    with ledger.book() as before:
        takes_back(ledger, farm, statement)
        assert on(names, ledger, LEEK) == [False]
        names.add(LEEK, before)
        assert LEEK not in names
        assert names.follow(before)
        assert LEEK not in names


def test_for_a_minute_it_is_taken_as_it_was_found_and_not_longer(ledger: Ledger) -> None:
    now = [100.0]
    farm, known = trader(ledger), Known(lambda: now[0])
    statement = makes(ledger, farm, f"{LEEK}/10/JC-1")
    makes(ledger, farm, f"{CABBAGE}/10/BC-1")
    assert not known.knows(LEEK.encode())
    with ledger.book() as book:
        known.learn(LEEK, book)
    # Whoever looks for one learns of all.
    assert known.knows(LEEK.encode())
    assert known.knows(CABBAGE.encode())
    takes_back(ledger, farm, statement)
    makes(ledger, farm, CODE)
    with ledger.book() as book:
        known.learn(CODE, book)
    now[0] += KNOWN_SECONDS - 0.1
    assert [known.knows(one.encode()) for one in (LEEK, CABBAGE, CODE)] == [True, True, True]
    now[0] += 0.2
    assert [known.knows(one.encode()) for one in (LEEK, CABBAGE, CODE)] == [False, False, False]
    with ledger.book() as book:
        known.learn(CABBAGE, book)
    assert [known.knows(one.encode()) for one in (LEEK, CABBAGE, CODE)] == [False, True, True]
