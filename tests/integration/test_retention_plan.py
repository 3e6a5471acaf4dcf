"""Personal data whose time is over goes by a plan that somebody read, and by no other way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from ledger.canonical import canonical, read_object
from ledger.errors import Refusal
from ledger.identifiers import GoodsId, Instant, LegalDate, PartyId, StatementId
from ledger.keys import Vault
from ledger.log.entry import NO_ENTRY_BEFORE
from ledger.retention_plan import GROUND, Plan, Planned, PlanStale, apply, report, today
from ledger.service import Ledger
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import Erasure
from ledger.vocabulary.trade import SupplierCheck
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.stores import FakeClock, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEEK = GoodsId.parse("urn:demo:leek")
BEGIN = Instant.parse("2026-08-31T08:00:00+08:00").ms
LAST_DAY, DAY_AFTER = LegalDate.parse("2027-02-28"), LegalDate.parse("2027-03-01")
NAME = "王大田（演示）"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return replace(fresh_store("sqlite", tmp_path), clock=FakeClock(BEGIN))


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with store.create() as ledger:
        yield ledger


@pytest.fixture
def stall(ledger: Ledger) -> PartyId:
    """A stall that bought leeks on 31 August 2026, and named who checked them."""
    stall, farmer = trader(ledger), PartyId.new(b"a farmer..")
    said = (
        Party(party=farmer, party_kind="farmer", person_name="李小麦（演示）", phone="139-0000-4711"),
        Batch(goods=LEEK, maker=farmer, name="韭菜", category="farm_produce"),
        check(farmer),
    )
    for one in said:
        ledger.say(stall, one)
    return stall


def check(farmer: PartyId, **fields: object) -> SupplierCheck:
    body: dict[str, object] = {
        "supplier": farmer,
        "received_on": "2026-08-31",
        "conclusion": "accept",
        "checked_by": NAME,
        "lines": (Line(goods=LEEK, quantity=kg(5)),),
        **fields,
    }
    return SupplierCheck.model_validate(body)


def at(store: Store, day: LegalDate, clock: str = "00:00") -> None:
    """Move the log's clock to a day in China."""
    store.clock.ms = Instant.parse(f"{day}T{clock}:00+08:00").ms


def planned(ledger: Ledger) -> bytes:
    return Plan.of(report(ledger)).to_bytes()


def sizes(raw: bytes) -> list[tuple[object, object]]:
    """The kinds and last days of a plan."""
    erase = read_object(raw)["erase"]
    assert isinstance(erase, list)
    return [([item["kind"] for item in one["items"]], one["kept_until"]) for one in erase]


def test_on_the_last_day_nothing_is_planned_and_on_the_next_the_person_is(
    ledger: Ledger, store: Store, stall: PartyId
) -> None:
    at(store, LAST_DAY, "23:59")
    assert today(ledger) == LAST_DAY
    assert sizes(planned(ledger)) == []
    at(store, DAY_AFTER)
    # The farmer's sheet rests on the batch, which is kept as a record of growing; the name of who checked has no more time.
    assert sizes(planned(ledger)) == [(["person"], "2027-02-28")]


def test_what_a_plan_says_is_erased_and_what_the_record_says_of_goods_stays(
    ledger: Ledger, store: Store, stall: PartyId, tmp_path: Path
) -> None:
    at(store, DAY_AFTER)
    (outcome,) = apply(ledger, planned(ledger))
    assert outcome.said.ground == GROUND
    assert [tuple(one.places.values()) for one in outcome.removed] == [("person",)]
    with ledger.book() as book:
        said = book.records([outcome.removed[0].seq])[outcome.removed[0].seq].said
    assert isinstance(said, SupplierCheck)
    assert (said.checked_by, said.lines[0].goods) == (None, LEEK)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("suyuan.db*"))
    assert NAME.encode() not in raw
    assert audited(ledger).erased == 1
    assert sizes(planned(ledger)) == []


def test_a_report_and_a_plan_remove_nothing(ledger: Ledger, store: Store, stall: PartyId) -> None:
    at(store, DAY_AFTER)
    size = ledger.size()
    found = report(ledger)
    assert (len(found.lines), len(found.may_go)) == (size, 1)
    Plan.of(found)
    assert ledger.size() == size
    assert audited(ledger).erased == 0


def test_a_plan_for_a_day_that_has_not_come_can_be_read_and_not_carried_out(
    ledger: Ledger, store: Store, stall: PartyId
) -> None:
    at(store, LAST_DAY)
    early = Plan.of(report(ledger, DAY_AFTER)).to_bytes()
    assert sizes(early) == [(["person"], "2027-02-28")]
    with pytest.raises(PlanStale, match="at most 2027-02-28"):
        apply(ledger, early)
    at(store, DAY_AFTER)
    assert apply(ledger, early)


def test_a_plan_no_longer_holds_once_anything_was_recorded(
    ledger: Ledger, store: Store, stall: PartyId
) -> None:
    at(store, DAY_AFTER)
    raw = planned(ledger)
    ledger.say(stall, Hold(action="hold", goods=(LEEK,), at=stall))
    with pytest.raises(PlanStale, match=r"plan\.size"):
        apply(ledger, raw)
    assert sizes(planned(ledger)) == []
    assert audited(ledger).erased == 0


def test_a_plan_is_carried_out_once(ledger: Ledger, store: Store, stall: PartyId) -> None:
    at(store, DAY_AFTER)
    raw = planned(ledger)
    apply(ledger, raw)
    with pytest.raises(PlanStale, match=r"plan\.size"):
        apply(ledger, raw)


def test_a_plan_that_somebody_edited_is_refused_whatever_its_digest(
    ledger: Ledger, store: Store, stall: PartyId
) -> None:
    at(store, DAY_AFTER)
    plan = Plan.of(report(ledger))
    party = next(one for one in report(ledger).lines if one.personal == {1: "contact"})
    assert party.kept.until is not None
    more = Planned(party.kept.seq, party.issuer, party.statement, party.personal, LAST_DAY, "食品安全法 65")
    earlier = replace(plan.lines[0], until=LegalDate.parse("2027-01-01"))
    for lie in (
        replace(plan, lines=(more, *plan.lines)),
        replace(plan, lines=(more,)),
        replace(plan, lines=()),
        replace(plan, lines=(earlier,)),
        replace(plan, on=LAST_DAY),
        replace(plan, origin="log.example/other"),
        replace(plan, size=plan.size - 1),
    ):
        with pytest.raises(PlanStale):
            apply(ledger, lie.to_bytes())
    body = dict(read_object(plan.to_bytes()))
    with pytest.raises(PlanStale, match=r"plan\.digest"):
        apply(ledger, canonical({**body, "digest": NO_ENTRY_BEFORE.hex()}))
    assert audited(ledger).erased == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b'{"kind":"suyuan/retention-plan/v1","v":1}',
        b'{"as_of":"2027-02-30","kind":"suyuan/retention-plan/v1","v":1}',
        b'{"as_of":"2027-03-01","kind":"suyuan/retention-plan/v2","v":1}',
        b'{ "as_of":"2027-03-01","kind":"suyuan/retention-plan/v1","v":1}',
    ],
)
def test_what_is_no_plan_is_refused_by_name(ledger: Ledger, raw: bytes) -> None:
    with pytest.raises(Refusal):
        apply(ledger, raw)


def test_what_was_erased_before_its_time_is_not_planned_again(
    ledger: Ledger, store: Store, stall: PartyId
) -> None:
    at(store, DAY_AFTER)
    apply(ledger, planned(ledger))
    found = report(ledger)
    assert [one.personal for one in found.may_go] == [{}]
    assert apply(ledger, Plan.of(found).to_bytes()) == []


def test_more_records_than_one_erasure_names_go_in_several_at_once(
    ledger: Ledger, store: Store, stall: PartyId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.retention_plan.STATEMENTS_MAX", 2)
    farmer = PartyId.new(b"a farmer..")
    ledger.say(stall, *(check(farmer, received_on=f"2026-08-0{day}") for day in range(1, 5)))
    at(store, DAY_AFTER)
    size = ledger.size()
    outcomes = apply(ledger, planned(ledger))
    assert [len(one.removed) for one in outcomes] == [2, 2, 1]
    assert [one.placed.seq for one in outcomes] == [size, size + 1, size + 2]
    assert all(isinstance(one.said, Erasure) for one in outcomes)
    assert audited(ledger).erased == 5


# The command


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real ledger in a data folder, with one check that is long past its time."""
    folder = tmp_path / "data"
    folder.mkdir()
    key = tmp_path / "keys" / "data.key"
    long_ago = FakeClock(Instant.parse("2020-08-31T08:00:00+08:00").ms)
    with Ledger.create(
        f"sqlite:///{folder / 'suyuan.db'}",
        host="log.example",
        registrar_name="登记处（演示）",
        vault=Vault.create_file(key),
        evidence=folder / "evidence",
        clock=long_ago,
    ) as ledger:
        stall, farmer = trader(ledger), PartyId.new(b"a farmer..")
        ledger.say(stall, Batch(goods=LEEK, maker=farmer, name="韭菜", category="farm_produce"))
        name = StatementId.new(long_ago(), bytes(10))
        ledger.say(stall, check(farmer, received_on="2020-08-31"), statement_id=name)
    for setting, value in (("DATA", folder), ("KEY_FILE", key)):
        monkeypatch.setenv(f"SUYUAN_{setting}", str(value))
    for setting in ("PORT", "SUYUAN_BASE_URL", "SUYUAN_DATABASE_URL", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    return folder


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(words)
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_command_reports_plans_and_applies(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said, _ = call(capsys, "retention", "report")
    assert (status, "2021-02-28 食品安全法 65 (personal: person)" in said) == (0, True)
    status, said, _ = call(capsys, "retention", "report", "--json", "--as-of", "2021-02-28")
    records = read_object(said.encode())["records"]
    assert isinstance(records, list)
    assert [one["may_go"] for one in records] == [False] * 4
    plan = data / "plan.json"
    status, said, _ = call(capsys, "retention", "apply", "--dry-run", "-o", str(plan))
    assert (status, "1 personal items of 1 records" in said) == (0, True)
    status, said, _ = call(capsys, "retention", "apply", "--plan", str(plan))
    assert (status, "entry 4: 1 items of 1 records erased" in said) == (0, True)
    status, _, complaint = call(capsys, "retention", "apply", "--plan", str(plan))
    assert (status, "no longer holds" in complaint) == (2, True)
    assert call(capsys, "retention", "apply", "--dry-run", "-o", str(plan))[0] == 2
    later = data / "later.json"
    call(capsys, "retention", "apply", "--dry-run", "-o", str(later))
    status, said, _ = call(capsys, "retention", "apply", "--plan", str(later))
    assert (status, said) == (0, "no personal data is past its time\n")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("forget",),
        ("apply",),
        ("apply", "--dry-run"),
        ("apply", "--dry-run", "--plan", "x"),
        ("apply", "--plan", "/nowhere.json"),
        ("apply", "--plan", "x", "--as-of", "2027-01-01"),
        ("report", "--as-of", "2027-02-29"),
    ],
)
def test_a_call_that_is_wrong_gets_one_line(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    status, said, complaint = call(capsys, "retention", *words)
    assert (status, said, complaint.count("\n")) == (2, "", 1)


def test_erase_from_the_command_line(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    name = str(StatementId.new(Instant.parse("2020-08-31T08:00:00+08:00").ms, bytes(10)))
    whole = tmp_path / "whole"
    assert call(capsys, "export", str(whole), "--everything", "--to", "auditor (demo)")[0] == 0
    for wrong in (
        (),
        (name,),
        (name, "--ground", "x", "--kind", "person", "--whole"),
        (name, "--ground", "x"),
        (name, "--ground", "x", "--kind", "reporter"),
        (name, "--resume"),
        ("01980000-0000-7000-8000-000000000000", "--ground", "x", "--whole"),
    ):
        status, said, complaint = call(capsys, "erase", *wrong)
        assert (status, said, complaint.count("\n")) == (2, "", 1), wrong
    status, said, _ = call(capsys, "erase", name, "--ground", "个人信息保护法 47", "--kind", "person")
    assert status == 0
    assert "1 items erased" in said
    assert "to auditor (demo)" in said
    assert not any(NAME.encode() in path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert call(capsys, "erase", "--resume")[:2] == (0, "nothing is left to remove\n")
    shown = tmp_path / "shown.json"
    assert call(capsys, "disclose", name, "-o", str(shown), "--to", "court (demo)", "--item", "line")[0] == 0
    status, said, _ = call(capsys, "erase", name, "--ground", "个人信息保护法 47", "--kind", "line")
    assert ("to court (demo)" in said, "disclosure" in said) == (True, True)


def test_an_erasure_that_is_not_finished_says_what_is_left_and_resumes(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = str(StatementId.new(Instant.parse("2020-08-31T08:00:00+08:00").ms, bytes(10)))
    with monkeypatch.context() as patched:
        patched.setattr("ledger.store.erasing._rewrite", lambda _engine: False)
        status, said, _ = call(capsys, "erase", name, "--ground", "个人信息保护法 47", "--kind", "person")
        assert (status, "the database is not written anew yet" in said) == (1, True)
        assert call(capsys, "erase", "--resume")[0] == 1
    assert call(capsys, "erase", "--resume")[:2] == (0, "nothing is left to remove\n")
    assert not any(NAME.encode() in path.read_bytes() for path in data.rglob("*") if path.is_file())
