"""Every list leaves as CSV or as a workbook, and nothing in it is worked out by the program that opens it."""

from __future__ import annotations

import asyncio
import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook

from api import tables
from api.tables import Column, Table, sheet_name, table_answer, write_table
from tests.unit.api.test_spreadsheets import FORMULAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.responses import Response
    from starlette.types import Message

    from api.tables import Cell, FileForm

COLUMNS = (
    Column("名称"),
    Column("数量", kind="number"),
    Column("日期", kind="date"),
    Column("时间", kind="time"),
)
#: 6 November 2026, 18:40 in Shanghai.
MOMENT = 1_793_961_600_000


def written(rows: Iterable[Sequence[Cell]], form: FileForm) -> bytes:
    file = io.BytesIO()
    write_table(Table("list", "清单", COLUMNS, rows), form, file)
    return file.getvalue()


async def body_of(answer: Response) -> bytes:
    """What a reader gets of it."""
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))

    await answer({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    return b"".join(parts)


def test_a_csv_says_what_it_is_and_keeps_numbers_and_dates() -> None:
    content = written(
        [("韭菜", Decimal("-12.50"), date(2026, 11, 20), MOMENT), (None, None, None, None)], "csv"
    )
    assert content.decode("utf-8-sig").splitlines() == [
        '"名称","数量","日期","时间"',
        '"韭菜","-12.50","2026-11-20","2026-11-06 18:40"',
        '"","","",""',
    ]


def test_a_workbook_has_numbers_as_numbers_and_dates_as_dates() -> None:
    content = written([("韭菜", Decimal("12.5"), date(2026, 11, 20), MOMENT)], "xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [str(one) for one in rows[1]] == ["韭菜", "12.5", "2026-11-20", "2026-11-06 18:40:00"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula(text: str) -> None:
    content = written([(text, 1, None, None)], "xlsx")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert b'quotePrefix="1"' in archive.read("xl/styles.xml")
    assert f"\"'{text[:1]}".encode() in written([(text, 1, None, None)], "csv")


def test_a_number_longer_than_a_workbook_counts_stays_whole() -> None:
    content = written([("", 12345678901234567, None, None)], "xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[1][1] == "12345678901234567"


def test_a_text_no_cell_can_hold_is_cut_and_what_no_file_can_hold_is_written_out() -> None:
    content = written([("长" * 40_000, 1, None, None), ("\ud800", 1, None, None)], "xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert len(str(rows[1][0])) == 32_767
    assert rows[2][0] == "\\ud800"
    assert b"\\ud800" in written([("\ud800", 1, None, None)], "csv")


@pytest.mark.parametrize(("rows", "sheets"), [(0, [1]), (2, [3, 1]), (3, [3, 2])])
def test_more_rows_than_a_sheet_holds_go_to_a_further_one(
    rows: int, sheets: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "SHEET_ROWS_MAX", 3)
    content = written([("a", 1, None, None)] * rows, "xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert [len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names] == sheets


def test_a_list_may_come_from_something_that_is_closed_afterwards() -> None:
    still_open = [True]

    def rows() -> Iterable[Sequence[Cell]]:
        assert still_open
        yield ("a", 1, None, None)

    answer = table_answer(Table("list", "清单", COLUMNS, rows()), "csv")
    still_open.clear()
    content = asyncio.run(body_of(answer))
    assert answer.headers["content-disposition"] == 'attachment; filename="list.csv"'
    assert content == written([("a", 1, None, None)], "csv")
    assert int(answer.headers["content-length"]) == len(content)


def test_a_sheets_name_is_one_that_the_programs_allow() -> None:
    assert sheet_name("进货/查验[2026]: a?") == "进货 查验 2026   a"
    assert sheet_name("") == "Sheet"
    assert len(sheet_name("长" * 40, number=12)) == 31
