"""Who trades, under which licence, what they make and where: party, licence, product, site."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In
from ledger.vocabulary.values import (
    LINES_MAX,
    PACKS_MAX,
    Claim,
    Date,
    Details,
    Digest,
    GlnText,
    GtinText,
    Latitude,
    Longitude,
    Name,
    Note,
    Number,
    PackFactor,
    PartyRef,
    ProductRef,
    Region,
    SiteRef,
)

PartyKind = Literal[
    "company", "individual_business", "cooperative", "institution", "authority", "farmer", "unknown"
]
SiteKind = Literal[
    "plot",
    "workshop",
    "line",
    "slaughterhouse",
    "tank",
    "warehouse",
    "market",
    "stall",
    "shop",
    "kitchen",
    "station",
    "vehicle",
    "other",
]
LicenceState = Literal["granted", "renewal_filed", "suspended", "revoked"]


class Party(Correctable):
    """A trader, a farm, an office: 经营主体.

    Recorded by the registrar for parties on this ledger, or by a buyer for a supplier who is not (*declared*: the buyer says so, nobody
    checked). 食品安全法 53: a supplier's name, address and contact belong to every purchase record. A farmer's name is personal data and
    lies in an item of its own. Whoever has no credit code may have a 主体码; the number of an identity card is never stored.

    `headquarters`: one check of the headquarters may serve all its shops (食品安全法 53(3)). `market`: whose market the stall stands in
    (食品安全法 61), who may enter records for it.
    """

    TYPE: ClassVar[str] = "party.v1"
    TITLE: ClassVar[Words] = Words(zh="主体登记", en="party")

    party: Annotated[PartyRef, In("party", "public", "主体编号", "party id")]
    party_kind: Annotated[PartyKind, In("party", "public", "主体类型", "kind")]
    name: Annotated[Name | None, In("party", "public", "名称", "name")] = None
    credit_code: Annotated[
        Number | None, In("party", "public", "统一社会信用代码", "unified social credit code")
    ] = None
    subject_code: Annotated[Number | None, In("party", "public", "自然人/经营主体码", "subject code")] = None
    gln: Annotated[GlnText | None, In("party", "public", "GLN", "GLN")] = None
    region: Annotated[Region | None, In("party", "public", "行政区划", "region code")] = None
    trade: Annotated[Name | None, In("party", "public", "行业角色", "trade")] = None
    formerly: Annotated[Name | None, In("party", "public", "原名称", "former name")] = None
    headquarters: Annotated[PartyRef | None, In("party", "public", "连锁总部", "headquarters")] = None
    market: Annotated[PartyRef | None, In("party", "public", "市场开办者", "market operator")] = None
    stall_number: Annotated[Number | None, In("party", "public", "摊位号", "stall number")] = None
    person_name: Annotated[Name | None, In("contact", "parties", "姓名/联系人", "person")] = None
    phone: Annotated[Number | None, In("contact", "parties", "电话", "phone")] = None
    address: Annotated[Name | None, In("contact", "parties", "地址", "address")] = None


class Licence(Correctable):
    """A licence or product approval with its dates: 许可证、登记证.

    A renewal filed in time and left undecided counts as granted (行政许可法 50), so `renewal_filed` is a state of its own. Each version is
    a record: a suspension that reaches back judges the days in between again and changes no entry. `scope` is what it allows, in the
    words of the licence; with none, it allows what its kind allows.
    """

    TYPE: ClassVar[str] = "licence.v1"
    TITLE: ClassVar[Words] = Words(zh="许可证", en="licence")

    holder: Annotated[PartyRef, In("licence", "public", "持证人", "holder")]
    licence_kind: Annotated[Name, In("licence", "public", "证件类型", "kind of licence")]
    number: Annotated[Number, In("licence", "public", "证号", "number")]
    valid_from: Annotated[Date | None, In("licence", "public", "有效期起", "valid from")] = None
    valid_to: Annotated[Date | None, In("licence", "public", "有效期至", "valid to")] = None
    state: Annotated[LicenceState, In("licence", "public", "状态", "state")] = "granted"
    scope: Annotated[tuple[Name, ...] | None, In("licence", "public", "许可范围", "scope")] = None
    issued_by: Annotated[Name | None, In("licence", "public", "发证机关", "issued by")] = None
    issued_on: Annotated[Date | None, In("licence", "public", "发证日期", "issued on")] = None
    decision: Annotated[Number | None, In("licence", "public", "决定文书号", "decision number")] = None
    site: Annotated[SiteRef | None, In("licence", "public", "许可地址（场所）", "for this site")] = None
    evidence: Annotated[Digest | None, In("licence_file", "parties", "证件影像", "copy")] = None


class Approval(Licence):
    """The approval of a product: 农药登记证、药品批准文号、兽药批准文号、肥料登记、饲料批准、品种审定、化妆品注册备案.

    农药管理条例 7, 药品管理法 24, 种子法 15, 化妆品监督管理条例 17. `holder` is the 登记证持有人 or 上市许可持有人; `scope` holds the crops,
    dosage forms or areas it was given for.
    """

    TYPE: ClassVar[str] = "approval.v1"
    TITLE: ClassVar[Words] = Words(zh="产品批准/登记", en="product approval")

    product_name: Annotated[Name | None, In("licence", "public", "产品名称", "product name")] = None
    products: Annotated[
        tuple[ProductRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("licence", "public", "产品编号", "products"),
    ] = None


class Succession(Correctable):
    """One party goes on as another: 更名、合并、分立、承继. What was recorded stays under the old name; a search finds both.

    No clause of a statute stands behind it: it is what 市场主体登记管理条例 calls 变更登记, told so that a chain does not end at a name.
    """

    TYPE: ClassVar[str] = "succession.v1"
    TITLE: ClassVar[Words] = Words(zh="主体承继", en="succession")

    party: Annotated[PartyRef, In("succession", "public", "原主体", "party before")]
    successor: Annotated[PartyRef, In("succession", "public", "承继主体", "party after")]
    how: Annotated[
        Literal["renamed", "merged", "split", "taken_over"], In("succession", "public", "方式", "how")
    ]
    effective_on: Annotated[Date, In("succession", "public", "生效日期", "from")]
    document: Annotated[Number | None, In("succession", "public", "登记文书号", "document")] = None


class Product(Correctable):
    """A kind of goods one party makes or trades: 产品. Its category decides which rules of trade apply.

    `packs` declares what one pack holds, so that cases and kilograms of it can be added up; without it they never are. `details` are
    the fields that only this category has (种子法 40: 品种名称、适宜区域 …), by the names of its profile. `active_ingredients` are compared
    with the lists of banned and limited substances.
    """

    TYPE: ClassVar[str] = "product.v1"
    TITLE: ClassVar[Words] = Words(zh="产品", en="product")

    product: Annotated[ProductRef, In("product", "public", "产品编号", "product id")]
    owner: Annotated[PartyRef, In("product", "public", "生产者", "maker")]
    name: Annotated[Name, In("product", "public", "名称", "name")]
    category: Annotated[Name, In("product", "public", "类别", "category")]
    gtin: Annotated[GtinText | None, In("product", "public", "GTIN", "GTIN")] = None
    specification: Annotated[Name | None, In("product", "public", "规格", "specification")] = None
    approval_number: Annotated[Number | None, In("product", "public", "批准/登记证号", "approval number")] = (
        None
    )
    standard: Annotated[Name | None, In("product", "public", "执行标准", "standard")] = None
    shelf_life_days: Annotated[
        StrictInt | None, Field(ge=1, le=36_500), In("product", "public", "保质期（天）", "shelf life (days)")
    ] = None
    storage: Annotated[Name | None, In("product", "public", "贮存条件", "storage")] = None
    active_ingredients: Annotated[
        tuple[Name, ...] | None,
        Field(min_length=1, max_length=100),
        In("product", "public", "有效成分/配料", "ingredients"),
    ] = None
    packs: Annotated[
        tuple[PackFactor, ...] | None,
        Field(min_length=1, max_length=PACKS_MAX),
        In("product", "public", "包装换算", "what a pack holds"),
    ] = None
    claims: Annotated[
        tuple[Claim, ...] | None,
        Field(min_length=1, max_length=PACKS_MAX),
        In("product", "public", "认证标志", "claims"),
    ] = None
    details: Annotated[Details | None, In("product", "public", "类别专有字段", "fields of its category")] = (
        None
    )


class Site(Correctable):
    """A place of production or trade: plot, workshop, line, tank, stall (生产场所, 摊位).

    Production places are registered, not companies alone. Latitude and longitude are the operator's own word, rounded; they tell how far
    apart two sightings of one code are.
    """

    TYPE: ClassVar[str] = "site.v1"
    TITLE: ClassVar[Words] = Words(zh="场所", en="site")

    site: Annotated[SiteRef, In("site", "chain", "场所编号", "site id")]
    party: Annotated[PartyRef, In("site", "chain", "经营者", "operated by")]
    site_kind: Annotated[
        SiteKind,
        In("site", "chain", "场所类型", "kind"),
    ]
    name: Annotated[Name, In("site", "chain", "名称", "name")]
    region: Annotated[Region | None, In("site", "chain", "行政区划", "region code")] = None
    within: Annotated[SiteRef | None, In("site", "chain", "所属场所", "part of")] = None
    latitude: Annotated[Latitude | None, In("site", "chain", "纬度", "latitude")] = None
    longitude: Annotated[Longitude | None, In("site", "chain", "经度", "longitude")] = None
    area: Annotated[Name | None, In("site", "chain", "面积/规模", "size")] = None
    note: Annotated[Note | None, In("site", "chain", "说明", "note")] = None
