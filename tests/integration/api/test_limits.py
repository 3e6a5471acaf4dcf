"""Budgets: each caller has his own, each kind of request has its own, and processes count together."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from limits import parse
from limits.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter
from sqlalchemy import text

from api.app import create_app
from api.counting import LedgerStorage
from api.limits import Limits, budget_of, place_of
from api.settings import Settings
from ledger.store.engine import reading, writing
from ledger.store.spent import forget, key_of_day, settle
from tests.support.server import BASE_URL, enrol_party
from tests.support.stores import KINDS, Kind, fresh_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from anyio.from_thread import BlockingPortal

    from ledger.service import Ledger
    from tests.support.server import Enrolled

UNKNOWN_CODE = "/c/00000000000000000"


class Caller:
    """Calls an application from an address of its own."""

    def __init__(self, portal: BlockingPortal, app: object, address: str) -> None:
        self._portal = portal
        transport = httpx.ASGITransport(app=app, client=(address, 1234))  # type: ignore[arg-type]  # an application is one
        self._http = httpx.AsyncClient(transport=transport, base_url=BASE_URL)

    def get(self, path: str, **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            return await self._http.get(path, headers=headers)

        return self._portal.call(ask)

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            return await self._http.post(path, data=form, headers=headers)

        return self._portal.call(ask)


class Town:
    """One server, and callers from wherever they are."""

    def __init__(self, ledger: Ledger, portal: BlockingPortal, settings: Settings) -> None:
        self._portal = portal
        self._app = create_app(ledger, settings)

    def at(self, address: str) -> Caller:
        return Caller(self._portal, self._app, address)


@contextmanager
def town(ledger: Ledger, **changed: object) -> Iterator[Town]:
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        yield Town(ledger, portal, Settings(base_url=BASE_URL, limits=True, **changed))  # type: ignore[arg-type]  # settings read and judge their values


def test_one_caller_over_budget_is_refused_by_name_and_nobody_else(ledger: Ledger) -> None:
    # A window forgets a little with every moment after it began anew; a day does so less often than a minute.
    with town(ledger, limit_reading="3/day") as place:
        caller = place.at("203.0.113.7")
        assert [caller.get("/docs").status_code for _ in range(3)] == [200, 200, 200]
        refused = caller.get("/api/v1/categories", **{"accept-language": "en"})
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 86_400
        problem = refused.json()
        assert (problem["errors"][0]["name"], problem["field"]) == ("TooMany", "reading")
        assert "reading: at most 3 in a day" in problem["expected"]
        assert "查询：每天最多 3 次" in caller.get("/api/v1/categories", **{"accept-language": "zh"}).text
        # Another budget of the same caller, and the same budget of another caller.
        assert caller.get("/log/checkpoint").status_code == 200
        assert place.at("203.0.113.8").get("/docs").status_code == 200


def test_a_person_over_budget_gets_a_page(ledger: Ledger) -> None:
    with town(ledger, limit_reading="1/day") as place:
        caller = place.at("203.0.113.7")
        caller.get("/docs")
        page = caller.get("/", accept="text/html")
        assert page.status_code == 429
        assert page.headers["content-type"].startswith("text/html")
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert "请求太频繁" in page.text


def test_guessing_codes_is_stopped_long_before_reading_them(ledger: Ledger) -> None:
    with town(ledger, limit_unknown="5/day") as place:
        guesser = place.at("203.0.113.7")
        assert [guesser.get(UNKNOWN_CODE).status_code for _ in range(7)] == [404] * 5 + [429] * 2
        for path in (f"/p{UNKNOWN_CODE}", "/01/09520001000027", "/api/v1/trace?code=00000000000000000"):
            refused = guesser.get(path)
            assert (refused.status_code, refused.json()["field"]) == (429, "unknown"), path
        # Everything that is no guess goes on, and so does everybody else.
        assert guesser.get("/log/checkpoint").status_code == 200
        assert place.at("203.0.113.9").get(UNKNOWN_CODE).status_code == 404


def test_a_guesser_with_a_whole_ipv6_network_is_one_guesser(ledger: Ledger) -> None:
    with town(ledger, limit_unknown="4/day") as place:
        answers = [place.at(f"2001:db8:1:2:{n:x}::{n:x}").get(UNKNOWN_CODE).status_code for n in range(1, 7)]
        assert answers == [404] * 4 + [429] * 2
        assert place.at("2001:db8:1:3::1").get(UNKNOWN_CODE).status_code == 404


def test_made_up_keys_are_stopped_and_good_ones_go_on(ledger: Ledger, co_op: Enrolled) -> None:
    with town(ledger, limit_sign_in="3/day") as place:
        caller = place.at("203.0.113.7")
        assert caller.get("/api/v1/statements", authorization=f"Bearer {co_op.key}").status_code == 200
        guesses = [
            caller.get("/api/v1/statements", authorization=f"Bearer suyuan_{n:040}").status_code
            for n in range(5)
        ]
        assert guesses == [401, 401, 401, 429, 429]
        # One behind the same address who is known already is not shut out by his neighbour's guesses.
        assert caller.get("/api/v1/statements", authorization=f"Bearer {co_op.key}").status_code == 200


def test_an_old_session_is_no_guess(ledger: Ledger) -> None:
    with town(ledger, limit_sign_in="2/day") as place:
        caller = place.at("203.0.113.7")
        old = {"cookie": "suyuan_session=c2Vzc2lvbg"}
        assert [caller.get("/api/v1/statements", **old).status_code for _ in range(5)] == [401] * 5


def test_refused_sign_ins_are_stopped(ledger: Ledger) -> None:
    with town(ledger, limit_sign_in="3/day") as place:
        caller = place.at("203.0.113.7")
        tried = {"card": "0000000000000000", "pin": "123456"}
        ours = {"sec-fetch-site": "same-origin", "accept": "application/json"}
        answers = [caller.post("/sign-in/card", tried, **ours) for _ in range(5)]
        assert [one.status_code == 429 for one in answers] == [False, False, False, True, True]
        assert answers[-1].json()["field"] == "sign_in"
        assert caller.get("/sign-in").status_code == 200


def test_an_account_has_one_budget_wherever_it_calls_from(
    ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    with town(ledger, limit_reading="4/day") as place:
        key = f"Bearer {co_op.key}"
        # From each address the first request is the address's own: nobody has let the key in yet.
        answers = [
            place.at(f"203.0.113.{n}").get("/api/v1/statements", authorization=key).status_code
            for n in range(7)
        ]
        assert answers == [200] * 5 + [429] * 2
        other = place.at("203.0.113.1").get("/api/v1/statements", authorization=f"Bearer {stall.key}")
        assert other.status_code == 200


def test_forwarded_addresses_count_only_behind_a_proxy_of_ours(ledger: Ledger) -> None:
    with town(ledger, limit_reading="2/day", proxies=("10.0.0.0/8",)) as place:
        stranger, proxy = place.at("203.0.113.7"), place.at("10.1.2.3")
        # Whoever writes the header himself stays who he is.
        forged = [
            stranger.get("/docs", **{"x-forwarded-for": f"198.51.100.{n}"}).status_code for n in range(4)
        ]
        assert forged == [200, 200, 429, 429]
        # Behind the proxy the last name counts; what stands left of it was sent by the caller.
        passed = [
            proxy.get("/docs", **{"x-forwarded-for": f"198.51.100.{n}, 192.0.2.1"}).status_code
            for n in range(4)
        ]
        assert passed == [200, 200, 429, 429]
        assert proxy.get("/docs", **{"x-forwarded-for": "192.0.2.2"}).status_code == 200


def test_no_address_lies_in_the_database(ledger: Ledger, tmp_path: Path) -> None:
    app = create_app(ledger, Settings(base_url=BASE_URL, limits=True))
    with start_blocking_portal() as portal:
        Caller(portal, app, "203.0.113.77").get(UNKNOWN_CODE)
    (limits,) = (one for one in _middlewares(app) if isinstance(one, Limits))
    limits.close()
    with reading(ledger.engine) as connection:
        keys = connection.execute(text("SELECT key FROM spent")).scalars().all()
    assert keys
    held = b"".join(path.read_bytes() for path in tmp_path.glob("suyuan.db*"))
    assert b"203.0.113.77" not in held


def _middlewares(app: object) -> Iterator[object]:
    here = getattr(app, "middleware_stack", None)
    while here is not None:
        yield here
        here = getattr(here, "app", None) or getattr(here, "_app", None)


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_count_together(kind: Kind, tmp_path: Path) -> None:
    with fresh_store(kind, tmp_path).create() as ledger:
        now = time.time()
        one, two = (LedgerStorage(ledger.engine, ledger.origin, now=lambda: now) for _ in range(2))
        item = parse("10/minute")
        here, there = SlidingWindowCounterRateLimiter(one), SlidingWindowCounterRateLimiter(two)
        assert [here.hit(item, "who") for _ in range(6)] == [True] * 6
        one.settle()
        # What the other process counted is known as soon as one has something to settle oneself.
        assert there.hit(item, "who")
        two.settle()
        assert [there.hit(item, "who") for _ in range(4)] == [True, True, True, False]
        two.settle()
        one.settle()
        assert here.hit(item, "who") is True, "the sum is heard when there is something to tell"
        one.settle()
        assert here.hit(item, "who") is False


@pytest.mark.parametrize("kind", KINDS)
def test_sums_of_many_names_are_told_in_one_transaction(kind: Kind, tmp_path: Path) -> None:
    with fresh_store(kind, tmp_path).create() as ledger:
        counts = {f"name {n}": (1 + n % 3, 1_000 + n) for n in range(4_100)}
        assert settle(ledger.engine, ledger.origin, counts) == {name: n for name, (n, _) in counts.items()}
        twice = settle(ledger.engine, ledger.origin, counts)
        assert twice == {name: 2 * n for name, (n, _) in counts.items()}
        forget(ledger.engine, ledger.origin, before_ms=1_000 + 4_099)
        assert settle(ledger.engine, ledger.origin, {"name 4099": (1, 9_999), "name 1": (1, 9_999)}) == {
            "name 4099": 2 * (1 + 4_099 % 3) + 1,
            "name 1": 1,
        }


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_of_a_day_is_one_for_all_and_gone_the_day_after_next(kind: Kind, tmp_path: Path) -> None:
    with fresh_store(kind, tmp_path).create() as ledger:
        monday = key_of_day(ledger.engine, ledger.origin, 100)
        assert len(monday) == 32
        assert key_of_day(ledger.engine, ledger.origin, 100) == monday
        assert key_of_day(ledger.engine, ledger.origin, 101) != monday
        assert key_of_day(ledger.engine, ledger.origin, 100) == monday
        key_of_day(ledger.engine, ledger.origin, 102)
        with reading(ledger.engine) as connection:
            days = connection.execute(text("SELECT day FROM visitor_keys ORDER BY day")).scalars().all()
        assert days == [101, 102]


def test_a_window_fades_into_the_next(ledger: Ledger) -> None:
    now = 6_000.0
    storage = LedgerStorage(ledger.engine, ledger.origin, now=lambda: now)
    limiter, item = SlidingWindowCounterRateLimiter(storage), parse("10/minute")
    assert [limiter.hit(item, "who") for _ in range(11)] == [True] * 10 + [False]
    now = 6_060.0
    assert limiter.hit(item, "who") is False, "the minute before counts whole at its end"
    now = 6_090.0
    assert [limiter.hit(item, "who") for _ in range(6)] == [True] * 5 + [False]
    now = 6_180.0
    assert limiter.get_window_stats(item, "who").remaining == 10


def test_the_other_strategies_of_the_package_can_use_the_same_storage(ledger: Ledger) -> None:
    now = time.time()
    storage = LedgerStorage(ledger.engine, ledger.origin, now=lambda: now)
    limiter, item = FixedWindowRateLimiter(storage), parse("2/minute")
    assert [limiter.hit(item, "who") for _ in range(3)] == [True, True, False]
    assert limiter.get_window_stats(item, "who").reset_time == pytest.approx(now + 60)
    limiter.clear(item, "who")
    assert limiter.hit(item, "who")
    assert storage.check()
    assert storage.reset() == 1


KINDS_OF_REQUEST = {
    ("GET", "/static/site.css"): None,
    ("GET", "/healthz"): None,
    ("GET", "/c/00000000000000000"): "lookups",
    ("HEAD", "/01/09520001000027/10/A"): "lookups",
    ("GET", "/p/c/00000000000000000"): "lookups",
    ("GET", "/s/0000000000000"): "lookups",
    ("POST", "/p/report"): "reports",
    ("GET", "/api/v1/trace"): "traces",
    ("GET", "/trace"): "traces",
    ("GET", "/search"): "traces",
    ("GET", "/my/duty/3.pdf"): "traces",
    ("POST", "/api/v1/evidence"): "uploads",
    ("GET", "/api/v1/evidence/ab"): "reading",
    ("POST", "/api/v1/scans/photo"): "uploads",
    ("POST", "/api/v1/batches"): "recording",
    ("DELETE", "/api/v1/access-keys"): "recording",
    ("BREW", "/my"): "recording",
    ("GET", "/log/tile/0/000"): "log",
    ("GET", "/my"): "reading",
}


@pytest.mark.parametrize(("asked", "budget"), KINDS_OF_REQUEST.items(), ids=map(" ".join, KINDS_OF_REQUEST))
def test_each_request_belongs_to_one_budget(asked: tuple[str, str], budget: str | None) -> None:
    assert budget_of(*asked) == budget


def test_a_place_is_an_address_or_a_network() -> None:
    assert place_of("203.0.113.7") == "203.0.113.7"
    assert place_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert place_of("2001:db8:1:2:3:4:5:6") == place_of("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert place_of("fe80::1%eth0") == "fe80::/64"
    assert place_of("") == place_of("a socket") == "local"


@pytest.mark.parametrize("wrong", ["often", "10", "10/fortnight", "-1/minute"])
def test_a_budget_that_is_none_stops_the_server_from_starting(wrong: str) -> None:
    with pytest.raises(ValueError, match="limit_reading"):
        Settings(limit_reading=wrong)


def test_a_caller_may_have_no_budget_at_all(ledger: Ledger) -> None:
    with town(ledger, limit_reading="") as place:
        caller = place.at("203.0.113.7")
        assert {caller.get("/docs").status_code for _ in range(20)} == {200}


def test_an_access_keys_own_limit_holds(ledger: Ledger) -> None:
    trader = enrol_party(ledger, "有单独限额的主体（演示）")
    with town(ledger) as place:
        caller, key = place.at("203.0.113.7"), f"Bearer {trader.key}"
        assert caller.get("/api/v1/statements", authorization=key).status_code == 200
        change = text("UPDATE api_keys SET limit_per_minute = 2 WHERE party = :party")
        with writing(ledger.engine) as connection:
            connection.execute(change, {"party": str(trader)})
    # Another process: it hears of the limit when it lets the key in.
    with town(ledger) as place:
        caller = place.at("203.0.113.8")
        answers = [caller.get("/api/v1/statements", authorization=key) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["field"] == "key"
