"""Somebody guesses codes: a million tries find nothing, and whoever tries is soon told to wait."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from api.app import create_app
from api.audience import Reading
from api.deps import Viewer
from api.scanning import named_by_text
from api.settings import Settings
from ledger.errors import Refusal
from ledger.identifiers import BatchCode, GoodsId
from ledger.vocabulary.goods import Batch, Codes
from tests.support.server import BASE_URL, Clock, client_of, enrol_party, make_ledger
from tests.support.soak import soak_seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.service import Ledger

#: Guesses of a whole soak; what runs each time is a thousandth.
GUESSES: Final = 1_000_000
GUESSES_A_SEED: Final = 10_000
SAMPLE: Final = 1_000
#: Batches and packs that are there to be hit.
BATCHES: Final = 40
PACKS: Final = 2_000
#: A pesticide's code begins with what everybody knows: its registration, its pack size.
BEFORE: Final = "12690011001"
DIGITS: Final = 32 - len(BEFORE)
NOT_FOUND, TOO_MANY = 404, 429
#: As `limit_unknown` says.
GUESSES_A_MINUTE: Final = 40


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A maker with many batches and many packs, their codes drawn as they should be; and one who numbers his packs from one."""
    with make_ledger(tmp_path_factory.mktemp("codes"), Clock()) as ledger:
        maker = enrol_party(ledger, "示例农药厂（演示）").party
        for number in range(BATCHES):
            body: dict[str, Json] = {
                "goods": str(GoodsId.of_batch(BatchCode.new(os.urandom(10)))),
                "maker": str(maker),
                "name": f"噻虫嗪 {number}",
                "category": "pesticide",
            }
            ledger.say(maker, Batch.read(body))
        goods = GoodsId.parse(str(body["goods"]))
        random = Random(os.urandom(16))
        drawn = [f"{BEFORE}{random.randrange(10**DIGITS):0{DIGITS}}" for _ in range(PACKS)]
        for start in range(0, PACKS, 500):
            ledger.say(
                maker,
                Codes(
                    action="issue",
                    goods=goods,
                    codes=tuple(drawn[start : start + 500]),
                    code_kind="pesticide",
                ),
            )
        counted = tuple(f"2{BEFORE[1:]}{number:0{DIGITS}}" for number in range(1, 21))
        ledger.say(maker, Codes(action="issue", goods=goods, codes=counted, code_kind="pesticide"))
        yield ledger


def hits(ledger: Ledger, guesses: Iterator[str]) -> int:
    """How many of these codes name something for the public."""
    found = 0
    with ledger.book() as book:
        knows = Reading(book, Viewer()).knows
        for text in guesses:
            try:
                found += named_by_text(text, BASE_URL, book, knows).known
            except Refusal:
                continue
    return found


def blind(count: int, *, seed: int = 0) -> Iterator[str]:
    """Half batch codes, half packs of a kind whose beginning is known."""
    random = Random(2 + seed)
    for number in range(count):
        if number % 2:
            yield f"{BEFORE}{random.randrange(10**DIGITS):0{DIGITS}}"
        else:
            yield str(BatchCode.new(random.randbytes(10)))


def beside(ledger: Ledger, count: int, *, seed: int = 0) -> Iterator[str]:
    """The neighbours of a code that one has: a pack that was bought, its last digits changed."""
    with ledger.book() as book:
        (first, *_) = sorted(one.seq for one in book.mentions(["type/codes.v1"]))
        said = book.records([first])[first].said
    assert isinstance(said, Codes)
    own = said.codes[0]
    known = set(said.codes)
    for number in range(seed * count + 1, (seed + 1) * count + 1):
        code = f"{int(own) + number:0{len(own)}}"
        if code not in known:
            yield code


@pytest.mark.parametrize(
    "guesses", [lambda _, count: blind(count), beside], ids=["blind", "beside one's own"]
)
def test_a_thousand_guesses_find_nothing(
    town: Ledger, guesses: Callable[[Ledger, int], Iterator[str]]
) -> None:
    assert hits(town, guesses(town, SAMPLE)) == 0


@pytest.mark.soak
def test_a_million_guesses_find_nothing(town: Ledger) -> None:
    for seed in soak_seeds("guesses", GUESSES // GUESSES_A_SEED):
        assert hits(town, blind(GUESSES_A_SEED * 9 // 10, seed=seed)) == 0
        assert hits(town, beside(town, GUESSES_A_SEED // 10, seed=seed)) == 0


def test_codes_that_are_counted_instead_of_drawn_would_be_found(town: Ledger) -> None:
    assert hits(town, (f"2{BEFORE[1:]}{number:0{DIGITS}}" for number in range(1, 100))) == 20


def test_an_unknown_code_and_one_that_is_no_code_are_told_alike(town: Ledger) -> None:
    app = create_app(town, Settings(base_url=BASE_URL, limits=False))
    with client_of(app) as client:
        answers = [client.get(f"/c/{BatchCode.new(os.urandom(10))}") for _ in range(3)]
    assert {one.status_code for one in answers} == {404}


def test_whoever_guesses_is_told_to_wait(town: Ledger, tmp_path: Path) -> None:
    """With the limits a server comes with: forty codes that nobody recorded, and then no answer at all."""
    app = create_app(town, Settings(base_url=BASE_URL, data=tmp_path, limits=True))
    codes = [code for code in blind(140) if len(code) < DIGITS]
    with client_of(app) as client:
        statuses = [client.get(f"/c/{code}").status_code for code in codes]
    first = statuses.index(TOO_MANY)
    assert set(statuses[:first]) == {NOT_FOUND}
    assert first <= GUESSES_A_MINUTE
    assert set(statuses[first:]) == {TOO_MANY}
