"""The chain as a picture: an SVG made on the server, without script.

`wide` runs from left to right, the production source at one end and the holders at the other. `drawing_tall.py` has the same chain from top
to bottom, for phones and for paper; a page holds both and the style sheet shows one. How a box looks is in `boxes.py`; what is in
it, and what may be shown to whom, is decided in `chain.py`. Here is geometry.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from api.pages.boxes import (
    Arrow,
    Box,
    Chain,
    Tag,
    amount_svg,
    arrow_svg,
    block_width,
    box_height,
    box_svg,
    head_svg,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: More arrows out of one box than this, and the plain ends among them become one box.
BRANCHES_MAX: Final = 6
#: How many of them keep a box of their own.
BRANCHES_KEPT: Final = 2

_SWEEPS: Final = 6
#: More columns than this, and the drawing is pushed sideways in its frame rather than made smaller.
COLUMNS_MAX: Final = 9


@dataclass(frozen=True, slots=True)
class Opening:
    """Which gathered boxes are shown with all that is in them, and the words and the address for closing one of those again."""

    groups: frozenset[str] = frozenset()
    words: str = "{count}"
    #: The address in which this one is closed.
    closing: Callable[[str], str] = str
    #: A box as it stands inside an opened one; whence its goods came is said first.
    box: Callable[[str, Box], Box] = field(default=lambda _, box: box)
    #: What went to some boxes, and from which: for the line above them, where the arrows were one.
    line: Callable[[str, Sequence[str]], str] = field(default=lambda _, __: "")

    def opens(self, group: str) -> bool:
        """Whether this one is open."""
        return group in self.groups or ALL_GROUPS in self.groups


#: In an address: every group is open.
ALL_GROUPS: Final = "all"


def gathered(
    chain: Chain,
    *,
    words: str,
    label: Callable[[Sequence[str]], str],
    href: str,
    opening: Opening | None = None,
) -> Chain:
    """The same chain, in which many like ends of one box have become one box: `words` with their `{count}`, and `label` of their keys.

    `href` leads to what is gathered; `{group}` in it is the name of the box for an address. What `opening` names is one box as well, and
    shows the others inside it.
    """
    opening = opening or Opening()
    out: dict[str, list[Arrow]] = defaultdict(list)
    into: dict[str, int] = defaultdict(int)
    for arrow in chain.arrows:
        out[arrow.source].append(arrow)
        into[arrow.target] += 1
    boxes = {box.key: box for box in chain.boxes}
    gone: dict[str, str] = {}
    made: list[Box] = []
    for source, arrows in out.items():
        targets = dict.fromkeys(arrow.target for arrow in arrows)
        like = _alike(boxes[key] for key in targets if not out.get(key) and into[key] == 1)
        if len(targets) <= BRANCHES_MAX or len(like) <= BRANCHES_KEPT + 1:
            continue
        merged = [box.key for box in sorted(like, key=lambda box: (-box.weight, box.key))[BRANCHES_KEPT:]]
        key, group = f"several/{source}", group_name(source)
        gone.update(dict.fromkeys(merged, key))
        several = Box(
            key,
            words.format(count=len(merged)),
            (label(merged),),
            "several",
            like[0].tags,
            href.replace("{group}", group),
            group=group,
        )
        made.append(
            _opened(
                several,
                [opening.box(source, boxes[one]) for one in merged],
                opening,
                line=opening.line(source, merged),
            )
            if opening.opens(group)
            else several
        )
    return _with_ends_gone(chain, gone, made)


def group_name(source: str) -> str:
    """The name of a gathered box in an address: the same for as long as its goods come from the same hands."""
    return sha256(source.encode()).hexdigest()[:10]


def _opened(several: Box, inside: Sequence[Box], opening: Opening, *, line: str) -> Box:
    return replace(
        several,
        title=opening.words.format(count=len(inside)),
        lines=(line,) if line else several.lines,
        kind="block",
        href=opening.closing(several.group),
        inside=tuple(inside),
    )


def _alike(ends: Iterable[Box]) -> list[Box]:
    """The largest group of ends that say the same: nothing about any of them asks for a box of its own."""
    groups: dict[tuple[Tag, ...], list[Box]] = defaultdict(list)
    for box in ends:
        if box.kind == "through":
            groups[box.tags].append(box)
    return max(groups.values(), key=len, default=[])


def _with_ends_gone(chain: Chain, gone: Mapping[str, str], made: Sequence[Box]) -> Chain:
    if not gone:
        return chain
    merged: dict[tuple[str, str], Arrow] = {}
    kept: list[Arrow] = []
    for arrow in chain.arrows:
        if arrow.target not in gone:
            kept.append(arrow)
            continue
        way = (arrow.source, gone[arrow.target])
        may_contain = arrow.may_contain and (way not in merged or merged[way].may_contain)
        merged[way] = Arrow(*way, may_contain=may_contain)
    boxes = (box for box in chain.boxes if box.key not in gone)
    return Chain(boxes=(*boxes, *made), arrows=(*kept, *merged.values()))


def layers_of(chain: Chain) -> dict[str, int]:
    """How far each box stands from the sources: the longest way to it. A way round in a circle (a return) is walked once."""
    into: dict[str, list[str]] = defaultdict(list)
    for arrow in chain.arrows:
        into[arrow.target].append(arrow.source)
    layer: dict[str, int] = {}
    for box in chain.boxes:
        # An explicit stack: chains are as long as somebody made them.
        stack: list[tuple[str, bool]] = [(box.key, False)]
        walking: set[str] = set()
        while stack:
            key, ready = stack.pop()
            if ready:
                layer[key] = max((layer[one] + 1 for one in into[key] if one in layer), default=0)
                walking.discard(key)
            elif key not in layer and key not in walking:
                walking.add(key)
                stack.append((key, True))
                stack.extend((one, False) for one in into[key] if one not in layer and one not in walking)
    return layer


# From left to right

_GAP_Y, _MARGIN = 18, 12


@dataclass(frozen=True, slots=True)
class _Grid:
    """How wide boxes and gaps are: a long chain gets narrower ones, so that its letters stay readable."""

    columns: int
    #: Columns that hold an opened box are as wide as that.
    broad: Mapping[int, float] = field(default_factory=dict)

    @property
    def box(self) -> float:
        return 200 if self.columns <= 4 else 172 if self.columns <= 6 else 150  # noqa: PLR2004  (chosen by looking)

    @property
    def gap(self) -> float:
        return 96 if self.columns <= 4 else 74 if self.columns <= 6 else 60  # noqa: PLR2004  (chosen by looking)

    @property
    def width(self) -> float:
        return self.x(self.columns) - self.gap + _MARGIN

    def column(self, layer: int) -> float:
        """How wide a column is."""
        return max(self.box, self.broad.get(layer, 0))

    def of(self, spot: _Spot) -> float:
        """How wide a box is: only what was opened is wider than the others."""
        return self.box if spot.box is None or spot.box.kind != "block" else block_width(spot.box)

    def x(self, layer: int) -> float:
        """The left edge of a column."""
        return _MARGIN + sum(self.column(before) + self.gap for before in range(layer))


@dataclass(slots=True)
class _Spot:
    """A box in its layer, or a point through which a long arrow passes it."""

    key: str
    layer: int
    height: float
    y: float = 0.0
    box: Box | None = None


def wide(chain: Chain, *, label: str) -> Markup:
    """The drawing from left to right. `label` is what a screen reader calls it."""
    layer = layers_of(chain)
    opened: dict[int, float] = {}
    for box in chain.boxes:
        if box.kind == "block":
            opened[layer[box.key]] = max(opened.get(layer[box.key], 0), block_width(box))
    grid = _Grid(max(layer.values(), default=0) + 1, opened)
    spots = {box.key: _Spot(key=box.key, layer=layer[box.key], height=0, box=box) for box in chain.boxes}
    for spot in spots.values():
        assert spot.box is not None
        spot.height = box_height(spot.box, grid.of(spot))
    ways = [(arrow, _way(arrow, layer, spots)) for arrow in chain.arrows]
    columns: list[list[_Spot]] = [[] for _ in range(grid.columns)]
    for spot in spots.values():
        columns[spot.layer].append(spot)
    links = [(a, b) for _, way in ways for a, b in pairwise(way)]
    _order(columns, links)
    height = _place(columns, links)
    # With something opened it is as large as it is, and moved about in its frame.
    as_wide = COLUMNS_MAX if opened else min(grid.columns, COLUMNS_MAX)
    parts = [head_svg(f"chain chain-wide columns-{as_wide}", grid.width, height, label)]
    parts.extend(_arrow(arrow, [spots[key] for key in way], grid) for arrow, way in ways)
    parts.extend(
        box_svg(spot.box, grid.x(spot.layer), spot.y, grid.of(spot)) for spot in spots.values() if spot.box
    )
    parts.append("</svg>")
    return Markup("".join(parts))  # noqa: S704  (every text in it went through escape or quoteattr)


def _way(arrow: Arrow, layer: Mapping[str, int], spots: dict[str, _Spot]) -> list[str]:
    """The spots an arrow passes: its ends, and a point in every layer between them."""
    first, last = layer[arrow.source], layer[arrow.target]
    points = []
    for between in range(first + 1, last):
        key = f"way/{arrow.source}/{arrow.target}/{between}"
        spots.setdefault(key, _Spot(key=key, layer=between, height=10))
        points.append(key)
    return [arrow.source, *points, arrow.target]


def _order(columns: list[list[_Spot]], links: Sequence[tuple[str, str]]) -> None:
    """Neighbours near each other: each spot goes to the mean place of those it is tied to, from both sides in turn."""
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for a, b in links:
        before[b].append(a)
        after[a].append(b)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        rank = {spot.key: place for column in columns for place, spot in enumerate(column)}
        tied = before if forward else after
        for column in columns if forward else reversed(columns):
            means = {
                spot.key: _mean([rank[key] for key in tied[spot.key]], otherwise=rank[spot.key])
                for spot in column
            }
            column.sort(key=lambda spot: (means[spot.key], rank[spot.key]))
            rank.update({spot.key: place for place, spot in enumerate(column)})


def _place(columns: list[list[_Spot]], links: Sequence[tuple[str, str]]) -> float:
    """Give every spot its height on the page: near its neighbours, in order, never on top of each other."""
    spots = {spot.key: spot for column in columns for spot in column}
    tied: dict[str, list[str]] = defaultdict(list)
    for a, b in links:
        tied[a].append(b)
        tied[b].append(a)
    for column in columns:
        top = 0.0
        for spot in column:
            spot.y = top
            top += spot.height + _GAP_Y
    for sweep in range(_SWEEPS * 2):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            wished = [
                _mean([_middle(spots[key]) for key in tied[spot.key]], otherwise=_middle(spot))
                for spot in column
            ]
            _settle(column, wished)
    lowest = min((spot.y for spot in spots.values()), default=0.0)
    for spot in spots.values():
        spot.y += _MARGIN - lowest
    return max((spot.y + spot.height for spot in spots.values()), default=0.0) + _MARGIN


def _settle(column: list[_Spot], wished: Sequence[float]) -> None:
    """The places in order that come nearest to those wished for (pool adjacent violators)."""
    offsets, top = [], 0.0
    for spot in column:
        offsets.append(top + spot.height / 2)
        top += spot.height + _GAP_Y
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        value, count = wish - offset, 1
        while pools and pools[-1][0] > value:
            earlier, members = pools.pop()
            value = (value * count + earlier * members) / (count + members)
            count += members
        pools.append((value, count))
    starts = [value for value, count in pools for _ in range(count)]
    for spot, start, offset in zip(column, starts, offsets, strict=True):
        spot.y = start + offset - spot.height / 2


def _arrow(arrow: Arrow, way: Sequence[_Spot], grid: _Grid) -> str:
    """A curve from the right edge of the first box to the left edge of the last, and its label on white."""
    first, last = way[0], way[-1]
    if last.layer <= first.layer:
        return _arrow_back(arrow, first, last, grid)
    x, y = grid.x(first.layer) + grid.of(first), _middle(first)
    edge = grid.x(first.layer) + grid.column(first.layer)
    label = amount_svg(arrow.label, edge + grid.gap / 2, (y + _middle(way[1])) / 2 - 6, grid.gap - 6)
    path = [f"M{x:.0f} {y:.1f}"]
    if edge > x:
        # Beside something that was opened in the same column the arrow first leaves the column.
        path.append(f"H{edge:.0f}")
        x = edge
    for spot in way[1:]:
        to_x, to_y = grid.x(spot.layer), _middle(spot)
        end_x = to_x - 7 if spot is last else to_x
        half = (end_x - x) / 2
        path.append(f"C{x + half:.0f} {y:.1f} {end_x - half:.0f} {to_y:.1f} {end_x:.0f} {to_y:.1f}")
        if spot is not last:
            end_x += grid.column(spot.layer)
            path.append(f"H{end_x:.0f}")
        x, y = end_x, to_y
    return arrow_svg(arrow, " ".join(path), f"{x:.0f} {y:.1f}", label=label)


def _arrow_back(arrow: Arrow, first: _Spot, last: _Spot, grid: _Grid) -> str:
    """Goods that went back: a curve under the boxes."""
    x, y = grid.x(first.layer) + 30, first.y + first.height
    to_x, to_y = grid.x(last.layer) + 30, last.y + last.height
    low = max(y, to_y) + 34
    path = f"M{x:.0f} {y:.1f}C{x:.0f} {low:.1f} {to_x:.0f} {low:.1f} {to_x:.0f} {to_y + 7:.1f}"
    label = amount_svg(arrow.label, (x + to_x) / 2, low - 14, grid.box)
    return arrow_svg(arrow, path, f"{to_x:.0f} {to_y + 7:.1f}", pointing="up", label=label)


def _middle(spot: _Spot) -> float:
    return spot.y + spot.height / 2


def _mean(values: Sequence[float], *, otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
