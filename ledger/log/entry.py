"""An entry: one leaf of the log, about 200 bytes.

It says when the log took a statement and which entry stood before it, and holds only a digest of the statement. So the entries
can be published whole: a stranger learns how many statements were taken and when, and nothing else. The chain (`prev`) lies inside
the leaf, so the tree covers it: there is one truth, not two.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import a2b_base64
from dataclasses import dataclass
from typing import Final, Self

from ledger.canonical import read_canonical
from ledger.errors import Malformed, Words
from ledger.keys import base64_bytes
from ledger.log.merkle import Hash, leaf_hash

ENTRY_VERSION = 1
ENTRY_BYTES_MAX = 1_024
DIGEST_BYTES = 32
#: `prev` of entry 0.
NO_ENTRY_BEFORE = bytes(DIGEST_BYTES)

#: Base64 of 32 bytes in its one spelling: the last letter has two loose bits, which are zero.
_DIGEST: Final = rb'"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)"'
#: An entry until the year 33658; what is later, or otherwise, `_read` judges.
_PLAIN: Final = re.compile(
    rb'\{"at":(0|[1-9][0-9]{0,14}),"prev":%b,"statement":%b,"v":1\}' % (_DIGEST, _DIGEST)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf: the log's time in ms since 1970, the leaf hash before it, and SHA-256 of the envelope bytes."""

    at_ms: int
    prev: bytes
    statement: bytes

    @property
    def raw(self) -> bytes:
        """RFC 8785 bytes of `{v, at, prev, statement}`: exactly what is hashed and served."""
        # Names in order and nothing that needs an escape: put together here, it is what `canonical` would give.
        return b'{"at":%d,"prev":"%b","statement":"%b","v":%d}' % (
            self.at_ms,
            b64encode(self.prev),
            b64encode(self.statement),
            ENTRY_VERSION,
        )

    @property
    def leaf_hash(self) -> Hash:
        """RFC 6962 2.1: SHA-256(0x00 ‖ entry bytes)."""
        return leaf_hash(self.raw)

    @classmethod
    def parse(cls, raw: bytes, *, field: str = "entry") -> Self:
        """An entry from its bytes, which must have exactly this shape and spelling."""
        # A log has one for every statement: what is plain to see is not read as JSON first.
        plain = _PLAIN.fullmatch(raw)
        if plain is not None:
            return cls(int(plain[1]), a2b_base64(plain[2]), a2b_base64(plain[3]))
        return cls._read(raw, field=field)

    @classmethod
    def _read(cls, raw: bytes, *, field: str) -> Self:
        body = read_canonical(raw, field=field, bytes_max=ENTRY_BYTES_MAX)
        at, prev, statement = body.get("at"), body.get("prev"), body.get("statement")
        if set(body) != {"v", "at", "prev", "statement"} or body["v"] is not ENTRY_VERSION:
            raise Malformed(
                field=field,
                came=sorted(body),
                expected=Words(zh="v=1、at、prev、statement", en="v=1, at, prev, statement"),
            )
        if not isinstance(at, int) or isinstance(at, bool) or at < 0:
            raise Malformed(field=f"{field}.at", came=at, expected=Words(zh="毫秒数", en="milliseconds"))
        return cls(
            at_ms=at, prev=_digest(prev, f"{field}.prev"), statement=_digest(statement, f"{field}.statement")
        )


def _digest(value: object, field: str) -> bytes:
    raw = base64_bytes(value if isinstance(value, str) else "?", field=field)
    if len(raw) != DIGEST_BYTES:
        raise Malformed(field=field, came=value, expected=Words(zh="32 字节", en="32 bytes"))
    return raw
