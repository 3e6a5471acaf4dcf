"""The search: one field for whatever an inspector has in his hand, and what was found, in groups, with what matched.

A code that names goods and nothing else opens their trace at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.audience import Reading
from api.deps import needs
from api.pages.desk import AtDesk
from api.pages.forms import Form
from api.pages.names import Names
from api.pages.rendering import cap
from api.parameters import MaybeText
from api.searching import CHARACTERS_MAX, only_goods, search
from ledger.errors import UnknownName, Words
from ledger.identifiers import PartyId
from ledger.trace import party_view
from ledger.trace.parties import lineage
from ledger.views.book import of_type, party_key
from ledger.vocabulary import TYPES
from ledger.vocabulary.parties import Licence

if TYPE_CHECKING:
    from api.searching import Group, Hit
    from ledger.views.book import Record

#: Records of a party that its page lists, the newest first.
RECORDS_SHOWN = 50

router = APIRouter(include_in_schema=False)


@router.get("/search", response_class=HTMLResponse, dependencies=[needs("look_up")])
def search_page(desk: AtDesk, q: MaybeText = None) -> Response:
    """What is found under a text."""
    asked = (q or "").strip()
    with desk.ledger.book() as book:
        reading = Reading.of(desk.ledger, book, desk.viewer)
        names = Names(book, desk.viewer, desk.language, reading)
        groups = search(reading, book, asked, base_url=desk.settings.base_url)
        goods = only_goods(groups)
        if goods is not None:
            return RedirectResponse(f"/trace?{urlencode({'code': asked})}", status_code=303)
        return desk.page(
            "search.html",
            form=Form({"q": asked[:CHARACTERS_MAX]}),
            asked=asked,
            groups=[_group(one, names) for one in groups],
        )


@router.get("/inspect/parties/{party}", response_class=HTMLResponse, dependencies=[needs("look_up")])
def party_page(party: str, desk: AtDesk) -> HTMLResponse:
    """One party: its sheet, its licences, who it was and became, and its newest records that this reader may read."""
    asked = PartyId.parse(party, field="party")
    with desk.ledger.book() as book:
        view = party_view(book, asked)
        if view.record is None and not view.licences:
            expected = Words(zh="本台账记录过的主体", en="a party recorded on this ledger")
            raise UnknownName(field="party", came=party, expected=expected)
        reading = Reading.of(desk.ledger, book, desk.viewer)
        names = Names(book, desk.viewer, desk.language, reading)
        line = lineage(book, asked)
        newest = sorted((one.seq for one in book.mentions([party_key(asked)])), reverse=True)
        records = book.records(newest[:RECORDS_SHOWN])
        readable = (records[seq] for seq in newest[:RECORDS_SHOWN])
        values = (
            ("search_by_credit_code", view.credit_code or ""),
            ("search_region", str(view.region or "")),
            ("search_trade", view.trade or ""),
            ("search_by_former_name", "、".join(view.former_names)),
            ("holder_contact", names.contact(asked)),
        )
        return desk.page(
            "inspect_party.html",
            party=asked,
            name=names.party(asked),
            facts=[(desk.say(key), value) for key, value in values if value],
            licences=[
                {
                    "kind": said.licence_kind,
                    "number": said.number,
                    "state": desk.say(f"state_{said.state}"),
                    "valid_to": said.valid_to,
                    "seq": record.seq,
                }
                for record, said in of_type(view.licences, Licence)
            ],
            lineage=[(str(one), names.party(one)) for one in (*line.before, *line.after)],
            records=[_row(one, names) for one in readable if reading.opens(one)],
        )


def _row(record: Record, names: Names) -> dict[str, object]:
    return {
        "seq": record.seq,
        "title": TYPES[record.header.type].TITLE,
        "summary": names.summary(record),
        "at_ms": record.at_ms,
    }


def _group(group: Group, names: Names) -> dict[str, object]:
    return {
        "kind": group.kind,
        "more": group.more,
        "hits": [_hit(one, names) for one in group.hits],
    }


def _hit(hit: Hit, names: Names) -> dict[str, object]:
    language = names.language
    if hit.goods is not None:
        title, href = names.goods(hit.goods), f"/trace?goods={quote(str(hit.goods), safe='')}"
        maker = names.sheet(hit.goods).maker
        beside = names.party(maker) if maker is not None else ""
    elif hit.party is not None:
        title, href = names.party(hit.party), f"/inspect/parties/{hit.party}"
        view = names.view(hit.party)
        beside = " · ".join(one for one in (view.trade, view.credit_code) if one and one != hit.text)
    else:
        assert hit.record is not None
        kind = cap(TYPES[hit.record.header.type].TITLE.in_language(language))
        title, href = f"{kind} #{hit.record.seq}", f"/entries/{hit.record.seq}"
        beside = " · ".join(one for one in (names.party(hit.record.actor), names.summary(hit.record)) if one)
    return {"title": title, "href": href, "beside": beside, "by": hit.by, "text": hit.text}
