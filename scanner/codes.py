"""What a scanned or typed text is: which identifier it carries, and whether its address is one of ours.

A code is printed text; this module turns it into a value and back, and looks nothing up: whether the goods
exist and the code was ever issued is for the ledger to say. A text is never refused for being strange:
strangers print what they like, and whoever scanned it must still be told what it is.

Two rules keep a forger out (security: phishing copies of our pages). An address is ours only if it is plain
ASCII and its host is exactly one of our hosts; whatever browsers forgive (user names, backslashes, letters
that look like ours) makes it foreign. And no spelling is mended in an address. Numbers are another matter:
they are typed on Chinese keyboards, where a digit comes as wide as a character, so full-width characters are
folded there, where no host is to be gained by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers import (
    BatchCode,
    DigitalLink,
    DrugTraceCode,
    Gtin,
    InvoiceQr,
    PesticideUnitCode,
)
from ledger.identifiers.batch_code import BATCH_CODE_LETTERS
from scanner.element_string import GS1_SYMBOLOGIES, SEPARATOR, ElementString

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = Literal[
    "digital_link",
    "batch_page",
    "batch_code",
    "own_address",
    "drug_code",
    "vet_drug_code",
    "pesticide_code",
    "invoice_qr",
    "gtin",
    "gs1_element_string",
    "foreign_address",
    "unknown_text",
]

#: The largest QR code holds 7,089 digits.
SCAN_CHARACTERS_MAX = 7100

#: Where the page of a batch stands on our hosts.
BATCH_PAGE = "/c/"

# What keyboard scanners add (CR, tab), what pasting adds (a byte order mark, wide and unbroken spaces). Not
# the group separator, which Python would count as white space and which begins some element strings.
_AROUND = " \t\r\n\ufeff\u3000\u00a0"
_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20}

# ISO/IEC 15424: three characters in front of the text, if the scanner is set to send them.
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
#: Schemes that need no slashes to be followed.
_BARE_SCHEMES = {
    "alipays",
    "blob",
    "data",
    "file",
    "http",
    "https",
    "intent",
    "javascript",
    "mailto",
    "tel",
    "weixin",
}
#: An address that is exactly what it seems: RFC 3986 characters only, and an authority of host and port only.
_PLAIN = re.compile(
    r"(?P<scheme>(?i:https?))://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/(?:[A-Za-z0-9\-._~:/@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?"
    r"(?:[?#](?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?"
)
_WITHOUT_SCHEME = re.compile(r"(?i:www\.)?[^\s/\\@:,()]+\.[^\s/\\@:,().0-9]{2,}(?::[0-9]+)?/\S*")
# Browsers take any number of slashes, either way round, after http: and https:.
_ANY_HOST = re.compile(r"(?:(?i:https?):[\\/]*|[A-Za-z][A-Za-z0-9+.-]*://)(?P<authority>[^\\/?#]*)")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

_BATCH_PATH = re.compile(re.escape(BATCH_PAGE) + r"([0-9a-z-]{1,40})/?", re.IGNORECASE)
_PESTICIDE_IN_ADDRESS = re.compile("(?<![0-9])[0-9]{32}(?![0-9])")
_VET_DRUG = re.compile("20[0-9]{22}")
_GTIN_DIGITS = (8, 12, 13, 14)
_UNMARKED = re.compile("01[0-9]{14}")


@dataclass(frozen=True, slots=True, order=True)
class VetDrugCode:
    """Vet drug trace code (兽药产品追溯码): 24 digits, the first of them a date. No check digit."""

    text: str

    field: ClassVar[str] = "vet_drug_code"

    def __post_init__(self) -> None:
        if not (_VET_DRUG.fullmatch(self.text) and _is_day(self.text[:8])):
            expected = Words(zh="24 位兽药追溯码，前 8 位是日期", en="24 digits, the first eight a date")
            raise Malformed(field=self.field, came=self.text, expected=expected)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The code in a text of 24 digits."""
        return cls(text)

    def __str__(self) -> str:
        return self.text


Identifier = (
    DigitalLink
    | BatchCode
    | DrugTraceCode
    | VetDrugCode
    | PesticideUnitCode
    | InvoiceQr
    | Gtin
    | ElementString
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a text is. `raw` is the text exactly as it came.

    `host` is the host of a foreign or own address, for showing; it is never one of ours unless `is_ours`.
    `refusal` says why a text that looks like a code is none, for the person who typed it.
    """

    kind: Kind
    raw: str
    value: Identifier | None = None
    host: str | None = None
    is_ours: bool = False
    refusal: Refusal | None = field(default=None, compare=False)


def read_code(text: str, own_hosts: frozenset[str]) -> Scanned:
    """What the text is. `own_hosts` are small-letter hosts, with the port if it is not the usual one."""
    if len(text) > SCAN_CHARACTERS_MAX:
        most = SCAN_CHARACTERS_MAX
        expected = Words(zh=f"最多 {most} 个字符", en=f"at most {most} characters")
        raise TooLarge(field="code", came=text, expected=expected)
    plain = text.strip(_AROUND)
    if plain.startswith(GS1_SYMBOLOGIES) or SEPARATOR in plain:
        return _tried(text, "gs1_element_string", ElementString.parse, plain)
    plain = _SYMBOLOGY.sub("", plain, count=1) if _SYMBOLOGY.match(plain) else plain
    if _is_address(plain):
        return _read_address(text, plain, own_hosts)
    return _read_number(text, plain)


def printed_address(value: BatchCode | DigitalLink, base_url: str) -> str:
    """The address to print on a label, at our own base address: what `read_code` reads back as ours."""
    if isinstance(value, DigitalLink):
        return value.at(base_url)
    return base_url.rstrip("/") + BATCH_PAGE + str(value)


def address_host(address: str, *, field: str = "address") -> str:
    """The host of a plain address, as `read_code` compares it: of our base address it is the one own host."""
    match = _PLAIN.fullmatch(address)
    if match is None:
        expected = Words(
            zh="http:// 或 https:// 开头的网址", en="an address that begins with http:// or https://"
        )
        raise Malformed(field=field, came=address, expected=expected)
    return _authority(match)


def _is_address(plain: str) -> bool:
    scheme = _SCHEME.match(plain)
    if scheme is None:
        return _WITHOUT_SCHEME.fullmatch(plain) is not None
    return plain.startswith(("/", "\\"), scheme.end()) or scheme[1].lower() in _BARE_SCHEMES


def _read_address(raw: str, plain: str, own_hosts: frozenset[str]) -> Scanned:
    # A person who copies the address from a label leaves the https:// out.
    address = plain if _SCHEME.match(plain) else f"https://{plain}"
    match = _PLAIN.fullmatch(address)
    host = _shown_host(address) if match is None else _authority(match)
    is_ours = match is not None and host in own_hosts
    if host in own_hosts and not is_ours:
        # javascript://our-host/…: nobody shall be shown our name for an address that is not ours.
        host = None
    if match is not None:
        value, kind = _carried(address, match["path"] or "", is_ours=is_ours)
        if kind is not None:
            return Scanned(kind, raw, value, host, is_ours)
    return Scanned("own_address" if is_ours else "foreign_address", raw, None, host, is_ours)


def _carried(address: str, path: str, *, is_ours: bool) -> tuple[Identifier | None, Kind | None]:
    """The identifier in a plain address."""
    readers: list[tuple[Kind, Callable[[], Identifier]]] = [
        ("digital_link", lambda: DigitalLink.parse(address))
    ]
    batch = _BATCH_PATH.fullmatch(path)
    if batch is not None and is_ours:
        readers.insert(0, ("batch_page", lambda: BatchCode.parse(batch[1])))
    units = set(_PESTICIDE_IN_ADDRESS.findall(address))
    if len(units) == 1:
        # 农业部公告第 2579 号: the QR code holds the maker's address with the unit code in it, where, each
        # maker decides.
        readers.append(("pesticide_code", lambda: PesticideUnitCode.parse(units.pop())))
    for kind, read in readers:
        try:
            return read(), kind
        except Refusal:
            continue
    return None, None


def _read_number(raw: str, plain: str) -> Scanned:
    folded = plain.translate(_FULL_WIDTH)
    if folded.startswith("01,"):
        return _tried(raw, "invoice_qr", InvoiceQr.parse, folded)
    if folded.startswith("("):
        return _tried(raw, "gs1_element_string", ElementString.parse, folded)
    # Codes are printed in groups, and typed that way.
    joined = re.sub("[ -]", "", folded)
    if joined.isascii() and joined.isdigit():
        by_length: dict[int, tuple[Kind, Callable[[str], Identifier]]] = {
            20: ("drug_code", DrugTraceCode.parse),
            24: ("vet_drug_code", VetDrugCode.parse),
            32: ("pesticide_code", PesticideUnitCode.parse),
            **dict.fromkeys(_GTIN_DIGITS, ("gtin", Gtin.parse)),
        }
        if len(joined) in by_length:
            return _tried(raw, *by_length[len(joined)], joined)
    if len(joined) == BATCH_CODE_LETTERS:
        return _tried(raw, "batch_code", BatchCode.parse, joined)
    # Scanners that were told to send no symbology identifier: only a whole, right element string with a GTIN
    # is one.
    if folded.startswith("01"):
        return _tried(raw, "gs1_element_string", ElementString.parse, folded)
    return Scanned("unknown_text", raw)


def _tried(raw: str, kind: Kind, parse: Callable[[str], Identifier], text: str) -> Scanned:
    try:
        return Scanned(kind, raw, parse(text))
    except Refusal as refusal:
        return Scanned("unknown_text", raw, refusal=refusal)


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _authority(match: re.Match[str]) -> str:
    """Host and port as they are compared: small letters, and no port that goes without saying."""
    host, port = match["host"].lower(), match["port"]
    return host if port in {None, _DEFAULT_PORTS[match["scheme"].lower()]} else f"{host}:{port}"


def _shown_host(address: str) -> str | None:
    """The host a browser would go to; letters beyond ASCII as browsers show suspicious ones (RFC 3492)."""
    match = _ANY_HOST.match(address)
    authority = match["authority"].rpartition("@")[2] if match else ""
    if not authority:
        return None
    host = authority.lower()
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host.encode("ascii", "backslashreplace").decode("ascii")
