"""Noting that a code was read, without noting who read it: code, minute, kind of reader, place as far as somebody gave one, a day's pseudonym.

    noted       a page or an answer about one unit code that a person asked for; codes that nobody issued too, where their lot is recorded here
    not noted   batch codes (they stand on every pack), HEAD, pages fetched ahead, robots, the same code again from one address within minutes

No account, no address, no position is kept. The pseudonym is a MAC of the address under the day's key (`ledger.store.spent`), which is destroyed
two days later: it joins what one address read on one day and nothing else. A place is a region code that the request itself carries: an
inspector's programme or form, the report form of a consumer, and, of consumers, the prefecture that the operator's own proxy names, where there
is one that knows (`SUYUAN_REGION_HEADER`). Nothing is looked up from an address here, so without it most readings have none, and the rules
that need places are silent about these (docs/decisions/0040).

What is noted waits in memory for seconds and in the database until its batch is closed (`ledger.store.scans`). A query is not a sale.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask, BackgroundTasks

from api.limits import Visitors, place_of
from api.openings import opened_by_itself
from ledger.errors import LedgerFault, Refusal
from ledger.findings.misread import as_issued, lot_of
from ledger.findings.sightings import is_serial
from ledger.identifiers import RegionCode
from ledger.store.scan_files import Noted, ScanFiles
from ledger.store.scans import DAY_MS, Scans
from ledger.store.spent import key_of_day
from ledger.views.book import about, code_key, goods_sheet_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from starlette.requests import Request

    from api.deps import Viewer
    from ledger.findings.scans import Reader
    from ledger.identifiers import StatementId
    from ledger.service import Ledger
    from ledger.views.book import Book
    from ledger.vocabulary.oversight import ScanBatch

#: One address that asks for one code again within so long has read it once.
AGAIN_SECONDS: Final = 600.0
#: So often what was noted goes to the database.
SETTLE_SECONDS: Final = 5.0
#: Readings remembered against repetition, about 10 MB; and readings that wait for the database. Beyond, they are lost: nothing may hang on one.
SEEN_MAX: Final = 50_000
WAITING_MAX: Final = 20_000
#: What a code may be, in characters (`ledger.vocabulary.values.CodeText`).
CODE_CHARACTERS_MAX: Final = 200
#: 64 bits: two addresses of one day that share a pseudonym are not met.
DEVICE_HEX: Final = 16
_MINUTES_MS: Final = 60_000
_DAY_SECONDS: Final = 86_400

_log = logging.getLogger(__name__)


def scans_of(ledger: Ledger, folder: Path) -> Scans:
    """The readings of this ledger, in the folder where their files lie."""

    def say(batch: ScanBatch, name: StatementId) -> object:
        return ledger.say(ledger.registrar, batch, statement_id=name)

    return Scans(
        engine=ledger.engine, log_id=ledger.origin, files=ScanFiles(folder), book=ledger.book, say=say
    )


def reader_of(viewer: Viewer) -> Reader:
    """What kind of reader somebody is."""
    if viewer.is_official:
        return "inspector"
    return "consumer" if viewer.party is None else "trade"


def region_in(text: str | None) -> RegionCode | None:
    """The region that a request carries; what is no region code says nothing."""
    try:
        return RegionCode.parse(text) if text else None
    except Refusal:
        return None


def prefecture_in(text: str | None) -> RegionCode | None:
    """The prefecture of a region code: no reading is kept nearer than that."""
    region = region_in(text)
    return None if region is None else RegionCode.parse(f"{str(region)[:4]}00")


#: How an address in China begins, with the first two digits of its region code (GB/T 2260).
_BEGINNINGS: Final = (
    "11北京 12天津 13河北 14山西 15内蒙古 21辽宁 22吉林 23黑龙江 31上海 32江苏 33浙江 34安徽 35福建 36江西 37山东 41河南 42湖北 43湖南 "
    "44广东 45广西 46海南 50重庆 51四川 52贵州 53云南 54西藏 61陕西 62甘肃 63青海 64宁夏 65新疆 71台湾 81香港 82澳门"
)
_PROVINCES: Final = {one[2:]: RegionCode.parse(f"{one[:2]}0000") for one in _BEGINNINGS.split()}


def region_told(place: str) -> RegionCode | None:
    """The province with which a place begins that somebody wrote in his own words; nothing more is made of it."""
    begins = place.strip()
    return next((region for name, region in _PROVINCES.items() if begins.startswith(name)), None)


def is_recorded(book: Book, code: str) -> bool:
    """Whether a unit code, or the lot that it says it is of, is recorded here: of others nothing is noted."""
    lot = lot_of(code)
    return bool(about(book, code_key(code))) or (lot is not None and bool(about(book, goods_sheet_key(lot))))


class NotedScans:
    """What one server process notes."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        folder: Path,
        minutes: int,
        days: int,
        proxies: Iterable[str] = (),
        region_header: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._region_header = region_header
        self.scans = scans_of(ledger, folder)
        self._ledger = ledger
        self._visitors = Visitors(ledger, proxies=proxies, now=now)
        self._now = now
        self._minutes, self._days = minutes, days
        self._key: tuple[int, bytes] = (-1, b"")
        self._seen = dict[bytes, float]()
        self._waiting = list[Noted]()
        self._door = threading.Lock()
        self._closing = threading.Lock()
        self._settled = now() - SETTLE_SECONDS
        self._looked_ms = ledger.clock()

    def note(
        self,
        request: Request,
        code: str | None,
        by: Reader,
        *,
        region: RegionCode | None = None,
        book: Book | None = None,
    ) -> BackgroundTask | None:
        """One reading of a code, if it is one; what is to be done after the answer, if anything is.

        With a `book`, what a reader made of an issued code (capitals, a lost separator) is noted as that code.
        """
        # An inspector's programme is none of those that open pages by themselves, and no robot fills in a report.
        by_itself = request.method == "GET" and by == "consumer" and opened_by_itself(request)
        if request.method == "HEAD" or by_itself:
            return None
        if code is None or len(code) > CODE_CHARACTERS_MAX or not is_serial(code):
            return None
        if book is not None:
            code = as_issued(book, code)
        if region is None and by == "consumer":
            # Traders and officials read at their desks, too; a consumer has the pack before him, or a picture of it.
            region = prefecture_in(self._visitors.told_by_proxy(request, self._region_header))
        try:
            now, device = self._now(), self._device(request)
        except SQLAlchemyError:
            # No page waits for this, or fails with it.
            return None
        mark = hashlib.blake2b(f"{device} {region or ''} {code}".encode(), digest_size=12).digest()
        with self._door:
            if self._seen.get(mark, now) > now:
                return None
            if len(self._seen) >= SEEN_MAX:
                self._seen.clear()
            self._seen[mark] = now + AGAIN_SECONDS
            if len(self._waiting) < WAITING_MAX:
                self._waiting.append(Noted(code, self._ledger.clock(), by, str(region or ""), device))
            if now - self._settled < SETTLE_SECONDS:
                return None
            self._settled = now
        return BackgroundTask(self.settle)

    def settle(self) -> None:
        """Tell the database; close a batch and judge where it is time. What cannot be done now is done the next time."""
        with self._door:
            told, self._waiting = self._waiting, []
        try:
            self.scans.note(told)
        except SQLAlchemyError as fault:
            _log.warning("scans are not settled just now: %s", type(fault).__name__)
            with self._door:
                self._waiting = (told + self._waiting)[:WAITING_MAX]
            return
        if self._closing.acquire(blocking=False):
            try:
                self._close_if_due()
            except (SQLAlchemyError, LedgerFault, Refusal, OSError) as fault:
                # The rows wait, the file is there: the next one goes on where this one stopped.
                _log.warning("a batch of scans is not closed just now: %s", type(fault).__name__)
            finally:
                self._closing.release()

    def close(self) -> None:
        """Close a batch of everything there is, and judge."""
        with self._door:
            told, self._waiting = self._waiting, []
        self.scans.note(told)
        with self._closing:
            self._close(self._ledger.clock())

    def _close_if_due(self) -> None:
        now, stretch = self._ledger.clock(), self._minutes * _MINUTES_MS
        waiting = self.scans.waiting_since()
        if now - self._looked_ms >= stretch or (waiting is not None and now - waiting >= stretch):
            self._close(now)

    def _close(self, now: int) -> None:
        self._looked_ms = now
        self.scans.close()
        self.scans.drop(before_ms=now - self._days * DAY_MS)
        self.scans.judge()

    def _device(self, request: Request) -> str:
        """The pseudonym of an address for one day. Many telephones share one address and one has several a day: no more is claimed of it."""
        day = int(self._now() // _DAY_SECONDS)
        if self._key[0] != day:
            self._key = (day, key_of_day(self._ledger.engine, self._ledger.origin, day))
        # Of its own domain: a pseudonym here is none in the accounts of budgets.
        whose = f"scan\n{place_of(self._visitors.peer(request))}"
        return hmac.digest(self._key[1], whose.encode("utf-8", "surrogateescape"), "sha256").hex()[
            :DEVICE_HEX
        ]


def both(first: BackgroundTask | None, second: BackgroundTask | None) -> BackgroundTask | None:
    """Two things to be done after one answer."""
    if first is None or second is None:
        return first or second
    return BackgroundTasks([first, second])


def noted_scans(request: Request) -> NotedScans:
    """Where this server notes readings."""
    noted: NotedScans = request.app.state.scans
    return noted


def note(
    request: Request,
    code: str | None,
    by: Reader,
    *,
    region: RegionCode | None = None,
    book: Book | None = None,
) -> BackgroundTask | None:
    """One reading of a code; see `NotedScans.note`."""
    return noted_scans(request).note(request, code, by, region=region, book=book)
