"""What becomes of a label on paper and in front of a phone: files turned into dots by other programs than the one that made them, then bent and blurred.

`pdf_pages` lets Typst's own PDF reader draw the pages, `zpl_labels` is a label printer that knows the few words we send it, `svg_label` draws
the modules and leaves the words out. `WAYS` are what a phone's camera makes of a print: sizes are those of the world, in millimetres, so
that a finer module suffers more, as it does there.
"""

from __future__ import annotations

import io
import math
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import typst
from PIL import Image, ImageDraw, ImageFilter, ImageOps
from zxingcpp import TextMode, read_barcodes

if TYPE_CHECKING:
    from scanner.symbols import Modules

MM_PER_INCH: Final = 25.4
#: Pixels for a millimetre of the label: a phone a hand's breadth away, then a little nearer and a little farther, as a hand moves.
DISTANCES: Final = (12, 14, 10)
ANGLE: Final = 23
BARS_ANGLE: Final = 5
SVG: Final = "{http://www.w3.org/2000/svg}"

_GRAPHIC: Final = re.compile(r"\^FO(\d+),(\d+)\^GFA,(\d+),(\d+),(\d+),([^^]*)\^FS")
_LABEL: Final = re.compile(r"\^XA\^PW(\d+)\^LL(\d+)\^LH0,0\^LS0((?:\^FO.*?\^FS)*)\^PQ(\d+)\^XZ\n")
_PACKED: Final = re.compile(r"([G-Yg-z]*)([0-9A-F])|([,!:])")
_NUMBER: Final = re.compile(r"[\d.]+")


def pdf_pages(content: bytes, *, dpi: int) -> list[Image.Image]:
    """The pages of a PDF in grey."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "labels.pdf").write_bytes(content)
        count = len(re.findall(rb"/Type/Page/", content))
        pages = "\n#pagebreak()\n".join(f'#image("labels.pdf", page: {page + 1})' for page in range(count))
        (root / "pages.typ").write_text(f"#set page(width: auto, height: auto, margin: 0pt)\n{pages}\n")
        made = typst.Compiler(str(root / "pages.typ"), root=folder).compile(format="png", ppi=float(dpi))
        pictures = [made] if isinstance(made, bytes) else made or []
        return [Image.open(io.BytesIO(one)).convert("L") for one in pictures]


def zpl_labels(content: bytes) -> list[tuple[Image.Image, int]]:
    """Every label that a ZPL file asks for, with the number of its copies. Anything else in the file is a mistake."""
    text = content.decode("ascii")
    assert _LABEL.sub("", text) == ""
    made = []
    for width, height, fields, copies in _LABEL.findall(text):
        label = Image.new("1", (int(width), int(height)), 1)
        assert _GRAPHIC.sub("", fields) == ""
        for x, y, size, whole, row, packed in _GRAPHIC.findall(fields):
            bits = _unpacked(packed, int(row))
            assert len(bits) == int(size) == int(whole)
            mask = Image.frombytes("1", (int(row) * 8, len(bits) // int(row)), bits)
            label.paste(0, (int(x), int(y)), mask)
        made.append((label.convert("L"), int(copies)))
    return made


def _unpacked(packed: str, row: int) -> bytes:
    """ZPL II: letters in front of a digit repeat it, `,` and `!` fill the row, `:` repeats the row before."""
    assert _PACKED.sub("", packed) == ""
    rows, line = list[str](), ""
    for counts, digit, special in _PACKED.findall(packed):
        if special == ":":
            assert line == ""
            rows.append(rows[-1])
            continue
        if special:
            line += ("0" if special == "," else "F") * (2 * row - len(line))
        else:
            line += digit * (sum(map(_times, counts)) or 1)
        if len(line) == 2 * row:
            rows.append(line)
            line = ""
        assert len(line) < 2 * row
    assert line == ""
    return bytes.fromhex("".join(rows))


def _times(letter: str) -> int:
    return ord(letter) - ord("F") if letter.isupper() else 20 * (ord(letter) - ord("f"))


def svg_label(content: bytes) -> Image.Image:
    """The rectangles and the modules of our own drawing, one pixel for each of its units."""
    svg = ET.fromstring(content)  # noqa: S314 (our own drawing)
    _, _, width, height = (int(number) for number in svg.attrib["viewBox"].split())
    picture = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(picture)
    group, rule = svg.find(f"{SVG}g[@transform]"), svg.findall(f"{SVG}rect")[1]
    assert group is not None
    x, y, *scale = (int(number) for number in _NUMBER.findall(group.attrib["transform"]))
    across, down = scale[0], scale[-1]
    path = group.find(f"{SVG}path")
    assert path is not None
    for run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.attrib["d"]):
        left, top, length = map(int, run)
        draw.rectangle(_box(x + left * across, y + top * down, length * across, down), fill=0)
    draw.rectangle(_box(*(int(rule.attrib[name]) for name in ("x", "y", "width", "height"))), fill=0)
    return picture


def _box(x: int, y: int, width: int, height: int) -> tuple[int, int, int, int]:
    return x, y, x + width - 1, y + height - 1


# In front of a phone


def seen(picture: Image.Image, *, dpi: int, px_per_mm: int) -> Image.Image:
    """The print as the camera takes it in: so many pixels for a millimetre, whatever printed it, and a little more paper around it."""
    scale = px_per_mm * MM_PER_INCH / dpi
    size = (round(picture.width * scale), round(picture.height * scale))
    small = picture.convert("L").resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    return ImageOps.expand(small, px_per_mm, 255)


def blurred(picture: Image.Image, px_per_mm: int) -> Image.Image:
    """Out of focus by an eighth of a millimetre."""
    return picture.filter(ImageFilter.GaussianBlur(px_per_mm / 8))


def faint(picture: Image.Image, px_per_mm: int) -> Image.Image:
    """A worn ribbon on grey paper, with grain."""
    grain = Image.frombytes("L", picture.size, Random(7).randbytes(picture.width * picture.height))
    grey = picture.point(lambda value: 110 + value * 70 // 255)
    return Image.blend(grey, grain, 0.12).filter(ImageFilter.GaussianBlur(px_per_mm / 15))


def curved(picture: Image.Image, px_per_mm: int) -> Image.Image:
    """Around a bottle of 70 mm across: both sides are seen at a slant."""
    radius, middle = 35 * px_per_mm, picture.width / 2
    half = round(radius * math.sin(min(middle / radius, math.pi / 2 * 0.98)))
    bent = Image.new("L", (2 * half, picture.height), 255)
    for column in range(2 * half):
        x = middle + radius * math.asin((column - half) / radius)
        strip = picture.transform(
            (1, picture.height),
            Image.Transform.EXTENT,
            (x, 0, x + 1, picture.height),
            Image.Resampling.BILINEAR,
        )
        bent.paste(strip, (column, 0))
    return bent.filter(ImageFilter.GaussianBlur(px_per_mm / 15))


def turned(picture: Image.Image, px_per_mm: int) -> Image.Image:
    """Held askew. Bars are held level, as everywhere: one line must cross them all."""
    angle = BARS_ANGLE if picture.width > 2 * picture.height else ANGLE
    askew = picture.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return askew.filter(ImageFilter.GaussianBlur(px_per_mm / 15))


Way = Callable[[Image.Image, int], Image.Image]
WAYS: Final[dict[str, Way]] = {
    "blurred": blurred,
    "faint": faint,
    "curved": curved,
    "turned": turned,
}


def read(picture: Image.Image) -> list[str]:
    """What is read in a picture at one look."""
    return [one.text for one in read_barcodes(picture, text_mode=TextMode.Plain)]


def reads(picture: Image.Image, text: str, way: Way, *, dpi: int) -> bool:
    """Whether a phone reads the text from the print, held so."""
    return any(text in read(way(seen(picture, dpi=dpi, px_per_mm=px), px)) for px in DISTANCES)


def modules_picture(modules: Modules, *, dots: int, quiet: int) -> Image.Image:
    """Bare modules on white paper."""
    width, height = len(modules[0]), len(modules)
    grey = bytes(0 if dark else 255 for row in modules for dark in row)
    small = Image.frombytes("L", (width, height), grey)
    whole = Image.new("L", ((width + 2 * quiet) * dots, (height + 2 * quiet) * dots), 255)
    whole.paste(small.resize((width * dots, height * dots), Image.Resampling.NEAREST), (quiet * dots,) * 2)
    return whole
