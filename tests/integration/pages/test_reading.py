"""Pages for each reader: what they show, whom they turn away, how errors look, and that names stay text."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from PIL import Image
from starlette.requests import Request

from api.deps import DEMO_COOKIE
from api.pages import problem_page
from api.problems import Problem
from ledger.errors import Words
from ledger.identifiers import Instant, PartyId
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.parties import Party, Site
from ledger.vocabulary.trade import Sale, Shipment
from scanner.labels import LabelText, label_png
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import LEEK, OFFICER, STALLS, kilos
from tests.support.server import BASE_URL, certify, enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.integration.pages.story import Story
    from tests.support.server import Client, Clock, Enrolled

TRACE = f"/trace?goods={quote(str(LEEK), safe='')}"
FAULT = Words(zh="服务器出错", en="something is wrong")
OPEN_TO_ALL = ("/", "/inspect", "/p?code=x", "/entries/0", "/p/01/09520001000027/10/JC-1")
FOR_TRADERS = (
    "/my",
    "/my/batches/new",
    "/my/deliveries",
    "/my/deliveries/new",
    "/my/shipments/new",
    "/my/findings",
)
FOR_OFFICIALS = ("/findings",)
OUR_SCRIPT = r'<script src="/static/[a-z/_-]+\.js\?v=[0-9a-f]{10}"(?: type="module")? defer(?: type="module")?></script>'


@pytest.mark.parametrize("path", OPEN_TO_ALL)
def test_pages_that_are_open_to_all(story: Story, public: Visitor, path: str) -> None:
    assert public.open(path).status in {200, 404}


@pytest.mark.parametrize("path", [*FOR_TRADERS, *FOR_OFFICIALS])
def test_the_public_is_asked_who_it_is(story: Story, public: Visitor, path: str) -> None:
    page = public.open(path)
    assert page.status == 401
    assert page.answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", FOR_TRADERS)
def test_a_traders_pages_answer(story: Story, client: Client, path: str) -> None:
    for trader in (story.farm, story.wholesaler, story.stall, story.shop):
        assert Visitor.of(client, trader).open(path).status == 200


@pytest.mark.parametrize("path", [*FOR_OFFICIALS, "/inspect", TRACE])
def test_an_officials_pages_answer(story: Story, client: Client, path: str) -> None:
    assert Visitor.of(client, story.authority).open(path).status == 200


@pytest.mark.parametrize("path", FOR_OFFICIALS)
def test_a_trader_does_not_see_what_is_for_officials(story: Story, client: Client, path: str) -> None:
    assert Visitor.of(client, story.farm).open(path).status == 403


def test_every_page_is_in_the_readers_language(story: Story, client: Client) -> None:
    for path in ("/", "/inspect", "/p/01/09520001000027/10/JC-1"):
        zh, en = Visitor(client).open(path), Visitor(client, language="en").open(path)
        assert 'lang="zh-CN"' in zh.html
        assert 'lang="en"' in en.html
        assert zh.answer.headers["content-language"] == "zh-CN"
        assert zh.read.h1
        assert en.read.h1


def test_the_switch_of_languages_is_kept(client: Client) -> None:
    answer = client.get("/?lang=en", headers={"accept": "text/html", "accept-language": "zh-CN"})
    assert answer.headers["set-cookie"].startswith("lang=en")
    kept = client.get("/", headers={"accept": "text/html", "cookie": "lang=en", "accept-language": "zh-CN"})
    assert 'lang="en"' in kept.text


def test_the_other_language_of_a_form_that_came_back_is_the_form(client: Client, co_op: Enrolled) -> None:
    headers = {
        "origin": BASE_URL,
        "accept": "text/html",
        "host": "localhost:8000",
        "referer": f"{BASE_URL}/my/batches/new",
    }
    answer = client.send(
        "POST",
        "/my/batches",
        data={"id": "01980000-0000-7000-8000-000000000000"},
        key=co_op.key,
        headers=headers,
    )
    assert answer.status_code == 422
    assert 'href="/my/batches/new?lang=en"' in answer.text
    elsewhere = headers | {"referer": "https://evil.example/my"}
    answer = client.send(
        "POST",
        "/my/batches",
        data={"id": "01980000-0000-7000-8000-000000000000"},
        key=co_op.key,
        headers=elsewhere,
    )
    assert 'href="/?lang=en"' in answer.text


def test_nobodys_page_is_kept_for_somebody_else(story: Story, client: Client) -> None:
    for path in ("/", "/my", TRACE):
        assert (
            Visitor.of(client, story.farm).open(path).answer.headers["cache-control"] == "private, no-cache"
        )


def test_the_front_page_says_how_the_log_stands(story: Story, public: Visitor, ledger: Ledger) -> None:
    page = public.open("/")
    assert f"{ledger.size():,} 条" in page.text
    assert str(ledger.vkey) in page.text
    assert "/log/checkpoint" in page.read.links
    assert {"/my", "/inspect"} <= set(page.read.links)


# The demo


def test_every_page_of_a_demo_shows_its_clock(story: Story, demo_client: Client) -> None:
    for path in ("/", "/nothing"):
        page = Visitor(demo_client).open(path)
        assert "演示时钟 2026-11-14 08:00" in page.text
        assert "identity" in page.fields("/demo/identity")
    # The buyer's page is the same for everybody all day, and is nobody's place to be somebody else.
    page = Visitor(demo_client).open("/p/01/09520001000027/10/JC-1")
    assert "演示时钟 2026-11-14；主体和数据均为虚构" in page.text
    assert page.read.forms == []


def test_a_visitor_of_the_demo_chooses_who_to_be(story: Story, demo_client: Client) -> None:
    page = Visitor(demo_client).open("/")
    assert "绿畦示例合作社（演示）" in page.text
    data = {"identity": str(story.farm.party), "back": "/my"}
    answer = demo_client.send("POST", "/demo/identity", data=data, headers={"origin": BASE_URL})
    assert answer.headers["location"] == "/my"
    assert DEMO_COOKIE in answer.headers["set-cookie"]
    own = Visitor.posing(demo_client, story.farm.party).open("/my")
    assert own.status == 200
    assert "绿畦示例合作社（演示）" in own.text


def test_whoever_switches_comes_back_to_the_same_question(story: Story, demo_client: Client) -> None:
    page = Visitor.posing(demo_client, story.authority.party).open(TRACE)
    assert page.fields("/demo/identity")["back"] == TRACE


def test_a_ledger_that_is_no_demo_offers_no_switch(story: Story, public: Visitor) -> None:
    assert "/demo/identity" not in public.open("/").html


def test_the_tour_of_the_demo_leads_to_pages_that_answer(story: Story, demo_client: Client) -> None:
    story.recall()
    public = Visitor(demo_client)
    links = re.findall(r'<li class="card"><a href="([^"]+)"', public.open("/").html)
    assert len(links) >= 5
    statuses = {link: public.open(link.replace("&amp;", "&")).status for link in links}
    assert set(statuses.values()) <= {200, 401}
    assert list(statuses.values()).count(200) >= 2


# My ledger


def test_the_list_has_the_newest_record_first(story: Story, client: Client) -> None:
    page = Visitor.of(client, story.wholesaler).open("/my")
    seqs = [int(link.removeprefix("/entries/")) for link in page.read.links if link.startswith("/entries/")]
    assert seqs == sorted(seqs, reverse=True)
    older = next(link for link in page.read.links if link.startswith("/my?before="))
    assert Visitor.of(client, story.wholesaler).open(older).status == 200


def test_a_late_record_says_how_late(story: Story, client: Client, ledger: Ledger, clock: Clock) -> None:
    then = ledger.clock()
    clock.forward(9 * 24)
    line: dict[str, Json] = {"goods": str(LEEK), "quantity": kilos(1)}
    body: dict[str, Json] = {"to": str(story.stall.party), "lines": [line], "offer": False}
    ledger.say(story.wholesaler.party, Shipment.read(body), occurred_at=Instant(then))
    assert "晚记 9 天" in Visitor.of(client, story.wholesaler).open("/my").text


# The trace


def test_the_trace_shows_source_chain_and_holders(story: Story, client: Client) -> None:
    page = Visitor.of(client, story.authority).open(TRACE)
    assert page.read.h1 == "韭菜 JC-1"
    for words in (
        "矛盾来源",
        "绿盾示例贸易部（演示）",
        "139-0000-0991",
        "登记来源",
        "使用 24 瓶",
        f"另有 {STALLS - 1} 户",
    ):
        assert words in page.text
    assert page.html.count('class="chain ') == 2
    assert f"示例菜场 {STALLS - 1} 号摊（演示）" in page.text


def test_findings_say_innocent_causes_before_others_and_how_to_answer(story: Story, client: Client) -> None:
    page = Visitor.of(client, story.authority).open(TRACE)
    assert "统一社会信用代码校验不通过" in page.text
    assert page.text.index("录入时抄错或多选") < page.text.index("提供的代码本身不成立")
    assert "如何答复" in page.text


def test_a_recall_adds_the_account_and_who_answered(story: Story, client: Client) -> None:
    story.recall()
    page = Visitor.of(client, story.authority).open(TRACE)
    for words in ("正在召回", "召回核算", "应召回总量", "1,200 公斤", "未说明去向", "未反馈"):
        assert words in page.text


def test_the_printout_stands_at_the_log_size_it_names(story: Story, client: Client, ledger: Ledger) -> None:
    inspector = Visitor.of(client, story.authority)
    size = ledger.size()
    href = next(link for link in inspector.open(TRACE).read.links if "print=1" in link)
    assert f"as_of={size}" in href
    story.recall()
    page = inspector.open(href)
    assert f"本页由日志前 {size} 条计算得出" in page.text
    assert "正在召回" not in page.text
    assert str(ledger.vkey) in page.text


def test_a_party_on_the_chain_sees_its_own_side_of_it(story: Story, client: Client) -> None:
    page = Visitor.of(client, story.stall).open(TRACE)
    assert page.status == 200
    assert "顺和示例批发部（演示）" in page.text
    assert "示例菜场 3 号摊" not in page.text
    assert "召回核算" not in page.text


def test_a_party_outside_the_chain_is_turned_away(story: Story, client: Client, stall: Enrolled) -> None:
    assert Visitor.of(client, stall).open(TRACE).status == 403


def test_the_public_is_sent_to_the_buyers_page(story: Story, public: Visitor) -> None:
    page = public.open(TRACE)
    assert page.path.startswith("/p?goods=")
    assert page.status == 200
    assert "顺和" not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=a&goods=b",
        "?goods=nonsense",
        "?code=nonsense",
        "?goods=urn:x:y&as_of=0",
        "?goods=urn:x:y&as_of=x",
    ],
)
def test_a_question_that_makes_no_sense_is_answered_kindly(story: Story, client: Client, query: str) -> None:
    page = Visitor.of(client, story.authority).open(f"/trace{query}")
    assert page.status in {404, 422}
    assert page.read.h1


def test_a_photo_of_a_label_opens_its_trace(story: Story, client: Client) -> None:
    picture = label_png(
        LabelText(
            code=f"{BASE_URL}/01/09520001000027/10/JC-1",
            product="韭菜",
            batch="JC-1",
            maker="示例（演示）",
            domain="localhost:8000",
        )
    )
    inspector = Visitor.of(client, story.authority)
    page = inspector.submit(
        inspector.open("/inspect"), "/inspect", files={"photo": ("码.png", picture, "image/png")}
    )
    assert page.read.h1 == "韭菜 JC-1"


def test_a_photo_without_a_code_says_what_to_do(story: Story, client: Client) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (200, 200), (255, 255, 255)).save(picture, "PNG")
    inspector = Visitor.of(client, story.authority)
    page = inspector.submit(
        inspector.open("/inspect"), "/inspect", files={"photo": ("白.png", picture.getvalue(), "image/png")}
    )
    assert page.status == 422
    assert "照片里没有认出码" in page.text


# Entries and counts


def test_an_entry_shows_each_reader_the_items_that_are_theirs(
    story: Story, client: Client, ledger: Ledger
) -> None:
    with ledger.book() as book:
        seq = max(one.seq for one in book.mentions(["type/shipment.v1"]))
    path = f"/entries/{seq}"
    assert "10 公斤" in Visitor.of(client, story.authority).open(path).text
    assert "10 公斤" in Visitor.of(client, story.wholesaler).open(path).text
    for reader in (Visitor(client), Visitor.of(client, story.shop)):
        page = reader.open(path)
        assert page.status == 200
        assert "10 公斤" not in page.text
        assert "您目前的身份不能查看这一项" in page.text
        assert "承诺值" in page.text


def test_the_proof_of_an_entry_is_there_for_everybody(story: Story, public: Visitor) -> None:
    page = public.open("/entries/3")
    proof = public.open(next(link for link in page.read.links if link.endswith(".tlog-proof")))
    assert proof.answer.text.startswith("c2sp.org/tlog-proof@v1")


def test_an_entry_that_is_not_there_is_not_found(story: Story, public: Visitor, ledger: Ledger) -> None:
    assert public.open(f"/entries/{ledger.size() - 1}").status == 200
    assert public.open(f"/entries/{ledger.size()}").status == 404


def test_a_corrected_record_and_its_correction_lead_to_each_other(
    story: Story, client: Client, ledger: Ledger
) -> None:
    line: dict[str, Json] = {"goods": str(LEEK), "quantity": kilos(600)}
    body: dict[str, Json] = {"to": str(story.stall.party), "lines": [line], "offer": False}
    (wrong,) = ledger.say(story.wholesaler.party, Shipment.read(body))
    right: dict[str, Json] = {
        **body,
        "lines": [{**line, "quantity": kilos(60)}],
        "correction_reason": "incorrect_data",
    }
    first = ledger.receipt(wrong.seq).statement
    (mended,) = ledger.say(story.wholesaler.party, Shipment.read(right), corrects=first)
    inspector = Visitor.of(client, story.authority)
    assert f"/entries/{mended.seq}" in inspector.open(f"/entries/{wrong.seq}").read.links
    assert f"/entries/{wrong.seq}" in inspector.open(f"/entries/{mended.seq}").read.links
    assert "更正记录" in Visitor.of(client, story.wholesaler).open("/my").text


def test_counts_are_of_the_days_asked_for(story: Story, client: Client, ledger: Ledger, clock: Clock) -> None:
    inspector = Visitor.of(client, story.authority)
    inside = inspector.open("/findings?from=2026-11-14&to=2026-11-14")
    assert inside.fields("/findings") == {"from": "2026-11-14", "to": "2026-11-14"}
    assert f"销售发货 {STALLS + 3}" in inside.text
    assert "统一社会信用代码校验不通过" in inside.text
    before = inspector.open("/findings?from=2026-11-01&to=2026-11-13")
    assert "暂无记录" in before.text
    assert "销售发货" not in before.text
    clock.forward(24)
    assert inspector.open("/findings").fields("/findings") == {"from": "2026-11-01", "to": "2026-11-15"}


def test_a_day_that_is_none_is_marked(story: Story, client: Client) -> None:
    page = Visitor.of(client, story.authority).open("/findings?from=2026-02-30")
    assert page.status == 200
    assert "日历上有的日期" in page.text


# Errors and names


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/nothing", 404, "没有这个地址"),
        ("/entries/999999", 404, "没有登记"),
        ("/entries/x", 422, "格式不对"),
        ("/my", 401, "请先登录，或出示有效的访问密钥"),
    ],
)
def test_an_error_is_a_page_with_the_facts_of_the_problem(
    public: Visitor, client: Client, path: str, status: int, title: str
) -> None:
    page = public.open(path)
    assert page.status == status
    assert page.read.h1 == title
    problem = client.get(path, headers={"accept": "application/json", "accept-language": "zh-CN"})
    if problem.headers["content-type"] == "application/problem+json":
        body = problem.json()
        assert body["title"] == title
        assert body["expected"] in page.text


def test_a_page_in_english_has_its_error_in_english(client: Client) -> None:
    assert Visitor(client, language="en").open("/nothing").read.h1 == "No such address"


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (
            Problem(status=500, name="Unforeseen", title=FAULT, detail=FAULT, instance="urn:uuid:1"),
            "urn:uuid:1",
        ),
        (
            Problem(status=503, name="HeadMoved", title=FAULT, detail=FAULT, retry_seconds=7),
            "请在 7 秒后再试",
        ),
    ],
)
def test_a_fault_of_ours_is_shown_without_asking_the_ledger(problem: Problem, shown: str) -> None:
    # No application and no ledger stand behind this request: they may be what failed.
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/my",
        "query_string": b"",
        "headers": [(b"accept", b"text/html")],
    }
    answer = problem_page(Request({**scope, "server": ("localhost", 8000), "scheme": "http"}), problem)
    assert answer.status_code == problem.status
    assert shown in bytes(answer.body).decode()
    assert "什么都没有写入" in bytes(answer.body).decode()


def test_what_is_too_large_is_refused_with_a_page(story: Story, client: Client) -> None:
    inspector = Visitor.of(client, story.authority)
    page = inspector.submit(
        inspector.open("/inspect"),
        "/inspect",
        files={"photo": ("大.png", b"\x89PNG" + bytes(11 * 1024 * 1024), "image/png")},
    )
    assert page.status == 413
    assert page.read.h1


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7*7 }}",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_name_that_is_written_as_a_script_stays_a_name(
    ledger: Ledger, client: Client, payload: str
) -> None:
    trader = enrol_party(ledger, payload)
    buyer = PartyId.new(b"buyer-buye")
    ledger.say(
        trader.party,
        Party(party=buyer, party_kind="unknown", name=payload, address=payload, phone=payload[:40]),
    )
    site: dict[str, Json] = {
        "site": "site_0000000000000000",
        "party": str(trader.party),
        "site_kind": "plot",
        "name": payload,
    }
    ledger.say(trader.party, Site.read(site))
    goods = "urn:suyuan:batch:00000000000000000"
    batch: dict[str, Json] = {
        "goods": goods,
        "maker": str(trader.party),
        "name": payload,
        "category": payload,
        "origin": payload,
        "batch_number": "1",
        "quantity": kilos(9),
    }
    ledger.say(trader.party, Batch.read(batch))
    shipment: dict[str, Json] = {
        "to": str(buyer),
        "lines": [{"goods": goods, "quantity": kilos(5)}],
        "vehicle": payload,
    }
    (placed,) = ledger.say(trader.party, Shipment.read(shipment))
    recall: dict[str, Json] = {"action": "recall", "goods": [goods], "reason": payload, "advice": payload}
    ledger.say(trader.party, Recall.read(recall))
    authority = enrol_party(ledger, f"局 {payload}", role="authority")
    trace_path = f"/trace?goods={quote(goods, safe='')}"
    own = [*FOR_TRADERS, f"/my/slips/{placed.seq}", trace_path, f"{trace_path}&print=1", "/inspect"]
    pages = [Visitor.of(client, trader).open(path) for path in own]
    pages += [
        Visitor.of(client, authority).open(path)
        for path in (trace_path, "/findings", f"/entries/{placed.seq}")
    ]
    pages += [
        Visitor(client).open(path)
        for path in ("/p/c/00000000000000000", f"/p?code={quote(payload)}", f"/{quote(payload, safe='')}")
    ]
    for page in pages:
        # Scripts of our own lie in files of our own; none stands in a page.
        assert re.sub(OUR_SCRIPT, "", page.html).count("<script") == 0, page.path
        assert not [name for name in page.read.attributes if name.startswith("on")], page.path
        assert "49" not in re.findall(r"<h1>([^<]*)</h1>", page.html), page.path
        assert not [link for link in page.read.links if link.startswith("javascript:")], page.path


def test_the_recall_of_an_officer_is_shown_with_the_offices_name(story: Story, public: Visitor) -> None:
    story.recall()
    page = public.open("/p/01/09520001000027/10/JC-1")
    assert "示例市场监管局（演示）" in page.text
    # The officer's certificate number is the agency's business.
    assert OFFICER not in page.text


def test_a_delivery_that_is_put_right_later_was_not_told_late(
    story: Story, client: Client, ledger: Ledger, clock: Clock
) -> None:
    officer, goods = Visitor.of(client, story.authority), f"goods={quote(str(LEEK), safe='')}"
    line: dict[str, Json] = {"goods": str(LEEK), "quantity": kilos(5)}
    body: dict[str, Json] = {"to": str(story.shop.party), "lines": [line], "offer": False}
    (sent,) = ledger.say(story.wholesaler.party, Shipment.read(body))
    first = ledger.stored(sent.seq).header
    clock.forward(23)
    right: dict[str, Json] = {
        **body,
        "lines": [{**line, "quantity": kilos(6)}],
        "corrects": str(first.id),
        "correction_reason": "incorrect_data",
        "occurred_at": str(first.occurred_at),
    }
    answer = client.post("/api/v1/shipments", json=right, key=story.wholesaler.key)
    assert answer.status_code == 201, answer.text
    for view in ("time", "records"):
        told = officer.open(f"/trace?{goods}&view={view}").text
        assert "晚记 23 小时" not in told
    assert "晚记" not in officer.open(f"/entries/{sent.seq + 1}").text
    own = Visitor.of(client, story.wholesaler).open("/my").text
    assert f"#{sent.seq + 1}" in own
    assert "晚记 23 小时" not in own
    edges = client.get(f"/api/v1/trace?{goods}", key=story.authority.key).json()["forward"]
    (edge,) = [one for one in edges if one["to"]["party"] == str(story.shop.party)]
    assert edge["recorded_at"] == edge["occurred_at"]


def test_a_sample_that_cannot_have_been_taken_is_asked_about(
    story: Story, client: Client, ledger: Ledger
) -> None:
    inspector = Visitor.of(client, story.authority)
    officers = [certify(ledger, story.authority.party) for _ in range(2)]
    fields = {
        "party": str(story.stall.party),
        "sample_number": "CY-2",
        "officer": officers[0],
        "officer_2": officers[1],
    }
    size, address = ledger.size(), f"/inspect/sample?goods={quote(str(LEEK), safe='')}"
    for amounts, field in (
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "2", "quantity_unit": "XBO"}, "quantity"),
        ({"quantity": "5", "base": "2"}, "base"),
        ({"quantity": "5", "base": "2", "base_unit": "XBO"}, "base"),
        ({"quantity": "5", "base": "4999", "base_unit": "GRM"}, "base"),
        ({"quantity": "999999"}, "base"),
    ):
        page = inspector.submit(inspector.open(address), "/inspect/sample", fields | amounts)
        assert (page.status, ledger.size()) == (422, size), amounts
        assert f'id="{field}-why"' in page.html, amounts
        assert field == "quantity" or "不少于抽样数量" in page.text or "可以换算" in page.text
    # What lies there may be more than the books say; the base tells.
    fields |= {"quantity": "70", "base": "5000000", "base_unit": "GRM"}
    done = inspector.submit(inspector.open(address), "/inspect/sample", fields)
    assert done.path.startswith("/entries/"), done.text


def test_the_printout_counts_every_record_that_its_figures_rest_on(
    story: Story, client: Client, ledger: Ledger
) -> None:
    officer = Visitor.of(client, story.authority)

    def counted() -> int:
        page = officer.open(f"/trace?goods={quote(str(LEEK), safe='')}&print=1")
        found = re.search("所依据的 ([0-9]+) 条记录", page.text)
        assert found is not None
        return int(found[1])

    before = counted()
    sold: dict[str, Json] = {"lines": [{"goods": str(LEEK), "quantity": kilos(1)}]}
    ledger.say(story.stall.party, Sale.read(sold))
    assert counted() == before + 1
