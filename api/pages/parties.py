"""Whom one deals with: suppliers, customers and farmers, by the records that name both; each with its licences, its file and what passed between.

Who signs here keeps its own sheet, and this party's page shows it. Who does not is *declared* by those who trade with it (食品安全法 53: name,
address and contact of each supplier); a new name is a new sheet with the former one in it, so that a search finds both.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.console import DEALINGS, Counter, asked, file_form
from api.pages.console_forms import (
    Ask,
    Group,
    Sheet,
    blank,
    body_after,
    finish,
    label_of,
    options_of,
    origin,
    sent,
    show,
)
from api.pages.console_lists import PAGE_ROWS, Head, Listing, Place, Section, Shown, at_time, dated
from api.pages.desk import AtDesk
from api.pages.expiring import days_tag, licence_state
from api.pages.forms import PostedForm
from api.pages.supplier_files import papers_of
from api.parameters import MaybeText, QueryNumber
from ledger.errors import Malformed, UnknownName, Words
from ledger.findings.expiry import by_number, own_licences
from ledger.findings.standing import licences_of
from ledger.identifiers import CreditCode, PartyId
from ledger.store.beside import Dealt, newest_of
from ledger.trace.parties import lineage
from ledger.views.book import about, contact_key, file_key, of_type, party_key
from ledger.views.sheets import party_sheet
from ledger.vocabulary import TYPES
from ledger.vocabulary.parties import Party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.console_forms import Sent
    from api.pages.console_lists import Row
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.recorder import Placed
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/parties"
KINDS: Final = ("company", "individual_business", "cooperative", "farmer", "institution", "unknown")
_TEXTS: Final = (
    "party_kind",
    "name",
    "credit_code",
    "person_name",
    "phone",
    "address",
    "region",
    "trade",
    "formerly",
)
_SHOWN: Final = frozenset(_TEXTS)
FIELDS: Final = {name: name for name in _TEXTS} | {"corrects": "how"}
_HEADS: Final = (
    Head(label_of(Party, "name"), width=30),
    Head(label_of(Party, "party_kind")),
    Head(label_of(Party, "credit_code"), width=20, on_page=False),
    Head(label_of(Party, "phone"), on_page=False),
    Head(label_of(Party, "address"), width=30, on_page=False),
    Head("papers_sheet_by"),
    Head("papers_records_between", "number", 8),
    Head("papers_last_dealing", "date"),
)
_DEAL_HEADS: Final = ("col_entry", "col_type", "col_what", "col_occurred")


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def parties(desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None) -> HTMLResponse:
    """Everybody this party has to do with; the last one first."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_page(
            _listing(counter, text),
            q=text,
            before=before,
            lede=counter.say("papers_parties_lede"),
            news=[(f"{HERE}/new", counter.say("papers_party_new"))],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def parties_file(form: str, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_file(_listing(counter, text), file_form(form), q=text)


@router.get(f"{HERE}/new", response_class=HTMLResponse, dependencies=[needs("record_sheets")])
def party_form(desk: AtDesk, caller: Someone, of: MaybeText = None) -> HTMLResponse:
    """An empty form, or one that is filled with the sheet before."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        before = origin(counter, Party, of or "")
        form = blank(desk, party_kind="unknown")
        if before is not None:
            values = {name: str(getattr(before.said, name) or "") for name in _TEXTS}
            form = blank(desk, of=str(before.seq), how="changed", **values)
        return show(counter, _sheet(counter, before), form)


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("record_sheets")])
def record_party(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Declare a party, or record its next sheet."""
    came = sent(desk, posted, ())
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, author.party)
        before = origin(counter, Party, came.text("of"), form=came.text("id"))
    return finish(
        desk,
        author.party,
        came,
        FIELDS,
        partial(_drafts, desk, author.party, came, before),
        to=partial(_sheet_of, desk),
        again=lambda counter: _sheet(counter, before),
    )


def _sheet_of(desk: Desk, placed: Placed) -> str:
    """Where the party stands whose sheet was recorded; a new one got its name with the record."""
    with desk.ledger.book() as book:
        said = book.records([placed.seq])[placed.seq].said
    assert isinstance(said, Party)
    return f"{HERE}/{said.party}?done={placed.seq}"


@router.get(f"{HERE}/{{party}}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def party(
    party: str, desk: AtDesk, caller: Someone, before: QueryNumber = None, done: QueryNumber = None
) -> HTMLResponse:
    """One party as this one knows it: sheet, names before and after, licences, file, and the records between the two."""
    whose = PartyId.parse(party, field="party")
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        between = _between(counter, whose)
        if whose != caller.party and not between:
            expected = Words(zh="与本方有往来的主体", en="a party that you have to do with")
            raise UnknownName(field="party", came=party, expected=expected)
        own = _own_sheet(counter, whose)
        actions = [] if own is None else [(f"{HERE}/new?of={own.seq}", counter.say("papers_party_change"))]
        return counter.page(
            "my_sheet.html",
            {
                "here": HERE,
                "over": counter.say("papers_parties"),
                "title": counter.names.party(whose),
                "done": done,
                "notices": _renamed(counter, whose),
                "facts": _facts(counter, whose),
                "record": counter.names.view(whose).record,
                "actions": [
                    (f"/my/files/{whose}", counter.say("papers_file_go")),
                    (f"/my/files/new?supplier={whose}", counter.say("papers_file_add")),
                    *actions,
                ],
                "sections": [
                    _licences(counter, whose),
                    _file(counter, whose),
                    _dealings(counter, whose, between, before),
                ],
            },
        )


def _own_sheet(counter: Counter, whose: PartyId) -> Record | None:
    """The sheet that this party declared last, where nobody else keeps one: only that may it change."""
    view = counter.names.view(whose)
    if not view.declared:
        return None
    sheets = [
        record for record, _ in party_sheet(counter.book, whose).sheets if record.actor == counter.party
    ]
    return sheets[-1] if sheets else None


def _facts(counter: Counter, whose: PartyId) -> list[tuple[str, str]]:
    view, reading = counter.names.view(whose), counter.names.reading
    told = reading.contact(view)
    known = (
        ("party_kind", counter.say(f"party_kind_{view.kind}") if view.kind else ""),
        ("credit_code", view.credit_code or ""),
        ("trade", view.trade or ""),
        ("formerly", "、".join(view.former_names)),
        ("person_name", told.person_name or ""),
        ("phone", told.phone or ""),
        ("address", told.address or ""),
    )
    rows = [(counter.head(Head(label_of(Party, name))), text) for name, text in known if text]
    return [*rows, (counter.say("papers_sheet_by"), _by(counter, whose))]


def _by(counter: Counter, whose: PartyId) -> str:
    """Whose word the sheet is."""
    view = counter.names.view(whose)
    if view.record is None:
        return counter.say("no_record")
    if not view.declared:
        return counter.say("papers_registered")
    return counter.say("papers_declared", name=counter.names.party(view.record.actor))


def _renamed(counter: Counter, whose: PartyId) -> list[dict[str, str]]:
    """Who it was, and who it goes on as (主体承继)."""
    steps = lineage(counter.book, whose).steps
    return [
        {
            "tone": "amber",
            "text": counter.say(
                "papers_succession",
                before=counter.names.party(one.before),
                after=counter.names.party(one.after),
                how=counter.say(f"how_{one.how}"),
                day=str(one.effective_on),
                entry=one.record.seq,
            ),
        }
        for one in steps
    ]


def _licences(counter: Counter, whose: PartyId) -> Section:
    heads = [
        counter.head(Head(one))
        for one in ("papers_licence_kind", "duty_number", "duty_until", "papers_state", "col_entry")
    ]
    ending = {one.number: one for one in own_licences(counter.book, whose, counter.today)}
    rows = []
    for versions in by_number(licences_of(counter.book, whose)):
        record, newest = versions[-1]
        one = ending.get(newest.number)
        until = newest.valid_to if one is None else one.until
        pending = one is not None and one.pending
        rows.append(
            (
                Shown(newest.licence_kind),
                Shown(newest.number),
                dated(until),
                licence_state(counter, versions, None if one is None else one.until, pending=pending),
                Shown(f"#{record.seq}", href=f"/entries/{record.seq}"),
            )
        )
    return Section(
        title=counter.say("papers_their_licences"),
        heads=list(enumerate(heads)),
        rows=rows,
        none=counter.say("no_record"),
        hint=counter.say("papers_their_licences_hint"),
    )


def _file(counter: Counter, whose: PartyId) -> Section:
    heads = [counter.head(Head(one)) for one in ("duty_paper", "duty_number", "duty_until")]
    records = about(counter.book, file_key(counter.party, whose))
    rows = []
    for paper in papers_of(counter, records):
        tag = days_tag(counter, paper.valid_to)
        rows.append(
            (
                Shown(paper.document_kind),
                Shown(paper.number or ""),
                dated(paper.valid_to, tag=tag.tag, tone=tag.tone),
            )
        )
    return Section(
        title=counter.say("papers_their_file"),
        heads=list(enumerate(heads)),
        rows=rows,
        none=counter.say("papers_file_none"),
    )


def _between(counter: Counter, whose: PartyId) -> list[int]:
    """The records in which the two have to do with each other, the newest first."""
    both = frozenset(newest_of(counter.book, counter.party, [party_key(whose)]))
    return [seq for seq in newest_of(counter.book, counter.party, DEALINGS) if seq in both]


def _dealings(counter: Counter, whose: PartyId, between: Sequence[int], before: int | None) -> Section:
    """What was recorded between the two, a page of it."""
    seqs = [seq for seq in between if before is None or seq < before]
    found = counter.book.records(seqs[:PAGE_ROWS])
    rows = [
        (
            Shown(f"#{seq}", href=f"/entries/{seq}"),
            Shown(TYPES[found[seq].header.type].TITLE.in_language(counter.desk.language)),
            Shown(counter.names.summary(found[seq])),
            at_time(found[seq].occurred_ms),
        )
        for seq in seqs[:PAGE_ROWS]
        if counter.names.reading.opens(found[seq])
    ]
    more = len(seqs) > PAGE_ROWS
    return Section(
        title=counter.say("papers_between", count=len(between)),
        heads=[(place, counter.say(one)) for place, one in enumerate(_DEAL_HEADS)],
        rows=rows,
        none=counter.say("none_yet"),
        older=f"{HERE}/{whose}?before={seqs[PAGE_ROWS - 1]}" if more else "",
    )


def _listing(counter: Counter, q: str) -> Listing:
    named = set(counter.named(q)) if q else set()
    return Listing(
        name="parties",
        title="papers_parties",
        heads=_HEADS,
        places=[Place(one.last, one) for one in counter.partners],
        rows=partial(_rows, counter),
        hits=frozenset(one.last for one in counter.partners if one.party in named),
    )


def _rows(counter: Counter, places: Sequence[Place]) -> list[Row | None]:
    partners: list[Dealt] = [one.thing for one in places]  # type: ignore[misc]  # our own places, made above
    counter.names.know(one.party for one in partners)
    last = counter.book.records([one.last for one in partners])
    return [_row(counter, one, last[one.last]) for one in partners]


def _row(counter: Counter, one: Dealt, last: Record) -> Row:
    view = counter.names.view(one.party)
    told = counter.names.reading.contact(view)
    return (
        Shown(counter.names.party(one.party), href=f"{HERE}/{one.party}"),
        Shown(counter.say(f"party_kind_{view.kind}") if view.kind else ""),
        Shown(view.credit_code or ""),
        Shown(told.phone or ""),
        Shown(told.address or ""),
        Shown(_by(counter, one.party)),
        Shown(str(one.records), value=one.records),
        dated(last.header.occurred_at.date_in_shanghai()),
    )


def _sheet(counter: Counter, before: Record | None) -> Sheet:
    desk = counter.desk
    name = {"maxlength": "100", "autocomplete": "off"}
    number = {"maxlength": "60", "autocomplete": "off"}
    said = before.said if before is not None else None
    renaming = (
        Ask("formerly", label_of(Party, "formerly"), attrs=name, hint=counter.say("papers_formerly_hint")),
    )
    return Sheet(
        title=counter.say("papers_party_new" if before is None else "papers_party_change"),
        lede=counter.say("papers_party_form_lede"),
        action=HERE,
        go=counter.say("papers_save"),
        back=f"{HERE}/{said.party}" if isinstance(said, Party) else HERE,
        came_from=before,
        groups=(
            Group(
                "",
                (
                    Ask(
                        "party_kind",
                        label_of(Party, "party_kind"),
                        "select",
                        optional=False,
                        options=options_of("party_kind", KINDS, desk),
                        hint=counter.say("papers_party_kind_hint"),
                    ),
                    Ask(
                        "name",
                        label_of(Party, "name"),
                        attrs=name,
                        hint=counter.say("papers_party_name_hint"),
                    ),
                    *(renaming if before is not None else ()),
                    Ask("credit_code", label_of(Party, "credit_code"), attrs={**number, "maxlength": "18"}),
                    Ask("trade", label_of(Party, "trade"), attrs=name),
                    Ask(
                        "region",
                        label_of(Party, "region"),
                        attrs={"inputmode": "numeric", "maxlength": "6"},
                        hint=counter.say("papers_region_hint"),
                    ),
                ),
            ),
            Group(
                counter.say("papers_contact"),
                (
                    Ask("person_name", label_of(Party, "person_name"), attrs=name),
                    Ask("phone", label_of(Party, "phone"), attrs={**number, "inputmode": "tel"}),
                    Ask("address", label_of(Party, "address"), attrs=name),
                ),
                hint=counter.say("papers_contact_hint"),
            ),
        ),
    )


def _drafts(desk: Desk, party: PartyId, came: Sent, before: Record | None) -> list[Draft]:
    body: dict[str, Json] = {**body_after(came, before, _SHOWN, party), **came.present(*_TEXTS)}
    if not came.text("name") and not came.text("person_name"):
        raise Malformed(field="name", came="", expected=Words(zh="名称或姓名", en="a name"))
    earlier = getattr(before.said, "credit_code", None) if before is not None else None
    if (code := came.text("credit_code").upper()) and code != earlier:
        # A typing error here would declare a stranger.
        body["credit_code"] = str(CreditCode.parse(code))
        with desk.ledger.book() as book:
            _check_new(book, code, form=came.text("id"))
    return [Drafting(ledger=desk.ledger, author=party).draft(Party, body)]


def _check_new(book: SqlBook, code: str, *, form: str) -> None:
    """Nobody is declared twice: whoever is recorded under this code already is chosen, not made anew."""
    for record, said in of_type(about(book, contact_key("credit_code", code)), Party):
        if str(record.header.id) != form:
            name = said.name or str(said.party)
            expected = Words(
                zh=f"尚未登记的代码（已登记为“{name}”）",
                en=f"a code that is not recorded yet (it is {name}'s)",
            )
            raise Malformed(field="credit_code", came=code, expected=expected)
