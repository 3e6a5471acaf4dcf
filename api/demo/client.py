"""A client of the public HTTP API inside the same process: no socket, and otherwise everything a stranger's program would meet.

Each party calls with its own API key. What comes back is JSON or bytes; an answer that is not the expected one raises `Unexpected` with
the server's own words.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final, Self

import httpx

from ledger.canonical import Json, JsonObject, canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI

API: Final = "/api/v1"
_OK: Final = 200
_REFUSED: Final = 400


class Unexpected(RuntimeError):
    """The API answered something else than the demo expects: the demo has failed."""


class PublicApi:
    """The API of one application. A context manager: it owns an event loop."""

    def __init__(self, app: FastAPI, *, base_url: str, keys: Mapping[str, str]) -> None:
        self.base_url = base_url
        self._keys = dict(keys)
        self._runner = asyncio.Runner()
        # An error of ours becomes the answer 500, as it would for a stranger, and not an exception here.
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url)

    def __enter__(self) -> Self:
        self._runner.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def link(self, path: str) -> str:
        """The address a browser would go to."""
        return f"{self.base_url}{path}"

    def post(self, path: str, body: Json, *, by: str) -> JsonObject:
        """Send JSON as one party; the answer must be good."""
        return _object(path, _good(path, self._send("POST", path, by=by, body=body)))

    def refused(self, path: str, body: Json, *, by: str) -> str:
        """Send JSON that must be refused; the name of the refusal."""
        answer = self._send("POST", path, by=by, body=body)
        if answer.status_code < _REFUSED:
            message = f"POST {path} answered {answer.status_code}, expected a refusal"
            raise Unexpected(message)
        errors = _object(path, answer).get("errors")
        first = errors[0] if isinstance(errors, list) and errors else {}
        return str(first.get("name", "")) if isinstance(first, dict) else ""

    def get(self, path: str, *, by: str | None = None, lang: str | None = None) -> JsonObject:
        """Read JSON as one party, or as nobody in particular."""
        return _object(path, _good(path, self._send("GET", path, by=by, lang=lang)))

    def get_bytes(self, path: str, *, by: str | None = None) -> bytes:
        """Read a file as it is served."""
        return _good(path, self._send("GET", path, by=by)).content

    def get_all(self, path: str, name: str, *, by: str | None = None) -> list[JsonObject]:
        """Read a list to its end, page by page."""
        found: list[JsonObject] = []
        cursor: str | None = None
        while True:
            joint = "&" if "?" in path else "?"
            page = self.get(path if cursor is None else f"{path}{joint}cursor={cursor}", by=by)
            found.extend(objects(page.get(name)))
            following = page.get("next")
            if not isinstance(following, str):
                return found
            cursor = following

    def status(self, path: str, *, by: str | None = None) -> int:
        """The status of a page."""
        return self._send("GET", path, by=by).status_code

    def _send(
        self, method: str, path: str, *, by: str | None, body: Json = None, lang: str | None = None
    ) -> httpx.Response:
        headers = {} if by is None else {"Authorization": f"Bearer {self._keys[by]}"}
        if lang is not None:
            headers["Accept-Language"] = lang
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = canonical(body)
        request = self._client.request(method, path, headers=headers, content=content)
        return self._runner.run(request)


def objects(value: Json) -> Iterable[JsonObject]:
    """The objects of a JSON list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _good(path: str, answer: httpx.Response) -> httpx.Response:
    if not _OK <= answer.status_code < _REFUSED:
        message = f"{path} answered {answer.status_code}: {answer.text[:1000]}"
        raise Unexpected(message)
    return answer


def _object(path: str, answer: httpx.Response) -> JsonObject:
    try:
        body = json.loads(answer.content)
    except ValueError as wrong:
        message = f"{path} answered {answer.content[:200]!r}, expected JSON"
        raise Unexpected(message) from wrong
    if not isinstance(body, dict):
        message = f"{path} answered {type(body).__name__}, expected an object"
        raise Unexpected(message)
    return body
