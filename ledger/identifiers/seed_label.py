r"""Seed label code: the four lines in the QR code on a bag of seed, and the unit code among them.

Name of the variety, who produces or imports it, unit code, address of the trace page: one line each, in this order,
and no advertising. The unit code is the company's own, digits or digits and letters, one for each smallest pack; two
companies may use the same one, so it is known here only where it was recorded or its head declared.

>>> label = SeedLabel.parse("品种名称：苏玉 1 号\r\n生产经营者名称：某种业（演示）\r\n单元识别代码：SY2026000017\r\n追溯网址：https://seed.example/q")
>>> str(label.unit_code), label.variety
('SY2026000017', '苏玉 1 号')

Source: 农作物种子标签二维码编码规则 (原农业部, 2016-09-18), for 农作物种子标签和使用说明管理办法.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from ledger.errors import Malformed, Refusal, Words, shown
from ledger.identifiers._code import Code, OrderedByText

_UNIT = re.compile("[0-9A-Za-z]{1,20}")
NAME_CHARACTERS_MAX = 100
ADDRESS_CHARACTERS_MAX = 500
#: Longer than any label of four such lines.
SEED_LABEL_CHARACTERS_MAX = 1_000

#: What stands before each line. The rule leaves the words open; makers print these.
_HEADS = (
    "品种名称",
    "生产经营者或进口商名称|生产经营者名称|进口商名称|生产经营者|进口商",
    "单元识别代码",
    "追溯网址|追溯网站",
)
# A form's single line takes the line ends away, so the heads alone may keep the lines apart.
_HEADED = re.compile(
    r"\s*" + r"\s*".join(rf"(?:{head})\s*[:：]\s*(.+?)" for head in _HEADS) + r"\s*", re.DOTALL
)
_ADDRESS = re.compile(r"(?:https?://)?[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?::[0-9]{1,5})?(?:/[!-~]*)?")
_LINES = 4


@dataclass(frozen=True, slots=True, order=True)
class SeedUnitCode(Code):
    """One smallest pack of seed: at most twenty digits and letters, kept as they were printed."""

    field: ClassVar[str] = "seed_unit_code"

    @classmethod
    def _check(cls, text: str) -> None:
        if not _UNIT.fullmatch(text):
            raise cls._malformed(
                text,
                zh="不超过 20 位数字或字母的种子单元识别代码",
                en="a seed unit code of at most 20 digits and letters",
            )


@dataclass(frozen=True, slots=True)
class SeedLabel(OrderedByText):
    """The four lines. What stands beside the unit code is the printer's word, and no address is followed."""

    variety: str
    operator: str
    unit_code: SeedUnitCode
    address: str

    def __post_init__(self) -> None:
        for field, value, most in (
            ("variety", self.variety, NAME_CHARACTERS_MAX),
            ("operator", self.operator, NAME_CHARACTERS_MAX),
            ("address", self.address, ADDRESS_CHARACTERS_MAX),
        ):
            if not 1 <= len(value) <= most or value != value.strip() or not value.isprintable():
                raise Malformed(
                    field=field,
                    came=shown(value),
                    expected=Words(zh=f"一行文字，1 至 {most} 字", en=f"one line of 1 to {most} characters"),
                )
            if re.search(rf"(?:{'|'.join(_HEADS)})\s*[:：]", value):
                expected = Words(zh="只有一项内容的一行", en="a line that holds one thing")
                raise Malformed(field=field, came=value, expected=expected)
        if not _ADDRESS.fullmatch(self.address):
            expected = Words(zh="追溯网址", en="the address of the trace page")
            raise Malformed(field="address", came=self.address, expected=expected)

    @classmethod
    def parse(cls, text: str, *, field: str = "seed_label") -> Self:
        """The lines of a seed label, with or without the words before them."""
        try:
            variety, operator, unit, address = _four_lines(text)
            return cls(variety, operator, SeedUnitCode.parse(unit, field="unit_code"), address)
        except Refusal as refusal:
            raise refusal.at(field) from None

    def __str__(self) -> str:
        return (
            f"品种名称：{self.variety}\r\n生产经营者名称：{self.operator}\r\n"
            f"单元识别代码：{self.unit_code}\r\n追溯网址：{self.address}"
        )


def _four_lines(text: str) -> tuple[str, str, str, str]:
    if len(text) <= SEED_LABEL_CHARACTERS_MAX:
        headed = _HEADED.fullmatch(text)
        if headed is not None:
            return headed[1].strip(), headed[2].strip(), headed[3].strip(), headed[4].strip()
        lines = [line.strip() for line in text.strip().splitlines()]
        if len(lines) == _LINES:
            return lines[0], lines[1], lines[2], lines[3]
    raise Malformed(
        field="",
        came=text,
        expected=Words(
            zh="四行：品种名称、生产经营者名称、单元识别代码、追溯网址",
            en="four lines: variety, producer, unit code, address",
        ),
    )
