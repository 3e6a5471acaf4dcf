"""Sets the words of a label into a space: shrinks, wraps and, where that is allowed, ends in an ellipsis.

Sizes are wishes until they fit: a long text first makes everything smaller, then only the names of the
product and of its maker may be cut. A batch number, a date or an internet address is never cut, because half
of one is a wrong one. Which words stand on a label and where their space lies is left to `_layout`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from ledger.errors import Refusal, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scanner._fonts import Typeface, Weight

MM_PER_INCH = 25.4

#: GB 7718-2011 3.9: characters at least 1.8 mm high. A Chinese character fills nine tenths of its square.
TEXT_MM_MIN = 2.0

#: The steps in which a text that does not fit is made smaller, down to `TEXT_MM_MIN`.
SHRINKS = tuple(step / 20 for step in range(20, 9, -1))

LINE_HEIGHT = 1.24
#: How far the square of a Chinese character stands above its baseline in Noto Sans CJK.
ABOVE_BASELINE = 0.88
#: Between a caption and its value, in widths of a Chinese character.
CAPTION_GAP = 0.4

ELLIPSIS = "…"

# What may not be torn: a Latin word, a short remark in brackets, or one Chinese character with the brackets
# and stops that cling to it (GB/T 15834-2011 5.1: no stop begins a line, no opening bracket ends one).
_TOKEN = re.compile(
    r"（[^（）]{1,6}）|[（《「『【“‘]*(?:[!-~]+|\s+|.)[，。、；：！？）》」』】”’]*", re.DOTALL
)


class LabelTooSmall(Refusal):
    """The words that may not be cut do not fit beside the code."""

    title = Words(zh="标签太小，文字放不下", en="the label is too small for its text")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in dots."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Line:
    """One run of text: the left end of its baseline, its size and its measured width, in dots."""

    x: int
    baseline: int
    size: int
    weight: Weight
    text: str
    width: float


@dataclass(frozen=True, slots=True)
class Block:
    """A text before it is placed, with a caption in front of it if it needs one."""

    value: str
    size_mm: float
    weight: Weight = "regular"
    caption: str = ""
    may_be_cut: bool = False
    lines_max: int | None = None


@dataclass(frozen=True, slots=True)
class Setter:
    """Sets blocks in one typeface; `scale` compares the label with the one the wishes are for."""

    typeface: Typeface
    dpi: int
    scale: float

    def dots(self, mm: float) -> int:
        """Millimetres as whole dots."""
        return round(mm * self.dpi / MM_PER_INCH)

    def dots_at_least(self, mm: float) -> int:
        """The fewest whole dots that are not shorter than so many millimetres."""
        return ceil(mm * self.dpi / MM_PER_INCH)

    def mm(self, dots: int) -> float:
        """Dots as millimetres."""
        return dots * MM_PER_INCH / self.dpi

    def fitted(
        self, blocks: tuple[Block, ...], box: Box, *, gap_mm: float, gap_mm_max: float, may_cut: bool = False
    ) -> tuple[Line, ...]:
        """The blocks one under the other in the box, as large as they fit, what is left over between them."""
        height = 0
        for attempt, shrink in self._attempts(blocks, box.width, may_cut=may_cut):
            gap = self.dots(gap_mm * self.scale * shrink)
            _, height = self._placed(attempt, box, shrink=shrink, gap=gap)
            if height <= box.height:
                share = (box.height - height) // max(1, len(blocks) - 1)
                wider = min(share, self.dots((gap_mm_max - gap_mm) * self.scale))
                return self._placed(attempt, box, shrink=shrink, gap=gap + wider)[0]
        needed, there = f"{self.mm(height):.1f} mm", f"{self.mm(max(0, box.height)):.1f} mm"
        raise LabelTooSmall(
            field="size",
            came=there,
            expected=Words(
                zh=f"文字区至少高 {needed}，请放大标签",
                en=f"at least {needed} of height for the text: use a larger label",
            ),
        )

    def one_line(self, block: Block, box: Box) -> tuple[Line, ...] | None:
        """The block on one line if some allowed size lets it fit the width."""
        for shrink in SHRINKS:
            lines = self._lines(block, box, self._size(block, shrink))
            if len({line.baseline for line in lines}) == 1:
                return lines
        return None

    def _attempts(
        self, blocks: tuple[Block, ...], width: int, *, may_cut: bool
    ) -> Iterator[tuple[tuple[Block, ...], float]]:
        """Every way to set the blocks, the best first: smaller and smaller, then with more cut off."""
        for shrink in SHRINKS:
            yield blocks, shrink
        smallest = SHRINKS[-1]
        for number, block in enumerate(blocks):
            if may_cut and block.may_be_cut:
                size = self._size(block, smallest)
                lines = self._wrapped(block.value, width=width, indent=0, size=size, weight=block.weight)
                for lines_max in range(len(lines) - 1, 0, -1):
                    blocks = (*blocks[:number], replace(block, lines_max=lines_max), *blocks[number + 1 :])
                    yield blocks, smallest

    def _size(self, block: Block, shrink: float) -> int:
        return max(self.dots(TEXT_MM_MIN), self.dots(block.size_mm * self.scale * shrink))

    def _placed(
        self, blocks: Sequence[Block], box: Box, *, shrink: float, gap: int
    ) -> tuple[tuple[Line, ...], int]:
        """The lines of the blocks, and the height they take."""
        lines: list[Line] = []
        y = 0
        for block in blocks:
            size = self._size(block, shrink)
            y += gap if lines else 0
            placed = self._lines(block, replace(box, y=box.y + y), size)
            lines += placed
            y = placed[-1].baseline + round((LINE_HEIGHT - ABOVE_BASELINE) * size) - box.y
        return tuple(lines), y

    def _lines(self, block: Block, box: Box, size: int) -> tuple[Line, ...]:
        """One block from the top of the box, however far down it reaches."""
        baseline = box.y + round(ABOVE_BASELINE * size)
        indent, lines = 0, []
        if block.caption:
            caption_width = self._width(block.caption, size, "regular")
            lines.append(Line(box.x, baseline, size, "regular", block.caption, caption_width))
            indent = round(caption_width + CAPTION_GAP * size)
        texts = self._wrapped(block.value, width=box.width, indent=indent, size=size, weight=block.weight)
        if block.lines_max is not None and len(texts) > block.lines_max:
            rest = "".join(texts[block.lines_max - 1 :])
            texts = (
                *texts[: block.lines_max - 1],
                self._cut(rest, width=box.width, size=size, weight=block.weight),
            )
        for number, text in enumerate(texts):
            x = box.x + (0 if number else indent)
            if text:
                lines.append(
                    Line(x, baseline, size, block.weight, text, self._width(text, size, block.weight))
                )
            baseline += round(LINE_HEIGHT * size)
        return tuple(lines)

    def _wrapped(self, text: str, *, width: int, indent: int, size: int, weight: Weight) -> tuple[str, ...]:
        """The text in lines no wider than `width`; the first is shorter by `indent`, empty if need be."""
        lines: list[str] = []
        line, room = "", width - indent
        for token in self._tokens(text, width, size, weight):
            grown = line + token
            if self._width(grown.rstrip(), size, weight) > room and (line or room < width):
                lines.append(line.rstrip())
                line, room = token.lstrip(), width
            else:
                line = grown
        return (*lines, line.rstrip())

    def _tokens(self, text: str, width: int, size: int, weight: Weight) -> Iterator[str]:
        for token in _TOKEN.findall(text):
            if self._width(token.strip(), size, weight) <= width:
                yield token
            else:
                # A word longer than a whole line is torn after all: running over the edge would be worse.
                yield from token

    def _cut(self, text: str, *, width: int, size: int, weight: Weight) -> str:
        """The longest beginning of the text that fits with an ellipsis after it."""
        while text and self._width(text + ELLIPSIS, size, weight) > width:
            text = text[:-1].rstrip()
        return text + ELLIPSIS

    def _width(self, text: str, size: int, weight: Weight) -> float:
        return self.typeface.width(text, size_px=size, weight=weight)
