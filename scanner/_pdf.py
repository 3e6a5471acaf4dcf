"""The child process that looks through one PDF: `python -I -m scanner._pdf`.

It says whether the file is a whole PDF that anybody can open and that does nothing by itself. The reader is pure Python: a file that
tricks it still has no memory to write over. The bytes come on standard input, a line of JSON goes to standard output. What the answer
means to the sender is left to `papers`.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import sys
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING

import pypdf
from pypdf import PasswordType, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from scanner._confined import confine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf.generic import PdfObject

#: ISO 32000-2 7.5.2: the header; here at the very beginning, where a file of another kind would have its own.
HEADER = re.compile(rb"%PDF-[12]\.[0-9]")
#: ISO 32000-2 7.5.5: the last line. Only white space may follow: another file behind it would be a file of two kinds.
END, WHITE_SPACE = b"%%EOF", b"\0\t\n\f\r "
#: Actions (ISO 32000-2 12.6.4) that run a program or a script, open a file inside the file, or send what was typed somewhere.
ACTIONS = frozenset(
    {"/GoToE", "/ImportData", "/JavaScript", "/Launch", "/Rendition", "/RichMediaExecute", "/SubmitForm"}
)
#: Where scripts stand that are no actions: in a script's own entry, in XFA forms, in films and 3-D pictures.
SCRIPTED = frozenset({"/JS", "/RichMediaContent", "/XFA", "/3DD"})

#: How texts in a PDF may be written (ISO 32000-2 7.9.2.2): a Chinese title is UTF-16.
CODECS = ("ascii", "charmap", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le")
#: Loaded by pypdf only where the library is missing that we have.
STANDING_IN = frozenset({"pypdf._crypt_providers._fallback", "pypdf._crypt_providers._pycryptodome"})


class Locked(Exception):
    """The file opens with a password only."""


class Active(Exception):
    """The file does something by itself."""


class TooManyPages(Exception):
    """More pages than anybody reads."""


def main(arguments: list[str]) -> None:
    """Look through one PDF. The arguments limit its pages, memory and processor time."""
    pages_max, memory_bytes_max, cpu_seconds_max = map(int, arguments)
    warm_up()
    confine(memory_bytes_max=memory_bytes_max, cpu_seconds_max=cpu_seconds_max)
    refused = None
    try:
        look_through(sys.stdin.buffer.read(), pages_max=pages_max)
    except MemoryError:
        refused = "memory"
    except Locked:
        refused = "locked"
    except Active:
        refused = "active"
    except TooManyPages:
        refused = "pages"
    except Exception:  # noqa: BLE001 (a broken file may raise anything in a parser)
        refused = "broken"
    sys.stdout.buffer.write(json.dumps({"refused": refused}).encode() + b"\n")


def warm_up() -> None:
    """Load what pypdf loads when it is needed, because later it cannot; then look through locked files, which need most."""
    for codec in CODECS:
        codecs.lookup(codec)
    for module in walk_packages(pypdf.__path__, "pypdf."):
        if module.name not in STANDING_IN:
            import_module(module.name)
    for algorithm in ("RC4-128", "AES-256"):
        writer, file = PdfWriter(), io.BytesIO()
        writer.add_blank_page(width=8, height=8)
        writer.encrypt("", "owner", algorithm=algorithm)
        writer.write(file)
        look_through(file.getvalue(), pages_max=1)


def look_through(data: bytes, *, pages_max: int) -> None:
    """Raises where the file is not a whole PDF of so many pages that opens without a password and does nothing."""
    if not HEADER.match(data) or not data.rstrip(WHITE_SPACE).endswith(END):
        raise ValueError("no header, or no end")
    reader = PdfReader(io.BytesIO(data))
    # Many vouchers are locked against changes and open for everybody: their user password is empty.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Locked
    pages = len(reader.pages)
    if pages > pages_max:
        raise TooManyPages
    if not pages:
        raise ValueError("no page")
    for thing in _dictionaries(reader):
        _check_passive(thing)


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, those inside others too, whether or not anything leads to it."""
    places = [(number, generation) for generation, numbers in reader.xref.items() for number in numbers]
    places += [(number, 0) for number in reader.xref_objStm]
    waiting: list[PdfObject | None] = [reader.trailer]
    for number, generation in places:
        waiting.append(reader.get_object(IndirectObject(number, generation, reader)))
        while waiting:
            thing = waiting.pop()
            if isinstance(thing, DictionaryObject):
                yield thing
                waiting += [thing.raw_get(key) for key in thing]
            elif isinstance(thing, ArrayObject):
                waiting += list(thing)


def _check_passive(thing: DictionaryObject) -> None:
    # Asked for so, not by get, a name that stands elsewhere is looked up.
    if not SCRIPTED.isdisjoint(thing) or ("/S" in thing and _is_action(thing["/S"])):
        raise Active


def _is_action(kind: PdfObject) -> bool:
    return isinstance(kind, NameObject) and kind in ACTIONS


if __name__ == "__main__":
    main(sys.argv[1:])
