"""An agency's own sign-in service: who is let in by its word, and which words are none."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from api.app import create_app
from api.settings import Settings
from tests.support.openid import CLIENT_ID, CLIENT_SECRET, open_provider
from tests.support.people import Browser, first_owner
from tests.support.server import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from ledger.service import Ledger
    from tests.support.openid import Provider
    from tests.support.server import Client, Clock, Enrolled

MINUTE_MS = 60_000


@dataclass
class Office:
    """A server that knows the provider, and an agency with one officer entered."""

    client: Client
    provider: Provider
    officer: Browser

    def set_out(self, browser: Browser | None = None) -> str:
        """The address that the browser is sent to."""
        answer = (browser or self.officer).form("/sign-in/agency", {})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def come_back(self, state: str, code: str, browser: Browser | None = None) -> httpx.Response:
        """The provider's redirect, followed: from another site, with no form of ours."""
        arriving = {"sec-fetch-site": "cross-site", "accept": "text/html"}
        path = f"/sign-in/agency/back?state={state}&code={code}"
        return (browser or self.officer).ask("GET", path, headers=arriving)

    def whole_way(self) -> httpx.Response:
        """There and back."""
        return self.come_back(*self.provider.authorize(self.set_out()))

    def is_in(self) -> bool:
        """Whether the officer's browser holds a session."""
        return self.officer.get("/api/v1/me").status_code == 200


@pytest.fixture
def office(ledger: Ledger, clock: Clock, registrar: Enrolled, authority: Enrolled) -> Iterator[Office]:
    with open_provider(clock) as provider:
        settings = Settings(
            base_url="http://localhost:8000",
            oidc_issuer=provider.address,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,  # type: ignore[arg-type]  # pydantic makes it a secret
        )
        with client_of(create_app(ledger, settings)) as client:
            head = first_owner(client, registrar, authority)
            asked = {"name": "陈示例", "acting": "inspector", "subject": "officer-1", "certificate": "演示-1"}
            answer = head.post("/api/v1/people/agency", asked)
            assert answer.status_code == 201, answer.text
            yield Office(client, provider, Browser(client))


def test_an_officer_who_was_entered_comes_in(office: Office, authority: Enrolled) -> None:
    answer = office.whole_way()
    assert (answer.status_code, answer.headers["location"]) == (303, "/inspect")
    me = office.officer.get("/api/v1/me").json()
    assert (me["acting"], me["method"], me["party"]) == ("inspector", "oidc", str(authority))


def test_nobody_comes_in_who_was_not_entered(office: Office) -> None:
    office.provider.subject = "officer-2"
    assert office.whole_way().status_code == 403
    assert not office.is_in()


def test_a_way_back_is_taken_once_and_in_the_same_browser(office: Office) -> None:
    state, code = office.provider.authorize(office.set_out())
    stranger = Browser(office.client)
    assert office.come_back(state, code, stranger).status_code == 403
    assert stranger.cookies == {}
    assert office.come_back(state, code).status_code == 303
    office.officer.cookies["suyuan_journey"] = state
    assert office.come_back(state, code).status_code == 403


def test_a_state_of_nobodys_making_is_refused(office: Office) -> None:
    office.set_out()
    _, code = office.provider.authorize(office.set_out())
    office.officer.cookies["suyuan_journey"] = "made up"
    assert office.come_back("made up", code).status_code == 403
    assert office.come_back("", "").status_code == 403


@pytest.mark.parametrize(("minutes", "status"), [(9.999, 303), (10, 403)])
def test_a_journey_lasts_ten_minutes(office: Office, clock: Clock, minutes: float, status: int) -> None:
    state, code = office.provider.authorize(office.set_out())
    clock.ms += int(minutes * MINUTE_MS)
    assert office.come_back(state, code).status_code == status


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"iss": "https://evil.example"}, id="of another issuer"),
        pytest.param({"aud": "another client"}, id="for another site"),
        pytest.param({"aud": [CLIENT_ID, "another"]}, id="for two, made for neither"),
        pytest.param({"aud": [CLIENT_ID, "another"], "azp": "another"}, id="for two, made for the other"),
        pytest.param({"nonce": "of another journey"}, id="of another journey"),
        pytest.param({"nonce": None}, id="without a nonce"),
        pytest.param({"exp": 1_000_000}, id="run out"),
        pytest.param({"exp": None}, id="without an end"),
        pytest.param({"iat": 99_999_999_999}, id="from the future"),
        pytest.param({"sub": None}, id="about nobody"),
        pytest.param({"sub": ""}, id="about an empty name"),
        pytest.param({"sub": 7}, id="about a number"),
    ],
)
def test_a_word_that_is_not_for_us_opens_nothing(office: Office, claims: dict[str, object]) -> None:
    office.provider.claims = claims
    assert office.whole_way().status_code == 403
    assert not office.is_in()


def _written(header: dict[str, str], claims: Mapping[str, object]) -> str:
    pieces = [json.dumps(header), json.dumps(dict(claims))]
    return ".".join(base64.urlsafe_b64encode(one.encode()).decode().rstrip("=") for one in pieces)


def _unsigned(claims: Mapping[str, object]) -> str:
    return _written({"alg": "none"}, claims) + "."


def _shared(claims: Mapping[str, object], secret: bytes) -> str:
    written = _written({"alg": "HS256", "kid": "one"}, claims)
    mac = hmac.new(secret, written.encode(), sha256).digest()
    return f"{written}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "way",
    ["none", "the public key as a secret", "the client's secret", "another key", "a key it names itself"],
)
def test_a_word_that_the_issuer_did_not_sign_opens_nothing(office: Office, way: str) -> None:
    provider = office.provider
    other = RSAKey.generate_key(2048, {"kid": "one"})

    def signs(claims: Mapping[str, object]) -> str:
        if way == "none":
            return _unsigned(claims)
        if way == "the public key as a secret":
            return _shared(claims, provider.key.as_pem(private=False))
        if way == "the client's secret":
            return _shared(claims, CLIENT_SECRET.encode())
        if way == "another key":
            return provider.signed(claims, key=other)
        key = ECKey.generate_key("P-256")
        header = {"alg": "ES256", "jwk": key.as_dict(private=False), "jku": "http://127.0.0.1:1/keys"}
        registry = jws.JWSRegistry(algorithms=["ES256"])
        return jws.serialize_compact(header, json.dumps(dict(claims)), key, registry=registry)

    provider.signs = signs
    assert office.whole_way().status_code == 403
    assert not office.is_in()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("token_endpoint", "http://127.0.0.1:1/token"),
        ("jwks_uri", "http://169.254.169.254/keys"),
        ("jwks_uri", "file:///etc/passwd"),
        ("token_endpoint", None),
        ("issuer", "https://evil.example"),
    ],
)
def test_nothing_is_fetched_but_from_the_issuer(office: Office, name: str, address: str | None) -> None:
    state, code = office.provider.authorize(office.set_out())
    office.provider.says[name] = address
    assert office.come_back(state, code).status_code == 503
    assert set(office.provider.asked) <= {"/.well-known/openid-configuration", "/token", "/keys"}
    assert not office.is_in()


def test_a_service_that_is_away_is_said_to_be_away(office: Office, ledger: Ledger) -> None:
    office.provider.says["authorization_endpoint"] = None
    answer = office.officer.form("/sign-in/agency", {})
    assert answer.status_code == 503


def test_where_no_service_is_configured_there_is_no_such_way(client: Client, registrar: Enrolled) -> None:
    browser = Browser(client)
    assert browser.form("/sign-in/agency", {}).status_code in {404, 422}
    assert "agency" not in browser.get("/sign-in").text


@pytest.mark.parametrize(
    ("issuer", "good"),
    [
        ("https://id.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://id.example", False),
        ("file:///etc/passwd", False),
        ("https://id.example evil", False),
    ],
)
def test_an_issuer_is_an_https_address(issuer: str, *, good: bool) -> None:
    if good:
        assert Settings(oidc_issuer=issuer).oidc_issuer == issuer
    else:
        with pytest.raises(ValueError, match="SUYUAN_OIDC_ISSUER"):
            Settings(oidc_issuer=issuer)


def test_the_secret_of_the_client_is_never_printed() -> None:
    settings = Settings(oidc_issuer="https://id.example", oidc_client_secret="quite secret")  # type: ignore[arg-type]  # pydantic makes it a secret
    assert "quite secret" not in repr(settings) + str(settings)
