"""The kinds of field that records are made of: identifiers, times, quantities and texts, each right by construction.

In JSON every one of them is text, or an object for a quantity; in Python it is the value from `ledger.identifiers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema

from ledger.errors import Malformed, Words
from ledger.identifiers import (
    BatchNumber,
    GoodsId,
    Gtin,
    Instant,
    LegalDate,
    PartyId,
    ProductId,
    Quantity,
    RegionCode,
    Sha256Hex,
    SiteId,
    StatementId,
    Unit,
)
from ledger.vocabulary.said import Part

_Value = TypeVar("_Value")

CODES_MAX = 1_000
#: Codes that one run may issue, in as many statements as they need.
RUN_CODES_MAX = 1_000_000
LINES_MAX = 500
DETAILS_MAX = 40
GLN_DIGITS = 13
PACKS_MAX = 20


def _reader(kind: type[_Value], parse: Callable[[str], _Value]) -> Callable[[object], _Value]:
    def read(came: object) -> _Value:
        if isinstance(came, kind):
            return came
        if not isinstance(came, str):
            raise Malformed(field="", came=came, expected=Words(zh="文字", en="text"))
        return parse(came)

    return read


def _quantity(came: object) -> Quantity:
    quantity = came if isinstance(came, Quantity) else Quantity.from_json(came, field="")  # type: ignore[arg-type]  # checked there
    if quantity.amount < 0:
        raise Malformed(
            field="", came=quantity, expected=Words(zh="不小于零的数量", en="a quantity not below zero")
        )
    return quantity


def _text_schema(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [example]})


PartyRef = Annotated[
    PartyId,
    PlainValidator(_reader(PartyId, PartyId.parse)),
    PlainSerializer(str),
    _text_schema("pty_0123456789abcdef"),
]
ProductRef = Annotated[
    ProductId,
    PlainValidator(_reader(ProductId, ProductId.parse)),
    PlainSerializer(str),
    _text_schema("prd_0123456789abcdef"),
]
SiteRef = Annotated[
    SiteId,
    PlainValidator(_reader(SiteId, SiteId.parse)),
    PlainSerializer(str),
    _text_schema("site_0123456789abcdef"),
]
GoodsRef = Annotated[
    GoodsId,
    PlainValidator(_reader(GoodsId, GoodsId.parse)),
    PlainSerializer(str),
    _text_schema("https://id.gs1.org/01/09520001000027/10/JC-20261114"),
]
StatementRef = Annotated[
    StatementId,
    PlainValidator(_reader(StatementId, StatementId.parse)),
    PlainSerializer(str),
    _text_schema("01980000-0000-7000-8000-000000000000"),
]
GtinText = Annotated[
    Gtin, PlainValidator(_reader(Gtin, Gtin.parse)), PlainSerializer(str), _text_schema("09520001000027")
]
BatchNumberText = Annotated[
    BatchNumber,
    PlainValidator(_reader(BatchNumber, BatchNumber.parse)),
    PlainSerializer(str),
    _text_schema("JC-20261114"),
]
Region = Annotated[
    RegionCode,
    PlainValidator(_reader(RegionCode, RegionCode.parse)),
    PlainSerializer(str),
    _text_schema("320682"),
]
Date = Annotated[
    LegalDate,
    PlainValidator(_reader(LegalDate, LegalDate.parse)),
    PlainSerializer(str),
    _text_schema("2026-11-14"),
]
Moment = Annotated[
    Instant,
    PlainValidator(_reader(Instant, Instant.parse)),
    PlainSerializer(str),
    _text_schema("2026-11-14T08:00:00+08:00"),
]
Digest = Annotated[
    Sha256Hex,
    PlainValidator(_reader(Sha256Hex, Sha256Hex.parse)),
    PlainSerializer(str),
    _text_schema("ab" * 32),
]
Amount = Annotated[
    Quantity,
    PlainValidator(_quantity),
    PlainSerializer(lambda quantity: quantity.as_json()),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"amount": {"type": "string"}, "unit": {"type": "string"}},
            "required": ["amount", "unit"],
            "examples": [{"amount": "60", "unit": "KGM"}],
        }
    ),
]


def _unit(text: str) -> str:
    return Unit.parse(text).name


#: A unit by its UN/ECE Recommendation 20 or 21 code.
UnitName = Annotated[str, AfterValidator(_unit)]

_MONEY = re.compile(r"(0|[1-9][0-9]{0,12})(\.[0-9]{2})?", re.ASCII)


def _money(text: str) -> str:
    if not _MONEY.fullmatch(text):
        raise Malformed(
            field="",
            came=text,
            expected=Words(zh="人民币金额，如 3200.00", en="an amount in yuan, like 3200.00"),
        )
    return text


def _one_line(text: str) -> str:
    if text != text.strip() or not text.isprintable():
        raise Malformed(
            field="", came=text, expected=Words(zh="一行文字，首尾无空格", en="one line without outer spaces")
        )
    return text


def _lines(text: str) -> str:
    if not text.replace("\n", "").isprintable():
        raise Malformed(
            field="", came=text, expected=Words(zh="不含控制字符的文字", en="text without control characters")
        )
    return text


def _gln(text: str) -> str:
    if len(text) != GLN_DIGITS:
        raise Malformed(field="", came=text, expected=Words(zh="13 位数字的 GLN", en="a GLN of 13 digits"))
    return str(Gtin.parse(text))[-GLN_DIGITS:]  # The same check digit as a GTIN's.


#: A GS1 global location number.
GlnText = Annotated[str, AfterValidator(_gln)]
#: An amount of money in yuan as a decimal text.
Money = Annotated[str, AfterValidator(_money)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_one_line)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_one_line)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_lines)]
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?([/?#][!-~]*)?", re.ASCII)


def _url(text: str) -> str:
    if not _URL.fullmatch(text):
        raise Malformed(
            field="",
            came=text,
            expected=Words(zh="http 或 https 网址", en="an http or https address in ASCII"),
        )
    return text


#: A web address that is kept and shown as text; nothing here fetches it.
Url = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_url)]
#: What a finding was judged for, as findings give it.
FindingSubject = Annotated[str, StringConstraints(min_length=3, max_length=300), AfterValidator(_one_line)]
#: A printed unit code as text: drug code, pesticide unit code, or a Digital Link with a serial.
CodeText = Annotated[str, StringConstraints(min_length=8, max_length=200), AfterValidator(_one_line)]
#: What the statements of one long run share: a UUIDv7 that whoever asked for it chose. It is the id of no statement.
RunName = Annotated[str, AfterValidator(lambda text: str(StatementId.parse(text)))]


#: A pack factor may not hide a fraud behind a number nobody reads.
_DEGREES = re.compile(r"-?(0|[1-9][0-9]{0,2})(\.[0-9]{1,4})?", re.ASCII)


def _degrees(most: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not _DEGREES.fullmatch(text) or abs(float(text)) > most:
            raise Malformed(
                field="",
                came=text,
                expected=Words(
                    zh=f"-{most} 至 {most} 的度数，最多四位小数",
                    en=f"degrees from -{most} to {most}, at most four decimals",
                ),
            )
        return text

    return read


#: Degrees as decimal text (WGS 84): four decimals are ten metres, more would point at a person.
Latitude = Annotated[str, AfterValidator(_degrees(90))]
Longitude = Annotated[str, AfterValidator(_degrees(180))]


def _each_once(details: tuple[Detail, ...]) -> tuple[Detail, ...]:
    names = [one.field for one in details]
    if len(set(names)) != len(names):
        raise Malformed(field="", came=names, expected=Words(zh="每个字段一次", en="each field once"))
    return details


class Detail(Part):
    """One field that only this kind of goods has, by the name that its category profile gives it (品种、剂型、适宜区域 …)."""

    field: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
    value: Name


Details = Annotated[
    tuple[Detail, ...], Field(min_length=1, max_length=DETAILS_MAX), AfterValidator(_each_once)
]


class PackFactor(Part):
    """What one pack holds: 1 箱 = 10 kg. Amounts in packs and in kilograms add up only where this was declared."""

    unit: UnitName
    holds: Amount


class Claim(Part):
    """What the label says beyond the law: 有机、绿色食品、地理标志、CCC. It rests on a certificate, by its number."""

    claim: Name
    certificate_number: Number


class Line(Part):
    """One line of goods: which, how much, and the unit codes where the packs carry some."""

    goods: GoodsRef
    quantity: Amount
    codes: tuple[CodeText, ...] | None = None


class ReceivedLine(Line):
    """One line as it arrived, beside what the sender had declared."""

    declared: Amount | None = None


class OutputLine(Line):
    """One result of a process. A waste output is accounted for and goes nowhere."""

    role: Literal["main", "by", "waste"] = "main"
