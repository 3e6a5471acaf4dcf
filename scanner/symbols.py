"""The symbols that carry a code: QR, Data Matrix, Code 128, as modules without a printer.

Two writers make the QR: `qrcode` for one label, whose source is short enough to be read by whoever doubts a symbol, and zxing-cpp for
sheets, which is thirty times quicker. Both are read back alike; a sheet says which of them it is by nothing. How large a module must be
printed belongs to the kind (`Shape`), where it stands on a label to `_layout`, how it is drawn to `labels` and `_drawing`.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import Final, Literal

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from zxingcpp import BarcodeFormat, create_barcode

from ledger.errors import Malformed, Refusal, Words

SymbolKind = Literal["qr", "data_matrix", "code_128"]

#: Modules as they are printed: rows from the top, True for dark. Bars have one row.
Modules = tuple[tuple[bool, ...], ...]

#: ISO/IEC 18004: four light modules on every side of a QR code.
QUIET_MODULES: Final = 4
#: ISO/IEC 16022 asks for one; phones are content with two.
QUIET_MODULES_DATA_MATRIX: Final = 2
#: ISO/IEC 15417: ten at either end of the bars.
QUIET_MODULES_BARS: Final = 10

#: A finer module is lost by the cameras of cheap phones and by thermal printers.
MODULE_MM_MIN: Final = 0.33
#: GS1 General Specifications 5.12.3: the narrowest module at a shop's till. Down to here words come before size.
MODULE_MM_GOOD: Final = 0.396
#: Bars are read along a whole line, so they may be a little finer. Those of a quarter of a millimetre are lost when slightly out of focus.
BAR_MM_MIN: Final = 0.3
BAR_MM_GOOD: Final = 0.33
#: Symbols of few modules need not grow with the label: the words need the room.
DATA_MATRIX_MM_MAX: Final = 0.75
BAR_MM_MAX: Final = 0.5

#: As many digits in a row get a segment of their own in the code, where a digit costs 3.3 bits and not 8.
NUMERIC_SEGMENT_MIN: Final = 8
#: A symbol for its own sake, as a picture: dots of one module where nothing else is asked for.
PICTURE_DOTS: Final = 10

_FORMATS: Final = {
    "qr": BarcodeFormat.QRCode,
    "data_matrix": BarcodeFormat.DataMatrix,
    "code_128": BarcodeFormat.Code128,
}
_ADDRESS: Final = re.compile("https?:", re.IGNORECASE)
_DIGITS: Final = re.compile("[0-9]{6,32}")


class SymbolNotForCode(Refusal):
    """Phones would not follow an address in that symbol, or bars would be longer than any label."""

    title = Words(zh="这种码不能用这种符号印", en="that symbol does not carry this code")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a symbol asks of the place where it is printed. `across`: its modules from left to right, without the quiet zone."""

    across: int
    quiet: int = QUIET_MODULES
    module_mm_min: float = MODULE_MM_MIN
    module_mm_good: float = MODULE_MM_GOOD
    module_mm_max: float = 10
    is_bars: bool = False

    @property
    def whole(self) -> int:
        """Its modules with the quiet zone."""
        return self.across + 2 * self.quiet


def qr_modules(code: str) -> Modules:
    """The modules of the QR code for a text, without its quiet zone."""
    # Level M: still read with 15 % of it lost. Level L fails on curved packs, Q makes the modules too fine.
    qr = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    qr.add_data(code, optimize=NUMERIC_SEGMENT_MIN)
    qr.make()
    return tuple(tuple(bool(dark) for dark in row) for row in qr.get_matrix())


def modules_of(code: str, kind: SymbolKind = "qr") -> Modules:
    """The modules of any symbol, made the quick way."""
    picture = symbol_picture(code, kind)
    width, grey = picture.width, picture.tobytes()
    return tuple(
        tuple(value == 0 for value in grey[y * width : (y + 1) * width]) for y in range(picture.height)
    )


def check_carries(code: str, kind: SymbolKind) -> None:
    """Raise unless a symbol of this kind is one that whoever scans such a code expects."""
    if kind != "qr" and _ADDRESS.match(code):
        # The camera of a phone follows an address from a QR code only.
        raise SymbolNotForCode(field="symbol", came=kind, expected=Words(zh="二维码（QR）", en="a QR code"))
    if kind == "code_128" and not _DIGITS.fullmatch(code):
        expected = Words(zh="6 至 32 位数字的码", en="a code of 6 to 32 digits")
        raise SymbolNotForCode(field="code", came=code, expected=expected)


def shape_of(across: int, kind: SymbolKind = "qr") -> Shape:
    """What a symbol of so many modules from left to right asks of its place."""
    if kind == "code_128":
        return Shape(across, QUIET_MODULES_BARS, BAR_MM_MIN, BAR_MM_GOOD, BAR_MM_MAX, is_bars=True)
    if kind == "data_matrix":
        return Shape(across, QUIET_MODULES_DATA_MATRIX, module_mm_max=DATA_MATRIX_MM_MAX)
    return Shape(across)


def qr_png(code: str, *, module_dots: int = PICTURE_DOTS) -> bytes:
    """The bare QR code as a picture with its quiet zone, made the quick way: for whoever sets labels himself."""
    if not 1 <= module_dots <= PICTURE_DOTS * 4:
        expected = Words(zh=f"1 至 {PICTURE_DOTS * 4}", en=f"1 to {PICTURE_DOTS * 4}")
        raise Malformed(field="module_dots", came=module_dots, expected=expected)
    symbol = symbol_picture(code, "qr")
    side, quiet = symbol.width * module_dots, QUIET_MODULES * module_dots
    whole = side + 2 * quiet
    wide = Image.new("1", (whole, symbol.height), 1)
    wide.paste(symbol.resize((side, symbol.height), Image.Resampling.NEAREST), (quiet, 0))
    row = (whole + 7) // 8
    bits = wide.tobytes()
    # PNG (ISO/IEC 15948) 9.2: filter type 0 in front of every row. A row of modules is many equal rows of dots.
    rows = (b"\0" + bits[start : start + row] for start in range(0, len(bits), row))
    white = (b"\0" + b"\xff" * row) * quiet
    dots = white + b"".join(one * module_dots for one in rows) + white
    head = whole.to_bytes(4, "big") * 2 + b"\x01\0\0\0\0"
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(dots, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")
        for name, content in parts
    )


def symbol_picture(code: str, kind: SymbolKind) -> Image.Image:
    """The symbol with one pixel for each module, black or white, made the quick way; bars are one pixel high."""
    more = {"ec_level": "M"} if kind == "qr" else {"force_square": True} if kind == "data_matrix" else {}
    picture = Image.fromarray(
        create_barcode(code, _FORMATS[kind], **more).to_image(scale=1, add_quiet_zones=False)
    )
    return picture.crop((0, 0, picture.width, 1)) if kind == "code_128" else picture
