r"""The bundle of label keys: whose key is which, which of them ended, and as of when; one note, signed by the log's key.

    suyuan/label-keys/v1                          a domain of its own: no checkpoint and no change of keys begins like this
    {"at_ms":…,"keys":[…],"made_ms":…,…}          canonical JSON, one line

    — log.example/main IMAoVHw9…                  the log's key, as under a checkpoint

With it a phone in a cellar checks the signature in a link (`ledger.log.signed_links`). It follows from the log as it stood at `size`, whose last
entry has the time `at_ms`; it was signed at `made_ms` and wants to be renewed by `until_ms`. Older ones still verify what they hold, and cannot
know of a key that was added or ended since: whoever shows a verdict shows the age.

Who may sign with which key is the register's business; the names of makers are those that the ledger publishes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self, get_args

from ledger.canonical import canonical, read_canonical
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Instant, PartyId
from ledger.keys import PublicKey
from ledger.log.errors import NoteMalformed
from ledger.log.note import NOTE_BYTES_MAX, open_note, sign_note

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ledger.canonical import Json, JsonObject
    from ledger.log.note import NoteVerifier, SignsNotes

DOMAIN: Final = "suyuan/label-keys/v1"

#: A phone that was out of reach for a week is told so.
GOOD_FOR_MS: Final = 7 * 86_400_000
SHANGHAI_MINUTES: Final = 480

#: Who holds the private half; `ledger.register` says what these mean.
Custody = Literal["own", "custodial"]
_CUSTODIES: Final[tuple[Custody, ...]] = get_args(Custody)
#: What is known of a key: nothing against it; ended in good order; ended because nobody can find it; in other hands.
State = Literal["valid", "ended", "lost", "stolen"]

_REASONS: Final = ("lost", "stolen", "superseded", "left")
_KEY_NAMES: Final = frozenset({"custody", "key", "party", "since_ms"})
_KEY_OTHERS: Final = frozenset({"ended_ms", "name", "reason", "stolen_since_ms"})
_NAMES: Final = frozenset({"at_ms", "keys", "made_ms", "origin", "size", "until_ms"})


@dataclass(frozen=True, slots=True)
class LabelKey:
    """One key that signs codes: whose it is, by which name that is known, and how it fared. Times are those of the log's entries."""

    key: PublicKey
    party: PartyId
    custody: Custody
    since_ms: int
    #: As the maker is published; a party without a published name is shown by its number.
    name: str = ""
    ended_ms: int | None = None
    reason: str = ""
    #: Codes signed since then may be a thief's; a link does not say when it was signed.
    stolen_since_ms: int | None = None

    @property
    def state(self) -> State:
        """What is known of this key, in one word."""
        if self.stolen_since_ms is not None or self.reason == "stolen":
            return "stolen"
        if self.reason == "lost":
            return "lost"
        return "valid" if self.ended_ms is None else "ended"

    @property
    def standing(self) -> Words:
        """The same in a sentence."""
        if self.state == "valid":
            return Words(
                zh=f"密钥有效（{_day(self.since_ms)} 起）",
                en=f"the key is valid (since {_day(self.since_ms)})",
            )
        if self.state == "stolen":
            since = self.ended_ms if self.stolen_since_ms is None else self.stolen_since_ms
            return Words(
                zh=f"密钥已报失窃（{_day(since)} 起）：此后签出的码可能是他人所为，而链接看不出签发时间",
                en=f"the key was reported stolen (since {_day(since)}): codes signed since may be somebody else's,"
                " and a link does not say when it was signed",
            )
        why = (
            Words(zh="报失", en="it was lost")
            if self.state == "lost"
            else Words(zh="停用", en="it was retired")
        )
        return Words(
            zh=f"密钥已于 {_day(self.ended_ms)} 注销（{why.zh}）：此前印的码仍带它的签名，而链接看不出签发时间",
            en=f"the key was revoked on {_day(self.ended_ms)} ({why.en}): codes printed before still carry its signature,"
            " and a link does not say when it was signed",
        )

    @classmethod
    def parse(cls, sheet: Json) -> Self:
        """From its object in the bundle."""
        if not isinstance(sheet, dict):
            raise _malformed("keys", sheet)
        names = sheet.keys()
        if not names >= _KEY_NAMES or not names <= _KEY_NAMES | _KEY_OTHERS:
            raise _malformed("keys", sorted(names ^ _KEY_NAMES))
        reason = _text(sheet, "reason") if "reason" in sheet else ""
        if ("ended_ms" in sheet) != (reason in _REASONS) or ("reason" in sheet and not reason):
            raise _malformed("keys.reason", reason)
        return cls(
            key=PublicKey.parse("ed25519", _text(sheet, "key"), field="keys.key"),
            party=PartyId.parse(_text(sheet, "party")),
            custody=_custody(_text(sheet, "custody")),
            since_ms=_ms(sheet, "since_ms"),
            name=_text(sheet, "name") if "name" in sheet else "",
            ended_ms=_ms(sheet, "ended_ms") if "ended_ms" in sheet else None,
            reason=reason,
            stolen_since_ms=_ms(sheet, "stolen_since_ms") if "stolen_since_ms" in sheet else None,
        )

    def as_json(self) -> JsonObject:
        """As it stands in the bundle; what is not said is left out."""
        said: dict[str, Json] = {
            "custody": self.custody,
            "key": str(self.key),
            "party": str(self.party),
            "since_ms": self.since_ms,
        }
        others: Mapping[str, Json] = {
            "name": self.name or None,
            "ended_ms": self.ended_ms,
            "reason": self.reason or None,
            "stolen_since_ms": self.stolen_since_ms,
        }
        return said | {name: value for name, value in others.items() if value is not None}


@dataclass(frozen=True, slots=True)
class LabelKeys:
    """All label keys of a log, as of one size of it."""

    origin: str
    size: int
    at_ms: int
    made_ms: int
    until_ms: int
    keys: tuple[LabelKey, ...] = ()

    @classmethod
    def open(cls, note: bytes, verifiers: Collection[NoteVerifier]) -> Self:
        """The bundle in a note, if a log key that is trusted has signed it, under the name of its own log."""
        opened = open_note(note, verifiers)
        bundle = cls.parse(opened.text)
        if any(one.verifier.name != bundle.origin for one in opened.verified):
            expected = Words(zh=f"{bundle.origin} 的签名", en=f"a signature of {bundle.origin}")
            came = ", ".join(one.verifier.name for one in opened.verified)
            raise NoteMalformed(field="origin", came=came, expected=expected)
        return bundle

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """From the text of a note, which somebody has checked."""
        first, _, line = text.partition(b"\n")
        if first != DOMAIN.encode("ascii") or not line.endswith(b"\n"):
            raise _malformed("", first.decode("utf-8", "replace"))
        try:
            body = read_canonical(line[:-1], field="label_keys", bytes_max=NOTE_BYTES_MAX)
        except Refusal as wrong:
            raise _malformed("", wrong.came) from wrong
        keys = body.get("keys")
        if body.keys() != _NAMES or not isinstance(keys, list):
            raise _malformed("", sorted(body.keys() ^ _NAMES))
        return cls(
            origin=_text(body, "origin"),
            size=_ms(body, "size"),
            at_ms=_ms(body, "at_ms"),
            made_ms=_ms(body, "made_ms"),
            until_ms=_ms(body, "until_ms"),
            keys=tuple(LabelKey.parse(one) for one in keys),
        )

    @property
    def text(self) -> bytes:
        """What the log's key signs."""
        body: JsonObject = {
            "at_ms": self.at_ms,
            "keys": [one.as_json() for one in self.keys],
            "made_ms": self.made_ms,
            "origin": self.origin,
            "size": self.size,
            "until_ms": self.until_ms,
        }
        return b"%s\n%s\n" % (DOMAIN.encode("ascii"), canonical(body))

    def signed(self, signers: Sequence[SignsNotes]) -> bytes:
        """The note."""
        return sign_note(self.text, signers)

    def as_of(self, now_ms: int) -> Words:
        """As of when the bundle is, and whether it wants to be renewed."""
        zh = f"密钥包截至 {_moment(self.at_ms)}（日志第 {self.size} 条），{_moment(self.made_ms)} 签发"
        en = f"keys as of {_moment(self.at_ms)} (log size {self.size}), bundle signed {_moment(self.made_ms)}"
        if now_ms <= self.until_ms:
            return Words(zh=zh, en=en)
        return Words(
            zh=f"{zh}；已过期，此后新增、注销的密钥这里不知道",
            en=f"{en}; out of date: keys added or revoked since are not known here",
        )


def _custody(text: str) -> Custody:
    known = next((one for one in _CUSTODIES if one == text), None)
    if known is None:
        raise _malformed("keys.custody", text)
    return known


def _text(sheet: JsonObject, name: str) -> str:
    value = sheet.get(name)
    if not isinstance(value, str):
        raise _malformed(name, value)
    return value


def _ms(sheet: JsonObject, name: str) -> int:
    value = sheet.get(name)
    if type(value) is not int or value < 0:
        raise _malformed(name, value)
    return value


def _malformed(field: str, came: object) -> Malformed:
    return Malformed(field=field, came=came, expected=Words(zh="标签密钥包", en="a bundle of label keys"))


def _day(ms: int | None) -> str:
    return "—" if ms is None else str(Instant(ms, SHANGHAI_MINUTES).date_in_shanghai())


def _moment(ms: int) -> str:
    return Instant(ms, SHANGHAI_MINUTES).display()
