"""What a test needs, what is said where it is missing, and how a soak goes on."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.support import foreign
from tests.support.needs import missing, not_run_report
from tests.support.soak import soak_count, soak_seeds
from tests.support.vectors import NOWHERE, vector_files, vectors

if TYPE_CHECKING:
    from pathlib import Path


def test_a_test_that_needs_nothing_runs_everywhere() -> None:
    assert missing([pytest.mark.parametrize.mark]) is None


def test_the_programs_that_are_missing_are_named_and_the_others_are_not() -> None:
    marker = pytest.mark.system("python3", "no-such-program").mark
    assert missing([marker]) == "system: not on this machine: no-such-program"
    assert missing([pytest.mark.system("python3").mark]) is None


def test_the_verifiers_of_others_that_are_missing_are_named_and_the_others_are_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(foreign, "HOME", tmp_path)
    monkeypatch.setattr(foreign, "PYTHON", tmp_path / "venv" / "bin" / "python")
    package = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "aics_tlog"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    marker = pytest.mark.foreign("aics-tlog", "tlog-scales").mark
    assert missing([marker]) is not None
    foreign.PYTHON.parent.mkdir(parents=True)
    foreign.PYTHON.touch()
    assert missing([marker]) == "foreign: not in .strangers, where `make strangers` puts it: tlog-scales"
    assert missing([pytest.mark.foreign("aics-tlog").mark]) is None


@pytest.mark.parametrize("named", ["", "none"])
def test_without_a_folder_of_vectors_their_tests_are_left_out(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("SUYUAN_VECTORS", named)
    reason = missing([pytest.mark.vectors.mark])
    assert reason is not None
    assert "SUYUAN_VECTORS" in reason
    assert vector_files("*.json") == [NOWHERE]
    with pytest.raises(pytest.UsageError, match="wants the marker"):
        vectors("one.json")


def test_with_a_folder_of_vectors_their_tests_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUYUAN_VECTORS", str(tmp_path))
    (tmp_path / "one.json").write_text("{}", encoding="utf-8")
    assert missing([pytest.mark.vectors.mark]) is None
    assert vector_files("*.json") == [vectors("one.json")]


def test_a_mistaken_folder_or_file_of_vectors_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SUYUAN_VECTORS", str(tmp_path))
    with pytest.raises(pytest.UsageError, match=r"no \*\.json"):
        vector_files("*.json")
    with pytest.raises(FileNotFoundError, match=r"one\.json"):
        vectors("one.json")
    monkeypatch.setenv("SUYUAN_VECTORS", str(tmp_path / "elsewhere"))
    with pytest.raises(pytest.UsageError, match="expected a folder"):
        vectors("one.json")


def test_the_report_names_a_test_once_however_many_cases_it_has() -> None:
    not_run = [
        ("browser: none", "tests/b.py::test_b"),
        *(("browser: none", f"tests/a.py::test_a[{n}]") for n in (1, 2)),
    ]
    assert not_run_report(not_run) == [
        "browser: none",
        "    tests/a.py::test_a (2 cases)",
        "    tests/b.py::test_b",
    ]


@pytest.mark.parametrize(("scale", "count"), [("1", 1000), ("0.1", 100), ("0.0001", 1)])
def test_a_soak_is_scaled_and_never_empty(monkeypatch: pytest.MonkeyPatch, scale: str, count: int) -> None:
    monkeypatch.setenv("SUYUAN_SOAK", scale)
    assert soak_count(1000) == count


@pytest.mark.parametrize("scale", ["1.1", "-0.1", "all", "nan"])
def test_a_soak_of_a_size_that_means_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch, scale: str) -> None:
    monkeypatch.setenv("SUYUAN_SOAK", scale)
    with pytest.raises(pytest.UsageError, match="from 0 to 1"):
        soak_count(1000)


def test_a_whole_soak_goes_on_after_the_last_seed_that_passed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SUYUAN_SOAK", "1")
    for seed in soak_seeds("stories", 5, folder=tmp_path):
        if seed == 3:
            break
    assert list(soak_seeds("stories", 5, folder=tmp_path)) == [3, 4]
    assert list(soak_seeds("stories", 5, folder=tmp_path)) == []


def test_what_passed_with_other_code_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUYUAN_SOAK", "1")
    (tmp_path / "stories.txt").write_text("other code\n0\n1\n", encoding="ascii")
    assert list(soak_seeds("stories", 3, folder=tmp_path)) == [0, 1, 2]


def test_a_share_of_a_soak_remembers_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUYUAN_SOAK", "0.5")
    for _ in range(2):
        assert list(soak_seeds("stories", 4, folder=tmp_path)) == [0, 1]
    assert list(tmp_path.iterdir()) == []


def test_tests_cannot_reach_another_machine() -> None:
    # 192.0.2.0/24 is kept for examples (RFC 5737): nobody is there, should the guard ever fail.
    with socket.socket() as connection, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        connection.connect(("192.0.2.1", 9))
