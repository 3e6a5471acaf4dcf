r"""Whose word is enough: the logs and witnesses somebody trusts, and how many of these must stand behind a checkpoint.

    # What the county's buyers ask for
    log log.example/main+5725c3dc+ATtq…  https://log.example/log/
    witness county W.example/w1+…        https://w1.example/
    witness union  W.example/w2+…
    group both all county union
    quorum both                                                  (c2sp.org/tlog-policy)

A log that shows two histories needs the help of so many witnesses as its readers ask for. One that the log's own operator runs adds nothing
to the operator's word; whom to trust is the reader's choice, and this file is how the choice is written down.

The file is octets. Names are never compared as characters: what is not UTF-8 is kept as it came (PEP 383), so two names are the same where
their octets are. Addresses are carried along and not looked at; whoever calls a witness judges them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from ledger.errors import Words
from ledger.log.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.log.errors import Untrue
from ledger.log.note import NoteVerifier, SignatureKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

#: The specification asks for 32 of each at least.
POLICY_LINES_MAX: Final = 100
POLICY_BYTES_MAX: Final = 262_144
NO_QUORUM: Final = "none"

_NOT_ALLOWED: Final = re.compile(rb"[^\x09\x0a\x20-\x7e\x80-\xff]")
_BLANKS: Final = re.compile("[ \t]+")
_COUNT: Final = re.compile("[1-9][0-9]{0,2}")


class PolicyMalformed(Untrue):
    """The text is no policy, or says something that cannot be meant."""

    title = Words(zh="见证策略格式不对", en="malformed policy")


class QuorumMissed(Untrue):
    """The log has signed, and not enough of the witnesses that the policy asks for."""

    title = Words(zh="见证数不足", en="not enough witnesses")


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that is accepted."""

    key: NoteVerifier
    url: str | None = None

    def __post_init__(self) -> None:
        """A key of the kind with which logs sign."""
        _require_kind(self.key, SignatureKind.ED25519)
        _require_word(self.url, field="url")

    def __str__(self) -> str:
        """Its line."""
        return " ".join(["log", str(self.key), *_given(self.url)])


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness, under the name that this policy gives it."""

    name: str
    key: NoteVerifier
    url: str | None = None

    def __post_init__(self) -> None:
        """A key of the kind with which witnesses cosign."""
        _require_name(self.name)
        _require_kind(self.key, SignatureKind.COSIGNATURE)
        _require_word(self.url, field="url")

    def __str__(self) -> str:
        """Its line."""
        return " ".join(["witness", self.name, str(self.key), *_given(self.url)])


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Witnesses and groups that were named before, of which so many are enough."""

    name: str
    enough: int
    members: tuple[str, ...]

    def __post_init__(self) -> None:
        """At least one member; neither none of them is enough nor more than there are."""
        _require_name(self.name)
        if not 1 <= self.enough <= len(self.members):
            expected = Words(
                zh=f"1 至 {len(self.members)}（成员数）", en=f"1 to {len(self.members)}, its members"
            )
            raise PolicyMalformed(field=f"group {self.name}", came=str(self.enough), expected=expected)

    def __str__(self) -> str:
        """Its line."""
        return " ".join(["group", self.name, str(self.enough), *self.members])


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, groups, and the one name that must stand behind a checkpoint."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str

    def __post_init__(self) -> None:
        """Each key and each name once, and only what was named before."""
        _require_once("log", (one.key.public_key.hex() for one in self.logs))
        _require_once("witness", (one.key.public_key.hex() for one in self.witnesses))
        _require_once("name", [*(one.name for one in self.witnesses), *(one.name for one in self.groups)])
        # Whoever could be counted twice would stand for two.
        _require_once("member", [name for group in self.groups for name in group.members])
        named = {one.name for one in self.witnesses}
        for group in self.groups:
            _require_named(group.members, named, field=f"group {group.name}")
            named.add(group.name)
        _require_named([self.quorum], {*named, NO_QUORUM}, field="quorum")
        for kind in (self.logs, self.witnesses, self.groups):
            if len(kind) > POLICY_LINES_MAX:
                expected = Words(zh=f"至多 {POLICY_LINES_MAX} 行", en=f"at most {POLICY_LINES_MAX} lines")
                raise PolicyMalformed(field="", came=str(len(kind)), expected=expected)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read what `to_bytes` writes, and what others write by the same rules: groups by words, comments, tabs."""
        reader = _Reader()
        for number, line in enumerate(_lines(raw), start=1):
            words = _BLANKS.sub(" ", line).strip(" ").split(" ")
            if words[0] and not words[0].startswith("#"):
                try:
                    reader.read(words)
                except Untrue as wrong:
                    raise wrong.at(f"line {number}") from None
        if reader.quorum is None:
            raise PolicyMalformed(field="quorum", came="", expected=_ONE_QUORUM)
        return cls(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)

    def to_bytes(self) -> bytes:
        """The policy as it is kept in a file."""
        lines = [*map(str, (*self.logs, *self.witnesses, *self.groups)), f"quorum {self.quorum}"]
        return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")

    @property
    def log_keys(self) -> tuple[NoteVerifier, ...]:
        """The keys of the logs that are accepted."""
        return tuple(one.key for one in self.logs)

    @property
    def witness_keys(self) -> tuple[NoteVerifier, ...]:
        """The keys of all witnesses that are named."""
        return tuple(one.key for one in self.witnesses)

    def is_met_by(self, cosigned: Collection[NoteVerifier]) -> bool:
        """Whether the cosignatures of these keys are enough. That they are good was checked before."""
        standing = {one.name for one in self.witnesses if one.key in cosigned} | {NO_QUORUM}
        for group in self.groups:
            if sum(name in standing for name in group.members) >= group.enough:
                standing.add(group.name)
        return self.quorum in standing

    def check(self, note: bytes, log_keys: Collection[NoteVerifier] = ()) -> SignedCheckpoint:
        """The checkpoint in a note, if a log of this policy signed it and the quorum stands behind it; else raise.

        `log_keys`: which log is meant, where the policy names none. A log that it does not name is not accepted by it.
        """
        signed = open_checkpoint(note, self.log_keys or log_keys, self.witness_keys)
        came = {one.verifier for one in signed.cosignatures}
        if not self.is_met_by(came):
            names = [one.name for one in self.witnesses if one.key in came]
            raise QuorumMissed(field="quorum", came=f"{len(names)}: {' '.join(names)}", expected=self.words())
        return signed

    def words(self) -> Words:
        """The quorum in words, for whoever misses it."""
        for group in self.groups:
            if group.name == self.quorum:
                members = " ".join(group.members)
                return Words(
                    zh=f"{len(group.members)} 者中至少 {group.enough}：{members}",
                    en=f"at least {group.enough} of {len(group.members)}: {members}",
                )
        return Words(zh=self.quorum, en=self.quorum)


class _Reader:
    """Takes the lines one by one: a name may be used only below the line that defines it."""

    def __init__(self) -> None:
        self.logs: list[PolicyLog] = []
        self.witnesses: list[PolicyWitness] = []
        self.groups: list[PolicyGroup] = []
        self.quorum: str | None = None
        self._named = set[str]()

    def read(self, words: Sequence[str]) -> None:
        match words:
            case ["log", key] | ["log", key, _]:
                self.logs.append(PolicyLog(NoteVerifier.parse(key), *words[2:]))
            case ["witness", name, key] | ["witness", name, key, _]:
                self.witnesses.append(PolicyWitness(name, NoteVerifier.parse(key), *words[3:]))
                self._named.add(name)
            case ["group", name, count, *members] if members:
                _require_named(members, self._named, field=f"group {name}")
                self.groups.append(PolicyGroup(name, _enough(count, members), tuple(members)))
                self._named.add(name)
            case ["quorum", name]:
                _require_named([name], {*self._named, NO_QUORUM}, field="quorum")
                if self.quorum is not None:
                    raise PolicyMalformed(field="quorum", came=name, expected=_ONE_QUORUM)
                self.quorum = name
            case _:
                shapes = "log <vkey> [<url>] | witness <name> <vkey> [<url>] | group <name> all|any|<k> <name>… | quorum <name>"
                raise PolicyMalformed(field="", came=" ".join(words), expected=Words(zh=shapes, en=shapes))


_ONE_QUORUM: Final = Words(zh="恰好一行 quorum", en="exactly one line quorum")


def _lines(raw: bytes) -> list[str]:
    """The lines without their newlines. Only U+000A ends one: str.splitlines knows nine more."""
    if len(raw) > POLICY_BYTES_MAX:
        expected = Words(zh=f"至多 {POLICY_BYTES_MAX} 字节", en=f"at most {POLICY_BYTES_MAX} bytes")
        raise PolicyMalformed(field="", came=f"{len(raw)} B", expected=expected)
    wrong = _NOT_ALLOWED.search(raw)
    if wrong is not None:
        expected = Words(zh="除制表符和换行外没有控制字符", en="no control character but tab and newline")
        raise PolicyMalformed(field="", came=f"0x{wrong[0].hex()} @ {wrong.start()}", expected=expected)
    if not raw.endswith(b"\n"):
        expected = Words(zh="每行以换行结尾", en="a newline at the end of each line")
        raise PolicyMalformed(field="", came=raw[-1:].decode("latin-1"), expected=expected)
    return raw.decode("utf-8", "surrogateescape")[:-1].split("\n")


def _enough(count: str, members: Sequence[str]) -> int:
    match count:
        case "all":
            return len(members)
        case "any":
            return 1
    if _COUNT.fullmatch(count) is None:
        expected = Words(zh="all、any 或不带前导零的正整数", en="all, any or a number without leading zero")
        raise PolicyMalformed(field="group", came=count, expected=expected)
    return int(count)


def _given(url: str | None) -> list[str]:
    return [] if url is None else [url]


def _require_word(text: str | None, *, field: str) -> None:
    """One word of a line: it reads back as it was written."""
    if text is not None and (
        not text or _NOT_ALLOWED.search(text.encode("utf-8", "surrogateescape")) or re.search("[ \t\n]", text)
    ):
        expected = Words(zh="不含空白和控制字符", en="a word without blanks and control characters")
        raise PolicyMalformed(field=field, came=text, expected=expected)


def _require_name(name: str) -> None:
    _require_word(name, field="name")
    if name == NO_QUORUM:
        expected = Words(zh=f"{NO_QUORUM} 以外的名称", en=f"another name than {NO_QUORUM}")
        raise PolicyMalformed(field="name", came=name, expected=expected)


def _require_kind(key: NoteVerifier, kind: SignatureKind) -> None:
    if key.kind is not kind:
        expected = Words(zh=f"类型 {kind:#04x} 的密钥", en=f"a key of type {kind:#04x}")
        raise PolicyMalformed(field="vkey", came=str(key), expected=expected)


def _require_once(field: str, names: Iterable[str]) -> None:
    seen = set[str]()
    for name in names:
        if name in seen:
            raise PolicyMalformed(field=field, came=name, expected=Words(zh="只出现一次", en="it once"))
        seen.add(name)


def _require_named(names: Iterable[str], named: Collection[str], *, field: str) -> None:
    for name in names:
        if name not in named:
            expected = Words(zh="前面定义过的名称", en="a name defined on a line before")
            raise PolicyMalformed(field=field, came=name, expected=expected)
