"""Which printed codes are whose: the heads of a product's codes, and other codes of the same goods."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StrictInt, StringConstraints, model_validator

from ledger.errors import Malformed, Words
from ledger.identifiers.printed import spelt
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In, Part
from ledger.vocabulary.values import CODES_MAX, CodeText, GoodsRef, ProductRef

#: The national schemes whose codes begin, or hold in a fixed place, what their maker chose once.
CodeScheme = Literal["drug", "pesticide", "veterinary_drug", "seed", "ear_tag"]
#: 小包装、中包装、大包装 and what they stand on.
PackLevel = Literal["unit", "middle", "case", "pallet"]

HEADS_MAX: Final = 50
#: As many of the smallest packs as one pack may hold.
HOLDS_MAX: Final = 1_000_000

_FORMS: Final[dict[CodeScheme, tuple[re.Pattern[str], Words]]] = {
    "drug": (re.compile("[0-9]{7}"), Words(zh="7 位药品标识码", en="the 7 digits of a drug's product mark")),
    "pesticide": (
        re.compile("[1-3][0-9]{6}[1-3][0-9]{3}"),
        Words(
            zh="单元识别代码前 11 位（登记类别、登记证号后六位、生产类型、规格码）",
            en="the first 11 digits of the unit code (registration, kind of maker, specification)",
        ),
    ),
    "veterinary_drug": (
        re.compile("[0-9]{5}"),
        Words(zh="追溯码第 9 至 13 位的企业代码", en="the maker's 5 digits, positions 9 to 13 of the code"),
    ),
    "seed": (
        re.compile("[0-9A-Za-z]{2,19}"),
        Words(zh="单元识别代码开头的 2 至 19 位", en="the first 2 to 19 characters of the unit code"),
    ),
    "ear_tag": (
        re.compile("[1-3][0-9]{6,13}"),
        Words(
            zh="耳标号开头的 7 至 14 位（畜种、县、起始号）",
            en="the first 7 to 14 digits of the ear tag number",
        ),
    ),
}


class CodeHead(Part):
    """What all codes of one product at one packing level have in common. `holds`: how many of the smallest packs are in such a pack."""

    scheme: CodeScheme
    head: Annotated[str, StringConstraints(min_length=2, max_length=19)]
    level: PackLevel = "unit"
    holds: Annotated[StrictInt, Field(ge=1, le=HOLDS_MAX)] | None = None

    @model_validator(mode="after")
    def _check_form(self) -> Self:
        form, expected = _FORMS[self.scheme]
        if not form.fullmatch(self.head):
            raise Malformed(field="head", came=self.head, expected=expected)
        return self


class CodeHeads(Correctable):
    """Which heads of codes belong to a product, each with its packing level: 码段登记（药品标识码、农药规格码 …）.

    药品追溯码 (NMPAB/T 1002-2019): every packing level has seven digits of its own. 农药单元识别代码: the company's specification code. Several
    such records of one product add up. A head leads to the product and never to a batch, and two companies may claim the same one.
    """

    TYPE: ClassVar[str] = "code_head.v1"
    TITLE: ClassVar[Words] = Words(zh="码段登记", en="code heads")

    product: Annotated[ProductRef, In("code_heads", "public", "产品编号", "product id")]
    heads: Annotated[
        tuple[CodeHead, ...],
        Field(min_length=1, max_length=HEADS_MAX),
        In("code_heads", "public", "码段", "heads"),
    ]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        heads = [(one.scheme, one.head) for one in self.heads]
        if len(set(heads)) != len(heads):
            raise Malformed(
                field="heads",
                came=[head for _, head in heads],
                expected=Words(zh="每个码段一次", en="each head once"),
            )
        return self


class Alias(Correctable):
    """Other codes of the same goods: 一物多码的对应. With `code`, of that one pack of them; without, of all of them.

    Where a pack carries a national code beside a Digital Link, or a batch a number that another system gave it, this says that they name
    one thing. Whoever recorded the batch says so. A code that was issued under its own name stays what it was issued for.
    """

    TYPE: ClassVar[str] = "alias.v1"
    TITLE: ClassVar[Words] = Words(zh="一物多码对应", en="other codes of goods")

    goods: Annotated[GoodsRef, In("alias", "chain", "货物标识", "goods id")]
    code: Annotated[CodeText | None, In("alias", "chain", "本码", "code of the pack")] = None
    aliases: Annotated[
        tuple[CodeText, ...],
        Field(min_length=1, max_length=CODES_MAX),
        In("alias", "chain", "其他码", "other codes"),
    ]

    @model_validator(mode="after")
    def _check_others(self) -> Self:
        spellings = [spelt(one) for one in self.aliases]
        if len(set(spellings)) != len(spellings):
            raise Malformed(
                field="aliases", came=spellings, expected=Words(zh="每个码一次", en="each code once")
            )
        if self.code is not None and spelt(self.code) in spellings:
            raise Malformed(
                field="aliases",
                came=self.code,
                expected=Words(zh="不同于本码的码", en="codes other than its own"),
            )
        return self
