"""What is done about goods and traders that are not in order: taken off sale, delisted, destroyed, listed, and what holders answer.

Hold and recall stand in `ledger.vocabulary.oversight`; a takedown binds as a hold does.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.said import In
from ledger.vocabulary.values import (
    LINES_MAX,
    Amount,
    CodeText,
    Date,
    Digest,
    GoodsRef,
    Line,
    Name,
    Note,
    Number,
    PartyRef,
    StatementRef,
    Url,
)


class Takedown(Hold):
    """Goods off the shelf, or out of the market for good: 下架、退市. 食品安全法 63, 农药管理条例 42.

    It binds as a hold does; `release` puts the goods back. `off_shelf` waits for a decision, `withdrawn` does not.
    """

    TYPE: ClassVar[str] = "takedown.v1"
    TITLE: ClassVar[Words] = Words(zh="下架/退市", en="takedown")

    stage: Annotated[Literal["off_shelf", "withdrawn"], In("hold", "chain", "处置", "stage")] = "off_shelf"
    due_on: Annotated[Date | None, In("hold", "chain", "完成期限", "to be done by")] = None


class Delisting(Correctable):
    """An offer on a platform taken down, or put back: 网络商品下架. 电子商务法 29 and 42, 食品安全法 62.

    `shop` is the seller on the platform, `url` the offer, `snapshot` the digest of what it showed. A lead about a listing is no finding
    about the shop: officials, the platform and the shop read it.
    """

    TYPE: ClassVar[str] = "delisting.v1"
    TITLE: ClassVar[Words] = Words(zh="网络商品下架", en="delisting")

    action: Annotated[Literal["report", "delist", "restore"], In("delisting", "parties", "动作", "action")]
    platform: Annotated[PartyRef, In("delisting", "parties", "平台", "platform")]
    url: Annotated[Url, In("delisting", "parties", "商品链接", "address of the offer")]
    shop: Annotated[PartyRef | None, In("delisting", "parties", "店铺", "shop")] = None
    goods: Annotated[GoodsRef | None, In("delisting", "parties", "货物", "goods")] = None
    code: Annotated[CodeText | None, In("delisting", "parties", "所示码", "code shown")] = None
    reason: Annotated[Note | None, In("delisting", "parties", "原因", "reason")] = None
    snapshot: Annotated[Digest | None, In("delisting", "parties", "页面快照", "snapshot")] = None
    officer: Annotated[Number | None, In("delisting", "parties", "执法证号", "officer's certificate")] = None


class OrderAnswer(Correctable):
    """What a holder did about a hold, a takedown or a delisting: 处置反馈. How much stands aside, and since when."""

    TYPE: ClassVar[str] = "order_answer.v1"
    TITLE: ClassVar[Words] = Words(zh="处置反馈", en="order answer")

    order: Annotated[StatementRef, In("order_answer", "chain", "对应决定", "order")]
    result: Annotated[
        Literal["done", "nothing_left", "disputed"], In("order_answer", "chain", "结果", "result")
    ]
    goods: Annotated[GoodsRef | None, In("order_answer", "chain", "货物", "goods")] = None
    done_on: Annotated[Date | None, In("order_answer", "chain", "完成日期", "done on")] = None
    set_aside: Annotated[Amount | None, In("order_answer", "chain", "已下架/封存数量", "set aside")] = None
    note: Annotated[Note | None, In("note", "parties", "说明", "note")] = None


class Destruction(Correctable):
    """Goods made harmless: 无害化处理、销毁. 食品安全法 63 (time and place told beforehand), 农药管理条例 46.

    What was seized is returned, destroyed or still held: nothing else. `stock` says whose it leaves: the party's own (`held_by`), or
    what an authority holds. Witnesses and carriers are persons, in an item of their own.
    """

    TYPE: ClassVar[str] = "destruction.v1"
    TITLE: ClassVar[Words] = Words(zh="无害化处理/销毁", en="destruction")

    stage: Annotated[Literal["planned", "done"], In("destruction", "chain", "阶段", "stage")]
    stock: Annotated[
        Literal["own_stock", "seized", "recalled"], In("destruction", "chain", "货物来源", "which goods")
    ]
    method: Annotated[Name, In("destruction", "chain", "方式", "method")]
    held_by: Annotated[PartyRef | None, In("destruction", "chain", "库存所属", "held by")] = None
    on: Annotated[Date | None, In("destruction", "chain", "日期", "on")] = None
    place: Annotated[Name | None, In("destruction", "chain", "地点", "place")] = None
    contractor: Annotated[Name | None, In("destruction", "chain", "处置单位", "contractor")] = None
    seizure: Annotated[StatementRef | None, In("destruction", "chain", "扣押记录", "record of seizure")] = (
        None
    )
    document: Annotated[Number | None, In("destruction", "chain", "依据文书", "document")] = None
    witnesses: Annotated[
        tuple[Name, ...] | None,
        Field(min_length=1, max_length=20),
        In("person", "parties", "见证人", "witnesses"),
    ] = None
    evidence: Annotated[
        tuple[Digest, ...] | None,
        Field(min_length=1, max_length=50),
        In("destruction_file", "parties", "照片", "photos"),
    ] = None
    lines: Annotated[
        tuple[Line, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("line", "chain", "货物", "goods", each=True),
    ]


class ListEntry(Correctable):
    """A trader put on a public list, or taken off it: 严重违法失信名单、重点监管名单、守信名单.

    Never without a decision and its dates; `repaired` is the early end (信用修复). Public from the moment the log takes it; an
    authority that errs annuls it and the list shows it no more.
    """

    TYPE: ClassVar[str] = "list_entry.v1"
    TITLE: ClassVar[Words] = Words(zh="名单公示", en="list entry")

    list_name: Annotated[
        Literal["serious_violation", "key_supervision", "good_standing"],
        In("list_entry", "public", "名单", "list"),
    ]
    action: Annotated[Literal["listed", "removed", "repaired"], In("list_entry", "public", "动作", "action")]
    party: Annotated[PartyRef, In("list_entry", "public", "主体", "party")]
    decision: Annotated[Number, In("list_entry", "public", "决定文书号", "decision number")]
    basis: Annotated[Name, In("list_entry", "public", "依据", "basis")]
    valid_from: Annotated[Date, In("list_entry", "public", "起", "from")]
    valid_to: Annotated[Date | None, In("list_entry", "public", "止", "to")] = None
    officer: Annotated[Number | None, In("list_entry", "public", "执法证号", "officer's certificate")] = None
