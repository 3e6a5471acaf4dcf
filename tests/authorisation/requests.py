"""What is asked at each address: one request that somebody who may would get a 2xx or 3xx for.

An address is written as the application declares it, with its method. Whatever can be asked only once is made anew for each request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from PIL import Image

from api.issuing import Run, carry_out
from api.pages.reports import number_of
from api.pages.stall_code import publish
from api.sheets.jobs import Jobs
from ledger.accounts.access import Terms
from ledger.accounts.persons import Person, add_person, new_person_id
from ledger.accounts.receivables import Payment, Receivables
from ledger.identifiers import LegalDate, ProductId, StatementId
from ledger.identifiers.serials import Drawn
from ledger.store.engine import writing
from ledger.store.label_prints import LabelPrint, note_print
from ledger.store.timestamps import put_timestamp
from ledger.vocabulary.documents import Certificate
from ledger.vocabulary.goods import Batch, Packing
from ledger.vocabulary.linking import Link
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.trade import Shipment
from tests.authorisation.world import CODE, DAY_MS, NUMBER, OFFICER, SPARE_CODE, SUPERVISOR

if TYPE_CHECKING:
    from ledger.canonical import Json as PlainJson
    from ledger.identifiers import PartyId
    from tests.authorisation.world import Actor, World

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    path: str
    json: object = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    media_type: str = ""
    #: A photo, sent with a form.
    file: bytes | None = None


Make = Callable[["World", "Actor"], Ask]


def _line(world: World) -> Json:
    # Goods of their own, so that nobody becomes one of A's customers by what he tries.
    goods = f"https://id.gs1.org/01/09520001000027/10/L-{world.next()}"
    return {"goods": goods, "quantity": {"amount": "1", "unit": "KGM"}}


def _me(world: World, actor: Actor) -> str:
    return str(actor.party or world.a.party)


#: A product of somebody.
PRODUCT: Final = str(ProductId.new(b"leek-of-a-"))
#: A sheet of one supplier, and one in which the kind of party is none.
SHEET: Final = "名称,主体类型\n某户（演示）,农户\n".encode()
BAD_SHEET: Final = "名称,主体类型\n某户（演示）,大户\n".encode()


def _sheet_job(world: World, content: bytes = SHEET) -> str:
    """A sheet that A sent and that was checked."""
    jobs = Jobs(world.ledger)
    name = jobs.add(world.a.party, "parties", content)
    jobs.wait(name, 10)
    return name


def _link(world: World) -> dict[str, PlainJson]:
    """What the maker of A's goods gives as an address."""
    return {
        "action": "publish",
        "goods": str(world.goods),
        "link_type": "pip",
        "href": f"https://maker.example/{world.next()}",
        "link_title": "产品介绍（演示）",
    }


def _stamped(world: World) -> int:
    """The size of a checkpoint for which a token was kept."""
    size = world.ledger.size()
    with writing(world.ledger.engine) as connection:
        put_timestamp(connection, world.ledger.origin, size=size, token=b"token", at_ms=0)
    return size


def _linked(world: World) -> int:
    """The position of a link of A's that stands."""
    (placed,) = world.ledger.say(world.a.party, Link.read(_link(world)))
    return int(placed.seq)


#: A record of each type, as somebody of the right sort would send it.
BODIES: Final[Mapping[str, Callable[[World, Actor], Json]]] = {
    "parties": lambda w, _: {"party": str(w.new_party()), "party_kind": "farmer", "name": "某户（演示）"},
    "licences": lambda w, who: {"holder": _me(w, who), "licence_kind": "营业执照", "number": f"L-{w.next()}"},
    "approvals": lambda w, who: {
        "holder": _me(w, who),
        "licence_kind": "农药登记证",
        "number": f"P-{w.next()}",
    },
    "successions": lambda w, _: {
        "party": str(w.new_party()),
        "successor": str(w.b),
        "how": "renamed",
        "effective_on": "2026-11-01",
    },
    "products": lambda w, who: {"owner": _me(w, who), "name": "韭菜", "category": "farm_produce"},
    "sites": lambda w, who: {"party": _me(w, who), "site_kind": "shop", "name": "一店（演示）"},
    "batches": lambda w, _: {"name": "韭菜", "category": "farm_produce", "batch_number": f"B-{w.next()}"},
    "releases": lambda w, _: {"goods": _line(w)["goods"], "result": "released", "basis": "own_test"},
    "supplier-files": lambda w, _: {
        "supplier": str(w.b),
        "documents": [{"document_kind": "营业执照", "number": f"S-{w.next()}"}],
    },
    "supplier-checks": lambda w, _: {
        "supplier": str(w.b),
        "received_on": "2026-11-14",
        "conclusion": "accept",
        "lines": [_line(w)],
    },
    "certificates": lambda w, _: {
        "certificate_kind": "third_party_test",
        "number": f"C-{w.next()}",
        "issued_by": "某检验机构（演示）",
    },
    "vouchers": lambda w, who: {
        "voucher_kind": "sales_slip",
        "seller": _me(w, who),
        "buyer": str(w.customer),
    },
    "commitments": lambda w, who: {"producer": _me(w, who), "basis": "self_test", "goods": _line(w)["goods"]},
    "shipments": lambda w, _: {"to": str(w.customer), "lines": [_line(w)], "offer": False},
    "receipts": lambda w, _: {"supplier": str(w.b), "lines": [_line(w)]},
    "returns": lambda w, _: {"to": str(w.b), "lines": [_line(w)]},
    "transformations": lambda w, _: {
        "process": "分装",
        "inputs": [_line(w)],
        "outputs": [
            {
                "goods": f"https://id.gs1.org/01/09520001000027/10/OUT-{w.next()}",
                "quantity": {"amount": "1", "unit": "KGM"},
            }
        ],
    },
    "uses": lambda w, _: {"purpose": "自用", "lines": [_line(w)]},
    "adjustments": lambda w, _: {"reason": "loss", "lines": [_line(w)]},
    "codes": lambda w, _: {
        "action": "void",
        "goods": str(w.goods),
        "codes": [SPARE_CODE],
        "code_kind": "pesticide",
    },
    "code-heads": lambda w, _: {
        "product": PRODUCT,
        "heads": [{"scheme": "drug", "head": f"{w.next():07}"}],
    },
    "aliases": lambda w, _: {"goods": str(w.goods), "aliases": [f"8{w.next():019}"]},
    "links": lambda w, _: {**_link(w)},
    "packings": lambda w, _: {"action": "pack", "parent_code": f"CASE{w.next():06}", "codes": [CODE]},
    "sales": lambda w, _: {"lines": [_line(w)]},
    "inspections": lambda w, _: {"party": str(w.a), "officers": [OFFICER], "conclusion": "in_order"},
    "samples": lambda w, who: {
        "goods": _line(w)["goods"],
        "taken_from": _me(w, who),
        "sample_number": f"Y-{w.next()}",
        "quantity": {"amount": "1", "unit": "KGM"},
        "purpose": "own",
        "officers": [OFFICER],
    },
    "test-results": lambda w, _: {
        "goods": _line(w)["goods"],
        "taken_from": str(w.a),
        "laboratory": "戊检验中心（演示）",
        "stage": "quick",
        "overall": "pass",
    },
    "complaints": lambda w, _: {"text": "味道不对（演示）", "goods": _line(w)["goods"]},
    "scans": lambda _, __: {"code": CODE, "scanned_by": "trade"},
    "holds": lambda w, who: {
        "action": "release",
        "goods": [str(w.goods)],
        "at": _me(w, who),
        "reason": "解除",
        "officer": OFFICER,
    },
    "takedowns": lambda w, who: {
        "action": "release",
        "goods": [str(w.goods)],
        "at": _me(w, who),
        "reason": "解除",
        "officer": OFFICER,
    },
    "delistings": lambda w, _: {
        "action": "report",
        "platform": str(w.market),
        "url": "https://shop.example/1",
        "officer": OFFICER,
    },
    "order-answers": lambda w, _: {"order": str(w.ids["recall"]), "result": "nothing_left"},
    "recalls": lambda w, _: {
        "action": "end",
        "goods": [str(w.goods)],
        "reason": "结束",
        "officer": OFFICER,
    },
    "recall-answers": lambda w, _: {"recall": str(w.ids["recall"]), "goods": _line(w)["goods"]},
    "destructions": lambda w, _: {
        "stage": "planned",
        "stock": "own_stock",
        "method": "焚烧",
        "lines": [_line(w)],
    },
    "list-entries": lambda w, _: {
        "list_name": "key_supervision",
        "action": "listed",
        "party": str(w.a),
        "decision": f"D-{w.next()}",
        "basis": "某办法",
        "valid_from": "2026-11-01",
        "officer": OFFICER,
    },
    "answers": lambda w, _: {
        "finding": w.finding[0],
        "subject": w.finding[1],
        "cause": "typing",
        "text": "录入错误（演示）",
    },
    "grants": lambda w, _: {
        "action": "grant",
        "to": str(w.b),
        "statements": [str(w.ids["shipment"])],
        "until": "2026-12-31",
    },
    "affirmations": lambda w, _: {"statements": [str(w.ids["shipment"])]},
    "corrections": lambda w, who: {"correction_reason": "did_not_occur", "corrects": _wrong(w, who)},
    "credentials": lambda w, _: {
        "number": f"演-{w.next()}",
        "party": str(w.authority),
        "valid_from_ms": w.ledger.clock(),
        "valid_to_ms": w.ledger.clock() + DAY_MS,
    },
}


def _wrong(world: World, actor: Actor) -> str:
    """A record that its author will take back: a paper of his, or, of nobody's own, A's."""
    party = actor.party or world.a.party
    with world.ledger.book() as book:
        if book.register.signs_for_itself(party):
            party = world.a.party
    said = Certificate.read(
        {"certificate_kind": "third_party_test", "number": f"W-{world.next()}", "issued_by": "某（演示）"}
    )
    (placed,) = world.ledger.say(party, said)
    return str(world.ledger.stored(placed.seq).header.id)


def _record(path: str) -> Make:
    def make(world: World, actor: Actor) -> Ask:
        body = {"id": world.new_id(), **BODIES[path](world, actor)}
        # A field of that name would be taken for a list of records: such a record comes in a list.
        return Ask(f"/api/v1/{path}", json={"statements": [body]} if "statements" in body else body)

    return make


def _slip(world: World) -> dict[str, str]:
    """One slip as the counter sends it."""
    typed = {"goods_0": f"KGM {_line(world)['goods']}", "amount_0": "1", "price_0": "2", "terms": "credit"}
    return {"id": world.new_id(), **typed}


def _sold(world: World) -> int:
    """Where a slip of A's stands that nobody has touched yet."""
    said = Shipment.read({"to": str(world.customer), "lines": [_line(world)], "offer": False})  # type: ignore[list-item]  # plain JSON
    (placed,) = world.ledger.say(world.a.party, said)
    return placed.seq


def _paid(world: World) -> tuple[PartyId, StatementId]:
    """A buyer of A's, who is nobody else's, and a payment that A has entered."""
    buyer, payment = world.new_party(), StatementId.parse(world.new_id())
    accounts = Receivables(world.ledger.engine, world.ledger.origin, world.a.party)
    accounts.pay(Payment(payment, buyer, 500, LegalDate.parse("2026-11-13"), "cash"))
    return buyer, payment


def _get(path: str) -> Make:
    """An address with the world's names in it: `{ids[batch]}`, `{at[check]}`, `{goods}`, `{a}`."""
    return lambda world, _: Ask(
        path.format(
            ids=world.ids,
            at=world.at,
            goods=quote(str(world.goods), safe=""),
            a=world.a,
            evidence=world.evidence,
            code=CODE,
            seller=world.seller,
            batch_code=world.own_batch.batch_code,
            number=NUMBER,
            kind=world.finding[0],
            subject=quote(world.finding[1], safe=""),
        )
    )


def _post(path: str, json: object) -> Make:
    return lambda world, _: Ask(_get(path)(world, _).path, json=json)


def _form(path: str, page: str = "", /, **fields: str) -> Make:
    """A form: what the page for it held for A, with a new id and these fields changed."""

    def make(world: World, _: Actor) -> Ask:
        blank = world.forms.get(page, {})
        fresh = {"id": world.new_id()} if "id" in blank or not page else {}
        return Ask(_get(path)(world, _).path, form={**blank, **fresh, **fields})

    return make


def _answer(at: str) -> Make:
    """An answer to a delivery that waits for A: a new one each time, for a delivery is answered once."""

    def make(world: World, actor: Actor) -> Ask:
        goods = f"https://id.gs1.org/01/09520001000027/10/AN-{world.next()}"
        line: dict[str, str | dict[str, str]] = {"goods": goods, "quantity": {"amount": "1", "unit": "KGM"}}
        offer = Shipment.read({"to": str(world.a.party), "lines": [{**line}]})
        (placed,) = world.ledger.say(world.b.party, offer)
        name = world.ledger.stored(placed.seq).header.id
        fields = _form(f"{at}/{name}", "offer", whole="in_order")(world, actor).form
        return Ask(f"{at}/{name}", form=fields)

    return make


def _published(path: str) -> Make:
    """What is there for a stall that has opened its page."""

    def make(world: World, actor: Actor) -> Ask:
        party = actor.party or world.a.party
        code = publish(world.ledger, party, by_whom=party).code
        return Ask(path.format(code=code))

    return make


def _own_batch(world: World) -> str:
    """A batch of A's with a code of this ledger, as an address holds it."""
    return quote(str(world.own_batch), safe="")


def _code_run(world: World) -> str:
    """A run of codes that A issued."""
    name = StatementId.parse(world.new_id())
    carry_out(
        world.ledger,
        Run(name, world.a.party, "issue", world.own_batch, Drawn(world.own_batch, 2), "other"),
    )
    return str(name)


def _packed(world: World) -> str:
    """A case that A packed."""
    case = f"CASE{world.next():06}"
    world.ledger.say(world.a.party, Packing(action="pack", parent_code=case, codes=(CODE,)))
    return case


def _printed(world: World) -> str:
    """A run of labels that A printed."""
    run = LabelPrint(
        id=world.new_id(),
        party=world.a.party,
        goods=world.own_batch,
        count=1,
        width_mm=50,
        height_mm=30,
        person="test",
        at_ms=world.ledger.clock(),
    )
    with world.ledger.accounts.office.writing() as connection:
        return note_print(connection, world.ledger.origin, run).id


def _access_key(world: World) -> str:
    _, key = world.ledger.accounts.access.give(world.a.party, Terms(label="for a test", days=1))
    return key.name


def _report_number(world: World) -> str:
    return str(number_of(world.ledger.origin, world.at["report"], world.ids["report"]))


def _colleague(world: World, *, card: bool = False) -> str:
    """Somebody new at A."""
    accounts = world.ledger.accounts
    if card:
        return str(accounts.issue_card(world.caller(world.a, "owner"), world.a.party, "某（演示）").person)
    office = accounts.office
    person = Person(id=new_person_id(office), party=world.a.party, acting="clerk", name="某（演示）")
    with office.writing() as connection:
        add_person(office, connection, person)
    return str(person.id)


def _signed(world: World, _: Actor) -> Ask:
    """A statement that B signed: whoever sends it, it says who speaks."""
    number = world.next()
    said = Batch.read(
        {
            "goods": f"https://id.gs1.org/01/09520001000027/10/SG-{number}",
            "maker": str(world.b),
            "name": "韭菜",
            "category": "farm_produce",
            "batch_number": f"SG-{number}",
        }
    )
    return Ask("/api/v1/statements", json=world.ledger.draft(world.b.party, said).as_json())


def _photo() -> bytes:
    file = BytesIO()
    Image.new("RGB", (32, 32), "white").save(file, "PNG")
    return file.getvalue()


PHOTO: Final = _photo()
#: Two of them go (行政处罚法 42).
_OFFICERS: Final = {"officer": OFFICER, "officer_2": SUPERVISOR}


def _held(world: World) -> str:
    """A hold of A's on goods that nothing else is said about."""
    said = Hold.read({"action": "hold", "goods": [str(_line(world)["goods"])], "at": str(world.a)})
    (placed,) = world.ledger.say(world.a.party, said)
    return str(world.ledger.stored(placed.seq).header.id)


REQUESTS: Final[dict[str, Make]] = {f"POST /api/v1/{path}": _record(path) for path in BODIES} | {
    "POST /api/v1/statements": _signed,
    "GET /api/v1/statements": _get("/api/v1/statements"),
    "GET /api/v1/statements/{statement}": _get("/api/v1/statements/{ids[receipt]}"),
    "POST /api/v1/statements/{statement}/disclosure": _post(
        "/api/v1/statements/{ids[receipt]}/disclosure", {"places": [0], "to": "某（演示）"}
    ),
    "GET /api/v1/grants": _get("/api/v1/grants"),
    "POST /api/v1/drafts/{kind}": _post(
        "/api/v1/drafts/batches", {"name": "韭菜", "category": "farm_produce"}
    ),
    "POST /api/v1/key-invites": _post("/api/v1/key-invites", {"role": "enterprise"}),
    # An invite that nobody gave: what opens here is the invite, and nobody's account.
    "POST /api/v1/key-enrolments/draft": _post("/api/v1/key-enrolments/draft", {}),
    "POST /api/v1/key-enrolments": _post("/api/v1/key-enrolments", {}),
    "GET /api/v1/entries/{position}": _get("/api/v1/entries/{at[check]}"),
    "GET /api/v1/entries/{position}/proof": _get("/api/v1/entries/{at[check]}/proof"),
    "GET /api/v1/trace": _get("/api/v1/trace?goods={goods}"),
    "GET /api/v1/balance": _get("/api/v1/balance?goods={goods}&party={a}"),
    "GET /api/v1/recalls/{recall}/scope": _get("/api/v1/recalls/{ids[recall]}/scope"),
    "GET /api/v1/findings": _get("/api/v1/findings?party={a}"),
    "GET /api/v1/categories": _get("/api/v1/categories"),
    "GET /api/v1/categories/{name}": _get("/api/v1/categories/farm_produce"),
    "GET /api/v1/codes/{code}/label.{form}": _get("/api/v1/codes/{code}/label.svg"),
    "GET /api/v1/goods-label": _get("/api/v1/goods-label?goods={goods}&form=svg"),
    "GET /api/v1/lookup": _get("/api/v1/lookup?code={goods}"),
    "POST /api/v1/lookup": lambda world, _: Ask("/api/v1/lookup", json={"code": str(world.goods)}),
    "POST /api/v1/label-sheets": lambda world, _: Ask(
        "/api/v1/label-sheets",
        json={"id": world.new_id(), "goods": str(world.own_batch), "reason": "卡纸（演示）"},
    ),
    "GET /api/v1/label-sheets/{run}.{form}": lambda world, _: Ask(
        f"/api/v1/label-sheets/{_printed(world)}.zpl"
    ),
    "POST /api/v1/scans/photo": lambda world, _: Ask(
        "/api/v1/scans/photo", content=world.label, media_type="image/png"
    ),
    "POST /api/v1/evidence": lambda _, __: Ask("/api/v1/evidence", content=PHOTO, media_type="image/png"),
    "GET /api/v1/evidence/{sha256}": _get("/api/v1/evidence/{evidence}?statement={ids[paper]}"),
    "POST /api/v1/keys": _post("/api/v1/keys", {"role": "enterprise"}),
    "POST /api/v1/keys/drafts": _post(
        "/api/v1/keys/drafts",
        {"role": "laboratory", "public_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAk="},
    ),
    "POST /api/v1/access-keys": lambda world, _: Ask(
        "/api/v1/access-keys", json={"party": str(world.a), "days": 1, "acting": "clerk"}
    ),
    "GET /api/v1/access-keys": _get("/api/v1/access-keys?party={a}"),
    "POST /api/v1/access-keys/{name}/rotation": lambda world, _: Ask(
        f"/api/v1/access-keys/{_access_key(world)}/rotation", json={"days": 1, "overlap_days": 0}
    ),
    "DELETE /api/v1/access-keys/{name}": lambda world, _: Ask(f"/api/v1/access-keys/{_access_key(world)}"),
    "POST /api/v1/official-scopes": _post("/api/v1/official-scopes", {"certificate": OFFICER}),
    "GET /api/v1/me": _get("/api/v1/me"),
    "GET /api/v1/official-reads": _get("/api/v1/official-reads?party={a}"),
    # Without a passkey's answer: refused for what it is, whoever asks.
    "POST /api/v1/sign-in/passkey/options": _post("/api/v1/sign-in/passkey/options", {}),
    "POST /api/v1/sign-in/passkey": _post("/api/v1/sign-in/passkey", {}),
    "POST /api/v1/invites/passkey/options": _post("/api/v1/invites/passkey/options", {}),
    "POST /api/v1/invites/passkey": _post("/api/v1/invites/passkey", {}),
    "POST /api/v1/sign-out": _post("/api/v1/sign-out", {}),
    "GET /api/v1/account": _get("/api/v1/account"),
    "POST /api/v1/account/passkeys/options": _post("/api/v1/account/passkeys/options", {}),
    "POST /api/v1/account/passkeys": _post("/api/v1/account/passkeys", {}),
    "DELETE /api/v1/account/passkeys/{credential}": _get("/api/v1/account/passkeys/none"),
    "DELETE /api/v1/account/sessions/{name}": _get("/api/v1/account/sessions/none"),
    "POST /api/v1/account/recovery-codes": _post("/api/v1/account/recovery-codes", {}),
    "GET /api/v1/people": _get("/api/v1/people?party={a}"),
    "POST /api/v1/people/invites": lambda world, _: Ask(
        "/api/v1/people/invites", json={"name": "某（演示）", "acting": "owner", "party": str(world.a)}
    ),
    "DELETE /api/v1/people/{person}": lambda world, _: Ask(f"/api/v1/people/{_colleague(world)}"),
    "POST /api/v1/people/cards": lambda world, _: Ask(
        "/api/v1/people/cards", json={"name": "某（演示）", "party": str(world.a)}
    ),
    "POST /api/v1/people/{person}/card": lambda world, _: Ask(
        f"/api/v1/people/{_colleague(world, card=True)}/card", json={}
    ),
    "POST /api/v1/people/{person}/unlock": lambda world, _: Ask(
        f"/api/v1/people/{_colleague(world, card=True)}/unlock", json={}
    ),
    "POST /api/v1/people/agency": _post("/api/v1/people/agency", {}),
    "GET /api/v1/parties": _get("/api/v1/parties?q=%E7%94%B2%E5%90%88%E4%BD%9C"),
    "GET /api/v1/parties/{party}": _get("/api/v1/parties/{a}"),
    "GET /api/v1/documents/{number:path}/uses": _get("/api/v1/documents/{number}/uses"),
    "POST /api/v1/erasures": lambda world, _: Ask(
        "/api/v1/erasures",
        json={"ground": "个人信息保护法第47条", "erase": [{"statement": _wrong(world, _), "places": [0]}]},
    ),
    "GET /api/v1/retention": _get("/api/v1/retention"),
    "GET /log/vkey": _get("/log/vkey"),
    "HEAD /log/vkey": _get("/log/vkey"),
    "GET /log/label-keys": _get("/log/label-keys"),
    "HEAD /log/label-keys": _get("/log/label-keys"),
    "GET /scan-offline.js": _get("/scan-offline.js"),
    "GET /log/checkpoint": _get("/log/checkpoint"),
    "GET /log/timestamps": _get("/log/timestamps"),
    "GET /log/timestamps/{size}": lambda world, _: Ask(f"/log/timestamps/{_stamped(world)}"),
    "GET /log/timestamps/{size}/note": lambda world, _: Ask(f"/log/timestamps/{_stamped(world)}/note"),
    "HEAD /log/checkpoint": _get("/log/checkpoint"),
    "GET /log/tile/{place:path}": _get("/log/tile/entries/000.p/1"),
    "HEAD /log/tile/{place:path}": _get("/log/tile/entries/000.p/1"),
    "GET /log/statements/{place:path}": _get("/log/statements/000.p/1"),
    "GET /log/register": _get("/log/register"),
    "HEAD /log/register": _get("/log/register"),
    "GET /{key:int}/{rest:path}": _get("/01/09520001000027/10/JC-1"),
    "HEAD /{key:int}/{rest:path}": _get("/01/09520001000027/10/JC-1"),
    "GET /.well-known/gs1resolver": _get("/.well-known/gs1resolver"),
    "HEAD /.well-known/gs1resolver": _get("/.well-known/gs1resolver"),
    "GET /gs1/linkset-context.jsonld": _get("/gs1/linkset-context.jsonld"),
    "HEAD /gs1/linkset-context.jsonld": _get("/gs1/linkset-context.jsonld"),
    "GET /verify/{rest:path}": _get("/verify/gtin/09520001000027/lot/JC-1/ser/7"),
    "HEAD /verify/{rest:path}": _get("/verify/gtin/09520001000027/lot/JC-1/ser/7"),
    "GET /checkConnectivity": _get("/checkConnectivity?gtin=09520001000027"),
    "HEAD /checkConnectivity": _get("/checkConnectivity?gtin=09520001000027"),
    "GET /c/{code}": _get("/c/{batch_code}"),
    "HEAD /c/{code}": _get("/c/{batch_code}"),
    "POST /demo/identity": lambda _, __: Ask("/demo/identity", form={"identity": ""}),
    "GET /docs": _get("/docs"),
    "GET /docs/problems": _get("/docs/problems"),
    "GET /healthz": _get("/healthz"),
    "GET /": _get("/"),
    "GET /verify": _get("/verify"),
    "GET /my": _get("/my"),
    "GET /my/findings": _get("/my/findings"),
    "GET /my/findings/answer": _get("/my/findings/answer?kind={kind}&subject={subject}"),
    "POST /my/findings/answer": _form("/my/findings/answer", "answer", text="录入错误（演示）"),
    "GET /my/batches/new": _get("/my/batches/new"),
    "POST /my/batches": _form(
        "/my/batches",
        "batch",
        name="韭菜",
        category="farm_produce",
        produced_on="2026-11-14",
        quantity="5",
        quantity_unit="KGM",
    ),
    "GET /my/batches/{position}": _get("/my/batches/{at[batch]}"),
    "GET /my/deliveries/new": _get("/my/deliveries/new"),
    "POST /my/deliveries": _form(
        "/my/deliveries",
        "declared",
        supplier="",
        party_kind="farmer",
        party_name="某户（演示）",
        name="白菜",
        category="farm_produce",
        quantity="5",
        quantity_unit="KGM",
        produced_on="2026-11-13",
    ),
    "GET /my/deliveries": _get("/my/deliveries"),
    "GET /my/deliveries/{shipment}": _get("/my/deliveries/{ids[offer]}"),
    "POST /my/deliveries/{shipment}": _answer("/my/deliveries"),
    "GET /my/shipments/new": _get("/my/shipments/new"),
    "POST /my/shipments": _form(
        "/my/shipments", "shipment", amount_0="1", customer="", party_name="某店（演示）"
    ),
    "GET /my/slips/{position}": _get("/my/slips/{at[shipment]}"),
    "GET /my/duty/{position}.pdf": _get("/my/duty/{at[check]}.pdf"),
    "GET /my/duty/{position}": _get("/my/duty/{at[check]}"),
    "GET /inspect": _get("/inspect"),
    "POST /inspect": lambda world, _: Ask("/inspect", form={}, file=world.label),
    "GET /scan": _get("/scan?code={code}"),
    "GET /trace": _get("/trace?goods={goods}"),
    "GET /entries/{position}.tlog-proof": _get("/entries/{at[check]}.tlog-proof"),
    "GET /entries/{position}": _get("/entries/{at[check]}"),
    "GET /entries/{position}/disclose": _get("/entries/{at[receipt]}/disclose"),
    "POST /entries/{position}/disclose": _form(
        "/entries/{at[receipt]}/disclose", place_0="1", to="某（演示）"
    ),
    "GET /my/grants": _get("/my/grants"),
    "GET /entries/{position}/grant": _get("/entries/{at[shipment]}/grant"),
    "POST /entries/{position}/grant": _form("/entries/{at[shipment]}/grant", "grant", until="2026-12-31"),
    "POST /my/grants/{statement}/end": _form("/my/grants/{ids[grant]}/end"),
    "GET /who-sees-what": _get("/who-sees-what"),
    "GET /entries/{position}/eyes": _get("/entries/{at[shipment]}/eyes"),
    "GET /findings": _get("/findings"),
    "GET /market": _get("/market"),
    "GET /market/stalls.{form}": _get("/market/stalls.csv"),
    "GET /market/cards": _get("/market/cards"),
    "POST /market/cards": lambda _, __: Ask("/market/cards", form={"agreed": "1"}),
    "GET /market/stalls/new": _get("/market/stalls/new"),
    "POST /market/stalls": _form("/market/stalls", name="辛菜摊（演示）", stall_number="13"),
    "GET /market/stalls/{party}": _get("/market/stalls/{seller}"),
    "POST /market/stalls/{party}/take": lambda world, _: Ask(
        f"/market/stalls/{world.seller}/take",
        form={"id": world.new_id(), "shipment": str(world.ids["to_seller"]), "papers": "in_order"},
    ),
    "GET /market/stalls/{party}/deliveries/new": _get("/market/stalls/{seller}/deliveries/new"),
    "POST /market/stalls/{party}/deliveries": _form(
        "/market/stalls/{seller}/deliveries",
        "declared",
        supplier="",
        party_kind="farmer",
        party_name="某户（演示）",
        name="白菜",
        category="farm_produce",
        quantity="5",
        quantity_unit="KGM",
    ),
    "POST /market/stalls/{party}/stop": _form(
        "/market/stalls/{seller}/stop",
        release="https://id.gs1.org/01/09520001000027/10/QC-1",
        reason="复检合格",
    ),
    "GET /sign/enrol": _get("/sign/enrol"),
    "GET /sign-in": _get("/sign-in"),
    "POST /sign-in/card": _form("/sign-in/card"),
    "POST /sign-in/recovery": _form("/sign-in/recovery"),
    "POST /sign-in/link": _form("/sign-in/link"),
    "GET /sign-in/link": _get("/sign-in/link"),
    "POST /sign-in/link/open": _form("/sign-in/link/open"),
    "POST /sign-in/agency": _form("/sign-in/agency"),
    "GET /sign-in/agency/back": _get("/sign-in/agency/back"),
    "GET /invite": _get("/invite"),
    "POST /invite": _form("/invite"),
    "GET /account": _get("/account"),
    "POST /account/passkeys/remove": _form("/account/passkeys/remove"),
    "POST /account/sessions/end": _form("/account/sessions/end", name="none"),
    "POST /account/codes": _form("/account/codes"),
    "POST /account/pin": _form("/account/pin"),
    "POST /sign-out": _form("/sign-out"),
    "GET /people": _get("/people"),
    "POST /people/invite": _form("/people/invite", name="某（演示）", acting="clerk"),
    "POST /people/card": _form("/people/card", name="某（演示）"),
    "POST /people/card/new": lambda world, _: Ask(
        "/people/card/new", form={"person": _colleague(world, card=True)}
    ),
    "POST /people/unlock": lambda world, _: Ask(
        "/people/unlock", form={"person": _colleague(world, card=True)}
    ),
    "POST /people/remove": lambda world, _: Ask("/people/remove", form={"person": _colleague(world)}),
    "GET /p/": _get("/p/?code={batch_code}"),
    "HEAD /p/": _get("/p/?code={batch_code}"),
    "GET /p": _get("/p?code={batch_code}"),
    "HEAD /p": _get("/p?code={batch_code}"),
    "GET /p/c/{code}": _get("/p/c/{batch_code}"),
    "HEAD /p/c/{code}": _get("/p/c/{batch_code}"),
    "GET /p/01/{rest:path}": _get("/p/01/09520001000027/10/JC-1"),
    "HEAD /p/01/{rest:path}": _get("/p/01/09520001000027/10/JC-1"),
    "POST /p/report": _form("/p/report", text="味道不对（演示）"),
    "GET /p/report": _get("/p/report"),
    "GET /p/report/{number}": lambda world, _: Ask(f"/p/report/{_report_number(world)}"),
    "GET /p/proof/{position}": _get("/p/proof/{at[batch]}"),
    "GET /sell": _get("/sell"),
    "GET /sell/to/{party}": lambda world, _: Ask(f"/sell/to/{world.customer}?form={world.new_id()}"),
    "POST /sell/to/{party}": lambda world, _: Ask(f"/sell/to/{world.customer}", form=_slip(world)),
    "GET /my/slips/{position}/correct": lambda world, _: Ask(f"/my/slips/{_sold(world)}/correct"),
    "POST /my/slips/{position}/correct": lambda world, _: Ask(
        f"/my/slips/{_sold(world)}/correct", form=_slip(world)
    ),
    "POST /my/slips/{position}/print": lambda world, _: Ask(
        f"/my/slips/{_sold(world)}/print", form={"number": "1"}
    ),
    "POST /my/slips/{position}/terms": lambda world, _: Ask(
        f"/my/slips/{_sold(world)}/terms", form={"terms": "paid"}
    ),
    "POST /my/slips/{position}/void": lambda world, _: Ask(
        f"/my/slips/{_sold(world)}/void", form={"id": world.new_id()}
    ),
    "GET /sell/owed": _get("/sell/owed"),
    "GET /sell/owed.{form}": _get("/sell/owed.csv"),
    "GET /sell/owed/{party}.{form}": lambda world, _: Ask(f"/sell/owed/{_paid(world)[0]}.csv"),
    "GET /sell/owed/{party}": lambda world, _: Ask(f"/sell/owed/{_paid(world)[0]}"),
    "POST /sell/owed/{party}/payments": lambda world, _: Ask(
        f"/sell/owed/{_paid(world)[0]}/payments",
        form={"id": world.new_id(), "amount": "5", "paid_on": "2026-11-13", "method": "cash"},
    ),
    "POST /sell/owed/{party}/payments/{payment}/withdraw": lambda world, _: Ask(
        "/sell/owed/{}/payments/{}/withdraw".format(*_paid(world)), form={}
    ),
    "GET /stall": _get("/stall"),
    "GET /stall/deliveries/{shipment}": _get("/stall/deliveries/{ids[offer]}"),
    "POST /stall/deliveries/{shipment}": _answer("/stall/deliveries"),
    "GET /stall/new": _get("/stall/new"),
    "POST /stall/new": _form(
        "/stall/new",
        "declared",
        supplier="",
        party_kind="farmer",
        party_name="某户（演示）",
        name="白菜",
        category="farm_produce",
        quantity="5",
        quantity_unit="KGM",
    ),
    "GET /stall/slips/{position}": _get("/stall/slips/{at[receipt]}"),
    "POST /stall/slips/{position}": _form(
        "/stall/slips/{at[receipt]}", voucher_kind="sales_slip", voucher_number="P-1"
    ),
    "GET /stall/code": _get("/stall/code"),
    "POST /stall/code": _form("/stall/code", act="open", code="", agreed="1"),
    "GET /stall/card": _published("/stall/card"),
    "GET /s/{code}": _published("/s/{code}"),
    "HEAD /s/{code}": _published("/s/{code}"),
    "GET /my/duty": _get("/my/duty"),
    "GET /my/duty.{form}": _get("/my/duty.csv"),
    "GET /my/duty/period.pdf": _get("/my/duty/period.pdf"),
    "GET /my/parties": _get("/my/parties"),
    "GET /my/parties.{form}": _get("/my/parties.csv"),
    "GET /my/files": _get("/my/files"),
    "GET /my/files.{form}": _get("/my/files.csv"),
    "GET /my/licences": _get("/my/licences"),
    "GET /my/licences.{form}": _get("/my/licences.csv"),
    "GET /my/documents": _get("/my/documents"),
    "GET /my/documents.{form}": _get("/my/documents.csv"),
    "GET /my/checks": _get("/my/checks"),
    "GET /my/checks.{form}": _get("/my/checks.csv"),
    "GET /my/products": _get("/my/products"),
    "GET /my/products.{form}": _get("/my/products.csv"),
    "GET /my/sites": _get("/my/sites"),
    "GET /my/sites.{form}": _get("/my/sites.csv"),
    "GET /my/findings.{form}": _get("/my/findings.csv"),
    "GET /my/parties/new": _get("/my/parties/new"),
    "POST /my/parties": _form("/my/parties", party_kind="farmer", person_name="某户（演示）"),
    "GET /my/files/new": _get("/my/files/new"),
    "POST /my/files": lambda world, actor: _form(
        "/my/files", supplier=str(world.b), document_kind_0="营业执照"
    )(world, actor),
    "GET /my/licences/new": _get("/my/licences/new"),
    "POST /my/licences": lambda world, actor: _form(
        "/my/licences", kind="licence", licence_kind="营业执照", number=f"K-{world.next()}", state="granted"
    )(world, actor),
    "GET /my/products/new": _get("/my/products/new"),
    "POST /my/products": _form("/my/products", name="韭菜", category="farm_produce"),
    "GET /my/sites/new": _get("/my/sites/new"),
    "POST /my/sites": _form("/my/sites", name="二店（演示）", site_kind="shop"),
    "GET /my/certificates/new": _get("/my/certificates/new"),
    "POST /my/certificates": lambda world, actor: _form(
        "/my/certificates",
        certificate_kind="organic",
        number=f"K-{world.next()}",
        issued_by="某机构（演示）",
    )(world, actor),
    "GET /my/commitments/new": _get("/my/commitments/new"),
    "POST /my/commitments": lambda world, actor: _form(
        "/my/commitments", producer=_me(world, actor), basis="self_promise"
    )(world, actor),
    "GET /my/vouchers/new": _get("/my/vouchers/new"),
    "POST /my/vouchers": lambda world, actor: _form(
        "/my/vouchers", side="bought", partner=str(world.b), voucher_kind="sales_slip"
    )(world, actor),
    "GET /my/parties/{party}": _get("/my/parties/{a}"),
    "GET /my/files/{supplier}": _get("/my/files/{a}"),
    "GET /my/licences/{position}": _get("/my/licences/{at[licence]}"),
    "GET /my/documents/{position}": _get("/my/documents/{at[certificate]}"),
    "GET /my/checks/{position}": _get("/my/checks/{at[check]}"),
    "GET /my/products/{position}": _get("/my/products/{at[product]}"),
    "GET /my/sites/{position}": _get("/my/sites/{at[site]}"),
    "GET /my/sheets": _get("/my/sheets"),
    "GET /my/sheets/{kind}.xlsx": _get("/my/sheets/batches.xlsx?category=pork"),
    "GET /my/sheets/{kind}": _get("/my/sheets/batches"),
    "POST /my/sheets/{kind}": lambda _, __: Ask(
        "/my/sheets/parties",
        content=b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        + SHEET
        + b"\r\n--x--\r\n",
        media_type="multipart/form-data; boundary=x",
    ),
    "GET /my/sheets/jobs/{job}": lambda world, _: Ask(f"/my/sheets/jobs/{_sheet_job(world)}"),
    "GET /my/sheets/jobs/{job}.xlsx": lambda world, _: Ask(
        f"/my/sheets/jobs/{_sheet_job(world, BAD_SHEET)}.xlsx"
    ),
    "POST /my/sheets/jobs/{job}": lambda world, _: Ask(f"/my/sheets/jobs/{_sheet_job(world)}", form={}),
    "POST /api/v1/sheets/{kind}": lambda _, __: Ask(
        "/api/v1/sheets/parties?dry_run=true", content=SHEET, media_type="text/csv"
    ),
    "GET /api/v1/sheets/jobs/{job}": lambda world, _: Ask(f"/api/v1/sheets/jobs/{_sheet_job(world)}"),
    "GET /search": _get("/search?q={number}"),
    "GET /inspect/parties/{party}": _get("/inspect/parties/{a}"),
    "GET /trace/picture": _get("/trace/picture?goods={goods}"),
    "GET /trace/recall.{form}": _get("/trace/recall.csv?goods={goods}"),
    "GET /findings/records": _get("/findings/records?kind={kind}&subject={subject}"),
    "GET /inspect/new": _get("/inspect/new"),
    "POST /inspect/new": lambda world, _: _form(
        "/inspect/new",
        **_OFFICERS,
        party=str(world.a),
        conclusion="in_order",
        do="record",
    )(world, _),
    "GET /inspect/sample": _get("/inspect/sample"),
    "POST /inspect/sample": lambda world, _: _form(
        "/inspect/sample",
        **_OFFICERS,
        party=str(world.a),
        goods=str(world.goods),
        sample_number=f"Y-{world.next()}",
        quantity="1",
        quantity_unit="KGM",
        purpose="quick",
    )(world, _),
    "GET /inspect/hold": _get("/inspect/hold"),
    # The first of its two steps: whom it would concern.
    "POST /inspect/hold": lambda world, _: _form("/inspect/hold", goods=str(world.goods), do="show")(
        world, _
    ),
    "GET /inspect/release": lambda world, _: Ask(f"/inspect/release?order={_held(world)}"),
    "POST /inspect/release": lambda world, _: _form(
        "/inspect/release", **_OFFICERS, order=_held(world), reason="核查无误（演示）"
    )(world, _),
    "GET /my/batches": _get("/my/batches"),
    "GET /my/batches.{form}": _get("/my/batches.csv"),
    "GET /my/batches/process": _get("/my/batches/process?kind=split"),
    # For whoever is not A nothing should be there of A's batch: he is told so first.
    "POST /my/batches/process": lambda world, _: _form(
        "/my/batches/process",
        kind="split",
        process="分装",
        goods_0=str(world.own_batch),
        amount_0="1",
        unit_0="KGM",
        out_0="1",
        out_0_unit="KGM",
    )(world, _),
    "GET /my/batches/process/{position}": _get("/my/batches/process/{at[process]}"),
    "GET /my/batches/{position}/release": _get("/my/batches/{at[batch]}/release"),
    "POST /my/batches/{position}/release": _form(
        "/my/batches/{at[batch]}/release", result="released", basis="own_test"
    ),
    "GET /my/stock": _get("/my/stock"),
    "GET /my/stock.{form}": _get("/my/stock.csv"),
    "GET /my/stock/account": lambda world, _: Ask(f"/my/stock/account?goods={_own_batch(world)}"),
    "GET /my/stock/adjust": lambda world, _: Ask(f"/my/stock/adjust?goods={_own_batch(world)}"),
    "POST /my/stock/adjust": lambda world, _: _form(
        "/my/stock/adjust",
        goods=str(world.own_batch),
        reason="loss",
        amount="1",
        amount_unit="KGM",
        note="破损（演示）",
    )(world, _),
    "GET /my/stock/destroy": lambda world, _: Ask(f"/my/stock/destroy?goods={_own_batch(world)}"),
    "POST /my/stock/destroy": lambda world, _: _form(
        "/my/stock/destroy",
        goods=str(world.own_batch),
        stage="done",
        stock="own_stock",
        method="深埋",
        amount="1",
        amount_unit="KGM",
    )(world, _),
    "GET /my/shipments": _get("/my/shipments"),
    "GET /my/shipments.{form}": _get("/my/shipments.csv"),
    "GET /my/shipments/{position}": _get("/my/shipments/{at[shipment]}"),
    "GET /my/returns/new": lambda world, _: Ask(f"/my/returns/new?goods={_own_batch(world)}"),
    "POST /my/returns": lambda world, _: _form(
        "/my/returns",
        goods=str(_line(world)["goods"]),
        to=str(world.customer),
        amount="1",
        amount_unit="KGM",
    )(world, _),
    "GET /my/labels": _get("/my/labels"),
    "GET /my/labels.{form}": _get("/my/labels.csv"),
    "GET /my/labels/new": lambda world, _: Ask(f"/my/labels/new?goods={_own_batch(world)}"),
    "POST /my/labels": lambda world, _: _form(
        "/my/labels", goods=str(world.own_batch), count="1", size="50x30", reason="卡纸（演示）"
    )(world, _),
    "GET /my/labels/{run}": lambda world, _: Ask(f"/my/labels/{_printed(world)}"),
    "GET /my/recalls": _get("/my/recalls"),
    "GET /my/recalls.{form}": _get("/my/recalls.csv"),
    "GET /my/recalls/new": _get("/my/recalls/new"),
    # The first of its two steps: whom it would concern.
    "POST /my/recalls/new": lambda world, _: _form(
        "/my/recalls/new", pick_0=str(world.own_batch), reason="自查（演示）", grade="3"
    )(world, _),
    "GET /my/recalls/{position}": _get("/my/recalls/{at[recall]}"),
    "GET /my/recalls/{position}/scope.{form}": _get("/my/recalls/{at[recall]}/scope.csv"),
    "POST /my/recalls/{position}/answer": _form(
        "/my/recalls/{at[recall]}/answer",
        goods_0="https://id.gs1.org/01/09520001000027/10/ZH-9",
        unit_0="KGM",
        recovered_0="0",
    ),
    "POST /my/recalls/{position}/end": _form("/my/recalls/{at[recall]}/end", reason="全部追回（演示）"),
    "POST /people/role": lambda world, _: Ask(
        "/people/role", form={"person": _colleague(world), "acting": "signer"}
    ),
    "POST /people/suspend": lambda world, _: Ask("/people/suspend", form={"person": _colleague(world)}),
    "POST /people/resume": lambda world, _: Ask("/people/resume", form={"person": _colleague(world)}),
    "GET /people/keys": _get("/people/keys"),
    "POST /people/keys": _form("/people/keys", label="仓库系统（演示）"),
    "POST /people/keys/rotate": lambda world, _: Ask(
        "/people/keys/rotate", form={"name": _access_key(world)}
    ),
    "POST /people/keys/take": lambda world, _: Ask("/people/keys/take", form={"name": _access_key(world)}),
    "GET /my/code-heads": _get("/my/code-heads"),
    "GET /my/code-heads.{form}": _get("/my/code-heads.csv"),
    "GET /my/code-heads/new": _get("/my/code-heads/new"),
    "POST /my/code-heads": lambda world, _: _form(
        "/my/code-heads", product=PRODUCT, scheme="drug", head_0=f"{world.next():07}", level_0="unit"
    )(world, _),
    "GET /my/links": _get("/my/links"),
    "POST /my/links": lambda world, _: Ask(
        "/my/links", form={**{name: str(text) for name, text in _link(world).items()}, "id": world.new_id()}
    ),
    "POST /my/links/{position}/end": lambda world, _: Ask(
        f"/my/links/{_linked(world)}/end", form={"id": world.new_id()}
    ),
    "POST /api/v1/codes/runs": lambda world, _: Ask(
        "/api/v1/codes/runs", json={"goods": str(world.own_batch), "count": 2}
    ),
    "GET /api/v1/codes/runs/{run}": lambda world, _: Ask(f"/api/v1/codes/runs/{_code_run(world)}"),
    "GET /api/v1/codes/runs/{run}/codes.csv": lambda world, _: Ask(
        f"/api/v1/codes/runs/{_code_run(world)}/codes.csv"
    ),
    "GET /api/v1/codes/packed": lambda world, _: Ask(f"/api/v1/codes/packed?code={_packed(world)}"),
    "GET /my/codes": _get("/my/codes"),
    "GET /my/codes.{form}": _get("/my/codes.csv"),
    "GET /my/codes/new": _get("/my/codes/new"),
    "POST /my/codes": lambda world, _: _form(
        "/my/codes", goods=str(world.own_batch), way="count", code_kind="other", count="2"
    )(world, _),
    "GET /my/codes/pack": _get("/my/codes/pack"),
    "POST /my/codes/pack": lambda world, _: _form(
        "/my/codes/pack", action="pack", parent_code=f"CASE{world.next():06}", codes=CODE
    )(world, _),
    "GET /my/codes/packed": _get("/my/codes/packed"),
    "GET /my/codes/{run}": lambda world, _: Ask(f"/my/codes/{_code_run(world)}"),
    "POST /my/codes/{run}": lambda world, _: _form(f"/my/codes/{_code_run(world)}", action="activate")(
        world, _
    ),
    "GET /my/codes/{run}/list.csv": lambda world, _: Ask(f"/my/codes/{_code_run(world)}/list.csv"),
}
