"""Labels in ZPL II, the language that label printers take (Zebra's, and what prints like them).

Every label is made of graphics of our own dots (^GF), Chinese letters and code alike. The printer's own fonts and its own QR code would be shorter,
but which Chinese font a printer has, and how it fits a code into a version, differs from printer to printer: what was checked here is what
is printed there. A graphic is packed the old way, in hexadecimal letters with repeat counts, which copies of these printers know too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from ledger.errors import Malformed, Words
from scanner.sheets_of_labels import check_count, drawings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scanner._drawing import Drawing, Ink
    from scanner.labels import LabelText

#: The fineness of label printers.
ZPL_DPI: Final = (203, 300, 600)
#: ^PQ takes eight digits.
COPIES_MAX: Final = 99_999_999
#: Bitmaps kept packed: the lines that all labels of a batch have.
GRAPHICS_KEPT_MAX: Final = 256

#: Repeat counts in front of a letter: g to z for twenties, G to Y for ones.
_TWENTIES: Final = " ghijklmnopqrstuvwxyz"
_ONES: Final = " GHIJKLMNOPQRSTUVWXY"
_COUNT_MAX: Final = 20 * 20
_RUN: Final = re.compile(r"(.)\1{2,399}")


def labels_zpl(texts: Sequence[LabelText], *, dpi: int, width_mm: float, height_mm: float) -> bytes:
    """The labels, each read back; the same one many times over is sent once with a count."""
    check_count(texts)
    if dpi not in ZPL_DPI:
        known = ", ".join(map(str, ZPL_DPI))
        raise Malformed(field="dpi", came=dpi, expected=Words(zh=f"{known} dpi", en=f"{known} dpi"))
    made = drawings(texts, dpi=dpi, width_mm=width_mm, height_mm=height_mm)
    return "".join(_format(drawing, sum(1 for _ in same)) for drawing, same in groupby(made)).encode("ascii")


def _format(drawing: Drawing, copies: int) -> str:
    assert copies <= COPIES_MAX
    paper = drawing.layout.paper
    fields = "".join(f"^FO{part.x},{part.y}{_graphic(part.ink)}" for part in drawing.parts)
    # ^PW and ^LL: the size. ^LH and ^LS: no shift that an earlier job has left. ^FO: from the top left corner.
    return f"^XA^PW{paper.width}^LL{paper.height}^LH0,0^LS0{fields}^PQ{copies}^XZ\n"


@lru_cache(maxsize=GRAPHICS_KEPT_MAX)
def _graphic(ink: Ink) -> str:
    size, row = len(ink.bits), (ink.width + 7) // 8
    return f"^GFA,{size},{size},{row},{_packed(ink.bits, row)}^FS"


def _packed(ink: bytes, row: int) -> str:
    """ZPL II Programming Guide, alternative data compression: `,` ends a row in zeros, `!` in ones, `:` repeats the row before."""
    lines, before = list[str](), ""
    for start in range(0, len(ink), row):
        line = ink[start : start + row].hex().upper()
        lines.append(":" if line == before else _row(line))
        before = line
    return "".join(lines)


def _row(line: str) -> str:
    end = ""
    if line.endswith("00"):
        line, end = line.rstrip("0"), ","
    elif line.endswith("FF"):
        line, end = line.rstrip("F"), "!"
    return _RUN.sub(lambda run: _count(len(run[0])) + run[1], line) + end


def _count(number: int) -> str:
    assert number <= _COUNT_MAX  # So the expression was written.
    twenties, ones = divmod(number, 20)
    return (_TWENTIES[twenties] if twenties else "") + (_ONES[ones] if ones else "")
