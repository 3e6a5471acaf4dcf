"""The papers of a delivery: which belong to it and are nowhere, which had ended, which speak of other goods.

Nobody files a paper twice. One that is listed in the check, kept in the supplier file, or filed by anybody for these goods counts, also
when it comes late; the ledger's own licence, release and voucher records count as well. A paper of the same number by another office may
be the right one: a finding is made only where none of that number fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.reading import Facts, batches, found, headquarters_of, kinds_of_party
from ledger.findings.standing import licences_of, standing_of, standing_on
from ledger.views.book import (
    about,
    about_many,
    bought_key,
    contact_key,
    document_sheet_key,
    file_key,
    goods_sheet_key,
    of_type,
    product_sheet_key,
    said_about,
    statement_key,
)
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.goods import Release, Transformation
from ledger.vocabulary.parties import Approval, Licence
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck, SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, LegalDate, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Document, Profile
    from ledger.vocabulary.trade import CheckedDocument, CheckedThing, FiledDocument

#: What is looked at and bears no number of its own.
LOOKS: Final = frozenset(
    {"label", "code", "temperature", "sensory", "quick_test", "voucher", "authorisation"}
)
#: Marks speak of a way of growing or making, not of one lot's quality.
_MARKS: Final = frozenset({"organic", "green_food", "geographical", "ccc", "origin"})
#: Which certificates are the paper that a check calls so; any but a mark is a certificate of quality.
_CERTIFICATES: Final[dict[str, frozenset[str]]] = {
    "quarantine": frozenset({"quarantine", "seed_quarantine"}),
    "meat_inspection": frozenset({"meat_inspection"}),
    "import": frozenset({"import"}),
}
#: Words in the name of a filed paper that make it the one a check calls so.
_FILED: Final[dict[str, tuple[str, ...]]] = {
    "licence": ("许可", "执照", "登记证", "备案"),
    "approval": ("批准", "登记证", "注册", "审定", "备案"),
    "authorisation": ("授权", "委托"),
    "certificate": ("合格证", "检验报告", "检测报告", "合格证明"),
    "commitment": ("承诺",),
    "quarantine": ("检疫",),
    "meat_inspection": ("肉品品质", "检验"),
    "import": ("进口", "报关", "检疫"),
    "voucher": ("发票", "凭证", "送货单", "随货同行"),
    "release": ("放行", "出厂检验"),
}

Dated = tuple["Record", SupplierCheck]


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What one party's checks say of one lot, and where else its papers may be."""

    book: Book
    party: PartyId
    goods: GoodsId
    profile: Profile
    checks: tuple[Dated, ...]
    records: tuple[Record, ...]

    @property
    def first(self) -> Dated:
        """The check that was written first."""
        return min(self.checks, key=lambda one: one[0].seq)


def missing_papers(
    subject: str, party: PartyId, goods: GoodsId, records: Sequence[Record], book: Book, profile: Profile
) -> Iterator[Finding]:
    """The papers that belong to this delivery and that nobody listed, kept or filed."""
    required = [one for one in profile.documents if one.required]
    mine = [
        (record, said)
        for record, said in of_type(records, SupplierCheck)
        if said.conclusion != "refuse" and (record.actor == party or party in (said.for_shops or ()))
    ]
    own = [one for one in mine if one[0].actor == party]
    if not required or not own or not profile.finds("document_missing"):
        return
    delivery = _Delivery(book, party, goods, profile, tuple(mine), tuple(records))
    said_missing = {
        one.what
        for _, said in own
        for one in said.checks or ()
        if one.result == "missing" and _speaks_of(one, goods)
    }
    # 食品安全法 53: all look, and enterprises write it down; a stall's reduced form does not list what was looked at.
    reduced = "individual_business" in kinds_of_party(book, party) and (profile.laws.record or "").startswith(
        "食品安全法"
    )
    asked = [one for one in required if one.what in said_missing or not reduced]
    nowhere = [one for one in asked if not _there(delivery, one)]
    ended = {one.what: last for one in nowhere if (last := _ended_in_file(delivery, one.what)) is not None}
    yield from (
        _kept_too_long(subject, delivery, one, *ended[one.what]) for one in nowhere if one.what in ended
    )
    lacking = [one for one in nowhere if one.what not in ended]
    if not lacking:
        return
    record, _ = _check_of(own, {one.what for one in lacking})
    names_zh, names_en = "、".join(one.name.zh for one in lacking), ", ".join(one.name.en for one in lacking)
    yield found(
        "document_missing",
        "amber" if said_missing & {one.what for one in lacking} else "grey",
        subject=subject,
        party=party,
        rests_on=[record],
        facts=Facts(
            Words(
                zh=f"进货查验中没有以下单证，别处也暂无记录：{names_zh}。",
                en=f"Not in the supplier check and not on record elsewhere: {names_en}.",
            ),
            {"documents": ",".join(one.what for one in lacking)},
            lacking[0].law,
        ),
    )


def unfit_papers(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """The papers a check rests on, by their numbers, that had ended on the day or speak of other goods."""
    said = record.said
    if not isinstance(said, SupplierCheck) or said.conclusion == "refuse":
        return
    for place, one in enumerate(said.checks or ()):
        if one.result in {"expired", "does_not_match"} and one.what not in LOOKS:
            yield _by_its_own_word(subject, record, one)
        elif one.reference is not None and one.result == "in_order" and one.what not in LOOKS:
            again = any(
                (other.what, other.reference, other.goods) == (one.what, one.reference, one.goods)
                for other in (said.checks or ())[:place]
            )
            if not again:
                yield from _unfit(subject, record, said, one, book)


def covers_goods(book: Book, paper: Certificate | Commitment, goods: GoodsId) -> bool:
    """Whether a paper speaks of these goods: by the lot, by the product, by the lot they were made of, or of no lot in particular."""
    lots: tuple[GoodsId, ...] = paper.goods if isinstance(paper, Certificate) else ()
    if isinstance(paper, Commitment) and paper.goods is not None:
        lots = (paper.goods,)
    known = batches(book, goods)
    if goods in lots or any(batch.product in (paper.products or ()) for _, batch in known if batch.product):
        return True
    # With neither lots nor products it speaks of what its holder makes: that is for whoever reads it to compare.
    return not (lots or paper.products) or _made_of(book, goods, lots)


def papers_numbered(book: Book, number: str) -> list[tuple[Record, Certificate | Commitment]]:
    """The certificates and commitments that were filed under this number."""
    filed = about(book, document_sheet_key(number))
    return [
        (record, record.said)
        for record in filed
        if isinstance(record.said, (Certificate, Commitment)) and record.said.number == number
    ]


def _speaks_of(one: CheckedDocument, goods: GoodsId) -> bool:
    return one.goods is None or one.goods == goods


def _check_of(own: Sequence[Dated], lacking: set[CheckedThing]) -> Dated:
    """The check to name: the first that says the paper was missing, else the first."""
    saying = [
        (record, said)
        for record, said in own
        if any(one.what in lacking and one.result == "missing" for one in said.checks or ())
    ]
    return min(saying or own, key=lambda one: one[0].seq)


def _there(delivery: _Delivery, document: Document) -> bool:
    """Whether this paper is anywhere: listed, kept, filed, or on the ledger as a record of its own."""
    what = document.what
    for _, said in delivery.checks:
        if any(
            one.what == what and one.result != "missing" and _speaks_of(one, delivery.goods)
            for one in said.checks or ()
        ):
            return True
    if what == "voucher":
        return _voucher(delivery) or _kept(delivery, what)
    if what == "licence":
        return _licensed(delivery) or _kept(delivery, what)
    return _filed_for_goods(delivery, what) or _kept(delivery, what)


def _kept(delivery: _Delivery, what: CheckedThing) -> bool:
    """Whether the supplier file, the party's own or its headquarters', holds such a paper that was good on the day."""
    day = delivery.first[1].received_on
    return any(until is None or day <= until for _, until in _in_files(delivery, what))


def _in_files(delivery: _Delivery, what: CheckedThing) -> Iterator[tuple[Record, LegalDate | None]]:
    """The papers of this kind in the supplier files that count, each with its last day."""
    keepers = [delivery.party, *sorted(headquarters_of(delivery.book, delivery.party))]
    supplier = delivery.first[1].supplier
    for records in about_many(delivery.book, [file_key(one, supplier) for one in keepers]).values():
        for record, file in of_type(records, SupplierFile):
            if what == "authorisation" and file.authorised_until is not None:
                yield record, file.authorised_until
            for paper in file.documents:
                if _is(paper, what, delivery.profile):
                    yield record, paper.valid_to


def _ended_in_file(delivery: _Delivery, what: CheckedThing) -> tuple[Record, LegalDate] | None:
    """The paper of this kind that ended last, where the supplier file holds some and none of them was good on the day."""
    ended = [(until, record.seq, record) for record, until in _in_files(delivery, what) if until is not None]
    if not ended:
        return None
    until, _, record = max(ended, key=lambda one: one[:2])
    return record, until


def _kept_too_long(
    subject: str, delivery: _Delivery, document: Document, file: Record, until: LegalDate
) -> Finding:
    record, said = delivery.first
    return found(
        "document_expired",
        "amber",
        subject=subject,
        party=delivery.party,
        rests_on=[file, record],
        facts=Facts(
            Words(
                zh=f"{said.received_on} 进货，供货者档案中的{document.name.zh}登记有效期至 {until}。",
                en=f"Goods came on {said.received_on}; the {document.name.en} in the supplier file is recorded as valid until {until}.",
            ),
            {"document": document.what, "day": str(said.received_on), "valid_to": str(until)},
            document.law,
        ),
    )


def _is(paper: FiledDocument, what: CheckedThing, profile: Profile) -> bool:
    if what == "licence" and any(paper.document_kind in duty.kinds for duty in profile.licences.values()):
        return True
    if what == "approval" and paper.document_kind in profile.approvals:
        return True
    return any(word in paper.document_kind for word in _FILED.get(what, ()))


def _licensed(delivery: _Delivery) -> bool:
    """Whether the supplier's own licence is on this ledger, or the goods are such that it needs none."""
    _, said = delivery.first
    profile, supplier = delivery.profile, said.supplier
    duties = [duty for role in ("maker", "wholesaler", "retailer") if (duty := profile.needs(role))]
    kinds = kinds_of_party(delivery.book, supplier)
    if not duties or any(kinds & set(duty.not_for_parties) for duty in duties) or kinds == {"farmer"}:
        return True
    held = licences_of(delivery.book, supplier)
    return any(standing_on(held, duty, said.received_on).good for duty in duties)


def _filed_for_goods(delivery: _Delivery, what: CheckedThing) -> bool:
    book, goods = delivery.book, delivery.goods
    known = batches(book, goods)
    keys = [
        goods_sheet_key(goods),
        *(product_sheet_key(batch.product) for _, batch in known if batch.product),
    ]
    records = [record for some in about_many(book, keys).values() for record in some]
    if what == "commitment":
        return any(True for _ in of_type(records, Commitment))
    if what == "approval":
        # Whether that number is on record is a question of its own.
        return any(batch.approval_number for _, batch in known) or any(
            True for _ in of_type(records, Approval)
        )
    if what in {"import", "quarantine"} and any(batch.imported is not None for _, batch in known):
        return True
    if what in {"certificate", "release"} and any(
        said.result == "released" for _, said in of_type(records, Release)
    ):
        return True
    wanted = _CERTIFICATES.get(what)
    return any(
        paper.certificate_kind in wanted if wanted is not None else paper.certificate_kind not in _MARKS
        for _, paper in of_type(records, Certificate)
    )


def _voucher(delivery: _Delivery) -> bool:
    """Whether any voucher is on record for the delivery: named by the check or the sender, or filed for either or for the goods."""
    if any(said.voucher is not None for _, said in delivery.checks):
        return True
    sent = [one for one in of_type(delivery.records, Shipment) if one[1].to == delivery.party]
    if any(said.voucher is not None for _, said in sent):
        return True
    came = [record for record, _ in of_type(delivery.records, Receipt) if record.actor == delivery.party]
    deliveries = [*(record for record, _ in sent), *(record for record, _ in delivery.checks), *came]
    keys = [statement_key(record.header.id) for record in deliveries]
    filed = about_many(delivery.book, [bought_key(delivery.party, delivery.goods), *keys])
    return any(
        record.superseded_by is None
        for some in filed.values()
        for record, voucher in of_type(some, Voucher)
        if delivery.party in {voucher.buyer, voucher.seller}
    )


def _by_its_own_word(subject: str, record: Record, one: CheckedDocument) -> Finding:
    """The check itself says that the paper had ended or does not fit, and takes the goods."""
    ended = one.result == "expired"
    return found(
        "document_expired" if ended else "document_out_of_scope",
        "amber",
        subject=subject,
        party=record.actor,
        rests_on=[record],
        facts=Facts(
            Words(
                zh=f"进货查验记为{'已过期' if ended else '与货物不符'}的单证，货物已接收。",
                en=f"The check calls a paper {'expired' if ended else 'not fitting the goods'}, and the goods were accepted.",
            ),
            {"document": one.what, "number": one.reference or ""},
        ),
    )


def _unfit(
    subject: str, record: Record, said: SupplierCheck, one: CheckedDocument, book: Book
) -> Iterator[Finding]:
    number, day = one.reference or "", said.received_on
    lots = [one.goods] if one.goods is not None else list(dict.fromkeys(line.goods for line in said.lines))
    papers = papers_numbered(book, number)
    fitting = [
        (paper, text) for paper, text in papers if any(covers_goods(book, text, goods) for goods in lots)
    ]
    figures = {"document": one.what, "number": number, "day": str(day)}
    if papers and not fitting:
        yield found(
            "document_out_of_scope",
            "amber",
            subject=subject,
            party=record.actor,
            rests_on=[papers[0][0], record],
            facts=Facts(
                Words(
                    zh=f"进货查验所依据的单证 {number} 登记的货物中没有这批货。",
                    en=f"The paper {number} that the check rests on is recorded for other goods.",
                ),
                figures,
            ),
        )
        return
    ended = [
        (paper, text.valid_to) for paper, text in fitting if text.valid_to is not None and text.valid_to < day
    ]
    last = ended[-1] if ended and len(ended) == len(fitting) else None
    if not papers and one.what == "licence":
        last = _ended_licence(book, number, said)
    if last is not None:
        paper, until = last
        yield found(
            "document_expired",
            "amber",
            subject=subject,
            party=record.actor,
            rests_on=[paper, record],
            facts=Facts(
                Words(
                    zh=f"{day} 进货，所依据的单证 {number} 登记有效期至 {until}。",
                    en=f"Goods came on {day}; the paper {number} they rest on is recorded as valid until {until}.",
                ),
                figures | {"valid_to": str(until)},
            ),
        )


def _ended_licence(book: Book, number: str, check: SupplierCheck) -> tuple[Record, LegalDate] | None:
    """The supplier's licence of this number, if it had run out on the day and no renewal was filed. A later suspension is not the buyer's to know."""
    held = [
        one for one in said_about(book, contact_key("licence", number), Licence) if one[1].number == number
    ]
    if not held:
        return None
    standing = standing_of(held, renewal_days=0, day=check.received_on)
    last, licence = standing.last, standing.licence
    if standing.state != "lapsed" or standing.withdrawn or last is None or licence is None:
        return None
    until = licence.valid_to
    return (last, until) if until is not None and until < check.received_on else None


def _made_of(book: Book, goods: GoodsId, lots: Sequence[GoodsId]) -> bool:
    """Whether these goods came out of one of the lots: the paper of the animals travels with their meat."""
    return any(
        any(line.goods in lots for line in said.inputs)
        for _, said in said_about(book, goods_sheet_key(goods), Transformation)
        if any(line.goods == goods for line in said.outputs)
    )
