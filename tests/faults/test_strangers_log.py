"""Somebody has the whole public log, and every plausible buyer, price and quantity: he confirms none, and what he can link is said.

The figures of the last whole soak stand in `docs/disclosure.md`.
"""

from __future__ import annotations

import os
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from ledger.identifiers import GoodsId, Instant, PartyId, StatementId
from ledger.log.entry import Entry
from ledger.statement import sign_statement
from ledger.vocabulary.trade import Receipt, Shipment
from tests.support.server import Clock, enrol_party, make_ledger
from tests.support.soak import soak_count
from tests.support.strangers.public_log import (
    HOUR_MS,
    Linked,
    confirmed,
    guess_by_delay,
    guessed_from_digests,
    link,
    numbers_of,
    salts_guessed,
    seen_in,
    traffic,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.statement import Header, Statement

#: The log of a whole soak, in statements; what runs each time is a fiftieth.
STATEMENTS: Final = 2_000
SAMPLE: Final = 40
#: What does not happen by luck in all the runs there will be of a test.
NEVER: Final = 1e-9
GOODS: Final = tuple(
    GoodsId.parse(f"https://id.gs1.org/01/09520001000034/10/L-{number}") for number in range(4)
)
QUANTITIES: Final = range(1, 61)
PRICES: Final = tuple(f"{yuan}.{cent}" for yuan in range(10, 110) for cent in ("00", "50"))
CUSTOMERS: Final = tuple(PartyId.new(b"customer" + bytes([0, number])) for number in range(12))


def sent(random: Random) -> Shipment:
    """One delivery, all of whose terms are plausible."""
    line: Json = {
        "goods": str(random.choice(GOODS)),
        "quantity": {"amount": str(random.choice(QUANTITIES)), "unit": "KGM"},
    }
    return Shipment.read(
        {"to": str(random.choice(CUSTOMERS)), "lines": [line], "total": random.choice(PRICES), "offer": False}
    )


def plausible() -> list[bytes]:
    """Every item that a delivery of such goods could have: the true ones are all among them."""
    items = dict[bytes, None]()
    for goods, amount in product(GOODS, QUANTITIES):
        line: Json = {"goods": str(goods), "quantity": {"amount": str(amount), "unit": "KGM"}}
        body: dict[str, Json] = {"to": str(CUSTOMERS[0]), "lines": [line], "offer": False}
        items |= dict.fromkeys(one.raw for one in Shipment.read(body).to_items())
    for customer, price in product(CUSTOMERS, PRICES):
        line = {"goods": str(GOODS[0]), "quantity": {"amount": "1", "unit": "KGM"}}
        body = {"to": str(customer), "lines": [line], "offer": False, "total": price}
        items |= dict.fromkeys(one.raw for one in Shipment.read(body).to_items())
    return list(items)


def written(
    ledger: Ledger, seller: PartyId, count: int, randomness: Callable[[int], bytes]
) -> list[Statement]:
    """So many deliveries of one seller, in the log."""
    random, signer = Random(7), ledger.custodial_signer(seller)
    statements = []
    for number in range(count):
        said, now = sent(random), ledger.clock() + number
        statements.append(
            sign_statement(
                said.to_items(),
                log=ledger.origin,
                statement_id=StatementId.new(now, os.urandom(10)),
                type_name=said.TYPE,
                issuer=seller,
                occurred_at=Instant(ledger.clock()),
                signers=[signer],
                randomness=randomness,
            )
        )
    for start in range(0, count, 50):
        ledger.recorder.record(statements[start : start + 50])
    return statements


def attacked(folder: Path, count: int, randomness: Callable[[int], bytes]) -> tuple[int, int]:
    """How many items are confirmed from the public log alone, and from the log with every envelope and one opening of each beside it."""
    with make_ledger(folder, Clock()) as ledger:
        seller = enrol_party(ledger, "示例批发行（演示）").party
        statements = written(ledger, seller, count, randomness)
        size = ledger.size()
        tiles = [
            ledger.tile(level, index) for level in range(2) for index in range(size // 256 ** (level + 1) + 1)
        ]
        numbers = numbers_of(ledger.entries(0, size), tiles)
    candidates = plausible()
    truth = {one.raw for statement in statements for one in statement.items}
    assert truth <= set(candidates)
    # The buyer of one delivery shows one item of it, salt and all: what does that tell about the others?
    return seen_in(numbers, candidates), sum(
        confirmed(one.header, candidates, salts_guessed(one.header, [one.opened[0].salt]))
        - _shown(one.header)
        for one in statements
    )


def _shown(header: Header) -> int:
    """The item that was shown is no confirmation of anything hidden."""
    return 1 if header.items else 0


def test_every_plausible_item_confirms_none(tmp_path: Path) -> None:
    assert attacked(tmp_path, SAMPLE // 4, os.urandom) == (0, 0)


@pytest.mark.soak
def test_two_thousand_statements_confirm_none(tmp_path: Path) -> None:
    assert attacked(tmp_path, soak_count(STATEMENTS), os.urandom) == (0, 0)


def test_a_salt_that_is_used_twice_would_be_found(tmp_path: Path) -> None:
    """The fault: one salt for all items of a statement, so that whoever is shown one of them has the key to the others."""
    drawn = iter(os.urandom(32) for _ in range(1_000))
    held: list[bytes] = []

    def once_a_statement(_: int) -> bytes:
        if len(held) % 3 == 0:
            held.append(next(drawn))
        else:
            held.append(held[-1])
        return held[-1]

    hidden = attacked(tmp_path, 4, once_a_statement)[1]
    assert hidden == 2 * 4


def test_salts_that_are_all_the_same_would_be_found(tmp_path: Path) -> None:
    assert attacked(tmp_path, 4, bytes)[1] == 2 * 4


# Linking


def test_nothing_in_an_entry_but_its_time_points_to_another(tmp_path: Path) -> None:
    nothing_points_to_another(tmp_path, pairs=SAMPLE)


@pytest.mark.soak
def test_nothing_in_a_thousand_pairs_but_their_times_points_to_another(tmp_path: Path) -> None:
    nothing_points_to_another(tmp_path, pairs=soak_count(STATEMENTS // 2))


def nothing_points_to_another(folder: Path, *, pairs: int) -> None:
    """Shipments and their receipts, recorded for real: entries have one length, and digests guess as blind chance does."""
    with make_ledger(folder, Clock()) as ledger:
        seller = enrol_party(ledger, "示例批发行（演示）").party
        buyer = enrol_party(ledger, "示例菜摊（演示）").party
        random, links = Random(3), dict[int, int]()
        first = ledger.size()
        for _ in range(pairs):
            said = sent(random).model_copy(update={"to": buyer})
            (shipment,) = ledger.say(seller, said)
            statement = ledger.stored(shipment.seq).header.id
            lines: list[Json] = [line.model_dump(mode="json", exclude_none=True) for line in said.lines]
            body: dict[str, Json] = {"supplier": str(seller), "shipment": str(statement), "lines": lines}
            (receipt,) = ledger.say(buyer, Receipt.read(body))
            links[receipt.seq] = shipment.seq
        entries = ledger.entries(0, ledger.size())
    assert len({len(raw) for raw in entries[first:]}) == 1
    assert linked_by_digests(entries, links).luck > NEVER
    assert all(Entry.parse(raw).at_ms for raw in entries)


def linked_by_digests(entries: Sequence[bytes], links: Mapping[int, int]) -> Linked:
    """How often somebody is right who takes for a receipt's shipment the one whose digest is nearest."""
    guess, shipments = guessed_from_digests(entries), sorted(links.values())
    right = sum(guess([], receipt, shipments) == shipment for receipt, shipment in links.items())
    return Linked(len(links), right, 1 / len(links))


def test_a_digest_that_begins_as_its_shipments_would_be_found() -> None:
    """The fault: the number of a receipt is made from its shipment's, of which three of its 32 bytes are left."""
    random = Random(11)
    sent = [random.randbytes(32) for _ in range(SAMPLE)]
    numbers = [*sent, *(digest[:3] + random.randbytes(29) for digest in sent)]
    entries = [Entry(at_ms=1, prev=bytes(32), statement=digest).raw for digest in numbers]
    links = {SAMPLE + place: place for place in range(SAMPLE)}
    assert linked_by_digests(entries, links).luck < NEVER


def figures(logs: int, *, deliveries_a_day: int, round_ms: int = 1, kinds_known: bool = False) -> Linked:
    """What somebody who guesses by time gets right, over some logs."""
    found = [
        link(
            traffic(
                Random(seed), statements=STATEMENTS, deliveries_a_day=deliveries_a_day, round_ms=round_ms
            ),
            guess_by_delay(round_ms),
            kinds_known=kinds_known,
        )
        for seed in range(logs)
    ]
    tried = sum(one.tried for one in found)
    return Linked(
        tried, sum(one.right for one in found), sum(one.by_chance * one.tried for one in found) / tried
    )


def test_times_alone_link_better_than_chance_and_we_say_so() -> None:
    """Not what one would wish: when a thing was recorded tells something. A day of little trade tells the most."""
    quiet, busy = figures(1, deliveries_a_day=10), figures(1, deliveries_a_day=1_000)
    assert quiet.interval[0] > 0
    assert quiet.advantage > busy.advantage


def test_rounds_bring_the_guess_near_to_chance() -> None:
    """The remedy: entries taken only every so often, in no order, tell less the more trade shares a round."""
    at_once = figures(1, deliveries_a_day=1_000, kinds_known=True)
    every_day = figures(1, deliveries_a_day=1_000, round_ms=24 * HOUR_MS, kinds_known=True)
    assert every_day.advantage < at_once.advantage / 2


@pytest.mark.soak
def test_the_published_figures() -> None:
    """Prints the table of `docs/disclosure.md`."""
    logs = soak_count(20)
    for known, round_ms, rate in product((False, True), (1, HOUR_MS, 24 * HOUR_MS), (10, 100, 1_000)):
        one = figures(logs, deliveries_a_day=rate, round_ms=round_ms, kinds_known=known)
        low, high = one.interval
        print(  # noqa: T201  (the figures)
            f"| {'told' if known else 'not told'} | {round_ms} | {rate} | {one.tried} | {one.right / one.tried:.4f} "
            f"| {one.by_chance:.4f} | {one.advantage:+.4f} | {low:+.4f} … {high:+.4f} |"
        )
        assert low <= one.advantage <= high
