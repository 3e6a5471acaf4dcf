"""Two tenants of one server, and every way in that one of them can try with the names of the other's things.

Tenant A's trade is a morning of leeks with everything beside it that can be recorded; tenant B has nothing to do with any of it. Each
secret text of A's records carries a mark, so that a leak can be seen in any answer. Beside every name of A's stands a *twin*: a name of
the same sort that nobody ever recorded.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi.routing import iter_route_contexts

from api.pages.own_lists import SEARCH_CHARACTERS_MAX
from ledger.identifiers import BatchCode, GoodsId, PartyId, ProductId, Sha256Hex, SiteId, StatementId
from ledger.vocabulary.documents import Certificate, Voucher
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.oversight import Complaint, Hold, Inspection
from ledger.vocabulary.parties import Party, Product, Site
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck, SupplierFile
from tests.support.server import certify, enrol_party

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import httpx
    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant
    from fastapi.routing import RouteContext

    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.vocabulary.said import Said
    from tests.support.server import Client, Enrolled

#: Stands in every text of A's that is not for everybody.
MARK: Final = "机密乙方勿看"
LEEK: Final = GoodsId.parse("https://id.gs1.org/01/09520001000034/10/A-1")
#: Traded, and never declared by a batch record: that it is here at all is a secret.
UNDECLARED: Final = GoodsId.parse("https://id.gs1.org/01/09520001000041/10/A-2")
#: On hold, and not recalled.
HELD: Final = GoodsId.parse("https://id.gs1.org/01/09520001000058/10/A-3")
#: The first status of a refusal.
REFUSED: Final = 400
#: Deliveries beside those that have everything.
ORDINARY: Final = 20
CODE: Final = "12690011001900000000000000000555"

_ID_INPUT: Final = re.compile(r'(<input type="hidden" name="id" value=")[^"]*"')
#: A form that is opened gets a number of its own, another one each time.
_NEW_FORM: Final = re.compile(r"([?&]form=)[0-9a-f-]{36}")
_OWN: Final = re.compile(r'<p class="buttons no-print">.*?</p>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Thing:
    """One name of A's: of what sort, how it is spelt, the twin that names nothing, and whether everybody may know of it."""

    sort: str
    name: str
    twin: str
    public: bool = False

    @property
    def spellings(self) -> list[tuple[str, str]]:
        """How it may stand in an answer that repeats it, each with the twin's spelling; the longest first."""
        ways: tuple[Callable[[str], str], ...] = (
            str,
            quote,
            html.escape,
            _printed,
            lambda name: quote(name, safe=""),
            # As much of it as a list looks for.
            lambda name: name[:SEARCH_CHARACTERS_MAX],
        )
        pairs = dict.fromkeys((way(self.name), way(self.twin)) for way in ways)
        return sorted(pairs, key=lambda one: -len(one[1]))


def _printed(name: str) -> str:
    """A Digital Link as it stands on a pack: without its host."""
    _, found, tail = name.partition("/01/")
    return tail if found else name


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request: which route, which slot of it, which thing."""

    route: str
    slot: str
    thing: Thing
    path: str
    twin_path: str


@dataclass(slots=True)
class Town:
    """Everybody, and what A has."""

    ledger: Ledger
    client: Client
    seller: Enrolled
    buyer: Enrolled
    authority: Enrolled
    stranger: Enrolled
    things: list[Thing] = field(default_factory=list)

    @classmethod
    def built(cls, ledger: Ledger, client: Client) -> Town:
        """A's trade, told by A's own parties; and a little of B's own."""
        town = cls(
            ledger,
            client,
            seller=enrol_party(ledger, "甲方示例合作社（演示）", kind="cooperative"),
            buyer=enrol_party(ledger, "甲方示例批发行（演示）"),
            authority=enrol_party(ledger, "示例市监管局（演示）", role="authority", kind="authority"),
            stranger=enrol_party(ledger, "乙方示例粮店（演示）"),
        )
        town._tell()
        town._list()
        return town

    def _tell(self) -> None:
        seller, buyer, say = self.seller.party, self.buyer.party, self._say
        kg: Json = {"amount": "37", "unit": "KGM"}
        farmer = PartyId.new(b"farmer-of-")
        say(
            seller,
            Party,
            party=str(farmer),
            party_kind="farmer",
            person_name=f"农户{MARK}",
            phone="139-0000-0555",
        )
        plot, product = SiteId.new(b"plot-of-a-"), ProductId.new(b"prod-of-a-")
        say(seller, Site, site=str(plot), party=str(seller), site_kind="plot", name=f"地块{MARK}")
        say(
            seller,
            Product,
            product=str(product),
            owner=str(seller),
            name="韭菜",
            category="edible_farm_produce",
        )
        for goods, name in ((LEEK, "韭菜"), (HELD, "青菜")):
            say(seller, Batch, goods=str(goods), maker=str(seller), name=name, category="edible_farm_produce",
                batch_number=goods.text.rpartition("/")[2], quantity=kg)  # fmt: skip
        say(seller, Codes, action="issue", goods=str(LEEK), codes=[CODE], code_kind="pesticide")
        paper = self.ledger.evidence.put(f"paper {MARK}".encode())
        say(seller, Certificate, certificate_kind="third_party_test", number=f"BG-{MARK}", issued_by="示例检测（演示）",
            goods=[str(LEEK)], evidence=str(paper))  # fmt: skip
        for goods in (LEEK, UNDECLARED, HELD):
            line: dict[str, Json] = {"goods": str(goods), "quantity": kg}
            voucher: dict[str, Json] = {
                "voucher_kind": "sales_slip",
                "number": f"XS-{goods.text[-3:]}-{MARK}",
            }
            (sent,) = say(
                seller,
                Shipment,
                to=str(buyer),
                lines=[line],
                voucher=voucher,
                vehicle=f"车{MARK}",
                offer=False,
            )
            say(buyer, Receipt, supplier=str(seller), shipment=str(sent), lines=[line], reason=f"差异{MARK}")
            say(buyer, SupplierCheck, supplier=str(seller), received_on="2026-11-14", conclusion="accept", lines=[line],
                voucher=voucher, checked_by=f"查验人{MARK}")  # fmt: skip
            say(
                buyer,
                Voucher,
                **voucher,
                seller=str(seller),
                buyer=str(buyer),
                total="812.50",
                evidence=str(paper),
            )
            say(
                buyer,
                Sale,
                lines=[{**line, "quantity": {"amount": "2", "unit": "KGM"}}],
                buyer_name=f"顾客{MARK}",
            )
        say(buyer, SupplierFile, supplier=str(seller), salesperson=f"业务员{MARK}",
            documents=[{"document_kind": "business_licence", "number": f"ZJ-{MARK}"}])  # fmt: skip
        officer = certify(self.ledger, self.authority.party)
        say(
            self.authority.party,
            Hold,
            action="hold",
            goods=[str(HELD)],
            reason=f"原因{MARK}",
            officer=officer,
        )
        second = certify(self.ledger, self.authority.party)
        say(self.authority.party, Inspection, party=str(buyer), officers=[officer, second], conclusion="rectify",
            text=f"笔录{MARK}", case_note=f"线索{MARK}")  # fmt: skip
        self.ledger.say(self.ledger.registrar, Complaint.read({"text": f"举报{MARK}", "goods": str(LEEK)}))
        for number in range(ORDINARY):
            line = {"goods": str(LEEK), "quantity": {"amount": str(1 + number % 7), "unit": "KGM"}}
            (sent,) = say(seller, Shipment, to=str(buyer), lines=[line], vehicle=f"车{MARK}", offer=False)
            say(buyer, Receipt, supplier=str(seller), shipment=str(sent), lines=[line])
        # B's own: a reader who has nothing would be turned away from more pages than one who trades.
        own = GoodsId.parse("https://id.gs1.org/01/09520001000065/10/B-1")
        say(self.stranger.party, Batch, goods=str(own), maker=str(self.stranger.party), name="大米",
            category="edible_farm_produce", batch_number="B-1", quantity=kg)  # fmt: skip

    def _say(self, party: PartyId, kind: type[Said], /, **body: Json) -> tuple[StatementId, ...]:
        placed = self.ledger.say(party, kind.read(body))
        return tuple(self.ledger.stored(one.seq).header.id for one in placed)

    def _list(self) -> None:
        """Every name that stands in A's records, each once, with its twin."""
        size, found = self.ledger.size(), dict[tuple[str, str], Thing]()

        def add(sort: str, name: str, twin: str, *, public: bool = False) -> None:
            found.setdefault((sort, name), Thing(sort, name, twin, public))

        # The published register names the registrar.
        registrar = self.ledger.registrar
        add("party", str(registrar), _TWINS["party"](str(registrar)), public=True)
        with self.ledger.book() as book:
            records = book.records(range(size))
        for seq, record in records.items():
            if record.actor == self.stranger.party or record.header.type in {
                "key.v1",
                "genesis.v1",
                "credential.v1",
            }:
                continue
            public = self.client.get(f"/api/v1/statements/{record.header.id}").status_code == 200
            add("statement", str(record.header.id), _twin_statement(record.header.id), public=public)
            add("entry", str(seq), str(size + 1_000 + seq), public=public)
            for key in sorted(record.keys):
                sort, _, name = key.partition("/")
                if sort in _TWINS:
                    add(sort, name, _TWINS[sort](name), public=_is_public(self.client, sort, name))
        for party in (self.seller.party, self.buyer.party, self.authority.party):
            add("party", str(party), str(PartyId.new(b"twin-party")), public=True)
        self.things = list(found.values())

    def attempts(self, app: FastAPI) -> list[Attempt]:
        """Every GET route, in every slot of its path and its query, with every name of A's."""
        return [
            one
            for route in iter_route_contexts(app.routes)
            if "GET" in (route.methods or ()) and getattr(route, "dependant", None) is not None
            for thing in self.things
            for one in _attempts(route, thing)
        ]

    def ask(self, path: str, *, key: str | None) -> httpx.Response:
        """One request, as a browser or a program would make it."""
        accept = "application/json" if path.startswith("/api/") else "text/html"
        return self.client.get(path, key=key, headers={"accept": accept, "accept-language": "zh-CN"})

    def told_by_posting(self, thing: Thing) -> list[str]:
        """Where an answer to B's record tells A's thing from a twin: another status, or another refusal."""
        found = []
        for path, body in posts(thing):
            twin_path = path.replace(thing.name, thing.twin)
            mine = self.client.post(f"/api/v1/{path}", json=body(thing.name), key=self.stranger.key)
            twin = self.client.post(f"/api/v1/{twin_path}", json=body(thing.twin), key=self.stranger.key)
            swapped = [(other, name) for name, other in thing.spellings]
            same = mine.status_code == twin.status_code and (
                mine.status_code < REFUSED or seen(mine) == seen(twin, swapped)
            )
            if MARK in mine.text.replace(thing.name, "") or not same:
                found.append(f"{path} {thing.sort} {thing.name}: {mine.status_code} and {twin.status_code}")
        return found

    def leak(self, one: Attempt) -> str | None:
        """What B learns from one request that nobody may know; None where it learns nothing.

        The answer must be the one that a twin gets, but for the name that was asked for; or the one that nobody gets, but for what is
        B's own on the page; or, for a thing that everybody may know of, hold nothing that is secret.
        """
        mine = self.ask(one.path, key=self.stranger.key)
        without = [(name, "…") for name, _ in one.thing.spellings]
        if any(MARK in text for text in seen(mine, without)[1:]):
            return "a secret text"
        twin = self.ask(one.twin_path, key=self.stranger.key)
        if seen(mine) == seen(twin, [(other, name) for name, other in one.thing.spellings]):
            return None
        if one.thing.public or seen(mine) == seen(self.ask(one.path, key=None)):
            return None
        return f"{mine.status_code} where a twin gets {twin.status_code}"


def posts(thing: Thing) -> Iterator[tuple[str, Callable[[str], Json]]]:
    """What B can record that names a thing of A's: the address, and the body with a name of that sort in it."""
    kg: Json = {"amount": "1", "unit": "KGM"}
    other = str(PartyId.new(b"some-buyer"))
    if thing.sort == "goods":
        yield "sales", lambda name: {"lines": [{"goods": name, "quantity": kg}]}
        yield (
            "shipments",
            lambda name: {"to": other, "offer": False, "lines": [{"goods": name, "quantity": kg}]},
        )
        yield (
            "shipments",
            lambda name: {"to": other, "offer": True, "lines": [{"goods": name, "quantity": kg}]},
        )
        yield "receipts", lambda name: {"supplier": other, "lines": [{"goods": name, "quantity": kg}]}
        yield "grants", lambda name: {"action": "grant", "to": other, "goods": [name], "until": "2026-12-01"}
        yield "codes", lambda name: {"action": "issue", "goods": name, "codes": ["12690011001900000000000000000777"],
                                     "code_kind": "pesticide"}  # fmt: skip
    if thing.sort == "statement":
        line: Json = {"goods": "https://id.gs1.org/01/09520001000065/10/B-1", "quantity": kg}
        yield "receipts", lambda name: {"supplier": other, "shipment": name, "lines": [line]}
        yield (
            "grants",
            lambda name: {"action": "grant", "to": other, "statements": [name], "until": "2026-12-01"},
        )
        yield "grants", lambda name: {"action": "revoke", "to": other, "ends": name}
        yield "corrections", lambda name: {"corrects": name, "correction_reason": "did_not_occur"}
        yield f"statements/{thing.name}/disclosure", lambda _: {"places": [0], "to": "乙方"}
    if thing.sort == "party":
        yield "shipments", lambda name: {"to": name, "offer": False, "lines": [
            {"goods": "https://id.gs1.org/01/09520001000065/10/B-1", "quantity": kg}]}  # fmt: skip


def seen(answer: httpx.Response, swapped: Sequence[tuple[str, str]] = ()) -> tuple[int, str, str]:
    """What an answer shows: status, where it leads, and its body, with some names swapped and without what is the reader's own."""
    body = answer.text
    if answer.headers.get("content-type", "").startswith("text/html"):
        main = re.search(r"<main.*</main>", body, re.DOTALL)
        body = _OWN.sub("", _ID_INPUT.sub(r'\1…"', main[0] if main else body))
    where = _NEW_FORM.sub(r"\1…", answer.headers.get("location", ""))
    for name, other in swapped:
        # A number only where it stands alone: a year is no entry.
        pattern = rf"(?<![0-9]){name}(?![0-9])" if name.isdecimal() else re.escape(name)
        # What takes its place is text, and no pattern.
        plain = other.replace("\\", r"\\")
        body, where = re.sub(pattern, plain, body), re.sub(pattern, plain, where)
    return answer.status_code, where, body


def _attempts(route: RouteContext, thing: Thing) -> Iterator[Attempt]:
    path = route.path or ""
    rest = {name: _FILL.get(name, "0") for name in _path_names(path)}
    for slot in rest:
        filled = (_fill(path, rest | {slot: name}) for name in (thing.name, thing.twin))
        yield Attempt(path, slot, thing, *filled)
    if rest:
        return
    for slot in sorted(_query_names(route.dependant) - _SIZES):
        # Words to search for: a short number is found in every date of one's own lists, its long twin in none.
        if slot == "q" and thing.sort == "entry":
            continue
        names = (f"{path}?{slot}={quote(name, safe='')}" for name in (thing.name, thing.twin))
        yield Attempt(path, f"?{slot}", thing, *names)


#: How much of an answer, how large, where one's own list goes on, what one has just recorded: no names of others' things.
_SIZES: Final = frozenset(
    {"before", "done", "limit", "dpi", "width_mm", "height_mm", "depth_max", "nodes_max"}
)
#: What stands in the other slots of a path.
_FILL: Final[Mapping[str, str]] = {"form": "png", "code": CODE}


def _path_names(path: str) -> list[str]:
    return [name.partition(":")[0] for name in re.findall(r"{([^}]+)}", path)]


def _fill(path: str, values: Mapping[str, str]) -> str:
    links = path.removeprefix("/p").startswith("/01/")
    for name, value in values.items():
        # Where a Digital Link is looked for it stands as on the pack.
        path = path.replace(f"{{{name}:path}}", _printed(value) if links else quote(value, safe=""))
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path


def _query_names(dependant: Dependant) -> set[str]:
    own = {one.alias for one in dependant.query_params}
    return own.union(*(_query_names(one) for one in dependant.dependencies))


def _is_public(client: Client, sort: str, name: str) -> bool:
    asked = {
        "goods": f"/api/v1/trace?goods={quote(name, safe='')}",
        "party": f"/api/v1/parties/{name}",
        # Whoever holds a pack may ask for its state.
        "code": f"/api/v1/trace?code={name}",
    }
    return sort in asked and client.get(asked[sort]).status_code == 200


def _twin_statement(name: StatementId) -> str:
    return str(StatementId.new(name.ms, b"twin-state"))


_TWINS: Final[Mapping[str, Callable[[str], str]]] = {
    "party": lambda _: str(PartyId.new(b"twin-party")),
    "goods": lambda name: str(_twin_goods(name)),
    "site": lambda _: str(SiteId.new(b"twin-site-")),
    "product": lambda _: str(ProductId.new(b"twin-produ")),
    "evidence": lambda name: str(Sha256Hex.of(name.encode())),
    "code": lambda name: name[:-3] + "999",
    "voucher": lambda name: name.replace("XS", "XT"),
    "document": lambda name: name.replace("BG", "BH").replace("ZJ", "ZK"),
    "phone": lambda name: name[:-1] + "9",
}


def _twin_goods(name: str) -> GoodsId:
    goods = GoodsId.parse(name)
    if goods.batch_code is not None:
        return GoodsId.of_batch(BatchCode.new(b"twin-goods"))
    return GoodsId.parse(f"{name}-twin")
