"""How a benchmark tells what it found: in columns for a reader, and whole in a file for whoever compares."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def parser_of(doc: str | None) -> ArgumentParser:
    """The command line of a benchmark with this docstring: every one can write its figures to a file."""
    parser = ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    return parser


def columns(rows: Sequence[Sequence[str]], *, right: bool = False) -> str:
    """Rows of cells, each column as wide as its widest cell; figures stand to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    put = str.rjust if right else str.ljust
    return "\n".join(
        "  ".join(put(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def keep(found: object, path: Path | None) -> None:
    """Write what was found, dataclasses as objects, where a file was asked for."""
    if path is not None:
        path.write_text(
            json.dumps(found, default=asdict, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
