"""Codes as they are printed, typed and pasted: one spelling for each, whatever stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.identifiers import (
    DrugTraceCode,
    EarTag,
    LabelRule,
    LegalDate,
    PesticideUnitCode,
    PrintedCode,
    SeedLabel,
    SeedUnitCode,
    VetDrugCode,
    printed_code,
)
from ledger.identifiers.pesticide_code import registration_ending
from ledger.identifiers.printed import PRINTED_CHARACTERS_MAX, spelt
from tests.support.printed import DRUG, EAR, PESTICIDE, SEED, SEED_LABEL, VET, WIDE, forms, grouped

DIGITS = "0123456789"
WORDS = "追溯码农药药品兽药耳标请扫 \n，。：;:"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


drugs = digits(20).map(DrugTraceCode)
pesticides = st.builds(
    lambda first, six, eighth, rest: PesticideUnitCode(first + six + eighth + rest),
    st.sampled_from("123"),
    digits(6),
    st.sampled_from("123"),
    digits(24),
)
vets = st.builds(
    lambda day, rest: VetDrugCode(f"{day:%Y%m%d}{rest}"),
    st.dates(min_value=LegalDate.parse("2000-01-01").date, max_value=LegalDate.parse("2099-12-31").date),
    digits(16),
)
ear_tags = st.builds(
    lambda kind, province, rest: EarTag(f"{kind}{province}{rest}"),
    st.sampled_from("123"),
    st.sampled_from(["11", "32", "37", "45", "54", "65"]),
    digits(12),
)
national = st.one_of(drugs, pesticides, vets, ear_tags)
units = st.text(DIGITS + "ABCxyz", min_size=1, max_size=20).map(SeedUnitCode)
line_texts = st.text("苏玉1号某种业（演示） A", min_size=1, max_size=20).filter(
    lambda text: text == text.strip()
)
seed_labels = st.builds(SeedLabel, line_texts, line_texts, units, st.just("https://seed.example/q?c=1"))


@given(national, st.data())
def test_every_code_is_read_back_from_every_form(code: PrintedCode, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(forms(str(code))))
    # A symbology identifier is the scanner's to take off.
    assert printed_code(text.removeprefix("]Q1")) == code
    assert spelt(text.removeprefix("]Q1")) == str(code)
    assert type(code).parse(str(code)) == code


@given(national, national)
def test_a_text_with_two_codes_names_neither(one: PrintedCode, other: PrintedCode) -> None:
    if one != other:
        assert printed_code(f"{one}；{other}") is None
    assert printed_code(f"{one}；{one}") == one


@given(national, st.text(WORDS, max_size=12), st.text(WORDS, max_size=12))
def test_words_around_a_code_change_nothing(code: PrintedCode, before: str, after: str) -> None:
    assert printed_code(f"码{before}{code}{after}止") == code


@given(national, st.data(), st.sampled_from(["\n", "\r\n", " \n "]))
def test_a_code_on_two_lines_is_that_code_and_never_a_shorter_one(
    code: PrintedCode, data: st.DataObject, end: str
) -> None:
    digits = str(code)
    at = data.draw(st.integers(1, len(digits) - 1))
    lines = f"{digits[:at]}{end}{digits[at:]}"
    assert printed_code(lines) == code
    assert printed_code(f"追溯码：{lines} 扫码查询") in {code, None}


def test_lines_that_are_no_code_together_hold_one_each() -> None:
    assert printed_code(f"{DRUG}\n{DRUG}") == DrugTraceCode(DRUG)
    assert printed_code(f"{DRUG}\n1234") == DrugTraceCode(DRUG)
    assert printed_code(f"{DRUG} 1234") is None


@given(seed_labels)
def test_a_seed_label_goes_there_and_back_with_any_line_end(label: SeedLabel) -> None:
    text = str(label)
    assert SeedLabel.parse(text) == label
    assert SeedLabel.parse(text.replace("\r\n", "\n")) == label
    assert SeedLabel.parse(text.replace("\r\n", "")) == label
    assert printed_code(text) == label.unit_code


@given(st.text(max_size=80))
def test_whatever_comes_has_a_spelling_that_stays(text: str) -> None:
    assert spelt(spelt(text)) == spelt(text)


@pytest.mark.parametrize(
    "text",
    [
        DRUG[:-1],
        f"{DRUG}1",
        f"编号{DRUG}1",
        f"https://p.example/{PESTICIDE}0",
        f"https://id.gs1.org/01/09520001000010/21/{DRUG}",
        "202602291234500000000001",
        "٣" * 20,
        f"https://p.example/order/{'9' * 15}",
        "1" * (PRINTED_CHARACTERS_MAX + 1),
    ],
)
def test_what_is_no_code_of_these_is_left_alone(text: str) -> None:
    assert printed_code(text) is None
    assert spelt(text) == text


def test_an_ear_tag_in_an_address_names_a_province_that_there_is() -> None:
    assert printed_code(f"https://p.example/t?e={EAR}") == EarTag(EAR)
    assert printed_code("https://p.example/t?e=199068590000001") is None
    assert printed_code("199068590000001") == EarTag("199068590000001")  # Typed alone it can be nothing else.


@pytest.mark.parametrize("code", [DRUG, VET, PESTICIDE, EAR])
def test_every_form_of_the_story_is_one_spelling(code: str) -> None:
    assert {spelt(form.removeprefix("]Q1")) for form in forms(code)} == {code}


# --- Seed labels


def test_a_seed_label_without_the_words_before_its_lines_is_read() -> None:
    lines = "苏玉（演示）\n某种业（演示）\nSY2026000017\nseed.example/q"
    label = SeedLabel.parse(lines)
    assert (str(label.unit_code), label.address) == (SEED, "seed.example/q")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (SEED, "A" * 20, None),
        (SEED, "A" * 21, "seed_label.unit_code"),
        (SEED, "苏玉1", "seed_label.unit_code"),
        ("https://seed.example/q", "无", "seed_label.address"),
        ("https://seed.example/q", "javascript:alert(1)", "seed_label.address"),
        ("苏玉（演示）", "苏" * 101, "seed_label.variety"),
        ("追溯网址：", "广告：", "seed_label.unit_code"),
    ],
)
def test_a_seed_label_that_holds_something_else_says_which_line(
    old: str, new: str, field: str | None
) -> None:
    text = SEED_LABEL.replace(old, new)
    if field is None:
        SeedLabel.parse(text)
        return
    with pytest.raises(Malformed) as refused:
        SeedLabel.parse(text)
    assert refused.value.field == field


def test_lines_in_another_order_are_no_seed_label() -> None:
    lines = SEED_LABEL.split("\r\n")
    with pytest.raises(Malformed):
        SeedLabel.parse("\r\n".join([lines[1], lines[0], *lines[2:]]))


# --- Vet drugs


def test_a_vet_drug_code_says_day_maker_and_pack() -> None:
    code = VetDrugCode.parse(VET)
    assert (str(code.asked_on), code.maker_number, code.serial) == ("2026-11-13", "95201", "20000000001")


@pytest.mark.parametrize(
    "text",
    [VET[:-1], VET + "0", "20260229" + VET[8:], "19991231" + VET[8:], VET.translate(WIDE), grouped(VET)],
)
def test_a_vet_drug_code_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        VetDrugCode.parse(text)


# --- Pesticides and the two label rules


@pytest.mark.parametrize(
    ("number", "ending"),
    [
        ("PD20269001", ("PD", "269001")),
        ("wp20080123", ("WP", "080123")),
        ("LS20120001", ("LS", "120001")),
        ("PD91109-10", ("PD", "110910")),
        ("PD20080123F120045", ("PD", "080123")),
        ("PD12345", None),
        ("国药准字H20260001", None),
        ("", None),
    ],
)
def test_a_registration_number_ends_in_six_digits_or_gives_none(
    number: str, ending: tuple[str, str] | None
) -> None:
    assert registration_ending(number) == ending


def test_two_registrations_that_end_alike_are_both_candidates() -> None:
    code = PesticideUnitCode(PESTICIDE)
    assert code.may_belong_to("PD20269001")
    assert code.may_belong_to("PD20150269001")
    assert not code.may_belong_to("WP20269001")
    assert not code.may_belong_to("PD20269002")
    assert code.head == PESTICIDE[:11]


def test_the_new_rule_begins_with_the_first_of_november() -> None:
    before, first = LabelRule.of(LegalDate.parse("2026-10-31")), LabelRule.of(LegalDate.parse("2026-11-01"))
    assert before is LabelRule.NOTICE_2579
    assert first is LabelRule.NOTICE_1049
    assert LabelRule.of(None) is None
    assert len(first.facts) == 6
    assert set(before.facts) < set(first.facts)


def test_a_temporary_registration_stands_on_old_labels_only() -> None:
    assert LabelRule.NOTICE_2579.admits("LS")
    assert not LabelRule.NOTICE_1049.admits("LS")
    assert LabelRule.NOTICE_1049.admits("PD")
    assert LabelRule.NOTICE_1049.admits("WP")
