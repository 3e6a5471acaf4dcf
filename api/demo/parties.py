"""Who is in the demo: farms, factories, stalls, pharmacies, offices. All invented.

The organisation part of every credit code begins with DEM, which no real one does; check characters are right, so that the rules apply as
they do to real codes. One is wrong on purpose (X1): a supplier that does not exist. Ids are derived from the keys below, so that the
links of one demo are those of the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from stdnum.cn import uscc

from ledger.identifiers import BatchCode, GoodsId, PartyId, ProductId, SiteId, StatementId

if TYPE_CHECKING:
    from ledger.register import Role
    from ledger.vocabulary.parties import PartyKind

#: Every invented party says so.
DEMO: Final = "（演示）"

#: Who opens the market in which the stalls stand.
MARKET: Final = "F5"

#: Two products that nobody may make without an approval of their own. Neither number was ever given.
DRUG_NAME: Final = "阿莫西林胶囊"
DRUG_APPROVAL: Final = "国药准字H99999901"
PESTICIDE_NAME: Final = "25% 噻虫嗪水分散粒剂"
PESTICIDE_APPROVAL: Final = "PD20269001"


@dataclass(frozen=True, slots=True)
class Papers:
    """One licence: kind, number, first and last day. `product`: it is the approval of that product."""

    kind: str
    number: str
    valid_to: str
    valid_from: str = "2024-01-01"
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Someone:
    """One party of the story. `role` None: nobody on this ledger speaks for it; somebody else declared it."""

    key: str
    name: str
    kind: PartyKind
    trade: str
    credit_code: str | None
    region: str
    role: Role | None = "enterprise"
    papers: tuple[Papers, ...] = ()
    formerly: str | None = None
    #: Where it stands, of those who sell in F5's market.
    stall: str | None = None


_FOOD: Final = (
    Someone("F1", "如皋市绿畦蔬菜专业合作社", "cooperative", "种植", "93320682DEM0010172", "320682"),
    Someone("F2", "海安市丰禾生猪养殖有限公司", "company", "养殖", "91320685DEM001025E", "320685"),
    Someone(
        "F3",
        "南通崇福生猪定点屠宰有限公司",
        "company",
        "屠宰",
        "91320612DEM001033H",
        "320612",
        papers=(Papers("生猪定点屠宰证书", "A32061299", "2029-06-30"),),
    ),
    Someone(
        "F4",
        "南通濠滨肉制品有限公司",
        "company",
        "食品生产",
        "91320613DEM001041T",
        "320613",
        papers=(Papers("食品生产许可证", "SC10432061390016", "2028-03-14"),),
        formerly="南通濠滨食品厂",
    ),
    Someone(
        "F5",
        "南通江海农副产品批发市场管理有限公司",
        "company",
        "市场开办者",
        "91320613DEM00105XJ",
        "320613",
        role="operator",
    ),
    Someone(
        "F6",
        "崇川区顺和蔬菜批发经营部",
        "individual_business",
        "蔬菜批发（A-07）",
        "92320613DEM001068F",
        "320613",
        stall="A-07",
    ),
    Someone(
        "F7",
        "崇川区王记鲜菜摊",
        "individual_business",
        "零售摊（百姓菜场15号）",
        "92320613DEM001076A",
        "320613",
        stall="15",
    ),
    Someone(
        "F8",
        "南通通达生鲜超市有限公司",
        "company",
        "超市零售",
        "91320613DEM0010848",
        "320613",
        papers=(Papers("食品经营许可证", "JY13206139900012", "2027-08-31"),),
    ),
    Someone(
        "F9",
        "演示启明实验小学食堂",
        "institution",
        "单位食堂",
        "12320613DEM0010928",
        "320613",
        papers=(Papers("食品经营许可证", "JY33206139900023", "2026-10-31"),),
    ),
    Someone(
        "F10", "崇川区阿芳菜摊", "individual_business", "零售摊（百姓菜场22号）", "", "320613", stall="22"
    ),
)

_DRUGS: Final = (
    Someone(
        "D1",
        "泰州澄心药业股份有限公司",
        "company",
        "药品上市许可持有人",
        "91321200DEM00201XJ",
        "321200",
        papers=(
            Papers("药品生产许可证", "苏99990001", "2030-12-31"),
            Papers("药品注册证书", DRUG_APPROVAL, "2029-12-31", product=DRUG_NAME),
        ),
    ),
    Someone(
        "D2",
        "江苏瑞通医药有限公司",
        "company",
        "药品批发",
        "91320600DEM002028T",
        "320600",
        papers=(Papers("药品经营许可证", "苏AA320699001", "2029-05-20"),),
    ),
    Someone(
        "D3",
        "南通济和堂大药房有限公司",
        "company",
        "药品零售",
        "91320613DEM002036G",
        "320613",
        papers=(Papers("药品经营许可证", "苏DA320699002", "2028-09-09"),),
    ),
    Someone(
        "D4",
        "崇川区顺康药店",
        "individual_business",
        "药品零售",
        "92320613DEM0020448",
        "320613",
        papers=(Papers("药品经营许可证", "苏DB320699003", "2028-01-15"),),
    ),
    Someone("D5", "演示市第九人民医院", "institution", "医疗机构", "12320613DEM002052B", "320613"),
)

_PESTICIDES: Final = (
    Someone(
        "P1",
        "山东沃野作物科学有限公司",
        "company",
        "农药登记证持有人",
        "91370783DEM003012F",
        "370783",
        papers=(
            Papers("农药生产许可证", "农药生许(鲁)9901", "2028-11-30"),
            Papers(
                "农药登记证",
                PESTICIDE_APPROVAL,
                "2031-02-28",
                valid_from="2026-03-01",
                product=PESTICIDE_NAME,
            ),
        ),
    ),
    Someone(
        "P2",
        "江苏汇田农资有限公司",
        "company",
        "农药批发",
        "91320682DEM0030202",
        "320682",
        papers=(Papers("农药经营许可证", "农药经许(苏)32068220001", "2027-12-31"),),
    ),
    Someone(
        "P3",
        "如皋市庆丰农资经营部",
        "individual_business",
        "农药零售",
        "92320682DEM003039U",
        "320682",
        # Renewed on 2026-11-05: the story says so on that day.
        papers=(Papers("农药经营许可证", "农药经许(苏)32068220002", "2026-09-30"),),
    ),
    Someone(
        "P4",
        "如皋市惠农植保农资经营部",
        "individual_business",
        "农药零售",
        "92320682DEM003047N",
        "320682",
        papers=(Papers("农药经营许可证", "农药经许(苏)32068220003", "2027-05-31"),),
    ),
)

_OFFICES: Final = (
    Someone(
        "G1", "演示市崇川区市场监管局", "authority", "监管", "11320613DEM009019J", "320613", role="authority"
    ),
    Someone(
        "G2",
        "演示市如皋农业综合执法大队",
        "authority",
        "监管",
        "12320682DEM0090278",
        "320682",
        role="authority",
    ),
    Someone(
        "G3",
        "演示市公安局食药环侦大队",
        "authority",
        "公安",
        "11320682DEM0090356",
        "320682",
        role="authority",
    ),
    Someone(
        "G4",
        "演示市泰州市场监管局",
        "authority",
        "异地协办",
        "11321200DEM0090430",
        "321200",
        role="authority",
    ),
    Someone("L1", "演示市食品检验检测中心", "institution", "检验机构", "", "320600", role="laboratory"),
)

#: Suppliers that somebody on the ledger names, and nobody speaks for. X1's code should end in F.
_NAMED: Final = (
    Someone(
        "X1",
        "盐城绿盾农资贸易部",
        "individual_business",
        "农资批发",
        "92320900DEM003995Y",
        "320900",
        role=None,
    ),
    Someone("X2", "盐城丰茂农资服务部", "unknown", "农资批发", None, "320900", role=None),
    Someone("X3", "射阳田管家植保站", "unknown", "农资批发", None, "320924", role=None),
    Someone("W1", "张桂兰", "farmer", "农户", None, "320682", role=None),
    Someone("W2", "南通味源香辛料商行", "unknown", "调味品批发", None, "320613", role=None),
)

STALL_KEYS: Final = tuple(f"S{number:02}" for number in range(1, 39))
_STALLS: Final = tuple(
    Someone(
        key,
        f"百姓菜场{100 + number}号摊",
        "individual_business",
        "零售摊",
        "",
        "320613",
        role=None,
        stall=str(100 + number),
    )
    for number, key in enumerate(STALL_KEYS, start=1)
)

#: Of a case that was closed in March; on this ledger it stands in the public list only.
_LISTED: Final = (
    Someone("Y1", "崇川区宋记肉铺", "individual_business", "零售摊（鲜肉）", "", "320613", role=None),
)

#: Looks on from the province, and writes nothing. Last, so that nobody's number moves.
_OBSERVERS: Final = (
    Someone("G5", "演示省市场监管局", "authority", "省级观察", "", "320000", role="authority"),
)

#: GB 11714-1997: weights of the eight characters before the organisation's own check character.
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)


def invented_code(first_two: str, region: str, number: int) -> str:
    """A credit code with DEM in it and both check characters right."""
    organisation = f"DEM{number:05}"
    total = sum(int(c, 36) * weight for c, weight in zip(organisation, _ORGANISATION_WEIGHTS, strict=True))
    body = f"{first_two}{region}{organisation}{'0123456789X0'[11 - total % 11]}"
    return body + uscc.calc_check_digit(body)


def _with_code(one: Someone, number: int) -> Someone:
    first_two = "12" if one.kind == "institution" else "92"
    code = invented_code(first_two, one.region, number) if one.credit_code == "" else one.credit_code
    return Someone(
        key=one.key,
        name=one.name + DEMO,
        kind=one.kind,
        trade=one.trade,
        credit_code=code,
        region=one.region,
        role=one.role,
        papers=one.papers,
        formerly=None if one.formerly is None else one.formerly + DEMO,
        stall=one.stall,
    )


_ALL: Final = (*_FOOD, *_DRUGS, *_PESTICIDES, *_OFFICES, *_NAMED, *_STALLS, *_LISTED, *_OBSERVERS)
EVERYONE: Final = {one.key: _with_code(one, number) for number, one in enumerate(_ALL, start=801)}

#: Officers' certificates: number, agency, first and last day. The first one has run out.
OFFICER_EXPIRED: Final = "演-0001"
OFFICER_VALID: Final = "演-0002"
OFFICER_FARMING: Final = "演-0003"
OFFICER_OBSERVER: Final = "演-0006"
OFFICERS: Final = (
    (OFFICER_EXPIRED, "G1", "2023-07-01", "2026-06-30"),
    (OFFICER_VALID, "G1", "2025-01-01", "2027-12-31"),
    (OFFICER_FARMING, "G2", "2025-01-01", "2027-12-31"),
    ("演-0004", "G3", "2025-01-01", "2027-12-31"),
    ("演-0005", "G4", "2025-01-01", "2027-12-31"),
    (OFFICER_OBSERVER, "G5", "2025-01-01", "2027-12-31"),
    # Whoever goes out goes in twos (行政处罚法 42): the second officers.
    ("演-0007", "G1", "2025-01-01", "2027-06-30"),
    ("演-0008", "G2", "2025-01-01", "2027-06-30"),
)


def certificate_of(key: str) -> str | None:
    """The certificate that an agency's officer carries: the one that lasts longest."""
    held = [(last, number) for number, agency, _, last in OFFICERS if agency == key]
    return max(held)[1] if held else None


def ten_bytes(name: str) -> bytes:
    """Ten bytes for an id, the same for the same name in every demo."""
    return sha256(f"suyuan demo {name}".encode()).digest()[:10]


def party_id(key: str) -> PartyId:
    """The id of a party of the story."""
    return PartyId.new(ten_bytes(f"party {key}"))


def product_id(name: str) -> ProductId:
    """The id of a product."""
    return ProductId.new(ten_bytes(f"product {name}"))


def site_id(name: str) -> SiteId:
    """The id of a plot, a workshop or a stall."""
    return SiteId.new(ten_bytes(f"site {name}"))


def own_batch(name: str) -> GoodsId:
    """The id of goods without a GTIN: a batch code of this ledger."""
    return GoodsId.of_batch(BatchCode.new(ten_bytes(f"batch {name}")))


def statement_id(ms: int, name: str) -> StatementId:
    """The id of a statement, so that later ones can name it and a second playing records nothing twice."""
    return StatementId.new(ms, ten_bytes(f"statement {name}"))
