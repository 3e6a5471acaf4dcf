"""Search by anything: what is found, by what, for whom; never too much, never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.searching import HITS_MAX
from ledger.accounts.callers import Scope
from ledger.identifiers import BatchCode, GoodsId, PartyId, ProductId
from ledger.views.book import party_sheet_key, said_about
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.parties import Licence, Party, Product
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import CODE, LEEK, PESTICIDE
from tests.support.server import Clock, Enrolled, certify, copied_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.canonical import Json
    from tests.integration.pages.browsing import Page
    from tests.integration.pages.story import Story
    from tests.support.server import Client

PHONE = "139-0000-0991"
WIDE_PHONE = "１３９－００００－０９９１"
TWIN = CODE[:5] + "9" + CODE[6:]
TORN = BatchCode.new(b"torn-label")
VOUCHER = "PZ-20261114-7"
NUMBER = "JY13206139900012"
FARMER = PartyId.new(b"some-farme")


@pytest.fixture(scope="module")
def story(told: tuple[Path, Story], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story, and what else is searched for: nothing here is changed by a search."""
    with copied_ledger(told[0], tmp_path_factory.mktemp("searched"), Clock()) as ledger:
        story = told[1].on(ledger)
        tell(story)
        yield story


@pytest.fixture(scope="module")
def client(story: Story) -> Iterator[Client]:
    with open_client(story.ledger) as client:
        yield client


def tell(story: Story) -> None:
    """A twin of a code, a batch without a number, a voucher, a licence, many batches of one number."""
    ledger, farm, shop = story.ledger, story.farm.party, story.shop.party
    ledger.say(shop, Codes(action="issue", goods=PESTICIDE, codes=(TWIN,), code_kind="pesticide"))
    ledger.say(farm, batch(story, TORN, "菠菜"))
    voucher = Voucher(voucher_kind="sales_slip", seller=farm, buyer=story.wholesaler.party, number=VOUCHER)
    ledger.say(farm, voucher)
    licence: dict[str, Json] = {"holder": str(shop), "licence_kind": "农药经营许可证", "number": NUMBER}
    ledger.say(shop, Licence.read(licence))
    farmer: dict[str, Json] = {
        "party": str(FARMER),
        "party_kind": "farmer",
        "name": "某户（演示）",
        "phone": "13800000001",
        "region": "320682",
    }
    ledger.say(ledger.registrar, Party.read(farmer))
    for number in range(HITS_MAX + 2):
        ledger.say(farm, batch(story, BatchCode.new(number.to_bytes(10, "big")), f"青菜 {number}", "0001"))


def batch(story: Story, code: BatchCode, name: str, number: str | None = None) -> Batch:
    body: dict[str, Json] = {
        "goods": str(GoodsId.of_batch(code)),
        "maker": str(story.farm.party),
        "name": name,
        "category": "farm_produce",
    }
    return Batch.read(body if number is None else {**body, "batch_number": number})


@pytest.fixture
def inspector(story: Story, client: Client) -> Visitor:
    return Visitor.of(client, story.authority)


def find(who: Visitor, text: str) -> Page:
    page = who.open(f"/search?q={quote(text, safe='')}")
    assert page.status == 200, page.text
    return page


def test_a_code_opens_its_trace_at_once(inspector: Visitor) -> None:
    page = find(inspector, CODE)
    assert page.path.startswith("/trace?code=")
    assert "25% 噻虫嗪" in page.read.h1


def test_a_goods_id_and_a_printed_link_open_their_trace_too(inspector: Visitor) -> None:
    for text in (str(LEEK), "https://example.com/01/09520001000027/10/JC-1"):
        assert find(inspector, text).path.startswith("/trace?"), text


@pytest.mark.parametrize("number", ["JC-1", "jc-1"])
def test_a_batch_number_is_found_however_it_is_written(inspector: Visitor, number: str) -> None:
    page = find(inspector, number)
    assert "批号相符" in page.text
    assert f"/trace?goods={quote(str(LEEK), safe='')}" in page.read.links


@pytest.mark.parametrize("gtin", ["09520001000027", "9520001000027", "(01)09520001000027"])
def test_a_gtin_leads_to_its_batches(inspector: Visitor, gtin: str) -> None:
    page = find(inspector, gtin)
    assert "商品条码相符" in page.text
    assert "韭菜 JC-1" in page.text


def test_a_gtin_of_which_there_is_no_batch_leads_to_the_product(story: Story, inspector: Visitor) -> None:
    body: dict[str, Json] = {
        "product": str(ProductId.new(b"some-produ")),
        "owner": str(story.farm.party),
        "name": "芹菜",
        "category": "farm_produce",
        "gtin": "9520001009006",
    }
    (placed,) = story.ledger.say(story.farm.party, Product.read(body))
    page = find(inspector, "09520001009006")
    assert "芹菜 · 09520001009006" in page.text
    assert f"/entries/{placed.seq}" in page.read.links


def test_the_last_six_letters_give_candidates_to_be_compared(inspector: Visitor) -> None:
    page = find(inspector, CODE[-6:])
    assert page.path.startswith("/search"), "a candidate is never opened by itself"
    assert "可能相符的（待核对）" in page.text
    assert CODE in page.text
    assert TWIN in page.text
    # Five letters name too much, seven are no end of six.
    for text in (CODE[-5:], CODE[-7:]):
        assert "没有查到" in find(inspector, text).text


def test_the_end_of_a_batch_code_is_enough_for_a_candidate(inspector: Visitor) -> None:
    for text in (str(TORN)[-6:], str(TORN)[-6:].upper()):
        assert "菠菜" in find(inspector, text).text


def test_a_voucher_number_leads_to_the_records_that_rest_on_it(
    story: Story, inspector: Visitor, client: Client
) -> None:
    page = find(inspector, VOUCHER)
    assert "票证" in page.text
    assert any(link.startswith("/entries/") for link in page.read.links)
    # Both sides of it find it, and nobody else.
    for who, found in ((story.wholesaler, True), (story.stall, False)):
        assert ("编号相符" in find(Visitor.of(client, who), VOUCHER).text) is found
    assert "没有查到" in find(Visitor(client), VOUCHER).text


@pytest.mark.parametrize(
    ("text", "by"),
    [("顺和", "名称相符"), ("92320900DEM003995Y", "统一社会信用代码"), (NUMBER, "证号")],
)
def test_a_party_is_found_by_its_names_and_numbers(inspector: Visitor, text: str, by: str) -> None:
    page = find(inspector, text)
    assert by in page.text
    link = next(one for one in page.read.links if one.startswith("/inspect/parties/"))
    assert inspector.open(link).status == 200


@pytest.mark.parametrize("text", [PHONE, WIDE_PHONE, "13900000991", "139 0000 0991", "+86 139 0000 0991"])
def test_a_phone_is_found_by_an_official_however_it_is_grouped_and_the_reading_is_noted(
    story: Story, inspector: Visitor, text: str
) -> None:
    page = find(inspector, text)
    assert "电话相符" in page.text
    assert "绿盾示例贸易部" in page.text
    noted = story.ledger.accounts.reads.listed(official=story.authority.party)
    # What was shown before within the hour is one reading, whichever page showed it.
    with story.ledger.book() as book:
        (sheet,) = [one.seq for one, _ in said_about(book, party_sheet_key(story.ghost), Party)]
    assert f"entry/{sheet}" in {one.what for one in noted}


def test_nobody_finds_somebody_elses_phone(story: Story, client: Client) -> None:
    for who in (Visitor(client), Visitor.of(client, story.stall)):
        assert "绿盾示例贸易部" not in find(who, PHONE).text
    # Whoever wrote it down finds it again.
    assert "绿盾示例贸易部" in find(Visitor.of(client, story.shop), PHONE).text


@pytest.mark.parametrize(("regions", "found"), [("3206", 1), ("37", 0)])
def test_an_official_whose_scope_has_bounds_finds_phones_within_them(
    story: Story, client: Client, regions: str, found: int
) -> None:
    ledger, office = story.ledger, story.authority.party
    certificate = certify(ledger, office)
    key = ledger.give_access_key(office, label="t", certificate=certificate, scope=Scope(regions=(regions,)))
    page = find(Visitor.of(client, Enrolled(office, key)), "138-0000-0001")
    assert page.text.count("电话相符") == found


def test_an_entry_is_found_by_its_number_and_by_its_statement(story: Story, inspector: Visitor) -> None:
    statement = str(story.ledger.stored(20).header.id)
    for text in ("#20", "\uff0320", statement):
        assert "/entries/20" in find(inspector, text).read.links, text
    assert "没有查到" in find(inspector, "#999999").text


@pytest.mark.parametrize("text", ["JC-1", "09520001000027", CODE[-6:], str(TORN)[-6:]])
def test_the_public_cannot_walk_through_batches_by_counting(client: Client, text: str) -> None:
    page = find(Visitor(client), text)
    assert "没有查到" in page.text
    assert not any(link.startswith("/trace") for link in page.read.links)


def test_what_has_many_hits_shows_some_and_says_that_there_are_more(inspector: Visitor) -> None:
    page = find(inspector, "示例菜场")
    assert sum(link.startswith("/inspect/parties/") for link in page.read.links) == HITS_MAX
    assert "还有更多" in page.text


def test_many_batches_of_one_number_are_bounded(inspector: Visitor) -> None:
    page = find(inspector, "0001")
    assert sum(link.startswith("/trace?goods=") for link in page.read.links) == HITS_MAX
    assert f"青菜 {HITS_MAX + 1}" in page.text, "the newest come first"


@pytest.mark.parametrize(
    "text", ["", " ", "?", "#", "%", "'", "\u0000", "x" * 2_000, "https://", "urn:x", "１２３", "<b>"]
)
def test_any_text_is_answered(inspector: Visitor, text: str) -> None:
    assert find(inspector, text).status == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_breaks_the_search(inspector: Visitor, text: str) -> None:
    assert inspector.open(f"/search?q={quote(text.encode('utf-8', 'replace'), safe='')}").status == 200


def test_a_longer_text_than_any_code_is_refused_by_name(inspector: Visitor) -> None:
    assert inspector.open(f"/search?q={'x' * 2_001}").status == 413


def test_an_unknown_party_has_no_page(inspector: Visitor) -> None:
    assert inspector.open(f"/inspect/parties/{PartyId.new(b'nobody-new')}").status == 404
    assert inspector.open("/inspect/parties/somebody").status == 422
