"""A clerk sends a sheet: what is wrong is told by its cell, nothing is recorded by halves, and what is sent again is recorded once."""

from __future__ import annotations

import html
import io
import json
import threading
import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING, TypeVar

import pytest
from python_calamine import CalamineWorkbook

from api.sheets.jobs import Jobs
from api.sheets.kinds import KINDS
from ledger.keys import Ed25519Signer
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.parties import Party, Product
from ledger.vocabulary.said import Said
from tests.support.server import HOUR_MS, enrol_party
from tests.support.workbooks import (
    BATCH_HEADINGS,
    SHIPMENT_HEADINGS,
    batch_row,
    batches,
    workbook,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from ledger.identifiers import GoodsId
    from ledger.service import Ledger
    from ledger.statement import Statement
    from tests.integration.pages.browsing import Page, Visitor
    from tests.support.server import Client, Clock, Enrolled
    from tests.support.workbooks import Value

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAY = date(2026, 11, 13)
#: Of nobody; its check character is right.
CREDIT_CODE = "92320900DEM003995Y"
_Said = TypeVar("_Said", bound=Said)


def sent(
    client: Client, who: Enrolled, kind: str, content: bytes, *, query: str = "", media: str = XLSX
) -> httpx.Response:
    return client.send(
        "POST",
        f"/api/v1/sheets/{kind}{query}",
        content=content,
        headers={"content-type": media, "accept-language": "zh"},
        key=who.key,
    )


def numbers(answer: httpx.Response) -> tuple[int, int, int, int, int]:
    """Documents that are new, stood before, differ, are put right; records that were made."""
    facts = answer.json().get("sheet", answer.json())
    return tuple(facts[name] for name in ("new", "before", "changed", "corrected", "recorded"))


def cells(answer: httpx.Response) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    facts = answer.json().get("sheet", answer.json())
    return [(one["field"], one["name"]) for one in facts["cells"] if not one["gap"]]


def posted(visitor: Visitor, kind: str, content: bytes) -> Page:
    """Send a sheet by its page; the page of the result."""
    address = f"/my/sheets/{kind}"
    return settled(
        visitor, visitor.submit(visitor.open(address), address, files={"file": ("a.xlsx", content, XLSX)})
    )


def settled(visitor: Visitor, page: Page) -> Page:
    """The page once the work is done: opened again for as long as it asks for that, as a browser would."""
    quiet = threading.Event()
    for _ in range(600):
        if "refresh" not in page.answer.headers:
            break
        quiet.wait(0.1)
        page = visitor.open(page.path)
    return page


def said_last(ledger: Ledger, kind: type[_Said]) -> _Said:
    """What the newest record of this type says."""
    with ledger.book() as book:
        newest = max(one.seq for one in book.mentions([f"type/{kind.TYPE}"]))
        said = book.records([newest])[newest].said
    assert isinstance(said, kind)
    return said


def lots_of(ledger: Ledger) -> dict[str, GoodsId]:
    """The goods that stand, by their names."""
    with ledger.book() as book:
        records = book.about("type/batch.v1")
        return {
            said.name: said.goods
            for one in records
            if isinstance(said := one.said, Batch) and one.superseded_by is None
        }


def batches_of(ledger: Ledger) -> list[Batch]:
    """Every batch that was recorded."""
    with ledger.book() as book:
        return [one.said for one in book.about("type/batch.v1") if isinstance(one.said, Batch)]


def shipments(*rows: Sequence[Value]) -> bytes:
    return workbook([SHIPMENT_HEADINGS, *rows])


@pytest.fixture
def jobs(ledger: Ledger) -> Jobs:
    return Jobs(ledger)


# Templates


@pytest.mark.parametrize("kind", KINDS)
def test_each_template_is_a_sheet_that_can_be_sent_back_as_it_is(
    kind: str, client: Client, co_op: Enrolled
) -> None:
    for language in ("zh", "en"):
        taken = client.get(
            f"/my/sheets/{kind}.xlsx?category=pork", key=co_op.key, headers={"accept-language": language}
        )
        assert taken.status_code == 200, taken.text[:300]
        assert taken.headers["content-disposition"].startswith(f'attachment; filename="{kind}')
        answer = sent(client, co_op, kind, taken.content, query="?dry_run=true")
        assert [one["name"] for one in answer.json()["refused"]] == ["SheetEmpty"], answer.text[:500]


def test_a_template_offers_lists_formats_codes_as_text_and_explains_each_column(
    client: Client, co_op: Enrolled
) -> None:
    taken = client.get(
        "/my/sheets/batches.xlsx?category=pesticide", key=co_op.key, headers={"accept-language": "zh"}
    ).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(taken))
    explained = book.get_sheet_by_name("填写说明").to_python()
    heading = next(number for number, row in enumerate(explained) if "法规条款" in row)
    laws = {row[0]: row[5] for row in explained[heading + 1 :]}
    assert str(laws["批准/登记证号"]).startswith("农药管理条例")
    with zipfile.ZipFile(io.BytesIO(taken)) as archive:
        sheet, styles = archive.read("xl/worksheets/sheet1.xml"), archive.read("xl/styles.xml")
    assert sheet.count(b"<dataValidation ") >= 5
    # 49 is "@", text: no zero goes from the front of a batch number.
    assert b'numFmtId="49"' in styles


# Sheets that are right


def test_a_sheet_is_checked_without_writing_and_then_recorded(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    size = ledger.size()
    tried = sent(client, co_op, "batches", batches(3), query="?dry_run=true")
    assert (tried.status_code, numbers(tried)) == (200, (3, 0, 0, 0, 0))
    assert ledger.size() == size
    made = sent(client, co_op, "batches", batches(3))
    assert (made.status_code, numbers(made)) == (201, (3, 0, 0, 0, 3))
    assert ledger.size() == size + 3
    said = [ledger.stored(size + place).header.occurred_at for place in range(3)]
    assert {str(one) for one in said} == {"2026-11-13T00:00:00+08:00"}


def test_the_same_sheet_again_records_nothing_and_a_changed_one_says_exactly_what_changed(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    sent(client, co_op, "batches", batches(4))
    size = ledger.size()
    again = sent(client, co_op, "batches", batches(4))
    assert (again.status_code, numbers(again)) == (200, (0, 4, 0, 0, 0))
    rows = [BATCH_HEADINGS, *(batch_row(f"JC-{number}") for number in range(3)), batch_row("JC-3", 999)]
    changed = sent(client, co_op, "batches", workbook([*rows, batch_row("JC-NEW")]))
    assert (changed.status_code, numbers(changed)) == (422, (1, 3, 1, 0, 0))
    assert cells(changed) == [("D5", "ChangedSince")]
    told = changed.json()["errors"][0]
    assert (told["came"], told["expected"][:8]) == ("999 KGM", "1200 KGM")
    assert "更正" in told["expected"]
    assert ledger.size() == size


def test_a_row_that_says_so_puts_the_earlier_record_right_and_only_once(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    sent(client, co_op, "batches", batches(2))
    right = workbook([(*BATCH_HEADINGS, "更正"), [*batch_row("JC-0", 999), "是"], [*batch_row("JC-1"), None]])
    made = sent(client, co_op, "batches", right)
    assert (made.status_code, numbers(made)) == (201, (0, 1, 0, 1, 1))
    header = ledger.stored(ledger.size() - 1).header
    assert header.corrects is not None
    assert numbers(sent(client, co_op, "batches", right)) == (0, 2, 0, 0, 0)
    # The first form of the sheet now differs from what stands.
    assert numbers(sent(client, co_op, "batches", batches(2))) == (0, 1, 1, 0, 0)


def test_what_nobody_recorded_cannot_be_put_right(client: Client, co_op: Enrolled) -> None:
    content = workbook([(*BATCH_HEADINGS, "更正"), [*batch_row("JC-0"), "是"]])
    assert cells(sent(client, co_op, "batches", content)) == [("H2", "NothingToPutRight")]


def test_a_name_or_a_code_that_was_wrong_is_put_right_and_no_second_record_is_made(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    """Of a row whose number is made of its name: the record is found by what stayed."""
    heads = (*BATCH_HEADINGS, "更正")
    sent(client, co_op, "batches", workbook([heads, [*batch_row("TY-1", name="韭莱"), None]]))
    goods = said_last(ledger, Batch).goods
    right = workbook([heads, [*batch_row("TY-1"), "是"]])
    assert numbers(sent(client, co_op, "batches", right)) == (0, 0, 0, 1, 1)
    assert (said_last(ledger, Batch).name, said_last(ledger, Batch).goods) == ("韭菜", goods)
    assert numbers(sent(client, co_op, "batches", right)) == (0, 1, 0, 0, 0)
    # Two goods may bear one number: which of them is meant nobody can tell.
    sent(client, co_op, "batches", workbook([BATCH_HEADINGS, batch_row("TY-1", name="菠菜")]))
    unclear = workbook([heads, [*batch_row("TY-1", name="芹菜"), "是"]])
    assert cells(sent(client, co_op, "batches", unclear)) == [("H2", "NothingToPutRight")]

    parties = ("名称", "主体类型", "地址", "统一社会信用代码", "更正")
    sent(client, co_op, "parties", workbook([parties, ("某食堂（演示）", "公司", "一号路", None, None)]))
    party = said_last(ledger, Party).party
    moved = workbook([parties, ("某食堂（演示）", "公司", "二号路", CREDIT_CODE, "是")])
    assert numbers(sent(client, co_op, "parties", moved)) == (0, 0, 0, 1, 1)
    assert (said_last(ledger, Party).party, said_last(ledger, Party).address) == (party, "二号路")

    products = ("名称", "类别", "gtin", "更正")
    sent(client, co_op, "products", workbook([products, ("饼干（演示）", "预包装食品", None, None)]))
    product = said_last(ledger, Product).product
    coded = workbook([products, ("饼干（演示）", "预包装食品", "6901234567892", "是")])
    assert numbers(sent(client, co_op, "products", coded)) == (0, 0, 0, 1, 1)
    assert said_last(ledger, Product).product == product

    licences = ("证件类型", "证号", "有效期起", "有效期至", "更正")
    row = ("食品经营许可证", "JY1320682")
    sent(client, co_op, "licences", workbook([licences, (*row, None, date(2031, 1, 1), None)]))
    begun = workbook([licences, (*row, DAY, date(2031, 1, 1), "是")])
    assert numbers(sent(client, co_op, "licences", begun)) == (0, 0, 0, 1, 1)


def test_a_line_put_between_the_lines_of_a_delivery_renames_none_of_them(
    client: Client, ledger: Ledger, stall: Enrolled
) -> None:
    heads = ("单号", "进货日期", "供货者", "主体类型", "品名", "类别", "数量", "单位", "更正")

    def delivery(*goods: tuple[str, int], right: bool = False) -> bytes:
        rows = [
            (
                "JH-9",
                DAY,
                "搬经镇李某（演示）",
                "农户",
                name,
                "食用农产品",
                count,
                "公斤",
                "是" if right else None,
            )
            for name, count in goods
        ]
        return workbook([heads, *rows])

    sent(client, stall, "deliveries", delivery(("生姜", 30), ("大蒜", 20)))
    lots = lots_of(ledger)
    told = sent(client, stall, "deliveries", delivery(("生姜", 30), ("辣椒", 5), ("大蒜", 20)))
    assert (told.status_code, lots_of(ledger)) == (422, lots)
    made = sent(client, stall, "deliveries", delivery(("生姜", 30), ("辣椒", 5), ("大蒜", 20), right=True))
    assert made.status_code == 201, made.text
    after = lots_of(ledger)
    assert {name: after[name] for name in lots} == lots
    assert set(after) == {"生姜", "大蒜", "辣椒"}
    # One that was written wrongly stays the lot that it is.
    again = sent(client, stall, "deliveries", delivery(("生姜", 30), ("尖椒", 5), ("大蒜", 20), right=True))
    assert again.status_code == 201, again.text
    assert lots_of(ledger)["尖椒"] == after["辣椒"]


def test_what_differs_from_the_record_is_told_in_the_cell_of_its_own_line(
    client: Client, co_op: Enrolled, stall: Enrolled
) -> None:
    sent(client, co_op, "batches", batches(2))

    def slip(second: int) -> bytes:
        to = str(stall.party)
        return shipments(("S-1", DAY, to, "JC-0", 10, "公斤"), ("S-1", DAY, to, "JC-1", second, "公斤"))

    sent(client, co_op, "shipments", slip(5))
    told = sent(client, co_op, "shipments", slip(6))
    assert cells(told) == [("E3", "ChangedSince")]
    error = told.json()["errors"][0]
    assert (error["came"], error["expected"][:5]) == ("6 KGM", "5 KGM")


def test_a_credit_code_of_somebody_else_is_told_beside_the_name(
    client: Client, ledger: Ledger, stall: Enrolled
) -> None:
    heads = ("单号", "进货日期", "供货者", "主体类型", "统一社会信用代码", "品名", "类别", "数量", "单位")
    goods, code = ("韭菜", "食用农产品", 3, "公斤"), CREDIT_CODE
    first = ("JH-1", DAY, "乙供货商（演示）", "公司", code, *goods)
    assert sent(client, stall, "deliveries", workbook([heads, first])).status_code == 201
    size = ledger.size()
    other = ("JH-2", DAY, "丙公司（演示）", "公司", code, *goods)
    told = sent(client, stall, "deliveries", workbook([heads, other]))
    assert cells(told) == [("C2", "Malformed")]
    assert "乙供货商（演示）" in told.text
    assert ledger.size() == size


@pytest.mark.parametrize(("changed", "cell"), [({"kind": "公司"}, "D"), ({"phone": "139-0000-0002"}, "E")])
def test_what_a_delivery_says_of_its_supplier_is_told_where_its_sheet_says_otherwise(
    client: Client, ledger: Ledger, stall: Enrolled, changed: dict[str, str], cell: str
) -> None:
    heads = ("单号", "进货日期", "供货者", "主体类型", "电话", "品名", "类别", "数量", "单位")

    def row(number: str, kind: str = "农户", phone: str = "139-0000-0001") -> tuple[Value, ...]:
        return (number, DAY, "搬经镇李某（演示）", kind, phone, "韭菜", "食用农产品", 3, "公斤")

    # Both in one sheet, and the second in a sheet of its own.
    both = sent(client, stall, "deliveries", workbook([heads, row("JH-1"), row("JH-2", **changed)]))
    assert cells(both) == [(f"{cell}3", "Malformed")]
    assert sent(client, stall, "deliveries", workbook([heads, row("JH-1")])).status_code == 201
    size = ledger.size()
    later = sent(client, stall, "deliveries", workbook([heads, row("JH-2", **changed)]))
    assert cells(later) == [(f"{cell}2", "Malformed")]
    assert ledger.size() == size
    assert sent(client, stall, "deliveries", workbook([heads, row("JH-2")])).status_code == 201


def test_a_supplier_called_in_two_ways_has_one_file_of_a_day(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    sent(client, co_op, "parties", workbook([("名称", "主体类型"), ("某食堂（演示）", "公司")]))
    size, number = ledger.size(), str(said_last(ledger, Party).party)
    heads = ("供货者", "建档日期", "证件名称", "证号")
    rows = [(one, DAY, "营业执照", "9132") for one in ("某食堂（演示）", number)]
    told = sent(client, co_op, "supplier-files", workbook([heads, *rows]))
    assert cells(told) == [("A3", "RowTwice")]
    assert ledger.size() == size


def test_a_cell_under_no_heading_is_told_and_lost_by_nobody(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    size = ledger.size()
    text = "品名,类别,批号,数量,单位,产地\n韭菜,食用农产品,R-4,12,公斤,江苏省如皋市,搬经镇\n,,,,,,备注\n"
    told = sent(client, co_op, "batches", text.encode(), media="text/csv")
    assert cells(told)[0] == ("G2", "NoHeading")
    assert ("G3", "NoHeading") in cells(told)
    noted = workbook([BATCH_HEADINGS, [*batch_row("R-5"), "备注"]])
    assert cells(sent(client, co_op, "batches", noted)) == [("H2", "NoHeading")]
    assert ledger.size() == size


def test_a_file_that_comes_back_holds_days_and_times_as_they_came(
    farm: Visitor, client: Client, co_op: Enrolled
) -> None:
    heads = ("单号", "销售日期", "货物", "数量", "单位")
    moment = datetime.combine(DAY, time(8, 30))
    rows: list[Sequence[Value]] = [("LS-1", moment, "JC-0", 1, "公斤"), ("LS-2", 44877, "JC-0", 1, "斤")]
    page = posted(farm, "sales", workbook([heads, *rows], in_1904=True))
    marked = client.get(f"{page.path}.xlsx", key=co_op.key).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(marked)).get_sheet_by_index(0).to_python()
    assert sheet[1][1] == moment
    assert sheet[2][1] == 44877.0
    with zipfile.ZipFile(io.BytesIO(marked)) as archive:
        assert b"date1904" in archive.read("xl/workbook.xml")


def test_a_number_is_the_same_in_wide_and_in_small_letters(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    for number in ("R-1", "r-1", "Ｒ－１"):
        sent(client, co_op, "batches", workbook([BATCH_HEADINGS, batch_row(number)]))
    assert len(lots_of(ledger)) == len([one for one in batches_of(ledger) if one.name == "韭菜"]) == 1
    for number in ("s-1", "S-1", "ｓ－１"):
        row = (number, DAY, str(stall.party), "R-1", 5, "公斤")
        answer = sent(
            client, co_op, "shipments", shipments(row), query="?dry_run=true" if number != "s-1" else ""
        )
        told = numbers(answer)
        assert told[:3] == ((1, 0, 0) if number == "s-1" else (0, 0, 1)), answer.text
    both = [(number, DAY, str(stall.party), "R-1", 5, "公斤") for number in ("S-2", "s-2")]
    assert cells(sent(client, co_op, "shipments", shipments(*both))) == [("A3", "RowsDiffer")]


def test_the_lines_of_one_slip_make_one_shipment(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    sent(client, co_op, "batches", batches(2))
    sent(client, co_op, "parties", workbook([("名称", "主体类型"), ("某食堂（演示）", "公司")]))
    size = ledger.size()
    slip = shipments(
        ("XS-1", DAY, "某食堂（演示）", "JC-0", 10, "公斤"),
        (None, None, None, "JC-1", 5, "公斤"),
        ("XS-2", DAY, str(stall.party), "JC-1", 5, "公斤"),
    )
    made = sent(client, co_op, "shipments", slip)
    assert (made.status_code, numbers(made)[0], ledger.size()) == (201, 2, size + 2), made.text
    assert numbers(sent(client, co_op, "shipments", slip))[:2] == (0, 2)


def test_a_delivery_from_a_farmer_is_declared_registered_received_and_checked(
    client: Client, ledger: Ledger, stall: Enrolled
) -> None:
    heads = (
        "单号",
        "进货日期",
        "供货者",
        "主体类型",
        "电话",
        "品名",
        "类别",
        "数量",
        "单位",
        "单证",
        "凭证类型",
    )
    first = (
        "JH-1",
        DAY,
        "搬经镇李某（演示）",
        "农户",
        "139-0000-0001",
        "韭菜",
        "食用农产品",
        30,
        "公斤",
        "齐全",
        "收据",
    )
    again = (
        "JH-2",
        DAY,
        "搬经镇李某（演示）",
        "农户",
        "139-0000-0001",
        "生姜",
        "食用农产品",
        8,
        "公斤",
        None,
        None,
    )
    size = ledger.size()
    made = sent(client, stall, "deliveries", workbook([heads, first, again]))
    types = [ledger.stored(one).header.type for one in range(size, ledger.size())]
    assert types == [
        *("party.v1", "batch.v1", "receipt.v1", "supplier_check.v1", "voucher.v1"),
        *("batch.v1", "receipt.v1", "supplier_check.v1"),
    ], made.text
    assert numbers(sent(client, stall, "deliveries", workbook([heads, first, again])))[:2] == (0, 2)


@pytest.mark.parametrize(
    ("kind", "headings", "row"),
    [
        (
            "products",
            ("名称", "类别", "规格", "保质期（天）"),
            ("苏打饼干（演示）", "预包装食品", "400 克/袋", 180),
        ),
        (
            "licences",
            ("证件类型", "证号", "有效期起", "有效期至"),
            ("食品经营许可证", "JY1320682", DAY, "2031年11月12日"),
        ),
        ("parties", ("Name", "Kind", "Phone"), ("某批发部（演示）", "individual business", "139-0000-0001")),
    ],
)
def test_the_other_sheets_are_recorded_as_well(
    kind: str, headings: Sequence[str], row: Sequence[Value], client: Client, co_op: Enrolled
) -> None:
    made = sent(client, co_op, kind, workbook([headings, row]))
    assert (made.status_code, numbers(made)) == (201, (1, 0, 0, 0, 1)), made.text
    assert numbers(sent(client, co_op, kind, workbook([headings, row])))[:2] == (0, 1)


def test_files_sales_and_processing_are_recorded_by_document(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    sent(client, co_op, "batches", batches(3))
    papers = workbook(
        [
            ("供货者", "建档日期", "证件名称", "证号", "有效期至"),
            (str(stall.party), DAY, "营业执照", "9132", None),
            (None, None, "食品经营许可证", "JY1", date(2030, 1, 1)),
        ]
    )
    sale = workbook(
        [
            ("单号", "销售日期", "货物", "数量", "单位"),
            ("LS-1", DAY, "JC-0", 1, "公斤"),
            ("LS-1", DAY, "JC-1", 1, "公斤"),
        ]
    )
    process = workbook(
        [
            ("单号", "加工日期", "工序", "投入或产出", "货物", "数量", "单位"),
            ("SC-1", DAY, "分装", "投入", "JC-0", 10, "公斤"),
            ("SC-1", DAY, "分装", "主产品", "JC-2", 9, "公斤"),
        ]
    )
    for kind, content in (("supplier-files", papers), ("sales", sale), ("transformations", process)):
        size = ledger.size()
        made = sent(client, co_op, kind, content)
        assert (made.status_code, ledger.size() - size) == (201, 1), made.text
        assert numbers(sent(client, co_op, kind, content))[:2] == (0, 1)


def test_a_csv_in_the_encoding_of_chinese_excel_is_taken(client: Client, co_op: Enrolled) -> None:
    text = '品名,类别,批号,数量,单位\r\n韭菜,食用农产品,JC-9,"1,200",公斤\r\n'
    made = sent(client, co_op, "batches", text.encode("gb18030"), media="text/csv; charset=gb18030")
    assert made.status_code == 201, made.text


# Sheets that are wrong


def test_each_fault_is_told_by_its_cell_and_a_bad_sheet_writes_nothing(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    rows: list[Sequence[Value]] = [
        BATCH_HEADINGS,
        batch_row("JC-1", produced_on="1/2/2026"),
        batch_row("JC-2", unit="斤"),
        batch_row("JC-3", "十二"),
        batch_row("JC-4", category="猫"),
        batch_row("JC-5", produced_on=date(2027, 1, 1)),
        batch_row("JC-1"),
        batch_row("JC-6", origin="长" * 101),
        batch_row("JC-7", 0),
    ]
    content = workbook(rows, also=lambda sheet: sheet.write_formula(9, 3, "=SUM(D2:D9)", None, 7))
    size = ledger.size()
    for query in ("?dry_run=true", ""):
        answer = sent(client, co_op, "batches", content, query=query)
        assert cells(answer) == [
            ("F2", "AmbiguousDate"),
            ("E3", "NotOfTheList"),
            ("D4", "NotANumber"),
            ("B5", "UnknownName"),
            ("F6", "NotYetHappened"),
            ("C7", "RowTwice"),
            ("G8", "TooLarge"),
            ("D9", "NotANumber"),
            ("D10", "FormulaInCell"),
            ("A10", "Empty"),
            ("B10", "Empty"),
            ("C10", "Empty"),
        ], answer.text
    assert answer.status_code == 422
    assert ledger.size() == size


def test_a_slip_that_is_torn_apart_or_says_two_things_is_told(
    client: Client, co_op: Enrolled, stall: Enrolled
) -> None:
    sent(client, co_op, "batches", batches(1))
    to = str(stall.party)
    answer = sent(
        client,
        co_op,
        "shipments",
        shipments(
            ("XS-1", DAY, to, "JC-0", 1, "公斤"),
            ("XS-1", date(2026, 11, 12), to, "JC-0", 1, "公斤"),
            ("XS-2", DAY, "没有这一家", "JC-404", 1, "公斤"),
            ("XS-1", DAY, to, "JC-0", 1, "公斤"),
        ),
    )
    assert cells(answer) == [
        ("B3", "RowsDiffer"),
        ("C4", "UnknownName"),
        ("D4", "UnknownName"),
        ("A5", "DocumentTwice"),
    ], answer.text


def test_goods_that_are_held_are_told_by_their_cell(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    sent(client, co_op, "batches", batches(2))
    said = next(one for one in _said(ledger, ledger.size() - 1) if isinstance(one, Batch))
    ledger.say(co_op.party, Hold(action="hold", goods=(said.goods,), at=co_op.party, reason="自查"))
    row = ("XS-1", DAY, str(stall.party), "JC-1", 1, "公斤")
    assert cells(sent(client, co_op, "shipments", shipments(row))) == [("D2", "Blocked")]


def _said(ledger: Ledger, seq: int) -> list[object]:
    with ledger.book() as book:
        return [book.records([seq])[seq].said]


@pytest.mark.parametrize(
    ("content", "name", "field"),
    [
        (workbook([("品名", "单价"), ("韭菜", 3)]), "UnknownColumn", "B1"),
        (workbook([("品名", "类别"), ("韭菜", "猪肉")], also=lambda sheet: sheet.merge_range(3, 0, 4, 1, "x")), "MergedCells", "sheet"),
        (workbook([["品名"], *([number] for number in range(20_001))]), "TooManyRows", "sheet"),
        (b"\x89PNG\r\n\x1a\n\0", "NotASheet", "sheet"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_of_ours_is_refused_by_name_in_both_languages(
    content: bytes, name: str, field: str, client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    size = ledger.size()
    answer = sent(client, co_op, "batches", content)
    assert answer.status_code == 422
    assert (answer.json()["name"], answer.json()["field"]) == (name, field)
    english = client.send(
        "POST",
        "/api/v1/sheets/batches",
        content=content,
        headers={"content-type": XLSX, "accept-language": "en"},
        key=co_op.key,
    )
    assert english.json()["expected"] != answer.json()["expected"]
    assert ledger.size() == size


def test_what_the_law_asks_for_and_is_empty_is_shown_and_stops_nothing(
    client: Client, co_op: Enrolled
) -> None:
    content = workbook([BATCH_HEADINGS, batch_row("JC-1", produced_on=None)])
    tried = sent(client, co_op, "batches", content, query="?dry_run=true").json()
    assert [(one["field"], one["name"], one["gap"]) for one in tried["cells"]] == [("F2", "LawAsks", True)]
    assert "农产品质量安全法 27" in tried["cells"][0]["expected"]
    assert sent(client, co_op, "batches", content).status_code == 201


# Pages


def test_a_bad_sheet_comes_back_with_its_faults_in_the_cells_and_is_taken_once_mended(
    farm: Visitor, client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    rows: list[Sequence[Value]] = [BATCH_HEADINGS, batch_row("JC-1"), batch_row("=1", unit="斤")]
    page = posted(farm, "batches", workbook(rows))
    assert "E3" in page.text
    assert "不在选项里" in page.text
    assert all(form.method == "get" for form in page.read.forms)
    marked = client.get(f"{page.path}.xlsx", key=co_op.key).content
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(marked)).get_sheet_by_index(0).to_python()
    assert sheet[0][-1] == "有什么不对"
    assert sheet[1] == ["韭菜", "食用农产品", "JC-1", 1200.0, "公斤", DAY, "江苏如皋", ""]
    assert str(sheet[2][-1]).startswith("批号：单元格里是公式")
    assert "斤" in str(sheet[2][-1])
    with zipfile.ZipFile(io.BytesIO(marked)) as archive:
        assert "不在选项里" in archive.read("xl/comments1.xml").decode()
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    # Mended in the very file that came back, with its added column.
    mended: list[list[Value]] = [
        [one if isinstance(one, (str, float, date)) else str(one) for one in row] for row in sheet
    ]
    mended[2][2], mended[2][4] = "JC-2", "公斤"
    size = ledger.size()
    page = posted(farm, "batches", workbook(mended))
    assert "没有错误，可以入账" in page.text
    assert ledger.size() == size
    assert "新入账 2 条记录" in settled(farm, farm.submit(page, page.path)).text
    assert ledger.size() == size + 2


def test_a_page_at_work_asks_again_by_itself_and_is_found_in_the_list(
    farm: Visitor, client: Client, co_op: Enrolled, ledger: Ledger
) -> None:
    page = posted(farm, "batches", batches(2))
    assert page.path in farm.open("/my/sheets").read.links
    # Somebody else was at work on it a moment ago: this page waits for him.
    Jobs(ledger)._rows.add(co_op.party, "1" * 32, "batches", batches(2), holder=None)
    waiting = client.get(f"/my/sheets/jobs/{'1' * 32}", key=co_op.key, headers={"accept-language": "zh"})
    assert waiting.headers["refresh"] == "2"
    assert "正在检查" in waiting.text


def test_a_sheet_of_somebody_else_is_not_there(farm: Visitor, trader: Visitor) -> None:
    page = posted(farm, "batches", batches(1))
    assert trader.open(page.path).status == 404
    assert farm.open(page.path).status == 200


def test_a_form_without_a_file_says_so_beside_the_field(farm: Visitor) -> None:
    page = posted(farm, "batches", b"")
    assert page.status == 422
    assert 'id="file-why"' in page.html


def test_a_party_that_signs_for_itself_is_handed_what_it_is_to_sign_and_nothing_is_recorded(
    client: Client, ledger: Ledger
) -> None:
    own = enrol_party(ledger, "自签示例公司（演示）", signer=Ed25519Signer.generate())
    headers = {"accept": "text/html", "authorization": f"Bearer {own.key}"}
    size = ledger.size()

    def send(content: bytes) -> httpx.Response:
        sent_ = client.send(
            "POST", "/my/sheets/batches", files={"file": ("a.xlsx", content, XLSX)}, headers=headers
        )
        return client.send("POST", sent_.headers["location"], headers=headers, data={"go": "1"})

    handed = send(batches(3))
    assert handed.status_code == 200
    assert handed.text.count("JC-") >= 3
    drafts = _drafts_in(handed.text)
    assert isinstance(drafts, dict)
    assert len(drafts["statements"]) == 3
    many = send(batches(101))
    assert (many.status_code, "100" in many.text) == (422, True)
    assert sent(client, own, "batches", batches(3)).status_code == 403
    assert ledger.size() == size


def _drafts_in(page: str) -> object:
    """What the browser is to sign, as it stands in the page."""
    text = html.unescape(page)
    return json.JSONDecoder().raw_decode(text, text.index('{"statements"'))[0]


# Long work


class Broken(Exception):
    """The machine stops here."""


def test_a_long_sheet_is_recorded_in_steps_and_goes_on_where_a_crash_broke_it_off(
    client: Client,
    ledger: Ledger,
    co_op: Enrolled,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = Jobs(ledger, step_max=10)
    name = first.add(co_op.party, "batches", batches(35))
    first.wait(name, 30)
    size, record, calls = ledger.size(), ledger.recorder.record, list[int]()

    def failing(statements: Sequence[Statement]) -> object:
        calls.append(len(statements))
        if len(calls) == 3:
            # It fails after succeeding: the step is in the log, and nobody was told.
            record(statements)
            raise Broken
        return record(statements)

    monkeypatch.setattr(ledger.recorder, "record", failing)
    first.record(co_op.party, name)
    first.wait(name, 30)
    assert calls == [10, 10, 10]
    assert ledger.size() == size + 30
    monkeypatch.undo()
    # Another process, later: the first one has been quiet for long. Whoever opens the page sets it going again.
    later = Jobs(ledger, step_max=10, clock=lambda: 2 * 10**13)
    found = later.find(co_op.party, name)
    assert (found.state, found.planned) == ("recording", 35)
    later.wait(name, 30)
    done = later.find(co_op.party, name)
    assert (done.state, done.report.recorded, done.report.stopped) == ("recorded", 35, [])
    assert ledger.size() == size + 35
    assert numbers(sent(client, co_op, "batches", batches(35)))[:2] == (0, 35)


def test_a_step_that_is_refused_stops_the_work_and_says_how_much_is_in(
    ledger: Ledger, co_op: Enrolled, stall: Enrolled, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(client, co_op, "batches", batches(30))
    rows = [(f"XS-{number}", DAY, str(stall.party), f"JC-{number}", 1, "公斤") for number in range(30)]
    jobs = Jobs(ledger, step_max=10)
    name = jobs.add(co_op.party, "shipments", shipments(*rows))
    jobs.wait(name, 30)
    with ledger.book() as book:
        last = next(
            one.said
            for one in book.records(range(book.size)).values()
            if isinstance(one.said, Batch) and str(one.said.batch_number) == "JC-25"
        )
    size, record, calls = ledger.size(), ledger.recorder.record, list[int]()

    def meanwhile(statements: Sequence[Statement]) -> object:
        calls.append(len(statements))
        if len(calls) == 2:
            monkeypatch.undo()
            ledger.say(co_op.party, Hold(action="hold", goods=(last.goods,), at=co_op.party, reason="自查"))
        return record(statements)

    monkeypatch.setattr(ledger.recorder, "record", meanwhile)
    jobs.record(co_op.party, name)
    jobs.wait(name, 30)
    stopped = jobs.find(co_op.party, name)
    assert (stopped.state, stopped.report.recorded, stopped.planned) == ("stopped", 20, 30)
    assert [one.name for one in stopped.report.stopped] == ["Blocked"]
    assert ledger.size() == size + 21


def test_a_short_sheet_that_is_refused_while_recording_records_nothing(
    ledger: Ledger, co_op: Enrolled, stall: Enrolled, client: Client
) -> None:
    sent(client, co_op, "batches", batches(2))
    jobs = Jobs(ledger)
    rows = [(f"XS-{number}", DAY, str(stall.party), f"JC-{number}", 1, "公斤") for number in range(2)]
    name = jobs.add(co_op.party, "shipments", shipments(*rows))
    jobs.wait(name, 30)
    said = next(one for one in _said(ledger, ledger.size() - 1) if isinstance(one, Batch))
    ledger.say(co_op.party, Hold(action="hold", goods=(said.goods,), at=co_op.party, reason="自查"))
    size = ledger.size()
    jobs.record(co_op.party, name)
    jobs.wait(name, 30)
    found = jobs.find(co_op.party, name)
    assert (found.state, found.report.good, [one.cell for one in found.report.shown]) == (
        "checked",
        False,
        ["D3"],
    )
    assert ledger.size() == size


def test_work_that_breaks_off_again_and_again_is_given_up_and_says_so(
    ledger: Ledger, co_op: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(ledger)
    name = jobs.add(co_op.party, "batches", batches(2))
    jobs.wait(name, 30)

    def broken(_: object) -> object:
        raise Broken

    monkeypatch.setattr(ledger.recorder, "record", broken)
    jobs.record(co_op.party, name)
    for _ in range(8):
        jobs.wait(name, 30)
        jobs.find(co_op.party, name)
    jobs.wait(name, 30)
    given_up = jobs.find(co_op.party, name)
    assert given_up.state == "stopped"
    assert [one.name for one in given_up.report.stopped] == ["ServerTrouble"]


def test_a_server_that_starts_goes_on_with_what_was_left(ledger: Ledger, co_op: Enrolled) -> None:
    stopped = Jobs(ledger, clock=lambda: 0)
    # Taken in, and the process ends before anybody begins.
    stopped._rows.add(co_op.party, "a" * 32, "batches", batches(2), holder=None)
    started = Jobs(ledger)
    assert started.resume() == 1
    started.wait("a" * 32, 30)
    assert started.find(co_op.party, "a" * 32).state == "checked"
    assert started.resume() == 0


def test_a_sheet_is_kept_for_a_week_and_its_file_goes_once_it_is_recorded(
    ledger: Ledger, co_op: Enrolled, clock: Clock
) -> None:
    jobs = Jobs(ledger)
    name = jobs.add(co_op.party, "batches", batches(1))
    jobs.wait(name, 30)
    row = jobs._rows.row(name)
    assert row is not None
    assert row.file
    assert "韭菜".encode() not in bytes(row.file)
    jobs.record(co_op.party, name)
    jobs.wait(name, 30)
    row = jobs._rows.row(name)
    assert row is not None
    assert (row.state, row.file) == ("recorded", b"")
    clock.ms += 7 * 24 * HOUR_MS
    jobs.wait(jobs.add(co_op.party, "batches", batches(1)), 30)
    assert len(jobs.of(co_op.party)) == 2
    clock.ms += 1
    jobs.wait(jobs.add(co_op.party, "batches", batches(1)), 30)
    assert len(jobs.of(co_op.party)) == 2
