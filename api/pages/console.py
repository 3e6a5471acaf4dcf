"""What the lists and sheets of the clerk's console share: paging, searching, taking a list along, and a record's fields in words.

A list knows the *places* of its rows from the index, the newest first, and opens records for the page it shows and no others
(`docs/decisions/0027-console.md`). Searching looks at the words of the newest rows, and by numbers and by the names of parties at all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import urlencode

from api.pages.console_lists import SEARCHED_MAX, Head, Listing, Shown, every_row, page_of
from api.pages.names import Names
from api.pages.rendering import cap, quantity
from api.tables import Column, FileForm, Table, table_answer
from api.words import MARKS, WORDS
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import GoodsId, Instant, LegalDate, PartyId, Quantity
from ledger.store.beside import Dealt, dealt_with, newest_of
from ledger.views.book import approval_key, contact_key, document_key, party_key, voucher_key
from ledger.vocabulary.trade import VoucherKind

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse, Response

    from api.pages.desk import Desk
    from api.tables import Cell
    from ledger.canonical import Json
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

QUERY_CHARACTERS_MAX: Final = 60

#: The types in which two parties have to do with each other.
DEALINGS: Final = tuple(
    f"type/{one}.v1"
    for one in ("shipment", "receipt", "return", "supplier_check", "supplier_file", "voucher", "party")
)

#: What a page of the console may have, and most have not.
_NOTHING: Final[Mapping[str, object]] = {
    "here": "",
    "lede": "",
    "done": None,
    "news": (),
    "tabs": (),
    "extra": {},
    "note": "",
    "tag": None,
    "notices": (),
    "day": None,
    "facts": (),
    "record": None,
    "copies": (),
    "actions": (),
    "sections": (),
}


@dataclass(slots=True, eq=False)
class Counter:
    """One party at its desk: who it is, its book, and names for what stands there."""

    desk: Desk
    book: SqlBook
    party: PartyId
    names: Names
    _partners: list[Dealt] | None = field(default=None, init=False)

    @classmethod
    def of(cls, desk: Desk, book: SqlBook, party: PartyId) -> Counter:
        """The counter of whoever asks."""
        return cls(desk, book, party, Names(book, desk.viewer, desk.language))

    @property
    def today(self) -> LegalDate:
        """The day it is by the log's clock, in China."""
        return Instant(self.desk.ledger.clock()).date_in_shanghai()

    def say(self, key: str, **values: object) -> str:
        """One text in the reader's language."""
        return self.desk.say(key, **values)

    def newest(self, *kinds: str) -> list[int]:
        """The positions of the records of these types that mention this party, the newest first."""
        return newest_of(self.book, self.party, [f"type/{kind}" for kind in kinds])

    @property
    def partners(self) -> list[Dealt]:
        """Whom this party has to do with, by its records; the last one first."""
        if self._partners is None:
            self._partners = [
                one
                for one in dealt_with(self.book, self.party, DEALINGS)
                if one.party != self.book.register.registrar
            ]
        return self._partners

    def hits(self, q: str, positions: Sequence[int]) -> frozenset[int]:
        """Of these records, those that name a paper of this number, or a partner of this name."""
        if not q:
            return frozenset()
        numbers = {document_key(q), approval_key(q), contact_key("licence", q), contact_key("credit_code", q)}
        numbers |= {voucher_key(kind, q) for kind in get_args(VoucherKind)}
        parties = {party_key(one) for one in self.named(q)}
        return frozenset(newest_of(self.book, self.party, numbers | parties)) & frozenset(positions)

    def named(self, q: str) -> list[PartyId]:
        """The partners that have, or had, this in their names."""
        wanted = q.casefold()
        self.names.know(one.party for one in self.partners)
        return [
            one.party
            for one in self.partners
            if any(
                wanted in name.casefold()
                for name in (self.names.party(one.party), *self.names.view(one.party).former_names)
            )
        ]

    def record(self, position: int) -> Record:
        """The record at a position, of which this reader may read something; nobody else is told that it is there."""
        found = self.book.records([position]).get(position) if position < self.book.size else None
        if found is None or not self.names.reading.opens(found):
            raise UnknownName(
                field="position",
                came=position,
                expected=Words(zh="可以查看的记录", en="a record that you may read"),
            )
        return found

    def newest_under(self, keys: Iterable[str], own: Collection[int]) -> dict[str, int]:
        """Of the party's records that stand under each key (the sheets of one product, of one place), the position of the newest."""
        newest: dict[str, int] = {}
        for mention in self.book.mentions(set(keys)):
            # Others' papers stand under the same key; which records are its own sheets the index has said.
            if mention.seq in own:
                newest[mention.key] = max(mention.seq, newest.get(mention.key, -1))
        return newest

    def list_page(
        self,
        listing: Listing,
        *,
        q: str,
        before: int | None,
        narrowed: Mapping[str, str] | None = None,
        **content: object,
    ) -> HTMLResponse:
        """The list as a page. `narrowed`: by what else than a search, as it stands in the address."""
        page, address = page_of(listing, before=before, q=q), f"/my/{listing.name}"
        chosen = {name: value for name, value in {**(narrowed or {}), "q": q}.items() if value}
        shown = {
            "here": address,
            "title": self.say(listing.title),
            "address": address,
            "heads": [(place, self.head(one)) for place, one in enumerate(listing.heads) if one.on_page],
            "rows": page.rows,
            "q": q,
            "extra": narrowed or {},
            "query": urlencode(chosen),
            "older": None
            if page.before is None
            else f"{address}?{urlencode({**chosen, 'before': page.before})}",
            "searched": SEARCHED_MAX if q and len(listing.places) > SEARCHED_MAX else 0,
        }
        return self.page("my_list.html", {**shown, **content})

    def list_file(self, listing: Listing, form: FileForm, *, q: str) -> Response:
        """The list as a file."""
        columns = tuple(Column(self.head(one), one.width, one.kind) for one in listing.heads)
        rows = ([_exported(cell) for cell in row] for row in every_row(listing, q=q))
        return table_answer(Table(listing.name, self.say(listing.title), columns, rows), form)

    def page(self, template: str, content: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
        """A page of the console: with its areas beside it."""
        beside = {"who": {"name": self.names.party(self.party)}}
        return self.desk.page_of(template, {**_NOTHING, **beside, **content}, status=status)

    def head(self, one: Head) -> str:
        """The name of a column."""
        text = (
            self.say(one.words) if isinstance(one.words, str) else one.words.in_language(self.desk.language)
        )
        return cap(text)

    # A record in words

    def facts(self, record: Record, *, but: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
        """The fields of a record that its reader may read, each by its label."""
        said = record.said
        if said is None:
            return []
        places, language = said.places(), self.desk.language
        return [
            (cap(places[name].label.in_language(language)), text)
            for name, value in self.names.reading.fields(record).items()
            if name not in but and (text := self.in_words(name, value))
        ]

    def in_words(self, name: str, value: Json) -> str:
        """The value of a field for people."""
        if isinstance(value, bool):
            return self.say("papers_yes") if value else self.say("papers_no")
        if isinstance(value, str):
            meaning = WORDS.get(f"{name}_{value}")
            return self._named(value) if meaning is None else meaning.in_language(self.desk.language)
        if isinstance(value, Mapping):
            return self._part(value)
        if isinstance(value, Sequence):
            return MARKS[self.desk.language].semicolon.join(self.in_words(name, one) for one in value)
        return "" if value is None else str(value)

    def _part(self, value: Mapping[str, Json]) -> str:
        if value.keys() == {"amount", "unit"}:
            return quantity(Quantity.from_json(value), self.desk.language)
        if value.keys() >= {"analyte", "value", "verdict"}:
            return self._measured(value)
        inner = (self.in_words(key, one) for key, one in value.items() if key != "evidence")
        return " ".join(one for one in inner if one)

    def _measured(self, value: Mapping[str, Json]) -> str:
        """One measured value as a report tells it: what, how much, the limit beside it, the verdict, by which method."""
        unit = f" {value['unit']}" if value.get("unit") else ""
        limit = value.get("limit")
        parts = (
            f"{value['analyte']} {value['value']}{unit}",
            "" if limit is None else self.say("papers_limit", value=f"{limit}{unit}"),
            self.in_words("verdict", value["verdict"]),
            str(value.get("method") or ""),
        )
        return MARKS[self.desk.language].comma.join(one for one in parts if one)

    def _named(self, text: str) -> str:
        try:
            if text.startswith(PartyId.prefix):
                return self.names.party(PartyId.parse(text))
            if text.startswith(("urn:suyuan:batch:", "https://id.gs1.org/01/")):
                return self.names.goods(GoodsId.parse(text))
        except Refusal:
            return text
        return text

    def copies(self, record: Record) -> list[tuple[str, str]]:
        """The copies that a record names, as links to save them: for whom may read that part of it."""
        return [
            (digest[:12], f"/api/v1/evidence/{digest}?statement={record.header.id}")
            for digest in _digests(self.names.reading.fields(record))
        ]


def _exported(cell: Shown) -> Cell:
    return cell.whole if cell.value is None else cell.value


def _digests(value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "evidence":
                yield from [inner] if isinstance(inner, str) else _texts(inner)
            else:
                yield from _digests(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _digests(inner)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from (one for one in value if isinstance(one, str))


def asked(q: str | None) -> str:
    """What is searched for, as it was typed but for outer spaces."""
    text = " ".join((q or "").split())
    if len(text) > QUERY_CHARACTERS_MAX:
        most = QUERY_CHARACTERS_MAX
        raise Malformed(
            field="q", came=text, expected=Words(zh=f"最多 {most} 个字", en=f"at most {most} characters")
        )
    return text


def file_form(text: str) -> FileForm:
    """`csv` or `xlsx`, from an address."""
    for one in get_args(FileForm):
        if one == text:
            form: FileForm = one
            return form
    raise UnknownName(field="form", came=text, expected=Words(zh="csv、xlsx", en="csv, xlsx"))
