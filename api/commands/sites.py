"""A log read over HTTP, by whoever checks it: the one address that was named, file by file (c2sp.org/tlog-tiles), and nothing of it believed.

No redirect is followed. A server that asks for patience (429, 503) gets it for a while; one that does not answer ends the work with one line,
and that is no finding about the log.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Final, Self

import httpx

from ledger.errors import LedgerFault, TooLarge, Words
from ledger.exchange.places import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_SECONDS: Final = 30.0
#: So often a file is asked for where the server asks for patience, and where there was no answer, or half of one.
TRIES_MAX: Final = 8
BROKEN_MAX: Final = 3
#: Longest patience at once, in seconds, whatever the server asks for.
PATIENCE_MAX: Final = 60.0
_PATIENCE: Final = 1.0
_OK: Final = 200
_NOT_THERE: Final = 404
_LATER: Final = frozenset({429, 503})
#: What says how far the log has come must be of now: a register from a cache may lack what the checkpoint has.
_OF_NOW: Final = frozenset({"checkpoint", "register", "vkey"})
_FOR_MEMBERS: Final = "statements/"


class NoAnswer(LedgerFault):
    """The server did not give a file, for a reason that says nothing about the log."""


class Site:
    """One log at one address. Also a context manager, which closes its connections."""

    near: Final = False

    def __init__(self, url: str, *, api_key: str | None = None) -> None:
        try:
            plain = httpx.URL(url)
        except httpx.InvalidURL as wrong:
            raise NoAnswer(f"{url}: {wrong}") from wrong
        # A server of ours has its log under /log; any other address is the prefix itself.
        self.shown = str(plain.copy_with(path="/log") if plain.path in {"", "/"} else plain).rstrip("/")
        self._key = api_key
        self._client = httpx.Client(
            timeout=_SECONDS, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def read(self, path: str, *, bytes_max: int) -> bytes | None:
        """See `ledger.exchange.places.Reads`."""
        broken = 0
        for left in reversed(range(TRIES_MAX)):
            try:
                with self._asked(path) as answer:
                    if self._is_there(path, answer):
                        return _body(path, answer, bytes_max)
                    if answer.status_code == _NOT_THERE:
                        return None
                    seconds = _patience(answer)
            except httpx.HTTPError as wrong:
                broken += 1
                if not left or broken == BROKEN_MAX:
                    raise NoAnswer(f"{self.shown}/{path}: {type(wrong).__name__} {wrong}") from wrong
                seconds = _PATIENCE
            if left:
                Event().wait(seconds)
        raise NoAnswer(f"{self.shown}/{path}: the server asks to come later")

    def lines(self, path: str, *, bytes_max: int) -> Iterator[bytes] | None:
        """See `ledger.exchange.places.Reads`. A file for members is fetched whole: the server makes it of a few hundred statements."""
        if path.startswith(_FOR_MEMBERS) and self._key is None:
            return None
        content = self.read(path, bytes_max=_LINES_MAX * bytes_max)
        return None if content is None else split_lines([content], path=path, bytes_max=bytes_max)

    def names(self, path: str) -> list[str]:
        """A server does not tell what it has beside what is asked for."""
        del path
        return []

    @contextmanager
    def _asked(self, path: str) -> Iterator[httpx.Response]:
        headers = {"accept": "*/*"}
        if path in _OF_NOW:
            headers["cache-control"] = "no-cache"
        if self._key is not None and path.startswith(_FOR_MEMBERS):
            headers["authorization"] = f"Bearer {self._key}"
        with self._client.stream("GET", f"{self.shown}/{path}", headers=headers) as answer:
            yield answer

    def _is_there(self, path: str, answer: httpx.Response) -> bool:
        if answer.status_code not in {_OK, _NOT_THERE, *_LATER}:
            raise NoAnswer(f"{self.shown}/{path}: the server answered {answer.status_code}")
        return answer.status_code == _OK


#: A bundle of statements: as many lines as it has entries, few of which are large.
_LINES_MAX: Final = 16


def _body(path: str, answer: httpx.Response, bytes_max: int) -> bytes:
    parts, length = list[bytes](), 0
    # Counted as it comes out of whatever compression: a small answer may unpack to a large one.
    for chunk in answer.iter_bytes():
        parts.append(chunk)
        length += len(chunk)
        if length > bytes_max:
            expected = Words(zh=f"至多 {bytes_max} 字节", en=f"at most {bytes_max} bytes")
            raise TooLarge(field=path, came=f"> {bytes_max} B", expected=expected)
    return b"".join(parts)


def _patience(answer: httpx.Response) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(float(asked), PATIENCE_MAX) if asked.isascii() and asked.isdigit() else _PATIENCE
