"""The command line: one line and status 2 for a call that is wrong, in the caller's language, and never a traceback."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from api.cli import COMMANDS, main
from api.commands.console import language_from_environment
from api.commands.opening import opened, settings_of
from api.demo.clock import DemoClock
from ledger.keys import Vault
from ledger.log.note import NoteSigner
from ledger.service import Ledger
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from pathlib import Path

GOOD, MISUSED = 0, 2
#: The public key of some log that is not here.
VKEY = str(NoteSigner.from_seed("log.example/0123456789abcdef", bytes(32)).verifier)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder that the environment names."""
    folder = tmp_path / "data"
    monkeypatch.setenv("SUYUAN_DATA", str(folder))
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    for name in (
        "LC_ALL",
        "LC_MESSAGES",
        "PORT",
        "SUYUAN_BASE_URL",
        "SUYUAN_KEY_FILE",
        "SUYUAN_DATABASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    return folder


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Status, answer, complaint."""
    status = main(words)
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("sell",),
        ("audit",),
        ("audit", "--vkey", "no key"),
        ("audit", "--vkey", "x", "--data", "a", "--url", "b"),
        ("demo", "again"),
        ("demo", "tamper"),
        ("scan", "/nowhere.png"),
        ("label", "x"),
        ("label", "x", "-o", "y.png"),
        ("export", "folder"),
        ("disclose", "not-an-id", "-o", "file"),
        ("verify", "/nowhere", "--vkey", "x"),
        ("import", "/nowhere", "--party", "nobody"),
        ("serve",),
        ("serve", "--port", "eighty"),
        ("serve", "--port", "70000"),
    ],
)
def test_a_call_that_is_wrong_ends_with_one_line(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    status, answer, complaint = call(capsys, *words)
    assert status == MISUSED
    assert answer == ""
    assert len(complaint.splitlines()) == 1
    assert "Traceback" not in complaint


@pytest.mark.parametrize("channel", ["nowhere", "no.such.module:make", "os.path:join_not", "pathlib:Path"])
def test_a_channel_that_is_none_ends_with_one_line_that_names_it(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    monkeypatch.setenv("SUYUAN_CHANNEL", channel)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    status, _, complaint = call(capsys, "serve", "--port", port)
    assert (status, len(complaint.splitlines())) == (MISUSED, 1)
    assert "SUYUAN_CHANNEL" in complaint
    assert channel in complaint


@pytest.mark.parametrize(
    ("words", "expected"), [(("--lang", "en"), "no ledger in"), (("--lang=zh",), "还没有账本")]
)
def test_the_line_is_in_the_callers_language(
    data: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], expected: str
) -> None:
    _, _, before = call(capsys, *words, "export", "folder")
    _, _, behind = call(capsys, "export", "folder", *words)
    assert expected in before
    assert before == behind


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en_GB.UTF-8", "en"), ("zh_CN.UTF-8", "zh"), ("C.UTF-8", "zh"), ("de_DE.UTF-8", "zh"), ("", "zh")],
)
def test_without_a_word_the_environment_chooses_and_chinese_is_the_rest(
    monkeypatch: pytest.MonkeyPatch, locale: str, language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    assert language_from_environment() == language


def test_lc_all_comes_before_lang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert language_from_environment() == "en"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], language: str) -> None:
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([command.name, "--help", "--lang", language])
        assert ended.value.code == GOOD
        purpose = command.purpose.zh if language == "zh" else command.purpose.en
        assert purpose in " ".join(capsys.readouterr().out.split())


def test_a_ledger_is_founded_once_and_its_key_audits_it(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ("init", "--host", "zs.example", "--registrar", "某登记处（演示）")
    status, answer, _ = call(capsys, *found)
    vkey = answer.splitlines()[0]
    assert status == GOOD
    assert vkey.startswith("zs.example/")
    assert (data / "vkey").read_text(encoding="utf-8").strip() == vkey
    status, answer, _ = call(capsys, "audit", "--vkey", vkey)
    assert status == GOOD
    assert "共 1 条" in answer
    status, answer, complaint = call(capsys, *found)
    assert (status, answer) == (MISUSED, "")
    assert "不会覆盖" in complaint


@pytest.mark.parametrize(
    ("host", "registrar", "field"),
    [
        *(
            (host, "登记处（演示）", "host")
            for host in ("", "a/b", "http://a.b", "..", "-", "a-.b", "A.B", "é.test")
        ),
        *((host, "登记处（演示）", "host") for host in ("localhost:8000", "a b", "a+b", "a\nb", "a" * 44)),
        *(("zs.example", name, "registrar_name") for name in ("", "一" * 101, "甲\n乙")),
    ],
)
def test_a_name_that_no_log_can_have_is_refused_and_leaves_the_folder_free(
    data: Path, capsys: pytest.CaptureFixture[str], host: str, registrar: str, field: str
) -> None:
    status, answer, complaint = call(capsys, "--lang", "en", "init", "--host", host, "--registrar", registrar)
    assert (status, answer) == (MISUSED, "")
    assert complaint.startswith(f"{field}: ")
    assert not (data / "suyuan.db").exists()
    longest = "a" * 43
    assert call(capsys, "init", "--host", longest, "--registrar", "某登记处（演示）")[0] == GOOD


def test_a_file_that_is_there_is_never_written_over(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call(capsys, "init", "--host", "zs.example", "--registrar", "某登记处（演示）")
    with opened(settings_of()) as ledger, ledger.book() as book:
        genesis = str(next(iter(book.records([0]).values())).header.id)
    key = tmp_path / "some.pem"
    key.write_text("a private key", encoding="utf-8")
    nowhere = tmp_path / "nowhere" / "file"
    for words in (
        ("disclose", genesis),
        ("retention", "apply", "--dry-run"),
        ("log-key", "stolen", "--yes"),
    ):
        status, _, complaint = call(capsys, *words, "-o", str(key))
        assert (status, "不会覆盖" in complaint) == (MISUSED, True), words
        assert key.read_text(encoding="utf-8") == "a private key"
        assert call(capsys, *words, "-o", str(nowhere))[0] == MISUSED
        assert not nowhere.parent.exists()
    # What would have frozen the log for ever was not begun.
    with opened(settings_of()) as ledger:
        enrol_party(ledger, "还能登记的主体（演示）")
    # A file for work that failed is not left behind.
    gone = tmp_path / "gone.json"
    assert call(capsys, "disclose", genesis, "--item", "no_such_item", "-o", str(gone))[0] == MISUSED
    assert not gone.exists()


def test_a_real_ledger_runs_on_the_machines_clock(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(capsys, "init", "--host", "zs.example", "--registrar", "某登记处（演示）")
    vault = Vault.open_file(data.parent / ".suyuan-keys" / "data.key")
    url = f"sqlite:///{data / 'suyuan.db'}"
    with Ledger.open(url, vault=vault, evidence=data / "evidence") as ledger, ledger.book() as book:
        assert book.register.clock == "real"


def test_the_registrars_first_key_opens_the_registrars_desk(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, answer, _ = call(capsys, "init", "--host", "zs.example", "--registrar", "某登记处（演示）")
    key = answer.split()[-1].rpartition("：")[2]
    vault = Vault.open_file(data.parent / ".suyuan-keys" / "data.key")
    with Ledger.open(f"sqlite:///{data / 'suyuan.db'}", vault=vault, evidence=data / "evidence") as ledger:
        caller = ledger.accounts.caller_by_key(key)
        assert caller is not None
        assert (caller.role, caller.party) == ("registrar", ledger.registrar)


def test_a_ledger_without_its_key_file_is_not_opened(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call(capsys, "init", "--host", "zs.example", "--registrar", "某登记处（演示）")
    (data.parent / ".suyuan-keys" / "data.key").unlink()
    status, answer, complaint = call(capsys, "export", str(data.parent / "out"))
    assert (status, answer) == (MISUSED, "")
    assert "data.key" in complaint


def test_a_port_that_is_taken_is_named_before_anything_is_done(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, complaint = call(capsys, "run", "--port", str(port))
    assert status == MISUSED
    assert str(port) in complaint
    assert not data.exists()


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "no address", "sqlite:////nowhere/at/all/suyuan.db"]
)
def test_a_database_that_does_not_answer_is_named_in_one_line(
    data: Path, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    status, answer, complaint = call(capsys, "audit", "--url", url, "--vkey", VKEY)
    assert (status, answer) == (MISUSED, "")
    assert complaint.startswith("数据库用不了：")
    assert len(complaint.splitlines()) == 1


def test_a_file_that_is_no_database_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data.mkdir()
    (data / "suyuan.db").write_bytes(b"no database" * 100)
    status, answer, complaint = call(capsys, "audit", "--vkey", VKEY)
    assert (status, answer) == (MISUSED, "")
    assert "数据库用不了" in complaint


def test_the_demos_clock_stands_runs_and_never_goes_back() -> None:
    clock = DemoClock(1_000)
    assert (clock(), clock()) == (1_000, 1_000)
    clock.stand_at(2_000)
    assert clock() == 2_000
    clock.run()
    assert 2_000 <= clock() <= clock()
    with pytest.raises(AssertionError, match="does not go back"):
        clock.stand_at(1_999)
