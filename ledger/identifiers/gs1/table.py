"""The application identifiers (AI) of GS1, as its syntax dictionary defines them: data, and how it is asked.

`table.json` is made from the dictionary by `tools/gs1_table.py` and says which one it was. Nothing in here judges a value:
`syntax.py` runs the linters that a row names, `rules.py` says which AIs may stand together, `links.py` and
`element_strings.py` read and write.

>>> AIS["01"].title, AIS["01"].sequences[-1]
('GTIN', ('01', '235'))
>>> AIS["3103"].predefined, AIS["10"].least, AIS["10"].most
(True, 1, 20)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from typing import Final, Literal, NotRequired, TypedDict

CharacterSet = Literal["N", "X", "Y", "Z"]


class Component(TypedDict):
    """One component of a row of the table, as written there."""

    set: str
    least: int
    most: int
    optional: bool
    linters: list[str]


class Row(TypedDict):
    """One row of the table: an AI or a range of AIs."""

    ai: str
    predefined: bool
    attribute: bool
    components: list[Component]
    requires: NotRequired[list[list[list[str]]]]
    excludes: NotRequired[list[str]]
    qualifiers: NotRequired[list[list[str]]]
    title: str


class Header(TypedDict):
    """Which dictionary the table was made from."""

    source: str
    release: str
    sha256: str
    taken: str


class _Table(TypedDict):
    header: Header
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Part:
    """One component of a value: a character set, a length, and the linters that judge it."""

    characters: str
    least: int
    most: int
    optional: bool
    linters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """What the dictionary says of one AI."""

    ai: str
    title: str
    parts: tuple[Part, ...]
    least: int
    most: int
    #: Its length is known beforehand, so that no separator need follow (General Specifications 7.8.5).
    predefined: bool
    #: It may stand in the query of a Digital Link.
    attribute: bool
    #: Each rule is a choice of groups, of which one must be there whole.
    requires: tuple[tuple[tuple[str, ...], ...], ...]
    #: AIs (or patterns such as 310n) that may not stand beside it.
    excludes: tuple[str, ...]
    #: Every path that may begin with this AI in a Digital Link, in lexical order; empty where it is no primary key.
    sequences: tuple[tuple[str, ...], ...]

    @property
    def is_primary_key(self) -> bool:
        """Whether a Digital Link may begin with it."""
        return bool(self.sequences)


def _ais_of(row: Row) -> list[str]:
    first, _, last = row["ai"].partition("-")
    return [str(number).zfill(len(first)) for number in range(int(first), int(last or first) + 1)]


def _sequences(ai: str, choices: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    # `22,10,21|235`: any of the first three in this order, or the other one.
    found = {
        (ai, *taken)
        for choice in choices
        for count in range(len(choice) + 1)
        for taken in combinations(choice, count)
    }
    return tuple(sorted(found))


def _read(row: Row) -> list[ApplicationIdentifier]:
    parts = tuple(
        Part(one["set"], one["least"], one["most"], one["optional"], tuple(one["linters"]))
        for one in row["components"]
    )
    return [
        ApplicationIdentifier(
            ai=ai,
            title=row["title"],
            parts=parts,
            least=sum(part.least for part in parts if not part.optional),
            most=sum(part.most for part in parts),
            predefined=row["predefined"],
            attribute=row["attribute"],
            requires=tuple(tuple(tuple(group) for group in choice) for choice in row.get("requires", [])),
            excludes=tuple(row.get("excludes", [])),
            sequences=_sequences(ai, row.get("qualifiers", [])),
        )
        for ai in _ais_of(row)
    ]


_TABLE: Final[_Table] = json.loads((resources.files(__package__ or "") / "table.json").read_text("utf-8"))

#: Where the table is from, which release, which bytes, and when we took it.
HEADER: Final = _TABLE["header"]

#: Every AI by its digits.
AIS: Final = {one.ai: one for row in _TABLE["rows"] for one in _read(row)}

#: How many digits an AI has, by its first two: all that begin alike are of one length.
AI_DIGITS: Final = {ai[:2]: len(ai) for ai in AIS}

#: The paths of Digital Links that are in order: a primary key and its qualifiers.
SEQUENCES: Final = frozenset(sequence for one in AIS.values() for sequence in one.sequences)
