"""The page on what the law asks for says what the vocabulary has, no more and no less."""

from __future__ import annotations

import pytest

from ledger.vocabulary import TYPES
from tools.records import PAGE, WrongPath, page, place_of, read_table


def test_the_page_is_what_the_table_and_the_vocabulary_make() -> None:
    # After a change that is meant: `python tools/records.py`.
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_path_leads_to_a_field_of_the_vocabulary() -> None:
    paths = [one.field for record in read_table() for one in record.fields]
    assert paths
    for path in paths:
        place_of(path)


@pytest.mark.parametrize(
    "path", ["batch.colour", "batches.name", "voucher.lines.colour", "batch.name.zh", "batch"]
)
def test_a_path_that_leads_nowhere_is_found(path: str) -> None:
    with pytest.raises(WrongPath, match=path):
        place_of(path)


def test_every_type_of_record_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in TYPES if f"`{name}`" not in text] == []
