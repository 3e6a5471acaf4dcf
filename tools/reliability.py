"""Writes the table of results in `docs/reliability.md` from the books that `make soak` keeps in `.soak/`.

A book holds the seeds that passed and the code they passed with. What is written here is what a book says: the day of its last seed, the
commit it was found at, and how many cases that were. A soak without a book keeps the line it had; a line that no run wrote says so.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reliability.md"
BOOKS: Final = ROOT / ".soak"
_SECTION: Final = re.compile(r"(<!-- made: results -->\n)(.*?)(<!-- end: results -->)", re.DOTALL)
NOT_RUN: Final = "not run yet"


@dataclass(frozen=True, slots=True)
class Soak:
    """One soak: the name of its book, and what one of its seeds holds."""

    book: str
    test: str
    cases_a_seed: int
    of: str
    #: What must hold in every case; a seed that shows otherwise is not written down.
    holds: str
    whole: int


SOAKS: Final = (
    Soak("kills", "T1", 20, "kills, SQLite", "0 acknowledged lost", 20_000),
    Soak("kills-postgresql", "T1", 20, "kills, PostgreSQL", "0 acknowledged lost", 500),
    Soak("kills-at-a-write", "T1", 1, "kills at the n-th write", "0 acknowledged lost", 60),
    Soak("kills-at-a-guard", "T1", 1, "kills at the n-th sync, with a fork guard", "0 acknowledged lost", 20),
    Soak("power-cuts", "T2", 500, "states after a power cut", "0 acknowledged lost, 0 corrupt", 10_000),
    Soak("io-errors", "T3", 80, "statements on a failing disk", "0 acknowledged lost, none twice", 3_200),
    *(
        Soak(
            f"writers on {kind}", "T5", 800, f"statements of eight writers, {named}", "0 forks, 0 gaps", 8_000
        )
        for kind, named in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL"))
    ),
    Soak("flips", "T6", 100, "bits changed in the database", "all found, 99 % at their entry", 10_000),
    Soak("flips-before-signing", "T6b", 50, "bits changed before signing", "0 signed", 1_000),
    *(
        Soak(f"flips before {program}", "T6", 1, f"bits changed before {program}", "all found", 1_000)
        for program in ("go", "aics-tlog", "tlog-scales")
    ),
    Soak("operator", "T7", 1, "attacks by the operator", "0 cosigned, all convicted", 1_000),
    *(
        Soak(f"attacks before {program}", "T7", 1, f"attacks before {program}", "all found", 250)
        for program in ("go", "aics-tlog", "tlog-scales", "metamorphic-log")
    ),
    Soak("pairs of sizes", "T29", 1, "sizes of a tree, with every proof", "all as defined", 514),
    Soak(
        "keys",
        "T8",
        50,
        "lives of keys, fifty steps each",
        "the gate, a plain model and the second verifier agree",
        2_000,
    ),
    Soak(
        "another-tenant", "T12", 1_000, "requests by another tenant", "he learns public facts alone", 10_000
    ),
    Soak("guesses", "T12", 10_000, "guessed codes", "0 hits", 1_000_000),
    Soak(
        "schema-fuzz",
        "T13",
        1,
        "operations as each caller, 200 cases each",
        "0 faults, 0 undocumented answers, 0 ways around a key",
        496,
    ),
    Soak("upload-bombs", "T14", 30, "files that are bombs", "refused within 2 s, 50 MiB", 300),
    Soak(
        "slow-senders", "T15", 504, "senders who drip", "closed within 15 s, others wait less than 1 s", 504
    ),
    Soak("slow-readers", "T15", 84, "readers who dawdle", "the same", 84),
    Soak(
        "overload",
        "T16",
        60,
        "seconds of three times too many",
        "80 % of the peak, 503 for the rest, no 500",
        60,
    ),
)


def section(before: str) -> str:
    """The table of all soaks; `before` is how it stood."""
    stood = {line.split("|")[1].strip(): line for line in before.splitlines() if line.startswith("| `")}
    head = [
        "| book | test | what | holds | passed | of | day | commit |",
        "|---|---|---|---|---:|---:|---|---|",
    ]
    return "\n".join([*head, *(_line(one, stood.get(f"`{one.book}`")) for one in SOAKS), ""])


def _line(soak: Soak, stood: str | None) -> str:
    book, named = BOOKS / f"{soak.book}.txt", f"| `{soak.book}` | {soak.test} | {soak.of} | {soak.holds} |"
    if not book.exists():
        return stood or f"{named} {NOT_RUN} | {soak.whole:,} | | |"
    first, *seeds = book.read_text("ascii").splitlines()
    passed, commit = len(seeds) * soak.cases_a_seed, first.partition(" ")[2]
    day = datetime.fromtimestamp(book.stat().st_mtime, tz=UTC).date().isoformat()
    return f"{named} {passed:,} | {soak.whole:,} | {day} | {commit} |"


def main() -> int:
    """Write the page."""
    page = PAGE.read_text(encoding="utf-8")
    found = _SECTION.search(page)
    if found is None:
        sys.stderr.write(f"{PAGE}: no place for the results\n")
        return 1
    made = found[1] + section(found[2]) + found[3]
    PAGE.write_text(page[: found.start()] + made + page[found.end() :], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
