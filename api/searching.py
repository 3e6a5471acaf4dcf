"""Search by anything that somebody may have in his hand: a code, a batch number, a GTIN, a voucher, a name, a licence, a phone, the end of a torn label.

What is found is grouped by what it is, and each hit says what matched. Nothing is found that its reader may not read: a hit is made of a
record only if the searched text stands in the part of it that is open to him (`api.audience`), so an official finds phones within the
scope of his certificate and each is noted, and a trader finds those it wrote down itself. Goods named by a number that others use too
are for those who deal with them: nobody walks through a competitor's batches by counting.

Every question is bounded: so many records are looked at, so many hits are shown, and it is said when there are more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from api.audience import names
from api.printed import candidates_of, goods_on_invoice, invoice_numbers
from api.scanning import named_by, scanned
from ledger.errors import Refusal
from ledger.identifiers import DigitalLink, GoodsId, Gtin, StatementId
from ledger.identifiers.printed import folded
from ledger.store.endings import ENDING_LETTERS, keys_ending
from ledger.trace import party_view
from ledger.trace.parties import SEARCH_CHARACTERS_MAX, SEARCH_CHARACTERS_MIN, find_parties, with_phone
from ledger.views.book import (
    approval_key,
    document_key,
    gtin_key,
    lot_key,
    of_type,
    voucher_key,
)
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.parties import Licence, Product
from ledger.vocabulary.trade import VoucherKind
from scanner.element_string import ElementString

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from api.audience import Reading
    from api.scanning import Named
    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook
    from ledger.trace import PartyView
    from ledger.views.book import Record
    from scanner.codes import Scanned

#: Hits that a group shows; the search is made again with more of the number rather than leafed through.
HITS_MAX: Final = 20
#: Records that are looked at behind one name, the newest first.
LOOKED_AT_MAX: Final = 200
#: A text as long as the longest address that is printed in a code.
CHARACTERS_MAX: Final = 2_000

#: What a hit is. `candidate`: its code ends in what was typed, as others' may.
Kind = Literal["goods", "candidate", "paper", "party", "entry"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
#: By what it was found.
By = Literal[
    "code",
    "goods_id",
    "batch_number",
    "gtin",
    "ending",
    "alias",
    "head",
    "registration",
    "number",
    "party_name",
    "former_name",
    "credit_code",
    "licence_number",
    "phone",
    "succession",
    "position",
    "statement_id",
]

_ENTRY: Final = re.compile(r"[#\uff03]([0-9]{1,15})")
_VOUCHER_KINDS: Final[tuple[str, ...]] = get_args(VoucherKind)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found: `text` is what matched, as it is recorded. `goods`, `party` or `record` is what it leads to."""

    kind: Kind
    by: By
    text: str
    goods: GoodsId | None = None
    party: PartyId | None = None
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one kind. `more`: there are others that are not shown."""

    kind: Kind
    hits: tuple[Hit, ...]
    more: bool


def search(reading: Reading, book: SqlBook, text: str, *, base_url: str) -> list[Group]:
    """What this reader finds under a text, grouped; a text that names nothing finds nothing."""
    wanted = text.strip()[:CHARACTERS_MAX]
    if not wanted:
        return []
    found: dict[Kind, dict[tuple[str, ...], Hit]] = {kind: {} for kind in KINDS}
    for hit in (
        *_coded(reading, book, wanted, base_url),
        *_parties(reading, wanted),
        *_entries(reading, wanted),
        *_endings(reading, book, wanted),
    ):
        found[hit.kind].setdefault(_key(hit), hit)
    # What was found whole is no candidate as well.
    whole = {hit.goods for hit in found["goods"].values()}
    found["candidate"] = {key: hit for key, hit in found["candidate"].items() if hit.goods not in whole}
    groups = ((kind, tuple(hits.values())) for kind, hits in found.items())
    return [Group(kind, hits[:HITS_MAX], len(hits) > HITS_MAX) for kind, hits in groups if hits]


def only_goods(groups: Iterable[Group]) -> GoodsId | None:
    """The goods, where one code was found and nothing else: its trace is what was asked for."""
    hits = [hit for group in groups for hit in group.hits]
    if len(hits) == 1 and hits[0].kind == "goods" and hits[0].by in {"code", "goods_id"}:
        return hits[0].goods
    return None


def _key(hit: Hit) -> tuple[str, ...]:
    if hit.kind == "candidate":
        return (str(hit.goods), hit.text, hit.by)
    seq = "" if hit.record is None else str(hit.record.seq)
    return (str(hit.goods), str(hit.party), seq if hit.goods is None and hit.party is None else "")


def _coded(reading: Reading, book: SqlBook, text: str, base_url: str) -> Iterator[Hit]:
    """What the text names as a printed code, and the papers of that number."""
    try:
        code = scanned(text, base_url)
    except Refusal:
        yield from _papers(reading, [text])
        return
    named = named_by(code, base_url, book, reading.knows)
    yield from _goods(reading, text, code, named)
    yield from _papers(reading, [text, *invoice_numbers(code)])
    if not named.known:
        yield from _candidates(book, code)


def _goods(reading: Reading, text: str, code: Scanned, named: Named) -> Iterator[Hit]:
    """Goods by their code or identifier, and batches by the number or the GTIN that is printed on them."""
    if named.goods is not None and named.known:
        yield Hit("goods", "code", named.code or text, goods=named.goods)
    for one in named.claimed:
        if reading.deals_with(one):
            yield Hit("candidate", "alias", text, goods=one)
    for one in goods_on_invoice(reading, code):
        yield Hit("goods", "number", invoice_numbers(code)[0], goods=one)
    yield from _by_identifier(reading, text)
    numbers = {lot_key(text): ("batch_number", text)}
    gtin = _gtin_of(code)
    if gtin is not None:
        numbers[gtin_key(gtin)] = ("gtin", gtin)
    for key, records in _newest(reading, list(numbers)).items():
        by: By = "gtin" if numbers[key][0] == "gtin" else "batch_number"
        for record, said in of_type(records, Batch):
            if reading.deals_with(said.goods) and not (by == "gtin" and named.known):
                shown = numbers[key][1] if by == "gtin" else str(said.batch_number or said.goods.batch_code)
                yield Hit("goods", by, shown, goods=said.goods, record=record)
        for record, product in of_type(records, Product):
            yield Hit("candidate", by, f"{product.name} · {numbers[key][1]}", record=record)


def _by_identifier(reading: Reading, text: str) -> Iterator[Hit]:
    if not text.startswith(("urn:", "https:", "http:")):
        return
    try:
        goods = GoodsId.parse(text)
    except Refusal:
        return
    if reading.knows(goods):
        yield Hit("goods", "goods_id", text, goods=goods)


def _gtin_of(code: Scanned) -> str | None:
    """The GTIN that was typed, or that stands in what was scanned."""
    value = code.value
    if isinstance(value, ElementString):
        try:
            value = value.link
        except Refusal:
            return None
    if isinstance(value, DigitalLink):
        return str(value.gtin)
    return str(value) if isinstance(value, Gtin) else None


def _papers(reading: Reading, numbers: Iterable[str]) -> Iterator[Hit]:
    """Every record that files a voucher, a certificate or an approval of such a number, or rests on it."""
    for number in dict.fromkeys(numbers):
        keys = [
            *(voucher_key(kind, number) for kind in _VOUCHER_KINDS),
            document_key(number),
            approval_key(number),
        ]
        for records in _newest(reading, keys).values():
            for record in records:
                if names(reading.fields(record), number):
                    yield Hit("paper", "number", number, record=record)


def _candidates(book: SqlBook, code: Scanned) -> Iterator[Hit]:
    """The products and registrations that a code may belong to, where nobody recorded the code: by what its maker declared or its digits say."""
    for one in candidates_of(code, book):
        shown = " · ".join(part for part in (one.number, one.head, one.name) if part)
        yield Hit("candidate", one.by, shown, record=one.record)


def _parties(reading: Reading, text: str) -> Iterator[Hit]:
    if not SEARCH_CHARACTERS_MIN <= len(text) <= SEARCH_CHARACTERS_MAX:
        return
    # A number typed on a Chinese keyboard comes as wide as characters; in a name such brackets are right.
    for spelling in dict.fromkeys((text, folded(text))):
        by_phone = with_phone(reading.book, spelling, lambda record: "phone" in reading.fields(record))
        for party in by_phone:
            yield Hit("party", "phone", spelling, party=party)
        for party in find_parties(reading.book, spelling).parties:
            by, shown = _by_which(party_view(reading.book, party), spelling)
            yield Hit("party", by, shown, party=party)


def _by_which(view: PartyView, text: str) -> tuple[By, str]:
    """By which of its names or numbers a party was found."""
    if view.name is not None and text.casefold() in view.name.casefold():
        return "party_name", view.name
    for name in view.former_names:
        if text.casefold() in name.casefold():
            return "former_name", name
    if view.credit_code == text:
        return "credit_code", text
    if any(said.number == text for _, said in of_type(view.licences, Licence)):
        return "licence_number", text
    return "succession", ""


def _entries(reading: Reading, text: str) -> Iterator[Hit]:
    """An entry by its number in the log (`#123`), or by the id of its statement."""
    at, book = _ENTRY.fullmatch(text), reading.book
    seq: int | None = None
    by: By = "position"
    if at is not None:
        seq = int(at[1])
    else:
        try:
            seq, by = book.position(StatementId.parse(text)), "statement_id"
        except Refusal:
            return
    if seq is None or seq >= book.size:
        return
    record = book.records([seq])[seq]
    if reading.opens(record):
        yield Hit("entry", by, text, record=record)


def _endings(reading: Reading, book: SqlBook, text: str) -> Iterator[Hit]:
    """Codes and batches of which the last six letters were typed: candidates, each to be compared with the pack."""
    letters = re.sub("[ -]", "", text)
    if len(letters) != ENDING_LETTERS or not letters.isascii():
        return
    rows = dict.fromkeys(
        row
        for spelling in dict.fromkeys((letters, letters.casefold(), letters.upper()))
        for row in keys_ending(book, spelling, most=LOOKED_AT_MAX)
    )
    records = book.records({seq for _, seq in rows})
    for key, seq in rows:
        record, whole = records[seq], key.partition("/")[2]
        said = record.said
        if isinstance(said, (Codes, Batch)) and _may_know(reading, record, said, whole):
            yield Hit("candidate", "ending", whole, goods=said.goods, record=record)


def _may_know(reading: Reading, record: Record, said: Codes | Batch, code: str) -> bool:
    """Whether this reader may be told of a code by its end."""
    if isinstance(said, Batch):
        return reading.deals_with(said.goods)
    return names(reading.fields(record), code)


def _newest(reading: Reading, keys: Collection[str]) -> dict[str, list[Record]]:
    """The newest records under each of these keys, so many in all."""
    mentions = sorted(reading.book.mentions(keys), key=lambda one: -one.seq)[:LOOKED_AT_MAX]
    records = reading.book.records({one.seq for one in mentions})
    found: dict[str, list[Record]] = {}
    for one in mentions:
        found.setdefault(one.key, []).append(records[one.seq])
    return found
