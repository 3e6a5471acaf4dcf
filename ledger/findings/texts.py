"""The shape of the texts that one kind of finding has, and the causes that many kinds share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.errors import Words


@dataclass(frozen=True, slots=True)
class KindTexts:
    """The texts of one kind of finding: its name, its usual causes (innocent ones first), how a party may answer."""

    label: Words
    causes: tuple[Words, ...]
    answer: Words


TYPING: Final = Words(zh="录入时抄错或多选", en="a slip when it was typed or picked")
NOT_YET: Final = Words(zh="相关记录还没有补录或上传", en="a record that has not been entered or uploaded yet")
CORRECT: Final = Words(
    zh="核对原始单据；如录错，请更正该条记录；如属实，请附情况说明。",
    en="Compare with the paper; put the record right if it is wrong, or add an explanation if it is as it was.",
)
