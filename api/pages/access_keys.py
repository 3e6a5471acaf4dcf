"""API keys of one's own party: what each may do, until when, the day it was last used; given, changed for a new one, taken back.

A key is shown on the one page that gives it, and kept nowhere. The rules are those of `api.routes.access`, which is asked here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, TheCircumstances, needs
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm
from api.pages.names import Names
from api.pages.rendering import cap, moment
from api.parameters import whole_number
from api.people import TheAccounts
from api.permissions import PERMISSION_NAMES, PERMISSIONS, PUBLIC, held_by
from api.problems import Refusals, status_of
from api.routes import access
from ledger.accounts.access import ACCESS_DAYS, LIMIT_PER_MINUTE, OVERLAP_DAYS_MAX
from ledger.accounts.persons import ACTING_OF
from ledger.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.pages.forms import Posted
    from ledger.accounts.access import AccessKey
    from ledger.accounts.accounts import Accounts
    from ledger.accounts.callers import Caller
    from ledger.canonical import Json

_DAY_MS: Final = 86_400_000
#: Rights that no key is asked to be given one by one: everybody has them, or a machine has no use for them.
_NOT_ASKED: Final = PUBLIC | {"sign_in", "own_account"}
_FIELDS: Final = ("label", "days", "acting", "certificate", "permissions", "limit_per_minute", "overlap_days")

router = APIRouter(include_in_schema=False)


@router.get("/people/keys", response_class=HTMLResponse, dependencies=[needs("give_access_keys")])
def keys(desk: AtDesk, caller: Someone, accounts: TheAccounts) -> HTMLResponse:
    """The keys that work."""
    return _show(
        desk, caller, accounts, Form({"days": str(ACCESS_DAYS), "limit_per_minute": str(LIMIT_PER_MINUTE)})
    )


@router.post("/people/keys", response_class=HTMLResponse, dependencies=[needs("give_access_keys")])
def give(
    desk: AtDesk, caller: Someone, here: TheCircumstances, accounts: TheAccounts, posted: PostedForm
) -> HTMLResponse:
    """A new key, shown this once."""
    body: dict[str, Json] = {**posted.present("label", "acting", "certificate")}
    body |= {name: _number(posted.text(name)) for name in ("days", "limit_per_minute") if posted.text(name)}
    wanted = [one for one in PERMISSION_NAMES if posted.text(f"may_{one}")]
    if wanted:
        body["permissions"] = [*wanted]

    def make() -> HTMLResponse:
        made = access.give(caller, here, body, desk.ledger)
        return desk.page("goods_key.html", key=made["access_key"], label=made["label"], until=made["until"])

    return _shown_once(desk, caller, accounts, posted, make)


@router.post("/people/keys/rotate", response_class=HTMLResponse, dependencies=[needs("give_access_keys")])
def rotate(
    desk: AtDesk, caller: Someone, here: TheCircumstances, accounts: TheAccounts, posted: PostedForm
) -> HTMLResponse:
    """A new key on the same terms, shown this once; the old one works on for a while, or not at all."""
    body: dict[str, Json] = {"overlap_days": _number(posted.text("overlap_days") or str(OVERLAP_DAYS_MAX))}

    def make() -> HTMLResponse:
        made = access.rotate(posted.text("name"), caller, here, body, desk.ledger)
        return desk.page("goods_key.html", key=made["access_key"], label=made["label"], until=made["until"])

    return _shown_once(desk, caller, accounts, posted, make)


@router.post("/people/keys/take", response_class=HTMLResponse, dependencies=[needs("give_access_keys")])
def take(desk: AtDesk, here: TheCircumstances, posted: PostedForm) -> Response:
    """The key stops working now."""
    access.take(posted.text("name"), here, desk.ledger)
    return RedirectResponse("/people/keys", status_code=303)


def _number(text: str) -> Json:
    """A number as the API takes it; what is none is left as it came, for the refusal to show."""
    number = whole_number(text)
    return text if number is None else number


def _shown_once(
    desk: Desk, caller: Caller, accounts: Accounts, posted: Posted, make: Callable[[], HTMLResponse]
) -> HTMLResponse:
    """A page with a secret that is kept nowhere; or the list again, with the reason beside its field."""
    form = Form(posted.texts)
    try:
        page = make()
    except Refusals as wrong:
        form.refuse(wrong.refusals, {one: one for one in _FIELDS}, desk.language)
        return _show(desk, caller, accounts, form, status=422)
    except Refusal as wrong:
        form.refuse([wrong], {one: one for one in _FIELDS}, desk.language)
        return _show(desk, caller, accounts, form, status=status_of(wrong, reading=False))
    page.headers["Cache-Control"] = "no-store"
    return page


def _show(desk: Desk, caller: Caller, accounts: Accounts, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        party = Names(book, desk.viewer, desk.language).party(caller.party)
    labels = ("label", "days", "acting", "certificate", "permissions", "limit_per_minute")
    return desk.page(
        "goods_keys.html",
        status=status,
        party=party,
        form=form,
        labels={name: desk.say(f"keys_{name}") for name in labels},
        keys=[_row(desk, one) for one in accounts.access.of(caller.party)],
        acting=[("", desk.say("keys_acting_own"))]
        + [(one, desk.say(f"acting_{one}")) for one in sorted(ACTING_OF[caller.role])],
        permissions=[
            (one, cap(PERMISSIONS[one].words.in_language(desk.language)), bool(form.value(f"may_{one}")))
            # No key is given what whoever gives it has not.
            for one in held_by(desk.request.state.here)
            if one not in _NOT_ASKED
        ],
        for_officials=caller.role == "authority",
        overlap=OVERLAP_DAYS_MAX,
        days=ACCESS_DAYS,
    )


def _row(desk: Desk, key: AccessKey) -> dict[str, object]:
    words = {name: PERMISSIONS[name].words.in_language(desk.language) for name in PERMISSION_NAMES}
    return {
        "name": key.name,
        "label": key.label,
        "acting": "" if key.acting is None else desk.say(f"acting_{key.acting}"),
        "permissions": None
        if key.permissions is None
        else [words[one] for one in PERMISSION_NAMES if one in key.permissions],
        "made_ms": key.made_ms,
        "until_ms": key.until_ms,
        "soon": key.until_ms - desk.ledger.clock() <= OVERLAP_DAYS_MAX * _DAY_MS,
        "used": "" if key.used_day is None else moment(key.used_day * _DAY_MS)[: len("2026-11-22")],
        "limit": key.limit_per_minute,
    }
