"""Ear tag number (畜禽标识编码): the fifteen digits in the ear of a pig, a cow or a sheep.

One digit for the species, six for the county where the animal was first tagged, eight for the animal. No
check digit.

Source: 畜禽标识和养殖档案管理办法 (农业部令 2006 年第 67 号).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ledger.errors import Words
from ledger.identifiers._code import Code
from ledger.identifiers.names import RegionCode

_SHAPE = re.compile("[1-3][0-9]{14}")
_SPECIES = {
    "1": Words(zh="猪", en="pig"),
    "2": Words(zh="牛", en="cattle"),
    "3": Words(zh="羊", en="sheep or goat"),
}


@dataclass(frozen=True, slots=True, order=True)
class EarTag(Code):
    """Fifteen digits: species, county and animal."""

    field: ClassVar[str] = "ear_tag"

    @property
    def species(self) -> Words:
        """Pig, cattle, sheep or goat."""
        return _SPECIES[self.text[0]]

    @property
    def region(self) -> RegionCode:
        """The county that gave out the tag."""
        return RegionCode(self.text[1:7])

    @property
    def serial(self) -> str:
        """Eight digits: this animal."""
        return self.text[7:]

    @classmethod
    def _check(cls, text: str) -> None:
        if not _SHAPE.fullmatch(text):
            raise cls._malformed(
                text,
                zh="15 位数字的耳标号（第 1 位：1 猪、2 牛、3 羊）",
                en="an ear tag number of 15 digits (the 1st: 1 pig, 2 cattle, 3 sheep)",
            )
