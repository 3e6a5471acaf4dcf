"""The dry run: each document drafted as it would be recorded, held against the gate, and against what was recorded before. It writes nothing.

Asked are the gate's own questions (`ledger.gate.may_be_said`), by the book as it stands; only signatures are left out. What only recording can
tell: what others record in the meantime, such as a hold on the goods. Therefore recording asks everything again.

A document that stands in the log already is known by its number. The same content is no new record; other content is a conflict, unless the
row says that it puts the earlier one right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from api.drafting import RANDOM_BYTES, Draft, Drafting
from api.problems import Refusals
from api.sheets.bodies import ID_MS, Clerk, Ids, Wanted
from api.sheets.known import Known, latest
from ledger.errors import Conflict, Malformed, NotAllowed, Refusal, Words
from ledger.gate import may_be_said
from ledger.identifiers import Instant, StatementId
from ledger.statement import Header
from ledger.trace.known import KnownFrom
from ledger.views.book import statement_key
from ledger.views.sheets import party_sheet
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Product
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from api.sheets.kinds import Kind
    from api.sheets.reading import Document, Row
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.store.book import SqlBook
    from ledger.views.book import Record
    from ledger.vocabulary.said import Said

#: Documents that are checked by one reading of the book: few enough that little is held, enough to ask once for many.
AT_ONCE: Final = 200
_LISTED: Final = re.compile(r"(lines|inputs|outputs|documents)\[([0-9]+)\](?:\.(.+))?")

State = Literal["new", "before", "changed", "corrected", "wrong"]


class ChangedSince(Conflict):
    """The same number was recorded with other content. Recorded twice it would count twice."""

    title = Words(zh="与已入账的内容不同", en="differs from what is recorded")


class NothingToPutRight(Malformed):
    """A row that is to put right what nobody recorded."""

    title = Words(zh="没有可更正的记录", en="nothing recorded to put right")


class LawAsks(Malformed):
    """A field that the law asks for is empty. It is recorded all the same, and shown as a gap."""

    title = Words(zh="法规要求填写", en="the law asks for this")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell; with no column, in the row. A gap does not stop the sheet."""

    row: int
    column: str
    refusal: Refusal
    gap: bool = False


@dataclass(slots=True)
class Checked:
    """One document: what it would record, and what is wrong with it."""

    document: Document
    state: State
    drafts: list[Draft] = field(default_factory=list)
    #: Records that stand in the log already, with this content.
    before: int = 0
    faults: list[Fault] = field(default_factory=list)


class Checker:
    """Checks the documents of one sheet, one stretch of them after the other."""

    def __init__(self, ledger: Ledger, party: PartyId, kind: Kind) -> None:
        self._ledger = ledger
        self._party = party
        self._clerk = Clerk(kind, party, Ids(secret_of(ledger), party, kind.name), Known(party))
        self._drafting = Drafting(ledger=ledger, author=party)
        self._columns = {one.name for one in kind.every_column()}
        #: What the party itself is, as of the stretch that is being checked.
        self._own_kind: str | None = None

    def each(self, documents: Iterator[Document]) -> Iterator[Checked]:
        """Every document, checked, in order."""
        while some := list(islice(documents, AT_ONCE)):
            with self._ledger.book() as book:
                checked = self._some(book, some)
            yield from checked

    def _some(self, book: SqlBook, documents: list[Document]) -> list[Checked]:
        rows = [row.values for document in documents for row in document.rows]
        self._own_kind = _kind_of(book, self._party)
        self._clerk.known.expect_goods(book, {row["goods"] for row in rows if "goods" in row})
        wanted = [self._clerk.wanted(book, one) for one in documents]
        # Which of them were recorded before, in one question.
        book.about_many([statement_key(one.id) for some in wanted for one in some])
        return [self._one(book, one, some) for one, some in zip(documents, wanted, strict=True)]

    def _one(self, book: SqlBook, document: Document, wanted: list[Wanted]) -> Checked:
        faults = [Fault(row.number, refusal.field, refusal) for row in document.rows for refusal in row.wrong]
        if faults:
            return Checked(document, "wrong", faults=faults)
        checked = Checked(document, "before")
        for one in wanted:
            self._take(book, checked, one)
        if any(not fault.gap for fault in checked.faults):
            changed = all(isinstance(one.refusal, ChangedSince) for one in checked.faults if not one.gap)
            return replace(checked, state="changed" if changed else "wrong", drafts=[])
        return checked

    def _take(self, book: SqlBook, checked: Checked, wanted: Wanted) -> None:
        """Draft one record and say what becomes of it."""
        try:
            draft = self._drafting.draft(wanted.said, {**wanted.body, "id": str(wanted.id)})
        except Refusals as refused:
            checked.faults += [self._fault(checked.document, wanted, one) for one in refused.refusals]
            return
        stood = latest(book, wanted.id, self._party)
        try:
            if stood is not None and _same(stood, draft):
                checked.before += 1
                return
            if stood is not None:
                if not checked.document.put_right:
                    raise self._changed(stood, draft)
                draft = _correction(draft, stood)
            elif checked.document.put_right and checked.before == 0 and not checked.drafts:
                # Where one document makes several records, some of them may be new in the correction.
                expected = Words(zh="留空：这一编号还没有入账", en="nothing: this number is not recorded yet")
                raise NothingToPutRight(field="put_right", came="✓", expected=expected)
            self._admit(book, draft)
        except Refusal as refusal:
            checked.faults.append(self._fault(checked.document, wanted, refusal))
            return
        checked.faults += self._gaps(checked.document, wanted, draft.said)
        checked.drafts.append(draft)
        if checked.state != "corrected":
            checked.state = "corrected" if draft.corrects is not None else "new"

    def _admit(self, book: SqlBook, draft: Draft) -> None:
        register, now = book.register, self._ledger.clock()
        role = register.role_of(self._party)
        if role is None:
            raise NotAllowed(
                field="", came=self._party, expected=Words(zh="已登记密钥的主体", en="an enrolled party")
            )
        header = Header(
            log=self._ledger.origin,
            id=draft.id,
            type=draft.said.TYPE,
            issuer=self._party,
            occurred_at=draft.occurred_at or Instant(now),
            items=(),
            corrects=draft.corrects,
        )
        may_be_said(header, draft.said, role=role, register=register, known=KnownFrom(book), at_ms=now)

    def _changed(self, stood: Record, draft: Draft) -> ChangedSince:
        """Which field differs first, and how it is recorded."""
        assert stood.said is not None
        kept, sent = _content(stood.said), _content(draft.said)
        names = [name for name in (*sent, *kept) if kept.get(name) != sent.get(name)]
        name = names[0] if names else "occurred_at"
        before, now = kept.get(name), sent.get(name)
        if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
            # Of lines that are as many as they were: the first that differs, and what of it does.
            place = next(one for one in range(len(now)) if before[one] != now[one])
            name, before, now = f"{name}[{place}]", before[place], now[place]
            if isinstance(before, dict) and isinstance(now, dict):
                part = next(one for one in (*now, *before) if before.get(one) != now.get(one))
                name, before, now = f"{name}.{part}", before.get(part), now.get(part)
        was = str(stood.header.occurred_at) if not names else _shown(before)
        expected = Words(
            zh=f"{was}（日志第 {stood.seq} 条）；确要更改的，在“更正”列填“是”",
            en=f"{was} (entry {stood.seq}); to change it, put “yes” into the column “Put right”",
        )
        came = str(draft.occurred_at) if not names else _shown(now)
        return ChangedSince(field=name, came=came, expected=expected)

    def _gaps(self, document: Document, wanted: Wanted, said: Said) -> list[Fault]:
        """What the law asks for of such goods and the row does not say."""
        if not isinstance(said, (Batch, Product)):
            return []
        maker = said.maker if isinstance(said, Batch) else said.owner
        kind = document.value("party_kind") if maker != self._party else self._own_kind
        record = said.TYPE.partition(".")[0]
        row = wanted.row or document.first
        return [
            Fault(
                row.number,
                legal.field if legal.field in self._columns else "",
                LawAsks(
                    field=legal.field,
                    came="",
                    expected=Words(zh=f"{legal.name.zh}（{legal.law}）", en=f"{legal.name.en} ({legal.law})"),
                ),
                gap=True,
            )
            for legal in profile_for(said.category).fields
            if legal.record == record
            and legal.missing == "finding"
            and kind not in legal.not_for_parties
            and legal.value_in(said) is None
        ]

    def _fault(self, document: Document, wanted: Wanted, refusal: Refusal) -> Fault:
        """The cell that a record's field stands in."""
        name, row = refusal.field, wanted.row
        listed = _LISTED.fullmatch(name)
        if listed is not None and listed[1] in wanted.lists:
            rows = wanted.lists[listed[1]]
            row = rows[int(listed[2])] if int(listed[2]) < len(rows) else document.first
            name = listed[3] or "goods"
        name = name.partition("[")[0] if name not in self._columns else name
        names = [
            wanted.fields.get(name),
            name,
            wanted.fields.get(name.partition(".")[0]),
            name.partition(".")[0],
        ]
        if name in wanted.lists:
            names = ["goods"]
        column = next((one for one in names if one in self._columns), None) or ""
        found: Row = row or document.row_of(column)
        return Fault(found.number, column, refusal)


def secret_of(ledger: Ledger) -> bytes:
    """The key under which the ids of sheets are made. It never leaves this server; without it no id tells a number."""
    office = ledger.accounts.office
    with office.writing() as connection:
        return bytes.fromhex(office.keyed_digest(connection, "suyuan sheets"))


def _same(stood: Record, draft: Draft) -> bool:
    if draft.occurred_at is not None and draft.occurred_at.ms != stood.occurred_ms:
        return False
    return stood.said is not None and _content(stood.said) == _content(draft.said)


def _content(said: Said) -> dict[str, object]:
    """What a record says, without the reason for which it puts another one right."""
    body: dict[str, object] = said.model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in body.items() if name not in Correctable.model_fields}


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(str(one) for one in value.values())
    if isinstance(value, list):
        return "; ".join(_shown(one) for one in value)
    return "—" if value is None else str(value)


def _correction(draft: Draft, stood: Record) -> Draft:
    """The same record, in place of the one that stands. Its id follows from both, so that sending it again records it once."""
    said = type(draft.said).read(
        {**draft.said.model_dump(mode="json", exclude_none=True), "correction_reason": "incorrect_data"}
    )
    seed = repr((str(stood.header.id), sorted(_content(said).items()), str(draft.occurred_at)))
    digest = sha256(f"suyuan/sheet/put-right/{seed}".encode("utf-8", "surrogatepass")).digest()
    return replace(
        draft, said=said, id=StatementId.new(ID_MS, digest[:RANDOM_BYTES]), corrects=stood.header.id
    )


def _kind_of(book: SqlBook, party: PartyId) -> str | None:
    sheets = party_sheet(book, party).sheets
    return sheets[-1][1].party_kind if sheets else None
