"""The files of suppliers (供货者档案、首营资料): which papers are held of whom, as they stood on any day, and adding or renewing one.

A file is made once and renewed; every delivery inherits it as it stood that day. Adding a paper is a record of its own, and so is a renewed one:
of each kind of paper, for each purpose, the one that ends last stands. A mistake is put right in the record that made it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.console import Counter, asked, file_form
from api.pages.console_forms import (
    Ask,
    Group,
    Sheet,
    blank,
    body_after,
    finish,
    label_of,
    origin,
    sent,
    show,
)
from api.pages.console_lists import Head, Listing, Place, Section, Shown, at_time, dated
from api.pages.desk import AtDesk
from api.pages.expiring import days_tag
from api.pages.forms import PostedForm
from api.parameters import MaybeText, QueryNumber
from ledger.errors import Malformed, Words
from ledger.findings.expiry import papers_on
from ledger.identifiers import LegalDate, PartyId
from ledger.store.beside import filed_suppliers
from ledger.views.book import about, about_many, file_key, of_type
from ledger.views.sheets import party_sheet
from ledger.vocabulary.profiles import all_profiles
from ledger.vocabulary.trade import SupplierFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.console_forms import Options, Sent
    from api.pages.console_lists import Row
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.store.beside import Dealt
    from ledger.views.book import Record
    from ledger.vocabulary.trade import FiledDocument

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/files"
#: Papers that one form asks for; one that puts a longer record right shows as many as that has.
ROWS: Final = 4
ROWS_MAX: Final = 30
#: Suppliers that a form offers.
OFFERED_MAX: Final = 200
_PARTS: Final = ("document_kind", "number", "scope", "valid_from", "valid_to")
_SHOWN: Final = frozenset({"supplier", "for_shops", "salesperson", "authorised_until", "documents"})
_LIST: Final = (
    Head("col_supplier", width=30),
    Head("papers_paper_count", "number", 8),
    Head("papers_next_end", "date"),
    Head("papers_which_paper", width=30, on_page=False),
    Head("papers_filed_last", "date"),
)
_PAPERS: Final = (
    Head("duty_paper"),
    Head("duty_number"),
    Head("field_scope"),
    Head("duty_until"),
    Head("papers_copy"),
    Head("papers_filed"),
    Head("col_then"),
)


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def files(
    desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None, done: QueryNumber = None
) -> HTMLResponse:
    """Every supplier of whom papers are held; the one whose papers came last first."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_page(
            _listing(counter, text),
            q=text,
            before=before,
            done=done,
            lede=counter.say("papers_files_lede"),
            news=[(f"{HERE}/new", counter.say("papers_file_new"))],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def files_file(form: str, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_file(_listing(counter, text), file_form(form), q=text)


@router.get(f"{HERE}/new", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def file_sheet(
    desk: AtDesk, caller: Someone, supplier: MaybeText = None, of: MaybeText = None, paper: QueryNumber = None
) -> HTMLResponse:
    """An empty form; one with the paper that is renewed; or one with a whole record that is put right."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        before = origin(counter, SupplierFile, of or "")
        values = {"supplier": str(PartyId.parse(supplier)) if supplier else ""}
        correcting = before if paper is None else None
        if before is not None:
            values = _filled(before, paper)
        return show(counter, _sheet(counter, correcting, values["supplier"]), blank(desk, **values))


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("record_trade")])
def record_file(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the papers."""
    came = sent(desk, posted, [f"copy_{row}" for row in range(ROWS_MAX)])
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, author.party)
        before = origin(counter, SupplierFile, came.text("of"), form=came.text("id"))
    return finish(
        desk,
        author.party,
        came,
        _fields(_rows_of(came)),
        partial(_drafts, desk, author.party, came, before),
        to=lambda placed: f"{HERE}/{came.text('supplier')}?done={placed.seq}",
        again=lambda counter: _sheet(counter, before, came.text("supplier")),
    )


@router.get(f"{HERE}/{{supplier}}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def supplier_file(
    supplier: str, desk: AtDesk, caller: Someone, on: MaybeText = None, done: QueryNumber = None
) -> HTMLResponse:
    """One supplier's file as it stood on a day: today, if no day is asked for."""
    whose = PartyId.parse(supplier, field="supplier")
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        records = [
            one for one in about(book, file_key(caller.party, whose)) if counter.names.reading.opens(one)
        ]
        day = LegalDate.parse(on, field="on") if on else counter.today
        return counter.page(
            "my_sheet.html",
            {
                "here": HERE,
                "over": counter.say("papers_files"),
                "title": counter.names.party(whose),
                "done": done,
                "day": {"action": f"{HERE}/{whose}", "value": str(day)},
                "facts": _people(counter, records, whose),
                "actions": [
                    (f"{HERE}/new?supplier={whose}", counter.say("papers_file_add")),
                    (f"/my/parties/{whose}", counter.say("papers_party_go")),
                ],
                "sections": [_papers(counter, records, day), _versions(counter, records)],
            },
        )


def _people(counter: Counter, records: Sequence[Record], whose: PartyId) -> list[tuple[str, str]]:
    rows = [(counter.say("duty_contact"), counter.names.contact(whose))]
    for record, said in of_type(records, SupplierFile):
        shown = counter.names.reading.fields(record)
        if "salesperson" in shown or "authorised_until" in shown:
            until = (
                counter.say("papers_until", day=str(said.authorised_until)) if said.authorised_until else ""
            )
            label = counter.head(Head(label_of(SupplierFile, "salesperson")))
            rows.append((label, " · ".join(one for one in (said.salesperson or "", until) if one)))
        if said.for_shops:
            label = counter.head(Head(label_of(SupplierFile, "for_shops")))
            rows.append((label, "、".join(counter.names.party(one) for one in said.for_shops)))
    return list(dict.fromkeys(row for row in rows if row[1]))


def _papers(counter: Counter, records: Sequence[Record], day: LegalDate) -> Section:
    today = day == counter.today
    return Section(
        title=counter.say("papers_file_today" if today else "papers_file_on", day=str(day)),
        heads=[(place, counter.head(one)) for place, one in enumerate(_PAPERS)],
        rows=[_paper(counter, record, paper, day) for record, paper in papers_on(records, day)],
        none=counter.say("papers_file_none"),
        hint=counter.say("papers_file_hint"),
    )


def _paper(counter: Counter, record: Record, paper: FiledDocument, day: LegalDate) -> Row:
    said = record.said
    assert isinstance(said, SupplierFile)
    if day == counter.today:
        tag = days_tag(counter, paper.valid_to)
    else:
        ended = paper.valid_to is not None and paper.valid_to < day
        tag = Shown(tag=counter.say("papers_ended_that_day"), tone="red") if ended else Shown()
    copy = Shown()
    if paper.evidence is not None:
        href = f"/api/v1/evidence/{paper.evidence}?statement={record.header.id}"
        copy = Shown(counter.say("papers_copy_save"), href=href)
    own = counter.party == record.header.issuer
    renew = f"{HERE}/new?of={record.seq}&paper={said.documents.index(paper)}"
    return (
        Shown(paper.document_kind),
        Shown(paper.number or ""),
        Shown(paper.scope or ""),
        dated(paper.valid_to, tag=tag.tag, tone=tag.tone),
        copy,
        Shown(f"#{record.seq}", href=f"/entries/{record.seq}"),
        Shown(counter.say("papers_renew"), href=renew) if own else Shown(counter.names.party(record.actor)),
    )


def _versions(counter: Counter, records: Sequence[Record]) -> Section:
    heads = ("col_entry", "col_recorded", "papers_by", "col_what", "col_then")
    rows = []
    for record, said in reversed(of_type(records, SupplierFile)):
        own = counter.party == record.header.issuer
        kinds = "、".join(dict.fromkeys(one.document_kind for one in said.documents))
        rows.append(
            (
                Shown(f"#{record.seq}", href=f"/entries/{record.seq}"),
                at_time(record.at_ms),
                Shown(counter.names.party(record.actor)),
                Shown(kinds),
                Shown(counter.say("papers_correct"), href=f"{HERE}/new?of={record.seq}") if own else Shown(),
            )
        )
    return Section(
        title=counter.say("papers_file_records"),
        heads=[(place, counter.say(one)) for place, one in enumerate(heads)],
        rows=rows,
        none=counter.say("none_yet"),
    )


def papers_of(counter: Counter, records: Sequence[Record]) -> list[FiledDocument]:
    """The papers of a file as it stands today, as far as this reader may read them."""
    known = [one for one in records if counter.names.reading.opens(one)]
    return [paper for _, paper in papers_on(known, counter.today)]


def _listing(counter: Counter, q: str) -> Listing:
    filed = filed_suppliers(counter.book, counter.party, ["type/supplier_file.v1"])
    named = set(counter.named(q)) if q else set()
    return Listing(
        name="files",
        title="papers_files",
        heads=_LIST,
        places=[Place(one.last, one) for one in filed],
        rows=partial(_rows, counter),
        hits=frozenset(one.last for one in filed if one.party in named),
    )


def _rows(counter: Counter, places: Sequence[Place]) -> list[Row | None]:
    suppliers: list[Dealt] = [one.thing for one in places]  # type: ignore[misc]  # our own places, made above
    counter.names.know(one.party for one in suppliers)
    files = about_many(counter.book, [file_key(counter.party, one.party) for one in suppliers])
    return [_row(counter, one.party, files.get(file_key(counter.party, one.party), ())) for one in suppliers]


def _row(counter: Counter, supplier: PartyId, records: Sequence[Record]) -> Row:
    papers = papers_on(records, counter.today)
    ending = [(paper.valid_to, paper.document_kind) for _, paper in papers if paper.valid_to is not None]
    until, kind = min(ending, default=(None, ""))
    tag = days_tag(counter, until)
    last = max((record.header.occurred_at.date_in_shanghai() for record in records), default=None)
    return (
        Shown(counter.names.party(supplier), href=f"{HERE}/{supplier}"),
        Shown(str(len(papers)), value=len(papers)),
        dated(until, tag=tag.tag, tone=tag.tone),
        Shown(kind),
        dated(last),
    )


def _filled(before: Record, paper: int | None) -> dict[str, str]:
    """What the form holds already: the paper that is renewed, without its dates, or the whole record that is put right."""
    said = before.said
    assert isinstance(said, SupplierFile)
    values = {"supplier": str(said.supplier)}
    if paper is not None:
        chosen = said.documents[paper : paper + 1]
        for row, one in enumerate(chosen):
            values |= {f"document_kind_{row}": one.document_kind, f"number_{row}": one.number or ""}
            values |= {f"scope_{row}": one.scope or "", f"holder_{row}": str(one.holder or "")}
        return values
    values |= {"of": str(before.seq), "how": "correct", "salesperson": said.salesperson or ""}
    values["authorised_until"] = str(said.authorised_until or "")
    values |= {f"shops_{one}": "1" for one in said.for_shops or ()}
    for row, one in enumerate(said.documents[:ROWS_MAX]):
        values |= {f"{part}_{row}": str(getattr(one, part) or "") for part in _PARTS}
        values |= {f"copy_{row}_kept": str(one.evidence or ""), f"holder_{row}": str(one.holder or "")}
    return values


def supplier_options(counter: Counter, chosen: str) -> Options:
    """Whom this party has to do with, the last one first, and whoever is chosen already."""
    partners = [one.party for one in counter.partners[:OFFERED_MAX]]
    if chosen:
        partners = list(dict.fromkeys([PartyId.parse(chosen, field="supplier"), *partners]))
    counter.names.know(partners)
    return [("", counter.say("papers_choose")), *((str(one), counter.names.party(one)) for one in partners)]


def _shops(counter: Counter) -> Options:
    """The shops of this headquarters (食品安全法 53(3))."""
    shops = sorted(party_sheet(counter.book, counter.party).shops)
    return [(str(one), counter.names.party(one)) for one in shops]


def _sheet(counter: Counter, before: Record | None, supplier: str) -> Sheet:
    said = before.said if before is not None else None
    rows = max(ROWS, len(said.documents)) if isinstance(said, SupplierFile) else ROWS
    shops = _shops(counter)
    kinds = sorted({kind for one in all_profiles() for paper in one.supplier_file for kind in paper.kinds})
    try:
        options = supplier_options(counter, supplier)
    except Malformed:
        options = supplier_options(counter, "")
    whole = (
        Ask(
            "supplier",
            "col_supplier",
            "select",
            optional=False,
            options=options,
            hint=counter.say("papers_supplier_hint"),
        ),
        *([Ask("shops", label_of(SupplierFile, "for_shops"), "boxes", options=shops)] if shops else []),
    )
    people = (
        Ask(
            "salesperson",
            label_of(SupplierFile, "salesperson"),
            attrs={"maxlength": "100", "autocomplete": "off"},
        ),
        Ask("authorised_until", label_of(SupplierFile, "authorised_until"), "date"),
    )
    return Sheet(
        title=counter.say("papers_file_new" if before is None else "papers_file_correct"),
        lede=counter.say("papers_file_form_lede"),
        action=HERE,
        go=counter.say("papers_save"),
        back=HERE if not supplier else f"{HERE}/{supplier}",
        came_from=before,
        hidden=tuple(f"holder_{row}" for row in range(min(rows, ROWS_MAX))),
        groups=(
            Group("", whole),
            *(_row_of_form(counter, row, kinds) for row in range(min(rows, ROWS_MAX))),
            Group(
                counter.say("papers_salesperson"),
                people,
                folded=True,
                hint=counter.say("papers_salesperson_hint"),
            ),
        ),
    )


def _row_of_form(counter: Counter, row: int, kinds: Sequence[str]) -> Group:
    text = {"maxlength": "100", "autocomplete": "off"}
    asks = (
        Ask(
            f"document_kind_{row}",
            "field_document_kind",
            optional=row > 0,
            suggest=kinds,
            attrs=text,
            hint=counter.say("papers_kind_hint"),
        ),
        Ask(f"number_{row}", "duty_number", attrs={"maxlength": "60", "autocomplete": "off"}),
        Ask(f"scope_{row}", "field_scope", attrs=text),
        Ask(f"valid_from_{row}", "field_valid_from", "date"),
        Ask(f"valid_to_{row}", "field_valid_to", "date", hint=counter.say("papers_until_hint")),
        Ask(f"copy_{row}", "papers_copy", "paper", hint=counter.say("papers_copy_hint")),
    )
    return Group(counter.say("papers_paper_number", number=row + 1), asks, folded=row > 0)


def _drafts(desk: Desk, party: PartyId, came: Sent, before: Record | None) -> list[Draft]:
    rows = _rows_of(came)
    papers: list[Json] = [_document(came, row) for row in rows]
    if not papers:
        expected = Words(zh="至少一份证件", en="at least one paper")
        raise Malformed(field="documents", came="", expected=expected)
    said = before.said if before is not None else None
    if isinstance(said, SupplierFile):
        # What the form has no rows for stays.
        papers += [one.model_dump(mode="json", exclude_none=True) for one in said.documents[ROWS_MAX:]]
    body: dict[str, Json] = {
        **body_after(came, before, _SHOWN, party),
        **came.present("supplier", "salesperson", "authorised_until"),
        "documents": papers,
    }
    prefix = "shops_"
    if shops := sorted(name.removeprefix(prefix) for name in came.form.values if name.startswith(prefix)):
        body["for_shops"] = list(shops)
    return [Drafting(ledger=desk.ledger, author=party).draft(SupplierFile, body)]


def _rows_of(came: Sent) -> list[int]:
    """The rows of the form in which something stands."""
    return [row for row in range(ROWS_MAX) if _typed(came, row)]


def _fields(rows: Sequence[int]) -> dict[str, str]:
    """From the fields of the record to those of the form: the papers of the one are the filled rows of the other."""
    fields = {"supplier": "supplier", "salesperson": "salesperson", "authorised_until": "authorised_until"}
    for place, row in enumerate(rows):
        fields |= {f"documents[{place}].{part}": f"{part}_{row}" for part in _PARTS}
        fields[f"documents[{place}].evidence"] = f"copy_{row}"
    return fields | {"documents": "document_kind_0", "for_shops": "shops", "corrects": "how"}


def _typed(came: Sent, row: int) -> bool:
    """Whether anything of a paper was filled in: then the rest of it is asked for, and not left out in silence."""
    return any(came.text(f"{part}_{row}") for part in _PARTS) or bool(came.copy(f"copy_{row}"))


def _document(came: Sent, row: int) -> dict[str, Json]:
    paper: dict[str, Json] = {
        part: came.text(f"{part}_{row}") for part in _PARTS if came.text(f"{part}_{row}")
    }
    if came.text(f"holder_{row}"):
        paper["holder"] = came.text(f"holder_{row}")
    if digest := came.copy(f"copy_{row}"):
        paper["evidence"] = digest
    return paper
