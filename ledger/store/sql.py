"""SQL on the road that every statement takes: said once, spelt for each driver, with no compiler in between.

Everywhere else SQLAlchemy builds the sentence; for a hundred statements a commit that would cost more than the database does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, CursorResult

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
        return cls.of(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})")  # noqa: S608  (names of our own tables)

    def rows(self, connection: Connection, *values: object) -> list[_Row]:
        """The rows it finds."""
        return [tuple(row) for row in self._said(connection, values)]  # type: ignore[misc]  # a driver's row; `_Row` is the sentence's own word for it

    def changed(self, connection: Connection, *values: object) -> int:
        """How many rows it changed."""
        return self._said(connection, values).rowcount

    def each(self, connection: Connection, rows: Sequence[tuple[object, ...]]) -> None:
        """Say it for every row, in one go."""
        if rows:
            text = self.sqlite if connection.dialect.name == "sqlite" else self.postgresql
            connection.exec_driver_sql(text, list(rows))

    def _said(self, connection: Connection, values: tuple[object, ...]) -> CursorResult[*tuple[object, ...]]:
        if connection.dialect.name == "sqlite":
            given = tuple(orjson.dumps(one).decode() if isinstance(one, list) else one for one in values)
            return connection.exec_driver_sql(self.sqlite, given)
        return connection.exec_driver_sql(self.postgresql, values)
