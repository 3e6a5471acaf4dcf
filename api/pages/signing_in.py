"""Coming in: by passkey, card, link, recovery code or the agency's own service, and taking up an invite. All but passkeys work without script.

What a form says when it refuses is the same for an account that exists and one that does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.requests import Request

from api.deps import needs
from api.oidc import JOURNEY_MS, Agency
from api.pages.desk import AtDesk
from api.pages.forms import Form, PostedForm
from api.pages.names import Names
from api.pages.rendering import cap
from api.parameters import MaybeText
from api.people import TheAccounts, TheSite, let_in
from api.problems import NoSuchPage, status_of
from ledger.accounts.links import Channel
from ledger.accounts.office import OnceOver
from ledger.accounts.persons import PASSKEY_ONLY
from ledger.errors import Refusal, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.pages.desk import Desk
    from ledger.accounts.managing import Invited
    from ledger.accounts.sessions import SignedIn

#: Holds the state of a journey to the agency, so that it ends in the browser in which it began.
JOURNEY_COOKIE: Final = "suyuan_journey"
SECURE_JOURNEY_COOKIE: Final = "__Host-suyuan-journey"
#: Never shown again, whatever was typed.
_SECRETS: Final = frozenset({"pin", "code", "token"})

router = APIRouter(include_in_schema=False)


async def _channel(request: Request) -> Channel | None:
    channel: Channel | None = request.app.state.channel
    return channel


async def _agency(request: Request) -> Agency | None:
    agency: Agency | None = request.app.state.agency
    return agency


TheChannel = Annotated[Channel | None, Depends(_channel)]
TheAgency = Annotated[Agency | None, Depends(_agency)]


@router.get("/sign-in", response_class=HTMLResponse, dependencies=[needs("read_public")])
def sign_in(desk: AtDesk, channel: TheChannel, agency: TheAgency, card: MaybeText = None) -> HTMLResponse:
    """All the ways in; a card's code brings its number along."""
    return _doors(desk, channel, agency, Form({"number": card or ""}))


@router.post("/sign-in/card", response_class=HTMLResponse, dependencies=[needs("sign_in")])
def by_card(
    desk: AtDesk, accounts: TheAccounts, posted: PostedForm, channel: TheChannel, agency: TheAgency
) -> Response:
    """A card's number and its PIN."""
    number, pin = posted.text("number"), posted.text("pin")
    return _try(desk, channel, agency, posted.texts, lambda: accounts.sign_in_by_card(number, pin))


@router.post("/sign-in/recovery", response_class=HTMLResponse, dependencies=[needs("sign_in")])
def by_recovery(
    desk: AtDesk, accounts: TheAccounts, posted: PostedForm, channel: TheChannel, agency: TheAgency
) -> Response:
    """One line of a sheet of recovery codes."""
    code = posted.text("code")
    return _try(desk, channel, agency, posted.texts, lambda: accounts.sign_in_by_recovery(code))


@router.post("/sign-in/link", response_class=HTMLResponse, dependencies=[needs("sign_in")])
def ask_link(
    desk: AtDesk, accounts: TheAccounts, posted: PostedForm, channel: TheChannel, agency: TheAgency
) -> Response:
    """Ask for a link. The same page, as soon, for a number that nobody has; what is sent is sent after it."""
    if channel is None:
        raise _not_here("/sign-in/link")
    try:
        letter = accounts.ask_link(posted.text("contact"))
    except Refusal as refusal:
        return _doors(desk, channel, agency, _refused(desk, posted.texts, refusal), status=422)
    page = desk.page("link_sent.html")
    if letter.to is not None:
        to, link = letter.to, f"{desk.settings.base_url}/sign-in/link?token={letter.token}"
        page.background = BackgroundTask(channel.send, to, desk.say("link_message", link=link))
    return page


@router.get("/sign-in/link", response_class=HTMLResponse, dependencies=[needs("read_public")])
def open_link(desk: AtDesk, token: MaybeText = None) -> HTMLResponse:
    """A link, opened. It is used by a button: programs that look at links before people do must not use it up."""
    return _secret_page(desk.page("link_open.html", token=token or ""))


@router.post("/sign-in/link/open", response_class=HTMLResponse, dependencies=[needs("sign_in")])
def by_link(
    desk: AtDesk, accounts: TheAccounts, posted: PostedForm, channel: TheChannel, agency: TheAgency
) -> Response:
    """Come in by a link."""
    token = posted.text("token")
    return _try(desk, channel, agency, posted.texts, lambda: accounts.sign_in_by_link(token))


@router.post("/sign-in/agency", response_class=Response, dependencies=[needs("sign_in")])
def to_agency(desk: AtDesk, accounts: TheAccounts, agency: TheAgency) -> Response:
    """Off to the agency's own service."""
    if agency is None:
        raise _not_here("/sign-in/agency")
    setting = agency.set_out(accounts)
    answer = RedirectResponse(setting.address, status_code=303)
    answer.set_cookie(
        _journey_cookie(desk),
        setting.state,
        max_age=JOURNEY_MS // 1000,
        path="/",
        httponly=True,
        samesite="lax",
        secure=desk.settings.base_url.startswith("https://"),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/sign-in/agency/back", response_class=HTMLResponse, dependencies=[needs("read_public")])
def from_agency(
    desk: AtDesk,
    accounts: TheAccounts,
    channel: TheChannel,
    agency: TheAgency,
    state: MaybeText = None,
    code: MaybeText = None,
) -> Response:
    """Back from it, in the browser that set out, once."""
    if agency is None:
        raise _not_here("/sign-in/agency/back")
    began = desk.request.cookies.get(_journey_cookie(desk), "")

    def come() -> SignedIn:
        if not state or state != began or not code:
            expected = Words(zh="刚刚在本浏览器发起的登录", en="a sign-in begun in this browser just now")
            raise OnceOver(field="state", came="…", expected=expected)
        return agency.come_back(accounts, state=state, code=code)

    answer = _try(desk, channel, agency, {}, come)
    answer.delete_cookie(_journey_cookie(desk), path="/", httponly=True, samesite="lax")
    return answer


@router.get("/invite", response_class=HTMLResponse, dependencies=[needs("read_public")])
def invite(desk: AtDesk, accounts: TheAccounts, token: MaybeText = None) -> HTMLResponse:
    """An invite, opened: from whom, for whom, and by what it can be taken up."""
    return _secret_page(_invite(desk, accounts.invited(token or ""), token or "", Form({})))


@router.post("/invite", response_class=HTMLResponse, dependencies=[needs("sign_in")])
def accept(desk: AtDesk, accounts: TheAccounts, site: TheSite, posted: PostedForm) -> HTMLResponse:
    """Take it up without a passkey: recovery codes, shown this once, and in."""
    accepted = accounts.accept_invite(posted.text("token"), site=site)
    page = desk.page("codes.html", codes=accepted.codes)
    let_in(page, accepted.signed_in, desk.settings)
    return page


def _try(
    desk: Desk,
    channel: Channel | None,
    agency: Agency | None,
    typed: Mapping[str, str],
    way: Callable[[], SignedIn],
) -> Response:
    """Come in, or see all the ways in again with the reason."""
    try:
        signed_in = way()
    except Refusal as refusal:
        form = _refused(desk, typed, refusal)
        return _doors(desk, channel, agency, form, status=status_of(refusal, reading=False))
    caller = signed_in.caller
    to = "/inspect" if caller.role == "authority" else "/stall" if caller.acting == "stall" else "/my"
    answer = RedirectResponse(to, status_code=303)
    let_in(answer, signed_in, desk.settings)
    return answer


def _refused(desk: Desk, typed: Mapping[str, str], refusal: Refusal) -> Form:
    shown = {name: value for name, value in typed.items() if name not in _SECRETS}
    title, expected = (one.in_language(desk.language) for one in (refusal.title, refusal.expected))
    return Form(shown, {"": desk.say("sign_in_refused", title=cap(title), expected=expected)})


def _doors(
    desk: Desk, channel: Channel | None, agency: Agency | None, form: Form, *, status: int = 200
) -> HTMLResponse:
    return desk.page(
        "sign_in.html",
        status=status,
        form=form,
        has_channel=channel is not None,
        has_agency=agency is not None,
    )


def _invite(desk: Desk, invited: Invited, token: str, form: Form) -> HTMLResponse:
    with desk.ledger.book() as book:
        party = Names(book, desk.viewer, desk.language).party(invited.party)
    return desk.page(
        "invite.html",
        form=form,
        party=party,
        name=invited.name,
        acting=desk.say(f"acting_{invited.acting}"),
        token=token,
        passkey_only=invited.acting in PASSKEY_ONLY,
    )


def _secret_page(page: HTMLResponse) -> HTMLResponse:
    """A page whose address holds a secret: kept nowhere, and told to nobody."""
    page.headers["Cache-Control"] = "no-store"
    page.headers["Referrer-Policy"] = "same-origin"
    return page


def _journey_cookie(desk: Desk) -> str:
    return SECURE_JOURNEY_COOKIE if desk.settings.base_url.startswith("https://") else JOURNEY_COOKIE


def _not_here(path: str) -> NoSuchPage:
    return NoSuchPage(
        field="path",
        came=path,
        expected=Words(zh="本站提供的登录方式", en="a way to sign in that this site has"),
    )
