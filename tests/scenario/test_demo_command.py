"""`suyuan demo` and what one does with the ledger it leaves: as somebody types it in a shell."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from api.demo.story import told
from tests.browser.serving import free_port
from tests.scenario.demo import ROOT_OF_REPOSITORY, suyuan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.scenario.conftest import DemoRun
    from tests.scenario.demo import Telling

LINES_MAX = 40


def copy_of(folder: Path, target: Path) -> Path:
    """The database of a played demo, to be altered."""
    target.mkdir()
    for name in ("suyuan.db", "suyuan.db-wal", "vkey"):
        if (folder / name).exists():
            shutil.copy(folder / name, target / name)
    return target


def altered(folder: Path, *statements: str) -> None:
    """Change a database behind the ledger's back, guards and all."""
    with closing(sqlite3.connect(folder / "suyuan.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_the_demo_succeeds_and_fits_on_one_screen(demo_run: DemoRun) -> None:
    assert demo_run.done.returncode == 0, demo_run.done.stderr
    lines = demo_run.done.stdout.splitlines()
    assert len(lines) <= LINES_MAX
    assert [line[0] for line in lines if re.match(r"[1-5] ", line)] == ["1", "2", "3", "4", "5"]


def test_every_address_it_prints_answers(demo_run: DemoRun, plain: Telling) -> None:
    addresses = set(re.findall(r"http://localhost:8000[^\s，；。）]*", demo_run.done.stdout))
    assert len(addresses) >= 6
    for address in addresses:
        path = address.removeprefix("http://localhost:8000").partition("#")[0]
        assert plain.api.status(path, by="G1") in {200, 307}, address


def test_the_log_is_declared_as_running_on_a_simulated_clock(plain: Telling) -> None:
    with plain.ledger.book() as book:
        assert book.register.clock == "simulated"
    assert "演示时钟" in plain.api.get_bytes("/").decode()


def test_one_changed_byte_is_found_and_the_entry_named(demo_run: DemoRun, plain: Telling) -> None:
    done = suyuan("demo", "tamper", data=demo_run.data)
    assert done.returncode == 0, done.stderr
    position = plain.api.get(f"/api/v1/statements/{told().late_check}", by="G2")["position"]
    assert f"审计不通过：第 {position} 条" in done.stdout
    # The ledger itself stays as it was.
    assert suyuan("audit", "--vkey", str(demo_run.folder / "vkey"), data=demo_run.folder).returncode == 0


def test_an_audit_says_what_it_checked_and_what_it_could_not(demo_run: DemoRun) -> None:
    vkey = (demo_run.folder / "vkey").read_text(encoding="utf-8")
    done = suyuan("audit", "--data", str(demo_run.folder), "--vkey", vkey, data=demo_run.data, lang="en")
    assert done.returncode == 0
    assert done.stdout.startswith("audit passed: demo.suyuan.invalid/")
    assert "without an outside witness or timestamp they rest on the operator's clock" in done.stdout
    # Progress goes beside the answer.
    assert re.fullmatch(r"(\d+/\d+\n)+", done.stderr)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE findings SET grade = 'grey' WHERE kind = 'backdated_check'", ("findings", "grade")),
        ("UPDATE heads SET at_ms = at_ms + 1", ("heads", "at_ms")),
        ("UPDATE items SET opened = '[null]' WHERE seq = 5", ("entry 5", "opened")),
        ("DELETE FROM mentions WHERE seq = 9", ("mentions",)),
    ],
)
def test_an_audit_names_the_first_thing_that_is_wrong(
    demo_run: DemoRun, tmp_path: Path, change: str, named: tuple[str, ...]
) -> None:
    folder = copy_of(demo_run.folder, tmp_path / "copy")
    altered(folder, change)
    done = suyuan("audit", "--vkey", str(folder / "vkey"), data=folder, lang="en")
    assert done.returncode == 1
    for word in named:
        assert word in done.stdout


def test_the_key_of_another_log_audits_nothing(demo_run: DemoRun, tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert (
        suyuan("init", "--host", "zs.example", "--registrar", "某登记处（演示）", data=other).returncode == 0
    )
    done = suyuan(
        "audit", "--data", str(demo_run.folder), "--vkey", str(other / "vkey"), data=tmp_path, lang="en"
    )
    assert done.returncode == 1
    assert "demo.suyuan.invalid" in done.stdout


def test_the_label_it_printed_is_read_from_its_picture(demo_run: DemoRun) -> None:
    done = suyuan("scan", str(demo_run.folder / "labels" / "label-1.png"), data=demo_run.folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "GS1 数字链接  https://id.gs1.org/01/09520001000010/10/SG-20261114",
        "  http://localhost:8000/01/09520001000010/10/SG-20261114",
    ]


def test_a_label_is_printed_for_goods_that_may_go_and_not_for_recalled_ones(
    demo_run: DemoRun, tmp_path: Path
) -> None:
    good, recalled = tmp_path / "good.png", tmp_path / "recalled.png"
    sausage, leek = "https://id.gs1.org/01/09520001000010/10/SG-20261113", str(told().leek)
    # Its link opens on this machine only: printed when asked for.
    assert "只能在本机打开" in suyuan("label", sausage, "-o", str(good), data=demo_run.folder).stderr
    assert suyuan("label", sausage, "--loopback", "-o", str(good), data=demo_run.folder).returncode == 0
    assert sausage in suyuan("scan", str(good), data=demo_run.folder).stdout
    done = suyuan("label", leek, "--loopback", "-o", str(recalled), data=demo_run.folder)
    assert done.returncode == 2
    assert "已被控制或召回" in done.stderr
    assert not recalled.exists()


def test_a_disclosure_shows_what_was_asked_for_and_verifies_without_the_ledger(
    demo_run: DemoRun, tmp_path: Path
) -> None:
    file, vkey = tmp_path / "check.json", str(demo_run.folder / "vkey")
    asked = ("disclose", str(told().late_check), "--item", "supplier_check", "-o", str(file))
    assert suyuan(*asked, data=demo_run.folder).returncode == 0
    done = suyuan("verify", str(file), "--vkey", vkey, data=tmp_path / "nowhere", lang="en")
    assert done.returncode == 0, done.stdout
    assert "2026-10-28" in done.stdout
    assert "the log took it 2026-11-06 18:40" in done.stdout
    assert "items that are not shown: " in done.stdout
    # The voucher of the same record was not asked for.
    assert "26322999999900000302" not in file.read_text(encoding="utf-8")


def test_an_altered_disclosure_does_not_hold(demo_run: DemoRun, tmp_path: Path) -> None:
    file, vkey = tmp_path / "check.json", str(demo_run.folder / "vkey")
    assert suyuan("disclose", str(told().late_check), "-o", str(file), data=demo_run.folder).returncode == 0
    assert suyuan("verify", str(file), "--vkey", vkey, data=tmp_path).returncode == 0
    text = file.read_text(encoding="utf-8")
    place = text.index('"payload":"') + 40
    other = "A" if text[place] != "A" else "B"
    file.write_text(text[:place] + other + text[place + 1 :], encoding="utf-8")
    done = suyuan("verify", str(file), "--vkey", vkey, data=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("不成立：")


def test_an_item_that_the_statement_has_not_is_named(demo_run: DemoRun, tmp_path: Path) -> None:
    asked = ("disclose", str(told().late_check), "--item", "recipe", "-o", str(tmp_path / "x"))
    done = suyuan(*asked, data=demo_run.folder, lang="en")
    assert done.returncode == 2
    assert "came 'recipe'" in done.stderr
    assert "supplier_check" in done.stderr


def test_the_log_is_exported_into_an_empty_folder_only(demo_run: DemoRun, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    assert suyuan("export", str(folder), data=demo_run.folder).returncode == 0
    assert (folder / "checkpoint").is_file()
    assert (folder / "vkey").read_text(encoding="utf-8") == (demo_run.folder / "vkey").read_text(
        encoding="utf-8"
    )
    done = suyuan("export", str(folder), data=demo_run.folder)
    assert (done.returncode, done.stdout) == (2, "")


@contextmanager
def run_on(port: str, data: Path, *words: str, **environment: str) -> Iterator[list[str]]:
    """`suyuan run`, until it has said where it is: what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "api.cli", "run", "--lang", "en", *words],
        cwd=ROOT_OF_REPOSITORY,
        env={"PATH": os.environ["PATH"], "SUYUAN_DATA": str(data), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            said = [server.stdout.readline()]
            while f"http://localhost:{port}/log/checkpoint" not in said[-1] and said[-1]:
                said.append(server.stdout.readline())
            yield said
        finally:
            server.terminate()
        assert server.wait(timeout=30) == 0


def front_page(port: str) -> str:
    """The worker needs a moment to load: the client tries again while nobody listens."""
    with httpx.Client(
        transport=httpx.HTTPTransport(retries=8), base_url=f"http://127.0.0.1:{port}"
    ) as client:
        return client.get("/", headers={"Accept-Language": "zh"}).text


def test_run_audits_the_last_demo_and_serves_it(demo_run: DemoRun, tmp_path: Path) -> None:
    data, port = tmp_path / "data", str(free_port())
    shutil.copytree(demo_run.data, data)
    with run_on(port, data, "--port", port) as said:
        assert said[0].startswith("audit passed: demo.suyuan.invalid/")
        page = front_page(port)
    # On a demo a visitor chooses who to be, and the clock is shown as what it is.
    assert "演示时钟" in page
    assert '<form method="post" action="/demo/identity">' in page


def test_run_plays_the_demo_first_and_prints_addresses_of_the_port_it_serves(tmp_path: Path) -> None:
    port = str(free_port())
    with run_on(port, tmp_path / "data", SUYUAN_PORT=port) as said:
        addresses = re.findall(r"http://localhost:(\d+)/", "".join(said))
        assert len(addresses) > 10
        assert set(addresses) == {port}
        assert "演示时钟" in front_page(port)


def test_run_does_not_serve_what_fails_its_audit(demo_run: DemoRun, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(demo_run.data, data)
    altered(data / "demo", "UPDATE findings SET grade = 'grey' WHERE kind = 'oversold'")
    done = suyuan("run", "--port", str(free_port()), data=data)
    assert done.returncode == 1
    assert "审计不通过" in done.stdout


def test_the_demo_never_removes_a_folder_it_did_not_make(tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "suyuan.db"
    precious.parent.mkdir()
    precious.write_bytes(b"somebody's ledger")
    done = suyuan("demo", data=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2, "what it begins, and why it stopped"
    assert precious.read_bytes() == b"somebody's ledger"
