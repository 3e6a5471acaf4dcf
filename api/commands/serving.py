"""The application as a server's worker process makes it: settings from the environment, the ledger they name, logs as JSON on stderr."""

from __future__ import annotations

import atexit
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from api.app import create_app
from api.commands.opening import open_ledger
from api.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

#: What `granian` is told to import.
TARGET: Final = "api.commands.serving:application"


class JsonLines(logging.Formatter):
    """One JSON object a line. What a request brought is text in it and nothing more."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


#: Everything goes to standard error; standard output is the command's.
LOGGING: Final[dict[str, object]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonLines}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    },
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        "_granian": {"level": "WARNING", "handlers": ["stderr"], "propagate": False},
        "granian.access": {"level": "INFO", "handlers": ["stderr"], "propagate": False},
    },
}


def application() -> FastAPI:
    """Open the ledger and put the API in front of it. The ledger is closed when the process ends."""
    settings = Settings()
    ledger = open_ledger(settings)
    atexit.register(ledger.close)
    return create_app(ledger, settings)
