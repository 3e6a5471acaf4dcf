"""Passkeys: who comes in by one, and everything that must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.accounts.office import SignInFailed
from ledger.accounts.passkeys import CHALLENGE_BYTES, CHALLENGE_MS, PasskeySuspended, Site
from ledger.errors import TooLarge, UnknownName
from ledger.keys import PublicKey
from tests.support.authenticator import ORIGIN, UP, UV, Authenticator, decoded, encoded

if TYPE_CHECKING:
    from ledger.accounts.accounts import Accounts
    from ledger.accounts.callers import Caller
    from ledger.accounts.sessions import SignedIn
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from tests.support.server import Clock

SITE = Site.at(ORIGIN)


def test_the_host_of_a_site_is_what_passkeys_are_bound_to() -> None:
    assert Site.at("https://suyuan.example:8443").host == "suyuan.example"
    assert Site.at("https://suyuan.example:8443").origin == "https://suyuan.example:8443"


def test_a_passkey_lets_its_person_in(accounts: Accounts, owner: SignedIn, phone: Authenticator) -> None:
    signed_in = accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))
    caller = accounts.caller_by_session(signed_in.token)
    assert caller is not None
    assert (caller.person, caller.acting, caller.method) == (owner.caller.person, "owner", "passkey")


def test_the_browser_is_asked_for_a_verified_person_and_a_long_challenge(accounts: Accounts) -> None:
    options = accounts.sign_in_options(SITE)
    assert options["userVerification"] == "required"
    assert len(decoded(str(options["challenge"]))) == CHALLENGE_BYTES
    assert not options.get("allowCredentials")


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param({"origin": "http://localhost:8001"}, id="another port"),
        pytest.param({"origin": "https://localhost:8000"}, id="another scheme"),
        pytest.param({"origin": "http://localhost:8000.evil.example"}, id="our origin and more"),
        pytest.param({"origin": "http://suyuan-login.example"}, id="a phishing page"),
        pytest.param({"rp_id": "evil.example"}, id="bound to another host"),
        pytest.param({"flags": UP}, id="nobody was asked for a finger"),
        pytest.param({"flags": UV}, id="nobody was there"),
        pytest.param({"kind": "webauthn.create"}, id="a registration"),
        pytest.param({"user": b"per_0000000000000000"}, id="somebody else's name"),
        pytest.param({"challenge": encoded(b"x" * CHALLENGE_BYTES)}, id="a challenge of the sender's own"),
        pytest.param({"challenge": encoded(b"x" * 32)}, id="the challenge of a statement"),
        pytest.param({"cross_origin": True}, id="from within a frame"),
    ],
)
def test_an_answer_that_is_not_quite_right_lets_nobody_in(
    accounts: Accounts, owner: SignedIn, phone: Authenticator, twist: dict[str, object]
) -> None:
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE), **twist))  # type: ignore[arg-type]  # one twist at a time
    # The same phone, asked properly, is let in: it was the twist that was refused.
    accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))


def test_a_challenge_opens_once(accounts: Accounts, owner: SignedIn, phone: Authenticator) -> None:
    options = accounts.sign_in_options(SITE)
    answer = phone.get(options)
    accounts.sign_in_by_passkey(SITE, answer)
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, answer)
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, phone.get(options))


def test_a_challenge_is_used_up_by_a_wrong_answer(
    accounts: Accounts, owner: SignedIn, phone: Authenticator
) -> None:
    options = accounts.sign_in_options(SITE)
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, phone.get(options, flags=UP))
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, phone.get(options))


def test_a_challenge_opens_to_its_last_millisecond(
    accounts: Accounts, clock: Clock, owner: SignedIn, phone: Authenticator
) -> None:
    first, second = accounts.sign_in_options(SITE), accounts.sign_in_options(SITE)
    clock.ms += CHALLENGE_MS - 1
    accounts.sign_in_by_passkey(SITE, phone.get(first))
    clock.ms += 1
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, phone.get(second))


def test_a_challenge_for_registering_does_not_sign_in(
    accounts: Accounts, owner: SignedIn, phone: Authenticator
) -> None:
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, phone.get(accounts.passkey_options(SITE, owner.caller)))


def test_a_challenge_of_one_person_registers_nothing_for_another(
    accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "李示例")
    options = accounts.accept_options(SITE, invite.token)
    other = Authenticator(credential=b"another")
    with pytest.raises(SignInFailed):
        accounts.add_passkey(SITE, owner.caller, other.create(options))


def test_another_phone_with_the_same_name_of_a_key_is_refused(
    accounts: Accounts, owner: SignedIn, phone: Authenticator
) -> None:
    impostor = Authenticator(user=phone.user, counter=50)
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, impostor.get(accounts.sign_in_options(SITE)))
    # And it did not get the good one suspended, whatever its counter said.
    accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))


def test_a_counter_that_goes_back_suspends_the_key_and_tells_the_owner(
    accounts: Accounts, owner: SignedIn, farm: PartyId, phone: Authenticator
) -> None:
    phone.counter = 10
    accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))
    copy = Authenticator(key=phone.key, user=phone.user, counter=4)
    with pytest.raises(PasskeySuspended):
        accounts.sign_in_by_passkey(SITE, copy.get(accounts.sign_in_options(SITE)))
    # From now on neither of the two opens anything.
    with pytest.raises(PasskeySuspended):
        accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))
    assert "passkey_cloned" in {one.kind for one in accounts.events(farm)}
    me = accounts.me(owner.caller)
    assert accounts.doors(me.id).passkeys[0].suspended_ms is not None


@pytest.mark.parametrize(("counter", "opens"), [(10, False), (11, True)])
def test_a_counter_must_go_forward_by_one_at_least(
    accounts: Accounts, owner: SignedIn, phone: Authenticator, counter: int, *, opens: bool
) -> None:
    phone.counter = 9
    accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))
    phone.counter = counter - 1
    if opens:
        accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))
    else:
        with pytest.raises(PasskeySuspended):
            accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))


def test_a_phone_that_does_not_count_is_let_in_each_time(
    accounts: Accounts, owner: SignedIn, phone: Authenticator
) -> None:
    phone.counts = False
    for _ in range(3):
        accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))


@pytest.mark.parametrize(
    "twist",
    [
        pytest.param({"origin": "http://localhost:8001"}, id="another port"),
        pytest.param({"rp_id": "evil.example"}, id="bound to another host"),
        pytest.param({"flags": UP}, id="nobody was asked for a finger"),
        pytest.param({"kind": "webauthn.get"}, id="a sign-in"),
        pytest.param({"challenge": encoded(b"x" * CHALLENGE_BYTES)}, id="a challenge of the sender's own"),
        pytest.param({"cross_origin": True}, id="from within a frame"),
    ],
)
def test_a_registration_that_is_not_quite_right_is_refused(
    accounts: Accounts, owner: SignedIn, twist: dict[str, object]
) -> None:
    other = Authenticator(credential=b"another")
    with pytest.raises(SignInFailed):
        accounts.add_passkey(
            SITE,
            owner.caller,
            other.create(accounts.passkey_options(SITE, owner.caller), **twist),  # type: ignore[arg-type]  # one twist at a time
        )
    accounts.add_passkey(SITE, owner.caller, other.create(accounts.passkey_options(SITE, owner.caller)))
    assert len(accounts.doors(accounts.me(owner.caller).id).passkeys) == 2


def test_a_credential_that_somebody_has_is_not_taken_over(
    accounts: Accounts, owner: SignedIn, farm: PartyId, phone: Authenticator
) -> None:
    invite = accounts.invite(owner.caller, farm, "clerk", "李示例")
    thief = Authenticator(credential=phone.credential)
    with pytest.raises(SignInFailed):
        accounts.accept_invite(
            invite.token, site=SITE, answer=thief.create(accounts.accept_options(SITE, invite.token))
        )
    assert [one.acting for one in accounts.persons(farm)] == ["owner"]


def test_a_key_that_speaks_in_the_log_opens_no_door(
    ledger: Ledger, accounts: Accounts, owner: SignedIn
) -> None:
    signing = Authenticator(credential=b"signs statements")
    numbers = signing.key.public_key().public_numbers()
    raw = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    key = PublicKey(kind="es256", raw=raw)
    with ledger.book() as book:
        known = next(iter(book.register.keys.values()))
        keys = {**book.register.keys, key.keyid: known}
        object.__setattr__(book.register, "keys", keys)
        register = book.register
    options = accounts.passkeys.ask_to_register(SITE, accounts.me(owner.caller).id, "王示例", about="me")
    with pytest.raises(SignInFailed):
        accounts.passkeys.registered(SITE, signing.create(options), about="me", register=register)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"id": "a", "rawId": "a", "type": "public-key", "response": {}},
        {"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": "!!"}},
        {"id": 7, "rawId": None, "type": [], "response": "x"},
        {
            "id": "a",
            "rawId": "a",
            "type": "public-key",
            "response": {"clientDataJSON": encoded(b"[]"), "authenticatorData": "", "signature": ""},
        },
        {
            "id": "a",
            "rawId": "a",
            "type": "public-key",
            "response": {
                "clientDataJSON": encoded(b'{"type":"webauthn.get","challenge":7,"origin":[]}'),
                "authenticatorData": "",
                "signature": "",
            },
        },
        {
            "id": "a",
            "rawId": "a",
            "type": "public-key",
            "response": {"clientDataJSON": encoded(b"\xff\xfe"), "authenticatorData": "", "signature": ""},
        },
    ],
)
def test_what_is_no_answer_is_refused_by_name(accounts: Accounts, answer: dict[str, Json]) -> None:
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, answer)


@pytest.mark.parametrize("cut", [0, 10, 36, 37, 40])
def test_an_answer_that_breaks_off_is_refused_by_name(
    accounts: Accounts, owner: SignedIn, phone: Authenticator, cut: int
) -> None:
    answer = phone.get(accounts.sign_in_options(SITE))
    response = answer["response"]
    assert isinstance(response, dict)
    response["authenticatorData"] = encoded(decoded(response["authenticatorData"])[:cut])
    response["signature"] = encoded(b"\x30")
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, answer)


def test_an_attestation_of_nonsense_is_refused_by_name(accounts: Accounts, owner: SignedIn) -> None:
    other = Authenticator(credential=b"another")
    for nonsense in (b"", b"\xa0", b"\x81" * 5_000, b"\xa1\x63fmt\x64none", bytes(40)):
        answer = other.create(accounts.passkey_options(SITE, owner.caller))
        response = answer["response"]
        assert isinstance(response, dict)
        response["attestationObject"] = encoded(nonsense)
        with pytest.raises(SignInFailed):
            accounts.add_passkey(SITE, owner.caller, answer)


def test_a_person_has_so_many_passkeys_and_no_more(accounts: Accounts, owner: SignedIn) -> None:
    for number in range(9):
        other = Authenticator(credential=f"number {number}".encode())
        accounts.add_passkey(SITE, owner.caller, other.create(accounts.passkey_options(SITE, owner.caller)))
    with pytest.raises(TooLarge):
        accounts.passkey_options(SITE, owner.caller)


def test_a_removed_passkey_opens_nothing(accounts: Accounts, owner: SignedIn, phone: Authenticator) -> None:
    accounts.remove_passkey(owner.caller, encoded(phone.credential))
    with pytest.raises(SignInFailed):
        accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))


def test_an_owner_of_another_party_cannot_remove_it(
    accounts: Accounts, owner: SignedIn, registrar: Caller, phone: Authenticator
) -> None:
    invite = accounts.invite(registrar, registrar.party, "registrar", "赵示例")
    other = Authenticator(credential=b"another")
    theirs = accounts.accept_invite(
        invite.token, site=SITE, answer=other.create(accounts.accept_options(SITE, invite.token))
    ).signed_in
    with pytest.raises(UnknownName):
        accounts.remove_passkey(theirs.caller, encoded(phone.credential))
    accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE)))
