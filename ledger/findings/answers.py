"""What parties answered to findings: the answer stands beside the finding and moves nothing in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ledger.views.book import about, about_many, answer_key, of_type
from ledger.vocabulary.answering import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.findings.finding import Finding
    from ledger.views.book import Book, Record


def with_answers(subject: str, findings: Sequence[Finding], book: Book) -> tuple[Finding, ...]:
    """The findings about one subject, each with the entries in which the party it concerns answered it."""
    return answered_by(subject, findings, about(book, answer_key(subject)))


def with_all_answers(found: Mapping[str, Sequence[Finding]], book: Book) -> dict[str, tuple[Finding, ...]]:
    """The same for many subjects at once: one look at all that was answered."""
    answers = about_many(book, [answer_key(subject) for subject in found])
    return {
        subject: answered_by(subject, findings, answers.get(answer_key(subject), ()))
        for subject, findings in found.items()
    }


def answered_by(subject: str, findings: Sequence[Finding], records: Iterable[Record]) -> tuple[Finding, ...]:
    """The findings about one subject with those of these records that answer them."""
    answered = [one for one in of_type(records, Answer) if one[1].subject == subject]
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
