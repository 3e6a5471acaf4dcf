"""In which language a reader is answered: `?lang`, then the cookie `lang`, then Accept-Language, else Chinese."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from ledger.errors import Language

LANGUAGE_COOKIE: Final = "lang"
#: Language tags as RFC 5646 writes them: Chinese first, the language of the house.
TAGS: Final[dict[Language, str]] = {"zh": "zh-CN", "en": "en"}

#: RFC 9110 12.5.4: a range and its weight. Browsers send a handful; nobody reads on behind twenty.
_RANGE: Final = re.compile(
    r"([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?(?:\s*;\s*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
)
_RANGES_MAX: Final = 20
#: Most browsers of a country send one of a few dozen headers.
_HEADERS_HELD_MAX: Final = 256


def language_of(connection: HTTPConnection) -> Language:
    """The reader's language."""
    asked = connection.query_params.get(LANGUAGE_COOKIE) or connection.cookies.get(LANGUAGE_COOKIE)
    chosen = None if asked is None else _known(asked)
    return chosen or _accepted(connection.headers.get("accept-language", "")) or "zh"


def _known(tag: str) -> Language | None:
    primary = tag.partition("-")[0].lower()
    for language in TAGS:
        if primary == language:
            return language
    return None


@lru_cache(maxsize=_HEADERS_HELD_MAX)
def _accepted(header: str) -> Language | None:
    """The language with the highest weight that we speak; of equal weights the one named first."""
    best: tuple[float, Language] | None = None
    for text in header.split(",", _RANGES_MAX)[:_RANGES_MAX]:
        match = _RANGE.fullmatch(text.strip())
        language = _known(match[1]) if match else None
        if match is None or language is None:
            continue
        weight = float(match[2] or "1")
        if weight > 0 and (best is None or weight > best[0]):
            best = (weight, language)
    return best[1] if best else None
