"""Which papers run out, by a day: one's own licences and approvals, one's own certificates, and the papers in the files of suppliers.

No finding: nothing has gone wrong yet. A licence whose renewal was filed in time and is undecided counts as granted (行政许可法 50); it is
told of as long as that lasts, because the decision may go either way. A paper in a file is renewed by a later one of the same kind for
the same purpose. What has no last day never runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ledger.findings.reading import day_of
from ledger.findings.standing import in_force, licences_of, standing_of
from ledger.views.book import of_type
from ledger.vocabulary.documents import Certificate
from ledger.vocabulary.parties import Approval
from ledger.vocabulary.profiles import all_profiles
from ledger.vocabulary.trade import SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.findings.standing import Held
    from ledger.identifiers import LegalDate, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.parties import Licence
    from ledger.vocabulary.trade import FiledDocument

#: How long before the last day a paper is told of, the longest first. The last day itself is a day on which the paper is good.
TOLD_BEFORE: Final = (30, 7, 1)
#: 行政许可法 50 asks for thirty days before the end where no other rule says otherwise; profiles name the licences that differ.
RENEWAL_DAYS: Final = 30

Stage = Literal["ended", "today", "within_1", "within_7", "within_30", "later"]
Source = Literal["licence", "certificate", "supplier_file", "authorisation"]


@dataclass(frozen=True, slots=True)
class Expiry:
    """One paper and its last day. `days` are left on the day asked about: 0 on the last day, below it afterwards.

    `holder`: whose paper it is. `pending`: a renewal was filed in time and nobody has decided. `record`: where it stands.
    """

    source: Source
    holder: PartyId
    name: str
    number: str | None
    until: LegalDate
    days: int
    pending: bool
    record: Record

    @property
    def stage(self) -> Stage:
        """In which stretch of time the day lies."""
        return stage_of(self.days)


def stage_of(days: int) -> Stage:
    """The stretch of time in which so many days are left."""
    if days < 0:
        return "ended"
    if days == 0:
        return "today"
    thirty, seven, one = TOLD_BEFORE
    if days <= one:
        return "within_1"
    if days <= seven:
        return "within_7"
    return "within_30" if days <= thirty else "later"


def days_left(until: LegalDate, day: LegalDate) -> int:
    """How many days after this one the paper is still good."""
    return (until.date - day.date).days


def running_out(
    book: Book,
    party: PartyId,
    day: LegalDate,
    *,
    papers: Iterable[Record] = (),
    days_max: int = TOLD_BEFORE[0],
) -> list[Expiry]:
    """Everything of this party and of its suppliers that has ended, or ends within `days_max` days; what ends first comes first.

    `papers`: the supplier files that it keeps and the certificates that it holds, which the caller looks up in its own records.
    """
    known = list(papers)
    found = [
        *own_licences(book, party, day),
        *_certificates(party, known, day),
        *_filed(known, day),
    ]
    soon = (one for one in found if one.days <= days_max)
    return sorted(soon, key=lambda one: (one.until, one.source, one.holder, one.name, one.record.seq))


def own_licences(book: Book, party: PartyId, day: LegalDate) -> list[Expiry]:
    """The last day of each licence and approval this party holds, by its newest version that has one. Withdrawn ones are left out: they end by no day."""
    everything = licences_of(book, party)
    found = (_licence(party, versions, everything, day) for versions in by_number(everything))
    return [one for one in found if one is not None]


def renewal_days(kind: str) -> int:
    """How long before its end the renewal of a licence of this kind is filed."""
    asked = {
        duty.renewal_days for one in all_profiles() for duty in one.licences.values() if kind in duty.kinds
    }
    return max(asked, default=RENEWAL_DAYS)


def by_number(held: Iterable[Held]) -> list[list[Held]]:
    """The versions of each licence and approval together, in the order of facts."""
    found: dict[tuple[str, str], list[Held]] = {}
    for record, licence in held:
        found.setdefault((licence.TYPE, licence.number), []).append((record, licence))
    return list(found.values())


def papers_on(files: Iterable[Record], day: LegalDate) -> list[tuple[Record, FiledDocument]]:
    """The papers of one supplier's file as it stood at the end of a day: what had been filed by then, a renewed paper in place of the one before it."""
    found: dict[object, tuple[Record, FiledDocument]] = {}
    known = [one for one in files if day_of(one) <= day]
    for record, said in of_type(sorted(known, key=lambda one: one.order), SupplierFile):
        for paper in said.documents:
            place = (paper.document_kind, paper.holder, paper.scope)
            before = found.get(place)
            # What was filed later and ends earlier is another paper of the kind, and takes nothing away.
            if before is None or _ends(paper) >= _ends(before[1]):
                found[place] = (record, paper)
    return list(found.values())


def _licence(
    party: PartyId, versions: Sequence[Held], everything: Sequence[Held], day: LegalDate
) -> Expiry | None:
    granted = [one for one in versions if one[1].state == "granted"]
    standing = standing_of(versions, renewal_days=renewal_days(versions[0][1].licence_kind), day=day)
    if standing.withdrawn or any(one.valid_to is None for _, one in granted):
        return None
    dated = [(one.valid_to, record.seq, record, one) for record, one in granted if one.valid_to is not None]
    if not dated:
        return None
    until, _, record, licence = max(dated, key=lambda one: one[:2])
    if until < day and _replaced(licence, everything, day):
        return None
    return Expiry(
        source="licence",
        holder=party,
        name=licence.licence_kind,
        number=licence.number,
        until=until,
        days=days_left(until, day),
        pending=any(_asks_to_extend(one, until, granted) for one in versions),
        record=record,
    )


def _replaced(licence: Licence, everything: Sequence[Held], day: LegalDate) -> bool:
    """Whether one that has ended goes on under another number: the same kind, for the same place, in force on the day."""
    same = [
        one
        for one in everything
        if (one[1].TYPE, one[1].licence_kind, one[1].site)
        == (licence.TYPE, licence.licence_kind, licence.site)
    ]
    return not isinstance(licence, Approval) and any(True for _ in in_force(same, day))


def _asks_to_extend(version: Held, until: LegalDate, granted: Sequence[Held]) -> bool:
    """行政许可法 50: whether this is a renewal of just that grant, filed far enough ahead of its end. A later grant has decided it."""
    record, licence = version
    if licence.state != "renewal_filed":
        return False
    filed = day_of(record)
    ends = [one.valid_to for _, one in granted if one.valid_to is not None and one.valid_to >= filed]
    ended = licence.valid_to or min(ends, default=None)
    return ended == until and days_left(until, filed) >= renewal_days(licence.licence_kind)


def _certificates(party: PartyId, papers: Iterable[Record], day: LegalDate) -> Iterator[Expiry]:
    """Certificates of what one makes (有机产品认证 …): those of one lot end with the lot."""
    newest: dict[tuple[str, object], tuple[Record, Certificate]] = {}
    for record, said in of_type(papers, Certificate):
        if not said.goods and (said.holder or record.actor) == party and record.superseded_by is None:
            place = (said.certificate_kind, said.scope)
            before = newest.get(place)
            if before is None or _ends(said) >= _ends(before[1]):
                newest[place] = (record, said)
    for record, said in newest.values():
        if said.valid_to is not None:
            yield Expiry(
                source="certificate",
                holder=party,
                name=said.certificate_kind,
                number=said.number,
                until=said.valid_to,
                days=days_left(said.valid_to, day),
                pending=False,
                record=record,
            )


def _filed(papers: Iterable[Record], day: LegalDate) -> Iterator[Expiry]:
    by_supplier: dict[PartyId, list[Record]] = {}
    for record, said in of_type(papers, SupplierFile):
        if record.superseded_by is None:
            by_supplier.setdefault(said.supplier, []).append(record)
    for supplier, files in by_supplier.items():
        for record, paper in papers_on(files, day):
            if paper.valid_to is not None:
                yield _of_supplier(
                    "supplier_file", supplier, paper.document_kind, paper.number, paper.valid_to, record, day
                )
        yield from _authorised(supplier, files, day)


def _authorised(supplier: PartyId, files: Sequence[Record], day: LegalDate) -> Iterator[Expiry]:
    """The authorisation of each salesperson, by its latest last day."""
    people: dict[str, tuple[LegalDate, int, Record]] = {}
    for record, said in of_type(files, SupplierFile):
        if said.authorised_until is not None:
            one = (said.authorised_until, record.seq, record)
            before = people.get(said.salesperson or "")
            people[said.salesperson or ""] = one if before is None else max(before, one, key=lambda x: x[:2])
    for name, (until, _, record) in people.items():
        yield _of_supplier("authorisation", supplier, name, None, until, record, day)


def _of_supplier(
    source: Source,
    supplier: PartyId,
    name: str,
    number: str | None,
    until: LegalDate,
    record: Record,
    day: LegalDate,
) -> Expiry:
    return Expiry(
        source=source,
        holder=supplier,
        name=name,
        number=number,
        until=until,
        days=days_left(until, day),
        pending=False,
        record=record,
    )


def _ends(paper: FiledDocument | Certificate) -> str:
    """For ordering: a paper without an end ends last."""
    return str(paper.valid_to) if paper.valid_to is not None else "9"
