"""A label as black dots: what a laser printer, a label printer and the check before them all get, so that what was checked is what is printed.

Everything on it is a small bitmap at a place: the symbol, the rule, each line of words. A line that stands on a thousand labels is drawn
once. Where things stand comes from `_layout`, how many labels there are and on what paper from `sheets_of_labels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageChops, ImageDraw
from zxingcpp import BarcodeFormat, BarcodeFormats, TextMode, read_barcodes

from ledger.errors import Refusal, Words
from scanner._fonts import Typeface, chinese_typeface
from scanner._typesetting import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scanner._fonts import Weight
    from scanner._layout import Layout
    from scanner.labels import LabelText

#: From this grey on a dot of a letter is black: a little early, because thin strokes of small Chinese letters are grey all over.
INK_FROM: Final = 112
#: Lines kept as dots: a few megabytes.
LINES_KEPT_MAX: Final = 1024
GLYPHS_KEPT_MAX: Final = 4096
#: The check looks at so many dots for a module, as a phone does from a hand's breadth away.
CHECKED_DOTS: Final = 3

_TABLE: Final = [255 if grey >= INK_FROM else 0 for grey in range(256)]
_CHECKED: Final = {
    "qr": BarcodeFormats(BarcodeFormat.QRCode),
    "data_matrix": BarcodeFormats(BarcodeFormat.DataMatrix),
    "code_128": BarcodeFormats(BarcodeFormat.Code128),
}


class LabelUnreadable(Refusal):
    """The label was drawn and its code did not read back. It is not handed out."""

    title = Words(zh="标签上的码读不回来，不予输出", en="the code on the label does not read back")


@dataclass(frozen=True, slots=True)
class Ink:
    """A bitmap: rows from the top, eight dots to a byte, 1 for black."""

    width: int
    height: int
    bits: bytes

    def mask(self) -> Image.Image:
        """The same as a picture that is white where there is ink."""
        return Image.frombytes("1", (self.width, self.height), self.bits)


@dataclass(frozen=True, slots=True)
class Placed:
    """Ink at its place, in dots from the left and from the top of the label."""

    x: int
    y: int
    ink: Ink

    def meets(self, box: Box) -> bool:
        """Whether any of it lies in the box."""
        across = self.x < box.x + box.width and box.x < self.x + self.ink.width
        return across and self.y < box.y + box.height and box.y < self.y + self.ink.height


@dataclass(frozen=True, slots=True)
class Drawing:
    """One label at one fineness."""

    text: LabelText
    layout: Layout
    parts: tuple[Placed, ...]

    def picture(self, box: Box | None = None) -> Image.Image:
        """The label, or what of it lies in a box: black on white."""
        paper = self.layout.paper
        seen = box or Box(0, 0, paper.width, paper.height)
        picture = Image.new("1", (seen.width, seen.height), 1)
        for part in self.parts:
            if part.meets(seen):
                picture.paste(0, (part.x - seen.x, part.y - seen.y), part.ink.mask())
        return picture


def drawn(text: LabelText, symbol: Image.Image, layout: Layout) -> Drawing:
    """The label in dots; the symbol has one pixel for each module. Its code is read back first: `LabelUnreadable` where that fails."""
    drawing = Drawing(text, layout, tuple(_parts(symbol, layout)))
    check_reads_back(drawing)
    return drawing


def check_reads_back(drawing: Drawing) -> None:
    """Raise unless the code and its quiet zone, with whatever was drawn into them, read as the text they stand for."""
    layout, text = drawing.layout, drawing.text
    code = layout.code
    quiet = 2 * layout.module
    # Half of the quiet zone must do: labels are cut badly.
    box = Box(code.x - quiet, code.y - quiet, code.width + 2 * quiet, code.height + 2 * quiet)
    seen = drawing.picture(box).convert("L")
    if (coarser := layout.module // CHECKED_DOTS) > 1:
        seen = seen.reduce(coarser)
    # It lies straight and is as dark as it gets: whoever has to turn it to read it would be reading something else.
    read = read_barcodes(
        seen,
        formats=_CHECKED[text.symbol],
        text_mode=TextMode.Plain,
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    )
    if [one.text for one in read] != [text.code]:
        came = "、".join(one.text for one in read) or "—"
        raise LabelUnreadable(field="code", came=came, expected=Words(zh=text.code, en=text.code))


def _parts(symbol: Image.Image, layout: Layout) -> Iterator[Placed]:
    code, rule = layout.code, layout.rule
    yield Placed(code.x, code.y, _symbol(symbol, code.width, code.height))
    yield Placed(rule.x, rule.y, _solid(rule.width, rule.height))
    typeface = chinese_typeface()
    for line in layout.lines:
        x, y, ink = _line(typeface, line.text, line.size, line.weight)
        yield Placed(line.x + x, line.baseline + y, ink)


def _symbol(symbol: Image.Image, width: int, height: int) -> Ink:
    # Drawn one dot high, then repeated: at 600 dpi that is a tenth of the work.
    rows = symbol.height
    flat = ImageChops.invert(symbol).resize((width, rows), Image.Resampling.NEAREST)
    bits = _ink(flat).bits
    row = len(bits) // rows
    lines = (bits[start : start + row] * (height // rows) for start in range(0, len(bits), row))
    return Ink(width, height, b"".join(lines))


@lru_cache(maxsize=LINES_KEPT_MAX)
def _line(typeface: Typeface, text: str, size: int, weight: Weight) -> tuple[int, int, Ink]:
    """One line in dots, and where its top left corner stands as seen from the left end of its baseline."""
    # Put together from letters that were drawn before: of a serial number every letter was.
    reached, placed = 0.0, list[tuple[int, _Glyph]]()
    for letter in text:
        glyph = _glyph(typeface, letter, size, weight)
        placed.append((round(reached) + glyph.left, glyph))
        reached += glyph.advance
    left, right = min(x for x, _ in placed), max(x + one.mask.width for x, one in placed)
    top, bottom = min(one.top for _, one in placed), max(one.top + one.mask.height for _, one in placed)
    line = Image.new("1", (right - left, bottom - top), 0)
    for x, one in placed:
        line.paste(1, (x - left, one.top - top), one.mask)
    return left, top, Ink(line.width, line.height, line.tobytes())


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A letter in dots, as seen from where it stands on its line."""

    left: int
    top: int
    mask: Image.Image
    advance: float


@lru_cache(maxsize=GLYPHS_KEPT_MAX)
def _glyph(typeface: Typeface, letter: str, size: int, weight: Weight) -> _Glyph:
    font = typeface.at(size, weight)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(letter, anchor="ls"))
    mask = Image.new("L", (max(1, right - left), max(1, bottom - top)), 0)
    ImageDraw.Draw(mask).text((-left, -top), letter, font=font, fill=255, anchor="ls")
    dots = mask.point(_TABLE, "1")
    return _Glyph(left, top, dots, typeface.width(letter, size_px=size, weight=weight))


@lru_cache(maxsize=16)
def _solid(width: int, height: int) -> Ink:
    return _ink(Image.new("L", (width, height), 255))


def _ink(picture: Image.Image) -> Ink:
    """Dots of a picture that is black and white already."""
    return Ink(picture.width, picture.height, picture.convert("1", dither=Image.Dither.NONE).tobytes())
