"""A child whose decoder falls over."""

from __future__ import annotations

import os
import signal
import sys

if __name__ == "__main__":
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGSEGV)
