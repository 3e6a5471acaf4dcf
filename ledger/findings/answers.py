"""What parties answered to findings: the answer stands beside the finding and moves nothing in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ledger.views.book import answer_key, said_about
from ledger.vocabulary.answering import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.findings.finding import Finding
    from ledger.views.book import Book


def with_answers(subject: str, findings: Sequence[Finding], book: Book) -> tuple[Finding, ...]:
    """The findings about one subject, each with the entries in which the party it concerns answered it."""
    answered = [one for one in said_about(book, answer_key(subject), Answer) if one[1].subject == subject]
    if not answered:
        return tuple(findings)
    return tuple(
        replace(
            finding,
            answers=tuple(
                sorted(
                    record.seq
                    for record, said in answered
                    if said.finding == finding.kind and record.actor == finding.party
                )
            ),
        )
        for finding in findings
    )
