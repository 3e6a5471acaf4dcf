"""The sheet on how a supplier check was done: the page, and its one printed side."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from ledger.identifiers import GoodsId, LegalDate
from ledger.views.book import goods_key, said_about
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import CheckedDocument, FiledDocument, Receipt, SupplierCheck, SupplierFile
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import kg

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.integration.pages.browsing import Visitor
    from tests.support.server import Enrolled

TODAY = LegalDate.parse("2026-11-14")


def _lines(count: int, maker: Enrolled, ledger: Ledger) -> tuple[Line, ...]:
    goods = [
        GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/LOT-{number}") for number in range(count)
    ]
    for one in goods:
        ledger.say(
            maker.party, Batch(goods=one, maker=maker.party, name="韭菜 *特级* #1", category="食用农产品")
        )
    return tuple(Line(goods=one, quantity=kg(10)) for one in goods)


def _checked(ledger: Ledger, buyer: Enrolled, supplier: Enrolled, count: int = 1, **more: object) -> int:
    said = SupplierCheck(
        supplier=supplier.party,
        received_on=TODAY,
        conclusion="accept",
        checked_by="王芳（演示）",
        checks=(CheckedDocument(what="commitment", result="in_order", reference="DEMO-HGZ-0114"),),
        lines=_lines(count, supplier, ledger),
    ).model_copy(update=more)
    (placed,) = ledger.say(buyer.party, said)
    return placed.seq


def _read(content: bytes) -> tuple[int, str]:
    pages = PdfReader(BytesIO(content)).pages
    return len(pages), "".join(page.extract_text() for page in pages).replace("\n", "")


@pytest.fixture
def sheet(ledger: Ledger, stall: Enrolled, co_op: Enrolled) -> int:
    return _checked(ledger, stall, co_op)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ["进货查验履行情况", "承诺达标合格证", "相符", "日志公钥", "是否免予处罚由执法机关依法认定"]),
        ("en", ["Log's key".lower(), "commitment certificate", "in order"]),
    ],
)
def test_the_sheet_is_one_page_that_says_what_when_and_how_to_verify(
    trader: Visitor, ledger: Ledger, sheet: int, language: str, words: list[str]
) -> None:
    answer = trader.open(f"/my/duty/{sheet}.pdf?lang={language}").answer
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    pages, text = _read(answer.content)
    assert pages == 1
    for word in [*words, "王芳（演示）", "DEMO-HGZ-0114", f"#{sheet}", str(ledger.vkey)[:20]]:
        assert word.lower() in text.lower()
    for never in ("免责", "正品", "放心"):
        assert never not in text


def test_a_name_with_markup_in_it_prints_as_it_is(trader: Visitor, sheet: int) -> None:
    _, text = _read(trader.open(f"/my/duty/{sheet}.pdf").answer.content)
    assert "*特级* #1" in text


@pytest.mark.parametrize("count", [8, 9, 200])
def test_the_longest_delivery_still_fits_one_side_and_what_is_left_out_is_counted(
    trader: Visitor, ledger: Ledger, stall: Enrolled, co_op: Enrolled, count: int
) -> None:
    ledger.say(
        stall.party,
        SupplierFile(
            supplier=co_op.party,
            documents=tuple(
                FiledDocument(document_kind=f"证件 {number}", number="演" * 60) for number in range(20)
            ),
        ),
    )
    checks = tuple(
        CheckedDocument(what="certificate", result="in_order", reference="长" * 60, note="注" * 100)
        for _ in range(20)
    )
    seq = _checked(ledger, stall, co_op, count, checks=checks, late_reason="停电" * 100)
    pages, text = _read(trader.open(f"/my/duty/{seq}.pdf").answer.content)
    assert pages == 1
    assert ("另有" in text and f"另有 {count - 8} 行" in text) is (count > 8)


def test_the_file_is_inherited_as_it_stood_on_the_day(
    trader: Visitor, ledger: Ledger, stall: Enrolled, co_op: Enrolled
) -> None:
    papers = (
        FiledDocument(document_kind="营业执照", number="DEM-1", valid_to=LegalDate.parse("2027-01-01")),
    )
    ledger.say(stall.party, SupplierFile(supplier=co_op.party, documents=papers))
    before = _checked(ledger, stall, co_op, received_on=LegalDate.parse("2026-11-13"))
    on_the_day = _checked(ledger, stall, co_op)
    assert "DEM-1" in trader.open(f"/my/duty/{on_the_day}").text
    assert "DEM-1" in _read(trader.open(f"/my/duty/{on_the_day}.pdf").answer.content)[1]
    assert "DEM-1" not in trader.open(f"/my/duty/{before}").text


def test_the_same_sheet_prints_the_same_bytes(trader: Visitor, sheet: int) -> None:
    first, second = (trader.open(f"/my/duty/{sheet}.pdf").answer.content for _ in range(2))
    assert first == second


def test_a_printed_sheet_is_listed_for_every_item_that_it_may_show(
    trader: Visitor, ledger: Ledger, stall: Enrolled, co_op: Enrolled
) -> None:
    papers = (FiledDocument(document_kind="营业执照", number="DEM-1"),)
    (file,) = ledger.say(stall.party, SupplierFile(supplier=co_op.party, documents=papers))
    (named,) = ledger.say(co_op.party, Party(party=co_op.party, party_kind="company", name="合作社（演示）"))
    seq = _checked(ledger, stall, co_op)
    (line,) = _lines(1, co_op, ledger)
    (receipt,) = ledger.say(
        stall.party,
        Receipt(supplier=co_op.party, lines=(ReceivedLine(goods=line.goods, quantity=line.quantity),)),
    )
    with ledger.book() as book:
        batch = max(one.seq for one, _ in said_about(book, goods_key(line.goods), Batch))
    (elsewhere,) = ledger.say(
        co_op.party,
        Batch(goods=GoodsId.parse("urn:example:other"), maker=co_op.party, name="别的", category="茶叶"),
    )
    held = [seq, receipt.seq, file.seq, batch, named.seq]
    until = ledger.clock() + 1
    assert not any(ledger.copies.holding({one: [0]}, until_ms=until) for one in held)
    assert trader.open(f"/my/duty/{seq}.pdf").status == 200
    for one in held:
        (copy,) = ledger.copies.holding({one: [0]}, until_ms=until)
        assert (copy.kind, copy.to_whom) == ("sheet", str(stall.party))
    assert ledger.copies.holding({elsewhere.seq: [0]}, until_ms=until) == []


def test_the_sheet_of_one_party_is_nobody_elses(farm: Visitor, public: Visitor, sheet: int) -> None:
    assert farm.open(f"/my/duty/{sheet}.pdf").status == 404
    assert public.open(f"/my/duty/{sheet}.pdf").status == 401
