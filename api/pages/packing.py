"""Packs into larger packs at the clerk's desk: boxes into a case, cases onto a pallet, and out again; and what lies in a pack.

What was packed is recorded as it happened. Only a slip of the hand is turned back: a larger pack whose code belongs to a smaller level than what is
said to lie in it, by the heads that its maker registered (`ledger.vocabulary.coding`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.codes import HERE, LIST_CHARACTERS_MAX, goods_options
from api.pages.console import Counter
from api.pages.console_forms import Ask, Group, Sheet, blank, finish, sent, show
from api.pages.console_lists import Section, Shown
from api.pages.desk import AtDesk
from api.pages.forms import PostedForm
from api.parameters import MaybeText
from api.routes.codes import may_see_packing
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import DrugTraceCode
from ledger.identifiers.serials import pack_code
from ledger.trace.nesting import lies_in, packed_in
from ledger.views.book import about_many, head_key, of_type
from ledger.vocabulary.coding import CodeHeads, PackLevel
from ledger.vocabulary.goods import Packing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.pages.console_forms import Sent
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.views.book import Book

router = APIRouter(include_in_schema=False)

#: Packs of one case that its page names.
SHOWN_MAX: Final = 200
_ACTIONS: Final = ("pack", "unpack")
_COMPLETENESS: Final = ("verified", "inferred")
_FIELDS: Final = {"parent_code": "parent_code", "codes": "codes", "goods": "goods"}
_LEVELS: Final[tuple[PackLevel, ...]] = get_args(PackLevel)


@router.get(f"{HERE}/pack", response_class=HTMLResponse, dependencies=[needs("issue_codes")])
def pack_form(desk: AtDesk, caller: Someone) -> HTMLResponse:
    """An empty form."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return show(counter, _sheet(counter), blank(desk, action="pack", completeness="verified"))


@router.post(f"{HERE}/pack", response_class=HTMLResponse, dependencies=[needs("issue_codes")])
def pack(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record what was put in, or taken out."""
    came = sent(desk, posted, ())
    return finish(
        desk,
        author.party,
        came,
        _FIELDS,
        partial(_drafts, desk, author.party, came),
        to=lambda placed: (
            f"{HERE}/packed?{urlencode({'code': pack_code(came.text('parent_code')), 'done': placed.seq})}"
        ),
        again=_sheet,
    )


@router.get(f"{HERE}/packed", response_class=HTMLResponse, dependencies=[needs("read_own")])
def packed(desk: AtDesk, caller: Someone, code: MaybeText = None, done: MaybeText = None) -> HTMLResponse:
    """What lies in a pack, and where the pack lies, by the records that this reader may read."""
    asked = _asked(code)
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        seen = bool(asked) and may_see_packing(counter.names.reading, asked)
        inside = packed_in(book, asked) if seen else ()
        around = lies_in(book, asked) if seen else ()
        return counter.page(
            "unit_codes_packed.html",
            {
                "here": HERE,
                "title": counter.say("codes_packed"),
                "asked": asked,
                "done": int(done) if done is not None and done.isascii() and done.isdigit() else None,
                "sections": [
                    _section(counter, "codes_packed_inside", inside),
                    _section(counter, "codes_packed_in", around),
                ]
                if asked
                else [],
            },
        )


def _asked(code: str | None) -> str:
    """What is looked up; a code gone wrong is looked up as it came, and not found."""
    try:
        return pack_code(code or "")
    except Refusal:
        return (code or "").strip()


def _section(counter: Counter, title: str, codes: tuple[str, ...]) -> Section:
    return Section(
        title=f"{counter.say(title)} ({len(codes)})" if codes else counter.say(title),
        heads=[(0, counter.say("codes_packed_code"))],
        rows=[(Shown(one, href=f"{HERE}/packed?{urlencode({'code': one})}"),) for one in codes[:SHOWN_MAX]],
        none=counter.say("codes_packed_nothing"),
    )


def _sheet(counter: Counter) -> Sheet:
    say = counter.say
    return Sheet(
        title=say("codes_pack"),
        lede=say("codes_pack_lede"),
        action=f"{HERE}/pack",
        go=say("codes_do_go"),
        back=HERE,
        groups=(
            Group(
                "",
                (
                    Ask(
                        "action",
                        "codes_action",
                        "choices",
                        optional=False,
                        options=[(one, say(f"action_{one}")) for one in _ACTIONS],
                    ),
                    Ask(
                        "parent_code",
                        "codes_pack_parent",
                        optional=False,
                        hint=say("codes_pack_parent_hint"),
                        attrs={"maxlength": "200", "autocomplete": "off"},
                    ),
                    Ask(
                        "codes",
                        "codes_pack_inside",
                        "area",
                        optional=False,
                        hint=say("codes_list_hint"),
                        attrs={"rows": "8", "maxlength": str(LIST_CHARACTERS_MAX)},
                    ),
                    Ask(
                        "goods",
                        "codes_goods",
                        "select",
                        options=[("", say("papers_no_choice")), *goods_options(counter, None)],
                    ),
                    Ask(
                        "completeness",
                        "codes_pack_completeness",
                        "select",
                        options=[(one, say(f"codes_pack_{one}")) for one in _COMPLETENESS],
                    ),
                ),
            ),
        ),
    )


def _drafts(desk: Desk, party: PartyId, came: Sent) -> list[Draft]:
    codes = [pack_code(one, field=f"codes[{place}]") for place, one in enumerate(came.lines("codes"))]
    parent = pack_code(came.text("parent_code"), field="parent_code")
    body: dict[str, Json] = {
        "id": came.text("id"),
        "parent_code": parent,
        "codes": codes,
        **came.present("action", "goods", "completeness"),
    }
    draft = Drafting(ledger=desk.ledger, author=party).draft(Packing, body)
    with desk.ledger.book() as book:
        check_levels(book, parent, codes)
    return [draft]


def check_levels(book: Book, parent: str, codes: Iterable[str]) -> None:
    """Raise where the larger pack's code belongs to no larger level than one that is to lie in it, as far as their heads are registered."""
    marks = {code: mark for code in (parent, *codes) if (mark := _mark(code)) is not None}
    found = about_many(book, [head_key("drug", one) for one in set(marks.values())])
    levels = {
        head.head: _LEVELS.index(head.level)
        for records in found.values()
        for _, said in of_type(records, CodeHeads)
        for head in said.heads
        if head.scheme == "drug"
    }
    around = levels.get(marks.get(parent, ""))
    for place, code in enumerate(codes):
        level = levels.get(marks.get(code, ""))
        if around is not None and level is not None and level >= around:
            expected = Words(
                zh="包装级别低于外包装的码（内外是否填反？）",
                en="a code of a smaller packing level than the larger pack (the two may be exchanged)",
            )
            raise Malformed(field=f"codes[{place}]", came=code, expected=expected)


def _mark(code: str) -> str | None:
    try:
        return DrugTraceCode.parse(code).product_mark
    except Refusal:
        return None
