"""A server that is told to stop stops, at whatever moment it is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.browser.serving import free_port
from tests.support.serving import STOP_SECONDS_MAX, children, environment_of, founded, served


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after", [0.0, 0.4])
def test_a_server_told_to_stop_while_it_starts_stops(
    tmp_path: Path, told: signal.Signals, after: float
) -> None:
    with founded(tmp_path):
        pass
    with subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve"],
        env=environment_of(tmp_path, port=free_port()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parents[2],
    ) as process:
        until, waiting = time.monotonic() + 60, threading.Event()
        while not (workers := children(process.pid)):
            assert process.poll() is None, "it ended before it had a worker"
            assert time.monotonic() < until, "no worker came up"
            waiting.wait(0.001)
        waiting.wait(after)
        try:
            process.send_signal(told)
            process.wait(STOP_SECONDS_MAX)
        finally:
            for one in (process.pid, *workers):
                if Path(f"/proc/{one}").exists():
                    os.kill(one, signal.SIGKILL)
    assert not [one for one in workers if Path(f"/proc/{one}").exists()]


def test_a_server_that_serves_stops_when_told(tmp_path: Path) -> None:
    with founded(tmp_path):
        pass
    with served(tmp_path) as server:
        workers = children(server.process.pid)
        server.process.terminate()
        assert server.process.wait(STOP_SECONDS_MAX) == 0
        assert not [one for one in workers if Path(f"/proc/{one}").exists()]
