from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import BatchCode, BatchNumber
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Transformation, Use
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.parties import Succession
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment
from ledger.vocabulary.values import OutputLine, ReceivedLine
from tests.support.books import BookWriter, pieces
from tests.unit.findings.judged import batch, check, day, findings, goods, kinds, licence, line

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
    "impossible_travel",
    "aggregation_broken",
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


def test_a_shop_that_goes_on_under_another_name_has_the_packs_it_had(chain: Chain) -> None:
    chain.ships(chain.wholesaler, chain.shop, 1, at="10-04", codes=(CODE,))
    got = ReceivedLine(goods=chain.drug, quantity=pieces(1), codes=(CODE,))
    came = Receipt(supplier=chain.wholesaler, conclusion="accept", lines=(got,))
    chain.books.says(chain.shop, came, at="2026-10-04T12:00:00+08:00")
    chain.sells(chain.stranger, at="10-20")
    assert ("custody_conflict", "red", chain.stranger) in chain.found()
    said = Succession(
        party=chain.shop, successor=chain.stranger, how="merged", effective_on=day("2026-10-10")
    )
    chain.books.says(chain.books.register.registrar, said, at="2026-10-10T12:00:00+08:00")
    assert chain.found() == []


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


@pytest.mark.parametrize(
    ("clock", "day", "expected"),
    [
        ("12:10:00", "10-20", []),  # One device that scans a pack twice.
        ("12:10:01", "10-20", ["amber"]),
        ("23:59:59", "10-20", ["amber"]),
        ("00:00:00", "10-21", ["red"]),  # Another day is no double scan.
    ],
)
def test_a_shop_that_sells_a_code_again_on_another_day_is_red_and_within_minutes_nothing(
    chain: Chain, clock: str, day: str, expected: list[str]
) -> None:
    chain.sells(chain.shop, at="10-20")
    again = Sale(lines=(line(chain.drug, pieces(1), (CODE,)),))
    chain.books.says(chain.shop, again, at=f"2026-{day}T{clock}+08:00")

    assert chain.found() == [("code_reused_packaging", grade, chain.shop) for grade in expected]


def test_a_pack_that_a_customer_brought_back_may_be_sold_again_and_not_a_third_time(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    back = Return(to=chain.shop, lines=(line(chain.drug, pieces(1), (CODE,)),))
    chain.books.says(chain.shop, back, at="2026-10-21T12:00:00+08:00")
    chain.sells(chain.shop, at="10-22")
    assert chain.found() == []

    second = chain.books.last
    chain.sells(chain.shop, at="10-25")
    (one,) = findings(chain.books.book, "code_reused_packaging")
    assert (one.grade, one.seqs) == ("red", (second.seq, chain.books.last.seq))


def test_a_pack_returned_through_the_wholesaler_may_be_sold_by_another_shop(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    back = Return(to=chain.wholesaler, lines=(line(chain.drug, pieces(1), (CODE,)),))
    chain.books.says(chain.shop, back, at="2026-10-21T12:00:00+08:00")
    chain.ships(chain.wholesaler, chain.stranger, 1, at="10-22", codes=(CODE,))
    chain.sells(chain.stranger, at="10-25")

    assert chain.found() == []


def test_a_stock_taking_that_finds_the_pack_undoes_a_sale_of_the_same_shop_only(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    found = Adjustment(reason="stock_gain", lines=(line(chain.drug, pieces(1), (CODE,)),))
    chain.books.says(chain.shop, found, at="2026-10-21T12:00:00+08:00")
    chain.sells(chain.shop, at="10-22")
    assert chain.found() == []

    chain.books.says(chain.stranger, found, at="2026-10-23T12:00:00+08:00")
    chain.sells(chain.stranger, at="10-25")
    assert ("code_sold_twice", "red", chain.stranger) in chain.found()


def test_a_sale_that_was_taken_back_is_put_right_by_a_correction(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    wrong = chain.books.last
    chain.sells(chain.shop, at="10-21")
    assert chain.found() == [("code_reused_packaging", "red", chain.shop)]

    undone = Sale(
        lines=(line(chain.drug, pieces(1), ("99999919000000000048",)),), correction_reason="incorrect_data"
    )
    chain.books.says(chain.shop, undone, at="2026-10-20T12:00:00+08:00", corrects=wrong)
    assert {kind for kind, _, _ in chain.found()} == {"code_unknown"}


@pytest.mark.parametrize("seller", ["shop", "stranger"])
@pytest.mark.parametrize("end", ["used", "void", "destroyed", "burnt", "transformed"])
def test_a_pack_that_was_used_up_and_is_sold_again_is_red(chain: Chain, end: str, seller: str) -> None:
    at, lines = "2026-10-20T12:00:00+08:00", (line(chain.drug, pieces(1), (CODE,)),)
    if end == "used":
        chain.books.says(chain.shop, Use(purpose="治疗", lines=lines), at=at)
    elif end == "void":
        chain.books.says(chain.maker, Codes(action="void", goods=chain.drug, codes=(CODE,)), at=at)
    elif end == "destroyed":
        chain.books.says(chain.shop, Adjustment(reason="destroyed", lines=lines), at=at)
    elif end == "burnt":
        done = Destruction(stage="done", stock="own_stock", method="焚烧", lines=lines)
        chain.books.says(chain.shop, done, at=at)
    else:
        out = OutputLine(goods=goods("mix"), quantity=pieces(1))
        chain.books.says(chain.shop, Transformation(process="配制", inputs=lines, outputs=(out,)), at=at)
    assert chain.found() == []

    ended, who = chain.books.last, chain.shop if seller == "shop" else chain.stranger
    chain.sells(who, at="10-25")
    assert chain.found() == [("code_reused_packaging", "red", who)]
    assert findings(chain.books.book, "code_reused_packaging")[0].seqs == (ended.seq, chain.books.last.seq)


def test_a_plan_to_destroy_ends_nothing(chain: Chain) -> None:
    lines = (line(chain.drug, pieces(1), (CODE,)),)
    plan = Destruction(stage="planned", stock="own_stock", method="焚烧", lines=lines)
    chain.books.says(chain.shop, plan, at="2026-10-19T12:00:00+08:00")
    chain.sells(chain.shop, at="10-20")

    assert chain.found() == []


def test_an_empty_pack_that_was_handed_in_and_is_sold_again_is_red_and_names_both_ends(chain: Chain) -> None:
    chain.sells(chain.shop, at="10-20")
    sold = chain.books.last
    chain.books.says(
        chain.stranger,
        Codes(action="return_container", goods=chain.drug, codes=(CODE,)),
        at="2026-11-01T12:00:00+08:00",
    )
    handed_in = chain.books.last
    assert chain.found() == []

    chain.sells(chain.shop, at="11-12")
    assert chain.found() == [("code_reused_packaging", "red", chain.shop)]
    (one,) = findings(chain.books.book, "code_reused_packaging")
    assert one.seqs == (sold.seq, handed_in.seq, chain.books.last.seq)


def test_a_delivery_that_is_written_up_after_the_pack_was_used_is_how_it_came_there(chain: Chain) -> None:
    farm = chain.books.party("合作社（演示）")
    used = Use(purpose="番茄", lines=(line(chain.drug, pieces(1), (CODE,)),))
    received = Receipt(
        supplier=chain.shop, lines=(ReceivedLine(goods=chain.drug, quantity=pieces(1), codes=(CODE,)),)
    )
    chain.books.says(farm, received, at="2026-10-20T08:00:00+08:00")
    chain.books.says(farm, used, at="2026-10-20T10:00:00+08:00")
    chain.ships(chain.shop, farm, 1, at="10-20", codes=(CODE,))
    assert chain.found() == []

    other = chain.books.party("农场（演示）")
    chain.ships(chain.shop, other, 1, at="10-20", codes=(CODE,))
    assert chain.found() == [("code_reused_packaging", "red", chain.shop)]


@pytest.mark.parametrize(("day", "expected"), [("10-23", 0), ("10-24", 1)])
def test_a_shipment_to_the_shop_that_sold_the_pack_may_be_entered_three_days_late(
    chain: Chain, day: str, expected: int
) -> None:
    chain.sells(chain.shop, at="10-20")
    chain.ships(chain.wholesaler, chain.shop, 1, at=day, codes=(CODE,))

    assert len(chain.found()) == expected


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


def _received(chain: Chain, who: PartyId, supplier: PartyId, *, at: str) -> None:
    said = Receipt(
        supplier=supplier, lines=(ReceivedLine(goods=chain.drug, quantity=pieces(1), codes=(CODE,)),)
    )
    chain.books.says(who, said, at=f"2026-{at}T15:00:00+08:00")


def test_a_pack_that_stands_in_one_shop_and_is_shipped_by_another_is_in_two_hands(chain: Chain) -> None:
    buyer = chain.books.party("医院（演示）")
    chain.ships(chain.wholesaler, chain.shop, 1, at="10-05", codes=(CODE,))
    _received(chain, chain.shop, chain.wholesaler, at="10-05")
    received = chain.books.last
    chain.ships(chain.stranger, buyer, 1, at="10-25", codes=(CODE,))
    shipped = chain.books.last
    _received(chain, buyer, chain.stranger, at="10-26")

    assert chain.found() == [("custody_conflict", "red", chain.stranger)]
    (one,) = findings(chain.books.book, "custody_conflict")
    assert one.seqs == (received.seq, shipped.seq)


def test_a_party_that_says_it_got_goods_which_could_be_the_pack_is_in_nobodys_way(chain: Chain) -> None:
    chain.ships(chain.wholesaler, chain.shop, 1, at="10-05", codes=(CODE,))
    _received(chain, chain.shop, chain.wholesaler, at="10-05")
    chain.ships(chain.stranger, chain.books.party("医院（演示）"), 1, at="10-25", codes=(CODE,))
    assert chain.found() != []

    abroad = chain.books.party("外省批发（演示）", declared_by=chain.stranger)
    came = Receipt(supplier=abroad, lines=(ReceivedLine(goods=chain.drug, quantity=pieces(10)),))
    chain.books.says(chain.stranger, came, at="2026-10-08T15:00:00+08:00", logged="2026-10-30T15:00:00+08:00")
    assert chain.found() == []


def test_a_pack_that_its_holder_sent_back_may_turn_up_elsewhere(chain: Chain) -> None:
    chain.ships(chain.wholesaler, chain.shop, 1, at="10-05", codes=(CODE,))
    _received(chain, chain.shop, chain.wholesaler, at="10-05")
    back = Return(to=chain.wholesaler, lines=(line(chain.drug, pieces(1), (CODE,)),))
    chain.books.says(chain.shop, back, at="2026-10-10T12:00:00+08:00")
    chain.ships(chain.stranger, chain.books.party("医院（演示）"), 1, at="10-25", codes=(CODE,))

    assert chain.found() == []


def test_a_chain_whose_middle_is_not_on_the_ledger_is_nothing(chain: Chain) -> None:
    chain.ships(chain.stranger, chain.shop, 1, at="10-05", codes=(CODE,))
    _received(chain, chain.shop, chain.stranger, at="10-05")
    chain.sells(chain.shop, at="10-20")

    assert chain.found() == []


def test_a_receipt_that_is_entered_after_the_pack_went_on_is_part_of_the_path(chain: Chain) -> None:
    chain.ships(chain.stranger, chain.books.party("医院（演示）"), 1, at="10-05", codes=(CODE,))
    _received(chain, chain.stranger, chain.wholesaler, at="10-05")
    chain.sells(chain.stranger, at="10-06")

    assert {kind for kind, _, _ in chain.found()} <= {"code_reused_packaging"}
    assert all(party == chain.stranger for _, _, party in chain.found())


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


UNKNOWN = "99999919000000000099"


@pytest.mark.parametrize(("packs", "grade"), [(1, "amber"), (2, "grey"), (1000, "grey")])
def test_a_code_that_is_none_of_its_lot_is_amber_and_grey_while_codes_may_still_come(
    chain: Chain, packs: int, grade: str
) -> None:
    lot = batch(chain.books, chain.maker, "lot", "drug", pieces(packs))
    chain.issue(chain.maker, "99999919000000000098", of=lot)
    issued = chain.books.last
    chain.sells(chain.shop, at="10-20", code=UNKNOWN, of=lot)
    assert chain.found() == [("code_unknown", grade, chain.shop)]
    assert findings(chain.books.book, "code_unknown")[0].seqs == (issued.seq, chain.books.last.seq)

    chain.issue(chain.maker, UNKNOWN, of=lot, at="10-25")
    assert chain.found() == []


def test_a_code_of_a_lot_whose_codes_nobody_issued_here_is_nothing_until_the_maker_uploads_some(
    chain: Chain,
) -> None:
    lot = batch(chain.books, chain.maker, "lot", "drug", pieces(1))
    chain.issue(chain.stranger, "99999919000000000097", of=lot)
    chain.sells(chain.shop, at="10-20", code=UNKNOWN, of=lot)
    assert chain.found() == []

    chain.issue(chain.maker, "99999919000000000098", of=lot, at="10-25")
    assert chain.found() == [("code_unknown", "amber", chain.shop)]


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


def test_a_code_issued_for_two_batches_is_amber(chain: Chain) -> None:
    chain.issue(chain.maker, CODE, of=goods("other"), at="10-21")

    assert chain.found() == [("code_goods_differ", "amber", chain.maker)]


def test_a_code_on_a_pack_of_another_registered_batch_is_red_and_on_goods_nobody_knows_grey(
    chain: Chain,
) -> None:
    other = goods("other")
    chain.sells(chain.shop, at="10-20", of=other)
    assert chain.found() == [("code_goods_differ", "grey", chain.shop)]

    batch(chain.books, chain.maker, "other", "drug")
    assert chain.found() == [("code_goods_differ", "red", chain.shop)]


def test_one_batch_under_two_identifiers_is_one_batch(chain: Chain) -> None:
    names = goods("mine"), goods("theirs")
    for one in names:
        said = Batch(
            goods=one,
            maker=chain.maker,
            name="阿莫西林",
            category="drug",
            batch_number=BatchNumber.parse("A1"),
        )
        chain.books.says(chain.maker, said, at="2026-10-01T08:00:00+08:00")
    chain.issue(chain.maker, "99999919000000000077", of=names[0])
    chain.sells(chain.shop, at="10-20", code="99999919000000000077", of=names[1])

    assert chain.found() == []


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
