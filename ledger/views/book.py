"""The open book: every record, and an index of what each one mentions.

Every answer the ledger gives (where goods came from, what a holding should contain, which records cannot be true) is a pure
function of a `Book`. The index holds no fact of its own: it says *where* something is mentioned, and the record says *what*. So erasing
an item erases it from every view, and folding the log again gives the same book.

Records come in the order of (occurred_at, seq): late and out-of-order entries are normal, and views resolve as if facts had come in
time. A record that was put right by a later one stays readable under its own statement, and is mentioned nowhere else from then on.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from ledger.identifiers import GoodsId, PartyId, ProductId, Sha256Hex, SiteId, StatementId
from ledger.identifiers.pesticide_code import registration_ending
from ledger.identifiers.printed import spelt
from ledger.vocabulary.answering import Grant
from ledger.vocabulary.coding import CodeHead
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.linking import Link
from ledger.vocabulary.parties import Approval, Licence, Party, Product, Succession
from ledger.vocabulary.said import Part, Said, pieces
from ledger.vocabulary.trade import FiledDocument, SupplierFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from ledger.register import Custody, Register
    from ledger.statement import Header

_Said = TypeVar("_Said", bound=Said)
_Thing = TypeVar("_Thing")
_Sheet = TypeVar("_Sheet")

#: The statement types that move or change what a party holds; they are also indexed by holding.
STOCK_TYPES = frozenset(
    {
        "batch.v1",
        "shipment.v1",
        "receipt.v1",
        "return.v1",
        "transformation.v1",
        "use.v1",
        "adjustment.v1",
        "sale.v1",
        "supplier_check.v1",
        "recall_answer.v1",
        "sample.v1",
        "destruction.v1",
        "epcis_event.v1",
    }
)


#: The statement types that say what goods are and what stands on them; few for each lot, however often it is traded.
GOODS_SHEET_TYPES = frozenset(
    {
        "batch.v1",
        "certificate.v1",
        "commitment.v1",
        "release.v1",
        "test_result.v1",
        "hold.v1",
        "takedown.v1",
        "recall.v1",
        "transformation.v1",
        "codes.v1",
        "epcis_event.v1",
    }
)

#: The statement types that say who a party is.
PARTY_SHEET_TYPES = frozenset({"party.v1", "licence.v1", "approval.v1", "succession.v1", "list_entry.v1"})

#: The statement types that say what a product is, without its batches.
PRODUCT_SHEET_TYPES = frozenset({"product.v1", "approval.v1", "certificate.v1", "commitment.v1"})


@dataclass(frozen=True, slots=True)
class Record:
    """One statement as the log took it, with what is left of its items.

    `seq` is its position, `at_ms` the log's time, `said` the record itself (None once what is left says nothing), `custody` how its
    signing key is held, `superseded_by` the later statement that put it right, `missing` the places of erased items, `keyids` the keys that
    signed it. Whether one of those was stolen is no part of it: that is asked of the register.
    """

    seq: int
    at_ms: int
    header: Header
    said: Said | None
    custody: Custody
    missing: tuple[int, ...] = ()
    superseded_by: StatementId | None = None
    keyids: tuple[str, ...] = ()
    #: What it mentions, once somebody asked.
    _keys: frozenset[str] | None = field(default=None, init=False, repr=False, compare=False)
    #: Whose record it is: the party on whose behalf it was entered, else the issuer.
    actor: PartyId = field(init=False, repr=False, compare=False)
    #: The issuer's claimed time in ms.
    occurred_ms: int = field(init=False, repr=False, compare=False)
    #: Where it stands among other records: claimed time, then log order.
    order: tuple[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for a hundred times each.
        header, ms = self.header, self.header.occurred_at.ms
        object.__setattr__(self, "actor", header.on_behalf_of or header.issuer)
        object.__setattr__(self, "occurred_ms", ms)
        object.__setattr__(self, "order", (ms, self.seq))

    @property
    def keys(self) -> frozenset[str]:
        """See `keys_of`."""
        if self._keys is not None:
            return self._keys
        keys = _keys_of(self)
        object.__setattr__(self, "_keys", keys)
        return keys

    def placed(self, *, seq: int, at_ms: int, custody: Custody) -> Record:
        """The same record at its place in the log. What it mentions is the same everywhere."""
        one = Record(
            seq=seq, at_ms=at_ms, header=self.header, said=self.said, custody=custody, keyids=self.keyids
        )
        object.__setattr__(one, "_keys", self._keys)
        return one


class Mention(NamedTuple):
    """That the record at `seq` mentions something. `key` names the thing, as the functions below spell it."""

    key: str
    occurred_ms: int
    seq: int


class Book(Protocol):
    """What answers are computed from. `size` is the log size the book stands at."""

    @property
    def size(self) -> int:
        """How many entries of the log this book has read."""
        ...

    @property
    def register(self) -> Register:
        """Who may sign what, at this size."""
        ...

    def mentions(self, keys: Collection[str]) -> list[Mention]:
        """All mentions of these keys, ordered by (key, occurred_ms, seq)."""
        ...

    def records(self, seqs: Collection[int]) -> Mapping[int, Record]:
        """The records at these positions."""
        ...

    def position(self, statement: StatementId, issuer: PartyId | None = None) -> int | None:
        """Where a statement stands; with `issuer` None, the first statement with that id."""
        ...

    def about(self, key: str) -> Sequence[Record]:
        """The records that mention one thing, in order."""
        ...

    def about_many(self, keys: Collection[str]) -> Mapping[str, Sequence[Record]]:
        """As `about` for many things at once: one look at the index and one at the records. What nobody mentions is left out."""
        ...

    def sheet(
        self, of: Callable[[_Thing, Sequence[Record]], _Sheet], thing: _Thing, key: Callable[[_Thing], str]
    ) -> _Sheet:
        """What the records that mention a thing under its key come to, as `of` reads them; `of` is a pure function of the two."""
        ...

    def once(self, of: Callable[[Book, _Thing], _Sheet], thing: _Thing) -> _Sheet:
        """What `of` finds of a thing in this book, and asks of nothing else: found once where the book does not change under it."""
        ...


class LooksUp:
    """For books that keep nothing together: what is asked about a thing is looked up, in the index and among the records."""

    __slots__ = ()

    def about(self: Book, key: str) -> Sequence[Record]:
        """See `Book`."""
        return self.about_many([key]).get(key, ())

    def about_many(self: Book, keys: Collection[str]) -> Mapping[str, Sequence[Record]]:
        """See `Book`."""
        mentions = self.mentions(keys)
        records = self.records({mention.seq for mention in mentions})
        found: dict[str, list[Record]] = defaultdict(list)
        for mention in mentions:
            found[mention.key].append(records[mention.seq])
        return dict(found)

    def sheet(
        self: Book,
        of: Callable[[_Thing, Sequence[Record]], _Sheet],
        thing: _Thing,
        key: Callable[[_Thing], str],
    ) -> _Sheet:
        """See `Book`."""
        return of(thing, self.about(key(thing)))

    def once(self: Book, of: Callable[[Book, _Thing], _Sheet], thing: _Thing) -> _Sheet:
        """See `Book`."""
        return of(self, thing)


def about(book: Book, key: str) -> Sequence[Record]:
    """The records that mention one thing, in order."""
    return book.about(key)


def about_many(book: Book, keys: Collection[str]) -> Mapping[str, Sequence[Record]]:
    """As `about` for many things at once."""
    return book.about_many(keys)


def said_about(book: Book, key: str, kind: type[_Said]) -> list[tuple[Record, _Said]]:
    """The records of one type that mention one thing, each with its content."""
    return of_type(about(book, key), kind)


def of_type(records: Iterable[Record], kind: type[_Said]) -> list[tuple[Record, _Said]]:
    """Only the records of one statement type, each with its content."""
    return [(record, said) for record in records if isinstance(said := record.said, kind)]


def corrected_by(record: Record) -> tuple[StatementId, PartyId] | None:
    """Which statement a record puts right or annuls, and whose: its issuer's own, or the one an authority annuls."""
    corrects = record.header.corrects
    if corrects is None:
        return None
    of = record.said.of if isinstance(record.said, Correction) else None
    return corrects, of or record.header.issuer


#: How often one record may have been put right before its first versions are no longer looked for.
CORRECTIONS_MAX: Final = 50


def versions_before(book: Book, record: Record) -> Iterator[Record]:
    """The versions that a record put right, the newest first."""
    for _ in range(CORRECTIONS_MAX):
        corrected = corrected_by(record)
        seq = None if corrected is None else book.position(*corrected)
        if seq is None:
            return
        record = book.records([seq])[seq]
        yield record


def first_told_ms(book: Book, seq: int) -> int:
    """When the log took the first version of what an entry says: what is put right later was not told late by that."""
    record = book.records([seq])[seq]
    for earlier in versions_before(book, record):
        record = earlier
    return record.at_ms


def goods_key(goods: GoodsId) -> str:
    """Everything said about these goods."""
    return f"goods/{goods}"


_PARTY = "party/"


def party_key(party: PartyId) -> str:
    """Everything said by, for or about this party."""
    return f"{_PARTY}{party}"


def goods_sheet_key(goods: GoodsId) -> str:
    """What these goods are: batch, papers, orders, processing, without the trade in them."""
    return f"goods-sheet/{goods}"


def party_sheet_key(party: PartyId) -> str:
    """Who this party is: its own sheet and its licences, without its trade."""
    return f"party-sheet/{party}"


def succession_key(party: PartyId) -> str:
    """What says that a party went on as another, or another as it: few have any."""
    return f"succession/{party}"


def holding_key(party: PartyId, goods: GoodsId) -> str:
    """Everything that changes what this party holds of these goods. Goods last: they may contain `/`."""
    return f"holding/{party}/{goods}"


def code_key(code: str) -> str:
    """Everything said about one printed unit code."""
    return f"code/{code}"


def spelt_key(code: str) -> str:
    """Records that spell this code otherwise: in groups, inside an address. By its one spelling (`ledger.identifiers.printed`)."""
    return f"spelt/{code}"


def alias_key(code: str) -> str:
    """What somebody said that this code, in its one spelling, names as well."""
    return f"alias/{code}"


def head_key(scheme: str, head: str) -> str:
    """The products whose codes begin so."""
    return f"head/{scheme}/{head}"


def registration_key(prefix: str, last_six: str) -> str:
    """Approvals, products and batches of a pesticide whose registration number ends so."""
    return f"registration/{prefix}/{last_six}"


def run_key(run: str) -> str:
    """The statements that are the parts of one run of codes."""
    return f"run/{run}"


def runs_key(party: PartyId) -> str:
    """The runs of codes that this party recorded, by the first part of each."""
    return f"runs/{party}"


def voucher_key(kind: str, number: str) -> str:
    """Every record that rests on or files this voucher."""
    return f"voucher/{kind}/{number}"


def document_key(number: str) -> str:
    """Every record that files, relies on or claims the paper of this number: certificates, release records, commitments, marks."""
    return f"document/{number}"


def document_sheet_key(number: str) -> str:
    """The papers of this number as they were filed, without the deliveries that rely on them."""
    return f"document-sheet/{number}"


def file_key(keeper: PartyId, supplier: PartyId) -> str:
    """The papers that one party keeps about a supplier, or that its headquarters keeps for it."""
    return f"file/{keeper}/{supplier}"


def grant_key(party: PartyId) -> str:
    """The grants that this party gave or was given."""
    return f"grant/{party}"


def bought_key(party: PartyId, goods: GoodsId) -> str:
    """The vouchers between this party and another that list these goods. Goods last: they may contain `/`."""
    return f"bought/{party}/{goods}"


def lot_key(text: str) -> str:
    """The batches called so: by the number printed on them, in small or capital letters, or by their batch code."""
    return f"lot/{text.casefold()}"


def gtin_key(gtin: str) -> str:
    """The batches whose identifier holds this GTIN, and the sheets of products that name it; eight, twelve or thirteen digits name the same as fourteen with zeros before."""
    return f"gtin/{gtin.zfill(14)}"


def approval_key(number: str) -> str:
    """The approval of this number, and every product and batch that names it."""
    return f"approval/{number}"


def links_key(goods: GoodsId) -> str:
    """Where more about these goods can be read, as their maker says. It says nothing about the goods, so it stands under no other key of theirs."""
    return f"links/{goods}"


def evidence_key(digest: Sha256Hex) -> str:
    """Every record that names this copy of a paper or this photo."""
    return f"evidence/{digest}"


def answer_key(subject: str) -> str:
    """What parties answered to the findings about one subject."""
    return f"answer/{subject}"


def name_keys(name: str) -> frozenset[str]:
    """Every two neighbouring characters of a name, so that a part of it can be searched for: Chinese has no words to look up."""
    text = name.casefold()
    return frozenset(f"name/{one}{other}" for one, other in pairwise(text))


def site_key(site: SiteId) -> str:
    """Everything that happened on this plot or in this workshop."""
    return f"site/{site}"


def site_sheet_key(site: SiteId) -> str:
    """What this place is, without what happened there."""
    return f"site-sheet/{site}"


def product_key(product: ProductId) -> str:
    """Everything said about this product."""
    return f"product/{product}"


def product_sheet_key(product: ProductId) -> str:
    """What this product is, and its papers, without its batches."""
    return f"product-sheet/{product}"


def statement_key(statement: StatementId) -> str:
    """Every record that refers to this statement, and the statement itself."""
    return f"statement/{statement}"


def contact_key(what: str, value: str) -> str:
    """Parties that share a phone, an address, a credit code or a licence number (`what` says which)."""
    return f"{what}/{value}"


def parties_in(record: Record) -> frozenset[PartyId]:
    """Every party that a record mentions: whose it is, and whom it names."""
    return frozenset(PartyId.parse(key.removeprefix(_PARTY)) for key in record.keys if key.startswith(_PARTY))


def keys_of(record: Record) -> frozenset[str]:
    """Everything one record mentions, put right or not. What its erased items said is not among them."""
    return record.keys


def _keys_of(record: Record) -> frozenset[str]:
    said, header = record.said, record.header
    if said is None:
        return frozenset({statement_key(header.id)})
    keys = {
        statement_key(header.id),
        party_key(header.issuer),
        party_key(record.actor),
        f"type/{header.type}",
    }
    if header.corrects is not None:
        keys.add(statement_key(header.corrects))
    parts, values = pieces(said)
    also = said.also_mentions()
    identifiers = [*(value for _, value in values if type(value) in _IDENTIFIERS), *also]
    # The parties whose stock the record may change: its actor and every party it names.
    holders = frozenset({record.actor, *(one for one in identifiers if isinstance(one, PartyId))})
    for value in identifiers:
        keys.update(_keys_of_value(value, header.type, holders))
    keys.update(_named(parts, values))
    if isinstance(said, Party):
        keys |= name_keys(said.name or "") | name_keys(said.formerly or "")
    if isinstance(said, Batch):
        keys.update(_called(said))
    if isinstance(said, Product) and said.gtin is not None:
        keys.add(gtin_key(str(said.gtin)))
    if isinstance(said, Succession):
        keys |= {succession_key(said.party), succession_key(said.successor)}
    if isinstance(said, SupplierFile):
        keys.update(file_key(keeper, said.supplier) for keeper in (record.actor, *(said.for_shops or ())))
    if isinstance(said, Grant):
        keys |= {grant_key(record.actor), grant_key(said.to)}
    return frozenset(_set_apart(record, keys))


def _set_apart(record: Record, keys: set[str]) -> set[str]:
    """What has keys of its own, so that it is not read whenever somebody asks what goods are."""
    said = record.said
    if isinstance(said, Link):
        return {*keys, links_key(said.goods)} - {goods_key(said.goods)}
    if not isinstance(said, Codes):
        return keys
    if said.continues:
        # A hundred parts of one run speak of the goods by their first.
        return keys - {goods_key(said.goods), goods_sheet_key(said.goods)}
    return {*keys, runs_key(record.actor)}


def _called(batch: Batch) -> Iterator[str]:
    """The names under which somebody looks for a batch who has it in his hand."""
    link, code = batch.goods.digital_link, batch.goods.batch_code
    if batch.batch_number is not None:
        yield lot_key(str(batch.batch_number))
    if code is not None:
        yield lot_key(str(code))
    if batch.gtin is not None:
        yield gtin_key(str(batch.gtin))
    if link is not None:
        yield gtin_key(str(link.gtin))
        if link.batch is not None:
            yield lot_key(link.batch)


def _keys_of_value(value: object, kind: str, holders: frozenset[PartyId]) -> Iterator[str]:
    """The keys of one identifier in a record of this type."""
    if isinstance(value, GoodsId):
        yield from _keys_of_goods(value, kind, holders)
    elif isinstance(value, StatementId):
        yield statement_key(value)
    elif isinstance(value, Sha256Hex) and kind not in {"scan.v1", "scan_batch.v1"}:
        yield evidence_key(value)
    elif type(value) in _SHEETS:
        what, sheets = _SHEETS[type(value)]
        yield from (f"{what}/{value}", *([f"{what}-sheet/{value}"] if kind in sheets else []))


#: What has a key for everything said about it, and one for the few records that say what it is.
_SHEETS: Mapping[type[object], tuple[str, frozenset[str]]] = {
    PartyId: ("party", PARTY_SHEET_TYPES),
    ProductId: ("product", PRODUCT_SHEET_TYPES),
    SiteId: ("site", frozenset({"site.v1"})),
}


def _keys_of_goods(goods: GoodsId, kind: str, holders: frozenset[PartyId]) -> Iterator[str]:
    yield goods_key(goods)
    if kind in GOODS_SHEET_TYPES:
        yield goods_sheet_key(goods)
    if kind in STOCK_TYPES:
        yield from (holding_key(party, goods) for party in holders)
    if kind == Voucher.TYPE:
        yield from (bought_key(party, goods) for party in holders)


def _named(parts: Iterable[Part], values: Iterable[tuple[str, object]]) -> Iterator[str]:
    """The mentions that are plain text in the record: unit codes, numbers of papers, contacts."""
    for name, value in values:
        key = _KEYS_OF_FIELDS.get(name)
        if key is not None:
            yield key(str(value))
            yield from _besides(name, str(value))
    for part in parts:
        if isinstance(part, CodeHead):
            yield head_key(part.scheme, part.head)
        number = part.__dict__.get("number")
        if not isinstance(number, str):
            continue
        kind = part.__dict__.get("voucher_kind")
        if isinstance(kind, str):
            yield voucher_key(kind, number)
        if isinstance(part, (Certificate, Commitment, FiledDocument)):
            yield from (document_key(number), document_sheet_key(number))
        if isinstance(part, Licence):
            yield contact_key("licence", number)
        if isinstance(part, Approval):
            yield approval_key(number)
            yield from _registrations(number)


def _besides(name: str, text: str) -> Iterator[str]:
    """What a code or a number is looked up by as well: its one spelling, its last digits."""
    if name in _CODES and (one := spelt(text)) != text:
        yield spelt_key(one)
    if name == "approval_number":
        yield from _registrations(text)


def _registrations(number: str) -> Iterator[str]:
    ending = registration_ending(number)
    if ending is not None:
        yield registration_key(*ending)


#: Fields that hold the codes of packs.
_CODES = frozenset({"codes", "code", "parent_code"})

#: Kinds of value that have keys of their own, whatever field they stand in.
_IDENTIFIERS = frozenset({GoodsId, PartyId, SiteId, ProductId, StatementId, Sha256Hex})

#: Fields whose text names something that other records name too.
_KEYS_OF_FIELDS: Mapping[str, Callable[[str], str]] = {
    "codes": code_key,
    "code": code_key,
    "parent_code": code_key,
    "phone": partial(contact_key, "phone"),
    "address": partial(contact_key, "address"),
    "credit_code": partial(contact_key, "credit_code"),
    "approval_number": approval_key,
    "reference": document_key,
    "certificate_number": document_key,
    "quarantine_number": document_key,
    "subject": answer_key,
    "run": run_key,
    "aliases": lambda code: alias_key(spelt(code)),
}


def lasts(key: str) -> bool:
    """Whether a mention stays when its record is put right: only a statement's own history does."""
    return key.startswith("statement/")


@dataclass(slots=True)
class MemoryBook(LooksUp):
    """A book in memory: for tests, offline checking and refolding. The same answers as the one in the database."""

    register: Register
    _records: dict[int, Record] = field(default_factory=dict)
    _keys: dict[str, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    _ids: dict[tuple[PartyId, StatementId], int] = field(default_factory=dict)
    size: int = 0

    def add(self, record: Record) -> None:
        """Read one more record; one that puts an earlier record right takes that record's mentions away."""
        corrected = corrected_by(record)
        earlier = None if corrected is None else self.position(*corrected)
        if earlier is not None:
            self._records[earlier] = replace(self._records[earlier], superseded_by=record.header.id)
        self.put(record)
        self._ids[record.header.issuer, record.header.id] = record.seq
        self.size = max(self.size, record.seq + 1)

    def put(self, record: Record) -> None:
        """Read a record, or read it again with fewer items after an erasure."""
        before = self._records.get(record.seq)
        for key in keys_of(before) if before is not None else ():
            self._keys[key].discard((record.occurred_ms, record.seq))
        self._records[record.seq] = record
        for key in keys_of(record):
            self._keys[key].add((record.occurred_ms, record.seq))

    def mentions(self, keys: Collection[str]) -> list[Mention]:
        """See `Book`."""
        return sorted(
            Mention(key, occurred_ms, seq)
            for key in set(keys)
            for occurred_ms, seq in self._keys.get(key, ())
            if lasts(key) or self._records[seq].superseded_by is None
        )

    def records(self, seqs: Collection[int]) -> Mapping[int, Record]:
        """See `Book`."""
        return {seq: self._records[seq] for seq in seqs}

    def position(self, statement: StatementId, issuer: PartyId | None = None) -> int | None:
        """See `Book`."""
        if issuer is not None:
            return self._ids.get((issuer, statement))
        return min((seq for (_, known), seq in self._ids.items() if known == statement), default=None)
