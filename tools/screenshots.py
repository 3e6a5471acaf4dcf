"""Pictures of the doors for the documentation: each page on a phone and on a screen, in both languages.

    suyuan demo …                                            # in another window
    .venv/bin/python tools/screenshots.py http://127.0.0.1:8000
    .venv/bin/python tools/screenshots.py http://127.0.0.1:8000 --every /somewhere     # each page that a link leads to, as everybody

It visits a running demo as the parties that the demo offers in its switch, and writes `docs/screenshots/*.png`, each below 100 kB. Where no
delivery waits for an answer it makes one, by the forms, as a visitor would. What was learned from looking stands in the README beside them.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.demo.parties import party_id
from api.deps import DEMO_COOKIE
from tests.support.needs import chromium_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

TARGET: Final = Path(__file__).parent.parent / "docs" / "screenshots"
#: Width, and how much of a long page is shown.
SIZES: Final = {"360": (360, 1500), "1280": (1280, 1350)}
LANGUAGES: Final = {"zh": "zh-CN", "en": "en-GB"}
PICTURE_BYTES_MAX: Final = 100_000
#: Colours tried in turn until a picture is small enough.
COLOURS: Final = (200, 128, 64, 40, 24)
#: From where everybody's pages are reached, for pictures of all of them.
STARTS: Final = (
    (None, "/"),
    (None, "/p/report"),
    ("F7", "/stall"),
    ("F6", "/sell"),
    ("F1", "/my"),
    ("F5", "/market"),
    ("G1", "/inspect"),
    (None, "/sign-in"),
)
#: Kinds of pages that one walk opens.
PAGES_MAX: Final = 120
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One page: its name in the file, its path, and as whom it is looked at."""

    name: str
    path: str
    who: str | None


def main() -> None:
    """Visit, shoot, shrink, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="where the demo runs, like http://127.0.0.1:8000")
    parser.add_argument("--into", type=Path, default=TARGET)
    parser.add_argument("--every", type=Path, help="every page instead, into this folder, to be looked at")
    asked = parser.parse_args()
    (asked.every or asked.into).mkdir(parents=True, exist_ok=True)
    chromium = chromium_path()
    if chromium is None:
        sys.exit("no Chromium at /usr/bin/chromium, and CHROMIUM names no other")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=[*FLAGS])
        if asked.every is not None:
            _every(browser, asked.address, asked.every)
            return
        for shot in _shots(browser, asked.address):
            for language in LANGUAGES:
                for size in SIZES:
                    picture = _taken(browser, asked.address, shot, language=language, size=size)
                    path = asked.into / f"{shot.name}-{language}-{size}.png"
                    path.write_bytes(picture)
                    print(f"{path.name}: {len(picture):,} bytes")
        browser.close()


def _every(browser: Browser, address: str, into: Path) -> None:
    """Each kind of page once, whole, in both languages and at both widths, as whoever comes to it first."""
    kinds: dict[str, tuple[str, str | None]] = {}
    for who, start in STARTS:
        with _page(browser, address, who) as page:
            waiting, seen = [start], set[str]()
            while waiting and len(seen) < PAGES_MAX:
                path = waiting.pop(0)
                kind = f"{who} {_kind(path)}"
                if kind in seen:
                    continue
                seen.add(kind)
                answer = page.goto(f"{address}{path}", wait_until="load")
                if (
                    answer is None
                    or not answer.ok
                    or not answer.headers.get("content-type", "").startswith("text/html")
                ):
                    continue
                kinds.setdefault(_kind(path), (path, who))
                waiting += page.eval_on_selector_all(
                    "main a[href^='/']:not([download])", "all => all.map(one => one.getAttribute('href'))"
                )
    for kind, (path, who) in sorted(kinds.items()):
        name = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-") or "front"
        for language in LANGUAGES:
            for width in (360, 1280):
                with _page(browser, address, who, language=language, width=width) as page:
                    page.goto(f"{address}{path}", wait_until="load")
                    page.screenshot(path=into / f"{name}-{language}-{width}.png", full_page=True)
        print(f"{name}: {path} as {who or 'the public'}")


def _kind(path: str) -> str:
    """The address without what is different for each thing: numbers, ids, codes, queries."""
    parts = urlsplit(path).path.split("/")
    return "/".join(
        "*" if any(c.isdigit() for c in one) or "_" in one or "%" in one else one for one in parts
    )


def _shots(browser: Browser, address: str) -> list[Shot]:
    """The pages, found in the demo itself: its tour names the recalled goods, a stall's list the delivery that waits."""
    with _page(browser, address, None) as page:
        page.goto(f"{address}/")
        links = page.eval_on_selector_all(".card a", "all => all.map(one => one.getAttribute('href'))")
    buyer = next(link for link in links if link.startswith("/p/"))
    trace = next(link for link in links if link.startswith("/trace"))
    return [
        Shot("front", "/", None),
        Shot("batch", "/my/batches/new", "F1"),
        Shot("accept", _waiting(browser, address), "F6"),
        Shot("stall", "/stall", "F6"),
        Shot("sell", "/sell", "F6"),
        Shot(
            "slip",
            _first(browser, address, "F6", "/my", "main a[href^='/my/slips/']"),
            "F6",
        ),
        Shot("console", "/my", "F1"),
        Shot("sheets", "/my/sheets", "F1"),
        Shot("market", "/market", "F5"),
        Shot("scan", "/scan", "G1"),
        Shot("inspection", "/inspect/new", "G1"),
        Shot("trace", trace, "G1"),
        Shot("print", f"{trace}&print=1", "G1"),
        Shot("buyer", buyer, None),
        Shot("sign-in", "/sign-in", None),
        Shot("eyes", "/who-sees-what", None),
    ]


def _first(browser: Browser, address: str, who: str, path: str, link: str) -> str:
    """Where the first link of that kind leads."""
    with _page(browser, address, who) as page:
        page.goto(f"{address}{path}")
        return str(page.locator(link).first.get_attribute("href"))


def _waiting(browser: Browser, address: str) -> str:
    """A delivery that waits for the wholesaler's answer; the co-op sends one if there is none."""
    for _ in range(2):
        with _page(browser, address, "F6") as page:
            page.goto(f"{address}/my/deliveries")
            paths = page.eval_on_selector_all(".card a", "all => all.map(one => one.getAttribute('href'))")
            if paths:
                return str(paths[0])
        with _page(browser, address, "F1") as page:
            page.goto(f"{address}/my/batches/new")
            page.fill("#name", "青菜")
            page.fill("#quantity", "300")
            page.fill("#plot", "一号地")
            page.click("main form button")
            page.goto(f"{address}/my/shipments/new")
            page.check(f'input[name="customer"][value="{party_id("F6")}"]')
            page.fill("#amount_0", "80")
            page.click("main form button")
    sys.exit("the wholesaler of the demo got no delivery")


def _taken(browser: Browser, address: str, shot: Shot, *, language: str, size: str) -> bytes:
    width, height = SIZES[size]
    with _page(browser, address, shot.who, language=language, width=width) as page:
        page.goto(f"{address}{shot.path}", wait_until="networkidle")
        whole = page.evaluate("document.documentElement.scrollHeight")
        raw = page.screenshot(
            full_page=True, clip={"x": 0, "y": 0, "width": width, "height": min(whole, height)}
        )
    return _small(raw)


def _small(raw: bytes) -> bytes:
    """The picture with as many colours as fit into the limit."""
    picture = Image.open(io.BytesIO(raw)).convert("RGB")
    for colours in COLOURS:
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= PICTURE_BYTES_MAX:
            return out.getvalue()
    sys.exit(f"{len(COLOURS)} tries, and the picture is still larger than {PICTURE_BYTES_MAX} bytes")


@contextmanager
def _page(
    browser: Browser, address: str, who: str | None, *, language: str = "zh", width: int = 1280
) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale=LANGUAGES[language])
    host = urlsplit(address).hostname or ""
    cookies = {"lang": language} | ({DEMO_COOKIE: quote(str(party_id(who)))} if who is not None else {})
    context.add_cookies(
        [{"name": name, "value": value, "domain": host, "path": "/"} for name, value in cookies.items()]
    )
    try:
        yield context.new_page()
    finally:
        context.close()


if __name__ == "__main__":
    main()
