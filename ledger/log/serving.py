"""With which headers the files of a log are served (c2sp.org/tlog-tiles), by their path: the same from our own server and from a bucket.

A tile or a bundle never changes, partial ones neither, so it may be kept for ever. What says how far the log has come is kept for seconds.
"""

from __future__ import annotations

import re
from typing import Final

#: A checkpoint is signed with every commit; seconds of age harm nobody and spare the server.
BRIEFLY: Final = "public, max-age=2"
FOR_EVER: Final = "public, max-age=31536000, immutable"
#: Items that an erasure may take away, for those who may see them.
NEVER: Final = "no-store"

TEXT: Final = "text/plain; charset=utf-8"
BYTES: Final = "application/octet-stream"
JSON: Final = "application/json"
JSON_LINES: Final = "application/jsonl"

_HEADERS: Final = (
    (re.compile("checkpoint|vkey"), (TEXT, BRIEFLY)),
    (re.compile("register"), (JSON, BRIEFLY)),
    (re.compile("checkpoints/[0-9]+"), (TEXT, FOR_EVER)),
    (re.compile("statements/.*"), (JSON_LINES, NEVER)),
)


def headers_of(path: str) -> tuple[str, str]:
    """Content-Type and Cache-Control of a file of the log."""
    for shape, headers in _HEADERS:
        if shape.fullmatch(path):
            return headers
    return BYTES, FOR_EVER
