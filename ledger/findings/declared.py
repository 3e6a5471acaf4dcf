"""Whom a buyer declares as the source of goods, and which other records speak against it.

A supplier who is not on this ledger is a lawful end: what nobody recorded of a stranger is missing, and nothing else. A contradiction
needs a record: particulars that cannot be (a credit code that fails, a licence revoked before), several suppliers of licensed goods
behind one telephone, or a supplier that keeps its books here and has never had these goods in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.reading import (
    Facts,
    batches,
    credit_code,
    day_of,
    found,
    registered,
    sheets,
    successions,
    traders,
)
from ledger.findings.standing import licences_of, standing_of
from ledger.views.book import about, contact_key, file_key, holding_key, of_type
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Receipt, Return, Shipment, SupplierCheck, SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding, Grade
    from ledger.identifiers import GoodsId, LegalDate, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Profile

#: So many declared suppliers with one telephone, none with a licence the goods need, are one workshop behind paper sellers.
GHOSTS_MIN: Final = 3
#: The types of records that may name a source (`named_sources`).
_NAMING: Final = (SupplierCheck, Receipt, Batch)
_seq = attrgetter("seq")
#: A supplier whom more records name with these goods than that has them; it forgot to book, and nobody is contradicted.
DENIED_BY_MAX: Final = 9


@dataclass(frozen=True, slots=True)
class Against:
    """What speaks against a declared source: the records that say so, and how plainly."""

    grade: Grade
    records: tuple[Record, ...]
    words: Words
    figures: dict[str, str]


def contradicted_sources(
    subject: str, party: PartyId, goods: GoodsId, records: Sequence[Record], book: Book, profile: Profile
) -> Iterator[Finding]:
    """One finding for each source that this party named for these goods and that other records contradict."""
    for source, named in _named(party, goods, records).items():
        against = _against(book, party, source, goods, profile, named)
        if against is not None:
            yield found(
                "source_contradicted",
                against.grade,
                subject=subject,
                party=party,
                rests_on=[*named, *against.records],
                facts=Facts(against.words, {"supplier": str(source), **against.figures}, profile.laws.record),
            )


def named_sources(said: object, actor: PartyId, goods: GoodsId) -> PartyId | None:
    """Whom one record names as the source of these goods, other than its own author."""
    if isinstance(said, (SupplierCheck, Receipt)) and said.conclusion != "refuse":
        return said.supplier if said.supplier != actor else None
    if isinstance(said, Batch) and said.goods == goods and said.maker != actor:
        return said.maker
    return None


def ghosts(book: Book, supplier: PartyId, profile: Profile) -> tuple[Record, ...]:
    """The declarations of several suppliers of licensed goods with one telephone, this supplier's among them; nothing for honest sharing.

    Stalls of one market share its office, shops of one chain their headquarters, a household its farm: a telephone that the registrar
    knows, and parties that name one market or headquarters, are left out.
    """
    duties = [duty for role in ("maker", "wholesaler", "retailer") if (duty := profile.needs(role))]
    kinds = {kind for duty in duties for kind in duty.kinds}
    if not profile.needs("wholesaler"):
        return ()
    for phone in dict.fromkeys(sheet.phone for _, sheet in sheets(book, supplier) if sheet.phone):
        sharing = [
            one for one in of_type(about(book, contact_key("phone", phone)), Party) if one[1].phone == phone
        ]
        if any(registered(book, sheet.party, [(record, sheet)]) for record, sheet in sharing):
            continue
        names: dict[str, tuple[Record, Party]] = {}
        for record, sheet in sharing:
            who = str(credit_code(sheet.credit_code) or sheet.name or sheet.party)
            names.setdefault(who, (record, sheet))
        strangers = [
            (record, sheet)
            for record, sheet in names.values()
            if sheet.party_kind != "farmer"
            and not any(licence.licence_kind in kinds for _, licence in licences_of(book, sheet.party))
        ]
        joined = [one for _, sheet in strangers for one in (sheet.market, sheet.headquarters) if one]
        different = {sheet.name for _, sheet in strangers if sheet.name}
        if not joined and len(different) >= GHOSTS_MIN and supplier in {one.party for _, one in sharing}:
            return tuple(record for record, _ in strangers)
    return ()


def failing_sheets(known: Sequence[tuple[Record, Party]]) -> list[tuple[Record, Party]]:
    """The declarations with a credit code that no register ever issued."""
    return [
        (record, sheet)
        for record, sheet in known
        if sheet.credit_code is not None and credit_code(sheet.credit_code) is None
    ]


def _named(party: PartyId, goods: GoodsId, records: Sequence[Record]) -> dict[PartyId, list[Record]]:
    """The sources that a party named, each with the first record of every type that names it."""
    named: dict[PartyId, dict[str, Record]] = {}
    own = [one for one in records if isinstance(one.said, _NAMING) and one.actor == party]
    for record in sorted(own, key=_seq):
        source = named_sources(record.said, party, goods)
        if source is not None:
            named.setdefault(source, {}).setdefault(record.header.type, record)
    return {source: list(some.values()) for source, some in named.items()}


def _against(
    book: Book, party: PartyId, source: PartyId, goods: GoodsId, profile: Profile, named: Sequence[Record]
) -> Against | None:
    known = sheets(book, source)
    if registered(book, source, known):
        return _denied(book, party, source, goods, named) if _keeps_books(book, source, known) else None
    mine = [one for one in known if one[0].actor == party] or known
    failing = failing_sheets(mine)
    if failing:
        record, sheet = failing[0]
        code = sheet.credit_code or ""
        return Against(
            "red",
            (record,),
            Words(
                zh=f"申报的供货者登记的统一社会信用代码 {code} 校验不通过。",
                en=f"The declared supplier is recorded with the credit code {code}, which fails its check.",
            ),
            {"credit_code": code},
        )
    if profile.needs("wholesaler") is None and profile.needs("maker") is None:
        return None
    return _revoked(book, source, profile, _day_named(named)) or _ghost(book, party, source, profile)


def _revoked(book: Book, source: PartyId, profile: Profile, day: LegalDate) -> Against | None:
    """Every licence of the kind that is recorded for the source had been revoked by that day."""
    duties = [duty for role in ("maker", "wholesaler", "retailer") if (duty := profile.needs(role))]
    kinds = {kind for duty in duties for kind in duty.kinds}
    held = [one for one in licences_of(book, source) if one[1].licence_kind in kinds]
    standing = standing_of(held, renewal_days=0, day=day)
    last = standing.last
    if (
        not standing.withdrawn
        or last is None
        or standing.licence is None
        or standing.licence.state != "revoked"
    ):
        return None
    return Against(
        "red",
        (last,),
        Words(
            zh=f"申报的供货者的{standing.licence.licence_kind} {standing.licence.number} 在 {day} 之前已登记为吊销。",
            en=f"The declared supplier's {standing.licence.licence_kind} {standing.licence.number} was recorded as revoked before {day}.",
        ),
        {"number": standing.licence.number},
    )


def _ghost(book: Book, party: PartyId, source: PartyId, profile: Profile) -> Against | None:
    duties = [duty for role in ("maker", "wholesaler", "retailer") if (duty := profile.needs(role))]
    kinds = {kind for duty in duties for kind in duty.kinds}
    files = of_type(about(book, file_key(party, source)), SupplierFile)
    if any(paper.document_kind in kinds for _, said in files for paper in said.documents):
        return None  # The buyer saw the licence and keeps it.
    records = ghosts(book, source, profile)
    if not records:
        return None
    return Against(
        "red",
        records,
        Words(
            zh=f"{len(records)} 个申报的供货者登记了同一电话，均没有{profile.name.zh}所需许可证的记录。",
            en=f"{len(records)} declared suppliers are recorded with one telephone; none has a licence on record for {profile.name.en}.",
        ),
        {"suppliers": str(len(records))},
    )


def _keeps_books(book: Book, source: PartyId, known: Sequence[tuple[Record, Party]]) -> bool:
    """Whether its books here can be read as whole: it records for itself, and it is no farmer, who need record nothing."""
    return book.register.role_of(source) is not None and not any(
        sheet.party_kind == "farmer" for _, sheet in known
    )


def _denied(
    book: Book, party: PartyId, source: PartyId, goods: GoodsId, named: Sequence[Record]
) -> Against | None:
    """Nothing in the source's own books, nor in anybody else's, says that it ever had these goods."""
    # A buyer's own name for loose goods is in nobody else's books.
    others = any(record.actor != party for record, _ in batches(book, goods))
    checked = [record for record in named if not isinstance(record.said, Batch)]
    if not checked or (goods.digital_link is None and not others):
        return None
    records = about(book, holding_key(source, goods))
    if len(records) > DENIED_BY_MAX or any(_had(record, source, party) for record in records):
        return None
    houses = traders(book, [party, source])
    if houses[party] == houses[source] or successions(book, source):
        return None  # Its books go on, or began, under another name.
    return Against(
        "amber",
        (),
        Words(
            zh="所记供货者使用本台账，但其记录中没有这批货物。",
            en="The supplier named keeps its books on this ledger, and these goods are not in them.",
        ),
        {},
    )


def _had(record: Record, source: PartyId, buyer: PartyId) -> bool:
    """Whether a record says that the source had the goods. What the buyer says of it is what is in question."""
    said = record.said
    if record.actor == source:
        return True
    return record.actor != buyer and (
        (isinstance(said, (Shipment, Return)) and said.to == source)
        or (isinstance(said, Batch) and said.maker == source)
    )


def _day_named(named: Sequence[Record]) -> LegalDate:
    """The day of the delivery, where one is told; else the day of the first record."""
    checked = next((said.received_on for _, said in of_type(named, SupplierCheck)), None)
    return checked or day_of(named[0])
