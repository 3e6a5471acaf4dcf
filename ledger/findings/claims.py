"""Approvals that goods name, and the marks they bear: whether somebody recorded the paper, and whether it spoke of these goods that day.

A number that nobody recorded is missing, and no more than that. What was made before an approval ended may be sold after it. Whoever
makes goods under another's approval names the holder; then nothing is odd about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.classes import covers_crop
from ledger.findings.duties import may_be_one
from ledger.findings.reading import Facts, day_of, found, product_of, sheets
from ledger.findings.standing import standing_of
from ledger.views.book import about, contact_key, document_sheet_key, of_type, said_about
from ledger.vocabulary.documents import Certificate
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Licence, Product
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.findings.finding import Finding
    from ledger.identifiers import LegalDate, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.values import Claim

#: Days before its end on which a renewal is filed in time, where no law of its own says otherwise (行政许可法 50).
RENEWAL_DAYS: Final = 30
#: Words of a claim and the kind of certificate it rests on.
_MARKS: Final = {
    "有机": "organic",
    "绿色": "green_food",
    "地理标志": "geographical",
    "CCC": "ccc",
    "3C": "ccc",
}
#: Scopes that name no goods.
_WHOLE: Final = ("全部", "所有", "全系列")


def approvals(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """The approval number that a batch or a product names: recorded by anybody, in force when it was made, its maker's or a named holder's."""
    said = record.said
    if not isinstance(said, (Batch, Product)) or said.approval_number is None:
        return
    profile = profile_for(said.category)
    if not profile.approvals or not profile.finds("approval_not_recorded"):
        return
    number = said.approval_number
    held = [
        one for one in said_about(book, contact_key("licence", number), Licence) if one[1].number == number
    ]
    law = profile.laws.record
    if not held:
        if not _kept_in_a_file(book, number):
            words = Words(
                zh=f"所填批准/登记证号 {number}，本台账暂无该证的记录。",
                en=f"The approval number {number} is named; no approval of that number is on record here.",
            )
            yield found(
                "approval_not_recorded",
                "grey",
                subject=subject,
                party=record.actor,
                rests_on=[record],
                facts=Facts(words, {"number": number}, law),
            )
        return
    day = _made_on(record)
    standing = standing_of(held, renewal_days=RENEWAL_DAYS, day=day) if day is not None else None
    if standing is not None and standing.state == "lapsed" and standing.last and standing.licence:
        licence = standing.licence
        until = str(licence.valid_to) if licence.valid_to else "—"
        yield found(
            "approval_not_recorded",
            "red" if standing.withdrawn else "amber",
            subject=subject,
            party=record.actor,
            rests_on=[standing.last, record],
            facts=Facts(
                Words(
                    zh=f"{day} 生产；{licence.licence_kind} {number} 登记有效期至 {until}，当日没有有效记录。",
                    en=f"Made on {day}; the {licence.licence_kind} {number} is recorded as valid until {until}, and none was in force that day.",
                ),
                {"number": number, "day": str(day), "valid_to": until},
                law,
            ),
        )
        return
    other = _another_holder(book, said, [licence.holder for _, licence in held])
    if other:
        yield found(
            "approval_not_recorded",
            "amber",
            subject=subject,
            party=record.actor,
            rests_on=[held[0][0], record],
            facts=Facts(
                Words(
                    zh=f"{number} 登记的持证人与生产者不是同一主体，也没有填写持证人。",
                    en=f"The holder recorded for {number} is not the maker, and the record names no holder.",
                ),
                {"number": number},
                law,
            ),
        )


def claims(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Each mark that a batch or product bears, beside the certificate it names (有机、绿色、地理标志、CCC)."""
    said = record.said
    if not isinstance(said, (Batch, Product)) or not profile_for(said.category).finds("claim_not_covered"):
        return
    for claim in dict.fromkeys(said.claims or ()):
        numbered = [
            one
            for one in said_about(book, document_sheet_key(claim.certificate_number), Certificate)
            if one[1].number == claim.certificate_number
        ]
        against = _against(book, record, said, claim, numbered)
        if against is None:
            continue
        paper, words = against
        yield found(
            "claim_not_covered",
            "grey" if paper is None else "amber",
            subject=subject,
            party=record.actor,
            rests_on=[record, *([paper] if paper is not None else [])],
            facts=Facts(words, {"claim": claim.claim, "number": claim.certificate_number}),
        )


def _against(
    book: Book,
    record: Record,
    said: Batch | Product,
    claim: Claim,
    numbered: list[tuple[Record, Certificate]],
) -> tuple[Record | None, Words] | None:
    """What speaks against a mark; None where one certificate of its number covers it."""
    number = claim.certificate_number
    if not numbered:
        return None, Words(
            zh=f"“{claim.claim}”标志所填证书 {number}，本台账暂无记录。",
            en=f"The mark '{claim.claim}' names the certificate {number}, which nobody recorded here.",
        )
    fitting = [one for one in numbered if _covers(book, one[1], record, said, claim)]
    if not fitting:
        return numbered[0][0], Words(
            zh=f"“{claim.claim}”标志所填证书 {number} 登记的种类、持证人、货物或范围不含该产品。",
            en=f"The certificate {number} of the mark '{claim.claim}' is recorded for another kind, holder, goods or scope.",
        )
    day = _made_on(record)
    if day is None or any(_in_force(paper, day) for _, paper in fitting):
        return None
    last, paper = fitting[-1]
    until = str(paper.valid_to) if paper.valid_to else "—"
    return last, Words(
        zh=f"“{claim.claim}”标志所填证书 {number} 登记有效期至 {until}，货物生产于 {day}。",
        en=f"The certificate {number} of the mark '{claim.claim}' is recorded as valid until {until}; the goods were made on {day}.",
    )


def _in_force(paper: Certificate, day: LegalDate) -> bool:
    """Before its first day a certificate may stand behind a crop in conversion; only what had ended is said."""
    return paper.valid_to is None or day <= paper.valid_to


def _covers(book: Book, paper: Certificate, record: Record, said: Batch | Product, claim: Claim) -> bool:
    kind = next((kind for word, kind in _MARKS.items() if word in claim.claim), None)
    if kind is not None and paper.certificate_kind in set(_MARKS.values()) - {kind}:
        return False
    if isinstance(said, Batch):
        maker, named = said.maker, bool(paper.goods or paper.products)
        itself = said.goods in paper.goods
    else:
        maker, named, itself = said.owner, bool(paper.products), False
    if named or itself:
        return itself or (said.product is not None and said.product in (paper.products or ()))
    if paper.holder is not None and not any(
        may_be_one(book, paper.holder, one) for one in (maker, record.actor)
    ):
        return False
    scope = paper.scope or ()
    if not scope or any(word in text for word in _WHOLE for text in scope):
        return True
    # A name that cannot be compared with the words of the scope contradicts nothing.
    return covers_crop(scope, f"{said.name} {said.category}") is not False


def _made_on(record: Record) -> LegalDate | None:
    """The day of making: the one on the record, or for the maker's own record the day it claims."""
    said = record.said
    if not isinstance(said, Batch):
        return None
    if said.produced_on is not None:
        return said.produced_on
    return day_of(record) if record.actor == said.maker else None


def _another_holder(book: Book, said: Batch | Product, holders: list[PartyId]) -> bool:
    """Whether the approval is recorded for somebody else and nobody says that the goods are made for that holder."""
    if isinstance(said, Product):
        return not any(may_be_one(book, holder, said.owner) for holder in holders)
    if said.approval_holder is not None or said.imported is not None:
        return False
    product = product_of(book, said.product)
    makers = [said.maker, *([product[1].owner] if product is not None else [])]
    known = [one for one in makers if sheets(book, one)]
    return bool(known) and not any(may_be_one(book, holder, one) for holder in holders for one in makers)


def _kept_in_a_file(book: Book, number: str) -> bool:
    """Whether some buyer keeps the approval's paper: then it was seen, though nobody recorded its dates."""
    files = of_type(about(book, document_sheet_key(number)), SupplierFile)
    return any(paper.number == number for _, said in files for paper in said.documents)
