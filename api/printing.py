"""One sheet of paper as a PDF: a template in `templates/*.typ` set by Typst, with the house's Chinese typeface inside.

What is printed goes in as data, never as markup: a name with a star or a hash in it prints as it is. The same data gives the same bytes, so
that two copies of one sheet can be compared. The template reads no file and no network; only the folder of the typeface is open to it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

import typst
from starlette.responses import Response

from ledger.canonical import canonical
from scanner.labels import typeface_folder

if TYPE_CHECKING:
    from ledger.canonical import JsonObject

TEMPLATES: Final = Path(__file__).parent / "templates"
PDF: Final = "application/pdf"
_printing: Final = Lock()


def pdf(template: str, data: JsonObject, *, at_ms: int) -> bytes:
    """The template filled with the data. `at_ms` is the date inside the file: the time it speaks of, not that of printing."""
    compiler = _compiler(template)
    # One compiler serves one sheet at a time.
    with _printing:
        printed = compiler.compile(
            format="pdf",
            sys_inputs={"data": canonical(data).decode("utf-8")},
            timestamp=datetime.fromtimestamp(at_ms // 1000, UTC),
        )
    assert isinstance(printed, bytes)  # A PDF is one file; other formats give one for each page.
    return printed


def sheet(content: bytes, *, name: str) -> Response:
    """A PDF to look at or to save. Nobody's copy may be handed to somebody else."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=PDF, headers=headers)


@cache
def _compiler(template: str) -> typst.Compiler:
    # The typeface is thirty megabytes: it is opened once for each template.
    return typst.Compiler(
        input=str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=[str(typeface_folder())],
        ignore_system_fonts=True,
    )
