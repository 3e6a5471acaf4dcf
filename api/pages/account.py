"""One's own account (passkeys, recovery codes, sessions, PIN), and, for those at the head of a party, its people. API keys: `access_keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.pages.code_picture import code_svg
from api.pages.desk import AtDesk
from api.pages.forms import Form, PostedForm
from api.pages.names import Names
from api.pages.rendering import cap, moment
from api.people import Changing, OwnToken, TheAccounts, let_out
from api.problems import status_of
from ledger.accounts.officials import reminder
from ledger.accounts.persons import ACTING_OF, HEADS, SMALL, PersonId
from ledger.errors import Refusal
from ledger.identifiers import PartyId

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.pages.desk import Desk
    from api.pages.forms import Posted
    from api.permissions import Circumstances
    from ledger.accounts.accounts import Accounts
    from ledger.accounts.callers import Caller
    from ledger.accounts.cards import Card

#: As many lines of what happened as a page shows.
EVENTS_SHOWN: Final = 30

router = APIRouter(include_in_schema=False)


@router.get("/account", response_class=HTMLResponse, dependencies=[needs("own_account")])
def account(desk: AtDesk, caller: Someone, accounts: TheAccounts, token: OwnToken) -> HTMLResponse:
    """Who one is here, by what one can come in, and where one is signed in."""
    return _account(desk, caller, accounts, token, Form({}))


@router.post("/account/passkeys/remove", response_class=HTMLResponse, dependencies=[needs("own_account")])
def remove_passkey(desk: AtDesk, caller: Changing, accounts: TheAccounts, posted: PostedForm) -> Response:  # noqa: ARG001  (a form of ours was sent)
    """Remove one of one's own passkeys."""
    accounts.remove_passkey(caller, posted.text("credential"))
    return _back("/account")


@router.post("/account/sessions/end", response_class=HTMLResponse, dependencies=[needs("own_account")])
def end_session(caller: Changing, accounts: TheAccounts, posted: PostedForm) -> Response:
    """End one of one's own sessions."""
    accounts.end_own_session(caller, posted.text("name"))
    return _back("/account")


@router.post("/account/codes", response_class=HTMLResponse, dependencies=[needs("own_account")])
def recovery_codes(desk: AtDesk, caller: Changing, accounts: TheAccounts) -> HTMLResponse:
    """A new sheet of recovery codes, shown this once."""
    page = desk.page("codes.html", codes=accounts.new_recovery_codes(caller))
    page.headers["Cache-Control"] = "no-store"
    return page


@router.post("/account/pin", response_class=HTMLResponse, dependencies=[needs("own_account")])
def change_pin(
    desk: AtDesk, caller: Changing, accounts: TheAccounts, token: OwnToken, posted: PostedForm
) -> Response:
    """A PIN of one's own choice."""
    try:
        accounts.change_pin(caller, posted.text("number"), posted.text("pin"), posted.text("new_pin"))
    except Refusal as refusal:
        form = Form({}, {"": _why(desk, refusal)})
        return _account(desk, caller, accounts, token, form, status=status_of(refusal, reading=False))
    return _back("/account")


@router.post("/sign-out", response_class=Response, dependencies=[needs("own_account")])
def sign_out(desk: AtDesk, caller: Changing, accounts: TheAccounts, token: OwnToken) -> Response:  # noqa: ARG001  (a form of ours was sent)
    """End this session and forget its cookie."""
    accounts.end_session(token)
    answer = _back("/")
    let_out(answer, desk.settings)
    return answer


@router.get("/people", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def people(desk: AtDesk, caller: Someone, accounts: TheAccounts) -> HTMLResponse:
    """Who may come in for one's party, and what happened lately."""
    return _people(desk, caller, accounts, Form({}))


@router.post("/people/invite", response_class=HTMLResponse, dependencies=[needs("invite_people")])
def invite(desk: AtDesk, caller: Someone, accounts: TheAccounts, posted: PostedForm) -> HTMLResponse:
    """Invite a colleague: a link and its code, shown this once."""

    def make() -> HTMLResponse:
        made = accounts.invite(
            caller,
            _party(posted, caller),
            posted.text("acting"),
            posted.text("name"),
            certificate=posted.text("certificate") or None,
        )
        link = f"{desk.settings.base_url}/invite?token={made.token}"
        return desk.page(
            "invited.html",
            link=link,
            picture=code_svg(link, label=desk.say("invited_link")),
            name=posted.text("name"),
            until=moment(made.until_ms),
        )

    return _shown_once(desk, caller, accounts, posted, make)


@router.post("/people/card", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def issue_card(desk: AtDesk, caller: Someone, accounts: TheAccounts, posted: PostedForm) -> HTMLResponse:
    """A card and a PIN for a small trader, shown this once."""

    def make() -> HTMLResponse:
        contact = posted.text("contact") or None
        return _card(
            desk, accounts.issue_card(caller, _party(posted, caller), posted.text("name"), contact=contact)
        )

    return _shown_once(desk, caller, accounts, posted, make)


@router.post("/people/card/new", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def replace_card(desk: AtDesk, caller: Someone, accounts: TheAccounts, posted: PostedForm) -> HTMLResponse:
    """A new card for one that was lost."""
    return _shown_once(
        desk, caller, accounts, posted, lambda: _card(desk, accounts.replace_card(caller, _person(posted)))
    )


@router.post("/people/unlock", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def unlock(caller: Someone, accounts: TheAccounts, posted: PostedForm) -> Response:
    """Let a card that was tried too often be tried again."""
    accounts.unlock_card(caller, _person(posted))
    return _back("/people")


@router.post("/people/remove", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def remove(caller: Someone, accounts: TheAccounts, posted: PostedForm) -> Response:
    """Remove somebody; every session of theirs ends."""
    accounts.remove_person(caller, _person(posted))
    return _back("/people")


@router.post("/people/role", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def change_role(desk: AtDesk, caller: Someone, accounts: TheAccounts, posted: PostedForm) -> Response:
    """Let somebody act as something else; what they are signed in as ends."""
    return _changed(
        desk,
        caller,
        accounts,
        posted,
        lambda: accounts.managing.change(caller, _person(posted), posted.text("acting")),
    )


@router.post("/people/suspend", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def suspend(desk: AtDesk, caller: Someone, accounts: TheAccounts, posted: PostedForm) -> Response:
    """Keep somebody out for the time being; every session of theirs ends."""
    return _changed(desk, caller, accounts, posted, lambda: accounts.suspend_person(caller, _person(posted)))


@router.post("/people/resume", response_class=HTMLResponse, dependencies=[needs("manage_people")])
def resume(desk: AtDesk, caller: Someone, accounts: TheAccounts, posted: PostedForm) -> Response:
    """Let somebody in again who was kept out."""
    return _changed(desk, caller, accounts, posted, lambda: accounts.managing.resume(caller, _person(posted)))


def _account(
    desk: Desk, caller: Caller, accounts: Accounts, token: str, form: Form, *, status: int = 200
) -> HTMLResponse:
    me = accounts.me(caller)
    with desk.ledger.book() as book:
        party = Names(book, desk.viewer, desk.language).party(me.party)
    return desk.page(
        "account.html",
        status=status,
        form=form,
        me=me,
        party=party,
        acting=desk.say(f"acting_{me.acting}"),
        method=desk.say(f"method_{caller.method}"),
        doors=accounts.doors(me.id),
        sessions=[(one, desk.say(f"method_{one.method}")) for one in accounts.own_sessions(caller, token)],
        is_head=me.acting in HEADS,
        certificate=_certificate(desk),
    )


def _certificate(desk: Desk) -> dict[str, str] | None:
    """The certificate that one carries: until when it is valid, and whether it is time to renew it."""
    here: Circumstances = desk.request.state.here
    if here.caller is None or here.caller.certificate is None:
        return None
    held = here.certificate
    if held is None or not held.valid_at(here.now_ms):
        return {"until": "", "notice": desk.say("account_certificate_over"), "tone": "red"}
    due = reminder(held, at_ms=here.now_ms)
    return {
        "until": desk.say("account_certificate_until", until=moment(held.valid_to_ms)),
        "notice": "" if due is None else desk.say("account_certificate_soon", days=due.days),
        "tone": "amber",
    }


def _people(desk: Desk, caller: Caller, accounts: Accounts, form: Form, *, status: int = 200) -> HTMLResponse:
    listed = accounts.persons(caller.party)
    names = {str(one.id): one.name for one in listed}
    with desk.ledger.book() as book:
        party = Names(book, desk.viewer, desk.language).party(caller.party)
    return desk.page(
        "people.html",
        status=status,
        form=form,
        party=party,
        me=caller.person or "",
        people=[(one, desk.say(f"acting_{one.acting}"), accounts.doors(one.id).card) for one in listed],
        acting=[(one, desk.say(f"acting_{one}")) for one in sorted(ACTING_OF[caller.role] - SMALL)],
        changeable=[one for one in listed if one.acting not in SMALL],
        for_others=caller.acting == "registrar",
        events=[
            (one, desk.say(f"event_{one.kind}"), names.get(one.person, ""))
            for one in accounts.events(caller.party)[:EVENTS_SHOWN]
        ],
    )


def _changed(
    desk: Desk, caller: Caller, accounts: Accounts, posted: Posted, change: Callable[[], None]
) -> Response:
    """The list after a change; or the list again, with the reason."""
    try:
        change()
    except Refusal as refusal:
        form = Form(posted.texts, {"": _why(desk, refusal)})
        return _people(desk, caller, accounts, form, status=status_of(refusal, reading=False))
    return _back("/people")


def _card(desk: Desk, card: Card) -> HTMLResponse:
    address = f"{desk.settings.base_url}/sign-in?card={card.number}"
    picture = code_svg(address, label=desk.say("carded_code"))
    return desk.page("carded.html", number=card.printed, pin=card.pin, picture=picture)


def _shown_once(
    desk: Desk, caller: Caller, accounts: Accounts, posted: Posted, make: Callable[[], HTMLResponse]
) -> HTMLResponse:
    """A page with a secret that is kept nowhere; or the list again, with the reason."""
    try:
        page = make()
    except Refusal as refusal:
        form = Form(posted.texts, {"": _why(desk, refusal)})
        return _people(desk, caller, accounts, form, status=status_of(refusal, reading=False))
    page.headers["Cache-Control"] = "no-store"
    return page


def _why(desk: Desk, refusal: Refusal) -> str:
    title, expected = (one.in_language(desk.language) for one in (refusal.title, refusal.expected))
    return desk.say("sign_in_refused", title=cap(title), expected=expected)


def _party(posted: Posted, caller: Caller) -> PartyId:
    return PartyId.parse(posted.text("party")) if posted.text("party") else caller.party


def _person(posted: Posted) -> PersonId:
    return PersonId.parse(posted.text("person"))


def _back(to: str) -> RedirectResponse:
    return RedirectResponse(to, status_code=303)
