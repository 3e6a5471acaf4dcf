"""One changed bit anywhere in the database.

The columns are read from the database itself and compared with `columns.toml`, which says what guards each. Flips go to random rows and
bits of every column; the audit must find each one in a bound or derived column, and the second verifier each one in a bound column.
"""

from __future__ import annotations

import random
import shutil
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
import pytest
from sqlalchemy import func, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel

from ledger import audit as auditing
from ledger import checks
from ledger.audit import AuditFailed, audit
from ledger.errors import LedgerFault, Refusal
from ledger.exchange.export import export_log
from ledger.identifiers import GoodsId, Instant, LegalDate, StatementId
from ledger.log.note import NoteVerifier
from ledger.store.engine import open_engine, reading, writing
from ledger.store.erasing import note_removals
from ledger.store.tables import MUTABLE
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import ErasedPlace, Erasure
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import kg
from tests.support.second_verifier import Bad, verify_export
from tests.support.soak import soak_seeds
from tests.support.stores import fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from ledger.service import Ledger

FLIPS_A_COLUMN = 50
FLIPS_A_SEED = 100
LOCATED_MIN = 0.99
#: Each row is one entry's. What the others hold is of many entries, or of none.
OF_ONE_ENTRY = ("entries", "envelopes", "items")
LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
CLASSES: dict[str, dict[str, str]] = tomllib.loads(
    (Path(__file__).parent / "columns.toml").read_text("utf-8")
)
COLUMNS = [(table, column, guard) for table, columns in CLASSES.items() for column, guard in columns.items()]


def story(ledger: Ledger, clock: object) -> None:
    """A few records of every sort: trade, a back-dated check (a finding), a correction, an erasure, an API key, a copy handed out."""
    farm, stall = trader(ledger), trader(ledger)
    ledger.say(farm, Batch(goods=LEEK, maker=farm, name="韭菜", category="farm_produce", quantity=kg(100)))
    wrong = StatementId.new(ledger.clock(), bytes(10))
    ledger.say(farm, Shipment(to=stall, lines=(Line(goods=LEEK, quantity=kg(600)),)), statement_id=wrong)
    right = Shipment(to=stall, lines=(Line(goods=LEEK, quantity=kg(60)),), correction_reason="incorrect_data")
    ledger.say(farm, right, corrects=wrong)
    ledger.say(
        stall, Receipt(supplier=farm, lines=(ReceivedLine(goods=LEEK, quantity=kg(58), declared=kg(60)),))
    )
    day = Instant(ledger.clock() - 40 * 86_400_000).date_in_shanghai()
    check = SupplierCheck(
        supplier=farm,
        received_on=LegalDate.parse(str(day)),
        conclusion="accept",
        checked_by="王某（演示）",
        lines=(Line(goods=LEEK, quantity=kg(58)),),
    )
    ledger.say(stall, check, occurred_at=Instant(ledger.clock() - 40 * 86_400_000))
    person = Party(party=stall, party_kind="farmer", person_name="王大田（演示）", phone="139-0000-4711")
    said = StatementId.new(ledger.clock() + 1, bytes(10))
    ledger.say(stall, person, statement_id=said)
    gone = ErasedPlace(issuer=stall, statement=said, places=(1,))
    ledger.say(ledger.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
    ledger.give_access_key(stall, label="test")
    copy = ledger.copies.remember("log", to_whom="审计师（演示）", places=None, size=ledger.size())
    ledger.copies.made(copy, digest="ab" * 32)
    # A file that could not be removed yet.
    with writing(ledger.engine) as connection:
        note_removals(connection, ledger.origin, by_seq=ledger.size() - 1, keys=[f"evidence/{'cd' * 32}"])
        _one_row_each(connection, ledger.origin)


def _one_row_each(connection: Connection, origin: str) -> None:
    """A row in every table of how the server runs that the story left empty, in whole or in part: the audit must not mind what stands there."""
    for name in MUTABLE:
        table = SQLModel.metadata.tables[name]
        if any(
            connection.execute(select(one).where(func.length(one) > 0).limit(1)).first() is None
            for one in table.columns
        ):
            kinds: dict[type, object] = {str: "some", int: 7, bytes: b"some"}
            row = {one.name: kinds[one.type.python_type] for one in table.columns}
            connection.execute(insert(table), row | {"log_id": origin})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, str, str]]:
    """An engine on a copy without guards, the log's origin, and its public key as text."""
    folder = tmp_path_factory.mktemp("flips")
    with fresh_store("sqlite", folder).create() as ledger:
        story(ledger, None)
        origin, vkey = ledger.origin, str(ledger.vkey)
    copy = folder / "copy.db"
    source, target = sqlite.connect(folder / "suyuan.db"), sqlite.connect(copy)
    with source, target:
        source.backup(target)
        for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            target.execute(f"DROP TRIGGER {name}")
    source.close()
    target.close()
    engine = open_engine(f"sqlite:///{copy}")
    yield engine, origin, vkey
    engine.dispose()


def test_every_column_of_the_database_is_classed(database: tuple[Engine, str, str]) -> None:
    found = {
        table: {c["name"] for c in inspect(database[0]).get_columns(table)}
        for table in inspect(database[0]).get_table_names()
    }
    assert found == {table: set(columns) for table, columns in CLASSES.items()}
    assert {guard for _, _, guard in COLUMNS} == {"bound", "derived", "mutable"}


def flipped(value: object, rng: random.Random) -> object:
    """The same value with one bit changed."""
    if isinstance(value, int):
        return value ^ (1 << rng.randrange(40))
    raw = bytearray(value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b"")
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


@dataclass(frozen=True, slots=True)
class Flip:
    """One changed bit, and the entry whose row it is in, where the row is an entry's."""

    table: str
    column: str
    entry: int | None
    change: str

    def located_by(self, found: AuditFailed) -> bool:
        """Whether the audit points at the entry; or at the table, of what is not one entry's."""
        if self.entry is None:
            return found.table == self.table
        return found.entry == self.entry


def flip(connection: Connection, table: str, column: str, rng: random.Random) -> Flip | None:
    """Change one bit of one row; says where. None when the database itself refuses the value."""
    rows = connection.exec_driver_sql(
        f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL AND length({column}) > 0"  # noqa: S608  (our own names)
    ).fetchall()
    rowid, value = rng.choice(rows)
    entry: int | None = None
    if table in OF_ONE_ENTRY:
        found = connection.exec_driver_sql(f"SELECT seq FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608  (our own names)
        entry = int(found.scalar_one())
    new = flipped(value, rng)
    written = "CAST(? AS TEXT)" if isinstance(value, str) else "?"
    try:
        connection.exec_driver_sql(f"UPDATE {table} SET {column} = {written} WHERE rowid = ?", (new, rowid))  # noqa: S608  (our own names)
    except SQLAlchemyError:
        return None
    return Flip(table, column, entry, f"{table}.{column} row {rowid}: {value!r} -> {new!r}")


def audit_finds(connection: Connection, vkey: str) -> AuditFailed | None:
    key = NoteVerifier.parse(vkey)
    try:
        audit(connection, key)
    except AuditFailed as failed:
        return failed
    return None


def second_verifier_finds(connection: Connection, origin: str, vkey: str, folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        export_log(connection, origin, folder, vkey=vkey, everything=True)
    except (Refusal, LedgerFault, SQLAlchemyError, ValueError, IndexError):
        return True  # What cannot be read back cannot be shown to anyone.
    try:
        verify_export(folder, vkey)
    except Bad:
        return True
    return False


def test_the_untouched_database_passes_both(database: tuple[Engine, str, str], tmp_path: Path) -> None:
    engine, origin, vkey = database
    with reading(engine) as connection:
        assert not audit_finds(connection, vkey)
        assert not second_verifier_finds(connection, origin, vkey, tmp_path / "out")


@pytest.mark.parametrize(
    ("table", "column", "guard"), [pytest.param(*row, id=f"{row[0]}.{row[1]}") for row in COLUMNS]
)
def test_one_changed_bit_is_found(
    database: tuple[Engine, str, str], tmp_path: Path, table: str, column: str, guard: str
) -> None:
    engine, origin, vkey = database
    rng = random.Random(f"{table}.{column}")
    tried = Counter[str]()
    for _ in range(FLIPS_A_COLUMN):
        with engine.connect() as connection:
            where = flip(connection, table, column, rng)
            if where is None:
                tried["refused by the database"] += 1
            elif guard == "mutable":
                tried["tried"] += 1
            else:
                tried["tried"] += 1
                assert audit_finds(connection, vkey), where
                if guard == "bound":
                    assert second_verifier_finds(connection, origin, vkey, tmp_path / "out"), where
            connection.rollback()
    assert tried.total() == FLIPS_A_COLUMN


@pytest.mark.soak
def test_ten_thousand_flips_are_found_and_nearly_all_at_their_entry(
    database: tuple[Engine, str, str],
) -> None:
    engine, _, vkey = database
    guarded = [(table, column) for table, column, guard in COLUMNS if guard != "mutable"]
    tried, missed = 0, list[Flip]()
    for seed in soak_seeds("flips", 10_000 // FLIPS_A_SEED):
        rng, done = random.Random(seed), 0
        while done < FLIPS_A_SEED:
            with engine.connect() as connection:
                if (where := flip(connection, *rng.choice(guarded), rng)) is not None:
                    failed = audit_finds(connection, vkey)
                    assert failed is not None, where
                    done += 1
                    if not where.located_by(failed):
                        missed.append(where)
                connection.rollback()
        tried += done
    assert len(missed) <= (1 - LOCATED_MIN) * tried, Counter((one.table, one.column) for one in missed)


def test_at_least_two_thousand_flips_are_tried() -> None:
    assert FLIPS_A_COLUMN * len(COLUMNS) >= 2000


@pytest.mark.parametrize(
    ("check", "table", "column"),
    [
        ("_check_items", "items", "opened"),
        ("_check_tiles", "tiles", "hashes"),
        ("_check_head", "heads", "root"),
        ("_check_views", "mentions", "key"),
        ("_check_checkpoints", "checkpoints", "note"),
    ],
)
def test_an_audit_that_leaves_out_a_check_misses_flips(
    database: tuple[Engine, str, str], monkeypatch: pytest.MonkeyPatch, check: str, table: str, column: str
) -> None:
    """The planted fault: without the check the same flips go unseen, so the test above can fail."""
    engine, _, vkey = database
    rng, missed = random.Random(7), 0
    if check == "_check_items":
        monkeypatch.setattr(checks, "check_commitment", lambda *_, **__: None)
    else:
        nothing = (0, b"") if check == "_check_checkpoints" else 0
        monkeypatch.setattr(auditing, check, lambda *_: nothing)
    for _ in range(20):
        with engine.connect() as connection:
            if flip(connection, table, column, rng) is not None:
                missed += not audit_finds(connection, vkey)
            connection.rollback()
    assert missed > 0
