"""How far a record has come: what stands behind it beside the word of whoever runs the log.

    durable        it is on disk; nobody else can tell
    log-signed     it stands under a checkpoint that the log has signed: changed or left out, its sender can prove it
    witnessed      k of the n witnesses of a policy have cosigned that checkpoint: others have seen this very log
    timestamped    a time-stamping authority (RFC 3161) has seen that checkpoint: it was there at that time

Every record of ours is log-signed as soon as it is durable, for its checkpoint is signed in the transaction that stores it. A higher level
is reached later, or never: nobody waits for a witness. Which witnesses count, and how many are enough, is their reader's policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from ledger.errors import Words

if TYPE_CHECKING:
    from ledger.log.checkpoint import SignedCheckpoint
    from ledger.log.policy import Policy

LevelName = Literal["durable", "log-signed", "witnessed", "timestamped"]


@dataclass(frozen=True, slots=True)
class Level:
    """What stands behind one checkpoint that the log has signed."""

    #: Witnesses of the policy that have cosigned it, of how many there are, and whether that is enough for the policy.
    witnessed: int = 0
    of: int = 0
    quorum: bool = False
    #: When a time-stamping authority says that it saw a checkpoint over the record, and that checkpoint's size; None without a token.
    timestamped_ms: int | None = None
    timestamped_size: int | None = None

    def __post_init__(self) -> None:
        """No more witnesses than there are."""
        assert 0 <= self.witnessed <= self.of, (self.witnessed, self.of)

    @classmethod
    def behind(
        cls, signed: SignedCheckpoint, policy: Policy | None = None, *, timestamped_ms: int | None = None
    ) -> Self:
        """What stands behind an opened checkpoint, by this policy. Whether that is enough is not asked here, only told."""
        keys = {one.verifier for one in signed.cosignatures}
        known = [] if policy is None else [one for one in policy.witnesses if one.key in keys]
        return cls(
            witnessed=len(known),
            of=0 if policy is None else len(policy.witnesses),
            quorum=policy is not None and policy.is_met_by(keys),
            timestamped_ms=timestamped_ms,
        )

    @property
    def name(self) -> LevelName:
        """The highest level that is reached. A time stamp says when, and says it of whatever else there is."""
        if self.timestamped_ms is not None:
            return "timestamped"
        return "witnessed" if self.witnessed else "log-signed"

    @property
    def words(self) -> Words:
        """For a person, in one line without an end."""
        zh, en = ["已落盘", "日志已签名"], ["durable", "log-signed"]
        zh.append(f"{self.of} 个见证人中 {self.witnessed} 个已联署")
        en.append(f"witnessed by {self.witnessed} of {self.of}")
        if self.witnessed and not self.quorum:
            zh[-1] += "（未达策略要求）"
            en[-1] += " (fewer than the policy asks for)"
        zh.append("没有可信时间戳" if self.timestamped_ms is None else "有可信时间戳")
        en.append("not timestamped" if self.timestamped_ms is None else "timestamped")
        return Words(zh="，".join(zh), en=", ".join(en))
