"""How much one caller may ask for: a budget for each kind of request, and one of its own for guessing.

    budget     what is counted                                                    whose
    lookups    reading a code: `/c/…`, `/01/…`, `/p…`, `/s/…`, following a report    account, else address
    unknown    codes and reports that are not there; used up, it stops lookups    address
               and traces
    sign_in    refused sign-ins and keys; used up, it stops sign-ins and keys     address
    …          traces, uploads, reports, recording, log, reading                  account, else address

Whoever has used up one budget gets 429 with the budget's name and when to come again; everybody else, and every other budget, goes on. An
account counts for itself only once a handler has let it in: a made-up key counts for the address it came from. Where the numbers are kept is
`api.counting`'s; that a crowd of honest callers does not drown the server is `api.door`'s.
"""

from __future__ import annotations

import hmac
import math
import re
import time
from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, Literal

from limits import RateLimitItem, RateLimitItemPerMinute, parse_many
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api.counting import LedgerStorage
from api.logs import audit, caller_of
from api.problems import ProblemPage, TooMany, answer, problem_of
from ledger.errors import Words
from ledger.store.spent import key_of_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.settings import Settings
    from ledger.accounts.callers import Caller
    from ledger.service import Ledger

Budget = Literal[
    "lookups", "unknown", "sign_in", "traces", "uploads", "reports", "recording", "log", "reading", "key"
]

#: What each budget is called where it is used up.
NAMES: Final[Mapping[Budget, Words]] = {
    "lookups": Words(zh="查码", en="looking up codes"),
    "unknown": Words(zh="查询不存在的码", en="asking for codes that nobody recorded"),
    "sign_in": Words(zh="登录失败", en="sign-ins that were refused"),
    "traces": Words(zh="追溯查询", en="traces"),
    "uploads": Words(zh="上传文件", en="uploads"),
    "reports": Words(zh="公众反映", en="reports from the public"),
    "recording": Words(zh="记录", en="recording"),
    "log": Words(zh="下载日志", en="reading the public log"),
    "reading": Words(zh="查询", en="reading"),
    "key": Words(zh="本访问密钥的请求", en="requests with this access key"),
}

#: Which budget a request belongs to: the first that fits. What fits none (style, script, the health check) is not counted.
_KINDS: Final[tuple[tuple[str, re.Pattern[str], Budget | None], ...]] = (
    ("*", re.compile(r"/static/|/healthz$|/favicon\.ico$"), None),
    # Who may read which of them is found out along their chains.
    ("GET", re.compile(r"/log/statements/"), "traces"),
    ("GET", re.compile(r"/log/"), "log"),
    ("POST", re.compile(r"/p/"), "reports"),
    ("GET", re.compile(r"/(c|[0-9]{2,4}|p|s|verify)/|/(p|checkConnectivity)$", re.ASCII), "lookups"),
    ("*", re.compile(r"/api/v1/lookup\b"), "lookups"),
    (
        "*",
        re.compile(r"/api/v1/(trace|balance|recalls|findings)\b|/(trace|inspect|search)\b|/my/duty/"),
        "traces",
    ),
    ("POST", re.compile(r"/api/v1/(evidence|scans/)"), "uploads"),
    ("POST", re.compile(r"(/api/v1)?/(sign-in|invites?)\b"), "sign_in"),
    ("GET", re.compile(r"/"), "reading"),
    ("*", re.compile(r"/"), "recording"),
)
#: A code that is unknown is said so by one of these.
_UNKNOWN_STATUSES: Final = frozenset({404})
_REFUSED_STATUSES: Final = frozenset({401, 403, 422})
_NOT_LET_IN: Final = 401

#: For so long an account that was let in counts for itself before it must be let in again.
KNOWN_SECONDS: Final = 60.0
KNOWN_MAX: Final = 20_000
#: One address of each IPv6 customer at the least; who has one has as many as he likes.
IPV6_PREFIX: Final = 64
_SESSION_COOKIE: Final = re.compile(r"(?:^|;\s*)((?:__Host-suyuan|suyuan_session)=[^;]+)", re.ASCII)
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class _Known:
    """An account that was let in a moment ago."""

    account: str
    limit_per_minute: int | None
    until: float


@dataclass(frozen=True, slots=True)
class _Visit:
    """One request, for its budgets."""

    budget: Budget
    address: str
    #: What was shown to be let in, by its mark of the day.
    credential: str | None
    #: Whether that was a key for programs, which may be a guess. Of sessions only old ones come, by themselves, with their cookie.
    by_key: bool
    known: _Known | None

    @property
    def payer(self) -> str:
        """Who pays for it: the account where it is known, else the address."""
        return self.address if self.known is None else self.known.account


class Limits:
    """ASGI middleware: refuses what is over budget before anything else is done about it."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        ledger: Ledger,
        settings: Settings,
        page: ProblemPage | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._page = page
        self._now = now
        self._storage = LedgerStorage(ledger.engine, ledger.origin, now=now)
        self._strategy = SlidingWindowCounterRateLimiter(self._storage)
        self._items: Mapping[str, tuple[RateLimitItem, ...]] = {
            name: tuple(parse_many(text)) if text else () for name, text in settings.budgets.items()
        }
        self._visitors = Visitors(ledger, proxies=settings.proxies, now=now)
        self._known = dict[str, _Known]()
        #: Sign-ins that are being judged: each may be the one too many.
        self._trying = Counter[str]()
        self._told = dict[tuple[str, str], float]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        budget = budget_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        if budget is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        visit = await self._visit(request, budget)
        refused = self._refusal(visit)
        if refused is not None:
            self._tell(refused, visit)
            problem = problem_of(request, refused)
            await answer(request, problem, page=self._page)(scope, receive, send)
            return
        status = 0

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # Before the answer leaves, so that nobody is faster than the count.
                await self._charge(visit, status, request)
            await send(message)

        self._storage.settle_soon()
        if visit.budget != "sign_in":
            await self._app(scope, receive, send_seen)
            return
        self._trying[visit.address] += 1
        try:
            await self._app(scope, receive, send_seen)
        finally:
            self._trying[visit.address] -= 1
            self._trying += Counter()

    def close(self) -> None:
        """Settle and stop counting."""
        self._storage.close()

    async def _visit(self, request: Request, budget: Budget) -> _Visit:
        await self._visitors.begin_day()
        by_key = "authorization" in request.headers
        shown = _credential(request)
        credential = None if shown is None else self._visitors.mark(shown)
        known = None if credential is None else self._known.get(credential)
        if known is not None and known.until <= self._now():
            known = None
        address = self._visitors.name(request)
        return _Visit(budget=budget, address=address, credential=credential, by_key=by_key, known=known)

    def _refusal(self, visit: _Visit) -> TooMany | None:
        """Why this request is not looked at; None, with the request paid for, when it is."""
        if visit.budget == "sign_in" or (visit.by_key and visit.known is None):
            # A key that nobody has let in yet may be a guess.
            refused = self._over("sign_in", visit.address)
            if refused is not None:
                return refused
        if visit.budget in {"lookups", "traces"}:
            refused = self._over("unknown", visit.address)
            if refused is not None:
                return refused
        if visit.known is not None and visit.known.limit_per_minute is not None:
            own = RateLimitItemPerMinute(visit.known.limit_per_minute)
            if not self._strategy.hit(own, "key", visit.payer):
                return self._too_many("key", own, visit.payer)
        paid: Budget = "recording" if visit.budget == "sign_in" else visit.budget
        for item in self._items[paid]:
            if not self._strategy.hit(item, paid, visit.payer):
                return self._too_many(paid, item, visit.payer)
        return None

    def _over(self, budget: Budget, payer: str) -> TooMany | None:
        """Whether a budget that is charged afterwards is used up."""
        judged = self._trying[payer] if budget == "sign_in" else 0
        for item in self._items[budget]:
            if not self._strategy.test(item, budget, payer, cost=1 + judged):
                return self._too_many(budget, item, payer)
        return None

    async def _charge(self, visit: _Visit, status: int, request: Request) -> None:
        """What the answer costs beyond the request itself."""
        caller = caller_of(request.scope["state"])
        if visit.credential is not None:
            if status == _NOT_LET_IN:
                self._known.pop(visit.credential, None)
            elif caller is not None and visit.known is None:
                self._remember(visit.credential, caller)
        guessed_key = visit.by_key and status == _NOT_LET_IN and visit.known is None
        if guessed_key or (visit.budget == "sign_in" and status in _REFUSED_STATUSES):
            for item in self._items["sign_in"]:
                self._strategy.hit(item, "sign_in", visit.address)
                # Tries at a PIN are few, and each must count wherever the next one comes in.
                key = item.key_for("sign_in", visit.address)
                await run_in_threadpool(self._storage.settle_window, key, item.get_expiry())
        if visit.budget in {"lookups", "traces"} and status in _UNKNOWN_STATUSES:
            for item in self._items["unknown"]:
                self._strategy.hit(item, "unknown", visit.address)

    def _remember(self, credential: str, caller: Caller) -> None:
        if caller.method == "demo":
            # Anybody may be anybody there: the address is all that tells two visitors apart.
            return
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        account = credential if caller.method == "api_key" or caller.person is None else caller.person
        until = self._now() + KNOWN_SECONDS
        self._known[credential] = _Known(account, caller.limit_per_minute, until)

    def _too_many(self, budget: Budget, item: RateLimitItem, payer: str) -> TooMany:
        stretch = item.get_expiry()
        free_at = self._strategy.get_window_stats(item, budget, payer).reset_time
        seconds = min(max(math.ceil(free_at - self._now()), 1), stretch)
        name = NAMES[budget]
        expected = Words(
            zh=f"{name.zh}：每{_stretch_zh(stretch)}最多 {item.amount} 次，请 {seconds} 秒后再试",
            en=f"{name.en}: at most {item.amount} in {_stretch_en(stretch)}; try again in {seconds} s",
        )
        return TooMany(field=budget, came=f"> {item.amount}", expected=expected, retry_seconds=seconds)

    def _tell(self, refused: TooMany, visit: _Visit) -> None:
        """One line a minute for each caller and budget: whoever floods the server does not flood its log."""
        now, key = self._now(), (refused.field, visit.payer)
        if self._told.get(key, 0.0) > now - 60:
            return
        if len(self._told) >= KNOWN_MAX:
            self._told.clear()
        self._told[key] = now
        audit("limit_reached", budget=refused.field, visitor=visit.payer)


class Visitors:
    """Names for those who come without an account: the day's MAC of their address, from which nobody gets the address back later."""

    def __init__(self, ledger: Ledger, *, proxies: Iterable[str], now: Callable[[], float]) -> None:
        self._ledger = ledger
        self._proxies = tuple(ip_network(one) for one in proxies)
        self._now = now
        self._key: tuple[int, bytes] = (-1, b"")

    async def begin_day(self) -> None:
        """Have the key of today."""
        day = int(self._now() // _DAY_SECONDS)
        if self._key[0] != day:
            key = await run_in_threadpool(key_of_day, self._ledger.engine, self._ledger.origin, day)
            self._key = (day, key)

    def mark(self, text: str) -> str:
        """The same for the same text during one day, in all processes; no way leads back."""
        return hmac.digest(self._key[1], text.encode("utf-8", "surrogateescape"), "sha256").hex()[:32]

    def name(self, request: Request) -> str:
        """The mark of an address (IPv6: of a network of 64 bits)."""
        return self.mark(place_of(self.peer(request)))

    def told_by_proxy(self, request: Request, header: str) -> str | None:
        """What a proxy of ours says of the request in this header; None where somebody else sent it."""
        peer = request.client.host if request.client is not None else ""
        return request.headers.get(header) if header and self._is_proxy(peer) else None

    def peer(self, request: Request) -> str:
        """Whose address counts: the other end's; behind a proxy of ours, the one that the proxy names last."""
        peer = request.client.host if request.client is not None else ""
        if not self._is_proxy(peer):
            return peer
        named = [one.strip() for one in request.headers.get("x-forwarded-for", "").split(",")]
        while self._is_proxy(peer) and named:
            # From the right: everything further left was written by whoever asked.
            peer = named.pop() or peer
        return peer

    def _is_proxy(self, peer: str) -> bool:
        if not self._proxies:
            return False
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)


def _credential(request: Request) -> str | None:
    """What the caller shows to be let in."""
    shown = request.headers.get("authorization")
    if shown is None:
        match = _SESSION_COOKIE.search(request.headers.get("cookie", ""))
        shown = None if match is None else match[1]
    return shown


def budget_of(method: str, path: str) -> Budget | None:
    """To which budget a request belongs."""
    kind = "GET" if method in {"GET", "HEAD"} else "POST" if method == "POST" else "other"
    for methods, pattern, budget in _KINDS:
        if methods in {"*", kind} and pattern.match(path):
            return budget
    return "recording"


def place_of(peer: str) -> str:
    """What counts as one place: an IPv4 address, or a network of 64 bits in IPv6."""
    try:
        address: IPv4Address | IPv6Address = ip_address(peer.partition("%")[0])
    except ValueError:
        # A socket in a file, or a test without one.
        return "local"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, IPV6_PREFIX), strict=False))
    return str(address)


def _stretch_zh(seconds: int) -> str:
    for unit, name in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds % unit == 0:
            return name if seconds == unit else f" {seconds // unit} {name}"
    return f" {seconds} 秒"


def _stretch_en(seconds: int) -> str:
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds % unit == 0:
            return f"a {name}" if seconds == unit else f"{seconds // unit} {name}s"
    return f"{seconds} seconds"
