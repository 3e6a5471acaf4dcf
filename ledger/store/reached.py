"""How far one record has come by now: the first of its checkpoints that enough witnesses have cosigned, and when one was stamped.

A line that was kept and does not verify any more is left out (`ledger.store.cosignatures.cosigned`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ledger.log.level import Level
from ledger.store.cosignatures import checkpoint_of, cosignature_lines, cosigned, cosigned_sizes_over
from ledger.store.timestamps import timestamp_over

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.log.policy import Policy

#: So many cosigned checkpoints are looked through for one with a quorum.
SIZES_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Reached:
    """The level of a record, and the checkpoint that shows it; without one, the record's first one does."""

    level: Level
    size: int | None = None
    note: bytes = b""


def reached(
    connection: Connection, log_id: str, seq: int, *, policy: Policy | None, now_seconds: int
) -> Reached:
    """The furthest that the entry at `seq` has come, by this policy."""
    size, at_ms = timestamp_over(connection, log_id, seq) or (None, None)
    nobody = Level(
        of=0 if policy is None else len(policy.witnesses), timestamped_ms=at_ms, timestamped_size=size
    )
    # Where no witness has signed, the proof leads to the stamped checkpoint, if there is one.
    note = None if size is None else checkpoint_of(connection, log_id, size=size)
    best = Reached(nobody) if note is None else Reached(nobody, size, note)
    sizes = [] if policy is None else cosigned_sizes_over(connection, log_id, seq, most=SIZES_MAX)
    for over in sizes:
        one = _cosigned(connection, log_id, over, nobody, policy=policy, now_seconds=now_seconds)
        if one is not None and one.level.witnessed > best.level.witnessed:
            best = one
            if one.level.quorum:
                break
    return best


def reached_at(
    connection: Connection, log_id: str, size: int, *, policy: Policy | None, now_seconds: int
) -> Reached | None:
    """What stands behind the checkpoint of exactly this size; None where there is none."""
    stamped = timestamp_over(connection, log_id, size - 1)
    level = Level(of=0 if policy is None else len(policy.witnesses))
    if stamped is not None and stamped[0] == size:
        level = replace(level, timestamped_ms=stamped[1], timestamped_size=size)
    return _cosigned(connection, log_id, size, level, policy=policy, now_seconds=now_seconds)


def _cosigned(
    connection: Connection,
    log_id: str,
    size: int,
    level: Level,
    *,
    policy: Policy | None,
    now_seconds: int,
) -> Reached | None:
    """The checkpoint of this size with its cosignatures, and the level with them."""
    note = checkpoint_of(connection, log_id, size=size)
    if note is None or policy is None:
        return None if note is None else Reached(level, size, note)
    lines = cosignature_lines(connection, log_id, size=size)
    whole, keys = cosigned(note, lines, policy.witness_keys, now_seconds=now_seconds)
    # Each key once, whatever lies in the rows.
    witnessed = replace(level, witnessed=len(set(keys)), quorum=policy.is_met_by(keys))
    return Reached(witnessed, size, whole)
