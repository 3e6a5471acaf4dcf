"""Two numbers that must not be mixed up.

A `Position` says which entry, counted from 0. A `Size` says how many entries a tree has. A tree of size 5 has
the positions 0 to 4; the type checker keeps one from being passed for the other.
"""

from __future__ import annotations

from typing import NewType

Position = NewType("Position", int)
Size = NewType("Size", int)

#: The largest signed 64-bit number: what SQL's BIGINT holds and what the Go checkers accept.
SIZE_MAX = Size(2**63 - 1)
