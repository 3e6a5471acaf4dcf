"""What somebody asks of the resolver: the goods an address names, and in which form of answer, of which type, for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, unquote

from api.problems import BadAddress
from api.resolver.terms import JSON_LD_TYPE, JSON_TYPE, LINKSET_TYPE, LINKSETS, link_type_of
from ledger.errors import Refusal, UnknownName, Words
from ledger.identifiers import BatchCode, DigitalLink, GoodsId, Gtin
from ledger.identifiers.gs1.links import GS1Link

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
#: The key that is resolved here.
_GTIN: Final = "01"
_JSON: Final = frozenset({JSON_TYPE})
_LISTS: Final = frozenset({LINKSET_TYPE, JSON_LD_TYPE})
#: Values of one header that are read; a browser sends a handful.
_VALUES_MAX: Final = 30


@dataclass(frozen=True, slots=True)
class Place:
    """Goods at one level of a link: the pack, its batch, the product. `path` is where this resolver answers for them."""

    goods: GoodsId
    path: str
    link: DigitalLink | None = None

    @property
    def is_product(self) -> bool:
        """Whether a product is named, and no batch or pack of it."""
        return self.link is not None and self.link.batch is None and self.link.serial is None


def places_of(link: DigitalLink) -> tuple[Place, ...]:
    """The levels of a link, from what it names down to the product it is one of (walking up, GS1-Conformant Resolver 2.6)."""
    chain = [link]
    if link.serial is not None:
        chain.append(link.batch_link())
    if link.batch is not None:
        chain.append(DigitalLink(link.gtin))
    return tuple(place_of(one) for one in chain)


def place_of(link: DigitalLink) -> Place:
    """What a link itself names."""
    return Place(GoodsId.of_link(link), link.path(), link)


def place_of_batch(code: BatchCode) -> Place:
    """A batch code names one batch and no product."""
    return Place(GoodsId.of_batch(code), f"/c/{code}")


def raw_path(request: Request) -> str:
    """The path as it came: a batch number may hold an escaped slash, which is no slash of the path."""
    raw = request.scope.get("raw_path")
    return quote(request.url.path) if raw is None else bytes(raw).decode("latin-1")


def link_asked(request: Request, base_url: str) -> DigitalLink:
    """The goods that a link at our address names; `BadAddress` (400) for what is no GS1 Digital Link, `UnknownName` (404) for another key than a GTIN."""
    query = request.url.query
    # One slash at the end is nothing (GS1-Conformant Resolver: "SHOULD tolerate trailing slashes").
    text = base_url + raw_path(request).removesuffix("/") + (f"?{query}" if query else "")
    try:
        link = GS1Link.parse(text)
        key, value = link.primary_key
        if key == _GTIN:
            qualifiers = dict(link.qualifiers)
            # A variant (22) has its batches and packs under the GTIN alone; an extension of somebody else's (235) is walked up from.
            return DigitalLink(Gtin.parse(value), qualifiers.get("10"), qualifiers.get("21"))
    except Refusal as refusal:
        raise of_address(refusal) from refusal
    raise UnknownName(
        field="link",
        came=link.canonical,
        expected=Words(
            zh="商品（AI 01）；本解析器不解析其他标识", en="a product (AI 01): no other key is resolved here"
        ),
    )


def code_asked(code: str) -> BatchCode:
    """A batch code; `BadAddress` for what is none."""
    try:
        return BatchCode.parse(code)
    except Refusal as refusal:
        raise of_address(refusal) from refusal


def of_address(refusal: Refusal, *, field: str = "") -> BadAddress:
    """The same refusal of a text that stood in the address: 400, as GS1's standards want."""
    return BadAddress(field=field or refusal.field, came=refusal.came, expected=refusal.expected)


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to be answered. `link_type`: by its own name, "" where none was asked for."""

    link_type: str
    context: str
    accept: tuple[tuple[str, float], ...]
    languages: tuple[tuple[str, float], ...]
    says_accept: bool

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read from the query and the headers."""
        query = request.query_params
        headers = request.headers
        asked = query.get("linkType") or query.get("linktype") or ""
        return cls(
            link_type=link_type_of(asked),
            context=query.get("context", ""),
            accept=weighted(headers.get("accept", "")),
            languages=weighted(headers.get("accept-language", "")),
            says_accept="accept" in headers,
        )

    @property
    def linkset(self) -> bool:
        """Whether the list of all links is wanted: by `linkType=linkset`, or by a header that would rather have it than a page or the facts."""
        if self.link_type:
            return self.link_type in LINKSETS
        return self._weight(_LISTS) > max(self._weight(_HTML), self._weight(_JSON))

    @property
    def facts(self) -> bool:
        """Whether a program wants what is recorded, rather than a page; of two that are wanted alike a page is given."""
        wanted = self._weight(_JSON)
        return not self.link_type and wanted > self._weight(_HTML) and wanted >= self._weight(_LISTS)

    @property
    def linked_data(self) -> bool:
        """Whether the list of all links is wanted as JSON-LD, which says in itself what its words mean."""
        return self._weight({JSON_LD_TYPE}) > self._weight({LINKSET_TYPE})

    @property
    def as_list(self) -> bool:
        """Whether GDST's list is wanted (GDST Communication Protocol: a client asks for JSON, or says nothing)."""
        return self._weight(_JSON) > 0 or not self.says_accept

    def _weight(self, forms: Collection[str]) -> float:
        """How much one of these forms is wanted by name (RFC 9110 12.5.1); a range names none."""
        return max((weight for name, weight in self.accept if name in forms), default=0.0)


def weighted(header: str) -> tuple[tuple[str, float], ...]:
    """The values of a header with their weights (RFC 9110 12.4.2), in their order; a weight that is none counts as 1."""
    found = []
    for one in header.split(",", _VALUES_MAX)[:_VALUES_MAX]:
        name, *parameters = (part.strip() for part in one.split(";"))
        if not name:
            continue
        weight = 1.0
        for parameter in parameters:
            if parameter[:2].lower() == "q=":
                try:
                    weight = min(max(float(parameter[2:]), 0.0), 1.0)
                except ValueError:
                    weight = 1.0
        found.append((name.lower(), weight))
    return tuple(found)


def no_such_link(link_type: str) -> UnknownName:
    """404: nothing of this type is linked here (GS1-Conformant Resolver 2.5)."""
    return UnknownName(
        field="linkType",
        came=unquote(link_type),
        expected=Words(
            zh="linkType=linkset 列出的链接类型", en="a link type that linkType=linkset lists for these goods"
        ),
    )
