"""Codes of the national schemes on pages: found in the search, on the buyer's page and in the list of scans; heads registered by a form."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from tests.integration.pages.browsing import Visitor
from tests.support.printed import (
    DIGITS,
    DRUG,
    INVOICE,
    INVOICE_NUMBER,
    PESTICIDE,
    REGISTRATION,
    SEED,
    SEED_LABEL,
    WIDE,
    Told,
    forms,
    grouped,
    telling,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {
    "drug": "示例片（演示）",
    "veterinary_drug": "示例兽药（演示）",
    "pesticide": "25% 噻虫嗪（演示）",
    "ear_tag": "生猪（演示）",
    "seed": "苏玉（演示）",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with telling(tmp_path_factory.mktemp("printed-pages")) as told:
        yield told


@pytest.fixture
def public(told: Told) -> Visitor:
    return Visitor(told.client)


@pytest.fixture
def inspector(told: Told) -> Visitor:
    return Visitor.of(told.client, told.authority)


@pytest.fixture
def maker(told: Told) -> Visitor:
    return Visitor.of(told.client, told.maker)


@pytest.mark.parametrize("kind", DIGITS)
def test_every_form_of_a_code_opens_its_page_and_its_trace(
    public: Visitor, inspector: Visitor, kind: str
) -> None:
    for text in forms(DIGITS[kind]):
        query = urlencode({"code": text})
        page = public.open(f"/p?{query}")
        assert (page.status, page.read.h1) == (200, NAMES[kind]), text
        trace = inspector.open(f"/trace?{query}")
        assert (trace.status, NAMES[kind] in trace.read.h1) == (200, True), text
    found = inspector.open(f"/search?q={quote(grouped(DIGITS[kind]))}")
    assert found.path.startswith("/trace?")
    listed = inspector.open(f"/scan?{urlencode({'code': DIGITS[kind].translate(WIDE)})}")
    assert NAMES[kind] in listed.text


@pytest.mark.parametrize("text", [SEED, SEED_LABEL, SEED_LABEL.replace("\r\n", "")])
def test_a_seed_bag_opens_by_its_code_and_by_its_four_lines(
    public: Visitor, inspector: Visitor, text: str
) -> None:
    assert public.open(f"/p?{urlencode({'code': text})}").read.h1 == NAMES["seed"]
    assert inspector.open(f"/search?q={quote(text)}").path.startswith("/trace?")


def test_an_old_label_is_told_as_such_and_is_no_fault(public: Visitor, inspector: Visitor) -> None:
    page = public.open(f"/p?code={PESTICIDE}")
    assert "旧规标签" in page.text
    assert "缺项不算问题" in page.text
    assert "登记证持有人：示例农资（演示）" in page.text
    assert "原药（母药）登记证号" not in page.text
    assert "后六位相同" in page.text  # That the digits fit settles nothing.
    trace = inspector.open(f"/trace?code={PESTICIDE}")
    assert "旧规标签" in trace.text
    assert "登记证持有人" in trace.text
    english = public.open(f"/p?code={PESTICIDE}&lang=en")
    assert "what is missing is no fault" in english.text


def test_a_new_label_shows_six_facts_and_which_nobody_recorded(told: Told, public: Visitor) -> None:
    body = {
        "name": "新标签药（演示）",
        "category": "pesticide",
        "batch_number": "N-2",
        "produced_on": "2026-11-02",
    }
    goods = told.says(told.maker, "batches", maker=str(told.maker), **body)["goods"]
    code = "1" + "2" * 6 + "1" + "5" * 24
    told.says(told.maker, "codes", action="issue", goods=goods, codes=[code], code_kind="pesticide")
    page = public.open(f"/p?code={code}")
    assert "第1049号" in page.text
    for fact in (
        "农药名称：新标签药（演示）",
        "登记证持有人：暂无记录",
        "生产日期：2026-11-02",
        "生产批次：N-2",
        "原药（母药）登记证号：暂无记录",
        "原药生产企业：暂无记录",
    ):
        assert fact in page.text
    other = public.open(f"/p?code={DRUG}")
    assert "标签上应能对上的事项" not in other.text


def test_a_code_nobody_recorded_says_what_stands_in_it_and_gives_candidates(
    public: Visitor, inspector: Visitor
) -> None:
    code = PESTICIDE[:-1] + "0"
    page = public.open(f"/p?code={code}")
    assert page.status == 404
    assert "登记证号后六位：269001" in page.text
    assert "可能是这些产品（待核对）" in page.text
    assert f"证号 {REGISTRATION}" in page.text
    assert "不能据此认定" in page.text
    found = inspector.open(f"/search?q={code}")
    assert found.path.startswith("/search?")
    assert "登记证号后六位相同" in found.text
    lonely = public.open("/p?code=19999991001900000000000000000217")
    assert lonely.status == 404
    assert "待核对" not in lonely.text


def test_an_invoice_shows_its_fields_to_anybody_and_its_goods_to_those_on_it(
    public: Visitor, inspector: Visitor, maker: Visitor
) -> None:
    page = public.open(f"/p?{urlencode({'code': INVOICE})}")
    assert (page.status, "查验平台" in page.text, NAMES["seed"] in page.text) == (404, True, False)
    edited = public.open(f"/p?{urlencode({'code': INVOICE.replace('3200.00', '9200.00')})}")
    assert "读错了，或内容被改过" in edited.text
    assert "假" not in page.text + edited.text
    for text in (INVOICE, INVOICE_NUMBER, grouped(INVOICE_NUMBER)):
        found = inspector.open(f"/search?q={quote(text)}")
        assert NAMES["seed"] in found.text, text
    assert maker.open(f"/trace?{urlencode({'code': INVOICE})}").status == 200


# --- Heads


def test_a_maker_registers_the_heads_of_its_codes_and_they_lead_to_the_product(
    told: Told, maker: Visitor, public: Visitor
) -> None:
    form = maker.open("/my/code-heads/new")
    given = {
        "product": told.products["drug"],
        "scheme": "drug",
        "head_0": "8555001",
        "level_0": "unit",
        "holds_0": "1",
        "head_1": "8555002",
        "level_1": "case",
        "holds_1": "200",
    }
    done = maker.submit(form, "/my/code-heads", given)
    assert (done.status, done.path.partition("?")[0]) == (200, "/my/code-heads")
    assert "8555002" in done.text
    page = public.open("/p?code=85550020000000000001")
    assert page.status == 404
    for said in ("示例片（演示）", "码段 8555002", "大包装（箱）", "含 200 个小包装"):
        assert said in page.text
    file = told.client.get("/my/code-heads.csv", key=told.maker.key)
    assert (file.status_code, "8555001" in file.content.decode("utf-8-sig")) == (200, True)


@pytest.mark.parametrize(
    ("given", "beside"),
    [
        ({"head_0": "855500"}, "head_0"),
        ({"head_0": ""}, "head_0"),
        ({"head_0": "8555003", "holds_0": "许多"}, "holds_0"),
        ({"head_0": "8555003", "head_2": "8555004"}, "head_1"),
        ({"head_0": "8555003", "head_1": "8555003"}, "head_0"),
        ({"head_0": "8555003", "product": ""}, "product"),
    ],
)
def test_a_head_that_cannot_be_one_is_told_beside_its_field(
    told: Told, maker: Visitor, given: dict[str, str], beside: str
) -> None:
    form = maker.open("/my/code-heads/new")
    page = maker.submit(form, "/my/code-heads", {"product": told.products["drug"], "scheme": "drug", **given})
    assert page.status == 422
    assert f'id="{beside}-why"' in page.html
