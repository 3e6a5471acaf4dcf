"""Papers that travel with goods: certificate, voucher, commitment."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In, Part
from ledger.vocabulary.trade import VoucherKind
from ledger.vocabulary.values import (
    LINES_MAX,
    Amount,
    Date,
    Digest,
    GoodsRef,
    Money,
    Name,
    Note,
    Number,
    PartyRef,
    ProductRef,
    StatementRef,
)

CertificateKind = Literal[
    "factory_inspection",
    "third_party_test",
    "quarantine",
    "meat_inspection",
    "import",
    "organic",
    "green_food",
    "geographical",
    "ccc",
    "origin",
    "batch_release",
    "seed_quality",
    "seed_quarantine",
    "origin_seedling",
    "fuel_quality",
    "other",
]


class VoucherLine(Part):
    """One line of a voucher, tied to goods where it can be."""

    name: Name
    goods: GoodsRef | None = None
    quantity: Amount | None = None
    amount: Money | None = None


class Certificate(Correctable):
    """A paper about goods by someone who looked: 合格证明、检疫证、检验报告. What it says is the issuer's word; here stands who filed it and when.

    It speaks of `goods`, of `products`, or of what its `holder` makes (有机产品认证). `covers` is the quantity it was issued for: it may be
    relied on for so much, and every use is counted.
    """

    TYPE: ClassVar[str] = "certificate.v1"
    TITLE: ClassVar[Words] = Words(zh="合格证明", en="certificate")

    certificate_kind: Annotated[CertificateKind, In("certificate", "chain", "证明类型", "kind")]
    number: Annotated[Number, In("certificate", "chain", "编号", "number")]
    issued_by: Annotated[Name, In("certificate", "chain", "出具单位", "issued by")]
    goods: Annotated[
        tuple[GoodsRef, ...], Field(max_length=LINES_MAX), In("certificate", "chain", "货物", "goods")
    ] = ()
    products: Annotated[
        tuple[ProductRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("certificate", "chain", "产品", "products"),
    ] = None
    holder: Annotated[PartyRef | None, In("certificate", "chain", "持证人", "holder")] = None
    covers: Annotated[Amount | None, In("certificate", "chain", "证明数量", "quantity covered")] = None
    scope: Annotated[tuple[Name, ...] | None, In("certificate", "chain", "范围", "scope")] = None
    valid_from: Annotated[Date | None, In("certificate", "chain", "有效期起", "valid from")] = None
    issued_on: Annotated[Date | None, In("certificate", "chain", "出具日期", "issued on")] = None
    valid_to: Annotated[Date | None, In("certificate", "chain", "有效期至", "valid to")] = None
    standard: Annotated[Name | None, In("certificate", "chain", "依据标准", "standard")] = None
    evidence: Annotated[Digest | None, In("certificate_file", "parties", "影像", "copy")] = None


class Voucher(Correctable):
    """The paper of a purchase: 凭证 (索证索票). The number is optional and the issuer need not be the seller.

    With a 收购发票 the *buyer* issues it for a farmer. One voucher may cover many deliveries and come after the goods. `qr_text` is the text of
    the invoice's own QR code as scanned: its CRC tells a typing error or an edit, and nothing else.
    """

    TYPE: ClassVar[str] = "voucher.v1"
    TITLE: ClassVar[Words] = Words(zh="凭证", en="voucher")

    voucher_kind: Annotated[VoucherKind, In("voucher", "parties", "凭证类型", "kind")]
    seller: Annotated[PartyRef, In("voucher", "parties", "销售方", "seller")]
    buyer: Annotated[PartyRef, In("voucher", "parties", "购买方", "buyer")]
    number: Annotated[Number | None, In("voucher", "parties", "号码", "number")] = None
    issued_on: Annotated[Date | None, In("voucher", "parties", "开具日期", "issued on")] = None
    total: Annotated[Money | None, In("voucher", "parties", "价税合计（元）", "total (yuan)")] = None
    invoice_code: Annotated[Number | None, In("voucher", "parties", "发票代码", "invoice code")] = None
    deliveries: Annotated[
        tuple[StatementRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("voucher", "parties", "对应交付记录", "deliveries it covers"),
    ] = None
    qr_text: Annotated[Name | None, In("voucher", "parties", "票面二维码内容", "text of its QR code")] = None
    evidence: Annotated[Digest | None, In("voucher_file", "parties", "影像", "copy")] = None
    lines: Annotated[
        tuple[VoucherLine, ...] | None,
        Field(max_length=LINES_MAX),
        In("line", "parties", "明细", "lines", each=True),
    ] = None


class Commitment(Correctable):
    """The producer's promise for goods: 质量承诺、承诺达标合格证 (农产品质量安全法 39). A promise, not a test.

    Who mixes or repacks issues a new one and names those it rests on in `replaces`. Without goods it is a promise for all that the
    producer makes, or for `products`.
    """

    TYPE: ClassVar[str] = "commitment.v1"
    TITLE: ClassVar[Words] = Words(zh="质量承诺", en="commitment")

    producer: Annotated[PartyRef, In("commitment", "public", "承诺人", "by")]
    basis: Annotated[
        Literal["self_test", "entrusted_test", "internal_control", "self_promise"],
        In("commitment", "public", "承诺依据", "basis"),
    ]
    promises: Annotated[
        tuple[
            Literal[
                "no_banned_substances",
                "residues_within_limits",
                "withdrawal_observed",
                "meets_standard",
                "truthful",
                "recall",
            ],
            ...,
        ]
        | None,
        Field(min_length=1, max_length=6),
        In("commitment", "public", "承诺事项", "promises"),
    ] = None
    goods: Annotated[GoodsRef | None, In("commitment", "public", "货物", "goods")] = None
    products: Annotated[
        tuple[ProductRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("commitment", "public", "产品", "products"),
    ] = None
    origin: Annotated[Name | None, In("commitment", "public", "产地", "origin")] = None
    number: Annotated[Number | None, In("commitment", "public", "编号", "number")] = None
    issued_on: Annotated[Date | None, In("commitment", "public", "开具日期", "issued on")] = None
    valid_to: Annotated[Date | None, In("commitment", "public", "有效期至", "valid to")] = None
    text: Annotated[Note | None, In("commitment", "public", "承诺内容", "what is promised")] = None
    quantity: Annotated[Amount | None, In("commitment_trade", "chain", "数量", "quantity")] = None
    replaces: Annotated[
        tuple[StatementRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("commitment_trade", "chain", "所依据的合格证", "rests on these promises"),
    ] = None
    evidence: Annotated[Digest | None, In("commitment_file", "parties", "影像", "copy")] = None
