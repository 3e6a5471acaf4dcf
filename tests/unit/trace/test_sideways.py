from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.trace import sharing, sideways
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import Shipment, SupplierCheck, VoucherReference
from ledger.vocabulary.values import Line
from tests.unit.trace.stories import PESTICIDE, Story, bottles, day, november

if TYPE_CHECKING:
    import pytest

    from ledger.identifiers import PartyId

NUMBER = "26322999999900000302"


def _check(story: Story, by: PartyId, supplier: PartyId, *, at: str, number: str = NUMBER) -> None:
    said = SupplierCheck(
        supplier=supplier,
        received_on=day("2026-10-28"),
        conclusion="accept",
        voucher=VoucherReference(voucher_kind="e_invoice", number=number),
        lines=(Line(goods=PESTICIDE, quantity=bottles(200)),),
    )
    story.books.says(by, said, at=at)


def test_parties_that_gave_the_same_phone_lead_to_each_other() -> None:
    story = Story()
    shop = story.books.party("农资店（演示）")
    ghosts = [
        story.books.party(f"供货商{n}（演示）", declared_by=shop, phone="0515-5550199") for n in range(3)
    ]
    honest = story.books.party("老实人（演示）", declared_by=shop, phone="0513-5550100")
    found = sideways(story.book, ghosts[0])
    (shared,) = found.shared
    assert (shared.what, shared.value, shared.parties) == ("phone", "0515-5550199", tuple(sorted(ghosts[1:])))
    assert len(shared.seqs) == 3
    assert found.parties == tuple(sorted(ghosts[1:]))
    assert sideways(story.book, honest).shared == ()


def test_addresses_credit_codes_and_licence_numbers_lead_sideways_too() -> None:
    story = Story()
    shop = story.books.party("农资店（演示）")
    parties = [story.books.party_id() for _ in range(2)]
    for one in parties:
        sheet = Party(
            party=one,
            party_kind="company",
            name="某店（演示）",
            address="演示路1号",
            credit_code="91320612DEM001033H",
        )
        story.books.says(shop, sheet, at=november(1))
        story.books.says(
            shop, Licence(holder=one, licence_kind="food_business", number="JY13206139900012"), at=november(1)
        )
    found = sideways(story.book, parties[0])
    assert {one.what for one in found.shared} == {"address", "credit_code", "licence"}
    assert {one.parties for one in found.shared} == {(parties[1],)}


def test_a_contact_a_party_gave_up_by_a_correction_leads_nowhere() -> None:
    story = Story()
    one = story.books.party("甲（演示）", phone="0515-5550199")
    wrong = story.books.last
    other = story.books.party("乙（演示）", phone="0515-5550199")
    right = Party(party=one, party_kind="company", name="甲（演示）", correction_reason="incorrect_data")
    story.books.says(story.books.register.registrar, right, at=november(2), corrects=wrong)
    assert sideways(story.book, one).shared == ()
    assert sideways(story.book, other).shared == ()


def test_an_invoice_that_two_buyers_used_is_shown_with_every_use() -> None:
    story = Story()
    seller, buyer, shop, ghost = (story.books.party(f"{name}（演示）") for name in "甲乙丙丁")
    line = Line(goods=PESTICIDE, quantity=bottles(300))
    reference = VoucherReference(voucher_kind="e_invoice", number=NUMBER)
    story.books.says(seller, Shipment(to=buyer, lines=(line,), voucher=reference), at=november(2))
    filed = Voucher(voucher_kind="e_invoice", seller=seller, buyer=buyer, number=NUMBER, total="7200.00")
    story.books.says(buyer, filed, at=november(2, "09:00"))
    assert sideways(story.book, seller).vouchers == ()
    _check(story, shop, ghost, at=november(6))
    for party in (seller, buyer, shop, ghost):
        found = sideways(story.book, party)
        (voucher,) = found.vouchers
        assert (voucher.kind, voucher.number) == ("e_invoice", NUMBER)
        assert [(one.seller, one.buyer) for one in voucher.uses] == [
            (seller, buyer),
            (seller, buyer),
            (ghost, shop),
        ]
        assert set(found.parties) == {seller, buyer, shop, ghost} - {party}


def test_two_kinds_of_voucher_with_one_number_are_two_vouchers() -> None:
    story = Story()
    seller, buyer, shop, ghost = (story.books.party(f"{name}（演示）") for name in "甲乙丙丁")
    slip = Voucher(voucher_kind="sales_slip", seller=seller, buyer=buyer, number=NUMBER)
    story.books.says(buyer, slip, at=november(2))
    _check(story, shop, ghost, at=november(6))
    assert sideways(story.book, shop).vouchers == ()


def test_the_latest_vouchers_are_compared_and_the_limit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    shop, ghost, other = (story.books.party(f"{name}（演示）") for name in "甲乙丙")
    for date, number in ((1, "1001"), (2, "1002")):
        _check(story, shop, ghost, at=november(date), number=number)
        _check(story, other, ghost, at=november(date), number=number)
    monkeypatch.setattr(sharing, "VOUCHERS_MAX", 2)
    both = sideways(story.book, shop)
    assert ([one.number for one in both.vouchers], both.truncated) == (["1001", "1002"], False)
    monkeypatch.setattr(sharing, "VOUCHERS_MAX", 1)
    latest = sideways(story.book, shop)
    assert ([one.number for one in latest.vouchers], latest.truncated) == (["1002"], True)
