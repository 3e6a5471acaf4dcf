"""How long somebody stays in, and what ends it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.accounts.managing import INVITE_MS
from ledger.accounts.office import HOUR_MS, MINUTE_MS, SignInFailed
from ledger.accounts.passkeys import Site
from ledger.accounts.sessions import IDLE_MS, SESSIONS_MAX, WHOLE_MS, spoke_throughout
from ledger.errors import LedgerFault, NotAllowed, UnknownName
from ledger.register import Enrolment
from ledger.vocabulary.registering import Key
from tests.support.authenticator import ORIGIN, Authenticator
from tests.support.signing import fixed

if TYPE_CHECKING:
    from ledger.accounts.accounts import Accounts
    from ledger.accounts.callers import Caller
    from ledger.accounts.sessions import SignedIn
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from tests.support.server import Clock

SITE = Site.at(ORIGIN)


def again(accounts: Accounts, phone: Authenticator) -> SignedIn:
    return accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))


def is_in(accounts: Accounts, signed_in: SignedIn) -> bool:
    return accounts.caller_by_session(signed_in.token) is not None


def revoke_all(ledger: Ledger, party: PartyId) -> None:
    with ledger.book() as book:
        keys = [
            keyid
            for keyid, one in book.register.keys.items()
            if one.party == party and one.active_at(book.size)
        ]
    for keyid in keys:
        ledger.say(ledger.registrar, Key(action="revoke", keyid=keyid, reason="left"))


@pytest.mark.parametrize(("waits", "stays"), [(IDLE_MS - 1, True), (IDLE_MS, False)])
def test_a_session_lasts_half_an_hour_without_use(
    accounts: Accounts, clock: Clock, owner: SignedIn, waits: int, *, stays: bool
) -> None:
    clock.ms += waits
    assert is_in(accounts, owner) is stays


def test_each_use_begins_the_half_hour_anew(accounts: Accounts, clock: Clock, owner: SignedIn) -> None:
    for _ in range(5):
        clock.ms += IDLE_MS - 1
        assert is_in(accounts, owner)
    clock.ms += IDLE_MS
    assert not is_in(accounts, owner)


def test_a_use_within_the_same_minute_is_not_written_down(
    accounts: Accounts, clock: Clock, owner: SignedIn
) -> None:
    me = accounts.me(owner.caller)
    begun = accounts.own_sessions(owner.caller)[0].used_ms
    clock.ms += MINUTE_MS - 1
    assert is_in(accounts, owner)
    assert accounts.sessions.of(me.id)[0].used_ms == begun
    clock.ms += 1
    assert is_in(accounts, owner)
    assert accounts.sessions.of(me.id)[0].used_ms == begun + MINUTE_MS


@pytest.mark.parametrize(("at", "stays"), [(WHOLE_MS - 1, True), (WHOLE_MS, False)])
def test_a_session_lasts_twelve_hours_however_busy(
    accounts: Accounts, clock: Clock, owner: SignedIn, at: int, *, stays: bool
) -> None:
    begun = clock.ms
    while clock.ms + 20 * MINUTE_MS < begun + at:
        clock.ms += 20 * MINUTE_MS
        assert is_in(accounts, owner)
    clock.ms = begun + at
    assert is_in(accounts, owner) is stays
    assert WHOLE_MS == 12 * HOUR_MS


def test_a_session_that_was_signed_out_of_is_over(
    accounts: Accounts, owner: SignedIn, phone: Authenticator
) -> None:
    other = again(accounts, phone)
    accounts.end_session(owner.token)
    assert not is_in(accounts, owner)
    assert is_in(accounts, other)
    accounts.end_session("never was one")


def test_one_ends_ones_own_sessions_by_their_names(
    accounts: Accounts, owner: SignedIn, phone: Authenticator
) -> None:
    other = again(accounts, phone)
    (name,) = [one.name for one in accounts.own_sessions(owner.caller, owner.token) if not one.is_this]
    accounts.end_own_session(owner.caller, name)
    assert not is_in(accounts, other)
    assert is_in(accounts, owner)
    with pytest.raises(UnknownName):
        accounts.end_own_session(owner.caller, name)


def test_nobody_ends_somebody_elses_session(
    accounts: Accounts, owner: SignedIn, registrar: Caller, farm: PartyId
) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "李示例")
    clerk = accounts.accept_invite(invite.token, site=SITE).signed_in
    (name,) = [one.name for one in accounts.own_sessions(owner.caller)]
    with pytest.raises(UnknownName):
        accounts.end_own_session(clerk.caller, name)
    assert is_in(accounts, owner)


def test_with_one_session_too_many_the_quietest_ends(
    accounts: Accounts, clock: Clock, owner: SignedIn, phone: Authenticator
) -> None:
    clock.ms += MINUTE_MS
    sessions = [again(accounts, phone) for _ in range(SESSIONS_MAX - 1)]
    assert is_in(accounts, owner)
    # Asking was a use: now the first of the others is the quietest, by a millisecond.
    clock.ms += MINUTE_MS
    assert all(is_in(accounts, one) for one in sessions[1:])
    assert is_in(accounts, owner)
    again(accounts, phone)
    assert [is_in(accounts, one) for one in sessions] == [False] + [True] * (SESSIONS_MAX - 2)
    assert is_in(accounts, owner)


def test_removing_a_person_ends_every_session_at_once(
    accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "李示例")
    accepted = accounts.accept_invite(invite.token, site=SITE)
    clerk = accounts.me(accepted.signed_in.caller)
    assert is_in(accounts, accepted.signed_in)
    accounts.remove_person(owner.caller, clerk.id)
    assert not is_in(accounts, accepted.signed_in)
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_recovery(accepted.codes[0])
    assert is_in(accounts, owner)


def test_with_its_partys_last_key_revoked_a_session_is_over(
    ledger: Ledger, accounts: Accounts, owner: SignedIn, farm: PartyId, phone: Authenticator
) -> None:
    revoke_all(ledger, farm)
    assert not is_in(accounts, owner)
    with pytest.raises(SignInFailed):
        again(accounts, phone)


def test_a_session_does_not_come_back_when_its_party_is_enrolled_again(
    ledger: Ledger, accounts: Accounts, owner: SignedIn, farm: PartyId, phone: Authenticator
) -> None:
    revoke_all(ledger, farm)
    # Nobody asks in between: it is the log that says there was a gap.
    ledger.enrol(farm, role="enterprise")
    assert not is_in(accounts, owner)
    assert is_in(accounts, again(accounts, phone))


def test_a_session_outlives_the_change_of_its_partys_key(
    ledger: Ledger, accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    with ledger.book() as book:
        (old,) = [keyid for keyid, one in book.register.keys.items() if one.party == farm]
    ledger.enrol(farm, role="enterprise")
    ledger.say(ledger.registrar, Key(action="revoke", keyid=old, reason="superseded"))
    assert is_in(accounts, owner)


def _key(since: int, until: int | None) -> Enrolment:
    key = fixed(1).public
    return Enrolment(
        key=key,
        party=None,  # type: ignore[arg-type]  # whose it is matters not here
        role="enterprise",
        custody="own",
        since=since,
        until=until,
    )


@pytest.mark.parametrize(
    ("keys", "since", "until", "whole"),
    [
        ([(1, None)], 2, 100, True),
        ([(1, None)], 1, 100, False),  # No key is used in its own enrolment.
        ([(1, 9)], 2, 9, True),
        ([(1, 9)], 2, 10, False),
        ([(1, 9), (9, None)], 2, 100, True),
        ([(1, 9), (10, None)], 2, 100, False),
        ([(1, 9), (5, 20), (19, None)], 2, 100, True),
        ([(1, 9), (5, 20), (21, None)], 2, 100, False),
        ([], 2, 3, False),
    ],
)
def test_a_party_spoke_throughout_or_it_did_not(
    keys: list[tuple[int, int | None]], since: int, until: int, *, whole: bool
) -> None:
    assert spoke_throughout([_key(*one) for one in keys], since=since, until=until) is whole


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "长" * 30, "\udcff", "a" * 10_000])
def test_what_is_no_session_lets_nobody_in(accounts: Accounts, owner: SignedIn, token: str) -> None:
    assert accounts.caller_by_session(token) is None
    assert accounts.caller_by_session(owner.token[:-1]) is None


def test_the_digest_of_a_session_is_no_session(accounts: Accounts, ledger: Ledger, owner: SignedIn) -> None:
    name = accounts.own_sessions(owner.caller)[0].name
    assert accounts.caller_by_session(name) is None


def test_a_session_of_a_demo_has_no_person(accounts: Accounts, farm: PartyId) -> None:
    signed_in = accounts.demo_session(farm, "clerk")
    caller = accounts.caller_by_session(signed_in.token)
    assert caller is not None
    assert (caller.person, caller.method, caller.acting) == (None, "demo", "clerk")
    with pytest.raises(NotAllowed):
        accounts.me(caller)


def test_a_ledger_that_is_real_has_no_sessions_without_a_person(
    accounts: Accounts, ledger: Ledger, farm: PartyId
) -> None:
    with ledger.book() as book:
        object.__setattr__(book.register, "clock", "real")
        ledger._register = book.register
    with pytest.raises(LedgerFault):
        accounts.demo_session(farm, "owner")


def test_a_session_of_a_removed_inviter_leaves_no_open_invite(
    accounts: Accounts, clock: Clock, owner: SignedIn, farm: PartyId
) -> None:
    second = accounts.invite(owner.caller, farm, "owner", "李示例")
    other = accounts.accept_invite(second.token, site=SITE).signed_in
    pending = accounts.invite(other.caller, farm, "clerk", "孙示例")
    accounts.remove_person(owner.caller, accounts.me(other.caller).id)
    clock.ms += INVITE_MS - 1
    with pytest.raises(NotAllowed):
        accounts.accept_invite(pending.token, site=SITE)
