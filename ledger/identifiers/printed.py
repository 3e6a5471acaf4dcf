"""Unit codes as they are printed, typed and pasted: in groups, as wide as a character, inside an address or a sentence.

`printed_code` finds the one code that a text holds, and `spelt` gives the one spelling under which records of a pack find
each other, however each of them wrote it. Four national schemes are plain digits of four lengths, so the length says
which it is; a text that holds two different codes names no pack.

>>> spelt("8123456 78901-23456784"), spelt("http://p.example/q?c=12690011001900000000000000000217")
('81234567890123456784', '12690011001900000000000000000217')
>>> spelt("https://id.gs1.org/01/09520001000010/21/81234567890123456784")
'https://id.gs1.org/01/09520001000010/21/81234567890123456784'

Whether the code was issued is for the ledger to say. The digits of an e-invoice are twenty too; nothing in them tells it from
a drug, so whoever looks up asks for both.
"""

from __future__ import annotations

import re
from typing import Final

from ledger.errors import Refusal
from ledger.identifiers.drug_code import DrugTraceCode
from ledger.identifiers.ear_tag import EarTag
from ledger.identifiers.pesticide_code import PesticideUnitCode
from ledger.identifiers.seed_label import SEED_LABEL_CHARACTERS_MAX, SeedLabel, SeedUnitCode
from ledger.identifiers.vet_drug_code import VetDrugCode

PrintedCode = DrugTraceCode | VetDrugCode | PesticideUnitCode | EarTag | SeedUnitCode

#: Longer texts are no label.
PRINTED_CHARACTERS_MAX: Final = 2_000

#: The schemes whose codes are digits alone, by how many.
BY_DIGITS: Final[dict[int, type[EarTag | DrugTraceCode | VetDrugCode | PesticideUnitCode]]] = {
    15: EarTag,
    20: DrugTraceCode,
    24: VetDrugCode,
    32: PesticideUnitCode,
}
_DIGITS_MIN: Final = min(BY_DIGITS)
_FULL_WIDTH: Final = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20}
# Dashes as keyboards and word processors make them.
_BETWEEN: Final = re.compile("[ \t\u00a0\u2009\u202f\u2010-\u2015\u2212-]+")
_LINES: Final = re.compile("[\r\n]+")
_RUN: Final = re.compile("(?<![0-9])(?:[0-9]{15}|[0-9]{20}|[0-9]{24}|[0-9]{32})(?![0-9])")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S*")
_GROUPED: Final = re.compile(r"(?<![0-9])[0-9]+(?:(?:[ -]|[ \t]*\r?\n[ \t]*)[0-9]+)+(?![0-9])")
# A path that speaks of a GTIN is a Digital Link: its digits are GS1's.
_GS1_PATH: Final = re.compile("/01/[0-9]{8,14}(?:/|$|[?#])")
_SEED: Final = "单元识别代码"
# Fifteen digits stand in many addresses; an ear tag's begin with a species and a province that there is.
_EAR_TAG_WITHIN: Final = re.compile("[1-3](?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])[0-9]{12}")


def folded(text: str) -> str:
    """The text with characters as wide as a Chinese one brought to their usual width."""
    return text.translate(_FULL_WIDTH)


def joined(text: str) -> str:
    """What was typed in groups, without the spaces and dashes between them; of digits alone, also without the ends of lines."""
    whole = _BETWEEN.sub("", folded(text).strip())
    digits = _LINES.sub("", whole)
    return digits if digits.isascii() and digits.isdigit() else whole


def printed_code(text: str) -> PrintedCode | None:
    """The one unit code of a national scheme that this text is or holds."""
    if len(text) > PRINTED_CHARACTERS_MAX:
        return None
    label = seed_label(text)
    if label is not None:
        return label.unit_code
    whole = joined(text)
    if whole.isascii() and whole.isdigit():
        code = _read(whole)
        # Lines that are no code together may hold one each.
        return code if code is not None or "\n" not in text.strip() else _within(text)
    return _within(text)


def seed_label(text: str) -> SeedLabel | None:
    """The four lines of a seed label, if the text is that."""
    if len(text) > SEED_LABEL_CHARACTERS_MAX or (_SEED not in text and "\n" not in text.strip()):
        return None
    try:
        return SeedLabel.parse(text)
    except Refusal:
        return None


def spelt(text: str) -> str:
    """The one spelling of the code in this text; the text itself where it is none of a national scheme."""
    # Asked for every code of every record, and most are spelt so already.
    if text.isascii() and (text.isdigit() or _GS1_PATH.search(text) or _holds_none(text)):
        return text
    code = printed_code(text)
    return text if code is None else str(code)


def _holds_none(text: str) -> bool:
    """Whether there are too few digits for any of these codes, and no lines for a seed label."""
    return "\n" not in text and sum(map(str.isdigit, text)) < _DIGITS_MIN


def _within(text: str) -> PrintedCode | None:
    """The one code among other words, or in an address."""
    plain = folded(text)
    if _GS1_PATH.search(plain):
        return None
    found = set(_RUN.findall(plain))
    # In an address a dash is a dash; between words, groups are groups.
    words = _ADDRESS.sub(" ", plain)
    found |= {run for group in _GROUPED.findall(words) if _RUN.fullmatch(run := joined(group))}
    codes = {code for run in found if (code := _read(run)) is not None and _stands(code)}
    return codes.pop() if len(codes) == 1 else None


def _stands(code: PrintedCode) -> bool:
    return not isinstance(code, EarTag) or _EAR_TAG_WITHIN.fullmatch(code.text) is not None


def _read(digits: str) -> PrintedCode | None:
    kind = BY_DIGITS.get(len(digits))
    if kind is None:
        return None
    try:
        return kind.parse(digits)
    except Refusal:
        return None
