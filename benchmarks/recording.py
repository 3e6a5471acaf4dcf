"""What recording costs, beside what the database asks for the same rows.

    python -m benchmarks.recording                          at 10,000 entries
    python -m benchmarks.recording --statements 100000      at 10,000 and again at 100,000
    python -m benchmarks.recording --json figures.json

A round measures, one after the other and within seconds: our recorder, 100 statements a commit, with signatures verified, views and
findings kept; its peer, `executemany` of exactly the rows that those commits left, copied out of our database into another of the
same schema, indexes and settings, as many rows a transaction; and what the machine itself gives, syncs and signature checks. At a larger
size the first log, which hardly grows, has its round in turn with each of the larger one: what a statement costs beside the first size
is asked of the same minutes. The figures are medians over the rounds. Other work on the machine moves all of them together, so the ratio is what to look at.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, Self

from api.commands.serving import settle
from benchmarks.telling import columns, keep, parser_of
from ledger.identifiers import BatchNumber, GoodsId, Instant, LegalDate, PartyId, Quantity, StatementId
from ledger.identifiers.gtin import check_digit
from ledger.keys import Ed25519Signer, Vault
from ledger.service import Ledger
from ledger.statement import sign_statement
from ledger.store.engine import create_tables, open_engine
from ledger.store.tables import BOUND, DERIVED
from ledger.vocabulary.documents import Voucher, VoucherLine
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.registering import Key
from ledger.vocabulary.trade import CheckedDocument, Receipt, Sale, Shipment, SupplierCheck, VoucherReference
from ledger.vocabulary.values import Line, ReceivedLine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import PoolProxiedConnection

    from ledger.statement import Statement
    from ledger.vocabulary.said import Said

SEED: Final = 20261122
BEGIN_MS: Final = Instant.parse("2026-08-01T08:00:00+08:00").ms
#: One commit a minute by the log's clock; each commit has a time of its own, by which its findings are known.
COMMIT_MS: Final = 60_000
STATEMENTS_A_COMMIT: Final = 100
STATEMENTS_A_COMMIT_GROWING: Final = 500
COMMITS_A_ROUND: Final = 5
ROUNDS: Final = 7
#: The size at which the cost is measured first; larger ones are compared with it.
FIRST_SIZE: Final = 10_000
PARTIES: Final = 400
BATCHES_AT_ONCE: Final = 250

_GOODS: Final = (
    ("韭菜（演示）", "食用农产品"),
    ("生姜（演示）", "食用农产品"),
    ("猪肉（演示）", "猪肉"),
    ("饼干（演示）", "预包装食品"),
)
_Row = tuple[object, ...]

#: What becomes of a row that stood there before.
_STOOD: Final = {
    "heads": "ON CONFLICT DO UPDATE SET size = excluded.size, root = excluded.root, edge = excluded.edge, "
    "last = excluded.last, at_ms = excluded.at_ms",
    "tiles": "ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
    "findings": "ON CONFLICT DO UPDATE SET party = excluded.party, kind = excluded.kind, "
    "grade = excluded.grade, since_ms = excluded.since_ms, body = excluded.body",
}


@dataclass(slots=True)
class Clock:
    """A clock that moves when it is told."""

    ms: int = BEGIN_MS

    def __call__(self) -> int:
        return self.ms


@dataclass(slots=True)
class Trade:
    """A market town, the same one for each seed: farms, wholesalers and shops, and some hundred batches on their way at any time."""

    origin: str
    clock: Clock
    parties: int = PARTIES
    chance: Random = field(default_factory=lambda: Random(SEED))
    signers: dict[PartyId, Ed25519Signer] = field(default_factory=dict)
    _serial: int = 0
    _lives: list[Iterator[Statement]] = field(default_factory=list)

    def enrolments(self) -> Iterator[tuple[Key, Ed25519Signer]]:
        """The keys of all parties, for the registrar to enrol; each signs that it is there."""
        for _ in range(self.parties):
            party = PartyId.new(self.chance.randbytes(10))
            signer = Ed25519Signer.from_secret(self.chance.randbytes(32))
            self.signers[party] = signer
            key = Key(
                action="enrol",
                party=party,
                role="enterprise",
                custody="own",
                kind_of_key="ed25519",
                public_key=str(signer.public),
            )
            yield key, signer

    def sheets(self) -> Iterator[Statement]:
        """Who they are, and their licences."""
        for number, party in enumerate(self.signers):
            yield self._says(
                party,
                Party(
                    party=party,
                    party_kind="company",
                    name=f"第 {number} 家（演示）",
                    phone=f"0513-{number:06}",
                ),
            )
            yield self._says(
                party,
                Licence(
                    holder=party,
                    licence_kind="食品经营许可证",
                    number=f"JY1320000{number:07}",
                    valid_from=LegalDate.parse("2024-01-01"),
                    valid_to=LegalDate.parse("2028-12-31"),
                ),
            )

    def statements(self, count: int) -> list[Statement]:
        """What is said next."""
        said: list[Statement] = []
        while len(said) < count:
            while len(self._lives) < BATCHES_AT_ONCE:
                self._lives.append(self._life_of_a_batch())
            place = self.chance.randrange(BATCHES_AT_ONCE)
            one = next(self._lives[place], None)
            if one is None:
                del self._lives[place]
            else:
                said.append(one)
        return said

    def _life_of_a_batch(self) -> Iterator[Statement]:
        """Made, sold to a wholesaler, by him to two shops, and by each of them over the counter."""
        parties = list(self.signers)
        maker, wholesaler, *shops = self.chance.sample(parties, 4)
        name, category = self.chance.choice(_GOODS)
        self._serial += 1
        lot = f"L{self._serial:08}"
        body = f"0952000{self._serial % 10**6:06}"
        goods = GoodsId.parse(f"https://id.gs1.org/01/{body}{check_digit(body)}/10/{lot}")
        whole = self.chance.randrange(100, 900)
        yield self._says(
            maker,
            Batch(
                goods=goods,
                maker=maker,
                name=name,
                category=category,
                batch_number=BatchNumber.parse(lot),
                produced_on=self._day(),
                quantity=kg(whole),
            ),
        )
        yield from self._delivery(maker, wholesaler, goods, whole)
        for shop in shops:
            part = whole // 3
            yield from self._delivery(wholesaler, shop, goods, part)
            for _ in range(self.chance.randrange(1, 4)):
                yield self._says(shop, Sale(lines=(Line(goods=goods, quantity=kg(part // 10)),)))
        if self.chance.random() < 0.02:  # noqa: PLR2004  (one batch in fifty: more is sold than ever came)
            yield self._says(shops[0], Sale(lines=(Line(goods=goods, quantity=kg(whole)),)))

    def _delivery(self, giver: PartyId, taker: PartyId, goods: GoodsId, amount: int) -> Iterator[Statement]:
        """Sent, arrived, looked over and paid; one in thirty arrives short."""
        self._serial += 1
        slip = VoucherReference(voucher_kind="sales_slip", number=f"{self._serial:010}")
        sent = self._says(
            giver, Shipment(to=taker, voucher=slip, lines=(Line(goods=goods, quantity=kg(amount)),))
        )
        yield sent
        came = kg(amount - amount // 10 if self.chance.randrange(30) == 0 else amount)
        yield self._says(
            taker,
            Receipt(
                supplier=giver,
                shipment=sent.header.id,
                lines=(ReceivedLine(goods=goods, quantity=came, declared=kg(amount)),),
            ),
        )
        yield self._says(
            taker,
            SupplierCheck(
                supplier=giver,
                received_on=self._day(),
                conclusion="accept",
                voucher=slip,
                checks=(CheckedDocument(what="licence", result="in_order"),),
                lines=(Line(goods=goods, quantity=came),),
            ),
        )
        if self.chance.randrange(2):
            yield self._says(
                taker,
                Voucher(
                    voucher_kind="sales_slip",
                    seller=giver,
                    buyer=taker,
                    number=slip.number,
                    issued_on=self._day(),
                    total=f"{amount * 3}.00",
                    lines=(VoucherLine(name="货（演示）", goods=goods, quantity=kg(amount)),),
                ),
            )

    def _day(self) -> LegalDate:
        return Instant(self.clock.ms).date_in_shanghai()

    def _says(self, party: PartyId, said: Said) -> Statement:
        return sign_statement(
            said.to_items(),
            log=self.origin,
            statement_id=StatementId.new(self.clock.ms, self.chance.randbytes(10)),
            type_name=said.TYPE,
            issuer=party,
            occurred_at=Instant(self.clock.ms, 480),
            signers=[self.signers[party]],
            randomness=self.chance.randbytes,
        )


def kg(amount: int) -> Quantity:
    """Kilograms."""
    return Quantity.parse(f"{amount} KGM")


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took, in microseconds: by the clock on the wall, and of our own processor time."""

    wall: float
    cpu: float

    @classmethod
    def of(cls, work: Callable[[], object]) -> Self:
        """Do the work, and say what it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return cls((time.perf_counter() - wall) * 1e6, (time.process_time() - cpu) * 1e6)

    @classmethod
    async def awaited(cls, work: Awaitable[object]) -> Self:
        """The same within a loop that runs already: to start one costs as much as a request."""
        wall, cpu = time.perf_counter(), time.process_time()
        await work
        return cls((time.perf_counter() - wall) * 1e6, (time.process_time() - cpu) * 1e6)

    @classmethod
    def each(cls, costs: Iterable[Cost], count: int) -> Self:
        """What one of `count` took, when all together took these."""
        known = list(costs)
        return cls(sum(one.wall for one in known) / count, sum(one.cpu for one in known) / count)

    @classmethod
    def median(cls, costs: Iterable[Cost]) -> Self:
        """The middle one, of each clock by itself."""
        known = list(costs)
        return cls(statistics.median(one.wall for one in known), statistics.median(one.cpu for one in known))


@dataclass(frozen=True, slots=True)
class Round:
    """One round's costs: of a statement recorded, of its rows, of one signature checked, of one sync of the disk."""

    ours: Cost
    peer: Cost
    verify: Cost
    sync: Cost
    rows: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians at one size of the log."""

    size: int
    ours: Cost
    peer: Cost
    verify: Cost
    sync: Cost
    rows: float
    ratio: float
    ratio_cpu: float
    beside_first: float
    beside_first_cpu: float

    @classmethod
    def of(cls, size: int, rounds: Sequence[Round], first: Sequence[Round]) -> Self:
        """Each ratio is the median of the rounds' ratios: within one round the machine was equally busy for both."""
        return cls(
            size=size,
            ours=Cost.median(one.ours for one in rounds),
            peer=Cost.median(one.peer for one in rounds),
            verify=Cost.median(one.verify for one in rounds),
            sync=Cost.median(one.sync for one in rounds),
            rows=statistics.median(one.rows for one in rounds),
            ratio=statistics.median(one.peer.wall / one.ours.wall for one in rounds),
            ratio_cpu=statistics.median(one.peer.cpu / one.ours.cpu for one in rounds),
            beside_first=statistics.median(
                one.ours.wall / small.ours.wall for one, small in zip(rounds, first, strict=True)
            ),
            beside_first_cpu=statistics.median(
                one.ours.cpu / small.ours.cpu for one, small in zip(rounds, first, strict=True)
            ),
        )


@dataclass(slots=True)
class Bench:
    """Our ledger in one folder, and its peer beside it."""

    ledger: Ledger
    trade: Trade
    clock: Clock
    folder: Path
    ours: PoolProxiedConnection
    peer: PoolProxiedConnection

    def grow(self, size: int) -> None:
        """Record until the log has this size; what it costs is not measured."""
        while (left := size - self.ledger.size()) > 0:
            self.commit(self.trade.statements(min(left, STATEMENTS_A_COMMIT_GROWING)))
            if sys.stderr.isatty():
                print(f"\r{self.ledger.size():>9,} entries", end="", file=sys.stderr)

    def round(self) -> Round:
        """Ours and the peer's, commit by commit, and what the machine gives meanwhile."""
        ours, peer, rows = list[Cost](), list[Cost](), 0
        statements: list[Statement] = []
        for _ in range(COMMITS_A_ROUND):
            statements = self.trade.statements(STATEMENTS_A_COMMIT)
            size = self.ledger.size()
            ours.append(self.commit(statements))
            left = rows_since(self.ours, size, found_ms=self.clock.ms)
            peer.append(copy_rows(self.peer, left))
            rows += sum(map(len, left.values()))
        count = COMMITS_A_ROUND * STATEMENTS_A_COMMIT
        with self.ledger.book() as book:
            register = book.register
        checks = [
            Cost.of(lambda one=one: register.signed_by(one.envelope, at=register.size))  # type: ignore[misc]  # bound now
            for one in statements
        ]
        return Round(
            ours=Cost.each(ours, count),
            peer=Cost.each(peer, count),
            verify=Cost.each(checks, len(checks)),
            sync=one_sync(self.folder / "synced"),
            rows=rows / count,
        )

    def commit(self, statements: Sequence[Statement]) -> Cost:
        self.clock.ms += COMMIT_MS
        return Cost.of(lambda: self.ledger.recorder.record(statements))


def rows_since(ours: PoolProxiedConnection, size: int, *, found_ms: int) -> dict[str, list[_Row]]:
    """The rows that the commits left which began at this size; of the findings, those of the one that was made at `found_ms`."""
    where = {
        "heads": "true",
        "tiles": f"(level = 0 AND number >= {size >> 8}) OR (level = 1 AND number >= {size >> 16})",
        "checkpoints": f"size > {size}",
        "marks": f"by_seq >= {size}",
        "findings": f"since_ms = {found_ms}",
    }
    cursor, rows = ours.cursor(), dict[str, list[_Row]]()
    for table in (*BOUND, *DERIVED):
        cursor.execute(f"SELECT * FROM {table} WHERE {where.get(table, f'seq >= {size}')}")  # noqa: S608  (names of our own tables)
        rows[table] = list(cursor.fetchall())
    return rows


def copy_rows(peer: PoolProxiedConnection, rows: Mapping[str, Sequence[_Row]]) -> Cost:
    """One transaction of the peer. The head and the newest tile stand there already, as they do for us."""
    insertions = [
        (
            f"INSERT INTO {table} VALUES ({', '.join('?' * len(some[0]))}) {_STOOD.get(table, '')}",  # noqa: S608  (names of our own tables)
            some,
        )
        for table, some in rows.items()
        if some
    ]
    cursor = peer.cursor()

    def copy() -> None:
        cursor.execute("BEGIN IMMEDIATE")
        for insertion, some in insertions:
            cursor.executemany(insertion, some)
        cursor.execute("COMMIT")

    return Cost.of(copy)


def one_sync(path: Path) -> Cost:
    """One append of a page that waits for the disk."""

    def append() -> None:
        os.write(handle, bytes(4096))
        os.fdatasync(handle)

    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return Cost.median(Cost.of(append) for _ in range(20))
    finally:
        os.close(handle)


@contextmanager
def begun(folder: Path, *, guard: Path | None = None, parties: int = PARTIES) -> Iterator[Bench]:
    """A log whose parties are enrolled and have said who they are, and an empty peer. `guard`: the folder of the log's fork guard."""
    clock = Clock()
    vault = Vault.create_file(folder / "keys" / "bench.key")
    ledger = Ledger.create(
        f"sqlite:///{folder}/ours.db",
        host="bench.example",
        registrar_name="演示登记处（演示）",
        vault=vault,
        evidence=folder / "evidence",
        clock=clock,
        simulated=True,
        guard=guard,
    )
    peer = open_engine(f"sqlite:///{folder}/peer.db")
    create_tables(peer)
    with ledger:
        trade = Trade(ledger.origin, clock, parties)
        registrar = ledger.registrar
        ledger.recorder.record(
            [ledger.draft(registrar, key, also=[signer]) for key, signer in trade.enrolments()]
        )
        ledger.recorder.record(list(trade.sheets()))
        yield Bench(
            ledger=ledger,
            trade=trade,
            clock=clock,
            folder=folder,
            ours=ledger.engine.raw_connection(),
            peer=peer.raw_connection(),
        )
    peer.dispose()


def run(sizes: Sequence[int], folder: Path) -> list[Measured]:
    """Measure at each size of the log, smallest first."""
    places = [folder / "first", folder / "grown"]
    for place in places:
        place.mkdir()
    with begun(places[0]) as first, begun(places[1]) as grown:
        _ready(first, sizes[0])
        rounds = [first.round() for _ in range(ROUNDS)]
        found = [Measured.of(sizes[0], rounds, rounds)]
        for size in sizes[1:]:
            _ready(grown, size)
            first.round()
            pairs = [(first.round(), grown.round()) for _ in range(ROUNDS)]
            found.append(
                Measured.of(size, [large for _, large in pairs], first=[small for small, _ in pairs])
            )
    return found


def _ready(bench: Bench, size: int) -> None:
    bench.grow(size)
    bench.round()  # Both sides warm: statements prepared, pages read.
    settle()  # As the process does that serves.


def table(found: Sequence[Measured]) -> str:
    """The figures for a reader. Costs are microseconds of wall time, processor time in brackets."""

    def shown(cost: Cost) -> str:
        return f"{cost.wall:.0f} ({cost.cpu:.0f})"

    heads = ("entries", "recorded", "executemany", "ratio", "rows", "signature", "sync", "beside the first")
    lines = [
        (
            f"{one.size:,}",
            shown(one.ours),
            shown(one.peer),
            f"{one.ratio:.3f} ({one.ratio_cpu:.3f})",
            f"{one.rows:.1f}",
            shown(one.verify),
            shown(one.sync),
            f"{one.beside_first:.2f} ({one.beside_first_cpu:.2f})",
        )
        for one in found
    ]
    return columns([heads, *lines], right=True)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument(
        "--statements", type=int, default=FIRST_SIZE, help="measure again at this size of the log"
    )
    asked = parser.parse_args()
    sizes = [FIRST_SIZE]
    while sizes[-1] < asked.statements:
        sizes.append(min(sizes[-1] * 10, asked.statements))
    with tempfile.TemporaryDirectory() as folder:
        found = run(sizes, Path(folder))
    print("Microseconds a statement, by the wall clock (and of processor time); medians.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
