"""Starts a child process that opens one stranger's file, and ends it when it wants too much.

Pictures and papers are the oldest way into a server (security: a 14 in the list of threats), so no decoder runs in the server itself. The
file goes in by standard input, the answer comes out by standard output, and the child may do nothing else (`_confined`). What the answer
means is left to whoever asked: `photo` and `papers`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from signal import SIGKILL, SIGXCPU
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore, Timer
from typing import IO, Final

#: Children at work at the same time; each may take `memory_bytes_max`.
CHILDREN_MAX: Final = 2
#: A longer answer waits in a temporary file.
ANSWER_IN_MEMORY_BYTES_MAX: Final = 1024 * 1024
PIPE_CHUNK_BYTES: Final = 64 * 1024


class ReaderBroken(RuntimeError):
    """The child process did not start or answered in other words than ours. No file is at fault."""


class TookTooLong(Exception):
    """The child used up its time, or there was none to be had."""


class Crashed(Exception):
    """The decoder itself fell over: whoever made the file meant it, or it is badly broken."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one child may take."""

    memory_bytes_max: int
    cpu_seconds_max: int
    seconds_max: float
    answer_bytes_max: int


def ask(module: str, file: IO[bytes], *, numbers: tuple[int, ...], limits: ChildLimits) -> IO[bytes]:
    """What the child said of the file, in a file that the caller closes; the child has ended when this returns.

    Its arguments are `numbers`, then the bytes of memory and the seconds of processor time that it must confine itself to.
    """
    if not _children.acquire(timeout=limits.seconds_max):
        raise TookTooLong
    try:
        with ExitStack() as on_failure:
            said = on_failure.enter_context(SpooledTemporaryFile(max_size=ANSWER_IN_MEMORY_BYTES_MAX))
            status = _ended(module, file, said, numbers=numbers, limits=limits)
            if status in {-SIGXCPU, -SIGKILL}:
                raise TookTooLong
            if status < 0:
                raise Crashed
            if status > 0:
                raise ReaderBroken(
                    f"{module} ended with status {status}; try: {sys.executable} -I -m {module}"
                )
            said.seek(0)
            on_failure.pop_all()
        return said
    finally:
        _children.release()


_children = BoundedSemaphore(CHILDREN_MAX)


def _ended(
    module: str, file: IO[bytes], said: IO[bytes], *, numbers: tuple[int, ...], limits: ChildLimits
) -> int:
    """How the child ended."""
    arguments = (*numbers, limits.memory_bytes_max, limits.cpu_seconds_max)
    with subprocess.Popen(  # noqa: S603 (our own module in our own interpreter; the file is no argument)
        # -I: neither the environment nor a folder can add code. -B: it may write no file, so it should not try.
        [sys.executable, "-I", "-B", "-m", module, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    ) as child:
        timer = Timer(limits.seconds_max, child.kill)
        timer.start()
        try:
            _tell(child, file)
            _hear(child, said, bytes_max=limits.answer_bytes_max)
            return child.wait()
        finally:
            timer.cancel()
            child.kill()


def _tell(child: subprocess.Popen[bytes], file: IO[bytes]) -> None:
    # The child reads to the end before it writes, so neither side waits for the other with a full pipe.
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        shutil.copyfileobj(file, child.stdin, PIPE_CHUNK_BYTES)
    with suppress(BrokenPipeError):
        child.stdin.close()


def _hear(child: subprocess.Popen[bytes], said: IO[bytes], *, bytes_max: int) -> None:
    assert child.stdout is not None
    left = bytes_max
    while chunk := child.stdout.read(min(PIPE_CHUNK_BYTES, left + 1)):
        left -= len(chunk)
        if left < 0:
            child.kill()
            return
        said.write(chunk)
