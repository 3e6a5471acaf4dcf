"""How a record of the trade becomes the items of a statement, and back.

Each statement type is one frozen model whose fields say in which item they lie and who may read that item. `to_items` cuts a
record into its items, `from_items` puts it together again. One record has exactly one cutting: what was signed in any other way is
refused, so two programs never disagree about what a statement says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from ledger.canonical import Json, JsonObject
from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers import GoodsId, LegalDate, PartyId, Quantity, StatementId
from ledger.statement import AUDIENCES, ITEMS_MAX, Audience, Item, item_bytes


@dataclass(frozen=True, slots=True)
class In:
    """Where a field lies: the item's kind, who may read that item, and the field's name in both languages.

    `each`: a list whose every member is an item of its own, so that one trade line can be shown or erased alone.
    """

    item: str
    audience: Audience
    zh: str
    en: str
    each: bool = False

    @property
    def label(self) -> Words:
        """The field's name on pages and in messages."""
        return Words(zh=self.zh, en=self.en)


class Part(BaseModel):
    """A frozen piece of a record, such as one trade line."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Said(Part):
    """One record of the trade, whole. Subclasses are the statement types; their docstring names the duty it fulfils."""

    TYPE: ClassVar[str]
    TITLE: ClassVar[Words]

    def to_items(self) -> tuple[Item, ...]:
        """The items, in the order in which the fields stand; absent values are left out."""
        return tuple(Item.of(kind, audience, fields) for kind, audience, fields in _cut(self))

    @classmethod
    def from_items(cls, items: Sequence[Item]) -> Self:
        """The record that these items hold. Raises `Malformed` for anything but its one cutting."""
        said = cls.read(_gathered(cls, items))
        # Bytes, not values: to Python True is 1.
        if [item_bytes(*one) for one in _cut(said)] != [item.raw for item in items]:
            raise Malformed(
                field="items",
                came=[item.kind for item in items],
                expected=Words(
                    zh="按类型规定拆分的各项", en="the items in the cutting and order of this type"
                ),
            )
        return said

    @classmethod
    def from_remaining(cls, items: Sequence[Item]) -> Self | None:
        """The record as far as its items were not erased; None when what is left no longer says anything."""
        try:
            return cls.read(_gathered(cls, items))
        except Refusal:
            return None

    @classmethod
    def read(cls, body: JsonObject) -> Self:
        """A record from plain JSON, as the trade endpoints take it; refusals name the field."""
        try:
            return cls.model_validate(body)
        except ValidationError as wrong:
            raise refusals(wrong)[0] from wrong

    @classmethod
    def places(cls) -> Mapping[str, In]:
        """Every field with its place, in order."""
        return _places(cls)

    def also_mentions(self) -> tuple[object, ...]:
        """Identifiers that stand inside foreign bytes and not in a field of their own."""
        return ()

    def named_parties(self) -> frozenset[PartyId]:
        """The parties this record names: they may read its `parties` items."""
        values = (*(value for _, value in pieces(self)[1]), *self.also_mentions())
        return frozenset(one for one in values if isinstance(one, PartyId))


def refusals(wrong: ValidationError) -> list[Refusal]:
    """Pydantic's findings as refusals of the house: field, what came, what was expected, in both languages."""
    found: list[Refusal] = []
    errors = wrong.errors()
    for error in errors:
        if error["type"] == "too_short" and any(_lies_in(other["loc"], error["loc"]) for other in errors):
            # Pydantic counts only the members that are right: what is wrong is in one of the others.
            continue
        field = ""
        for part in error["loc"]:
            field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else str(part)
        inner = error.get("ctx", {}).get("error")
        if isinstance(inner, Refusal):
            # What a record says as a whole has no place of its own: the refusal names the field.
            found.append(type(inner)(field=field or inner.field, came=inner.came, expected=inner.expected))
        elif error["type"] == "missing":
            found.append(Malformed(field=field, came="", expected=Words(zh="必填", en="a value (required)")))
        elif error["type"] == "extra_forbidden":
            found.append(
                Malformed(
                    field=field, came=error["input"], expected=Words(zh="没有这个字段", en="no such field")
                )
            )
        elif error["type"] in {"too_long", "string_too_long"}:
            found.append(
                TooLarge(
                    field=field,
                    came=error["input"],
                    expected=Words(zh=_expected_zh(error["msg"]), en=error["msg"]),
                )
            )
        else:
            found.append(
                Malformed(
                    field=field,
                    came=error["input"],
                    expected=Words(zh=_expected_zh(error["msg"]), en=error["msg"]),
                )
            )
    return found


def _lies_in(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _expected_zh(message: str) -> str:
    """Pydantic speaks English only; the frequent sentences are given in Chinese, the rest are quoted."""
    for english, chinese in _SENTENCES:
        if match := english.fullmatch(message):
            return match.expand(chinese)
    return f"（{message}）"


_SENTENCES = tuple(
    (re.compile(english), chinese)
    for english, chinese in (
        ("Input should be a valid string", "文字"),
        ("Input should be a valid boolean", "true 或 false"),
        ("Input should be a valid integer", "整数"),
        ("Input should be a valid dictionary or instance of (.*)", r"对象：\1"),
        ("Input should be a valid (?:tuple|list)", "数组"),
        ("Input should be greater than or equal to (.*)", r"不小于 \1"),
        ("Input should be less than or equal to (.*)", r"不大于 \1"),
        ("Input should be greater than (.*)", r"大于 \1"),
        ("Input should be less than (.*)", r"小于 \1"),
        ("Input should be (.*) or (.*)", r"以下之一：\1 或 \2"),
        ("Input should be (.*)", r"以下之一：\1"),
        ("String should match pattern '(.*)'", r"符合 \1 的文字"),
        ("String should have at least ([0-9]+) characters?", r"文字长度至少 \1"),
        ("String should have at most ([0-9]+) characters?", r"文字长度最多 \1"),
        (
            "(?:Tuple|List|Dictionary) should have at least ([0-9]+) items? after validation, not ([0-9]+)",
            r"至少 \1 项，收到 \2 项",
        ),
        (
            "(?:Tuple|List|Dictionary) should have at most ([0-9]+) items? after validation, not (.*)",
            r"最多 \1 项",
        ),
    )
)


def _cut(said: Said) -> list[tuple[str, Audience, JsonObject]]:
    """Kind, audience and fields of every item, in order: sheets as their first fields come, then the lists."""
    body: dict[str, Json] = said.model_dump(mode="json", exclude_none=True)
    sheets: dict[str, dict[str, Json]] = {}
    each: list[tuple[str, Audience, JsonObject]] = []
    for name, place in said.places().items():
        value = body.get(name)
        if not place.each:
            if value is not None:
                sheets.setdefault(place.item, {})[name] = value
        elif isinstance(value, list):
            each.extend((place.item, place.audience, one) for one in value)
    audiences = _sheets(type(said))
    return [*((kind, audiences[kind].audience, fields) for kind, fields in sheets.items()), *each]


@cache
def _places(cls: type[Said]) -> Mapping[str, In]:
    return MappingProxyType({name: _place(cls, name, info) for name, info in cls.model_fields.items()})


@cache
def _sheets(cls: type[Said]) -> Mapping[str, In]:
    """The place of each item that is one sheet of fields, by its kind."""
    return {place.item: place for place in _places(cls).values() if not place.each}


@cache
def _lists(cls: type[Said]) -> Mapping[str, tuple[str, In]]:
    """The field whose members are items of their own, with its place, by their kind."""
    return {place.item: (name, place) for name, place in _places(cls).items() if place.each}


def _place(cls: type[Said], name: str, info: FieldInfo) -> In:
    for one in info.metadata:
        if isinstance(one, In):
            return one
    message = f"{cls.__name__}.{name} does not say in which item it lies"
    raise TypeError(message)


def _gathered(cls: type[Said], items: Sequence[Item]) -> dict[str, Json]:
    """The plain body that the items hold together, before it is checked."""
    each, sheets = _lists(cls), _sheets(cls)
    if len(items) > ITEMS_MAX:
        raise TooLarge(
            field="items",
            came=len(items),
            expected=Words(zh=f"最多 {ITEMS_MAX} 项", en=f"at most {ITEMS_MAX}"),
        )
    body: dict[str, Json] = {}
    lists: dict[str, list[Json]] = {}
    for number, item in enumerate(items):
        if item.kind in each:
            name, place = each[item.kind]
            _same_audience(item, place, number)
            lists.setdefault(name, []).append(item.fields)
        elif item.kind in sheets:
            _same_audience(item, sheets[item.kind], number)
            _add(body, item.fields, number)
        else:
            raise Malformed(
                field=f"items[{number}].kind",
                came=item.kind,
                expected=Words(zh="、".join([*sheets, *each]), en=", ".join([*sheets, *each])),
            )
    return {**body, **lists}


def _add(body: dict[str, Json], fields: Mapping[str, Json], number: int) -> None:
    for name, value in fields.items():
        if name in body:
            raise Malformed(
                field=f"items[{number}].{name}", came=name, expected=Words(zh="只出现一次", en="given once")
            )
        body[name] = value


def _same_audience(item: Item, place: In, number: int) -> None:
    if item.audience != place.audience:
        raise Malformed(
            field=f"items[{number}].audience",
            came=item.audience,
            expected=Words(zh=place.audience, en=place.audience),
        )


def pieces(record: Part) -> tuple[list[Part], list[tuple[str, object]]]:
    """All parts of a record, itself first, and every value in them that is no part, beside the name of its field. What is absent is not there."""
    parts, values = list[Part](), list[tuple[str, object]]()
    _take_apart("", record, parts, values)
    return parts, values


def _take_apart(name: str, value: object, parts: list[Part], values: list[tuple[str, object]]) -> None:
    if isinstance(value, Part):
        parts.append(value)
        held = value.__dict__
        for inner_name in type(value).__pydantic_fields__:
            inner = held[inner_name]
            # Most values are plain: one look at the type, no call.
            if type(inner) in _PLAIN:
                values.append((inner_name, inner))
            elif inner is not None:
                _take_apart(inner_name, inner, parts, values)
    elif isinstance(value, tuple):
        for one in value:
            _take_apart(name, one, parts, values)
    else:
        values.append((name, value))


_PLAIN = frozenset({str, int, bool, PartyId, GoodsId, StatementId, Quantity, LegalDate})


#: Why an earlier statement of the same issuer is put right (EPCIS 2.0 errorDeclaration, CBV error reasons).
CorrectionReason = Literal["did_not_occur", "incorrect_data"]

assert set(AUDIENCES) == {"public", "chain", "parties", "officials"}
