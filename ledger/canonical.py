"""JSON with one spelling (RFC 8785), in and out.

Everything that is hashed or signed passes through here, so that two programs that read the same bytes mean the same thing.
`read` is stricter than JSON: duplicate names, fractions, integers a reader may round, NaN, lone surrogates, U+0000 and deep
nesting are refused by name. `read_canonical` also asks that the bytes already be their own RFC 8785 form.

Each of the two ways has a fast road (orjson, some fifty times faster) that is taken only where it provably comes out the same: plain
values, whose names sort alike in UTF-8 and in UTF-16. Everything else goes the slow road (rfc8785, json), which also finds the words
for what is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn

import orjson
import rfc8785

from ledger.errors import Malformed, TooLarge, Words

#: What JSON can hold here. Amounts travel as decimal strings: integers are the only numbers.
Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]

#: RFC 8785 3.2.2.3: beyond this two readers may see two different numbers.
INTEGER_MAX = 2**53 - 1
#: Deeper than any statement; shallow enough that no reader's stack is at risk.
DEPTH_MAX = 32
#: Longest JSON text read unless the caller names another limit.
JSON_BYTES_MAX = 2 * 1024 * 1024


class NotJson(Malformed):
    """The bytes are not JSON as this ledger reads it."""

    title = Words(zh="不是合格的 JSON", en="not acceptable JSON")


class DuplicateName(NotJson):
    """One object gives the same name twice; readers disagree on which one counts."""

    title = Words(zh="同一名称出现两次", en="the same name stands twice")


class NotCanonical(Malformed):
    """Good JSON, but not in its RFC 8785 spelling, which the signed bytes must have."""

    title = Words(zh="不是 RFC 8785 规范形式", en="not in RFC 8785 form")


#: Integers beyond ±(2^53-1) and everything that is not a plain str, int, bool, None, dict, list or tuple are left to the slow road.
_FAST: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)
#: UTF-8 begins a character beyond U+FFFF with one of these bytes. Only such names sort otherwise in UTF-16 (RFC 8785 3.2.3).
_BEYOND_UTF16: Final = re.compile(rb"[\xf0-\xf4]")
_NUL: Final = rb"\u0000"


def canonical(value: Json) -> bytes:
    """The one spelling of a value: RFC 8785 bytes."""
    if _is_plain(value, 0):
        try:
            raw = orjson.dumps(value, option=_FAST)
        except orjson.JSONEncodeError:
            return rfc8785.dumps(_plain(value))
        if raw.isascii() or _BEYOND_UTF16.search(raw) is None:
            return raw
    return rfc8785.dumps(_plain(value))


def read(data: bytes, *, field: str = "", bytes_max: int = JSON_BYTES_MAX) -> Json:
    """One JSON value out of UTF-8 bytes, or a refusal that says what is wrong with them."""
    if len(data) > bytes_max:
        raise TooLarge(
            field=field,
            came=f"{len(data)} bytes",
            expected=Words(zh=f"最多 {bytes_max} 字节", en=f"at most {bytes_max} bytes"),
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise NotJson(field=field, came=data[:40], expected=Words(zh="UTF-8 编码", en="UTF-8")) from wrong
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_fraction,
            parse_constant=_no_constant,
            parse_int=_integer,
        )
    except NotJson as wrong:
        if not field:
            raise
        raise wrong.at(field) from wrong
    except RecursionError as wrong:
        raise _too_deep(field) from wrong
    except ValueError as wrong:
        raise NotJson(field=field, came=text[:60], expected=Words(zh="JSON 文本", en="JSON text")) from wrong
    _check(value, field=field, depth=0)
    return value


def read_object(data: bytes, *, field: str = "", bytes_max: int = JSON_BYTES_MAX) -> JsonObject:
    """As `read`, for bytes that must hold a JSON object."""
    value = read(data, field=field, bytes_max=bytes_max)
    if not isinstance(value, Mapping):
        raise NotJson(field=field, came=value, expected=Words(zh="JSON 对象", en="a JSON object"))
    return value


def read_canonical(data: bytes, *, field: str = "", bytes_max: int = JSON_BYTES_MAX) -> JsonObject:
    """As `read_object`, for bytes that must already be in RFC 8785 form."""
    known = _read_fast(data) if len(data) <= bytes_max else None
    if known is not None:
        return known
    value = read_object(data, field=field, bytes_max=bytes_max)
    if canonical(value) != data:
        raise NotCanonical(
            field=field, came=data[:60], expected=Words(zh="RFC 8785 字节", en="RFC 8785 bytes")
        )
    return value


def _read_fast(data: bytes) -> JsonObject | None:
    """The object in these bytes if they are RFC 8785 and hold nothing that `read` refuses; None where that cannot be told quickly.

    orjson alone would take a name that stands twice, a fraction, an integer too large. But what it took is written again, and only bytes
    that come out the same to the last one held none of these.
    """
    # U+0000 has no other spelling than this one in RFC 8785.
    if _NUL in data or not (data.isascii() or _BEYOND_UTF16.search(data) is None):
        return None
    try:
        value: object = orjson.loads(data)
        if (
            not isinstance(value, dict)
            or not _is_plain(value, 0)
            or orjson.dumps(value, option=_FAST) != data
        ):
            return None
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return value


def _is_plain(value: object, depth: int) -> bool:
    """Whether a value holds nothing but what JSON holds here, by exact type, nested no deeper than `read` takes it."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return True
    if depth >= DEPTH_MAX:
        return False
    inner: Iterable[object]
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, (list, tuple)):
        inner = value
    else:
        return False
    for one in inner:
        kind = type(one)
        if not (kind is str or kind is int or kind is bool or one is None or _is_plain(one, depth + 1)):
            return False
    return True


def _plain(value: Json) -> rfc8785._impl._Value:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    names = dict(pairs)
    if len(names) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise DuplicateName(
                    field=name, came=name, expected=Words(zh="每个名称只出现一次", en="each name once")
                )
            seen.add(name)
    return names


def _integer(text: str) -> int:
    # Python would also stop at 4,300 digits, with an error that names nothing.
    if len(text) > len(str(-INTEGER_MAX)) or abs(int(text)) > INTEGER_MAX:
        raise NotJson(
            field="", came=text, expected=Words(zh="不超过 2^53-1 的整数", en="an integer within ±(2^53-1)")
        )
    return int(text)


def _no_fraction(text: str) -> NoReturn:
    raise NotJson(
        field="",
        came=text,
        expected=Words(
            zh='整数；小数请写成字符串，如 "12.5"', en='an integer; write decimals as strings, like "12.5"'
        ),
    )


def _no_constant(text: str) -> NoReturn:
    raise NotJson(field="", came=text, expected=Words(zh="数值", en="a number"))


def _too_deep(field: str) -> NotJson:
    return NotJson(
        field=field,
        came="…",
        expected=Words(zh=f"最多 {DEPTH_MAX} 层嵌套", en=f"at most {DEPTH_MAX} levels of nesting"),
    )


def _check(value: Json, *, field: str, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise _too_deep(field)
    if isinstance(value, str):
        _check_text(value, field=field)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _check_text(name, field=field)
            _check(inner, field=f"{field}.{name}" if field else name, depth=depth + 1)
    elif isinstance(value, Sequence):
        for place, inner in enumerate(value):
            _check(inner, field=f"{field}[{place}]", depth=depth + 1)


def _check_text(text: str, *, field: str) -> None:
    # PostgreSQL text refuses U+0000, and a lone surrogate has no UTF-8 bytes to hash.
    if "\x00" in text:
        raise NotJson(
            field=field, came=text, expected=Words(zh="不含 U+0000 的文字", en="text without U+0000")
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as wrong:
        raise NotJson(
            field=field, came=text, expected=Words(zh="成对的代理码元", en="no lone surrogate")
        ) from wrong
