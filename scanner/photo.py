"""Reads the codes in an uploaded photo, and lets no picture harm the server.

Whoever has no camera in the browser, or no script, sends a photo. This module looks at its length and first
bytes only and hands it to a child process (`_reader`, then `_second_look`) that can do nothing but answer
(`limited`). What a code means is left to `codes`.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from ledger.errors import Refusal, TooLarge, Words
from scanner.limited import ChildLimits, Crashed, ReaderBroken, TookTooLong, ask

CodeFormat = Literal["qr", "micro_qr", "data_matrix", "ean_13", "ean_8", "code_128"]

#: The child that opens the photo, and the one that looks again where the first found no code.
READER = "scanner._reader"
SECOND_LOOK = "scanner._second_look"

#: Every answer is smaller: 64 readings of the longest QR code with every character escaped.
ANSWER_BYTES_MAX = 4 * 1024 * 1024

#: How the pictures we open begin. Anything else is not even handed to the child.
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_RIFF, _WEBP, _WEBP_AT = b"RIFF", b"WEBP", 8


class PhotoTooLarge(TooLarge):
    """More bytes than a photo needs."""

    title = Words(zh="照片文件太大", en="the photo file is too large")


class PhotoNotAPicture(Refusal):
    """Not a JPEG, PNG or WebP, or a broken one."""

    title = Words(zh="不是能打开的照片", en="not a picture that can be opened")


class PhotoBomb(Refusal):
    """A small file that unfolds into more than we are willing to hold."""

    title = Words(zh="照片展开后过大", en="the picture unfolds into too much")


class NoCodeInPhoto(Refusal):
    """The picture is fine and shows no code that can be read."""

    title = Words(zh="照片里没有认出码", en="no code could be read in the photo")


class PhotoTooSlow(Refusal):
    """Reading took longer than a person waits."""

    title = Words(zh="识别超时", en="reading the photo took too long")


@dataclass(frozen=True, slots=True)
class PhotoLimits:
    """What one photo may cost."""

    photo_bytes_max: int = 10 * 1024 * 1024
    photo_pixels_max: int = 40_000_000
    child_memory_bytes_max: int = 512 * 1024 * 1024
    child_cpu_seconds_max: int = 5
    child_seconds_max: float = 10.0
    #: The second look maps a large library before it reads the first byte.
    second_memory_bytes_max: int = 1024 * 1024 * 1024


PHOTO_LIMITS = PhotoLimits()


@dataclass(frozen=True, slots=True)
class Corner:
    """A place in the photo: pixels from the left and from the top, the photo held upright."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One code: its text, its kind, and its corners clockwise from what is its own top left."""

    text: str
    format: CodeFormat
    corners: tuple[Corner, Corner, Corner, Corner]


Refused = Literal["memory", "no_code", "not_a_picture", "pixels"]


@dataclass(frozen=True, slots=True)
class _Answer:
    readings: tuple[Reading, ...] = ()
    refused: Refused | None = None


_ANSWER = TypeAdapter(_Answer)

_PICTURE = Words(zh="JPEG、PNG 或 WebP 照片", en="a JPEG, PNG or WebP photo")
_CLEAR = Words(
    zh="清晰、完整、不反光的码，请靠近一点重拍",
    en="a sharp, whole code without glare: take it again from nearer",
)
_SMALLER = Words(zh="小一些的照片，最好是 JPEG", en="a smaller photo, best a JPEG")
_LATER = Words(zh="稍后再试，或换一张小一些的照片", en="another try later, or a smaller photo")


def read_photo(
    data: bytes, *, limits: PhotoLimits = PHOTO_LIMITS, field: str = "photo"
) -> tuple[Reading, ...]:
    """The codes in a photo, at least one; raises a `Refusal` that says why there is none."""
    if len(data) > limits.photo_bytes_max:
        mib = f"{limits.photo_bytes_max / 1024**2:g} MiB"
        expected = Words(zh=f"不超过 {mib}", en=f"at most {mib}")
        raise PhotoTooLarge(field=field, came=f"{len(data) / 1024**2:.1f} MiB", expected=expected)
    if not _looks_like_a_picture(data):
        raise PhotoNotAPicture(field=field, came=repr(data[:16]), expected=_PICTURE)
    try:
        answer = _asked(READER, data, limits, memory_bytes_max=limits.child_memory_bytes_max)
    except TookTooLong as late:
        raise PhotoTooSlow(field=field, came=f"{len(data)} B", expected=_LATER) from late
    except Crashed as crashed:
        raise PhotoNotAPicture(field=field, came=f"{len(data)} B", expected=_PICTURE) from crashed
    if answer.refused == "no_code":
        # A picture that was opened and is hard to read: that no code was found stays true, whatever becomes of the second look.
        with suppress(TookTooLong, Crashed):
            again = _asked(SECOND_LOOK, data, limits, memory_bytes_max=limits.second_memory_bytes_max)
            answer = again if again.readings else answer
    if answer.refused is not None:
        raise _refusal(answer.refused, limits, field=field, came=f"{len(data)} B")
    return answer.readings


def _looks_like_a_picture(data: bytes) -> bool:
    is_webp = data.startswith(_RIFF) and data.startswith(_WEBP, _WEBP_AT)
    return data.startswith((_JPEG, _PNG)) or is_webp


def _understood(said: bytes) -> _Answer:
    try:
        return _ANSWER.validate_json(said)
    except ValidationError as wrong:
        raise ReaderBroken("the photo reader answered in other words than ours") from wrong


def _asked(module: str, data: bytes, limits: PhotoLimits, *, memory_bytes_max: int) -> _Answer:
    confined = ChildLimits(
        memory_bytes_max=memory_bytes_max,
        cpu_seconds_max=limits.child_cpu_seconds_max,
        seconds_max=limits.child_seconds_max,
        answer_bytes_max=ANSWER_BYTES_MAX,
    )
    with ask(module, io.BytesIO(data), numbers=(limits.photo_pixels_max,), limits=confined) as said:
        return _understood(said.read())


def _refusal(refused: Refused, limits: PhotoLimits, *, field: str, came: str) -> Refusal:
    million = limits.photo_pixels_max // 1_000_000
    match refused:
        case "no_code":
            return NoCodeInPhoto(field=field, came=came, expected=_CLEAR)
        case "not_a_picture":
            return PhotoNotAPicture(field=field, came=came, expected=_PICTURE)
        case "memory":
            return PhotoBomb(field=field, came=came, expected=_SMALLER)
        case "pixels":
            expected = Words(
                zh=f"不超过 {million} 百万像素的照片", en=f"a photo of at most {million} megapixels"
            )
            return PhotoBomb(field=field, came=came, expected=expected)
