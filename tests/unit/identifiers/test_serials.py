"""Where the codes of a run come from."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed, TooLarge
from ledger.identifiers import BatchCode, DigitalLink, GoodsId
from ledger.identifiers.serials import BITS_MIN, COUNT_MAX, Counted, Drawn, Listed, pack_code

LOT = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
NO_GTIN = GoodsId.of_batch(BatchCode.new(bytes(range(10))))


def test_a_drawn_code_is_a_link_to_one_pack_of_the_batch() -> None:
    (code,) = Drawn(LOT, 1).take(0, 1)
    link = DigitalLink.parse(code)
    assert str(link) == code
    assert link.batch_link() == LOT.digital_link
    assert link.serial is not None


@pytest.mark.parametrize("goods", [LOT, NO_GTIN])
def test_a_drawn_code_carries_at_least_eighty_bits_of_the_randomness_it_was_given(goods: GoodsId) -> None:
    drawn = Drawn(goods, 1)
    (none,) = Drawn(goods, 1, bytes).take(0, 1)
    letters = set()
    # Every bit that is drawn changes the code, and no two bits change it alike.
    for bit in range(BITS_MIN):
        raw = (1 << bit).to_bytes(BITS_MIN // 8, "little")
        (one,) = Drawn(goods, 1, partial(_padded, raw)).take(0, 1)
        letters.add(one)
    assert len(letters | {none}) == BITS_MIN + 1
    assert len(none) == drawn.bytes_max


def _padded(raw: bytes, count: int) -> bytes:
    return raw.ljust(count, b"\0")[:count]


def test_codes_of_goods_without_a_gtin_stand_alone_and_are_no_batch_codes() -> None:
    codes = Drawn(NO_GTIN, 3).take(0, 3)
    assert len(set(codes)) == 3
    for code in codes:
        with pytest.raises(Malformed):
            BatchCode.parse(code)


def test_no_codes_are_drawn_for_a_pack_or_for_goods_that_others_named() -> None:
    for goods in ("https://id.gs1.org/01/09520001000027/21/7", "urn:demo:goods:leek"):
        with pytest.raises(Malformed, match="goods"):
            Drawn(GoodsId.parse(goods), 1)


def test_a_hundred_thousand_draws_are_all_different() -> None:
    assert len(set(Drawn(LOT, 100_000).take(0, 100_000))) == 100_000


@pytest.mark.parametrize("count", [1, COUNT_MAX])
def test_a_run_has_one_to_a_million_codes(count: int) -> None:
    assert Drawn(LOT, count).count == count


@pytest.mark.parametrize("count", [0, COUNT_MAX + 1])
def test_a_run_has_no_fewer_and_no_more(count: int) -> None:
    with pytest.raises(TooLarge, match="count"):
        Drawn(LOT, count)


def test_a_range_holds_both_of_its_ends() -> None:
    some = Counted.parse("81234560000000000998", "81234560000000001001")
    assert some.count == 4
    assert some.take(0, 4) == (
        "81234560000000000998",
        "81234560000000000999",
        "81234560000000001000",
        "81234560000000001001",
    )
    assert Counted.parse("AB-7", "AB-7").take(0, 1) == ("AB-7",)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("81234560000000000998", "81234560000000000997"),
        ("AB-0998", "AB-10000"),
        ("AB-0998", "AC-0999"),
        ("AB-X", "AB-Y"),
        ("A1B", "A2B"),
        ("", "7"),
    ],
    ids=["backwards", "longer", "another head", "letters", "digits within", "nothing"],
)
def test_what_is_no_range_is_refused(first: str, last: str) -> None:
    with pytest.raises(Malformed, match="range"):
        Counted.parse(first, last)


@given(
    head=st.text("ABC-/:.", max_size=8),
    first=st.integers(0, 10**9),
    more=st.integers(0, 500),
    cut=st.integers(0, 501),
)
def test_a_range_gives_any_stretch_of_its_codes_again(head: str, first: int, more: int, cut: int) -> None:
    some = Counted.parse(f"{head}{first:012}", f"{head}{first + more:012}")
    whole = some.take(0, some.count)
    cut = min(cut, some.count)
    assert some.take(0, cut) + some.take(cut, some.count) == whole
    assert whole == tuple(f"{head}{first + number:012}" for number in range(more + 1))
    assert Counted.after(whole[0], some.count) == some
    assert some.bytes_max == len(whole[0].encode())


def test_a_list_names_each_code_once() -> None:
    assert Listed(("code-0001", "code-0002")).take(1, 2) == ("code-0002",)
    with pytest.raises(Malformed, match=r"codes\[2\]"):
        Listed(("code-0001", "code-0002", "code-0001"))
    with pytest.raises(TooLarge):
        Listed(())


def test_the_longest_code_counts_by_its_bytes() -> None:
    assert Listed(("苗-0001", "code-00")).bytes_max == 8


@pytest.mark.parametrize(
    "text",
    [
        "095200010000012341",
        " (00)095200010000012341 ",
        "]C100095200010000012341",
        "https://id.gs1.org/00/095200010000012341",
        "https://shop.example/00/095200010000012341?from=label",
    ],
)
def test_a_logistic_unit_has_one_spelling(text: str) -> None:
    assert pack_code(text) == "https://id.gs1.org/00/095200010000012341"


def test_eighteen_digits_that_are_no_sscc_stay_what_they_are_and_a_marked_one_is_refused() -> None:
    assert pack_code("095200010000012342") == "095200010000012342"
    with pytest.raises(CheckDigitWrong, match=r"codes\[3\]"):
        pack_code("(00)095200010000012342", field="codes[3]")


def test_packs_with_other_codes_are_spelt_as_everywhere() -> None:
    assert pack_code("8123456 78901-23456784") == "81234567890123456784"
    assert pack_code("https://shop.example/01/09520001000027/10/JC-20261114/21/7") == f"{LOT}/21/7"
    assert pack_code("box-000001") == "box-000001"
