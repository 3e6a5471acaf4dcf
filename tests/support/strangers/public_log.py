"""What somebody sees who has the whole public log and nothing else, and how well he can guess from it.

Three attacks. *Confirming*: he takes every buyer, price and quantity that is plausible, and looks whether one of them gives a number that
stands in the log, or in an envelope that came into his hands. *Linking by content*: he looks whether anything in a receipt's entry but its
time points to the entry of its shipment. *Linking by time*: he guesses from when entries came.
"""

from __future__ import annotations

import hmac
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.canonical import canonical
from ledger.log.entry import Entry
from ledger.statement import SALT_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from random import Random

    from ledger.statement import Header

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
#: As far back as a delivery is looked for.
WINDOW_MS: Final = 24 * HOUR_MS


# Confirming


def numbers_of(entries: Collection[bytes], tiles: Collection[bytes]) -> set[bytes]:
    """Every 32 bytes that the public log shows: leaf hashes, statements' digests, tree hashes."""
    found = set[bytes]()
    for raw in entries:
        leaf = Entry.parse(raw)
        found |= {leaf.leaf_hash, leaf.prev, leaf.statement}
    for tile in tiles:
        found |= {tile[at : at + 32] for at in range(0, len(tile), 32)}
    return found


def salts_guessed(header: Header, known: Collection[bytes]) -> list[bytes]:
    """The salts worth trying: none at all, what could be drawn from what everybody knows, and those seen elsewhere."""
    context = canonical(["suyuan/item/v1", header.log, str(header.issuer), str(header.id), 0])
    return [bytes(SALT_BYTES), sha256(str(header.id).encode()).digest(), sha256(context).digest(), *known]


def confirmed(header: Header, candidates: Collection[bytes], salts: Collection[bytes]) -> int:
    """How many of a statement's items are found among the candidates, with one of these salts."""
    hits = 0
    for place, commitment in enumerate(header.items):
        context = canonical(["suyuan/item/v1", header.log, str(header.issuer), str(header.id), place])
        hits += any(
            hmac.digest(salt, context + b"\0" + item, "sha256") == commitment
            for salt in salts
            for item in candidates
        )
    return hits


def seen_in(numbers: set[bytes], candidates: Collection[bytes]) -> int:
    """How many candidates give a number of the log, hashed in any of the ways that the formats know."""
    ways: tuple[Callable[[bytes], bytes], ...] = (
        lambda item: sha256(item).digest(),
        lambda item: sha256(b"\0" + item).digest(),
        lambda item: hmac.digest(bytes(SALT_BYTES), item, "sha256"),
    )
    return sum(any(way(item) in numbers for way in ways) for item in candidates)


# Traffic


@dataclass(frozen=True, slots=True)
class Traffic:
    """A day's statements as the log shows them: the time of each entry, and which receipt belongs to which shipment (known to us alone)."""

    at_ms: tuple[int, ...]
    links: Mapping[int, int]

    @property
    def groups(self) -> dict[int, list[int]]:
        """The entries that were taken in the same millisecond."""
        found: dict[int, list[int]] = {}
        for position, at in enumerate(self.at_ms):
            found.setdefault(at, []).append(position)
        return found


def traffic(random: Random, *, statements: int, deliveries_a_day: int, round_ms: int = 1) -> Traffic:
    """Deliveries of a wholesale market: shipments all day long, each received some hours later with check and voucher in one step.

    The delay is log-normal with a median of two hours; a third as many statements again are about something else. `round_ms`: entries are
    taken only at the end of such a stretch, in no order.
    """
    events = list[tuple[int, int, str, int]]()
    number = 0
    at = 0.0
    while sum(3 if kind == "receipt" else 1 for _, _, kind, _ in events) < statements:
        at += random.expovariate(deliveries_a_day / DAY_MS)
        delay = random.lognormvariate(math.log(2 * HOUR_MS), 0.8)
        events.append((int(at), number, "shipment", number))
        events.append((int(at + delay), number, "receipt", number))
        if random.random() < 1 / 3:
            events.append((int(at + random.uniform(0, DAY_MS)), number, "other", number))
        number += 1
    entries = [
        (-(-when // round_ms) * round_ms, when if round_ms == 1 else random.random(), part, kind, number)
        for when, _, kind, number in events
        for part in range(3 if kind == "receipt" else 1)
    ]
    entries.sort(key=lambda one: (one[0], one[1], one[2]))
    shipped = {number: place for place, (*_, kind, number) in enumerate(entries) if kind == "shipment"}
    links = {
        place: shipped[number]
        for place, (_, _, part, kind, number) in enumerate(entries)
        if kind == "receipt" and part == 0
    }
    return Traffic(tuple(at for at, *_ in entries), links)


# Linking by time


@dataclass(frozen=True, slots=True)
class Linked:
    """How often a guess was right, beside how often blind chance is."""

    tried: int
    right: int
    by_chance: float

    @property
    def advantage(self) -> float:
        """By how much the guess beats chance."""
        return self.right / self.tried - self.by_chance

    @property
    def luck(self) -> float:
        """How likely blind chance is right this often or oftener."""
        n, p = self.tried, self.by_chance
        return sum(math.comb(n, hits) * p**hits * (1 - p) ** (n - hits) for hits in range(self.right, n + 1))

    @property
    def interval(self) -> tuple[float, float]:
        """The advantage's 95 % confidence interval (Wilson), so that none right of many is no certainty of none."""
        n, p, z = self.tried, self.right / self.tried, 1.96
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return middle - half - self.by_chance, middle + half - self.by_chance


def guess_by_delay(round_ms: int = 1) -> Callable[[Sequence[int], int, Sequence[int]], int]:
    """The entry whose distance is the likeliest for a delivery, to somebody who knows how long deliveries take, and how long a round."""

    def guess(at_ms: Sequence[int], receipt: int, candidates: Sequence[int]) -> int:
        def likelihood(one: int) -> float:
            # Within a round nothing is known of the time between two entries but that it is a part of the round.
            delay = max(at_ms[receipt] - at_ms[one], round_ms / 3)
            return -math.log(delay) - (math.log(delay / (2 * HOUR_MS)) ** 2) / (2 * 0.8**2)

        return max(candidates, key=lambda one: (likelihood(one), one))

    return guess


def link(
    seen: Traffic,
    guess: Callable[[Sequence[int], int, Sequence[int]], int],
    *,
    kinds_known: bool = False,
) -> Linked:
    """Let somebody guess the shipment of every receipt.

    He is told which entries are receipts, which is more than the log says. With `kinds_known` he is told which are shipments too; else
    every entry of the day before may be it.
    """
    right, chances, tried = 0, 0.0, 0
    shipments = sorted(seen.links.values())
    for receipt, shipment in sorted(seen.links.items()):
        candidates = list(_before(seen.at_ms, receipt, shipments if kinds_known else None))
        if not candidates:
            continue
        tried += 1
        right += guess(seen.at_ms, receipt, candidates) == shipment
        chances += (shipment in set(candidates)) / len(candidates)
    return Linked(tried, right, chances / max(tried, 1))


def _before(at_ms: Sequence[int], receipt: int, shipments: Sequence[int] | None) -> Iterator[int]:
    """The entries of the window before a receipt, its own moment left out unless rounds put all of a stretch into one moment."""
    first = bisect_left(at_ms, at_ms[receipt] - WINDOW_MS)
    last = bisect_right(at_ms, at_ms[receipt])
    own = {receipt, receipt + 1, receipt + 2}
    if shipments is None:
        yield from (one for one in range(first, last) if one not in own)
    else:
        low, high = bisect_left(shipments, first), bisect_left(shipments, last)
        yield from shipments[low:high]


def guessed_from_digests(entries: Sequence[bytes]) -> Callable[[Sequence[int], int, Sequence[int]], int]:
    """A guess from everything in an entry but its time: the candidate whose digest is nearest to the receipt's, bit by bit."""
    digests = [int.from_bytes(Entry.parse(raw).statement, "big") for raw in entries]
    lengths = [len(raw) for raw in entries]

    def guess(_: Sequence[int], receipt: int, candidates: Sequence[int]) -> int:
        return min(
            candidates,
            key=lambda one: (
                abs(lengths[one] - lengths[receipt]),
                (digests[one] ^ digests[receipt]).bit_count(),
                one,
            ),
        )

    return guess
