"""That a code was read: what a server notes of it, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from api import scans_noted as noting
from api.app import create_app
from api.commands.auditing import scans_audited
from api.commands.console import GOOD, WRONG, Console
from api.commands.scanning import kept_line
from api.openings import Openings
from api.pages.lean import Kept
from api.scans_noted import NotedScans, region_in, region_told
from api.settings import Settings
from ledger.store.engine import reading
from ledger.trace import code_state
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import CODE
from tests.support.server import BASE_URL, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from ledger.service import Ledger
    from tests.integration.pages.story import Story
    from tests.support.server import Client, Clock

PAGE = f"/p?code={CODE}"
PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 9) Chrome/90 Mobile Safari/537.36"}
LEEK_PAGE = "/p/01/09520001000027/10/JC-1"


@pytest.fixture(scope="module")
def made() -> list[FastAPI]:
    """The application, once somebody has asked for it."""
    return []


@pytest.fixture
def noted(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NotedScans:
    """What is noted goes to the database at once."""
    monkeypatch.setattr(noting, "SETTLE_SECONDS", 0.0)
    return NotedScans(ledger, folder=tmp_path / "scans", minutes=60, days=90)


@pytest.fixture
def client(made: list[FastAPI], ledger: Ledger, noted: NotedScans) -> Iterator[Client]:
    if not made:
        made.append(create_app(ledger, Settings(base_url=BASE_URL, limits=False)))
    (app,) = made
    app.state.ledger, app.state.openings, app.state.kept = ledger, Openings(ledger), Kept()
    app.state.scans = noted
    with client_of(app) as client:
        yield client


def rows(ledger: Ledger) -> list[tuple[object, ...]]:
    with reading(ledger.engine) as connection:
        found = connection.execute(
            text("SELECT code, reader, region, device FROM scan_readings ORDER BY code")
        )
        return [tuple(one) for one in found]


def test_a_consumers_reading_is_noted_without_a_place_or_an_address(
    story: Story, client: Client, ledger: Ledger, clock: Clock
) -> None:
    assert client.get(PAGE, headers=PHONE).status_code == 200
    ((code, reader, region, device),) = rows(ledger)
    assert (code, reader, region) == (CODE, "consumer", "")
    assert len(str(device)) == noting.DEVICE_HEX
    with reading(ledger.engine) as connection:
        everything = str(connection.execute(text("SELECT * FROM scan_readings")).all())
    assert "127.0.0.1" not in everything
    assert "Android" not in everything


def test_the_same_address_has_another_pseudonym_every_day(
    story: Story, client: Client, ledger: Ledger, made: list[FastAPI], tmp_path: Path
) -> None:
    now = [30_000 * 86_400.0]
    made[0].state.scans = NotedScans(
        ledger, folder=tmp_path / "scans", minutes=60, days=90, now=lambda: now[0]
    )
    for later in (40_000.0, 46_400.0, 0.0):
        client.get(PAGE, headers=PHONE)
        now[0] += later
    devices = [one[3] for one in rows(ledger)]
    assert len(devices) == 3
    assert len(set(devices)) == 2


def behind_a_proxy(ledger: Ledger, folder: Path, network: str) -> NotedScans:
    return NotedScans(
        ledger, folder=folder, minutes=60, days=90, proxies=(network,), region_header="X-Region"
    )


@pytest.mark.parametrize(
    ("region", "kept"), [("320613", "320600"), ("110108", "110100"), ("Nantong", ""), ("3206", ""), ("", "")]
)
def test_the_operators_proxy_may_say_in_which_prefecture_a_consumer_reads(
    story: Story,
    client: Client,
    ledger: Ledger,
    made: list[FastAPI],
    tmp_path: Path,
    region: str,
    kept: str,
) -> None:
    made[0].state.scans = behind_a_proxy(ledger, tmp_path / "scans", "127.0.0.0/8")
    client.get(PAGE, headers=PHONE | {"x-region": region})
    assert [one[2] for one in rows(ledger)] == [kept]


def test_a_region_is_believed_of_nobody_else_and_of_no_trader(
    story: Story, client: Client, ledger: Ledger, made: list[FastAPI], tmp_path: Path
) -> None:
    made[0].state.scans = behind_a_proxy(ledger, tmp_path / "scans", "10.0.0.0/8")
    client.get(PAGE, headers=PHONE | {"x-region": "320613"})
    made[0].state.scans = behind_a_proxy(ledger, tmp_path / "scans", "127.0.0.0/8")
    client.get(f"/trace?code={CODE}", key=story.shop.key, headers=PHONE | {"x-region": "440300"})
    assert sorted(one[1:3] for one in rows(ledger)) == [("consumer", ""), ("trade", "")]


def test_a_header_that_nobody_sets_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="SUYUAN_PROXIES"):
        Settings(region_header="X-Region")
    with pytest.raises(ValueError, match="region_header"):
        Settings(region_header="X Region", proxies=("10.0.0.0/8",))


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0 (compatible; Examplebot/2.0)"},
        {"user-agent": "curl/8.5"},
        PHONE | {"sec-purpose": "prefetch"},
    ],
)
def test_who_is_no_reader_is_not_noted(
    story: Story, client: Client, ledger: Ledger, headers: dict[str, str]
) -> None:
    client.get(PAGE, headers=headers)
    client.send("HEAD", PAGE, headers=PHONE)
    assert rows(ledger) == []


def test_a_page_that_is_loaded_again_within_minutes_is_one_reading(
    story: Story, client: Client, ledger: Ledger
) -> None:
    for _ in range(3):
        client.get(PAGE, headers=PHONE)
    assert len(rows(ledger)) == 1


def test_a_batch_code_and_a_made_up_code_are_not_noted(story: Story, client: Client, ledger: Ledger) -> None:
    assert client.get(LEEK_PAGE, headers=PHONE).status_code == 200
    assert client.get("/p/01/09520009999990/10/NOBODY/21/7", headers=PHONE).status_code == 404
    assert rows(ledger) == []


def test_a_serial_that_nobody_issued_for_a_recorded_lot_is_noted(
    story: Story, client: Client, ledger: Ledger
) -> None:
    client.get(f"{LEEK_PAGE}/21/NEVER-ISSUED", headers=PHONE)
    assert [one[0] for one in rows(ledger)] == [
        "https://id.gs1.org/01/09520001000027/10/JC-1/21/NEVER-ISSUED"
    ]


def test_a_report_has_read_the_code_in_the_province_that_it_names(
    story: Story, client: Client, ledger: Ledger
) -> None:
    public = Visitor(client)
    page = public.open(f"/p/report?code={CODE}")
    done = public.submit(page, "/p/report", {"text": "看着不对", "place": "四川成都春熙路"})
    assert done.status == 200
    assert [one[1:3] for one in rows(ledger)] == [("consumer", "510000")]


@pytest.mark.parametrize(
    ("told", "region"),
    [("江苏南通", "320000"), (" 北京市朝阳区", "110000"), ("家里", None), ("在四川", None), ("", None)],
)
def test_of_a_place_in_somebodys_own_words_only_the_province_it_begins_with_is_taken(
    told: str, region: str | None
) -> None:
    found = region_told(told)
    assert (None if found is None else str(found)) == region


def test_what_is_no_region_code_says_nothing() -> None:
    assert str(region_in("320613")) == "320613"
    assert [region_in(one) for one in ("", None, "Nantong", "32061", "３２０６１３")] == [None] * 5


def test_a_query_is_not_a_sale_and_records_nothing(story: Story, client: Client, ledger: Ledger) -> None:
    size = ledger.size()
    with ledger.book() as book:
        before = code_state(book, CODE)
    client.get(PAGE, headers=PHONE)
    with ledger.book() as book:
        assert code_state(book, CODE) == before
    assert ledger.size() == size


def test_an_hour_later_the_batch_is_closed_and_after_its_days_the_file_goes(
    story: Story, client: Client, ledger: Ledger, clock: Clock, noted: NotedScans
) -> None:
    client.get(PAGE, headers=PHONE)
    clock.forward(1)
    noted.settle()
    assert rows(ledger) == []
    with ledger.book() as book:
        (batch,) = noted.scans.batches(book)
    assert (batch.count, batch.there) == (1, True)
    clock.forward(24 * 90 - 1)
    noted.settle()
    with ledger.book() as book:
        assert [one.there for one in noted.scans.batches(book)] == [True]
    clock.forward(1.1)
    noted.settle()
    with ledger.book() as book:
        assert [one.there for one in noted.scans.batches(book)] == [False]


@pytest.mark.sqlite
def test_the_audit_says_which_files_are_there_and_names_one_that_is_another(
    story: Story,
    ledger: Ledger,
    noted: NotedScans,
    client: Client,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:

    client.get(PAGE, headers=PHONE)
    noted.close()
    url, folder, console = f"sqlite:///{tmp_path / 'suyuan.db'}", tmp_path / "scans", Console("zh")
    assert scans_audited(url, ledger.vkey, folder, console) == GOOD
    assert kept_line(1, 0, 90, "zh") in capsys.readouterr().out
    (path,) = folder.glob("??/*")
    path.write_bytes(path.read_bytes() + b"!")
    assert scans_audited(url, ledger.vkey, folder, console) == WRONG
    assert path.name in capsys.readouterr().out
    path.unlink()
    assert scans_audited(url, ledger.vkey, folder, console) == GOOD
    assert kept_line(0, 1, 90, "zh") in capsys.readouterr().out
