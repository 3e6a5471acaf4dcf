r"""What a log asks of a witness and what the witness answers (c2sp.org/tlog-witness), as bytes; who sends them lies elsewhere.

    old 20852014                                        how far the witness has seen this log
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=        why the tree it saw is part of the new one
    …
                                                        a blank line
    log.example/main                                    the checkpoint, as the log signed it

    200  lines of cosignatures          404  log not known        400  old larger than the checkpoint
    409  the size it has seen, if not   403  not signed by a      422  the proof does not hold, or another
         the one we said                     key of that log           root of the same size was seen

A witness is a stranger, and so is its answer: it is short, it is one of these, and a cosignature counts when a key that we were given made it
over this very text, at a time that can be. `read_answer` returns what holds and raises for all the rest. Whether the root of size 0 fits
is the checkpoint's own affair; a proof from size 0 is empty, because every log continues nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, ClassVar, Final, Self
from urllib.parse import urlsplit

from ledger.errors import Refusal, Words
from ledger.log.checkpoint import Checkpoint
from ledger.log.errors import Untrue
from ledger.log.merkle import Hash
from ledger.log.note import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, Note, NoteSignature, Verified
from ledger.log.sizes import Size
from ledger.log.strict import read_decimal

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.log.note import NoteVerifier

CONSISTENCY_HASHES_MAX: Final = 63
#: A note, the line of the old size, and so many lines of 44 characters.
REQUEST_BYTES_MAX: Final = NOTE_BYTES_MAX + 64 * 45
#: A witness has a few keys; ML-DSA cosignatures take 3 kB each.
ANSWER_BYTES_MAX: Final = 65_536
SIZE_TYPE: Final = "text/x.tlog.size"
#: So far may a witness's clock stand ahead of ours.
AHEAD_SECONDS_MAX: Final = 600

_OLD: Final = "old "


class RequestMalformed(Untrue):
    """These bytes are no add-checkpoint request."""

    title = Words(zh="见证请求格式不对", en="malformed add-checkpoint request")


class WitnessAddressWrong(Refusal):
    """A witness under an address that is not to be called."""

    title = Words(zh="见证地址不对", en="witness address")


class AnswerMalformed(Untrue):
    """The witness answered with something that a witness does not say, or with no cosignature that counts."""

    title = Words(zh="见证的回答不成立", en="the witness's answer does not hold")


class WitnessDeclined(Untrue):
    """The witness understood and does not cosign. Subclasses say why, and that tells who must act."""

    title = Words(zh="见证拒绝签署", en="the witness does not cosign")
    status: ClassVar[int] = 0
    means: ClassVar[Words] = Words(zh="200", en="200")


class LogNotKnown(WitnessDeclined):
    """Its keeper has not added this log yet, or under another name."""

    title = Words(zh="见证不认识本日志", en="the witness does not know this log")
    status = 404
    means = Words(zh="见证方先登记本日志的名称和公钥", en="a witness to which origin and vkey were given")


class LogKeyNotKnown(WitnessDeclined):
    """It knows the log and none of the keys that signed: after a change of key its keeper must be told the new one."""

    title = Words(zh="见证没有本日志的公钥", en="the witness does not know the log's key")
    status = 403
    means = Words(zh="见证方登记本日志的新公钥", en="a witness to which the log's new vkey was given")


class RequestDeclined(WitnessDeclined):
    """It cannot read what we sent: one of the two programs is wrong."""

    title = Words(zh="见证读不懂请求", en="the witness cannot read the request")
    status = 400
    means = Words(zh="符合 c2sp.org/tlog-witness 的程序", en="programs that follow c2sp.org/tlog-witness")


class HistoryDeclined(WitnessDeclined):
    """It saw another history of this log than the one we hold. One of the two is false: nothing is more serious."""

    title = Words(zh="见证看到的历史与本日志不一致", en="the witness saw another history of this log")
    status = 422
    means = Words(
        zh="同一部历史：先停止收录，再与见证方核对",
        en="one history: stop recording and compare with the witness",
    )


DECLINED: Final[dict[int, type[WitnessDeclined]]] = {
    one.status: one for one in (LogNotKnown, LogKeyNotKnown, RequestDeclined, HistoryDeclined)
}


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """One request: from which size, why the one tree continues the other, and the signed checkpoint."""

    old: Size
    proof: tuple[Hash, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        """No more hashes than a proof can have, and none from nothing."""
        most = CONSISTENCY_HASHES_MAX if self.old else 0
        if len(self.proof) > most:
            expected = Words(zh=f"至多 {most} 个哈希", en=f"at most {most} hashes")
            raise RequestMalformed(field="proof", came=str(len(self.proof)), expected=expected)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read what `to_bytes` writes. The checkpoint is kept as it came; whose it is, is asked later."""
        if len(raw) > REQUEST_BYTES_MAX:
            expected = Words(zh=f"至多 {REQUEST_BYTES_MAX} 字节", en=f"at most {REQUEST_BYTES_MAX} bytes")
            raise RequestMalformed(field="", came=f"{len(raw)} B", expected=expected)
        head, blank, checkpoint = raw.partition(b"\n\n")
        # Latin-1 makes every byte a character: one beyond ASCII reaches the strict readers and is refused there.
        old, *hashes = head.decode("latin-1").split("\n")
        if not old.startswith(_OLD) or not blank:
            expected = Words(
                zh="old <大小>、哈希、空行、检查点", en="old <size>, hashes, a blank line, a checkpoint"
            )
            raise RequestMalformed(field="", came=old, expected=expected)
        size = read_decimal(old.removeprefix(_OLD), field="old", refusal=RequestMalformed)
        Checkpoint.parse(Note.parse(checkpoint).text)
        return cls(Size(size), tuple(map(Hash.parse, hashes)), checkpoint)

    def to_bytes(self) -> bytes:
        """The body of the request."""
        lines = [f"{_OLD}{self.old}", *map(str, self.proof)]
        return "".join(f"{line}\n" for line in lines).encode("ascii") + b"\n" + self.checkpoint


@dataclass(frozen=True, slots=True)
class Cosigned:
    """200: the cosignatures that hold, of keys we know."""

    signatures: tuple[Verified, ...]


@dataclass(frozen=True, slots=True)
class StandsAt:
    """409: the witness has seen this log up to another size than the one we said."""

    size: Size

    def to_bytes(self) -> bytes:
        """The body of the answer."""
        return f"{self.size}\n".encode("ascii")


def read_answer(
    asked: AddCheckpoint,
    keys: Collection[NoteVerifier],
    *,
    status: int,
    content_type: str,
    body: bytes,
    now_seconds: int,
) -> Cosigned | StandsAt:
    """What the answer is worth; raise where it is worth nothing."""
    if len(body) > ANSWER_BYTES_MAX:
        expected = Words(zh=f"至多 {ANSWER_BYTES_MAX} 字节", en=f"at most {ANSWER_BYTES_MAX} bytes")
        raise AnswerMalformed(field="body", came=f"{len(body)} B", expected=expected)
    if status == HTTPStatus.OK:
        return Cosigned(_cosignatures(asked, keys, body, now_seconds=now_seconds))
    if status == HTTPStatus.CONFLICT:
        return _stands_at(asked, content_type, body)
    declined = DECLINED.get(status)
    if declined is not None:
        raise declined(field="witness", came=str(status), expected=declined.means)
    raise AnswerMalformed(
        field="status",
        came=str(status),
        expected=Words(zh="200、400、403、404、409 或 422", en="200, 400, 403, 404, 409 or 422"),
    )


def check_address(url: str) -> str:
    """The address of a witness without its last slash; https, or http on this machine."""
    split = urlsplit(url)
    try:
        local = split.hostname is not None and ip_address(split.hostname).is_loopback
    except ValueError:
        local = False
    if split.scheme not in {"https", *(["http"] if local else [])} or not split.hostname or split.query:
        expected = Words(zh="https 地址（本机可用 http）", en="an https address (http on this machine only)")
        raise WitnessAddressWrong(field="url", came=url, expected=expected)
    return url.rstrip("/")


def monitoring_path(origin: str) -> str:
    """Where a witness shows the newest checkpoint it cosigned for a log, below its monitoring prefix."""
    return f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


def read_lines(body: bytes) -> tuple[NoteSignature, ...]:
    """Signature lines, each ended by a newline and nothing between them."""
    try:
        lines = body.decode().split("\n")
    except UnicodeDecodeError:
        lines = []
    # The last line ends in a newline, so an empty piece follows it.
    if not 1 < len(lines) <= NOTE_SIGNATURES_MAX + 1 or lines.pop():
        expected = Words(
            zh=f"1 至 {NOTE_SIGNATURES_MAX} 行签名，各以换行结尾",
            en=f"1 to {NOTE_SIGNATURES_MAX} signature lines, each ended by a newline",
        )
        raise AnswerMalformed(field="body", came=body.decode("utf-8", "replace"), expected=expected)
    return tuple(map(NoteSignature.parse, lines))


def check_cosignature(
    text: bytes, line: NoteSignature, keys: Collection[NoteVerifier], *, now_seconds: int
) -> Verified | None:
    """The line with the key that made it; None where that key is not ours to judge. Raises where a key we know did not make it."""
    for key in keys:
        if (key.name, key.key_id) == (line.name, line.key_id):
            time = key.check(text, line.signature)
            # Zero says that no time is claimed; of the future nobody can be a witness.
            if time is None or not 0 < time <= now_seconds + AHEAD_SECONDS_MAX:
                expected = Words(zh="签署时刻，不晚于现在", en="the time of signing, not in the future")
                raise AnswerMalformed(field="time", came=str(time), expected=expected)
            return Verified(key, line, time)
    return None


def _cosignatures(
    asked: AddCheckpoint, keys: Collection[NoteVerifier], body: bytes, *, now_seconds: int
) -> tuple[Verified, ...]:
    text = Note.parse(asked.checkpoint).text
    found: dict[NoteVerifier, Verified] = {}
    for line in read_lines(body):
        one = check_cosignature(text, line, keys, now_seconds=now_seconds)
        if one is not None:
            found.setdefault(one.verifier, one)
    if not found:
        expected = Words(zh="策略中该见证的签名", en="a cosignature of the witness that the policy names")
        raise AnswerMalformed(field="body", came=body.decode("utf-8", "replace"), expected=expected)
    return tuple(found.values())


def _stands_at(asked: AddCheckpoint, content_type: str, body: bytes) -> StandsAt:
    if content_type.partition(";")[0].strip() != SIZE_TYPE:
        raise AnswerMalformed(
            field="Content-Type", came=content_type, expected=Words(zh=SIZE_TYPE, en=SIZE_TYPE)
        )
    size = Size(
        read_decimal(
            body.removesuffix(b"\n").decode("latin-1") if body.endswith(b"\n") else "",
            field="size",
            refusal=AnswerMalformed,
        )
    )
    if size == asked.old:
        if size == Checkpoint.parse(Note.parse(asked.checkpoint).text).size:
            # Until version 1.0 of the protocol 409 also said: of this size I saw another root.
            raise HistoryDeclined(field="witness", came="409", expected=HistoryDeclined.means)
        expected = Words(zh="与我们所说不同的大小", en="another size than the one we said")
        raise AnswerMalformed(field="size", came=str(size), expected=expected)
    return StandsAt(size)
