"""Goods from hand to hand: supplier file, supplier check, shipment, receipt, return, sale."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In, Part
from ledger.vocabulary.values import (
    LINES_MAX,
    Amount,
    Date,
    Details,
    Digest,
    GoodsRef,
    Line,
    Money,
    Name,
    Note,
    Number,
    PartyRef,
    ReceivedLine,
    Region,
    SiteRef,
    StatementRef,
)

VoucherKind = Literal[
    "e_invoice", "vat_invoice", "purchase_invoice", "sales_slip", "delivery_note", "receipt"
]
Conclusion = Literal["accept", "accept_part", "refuse"]
#: What is looked at when goods come in. A category profile names those that its law asks for.
CheckedThing = Literal[
    "licence",
    "approval",
    "authorisation",
    "certificate",
    "release",
    "quarantine",
    "meat_inspection",
    "import",
    "commitment",
    "voucher",
    "label",
    "code",
    "temperature",
    "sensory",
    "quick_test",
]


class FiledDocument(Part):
    """One paper of a supplier file: what it is, whose, for what, from when until when, and the digest of its copy."""

    document_kind: Name
    number: Number | None = None
    holder: PartyRef | None = None
    scope: Name | None = None
    valid_from: Date | None = None
    valid_to: Date | None = None
    evidence: Digest | None = None


class CheckedDocument(Part):
    """One thing looked at on delivery, and the result. `reference` is the number of the paper, `quantity` how much of the goods it was used for."""

    what: CheckedThing
    result: Literal["in_order", "missing", "expired", "does_not_match"]
    reference: Number | None = None
    goods: GoodsRef | None = None
    quantity: Amount | None = None
    evidence: Digest | None = None
    note: Name | None = None


class VoucherReference(Part):
    """Which voucher a delivery rests on: kind and number."""

    voucher_kind: VoucherKind
    number: Number


class LinePrice(Part):
    """What one line of a slip costs: the price of one unit as it was agreed, and the amount of the line as the slip states it.

    Both stand as they were typed: where they do not fit together, both are shown. `goods` says which line; of several lines of the same
    goods they follow one another.
    """

    goods: GoodsRef
    unit_price: Money
    amount: Money | None = None


class SupplierFile(Correctable):
    """The papers of one supplier, made once and renewed: 供货者档案、首营资料. A delivery inherits the file as it stood that day.

    Licences, product approvals, the sales authorisation of the salesperson, framework promises. 食品安全法 53(3): a headquarters may keep
    one file for the shops in `for_shops`. The salesperson's name is personal data in an item of its own.
    """

    TYPE: ClassVar[str] = "supplier_file.v1"
    TITLE: ClassVar[Words] = Words(zh="供货者档案", en="supplier file")

    supplier: Annotated[PartyRef, In("supplier_file", "parties", "供货者", "supplier")]
    for_shops: Annotated[
        tuple[PartyRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("supplier_file", "parties", "适用门店", "for these shops"),
    ] = None
    salesperson: Annotated[Name | None, In("person", "parties", "授权销售人员", "salesperson")] = None
    authorised_until: Annotated[
        Date | None, In("person", "parties", "授权书有效期至", "authorised until")
    ] = None
    documents: Annotated[
        tuple[FiledDocument, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("document", "parties", "证件", "documents", each=True),
    ]


class SupplierCheck(Correctable):
    """Goods looked over on arrival: 进货查验记录. 食品安全法 53, 农药管理条例 26: what, how much, when, from whom, on which voucher.

    `received_on` is the day on the paper; when the check was *recorded* is the log's word, and the two are shown side by side. Names,
    specifications, lots and dates of the goods are their batch's. `for_shops`: a headquarters checked once for all these shops
    (食品安全法 53(3)). `details` are the fields that only this category has, by the names of its profile.
    """

    TYPE: ClassVar[str] = "supplier_check.v1"
    TITLE: ClassVar[Words] = Words(zh="进货查验", en="supplier check")

    supplier: Annotated[PartyRef, In("supplier_check", "chain", "供货者", "supplier")]
    received_on: Annotated[Date, In("supplier_check", "chain", "进货日期", "received on")]
    conclusion: Annotated[Conclusion, In("supplier_check", "chain", "查验结论", "conclusion")]
    for_shops: Annotated[
        tuple[PartyRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("supplier_check", "chain", "适用门店", "for these shops"),
    ] = None
    site: Annotated[SiteRef | None, In("supplier_check", "chain", "收货场所", "received at")] = None
    details: Annotated[
        Details | None, In("supplier_check", "chain", "类别专有字段", "fields of its category")
    ] = None
    voucher: Annotated[VoucherReference | None, In("documents", "parties", "凭证", "voucher")] = None
    checks: Annotated[
        tuple[CheckedDocument, ...] | None, In("documents", "parties", "查验内容", "checks")
    ] = None
    late_reason: Annotated[Note | None, In("documents", "parties", "补记原因", "why recorded late")] = None
    checked_by: Annotated[Name | None, In("person", "parties", "查验人", "checked by")] = None
    lines: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "货物", "goods", each=True),
    ]


class Shipment(Correctable):
    """Goods sent: 销售/发货记录. 食品安全法 53(4): wholesalers record buyer, goods, quantity and date.

    `offer`: the receiver is asked to confirm; refused while a hold or recall stands. A shipment that already happened is recorded with
    `offer` false whatever stands: a record kept out of the ledger is kept off the books.
    """

    TYPE: ClassVar[str] = "shipment.v1"
    TITLE: ClassVar[Words] = Words(zh="销售发货", en="shipment")

    to: Annotated[PartyRef, In("shipment", "chain", "收货方", "receiver")]
    offer: Annotated[StrictBool, In("shipment", "chain", "请对方确认", "ask the receiver to confirm")] = True
    site: Annotated[SiteRef | None, In("shipment", "chain", "发货场所", "sent from")] = None
    details: Annotated[Details | None, In("shipment", "chain", "类别专有字段", "fields of its category")] = (
        None
    )
    voucher: Annotated[VoucherReference | None, In("terms", "parties", "凭证", "voucher")] = None
    total: Annotated[Money | None, In("terms", "parties", "金额（元）", "amount (yuan)")] = None
    prices: Annotated[
        tuple[LinePrice, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("terms", "parties", "单价（元）", "prices (yuan)"),
    ] = None
    vehicle: Annotated[Name | None, In("terms", "parties", "车牌/承运", "vehicle or carrier")] = None
    carrier: Annotated[PartyRef | None, In("terms", "parties", "承运人", "carrier")] = None
    waybill: Annotated[Number | None, In("terms", "parties", "运单号", "waybill number")] = None
    conditions: Annotated[Name | None, In("terms", "parties", "运输条件", "transport conditions")] = None
    lines: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "货物", "goods", each=True),
    ]


class Receipt(Correctable):
    """Goods arrived: 收货确认. Confirms, corrects or refuses an offered shipment, or stands alone when the sender is not on this ledger."""

    TYPE: ClassVar[str] = "receipt.v1"
    TITLE: ClassVar[Words] = Words(zh="收货", en="receipt")

    supplier: Annotated[PartyRef, In("receipt", "chain", "发货方", "sender")]
    conclusion: Annotated[Conclusion, In("receipt", "chain", "结论", "conclusion")] = "accept"
    shipment: Annotated[StatementRef | None, In("receipt", "chain", "对应发货记录", "shipment")] = None
    site: Annotated[SiteRef | None, In("receipt", "chain", "收货场所", "received at")] = None
    reason: Annotated[Note | None, In("terms", "parties", "差异或拒收原因", "reason for difference")] = None
    lines: Annotated[
        tuple[ReceivedLine, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "货物", "goods", each=True),
    ]


class Return(Correctable):
    """Goods sent back to whom they came from: 退货."""

    TYPE: ClassVar[str] = "return.v1"
    TITLE: ClassVar[Words] = Words(zh="退货", en="return")

    to: Annotated[PartyRef, In("return", "chain", "退给", "returned to")]
    reason: Annotated[Note | None, In("terms", "parties", "原因", "reason")] = None
    lines: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "货物", "goods", each=True),
    ]


class Sale(Correctable):
    """Goods sold to those who use or eat them: 零售. 农药管理条例 27: the buyer's name belongs to pesticide sales, in an item of its own."""

    TYPE: ClassVar[str] = "sale.v1"
    TITLE: ClassVar[Words] = Words(zh="零售", en="retail sale")

    region: Annotated[Region | None, In("sale", "chain", "销售地", "region of sale")] = None
    site: Annotated[SiteRef | None, In("sale", "chain", "销售场所", "sold at")] = None
    sale_kind: Annotated[
        Literal["retail", "catering", "dispensed"] | None, In("sale", "chain", "销售方式", "kind of sale")
    ] = None
    details: Annotated[Details | None, In("sale", "chain", "类别专有字段", "fields of its category")] = None
    buyer_name: Annotated[Name | None, In("buyer", "parties", "购买人", "buyer")] = None
    buyer_phone: Annotated[Number | None, In("buyer", "parties", "电话", "phone")] = None
    lines: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "货物", "goods", each=True),
    ]
