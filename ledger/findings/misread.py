"""What readers and fingers make of a printed code: capitals lost, a separator lost, a code read twice into one, one slip in typing.

Most alerts of deployed systems are these, so a code is held against them before anybody asks why it was never issued. All look-ups go
through the index, code by code: a lot may have a hundred thousand.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal
from ledger.identifiers import DigitalLink, GoodsId
from ledger.views.book import about, code_key, of_type
from ledger.vocabulary.goods import Codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.views.book import Book

#: A fixed-length field behind a serial whose FNC1 was lost: production, packaging, best-before, expiry day; or the batch number.
_DATED_FIELDS: Final = ("11", "13", "15", "17")
_DATE_DIGITS: Final = 6
_BATCH_FIELD: Final = "10"
_LETTERS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase + "-"
#: Longer texts are no unit code with a slip in it.
_SLIP_CHARACTERS_MAX: Final = 40


def as_issued(book: Book, code: str) -> str:
    """The issued code that a reader may have made this one out of, by its keyboard or for want of a separator; the code itself if none."""
    if is_issued(book, code):
        return code
    return next((one for one in _by_reader(code) if is_issued(book, one)), code)


def lot_of(code: str) -> GoodsId | None:
    """The lot that a code claims to be of; other codes than Digital Links claim none by themselves."""
    try:
        link = DigitalLink.parse(code)
    except Refusal:
        return None
    return GoodsId.of_link(link.batch_link())


def is_issued(book: Book, code: str) -> bool:
    return any(said.action == "issue" for _, said in of_type(about(book, code_key(code)), Codes))


def _by_reader(code: str) -> Iterator[str]:
    """What may have been printed where a reader gave this."""
    head, slash, tail = code.rpartition("/")
    begin = head + slash
    yield from (
        begin + one for one in dict.fromkeys((tail.upper(), tail.lower(), tail.swapcase())) if one != tail
    )
    for end in range(1, len(tail)):
        rest = tail[end:]
        dated = (
            rest[:2] in _DATED_FIELDS
            and rest[2 : 2 + _DATE_DIGITS].isdigit()
            and len(rest) >= 2 + _DATE_DIGITS
        )
        # The next field without its separator, in brackets as some readers write it; or the same code once more.
        if dated or rest.startswith((_BATCH_FIELD, "(")) or rest == tail[:end]:
            yield begin + tail[:end]


def issued_next_to(book: Book, code: str) -> Iterator[str]:
    """The issued codes that are one slip of the finger away: a letter wrong, missing, too many, or two in the wrong order."""
    head, slash, tail = code.rpartition("/")
    if not 0 < len(tail) <= _SLIP_CHARACTERS_MAX:
        return
    slips = {
        *(tail[:at] + tail[at + 1 :] for at in range(len(tail))),
        *(tail[:at] + letter + tail[at + 1 :] for at in range(len(tail)) for letter in _LETTERS),
        *(tail[:at] + letter + tail[at:] for at in range(len(tail) + 1) for letter in _LETTERS),
        *(tail[:at] + tail[at + 1] + tail[at] + tail[at + 2 :] for at in range(len(tail) - 1)),
    } - {tail, ""}
    keys = {code_key(head + slash + one): head + slash + one for one in slips}
    named = sorted({mention.key for mention in book.mentions(keys)})
    yield from (keys[key] for key in named if is_issued(book, keys[key]))
