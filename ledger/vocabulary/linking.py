"""Where more about goods can be read: the links that a maker has the resolver hand out (GS1-Conformant Resolver, GS1 Web Vocabulary)."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field

from ledger.errors import Malformed, Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In
from ledger.vocabulary.values import GoodsRef, Name, Url

#: What a maker may link to, by GS1's link types. What this ledger answers by itself is not among them: the default link, the trace, standing
#: recalls, the check of a code. Nobody leads a person who scans a recalled pack past the recall.
LinkType = Literal[
    "pip",
    "instructions",
    "ingredientsInfo",
    "nutritionalInfo",
    "allergenInfo",
    "certificationInfo",
    "safetyInfo",
    "consumerHandlingStorageInfo",
    "recipeInfo",
    "sustainabilityInfo",
    "dpp",
    "registryEntry",
    "epcis",
    "masterData",
    "homepage",
    "support",
    "faqs",
    "quickStartGuide",
    "tutorial",
    "relatedVideo",
    "hasRetailers",
    "epil",
    "smpc",
]
#: Media types that IANA has registered (GS1-Conformant Resolver: "it SHALL be one defined by IANA").
MediaType = Literal[
    "text/html",
    "text/plain",
    "text/csv",
    "application/pdf",
    "application/json",
    "application/ld+json",
    "application/xml",
    "application/vc",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "video/mp4",
]

LANGUAGES_MAX: Final = 20
CONTEXTS_MAX: Final = 20

_HTTPS: Final = "https://"
# The linkset schema of GS1 takes a language, or a language and a country; `zh-Hans` it refuses.
_LANGUAGE: Final = re.compile(r"[a-z]{2}(-[A-Z]{2})?", re.ASCII)
_CONTEXT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)


def _secure(text: str) -> str:
    if not text.startswith(_HTTPS):
        raise Malformed(
            field="",
            came=text,
            expected=Words(zh="https:// 开头的网址", en="an address that begins with https://"),
        )
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise Malformed(
            field="",
            came=text,
            expected=Words(zh="zh、en 或 zh-CN 样式的语言代码", en="a language like zh, en or zh-CN"),
        )
    return text


def _context(text: str) -> str:
    if not _CONTEXT.fullmatch(text):
        raise Malformed(
            field="",
            came=text,
            expected=Words(
                zh="字母、数字组成的适用范围，如 CN", en="a context of letters and digits, like CN"
            ),
        )
    return text


class Link(Correctable):
    """A maker tells where more about its goods can be read: 产品链接 (GS1 Digital Link, GS1-Conformant Resolver 1.2).

    No clause of a statute asks for it; where one does (农药登记管理办法: the page behind the code on a label), the page of this ledger answers,
    whatever is linked here. `goods` is a product (its GTIN alone) or one batch. The same type and address told again stands in the place of
    what was told before; `withdraw` ends it. A link is the maker's word about another address: nothing there is recorded here, nor was
    it looked at.
    """

    TYPE: ClassVar[str] = "link.v1"
    TITLE: ClassVar[Words] = Words(zh="产品链接", en="link")

    action: Annotated[Literal["publish", "withdraw"], In("link", "public", "动作", "action")]
    goods: Annotated[GoodsRef, In("link", "public", "货物标识", "goods id")]
    link_type: Annotated[LinkType, In("link", "public", "链接类型", "link type")]
    href: Annotated[Url, AfterValidator(_secure), In("link", "public", "网址", "address")]
    link_title: Annotated[Name | None, In("link", "public", "链接标题", "title")] = None
    languages: Annotated[
        tuple[Annotated[str, AfterValidator(_language)], ...] | None,
        Field(min_length=1, max_length=LANGUAGES_MAX),
        In("link", "public", "语言", "languages"),
    ] = None
    media_type: Annotated[MediaType | None, In("link", "public", "内容格式", "media type")] = None
    contexts: Annotated[
        tuple[Annotated[str, AfterValidator(_context)], ...] | None,
        Field(min_length=1, max_length=CONTEXTS_MAX),
        In("link", "public", "适用范围", "contexts"),
    ] = None
