"""The register: who may sign what, since when. A fold of the log's own register statements.

`genesis` (entry 0) names the log's origin, its registrar and the registrar's first key, and the clock the log runs on. `key` enrols
and ends keys, `credential` gives an officer's certificate (执法证) and its dates, `log_key` names the key that signs the log's
checkpoints from there on, `erasure` says which items were removed and why. Register
statements hold no personal data and are published whole, so that a stranger can rebuild this register with the log alone.

A signature is judged by the register as it stood just before the entry that holds it, never by the time the signer claims. Whether it was
valid there never changes. What does change is whether it is *disputed*: a key is reported stolen since a time, and what it signed in log
time since then waits for the party's word (`affirmation.v1`).

Who may say what about a key (`Register.admits`): the registrar enrols and revokes anybody's; a party that holds a key of its own enrols more
of them, replaces one, ends another. A key that somebody holds himself signs its own enrolment, as proof that he does; that signature proves
the key and nothing else, and never counts as the issuer's. Keys that the operator holds say nothing about keys: else whoever
stole a session could make one of his own.

A key enrolled with the use `label` signs codes (`ledger.log.signed_links`) and never a statement: it stands in a map of its own, so that
nothing which looks for a signer finds it. It lies on the machine that prints, where keys are lost sooner than in an office.
The register takes statements and gives registers; it reads no clock and no table.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar, get_args

from ledger.errors import LedgerFault, Malformed, NotAllowed, SignatureWrong, UnknownName, Words
from ledger.identifiers import PartyId
from ledger.keys import PublicKey, parse_rp_id
from ledger.log.note import NoteVerifier
from ledger.log.succession import KeyChange, add_change

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ledger.canonical import Json, JsonObject
    from ledger.statement import Envelope, Header, Statement

#: What a party is to this ledger; given with its key. One party has one role.
Role = Literal["registrar", "enterprise", "operator", "authority", "laboratory"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
#: `custodial`: the operator holds the private half and signs when the person asks. Shown wherever the signature is.
Custody = Literal["own", "custodial"]
CUSTODIES: Final[tuple[Custody, ...]] = get_args(Custody)
#: `simulated`: the demo's clock. Every page of such a log says so.
Clock = Literal["real", "simulated"]

#: What a key is for: statements, or the signature in a link that is printed.
Use = Literal["statement", "label"]
USES: Final[tuple[Use, ...]] = get_args(Use)

_Choice = TypeVar("_Choice", bound=str)

REGISTER_TYPES: Final = frozenset({"genesis.v1", "key.v1", "credential.v1", "log_key.v1", "erasure.v1"})


class RegisterBroken(LedgerFault):
    """The register statements of a log do not make a register: entry 0 is not a genesis, or a later one is."""


#: What each action on a key needs to name, and what else it may name.
_NAMES: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    action: (frozenset(needed.split()), frozenset(others.split()))
    for action, needed, others in (
        ("enrol", "party role custody kind_of_key public_key", "rp_id use holder"),
        ("rotate", "replaces kind_of_key public_key", "rp_id use holder"),
        ("revoke", "keyid reason", ""),
        ("compromised", "party keyid since_ms", ""),
    )
}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One key from the entry that enrolled it to the entry that ended it, which it may still sign itself, or to now.

    `rp_id`: it is a passkey's key, for that site. `holder`: the person or device that it is kept for, as an opaque name.
    `compromised_ms`: what it signed in log time from there on is disputed; `reported` is the entry that says so.
    """

    key: PublicKey
    party: PartyId
    role: Role
    custody: Custody
    since: int
    until: int | None = None
    reason: str = ""
    rp_id: str | None = None
    holder: str | None = None
    compromised_ms: int | None = None
    reported: int | None = None
    use: Use = "statement"

    def active_at(self, position: int) -> bool:
        """Whether a signature in the entry at `position` may rest on this key. No key is used in or before its own enrolment."""
        return self.since < position and (self.until is None or position <= self.until)

    def disputes(self, at_ms: int) -> bool:
        """Whether a signature that the log took at this time may be a thief's."""
        return self.compromised_ms is not None and self.compromised_ms <= at_ms

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise `SignatureWrong` unless the key made this signature in the way it was enrolled for."""
        if self.rp_id is None:
            self.key.verify(signature, message)
        else:
            self.key.verify_passkey(signature, message, rp_id=self.rp_id)


@dataclass(frozen=True, slots=True)
class Credential:
    """An officer's certificate: number, agency, and the first and last instant (ms) of its validity."""

    number: str
    party: PartyId
    valid_from_ms: int
    valid_to_ms: int

    def valid_at(self, at_ms: int) -> bool:
        """Valid from its first to its last millisecond, both included."""
        return self.valid_from_ms <= at_ms <= self.valid_to_ms


@dataclass(frozen=True, slots=True)
class Register:
    """Who may sign what at one log position."""

    origin: str
    registrar: PartyId
    clock: Clock
    keys: Mapping[str, Enrolment]
    credentials: Mapping[str, Credential]
    size: int
    #: How the log's own key was changed, oldest first (`ledger.log.succession`).
    log_keys: tuple[KeyChange, ...] = ()
    #: The keys that sign codes. None of them signs a statement, and none of `keys` signs a code.
    label_keys: Mapping[str, Enrolment] = field(default_factory=dict)
    #: The enrolments of each party, once somebody asked; carried along until a key is enrolled or revoked.
    _by_party: Mapping[PartyId, Sequence[Enrolment]] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def found(cls, genesis: Statement) -> Self:
        """The register after entry 0. The registrar's key signs its own enrolment, once, here."""
        header, sheet = genesis.header, _sheet(genesis, "genesis")
        if header.type != "genesis.v1" or sheet.get("origin") != header.log:
            message = f"entry 0 is {header.type} for {sheet.get('origin')!r}, expected genesis.v1 for {header.log!r}"
            raise RegisterBroken(message)
        clock = sheet.get("clock")
        if clock not in get_args(Clock):
            raise Malformed(
                field="genesis.clock",
                came=clock,
                expected=Words(zh="real 或 simulated", en="real or simulated"),
            )
        kind = _one_of(sheet, "kind_of_key", ("ed25519",))
        key = PublicKey.parse(kind, _text(sheet, "public_key"))
        enrolment = Enrolment(key=key, party=header.issuer, role="registrar", custody="own", since=0)
        check_signatures(genesis.envelope, {key.keyid: enrolment}, at=1)
        return cls(
            origin=header.log,
            registrar=header.issuer,
            clock="real" if clock == "real" else "simulated",
            keys={key.keyid: enrolment},
            credentials={},
            size=1,
        )

    def signed_by(self, envelope: Envelope, *, at: int, good: Collection[str] = ()) -> tuple[Enrolment, ...]:
        """The enrolments behind an envelope's signatures, every one of them verified, as of log position `at`.

        `good`: the ids of keys whose signatures on this very envelope were verified before. A key's id is the key's own digest.
        """
        return check_signatures(envelope, self.keys, at=at, good=good)

    def admits(self, statement: Statement, *, at: int, good: Collection[str] = ()) -> tuple[Enrolment, ...]:
        """As `signed_by`, for a whole statement: the issuer's own key is among those behind it, and a register statement is theirs to make.

        The signature by which a new key proves that somebody holds it is verified and left out of the answer.
        """
        header = statement.header
        if header.type != "key.v1":
            signers = check_signatures(statement.envelope, self.keys, at=at, good=good)
            if issuers_key(header, signers).role != "registrar" and header.type in REGISTER_TYPES:
                raise _not_registrar(header, signers)
            return signers
        sheet = _sheet(statement, "key")
        offered = self._offered(sheet, at=at)
        signers = check_signatures(statement.envelope, self.keys, at=at, good=good, offered=offered)
        issuer = issuers_key(header, signers)
        if offered is not None and offered.custody == "own":
            _check_possession(statement.envelope, offered)
        # The registrar's word is good for every key but one: of its own, when that is the stolen one.
        if issuer.role != "registrar" or sheet.get("action") in {"rotate", "compromised"}:
            self._check_own_affair(header, sheet, signers, offered=offered)
        return signers

    def disputed(
        self, keyids: Iterable[str], *, issuer: PartyId, seq: int, at_ms: int
    ) -> tuple[Enrolment, ...]:
        """The issuer's keys behind the entry at `seq` if a thief may have held every one of them when the log took it; else nothing."""
        own = [
            one
            for keyid in keyids
            if (one := self.keys.get(keyid)) is not None and one.party == issuer and one.since < seq
        ]
        return tuple(own) if all(one.disputes(at_ms) for one in own) else ()

    def good_signatures(self, envelope: Envelope) -> frozenset[str]:
        """The ids of the known keys whose signatures on this envelope are good, whether or not they may sign the next entry."""
        message, good = envelope.signed_bytes(), set()
        for signature in envelope.signatures:
            enrolment = self.keys.get(signature.keyid)
            if enrolment is not None:
                try:
                    enrolment.verify(signature.sig, message)
                except SignatureWrong:
                    continue
                good.add(signature.keyid)
        return frozenset(good)

    def after(self, statement: Statement, *, at: int) -> Self:
        """The register after a statement was admitted at position `at`; trade statements change nothing but the size."""
        kind = statement.header.type
        if kind == "genesis.v1":
            message = f"a second genesis at entry {at}"
            raise RegisterBroken(message)
        if kind == "key.v1":
            return self._with_key(_sheet(statement, "key"), at=at)
        if kind == "credential.v1":
            return self._with_credential(_sheet(statement, "credential"), at=at)
        if kind == "log_key.v1":
            return self._with_log_key(_sheet(statement, "log_key"), at=at)
        return replace(self, size=at + 1)

    def at_size(self, size: int) -> Self:
        """The same register seen from a later log size, when nothing but trade came between."""
        return replace(self, size=size)

    def speaks(self, party: PartyId) -> bool:
        """Whether any key of this party could sign the next entry."""
        return any(one.active_at(self.size) for one in self._enrolments(party))

    def signs_for_itself(self, party: PartyId) -> bool:
        """Whether the party has a good key of its own; the registrar's first one lies with its own server."""
        return party != self.registrar and any(
            one.custody == "own" and one.active_at(self.size) for one in self._enrolments(party)
        )

    def keeps_key_for(self, party: PartyId, holder: str) -> bool:
        """Whether a key that is good was enrolled for this one person or device, and is kept by the server."""
        return any(
            one.custody == "custodial" and one.holder == holder and one.active_at(self.size)
            for one in self._enrolments(party)
        )

    def keys_of(self, party: PartyId) -> Sequence[Enrolment]:
        """Every key that was ever enrolled for a party."""
        return self._enrolments(party)

    def label_keys_of(self, party: PartyId) -> Sequence[Enrolment]:
        """Every key that was ever enrolled to sign a party's codes."""
        return [one for one in self.label_keys.values() if one.party == party]

    def role_of(self, party: PartyId) -> Role | None:
        """The role its newest key was enrolled with; None for a party that signs nothing here."""
        mine = self._enrolments(party)
        return max(mine, key=lambda one: one.since).role if mine else None

    def _enrolments(self, party: PartyId) -> Sequence[Enrolment]:
        known = self._by_party
        if known is None:
            found: dict[PartyId, list[Enrolment]] = defaultdict(list)
            for one in self.keys.values():
                found[one.party].append(one)
            known = dict(found)
            object.__setattr__(self, "_by_party", known)
        return known.get(party, ())

    def _with_key(self, sheet: JsonObject, *, at: int) -> Self:
        new = self._offered(sheet, at=at)
        if new is not None:
            if new.key.keyid in self.keys or new.key.keyid in self.label_keys:
                raise NotAllowed(
                    field="key",
                    came=new.key.keyid,
                    expected=Words(zh="未登记过的密钥", en="a key not enrolled before"),
                )
            if new.use == "label":
                return replace(self, label_keys={**self.label_keys, new.key.keyid: new}, size=at + 1)
            keys = {**self.keys, new.key.keyid: new}
            if sheet.get("action") == "rotate":
                old = self._known(sheet, "replaces", active=True)
                keys[old.key.keyid] = replace(old, until=at, reason="superseded")
            return replace(self, keys=keys, size=at + 1, _by_party=None)
        if sheet.get("action") == "revoke":
            known = self._known(sheet, "keyid", active=True)
            ended = replace(known, until=at, reason=_text(sheet, "reason"))
        else:
            ended = self._compromised(sheet, at=at)
        if ended.use == "label":
            return replace(self, label_keys={**self.label_keys, ended.key.keyid: ended}, size=at + 1)
        return replace(self, keys={**self.keys, ended.key.keyid: ended}, size=at + 1, _by_party=None)

    def _compromised(self, sheet: JsonObject, *, at: int) -> Enrolment:
        """The key that is reported stolen, ended if it was not; a second report may only reach further back."""
        known, since_ms = self._known(sheet, "keyid", active=False), sheet.get("since_ms")
        if type(since_ms) is not int or since_ms < 0:
            expected = Words(zh="毫秒时间", en="a time in milliseconds")
            raise Malformed(field="key.since_ms", came=since_ms, expected=expected)
        if sheet.get("party") != str(known.party):
            whose = str(known.party)
            raise Malformed(field="key.party", came=sheet.get("party"), expected=Words(zh=whose, en=whose))
        if known.compromised_ms is not None and since_ms >= known.compromised_ms:
            expected = Words(
                zh=f"早于 {known.compromised_ms}（已报告过）",
                en=f"before {known.compromised_ms}, since when it is reported already",
            )
            raise Malformed(field="key.since_ms", came=since_ms, expected=expected)
        ended = known if known.until is not None else replace(known, until=at, reason="stolen")
        return replace(ended, compromised_ms=since_ms, reported=at)

    def _known(self, sheet: JsonObject, name: str, *, active: bool) -> Enrolment:
        """The key that a statement is about."""
        keyid = _text(sheet, name)
        known = self.keys.get(keyid) or self.label_keys.get(keyid)
        if known is None or (active and known.until is not None):
            expected = (
                Words(zh="有效的密钥", en="an active key")
                if active
                else Words(zh="登记过的密钥", en="an enrolled key")
            )
            raise UnknownName(field=f"key.{name}", came=sheet.get(name), expected=expected)
        return known

    def _offered(self, sheet: JsonObject, *, at: int) -> Enrolment | None:
        """The enrolment that a statement asks for; None where it only ends a key. Refused unless it names what its action needs."""
        action = _check_names(sheet)
        if action not in {"enrol", "rotate"}:
            return None
        key = PublicKey.parse(_text(sheet, "kind_of_key"), _text(sheet, "public_key"), field="key.public_key")
        rp_id = parse_rp_id(_text(sheet, "rp_id"), field="key.rp_id") if "rp_id" in sheet else None
        if rp_id is not None and key.kind != "es256":
            expected = Words(zh="es256（通行密钥）", en="es256, as a passkey's")
            raise Malformed(field="key.kind_of_key", came=key.kind, expected=expected)
        use = _one_of(sheet, "use", USES) if "use" in sheet else "statement"
        if use == "label" and (action != "enrol" or key.kind != "ed25519"):
            # It signs nothing but codes, so it cannot sign that another one takes its place.
            expected = Words(zh="登记一把 ed25519 密钥", en="the enrolment of an ed25519 key")
            raise Malformed(field="key.use", came=f"label, {action}, {key.kind}", expected=expected)
        old = self._known(sheet, "replaces", active=True) if action == "rotate" else None
        if old is not None and old.use == "label":
            expected = Words(zh="签署记录的密钥", en="a key that signs statements")
            raise Malformed(field="key.replaces", came=old.key.keyid, expected=expected)
        return Enrolment(
            key=key,
            party=PartyId.parse(_text(sheet, "party")) if old is None else old.party,
            role=_one_of(sheet, "role", ROLES) if old is None else old.role,
            custody=_one_of(sheet, "custody", CUSTODIES) if old is None else "own",
            since=at,
            rp_id=rp_id,
            holder=_text(sheet, "holder") if "holder" in sheet else None,
            use=use,
        )

    def _check_own_affair(
        self, header: Header, sheet: JsonObject, signers: Sequence[Enrolment], *, offered: Enrolment | None
    ) -> None:
        """What a party may do about its own keys, with a key that it holds itself."""
        mine = [one for one in signers if one.party == header.issuer and one.custody == "own"]
        if offered is None:
            keyid = _text(sheet, "keyid")
            about = self.keys.get(keyid) or self.label_keys.get(keyid)
            other = any(one.key.keyid != sheet.get("keyid") for one in mine)
            # The registrar ends anybody's keys; of its own, another one must speak.
            allowed = other and (
                mine[0].role == "registrar" or (about is not None and about.party == header.issuer)
            )
        elif sheet.get("action") == "rotate":
            allowed = offered.party == header.issuer and any(
                one.key.keyid == sheet.get("replaces") for one in mine
            )
        else:
            allowed = (offered.party, offered.custody) == (header.issuer, "own") and any(
                one.role == offered.role for one in mine
            )
        if not allowed:
            expected = Words(
                zh="登记机构，或本方自持的另一把密钥，管本方的密钥",
                en="the registrar, or another key that the party holds itself, for its own keys",
            )
            came = f"{header.type} {sheet.get('action')} by {header.issuer}"
            raise NotAllowed(field="type", came=came, expected=expected)

    def _with_log_key(self, sheet: JsonObject, *, at: int) -> Self:
        change = _key_change(sheet, origin=self.origin, at=at)
        return replace(self, log_keys=add_change(self.log_keys, change), size=at + 1)

    def _with_credential(self, sheet: JsonObject, *, at: int) -> Self:
        first, last = sheet.get("valid_from_ms"), sheet.get("valid_to_ms")
        if not isinstance(first, int) or not isinstance(last, int) or last < first:
            raise Malformed(
                field="credential.valid_to_ms",
                came=last,
                expected=Words(zh="不早于起始时间", en="not before valid_from_ms"),
            )
        one = Credential(
            number=_text(sheet, "number"),
            party=PartyId.parse(_text(sheet, "party")),
            valid_from_ms=first,
            valid_to_ms=last,
        )
        return replace(self, credentials={**self.credentials, one.number: one}, size=at + 1)


def key_change(statement: Statement, *, at: int) -> KeyChange:
    """The change of the log's key that a `log_key.v1` at position `at` says, if both keys have signed it."""
    return _key_change(_sheet(statement, "log_key"), origin=statement.header.log, at=at)


def _key_change(sheet: JsonObject, *, origin: str, at: int) -> KeyChange:
    until_ms = sheet.get("until_ms")
    if not isinstance(until_ms, int):
        raise Malformed(
            field="until_ms", came=until_ms, expected=Words(zh="毫秒时间", en="a time in milliseconds")
        )
    old, new = (NoteVerifier.parse(_text(sheet, name)) for name in ("old_vkey", "new_vkey"))
    if old.name != origin:
        raise NotAllowed(field="old_vkey", came=old, expected=Words(zh=origin, en=origin))
    change = KeyChange(position=at, old=old, new=new, until_ms=until_ms)
    change.check(old_signature=_text(sheet, "old_signature"), new_signature=_text(sheet, "new_signature"))
    return change


def check_signatures(
    envelope: Envelope,
    keys: Mapping[str, Enrolment],
    *,
    at: int,
    good: Collection[str] = (),
    offered: Enrolment | None = None,
) -> tuple[Enrolment, ...]:
    """Raise `SignatureWrong` unless every signature is good and its key enrolled and not revoked at `at`.

    `offered` is the key that this very statement enrols: it may have signed too, to prove that somebody holds it, and is not in the answer.
    """
    message = envelope.signed_bytes()
    enrolments = []
    for signature in envelope.signatures:
        enrolment = keys.get(signature.keyid)
        if offered is not None and signature.keyid == offered.key.keyid:
            offered.verify(signature.sig, message)
            continue
        if enrolment is None:
            raise SignatureWrong(
                field="signatures",
                came=signature.keyid,
                expected=Words(zh="已登记的密钥", en="an enrolled key"),
            )
        if not enrolment.active_at(at):
            raise SignatureWrong(
                field="signatures",
                came=signature.keyid,
                expected=Words(zh="未注销的密钥", en="a key that is not revoked"),
            )
        if signature.keyid not in good:
            enrolment.verify(signature.sig, message)
        enrolments.append(enrolment)
    return tuple(enrolments)


def issuers_key(header: Header, signers: Sequence[Enrolment]) -> Enrolment:
    """The issuer's own key among those that signed. A signature of somebody else alone says nothing for the issuer."""
    for signer in signers:
        if signer.party == header.issuer:
            return signer
    came = [str(signer.party) for signer in signers]
    expected = Words(zh=f"{header.issuer} 的签名", en=f"a signature by {header.issuer}")
    raise NotAllowed(field="signatures", came=came, expected=expected)


def _check_possession(envelope: Envelope, offered: Enrolment) -> None:
    """Else a party could claim somebody else's key, and with it what that one signs."""
    if all(one.keyid != offered.key.keyid for one in envelope.signatures):
        expected = Words(
            zh="新密钥自己的签名（证明持有人确有私钥）",
            en="the new key's own signature, which proves that somebody holds it",
        )
        raise SignatureWrong(
            field="signatures", came=[one.keyid for one in envelope.signatures], expected=expected
        )


def _not_registrar(header: Header, signers: Sequence[Enrolment]) -> NotAllowed:
    roles = ", ".join(sorted({one.role for one in signers}))
    expected = Words(zh="登记机构的签名", en="the registrar's signature")
    return NotAllowed(field="type", came=f"{header.type} by {roles}", expected=expected)


def _check_names(sheet: JsonObject) -> str:
    """The action, if its sheet names what this action needs and nothing that means nothing with it."""
    action = _one_of(sheet, "action", tuple(_NAMES))
    needed, others = _NAMES[action]
    names = sheet.keys() - {"action"}
    if not needed <= names or not names <= needed | others:
        expected = ", ".join(sorted(needed))
        optional = f" ({', '.join(sorted(others))})" if others else ""
        raise Malformed(
            field="key",
            came=sorted((needed - names) | (names - needed - others)),
            expected=Words(zh=f"{action}：{expected}{optional}", en=f"{action}: {expected}{optional}"),
        )
    return action


def _sheet(statement: Statement, kind: str) -> JsonObject:
    """The one public item that a register statement is made of."""
    items = [(item.kind, item.audience) for item in statement.items]
    if items != [(kind, "public")]:
        raise Malformed(
            field="items",
            came=items,
            expected=Words(zh=f"一个公开的 {kind} 项", en=f"one public item {kind}"),
        )
    return statement.items[0].fields


def _text(sheet: JsonObject, name: str) -> str:
    value: Json = sheet.get(name)
    if not isinstance(value, str):
        raise Malformed(field=name, came=value, expected=Words(zh="文字", en="text"))
    return value


def _one_of(sheet: JsonObject, name: str, allowed: tuple[_Choice, ...]) -> _Choice:
    value = sheet.get(name)
    for one in allowed:
        if value == one:
            return one
    raise Malformed(field=name, came=value, expected=Words(zh="、".join(allowed), en=", ".join(allowed)))
