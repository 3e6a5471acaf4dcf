"""What does not fit together in the records, whose duty it was, and how the party may answer.

    subjects_touched(record, book)      # what to judge again after one record
    judge(subject, book)                # the findings about one subject, worst first
    contradictions(book, party, category)   # what turns a declared source red in a trace

A finding is a view: it is judged from the book, never stored as truth, and a later fact judges it again. It goes to the party concerned
and to officials. The public sees recalls, published decisions and the state of the code in its hand, never a suspicion.
"""

from typing import Final

from ledger.findings.finding import GRADES, Finding, Grade, Readers, audience_of, grade_order, may_read
from ledger.findings.judging import judge, judge_many, subjects_of, subjects_touched
from ledger.findings.sources import contradictions
from ledger.findings.uses import Uses, uses_of
from ledger.findings.words import label_of
from ledger.vocabulary.profiles import FINDING_KINDS, FindingKind

__all__ = [
    "FINDING_KINDS",
    "GRADES",
    "RULES_VERSION",
    "Finding",
    "FindingKind",
    "Grade",
    "Readers",
    "Uses",
    "audience_of",
    "contradictions",
    "grade_order",
    "judge",
    "judge_many",
    "label_of",
    "may_read",
    "subjects_of",
    "subjects_touched",
    "uses_of",
]

#: Counted up with every change of what a judge finds: a ledger whose findings were judged by another version judges them again.
RULES_VERSION: Final = 8
