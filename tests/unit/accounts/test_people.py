"""Invites, cards, links and codes: who gets one, how often it opens, and until when."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import ledger.accounts.cards as cards_module
from ledger.accounts.cards import TRIES_MAX, CardLocked
from ledger.accounts.links import LINK_EVERY_MS, LINK_MS, FileChannel
from ledger.accounts.managing import INVITE_MS
from ledger.accounts.office import OnceOver, SignInBusy, SignInFailed
from ledger.accounts.passkeys import Site
from ledger.accounts.persons import ACTING_OF, PersonId
from ledger.accounts.typed import grouped, plain
from ledger.errors import Malformed, NotAllowed, UnknownName
from tests.support.authenticator import ORIGIN, Authenticator
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.accounts.accounts import Accounts
    from ledger.accounts.callers import Caller
    from ledger.accounts.cards import Card
    from ledger.accounts.sessions import SignedIn
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from tests.support.server import Clock

SITE = Site.at(ORIGIN)
PHONE = "+8613800000000"


@pytest.fixture
def card(accounts: Accounts, owner: SignedIn, farm: PartyId) -> Card:
    return accounts.issue_card(owner.caller, farm, "周示例", contact=PHONE)


# Invites


def test_the_registrar_invites_a_partys_first_owner_and_no_second(
    accounts: Accounts, registrar: Caller, owner: SignedIn, farm: PartyId
) -> None:
    assert owner.caller.acting == "owner"
    with pytest.raises(NotAllowed):
        accounts.invite(registrar, farm, "owner", "吴示例")


def test_the_registrar_invites_nobody_else_of_a_party(
    accounts: Accounts, registrar: Caller, farm: PartyId
) -> None:
    for acting in ("clerk", "signer"):
        with pytest.raises(NotAllowed):
            accounts.invite(registrar, farm, acting, "吴示例")


def test_an_owner_invites_for_his_own_party_only(
    accounts: Accounts, ledger: Ledger, owner: SignedIn, farm: PartyId
) -> None:
    other = enrol_party(ledger, "别家（演示）").party
    accounts.invite(owner.caller, farm, "clerk", "吴示例")
    with pytest.raises(NotAllowed):
        accounts.invite(owner.caller, other, "clerk", "吴示例")


def test_a_clerk_invites_nobody(accounts: Accounts, owner: SignedIn, farm: PartyId) -> None:
    clerk = accounts.accept_invite(
        accounts.invite(owner.caller, farm, "clerk", "吴示例").token, site=SITE
    ).signed_in
    with pytest.raises(NotAllowed):
        accounts.invite(clerk.caller, farm, "clerk", "郑示例")
    with pytest.raises(NotAllowed):
        accounts.issue_card(clerk.caller, farm, "郑示例")


def test_nobody_acts_for_a_party_as_what_it_is_not(
    accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    assert "inspector" not in ACTING_OF["enterprise"]
    for acting in ("inspector", "registrar", "auditor", "nobody"):
        with pytest.raises(Malformed):
            accounts.invite(owner.caller, farm, acting, "吴示例")


@pytest.mark.parametrize(("waits", "opens"), [(INVITE_MS - 1, True), (INVITE_MS, False)])
def test_an_invite_opens_for_a_quarter_of_an_hour(
    accounts: Accounts, clock: Clock, owner: SignedIn, farm: PartyId, waits: int, *, opens: bool
) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "吴示例")
    clock.ms += waits
    if opens:
        accounts.accept_invite(invite.token, site=SITE)
    else:
        with pytest.raises(OnceOver):
            accounts.accept_invite(invite.token, site=SITE)
    assert len(accounts.persons(farm)) == 1 + opens


def test_an_invite_opens_once(accounts: Accounts, owner: SignedIn, farm: PartyId) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "吴示例")
    accounts.accept_invite(invite.token, site=SITE)
    with pytest.raises(OnceOver):
        accounts.invited(invite.token)
    with pytest.raises(OnceOver):
        accounts.accept_invite(invite.token, site=SITE)
    assert len(accounts.persons(farm)) == 2


def test_of_many_who_take_up_one_invite_at_once_one_does(
    accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "吴示例")

    def take(_: int) -> bool:
        try:
            accounts.accept_invite(invite.token, site=SITE)
        except OnceOver:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(16))) == 1
    assert len(accounts.persons(farm)) == 2


def test_looking_at_an_invite_does_not_use_it_up(accounts: Accounts, owner: SignedIn, farm: PartyId) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "吴示例")
    assert accounts.invited(invite.token).name == "吴示例"
    assert accounts.invited(invite.token).party == farm
    accounts.accept_invite(invite.token, site=SITE)


def test_a_signer_takes_up_an_invite_with_a_passkey_only(
    accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    invite = accounts.invite(owner.caller, farm, "signer", "吴示例")
    with pytest.raises(NotAllowed):
        accounts.accept_invite(invite.token, site=SITE)
    other = Authenticator(credential=b"another")
    answer = other.create(accounts.accept_options(SITE, invite.token))
    # What was refused has not used the invite up.
    signed_in = accounts.accept_invite(invite.token, site=SITE, answer=answer).signed_in
    assert (signed_in.caller.acting, signed_in.caller.method) == ("signer", "passkey")


def test_an_invite_of_a_party_that_was_struck_off_opens_nothing(
    ledger: Ledger, accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    from tests.unit.accounts.test_sessions import revoke_all  # noqa: PLC0415  (one helper)

    invite = accounts.invite(owner.caller, farm, "clerk", "吴示例")
    revoke_all(ledger, farm)
    with pytest.raises(SignInFailed):
        accounts.accept_invite(invite.token, site=SITE)
    assert len(accounts.persons(farm)) == 1


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "王\x00", "王\u202e"])
def test_a_name_is_something_printable_and_short(
    accounts: Accounts, owner: SignedIn, farm: PartyId, name: str
) -> None:
    with pytest.raises(Malformed):
        accounts.invite(owner.caller, farm, "clerk", name)
    accounts.invite(owner.caller, farm, "clerk", "x" * 60)


# Removing


def test_the_last_owner_does_not_remove_himself(accounts: Accounts, owner: SignedIn, farm: PartyId) -> None:
    me = accounts.me(owner.caller).id
    with pytest.raises(NotAllowed):
        accounts.remove_person(owner.caller, me)
    accounts.accept_invite(accounts.invite(owner.caller, farm, "owner", "吴示例").token, site=SITE)
    accounts.remove_person(owner.caller, me)
    assert [one.name for one in accounts.persons(farm)] == ["吴示例"]


def test_the_registrar_removes_an_owner_who_lost_everything_and_invites_anew(
    accounts: Accounts, registrar: Caller, owner: SignedIn, farm: PartyId
) -> None:
    accounts.remove_person(registrar, accounts.me(owner.caller).id)
    assert accounts.caller_by_session(owner.token) is None
    accounts.accept_invite(accounts.invite(registrar, farm, "owner", "吴示例").token, site=SITE)
    assert [one.kind for one in accounts.events(farm)].count("removed") == 1


def test_whoever_manages_another_party_is_told_that_nobody_is_there(
    accounts: Accounts, ledger: Ledger, registrar: Caller, owner: SignedIn
) -> None:
    other = enrol_party(ledger, "别家（演示）").party
    theirs = accounts.accept_invite(accounts.invite(registrar, other, "owner", "吴示例").token, site=SITE)
    me = accounts.me(owner.caller).id
    refusals = []
    for person in (me, PersonId.new(b"0123456789")):
        with pytest.raises(UnknownName) as refused:
            accounts.remove_person(theirs.signed_in.caller, person)
        refusals.append(str(refused.value).replace(str(person), "…"))
    assert len(set(refusals)) == 1
    assert accounts.caller_by_session(owner.token) is not None


# Recovery codes


def test_each_recovery_code_opens_once_in_any_spelling(
    accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    codes = accounts.new_recovery_codes(owner.caller)
    assert len(set(codes)) == len(codes) == 8
    assert all(len(plain(one)) * 5 >= 128 for one in codes)
    signed_in = accounts.sign_in_by_recovery(codes[0].lower().replace("-", " "))
    assert (signed_in.caller.acting, signed_in.caller.method) == ("owner", "recovery")
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_recovery(codes[0])
    assert accounts.doors(accounts.me(owner.caller).id).codes_left == 7


def test_a_new_sheet_of_codes_makes_the_old_one_void(accounts: Accounts, owner: SignedIn) -> None:
    old = accounts.new_recovery_codes(owner.caller)
    new = accounts.new_recovery_codes(owner.caller)
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_recovery(old[1])
    accounts.sign_in_by_recovery(new[1])


def test_typed_secrets_are_read_as_they_were_meant() -> None:
    assert plain(" o1l-i５ａ\u3000") == "01115A"
    assert plain(grouped("ABCDEFGH12")) == "ABCDEFGH12"
    assert grouped("ABCDEFGH12") == "ABCD-EFGH-12"


# Cards


def test_a_card_and_its_pin_let_a_small_trader_in(accounts: Accounts, card: Card) -> None:
    signed_in = accounts.sign_in_by_card(card.printed.lower(), card.pin)
    assert (signed_in.caller.acting, signed_in.caller.method) == ("stall", "pin")
    assert signed_in.caller.person == str(card.person)


def test_a_card_is_locked_by_the_fifth_wrong_pin(
    accounts: Accounts, owner: SignedIn, farm: PartyId, card: Card
) -> None:
    wrong = "000001" if card.pin != "000001" else "000002"
    for _ in range(TRIES_MAX):
        with pytest.raises(SignInFailed):
            accounts.sign_in_by_card(card.number, wrong)
    with pytest.raises(CardLocked):
        accounts.sign_in_by_card(card.number, card.pin)
    assert "card_locked" in {one.kind for one in accounts.events(farm)}
    accounts.unlock_card(owner.caller, card.person)
    accounts.sign_in_by_card(card.number, card.pin)


def test_the_fifth_try_may_still_be_the_right_one(accounts: Accounts, card: Card) -> None:
    wrong = "000001" if card.pin != "000001" else "000002"
    for _ in range(3):
        for _ in range(TRIES_MAX - 1):
            with pytest.raises(SignInFailed):
                accounts.sign_in_by_card(card.number, wrong)
        accounts.sign_in_by_card(card.number, card.pin)


def test_tries_at_once_are_counted_like_tries_one_by_one(
    accounts: Accounts, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards_module, "WAIT_SECONDS", 120.0)
    wrong = [f"{number:06}" for number in range(1, 13) if f"{number:06}" != card.pin]
    outcomes = []

    def try_one(pin: str) -> None:
        try:
            accounts.sign_in_by_card(card.number, pin)
        except SignInFailed:
            outcomes.append("checked")
        except CardLocked:
            outcomes.append("locked")

    with ThreadPoolExecutor(len(wrong)) as pool:
        list(pool.map(try_one, wrong))
    assert outcomes.count("checked") == TRIES_MAX
    assert outcomes.count("locked") == len(wrong) - TRIES_MAX


def test_more_pins_than_the_machine_checks_are_asked_to_wait(
    accounts: Accounts, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards_module, "WAIT_SECONDS", 0.01)
    busy = threading.BoundedSemaphore(1)
    monkeypatch.setattr(cards_module, "_checking", busy)
    with busy, pytest.raises(SignInBusy):
        accounts.sign_in_by_card(card.number, card.pin)
    # Nothing was counted.
    state = accounts.doors(card.person).card
    assert state is not None
    assert state.tries_left == TRIES_MAX
    accounts.sign_in_by_card(card.number, card.pin)


def test_an_unknown_card_gets_the_words_of_a_wrong_pin(
    accounts: Accounts, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked, stretched = [], cards_module._stretched

    def counted(number: str, pin: str, salt: bytes) -> bytes:
        worked.append(number)
        return stretched(number, pin, salt)

    monkeypatch.setattr(cards_module, "_stretched", counted)
    said = []
    for number in (card.number, "0" * 16, "", "x" * 500):
        with pytest.raises(SignInFailed) as refused:
            accounts.sign_in_by_card(number, "999999" if card.pin != "999999" else "999998")
        said.append(str(refused.value))
    assert len(set(said)) == 1
    # And costs the same work.
    assert len(worked) == len(said)


def test_a_new_card_makes_the_old_one_void(accounts: Accounts, owner: SignedIn, card: Card) -> None:
    before = accounts.sign_in_by_card(card.number, card.pin)
    new = accounts.replace_card(owner.caller, card.person)
    assert accounts.caller_by_session(before.token) is None
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_card(card.number, card.pin)
    accounts.sign_in_by_card(new.number, new.pin)


def test_the_holder_chooses_a_pin_that_nobody_guesses_first(accounts: Accounts, card: Card) -> None:
    holder = accounts.sign_in_by_card(card.number, card.pin).caller
    for obvious in ("123456", "111111", "12345", "1234567", "abcdef"):
        with pytest.raises(Malformed) as refused:
            accounts.change_pin(holder, card.number, card.pin, obvious)
        assert obvious not in str(refused.value).replace("not 123456", "")
    accounts.change_pin(holder, card.number, card.pin, "402917")
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_card(card.number, card.pin)
    accounts.sign_in_by_card(card.number, "402917")


def test_nobody_changes_the_pin_of_another_card(
    accounts: Accounts, owner: SignedIn, farm: PartyId, card: Card
) -> None:
    other = accounts.issue_card(owner.caller, farm, "吴示例")
    holder = accounts.sign_in_by_card(other.number, other.pin).caller
    with pytest.raises(SignInFailed):
        accounts.change_pin(holder, card.number, card.pin, "402917")
    accounts.sign_in_by_card(card.number, card.pin)


def test_a_card_makes_no_new_keys(accounts: Accounts, card: Card) -> None:
    holder = accounts.sign_in_by_card(card.number, card.pin).caller
    with pytest.raises(NotAllowed):
        accounts.passkey_options(SITE, holder)
    with pytest.raises(NotAllowed):
        accounts.new_recovery_codes(holder)


# Links


def test_a_link_lets_in_whom_it_was_sent_to_once(accounts: Accounts, card: Card) -> None:
    letter = accounts.ask_link("138 0000 0000".replace("138", "+86138"))
    assert letter.to == PHONE
    signed_in = accounts.sign_in_by_link(letter.token)
    assert (signed_in.caller.person, signed_in.caller.method) == (str(card.person), "link")
    with pytest.raises(OnceOver):
        accounts.sign_in_by_link(letter.token)


@pytest.mark.parametrize(("waits", "opens"), [(LINK_MS - 1, True), (LINK_MS, False)])
def test_a_link_opens_for_a_quarter_of_an_hour(
    accounts: Accounts, clock: Clock, card: Card, waits: int, *, opens: bool
) -> None:
    letter = accounts.ask_link(PHONE)
    clock.ms += waits
    if opens:
        accounts.sign_in_by_link(letter.token)
    else:
        with pytest.raises(OnceOver):
            accounts.sign_in_by_link(letter.token)


def test_no_telephone_gets_two_links_within_a_minute(accounts: Accounts, clock: Clock, card: Card) -> None:
    first = accounts.ask_link(PHONE)
    clock.ms += LINK_EVERY_MS - 1
    again = accounts.ask_link(PHONE)
    assert again.to is None
    with pytest.raises(OnceOver):
        accounts.sign_in_by_link(again.token)
    clock.ms += 1
    second = accounts.ask_link(PHONE)
    assert second.to == PHONE
    # The one that was sent last is the one that opens.
    with pytest.raises(OnceOver):
        accounts.sign_in_by_link(first.token)
    accounts.sign_in_by_link(second.token)


def test_a_telephone_that_nobody_has_gets_a_letter_that_is_not_sent(accounts: Accounts, card: Card) -> None:
    letter = accounts.ask_link("+8613900000000")
    assert letter.to is None
    with pytest.raises(OnceOver):
        accounts.sign_in_by_link(letter.token)


def test_a_channel_of_a_file_holds_what_was_sent(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path / "messages.jsonl")
    channel.send(PHONE, "第一条")
    channel.send(PHONE, "第二条")
    lines = [json.loads(one) for one in (tmp_path / "messages.jsonl").read_text("utf-8").splitlines()]
    assert [one["text"] for one in lines] == ["第一条", "第二条"]
    assert (tmp_path / "messages.jsonl").stat().st_mode & 0o077 == 0


# Agencies


def test_an_agency_lets_in_only_who_was_prepared(
    accounts: Accounts, ledger: Ledger, registrar: Caller
) -> None:
    agency = enrol_party(ledger, "示例市市场监督管理局（演示）", role="authority").party
    head = accounts.accept_invite(accounts.invite(registrar, agency, "owner", "局长示例").token, site=SITE)
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_agency("https://id.example", "officer-1")
    accounts.prepare_agency_person(
        head.signed_in.caller,
        acting="inspector",
        name="陈示例",
        issuer="https://id.example",
        subject="officer-1",
        certificate="苏执法0001",
    )
    signed_in = accounts.sign_in_by_agency("https://id.example", "officer-1")
    caller = accounts.caller_by_session(signed_in.token)
    assert caller is not None
    assert (caller.acting, caller.method, caller.certificate) == ("inspector", "oidc", "苏执法0001")
    for issuer, subject in (("https://id.example", "officer-2"), ("https://other.example", "officer-1")):
        with pytest.raises(SignInFailed):
            accounts.sign_in_by_agency(issuer, subject)
    with pytest.raises(Malformed):
        accounts.prepare_agency_person(
            head.signed_in.caller,
            acting="inspector",
            name="又一人",
            issuer="https://id.example",
            subject="officer-1",
        )
