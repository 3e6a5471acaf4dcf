"""The tour of a demo: links into whatever story was played, found in the log itself and not written down twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from api import links
from api.words import WORDS
from ledger.vocabulary.oversight import Recall

if TYPE_CHECKING:
    from ledger.errors import Words
    from ledger.findings import Finding
    from ledger.identifiers import GoodsId
    from ledger.store.book import SqlBook

_CODE: Final = "code/"
_CODE_KINDS: Final = ("code_sold_twice", "clone_suspected", "code_reused_packaging")


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the tour."""

    href: str
    title: Words
    text: Words


def tour(book: SqlBook, findings: list[Finding]) -> list[Stop]:
    """The stops that this log has something to show for."""
    stops = list[Stop]()
    goods = _recalled(book)
    if goods is not None:
        stops.append(_stop(links.goods_page(goods), "tour_recall"))
        stops.append(_stop(f"/trace?{urlencode({'goods': str(goods)})}", "tour_trace"))
    code = next(
        (
            one.subject.removeprefix(_CODE)
            for one in findings
            if one.kind in _CODE_KINDS and one.subject.startswith(_CODE)
        ),
        None,
    )
    if code is not None:
        stops.append(_stop(f"{links.PAGE}?{urlencode({'code': code})}", "tour_code"))
    return [
        *stops,
        _stop("/my/deliveries", "tour_accept"),
        _stop("/my/batches/new", "tour_batch"),
        _stop("/findings", "tour_findings"),
    ]


def _recalled(book: SqlBook) -> GoodsId | None:
    """The goods of the latest recall."""
    for mention in sorted(book.mentions([f"type/{Recall.TYPE}"]), key=lambda one: -one.seq):
        said = book.records([mention.seq])[mention.seq].said
        if isinstance(said, Recall) and said.action == "recall":
            return said.goods[0]
    return None


def _stop(href: str, key: str) -> Stop:
    return Stop(href=href, title=WORDS[key], text=WORDS[f"{key}_what"])
