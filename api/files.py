"""An open file as an answer."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from starlette.responses import StreamingResponse

from ledger.evidence import chunks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send


class FileAnswer(StreamingResponse):
    """A file to be saved, whole, under `name`. It is closed however the sending ends: with its last piece, or with a reader who left before the first."""

    def __init__(
        self, file: IO[bytes], *, name: str, media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        length = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._file = file
        told = {
            **(headers or {}),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(length),
            # What is in it depends on who asked.
            "Cache-Control": "private, no-store",
        }
        super().__init__(chunks_of(file), media_type=media_type, headers=told)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()
