"""People in front of the server: each with a browser that keeps the cookies it is given, and a phone that makes passkeys."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.support.authenticator import Authenticator
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from tests.support.server import Client, Enrolled

FROM_OUR_PAGES = {"origin": BASE_URL, "sec-fetch-site": "same-origin"}


@dataclass
class Browser:
    """A browser: sends what our own pages would send, unless told otherwise."""

    client: Client
    cookies: dict[str, str] = field(default_factory=dict)
    phone: Authenticator = field(default_factory=Authenticator)

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, with the cookies; and the cookies of its answer."""
        sent = dict(FROM_OUR_PAGES if headers is None else headers)
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if json is not None:
            answer = self.client.post(path, json=json, headers=sent)
        else:
            answer = self.client.send(method, path, data=data, headers=sent)
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel.value and morsel["max-age"] != "0":
                    self.cookies[name] = morsel.value
                else:
                    self.cookies.pop(name, None)
        return answer

    def get(self, path: str) -> httpx.Response:
        """One GET."""
        return self.ask("GET", path)

    def post(self, path: str, json: object = None, **more: object) -> httpx.Response:
        """One POST of JSON."""
        return self.ask("POST", path, json={} if json is None else json, **more)  # type: ignore[arg-type]  # headers, mostly

    def form(self, path: str, data: Mapping[str, str]) -> httpx.Response:
        """One form."""
        return self.ask("POST", path, data=data)

    def sign_in(self, **twist: object) -> httpx.Response:
        """By passkey."""
        options = self.post("/api/v1/sign-in/passkey/options").json()
        answer = self.phone.get(options, **twist)  # type: ignore[arg-type]  # one twist at a time
        return self.post("/api/v1/sign-in/passkey", {"credential": answer})

    def accept(self, invite: str, **twist: object) -> httpx.Response:
        """Take up an invite with a new passkey."""
        options = self.post("/api/v1/invites/passkey/options", {"invite": invite})
        assert options.status_code == 200, options.text
        answer = self.phone.create(options.json(), **twist)  # type: ignore[arg-type]  # one twist at a time
        return self.post("/api/v1/invites/passkey", {"invite": invite, "credential": answer})


def invite_of(answer: httpx.Response) -> str:
    """The secret in the link of a new invite."""
    assert answer.status_code == 201, answer.text
    (token,) = parse_qs(urlsplit(str(answer.json()["link"])).query)["token"]
    return token


def first_owner(
    client: Client, registrar: Enrolled, party: Enrolled, name: str = "王示例", number: int = 1
) -> Browser:
    """The owner of a party, invited by the registrar and signed in with a passkey."""
    asked = {"party": str(party), "acting": "owner", "name": name}
    answer = client.post("/api/v1/people/invites", json=asked, key=registrar.key, headers=FROM_OUR_PAGES)
    browser = Browser(client, phone=Authenticator(credential=f"phone number {number}".encode()))
    accepted = browser.accept(invite_of(answer))
    assert accepted.status_code == 200, accepted.text
    return browser


def colleague(client: Client, owner: Browser, acting: str, name: str, number: int) -> Browser:
    """Somebody whom the owner invited, signed in with a passkey."""
    token = invite_of(owner.post("/api/v1/people/invites", {"acting": acting, "name": name}))
    browser = Browser(client, phone=Authenticator(credential=f"phone number {number}".encode()))
    accepted = browser.accept(token)
    assert accepted.status_code == 200, accepted.text
    return browser
