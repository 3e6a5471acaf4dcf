"""The register: who may sign what, since when. A fold of the log's own register statements.

`genesis` (entry 0) names the log's origin, its registrar and the registrar's first key, and the clock the log runs on. `key` enrols
and revokes keys, `credential` gives an officer's certificate (执法证) and its dates, `erasure` says which items were removed and why. Register
statements hold no personal data and are published whole, so that a stranger can rebuild this register with the log alone.

A signature is judged by the register as it stood just before the entry that holds it, never by the time the signer claims.
The register takes statements and gives registers; it reads no clock and no table.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar, get_args

from ledger.errors import LedgerFault, Malformed, NotAllowed, SignatureWrong, UnknownName, Words
from ledger.identifiers import PartyId
from ledger.keys import PublicKey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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

_Choice = TypeVar("_Choice", bound=str)

REGISTER_TYPES: Final = frozenset({"genesis.v1", "key.v1", "credential.v1", "erasure.v1"})


class RegisterBroken(LedgerFault):
    """The register statements of a log do not make a register: entry 0 is not a genesis, or a later one is."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One key from the entry that enrolled it to the entry that revoked it, which it may still sign itself, or to now."""

    key: PublicKey
    party: PartyId
    role: Role
    custody: Custody
    since: int
    until: int | None = None
    reason: str = ""

    def active_at(self, position: int) -> bool:
        """Whether a signature in the entry at `position` may rest on this key. No key is used in or before its own enrolment."""
        return self.since < position and (self.until is None or position <= self.until)


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
        key = PublicKey.parse(_text(sheet, "kind_of_key"), _text(sheet, "public_key"))
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

    def good_signatures(self, envelope: Envelope) -> frozenset[str]:
        """The ids of the known keys whose signatures on this envelope are good, whether or not they may sign the next entry."""
        message, good = envelope.signed_bytes(), set()
        for signature in envelope.signatures:
            enrolment = self.keys.get(signature.keyid)
            if enrolment is not None:
                try:
                    enrolment.key.verify(signature.sig, message)
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
        return replace(self, size=at + 1)

    def at_size(self, size: int) -> Self:
        """The same register seen from a later log size, when nothing but trade came between."""
        return replace(self, size=size)

    def speaks(self, party: PartyId) -> bool:
        """Whether any key of this party could sign the next entry."""
        return any(one.active_at(self.size) for one in self._enrolments(party))

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
        action = _text(sheet, "action")
        if action == "enrol":
            key = PublicKey.parse(_text(sheet, "kind_of_key"), _text(sheet, "public_key"))
            if key.keyid in self.keys:
                raise NotAllowed(
                    field="key",
                    came=key.keyid,
                    expected=Words(zh="未登记过的密钥", en="a key not enrolled before"),
                )
            enrolment = Enrolment(
                key=key,
                party=PartyId.parse(_text(sheet, "party")),
                role=_one_of(sheet, "role", ROLES),
                custody=_one_of(sheet, "custody", CUSTODIES),
                since=at,
            )
            return replace(self, keys={**self.keys, key.keyid: enrolment}, size=at + 1, _by_party=None)
        if action == "revoke":
            keyid = _text(sheet, "keyid")
            known = self.keys.get(keyid)
            if known is None or known.until is not None:
                raise UnknownName(
                    field="key.keyid", came=keyid, expected=Words(zh="有效的密钥", en="an active key")
                )
            ended = replace(known, until=at, reason=_text(sheet, "reason"))
            return replace(self, keys={**self.keys, keyid: ended}, size=at + 1, _by_party=None)
        raise Malformed(
            field="key.action", came=action, expected=Words(zh="enrol 或 revoke", en="enrol or revoke")
        )

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


def check_signatures(
    envelope: Envelope, keys: Mapping[str, Enrolment], *, at: int, good: Collection[str] = ()
) -> tuple[Enrolment, ...]:
    """Raise `SignatureWrong` unless every signature is good and its key enrolled and not revoked at `at`."""
    message = envelope.signed_bytes()
    enrolments = []
    for signature in envelope.signatures:
        enrolment = keys.get(signature.keyid)
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
            enrolment.key.verify(signature.sig, message)
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
