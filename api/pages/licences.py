"""Licences and product approvals of one's own: how each stands today, every version of it, and recording the next one.

Each version is a record (`ledger.vocabulary.parties.Licence`). A renewal that was filed in time and is undecided counts as granted
(行政许可法 50): filing it is recorded as a version of its own. What an authority suspends or revokes is the authority's to record.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

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
from api.pages.console_lists import Head, Listing, Place, Section, Shown, at_time, dated
from api.pages.desk import AtDesk
from api.pages.expiring import licence_state
from api.pages.forms import PostedForm
from api.pages.sites import site_options
from api.parameters import MaybeText, PathNumber, QueryNumber
from ledger.errors import UnknownName, Words
from ledger.findings.expiry import Expiry, by_number, own_licences
from ledger.findings.standing import licences_of
from ledger.vocabulary.parties import Approval, Licence
from ledger.vocabulary.profiles import all_profiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.console_forms import Sent
    from api.pages.console_lists import Row
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.findings.standing import Held
    from ledger.identifiers import PartyId
    from ledger.views.book import Record

router = APIRouter(include_in_schema=False)

#: What a holder records of its own licence; the rest is for authorities.
STATES: Final = ("granted", "renewal_filed")
#: What was opened: a renewal that was granted, one that was filed, a mistake.
WAYS: Final = ("renew", "filed", "correct")
HERE: Final = "/my/licences"
_HEADS: Final = (
    Head(label_of(Licence, "licence_kind"), width=24),
    Head(label_of(Licence, "number"), width=24),
    Head(label_of(Approval, "product_name"), width=20),
    Head(label_of(Licence, "valid_from"), "date", on_page=False),
    Head(label_of(Licence, "valid_to"), "date"),
    Head("papers_state"),
    Head(label_of(Licence, "scope"), width=40, on_page=False),
    Head(label_of(Licence, "issued_by"), width=24, on_page=False),
    Head("papers_versions", "number", 8, on_page=False),
)
_SHOWN: Final = frozenset(
    {
        "licence_kind",
        "number",
        "valid_from",
        "valid_to",
        "state",
        "scope",
        "issued_by",
        "issued_on",
        "site",
        "evidence",
        "product_name",
        "decision",
    }
)
FIELDS: Final = {name: name for name in _SHOWN} | {"evidence": "paper", "corrects": "how"}


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def licences(
    desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None, done: QueryNumber = None
) -> HTMLResponse:
    """Every licence by its number, as it stands today."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_page(
            _listing(counter),
            q=text,
            before=before,
            lede=counter.say("papers_licences_lede"),
            done=done,
            news=[(f"{HERE}/new", counter.say("papers_licence_new"))],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def licences_file(form: str, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        return counter.list_file(_listing(counter), file_form(form), q=asked(q))


@router.get(f"{HERE}/new", response_class=HTMLResponse, dependencies=[needs("record_sheets")])
def licence_form(desk: AtDesk, caller: Someone, of: MaybeText = None, way: MaybeText = None) -> HTMLResponse:
    """An empty form, or one that is filled with the version before."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        before = origin(counter, Licence, of or "")
        form = blank(desk, state="granted", kind="licence")
        if before is not None:
            form = blank(desk, **_filled(before, way if way in WAYS else "renew"))
        return show(counter, _sheet(counter, before), form)


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("record_sheets")])
def record_licence(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the licence, or its next version."""
    came = sent(desk, posted, ("paper",))
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, author.party)
        before = origin(counter, Licence, came.text("of"), form=came.text("id"))
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
def licence(position: PathNumber, desk: AtDesk, caller: Someone, done: QueryNumber = None) -> HTMLResponse:
    """One licence: this version, how it stands today, and all its versions."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        record, said = _own(counter, position)
        versions = _versions(counter, said)
        ending = {one.number: one for one in own_licences(book, caller.party, counter.today)}
        tag = _state(counter, versions, ending.get(said.number))
        pending = said.number in ending and ending[said.number].pending
        return counter.page(
            "my_sheet.html",
            {
                "here": HERE,
                "over": counter.say("papers_licences"),
                "title": f"{said.licence_kind} {said.number}",
                "tag": tag,
                "done": done,
                "notices": [{"tone": "amber", "text": counter.say("papers_pending_law")}] if pending else [],
                "facts": counter.facts(record),
                "record": record,
                "copies": counter.copies(record),
                "actions": [
                    (f"{HERE}/new?of={position}&way={way}", counter.say(f"papers_licence_{way}"))
                    for way in WAYS
                    if record.superseded_by is None
                ],
                "sections": [_version_table(counter, versions)],
            },
        )


def _own(counter: Counter, position: int) -> tuple[Record, Licence]:
    record = counter.record(position)
    said = record.said
    if not isinstance(said, Licence) or counter.party not in {said.holder, record.actor}:
        expected = Words(zh="本方的许可证", en="a licence of your own")
        raise UnknownName(field="position", came=position, expected=expected)
    return record, said


def _versions(counter: Counter, said: Licence) -> list[Held]:
    held = licences_of(counter.book, said.holder)
    return next(
        (
            some
            for some in by_number(held)
            if (some[0][1].TYPE, some[0][1].number) == (said.TYPE, said.number)
        ),
        [],
    )


def _listing(counter: Counter) -> Listing:
    groups = {
        max(record.seq for record, _ in some): some
        for some in by_number(licences_of(counter.book, counter.party))
    }
    ending = {one.number: one for one in own_licences(counter.book, counter.party, counter.today)}
    return Listing(
        name="licences",
        title="papers_licences",
        heads=_HEADS,
        places=[Place(seq, groups[seq]) for seq in sorted(groups, reverse=True)],
        rows=lambda places: [_row(counter, groups[one.position], ending) for one in places],
    )


def _row(counter: Counter, versions: Sequence[Held], ending: dict[str | None, Expiry]) -> Row:
    record, newest = versions[-1]
    one = ending.get(newest.number)
    until = newest.valid_to if one is None else one.until
    return (
        Shown(newest.licence_kind, href=f"{HERE}/{record.seq}"),
        Shown(newest.number),
        Shown(newest.product_name or "" if isinstance(newest, Approval) else ""),
        dated(newest.valid_from),
        dated(until),
        _state(counter, versions, one),
        Shown("、".join(newest.scope or ())),
        Shown(newest.issued_by or ""),
        Shown(str(len(versions)), value=len(versions)),
    )


def _state(counter: Counter, versions: Sequence[Held], one: Expiry | None) -> Shown:
    return licence_state(
        counter, versions, None if one is None else one.until, pending=one is not None and one.pending
    )


def _version_table(counter: Counter, versions: Sequence[Held]) -> Section:
    dates = [Head(label_of(Licence, name)) for name in ("state", "valid_from", "valid_to")]
    heads = [Head("col_entry"), Head("col_recorded"), *dates, Head("papers_by")]
    rows = [
        (
            Shown(f"#{record.seq}", href=f"{HERE}/{record.seq}"),
            at_time(record.at_ms),
            Shown(counter.say(f"state_{said.state}")),
            dated(said.valid_from),
            dated(said.valid_to),
            Shown(counter.names.party(record.header.issuer)),
        )
        for record, said in reversed(versions)
    ]
    return Section(
        title=counter.say("papers_versions"),
        heads=[(place, counter.head(one)) for place, one in enumerate(heads)],
        rows=rows,
        none=counter.say("none_yet"),
    )


def _filled(before: Record, way: str) -> dict[str, str]:
    """What the form for the next version holds already. New dates are typed: nobody's are guessed."""
    said = before.said
    assert isinstance(said, Licence)
    values = {
        "of": str(before.seq),
        "how": "correct" if way == "correct" else "changed",
        "kind": "approval" if isinstance(said, Approval) else "licence",
        "state": {"renew": "granted", "filed": "renewal_filed"}.get(way, said.state),
        "licence_kind": said.licence_kind,
        "number": said.number,
        "scope": "\n".join(said.scope or ()),
        "issued_by": said.issued_by or "",
        "site": str(said.site or ""),
        "product_name": (said.product_name or "") if isinstance(said, Approval) else "",
    }
    if way == "filed":
        # Which end is to be put off: 行政许可法 50 counts the thirty days from it.
        values["valid_to"] = str(said.valid_to or "")
    if way == "correct":
        values |= {name: str(getattr(said, name) or "") for name in ("valid_from", "valid_to", "issued_on")}
        values["paper_kept"] = str(said.evidence or "")
    return values


def _sheet(counter: Counter, before: Record | None) -> Sheet:
    desk = counter.desk
    kinds = sorted({kind for one in all_profiles() for duty in one.licences.values() for kind in duty.kinds})
    text = {"maxlength": "60", "autocomplete": "off"}
    return Sheet(
        title=counter.say("papers_licence_new" if before is None else "papers_licence_next"),
        lede=counter.say("papers_licence_form_lede"),
        action=HERE,
        go=counter.say("papers_save"),
        back=HERE,
        came_from=before,
        hidden=("kind",) if before is not None else (),
        groups=(
            Group(
                counter.say("papers_which"),
                (
                    *(() if before is not None else (_kind_ask(counter),)),
                    Ask(
                        "licence_kind",
                        label_of(Licence, "licence_kind"),
                        optional=False,
                        hint=counter.say("papers_kind_hint"),
                        suggest=["营业执照", *kinds],
                        attrs={"maxlength": "100"},
                    ),
                    Ask("number", label_of(Licence, "number"), optional=False, attrs=text),
                    Ask(
                        "product_name",
                        label_of(Approval, "product_name"),
                        hint=counter.say("papers_product_name_hint"),
                        attrs={"maxlength": "100"},
                    ),
                ),
            ),
            Group(
                counter.say("papers_when"),
                (
                    Ask(
                        "state",
                        label_of(Licence, "state"),
                        "select",
                        hint=counter.say("papers_state_hint"),
                        optional=False,
                        options=options_of("state", STATES, desk),
                    ),
                    Ask("valid_from", label_of(Licence, "valid_from"), "date"),
                    Ask(
                        "valid_to",
                        label_of(Licence, "valid_to"),
                        "date",
                        hint=counter.say("papers_until_hint"),
                    ),
                    Ask("issued_on", label_of(Licence, "issued_on"), "date"),
                ),
            ),
            Group(
                counter.say("papers_what_for"),
                (
                    Ask("scope", label_of(Licence, "scope"), "area", hint=counter.say("papers_lines_hint")),
                    Ask("issued_by", label_of(Licence, "issued_by"), attrs={"maxlength": "100"}),
                    Ask("site", label_of(Licence, "site"), "select", options=site_options(counter)),
                    Ask(
                        "paper", label_of(Licence, "evidence"), "paper", hint=counter.say("papers_copy_hint")
                    ),
                ),
            ),
        ),
    )


def _kind_ask(counter: Counter) -> Ask:
    options = [(one, counter.say(f"papers_kind_{one}")) for one in ("licence", "approval")]
    return Ask("kind", "papers_kind", "choices", options=options)


def _drafts(desk: Desk, party: PartyId, came: Sent, before: Record | None) -> list[Draft]:
    kind = Approval if (came.text("kind") == "approval") else Licence
    if before is not None and isinstance(before.said, Licence):
        kind = type(before.said)
    shown = _SHOWN if kind is Approval else _SHOWN - {"product_name"}
    body: dict[str, Json] = {
        "holder": str(party),
        **body_after(came, before, shown, party),
        **came.present(
            "licence_kind", "number", "valid_from", "valid_to", "state", "issued_by", "issued_on", "site"
        ),
    }
    if kind is Approval:
        body |= came.present("product_name")
    if scope := came.lines("scope"):
        body["scope"] = list(scope)
    if digest := came.copy("paper"):
        body["evidence"] = digest
    return [Drafting(ledger=desk.ledger, author=party).draft(kind, body)]
