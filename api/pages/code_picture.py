"""A QR code as a drawing for a page that will be printed."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from markupsafe import Markup

from scanner.labels import qr_modules

#: ISO/IEC 18004: four modules of nothing around the code.
QUIET_MODULES: Final = 4


def code_svg(text: str, *, label: str) -> Markup:
    """A QR code for a page that will be printed, with its quiet zone."""
    modules = qr_modules(text)
    size, quiet = len(modules), QUIET_MODULES
    runs = []
    for y, row in enumerate(modules):
        x = 0
        while x < size:
            start = x
            while x < size and row[x]:
                x += 1
            if x > start:
                runs.append(f"M{start} {y}h{x - start}v1h{start - x}z")
            x += 1
    whole = size + 2 * quiet
    return Markup(  # noqa: S704  (the label went through quoteattr, the rest are numbers)
        f'<svg class="code-picture" xmlns="http://www.w3.org/2000/svg" viewBox="{-quiet} {-quiet} {whole} {whole}" role="img"'
        f' aria-label={quoteattr(label)} shape-rendering="crispEdges">'
        f'<rect x="{-quiet}" y="{-quiet}" width="{whole}" height="{whole}" fill="#fff"/><path d="{"".join(runs)}"/></svg>'
    )
