"""Long work on a spreadsheet that goes on while nobody waits for it, and is found again: how far it has come lies in the table `jobs`.

    checking → checked → recording → recorded
                             └→ stopped, with what was recorded and why not the rest

A sheet of up to STEP_MAX records is recorded by one call of the recorder: all or nothing. A longer one is checked as a whole and then recorded in
steps of so many, each durable; the page says how many of how many. A crash at any point loses nothing: the next who opens the page, or the next
start, begins again at the first row, and what is in the log already is known by its id.
"""

from __future__ import annotations

import io
import logging
import secrets
import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from api.asking import STATEMENTS_MAX
from api.drafting import Draft
from api.problems import NoSuchPage, Refusals
from api.sheets.checking import Checker, Fault
from api.sheets.job_rows import AT_WORK, Job, JobLost, JobRows
from api.sheets.kinds import KINDS, kind_of
from api.sheets.marked import marked
from api.sheets.reading import read_sheet
from api.sheets.report import FAULTS_MARKED_MAX, Report, Told
from ledger.errors import Refusal, Words
from ledger.service import system_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Row as SqlRow

    from api.sheets.checking import Checked as _Checked
    from api.sheets.columns import Headings
    from ledger.errors import Language
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.statement import Statement

#: Records of one call of the recorder: as many as one post of the API.
STEP_MAX: Final = STATEMENTS_MAX
#: Progress is written once in so many documents.
BEAT_DOCUMENTS: Final = 200
ATTEMPTS_MAX: Final = 5
_log = logging.getLogger(__name__)


class Jobs:
    """The sheets of one ledger that are worked on by this process. `clock` is the machine's, whatever the log's clock says."""

    def __init__(
        self, ledger: Ledger, *, clock: Callable[[], int] = system_clock, step_max: int = STEP_MAX
    ) -> None:
        self._ledger = ledger
        self._rows = JobRows(ledger, secrets.token_hex(8), clock)
        self._step_max = step_max
        self._door = threading.Condition()
        self._waiting: deque[str] = deque()
        self._mine: set[str] = set()
        self._thread: threading.Thread | None = None

    # What pages ask

    def add(self, party: PartyId, kind: str, content: bytes, *, holder: str | None = None) -> str:
        """Take in a sheet and begin to check it; its name."""
        assert kind in KINDS, f"{kind} is no kind of sheet"
        name = secrets.token_hex(16)
        self._rows.add(party, name, kind, content, holder=holder)
        self._begin(name)
        return name

    def find(self, party: PartyId, name: str) -> Job:
        """A party's own job; one that nobody works on any more goes on from here. For everybody else there is none."""
        row = self._rows.row(name)
        if row is None or row.party != str(party):
            raise NoSuchPage(
                field="job", came=name, expected=Words(zh="本方上传的表格", en="a sheet of your own")
            )
        if row.state in AT_WORK and self._take_over(row):
            self._begin(name)
        return self._rows.job(row)

    def of(self, party: PartyId) -> list[Job]:
        """A party's sheets, the newest first."""
        return self._rows.of(party)

    def record(self, party: PartyId, name: str, *, holder: str | None = None) -> Job:
        """Begin to record a sheet that was checked and is right. Asked twice, it is begun once."""
        job = self.find(party, name)
        if job.report.good and job.state in {"checked", "stopped"}:
            begun = self._rows.begin(name, from_states=("checked", "stopped"), holder=holder)
            if begun:
                self._begin(name)
        return self.find(party, name)

    def marked(self, party: PartyId, name: str) -> bytes:
        """The file with what is wrong in its cells."""
        row = self._rows.row(name)
        if row is None or row.party != str(party) or not row.marked:
            raise NoSuchPage(
                field="job",
                came=name,
                expected=Words(zh="本方上传、有错误的表格", en="a sheet of your own with faults"),
            )
        return self._rows.unseal(name, "marked", bytes(row.marked))

    def drafts(self, party: PartyId, name: str, *, most: int) -> list[Draft]:
        """The records that a sheet would add, to be signed elsewhere; a refusal where they are more than that."""
        job, drafts = self.find(party, name), list[Draft]()
        row = self._rows.row(name)
        assert row is not None
        checker = Checker(self._ledger, party, kind_of(job.kind))
        with read_sheet(
            io.BytesIO(self._rows.unseal(name, "file", bytes(row.file))), kind_of(job.kind)
        ) as sheet:
            for checked in checker.each(sheet.documents):
                wrong = [fault.refusal for fault in checked.faults if not fault.gap]
                if wrong:
                    raise Refusals(wrong)
                drafts += checked.drafts
                if len(drafts) > most:
                    expected = Words(
                        zh=f"自己签名的，一次最多 {most} 条记录；请把表格分成几个",
                        en=f"at most {most} records where you sign for yourself: several sheets",
                    )
                    raise TooManyToSign(field="sheet", came=f"> {most}", expected=expected)
        return drafts

    def wait(self, name: str, seconds: float) -> None:
        """Until this process has done with a job for now, or for so long."""
        with self._door:
            self._door.wait_for(lambda: name not in self._mine, timeout=seconds)

    def resume(self) -> int:
        """Go on with what was left when a server stopped; how many."""
        left = [row.id for row in self._rows.left() if self._take_over(row)]
        for name in left:
            self._begin(name)
        return len(left)

    def _take_over(self, row: SqlRow[tuple[object, ...]]) -> bool:
        with self._door:
            if row.id in self._mine:
                return False
        return self._rows.take_over(row)

    # The work

    def _begin(self, name: str) -> None:
        with self._door:
            if name in self._mine:
                return
            self._mine.add(name)
            self._waiting.append(name)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sheets", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        """One sheet after the other; the thread ends when there is none."""
        while True:
            with self._door:
                if not self._waiting:
                    self._thread = None
                    return
                name = self._waiting.popleft()
            try:
                self._work(name)
            except JobLost:
                _log.info("sheet %s goes on elsewhere", name)
            except Exception:  # noqa: BLE001  (logged; the others that wait must be worked on)
                # It stays at work: whoever looks next begins again, so many times.
                _log.exception("work on sheet %s broke off", name)
            finally:
                with self._door:
                    self._mine.discard(name)
                    self._door.notify_all()

    def _work(self, name: str) -> None:
        row = self._rows.row(name)
        if row is None or row.state not in AT_WORK:
            return
        if row.attempts > ATTEMPTS_MAX:
            report = Report.load(self._rows.unseal(name, "report", bytes(row.report)))
            report.stopped.append(Told.of(_TROUBLE))
            self._rows.save(name, report, state="stopped")
            return
        job = self._rows.job(row)
        content = self._rows.unseal(name, "file", bytes(row.file))
        if row.state == "checking":
            self._check(job, content)
        else:
            self._record(job, content, planned=int(row.planned))

    def _check(self, job: Job, content: bytes) -> None:
        report, faults = Report(), list[Fault]()
        try:
            with read_sheet(io.BytesIO(content), kind_of(job.kind)) as sheet:
                checker = Checker(self._ledger, job.party, kind_of(job.kind))
                for checked in checker.each(sheet.documents):
                    report.add(checked, sheet.headings)
                    faults += checked.faults[: FAULTS_MARKED_MAX - len(faults)]
                    if report.documents % BEAT_DOCUMENTS == 0:
                        self._rows.beat(job.id, done=report.rows)
                headings: Headings = sheet.headings
        except Refusals as refused:
            report.refuse(refused.refusals)
        except Refusal as refusal:
            report.refuse([refusal])
        else:
            if not report.rows:
                report.refuse([_EMPTY])
            if faults:
                self._mark(job, content, faults, headings)
        self._rows.save(job.id, report, state="checked", done=report.rows)

    def _mark(self, job: Job, content: bytes, faults: Sequence[Fault], headings: Headings) -> None:
        language: Language = "zh" if any(not text.isascii() for text in headings.texts) else "en"
        with marked(io.BytesIO(content), faults, headings, title="Sheet1", language=language) as file:
            file.seek(0)
            self._rows.keep_marked(job.id, file.read())

    def _record(self, job: Job, content: bytes, *, planned: int) -> None:
        """Check the whole again, by the book as it stands now; then record: at once, or in steps."""
        report, steps = Report(), self._step_max
        first: list[Draft] = []
        for checked, headings in self._documents(job, content):
            report.add(checked, headings)
            if report.statements <= steps:
                first += checked.drafts
            if report.documents % BEAT_DOCUMENTS == 0:
                self._rows.beat(job.id)
        planned = max(planned, report.statements)
        report.recorded = planned - report.statements
        if report.faults:
            report.stopped += [one for one in report.shown if not one.gap][:1]
            self._rows.save(job.id, report, state="stopped" if report.recorded else "checked")
            return
        self._rows.beat(job.id, done=report.recorded, planned=planned)
        waiting = [first] if report.statements <= steps else self._steps(job, content)
        for step in waiting:
            try:
                self._ledger.recorder.record([self._signed(job, one) for one in step] if step else [])
            except Refusal as refusal:
                report.stopped.append(Told.of(refusal))
                self._rows.save(job.id, report, state="stopped", done=report.recorded)
                return
            report.recorded += len(step)
            self._rows.beat(job.id, done=report.recorded)
        # What was sent is in the log; the file is needed no more.
        self._rows.save(job.id, report, state="recorded", done=report.recorded, file=b"", marked=b"")

    def _documents(self, job: Job, content: bytes) -> Iterator[tuple[_Checked, Headings]]:
        kind = kind_of(job.kind)
        with read_sheet(io.BytesIO(content), kind) as sheet:
            for checked in Checker(self._ledger, job.party, kind).each(sheet.documents):
                yield checked, sheet.headings

    def _steps(self, job: Job, content: bytes) -> Iterator[list[Draft]]:
        """The records of whole documents, so many at a time."""
        step: list[Draft] = []
        for checked, _ in self._documents(job, content):
            if step and len(step) + len(checked.drafts) > self._step_max:
                yield step
                step = []
            step += checked.drafts
        if step:
            yield step

    def _signed(self, job: Job, draft: Draft) -> Statement:
        return self._ledger.draft(
            job.party,
            draft.said,
            occurred_at=draft.occurred_at,
            statement_id=draft.id,
            corrects=draft.corrects,
            holder=job.holder,
        )


class TooManyToSign(Refusal):
    """More records than one person signs in one go."""

    title = Words(zh="一次要签名的记录太多", en="too many records to sign at once")


class SheetEmpty(Refusal):
    """Headings and nothing below them."""

    title = Words(zh="表里没有内容", en="nothing below the headings")


class ServerTrouble(Refusal):
    """The work broke off again and again; it is not the sheet's fault."""

    title = Words(zh="服务器多次未能办完", en="the server did not get it done")


_EMPTY: Final = SheetEmpty(
    field="2", came="", expected=Words(zh="从列名下一行起填写的内容", en="rows from below the headings on")
)
_TROUBLE: Final = ServerTrouble(
    field="sheet",
    came="",
    expected=Words(
        zh="稍后再按“入账”；已入账的不会重复",
        en="another try later: what is recorded is not recorded again",
    ),
)
