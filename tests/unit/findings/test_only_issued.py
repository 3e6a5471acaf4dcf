"""A code of which one record says only that it was issued needs no judging: whatever else stands in the book, nothing is found about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.findings import codes, judge, subjects_of
from ledger.findings.sightings import is_only_issued
from ledger.identifiers import RegionCode, StatementId
from ledger.views.book import about, code_key
from ledger.vocabulary.goods import Adjustment, Codes, Packing
from ledger.vocabulary.oversight import Scan
from ledger.vocabulary.trade import Receipt, Sale, Shipment
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import BookWriter, pieces
from tests.unit.findings.judged import batch, goods

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.views.book import MemoryBook
    from ledger.vocabulary.said import Said

CODES = tuple(f"9999991900000000000{place}" for place in range(4))
GOODS = tuple(goods(name) for name in ("one", "two"))
RUN = str(StatementId.new(1_790_000_000_000, bytes(10)))
_DEEDS = (
    "issue",
    "issue",
    "issue",
    "part",
    "void",
    "activate",
    "reprint",
    "sale",
    "ship",
    "take",
    "pack",
    "scan",
    "lose",
)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(_DEEDS),
        st.integers(0, 2),
        st.integers(0, 1),
        st.lists(st.sampled_from(CODES), min_size=1, max_size=2, unique=True),
        st.integers(0, 59),
    ),
    max_size=9,
)


def said(deed: str, lot: int, some: tuple[str, ...], other: PartyId) -> Said:  # noqa: PLR0911  (one for each deed)
    lines = (Line(goods=GOODS[lot], quantity=pieces(1), codes=some),)
    if deed == "sale":
        return Sale(lines=lines)
    if deed == "ship":
        return Shipment(to=other, lines=lines, offer=False)
    if deed == "take":
        return Receipt(
            supplier=other, lines=(ReceivedLine(goods=GOODS[lot], quantity=pieces(1), codes=some),)
        )
    if deed == "pack":
        return Packing(action="pack", parent_code="99999939000000000001", codes=some, goods=GOODS[lot])
    if deed == "lose":
        return Adjustment(reason="destroyed", lines=lines)
    if deed == "scan":
        return Scan(code=some[0], region=RegionCode.parse("320613"), scanned_by="consumer")
    if deed == "part":
        return Codes(
            action="issue", goods=GOODS[lot], codes=some, code_kind="drug", run=RUN, part=1 + lot, run_codes=9
        )
    action = {"issue": "issue", "void": "void", "activate": "activate", "reprint": "reprint"}[deed]
    return Codes.read(
        {
            "action": action,
            "goods": str(GOODS[lot]),
            "codes": list(some),
            "code_kind": "drug",
            "reason": "演示",
        }
    )


def written(steps: list[tuple[str, int, int, list[str], int]]) -> MemoryBook:
    books = BookWriter()
    parties = [books.party(name) for name in ("药厂（演示）", "批发（演示）", "药店（演示）")]
    for name in ("one", "two"):
        batch(books, parties[0], name, "drug", pieces(1000))
    for deed, who, lot, some, minute in steps:
        books.says(
            parties[who],
            said(deed, lot, tuple(some), parties[who - 1]),
            at=f"2026-10-05T10:{minute:02}:00+08:00",
            logged="2026-10-20T08:00:00+08:00",
        )
    return books.book


@settings(max_examples=150)
@given(STEPS)
def test_judged_in_full_nothing_is_found_about_a_code_that_was_only_issued(
    steps: list[tuple[str, int, int, list[str], int]],
) -> None:
    book = written(steps)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(codes, "is_only_issued", lambda _: False)
        whole = {code: judge(code_key(code), book) for code in CODES}
    assert {code: judge(code_key(code), book) for code in CODES} == whole
    for code in CODES:
        if is_only_issued(about(book, code_key(code))):
            assert whole[code] == ()


def test_the_comparison_above_is_about_something() -> None:
    # A code that was issued twice for different goods is found; the same code issued once is passed over.
    twice = written([("issue", 0, 0, [CODES[0]], 1), ("issue", 1, 1, [CODES[0]], 2)])
    assert [one.kind for one in judge(code_key(CODES[0]), twice)] == ["code_goods_differ"]
    once = written([("issue", 0, 0, [CODES[0]], 1)])
    assert is_only_issued(about(once, code_key(CODES[0])))
    for deed in ("void", "activate", "sale", "scan", "pack", "reprint"):
        assert not is_only_issued(
            about(written([("issue", 0, 0, [CODES[0]], 1), (deed, 0, 0, [CODES[0]], 2)]), code_key(CODES[0]))
        )
    void = written([("void", 0, 0, [CODES[0]], 1)])
    assert not is_only_issued(about(void, code_key(CODES[0])))


def test_a_traded_code_is_unknown_until_a_part_of_the_run_issues_it() -> None:
    sale = ("sale", 0, 0, [CODES[3]], 30)
    begun = written([("part", 0, 0, [CODES[0]], 1), sale])
    (found,) = [one for one in judge(code_key(CODES[3]), begun) if one.kind == "code_unknown"]
    # The first part says how many codes the whole run has.
    assert found.figures == {"issued": "9"}
    books = [("part", 0, 0, [CODES[0]], 1), sale, ("issue", 0, 0, [CODES[3]], 31)]
    assert "code_unknown" not in {one.kind for one in judge(code_key(CODES[3]), written(books))}


def test_every_code_of_a_part_is_a_subject_of_its_own() -> None:
    book = written([("part", 0, 1, [CODES[0], CODES[1]], 1)])
    record = book.records([book.size - 1])[book.size - 1]
    assert {code_key(CODES[0]), code_key(CODES[1])} <= subjects_of(record)
