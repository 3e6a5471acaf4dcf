"""How the log says that something shown to it does not hold.

`Untrue` is the family: whoever catches it knows that the thing in hand (a proof, a note, a checkpoint, a
tile) must not be believed. The members differ by what a caller does next. A witness, for one, answers a
malformed note with 400, a signature it cannot use with 403 and a wrong proof with 422.

`NotInTree` is milder: the question was about entries that the tree does not have yet. `TilesBehind` is
graver: our own stored tiles do not fit the size we were told, and appending must stop.
"""

from __future__ import annotations

from ledger.errors import LedgerFault, Refusal, Words


class Untrue(Refusal):
    """What was shown does not verify. Nothing in it may be believed."""

    title = Words(zh="验证不通过", en="does not verify")


class HashMalformed(Untrue):
    """These bytes, or this text, are no SHA-256 hash."""

    title = Words(zh="不是有效的哈希值", en="not a hash")


class EdgeMalformed(Untrue):
    """The right edge of a tree has another number of hashes than its size has one bits."""

    title = Words(zh="树的右边缘与大小不符", en="edge does not fit its size")


class TileMalformed(Untrue):
    """A tile path, a row of hashes or a bundle of entries that is not what it claims to be."""

    title = Words(zh="数据块格式不对", en="malformed tile")


class ProofMalformed(Untrue):
    """The text of a `.tlog-proof` file cannot be read."""

    title = Words(zh="证明文件格式不对", en="malformed proof")


class ProofWrong(Untrue):
    """The hashes do not lead from what was claimed to the root."""

    title = Words(zh="证明不成立", en="proof does not hold")


class KeyMalformed(Untrue):
    """The text of a public or secret note key cannot be used."""

    title = Words(zh="密钥格式不对", en="malformed key")


class NoteMalformed(Untrue):
    """These bytes are no signed note."""

    title = Words(zh="签名文本格式不对", en="malformed note")


class NoteUnsigned(Untrue):
    """A well-formed note that no key we trust has signed."""

    title = Words(zh="没有受信任的签名", en="not signed by a trusted key")


class NoteSignatureWrong(Untrue):
    """A key we trust is named, and the signature is not its own. The whole note is refused."""

    title = Words(zh="签名与内容不符", en="signature does not fit the note")


class CheckpointMalformed(Untrue):
    """The note is good and its text is no checkpoint."""

    title = Words(zh="检查点格式不对", en="malformed checkpoint")


class CheckpointOfAnotherLog(Untrue):
    """A good checkpoint, of a log we did not ask about."""

    title = Words(zh="不是这个日志的检查点", en="checkpoint of another log")


class NotInTree(Refusal):
    """The question is about entries, or a size, that this tree does not have."""

    title = Words(zh="日志中没有", en="not in the tree")


class TilesBehind(LedgerFault):
    """The stored right-edge tiles do not fit the size of the tree: nothing may be appended to them."""
