"""JSON that other people wrote, read strictly and changed in nothing.

Our own JSON has one spelling and no fractions (`ledger.canonical`). A document from elsewhere has both spellings and fractions, so
it is read here: fractions as decimals, never as binary floats; a name given twice, NaN, a lone surrogate and deep nesting are
refused by name. Its bytes are kept as they came by whoever reads them; this module only says what they mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from ledger.canonical import DuplicateName, NotJson
from ledger.errors import Words

#: What JSON from elsewhere can hold.
ForeignJson = str | int | Decimal | bool | None | Sequence["ForeignJson"] | Mapping[str, "ForeignJson"]
ForeignObject = Mapping[str, ForeignJson]

#: An EPCIS document needs a dozen levels; a reader's stack holds far more than these.
FOREIGN_DEPTH_MAX = 64
#: Longest number read; a measured value has a dozen digits.
NUMBER_CHARACTERS_MAX = 100

_SURROGATE = re.compile("[\ud800-\udfff]")


def read_foreign(text: str, *, field: str = "") -> ForeignJson:
    """One JSON value, or a refusal that says what is wrong with the text."""
    try:
        value: ForeignJson = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_fraction,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except NotJson as wrong:
        if not field:
            raise
        raise wrong.at(field) from wrong
    except RecursionError as wrong:
        raise _too_deep(field) from wrong
    except json.JSONDecodeError as wrong:
        raise NotJson(
            field=field,
            came=text[max(0, wrong.pos - 20) : wrong.pos + 40],
            expected=Words(
                zh=f"完整的 JSON（第 {wrong.lineno} 行第 {wrong.colno} 列起读不下去）",
                en=f"whole JSON (it breaks off at line {wrong.lineno}, column {wrong.colno})",
            ),
        ) from wrong
    _check(value, field=field, depth=0)
    return value


def _object(pairs: list[tuple[str, ForeignJson]]) -> dict[str, ForeignJson]:
    names: dict[str, ForeignJson] = {}
    for name, value in pairs:
        if name in names:
            raise DuplicateName(
                field=name, came=name, expected=Words(zh="每个名称只出现一次", en="each name once")
            )
        names[name] = value
    return names


def _fraction(text: str) -> Decimal:
    try:
        if len(text) <= NUMBER_CHARACTERS_MAX:
            return Decimal(text)
    except InvalidOperation:  # An exponent that no computer holds.
        pass
    raise _not_a_number(text)


def _integer(text: str) -> int:
    if len(text) > NUMBER_CHARACTERS_MAX:
        raise _not_a_number(text)
    return int(text)


def _no_constant(text: str) -> NoReturn:
    raise _not_a_number(text)


def _not_a_number(text: str) -> NotJson:
    most = NUMBER_CHARACTERS_MAX
    return NotJson(
        field="",
        came=text,
        expected=Words(zh=f"最多 {most} 个字符的数值", en=f"a number of at most {most} characters"),
    )


def _too_deep(field: str) -> NotJson:
    most = FOREIGN_DEPTH_MAX
    return NotJson(
        field=field,
        came="…",
        expected=Words(zh=f"最多 {most} 层嵌套", en=f"at most {most} levels of nesting"),
    )


def _check(value: ForeignJson, *, field: str, depth: int) -> None:
    if depth > FOREIGN_DEPTH_MAX:
        raise _too_deep(field)
    if isinstance(value, str):
        # Written as \ud800 it passes UTF-8, and has no UTF-8 bytes of its own to hash or to store.
        if _SURROGATE.search(value):
            raise NotJson(
                field=field, came=value, expected=Words(zh="成对的代理码元", en="no lone surrogate")
            )
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _check(name, field=field, depth=depth)
            _check(inner, field=f"{field}.{name}" if field else name, depth=depth + 1)
    elif isinstance(value, Sequence):
        for place, inner in enumerate(value):
            _check(inner, field=f"{field}[{place}]", depth=depth + 1)
