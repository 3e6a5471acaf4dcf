"""Runs of codes over HTTP: by count, by range, by list; broken off and gone on with; never twice, and never under a recall."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from api.issuing import (
    FIRST_PART_CODES,
    OfRun,
    Run,
    carry_out,
    codes_at,
    find_run,
    recorded_codes,
    recorded_count,
    standing_parts,
)
from api.printed_links import PrintedLinks
from ledger.audit import audit
from ledger.errors import Blocked, Conflict
from ledger.identifiers import DigitalLink, GoodsId, StatementId
from ledger.identifiers.serials import Counted, Drawn, Listed
from ledger.log.label_keys import LabelKeys
from ledger.log.signed_links import sign_link, verify_link
from ledger.statement import ITEM_BYTES_MAX
from ledger.trace import code_state
from ledger.views.book import goods_key, goods_sheet_key, run_key
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import pieces
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

RUNS = "/api/v1/codes/runs"
LOT = "https://id.gs1.org/01/09520001000027/10/JC-20261114"
GOODS = GoodsId.parse(LOT)
Json = dict[str, object]


def new_id(number: int) -> str:
    return str(StatementId.new(1_794_614_400_000, number.to_bytes(10, "big")))


@pytest.fixture
def maker(ledger: Ledger, co_op: Enrolled) -> Enrolled:
    ledger.say(
        co_op.party, Batch(goods=GOODS, maker=co_op.party, name="韭菜", category="edible_farm_produce")
    )
    return co_op


def drawn(maker: Enrolled, count: int, number: int = 1) -> Run:
    return Run(StatementId.parse(new_id(number)), maker.party, "issue", GOODS, Drawn(GOODS, count))


def ask(client: Client, maker: Enrolled, **more: object) -> Json:
    answer = client.post(RUNS, json={"goods": LOT, **more}, key=maker.key)
    assert answer.status_code in {200, 201}, answer.text
    body: Json = answer.json()
    return body


def listed(client: Client, maker: Enrolled, run: object, query: str = "") -> list[list[str]]:
    answer = client.get(f"{RUNS}/{run}/codes.csv{query}", key=maker.key)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def recall(ledger: Ledger, maker: Enrolled) -> None:
    ledger.say(maker.party, Recall(action="recall", goods=(GOODS,), reason="农残超标（演示）", grade="1"))


def test_codes_by_count_are_links_that_nobody_can_guess(client: Client, maker: Enrolled) -> None:
    body = ask(client, maker, id=new_id(1), count=25)
    assert (body["codes"], body["of"], body["done"], body["again"]) == (25, 25, True, False)
    (heads, *rows) = listed(client, maker, body["run"])
    assert heads == ["number", "code"]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 26)]
    links = [DigitalLink.parse(code) for _, code in rows]
    assert {one.batch_link() for one in links} == {GOODS.digital_link}
    assert len({one.serial for one in links}) == 25


def test_a_run_sent_again_records_nothing_and_answers_the_same(
    client: Client, ledger: Ledger, maker: Enrolled
) -> None:
    first = client.post(RUNS, json={"id": new_id(1), "goods": LOT, "count": 25}, key=maker.key)
    size = ledger.size()
    again = client.post(RUNS, json={"id": new_id(1), "goods": LOT, "count": 25}, key=maker.key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "again": True}
    assert ledger.size() == size


@pytest.mark.parametrize(
    "other",
    [{"count": 26}, {"count": 25, "reason": "另有用途"}, {"codes": [f"{LOT}/21/7"]}],
    ids=["count", "reason", "list"],
)
def test_one_id_stands_for_one_run(client: Client, maker: Enrolled, other: Json) -> None:
    ask(client, maker, id=new_id(1), count=25)
    answer = client.post(RUNS, json={"id": new_id(1), "goods": LOT, **other}, key=maker.key)
    assert answer.status_code == 409
    assert answer.json()["field"] == "id"


def test_a_run_that_was_broken_off_goes_on_at_its_first_missing_part(ledger: Ledger, maker: Enrolled) -> None:
    run = drawn(maker, 7_000)
    first = carry_out(ledger, run, seconds=0)
    assert not first.done
    assert 0 < first.codes < 7_000
    stands = standing_parts(ledger, run)
    with ledger.book() as book:
        found = find_run(book, run.id, maker.party)
    assert found is not None
    before = [code for some in recorded_codes(ledger, found) for code in some]
    assert recorded_count(ledger, found) == len(before) == first.codes

    done = carry_out(ledger, run)
    assert (done.codes, done.done, done.again) == (7_000, True, False)
    assert standing_parts(ledger, run) == run.parts > stands
    with ledger.book() as book:
        found = find_run(book, run.id, maker.party)
    assert found is not None
    whole = [code for some in recorded_codes(ledger, found) for code in some]
    assert whole[: len(before)] == before
    assert len(set(whole)) == len(whole) == recorded_count(ledger, found) == 7_000
    assert carry_out(ledger, run).again


def test_the_form_that_shows_a_run_knows_how_to_go_on(ledger: Ledger, maker: Enrolled) -> None:
    numbers = Counted.parse("81234560000000000001", "81234560000000009000")
    ranged = Run(StatementId.parse(new_id(2)), maker.party, "issue", GOODS, numbers, "drug")
    for run in (drawn(maker, 6_000), ranged):
        carry_out(ledger, run, seconds=0)
        with ledger.book() as book:
            found = find_run(book, run.id, maker.party)
        assert found is not None
        more = found.go_on()
        assert more is not None
        assert (more.id, more.source.count, more.parts) == (run.id, run.source.count, run.parts)
        assert carry_out(ledger, more).done


def test_two_that_work_on_one_run_record_it_once(
    ledger: Ledger, maker: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = drawn(maker, 6_000), drawn(maker, 6_000)
    recorder = ledger.recorder
    record, meddled = recorder.record, list[bool]()

    def meddle(statements: object) -> object:
        if not meddled:
            meddled.append(True)
            # Between the look and the write somebody else records the same parts, with codes of his own.
            carry_out(ledger, other, seconds=0)
        return record(statements)  # type: ignore[arg-type]  # what `record` takes

    monkeypatch.setattr(recorder, "record", meddle)
    assert carry_out(ledger, run).done
    with ledger.book() as book:
        found = find_run(book, run.id, maker.party)
    assert found is not None
    codes = [code for some in recorded_codes(ledger, found) for code in some]
    assert len(set(codes)) == len(codes) == 6_000


def test_every_part_is_bounded_and_only_the_first_speaks_for_the_goods(
    ledger: Ledger, maker: Enrolled
) -> None:
    run = drawn(maker, 5_000)
    assert carry_out(ledger, run).done
    with ledger.book() as book:
        seqs = {one.seq for one in book.mentions([run_key(str(run.id))])}
        of_goods = {one.seq for one in book.mentions([goods_key(GOODS), goods_sheet_key(GOODS)])}
    assert len(seqs) == run.parts
    assert len(seqs & of_goods) == 1
    for seq in seqs:
        stored = ledger.stored(seq)
        (item,) = [one.item for one in stored.opened if one is not None]
        assert len(item.raw) <= ITEM_BYTES_MAX
        assert len(stored.envelope.raw) < 1_500
        said = codes_at(ledger, seq)
        assert said is not None
        assert len(said.codes) == FIRST_PART_CODES or said.continues
    with ledger.book() as book:
        audit(book.connection, ledger.vkey)


def test_a_list_with_the_longest_reason_and_the_longest_codes_still_fits_its_items(
    ledger: Ledger, maker: Enrolled
) -> None:
    codes = Listed(tuple(f"{number:04}-" + "码" * 190 for number in range(500)))
    run = Run(StatementId.parse(new_id(3)), maker.party, "issue", GOODS, codes, "other", "说" * 1000)
    assert carry_out(ledger, run).done


def test_nothing_is_issued_or_printed_again_under_a_recall_and_a_run_stops_where_it_came(
    client: Client, ledger: Ledger, maker: Enrolled
) -> None:
    run = drawn(maker, 7_000)
    part = carry_out(ledger, run, seconds=0)
    recall(ledger, maker)
    with pytest.raises(Blocked):
        carry_out(ledger, run)
    with ledger.book() as book:
        found = find_run(book, run.id, maker.party)
    assert found is not None
    assert recorded_count(ledger, found) == part.codes
    for body in (
        {"count": 1},
        {"codes": [f"{LOT}/21/7"]},
        {"of_run": str(run.id), "action": "reprint", "reason": "卡纸（演示）"},
    ):
        answer = client.post(RUNS, json={"goods": LOT, **body}, key=maker.key)
        assert answer.status_code == 409, answer.text
        assert answer.json()["type"].endswith("#Blocked")
    assert client.get(f"{RUNS}/{run.id}/codes.csv?links=true", key=maker.key).status_code == 409
    # Which packs they are is asked for all the more now; and what has a code can be made void.
    assert len(listed(client, maker, run.id)) == part.codes + 1
    assert ask(client, maker, of_run=str(run.id), action="void", reason="召回（演示）")["codes"] == part.codes


def test_a_range_and_a_list_are_recorded_as_the_maker_spells_them(client: Client, maker: Enrolled) -> None:
    body = ask(
        client,
        maker,
        id=new_id(1),
        code_kind="drug",
        range={"first": "8123456 0000000000098", "last": "81234560000000000101"},
    )
    assert [row[1] for row in listed(client, maker, body["run"])[1:]] == [
        f"8123456{number:013}" for number in range(98, 102)
    ]
    path = "https://shop.example/01/09520001000027/10/JC-20261114/21/"
    other = ask(client, maker, codes=[f"{path}{one}" for one in "AB"])
    assert [row[1] for row in listed(client, maker, other["run"])[1:]] == [f"{LOT}/21/A", f"{LOT}/21/B"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "count"),
        ({"count": 2, "codes": [f"{LOT}/21/A"]}, 422, "count"),
        ({"count": 0}, 422, "count"),
        ({"count": 1_000_001}, 422, "count"),
        ({"count": True}, 422, "count"),
        ({"count": 2, "action": "void"}, 422, "count"),
        ({"codes": [f"{LOT}/21/A", f"{LOT}/21/A"]}, 422, "codes[1]"),
        ({"codes": ["https://id.gs1.org/01/09520001000027/10/OTHER/21/A"]}, 422, "codes[0]"),
        ({"codes": [LOT]}, 422, "codes[0]"),
        ({"codes": ["812345600000000000"], "code_kind": "drug"}, 422, "codes[0]"),
        ({"range": {"first": "81234560000000000102", "last": "81234560000000000101"}, "code_kind": "drug"}, 422, "last"),
        ({"codes": [f"{LOT}/21/A"], "action": "void"}, 422, "codes[0]"),
        ({"codes": [f"{LOT}/21/A"], "action": "reprint"}, 422, "reason"),
        ({"of_run": new_id(9), "action": "void"}, 422, "of_run"),
        ({"count": 2, "goods": "https://id.gs1.org/01/09520001000027/10/NOT-MINE"}, 403, "goods"),
    ],
)  # fmt: skip
def test_what_is_no_run_is_refused_and_leaves_nothing(
    client: Client, ledger: Ledger, maker: Enrolled, body: Json, status: int, field: str
) -> None:
    size = ledger.size()
    answer = client.post(RUNS, json={"goods": LOT, **body}, key=maker.key)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text
    assert ledger.size() == size


def test_a_code_that_was_issued_is_not_issued_once_more(
    client: Client, ledger: Ledger, maker: Enrolled
) -> None:
    ask(client, maker, codes=[f"{LOT}/21/A", f"{LOT}/21/B"])
    size = ledger.size()
    answer = client.post(RUNS, json={"goods": LOT, "codes": [f"{LOT}/21/C", f"{LOT}/21/B"]}, key=maker.key)
    assert answer.status_code == 409
    assert answer.json()["field"] == "codes[1]"
    assert ledger.size() == size


def test_all_codes_of_a_run_are_activated_and_made_void_at_once(
    client: Client, ledger: Ledger, maker: Enrolled
) -> None:
    issued = ask(client, maker, id=new_id(1), count=2_000)
    codes = [row[1] for row in listed(client, maker, issued["run"])[1:]]
    active = ask(client, maker, id=new_id(2), of_run=issued["run"], action="activate")
    assert (active["codes"], active["done"]) == (2_000, True)
    assert [row[1] for row in listed(client, maker, active["run"])[1:]] == codes
    again = ask(client, maker, id=new_id(2), of_run=issued["run"], action="activate")
    assert again["again"] is True
    ask(client, maker, codes=codes[:1], action="void", reason="破损（演示）")
    with ledger.book() as book:
        assert [code_state(book, one).state for one in codes[:2]] == ["void", "active"]


def test_printing_again_needs_a_reason_and_changes_no_state(
    client: Client, ledger: Ledger, maker: Enrolled
) -> None:
    issued = ask(client, maker, count=3)
    codes = [row[1] for row in listed(client, maker, issued["run"])[1:]]
    ask(client, maker, codes=codes[1:2], action="reprint", reason="标签污损（演示）")
    with ledger.book() as book:
        assert code_state(book, codes[1]).state == "issued"
    assert [one for one in ledger.findings() if one.subject == f"code/{codes[1]}"] == []


def test_a_list_to_print_carries_links_that_verify_without_a_network(
    client: Client, ledger: Ledger, maker: Enrolled
) -> None:
    body = ask(client, maker, count=12)
    (heads, *rows) = listed(client, maker, body["run"], "?links=true")
    assert heads == ["number", "code", "link"]
    bundle = LabelKeys.open(ledger.label_keys(), [ledger.vkey])
    key = ledger.label_signer(maker.party)
    for _, code, link in rows:
        verified = verify_link(link, bundle)
        assert str(verified.goods.named) == code
        assert verified.key.party == maker.party
        # The quick way and the plain way write the same.
        assert link == sign_link(DigitalLink.parse(code).at(BASE_URL), key)


@pytest.mark.parametrize("serial", ["7", "AB%2F1", "a-b", "%C3%A9"])
def test_codes_of_any_spelling_are_printed_as_the_plain_way_would(
    ledger: Ledger, maker: Enrolled, serial: str
) -> None:
    key = ledger.label_signer(maker.party)
    printed, code = PrintedLinks(BASE_URL, key), f"{LOT}/21/{serial}"
    try:
        link = DigitalLink.parse(code)
    except ValueError:
        return
    assert printed.of(code) == sign_link(link.at(BASE_URL), key)
    assert PrintedLinks(BASE_URL).of(code) == link.at(BASE_URL)
    for other in ("81234560000000000001", "22c0e0csnkm6gkx1abcd", "https://a.example/21/7"):
        assert printed.of(other) == other


def test_a_run_is_nobody_elses(client: Client, ledger: Ledger, maker: Enrolled, stall: Enrolled) -> None:
    issued = ask(client, maker, count=3)
    for path in (f"{RUNS}/{issued['run']}", f"{RUNS}/{issued['run']}/codes.csv"):
        assert client.get(path, key=stall.key).status_code == 404
        assert client.get(path).status_code == 401
    # Nor can a stranger put codes of his own into it: what he records under its id is his.
    strange = Codes(
        action="issue", goods=GOODS, codes=("strange-001",), run=str(issued["run"]), part=2, run_codes=9
    )
    ledger.say(stall.party, strange)
    assert len(listed(client, maker, issued["run"])) == 4


def test_a_code_that_was_sold_counts_among_those_of_its_run(ledger: Ledger, maker: Enrolled) -> None:
    carry_out(ledger, drawn(maker, 3_000))
    sold = Sale(lines=(Line(goods=GOODS, quantity=pieces(1), codes=(f"{LOT}/21/NEVER",)),))
    ledger.say(maker.party, sold)
    (found,) = [one for one in ledger.findings() if one.kind == "code_unknown"]
    assert found.figures["issued"] == "3000"


def test_how_far_a_run_has_come_can_be_asked(client: Client, ledger: Ledger, maker: Enrolled) -> None:
    run = drawn(maker, 7_000)
    part = carry_out(ledger, run, seconds=0)
    body = client.get(f"{RUNS}/{run.id}", key=maker.key).json()
    assert (body["codes"], body["of"], body["done"]) == (part.codes, 7_000, False)
    carry_out(ledger, run)
    assert client.get(f"{RUNS}/{run.id}", key=maker.key).json()["done"] is True


def test_a_run_of_a_run_is_cut_as_it_was(ledger: Ledger, maker: Enrolled) -> None:
    carry_out(ledger, drawn(maker, 2_345))
    with ledger.book() as book:
        found = find_run(book, drawn(maker, 2_345).id, maker.party)
    assert found is not None
    whole = OfRun(ledger, found)
    codes = tuple(code for some in recorded_codes(ledger, found) for code in some)
    assert whole.count == 2_345
    assert whole.take(0, 2_345) == codes
    assert whole.take(5, 1_500) == codes[5:1_500]


def test_what_lies_in_a_pack_is_told_to_whoever_may_read_the_packing(
    client: Client, maker: Enrolled, stall: Enrolled
) -> None:
    packing = {
        "action": "pack",
        "parent_code": "00095200010000001234",
        "codes": [f"{LOT}/21/A", f"{LOT}/21/B"],
    }
    assert client.post("/api/v1/packings", json=packing, key=maker.key).status_code == 201
    path = "/api/v1/codes/packed?code=00095200010000001234"
    assert client.get(path, key=maker.key).json() == {
        "code": "00095200010000001234",
        "inside": [f"{LOT}/21/A", f"{LOT}/21/B"],
        "lies_in": [],
    }
    assert client.get(path, key=stall.key).status_code == 404


def test_the_clock_of_a_run_is_the_ledgers(ledger: Ledger, maker: Enrolled, clock: Clock) -> None:
    run = drawn(maker, 7_000)
    carry_out(ledger, run, seconds=0)
    clock.forward(2)
    carry_out(ledger, run)
    with ledger.book() as book:
        found = find_run(book, run.id, maker.party)
        assert found is not None
        times = [book.records([seq])[seq].at_ms for seq in found.seqs]
    assert times == sorted(times)
    assert times[-1] - times[0] == 2 * 3_600_000


def test_a_conflict_that_is_none_of_the_runs_is_not_swallowed(ledger: Ledger, maker: Enrolled) -> None:
    run = drawn(maker, 3_000)
    ledger.say(
        maker.party,
        Codes(action="issue", goods=GOODS, codes=("taken-0001",)),
        statement_id=run.statement_id(2),
    )
    with pytest.raises(Conflict):
        carry_out(ledger, run)
