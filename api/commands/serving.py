"""The application as a server's worker process makes it: settings from the environment, the ledger they name, logs as JSON on stderr."""

from __future__ import annotations

import atexit
import gc
from typing import TYPE_CHECKING, Final

from granian.constants import HTTPModes
from granian.http import HTTP1Settings

from api.app import create_app
from api.commands.opening import open_ledger
from api.logs import LOGGING, open_log
from api.scrubbing import scrubber_of
from api.settings import Settings
from api.timestamps import timestamping_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ledger.witnesses import Witnessing

__all__ = ["HEADERS", "HTTP", "LOGGING", "TARGET", "application"]

#: What `granian` is told to import.
TARGET: Final = "api.commands.serving:application"

#: Without HTTP/2 in the clear, which no browser speaks: while `granian` guesses which of the two comes, it waits for ever.
HTTP: Final = HTTPModes.http1
#: How long the head of a request may take, and how long a connection may stay open without one.
HEADERS: Final = HTTP1Settings(header_read_timeout=10_000)


def application() -> FastAPI:
    """Open the ledger and put the API in front of it. The ledger is closed when the process ends."""
    open_log()
    settings = Settings()
    ledger = open_ledger(settings)
    # The last one registered is closed first: whatever reads the ledger, before it.
    atexit.register(ledger.close)
    app = create_app(ledger, settings)
    # What a stop broke off goes on.
    app.state.sheets.resume()
    witnessing: Witnessing | None = app.state.witnessing
    if witnessing is not None:
        witnessing.start()
        atexit.register(witnessing.close)
    timestamping = timestamping_of(ledger, settings)
    if timestamping is not None:
        timestamping.start()
        atexit.register(timestamping.close)
    scrubber = scrubber_of(ledger, settings)
    if scrubber is not None:
        app.state.scrubber = scrubber
        scrubber.start()
        atexit.register(scrubber.close)
    settle()
    return app


def settle() -> None:
    """Have the collector leave alone what stands until the process ends: some 350,000 objects, three hundred addresses above all.

    Walking through them again and again took 0.2 s each time and held up everybody.
    """
    gc.collect()
    gc.freeze()
    # At the end all of it goes, as always: libraries complain of what is left.
    atexit.register(gc.unfreeze)
