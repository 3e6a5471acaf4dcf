"""Showing what one may read: a delivery to a customer until a day, a record in a file; and no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.audience import Reading
from api.deps import Viewer
from api.disclosing import NotYoursToShow, Showable
from ledger.disclosure import Disclosure
from ledger.identifiers import StatementId
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck
from tests.support.leeks import kg, morning_of_leeks
from tests.support.server import Clock, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from ledger.service import Ledger
    from ledger.vocabulary.said import Said
    from tests.support.leeks import Chain
    from tests.support.server import Enrolled

UNTIL = "2026-11-20"
#: 2026-11-21 00:00 in Shanghai: the first moment after the last day.
OVER_MS = 1_795_190_400_000


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with make_ledger(tmp_path, clock) as ledger:
        yield ledger


@pytest.fixture
def chain(ledger: Ledger, clock: Clock) -> Iterator[Chain]:
    with open_client(ledger) as client:
        yield morning_of_leeks(client, ledger, clock, registrar_of(ledger))


def of(ledger: Ledger, kind: type[Said], who: Enrolled) -> StatementId:
    """A party's first record of that kind."""
    with ledger.book() as book:
        records = book.records([one.seq for one in book.mentions([f"type/{kind.TYPE}"])])
    return next(one.header.id for _, one in sorted(records.items()) if one.actor == who.party)


def reads(chain: Chain, who: Enrolled, statement: StatementId) -> httpx.Response:
    return chain.client.get(f"/api/v1/statements/{statement}", key=who.key)


def fields(answer: httpx.Response) -> dict[str, object]:
    found: dict[str, object] = answer.json().get("fields", {})
    return found


def lets_see(
    chain: Chain, giver: Enrolled, reader: Enrolled, *statements: StatementId, until: str = UNTIL
) -> str:
    names = [str(one) for one in statements]
    body = {"action": "grant", "to": str(reader), "statements": names, "until": until}
    return str(chain.says(giver, "grants", **body).json()["id"])


def test_a_buyer_lets_a_customer_see_one_delivery_until_a_day(
    chain: Chain, ledger: Ledger, clock: Clock
) -> None:
    bought = of(ledger, Receipt, chain.wholesaler)
    sold = of(ledger, Shipment, chain.wholesaler)
    assert reads(chain, chain.stranger, bought).status_code == 404
    lets_see(chain, chain.wholesaler, chain.stranger, bought)
    assert "lines" in fields(reads(chain, chain.stranger, bought))
    # That record and no other, and nobody else.
    assert reads(chain, chain.stranger, sold).status_code == 404
    assert chain.client.get(f"/api/v1/statements/{bought}").status_code == 404
    clock.ms = OVER_MS - 1
    assert reads(chain, chain.stranger, bought).status_code == 200
    clock.ms = OVER_MS
    assert reads(chain, chain.stranger, bought).status_code == 404


def test_a_grant_opens_the_items_of_the_parties_and_none_for_officials(chain: Chain, ledger: Ledger) -> None:
    check = of(ledger, SupplierCheck, chain.wholesaler)
    lets_see(chain, chain.wholesaler, chain.stall, check)
    assert "checks" in fields(reads(chain, chain.stall, check))
    assert "checks" not in fields(reads(chain, chain.co_op, of(ledger, SupplierCheck, chain.stall)))


def test_a_grant_ends_when_its_granter_says_so_and_an_earlier_size_does_not_bring_it_back(
    chain: Chain, ledger: Ledger
) -> None:
    bought = of(ledger, Receipt, chain.wholesaler)
    given = lets_see(chain, chain.wholesaler, chain.stranger, bought)
    size = ledger.size()
    mine = chain.client.get("/api/v1/grants", key=chain.stranger.key).json()["got"]
    assert [(one["by"], one["stands"]) for one in mine] == [(str(chain.wholesaler), True)]
    # Nobody else ends it.
    chain.says(chain.stall, "grants", action="revoke", to=str(chain.stranger), ends=given)
    assert reads(chain, chain.stranger, bought).status_code == 200
    chain.says(chain.wholesaler, "grants", action="revoke", to=str(chain.stranger), ends=given)
    assert reads(chain, chain.stranger, bought).status_code == 404
    (ended,) = chain.client.get("/api/v1/grants", key=chain.wholesaler.key).json()["given"]
    assert (ended["stands"], "ended_by" in ended) == (False, True)
    with ledger.book(size) as before:
        reading = Reading.of(ledger, before, Viewer(party=chain.stranger.party))
        record = before.records([before.position(bought) or 0])
        assert not any(reading.opens(one) for one in record.values())


def test_a_grant_that_is_put_right_counts_no_more(chain: Chain, ledger: Ledger) -> None:
    bought = of(ledger, Receipt, chain.wholesaler)
    given = lets_see(chain, chain.wholesaler, chain.stranger, bought)
    chain.says(chain.wholesaler, "corrections", corrects=given, correction_reason="did_not_occur")
    assert reads(chain, chain.stranger, bought).status_code == 404


def test_nobody_grants_what_he_may_not_read_nor_what_he_was_granted(chain: Chain, ledger: Ledger) -> None:
    others = of(ledger, Receipt, chain.other_stall)
    lets_see(chain, chain.stall, chain.stranger, others)
    assert reads(chain, chain.stranger, others).status_code == 404
    # The neighbour shows its receipt to the stall; the stall cannot pass that on.
    lets_see(chain, chain.other_stall, chain.stall, others)
    assert reads(chain, chain.stall, others).status_code == 200
    assert reads(chain, chain.stranger, others).status_code == 404


def test_a_grant_without_a_last_day_opens_nothing(chain: Chain, ledger: Ledger) -> None:
    bought = of(ledger, Receipt, chain.wholesaler)
    chain.says(chain.wholesaler, "grants", action="grant", to=str(chain.stranger), statements=[str(bought)])
    assert reads(chain, chain.stranger, bought).status_code == 404


def test_goods_that_are_named_open_how_they_came_and_not_where_they_went(
    chain: Chain, ledger: Ledger
) -> None:
    body = {"action": "grant", "to": str(chain.stranger), "goods": [chain.leeks], "until": UNTIL}
    chain.says(chain.wholesaler, "grants", **body)
    assert reads(chain, chain.stranger, of(ledger, Receipt, chain.wholesaler)).status_code == 200
    assert reads(chain, chain.stranger, of(ledger, Shipment, chain.wholesaler)).status_code == 404


def test_a_line_is_for_the_chain_of_its_own_goods(chain: Chain, ledger: Ledger) -> None:
    """The wholesaler gets leeks and cabbages in one delivery; whoever bought leeks of him does not read how many cabbages."""
    other = chain.says(
        chain.co_op, "batches", maker=str(chain.co_op), name="青菜", category="edible_farm_produce"
    )
    cabbages = other.json()["goods"]
    lines = [{"goods": chain.leeks, "quantity": kg("1")}, {"goods": cabbages, "quantity": kg("77")}]
    sent = chain.says(chain.co_op, "shipments", to=str(chain.wholesaler), lines=lines).json()
    chain.says(chain.wholesaler, "receipts", supplier=str(chain.co_op), shipment=sent["id"], lines=lines)
    seen = chain.client.get(f"/api/v1/statements/{sent['id']}", key=chain.stall.key)
    assert seen.status_code == 200
    assert seen.json()["fields"]["lines"] == [{"goods": chain.leeks, "quantity": kg("1")}]
    assert cabbages not in seen.text
    whole = chain.client.get(f"/api/v1/statements/{sent['id']}", key=chain.wholesaler.key).json()
    assert len(whole["fields"]["lines"]) == 2


def test_a_trace_says_the_same_whether_or_not_there_is_a_neighbour(chain: Chain) -> None:
    told = chain.trace(chain.stall).json()["withheld"]
    assert {one["what"] for one in told} >= {"further_holders", "accounts_of_others", "terms", "contacts"}
    assert all(one["zh"] and one["en"] and not any(map(str.isdigit, one["zh"] + one["en"])) for one in told)
    # The co-operative sees every holder there is, and is told the same.
    assert chain.trace(chain.co_op).json()["withheld"] == told
    assert chain.trace(chain.authority).json()["withheld"] == []
    assert [one["what"] for one in chain.trace().json()["withheld"]] == ["trade"]


# A file


def asks(chain: Chain, who: Enrolled, statement: StatementId, places: list[int]) -> httpx.Response:
    return chain.client.post(
        f"/api/v1/statements/{statement}/disclosure",
        json={"places": places, "to": "示例超市（演示）"},
        key=who.key,
    )


def test_a_record_is_shown_in_a_file_that_verifies_offline_and_is_remembered(
    chain: Chain, ledger: Ledger
) -> None:
    check = of(ledger, SupplierCheck, chain.wholesaler)
    answer = asks(chain, chain.wholesaler, check, [0])
    assert answer.status_code == 200, answer.text
    shown = Disclosure.parse(answer.content).verify([ledger.vkey])
    assert list(shown.items) == [0]
    assert shown.closed
    (copy,) = ledger.copies.holding({shown.position: [0]}, until_ms=ledger.clock())
    assert (copy.kind, copy.to_whom) == ("disclosure", "示例超市（演示）")
    assert ledger.copies.holding({shown.position: [1]}, until_ms=ledger.clock()) == []


def test_nobody_puts_into_a_file_what_he_may_not_read(chain: Chain, ledger: Ledger) -> None:
    lines = [{"goods": chain.leeks, "quantity": kg("1")}]
    sent = chain.says(chain.co_op, "shipments", to=str(chain.wholesaler), lines=lines, total="80.00").json()
    chain.says(chain.wholesaler, "receipts", supplier=str(chain.co_op), shipment=sent["id"], lines=lines)
    check = StatementId.parse(sent["id"])
    # On the chain the stall reads what went, and not for how much.
    items = reads(chain, chain.stall, check).json()["items"]
    hidden = [one["place"] for one in items if "withheld" in one]
    open_ = [one["place"] for one in items if "withheld" not in one]
    refused = asks(chain, chain.stall, check, [*open_[:1], *hidden[:1]])
    assert (refused.status_code, refused.json()["errors"][0]["name"]) == (403, "NotYoursToShow")
    assert asks(chain, chain.stall, check, open_).status_code == 200
    # Of a record that he may read nothing of he is told what everybody is told of one that is not there.
    nothing, nowhere = (
        asks(chain, chain.stranger, one, [0]) for one in (check, StatementId.new(check.ms, b"not-at-all"))
    )
    assert nothing.status_code == nowhere.status_code == 422
    assert nothing.text.replace(str(check), "") == nowhere.text.replace(
        str(StatementId.new(check.ms, b"not-at-all")), ""
    )


def test_what_was_refused_was_not_handed_out(chain: Chain, ledger: Ledger) -> None:
    with ledger.book() as book:
        seq = book.position(of(ledger, SupplierCheck, chain.wholesaler)) or 0
        showable = Showable.of(book, seq, None)
    with pytest.raises(NotYoursToShow):
        showable.show(ledger, [99], to_whom="nobody")
    assert ledger.copies.holding({seq: range(10)}, until_ms=ledger.clock()) == []
