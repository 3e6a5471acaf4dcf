"""T10: sixty and more ways of coming in that are none. Each is tried against a server in which the honest way works; none is let in.

The ways stand in `tests.support.abuses`. That the count can be other than nought is shown by servers with a fault planted in them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from ledger.accounts.passkeys import Passkeys
from tests.support.abuses import ABUSES, ACCOUNT, STALL_PHONE, House, by_phone, let_in
from tests.support.people import Browser, colleague, first_owner
from tests.support.server import Clock, copied_ledger, enrol_party, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.authenticator import Authenticator
    from tests.support.server import Enrolled


@dataclass
class Told:
    """The house as it lies in a folder that nobody writes to any more."""

    folder: Path
    clock_ms: int
    party: Enrolled
    registrar: Enrolled
    phones: tuple[Authenticator, Authenticator]
    cookies: tuple[dict[str, str], dict[str, str]]
    card: dict[str, str]
    codes: list[str]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder, clock = tmp_path_factory.mktemp("house"), Clock()
    with make_ledger(folder, clock) as ledger, open_client(ledger) as client:
        party, registrar = enrol_party(ledger, "南通示例蔬菜专业合作社（演示）"), registrar_of(ledger)
        owner = first_owner(client, registrar, party)
        clerk = colleague(client, owner, "clerk", "李示例", 2)
        return Told(
            folder=folder,
            clock_ms=clock.ms,
            party=party,
            registrar=registrar,
            phones=(owner.phone, clerk.phone),
            cookies=(owner.cookies, clerk.cookies),
            card=owner.post("/api/v1/people/cards", {"name": "周示例", "contact": STALL_PHONE}).json(),
            codes=owner.post("/api/v1/account/recovery-codes").json()["codes"],
        )


@pytest.fixture
def house(told: Told, tmp_path: Path) -> Iterator[House]:
    clock = Clock(told.clock_ms)
    with copied_ledger(told.folder, tmp_path, clock) as ledger, open_client(ledger) as client:
        owner, clerk = (
            Browser(client, cookies=dict(cookies), phone=replace(phone))
            for cookies, phone in zip(told.cookies, told.phones, strict=True)
        )
        yield House(
            client=client,
            ledger=ledger,
            clock=clock,
            registrar=told.registrar,
            party=told.party,
            owner=owner,
            clerk=clerk,
            card=told.card["card"],
            pin=told.card["pin"],
            stall_person=told.card["person"],
            codes=told.codes,
        )


def test_the_honest_ways_are_open(house: House) -> None:
    assert by_phone(house)[1].status_code == 200
    assert house.stranger().form("/sign-in/recovery", {"code": house.codes[0]}).status_code == 303
    data = {"number": house.card, "pin": house.pin}
    assert house.stranger().form("/sign-in/card", data).status_code == 303
    assert house.clerk.get(ACCOUNT).status_code == 200
    assert house.client.get("/api/v1/me", key=house.party.key).status_code == 200


def test_there_are_enough_abuses() -> None:
    assert len(ABUSES) >= 30


@pytest.mark.parametrize("name", sorted(ABUSES))
def test_an_abuse_is_not_let_in(house: House, name: str) -> None:
    assert not let_in(*ABUSES[name](house)), name


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("an_idle_session", "sessions never end"),
        ("a_copied_passkey", "counters are not looked at"),
        ("a_locked_card_with_the_right_pin", "tries are not counted"),
    ],
)
def test_a_planted_fault_lets_an_abuse_in(
    house: House, name: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "sessions never end":
        monkeypatch.setattr("ledger.accounts.sessions._lasts", lambda _row, _now: True)
    elif fault == "counters are not looked at":
        counted, rising = Passkeys._counted, itertools.count(10**6)
        monkeypatch.setattr(
            Passkeys, "_counted", lambda self, credential, _counter: counted(self, credential, next(rising))
        )
    else:
        monkeypatch.setattr("ledger.accounts.cards.TRIES_MAX", 10**9)
    assert let_in(*ABUSES[name](house)), "the matrix would not have seen it"
