"""Where the codes of a run come from: drawn by us, counted from one to another, or listed by whoever had them printed.

    Drawn     our own: eighty random bits behind the Digital Link of the batch, or a hundred where goods have no GTIN
    Counted   8123456 0000000000001 to 8123456 0000000100000: the maker's own numbers, or those that a platform gave him
    Listed    whatever stands in his list

Drawn ones say nothing: not how many there are, not which comes next, and nobody meets one by trying (2^80 of them, of which a ledger hands out
some millions). Counted and listed ones are the maker's choice; where a code can be guessed, a copy can be printed without ever having seen a
pack, and the pages say so.

Every source gives any stretch of its codes again when asked for it, except that what is drawn is drawn anew: what was recorded stands in the log.
"""

from __future__ import annotations

import os
import re
from base64 import b32encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Protocol, Self

from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers._crockford import ALPHABET, RANDOM_BYTES, RANDOM_LETTERS
from ledger.identifiers.gs1.element_strings import GS1Elements
from ledger.identifiers.gs1.links import GS1Link
from ledger.identifiers.printed import spelt

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.identifiers.names import GoodsId

Origin = Literal["drawn", "counted", "listed"]

#: RFC 4648 spells the same five bits with other letters; ours are the ones that people do not confuse.
_SPELT: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)
#: Goods without a GTIN: the code stands alone on the label. Twenty letters, so that it is never taken for a batch code, which has seventeen.
_ALONE_LETTERS: Final = 20
_BITS_A_LETTER: Final = 5
#: AI 21 of the batch behind its GTIN.
_SERIAL: Final = "/21/"
_SSCC: Final = re.compile("[0-9]{18}")
_COUNTED: Final = re.compile(r"(?P<head>.*?)(?P<number>[0-9]{1,18})")


class CodeSource(Protocol):
    """The codes of one run, in order."""

    @property
    def origin(self) -> Origin:
        """How they came about."""
        ...

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    @property
    def bytes_max(self) -> int:
        """The longest of them, in UTF-8."""
        ...

    def take(self, start: int, stop: int) -> tuple[str, ...]:
        """Those from `start` to before `stop`."""
        ...


@dataclass(frozen=True, slots=True)
class Drawn:
    """Codes of our own for some goods."""

    origin: ClassVar[Origin] = "drawn"

    goods: GoodsId
    count: int
    randomness: Callable[[int], bytes] = os.urandom

    def __post_init__(self) -> None:
        """One pack has one code; packs of a pack's code there are none."""
        link = self.goods.digital_link
        if (link is not None and link.serial is not None) or (link is None and self.goods.batch_code is None):
            expected = Words(
                zh="GS1 数字链接（不带序列号）或批次码标识的货物",
                en="goods named by a GS1 Digital Link without a serial number, or by a batch code",
            )
            raise Malformed(field="goods", came=self.goods, expected=expected)
        check_count(self.count)

    @property
    def head(self) -> str:
        """What stands before the random letters."""
        return "" if self.goods.digital_link is None else f"{self.goods}{_SERIAL}"

    @property
    def bytes_max(self) -> int:
        """See `CodeSource`."""
        return len(self.head) + self._letters

    @property
    def _letters(self) -> int:
        return _ALONE_LETTERS if self.goods.digital_link is None else RANDOM_LETTERS

    def take(self, start: int, stop: int) -> tuple[str, ...]:
        """New ones each time."""
        count, letters, head = stop - start, self._letters, self.head
        text = b32encode(self.randomness(-(-count * letters * _BITS_A_LETTER // 8))).decode("ascii")
        drawn = text.translate(_SPELT)
        return tuple(head + drawn[place : place + letters] for place in range(0, count * letters, letters))


@dataclass(frozen=True, slots=True)
class Counted:
    """A stretch of numbers behind one head, each written with as many digits as the first."""

    origin: ClassVar[Origin] = "counted"

    head: str
    first: int
    count: int
    digits: int

    @classmethod
    def parse(cls, first: str, last: str, *, field: str = "range") -> Self:
        """From the first code of a stretch to the last: alike but for the digits they end in."""
        one, other = _COUNTED.fullmatch(first), _COUNTED.fullmatch(last)
        if (
            one is None
            or other is None
            or len(first) != len(last)
            or first[: -len(one["number"])] != last[: -len(one["number"])]
            or last < first
        ):
            expected = Words(
                zh="首尾等长、仅末尾数字不同、由小到大的两个码",
                en="two codes of one length that differ in the digits they end in, the lower one first",
            )
            raise Malformed(field=field, came=f"{first} … {last}", expected=expected)
        digits = len(one["number"])
        number = int(one["number"])
        count = int(last[-digits:]) - number + 1
        check_count(count, field=field)
        return cls(head=one["head"], first=number, count=count, digits=digits)

    @classmethod
    def after(cls, first: str, count: int) -> Self:
        """So many codes from this one on."""
        one = cls.parse(first, first)
        check_count(count)
        return cls(head=one.head, first=one.first, count=count, digits=one.digits)

    @property
    def bytes_max(self) -> int:
        """See `CodeSource`."""
        return len(self.head.encode()) + self.digits

    def take(self, start: int, stop: int) -> tuple[str, ...]:
        """See `CodeSource`."""
        head, digits = self.head, self.digits
        return tuple(f"{head}{number:0{digits}}" for number in range(self.first + start, self.first + stop))


@dataclass(frozen=True, slots=True)
class Listed:
    """Codes as they were listed, each once."""

    origin: ClassVar[Origin] = "listed"

    codes: tuple[str, ...]

    def __post_init__(self) -> None:
        """One code on two packs is no list of packs."""
        check_count(len(self.codes), field="codes")
        seen: set[str] = set()
        for number, code in enumerate(self.codes):
            if code in seen:
                expected = Words(zh="每个码一次", en="each code once")
                raise Malformed(field=f"codes[{number}]", came=code, expected=expected)
            seen.add(code)

    @property
    def count(self) -> int:
        """See `CodeSource`."""
        return len(self.codes)

    @property
    def bytes_max(self) -> int:
        """See `CodeSource`."""
        return max(len(one.encode()) for one in self.codes)

    def take(self, start: int, stop: int) -> tuple[str, ...]:
        """See `CodeSource`."""
        return self.codes[start:stop]


#: A million packs in one run; a line that fills more is more than one batch.
COUNT_MAX: Final = 1_000_000

#: What a drawn code is worth at least, in bits.
BITS_MIN: Final = RANDOM_BYTES * 8


def check_count(count: int, *, field: str = "count") -> None:
    """Raise unless so many codes make a run."""
    if not 1 <= count <= COUNT_MAX:
        raise TooLarge(
            field=field, came=count, expected=Words(zh=f"1 至 {COUNT_MAX} 个码", en=f"1 to {COUNT_MAX} codes")
        )


def pack_code(text: str, *, field: str = "code") -> str:
    """The one spelling under which packs of any level are recorded: an SSCC or a GS1 serial as its link at id.gs1.org, others as `spelt`.

    An SSCC is known by its brackets, its symbology, its path, or by eighteen digits whose check digit is good.
    """
    plain = text.strip()
    if plain.startswith(("(", "]")) or "/00/" in plain or "/01/" in plain:
        # Somebody meant GS1, so a wrong check digit is a slip to be told.
        read = GS1Link.parse(plain, field=field) if "://" in plain else None
        link = read or GS1Elements.parse(plain, field=field).link
        if link is not None:
            return link.canonical
    if _SSCC.fullmatch(plain):
        try:
            return pack_code(f"(00){plain}")
        except Refusal:
            return plain
    return spelt(plain)
