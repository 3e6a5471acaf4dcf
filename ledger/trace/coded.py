"""What a printed code leads to when nobody recorded that very pack under it: another spelling, another code of the goods, a product.

Four answers, from sure to unsure: the pack under the spelling that its record uses; the goods whose maker said that this code is theirs
too; the products whose heads it begins with; the registrations that end in its six digits. The last two are lists of candidates, to be
compared with the pack, however short the list is: heads can be claimed twice and six digits name several registrations.

Nothing here judges. Two makers who claim one code are two answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ledger.identifiers import (
    LABEL_FACTS,
    DrugTraceCode,
    EarTag,
    LabelRule,
    PesticideUnitCode,
    SeedUnitCode,
    VetDrugCode,
    printed_code,
)
from ledger.identifiers.printed import spelt
from ledger.trace.sheets import party_view, what_it_was
from ledger.views.book import (
    about,
    alias_key,
    approval_key,
    head_key,
    of_type,
    product_sheet_key,
    registration_key,
    spelt_key,
)
from ledger.vocabulary.coding import Alias, CodeHeads
from ledger.vocabulary.goods import Batch, Codes, Packing
from ledger.vocabulary.parties import Approval, Product
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.errors import Words
    from ledger.identifiers import GoodsId, LabelFact, PartyId, PrintedCode, ProductId
    from ledger.trace.sheets import BatchView
    from ledger.views.book import Book, Record
    from ledger.vocabulary.coding import CodeScheme, PackLevel

    #: A product's record, and what it says.
    _Sheet = tuple[Record, Product]

#: Candidates of one code: no group of six digits is shared by more than some ten registrations in the whole country.
CANDIDATES_MAX: Final = 20
#: Records looked at behind one head or one group of digits, the newest first.
LOOKED_AT_MAX: Final = 200

_PESTICIDE: Final = "pesticide"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product or a registration that a code may belong to. `number` is the registration's, `head` what was declared of the codes."""

    by: Literal["head", "registration"]
    name: str | None
    number: str | None
    holder: PartyId | None
    holder_name: str | None
    product: ProductId | None
    record: Record
    head: str | None = None
    level: PackLevel | None = None
    holds: int | None = None


@dataclass(frozen=True, slots=True)
class FactOfLabel:
    """One of the six facts: what is recorded of it, if anything, and where. `asked`: the rule of this label asks for it."""

    fact: LabelFact
    words: Words
    value: str | None
    asked: bool
    record: Record | None


@dataclass(frozen=True, slots=True)
class Label:
    """What the label rules say of a pack. `rule` is None where nobody recorded when it was made.

    `registration_fits`: whether the code's six digits are those of the recorded registration; None where one of them is unknown.
    `prefix_dropped`: the code names a temporary registration and the pack was made after those had ended.
    """

    rule: LabelRule | None
    facts: tuple[FactOfLabel, ...]
    registration_fits: bool | None
    prefix_dropped: bool


def recorded_spellings(book: Book, code: str) -> tuple[str, ...]:
    """How the records of a pack spell its code, where that is not as everybody else would."""
    wanted = spelt(code)
    found: dict[str, None] = {}
    for record in about(book, spelt_key(wanted)):
        for one in _codes_in(record):
            if one != wanted and spelt(one) == wanted:
                found[one] = None
    return tuple(found)


def aliased(book: Book, code: str) -> tuple[Alias, ...]:
    """What the makers of goods said this code names too, the first first; one for each goods and pack."""
    wanted = spelt(code)
    found: dict[tuple[GoodsId, str | None], Alias] = {}
    for record, said in of_type(about(book, alias_key(wanted)), Alias):
        if any(spelt(one) == wanted for one in said.aliases) and answers_for(book, said.goods, record.actor):
            found.setdefault((said.goods, said.code), said)
    return tuple(found.values())


def answers_for(book: Book, goods: GoodsId, party: PartyId) -> bool:
    """Whether this party made the goods, or recorded them where their maker did not: whose word on their codes counts."""
    sheet = what_it_was(book, goods)
    return sheet.record is not None and party in {sheet.maker, sheet.record.actor}


def candidates(book: Book, code: PrintedCode) -> tuple[Candidate, ...]:
    """The products and registrations that a code may belong to: by its head, the longest first, then by its six digits."""
    by_head = [one for scheme, head in heads_of(code) for one in _with_head(book, scheme, head)]
    known = {one.product for one in by_head if one.product is not None}
    numbers = {one.number for one in by_head if one.number is not None}
    others = [
        one
        for one in (_registered(book, code) if isinstance(code, PesticideUnitCode) else ())
        if one.product not in known and one.number not in numbers
    ]
    return tuple((*by_head, *others)[:CANDIDATES_MAX])


def heads_of(code: PrintedCode) -> Iterator[tuple[CodeScheme, str]]:
    """The heads under which the product of a code may have been declared, the longest first."""
    match code:
        case DrugTraceCode():
            yield "drug", code.product_mark
        case PesticideUnitCode():
            yield "pesticide", code.head
        case VetDrugCode():
            yield "veterinary_drug", code.maker_number
        case SeedUnitCode():
            yield from (("seed", code.text[:length]) for length in range(min(19, len(code.text)), 1, -1))
        case EarTag():
            yield from (("ear_tag", code.text[:length]) for length in range(14, 6, -1))


def label_of(book: Book, sheet: BatchView, code: str | None = None) -> Label | None:
    """The facts that a pesticide's code is to tell whoever scans it, as far as they are recorded; None for other goods."""
    if sheet.record is None or profile_for(sheet.category).category != _PESTICIDE:
        return None
    rule = LabelRule.of(sheet.produced_on)
    asked = frozenset(LABEL_FACTS if rule is None else rule.facts)
    product = None if sheet.product is None else _product(book, sheet.product)
    number = _registration(sheet.record, product)
    facts = tuple(
        FactOfLabel(fact, words, value, fact in asked, record if value is not None else None)
        for fact, words in LABEL_FACTS.items()
        for value, record in [_fact(book, sheet, fact, product=product, number=number)]
    )
    unit = pesticide_code(code)
    return Label(
        rule=rule,
        facts=facts,
        registration_fits=None if unit is None or number is None else unit.may_belong_to(number),
        prefix_dropped=unit is not None and rule is not None and not rule.admits(unit.registration_prefix),
    )


def pesticide_code(code: str | None) -> PesticideUnitCode | None:
    """The unit code of a pesticide, which tells of its registration; other codes tell nothing of that."""
    read = printed_code(code or "")
    return read if isinstance(read, PesticideUnitCode) else None


def _codes_in(record: Record) -> tuple[str, ...]:
    """Every code that a record names, as it spells them."""
    said = record.said
    match said:
        case Codes():
            return said.codes
        case Packing():
            return (said.parent_code, *said.codes)
        case _:
            lines = (*getattr(said, "lines", ()), *getattr(said, "inputs", ()), *getattr(said, "outputs", ()))
            return tuple(code for line in lines for code in getattr(line, "codes", None) or ())


def _with_head(book: Book, scheme: CodeScheme, head: str) -> Iterator[Candidate]:
    said_of: dict[ProductId, tuple[Record, CodeHeads]] = {}
    for record, said in of_type(_newest(book, head_key(scheme, head)), CodeHeads):
        said_of.setdefault(said.product, (record, said))
    for product, (record, said) in said_of.items():
        one = next((one for one in said.heads if (one.scheme, one.head) == (scheme, head)), None)
        sheet = _product(book, product)
        # A stranger's word about another's product counts for nothing.
        if one is None or sheet is None or record.actor not in {sheet[1].owner, sheet[0].actor}:
            continue
        yield Candidate(
            by="head",
            name=sheet[1].name,
            number=sheet[1].approval_number,
            holder=sheet[1].owner,
            holder_name=None,
            product=product,
            record=record,
            head=head,
            level=one.level,
            holds=one.holds,
        )


def _registered(book: Book, code: PesticideUnitCode) -> Iterator[Candidate]:
    """The registrations that end in the six digits: by their own record first, then as products and batches name them."""
    records = _newest(book, registration_key(code.registration_prefix, code.registration_last_six))
    shown: set[str] = set()
    for wanted in (Approval, Product, Batch):
        for record in records:
            said = record.said
            if not isinstance(said, wanted):
                continue
            number = said.number if isinstance(said, Approval) else said.approval_number
            if number is None or number in shown or not code.may_belong_to(number):
                continue
            shown.add(number)
            yield _candidate(record, said, number)


def _candidate(record: Record, said: Approval | Product | Batch, number: str) -> Candidate:
    holder, holder_name, product, name = None, None, None, None
    if isinstance(said, Approval):
        holder, name = said.holder, said.product_name
    elif isinstance(said, Product):
        holder, product, name = said.owner, said.product, said.name
    else:
        # Who made a batch need not hold the registration.
        holder_name, product, name = said.approval_holder, said.product, said.name
    return Candidate(
        by="registration",
        name=name,
        number=number,
        holder=holder,
        holder_name=holder_name,
        product=product,
        record=record,
    )


def _newest(book: Book, key: str) -> list[Record]:
    seqs = sorted((one.seq for one in book.mentions([key])), reverse=True)[:LOOKED_AT_MAX]
    records = book.records(seqs)
    return [records[seq] for seq in seqs]


def _product(book: Book, product: ProductId) -> _Sheet | None:
    """The sheet of a product: its owner's own if there is one, the newest first."""
    sheets = [
        one for one in of_type(about(book, product_sheet_key(product)), Product) if one[1].product == product
    ]
    own = [one for one in sheets if one[0].actor == one[1].owner]
    return max(own or sheets, key=lambda one: one[0].seq, default=None)


def _fact(
    book: Book, sheet: BatchView, fact: LabelFact, *, product: _Sheet | None, number: str | None
) -> tuple[str | None, Record | None]:
    record = sheet.record
    match fact:
        case "name":
            return sheet.name, record
        case "holder":
            return _holder(book, record, number)
        case "produced_on":
            return (None if sheet.produced_on is None else str(sheet.produced_on)), record
        case "batch_number":
            return (None if sheet.batch_number is None else str(sheet.batch_number)), record
        case _:
            return _detail((record, None if product is None else product[0]), fact)


def _registration(batch: Record | None, product: _Sheet | None) -> str | None:
    """The registration of the batch, by its own record or its product's."""
    if batch is not None and isinstance(batch.said, Batch) and batch.said.approval_number:
        return batch.said.approval_number
    return None if product is None else product[1].approval_number


def _holder(book: Book, batch: Record | None, number: str | None) -> tuple[str | None, Record | None]:
    if batch is not None and isinstance(batch.said, Batch) and batch.said.approval_holder:
        return batch.said.approval_holder, batch
    for one, said in of_type(about(book, approval_key(number)) if number is not None else (), Approval):
        if said.number == number and (name := party_view(book, said.holder).name) is not None:
            return name, one
    return None, None


def _detail(records: Iterable[Record | None], name: str) -> tuple[str | None, Record | None]:
    """A field that only pesticides have, of the batch or else of its product."""
    for record in records:
        said = None if record is None else record.said
        if isinstance(said, (Batch, Product)):
            value = next((one.value for one in said.details or () if one.field == name), None)
            if value is not None:
                return value, record
    return None, None
