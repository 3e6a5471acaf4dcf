"""The records that a finding rests on, side by side: one column each, one line for each field, with the lines marked in which they differ.

Who may see a finding, and what of each record, is for `api.audience` to say; a field that is closed to the reader is not among the lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.audience import Reading
from api.deps import needs
from api.pages.desk import AtDesk
from api.pages.entries import fields_in_words
from api.pages.findings_view import views_of
from api.pages.names import Names
from api.pages.rendering import cap, lag, moment
from api.parameters import Text
from ledger.errors import UnknownName, Words
from ledger.findings import grade_order, judge
from ledger.views.book import first_told_ms
from ledger.vocabulary import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.desk import Desk
    from ledger.findings import Finding
    from ledger.views.book import Record

#: As many columns as can be read beside each other; the others are named.
COLUMNS_MAX: Final = 6

router = APIRouter(include_in_schema=False)


@router.get("/findings/records", response_class=HTMLResponse, dependencies=[needs("read_findings")])
def side_by_side(desk: AtDesk, kind: Text, subject: Text) -> HTMLResponse:
    """The records of one finding."""
    with desk.ledger.book() as book:
        reading = Reading.of(desk.ledger, book, desk.viewer)
        names = Names(book, desk.viewer, desk.language, reading)
        of_kind = (one for one in sorted(judge(subject, book), key=grade_order) if one.kind == kind)
        finding = next((one for one in of_kind if reading.may_read_finding(one)), None)
        if finding is None:
            expected = Words(zh="您可以查看的提示", en="a finding that you may read")
            raise UnknownName(field="subject", came=subject, expected=expected)
        found = book.records(finding.seqs)
        records = [found[seq] for seq in finding.seqs[:COLUMNS_MAX] if seq in found]
        return desk.page(
            "side_by_side.html",
            finding=views_of([finding], names)[0],
            columns=[
                (one.seq, cap(TYPES[one.header.type].TITLE.in_language(desk.language))) for one in records
            ],
            rows=_rows(desk, records, names),
            left=_left(finding),
        )


def _left(finding: Finding) -> Sequence[int]:
    return finding.seqs[COLUMNS_MAX:]


def _rows(desk: Desk, records: Sequence[Record], names: Names) -> list[dict[str, object]]:
    """Whose word it is, both times and the signature first; then every field that stands in any of the records."""
    told = [_of(desk, record, names) for record in records]
    labels = dict.fromkeys(label for one in told for label in one)
    rows: list[dict[str, object]] = []
    for label in labels:
        values = [one.get(label, "") for one in told]
        rows.append({"label": label, "cells": values, "differs": len(set(values)) > 1})
    return rows


def _of(desk: Desk, record: Record, names: Names) -> dict[str, str]:
    """One record by its labels. Several values under one label (lines of goods) stand in one cell."""
    late = lag(first_told_ms(names.book, record.seq) - record.occurred_ms, desk.language)
    heads = {
        "entry_issuer": names.party(record.actor),
        "col_occurred": moment(record.occurred_ms),
        "col_recorded": moment(record.at_ms) + (f" {late}" if late else ""),
        "col_custody": desk.say(f"custody_{record.custody}"),
    }
    found = {desk.say(key): value for key, value in heads.items()}
    kind, stored = TYPES[record.header.type], desk.ledger.stored(record.seq)
    for place in sorted(names.reading.places(record, stored.opened)):
        one = stored.opened[place]
        for label, value in fields_in_words(kind, one.item, names) if one is not None else ():
            title = cap(label)
            found[title] = f"{found[title]}\n{value}" if title in found else value
    return found
