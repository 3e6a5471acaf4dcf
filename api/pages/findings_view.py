"""A finding as pages show it: whom it concerns, figures, innocent causes first, how to answer, and the entries it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from api.words import MARKS, WORDS, say
from ledger.findings import label_of
from ledger.identifiers import PartyId, Unit
from ledger.vocabulary.answering import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.pages.names import Names
    from ledger.errors import Words
    from ledger.findings import Finding, Grade


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a party said to a finding."""

    seq: int
    at_ms: int
    cause: str
    text: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding in words."""

    kind: str
    grade: Grade
    label: Words
    words: Words
    party_name: str
    figures: tuple[tuple[str, str], ...]
    causes: tuple[Words, ...]
    answer: Words
    law: str | None
    seqs: tuple[int, ...]
    answers: tuple[AnswerView, ...]
    answer_href: str
    #: The records it rests on, side by side.
    side_href: str


def views_of(findings: Iterable[Finding], names: Names) -> list[FindingView]:
    """Findings in their order, for a template."""
    return [
        FindingView(
            kind=one.kind,
            grade=one.grade,
            label=label_of(one.kind),
            words=one.words,
            party_name=names.party(one.party),
            figures=tuple(
                (_figure(name, names), _value(name, value, names)) for name, value in one.figures.items()
            ),
            causes=one.causes,
            answer=one.answer,
            law=one.law,
            seqs=one.seqs,
            answers=_answers(one, names),
            answer_href=f"/my/findings/answer?{urlencode({'kind': one.kind, 'subject': one.subject})}",
            side_href=f"/findings/records?{urlencode({'kind': one.kind, 'subject': one.subject})}",
        )
        for one in findings
    ]


def _answers(finding: Finding, names: Names) -> tuple[AnswerView, ...]:
    """What the party said to it. Whoever may read the finding may read the answer."""
    records = names.book.records(finding.answers)
    said = [(records[seq], records[seq].said) for seq in finding.answers if seq in records]
    return tuple(
        AnswerView(
            seq=record.seq,
            at_ms=record.at_ms,
            cause=say(f"cause_{answer.cause}", names.language),
            text=answer.text,
        )
        for record, answer in said
        if isinstance(answer, Answer)
    )


def _figure(name: str, names: Names) -> str:
    """The name of a figure."""
    return say(f"figure_{name}", names.language)


def _value(name: str, value: str, names: Names) -> str:
    """A figure for people: a party by its name, units and codes by what they mean; an amount or a number stays as it is."""
    parts = value.replace(" ", "").split(",") if name in _LISTS else [value]
    return MARKS[names.language].listed.join(_one(name, part, names) for part in parts)


def _one(name: str, value: str, names: Names) -> str:
    if value.startswith(PartyId.prefix):
        return names.party(PartyId.parse(value))
    if name in _UNITS:
        return Unit.parse(value).many.in_language(names.language)
    meaning = WORDS.get(f"{_WORDED.get(name, name)}_{value}")
    return value if meaning is None else meaning.in_language(names.language)


_LISTS: Final = frozenset({"units", "documents", "fields"})
_UNITS: Final = frozenset({"unit", "units"})
#: Figures whose values are called otherwise than the figure.
_WORDED: Final = {"document": "what", "documents": "what"}
