"""Credit code (统一社会信用代码): the number of a company, a stall with a licence, a cooperative, a school
or an office.

Eighteen characters: who registered (1), what it is (2), where (3 to 8, a GB/T 2260 region), the
organisation (9 to 17) and a check character. A right check character means that the code was copied
correctly, not that the organisation exists. Farmers and hawkers have no credit code, and that is lawful.

>>> code = CreditCode.parse("93320682dem0010172")
>>> code.kind.words.zh, str(code.region)
('农民专业合作社', '320682')

Source: GB 32100-2015 (alphabet without I, O, Z, S, V; check modulo 31); GB 11714-1997 (check of the
organisation's part).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from stdnum.cn import uscc

from ledger.errors import Words
from ledger.identifiers._code import Code
from ledger.identifiers.names import RegionCode

# Our own shape: the library's `validate` wants a digit first and so refuses village collectives (N2…).
_SHAPE = re.compile("[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")

#: GB 11714-1997: weights of the eight characters before the organisation's own check character.
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class OrganisationKind(Enum):
    """What the first two characters say it is; the kinds that a ledger of goods meets, and the rest."""

    GOVERNMENT = Words(zh="机关", en="government office")
    PUBLIC_INSTITUTION = Words(zh="事业单位", en="public institution")
    SOCIAL_ORGANISATION = Words(zh="社会组织", en="social organisation")
    COMPANY = Words(zh="企业", en="company")
    SOLE_TRADER = Words(zh="个体工商户", en="sole trader")
    COOPERATIVE = Words(zh="农民专业合作社", en="farmers' cooperative")
    RURAL_COLLECTIVE = Words(zh="农村集体经济组织", en="rural collective")
    OTHER = Words(zh="其他组织", en="other organisation")

    @property
    def words(self) -> Words:
        """Its name for a page."""
        return self.value


_KINDS = {
    "11": OrganisationKind.GOVERNMENT,
    "12": OrganisationKind.PUBLIC_INSTITUTION,
    "51": OrganisationKind.SOCIAL_ORGANISATION,
    "52": OrganisationKind.SOCIAL_ORGANISATION,
    "53": OrganisationKind.SOCIAL_ORGANISATION,
    "91": OrganisationKind.COMPANY,
    "92": OrganisationKind.SOLE_TRADER,
    "93": OrganisationKind.COOPERATIVE,
    "N1": OrganisationKind.RURAL_COLLECTIVE,
    "N2": OrganisationKind.RURAL_COLLECTIVE,
    "N3": OrganisationKind.RURAL_COLLECTIVE,
}


@dataclass(frozen=True, slots=True, order=True)
class CreditCode(Code):
    """A credit code whose check character is right, in upper case."""

    field: ClassVar[str] = "credit_code"

    @property
    def kind(self) -> OrganisationKind:
        """Company, sole trader, cooperative …"""
        return _KINDS.get(self.text[:2], OrganisationKind.OTHER)

    @property
    def region(self) -> RegionCode:
        """Where it was registered."""
        return RegionCode(self.text[2:8])

    @property
    def organisation_check_ok(self) -> bool:
        """Whether the organisation's own check character fits too. Only a hint: some codes from before 2015
        differ.
        """
        # GB 11714 counts letters on from 10, and writes 10 as X and 11 as 0.
        total = sum(
            int(c, 36) * weight for c, weight in zip(self.text[8:16], _ORGANISATION_WEIGHTS, strict=True)
        )
        return "0123456789X0"[11 - total % 11] == self.text[16]

    @classmethod
    def _spell(cls, text: str) -> str:
        return text.upper() if text.isascii() else text

    @classmethod
    def _check(cls, text: str) -> None:
        if not _SHAPE.fullmatch(text):
            raise cls._malformed(
                text,
                zh="18 位统一社会信用代码（数字和大写字母，不含 I、O、Z、S、V）",
                en="a credit code of 18 digits and capital letters (without I, O, Z, S, V)",
            )
        right = uscc.calc_check_digit(text[:-1])
        if right != text[-1]:
            raise cls._check_wrong(text, right=right)
