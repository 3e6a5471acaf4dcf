"""SQL on the road that every statement takes: said once, spelt for each driver, with no compiler in between and nothing around the answer.

Everywhere else SQLAlchemy builds the sentence and the answer; for a lone statement that would cost more than the database does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import orjson
from sqlalchemy.exc import DBAPIError, StatementError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPICursor, DBAPIModule

#: What one row of the answer holds, in the words of whoever wrote the sentence.
_Row = TypeVar("_Row", bound=tuple[object, ...])


@dataclass(frozen=True, slots=True)
class Sql(Generic[_Row]):
    """One sentence for both databases. In it `{}` stands for a value; `{texts}` and `{numbers}` for any number of values, at once.

    However many they are, the text is the same, so each database prepares it once.
    """

    sqlite: str
    postgresql: str

    @classmethod
    def of(cls, text: str, *, on_postgresql: str = "") -> Self:
        """The sentence in both spellings, with what is added to it on PostgreSQL. A percent sign is written as it is."""
        many = "IN (SELECT value FROM json_each(?))"
        return cls(
            sqlite=text.replace("{texts}", many).replace("{numbers}", many).replace("{}", "?"),
            postgresql=text.replace("%", "%%")
            .replace("{texts}", "= ANY(%s::text[])")
            .replace("{numbers}", "= ANY(%s::bigint[])")
            .replace("{}", "%s")
            + on_postgresql,
        )

    @classmethod
    def inserting(cls, table: str, *columns: str) -> Self:
        """The insertion of one row."""
        marks = ", ".join(["{}"] * len(columns))
        return cls.of(" ".join(("INSERT INTO", table, f"({', '.join(columns)})", "VALUES", f"({marks})")))

    @classmethod
    def selecting(cls, table: str, columns: Sequence[str], *, where: str) -> Self:
        """The rows of one table that fit, with these columns in this order."""
        return cls.of(" ".join(("SELECT", ", ".join(columns), "FROM", table, "WHERE", where)))

    def rows(self, connection: Connection, *values: object) -> list[_Row]:
        """The rows it finds."""
        text, cursor = self._said(connection, values)
        try:
            return list(cursor.fetchall())
        except connection.dialect.loaded_dbapi.Error as fault:
            raise _told(connection, text, cursor, fault) from fault

    def changed(self, connection: Connection, *values: object) -> int:
        """How many rows it changed."""
        return self._said(connection, values)[1].rowcount

    def each(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Say it for every row, in one go."""
        if rows:
            assert connection.in_transaction(), _NO_TRANSACTION
            text = self.sqlite if connection.dialect.name == "sqlite" else self.postgresql
            say(connection, text, each=list(rows))

    def _said(self, connection: Connection, values: tuple[object, ...]) -> tuple[str, DBAPICursor]:
        assert connection.in_transaction(), _NO_TRANSACTION
        if connection.dialect.name != "sqlite":
            asked = tuple(_askable(one) if isinstance(one, list) else one for one in values)
            return self.postgresql, say(connection, self.postgresql, asked)
        given = tuple(orjson.dumps(one).decode() if isinstance(one, list) else one for one in values)
        return self.sqlite, say(connection, self.sqlite, given)


def _askable(values: list[object]) -> list[object]:
    """Of many values, those that a row may hold: no text of ours has U+0000 (RFC 8785 is read without it), and PostgreSQL refuses to look for one."""
    return [one for one in values if not isinstance(one, str) or "\0" not in one]


#: The driver begins none by itself, and each sentence would be a commit of its own.
_NO_TRANSACTION = "a sentence is said outside of `reading` and `writing`"


def say(
    connection: Connection,
    text: str,
    values: tuple[object, ...] = (),
    *,
    each: list[tuple[object, ...]] | None = None,
) -> DBAPICursor:
    """Say it through the driver's own cursor, once or for `each` of these rows.

    Who listens to SQLAlchemy's cursors hears it, and what goes wrong is told in SQLAlchemy's words.
    """
    cursor, heard = connection.connection.cursor(), connection.dispatch
    many, given = each is not None, values if each is None else each
    for hear in heard.before_cursor_execute:
        hear(connection, cursor, text, given, None, many)
    try:
        if each is None:
            cursor.execute(text, values)
        else:
            cursor.executemany(text, each)
    except connection.dialect.loaded_dbapi.Error as fault:
        raise _told(connection, text, cursor, fault) from fault
    for hear in heard.after_cursor_execute:
        hear(connection, cursor, text, given, None, many)
    return cursor


def _told(connection: Connection, text: str, cursor: DBAPICursor, fault: DBAPIModule.Error) -> StatementError:
    """A driver's error as SQLAlchemy tells it: without the values, and the connection is let go of where the line broke."""
    dialect = connection.dialect
    broken = dialect.is_disconnect(fault, connection.connection, cursor)
    if broken:
        connection.invalidate(fault)
    return DBAPIError.instance(
        text,
        None,
        fault,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=broken,
        dialect=dialect,
    )
