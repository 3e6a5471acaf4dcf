"""The Chinese typeface of printed labels: where it lies, and whether it has a glyph for every character asked
of it.

A label printed on a fresh machine must not show boxes, so the typeface is a dependency like any other: the
wheel `manimgx-fonts-cjk` carries Noto Sans CJK as Noto publishes it (SIL Open Font License 1.1). The same
file everywhere also gives the same label everywhere. Distributions that take their fonts from the system
instead are served by the file names and by fontconfig further down. What a label looks like is left to
`_layout`.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from PIL import ImageFont

Weight = Literal["regular", "bold"]

FONT_PACKAGE = "manimgx_fonts_cjk"
FONT_PACKAGE_FILE = "NotoSansCJK-VF.otf.ttc"

#: Where systems keep a Chinese sans-serif, and which face of the collection is the simplified Chinese one.
FONT_FILES: tuple[tuple[str, int], ...] = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-sans-cjk-vf-fonts/NotoSansCJK-VF.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
    ("C:/Windows/Fonts/msyh.ttc", 0),
)

#: Words that stand on every label: a file without these glyphs is no Chinese typeface, whatever it is called.
PROBE = "溯源批号网址"

#: U+10FFFF is a noncharacter (Unicode 23.7): no font has it, so it draws what the font draws for a missing
#: glyph.
MISSING = "\U0010ffff"

PROBE_SIZE_PX = 24
FONTCONFIG_SECONDS_MAX = 10
#: What is kept in memory of faces, of widths and of drawn characters: a few megabytes.
FACES_KEPT_MAX = 64
ADVANCES_KEPT_MAX = 16384
GLYPHS_KEPT_MAX = 4096


class NoChineseFont(RuntimeError):
    """The machine has no Chinese typeface. The operator reinstalls the font package."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """One font file and the face in it."""

    path: Path
    index: int

    def at(self, size_px: int, weight: Weight) -> ImageFont.FreeTypeFont:
        """The typeface in one size."""
        return _face(self.path, self.index, size_px, weight)

    def width(self, text: str, *, size_px: int, weight: Weight) -> float:
        """How far the text reaches, in pixels."""
        # Character by character, because a text is measured again and again while it is fitted; the basic layout
        # engine knows no ligatures, and this typeface no kerning that it would apply.
        return sum(_advance(self.path, self.index, size_px, weight, character) for character in text)

    def missing(self, text: str) -> str:
        """Those characters of the text that would come out as boxes, each once and in order."""
        return "".join(c for c in dict.fromkeys(text) if not c.isspace() and not self._draws(c))

    def _draws(self, character: str) -> bool:
        return _drawn(self.path, self.index, character) != _drawn(self.path, self.index, MISSING)


@cache
def chinese_typeface() -> Typeface:
    """The typeface of this machine: the packaged one if it is there."""
    return first_chinese(
        (*_packaged(), *((Path(path), index) for path, index in FONT_FILES), *_from_fontconfig())
    )


def first_chinese(candidates: tuple[tuple[Path, int], ...]) -> Typeface:
    """The first candidate that exists, opens and draws Chinese."""
    for path, index in candidates:
        if path.is_file() and _is_chinese(typeface := Typeface(path, index)):
            return typeface
    msg = (
        f"no Chinese typeface on this machine; reinstall the Python package {FONT_PACKAGE.replace('_', '-')}"
    )
    raise NoChineseFont(msg)


def _packaged() -> tuple[tuple[Path, int], ...]:
    # The package is looked up, not imported: it is data to us, and none of its code needs to run.
    spec = importlib.util.find_spec(FONT_PACKAGE)
    if spec is None or spec.origin is None:
        return ()
    return ((Path(spec.origin).with_name(FONT_PACKAGE_FILE), 2),)


def _from_fontconfig() -> tuple[tuple[Path, int], ...]:
    program = shutil.which("fc-match")
    if program is None:
        return ()
    answer = subprocess.run(  # noqa: S603 (a fixed question to the program that the PATH of the operator names)
        [program, "--format=%{file}\n%{index}", "sans-serif:lang=zh-cn:charset=6eaf"],
        capture_output=True,
        check=False,
        text=True,
        timeout=FONTCONFIG_SECONDS_MAX,
    )
    path, _, index = answer.stdout.partition("\n")
    # Fontconfig keeps the named instance of a variable font in the upper 16 bits of the index.
    return ((Path(path), int(index) & 0xFFFF),) if path and index.isdigit() else ()


def _is_chinese(typeface: Typeface) -> bool:
    try:
        return not typeface.missing(PROBE)
    except OSError:
        return False  # A file that FreeType cannot open: the next candidate is asked.


@lru_cache(maxsize=FACES_KEPT_MAX)
def _face(path: Path, index: int, size_px: int, weight: Weight) -> ImageFont.FreeTypeFont:
    # The basic layout engine is compiled into Pillow; the other one depends on libraries that differ between
    # machines.
    face = ImageFont.truetype(path, size_px, index=index, layout_engine=ImageFont.Layout.BASIC)
    try:
        axes = face.get_variation_axes()
    except OSError:
        return face  # Not a variable font: it has the one weight.
    if [axis["name"] for axis in axes] == [b"Weight"]:
        face.set_variation_by_axes([700 if weight == "bold" else 450])
    return face


@lru_cache(maxsize=ADVANCES_KEPT_MAX)
def _advance(path: Path, index: int, size_px: int, weight: Weight, character: str) -> float:
    return float(_face(path, index, size_px, weight).getlength(character))


@lru_cache(maxsize=GLYPHS_KEPT_MAX)
def _drawn(path: Path, index: int, character: str) -> bytes:
    face = _face(path, index, PROBE_SIZE_PX, "regular")
    mask, offset = face.getmask2(character, mode="L")
    return repr((mask.size, offset)).encode() + bytes(mask)
