"""The page of what the log outlives tells of every soak that the tests have, and counts in each seed as many cases as the test tries."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tests.faults import (
    test_bit_flips,
    test_flips_before_signing,
    test_io_errors,
    test_kill,
    test_overload,
    test_power_loss,
    test_schema_fuzz,
    test_slow_clients,
    test_strangers_codes,
    test_strangers_tenant,
    test_upload_bombs,
    test_writers,
)
from tests.properties import test_keys
from tools.reliability import NOT_RUN, PAGE, SOAKS

TESTS: Final = Path(__file__).resolve().parents[2]
#: Whatever bits the story of that day has.
NOT_OF_THIS_PAGE: Final = {"second-verifier-bits"}


def books() -> set[str]:
    """The names by which tests ask for seeds, as patterns."""
    sources = [path for path in TESTS.rglob("test_*.py") if path.parent != Path(__file__).parent]
    named = [re.findall(r'soak_seeds\(f?"([^"]+)"', path.read_text("utf-8")) for path in sources]
    return {re.sub(r"\{\w+\}", "[a-z-]+", name) for names in named for name in names}


def test_every_soak_is_told_of_and_none_that_is_not_there() -> None:
    told, there = {one.book for one in SOAKS}, books() - NOT_OF_THIS_PAGE
    assert [name for name in there if not any(re.fullmatch(name, book) for book in told)] == []
    assert [book for book in told if not any(re.fullmatch(name, book) for name in there)] == []


def test_a_seed_counts_for_as_many_cases_as_its_test_tries() -> None:
    told = {one.book: one.cases_a_seed for one in SOAKS if one.cases_a_seed > 1}
    assert told == {
        "kills": test_kill.KILLS_A_ROW,
        "kills-postgresql": test_kill.KILLS_A_ROW,
        "power-cuts": test_power_loss.CUTS_A_STORY,
        "io-errors": test_io_errors.STATEMENTS * test_io_errors.RUNS_A_STORY,
        "writers on sqlite": test_writers.WRITERS * test_writers.STATEMENTS,
        "writers on postgresql": test_writers.WRITERS * test_writers.STATEMENTS,
        "flips": test_bit_flips.FLIPS_A_SEED,
        "flips-before-signing": test_flips_before_signing.FLIPS_A_STORY,
        "keys": test_keys.LIVES_A_SEED,
        "another-tenant": test_strangers_tenant.WHOLE // test_strangers_tenant.SHARES,
        "guesses": test_strangers_codes.GUESSES_A_SEED,
        "upload-bombs": 2 * len(test_upload_bombs.BOMBS | test_upload_bombs.HEAVY),
        "slow-senders": test_slow_clients.CLIENTS * len(test_slow_clients.SLOWLY),
        "slow-readers": test_slow_clients.CLIENTS,
        "overload": test_overload.SECONDS,
    }


def test_the_fuzzer_tries_as_many_operations_as_the_page_says() -> None:
    assert [one.whole for one in SOAKS if one.book == "schema-fuzz"] == [test_schema_fuzz.WHOLE]


def test_no_line_says_that_more_was_tried_than_there_is() -> None:
    page = PAGE.read_text("utf-8")
    for soak in SOAKS:
        (line,) = (line for line in page.splitlines() if line.startswith(f"| `{soak.book}` |"))
        *_, passed, of, day, commit, _ = (cell.strip() for cell in line.split("|"))
        assert of == f"{soak.whole:,}"
        if passed == NOT_RUN:
            assert (day, commit) == ("", "")
        else:
            assert int(passed.replace(",", "")) <= soak.whole
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)
            assert commit
