"""Parameters of an address as values. A refusal names the parameter; FastAPI's own readers would take `1_000` for a thousand."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import BeforeValidator, WithJsonSchema

from ledger.canonical import INTEGER_MAX
from ledger.errors import Malformed, Words

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)

LIST_LIMIT: Final = 50
LIST_LIMIT_MAX: Final = 200


def whole_number(text: str) -> int | None:
    """The number that a text spells in plain digits; None for what spells none, or one that JSON could not carry (I-JSON, RFC 7493 2.2)."""
    return int(text) if _DECIMAL.fullmatch(text) and int(text) <= INTEGER_MAX else None


def _whole(came: object) -> int:
    if isinstance(came, int):
        return came
    if isinstance(came, str) and (number := whole_number(came)) is not None:
        return number
    expected = Words(zh=f"0 至 {INTEGER_MAX} 的整数", en=f"a whole number from 0 to {INTEGER_MAX}")
    raise Malformed(field="", came=came, expected=expected)


def _up_to(most: int) -> BeforeValidator:
    def read(came: object) -> int:
        number = _whole(came)
        if not 1 <= number <= most:
            raise Malformed(field="", came=number, expected=Words(zh=f"1 至 {most}", en=f"1 to {most}"))
        return number

    return BeforeValidator(read)


def _number_schema(most: int, *, least: int = 0) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": most})


#: A number in the path or the query.
PathNumber = Annotated[int, BeforeValidator(_whole), _number_schema(INTEGER_MAX), Path()]
QueryNumber = Annotated[
    int | None, BeforeValidator(lambda came: None if came is None else _whole(came)), Query()
]
Limit = Annotated[int, _up_to(LIST_LIMIT_MAX), _number_schema(LIST_LIMIT_MAX, least=1), Query()]
#: A text that a value's own `parse` reads next; longer than any of them allows.
Text = Annotated[str, Query(max_length=2_000)]
MaybeText = Annotated[str | None, Query(max_length=2_000)]
#: `?print=1`: the page as it goes on paper.
OnPaper = Annotated[str | None, Query(alias="print", max_length=2_000)]
