"""Pages that are one answer: their style travels in them, nothing else is asked for, and who looks again is told that nothing has changed.

For whoever stands in a shop with one bar of network. What such a page shows is the same for everybody on one day and in one language, so it
is put together once and kept until something is recorded that it follows from (docs/decisions/0031). What is the same on other days too, and for other
packs of a batch, is kept as a page with blanks, for as long as no date passes of which it tells.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar

from markupsafe import escape
from starlette.responses import Response

from api.language import LANGUAGE_COOKIE, TAGS
from api.pages.desk import LANGUAGE_SECONDS, Texts
from api.pages.rendering import STATIC, environment
from ledger.errors import Language
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    from starlette.background import BackgroundTask
    from starlette.requests import Request

    from ledger.identifiers import LegalDate
    from ledger.register import Enrolment
    from ledger.store.book import Memory, SqlBook

#: Pages kept at a time: about 10 kB each.
KEPT_MAX: Final = 1_000
#: Goods of which is remembered what a page read about them, and the most records of each: there are some ten, but of goods of which nobody said
#: anything publicly all are looked through.
READ_MAX: Final = 400
RECORDS_MAX: Final = 100
#: Pages with blanks in them: of each batch one in each language, and one more for each state that packs of it are in.
PATTERNS_MAX: Final = 1_000
#: What an erasure is found by.
_ERASED: Final = frozenset({f"type/{Erasure.TYPE}"})
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE: Final = re.compile(r"\s+")
#: A space beside one of these says nothing in our style sheets. Before a colon it may (`a :hover`), inside `calc` around + it does.
_AROUND: Final = re.compile(r"\s*([{};,>])\s*|:\s+")


_A_DAY: Final = dt.timedelta(days=1)

FOUND: Final = 200


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page as it is sent, with its mark."""

    html: bytes
    status: int
    #: What its openings are counted under; None where nothing is counted.
    subject: str | None = None
    #: The unit code that was read, where it or its lot is recorded here.
    code: str | None = None
    #: The keys that the pattern follows from into which this was filled.
    follows: frozenset[str] = frozenset()
    mark: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mark", f'"{sha256(self.html).hexdigest()[:24]}"')


#: Stands for what is filled in. Drawn at start: nothing that somebody recorded can be taken for a blank.
_BLANK: Final = secrets.token_hex(12)
_BLANKS: Final = re.compile(f"{_BLANK}([a-z]+)-")


def blank(name: str) -> str:
    """What stands in a page where each pack's own words go, by a name of small letters."""
    return f"{_BLANK}{name}-"


@dataclass(slots=True)
class Days:
    """The days on which what is told stays the same: from `first` on, until one of the dates is reached that were asked about."""

    first: dt.date
    _until: dt.date | None = None

    def over(self, last: LegalDate | None) -> bool:
        """Whether a day is behind us; nobody said which: never."""
        if last is None or last.date < self.first:
            return last is not None
        self._turns(last.date + _A_DAY)
        return False

    def begun(self, day: LegalDate) -> bool:
        """Whether a day is here or behind us."""
        if day.date > self.first:
            self._turns(day.date)
        return day.date <= self.first

    def hold(self, day: dt.date) -> bool:
        """Whether the same is told on this day."""
        return self.first <= day and (self._until is None or day < self._until)

    def _turns(self, day: dt.date) -> None:
        self._until = day if self._until is None else min(self._until, day)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A page with blanks in it: what is sent, and between that the names of what is filled in."""

    parts: tuple[bytes, ...]
    follows: frozenset[str]
    days: Days

    @classmethod
    def of(cls, html: str, book: SqlBook, days: Days) -> Self:
        """A page that was put together from this book, as it is on these days."""
        return cls(tuple(part.encode() for part in _BLANKS.split(html)), book.asked(), days)

    def filled(self, words: Mapping[str, str]) -> bytes:
        """The page with these words in its blanks, escaped as everything on a page is."""
        told = {name.encode(): escape(text).encode() for name, text in words.items()}
        made = list(self.parts)
        made[1::2] = [told[name] for name in made[1::2]]
        return b"".join(made)


_Thing = TypeVar("_Thing")


@dataclass(slots=True)
class _Held(Generic[_Thing]):
    """Something that was read, and what it follows from: the keys that were asked for, the register's keys, and the size of the log for which this was seen."""

    thing: _Thing
    asked: frozenset[str]
    register: Mapping[str, Enrolment]
    size: int

    @classmethod
    def of(cls, thing: _Thing, book: SqlBook, also: Collection[str] = ()) -> Self:
        """What was just made of this book, and `also` of what follows from these keys."""
        return cls(thing, book.asked().union(also), book.register.keys, book.size)


class Kept:
    """The pages of one day, the pages with blanks, and what was read for them about their goods, each for as long as nothing is recorded that it follows from.

    Packs of one batch have a page each, and most of these are asked for once: what they say of the batch is read once for all of them, and
    those of which the records say the same are one page with blanks, into which each pack's own words are filled.
    Whether anything is recorded is asked of the index, with one look for each page and size of the log. An erasure lets go of everything,
    seen by whoever looks at something that is held, and at the latest by the first who looks on another day.
    """

    def __init__(self) -> None:
        self._day = 0
        self._pages: dict[Hashable, _Held[Sheet]] = {}
        self._read: dict[Hashable, _Held[Memory]] = {}
        self._patterns: dict[Hashable, _Held[Pattern]] = {}
        self._door = threading.Lock()

    def find(self, book: SqlBook, day: int, key: Hashable) -> Sheet | None:
        """The page under this key, if this book would give the same."""
        if day != self._day:
            self._turn(book, day)
        held = self._take(self._pages, key)
        return held.thing if held is not None and self._stands(held, book) else None

    def _turn(self, book: SqlBook, day: int) -> None:
        """Another day begins: its pages count other openings. What was erased meanwhile is not held any longer, though nobody look at it."""
        with self._door:
            self._day = day
            self._pages.clear()
            sizes = [held.size for held in self._patterns.values()]
            sizes += [held.size for held in self._read.values()]
        if sizes and book.says_more_than(min(sizes), _ERASED):
            self.forget()

    def _take(self, kept: dict[Hashable, _Held[_Thing]], key: Hashable) -> _Held[_Thing] | None:
        """What is held under this key. What is asked for stays longest."""
        with self._door:
            held = kept.pop(key, None)
            if held is not None:
                kept[key] = held
        return held

    def keep(self, book: SqlBook, day: int, key: Hashable, sheet: Sheet) -> None:
        """Keep a page that was just put together from this book."""
        with self._door:
            if day == self._day:
                _put(self._pages, key, _Held.of(sheet, book, sheet.follows), at_most=KEPT_MAX)

    def pattern(self, book: SqlBook, today: dt.date, key: Hashable) -> Pattern | None:
        """The page with blanks under this key, if this book would give the same on this day."""
        held = self._take(self._patterns, key)
        return (
            held.thing
            if held is not None and held.thing.days.hold(today) and self._stands(held, book)
            else None
        )

    def keep_pattern(self, book: SqlBook, key: Hashable, pattern: Pattern) -> None:
        """Keep a page with blanks that was just put together from this book."""
        with self._door:
            _put(self._patterns, key, _Held.of(pattern, book), at_most=PATTERNS_MAX)

    def remind(self, book: SqlBook, goods: Hashable) -> SqlBook:
        """The book with what it was asked about these goods before, if it would say the same."""
        held = self._take(self._read, goods)
        return book.remembering(held.thing) if held is not None and self._stands(held, book) else book

    def remember(self, book: SqlBook, goods: Hashable) -> None:
        """Remember what this book was asked for a page about these goods, if they are any and nothing is remembered of them."""
        with self._door:
            held = None if goods is None else self._read.get(goods)
            # What each further pack has of its own is no news about the others.
            known = held is not None and held.size >= book.size and held.register is book.register.keys
            if goods is None or known:
                return
            memory = book.remembered()
            if len(memory.records) <= RECORDS_MAX:
                _put(self._read, goods, _Held.of(memory, book), at_most=READ_MAX)

    def _stands(self, held: _Held[_Thing], book: SqlBook) -> bool:
        # A slow request may stand at an earlier size than what is held: then it reads for itself.
        if held.size > book.size or held.register is not book.register.keys:
            return False
        if held.size < book.size:
            if book.says_more_than(held.size, held.asked | _ERASED):
                if book.says_more_than(held.size, _ERASED):
                    self.forget()
                return False
            held.size = book.size
        return True

    def held(self) -> dict[Hashable, bytes]:
        """The pages that are kept at this moment."""
        with self._door:
            return {key: one.thing.html for key, one in self._pages.items()}

    def remembered(self) -> dict[Hashable, Memory]:
        """What is remembered of goods at this moment."""
        with self._door:
            return {key: one.thing for key, one in self._read.items()}

    def patterns(self) -> list[Pattern]:
        """The pages with blanks that are kept at this moment."""
        with self._door:
            return [one.thing for one in self._patterns.values()]

    def forget(self) -> None:
        """Let go of everything."""
        with self._door:
            self._pages.clear()
            self._read.clear()
            self._patterns.clear()


def _put(kept: dict[Hashable, _Held[_Thing]], key: Hashable, held: _Held[_Thing], *, at_most: int) -> None:
    """Put it in; what nobody asked for the longest makes room."""
    kept.pop(key, None)
    while len(kept) >= at_most:
        del kept[next(iter(kept))]
    kept[key] = held


@cache
def style() -> str:
    """The style of these pages, without the spaces and comments that people read it by."""
    text = _COMMENT.sub("", (STATIC / "consumer.css").read_text("utf-8"))
    text = _AROUND.sub(lambda match: match[1] or ":", _SPACE.sub(" ", text))
    return text.replace(";}", "}").strip()


@cache
def policy() -> str:
    """What a browser may do with such a page: take its own style, known by its digest, and nothing else from anywhere."""
    digest = b64encode(sha256(style().encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def sheet(
    template: str,
    content: Mapping[str, object],
    *,
    language: Language,
    status: int = FOUND,
    subject: str | None = None,
    code: str | None = None,
) -> Sheet:
    """The template in one language, as it is sent."""
    return Sheet(rendered(template, content, language=language).encode(), status, subject, code)


def rendered(template: str, content: Mapping[str, object], *, language: Language) -> str:
    """The template in one language."""
    made = environment().get_template(template)
    return made.render(content, style=style(), lang_tag=TAGS[language], t=Texts(language))


def send(
    request: Request, one: Sheet, *, language: Language, after: BackgroundTask | None = None
) -> Response:
    """The page, or that it is still the one the browser has."""
    headers = {
        "Content-Security-Policy": policy(),
        "Content-Language": TAGS[language],
        "Vary": "Accept-Language, Cookie",
        # Kept, and asked about each time: a recall is seen by the next one who looks.
        "Cache-Control": "no-cache",
        "ETag": one.mark,
    }
    if one.status == FOUND and one.mark in _held(request):
        made = Response(status_code=304, headers=headers, background=after)
    else:
        length = {"Content-Length": str(len(one.html))}
        body = b"" if request.method == "HEAD" else one.html
        made = Response(
            body, one.status, headers | length, media_type="text/html; charset=utf-8", background=after
        )
    if LANGUAGE_COOKIE in request.query_params:
        made.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_SECONDS, samesite="lax", httponly=True)
    return made


def _held(request: Request) -> list[str]:
    """The marks of what the browser has already (RFC 9110 13.1.2: compared weakly)."""
    return [text.strip().removeprefix("W/") for text in request.headers.get("if-none-match", "").split(",")]
