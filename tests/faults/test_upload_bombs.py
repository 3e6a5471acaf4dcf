"""Files that are made to harm whoever opens them: refused in two seconds, and the server does not grow by them."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.server import enrol_party
from tests.support.serving import MIB, founded, served
from tests.support.soak import soak_seeds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Of a processor: what else the machine does meanwhile is not the file's doing.
SECONDS_MAX = 2.0
GROWTH_BYTES_MAX = 50 * MIB


def png(width: int, height: int, *, rows: int | None = None) -> bytes:
    """A picture of nothing: one bit a pixel, a thousand times smaller than what it unfolds into."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" * ((width + 7) // 8 + 1)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(rows if rows is not None else height))
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", packed + packer.flush())
        + chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    """A small picture whose hidden text unfolds into a quarter of a gigabyte."""
    whole = png(8, 8)
    text = b"bomb\0\0" + zlib.compress(b"\0" * 256 * MIB, 9)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    return whole[:33] + chunk + whole[33:]


def zipped(name: str, content: bytes, *, times: int = 1) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(times):
            archive.writestr(name.format(number), content)
    return made.getvalue()


def workbook() -> bytes:
    """What a spreadsheet looks like, with a sheet of 270 MiB in it."""
    return zipped("xl/worksheets/sheet{}.xml", b"<row><c><v>1</v></c></row>" * 350_000, times=30)


def pdf(stream: bytes, *, filters: str = "/FlateDecode") -> bytes:
    """One page whose content is this stream."""
    head = f"<</Length {len(stream)}/Filter {filters}>>".encode()
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"4 0 obj" + head + b"stream\n" + stream + b"\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )


def xref_bomb() -> bytes:
    """A table of objects that unfolds into two hundred megabytes, before anything else can be read."""
    stream = zlib.compress(b"\0" * 200 * MIB, 9)
    head = (
        f"<</Type/XRef/Size 50000000/W[1 2 1]/Root 1 0 R/Length {len(stream)}/Filter/FlateDecode>>".encode()
    )
    body = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    return (
        body
        + b"9 0 obj"
        + head
        + b"stream\n"
        + stream
        + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % len(body)
    )


def tall_pages() -> bytes:
    """Pages within pages within pages."""
    objects = b"".join(
        b"%d 0 obj<</Type/Pages/Kids[%s]/Count 1000000>>endobj\n" % (n, (b"%d 0 R " % (n + 1)) * 50)
        for n in range(2, 5_000)
    )
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        + objects
        + b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )


def with_script() -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )


PICTURE, PDF_TYPE = "image/png", "application/pdf"
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a hundred megapixels": (lambda: png(10_000, 10_000), PICTURE),
    "four thousand megapixels that never come": (lambda: png(65_000, 65_000, rows=1), PICTURE),
    "one very long line": (lambda: png(2_000_000_000, 1, rows=0), PICTURE),
    "a hidden text": (text_bomb, PICTURE),
    "a zip that calls itself a picture": (lambda: zipped("a", bytes(200 * MIB)), PICTURE),
    "a zip of zips": (lambda: zipped("{}.zip", zipped("{}", bytes(10 * MIB)), times=200), PDF_TYPE),
    "a spreadsheet": (workbook, PDF_TYPE),
    "a spreadsheet by its own name": (
        workbook,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    "a PDF's table of objects": (xref_bomb, PDF_TYPE),
    "a PDF with a script": (with_script, PDF_TYPE),
    "a drawing that names other files": (
        lambda: (
            b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg>&a;</svg>'
        ),
        "image/svg+xml",
    ),
    "a virus scanner's test file": (
        lambda: rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
        PDF_TYPE,
    ),
}
#: Taken or refused: what they hold unfolds only in the child, and only as far as the child may go.
HEAVY: dict[str, tuple[Callable[[], bytes], str]] = {
    "a PDF's page": (lambda: pdf(zlib.compress(bytes(256 * MIB), 9)), PDF_TYPE),
    "a PDF's page, packed twice": (
        lambda: pdf(
            zlib.compress(zlib.compress(bytes(512 * MIB), 9), 9), filters="[/FlateDecode/FlateDecode]"
        ),
        PDF_TYPE,
    ),
    "pages within pages": (tall_pages, PDF_TYPE),
}
ROUNDS = 10


@pytest.mark.soak
def test_no_bomb_goes_off_in_the_server(tmp_path: Path) -> None:
    with founded(tmp_path) as ledger:
        key = enrol_party(ledger, "上传方（演示）").key
    files = {name: (make(), kind) for name, (make, kind) in (BOMBS | HEAVY).items()}
    with (
        served(tmp_path, limits="false") as server,
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as http,
    ):

        def send(name: str, path: str) -> tuple[int, float]:
            content, kind = files[name]
            began = server.cpu_seconds
            answer = http.post(
                path, content=content, headers={"Content-Type": kind, "Authorization": f"Bearer {key}"}
            )
            return answer.status_code, server.cpu_seconds - began

        # The first one loads what all others need.
        send("a hundred megapixels", "/api/v1/evidence")
        before = server.resident_bytes
        for _ in soak_seeds("upload-bombs", ROUNDS):
            for name in files:
                for path in ("/api/v1/evidence", "/api/v1/scans/photo"):
                    status, seconds = send(name, path)
                    if name in BOMBS:
                        assert 400 <= status < 500, (name, path, status)
                        assert seconds <= SECONDS_MAX, (name, path, seconds)
                    assert status < 500, (name, path, status)
        assert server.resident_bytes - before <= GROWTH_BYTES_MAX, (before, server.resident_bytes)


@pytest.mark.soak
def test_a_server_that_opens_files_itself_would_be_seen(tmp_path: Path) -> None:
    """The planted fault: the bytes are unpacked by whoever asks for their kind."""
    with founded(tmp_path) as ledger:
        key = enrol_party(ledger, "上传方（演示）").key
    begin = tmp_path / "begin.py"
    begin.write_text(
        "import sys, zlib\nimport scanner.papers, api.routes.evidence as route\nheld = []\n"
        "def opened(head):\n    held.append(bytearray(b'x' * 60 * 1024 * 1024))\n    return None\n"
        "route.kind_of = opened\nfrom api.cli import main\nsys.exit(main())\n"
    )
    with (
        served(tmp_path, begin=[sys.executable, str(begin)], limits="false") as server,
        httpx.Client(base_url=server.url, timeout=60, trust_env=False) as http,
    ):
        sent = {"Content-Type": PICTURE, "Authorization": f"Bearer {key}"}
        before = server.resident_bytes
        http.post("/api/v1/evidence", content=png(8, 8), headers=sent)
        assert server.resident_bytes - before > GROWTH_BYTES_MAX
