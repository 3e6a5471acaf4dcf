"""A ledger that is opened under other rules: what is found changes, what was recorded does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ledger.audit import AuditFailed, stored_views
from ledger.findings import RULES_VERSION
from ledger.identifiers import GoodsId, PartyId
from ledger.store import refold as refolding
from ledger.store import rules
from ledger.store.engine import reading, writing
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.profiles import use_folder
from ledger.vocabulary.trade import Shipment
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.stores import KINDS, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from ledger.store.fold import Views
    from tests.support.stores import Kind, Store

LICENCE = "松脂采割证（演示）"
PROFILE = f"""
category = "resin"
backdating_days = 3
loss_tolerance = "0.02"
safety_interval = false
receipt_is_check = true
findings = ["licence_never_held", "oversold"]

[name]
zh = "松脂（演示）"
en = "resin"

[laws]

[licences.maker]
kinds = ["{LICENCE}"]
law = "演示规则 1"
"""


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    kind: Kind = request.param
    return fresh_store(kind, tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An operator's folder with one category. The test says from when on it counts."""
    folder = tmp_path / "categories"
    folder.mkdir()
    (folder / "resin.toml").write_text(PROFILE, encoding="utf-8")
    yield folder
    use_folder(None)


def tell(ledger: Ledger) -> None:
    """Three makers ship resin; one of them ships more than it had, whatever the rules."""
    buyer = trader(ledger)
    for number, shipped in enumerate((10, 10, 90)):
        maker, goods = trader(ledger), GoodsId.parse(f"urn:example:lot:{number}")
        made = Batch(goods=goods, maker=maker, name="松脂", category="resin", quantity=kg(30))
        sent = Shipment(to=buyer, offer=False, lines=(Line(goods=goods, quantity=kg(shipped)),))
        ledger.say(maker, made, sent)


def kinds(ledger: Ledger) -> list[str]:
    """What is found, in the order of the alphabet."""
    return sorted(one.kind for one in ledger.findings())


def remembered(ledger: Ledger) -> str:
    """The digest of the rules that the ledger remembers."""
    with reading(ledger.engine) as connection:
        return str(connection.execute(text("SELECT digest FROM rules")).scalar_one())


NEVER = ["licence_never_held"] * 6


def test_under_other_profiles_findings_are_judged_again_and_entries_stay(store: Store, folder: Path) -> None:
    with store.create() as ledger:
        tell(ledger)
        size, entries, checkpoint = ledger.size(), ledger.entries(0, ledger.size()), ledger.checkpoint()
        before = kinds(ledger)
        assert "licence_never_held" not in before
        assert "oversold" in before

    use_folder(folder)
    with store.open() as ledger:
        assert remembered(ledger) == rules.rules_in_force()
        # Each maker's batch and each maker's shipment.
        assert [one for one in kinds(ledger) if one == NEVER[0]] == NEVER
        assert "oversold" in kinds(ledger)
        assert (ledger.size(), ledger.entries(0, size), ledger.checkpoint()) == (size, entries, checkpoint)
        # The stored view equals what folding the log under today's rules gives.
        audited(ledger)

    use_folder(None)
    with store.open() as ledger:
        assert kinds(ledger) == before
        assert ledger.checkpoint() == checkpoint
        audited(ledger)


def test_under_the_same_rules_nothing_is_judged_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.create() as ledger:
        tell(ledger)
        found = kinds(ledger)
        assert not rules.keep_in_step(ledger.engine, ledger.origin)

    with store.open() as ledger:
        assert kinds(ledger) == found
        monkeypatch.setattr(rules, "RULES_VERSION", RULES_VERSION + 1)
        assert rules.keep_in_step(ledger.engine, ledger.origin)
        assert not rules.keep_in_step(ledger.engine, ledger.origin)
        assert kinds(ledger) == found
        audited(ledger)


def test_an_audit_by_other_profiles_names_the_rules_and_no_row(store: Store, folder: Path) -> None:
    with store.create() as ledger:
        tell(ledger)
        use_folder(folder)
        with pytest.raises(AuditFailed) as caught:
            audited(ledger)
        assert (caught.value.table, caught.value.column) == ("rules", "digest")
        # A row that somebody touched is still named as such where the rules are the same.
        use_folder(None)
        with writing(ledger.engine) as connection:
            connection.execute(text("UPDATE findings SET grade = 'grey'"))
        with pytest.raises(AuditFailed) as caught:
            audited(ledger)
        assert caught.value.table == "findings"


def test_a_ledger_that_remembers_no_rules_is_judged_once(store: Store) -> None:
    with store.create() as ledger:
        tell(ledger)
        found = kinds(ledger)
        with writing(ledger.engine) as connection:
            connection.execute(text("DELETE FROM rules"))
            connection.execute(text("DELETE FROM findings"))
    with store.open() as ledger:
        assert kinds(ledger) == found
        assert remembered(ledger) == rules.rules_in_force()
        audited(ledger)


def test_what_today_nobody_asks_about_is_found_no_more(store: Store) -> None:
    with store.create() as ledger:
        tell(ledger)
        found, origin = kinds(ledger), ledger.origin
        with writing(ledger.engine) as connection:
            connection.execute(text("UPDATE rules SET digest = 'of another time'"))
            row = {"log": origin, "party": str(PartyId.new(bytes(10))), "body": b"{}"}
            connection.execute(
                text(
                    "INSERT INTO findings (subject, log_id, number, party, kind, grade, since_ms, body) "
                    "VALUES ('moon/full', :log, 0, :party, 'oversold', 'red', 0, :body)"
                ),
                row,
            )
    with store.open() as ledger:
        assert kinds(ledger) == found
        audited(ledger)


def test_all_is_judged_however_small_the_portions(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.create() as ledger:
        tell(ledger)
    use_folder(folder)
    monkeypatch.setattr(refolding, "PORTION", 2)
    with store.open() as ledger:
        assert [one for one in kinds(ledger) if one == NEVER[0]] == NEVER
        audited(ledger)


def test_a_crash_while_judging_again_leaves_the_old_findings_and_the_old_digest(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.create() as ledger:
        tell(ledger)
        before, digest = kinds(ledger), remembered(ledger)
        use_folder(folder)

        class Crash(RuntimeError):
            pass

        def crash(*_: object) -> None:
            raise Crash

        # All is judged, and nothing of it is committed.
        monkeypatch.setattr(rules, "note_rules", crash)
        with pytest.raises(Crash):
            rules.keep_in_step(ledger.engine, ledger.origin)
        assert (kinds(ledger), remembered(ledger)) == (before, digest)
        monkeypatch.undo()
    with store.open() as ledger:
        assert "licence_never_held" in kinds(ledger)
        audited(ledger)


def test_what_is_recorded_after_the_change_is_judged_by_the_rules_of_the_day(
    store: Store, folder: Path
) -> None:
    with store.create() as ledger:
        tell(ledger)
    use_folder(folder)
    with store.open() as ledger:
        before = len([one for one in kinds(ledger) if one == NEVER[0]])
        tell_one_more(ledger)
        assert len([one for one in kinds(ledger) if one == NEVER[0]]) == before + 1
        audited(ledger)


def tell_one_more(ledger: Ledger) -> None:
    """One more batch, made without the licence."""
    maker = trader(ledger)
    goods = GoodsId.parse("urn:example:lot:late")
    ledger.say(maker, Batch(goods=goods, maker=maker, name="松脂", category="resin", quantity=kg(5)))


def views(ledger: Ledger) -> Views:
    """The view tables as they stand."""
    with reading(ledger.engine) as connection:
        return stored_views(connection)


def test_views_that_were_lost_or_altered_are_made_again_from_the_log(store: Store) -> None:
    with store.create() as ledger:
        tell(ledger)
        maker = trader(ledger)
        goods = GoodsId.parse("urn:example:lot:wrong")
        (wrong,) = ledger.say(
            maker, Batch(goods=goods, maker=maker, name="松脂", category="resin", quantity=kg(900))
        )
        better = Batch(
            goods=goods,
            maker=maker,
            name="松脂",
            category="resin",
            quantity=kg(90),
            correction_reason="incorrect_data",
        )
        ledger.say(maker, better, corrects=ledger.stored(wrong.seq).header.id)
        before, checkpoint = views(ledger), ledger.checkpoint()
        assert all((before.marks, before.mentions, before.edges, before.findings))
        with writing(ledger.engine) as connection:
            for statement in (
                "DELETE FROM marks",
                "DELETE FROM mentions WHERE key LIKE 'goods/%'",
                "UPDATE edges SET target = target + 1",
                "UPDATE findings SET grade = 'grey'",
            ):
                connection.execute(text(statement))
        assert views(ledger) != before
        seen = list[tuple[int, int]]()
        size = rules.make_again(
            ledger.engine, ledger.origin, progress=lambda done, of: seen.append((done, of))
        )
        assert size == ledger.size()
        assert seen[-1] == (2 * size, 2 * size)
        assert views(ledger) == before
        assert ledger.checkpoint() == checkpoint
        audited(ledger)


def test_views_of_an_older_program_are_made_again_when_the_ledger_is_opened(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "VIEWS_VERSION", 1)
    with store.create() as ledger:
        tell(ledger)
        before = views(ledger)
        with writing(ledger.engine) as connection:
            connection.execute(text("DELETE FROM edges"))
    monkeypatch.undo()
    with store.open() as ledger:
        assert views(ledger) == before
        audited(ledger)
