"""A finding: that records do not fit together, whom it concerns, what it rests on, and how the party may answer.

It states what the records say. It accuses nobody: technical and innocent causes come first, and no finding is ever shown to the public.
A finding is never stored as truth; judging the same book again gives the same findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar, get_args

from ledger.errors import Malformed, Words
from ledger.identifiers import PartyId
from ledger.vocabulary.profiles import FINDING_KINDS, FindingKind

if TYPE_CHECKING:
    from ledger.canonical import Json, JsonObject

_Choice = TypeVar("_Choice", bound=str)

#: `red`: two records cannot both be true, or goods that should stand still moved. `amber`: a duty is not fulfilled by the records, or
#: figures do not meet. `grey`: something is missing, and that may be lawful.
Grade = Literal["red", "amber", "grey"]
GRADES: Final[tuple[Grade, ...]] = get_args(Grade)

#: Who may read a finding: the party concerned and officials, or officials alone. Never the public.
Readers = Literal["parties", "officials"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    `subject` is the key it was judged for, `party` whose duty it is or whom it concerns, `seqs` the entries it rests on (for two uses of
    one thing the later recorded stands second), `figures` the numbers shown as decimal texts, `causes` innocent and technical ones first,
    `words` what the records say, `law` the article, `answer` how the party may answer, `since_ms` the log's time of the latest of `seqs`.
    `answers` are the entries in which that party answered this finding: who reads the one reads the other, and neither moves the other.
    """

    kind: FindingKind
    grade: Grade
    subject: str
    party: PartyId
    seqs: tuple[int, ...]
    figures: Mapping[str, str] = field(hash=False)
    causes: tuple[Words, ...]
    words: Words
    law: str | None
    answer: Words
    since_ms: int
    answers: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """As it is stored and sent; `from_json` gives it back."""
        return {
            "kind": self.kind,
            "grade": self.grade,
            "subject": self.subject,
            "party": str(self.party),
            "seqs": list(self.seqs),
            "figures": dict(self.figures),
            "causes": [_words_json(one) for one in self.causes],
            "words": _words_json(self.words),
            "law": self.law,
            "answer": _words_json(self.answer),
            "since_ms": self.since_ms,
            "answers": list(self.answers),
        }

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """A finding from its JSON; anything but its one shape is refused by name."""
        if set(value) != set(cls.__slots__):
            expected = ", ".join(cls.__slots__)
            raise Malformed(field="finding", came=sorted(value), expected=Words(zh=expected, en=expected))
        law = value["law"]
        return cls(
            kind=_one_of(value, "kind", FINDING_KINDS),
            grade=_one_of(value, "grade", GRADES),
            subject=_text(value, "subject"),
            party=PartyId.parse(_text(value, "party")),
            seqs=tuple(_integer(one, "seqs") for one in _list(value, "seqs")),
            figures=_figures(value["figures"]),
            causes=tuple(_words(one, "causes") for one in _list(value, "causes")),
            words=_words(value["words"], "words"),
            law=None if law is None else _text(value, "law"),
            answer=_words(value["answer"], "answer"),
            since_ms=_integer(value["since_ms"], "since_ms"),
            answers=tuple(_integer(one, "answers") for one in _list(value, "answers")),
        )


def grade_order(finding: Finding) -> tuple[int, int, str, tuple[int, ...]]:
    """For sorting: red before amber before grey, then the older one, then a fixed order."""
    return (GRADES.index(finding.grade), finding.since_ms, finding.kind, finding.seqs)


def audience_of(finding: Finding) -> Readers:
    """Who may read it. A lead that joins several traders goes to officials alone; everything else also to the party it concerns."""
    return "officials" if finding.kind == "shared_contact" else "parties"


def may_read(finding: Finding, *, reader: PartyId | None, official: bool) -> bool:
    """Whether this reader may see the finding. `reader` None is somebody without an account."""
    return official or (audience_of(finding) == "parties" and reader is not None and reader == finding.party)


def _words_json(words: Words) -> dict[str, Json]:
    return {"zh": words.zh, "en": words.en}


def _words(value: Json, name: str) -> Words:
    if not isinstance(value, Mapping) or set(value) != {"zh", "en"}:
        raise Malformed(field=name, came=value, expected=Words(zh="zh 和 en", en="zh and en"))
    return Words(zh=_text(value, "zh"), en=_text(value, "en"))


def _figures(value: Json) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise Malformed(field="figures", came=value, expected=Words(zh="对象", en="an object"))
    return {name: _text(value, name) for name in value}


def _list(value: JsonObject, name: str) -> Sequence[Json]:
    inner = value[name]
    if not isinstance(inner, Sequence) or isinstance(inner, str):
        raise Malformed(field=name, came=inner, expected=Words(zh="数组", en="an array"))
    return inner


def _text(value: JsonObject, name: str) -> str:
    inner = value[name]
    if not isinstance(inner, str):
        raise Malformed(field=name, came=inner, expected=Words(zh="文字", en="text"))
    return inner


def _integer(value: Json, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed(field=name, came=value, expected=Words(zh="整数", en="an integer"))
    return value


def _one_of(value: JsonObject, name: str, allowed: tuple[_Choice, ...]) -> _Choice:
    text = _text(value, name)
    for one in allowed:
        if text == one:
            return one
    raise Malformed(field=name, came=text, expected=Words(zh="、".join(allowed), en=", ".join(allowed)))
