"""Goods and parties as a clerk calls them, found among what is recorded: a batch number, a name, a credit code.

A name finds only what the party knows anyway: its own batches and those it held, the parties it recorded or traded with. A credit code is on
every receipt in the country and finds whoever bears it. What a name finds twice is refused: the clerk says which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import BatchCode, GoodsId, PartyId, SiteId, StatementId
from ledger.views.book import (
    about,
    contact_key,
    goods_sheet_key,
    holding_key,
    lot_key,
    of_type,
    parties_in,
    party_key,
    statement_key,
)
from ledger.views.sheets import party_sheet
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party, Site
from ledger.vocabulary.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.store.book import SqlBook
    from ledger.views.book import Record

#: Records of the party in which those it trades with are looked for, the newest first.
RECENT_MAX: Final = 1_000
#: A record that was put right more often than this is shown as it last stood.
_CORRECTIONS_MAX: Final = 50
_Said = TypeVar("_Said", bound=Said)
_CREDIT_CODE: Final = re.compile(r"[0-9A-Z]{18}", re.ASCII)
_BATCH_CODE: Final = re.compile(r"[0-9A-Za-z]{4}(?:-?[0-9A-Za-z]{4}){3}-?[0-9A-Za-z]", re.ASCII)
_NAMED: Final = ("urn:", "http://", "https://")


class Ambiguous(Malformed):
    """A name that several bear."""

    title = Words(zh="有几个同名的", en="several bear this name")


class Known:
    """What one party's names mean, by the book of the moment. Answers are kept: a sheet names the same things again and again."""

    def __init__(self, party: PartyId) -> None:
        self.party = party
        self._goods: dict[str, GoodsId | Refusal] = {}
        self._parties: dict[str, PartyId | Refusal | None] = {}
        self._names: dict[str, set[PartyId]] | None = None
        self._sites: dict[str, SiteId] | None = None
        self._own: dict[type[Said], list[Record]] = {}

    def goods(self, book: SqlBook, text: str) -> GoodsId:
        """The goods of that id, batch code or batch number; the refusal names the column `goods`."""
        found = self._goods.get(text)
        if found is None:
            try:
                found = self._find_goods(book, text)
            except Refusal as refusal:
                found = refusal
            self._goods[text] = found
        if isinstance(found, Refusal):
            raise found
        return found

    def expect_goods(self, book: SqlBook, texts: Iterable[str]) -> None:
        """Look several up at once: one question to the database instead of many."""
        wanted = [text for text in texts if text not in self._goods]
        records = book.about_many([lot_key(text) for text in wanted])
        goods = {said.goods for some in records.values() for _, said in of_type(some, Batch)}
        book.mentions([holding_key(self.party, one) for one in goods])

    def category(self, book: SqlBook, text: str) -> str | None:
        """The category of the goods of that name; None where they are not known."""
        try:
            goods = self.goods(book, text)
        except Refusal:
            return None
        return next((said.category for _, said in of_type(about(book, goods_sheet_key(goods)), Batch)), None)

    def party_of(self, book: SqlBook, text: str, *, field: str) -> PartyId | None:
        """The party of that id, credit code or name; None where nobody is known by it."""
        if text not in self._parties:
            try:
                self._parties[text] = self._find_party(book, text, field)
            except Refusal as refusal:
                self._parties[text] = refusal
        found = self._parties[text]
        if isinstance(found, Refusal):
            raise found
        return found

    def must_be_party(self, book: SqlBook, text: str, *, field: str) -> PartyId:
        """As `party_of`; raises where nobody is known by it."""
        found = self.party_of(book, text, field=field)
        if found is None:
            expected = Words(
                zh="已登记的主体：名称、统一社会信用代码或主体编号；新客户请先用“供货者和客户”表登记",
                en="somebody who is recorded: name, credit code or party id; new ones by the sheet of suppliers and customers first",
            )
            raise UnknownName(field=field, came=text, expected=expected)
        return found

    def names_of(self, book: SqlBook, party: PartyId) -> list[str]:
        """What a party is called publicly, and was called before, by its sheets; none where nobody said."""
        sheets = [said for _, said in party_sheet(book, party).sheets]
        named = (name for said in sheets for name in (said.name, said.formerly))
        return list(dict.fromkeys(name for name in named if name))

    def remember(self, text: str, party: PartyId) -> None:
        """A party that this very sheet declares."""
        self._parties[text] = party

    def own(self, book: SqlBook, kind: type[_Said]) -> list[tuple[Record, _Said]]:
        """The party's own records of one type that stand, found by the index alone."""
        if kind not in self._own:
            mine = {one.seq for one in book.mentions([party_key(self.party)])}
            seqs = mine & {one.seq for one in book.mentions([f"type/{kind.TYPE}"])}
            records = book.records(sorted(seqs)).values()
            self._own[kind] = [
                one for one in records if one.actor == self.party and one.superseded_by is None
            ]
        return of_type(self._own[kind], kind)

    def site(self, book: SqlBook, text: str) -> SiteId:
        """One of the party's own places, by its name."""
        if self._sites is None:
            self._sites = {
                said.name: said.site for _, said in self.own(book, Site) if said.party == self.party
            }
        found = self._sites.get(text)
        if found is None:
            names = "、".join(list(self._sites)[:10]) or "—"
            raise UnknownName(field="site", came=text, expected=Words(zh=names, en=names))
        return found

    def _find_goods(self, book: SqlBook, text: str) -> GoodsId:
        if text.startswith(_NAMED):
            return GoodsId.parse(text)
        records = about(book, lot_key(text))
        batches = {
            said.goods for record, said in of_type(records, Batch) if self._is_mine(book, record.actor, said)
        }
        if len(batches) == 1:
            return batches.pop()
        if batches:
            codes = ", ".join(
                sorted(one.batch_code.printed if one.batch_code else str(one) for one in batches)
            )
            expected = Words(zh=f"批次码之一：{codes}", en=f"one of the codes: {codes}")
            raise Ambiguous(field="goods", came=text, expected=expected)
        if _BATCH_CODE.fullmatch(text):
            goods = GoodsId.of_batch(BatchCode.parse(text, field="goods"))
            if about(book, goods_sheet_key(goods)):
                return goods
        expected = Words(
            zh="已登记的批号、批次码或货物标识（先用“批次”表登记）",
            en="number, code or id of goods that are recorded (by the sheet of batches)",
        )
        raise UnknownName(field="goods", came=text, expected=expected)

    def _is_mine(self, book: SqlBook, actor: PartyId, batch: Batch) -> bool:
        return actor == self.party or bool(book.mentions([holding_key(self.party, batch.goods)]))

    def _find_party(self, book: SqlBook, text: str, field: str) -> PartyId | None:
        if text.startswith(PartyId.prefix):
            return PartyId.parse(text, field=field)
        if _CREDIT_CODE.fullmatch(text):
            found = with_code(book, text)
            if found is not None:
                return found
        if self._names is None:
            self._names = self._named(book)
        several = self._names.get(text, set())
        if len(several) > 1:
            ids = ", ".join(sorted(map(str, several)))
            expected = Words(
                zh=f"统一社会信用代码，或主体编号之一：{ids}", en=f"a credit code, or one of: {ids}"
            )
            raise Ambiguous(field=field, came=text, expected=expected)
        return next(iter(several), None)

    def _named(self, book: SqlBook) -> dict[str, set[PartyId]]:
        """Names of the parties that it recorded, and of those it lately traded with."""
        names: dict[str, set[PartyId]] = {}
        for _, said in self.own(book, Party):
            _put(names, said)
        seqs = sorted({one.seq for one in book.mentions([party_key(self.party)])}, reverse=True)[:RECENT_MAX]
        met = {one for record in book.records(seqs).values() for one in parties_in(record)}
        for party in met:
            for _, sheet in party_sheet(book, party).sheets:
                _put(names, sheet)
        return names


def with_code(book: SqlBook, code: str) -> PartyId | None:
    """The party of a credit code: one that signs here before one that somebody declared."""
    found = [said.party for _, said in of_type(about(book, contact_key("credit_code", code)), Party)]
    enrolled = [one for one in found if book.register.role_of(one) is not None]
    return next(iter((*enrolled, *found)), None)


def _put(names: dict[str, set[PartyId]], said: Party) -> None:
    for name in (said.name, said.person_name if said.party_kind == "farmer" else None):
        if name:
            names.setdefault(name, set()).add(said.party)


def latest(book: SqlBook, statement: StatementId, party: PartyId) -> Record | None:
    """The party's record of that id as it stands now: itself, or what put it right."""
    found = None
    for _ in range(_CORRECTIONS_MAX):
        records = [
            one
            for one in about(book, statement_key(statement))
            if one.header.id == statement and one.header.issuer == party
        ]
        if not records:
            return found
        found = records[0]
        if found.superseded_by is None:
            return found
        statement = found.superseded_by
    return found
