"""GS1 Digital Link as a name for goods: which product, which batch and which pack.

`https://id.gs1.org/01/09520001000010/10/SG-20261113/21/7` is product 01, batch 10, serial 21. Any web
address may carry such a path; the canonical one is at id.gs1.org, and two links that name the same goods
become the same value. The address in a scanned link says nothing about who printed it. Every link is read
by GS1's rules (`gs1/links.py`), attributes in its query and all; of what they allow, only the keys 01, 10 and
21 name goods here: a link with another key in its path (22 variant, 235 …) names something else and is
refused rather than shortened.

>>> str(DigitalLink.parse("https://a.example/shop/01/09520001000010/10/AB%2F1?17=270331&from=label"))
'https://id.gs1.org/01/09520001000010/10/AB%2F1'

Sources: GS1 Digital Link URI Syntax 1.6 (order 01, 22, 10, 21); GS1 General Specifications, figure 7.11-1
(the 82 characters); RFC 3986.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from ledger.errors import Malformed, Refusal, TooLarge, Words, shown
from ledger.identifiers._code import OrderedByText
from ledger.identifiers.gs1 import epc
from ledger.identifiers.gs1.links import CANONICAL_ROOT, GS1Link
from ledger.identifiers.gs1.syntax import CSET_82
from ledger.identifiers.gtin import Gtin

__all__ = [
    "AI_CHARACTERS",
    "AI_CHARACTERS_MAX",
    "CANONICAL_ROOT",
    "DIGITAL_LINK_CHARACTERS_MAX",
    "DigitalLink",
    "check_ai_value",
]

#: Longer than any link a label can hold.
DIGITAL_LINK_CHARACTERS_MAX = 2000

#: The 82 characters of AI 10 and AI 21.
AI_CHARACTERS = frozenset(CSET_82)
AI_CHARACTERS_MAX = 20

_GTIN, _BATCH, _SERIAL = "01", "10", "21"
_PART_NAMES = {
    _BATCH: ("batch", Words(zh="批号（AI 10）", en="batch number (AI 10)")),
    _SERIAL: ("serial", Words(zh="序列号（AI 21）", en="serial number (AI 21)")),
}
_FIELDS = {_GTIN: "gtin", _BATCH: "batch", _SERIAL: "serial"}

# The link that nearly all goods have, without escapes and without a query: read here in one step, and by the
# rules of GS1Link with the same result (a test compares them).
_PLAIN = re.compile(
    r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9._~-]+)*?/01/([0-9]{14})(?:/10/([A-Za-z0-9._-]{1,20}))?(?:/21/([A-Za-z0-9._-]{1,20}))?"
)
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_UNRESERVED = re.compile("[A-Za-z0-9._~-]*")
_EPC = re.compile(r"urn:epc:(?:id:sgtin|class:lgtin|idpat:sgtin):.+")


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
        """The goods that a link names, whatever its address and its attributes."""
        plain = _PLAIN.fullmatch(text)
        try:
            if plain and len(text) <= DIGITAL_LINK_CHARACTERS_MAX:
                return cls(Gtin(plain[1]), plain[2], plain[3])
            return cls._parse(text)
        except Refusal as refusal:
            raise refusal.at(field) from None

    @classmethod
    def _parse(cls, text: str) -> Self:
        if len(text) > DIGITAL_LINK_CHARACTERS_MAX:
            most = DIGITAL_LINK_CHARACTERS_MAX
            expected = Words(zh=f"最多 {most} 个字符的链接", en=f"a link of at most {most} characters")
            raise TooLarge(field="", came=text, expected=expected)
        if _STRAY_PERCENT.search(text):
            # GS1's engine takes such a % for itself; a browser or a proxy may not (RFC 3986 2.1).
            raise Malformed(
                field="",
                came=text,
                expected=Words(
                    zh="只含网址允许的字符的链接（% 须写成 %25）",
                    en="a link of URI characters only (% written as %25)",
                ),
            )
        try:
            return cls.of(GS1Link.parse(_without_last_slash(text), field=""))
        except Refusal as refusal:
            where = _FIELDS.get(refusal.field, refusal.field)
            raise type(refusal)(field=where, came=refusal.came, expected=refusal.expected) from None

    @classmethod
    def of(cls, link: GS1Link) -> Self:
        """The goods that a link names which was read already."""
        keys = dict(link.elements[: link.path_length])
        if _GTIN not in keys or not keys.keys() <= _FIELDS.keys():
            raise Malformed(
                field="",
                came=link.path,
                expected=Words(
                    zh="/01/ 加 GTIN、其后只有 10（批号）和 21（序列号）的路径",
                    en="a path of /01/ and a GTIN with only 10 (batch) and 21 (serial) after it",
                ),
            )
        return cls(Gtin(keys[_GTIN]), keys.get(_BATCH), keys.get(_SERIAL))

    @classmethod
    def from_epc_urn(cls, text: str, *, field: str = "epc") -> Self:
        """The goods that an EPC names: `urn:epc:id:sgtin:`, `urn:epc:class:lgtin:` or, whole products,
        `urn:epc:idpat:sgtin:` that ends in `.*`.
        """
        if not _EPC.fullmatch(text):
            raise Malformed(
                field=field,
                came=text,
                expected=Words(
                    zh="urn:epc:id:sgtin: 或 urn:epc:class:lgtin: 开头的 EPC",
                    en="an EPC that begins with urn:epc:id:sgtin: or urn:epc:class:lgtin:",
                ),
            )
        try:
            return cls.of(epc.to_link(text, field=""))
        except Refusal as refusal:
            where = _FIELDS.get(refusal.field, refusal.field)
            raise type(refusal)(
                field=f"{field}.{where}" if where else field, came=refusal.came, expected=refusal.expected
            ) from None

    def __str__(self) -> str:
        return self.at(CANONICAL_ROOT)

    def path(self) -> str:
        """The path that a label's link ends in: `/01/…/10/…/21/…`."""
        escaped = "".join(f"/{key}/{_escaped(value)}" for key, value in self._qualifiers())
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


def _escaped(value: str) -> str:
    """All but RFC 3986's unreserved characters, as the canonical form asks. Most values are made of these alone."""
    return value if _UNRESERVED.fullmatch(value) else quote(value, safe="")


def _without_last_slash(text: str) -> str:
    # Resolvers answer alike with and without one slash at the end of the path, so the goods are the same too; the
    # syntax knows no such slash.
    end = min((place for place in (text.find("?"), text.find("#")) if place >= 0), default=len(text))
    return text[: end - 1] + text[end:] if text[:end].endswith("/") else text
