"""Writes the part of `docs/findings.md` that is made of figures: how well findings tell planted contradictions from honest trade.

    python tools/findings_report.py               the whole year; this takes a while
    python tools/findings_report.py --share 0.1   a tenth of it, for a look; the page is left alone

The year and its contradictions come from `tests/support/year`, which knows no rule; the rules know nothing of it.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.year.checking import folded_again, played, reported  # noqa: E402  (the tests are not installed; their folder is named first)

PAGE = ROOT / "docs" / "findings.md"
# None of the seeds with which the rules were tried while they were written.
SEED = 97
PLANTS = 1_000
_SECTION = re.compile(r"(<!-- made: year -->\n).*?(<!-- end: year -->)", re.DOTALL)


def main(words: list[str] | None = None) -> int:
    """Play the year and write down what came of it. Fails when the page has no place for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=1.0, help="how much of the year, from 0 to 1")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(words)
    year = played(asked.seed, asked.share, max(1, round(PLANTS * asked.share)))
    _, _, seconds = folded_again(year)
    section = reported(year, year.verdict(), again_seconds=seconds)
    if asked.share < 1:
        print(section)
        return 0
    page = PAGE.read_text("utf-8")
    if not _SECTION.search(page):
        print(f"{PAGE.name} has no <!-- made: year --> section")
        return 1
    PAGE.write_text(_SECTION.sub(lambda found: f"{found[1]}\n{section}\n{found[2]}", page), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
