"""From a template to an answer: language, words, the frame that every page has, and the headers.

Templates escape everything; the only marked-up texts they get are the drawings of `drawing.py`. A page is whole without script and asks
nobody else for anything. What stands on a page is gathered by the module that serves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.deps import DEMO_COOKIE, OFFICIALS
from api.language import LANGUAGE_COOKIE, TAGS, language_of
from api.pages.drawing import shape_svg
from api.words import say
from ledger.errors import Refusal, Words
from ledger.identifiers import Instant, PartyId, Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from api.deps import Viewer
    from api.settings import Settings
    from ledger.errors import Language
    from ledger.service import Ledger

_HOME: Final = Path(__file__).parent.parent
TEMPLATES: Final = _HOME / "templates"
STATIC: Final = _HOME / "static"
STYLE: Final = STATIC / "site.css"
#: A reader's choice of language is kept for a year.
LANGUAGE_SECONDS: Final = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Frame:
    """What the header and footer of a page show. `now` is the log's clock where it is a demo's."""

    viewer: Viewer
    demo: bool
    demo_now: str | None
    identities: tuple[tuple[str, str], ...]
    identity_name: str | None


def page(
    request: Request,
    template: str,
    *,
    frame: Frame,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **content: object,
) -> HTMLResponse:
    """The page in the reader's language."""
    language = language_of(request)
    html = environment().get_template(template).render(
        **content,
        frame=frame,
        lang=language,
        lang_tag=TAGS[language],
        t=lambda key, **values: say(key, language, **values),
        w=lambda words: words.in_language(language),
        other_language=_other_language(request, language),
        path=request.url.path,
        style=f"/static/site.css?v={style_version()}",
        shape=shape_svg,
        is_official=frame.viewer.role in OFFICIALS,
    )
    answer = HTMLResponse(html, status_code=status)
    answer.headers["Content-Language"] = TAGS[language]
    answer.headers["Vary"] = "Accept-Language, Cookie"
    # What a page shows depends on who asks; nobody's copy may be handed to somebody else.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers.update(headers or {})
    if LANGUAGE_COOKIE in request.query_params:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_SECONDS, samesite="lax", httponly=True)
    return answer


@cache
def environment() -> Environment:
    """The templates. An unknown name in one of them is our mistake and stops the page."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "moment": moment,
        "time_tag": time_tag,
        "quantity": quantity,
        "lag": lag,
        "short": short,
    }
    return made


@cache
def style_version() -> str:
    """So that a browser may keep the style sheet until it changes."""
    return sha256(STYLE.read_bytes()).hexdigest()[:10]


def moment(ms: int) -> str:
    """Day, hour and minute on a Chinese clock."""
    return Instant(ms).display()


def time_tag(ms: int) -> str:
    """The same for the `datetime` of a `<time>`."""
    return str(Instant(ms).at_shanghai())


def quantity(amount: Quantity | None, language: Language) -> str:
    """For a page: `1,200 公斤`."""
    if amount is None:
        return "—"
    number, space, unit = amount.display(language).partition(" ")
    whole, point, decimals = number.partition(".")
    return f"{int(whole):,}{point}{decimals}{space}{unit}"


_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000


def lag(ms: int, language: Language) -> str:
    """How long after it happened a record was made; empty within a quarter of an hour."""
    if abs(ms) < 15 * _MINUTE_MS:
        return ""
    if abs(ms) < 2 * _HOUR_MS:
        return say("lag_minutes", language, count=ms // _MINUTE_MS)
    if abs(ms) < 2 * _DAY_MS:
        return say("lag_hours", language, count=ms // _HOUR_MS)
    return say("lag_days", language, count=ms // _DAY_MS)


def short(text: str, characters: int = 16) -> str:
    """The beginning of a long digest or name."""
    return text if len(text) <= characters else f"{text[:characters]}…"


def sentence(refusal: Refusal, language: Language) -> str:
    """What is wrong with one field, for the person who filled it in; the field itself is named by its label."""
    if not refusal.came:
        return say("error_missing", language)
    expected = refusal.expected.in_language(language)
    return say("error_expected", language, title=refusal.title.in_language(language), expected=expected)


def _other_language(request: Request, language: Language) -> dict[str, str]:
    """The link that shows the same page in the other language. Answers to a POST are shown from their own address again."""
    other: Language = "en" if language == "zh" else "zh"
    query = [(name, value) for name, value in request.query_params.multi_items() if name != LANGUAGE_COOKIE]
    return {
        "tag": TAGS[other],
        "href": f"{request.url.path}?{urlencode([*query, (LANGUAGE_COOKIE, other)])}",
        "name": say("language_name", other),
    }


def bilingual(zh: str, en: str) -> Words:
    """Two texts as one value, for content that is put together in Python."""
    return Words(zh=zh, en=en)


__all__ = ["DEMO_COOKIE", "Frame", "Ledger", "PartyId", "Settings", "page"]
