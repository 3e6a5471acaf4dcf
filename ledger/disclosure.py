"""A disclosure: one file that shows one statement, as far as its holder wishes, to anybody with the log's
public key.

    the statement      its entry, its envelope, and those of its items that are shown, each with its salt
    its signers        the genesis and the entries that enrolled the keys behind its signatures, whole
    the proof          a `.tlog-proof` for each of these entries, all against one checkpoint

It is checked without a network and without a copy of the log, and shows nothing else: an item that stays
closed cannot be guessed from its commitment. The exact bytes stand in `docs/formats.md`.

What it cannot show is that something is *not* in the log. It shows that a key was enrolled, and cannot show
that the key was not revoked afterwards, before the statement or since; nor that the statement was not put
right or recalled later. Whoever must know that asks the log, or audits it.

Which items a person may show, and to whom, is decided by those who hand the file out.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from ledger.canonical import Json, JsonObject, canonical, read_canonical
from ledger.errors import Malformed, NotAllowed, Refusal, TooLarge, Words
from ledger.keys import base64_bytes
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from ledger.log.entry import Entry
from ledger.log.errors import Untrue
from ledger.log.merkle import leaf_hash
from ledger.log.note import Note, NoteVerifier
from ledger.log.proof import HashReader, TlogProof, check_inclusion, prove_inclusion
from ledger.log.sizes import Position
from ledger.register import (
    REGISTER_TYPES,
    Enrolment,
    Register,
    RegisterBroken,
    check_signatures,
    issuers_key,
)
from ledger.statement import Envelope, Header, Item, OpenedItem, Statement, check_commitment

DISCLOSURE_VERSION: Final = 1
DISCLOSURE_KIND: Final = "suyuan/disclosure/v1"
DISCLOSURE_BYTES_MAX: Final = 16 * 1024 * 1024
#: Four signers, and the registrar's keys that enrolled them one after another.
DISCLOSURE_REGISTER_MAX: Final = 256

_SHOWN_NAMES: Final = frozenset({"position", "entry", "envelope", "items", "proof"})


class DisclosureWrong(Untrue):
    """The parts of a disclosure do not belong together. Nothing in it may be believed."""

    title = Words(zh="披露文件不成立", en="disclosure does not hold")


@dataclass(frozen=True, slots=True)
class Logged:
    """One statement as the log keeps it. `opened` has every item in its place, None where it was erased."""

    position: Position
    entry: Entry
    envelope: Envelope
    opened: tuple[OpenedItem | None, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One statement in a disclosure: where it stands, the items that are shown by their places, the proof."""

    position: Position
    entry: Entry
    envelope: Envelope
    items: tuple[tuple[int, OpenedItem], ...]
    proof: TlogProof

    def as_json(self) -> dict[str, Json]:
        """As it stands in the file."""
        return {
            "position": self.position,
            "entry": b64encode(self.entry.raw).decode("ascii"),
            "envelope": self.envelope.as_json(),
            "items": [{"place": place, **one.as_json()} for place, one in self.items],
            "proof": self.proof.to_bytes().decode("utf-8"),
        }

    @classmethod
    def from_json(cls, body: JsonObject, *, field: str) -> Self:
        """The inverse of `as_json`. Of `body` the five names are read; the caller has refused all others."""
        position = _number(body, "position", field)
        proof = TlogProof.parse(_text(body, "proof", field).encode())
        items = [
            _item(one, field=f"{field}.items[{at}]") for at, one in enumerate(_list(body, "items", field))
        ]
        places = [place for place, _ in items]
        if places != sorted(set(places)):
            raise Malformed(
                field=f"{field}.items",
                came=places,
                expected=Words(zh="按位置排序且不重复", en="sorted by place, each once"),
            )
        return cls(
            position=Position(position),
            entry=Entry.parse(
                base64_bytes(_text(body, "entry", field), field=f"{field}.entry"), field=f"{field}.entry"
            ),
            envelope=Envelope.from_json(body.get("envelope"), field=f"{field}.envelope"),
            items=tuple(items),
            proof=proof,
        )

    def check(self, note: bytes, tree: Checkpoint) -> Header:
        """Raise unless envelope, items and entry belong together and stand in this tree.

        Whose signatures these are is not asked here.
        """
        if (self.proof.position, self.proof.checkpoint, self.proof.extra) != (self.position, note, b""):
            expected = Words(
                zh="同一检查点下该位置的证明",
                en="a proof of this position against the one checkpoint of the file",
            )
            raise DisclosureWrong(field="proof", came=f"index {self.proof.position}", expected=expected)
        check_inclusion(
            leaf=leaf_hash(self.entry.raw),
            position=self.position,
            size=tree.size,
            proof=self.proof.hashes,
            root=tree.root,
        )
        if self.entry.statement != self.envelope.digest:
            digest = b64encode(self.entry.statement).decode("ascii")
            raise DisclosureWrong(
                field="envelope",
                came=b64encode(self.envelope.digest).decode("ascii"),
                expected=Words(zh=digest, en=digest),
            )
        header = Header.parse(self.envelope.payload)
        if header.log != tree.origin:
            raise DisclosureWrong(
                field="log", came=header.log, expected=Words(zh=tree.origin, en=tree.origin)
            )
        for place, one in self.items:
            if place >= len(header.items):
                raise DisclosureWrong(field="items", came=place, expected=_below(len(header.items)))
            check_commitment(one, header.items[place], header=header, place=place)
        return header


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a disclosure has been found to show.

    `signers` are the enrolments behind the signatures (custodial keys are shown as such). `register` knows no
    more than the file: the log's origin, registrar and clock, and the keys that signed.
    """

    position: Position
    recorded_at_ms: int
    header: Header
    items: Mapping[int, Item]
    signers: tuple[Enrolment, ...]
    register: Register
    checkpoint: SignedCheckpoint

    @property
    def closed(self) -> tuple[int, ...]:
        """The places of the items that were signed and are not shown."""
        return tuple(place for place in range(len(self.header.items)) if place not in self.items)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One statement with what proves it. `register` is the genesis, then enrolments in log order."""

    statement: Shown
    register: tuple[Shown, ...]

    @classmethod
    def make(
        cls,
        logged: Logged,
        *,
        places: Collection[int],
        register: Register,
        read: Callable[[Position], Logged],
        checkpoint: bytes,
        reader: HashReader,
    ) -> Self:
        """Show these items of a statement, proved against this checkpoint.

        `register` says where the signers were enrolled, `read` gives those entries, `reader` the tree. The
        checkpoint is the log's own and must cover the statement.
        """
        if logged.position == 0:
            raise _is_genesis(logged.position)
        tree = Checkpoint.parse(Note.parse(checkpoint).text)
        needed = _enrolling(logged.envelope, register, lambda position: read(position).envelope)

        def shown(one: Logged, places: Collection[int]) -> Shown:
            hashes = prove_inclusion(one.position, tree.size, reader)
            proof = TlogProof(position=one.position, hashes=hashes, checkpoint=checkpoint)
            return Shown(one.position, one.entry, one.envelope, items=_opened(one, places), proof=proof)

        enrolling = [read(position) for position in sorted(needed)]
        return cls(
            statement=shown(logged, places),
            register=tuple(shown(one, range(len(one.opened))) for one in enrolling),
        )

    def to_bytes(self) -> bytes:
        """The file: RFC 8785 bytes."""
        return canonical(
            {
                "v": DISCLOSURE_VERSION,
                "kind": DISCLOSURE_KIND,
                **self.statement.as_json(),
                "register": [one.as_json() for one in self.register],
            }
        )

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read what `to_bytes` writes, in that one spelling. Nothing in it is believed before `verify`."""
        field = "disclosure"
        body = read_canonical(raw, field=field, bytes_max=DISCLOSURE_BYTES_MAX)
        _require_names(body, _SHOWN_NAMES | {"v", "kind", "register"}, field=field)
        if _number(body, "v", field) != DISCLOSURE_VERSION or body["kind"] != DISCLOSURE_KIND:
            expected = f"v=1, kind={DISCLOSURE_KIND}"
            raise Malformed(
                field=f"{field}.kind", came=body["kind"], expected=Words(zh=expected, en=expected)
            )
        statement = Shown.from_json(body, field=field)
        if statement.position == 0:
            raise _is_genesis(statement.position)
        listed = _list(body, "register", field)
        if not 1 <= len(listed) <= DISCLOSURE_REGISTER_MAX:
            most = DISCLOSURE_REGISTER_MAX
            raise TooLarge(
                field=f"{field}.register",
                came=len(listed),
                expected=Words(zh=f"1 至 {most} 条", en=f"1 to {most} entries"),
            )
        register = []
        for at, one in enumerate(listed):
            where = f"{field}.register[{at}]"
            if not isinstance(one, Mapping):
                raise Malformed(field=where, came=one, expected=Words(zh="对象", en="an object"))
            _require_names(one, _SHOWN_NAMES, field=where)
            register.append(Shown.from_json(one, field=where))
        return cls(statement=statement, register=tuple(register))

    def verify(
        self, log_keys: Collection[NoteVerifier], witnesses: Collection[NoteVerifier] = ()
    ) -> Disclosed:
        """Raise unless a key of the log signed a tree that holds all of this, and the signers were enrolled.

        What comes back also tells which of the given witnesses have cosigned that tree.
        """
        note = self.statement.proof.checkpoint
        signed = open_checkpoint(note, log_keys, witnesses)
        register = self._register(note, signed.checkpoint)
        shown = self.statement
        header = shown.check(note, signed.checkpoint)
        signers = check_signatures(
            shown.envelope, register.keys, at=shown.position, offered=_enrolled_here(shown, register)
        )
        _require_own_signature(header, signers)
        return Disclosed(
            position=shown.position,
            recorded_at_ms=shown.entry.at_ms,
            header=header,
            items={place: one.item for place, one in shown.items},
            signers=signers,
            register=register,
            checkpoint=signed,
        )

    def _register(self, note: bytes, tree: Checkpoint) -> Register:
        """The register as far as the file shows it: the genesis, then enrolments by keys enrolled before."""
        positions = [one.position for one in self.register]
        if positions[0] != 0 or positions != sorted(set(positions)):
            expected = Words(zh="从 0 开始，按位置排序", en="position 0 first, then in log order")
            raise DisclosureWrong(field="register", came=positions, expected=expected)
        try:
            register = Register.found(_whole(self.register[0], note, tree))
        except RegisterBroken as wrong:
            expected = Words(zh="本日志的建账记录", en="the genesis of this log")
            raise DisclosureWrong(field="register[0]", came=str(wrong), expected=expected) from wrong
        except Refusal as wrong:
            raise wrong.at("register[0]") from wrong
        for at, one in enumerate(self.register[1:], start=1):
            try:
                register = _after(register, _whole(one, note, tree), at=one.position)
            except Refusal as wrong:
                raise wrong.at(f"register[{at}]") from wrong
        self._require_nothing_else(register)
        return register

    def _require_nothing_else(self, register: Register) -> None:
        """Every enrolment in the file is there for a signature in the file."""
        envelopes = {one.position: one.envelope for one in self.register}
        needed = _enrolling(self.statement.envelope, register, lambda position: envelopes[position])
        if set(envelopes) != needed:
            expected = Words(zh=f"恰好 {sorted(needed)}", en=f"exactly {sorted(needed)}")
            raise DisclosureWrong(field="register", came=sorted(envelopes), expected=expected)


def _enrolling(envelope: Envelope, register: Register, read: Callable[[Position], Envelope]) -> set[Position]:
    """Where an envelope's signers were enrolled, and the signers of those enrolments, back to the genesis."""
    needed = {Position(0)}
    waiting = [envelope]
    while waiting:
        for signature in waiting.pop().signatures:
            enrolment = register.keys.get(signature.keyid)
            if enrolment is None:
                expected = Words(zh="已登记的密钥", en="an enrolled key")
                raise DisclosureWrong(field="signatures", came=signature.keyid, expected=expected)
            position = Position(enrolment.since)
            if position not in needed:
                needed.add(position)
                waiting.append(read(position))
    return needed


def _whole(shown: Shown, note: bytes, tree: Checkpoint) -> Statement:
    """A register statement, which is public: all of its items must be there."""
    shown.check(note, tree)
    return Statement.open(shown.envelope, [one for _, one in shown.items])


def _after(register: Register, statement: Statement, *, at: Position) -> Register:
    """The register after one enrolment or rotation, by the rules every reader of the log applies to it."""
    header = statement.header
    if header.type != "key.v1":
        raise DisclosureWrong(field="type", came=header.type, expected=Words(zh="key.v1", en="key.v1"))
    register.admits(statement, at=at)
    return register.after(statement, at=at)


def _enrolled_here(shown: Shown, register: Register) -> Enrolment | None:
    """The key that the statement itself enrols, if its proof of possession is among the signatures."""
    for signature in shown.envelope.signatures:
        enrolment = register.keys.get(signature.keyid)
        if enrolment is not None and enrolment.since == shown.position:
            return enrolment
    return None


def _require_own_signature(header: Header, signers: Sequence[Enrolment]) -> None:
    """Signed by the issuer's own key; register statements by the registrar's, but for what a party says about its keys."""
    signer = issuers_key(header, signers)
    if header.type in REGISTER_TYPES - {"key.v1"} and signer.role != "registrar":
        expected = Words(zh="登记机构的签名", en="the registrar's signature")
        raise NotAllowed(field="signatures", came=f"{signer.party} ({signer.role})", expected=expected)


def _opened(logged: Logged, places: Collection[int]) -> tuple[tuple[int, OpenedItem], ...]:
    chosen = []
    for place in sorted(set(places)):
        one = logged.opened[place] if 0 <= place < len(logged.opened) else None
        if one is None:
            expected = Words(zh="该记录中未删除的项", en="an item of this statement that was not erased")
            raise Malformed(field="places", came=place, expected=expected)
        chosen.append((place, one))
    return tuple(chosen)


def _is_genesis(came: Position) -> Refusal:
    expected = Words(zh="1 或以上（建账记录总在文件中）", en="1 or more; the genesis is always in the file")
    return Malformed(field="position", came=came, expected=expected)


def _below(count: int) -> Words:
    return Words(zh=f"0 至 {count - 1}", en=f"0 to {count - 1}")


def _item(value: Json, *, field: str) -> tuple[int, OpenedItem]:
    if not isinstance(value, Mapping):
        raise Malformed(field=field, came=value, expected=Words(zh="对象", en="an object"))
    _require_names(value, frozenset({"place", "item", "salt"}), field=field)
    opened = {"item": value["item"], "salt": value["salt"]}
    return _number(value, "place", field), OpenedItem.from_json(opened, field=field)


def _require_names(body: JsonObject, names: frozenset[str], *, field: str) -> None:
    if set(body) != names:
        expected = ", ".join(sorted(names))
        raise Malformed(
            field=field, came=sorted(body), expected=Words(zh=f"恰好 {expected}", en=f"exactly {expected}")
        )


def _number(body: JsonObject, name: str, field: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Malformed(
            field=f"{field}.{name}", came=value, expected=Words(zh="非负整数", en="a number, 0 or more")
        )
    return value


def _text(body: JsonObject, name: str, field: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Malformed(field=f"{field}.{name}", came=value, expected=Words(zh="文字", en="text"))
    return value


def _list(body: JsonObject, name: str, field: str) -> Sequence[Json]:
    value = body.get(name)
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Malformed(field=f"{field}.{name}", came=value, expected=Words(zh="数组", en="an array"))
    return value
