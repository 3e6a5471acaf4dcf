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
from typing import TYPE_CHECKING, Final, Literal

from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers import (
    BatchCode,
    DigitalLink,
    DrugTraceCode,
    EarTag,
    Gtin,
    InvoiceQr,
    PesticideUnitCode,
    SeedLabel,
    SeedUnitCode,
    VetDrugCode,
)
from ledger.identifiers.batch_code import BATCH_CODE_LETTERS
from ledger.identifiers.printed import BY_DIGITS, folded, joined, printed_code, seed_label
from scanner.element_string import GS1_SYMBOLOGIES, SEPARATOR, ElementString
from scanner.hosts import LooksLikeOurs, looks_like

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
    "seed_label",
    "ear_tag",
    "invoice_qr",
    "gtin",
    "gs1_element_string",
    "foreign_address",
    "lookalike_address",
    "unknown_text",
]

#: The largest QR code holds 7,089 digits.
SCAN_CHARACTERS_MAX = 7100

#: Where the page of a batch stands on our hosts.
BATCH_PAGE = "/c/"

# What keyboard scanners add (CR, tab), what pasting adds (a byte order mark, wide and unbroken spaces). Not
# the group separator, which Python would count as white space and which begins some element strings.
_AROUND = " \t\r\n\ufeff\u3000\u00a0"

# ISO/IEC 15424: three characters in front of the text, if the scanner is set to send them.
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")

# ISO/IEC 21471: a Data Matrix of the long sizes that holds GS1 data says so in its own way.
_LONG_DATAMATRIX, _DATAMATRIX = "]d8", "]d2"
# No value of an element holds a space: those around an AI were printed for the eye.
_AI_APART = re.compile(r"\s{0,9}(\([0-9]{2,4}\))\s{0,9}")

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
#: Where a browser goes by it, whatever follows.
_BEGINNING = re.compile(
    r"(?P<scheme>(?i:https?))://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{0,5}))?(?=[/?#]|$)"
)
_WITHOUT_SCHEME = re.compile(r"(?i:www\.)?[^\s/\\@:,()]+\.[^\s/\\@:,().0-9]{2,}(?::[0-9]+)?/\S*")
# Browsers take any number of slashes, either way round, after http: and https:.
_ANY_HOST = re.compile(r"(?:(?i:https?):[\\/]*|[A-Za-z][A-Za-z0-9+.-]*://)(?P<authority>[^\\/?#]*)")
_DEFAULT_PORTS = {"http": "80", "https": "443"}

_BATCH_PATH = re.compile(re.escape(BATCH_PAGE) + r"([0-9a-z-]{1,40})/?", re.IGNORECASE)
_UNMARKED = re.compile("01[0-9]{14}")


Identifier = (
    DigitalLink
    | BatchCode
    | DrugTraceCode
    | VetDrugCode
    | PesticideUnitCode
    | SeedLabel
    | SeedUnitCode
    | EarTag
    | InvoiceQr
    | Gtin
    | ElementString
)

#: What the unit codes of the national schemes are called.
_PRINTED: Final[dict[type[object], Kind]] = {
    DrugTraceCode: "drug_code",
    VetDrugCode: "vet_drug_code",
    PesticideUnitCode: "pesticide_code",
    EarTag: "ear_tag",
    SeedUnitCode: "seed_label",
}
#: Codes that are digits and nothing else, by how many.
_BY_DIGITS: Final[dict[int, tuple[Kind, Callable[[str], Identifier]]]] = {
    **{digits: (_PRINTED[scheme], scheme.parse) for digits, scheme in BY_DIGITS.items()},
    **dict.fromkeys((8, 12, 13, 14), ("gtin", Gtin.parse)),
}


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a text is. `raw` is the text exactly as it came.

    `host` is the host of a foreign or own address, for showing; it is never one of ours unless `is_ours`.
    `refusal` says why a text that looks like a code is none, for the person who typed it. `looks_like` is the host of ours that the host
    of a look-alike was made to be mistaken for: whatever code such an address carries is not read.
    """

    kind: Kind
    raw: str
    value: Identifier | None = None
    host: str | None = None
    is_ours: bool = False
    refusal: Refusal | None = field(default=None, compare=False)
    looks_like: str | None = None


def read_code(text: str, own_hosts: frozenset[str]) -> Scanned:
    """What the text is. `own_hosts` are small-letter hosts, with the port if it is not the usual one."""
    if len(text) > SCAN_CHARACTERS_MAX:
        most = SCAN_CHARACTERS_MAX
        expected = Words(zh=f"最多 {most} 个字符", en=f"at most {most} characters")
        raise TooLarge(field="code", came=text, expected=expected)
    plain = text.strip(_AROUND)
    if plain.startswith(_LONG_DATAMATRIX):
        plain = _DATAMATRIX + plain.removeprefix(_LONG_DATAMATRIX)
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
    begins = _BEGINNING.match(address)
    if match is None and begins is not None and _authority(begins) in own_hosts:
        expected = Words(
            zh="本站的网址，前后和中间没有别的字",
            en="an address of ours with nothing else in it or beside it",
        )
        return Scanned("unknown_text", raw, refusal=Malformed(field="code", came=raw, expected=expected))
    if host in own_hosts and not is_ours:
        # javascript://our-host/…: nobody shall be shown our name for an address that is not ours.
        host = None
    like = None if is_ours else _pretends(address, host, own_hosts, is_plain=match is not None)
    if like is not None:
        expected = Words(zh=like, en=like)
        refusal = LooksLikeOurs(field="code", came=host or raw, expected=expected)
        return Scanned("lookalike_address", raw, None, host, refusal=refusal, looks_like=like)
    if match is not None:
        value, kind = _carried(address, match["path"] or "", is_ours=is_ours)
        if kind is not None:
            return Scanned(kind, raw, value, host, is_ours)
    return Scanned("own_address" if is_ours else "foreign_address", raw, None, host, is_ours)


def _pretends(address: str, host: str | None, own_hosts: frozenset[str], *, is_plain: bool) -> str | None:
    """Which of our hosts an address wants to be taken for: by its own host, or, in an odd address, by naming ours where it is no host."""
    if host is not None and (like := looks_like(host, own_hosts)) is not None:
        return like
    return None if is_plain else next((own for own in sorted(own_hosts) if own in address.lower()), None)


def _carried(address: str, path: str, *, is_ours: bool) -> tuple[Identifier | None, Kind | None]:
    """The identifier in a plain address."""
    readers: list[tuple[Kind, Callable[[], Identifier]]] = [
        ("digital_link", lambda: DigitalLink.parse(address))
    ]
    batch = _BATCH_PATH.fullmatch(path)
    if batch is not None and is_ours:
        readers.insert(0, ("batch_page", lambda: BatchCode.parse(batch[1])))
    for kind, read in readers:
        try:
            return read(), kind
        except Refusal:
            continue
    # 农业部公告第 2579 号 and others: the QR code holds the maker's address with the unit code in it, where, each
    # maker decides.
    code = printed_code(address)
    return (None, None) if code is None else (code, _PRINTED[type(code)])


def _read_number(raw: str, plain: str) -> Scanned:
    usual = folded(plain)
    if usual.startswith("01,"):
        return _tried(raw, "invoice_qr", InvoiceQr.parse, usual.replace(" ", ""))
    if usual.startswith("("):
        return _tried(raw, "gs1_element_string", ElementString.parse, _AI_APART.sub(r"\1", usual))
    # Codes are printed in groups, and typed that way.
    whole = joined(plain)
    scheme = _BY_DIGITS.get(len(whole)) if whole.isascii() and whole.isdigit() else None
    if scheme is not None:
        found = _tried(raw, scheme[0], scheme[1], whole)
        # Lines that are no code together may hold one each.
        return found if found.value is not None or "\n" not in plain else _read_words(raw, plain)
    if len(whole) == BATCH_CODE_LETTERS:
        return _tried(raw, "batch_code", BatchCode.parse, whole)
    # Scanners that were told to send no symbology identifier: only a whole, right element string with a GTIN
    # is one.
    if _UNMARKED.match(usual):
        return _tried(raw, "gs1_element_string", ElementString.parse, usual)
    return _read_words(raw, plain)


def _read_words(raw: str, plain: str) -> Scanned:
    """A label of several lines, or a code that was copied with the words around it."""
    label = seed_label(plain)
    if label is not None:
        return Scanned("seed_label", raw, label)
    code = printed_code(plain)
    return Scanned("unknown_text", raw) if code is None else Scanned(_PRINTED[type(code)], raw, code)


def _tried(raw: str, kind: Kind, parse: Callable[[str], Identifier], text: str) -> Scanned:
    try:
        return Scanned(kind, raw, parse(text))
    except Refusal as refusal:
        return Scanned("unknown_text", raw, refusal=refusal)


def _authority(match: re.Match[str]) -> str:
    """Host and port as they are compared: small letters, and no port that goes without saying."""
    host, port = match["host"].lower(), match["port"]
    return host if port in {None, "", _DEFAULT_PORTS[match["scheme"].lower()]} else f"{host}:{port}"


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
