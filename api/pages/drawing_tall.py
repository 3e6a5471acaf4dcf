"""The chain from top to bottom: for a phone of 360 pixels, and as a list for paper.

Every box has a row. The arrows out of one box share a lane in the left margin, as branches do in a history of changes; an arrow has no
room for its label there, so each box says what came from whom.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from api.pages.boxes import ROW_H, arrow_svg, box_height, box_svg, head_svg, row_svg, wrapped
from api.pages.drawing import layers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.pages.boxes import Arrow, Box, Chain

#: As wide as a phone shows without making the letters smaller.
PHONE_W: Final = 328
#: As wide as a page of paper.
PAPER_W: Final = 760

_LANE_W, _MARGIN, _ROW_GAP, _LIST_GAP = 13, 10, 16, 5
#: How far below its upper edge an arrow leaves a box, and reaches one.
_OUT_AT, _IN_AT = 24.0, 20.0
_LANES_MAX: Final = 9
_NAME_LETTERS: Final = 11


def tall(chain: Chain, *, label: str, arrow_words: str) -> Markup:
    """The drawing for a phone. `arrow_words` says where goods came from, as in `来自 {name}：{amount}`."""
    rows, row_of = _rows(chain)
    lane_of, lanes = _lanes(chain, row_of)
    left = _MARGIN + lanes * _LANE_W
    width = PHONE_W - left - 6
    boxes = _with_arrows(rows, chain, arrow_words)
    tops, top = [], 4.0
    for box in boxes:
        tops.append(top)
        top += box_height(box, width) + _ROW_GAP
    parts = [head_svg("chain chain-tall", PHONE_W, top - _ROW_GAP + 8, label)]
    for arrow in chain.arrows:
        start, end = tops[row_of[arrow.source]] + _OUT_AT, tops[row_of[arrow.target]] + _IN_AT
        parts.append(_arrow(arrow, left=left, lane=lane_of[arrow.source], start=start, end=end))
    parts.extend(box_svg(box, left, y, width) for box, y in zip(boxes, tops, strict=True))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704  (every text in it went through escape or quoteattr)


def listed(chain: Chain, *, label: str, arrow_words: str) -> Markup:
    """The same for paper: one line a box, whatever the length of the chain."""
    rows, row_of = _rows(chain)
    lane_of, lanes = _lanes(chain, row_of)
    left = _MARGIN + lanes * _LANE_W
    height = len(rows) * (ROW_H + _LIST_GAP) + 4
    parts = [head_svg("chain chain-list", PAPER_W, height, label)]
    for arrow in chain.arrows:
        start, end = (
            row * (ROW_H + _LIST_GAP) + 2 + ROW_H * share
            for row, share in ((row_of[arrow.source], 0.66), (row_of[arrow.target], 0.36))
        )
        parts.append(_arrow(arrow, left=left, lane=lane_of[arrow.source], start=start, end=end))
    for number, box in enumerate(_with_arrows(rows, chain, arrow_words)):
        parts.append(row_svg(box, left, number * (ROW_H + _LIST_GAP) + 2, PAPER_W - left - 2))
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704  (every text in it went through escape or quoteattr)


def _rows(chain: Chain) -> tuple[list[Box], dict[str, int]]:
    """The boxes from the sources on, and the row of each."""
    layer = layers_of(chain)
    order = sorted(range(len(chain.boxes)), key=lambda place: (layer[chain.boxes[place].key], place))
    rows = [chain.boxes[place] for place in order]
    return rows, {box.key: number for number, box in enumerate(rows)}


def _with_arrows(rows: list[Box], chain: Chain, words: str) -> list[Box]:
    """The boxes, each with what came to it from whom."""
    names = {box.key: wrapped(box.title, width=_NAME_LETTERS, lines_max=1)[0] for box in rows}
    came: dict[str, tuple[str, ...]] = {}
    for arrow in chain.arrows:
        if arrow.label:
            text = words.format(name=names[arrow.source], amount=arrow.label)
            came[arrow.target] = (*came.get(arrow.target, ()), text)
    return [replace(box, lines=(*came.get(box.key, ()), *box.lines)) for box in rows]


def _lanes(chain: Chain, row_of: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """A lane in the margin for all arrows out of one box; lanes that do not meet are shared."""
    spans: dict[str, tuple[int, int]] = {}
    for arrow in chain.arrows:
        ends = (row_of[arrow.source], row_of[arrow.target])
        low, high = spans.get(arrow.source, ends)
        spans[arrow.source] = (min(low, *ends), max(high, *ends))
    lane_of: dict[str, int] = {}
    taken: list[list[tuple[int, int]]] = []
    # Short spans first, so that they lie next to the boxes and long ones outside.
    for key, (low, high) in sorted(spans.items(), key=lambda one: (one[1][1] - one[1][0], one[1])):
        free = (
            lane
            for lane, held in enumerate(taken)
            if all(high <= other_low or low >= other_high for other_low, other_high in held)
        )
        lane = next(free, len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        lane_of[key] = min(lane, _LANES_MAX - 1)
    return lane_of, min(max(len(taken), 1), _LANES_MAX)


def _arrow(arrow: Arrow, *, left: float, lane: int, start: float, end: float) -> str:
    x, bend = left - (lane + 1) * _LANE_W, 6
    turn = bend if end > start else -bend
    path = (
        f"M{left:.0f} {start:.1f}H{x + bend:.0f}Q{x:.0f} {start:.1f} {x:.0f} {start + turn:.1f}"
        f"V{end - turn:.1f}Q{x:.0f} {end:.1f} {x + bend:.0f} {end:.1f}H{left - 7:.0f}"
    )
    return arrow_svg(arrow, path, f"{left - 7:.0f} {end:.1f}")
