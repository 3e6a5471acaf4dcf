"""What GS1 asks of a conformant resolver (version 1.0 and later), statement by statement, in our words and over HTTP.

Two things are not this server's: HTTPS, which the proxy in front of it gives, and compressed links, which it refuses and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from api.app import create_app
from api.settings import Settings
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.linking import LinkType, MediaType
from tests.integration.resolver.world import (
    BATCH,
    GTIN,
    MAKER,
    NOBODYS_GTIN,
    PACK,
    PERSON,
    PRODUCT,
    RECALLED,
    SLASHED,
    VOC,
    World,
    links_in,
)
from tests.support.server import client_of

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.canonical import Json

JSON_LD_CONTEXT = "http://www.w3.org/ns/json-ld#context"
#: Addresses of one product, from the pack up.
LEVELS = (PACK, BATCH, PRODUCT)
UNKNOWN_BELOW = (f"{PRODUCT}/10/KL8G", f"{BATCH}/21/4711", f"{PRODUCT}/21/4711", f"{PRODUCT}/10/KL8G/21/1")


def of_type(context: dict[str, Json], link_type: str) -> list[dict[str, Json]]:
    found = context.get(VOC + link_type, [])
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, dict)]


# --- The identifiers


@pytest.mark.parametrize("qualifiers", ["/22/2A", "/10/JC-1", "/21/7", "/22/2A/10/JC-1/21/7", "/235/2TPX"])
def test_every_key_qualifier_of_a_product_is_taken(world: World, qualifiers: str) -> None:
    assert world.get(PRODUCT + qualifiers, **PERSON).status_code == 307


def test_a_variant_leads_to_the_batch_and_pack_under_its_gtin(world: World) -> None:
    answer = world.get(f"{PRODUCT}/22/2A/10/JC-1/21/7", **PERSON)
    assert answer.headers["location"] == f"{world.url}/p{PACK}"


def test_an_escaped_slash_stays_one_all_the_way(world: World) -> None:
    assert world.get(SLASHED, **PERSON).headers["location"] == f"{world.url}/p{SLASHED}"
    assert world.get(SLASHED, accept="application/json").json()["batch"]["batch_number"] == "JC/3"
    assert world.linkset(SLASHED)[0]["anchor"] == f"https://id.gs1.org{SLASHED}"


@pytest.mark.parametrize("path", ["/00/095200010000000010", "/414/9520001000003", "/8004/9520001ABC"])
def test_another_key_that_is_right_is_not_known_here(world: World, path: str) -> None:
    assert world.get(path, **PERSON).status_code == 404


@pytest.mark.parametrize("path", ["/00/095200010000000011", "/414/9520001000001", "/9999/1", "/42/1"])
def test_another_key_that_is_wrong_is_malformed(world: World, path: str) -> None:
    assert world.get(path, **PERSON).status_code == 400


# --- HTTP


@pytest.mark.parametrize("path", LEVELS)
def test_get_head_and_options_are_answered_over_http_1_1(world: World, path: str) -> None:
    got, head, options = (world.get(path, method=one, **PERSON) for one in ("GET", "HEAD", "OPTIONS"))
    assert got.http_version == head.http_version == options.http_version == "HTTP/1.1"
    assert (got.status_code, head.status_code, options.status_code) == (307, 307, 204)
    assert head.headers["location"] == got.headers["location"]
    assert (head.content, options.content) == (b"", b"")
    assert set(options.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_behind_a_proxy_that_gives_https_every_address_is_https(world: World, tmp_path: Path) -> None:
    settings = Settings(base_url="https://code.example", data=tmp_path, limits=False)
    with client_of(create_app(world.ledger, settings)) as client:
        answer = client.get(BATCH, headers={**PERSON, "host": "code.example"})
        contexts = client.get(f"{BATCH}?linkType=linkset").json()["linkset"]
    assert answer.headers["location"] == f"https://code.example/p{BATCH}"
    assert answer.headers["strict-transport-security"]
    hrefs = [
        link["href"]
        for one in contexts
        for links in one.values()
        if isinstance(links, list)
        for link in links
    ]
    assert len(hrefs) > 8
    assert all(one.startswith("https://") for one in hrefs)


@pytest.mark.parametrize(
    "path",
    [
        *LEVELS,
        f"{PRODUCT}/foo",
        f"/01/{NOBODYS_GTIN}",
        "/.well-known/gs1resolver",
        "/gs1/linkset-context.jsonld",
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_a_page_from_anywhere_may_ask_and_read_the_answer_and_the_refusal(
    world: World, path: str, method: str
) -> None:
    answer = world.get(path, method=method, origin="https://elsewhere.example", accept="*/*")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(answer.headers["access-control-allow-methods"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "end",
    [
        "/foo",
        "/foo/bar",
        "/10/",
        "/10/%E7%94%B2",
        "/10/A%00",
        "/10/ABCDEFGHIJKLMNOPQRSTU",
        "/21/7/10/A",
        "/10/A/10/B",
        "/235/A/10/B",
        "?17=991332",
        "?10=A",
        "?01=09520001000027",
    ],
)
def test_what_is_no_digital_link_is_refused_with_400(world: World, end: str) -> None:
    for accept in (PERSON["accept"], "application/json", "application/linkset+json"):
        assert world.get(PRODUCT + end, accept=accept).status_code == 400


@pytest.mark.parametrize("gtin", ["09520001000028", "9520001000027", "0952000100002", "0952000100002X", ""])
def test_a_gtin_is_fourteen_digits_and_its_last_one_is_right(world: World, gtin: str) -> None:
    assert world.get(f"/01/{gtin}/10/JC-1", **PERSON).status_code == 400


@pytest.mark.parametrize(
    "path", [f"{PRODUCT}/foo", f"/01/{NOBODYS_GTIN}", f"/01/{NOBODYS_GTIN}/10/A", f"{BATCH}?linkType=gs1:jws"]
)
def test_no_error_comes_with_200(world: World, path: str) -> None:
    for accept in (PERSON["accept"], "application/json", "application/linkset+json", "*/*"):
        answer = world.get(path, accept=accept)
        assert answer.status_code in {400, 404}
        assert "location" not in answer.headers


# --- Compression: not taken, and said so


@pytest.mark.parametrize("compressed", ["DBHKnmQgTA", "/C/wIpRo0FKKyAoz9Zw"])
def test_a_compressed_link_is_refused_and_never_taken_for_another(world: World, compressed: str) -> None:
    answer = world.get(f"/01/{compressed}", **PERSON)
    assert answer.status_code == 400
    assert "owl:sameAs" not in answer.headers.get("link", "")
    assert "compress" not in world.get("/.well-known/gs1resolver").text.lower()


# --- Linksets


@pytest.mark.parametrize("path", LEVELS)
def test_the_list_of_links_comes_by_parameter_and_by_header_alike(world: World, path: str) -> None:
    by_parameter = world.get(f"{path}?linkType=linkset", **PERSON)
    by_header = world.get(path, accept="application/linkset+json")
    by_old_name = world.get(f"{path}?linkType=all", accept="*/*")
    assert by_parameter.status_code == by_header.status_code == by_old_name.status_code == 200
    assert by_parameter.json() == by_header.json() == by_old_name.json()
    assert by_header.headers["content-type"].startswith("application/linkset+json")
    assert set(by_header.json()) == {"linkset"}
    assert "Accept" in by_header.headers["vary"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("application/linkset+json, text/html;q=0.5", "application/linkset+json"),
        (
            "text/html;q=0.2, application/json;q=0.4, application/linkset+json;q=0.9",
            "application/linkset+json",
        ),
        ("text/html;q=0.3, application/json;q=0.9, application/linkset+json;q=0.5", "application/json"),
        ("application/json;q=0.9, text/html;q=0.9", None),
        ("application/json;q=0.8, text/html", None),
        ("application/linkset+json;q=0, text/html;q=0.1", None),
        ("application/linkset+json;q=0", None),
        ("application/ld+json", "application/ld+json"),
        ("application/ld+json;q=0.5, application/linkset+json;q=0.4", "application/ld+json"),
        ("application/ld+json;q=0.5, application/linkset+json;q=0.5", "application/linkset+json"),
    ],
)
@pytest.mark.parametrize("path", [BATCH, f"{BATCH}?x=1"])
def test_the_form_that_is_wanted_most_is_given_and_of_two_alike_the_page(
    world: World, path: str, accept: str, form: str | None
) -> None:
    answer = world.get(path, accept=accept)
    assert answer.status_code == (307 if form is None else 200)
    if form is not None:
        assert answer.headers["content-type"].partition(";")[0] == form
    assert "Accept" in answer.headers["vary"]


def test_as_json_ld_the_list_names_its_context_itself(world: World) -> None:
    answer = world.get(f"{BATCH}?linkType=linkset", accept="application/ld+json")
    assert answer.headers["content-type"] == "application/ld+json"
    body = answer.json()
    context = world.get(body.pop("@context").removeprefix(world.url))
    assert "@context" in context.json()
    assert body == world.get(f"{BATCH}?linkType=linkset").json()


def test_of_a_product_a_program_gets_the_links(world: World) -> None:
    answer = world.get(PRODUCT, accept="application/json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"linkset": world.linkset(PRODUCT)}
    # Goods that were recorded by their GTIN alone have facts of their own.
    alone = "/01/09520001888885"
    sheet: dict[str, Json] = {
        "goods": f"https://id.gs1.org{alone}",
        "maker": str(world.maker),
        "name": "散装韭菜",
        "category": "farm_produce",
    }
    world.ledger.say(world.maker.party, Batch.read(sheet))
    assert world.get(alone, accept="application/json").json()["batch"]["name"] == "散装韭菜"
    unknown = world.get("/01/09520001999994", accept="application/json")
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")
    # A batch that nobody recorded has no facts, whatever product it may be of.
    assert world.get(f"{PRODUCT}/10/NONE-1", accept="application/json").status_code == 404


def test_links_of_every_level_up_to_the_product_are_in_the_list(world: World) -> None:
    pack, batch, product = world.linkset(PACK)
    assert [one["anchor"] for one in (pack, batch, product)] == [f"https://id.gs1.org{one}" for one in LEVELS]
    assert of_type(batch, "instructions")
    assert not of_type(product, "instructions")
    assert len(of_type(product, "pip")) == 2
    assert world.linkset(BATCH) == [batch, product]


def test_what_the_links_are_about_is_named_by_its_uncompressed_link(world: World) -> None:
    for path in (PACK, f"{PACK}/", f"{PRODUCT}/22/2A/10/JC-1/21/7"):
        assert world.linkset(path)[0]["anchor"] == f"https://id.gs1.org{PACK}"


def test_every_link_has_an_address_a_title_and_a_type_and_most_a_language(world: World) -> None:
    allowed = {*get_args(LinkType), "defaultLink", "traceability", "recallStatus", "verificationService"}
    for context in world.linkset(PACK):
        assert context["itemDescription"]
        for name, links in context.items():
            if name in {"anchor", "itemDescription"}:
                continue
            assert name.removeprefix(VOC) in allowed
            assert isinstance(links, list)
            for link in links:
                assert isinstance(link, dict)
                assert link["title"]
                assert str(link["href"]).startswith(("http://127.0.0.1", "https://"))
        assert of_type(context, "traceability")[0]["hreflang"] == ["zh", "en"]


def test_a_media_type_is_one_that_iana_knows(world: World) -> None:
    given = {
        link["type"]
        for context in world.linkset(PACK)
        for links in context.values()
        if isinstance(links, list)
        for link in links
        if isinstance(link, dict) and "type" in link
    }
    assert given == {"text/html", "application/json", "application/pdf"}
    assert given <= set(get_args(MediaType))


@pytest.mark.parametrize("path", [*LEVELS, *UNKNOWN_BELOW])
def test_each_level_has_one_default_link_with_nothing_but_address_and_title(world: World, path: str) -> None:
    for context in world.linkset(path):
        (default,) = of_type(context, "defaultLink")
        assert set(default) == {"href", "title"}
        # It is told by a type that says what it is, too.
        assert default["href"] in [one["href"] for one in of_type(context, "traceability")]


def test_the_list_names_the_context_that_makes_json_ld_of_it(world: World) -> None:
    header = world.get(f"{BATCH}?linkType=linkset").headers["link"]
    assert 'type="application/ld+json"' in header
    context = world.get(links_in(header)[JSON_LD_CONTEXT].removeprefix(world.url))
    assert context.headers["content-type"].startswith("application/ld+json")
    terms = context.json()["@context"]
    assert (terms["anchor"], terms["href"], terms["linkset"]) == ("@id", "@id", "@graph")


# --- Where a request leads


@pytest.mark.parametrize("path", [*LEVELS, RECALLED, *UNKNOWN_BELOW])
def test_without_a_better_match_the_default_link_is_where_one_is_led(world: World, path: str) -> None:
    (default,) = of_type(world.linkset(path)[0], "defaultLink")
    for accept in (PERSON["accept"], "*/*", "text/html"):
        answer = world.get(path, accept=accept)
        assert (answer.status_code, answer.headers["location"]) == (307, default["href"])
    bare = world.get(path)
    assert (bare.status_code, bare.headers["location"]) == (307, default["href"])
    asked = world.get(f"{path}?linkType=gs1:defaultLink", **PERSON)
    assert asked.headers["location"].partition("?")[0] == default["href"]


@pytest.mark.parametrize("path", UNKNOWN_BELOW)
def test_however_fine_a_link_is_there_is_a_default_link_below_a_known_product(
    world: World, path: str
) -> None:
    assert world.get(path, **PERSON).status_code == 307
    # What is linked higher up answers for it.
    assert world.get(f"{path}?linkType=gs1:pip", accept_language="en").headers["location"].startswith(MAKER)


def test_below_a_product_that_nobody_recorded_there_is_nothing(world: World) -> None:
    for end in ("", "/10/A", "/21/1", "?linkType=linkset", "?linkType=gs1:pip"):
        assert world.get(f"/01/{NOBODYS_GTIN}{end}", **PERSON).status_code == 404


@pytest.mark.parametrize(
    "spelling", ["gs1:instructions", f"{VOC}instructions", "https://gs1.org/voc/instructions", "instructions"]
)
def test_a_link_of_the_type_that_is_asked_for_is_followed(world: World, spelling: str) -> None:
    answer = world.get(f"{BATCH}?linkType={spelling}", **PERSON)
    assert answer.status_code == 307
    assert answer.headers["location"].partition("?")[0] == f"{MAKER}/batch/1"


def test_each_type_in_the_list_leads_to_its_address_or_to_a_choice(world: World) -> None:
    for context in world.linkset(PACK):
        path = str(context["anchor"]).removeprefix("https://id.gs1.org")
        for name, links in context.items():
            if not isinstance(links, list):
                continue
            answer = world.get(f"{path}?linkType={name}", accept="*/*")
            hrefs = [str(one["href"]) for one in links if isinstance(one, dict)]
            if len(hrefs) == 1:
                expected, mark, fragment = hrefs[0].partition("#")
                assert answer.status_code == 307
                assert answer.headers["location"].startswith(expected)
                assert answer.headers["location"].endswith(mark + fragment)
            else:
                assert answer.status_code == 300


@pytest.mark.parametrize(
    "link_type", ["gs1:recipeInfo", "gs1:jws", "acme:thing", "https://evil.example/voc/pip"]
)
@pytest.mark.parametrize("path", LEVELS)
def test_a_type_that_nobody_linked_is_not_found(world: World, path: str, link_type: str) -> None:
    assert world.get(f"{path}?linkType={link_type}", **PERSON).status_code == 404


@pytest.mark.parametrize("query", ["a=1&b=%E5%85%83&a=2", "utm_source=wechat", "17=261231&x=1", "a", "a=b=c"])
def test_the_query_is_passed_on_whole(world: World, query: str) -> None:
    assert world.get(f"{BATCH}?{query}", **PERSON).headers["location"] == f"{world.url}/p{BATCH}?{query}"
    typed = world.get(f"{BATCH}?{query}&linkType=gs1:instructions", **PERSON)
    assert typed.headers["location"] == f"{MAKER}/batch/1?{query}&linkType=gs1:instructions"


def test_what_an_address_has_of_its_own_stays_before_and_behind_the_query(world: World) -> None:
    answer = world.get(f"{PRODUCT}?linkType=gs1:pip&x=1", accept_language="en")
    assert answer.headers["location"] == f"{MAKER}/en?from=code&linkType=gs1:pip&x=1#top"


@pytest.mark.parametrize(
    ("languages", "end"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.5", "/zh"),
        ("en-GB", "/en"),
        ("de,en;q=0.2", "/en"),
        ("zh;q=0.3,en;q=0.4", "/en"),
    ],
)
def test_of_several_links_of_a_type_the_reader_gets_his_language(
    world: World, languages: str, end: str
) -> None:
    answer = world.get(f"{PRODUCT}?linkType=gs1:pip", accept_language=languages)
    assert answer.status_code == 307
    assert answer.headers["location"].partition("?")[0] == MAKER + end
    assert "Accept-Language" in answer.headers["vary"]


def test_a_language_that_nobody_linked_leaves_the_choice_to_the_reader(world: World) -> None:
    for headers in ({"accept_language": "fi"}, {}):
        assert world.get(f"{PRODUCT}?linkType=gs1:pip", **headers).status_code == 300


@pytest.mark.parametrize(("accept", "end"), [("application/pdf", "/s.pdf"), ("text/html,*/*;q=0.1", "/s")])
def test_of_several_links_of_a_type_the_reader_gets_the_form_he_takes(
    world: World, accept: str, end: str
) -> None:
    answer = world.get(f"{PRODUCT}?linkType=gs1:safetyInfo", accept=accept)
    assert answer.headers["location"].partition("?")[0] == MAKER + end


@pytest.mark.parametrize(("context", "end"), [("CN", "/cn"), ("nl", "/nl")])
def test_of_several_links_of_a_type_the_reader_gets_the_one_for_his_place(
    world: World, context: str, end: str
) -> None:
    answer = world.get(f"{PRODUCT}?linkType=gs1:hasRetailers&context={context}", **PERSON)
    assert answer.headers["location"].partition("?")[0] == MAKER + end


def test_links_that_nothing_tells_apart_are_a_choice(world: World) -> None:
    answer = world.get(f"{PRODUCT}?linkType=gs1:certificationInfo", **PERSON)
    assert answer.status_code == 300
    (context,) = answer.json()["linkset"]
    assert [one["href"] for one in of_type(context, "certificationInfo")] == [f"{MAKER}/c1", f"{MAKER}/c2"]
    assert set(context) == {"anchor", "itemDescription", f"{VOC}certificationInfo"}


# --- The description file


def test_the_resolver_says_what_it_is(world: World) -> None:
    answer = world.get("/.well-known/gs1resolver", accept="application/json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    described = answer.json()
    assert described["resolverRoot"] == world.url
    # What it lists it resolves, and nothing else is listed.
    assert described["supportedPrimaryKeys"] == ["01"]
    assert world.get(f"/01/{GTIN}", **PERSON).status_code == 307


def test_the_description_names_the_context_and_the_vocabulary(world: World) -> None:
    described = world.get("/.well-known/gs1resolver").json()
    context = world.get(described["jsonLdContextLocation"].removeprefix(world.url))
    assert context.headers["content-type"].startswith("application/ld+json")
    (vocabulary,) = described["supportedLinkType"]
    assert (vocabulary["namespace"], vocabulary["prefix"]) == (VOC, "gs1:")
    assert described["linkTypeDefaultCanBeLinkset"] is False


# --- Headers and slashes


@pytest.mark.parametrize("path", [*LEVELS, *UNKNOWN_BELOW])
def test_a_redirect_names_the_list_of_links_and_no_link_by_itself(world: World, path: str) -> None:
    for asked in (path, f"{path}?linkType=gs1:traceability"):
        header = world.get(asked, **PERSON).headers["link"]
        named = links_in(header)
        assert set(named) == {"linkset"}
        assert world.get(named["linkset"].removeprefix(world.url)).status_code == 200


def test_nothing_is_handed_to_another_resolver(world: World) -> None:
    # No redirection by company prefix, so nothing is annotated as handled by somebody else.
    for path in (*LEVELS, f"/01/{NOBODYS_GTIN}"):
        assert "handledBy" not in world.get(path, **PERSON).headers.get("link", "")
        assert "handledBy" not in world.get(f"{path}?linkType=linkset").text


@pytest.mark.parametrize("path", [*LEVELS, SLASHED, *UNKNOWN_BELOW, f"/01/{NOBODYS_GTIN}", f"{PRODUCT}/foo"])
def test_a_slash_at_the_end_changes_nothing(world: World, path: str) -> None:
    without, with_ = world.get(path, **PERSON), world.get(f"{path}/", **PERSON)
    assert without.status_code == with_.status_code
    assert without.headers.get("location") == with_.headers.get("location")
