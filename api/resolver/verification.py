"""GS1 Lightweight Messaging for verification of product identifiers: do these numbers match what the maker recorded.

    GET /verify/gtin/{gtin}/lot/{lot}/ser/{serial}?exp=YYMMDD&reqGLN=…&corrUUID=…
    GET /checkConnectivity?gtin=…&reqGLN=…

The answer compares numbers and nothing else: `verified` says that the maker recorded a code of this GTIN, batch and serial number, and has not
made it void. A copy of a label carries the same numbers. A batch under a recall is said to be (`additionalInfo`). Whoever asks need not say
who he is; where he does (`reqGLN`), it is looked at as a number and not kept.
"""

from __future__ import annotations

import re
import uuid
from calendar import monthrange
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import unquote

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.deps import TheLedger, TheSettings, needs
from api.parameters import MaybeText
from api.problems import BadAddress
from api.resolver.asked import of_address, raw_path
from api.resolver.at_once import OPEN
from api.resolver.levels import product_name
from api.resolver.terms import VERIFICATION, link_type_of
from api.scanning import BATCHES_MAX, at_both
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import DigitalLink, GoodsId, Gtin, Instant
from ledger.trace import code_state, standing_orders, what_it_was
from ledger.trace.coded import answers_for
from ledger.trace.linked import batches_of, speaks_for
from ledger.trace.sheets import party_view
from ledger.views.book import code_key
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.values import GLN_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json
    from ledger.identifiers import LegalDate
    from ledger.trace import CodeState
    from ledger.views.book import Book

router = APIRouter()

_NO_MATCH: Final = "No_match_GTIN_Serial"
#: Recorded, but void: nothing that the standard has a word for.
_NO_REASON: Final = "No_reason_provided"
#: Parameters as the standard spells them.
LinkTypeAsked = Annotated[str | None, Query(alias="linkType", max_length=2_000)]
RequesterGln = Annotated[str | None, Query(alias="reqGLN", max_length=2_000)]
CorrelationId = Annotated[str | None, Query(alias="corrUUID", max_length=2_000)]
_EXPIRY: Final = re.compile("[0-9]{6}", re.ASCII)


# The path is read as it came: a batch number may hold an escaped slash, which is no slash of the path.
@router.head("/verify/{rest:path}", include_in_schema=False, dependencies=[needs("read_public")])
@router.get("/verify/{rest:path}", operation_id="verify_identifiers", dependencies=[needs("read_public")])
def verify(
    rest: str,  # noqa: ARG001  (as above)
    request: Request,
    ledger: TheLedger,
    settings: TheSettings,
    exp: MaybeText = None,
    link_type: LinkTypeAsked = None,
    requester: RequesterGln = None,
    correlation: CorrelationId = None,
) -> Response:
    """核对标识 · `/verify/gtin/{gtin}/lot/{lot}/ser/{serial}` · GS1 轻量消息：这些号码与生产者登记的是否一致 · whether these numbers match what the maker recorded."""
    link = _asked(raw_path(request))
    if link_type and link_type_of(link_type) != VERIFICATION:
        raise _wrong("linkType", link_type, zh=f"linkType={VERIFICATION}", en=f"linkType={VERIFICATION}")
    expiry = _expiry(exp)
    _check_gln(requester)
    with ledger.book() as book:
        found = Found.of(book, link, settings.base_url)
        body: dict[str, Json] = {
            "verificationTimestamp": str(Instant(ledger.clock())),
            **_responder(book, link.gtin),
            "corrUUID": _correlation(correlation),
            "data": found.data(expiry),
        }
    return JSONResponse(body, headers={**OPEN, "Cache-Control": "no-store"})


@router.head("/checkConnectivity", include_in_schema=False, dependencies=[needs("read_public")])
@router.get("/checkConnectivity", operation_id="check_connectivity", dependencies=[needs("read_public")])
def check_connectivity(
    ledger: TheLedger,
    gtin: MaybeText = None,
    requester: RequesterGln = None,
) -> Response:
    """本处是否答复该商品的核对 · whether questions about this product are answered here."""
    number = _gtin(gtin or "")
    _check_gln(requester)
    with ledger.book() as book:
        if product_name(book, number) is None:
            raise UnknownName(
                field="gtin",
                came=number,
                expected=Words(zh="本台账记录过的商品", en="a product that is recorded on this ledger"),
            )
        body = {"gtin": str(number), **_responder(book, number)}
    return JSONResponse(body, headers={**OPEN, "Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class Found:
    """What is recorded of a GTIN and a serial number: the state of the code, and whether it is one of the batch that was asked for."""

    state: CodeState | None
    same_batch: bool
    expires_on: LegalDate | None
    recalled: bool

    @classmethod
    def of(cls, book: Book, link: DigitalLink, base_url: str) -> Found:
        """Look for the code under the batch it was asked with, without a batch, and under the other batches of the product."""
        state, same = _code(book, link, base_url)
        batch = (
            state.goods
            if state is not None and state.goods is not None
            else GoodsId.of_link(link.batch_link())
        )
        orders = state.recalls if state is not None else standing_orders(book, batch)
        return cls(
            state=state,
            same_batch=same,
            expires_on=what_it_was(book, batch).expires_on,
            recalled=any(isinstance(one.record.said, Recall) for one in orders),
        )

    def data(self, expiry: tuple[int, int, int] | None) -> dict[str, Json]:
        """The outcome, in the words of the standard."""
        data: dict[str, Json] = {"verified": True}
        reason = self._against(expiry)
        if reason is not None:
            data = {"verified": False, "verificationFailureReason": reason}
        if self.recalled:
            data["additionalInfo"] = "recalled"
        return data

    def _against(self, expiry: tuple[int, int, int] | None) -> str | None:
        if self.state is None:
            return _NO_MATCH
        wrong = ("" if self.same_batch else "_Lot") + ("" if self._expires(expiry) else "_Expiry")
        if wrong:
            return _NO_MATCH + wrong
        return _NO_REASON if self.state.state == "void" else None

    def _expires(self, expiry: tuple[int, int, int] | None) -> bool:
        """Whether the date agrees. One that nobody recorded agrees with none; day 00 means the month (General Specifications 3.4.7)."""
        if expiry is None:
            return True
        if self.expires_on is None:
            return False
        year, month, day = (int(part) for part in str(self.expires_on).split("-"))
        return expiry[:2] == (year % 100, month) and expiry[2] in {0, day}


def _code(book: Book, link: DigitalLink, base_url: str) -> tuple[CodeState | None, bool]:
    """The code of a GTIN and serial number, and whether it belongs to the batch of the link."""
    batch = GoodsId.of_link(link.batch_link())
    own = [
        one
        for named in (link, DigitalLink(link.gtin, serial=link.serial))
        for one in at_both(named, base_url)
    ]
    for state in _recorded(book, own):
        if state.goods == batch:
            return state, True
    others = (
        spelt
        for number, (_, said) in enumerate(batches_of(book, link.gtin))
        if number < BATCHES_MAX and (other := said.goods.digital_link) is not None
        for spelt in at_both(DigitalLink(link.gtin, other.batch, link.serial), base_url)
    )
    return next(_recorded(book, [*own, *others]), None), False


def _recorded(book: Book, codes: list[str]) -> Iterator[CodeState]:
    """The states of those codes that the makers of their goods issued, in their order."""
    there = {one.key for one in book.mentions({code_key(code) for code in codes})}
    for code in dict.fromkeys(codes):
        if code_key(code) in there:
            state = code_state(book, code)
            # Anybody may record codes of goods that he has; what he says of them is no maker's word.
            issuer, goods = state.issued_by, state.goods
            if issuer is not None and goods is not None and answers_for(book, goods, issuer):
                yield state


def _asked(path: str) -> DigitalLink:
    """The numbers in the path, each as it was escaped; `BadAddress` for what cannot be one."""
    parts = path.removesuffix("/").split("/")
    # ["", "verify", "gtin", …, "lot", …, "ser", …]
    if len(parts) != len(_SHAPE) or any(
        want and part != want for part, want in zip(parts, _SHAPE, strict=True)
    ):
        raise _wrong("path", path, zh="/verify/gtin/…/lot/…/ser/…", en="/verify/gtin/…/lot/…/ser/…")
    try:
        lot, serial = (unquote(part, errors="strict") for part in (parts[5], parts[7]))
    except UnicodeDecodeError:
        raise _wrong("path", path, zh="UTF-8 转义的路径", en="a path escaped from UTF-8") from None
    gtin = _gtin(parts[3])
    try:
        return DigitalLink(gtin, lot, serial)
    except Refusal as refusal:
        raise of_address(refusal) from refusal


_SHAPE: Final = ("", "verify", "gtin", "", "lot", "", "ser", "")


def _gtin(text: str) -> Gtin:
    if not re.fullmatch("[0-9]{14}", text, re.ASCII):
        raise _wrong("gtin", text, zh="14 位 GTIN", en="a GTIN of 14 digits")
    try:
        return Gtin.parse(text)
    except Refusal as refusal:
        raise of_address(refusal, field="gtin") from refusal


def _expiry(text: str | None) -> tuple[int, int, int] | None:
    if not text:
        return None
    if not _EXPIRY.fullmatch(text):
        raise _wrong("exp", text, zh="六位日期 YYMMDD", en="a date of six digits, YYMMDD")
    year, month, day = (int(text[at : at + 2]) for at in (0, 2, 4))
    if not 1 <= month <= _MONTHS or day > monthrange(2000 + year, month)[1]:
        raise _wrong("exp", text, zh="六位日期 YYMMDD", en="a date of six digits, YYMMDD")
    return year, month, day


_MONTHS: Final = 12


def _check_gln(text: str | None) -> None:
    """A GLN has the check digit of a GTIN."""
    if not text:
        return
    try:
        if len(text) != GLN_DIGITS:
            raise Malformed(field="", came=text, expected=Words(zh="13 位 GLN", en="a GLN of 13 digits"))
        Gtin.parse(text)
    except Refusal as refusal:
        raise of_address(refusal, field="reqGLN") from refusal


def _correlation(text: str | None) -> str:
    """The number that came along, if it is one; else a new one."""
    try:
        return str(uuid.UUID(text or ""))
    except ValueError:
        return str(uuid.uuid4())


def _responder(book: Book, gtin: Gtin) -> dict[str, Json]:
    """The GLN of whoever speaks for the product, where its sheet names one. Nobody is given a number that nobody recorded."""
    maker = speaks_for(book, GoodsId.of_link(DigitalLink(gtin)))
    record = None if maker is None else party_view(book, maker).record
    gln: str | None = None if record is None else getattr(record.said, "gln", None)
    return {"responderGLN": gln or ""}


def _wrong(field: str, came: object, *, zh: str, en: str) -> BadAddress:
    return BadAddress(field=field, came=came, expected=Words(zh=zh, en=en))
