"""Pictures that are none, too much, or without a code: refused by name, in both languages, and nothing written."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.support.pdfs import locked_pdf, long_pdf, pdf
from tests.support.refusals import Asked, check_refused

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

SCAN = "/api/v1/scans/photo"
EVIDENCE = "/api/v1/evidence"
PNG = {"content-type": "image/png"}
UPLOAD_MAX = 10 * 1024 * 1024


def grey(width: int = 200, height: int = 100) -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), 128).save(out, "PNG")
    return out.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it has 3.6 thousand million pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1_000)))
        + chunk(b"IEND", b"")
    )


def form(
    content: bytes, *, name: str = "photo", filename: str = '; filename="a.png"'
) -> tuple[bytes, dict[str, str]]:
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
    return head.encode() + content + b"\r\n--B--\r\n", {"content-type": "multipart/form-data; boundary=B"}


PHOTOS: dict[str, tuple[bytes, int, str]] = {
    "no code in it": (grey(), 422, "NoCodeInPhoto"),
    "a bomb": (bomb(), 422, "PhotoBomb"),
    "nothing": (b"", 422, "PhotoNotAPicture"),
    "a text": (b"leek", 422, "PhotoNotAPicture"),
    "half a picture": (grey()[:60], 422, "PhotoNotAPicture"),
    "a program": (b"\x7fELF" + bytes(100), 422, "PhotoNotAPicture"),
}


@pytest.mark.parametrize(("content", "status", "name"), PHOTOS.values(), ids=PHOTOS)
def test_a_photo_that_cannot_be_read_is_refused(
    client: Client, ledger: Ledger, content: bytes, status: int, name: str
) -> None:
    check_refused(client, ledger, Asked(SCAN, content, headers=PNG), status=status, name=name, at="photo")
    body, headers = form(content)
    check_refused(client, ledger, Asked(SCAN, body, headers=headers), status=status, name=name, at="photo")


FORMS: dict[str, tuple[bytes, dict[str, str], int, str, str]] = {
    "no file": (*form(b"x", filename=""), 400, "BadForm", "photo"),
    "another name": (*form(b"x", name="picture"), 400, "BadForm", "photo"),
    "no boundary": (form(b"x")[0], {"content-type": "multipart/form-data"}, 400, "BadForm", "body"),
    "another boundary": (
        form(b"x")[0],
        {"content-type": "multipart/form-data; boundary=C"},
        400,
        "BadForm",
        "body",
    ),
    "broken off": (form(b"x" * 100)[0][:50], form(b"")[1], 400, "BadForm", "photo"),
    "a text": (b"photo", {"content-type": "text/plain"}, 415, "WrongMediaType", "content-type"),
    "a drawing": (b"<svg/>", {"content-type": "image/svg+xml"}, 415, "WrongMediaType", "content-type"),
}


@pytest.mark.parametrize(("content", "headers", "status", "name", "at"), FORMS.values(), ids=FORMS)
def test_a_form_that_brings_no_photo_is_refused(
    client: Client,
    ledger: Ledger,
    content: bytes,
    headers: dict[str, str],
    status: int,
    name: str,
    at: str,
) -> None:
    check_refused(client, ledger, Asked(SCAN, content, headers=headers), status=status, name=name, at=at)


def test_two_photos_in_one_form_are_one_too_many(client: Client, ledger: Ledger) -> None:
    one = form(grey())[0].removesuffix(b"--B--\r\n")
    check_refused(
        client,
        ledger,
        Asked(SCAN, one * 2 + b"--B--\r\n", headers=form(b"")[1]),
        status=400,
        name="BadForm",
        at="body",
    )


def test_a_photo_may_have_ten_mebibytes_and_not_one_byte_more(client: Client, ledger: Ledger) -> None:
    fits = grey() + bytes(UPLOAD_MAX - len(grey()))
    check_refused(
        client, ledger, Asked(SCAN, fits, headers=PNG), status=422, name="NoCodeInPhoto", at="photo"
    )
    more = Asked(SCAN, fits + b"\0", headers=PNG)
    check_refused(client, ledger, more, status=413, name="TooLarge", at="body", came=str(UPLOAD_MAX + 1))


def test_an_endless_form_is_stopped_while_it_comes(client: Client, ledger: Ledger) -> None:
    head = form(b"")[0].removesuffix(b"\r\n--B--\r\n")
    asked = Asked(SCAN, chunks=(head, *[bytes(1024 * 1024)] * 12), headers=form(b"")[1])
    check_refused(client, ledger, asked, status=413, name="TooLarge", at="body")


PAPERS: dict[str, tuple[str, bytes, int, str, str]] = {
    "a page": ("text/html", b"<script>", 415, "WrongMediaType", "content-type"),
    "a drawing": ("image/svg+xml", b"<svg/>", 415, "WrongMediaType", "content-type"),
    "a page that says it is a picture": ("image/png", b"<script>", 415, "WrongMediaType", "evidence"),
    "a picture that says it is a paper": ("application/pdf", grey(), 415, "WrongMediaType", "evidence"),
    "a sound": ("image/webp", b"RIFF\x24\0\0\0WAVEfmt ", 415, "WrongMediaType", "evidence"),
    "half a picture": ("image/png", grey()[:60], 422, "PhotoNotAPicture", "evidence"),
    "a bomb": ("image/png", bomb(), 422, "PhotoBomb", "evidence"),
    "nothing": ("image/png", b"", 415, "WrongMediaType", "evidence"),
    "half a paper": ("application/pdf", pdf()[:60], 422, "PdfBroken", "evidence"),
    "a paper with a password": ("application/pdf", locked_pdf("secret"), 422, "PdfLocked", "evidence"),
    "a paper with a script": ("application/pdf", pdf(b"<< /S /JavaScript >>"), 422, "PdfActive", "evidence"),
    "a book": ("application/pdf", long_pdf(501), 422, "PdfTooMuch", "evidence"),
    "a paper with an archive behind it": ("application/pdf", pdf() + b"PK\5\6", 422, "PdfBroken", "evidence"),
}


@pytest.mark.parametrize(("kind", "content", "status", "name", "at"), PAPERS.values(), ids=PAPERS)
def test_evidence_that_is_not_what_it_says_is_refused(
    client: Client,
    ledger: Ledger,
    co_op: Enrolled,
    kind: str,
    content: bytes,
    status: int,
    name: str,
    at: str,
) -> None:
    asked = Asked(EVIDENCE, content, headers={"content-type": kind}, key=co_op.key)
    check_refused(client, ledger, asked, status=status, name=name, at=at)


def test_evidence_may_have_ten_mebibytes_and_not_one_byte_more(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    headers = {"content-type": "application/pdf"}
    fits = pdf()
    fits += b"\n" * (UPLOAD_MAX - len(fits))
    answer = client.send("POST", EVIDENCE, content=fits, key=co_op.key, headers=headers)
    assert (answer.status_code, answer.json()["bytes"]) == (201, UPLOAD_MAX)
    more = Asked(EVIDENCE, fits + b"\n", headers=headers, key=co_op.key)
    check_refused(client, ledger, more, status=413, name="TooLarge", at="body", came=str(UPLOAD_MAX + 1))


def test_endless_evidence_is_stopped_while_it_comes(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    headers = {"content-type": "application/pdf"}
    asked = Asked(EVIDENCE, chunks=(b"%PDF-1.7", *[bytes(1024 * 1024)] * 12), headers=headers, key=co_op.key)
    check_refused(client, ledger, asked, status=413, name="TooLarge", at="body")


def test_evidence_is_taken_from_known_parties_only(client: Client, ledger: Ledger) -> None:
    asked = Asked(EVIDENCE, grey(), headers=PNG)
    check_refused(client, ledger, asked, status=401, name="KeyMissing", at="authorization")
