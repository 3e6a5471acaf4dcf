"""Lists for spreadsheets, in which a name stays a name: no cell is read as a formula by the program that opens it.

A text that begins like a formula gets an apostrophe in front, as the programs themselves show a text that is meant literally (OWASP ASVS 1.2.10).
Signs in full width count as well: some programs take them for the narrow ones. `plain` is the way back.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARK: Final = "'"
#: How a formula may begin; an apostrophe, so that the way back is clear.
_BEGINNINGS: Final = tuple("=+-@\t\r\n\0|%\uff1d\uff0b\uff0d\uff20'")
#: A spreadsheet on Windows takes a file without this mark for GBK.
BYTE_ORDER_MARK: Final = "\ufeff"


def like_a_formula(text: str) -> bool:
    """Whether a spreadsheet might read the text as something to be worked out."""
    # Programs skip blanks before they look for the sign.
    return text.lstrip(" \u00a0\u3000").startswith(_BEGINNINGS)


def cell(text: str) -> str:
    """The text as a spreadsheet may hold it."""
    return f"{MARK}{text}" if like_a_formula(text) else text


def plain(held: str) -> str:
    """The text again."""
    return held.removeprefix(MARK)


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows as RFC 4180 text, every cell in quotes."""
    written = io.StringIO()
    written.write(BYTE_ORDER_MARK)
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([cell(text) for text in row] for row in rows)
    return written.getvalue().encode("utf-8")
