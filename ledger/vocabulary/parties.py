"""Who trades, under which licence, what they make and where: party, licence, product, site."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In
from ledger.vocabulary.values import (
    Date,
    Digest,
    GtinText,
    Name,
    Note,
    Number,
    PartyRef,
    ProductRef,
    Region,
    SiteRef,
)

PartyKind = Literal[
    "company", "individual_business", "cooperative", "institution", "authority", "farmer", "unknown"
]
LicenceState = Literal["granted", "renewal_filed", "suspended", "revoked"]


class Party(Correctable):
    """A trader, a farm, an office: 经营主体.

    Recorded by the registrar for parties on this ledger, or by a buyer for a supplier who is not (*declared*: the buyer says so, nobody
    checked). 食品安全法 53: a supplier's name, address and contact belong to every purchase record. A farmer's name is personal data and
    lies in an item of its own.
    """

    TYPE: ClassVar[str] = "party.v1"
    TITLE: ClassVar[Words] = Words(zh="主体登记", en="party")

    party: Annotated[PartyRef, In("party", "public", "主体编号", "party id")]
    party_kind: Annotated[PartyKind, In("party", "public", "主体类型", "kind")]
    name: Annotated[Name | None, In("party", "public", "名称", "name")] = None
    credit_code: Annotated[
        Number | None, In("party", "public", "统一社会信用代码", "unified social credit code")
    ] = None
    region: Annotated[Region | None, In("party", "public", "行政区划", "region code")] = None
    trade: Annotated[Name | None, In("party", "public", "行业角色", "trade")] = None
    formerly: Annotated[Name | None, In("party", "public", "原名称", "former name")] = None
    person_name: Annotated[Name | None, In("contact", "parties", "姓名/联系人", "person")] = None
    phone: Annotated[Number | None, In("contact", "parties", "电话", "phone")] = None
    address: Annotated[Name | None, In("contact", "parties", "地址", "address")] = None


class Licence(Correctable):
    """A licence or product approval with its dates: 许可证、登记证.

    A renewal filed in time and left undecided counts as granted (行政许可法 50), so `renewal_filed` is a state of its own.
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
    evidence: Annotated[Digest | None, In("licence_file", "parties", "证件影像", "copy")] = None


class Product(Correctable):
    """A kind of goods one party makes or trades: 产品. Its category decides which rules of trade apply."""

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


class Site(Correctable):
    """A place of production or trade: plot, workshop, stall (生产场所, 摊位)."""

    TYPE: ClassVar[str] = "site.v1"
    TITLE: ClassVar[Words] = Words(zh="场所", en="site")

    site: Annotated[SiteRef, In("site", "chain", "场所编号", "site id")]
    party: Annotated[PartyRef, In("site", "chain", "经营者", "operated by")]
    site_kind: Annotated[
        Literal["plot", "workshop", "stall", "warehouse", "shop", "market"],
        In("site", "chain", "场所类型", "kind"),
    ]
    name: Annotated[Name, In("site", "chain", "名称", "name")]
    region: Annotated[Region | None, In("site", "chain", "行政区划", "region code")] = None
    note: Annotated[Note | None, In("site", "chain", "说明", "note")] = None
