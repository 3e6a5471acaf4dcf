"""The clerk's console: lists, sheets and forms for papers; what runs out, what was missing, what is found about us."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.pages.console_lists import (
    LOOKED_MAX,
    PAGE_ROWS,
    PORTION,
    Head,
    Listing,
    Place,
    Shown,
    every_row,
    page_of,
)
from api.tables import MEDIA_TYPES
from ledger.identifiers import GoodsId, PartyId, StatementId
from ledger.store.beside import beside, newest_of
from ledger.store.book import SqlBook
from ledger.views.book import party_key
from ledger.vocabulary.documents import Certificate, Voucher
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import TestResult
from ledger.vocabulary.parties import Licence, Party, Product
from ledger.vocabulary.trade import FiledDocument, Receipt, Sale, Shipment, SupplierCheck, SupplierFile
from ledger.vocabulary.values import Line, ReceivedLine
from tests.integration.pages.browsing import Visitor
from tests.support.books import BookWriter, kg
from tests.support.pdfs import pdf
from tests.support.server import Clock, enrol_party, make_ledger, open_client
from tests.unit.trace.stories import CountingBook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.views.book import Record
    from tests.support.server import Client, Enrolled

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1")
NUMBER = "JY13206820001234"
DAY_HOURS = 24
PDF = pdf()
LISTS = ("parties", "files", "licences", "documents", "checks", "products", "sites")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Client]]:
    """One ledger for all who do not move its clock: each test has parties of its own."""
    with make_ledger(tmp_path_factory.mktemp("console"), Clock()) as ledger, open_client(ledger) as client:
        yield ledger, client


@pytest.fixture
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if "clock" in request.fixturenames:
        with make_ledger(request.getfixturevalue("tmp_path"), request.getfixturevalue("clock")) as ledger:
            yield ledger
    else:
        yield request.getfixturevalue("shared")[0]


@pytest.fixture
def client(request: pytest.FixtureRequest, ledger: Ledger) -> Iterator[Client]:
    if "clock" in request.fixturenames:
        with open_client(ledger) as client:
            yield client
    else:
        yield request.getfixturevalue("shared")[1]


@pytest.fixture
def leek(ledger: Ledger) -> GoodsId:
    """Goods that no other test knows."""
    return GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/JC-{ledger.size()}")


def licence(ledger: Ledger, holder: Enrolled, until: str = "2026-11-21", **more: object) -> int:
    said = {
        "holder": str(holder),
        "licence_kind": "食品经营许可证",
        "number": NUMBER,
        "valid_to": until,
        **more,
    }
    (placed,) = ledger.say(holder.party, Licence.model_validate(said))
    return placed.seq


def declared(ledger: Ledger, by: Enrolled, name: str) -> PartyId:
    party = PartyId.new(b"de" + ledger.size().to_bytes(8, "big"))
    ledger.say(by.party, Party(party=party, party_kind="company", name=name))
    return party


def checked(ledger: Ledger, by: Enrolled, supplier: PartyId, goods: GoodsId) -> int:
    """A batch of packaged food bought and checked; certificate and voucher were missing."""
    line = Line(goods=goods, quantity=kg(10))
    placed = ledger.say(
        by.party,
        Batch(goods=goods, maker=supplier, name="净菜", category="packaged_food"),
        Receipt(supplier=supplier, lines=(ReceivedLine(goods=goods, quantity=kg(10)),)),
        SupplierCheck.model_validate(
            {
                "supplier": str(supplier),
                "received_on": "2026-11-14",
                "conclusion": "accept",
                "checks": [
                    {"what": "voucher", "result": "missing"},
                    {"what": "certificate", "result": "missing"},
                    {"what": "licence", "result": "in_order", "reference": "C-1"},
                ],
                "lines": [line.model_dump(mode="json")],
            }
        ),
    )
    return placed[-1].seq


def answer(visitor: Visitor, path: str) -> str:
    """A file as text."""
    sent = visitor._send("GET", path)
    assert sent.status_code == 200
    return sent.content.decode("utf-8-sig")


# The front


def test_the_front_tells_of_what_waits_and_leads_to_every_area(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    licence(ledger, co_op)
    page = farm.open("/my")
    assert "待办" in page.text
    assert f"食品经营许可证 {NUMBER}" in page.text
    assert "还有 7 天" in page.text
    areas = {
        f"/my/{one}"
        for one in (*LISTS, "batches", "stock", "shipments", "labels", "recalls", "findings", "sheets")
    }
    assert areas | {"/people", "/account"} <= set(page.read.links)


def test_a_list_without_records_says_so_and_every_form_opens_in_both_languages(
    client: Client, co_op: Enrolled
) -> None:
    for language in ("zh-CN", "en"):
        visitor = Visitor(client, key=co_op.key, language=language)
        for name in LISTS:
            assert visitor.open(f"/my/{name}").status == 200
        for name in (
            "parties",
            "files",
            "licences",
            "products",
            "sites",
            "certificates",
            "commitments",
            "vouchers",
        ):
            assert visitor.open(f"/my/{name}/new").status == 200


# Licences


def test_a_licence_is_renewed_and_told_of_no_more(farm: Visitor, ledger: Ledger, co_op: Enrolled) -> None:
    seq = licence(ledger, co_op)
    form = farm.open(f"/my/licences/new?of={seq}&way=renew")
    assert form.fields("/my/licences")["number"] == NUMBER
    assert form.fields("/my/licences")["valid_to"] == ""
    done = farm.submit(form, "/my/licences", {"valid_from": "2026-11-22", "valid_to": "2031-11-21"})
    assert done.status == 200
    assert {f"/my/licences/{seq}", f"/entries/{seq + 1}"} <= set(done.read.links)
    assert NUMBER not in farm.open("/my").text.split("我的记录")[0]


def test_a_renewal_filed_in_time_is_shown_as_such_after_the_end(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, clock: Clock
) -> None:
    seq = licence(ledger, co_op, until="2026-12-31")
    form = farm.open(f"/my/licences/new?of={seq}&way=filed")
    assert farm.submit(form, "/my/licences").status == 200
    clock.forward(50 * DAY_HOURS)
    page = farm.open(f"/my/licences/{seq}")
    assert "已申请延续，到期后第 3 天" in page.text
    assert "行政许可法 50" in page.text
    assert 'class="tag amber"' in page.html
    assert "已过期" not in farm.open("/my/licences").text


def test_what_was_typed_stays_with_the_fault_beside_its_field_and_nothing_is_recorded(
    farm: Visitor, ledger: Ledger
) -> None:
    form, size = farm.open("/my/licences/new"), ledger.size()
    page = farm.submit(
        form, "/my/licences", {"licence_kind": "营业执照", "number": "", "valid_to": "2026-02-30"}
    )
    assert page.status == 422
    assert page.fields("/my/licences")["licence_kind"] == "营业执照"
    assert page.fields("/my/licences")["valid_to"] == "2026-02-30"
    assert {"number-why", "valid_to-why"} <= set(re.findall(r'id="([a-z_]+-why)"', page.html))
    assert ledger.size() == size


def test_a_copy_is_kept_while_the_rest_is_mended_and_handed_out_as_a_file(
    farm: Visitor, trader: Visitor, ledger: Ledger
) -> None:
    form = farm.open("/my/licences/new")
    files = {"paper": ("licence.pdf", PDF, "application/pdf")}
    wrong = farm.submit(form, "/my/licences", {"licence_kind": "营业执照", "number": ""}, files=files)
    assert wrong.status == 422
    assert "已保存" in wrong.text
    done = farm.submit(wrong, "/my/licences", {"number": "L-1"})
    (link,) = {one for one in done.read.links if one.startswith("/api/v1/evidence/")}
    sent = farm._send("GET", link)
    assert sent.content == PDF
    assert sent.headers["content-disposition"].startswith("attachment")
    assert trader._send("GET", link).status_code == 404


def test_a_copy_that_is_none_is_refused_beside_its_field(farm: Visitor, ledger: Ledger) -> None:
    size = ledger.size()
    files = {"paper": ("x.pdf", b"no paper", "application/pdf")}
    page = farm.submit(
        farm.open("/my/licences/new"),
        "/my/licences",
        {"licence_kind": "营业执照", "number": "L-1"},
        files=files,
    )
    assert page.status == 422
    assert 'id="paper-why"' in page.html
    assert ledger.size() == size


@pytest.mark.parametrize("way", ["renew", "correct"])
def test_a_form_sent_twice_records_once(farm: Visitor, ledger: Ledger, co_op: Enrolled, way: str) -> None:
    seq = licence(ledger, co_op)
    form = farm.open(f"/my/licences/new?of={seq}&way={way}")
    for _ in range(2):
        assert farm.submit(form, "/my/licences", {"valid_to": "2031-11-21"}).status == 200
    assert ledger.size() == seq + 2


def test_what_was_put_right_is_no_version_any_more(farm: Visitor, ledger: Ledger, co_op: Enrolled) -> None:
    seq = licence(ledger, co_op)
    form = farm.open(f"/my/licences/new?of={seq}&way=correct")
    assert form.fields("/my/licences")["valid_to"] == "2026-11-21"
    done = farm.submit(form, "/my/licences", {"valid_to": "2027-11-21"})
    assert f"/my/licences/{seq}" not in done.read.links
    with ledger.book() as book:
        assert book.records([seq])[seq].superseded_by is not None
    assert farm.open(f"/my/licences/new?of={seq}").status == 404


def test_nobody_sees_or_renews_somebody_elses_licence(
    trader: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    seq = licence(ledger, co_op)
    assert trader.open(f"/my/licences/{seq}").status == 404
    assert NUMBER not in trader.open(f"/my/licences?q={NUMBER}").text.replace(f"“{NUMBER}”", "")
    form = trader.open(f"/my/licences/new?of={seq}&way=correct")
    page = trader.submit(form, "/my/licences") if form.status == 200 else form
    assert page.status in {404, 422}
    assert ledger.size() == seq + 1


# Supplier files


def test_a_file_stands_as_it_stood_on_a_day_and_a_paper_is_renewed(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, clock: Clock
) -> None:
    supplier = declared(ledger, co_op, "供货者（演示）")
    form = farm.open(f"/my/files/new?supplier={supplier}")
    first = {"document_kind_0": "食品生产许可证", "number_0": "SC-1", "valid_to_0": "2026-11-20"}
    first |= {"document_kind_1": "营业执照", "number_1": "执-1"}
    assert "SC-1" in farm.submit(form, "/my/files", first).text
    clock.forward(3 * DAY_HOURS)
    assert "还有 3 天" in farm.open("/my/files").text
    page = farm.open(f"/my/files/{supplier}")
    renew = next(one for one in page.read.links if one.endswith("&paper=0"))
    form = farm.open(renew)
    assert form.fields("/my/files")["document_kind_0"] == "食品生产许可证"
    done = farm.submit(form, "/my/files", {"number_0": "SC-2", "valid_to_0": "2031-11-19"})
    assert "SC-2" in done.text
    assert "SC-1" not in done.text
    assert "执-1" in done.text
    before = farm.open(f"/my/files/{supplier}?on=2026-11-16").text
    assert "SC-1" in before
    assert "SC-2" not in before
    assert "SC-1" not in farm.open(f"/my/files/{supplier}?on=2026-11-13").text


def test_a_fault_in_the_second_paper_stands_beside_the_second_paper(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    supplier, size = declared(ledger, co_op, "供货者（演示）"), ledger.size()
    form = farm.open(f"/my/files/new?supplier={supplier}")
    typed = {"document_kind_0": "营业执照", "document_kind_2": "授权书", "valid_to_2": "明年"}
    page = farm.submit(form, "/my/files", typed)
    assert page.status == 422
    assert 'id="valid_to_2-why"' in page.html
    assert page.fields("/my/files")["valid_to_2"] == "明年"
    page = farm.submit(form, "/my/files", {})
    assert 'id="document_kind_0-why"' in page.html
    assert ledger.size() == size


def test_a_record_of_a_file_is_put_right_with_all_its_papers(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    supplier = declared(ledger, co_op, "供货者（演示）")
    papers = tuple(FiledDocument(document_kind=f"证件{number}", number=f"N-{number}") for number in range(33))
    (placed,) = ledger.say(co_op.party, SupplierFile(supplier=supplier, documents=papers))
    form = farm.open(f"/my/files/new?of={placed.seq}")
    assert form.fields("/my/files")["number_5"] == "N-5"
    assert farm.submit(form, "/my/files", {"number_5": "N-5a"}).status == 200
    with ledger.book() as book:
        said = book.records([placed.seq + 1])[placed.seq + 1].said
    assert isinstance(said, SupplierFile)
    assert [one.number for one in said.documents] == [f"N-{n}{'a' if n == 5 else ''}" for n in range(33)]


# Parties


def test_a_renamed_party_is_found_under_both_names(farm: Visitor, trader: Visitor, ledger: Ledger) -> None:
    form = farm.open("/my/parties/new")
    page = farm.submit(
        form, "/my/parties", {"party_kind": "company", "name": "旧名商行（演示）", "phone": "0513-1"}
    )
    change = next(one for one in page.read.links if one.startswith("/my/parties/new?of="))
    form = farm.open(change)
    page = farm.submit(form, "/my/parties", {"name": "新名商行（演示）", "formerly": "旧名商行（演示）"})
    assert page.read.h1.startswith("新名商行")
    assert "0513-1" in page.text
    for name in ("旧名商行", "新名商行"):
        assert "新名商行（演示）" in farm.open(f"/my/parties?q={name}").text
    assert trader.open(page.path.partition("?")[0]).status == 404


def test_a_code_that_is_recorded_already_or_fails_declares_nobody(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    code = "92320613DEM001076A"
    known = Party(
        party=PartyId.new(b"known-part"), party_kind="company", name="某行（演示）", credit_code=code
    )
    ledger.say(co_op.party, known)
    size = ledger.size()
    for typed in (code, code[:-1] + "0"):
        page = farm.submit(
            farm.open("/my/parties/new"), "/my/parties", {"name": "又一家（演示）", "credit_code": typed}
        )
        assert page.status == 422
        assert 'id="credit_code-why"' in page.html
    assert ledger.size() == size


# Papers with goods


def test_a_late_paper_is_filed_for_its_delivery_and_is_missing_no_more(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, clock: Clock, leek: GoodsId
) -> None:
    supplier = declared(ledger, co_op, "供货者（演示）")
    seq = checked(ledger, co_op, supplier, leek)
    assert re.search(f'href="/my/checks/{seq}">[^<]*合格证明', farm.open("/my/checks?show=missing").html)
    clock.forward(2 * DAY_HOURS)
    page = farm.open(f"/my/checks/{seq}")
    assert {f"/my/{one}/new?check={seq}" for one in ("vouchers", "certificates")} <= set(page.read.links)
    form = farm.open(f"/my/certificates/new?check={seq}")
    assert form.fields("/my/certificates")[f"goods_{leek}"] == "1"
    done = farm.submit(form, "/my/certificates", {"number": "C-9", "issued_by": "某机构（演示）"})
    assert done.path.startswith(f"/my/checks/{seq}")
    assert "晚记 2 天" in done.text
    form = farm.open(f"/my/vouchers/new?check={seq}")
    assert form.fields("/my/vouchers")["partner"] == str(supplier)
    assert farm.submit(form, "/my/vouchers", {"number": "XS-7", "total": "320.00"}).status == 200
    with ledger.book() as book:
        said = book.records([seq + 2])[seq + 2].said
        assert book.records([seq])[seq].superseded_by is None
    assert isinstance(said, Voucher)
    assert said.lines is not None
    assert said.lines[0].goods == leek
    assert f'href="/my/checks/{seq}"' not in farm.open("/my/checks?show=missing").html


def test_a_paper_shows_how_often_it_was_relied_on(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, leek: GoodsId
) -> None:
    supplier = declared(ledger, co_op, "供货者（演示）")
    form = farm.open("/my/certificates/new")
    page = farm.submit(form, "/my/certificates", {"number": "C-1", "issued_by": "某机构（演示）"})
    assert "（0 条）" in page.text
    check = checked(ledger, co_op, supplier, leek)
    page = farm.open(page.path.partition("?")[0])
    assert "（1 条）" in page.text
    assert f"/entries/{check}" in page.read.links


def test_a_measured_value_is_told_with_its_unit_its_limit_and_the_verdict(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    laboratory = enrol_party(ledger, "演示检测中心（演示）", role="laboratory")
    values: list[Json] = [
        {
            "analyte": "氟虫腈",
            "value": "0.09",
            "unit": "mg/kg",
            "limit": "0.02",
            "verdict": "fail",
            "method": "GB 23200.121",
        },
        {"analyte": "噻虫嗪", "value": "<0.01", "verdict": "pass"},
    ]
    body: dict[str, Json] = {
        "goods": "https://id.gs1.org/01/09520001000027/10/MEASURED-1",
        "taken_from": str(co_op.party),
        "laboratory": "演示检测中心（演示）",
        "stage": "laboratory",
        "overall": "fail",
        "results": values,
    }
    (placed,) = ledger.say(laboratory.party, TestResult.read(body))
    page = farm.open(f"/my/documents/{placed.seq}")
    assert "氟虫腈 0.09 mg/kg，限量 0.02 mg/kg，不合格，GB 23200.121；噻虫嗪 <0.01，合格" in page.text
    assert '<span class="tag' not in page.html.partition("</h1>")[0].partition("<h1>")[2]
    english = farm.open(f"/my/documents/{placed.seq}?lang=en")
    assert "氟虫腈 0.09 mg/kg, limit 0.02 mg/kg, fail, GB 23200.121" in english.text
    assert english.read.h1 == "Test result"


def test_a_promise_is_issued_for_goods_of_ones_own(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, leek: GoodsId
) -> None:
    ledger.say(co_op.party, Batch(goods=leek, maker=co_op.party, name="韭菜", category="farm_produce"))
    form = farm.open("/my/commitments/new")
    changes = {"one_goods": str(leek), "number": "HGZ-1", "amount": "60", "promises_truthful": "1"}
    page = farm.submit(form, "/my/commitments", changes)
    assert page.status == 200
    assert "HGZ-1" in page.text
    assert "所填属实" in page.text
    assert "HGZ-1" in farm.open("/my/documents?kind=commitment").text
    assert "HGZ-1" not in farm.open("/my/documents?kind=voucher").text


# Products and sites


def test_a_changed_product_keeps_what_its_form_does_not_show(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    claims = [{"claim": "有机", "certificate_number": "有机-1"}]
    body = {
        "product": "prd_0000000000000000",
        "owner": str(co_op),
        "name": "净菜",
        "category": "packaged_food",
        "packs": [{"unit": unit, "holds": {"amount": "10", "unit": "KGM"}} for unit in ("XBX", "XCT", "XBG")],
        "claims": claims,
    }
    (placed,) = ledger.say(co_op.party, Product.model_validate(body))
    form = farm.open(f"/my/products/new?of={placed.seq}")
    page = farm.submit(form, "/my/products", {"shelf_life_days": "7", "pack_0": "12"})
    assert page.status == 200
    with ledger.book() as book:
        said = book.records([placed.seq + 1])[placed.seq + 1].said
    assert isinstance(said, Product)
    assert (said.shelf_life_days, said.claims and said.claims[0].certificate_number) == (7, "有机-1")
    assert [str(one.holds.amount) for one in said.packs or ()] == ["12", "10", "10"]
    # One product, however many versions of its sheet.
    assert farm.open("/my/products").html.count(">净菜</a>") == 1
    wrong = farm.submit(
        form,
        "/my/products",
        {"id": farm.open("/my/products/new").fields("/my/products")["id"], "shelf_life_days": "七天"},
    )
    assert 'id="shelf_life_days-why"' in wrong.html


def test_a_site_is_recorded_and_changed(farm: Visitor, ledger: Ledger) -> None:
    form = farm.open("/my/sites/new")
    page = farm.submit(form, "/my/sites", {"name": "三号地", "site_kind": "plot"})
    form = farm.open(next(one for one in page.read.links if one.startswith("/my/sites/new?of=")))
    assert farm.submit(form, "/my/sites", {"area": "5 亩"}).status == 200
    listed = farm.open("/my/sites")
    assert listed.html.count(">三号地</a>") == 1
    assert "5 亩" in listed.text


# Findings


def test_a_finding_says_whose_duty_it_is_and_what_was_answered(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, leek: GoodsId
) -> None:
    supplier = declared(ledger, co_op, "供货者（演示）")
    checked(ledger, co_op, supplier, leek)
    ledger.say(co_op.party, Sale(lines=(Line(goods=leek, quantity=kg(90)),)))
    page = farm.open("/my/findings?open=1")
    for words in ("谁的义务", "依据", "常见原因", "如何答复", "尚未说明"):
        assert words in page.text
    red = farm.open("/my/findings?grade=red")
    form = farm.open(next(one for one in red.read.links if one.startswith("/my/findings/answer")))
    files = {"photo": ("slip.pdf", PDF, "application/pdf")}
    wrong = farm.submit(form, "/my/findings/answer", {"cause": "typing", "text": ""}, files=files)
    assert wrong.status == 422
    assert "已保存" in wrong.text
    listed = farm.submit(wrong, "/my/findings/answer", {"text": "多打了一个零"})
    assert "多打了一个零" in listed.text
    assert "多打了一个零" in answer(farm, "/my/findings.csv?grade=red")
    assert farm.open("/my/findings?grade=purple").status == 404


# Lists as files


def test_every_list_is_exported_and_no_cell_is_a_formula(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    supplier = declared(ledger, co_op, '=HYPERLINK("https://x.example")')
    ledger.say(
        co_op.party, SupplierFile(supplier=supplier, documents=(FiledDocument(document_kind="营业执照"),))
    )
    for name in (*LISTS, "findings"):
        for form in ("csv", "xlsx"):
            sent = farm._send("GET", f"/my/{name}.{form}")
            assert sent.headers["content-type"] == MEDIA_TYPES[form]
    for name in ("parties", "files"):
        assert "\"'=HYPERLINK" in answer(farm, f"/my/{name}.csv")
    assert farm._send("GET", "/my/files.ods").status_code == 404


# How lists find their records


def test_a_page_of_a_long_list_opens_a_bounded_number_of_records() -> None:
    """Ten thousand records that mention us; one in a hundred is our own."""
    books = BookWriter()
    us, other = books.party("本方（演示）"), books.party("客户（演示）")
    for by, to in ((us, other), (other, us)):
        said = Shipment(to=to, lines=(Line(goods=LEEK, quantity=kg(1)),), offer=False)
        books.says(by, said, at="2026-11-14T08:00:00+08:00")
    ours, theirs = books.records[-2:]
    for number in range(2, 10_000):
        one = ours if number % 100 == 0 else theirs
        statement = StatementId.new(one.occurred_ms, number.to_bytes(10, "big"))
        books.book.add(replace(one, seq=books.book.size, header=replace(one.header, id=statement)))
    counting = CountedRecords(books.book)
    seqs = newest_of(counting, us, ["type/shipment.v1"])
    assert len(seqs) == 10_000
    assert counting.opened == 0

    def rows(places: Sequence[Place]) -> list[tuple[Shown, ...] | None]:
        found = counting.records([one.position for one in places])
        return [(Shown(str(one.position)),) if found[one.position].actor == us else None for one in places]

    listing = Listing("x", "x", (Head("x"),), [Place(seq) for seq in seqs], rows)
    page = page_of(listing)
    assert counting.opened == LOOKED_MAX
    assert len(page.rows) == LOOKED_MAX // 100
    seen, before = list(page.rows), page.before
    while before is not None:
        page = page_of(listing, before=before)
        seen, before = [*seen, *page.rows], page.before
    assert seen == list(every_row(listing))
    assert len(seen) == 100


def test_a_page_that_is_full_opens_no_more() -> None:
    opened: list[int] = []

    def rows(places: Sequence[Place]) -> list[tuple[Shown, ...] | None]:
        opened.extend(one.position for one in places)
        return [(Shown(str(one.position)),) for one in places]

    listing = Listing("x", "x", (Head("x"),), [Place(seq) for seq in range(10_000, 0, -1)], rows)
    page = page_of(listing)
    assert len(page.rows) == PAGE_ROWS
    assert len(opened) == PORTION
    assert page_of(listing, before=page.before).rows[0] == (Shown(str(10_000 - PAGE_ROWS)),)


def test_what_stands_at_one_position_stands_on_one_page() -> None:
    places = [Place(9, number) for number in range(PAGE_ROWS + 3)] + [Place(1, "last")]
    listing = Listing("x", "x", (Head("x"),), places, lambda some: [(Shown(str(one.thing)),) for one in some])
    page = page_of(listing)
    assert len(page.rows) == PAGE_ROWS + 3
    assert [row[0].text for row in page_of(listing, before=page.before).rows] == ["last"]


def test_the_shipments_of_a_trader_cost_its_list_of_papers_nothing(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, monkeypatch: pytest.MonkeyPatch, leek: GoodsId
) -> None:
    customer = declared(ledger, co_op, "客户（演示）")
    old = licence(ledger, co_op, number="旧-1", licence_kind="营业执照")
    shipment = Shipment(to=customer, lines=(Line(goods=leek, quantity=kg(1)),), offer=False)
    ledger.say(co_op.party, *[shipment] * 300)
    opened: list[int] = []
    fetch = SqlBook._fetch_records

    def counted(self: SqlBook, seqs: Collection[int]) -> dict[int, Record]:
        opened.extend(seqs)
        return fetch(self, seqs)

    monkeypatch.setattr(SqlBook, "_fetch_records", counted)
    for path in (*(f"/my/{one}" for one in LISTS), "/my/licences?q=旧-1"):
        opened.clear()
        assert farm.open(path).status == 200
        assert len(opened) < 20, path
    assert f"/my/licences/{old}" in farm.open("/my/licences?q=旧-1").read.links
    # A page of the dealings between two opens as many as it shows.
    opened.clear()
    assert "往来记录（" in farm.open(f"/my/parties/{customer}").text
    assert len(opened) < 2 * PAGE_ROWS


def test_the_database_finds_the_same_as_any_other_book(
    ledger: Ledger, co_op: Enrolled, stall: Enrolled, leek: GoodsId
) -> None:
    supplier = declared(ledger, co_op, "供货者（演示）")
    checked(ledger, co_op, supplier, leek)
    ledger.say(stall.party, Shipment(to=co_op.party, lines=(Line(goods=leek, quantity=kg(1)),)))
    seq = licence(ledger, co_op)
    wrong = ledger.receipt(seq).statement
    right = Licence(
        holder=co_op.party, licence_kind="食品经营许可证", number=NUMBER, correction_reason="incorrect_data"
    )
    ledger.say(co_op.party, right, corrects=wrong)
    with ledger.book() as book:
        other = CountingBook(book)
        for among in (["type/licence.v1"], ["type/shipment.v1", "type/batch.v1"], [party_key(supplier)], []):
            for party in (co_op.party, stall.party, supplier):
                keys = [party_key(party)]
                assert beside(book, keys, among) == beside(other, keys, among)


def test_a_search_finds_a_number_however_old_and_words_in_the_newest(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.console.SEARCHED_MAX", 2)
    monkeypatch.setattr("api.pages.console_lists.SEARCHED_MAX", 2)
    for number in range(5):
        paper = {
            "certificate_kind": "organic",
            "number": f"有机-{number}",
            "issued_by": f"机构{number}（演示）",
        }
        ledger.say(co_op.party, Certificate.read(paper))
    assert "机构0" in farm.open("/my/documents?q=有机-0").text
    assert "机构4" in farm.open("/my/documents?q=机构4").text
    page = farm.open("/my/documents?q=机构0")
    assert "没有找到" in page.text
    assert "最近 2 条" in page.text
    assert "机构" not in trader.open("/my/documents?q=有机-0").text
    assert farm.open(f"/my/documents?q={'长' * 61}").status == 422


class CountedRecords(CountingBook):
    """How many records were opened."""

    opened: int = 0

    def records(self, seqs: Collection[int]) -> Mapping[int, Record]:
        self.opened += len(set(seqs))
        return super().records(seqs)
