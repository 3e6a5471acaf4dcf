"""What each of six users comes for, done in a browser with every tap and every field counted. `tools/tasks.py` prints the table of `docs/ux.md` from it.

A tap is one press of a finger or a mouse; a field is one that is typed into. Seconds run from the first page to the answer, by this machine's
clock, with nobody reading or thinking in between.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.browser.cast import Cast
    from tests.browser.conftest import Desks
    from tests.support.server import Enrolled


@dataclass(slots=True)
class Hands:
    """One person's hands on one page."""

    page: Page
    taps: int = 0
    fields: int = 0
    began: float = field(default_factory=time.perf_counter)

    def tap(self, what: str | Locator, *, leads: bool = False) -> None:
        """Press something; `leads`, where another page follows."""
        one = self.page.locator(what).first if isinstance(what, str) else what
        self.taps += 1
        if not leads:
            one.click()
            return
        with self.page.expect_navigation(wait_until="load"):
            one.click()

    def type(self, what: str, text: str) -> None:
        """Type into a field."""
        self.fields += 1
        self.page.fill(what, text)

    def save(self, what: str) -> bytes:
        """Press something that brings a file."""
        self.taps += 1
        with self.page.expect_download() as coming:
            self.page.locator(what).first.click()
        return coming.value.path().read_bytes()

    @property
    def seconds(self) -> float:
        """Since the first page stood there."""
        return time.perf_counter() - self.began


@dataclass(frozen=True, slots=True)
class Task:
    """One task: who, what for, from which page, and the most taps and fields it may take."""

    who: str
    what: str
    start: str
    taps_max: int
    fields_max: int
    do: Callable[[Hands], None]


@dataclass(frozen=True, slots=True)
class Done:
    """A task that was done."""

    task: Task
    taps: int
    fields: int
    seconds: float


def accepts(hands: Hands) -> None:
    hands.tap("a.hand-card", leads=True)
    hands.tap("#whole label.choice")
    hands.tap("button.big", leads=True)
    assert "已入账" in hands.page.inner_text("main")


def writes_a_slip(hands: Hands) -> None:
    hands.tap("a.buyer", leads=True)
    hands.type("#amount_0", "12.5")
    hands.type("#price_0", "3.60")
    hands.tap(".sell-go button", leads=True)
    assert "/my/slips/" in hands.page.url


def registers_a_batch(hands: Hands) -> None:
    hands.type("#name", "韭菜")
    hands.type("#quantity", "300")
    hands.tap("main form button.button", leads=True)
    assert hands.page.locator("img.label-picture").count() == 1


def takes_in_for_a_stall(hands: Hands) -> None:
    hands.tap("main a[href^='/market/stalls/pty_']:has-text('王记')", leads=True)
    hands.tap("form[action$='/take'] button", leads=True)
    assert "本市场代录" in hands.page.inner_text("main")


def stops_goods(hands: Hands) -> None:
    hands.tap("main a[href^='/market/stalls/pty_']:has-text('王记')", leads=True)
    hands.tap("form[action$='/stop'] label.choice")
    hands.type("#reason", "快检阳性，待复检")
    hands.tap("form[action$='/stop'] button", leads=True)
    assert "正在停售" in hands.page.inner_text("main")


def sees_the_source(hands: Hands) -> None:
    hands.type("#q", "JC-0")
    hands.tap("main form[action='/search'] button", leads=True)
    hands.tap("main a[href^='/trace']", leads=True)
    assert "绿畦示例合作社" in hands.page.inner_text("main")


def takes_the_scope_along(hands: Hands) -> None:
    assert hands.save("a[download][href*='recall.xlsx']")[:2] == b"PK"


def looks(hands: Hands) -> None:
    assert "韭菜" in hands.page.inner_text("h1")


def reports(hands: Hands) -> None:
    hands.tap("a[href^='/p/report']", leads=True)
    hands.type("#text", "有异味")
    hands.tap("form[action='/p/report'][method=post] button", leads=True)
    assert hands.page.locator("[role=status] .code").inner_text()


def tasks(cast: Cast) -> list[tuple[Enrolled | None, Task]]:
    """Everything in the order of a morning. The goods are yesterday's, so that nothing waits for what another task makes."""
    goods = quote(cast.goods, safe="")
    buyer = cast.goods.removeprefix("https://id.gs1.org")
    return [
        (
            cast.wholesaler,
            Task(
                "wholesaler", "a slip for a regular buyer: kilos, price, print", "/sell", 2, 4, writes_a_slip
            ),
        ),
        (cast.stall, Task("stall", "a declared delivery, received and checked", "/stall", 3, 0, accepts)),
        (cast.co_op, Task("clerk", "a batch, with its label", "/my/batches/new", 1, 4, registers_a_batch)),
        (
            cast.wholesaler,
            Task(
                "wholesaler", "a slip for a regular buyer: kilos, price, print", "/sell", 2, 4, writes_a_slip
            ),
        ),
        (
            cast.market,
            Task("operator", "a delivery confirmed for a stall", "/market", 2, 0, takes_in_for_a_stall),
        ),
        (cast.market, Task("operator", "goods taken off sale at a stall", "/market", 3, 1, stops_goods)),
        (
            cast.office,
            Task(
                "inspector",
                "the source of a batch, its number typed",
                "/inspect",
                2,
                1,
                sees_the_source,
            ),
        ),
        (
            cast.office,
            Task(
                "inspector",
                "the scope of a recall as a workbook",
                f"/trace?goods={goods}",
                3,
                0,
                takes_the_scope_along,
            ),
        ),
        (None, Task("consumer", "what is known of the goods", f"/p{buyer}", 0, 0, looks)),
        (None, Task("consumer", "a report, with its number", f"/p{buyer}", 2, 1, reports)),
    ]


def done(desks: Desks, cast: Cast, *, width: int = 360) -> list[Done]:
    """Every task once, each from a fresh page."""
    found = list[Done]()
    for who, task in tasks(cast):
        with desks.at(width, who) as desk:
            began = time.perf_counter()
            hands = Hands(desk.open(task.start), began=began)
            task.do(hands)
            found.append(Done(task, hands.taps, hands.fields, hands.seconds))
            desk.watch.check()
    return found
