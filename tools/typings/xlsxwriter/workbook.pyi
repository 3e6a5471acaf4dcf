"""A workbook that is being written."""

from collections.abc import Mapping
from datetime import datetime
from os import PathLike
from typing import IO

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

class Workbook:
    def __init__(
        self,
        filename: str | PathLike[str] | IO[bytes],
        options: Mapping[str, bool | str | Mapping[str, str | int | bool]] | None = None,
    ) -> None: ...
    def add_worksheet(self, name: str | None = None) -> Worksheet: ...
    def add_format(self, properties: Mapping[str, str | int | float | bool]) -> Format: ...
    def define_name(self, name: str, formula: str) -> int: ...
    def set_properties(self, properties: Mapping[str, str | datetime]) -> None: ...
    def close(self) -> None: ...
