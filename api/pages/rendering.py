"""From a template to an answer: language, words, and the headers.

Templates escape everything; the only marked-up texts they get are the drawings of `drawing.py`. A page is whole without script and asks
nobody else for anything. What stands on a page is gathered by the module that serves it; the frame around it by `desk.py`.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.money import yuan
from api.pages.areas import AREAS
from api.pages.boxes import shape_svg
from api.words import say
from ledger.identifiers import Instant, Quantity

if TYPE_CHECKING:
    from ledger.errors import Language, Refusal

_HOME: Final = Path(__file__).parent.parent
TEMPLATES: Final = _HOME / "templates"
STATIC: Final = _HOME / "static"

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
#: Nobody types faster: a record within a quarter of an hour was made on the spot.
ON_THE_SPOT_MS: Final = 15 * _MINUTE_MS


@cache
def environment() -> Environment:
    """The templates. An unknown name in one of them is our mistake and stops the page."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # Templates are part of the program: nobody changes one under a server that runs.
        auto_reload=False,
    )
    made.filters |= {"moment": moment, "time_tag": time_tag, "quantity": quantity, "cap": cap, "yuan": yuan}
    made.globals |= {
        "shape": shape_svg,
        "asset": asset,
        "areas": AREAS,
    }
    return made


@cache
def asset(name: str) -> str:
    """The address of a static file, with its version: a browser may keep it until it changes."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


def moment(ms: int) -> str:
    """Day, hour and minute on a Chinese clock."""
    return Instant(ms).display()


def time_tag(ms: int) -> str:
    """The same for the `datetime` of a `<time>`."""
    return str(Instant(ms).at_shanghai())


def quantity(amount: Quantity | None, language: Language) -> str:
    """For a page: `1,200 公斤`; a dash where the amounts do not add up or nobody said."""
    if amount is None:
        return "—"
    number, space, unit = amount.display(language).partition(" ")
    whole, point, decimals = number.partition(".")
    return f"{int(whole):,}{point}{decimals}{space}{unit}"


def lag(ms: int, language: Language) -> str:
    """How long after it happened a record was made; empty for one made on the spot."""
    if ms < ON_THE_SPOT_MS:
        return ""
    if ms < 2 * _HOUR_MS:
        return say("lag_minutes", language, count=ms // _MINUTE_MS)
    if ms < 2 * _DAY_MS:
        return say("lag_hours", language, count=ms // _HOUR_MS)
    return say("lag_days", language, count=ms // _DAY_MS)


def sentence(refusal: Refusal, language: Language) -> str:
    """What is wrong with one field, for the person who filled it in; the field itself is named by its label."""
    if not refusal.came:
        return say("error_missing", language)
    expected = refusal.expected.in_language(language)
    title = cap(refusal.title.in_language(language))
    return say("error_expected", language, title=title, expected=expected)


def short(text: str, characters: int = 16) -> str:
    """The beginning of a long digest."""
    return text if len(text) <= characters else f"{text[:characters]}…"


def cap(text: str) -> str:
    """A name of the ledger as a heading; Chinese has no capitals and stays as it is."""
    return text[:1].upper() + text[1:]
