"""What lenient parsers let through, one trap after the other."""

from __future__ import annotations

import pytest

from ledger.log.errors import CheckpointMalformed, Untrue
from ledger.log.sizes import SIZE_MAX
from ledger.log.strict import decode_base64, read_base64, read_decimal, write_base64


@pytest.mark.parametrize("number", [0, 1, 9, 10, 70_000, SIZE_MAX])
def test_a_number_is_read_as_it_is_written(number: int) -> None:
    assert read_decimal(str(number), field="size", refusal=CheckpointMalformed) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+5",
        "-5",
        "-0",
        " 5",
        "5 ",
        "5\n",
        "1_0",
        "05",
        "00",
        "0x5",
        "5.0",
        "5e3",
        "٥",
        "５",
        "²",
        str(SIZE_MAX + 1),
        pytest.param("1" + "0" * 4300, id="more digits than int() takes"),
    ],
)
def test_a_number_with_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(CheckpointMalformed, match="expected a decimal number from 0 to 9223372036854775807"):
        read_decimal(text, field="size", refusal=CheckpointMalformed)


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xff\xff", b"abc", bytes(range(256))])
def test_base64_goes_there_and_back(raw: bytes) -> None:
    assert read_base64(write_base64(raw), field="key", refusal=Untrue) == raw


@pytest.mark.parametrize(
    ("text", "lie"),
    [
        ("AAE", "padding left out"),
        ("AAE==", "padding too long"),
        ("AA=E", "padding in the middle"),
        ("AAE=AAE=", "two in one"),
        ("AAF=", "bits set before the padding"),
        (" AAE=", "space before"),
        ("AAE=\n", "newline behind"),
        ("AA\nE=", "newline within"),
        ("AA!E=", "a character that a lenient decoder skips"),
        ("-_8=", "the URL alphabet"),
        ("AAÉ=", "a letter outside ASCII"),  # noqa: RUF100
        ("=", "nothing but padding"),
    ],
)
def test_base64_with_another_spelling_is_refused(text: str, lie: str) -> None:
    assert decode_base64(text) is None, lie
    with pytest.raises(Untrue, match=r"key: does not verify; .* expected padded standard base64"):
        read_base64(text, field="key", refusal=Untrue)


def test_every_refusal_of_the_log_says_why_in_both_languages() -> None:
    kinds = Untrue.__subclasses__()
    assert len({kind.title.zh for kind in kinds}) == len(kinds) == len({kind.title.en for kind in kinds})
