from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.documents import Certificate, CertificateKind
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Approval, Licence, Product, Succession
from ledger.vocabulary.trade import FiledDocument, SupplierFile
from ledger.vocabulary.values import Claim
from tests.support.books import BookWriter
from tests.unit.findings.judged import day, findings, goods
from tests.unit.findings.papers_profile import tonic

if TYPE_CHECKING:
    from ledger.canonical import Json

__all__ = ["tonic"]

MADE = "2026-10-02"
AT = f"{MADE}T09:00:00+08:00"
EARLIER = "2026-01-02T09:00:00+08:00"
NUMBER = "草登20260001"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _tonic(maker: object, **more: Json) -> Batch:
    body: dict[str, Json] = {"goods": str(goods("lot")), "maker": str(maker), "name": "草本饮"}
    fixed: dict[str, Json] = {"category": "herb_tonic", "produced_on": MADE, "approval_number": NUMBER}
    return Batch.read({**body, **fixed, **more})


def _approved(
    books: BookWriter, holder: object, *, until: str | None = None, since: str | None = None
) -> None:
    said = Approval.read(
        {
            "holder": str(holder),
            "licence_kind": "草本饮登记证（演示）",
            "number": NUMBER,
            **({"valid_to": until} if until else {}),
            **({"valid_from": since} if since else {}),
        }
    )
    books.says(books.register.registrar, said, at=EARLIER)


@pytest.mark.usefixtures("tonic")
def test_an_approval_that_nobody_recorded_is_grey_until_it_is_recorded_or_kept_in_a_file(
    books: BookWriter,
) -> None:
    maker, shop = books.party("厂（演示）"), books.party("店（演示）")
    books.says(maker, _tonic(maker), at=AT)
    (one,) = findings(books.book, "approval_not_recorded")
    assert (one.grade, one.party, one.seqs, one.figures) == (
        "grey",
        maker,
        (books.last.seq,),
        {"number": NUMBER},
    )

    paper = FiledDocument(document_kind="草本饮登记证（演示）", number=NUMBER)
    books.says(shop, SupplierFile(supplier=maker, documents=(paper,)), at="2026-11-02T09:00:00+08:00")
    assert findings(books.book, "approval_not_recorded") == []

    other = BookWriter()
    other.says(maker, _tonic(maker), at=AT)
    _approved(other, maker)
    assert findings(other.book, "approval_not_recorded") == []


@pytest.mark.usefixtures("tonic")
@pytest.mark.parametrize(("until", "expected"), [("2026-10-01", ["amber"]), ("2026-10-02", []), (None, [])])
def test_what_was_made_after_the_approval_had_ended_is_amber(
    books: BookWriter, until: str | None, expected: list[str]
) -> None:
    maker = books.party("厂（演示）")
    _approved(books, maker, until=until)
    approval = books.last.seq
    books.says(maker, _tonic(maker), at=AT)

    found = findings(books.book, "approval_not_recorded")
    assert [one.grade for one in found] == expected
    assert all(one.seqs == (approval, books.last.seq) for one in found)


@pytest.mark.usefixtures("tonic")
def test_an_approval_renewed_under_its_number_covers_what_was_made_before_the_renewal_was_entered(
    books: BookWriter,
) -> None:
    maker = books.party("厂（演示）")
    _approved(books, maker, until="2026-09-30")
    books.says(maker, _tonic(maker), at=AT)
    assert len(findings(books.book, "approval_not_recorded")) == 1

    _approved(books, maker, since="2026-10-01", until="2031-09-30")
    assert findings(books.book, "approval_not_recorded") == []


@pytest.mark.usefixtures("tonic")
def test_goods_made_for_another_holder_name_it_and_then_nothing_is_odd(books: BookWriter) -> None:
    holder, maker = books.party("持证公司（演示）"), books.party("代工厂（演示）")
    _approved(books, holder)
    books.says(maker, _tonic(maker), at=AT)
    assert [one.grade for one in findings(books.book, "approval_not_recorded")] == ["amber"]

    books.says(maker, _tonic(maker, approval_holder="持证公司（演示）"), at=AT, corrects=books.last)
    assert findings(books.book, "approval_not_recorded") == []


@pytest.mark.usefixtures("tonic")
def test_a_holder_that_was_renamed_is_still_the_maker(books: BookWriter) -> None:
    before, after = books.party("旧名（演示）"), books.party("新名（演示）")
    _approved(books, before)
    books.says(after, _tonic(after), at=AT)
    assert len(findings(books.book, "approval_not_recorded")) == 1

    said = Succession(party=before, successor=after, how="renamed", effective_on=day("2026-02-01"))
    books.says(books.register.registrar, said, at=EARLIER)
    assert findings(books.book, "approval_not_recorded") == []


@pytest.mark.usefixtures("tonic")
def test_an_approval_that_was_revoked_before_is_red(books: BookWriter) -> None:
    maker = books.party("厂（演示）")
    _approved(books, maker)
    books.says(maker, _tonic(maker), at=AT)
    gone = Approval(
        holder=maker,
        licence_kind="草本饮登记证（演示）",
        number=NUMBER,
        state="revoked",
        valid_from=day("2026-10-01"),
    )
    books.says(books.register.registrar, gone, at="2026-11-01T09:00:00+08:00")

    assert [one.grade for one in findings(books.book, "approval_not_recorded")] == ["red"]


@pytest.mark.usefixtures("tonic")
def test_a_product_is_asked_for_its_approval_as_well_and_other_categories_are_not(books: BookWriter) -> None:
    maker = books.party("厂（演示）")
    for category in ("herb_tonic", "generic"):
        said = Product(
            product=books.product_id(), owner=maker, name="草本饮", category=category, approval_number=NUMBER
        )
        books.says(maker, said, at=AT)

    (one,) = findings(books.book, "approval_not_recorded")
    assert (one.grade, one.seqs) == ("grey", (books.last.seq - 1,))


def _leek(books: BookWriter, *, name: str = "韭菜", made: str = MADE, claim: str = "有机产品") -> Batch:
    maker = books.party("合作社（演示）")
    said = Batch(
        goods=goods("lot"),
        maker=maker,
        name=name,
        category="farm_produce",
        produced_on=day(made),
        claims=(Claim(claim=claim, certificate_number="有机-1"),),
    )
    return books.says(maker, said, at=AT)


def _organic(
    books: BookWriter,
    holder: object = None,
    *,
    kind: CertificateKind = "organic",
    until: str | None = None,
    scope: tuple[str, ...] | None = None,
    lots: tuple[str, ...] = (),
) -> int:
    said = Certificate.read(
        {
            "certificate_kind": kind,
            "number": "有机-1",
            "issued_by": "认证（演示）",
            "goods": [str(goods(lot)) for lot in lots],
            **({"holder": str(holder)} if holder else {}),
            **({"valid_to": until} if until else {}),
            **({"scope": list(scope)} if scope else {}),
        }
    )
    books.says(books.register.registrar, said, at=EARLIER)
    return books.last.seq


def test_a_mark_whose_certificate_nobody_recorded_is_grey(books: BookWriter) -> None:
    batch = _leek(books)

    (one,) = findings(books.book, "claim_not_covered")
    assert (one.grade, one.party, one.seqs) == ("grey", batch.maker, (books.last.seq,))
    _organic(books, batch.maker)
    assert findings(books.book, "claim_not_covered") == []


@pytest.mark.parametrize(("until", "expected"), [("2026-10-01", ["amber"]), ("2026-10-02", []), (None, [])])
def test_a_mark_counts_by_the_day_of_harvest(
    books: BookWriter, until: str | None, expected: list[str]
) -> None:
    batch = _leek(books)
    claimed = books.last.seq
    paper = _organic(books, batch.maker, until=until)

    found = findings(books.book, "claim_not_covered")
    assert [one.grade for one in found] == expected
    assert all(one.seqs == (claimed, paper) for one in found)


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (("番茄",), ["amber"]),
        (("番茄", "韭菜"), []),
        (("番茄", "韭黄"), []),
        (("水果",), ["amber"]),
        (("蔬菜",), []),
        (("番茄", "本场全部产品"), []),
        (("番茄", "特色作物"), []),
    ],
)
def test_a_mark_beyond_the_crops_of_its_certificate_is_amber_and_words_of_its_own_are_not_read(
    books: BookWriter, scope: tuple[str, ...], expected: list[str]
) -> None:
    batch = _leek(books)
    _organic(books, batch.maker, scope=scope)

    assert [one.grade for one in findings(books.book, "claim_not_covered")] == expected


def test_a_crop_that_nobody_knows_contradicts_no_scope(books: BookWriter) -> None:
    batch = _leek(books, name="紫背天葵")
    _organic(books, batch.maker, scope=("番茄",))

    assert findings(books.book, "claim_not_covered") == []


def test_another_holder_another_kind_or_other_lots_do_not_cover_a_mark(books: BookWriter) -> None:
    batch = _leek(books)
    _organic(books, books.party("别家（演示）"))
    assert [one.grade for one in findings(books.book, "claim_not_covered")] == ["amber"]
    _organic(books, batch.maker, kind="green_food")
    assert [one.grade for one in findings(books.book, "claim_not_covered")] == ["amber"]
    _organic(books, batch.maker, lots=("other",))
    assert [one.grade for one in findings(books.book, "claim_not_covered")] == ["amber"]

    _organic(books, lots=("other", "lot"))
    assert findings(books.book, "claim_not_covered") == []


def test_a_licence_of_the_same_number_is_no_certificate(books: BookWriter) -> None:
    batch = _leek(books)
    said = Licence(holder=batch.maker, licence_kind="营业执照", number="有机-1")
    books.says(books.register.registrar, said, at=EARLIER)

    assert [one.grade for one in findings(books.book, "claim_not_covered")] == ["grey"]
