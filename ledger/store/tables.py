"""The tables, one class each. They hold bytes and positions; what the bytes mean is decided elsewhere.

Every primary key and unique constraint begins with its shard key (the log, or the thing mentioned), nothing counts by itself
(`seq` comes from the head row), and the same schema runs on SQLite, PostgreSQL and a distributed PostgreSQL.

    bound      entries, envelopes, items, tiles, heads, checkpoints: an audit recomputes each byte from the others and the log's key
    derived    marks, mentions, edges, findings: folding the log again gives the same rows
    mutable    sealed_keys, access_keys, exports, removals, rules: how this server signs, who may call it, which copies it gave away, what
               an erasure still has to remove, and by which rules it judged; no part of the truth
"""

from __future__ import annotations

from typing import ClassVar

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


class MentionRow(SQLModel, table=True):
    """That the statement at `seq` mentions `key`; `until_seq` is the statement that put it right, from which on it counts no more."""

    __tablename__: ClassVar[str] = "mentions"
    __table_args__ = (
        PrimaryKeyConstraint("key", "log_id", "occurred_ms", "seq"),
        Index("mentions_of", "log_id", "seq"),
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


class AccessKeyRow(SQLModel, table=True):
    """An API key: only its SHA-256 is kept."""

    __tablename__: ClassVar[str] = "access_keys"
    __table_args__ = (PrimaryKeyConstraint("digest", "log_id"), Index("access_keys_of", "log_id", "party"))

    digest: str = Field(sa_column=Column(Text, nullable=False))
    log_id: str = Field(sa_column=Column(Text, nullable=False))
    party: str = Field(sa_column=Column(Text, nullable=False))
    label: str = Field(sa_column=Column(Text, nullable=False))
    made_ms: int = Field(sa_column=Column(BigInteger, nullable=False))
    until_ms: int = Field(sa_column=Column(BigInteger, nullable=False))


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


#: What an audit says about each table; every column is classed in `tests/faults/columns.toml`.
BOUND = ("entries", "envelopes", "items", "tiles", "heads", "checkpoints")
DERIVED = ("marks", "mentions", "edges", "findings")
MUTABLE = ("sealed_keys", "access_keys", "exports", "removals", "rules")
