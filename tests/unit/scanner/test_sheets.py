"""A file that somebody sent is opened in a child process: its rows come out, or a refusal that says what is wrong with it."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from xlsxwriter import Workbook

from scanner.sheets import (
    MergedCells,
    NotASheet,
    SeveralSheets,
    SheetBomb,
    SheetBroken,
    SheetEncoding,
    SheetLimits,
    SheetLocked,
    SheetOldFormat,
    TooManyColumns,
    TooManyRows,
    opened,
)
from tests.support.workbooks import batches, repacked, workbook

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from ledger.errors import Refusal
    from scanner.sheets import RawCell

SMALL = SheetLimits(rows_max=20, columns_max=10)


def rows_of(content: bytes, *, limits: SheetLimits = SMALL) -> list[tuple[int, list[RawCell]]]:
    with opened(io.BytesIO(content), limits=limits) as sheet:
        return list(sheet.rows)


def test_cells_come_with_what_they_are() -> None:
    content = workbook([["a", 0.1 + 0.2, date(2026, 11, 20), True, None, "x"]])
    assert rows_of(content) == [(1, ["a", ["n", "0.3"], ["d", "2026-11-20"], ["b", "1"], None, "x"])]


@pytest.mark.parametrize("in_1904", [False, True])
def test_a_date_is_the_same_day_whatever_its_workbook_counts_from(*, in_1904: bool) -> None:
    content = workbook([["d"], [date(2026, 11, 20)]], in_1904=in_1904)
    assert rows_of(content)[1] == (2, [["d", "2026-11-20"]])
    with opened(io.BytesIO(content)) as sheet:
        assert sheet.in_1904 == in_1904


def test_rows_and_columns_keep_their_places_where_the_table_begins_further_in() -> None:
    content = workbook([[], [None, "a"], [], [None, None, "b"]])
    assert rows_of(content) == [(2, [None, "a", None]), (4, [None, None, "b"])]


def test_a_formula_comes_as_a_formula_and_not_as_its_last_result() -> None:
    content = workbook([["a"]], also=lambda sheet: sheet.write_formula(1, 0, "=SUM(B1:B9)", None, 7))
    assert rows_of(content)[1] == (2, [["f", "=SUM(B1:B9)"]])


def test_a_long_number_loses_no_digit_that_a_workbook_keeps() -> None:
    assert rows_of(workbook([[123456789012345, 0.000001]])) == [
        (1, [["n", "123456789012345"], ["n", "0.000001"]])
    ]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ('名称,数量\r\n韭菜,"1,200"\r\n'.encode(), "utf-8"),
        ("\ufeff名称;数量\n韭菜;1,200\n".encode(), "utf-8 with its mark, semicolons"),
        ('名称,数量\r\n韭菜,"1,200"\r\n'.encode("gb18030"), "gb18030"),
        ("名称\t数量\n韭菜\t1,200\n".encode("utf-16"), "unicode text"),
    ],
)
def test_a_csv_is_read_in_the_encodings_that_people_send(content: bytes, form: str) -> None:
    assert [cells for _, cells in rows_of(content)] == [["名称", "数量"], ["韭菜", "1,200"]]


def test_as_many_rows_as_are_allowed_are_read_and_one_more_is_refused() -> None:
    assert len(rows_of(batches(20))) == 21
    with pytest.raises(TooManyRows, match="A22: 21"):
        rows_of(batches(21))
    lines = [f"a{number}\n" for number in range(21)]
    assert len(rows_of("".join(lines).encode())) == 21
    with pytest.raises(TooManyRows):
        rows_of("".join([*lines, "b\n"]).encode())


def test_a_hundred_thousand_rows_are_refused_by_their_number() -> None:
    content = workbook([["n"], *([number] for number in range(100_000))])
    with pytest.raises(TooManyRows) as refused:
        rows_of(content, limits=SheetLimits())
    assert refused.value.came == "A20002: 100000"
    assert "20000" in refused.value.expected.en


def test_something_far_away_is_told_by_its_cell() -> None:
    far = workbook([["a"]], also=lambda sheet: sheet.write_string(1_048_575, 16_383, "x"))
    with pytest.raises(TooManyRows, match="XFD1048576"):
        rows_of(far)
    wide = workbook([["a"]], also=lambda sheet: sheet.write_string(3, 16_383, "x"))
    with pytest.raises(TooManyColumns, match="XFD4"):
        rows_of(wide)
    assert rows_of(workbook([[*"abcdefghij"]]))[0][1] == [*"abcdefghij"]
    with pytest.raises(TooManyColumns, match="K1"):
        rows_of(workbook([[*"abcdefghijk"]]))


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("second", ["a", "c"])
def test_another_sheet_of_the_same_headings_is_passed_over_by_nobody(*, shown: bool, second: str) -> None:
    file = io.BytesIO()
    made = Workbook(file)
    for title, first in (("10月", "a"), ("11月", second)):
        sheet = made.add_worksheet(title)
        for row, values in enumerate(((first, "b"), ("1", "2"))):
            for place, value in enumerate(values):
                sheet.write_string(row, place, value)
        if title == "11月" and not shown:
            sheet.hide()
    made.close()
    if shown and second == "a":
        with pytest.raises(SeveralSheets, match="11月"):
            rows_of(file.getvalue())
    else:
        assert rows_of(file.getvalue()) == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_merged_cells_are_told_by_their_range() -> None:
    content = workbook([["a", "b"]], also=lambda sheet: sheet.merge_range(1, 0, 2, 1, "x"))
    with pytest.raises(MergedCells, match="A2:B3"):
        rows_of(content)


def test_an_archive_that_unfolds_into_too_much_is_refused_before_it_is_unfolded() -> None:
    def grown(name: str, part: bytes) -> bytes:
        return part + b" " * (300 * 1024 * 1024) if name.endswith("sheet1.xml") else part

    content = repacked(workbook([["a"]]), grown)
    assert len(content) < 1024 * 1024
    with pytest.raises(SheetBomb, match="at most 256 MB"):
        rows_of(content, limits=SheetLimits())


def test_entities_that_unfold_into_others_are_not_read() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

    def laughing(name: str, part: bytes) -> bytes:
        head, mark, rest = part.partition(b"?>")
        return head + mark + laughs + rest if name.endswith("sheet1.xml") else part

    with pytest.raises(SheetBomb, match="DOCTYPE"):
        rows_of(repacked(workbook([["a"]]), laughing))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", NotASheet),
        (b"", NotASheet),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, SheetOldFormat),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), SheetLocked),
        (workbook([["a"]])[:500], SheetBroken),
        (b'a,"b\nc', SheetBroken),
        (b"\xff\xfe\x00\xd8", SheetEncoding),
        (
            repacked(workbook([["a"]]), lambda name, part: b"<" if name.endswith("workbook.xml") else part),
            SheetBroken,
        ),
    ],
)
def test_what_is_no_sheet_is_told_what_it_is(content: bytes, kind: type[Refusal]) -> None:
    with pytest.raises(kind) as refused:
        rows_of(content)
    assert refused.value.in_language("zh") != refused.value.in_language("en")


def unreferenced(name: str, part: bytes) -> bytes:
    """A sheet whose cells do not say where they stand, as programs write them that stream."""
    return re.sub(rb' r="[A-Z]+[0-9]+"', b"", part) if name.endswith("sheet1.xml") else part


def test_formulas_that_nobody_worked_out_are_rows_below_the_last_value_too() -> None:
    def without_results(name: str, part: bytes) -> bytes:
        return part.replace(b"<v>0</v>", b"") if name.endswith("sheet1.xml") else part

    def write(sheet: Worksheet) -> None:
        sheet.write_formula(1, 0, "=A1")
        sheet.write_formula(3, 2, "=B1*2")

    content = repacked(workbook([["a", "b", "c"]], also=write), without_results)
    assert rows_of(content)[1:] == [(2, [["f", "=A1"]]), (4, [None, None, ["f", "=B1*2"]])]


def test_formulas_and_error_values_are_seen_in_cells_that_do_not_say_where_they_are() -> None:
    def write(sheet: Worksheet) -> None:
        sheet.write_formula(1, 1, "=600*2", None, 999)
        sheet.write_formula(2, 0, "=NA()", None, "#N/A")

    content = workbook([["a", "b"], ["x"], []], also=write)
    assert rows_of(repacked(content, unreferenced)) == [
        (1, ["a", "b"]),
        # The cell before it was written, so it is the second of its row.
        (2, ["x", ["f", "=600*2"]]),
        (3, [["f", "=NA()"], None]),
    ]
    wide = repacked(workbook([["a"] * 11]), unreferenced)
    with pytest.raises(TooManyColumns):
        rows_of(wide)


@pytest.mark.parametrize(
    ("look", "value", "comes"),
    [
        ("000000", 123, ["n", "000123"]),
        ("000", 12345, ["n", "12345"]),
        ("0", 5, ["n", "5"]),
        ("0.00", 5, ["n", "5"]),
        ("0000", 1.5, ["n", "1.5"]),
        ('m"月"d"日"', date(2026, 3, 12), ["m", "2026-03-12"]),
        ("d-mmm", date(2026, 3, 12), ["m", "2026-03-12"]),
        ('yyyy"年"m"月"', date(2026, 3, 1), ["m", "2026-03-01"]),
        ("[$-804]yyyy/m/d;@", date(2026, 3, 12), ["d", "2026-03-12"]),
    ],
)
def test_what_a_format_shows_otherwise_is_told(look: str, value: float | date, comes: list[str]) -> None:
    file = io.BytesIO()
    made = Workbook(file)
    sheet, shown = made.add_worksheet(), made.add_format({"num_format": look})
    sheet.write_string(0, 0, "a")
    if isinstance(value, date):
        sheet.write_datetime(1, 0, value, shown)
    else:
        sheet.write_number(1, 0, value, shown)
    made.close()
    assert rows_of(file.getvalue())[1] == (2, [comes])


def test_a_number_below_nothing_under_a_days_format_comes_as_it_is() -> None:
    file = io.BytesIO()
    made = Workbook(file)
    sheet, day = made.add_worksheet(), made.add_format({"num_format": "yyyy-mm-dd"})
    for place, number in enumerate((-5, -0.5, 0.5, 46346)):
        sheet.write_number(0, place, number, day)
    sheet.write_number(1, 0, -5)
    made.close()
    assert rows_of(file.getvalue()) == [
        (1, [["x", "-5"], ["x", "-0.5"], ["x", "12:00:00"], ["d", "2026-11-20"]]),
        (2, [["n", "-5"], None, None, None]),
    ]
