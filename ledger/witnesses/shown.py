"""What is published: the checkpoint that everybody is shown, with the cosignatures that hold, and how many witnesses these are."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.store.cosignatures import checkpoint_of, cosignature_lines, cosigned, published_size
from ledger.store.engine import reading
from ledger.store.log_slices import newest_checkpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from ledger.errors import Refusal
    from ledger.log.note import NoteVerifier
    from ledger.log.policy import Policy


@dataclass(frozen=True, slots=True)
class Standing:
    """How many witnesses stand behind the checkpoint that is shown."""

    size: int
    behind: tuple[str, ...]
    of: int
    quorum: bool
    #: Why the last question to a witness brought nothing, by its name.
    troubles: tuple[tuple[str, Refusal], ...] = ()

    @property
    def words(self) -> Words:
        """For a person, in one line."""
        enough = (
            Words(zh="达到策略要求", en="as many as the policy asks for")
            if self.quorum
            else Words(zh="未达策略要求", en="fewer than the policy asks for")
        )
        return Words(
            zh=f"大小 {self.size} 的检查点：{self.of} 个见证中 {len(self.behind)} 个已联署，{enough.zh}",
            en=f"checkpoint of size {self.size}: witnessed by {len(self.behind)} of {self.of}, {enough.en}",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What is published: its note with the cosignatures that hold, whose they are, and the rows this was made from."""

    size: int
    lines: tuple[tuple[str, str], ...]
    note: bytes
    keys: tuple[NoteVerifier, ...]

    def standing(self, policy: Policy, troubles: Sequence[tuple[str, Refusal]] = ()) -> Standing:
        """How many witnesses of this policy stand behind it."""
        return Standing(
            size=self.size,
            behind=tuple(one.name for one in policy.witnesses if one.key in self.keys),
            of=len(policy.witnesses),
            quorum=policy.is_met_by(self.keys),
            troubles=tuple(troubles),
        )


def published(engine: Engine, origin: str, policy: Policy) -> bytes:
    """The published checkpoint with its cosignatures, as a server with this policy shows it: for whoever has no server at hand."""
    with reading(engine) as connection:
        return show(connection, origin, policy, now=time.time()).note


def standing_of(engine: Engine, origin: str, policy: Policy) -> Standing:
    """How many witnesses of this policy stand behind it, without a server at hand."""
    with reading(engine) as connection:
        return show(connection, origin, policy, now=time.time()).standing(policy)


def show(
    connection: Connection, origin: str, policy: Policy, *, now: float, held: Shown | None = None
) -> Shown:
    """What is published, by this policy. `held`: what it was before, which is given back while its rows stand."""
    size = published_size(connection, origin) or 0
    lines = cosignature_lines(connection, origin, size=size)
    if held is not None and (held.size, held.lines) == (size, lines):
        return held
    note = checkpoint_of(connection, origin, size=size)
    if note is None:
        # Nothing was published yet, or the row says what cannot be: the newest checkpoint is never wrong.
        size, note = newest_checkpoint(connection, origin)
        lines = cosignature_lines(connection, origin, size=size)
    whole, keys = cosigned(note, lines, policy.witness_keys, now_seconds=int(now))
    return Shown(size, lines, whole, keys)
