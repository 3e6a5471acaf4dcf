"""Licence numbers, as far as their shape says anything.

`FoodLicence` (SC production, JY operation) has a published structure and a check digit. All other numbers
are `LicenceNumber`: kept as printed, in one spelling; `kind_guess` looks at the format and at nothing else.
Neither says that a licence was issued, to whom, or that it is in force today: that is the register's to
say.

>>> licence = FoodLicence.parse("SC10432061390016")
>>> licence.activity, licence.class_words.zh, str(licence.region)
('production', '肉制品', '320613')
>>> LicenceNumber.parse("农药经许（苏）32068220001").kind_guess
<LicenceKind.PESTICIDE_OPERATION: 'pesticide_operation'>

Sources: 食品生产许可管理办法 and 食品经营许可管理办法 (structure of the numbers); GB/T 17710 MOD 11,10
(check digit); 食品生产许可分类目录 2020 (classes). The formats behind `kind_guess` are from printed
examples.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from stdnum.iso7064 import mod_11_10

from ledger.errors import Refusal, TooLarge, Words
from ledger.identifiers._code import Code
from ledger.identifiers.names import RegionCode

LICENCE_NUMBER_CHARACTERS_MAX = 60

_FOOD = re.compile("(?:SC|JY)[0-9]{14}")

_FOOD_CLASSES = {
    "01": Words(zh="粮食加工品", en="processed grain"),
    "02": Words(zh="食用油、油脂及其制品", en="edible oils and fats"),
    "03": Words(zh="调味品", en="condiments"),
    "04": Words(zh="肉制品", en="meat products"),
    "05": Words(zh="乳制品", en="dairy products"),
    "06": Words(zh="饮料", en="beverages"),
    "07": Words(zh="方便食品", en="convenience foods"),
    "08": Words(zh="饼干", en="biscuits"),
    "09": Words(zh="罐头", en="canned foods"),
    "10": Words(zh="冷冻饮品", en="frozen drinks and ices"),
    "11": Words(zh="速冻食品", en="quick-frozen foods"),
    "12": Words(zh="薯类和膨化食品", en="potato and puffed foods"),
    "13": Words(zh="糖果制品", en="confectionery"),
    "14": Words(zh="茶叶及相关制品", en="tea and related products"),
    "15": Words(zh="酒类", en="alcoholic drinks"),
    "16": Words(zh="蔬菜制品", en="vegetable products"),
    "17": Words(zh="水果制品", en="fruit products"),
    "18": Words(zh="炒货食品及坚果制品", en="roasted seeds and nuts"),
    "19": Words(zh="蛋制品", en="egg products"),
    "20": Words(zh="可可及焙烤咖啡产品", en="cocoa and roasted coffee"),
    "21": Words(zh="食糖", en="sugar"),
    "22": Words(zh="水产制品", en="aquatic products"),
    "23": Words(zh="淀粉及淀粉制品", en="starch and starch products"),
    "24": Words(zh="糕点", en="pastries"),
    "25": Words(zh="豆制品", en="bean products"),
    "26": Words(zh="蜂产品", en="bee products"),
    "27": Words(zh="保健食品", en="health foods"),
    "28": Words(zh="特殊医学用途配方食品", en="food for special medical purposes"),
    "29": Words(zh="婴幼儿配方食品", en="infant formula"),
    "30": Words(zh="特殊膳食食品", en="food for special diets"),
    "31": Words(zh="其他食品", en="other foods"),
}
_ADDITIVES = Words(zh="食品添加剂", en="food additives")
_OPERATION_FORMS = {
    "1": Words(zh="食品销售", en="food sales"),
    "2": Words(zh="餐饮服务", en="catering"),
    "3": Words(zh="单位食堂", en="canteen"),
}
_UNNAMED = Words(zh="未列明的类别", en="a class without a name here")


@dataclass(frozen=True, slots=True, order=True)
class FoodLicence(Code):
    """SC or JY and fourteen digits, of which the last checks the thirteen before it."""

    field: ClassVar[str] = "food_licence"

    @property
    def activity(self) -> Literal["production", "operation"]:
        """SC is for making food, JY for selling or serving it."""
        return "production" if self.text.startswith("SC") else "operation"

    @property
    def class_code(self) -> str:
        """SC: three digits, food (1) or additive (2) and its class. JY: one digit, the form of operation."""
        return self.text[2:5] if self.activity == "production" else self.text[2]

    @property
    def class_words(self) -> Words:
        """The class for a page."""
        code = self.class_code
        if self.activity == "operation":
            return _OPERATION_FORMS.get(code, _UNNAMED)
        return _ADDITIVES if code[0] == "2" else _FOOD_CLASSES.get(code[1:], _UNNAMED)

    @property
    def region(self) -> RegionCode:
        """Where it was issued."""
        start = 2 + len(self.class_code)
        return RegionCode(self.text[start : start + 6])

    @classmethod
    def _spell(cls, text: str) -> str:
        return text.upper() if text.isascii() else text

    @classmethod
    def _check(cls, text: str) -> None:
        if not _FOOD.fullmatch(text):
            raise cls._malformed(
                text, zh="SC 或 JY 加 14 位数字的食品许可证编号", en="SC or JY and 14 digits"
            )
        right = mod_11_10.calc_check_digit(text[2:-1])
        if right != text[-1]:
            raise cls._check_wrong(text, right=right)


class LicenceKind(StrEnum):
    """What a licence number looks like."""

    FOOD_PRODUCTION = "food_production"
    FOOD_OPERATION = "food_operation"
    DRUG_PRODUCTION = "drug_production"
    DRUG_OPERATION = "drug_operation"
    PESTICIDE_PRODUCTION = "pesticide_production"
    PESTICIDE_OPERATION = "pesticide_operation"
    PESTICIDE_REGISTRATION = "pesticide_registration"
    SLAUGHTER = "slaughter"


# Format only. The number of an inspector's certificate (执法证) has no structure that we know, so nothing
# is guessed of it.
_GUESSES = (
    (re.compile("[\u4e00-\u9fff][0-9]{8}"), LicenceKind.DRUG_PRODUCTION),
    # Province; A wholesale, B chain head office, C chain shop, D single shop; A legal person, B not; region
    # and serial.
    (re.compile("[\u4e00-\u9fff][A-D][AB][0-9]{9}"), LicenceKind.DRUG_OPERATION),
    (re.compile(r"农药生许\([\u4e00-\u9fff]\)[0-9]{4,}"), LicenceKind.PESTICIDE_PRODUCTION),
    (re.compile(r"农药经许\([\u4e00-\u9fff]\)[0-9]{4,}"), LicenceKind.PESTICIDE_OPERATION),
    # PD in full, WP sanitary, LS temporary; old numbers end in a dash and a supplement (PD91109-10).
    (re.compile("(?:PD|WP|LS)[0-9]{4,8}(?:-[0-9]{1,3})?"), LicenceKind.PESTICIDE_REGISTRATION),
    (re.compile("A[0-9]{8}"), LicenceKind.SLAUGHTER),
)
_PARENTHESES = str.maketrans("（）", "()")


@dataclass(frozen=True, slots=True, order=True)
class LicenceNumber(Code):
    """Any licence or certificate number: opaque, without spaces, half-width parentheses, capital Latin
    letters.
    """

    field: ClassVar[str] = "licence_number"

    @property
    def kind_guess(self) -> LicenceKind | None:
        """The kind whose format this has, or None. A hint for a form, never a finding."""
        guess = next((kind for pattern, kind in _GUESSES if pattern.fullmatch(self.text)), None)
        if guess is not None or not _FOOD.fullmatch(self.text):
            return guess
        try:
            FoodLicence(self.text)
        except Refusal:
            return None
        return LicenceKind.FOOD_PRODUCTION if self.text.startswith("SC") else LicenceKind.FOOD_OPERATION

    @classmethod
    def _spell(cls, text: str) -> str:
        composed = unicodedata.normalize("NFC", text).translate(_PARENTHESES)
        # Only ASCII letters: `upper` on the whole would turn ß into SS.
        return "".join(c.upper() if c.isascii() else c for c in composed if not c.isspace())

    @classmethod
    def _check(cls, text: str) -> None:
        if len(text) > LICENCE_NUMBER_CHARACTERS_MAX:
            most = LICENCE_NUMBER_CHARACTERS_MAX
            expected = Words(
                zh=f"最多 {most} 个字符的证号", en=f"a licence number of at most {most} characters"
            )
            raise TooLarge(field=cls.field, came=text, expected=expected)
        if not text or not text.isprintable() or cls._spell(text) != text:
            raise cls._malformed(
                text,
                zh="许可证编号（不含空格和控制符）",
                en="a licence number without spaces and control characters",
            )
