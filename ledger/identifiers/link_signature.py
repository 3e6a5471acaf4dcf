"""The signature in a link: which goods a link names, what is signed about them, and where the signature stands.

    https://t.example.cn/01/09520001000010/10/SG7/21/K3?8030=AbQ3…      a pack: GS1's own DIGSIG
    https://t.example.cn/01/09520001000010/10/SG7?dsig=AbQ3…            a batch or a product: 8030 wants a serial number there
    https://t.example.cn/c/3k8hw0s5j1y4nq2xd?dsig=AbQ3…                 goods with a batch code and no GTIN

Signed are four lines, each ended by a newline: a domain that no other signed text begins with, the whole id of the key, and what the link says
of the goods, GS1's element string in one spelling however the link writes it:

    suyuan/label/v1
    f32d70b7eba014c8955eed8a90a9ac073fcffaf1c8bc8785c85686dc2a068b7e
    gs1
    (01)09520001000010␝(10)SG7␝(21)K3␝                     ␝ is FNC1, one byte 0x1D, behind every element

Brackets and FNC1 both stay: a value may hold brackets, and without them `10` with `1X` would read as `101` with `X`.

The signature itself is 67 bytes in base64url, which are the 90 characters that 8030 may have: a byte for the version and algorithm, the first two
bytes of the key's id, and 64 bytes of Ed25519. **Not covered, on purpose:** the host, since a maker moves and chat programs rewrite links, and
parameters that are not GS1's, which those programs append. Who compares a host says so (`scanner.codes`).

What signs and verifies stands in `ledger.log.signed_links`; this module knows no keys.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote

from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers.batch_code import BatchCode
from ledger.identifiers.digital_link import AI_CHARACTERS, DigitalLink

DOMAIN: Final = "suyuan/label/v1"

#: GS1 General Specifications 3.8: Digital Signature (DigSig), Z..90. It stands with 01 and 21, never with 10 alone.
DIGSIG: Final = "8030"
#: The same where 8030 may not stand. GS1 leaves names with a letter in them to everybody (Digital Link URI Syntax, extension parameters).
PRIVATE: Final = "dsig"

VERSION_ED25519: Final = 1
KEY_HINT_BYTES: Final = 2
SIGNATURE_BYTES: Final = 64
SIGNATURE_CHARACTERS: Final = 90
_BYTES: Final = 1 + KEY_HINT_BYTES + SIGNATURE_BYTES

_FNC1: Final = "\x1d"
#: What names goods stands in the path: GS1's rules say so of Digital Links, and we of links with a batch code.
_KEYS: Final = frozenset({"01", "10", "21"})
_BASE64URL: Final = re.compile(rf"[A-Za-z0-9_-]{{{SIGNATURE_CHARACTERS}}}")
_BATCH_PAGE: Final = re.compile(r"https?://[^/?#]+(?:/[^?#]*)?/c/([0-9A-Za-z-]{1,40})/?", re.IGNORECASE)
_GS1_PATH: Final = re.compile(r"/01/[0-9]{14}(?:/|\Z)")


class NotSigned(Refusal):
    """The link carries no signature, so there is nothing to check without a network. Most links carry none."""

    title = Words(zh="链接不带签名", en="the link carries no signature")


@dataclass(frozen=True, slots=True)
class LinkSignature:
    """The 67 bytes: which algorithm, a hint at the key, and the signature."""

    key_hint: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """Two bytes and sixty-four."""
        if len(self.key_hint) != KEY_HINT_BYTES or len(self.signature) != SIGNATURE_BYTES:
            expected = Words(
                zh=f"{KEY_HINT_BYTES} 字节提示和 {SIGNATURE_BYTES} 字节签名",
                en=f"a hint of {KEY_HINT_BYTES} bytes and a signature of {SIGNATURE_BYTES}",
            )
            came = f"{len(self.key_hint)} + {len(self.signature)} B"
            raise Malformed(field="signature", came=came, expected=expected)

    @classmethod
    def parse(cls, text: str, *, field: str = "signature") -> Self:
        """Read what `str` writes: base64url without padding, in its only spelling."""
        raw = urlsafe_b64decode(text + "==") if _BASE64URL.fullmatch(text) else b""
        if len(raw) != _BYTES or _unpadded(raw) != text:
            expected = Words(
                zh=f"{SIGNATURE_CHARACTERS} 个 base64url 字符的签名",
                en=f"a signature of {SIGNATURE_CHARACTERS} base64url characters",
            )
            raise Malformed(field=field, came=text, expected=expected)
        if raw[0] != VERSION_ED25519:
            expected = Words(
                zh=f"第 {VERSION_ED25519} 版（Ed25519）", en=f"version {VERSION_ED25519} (Ed25519)"
            )
            raise Malformed(field=field, came=f"{raw[0]}", expected=expected)
        return cls(raw[1 : 1 + KEY_HINT_BYTES], raw[1 + KEY_HINT_BYTES :])

    def __str__(self) -> str:
        return _unpadded(bytes([VERSION_ED25519]) + self.key_hint + self.signature)


@dataclass(frozen=True, slots=True)
class LinkGoods:
    """What a link says of goods: the value it names, and the GS1 elements beside it (an expiry date, a weight) in the order of their numbers."""

    named: DigitalLink | BatchCode
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def parameter(self) -> str:
        """Where the signature of such a link stands."""
        return DIGSIG if isinstance(self.named, DigitalLink) and self.named.serial is not None else PRIVATE

    @property
    def text(self) -> str:
        """The goods in the one spelling that is signed: a form of address, a newline, and the elements or the code."""
        elements = "".join(f"({key}){value}{_FNC1}" for key, value in (*self._path(), *self.attributes))
        return (
            f"batch-code\n{self.named}{_FNC1}{elements}"
            if isinstance(self.named, BatchCode)
            else f"gs1\n{elements}"
        )

    def _path(self) -> list[tuple[str, str]]:
        if isinstance(self.named, BatchCode):
            return []
        keys = {"01": str(self.named.gtin), "10": self.named.batch, "21": self.named.serial}
        return [(key, value) for key, value in keys.items() if value is not None]

    def signed_bytes(self, keyid: str) -> bytes:
        """What the key of this id signs."""
        return f"{DOMAIN}\n{keyid}\n{self.text}\n".encode("ascii")


@dataclass(frozen=True, slots=True)
class ReadLink:
    """A link taken apart: its goods, and its signature if it carries one."""

    goods: LinkGoods
    signature: LinkSignature | None

    @classmethod
    def parse(cls, link: str, *, field: str = "link") -> Self:
        """From the text of a link, whatever its host. Refused where it names no goods, or carries a signature in the wrong place."""
        try:
            address, _, query = link.partition("#")[0].partition("?")
            pairs = [
                (key, value) for key, _, value in (one.partition("=") for one in re.split("[&;]", query))
            ]
            goods = LinkGoods(_named(link, address), _attributes(pairs))
            return cls(goods, _signature(pairs, goods))
        except Refusal as refusal:
            raise refusal.at(field) from None


def goods_to_sign(link: str) -> LinkGoods:
    """What there is to sign. Refused where the link is signed already, or has a fragment, which no browser would send on."""
    read = ReadLink.parse(link)
    if read.signature is not None or "#" in link:
        expected = Words(zh="不带签名和 # 的链接", en="a link without a signature and without #")
        raise Malformed(field="link", came=link, expected=expected)
    return read.goods


def with_signature(link: str, goods: LinkGoods, signature: LinkSignature) -> str:
    """The link of these goods (`goods_to_sign`) with their signature at its end."""
    return f"{link}{'&' if '?' in link else '?'}{goods.parameter}={signature}"


def _named(link: str, address: str) -> DigitalLink | BatchCode:
    page = _BATCH_PAGE.fullmatch(address)
    if page is not None and not _GS1_PATH.search(address):
        return BatchCode.parse(page[1])
    return DigitalLink.parse(link, field="")


def _attributes(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """GS1's own elements in the query, by their numbers. A second value for one number would be a second answer, as goods named again would be."""
    found: dict[str, str] = {}
    for key, escaped in pairs:
        if not (key.isascii() and key.isdigit()) or key == DIGSIG:
            continue
        value = unquote(escaped, errors="replace")
        if key in found or key in _KEYS or not value or not AI_CHARACTERS.issuperset(value):
            expected = Words(zh=f"一个 AI {key} 的值", en=f"one value of AI {key}")
            raise Malformed(field=key, came=escaped, expected=expected)
        found[key] = value
    return tuple(sorted(found.items()))


def _signature(pairs: list[tuple[str, str]], goods: LinkGoods) -> LinkSignature | None:
    came = [(key, value) for key, value in pairs if key in {DIGSIG, PRIVATE}]
    if not came:
        return None
    if len(came) > 1 or came[0][0] != goods.parameter:
        expected = Words(zh=f"一个 {goods.parameter} 参数", en=f"one parameter {goods.parameter}")
        raise Malformed(field="signature", came=", ".join(key for key, _ in came), expected=expected)
    return LinkSignature.parse(came[0][1])


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
