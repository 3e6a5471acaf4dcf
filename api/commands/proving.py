"""Checking without a ledger and without a network: `suyuan verify-proof`, `verify-disclosure`, and `verify`, the older name of the latter.

Each needs the file and the log's public key, which its holder brings from elsewhere: a key out of the same hands as the file proves nothing.
With `--policy` (c2sp.org/tlog-policy) the witnesses named there must have cosigned too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import read_file, read_vkeys
from ledger.canonical import read
from ledger.disclosure import DISCLOSURE_BYTES_MAX, Disclosed, Disclosure
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Instant
from ledger.keys import base64_bytes
from ledger.log.entry import ENTRY_BYTES_MAX, Entry
from ledger.log.level import Level
from ledger.log.note import Note
from ledger.log.policy import POLICY_BYTES_MAX, Policy
from ledger.log.proof import TLOG_PROOF_HEADER, TlogProof
from ledger.timestamping import CERTIFICATES_BYTES_MAX, TOKEN_BYTES_MAX, Trusted, check_token
from ledger.vocabulary import said_type

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from ledger.canonical import Json
    from ledger.errors import Language
    from ledger.log.checkpoint import SignedCheckpoint
    from ledger.log.note import NoteVerifier
    from ledger.statement import Item

#: A server's answer to a post of a thousand records holds as many receipts.
RECEIPT_BYTES_MAX: Final = 16 * 1024 * 1024


def proof_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan verify-proof` takes."""
    zh = language == "zh"
    parser.add_argument(
        "file",
        type=Path,
        help="存证证明（.tlog-proof），或服务器答复的回执（JSON）"
        if zh
        else "a .tlog-proof, or a server's answer with its receipt (JSON)",
    )
    parser.add_argument(
        "--entry",
        type=Path,
        metavar="FILE",
        help="日志条目的字节，证明里没有带上时"
        if zh
        else "the bytes of the entry, where the proof does not bring them",
    )
    parser.add_argument(
        "--token",
        type=Path,
        metavar="FILE",
        help="检查点的可信时间戳（RFC 3161 应答）"
        if zh
        else "a time stamp over its checkpoint (an RFC 3161 reply)",
    )
    parser.add_argument(
        "--tsa-certs",
        type=Path,
        metavar="FILE",
        help="时间戳机构的根证书（PEM），与 --token 同用"
        if zh
        else "the time-stamping authority's root certificates (PEM), with --token",
    )
    _add_keys(parser, language)


def disclosure_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan verify-disclosure` takes."""
    parser.add_argument("file", type=Path, help="披露文件" if language == "zh" else "a disclosure")
    _add_keys(parser, language)


def _add_keys(parser: ArgumentParser, language: Language) -> None:
    parser.add_argument(
        "--vkey",
        required=True,
        help="日志公钥，或存有公钥的文件"
        if language == "zh"
        else "the log's public key, or the file that holds it",
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="见证策略（tlog-policy）：哪些见证人须已联署"
        if language == "zh"
        else "a tlog-policy: which witnesses must have cosigned",
    )


def verify_proof(asked: Namespace, console: Console) -> int:
    """Check that the log holds an entry; 1 when that is not shown."""
    keys, policy = read_vkeys(asked.vkey), _policy(asked.policy)
    raw = read_file(asked.file, bytes_max=RECEIPT_BYTES_MAX)
    entry = None if asked.entry is None else read_file(asked.entry, bytes_max=ENTRY_BYTES_MAX)
    stamp, lines = _stamp(asked), list[str]()
    try:
        for proof, about in _proofs(raw, entry):
            signed = _opened(proof, about, keys, policy)
            at_ms = None if stamp is None else stamp.at_ms(proof, signed.checkpoint.origin)
            level = Level.behind(signed, policy, timestamped_ms=at_ms)
            lines += _proof_lines(proof, about, signed, level, console.language)
    except Refusal as wrong:
        return _does_not_hold(wrong, console)
    console.say_all(lines)
    return GOOD


def verify_disclosure(asked: Namespace, console: Console) -> int:
    """Check a disclosure; 1 when it does not hold."""
    keys, policy = read_vkeys(asked.vkey), _policy(asked.policy)
    raw = read_file(asked.file, bytes_max=DISCLOSURE_BYTES_MAX)
    try:
        disclosure = Disclosure.parse(raw)
        shown = disclosure.verify(keys, () if policy is None else policy.witness_keys)
        if policy is not None:
            policy.check(disclosure.statement.proof.checkpoint, keys)
    except Refusal as wrong:
        return _does_not_hold(wrong, console)
    console.say_all(_shown_lines(shown, policy, console.language))
    return GOOD


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A token, and whose word it must be."""

    token: bytes
    trusted: Trusted

    def at_ms(self, proof: TlogProof, origin: str) -> int:
        """The time that it gives to the proof's checkpoint as the log signed it, without what witnesses have added."""
        note = Note.parse(proof.checkpoint)
        own = tuple(one for one in note.signatures if one.name == origin)
        return check_token(self.token, replace(note, signatures=own).to_bytes(), self.trusted)


def _stamp(asked: Namespace) -> _Stamp | None:
    if (asked.token is None) != (asked.tsa_certs is None):
        misuse("--token 和 --tsa-certs 须同时给出", "--token and --tsa-certs go together")
    if asked.token is None:
        return None
    trusted = Trusted.parse(read_file(asked.tsa_certs, bytes_max=CERTIFICATES_BYTES_MAX))
    return _Stamp(read_file(asked.token, bytes_max=TOKEN_BYTES_MAX), trusted)


def _policy(path: Path | None) -> Policy | None:
    return None if path is None else Policy.parse(read_file(path, bytes_max=POLICY_BYTES_MAX))


def _opened(
    proof: TlogProof, entry: bytes, keys: Sequence[NoteVerifier], policy: Policy | None
) -> SignedCheckpoint:
    """The checkpoint of a proof that holds: the given key has signed it, and the quorum where one is asked for."""
    if policy is not None:
        policy.check(proof.checkpoint, keys)
    return proof.verify(entry, keys, () if policy is None else policy.witness_keys)


def _does_not_hold(wrong: Refusal, console: Console) -> int:
    console.tell(f"不成立：{wrong.in_language('zh')}", f"does not hold: {wrong.in_language('en')}")
    return WRONG


def _proofs(raw: bytes, entry: bytes | None) -> Iterator[tuple[TlogProof, bytes]]:
    """Each proof in a file, with the entry that it is about."""
    if raw.startswith(TLOG_PROOF_HEADER.encode("ascii")):
        proof = TlogProof.parse(raw)
        if entry is None and not proof.extra:
            expected = Words(
                zh="证明里的 extra 一行，或 --entry 文件", en="an extra line in the proof, or --entry FILE"
            )
            raise Malformed(field="entry", came="", expected=expected)
        yield proof, proof.extra if entry is None else entry
        return
    for one in _answers(read(raw, field="receipt", bytes_max=RECEIPT_BYTES_MAX)):
        receipt = one.get("receipt", one)
        text, inside = (
            (receipt.get(name) for name in ("proof", "entry"))
            if isinstance(receipt, Mapping)
            else (None, None)
        )
        if not isinstance(text, str) or not isinstance(inside, str):
            expected = Words(
                zh="存证证明，或带有 entry 和 proof 的回执",
                en="a .tlog-proof, or a receipt with entry and proof",
            )
            raise Malformed(field="receipt", came=sorted(one), expected=expected)
        yield TlogProof.parse(text.encode()), base64_bytes(inside, field="receipt.entry")


def _answers(body: Json) -> list[Mapping[str, Json]]:
    """The answers in a server's answer: to one record, or to several."""
    many = body.get("statements", [body]) if isinstance(body, Mapping) else body
    if isinstance(many, Sequence) and not isinstance(many, str):
        answers = [one for one in many if isinstance(one, Mapping)]
        if answers and len(answers) == len(many):
            return answers
    expected = Words(zh="带有回执的答复", en="an answer with a receipt")
    raise Malformed(field="receipt", came=body, expected=expected)


def _proof_lines(
    proof: TlogProof, raw: bytes, signed: SignedCheckpoint, level: Level, language: Language
) -> Iterator[str]:
    entry, tree = Entry.parse(raw), signed.checkpoint
    stamped = level.timestamped_ms
    at = Instant(entry.at_ms).display()
    if language == "zh":
        yield f"成立：{tree.origin} 第 {proof.position} 条，日志收下于 {at}（日志的时钟）"
        yield f"  条目哈希 {entry.leaf_hash}，所收签名记录的摘要 {entry.statement.hex()}（SHA-256）"
        yield f"  检查点：共 {tree.size} 条，根 {tree.root}"
        yield f"  级别：{level.words.zh}"
        if stamped is not None:
            yield f"  时间戳机构证明该检查点在 {Instant(stamped).display()} 已经存在"
        yield "没有核对：记录说了什么、由谁签名、此后有没有更正（披露文件和审计才看得到）"
    else:
        yield f"holds: entry {proof.position} of {tree.origin}, which the log took {at} (the log's own clock)"
        yield f"  leaf hash {entry.leaf_hash}, of the signed statement with the SHA-256 {entry.statement.hex()}"
        yield f"  checkpoint: {tree.size} entries, root {tree.root}"
        yield f"  level: {level.words.en}"
        if stamped is not None:
            yield f"  the time-stamping authority had this checkpoint before it at {Instant(stamped).display()}"
        yield "not checked: what the record says, who signed it, whether it was put right since (a disclosure and an audit show that)"


_CUSTODIES: Final = {
    "own": Words(zh="自持密钥", en="key of its own"),
    "custodial": Words(zh="运营者代管的密钥", en="key kept by the operator"),
}
_CLOCKS: Final = {
    "real": Words(zh="运营者的时钟", en="the operator's clock"),
    "simulated": Words(zh="演示时钟", en="a simulated clock"),
}


def _shown_lines(shown: Disclosed, policy: Policy | None, language: Language) -> Iterator[str]:
    level = Level.behind(shown.checkpoint, policy).words
    header, recorded = shown.header, Instant(shown.recorded_at_ms).display()
    title = said_type(header.type).TITLE.in_language(language)
    keys = ", ".join(sorted({_CUSTODIES[one.custody].in_language(language) for one in shown.signers}))
    clock = _CLOCKS[shown.register.clock].in_language(language)
    if language == "zh":
        yield f"成立：{title}，{header.issuer} 签名（{keys}），在 {header.log} 第 {shown.position} 条"
        yield f"自称发生于 {header.occurred_at.display()}；日志收下于 {recorded}（{clock}，没有外部见证时只以运营者为凭）"
        yield f"级别：{level.zh}"
    else:
        yield f"holds: {title} signed by {header.issuer} ({keys}), entry {shown.position} of {header.log}"
        yield (
            f"says it happened {header.occurred_at.display()}; the log took it {recorded} ({clock}; "
            "without an outside witness it rests on the operator's)"
        )
        yield f"level: {level.en}"
    yield from (_item_line(item) for _, item in sorted(shown.items.items()))
    closed = len(shown.closed)
    if closed:
        yield f"另有 {closed} 项未出示" if language == "zh" else f"items that are not shown: {closed}"


def _item_line(item: Item) -> str:
    return f"  {item.kind}: {item.raw.decode('utf-8')}"


COMMANDS: Final = {
    "verify-proof": Does(proof_arguments, verify_proof),
    "verify-disclosure": Does(disclosure_arguments, verify_disclosure),
    "verify": Does(disclosure_arguments, verify_disclosure),
}
