"""The clerk's console, codes: issued three ways, taken along, activated, printed again, made void; packed into cases and out again."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from api.issuing import Run, carry_out, find_run
from ledger.identifiers import DigitalLink, ProductId, StatementId
from ledger.identifiers.serials import Drawn
from ledger.trace import code_state
from ledger.vocabulary.coding import CodeHeads
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.parties import Product
from tests.integration.pages.console import Console, table
from tests.support.server import Clock, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.pages.browsing import Page
    from tests.integration.pages.console import Made

HERE = "/my/codes"
BOX, OTHER_BOX, CASE = "82062330000000000001", "82062330000000000002", "80217610000000000001"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    clock = Clock()
    with (
        make_ledger(tmp_path_factory.mktemp("codes"), clock) as ledger,
        open_client(ledger) as client,
    ):
        yield Console.of(ledger, client, clock)


def issue(console: Console, made: Made, **typed: str) -> Page:
    blank = console.farm.open(f"{HERE}/new?goods={made.at}")
    assert blank.status == 200
    return console.farm.submit(blank, HERE, {"goods": str(made.goods), **typed})


def codes_of(console: Console, page: Page, query: str = "") -> list[list[str]]:
    path = page.path.partition("?")[0]
    answer = console.client.get(f"{path}/list.csv{query}", key=console.co_op.key)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]


def test_codes_by_count_are_issued_and_taken_along(console: Console) -> None:
    made = console.batch()
    page = issue(console, made, way="count", count="40")
    assert page.status == 200
    assert "40 / 40 个" in page.text
    assert "随机生成" in page.text
    rows = codes_of(console, page)
    assert len({code for _, code in rows}) == 40
    assert {DigitalLink.parse(code).batch_link() for _, code in rows} == {made.goods.digital_link}
    # As an attribute of the links for printing, each with the maker's signature.
    assert all("?8030=" in link for _, _, link in codes_of(console, page, "?links=1"))


def test_a_form_sent_twice_is_one_run(console: Console) -> None:
    made = console.batch()
    blank = console.farm.open(f"{HERE}/new?goods={made.at}")
    typed = {"goods": str(made.goods), "way": "count", "count": "3"}
    first = console.farm.submit(blank, HERE, typed)
    size = console.ledger.size()
    assert console.farm.submit(blank, HERE, typed).path == first.path
    assert console.ledger.size() == size


def test_a_range_and_a_list_are_issued_as_typed(console: Console) -> None:
    made = console.batch()
    ranged = issue(
        console,
        made,
        way="range",
        code_kind="drug",
        first="8123456 0000000000007",
        last="81234560000000000009",
    )
    assert [code for _, code in codes_of(console, ranged)] == [
        f"812345600000000000{number:02}" for number in (7, 8, 9)
    ]
    listed = issue(console, made, way="list", code_kind="other", codes="标签 A-0001\n标签 A-0002\n\n")
    assert [code for _, code in codes_of(console, listed)] == ["标签 A-0001", "标签 A-0002"]


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"way": "count", "count": "0"}, "count", "1 至 1000000 个码"),
        ({"way": "count", "count": "许多"}, "count", "整数"),
        ({"way": "range", "first": "A-0009", "last": "A-0001", "code_kind": "other"}, "last", "由小到大"),
        ({"way": "list", "codes": "8123", "code_kind": "drug"}, "codes", "20 位"),
        ({"way": "list", "codes": "same-code\nsame-code", "code_kind": "other"}, "codes", "每个码一次"),
        ({"way": "list", "codes": "", "code_kind": "other"}, "codes", "1 至"),
    ],
)
def test_what_cannot_be_issued_is_said_beside_its_field(
    console: Console, typed: dict[str, str], field: str, says: str
) -> None:
    made, size = console.batch(), console.ledger.size()
    page = issue(console, made, **typed)
    assert page.status == 422
    assert f'id="{field}-why"' in page.html
    assert says in page.text
    assert page.fields(HERE)["goods"] == str(made.goods)
    assert console.ledger.size() == size


def test_nothing_is_issued_for_goods_on_hold(console: Console) -> None:
    made = console.batch()
    page = issue(console, made, way="count", count="3")
    console.say(console.co_op, Hold(action="hold", goods=(made.goods,), reason="待检（演示）"))
    refused = issue(console, made, way="count", count="3")
    assert refused.status == 422
    assert 'id="goods-why"' in refused.html
    assert console.farm.open(f"{page.path}/list.csv?links=1").status == 409
    assert console.farm.open(f"{page.path}/list.csv").status == 200


def test_a_run_that_was_broken_off_can_be_gone_on_with_at_its_page(console: Console) -> None:
    made = console.batch()
    run = Run(
        StatementId.new(console.clock.ms, bytes(9) + b"\7"),
        console.co_op.party,
        "issue",
        made.goods,
        Drawn(made.goods, 6_000),
    )
    part = carry_out(console.ledger, run, seconds=0)
    page = console.farm.open(f"{HERE}/{run.id}")
    assert "未完成" in page.text
    assert f"{part.codes} / 6000 个" in page.text
    done = console.farm.submit(page, f"{HERE}/{run.id}")
    assert "6000 / 6000 个" in done.text
    assert "未完成" not in done.text
    assert len(codes_of(console, done)) == 6_000


def test_codes_are_activated_printed_again_and_made_void_from_the_page_of_their_run(console: Console) -> None:
    page = issue(console, console.batch(), way="count", count="4")
    codes = [code for _, code in codes_of(console, page)]
    console.farm.submit(page, page.path, {"action": "activate"})
    refused = console.farm.submit(page, page.path, {"action": "reprint", "codes": codes[0]})
    assert refused.status == 422
    assert 'id="reason-why"' in refused.html
    again = console.farm.submit(
        console.farm.open(page.path),
        page.path,
        {"action": "reprint", "codes": codes[0], "reason": "卡纸（演示）"},
    )
    assert again.status == 200
    assert "补打" in again.text
    void = console.farm.submit(
        console.farm.open(page.path),
        page.path,
        {"action": "void", "codes": f"{codes[1]}\n", "reason": "破损（演示）"},
    )
    assert "1 / 1 个" in void.text
    with console.ledger.book() as book:
        assert [code_state(book, one).state for one in codes] == ["active", "void", "active", "active"]


def test_codes_of_another_run_cannot_be_made_void_here(console: Console) -> None:
    first = issue(console, console.batch(), way="count", count="2")
    other = issue(console, console.batch(), way="count", count="2")
    strange = codes_of(console, other)[0][1]
    page = console.farm.submit(first, first.path, {"action": "void", "codes": strange})
    assert page.status == 422
    assert 'id="codes-why"' in page.html


def test_the_list_holds_each_run_once_and_goes_along_as_a_file(console: Console) -> None:
    made = console.batch()
    run = Run(
        StatementId.new(console.clock.ms, bytes(9) + b"\x08"),
        console.co_op.party,
        "issue",
        made.goods,
        Drawn(made.goods, 2_500),
    )
    carry_out(console.ledger, run)
    page = console.farm.open(f"{HERE}?q={made.number}")
    assert page.html.count(str(run.id)) == 1
    rows = table(console.farm.open(f"{HERE}.csv"))
    (own,) = [row for row in rows if str(run.id) in row.values()]
    assert own["码数"] == "2500"


def test_a_run_of_somebody_else_is_not_there(console: Console) -> None:
    page = issue(console, console.batch(), way="count", count="2")
    for path in (page.path, f"{page.path}/list.csv"):
        assert console.trader.open(path).status == 404


def test_no_codes_are_issued_for_a_strangers_goods(console: Console) -> None:
    made = console.batch()
    blank = console.trader.open(f"{HERE}/new")
    page = console.trader.submit(blank, HERE, {"goods": str(made.goods), "way": "count", "count": "1"})
    assert page.status == 422
    assert 'id="goods-why"' in page.html


def pack(console: Console, **typed: str) -> Page:
    return console.farm.submit(console.farm.open(f"{HERE}/pack"), f"{HERE}/pack", typed)


def test_boxes_are_packed_into_a_case_and_taken_out_again(console: Console) -> None:
    case = "00095200010000001234"
    page = pack(console, parent_code=case, codes="box-0000001\nbox-0000002")
    assert page.status == 200
    assert "按记录，里面有 (2)" in page.text
    page = pack(console, parent_code=case, codes="box-0000001", action="unpack")
    assert "按记录，里面有 (1)" in page.text
    assert "box-0000001" not in page.text
    inner = console.farm.open(f"{HERE}/packed?code=box-0000002")
    assert case in inner.text
    nothing = console.trader.open(f"{HERE}/packed?code={case}")
    assert "box-0000002" not in nothing.text


def test_a_case_cannot_be_packed_into_a_box_where_its_maker_told_the_levels(console: Console) -> None:
    product = ProductId.new(b"0123456789")
    console.say(
        console.co_op,
        Product(product=product, owner=console.co_op.party, name="某药（演示）", category="drug"),
    )
    heads: dict[str, object] = {
        "product": str(product),
        "heads": [
            {"scheme": "drug", "head": BOX[:7], "level": "unit"},
            {"scheme": "drug", "head": CASE[:7], "level": "case", "holds": 50},
        ],
    }
    console.say(console.co_op, CodeHeads.read(heads))  # type: ignore[arg-type]  # JSON of our own
    assert pack(console, parent_code=CASE, codes=f"{BOX}\n{OTHER_BOX}").status == 200
    size = console.ledger.size()
    wrong = pack(console, parent_code=BOX, codes=CASE)
    assert wrong.status == 422
    assert 'id="codes-why"' in wrong.html
    assert console.ledger.size() == size


def test_both_languages_say_everything(console: Console) -> None:
    page = issue(console, console.batch(), way="count", count="2")
    console.farm.language = "en"
    try:
        for path in (HERE, f"{HERE}/new", f"{HERE}/pack", f"{HERE}/packed?code={CASE}", page.path):
            shown = console.farm.open(path)
            assert shown.status == 200
            assert "codes_" not in shown.text
    finally:
        console.farm.language = "zh-CN"


def test_the_first_part_of_a_run_is_found_by_its_own_id_too(console: Console) -> None:
    page = issue(console, console.batch(), way="count", count="2")
    with console.ledger.book() as book:
        run = find_run(book, StatementId.parse(page.path.rpartition("/")[2]), console.co_op.party)
    assert run is not None
    assert run.of == 2
