"""A maker with a product, its batches, packs and links, behind a server on a port: what the resolver's tests ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx

from ledger.identifiers import BatchCode, GoodsId
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.linking import Link
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.parties import Party
from tests.support.server import Enrolled, enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger

GTIN: Final = "09520001000027"
OTHER_GTIN: Final = "09520003000018"
NOBODYS_GTIN: Final = "09520001000010"
GLN: Final = "9520001000003"
PRODUCT: Final = f"/01/{GTIN}"
BATCH: Final = f"{PRODUCT}/10/JC-1"
PACK: Final = f"{BATCH}/21/7"
RECALLED: Final = f"{PRODUCT}/10/JC-2"
SLASHED: Final = f"{PRODUCT}/10/JC%2F3"
VOC: Final = "https://ref.gs1.org/voc/"
PERSON: Final = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MAKER: Final = "https://maker.example"


@dataclass(slots=True)
class World:
    """The address of a running server, and who speaks on its ledger."""

    url: str
    ledger: Ledger
    maker: Enrolled
    rival: Enrolled
    http: httpx.Client
    batch_code: str = field(default="", init=False)

    def get(self, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
        """One request as it is written, redirects not followed; without headers of the client's own beside `Host`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = httpx.Request(method, httpx.URL(self.url + path), headers=named)
        return self.http.send(request)

    def linkset(self, path: str, **headers: str) -> list[dict[str, Json]]:
        """The contexts of a linkset, the one that was asked for first."""
        answer = self.get(f"{path}?linkType=linkset", **headers)
        assert answer.status_code == 200, answer.text
        contexts: list[dict[str, Json]] = answer.json()["linkset"]
        return contexts

    def publish(self, goods: str, link_type: str, href: str, **more: Json) -> None:
        """The maker gives a link."""
        body: dict[str, Json] = {
            "action": "publish",
            "goods": goods,
            "link_type": link_type,
            "href": href,
            "link_title": "说明",
            **more,
        }
        self.ledger.say(self.maker.party, Link.read(body))

    def withdraw(self, goods: str, link_type: str, href: str) -> None:
        """The maker ends one."""
        body: dict[str, Json] = {"action": "withdraw", "goods": goods, "link_type": link_type, "href": href}
        self.ledger.say(self.maker.party, Link.read(body))


def told(ledger: Ledger, url: str, http: httpx.Client) -> World:
    """The story: two leek batches with packs, a recall, links of several sorts, and a rival's words about the same product."""
    world = World(
        url,
        ledger,
        maker=enrol_party(ledger, "绿畦示例合作社（演示）"),
        rival=enrol_party(ledger, "仿冒示例商行（演示）"),
        http=http,
    )
    sheet: dict[str, Json] = {
        "party": str(world.maker),
        "party_kind": "cooperative",
        "name": "绿畦示例合作社（演示）",
        "gln": GLN,
    }
    ledger.say(ledger.registrar, Party.read(sheet))
    for number, more in (("JC-1", {"expires_on": "2026-12-31"}), ("JC-2", {}), ("JC/3", {})):
        _batch(world, world.maker, number, **more)
    # Whoever says so later, and of another batch, is not heard about the product.
    _batch(world, world.rival, "RIVAL-1")
    pack = [f"{url}{PACK}", f"{url}{BATCH}/21/8", f"https://id.gs1.org{BATCH}/21/9"]
    _codes(world, "issue", pack)
    _codes(world, "void", pack[1:2])
    recall: dict[str, Json] = {
        "action": "recall",
        "goods": [f"https://id.gs1.org{RECALLED}"],
        "reason": "农药残留超标（演示）",
    }
    ledger.say(world.maker.party, Recall.read(recall))
    _link_all(world)
    world.batch_code = _coded(world)
    return world


def _batch(world: World, maker: Enrolled, number: str, **more: Json) -> None:
    escaped = number.replace("/", "%2F")
    body: dict[str, Json] = {
        "goods": f"https://id.gs1.org{PRODUCT}/10/{escaped}",
        "maker": str(maker),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": number,
        **more,
    }
    world.ledger.say(maker.party, Batch.read(body))


def _codes(world: World, action: str, codes: list[str]) -> None:
    body: dict[str, Json] = {
        "action": action,
        "goods": f"https://id.gs1.org{BATCH}",
        "codes": list(codes),
        "code_kind": "digital_link",
    }
    world.ledger.say(world.maker.party, Codes.read(body))


def _link_all(world: World) -> None:
    product, batch = f"https://id.gs1.org{PRODUCT}", f"https://id.gs1.org{BATCH}"
    html: dict[str, Json] = {"media_type": "text/html"}
    world.publish(product, "pip", f"{MAKER}/zh", languages=["zh"], link_title="产品介绍", **html)
    world.publish(product, "pip", f"{MAKER}/en?from=code#top", languages=["en"], link_title="Product", **html)
    world.publish(product, "certificationInfo", f"{MAKER}/c1", link_title="证书一")
    world.publish(product, "certificationInfo", f"{MAKER}/c2", link_title="证书二")
    world.publish(product, "safetyInfo", f"{MAKER}/s", media_type="text/html")
    world.publish(product, "safetyInfo", f"{MAKER}/s.pdf", media_type="application/pdf")
    world.publish(product, "hasRetailers", f"{MAKER}/cn", contexts=["CN"])
    world.publish(product, "hasRetailers", f"{MAKER}/nl", contexts=["NL"])
    world.publish(batch, "instructions", f"{MAKER}/batch/1", languages=["zh", "en"], **html)
    world.publish(batch, "epcis", "https://epcis.maker.example/v2", media_type="application/json")
    rivals: dict[str, Json] = {
        "action": "publish",
        "goods": product,
        "link_type": "homepage",
        "href": "https://rival.example/",
        "link_title": "仿冒",
    }
    world.ledger.say(world.rival.party, Link.read(rivals))


def _coded(world: World) -> str:
    """A batch of the maker's that has a code of this ledger and no GTIN."""
    goods = GoodsId.of_batch(BatchCode.new(b"ten bytes!"))
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(world.maker),
        "name": "小青菜",
        "category": "farm_produce",
    }
    world.ledger.say(world.maker.party, Batch.read(body))
    return str(goods).rpartition(":")[2]


def links_in(header: str) -> dict[str, str]:
    """The addresses in a Link header by their relation (RFC 8288)."""
    return {rel: href for href, rel in re.findall(r'<([^>]*)>[^,]*?rel="([^"]*)"', header)}
