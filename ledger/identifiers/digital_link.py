"""GS1 Digital Link: the link in the QR code that says which product, which batch and which pack.

`https://id.gs1.org/01/09520001000010/10/SG-20261113/21/7` is product 01, batch 10, serial 21. Any web
address may carry such a path; the canonical one is at id.gs1.org, and two links that name the same goods
become the same value. The address in a scanned link says nothing about who printed it. Only the keys 01, 10
and 21 are read: a link with another key in its path (22 variant, 235 …) names something else and is refused
rather than shortened.

>>> str(DigitalLink.parse("https://a.example/shop/01/09520001000010/10/AB%2F1?17=270331&from=label"))
'https://id.gs1.org/01/09520001000010/10/AB%2F1'

Sources: GS1 Digital Link URI Syntax 1.6 (order 01, 22, 10, 21); GS1 General Specifications, figure 7.11-1
(the 82 characters) and 3.4.7 (AI 17); EPC Tag Data Standard 6.3 (SGTIN and LGTIN); RFC 3986.
"""

from __future__ import annotations

import re
import string
from calendar import monthrange
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

from ledger.errors import Malformed, Refusal, TooLarge, Words, shown
from ledger.identifiers._code import OrderedByText
from ledger.identifiers.gtin import GTIN_DIGITS, Gtin, check_digit

CANONICAL_ROOT = "https://id.gs1.org"

#: Longer than any link a label can hold.
DIGITAL_LINK_CHARACTERS_MAX = 2000

#: The 82 characters of AI 10 and AI 21.
AI_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_")
AI_CHARACTERS_MAX = 20

#: A GTIN has thirteen digits before its check digit; an EPC shares them out between company and item.
_EPC_DIGITS = 13
_EPC_COMPANY_DIGITS = range(6, 13)

_BATCH, _SERIAL = "10", "21"
_PART_NAMES = {
    _BATCH: ("batch", Words(zh="批号（AI 10）", en="batch number (AI 10)")),
    _SERIAL: ("serial", Words(zh="序列号（AI 21）", en="serial number (AI 21)")),
}

_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_PARTS = re.compile(r"(?i:https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_GTIN = re.compile("[0-9]{14}")
_SHORT_GTIN = re.compile("/01/([0-9]{8}|[0-9]{12,13})(?:/|$)")
_EPC = re.compile(
    r"urn:epc:(id:sgtin|class:lgtin|idpat:sgtin):([0-9]+)\.([0-9]+)\.((?:[^%]|%[0-9A-Fa-f]{2})+)"
)


def check_ai_value(value: str, *, field: str, name: Words = _PART_NAMES[_BATCH][1]) -> None:
    """Raise unless `value` may stand in AI 10 or AI 21: 1 to 20 of the 82 characters."""
    if len(value) > AI_CHARACTERS_MAX:
        most = AI_CHARACTERS_MAX
        expected = Words(zh=f"最多 {most} 个字符的{name.zh}", en=f"a {name.en} of at most {most} characters")
        raise TooLarge(field=field, came=value, expected=expected)
    stranger = next((character for character in value if character not in AI_CHARACTERS), None)
    if not value or stranger is not None:
        found = Words(zh="空的", en="nothing")
        if stranger is not None:
            found = Words(zh=f"“{shown(stranger)}”", en=f"'{shown(stranger)}'")
        expected = Words(
            zh=f"由 GS1 的 82 个字符组成的{name.zh}，不能是{found.zh}",
            en=f"a {name.en} of GS1's 82 characters, not {found.en}",
        )
        raise Malformed(field=field, came=value, expected=expected)
    if value in {".", ".."}:
        # RFC 3986 5.2.4: browsers and proxies take these out of a path, escaped or not.
        expected = Words(zh=f"不是“.”或“..”的{name.zh}", en=f"a {name.en} other than '.' or '..'")
        raise Malformed(field=field, came=value, expected=expected)


@dataclass(frozen=True, slots=True)
class DigitalLink(OrderedByText):
    """A product, one of its batches, or one pack, named the GS1 way."""

    gtin: Gtin
    batch: str | None = None
    serial: str | None = None

    def __post_init__(self) -> None:
        for key, value in self._qualifiers():
            field, name = _PART_NAMES[key]
            check_ai_value(value, field=field, name=name)

    @classmethod
    def parse(cls, text: str, *, field: str = "link") -> Self:
        """The goods that a link names, whatever its address and its other query attributes."""
        try:
            host, path, query = _taken_apart(text)
            _check_host(host)
            gtin, qualifiers = _keys(path)
            _check_query(query)
            return cls(Gtin(gtin), qualifiers.get(_BATCH), qualifiers.get(_SERIAL))
        except Refusal as refusal:
            raise refusal.at(field) from None

    @classmethod
    def from_epc_urn(cls, text: str, *, field: str = "epc") -> Self:
        """The goods that an EPC names: `urn:epc:id:sgtin:`, `urn:epc:class:lgtin:` or, whole products,
        `urn:epc:idpat:sgtin:` that ends in `.*`.
        """
        match = _EPC.fullmatch(text)
        if not match:
            raise Malformed(
                field=field,
                came=text,
                expected=Words(
                    zh="urn:epc:id:sgtin: 或 urn:epc:class:lgtin: 开头的 EPC",
                    en="an EPC that begins with urn:epc:id:sgtin: or urn:epc:class:lgtin:",
                ),
            )
        scheme, company, item, last = match.groups()
        if len(company) not in _EPC_COMPANY_DIGITS or len(company) + len(item) != _EPC_DIGITS:
            expected = Words(
                zh="6 至 12 位厂商识别代码，与项目代码合计 13 位",
                en="a company prefix of 6 to 12 digits, 13 together with the item reference",
            )
            raise Malformed(field=field, came=text, expected=expected)
        # TDS 6.3.1: the indicator stands before the item in an EPC, and before the company in a GTIN.
        body = item[0] + company + item[1:]
        gtin = Gtin(body + check_digit(body))
        try:
            if scheme == "class:lgtin":
                return cls(gtin, batch=_unescaped(last, *_PART_NAMES[_BATCH]))
            if scheme == "id:sgtin":
                return cls(gtin, serial=_unescaped(last, *_PART_NAMES[_SERIAL]))
        except Refusal as refusal:
            raise refusal.at(field) from None
        if last != "*":
            expected = Words(zh="以 .* 结尾的商品类别", en="a class of products that ends in .*")
            raise Malformed(field=field, came=text, expected=expected)
        return cls(gtin)

    def __str__(self) -> str:
        return self.at(CANONICAL_ROOT)

    def path(self) -> str:
        """The path that a label's link ends in: `/01/…/10/…/21/…`."""
        # `quote` escapes all but RFC 3986's unreserved characters, as the canonical form asks.
        escaped = "".join(f"/{key}/{quote(value, safe='')}" for key, value in self._qualifiers())
        return f"/01/{self.gtin}{escaped}"

    def at(self, base_url: str) -> str:
        """The link at another address, for example our own."""
        return base_url.rstrip("/") + self.path()

    def batch_link(self) -> Self:
        """The batch (or product) that this pack belongs to."""
        return type(self)(self.gtin, self.batch)

    def _qualifiers(self) -> list[tuple[str, str]]:
        return [
            (key, value) for key, value in ((_BATCH, self.batch), (_SERIAL, self.serial)) if value is not None
        ]


def _taken_apart(text: str) -> tuple[str, str, str]:
    if len(text) > DIGITAL_LINK_CHARACTERS_MAX:
        most = DIGITAL_LINK_CHARACTERS_MAX
        expected = Words(zh=f"最多 {most} 个字符的链接", en=f"a link of at most {most} characters")
        raise TooLarge(field="", came=text, expected=expected)
    parts = _PARTS.fullmatch(text)
    if not parts:
        raise _link(
            text, zh="http:// 或 https:// 开头的链接", en="a link that begins with http:// or https://"
        )
    if not _URI.fullmatch(text):
        raise _link(
            text,
            zh="只含网址允许的字符的链接（汉字和空格须写成 %XX）",
            en="a link of URI characters only (others written as %XX)",
        )
    host, path, query = parts.groups(default="")
    return host, path, query


def _check_host(host: str) -> None:
    if "@" in host:
        # Everything before the @ is decoration that makes a false address look right.
        raise _link(host, zh="不带用户名（@）的网址", en="an address without a user name (@)")
    if not _HOST.fullmatch(host):
        raise _link(host, zh="写有主机名的网址", en="an address with a host name")


def _keys(path: str) -> tuple[str, dict[str, str]]:
    segments = path.removesuffix("/").split("/")
    starts = (i for i in range(1, len(segments)) if segments[i - 1] == "01" and _GTIN.fullmatch(segments[i]))
    start = next(starts, None)
    if start is None:
        short = _SHORT_GTIN.search(path)
        if short:
            expected = Words(
                zh=f"{GTIN_DIGITS} 位（前面补 0）的 GTIN",
                en=f"a GTIN of {GTIN_DIGITS} digits (zeros in front)",
            )
            raise Malformed(field="gtin", came=short[1], expected=expected)
        raise _link(path, zh="路径中的 /01/ 加 14 位 GTIN", en="/01/ and a GTIN of 14 digits in the path")
    return segments[start], _qualifiers_after(segments[start + 1 :])


def _qualifiers_after(segments: list[str]) -> dict[str, str]:
    qualifiers: dict[str, str] = {}
    for place in range(0, len(segments), 2):
        key, value = segments[place], "".join(segments[place + 1 : place + 2])
        if key in qualifiers or key == "01":
            raise _link(key, zh=f"路径中只有一个 {key}", en=f"one {key} in the path, not two")
        if key not in _PART_NAMES:
            raise _link(
                key,
                zh="GTIN 之后只有 10（批号）和 21（序列号）的路径",
                en="a path with only 10 (batch) and 21 (serial) after the GTIN",
            )
        if key == _BATCH and _SERIAL in qualifiers:
            raise _link(key, zh="10（批号）在 21（序列号）之前", en="10 (batch) before 21 (serial)")
        qualifiers[key] = _unescaped(value, *_PART_NAMES[key])
    return qualifiers


def _unescaped(value: str, field: str, name: Words) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        expected = Words(zh=f"以 UTF-8 转义的{name.zh}", en=f"a {name.en} escaped from UTF-8")
        raise Malformed(field=field, came=value, expected=expected) from None


def _check_query(query: str) -> None:
    attributes = [attribute.partition("=") for attribute in re.split("[&;]", query)]
    for key in ("01", *_PART_NAMES):
        if any(name == key for name, _, _ in attributes):
            # A second answer to the same question; the syntax wants these keys in the path.
            raise _link(
                query, zh=f"{key} 写在路径中，不在问号之后", en=f"{key} in the path, not in the query"
            )
    expiries = [value for name, _, value in attributes if name == "17"]
    if len(expiries) > 1 or not all(_is_yymmdd(value) for value in expiries):
        raise _link(query, zh="一个有效期（AI 17），年月日各两位", en="one expiry (AI 17) of the form YYMMDD")


def _is_yymmdd(value: str) -> bool:
    if not re.fullmatch("[0-9]{2}(0[1-9]|1[0-2])[0-9]{2}", value):
        return False
    year, month, day = (int(value[at : at + 2]) for at in (0, 2, 4))
    # GS1 General Specifications 3.4.7: day 00 means the end of the month.
    return day <= monthrange(2000 + year, month)[1]


def _link(came: str, *, zh: str, en: str) -> Malformed:
    return Malformed(field="", came=came, expected=Words(zh=zh, en=en))
