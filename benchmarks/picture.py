"""How soon the picture of a trace answers: a batch in four hundred hands, in Chromium on a processor made four times slower.

    python -m benchmarks.picture                    400 stalls, medians of five visits to each page
    python -m benchmarks.picture --stalls 100 --visits 3 --json figures.json

Visited are, one after the other, round by round: the trace as an inspector opens it (its stalls in one box), the trace with every
stall drawn, and beside them two peers that hold the same four hundred names and nothing else, a plain `<svg>` and a plain `<ul>`, without
style or script, and a page with one letter. Each is visited in two ways. *Cold*: in a new window with nothing kept, where the browser first
starts a process for it; the page with one letter says what that alone takes. *From the page before*: as an inspector comes to it, by a link from the
search of the same site (the peers from a page beside them), in the process that showed that one, with its style kept. Measured is, from the start of the navigation, when the first interaction was answered: on ours a press of `+` that made
the picture larger in a painted frame, on the peers a page that was scrolled. Long tasks (over 50 ms) are counted up to then, and so is the
work of the page's main thread, which says more than a clock on a machine that has other things to do. The server is not slowed down; when its
first byte came is given beside it.

Last, on the server alone: what each of these pages costs in processor time, and the recall's scope as a workbook; "first time" is the trace
before it was kept (`api/pages/traces.py`).
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import sync_playwright

from api.app import create_app
from api.deps import DEMO_COOKIE
from api.pages.traces import traces_of
from api.settings import Settings
from benchmarks.telling import keep, parser_of
from ledger.identifiers import GoodsId, PartyId
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Shipment
from tests.browser.conftest import FLAGS
from tests.browser.serving import free_port, serving
from tests.support.needs import chromium_path
from tests.support.server import Clock, client_of, enrol_party, make_ledger

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Enrolled

SLOWER: Final = 4
LEEK: Final = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1")
TRACE: Final = f"/trace?goods={quote(str(LEEK), safe='')}"
#: Where an inspector looks for goods.
SEARCH: Final = "/inspect"
SCREEN: Final = {"width": 1280, "height": 800}
SERVER_ROUNDS: Final = 5
FIRST_TIME: Final = "trace, first time"

#: Runs before anything of the page: asks as soon as there is something to ask, and notes when it was answered.
ASK: Final = """
(() => {
  window.longTasks = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) window.longTasks += one.duration; }).observe({ type: 'longtask', buffered: true });
  const painted = act => requestAnimationFrame(() => { act(); requestAnimationFrame(() => requestAnimationFrame(() => { window.answered = performance.now(); })); });
  const look = () => {
    const live = document.querySelector('.picture-live'), ground = live && live.querySelector('.picture-ground');
    if (live && ground.style.transform) {
      const before = ground.style.transform;
      live.dispatchEvent(new KeyboardEvent('keydown', { key: '+', bubbles: true }));
      const answered = () => ground.style.transform === before ? requestAnimationFrame(answered) : painted(() => {});
      return requestAnimationFrame(answered);
    }
    const plain = document.querySelector('[data-plain]');
    if (plain && document.readyState !== 'loading') return painted(() => scrollBy(0, 200));
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One page in the browser: milliseconds from the start of the navigation, medians."""

    page: str
    first_byte_ms: float
    answered_ms: float
    long_tasks_ms: float
    kilobytes: float
    elements: int
    main_thread_ms: float


@dataclass(frozen=True, slots=True)
class Served:
    """One page on the server: milliseconds of processor time, the median."""

    page: str
    cpu_ms: float
    wall_ms: float


@dataclass(slots=True)
class Figures:
    """Everything that was measured."""

    stalls: int
    visits: list[Visit] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)


def tell(ledger: Ledger, stalls: int) -> Enrolled:
    """A field, a wholesaler, so many stalls; the authority that looks."""
    farm = enrol_party(ledger, "绿畦示例合作社（演示）", kind="cooperative")
    wholesaler = enrol_party(ledger, "顺和示例批发部（演示）", kind="individual_business")
    authority = enrol_party(ledger, "示例市场监管局（演示）", role="authority", kind="authority")
    batch: dict[str, Json] = {
        "goods": str(LEEK),
        "maker": str(farm),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": "JC-1",
        "quantity": {"amount": "9000", "unit": "KGM"},
    }
    ledger.say(farm.party, Batch.read(batch))
    deliver(ledger, farm.party, wholesaler.party, 8000)
    for number in range(stalls):
        stall = PartyId.new(b"stall-" + number.to_bytes(4, "big"))
        ledger.say(
            wholesaler.party, Party(party=stall, party_kind="unknown", name=f"示例菜场 {number} 号摊（演示）")
        )
        deliver(ledger, wholesaler.party, stall, 10)
    return authority


def deliver(ledger: Ledger, sender: PartyId, to: PartyId, amount: int) -> None:
    """One delivery."""
    line: dict[str, Json] = {"goods": str(LEEK), "quantity": {"amount": str(amount), "unit": "KGM"}}
    ledger.say(sender, Shipment.read({"to": str(to), "lines": [line], "offer": False}))


def peers(stalls: int) -> FastAPI:
    """The same names, plain: as drawn boxes, and as a list."""
    app = FastAPI()
    names = [escape(f"示例菜场 {number} 号摊（演示） 10 公斤") for number in range(stalls)]
    boxes = "".join(
        f'<rect x="10" y="{n * 30}" width="300" height="24" fill="none" stroke="black"/><text x="20" y="{n * 30 + 17}">{name}</text>'
        for n, name in enumerate(names)
    )
    drawn = f'<!doctype html><meta charset="utf-8"><svg data-plain width="400" height="{stalls * 30}">{boxes}</svg>'
    listed = f'<!doctype html><meta charset="utf-8"><ul data-plain>{"".join(f"<li>{one}</li>" for one in names)}</ul>'
    head = '<!doctype html><meta charset="utf-8">'
    app.add_api_route("/svg", lambda: HTMLResponse(drawn))
    app.add_api_route("/ul", lambda: HTMLResponse(listed))
    app.add_api_route("/letter", lambda: HTMLResponse(f"{head}<p data-plain>a"))
    app.add_api_route("/before", lambda: HTMLResponse(f"{head}<p>{names[0]}"))
    return app


def visit(
    browser: Browser, address: str, cookie: dict[str, str] | None, *, before: str | None = None
) -> tuple[float, float, float, float, int, float]:
    """One visit: in a window with nothing kept, or from the page `before`."""
    context = browser.new_context(viewport=SCREEN)  # type: ignore[arg-type]  # the shape playwright asks for
    if cookie is not None:
        context.add_cookies([cookie])  # type: ignore[list-item]  # the same
    page = context.new_page()
    page.add_init_script(ASK)
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    session.send("Performance.enable")
    if before is not None:
        page.goto(before, wait_until="load")
    begun = worked(session)
    if before is None:
        page.goto(address, wait_until="commit")
    else:
        page.evaluate("address => { location.assign(address); }", address)
        page.wait_for_url(address, wait_until="commit")
    page.wait_for_function("() => window.answered !== undefined")
    told = page.evaluate(
        """() => { const [nav] = performance.getEntriesByType('navigation');
        return [nav.responseStart, window.answered, window.longTasks, nav.decodedBodySize / 1000, document.getElementsByTagName('*').length]; }"""
    )
    work = worked(session) - begun
    context.close()
    first, answered, tasks, size, elements = told
    return float(first), float(answered), float(tasks), float(size), int(elements), work


def worked(session: CDPSession) -> float:
    """Milliseconds that the page's main thread was busy."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def in_browser(figures: Figures, ours: str, beside: str, cookie: dict[str, str], visits: int) -> None:
    """All pages, one after the other, round by round."""
    search, letter = f"{ours}{SEARCH}", f"{beside}/letter"
    pages: dict[str, tuple[str, dict[str, str] | None, str | None]] = {
        "cold: trace, stalls in one box": (f"{ours}{TRACE}", cookie, None),
        "cold: trace, every stall drawn": (f"{ours}{TRACE}&open=all", cookie, None),
        "cold: peer, plain svg": (f"{beside}/svg", None, None),
        "cold: peer, plain ul": (f"{beside}/ul", None, None),
        "cold: peer, one letter": (letter, None, None),
        "after: trace, stalls in one box": (f"{ours}{TRACE}", cookie, search),
        "after: trace, every stall drawn": (f"{ours}{TRACE}&open=all", cookie, search),
        "after: peer, plain svg": (f"{beside}/svg", None, f"{beside}/before"),
        "after: peer, plain ul": (f"{beside}/ul", None, f"{beside}/before"),
        "after: peer, one letter": (letter, None, f"{beside}/before"),
    }
    told: dict[str, list[tuple[float, float, float, float, int, float]]] = {name: [] for name in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium_path()), args=[*FLAGS])
        for _ in range(visits):
            for name, (address, who, before) in pages.items():
                told[name].append(visit(browser, address, who, before=before))
        browser.close()
    for name, rows in told.items():
        first, answered, tasks, size, elements, work = (
            statistics.median(one) for one in zip(*rows, strict=True)
        )
        figures.visits.append(Visit(name, first, answered, tasks, size, int(elements), work))


def on_server(figures: Figures, app: FastAPI, key: str) -> None:
    """What each page costs, asked without a browser."""
    asked = {
        FIRST_TIME: TRACE,
        "trace": TRACE,
        "trace, every stall drawn": f"{TRACE}&open=all",
        "time line": f"{TRACE}&view=time",
        "plain list": f"{TRACE}&view=list",
        "all holders": f"{TRACE}&view=holders",
        "records": f"{TRACE}&view=records",
        "picture alone, every stall drawn": TRACE.replace("/trace", "/trace/picture") + "&open=all",
        "scope as a workbook": TRACE.replace("/trace", "/trace/recall.xlsx"),
    }
    with client_of(app) as client:
        for name, path in asked.items():
            cpu, wall = list[float](), list[float]()
            for _ in range(SERVER_ROUNDS):
                if name == FIRST_TIME:
                    traces_of(app.state.ledger).forget()
                began, began_wall = time.process_time(), time.perf_counter()
                answer = client.get(path, key=key, headers={"accept": "text/html"})
                cpu.append((time.process_time() - began) * 1000)
                wall.append((time.perf_counter() - began_wall) * 1000)
                assert answer.is_success, (name, answer.status_code)
            figures.served.append(Served(name, statistics.median(cpu), statistics.median(wall)))


def run(stalls: int, visits: int, folder: Path) -> Figures:
    """Everything, for so many stalls."""
    figures, port, beside = Figures(stalls), free_port(), free_port()
    with make_ledger(folder, Clock()) as ledger:
        authority = tell(ledger, stalls)
        settings = Settings(
            data=folder / "data", base_url=f"http://127.0.0.1:{port}", demo=True, limits=False
        )
        app = create_app(ledger, settings)
        with serving(app, port) as ours, serving(peers(stalls), beside) as plain:
            cookie = {"name": DEMO_COOKIE, "value": str(authority.party), "url": ours}
            in_browser(figures, ours, plain, cookie, visits)
        on_server(figures, app, authority.key)
    return figures


def table(found: Figures) -> str:
    """The figures for people."""
    lines = [
        f"{found.stalls} stalls, processor {SLOWER} times slower in the browser",
        "",
        f"{'page':34} {'first byte':>10} {'answered':>9} {'after byte':>10} {'long tasks':>10} {'main thread':>11} {'kB':>6} {'elements':>8}",
    ]
    lines += [
        f"{one.page:34} {one.first_byte_ms:10.0f} {one.answered_ms:9.0f} {one.answered_ms - one.first_byte_ms:10.0f}"
        f" {one.long_tasks_ms:10.0f} {one.main_thread_ms:11.0f} {one.kilobytes:6.0f} {one.elements:8}"
        for one in found.visits
    ]
    lines += ["", f"{'on the server':34} {'cpu ms':>10} {'wall ms':>9}"]
    lines += [f"{one.page:34} {one.cpu_ms:10.0f} {one.wall_ms:9.0f}" for one in found.served]
    return "\n".join(lines)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--stalls", type=int, default=400, help="how many hands the batch is in")
    parser.add_argument("--visits", type=int, default=5, help="visits to each page")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(asked.stalls, asked.visits, Path(folder))
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
