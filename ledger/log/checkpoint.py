"""What a log says about itself: who it is, how large it is, and the root over all it holds.

    log.example/main                              origin: the log's name, for ever
    20852163                                      size
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=  root                        (c2sp.org/tlog-checkpoint)

Signed, it is the one small text that pins every entry. Two checkpoints of one log that cannot both be true
are the proof that its operator rewrote history, so a signed checkpoint is kept, passed on and compared.

The log's keys carry the origin as their name. Lines after the third are extensions: we sign none, because no
monitor can check them, and we keep those of other logs, because a witness must cosign the text as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ledger.errors import Words
from ledger.log.errors import CheckpointMalformed, CheckpointOfAnotherLog, NoteUnsigned, ProofWrong
from ledger.log.merkle import EMPTY_ROOT, Hash
from ledger.log.note import SignatureKind, one_of, open_note, sign_note
from ledger.log.sizes import SIZE_MAX, Size
from ledger.log.strict import read_decimal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ledger.log.note import NoteVerifier, SignsNotes, Verified

_FIXED_LINES = 3


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of one log at one size."""

    origin: str
    size: Size
    root: Hash
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Lines that read back as they were written; and of nothing there is only one root."""
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                expected = Words(zh="非空的一行", en="one line that is not empty")
                raise CheckpointMalformed(field="line", came=line, expected=expected)
        if not 0 <= self.size <= SIZE_MAX:
            expected = Words(zh=f"0 到 {SIZE_MAX}", en=f"0 to {SIZE_MAX}")
            raise CheckpointMalformed(field="size", came=str(self.size), expected=expected)
        if self.size == 0 and self.root != EMPTY_ROOT:
            expected = Words(zh=f"空树的根 {EMPTY_ROOT}", en=f"the root of the empty tree, {EMPTY_ROOT}")
            raise ProofWrong(field="root", came=str(self.root), expected=expected)

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read what `to_bytes` writes: the text of a note that has been opened."""
        try:
            lines = text.decode().split("\n")
        except UnicodeDecodeError:
            lines = []
        # The text ends in a newline, so an empty piece follows the last line.
        if len(lines) <= _FIXED_LINES or lines.pop():
            expected = Words(
                zh="来源、大小、根三行，各以换行结尾", en="origin, size and root, each ended by a newline"
            )
            raise CheckpointMalformed(field="text", came=text.decode("utf-8", "replace"), expected=expected)
        origin, size, root, *extensions = lines
        return cls(
            origin=origin,
            size=Size(read_decimal(size, field="size", refusal=CheckpointMalformed)),
            root=Hash.parse(root),
            extensions=tuple(extensions),
        )

    def to_bytes(self) -> bytes:
        """The text that is signed."""
        lines = (self.origin, str(self.size), str(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines).encode()

    def sign(self, signers: Sequence[SignsNotes]) -> bytes:
        """The signed note. Only keys named like the log may sign it, and extensions are never signed."""
        if self.extensions:
            expected = Words(zh="没有扩展行", en="no extension lines")
            raise CheckpointMalformed(field="extensions", came=self.extensions[0], expected=expected)
        for signer in signers:
            if signer.name != self.origin:
                raise CheckpointOfAnotherLog(
                    field="signer", came=signer.name, expected=Words(zh=self.origin, en=self.origin)
                )
        return sign_note(self.to_bytes(), signers)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that its log has signed, with the signatures that were checked."""

    checkpoint: Checkpoint
    log_signatures: tuple[Verified, ...]
    cosignatures: tuple[Verified, ...]
    """The witnesses we asked for that have cosigned. How many are enough is the reader's policy."""


def open_checkpoint(
    raw: bytes, log_keys: Collection[NoteVerifier], witnesses: Collection[NoteVerifier] = ()
) -> SignedCheckpoint:
    """The checkpoint in a note, if a key of the log signed it and is named after that very log.

    Several log keys may be given, because a log changes its key while old checkpoints stay good. A witness
    alone never makes a checkpoint: its word is that it saw one, the log's signature is what was seen.
    """
    opened = open_note(raw, [*log_keys, *witnesses])
    checkpoint = Checkpoint.parse(opened.text)
    log_signatures = tuple(
        verified
        for verified in opened.verified
        if verified.verifier in log_keys and verified.verifier.kind is SignatureKind.ED25519
    )
    if not log_signatures:
        came = ", ".join(verified.verifier.name for verified in opened.verified)
        raise NoteUnsigned(field="signatures", came=came, expected=one_of(log_keys))
    for verified in log_signatures:
        if verified.verifier.name != checkpoint.origin:
            name = verified.verifier.name
            raise CheckpointOfAnotherLog(
                field="origin", came=checkpoint.origin, expected=Words(zh=name, en=name)
            )
    cosignatures = tuple(verified for verified in opened.verified if verified not in log_signatures)
    return SignedCheckpoint(checkpoint, log_signatures, cosignatures)
