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

from ledger.accounts.access import Terms
from ledger.accounts.persons import Person, add_person, new_person_id
from ledger.vocabulary.documents import Certificate
from ledger.vocabulary.goods import Batch
from tests.authorisation.world import CODE, DAY_MS, NUMBER, OFFICER

if TYPE_CHECKING:
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
        "codes": [CODE],
        "code_kind": "pesticide",
    },
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


def _access_key(world: World) -> str:
    _, key = world.ledger.accounts.access.give(world.a.party, Terms(label="for a test", days=1))
    return key.name


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
    "GET /log/checkpoint": _get("/log/checkpoint"),
    "HEAD /log/checkpoint": _get("/log/checkpoint"),
    "GET /log/tile/{place:path}": _get("/log/tile/entries/000.p/1"),
    "HEAD /log/tile/{place:path}": _get("/log/tile/entries/000.p/1"),
    "GET /log/register": _get("/log/register"),
    "HEAD /log/register": _get("/log/register"),
    "GET /01/{rest:path}": _get("/01/09520001000027/10/JC-1"),
    "HEAD /01/{rest:path}": _get("/01/09520001000027/10/JC-1"),
    "GET /c/{code}": _get("/c/{batch_code}"),
    "HEAD /c/{code}": _get("/c/{batch_code}"),
    "POST /demo/identity": lambda _, __: Ask("/demo/identity", form={"identity": ""}),
    "GET /docs": _get("/docs"),
    "GET /docs/problems": _get("/docs/problems"),
    "GET /healthz": _get("/healthz"),
    "GET /": _get("/"),
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
    "POST /my/deliveries/{shipment}": _form("/my/deliveries/{ids[offer]}", "offer"),
    "GET /my/shipments/new": _get("/my/shipments/new"),
    "POST /my/shipments": _form(
        "/my/shipments", "shipment", amount_0="1", customer="", party_name="某店（演示）"
    ),
    "GET /my/slips/{position}": _get("/my/slips/{at[shipment]}"),
    "GET /my/duty/{position}.pdf": _get("/my/duty/{at[check]}.pdf"),
    "GET /my/duty/{position}": _get("/my/duty/{at[check]}"),
    "GET /inspect": _get("/inspect"),
    "POST /inspect": lambda world, _: Ask("/inspect", form={}, file=world.label),
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
    "GET /p/report/{statement}": _get("/p/report/{ids[report]}"),
}
