"""How one supplier check was done (进货查验履行情况): what was looked at, when the log took it, and how anybody verifies it.

食品安全法 136 may spare a trader who did the check and can say where the goods came from. Whether it does is for the authority to decide; this
page lays the records out and claims nothing. The same sheet is a page and, for the file, one printed side of A4.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api import links, printing
from api.deps import Someone, needs
from api.pages.batches import own_record
from api.pages.code_picture import code_svg
from api.pages.desk import AtDesk
from api.pages.names import Names
from api.pages.rendering import cap, lag, moment, quantity, short
from api.pages.shipments import slip_line
from api.parameters import PathNumber
from ledger.log.checkpoint import Checkpoint
from ledger.views.book import (
    Book,
    about_many,
    file_key,
    first_told_ms,
    goods_key,
    of_type,
    said_about,
    voucher_key,
)
from ledger.vocabulary import TYPES
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.trade import Receipt, SupplierCheck, SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.pages.desk import Desk
    from ledger.canonical import JsonObject
    from ledger.views.book import Record
    from ledger.vocabulary.trade import CheckedDocument, FiledDocument
    from ledger.vocabulary.values import Line

router = APIRouter(include_in_schema=False)

#: What one side of A4 holds of each table; what is more is counted and stands on the page.
LINES_PRINTED_MAX: Final = 8
CHECKS_PRINTED_MAX: Final = 8
PAPERS_PRINTED_MAX: Final = 5
#: Characters of a cell, so that a row stays a line or two; the page shows the whole.
CELL_CHARACTERS_MAX: Final = 20
REASON_CHARACTERS_MAX: Final = 120


@router.get("/my/duty/{position}.pdf", response_class=Response, dependencies=[needs("read_own")])
def duty_pdf(position: PathNumber, desk: AtDesk, caller: Someone) -> Response:
    """One check on one side of A4."""
    with desk.ledger.book() as book:
        said, record = own_record(book, position, caller.party, SupplierCheck)
        delivery = Delivery.of(book, record, said)
        names = Names(book, desk.viewer, desk.language)
        data, held = _printed(delivery, names, desk), _held(delivery, names)
    # Before it is handed out: an erasure later lists the sheets that hold what was erased.
    name = desk.ledger.copies.remember("sheet", to_whom=str(caller.party), places=held)
    content = printing.pdf("duty.typ", data, at_ms=record.at_ms)
    desk.ledger.copies.made(name, digest=sha256(content).hexdigest())
    return printing.sheet(content, name=f"suyuan-{record.seq}")


@router.get("/my/duty/{position}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def duty(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """One check with the receipt and the voucher it belongs to."""
    with desk.ledger.book() as book:
        said, record = own_record(book, position, caller.party, SupplierCheck)
        delivery, names = Delivery.of(book, record, said), Names(book, desk.viewer, desk.language)
        supplier = names.view(said.supplier)
        return desk.page(
            "duty.html",
            vkey=str(desk.ledger.vkey),
            pdf=f"/my/duty/{position}.pdf",
            duty={
                "buyer": names.party(record.actor),
                "entered_by": _entered_by(record, names, desk),
                "shops": [names.party(one) for one in said.for_shops or ()],
                "supplier": names.party(said.supplier),
                "supplier_contact": names.contact(said.supplier),
                "supplier_declared": supplier.declared,
                "received_on": said.received_on,
                "conclusion": said.conclusion,
                "checked_by": said.checked_by,
                "lines": [slip_line(names, line.goods) | {"quantity": line.quantity} for line in said.lines],
                "checks": [_check(one, desk) for one in said.checks or ()],
                "papers": [_paper(one) for one in delivery.papers],
                "records": [_row(one, desk, book) for one in (record, *delivery.belonging)],
            },
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One supplier check with what belongs to it: receipt and voucher, and the supplier's file as it stood when the goods came.

    A delivery inherits the buyer's own file, or the headquarters' for this shop (食品安全法 53(3)).
    """

    said: SupplierCheck
    record: Record
    belonging: tuple[Record, ...]
    filed: tuple[Record, ...]

    @classmethod
    def of(cls, book: Book, record: Record, said: SupplierCheck) -> Self:
        """Look everything up once."""
        return cls(said, record, tuple(_belonging(book, record, said)), tuple(_filed(book, record, said)))

    @property
    def papers(self) -> list[FiledDocument]:
        """The papers of the file; a renewed one in place of the one before it."""
        found = {
            (paper.document_kind, paper.number): paper
            for record in self.filed
            if isinstance(record.said, SupplierFile)
            for paper in record.said.documents
        }
        return list(found.values())


def _filed(book: Book, check: Record, said: SupplierCheck) -> Iterator[Record]:
    for record, filed in said_about(book, file_key(check.actor, said.supplier), SupplierFile):
        if (
            filed.supplier == said.supplier
            and record.header.occurred_at.date_in_shanghai() <= said.received_on
        ):
            yield record


def _printed(delivery: Delivery, names: Names, desk: Desk) -> JsonObject:
    """The sheet as data: every text in the reader's language, every table cut to what fits."""
    said, record, papers, say = delivery.said, delivery.record, delivery.papers, desk.say
    base, page = desk.settings.base_url, f"{desk.settings.base_url}/entries/{record.seq}"
    checkpoint = desk.ledger.head_of(desk.ledger.checkpoint()).checkpoint
    return {
        "lang": "zh" if desk.language == "zh" else "en",
        "origin": desk.ledger.origin,
        "host": base.partition("://")[2],
        "printed": say("duty_printed", time=moment(desk.ledger.clock())),
        "clock": _demo_clock(desk) if names.book.register.clock == "simulated" else None,
        "qr": str(code_svg(page, label=page)),
        "buyer": names.party(record.actor),
        "texts": {
            "brand": say("brand_full"),
            "title": say("duty_title"),
            "lede": say("duty_lede"),
            "qr": say("duty_qr"),
            "goods": say("duty_goods"),
            "checked": say("duty_checked"),
            "file": say("duty_file"),
            "when": say("duty_when"),
            "when_what": say("duty_when_what"),
            "verify": say("duty_verify"),
            "not_what": say("duty_not"),
        },
        "facts": _facts(said, record, names, desk),
        "goods_head": _labels(
            desk,
            "col_goods",
            "batch_specification",
            "batch_number",
            "batch_produced_on",
            "batch_expires_on",
            "batch_quantity",
        ),
        "lines": [_line(names, line, desk) for line in said.lines[:LINES_PRINTED_MAX]],
        "lines_more": _more(desk, len(said.lines), LINES_PRINTED_MAX),
        "checks_head": _labels(desk, "duty_thing", "duty_result", "duty_number", "duty_copy_head"),
        "checks": [_printed_check(one, desk) for one in (said.checks or ())[:CHECKS_PRINTED_MAX]],
        "checks_more": _more(desk, len(said.checks or ()), CHECKS_PRINTED_MAX),
        "file_head": _labels(desk, "duty_paper", "duty_number", "duty_copy_head", "duty_until"),
        "file": [_printed_paper(one) for one in papers[:PAPERS_PRINTED_MAX]],
        "file_more": _more(desk, len(papers), PAPERS_PRINTED_MAX),
        "records_head": _labels(
            desk, "col_entry", "col_type", "col_occurred", "col_recorded", "col_lag", "col_custody"
        ),
        "records": [_printed_record(one, desk, names.book) for one in (record, *delivery.belonging)],
        "verify": [
            say("duty_print_1", address=f"{base}{links.API}/entries/{record.seq}/proof"),
            say("duty_print_2"),
            say("duty_verify_3"),
        ],
        "anchors": _anchors(desk, checkpoint, record),
    }


def _held(delivery: Delivery, names: Names) -> dict[int, range]:
    """Every item that the sheet may show, by the position of its record."""
    said, record = delivery.said, delivery.record
    batches = (names.sheet(line.goods).record for line in said.lines)
    shown = {one.seq for one in (record, *delivery.belonging, *delivery.filed, *batches) if one is not None}
    shown |= {seq for party in (record.actor, said.supplier) for seq in names.view(party).seqs}
    return {seq: range(len(one.header.items)) for seq, one in names.book.records(shown).items()}


def _facts(said: SupplierCheck, record: Record, names: Names, desk: Desk) -> list[list[str]]:
    declared = f"（{desk.say('declared_party')}）" if names.view(said.supplier).declared else ""
    supplier = " ".join(one for one in (names.party(said.supplier), declared) if one)
    rows = [
        ("duty_buyer", names.party(record.actor)),
        ("duty_entered_by", _entered_by(record, names, desk)),
        (
            "duty_shops",
            short("、".join(names.party(one) for one in said.for_shops or ()), REASON_CHARACTERS_MAX),
        ),
        ("col_supplier", supplier),
        ("duty_contact", names.contact(said.supplier)),
        ("accept_received_on", str(said.received_on)),
        ("duty_conclusion", desk.say(f"conclusion_{said.conclusion}")),
        ("checked_by", said.checked_by or ""),
        ("duty_late_reason", short((said.late_reason or "").replace("\n", " "), REASON_CHARACTERS_MAX)),
    ]
    return [[cap(desk.say(name)), text] for name, text in rows if text]


def _anchors(desk: Desk, checkpoint: Checkpoint, record: Record) -> list[list[str]]:
    """What is compared to verify the sheet: the entry's own hash, the root that covers it, the log's key."""
    leaf = desk.ledger.stored(record.seq).entry.leaf_hash
    return [
        [desk.say("duty_leaf", entry=record.seq), leaf.hex()],
        [desk.say("duty_root", size=int(checkpoint.size)), bytes(checkpoint.root).hex()],
        [desk.say("duty_key"), str(desk.ledger.vkey)],
    ]


def _entered_by(record: Record, names: Names, desk: Desk) -> str:
    """Who entered it for whom: a market for its stall. Empty for a trader's own entry."""
    if record.actor == record.header.issuer:
        return ""
    role = names.book.register.role_of(record.header.issuer)
    return (
        f"{names.party(record.header.issuer)}（{desk.say(f'role_{role}')}）"
        if role
        else names.party(record.header.issuer)
    )


def _belonging(book: Book, record: Record, said: SupplierCheck) -> list[Record]:
    """The receipt of the same goods from the same supplier, and the voucher the check rests on."""
    keys = [goods_key(line.goods) for line in said.lines]
    voucher = None if said.voucher is None else voucher_key(said.voucher.voucher_kind, said.voucher.number)
    found = about_many(book, [*keys, *([voucher] if voucher is not None else [])])
    receipts = {
        one.seq: one
        for key in keys
        for one, receipt in of_type(found.get(key, ()), Receipt)
        if one.actor == record.actor and receipt.supplier == said.supplier
    }
    filed = {
        one.seq: one
        for one, paper in of_type(found.get(voucher, ()) if voucher is not None else (), Voucher)
        if one.actor == record.actor and paper.seller == said.supplier
    }
    return [one for _, one in sorted({**receipts, **filed}.items())]


def _check(one: CheckedDocument, desk: Desk) -> dict[str, str]:
    copy = desk.say("duty_copy", digest=short(str(one.evidence))) if one.evidence is not None else None
    return {
        "what": desk.say(f"what_{one.what}"),
        "result": desk.say(f"result_{one.result}"),
        "tone": "accent" if one.result == "in_order" else "amber",
        "reference": " · ".join(text for text in (one.reference, copy, one.note) if text),
    }


def _paper(one: FiledDocument) -> dict[str, str]:
    return {
        "kind": one.document_kind,
        "number": one.number or "",
        "until": str(one.valid_to) if one.valid_to is not None else "",
    }


def _row(record: Record, desk: Desk, book: Book) -> dict[str, object]:
    return {
        "seq": record.seq,
        "title": TYPES[record.header.type].TITLE,
        "occurred_ms": record.occurred_ms,
        "at_ms": record.at_ms,
        "lag": lag(first_told_ms(book, record.seq) - record.occurred_ms, desk.language),
        "custody": record.custody,
        "proof": f"{links.API}/entries/{record.seq}/proof",
    }


def _line(names: Names, line: Line, desk: Desk) -> list[str]:
    sheet = slip_line(names, line.goods)
    shown = ("name", "specification", "batch_number", "produced_on", "expires_on")
    cells = [_cell(str(sheet[name])) for name in shown]
    return [*cells, quantity(line.quantity, desk.language)]


def _printed_check(one: CheckedDocument, desk: Desk) -> list[str]:
    copy = short(str(one.evidence)) if one.evidence is not None else "—"
    number = " · ".join(text for text in (one.reference, one.note) if text)
    return [desk.say(f"what_{one.what}"), desk.say(f"result_{one.result}"), _cell(number), copy]


def _printed_paper(one: FiledDocument) -> list[str]:
    copy = short(str(one.evidence)) if one.evidence is not None else "—"
    until = str(one.valid_to) if one.valid_to is not None else "—"
    return [_cell(one.document_kind), _cell(one.number or ""), copy, until]


def _printed_record(record: Record, desk: Desk, book: Book) -> list[str]:
    row = _row(record, desk, book)
    title = cap(TYPES[record.header.type].TITLE.in_language(desk.language))
    return [
        f"#{record.seq}",
        title,
        moment(record.occurred_ms),
        moment(record.at_ms),
        str(row["lag"]) or "—",
        desk.say(f"custody_{record.custody}"),
    ]


def _cell(text: str) -> str:
    return short(text, CELL_CHARACTERS_MAX) or "—"


def _labels(desk: Desk, *names: str) -> list[str]:
    return [cap(desk.say(name)) for name in names]


def _demo_clock(desk: Desk) -> str:
    """A sheet from a simulated clock says so, or it could be taken for a real one."""
    return f"{desk.say('demo_clock')} {moment(desk.ledger.clock())}"


def _more(desk: Desk, count: int, most: int) -> str | None:
    return desk.say("duty_more", count=count - most) if count > most else None
