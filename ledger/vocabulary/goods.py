"""What happens to goods: batch, codes, transformation, use, adjustment."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StrictInt, StringConstraints, model_validator

from ledger.errors import Malformed, Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In, Part
from ledger.vocabulary.values import (
    CODES_MAX,
    LINES_MAX,
    PACKS_MAX,
    RUN_CODES_MAX,
    Amount,
    BatchNumberText,
    Claim,
    CodeText,
    Date,
    Details,
    Digest,
    GoodsRef,
    GtinText,
    Line,
    Name,
    Note,
    Number,
    OutputLine,
    PackFactor,
    PartyRef,
    ProductRef,
    RunName,
    SiteRef,
)

AdjustmentReason = Literal[
    "opening_stock",
    "loss",
    "stock_gain",
    "stock_loss",
    "own_use",
    "sample",
    "seizure",
    "seizure_returned",
    "destroyed",
]


class Import(Part):
    """Where imported goods entered: 进口. 食品安全法 92–94, 种子法 57: declaration, importer in China, certificate of quarantine."""

    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    declaration_number: Number | None = None
    importer: PartyRef | None = None
    quarantine_number: Number | None = None
    approval_number: Number | None = None


class Batch(Correctable):
    """A batch: what was made or harvested together (批次). 食品安全法 50 and 51: name, quantity, date or batch number.

    `goods` is its identifier: the Digital Link of GTIN and batch number where both exist, otherwise `urn:suyuan:batch:` and a random
    code. `maker` is the party that made it: the issuer itself, or a supplier who is not on this ledger and for whom the
    buyer declares it. Goods without a printed lot get one from supplier, product and date (`lot_basis`); nobody invents a number.

    `packs` declares what one pack of this batch holds; `claims` are the marks on its label; `details` the fields that only its category
    has (药品管理法 57: 剂型、上市许可持有人; 种子法 40: 品种名称 …), by the names of its profile.
    """

    TYPE: ClassVar[str] = "batch.v1"
    TITLE: ClassVar[Words] = Words(zh="批次登记", en="batch")

    goods: Annotated[GoodsRef, In("batch", "public", "货物标识", "goods id")]
    maker: Annotated[PartyRef, In("batch", "public", "生产者", "maker")]
    name: Annotated[Name, In("batch", "public", "品名", "name")]
    category: Annotated[Name, In("batch", "public", "类别", "category")]
    product: Annotated[ProductRef | None, In("batch", "public", "产品编号", "product id")] = None
    batch_number: Annotated[BatchNumberText | None, In("batch", "public", "批号", "batch number")] = None
    #: Where `goods` is no Digital Link: the pack has a GTIN, and a batch number that no link can hold, or none.
    gtin: Annotated[GtinText | None, In("batch", "public", "GTIN", "GTIN")] = None
    lot_basis: Annotated[
        Literal["printed", "supplier_product_date"], In("batch", "public", "批次依据", "lot basis")
    ] = "printed"
    specification: Annotated[Name | None, In("batch", "public", "规格", "specification")] = None
    produced_on: Annotated[
        Date | None, In("batch", "public", "生产/采收/屠宰日期", "made or harvested on")
    ] = None
    expires_on: Annotated[Date | None, In("batch", "public", "保质期至", "expires on")] = None
    origin: Annotated[Name | None, In("batch", "public", "产地", "origin")] = None
    approval_number: Annotated[Number | None, In("batch", "public", "批准/登记证号", "approval number")] = (
        None
    )
    approval_holder: Annotated[
        Name | None, In("batch", "public", "上市许可/登记证持有人", "approval holder")
    ] = None
    storage: Annotated[Name | None, In("batch", "public", "贮存条件", "storage")] = None
    grade: Annotated[Name | None, In("batch", "public", "质量等级", "grade")] = None
    active_ingredients: Annotated[
        tuple[Name, ...] | None,
        Field(min_length=1, max_length=100),
        In("batch", "public", "有效成分/配料", "ingredients"),
    ] = None
    packs: Annotated[
        tuple[PackFactor, ...] | None,
        Field(min_length=1, max_length=PACKS_MAX),
        In("batch", "public", "包装换算", "what a pack holds"),
    ] = None
    claims: Annotated[
        tuple[Claim, ...] | None,
        Field(min_length=1, max_length=PACKS_MAX),
        In("batch", "public", "认证标志", "claims"),
    ] = None
    details: Annotated[Details | None, In("batch", "public", "类别专有字段", "fields of its category")] = None
    imported: Annotated[Import | None, In("import", "chain", "进口信息", "import")] = None
    quantity: Annotated[Amount | None, In("batch_trade", "chain", "数量", "quantity")] = None
    site: Annotated[SiteRef | None, In("batch_trade", "chain", "生产场所", "site")] = None
    planted_on: Annotated[
        Date | None, In("batch_trade", "chain", "播种/入栏日期", "planted or stocked on")
    ] = None


class Codes(Correctable):
    """Unit codes tied to goods: issued, activated, printed again or made void (赋码、激活、补打、作废). At most 1,000 in one statement.

    `return_container`: the empty pack came back (农药包装废弃物回收管理办法), so its code should never be sold again. `reprint`: labels with these
    codes were printed once more, and `reason` says why; it makes no new pack.

    More codes than fit go into several statements, the parts of one run: `run` names it, `part` counts them from 1, `run_codes` says how many
    codes the run has in all. The first part stands for the run wherever its goods are looked up. `origin`: drawn at random, so that nobody can
    guess one; counted up; or listed by the maker.
    """

    TYPE: ClassVar[str] = "codes.v1"
    TITLE: ClassVar[Words] = Words(zh="赋码", en="codes")

    action: Annotated[
        Literal["issue", "activate", "void", "return_container", "reprint"],
        In("codes", "chain", "动作", "action"),
    ]
    goods: Annotated[GoodsRef, In("codes", "chain", "货物标识", "goods id")]
    codes: Annotated[
        tuple[CodeText, ...], Field(min_length=1, max_length=CODES_MAX), In("codes", "chain", "码", "codes")
    ]
    code_kind: Annotated[
        Literal["drug", "pesticide", "veterinary_drug", "seed", "ear_tag", "digital_link", "other"],
        In("codes", "chain", "码制", "kind of code"),
    ] = "other"
    reason: Annotated[Note | None, In("codes", "chain", "原因", "reason")] = None
    run: Annotated[RunName | None, In("codes", "chain", "任务编号", "run")] = None
    part: Annotated[
        StrictInt | None, Field(ge=1, le=RUN_CODES_MAX), In("codes", "chain", "任务第几段", "part of the run")
    ] = None
    run_codes: Annotated[
        StrictInt | None, Field(ge=1, le=RUN_CODES_MAX), In("codes", "chain", "任务码数", "codes in the run")
    ] = None
    origin: Annotated[
        Literal["drawn", "counted", "listed"] | None,
        In("codes", "chain", "码的来源", "how the codes came about"),
    ] = None

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """A second label needs a reason, and a part its run."""
        if self.action == "reprint" and self.reason is None:
            raise Malformed(
                field="reason", came="", expected=Words(zh="补打原因", en="why they were printed again")
            )
        given = {self.run is None, self.part is None, self.run_codes is None}
        if len(given) > 1:
            raise Malformed(
                field="run",
                came=self.run or "",
                expected=Words(
                    zh="run、part、run_codes 同时填写或都不填", en="run, part and run_codes together, or none"
                ),
            )
        return self

    @property
    def continues(self) -> bool:
        """Whether it goes on with a run whose first part stands for it."""
        return self.part is not None and self.part > 1


class Packing(Correctable):
    """Packs put into a larger pack, or taken out: 包装关联、拆箱 (EPCIS AggregationEvent).

    The larger pack moves with everything in it; a pack that moves alone must have been taken out. `inferred`: nobody looked inside.
    """

    TYPE: ClassVar[str] = "packing.v1"
    TITLE: ClassVar[Words] = Words(zh="包装关联", en="packing")

    action: Annotated[Literal["pack", "unpack"], In("packing", "chain", "动作", "action")]
    parent_code: Annotated[CodeText, In("packing", "chain", "外包装码", "code of the larger pack")]
    codes: Annotated[
        tuple[CodeText, ...],
        Field(min_length=1, max_length=CODES_MAX),
        In("packing", "chain", "内装码", "codes of the packs"),
    ]
    goods: Annotated[GoodsRef | None, In("packing", "chain", "货物标识", "goods id")] = None
    completeness: Annotated[
        Literal["verified", "inferred"], In("packing", "chain", "内装核对", "completeness")
    ] = "verified"


class Release(Correctable):
    """A batch let out of the gate, or kept: 出厂放行、出厂检验记录.

    食品安全法 51 and 52 (factory inspection before sale), 药品管理法 33 (released with the signature of the qualified person), 生猪屠宰管理条例 15,
    农药管理条例 21. `certificate_number` is the 检验合格证号; `reason` says on what else it was released. The responsible person is named in an
    item of their own.
    """

    TYPE: ClassVar[str] = "release.v1"
    TITLE: ClassVar[Words] = Words(zh="出厂放行", en="release")

    goods: Annotated[GoodsRef, In("release", "chain", "货物标识", "goods id")]
    result: Annotated[Literal["released", "rejected"], In("release", "chain", "结论", "result")]
    basis: Annotated[
        Literal["own_test", "entrusted_test", "inspection", "process_control", "other"],
        In("release", "chain", "放行依据", "basis"),
    ]
    certificate_number: Annotated[
        Number | None, In("release", "chain", "检验合格证号", "inspection certificate number")
    ] = None
    tested_on: Annotated[Date | None, In("release", "chain", "检验日期", "tested on")] = None
    standard: Annotated[Name | None, In("release", "chain", "依据标准", "standard")] = None
    reason: Annotated[Note | None, In("release", "chain", "说明", "reason")] = None
    person_name: Annotated[Name | None, In("person", "parties", "放行责任人", "released by")] = None
    evidence: Annotated[
        Digest | None, In("release_file", "parties", "检验报告影像", "copy of the report")
    ] = None


class Transformation(Correctable):
    """Batches turned into batches: processing, mixing, slaughter, repacking (加工、混批、屠宰、分装). Quantities are what went in and came out.

    What is an input cannot be an output of the same process. `group` joins the reports of one long process (EPCIS transformationID).
    """

    TYPE: ClassVar[str] = "transformation.v1"
    TITLE: ClassVar[Words] = Words(zh="加工转化", en="transformation")

    process: Annotated[Name, In("transformation", "chain", "工序", "process")]
    site: Annotated[SiteRef | None, In("transformation", "chain", "场所", "site")] = None
    group: Annotated[Number | None, In("transformation", "chain", "生产任务号", "production order")] = None
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
    """Farm inputs used up: 农业投入品使用记录. 食品安全法 49, 农药管理条例 36: time, place, target, name, dose.

    农产品质量安全法 27: source, use, dose, and the days on which use began and ended.
    """

    TYPE: ClassVar[str] = "use.v1"
    TITLE: ClassVar[Words] = Words(zh="投入品使用", en="use of an input")

    purpose: Annotated[Name, In("use", "chain", "用途/对象", "purpose")]
    dose: Annotated[Name | None, In("use", "chain", "用量/稀释倍数", "dose")] = None
    started_on: Annotated[Date | None, In("use", "chain", "开始日期", "began on")] = None
    ended_on: Annotated[Date | None, In("use", "chain", "停用日期", "ended on")] = None
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

    `seizure_returned`: what was seized and came back. `own_use`: what the party itself ate or used up without a record of use.

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
