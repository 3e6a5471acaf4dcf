"""The child process that opens one picture and reads the codes in it: `python -I -m scanner._reader`.

The bytes come on standard input, the answer goes to standard output as JSON, and before the first byte is
looked at the process gives up what it does not need (`_confined`). What the answer means to the sender is
left to `photo`.
"""

from __future__ import annotations

import io
import json
import re
import sys
import warnings
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageFilter, ImageOps
from zxingcpp import Barcode, BarcodeFormat, BarcodeFormats, Binarizer, ContentType, TextMode, read_barcodes

from scanner._confined import confine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PICTURE_FORMATS = ("JPEG", "PNG", "WEBP")

#: The kinds of code found on goods in China, and what we call them.
FORMATS = {
    BarcodeFormat.QRCode: "qr",
    BarcodeFormat.MicroQRCode: "micro_qr",
    BarcodeFormat.DataMatrix: "data_matrix",
    # An American UPC-A comes as the EAN-13 that begins with 0.
    BarcodeFormat.EAN13: "ean_13",
    BarcodeFormat.EAN8: "ean_8",
    BarcodeFormat.Code128: "code_128",
}

#: More pixels a side find no more codes: the fine ones in a large photo want the first, the blurred ones the
#: second.
SIDES_PX = (2000, 1280)
#: A shelf may show many codes; a sheet made of nothing but codes is cut off here.
READINGS_MAX = 64

#: What a label in China does not say: half a Katakana, letters of Western Europe.
_GUESSED = re.compile("[\x80-\xff\uff61-\uff9f]")
_VOICED = re.compile("[\uff9e\uff9f]")
_KATAKANA = re.compile(
    "(?:[\x00-\x7f\uff61-\uff9d]|[\uff73\uff76-\uff84\uff8a-\uff8e]\uff9e|[\uff8a-\uff8e]\uff9f)+"
)
#: The upper half of greys; and how little of the lower half a drawing has that is bright.
BRIGHT_MIN, DARK_SHARE_MAX = 128, 0.01

EXIF_ORIENTATION = 0x0112
#: EXIF 2.32 4.6.4: how to turn a picture upright, by its orientation tag.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Answer = dict[str, object]


def main(arguments: list[str]) -> None:
    """Read one picture."""
    warm_up()
    answer_confined(arguments, answer_for)


def answer_confined(arguments: list[str], reads: Callable[[bytes], Answer]) -> None:
    """Give up what is not needed, then read what comes. The arguments limit pixels, bytes of memory and seconds of processor time."""
    pixels_max, memory_bytes_max, cpu_seconds_max = (int(text) for text in arguments)
    confine(memory_bytes_max=memory_bytes_max, cpu_seconds_max=cpu_seconds_max)
    Image.MAX_IMAGE_PIXELS = pixels_max
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        answer = reads(sys.stdin.buffer.read())
    except MemoryError:
        answer = {"refused": "memory"}
    sys.stdout.buffer.write(json.dumps(answer).encode())


def warm_up() -> None:
    """Open a picture of every kind, because Pillow loads its parts when they are needed and later it cannot."""
    # Phones with two lenses write MPO: a JPEG with another one after it.
    for file_format in ("MPO", "PNG", "WEBP"):
        picture, file = Image.new("RGBA", (8, 8)).convert("RGB"), io.BytesIO()
        picture.save(file, file_format, exif=Image.Exif(), save_all=True, append_images=[picture])
        if answer_for(file.getvalue()) != {"refused": "no_code"}:
            raise RuntimeError(f"Pillow does not open {file_format}")


def answer_for(data: bytes) -> Answer:
    """The codes in the picture, or one word for why there are none."""
    try:
        grey, scale = upright_grey(data)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return {"refused": "pixels"}
    except (ImportError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 (a broken picture may raise anything in a decoder)
        return {"refused": "not_a_picture"}
    for picture, shrunk, binarizer in attempts(grey):
        found = read_barcodes(
            picture, formats=BarcodeFormats(list(FORMATS)), binarizer=binarizer, text_mode=TextMode.Plain
        )
        # Who looks for QR codes also finds kin of theirs that nobody here prints (rMQR): they are passed over.
        known = [code for code in found if code.text and code.format in FORMATS]
        readings = [reading(code, scale * shrunk) for code in known[:READINGS_MAX]]
        if readings:
            return {"readings": readings}
    return {"refused": "no_code"}


def upright_grey(data: bytes) -> tuple[Image.Image, float]:
    """The picture in grey, upright and no larger than helps; and how much smaller than it came it is now."""
    picture = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
    side = max(picture.size)
    turn = UPRIGHT.get(orientation_of(picture))
    # A JPEG decoder can leave out detail, and the colours, while it decodes.
    picture.draft("L", (SIDES_PX[0], SIDES_PX[0]))
    grey = _grey(picture)
    return (grey if turn is None else grey.transpose(turn)), side / max(grey.size)


def _grey(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data and picture.mode != "RGBA":
        picture = picture.convert("RGBA")
    elif picture.mode.startswith(("I", "F")):
        # Sixteen bits of grey: Pillow would clip them to eight, and the picture would be white.
        picture = picture.convert("F").point(lambda value: value * (1 / 256))
    elif picture.mode in {"P", "1"}:
        picture = picture.convert("L")
    picture.thumbnail((SIDES_PX[0], SIDES_PX[0]), Image.Resampling.BOX)
    if picture.mode == "RGBA":
        # A code saved without its paper: black on nothing, or white where the screen is dark.
        drawn = picture.getchannel("A").point(lambda value: 255 * (value >= BRIGHT_MIN))
        greys = picture.convert("L").histogram(drawn)
        is_bright = sum(greys[:BRIGHT_MIN]) < DARK_SHARE_MAX * sum(greys)
        paper = Image.new("RGBA", picture.size, "black" if is_bright else "white")
        paper.alpha_composite(picture)
        picture = paper
    return picture.convert("L")


def orientation_of(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(EXIF_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 (a broken EXIF block is no reason to lose the picture)
        return 1


def attempts(grey: Image.Image) -> Iterator[tuple[Image.Image, float, Binarizer]]:
    """The picture as it is, then what rescues bad photos, the cheap first; and how much smaller each is."""
    local, whole = Binarizer.LocalAverage, Binarizer.GlobalHistogram
    yield grey, 1.0, local
    smaller = grey.copy()
    smaller.thumbnail((SIDES_PX[1], SIDES_PX[1]), Image.Resampling.BOX)
    shrunk = max(grey.size) / max(smaller.size)
    if shrunk > 1:
        yield smaller, shrunk, local
    clear = ImageOps.autocontrast(smaller, cutoff=1)
    yield clear, shrunk, local
    yield clear, shrunk, whole
    # A picture of a screen or a coarse print: its own pattern is finer than the modules and goes away first.
    yield clear.reduce(2), 2 * shrunk, whole
    yield clear.filter(ImageFilter.GaussianBlur(2)), shrunk, local
    # Out of focus: the grain is smoothed, so that the sharpening meets the modules and not the grain.
    sharp = clear.filter(ImageFilter.GaussianBlur(1)).filter(ImageFilter.UnsharpMask(5, 500, 0))
    yield _evenly_lit(sharp), shrunk, local
    yield sharp, shrunk, local
    yield clear.resize((2 * clear.width, 2 * clear.height), Image.Resampling.BICUBIC), shrunk / 2, local


def _evenly_lit(picture: Image.Image) -> Image.Image:
    """The picture without what changes slowly across it: the shadows."""
    light = (
        picture.reduce(8).filter(ImageFilter.GaussianBlur(6)).resize(picture.size, Image.Resampling.BILINEAR)
    )
    return ImageChops.subtract(picture, light, offset=128)


def reading(code: Barcode, scale: float) -> Answer:
    """One code as it goes into the answer, its corners in pixels of the picture that came."""
    # GS1 element strings are told from plain text by the symbology identifier (ISO/IEC 15424), which scanners
    # put in front.
    text = (
        code.symbology_identifier + code.text if code.content_type == ContentType.GS1 else _in_chinese(code)
    )
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return {
        "text": text,
        "format": FORMATS[code.format],
        "corners": [{"x": round(corner.x * scale), "y": round(corner.y * scale)} for corner in corners],
    }


def _in_chinese(code: Barcode) -> str:
    """The text of a code. Bytes that do not say in which letters they are (no ECI) are guessed to be Japanese or Latin; here they are GB 18030."""
    data = bytes(code.bytes)
    if not _GUESSED.search(code.text) or _is_japanese(code.text) or _decoded(data, "utf-8") is not None:
        return code.text
    chinese = _decoded(data, "gb18030")
    beyond = [letter for letter in chinese or "" if not letter.isascii()]
    usual = len("".join(beyond).encode("gb2312", "ignore")) // 2
    return chinese if chinese is not None and 2 * usual > len(beyond) else code.text


def _is_japanese(text: str) -> bool:
    """Whether every mark of voice follows a letter that has one: bytes of Chinese come out so by the rarest chance."""
    return _VOICED.search(text) is not None and _KATAKANA.fullmatch(text) is not None


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


if __name__ == "__main__":
    main(sys.argv[1:])
