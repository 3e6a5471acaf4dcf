"""The tables, one class each. They hold bytes and positions; what the bytes mean is decided elsewhere.

Every primary key and unique constraint begins with its shard key (the log, or the thing mentioned), nothing counts by itself
(`seq` comes from the head row), and the same schema runs on SQLite, PostgreSQL and a distributed PostgreSQL.

    bound      entries, envelopes, items, tiles, heads, checkpoints: an audit recomputes each byte from the others and the log's key
    derived    marks, mentions, edges, findings: folding the log again gives the same rows
    mutable    sealed_keys, api_keys, official_scopes, official_reads, exports, removals, rules: how this server signs, who may call it, which copies it gave away, what
               an erasure still has to remove, and by which rules it judged; persons, sessions, passkeys, once, cards,
               identities, account_events: who may come in (`ledger.accounts`); stall_codes: which page a stall has opened; label_prints, label_codes: who printed labels, and of which codes; jobs: which spreadsheets are being worked on; form_drafts: forms begun and not sent; scan_readings, scan_findings, scan_judged: readings of codes that wait for their batch, and what readings came to; cosignatures, publications: what witnesses have signed, and which checkpoint is shown; timestamps: what an authority stamped; no part of the truth
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel


class EntryRow(SQLModel, table=True):
    """One leaf of the log: its exact bytes, and what must be unique about it."""

    __tablename__: ClassVar[str] = "entries"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "seq"),
        # Two entries after one are a fork; the same id twice is a replay.
        UniqueConstraint("log_id", "prev"),
        UniqueConstraint("log_id", "issuer", "statement_id"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    prev: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    issuer: str = Field(sa_column=Column(Text, nullable=False))
    statement_id: str = Field(sa_column=Column(Text, nullable=False))


class EnvelopeRow(SQLModel, table=True):
    """The signed envelope of one entry."""

    __tablename__: ClassVar[str] = "envelopes"
    __table_args__ = (PrimaryKeyConstraint("log_id", "seq"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ItemsRow(SQLModel, table=True):
    """All items of one entry with their salts, as one JSON list; an erased place is null. Erasure rewrites this row."""

    __tablename__: ClassVar[str] = "items"
    __table_args__ = (PrimaryKeyConstraint("log_id", "seq"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    opened: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class TileRow(SQLModel, table=True):
    """Up to 256 hashes of the tree at one place."""

    __tablename__: ClassVar[str] = "tiles"
    __table_args__ = (PrimaryKeyConstraint("log_id", "level", "number"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    level: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    number: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class HeadRow(SQLModel, table=True):
    """Where the log stands: the row every append locks and compares. `edge` is the right edge of the tree."""

    __tablename__: ClassVar[str] = "heads"
    __table_args__ = (PrimaryKeyConstraint("log_id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    edge: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    last: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class CheckpointRow(SQLModel, table=True):
    """Every checkpoint ever signed, by the size it speaks of."""

    __tablename__: ClassVar[str] = "checkpoints"
    __table_args__ = (PrimaryKeyConstraint("log_id", "size"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    note: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MarkRow(SQLModel, table=True):
    """That the statement at `seq` was put right by the one at `by_seq`."""

    __tablename__: ClassVar[str] = "marks"
    __table_args__ = (PrimaryKeyConstraint("log_id", "seq"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    by_seq: int = Field(sa_column=Column(BigInteger, nullable=False))


#: The mentions that are printed on packs: `code/…` and `lot/…`. Said in the index and in the question alike, or the index is not taken.
ENDS_WITH_A_CODE: Final = "substr(key, 1, 4) IN ('code', 'lot/')"


class MentionRow(SQLModel, table=True):
    """That the statement at `seq` mentions `key`; `until_seq` is the statement that put it right, from which on it counts no more."""

    __tablename__: ClassVar[str] = "mentions"
    __table_args__ = (
        PrimaryKeyConstraint("key", "log_id", "occurred_ms", "seq"),
        Index("mentions_of", "log_id", "seq"),
        # What is read off a torn label: the last six letters of a code or of a batch's number (`ledger.store.endings`).
        Index(
            "mentions_ending",
            "log_id",
            text("substr(key, length(key) - 5)"),
            sqlite_where=text(ENDS_WITH_A_CODE),
            postgresql_where=text(ENDS_WITH_A_CODE),
        ),
    )

    key: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    occurred_ms: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    until_seq: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class EdgeRow(SQLModel, table=True):
    """That goods may have gone from one node to another by the word of the statement at `seq`; `until_seq` put it right.

    A node is the number of a holding, a process or a plot in one year (`ledger.trace.reach`). Both directions have an index that answers
    alone; the third finds what was put right since some size.
    """

    __tablename__: ClassVar[str] = "edges"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "seq", "source", "target"),
        Index("edges_forward", "source", "log_id", "target", "seq", "until_seq"),
        Index("edges_back", "target", "log_id", "source", "seq", "until_seq"),
        Index(
            "edges_ended",
            "log_id",
            "until_seq",
            sqlite_where=text("until_seq IS NOT NULL"),
            postgresql_where=text("until_seq IS NOT NULL"),
        ),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    source: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    target: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    until_seq: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class FindingRow(SQLModel, table=True):
    """One finding, by the thing it was judged for; `body` is its canonical JSON."""

    __tablename__: ClassVar[str] = "findings"
    __table_args__ = (
        PrimaryKeyConstraint("subject", "log_id", "number"),
        Index("findings_of_party", "party", "log_id", "since_ms"),
    )

    subject: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    number: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    grade: str = Field(sa_column=Column(Text, nullable=False))
    since_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SealedKeyRow(SQLModel, table=True):
    """A private key this server signs with, sealed by the key file: the log's own, and custodial ones."""

    __tablename__: ClassVar[str] = "sealed_keys"
    __table_args__ = (PrimaryKeyConstraint("log_id", "purpose"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class FreezeRow(SQLModel, table=True):
    """That a log is never signed again: its key was stolen (`ledger.store.log_keys`)."""

    __tablename__: ClassVar[str] = "freezes"
    __table_args__ = (PrimaryKeyConstraint("log_id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    since_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class GuardRow(SQLModel, table=True):
    """That a log has a fork guard outside of its data (`ledger.store.guard`): from then on a missing one is a fault."""

    __tablename__: ClassVar[str] = "guards"
    __table_args__ = (PrimaryKeyConstraint("log_id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    since_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class SigningPasskeyRow(SQLModel, table=True):
    """Under which credential a person's device knows a signing key of the register. Both are public; the private half never leaves the device."""

    __tablename__: ClassVar[str] = "signing_passkeys"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "keyid"),
        Index("signing_passkeys_of", "log_id", "party"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    keyid: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    credential: str = Field(sa_column=Column(Text, nullable=False))


class AccessKeyRow(SQLModel, table=True):
    """An API key: only its SHA-256 is kept. `name` is what lists call it; `permissions` none means all that its role may."""

    __tablename__: ClassVar[str] = "api_keys"
    __table_args__ = (PrimaryKeyConstraint("digest", "log_id"), Index("api_keys_of", "log_id", "party"))

    digest: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    label: str = Field(sa_column=Column(Text, nullable=False))
    acting: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    certificate: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    permissions: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    limit_per_minute: int = Field(sa_column=Column(BigInteger, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    until_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    #: To the day: more exactly it would tell when somebody works.
    used_day: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class OfficialScopeRow(SQLModel, table=True):
    """Where the holder of a certificate is competent: first digits of region codes, categories of goods. No row, no bounds."""

    __tablename__: ClassVar[str] = "official_scopes"
    __table_args__ = (PrimaryKeyConstraint("log_id", "certificate"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    certificate: str = Field(sa_column=Column(Text, nullable=False))
    regions: str = Field(sa_column=Column(Text, nullable=False))
    categories: str = Field(sa_column=Column(Text, nullable=False))


class OfficialReadRow(SQLModel, table=True):
    """That an official was shown what is not public: who, under which certificate, what, whose, when and at which address."""

    __tablename__: ClassVar[str] = "official_reads"
    __table_args__ = (
        # Once for each reader, thing and hour.
        PrimaryKeyConstraint("log_id", "reader", "hour", "what"),
        Index("official_reads_of", "log_id", "whose", "at_ms"),
        Index("official_reads_by", "log_id", "official", "at_ms"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    reader: str = Field(sa_column=Column(Text, nullable=False))
    hour: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    what: str = Field(sa_column=Column(Text, nullable=False))
    whose: str = Field(sa_column=Column(Text, nullable=False))
    official: str = Field(sa_column=Column(Text, nullable=False))
    certificate: str = Field(sa_column=Column(Text, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    route: str = Field(sa_column=Column(Text, nullable=False))


class ExportRow(SQLModel, table=True):
    """One copy that left this server: an exported log, a disclosure. What it holds lies between two positions; `places` narrows that down.

    An erasure cannot reach it; so that its holder can be asked for it, it is remembered before it is handed out.
    """

    __tablename__: ClassVar[str] = "exports"
    __table_args__ = (PrimaryKeyConstraint("log_id", "name"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    to_whom: str = Field(sa_column=Column(Text, nullable=False))
    digest: str = Field(sa_column=Column(Text, nullable=False))
    lowest: int = Field(sa_column=Column(BigInteger, nullable=False))
    highest: int = Field(sa_column=Column(BigInteger, nullable=False))
    places: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RemovalRow(SQLModel, table=True):
    """What the erasure at `by_seq` still has to remove outside of its own transaction; the row goes when it is done."""

    __tablename__: ClassVar[str] = "removals"
    __table_args__ = (PrimaryKeyConstraint("log_id", "by_seq", "what", "name"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    by_seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    what: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))


class RulesRow(SQLModel, table=True):
    """By which rules the findings of a log were judged: the digest of its profiles and judges. Under others they are judged again."""

    __tablename__: ClassVar[str] = "rules"
    __table_args__ = (PrimaryKeyConstraint("log_id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    digest: str = Field(sa_column=Column(Text, nullable=False))


class PersonRow(SQLModel, table=True):
    """Somebody who may come in for a party. Name and telephone are sealed; `contact` finds a telephone without telling it."""

    __tablename__: ClassVar[str] = "persons"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "id"),
        Index("persons_of", "log_id", "party"),
        Index("persons_reached", "log_id", "contact"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    acting: str = Field(sa_column=Column(Text, nullable=False))
    certificate: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    contact: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class SessionRow(SQLModel, table=True):
    """Somebody who has come in. The row holds the digest of what the browser holds, and opens nothing."""

    __tablename__: ClassVar[str] = "sessions"
    __table_args__ = (
        PrimaryKeyConstraint("digest", "log_id"),
        Index("sessions_of", "log_id", "person"),
        Index("sessions_until", "log_id", "until_ms"),
    )

    digest: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    person: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    acting: str = Field(sa_column=Column(Text, nullable=False))
    method: str = Field(sa_column=Column(Text, nullable=False))
    #: The size of the log when it began: from then on the party's keys must have been good without a gap.
    made_size: int = Field(sa_column=Column(BigInteger, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    used_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    until_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class PasskeyRow(SQLModel, table=True):
    """A passkey for signing in: another credential than any that signs statements. Only public halves stand here."""

    __tablename__: ClassVar[str] = "passkeys"
    __table_args__ = (PrimaryKeyConstraint("credential", "log_id"), Index("passkeys_of", "log_id", "person"))

    credential: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    person: str = Field(sa_column=Column(Text, nullable=False))
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    counter: int = Field(sa_column=Column(BigInteger, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    used_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    suspended_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class OnceRow(SQLModel, table=True):
    """Something that opens once and not for long: a challenge, an invite, a sign-in link, a recovery code. Only its digest is kept.

    `about`: the person or party it is for. `sealed`: what belongs to it and is nobody's business.
    """

    __tablename__: ClassVar[str] = "once"
    __table_args__ = (
        PrimaryKeyConstraint("digest", "log_id"),
        Index("once_about", "log_id", "about"),
        Index("once_until", "log_id", "until_ms"),
    )

    digest: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    about: str = Field(sa_column=Column(Text, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    until_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class CardRow(SQLModel, table=True):
    """A small trader's card: the digest of its number, and its PIN under scrypt together with the number, which does not stand here."""

    __tablename__: ClassVar[str] = "cards"
    __table_args__ = (PrimaryKeyConstraint("digest", "log_id"), UniqueConstraint("log_id", "person"))

    digest: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    person: str = Field(sa_column=Column(Text, nullable=False))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    pin: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    tries: int = Field(sa_column=Column(BigInteger, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class IdentityRow(SQLModel, table=True):
    """Whom an agency's own sign-in service knows, by a keyed digest of issuer and subject."""

    __tablename__: ClassVar[str] = "identities"
    __table_args__ = (
        PrimaryKeyConstraint("digest", "log_id"),
        Index("identities_of", "log_id", "person"),
    )

    digest: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    person: str = Field(sa_column=Column(Text, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class AccountEventRow(SQLModel, table=True):
    """What happened to the accounts of a party: who came in, who was invited, what was locked. Its owners read it."""

    __tablename__: ClassVar[str] = "account_events"
    __table_args__ = (PrimaryKeyConstraint("log_id", "party", "at_ms", "id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    person: str = Field(sa_column=Column(Text, nullable=False))
    by_whom: str = Field(sa_column=Column(Text, nullable=False))


class SpentRow(SQLModel, table=True):
    """How much of one budget one caller has spent in one stretch of time (`ledger.store.spent`). The key holds no address, only a day's MAC of it."""

    __tablename__: ClassVar[str] = "spent"
    __table_args__ = (PrimaryKeyConstraint("key", "log_id"), Index("spent_until", "log_id", "until_ms"))

    key: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    count: int = Field(sa_column=Column(BigInteger, nullable=False))
    until_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class VisitorKeyRow(SQLModel, table=True):
    """Under which key the addresses of one day are hidden. It goes the day after next, and with it the way back to any address."""

    __tablename__: ClassVar[str] = "visitor_keys"
    __table_args__ = (PrimaryKeyConstraint("log_id", "day"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    day: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class StallCodeRow(SQLModel, table=True):
    """The public address of one stall's page (`ledger.store.stall_codes`). A row stays when its code is withdrawn: no code is given out twice."""

    __tablename__: ClassVar[str] = "stall_codes"
    __table_args__ = (PrimaryKeyConstraint("code", "log_id"), Index("stall_codes_of", "log_id", "party"))

    code: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    by_whom: str = Field(sa_column=Column(Text, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    ended_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class LabelPrintRow(SQLModel, table=True):
    """That a party printed labels for some goods: how many, who, when, and why again (`docs/decisions/0032-print-log.md`).

    `person` is an account's id or the name of an API key. The id comes with the form, so that sending it twice prints once.
    """

    __tablename__: ClassVar[str] = "label_prints"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "party", "id"),
        Index("label_prints_of", "log_id", "party", "at_ms"),
        Index("label_prints_for", "log_id", "party", "goods"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    goods: str = Field(sa_column=Column(Text, nullable=False))
    labels: int = Field(sa_column=Column(BigInteger, nullable=False))
    width_mm: int = Field(sa_column=Column(BigInteger, nullable=False))
    height_mm: int = Field(sa_column=Column(BigInteger, nullable=False))
    person: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class LabelCodeRow(SQLModel, table=True):
    """One label of a run that printed unit codes: the code, and what stood in the symbol, which may carry a signature too."""

    __tablename__: ClassVar[str] = "label_codes"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "party", "id", "place"),
        Index("label_codes_of", "log_id", "party", "code"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    place: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    printed: str = Field(sa_column=Column(Text, nullable=False))


class OpeningRow(SQLModel, table=True):
    """How often the public page of a code or a batch was opened on one day (`ledger.store.openings`). Nothing about who opened it."""

    __tablename__: ClassVar[str] = "openings"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "subject", "day"),
        Index("openings_by_day", "log_id", "day"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    subject: str = Field(sa_column=Column(Text, nullable=False))
    day: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    opened: int = Field(sa_column=Column(BigInteger, nullable=False))


class SlipAccountRow(SQLModel, table=True):
    """How a seller keeps one of its slips: paid, on credit or neither said, and how often it was printed again.

    The slip itself is the record at `seq`; nobody but its seller reads what stands here (`ledger.accounts.receivables`).
    """

    __tablename__: ClassVar[str] = "slip_accounts"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "seller", "seq"),
        Index("slip_accounts_of", "log_id", "seller", "buyer", "at_ms"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    seller: str = Field(sa_column=Column(Text, nullable=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    buyer: str = Field(sa_column=Column(Text, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    cents: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    terms: str = Field(sa_column=Column(Text, nullable=False))
    prints: int = Field(sa_column=Column(BigInteger, nullable=False))


class PaymentRow(SQLModel, table=True):
    """What a seller says a buyer paid later. Taken back, it stays, crossed out. `id` is the form's: sent twice, it is one payment."""

    __tablename__: ClassVar[str] = "payments"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "seller", "id"),
        Index("payments_of", "log_id", "seller", "buyer", "made_ms"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    seller: str = Field(sa_column=Column(Text, nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    buyer: str = Field(sa_column=Column(Text, nullable=False))
    cents: int = Field(sa_column=Column(BigInteger, nullable=False))
    paid_on: str = Field(sa_column=Column(Text, nullable=False))
    method: str = Field(sa_column=Column(Text, nullable=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    withdrawn_ms: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class JobRow(SQLModel, table=True):
    """A spreadsheet that somebody sent, and how far the work on it has come. File and report are sealed, and go when they are no longer needed."""

    __tablename__: ClassVar[str] = "jobs"
    __table_args__ = (PrimaryKeyConstraint("log_id", "id"), Index("jobs_of", "log_id", "party", "made_ms"))

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    holder: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    #: Which process works on it, when it last said so, and how often somebody has begun.
    worker: str = Field(sa_column=Column(Text, nullable=False))
    beat_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    attempts: int = Field(sa_column=Column(BigInteger, nullable=False))
    done: int = Field(sa_column=Column(BigInteger, nullable=False))
    planned: int = Field(sa_column=Column(BigInteger, nullable=False))
    report: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    file: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    marked: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class FormDraftRow(SQLModel, table=True):
    """A form that somebody has begun and not sent; its fields are sealed for whoever wrote them."""

    __tablename__: ClassVar[str] = "form_drafts"
    __table_args__ = (PrimaryKeyConstraint("log_id", "owner", "id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    owner: str = Field(sa_column=Column(Text, nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    form: str = Field(sa_column=Column(Text, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ScanReadingRow(SQLModel, table=True):
    """A reading of a code that waits for its batch (`ledger.store.scans`). `batch`: the digest of the file it went into, until the log has that."""

    __tablename__: ClassVar[str] = "scan_readings"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "id"),
        Index("scan_readings_waiting", "log_id", "batch", "at_ms"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    id: str = Field(sa_column=Column(Text, nullable=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    reader: str = Field(sa_column=Column(Text, nullable=False))
    region: str = Field(sa_column=Column(Text, nullable=False))
    device: str = Field(sa_column=Column(Text, nullable=False))
    batch: str = Field(sa_column=Column(Text, nullable=False))


class ScanFindingRow(SQLModel, table=True):
    """What the readings of one code came to when they were last judged beside its records; `body` is the finding's canonical JSON."""

    __tablename__: ClassVar[str] = "scan_findings"
    __table_args__ = (
        PrimaryKeyConstraint("subject", "log_id", "number"),
        Index("scan_findings_of_party", "party", "log_id", "since_ms"),
    )

    subject: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    number: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    since_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ScanJudgedRow(SQLModel, table=True):
    """Up to which size of the log readings were judged beside its records, and by which rules."""

    __tablename__: ClassVar[str] = "scan_judged"
    __table_args__ = (PrimaryKeyConstraint("log_id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    rules: str = Field(sa_column=Column(Text, nullable=False))


class CosignatureRow(SQLModel, table=True):
    """A witness's signature over the checkpoint of one size: the newest one of that key (`ledger.witnesses`). `line` as it stands in a note."""

    __tablename__: ClassVar[str] = "cosignatures"
    __table_args__ = (
        PrimaryKeyConstraint("log_id", "size", "witness"),
        Index("cosignatures_of_witness", "log_id", "witness", "size"),
    )

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    witness: str = Field(sa_column=Column(Text, nullable=False))
    line: str = Field(sa_column=Column(Text, nullable=False))
    time_s: int = Field(sa_column=Column(BigInteger, nullable=False))


class PublicationRow(SQLModel, table=True):
    """Which checkpoint is shown to everybody where witnesses are asked, and when they were last asked."""

    __tablename__: ClassVar[str] = "publications"
    __table_args__ = (PrimaryKeyConstraint("log_id"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    asked_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


class TimestampRow(SQLModel, table=True):
    """A time stamp over the checkpoint of one size (RFC 3161), as the authority gave it, and the time it names (`ledger.timestamping`)."""

    __tablename__: ClassVar[str] = "timestamps"
    __table_args__ = (PrimaryKeyConstraint("log_id", "size"),)

    log_id: str = Field(sa_column=Column(Text, nullable=False))
    size: int = Field(sa_column=Column(BigInteger, nullable=False, autoincrement=False))
    token: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


#: What an audit says about each table; every column is classed in `tests/faults/columns.toml`.
BOUND = ("entries", "envelopes", "items", "tiles", "heads", "checkpoints")
DERIVED = ("marks", "mentions", "edges", "findings")
MUTABLE = (
    "sealed_keys",
    "freezes",
    "guards",
    "signing_passkeys",
    "api_keys",
    "official_scopes",
    "official_reads",
    "exports",
    "removals",
    "rules",
    "persons",
    "sessions",
    "passkeys",
    "once",
    "cards",
    "identities",
    "account_events",
    "spent",
    "visitor_keys",
    "jobs",
    "stall_codes",
    "openings",
    "label_prints",
    "label_codes",
    "slip_accounts",
    "payments",
    "form_drafts",
    "scan_readings",
    "scan_findings",
    "scan_judged",
    "cosignatures",
    "publications",
    "timestamps",
)
