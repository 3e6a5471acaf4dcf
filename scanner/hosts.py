"""Hosts that look like ours and are not: what a forger registers, so that his page passes for the page of the code.

`suyuan.example.cn` is copied as `suyuan-example.cn`, `suyuan.examp1e.cn`, `suyuan.example.cn.cx`, or with a letter of another script. A host is one of
ours only when it is ours to the letter (`codes`); this module only says, of all the others, which ones somebody chose so that they would be
mistaken for ours. To be named so needs a likeness that a person overlooks; that no host in the world resembles another is not promised.

Other hosts of our own domain (`www.example.cn`) are strangers here, but nobody else can have them: they are not called look-alikes.

Sources: Unicode TR 39 (letters that look alike), RFC 3492 (how letters beyond ASCII are written in a host).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Second-level names under which others register: `example.com.cn` is as much a name of its own as `example.cn`.
_SHARED: Final = frozenset({"ac", "co", "com", "edu", "gov", "mil", "ne", "net", "or", "org"})
#: A name shorter than this has neighbours by chance: one other letter makes it another word.
NAME_LETTERS_MIN: Final = 5
#: From so many letters on, two that differ are overlooked as easily as one in a short name.
LONG_NAME_LETTERS_MIN: Final = 10
#: RFC 1035 2.3.4: no host is longer.
HOST_LETTERS_MAX: Final = 253
#: What is overlooked between ASCII letters, the pairs first.
_OVERLOOKED: Final = (
    ("rn", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("0", "o"),
    ("1", "l"),
    ("i", "l"),
    ("j", "l"),
    ("5", "s"),
    ("3", "e"),
    ("4", "a"),
    ("9", "g"),
    ("q", "g"),
    ("2", "z"),
    ("u", "v"),
)
_ADDRESS: Final = re.compile(r"[0-9.]+|\[.*\]|localhost")


class LooksLikeOurs(Refusal):
    """An address that somebody chose so that it would pass for ours."""

    title = Words(zh="网址像本站，但不是本站", en="this address looks like ours and is not")


def looks_like(host: str, own_hosts: Iterable[str]) -> str | None:
    """Which of our hosts this one may be mistaken for; None if it is one of them, or like none."""
    bare = _without_port(host)
    ours = sorted({_without_port(own) for own in own_hosts})
    if len(bare) > HOST_LETTERS_MAX or bare in ours:
        return None
    return next((own for own in ours if not _ADDRESS.fullmatch(own) and _is_like(bare, own)), None)


def _is_like(host: str, own: str) -> bool:
    readable = _readable(host)
    if _domain(readable) == _domain(own):
        return False
    theirs, our_name = _seen(readable), _name(own)
    # Our whole host stands in it: before another domain, with dashes for dots, or without any.
    whole = _seen(own)
    if len(whole) >= NAME_LETTERS_MIN and whole in theirs:
        return True
    if len(our_name) < NAME_LETTERS_MIN:
        return False
    ours, (*named, _) = _seen(our_name), readable.split(".")
    # What it is registered under (`.com`, `.example`) is nobody's name.
    return any(_near(_seen(label), ours) for label in named)


def _near(seen: str, ours: str) -> bool:
    """Whether one name passes for the other: the same, a slip away, or the name with a word before or behind it."""
    if ours in seen:
        return True
    return _distance(seen, ours) <= (2 if len(ours) >= LONG_NAME_LETTERS_MIN else 1)


def _readable(host: str) -> str:
    """The host as a person sees it: `xn--` labels as the letters they stand for."""
    labels = []
    for label in host.split("."):
        try:
            labels.append(label.encode("ascii").decode("idna") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return ".".join(labels).lower()


def _domain(host: str) -> str:
    """What somebody registered: the name and what it is registered under."""
    *before, last = host.split(".")
    shared = len(before) > 1 and before[-1] in _SHARED
    return ".".join((*before[-2 if shared else -1 :], last))


def _name(host: str) -> str:
    """The registered name alone: `example` of `suyuan.example.com.cn`."""
    return _domain(host).partition(".")[0]


@lru_cache(maxsize=1_024)
def _seen(text: str) -> str:
    """What an eye that is not looking for differences takes a text for: no dots, dashes or accents, one letter for each shape."""
    plain = unicodedata.normalize("NFKD", text)
    letters = "".join(_latin(letter) for letter in plain if not unicodedata.combining(letter))
    seen = "".join(letter for letter in letters.lower() if letter.isalnum())
    for shape, letter in _OVERLOOKED:
        seen = seen.replace(shape, letter)
    return seen


def _latin(letter: str) -> str:
    """The ASCII letter that this one looks like, if it looks like one."""
    if letter.isascii():
        return letter
    # Its tables take ten megabytes and most of a tenth of a second; only hosts with letters of other scripts ask for them.
    from confusable_homoglyphs.confusables import confusables_data  # noqa: PLC0415  (as said)

    like = (one["c"] for one in confusables_data.get(letter, ()))
    return next((one for one in like if one.isascii() and one.isalnum()), letter)


def _distance(one: str, other: str) -> int:
    """How many slips lie between two names: a letter more, less, another, or two in the wrong order (Damerau and Levenshtein)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for y, a in enumerate(one, start=1):
        before_last, before, row = before, row, [y]
        for x, b in enumerate(other, start=1):
            least = min(before[x] + 1, row[x - 1] + 1, before[x - 1] + (a != b))
            if y > 1 and x > 1 and a == other[x - 2] and one[y - 2] == b:
                least = min(least, before_last[x - 2] + 1)
            row.append(least)
    return row[-1]


def _without_port(host: str) -> str:
    return host.lower().rstrip(".") if host.startswith("[") else host.lower().partition(":")[0].rstrip(".")
