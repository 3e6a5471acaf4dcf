from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import Quantity
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.trade import Conclusion, Receipt, Shipment
from ledger.vocabulary.values import OutputLine, PackFactor, ReceivedLine
from tests.support.books import BookWriter, kg, pieces
from tests.unit.findings.judged import batch, findings, goods, kinds, licence, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId, StatementId


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _sausage(books: BookWriter) -> tuple[PartyId, GoodsId]:
    factory = books.party("肉制品厂（演示）")
    licence(books, factory, "食品生产许可证")
    return factory, batch(books, factory, "sausage", "packaged_food", called="香肠")


def _makes(
    books: BookWriter,
    who: PartyId,
    goods_out: GoodsId,
    came: Quantity,
    gave: Quantity,
    process: str = "灌肠",
    waste: Quantity | None = None,
) -> None:
    outputs = [OutputLine(goods=goods_out, quantity=gave)]
    if waste is not None:
        outputs.append(OutputLine(goods=goods("waste"), quantity=waste, role="waste"))
    books.says(
        who,
        Transformation(process=process, inputs=(line(goods("meat"), came),), outputs=tuple(outputs)),
        at="2026-10-02T08:00:00+08:00",
    )


def _yields(books: BookWriter) -> list[str]:
    return [one.figures["yield"] for one in findings(books.book, "yield_out_of_range")]


@pytest.mark.parametrize(
    ("gave", "expected"), [("449", ["0.449"]), ("450", []), ("774", []), ("1050", []), ("1051", ["1.051"])]
)
def test_a_process_gives_what_its_profile_says_or_is_amber(
    books: BookWriter, gave: str, expected: list[str]
) -> None:
    factory, sausage = _sausage(books)
    _makes(books, factory, sausage, kg(1000), kg(gave))

    assert _yields(books) == expected


def test_waste_is_not_yield_and_tonnes_are_kilograms(books: BookWriter) -> None:
    factory, sausage = _sausage(books)
    _makes(books, factory, sausage, Quantity.parse("1 TNE"), kg(700), waste=kg(600))

    assert _yields(books) == []


def test_what_is_counted_in_two_kinds_of_unit_has_no_yield(books: BookWriter) -> None:
    factory, sausage = _sausage(books)
    _makes(books, factory, sausage, pieces(1), kg(100000))
    _makes(books, factory, sausage, kg(0), kg(100000))

    assert _yields(books) == []


def test_the_first_profile_entry_that_names_the_process_counts_and_else_the_open_one(
    books: BookWriter,
) -> None:
    factory, sausage = _sausage(books)
    _makes(books, factory, sausage, kg(100), kg(110), process="分装")
    drink = batch(books, factory, "drink", "packaged_food", called="饮料")
    _makes(books, factory, drink, kg(100), kg(1100), process="调配")

    assert _yields(books) == ["1.100"]


def _delivery(books: BookWriter, amount: str = "60") -> tuple[PartyId, PartyId, GoodsId, StatementId]:
    farm, stall = books.party("合作社（演示）"), books.party("菜摊（演示）")
    leek = batch(books, farm, "leek", "farm_produce", kg(1000))
    books.says(farm, Shipment(to=stall, lines=(line(leek, kg(amount)),)), at="2026-10-02T05:00:00+08:00")
    return farm, stall, leek, books.last.header.id


def _confirms(
    books: BookWriter,
    stall: PartyId,
    farm: PartyId,
    shipment: StatementId,
    *lines: tuple[GoodsId, Quantity],
    conclusion: Conclusion = "accept",
    reason: str | None = None,
) -> None:
    said = Receipt(
        supplier=farm,
        shipment=shipment,
        conclusion=conclusion,
        reason=reason,
        lines=tuple(ReceivedLine(goods=one, quantity=amount) for one, amount in lines),
    )
    books.says(stall, said, at="2026-10-02T06:00:00+08:00")


@pytest.mark.parametrize(
    ("got", "expected"), [("57", []), ("56.99", ["amber"]), ("63", []), ("63.01", ["amber"])]
)
def test_a_difference_beyond_the_loss_that_is_usual_is_amber_on_the_sender(
    books: BookWriter, got: str, expected: list[str]
) -> None:
    farm, stall, leek, shipment = _delivery(books)
    _confirms(books, stall, farm, shipment, (leek, kg(got)))

    found = findings(books.book, "sender_receiver_differ")
    assert [one.grade for one in found] == expected
    assert {one.party for one in found} <= {farm}


def test_both_figures_stand_side_by_side(books: BookWriter) -> None:
    farm, stall, leek, shipment = _delivery(books)
    _confirms(books, stall, farm, shipment, (leek, kg(50)))

    (one,) = findings(books.book)
    assert one.figures == {"sent": "60", "received": "50", "difference": "-10", "unit": "KGM"}
    assert one.subject == f"statement/{shipment}"


def test_a_difference_with_a_reason_is_grey(books: BookWriter) -> None:
    farm, stall, leek, shipment = _delivery(books)
    _confirms(books, stall, farm, shipment, (leek, kg(50)), reason="过磅少了")
    assert [one.grade for one in findings(books.book)] == ["grey"]


@pytest.mark.parametrize("conclusion", ["accept_part", "refuse"])
def test_a_delivery_that_was_refused_in_part_or_whole_is_grey(
    books: BookWriter, conclusion: Conclusion
) -> None:
    farm, stall, leek, shipment = _delivery(books)
    _confirms(books, stall, farm, shipment, (leek, kg(10)), conclusion=conclusion)

    (one,) = findings(books.book, "sender_receiver_differ")
    assert (one.grade, one.figures["received"]) == ("grey", "10" if conclusion == "accept_part" else "0")


def test_two_receipts_for_two_halves_are_the_whole(books: BookWriter) -> None:
    farm, stall, leek, shipment = _delivery(books)
    _confirms(books, stall, farm, shipment, (leek, kg(30)))
    _confirms(books, stall, farm, shipment, (leek, kg(30)))

    assert kinds(books.book) == []


def test_a_receiver_with_its_own_name_for_the_goods_is_compared_by_the_sum(books: BookWriter) -> None:
    farm, stall, _, shipment = _delivery(books)
    _confirms(books, stall, farm, shipment, (goods("my-own-lot"), kg(60)))

    assert findings(books.book, "sender_receiver_differ") == []


def test_a_receipt_in_boxes_cannot_be_compared_with_kilograms(books: BookWriter) -> None:
    farm, stall, leek, shipment = _delivery(books)
    _confirms(books, stall, farm, shipment, (leek, pieces(3)))

    assert findings(books.book, "sender_receiver_differ") == []


def test_a_stranger_cannot_answer_for_the_receiver(books: BookWriter) -> None:
    farm, _, leek, shipment = _delivery(books)
    _confirms(books, books.party("路人（演示）"), farm, shipment, (leek, kg(1)))

    assert findings(books.book, "sender_receiver_differ") == []


def test_a_receipt_of_the_first_version_answers_the_corrected_shipment_too(books: BookWriter) -> None:
    farm, stall, leek, shipment = _delivery(books, "600")
    wrong = books.last
    _confirms(books, stall, farm, shipment, (leek, kg(60)))
    assert kinds(books.book) == ["sender_receiver_differ"]

    better = Shipment(to=stall, lines=(line(leek, kg(80)),), correction_reason="incorrect_data")
    books.says(farm, better, at="2026-10-02T05:00:00+08:00", corrects=wrong)
    (one,) = findings(books.book)
    assert (one.figures["sent"], one.figures["received"]) == ("80", "60")

    right = Shipment(to=stall, lines=(line(leek, kg(60)),), correction_reason="incorrect_data")
    books.says(farm, right, at="2026-10-02T05:00:00+08:00", corrects=books.last)
    assert kinds(books.book) == []


def _cased(books: BookWriter, holds: str) -> tuple[PartyId, PartyId, GoodsId]:
    """A maker who declares what a case holds, and a buyer."""
    maker, shop = books.party("酱菜厂（演示）"), books.party("超市（演示）")
    packs = (PackFactor(unit="XCS", holds=Quantity.parse(holds)),)
    one = Batch(goods=goods("pickle"), maker=maker, name="酱黄瓜", category="packaged_food", packs=packs)
    books.says(maker, one, at="2026-10-01T08:00:00+08:00")
    return maker, shop, one.goods


@pytest.mark.parametrize(("got", "expected"), [("30", []), ("29.7", []), ("29.69", ["amber"])])
def test_cases_sent_and_kilograms_received_are_compared_by_the_declared_factor(
    books: BookWriter, got: str, expected: list[str]
) -> None:
    maker, shop, pickle = _cased(books, "10 KGM")
    sent = Shipment(to=shop, lines=(line(pickle, Quantity.parse("3 XCS")),))
    books.says(maker, sent, at="2026-10-02T05:00:00+08:00")
    _confirms(books, shop, maker, books.last.header.id, (pickle, kg(got)))

    assert [one.grade for one in findings(books.book, "sender_receiver_differ")] == expected


@pytest.mark.parametrize(
    ("process", "gave", "expected"),
    [
        ("灌制", "1400", ["1.400"]),
        ("灌制", "120", ["0.120"]),
        ("灌制", "774", []),
        ("分装", "774", ["0.774"]),
    ],
)
def test_a_process_with_a_name_of_its_own_is_known_by_what_it_makes(
    books: BookWriter, process: str, gave: str, expected: list[str]
) -> None:
    factory, sausage = _sausage(books)
    _makes(books, factory, sausage, kg(1000), kg(gave), process=process)

    assert _yields(books) == expected


@pytest.mark.parametrize(
    ("main", "by", "expected"),
    [
        ("300", "400", []),  # What was cut off is there.
        ("300", "140", ["0.440"]),
        ("1050", "0", []),
        ("700", "350", []),
        ("700", "351", ["1.051"]),
    ],
)
def test_by_products_make_up_for_what_is_missing_and_for_no_more_than_went_in(
    books: BookWriter, main: str, by: str, expected: list[str]
) -> None:
    factory, sausage = _sausage(books)
    outputs = (
        OutputLine(goods=sausage, quantity=kg(main)),
        OutputLine(goods=goods("trimmings"), quantity=kg(by), role="by"),
    )
    made = Transformation(process="灌肠", inputs=(line(goods("meat"), kg(1000)),), outputs=outputs)
    books.says(factory, made, at="2026-10-02T08:00:00+08:00")

    assert _yields(books) == expected


def test_pressed_oil_is_a_part_of_the_seed_and_the_cake_is_the_rest(books: BookWriter) -> None:
    mill = books.party("榨油厂（演示）")
    oil = batch(books, mill, "oil", "edible_oil_bulk", called="菜籽油")
    outputs = (
        OutputLine(goods=oil, quantity=kg(330)),
        OutputLine(goods=goods("cake"), quantity=kg(640), role="by"),
    )
    made = Transformation(process="压榨", inputs=(line(goods("seed"), kg(1000)),), outputs=outputs)
    books.says(mill, made, at="2026-10-02T08:00:00+08:00")

    assert _yields(books) == []
