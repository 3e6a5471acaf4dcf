"""The buyer's page: what a phone shows that scanned a code. One small answer, without script and without an account.

What is wrong comes first; then the state of the code in the hand; what is known, by whom, and since when it is recorded; what nobody recorded;
what to compare with the pack; what this does not show. What is said is gathered in `consumer_facts.py`, how it travels stands in `lean.py`;
reports have pages of their own (`reports.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, Self
from urllib.parse import quote_plus, urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import Request

from api import links
from api.audience import Reading
from api.deps import Viewer, needs
from api.disclosing import MEDIA_TYPE, Showable, file_name
from api.language import language_of
from api.openings import day_of
from api.pages import lean
from api.pages.consumer_facts import About, openings_told, subject_of, today
from api.pages.names import Names
from api.pages.product_page import product_content
from api.pages.rendering import cap
from api.parameters import MaybeText, PathNumber
from api.printed import candidates_of, holder_of, says
from api.scanning import Named, named_by, named_by_batch, named_by_link, scanned
from api.scans_noted import both, note
from api.words import say
from ledger.errors import Refusal, UnknownName, Words
from ledger.findings.misread import as_issued
from ledger.identifiers import BatchCode, DigitalLink, GoodsId, Gtin
from ledger.trace import code_state
from ledger.trace.coded import pesticide_code

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from api.openings import Openings
    from api.scanning import Knows
    from api.settings import Settings
    from ledger.errors import Language
    from ledger.identifiers import LegalDate
    from ledger.service import Ledger
    from ledger.store.book import SqlBook
    from ledger.trace import CodeState
    from ledger.trace.coded import Candidate
    from scanner.codes import Scanned

_METHODS: Final = ["GET", "HEAD"]
#: To whom a file is handed that anybody may have.
TO_ANYBODY: Final = "公众 · anybody"
#: What the language of a page is asked for by; no part of what it is about.
_LANGUAGE: Final = "lang"
#: AI (21) of a GS1 Digital Link.
_SERIAL: Final = b"/21/"

router = APIRouter(include_in_schema=False)


@router.api_route("/p", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")])
@router.api_route("/p/", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")])
def typed(
    request: Request, code: MaybeText = None, goods: MaybeText = None, batch: MaybeText = None
) -> Response:
    """A code as it was typed or scanned. What names goods here is shown at the address that labels carry."""
    visit = Visit.of(request)
    if goods is not None:
        start = GoodsId.parse(goods)
        return _answer(
            visit, lambda book: Asked(named=named_by_batch(start, _knows(book)), came=goods), goods=goods
        )
    text, base_url = (code or "").strip(), visit.settings.base_url
    reading = scanned(text, base_url)
    gtin = reading.value if isinstance(reading.value, Gtin) else None
    if gtin is not None and batch:
        reading = scanned(DigitalLink(gtin, batch=batch.strip()).at(base_url), base_url)
    foreign = not reading.is_ours and reading.kind in {"foreign_address", "lookalike_address", "digital_link"}
    host = reading.host if foreign else None

    def ask(book: SqlBook) -> Asked:
        named = named_by(reading, base_url, book, _knows(book))
        path = links.code_path(named.goods) if named.goods is not None and named.code is None else None
        to = f"{links.PAGE}{path}" if path is not None and named.known and host is None else None
        printed = None if named.known else Printed.of(reading, book, visit.language)
        return Asked(
            named=named,
            came=text,
            host=host,
            gtin=None if batch else gtin,
            to=to,
            printed=printed,
            like=reading.looks_like,
        )

    return _answer(visit, ask, code=text, batch=batch)


@router.api_route(
    "/p/c/{code}", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")]
)
def of_code(code: str, request: Request) -> Response:
    """The page of a batch by its code."""
    visit = Visit.of(request)
    try:
        goods = GoodsId.of_batch(BatchCode.parse(code))
    except Refusal:
        return _answer(visit, lambda _: Asked(named=Named(), came=code))
    return _answer(visit, lambda book: Asked(named=named_by_batch(goods, _knows(book)), came=code))


@router.api_route(
    "/p/01/{rest:path}", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")]
)
def of_link(rest: str, request: Request) -> Response:
    """The page of goods by their GS1 Digital Link."""
    visit = Visit.of(request)
    # The path as it came: a batch number may hold an escaped slash, which is no slash of the path.
    path = bytes(request.scope["raw_path"]).decode("latin-1").removeprefix(links.PAGE)

    def ask(book: SqlBook) -> Asked:
        try:
            link = DigitalLink.parse(visit.settings.base_url + path)
        except Refusal:
            return Asked(named=Named(), came=f"/01/{rest}")
        gtin = link.gtin if link.batch is None and link.serial is None else None
        named = named_by_link(link, visit.settings.base_url, book, _knows(book))
        return Asked(named=named, came=link.path(), gtin=gtin)

    return _answer(visit, ask)


@router.get("/p/proof/{position}", dependencies=[needs("prove")])
def proof(position: PathNumber, request: Request) -> Response:
    """One record as far as anybody may read it, with its proof: a file that is checked without this server."""
    visit = Visit.of(request)
    with visit.ledger.book() as book:
        if position >= book.size:
            expected = Words(zh="有公开内容的记录", en="a record with something public in it")
            raise UnknownName(field="position", came=position, expected=expected)
        showable = Showable.of(book, position, Reading(book, Viewer()))
    content = showable.show(visit.ledger, list(showable.items), to_whom=TO_ANYBODY, once=True)
    disposition = f'attachment; filename="{file_name(position)}"'
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of anybody: nobody is asked who he is, and no key or session that comes along is looked at."""

    request: Request
    ledger: Ledger
    settings: Settings
    openings: Openings
    kept: lean.Kept
    language: Language
    at_ms: int

    @classmethod
    def of(cls, request: Request) -> Self:
        """What this page needs of the house."""
        state, language = request.app.state, language_of(request)
        ledger: Ledger = state.ledger
        return cls(request, ledger, state.settings, state.openings, state.kept, language, ledger.clock())

    @property
    def day(self) -> int:
        """The day on which it is asked: a page is kept for that."""
        return day_of(self.at_ms)

    @property
    def today(self) -> LegalDate:
        """The same, as labels write it."""
        return today(self.at_ms)


@dataclass(frozen=True, slots=True)
class Printed:
    """What a code of a national scheme says of itself, and the products that it may belong to: their public sheets and nothing else."""

    says: list[tuple[str, str]]
    candidates: list[dict[str, object]]

    @classmethod
    def of(cls, reading: Scanned, book: SqlBook, language: Language) -> Self:
        """In the reader's language."""
        told = [(cap(name.in_language(language)), text.in_language(language)) for name, text in says(reading)]
        return cls(told, [_candidate(one, book, language) for one in candidates_of(reading, book)])


def _candidate(one: Candidate, book: SqlBook, language: Language) -> dict[str, object]:
    facts = [say("may_number", language, number=one.number)] if one.number else []
    if one.head is not None:
        facts.append(say("may_head", language, head=one.head))
    if one.level is not None:
        facts.append(say(f"level_{one.level}", language))
    if one.holds is not None:
        facts.append(say("may_holds", language, count=one.holds))
    if holder := holder_of(one, book):
        facts.append(holder)
    return {"name": one.name or one.number or "", "facts": facts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asked for: what it names here, as it came, and what is odd about how it came."""

    named: Named
    came: str
    #: Whose address the code leads to, where that is not ours.
    host: str | None = None
    #: Which host of ours that address was made to be mistaken for.
    like: str | None = None
    #: The product alone: its batch number is still asked for.
    gtin: Gtin | None = None
    #: The address of the page that shows it.
    to: str | None = None
    #: What the code says of itself, where nobody recorded it.
    printed: Printed | None = None

    @property
    def why(self) -> Literal["gtin", "goods", "printed", "text"]:
        """What is said of something that nobody recorded here."""
        if self.gtin is not None:
            return "gtin"
        if self.named.goods is not None:
            return "goods"
        return "printed" if self.printed is not None and self.printed.says else "text"


def _answer(visit: Visit, ask: Callable[[SqlBook], Asked], **query: str | None) -> Response:
    """The page: as it is kept, or put together now. What it is asked for by stands in its address, and `query` in that."""
    request, language = visit.request, visit.language
    said = {name: value for name, value in query.items() if value}
    path = bytes(request.scope["raw_path"])
    key = (path, *said.items(), language)
    # The packs of a batch have one address up to their serial number; of what was typed the goods are known once they are looked up.
    goods: Hashable = None if said else path.partition(_SERIAL)[0]
    with visit.ledger.book() as newest:
        sheet = visit.kept.find(newest, visit.day, key)
        if sheet is None:
            book = visit.kept.remind(newest, goods)
            asked = ask(book)
            if asked.to is not None:
                return RedirectResponse(asked.to, status_code=303)
            if goods is None:
                goods = asked.named.goods
                book = visit.kept.remind(book, goods)
            sheet = _sheet(visit, book, asked, said)
            if sheet.status == lean.FOUND:
                visit.kept.keep(book, visit.day, key, sheet)
                visit.kept.remember(book, goods)
    after = None
    if sheet.subject is not None:
        after = visit.openings.note(request, sheet.subject)
    after = both(after, note(request, sheet.code, "consumer"))
    return lean.send(request, sheet, language=language, after=after)


def _sheet(visit: Visit, book: SqlBook, asked: Asked, said: Mapping[str, str]) -> lean.Sheet:
    """The page of what was named; for everything that nobody recorded here one and the same page, with what one can do."""
    named, language = asked.named, visit.language
    other = "en" if language == "zh" else "zh"
    switch = f"?{urlencode({**said, _LANGUAGE: other})}"
    if named.goods is not None and named.known:
        return _of_goods(visit, book, asked, named.goods, switch)
    frame: dict[str, object] = {
        "other_href": switch,
        "demo_day": str(visit.today) if _is_simulated(book) else None,
        "foreign_host": asked.host,
        "looks_like": asked.like,
        "report_href": _report_href(named, asked.came),
    }
    if asked.gtin is not None and (product := product_content(book, asked.gtin, language)):
        return lean.sheet("consumer_product.html", frame | product, language=language)
    gtin = str(asked.gtin) if asked.gtin is not None else None
    content = frame | {"text": asked.came, "why": asked.why, "gtin": gtin, "claimed": bool(named.claimed)}
    content |= {
        "says": asked.printed.says if asked.printed is not None else [],
        "candidates": asked.printed.candidates if asked.printed is not None else [],
    }
    return lean.sheet("consumer_unknown.html", content, language=language, status=404)


def _of_goods(visit: Visit, book: SqlBook, asked: Asked, goods: GoodsId, switch: str) -> lean.Sheet:
    """The page of goods, or of one pack of them: that of all packs of which the records say the same, with its own words in it."""
    language, named = visit.language, asked.named
    code = named.code
    if code is not None and named.state is None:
        named = replace(named, state=code_state(book, code))
    state = named.state
    subject = subject_of(goods, state)
    own = {
        "code": code or "",
        "quoted": quote_plus(code or asked.came),
        "switch": switch,
        "today": str(visit.today),
        "opened": "" if subject is None else _opened(visit, book, subject, pack=state is not None),
    }
    # A pesticide's code tells of its registration: such a pack shares its page with none.
    alone = code if pesticide_code(code) is not None else None
    key = (goods, language, None if state is None else _alike(state), alone, asked.host, asked.like)
    pattern = visit.kept.pattern(book, visit.today.date, key)
    if pattern is None:
        if state is not None and alone is None:
            blank = lean.blank("code")
            named = replace(named, code=blank, state=replace(state, code=blank))
        pattern = _pattern(visit, book, replace(asked, named=named), goods, counted=subject is not None)
        visit.kept.keep_pattern(book, key, pattern)
    read = None
    if code is not None and state is not None:
        # What was issued under this very code is no other code misread.
        read = as_issued(book, code) if state.issued_by is None else code
    return lean.Sheet(pattern.filled(own), lean.FOUND, subject=subject, code=read, follows=pattern.follows)


def _pattern(visit: Visit, book: SqlBook, asked: Asked, goods: GoodsId, *, counted: bool) -> lean.Pattern:
    """The page, with blanks for what is each visitor's, each pack's and each day's own. `counted`: it tells of its openings."""
    days = lean.Days(visit.today.date)
    about = About(
        book=book,
        # Whoever looks, this page shows what everybody may know.
        names=Names(book, Viewer(), visit.language),
        named=asked.named,
        goods=goods,
        days=days,
        today=lean.blank("today"),
        site=visit.settings.base_url,
    )
    content = about.content(lean.blank("opened") if counted else "")
    content |= {
        "foreign_host": asked.host,
        "looks_like": asked.like,
        "demo_day": lean.blank("today") if _is_simulated(book) else None,
        "other_href": lean.blank("switch"),
        "report_href": _report_href(replace(asked.named, code=lean.blank("quoted")), ""),
    }
    return lean.Pattern.of(lean.rendered("consumer.html", content, language=visit.language), book, days)


def _alike(state: CodeState) -> Hashable:
    """What two packs have in common of which the records say the same, each under its own code."""
    return (
        state.goods,
        state.issued_by,
        tuple((step.record.seq, step.kind, step.goods) for step in state.path),
        tuple((order.record.seq, order.inherited) for order in state.recalls),
    )


def _opened(visit: Visit, book: SqlBook, subject: str, *, pack: bool) -> str:
    return openings_told(visit.openings.told(book, subject), "pack" if pack else "batch", visit.language)


def _is_simulated(book: SqlBook) -> bool:
    return book.register.clock == "simulated"


def _report_href(named: Named, came: str) -> str:
    """The form for a report about this; what was read off the pack goes along, as far as it is a code."""
    about = {
        "goods": str(named.goods) if named.goods is not None and named.known else "",
        "code": named.code or came,
    }
    return f"/p/report?{urlencode({name: value for name, value in about.items() if value})}"


def _knows(book: SqlBook) -> Knows:
    """Whoever looks, this page tells what everybody may know."""
    return Reading(book, Viewer()).knows
