"""Time stamps of an outside authority over checkpoints (RFC 3161): the log's own times rest on its operator's clock, these do not.

    asked     the authority of the settings, at most once an hour and only when the log has grown; after a failure again, later each time
    stamped   the checkpoint as the log signed it, its SHA-256: text and signature, before any witness has added a line
    kept      the answer as it came, after it was verified: granted, over these bytes, for this question, by a certificate of that
              authority that chains to the roots the operator named and was good at the time it names

A token shows that this checkpoint, and with it every entry below its size, was there at that time. It does not show that there was no other.
Nobody waits for it. Whoever checks a kept one needs the checkpoint, the token and the authority's roots: `openssl ts -verify` will do.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import httpx
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Malformed, Refusal, Words
from ledger.log.errors import Untrue
from ledger.store.engine import reading, writing
from ledger.store.log_slices import newest_checkpoint
from ledger.store.timestamps import newest_timestamps, put_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from rfc3161_client import TimeStampResponse
    from sqlalchemy import Engine

STAMP_SECONDS: Final = 3_600.0
TRY_AGAIN_SECONDS: Final = 60.0
ANSWER_SECONDS_MAX: Final = 10.0
#: A token with its chain has some 2 to 8 KiB.
TOKEN_BYTES_MAX: Final = 64 * 1024
#: The roots of a few authorities.
CERTIFICATES_BYTES_MAX: Final = 256 * 1024
QUERY_TYPE: Final = "application/timestamp-query"
REPLY_TYPE: Final = "application/timestamp-reply"

_LOOK_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class TokenMalformed(Untrue):
    """These bytes are no answer of a time-stamping authority."""

    title = Words(zh="时间戳格式不对", en="malformed time stamp")


class TokenWrong(Untrue):
    """The answer is not granted, not over these bytes, not for this question, or not of an authority that we trust."""

    title = Words(zh="时间戳不成立", en="time stamp does not hold")


class AuthoritySilent(Refusal):
    """No answer, or none in time."""

    title = Words(zh="时间戳机构没有回答", en="the time-stamping authority does not answer")


@dataclass(frozen=True, slots=True)
class Trusted:
    """The roots that a token's certificate must lead to, and certificates between."""

    roots: tuple[Certificate, ...]
    between: tuple[Certificate, ...] = ()

    @classmethod
    def parse(cls, pem: bytes) -> Self:
        """The certificates of a PEM file: those that signed themselves are the roots."""
        try:
            found = load_pem_x509_certificates(pem[: CERTIFICATES_BYTES_MAX + 1])
        except ValueError:
            found = []
        roots = tuple(one for one in found if one.subject == one.issuer)
        if not roots or len(pem) > CERTIFICATES_BYTES_MAX:
            expected = Words(zh="PEM 证书，其中有根证书", en="certificates in PEM, a root among them")
            raise Malformed(field="certificates", came=f"{len(found)}, {len(pem)} B", expected=expected)
        return cls(roots, tuple(one for one in found if one not in roots))


def check_address(url: str) -> str:
    """The address of an authority; https, or http, for a token carries its own signature and holds no secret."""
    split = urlsplit(url)
    if split.scheme not in {"http", "https"} or not split.hostname or split.username is not None:
        expected = Words(zh="http 或 https 地址", en="an http or https address")
        raise Malformed(field="url", came=url, expected=expected)
    return url


def check_token(raw: bytes, message: bytes, trusted: Trusted, *, nonce: int | None = None) -> int:
    """The time that a token gives to these bytes, in ms; raise unless it is granted, theirs, and of an authority that is trusted.

    `nonce`: what was asked with, so that nobody gives an old answer to a new question; a token that was kept is checked without.
    """
    answer = _decoded(raw)
    verifier = VerifierBuilder(roots=list(trusted.roots), intermediates=list(trusted.between), nonce=nonce)
    try:
        # SHA-256, 384 or 512, as the token says; weaker digests are refused.
        verifier.build().verify_message(answer, message)
        moment = answer.tst_info.gen_time
    except (VerificationError, ValueError, TypeError) as why:
        raise _wrong(str(why)) from why
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)


def _decoded(raw: bytes) -> TimeStampResponse:
    expected = Words(
        zh=f"RFC 3161 应答，至多 {TOKEN_BYTES_MAX} 字节",
        en=f"an RFC 3161 reply, at most {TOKEN_BYTES_MAX} bytes",
    )
    if len(raw) > TOKEN_BYTES_MAX:
        raise TokenMalformed(field="token", came=f"{len(raw)} B", expected=expected)
    try:
        return decode_timestamp_response(raw)
    except (ValueError, TypeError) as why:
        raise TokenMalformed(field="token", came=str(why), expected=expected) from why


def _wrong(came: str) -> TokenWrong:
    expected = Words(
        zh="所信机构对这些字节的时间戳", en="a time stamp over these bytes by an authority that is trusted"
    )
    return TokenWrong(field="token", came=came, expected=expected)


class Authority:
    """Speaks to one time-stamping authority."""

    def __init__(self, url: str, trusted: Trusted, *, transport: httpx.BaseTransport | None = None) -> None:
        self._url, self._trusted = check_address(url), trusted
        # Nothing of the environment and no redirect: the authority, or nobody.
        self._http = httpx.Client(
            timeout=ANSWER_SECONDS_MAX,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            headers={"Accept-Encoding": "identity", "User-Agent": "suyuan", "Content-Type": QUERY_TYPE},
        )

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def stamp(self, message: bytes) -> tuple[bytes, int]:
        """A verified token over these bytes, and the time it names."""
        asked = TimestampRequestBuilder(data=message, hash_algorithm=HashAlgorithm.SHA256).build()
        raw = self._exchange(asked.as_bytes())
        return raw, check_token(raw, message, self._trusted, nonce=asked.nonce)

    def _exchange(self, content: bytes) -> bytes:
        until, body = time.monotonic() + ANSWER_SECONDS_MAX, bytearray()
        try:
            with self._http.stream("POST", self._url, content=content) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise _silent(str(answer.status_code))
                for piece in answer.iter_raw():
                    body += piece
                    if len(body) > TOKEN_BYTES_MAX:
                        break
                    if time.monotonic() > until:
                        raise _silent(f"> {ANSWER_SECONDS_MAX:.0f} s")
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as why:
            # RuntimeError: the client was closed while it waited.
            raise _silent(type(why).__name__) from why
        return bytes(body)


def _silent(came: str) -> AuthoritySilent:
    return AuthoritySilent(field="url", came=came, expected=Words(zh="时间戳应答", en="a time stamp"))


class Timestamping:
    """Has the newest checkpoint of one log stamped, hour by hour."""

    def __init__(
        self, engine: Engine, origin: str, authority: Authority, *, wall: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._origin, self._authority, self._wall = engine, origin, authority, wall
        self._again, self._failures = 0.0, 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Ask from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="timestamps", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask no more."""
        self._ending.set()
        self._authority.close()
        if self._thread is not None:
            self._thread.join(2 * ANSWER_SECONDS_MAX)

    def tick(self) -> bool:
        """Have the newest checkpoint stamped if that is due; whether a token was kept. Raises where the authority gave none that holds."""
        now = self._wall()
        with reading(self._engine) as connection:
            size, note = newest_checkpoint(connection, self._origin)
            last = next(iter(newest_timestamps(connection, self._origin, most=1)), (0, 0))
        if now < self._again or size <= last[0] or 0 <= now - last[1] / 1000 < STAMP_SECONDS:
            return False
        try:
            token, at_ms = self._authority.stamp(note)
        except Refusal:
            self._again = now + min(TRY_AGAIN_SECONDS * 2.0**self._failures, STAMP_SECONDS)
            self._failures = min(self._failures + 1, 10)
            raise
        self._failures = 0
        with writing(self._engine) as connection:
            put_timestamp(connection, self._origin, size=size, token=token, at_ms=at_ms)
        return True

    def _run(self) -> None:
        while not self._ending.wait(_LOOK_SECONDS):
            try:
                self.tick()
            except (Refusal, SQLAlchemyError) as why:
                # Recording goes on; its records are not stamped until the authority is back.
                _log.warning("no time stamp: %s", why if isinstance(why, Refusal) else type(why).__name__)
