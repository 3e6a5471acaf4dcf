"""What stands in a cell is read as a person meant it, or refused with what came and what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.sheets.cells import (
    AmbiguousDate,
    ErrorInCell,
    FormulaInCell,
    NotANumber,
    NotOfTheList,
    NumberRounded,
    listed,
    read_cell,
)
from api.sheets.columns import (
    Column,
    ColumnMissing,
    ColumnTwice,
    UnknownColumn,
    letter,
    normal,
    read_headings,
)
from api.sheets.kinds import KINDS, category_of, kind_of
from ledger.errors import Refusal, UnknownName, Words
from scanner.sheets import NotASheet

if TYPE_CHECKING:
    from api.sheets.columns import Holds
    from scanner.sheets import RawCell

DAY = Column("produced_on", Words("日期", "date"), "date")


def read(cell: RawCell, holds: Holds, *, in_1904: bool = False) -> str | None:
    choices = (("farmer", Words("农户", "Farmer")),) if holds == "choice" else ()
    return read_cell(cell, Column("x", Words("某", "some"), holds, choices=choices), in_1904=in_1904)


@pytest.mark.parametrize(
    "cell",
    [
        ["d", "2026-11-20"],
        ["t", "2026-11-20T08:30:00"],
        "2026-11-20",
        "2026/11/20",
        "2026年11月20日",
        " ２０２６－１１－２０ ",
        ["n", "46346"],
    ],
)
def test_a_day_is_read_in_every_form_that_says_one_thing(cell: RawCell) -> None:
    assert read_cell(cell, DAY) == "2026-11-20"


def test_a_number_behind_a_date_counts_from_where_its_workbook_counts() -> None:
    assert read_cell(["n", "44884"], DAY, in_1904=True) == "2026-11-20"


@pytest.mark.parametrize(
    "cell",
    ["1/2/2026", "20/11/2026", "2026.11.20", "20261120", "26-11-20", "2026-02-30", "2026-13-01", "明天",
     ["n", "20261120"], ["n", "46346.5"], ["x", "08:30:00"], ["b", "1"]],
)  # fmt: skip
def test_a_day_that_could_be_another_is_refused(cell: RawCell) -> None:
    with pytest.raises(AmbiguousDate) as refused:
        read_cell(cell, DAY)
    assert refused.value.field == "produced_on"
    assert "2026-11-20" in refused.value.expected.zh


def test_a_day_with_a_time_is_a_moment_on_a_chinese_clock_and_a_day_alone_its_beginning() -> None:
    assert read(["t", "2026-11-20T08:30:00"], "time") == "2026-11-20T08:30:00+08:00"
    assert read("2026/11/20 8:30", "time") == "2026-11-20T08:30:00+08:00"
    assert read("2026-11-20", "time") == "2026-11-20T00:00:00+08:00"
    for text in ("2026-11-20 24:00", "2026-11-20 8"):
        with pytest.raises(AmbiguousDate):
            read(text, "time")


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        (["n", "12.5"], "12.5"),
        ("12.50", "12.5"),
        ("1,200", "1200"),
        ("１２．５", "12.5"),
        (" 007 ", "7"),
        ("1 200", "1200"),
        ("0", "0"),
    ],
)
def test_a_number_is_read_as_it_was_plainly_meant(cell: RawCell, amount: str) -> None:
    assert read(cell, "amount") == amount


@pytest.mark.parametrize(
    "cell",
    ["1,2,3", "12,5", "-1", "十二", "1e3", "12 公斤", "12 5", "10²", "①", ["b", "1"], ["d", "2026-11-20"]],
)
def test_what_is_no_number_is_refused(cell: RawCell) -> None:
    with pytest.raises(NotANumber):
        read(cell, "amount")


def test_a_whole_number_has_no_decimals() -> None:
    assert read("12.0", "whole") == "12"
    with pytest.raises(NotANumber):
        read("12.5", "whole")


def test_a_formula_and_an_error_value_are_refused_and_a_text_that_was_marked_as_literal_is_taken() -> None:
    for cell in (["f", "=SUM(A1:A9)"], "=1+1"):
        with pytest.raises(FormulaInCell, match="=") as refused:
            read(cell, "text")
        assert refused.value.expected.zh.startswith("数值")
    with pytest.raises(ErrorInCell, match="#REF!"):
        read(["e", "#REF!"], "text")
    assert read("'=1+1", "text") == "=1+1"
    assert read("-18℃ 冷冻", "text") == "-18℃ 冷冻"


def test_a_credit_code_that_excel_has_rounded_is_refused_and_one_as_text_is_made_narrow() -> None:
    with pytest.raises(NumberRounded):
        read(["n", "913200000000000000"], "digits")
    assert read("９１３２ 0682ma1xxxxx1x", "digits") == "91320682MA1XXXXX1X"
    assert read(["n", "13800000000"], "digits") == "13800000000"
    # A file of text that went through Excel, and a number that it took for a day.
    columns: tuple[Holds, ...] = ("digits", "text")
    for one in columns:
        for cell in ("2.02611E+11", "1.39e+10", ["m", "2026-03-12"]):
            with pytest.raises(NumberRounded):
                read(cell, one)
        assert read(["n", "000123"], one) == "000123"
    assert read("E+11", "text") == "E+11"


def test_a_small_number_that_only_looks_like_a_day_is_none() -> None:
    for text in ("1900-02-28", "1904-01-03"):
        with pytest.raises(AmbiguousDate):
            read_cell(["d", text], DAY)
    assert read_cell(["m", "2026-03-12"], DAY) == "2026-03-12"


def test_a_choice_is_known_by_its_code_and_by_its_words_in_either_language() -> None:
    assert {read(one, "choice") for one in ("farmer", "农户", "FARMER", " Farmer ")} == {"farmer"}
    assert {read(one, "unit") for one in ("公斤", "千克", "kg", "KGM", "ＫＧ")} == {"KGM"}
    assert {read(one, "unit") for one in ("m³", "m3", "立方米")} == {"MTQ"}
    own_invoice = Column(
        "x", Words("某", "some"), "choice", choices=(("own", Words("收购发票（由我开具）", "Own")),)
    )
    assert {read_cell(one, own_invoice) for one in ("收购发票（由我开具）", "收购发票(由我开具)")} == {"own"}
    assert {read(one, "yes_no") for one in ("是", "Yes", "1", ["b", "1"])} == {"yes"}
    assert {read(one, "yes_no") for one in ("否", "no", ["b", "0"])} == {"no"}
    holds: tuple[Holds, ...] = ("choice", "unit", "yes_no")
    for one in holds:
        with pytest.raises(NotOfTheList):
            read("斤", one)


def test_blanks_are_nothing_and_a_list_is_parted_by_the_marks_people_use() -> None:
    assert read(None, "text") is None
    assert read("  \u3000", "text") is None
    assert listed("甲、乙；丙\n丁") == ["甲", "乙", "丙", "丁"]


def test_headings_are_known_in_either_language_in_any_order_and_width() -> None:
    kind = kind_of("shipments")
    texts: list[RawCell] = ["Unit *", "数量", "ＧＯＯＤＳ", "收货方", "发货日期", "document NUMBER", None]
    headings, wrong = read_headings(1, texts, kind.every_column())
    assert not wrong
    assert headings.places == {"unit": 0, "quantity": 1, "goods": 2, "to": 3, "shipped_at": 4, "number": 5}
    assert headings.at("goods", 7) == "C7"


def test_a_column_that_is_unknown_twice_there_or_missing_is_told_by_its_name() -> None:
    kind = kind_of("shipments")
    texts: list[RawCell] = ["单号", "发货日期", "收货方", "货物", "数量", "单价", "数量"]
    _, wrong = read_headings(1, texts, kind.every_column())
    assert [(type(one), one.field, one.came) for one in wrong] == [
        (UnknownColumn, "F1", "单价"),
        (ColumnTwice, "G1", "数量"),
        (ColumnMissing, "1", ""),
    ]
    assert wrong[2].expected.zh == "单位"
    _, nothing = read_headings(1, ["甲", "乙"], kind.every_column())
    assert [type(one) for one in nothing] == [NotASheet]


def test_columns_are_lettered_as_spreadsheets_do() -> None:
    assert [letter(place) for place in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_columns_of_a_sheet_have_one_heading(kind: str) -> None:
    columns = [one for one in KINDS[kind].every_column() if not one.detail]
    for headings in ([normal(one.label.zh) for one in columns], [normal(one.label.en) for one in columns]):
        assert len(set(headings)) == len(headings)


def test_a_category_shows_what_its_law_asks_for_with_the_article() -> None:
    columns = {one.name: one for one in kind_of("batches").template_columns("pesticide")}
    assert columns["approval_number"].law.startswith("农药")
    plain = {one.name for one in kind_of("batches").template_columns(None)}
    assert "approval_number" not in plain
    assert category_of("农药") == "pesticide"
    assert category_of("") is None


def test_what_is_no_kind_and_no_category_is_refused_with_those_there_are() -> None:
    for make in (lambda: kind_of("cats"), lambda: category_of("猫")):
        with pytest.raises(UnknownName) as refused:
            make()
        assert isinstance(refused.value, Refusal)
        assert refused.value.expected.en
