"""Runs: many codes at once, recorded in parts, each part whole, and gone on with where it stopped.

    plan = Run(id, by=party, action="issue", goods=goods, source=Drawn(goods, 100_000))
    progress = carry_out(ledger, plan, seconds=20)      # until it is done, or the time is up
    for codes in recorded_codes(ledger, plan.id, by): …  # part by part, never all at once

A run has an id of the sender's choice (a UUIDv7, as a statement has), and the ids of its statements follow from it and from their number. So
whoever asks again for what he asked before gets what stands; a run that was broken off, by a crash or because its time was up, goes on at
its first missing part; and two that work on one run at once record it once. The first part holds a few codes and stands for the run where goods are
looked up (`ledger.vocabulary.goods.Codes`); the others hold as many as one item may, some hundred.

Codes are issued only while no hold and no recall stands on the goods: the gate is asked for every part (`ledger.gate.may_do`), so a recall that
comes in the midst of a run ends it there.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.errors import Conflict, Malformed, NotAllowed, UnknownName, Words
from ledger.gate import may_do
from ledger.identifiers import (
    DigitalLink,
    DrugTraceCode,
    EarTag,
    GoodsId,
    PesticideUnitCode,
    SeedUnitCode,
    StatementId,
    VetDrugCode,
)
from ledger.identifiers.printed import joined
from ledger.identifiers.serials import Counted, Drawn, Listed
from ledger.statement import ITEM_BYTES_MAX
from ledger.store.log_rows import read_places
from ledger.trace.known import KnownFrom
from ledger.views.book import code_key, run_key
from ledger.vocabulary import said_type
from ledger.vocabulary.goods import Codes
from ledger.vocabulary.values import CODES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from api.audience import Reading
    from ledger.identifiers import PartyId
    from ledger.identifiers.serials import CodeSource, Origin
    from ledger.service import Ledger
    from ledger.statement import Statement
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

CodeKind = Literal["drug", "pesticide", "veterinary_drug", "seed", "ear_tag", "digital_link", "other"]
CODE_KINDS: Final[tuple[CodeKind, ...]] = get_args(CodeKind)
Action = Literal["issue", "activate", "void", "return_container", "reprint"]
ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

#: The part that is read whenever somebody asks what the goods are.
FIRST_PART_CODES: Final = 10
#: Of one item's bytes, what is left for everything that is no code: goods, reason, names of fields.
_BESIDE_CODES_BYTES: Final = 8 * 1024
#: Quotation marks and comma.
_AROUND_A_CODE_BYTES: Final = 3
#: Parts in one commit: enough to share the disk's answer, few enough that nobody else waits long.
PARTS_A_COMMIT: Final = 5
#: A request that asks for many codes is answered after so long, done or not.
RUN_SECONDS: Final = 20.0
#: Codes looked up in the index at once.
_LOOKED_UP: Final = 1_000
_RANDOM_BYTES: Final = 10


class AlreadyIssued(Conflict):
    """A code that somebody issued before: one code on two packs is what everybody is warned of."""

    title = Words(zh="该码已经赋过", en="the code was issued before")


class NotIssued(UnknownName):
    """A code that nobody issued for these goods, so that nothing can be done with it."""

    title = Words(zh="没有这个码的赋码记录", en="no record issues this code")


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for: which action on which codes of which goods."""

    id: StatementId
    by: PartyId
    action: Action
    goods: GoodsId
    source: CodeSource
    code_kind: CodeKind = "digital_link"
    reason: str | None = None

    @property
    def a_part(self) -> int:
        """Codes in every part but the first and the last."""
        room = ITEM_BYTES_MAX - _BESIDE_CODES_BYTES
        return min(CODES_MAX, room // (self.source.bytes_max + _AROUND_A_CODE_BYTES))

    @property
    def parts(self) -> int:
        """How many statements it needs."""
        if self.source.count <= self.a_part:
            return 1
        return 1 + -(-(self.source.count - FIRST_PART_CODES) // self.a_part)

    def bounds(self, part: int) -> tuple[int, int]:
        """The first code of a part, and the one behind its last. Parts are counted from 1."""
        if self.parts == 1:
            return 0, self.source.count
        if part == 1:
            return 0, FIRST_PART_CODES
        start = FIRST_PART_CODES + (part - 2) * self.a_part
        return start, min(start + self.a_part, self.source.count)

    def statement_id(self, part: int) -> StatementId:
        """Always the same for one part of one run."""
        random = sha256(f"suyuan/run/{self.id}/{part}".encode()).digest()[:_RANDOM_BYTES]
        return StatementId.new(self.id.ms, random)

    def said(self, part: int) -> Codes:
        """What one part says."""
        return Codes(
            action=self.action,
            goods=self.goods,
            codes=self.source.take(*self.bounds(part)),
            code_kind=self.code_kind,
            reason=self.reason,
            run=str(self.id),
            part=part,
            run_codes=self.source.count,
            origin=self.source.origin,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come. `again`: everything stood there before."""

    codes: int
    of: int
    again: bool

    @property
    def done(self) -> bool:
        """Whether nothing is missing."""
        return self.codes == self.of


def carry_out(
    ledger: Ledger, run: Run, *, holder: str | None = None, seconds: float = RUN_SECONDS
) -> Progress:
    """Record the parts that are missing, in order, until all stand or the time is up. Asked again it goes on."""
    until, begun = time.monotonic() + seconds, standing_parts(ledger, run)
    if begun == 0:
        with ledger.book() as book:
            check_codes(book, run)
    else:
        _check_same(ledger, run, begun)
    stands = begun
    while stands < run.parts and (stands == begun or time.monotonic() < until):
        some = range(stands + 1, min(stands + PARTS_A_COMMIT, run.parts) + 1)
        try:
            ledger.recorder.record([_draft(ledger, run, part, holder=holder) for part in some])
            stands = some[-1]
        except Conflict:
            # Somebody else works on this run too, and was first.
            now = standing_parts(ledger, run)
            if now <= stands:
                raise
            _check_same(ledger, run, now)
            stands = now
    return Progress(run.bounds(stands)[1], run.source.count, again=stands == begun)


def standing_parts(ledger: Ledger, run: Run) -> int:
    """How many parts of the run are recorded. They are recorded in order, so what is missing is missing at the end."""
    with ledger.book() as book:
        low, high = 0, run.parts
        while low < high:
            middle = (low + high + 1) // 2
            found = book.position(run.statement_id(middle), run.by) is not None
            low, high = (middle, high) if found else (low, middle - 1)
    return low


def _draft(ledger: Ledger, run: Run, part: int, *, holder: str | None) -> Statement:
    return ledger.draft(run.by, run.said(part), statement_id=run.statement_id(part), holder=holder)


def _check_same(ledger: Ledger, run: Run, stands: int) -> None:
    """A run's id stands for what was asked under it first. What is drawn anew cannot be compared; all other codes are."""
    drawn = isinstance(run.source, Drawn)
    for part in (1,) if drawn else range(1, stands + 1):
        with ledger.book() as book:
            seq = book.position(run.statement_id(part), run.by)
        said = None if seq is None else codes_at(ledger, seq)
        asked = run.said(part)
        if drawn and said is not None:
            asked = asked.model_copy(update={"codes": said.codes})
        # A part that lost its items to an erasure, or that was put right since, says nothing against it.
        if said is not None and said != asked:
            expected = Words(
                zh="新的任务编号，或与原任务相同的内容", en="a new id, or what was asked for under it before"
            )
            raise Conflict(field="id", came=run.id, expected=expected)


def check_codes(book: SqlBook, run: Run) -> None:
    """Raise what stands against a run before its first part: an order on the goods, a code twice, or one nobody issued."""
    if run.action in {"issue", "reprint"}:
        may_do([run.goods], by=run.by, known=KnownFrom(book))
    if isinstance(run.source, Drawn | OfRun):
        return
    for start in range(0, run.source.count, _LOOKED_UP):
        codes = run.source.take(start, min(start + _LOOKED_UP, run.source.count))
        issued = _issued(book, codes)
        for number, code in enumerate(codes, start):
            if run.action == "issue" and code in issued:
                expected = Words(zh="没有赋过的码", en="codes that nobody issued before")
                raise AlreadyIssued(field=f"codes[{number}]", came=code, expected=expected)
            if run.action != "issue" and run.goods not in issued.get(code, ()):
                expected = Words(zh=f"已为 {run.goods} 赋过的码", en=f"codes issued for {run.goods}")
                raise NotIssued(field=f"codes[{number}]", came=code, expected=expected)


def check_deals(reading: Reading, goods: GoodsId) -> None:
    """Codes and labels are put on goods that one has to do with, and on nobody else's."""
    if not reading.deals_with(goods):
        expected = Words(zh="本方经手的货物", en="goods that you have to do with")
        raise NotAllowed(field="goods", came=goods, expected=expected)


def _issued(book: SqlBook, codes: Sequence[str]) -> dict[str, set[GoodsId]]:
    """Which of these codes somebody issued, and for which goods: one look at the index, and only what it finds is read."""
    keys = {code_key(code): code for code in codes}
    mentions, issued = book.mentions(keys), dict[str, set[GoodsId]]()
    records = book.records({one.seq for one in mentions})
    for one in mentions:
        said = records[one.seq].said
        if isinstance(said, Codes) and said.action == "issue":
            issued.setdefault(keys[one.key], set()).add(said.goods)
    return issued


# What was recorded


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run as the log holds it: its first part, and where all its parts stand, in order."""

    first: Record
    said: Codes
    seqs: tuple[int, ...]

    @property
    def id(self) -> StatementId:
        """Its id; a record of codes that belongs to no run is one by itself."""
        return self.first.header.id if self.said.run is None else StatementId.parse(self.said.run)

    @property
    def of(self) -> int:
        """How many codes it was to have."""
        return self.said.run_codes or len(self.said.codes)

    def go_on(self) -> Run | None:
        """What is to be asked for so that its missing parts are recorded; None where only whoever has the list can ask."""
        said, codes = self.said, self.said.codes
        source: CodeSource
        # Whoever activates what was drawn means those very codes: new ones are drawn to be issued, and for nothing else.
        if said.origin == "drawn" and said.action == "issue":
            source = Drawn(said.goods, self.of)
        elif said.origin == "counted":
            source = Counted.after(codes[0], self.of)
        else:
            return None
        return Run(self.id, self.first.actor, said.action, said.goods, source, said.code_kind, said.reason)


def find_run(book: SqlBook, run: StatementId, by: PartyId) -> Recorded | None:
    """A run of one party by its id, as far as it stands."""
    seqs = sorted({one.seq for one in book.mentions([run_key(str(run))])})
    if not seqs:
        single = book.position(run, by)
        seqs = [] if single is None else [single]
    # Whoever used a stranger's id is left out by his name; nothing needs to be opened for that.
    own = [seq for seq, _, issuer, _ in read_places(book.connection, book.log_id, seqs) if issuer == str(by)]
    for seq in own:
        first = book.records([seq])[seq]
        said = first.said
        if isinstance(said, Codes) and not said.continues:
            return Recorded(first, said, tuple(own) if said.run is not None else (seq,))
    return None


def recorded_count(ledger: Ledger, recorded: Recorded) -> int:
    """How many codes of a run stand. All parts between the second and the last are alike, so three are read."""
    lengths = [len(recorded.said.codes)]
    for seq in (recorded.seqs[1:2], recorded.seqs[2:][-1:]):
        lengths += [len(said.codes) for one in seq if (said := codes_at(ledger, one)) is not None]
    between = max(0, len(recorded.seqs) - len(lengths))
    return sum(lengths) + (between * lengths[1] if between else 0)


def codes_at(ledger: Ledger, seq: int) -> Codes | None:
    """What one record of codes says, read for this once: a run's parts are large, and kept in nobody's memory."""
    stored = ledger.stored(seq)
    said = said_type(stored.header.type).from_remaining(
        [one.item for one in stored.opened if one is not None]
    )
    return said if isinstance(said, Codes) else None


def recorded_codes(ledger: Ledger, recorded: Recorded) -> Iterator[tuple[str, ...]]:
    """The codes of a run, one part at a time."""
    for seq in recorded.seqs:
        said = codes_at(ledger, seq)
        if said is not None:
            yield said.codes


@dataclass(slots=True)
class OfRun:
    """The codes of a run that was recorded, to activate them all, print them again or make them void. Read part by part."""

    ledger: Ledger
    recorded: Recorded
    count: int = field(init=False)
    bytes_max: int = field(init=False)
    _ends: list[int] = field(default_factory=list, init=False)
    _last: tuple[int, tuple[str, ...]] = field(default=(-1, ()), init=False)

    def __post_init__(self) -> None:
        """How many there are, and how long the longest is: one look at each part."""
        longest = 1
        for number in range(len(self.recorded.seqs)):
            codes = self._part(number)
            self._ends.append(len(codes) + (self._ends[-1] if self._ends else 0))
            longest = max([longest, *(len(one.encode()) for one in codes)])
        self.count, self.bytes_max = self._ends[-1], longest

    @property
    def origin(self) -> Origin:
        """How they came about when they were issued."""
        return self.recorded.said.origin or "listed"

    def take(self, start: int, stop: int) -> tuple[str, ...]:
        """See `CodeSource`."""
        taken = list[str]()
        number = bisect_right(self._ends, start)
        while start < stop:
            codes, first = self._part(number), self._ends[number - 1] if number else 0
            some = codes[start - first : stop - first]
            taken += some
            start += len(some)
            number += 1
        return tuple(taken)

    def _part(self, number: int) -> tuple[str, ...]:
        if self._last[0] != number:
            said = codes_at(self.ledger, self.recorded.seqs[number])
            self._last = (number, () if said is None else said.codes)
        return self._last[1]


# Codes as they came


def code_as(kind: CodeKind, text: str, goods: GoodsId, *, field: str = "code") -> str:
    """The spelling in which a code of this kind is recorded; refused where it is none, or one of other goods."""
    if kind == "digital_link":
        link = DigitalLink.parse(text.strip(), field=field)
        batch = goods.digital_link
        if link.serial is None or batch is None or link.batch_link() != batch:
            expected = Words(
                zh=f"{goods} 的数字链接，带序列号（21）",
                en=f"a Digital Link of {goods} with a serial number (21)",
            )
            raise Malformed(field=field, came=text, expected=expected)
        return str(link)
    read = _READERS.get(kind)
    return " ".join(text.split()) if read is None else str(read(joined(text), field=field))


_READERS: Final[Mapping[CodeKind, Callable[..., object]]] = {
    "drug": DrugTraceCode.parse,
    "pesticide": PesticideUnitCode.parse,
    "veterinary_drug": VetDrugCode.parse,
    "ear_tag": EarTag.parse,
    "seed": SeedUnitCode.parse,
}


def drawn_kind(goods: GoodsId) -> CodeKind:
    """What a drawn code of these goods is: a Digital Link, or letters that stand alone."""
    return "other" if goods.digital_link is None else "digital_link"


def listed(kind: CodeKind, texts: Sequence[str], goods: GoodsId) -> Listed:
    """Codes as somebody listed them."""
    return Listed(
        tuple(code_as(kind, one, goods, field=f"codes[{place}]") for place, one in enumerate(texts))
    )


def counted(kind: CodeKind, first: str, last: str, goods: GoodsId) -> Counted:
    """Codes from one to another."""
    return Counted.parse(
        code_as(kind, first, goods, field="first"), code_as(kind, last, goods, field="last"), field="last"
    )
