"""How fast signed statements are verified ahead of the queue, beside libsodium verifying signatures and doing nothing else.

    python -m benchmarks.verifying
    python -m benchmarks.verifying --json figures.json

A round measures, one after the other and over the same statements of a market's trade:

    statement   from the bytes of a post: JSON read, envelope and items decoded, checked to be canonical, every commitment opened, and
                the signature verified under its enrolled key (OpenSSL, by `cryptography`); what a sender's thread does before it stands in the queue
    signature   of that, the signature alone
    ahead       the same with its meaning read, which the recorder also does ahead of its queue
    libsodium   the same signatures by PyNaCl, which is asked for nothing else

each by one thread, and by two that share the statements. Figures are microseconds of processor time a statement; of the threads, the wall
clock. Whatever else runs on the machine takes from two threads what it leaves to one: their ratio wants a machine with nothing else to do.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from nacl.bindings import crypto_sign_open

from benchmarks.recording import PARTIES, Cost, begun
from benchmarks.telling import columns, keep, parser_of
from ledger.canonical import read
from ledger.statement import Statement
from ledger.vocabulary import said_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ledger.register import Register

ROUNDS: Final = 9
STATEMENTS: Final = 500
THREADS: Final = 2
#: What is measured beside what, and what was asked for.
_ASKED: Final = {"statement": "≥ 0.60", "signature": "", "ahead": ""}
_ASKED_OF_THREADS: Final = "≥ 1.1"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to verify, and what it is given of each statement."""

    verify: Callable[[bytes], object]
    given: Sequence[bytes]

    def alone(self) -> Cost:
        """What one costs when one thread takes them all."""
        return Cost.each([Cost.of(lambda: self._all(self.given))], len(self.given))

    def shared(self, pool: ThreadPoolExecutor) -> Cost:
        """What one costs when each thread takes its share."""
        shares = [self.given[number::THREADS] for number in range(THREADS)]
        return Cost.each([Cost.of(lambda: list(pool.map(self._all, shares)))], len(self.given))

    def _all(self, given: Sequence[bytes]) -> None:
        for one in given:
            self.verify(one)


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of each way, by one thread and by several, and the medians of the rounds' ratios."""

    alone: Mapping[str, Cost]
    shared: Mapping[str, Cost]
    #: How many times as fast as libsodium, by processor time.
    beside_libsodium: Mapping[str, float]
    #: How many times as fast as one thread, by the wall clock.
    threads: Mapping[str, float]

    @classmethod
    def of(cls, rounds: Sequence[Mapping[str, tuple[Cost, Cost]]]) -> Measured:
        """Each ratio is taken within a round."""
        names = list(rounds[0])
        return cls(
            alone={name: Cost.median(one[name][0] for one in rounds) for name in names},
            shared={name: Cost.median(one[name][1] for one in rounds) for name in names},
            beside_libsodium={
                name: statistics.median(one["libsodium"][0].cpu / one[name][0].cpu for one in rounds)
                for name in names
            },
            threads={
                name: statistics.median(one[name][0].wall / one[name][1].wall for one in rounds)
                for name in names
            },
        )


def ways(register: Register, statements: Sequence[Statement]) -> dict[str, Way]:
    """All ways, over the same statements."""
    bodies = [json.dumps(one.as_json()).encode() for one in statements]
    envelopes = {one.envelope.payload: one.envelope for one in statements}
    # libsodium takes signature and message as one piece; that they were put together is not counted.
    signed = {}
    for one in statements:
        (signature,) = one.envelope.signatures
        message = signature.sig + one.envelope.signed_bytes()
        signed[message] = register.keys[signature.keyid].key.raw

    def statement(body: bytes) -> Statement:
        found = Statement.from_json(read(body))
        assert register.good_signatures(found.envelope), "every statement here is signed well"
        return found

    def ahead(body: bytes) -> object:
        found = statement(body)
        return said_type(found.header.type).from_items(found.items)

    return {
        "statement": Way(statement, bodies),
        "signature": Way(lambda payload: register.good_signatures(envelopes[payload]), list(envelopes)),
        "ahead": Way(ahead, bodies),
        "libsodium": Way(lambda message: crypto_sign_open(message, signed[message]), list(signed)),
    }


def run(folder: Path, *, rounds: int = ROUNDS, count: int = STATEMENTS, parties: int = PARTIES) -> Measured:
    """Sign a market's statements, then verify them round by round."""
    with begun(folder, parties=parties) as bench, ThreadPoolExecutor(THREADS) as pool:
        statements = bench.trade.statements(count)
        with bench.ledger.book() as book:
            all_of_them = ways(book.register, statements)

        def round_() -> dict[str, tuple[Cost, Cost]]:
            return {name: (way.alone(), way.shared(pool)) for name, way in all_of_them.items()}

        round_()  # All of them warm.
        return Measured.of([round_() for _ in range(rounds)])


def table(found: Measured) -> str:
    """The figures for a reader."""
    lines = [("", "one thread", "beside libsodium", "asked for", "two threads", "beside one", "asked for")]
    for name, cost in found.alone.items():
        asked = _ASKED.get(name)
        lines.append(
            (
                name,
                f"{cost.cpu:.0f} ({cost.wall:.0f})",
                "" if asked is None else f"{found.beside_libsodium[name]:.2f}",
                asked or "",
                f"{found.shared[name].cpu:.0f} ({found.shared[name].wall:.0f})",
                f"{found.threads[name]:.2f}",
                _ASKED_OF_THREADS if name == "statement" else "",
            )
        )
    return columns(lines)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder))
    print("Microseconds of processor time a statement (and by the wall clock); medians.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
