"""Forms that somebody has begun and not sent: kept until they are recorded, dropped or a week old, whatever becomes of the session.

What an inspector has typed in a kitchen is personal data of others, so it lies sealed, and only whoever wrote it gets it back. A draft is
no record: it binds nobody and no audit knows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from ledger.accounts.office import DAY_MS
from ledger.errors import TooLarge, Words
from ledger.store.tables import FormDraftRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement

    from ledger.accounts.office import Office

#: Drafts that one person has at a time; the oldest makes room.
DRAFTS_MAX: Final = 20
DRAFT_DAYS: Final = 7
#: The longest form of ours with every field full.
DRAFT_CHARACTERS_MAX: Final = 40_000

_drafts = FormDraftRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class KeptForm:
    """One form as it was left: which form, the id of the record it will make, when it was kept."""

    form: str
    id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class FormDrafts:
    """The forms that people of one log have begun."""

    office: Office

    def keep(self, owner: str, *, form: str, id_: str, fields: Mapping[str, str]) -> None:
        """Keep a form as it stands now, in place of what was kept of it before."""
        if sum(len(name) + len(value) for name, value in fields.items()) > DRAFT_CHARACTERS_MAX:
            most = DRAFT_CHARACTERS_MAX
            expected = Words(zh=f"最多 {most} 个字", en=f"at most {most} characters")
            raise TooLarge(field="draft", came="…", expected=expected)
        now = self.office.clock()
        with self.office.writing() as connection:
            old = (_drafts.c.id == id_) | (_drafts.c.at_ms < now - DRAFT_DAYS * DAY_MS)
            connection.execute(delete(_drafts).where(*self._of(owner), old))
            listed = connection.execute(
                select(_drafts.c.id).where(*self._of(owner)).order_by(_drafts.c.at_ms.desc())
            )
            too_many = [row.id for row in listed][DRAFTS_MAX - 1 :]
            connection.execute(delete(_drafts).where(*self._of(owner), _drafts.c.id.in_(too_many)))
            row = {
                "log_id": self.office.log_id,
                "owner": owner,
                "id": id_,
                "form": form,
                "at_ms": now,
                "sealed": self.office.seal(dict(fields), purpose=f"draft {owner} {id_}"),
            }
            connection.execute(insert(_drafts), row)

    def listed(self, owner: str) -> list[KeptForm]:
        """What somebody has begun, the latest first."""
        with self.office.reading() as connection:
            rows = connection.execute(
                select(_drafts.c.form, _drafts.c.id, _drafts.c.at_ms)
                .where(*self._of(owner), _drafts.c.at_ms >= self.office.clock() - DRAFT_DAYS * DAY_MS)
                .order_by(_drafts.c.at_ms.desc(), _drafts.c.id)
            )
            return [KeptForm(row.form, row.id, row.at_ms) for row in rows]

    def fields(self, owner: str, id_: str) -> dict[str, str]:
        """The form as it was left; nothing where there is none of this owner's."""
        with self.office.reading() as connection:
            row = connection.execute(
                select(_drafts.c.sealed).where(*self._of(owner), _drafts.c.id == id_)
            ).one_or_none()
        if row is None:
            return {}
        fields = self.office.unseal(row.sealed, purpose=f"draft {owner} {id_}")
        return {name: value for name, value in fields.items() if isinstance(value, str)}

    def drop(self, owner: str, id_: str) -> None:
        """Forget it: it was recorded, or is not wanted."""
        with self.office.writing() as connection:
            connection.execute(delete(_drafts).where(*self._of(owner), _drafts.c.id == id_))

    def _of(self, owner: str) -> tuple[ColumnElement[bool], ...]:
        return (_drafts.c.log_id == self.office.log_id, _drafts.c.owner == owner)
