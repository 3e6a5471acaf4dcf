"""What a dry run found, and what recording did, in a form that can be kept beside the file: numbers, the first faults, the reasons."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from pydantic import TypeAdapter

from api.sheets.marked import cell_of
from ledger.errors import Refusal, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.sheets.checking import Checked, Fault
    from api.sheets.columns import Headings

#: Faults that are shown in a page or an answer; the marked file has the others.
FAULTS_SHOWN_MAX: Final = 100
#: Faults that are marked in the file. Whoever has more mends these first.
FAULTS_MARKED_MAX: Final = 5_000


@dataclass(frozen=True, slots=True)
class Told:
    """One fault as it is shown: where, which column, why, what came, what was expected."""

    row: int
    column: str
    cell: str
    label: Words
    name: str
    title: Words
    came: str
    expected: Words
    gap: bool

    @classmethod
    def of(cls, refusal: Refusal, *, cell: str = "", row: int = 0, gap: bool = False) -> Self:
        """A refusal of a file or of a cell."""
        return cls(
            row=row,
            column=refusal.field,
            cell=cell or refusal.field,
            label=Words("", ""),
            name=refusal.name,
            title=refusal.title,
            came=refusal.came,
            expected=refusal.expected,
            gap=gap,
        )

    @classmethod
    def of_fault(cls, fault: Fault, headings: Headings) -> Self:
        """A fault of a row."""
        made = cls.of(fault.refusal, cell=cell_of(fault, headings), row=fault.row, gap=fault.gap)
        column = headings.columns.get(fault.column)
        return replace(made, column=fault.column, label=made.label if column is None else column.label)


@dataclass(slots=True)
class Report:
    """The numbers of a sheet. `refused` is about the file as a whole: then nothing of it was read."""

    rows: int = 0
    documents: int = 0
    #: Documents by what becomes of them.
    new: int = 0
    before: int = 0
    changed: int = 0
    corrected: int = 0
    wrong: int = 0
    #: Cells that stop the sheet, and cells that the law would like to see filled in.
    faults: int = 0
    gaps: int = 0
    #: Records (a delivery makes several) that recording would add.
    statements: int = 0
    shown: list[Told] = field(default_factory=list)
    refused: list[Told] = field(default_factory=list)
    #: Records that were added by now.
    recorded: int = 0
    #: Why recording stopped before its end.
    stopped: list[Told] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether the sheet may be recorded."""
        return not self.refused and not self.faults and self.rows > 0

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """The file as a whole is not taken."""
        self.refused += [Told.of(one) for one in refusals]

    def add(self, checked: Checked, headings: Headings) -> None:
        """Count one document."""
        self.rows += len(checked.document.rows)
        self.documents += 1
        self.statements += len(checked.drafts)
        match checked.state:
            case "new":
                self.new += 1
            case "before":
                self.before += 1
            case "changed":
                self.changed += 1
            case "corrected":
                self.corrected += 1
            case "wrong":
                self.wrong += 1
        for fault in checked.faults:
            if fault.gap:
                self.gaps += 1
            else:
                self.faults += 1
            if len(self.shown) < FAULTS_SHOWN_MAX:
                self.shown.append(Told.of_fault(fault, headings))

    def dump(self) -> bytes:
        """To be kept."""
        return _REPORT.dump_json(self)

    @classmethod
    def load(cls, kept: bytes) -> Report:
        """As it was kept."""
        return _REPORT.validate_json(kept)


_REPORT: Final = TypeAdapter(Report)
