"""Opens a spreadsheet that somebody sent (.xlsx or CSV) and gives its rows, one after the other.

The file is read in a child process only (`limited`, `_sheet`): an archive that unfolds into gigabytes wastes the child and nothing else. Here
its answer becomes rows or a named refusal. What the columns mean is left to whoever asked.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Literal

from pydantic import TypeAdapter, ValidationError

from ledger.errors import Malformed, Refusal, TooLarge, Words
from scanner.limited import ChildLimits, Crashed, ReaderBroken, TookTooLong, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Nothing, a text, or a pair: what the cell is (`scanner._sheet`) and how it reads.
RawCell = str | list[str] | None
Refused = Literal[
    "bomb",
    "broken",
    "columns",
    "empty",
    "encoding",
    "locked",
    "memory",
    "merged",
    "not_a_sheet",
    "old_format",
    "rows",
    "several",
]


class NotASheet(Malformed):
    """Neither a workbook nor a table of text."""

    title = Words(zh="不是电子表格", en="not a spreadsheet")


class SheetOldFormat(NotASheet):
    """A workbook of a kind in which formulas cannot be told from values."""

    title = Words(zh="不支持这种表格格式", en="this kind of workbook is not taken")


class SheetLocked(NotASheet):
    """A workbook with a password."""

    title = Words(zh="表格有打开密码", en="the workbook opens with a password only")


class SheetBroken(NotASheet):
    """Cut off, or not what its name says."""

    title = Words(zh="表格已损坏", en="the spreadsheet is broken")


class SheetEncoding(NotASheet):
    """Text in an encoding that nobody can tell."""

    title = Words(zh="文字编码读不出", en="the text's encoding cannot be read")


class SheetBomb(TooLarge):
    """A file that unfolds into more than any honest sheet."""

    title = Words(zh="表格展开后过大", en="the spreadsheet unfolds into too much")


class TooManyRows(TooLarge):
    """More rows than one upload takes."""

    title = Words(zh="行数太多", en="too many rows")


class TooManyColumns(TooLarge):
    """More columns than any template has, or something written far to the right."""

    title = Words(zh="列数太多", en="too many columns")


class MergedCells(Malformed):
    """Merged cells: which row the value belongs to cannot be told."""

    title = Words(zh="有合并单元格", en="merged cells")


class SeveralSheets(Malformed):
    """Several sheets with the same headings: only the first would be read."""

    title = Words(zh="有几张相同的工作表", en="several sheets of the same kind")


class SheetTooSlow(Refusal):
    """Reading took longer than a person waits."""

    title = Words(zh="读取表格超时", en="reading the spreadsheet took too long")


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """What one spreadsheet may cost."""

    bytes_max: int = 8 * 1024 * 1024
    rows_max: int = 20_000
    columns_max: int = 64
    unfolded_bytes_max: int = 256 * 1024 * 1024
    answer_bytes_max: int = 128 * 1024 * 1024
    child_memory_bytes_max: int = 512 * 1024 * 1024
    child_cpu_seconds_max: int = 20
    child_seconds_max: float = 60.0


SHEET_LIMITS: Final = SheetLimits()


@dataclass(frozen=True, slots=True)
class OpenSheet:
    """A sheet that is being read: rows that are not blank, each with the number it has in the file."""

    form: Literal["xlsx", "csv"]
    title: str
    in_1904: bool
    rows: Iterator[tuple[int, list[RawCell]]]


@dataclass(frozen=True, slots=True)
class _No:
    refused: Refused
    at: str
    came: str


@dataclass(frozen=True, slots=True)
class _Head:
    form: Literal["xlsx", "csv"]
    title: str
    in_1904: bool


_HEAD: Final[TypeAdapter[_No | _Head]] = TypeAdapter(_No | _Head)


@contextmanager
def opened(
    file: IO[bytes], *, limits: SheetLimits = SHEET_LIMITS, field: str = "sheet"
) -> Iterator[OpenSheet]:
    """The rows of a spreadsheet; raises a `Refusal` that says why nothing of it is read."""
    file.seek(0)
    child = ChildLimits(
        memory_bytes_max=limits.child_memory_bytes_max,
        cpu_seconds_max=limits.child_cpu_seconds_max,
        seconds_max=limits.child_seconds_max,
        answer_bytes_max=limits.answer_bytes_max,
    )
    numbers = (limits.rows_max, limits.columns_max, limits.unfolded_bytes_max)
    try:
        said = ask("scanner._sheet", file, numbers=numbers, limits=child)
    except TookTooLong as late:
        expected = Words(zh="小一些的表格，或分成几个上传", en="a smaller sheet, or several")
        raise SheetTooSlow(field=field, came="", expected=expected) from late
    except Crashed as crashed:
        raise _refusal(_No("memory", "", ""), limits, field=field) from crashed
    with said:
        try:
            head = _HEAD.validate_json(said.readline())
        except ValidationError as wrong:
            raise ReaderBroken("the child that reads sheets answered in other words than ours") from wrong
        if isinstance(head, _No):
            raise _refusal(head, limits, field=field)
        yield OpenSheet(form=head.form, title=head.title, in_1904=head.in_1904, rows=_rows(said))


def _rows(said: IO[bytes]) -> Iterator[tuple[int, list[RawCell]]]:
    for line in said:
        number, cells = json.loads(line)
        yield number, cells


_RESAVED: Final = Words(
    zh="用 Excel 或 WPS 打开后另存为 .xlsx 的文件，或 CSV",
    en="the file saved as .xlsx by Excel or WPS, or as CSV",
)


def _refusal(no: _No, limits: SheetLimits, *, field: str) -> Refusal:
    kind, expected = _said(no, limits)
    came = f"{no.at}: {no.came}" if no.at and no.came not in {"", no.at} else no.at or no.came
    return kind(field=field, came=came, expected=expected)


def _said(no: _No, limits: SheetLimits) -> tuple[type[Refusal], Words]:
    rows, columns, unfolded = limits.rows_max, limits.columns_max, limits.unfolded_bytes_max // 1024**2
    known: dict[Refused, tuple[type[Refusal], Words]] = {
        "rows": (
            TooManyRows,
            Words(
                zh=f"最多 {rows} 行；请分成几个表上传，或删去下方多余的内容",
                en=f"at most {rows} rows: several sheets, or nothing stray further down",
            ),
        ),
        "columns": (
            TooManyColumns,
            Words(
                zh=f"最多 {columns} 列；请删去右侧多余的内容",
                en=f"at most {columns} columns, and nothing stray to the right",
            ),
        ),
        "bomb": (
            SheetBomb,
            Words(zh=f"展开后不超过 {unfolded} MB 的表格", en=f"one that unfolds into at most {unfolded} MB"),
        ),
        "memory": (
            SheetBomb,
            Words(
                zh="小一些的表格；四周没有零散内容",
                en="a smaller sheet, with nothing stray far from the table",
            ),
        ),
        "merged": (
            MergedCells,
            Words(zh="每格各填各的：请取消合并单元格", en="a value in each cell: unmerge them"),
        ),
        "several": (
            SeveralSheets,
            Words(
                zh="一个文件一张表：列名相同的其他工作表请另存为文件上传，或隐藏",
                en="one sheet a file: others with the same headings in files of their own, or hidden",
            ),
        ),
        "locked": (SheetLocked, Words(zh="不用密码就能打开的表格", en="a workbook without a password")),
        "old_format": (SheetOldFormat, _RESAVED),
        "encoding": (SheetEncoding, Words(zh="UTF-8 或 GB18030 的 CSV", en="CSV in UTF-8 or GB 18030")),
        "empty": (NotASheet, Words(zh="有内容的表格", en="a sheet with something in it")),
        "broken": (SheetBroken, _RESAVED),
    }
    return known.get(no.refused, (NotASheet, _RESAVED))
