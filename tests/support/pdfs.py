"""PDFs put together by hand, so that they may be as wrong as a test wants, and two that pypdf locks."""

from __future__ import annotations

import io
import zlib
from typing import Literal

from pypdf import PdfWriter

#: What every file here begins with: a catalogue, a list of pages, one empty page.
CATALOGUE, PAGES, PAGE = (
    b"<< /Type /Catalog /Pages 2 0 R%s >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
)


def pdf(*more: bytes, in_catalogue: bytes = b"", pages: bytes = PAGES) -> bytes:
    """A file of one page; `more` are further objects, from number 4 on."""
    objects = [CATALOGUE % in_catalogue, pages, PAGE, *more]
    out, places = io.BytesIO(), list[int]()
    out.write(b"%PDF-1.7\n%\xe6\xba\xaf\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream as the body of an object."""
    packed = zlib.compress(content, 9)
    return b"<< /Length %d /Filter /FlateDecode %s >>\nstream\n%s\nendstream" % (len(packed), entries, packed)


def folded(*objects: bytes, unfolded_bytes: int = 0) -> bytes:
    """A file whose objects from number 4 on lie in a compressed object stream, blown up to so many bytes."""
    index, bodies = b"", b""
    for number, body in enumerate(objects, 7):
        index += b"%d %d " % (number, len(bodies))
        bodies += body + b" "
    content = (index + bodies).ljust(unfolded_bytes, b" ")
    entries = b"/Type /ObjStm /N %d /First %d" % (len(objects), len(index))
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = dict[int, int]()
    plain = {1: CATALOGUE % b"", 2: PAGES, 3: PAGE, 4: stream(content, entries)}
    for number, body in plain.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    rows = [b"\0" + bytes(4) + b"\0"]
    rows += [b"\1" + places[number].to_bytes(4, "big") + b"\0" for number in plain]
    # Number 5 is this table itself, number 6 is free.
    rows += [b"\1" + start.to_bytes(4, "big") + b"\0", b"\0" + bytes(4) + b"\0"]
    rows += [b"\2" + (4).to_bytes(4, "big") + bytes([place]) for place in range(len(objects))]
    table = stream(b"".join(rows), b"/Type /XRef /W [1 4 1] /Root 1 0 R /Size %d" % len(rows))
    out.write(b"5 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, start))
    return out.getvalue()


def long_pdf(pages: int) -> bytes:
    """So many empty pages."""
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3 + pages))
    return pdf(*[PAGE] * (pages - 1), pages=b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages))


def locked_pdf(password: str, algorithm: Literal["RC4-128", "AES-256"] = "AES-256") -> bytes:
    """A file locked against changes; it opens with this password."""
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.encrypt(password, "owner", algorithm=algorithm)
    writer.write(out)
    return out.getvalue()
