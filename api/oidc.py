"""An agency's own sign-in service (OpenID Connect): authorization code with PKCE, state and nonce.

This server is a client of the one issuer that the operator configured and fetches nothing else: discovery, token endpoint and keys must lie
at the issuer's own scheme, host and port, no redirect is followed, and an answer is read up to a limit. The id_token counts only as
it comes from the token endpoint, signed by one of the issuer's published keys with an algorithm that is fixed here (never `none`, never a
shared secret, never a key that the token itself names), for us, from that issuer, within its time, and with the nonce that was sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]  # it comes without types
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]  # it comes without types
    prepare_token_request,
)
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ledger.accounts.office import MINUTE_MS, SignInFailed
from ledger.errors import LedgerFault, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from api.settings import Settings
    from ledger.accounts.accounts import Accounts
    from ledger.accounts.sessions import SignedIn

#: Signatures by a key pair only. With a shared secret (HS256), or with none, whoever reads the settings could sign.
ALGORITHMS: Final = ["RS256", "PS256", "ES256"]
SCOPE: Final = "openid"
BACK: Final = "/sign-in/agency/back"
JOURNEY_MS: Final = 10 * MINUTE_MS
LEEWAY_SECONDS: Final = 60
ANSWER_BYTES_MAX: Final = 256 * 1024
SECONDS_MAX: Final = 10.0
#: RFC 7636, 4.1: 43 to 128 letters; 48 bytes make 64.
VERIFIER_BYTES: Final = 48


class AgencyUnreachable(LedgerFault):
    """The agency's sign-in service does not answer, or answers with something else than it must."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where to send the browser, and the state it will bring back (which its cookie must hold, too)."""

    address: str
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Agency:
    """The one configured issuer."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    back: str
    transport: httpx.BaseTransport | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Agency | None:
        """The configured one; None where there is none."""
        if settings.oidc_issuer is None:
            return None
        return cls(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret.get_secret_value(),
            back=settings.base_url + BACK,
        )

    def set_out(self, accounts: Accounts) -> Setting:
        """Begin a sign-in: what is sent along is kept here, sealed, and comes back once."""
        office = accounts.office
        state, nonce, verifier = office.token(), office.token(), office.token(VERIFIER_BYTES)
        accounts.set_out(state, {"nonce": nonce, "verifier": verifier}, lasts_ms=JOURNEY_MS)
        with self._http() as http:
            endpoint = self._endpoint(self._discovered(http), "authorization_endpoint", fetched=False)
        address, _ = self._client().create_authorization_url(
            endpoint, state=state, code_verifier=verifier, nonce=nonce
        )
        return Setting(address=str(address), state=state)

    def come_back(self, accounts: Accounts, *, state: str, code: str) -> SignedIn:
        """End it: a session for whom the issuer names, if somebody was prepared for that."""
        kept = accounts.come_back(state)
        with self._http() as http:
            found = self._discovered(http)
            token = self._id_token(http, found, code=code, verifier=kept.text("verifier"))
            keys = _got(http, self._endpoint(found, "jwks_uri"))
        subject = self._subject(token, keys, nonce=kept.text("nonce"), now=accounts.office.clock)
        return accounts.sign_in_by_agency(self.issuer, subject)

    def _subject(self, token: str, keys: Mapping[str, object], *, nonce: str, now: Callable[[], int]) -> str:
        claims_wanted = jwt.JWTClaimsRegistry(
            now=now() // 1000,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            public = KeySet.import_key_set({"keys": _public_only(keys)})  # type: ignore[typeddict-item]  # joserfc judges the keys
            read = jwt.decode(token, public, algorithms=ALGORITHMS)
            claims_wanted.validate(read.claims)
        except (JoseError, ValueError, TypeError, KeyError) as wrong:
            raise _refused() from wrong
        subject, audience = read.claims.get("sub"), read.claims.get("aud")
        # OpenID Connect Core 3.1.3.7: with several audiences, the one it was made for must be us.
        if isinstance(audience, list) and len(audience) > 1 and read.claims.get("azp") != self.client_id:
            raise _refused()
        if not isinstance(subject, str) or not subject:
            raise _refused()
        return subject

    def _id_token(self, http: httpx.Client, found: Mapping[str, object], *, code: str, verifier: str) -> str:
        endpoint = self._endpoint(found, "token_endpoint")
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self.back, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        method = "client_secret_basic" if self.client_secret else "none"
        address, headers, body = self._client().client_auth(method).prepare("POST", endpoint, headers, body)
        answer = _read(http, http.build_request("POST", address, headers=headers, content=body))
        token = answer.get("id_token")
        if not isinstance(token, str):
            # The issuer says no: the code was used, has run out, or is somebody else's.
            raise _refused()
        return token

    def _discovered(self, http: httpx.Client) -> Mapping[str, object]:
        found = _got(http, self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            message = f"the sign-in service calls itself {found.get('issuer')!r}, expected {self.issuer!r}"
            raise AgencyUnreachable(message)
        return found

    def _endpoint(self, found: Mapping[str, object], name: str, *, fetched: bool = True) -> str:
        """One of the issuer's addresses; what this server fetches itself must lie with the issuer."""
        address = found.get(name)
        if not isinstance(address, str) or (fetched and _place(address) != _place(self.issuer)):
            message = f"{name} is {address!r}, expected an address at {_place(self.issuer)}"
            raise AgencyUnreachable(message)
        if not fetched and urlsplit(address).scheme != urlsplit(self.issuer).scheme:
            message = f"{name} is {address!r}, expected the scheme of {self.issuer}"
            raise AgencyUnreachable(message)
        return address

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            None,
            client_id=self.client_id,
            client_secret=self.client_secret or None,
            scope=SCOPE,
            redirect_uri=self.back,
            code_challenge_method="S256",
        )

    def _http(self) -> httpx.Client:
        # Nothing of the environment (proxies, credentials in .netrc) and no redirect: the issuer, or nobody.
        return httpx.Client(
            timeout=SECONDS_MAX, follow_redirects=False, trust_env=False, transport=self.transport
        )


def _got(http: httpx.Client, address: str) -> Mapping[str, object]:
    found = _read(http, http.build_request("GET", address, headers={"Accept": "application/json"}))
    if not found:
        message = f"{address} gives no JSON object"
        raise AgencyUnreachable(message)
    return found


def _read(http: httpx.Client, request: httpx.Request) -> Mapping[str, object]:
    """The JSON object that comes; empty for an answer that says no."""
    try:
        answer = http.send(request, stream=True)
        try:
            raw = bytearray()
            for piece in answer.iter_bytes():
                raw += piece
                if len(raw) > ANSWER_BYTES_MAX:
                    message = f"{request.url} gives more than {ANSWER_BYTES_MAX} bytes"
                    raise AgencyUnreachable(message)
        finally:
            answer.close()
    except httpx.HTTPError as wrong:
        message = f"{request.url.host} cannot be reached: {type(wrong).__name__}"
        raise AgencyUnreachable(message) from wrong
    if answer.status_code != httpx.codes.OK:
        return {}
    try:
        found = json.loads(bytes(raw))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _public_only(keys: Mapping[str, object]) -> list[dict[str, object]]:
    """The keys that may have signed an id_token: public halves of pairs, not meant for something else."""
    listed = keys.get("keys")
    return [
        one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and one.get("kty") in {"RSA", "EC"} and one.get("use", "sig") == "sig"
    ]


def _place(address: str) -> tuple[str, str]:
    split = urlsplit(address)
    return split.scheme, split.netloc


def _refused() -> SignInFailed:
    expected = Words(
        zh="本单位登录服务刚签发给本站的凭据",
        en="what your agency's sign-in service has just signed for this site",
    )
    return SignInFailed(field="agency", came="…", expected=expected)
