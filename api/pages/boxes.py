"""Boxes and arrows of a chain, and how each looks: shapes, words, tags, lines.

Nothing is told by colour alone: every state has a word, a shape at the left of its box and a border of its own. Where boxes stand is
`drawing.py`'s business.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, Self
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What a box is: where the goods come from (recorded, declared or contradicted), a hand they went through, several hands in one box, or
#: such a box that was opened, with the hands inside it.
BoxKind = Literal["recorded", "declared", "contradicted", "through", "several", "block"]


@dataclass(frozen=True, slots=True)
class Tag:
    """One word on a box. `tone` names its colours in the style sheet; the word alone says as much."""

    word: str
    tone: Literal["accent", "red", "amber", "grey"]


@dataclass(frozen=True, slots=True)
class Box:
    """One party with some goods in its hands. `weight` decides which boxes stay when many become one."""

    key: str
    title: str
    lines: tuple[str, ...] = ()
    kind: BoxKind = "through"
    tags: tuple[Tag, ...] = ()
    href: str | None = None
    weight: float = 0.0
    #: Of a box that gathers others: which one it is, for the address that opens or closes it.
    group: str = ""
    #: Of an opened one: the boxes it shows.
    inside: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrow:
    """Goods went from one box to another. `may_contain`: only some of these goods may be in what arrived."""

    source: str
    target: str
    label: str = ""
    may_contain: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """What is drawn. Arrows whose ends are not among the boxes are left out."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    def __post_init__(self) -> None:
        known = {box.key for box in self.boxes}
        kept = tuple(
            arrow
            for arrow in self.arrows
            if arrow.source != arrow.target and arrow.source in known and arrow.target in known
        )
        object.__setattr__(self, "arrows", kept)


#: Between the words that a screen reader says of a box.
_MARK: Final = "，"
LINE_H: Final = 18
PAD: Final = 10
SHAPE_W: Final = 24
TAG_H: Final = 18
TITLE_PX: Final = 14.0
LINE_PX: Final = 12.5
AMOUNT_PX: Final = 11.5
#: One line of the list on paper.
ROW_H: Final = 24
#: The name of a company, a co-operative or an office.
TITLE_LINES_MAX: Final = 3
#: A finger finds it.
BOX_HEIGHT_MIN: Final = 44
#: An opened box: its first line, the boxes in it and the room between them.
BLOCK_HEAD_H: Final = 44
BLOCK_BOX_W: Final = 220
BLOCK_GAP: Final = 8
#: How many rows stand to one column, in square roots.
BLOCK_ROWS_A_COLUMN: Final = 1.3


def _lines_of(box: Box, width: float) -> tuple[list[str], list[str]]:
    """Title and further lines as they stand in a box of that width."""
    inner = width - SHAPE_W - 2 * PAD
    title = wrapped(box.title, width=inner / TITLE_PX, lines_max=TITLE_LINES_MAX)
    further = [
        line for text in box.lines for line in wrapped(text, width=inner / LINE_PX, lines_max=2) if line
    ]
    return title, further


def box_height(box: Box, width: float) -> float:
    """How high a box of that width must be."""
    if box.kind == "block":
        return _Block.of(box, width).height
    title, further = _lines_of(box, width)
    tags = len(_tag_rows(box.tags, width - SHAPE_W - 2 * PAD)) * (TAG_H + 4)
    return _lines_height(len(title) + len(further)) + tags


def _lines_height(lines: int) -> float:
    return max(2 * PAD + lines * LINE_H - 2, BOX_HEIGHT_MIN)


def block_width(box: Box) -> float:
    """How wide an opened box is where there is room to both sides: about half as wide again as it is high."""
    columns = max(math.ceil(math.sqrt(len(box.inside)) / BLOCK_ROWS_A_COLUMN), 1)
    return columns * BLOCK_BOX_W + (columns + 1) * BLOCK_GAP


@dataclass(frozen=True, slots=True)
class _Block:
    """An opened box as it is laid out in some width: the lines of its head, and of the boxes in it, row by row."""

    head: list[str]
    tags: list[list[Tag]]
    inner: float
    rows: list[list[tuple[Box, list[str], list[str]]]]
    heights: list[float]

    @classmethod
    def of(cls, box: Box, width: float) -> Self:
        """In as many columns as there is room for."""
        columns = max(int((width - BLOCK_GAP) // (BLOCK_BOX_W + BLOCK_GAP)), 1)
        inner, room = (width - (columns + 1) * BLOCK_GAP) / columns, width - SHAPE_W - 2 * PAD
        cells = [(one, *_lines_of(one, inner)) for one in box.inside]
        rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
        return cls(
            head=wrapped(" · ".join((box.title, *box.lines)), width=room / TITLE_PX, lines_max=2),
            tags=_tag_rows(box.tags, room),
            inner=inner,
            rows=rows,
            heights=[
                _lines_height(max(len(title) + len(further) for _, title, further in row)) for row in rows
            ],
        )

    @property
    def head_height(self) -> float:
        """The part that closes it again."""
        return BLOCK_HEAD_H + (len(self.head) - 1) * LINE_H + len(self.tags) * (TAG_H + 4)

    @property
    def height(self) -> float:
        """All of it."""
        return self.head_height + sum(self.heights) + (len(self.rows) + 1) * BLOCK_GAP


def _block_svg(box: Box, x: float, y: float, width: float) -> str:
    """An opened box: a frame, a line that closes it, and the boxes inside it, row by row."""
    block, at = _Block.of(box, width), 27
    head = [
        f'<g class="block-head" transform="translate({x:.0f} {y:.1f})">',
        f'<rect class="frame" width="{width:.0f}" height="{block.head_height:.0f}" rx="5"/>',
        f'<path class="shape" d="{_SHAPES["block"]}" transform="translate({PAD} 14)"/>',
    ]
    for line in block.head:
        head.append(f'<text class="who" x="{PAD + SHAPE_W}" y="{at}">{escape(line)}</text>')
        at += LINE_H
    for tags in block.tags:
        head.append(_tags_svg(tags, PAD + SHAPE_W, at - LINE_PX))
        at += TAG_H + 4
    parts = [
        f'<rect class="block-frame" x="{x:.0f}" y="{y:.1f}" width="{width:.0f}" height="{block.height:.1f}" rx="5"/>',
        _linked(box, f"{''.join(head)}</g>"),
    ]
    top, squares = y + block.head_height + BLOCK_GAP, list[str]()
    for row, height in zip(block.rows, block.heights, strict=True):
        for column, (one, title, further) in enumerate(row):
            left = x + BLOCK_GAP + column * (block.inner + BLOCK_GAP)
            size = f'width="{block.inner:.0f}" height="{_lines_height(len(title) + len(further)):.0f}"'
            parts.append(_plain_svg(one, title, further, place=f"{left:.0f} {top:.1f}", size=size))
            squares.append(f"M{left + PAD + 3:.0f} {top + PAD + 3:.1f}h10v10h-10z")
        top += height + BLOCK_GAP
    # The shape at the left of each, all of them one path: four hundred boxes are drawn by as few elements as say the same.
    parts.append(f'<path class="shape" d="{"".join(squares)}"/>')
    return "".join(parts)


def _plain_svg(box: Box, title: Sequence[str], further: Sequence[str], *, place: str, size: str) -> str:
    """A box inside an opened one: its frame and its words. What all have in common the opened one says; words that were cut come whole."""
    at, texts = PAD + TITLE_PX - 1.0, list[str]()
    for kind, line in (*(("who", one) for one in title), *(("more", one) for one in further)):
        texts.append(f'<text class="{kind}" x="{PAD + SHAPE_W}" y="{at:.0f}">{escape(line)}</text>')
        at += LINE_H
    cut = any(line.endswith("…") for line in (*title, *further))
    whole = f"<title>{escape(_MARK.join((box.title, *box.lines)))}</title>" if cut else ""
    name, href = ("a", f" href={quoteattr(box.href)}") if box.href else ("g", "")
    return (
        f'<{name}{href} class="box" transform="translate({place})">{whole}<rect class="frame" {size} rx="5"/>'
        f"{''.join(texts)}</{name}>"
    )


def box_svg(box: Box, x: float, y: float, width: float) -> str:
    """A box with its shape, its words and its tags; a link where there is more to read."""
    if box.kind == "block":
        return _block_svg(box, x, y, width)
    title, further = _lines_of(box, width)
    height = box_height(box, width)
    parts = [
        f'<g class="box box-{box.kind}" transform="translate({x:.0f} {y:.1f})">',
        f"<title>{escape(_MARK.join((box.title, *(tag.word for tag in box.tags), *box.lines)))}</title>",
    ]
    if box.kind == "several":
        parts.append(f'<rect class="behind" x="4" y="4" width="{width:.0f}" height="{height:.0f}" rx="5"/>')
    parts.append(f'<rect class="frame" width="{width:.0f}" height="{height:.0f}" rx="5"/>')
    parts.append(f'<path class="shape" d="{_SHAPES[box.kind]}" transform="translate({PAD} {PAD})"/>')
    at = PAD + TITLE_PX - 1.0
    for line in title:
        parts.append(f'<text class="who" x="{PAD + SHAPE_W}" y="{at:.1f}">{escape(line)}</text>')
        at += LINE_H
    for line in further:
        parts.append(f'<text class="more" x="{PAD + SHAPE_W}" y="{at:.1f}">{escape(line)}</text>')
        at += LINE_H
    for row in _tag_rows(box.tags, width - SHAPE_W - 2 * PAD):
        parts.append(_tags_svg(row, PAD + SHAPE_W, at - LINE_PX))
        at += TAG_H + 4
    parts.append("</g>")
    return _linked(box, "".join(parts))


def row_svg(box: Box, x: float, y: float, width: float) -> str:
    """A box as one line of a list: for paper."""
    half = width * 0.44 - SHAPE_W
    title = wrapped(box.title, width=half / TITLE_PX, lines_max=1)
    tags_px = sum(_tag_px(tag) + 5 for tag in box.tags)
    rest = width - half - SHAPE_W - 3 * PAD - tags_px
    further = wrapped(" · ".join(box.lines), width=rest / LINE_PX, lines_max=1)
    at = ROW_H / 2 + TITLE_PX / 2 - 2
    parts = [
        f'<g class="box box-{box.kind}" transform="translate({x:.0f} {y:.1f})">',
        f'<rect class="frame" width="{width:.0f}" height="{ROW_H}" rx="4"/>',
        f'<path class="shape" d="{_SHAPES[box.kind]}" transform="translate({PAD} {(ROW_H - 16) / 2})"/>',
        *(f'<text class="who" x="{PAD + SHAPE_W}" y="{at:.1f}">{escape(line)}</text>' for line in title),
        *(
            f'<text class="more" x="{2 * PAD + SHAPE_W + half:.0f}" y="{at:.1f}">{escape(line)}</text>'
            for line in further
        ),
        _tags_svg(box.tags, width - tags_px - PAD + 5, (ROW_H - TAG_H) / 2 - 1),
        "</g>",
    ]
    return _linked(box, "".join(parts))


def head_svg(classes: str, width: float, height: float, label: str) -> str:
    """The beginning of a drawing. Its boxes are links, so it is a group and not one picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class={quoteattr(classes)} viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" role="group" aria-label={quoteattr(label)}>'
    )


def arrow_svg(
    arrow: Arrow, path: str, tip: str, *, pointing: Literal["right", "up"] = "right", label: str = ""
) -> str:
    """An arrow along a path, its head at `tip`; dashed where it may or may not have carried the goods."""
    kind = "arrow may" if arrow.may_contain else "arrow"
    return f'<g class="{kind}"><path class="line" d="{path}"/><path class="tip" d="M{tip}{_HEADS[pointing]}"/>{label}</g>'


def amount_svg(text: str, x: float, y: float, width: float) -> str:
    """The label of an arrow, its last line above `y`, on white so that lines may pass behind it."""
    lines = wrapped(text, width=width / AMOUNT_PX, lines_max=2)
    return "".join(
        f'<text class="amount" x="{x:.0f}" y="{y - (len(lines) - 1 - number) * 13:.1f}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )


_HEADS: Final = {"right": "m0 -5l7 5l-7 5z", "up": "m-5 0l5 -7l5 7z"}


def _linked(box: Box, svg: str) -> str:
    if not box.href:
        return svg
    group = f" data-group={quoteattr(box.group)}" if box.group else ""
    return f"<a href={quoteattr(box.href)}{group}>{svg}</a>"


#: Shapes in a field of 16: a filled disc (recorded), a ring (declared), a cross in an octagon (contradicted), a small square, a stack.
_SHAPES: Final[dict[BoxKind, str]] = {
    "recorded": "M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14z",
    "declared": "M8 2a6 6 0 1 1 0 12a6 6 0 1 1 0-12zM8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6z",
    "contradicted": "M5 1h6l4 4v6l-4 4h-6l-4-4v-6zM5 6.4L6.4 5L8 6.6L9.6 5L11 6.4L9.4 8L11 9.6L9.6 11L8 9.4L6.4 11L5 9.6L6.6 8z",
    "through": "M3 3h10v10h-10z",
    "several": "M1 1h6v6h-6zM9 1h6v6h-6zM1 9h6v6h-6zM9 9h6v6h-6z",
    "block": "M1 1h14v14h-14zM3 3v10h10v-10zM4 7h8v2h-8z",
}


def shape_svg(kind: BoxKind) -> Markup:
    """One shape alone, for the legend."""
    return Markup(  # noqa: S704  (constants only)
        f'<svg class="legend-shape box-{kind}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">'
        f'<path class="shape" d="{_SHAPES[kind]}"/></svg>'
    )


def _tag_px(tag: Tag) -> float:
    return letters_wide(tag.word) * AMOUNT_PX + 12


def _tag_rows(tags: Iterable[Tag], width: float) -> list[list[Tag]]:
    """Tags in as many rows as they need: none is left out."""
    rows: list[list[Tag]] = []
    room = 0.0
    for tag in tags:
        needed = _tag_px(tag) + 5
        if not rows or needed > room:
            rows.append([])
            room = width
        rows[-1].append(tag)
        room -= needed
    return rows


def _tags_svg(tags: Iterable[Tag], x: float, y: float) -> str:
    parts = []
    for tag in tags:
        parts.append(
            f'<g class="tag-svg tone-{tag.tone}" transform="translate({x:.0f} {y + 1:.1f})">'
            f'<rect width="{_tag_px(tag):.0f}" height="{TAG_H}" rx="3"/>'
            f'<text x="6" y="13">{escape(tag.word)}</text></g>'
        )
        x += _tag_px(tag) + 5
    return "".join(parts)


_NARROW: Final = frozenset("iljtfrI.,:;'|!()[]- /")
_BROAD: Final = frozenset("mwMW%@")


def letters_wide(text: str) -> float:
    """About how wide a text is, in its own type size: a Chinese character is 1, a Latin letter about half."""
    return sum(_letter(c) for c in text)


@cache
def _letter(c: str) -> float:
    if unicodedata.east_asian_width(c) in "WF":
        return 1.0
    if c in _NARROW:
        return 0.34
    if c in _BROAD:
        return 0.88
    return 0.66 if c.isupper() else 0.56


#: A number that was cut, or stands without its whole unit.
_NUMBER_AT_END = re.compile(r"[\s·]*[0-9][0-9.,]*(?: ?(?:[A-Za-z]{1,2}|[\u4e00-\u9fff]))?$")


def wrapped(text: str, *, width: float, lines_max: int) -> list[str]:
    """The text in at most so many lines of that width, the last one cut with … if need be."""
    lines: list[str] = []
    rest = " ".join(text.split())
    while rest:
        cut = _fits(rest, width)
        if len(lines) == lines_max - 1 and cut < len(rest):
            kept = rest[: _fits(rest, width - 1, whole_words=False)].rstrip()
            # 250 of 2500, or of 250 公斤, would be told as it is not.
            lines.append((_NUMBER_AT_END.sub("", kept) or kept) + "…")
            break
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return lines


def _fits(text: str, width: float, *, whole_words: bool = True) -> int:
    """How many characters fit. Chinese breaks anywhere, a Latin word only where there is no space before it."""
    used = 0.0
    for place, c in enumerate(text):
        used += _letter(c)
        if used > width:
            space = text.rfind(" ", 0, place + 1)
            in_a_word = c.isascii() and text[place - 1 : place].isascii()
            return space if whole_words and in_a_word and space > 0 else max(place, 1)
    return len(text)
