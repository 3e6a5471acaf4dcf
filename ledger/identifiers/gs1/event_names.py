"""The one spelling that an EPC or a Digital Link has in the hash of an EPCIS event.

Two parties who wrote the same event differently (a URN here, a link at their own address there) must get the same hash. So
the name is reduced to its key at its finest level: batch beside serial number, variant and attributes go. What others wrote
is not judged here: short GTINs, the words of older standards (`/gtin/`, `/lot/`) and wrong check digits have a hash too.

>>> event_name("https://a.example/gtin/9780345418913/lot/1223/ser/765tz?11=221109")
'https://id.gs1.org/01/09780345418913/21/765tz'
>>> event_name("urn:epc:id:sgln:4012345.00005.0")
'https://id.gs1.org/414/4012345000054'

Sources: CBV 2.0, 8.2 (canonical Digital Link URIs); the EPCIS event hash of GS1 Germany (dl_normaliser).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from ledger.errors import Malformed, Refusal
from ledger.identifiers.gs1.epc import to_link
from ledger.identifiers.gs1.faults import wrong
from ledger.identifiers.gs1.links import CANONICAL_ROOT, SHORT_GTINS, unescaped
from ledger.identifiers.gs1.syntax import check_value
from ledger.identifiers.gs1.table import AIS, SEQUENCES

if TYPE_CHECKING:
    from ledger.identifiers.gs1.rules import Element

_LINK: Final = re.compile(r"https?://[^/?#\s]+(?P<path>/[^?#\s]*?)/?(?:[?#].*)?")

#: The words that stood for AIs in paths up to version 1.1 of Digital Link.
_WORDS: Final = {
    "cpid": "8010",
    "cpsn": "8011",
    "cpv": "22",
    "gcn": "255",
    "gdti": "253",
    "giai": "8004",
    "ginc": "401",
    "gln": "414",
    "glnx": "254",
    "grai": "8003",
    "gsin": "402",
    "gsrn": "8018",
    "gsrnp": "8017",
    "gtin": "01",
    "itip": "8006",
    "lot": "10",
    "party": "417",
    "ser": "21",
    "sscc": "00",
}
#: The keys that EPCIS knows, and their qualifiers that name something of their own, the finest first.
_FINEST: Final[dict[str, tuple[str, ...]]] = {
    "00": (),
    "01": ("21", "10", "235"),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": ("254",),
    "417": (),
    "8003": (),
    "8004": (),
    "8006": ("21", "10"),
    "8010": ("8011",),
    "8017": (),
    "8018": (),
}
#: What makes a thing no finer.
_IDLE: Final = {"22"}


def event_name(text: str, *, field: str = "epc") -> str:
    """The canonical link at id.gs1.org, reduced to the finest level."""
    try:
        return _reduced(to_link(text, field="").elements if text.startswith("urn:epc:") else _path(text))
    except Refusal as refusal:
        raise refusal.at(field) from None


def _path(text: str) -> tuple[Element, ...]:
    link = _LINK.fullmatch(text)
    segments = link["path"].split("/") if link else []
    start = len(segments) - 2
    while start >= 1:
        ai = _WORDS.get(segments[start], segments[start])
        if ai not in AIS:
            break
        if ai in _FINEST:
            pairs = zip(segments[start::2], segments[start + 1 :: 2], strict=True)
            return tuple(_element(_WORDS.get(name, name), unescaped(value)) for name, value in pairs)
        start -= 2
    raise _strange(text)


def _element(ai: str, value: str) -> Element:
    if ai == "01" and len(value) in SHORT_GTINS:
        value = value.zfill(AIS[ai].least)
    check_value(AIS[ai], value, linters=False)
    return ai, value


def _reduced(elements: tuple[Element, ...]) -> str:
    there, key = dict(elements), elements[0][0]
    if (
        key not in _FINEST
        or tuple(there) not in SEQUENCES
        or not there.keys() <= {key, *_FINEST[key], *_IDLE}
    ):
        raise _strange("".join(f"/{ai}/{value}" for ai, value in elements))
    finest = next((ai for ai in _FINEST[key] if ai in there), None)
    kept = [key] if finest is None else [key, finest]
    return CANONICAL_ROOT + "".join(f"/{ai}/{quote(there[ai], safe='')}" for ai in kept)


def _strange(text: str) -> Malformed:
    return wrong(text, zh="EPCIS 所用的 EPC 或 GS1 数字链接", en="an EPC or a Digital Link that EPCIS knows")
