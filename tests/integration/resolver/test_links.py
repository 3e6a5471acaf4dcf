"""Links that a maker records: who is heard, what stands, what a program of GDST's gets, and what nobody can link past."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, NotAllowed, Refusal
from ledger.identifiers import GoodsId
from ledger.trace.linked import links_of
from ledger.vocabulary.linking import Link
from tests.integration.resolver.world import (
    BATCH,
    MAKER,
    NOBODYS_GTIN,
    OTHER_GTIN,
    PACK,
    PERSON,
    PRODUCT,
    RECALLED,
    VOC,
    World,
)

if TYPE_CHECKING:
    from ledger.canonical import Json

GOODS = f"https://id.gs1.org{PRODUCT}"
BODY: dict[str, Json] = {
    "action": "publish",
    "goods": GOODS,
    "link_type": "faqs",
    "href": f"{MAKER}/faq",
    "link_title": "常见问题",
}


def test_a_link_is_told_changed_and_ended_by_statements(world: World) -> None:
    asked = f"{PRODUCT}?linkType=gs1:recipeInfo"
    assert world.get(asked).status_code == 404
    world.publish(GOODS, "recipeInfo", f"{MAKER}/r", link_title="做法")
    assert world.get(asked).headers["location"].startswith(f"{MAKER}/r?")
    world.publish(GOODS, "recipeInfo", f"{MAKER}/r", link_title="炒韭菜", languages=["zh"])
    assert world.linkset(PRODUCT)[0][f"{VOC}recipeInfo"] == [
        {"href": f"{MAKER}/r", "title": "炒韭菜", "hreflang": ["zh"]}
    ]
    world.withdraw(GOODS, "recipeInfo", f"{MAKER}/r")
    assert world.get(asked).status_code == 404


def test_whoever_recorded_the_product_later_is_not_heard(world: World) -> None:
    assert "rival.example" not in world.get(f"{PRODUCT}?linkType=linkset").text
    assert world.get(f"{PRODUCT}?linkType=gs1:homepage").status_code == 404
    # Of his own batch he speaks.
    own = f"{PRODUCT}/10/RIVAL-1"
    body = {
        **BODY,
        "goods": f"https://id.gs1.org{own}",
        "link_type": "homepage",
        "href": "https://rival.example/b",
    }
    world.ledger.say(world.rival.party, Link.read(body))
    assert world.get(f"{own}?linkType=gs1:homepage").headers["location"].startswith("https://rival.example/b")
    assert world.get(f"{BATCH}?linkType=gs1:homepage").status_code == 404


@pytest.mark.parametrize(
    "goods",
    [
        f"https://id.gs1.org{BATCH}",
        f"https://id.gs1.org/01/{OTHER_GTIN}",
        f"https://id.gs1.org/01/{NOBODYS_GTIN}/10/A",
    ],
)
def test_nobody_links_to_goods_of_others(world: World, goods: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        world.ledger.say(world.rival.party, Link.read({**BODY, "goods": goods}))
    assert refused.value.field == "goods"


def test_a_link_that_is_published_has_a_title(world: World) -> None:
    untitled = {name: value for name, value in BODY.items() if name != "link_title"}
    with pytest.raises(Malformed) as refused:
        world.ledger.say(world.maker.party, Link.read(untitled))
    assert refused.value.field == "link_title"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("href", "http://maker.example/faq"),
        ("href", "javascript:alert(1)"),
        ("href", "https://maker.example/\r\nset-cookie: a=b"),
        ("href", "https://user@maker.example/"),
        ("href", f"https://maker.example/{'a' * 1000}"),
        ("link_type", "defaultLink"),
        ("link_type", "recallStatus"),
        ("link_type", "verificationService"),
        ("link_type", "traceability"),
        ("link_type", "gs1:pip"),
        ("languages", ["zh-Hans"]),
        ("languages", ["ZH"]),
        ("media_type", "text/invented"),
        ("contexts", ["C N"]),
    ],
)
def test_what_cannot_be_a_link_is_refused_with_its_field(field: str, value: Json) -> None:
    with pytest.raises(Refusal) as refused:
        Link.read({**BODY, field: value})
    assert refused.value.field.startswith(field)


ADDRESSES = {
    f'{MAKER}/"onx\\>': False,
    "https://-/": False,
    "https://a..b/": False,
    "https://maker.example:99999/": False,
    "https://maker.example:0/": False,
    f"{MAKER}/%zz": False,
    f"{MAKER}/a#b#c": False,
    "https://Maker.Example/a": True,
    "https://maker.example?x=1": True,
    "https://maker.example": True,
    f"{MAKER}:8443/a/b;c=1/%E7%82%92?q=a/b?c&d='1'#top": True,
}


@pytest.mark.parametrize(("href", "good"), ADDRESSES.items(), ids=ADDRESSES)
def test_a_link_leads_to_an_address_that_everybody_reads_alike(
    world: World, href: str, *, good: bool
) -> None:
    if good:
        world.publish(GOODS, "pip", href)
        return
    with pytest.raises(Malformed) as refused:
        world.publish(GOODS, "pip", href)
    assert (refused.value.field, refused.value.came) == ("href", href)


def test_of_two_links_the_one_in_the_readers_own_variety_is_his(world: World) -> None:
    for tag in ("zh-CN", "zh-TW", "en"):
        world.publish(GOODS, "faqs", f"{MAKER}/{tag}", languages=[tag])
    asked = {
        "zh-TW": "zh-TW",
        "zh-CN,zh;q=0.9": "zh-CN",
        "zh-HK;q=0.5,en;q=0.6": "en",
        "zh-TW;q=0.999,zh-CN": "zh-CN",
        "zh-TW;q=0,zh-CN;q=0.1": "zh-CN",
    }
    for languages, led_to in asked.items():
        answer = world.get(f"{PRODUCT}?linkType=gs1:faqs", accept_language=languages)
        assert (answer.status_code, answer.headers.get("location", "").split("?")[0]) == (
            307,
            f"{MAKER}/{led_to}",
        ), languages
    # Either of the two will do, and only the reader knows which.
    assert world.get(f"{PRODUCT}?linkType=gs1:faqs", accept_language="zh-HK").status_code == 300


def test_whoever_scans_a_recalled_pack_is_led_to_the_recall_whatever_is_linked(world: World) -> None:
    world.publish(f"https://id.gs1.org{RECALLED}", "pip", f"{MAKER}/all-is-well")
    answer = world.get(RECALLED, **PERSON)
    assert answer.headers["location"] == f"{world.url}/p{RECALLED}"
    page = world.get(f"/p{RECALLED}", **PERSON)
    assert "召回" in page.text
    assert "all-is-well" not in page.text


def test_links_say_nothing_about_the_goods(world: World) -> None:
    goods = world.get(BATCH, accept="application/json").json()
    assert MAKER not in json.dumps(goods)
    with world.ledger.book() as book:
        before = len(book.about(f"goods/{GOODS}"))
    world.publish(GOODS, "tutorial", f"{MAKER}/t")
    with world.ledger.book() as book:
        assert len(book.about(f"goods/{GOODS}")) == before
        assert [
            one.said.href for one in links_of(book, GoodsId.parse(GOODS)) if one.said.link_type == "tutorial"
        ]


# --- GDST


@pytest.mark.parametrize("path", [BATCH, PACK])
def test_a_program_of_gdst_gets_the_list_of_epcis_interfaces(world: World, path: str) -> None:
    expected = [
        {
            "link": "https://epcis.maker.example/v2",
            "linkType": "gs1:epcis",
            "title": "说明",
            "mimetype": "application/json",
        }
    ]
    for headers in ({"accept": "application/json"}, {}):
        answer = world.get(f"{path}?linkType=gs1:epcis", **headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json() == expected


def test_whoever_takes_anything_is_led_to_the_interface(world: World) -> None:
    answer = world.get(f"{BATCH}?linkType=gs1:epcis", accept="*/*")
    assert answer.status_code == 307
    assert answer.headers["location"].startswith("https://epcis.maker.example/v2")


def test_without_an_interface_there_is_none_to_name(world: World) -> None:
    for accept in ("application/json", "*/*"):
        assert world.get(f"{PRODUCT}?linkType=gs1:epcis", accept=accept).status_code == 404


# --- Batch codes


def test_a_batch_code_is_resolved_in_the_same_way(world: World) -> None:
    path = f"/c/{world.batch_code}"
    assert world.get(path, **PERSON).headers["location"] == f"{world.url}/p{path}"
    assert world.get(path, method="OPTIONS").status_code == 204
    assert world.get(f"{path}?linkType=gs1:pip").status_code == 404
    assert world.get(path, accept="application/json").json()["batch"]["name"] == "小青菜"
    assert world.get("/c/00000000000000000").status_code == 404
    assert world.get("/c/0000").status_code == 400
