"""Texts of spreadsheets: templates, trial runs, what is wrong in which cell. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
SHEETS: Final[dict[str, tuple[str, str]]] = {
    "sheet_export": ("导出本表", "Save this list"),
    "sheet_export_xlsx": ("Excel 表格（.xlsx）", "Excel (.xlsx)"),
    "sheet_export_csv": ("CSV", "CSV"),
}
