"""A report from the public: taken once, read by officials only, followed by a number that nobody guesses."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from PIL import Image

from api.app import create_app
from api.pages.reports import number_of
from api.settings import Settings
from ledger.accounts.callers import Scope
from ledger.erasing import Wanted, erase
from ledger.identifiers import StatementId
from ledger.identifiers.report_number import ReportNumber
from ledger.views.book import about
from ledger.vocabulary.oversight import Complaint
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import LEEK
from tests.support.server import BASE_URL, certify, client_of

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.integration.pages.browsing import Page
    from tests.integration.pages.story import Story
    from tests.support.server import Client

LEEK_PAGE = "/p/01/09520001000027/10/JC-1"


def complaints(ledger: Ledger) -> list[tuple[int, StatementId, Complaint]]:
    with ledger.book() as book:
        return [
            (one.seq, one.header.id, one.said)
            for one in about(book, "type/complaint.v1")
            if isinstance(one.said, Complaint)
        ]


def form_of(public: Visitor, path: str = LEEK_PAGE) -> Page:
    """The form that the page of these goods leads to."""
    (link,) = (one for one in public.open(path).read.links if one.startswith("/p/report?"))
    return public.open(link)


def number_in(ledger: Ledger) -> ReportNumber:
    ((seq, statement, _),) = complaints(ledger)
    return number_of(ledger.origin, seq, statement)


def test_a_report_is_recorded_once_and_only_officials_can_read_it(
    story: Story, public: Visitor, client: Client, ledger: Ledger
) -> None:
    page = form_of(public)
    assert "韭菜 JC-1" in page.text
    picture = io.BytesIO()
    Image.new("RGB", (60, 60), (200, 30, 30)).save(picture, "PNG")
    sent = {"text": "有异味", "place": "百姓菜场", "phone": "13800000000"}
    photo = {"photo": ("标签.png", picture.getvalue(), "image/png")}
    done = public.submit(page, "/p/report", sent, files=photo)
    again = public.submit(page, "/p/report", sent, files=photo)
    assert done.status == 200
    assert done.path == again.path == f"/p/report/{number_in(ledger)}"
    ((seq, _, complaint),) = complaints(ledger)
    assert (complaint.goods, complaint.reporter_phone) == (LEEK, "13800000000")
    assert complaint.evidence is not None
    assert "百姓菜场" in complaint.text
    for words in ("有异味", "13800000000", "百姓菜场"):
        assert words not in done.html
    assert "有异味" not in public.open(f"/entries/{seq}").text
    assert "13800000000" not in Visitor.of(client, story.farm).open(f"/entries/{seq}").text
    assert "有异味" in Visitor.of(client, story.authority).open(f"/entries/{seq}").text


def test_an_empty_report_is_asked_for_again_and_nothing_typed_is_lost(
    story: Story, public: Visitor, ledger: Ledger
) -> None:
    page = public.submit(form_of(public), "/p/report", {"text": "", "place": "百姓菜场"})
    assert page.status == 422
    assert 'id="text-why"' in page.html
    fields = page.read.forms[0].fields
    assert (fields["place"], fields["goods"]) == ("百姓菜场", str(LEEK))
    assert complaints(ledger) == []


@pytest.mark.parametrize(
    ("field", "came", "said"),
    [
        ("text", "长" * 801, "最多 800 个字"),
        ("place", "长" * 101, "最多 100 个字"),
        ("phone", "abc<script>", "电话号码"),
        ("phone", "1231", "电话号码"),
        ("goods", "urn:x", "货物"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_own_field(
    story: Story, public: Visitor, ledger: Ledger, field: str, came: str, said: str
) -> None:
    page = public.submit(form_of(public), "/p/report", {"text": "有异味", field: came})
    assert page.status == 422
    assert said in page.text
    assert "goods：" not in page.text
    assert f'id="{field}-why"' in page.html or field == "goods"
    assert complaints(ledger) == []


def test_the_longest_report_is_taken_with_the_longest_place(
    story: Story, public: Visitor, ledger: Ledger
) -> None:
    sent = {"text": "长" * 800, "place": "地" * 100, "phone": "１２３１５"}
    public.submit(form_of(public), "/p/report", sent)
    ((_, _, complaint),) = complaints(ledger)
    assert complaint.text.endswith(sent["text"])
    assert sent["place"] in complaint.text
    assert complaint.reporter_phone == "12315"


def test_something_unknown_can_be_reported_too(story: Story, public: Visitor, ledger: Ledger) -> None:
    page = form_of(public, "/p?code=12345678901234567890")
    public.submit(page, "/p/report", {"text": "查不到"})
    ((_, _, complaint),) = complaints(ledger)
    assert (complaint.goods, complaint.code) == (None, "12345678901234567890")


def test_the_form_names_no_goods_that_only_their_address_names(story: Story, public: Visitor) -> None:
    page = public.open("/p/report?goods=https%3A%2F%2Fid.gs1.org%2F01%2F09520001000027%2F10%2FNO")
    assert page.status == 200
    assert "09520001000027 NO" not in page.text


def test_a_report_from_another_site_is_refused(story: Story, client: Client, ledger: Ledger) -> None:
    answer = client.send("POST", "/p/report", data={"text": "x"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert complaints(ledger) == []


def test_a_report_is_followed_from_received_to_what_was_published(
    story: Story, public: Visitor, client: Client, ledger: Ledger
) -> None:
    done = public.submit(form_of(public), "/p/report", {"text": "有异味"})
    assert done.read.h1 == "已收到，等待监管人员查阅"
    assert number_in(ledger).printed in done.text
    assert "没有就这批货公开处理结果" in done.text
    assert "12315" in done.text
    assert done.answer.headers["cache-control"] == "no-store"
    Visitor.of(client, story.farm).open(f"/entries/{number_in(ledger).position}")
    assert public.open(done.path).read.h1 == "已收到，等待监管人员查阅"
    Visitor.of(client, story.authority).open(f"/entries/{number_in(ledger).position}")
    seen = public.open(done.path)
    assert seen.read.h1 == "监管人员已查阅"
    assert "首次查阅 2026-11-14 08:00" in seen.text
    story.recall()
    published = public.open(done.path)
    assert published.read.h1 == "监管部门已就这批货公开决定"
    assert "示例市场监管局（演示）公布召回：检出禁用农药" in published.text
    assert "不一定由这件举报引起" in published.text


def test_a_report_is_read_where_its_words_are_and_not_in_a_list_of_records(
    story: Story, public: Visitor, client: Client, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.trace_page.ROWS_IN_PLACE", 5)
    done = public.submit(form_of(public), "/p/report", {"text": "有异味"})
    position, number = number_in(ledger).position, certify(ledger, story.authority.party)
    goods = quote(str(LEEK), safe="")
    for scope in (Scope(), Scope(regions=("32",))):
        key = ledger.give_access_key(story.authority.party, label="t", certificate=number, scope=scope)
        officer = Visitor(client, key=key)
        counted = officer.open(f"/trace?goods={goods}")
        listed = officer.open(f"/trace?goods={goods}&view=records")
        assert f'"/entries/{position}"' not in counted.html
        assert f'"/entries/{position}"' in listed.html
        assert "有异味" not in counted.text + listed.text
        assert public.open(done.path).read.h1 == "已收到，等待监管人员查阅"
    assert f"entry/{position}" not in {one.what for one in ledger.accounts.reads.listed(limit=1_000)}
    officer.open(f"/entries/{position}")
    assert public.open(done.path).read.h1 == "监管人员已查阅"


def test_what_was_published_before_the_report_is_no_answer_to_it(story: Story, public: Visitor) -> None:
    story.recall()
    done = public.submit(form_of(public), "/p/report", {"text": "有异味"})
    assert done.read.h1 == "已收到，等待监管人员查阅"


def test_a_number_is_typed_as_it_was_noted(story: Story, public: Visitor, ledger: Ledger) -> None:
    public.submit(form_of(public), "/p/report", {"text": "有异味"})
    number = number_in(ledger)
    wide = number.printed.translate({ord(one): ord(one) + 0xFEE0 for one in number.printed})
    for typed in (number.printed.upper(), f" {number} ", number.printed.replace("-", " "), wide):
        page = public.submit(public.open("/p/report"), "/p/report", {"number": typed})
        assert page.read.h1 == "已收到，等待监管人员查阅"


def test_a_wrong_letter_is_told_beside_the_field_and_the_number_stays(
    story: Story, public: Visitor, ledger: Ledger
) -> None:
    public.submit(form_of(public), "/p/report", {"text": "有异味"})
    text = str(number_in(ledger))
    typed = text[:-1] + ("0" if text[-1] != "0" else "1")
    page = public.open(f"/p/report?number={typed}")
    assert page.status == 422
    assert "校验位不符" in page.text
    assert page.read.forms[0].fields["number"] == typed
    assert public.open("/p/report?number=%E4%BD%A0%E5%A5%BD").status == 422
    assert public.open("/p/report/nonsense").status == 422


def test_a_right_place_with_another_mark_is_answered_as_if_nothing_stood_there(
    story: Story, public: Visitor, ledger: Ledger
) -> None:
    public.submit(form_of(public), "/p/report", {"text": "有异味"})
    position = number_in(ledger).position
    answers = [
        public.open(f"/p/report/{ReportNumber.of(where, b'guess')}")
        for where in (position, position - 1, 1, 1_000_000)
    ]
    assert {one.status for one in answers} == {404}
    texts = {one.text.replace(one.read.forms[0].fields["number"], "") for one in answers}
    assert len(texts) == 1
    assert "没有这个编号的举报" in answers[0].text


def test_guessing_numbers_is_stopped(story: Story, ledger: Ledger) -> None:
    app = create_app(ledger, Settings(base_url=BASE_URL, limits=True, limit_unknown="5/day"))
    with client_of(app) as client:
        guesses = [
            client.get(f"/p/report/{ReportNumber.of(5, place.to_bytes(5, 'big'))}").status_code
            for place in range(6)
        ]
    assert guesses == [404] * 5 + [429]


def test_a_report_whose_content_was_erased_says_so(story: Story, public: Visitor, ledger: Ledger) -> None:
    done = public.submit(form_of(public), "/p/report", {"text": "有异味"})
    ((_, statement, _),) = complaints(ledger)
    erase(ledger, [Wanted(statement, whole=True)], ground="个人信息保护法第四十七条")
    page = public.open(done.path)
    assert page.read.h1 == "内容已依法删除"
    assert "韭菜" not in page.text


def test_the_same_place_has_another_number_on_another_log() -> None:
    statement = StatementId.new(1_794_614_400_000, bytes(10))
    one, other = (number_of(origin, 7, statement) for origin in ("a.example/1", "b.example/1"))
    assert one.position == other.position
    assert one != other


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_pages_of_reports_are_whole_in_both_languages(
    story: Story, client: Client, language: str
) -> None:
    reader = Visitor(client, language=language)
    done = reader.submit(form_of(reader), "/p/report", {"text": "x"})
    for page in (done, reader.open("/p/report"), reader.open("/p/report?number=x")):
        assert page.answer.headers["content-language"] == language
        assert "script" not in page.read.tags
