"""Counts the taps, fields and seconds of what six users come for, and prints the table of `docs/ux.md`.

.venv/bin/python tools/tasks.py            # at 360 px; --width 1280 for a screen
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from api.app import create_app
from api.settings import Settings
from tests.browser.cast import Cast
from tests.browser.conftest import FLAGS, Desks, Site
from tests.browser.serving import free_port, serving
from tests.browser.tasks import done
from tests.integration.pages.story import Story
from tests.support.needs import chromium_path
from tests.support.server import Clock, make_ledger


def main() -> None:
    """Play the morning once, print a row for each task."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--width", type=int, default=360)
    asked = parser.parse_args()
    chromium = chromium_path()
    if chromium is None:
        sys.exit("no Chromium at /usr/bin/chromium, and CHROMIUM names no other")
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        make_ledger(Path(folder), Clock()) as ledger,
        sync_playwright() as playwright,
    ):
        story, cast = Story.cast(ledger), Cast(ledger)
        settings = Settings(data=Path(folder) / "data", base_url=f"http://127.0.0.1:{port}", demo=True)
        browser = playwright.chromium.launch(executable_path=str(chromium), args=[*FLAGS])
        with serving(create_app(ledger, settings), port) as address:
            counted = done(Desks(browser, Site(address, story)), cast, width=asked.width)
        browser.close()
    print("| who | task | taps | at most | fields | at most | seconds |")
    print("|---|---|---|---|---|---|---|")
    for one in counted:
        task = one.task
        print(
            f"| {task.who} | {task.what} | {one.taps} | {task.taps_max} | {one.fields} | {task.fields_max} | {one.seconds:.1f} |"
        )


if __name__ == "__main__":
    main()
