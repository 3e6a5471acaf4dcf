"""Ways of coming in that are none, by their names, and the house they are tried on.

An abuse returns the browser that tried and the answer it got; it was let in when the answer says so, or when the browser holds a session that
opens an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.vocabulary.registering import Key
from tests.support.authenticator import UP, Authenticator, encoded
from tests.support.people import FROM_OUR_PAGES, Browser, colleague, first_owner, invite_of
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

MINUTE_MS = 60_000
ACCOUNT = "/api/v1/account"
PEOPLE = "/api/v1/people"
STALL_PHONE = "13800000000"


@dataclass
class House:
    """A server with people in it, before somebody tries."""

    client: Client
    ledger: Ledger
    clock: Clock
    registrar: Enrolled
    party: Enrolled
    owner: Browser
    clerk: Browser
    card: str
    pin: str
    stall_person: str
    codes: list[str]

    def stranger(self) -> Browser:
        """A browser that knows nothing."""
        return Browser(self.client, phone=Authenticator(credential=b"a stranger's phone"))

    def person_of(self, acting: str) -> str:
        """Who acts so for the party."""
        people = self.owner.get(PEOPLE).json()["people"]
        return next(str(one["person"]) for one in people if one["acting"] == acting)


ABUSES: dict[str, Callable[[House], tuple[Browser, httpx.Response]]] = {}


def abuse(
    try_it: Callable[[House], tuple[Browser, httpx.Response]],
) -> Callable[[House], tuple[Browser, httpx.Response]]:
    """One more way that is none, by its name."""
    ABUSES[try_it.__name__] = try_it
    return try_it


def let_in(browser: Browser, answer: httpx.Response) -> bool:
    """Whether somebody got further than the door."""
    return answer.status_code < 400 or browser.get(ACCOUNT).status_code < 400


def with_session(house: House, token: str) -> tuple[Browser, httpx.Response]:
    """A browser that holds this instead of a session."""
    browser = house.stranger()
    browser.cookies = {"suyuan_session": token}
    return browser, browser.get(ACCOUNT)


def by_phone(house: House, **twist: object) -> tuple[Browser, httpx.Response]:
    """The owner's phone, with something wrong."""
    browser = Browser(house.client, phone=house.owner.phone)
    return browser, browser.sign_in(**twist)


# Sessions


@abuse
def no_session(house: House) -> tuple[Browser, httpx.Response]:
    return with_session(house, "")


@abuse
def an_invented_session(house: House) -> tuple[Browser, httpx.Response]:
    return with_session(house, "A" * 43)


@abuse
def a_session_cut_short(house: House) -> tuple[Browser, httpx.Response]:
    return with_session(house, house.owner.cookies["suyuan_session"][:-1])


@abuse
def a_session_with_a_tail(house: House) -> tuple[Browser, httpx.Response]:
    return with_session(house, house.owner.cookies["suyuan_session"] + "=")


@abuse
def a_session_in_capitals(house: House) -> tuple[Browser, httpx.Response]:
    return with_session(house, house.owner.cookies["suyuan_session"].swapcase())


@abuse
def the_digest_instead_of_the_session(house: House) -> tuple[Browser, httpx.Response]:
    token = house.owner.cookies["suyuan_session"]
    return with_session(house, sha256(token.encode()).hexdigest())


@abuse
def the_name_of_a_session(house: House) -> tuple[Browser, httpx.Response]:
    return with_session(house, house.owner.get(ACCOUNT).json()["sessions"][0]["name"])


@abuse
def a_session_as_an_api_key(house: House) -> tuple[Browser, httpx.Response]:
    browser = house.stranger()
    token = house.owner.cookies["suyuan_session"]
    return browser, browser.ask("GET", ACCOUNT, headers={"authorization": f"Bearer {token}"})


@abuse
def an_api_key_as_a_session(house: House) -> tuple[Browser, httpx.Response]:
    return with_session(house, house.party.key)


@abuse
def an_api_key_in_ones_own_account(house: House) -> tuple[Browser, httpx.Response]:
    browser = house.stranger()
    return browser, house.client.get(ACCOUNT, key=house.party.key)


@abuse
def an_idle_session(house: House) -> tuple[Browser, httpx.Response]:
    house.clock.ms += 30 * MINUTE_MS
    return house.owner, house.owner.get(ACCOUNT)


@abuse
def a_session_of_yesterday_morning(house: House) -> tuple[Browser, httpx.Response]:
    for _ in range(36):
        house.clock.ms += 20 * MINUTE_MS
        last = house.owner.get(ACCOUNT)
    return house.owner, last


@abuse
def a_session_that_was_signed_out(house: House) -> tuple[Browser, httpx.Response]:
    token = house.owner.cookies["suyuan_session"]
    house.owner.post("/api/v1/sign-out")
    return with_session(house, token)


@abuse
def a_session_of_somebody_removed(house: House) -> tuple[Browser, httpx.Response]:
    house.owner.ask("DELETE", f"{PEOPLE}/{house.person_of('clerk')}")
    return house.clerk, house.clerk.get(ACCOUNT)


@abuse
def a_session_of_a_party_struck_off(house: House) -> tuple[Browser, httpx.Response]:
    strike_off(house)
    return house.owner, house.owner.get(ACCOUNT)


@abuse
def a_session_from_before_the_party_was_enrolled_again(house: House) -> tuple[Browser, httpx.Response]:
    strike_off(house)
    house.ledger.enrol(house.party.party, role="enterprise")
    return house.owner, house.owner.get(ACCOUNT)


# Passkeys


@abuse
def a_passkey_on_a_phishing_page(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, origin="https://suyuan-login.example")


@abuse
def a_passkey_on_another_port(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, origin="http://localhost:9999")


@abuse
def a_passkey_of_another_host(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, rp_id="example.com")


@abuse
def a_passkey_without_a_finger(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, flags=UP)


@abuse
def a_passkey_in_a_strangers_frame(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, cross_origin=True)


@abuse
def a_passkey_in_somebody_elses_name(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, user=house.person_of("clerk").encode())


@abuse
def a_passkey_with_a_challenge_of_its_own(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, challenge=encoded(bytes(48)))


@abuse
def a_statement_signature_as_a_sign_in(house: House) -> tuple[Browser, httpx.Response]:
    # What a page for signing statements would have had it answer: the SHA-256 of what is signed.
    return by_phone(house, challenge=encoded(bytes(range(32))))


@abuse
def a_registration_as_a_sign_in(house: House) -> tuple[Browser, httpx.Response]:
    return by_phone(house, kind="webauthn.create")


@abuse
def an_answer_replayed(house: House) -> tuple[Browser, httpx.Response]:
    options = house.owner.post("/api/v1/sign-in/passkey/options").json()
    body = {"credential": house.owner.phone.get(options)}
    assert house.owner.post("/api/v1/sign-in/passkey", body).status_code == 200
    thief = house.stranger()
    return thief, thief.post("/api/v1/sign-in/passkey", body)


@abuse
def an_answer_to_a_stale_challenge(house: House) -> tuple[Browser, httpx.Response]:
    thief = Browser(house.client, phone=house.owner.phone)
    options = thief.post("/api/v1/sign-in/passkey/options").json()
    house.clock.ms += 5 * MINUTE_MS
    return thief, thief.post("/api/v1/sign-in/passkey", {"credential": thief.phone.get(options)})


@abuse
def a_copied_passkey(house: House) -> tuple[Browser, httpx.Response]:
    copy = Authenticator(
        credential=house.owner.phone.credential, key=house.owner.phone.key, user=house.owner.phone.user
    )
    house.owner.phone.counter = 7
    assert house.owner.sign_in().status_code == 200
    house.owner.post("/api/v1/sign-out")
    thief = Browser(house.client, phone=copy)
    return thief, thief.sign_in()


@abuse
def the_right_name_with_another_key(house: House) -> tuple[Browser, httpx.Response]:
    phone = Authenticator(credential=house.owner.phone.credential, user=house.owner.phone.user, counter=99)
    thief = Browser(house.client, phone=phone)
    return thief, thief.sign_in()


@abuse
def an_unknown_passkey(house: House) -> tuple[Browser, httpx.Response]:
    thief = house.stranger()
    return thief, thief.sign_in()


@abuse
def a_passkey_of_somebody_removed(house: House) -> tuple[Browser, httpx.Response]:
    house.owner.ask("DELETE", f"{PEOPLE}/{house.person_of('clerk')}")
    return house.clerk, house.clerk.sign_in()


@abuse
def a_passkey_that_was_removed(house: House) -> tuple[Browser, httpx.Response]:
    house.owner.ask("DELETE", f"/api/v1/account/passkeys/{encoded(house.owner.phone.credential)}")
    return by_phone(house)


# Invites


@abuse
def an_invite_used_before(house: House) -> tuple[Browser, httpx.Response]:
    token = invite_of(house.owner.post(f"{PEOPLE}/invites", {"acting": "owner", "name": "吴示例"}))
    third = Browser(house.client, phone=Authenticator(credential=b"a third phone"))
    assert third.accept(token).status_code == 200
    thief = house.stranger()
    return thief, thief.form("/invite", {"token": token})


@abuse
def an_invite_of_a_quarter_of_an_hour_ago(house: House) -> tuple[Browser, httpx.Response]:
    token = invite_of(house.owner.post(f"{PEOPLE}/invites", {"acting": "owner", "name": "吴示例"}))
    house.clock.ms += 15 * MINUTE_MS
    thief = house.stranger()
    return thief, thief.form("/invite", {"token": token})


@abuse
def an_invented_invite(house: House) -> tuple[Browser, httpx.Response]:
    thief = house.stranger()
    return thief, thief.form("/invite", {"token": "B" * 43})


@abuse
def an_invite_of_somebody_removed(house: House) -> tuple[Browser, httpx.Response]:
    second = colleague(house.client, house.owner, "owner", "吴示例", 3)
    token = invite_of(second.post(f"{PEOPLE}/invites", {"acting": "owner", "name": "郑示例"}))
    mine = second.get(ACCOUNT).json()["person"]
    assert house.owner.ask("DELETE", f"{PEOPLE}/{mine}").status_code == 204
    thief = house.stranger()
    return thief, thief.form("/invite", {"token": token})


@abuse
def a_signers_invite_without_a_passkey(house: House) -> tuple[Browser, httpx.Response]:
    token = invite_of(house.owner.post(f"{PEOPLE}/invites", {"acting": "signer", "name": "吴示例"}))
    thief = house.stranger()
    return thief, thief.form("/invite", {"token": token})


@abuse
def a_second_owner_from_the_registrar(house: House) -> tuple[Browser, httpx.Response]:
    asked = {"party": str(house.party), "acting": "owner", "name": "吴示例"}
    path = f"{PEOPLE}/invites"
    answer = house.client.post(path, json=asked, key=house.registrar.key, headers=FROM_OUR_PAGES)
    return house.stranger(), answer


@abuse
def a_clerk_who_invites_an_owner(house: House) -> tuple[Browser, httpx.Response]:
    answer = house.clerk.post(f"{PEOPLE}/invites", {"acting": "owner", "name": "吴示例"})
    return house.stranger(), answer


@abuse
def an_owner_of_another_party_who_invites(house: House) -> tuple[Browser, httpx.Response]:
    other = enrol_party(house.ledger, "别家（演示）")
    rival = first_owner(house.client, house.registrar, other, "郑示例", 4)
    asked = {"party": str(house.party), "acting": "owner", "name": "吴示例"}
    return house.stranger(), rival.post(f"{PEOPLE}/invites", asked)


@abuse
def an_owner_of_another_party_who_removes(house: House) -> tuple[Browser, httpx.Response]:
    other = enrol_party(house.ledger, "别家（演示）")
    rival = first_owner(house.client, house.registrar, other, "郑示例", 4)
    return house.stranger(), rival.ask("DELETE", f"{PEOPLE}/{house.person_of('clerk')}")


# Cards, links, codes


@abuse
def a_card_without_its_pin(house: House) -> tuple[Browser, httpx.Response]:
    thief = house.stranger()
    return thief, thief.form("/sign-in/card", {"number": house.card, "pin": ""})


@abuse
def a_pin_without_its_card(house: House) -> tuple[Browser, httpx.Response]:
    thief = house.stranger()
    return thief, thief.form("/sign-in/card", {"number": "0" * 16, "pin": house.pin})


@abuse
def a_locked_card_with_the_right_pin(house: House) -> tuple[Browser, httpx.Response]:
    thief, wrong = house.stranger(), "000001" if house.pin != "000001" else "000002"
    for _ in range(5):
        assert thief.form("/sign-in/card", {"number": house.card, "pin": wrong}).status_code == 403
    return thief, thief.form("/sign-in/card", {"number": house.card, "pin": house.pin})


@abuse
def a_card_of_somebody_removed(house: House) -> tuple[Browser, httpx.Response]:
    house.owner.ask("DELETE", f"{PEOPLE}/{house.stall_person}")
    thief = house.stranger()
    return thief, thief.form("/sign-in/card", {"number": house.card, "pin": house.pin})


@abuse
def a_card_that_was_replaced(house: House) -> tuple[Browser, httpx.Response]:
    assert house.owner.post(f"{PEOPLE}/{house.stall_person}/card").status_code == 201
    thief = house.stranger()
    return thief, thief.form("/sign-in/card", {"number": house.card, "pin": house.pin})


@abuse
def a_small_trader_who_makes_a_passkey(house: House) -> tuple[Browser, httpx.Response]:
    trader = house.stranger()
    assert trader.form("/sign-in/card", {"number": house.card, "pin": house.pin}).status_code == 303
    answer = trader.post("/api/v1/account/passkeys/options")
    trader.cookies.clear()
    return trader, answer


@abuse
def a_small_trader_who_manages_people(house: House) -> tuple[Browser, httpx.Response]:
    trader = house.stranger()
    assert trader.form("/sign-in/card", {"number": house.card, "pin": house.pin}).status_code == 303
    answer = trader.get(PEOPLE)
    trader.cookies.clear()
    return trader, answer


@abuse
def an_invented_link(house: House) -> tuple[Browser, httpx.Response]:
    thief = house.stranger()
    return thief, thief.form("/sign-in/link/open", {"token": "C" * 43})


@abuse
def a_link_opened_twice(house: House) -> tuple[Browser, httpx.Response]:
    letter = house.ledger.accounts.ask_link(STALL_PHONE)
    trader, thief = house.stranger(), house.stranger()
    assert trader.form("/sign-in/link/open", {"token": letter.token}).status_code == 303
    return thief, thief.form("/sign-in/link/open", {"token": letter.token})


@abuse
def an_invite_as_a_link(house: House) -> tuple[Browser, httpx.Response]:
    token = invite_of(house.owner.post(f"{PEOPLE}/invites", {"acting": "owner", "name": "吴示例"}))
    thief = house.stranger()
    return thief, thief.form("/sign-in/link/open", {"token": token})


@abuse
def a_recovery_code_used_before(house: House) -> tuple[Browser, httpx.Response]:
    first, thief = house.stranger(), house.stranger()
    assert first.form("/sign-in/recovery", {"code": house.codes[0]}).status_code == 303
    return thief, thief.form("/sign-in/recovery", {"code": house.codes[0]})


@abuse
def a_recovery_code_of_an_old_sheet(house: House) -> tuple[Browser, httpx.Response]:
    house.owner.post("/api/v1/account/recovery-codes")
    thief = house.stranger()
    return thief, thief.form("/sign-in/recovery", {"code": house.codes[1]})


@abuse
def a_recovery_code_of_somebody_removed(house: House) -> tuple[Browser, httpx.Response]:
    second = colleague(house.client, house.owner, "owner", "吴示例", 3)
    codes = second.post("/api/v1/account/recovery-codes").json()["codes"]
    mine = second.get(ACCOUNT).json()["person"]
    assert house.owner.ask("DELETE", f"{PEOPLE}/{mine}").status_code == 204
    thief = house.stranger()
    return thief, thief.form("/sign-in/recovery", {"code": codes[0]})


# Another site


@abuse
def a_form_of_another_site_signs_in(house: House) -> tuple[Browser, httpx.Response]:
    thief = house.stranger()
    data = {"number": house.card, "pin": house.pin}
    lured = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    return thief, thief.ask("POST", "/sign-in/card", data=data, headers=lured)


@abuse
def a_form_of_another_site_makes_recovery_codes(house: House) -> tuple[Browser, httpx.Response]:
    lured = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    answer = house.owner.ask("POST", "/account/codes", data={}, headers=lured)
    return house.stranger(), answer


@abuse
def a_form_of_a_neighbour_invites(house: House) -> tuple[Browser, httpx.Response]:
    lured = {"origin": "http://shop.localhost:8000", "sec-fetch-site": "same-site"}
    asked = {"acting": "owner", "name": "吴示例"}
    return house.stranger(), house.owner.ask("POST", f"{PEOPLE}/invites", json=asked, headers=lured)


@abuse
def a_form_without_any_origin_adds_a_passkey(house: House) -> tuple[Browser, httpx.Response]:
    answer = house.owner.ask("POST", "/api/v1/account/passkeys/options", json={}, headers={"accept": "*/*"})
    return house.stranger(), answer


# API keys


@abuse
def an_api_key_of_a_party_that_invites(house: House) -> tuple[Browser, httpx.Response]:
    other = enrol_party(house.ledger, "别家（演示）")
    asked = {"party": str(house.party), "acting": "owner", "name": "吴示例"}
    answer = house.client.post(f"{PEOPLE}/invites", json=asked, key=other.key, headers=FROM_OUR_PAGES)
    return house.stranger(), answer


@abuse
def an_expired_api_key(house: House) -> tuple[Browser, httpx.Response]:
    house.clock.ms += 90 * 24 * 60 * MINUTE_MS
    return house.stranger(), house.client.get("/api/v1/me", key=house.party.key)


@abuse
def an_api_key_that_was_taken_back(house: House) -> tuple[Browser, httpx.Response]:
    house.ledger.take_access_keys(house.party.party)
    return house.stranger(), house.client.get("/api/v1/me", key=house.party.key)


@abuse
def an_api_key_with_one_letter_changed(house: House) -> tuple[Browser, httpx.Response]:
    key = house.party.key
    changed = key[:-1] + ("A" if key[-1] != "A" else "B")
    return house.stranger(), house.client.get("/api/v1/me", key=changed)


def strike_off(house: House) -> None:
    """Revoke every key of the party."""
    with house.ledger.book() as book:
        keys = [keyid for keyid, one in book.register.keys.items() if one.party == house.party.party]
    for keyid in keys:
        house.ledger.say(house.ledger.registrar, Key(action="revoke", keyid=keyid, reason="left"))
