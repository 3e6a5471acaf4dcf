"""Where the values of a JSON text begin and end: for keeping one of them exactly as it was written.

Reading and writing again would change spaces, number spellings and the order of names, and with them every hash that somebody else
may hold. The text must have been read before (`ledger.vocabulary.foreign`): this module finds places, it judges nothing.

>>> text = '{"a": [1.0, {"b": "]"}]}'
>>> [text[one.start:one.stop] for one in elements(text, member(text, whole(text), "a"))]
['1.0', '{"b": "]"}']
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_TEXT: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_PLAIN: Final = re.compile(r"[^ \t\n\r,\]}]+")
#: Brackets count only outside texts, so texts are stepped over whole.
_MARK: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]')


class Slice(NamedTuple):
    """A value's place in its text: from its first character to behind its last."""

    start: int
    stop: int

    def of(self, text: str) -> str:
        """The value as it stands there."""
        return text[self.start : self.stop]


def whole(text: str) -> Slice:
    """The text's one value, without the spaces around it."""
    return _value(text, _space(text, 0))


def elements(text: str, array: Slice) -> Iterator[Slice]:
    """The values of an array."""
    at = _space(text, array.start + 1)
    while text[at] != "]":
        found = _value(text, at)
        yield found
        at = _space(text, found.stop)
        if text[at] == ",":
            at = _space(text, at + 1)


def member(text: str, container: Slice, name: str) -> Slice | None:
    """The value that an object gives to a name."""
    at = _space(text, container.start + 1)
    while text[at] != "}":
        key = _value(text, at)
        colon = _space(text, key.stop)
        found = _value(text, _space(text, colon + 1))
        if json.loads(key.of(text)) == name:
            return found
        at = _space(text, found.stop)
        if text[at] == ",":
            at = _space(text, at + 1)
    return None


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _value(text: str, start: int) -> Slice:
    if text[start] in "[{":
        return Slice(start, _closing(text, start))
    match = (_TEXT if text[start] == '"' else _PLAIN).match(text, start)
    return Slice(start, start if match is None else match.end())


def _closing(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`."""
    depth = 0
    for mark in _MARK.finditer(text, start):
        if mark[0] in "[{":
            depth += 1
        elif mark[0] in "]}":
            depth -= 1
            if depth == 0:
                return mark.end()
    message = f"no bracket closes the one at {start}: the text was not read before"
    raise AssertionError(message)
