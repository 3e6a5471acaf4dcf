"""Labels in numbers: the papers they are printed on, and many of them as one PDF.

The file holds dots, not letters: each label is drawn as the printer will print it (`_drawing`), its code is read back, and the same dots go
into the PDF at whole dots of the printer's fineness. A line of words that stands on every label is in the file once. Viewers are told not to
scale. Typst sets the other sheets of paper; for labels it is too slow by an order of magnitude (`docs/decisions/0038-label-sheets.md`).
"""

from __future__ import annotations

import tomllib
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from ledger.errors import Malformed, TooLarge, UnknownName, Words
from scanner._drawing import Drawing, drawn
from scanner._fonts import chinese_typeface
from scanner._typesetting import MM_PER_INCH
from scanner.labels import LabelText, advice_on, check_glyphs, label_layout
from scanner.symbols import symbol_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scanner._drawing import Ink
    from scanner._layout import Layout

#: Every office printer prints whole multiples of it, so that its dots fall on whole dots; a finer one may be asked for.
SHEET_DPI: Final = 300
#: Labels of one file. More is a job for a printing house.
SHEET_LABELS_MAX: Final = 1_000
POINTS_PER_INCH: Final = 72

_FILE: Final = Path(__file__).with_name("label_sheets.toml")


@dataclass(frozen=True, slots=True)
class SheetTemplate:
    """A paper with labels on it, in millimetres."""

    name: str
    title: Words
    paper: tuple[float, float]
    across: int
    down: int
    label: tuple[float, float]
    first: tuple[float, float]
    gap: tuple[float, float]
    inset: tuple[float, float]

    @classmethod
    def read(cls, name: str, told: Mapping[str, object]) -> Self:
        """A table of the file."""
        pairs = {field: _pair(told[field]) for field in ("paper", "label", "first", "gap", "inset")}
        across, down = told["across"], told["down"]
        assert isinstance(across, int)  # Our own file.
        assert isinstance(down, int)
        title = Words(zh=str(told["zh"]), en=str(told["en"]))
        return cls(name=name, title=title, across=across, down=down, **pairs)

    @property
    def labels(self) -> int:
        """How many labels one sheet has."""
        return self.across * self.down

    @property
    def printed(self) -> tuple[float, float]:
        """What may be printed of one label."""
        return self.label[0] - 2 * self.inset[0], self.label[1] - 2 * self.inset[1]

    def place(self, number: int) -> tuple[float, float]:
        """Where printing begins on a label of the sheet, counted from 0 along the rows."""
        row, column = divmod(number, self.across)
        x, y = (
            self.first[side] + index * (self.label[side] + self.gap[side]) + self.inset[side]
            for side, index in ((0, column), (1, row))
        )
        return x, y


@dataclass(frozen=True, slots=True)
class Sheets:
    """A PDF of labels: the file, how many sheets it has, and what would make the labels better."""

    content: bytes
    pages: int
    advice: tuple[Words, ...]


def template_of(name: str, *, field: str = "template") -> SheetTemplate:
    """The paper of that name."""
    found = TEMPLATES.get(name)
    if found is None:
        known = ", ".join(TEMPLATES)
        raise UnknownName(field=field, came=name, expected=Words(zh=known, en=known))
    return found


def sheets_pdf(
    texts: Sequence[LabelText],
    template: SheetTemplate,
    *,
    at_ms: int,
    dpi: int = SHEET_DPI,
    skip: int = 0,
) -> Sheets:
    """The labels on as many sheets as they need, the first of which has lost its first `skip` labels already."""
    check_count(texts)
    if not 0 <= skip < template.labels:
        expected = Words(zh=f"0 至 {template.labels - 1}", en=f"0 to {template.labels - 1}")
        raise Malformed(field="skip", came=skip, expected=expected)
    width_mm, height_mm = template.printed
    file, advice = _File(template, dpi), dict[Words, None]()
    for number, drawing in enumerate(drawings(texts, dpi=dpi, width_mm=width_mm, height_mm=height_mm), skip):
        file.put(drawing, number)
        advice.update(dict.fromkeys(advice_on(drawing.text, drawing.layout)))
    return Sheets(file.written(at_ms), file.pages, tuple(advice))


def drawings(texts: Iterable[LabelText], *, dpi: int, width_mm: float, height_mm: float) -> Iterator[Drawing]:
    """Every label in dots, each read back."""
    for _, group in groupby(texts, _in_common):
        alike = _Alike(tuple(group), dpi, width_mm, height_mm)
        yield from alike.drawings()


def check_count(texts: Sequence[LabelText]) -> None:
    """Raise unless there are labels, and no more than one file holds."""
    if not texts:
        expected = Words(zh="至少一张标签", en="one label at least")
        raise Malformed(field="codes", came=0, expected=expected)
    if len(texts) > SHEET_LABELS_MAX:
        most = SHEET_LABELS_MAX
        expected = Words(zh=f"一次最多 {most} 张标签", en=f"at most {most} labels at a time")
        raise TooLarge(field="codes", came=len(texts), expected=expected)


def _in_common(text: LabelText) -> tuple[object, ...]:
    """What the labels of one batch have in common: everything but the code."""
    return (
        text.product,
        text.batch,
        text.maker,
        text.domain,
        text.extra,
        text.readable_name,
        len(text.readable),
        text.symbol,
        text.is_signed,
    )


@dataclass(frozen=True, slots=True)
class _Alike:
    """Labels that differ in their code only. They share a layout, that of the widest, as far as their symbols have one size."""

    texts: tuple[LabelText, ...]
    dpi: int
    width_mm: float
    height_mm: float

    def drawings(self) -> Iterator[Drawing]:
        check_glyphs(self.texts[0])
        widest = max(self.texts, key=lambda one: _width(one.readable))
        shared: dict[int, Layout] = {}
        last: Drawing | None = None
        for text in self.texts:
            if last is None or last.text != text:
                symbol = symbol_picture(text.code, text.symbol)
                if symbol.width not in shared:
                    shared[symbol.width] = self._layout(widest, symbol.width)
                layout = _with_own(shared[symbol.width], widest, text) or self._layout(text, symbol.width)
                last = drawn(text, symbol, layout)
            yield last

    def _layout(self, text: LabelText, across: int) -> Layout:
        return label_layout(text, across, dpi=self.dpi, width_mm=self.width_mm, height_mm=self.height_mm)


def _with_own(layout: Layout, widest: LabelText, text: LabelText) -> Layout | None:
    """The shared layout with this label's own line; None where that line was broken, and may break elsewhere."""
    if text.readable == widest.readable:
        return layout
    if all(line.text != widest.readable for line in layout.lines):
        return None
    lines = (
        replace(line, text=text.readable, width=_width(text.readable, line.size))
        if line.text == widest.readable
        else line
        for line in layout.lines
    )
    return replace(layout, lines=tuple(lines))


def _width(text: str, size: int = 64) -> float:
    return chinese_typeface().width(text, size_px=size, weight="regular")


def _pair(told: object) -> tuple[float, float]:
    assert isinstance(told, list)  # Our own file.
    x, y = told
    return float(x), float(y)


TEMPLATES: Final = {
    name: SheetTemplate.read(name, told)
    for name, told in tomllib.loads(_FILE.read_text(encoding="utf-8")).items()
}


class _File:
    """A PDF while it is written: page by page, each bitmap once."""

    def __init__(self, template: SheetTemplate, dpi: int) -> None:
        self._template, self._dpi = template, dpi
        self._images: dict[Ink, int] = {}
        self._pages: list[list[tuple[int, int, int, Ink]]] = []

    @property
    def pages(self) -> int:
        return len(self._pages)

    def put(self, drawing: Drawing, number: int) -> None:
        """A label at its place; places are counted on from sheet to sheet."""
        page, place = divmod(number, self._template.labels)
        if page == len(self._pages):
            self._pages.append([])
        x, y = (round(mm * self._dpi / MM_PER_INCH) for mm in self._template.place(place))
        for part in drawing.parts:
            image = self._images.setdefault(part.ink, len(self._images))
            self._pages[page].append((x + part.x, y + part.y, image, part.ink))

    def written(self, at_ms: int) -> bytes:
        """The file: ISO 32000-1 7.5. The same labels and time give the same bytes."""
        # Three objects for the whole, then the bitmaps, then a page and its content for each sheet.
        images_at = 4
        pages_at = images_at + len(self._images)
        kids = " ".join(f"{pages_at + 2 * number} 0 R" for number in range(len(self._pages)))
        when = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("D:%Y%m%d%H%M%SZ")
        objects = [
            # 12.2: whoever prints shall not scale, or modules come out uneven and labels beside their places.
            b"<</Type/Catalog/Pages 2 0 R/Lang(zh-CN)/ViewerPreferences<</PrintScaling/None>>>>",
            f"<</Type/Pages/Kids[{kids}]/Count {len(self._pages)}>>".encode(),
            f"<</Producer(Suyuan)/CreationDate({when})>>".encode(),
            *(_image(ink) for ink in self._images),
        ]
        for number, page in enumerate(self._pages):
            objects += [self._page(page, content=pages_at + 2 * number + 1, images_at=images_at)]
            objects += [self._content(page)]
        return _whole(objects)

    def _page(self, page: list[tuple[int, int, int, Ink]], *, content: int, images_at: int) -> bytes:
        used = sorted({image for _, _, image, _ in page})
        named = "".join(f"/I{image} {images_at + image} 0 R" for image in used)
        width, height = (_points(mm) for mm in self._template.paper)
        return (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Resources<</XObject<<{named}>>>>"
            f"/Contents {content} 0 R>>"
        ).encode()

    def _content(self, page: list[tuple[int, int, int, Ink]]) -> bytes:
        # One unit is one dot, counted from the top: every bitmap begins on a whole dot and has its own size.
        dot = POINTS_PER_INCH / self._dpi
        lines = [f"{dot:.6f} 0 0 -{dot:.6f} 0 {_points(self._template.paper[1])} cm"]
        lines += [
            f"q {ink.width} 0 0 -{ink.height} {x} {y + ink.height} cm /I{image} Do Q"
            for x, y, image, ink in page
        ]
        return _stream(b"", "\n".join(lines).encode())


def _image(ink: Ink) -> bytes:
    # 8.9.6.2: a stencil, which paints where a bit is 1 and leaves the paper alone elsewhere. Not smoothed.
    head = (
        f"/Type/XObject/Subtype/Image/Width {ink.width}/Height {ink.height}/ImageMask true"
        f"/BitsPerComponent 1/Decode[1 0]/Interpolate false"
    )
    return _stream(head.encode(), ink.bits)


def _stream(head: bytes, content: bytes) -> bytes:
    # Dots are mostly even: packing harder takes three times as long and saves a tenth.
    packed = zlib.compress(content, 1)
    return b"<<%b/Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (head, len(packed), packed)


def _whole(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n%\xe6\xba\xaf\xe6\xba\x90\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    name = sha256(out).hexdigest()[:32].encode()
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 3 0 R/ID[<%b><%b>]>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        name,
        name,
        table,
    )
    return bytes(out)


def _points(mm: float) -> str:
    return f"{mm * POINTS_PER_INCH / MM_PER_INCH:.3f}"
