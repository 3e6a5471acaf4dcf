"""Plays a story: founds a ledger on the demo's clock, enrols the parties, and lets each of them post its own records.

Everything after the enrolment goes through the public API with the party's own key, as any program of a trader would do it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from api.app import create_app
from api.demo.client import API, PublicApi, Unexpected
from api.demo.clock import DemoClock
from api.demo.parties import DEMO, EVERYONE, OFFICERS, certificate_of, party_id
from api.demo.people import let_in
from api.demo.telling import REGISTRAR
from api.routes.trade import path_of
from ledger.keys import Vault
from ledger.service import Ledger
from ledger.vocabulary.registering import Credential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from api.demo.story import Story
    from api.demo.telling import Event
    from api.settings import Settings
    from ledger.canonical import Json

REGISTRAR_NAME: Final = f"南通重要产品追溯登记处{DEMO}"
HOST: Final = "demo.suyuan.invalid"
#: Keys for the whole story and some visits afterwards.
KEY_DAYS: Final = 400
#: Records of one party in one post; the API takes as many.
POSTED_TOGETHER_MAX: Final = 100
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Played:
    """A ledger with a story in it, and the API in front of it."""

    story: Story
    ledger: Ledger
    clock: DemoClock
    api: PublicApi

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.ledger.size()


@contextmanager
def playing(story: Story, settings: Settings) -> Iterator[Played]:
    """Found a ledger where `settings` say and play the story into it. The place must be empty."""
    clock = DemoClock(story.begins.ms)
    settings.data.mkdir(parents=True, exist_ok=True)
    vault = Vault.create_file(settings.key_path)
    with Ledger.create(
        settings.database,
        host=HOST,
        registrar_name=story.variation.rename(REGISTRAR_NAME),
        vault=vault,
        evidence=settings.evidence,
        clock=clock,
        simulated=True,
        guard=settings.guard_path,
    ) as ledger:
        keys = _enrol_all(ledger)
        # The story is told in a minute; its parties took days, and stayed within every budget.
        unhurried = settings.model_copy(update={"limits": False})
        with PublicApi(create_app(ledger, unhurried), base_url=settings.base_url, keys=keys) as api:
            _post_officers(api, story)
            let_in(ledger)
            for together in _together(story.events):
                clock.stand_at(together[0].at.ms)
                _post(api, together)
            clock.stand_at(story.now.ms)
            yield Played(story=story, ledger=ledger, clock=clock, api=api)


def _enrol_all(ledger: Ledger) -> dict[str, str]:
    """A key and an API key for everybody who speaks for itself."""
    keys = {REGISTRAR: ledger.give_access_key(ledger.registrar, label=REGISTRAR, days=KEY_DAYS)}
    for someone in EVERYONE.values():
        if someone.role is not None:
            party = party_id(someone.key)
            ledger.enrol(party, role=someone.role)
            keys[someone.key] = ledger.give_access_key(
                party, label=someone.key, days=KEY_DAYS, certificate=certificate_of(someone.key)
            )
    return keys


def _post_officers(api: PublicApi, story: Story) -> None:
    """The officers' certificates: numbers and dates, no names."""
    for number, agency, first, last in OFFICERS:
        # Valid from midnight to midnight in China.
        start = story.variation.moment(f"{first} 00:00").ms
        end = story.variation.moment(f"{last} 00:00").ms + _DAY_MS - 1
        credential = Credential(number=number, party=party_id(agency), valid_from_ms=start, valid_to_ms=end)
        body = credential.model_dump(mode="json", exclude_none=True)
        api.post(f"{API}/{path_of(Credential.TYPE)}", body, by=REGISTRAR)


def _together(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Events that one party posts at one moment in one request: records of one type, none of them to be refused."""

    def same(event: Event) -> tuple[int, str, str, str | None]:
        return (event.at.ms, event.who, event.said.TYPE, event.refused)

    for _, group in groupby(events, key=same):
        some = list(group)
        for start in range(0, len(some), POSTED_TOGETHER_MAX):
            yield some[start : start + POSTED_TOGETHER_MAX]


def _post(api: PublicApi, events: Sequence[Event]) -> None:
    first = events[0]
    path = f"{API}/{path_of(first.said.TYPE)}"
    if first.refused is not None:
        for event in events:
            came = api.refused(path, body_of(event), by=event.who)
            if came != event.refused:
                message = f"{path} by {event.who} was refused as {came}, expected {event.refused}"
                raise Unexpected(message)
    elif len(events) == 1:
        api.post(path, body_of(first), by=first.who)
    else:
        api.post(path, {"statements": _bodies(events)}, by=first.who)


def _bodies(events: Iterable[Event]) -> list[Json]:
    return [body_of(event) for event in events]


def body_of(event: Event) -> dict[str, Json]:
    """The plain JSON of a record, as a trader's program would send it."""
    body: dict[str, Json] = event.said.model_dump(mode="json", exclude_none=True)
    body["id"] = str(event.id)
    body["occurred_at"] = str(event.occurred_at)
    if event.for_whom is not None:
        body["on_behalf_of"] = str(party_id(event.for_whom))
    if event.corrects is not None:
        body["corrects"] = str(event.corrects)
    return body
