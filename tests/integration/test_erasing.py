"""What is erased is gone: from the rows, the free pages, the write-ahead log, the evidence, and every copy made afterwards."""

from __future__ import annotations

import random
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
import pytest
from sqlalchemy import text

from ledger.erasing import STATEMENTS_MAX, Outcome, Wanted, choose, erase
from ledger.errors import Conflict, Malformed, TooLarge, UnknownName
from ledger.exchange.export import export_log
from ledger.identifiers import GoodsId, LegalDate, PartyId, Sha256Hex, StatementId
from ledger.store import engine as engines
from ledger.store import erasing
from ledger.store.engine import open_engine, reading
from ledger.store.erasing import due_in
from ledger.views.book import about, party_key
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.registering import ErasedPlace, Erasure
from ledger.vocabulary.trade import SupplierCheck
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.second_verifier import verify_export
from tests.support.stores import APP_ROLE, KINDS, Kind, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from ledger.service import Ledger

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
NAME, PHONE, WHY = "王大田（演示）", "139-0000-4711", "儿子王小明住院，耽误了（演示）"
GROUND = "个人信息保护法 47"


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    kind: Kind = request.param
    return fresh_store(kind, tmp_path)


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with store.create() as ledger:
        yield ledger


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Ledger]:
    with fresh_store("sqlite", tmp_path).create() as ledger:
        yield ledger


def new_id(ledger: Ledger, number: int = 0) -> StatementId:
    return StatementId.new(ledger.clock(), number.to_bytes(10, "big"))


def farmer(ledger: Ledger, *, phone: str = PHONE, number: int = 0) -> tuple[PartyId, StatementId]:
    """A farmer whose name and telephone number stand in an item of their own."""
    party, said = trader(ledger), new_id(ledger, number)
    sheet = Party(party=party, party_kind="farmer", person_name=NAME, phone=phone)
    ledger.say(party, sheet, statement_id=said)
    return party, said


def licence(ledger: Ledger, party: PartyId, content: bytes, number: int = 7) -> tuple[StatementId, Sha256Hex]:
    """A licence with a copy of the paper."""
    said, digest = new_id(ledger, number), ledger.evidence.put(content)
    paper = Licence(
        holder=party, licence_kind="食品经营许可证", number=f"JY1320682000123{number}", evidence=digest
    )
    ledger.say(party, paper, statement_id=said)
    return said, digest


def late_check(ledger: Ledger, stall: PartyId, supplier: PartyId) -> StatementId:
    """A check that came late, with a reason that speaks of somebody's life."""
    said = new_id(ledger, 99)
    check = SupplierCheck(
        supplier=supplier,
        received_on=LegalDate.parse("2026-06-01"),
        conclusion="accept",
        late_reason=WHY,
        checked_by=NAME,
        lines=(Line(goods=LEEK, quantity=kg(5)),),
    )
    ledger.say(stall, check, statement_id=said)
    return said


def erase_one(ledger: Ledger, statement: StatementId, *kinds: str) -> Outcome:
    return erase(ledger, [Wanted(statement, kinds=kinds)], ground=GROUND)


def spellings(*texts: str) -> list[bytes]:
    """A text as it may lie in a file: in UTF-8, and in base64 at each of the three offsets."""
    found = []
    for one in texts:
        raw = one.encode()
        found.append(raw)
        for shift in range(3):
            whole = b64encode(bytes(shift) + raw)
            # The letters at both ends hold bits of the neighbours.
            found.append(whole[(shift * 8 + 5) // 6 : (shift + len(raw)) * 8 // 6])
    return found


def found_in(folder: Path, *texts: str) -> list[str]:
    """The files below a folder that hold any of these texts. Keys are drawn at random and are no text."""
    needles = spellings(*texts)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.name for path in files if any(needle in path.read_bytes() for needle in needles)]


def backed_up(url: str, into: Path) -> None:
    """A copy by SQLite's own backup, page by page."""
    into.parent.mkdir(parents=True, exist_ok=True)
    source, target = sqlite.connect(url.removeprefix("sqlite:///")), sqlite.connect(into)
    with source, target:
        source.backup(target)
    source.close()
    target.close()


def exported(ledger: Ledger, into: Path) -> Path:
    with reading(ledger.engine) as connection:
        export_log(connection, ledger.origin, into, vkey=str(ledger.vkey), everything=True)
    return into


# Gone


def test_erased_text_is_nowhere_and_everything_still_verifies(lite: Ledger, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/suyuan.db"
    party, said = farmer(lite)
    check = late_check(lite, trader(lite), party)
    paper, digest = licence(lite, party, "%PDF-1.7 王大田（演示）".encode())
    receipts = [lite.receipt(seq) for seq in range(1, lite.size())]
    before = found_in(tmp_path, NAME, PHONE, WHY)
    assert "suyuan.db-wal" in before
    assert str(digest) in before

    outcome = erase(
        lite,
        [
            Wanted(said, kinds=("contact",)),
            Wanted(check, kinds=("person", "documents")),
            Wanted(paper, kinds=("licence_file",)),
        ],
        ground=GROUND,
    )

    assert outcome.waiting == ()
    assert outcome.files_removed == (digest,)
    backed_up(url, tmp_path / "later" / "backup.db")
    folder = exported(lite, tmp_path / "later" / "export")
    assert found_in(tmp_path, NAME, PHONE, WHY, str(digest)) == []
    assert audited(lite).erased == 4
    for receipt in receipts:
        receipt.proof.verify(receipt.entry, [lite.vkey])
    report = verify_export(folder, str(lite.vkey), complete=True)
    assert (report.items_erased, report.items_withheld) == (4, 0)


def test_deleting_leaves_stale_copies_in_split_pages_and_rewriting_takes_them(tmp_path: Path) -> None:
    """Why VACUUM: when a page splits, SQLite leaves the cells that moved in the unused middle of the old page."""
    engine, rng = open_engine(f"sqlite:///{tmp_path}/pages.db"), random.Random(1)
    keys = [f"phone/{rng.randrange(10**11):011d}" + "x" * rng.randrange(300) for _ in range(2_000)]
    gone = [{"key": key} for key in rng.sample(keys, 1_000)]
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE pages (key TEXT PRIMARY KEY)"))
        connection.execute(text("INSERT INTO pages VALUES (:key)"), [{"key": key} for key in keys])
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM pages WHERE key = :key"), gone)

    def left() -> int:
        assert erasing._cut_wal(engine)
        raw = (tmp_path / "pages.db").read_bytes()
        return sum(one["key"][:17].encode() in raw for one in gone)

    assert left() > 0
    assert erasing._rewrite(engine)
    assert left() == 0
    engine.dispose()


@pytest.mark.parametrize(
    ("part", "planted"),
    [
        pytest.param("_cut_wal", lambda _engine: True, id="the write-ahead log is left"),
        pytest.param("finish", lambda *_, **__: [], id="nothing is done after the commit"),
    ],
)
def test_the_search_finds_what_a_careless_erasure_leaves(
    lite: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, planted: object
) -> None:
    """The planted fault: with one part left out the same search finds the text, so the tests above can fail."""
    from ledger import service  # noqa: PLC0415  (only to plant the fault)

    monkeypatch.setattr(service if part == "finish" else erasing, part, planted)
    _, said = farmer(lite)
    erase_one(lite, said, "contact")
    assert "suyuan.db-wal" in found_in(tmp_path, NAME, PHONE)


def test_without_secure_delete_and_rewriting_the_text_stays_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engines.PRAGMAS, "secure_delete", 0)
    monkeypatch.setattr(erasing, "_rewrite", lambda _engine: True)
    with fresh_store("sqlite", tmp_path).create() as ledger:
        _, said = farmer(ledger)
        with reading(ledger.engine) as connection:
            assert connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 0
        erase_one(ledger, said, "contact")
        assert "suyuan.db" in found_in(tmp_path, NAME, PHONE)


def test_a_finding_that_quotes_an_erased_item_is_judged_again_without_it(ledger: Ledger) -> None:
    """One telephone number of two declared suppliers is a lead that names the number."""
    stall, said = trader(ledger), list[StatementId]()
    for number, name in enumerate(("甲（演示）", "乙（演示）")):
        said.append(new_id(ledger, number))
        supplier = PartyId.new(b"supplier" + bytes([0, number]))
        sheet = Party(party=supplier, party_kind="company", name=name, phone=PHONE)
        ledger.say(stall, sheet, statement_id=said[-1])
    assert any(PHONE in str(one.as_json()) for one in ledger.findings())
    erase_one(ledger, said[0], "contact")
    erase_one(ledger, said[1], "contact")
    with reading(ledger.engine) as connection:
        for table in ("findings", "mentions"):
            rows = connection.execute(text(f"SELECT * FROM {table}")).all()  # noqa: S608  (our own names)
            assert not any(PHONE in str(row) or PHONE.encode() in bytes(str(row), "utf-8") for row in rows)
    audited(ledger)


# Evidence


def test_a_file_stays_while_another_record_names_it(ledger: Ledger) -> None:
    party = trader(ledger)
    first, digest = licence(ledger, party, b"%PDF-1.7 one paper", number=1)
    second, same = licence(ledger, party, b"%PDF-1.7 one paper", number=2)
    assert digest == same
    outcome = erase_one(ledger, first, "licence_file")
    assert (outcome.files_kept, outcome.files_removed) == ((digest,), ())
    assert ledger.evidence.get(digest) == b"%PDF-1.7 one paper"
    outcome = erase_one(ledger, second, "licence_file")
    assert (outcome.files_kept, outcome.files_removed) == ((), (digest,))
    with pytest.raises(UnknownName):
        ledger.evidence.get(digest)


def test_a_record_that_was_put_right_still_holds_its_file(ledger: Ledger) -> None:
    party = trader(ledger)
    first, digest = licence(ledger, party, b"%PDF-1.7 one paper", number=1)
    better = Licence(
        holder=party,
        licence_kind="食品经营许可证",
        number="JY13206820001239",
        evidence=digest,
        correction_reason="incorrect_data",
    )
    second = new_id(ledger, 2)
    ledger.say(party, better, corrects=first, statement_id=second)
    outcome = erase_one(ledger, second, "licence_file")
    assert outcome.files_kept == (digest,)
    assert [(one.statement, one.kinds) for one in outcome.elsewhere] == [(first, ("licence_file",))]
    assert erase_one(ledger, first, "licence_file").files_removed == (digest,)


def test_other_items_leave_the_file(ledger: Ledger) -> None:
    party = trader(ledger)
    said, digest = licence(ledger, party, b"%PDF-1.7 one paper")
    outcome = erase_one(ledger, said, "licence")
    # Without its sheet the record says nothing any more, and nobody could ask for the file.
    assert outcome.files_removed == outcome.files_kept == ()
    with pytest.raises(UnknownName):
        ledger.evidence.get(digest)


@pytest.mark.parametrize("again", ["reopened", "resumed"])
def test_a_crash_between_commit_and_removal_is_repaired(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    party = trader(ledger)
    said, digest = licence(ledger, party, b"%PDF-1.7 one paper")

    def crash(_digest: Sha256Hex) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(ledger.evidence, "remove", crash)
        outcome = erase_one(ledger, said, "licence_file")
    assert str(digest) in {one.name for one in outcome.waiting}
    assert ledger.evidence.get(digest) == b"%PDF-1.7 one paper"
    if again == "reopened":
        ledger.close()
        ledger = store.open()
    else:
        ledger.finish_erasures()
    with pytest.raises(UnknownName):
        ledger.evidence.get(digest)
    with reading(ledger.engine) as connection:
        assert not any(one.what == "evidence" for one in due_in(connection, ledger.origin))
    ledger.close()


def test_a_server_that_died_right_after_the_commit_finishes_when_it_is_started(
    lite: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, digest = licence(lite, farmer(lite)[0], "%PDF-1.7 王大田（演示）".encode())
    with monkeypatch.context() as patched:
        patched.setattr("ledger.service.finish", lambda *_, **__: [])
        erase_one(lite, said, "licence_file")
        lite.close()
    assert str(digest) in found_in(tmp_path, NAME)
    fresh_store("sqlite", tmp_path).open().close()
    assert found_in(tmp_path, str(digest)) == []
    assert str(digest) not in found_in(tmp_path, NAME)


def test_a_file_that_was_named_again_before_it_was_removed_stays(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = trader(ledger)
    said, digest = licence(ledger, party, b"%PDF-1.7 one paper", number=1)

    def crash(_digest: Sha256Hex) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(ledger.evidence, "remove", crash)
        erase_one(ledger, said, "licence_file")
    licence(ledger, party, b"%PDF-1.7 one paper", number=2)
    ledger.finish_erasures()
    assert ledger.evidence.get(digest) == b"%PDF-1.7 one paper"


# Readers and the write-ahead log


def test_a_reader_holds_the_log_only_until_the_next_commit(
    lite: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "READERS_WAIT_MS", 1)
    party, said = farmer(lite)
    with lite.engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM entries").scalar_one()
        outcome = erase_one(lite, said, "contact")
        assert {one.what for one in outcome.waiting} == {"wal"}
        assert "suyuan.db-wal" in found_in(tmp_path, PHONE)
    # The reader is gone; whoever records next takes it along.
    farmer(lite, phone="139-0000-0000", number=3)
    assert lite.finish_erasures() == []
    assert found_in(tmp_path, PHONE) == []
    with lite.book() as book:
        assert about(book, party_key(party))


# What may be named


def test_places_kinds_or_the_whole_and_one_of_the_three(ledger: Ledger) -> None:
    _, said = farmer(ledger)
    for wanted in (
        Wanted(said),
        Wanted(said, whole=True, kinds=("contact",)),
        Wanted(said, places=(1,), kinds=("contact",)),
        Wanted(said, places=(2,)),
        Wanted(said, kinds=("reporter",)),
    ):
        with pytest.raises(Malformed):
            choose(ledger, [wanted])
    chosen = [
        choose(ledger, [one])[0][0].places
        for one in (
            Wanted(said, places=(1,)),
            Wanted(said, kinds=("contact",)),
            Wanted(said, whole=True),
        )
    ]
    assert chosen == [{1: "contact"}, {1: "contact"}, {0: "party", 1: "contact"}]


def test_what_is_gone_cannot_be_erased_again_and_what_is_left_can(ledger: Ledger) -> None:
    _, said = farmer(ledger)
    erase_one(ledger, said, "contact")
    with pytest.raises(Malformed, match="places still there: 0"):
        choose(ledger, [Wanted(said, places=(1,))])
    (left,), _ = choose(ledger, [Wanted(said, whole=True)])
    assert left.places == {0: "party"}
    erase(ledger, [Wanted(said, whole=True)], ground=GROUND)
    with pytest.raises(Malformed):
        choose(ledger, [Wanted(said, whole=True)])
    assert audited(ledger).erased == 2


def test_register_statements_and_corrections_are_not_erased(ledger: Ledger) -> None:
    party = trader(ledger)
    wrong, undone = new_id(ledger, 1), new_id(ledger, 2)
    ledger.say(party, Party(party=party, party_kind="company", name="（演示）"), statement_id=wrong)
    ledger.say(party, Correction(correction_reason="did_not_occur"), corrects=wrong, statement_id=undone)
    genesis = ledger.stored(0).header.id
    for said in (genesis, undone):
        with pytest.raises(Malformed):
            choose(ledger, [Wanted(said, whole=True)])


def test_a_record_is_named_once_and_must_be_there(ledger: Ledger) -> None:
    _, said = farmer(ledger)
    one = Wanted(said, kinds=("contact",))
    with pytest.raises(Malformed, match="each record once"):
        choose(ledger, [one, one])
    with pytest.raises(UnknownName, match=r"erase\[0\]\.statement"):
        choose(ledger, [Wanted(new_id(ledger, 8), whole=True)])
    for wanted in ([], [one] * (STATEMENTS_MAX + 1)):
        with pytest.raises(TooLarge):
            choose(ledger, wanted)


def test_sent_twice_it_is_recorded_once_and_something_else_is_a_conflict(ledger: Ledger) -> None:
    _, said = farmer(ledger)
    name, size = new_id(ledger, 5), ledger.size()
    wanted = [Wanted(said, kinds=("contact",))]
    first = erase(ledger, wanted, ground=GROUND, statement_id=name)
    again = erase(ledger, wanted, ground=GROUND, statement_id=name)
    assert (first.placed.again, again.placed.again, ledger.size()) == (False, True, size + 1)
    assert [one.place for one in again.removed] == [one.place for one in first.removed]
    with pytest.raises(Conflict):
        erase(ledger, wanted, ground="另一条法律", statement_id=name)


# Copies


def test_earlier_copies_that_hold_it_are_listed_and_others_are_not(ledger: Ledger, store: Store) -> None:
    _, said = farmer(ledger)
    with ledger.book() as book:
        seq = book.position(said)
    assert seq is not None
    whole = ledger.copies.remember("log", to_whom="审计师（演示）", places=None, size=ledger.size())
    ledger.copies.made(whole, digest="ab" * 32)
    ledger.copies.remember("log", to_whom="公众", places={}, size=ledger.size())
    ledger.copies.remember("log", to_whom="从前", places=None, size=seq)
    ledger.copies.remember("disclosure", to_whom="买方", places={seq: [0]})
    shown = ledger.copies.remember("disclosure", to_whom="市监局", places={seq: [0, 1], seq - 1: [0]})
    store.clock.forward()
    outcome = erase_one(ledger, said, "contact")
    assert [(one.name, one.to_whom, one.digest) for one in outcome.copies] == sorted(
        [(whole, "审计师（演示）", "ab" * 32), (shown, "市监局", "")]
    )
    store.clock.forward()
    ledger.copies.remember("log", to_whom="以后", places=None, size=ledger.size())
    later = erase(ledger, [Wanted(said, whole=True)], ground=GROUND)
    assert {one.to_whom for one in later.copies} == {"审计师（演示）", "公众", "买方", "市监局", "以后"} - {
        "公众"
    }


def test_an_export_says_what_it_is(lite: Ledger, tmp_path: Path) -> None:
    with reading(lite.engine) as connection:
        one = export_log(connection, lite.origin, tmp_path / "a", vkey=str(lite.vkey))
        two = export_log(connection, lite.origin, tmp_path / "b", vkey=str(lite.vkey))
    assert one == two
    files = sorted(path for path in (tmp_path / "a").rglob("*") if path.is_file())
    listed = sorted(
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(tmp_path / 'a').as_posix()}\n"
        for path in files
    )
    listed.sort(key=lambda line: line[66:])
    assert one.digest == sha256("".join(listed).encode()).hexdigest()


# PostgreSQL


def relation_bytes(owner: Engine) -> bytes:
    """What PostgreSQL's files hold of the tables that an erasure touches, with what overflowed into their TOAST tables."""
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        folder = Path(str(connection.execute(text("SHOW data_directory")).scalar_one()))
        names = [
            connection.execute(text(f"SELECT pg_relation_filepath({of})")).scalar_one()
            for table in erasing.REWRITTEN
            for of in (
                f"'{table}'",
                f"(SELECT NULLIF(reltoastrelid, 0) FROM pg_class WHERE oid = '{table}'::regclass)",  # noqa: S608  (our own names)
            )
        ]
        names += connection.execute(
            text(
                "SELECT pg_relation_filepath(indexrelid) FROM pg_index WHERE indrelid = 'mentions'::regclass"
            )
        ).scalars()
    return b"".join((folder / str(name)).read_bytes() for name in names if name is not None)


@pytest.mark.postgres
def test_the_tables_owner_writes_them_anew_where_the_application_may_not(tmp_path: Path) -> None:
    store = fresh_store("postgresql", tmp_path)
    owner = open_engine(store.url.replace(APP_ROLE, "postgres"))
    with store.create() as ledger:
        _, said = farmer(ledger)
        outcome = erase_one(ledger, said, "contact")
        assert [one.what for one in outcome.waiting] == ["pages"]
        needles = spellings(NAME, PHONE)
        assert any(needle in relation_bytes(owner) for needle in needles)
        assert erasing.finish(owner, ledger.origin, remove=lambda _digest: None) == []
        assert not any(needle in relation_bytes(owner) for needle in needles)
        assert ledger.finish_erasures() == []
        audited(ledger)
    owner.dispose()


def test_an_erasure_signed_elsewhere_is_finished_as_well(lite: Ledger, tmp_path: Path) -> None:
    party, said = farmer(lite)
    gone = ErasedPlace(issuer=party, statement=said, places=(1,))
    lite.record([lite.draft(lite.registrar, Erasure(ground=GROUND, erased=(gone,)))])
    assert found_in(tmp_path, NAME, PHONE) == []


def test_a_file_that_cannot_be_written_anew_now_is_written_later(
    lite: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, said = farmer(lite)

    def full(_engine: Engine) -> bool:
        raise sqlite.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "_rewrite", full)
        outcome = erase_one(lite, said, "contact")
    assert {one.what for one in outcome.waiting} == {"pages", "wal"}
    assert lite.finish_erasures() == []
    assert found_in(tmp_path, NAME, PHONE) == []
    audited(lite)
