"""What a buyer's phone shows: small, facts first, no verdict, no suspicion, no list of holders."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from api.app import create_app
from api.openings import Openings
from api.pages import consumer, lean
from api.scans_noted import NotedScans
from api.settings import Settings
from ledger.disclosure import Disclosure
from ledger.erasing import Wanted, erase
from ledger.identifiers import LegalDate, PartyId
from ledger.store.book import SqlBook
from ledger.views.book import code_key, goods_sheet_key, party_sheet_key
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.measures import ListEntry
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import Sale, Shipment
from tests.integration.pages.browsing import Page, Visitor
from tests.integration.pages.story import CODE, LEEK, OFFICER, PESTICIDE, SPARE_CODE, kilos
from tests.support.server import BASE_URL, client_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from fastapi import FastAPI

    from ledger.canonical import Json
    from ledger.errors import Language
    from ledger.service import Ledger
    from ledger.views.book import Mention
    from tests.integration.pages.story import Story
    from tests.support.server import Client, Clock

LEEK_PAGE = "/p/01/09520001000027/10/JC-1"
#: The whole answer with its style and its headers: what a phone on a weak network gets in one go (the first ten packets).
BYTES_MAX = 14 * 1024
NEVER = ("正品", "放心", "假货", "保真", "genuine", "authentic")


@pytest.fixture(scope="module")
def made() -> list[FastAPI]:
    """The application, once somebody has asked for it: its three hundred addresses take a second to put together."""
    return []


@pytest.fixture
def app(made: list[FastAPI], ledger: Ledger, tmp_path: Path) -> FastAPI:
    """The application over this test's ledger, with nothing counted or kept."""
    if not made:
        made.append(create_app(ledger, Settings(base_url=BASE_URL, limits=False)))
    (app,) = made
    app.state.ledger, app.state.openings, app.state.kept = ledger, Openings(ledger), lean.Kept()
    app.state.scans = NotedScans(ledger, folder=tmp_path / "scans", minutes=60, days=90)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[Client]:
    with client_of(app) as client:
        yield client


@pytest.fixture
def app_kept(app: FastAPI) -> lean.Kept:
    pages: lean.Kept = app.state.kept
    return pages


def elsewhere(link: str) -> bool:
    """Whether a link leads away, or has the browser ask for something."""
    return not link.startswith(("/", "#", "?", "data:,"))


@pytest.mark.parametrize(
    "path", [LEEK_PAGE, f"{LEEK_PAGE}/21/7", f"/p?code={CODE}", "/p?code=nonsense", "/p?code=09520001000027"]
)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_is_one_small_answer(story: Story, client: Client, path: str, language: str) -> None:
    story.recall()
    answer = Visitor(client, language=language).open(path).answer
    headers = sum(len(name) + len(value) + 4 for name, value in answer.headers.raw)
    assert len(answer.content) + headers < BYTES_MAX
    assert "content-encoding" not in answer.headers
    assert '<link rel="stylesheet"' not in answer.text
    assert answer.headers["content-language"] == language


def test_the_style_in_the_page_is_the_only_one_a_browser_takes(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    style = page.html.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = page.answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "style=" not in page.html.replace("<style>", "")


def test_the_page_has_no_script_and_asks_nobody_else(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    assert not {"script", "img", "iframe", "object"} & set(page.read.tags)
    assert "src" not in page.read.attributes
    assert [link for link in page.read.links if elsewhere(link)] == []


def test_what_is_known_says_by_whom_and_since_when(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    assert page.read.h1 == "韭菜"
    for words in ("生产者：绿畦示例合作社（演示）", "采收或生产日期：2026-11-14", "产地：江苏如皋", "HGZ-1"):
        assert words in page.text
    assert "绿畦示例合作社（演示）记录，2026-11-14 08:00 入账" in page.text


def test_what_nobody_recorded_is_said_in_grey(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    assert "保质期：暂无记录" in page.text
    assert 'class="known not"' in page.html


def test_a_recall_comes_before_everything_else(story: Story, public: Visitor) -> None:
    assert "召回" not in public.open(LEEK_PAGE).text
    story.recall()
    page = public.open(LEEK_PAGE)
    assert "此批次正在召回" in page.text
    assert page.html.index("此批次正在召回") < page.html.index("<h1>")
    for words in ("请停止食用或使用", "请退回购买处。", "检出禁用农药", "示例市场监管局（演示）"):
        assert words in page.text


@pytest.mark.parametrize("path", [LEEK_PAGE, f"/p?code={CODE}", f"/p?code={SPARE_CODE}", "/p?code=nonsense"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_gives_no_verdict_and_names_no_holder(
    story: Story, client: Client, path: str, language: str
) -> None:
    story.recall()
    page = Visitor(client, language=language).open(path)
    assert [word for word in NEVER if word in page.html.lower()] == []
    for holder in ("顺和示例批发部", "王记示例菜摊", "示例菜场"):
        assert holder not in page.html
    assert "疑似" not in page.html
    assert "校验不通过" not in page.html


def test_a_code_says_who_issued_it_and_that_no_sale_is_recorded(story: Story, public: Visitor) -> None:
    page = public.open(f"/p?code={SPARE_CODE}")
    assert page.status == 200
    assert "此码由庆丰示例农资店（演示）赋码" in page.text
    assert "暂无售出记录" in page.text


def test_a_sold_code_says_on_which_day(story: Story, public: Visitor) -> None:
    page = public.open(f"/p?code={CODE}")
    assert "此码已于 2026-11-14 售出" in page.text
    assert "码可以被复制" in page.text


def test_a_code_sold_twice_says_so_and_blames_nobody(
    story: Story, public: Visitor, ledger: Ledger, clock: Clock
) -> None:
    clock.forward(24)
    line: dict[str, Json] = {
        "goods": str(PESTICIDE),
        "quantity": {"amount": "1", "unit": "XBO"},
        "codes": [CODE],
    }
    ledger.say(story.farm.party, Sale.read({"lines": [line]}))
    page = public.open(f"/p?code={CODE}")
    assert "此码有 2 次售出记录，最早 2026-11-14" in page.text
    assert "绿畦" not in page.text


def test_a_void_code_says_keep_the_pack_and_report(story: Story, public: Visitor, ledger: Ledger) -> None:
    ledger.say(
        story.shop.party, Codes(action="void", goods=PESTICIDE, codes=(SPARE_CODE,), code_kind="pesticide")
    )
    assert "此码已作废" in public.open(f"/p?code={SPARE_CODE}").text


def test_a_serial_nobody_issued_still_leads_to_its_batch(story: Story, public: Visitor) -> None:
    page = public.open(f"{LEEK_PAGE}/21/7")
    assert page.status == 200
    assert page.read.h1 == "韭菜"
    assert "没有这个码的赋码记录" in page.text


@pytest.mark.parametrize(
    "path",
    ["/p?code=nonsense", "/p/c/00000000000000000", "/p/c/zzz", "/p/01/123", "/p/01/09520001000027/10/NO"],
)
def test_what_nobody_recorded_is_not_found_and_says_what_to_do(
    story: Story, public: Visitor, path: str
) -> None:
    page = public.open(path)
    assert page.status == 404
    assert page.read.h1 == "没有查到记录"
    assert any(link.startswith("/p/report?code=") for link in page.read.links)


def test_a_gtin_asks_for_the_batch_number(story: Story, public: Visitor) -> None:
    for address in ("/p?code=09520001000027", "/p/01/09520001000027"):
        page = public.open(address)
        # Batches of it are recorded, so the product itself is no stranger.
        assert (page.status, page.read.h1) == (200, "韭菜")
        assert "本台账里有这个产品的批次记录" in page.text
        found = public.submit(page, "/p", {"batch": "JC-1"})
        assert found.status == 200
        assert found.path == LEEK_PAGE
    for address in ("/p?code=09520001000010", "/p/01/09520001000010", "/p/01/09520001000027/10/NONE"):
        assert public.open(address).status == 404


def test_a_code_on_a_strangers_address_is_answered_with_a_warning(story: Story, public: Visitor) -> None:
    page = public.open("/p?code=https%3A%2F%2Fevil.example%2F01%2F09520001000027%2F10%2FJC-1")
    assert page.status == 200
    assert "码里的网址不是本站" in page.text
    assert "evil.example" in page.text
    assert [link for link in page.read.links if elsewhere(link)] == []


def test_a_typed_address_of_ours_opens_the_page(story: Story, public: Visitor) -> None:
    page = public.open("/p?code=http%3A%2F%2Flocalhost%3A8000%2F01%2F09520001000027%2F10%2FJC-1")
    assert page.path == LEEK_PAGE


def test_a_farmers_name_is_not_for_buyers(story: Story, public: Visitor, ledger: Ledger) -> None:
    farmer = PartyId.new(b"farmer-zha")
    ledger.say(
        story.stall.party, Party(party=farmer, party_kind="farmer", person_name="张桂兰", phone="13900000000")
    )
    goods = LEEK.parse("urn:suyuan:batch:00000000000000000")
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(farmer),
        "name": "大白菜",
        "category": "farm_produce",
    }
    ledger.say(story.stall.party, Batch.read(body))
    page = public.open("/p/c/00000000000000000")
    assert "个人农户" in page.text
    assert "张桂兰" not in page.html
    assert "13900000000" not in page.html


# What speaks against the goods, or their maker


def say_batch(story: Story, number: str, **fields: str) -> str:
    """A batch of the farm's with these fields; its page."""
    goods = f"https://id.gs1.org/01/09520001000027/10/{number}"
    body: dict[str, Json] = {
        "goods": goods,
        "maker": str(story.farm.party),
        "name": "酸奶",
        "category": "food",
        "batch_number": number,
        **fields,
    }
    story.ledger.say(story.farm.party, Batch.read(body))
    return f"/p/01/09520001000027/10/{number}"


def goods_of(page: str) -> str:
    """Which goods a page is about."""
    return f"https://id.gs1.org{page.removeprefix('/p')}"


def test_goods_past_their_date_are_told_so_from_the_day_after(
    story: Story, public: Visitor, clock: Clock
) -> None:
    page = say_batch(story, "Y-1", expires_on="2026-11-14")
    clock.forward(15.99)  # To the last minute of the day on a Chinese clock.
    assert "标注的保质期已过" not in public.open(page).text
    clock.forward(0.02)
    late = public.open(page)
    assert "登记的保质期至 2026-11-14，今天是 2026-11-15" in late.text
    assert late.html.index("标注的保质期已过") < late.html.index("<h1>")


def entry(story: Story, action: str = "listed", also: Mapping[str, str] | None = None) -> ListEntry:
    body: dict[str, Json] = {
        "list_name": "serious_violation",
        "action": action,
        "party": str(story.farm.party),
        "decision": "演市监列〔2026〕1 号",
        "basis": "示例办法第九条（演示）",
        "valid_from": "2026-11-01",
        "officer": OFFICER,
    }
    return ListEntry.read(body | dict(also or {}))


def test_a_published_decision_about_the_maker_stands_above_the_facts(story: Story, public: Visitor) -> None:
    story.recall()
    story.ledger.say(story.authority.party, entry(story, also={"valid_to": "2029-10-31"}))
    page = public.open(LEEK_PAGE)
    assert "生产者被列入严重违法失信名单" in page.text
    assert "决定文书号：演市监列〔2026〕1 号" in page.text
    assert "2026-11-01 起至 2029-10-31" in page.text
    assert "不是对这批货的检验结论" in page.text
    assert page.html.index("正在召回") < page.html.index("严重违法失信名单") < page.html.index("<h1>")


@pytest.mark.parametrize(
    "also",
    [
        {"valid_from": "2026-11-15"},
        {"valid_to": "2026-11-13"},
        {"list_name": "good_standing"},
    ],
    ids=["not yet", "no longer", "praise"],
)
def test_a_decision_that_does_not_hold_today_or_praises_is_not_shown(
    story: Story, public: Visitor, also: dict[str, str]
) -> None:
    story.recall()
    story.ledger.say(story.authority.party, entry(story, also=also))
    assert "名单" not in public.open(LEEK_PAGE).text


@pytest.mark.parametrize("end", ["removed", "repaired"])
def test_whoever_was_taken_off_the_list_is_shown_on_it_no_more(
    story: Story, public: Visitor, end: str
) -> None:
    story.recall()
    story.ledger.say(story.authority.party, entry(story))
    assert "严重违法失信名单" in public.open(LEEK_PAGE).text
    story.ledger.say(story.authority.party, entry(story, end, {"decision": "演市监移〔2026〕2 号"}))
    assert "严重违法失信名单" not in public.open(LEEK_PAGE).text


def test_a_listing_that_was_annulled_is_not_shown(story: Story, public: Visitor) -> None:
    story.recall()
    (placed,) = story.ledger.say(story.authority.party, entry(story))
    assert "严重违法失信名单" in public.open(LEEK_PAGE).text
    listing = story.ledger.stored(placed.seq).header.id
    story.ledger.say(story.authority.party, Correction(correction_reason="did_not_occur"), corrects=listing)
    assert "严重违法失信名单" not in public.open(LEEK_PAGE).text


def test_a_licence_that_has_run_out_says_so(story: Story, public: Visitor) -> None:
    for kind, last in (("食品生产许可证", "2026-11-13"), ("食品经营许可证", "2026-11-14")):
        licence = Licence(
            holder=story.farm.party,
            licence_kind=kind,
            number=f"演-{kind}",
            valid_to=LegalDate.parse(last),
        )
        story.ledger.say(story.ledger.registrar, licence)
    text = public.open(LEEK_PAGE).text
    assert "演-食品生产许可证，有效期至 2026-11-13，已过期" in text
    assert "演-食品经营许可证，有效期至 2026-11-14 " in text


def test_a_licence_that_was_taken_away_says_so_and_promises_no_date(story: Story, public: Visitor) -> None:
    licence = Licence(
        holder=story.farm.party,
        licence_kind="食品生产许可证",
        number="演-1",
        valid_to=LegalDate.parse("2029-01-01"),
        state="revoked",
    )
    story.ledger.say(story.ledger.registrar, licence)
    text = public.open(LEEK_PAGE).text
    assert "食品生产许可证 演-1：吊销" in text
    assert "2029-01-01" not in text


def test_a_batch_that_was_put_right_names_the_record_it_replaces(story: Story, public: Visitor) -> None:
    page = say_batch(story, "B-3", produced_on="2026-11-12")
    with story.ledger.book() as book:
        before = book.size - 1
    body: dict[str, Json] = {
        "goods": "https://id.gs1.org/01/09520001000027/10/B-3",
        "maker": str(story.farm.party),
        "name": "酸奶",
        "category": "food",
        "produced_on": "2026-11-13",
        "correction_reason": "incorrect_data",
    }
    story.ledger.say(story.farm.party, Batch.read(body), corrects=story.ledger.stored(before).header.id)
    text = public.open(page).text
    assert "采收或生产日期：2026-11-13" in text
    assert "2026-11-12" not in text
    assert f"更正记录，取代日志第 {before} 条" in text


# The picture


def test_the_way_of_the_goods_is_drawn_and_told(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    assert page.html.count("<circle") == 3
    assert 'aria-label="生产：绿畦示例合作社（演示），江苏如皋；经手：不公开；您手中：不知道"' in page.html
    sold = public.open(f"/p?code={CODE}")
    assert sold.html.count("<circle") == 4
    assert "售出：2026-11-14" in sold.html


def test_the_page_does_not_tell_whether_goods_were_traded(story: Story, public: Visitor) -> None:
    untraded = public.open(say_batch(story, "Z-1")).html.replace("Z-1", "")
    page = say_batch(story, "Z-2")
    line: dict[str, Json] = {"goods": f"https://id.gs1.org{page.removeprefix('/p')}", "quantity": kilos(5)}
    to = str(story.wholesaler.party)
    story.ledger.say(story.farm.party, Shipment.read({"to": to, "lines": [line], "offer": False}))
    traded = public.open(page).html.replace("Z-2", "")

    def without_numbers(html: str) -> str:
        # The place in the log and the proof's address differ by what was recorded between them.
        return "".join(letter for letter in html if not letter.isdigit())

    assert without_numbers(traded) == without_numbers(untraded)


def test_what_a_maker_writes_cannot_become_markup(story: Story, public: Visitor) -> None:
    page = public.open(say_batch(story, "M-1", origin='<b id="x">"南通'))
    assert "<b id=" not in page.html
    assert "&lt;b id=" in page.html


# Kept, and true


def test_a_recall_is_seen_by_the_next_one_who_looks(story: Story, client: Client) -> None:
    before = client.get(LEEK_PAGE)
    assert client.get(LEEK_PAGE, headers={"if-none-match": before.headers["etag"]}).status_code == 304
    story.recall()
    after = client.get(LEEK_PAGE, headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert "此批次正在召回" in after.text


def test_an_unchanged_page_is_not_sent_again(story: Story, client: Client) -> None:
    page = client.get(LEEK_PAGE)
    mark = page.headers["etag"]
    for held in (mark, f"W/{mark}", f'"other", {mark}'):
        again = client.get(LEEK_PAGE, headers={"if-none-match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == mark
        assert again.headers["cache-control"] == "no-cache"
    assert client.get(LEEK_PAGE, headers={"if-none-match": '"other"'}).status_code == 200
    assert client.get("/p?code=no", headers={"if-none-match": mark}).status_code == 404


def test_a_browser_that_asks_for_the_head_gets_the_length_and_no_page(story: Story, client: Client) -> None:
    whole, head = client.get(LEEK_PAGE), client.send("HEAD", LEEK_PAGE)
    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]


def test_a_page_stays_kept_while_others_trade(story: Story, app_kept: lean.Kept, client: Client) -> None:
    client.get(LEEK_PAGE)
    held = dict(app_kept.held())
    line: dict[str, Json] = {"goods": str(PESTICIDE), "quantity": {"amount": "1", "unit": "XBO"}}
    story.ledger.say(story.shop.party, Sale.read({"lines": [line]}))
    client.get(LEEK_PAGE)
    assert dict(app_kept.held()) == held
    story.recall()
    client.get(LEEK_PAGE)
    assert dict(app_kept.held()) != held


def test_each_language_and_each_day_has_its_own_page(
    story: Story, app_kept: lean.Kept, client: Client, clock: Clock
) -> None:
    chinese = client.get(LEEK_PAGE, headers={"accept-language": "zh"})
    english = client.get(LEEK_PAGE, headers={"accept-language": "en"})
    assert "有记录的" in chinese.text
    assert "What is recorded" in english.text
    assert len(app_kept.held()) == 2
    clock.forward(24)
    client.get(LEEK_PAGE)
    assert len(app_kept.held()) == 1


def test_what_was_erased_is_on_no_page_and_kept_in_none(
    story: Story, app_kept: lean.Kept, client: Client
) -> None:
    page = say_batch(story, "E-1", origin="如东县某村（演示）")
    with story.ledger.book() as book:
        named = book.records([book.size - 1])[book.size - 1].header.id
    assert "某村" in client.get(page).text
    assert "某村" in client.get(f"{page}/21/1").text
    issued: dict[str, Json] = {
        "action": "issue",
        "goods": goods_of(page),
        "codes": [f"{goods_of(page)}/21/2"],
    }
    story.ledger.say(story.farm.party, Codes.read(issued))
    assert "某村" in client.get(f"{page}/21/2").text
    assert any("某村".encode() in part for one in app_kept.patterns() for part in one.parts)
    assert "某村" in repr(app_kept.remembered())
    client.get(LEEK_PAGE)
    erase(story.ledger, [Wanted(named, whole=True)], ground="个人信息保护法第四十七条")
    client.get(LEEK_PAGE)
    assert b"".join(app_kept.held().values()).find("某村".encode()) == -1
    assert "某村" not in repr(app_kept.remembered())
    assert not any("某村".encode() in part for one in app_kept.patterns() for part in one.parts)
    assert client.get(page).status_code == 404


def test_what_was_erased_is_held_no_longer_than_until_the_first_look_of_the_next_day(
    story: Story, app_kept: lean.Kept, client: Client, clock: Clock
) -> None:
    page = say_batch(story, "E-2", origin="如东县某村（演示）")
    assert "某村" in client.get(page).text
    with story.ledger.book() as book:
        named = book.records([book.size - 1])[book.size - 1].header.id
    erase(story.ledger, [Wanted(named, whole=True)], ground="个人信息保护法第四十七条")
    # Nobody looked at it, nor at anything else that was held: these goods are asked for the first time.
    assert client.get(say_batch(story, "E-3")).status_code == 200
    assert any("某村".encode() in part for one in app_kept.patterns() for part in one.parts)
    clock.forward(24)
    assert client.get("/p?code=nonsense").status_code == 404
    assert app_kept.patterns() == []
    assert app_kept.remembered() == {}


def test_packs_of_one_batch_have_the_pages_that_each_would_have_alone(
    story: Story, app_kept: lean.Kept, client: Client
) -> None:
    """What is read once for all packs of a batch changes no page: sold, unsold and unrecorded packs, before a recall and after it."""
    story.ledger.say(
        story.farm.party,
        Codes.read({"action": "issue", "goods": str(LEEK), "codes": [f"{LEEK}/21/{one}" for one in "ABC"]}),
    )
    sold: dict[str, Json] = {"goods": str(LEEK), "quantity": kilos(1), "codes": [f"{LEEK}/21/B"]}
    story.ledger.say(story.farm.party, Sale.read({"lines": [sold]}))
    pages = [f"{LEEK_PAGE}/21/{one}" for one in "ABCX"] + [LEEK_PAGE]
    for recalled in (False, True):
        if recalled:
            story.recall()
        together = [client.get(page).text for page in pages]
        alone = list[str]()
        for page in pages:
            app_kept.forget()
            alone.append(client.get(page).text)
        assert together == alone
        assert len(set(together)) == len(pages)
        assert all(("此批次正在召回" in text) == recalled for text in together)


#: A code that no scheme knows, made of what a page must not take for its own.
STRANGE_CODE = """AB-1&<i>"';{{title}}%3C"""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_page_that_packs_share_is_for_each_what_it_would_be_if_it_were_made_for_it_alone(
    story: Story, app_kept: lean.Kept, client: Client, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Its code, what it is reported and switched by, and how often it was opened are filled in; all else is the same by its key."""
    codes = [f"{LEEK}/21/{one}" for one in "ABCDE"] + [STRANGE_CODE]
    story.ledger.say(story.farm.party, Codes.read({"action": "issue", "goods": str(LEEK), "codes": codes}))
    sold: dict[str, Json] = {"goods": str(LEEK), "quantity": kilos(1), "codes": [codes[1], codes[2]]}
    for _ in range(2):
        story.ledger.say(story.farm.party, Sale.read({"lines": [sold]}))
    story.ledger.say(
        story.farm.party, Codes.read({"action": "void", "goods": str(LEEK), "codes": [codes[3]]})
    )
    pages = [f"{LEEK_PAGE}/21/{one}" for one in "ABCDE"]
    pages += [f"/p?code={quote(code, safe='')}" for code in (*codes, CODE, SPARE_CODE)]
    pages += [f"/p?code={quote(codes[0].replace('id.gs1.org', 'codes.example'), safe='')}"]

    def shown() -> list[Page]:
        app_kept.forget()
        return [Page(page, client.get(page, headers={"accept-language": language})) for page in pages]

    for recalled in (False, True):
        if recalled:
            story.recall()
        shared, kept = shown(), len(app_kept.patterns())
        with monkeypatch.context() as alone:
            # As a pesticide's code, of which the page tells more: such packs share none.
            alone.setattr(consumer, "pesticide_code", lambda _: True)
            assert [one.html for one in shown()] == [one.html for one in shared]
            assert len(app_kept.patterns()) == len(pages)
        for page in shared:
            typed = dict(parse_qsl(urlsplit(page.path).query))
            switch = urlencode({**typed, "lang": "en" if language == "zh-CN" else "zh"})
            assert f"?{switch}" in page.read.links
            (report,) = (one for one in page.read.links if one.startswith("/p/report?"))
            named = dict(parse_qsl(urlsplit(report).query))
            code = typed.get("code", f"{LEEK}/21/{page.path[-1]}")
            assert named["code"] == code.replace("codes.example", "id.gs1.org")
        # Unsold, sold twice, made void: at our address, and as a link of GS1's was typed; the first of them at a stranger's, too; two of the pesticide's.
        assert kept == 9


@pytest.fixture
def made_pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates of the pages that are put together, one after the other."""
    made, render = list[str](), lean.rendered

    def watched(template: str, content: Mapping[str, object], *, language: Language) -> str:
        made.append(template)
        return render(template, content, language=language)

    monkeypatch.setattr(lean, "rendered", watched)
    return made


def test_on_each_day_a_page_that_was_kept_tells_what_one_put_together_on_that_day_would(
    story: Story, app: FastAPI, client: Client, clock: Clock
) -> None:
    page = say_batch(story, "D-1", expires_on="2026-11-16")
    story.ledger.say(
        story.farm.party,
        Licence(
            holder=story.farm.party,
            licence_kind="食品生产许可证",
            number="SC10632068200001",
            valid_to=LegalDate.parse("2026-11-18"),
        ),
    )
    story.recall()
    told = entry(story, also={"valid_from": "2026-11-15", "valid_to": "2026-11-17"})
    story.ledger.say(story.authority.party, told)
    said = list[tuple[bool, bool, bool]]()
    for _ in range(7):
        text = client.get(page).text
        said.append(("标注的保质期已过" in text, told.decision in text, "2026-11-18，已过期" in text))
        kept, app.state.kept = app.state.kept, lean.Kept()
        assert client.get(page).text == text
        app.state.kept = kept
        clock.forward(24)
    past, listed, ended = zip(*said, strict=True)
    assert past == (False, False, False, True, True, True, True)
    assert listed == (False, True, True, True, False, False, False)
    assert ended == (False, False, False, False, False, True, True)


def test_on_another_day_the_same_page_is_filled_in_anew(
    story: Story, client: Client, clock: Clock, made_pages: list[str]
) -> None:
    page = say_batch(story, "D-2", expires_on="2026-11-16")
    for day in range(5):
        text = client.get(page).text
        assert (f"今天是 2026-11-{14 + day}" in text) == (day > 2)
        assert client.get(f"{page}/21/{day}").status_code == 200
        # Of the batch and of packs that nobody recorded: when they were asked for first, and when the date had passed.
        assert len(made_pages) == (2 if day <= 2 else 4)
        clock.forward(24)


def test_what_packs_share_is_put_together_once(story: Story, client: Client, made_pages: list[str]) -> None:
    codes = [f"{LEEK}/21/{one}" for one in "ABC"]
    story.ledger.say(story.farm.party, Codes.read({"action": "issue", "goods": str(LEEK), "codes": codes}))
    for one in "ABC":
        assert f"/21/{one}</span>" in client.get(f"{LEEK_PAGE}/21/{one}").text
    assert len(made_pages) == 1
    story.recall()
    assert "此批次正在召回" in client.get(f"{LEEK_PAGE}/21/B").text
    assert len(made_pages) == 2


def test_a_pack_that_took_what_another_one_left_is_put_together_anew_with_it(
    story: Story, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is remembered of the batch: what the page follows from is known by the pack that it was first made for.
    monkeypatch.setattr(lean, "RECORDS_MAX", 0)
    codes = [f"{LEEK}/21/{one}" for one in "AB"]
    story.ledger.say(story.farm.party, Codes.read({"action": "issue", "goods": str(LEEK), "codes": codes}))
    for one in "AB":
        assert "绿畦示例合作社" in client.get(f"{LEEK_PAGE}/21/{one}").text
    renamed = Party(party=story.farm.party, party_kind="cooperative", name="青畦合作社（演示）")
    story.ledger.say(story.farm.party, renamed)
    assert "青畦合作社（演示）" in client.get(f"{LEEK_PAGE}/21/B").text


def test_no_more_patterns_are_kept_than_there_is_room_for(
    story: Story, app_kept: lean.Kept, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean, "PATTERNS_MAX", 2)
    for number in range(4):
        page = say_batch(story, f"T-{number}")
        issued: dict[str, Json] = {
            "action": "issue",
            "goods": goods_of(page),
            "codes": [f"{goods_of(page)}/21/1"],
        }
        story.ledger.say(story.farm.party, Codes.read(issued))
        assert client.get(f"{page}/21/1").status_code == 200
    assert len(app_kept.patterns()) == 2


def test_a_pack_of_goods_that_were_looked_at_asks_about_itself_alone(
    story: Story, app_kept: lean.Kept, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, fetch = list[set[str]](), SqlBook._fetch_mentions

    def watched(book: SqlBook, keys: Collection[str]) -> list[Mention]:
        read.append(set(keys))
        return fetch(book, keys)

    monkeypatch.setattr(SqlBook, "_fetch_mentions", watched)

    def asked_for(page: str) -> set[str]:
        read.clear()
        assert client.get(page).status_code == 200
        return set[str]().union(*read)

    assert goods_sheet_key(LEEK) in asked_for(f"{LEEK_PAGE}/21/1")
    of_pack = asked_for(f"{LEEK_PAGE}/21/2")
    assert of_pack
    assert all("/21/2" in key for key in of_pack)
    # Something about the goods, or an erasure of whatever it be: they are asked about again.
    story.recall()
    assert goods_sheet_key(LEEK) in asked_for(f"{LEEK_PAGE}/21/3")
    app_kept.forget()
    assert goods_sheet_key(LEEK) in asked_for(f"{LEEK_PAGE}/21/4")
    # A code that does not say itself of which batch it is: its goods are known once it was looked up.
    makers = party_sheet_key(story.ghost)
    assert makers in asked_for(f"/p?code={CODE}")
    of_pack = asked_for(f"/p?code={SPARE_CODE}")
    assert code_key(SPARE_CODE) in of_pack
    assert makers not in of_pack


def test_no_more_goods_are_remembered_than_there_is_room_for(
    story: Story, app_kept: lean.Kept, client: Client, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean, "READ_MAX", 2)
    for number in range(4):
        assert client.get(say_batch(story, f"R-{number}")).status_code == 200
    assert list(app_kept.remembered()) == [f"{LEEK_PAGE[:-4]}R-{number}".encode() for number in (2, 3)]
    # What is asked for stays, on another day too.
    clock.forward(24)
    assert client.get(f"{LEEK_PAGE[:-4]}R-2").status_code == 200
    assert client.get(say_batch(story, "R-4")).status_code == 200
    assert list(app_kept.remembered()) == [f"{LEEK_PAGE[:-4]}R-{number}".encode() for number in (2, 4)]
    monkeypatch.setattr(lean, "RECORDS_MAX", 0)
    assert client.get(say_batch(story, "R-5")).status_code == 200
    assert len(app_kept.remembered()) == 2


def test_no_more_pages_are_kept_than_there_is_room_for(
    story: Story, app_kept: lean.Kept, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean, "KEPT_MAX", 2)
    for serial in range(4):
        assert client.get(f"{LEEK_PAGE}/21/{serial}").status_code == 200
    assert len(app_kept.held()) == 2


def test_whoever_comes_with_a_dead_key_reads_what_is_public(story: Story, client: Client) -> None:
    assert client.get(LEEK_PAGE, key="suyuan_none").status_code == 200


# The proof


def test_the_proof_shows_the_public_facts_and_nothing_else(
    story: Story, public: Visitor, client: Client
) -> None:
    page = public.open(LEEK_PAGE)
    (link,) = (one for one in page.read.links if one.startswith("/p/proof/"))
    answer = client.get(link)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    shown = Disclosure.parse(answer.content).verify([story.ledger.vkey])
    assert {item.audience for item in shown.items.values()} == {"public"}
    assert [item.fields["origin"] for item in shown.items.values()] == ["江苏如皋"]


def test_a_proof_that_anybody_may_take_is_remembered_once(
    story: Story, public: Visitor, client: Client, ledger: Ledger
) -> None:
    (link,) = (one for one in public.open(LEEK_PAGE).read.links if one.startswith("/p/proof/"))
    for _ in range(3):
        client.get(link)
    seq = int(link.rpartition("/")[2])
    held = ledger.copies.holding({seq: range(10)}, until_ms=ledger.clock())
    assert [one.to_whom for one in held] == ["公众 · anybody"]


def test_a_record_with_nothing_public_in_it_has_no_public_proof(
    story: Story, client: Client, ledger: Ledger
) -> None:
    line: dict[str, Json] = {"goods": str(LEEK), "quantity": kilos(1)}
    to = str(story.stall.party)
    (placed,) = ledger.say(story.wholesaler.party, Shipment.read({"to": to, "lines": [line], "offer": False}))
    for position in (placed.seq, 0, 10_000):
        assert client.get(f"/p/proof/{position}").status_code == 404


def test_goods_named_by_somebody_else_have_a_page_too(story: Story, public: Visitor) -> None:
    goods = quote(str(LEEK), safe="")
    assert public.open(f"/p/?goods={goods}").read.h1 == "韭菜"
    assert public.open("/p/?goods=nonsense").status == 422
