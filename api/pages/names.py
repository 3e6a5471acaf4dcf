"""Parties, goods and records in words, for one reader of one book.

A farmer's name, and everybody's phone and address, are for those who may read that item (`api.audience`); for all others a farmer is
a farmer. Nothing here judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from api.audience import Reading
from api.pages.rendering import quantity
from api.words import MARKS, say
from ledger.errors import Refusal, Words
from ledger.identifiers import GoodsId, PartyId
from ledger.trace import party_view, what_it_was
from ledger.trace.sheets import party_views_in
from ledger.vocabulary.answering import Answer, Grant
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Packing, Release, Transformation, Use
from ledger.vocabulary.linking import Link
from ledger.vocabulary.measures import Delisting, Destruction, ListEntry, OrderAnswer, Takedown
from ledger.vocabulary.oversight import (
    Hold,
    Inspection,
    Recall,
    RecallAnswer,
    Sample,
    Scan,
    ScanBatch,
    TestResult,
)
from ledger.vocabulary.parties import Licence, Party, Product, Site, Succession
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck, SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.deps import Viewer
    from api.unsigned import Names as NamesOf
    from ledger.errors import Language
    from ledger.statement import Audience
    from ledger.store.book import SqlBook
    from ledger.trace import BatchView, PartyView
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said
    from ledger.vocabulary.values import Line

#: Lines of a record that its summary names.
LINES_SHOWN: Final = 3


@dataclass(slots=True)
class Names:
    """Looks each party and each batch up once."""

    book: Book
    viewer: Viewer
    language: Language
    #: What this reader may read; left out, what it reads by being who it is.
    given: Reading | None = None
    _reading: Reading | None = field(default=None, init=False)
    _parties: dict[PartyId, PartyView] = field(default_factory=dict)
    _goods: dict[GoodsId, BatchView] = field(default_factory=dict)

    @property
    def reading(self) -> Reading:
        """What this reader may read in this book."""
        if self._reading is None:
            self._reading = self.given or Reading(self.book, self.viewer)
        return self._reading

    def know(self, parties: Iterable[PartyId]) -> None:
        """Look many parties up at once: a batch may be in four hundred hands."""
        new = [party for party in dict.fromkeys(parties) if party not in self._parties]
        self._parties.update(party_views_in(self.book, new))

    def view(self, party: PartyId) -> PartyView:
        """The sheet of a party."""
        if party not in self._parties:
            self._parties[party] = party_view(self.book, party)
        return self._parties[party]

    def sheet(self, goods: GoodsId) -> BatchView:
        """The sheet of some goods."""
        if goods not in self._goods:
            self._goods[goods] = what_it_was(self.book, goods)
        return self._goods[goods]

    def party(self, party: PartyId) -> str:
        """The name of a party."""
        view = self.view(party)
        if view.name is not None:
            return view.name
        if view.person_name is not None and (person := self.reading.contact(view).person_name) is not None:
            return person
        if view.kind == "farmer":
            return say("farmer_masked", self.language)
        if party == self.book.register.registrar:
            return say("registrar", self.language)
        return f"{say('nobody_recorded', self.language)} {party}"

    def contact(self, party: PartyId) -> str:
        """Person, phone and address, as far as this reader may see them."""
        view = self.view(party)
        told = self.reading.contact(view)
        person = told.person_name if view.name is not None else None
        return " · ".join(one for one in (person, told.phone, told.address) if one is not None)

    def goods(self, goods: GoodsId) -> str:
        """Name and batch number, else what there is of an identifier."""
        sheet = self.sheet(goods)
        number = str(sheet.batch_number) if sheet.batch_number is not None else ""
        if sheet.name is None:
            link = goods.digital_link
            return str(goods) if link is None else f"{link.gtin} {link.batch or ''}".rstrip()
        return f"{sheet.name} {number}".rstrip()

    def lines(self, lines: Iterable[Line]) -> list[str]:
        """Trade lines in words."""
        return [f"{self.goods(line.goods)} {quantity(line.quantity, self.language)}" for line in lines]

    def summary(self, record: Record) -> str:
        """What a record says, in one line, as far as its reader may read it."""
        said = record.said
        if said is None:
            return say("item_erased_short", self.language)
        audience: Audience = _SUMMED.get(type(said), "public")
        return self._summed(said, record) if self.reading.may_read(record, audience) else ""

    def _open(self, lines: Iterable[Line], record: Record) -> list[Line]:
        """The lines that this reader may read: each is for the chain of its own goods."""
        return [one for one in lines if self.reading.may_read(record, "chain", one.goods)]

    def _summed(self, said: Said, record: Record) -> str:  # noqa: C901, PLR0911, PLR0912  (one case for each type, none of them deep)
        match said:
            case Shipment() | Return():
                return self._moved(self._open(said.lines, record), to=said.to)
            case Receipt() | SupplierCheck():
                return self._moved(self._open(said.lines, record), of=said.supplier)
            case Sale() | Adjustment() | Use() | Destruction():
                return self._moved(self._open(said.lines, record))
            case Transformation():
                made = self._moved(self._open(said.outputs, record))
                return f"{self._moved(self._open(said.inputs, record))} → {made}"
            case Batch():
                amount = "" if said.quantity is None else quantity(said.quantity, self.language)
                return f"{said.name} {said.batch_number or ''} {amount}".strip()
            case Party():
                return said.name or say("farmer_masked", self.language)
            case Licence():
                return f"{self.party(said.holder)} {said.licence_kind} {said.number}"
            case Product() | Site():
                return said.name
            case Codes():
                return f"{self.goods(said.goods)} × {len(said.codes)}"
            case Certificate() | Voucher() | Commitment():
                return said.number or ""
            case TestResult():
                return f"{self.goods(said.goods)} {said.laboratory}"
            case Hold() | Recall():
                return MARKS[self.language].semicolon.join(
                    self.goods(one) for one in said.goods[:LINES_SHOWN]
                )
            case RecallAnswer() | Release() | Sample():
                return self.goods(said.goods)
            case Inspection() | ListEntry():
                return self.party(said.party)
            case Succession():
                return f"{self.party(said.party)} → {self.party(said.successor)}"
            case Packing():
                return f"{said.parent_code} × {len(said.codes)}"
            case Answer():
                return said.text
            case OrderAnswer():
                return "" if said.goods is None else self.goods(said.goods)
            case Scan():
                return said.code
            case ScanBatch():
                return str(said.count)
            case Delisting():
                return said.url
            case Link():
                return f"{self.goods(said.goods)} → {said.href}"
            case Grant():
                return self.party(said.to)
            case SupplierFile():
                return self.party(said.supplier)
            case _:
                return ""

    def first_lines(self, lines: Iterable[Line]) -> str:
        """The first goods with their quantities, and whether there are more."""
        texts = self.lines(lines)
        shown = MARKS[self.language].semicolon.join(texts[:LINES_SHOWN])
        return f"{shown} …" if len(texts) > LINES_SHOWN else shown

    def _moved(self, lines: Iterable[Line], *, to: PartyId | None = None, of: PartyId | None = None) -> str:
        shown = self.first_lines(lines)
        if to is not None:
            return f"{shown} → {self.party(to)}"
        return shown if of is None else f"{shown} ← {self.party(of)}"


#: In which item the words of a summary lie, where that is not public.
_SUMMED: Final[dict[type[Said], Audience]] = {
    Shipment: "chain",
    Return: "chain",
    Receipt: "chain",
    SupplierCheck: "chain",
    Sale: "chain",
    Adjustment: "chain",
    Use: "chain",
    Transformation: "chain",
    Batch: "chain",
    Codes: "chain",
    Site: "chain",
    Certificate: "chain",
    Hold: "chain",
    Takedown: "chain",
    Release: "chain",
    Packing: "chain",
    Destruction: "chain",
    RecallAnswer: "chain",
    Voucher: "parties",
    TestResult: "parties",
    Inspection: "parties",
    SupplierFile: "parties",
    Sample: "parties",
    Answer: "parties",
    Delisting: "parties",
    Grant: "parties",
    OrderAnswer: "chain",
    Scan: "officials",
    ScanBatch: "officials",
}


def names_in(book: SqlBook, viewer: Viewer) -> NamesOf:
    """Names of parties and goods as this reader may know them."""
    zh, en = Names(book, viewer, "zh"), Names(book, viewer, "en")

    def name(text: str) -> Words | None:
        try:
            if text.startswith(PartyId.prefix):
                party = PartyId.parse(text)
                return Words(zh.party(party), en.party(party))
            if text.startswith(("urn:suyuan:batch:", "https://id.gs1.org/01/")):
                goods = GoodsId.parse(text)
                return Words(zh.goods(goods), en.goods(goods))
        except Refusal:
            return None
        return None

    return name
