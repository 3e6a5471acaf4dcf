"""Label pictures: a code that phones can read, and beside it in words what the code is for.

`label_png` makes the picture for a printer, `label_svg` the drawing for a page or a printing house; both
stand on one layout and show the same modules. The domain is printed in words beside the code, so that whoever
scans can compare it with the address the phone shows: a forged label leads to another one. Beside a code that
only a machine can tell from its neighbour stands the batch number that people use. Whether a label may be
printed at all (a recall stands) is decided by the gate, what the text says by whoever asks for the label, and
many labels at once are made in `sheets_of_labels`.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw

from ledger.errors import Malformed, Refusal, TooLarge, Words
from scanner._fonts import chinese_typeface
from scanner._layout import DOMAIN_CAPTION, LOOKUP_CAPTION, Layout, ModuleTooSmall, Paper, laid_out
from scanner._typesetting import MM_PER_INCH, Block, LabelTooSmall
from scanner.codes import address_host
from scanner.symbols import Modules, SymbolKind, check_carries, modules_of, qr_modules, shape_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "CharacterNotInFont",
    "DomainDiffers",
    "LabelSizeNotPossible",
    "LabelText",
    "LabelTooSmall",
    "ModuleTooSmall",
    "advice_on",
    "check_glyphs",
    "label_layout",
    "label_png",
    "label_svg",
    "qr_modules",
    "typeface_folder",
]

CHARACTERS_MAX = {"code": 300, "product": 200, "batch": 60, "maker": 200, "domain": 100}
READABLE_CHARACTERS_MAX = 60
EXTRA_LINES_MAX = 4
#: Texts that were looked at before: all labels of a batch have the same.
TEXTS_KEPT_MAX = 512
EXTRA_CHARACTERS_MAX = 60

LABEL_MM_MIN, LABEL_MM_MAX = 15, 210
DPI_MIN, DPI_MAX = 150, 600

#: A code with a signature has a third more modules a side, and so is read from a third nearer: below this it costs trouble at a shelf.
SIGNED_MM_GOOD = 25

#: What a browser or a printing house sets the SVG in.
FONT_FAMILIES = (
    "'Noto Sans SC','Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif"
)

_WEIGHTS = {"regular": 400, "bold": 700}
_CODE = re.compile("[!-~]+")
_ADDRESS = re.compile("https?:", re.IGNORECASE)


class DomainDiffers(Refusal):
    """The code leads elsewhere than the domain in words says: the very thing a forger prints."""

    title = Words(zh="印的网址与码里的网址不一致", en="the printed domain is not the one in the code")


class CharacterNotInFont(Refusal):
    """A character would come out as a box."""

    title = Words(zh="有打印不出来的字", en="a character cannot be printed")


class LabelSizeNotPossible(Refusal):
    """No printer of ours makes labels of that size or fineness."""

    title = Words(zh="标签尺寸不对", en="no such label size")


@dataclass(frozen=True, slots=True)
class LabelText:
    """What stands on a label. Spaces are made plain and invisible marks taken out, no more."""

    code: str
    product: str
    batch: str
    maker: str
    domain: str
    extra: tuple[str, ...] = ()
    #: The code in characters for whoever cannot scan it, and what it is called; empty where the batch number says it all.
    readable: str = ""
    readable_name: str = "追溯码"
    symbol: SymbolKind = "qr"
    #: The code carries its maker's signature.
    is_signed: bool = False

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            # Other characters have no agreed encoding in a QR code: each phone would guess its own way.
            expected = Words(zh="可见的 ASCII 字符", en="visible ASCII characters")
            raise Malformed(field="code", came=self.code, expected=expected)
        check_carries(self.code, self.symbol)
        for field, most in CHARACTERS_MAX.items():
            object.__setattr__(self, field, _printable(field, getattr(self, field), most))
        if len(self.extra) > EXTRA_LINES_MAX:
            expected = Words(zh=f"最多 {EXTRA_LINES_MAX} 行", en=f"at most {EXTRA_LINES_MAX} lines")
            raise TooLarge(field="extra", came=len(self.extra), expected=expected)
        extra = (_printable(f"extra[{n}]", line, EXTRA_CHARACTERS_MAX) for n, line in enumerate(self.extra))
        object.__setattr__(self, "extra", tuple(extra))
        if self.readable:
            object.__setattr__(
                self, "readable", _printable("readable", self.readable, READABLE_CHARACTERS_MAX)
            )
        if _ADDRESS.match(self.code) and (host := address_host(self.code, field="code")) != self.domain:
            raise DomainDiffers(field="domain", came=self.domain, expected=Words(zh=host, en=host))

    def blocks(self) -> tuple[Block, ...]:
        """The words beside the code, the most important first."""
        return (
            Block(self.product, 3.6, "bold", may_be_cut=True),
            Block(self.batch, 2.7, "bold", caption="批号"),
            *((Block(self.readable, 2.3, caption=self.readable_name),) if self.readable else ()),
            *(Block(line, 2.3) for line in self.extra),
            Block(self.maker, 2.3, may_be_cut=True),
        )

    def address(self) -> Block:
        """The domain in words: to be compared with what the phone shows, or to be typed."""
        caption = DOMAIN_CAPTION if _ADDRESS.match(self.code) else LOOKUP_CAPTION
        return Block(self.domain, 2.3, "bold", caption=caption)


def label_png(text: LabelText, *, dpi: int = 300, width_mm: float = 50, height_mm: float = 30) -> bytes:
    """The label as a printer takes it: grey, with the fineness written into the file."""
    check_glyphs(text)
    typeface, modules = chinese_typeface(), _modules(text)
    layout = label_layout(text, len(modules[0]), dpi=dpi, width_mm=width_mm, height_mm=height_mm)
    picture = Image.new("L", (layout.paper.width, layout.paper.height), 255)
    grey = bytes(0 if dark else 255 for row in modules for dark in row)
    code, place = Image.frombytes("L", (len(modules[0]), len(modules)), grey), layout.code
    picture.paste(code.resize((place.width, place.height), Image.Resampling.NEAREST), (place.x, place.y))
    draw = ImageDraw.Draw(picture)
    rule = layout.rule
    draw.rectangle((rule.x, rule.y, rule.x + rule.width - 1, rule.y + rule.height - 1), fill=0)
    for line in layout.lines:
        draw.text(
            (line.x, line.baseline), line.text, font=typeface.at(line.size, line.weight), fill=0, anchor="ls"
        )
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), compress_level=6)
    return out.getvalue()


def label_svg(text: LabelText, *, dpi: int = 300, width_mm: float = 50, height_mm: float = 30) -> bytes:
    """The label as a drawing that needs no other file: one path for the code, real text for the words."""
    modules = _modules(text)
    layout = label_layout(text, len(modules[0]), dpi=dpi, width_mm=width_mm, height_mm=height_mm)
    paper, rule, code = layout.paper, layout.rule, layout.code
    scale = f"{layout.module}" if len(modules) > 1 else f"{layout.module} {code.height}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_mm:g}mm" height="{height_mm:g}mm"'
        f' viewBox="0 0 {paper.width} {paper.height}" role="img">'
    )
    lines = (
        # The measured width belongs to the drawing: in another typeface a line still ends where it should.
        f'<text x="{line.x}" y="{line.baseline}" font-size="{line.size}" font-weight="{_WEIGHTS[line.weight]}" '
        f'textLength="{line.width:.1f}" lengthAdjust="spacingAndGlyphs">{escape(line.text)}</text>'
        for line in layout.lines
    )
    parts = (
        head,
        f"<title>{escape(text.product)} {escape(text.batch)}</title>",
        f'<rect width="{paper.width}" height="{paper.height}" fill="#fff"/>',
        f'<g transform="translate({code.x} {code.y}) scale({scale})" shape-rendering="crispEdges">',
        f'<path d="{_path(modules)}"/></g>',
        f'<rect x="{rule.x}" y="{rule.y}" width="{rule.width}" height="{rule.height}"/>',
        f'<g font-family="{FONT_FAMILIES}" xml:space="preserve">',
        *lines,
        "</g></svg>",
    )
    return "\n".join(parts).encode() + b"\n"


def label_layout(text: LabelText, across: int, *, dpi: int, width_mm: float, height_mm: float) -> Layout:
    """Where everything stands on a label of that size with a symbol of so many modules from left to right; refused where no printer makes it or nobody could scan it."""
    if not DPI_MIN <= dpi <= DPI_MAX:
        expected = Words(zh=f"{DPI_MIN} 到 {DPI_MAX} dpi", en=f"{DPI_MIN} to {DPI_MAX} dpi")
        raise LabelSizeNotPossible(field="dpi", came=dpi, expected=expected)
    for field, mm in (("width_mm", width_mm), ("height_mm", height_mm)):
        if not LABEL_MM_MIN <= mm <= LABEL_MM_MAX:
            expected = Words(
                zh=f"{LABEL_MM_MIN} 到 {LABEL_MM_MAX} mm", en=f"{LABEL_MM_MIN} to {LABEL_MM_MAX} mm"
            )
            raise LabelSizeNotPossible(field=field, came=mm, expected=expected)
    paper = Paper(round(width_mm * dpi / MM_PER_INCH), round(height_mm * dpi / MM_PER_INCH), dpi)
    return laid_out(
        paper,
        chinese_typeface(),
        shape=shape_of(across, text.symbol),
        column=text.blocks(),
        address=text.address(),
    )


def advice_on(text: LabelText, layout: Layout) -> tuple[Words, ...]:
    """What would make this label better, where it is good enough to be printed."""
    side_mm = layout.code.width * MM_PER_INCH / layout.paper.dpi
    if text.is_signed and side_mm < SIGNED_MM_GOOD:
        return (
            Words(
                zh=f"带签名的码宜印到 {SIGNED_MM_GOOD} mm 以上，现为 {side_mm:.1f} mm：手机要靠得更近",
                en=f"a signed code is best printed {SIGNED_MM_GOOD} mm or larger, this one is {side_mm:.1f} mm: phones must come nearer",
            ),
        )
    return ()


def check_glyphs(text: LabelText) -> None:
    """Raise for a character that would come out as a box."""
    typeface = chinese_typeface()
    for field, words in _words(text):
        if missing := typeface.missing(words):
            expected = Words(
                zh=f"字库里有的字；缺 {missing}", en=f"characters the typeface has; missing {missing}"
            )
            raise CharacterNotInFont(field=field, came=words, expected=expected)


def typeface_folder() -> Path:
    """Where the Chinese typeface lies, for other printed sheets."""
    return chinese_typeface().path.parent


def _modules(text: LabelText) -> Modules:
    return qr_modules(text.code) if text.symbol == "qr" else modules_of(text.code, text.symbol)


def _path(modules: Modules) -> str:
    """Every run of dark modules as a rectangle, in units of one module."""
    runs = []
    for y, row in enumerate(modules):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                runs.append(f"M{start} {y}h{x - start}v1h{start - x}z")
            x += 1
    return "".join(runs)


@lru_cache(maxsize=TEXTS_KEPT_MAX)
def _printable(field: str, text: str, characters_max: int) -> str:
    """The text with plain spaces and without marks that nobody sees, such as a zero-width space."""
    shown = " ".join("".join(c for c in text if unicodedata.category(c) != "Cf").split())
    if not shown or not shown.isprintable():
        raise Malformed(field=field, came=text, expected=Words(zh="看得见的文字", en="text that can be seen"))
    if len(shown) > characters_max:
        expected = Words(zh=f"不超过 {characters_max} 个字符", en=f"at most {characters_max} characters")
        raise TooLarge(field=field, came=text, expected=expected)
    return shown


def _words(text: LabelText) -> tuple[tuple[str, str], ...]:
    extra = ((f"extra[{n}]", line) for n, line in enumerate(text.extra))
    return (
        ("product", text.product),
        ("batch", text.batch),
        ("maker", text.maker),
        ("domain", text.domain),
        ("readable", text.readable),
        *extra,
    )
