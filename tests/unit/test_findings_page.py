"""The page on findings lists every kind, in the words that the findings carry."""

from __future__ import annotations

from ledger.findings import FINDING_KINDS
from tools.findings_page import PAGE, filled


def test_the_page_lists_the_kinds_as_they_are() -> None:
    # After a change that is meant: `python tools/findings_page.py`.
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page
    assert [kind for kind in FINDING_KINDS if f"| `{kind}` |" not in page] == []


def test_a_page_with_another_list_is_noticed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page.replace("\n| `oversold`", "\n| `undersold`")) == page
