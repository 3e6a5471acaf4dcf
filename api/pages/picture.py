"""The trace in three forms that say the same: a picture, a time line and a plain list; and the tables of holders and records, where they are long.

Each is a page of its own behind the same address (`view=`), whole without script. In the picture many like holders are one box; `open=` in the
address opens it, and so does a script in place, with the same drawing from here (`api/static/picture.js`). What may be shown to whom is
decided in `chain.py`; geometry is in `drawing.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import Query
from markupsafe import Markup

from api.pages.chain import key_of
from api.pages.drawing import ALL_GROUPS, Opening, layers_of, wide
from api.pages.drawing_tall import tall
from api.pages.rendering import lag
from api.words import MARKS, say
from ledger.errors import Malformed, Words
from ledger.views.book import first_told_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.pages.chain import Shown
    from ledger.errors import Language
    from ledger.identifiers import GoodsId
    from ledger.trace import Edge, Holding

View = Literal["picture", "time", "list", "holders", "records"]
VIEWS: Final[tuple[View, ...]] = ("picture", "time", "list", "holders", "records")
#: Groups that one address opens; whoever wants more opens all of them.
OPEN_MAX: Final = 20
_GROUP: Final = re.compile(f"[0-9a-f]{{10}}|{ALL_GROUPS}")
#: The names of the groups to open, in an address.
OpenGroups = Annotated[list[str] | None, Query(alias="open", max_length=OPEN_MAX)]

#: Longer than this between two things that happened, and the time line says so.
GAP_MS: Final = 86_400_000
#: The bar of a step: from when it happened to when the log took it, over the whole time of the trace.
BAR_W: Final = 160
_BAR_H, _DOT = 14, 4


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a trace: what was asked for, at which log size."""

    code: str | None
    goods: GoodsId | None
    as_of: int | None

    def query(self) -> list[tuple[str, str]]:
        """What names the goods, as the buyers' page takes it."""
        if self.code is not None:
            return [("code", self.code)]
        return [("goods", str(self.goods))]

    def at(
        self, path: str = "/trace", *, view: View = "picture", groups: Iterable[str] = (), **more: str
    ) -> str:
        """The same trace in another form, or with other groups open."""
        query = self.query()
        if self.as_of is not None:
            query.append(("as_of", str(self.as_of)))
        if view != "picture":
            query.append(("view", view))
        query += [("open", group) for group in sorted(groups)]
        return f"{path}?{urlencode([*query, *more.items()])}"


def view_of(text: str | None) -> View:
    """The form that was asked for; the picture where none was."""
    for one in VIEWS:
        if text in {None, one}:
            return one
    expected = Words(zh="、".join(VIEWS), en=", ".join(VIEWS))
    raise Malformed(field="view", came=text, expected=expected)


def groups_of(names: Sequence[str] | None) -> frozenset[str]:
    """The groups to open. What is no name of a group opens nothing."""
    return frozenset(one for one in names or () if _GROUP.fullmatch(one))


def drawings(shown: Shown, address: Address, groups: frozenset[str], *, rows: int) -> dict[str, object]:
    """The picture from left to right and from top to bottom, with what else its page needs to know of it.

    `rows`: so many holders stand in the table below it; the others on a page of their own.
    """
    language = shown.language
    label = say("chain_label", language, goods=shown.names.goods(shown.found.goods))
    # The name of the group stands in the address where its mark stands now; no name has a mark in it.
    more = address.at(groups={*groups, "GROUP"}).replace("GROUP", "{group}")

    def closing(group: str) -> str:
        return f"{address.at(groups=groups - {group, ALL_GROUPS})}#chain"

    # Relative, and so a third as long: an opened group holds hundreds of them.
    elsewhere = address.at("", view="holders")

    def row(number: int) -> str:
        return f"#h{number}" if number < rows else f"{elsewhere}#h{number}"

    chain = shown.chain(Opening(groups, closing=closing), href=f"{more}#chain", row_href=row)
    gathers = any(box.group for box in chain.boxes)
    return {
        "drawing_wide": wide(chain, label=label),
        "drawing_tall": tall(chain, label=label, arrow_words=say("chain_from", language)),
        "open_all": f"{address.at(groups={ALL_GROUPS})}#chain" if gathers and not groups else None,
        "close_all": f"{address.at()}#chain" if groups else None,
        "fragment": address.at("/trace/picture"),
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One step of goods from hand to hand (or within one), as all three forms tell it."""

    source: Holding
    target: Holding
    source_name: str
    target_name: str
    goods: str
    made: str
    kind: str
    amount: str
    state: str
    may_contain: bool
    occurred_ms: int
    recorded_ms: int
    lag: str
    seqs: tuple[int, ...]


def steps_of(shown: Shown) -> list[Step]:
    """Every step in sight, in the order in which they happened."""
    found = (
        _step(shown, source, target, edge) for (source, target), some in shown.ways().items() for edge in some
    )
    return sorted(found, key=lambda one: (one.occurred_ms, one.seqs))


def _step(shown: Shown, source: Holding, target: Holding, edge: Edge) -> Step:
    names, language = shown.names, shown.language
    told_ms = first_told_ms(names.book, edge.told_by)
    return Step(
        source=source,
        target=target,
        source_name=names.party(source.party),
        target_name=names.party(target.party),
        goods=names.goods(source.goods),
        made=names.goods(target.goods) if target.goods != source.goods else "",
        kind=say(f"pic_kind_{edge.kind}", language),
        amount=shown.moved([edge]),
        state=say(f"pic_state_{edge.state}", language) if edge.state != "confirmed" else "",
        may_contain=edge.may_contain,
        occurred_ms=edge.occurred_ms,
        recorded_ms=told_ms,
        lag=lag(told_ms - edge.occurred_ms, language),
        seqs=edge.seqs,
    )


def timeline(steps: Sequence[Step], language: Language) -> list[dict[str, object]]:
    """The steps by the time they happened, each with the bar up to when the log took it, and the times in which nothing happened."""
    if not steps:
        return []
    first = min(one.occurred_ms for one in steps)
    last = max(one.recorded_ms for one in steps)
    span = max(last - first, 1)
    rows: list[dict[str, object]] = []
    for before, one in pairwise((None, *steps)):
        assert one is not None
        rows.append(
            {
                "step": one,
                "gap": _gap(one.occurred_ms - before.occurred_ms, language) if before is not None else "",
                "bar": _bar((one.occurred_ms - first) / span, (one.recorded_ms - first) / span),
            }
        )
    return rows


def _gap(ms: int, language: Language) -> str:
    return say("pic_gap", language, days=ms // GAP_MS) if ms >= GAP_MS else ""


def _bar(start: float, end: float) -> Markup:
    """From a ring (it happened) to a disc (the log took it), over a line for the whole time."""
    room = BAR_W - 2 * _DOT
    x, to_x, y = _DOT + start * room, _DOT + end * room, _BAR_H / 2
    return Markup(  # noqa: S704  (numbers only)
        f'<svg class="bar" viewBox="0 0 {BAR_W} {_BAR_H}" width="{BAR_W}" height="{_BAR_H}" aria-hidden="true">'
        f'<path class="bar-whole" d="M{_DOT} {y}H{BAR_W - _DOT}"/><path class="bar-late" d="M{x:.1f} {y}H{to_x:.1f}"/>'
        f'<circle class="bar-happened" cx="{x:.1f}" cy="{y}" r="{_DOT - 0.75}"/>'
        f'<circle class="bar-taken" cx="{to_x:.1f}" cy="{y}" r="{_DOT - 1.5}"/></svg>'
    )


def plain_list(shown: Shown, steps: Sequence[Step]) -> list[dict[str, object]]:
    """Every box of the picture in words, from the sources on, each with the arrows that leave it."""
    chain, comma = shown.whole(), MARKS[shown.language].comma
    layer = layers_of(chain)
    out: dict[str, list[Step]] = {}
    for one in steps:
        out.setdefault(key_of(one.source), []).append(one)
    return [
        {
            "name": box.title,
            "words": comma.join((*(tag.word for tag in box.tags), *box.lines)),
            "href": box.href,
            "steps": out.get(box.key, []),
        }
        for box in sorted(chain.boxes, key=lambda box: layer[box.key])
    ]
