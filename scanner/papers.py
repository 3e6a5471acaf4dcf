"""Takes in the copy of a paper or a photo, so that what is kept can be opened by anybody and harms nobody.

A picture is drawn again and only the new one is kept. A PDF is kept as it came, because a signature on it covers its bytes; it must be
whole, open without a password and do nothing by itself. Both are opened in a child process only (`limited`). How long a file may be is the
business of whoever reads it from the wire, what it shows nobody's here.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Literal

from pydantic import TypeAdapter, ValidationError

from ledger.errors import Refusal, Words
from ledger.evidence import EVIDENCE_BYTES_MAX
from scanner.limited import ChildLimits, Crashed, ReaderBroken, TookTooLong, ask
from scanner.photo import PhotoBomb, PhotoNotAPicture

if TYPE_CHECKING:
    from collections.abc import Iterator

PaperKind = Literal["application/pdf", "image/jpeg", "image/png", "image/webp"]
Refused = Literal["active", "broken", "locked", "memory", "pages", "pixels"]

PDF: Final = "application/pdf"
#: Enough of a file to tell its kind.
HEAD_BYTES: Final = 16
#: The line of JSON in front of a picture.
ANSWER_BYTES_MAX: Final = 1024


class PdfBroken(Refusal):
    """Not a whole PDF."""

    title = Words(zh="不是完整的 PDF", en="not a whole PDF")


class PdfLocked(Refusal):
    """A PDF that an inspector could not open."""

    title = Words(zh="PDF 有打开密码", en="the PDF opens with a password only")


class PdfActive(Refusal):
    """A PDF with a script or a command in it."""

    title = Words(zh="PDF 含有脚本或可执行动作", en="the PDF holds a script or a command")


class PdfTooMuch(Refusal):
    """A PDF that is longer than anybody reads, or unfolds into more than we are willing to hold."""

    title = Words(zh="PDF 页数太多或展开后过大", en="the PDF has too many pages or unfolds into too much")


class PaperTooSlow(Refusal):
    """Looking at the file took longer than a person waits."""

    title = Words(zh="文件检查超时", en="looking at the file took too long")


@dataclass(frozen=True, slots=True)
class PaperLimits:
    """What one paper may cost."""

    pixels_max: int = 40_000_000
    #: A4 at 400 dots an inch. A larger picture is kept smaller.
    kept_pixels_max: int = 16_000_000
    kept_bytes_max: int = EVIDENCE_BYTES_MAX
    pages_max: int = 500
    child_memory_bytes_max: int = 512 * 1024 * 1024
    child_cpu_seconds_max: int = 10
    child_seconds_max: float = 20.0


PAPER_LIMITS: Final = PaperLimits()


@dataclass(frozen=True, slots=True)
class Paper:
    """What may be kept: its kind, and a file that stands at its beginning."""

    kind: PaperKind
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class _Answer:
    refused: Refused | None


_ANSWER: Final = TypeAdapter(_Answer)

_PICTURE: Final = Words(zh="JPEG、PNG 或 WebP 照片", en="a JPEG, PNG or WebP photo")
_SMALLER: Final = Words(zh="小一些的照片，最好是 JPEG", en="a smaller photo, best a JPEG")
_PRINTED: Final = Words(
    zh="重新“打印成 PDF”的文件，或纸面的照片", en="the file printed to PDF again, or a photo of the paper"
)
_OPEN: Final = Words(
    zh="不用密码就能打开的 PDF，或纸面的照片", en="a PDF without a password, or a photo of the paper"
)
_LATER: Final = Words(zh="稍后再试，或换一个小一些的文件", en="another try later, or a smaller file")


def kind_of(head: bytes) -> PaperKind | None:
    """The kind of file that begins so; None where it is none that is taken."""
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head.startswith(b"WEBP", 8):
        return "image/webp"
    return None


@contextmanager
def taken_in(
    file: IO[bytes], *, limits: PaperLimits = PAPER_LIMITS, field: str = "evidence"
) -> Iterator[Paper]:
    """What may be kept of a file; raises a `Refusal` that says why nothing of it is."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    kind = kind_of(head)
    if kind is None:
        expected = Words(zh=f"{_PICTURE.zh}，或 PDF", en=f"{_PICTURE.en}, or a PDF")
        raise PhotoNotAPicture(field=field, came=repr(head), expected=expected)
    file.seek(0)
    with _asked(kind, file, limits, field=field) as said:
        _check(said.readline(ANSWER_BYTES_MAX), kind, limits, field=field)
        if kind == PDF:
            file.seek(0)
            yield Paper(kind, file)
        else:
            yield Paper(kind, said)


def _asked(kind: PaperKind, file: IO[bytes], limits: PaperLimits, *, field: str) -> IO[bytes]:
    module, numbers = (
        ("scanner._pdf", (limits.pages_max,))
        if kind == PDF
        else ("scanner._redraw", (limits.pixels_max, limits.kept_pixels_max, limits.kept_bytes_max))
    )
    child = ChildLimits(
        memory_bytes_max=limits.child_memory_bytes_max,
        cpu_seconds_max=limits.child_cpu_seconds_max,
        seconds_max=limits.child_seconds_max,
        answer_bytes_max=ANSWER_BYTES_MAX + limits.kept_bytes_max,
    )
    try:
        return ask(module, file, numbers=numbers, limits=child)
    except TookTooLong as late:
        raise PaperTooSlow(field=field, came=kind, expected=_LATER) from late
    except Crashed as crashed:
        raise _refusal("broken", kind, limits, field=field) from crashed


def _check(line: bytes, kind: PaperKind, limits: PaperLimits, *, field: str) -> None:
    try:
        answer = _ANSWER.validate_json(line)
    except ValidationError as wrong:
        raise ReaderBroken(f"the child that looks at {kind} answered in other words than ours") from wrong
    if answer.refused is not None:
        raise _refusal(answer.refused, kind, limits, field=field)


def _refusal(refused: Refused, kind: PaperKind, limits: PaperLimits, *, field: str) -> Refusal:
    refusal, expected = _of_pdf(refused, limits) if kind == PDF else _of_picture(refused, limits)
    return refusal(field=field, came=kind, expected=expected)


def _of_pdf(refused: Refused, limits: PaperLimits) -> tuple[type[Refusal], Words]:
    match refused:
        case "locked":
            return PdfLocked, _OPEN
        case "active":
            return PdfActive, _PRINTED
        case "memory" | "pages":
            pages = limits.pages_max
            return PdfTooMuch, Words(zh=f"不超过 {pages} 页的 PDF", en=f"a PDF of at most {pages} pages")
        case _:
            return PdfBroken, _PRINTED


def _of_picture(refused: Refused, limits: PaperLimits) -> tuple[type[Refusal], Words]:
    match refused:
        case "memory":
            return PhotoBomb, _SMALLER
        case "pixels":
            million = limits.pixels_max // 1_000_000
            return PhotoBomb, Words(
                zh=f"不超过 {million} 百万像素的照片", en=f"a photo of at most {million} megapixels"
            )
        case _:
            return PhotoNotAPicture, _PICTURE
