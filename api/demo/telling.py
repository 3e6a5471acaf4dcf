"""How a story is written down: who says what, and when the log takes it.

A telling collects events in any order and gives them back in the order of the clock. What an event says is a record of the ledger's own
vocabulary, so a story that could not happen does not type-check.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.demo.parties import EVERYONE, party_id, statement_id
from api.demo.variation import Variation

if TYPE_CHECKING:
    from ledger.identifiers import Instant, PartyId, StatementId
    from ledger.vocabulary.said import Said

#: Who registers others. Its id is made when the log is founded.
REGISTRAR = "registrar"


@dataclass(frozen=True, slots=True)
class Event:
    """One record of one party, or one attempt that is refused.

    `at` is the log's clock, `occurred_at` the party's claim. `refused` is the name of the refusal that must come back.
    """

    at: Instant
    who: str
    said: Said
    id: StatementId
    occurred_at: Instant
    for_whom: str | None = None
    corrects: StatementId | None = None
    refused: str | None = None


@dataclass(slots=True)
class Telling:
    """A story while it is being written."""

    variation: Variation = field(default_factory=Variation)
    _events: list[Event] = field(default_factory=list)
    _ids: dict[str, StatementId] = field(default_factory=dict)

    def says(
        self,
        at: str,
        who: str,
        said: Said,
        *,
        occurred: str | None = None,
        name: str | None = None,
        for_whom: str | None = None,
        corrects: str | None = None,
        refused: str | None = None,
    ) -> None:
        """`who` says it at `at`; it happened then too, unless `occurred` says otherwise. `name` lets later records refer to it."""
        moment = self.variation.moment(at)
        known_as = name or f"{len(self._events)} by {who}"
        identity = statement_id(moment.ms, known_as)
        assert known_as not in self._ids, f"two records of the story are named {known_as}"
        self._ids[known_as] = identity
        self._events.append(
            Event(
                at=moment,
                who=who,
                said=said,
                id=identity,
                occurred_at=moment if occurred is None else self.variation.moment(occurred),
                for_whom=for_whom,
                corrects=None if corrects is None else self.id_of(corrects),
                refused=refused,
            )
        )

    def id_of(self, name: str) -> StatementId:
        """The id of a record that was named."""
        return self._ids[name]

    def name_of(self, key: str) -> str:
        """What a party is called in this telling."""
        return self.variation.rename(EVERYONE[key].name)

    def party(self, key: str) -> PartyId:
        """The id of a party."""
        return party_id(key)

    def in_order(self) -> tuple[Event, ...]:
        """All events by the log's clock; what happens in one minute stays in the order it was told."""
        return tuple(sorted(self._events, key=lambda one: one.at.ms))
