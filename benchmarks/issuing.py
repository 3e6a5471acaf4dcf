"""Issuing: 100,000 unguessable serials drawn, recorded, signed and written to a list, beside the bare Ed25519 signatures.

    python -m benchmarks.issuing [--codes 100000] [--rounds 5] [--json FILE]

A round issues a part of the codes as one run, reads them back from the log, signs each link and writes the list a printer takes; and signs the
same canonical texts with the same key and nothing else. `ratio` is the codes we issue while the bare loop signs one: 1 would mean that recording costs
nothing. Memory is the largest resident size of this process after the first round, and after the last: it must not grow with the codes.
"""

from __future__ import annotations

import csv
import os
import resource
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from api.issuing import Run, carry_out, find_run, recorded_codes
from api.printed_links import PrintedLinks
from benchmarks.recording import Clock, Cost
from benchmarks.telling import keep, parser_of
from ledger.identifiers import BatchNumber, GoodsId, PartyId, StatementId
from ledger.identifiers.link_signature import ReadLink
from ledger.identifiers.serials import Drawn
from ledger.keys import Vault
from ledger.service import Ledger
from ledger.vocabulary.goods import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS = 5
CODES = 100_000
GTIN = "09520001000027"
BASE_URL = "https://t.example.cn"


@dataclass(frozen=True, slots=True)
class Round:
    """What one code took: to record, to write with its signature, and to sign alone."""

    recorded: Cost
    written: Cost
    bare: Cost

    @property
    def ratio(self) -> float:
        """By the wall clock."""
        return self.bare.wall / (self.recorded.wall + self.written.wall)

    @property
    def ratio_cpu(self) -> float:
        """By processor time."""
        return self.bare.cpu / (self.recorded.cpu + self.written.cpu)


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians of the rounds, in microseconds a code; memory in MiB."""

    codes: int
    recorded: Cost
    written: Cost
    bare: Cost
    ratio: float
    ratio_cpu: float
    memory_first: float
    memory_last: float
    database: float

    @classmethod
    def of(cls, codes: int, rounds: Sequence[Round], memory: Sequence[float], database: float) -> Self:
        """From all rounds; the ratio is the median of the rounds' ratios."""
        return cls(
            codes=codes,
            recorded=Cost.median(one.recorded for one in rounds),
            written=Cost.median(one.written for one in rounds),
            bare=Cost.median(one.bare for one in rounds),
            ratio=statistics.median(one.ratio for one in rounds),
            ratio_cpu=statistics.median(one.ratio_cpu for one in rounds),
            memory_first=memory[0],
            memory_last=memory[-1],
            database=database,
        )


def issue(ledger: Ledger, maker: PartyId, goods: GoodsId, count: int, file: Path) -> Round:
    """One run of so many codes, written to a list; then the same texts signed alone."""
    run = Run(StatementId.new(ledger.clock(), os.urandom(10)), maker, "issue", goods, Drawn(goods, count))
    key = ledger.label_signer(maker)
    recorded = Cost.of(lambda: _whole(ledger, run))
    codes = list[str]()

    def write() -> None:
        with ledger.book() as book:
            found = find_run(book, run.id, maker)
        assert found is not None
        links = PrintedLinks(BASE_URL, key)
        with file.open("w", encoding="utf-8", newline="") as out:
            writer, number = csv.writer(out, lineterminator="\r\n"), 0
            for some in recorded_codes(ledger, found):
                writer.writerows((place, code, links.of(code)) for place, code in enumerate(some, number + 1))
                number += len(some)

    written = Cost.of(write)
    with file.open(encoding="utf-8", newline="") as out:
        codes = [row[1] for row in csv.reader(out)]
    assert len(codes) == len(set(codes)) == count
    keyid = key.public.keyid
    texts = [ReadLink.parse(code).goods.signed_bytes(keyid) for code in codes]

    def sign() -> None:
        for text in texts:
            key.sign(text)

    bare = Cost.of(sign)
    return Round(*(Cost.each([one], count) for one in (recorded, written, bare)))


def _whole(ledger: Ledger, run: Run) -> None:
    while not carry_out(ledger, run).done:
        pass


def run(codes: int, rounds: int, folder: Path) -> Measured:
    """So many codes in so many rounds."""
    clock = Clock()
    ledger = Ledger.create(
        f"sqlite:///{folder}/ours.db",
        host="bench.example",
        registrar_name="演示登记处（演示）",
        vault=Vault.create_file(folder / "keys" / "bench.key"),
        evidence=folder / "evidence",
        clock=clock,
        simulated=True,
    )
    measured, memory = list[Round](), list[float]()
    with ledger:
        maker = PartyId.new(os.urandom(10))
        ledger.enrol(maker, role="enterprise")
        for number in range(rounds + 1):
            lot = f"JC-{number:04}"
            goods = GoodsId.parse(f"https://id.gs1.org/01/{GTIN}/10/{lot}")
            ledger.say(
                maker,
                Batch(
                    goods=goods,
                    maker=maker,
                    name="韭菜（演示）",
                    category="leek",
                    batch_number=BatchNumber.parse(lot),
                ),
            )
            clock.ms += 1_000
            # The first warms both sides up, and is not counted.
            count = codes // rounds if number else min(2_000, codes)
            one = issue(ledger, maker, goods, count, folder / "codes.csv")
            if number:
                measured.append(one)
                memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return Measured.of(codes, measured, memory, (folder / "ours.db").stat().st_size / 2**20)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--codes", type=int, default=CODES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(asked.codes, asked.rounds, Path(folder))
    for name in ("recorded", "written", "bare"):
        cost: Cost = getattr(found, name)
        print(f"{name:>9}  {cost.wall:7.1f} us a code ({cost.cpu:.1f} of processor time)")
    print(f"    ratio  {found.ratio:.2f} ({found.ratio_cpu:.2f}) of the bare signing rate")
    print(
        f"   memory  {found.memory_first:.0f} MiB after the first round, {found.memory_last:.0f} after the last"
    )
    print(f" database  {found.database:.0f} MiB")
    keep(found, asked.json)


if __name__ == "__main__":
    main()
