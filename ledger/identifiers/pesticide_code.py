"""Pesticide unit code (农药单元识别代码): the thirty-two digits on one bottle or bag of a pesticide.

They carry the last six digits of the registration number, so a code leads to candidates among the
registrations and not to one: thousands of groups of six digits repeat, some in PD and WP alike. There is no
check digit; anyone can copy a code.

>>> code = PesticideUnitCode.parse("12690011001900000000000000000217")
>>> code.registration_prefix, code.registration_last_six, code.made
('PD', '269001', 'by_holder')

Two rules for labels stand side by side: 农业部公告第 2579 号 (in force since 2018-01-01), and 农业农村部公告第
1049 号 (since 2026-11-01), which keeps the layout, drops temporary registrations, and asks that whoever scans is
told six facts. A pack falls under the rule of the day on which it was made. Old labels on old stock are read and are
no fault.

>>> from ledger.identifiers.times import LegalDate
>>> LabelRule.of(LegalDate.parse("2026-10-31")).name, LabelRule.of(LegalDate.parse("2026-11-01")).name
('NOTICE_2579', 'NOTICE_1049')
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from ledger.errors import Words
from ledger.identifiers._code import Code

if TYPE_CHECKING:
    from ledger.identifiers.times import LegalDate

_SHAPE = re.compile("[1-3][0-9]{6}[1-3][0-9]{24}")

RegistrationPrefix = Literal["PD", "WP", "LS"]

_PREFIXES: dict[str, RegistrationPrefix] = {"1": "PD", "2": "WP", "3": "LS"}
_MAKERS: dict[str, Literal["by_holder", "under_contract", "packed_under_contract"]] = {
    "1": "by_holder",
    "2": "under_contract",
    "3": "packed_under_contract",
}


_LAST_DIGITS = 6
_NUMBER = re.compile(r"(PD|WP|LS)(N?[0-9-]+)(?:[FK][0-9-]*)?", re.IGNORECASE)

#: The six facts, by the names that pages and answers give them.
LabelFact = Literal["name", "holder", "produced_on", "batch_number", "technical_number", "technical_maker"]
LABEL_FACTS: Final[dict[LabelFact, Words]] = {
    "name": Words(zh="农药名称", en="name of the pesticide"),
    "holder": Words(zh="登记证持有人", en="holder of the registration"),
    "produced_on": Words(zh="生产日期", en="produced on"),
    "batch_number": Words(zh="生产批次", en="batch"),
    "technical_number": Words(zh="原药（母药）登记证号", en="registration of the technical material"),
    "technical_maker": Words(zh="原药生产企业", en="maker of the technical material"),
}

#: The first day of production that falls under 农业农村部公告第 1049 号.
NOTICE_1049_FROM: Final = dt.date(2026, 11, 1)


class LabelRule(Enum):
    """Under which rule a label stands."""

    NOTICE_2579 = Words(zh="农业部公告第2579号（旧规标签）", en="Notice 2579 (the rule before)")
    NOTICE_1049 = Words(zh="农业农村部公告第1049号", en="Notice 1049")

    @classmethod
    def of(cls, made_on: LegalDate | None) -> LabelRule | None:
        """The rule for packs made on that day; of a pack whose day nobody recorded it is not known."""
        if made_on is None:
            return None
        return cls.NOTICE_1049 if made_on.date >= NOTICE_1049_FROM else cls.NOTICE_2579

    @property
    def words(self) -> Words:
        """Its name for a page."""
        return self.value

    @property
    def facts(self) -> tuple[LabelFact, ...]:
        """What whoever scans is to be told: two things, and where the page says more, the batch; or all six."""
        if self is LabelRule.NOTICE_1049:
            return tuple(LABEL_FACTS)
        return ("name", "holder", "batch_number")

    def admits(self, prefix: RegistrationPrefix) -> bool:
        """Whether a new label of this rule may name such a registration. Temporary ones are no longer given."""
        return prefix != "LS" or self is LabelRule.NOTICE_2579


def registration_ending(number: str) -> tuple[RegistrationPrefix, str] | None:
    """What a unit code carries of a registration number: its letters and last six digits; None for what is no such number.

    >>> registration_ending("PD20269001"), registration_ending("WP20080123"), registration_ending("PD91109-10")
    (('PD', '269001'), ('WP', '080123'), ('PD', '110910'))

    Old numbers hold dashes (PD91109-10). The notices do not say how they are cut; the dashes are left out here. That
    gives candidates, never a match.
    """
    match = _NUMBER.fullmatch(number.strip())
    if match is None:
        return None
    digits = re.sub("[^0-9]", "", match[2])
    prefix = next(one for one in _PREFIXES.values() if one == match[1].upper())
    return None if len(digits) < _LAST_DIGITS else (prefix, digits[-_LAST_DIGITS:])


@dataclass(frozen=True, slots=True, order=True)
class PesticideUnitCode(Code):
    """Thirty-two digits: registration, kind of maker, specification, and a random rest."""

    field: ClassVar[str] = "pesticide_code"

    @property
    def registration_prefix(self) -> RegistrationPrefix:
        """Position 1: PD in full, WP sanitary, LS temporary."""
        return _PREFIXES[self.text[0]]

    @property
    def registration_last_six(self) -> str:
        """Positions 2 to 7: the end of the registration number; several registrations may share it."""
        return self.text[1:7]

    @property
    def head(self) -> str:
        """Positions 1 to 11: all that the company chose and does not change from pack to pack."""
        return self.text[:11]

    def may_belong_to(self, number: str) -> bool:
        """Whether a registration of this number is a candidate. Others may end in the same six digits."""
        return registration_ending(number) == (self.registration_prefix, self.registration_last_six)

    @property
    def made(self) -> Literal["by_holder", "under_contract", "packed_under_contract"]:
        """Position 8: who made it for the holder of the registration."""
        return _MAKERS[self.text[7]]

    @property
    def specification(self) -> str:
        """Positions 9 to 11: the company's own code for the pack."""
        return self.text[8:11]

    @property
    def random_part(self) -> str:
        """Positions 12 to 32."""
        return self.text[11:]

    @classmethod
    def _check(cls, text: str) -> None:
        if not _SHAPE.fullmatch(text):
            raise cls._malformed(
                text,
                zh="32 位数字的农药单元识别代码（第 1 位和第 8 位为 1 至 3）",
                en="a pesticide unit code of 32 digits (the 1st and the 8th are 1 to 3)",
            )
