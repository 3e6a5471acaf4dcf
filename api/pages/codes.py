"""Unit codes at the clerk's desk: issued by count, range or list, taken along as a list, activated, printed again, made void.

A run of many codes is one line here, whatever number of records it took (`api.issuing`). A form that is sent again goes on with its run.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft
from api.issuing import (
    CODE_KINDS,
    OfRun,
    Run,
    carry_out,
    check_deals,
    counted,
    drawn_kind,
    listed,
    recorded_count,
)
from api.pages.console import Counter, asked, file_form
from api.pages.console_forms import Ask, Group, Sheet, blank, sent, show
from api.pages.console_lists import Head, Listing, Place, Shown, at_time
from api.pages.desk import AtDesk
from api.pages.forms import Form, PostedForm, form_id, gather, new_id, record
from api.pages.rendering import cap
from api.parameters import MaybeText, QueryNumber, whole_number
from api.printable import AskedAllTheSame
from api.routes.codes import code_list, own_run, printed_links
from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers import GoodsId
from ledger.identifiers.serials import COUNT_MAX, Drawn
from ledger.views.book import runs_key
from ledger.vocabulary.goods import Batch, Codes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.issuing import Action, CodeKind, Recorded
    from api.pages.console_forms import Options, Sent
    from api.pages.console_lists import Row
    from api.pages.desk import Desk
    from ledger.accounts.callers import Caller
    from ledger.identifiers.serials import CodeSource
    from ledger.views.book import Record

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/codes"
#: Batches that a form offers, the newest.
OFFERED_MAX: Final = 100
#: Characters of a list that is typed or pasted; longer ones are for the API.
LIST_CHARACTERS_MAX: Final = 200_000
#: Codes of a run that its page shows.
SHOWN_MAX: Final = 3
_WAYS: Final = ("count", "range", "list")
_THEN: Final[tuple[Action, ...]] = ("activate", "reprint", "void")
_FIELDS: Final = {
    "way": "way",
    "goods": "goods",
    "count": "count",
    "first": "first",
    "last": "last",
    "codes": "codes",
    "reason": "reason",
}
_HEADS: Final = (
    Head("codes_goods", width=36),
    Head("codes_action"),
    Head("codes_count", "number", 10),
    Head("codes_origin"),
    Head("codes_kind", on_page=False),
    Head("codes_reason", width=24),
    Head("codes_run", width=38, on_page=False),
    Head("col_recorded", "time", 18),
)


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def runs(desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None) -> HTMLResponse:
    """Every run, the newest first."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return counter.list_page(
            _listing(counter),
            q=asked(q),
            before=before,
            lede=counter.say("codes_lede"),
            news=[
                (f"{HERE}/new", counter.say("codes_new")),
                (f"{HERE}/pack", counter.say("codes_pack")),
                (f"{HERE}/packed", counter.say("codes_packed")),
            ],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def runs_file(form: str, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return counter.list_file(_listing(counter), file_form(form), q=asked(q))


@router.get(f"{HERE}/new", response_class=HTMLResponse, dependencies=[needs("issue_codes")])
def issue_form(desk: AtDesk, caller: Someone, goods: MaybeText = None) -> HTMLResponse:
    """An empty form."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        chosen = desk.known_goods(book, goods)
        form = blank(desk, way="count", code_kind="digital_link", goods=str(chosen or ""))
        return show(counter, _sheet(counter, chosen), form)


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("issue_codes")])
def issue(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Begin a run, or go on with it."""
    came = sent(desk, posted, ())
    wrong = list[Refusal]()
    run = gather(wrong, lambda: _asked_run(desk, author, came))
    done = None if run is None else gather(wrong, lambda: _carry_out(desk, author, run, came.form))
    if done is None or not came.form.good:
        came.form.refuse(wrong, _FIELDS, desk.language)
        with desk.ledger.book() as book:
            counter = Counter.of(desk, book, author.party)
            chosen = desk.known_goods(book, came.text("goods"))
            return show(counter, _sheet(counter, chosen), came.form, status=422)
    return RedirectResponse(f"{HERE}/{done}", status_code=303)


@router.get(f"{HERE}/{{run}}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def one_run(run: str, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """How far a run has come, its lists, and what can be done with its codes."""
    return _show_run(desk, caller, own_run(desk.ledger, run, caller.party), blank(desk))


@router.post(f"{HERE}/{{run}}", response_class=HTMLResponse, dependencies=[needs("issue_codes")])
def with_run(run: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Go on with a run; or activate, print again or make void its codes, all of them or some."""
    found, came = own_run(desk.ledger, run, author.party), sent(desk, posted, ())
    wrong = list[Refusal]()
    more = gather(wrong, lambda: _more(desk, author, found, came))
    done = None if more is None else gather(wrong, lambda: _carry_out(desk, author, more, came.form))
    if done is None or not came.form.good:
        came.form.refuse(wrong, _FIELDS, desk.language)
        return _show_run(desk, author, found, came.form, status=422)
    return RedirectResponse(f"{HERE}/{done}", status_code=303)


@router.get(f"{HERE}/{{run}}/list.csv", dependencies=[needs("issue_codes")])
def run_list(
    run: str, desk: AtDesk, caller: Someone, links: MaybeText = None, loopback: AskedAllTheSame = None
) -> Response:
    """The codes of a run as CSV, a part at a time; with `links` for printing."""
    found = own_run(desk.ledger, run, caller.party)
    printed = printed_links(desk.ledger, found, desk.settings, loopback) if links else None
    heads = ["codes_number", "codes_packed_code", *(["codes_link"] if printed is not None else [])]
    return code_list(desk.ledger, found, [desk.say(one) for one in heads], printed)


def _asked_run(desk: Desk, author: Caller, came: Sent) -> Run:
    """What the form asks for."""
    goods = GoodsId.parse(came.text("goods"), field="goods")
    with desk.ledger.book() as book:
        check_deals(Counter.of(desk, book, author.party).names.reading, goods)
    kind, source = _source(came, goods)
    return Run(form_id(came.posted), author.party, "issue", goods, source, kind, came.text("reason") or None)


def _source(came: Sent, goods: GoodsId) -> tuple[CodeKind, CodeSource]:
    kind = next((one for one in CODE_KINDS if one == came.text("code_kind")), None)
    way = came.text("way")
    if kind is None or way not in _WAYS:
        expected = Words(zh="表单中的选项", en="one of the choices of the form")
        raise Malformed(field="way", came=way, expected=expected)
    if way == "count":
        count = whole_number(came.text("count"))
        if count is None:
            expected = Words(zh=f"1 至 {COUNT_MAX} 的整数", en=f"a whole number from 1 to {COUNT_MAX}")
            raise Malformed(field="count", came=came.text("count"), expected=expected)
        return drawn_kind(goods), Drawn(goods, count)
    if way == "range":
        return kind, counted(kind, came.text("first"), came.text("last"), goods)
    return kind, listed(kind, came.lines("codes"), goods)


def _more(desk: Desk, author: Caller, found: Recorded, came: Sent) -> Run:
    """What is asked for at the page of a run."""
    action = next((one for one in _THEN if one == came.text("action")), None)
    if action is None:
        more = found.go_on()
        if more is None or came.text("action") != "continue":
            expected = Words(zh="表单中的选项", en="one of the choices of the form")
            raise Malformed(field="action", came=came.text("action"), expected=expected)
        return more
    if action == "reprint" and not came.text("reason"):
        expected = Words(zh="补打原因", en="why they are printed again")
        raise Malformed(field="reason", came="", expected=expected)
    said = found.said
    lines = came.lines("codes")
    some = listed(said.code_kind, lines, said.goods) if lines else OfRun(desk.ledger, found)
    reason = came.text("reason") or None
    return Run(form_id(came.posted), author.party, action, said.goods, some, said.code_kind, reason)


def _carry_out(desk: Desk, author: Caller, run: Run, form: Form) -> str | None:
    """Record it, as far as it comes; the id of the run. For a party that keeps its own key one statement is handed over to be signed."""
    with desk.ledger.book() as book:
        signs_itself = book.register.signs_for_itself(author.party) and author.holder is None
    if not signs_itself:
        carry_out(desk.ledger, run, holder=author.holder)
        return str(run.id)
    if run.parts > 1:
        expected = Words(
            zh=f"自持密钥的主体一次最多 {run.a_part} 个码",
            en=f"at most {run.a_part} codes at once from a party that keeps its own key",
        )
        raise TooLarge(field="count", came=run.source.count, expected=expected)
    drafts = [Draft(said=run.said(1), id=run.statement_id(1))]
    return str(run.id) if record(desk, author.party, drafts, form, _FIELDS) else None


def _show_run(desk: Desk, caller: Caller, found: Recorded, form: Form, *, status: int = 200) -> HTMLResponse:
    codes = recorded_count(desk.ledger, found)
    said = found.said
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        facts = [
            ("codes_goods", counter.names.goods(said.goods)),
            ("codes_action", counter.say(f"action_{said.action}")),
            ("codes_kind", counter.say(f"codes_kind_{said.code_kind}")),
            ("codes_origin", counter.say(f"origin_{said.origin or 'listed'}")),
            ("codes_count", counter.say("codes_of", codes=codes, of=found.of)),
            ("codes_reason", said.reason or ""),
            ("codes_run", str(found.id)),
        ]
        if not form.value("id"):
            form = Form({**form.values, "id": str(new_id(desk))}, form.errors)
        return counter.page(
            "unit_codes_run.html",
            {
                "here": HERE,
                "title": counter.say("papers_codes"),
                "facts": [(counter.say(name), cap(text)) for name, text in facts if text],
                "record": found.first,
                "run": str(found.id),
                "codes": codes,
                "of": found.of,
                "goes_on": found.go_on() is not None,
                "issued": said.action == "issue",
                "few": said.codes[:SHOWN_MAX],
                "form": form,
                "labels": {
                    "action": counter.say("codes_do"),
                    "codes": counter.say("codes_only"),
                    "reason": counter.say("codes_reason"),
                },
                "actions_of": [(one, counter.say(f"codes_do_{one}")) for one in _THEN],
                "list_most": LIST_CHARACTERS_MAX,
            },
            status=status,
        )


def _listing(counter: Counter) -> Listing:
    seqs = sorted({one.seq for one in counter.book.mentions([runs_key(counter.party)])}, reverse=True)
    return Listing(
        name="codes",
        title="papers_codes",
        heads=_HEADS,
        places=[Place(seq) for seq in seqs],
        rows=partial(_rows, counter),
    )


def _rows(counter: Counter, places: Sequence[Place]) -> list[Row | None]:
    found = counter.book.records([one.position for one in places])
    return [_row(counter, found[one.position]) for one in places]


def _row(counter: Counter, first: Record) -> Row | None:
    said = first.said
    if not isinstance(said, Codes):
        return None
    count = said.run_codes or len(said.codes)
    return (
        Shown(counter.names.goods(said.goods), href=f"{HERE}/{said.run or first.header.id}"),
        Shown(counter.say(f"action_{said.action}")),
        Shown(str(count), value=count),
        Shown(counter.say(f"origin_{said.origin or 'listed'}")),
        Shown(counter.say(f"codes_kind_{said.code_kind}")),
        Shown(said.reason or ""),
        Shown(said.run or str(first.header.id)),
        at_time(first.at_ms),
    )


def _sheet(counter: Counter, chosen: GoodsId | None) -> Sheet:
    say: Callable[..., str] = counter.say
    plain = {"maxlength": "200", "autocomplete": "off"}
    goods = goods_options(counter, chosen)
    return Sheet(
        title=say("codes_new"),
        lede=say("codes_form_lede") if goods else say("codes_no_goods"),
        action=HERE,
        go=say("codes_go"),
        back=HERE,
        groups=(
            Group(
                "",
                (
                    Ask("goods", "codes_goods", "select", optional=False, options=goods),
                    Ask(
                        "way",
                        "codes_way",
                        "choices",
                        optional=False,
                        options=[(one, say(f"codes_way_{one}")) for one in _WAYS],
                    ),
                    Ask(
                        "count",
                        "codes_count",
                        hint=say("codes_count_hint", most=COUNT_MAX),
                        attrs={"inputmode": "numeric", "maxlength": "7", "autocomplete": "off"},
                    ),
                ),
            ),
            Group(
                f"{say('codes_way_range')} · {say('codes_way_list')}",
                (
                    Ask(
                        "code_kind",
                        "codes_kind",
                        "select",
                        options=[(one, say(f"codes_kind_{one}")) for one in CODE_KINDS],
                    ),
                    Ask("first", "codes_first", hint=say("codes_range_hint"), attrs=plain),
                    Ask("last", "codes_last", attrs=plain),
                    Ask(
                        "codes",
                        "codes_list",
                        "area",
                        hint=say("codes_list_hint"),
                        attrs={"rows": "6", "maxlength": str(LIST_CHARACTERS_MAX)},
                    ),
                ),
            ),
        ),
    )


def goods_options(counter: Counter, chosen: GoodsId | None) -> Options:
    """The party's newest batches to choose from, and the one that the address named."""
    seqs = counter.newest("batch.v1")[:OFFERED_MAX]
    found = counter.book.records(seqs)
    goods = dict.fromkeys([chosen] if chosen is not None else [])
    for seq in seqs:
        said = found[seq].said
        if isinstance(said, Batch) and found[seq].actor == counter.party:
            goods.setdefault(said.goods)
    return [(str(one), counter.names.goods(one)) for one in goods]
