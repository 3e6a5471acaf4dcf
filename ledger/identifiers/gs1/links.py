"""GS1 Digital Link with any key: read as exactly as GS1's own engine reads it, and written in the canonical form.

`https://any.example/shop/00/006141411234567890?02=…` carries pairs of an application identifier and a value: one primary key
and its qualifiers in the path, in a fixed order, and other AIs in the query. Parameters whose names are no numbers belong to
others and are handed on as they came. Goods of ours have a simpler name (`DigitalLink`: 01, 10, 21), which is parsed here
too. Compressed links are not read.

>>> link = GS1Link.parse("https://a.example/01/09520123456788/10/A%2f1?99=own&utm=x&17=201225")
>>> link.canonical
'https://id.gs1.org/01/09520123456788/10/A%2F1?17=201225&99=own'
>>> link.primary_key, link.qualifiers, link.others
(('01', '09520123456788'), (('10', 'A/1'),), ('utm=x',))

What the engine forgives is forgiven (a host is only a run of characters; a `%` that begins no escape means itself), so that
no two programs disagree about a link; `docs/decisions/0033-gs1-table.md` tells where we differ.

Sources: GS1 Digital Link Standard: URI Syntax 1.6; GS1 Barcode Syntax Dictionary; RFC 3986.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes

from ledger.errors import Refusal, TooLarge, Words
from ledger.identifiers._code import OrderedByText
from ledger.identifiers.gs1.faults import wrong
from ledger.identifiers.gs1.rules import Element, check_together
from ledger.identifiers.gs1.syntax import check_value
from ledger.identifiers.gs1.table import AIS, SEQUENCES

CANONICAL_ROOT: Final = "https://id.gs1.org"
#: As much as GS1's engine reads.
LINK_CHARACTERS_MAX: Final = 8191
ELEMENTS_MAX: Final = 64

#: All small or all large: the standard's own form and what the alphanumeric mode of a QR code makes of it.
BEGINNINGS: Final = ("https://", "http://", "HTTPS://", "HTTP://")
#: The engine asks for characters only: a `%` that begins no escape passes.
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_ADDRESS: Final = re.compile(
    r"(?:https?|HTTPS?)://(?P<host>[^/]+)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]-]+")

#: Figures of a GTIN that the query may leave without its zeros in front.
SHORT_GTINS: Final = (8, 12, 13)
_GTIN: Final = "01"


@dataclass(frozen=True, slots=True)
class GS1Link(OrderedByText):
    """The elements of a Digital Link: first those of its path, then those of its query in the order they came."""

    elements: tuple[Element, ...]
    #: How many of them stand in the path.
    path_length: int
    #: What the query holds beside GS1's own, undecoded.
    others: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if len(self.elements) + len(self.others) > ELEMENTS_MAX:
            expected = Words(zh=f"最多 {ELEMENTS_MAX} 个要素", en=f"at most {ELEMENTS_MAX} elements")
            raise TooLarge(field="", came=len(self.elements) + len(self.others), expected=expected)
        path = tuple(ai for ai, _ in self.elements[: self.path_length])
        for ai, value in self.elements:
            _check_known(ai)
            check_value(AIS[ai], value)
        if path not in SEQUENCES:
            raise _sequence(path)
        self._check_attributes(path)
        check_together(self.elements)

    @classmethod
    def parse(cls, uri: str, *, field: str = "link") -> Self:
        """The elements of a link; raises a `Refusal` that names the AI which is wrong."""
        try:
            path, query = _taken_apart(uri)
            keys = _keys(path)
            attributes, others = _attributes(query)
            return cls((*keys, *attributes), len(keys), others)
        except Refusal as refusal:
            raise (refusal.at(field) if field else refusal) from None

    def __str__(self) -> str:
        return self.canonical

    def __getitem__(self, ai: str) -> str | None:
        return next((value for one, value in self.elements if one == ai), None)

    @property
    def primary_key(self) -> Element:
        """What it is about: a product (01), a logistic unit (00), a place (414) …"""
        return self.elements[0]

    @property
    def qualifiers(self) -> tuple[Element, ...]:
        """What makes the key finer: batch, serial …, in the order of the path."""
        return self.elements[1 : self.path_length]

    @property
    def attributes(self) -> tuple[Element, ...]:
        """The elements of the query."""
        return self.elements[self.path_length :]

    @property
    def path(self) -> str:
        """The path that the link ends in, escaped."""
        return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in self.elements[: self.path_length])

    @property
    def canonical(self) -> str:
        """The link at id.gs1.org, with GS1's attributes and no others."""
        return self.at(CANONICAL_ROOT)

    def at(self, base_url: str) -> str:
        """The link at another address."""
        # 5.8 of the syntax: elements whose length is known come first, else in the order received.
        ordered = sorted(self.attributes, key=lambda element: not AIS[element[0]].predefined)
        query = "&".join(f"{ai}={quote(value, safe='')}" for ai, value in ordered)
        return base_url.rstrip("/") + self.path + (f"?{query}" if query else "")

    def _check_attributes(self, path: tuple[str, ...]) -> None:
        seen = set(path)
        for ai, value in self.attributes:
            if ai in seen:
                raise wrong(value, zh=f"只有一个 ({ai})", en=f"one ({ai}), not two", field=ai)
            seen.add(ai)
            places = range(1, len(path) + 1)
            if any((*path[:place], ai, *path[place:]) in SEQUENCES for place in places):
                raise wrong(
                    value, zh=f"({ai}) 写在路径中", en=f"({ai}) in the path, not in the query", field=ai
                )
            if not AIS[ai].attribute:
                raise wrong(value, zh=f"问号之后没有 ({ai})", en=f"no ({ai}) in the query", field=ai)


def unescaped(text: str) -> str:
    """The value behind percent escapes. What is no UTF-8 becomes a character that no AI allows, and is refused as such."""
    return unquote_to_bytes(text).decode("utf-8", "replace")


def _taken_apart(uri: str) -> tuple[str, str]:
    if len(uri) > LINK_CHARACTERS_MAX:
        expected = Words(
            zh=f"最多 {LINK_CHARACTERS_MAX} 个字符的链接",
            en=f"a link of at most {LINK_CHARACTERS_MAX} characters",
        )
        raise TooLarge(field="", came=uri, expected=expected)
    if not uri.startswith(BEGINNINGS):
        raise wrong(
            uri,
            zh="http:// 或 https://（全小写或全大写）开头的链接",
            en="a link that begins with http:// or https://, all small or all capital",
        )
    if not _CHARACTERS.fullmatch(uri):
        raise wrong(
            uri,
            zh="只含网址允许的字符的链接（汉字和空格须写成 %XX）",
            en="a link of URI characters only (others written as %XX)",
        )
    parts = _ADDRESS.fullmatch(uri)
    if not parts:
        raise wrong(
            uri,
            zh="写有主机名和 GS1 路径（如 /01/ 加 GTIN）的网址",
            en="an address with a host name and a path, such as /01/ and a GTIN",
        )
    if "@" in parts["host"]:
        # Everything before the @ is decoration that makes a false address look right.
        raise wrong(uri, zh="不带用户名（@）的网址", en="an address without a user name (@)")
    if not _HOST.fullmatch(parts["host"]):
        raise wrong(uri, zh="写有主机名的网址", en="an address with a host name")
    return parts["path"], parts["query"] or ""


def _keys(path: str) -> tuple[Element, ...]:
    """The pairs that the path ends in, beginning with the last primary key before which there is no other AI."""
    segments = path.split("/")
    start = len(segments) - 2
    while start >= 1 and segments[start] in AIS:
        if AIS[segments[start]].is_primary_key:
            pairs = zip(segments[start::2], segments[start + 1 :: 2], strict=True)
            return tuple((ai, unescaped(text)) for ai, text in pairs)
        start -= 2
    raise wrong(
        path,
        zh="以 GS1 主键（如 /01/ 加 14 位 GTIN）结尾的路径",
        en="a path that ends in a GS1 key, such as /01/ and a GTIN of 14 digits",
    )


def _attributes(query: str) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    elements, others = [], []
    for parameter in filter(None, query.split("&")):
        ai, equals, text = parameter.partition("=")
        if not (equals and ai.isascii() and ai.isdigit()):
            others.append(parameter)
            continue
        _check_known(ai)
        value = unescaped(text.replace("+", " "))
        if ai == _GTIN and len(value) in SHORT_GTINS:
            value = value.zfill(AIS[_GTIN].least)
        elements.append((ai, value))
    return tuple(elements), tuple(others)


def _check_known(ai: str) -> None:
    if ai not in AIS:
        raise wrong(ai, zh="GS1 应用标识符", en="a GS1 application identifier")


def _sequence(path: tuple[str, ...]) -> Refusal:
    key = path[0] if path else ""
    known = sorted({ai for sequence in AIS[key].sequences for ai in sequence[1:]}) if key in AIS else []
    return wrong(
        "".join(f"({ai})" for ai in path),
        zh=f"主键 ({key}) 之后按规定顺序的修饰符（{'、'.join(known) or '无'}）",
        en=f"qualifiers in their order after the key ({key}) ({', '.join(known) or 'it has none'})",
    )
