"""What another tenant can send by the forms that his pages offer him: each field of each, with each sort of somebody else's names in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.identifiers import StatementId
from ledger.vocabulary.trade import Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import enrol_party
from tests.support.strangers.tenants import MARK, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from ledger.canonical import Json
    from tests.integration.pages.browsing import WebForm
    from tests.support.strangers.tenants import Thing, Town

#: Where a trader's pages begin.
STARTS: Final = ("/my", "/sell", "/stall")
#: Pages that are looked at for forms, one of each kind.
PAGES_MAX: Final = 400
#: What parts two addresses of one kind: identifiers, and numbers.
_NAME: Final = re.compile(r"(?:pty|prd|sit)_[0-9a-z]+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9]+")
#: They end what the tenant is signed in with, or give it to somebody.
_NOT_SENT: Final = ("/sign-out", "/account", "/my/keys", "/people")
_NO_PAGE: Final = ("/static", "/api", "/log", "/docs")
#: Names of one's own making: the number of a record, the language of the page; and how many labels are printed.
_OWN_FIELDS: Final = frozenset({"id", "lang", "number"})


@dataclass(frozen=True, slots=True)
class Filled:
    """One form with somebody else's name in one field."""

    action: str
    values: tuple[tuple[str, str], ...]
    field: str
    thing: Thing


def trade_of(town: Town) -> None:
    """What B has to have for all forms to be there: something sent, something to receive."""
    customer, stranger = enrol_party(town.ledger, "乙方的客户（演示）"), town.stranger
    line: dict[str, Json] = {
        "goods": "https://id.gs1.org/01/09520001000065/10/B-1",
        "quantity": {"amount": "3", "unit": "KGM"},
    }
    for sender, to in ((stranger, customer), (customer, stranger)):
        town.ledger.say(sender.party, Shipment.read({"to": str(to.party), "lines": [line], "offer": True}))


def forms_of(town: Town) -> list[WebForm]:
    """The forms on B's pages, one of each kind, as a browser finds them."""
    visitor, looked_at = Visitor.of(town.client, town.stranger), set[str]()
    found: dict[str, WebForm] = {}
    waiting = list(STARTS)
    while waiting and len(looked_at) < PAGES_MAX:
        path = waiting.pop(0)
        kind = _NAME.sub("#", path)
        if kind in looked_at or not path.startswith("/") or path.startswith(_NO_PAGE):
            continue
        looked_at.add(kind)
        page = visitor.open(path)
        waiting += page.read.links
        for form in page.read.forms:
            if form.method == "post" and not form.action.startswith(_NOT_SENT):
                found.setdefault(_NAME.sub("#", form.action), form)
    return [found[kind] for kind in sorted(found)]


def things_of(town: Town) -> list[Thing]:
    """Of A's names one of each sort, of records one of each type; none that holds a secret itself: who sends it knows it."""
    picked: dict[str, list[Thing]] = {}
    with town.ledger.book() as book:
        for one in town.things:
            seq = int(one.name) if one.sort == "entry" else None
            if one.sort == "statement":
                seq = book.position(StatementId.parse(one.name))
            kind = one.sort if seq is None else f"{one.sort} {book.records([seq])[seq].header.type}"
            picked.setdefault(kind, []).append(one)
    return [some[0] for _, some in sorted(picked.items()) if MARK not in some[0].name]


def filled(forms: list[WebForm], things: list[Thing], *, each: bool) -> Iterator[Filled]:
    """Every field of every form with every name, or with one of them in turn."""
    turn = 0
    for form in forms:
        # Nobody has to send what stands in the page and nothing else: a form that follows on a record names that one here.
        for field in {**form.fields, "of": ""}:
            if field in _OWN_FIELDS:
                continue
            turn += 1
            for thing in things if each else [things[turn % len(things)]]:
                yield Filled(form.action, tuple(form.fields.items()), field, thing)


def told(town: Town, one: Filled, number: int) -> str | None:
    """What B learns by sending it: a secret text, or that the name is there because a twin is answered otherwise. None where nothing."""
    size = town.ledger.size()
    mine = _send(town, one, one.thing.name, 2 * number)
    if any(MARK in text for text in seen(mine)[1:]):
        return "a secret text"
    if town.ledger.size() != size:
        # It was recorded, and a second one is refused for that; what records that name others' things tell is tried by itself.
        return None
    twin = _send(town, one, one.thing.twin, 2 * number + 1)
    if one.thing.public or mine.status_code == twin.status_code:
        return None
    return f"{mine.status_code} where a twin gets {twin.status_code}"


def _send(town: Town, one: Filled, name: str, number: int) -> httpx.Response:
    values = {**dict(one.values), one.field: name}
    if "id" in values:
        values["id"] = str(StatementId.new(town.ledger.clock(), number.to_bytes(10, "big")))
    return town.client.send("POST", one.action, data=values, key=town.stranger.key)
