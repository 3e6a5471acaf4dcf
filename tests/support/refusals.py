"""What every refusal of the server must be: named, in both languages, showing what came and what was expected, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from ledger.service import Ledger
    from tests.support.server import Client

JSON_TYPE = {"content-type": "application/json"}
NO_FAULT_OF_OURS = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, to be sent as often as it takes."""

    path: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: JSON_TYPE, hash=False)
    method: str = "POST"
    key: str | None = None
    chunks: tuple[bytes, ...] = ()

    async def stream(self) -> AsyncIterator[bytes]:
        """The body in pieces, its length not told beforehand."""
        for chunk in self.chunks:
            yield chunk


def check_refused(
    client: Client, ledger: Ledger, asked: Asked, *, status: int, name: str, at: str, came: str | None = None
) -> None:
    """Send it in both languages; assert the whole shape of the answer, and that the log is as it was."""
    size = ledger.size()
    texts = {}
    for language, tag in (("zh", "zh-CN"), ("en", "en")):
        body = asked.stream() if asked.chunks else asked.content
        answer = client.send(
            asked.method,
            asked.path,
            content=body,
            key=asked.key,
            headers={**asked.headers, "accept-language": language},
        )
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-language"] == tag
        assert answer.headers["x-content-type-options"] == "nosniff"
        problem = answer.json()
        assert problem["status"] == status
        assert problem["type"].endswith(f"/docs/problems#{name}"), problem["type"]
        assert problem["field"] == at, problem
        assert problem["errors"][0]["name"] == name
        assert problem["title"]
        assert problem["expected"]
        if came is not None:
            assert came in problem["came"], problem["came"]
        texts[language] = (problem["title"], problem["detail"])
    assert not texts["zh"][0].isascii()
    assert texts["en"][0].isascii()
    assert texts["zh"] != texts["en"]
    assert ledger.size() == size
