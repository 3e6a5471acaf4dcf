"""What is linked to goods, level by level: of the pack, of its batch, of the product (RFC 9264; GS1-Conformant Resolver 2.10).

Each level has one default link, our own page, and beside it what the maker linked to. No maker moves the default: whoever scans a pack
reads first whether it is recalled. A level that was asked for is there even where nobody recorded it; its page says just that. Below a
product that nobody recorded there is nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from api import links
from api.audience import Reading
from api.deps import Viewer
from api.resolver.asked import places_of
from api.resolver.terms import DEFAULT, RECALL_STATUS, TRACEABILITY, VERIFICATION, VOCABULARY
from api.scanning import named_by_link
from api.words import say
from ledger.identifiers.printed import spelt
from ledger.trace import what_it_was
from ledger.trace.linked import called, links_of
from ledger.views.book import alias_key, code_key, goods_sheet_key, gtin_key, links_key, spelt_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from api.resolver.asked import Place
    from ledger.canonical import Json
    from ledger.errors import Language
    from ledger.identifiers import DigitalLink, Gtin
    from ledger.trace.linked import Linked
    from ledger.views.book import Book

#: What our own pages are written in.
_OURS: Final = ("zh", "en")
_PAGE: Final = "text/html"
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Target:
    """One link: whereto, of which type, and what is said about it."""

    link_type: str
    href: str
    title: str
    languages: tuple[str, ...] = ()
    media_type: str | None = None
    contexts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """RFC 9264 4.2.4. A default link has an address and a title, and nothing else."""
        body: dict[str, Json] = {"href": self.href, "title": self.title}
        if self.link_type != DEFAULT:
            if self.languages:
                body["hreflang"] = list(self.languages)
            if self.media_type is not None:
                body["type"] = self.media_type
            if self.contexts:
                body["context"] = list(self.contexts)
        return body


@dataclass(frozen=True, slots=True)
class Level:
    """Everything linked to goods at one level."""

    anchor: str
    description: str
    targets: tuple[Target, ...]

    def of_type(self, link_type: str) -> tuple[Target, ...]:
        """The links of one type."""
        return tuple(one for one in self.targets if one.link_type == link_type)

    def as_json(self, only: Iterable[Target] | None = None) -> dict[str, Json]:
        """RFC 9264 4.2: the anchor, and the links by their types."""
        by_type: dict[str, list[Json]] = defaultdict(list)
        for one in self.targets if only is None else only:
            by_type[VOCABULARY + one.link_type].append(one.as_json())
        return {"anchor": self.anchor, "itemDescription": self.description, **by_type}


def linkset(levels: Sequence[Level]) -> dict[str, Json]:
    """All links, as RFC 9264 and GS1's schema write them."""
    return {"linkset": [one.as_json() for one in levels]}


def product_name(book: Book, gtin: Gtin) -> str | None:
    """What a product is called here; None where nobody recorded it or a batch of it."""
    found = called(book, gtin)
    return None if found is None else found.name


@dataclass(frozen=True, slots=True)
class Gathered:
    """Gathers the levels of one link in one book."""

    book: Book
    base_url: str
    language: Language

    def of_link(self, link: DigitalLink) -> tuple[Level, ...]:
        """From the level that was asked for up to the product."""
        places = places_of(link)
        # One look at the index for all levels: what each of them asks then lies at hand.
        self.book.mentions([key for place in places for key in self._asked_of(place)])
        return tuple(self._level(place) for place in places)

    def of_batch(self, place: Place) -> tuple[Level, ...]:
        """A batch by its code, which has no product above it."""
        return (self._level(place),)

    def _level(self, place: Place) -> Level:
        page = f"{self.base_url}{links.PAGE}{place.path}"
        title = self._say("link_page")
        targets = [
            Target(DEFAULT, page, title),
            # A default link is to be told by what it is, too (GS1-Conformant Resolver 2.10).
            Target(TRACEABILITY, page, title, _OURS, _PAGE),
            *self._about(place, page),
            *(_target(one) for one in links_of(self.book, place.goods)),
        ]
        anchor = f"{self.base_url}{place.path}" if place.link is None else str(place.goods)
        return Level(anchor, self._description(place), tuple(targets))

    def _asked_of(self, place: Place) -> Iterator[str]:
        """The keys that one level is looked up by."""
        yield links_key(place.goods)
        link = place.link
        if link is not None and link.serial is not None:
            for code in (str(link), link.at(self.base_url)):
                yield code_key(code)
                yield from (key(spelt(code)) for key in (spelt_key, alias_key))
        elif link is not None and link.batch is None:
            yield gtin_key(str(link.gtin))
        else:
            yield goods_sheet_key(place.goods)

    def _about(self, place: Place, page: str) -> Iterable[Target]:
        """What this ledger answers by itself."""
        link = place.link
        if link is None or link.batch is not None or link.serial is not None:
            yield Target(RECALL_STATUS, page, self._say("link_recalls"), _OURS, _PAGE)
        if link is not None and link.batch is not None and link.serial is not None:
            lot, serial = (quote(text, safe="") for text in (link.batch, link.serial))
            address = f"{self.base_url}/verify/gtin/{link.gtin}/lot/{lot}/ser/{serial}"
            yield Target(VERIFICATION, address, self._say("link_verify"), (), _JSON)

    def _description(self, place: Place) -> str:
        link = place.link
        if link is not None and link.batch is None and link.serial is None:
            name = product_name(self.book, link.gtin)
            return self._say("link_product", gtin=str(link.gtin)) if name is None else f"{name} {link.gtin}"
        knows = Reading(self.book, Viewer()).knows
        if link is not None and link.serial is not None:
            named = named_by_link(link, self.base_url, self.book, knows)
            goods = named.goods if named.known else None
            name = None if goods is None else what_it_was(self.book, goods).name
            return self._say("link_pack", name=name or str(link.gtin), serial=link.serial)
        if not knows(place.goods):
            return self._say("link_unknown", goods=place.path)
        sheet = what_it_was(self.book, place.goods)
        number = sheet.batch_number or (link.batch if link is not None else place.path.rpartition("/")[2])
        return self._say("link_batch", name=sheet.name or "", number=number).strip()

    def _say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)


def _target(one: Linked) -> Target:
    said = one.said
    return Target(
        link_type=said.link_type,
        href=said.href,
        title=said.link_title or said.href,
        languages=said.languages or (),
        media_type=said.media_type,
        contexts=said.contexts or (),
    )
