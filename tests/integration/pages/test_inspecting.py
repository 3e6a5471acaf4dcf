"""An inspector's work: the trace in three forms, its scope as a file, forms with two officers, drafts, holds, findings, printouts."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from PIL import Image
from python_calamine import CalamineWorkbook

from api.pages.drawing import ALL_GROUPS
from ledger.accounts.drafts import DRAFTS_MAX, FormDrafts
from ledger.findings import judge_many, subjects_of
from ledger.store.findings import findings_about
from ledger.vocabulary.measures import Takedown
from ledger.vocabulary.oversight import Hold, Inspection, RecallAnswer, Sample
from ledger.vocabulary.profiles import profile_for
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import CODE, LEEK, PESTICIDE, STALLS
from tests.support.server import Clock, certify, copied_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.identifiers import GoodsId
    from ledger.vocabulary.said import Said
    from tests.integration.pages.browsing import Page
    from tests.integration.pages.story import Story
    from tests.support.server import Client

GOODS = urlencode({"goods": str(LEEK)})
TRACE = f"/trace?{GOODS}"
OPEN = re.compile(r'href="([^"]*open=[0-9a-f]{10}[^"]*)" data-group="([0-9a-f]{10})"')
STALL_NAME = re.compile("示例菜场 ([0-9]+) 号摊")


@pytest.fixture(scope="module")
def story(told: tuple[Path, Story], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story with a recall and one answer; what a test records beside it disturbs no other."""
    with copied_ledger(told[0], tmp_path_factory.mktemp("inspected"), Clock()) as ledger:
        story = told[1].on(ledger).recall()
        recall = ledger.stored(ledger.size() - 1).header.id
        answer: dict[str, Json] = {
            "recall": str(recall),
            "goods": str(LEEK),
            "recovered": {"amount": "60", "unit": "KGM"},
        }
        ledger.say(story.stall.party, RecallAnswer.read(answer))
        yield story


@pytest.fixture(scope="module")
def client(story: Story) -> Iterator[Client]:
    with open_client(story.ledger) as client:
        yield client


@pytest.fixture(scope="module")
def officers(story: Story) -> tuple[str, str]:
    """Two certificates that are valid."""
    return certify(story.ledger, story.authority.party), certify(story.ledger, story.authority.party)


@pytest.fixture
def inspector(story: Story, client: Client) -> Visitor:
    return Visitor.of(client, story.authority)


def last(story: Story) -> Said | None:
    """What was recorded last."""
    with story.ledger.book() as book:
        return book.records([book.size - 1])[book.size - 1].said


# The trace


def test_a_group_of_stalls_is_one_box_that_a_link_opens_and_closes(inspector: Visitor) -> None:
    page = inspector.open(TRACE)
    assert "另有 37 户" in page.html
    href, group = next(iter(OPEN.findall(page.html)))
    opened = inspector.open(href.replace("&amp;", "&"))
    assert opened.html.count('class="block-frame"') == 2, "one in each drawing"
    drawn = opened.html.partition('class="legend"')[0]
    assert len(set(STALL_NAME.findall(drawn))) == STALLS
    closing = re.search(rf'href="([^"]*)" data-group="{group}"', opened.html)
    assert closing is not None
    closed = inspector.open(closing[1].replace("&amp;", "&"))
    assert "block-frame" not in closed.html


def test_all_groups_open_together_and_a_strange_name_opens_nothing(inspector: Visitor) -> None:
    assert "block-frame" in inspector.open(f"{TRACE}&open={ALL_GROUPS}").html
    assert "block-frame" not in inspector.open(f"{TRACE}&open=%3Cb%3E&open=0000000000").html
    many = "&".join(["open=0000000000"] * 21)
    assert inspector.open(f"{TRACE}&{many}").status == 413


def test_the_picture_alone_is_what_the_page_holds(inspector: Visitor) -> None:
    alone = inspector.open(f"/trace/picture?{GOODS}&open={ALL_GROUPS}").html
    whole = inspector.open(f"{TRACE}&open={ALL_GROUPS}").html
    boxes = re.compile(r'<text class="who"[^>]*>([^<]*)</text>')
    assert len(boxes.findall(whole)) > 2 * STALLS, "both drawings, every stall"
    assert boxes.findall(alone) == boxes.findall(whole)
    assert "<h2" not in alone


def test_picture_time_line_and_list_say_the_same(inspector: Visitor) -> None:
    picture = inspector.open(f"{TRACE}&open={ALL_GROUPS}").html.partition('class="legend"')[0]
    time, plain = (inspector.open(f"{TRACE}&view={view}") for view in ("time", "list"))
    for page in (time, plain):
        told = page.html.partition('id="sources"')[0]
        assert set(STALL_NAME.findall(told)) == set(STALL_NAME.findall(picture))
    entries = {
        view: re.findall(r'record-link" href="/entries/([0-9]+)"', page.html.partition('id="sources"')[0])
        for view, page in (("time", time), ("list", plain))
    }
    assert sorted(entries["time"]) == sorted(entries["list"])
    assert inspector.open(f"{TRACE}&view=film").status == 422


def test_what_was_recorded_late_and_when_nothing_was_stands_in_the_time_line(inspector: Visitor) -> None:
    page = inspector.open(f"/trace?code={CODE}&view=time")
    line = page.html.partition("timeline")[2].partition("</table>")[0]
    assert line.count('class="bar"') >= 2
    assert line.count("<circle") == 2 * line.count('class="bar"')


def test_whoever_is_on_the_chain_sees_his_part_in_all_forms(story: Story, client: Client) -> None:
    stall = Visitor.of(client, story.stall)
    for form in ("", "&view=time", "&view=list", f"&open={ALL_GROUPS}"):
        page = stall.open(f"{TRACE}{form}")
        assert page.status == 200
        assert STALL_NAME.findall(page.html) == [], "others who bought from the same supplier are not shown"


# The scope of a recall as a file


def rows(page: Page) -> list[list[object]]:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(page.answer.content))
    return [list(row) for row in workbook.get_sheet_by_index(0).to_python()]


def test_the_scope_of_a_recall_is_a_workbook_one_tap_from_the_trace(inspector: Visitor) -> None:
    href = next(one for one in inspector.open(TRACE).read.links if one.startswith("/trace/recall.xlsx"))
    page = inspector.open(href)
    assert page.status == 200
    table = rows(page)
    titles = [str(one) for one in table[0]]
    by_name = {str(row[titles.index("主体")]): row for row in table[1:]}
    assert len(by_name) == STALLS + 3
    stall = by_name["王记示例菜摊（演示）"]
    assert stall[titles.index("收入")] == 60
    assert stall[titles.index("单位")] == "公斤"
    assert stall[titles.index("召回反馈")] == "已反馈"
    assert stall[titles.index("已追回、封存")] == 60
    assert by_name["示例菜场 3 号摊（演示）"][titles.index("召回反馈")] == "未反馈"


def test_the_figures_of_each_row_account_for_what_came_in(story: Story, inspector: Visitor) -> None:
    sample: dict[str, Json] = {
        "taken_from": str(story.wholesaler.party),
        "goods": str(LEEK),
        "officers": [certify(story.ledger, story.authority.party)],
        "sample_number": "CY-0",
        "purpose": "supervision",
        "quantity": {"amount": "2", "unit": "KGM"},
    }
    story.ledger.say(story.authority.party, Sample.read(sample))
    titles, *table = rows(inspector.open(f"/trace/recall.xlsx?{GOODS}"))
    names = ("转出", "已售出", "已销毁", "损耗", "抽样、扣押", "账面现存")
    places = [titles.index(one) for one in names]
    received = titles.index("收入")
    for row in table:
        assert row[received] == sum(float(str(row[place] or 0)) for place in places)
    assert any(row[titles.index("抽样、扣押")] == 2 for row in table)


def test_a_row_that_rests_on_many_entries_says_that_there_are_more(
    inspector: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cells() -> list[list[str]]:
        return [str(row[-1]).split() for row in rows(inspector.open(f"/trace/recall.xlsx?{GOODS}"))[1:]]

    most = max(map(len, cells()))
    monkeypatch.setattr("api.pages.recall_table.ENTRIES_SHOWN", most)
    assert max(map(len, cells())) == most
    monkeypatch.setattr("api.pages.recall_table.ENTRIES_SHOWN", most - 1)
    (cut,) = [one for one in cells() if len(one) == most]
    assert cut[-1] == "…"


def test_the_scope_is_a_csv_as_well(inspector: Visitor) -> None:
    page = inspector.open(f"/trace/recall.csv?{GOODS}")
    assert page.html.count("\r\n") == STALLS + 4
    assert inspector.open(f"/trace/recall.pdf?{GOODS}").status in {404, 422}


def test_before_a_recall_the_same_list_has_no_answers(inspector: Visitor) -> None:
    titles = rows(inspector.open(f"/trace/recall.xlsx?code={CODE}"))[0]
    assert "主体" in titles
    assert "召回反馈" not in titles


def test_a_holder_gets_what_his_page_shows_and_the_public_nothing(story: Story, client: Client) -> None:
    table = rows(Visitor.of(client, story.stall).open(f"/trace/recall.xlsx?{GOODS}"))
    titles = [str(one) for one in table[0]]
    assert not any(STALL_NAME.search(str(row[titles.index("主体")])) for row in table[1:])
    for row in table[1:]:
        own = row[titles.index("主体")] == "王记示例菜摊（演示）"
        assert (row[titles.index("收入")] != "") is own
    assert Visitor(client).open(f"/trace/recall.xlsx?{GOODS}").status == 401
    unknown = f"goods={quote('https://id.gs1.org/01/09520001000027/10/NOBODY', safe='')}"
    assert Visitor.of(client, story.shop).open(f"/trace/recall.xlsx?{unknown}").status == 404


def test_what_the_file_shows_is_noted(story: Story, inspector: Visitor) -> None:
    inspector.open(f"/trace/recall.csv?{GOODS}")
    noted = {one.what for one in story.ledger.accounts.reads.listed(whose=story.wholesaler.party)}
    assert f"holding/{LEEK} {story.wholesaler.party}" in noted


# Forms


def filled(story: Story, officers: tuple[str, str]) -> dict[str, str]:
    return {
        "party": str(story.stall.party),
        "officer": officers[0],
        "officer_2": officers[1],
        "place": "城东市场",
        "present": "王某（摊主）",
        "text": "现场核对进货票据。",
        "conclusion": "rectify",
        "ordered": "补齐进货查验记录",
        "due_on": "2026-11-21",
        "do": "record",
    }


def test_an_inspection_is_recorded_with_its_check_list_and_two_officers(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    page = inspector.open(f"/inspect/new?{GOODS}")
    lines = profile_for("farm_produce").checklist
    assert all(one.name.zh in page.text and one.law in page.text for one in lines)
    done = inspector.submit(
        page, "/inspect/new", {**filled(story, officers), "check_0": "not_in_order", "note_0": "缺记录"}
    )
    assert done.path.startswith("/entries/")
    said = last(story)
    assert isinstance(said, Inspection)
    assert (said.party, said.officers, said.conclusion) == (story.stall.party, officers, "rectify")
    assert said.checklist is not None
    assert [one.result for one in said.checklist] == ["not_in_order", *["not_checked"] * (len(lines) - 1)]
    assert said.checklist[0].note == "缺记录"
    assert (
        said.text == "检查地点：城东市场\n在场人员：王某（摊主）\n现场核对进货票据。\n责令：补齐进货查验记录"
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"officer_2": ""}, "第二名执法人员证号"),
        ({"officer_2": "演-没有"}, "第二名执法人员证号"),
        ({"officer": "演-没有"}, "执法人员证号"),
        ({"party": ""}, "被检查人"),
        ({"party": "查无此人某某某"}, "被检查人"),
        ({"due_on": ""}, "整改期限"),
        ({"due_on": "明天"}, "整改期限"),
        ({"goods": "xx"}, "货物"),
        ({"conclusion": "fine"}, "检查结论"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_nothing_typed_is_lost(
    story: Story, inspector: Visitor, officers: tuple[str, str], change: dict[str, str], named: str
) -> None:
    size = story.ledger.size()
    page = inspector.submit(
        inspector.open("/inspect/new"), "/inspect/new", {**filled(story, officers), **change}
    )
    assert page.status == 422
    assert story.ledger.size() == size
    assert named in page.text.partition("请改正以下内容")[2][:200]
    assert "补齐进货查验记录" in page.html
    assert page.fields("/inspect/new")["place"] == "城东市场"


def test_the_same_officer_twice_is_one_officer(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    twice = {**filled(story, officers), "officer_2": officers[0]}
    page = inspector.submit(inspector.open("/inspect/new"), "/inspect/new", twice)
    assert page.status == 422
    assert "另一名执法人员的证号" in page.text


def test_an_expired_certificate_of_the_second_officer_is_refused(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    ended = certify(story.ledger, story.authority.party, days=-0)
    forms = FormDrafts(story.ledger.accounts.office)
    assert forms.listed("nobody") == []
    page = inspector.open("/inspect/new")
    clock = story.ledger.clock
    assert isinstance(clock, Clock)
    before = clock.ms
    clock.forward(1)
    try:
        answer = inspector.submit(page, "/inspect/new", {**filled(story, officers), "officer_2": ended})
    finally:
        clock.ms = before
    assert answer.status == 422
    assert "第二名执法人员证号" in answer.text


def test_several_parties_of_one_name_are_offered(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    page = inspector.submit(
        inspector.open("/inspect/new"), "/inspect/new", {**filled(story, officers), "party": "示例"}
    )
    assert page.status == 422
    assert "请选一家" in page.text
    assert f'value="{story.stall.party}"' in page.html


def test_photos_are_kept_at_once_and_go_into_the_record(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    page = inspector.submit(
        inspector.open("/inspect/new"),
        "/inspect/new",
        {**filled(story, officers), "do": "photo"},
        files={
            "photo": ("a.png", picture("red"), "image/png"),
            "photo_2": ("b.png", picture("blue"), "image/png"),
        },
    )
    assert "已存 2 张照片" in page.text
    page = inspector.submit(
        page,
        "/inspect/new",
        {"conclusion": "in_order", "do": "record"},
        files={"photo": ("c.png", picture("green"), "image/png")},
    )
    assert page.path.startswith("/entries/")
    said = last(story)
    assert isinstance(said, Inspection)
    assert said.evidence is not None
    assert len(set(said.evidence)) == 3
    for digest in said.evidence:
        story.ledger.evidence.read(digest).close()


def test_a_file_that_is_no_picture_is_told_beside_its_field(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    page = inspector.submit(
        inspector.open("/inspect/new"),
        "/inspect/new",
        filled(story, officers),
        files={"photo": ("a.png", b"no picture", "image/png")},
    )
    assert page.status == 422
    assert 'id="photo-why"' in page.html


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(file, "PNG")
    return file.getvalue()


def test_a_draft_is_there_when_one_comes_back_and_gone_when_it_was_recorded(
    story: Story, inspector: Visitor, officers: tuple[str, str], client: Client
) -> None:
    page = inspector.open("/inspect/new")
    kept = inspector.submit(page, "/inspect/new", {**filled(story, officers), "do": "keep"})
    assert "草稿已存" in kept.text
    number = page.fields("/inspect/new")["id"]
    back = inspector.open(f"/inspect/new?draft={number}")
    assert back.fields("/inspect/new")["ordered"] == "补齐进货查验记录"
    assert f"/inspect/new?draft={number}" in inspector.open("/inspect/new").read.links
    # It is nobody else's.
    other = story.ledger.give_access_key(story.authority.party, label="other", certificate=officers[1])
    stranger = Visitor(client, key=other)
    assert stranger.open(f"/inspect/new?draft={number}").fields("/inspect/new")["ordered"] == ""
    inspector.submit(back, "/inspect/new", {"conclusion": "in_order", "do": "record"})
    assert f"/inspect/new?draft={number}" not in inspector.open("/inspect/new").read.links


def test_a_draft_that_is_not_wanted_is_removed(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    page = inspector.submit(
        inspector.open("/inspect/new"), "/inspect/new", {**filled(story, officers), "do": "keep"}
    )
    number = page.fields("/inspect/new")["id"]
    inspector.submit(page, "/inspect/new", {"do": "drop"})
    assert f"/inspect/new?draft={number}" not in inspector.open("/inspect/new").read.links


def test_the_oldest_draft_makes_room_and_a_week_ends_them(story: Story) -> None:
    forms, clock = FormDrafts(story.ledger.accounts.office), story.ledger.clock
    assert isinstance(clock, Clock)
    before = clock.ms
    try:
        for number in range(DRAFTS_MAX + 1):
            clock.forward(0.01)
            forms.keep("somebody", form="inspection", id_=str(number), fields={"text": str(number)})
        assert len(forms.listed("somebody")) == DRAFTS_MAX
        assert forms.fields("somebody", "0") == {}
        assert forms.fields("somebody", str(DRAFTS_MAX)) == {"text": str(DRAFTS_MAX)}
        clock.forward(7 * 24 + 1)
        assert forms.listed("somebody") == []
    finally:
        clock.ms = before


def test_a_form_sent_twice_is_recorded_once(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    page, size = inspector.open("/inspect/new"), story.ledger.size()
    first = inspector.submit(page, "/inspect/new", filled(story, officers))
    again = inspector.submit(page, "/inspect/new", filled(story, officers))
    assert first.path == again.path
    assert story.ledger.size() == size + 1


def test_a_sample_is_recorded_from_the_same_pages(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    page = inspector.open(f"/inspect/sample?{GOODS}")
    fields = {
        "party": str(story.stall.party),
        "sample_number": "CY-1",
        "quantity": "2",
        "base": "60",
        "seal_number": "F-1",
        "officer": officers[0],
        "officer_2": officers[1],
    }
    done = inspector.submit(page, "/inspect/sample", fields)
    assert done.path.startswith("/entries/")
    said = last(story)
    assert isinstance(said, Sample)
    assert (said.goods, said.taken_from, said.officers) == (LEEK, story.stall.party, officers)
    wrong = inspector.submit(
        inspector.open("/inspect/sample"), "/inspect/sample", {**fields, "quantity": "viel", "goods": ""}
    )
    assert wrong.status == 422
    assert wrong.fields("/inspect/sample")["seal_number"] == "F-1"


def test_the_form_for_a_sample_counts_in_what_the_goods_are_counted(inspector: Visitor) -> None:
    page = inspector.open(f"/inspect/sample?{GOODS}")
    assert page.fields("/inspect/sample")["quantity_unit"] == "KGM"
    page = inspector.open(f"/inspect/sample?{urlencode({'goods': str(PESTICIDE)})}")
    assert page.fields("/inspect/sample")["quantity_unit"] == "XBO"


def test_whoever_only_oversees_is_offered_no_form(story: Story, client: Client, inspector: Visitor) -> None:
    number = certify(story.ledger, story.authority.party)
    key = story.ledger.give_access_key(
        story.authority.party, label="t", acting="supervisor", certificate=number
    )
    overseer = Visitor(client, key=key)

    def forms(visitor: Visitor, path: str) -> set[str]:
        return {one.partition("?")[0] for one in visitor.open(path).read.links if "/inspect/" in one} & {
            "/inspect/new",
            "/inspect/sample",
            "/inspect/hold",
        }

    for path in (TRACE, "/inspect", f"/inspect/parties/{story.stall.party}"):
        assert forms(inspector, path)
        assert not forms(overseer, path)
        for form in forms(inspector, path):
            assert overseer.open(form).status == 403


# Holds


def hold(inspector: Visitor, officers: tuple[str, str], kind: str, goods: GoodsId, due_on: str = "") -> Page:
    page = inspector.open(f"/inspect/hold?{urlencode({'goods': str(goods)})}")
    assert "这项措施涉及" in page.text
    changes = {
        "kind": kind,
        "due_on": due_on,
        "reason": "标签可疑",
        "officer": officers[0],
        "officer_2": officers[1],
        "do": "record",
    }
    return inspector.submit(page, "/inspect/hold", changes)


def test_the_scope_of_a_hold_is_seen_before_it_is_recorded_and_a_release_lifts_it(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    done = hold(inspector, officers, "hold", PESTICIDE)
    assert done.path.startswith("/entries/"), done.text
    said = last(story)
    assert isinstance(said, Hold)
    assert said.reason == f"标签可疑\n第二名执法人员证号：{officers[1]}"
    trace = inspector.open(f"/trace?code={CODE}")
    assert "已控制，暂停销售" in trace.text
    lifting = next(one for one in trace.read.links if one.startswith("/inspect/release"))
    page = inspector.open(lifting)
    changes = {"reason": "核查无误", "officer": officers[0], "officer_2": officers[1]}
    assert inspector.submit(page, "/inspect/release", changes).path.startswith("/entries/")
    assert "已控制，暂停销售" not in inspector.open(f"/trace?code={CODE}").text
    # What was lifted is not lifted again.
    assert inspector.open(lifting).status == 404


def test_a_takedown_is_a_measure_of_its_own(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    hold(inspector, officers, "off_shelf", LEEK)
    said = last(story)
    assert isinstance(said, Takedown)
    assert said.stage == "off_shelf"


def test_a_date_to_be_done_by_is_recorded_of_a_takedown_and_refused_of_a_hold(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    hold(inspector, officers, "off_shelf", LEEK, "2026-11-30")
    said = last(story)
    assert isinstance(said, Takedown)
    assert str(said.due_on) == "2026-11-30"
    size = story.ledger.size()
    for due_on in ("2026-11-30", "abc"):
        page = hold(inspector, officers, "hold", LEEK, due_on)
        assert (page.status, story.ledger.size()) == (422, size)
        assert "控制没有整改期限" in page.text


def test_a_hold_without_its_scope_having_been_seen_is_not_recorded(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    size, page = story.ledger.size(), inspector.open(f"/inspect/hold?{GOODS}")
    changes = {
        "scope": "others",
        "reason": "可疑",
        "officer": officers[0],
        "officer_2": officers[1],
        "do": "record",
    }
    again = inspector.submit(page, "/inspect/hold", changes)
    assert story.ledger.size() == size
    assert "请先看清范围" in again.text
    assert again.fields("/inspect/hold")["reason"] == "可疑"


def test_the_forms_are_for_inspectors(story: Story, client: Client) -> None:
    for path in ("/inspect/new", "/inspect/sample", "/inspect/hold", "/inspect/release?order=x"):
        assert Visitor(client).open(path).status == 401
        assert Visitor.of(client, story.farm).open(path).status == 403


# Findings and printouts


def test_the_records_of_a_finding_stand_side_by_side(
    story: Story, inspector: Visitor, client: Client
) -> None:
    page = inspector.open(f"/trace?code={CODE}")
    hrefs = [one for one in page.read.links if one.startswith("/findings/records?")]
    assert hrefs
    several = [inspector.open(one) for one in dict.fromkeys(hrefs)]
    assert all(one.status == 200 for one in several)
    assert any("不同" in one.text and one.html.count('scope="col"') >= 3 for one in several)
    # Whom it does not concern is told of none.
    assert Visitor.of(client, story.stall).open(hrefs[0]).status == 404
    assert inspector.open("/findings/records?kind=oversold&subject=nothing").status == 404


def test_findings_that_were_kept_are_those_that_judging_again_would_give(story: Story) -> None:
    with story.ledger.book() as book:
        records = book.records(range(book.size)).values()
        subjects = {subject for record in records for subject in subjects_of(record)}
        kept = findings_about(book, subjects)
        assert kept
        assert {key: set(some) for key, some in kept.items()} == {
            key: set(some) for key, some in judge_many(subjects, book).items()
        }
    with story.ledger.book(as_of=18) as earlier:
        assert findings_about(earlier, subjects) == judge_many(subjects, earlier)


def test_an_entry_prints_on_one_page_with_how_to_check_it(inspector: Visitor) -> None:
    page = inspector.open("/entries/20?print=1")
    for words in (
        "记录了什么",
        "怎么签名",
        "两个时间",
        "怎样核对本页",
        "20.tlog-proof",
        "suyuan verify",
        "代管密钥",
    ):
        assert words in page.text, words
    assert 'class="code-picture"' in page.html


def test_what_is_closed_to_a_reader_is_not_on_his_printout(story: Story, client: Client) -> None:
    public = Visitor(client).open("/entries/20?print=1")
    assert public.status == 200
    assert "1,200 公斤" not in public.text
    assert "不向您的身份显示" in public.text


def test_attachments_are_on_the_printout_by_their_digests(
    story: Story, inspector: Visitor, officers: tuple[str, str]
) -> None:
    done = inspector.submit(
        inspector.open("/inspect/new"),
        "/inspect/new",
        {**filled(story, officers), "do": "record"},
        files={"photo": ("a.png", picture("white"), "image/png")},
    )
    said = last(story)
    assert isinstance(said, Inspection)
    assert said.evidence is not None
    printed = inspector.open(f"{done.path}?print=1")
    assert str(said.evidence[0]) in printed.text
    assert "openssl dgst -sha256" in printed.text


def test_the_printout_of_a_chain_says_how_its_records_are_signed(inspector: Visitor) -> None:
    page = inspector.open(f"{TRACE}&print=1")
    assert "由运营方代管密钥按本人操作签名" in page.text
    assert 'class="code-picture"' in page.html
