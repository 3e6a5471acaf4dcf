"""What this resolver is, for programs that look for one: the description file (RFC 8615), and the context that makes JSON-LD of a linkset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api.answers import file_of
from api.deps import TheSettings, needs
from api.resolver.at_once import OPEN
from api.resolver.terms import (
    CONTEXT_PATH,
    DEFAULT,
    JSON_LD_TYPE,
    PREFIX,
    RECALL_STATUS,
    TRACEABILITY,
    VERIFICATION,
    VOCABULARY,
)
from api.words import say
from ledger.vocabulary.linking import LinkType

if TYPE_CHECKING:
    from ledger.canonical import Json

router = APIRouter()

_TYPES: Final = (DEFAULT, TRACEABILITY, RECALL_STATUS, VERIFICATION, *get_args(LinkType))
_A_DAY: Final = "public, max-age=86400"

#: RFC 9264 7.2: links become triples, their attributes metadata about the target. Written anew; the terms are those standards' own.
CONTEXT: Final[dict[str, Json]] = {
    "@context": {
        "@vocab": "http://www.iana.org/assignments/relation/",
        "linkset": "@graph",
        "anchor": "@id",
        "href": "@id",
        "gs1": VOCABULARY,
        "title": {"@id": "http://purl.org/dc/terms/title"},
        "hreflang": {"@id": "http://purl.org/dc/terms/language", "@container": "@set"},
        "type": {"@id": "http://purl.org/dc/terms/format"},
        "context": {"@id": "https://ref.gs1.org/voc/linkContext", "@container": "@set"},
        "itemDescription": {"@id": "http://www.w3.org/2000/01/rdf-schema#comment"},
    }
}


@router.head("/.well-known/gs1resolver", include_in_schema=False, dependencies=[needs("read_public")])
@router.get("/.well-known/gs1resolver", operation_id="describe_resolver", dependencies=[needs("read_public")])
def describe(settings: TheSettings) -> Response:
    """解析器说明文件 · what this resolver is (GS1-Conformant Resolver, resolver description file)."""
    body: dict[str, Json] = {
        "name": f"{say('brand_full', 'zh')} · {say('brand_full', 'en')}",
        "resolverRoot": settings.base_url,
        # A product, with its batches and packs. Other keys are read, and answered with 404.
        "supportedPrimaryKeys": ["01"],
        "supportedLinkType": [
            {"namespace": VOCABULARY, "prefix": PREFIX, "profile": f"{VOCABULARY}?show=linktypes"}
        ],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": f"{settings.base_url}{CONTEXT_PATH}",
        "activeLinkTypes": {
            language: {f"{PREFIX}{one}": {"title": say(f"link_type_{one}", language)} for one in _TYPES}
            for language in ("zh", "en")
        },
        "contact": {"fn": say("brand_full", "en")},
    }
    return JSONResponse(body, headers={**OPEN, "Cache-Control": _A_DAY})


@router.head(CONTEXT_PATH, include_in_schema=False, dependencies=[needs("read_public")])
@router.get(
    CONTEXT_PATH,
    operation_id="linkset_context",
    response_class=Response,
    responses=file_of(JSON_LD_TYPE),
    dependencies=[needs("read_public")],
)
def context() -> Response:
    """链接集的 JSON-LD 上下文 · the context that makes JSON-LD of a linkset (RFC 9264 7.2)."""
    return JSONResponse(CONTEXT, headers={**OPEN, "Cache-Control": _A_DAY}, media_type=JSON_LD_TYPE)
