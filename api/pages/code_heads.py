"""Heads of codes: what the codes of each product of one's own begin with, at each packing level (药品标识码、农药规格码 …)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.console import Counter, asked, file_form
from api.pages.console_forms import Ask, Group, Sheet, blank, finish, options_of, sent, show
from api.pages.console_lists import Head, Listing, Place, Shown, at_time
from api.pages.desk import AtDesk
from api.pages.forms import PostedForm
from api.parameters import MaybeText, QueryNumber, whole_number
from ledger.errors import Malformed, Words
from ledger.views.book import of_type
from ledger.vocabulary.coding import CodeHeads, CodeScheme, PackLevel
from ledger.vocabulary.parties import Product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.console_forms import Options, Sent
    from api.pages.console_lists import Row
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.identifiers import PartyId

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/code-heads"
#: Products that a form offers.
OFFERED_MAX: Final = 200
#: Packing levels that a form has rows for; another record adds more.
ROWS: Final = 3
FIELDS: Final = {
    "product": "product",
    **{f"heads[{row}].{name}": f"{name}_{row}" for row in range(ROWS) for name in ("head", "level", "holds")},
    **{f"heads[{row}].scheme": "scheme" for row in range(ROWS)},
    # The first that fits counts.
    "heads": "head_0",
}
_HEADS: Final = (
    Head("heads_product", width=28),
    Head("heads_scheme", width=18),
    Head("heads_head", width=20),
    Head("heads_level", width=18),
    Head("heads_holds", "number", 12),
    Head("col_recorded", "time", 18, on_page=False),
)


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def heads(
    desk: AtDesk,
    caller: Someone,
    q: MaybeText = None,
    before: QueryNumber = None,
    done: QueryNumber = None,
) -> HTMLResponse:
    """The heads, the newest first."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return counter.list_page(
            _listing(counter),
            q=asked(q),
            before=before,
            done=done,
            lede=counter.say("heads_lede"),
            news=[(f"{HERE}/new", counter.say("heads_new"))],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def heads_file(form: str, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return counter.list_file(_listing(counter), file_form(form), q=asked(q))


@router.get(f"{HERE}/new", response_class=HTMLResponse, dependencies=[needs("issue_codes")])
def heads_form(desk: AtDesk, caller: Someone, product: MaybeText = None) -> HTMLResponse:
    """An empty form."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        levels = {f"level_{row}": level for row, level in enumerate(get_args(PackLevel)[:ROWS])}
        return show(
            counter, _sheet(counter), blank(desk, product=product or "", scheme="drug", holds_0="1", **levels)
        )


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("issue_codes")])
def record_heads(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record them."""
    came = sent(desk, posted, ())
    return finish(
        desk,
        author.party,
        came,
        FIELDS,
        partial(_drafts, desk, author.party, came),
        to=lambda placed: f"{HERE}?done={placed.seq}",
        again=_sheet,
    )


def _listing(counter: Counter) -> Listing:
    seqs = counter.newest(CodeHeads.TYPE)
    found = counter.book.records(seqs)
    places = [
        Place(record.seq, number)
        for record, said in of_type((found[seq] for seq in seqs), CodeHeads)
        if record.actor == counter.party
        for number in range(len(said.heads))
    ]
    return Listing(
        name="code-heads",
        title="heads_title",
        heads=_HEADS,
        places=places,
        rows=partial(_rows, counter),
    )


def _rows(counter: Counter, places: Sequence[Place]) -> list[Row | None]:
    records = counter.book.records([one.position for one in places])
    names = dict(_products(counter))
    rows: list[Row | None] = []
    for place in places:
        record = records[place.position]
        said, number = record.said, place.thing
        if not isinstance(said, CodeHeads) or not isinstance(number, int):
            rows.append(None)
            continue
        one = said.heads[number]
        rows.append(
            (
                Shown(names.get(str(said.product), str(said.product)), href=f"/entries/{record.seq}"),
                Shown(counter.say(f"scheme_{one.scheme}")),
                Shown(one.head),
                Shown(counter.say(f"level_{one.level}")),
                Shown(str(one.holds or ""), value=one.holds),
                at_time(record.at_ms),
            )
        )
    return rows


def _products(counter: Counter) -> Options:
    """The products of one's own, the newest sheet of each."""
    seqs = counter.newest(Product.TYPE)[:OFFERED_MAX]
    found = counter.book.records(seqs)
    own: dict[str, str] = {}
    for _, said in of_type((found[seq] for seq in seqs), Product):
        if said.owner == counter.party:
            name = " ".join(part for part in (said.name, said.specification) if part)
            own.setdefault(str(said.product), name)
    return list(own.items())


def _sheet(counter: Counter) -> Sheet:
    products = _products(counter)
    levels = options_of("level", get_args(PackLevel), counter.desk)
    digits = {"inputmode": "numeric", "maxlength": "7", "autocomplete": "off"}
    text = {"maxlength": "19", "autocomplete": "off", "spellcheck": "false"}
    rows = [
        (
            Ask(
                f"head_{row}", "heads_head", optional=row > 0, attrs=text, hint=counter.say("heads_head_hint")
            ),
            Ask(f"level_{row}", "heads_level", "select", optional=row > 0, options=levels),
            Ask(f"holds_{row}", "heads_holds", attrs=digits),
        )
        for row in range(ROWS)
    ]
    return Sheet(
        title=counter.say("heads_new"),
        lede=counter.say("heads_lede" if products else "heads_none"),
        action=HERE,
        go=counter.say("papers_save"),
        back=HERE,
        groups=(
            Group(
                "",
                (
                    Ask(
                        "product",
                        "heads_product",
                        "select",
                        optional=False,
                        options=[("", counter.say("papers_choose")), *products],
                    ),
                    Ask(
                        "scheme",
                        "heads_scheme",
                        "select",
                        optional=False,
                        options=options_of("scheme", get_args(CodeScheme), counter.desk),
                    ),
                    *rows[0],
                ),
            ),
            Group(counter.say("heads_more"), tuple(ask for row in rows[1:] for ask in row)),
        ),
    )


def _drafts(desk: Desk, party: PartyId, came: Sent) -> list[Draft]:
    body: dict[str, Json] = {"id": came.text("id"), "heads": _given(came), **came.present("product")}
    # Of another's product it would count for nothing (`ledger.trace.coded`).
    return [Drafting(ledger=desk.ledger, author=party).draft(CodeHeads, body)]


def _given(came: Sent) -> list[Json]:
    """The rows that have a head. One left empty between them would move the places that refusals name."""
    rows: list[Json] = []
    for row in range(ROWS):
        head = came.text(f"head_{row}").strip()
        if row > 0 and not head:
            continue
        if len(rows) < row:
            expected = Words(zh="不空行，从上往下填", en="a head here too: no empty row between")
            raise Malformed(field=f"heads[{len(rows)}].head", came="", expected=expected)
        one: dict[str, Json] = {
            "scheme": came.text("scheme"),
            "head": head,
            "level": came.text(f"level_{row}"),
        }
        if holds := came.text(f"holds_{row}"):
            one["holds"] = _whole(holds, f"heads[{row}].holds")
        rows.append(one)
    return rows


def _whole(text: str, field: str) -> int:
    if (number := whole_number(text)) is not None:
        return number
    raise Malformed(field=field, came=text, expected=Words(zh="整数，如 10", en="a whole number, like 10"))
