"""Spreadsheets for tests, as people and programs make them: written with xlsxwriter, or put together wrongly on purpose."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import TYPE_CHECKING

from xlsxwriter import Workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from xlsxwriter.worksheet import Worksheet

Value = str | float | date | bool | None
BATCH_HEADINGS = ("品名", "类别", "批号", "数量", "单位", "生产/采收/屠宰日期", "产地")
SHIPMENT_HEADINGS = ("单号", "发货日期", "收货方", "货物", "数量", "单位")


def batch_row(number: str, amount: Value = 1200, **changed: Value) -> list[Value]:
    """A row of the sheet of batches."""
    row: dict[str, Value] = {
        "name": "韭菜",
        "category": "食用农产品",
        "number": number,
        "amount": amount,
        "unit": "公斤",
        "produced_on": date(2026, 11, 13),
        "origin": "江苏如皋",
    }
    return list((row | changed).values())


def workbook(
    rows: Iterable[Sequence[Value]],
    *,
    in_1904: bool = False,
    also: Callable[[Worksheet], object] = lambda _: None,
) -> bytes:
    """These rows in the first sheet; `also` does what else is to be done to it."""
    file = io.BytesIO()
    made = Workbook(file, {"date_1904": in_1904})
    sheet, day = made.add_worksheet("表一"), made.add_format({"num_format": "yyyy-mm-dd"})
    for row, values in enumerate(rows):
        for place, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, place, value)
            elif isinstance(value, bool):
                sheet.write_boolean(row, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(row, place, value, day)
            elif value is not None:
                sheet.write_number(row, place, value)
    also(sheet)
    made.close()
    return file.getvalue()


def batches(count: int, *, headings: Sequence[str] = BATCH_HEADINGS) -> bytes:
    """A sheet of so many batches."""
    return workbook([headings, *(batch_row(f"JC-{number}") for number in range(count))])


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same workbook with its parts changed."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            after.writestr(name, change(name, before.read(name)))
    return file.getvalue()
