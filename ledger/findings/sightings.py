"""What the records say of one unit code: where it was seen, in whose hands it may have been, and what lay around it.

Only serial codes are read here: a batch code stands on every pack of its batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ledger.errors import Refusal
from ledger.findings.reading import first_batch, kin
from ledger.identifiers import BatchCode, DigitalLink, Dimension
from ledger.trace.nesting import nest_of
from ledger.views.book import about, holding_key
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Packing, Transformation, Use
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Scan
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.identifiers import GoodsId, PartyId
    from ledger.trace.nesting import Nest
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said
    from ledger.vocabulary.values import Line

_BATCH_NAME = "urn:suyuan:batch:"
#: Stock that a party counted or had before; its own word alone.
_COUNTED = frozenset({"opening_stock", "stock_gain", "seizure_returned"})


@dataclass(frozen=True, slots=True)
class Sighting:
    """One record that carries the code: the goods it says they are, and how many packs it says carry this one code."""

    record: Record
    goods: GoodsId
    packs: int = 1

    @property
    def party(self) -> PartyId:
        """Whose record it is."""
        return self.record.actor

    @property
    def said(self) -> Said | None:
        """What the record says."""
        return self.record.said

    @property
    def is_disposal(self) -> bool:
        """Whether the pack left the party's hands by it."""
        return isinstance(self.said, (Sale, Shipment))

    @property
    def is_sale(self) -> bool:
        """Whether the pack went to whoever uses it."""
        return isinstance(self.said, Sale)

    @property
    def is_arrival(self) -> bool:
        """Whether the party says that it got the pack."""
        return isinstance(self.said, (Receipt, SupplierCheck)) and self.said.conclusion != "refuse"

    @property
    def ends_life(self) -> bool:
        """Whether the pack should never be traded again after it."""
        said = self.said
        if isinstance(said, Codes):
            return said.action in {"void", "return_container"}
        if isinstance(said, Adjustment):
            return said.reason == "destroyed"
        if isinstance(said, Destruction):
            return said.stage == "done"
        return isinstance(said, (Sale, Use, Transformation))


@dataclass(frozen=True, slots=True)
class Path:
    """Who may have had the pack in hand, by the records of others: `hands` by records that name the code, or what it lay in; `sent` by
    shipments of its lot.

    `passed_on`: who got it from somebody outside. They only hand on what they were given; whoever gave it to them is named.
    """

    hands: frozenset[PartyId]
    sent: frozenset[PartyId]
    passed_on: frozenset[PartyId]

    def knows(self, one: Sighting) -> bool:
        """Whether this record's party could have had the pack."""
        return one.party in self.hands


@dataclass(frozen=True, slots=True)
class CodeStory:
    """Everything the records say of one code: who issued it, where it was seen, what it lay in, who looked at it."""

    subject: str
    code: str
    book: Book
    issues: tuple[tuple[Record, Codes], ...]
    seen: tuple[Sighting, ...]
    scans: tuple[tuple[Record, Scan], ...]
    packed: bool
    nest: Nest
    path: Path

    @classmethod
    def of(cls, subject: str, code: str, records: Sequence[Record], book: Book) -> Self:
        """The story, as far as it must be known: a pack with one event and no second hand needs no path."""
        issues = issues_of(records, code)
        seen = tuple(one for record in records if (one := sighting(record, code)) is not None)
        nest = nest_of(book, code, records)
        scans = tuple((record, record.said) for record in records if isinstance(record.said, Scan))
        plain = not nest.stays and not meets_others(seen)
        path = Path(frozenset(), frozenset(), frozenset()) if plain else _path(code, issues, seen, nest, book)
        packed = any(isinstance(record.said, Packing) for record in records)
        return cls(subject, code, book, issues, seen, scans, packed, nest, path)

    @property
    def issuer(self) -> PartyId | None:
        """Who issued the code."""
        return self.issues[0][0].actor if self.issues else None

    @property
    def goods(self) -> GoodsId | None:
        """What the code was issued for, else what it lay on, else what its packer says."""
        if self.issues:
            return self.issues[0][1].goods
        if self.seen:
            return self.seen[0].goods
        packings = (one.packed.said for one in self.nest.stays)
        return next((one.goods for one in packings if isinstance(one, Packing) and one.goods), None)

    @property
    def traded(self) -> tuple[Sighting, ...]:
        """Where packs were in hand with this code, other than to end it."""
        return tuple(one for one in self.seen if not isinstance(one.said, (Codes, Adjustment, Destruction)))


def is_only_issued(records: Sequence[Record]) -> bool:
    """Whether one record issues a code and nothing else names it: nothing can be found about such a code."""
    if len(records) != 1:
        return False
    said = records[0].said
    return isinstance(said, Codes) and said.action == "issue"


def is_serial(code: str) -> bool:
    """Whether a code names one pack. A batch code or a link without a serial names all of them."""
    if code.startswith(_BATCH_NAME):
        return False
    try:
        return DigitalLink.parse(code).serial is not None
    except Refusal:
        pass
    try:
        BatchCode.parse(code)
    except Refusal:
        return True
    return False


def meets_others(seen: Sequence[Sighting]) -> bool:
    """Whether there are two events to compare, or one and a party that says it got the pack."""
    events = [one for one in seen if one.is_disposal or one.ends_life]
    return len(events) > 1 or (bool(events) and any(one.is_arrival for one in seen))


def hangs_on_others(code: str, records: Sequence[Record]) -> bool:
    """Whether what is found about a code may depend on records that do not name it: some party is led to by none that do."""
    seen = [one for record in records if (one := sighting(record, code)) is not None]
    packed = any(isinstance(record.said, Packing) for record in records)
    if not seen or not (packed or meets_others(seen)):
        return False
    hands = reached({record.actor for record, _ in issues_of(records, code)[:1]}, seen)
    return any(one.party not in hands for one in seen if one.is_disposal or one.ends_life)


def issues_of(records: Iterable[Record], code: str) -> tuple[tuple[Record, Codes], ...]:
    """The records that issue this code, in the log's order: the first one counts, whatever day a later one claims."""
    return tuple(
        sorted(
            (
                (record, said)
                for record in records
                if isinstance(said := record.said, Codes) and said.action == "issue" and code in said.codes
            ),
            key=lambda one: one[0].seq,
        )
    )


def reached(start: set[PartyId], seen: Iterable[Sighting]) -> set[PartyId]:
    """The hands a pack may have passed through from `start`, whenever each step was written up."""
    hands = set(start)
    steps: list[tuple[PartyId, frozenset[PartyId]]] = []
    for one in seen:
        said = one.said
        if isinstance(said, (Shipment, Return)):
            steps.append((one.party, frozenset({said.to})))
        elif isinstance(said, (Receipt, SupplierCheck)) and said.conclusion != "refuse":
            shops = said.for_shops or () if isinstance(said, SupplierCheck) else ()
            steps.append((said.supplier, frozenset({one.party, *shops})))
    growing = True
    while growing:
        new = {party for giver, takers in steps if giver in hands for party in takers} - hands
        hands |= new
        growing = bool(new)
    return hands


def sighting(record: Record, code: str) -> Sighting | None:
    """What this record says of the code; nothing where it only issues, packs or reads it."""
    said = record.said
    if isinstance(said, Codes):
        ends = said.action in {"void", "return_container"}
        return Sighting(record, said.goods) if ends and code in said.codes else None
    for line in lines_with_codes(said):
        if line.codes and code in line.codes:
            return Sighting(record, line.goods, _packs(line, code))
    return None


def lines_with_codes(said: Said | None) -> Sequence[Line]:
    """The lines of a record whose codes name packs in hand."""
    if isinstance(said, (Sale, Shipment, SupplierCheck, Return, Use, Adjustment, Receipt, Destruction)):
        return said.lines
    # What comes out of a process carries new codes; what went in is used up.
    return said.inputs if isinstance(said, Transformation) else ()


def says_it_got(one: Sighting, code: str, book: Book) -> bool:
    """Whether the party itself, or somebody who sent it goods, says that it got what could have been this pack."""
    for record in about(book, holding_key(one.party, one.goods)):
        said, own = record.said, record.actor == one.party
        if record.order > one.record.order:
            continue
        if isinstance(said, (Receipt, SupplierCheck)):
            got = own and said.conclusion != "refuse" and _could_hold(said.lines, one.goods, code)
        elif isinstance(said, (Shipment, Return)):
            got = said.to == one.party and _could_hold(said.lines, one.goods, code)
        elif isinstance(said, Adjustment):
            whose = said.held_by or record.actor
            got = said.reason in _COUNTED and whose == one.party and _could_hold(said.lines, one.goods, code)
        elif isinstance(said, Batch):
            got = said.maker == one.party
        else:
            got = (
                isinstance(said, Transformation)
                and own
                and any(out.goods == one.goods for out in said.outputs)
            )
        if got:
            return True
    return False


def _path(
    code: str,
    issues: Sequence[tuple[Record, Codes]],
    seen: Sequence[Sighting],
    nest: Nest,
    book: Book,
) -> Path:
    # Issuing a code once more does not bring anybody onto its path.
    start = {record.actor for record, _ in issues[:1]}
    first = first_batch(book, issues[0][1].goods if issues else seen[0].goods) if issues or seen else None
    if first is not None:
        start.add(first[1].maker)
    ways = [*seen, *(one for way in nest.carried if (one := sighting(way.record, way.named)) is not None)]
    if nest.stays and not start:
        start.add(nest.stays[0].packed.actor)
    hands = _with_kin(start, ways, book)
    strangers = [one for one in seen if (one.is_disposal or one.ends_life) and one.party not in hands]
    sent = {one.party for one in strangers if _was_sent(one, code, book)}
    hands = _with_kin(start | sent, ways, book)
    outside = [one for one in seen if one.is_disposal and one.party not in hands]
    passed_on = {one.said.to for one in outside if isinstance(one.said, Shipment)}
    return Path(frozenset(hands), frozenset(sent), frozenset(passed_on - hands))


def _with_kin(start: set[PartyId], ways: Sequence[Sighting], book: Book) -> set[PartyId]:
    """The hands a pack may have passed through, each under all its names: what a party had, whoever it became has."""
    hands = reached(start, ways)
    while more := {other for one in hands for other in kin(book, one)} - hands:
        hands = reached(hands | more, ways)
    return hands


def _was_sent(one: Sighting, code: str, book: Book) -> bool:
    """Whether somebody else recorded sending this party goods that could have held the pack. Its own word is not enough.

    A shipment that names the code is weighed with the codes: who sends on a copy puts nobody on the path.
    """
    for record in about(book, holding_key(one.party, one.goods)):
        said = record.said
        if not isinstance(said, Shipment) or said.to != one.party or record.actor == one.party:
            continue
        if record.order <= one.record.order and any(
            line.goods == one.goods and _unnamed(line, code) for line in said.lines
        ):
            return True
    return False


def _could_hold(lines: Iterable[Line], goods: GoodsId, code: str) -> bool:
    return any(line.goods == goods and (code in (line.codes or ()) or _unnamed(line, code)) for line in lines)


def _unnamed(line: Line, code: str) -> bool:
    """Whether a line could have held the pack without naming its code: it lists fewer codes than it counts."""
    codes = set(line.codes or ())
    return code not in codes and len(codes) < line.quantity.amount


def _packs(line: Line, code: str) -> int:
    """On how many packs the line says this code is: repeated in the list, or one code for a counted number of packs."""
    codes = line.codes or ()
    repeated = codes.count(code)
    if set(codes) == {code} and line.quantity.unit.dimension in {Dimension.COUNT, Dimension.PACKAGE}:
        return max(repeated, int(line.quantity.amount))
    return repeated
