"""Places of production and trade of one's own: plots, workshops, stalls, shops. Production places are registered, not companies alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.console import Counter, asked, file_form
from api.pages.console_forms import (
    Ask,
    Group,
    Sheet,
    blank,
    body_after,
    finish,
    label_of,
    options_of,
    origin,
    sent,
    show,
)
from api.pages.console_lists import Head, Listing, Place, Section, Shown, at_time
from api.pages.desk import AtDesk
from api.pages.forms import PostedForm
from api.parameters import MaybeText, PathNumber, QueryNumber
from ledger.errors import UnknownName, Words
from ledger.views.book import said_about, site_sheet_key
from ledger.vocabulary.parties import Site, SiteKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.console_forms import Options, Sent
    from api.pages.console_lists import Row
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.identifiers import PartyId, SiteId
    from ledger.views.book import Record

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/sites"
#: Sites that a form offers.
OFFERED_MAX: Final = 200
_ASKED: Final = ("name", "site_kind", "region", "within", "latitude", "longitude", "area", "note")
_SHOWN: Final = frozenset(_ASKED)
FIELDS: Final = {name: name for name in _ASKED} | {"corrects": "how"}
_HEADS: Final = (
    Head(label_of(Site, "name"), width=24),
    Head(label_of(Site, "site_kind")),
    Head(label_of(Site, "region")),
    Head(label_of(Site, "area")),
    Head(label_of(Site, "within"), width=24),
    Head(label_of(Site, "site"), width=24, on_page=False),
    Head("col_recorded", "time", 18),
)


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def sites(desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None) -> HTMLResponse:
    """The places, the newest first."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return counter.list_page(
            _listing(counter),
            q=asked(q),
            before=before,
            lede=counter.say("papers_sites_lede"),
            news=[(f"{HERE}/new", counter.say("papers_site_new"))],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def sites_file(form: str, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return counter.list_file(_listing(counter), file_form(form), q=asked(q))


@router.get(f"{HERE}/new", response_class=HTMLResponse, dependencies=[needs("record_sheets")])
def site_form(desk: AtDesk, caller: Someone, of: MaybeText = None) -> HTMLResponse:
    """An empty form, or one that is filled with the sheet before."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        before = origin(counter, Site, of or "")
        form = blank(desk, site_kind="plot")
        if before is not None:
            values = {name: str(getattr(before.said, name) or "") for name in _ASKED}
            form = blank(desk, of=str(before.seq), how="changed", **values)
        return show(counter, _sheet(counter, before), form)


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("record_sheets")])
def record_site(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the place."""
    came = sent(desk, posted, ())
    with desk.ledger.book() as book:
        before = origin(Counter.of(desk, book, author.party), Site, came.text("of"), form=came.text("id"))
    return finish(
        desk,
        author.party,
        came,
        FIELDS,
        partial(_drafts, desk, author.party, came, before),
        to=lambda placed: f"{HERE}/{placed.seq}?done={placed.seq}",
        again=lambda counter: _sheet(counter, before),
    )


@router.get(f"{HERE}/{{position}}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def site(position: PathNumber, desk: AtDesk, caller: Someone, done: QueryNumber = None) -> HTMLResponse:
    """One place, and every version of its sheet."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        record = counter.record(position)
        said = record.said
        if not isinstance(said, Site) or caller.party not in {said.party, record.actor}:
            expected = Words(zh="本方的场所", en="a site of your own")
            raise UnknownName(field="position", came=position, expected=expected)
        return counter.page(
            "my_sheet.html",
            {
                "here": HERE,
                "over": counter.say("papers_sites"),
                "title": said.name,
                "done": done,
                "facts": counter.facts(record),
                "record": record,
                "actions": [(f"{HERE}/new?of={position}", counter.say("papers_change"))]
                if record.superseded_by is None
                else [],
                "sections": [versions_of(counter, HERE, _sheets(counter, said.site))],
            },
        )


def versions_of(counter: Counter, here: str, versions: Sequence[tuple[Record, str]]) -> Section:
    """The versions of a sheet, the newest first: where each stands, and what it was called."""
    return Section(
        title=counter.say("papers_versions"),
        heads=[
            (place, counter.say(words))
            for place, words in enumerate(("col_entry", "col_recorded", "papers_by", "col_what"))
        ],
        rows=[
            (
                Shown(f"#{record.seq}", href=f"{here}/{record.seq}"),
                at_time(record.at_ms),
                Shown(counter.names.party(record.header.issuer)),
                Shown(text),
            )
            for record, text in reversed(versions)
        ],
        none=counter.say("none_yet"),
    )


def _sheets(counter: Counter, site: SiteId) -> list[tuple[Record, str]]:
    found = said_about(counter.book, site_sheet_key(site), Site)
    return [
        (record, said.name)
        for record, said in found
        if said.site == site and counter.names.reading.opens(record)
    ]


def site_options(counter: Counter) -> Options:
    """The party's own places, to choose from; or none of them."""
    seqs = counter.newest("site.v1")[:OFFERED_MAX]
    found = counter.book.records(seqs)
    named = {
        str(said.site): said.name
        for seq in reversed(seqs)
        if isinstance(said := found[seq].said, Site) and said.party == counter.party
    }
    return [("", counter.say("papers_no_choice")), *named.items()]


def _listing(counter: Counter) -> Listing:
    seqs = counter.newest("site.v1")
    return Listing(
        name="sites",
        title="papers_sites",
        heads=_HEADS,
        places=[Place(seq) for seq in seqs],
        rows=partial(_rows, counter, frozenset(seqs)),
    )


def _rows(counter: Counter, own: frozenset[int], places: Sequence[Place]) -> list[Row | None]:
    found = counter.book.records([one.position for one in places])
    keys = (site_sheet_key(one.said.site) for one in found.values() if isinstance(one.said, Site))
    newest = counter.newest_under(keys, own)
    return [_row(counter, found[one.position], newest) for one in places]


def _row(counter: Counter, record: Record, newest: dict[str, int]) -> Row | None:
    said = record.said
    if not isinstance(said, Site) or counter.party not in {said.party, record.actor}:
        return None
    if newest.get(site_sheet_key(said.site)) != record.seq:
        return None
    within = _sheets(counter, said.within) if said.within is not None else []
    return (
        Shown(said.name, href=f"{HERE}/{record.seq}"),
        Shown(counter.say(f"site_kind_{said.site_kind}")),
        Shown(str(said.region or "")),
        Shown(said.area or ""),
        Shown(within[-1][1] if within else ""),
        Shown(str(said.site)),
        at_time(record.at_ms),
    )


def _sheet(counter: Counter, before: Record | None) -> Sheet:
    desk = counter.desk
    short = {"maxlength": "100", "autocomplete": "off"}
    degrees = {"inputmode": "decimal", "maxlength": "9", "autocomplete": "off"}
    within = [
        one
        for one in site_options(counter)
        if before is None or one[0] != str(getattr(before.said, "site", None))
    ]
    return Sheet(
        title=counter.say("papers_site_new" if before is None else "papers_site_next"),
        lede=counter.say("papers_site_form_lede"),
        action=HERE,
        go=counter.say("papers_save"),
        back=HERE,
        came_from=before,
        groups=(
            Group(
                "",
                (
                    Ask(
                        "name",
                        label_of(Site, "name"),
                        optional=False,
                        attrs=short,
                        hint=counter.say("papers_site_name_hint"),
                    ),
                    Ask(
                        "site_kind",
                        label_of(Site, "site_kind"),
                        "select",
                        optional=False,
                        options=options_of("site_kind", get_args(SiteKind), desk),
                    ),
                    Ask("area", label_of(Site, "area"), attrs=short),
                    Ask(
                        "region",
                        label_of(Site, "region"),
                        hint=counter.say("papers_region_hint"),
                        attrs={"inputmode": "numeric", "maxlength": "6"},
                    ),
                    Ask("within", label_of(Site, "within"), "select", options=within),
                ),
            ),
            Group(
                counter.say("papers_site_where"),
                (
                    Ask("latitude", label_of(Site, "latitude"), attrs=degrees),
                    Ask("longitude", label_of(Site, "longitude"), attrs=degrees),
                    Ask("note", label_of(Site, "note"), "area"),
                ),
                folded=True,
                hint=counter.say("papers_site_where_hint"),
            ),
        ),
    )


def _drafts(desk: Desk, party: PartyId, came: Sent, before: Record | None) -> list[Draft]:
    body: dict[str, Json] = {
        "party": str(party),
        **body_after(came, before, _SHOWN, party),
        **came.present(*_ASKED),
    }
    return [Drafting(ledger=desk.ledger, author=party).draft(Site, body)]
