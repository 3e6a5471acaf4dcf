"""How long a category's records must be kept: the shape of a profile's `[retention]` section.

The law sets floors, never ends (食品安全法 53: 不得少于): a date that comes out of a rule is the last day on which a record must still be
there. The longest of the periods that apply counts. Where no period is known the record stays; nothing is ever guessed shorter.

    [retention]
    law = "食品安全法 50、53"
    after_expiry_months = 6          # behind the last day of the goods' shelf life
    without_expiry_months = 24       # where the goods have none, from the day of the record
    [retention.records.use]          # for one type of record, instead of the above
    law = "农产品质量安全法 27"
    at_least_months = 24             # from the day of the record, whatever the shelf life

Which records these rules meet, and what keeps a record beyond them, is decided in `ledger.retention`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ledger.errors import Words

#: Nothing the law names is longer; a typing error in a file is.
MONTHS_MAX: Final = 1_200

_Months = Annotated[int, Field(ge=1, le=MONTHS_MAX)]
_Law = Annotated[str, Field(min_length=1, max_length=60)]

#: Records of goods, each a duty of its own. Official papers have no entry here: they are kept.
KeptRecord = Literal[
    "batch",
    "release",
    "codes",
    "packing",
    "transformation",
    "use",
    "adjustment",
    "supplier_check",
    "supplier_file",
    "certificate",
    "commitment",
    "voucher",
    "shipment",
    "receipt",
    "return",
    "sale",
    "recall_answer",
    "epcis_event",
]


class Period(BaseModel):
    """One floor. At least one of the three periods is given; of those that apply, the longest counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    law: _Law
    #: From the day of the record.
    at_least_months: _Months | None = None
    #: From the last day of the goods' shelf life, where they have one.
    after_expiry_months: _Months | None = None
    #: From the day of the record, where the goods have no shelf life that anybody recorded.
    without_expiry_months: _Months | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.at_least_months is None and None in {self.after_expiry_months, self.without_expiry_months}:
            # With one of the two alone some goods would have no floor, and would be kept for ever without a word.
            message = "give at_least_months, or both after_expiry_months and without_expiry_months"
            raise ValueError(message)
        return self

    @property
    def words(self) -> Words:
        """The period for a reader."""
        zh, en = list[str](), list[str]()
        if self.at_least_months is not None:
            zh.append(f"自记录之日起 {self.at_least_months} 个月")
            en.append(f"{self.at_least_months} months from the record")
        if self.after_expiry_months is not None:
            zh.append(f"保质期满后 {self.after_expiry_months} 个月")
            en.append(f"{self.after_expiry_months} months behind the shelf life")
        if self.without_expiry_months is not None:
            zh.append(f"无保质期的 {self.without_expiry_months} 个月")
            en.append(f"{self.without_expiry_months} months without a shelf life")
        return Words(zh="，".join(zh), en=", ".join(en))


class Retention(Period):
    """The `[retention]` section of a profile: the floor for all records of such goods, and those of some types instead."""

    records: dict[KeptRecord, Period] = Field(default_factory=dict)

    def period_for(self, record_type: str) -> Period:
        """The floor for a record of this type, as `batch.v1` or `batch`."""
        name = record_type.partition(".")[0]
        return next((period for kind, period in self.records.items() if kind == name), self)


#: An invoice is kept for five years whatever it was for. Slips and delivery notes go with the goods.
INVOICES: Final = Period(law="发票管理办法 28", at_least_months=60)
INVOICE_KINDS: Final = frozenset({"e_invoice", "vat_invoice", "purchase_invoice"})
