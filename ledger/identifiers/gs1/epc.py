"""EPC names (URN) and the Digital Links that say the same.

An EPC URN such as `urn:epc:id:sgtin:9520001.000001.7` splits a key between the company that issued it and the company's own
number; a Digital Link holds the key whole, with its check digit. The way to the link is plain; the way back needs the length
of the company prefix, which no link tells.

>>> link = to_link("urn:epc:id:sgtin:9520001.000001.7")
>>> link.canonical
'https://id.gs1.org/01/09520001000010/21/7'
>>> to_urn(link, 7)
'urn:epc:id:sgtin:9520001.000001.7'

EPCs without a GS1 key (GID, ADI, BIC, IMOVN, US DoD) have no link.

Source: GS1 EPC Tag Data Standard 2.x, 6.3 (EPC URI), 7 (correspondence with keys) and 6.4 (patterns, classes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers.gs1.faults import wrong
from ledger.identifiers.gs1.links import GS1Link, unescaped
from ledger.identifiers.gtin import check_digit

#: A company prefix in an EPC has six to twelve digits.
COMPANY_PREFIX_DIGITS: Final = range(6, 13)
#: Location 0 (no extension) of an SGLN.
_NO_EXTENSION: Final = "0"
_ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one kind of EPC is made of a key."""

    name: str
    #: The AI of the key.
    ai: str
    #: Digits of the key without its check digit (and without what stands before or after); None: of any length.
    digits: int | None
    #: The first digit of the key stands before the second field of the EPC (GTIN's indicator, SSCC's extension).
    indicator: bool = False
    #: Whether a check digit ends the digits.
    checked: bool = True
    #: What stands before the digits in the key (8003: a zero).
    before: str = ""
    #: The AI of the last field; "" where it is part of the key itself; None where there is no such field.
    last: str | None = None
    #: Fields of fixed digits between the two (ITIP: piece and total).
    between: tuple[int, ...] = ()
    #: The classes it may stand in: id, class, idpat.
    classes: tuple[str, ...] = ("id",)


SCHEMES: Final = {
    one.name: one
    for one in (
        Scheme("sgtin", "01", 13, indicator=True, last="21", classes=("id", "idpat")),
        Scheme("lgtin", "01", 13, indicator=True, last="10", classes=("class",)),
        Scheme("upui", "01", 13, indicator=True, last="235", classes=("id", "idpat")),
        Scheme("itip", "8006", 13, indicator=True, between=(2, 2), last="21", classes=("id", "idpat")),
        Scheme("sscc", "00", 17, indicator=True),
        Scheme("sgln", "414", 12, last="254", classes=("id", "idpat")),
        Scheme("pgln", "417", 12),
        Scheme("grai", "8003", 12, before="0", last="", classes=("id", "idpat")),
        Scheme("giai", "8004", None, checked=False),
        Scheme("gsrn", "8018", 17),
        Scheme("gsrnp", "8017", 17),
        Scheme("gdti", "253", 12, last="", classes=("id", "idpat")),
        Scheme("sgcn", "255", 12, last="", classes=("id", "idpat")),
        Scheme("cpi", "8010", None, checked=False, last="8011", classes=("id", "idpat")),
        Scheme("ginc", "401", None, checked=False),
        Scheme("gsin", "402", 16),
    )
}

_URN: Final = re.compile(
    r"urn:epc:(?P<kind>id|class|idpat):(?P<scheme>[a-z]+):(?P<company>[0-9]+)\.(?P<rest>.*)"
)
_FIELD: Final = re.compile(r"(?:[A-Za-z0-9!'()*+,.:;=_-]|%[0-9A-Fa-f]{2})*")
#: What an EPC field may hold as it is (6.3: GS3A3 characters); `"`, `%`, `&`, `/`, `<`, `>`, `?` and `#` are escaped.
_UNESCAPED: Final = re.compile(r"[A-Za-z0-9!'()*+,\-.:;=_]")


def to_link(urn: str, *, field: str = "epc") -> GS1Link:
    """The link for an EPC, a class of lots, or a pattern whose last field is `*`."""
    try:
        return _to_link(urn)
    except Refusal as refusal:
        raise (refusal.at(field) if field else refusal) from None


def _to_link(urn: str) -> GS1Link:
    match = _URN.fullmatch(urn)
    scheme = SCHEMES.get(match["scheme"]) if match else None
    if not match or scheme is None or match["kind"] not in scheme.classes:
        raise wrong(
            urn,
            zh="带 GS1 主键的 EPC，如 urn:epc:id:sgtin:",
            en="an EPC with a GS1 key, such as one that begins with urn:epc:id:sgtin:",
        )
    company = match["company"]
    reference, between, last = _fields(urn, scheme, match["rest"])
    if len(company) not in COMPANY_PREFIX_DIGITS or not _fits(scheme, company, reference):
        raise _length(urn, scheme)
    if match["kind"] == "idpat" and last != _ANY:
        raise wrong(urn, zh="以 .* 结尾的类别", en="a class of products that ends in .*")
    if scheme.digits is None:
        key = company + unescaped(reference)
    elif scheme.indicator:
        # 7: the first digit of the key stands before the company's own number in an EPC.
        key = reference[0] + company + reference[1:]
    else:
        key = company + reference
    if scheme.checked:
        key = scheme.before + key + check_digit(key)
    return _link(scheme, key + "".join(between), None if match["kind"] == "idpat" else last)


def _link(scheme: Scheme, key: str, last: str | None) -> GS1Link:
    if last is None:
        return GS1Link(((scheme.ai, key),), 1)
    if scheme.last == "":
        return GS1Link(((scheme.ai, key + unescaped(last)),), 1)
    if scheme.last is None or (scheme.last == "254" and last == _NO_EXTENSION):
        return GS1Link(((scheme.ai, key),), 1)
    return GS1Link(((scheme.ai, key), (scheme.last, unescaped(last))), 2)


def _fields(urn: str, scheme: Scheme, rest: str) -> tuple[str, tuple[str, ...], str | None]:
    """What stands after the company prefix: its own number, fields between, and the last one, which may hold dots."""
    count = len(scheme.between) + (scheme.last is not None)
    fields = rest.split(".", count)
    if not _FIELD.fullmatch(rest) or len(fields) != count + 1:
        raise _shape(urn, scheme)
    reference, *others = fields
    last = others.pop() if scheme.last is not None else None
    right = all(
        len(one) == digits and one.isdigit() for one, digits in zip(others, scheme.between, strict=True)
    )
    if last == "" or not right or (scheme.digits is not None and not re.fullmatch("[0-9]*", reference)):
        raise _shape(urn, scheme)
    return reference, tuple(others), last


def _fits(scheme: Scheme, company: str, reference: str) -> bool:
    if scheme.digits is None:
        return bool(reference)
    return len(company) + len(reference) == scheme.digits and (not scheme.indicator or bool(reference))


def _shape(urn: str, scheme: Scheme) -> Malformed:
    dots = ".".join(("…",) * (2 + len(scheme.between) + (scheme.last is not None)))
    return wrong(
        urn,
        zh=f"urn:epc:…:{scheme.name}:{dots}（以点分开的各段）",
        en=f"urn:epc:…:{scheme.name}:{dots} (fields with dots between)",
    )


def _length(urn: str, scheme: Scheme) -> Malformed:
    digits = scheme.digits
    together = (
        Words(zh="", en="")
        if digits is None
        else Words(zh=f"，与项目代码合计 {digits} 位", en=f", {digits} together with the number after it")
    )
    return wrong(
        urn, zh=f"6 至 12 位厂商识别代码{together.zh}", en=f"a company prefix of 6 to 12 digits{together.en}"
    )


def to_urn(link: GS1Link, company_prefix_length: int) -> str:
    """The EPC for a link: an `id`, a `class` for a batch of a product, an `idpat` for a key without its serial part.

    What makes the key finer and has no place in an EPC (22, a batch beside a serial number, attributes) is left out.
    """
    if company_prefix_length not in COMPANY_PREFIX_DIGITS:
        expected = Words(zh="6 至 12 位厂商识别代码", en="a company prefix of 6 to 12 digits")
        raise Malformed(field="company_prefix_length", came=company_prefix_length, expected=expected)
    ai, key = link.primary_key
    scheme = _scheme_of(link)
    company, reference, after = _split(scheme, key, company_prefix_length)
    fields = [company, reference]
    for digits in scheme.between:
        fields.append(after[:digits])
        after = after[digits:]
    if scheme.last is None:
        return f"urn:epc:id:{scheme.name}:{'.'.join(fields)}"
    last = after if scheme.last == "" else link[scheme.last] or ""
    if not last and scheme.last == "254":
        last = _NO_EXTENSION
    if not last:
        if "idpat" not in scheme.classes:
            raise wrong(link.path, zh=f"({scheme.last}) 之值", en=f"a value for ({scheme.last})", field=ai)
        return f"urn:epc:idpat:{scheme.name}:{'.'.join((*fields, _ANY))}"
    kind = "class" if scheme.name == "lgtin" else "id"
    return f"urn:epc:{kind}:{scheme.name}:{'.'.join((*fields, _escaped(last)))}"


def _scheme_of(link: GS1Link) -> Scheme:
    ai, _ = link.primary_key
    for one in SCHEMES.values():
        if one.ai == ai and one.last and link[one.last] is not None and one.last in dict(link.qualifiers):
            # SGTIN stands before LGTIN: a serial number says more than a batch.
            return one
    found = next((one for one in SCHEMES.values() if one.ai == ai), None)
    if found is None:
        raise wrong(link.path, zh="有 EPC 对应的 GS1 主键", en="a GS1 key that an EPC can name", field=ai)
    return found


def _split(scheme: Scheme, key: str, length: int) -> tuple[str, str, str]:
    """Company prefix, own number, and what follows the check digit."""
    if scheme.digits is None:
        company, reference = key[:length], key[length:]
        if not (company.isascii() and company.isdigit()) or len(company) < length or not reference:
            raise wrong(
                key,
                zh=f"以 {length} 位厂商识别代码开头的主键",
                en=f"a key that begins with a company prefix of {length} digits",
                field=scheme.ai,
            )
        return company, _escaped(reference), ""
    digits = key[len(scheme.before) : len(scheme.before) + scheme.digits]
    after = key[len(scheme.before) + scheme.digits + 1 :]
    if scheme.indicator:
        return digits[1 : 1 + length], digits[0] + digits[1 + length :], after
    return digits[:length], digits[length:], after


def _escaped(value: str) -> str:
    return "".join(one if _UNESCAPED.fullmatch(one) else f"%{ord(one):02X}" for one in value)
