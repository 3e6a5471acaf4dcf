"""The way of the goods as a buyer may see it: a small picture of who made them, hands that are not told, whether they were sold, and you.

Solid is what is recorded publicly, dashed what is not public or not known. It is the same whether nobody or four hundred parties handled
the goods: what the records of trade say is not for everybody, not even that there are some. Where each dot stands is decided here, what it
looks like by the style sheet; beside the picture stands its text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 320
HEIGHT: Final = 64
_DOT_Y: Final = 14
_DOT: Final = 8
_FULL: Final = ' class="f"'
_DASHED: Final = ' class="d"'
#: How wide a letter is, of those that take half the room of a Chinese one.
_LETTER: Final = 6.8


@dataclass(frozen=True, slots=True)
class Stop:
    """One dot: what it is, and under it where or when. `known`: recorded, for everybody to see."""

    name: str
    below: str
    known: bool


def draw(stops: Sequence[Stop], *, label: str) -> Markup:
    """The picture, for a page whose style sheet knows `.way`. `label` says the same to whoever hears it."""
    step = WIDTH / len(stops)
    letters = int(step / _LETTER)
    parts = [f'<svg class="way" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">']
    for place, stop in enumerate(stops):
        x = round(step * (place + 0.5))
        if place:
            solid = stop.known and stops[place - 1].known
            start, end = round(x - step + _DOT + 3), x - _DOT - 3
            parts.append(f'<path{"" if solid else _DASHED} d="M{start} {_DOT_Y}H{end}"/>')
        parts.append(
            f'<circle{_FULL if stop.known else _DASHED} cx="{x}" cy="{_DOT_Y}" r="{_DOT}"/>'
            f'<text x="{x}" y="41"><tspan class="b">{escape(stop.name)}</tspan>'
            f'<tspan x="{x}" y="57">{escape(cut(stop.below, letters))}</tspan></text>'
        )
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  (what parties wrote is escaped above)


def cut(text: str, letters: int) -> str:
    """The beginning of a text that takes no more room than so many letters; a Chinese one takes two."""
    wide = 0
    for place, letter in enumerate(text):
        wide += 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1
        if wide > letters:
            return f"{text[: max(place - 1, 1)]}…"
    return text
