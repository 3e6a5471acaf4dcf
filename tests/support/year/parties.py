"""Two hundred invented parties: who they are, which licences they hold and how those are renewed, before the year begins and during it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.support.year.numbers import food_licence
from tests.support.year.told import DAY, HOUR, Pen, date, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json

#: When the registrar writes down who takes part: December before the year.
ENROLMENT_DAY = -20
REGIONS: Final = ("320613", "320612", "320682", "320685", "320681")
#: Names of market places and brands are made of these; nobody trades under them.
_WORDS: Final = "安禾润泽嘉禾瑞丰永盛同德长兴恒信万顺福泰祥和新源绿野金穗春晖"


@dataclass(slots=True)
class Trader:
    """One party: `trade` is what it does, `licences` what the registrar was shown."""

    id: str
    name: str
    trade: str
    kind: str
    region: str
    credit_code: str | None = None
    phone: str | None = None
    address: str | None = None
    sites: list[str] = field(default_factory=list)
    #: Who enters records for it, when that is the market's operator.
    entered_by: str | None = None
    headquarters: Trader | None = None
    market: Trader | None = None
    slips: int = 0
    #: Days on which it does not trade (suspended, moved, merged away).
    closed: set[int] = field(default_factory=set)

    def slip(self) -> str:
        """The next number of its own slips: every seller counts from one."""
        self.slips += 1
        return str(self.slips)

    def open_on(self, day: int) -> bool:
        """Whether it trades that day."""
        return day not in self.closed


#: Trade, how many, kind of party, kind of credit code, name of the business, kind of its place, licences (kind, shape of the number).
_Row = tuple[str, int, str, str, str, str, tuple[tuple[str, str], ...]]
_FOOD_SALE = ("食品经营许可证", "JY1")
_PRACTICE = ("医疗机构执业许可证", "plain")
ROWS: Final[tuple[_Row, ...]] = (
    ("farmer", 26, "farmer", "", "农户", "", ()),
    ("co_op", 10, "cooperative", "93", "蔬菜专业合作社", "plot", ()),
    ("pig_farm", 4, "company", "91", "生猪养殖有限公司", "plot", (("动物防疫条件合格证", "plain"),)),
    ("slaughter", 2, "company", "91", "生猪定点屠宰有限公司", "slaughterhouse", (("生猪定点屠宰证书", "A"),)),
    ("meat_maker", 3, "company", "91", "肉制品有限公司", "workshop", (("食品生产许可证", "SC104"),)),
    ("food_maker", 4, "company", "91", "食品有限公司", "workshop", (("食品生产许可证", "SC103"),)),
    ("market", 2, "company", "91", "农副产品市场管理有限公司", "market", ()),
    ("vegetable_wholesaler", 14, "individual_business", "92", "蔬菜批发经营部", "stall", ()),
    ("pork_wholesaler", 4, "individual_business", "92", "猪肉批发经营部", "stall", (_FOOD_SALE,)),
    ("food_wholesaler", 3, "company", "91", "食品贸易有限公司", "warehouse", (_FOOD_SALE,)),
    ("stall", 32, "individual_business", "92", "鲜菜摊", "stall", ()),
    ("pork_stall", 8, "individual_business", "92", "鲜肉摊", "stall", (_FOOD_SALE,)),
    ("supermarket", 2, "company", "91", "生鲜超市有限公司", "warehouse", (_FOOD_SALE,)),
    ("shop", 12, "company", "91", "生鲜超市有限公司分店", "shop", (_FOOD_SALE,)),
    ("canteen", 8, "institution", "12", "学校食堂", "kitchen", (("食品经营许可证", "JY3"),)),
    ("drug_maker", 3, "company", "91", "药业股份有限公司", "workshop", (("药品生产许可证", "plain"),)),
    ("drug_wholesaler", 3, "company", "91", "医药有限公司", "warehouse", (("药品经营许可证", "AA"),)),
    ("pharmacy", 14, "company", "91", "大药房有限公司", "shop", (("药品经营许可证", "DA"),)),
    ("hospital", 2, "institution", "12", "人民医院", "other", (_PRACTICE,)),
    ("pesticide_maker", 2, "company", "91", "作物科学有限公司", "workshop", (("农药生产许可证", "plain"),)),
    ("pesticide_wholesaler", 2, "company", "91", "农资有限公司", "warehouse", (("农药经营许可证", "plain"),)),
    (
        "pesticide_dealer",
        10,
        "individual_business",
        "92",
        "农资经营部",
        "shop",
        (("农药经营许可证", "plain"),),
    ),
    ("vet_drug_maker", 1, "company", "91", "动物药业有限公司", "workshop", (("兽药生产许可证", "plain"),)),
    ("vet_drug_dealer", 2, "individual_business", "92", "兽药经营部", "shop", (("兽药经营许可证", "plain"),)),
    ("feed_maker", 1, "company", "91", "饲料有限公司", "workshop", (("饲料生产许可证", "plain"),)),
    ("feed_dealer", 2, "individual_business", "92", "饲料经营部", "shop", ()),
    ("fertiliser_maker", 1, "company", "91", "肥业有限公司", "workshop", (("肥料登记证", "plain"),)),
    ("fertiliser_dealer", 2, "individual_business", "92", "肥料经营部", "shop", ()),
    ("seed_maker", 1, "company", "91", "种业有限公司", "workshop", (("农作物种子生产经营许可证", "plain"),)),
    (
        "seed_dealer",
        2,
        "individual_business",
        "92",
        "种子经营部",
        "shop",
        (("农作物种子生产经营许可证", "plain"),),
    ),
    ("cosmetics_maker", 1, "company", "91", "日化有限公司", "workshop", (("化妆品生产许可证", "plain"),)),
    ("cosmetics_shop", 4, "individual_business", "92", "化妆品店", "shop", ()),
    (
        "fuel_depot",
        1,
        "company",
        "91",
        "成品油储运有限公司",
        "tank",
        (("成品油批发经营批准证书", "plain"), ("危险化学品经营许可证", "plain")),
    ),
    (
        "fuel_station",
        3,
        "company",
        "91",
        "加油站有限公司",
        "station",
        (("成品油零售经营批准证书", "plain"), ("危险化学品经营许可证", "plain")),
    ),
    ("oil_trader", 1, "company", "91", "粮油贸易有限公司", "tank", (_FOOD_SALE,)),
    ("oil_mill", 1, "company", "91", "粮油工业有限公司", "workshop", (("食品生产许可证", "SC102"),)),
    ("laboratory", 1, "company", "91", "检测技术有限公司", "other", ()),
    ("authority", 2, "authority", "11", "市场监督管理局", "other", ()),
    ("agriculture_authority", 1, "authority", "11", "农业综合执法大队", "other", ()),
    ("restaurant", 3, "individual_business", "92", "饭店", "kitchen", (("食品经营许可证", "JY2"),)),
)
assert sum(row[1] for row in ROWS) == 200


@dataclass(slots=True)
class Cast:
    """Everybody, by trade."""

    pen: Pen
    by_trade: dict[str, list[Trader]] = field(default_factory=dict)
    officers: dict[str, str] = field(default_factory=dict)
    #: The number and dates of the licence that a party holds now, by party and kind.
    held: dict[tuple[str, str], dict[str, Json]] = field(default_factory=dict)
    _serials: int = 0

    def all(self, trade: str) -> list[Trader]:
        """The parties of one trade, in the order of their enrolment."""
        return self.by_trade[trade]

    def some(self, trade: str) -> Trader:
        """One party of this trade."""
        return self.pen.random.choice(self.by_trade[trade])

    def everybody(self) -> Iterator[Trader]:
        """All two hundred."""
        for traders in self.by_trade.values():
            yield from traders

    def licence_number(self, shape: str, region: str) -> str:
        """A number of the shape that this licence has; food licences carry their check digit."""
        self._serials += 1
        serial = self._serials
        if shape.startswith(("SC", "JY")):
            letters, kind = shape[:2], shape[2:]
            digits = 13 - len(kind) - len(region)
            return food_licence(letters, f"{kind}{region}{serial:0{digits}d}")
        if shape == "A":
            return f"A{serial:08d}"
        if shape in {"AA", "DA"}:
            return f"苏{shape}{region[:4]}{serial:05d}"
        return f"演示{region[:4]}{serial:05d}"

    def enrol(self, row: _Row, number: int) -> Trader:
        """One party, its place and its licences, as the registrar writes them down."""
        trade, _, kind, code_kind, business, _, _ = row
        pen = self.pen
        region = REGIONS[number % len(REGIONS)]
        word = _WORDS[number * 2 % 28] + _WORDS[(number * 2 + 7) % 28]
        name = f"{word}{business}{number + 1}（演示）"
        if kind == "farmer":
            one = Trader(
                id=pen.party(), name=f"农户{number + 1}（演示）", trade=trade, kind=kind, region=region
            )
        else:
            one = Trader(
                id=pen.party(),
                name=name,
                trade=trade,
                kind=kind,
                region=region,
                credit_code=pen.numbers.credit_code(code_kind, region),
                phone=pen.numbers.mobile(),
                address=f"演示市演示路{number + 1}号{business}",
            )
        self.by_trade.setdefault(trade, []).append(one)
        return one

    def register(self, one: Trader, row: _Row) -> None:
        """The statements that make a party known."""
        self.tell_party(one, moment(ENROLMENT_DAY, 9))
        if row[5]:
            one.sites.append(self.tell_site(one, row[5], moment(ENROLMENT_DAY, 10)))
            if row[5] == "plot":
                one.sites.extend(self.tell_site(one, "plot", moment(ENROLMENT_DAY, 10)) for _ in range(11))
        for licence_kind, shape in row[6]:
            self.tell_licences(one, licence_kind, shape)

    def tell_party(self, one: Trader, at_ms: int, *, actor: str | None = None) -> None:
        """Who this is: by the registrar, or by the buyer who declares a supplier that is not on the ledger."""
        body: dict[str, Json] = {"party": one.id, "party_kind": one.kind, "region": one.region}
        if one.kind == "farmer":
            body["person_name"] = one.name
        else:
            body["name"] = one.name
        more: dict[str, Json] = {
            "credit_code": one.credit_code,
            "phone": one.phone,
            "address": one.address,
            "headquarters": one.headquarters.id if one.headquarters else None,
            "market": one.market.id if one.market else None,
        }
        body |= {name: value for name, value in more.items() if value is not None}
        self.pen.at_once(actor or self.pen.registrar, "party.v1", body, at_ms)

    def tell_site(self, one: Trader, site_kind: str, at_ms: int) -> str:
        """A place of production or trade."""
        site = self.pen.site()
        body: dict[str, Json] = {
            "site": site,
            "party": one.id,
            "site_kind": site_kind,
            "name": f"{one.name}{len(one.sites) + 1}号场所",
            "region": one.region,
        }
        self.pen.at_once(self.pen.registrar, "site.v1", body, at_ms)
        return site

    def tell_licence(self, one: Trader, licence_kind: str, number: str, at_ms: int, **more: Json) -> None:
        """One version of a licence."""
        body: dict[str, Json] = {"holder": one.id, "licence_kind": licence_kind, "number": number, **more}
        self.held[one.id, licence_kind] = body
        self.pen.at_once(self.pen.registrar, "licence.v1", body, at_ms)

    def tell_licences(self, one: Trader, licence_kind: str, shape: str) -> None:
        """A licence that lasts, or one that ends during the year and is renewed as honest people do it."""
        number = self.licence_number(shape, one.region)
        random = self.pen.random
        start = moment(ENROLMENT_DAY, 11)
        draw = random.random() if one.trade != "restaurant" else 0.0
        if draw < 0.72:
            until = date(moment(random.randrange(400, 1500)))
            self.tell_licence(
                one,
                licence_kind,
                number,
                start,
                valid_from=date(moment(-900)),
                valid_to=until,
                state="granted",
            )
            return
        end = random.randrange(40, 330)
        dates: dict[str, Json] = {"valid_from": date(moment(end - 1825)), "valid_to": date(moment(end))}
        self.tell_licence(one, licence_kind, number, start, **dates, state="granted")
        new: dict[str, Json] = {
            "valid_from": date(moment(end + 1)),
            "valid_to": date(moment(end + 1826)),
            "state": "granted",
        }
        if draw < 0.90:
            # Filed in time, decided late: 行政许可法 50 lets the old one run on.
            self.tell_licence(one, licence_kind, number, moment(end - 35, 10), **dates, state="renewal_filed")
            self.tell_licence(one, licence_kind, number, moment(end + random.randrange(3, 40), 15), **new)
        elif draw < 0.96:
            # Decided in time and recorded at the office next week: without a gap in its dates.
            self.tell_licence(one, licence_kind, number, moment(end + random.randrange(2, 8), 15), **new)
        else:
            self.tell_licence(one, licence_kind, number, moment(end - 5, 15), **new)


def enrolled(pen: Pen) -> Cast:
    """The cast of the year, with everything the registrar writes down about it."""
    cast = Cast(pen)
    rows = {row[0]: row for row in ROWS}
    for row in ROWS:
        for number in range(row[1]):
            cast.enrol(row, number)
    _belong(cast)
    for one in cast.everybody():
        if one.kind != "farmer":
            cast.register(one, rows[one.trade])
    for number, office in enumerate((*cast.all("authority"), *cast.all("agriculture_authority"))):
        cast.officers[office.id] = f"演-{number + 1:04d}"
    _change(cast)
    return cast


def _belong(cast: Cast) -> None:
    """Stalls stand in markets and share the market's address; shops belong to a headquarters and share its telephone."""
    markets = cast.all("market")
    for number, stall in enumerate((*cast.all("stall"), *cast.all("pork_stall"))):
        market = markets[1] if number % 2 else markets[0]
        stall.market, stall.address = market, market.address
        if number % 3 == 0:
            stall.phone = market.phone
            stall.entered_by = market.id
    for trade in ("vegetable_wholesaler", "pork_wholesaler"):
        for wholesaler in cast.all(trade):
            wholesaler.market, wholesaler.address = markets[0], markets[0].address
    for number, shop in enumerate(cast.all("shop")):
        head = cast.all("supermarket")[number % 2]
        shop.headquarters, shop.phone = head, head.phone


def _change(cast: Cast) -> None:
    """What happens to parties in a year: a new name, a move, a suspension that is obeyed, a shop taken over."""
    pen = cast.pen
    renamed = cast.all("food_maker")[0]
    body: dict[str, Json] = {
        "party": renamed.id,
        "party_kind": renamed.kind,
        "region": renamed.region,
        "name": f"新{renamed.name}",
        "formerly": renamed.name,
        "credit_code": renamed.credit_code,
        "phone": renamed.phone,
        "address": renamed.address,
    }
    pen.at_once(pen.registrar, "party.v1", body, moment(120, 10))
    mover = cast.all("pesticide_dealer")[3]
    moved: dict[str, Json] = {
        "site": mover.sites[0],
        "party": mover.id,
        "site_kind": "shop",
        "name": f"{mover.name}新址",
        "region": REGIONS[2],
    }
    pen.at_once(pen.registrar, "site.v1", moved, moment(200, 10))
    suspended = cast.all("restaurant")[0]
    suspended.closed.update(range(180, 196))
    held = cast.held[suspended.id, "食品经营许可证"]
    for state, day in (("suspended", 180), ("granted", 196)):
        version = {**held, "valid_from": date(moment(day)), "state": state}
        pen.at_once(pen.registrar, "licence.v1", version, moment(day) - DAY + 15 * HOUR)
    old, new = cast.all("stall")[-1], cast.all("stall")[-2]
    old.closed.update(range(243, 400))
    merged: dict[str, Json] = {
        "party": old.id,
        "successor": new.id,
        "how": "merged",
        "effective_on": date(moment(243)),
    }
    pen.at_once(pen.registrar, "succession.v1", merged, moment(243) + 9 * HOUR - DAY)
