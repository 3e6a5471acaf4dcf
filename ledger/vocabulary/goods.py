"""What happens to goods: batch, codes, transformation, use, adjustment."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In
from ledger.vocabulary.values import (
    CODES_MAX,
    LINES_MAX,
    Amount,
    BatchNumberText,
    CodeText,
    Date,
    GoodsRef,
    Line,
    Name,
    Note,
    OutputLine,
    PartyRef,
    ProductRef,
    SiteRef,
)

AdjustmentReason = Literal[
    "opening_stock", "loss", "stock_gain", "stock_loss", "sample", "seizure", "destroyed"
]


class Batch(Correctable):
    """A batch: what was made or harvested together (批次). 食品安全法 50 and 51: name, quantity, date or batch number.

    `goods` is its identifier: the Digital Link of GTIN and batch number where both exist, otherwise `urn:suyuan:batch:` and a random
    code. `maker` is the party that made it: the issuer itself, or a supplier who is not on this ledger and for whom the
    buyer declares it. Goods without a printed lot get one from supplier, product and date (`lot_basis`); nobody invents a number.
    """

    TYPE: ClassVar[str] = "batch.v1"
    TITLE: ClassVar[Words] = Words(zh="批次登记", en="batch")

    goods: Annotated[GoodsRef, In("batch", "public", "货物标识", "goods id")]
    maker: Annotated[PartyRef, In("batch", "public", "生产者", "maker")]
    name: Annotated[Name, In("batch", "public", "品名", "name")]
    category: Annotated[Name, In("batch", "public", "类别", "category")]
    product: Annotated[ProductRef | None, In("batch", "public", "产品编号", "product id")] = None
    batch_number: Annotated[BatchNumberText | None, In("batch", "public", "批号", "batch number")] = None
    lot_basis: Annotated[
        Literal["printed", "supplier_product_date"], In("batch", "public", "批次依据", "lot basis")
    ] = "printed"
    specification: Annotated[Name | None, In("batch", "public", "规格", "specification")] = None
    produced_on: Annotated[
        Date | None, In("batch", "public", "生产/采收/屠宰日期", "made or harvested on")
    ] = None
    expires_on: Annotated[Date | None, In("batch", "public", "保质期至", "expires on")] = None
    origin: Annotated[Name | None, In("batch", "public", "产地", "origin")] = None
    quantity: Annotated[Amount | None, In("batch_trade", "chain", "数量", "quantity")] = None
    site: Annotated[SiteRef | None, In("batch_trade", "chain", "生产场所", "site")] = None
    planted_on: Annotated[
        Date | None, In("batch_trade", "chain", "播种/入栏日期", "planted or stocked on")
    ] = None


class Codes(Correctable):
    """Unit codes tied to goods: issued, activated or made void (赋码、激活、作废). At most 1,000 in one statement."""

    TYPE: ClassVar[str] = "codes.v1"
    TITLE: ClassVar[Words] = Words(zh="赋码", en="codes")

    action: Annotated[Literal["issue", "activate", "void"], In("codes", "chain", "动作", "action")]
    goods: Annotated[GoodsRef, In("codes", "chain", "货物标识", "goods id")]
    codes: Annotated[
        tuple[CodeText, ...], Field(min_length=1, max_length=CODES_MAX), In("codes", "chain", "码", "codes")
    ]
    code_kind: Annotated[
        Literal["drug", "pesticide", "digital_link", "other"], In("codes", "chain", "码制", "kind of code")
    ] = "other"


class Transformation(Correctable):
    """Batches turned into batches: processing, mixing, slaughter, repacking (加工、混批、屠宰、分装). Quantities are what went in and came out."""

    TYPE: ClassVar[str] = "transformation.v1"
    TITLE: ClassVar[Words] = Words(zh="加工转化", en="transformation")

    process: Annotated[Name, In("transformation", "chain", "工序", "process")]
    site: Annotated[SiteRef | None, In("transformation", "chain", "场所", "site")] = None
    inputs: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("input", "chain", "投入", "inputs", each=True),
    ]
    outputs: Annotated[
        tuple[OutputLine, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("output", "chain", "产出", "outputs", each=True),
    ]


class Use(Correctable):
    """Farm inputs used up: 农业投入品使用记录. 食品安全法 49, 农药管理条例 36: time, place, target, name, dose."""

    TYPE: ClassVar[str] = "use.v1"
    TITLE: ClassVar[Words] = Words(zh="投入品使用", en="use of an input")

    purpose: Annotated[Name, In("use", "chain", "用途/对象", "purpose")]
    site: Annotated[SiteRef | None, In("use", "chain", "地块/场所", "plot or site")] = None
    on_goods: Annotated[
        tuple[GoodsRef, ...] | None, In("use", "chain", "用于批次", "used on these goods")
    ] = None
    wait_days: Annotated[
        StrictInt | None,
        Field(ge=0, le=400),
        In("use", "chain", "安全间隔期（天）", "safety interval (days)"),
    ] = None
    person_name: Annotated[Name | None, In("person", "parties", "使用人", "person")] = None
    lines: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "投入品", "inputs", each=True),
    ]


class Adjustment(Correctable):
    """Stock that changed without trade: opening stock, loss, stocktaking, sample, seizure, destruction (期初、损耗、盘点、抽样、扣押、销毁).

    `held_by` names the party whose stock it is when an authority records the seizure or the sample.
    """

    TYPE: ClassVar[str] = "adjustment.v1"
    TITLE: ClassVar[Words] = Words(zh="库存调整", en="stock adjustment")

    reason: Annotated[AdjustmentReason, In("adjustment", "chain", "原因", "reason")]
    held_by: Annotated[PartyRef | None, In("adjustment", "chain", "库存所属", "held by")] = None
    document: Annotated[Name | None, In("adjustment", "chain", "依据文书", "document")] = None
    note: Annotated[Note | None, In("note", "parties", "说明", "note")] = None
    lines: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "货物", "goods", each=True),
    ]
