"""What runs out is told of thirty, seven and one days before, on the last day, and after it; a renewal that was filed in time is told of as such."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from ledger.findings.expiry import papers_on, renewal_days, running_out, stage_of
from ledger.identifiers import LegalDate, PartyId
from ledger.vocabulary.documents import Certificate
from ledger.vocabulary.parties import Approval, Licence
from ledger.vocabulary.trade import FiledDocument, SupplierFile
from tests.support.books import BookWriter

if TYPE_CHECKING:
    from ledger.findings.expiry import Expiry, Stage
    from ledger.vocabulary.parties import LicenceState

FOOD = "食品经营许可证"
END = "2026-12-31"
LONG_AGO = "2021-01-01T08:00:00+08:00"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


@pytest.fixture
def shop(books: BookWriter) -> PartyId:
    return books.party("小店（演示）")


def day(text: str) -> LegalDate:
    return LegalDate.parse(text)


def before(days: int, end: str = END) -> LegalDate:
    """So many days before a day; after it, for a number below zero."""
    return LegalDate(dt.date.fromisoformat(end) - dt.timedelta(days=days))


def licence(
    books: BookWriter,
    holder: PartyId,
    number: str = "许-1",
    *,
    until: str | None = END,
    since: str | None = None,
    state: LicenceState = "granted",
    at: str = LONG_AGO,
    kind: str = FOOD,
) -> None:
    said = Licence(
        holder=holder,
        licence_kind=kind,
        number=number,
        valid_from=day(since) if since else None,
        valid_to=day(until) if until else None,
        state=state,
    )
    books.says(holder, said, at=at)


def filed(
    books: BookWriter,
    keeper: PartyId,
    supplier: PartyId,
    *papers: FiledDocument,
    at: str = LONG_AGO,
    **more: object,
) -> None:
    body = {"supplier": str(supplier), "documents": [one.model_dump(mode="json") for one in papers], **more}
    books.says(keeper, SupplierFile.model_validate(body), at=at)


def paper(
    kind: str = "营业执照", until: str | None = END, number: str = "执-1", scope: str | None = None
) -> FiledDocument:
    return FiledDocument(
        document_kind=kind, number=number, scope=scope, valid_to=day(until) if until else None
    )


def told(books: BookWriter, party: PartyId, on: LegalDate) -> list[Expiry]:
    return running_out(books.book, party, on, papers=books.records)


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (31, "later"),
        (30, "within_30"),
        (8, "within_30"),
        (7, "within_7"),
        (2, "within_7"),
        (1, "within_1"),
        (0, "today"),
        (-1, "ended"),
        (-400, "ended"),
    ],
)
def test_the_days_that_are_left_lie_in_one_stretch(days: int, stage: Stage) -> None:
    assert stage_of(days) == stage


@pytest.mark.parametrize(
    ("days", "expected"), [(31, []), (30, [30]), (7, [7]), (1, [1]), (0, [0]), (-1, [-1])]
)
def test_a_licence_is_told_of_from_thirty_days_before_its_last_day_on(
    books: BookWriter, shop: PartyId, days: int, expected: list[int]
) -> None:
    licence(books, shop)
    assert [one.days for one in told(books, shop, before(days))] == expected


@pytest.mark.parametrize("days", [30, 0, -1])
def test_a_paper_of_a_supplier_is_told_of_like_ones_own(books: BookWriter, shop: PartyId, days: int) -> None:
    supplier = books.party("供货者（演示）")
    filed(books, shop, supplier, paper())
    (one,) = told(books, shop, before(days))
    assert (one.source, one.holder, one.days) == ("supplier_file", supplier, days)


def test_what_has_no_last_day_never_runs_out(books: BookWriter, shop: PartyId) -> None:
    licence(books, shop, until=None)
    filed(books, shop, books.party("供货者（演示）"), paper(until=None))
    assert told(books, shop, day("2099-01-01")) == []


def test_somebody_elses_licence_is_not_told_of(books: BookWriter, shop: PartyId) -> None:
    licence(books, books.party("别家（演示）"))
    assert told(books, shop, before(1)) == []


def test_the_renewed_version_takes_the_place_of_the_one_before(books: BookWriter, shop: PartyId) -> None:
    licence(books, shop)
    licence(books, shop, since="2027-01-01", until="2031-12-31", at="2026-12-20T08:00:00+08:00")
    assert told(books, shop, before(1)) == []
    (one,) = told(books, shop, before(30, "2031-12-31"))
    assert str(one.until) == "2031-12-31"


# 行政许可法 50


@pytest.mark.parametrize(("filed_on", "pending"), [("2026-12-10", True), ("2026-12-11", False)])
def test_a_renewal_filed_fifteen_working_days_before_the_end_is_pending_and_one_filed_later_is_not(
    books: BookWriter, shop: PartyId, filed_on: str, *, pending: bool
) -> None:
    licence(books, shop)
    licence(books, shop, state="renewal_filed", at=f"{filed_on}T08:00:00+08:00")
    for days in (1, 0, -1, -60):
        (one,) = told(books, shop, before(days))
        assert (one.days, one.pending) == (days, pending)


def test_a_renewal_that_names_no_day_speaks_of_the_end_that_comes_next(
    books: BookWriter, shop: PartyId
) -> None:
    licence(books, shop)
    licence(books, shop, until=None, state="renewal_filed", at="2026-11-01T08:00:00+08:00")
    assert [one.pending for one in told(books, shop, before(-1))] == [True]


def test_a_decision_ends_the_waiting(books: BookWriter, shop: PartyId) -> None:
    licence(books, shop)
    licence(books, shop, state="renewal_filed", at="2026-11-01T08:00:00+08:00")
    licence(books, shop, since="2027-01-01", until="2027-01-20", at="2027-01-02T08:00:00+08:00")
    (one,) = told(books, shop, day("2027-01-10"))
    assert (str(one.until), one.pending) == ("2027-01-20", False)


def test_where_a_law_asks_for_more_days_the_profile_says_so() -> None:
    assert renewal_days("农药经营许可证") == 90
    assert renewal_days(FOOD) == 21
    assert renewal_days("没有哪个类别写到的证") == 30


def test_what_an_authority_withdrew_ends_by_no_day(books: BookWriter, shop: PartyId) -> None:
    licence(books, shop)
    licence(books, shop, state="revoked", until=None, at="2026-06-01T08:00:00+08:00")
    assert told(books, shop, before(1)) == []


def test_a_licence_goes_on_under_another_number(books: BookWriter, shop: PartyId) -> None:
    licence(books, shop, "许-1")
    licence(books, shop, "许-2", since="2027-01-01", until="2031-12-31", at="2026-12-20T08:00:00+08:00")
    # Until its last day nobody knows whether the other one is for another place.
    assert [one.number for one in told(books, shop, before(0))] == ["许-1"]
    assert told(books, shop, before(-1)) == []


def test_an_approval_is_each_its_own(books: BookWriter, shop: PartyId) -> None:
    for number, until in (("登-1", END), ("登-2", "2031-12-31")):
        said = Approval(holder=shop, licence_kind="农药登记证", number=number, valid_to=day(until))
        books.says(shop, said, at=LONG_AGO)
    assert [one.number for one in told(books, shop, before(-1))] == ["登-1"]


# The files of suppliers


def test_a_renewed_paper_is_told_of_no_more(books: BookWriter, shop: PartyId) -> None:
    supplier = books.party("供货者（演示）")
    filed(books, shop, supplier, paper())
    filed(books, shop, supplier, paper(until="2031-12-31", number="执-2"), at="2026-12-01T08:00:00+08:00")
    assert told(books, shop, before(1)) == []


def test_a_paper_for_another_purpose_renews_nothing(books: BookWriter, shop: PartyId) -> None:
    supplier = books.party("供货者（演示）")
    filed(
        books, shop, supplier, paper("检验报告", scope="白菜"), paper("检验报告", "2031-12-31", scope="韭菜")
    )
    assert [one.number for one in told(books, shop, before(1))] == ["执-1"]


def test_a_correction_takes_the_wrong_date_away(books: BookWriter, shop: PartyId) -> None:
    supplier = books.party("供货者（演示）")
    filed(books, shop, supplier, paper())
    wrong = books.last
    right = SupplierFile(
        supplier=supplier, documents=(paper(until="2031-12-31"),), correction_reason="incorrect_data"
    )
    books.says(shop, right, at="2026-12-01T08:00:00+08:00", corrects=wrong)
    stands = list(books.book.records([one.seq for one in books.records]).values())
    assert running_out(books.book, shop, before(1), papers=stands) == []


def test_the_authorisation_of_a_salesperson_runs_out(books: BookWriter, shop: PartyId) -> None:
    supplier = books.party("供货者（演示）")
    filed(books, shop, supplier, paper(until=None), salesperson="李示例", authorised_until=END)
    assert [(one.source, one.name, one.days) for one in told(books, shop, before(7))] == [
        ("authorisation", "李示例", 7)
    ]


def test_the_file_stands_as_it_stood_on_a_day(books: BookWriter, shop: PartyId) -> None:
    supplier = books.party("供货者（演示）")
    filed(books, shop, supplier, paper(), at="2026-03-01T08:00:00+08:00")
    filed(books, shop, supplier, paper(until="2031-12-31", number="执-2"), at="2026-12-01T08:00:00+08:00")
    files = [one for one in books.records if isinstance(one.said, SupplierFile)]

    def numbers(on: str) -> list[str | None]:
        return [one.number for _, one in papers_on(files, day(on))]

    assert numbers("2026-02-28") == []
    assert numbers("2026-03-01") == ["执-1"]
    assert numbers("2026-11-30") == ["执-1"]
    assert numbers("2026-12-01") == ["执-2"]


def test_a_certificate_of_what_one_makes_runs_out_and_one_of_a_lot_does_not(
    books: BookWriter, shop: PartyId
) -> None:
    organic = Certificate(
        certificate_kind="organic",
        number="有机-1",
        issued_by="认证机构（演示）",
        holder=shop,
        valid_to=day(END),
    )
    books.says(shop, organic, at=LONG_AGO)
    lot = {"certificate_kind": "third_party_test", "number": "检-1", "issued_by": "检验机构（演示）"}
    goods = ["https://id.gs1.org/01/09520001000027/10/JC-1"]
    books.says(shop, Certificate.read({**lot, "goods": goods, "valid_to": END}), at=LONG_AGO)
    assert [one.number for one in told(books, shop, before(7))] == ["有机-1"]


def test_what_ends_first_is_told_first(books: BookWriter, shop: PartyId) -> None:
    licence(books, shop, "许-9", until="2026-12-31")
    filed(books, shop, books.party("供货者（演示）"), paper(until="2026-12-20"))
    licence(books, shop, "许-8", until="2026-12-25", kind="营业执照")
    assert [str(one.until) for one in told(books, shop, day("2026-12-15"))] == [
        "2026-12-20",
        "2026-12-25",
        "2026-12-31",
    ]
