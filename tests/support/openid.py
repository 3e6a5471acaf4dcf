"""A small OpenID Connect provider on this machine, honest unless a test tells it otherwise."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CLIENT_ID = "suyuan-test"
CLIENT_SECRET = "the secret of the client"


@dataclass
class Provider:
    """The provider: its keys, the codes it gave out, and what it was asked."""

    address: str = ""
    now: Callable[[], int] = lambda: 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    #: What goes into the id_token beside or instead of the right claims.
    claims: dict[str, object] = field(default_factory=dict)
    #: Signs it otherwise than the provider's own key would.
    signs: Callable[[Mapping[str, object]], str] | None = None
    #: What discovery says beside or instead.
    says: dict[str, object] = field(default_factory=dict)
    subject: str = "officer-1"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> tuple[str, str]:
        """What the browser does there: somebody signs in and is sent back, with a state and a code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return asked["state"], code

    def token(self, code: str, verifier: str, authorization: str) -> Mapping[str, object] | None:
        """The answer of the token endpoint: one for each code, to our client, with its verifier."""
        asked = self.codes.pop(code, None)
        wanted = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked is None or authorization != wanted:
            return None
        digest = hashlib.sha256(verifier.encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return None
        seconds = self.now() // 1000
        claims = {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": seconds,
            "exp": seconds + 300,
            "nonce": asked["nonce"],
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.signs(claims) if self.signs else self.signed(claims)
        return {"access_token": "unused", "token_type": "Bearer", "id_token": signed}

    def signed(self, claims: Mapping[str, object], *, key: RSAKey | None = None, alg: str = "RS256") -> str:
        """An id_token of these claims."""
        header = {"alg": alg, "kid": "one"}
        return jwt.encode(header, dict(claims), key or self.key, algorithms=[alg])

    def discovery(self) -> Mapping[str, object]:
        """What the provider says of itself."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        } | self.says


@contextmanager
def open_provider(now: Callable[[], int]) -> Iterator[Provider]:
    """A provider on a port of this machine."""
    provider = Provider(now=now)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
            """Says nothing."""

        def _answer(self, found: Mapping[str, object] | None) -> None:
            raw = json.dumps(found or {"error": "invalid_grant"}).encode()
            self.send_response(400 if found is None else 200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self) -> None:
            provider.asked.append(self.path)
            if self.path == "/.well-known/openid-configuration":
                self._answer(provider.discovery())
            elif self.path == "/keys":
                self._answer({"keys": [provider.key.as_dict(private=False)]})
            else:
                self._answer(None)

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(
                provider.token(
                    form.get("code", ""), form.get("code_verifier", ""), self.headers.get("authorization", "")
                )
            )

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="provider", daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
