from __future__ import annotations

import pytest

from ledger.errors import CheckDigitWrong, Malformed
from ledger.identifiers.report_number import MARK_BYTES, ReportNumber

MARK = bytes.fromhex("0123456789")
NUMBER = ReportNumber.of(1234, MARK)


def test_a_report_number_says_where_the_report_stands() -> None:
    assert NUMBER.position == 1234
    assert [ReportNumber.of(one, MARK).position for one in (1, 31, 32, 2**35 - 1)] == [1, 31, 32, 2**35 - 1]


def test_a_report_number_grows_with_the_log_and_stays_short() -> None:
    assert [len(str(ReportNumber.of(one, MARK))) for one in (1, 31, 32, 1_000_000)] == [10, 10, 11, 13]


def test_a_report_number_is_read_as_people_write_it() -> None:
    assert ReportNumber.parse(f"  {NUMBER.printed.upper()} ") == NUMBER
    assert ReportNumber.parse(str(NUMBER).replace("0", "O").replace("1", "l")) == NUMBER
    assert ReportNumber.parse(NUMBER.printed.replace("-", " ")) == NUMBER


def test_a_report_number_is_printed_in_groups_of_four() -> None:
    assert [len(group) for group in NUMBER.printed.split("-")] == [4, 4, 4]


def test_every_wrong_letter_is_found() -> None:
    text = str(NUMBER)
    for place, right in enumerate(text):
        for wrong in "0123456789abcdefghjkmnpqrstvwxyz":
            if wrong != right and not (place == 0 and wrong == "0"):
                with pytest.raises(CheckDigitWrong):
                    ReportNumber.parse(text[:place] + wrong + text[place + 1 :])


def test_two_letters_exchanged_are_found() -> None:
    text = str(NUMBER)
    for place in range(1, len(text) - 1):
        if text[place] != text[place + 1]:
            with pytest.raises(CheckDigitWrong):
                ReportNumber.parse(text[:place] + text[place + 1] + text[place] + text[place + 2 :])


@pytest.mark.parametrize(
    "text",
    ["", "123456789", "1" * 18, f"0{NUMBER}", "16j0-0000-000u", "十六位的编号十六位的编号", "16j0_0000_0003"],
    ids=["empty", "too short", "too long", "a leading zero", "no such letter", "Chinese", "underscores"],
)
def test_what_is_no_report_number_is_refused_by_what_it_should_be(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        ReportNumber.parse(text)
    assert refused.value.field == "report"
    assert "查询编号" in refused.value.expected.zh


@pytest.mark.parametrize(("position", "mark"), [(0, MARK), (5, MARK[:-1])])
def test_a_number_is_only_made_for_a_place_after_the_first_and_a_whole_mark(
    position: int, mark: bytes
) -> None:
    assert len(MARK) == MARK_BYTES
    with pytest.raises(AssertionError):
        ReportNumber.of(position, mark)
