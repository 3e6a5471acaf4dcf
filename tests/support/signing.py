"""A small log in hand for tests: registrar, parties with keys, statements, all with fixed randomness."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from ledger.identifiers import Instant, PartyId, StatementId
from ledger.keys import Ed25519Signer
from ledger.register import Register, Role
from ledger.statement import Statement, sign_statement
from ledger.vocabulary.registering import Genesis, Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.keys import Signer
    from ledger.vocabulary.said import Said

ORIGIN = "log.example/00112233445566778"[:-1]
BEGIN_MS = Instant.parse("2026-08-01T08:00:00+08:00").ms


def fixed(number: int) -> Ed25519Signer:
    """The same key every time."""
    return Ed25519Signer.from_secret(number.to_bytes(32, "big"))


@dataclass(slots=True)
class Pen:
    """Signs statements for one log and keeps the register that its register statements make."""

    origin: str = ORIGIN
    registrar: PartyId = field(default_factory=lambda: PartyId.new(b"\x01" * 10))
    registrar_key: Ed25519Signer = field(default_factory=lambda: fixed(1))
    now_ms: int = BEGIN_MS
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def party(self) -> PartyId:
        """A new party id."""
        return PartyId.new((1000 + next(self._numbers)).to_bytes(10, "big"))

    def key(self) -> Ed25519Signer:
        """A new key."""
        return fixed(1000 + next(self._numbers))

    def genesis(self) -> Statement:
        """Entry 0."""
        said = Genesis(
            origin=self.origin,
            registrar_name="演示登记处（演示）",
            clock="simulated",
            kind_of_key="ed25519",
            public_key=str(self.registrar_key.public),
        )
        return self.signs(self.registrar, said, [self.registrar_key])

    def enrols(
        self, party: PartyId, signer: Signer, role: Role = "enterprise", *, rp_id: str | None = None
    ) -> Statement:
        """The registrar enrols a key, which proves that it is there."""
        said = Key(
            action="enrol",
            party=party,
            role=role,
            custody="own",
            kind_of_key=signer.public.kind,
            public_key=str(signer.public),
            rp_id=rp_id,
        )
        return self.signs(self.registrar, said, [self.registrar_key, signer])

    def signs(
        self,
        issuer: PartyId,
        said: Said,
        signers: Sequence[Signer],
        *,
        statement_id: StatementId | None = None,
        occurred_at: Instant | None = None,
        on_behalf_of: PartyId | None = None,
        corrects: StatementId | None = None,
        log: str | None = None,
    ) -> Statement:
        """A signed statement; salts come from a counter."""
        number = next(self._numbers)
        return sign_statement(
            said.to_items(),
            log=log or self.origin,
            statement_id=statement_id or StatementId.new(self.now_ms, number.to_bytes(10, "big")),
            type_name=said.TYPE,
            issuer=issuer,
            occurred_at=occurred_at or Instant(self.now_ms, 480),
            signers=signers,
            on_behalf_of=on_behalf_of,
            corrects=corrects,
            randomness=lambda size: next(self._numbers).to_bytes(size, "big"),
        )

    def register(self, *enrolled: tuple[PartyId, Signer, Role]) -> Register:
        """The register after genesis and these enrolments."""
        register = Register.found(self.genesis())
        for party, signer, role in enrolled:
            register = register.after(self.enrols(party, signer, role), at=register.size)
        return register
