"""A party answers a finding on its page, and whoever reads the one reads the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import GoodsId, LegalDate
from ledger.vocabulary.answering import Answer
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.integration.pages.browsing import Visitor
from tests.support.books import kg
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1")


@pytest.fixture
def oversold(ledger: Ledger, co_op: Enrolled) -> None:
    """The co-op sold more than it harvested, by its own records."""
    ledger.say(
        co_op.party,
        Batch(
            goods=LEEK,
            maker=co_op.party,
            name="韭菜",
            category="食用农产品",
            origin="江苏如皋",
            produced_on=LegalDate.parse("2026-11-14"),
            quantity=kg(10),
        ),
        Sale(lines=(Line(goods=LEEK, quantity=kg(100)),)),
    )


def _answer(farm: Visitor, text: str = "多打了一个零，已更正") -> tuple[int, str]:
    listed = farm.open("/my/findings")
    page = farm.open(next(link for link in listed.read.links if link.startswith("/my/findings/answer")))
    assert page.status == 200
    answered = farm.submit(page, "/my/findings/answer", {"cause": "typing", "text": text})
    return answered.status, answered.text


def test_the_answer_stands_beside_the_finding_for_everybody_who_reads_it(
    farm: Visitor, client: Client, ledger: Ledger, oversold: None
) -> None:
    status, text = _answer(farm)
    assert status == 200
    assert "多打了一个零" in text
    authority = enrol_party(ledger, "示例市市场监督管理局（演示）", role="authority", kind="authority")
    found = client.get("/api/v1/findings", key=authority.key).json()["findings"]
    (answer,) = next(one["answers"] for one in found if one["kind"] == "oversold")
    with ledger.book() as book:
        said = book.records([answer])[answer].said
    assert isinstance(said, Answer)
    assert (said.finding, said.cause) == ("oversold", "typing")
    assert "多打了一个零" in Visitor.of(client, authority).open("/findings").text


def test_the_finding_stays_until_a_record_is_put_right(farm: Visitor, oversold: None) -> None:
    before = farm.open("/my/findings").text.count("红：")
    _answer(farm)
    assert farm.open("/my/findings").text.count("红：") == before


def test_an_answer_without_words_is_refused_and_what_was_chosen_stays(
    farm: Visitor, ledger: Ledger, oversold: None
) -> None:
    size = ledger.size()
    status, _ = _answer(farm, text="")
    assert status == 422
    assert ledger.size() == size


def test_nobody_answers_for_somebody_else(farm: Visitor, trader: Visitor, oversold: None) -> None:
    listed = farm.open("/my/findings")
    address = next(link for link in listed.read.links if link.startswith("/my/findings/answer"))
    assert trader.open(address).status == 404


def test_an_answer_sent_twice_is_recorded_once(farm: Visitor, ledger: Ledger, oversold: None) -> None:
    listed = farm.open("/my/findings")
    page = farm.open(next(link for link in listed.read.links if link.startswith("/my/findings/answer")))
    for _ in range(2):
        assert farm.submit(page, "/my/findings/answer", {"cause": "typing", "text": "录入错误"}).status == 200
    with ledger.book() as book:
        assert len(book.mentions([f"type/{Answer.TYPE}"])) == 1
