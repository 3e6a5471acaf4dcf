"""A ledger with one of each kind of caller, and things of party A's that the others may want to see or touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from api.deps import SESSION_COOKIE
from ledger.accounts.callers import Caller, Scope
from ledger.accounts.persons import Person, add_person, find_person, new_person_id
from ledger.identifiers import BatchCode, GoodsId, PartyId, ProductId, SiteId, StatementId
from ledger.keys import Ed25519Signer
from ledger.vocabulary.answering import Grant
from ledger.vocabulary.documents import Certificate
from ledger.vocabulary.goods import Batch, Codes, Transformation
from ledger.vocabulary.oversight import Complaint, Recall
from ledger.vocabulary.parties import Licence, Party, Product, Site
from ledger.vocabulary.registering import Credential
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck
from tests.support.server import HOUR_MS, enrol_party, registrar_of

if TYPE_CHECKING:
    from ledger.accounts.callers import ActingRole, Method
    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.vocabulary.said import Said
    from tests.support.server import Enrolled

DAY_MS = 24 * HOUR_MS
CODE = "12690011001900000000000000000217"
#: Its neighbour, which whoever may does make void.
SPARE_CODE = "12690011001900000000000000000218"
NUMBER = "JY13206139900012"
OFFICER = "演-9001"
SUPERVISOR = "演-9002"
PROSECUTOR = "演-9003"
ELSEWHERE = "演-9004"
EXPIRED = "演-9009"


@dataclass(slots=True)
class Actor:
    """Somebody who calls: by an API key, by a session, or by nothing."""

    party: PartyId | None
    headers: dict[str, str]
    #: How to come in again, after this session was ended by what was tried with it.
    person: str = ""
    method: Method = "passkey"


@dataclass(slots=True)
class World:
    """Who is in it, and what is A's."""

    ledger: Ledger
    a: Enrolled
    b: Enrolled
    customer: PartyId
    lab: Enrolled
    authority: Enrolled
    registrar: Enrolled
    market: Enrolled
    actors: dict[str, Actor]
    goods: GoodsId
    #: Positions and ids of records, by what they are.
    at: dict[str, int] = field(default_factory=dict)
    ids: dict[str, StatementId] = field(default_factory=dict)
    #: Who sells in the market.
    seller: PartyId = field(default_factory=lambda: PartyId.new(b"one-seller"))
    evidence: str = ""
    #: Kind and subject of a finding that concerns A.
    finding: tuple[str, str] = ("", "")
    #: What the forms held when A opened them.
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    #: Goods of A's with a code of this ledger, and the picture of their label.
    own_batch: GoodsId = field(default_factory=lambda: GoodsId.of_batch(BatchCode.new(b"own-batch-")))
    label: bytes = b""
    count: int = 0

    def next(self) -> int:
        """A number that was not used before."""
        self.count += 1
        return self.count

    def new_id(self) -> str:
        """A statement's id that was not used before."""
        return str(StatementId.new(self.ledger.clock(), self.next().to_bytes(10, "big")))

    def new_party(self) -> PartyId:
        """A party that nobody knows."""
        return PartyId.new(sha256(f"party {self.next()}".encode()).digest()[:10])

    def caller(self, party: Enrolled, acting: ActingRole) -> Caller:
        """Somebody who manages people."""
        with self.ledger.book() as book:
            role = book.register.role_of(party.party)
        assert role is not None
        return Caller(party=party.party, role=role, label="test", acting=acting, method="passkey")


def build(ledger: Ledger) -> World:
    """Enrol everybody and let A trade."""
    a = enrol_party(ledger, "甲合作社（演示）", kind="cooperative")
    b = enrol_party(ledger, "乙商行（演示）")
    keeper = enrol_party(ledger, "自持密钥者（演示）", signer=Ed25519Signer.from_secret(b"\x07" * 32))
    market = enrol_party(ledger, "丙市场（演示）", role="operator")
    platform = enrol_party(ledger, "丁平台（演示）", role="operator")
    lab = enrol_party(ledger, "戊检验中心（演示）", role="laboratory")
    authority = enrol_party(ledger, "己监管局（演示）", role="authority")
    world = World(
        ledger=ledger,
        a=a,
        b=b,
        customer=PartyId.new(b"a-customer"),
        lab=lab,
        authority=authority,
        registrar=registrar_of(ledger),
        market=market,
        actors={},
        goods=GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1"),
    )
    _tell(world)
    _open_market(world)
    for number, days in (
        (OFFICER, 300),
        (SUPERVISOR, 300),
        (PROSECUTOR, 300),
        (ELSEWHERE, 300),
        (EXPIRED, 0),
    ):
        _certify(world, number, days)
    elsewhere = Scope(regions=("37",))
    give = ledger.give_access_key
    keys: dict[str, tuple[PartyId, str]] = {
        "owner_b": (b.party, give(b.party, label="t")),
        "clerk": (a.party, give(a.party, label="t", acting="clerk")),
        "keeps_own_key": (keeper.party, keeper.key),
        "market_operator": (market.party, market.key),
        "platform": (platform.party, give(platform.party, label="t", acting="platform")),
        "laboratory": (lab.party, lab.key),
        "inspector": (authority.party, give(authority.party, label="t", certificate=OFFICER)),
        "inspector_expired": (authority.party, give(authority.party, label="t", certificate=EXPIRED)),
        "inspector_elsewhere": (
            authority.party,
            give(authority.party, label="t", certificate=ELSEWHERE, scope=elsewhere),
        ),
        "inspector_uncertified": (authority.party, give(authority.party, label="t")),
        "supervisor": (
            authority.party,
            give(authority.party, label="t", acting="supervisor", certificate=SUPERVISOR),
        ),
        "prosecutor": (
            authority.party,
            give(authority.party, label="t", acting="prosecutor", certificate=PROSECUTOR),
        ),
        "auditor": (world.registrar.party, give(world.registrar.party, label="t", acting="auditor")),
        "registrar": (world.registrar.party, world.registrar.key),
        "few_scopes": (a.party, give(a.party, label="t", permissions=["trace"])),
    }
    revoked = give(a.party, label="gone")
    ledger.accounts.access.take(
        a.party, next(k.name for k in ledger.accounts.access.of(a.party) if k.label == "gone")
    )
    keys["revoked_key"] = (a.party, revoked)
    world.actors = {
        name: Actor(party, {"authorization": f"Bearer {key}"}) for name, (party, key) in keys.items()
    }
    world.actors["nobody"] = Actor(None, {})
    world.actors["owner_a"] = _person(world, "owner", "passkey")
    world.actors["signer"] = _person(world, "signer", "passkey")
    world.actors["stall"] = _person(world, "stall", "pin")
    ended = _person(world, "owner", "passkey")
    ledger.accounts.end_session(ended.headers["cookie"].partition("=")[2])
    world.actors["ended_session"] = ended
    return world


def _open_market(world: World) -> None:
    """Somebody sells in the market, and a delivery by B waits for him."""
    sheet: dict[str, Json] = {
        "party": str(world.seller),
        "party_kind": "individual_business",
        "name": "庚菜摊（演示）",
        "market": str(world.market.party),
        "stall_number": "12",
    }
    world.ledger.say(world.market.party, Party.read(sheet))
    line: dict[str, Json] = {
        "goods": "https://id.gs1.org/01/09520001000027/10/QC-1",
        "quantity": {"amount": "1", "unit": "KGM"},
    }
    (placed,) = world.ledger.say(world.b.party, Shipment.read({"to": str(world.seller), "lines": [line]}))
    with world.ledger.book() as book:
        world.ids["to_seller"] = book.records([placed.seq])[placed.seq].header.id


def come_in(world: World, actor: Actor) -> None:
    """A new session for somebody who has one."""
    accounts = world.ledger.accounts
    with world.ledger.book() as book, accounts.office.writing() as connection:
        person = find_person(accounts.office, connection, actor.person)
        assert person is not None
        signed_in = accounts.sessions.begin(connection, person, actor.method, book.register)
    actor.headers = {"cookie": f"{SESSION_COOKIE}={signed_in.token}"}


def _person(world: World, acting: ActingRole, method: Method) -> Actor:
    office = world.ledger.accounts.office
    person = Person(id=new_person_id(office), party=world.a.party, acting=acting, name="某某（演示）")
    with office.writing() as connection:
        add_person(office, connection, person)
    actor = Actor(world.a.party, {}, person=str(person.id), method=method)
    come_in(world, actor)
    return actor


def _certify(world: World, number: str, days: int) -> None:
    now = world.ledger.clock()
    credential = Credential(
        number=number,
        party=world.authority.party,
        valid_from_ms=now - DAY_MS,
        valid_to_ms=now + days * DAY_MS if days else now - 1,
    )
    world.ledger.say(world.ledger.registrar, credential)


def _tell(world: World) -> None:
    ledger, a, b = world.ledger, world.a.party, world.b.party
    line: dict[str, Json] = {"goods": str(world.goods), "quantity": {"amount": "20", "unit": "KGM"}}

    def say(what: str, party: PartyId, said: Said) -> None:
        (placed,) = ledger.say(party, said)
        world.at[what], world.ids[what] = placed.seq, ledger.stored(placed.seq).header.id

    for party, region in ((a, "320682"), (b, "320613"), (world.customer, "320613")):
        sheet = Party.read(
            {"party": str(party), "party_kind": "company", "name": "某（演示）", "region": region}
        )
        say("sheet", ledger.registrar, sheet)
    batch: dict[str, Json] = {
        "goods": str(world.goods),
        "maker": str(a),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": "JC-1",
        "produced_on": "2026-11-13",
        "quantity": {"amount": "1200000", "unit": "KGM"},
    }
    say("batch", a, Batch.read(batch))
    say("codes", a, Codes(action="issue", goods=world.goods, codes=(CODE, SPARE_CODE), code_kind="pesticide"))
    say("licence", a, Licence.read({"holder": str(a), "licence_kind": "食品经营许可证", "number": NUMBER}))
    say("shipment", a, Shipment.read({"to": str(world.customer), "lines": [line], "offer": False}))
    supplier = world.new_party()
    say("declared", a, Party.read({"party": str(supplier), "party_kind": "farmer", "name": "某户（演示）"}))
    bought: dict[str, Json] = {
        "goods": "https://id.gs1.org/01/09520001000027/10/XS-7",
        "quantity": {"amount": "20", "unit": "KGM"},
    }
    say("receipt", a, Receipt.read({"supplier": str(supplier), "lines": [bought]}))
    check: dict[str, Json] = {
        "supplier": str(supplier),
        "received_on": "2026-11-14",
        "conclusion": "accept",
        "lines": [bought],
    }
    say("check", a, SupplierCheck.read(check))
    evidence = ledger.evidence.put(b"%PDF-1.4\n%%EOF\n")
    world.evidence = str(getattr(evidence, "digest", evidence))
    say(
        "paper",
        a,
        Licence.read(
            {"holder": str(a), "licence_kind": "营业执照", "number": "L-1", "evidence": world.evidence}
        ),
    )
    say(
        "grant",
        a,
        Grant.read(
            {
                "action": "grant",
                "to": str(b),
                "statements": [str(world.ids["shipment"])],
                "until": "2026-12-31",
            }
        ),
    )
    recalled = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/ZH-9")
    say("recalled", a, Batch.read({**batch, "goods": str(recalled), "batch_number": "ZH-9"}))
    own: dict[str, Json] = {**batch, "goods": str(world.own_batch), "batch_number": "ZJ-1"}
    say("own_batch", a, Batch.read(own))
    made: dict[str, Json] = {
        "process": "分装",
        "inputs": [{"goods": str(world.own_batch), "quantity": {"amount": "1", "unit": "KGM"}}],
        "outputs": [
            {
                "goods": "https://id.gs1.org/01/09520001000027/10/ZJ-1-1",
                "quantity": {"amount": "1", "unit": "KGM"},
            }
        ],
    }
    say("process", a, Transformation.read(made))
    paper: dict[str, Json] = {
        "certificate_kind": "third_party_test",
        "number": NUMBER,
        "issued_by": "某检验机构（演示）",
    }
    say("certificate", a, Certificate.read(paper))
    say("recall", a, Recall.read({"action": "recall", "goods": [str(recalled)], "reason": "自查（演示）"}))
    say("report", ledger.registrar, Complaint.read({"text": "味道不对（演示）", "goods": str(world.goods)}))
    too_much: dict[str, Json] = {**bought, "quantity": {"amount": "70", "unit": "KGM"}}
    say("oversold", a, Shipment.read({"to": str(world.customer), "lines": [too_much], "offer": False}))
    found = next(one for one in ledger.findings(party=a) if one.kind == "oversold")
    world.finding = (found.kind, found.subject)
    offered: dict[str, Json] = {
        "goods": "https://id.gs1.org/01/09520001000027/10/OF-1",
        "quantity": {"amount": "5", "unit": "KGM"},
    }
    say(
        "offered",
        b,
        Batch.read({**batch, "goods": str(offered["goods"]), "maker": str(b), "batch_number": "OF-1"}),
    )
    say("offer", b, Shipment.read({"to": str(a), "lines": [offered]}))
    leek: dict[str, Json] = {
        "product": str(ProductId.new(b"leek-of-a-")),
        "owner": str(a),
        "name": "韭菜",
        "category": "farm_produce",
    }
    say("product", a, Product.read(leek))
    plot = SiteId.new(b"plot-of-a-")
    say("site", a, Site(site=plot, party=a, site_kind="plot", name="一号地"))
