"""Sheets of labels: a run is written down once, its files can be fetched as often as the printer jams, and an order on the goods closes them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

import pytest

from ledger.identifiers import GoodsId, StatementId
from ledger.log.label_keys import LabelKeys
from ledger.log.signed_links import verify_link
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.oversight import Hold, Recall
from tests.support.prints import pdf_pages, read, zpl_labels
from tests.support.server import BASE_URL, Clock, enrol_party, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

AT: Final = "/api/v1/label-sheets"
_numbers: Final = count(1)


class House:
    """A co-op with goods, and a stranger."""

    def __init__(self, ledger: Ledger, client: Client, clock: Clock) -> None:
        self.ledger, self.client, self.clock = ledger, client, clock
        self.co_op = enrol_party(ledger, "南通示例蔬菜专业合作社（演示）", kind="cooperative")
        self.stranger = enrol_party(ledger, "别的单位（演示）")

    def batch(self) -> GoodsId:
        goods = GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/JC{next(_numbers)}")
        body: dict[str, Json] = {
            "goods": str(goods),
            "maker": str(self.co_op.party),
            "name": "韭菜",
            "category": "farm_produce",
            "batch_number": str(goods).rpartition("/")[2],
            "produced_on": "2026-11-14",
            "quantity": {"amount": "100", "unit": "KGM"},
        }
        self.ledger.say(self.co_op.party, Batch.read(body))
        return goods

    def codes(self, goods: GoodsId, number: int, *, action: str = "issue", kind: str = "") -> list[str]:
        codes = [f"{goods}/21/7k2q9m4xw8t3p{place:03}" for place in range(number)]
        if kind == "drug":
            codes = [f"81234567{next(_numbers):012}" for _ in range(number)]
        self.act(goods, codes, action)
        return codes

    def act(self, goods: GoodsId, codes: list[str], action: str) -> None:
        said = Codes.read({"action": action, "goods": str(goods), "codes": [*codes]})
        self.ledger.say(self.co_op.party, said)

    def ask(self, *, by: Enrolled | None = None, run: str | None = None, **body: Json) -> httpx.Response:
        name = run or self.new_id()
        return self.client.post(AT, json={"id": name, **body}, key=(by or self.co_op).key)

    def new_id(self) -> str:
        return str(StatementId.new(self.clock.ms, next(_numbers).to_bytes(10, "big")))

    def fetch(self, path: str, *, by: Enrolled | None = None) -> httpx.Response:
        return self.client.get(path, key=(by or self.co_op).key)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    clock = Clock()
    with make_ledger(tmp_path_factory.mktemp("labels"), clock) as ledger, open_client(ledger) as client:
        yield House(ledger, client, clock)


def test_a_sheet_of_a_batch_has_as_many_labels_as_were_asked_for_and_reads_back(house: House) -> None:
    goods = house.batch()
    answer = house.ask(goods=str(goods), count=25)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["labels"], told["again"], told["advice"]) == (25, False, [])
    sheet = house.fetch(f"{told['pdf']}&dpi=203")
    assert sheet.headers["content-type"] == "application/pdf"
    assert sheet.headers["cache-control"] == "private, no-store"
    pages = pdf_pages(sheet.content, dpi=203)
    link = str(goods).replace("https://id.gs1.org", BASE_URL)
    assert [read(page).count(link) for page in pages] == [24, 1]
    printer = house.fetch(f"{told['zpl']}?dpi=203")
    ((picture, copies),) = zpl_labels(printer.content)
    assert (read(picture), copies) == ([link], 25)


def test_a_run_that_is_asked_for_twice_is_written_down_once(house: House) -> None:
    goods, name = house.batch(), house.new_id()
    first = house.ask(run=name, goods=str(goods), count=3)
    again = house.ask(run=name, goods=str(goods), count=3)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["again"] is True
    # Another run of the same goods is one too many, unless somebody says why.
    refused = house.ask(goods=str(goods), count=3)
    assert refused.status_code == 422
    assert house.ask(goods=str(goods), count=3, reason="卡纸").status_code == 201


def test_each_code_of_an_issue_gets_a_label_of_its_own(house: House) -> None:
    goods = house.batch()
    codes = house.codes(goods, 30)
    with house.ledger.book() as book:
        issue = str(book.records([book.size - 1])[book.size - 1].header.id)
    told = house.ask(issue=issue, first=3, count=26).json()
    assert told["labels"] == 26
    made = zpl_labels(house.fetch(told["zpl"]).content)
    links = [code.replace("https://id.gs1.org", BASE_URL) for code in codes[2:28]]
    assert [read(picture) for picture, _ in made] == [[link] for link in links]
    # Codes that have a label already ask why; those beside them do not.
    assert house.ask(codes=codes[27:29]).status_code == 422
    assert house.ask(codes=codes[28:30]).status_code == 201
    assert house.ask(issue=issue, first=31).status_code == 422


def test_a_signed_label_verifies_and_comes_with_advice_about_its_size(house: House) -> None:
    codes = house.codes(house.batch(), 1)
    told = house.ask(codes=codes, signed=True).json()
    assert "25 mm" in told["advice"][0]["zh"]
    ((picture, _),) = zpl_labels(house.fetch(f"{told['zpl']}?template=roll-100x60").content)
    (link,) = read(picture)
    bundle = LabelKeys.open(house.ledger.label_keys(), [house.ledger.vkey])
    assert str(verify_link(link, bundle).goods.named) == codes[0]
    # The same file again, byte for byte: what was printed is written down.
    assert (
        house.fetch(f"{told['zpl']}?template=roll-100x60").content
        == house.fetch(f"{told['zpl']}?template=roll-100x60").content
    )


def test_a_drug_code_is_printed_as_a_square_or_as_bars(house: House) -> None:
    codes = house.codes(house.batch(), 1, kind="drug")
    told = house.ask(codes=codes).json()
    for symbol in ("qr", "data_matrix", "code_128"):
        answer = house.fetch(f"{told['zpl']}?template=roll-100x60&dpi=300&symbol={symbol}")
        ((picture, _),) = zpl_labels(answer.content)
        assert read(picture) == codes
    small = house.fetch(f"{told['zpl']}?template=roll-40x30&dpi=300&symbol=code_128")
    assert small.status_code == 422
    assert "0.3 mm" in small.text


def test_nothing_is_printed_while_an_order_stands_not_even_a_run_of_before(house: House) -> None:
    goods = house.batch()
    codes = house.codes(goods, 2)
    told = house.ask(codes=codes).json()
    here: dict[str, Json] = {"goods": [str(goods)], "at": str(house.co_op.party)}
    house.ledger.say(house.co_op.party, Hold.read({**here, "action": "hold"}))
    assert house.fetch(told["pdf"]).status_code == 409
    assert house.fetch(told["zpl"]).status_code == 409
    assert house.ask(codes=codes, reason="卡纸").status_code == 409
    house.ledger.say(house.co_op.party, Hold.read({**here, "action": "release"}))
    assert house.fetch(told["zpl"]).status_code == 200
    recall: dict[str, Json] = {"action": "recall", "goods": [str(goods)], "reason": "抽检不合格"}
    house.ledger.say(house.co_op.party, Recall.read(recall))
    assert house.fetch(told["zpl"]).status_code == 409


def test_a_void_code_gets_no_label_and_closes_the_run_it_was_in(house: House) -> None:
    goods = house.batch()
    codes = house.codes(goods, 3)
    told = house.ask(codes=codes).json()
    house.act(goods, codes[:1], "void")
    assert house.fetch(told["zpl"]).status_code == 409
    assert house.ask(codes=codes[:1], reason="卡纸").status_code == 409
    assert house.ask(codes=codes[1:], reason="卡纸").status_code == 201


def test_codes_that_nobody_issued_of_two_batches_or_twice_are_refused(house: House) -> None:
    goods, other = house.batch(), house.batch()
    codes, others = house.codes(goods, 2), house.codes(other, 1)
    assert house.ask(codes=[f"{goods}/21/NOBODY"]).status_code == 422
    assert house.ask(codes=[codes[0], others[0]]).status_code == 422
    assert house.ask(codes=[codes[0], codes[0]]).status_code == 409
    assert house.ask(codes=[]).status_code == 422
    assert house.ask(codes=codes, goods=str(goods)).status_code == 422
    assert house.ask().status_code == 422
    assert house.ask(issue=house.new_id()).status_code == 422


def test_a_stranger_prints_nothing_and_fetches_nobodys_run(house: House) -> None:
    goods = house.batch()
    codes = house.codes(goods, 1)
    assert house.ask(by=house.stranger, goods=str(goods)).status_code == 403
    assert house.ask(by=house.stranger, codes=codes).status_code == 403
    told = house.ask(codes=codes).json()
    assert house.fetch(told["pdf"], by=house.stranger).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["template=a4-23", "dpi=99", "dpi=2000", "skip=24", "skip=-1", "symbol=aztec", "template=a4-24&dpi=x"],
)
def test_a_sheet_that_cannot_be_printed_so_is_refused(house: House, query: str) -> None:
    told = house.ask(goods=str(house.batch())).json()
    answer = house.fetch(f"{told['pdf'].partition('?')[0]}?{query}")
    assert answer.status_code in {404, 422}, answer.text
