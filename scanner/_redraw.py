"""The child process that draws one picture again: `python -I -m scanner._redraw`.

Only what can be seen goes into the new file. The place where a photo was taken, the camera's number, thumbnails, comments, a second file
hidden behind the first: none of it is copied. The bytes come on standard input; a line of JSON and the new file go to standard output.
The same bytes give the same file, as long as the encoders are the same. What the answer means to the sender is left to `papers`.
"""

from __future__ import annotations

import io
import json
import math
import sys
import warnings

from PIL import Image

from scanner._confined import confine
from scanner._reader import PICTURE_FORMATS, UPRIGHT, orientation_of

#: 90 leaves small print as it was; 4:4:4 because a red seal over black letters is read by its colour alone.
SAVED_AS: dict[str, dict[str, int]] = {
    "JPEG": {"quality": 90, "subsampling": 0},
    "PNG": {"compress_level": 6},
    "WEBP": {"quality": 90, "method": 2},
}
#: A picture that came out longer than may be kept is drawn smaller, as often as it takes.
SMALLER = 0.75


def main(arguments: list[str]) -> None:
    """Draw one picture again. The arguments limit its pixels, what is kept of them, the bytes of the new file, memory and time."""
    pixels_max, kept_pixels_max, bytes_max, memory_bytes_max, cpu_seconds_max = map(int, arguments)
    warm_up()
    confine(memory_bytes_max=memory_bytes_max, cpu_seconds_max=cpu_seconds_max)
    Image.MAX_IMAGE_PIXELS = pixels_max
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    refused, content = None, b""
    try:
        content = drawn_again(sys.stdin.buffer.read(), kept_pixels_max=kept_pixels_max, bytes_max=bytes_max)
    except MemoryError:
        refused = "memory"
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        refused = "pixels"
    except Exception:  # noqa: BLE001 (a broken picture may raise anything in a decoder)
        refused = "broken"
    sys.stdout.buffer.write(json.dumps({"refused": refused}).encode() + b"\n" + content)


def warm_up() -> None:
    """Draw a picture of every kind, because Pillow loads its parts when they are needed and later it cannot."""
    # Phones with two lenses write MPO: a JPEG with another one after it.
    for file_format in ("MPO", "PNG", "WEBP"):
        picture, file = Image.new("RGB", (8, 8)), io.BytesIO()
        picture.save(file, file_format, exif=Image.Exif(), save_all=True, append_images=[picture])
        drawn_again(file.getvalue(), kept_pixels_max=16, bytes_max=10_000)


def drawn_again(data: bytes, *, kept_pixels_max: int, bytes_max: int) -> bytes:
    """The picture upright in a new file of the same kind: of several pictures the first, and of its colours what a screen shows."""
    picture = Image.open(io.BytesIO(data), formats=PICTURE_FORMATS)
    file_format = "JPEG" if picture.format == "MPO" else str(picture.format)
    turn = UPRIGHT.get(orientation_of(picture))
    share = min(1.0, math.sqrt(kept_pixels_max / (picture.width * picture.height)))
    size = _scaled(picture.size, share)
    # A JPEG decoder can leave out detail while it decodes.
    picture.draft(None, size)
    drawn = _shrunk(_plain(picture), size)
    if turn is not None:
        drawn = drawn.transpose(turn)
    while len(content := _encoded(drawn, file_format)) > bytes_max:
        drawn = _shrunk(drawn, _scaled(drawn.size, SMALLER))
    return content


def _plain(picture: Image.Image) -> Image.Image:
    """The picture in one of the few ways that every encoder here takes: grey or coloured, with or without transparency."""
    if picture.mode.startswith(("I", "F")):
        # Sixteen bits of grey: Pillow would clip them to eight, and the picture would be white.
        return picture.convert("F").point(lambda value: value * (1 / 256)).convert("L")
    mode = "L" if picture.mode in {"1", "L"} else "RGB"
    mode = "RGBA" if picture.has_transparency_data else mode
    # A copy of forty million pixels would be one too many.
    return picture if picture.mode == mode else picture.convert(mode)


def _shrunk(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    return picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC)


def _scaled(size: tuple[int, int], share: float) -> tuple[int, int]:
    return max(1, int(size[0] * share)), max(1, int(size[1] * share))


def _encoded(picture: Image.Image, file_format: str) -> bytes:
    # Pillow takes comments and colour profiles along unless there are none.
    picture.info = {}
    out = io.BytesIO()
    picture.save(out, file_format, **SAVED_AS[file_format])
    return out.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
