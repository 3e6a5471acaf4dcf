"""What a buyer's phone shows: small, facts first, no verdict, no suspicion, no list of holders."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from api.pages.rendering import STATIC
from ledger.identifiers import PartyId
from ledger.views.book import about
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.oversight import Complaint
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Sale
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import CODE, LEEK, PESTICIDE, SPARE_CODE

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.integration.pages.story import Story
    from tests.support.server import Client, Clock

LEEK_PAGE = "/p/01/09520001000027/10/JC-1"
#: The whole answer; and what a phone on a weak network should not have to exceed.
BYTES_MAX, BYTES_WANTED = 30 * 1024, 14 * 1024
NEVER = ("正品", "放心", "假货", "保真", "genuine", "authentic")


def test_the_page_is_one_small_answer(story: Story, public: Visitor) -> None:
    story.recall()
    page = public.open(LEEK_PAGE)
    assert page.status == 200
    assert len(page.answer.content) < BYTES_WANTED
    style = (STATIC / "site.css").read_bytes()
    assert len(page.answer.content) + len(gzip.compress(style)) < BYTES_MAX


def test_the_page_has_no_script_and_asks_nobody_else(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    assert "script" not in page.read.tags
    assert all(link.startswith(("/", "#")) for link in page.read.links)


def test_what_is_known_says_by_whom_and_since_when(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    assert page.read.h1 == "韭菜"
    for words in ("生产者：绿畦示例合作社（演示）", "采收或生产日期：2026-11-14", "产地：江苏如皋", "HGZ-1"):
        assert words in page.text
    assert "绿畦示例合作社（演示）记录，2026-11-14 08:00 入账" in page.text


def test_what_nobody_recorded_is_said_in_grey(story: Story, public: Visitor) -> None:
    page = public.open(LEEK_PAGE)
    assert "保质期：暂无记录" in page.text
    assert 'class="known unknown"' in page.html


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
    assert page.fields("/p/report")


def test_a_gtin_asks_for_the_batch_number(story: Story, public: Visitor) -> None:
    page = public.open("/p?code=09520001000027")
    assert page.status == 404
    found = public.submit(page, "/p", {"batch": "JC-1"})
    assert found.status == 200
    assert found.path == LEEK_PAGE


def test_a_code_on_a_strangers_address_is_answered_with_a_warning(story: Story, public: Visitor) -> None:
    page = public.open("/p?code=https%3A%2F%2Fevil.example%2F01%2F09520001000027%2F10%2FJC-1")
    assert page.status == 200
    assert "码里的网址不是本站" in page.text
    assert "evil.example" in page.text
    assert all(link.startswith(("/", "#")) for link in page.read.links)


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


def complaints(ledger: Ledger) -> list[Complaint]:
    with ledger.book() as book:
        return [one.said for one in about(book, "type/complaint.v1") if isinstance(one.said, Complaint)]


def test_a_report_is_recorded_once_and_only_officials_can_read_it(
    story: Story, public: Visitor, client: Client, ledger: Ledger
) -> None:
    page = public.open(LEEK_PAGE)
    picture = io.BytesIO()
    Image.new("RGB", (60, 60), (200, 30, 30)).save(picture, "PNG")
    sent = {"text": "有异味", "place": "百姓菜场", "phone": "13800000000"}
    done = public.submit(
        page, "/p/report", sent, files={"photo": ("标签.png", picture.getvalue(), "image/png")}
    )
    assert done.status == 200
    assert "已收到" in done.text
    public.submit(page, "/p/report", sent, files={"photo": ("标签.png", picture.getvalue(), "image/png")})
    (complaint,) = complaints(ledger)
    assert complaint.goods == LEEK
    assert complaint.reporter_phone == "13800000000"
    assert complaint.evidence is not None
    assert "百姓菜场" in complaint.text
    entry = next(link for link in done.read.links if link.startswith("/entries/"))
    assert "有异味" not in public.open(entry).text
    assert "13800000000" not in Visitor.of(client, story.farm).open(entry).text
    assert "有异味" in Visitor.of(client, story.authority).open(entry).text


def test_an_empty_report_is_asked_for_again(story: Story, public: Visitor, ledger: Ledger) -> None:
    page = public.submit(public.open(LEEK_PAGE), "/p/report", {"text": "", "place": "百姓菜场"})
    assert page.status == 422
    assert 'id="text-why"' in page.html
    assert page.fields("/p/report")["place"] == "百姓菜场"
    assert complaints(ledger) == []


def test_something_unknown_can_be_reported_too(story: Story, public: Visitor, ledger: Ledger) -> None:
    public.submit(public.open("/p?code=12345678901234567890"), "/p/report", {"text": "查不到"})
    (complaint,) = complaints(ledger)
    assert (complaint.goods, complaint.code) == (None, "12345678901234567890")


def test_a_report_from_another_site_is_refused(story: Story, client: Client, ledger: Ledger) -> None:
    answer = client.send("POST", "/p/report", data={"text": "x"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert complaints(ledger) == []
