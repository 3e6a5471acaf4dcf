"""What a child process gives up before it looks at the first byte of a stranger's file: memory, time, every file but its own three.

Imported by the children only (`_reader`, `_second_look`, `_redraw`, `_pdf`, `_sheet`). A decoder that is tricked can waste itself and nothing more.
"""

from __future__ import annotations

import resource


def confine(*, memory_bytes_max: int, cpu_seconds_max: int) -> None:
    """Give up, for good, whatever reading a file does not need. With no handle left, there is no network either."""
    # At the soft limit the kernel sends SIGXCPU, which says why; at the hard one it would only kill.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds_max, cpu_seconds_max + 1))
    limits = (
        (resource.RLIMIT_AS, memory_bytes_max),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    )
    for limit, most in limits:
        resource.setrlimit(limit, (most, most))
