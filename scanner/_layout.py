"""Where everything stands on a label, in dots of the printer: the code, the lines of text and the rule
between them.

The same places serve the PNG and the SVG, so the two never differ. Nothing here draws.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ledger.errors import Refusal, Words
from scanner._typesetting import (
    ABOVE_BASELINE,
    LINE_HEIGHT,
    MM_PER_INCH,
    Block,
    Box,
    LabelTooSmall,
    Line,
    Setter,
)

if TYPE_CHECKING:
    from scanner._fonts import Typeface
    from scanner.symbols import Shape

#: The sizes the wishes below are drawn for; other labels scale from the one of their shape.
WIDE_MM = (50.0, 30.0)
TALL_MM = (40.0, 60.0)
#: A label this much wider than high has its text beside the code, not below it.
WIDE_FROM = 1.15
#: Of a tall label's height, what the code may take.
TALL_CODE_SHARE = 0.55
#: ISO/IEC 15417 4.7: bars at least so high, and so high for their length; higher than that where the label has the height.
BARS_MM_MIN = 5.0
BARS_SHARE_MIN = 0.15
BARS_HEIGHT_SHARE = 0.3

#: White kept free at the edges, for labels that are not cut where they were meant to be.
EDGE_MM = 0.5
MARGIN_MM = 1.5
RULE_MM = 0.2

DOMAIN_CAPTION = "扫码后请核对网址"
#: Where the code itself holds no address.
LOOKUP_CAPTION = "查询网址"


class ModuleTooSmall(Refusal):
    """The code would be printed too fine for phones to read: the label must grow or the code say less."""

    title = Words(zh="二维码太密，印出来扫不到", en="the code would be too fine to scan")


@dataclass(frozen=True, slots=True)
class Paper:
    """A label's size in dots of its printer."""

    width: int
    height: int
    dpi: int

    @property
    def is_wide(self) -> bool:
        """Whether the text stands beside the code."""
        return self.width >= WIDE_FROM * self.height

    def setter(self, typeface: Typeface) -> Setter:
        """What sets the words of this label."""
        width, height = WIDE_MM if self.is_wide else TALL_MM
        scale = min(self.width / width, self.height / height) * MM_PER_INCH / self.dpi
        return Setter(typeface, self.dpi, scale)


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole label, placed. `code` is the rectangle of all modules, without the quiet zone around it."""

    paper: Paper
    code: Box
    module: int
    lines: tuple[Line, ...]
    rule: Box


def laid_out(
    paper: Paper, typeface: Typeface, *, shape: Shape, column: tuple[Block, ...], address: Block
) -> Layout:
    """The label for a symbol of this shape: words whole and code large, if both can be had."""
    setter = paper.setter(typeface)
    place = partial(
        _wide if paper.is_wide and not shape.is_bars else _tall,
        paper=paper,
        setter=setter,
        shape=shape,
        column=column,
        address=address,
    )
    side = paper.width if shape.is_bars else min(paper.width, paper.height)
    largest = min(side // shape.whole, setter.dots(shape.module_mm_max))
    for may_cut, module_mm_min in ((False, shape.module_mm_good), (True, shape.module_mm_min)):
        for module_max in range(largest, setter.dots_at_least(module_mm_min) - 1, -1):
            with suppress(LabelTooSmall):
                return place(module_max=module_max, may_cut=may_cut)
    return place(module_max=setter.dots_at_least(shape.module_mm_min), may_cut=True)


def _wide(
    *,
    paper: Paper,
    setter: Setter,
    shape: Shape,
    column: tuple[Block, ...],
    address: Block,
    module_max: int,
    may_cut: bool,
) -> Layout:
    """The code to the left, the text to the right, the domain in words along the foot."""
    edge, margin = setter.dots(EDGE_MM), setter.dots(MARGIN_MM)
    across = Box(margin, 0, paper.width - 2 * margin, paper.height)
    foot = setter.one_line(address, across) or setter.fitted((address,), across, gap_mm=0, gap_mm_max=0)
    rule_y = paper.height - setter.dots(0.8) - _bottom(foot) - setter.dots(0.6)
    rule = Box(margin, rule_y, across.width, setter.dots(RULE_MM))
    space = min(paper.width // 2, rule.y - edge)
    module = _module(setter, shape, space=space, module_max=module_max)
    side, quiet = shape.across * module, shape.quiet * module
    code = Box(edge + quiet, edge + (rule.y - edge - side) // 2, side, side)
    # Some letters reach a little to the left of where they stand; the quiet zone is no place for them.
    left = code.x + side + quiet + setter.dots(0.3)
    text = Box(left, code.y, paper.width - margin - left, rule.y - setter.dots(0.8) - code.y)
    lines = setter.fitted(column, text, gap_mm=0.5, gap_mm_max=1.4, may_cut=may_cut)
    return Layout(paper, code, module, (*lines, *_moved(foot, down=rule.y + setter.dots(0.6))), rule)


def _tall(
    *,
    paper: Paper,
    setter: Setter,
    shape: Shape,
    column: tuple[Block, ...],
    address: Block,
    module_max: int,
    may_cut: bool,
) -> Layout:
    """The code above, the domain in words under it, then the text."""
    edge, margin = setter.dots(EDGE_MM), setter.dots(MARGIN_MM)
    across = paper.width - 2 * edge
    space = across if shape.is_bars else min(across, round(paper.height * TALL_CODE_SHARE))
    module = _module(setter, shape, space=space, module_max=module_max)
    side, quiet = shape.across * module, shape.quiet * module
    code = Box((paper.width - side) // 2, edge + quiet, side, side)
    if shape.is_bars:
        # Above and below bars nothing needs to be white; a millimetre keeps them apart from the words.
        high = max(
            setter.dots_at_least(BARS_MM_MIN),
            round(BARS_SHARE_MIN * side),
            round(BARS_HEIGHT_SHARE * paper.height),
        )
        quiet = setter.dots(1.0)
        code = Box(code.x, edge + quiet, side, high)
    below = code.y + code.height + quiet
    line = Box(margin, below, paper.width - 2 * margin, paper.height - below - margin)
    words = _centred(setter.fitted((address,), line, gap_mm=0, gap_mm_max=0), line)
    rule = Box(margin, _bottom(words) + setter.dots(0.6), line.width, setter.dots(RULE_MM))
    top = rule.y + setter.dots(1.2)
    text = Box(margin, top, line.width, paper.height - margin - top)
    lines = setter.fitted(column, text, gap_mm=0.6, gap_mm_max=1.6, may_cut=may_cut)
    return Layout(paper, code, module, (*words, *lines), rule)


def _module(setter: Setter, shape: Shape, *, space: int, module_max: int) -> int:
    """The dots of one module, so that the code and its quiet zone fit the space."""
    # Whole dots, because otherwise a printer rounds each module by itself and they come out uneven.
    module, dots_min = max(0, space) // shape.whole, setter.dots_at_least(shape.module_mm_min)
    if module < dots_min:
        side_mm = setter.mm(shape.whole * dots_min)
        least = shape.module_mm_min
        came = f"{shape.across} × {setter.mm(module):.2f} mm"
        raise ModuleTooSmall(
            field="size",
            came=came,
            expected=Words(
                zh=f"模块不小于 {least} mm，码区宽 {side_mm:.1f} mm，请放大标签",
                en=f"modules of {least} mm, {side_mm:.1f} mm across for the code: take a larger label",
            ),
        )
    return min(module, module_max)


def _bottom(lines: tuple[Line, ...]) -> int:
    last = lines[-1]
    return last.baseline + round((LINE_HEIGHT - ABOVE_BASELINE) * last.size)


def _moved(lines: tuple[Line, ...], *, down: int) -> tuple[Line, ...]:
    return tuple(replace(line, baseline=line.baseline + down) for line in lines)


def _centred(lines: tuple[Line, ...], box: Box) -> tuple[Line, ...]:
    """The same lines, each row of them in the middle of the box."""
    rows = {
        line.baseline: round(max(one.x + one.width for one in lines if one.baseline == line.baseline))
        for line in lines
    }
    starts = {line.baseline: min(one.x for one in lines if one.baseline == line.baseline) for line in lines}
    return tuple(
        replace(line, x=line.x + (box.width - rows[line.baseline] + starts[line.baseline]) // 2)
        for line in lines
    )
