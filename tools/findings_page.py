"""Writes the list of kinds in `docs/findings.md` from the texts that the findings themselves carry.

python tools/findings_page.py          puts it into the page
python tools/findings_page.py --check  says whether the page has it already
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.findings import FINDING_KINDS, label_of
from ledger.findings.words import TEXTS
from ledger.vocabulary.profiles import all_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.vocabulary.profiles import FindingKind

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "findings.md"
_SECTION: Final = re.compile(r"(<!-- made: kinds -->\n).*?(<!-- end: kinds -->)", re.DOTALL)


def section() -> str:
    """The table of all kinds."""
    return "\n".join(
        [
            "| kind | name | exists for | innocent causes | how to answer |",
            "|---|---|---|---|---|",
            *_rows(),
            "",
        ]
    )


def filled(page: str) -> str:
    """The page with the table as it should stand."""
    return _SECTION.sub(lambda found: f"{found[1]}{section()}{found[2]}", page)


def _rows() -> Iterator[str]:
    for kind in FINDING_KINDS:
        label, texts = label_of(kind), TEXTS[kind]
        causes = " ".join(one.zh for one in texts.causes)
        yield f"| `{kind}` | {label.zh} · {label.en} | {_goods(kind)} | {causes} | {texts.answer.zh} |"


def _goods(kind: FindingKind) -> str:
    having = [one for one in all_profiles() if one.finds(kind)]
    if not having or len(having) == len(all_profiles()):
        return "全部"
    return "、".join(one.name.zh for one in having)


def main() -> int:
    """Write or check the page."""
    page = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        return 0 if filled(page) == page else 1
    PAGE.write_text(filled(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
