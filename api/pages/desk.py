"""Who sits where: one request with its reader, its ledger and its language, and the frame that every page has.

The frame shows the demo's clock and the switch of identities where the log runs on a simulated clock, the sections that are open to this
reader, and the link to the other language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.audience import Reading
from api.demo.parties import DEMO, party_id
from api.demo.people import PEOPLE
from api.deps import DEMO_COOKIE, Anyone, TheLedger, TheSettings, Viewer
from api.language import LANGUAGE_COOKIE, TAGS, language_of
from api.pages.rendering import environment, moment
from api.permissions import refusal_of
from api.settings import Settings
from api.words import MARKS, Marks, say
from ledger.identifiers import GoodsId, PartyId
from ledger.register import Role
from ledger.service import Ledger
from ledger.vocabulary.parties import Party

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.permissions import Circumstances
    from ledger.errors import Language
    from ledger.store.book import SqlBook

#: A reader's choice of language is kept for a year.
LANGUAGE_SECONDS: Final = 365 * 86_400
#: How pages look: as the device wants, light, dark, or black on white for reading in the sun.
LOOK: Final = "look"
LOOKS: Final = ("", "light", "dark", "sun")
#: The switch of identities offers so many parties, officials first.
IDENTITIES_MAX: Final = 60
_ROLE_ORDER: Final[Mapping[Role, int]] = {
    "authority": 0,
    "enterprise": 1,
    "operator": 2,
    "laboratory": 3,
    "registrar": 4,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page."""

    demo: bool = False
    demo_now: str | None = None
    identity: str = ""
    identities: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """One request: who asks, of which ledger, in which language."""

    request: Request
    viewer: Viewer
    ledger: Ledger
    settings: Settings

    @property
    def language(self) -> Language:
        """The reader's language."""
        return language_of(self.request)

    def say(self, key: str, **values: object) -> str:
        """One text in the reader's language."""
        return say(key, self.language, **values)

    def page(self, template: str, *, status: int = 200, **content: object) -> HTMLResponse:
        """A page with the frame of this reader."""
        return self.page_of(template, content, status=status)

    def known_goods(self, book: SqlBook, text: str | None) -> GoodsId | None:
        """Goods that an address names, where this reader may know of them; to all others it names nothing."""
        if not text:
            return None
        goods = GoodsId.parse(text)
        return goods if Reading.of(self.ledger, book, self.viewer).knows(goods) else None

    def page_of(self, template: str, content: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
        """As `page`, for content that was put together elsewhere."""
        return answer(self.request, template, content, frame=self.frame(), viewer=self.viewer, status=status)

    def frame(self) -> Frame:
        """What stands around the page for this reader."""
        if not self.ledger.simulated:
            return Frame()
        identities = self._offered() if self.settings.demo else ()
        return Frame(
            demo=self.settings.demo,
            demo_now=moment(self.ledger.clock()),
            identity=self._identity(),
            identities=identities,
        )

    def _offered(self) -> tuple[tuple[str, str], ...]:
        """Whom a visitor of the demo may be."""
        with self.ledger.book() as book:
            return (*_people(book), *_identities(book))

    def _identity(self) -> str:
        """Who the visitor of a demo is: a person with a session, or a party."""
        here: Circumstances | None = getattr(self.request.state, "here", None)
        person = None if here is None or here.caller is None else here.caller.person
        return person or self.request.cookies.get(DEMO_COOKIE, "")


@dataclass(frozen=True, slots=True)
class Texts:
    """What templates call `t`: a text in the reader's language, and the marks that join texts."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """One text, with its blanks filled in."""
        return say(key, self.language, **values)

    @property
    def mark(self) -> Marks:
        """Colon, comma and their kin."""
        return MARKS[self.language]


async def _desk(request: Request, viewer: Anyone, ledger: TheLedger, settings: TheSettings) -> Desk:
    return Desk(request=request, viewer=viewer, ledger=ledger, settings=settings)


AtDesk = Annotated[Desk, Depends(_desk)]


def answer(
    request: Request,
    template: str,
    content: Mapping[str, object],
    *,
    frame: Frame,
    viewer: Viewer,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The template in the reader's language."""
    language = language_of(request)
    html = (
        environment()
        .get_template(template)
        .render(
            **content,
            frame=frame,
            lang=language,
            lang_tag=TAGS[language],
            t=Texts(language),
            w=lambda words: words.in_language(language),
            other_language=_other_language(request, language),
            nav=_sections(request, viewer, language),
            look=look_of(request),
            looks=_looks(request, language),
            back=_shown_at(request)._replace(scheme="", netloc="", fragment="").geturl(),
            is_official=viewer.is_official,
            may_inspect=viewer.is_official and _may_inspect(request),
        )
    )
    made = HTMLResponse(html, status_code=status)
    made.headers["Content-Language"] = TAGS[language]
    made.headers["Vary"] = "Accept-Language, Cookie"
    # What a page shows depends on who asks; nobody's copy may be handed to somebody else.
    made.headers["Cache-Control"] = "private, no-cache"
    made.headers.update(headers or {})
    if LANGUAGE_COOKIE in request.query_params:
        made.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_SECONDS, samesite="lax", httponly=True)
    if LOOK in request.query_params:
        made.set_cookie(LOOK, look_of(request), max_age=LANGUAGE_SECONDS, samesite="lax", httponly=True)
    return made


def _sections(request: Request, viewer: Viewer, language: Language) -> list[tuple[str, str, bool]]:
    """The sections open to this reader: address, name, and whether this page lies in it."""
    sections = [("/", "nav_front")]
    acting = _acting(request)
    if viewer.party is not None and not viewer.is_official:
        sections += _DOORS.get(acting, ())
        sections.append(("/my", "nav_my"))
    sections.append(("/scan", "nav_scan"))
    if viewer.party is not None:
        sections.append(("/inspect", "nav_inspect"))
    if viewer.is_official:
        sections.append(("/findings", "nav_findings"))
    if _is_person(request):
        sections.append(("/account", "nav_account"))
    elif viewer.party is None:
        sections.append(("/sign-in", "nav_sign_in"))
    path = request.url.path
    here = {"/": path == "/", "/inspect": path.startswith(("/inspect", "/trace"))}
    return [(href, say(words, language), here.get(href, path.startswith(href))) for href, words in sections]


#: The door that somebody comes in by before all others.
_DOORS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "market_operator": (("/market", "nav_market"),),
    "stall": (("/stall", "nav_stall"),),
    "owner": (("/stall", "nav_stall"), ("/sell", "nav_sell")),
    "clerk": (("/sell", "nav_sell"),),
    "signer": (("/sell", "nav_sell"),),
}


def _acting(request: Request) -> str:
    """As what somebody asks; empty for the public."""
    here: Circumstances | None = getattr(request.state, "here", None)
    return "" if here is None or here.caller is None else here.caller.acting


def _may_inspect(request: Request) -> bool:
    """Whether an official acts, and does not only look on: what leads to his forms is offered to him."""
    here: Circumstances | None = getattr(request.state, "here", None)
    return here is not None and refusal_of("inspect", here) is None


def _is_person(request: Request) -> bool:
    """Whether somebody has signed in, as a person with an account."""
    here: Circumstances | None = getattr(request.state, "here", None)
    return here is not None and here.caller is not None and here.caller.person is not None


def _shown_at(request: Request) -> SplitResult:
    """The address that shows this page again: its own, or, after a form was sent, the page the form was on."""
    if request.method in {"GET", "HEAD"}:
        return urlsplit(f"{request.url.path}?{request.url.query}")
    came_from = urlsplit(request.headers.get("referer", ""))
    return came_from if came_from.netloc == request.headers.get("host") else urlsplit("/")


def look_of(request: Request) -> str:
    """How this reader wants pages to look; empty where the device decides."""
    asked = request.query_params.get(LOOK, request.cookies.get(LOOK, ""))
    return asked if asked in LOOKS else ""


def _looks(request: Request, language: Language) -> list[tuple[str, str, str]]:
    """The looks to choose from, each with the link that shows the same page in it."""
    at = _shown_at(request)
    query = [(name, value) for name, value in parse_qsl(at.query) if name != LOOK]
    return [
        (one, say(f"look_{one or 'auto'}", language), f"{at.path}?{urlencode([*query, (LOOK, one)])}")
        for one in LOOKS
    ]


def _other_language(request: Request, language: Language) -> dict[str, str]:
    """The link that shows the same page in the other language."""
    other: Language = "en" if language == "zh" else "zh"
    at = _shown_at(request)
    query = [(name, value) for name, value in parse_qsl(at.query) if name != LANGUAGE_COOKIE]
    return {
        "tag": TAGS[other],
        "href": f"{at.path}?{urlencode([*query, (LANGUAGE_COOKIE, other)])}",
        "name": say("language_name", other),
    }


def _identities(book: SqlBook) -> tuple[tuple[str, str], ...]:
    """Every party that signs here and has a name, for the demo's switch."""
    sheets = book.mentions([f"type/{Party.TYPE}"])
    origin, state = book.register.origin, (len(sheets), len(book.register.keys))
    known = _known.get(origin)
    if known is None or known[0] != state:
        known = _known[origin] = (state, _named(book, [one.seq for one in sheets]))
    return known[1]


def _people(book: SqlBook) -> tuple[tuple[str, str], ...]:
    """The people of the story whose parties are here."""
    parties = {one.party for one in book.register.keys.values()}
    return tuple((str(one.id), one.name + DEMO) for one in PEOPLE if party_id(one.party) in parties)


#: Read again only when a party or a key was added: the switch stands on every page.
_known: dict[str, tuple[tuple[int, int], tuple[tuple[str, str], ...]]] = {}


def _named(book: SqlBook, seqs: Sequence[int]) -> tuple[tuple[str, str], ...]:
    roles: dict[PartyId, Role] = {one.party: one.role for one in book.register.keys.values()}
    names: dict[PartyId, str] = {}
    for _, record in sorted(book.records(seqs).items()):
        said = record.said
        if isinstance(said, Party) and said.name is not None and said.party in roles:
            names[said.party] = said.name
    shown = sorted((_ROLE_ORDER[roles[party]], name, party) for party, name in names.items())
    return tuple((str(party), name) for _, name, party in shown[:IDENTITIES_MAX])
