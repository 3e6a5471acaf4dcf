"""Names: for parties, sites and products, for goods, for statements, for bytes, and for places.

Names that we give out are random, so that a name tells a stranger nothing: not how many parties there are,
not who came first. The credit code, the address or the GTIN of a party, site or product stand in its
statements, never in its name.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

from ledger.errors import TooLarge, Words
from ledger.identifiers import _crockford
from ledger.identifiers._code import Code
from ledger.identifiers.batch_code import BatchCode
from ledger.identifiers.digital_link import DigitalLink

GOODS_ID_CHARACTERS_MAX = 200
#: Names held so that they need not be read again; some 300 bytes each.
NAMES_HELD_MAX = 65_536
#: Links of goods that were taken apart lately.
LINKS_HELD_MAX = 8_192

_BATCH_URN = "urn:suyuan:batch:"
_OUR_URN = re.compile("urn:suyuan:.*", re.IGNORECASE | re.DOTALL)
# What speaks of a GTIN must be a right Digital Link; other GS1 keys (00, 8006 …) are names from elsewhere.
_LINK_TO_GTIN = re.compile(
    r"(?i:https?)://(?:[^/?#]*/(?:[^?#]*/)?01/[0-9]{12,14}(?:[/?#].*)?|id\.gs1\.org/01(?:/.*)?)", re.DOTALL
)
_EPC_OF_GTIN = re.compile("urn:epc:(?:id|class|idpat):(?:sgtin|lgtin):.*", re.DOTALL)
# RFC 8141 and RFC 3986, with at least one character that names something; no user name before the host.
_OTHER_URN = re.compile(
    r"urn:[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:(?:[A-Za-z0-9\-._~:/?#!$&'()*+,;=@]|%[0-9A-Fa-f]{2})+"
)
_OTHER_LINK = re.compile(
    r"https://[a-z0-9.-]+(?::[0-9]{1,5})?/(?:[A-Za-z0-9\-._~:/?#!$&'()*+,;=@]|%[0-9A-Fa-f]{2})+"
)

_SHA256 = re.compile("[0-9a-f]{64}")
_REGION = re.compile("[0-9]{6}")
_UUID7 = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Name(Code):
    """A code that stands in every record: the same few thousand come again and again, and those read lately are held."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str, *, field: str | None = None) -> Self:
        """See `Code`. A text that was right once is right for ever; what is refused is read anew each time."""
        held = _held.get((cls, text))
        if isinstance(held, cls):
            return held
        one = super().parse(text, field=field)
        if len(_held) >= NAMES_HELD_MAX:
            _held.clear()
        _held[cls, text] = one
        return one


_held: dict[tuple[type[Name], str], Name] = {}


@dataclass(frozen=True, slots=True, order=True)
class RandomId(Name):
    """A prefix that says what is named, and sixteen random letters (80 bits)."""

    prefix: ClassVar[str]

    @classmethod
    def new(cls, random_bytes: bytes) -> Self:
        """The name for ten random bytes."""
        return cls(cls.prefix + _crockford.spell(random_bytes))

    @classmethod
    def _check(cls, text: str) -> None:
        if not re.fullmatch(f"{cls.prefix}{_crockford.LETTER}{{{_crockford.RANDOM_LETTERS}}}", text):
            letters = _crockford.RANDOM_LETTERS
            raise cls._malformed(
                text,
                zh=f"{cls.prefix} 加 {letters} 位小写字母和数字",
                en=f"{cls.prefix} and {letters} small letters and digits",
            )


@dataclass(frozen=True, slots=True, order=True)
class PartyId(RandomId):
    """A party: a farm, a company, a stall, an office, or a person who deals in goods."""

    field: ClassVar[str] = "party"
    prefix: ClassVar[str] = "pty_"


@dataclass(frozen=True, slots=True, order=True)
class SiteId(RandomId):
    """A place where goods are grown, made, kept or sold: a plot, a workshop, a stall."""

    field: ClassVar[str] = "site"
    prefix: ClassVar[str] = "site_"


@dataclass(frozen=True, slots=True, order=True)
class ProductId(RandomId):
    """A product as one party declares it; it may or may not have a GTIN."""

    field: ClassVar[str] = "product"
    prefix: ClassVar[str] = "prd_"


@dataclass(frozen=True, slots=True, order=True)
class GoodsId(Name):
    """What goods are called in statements: a Digital Link, one of our batch codes, or a name from elsewhere.

    Names that mean the same goods become the same text: a Digital Link at any address and an EPC of a GTIN
    are written as the canonical Digital Link, a batch code loses its dashes. Other `urn:` and `https:`
    names are kept to the letter. A link that speaks of a GTIN and gets it wrong is refused; it is a slip of
    the pen, not a name from elsewhere.

    >>> str(GoodsId.parse("urn:epc:class:lgtin:9520001.000001.SG-1"))
    'https://id.gs1.org/01/09520001000010/10/SG-1'
    >>> GoodsId.parse("https://id.gs1.org/01/09520001000010/10/SG-20261113").digital_link.batch
    'SG-20261113'
    """

    field: ClassVar[str] = "goods"

    @classmethod
    def of_batch(cls, code: BatchCode) -> Self:
        """The batch that has this code."""
        return cls(f"{_BATCH_URN}{code}")

    @classmethod
    def of_link(cls, link: DigitalLink) -> Self:
        """The goods that this Digital Link names."""
        return cls.parse(str(link))

    @property
    def digital_link(self) -> DigitalLink | None:
        """The product, batch and serial, when GS1 keys name these goods."""
        return _link_in(self.text)

    @property
    def batch_code(self) -> BatchCode | None:
        """Our code, when it names these goods."""
        return BatchCode(self.text.removeprefix(_BATCH_URN)) if self.text.startswith(_BATCH_URN) else None

    @classmethod
    def _spell(cls, text: str) -> str:
        link = _link_in(text)
        if link is not None:
            return str(link)
        if _EPC_OF_GTIN.fullmatch(text):
            return str(DigitalLink.from_epc_urn(text))
        if text.startswith(_BATCH_URN):
            return f"{_BATCH_URN}{BatchCode.parse(text.removeprefix(_BATCH_URN))}"
        return text

    @classmethod
    def _check(cls, text: str) -> None:
        if len(text) > GOODS_ID_CHARACTERS_MAX:
            most = GOODS_ID_CHARACTERS_MAX
            expected = Words(
                zh=f"最多 {most} 个字符的货物标识", en=f"a name for goods of at most {most} characters"
            )
            raise TooLarge(field=cls.field, came=text, expected=expected)
        if _LINK_TO_GTIN.fullmatch(text) or _EPC_OF_GTIN.fullmatch(text) or text.startswith(_BATCH_URN):
            if cls._spell(text) != text:
                raise cls._malformed(
                    text, zh="规范写法的货物标识", en="the canonical spelling of a name for goods"
                )
        elif _OUR_URN.fullmatch(text) or not (_OTHER_URN.fullmatch(text) or _OTHER_LINK.fullmatch(text)):
            raise cls._malformed(
                text,
                zh=f"GS1 数字链接、{_BATCH_URN} 加批次码，或其他 urn:、https: 标识",
                en=f"a Digital Link, {_BATCH_URN} with a batch code, or another urn: or https: name",
            )


@lru_cache(maxsize=LINKS_HELD_MAX)
def _link_in(goods: str) -> DigitalLink | None:
    return DigitalLink.parse(goods) if _LINK_TO_GTIN.fullmatch(goods) else None


@dataclass(frozen=True, slots=True, order=True)
class Sha256Hex(Code):
    """The SHA-256 of some bytes (a photo, a certificate) as 64 small hex digits."""

    field: ClassVar[str] = "sha256"

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The digest of these bytes."""
        return cls(hashlib.sha256(content).hexdigest())

    @classmethod
    def _check(cls, text: str) -> None:
        if not _SHA256.fullmatch(text):
            raise cls._malformed(
                text, zh="64 位小写十六进制的 SHA-256", en="a SHA-256 of 64 small hex digits"
            )


@dataclass(frozen=True, slots=True, order=True)
class RegionCode(Code):
    """A GB/T 2260 region: province, city, county, two digits each. Format only, because the list changes
    every year.
    """

    field: ClassVar[str] = "region"

    @classmethod
    def _check(cls, text: str) -> None:
        if not _REGION.fullmatch(text):
            raise cls._malformed(text, zh="6 位数字的行政区划代码", en="a region code of 6 digits")


@dataclass(frozen=True, slots=True, order=True)
class StatementId(Name):
    """The UUIDv7 that a client chooses for a statement (RFC 9562 5.7), so that sending twice records once."""

    field: ClassVar[str] = "id"

    @classmethod
    def new(cls, ms: int, random_bytes: bytes) -> Self:
        """The id for a moment (ms since 1970) and ten random bytes, of which 74 bits are used."""
        assert len(random_bytes) == _crockford.RANDOM_BYTES, f"{len(random_bytes)} random bytes, expected 10"
        assert 0 <= ms < 1 << 48, f"{ms} ms do not fit the 48 bits of a UUIDv7"
        rest = int.from_bytes(random_bytes, "big")
        number = ms << 80 | 0x7 << 76 | (rest >> 62 & 0xFFF) << 64 | 0b10 << 62 | rest & (1 << 62) - 1
        digits = f"{number:032x}"
        return cls("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))

    @property
    def ms(self) -> int:
        """The client's clock when it chose the id. A claim like any other."""
        return int(self.text[:8] + self.text[9:13], 16)

    @classmethod
    def _check(cls, text: str) -> None:
        if not _UUID7.fullmatch(text):
            raise cls._malformed(text, zh="小写的 UUID 第 7 版", en="a UUID of version 7 in small letters")
