"""Every text stands in both languages, says nothing it must not say, and is used."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Literal, get_args, get_origin

import pytest

import api.pages
from api.pages.rendering import TEMPLATES
from api.words import WORDS, say
from api.words_fields import FIELDS
from ledger.findings import FINDING_KINDS, GRADES, label_of
from ledger.register import CUSTODIES
from ledger.statement import AUDIENCES
from ledger.trace.codes import CodeStateName
from ledger.vocabulary import TYPES
from ledger.vocabulary.said import Part
from ledger.vocabulary.trade import CheckedDocument, Conclusion, VoucherKind

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE_TEXT = "\n".join(path.read_text("utf-8") for path in sorted(TEMPLATES.glob("*.html")))
#: The pages and spreadsheets, and what puts a statement into words for whoever is going to sign it.
PYTHON_TEXT = "\n".join(
    path.read_text("utf-8")
    for path in (
        *sorted(Path(api.pages.__file__).parent.glob("*.py")),
        *sorted((Path(api.pages.__file__).parent.parent / "resolver").glob("*.py")),
        Path(api.pages.__file__).parent.parent / "unsigned.py",
        *sorted((Path(api.pages.__file__).parent.parent / "sheets").glob("*.py")),
    )
)

#: Said of goods or to a buyer, each would be a promise nobody can keep.
NEVER = ("正品", "放心", "免责", "保真", "假货", "genuine", "authentic", "guaranteed")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_text_stands_in_both_languages() -> None:
    # What is made of blanks and marks alone says nothing in any language.
    worded = [
        key
        for key, words in WORDS.items()
        if any(one.isalpha() for one in re.sub(r"\{\w+\}", "", words.zh + words.en))
    ]
    assert [key for key in worded if not CHINESE.search(WORDS[key].zh)] == []
    assert [key for key, words in WORDS.items() if CHINESE.search(words.en) and key != "language_name"] == []
    assert [key for key, words in WORDS.items() if not words.en or words.en.strip() != words.en] == []


def test_both_languages_have_the_same_blanks() -> None:
    assert [key for key, words in WORDS.items() if blanks(words.zh) != blanks(words.en)] == []


def test_no_text_promises_or_accuses() -> None:
    said = {key: f"{words.zh} {words.en.lower()}" for key, words in WORDS.items()}
    assert [(key, word) for key, text in said.items() for word in NEVER if word in text] == []


def test_every_text_that_a_template_asks_for_exists() -> None:
    asked = set(re.findall(r"\bt\('([a-z_0-9]+)'\s*[,)]", TEMPLATE_TEXT))
    assert asked
    assert asked - WORDS.keys() == set()


def test_no_text_is_left_over() -> None:
    whole = set(re.findall(r"\bt\('([a-z_0-9]+)'\s*[,)]", TEMPLATE_TEXT))
    beginnings = set(re.findall(r"\bt\('([a-z_0-9]+_)' ~", TEMPLATE_TEXT))
    beginnings |= set(re.findall(r'f"([a-z_]+_)\{', PYTHON_TEXT))
    # Names of fields, figures and codes are looked up by what a record holds.
    endings = set(re.findall(r'\}(_[a-z]+)"', PYTHON_TEXT))
    quoted = set(re.findall(r'["\']([a-z_0-9]+)["\']', PYTHON_TEXT))
    unused = {
        key
        for key in WORDS
        if key not in whole | quoted | FIELDS.keys()
        and not any(key.startswith(one) for one in beginnings)
        and not any(key.endswith(one) and key.removesuffix(one) in quoted for one in endings)
    }
    assert unused == set()


@pytest.mark.parametrize(
    "key",
    [
        *(f"grade_{one}" for one in GRADES),
        *(f"audience_{one}" for one in AUDIENCES),
        *(f"custody_{one}" for one in CUSTODIES),
        *(f"custody_{one}_what" for one in CUSTODIES),
        *(f"conclusion_{one}" for one in get_args(Conclusion)),
        *(f"voucher_kind_{one}" for one in get_args(VoucherKind)),
        *(f"what_{one}" for one in get_args(CheckedDocument.model_fields["what"].annotation)),
        *(f"result_{one}" for one in get_args(CheckedDocument.model_fields["result"].annotation)),
        *(f"code_{one}" for one in get_args(CodeStateName) if one != "active"),
    ],
)
def test_every_code_of_a_record_has_words(key: str) -> None:
    assert key in WORDS


def test_every_choice_in_a_record_has_words_in_both_languages() -> None:
    choices = {(name, one) for kind in TYPES.values() for name, one in _choices(kind)}
    assert len(choices) > 100
    assert sorted(f"{name}_{one}" for name, one in choices if f"{name}_{one}" not in WORDS) == []


def _choices(part: type[Part]) -> Iterator[tuple[str, str]]:
    """Every field of a record, or of a part of it, that takes one of a few words."""
    for name, info in part.model_fields.items():
        waiting: list[object] = [info.annotation]
        while waiting:
            one = waiting.pop()
            if get_origin(one) is Literal:
                yield from ((name, str(word)) for word in get_args(one))
            elif isinstance(one, type) and issubclass(one, Part):
                yield from _choices(one)
            else:
                waiting += get_args(one)


def test_every_finding_has_a_name() -> None:
    assert all(label_of(kind).zh and label_of(kind).en for kind in FINDING_KINDS)


def test_blanks_are_filled_in() -> None:
    assert say("recorded_at", "zh", entry=12, time="2026-11-14 08:05") == "日志第 12 条，2026-11-14 08:05。"
    assert (
        say("recorded_at", "en", entry=12, time="2026-11-14 08:05")
        == "Entry 12 of the log, 2026-11-14 08:05."
    )
