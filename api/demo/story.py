"""The whole story in the order of the clock, and what in it later questions are asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.demo.clock import TOLD_AT
from api.demo.story_drug import tell_drug
from api.demo.story_incident import tell_incident
from api.demo.story_leek import leek, tell_farmer, tell_leeks, tell_today
from api.demo.story_opening import LEEK_PLOT, tell_opening
from api.demo.story_pesticide import PESTICIDE, tell_pesticide
from api.demo.story_pork import tell_pork
from api.demo.telling import Telling
from api.demo.variation import Variation

if TYPE_CHECKING:
    from api.demo.telling import Event
    from ledger.identifiers import GoodsId, Instant, LegalDate, PartyId, StatementId

#: The log begins before anything in it happened.
BEGINS: Final = "2026-07-25 09:00"
REPORT_FROM: Final = "2026-11-01"
REPORT_UNTIL: Final = "2026-11-20"


@dataclass(frozen=True, slots=True)
class Story:
    """One telling: its events, and the things the five questions are about."""

    variation: Variation
    events: tuple[Event, ...]
    begins: Instant
    now: Instant
    leek: GoodsId
    stall: PartyId
    suspect: PartyId
    doubtful: GoodsId
    plot: StatementId
    late_check: StatementId
    claimed_day: LegalDate
    recall: StatementId
    report_from: LegalDate
    report_until: LegalDate


def told(variation: Variation | None = None) -> Story:
    """The story in this variation."""
    variation = variation or Variation()
    telling = Telling(variation)
    for chapter in (
        tell_opening,
        tell_drug,
        tell_pork,
        tell_leeks,
        tell_farmer,
        tell_pesticide,
        tell_incident,
        tell_today,
    ):
        chapter(telling)
    return Story(
        variation=variation,
        events=telling.in_order(),
        begins=variation.moment(BEGINS),
        now=variation.moved(TOLD_AT),
        leek=leek(variation),
        stall=telling.party("F7"),
        suspect=telling.party("P4"),
        doubtful=PESTICIDE,
        plot=telling.id_of(LEEK_PLOT),
        late_check=telling.id_of("late check"),
        claimed_day=variation.day("2026-10-28"),
        recall=telling.id_of("recall"),
        report_from=variation.day(REPORT_FROM),
        report_until=variation.day(REPORT_UNTIL),
    )
