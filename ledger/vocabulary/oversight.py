"""What inspectors, markets, laboratories and consumers record: inspection, test result, complaint, hold, recall and its answers."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StrictInt

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In, Part, Said
from ledger.vocabulary.values import (
    CODES_MAX,
    LINES_MAX,
    Amount,
    CodeText,
    Date,
    Digest,
    GoodsRef,
    Latitude,
    Longitude,
    Moment,
    Name,
    Note,
    Number,
    PartyRef,
    Region,
    SiteRef,
    StatementRef,
)

#: Readings in one file; more go into the next one.
SCANS_MAX: Final = 100_000


class Analyte(Part):
    """One measured value beside its limit. Values are text: a laboratory writes `<0.01` too."""

    analyte: Name
    value: Name
    verdict: Literal["pass", "fail", "not_judged"]
    unit: Name | None = None
    limit: Name | None = None
    method: Name | None = None


class Checked(Part):
    """One line of a check list, and what was found."""

    what: Name
    result: Literal["in_order", "not_in_order", "not_checked", "does_not_apply"]
    note: Name | None = None


class Inspection(Correctable):
    """An official look at a trader: 监督检查. Every officer's certificate must be valid when the log takes it (持证上岗).

    The check list comes with the category (forest seedlings: 质量、许可、档案、标签、检验). `due_on`: until when what was wrong is to be mended
    (限期整改); `follows` names the inspection that set it.
    """

    TYPE: ClassVar[str] = "inspection.v1"
    TITLE: ClassVar[Words] = Words(zh="监督检查", en="inspection")

    party: Annotated[PartyRef, In("inspection", "parties", "被检查人", "inspected")]
    officers: Annotated[
        tuple[Number, ...],
        Field(min_length=1, max_length=10),
        In("inspection", "parties", "执法证号", "officers' certificates"),
    ]
    conclusion: Annotated[
        Literal["in_order", "rectify", "seal", "seize", "open_case"],
        In("inspection", "parties", "结论", "conclusion"),
    ]
    goods: Annotated[tuple[GoodsRef, ...] | None, In("inspection", "parties", "货物", "goods")] = None
    site: Annotated[SiteRef | None, In("inspection", "parties", "场所", "place")] = None
    checklist: Annotated[
        tuple[Checked, ...] | None,
        Field(min_length=1, max_length=100),
        In("inspection", "parties", "检查项目", "check list"),
    ] = None
    due_on: Annotated[Date | None, In("inspection", "parties", "整改期限", "to be mended by")] = None
    follows: Annotated[
        StatementRef | None, In("inspection", "parties", "复查的检查记录", "inspection followed up")
    ] = None
    text: Annotated[Note | None, In("inspection", "parties", "检查记录", "record")] = None
    case_note: Annotated[Note | None, In("case_note", "officials", "办案备注", "note for the file")] = None
    evidence: Annotated[tuple[Digest, ...] | None, In("case_note", "officials", "照片", "photos")] = None


class Sample(Correctable):
    """Goods taken for a test: 抽样. 食品安全法 87, 农产品质量安全法 50: sampled at random, paid for, sealed.

    It leaves the stock of `taken_from`. `base_quantity` is the stock it was drawn from; `seal_number` what the laboratory compares.
    """

    TYPE: ClassVar[str] = "sample.v1"
    TITLE: ClassVar[Words] = Words(zh="抽样", en="sample")

    goods: Annotated[GoodsRef, In("sample", "parties", "样品货物", "sampled goods")]
    taken_from: Annotated[PartyRef, In("sample", "parties", "被抽样人", "sampled at")]
    sample_number: Annotated[Number, In("sample", "parties", "样品编号", "sample number")]
    quantity: Annotated[Amount, In("sample", "parties", "抽样数量", "quantity")]
    purpose: Annotated[
        Literal["supervision", "quick", "market", "own"],
        In("sample", "parties", "抽样类型", "kind of sampling"),
    ]
    base_quantity: Annotated[Amount | None, In("sample", "parties", "抽样基数", "drawn from")] = None
    seal_number: Annotated[Number | None, In("sample", "parties", "封样编号", "seal number")] = None
    laboratory: Annotated[Name | None, In("sample", "parties", "检验机构", "laboratory")] = None
    inspection: Annotated[StatementRef | None, In("sample", "parties", "所属检查", "inspection")] = None
    officers: Annotated[
        tuple[Number, ...] | None,
        Field(min_length=1, max_length=10),
        In("sample", "parties", "执法证号", "officers' certificates"),
    ] = None


class TestResult(Correctable):
    """What a test of goods gave: 检验结果.

    Preliminary results stay with the parties named and officials until the time to object has run (食品安全法 88: 7 working days;
    农产品质量安全法 51: 5 working days; quick tests on farm produce: 4 hours).
    """

    __test__: ClassVar[bool] = False  # A statement type, not a test class.

    TYPE: ClassVar[str] = "test_result.v1"
    TITLE: ClassVar[Words] = Words(zh="检验结果", en="test result")

    goods: Annotated[GoodsRef, In("test_result", "parties", "样品货物", "sampled goods")]
    taken_from: Annotated[PartyRef, In("test_result", "parties", "被抽样人", "sampled at")]
    laboratory: Annotated[Name, In("test_result", "parties", "检验机构", "laboratory")]
    stage: Annotated[Literal["quick", "laboratory", "retest"], In("test_result", "parties", "阶段", "stage")]
    overall: Annotated[Literal["pass", "fail"], In("test_result", "parties", "结论", "overall")]
    sample_number: Annotated[Number | None, In("test_result", "parties", "样品编号", "sample number")] = None
    sample: Annotated[StatementRef | None, In("test_result", "parties", "抽样记录", "sample record")] = None
    retest_of: Annotated[StatementRef | None, In("test_result", "parties", "复检的结果", "retest of")] = None
    standard: Annotated[Name | None, In("test_result", "parties", "判定依据", "judged by")] = None
    qualification: Annotated[
        Number | None, In("test_result", "parties", "检验资质编号", "laboratory's qualification")
    ] = None
    notified_on: Annotated[Date | None, In("test_result", "parties", "通知日期", "told on")] = None
    objection_until: Annotated[Moment | None, In("test_result", "parties", "异议期至", "objection until")] = (
        None
    )
    evidence: Annotated[Digest | None, In("test_file", "parties", "报告", "report")] = None
    results: Annotated[
        tuple[Analyte, ...] | None,
        Field(max_length=LINES_MAX),
        In("result", "parties", "项目", "results", each=True),
    ] = None


class Complaint(Correctable):
    """Someone reports goods or a code: 投诉举报. The text and the reporter go to officials only."""

    TYPE: ClassVar[str] = "complaint.v1"
    TITLE: ClassVar[Words] = Words(zh="投诉举报", en="complaint")

    text: Annotated[Note, In("complaint", "officials", "内容", "text")]
    goods: Annotated[GoodsRef | None, In("complaint", "officials", "货物", "goods")] = None
    code: Annotated[CodeText | None, In("complaint", "officials", "码", "code")] = None
    region: Annotated[Region | None, In("complaint", "officials", "地点", "region")] = None
    evidence: Annotated[Digest | None, In("complaint", "officials", "照片", "photo")] = None
    reporter_name: Annotated[Name | None, In("reporter", "officials", "举报人", "reporter")] = None
    reporter_phone: Annotated[Number | None, In("reporter", "officials", "电话", "phone")] = None


class Scan(Correctable):
    """Somebody read a code somewhere: 扫码查询. A question, not a sale: it moves nothing and takes nobody's part.

    Only kept where it may matter (a code under suspicion, an inspector's reading). `device` is a digest that joins the readings of one
    device within a day and tells nothing else; officials alone read it.
    """

    TYPE: ClassVar[str] = "scan.v1"
    TITLE: ClassVar[Words] = Words(zh="扫码查询", en="scan")

    code: Annotated[CodeText, In("scan", "officials", "码", "code")]
    scanned_by: Annotated[Literal["consumer", "trade", "inspector"], In("scan", "officials", "查询者", "who")]
    region: Annotated[Region | None, In("scan", "officials", "地点", "region")] = None
    latitude: Annotated[Latitude | None, In("scan", "officials", "纬度", "latitude")] = None
    longitude: Annotated[Longitude | None, In("scan", "officials", "经度", "longitude")] = None
    device: Annotated[Digest | None, In("scan", "officials", "设备摘要", "device digest")] = None


class ScanBatch(Said):
    """So many readings of codes were kept outside the log, in one file: 扫码批次. The log holds the file's digest and nothing of what is in it.

    Who read what, when and where is never an entry of its own: the file is removed when its time has run out (个人信息保护法 19, 47), and this
    statement goes on saying that there was one, which it was, and how many readings it held.
    """

    TYPE: ClassVar[str] = "scan_batch.v1"
    TITLE: ClassVar[Words] = Words(zh="扫码批次", en="batch of scans")

    digest: Annotated[Digest, In("scan_batch", "officials", "文件摘要", "digest of the file")]
    count: Annotated[StrictInt, Field(ge=1, le=SCANS_MAX), In("scan_batch", "officials", "扫码次数", "scans")]
    first_at: Annotated[Moment, In("scan_batch", "officials", "最早一次", "first scan")]
    last_at: Annotated[Moment, In("scan_batch", "officials", "最晚一次", "last scan")]


class Hold(Correctable):
    """Goods kept where they are until someone decides: 暂停销售、下架、控制. Its reason goes to the parties named."""

    TYPE: ClassVar[str] = "hold.v1"
    TITLE: ClassVar[Words] = Words(zh="控制/下架", en="hold")

    action: Annotated[Literal["hold", "release"], In("hold", "chain", "动作", "action")]
    goods: Annotated[
        tuple[GoodsRef, ...], Field(min_length=1, max_length=LINES_MAX), In("hold", "chain", "货物", "goods")
    ]
    at: Annotated[PartyRef | None, In("hold", "chain", "仅限该主体", "only at this party")] = None
    officer: Annotated[Number | None, In("hold", "chain", "执法证号", "officer's certificate")] = None
    reason: Annotated[Note | None, In("reason", "parties", "原因", "reason")] = None


class Recall(Correctable):
    """Goods called back: 召回. 食品安全法 63: stop, recall, notify, record. Public from the moment the log takes it."""

    TYPE: ClassVar[str] = "recall.v1"
    TITLE: ClassVar[Words] = Words(zh="召回", en="recall")

    action: Annotated[Literal["recall", "end"], In("recall", "public", "动作", "action")]
    goods: Annotated[
        tuple[GoodsRef, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("recall", "public", "货物", "goods"),
    ]
    reason: Annotated[Note, In("recall", "public", "原因", "reason")]
    grade: Annotated[Literal["1", "2", "3"] | None, In("recall", "public", "级别", "grade")] = None
    advice: Annotated[Note | None, In("recall", "public", "消费者提示", "advice")] = None
    codes: Annotated[
        tuple[CodeText, ...] | None, Field(max_length=CODES_MAX), In("recall", "public", "码", "codes")
    ] = None
    officer: Annotated[Number | None, In("recall", "public", "执法证号", "officer's certificate")] = None
    ends: Annotated[StatementRef | None, In("recall", "public", "终止的召回", "recall that ends")] = None


class RecallAnswer(Correctable):
    """One holder's account of recalled goods: 召回反馈. What was recovered, already sold, stopped, destroyed or lost."""

    TYPE: ClassVar[str] = "recall_answer.v1"
    TITLE: ClassVar[Words] = Words(zh="召回反馈", en="recall answer")

    recall: Annotated[StatementRef, In("recall_answer", "chain", "召回", "recall")]
    goods: Annotated[GoodsRef, In("recall_answer", "chain", "货物", "goods")]
    answered_on: Annotated[Date | None, In("recall_answer", "chain", "日期", "date")] = None
    recovered: Annotated[
        Amount | None, In("recall_answer", "chain", "已追回/封存", "recovered or stopped")
    ] = None
    sold: Annotated[Amount | None, In("recall_answer", "chain", "已售出无法追回", "sold")] = None
    destroyed: Annotated[Amount | None, In("recall_answer", "chain", "已销毁", "destroyed")] = None
    lost: Annotated[Amount | None, In("recall_answer", "chain", "损耗", "lost")] = None
    note: Annotated[Note | None, In("note", "parties", "说明", "note")] = None
