from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import BatchCode
from ledger.vocabulary.goods import Adjustment, Codes, Transformation, Use
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment
from ledger.vocabulary.values import OutputLine, ReceivedLine
from tests.support.books import BookWriter, pieces
from tests.unit.findings.judged import batch, check, findings, goods, kinds, licence, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId

CODE = "99999919000000000047"
CODE_FINDINGS = {
    "code_sold_twice",
    "custody_conflict",
    "clone_suspected",
    "code_reused_packaging",
    "code_unknown",
    "code_goods_differ",
}


class Chain:
    """A maker that issues one code, a wholesaler that was shipped the lot, and a shop that was shipped some of it."""

    def __init__(self) -> None:
        self.books = BookWriter()
        self.maker, self.wholesaler = self.books.party("药厂（演示）"), self.books.party("批发（演示）")
        self.shop, self.stranger = self.books.party("药店（演示）"), self.books.party("另一家药店（演示）")
        licence(self.books, self.maker, "药品生产许可证")
        for number, who in enumerate((self.wholesaler, self.shop, self.stranger)):
            licence(self.books, who, "药品经营许可证", f"许-{number}")
        self.drug = batch(self.books, self.maker, "drug", "drug", pieces(1000))
        self.issue(self.maker, CODE)
        self.ships(self.maker, self.wholesaler, 500, at="10-02")
        self.ships(self.wholesaler, self.shop, 100, at="10-03")

    def issue(self, who: PartyId, *codes: str, of: GoodsId | None = None, at: str = "10-01") -> None:
        self.books.says(
            who,
            Codes(action="issue", goods=of or self.drug, codes=codes, code_kind="drug"),
            at=f"2026-{at}T10:00:00+08:00",
        )

    def ships(
        self, who: PartyId, to: PartyId, amount: int, *, at: str, codes: tuple[str, ...] | None = None
    ) -> None:
        said = Shipment(to=to, lines=(line(self.drug, pieces(amount), codes),), offer=False)
        self.books.says(who, said, at=f"2026-{at}T11:00:00+08:00")

    def sells(
        self, who: PartyId, *, at: str, code: str = CODE, of: GoodsId | None = None, logged: str | None = None
    ) -> None:
        said = Sale(lines=(line(of or self.drug, pieces(1), (code,)),))
        self.books.says(
            who, said, at=f"2026-{at}T12:00:00+08:00", logged=f"2026-{logged or at}T12:00:00+08:00"
        )

    def found(self) -> list[tuple[str, str, PartyId]]:
        return [
            (one.kind, one.grade, one.party) for one in findings(self.books.book) if one.kind in CODE_FINDINGS
        ]


@pytest.fixture
def chain() -> Chain:
    return Chain()


def test_a_code_that_is_issued_shipped_and_sold_once_is_nothing(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")

    assert chain.found() == []


def test_a_second_sale_by_another_party_is_red_and_concerns_the_one_outside_the_path(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    first = chain.books.last
    chain.sells(chain.stranger, at="11-12")

    assert chain.found() == [
        ("code_sold_twice", "red", chain.stranger),
        ("custody_conflict", "red", chain.stranger),
    ]
    assert findings(chain.books.book, "code_sold_twice")[0].seqs == (first.seq, chain.books.last.seq)


def test_the_shop_that_sold_the_real_pack_does_not_answer_for_a_copy_that_was_sold_before(
    chain: Chain,
) -> None:
    chain.sells(chain.stranger, at="10-05")
    chain.sells(chain.shop, at="10-20")

    assert {party for _, _, party in chain.found()} == {chain.stranger}


def test_a_second_sale_by_a_shop_that_was_shipped_the_lot_is_red_without_a_custody_conflict(
    chain: Chain,
) -> None:
    chain.ships(chain.wholesaler, chain.stranger, 50, at="10-04")
    chain.sells(chain.shop, at="10-20")
    chain.sells(chain.stranger, at="11-12")

    assert chain.found() == [("code_sold_twice", "red", chain.stranger)]


def test_a_shipment_that_lists_all_its_codes_could_not_have_held_another(chain: Chain) -> None:
    chain.ships(chain.wholesaler, chain.stranger, 2, at="10-04", codes=("code-0001", "code-0002"))
    chain.sells(chain.shop, at="10-20")
    chain.sells(chain.stranger, at="11-12")

    assert ("custody_conflict", "red", chain.stranger) in chain.found()


def test_a_shipment_that_comes_to_light_later_explains_the_path(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    chain.sells(chain.stranger, at="11-12")
    assert ("custody_conflict", "red", chain.stranger) in chain.found()

    chain.ships(chain.wholesaler, chain.stranger, 50, at="10-04")
    assert ("custody_conflict", "red", chain.stranger) not in chain.found()


def test_issuing_a_code_once_more_brings_nobody_onto_its_path(chain: Chain) -> None:
    chain.issue(chain.maker, CODE, at="10-02")
    chain.sells(chain.shop, at="10-20")
    assert chain.found() == []

    chain.issue(chain.stranger, CODE, at="08-05")
    assert chain.found() == [("code_goods_differ", "amber", chain.stranger)]
    chain.sells(chain.stranger, at="11-12")
    assert ("custody_conflict", "red", chain.stranger) in chain.found()


def test_a_partys_own_word_does_not_bring_it_onto_the_path(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    ghost = chain.books.party("无名（演示）", declared_by=chain.stranger)
    chain.books.says(
        chain.stranger, check(ghost, chain.drug, "2026-10-04", pieces(10)), at="2026-10-04T10:00:00+08:00"
    )
    chain.sells(chain.stranger, at="11-12")

    assert ("custody_conflict", "red", chain.stranger) in chain.found()


def test_the_same_shop_that_sells_a_code_again_may_have_scanned_it_twice_and_is_amber(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    chain.sells(chain.shop, at="10-20")

    assert chain.found() == [("code_reused_packaging", "amber", chain.shop)]


def test_a_sale_that_was_taken_back_is_put_right_by_a_correction(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    wrong = chain.books.last
    chain.sells(chain.shop, at="10-21")
    assert chain.found() != []

    undone = Sale(
        lines=(line(chain.drug, pieces(1), ("99999919000000000048",)),), correction_reason="incorrect_data"
    )
    chain.books.says(chain.shop, undone, at="2026-10-20T12:00:00+08:00", corrects=wrong)
    assert {kind for kind, _, _ in chain.found()} == {"code_unknown"}


@pytest.mark.parametrize("end", ["used", "void", "destroyed", "transformed"])
def test_a_pack_that_was_used_up_and_is_sold_again_is_amber(chain: Chain, end: str) -> None:
    at, lines = "2026-10-20T12:00:00+08:00", (line(chain.drug, pieces(1), (CODE,)),)
    if end == "used":
        chain.books.says(chain.shop, Use(purpose="治疗", lines=lines), at=at)
    elif end == "void":
        chain.books.says(chain.maker, Codes(action="void", goods=chain.drug, codes=(CODE,)), at=at)
    elif end == "destroyed":
        chain.books.says(chain.shop, Adjustment(reason="destroyed", lines=lines), at=at)
    else:
        out = OutputLine(goods=goods("mix"), quantity=pieces(1))
        chain.books.says(chain.shop, Transformation(process="配制", inputs=lines, outputs=(out,)), at=at)
    assert chain.found() == []

    chain.sells(chain.shop, at="10-25")
    assert chain.found() == [("code_reused_packaging", "amber", chain.shop)]


def test_a_stranger_cannot_void_a_code_to_the_harm_of_its_holder(chain: Chain) -> None:
    chain.books.says(
        chain.stranger, Codes(action="void", goods=chain.drug, codes=(CODE,)), at="2026-10-04T12:00:00+08:00"
    )
    chain.sells(chain.shop, at="10-20")

    assert chain.found() == []


def test_a_loss_or_a_sample_is_no_end_of_a_code(chain: Chain) -> None:
    lost = Adjustment(reason="loss", lines=(line(chain.drug, pieces(1), (CODE,)),))
    chain.books.says(chain.shop, lost, at="2026-10-15T12:00:00+08:00")
    chain.sells(chain.shop, at="10-20")

    assert chain.found() == []


def test_a_return_on_the_way_is_part_of_the_path(chain: Chain) -> None:
    chain.ships(chain.wholesaler, chain.shop, 1, at="10-05", codes=(CODE,))
    back = Return(to=chain.wholesaler, lines=(line(chain.drug, pieces(1), (CODE,)),))
    chain.books.says(chain.shop, back, at="2026-10-06T12:00:00+08:00")
    chain.ships(chain.wholesaler, chain.stranger, 1, at="10-07", codes=(CODE,))
    chain.sells(chain.stranger, at="10-20")

    assert chain.found() == []


def test_one_code_on_forty_packs_after_it_was_sold_is_red(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    farm = chain.books.party("合作社（演示）")
    chain.ships(chain.stranger, farm, 40, at="11-01", codes=(CODE,))

    assert chain.found() == [
        ("clone_suspected", "red", chain.stranger),
        ("custody_conflict", "red", chain.stranger),
    ]
    assert findings(chain.books.book, "clone_suspected")[0].figures["packs"] == "40"


def test_one_conflict_with_one_pack_is_amber_and_a_second_makes_a_clone_suspected(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    farm, other = chain.books.party("合作社（演示）"), chain.books.party("农场（演示）")
    chain.ships(chain.stranger, farm, 1, at="11-01", codes=(CODE,))
    assert chain.found() == [("custody_conflict", "red", chain.stranger)]

    chain.ships(chain.stranger, other, 1, at="11-02", codes=(CODE,))
    assert ("clone_suspected", "red", chain.stranger) in chain.found()


def test_who_was_given_a_copy_and_hands_it_on_is_not_named(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    farm, other = chain.books.party("合作社（演示）"), chain.books.party("农场（演示）")
    chain.ships(chain.stranger, farm, 1, at="11-01", codes=(CODE,))
    received = Receipt(
        supplier=chain.stranger, lines=(ReceivedLine(goods=chain.drug, quantity=pieces(1), codes=(CODE,)),)
    )
    chain.books.says(farm, received, at="2026-11-01T13:00:00+08:00")
    chain.ships(farm, other, 1, at="11-03", codes=(CODE,))
    chain.books.says(
        other,
        Use(purpose="韭菜", lines=(line(chain.drug, pieces(1), (CODE,)),)),
        at="2026-11-04T13:00:00+08:00",
    )

    assert {party for _, _, party in chain.found()} == {chain.stranger}


def test_a_code_that_stands_twice_in_one_line_is_amber_and_a_case_with_one_scan_is_nothing(
    chain: Chain,
) -> None:
    chain.ships(chain.wholesaler, chain.shop, 10, at="10-05", codes=(CODE,))
    assert chain.found() == []

    chain.ships(chain.wholesaler, chain.shop, 2, at="10-06", codes=(CODE, CODE))
    assert chain.found() == [("clone_suspected", "amber", chain.wholesaler)]


def test_a_code_nobody_issued_is_grey_until_it_is_issued(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20", code="99999919000000000099")
    assert chain.found() == [("code_unknown", "grey", chain.shop)]

    chain.issue(chain.maker, "99999919000000000099", at="10-25")
    assert chain.found() == []


def test_two_shops_that_sell_a_code_nobody_issued_are_told_apart_by_who_came_later(chain: Chain) -> None:
    one, other = chain.books.party("甲店（演示）"), chain.books.party("乙店（演示）")
    licence(chain.books, one, "药品经营许可证")
    licence(chain.books, other, "药品经营许可证")
    unknown = goods("imported")
    chain.sells(one, at="10-20", code="99999919000000000099", of=unknown)
    chain.sells(other, at="10-21", code="99999919000000000099", of=unknown)

    assert ("code_sold_twice", "red", other) in chain.found()
    assert all(party == other for kind, _, party in chain.found() if kind != "code_unknown")


@pytest.mark.parametrize(
    "code",
    [
        str(BatchCode.new(bytes(10))),
        f"urn:suyuan:batch:{BatchCode.new(bytes(10))}",
        "https://id.gs1.org/01/09520002000019/10/A260901",
    ],
)
def test_a_batch_code_stands_on_every_pack_and_is_never_judged(chain: Chain, code: str) -> None:
    for who in (chain.shop, chain.stranger, chain.shop):
        chain.sells(who, at="10-20", code=code)

    assert chain.found() == []


def test_a_digital_link_with_a_serial_names_one_pack(chain: Chain) -> None:
    code = "https://id.gs1.org/01/09520002000019/10/A260901/21/1"
    chain.issue(chain.maker, code)
    chain.sells(chain.shop, at="10-20", code=code)
    chain.sells(chain.stranger, at="10-21", code=code)

    assert ("code_sold_twice", "red", chain.stranger) in chain.found()


def test_a_code_issued_for_two_batches_is_amber_and_one_traded_as_another_batch_is_grey(chain: Chain) -> None:
    other = goods("other")
    chain.sells(chain.shop, at="10-20", of=other)
    assert chain.found() == [("code_goods_differ", "grey", chain.shop)]

    chain.issue(chain.stranger, CODE, of=other, at="10-21")
    assert ("code_goods_differ", "amber", chain.stranger) in chain.found()


def test_a_profile_that_knows_no_such_finding_gives_none() -> None:
    books = BookWriter()
    farm, stall = books.party("合作社（演示）"), books.party("菜摊（演示）")
    leek = batch(books, farm, "leek", "farm_produce", pieces(10))
    books.says(
        farm,
        Shipment(to=stall, lines=(line(leek, pieces(1), ("leek-code-1",)),)),
        at="2026-10-02T08:00:00+08:00",
    )

    assert "code_unknown" not in kinds(books.book)
