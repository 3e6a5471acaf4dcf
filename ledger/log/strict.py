"""Reading numbers and base64 that have exactly one spelling.

A signature covers bytes. If two spellings meant one value, two different signed texts would say the same
thing, and one reader would take what the next refuses. `int()` takes "+5", " 5", "1_0" and digits
of other scripts; `b64decode()` skips what it does not know and ignores stray bits before the padding. None of
that passes here.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.log.sizes import SIZE_MAX

if TYPE_CHECKING:
    from ledger.log.errors import Untrue

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def read_decimal(text: str, *, field: str, refusal: type[Untrue]) -> int:
    """A number from 0 to `SIZE_MAX` in ASCII digits: no sign, no space, no leading zero."""
    if _DECIMAL.fullmatch(text) is None or int(text) > SIZE_MAX:
        expected = Words(
            zh=f"0 到 {SIZE_MAX} 的十进制整数，不带符号、空格和前导零",
            en=f"a decimal number from 0 to {SIZE_MAX} without sign, space or leading zero",
        )
        raise refusal(field=field, came=text, expected=expected)
    return int(text)


def read_base64(text: str, *, field: str, refusal: type[Untrue]) -> bytes:
    """RFC 4648 section 4 with its padding, and nothing a decoder would have to overlook."""
    raw = decode_base64(text)
    if raw is None:
        expected = Words(
            zh="带填充的标准 base64（RFC 4648 第 4 节）", en="padded standard base64 (RFC 4648 section 4)"
        )
        raise refusal(field=field, came=text, expected=expected)
    return raw


def decode_base64(text: str) -> bytes | None:
    """The bytes, or None: for a caller whose refusal must show something else than this text."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return None
    # Encoding again also catches the bits before the padding, which RFC 4648 3.5 lets a decoder ignore.
    return raw if write_base64(raw) == text else None


def write_base64(raw: bytes) -> str:
    """The one spelling of these bytes."""
    return b64encode(raw).decode("ascii")
