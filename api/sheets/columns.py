"""The columns of a sheet: what they are called, what their cells hold, and which column of somebody's file is which.

A heading counts whatever its language, case, width or blanks, and in any order. A column that nobody knows is refused by its name: what stands
in it would be lost without a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from api.words import WORDS
from ledger.errors import Malformed, Refusal, Words
from scanner.sheets import NotASheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scanner.sheets import RawCell

#: `amount` a decimal number, `digits` a number that is a name (credit code, GTIN, telephone), `list` several texts in one cell.
Holds = Literal["text", "digits", "date", "time", "amount", "whole", "choice", "yes_no", "list", "unit"]
#: How sure the law is: nothing is recorded without it; its lack is a finding; or it is asked for where there is some.
Asked = Literal["always", "by_law", "if_any"]

_MARKED: Final = re.compile(r"[\s*\u3000_:()/\-]+")


class UnknownColumn(Malformed):
    """A column that this sheet does not have."""

    title = Words(zh="没有这一列", en="no such column")


class ColumnTwice(Malformed):
    """Two columns of one name: which of them counts cannot be told."""

    title = Words(zh="列名重复", en="a column stands there twice")


class NoHeading(Malformed):
    """A cell with something in it under which column nobody can tell: its heading is empty."""

    title = Words(zh="这一格上面没有列名", en="no heading above this cell")


class ColumnMissing(Malformed):
    """A column without which no row can be read."""

    title = Words(zh="缺少这一列", en="a column is missing")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `name` is the field's name, by which programs and refusals know it; `detail`: a field that only some categories have."""

    name: str
    label: Words
    holds: Holds = "text"
    asked: Asked = "if_any"
    law: str = ""
    hint: Words = field(default_factory=lambda: Words("", ""))
    example: str = ""
    choices: tuple[tuple[str, Words], ...] = ()
    #: The same in every row of one document, or filled in in the first of them only.
    of_document: bool = False
    detail: bool = False
    width: int = 14

    def asked_by(self, asked: Asked, law: str) -> Column:
        """The same column as one law asks for it."""
        return replace(self, asked=asked if self.asked != "always" else "always", law=law or self.law)


def column(name: str, holds: Holds = "text", **more: object) -> Column:
    """A column whose heading is the text `sheet_col_<name>`."""
    return Column(name=name, label=WORDS[f"sheet_col_{name}"], holds=holds, **more)  # type: ignore[arg-type]  # checked by the dataclass's own fields in the tests of all kinds


def normal(heading: str) -> str:
    """A heading without what people and programs put around it."""
    return _MARKED.sub("", unicodedata.normalize("NFKC", heading)).casefold()


def letter(place: int) -> str:
    """The letter over a column, counted from 0: A … Z, AA …"""
    text, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def numbered(letters: str) -> int:
    """The place of a column by the letter over it: the reverse of `letter`."""
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - 64
    return number - 1


@dataclass(frozen=True, slots=True)
class Headings:
    """Which column of a file is which: the places of the known ones, by name."""

    row: int
    places: dict[str, int]
    columns: dict[str, Column]
    #: How each reads in the file itself.
    texts: tuple[str, ...]
    #: Places whose heading is known and passed over.
    passed_over: frozenset[int] = frozenset()

    def headed(self) -> frozenset[int]:
        """The places that have a heading which is known."""
        return self.passed_over.union(self.places.values())

    def place(self, name: str) -> int | None:
        """Where a column stands: one of ours by its name, one without a heading by its letter."""
        return numbered(name) if name.isupper() else self.places.get(name)

    def at(self, name: str, row: int) -> str:
        """The cell of a column in one row, as a spreadsheet calls it: `C7`."""
        place = self.place(name)
        return f"{row}" if place is None else f"{letter(place)}{row}"


def read_headings(
    row: int, cells: Sequence[RawCell], columns: Iterable[Column], *, ignored: Iterable[str] = ()
) -> tuple[Headings, list[Refusal]]:
    """The headings of a file, and what is wrong with them."""
    known = {normal(name): one for one in columns for name in (one.label.zh, one.label.en, one.name)}
    every = {one.name: one for one in known.values()}
    passed_over = {normal(one) for one in ignored}
    places, found, wrong = dict[str, int](), dict[str, Column](), list[Refusal]()
    left = set[int]()
    texts = tuple(one if isinstance(one, str) else "" if one is None else one[1] for one in cells)
    for place, text in enumerate(texts):
        name = normal(text)
        if name in passed_over:
            left.add(place)
        if not name or name in passed_over:
            continue
        one, cell = known.get(name), f"{letter(place)}{row}"
        if one is None:
            wrong.append(UnknownColumn(field=cell, came=text, expected=_of(every.values())))
        elif one.name in places:
            wrong.append(
                ColumnTwice(field=cell, came=text, expected=Words(zh="每列一次", en="each column once"))
            )
        else:
            places[one.name], found[one.name] = place, one
    if not places:
        expected = Words(
            zh=f"第 {row} 行是列名：{_of(every.values()).zh}",
            en=f"headings in row {row}: {_of(every.values()).en}",
        )
        return Headings(row, {}, {}, texts), [
            NotASheet(field=f"A{row}", came=" ".join(texts)[:100], expected=expected)
        ]
    wrong += [
        ColumnMissing(field=f"{row}", came="", expected=one.label)
        for one in every.values()
        if one.asked == "always" and one.name not in places
    ]
    return Headings(row, places, found, texts, frozenset(left)), wrong


def _of(columns: Iterable[Column]) -> Words:
    some = [one.label for one in columns if not one.detail]
    return Words(zh="、".join(one.zh for one in some), en=", ".join(one.en for one in some))
