"""Passkeys in a real browser: an authenticator of Chromium's own, on localhost, from the invite to the second sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from api.settings import Settings
from ledger.accounts.callers import Caller
from tests.browser.conftest import Watch
from tests.browser.serving import free_port, serving
from tests.support.server import Clock, enrol_party, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

    from ledger.identifiers import PartyId
    from ledger.service import Ledger

#: A phone with a finger on it: keeps keys, verifies its user, and asks nobody.
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass(slots=True)
class House:
    """A served ledger, and a party that nobody acts for yet."""

    address: str
    ledger: Ledger
    farm: PartyId

    def invite(self, acting: str = "owner", name: str = "王示例") -> str:
        """The path of the registrar's invite for the party's first owner."""
        registrar = Caller(
            party=self.ledger.registrar, role="registrar", label="test", acting="registrar", method="api_key"
        )
        return f"/invite?token={self.ledger.accounts.invite(registrar, self.farm, acting, name).token}"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # Passkeys need a name, not a number: browsers take localhost for safe.
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    settings = Settings(data=folder / "data", base_url=f"http://localhost:{port}")
    with make_ledger(folder, Clock()) as ledger:
        farm = enrol_party(ledger, "南通示例蔬菜专业合作社（演示）").party
        with serving(create_app(ledger, settings), port):
            yield House(f"http://localhost:{port}", ledger, farm)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 800}, locale="zh-CN")
    yield context
    context.close()


def with_phone(page: Page, **changed: object) -> tuple[CDPSession, str]:
    """Give the browser a phone that makes passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    answer = session.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE | changed})
    return session, str(answer["authenticatorId"])


def path_of(page: Page) -> str:
    return urlsplit(page.url).path


def register(page: Page, house: House) -> None:
    """Take up the invite with a passkey."""
    page.goto(house.address + house.invite(), wait_until="load")
    page.click("[data-passkey] button")
    page.wait_for_url(f"{house.address}/my")


def test_an_invited_owner_registers_a_passkey_and_signs_in_with_it(
    house: House, context: BrowserContext
) -> None:
    page, watch = context.new_page(), Watch(house.address)
    watch.on(page)
    session, phone = with_phone(page)
    register(page, house)
    (made,) = session.send("WebAuthn.getCredentials", {"authenticatorId": phone})["credentials"]
    assert made["rpId"] == "localhost"
    assert made["isResidentCredential"]
    page.goto(f"{house.address}/account", wait_until="load")
    assert page.locator("h1").inner_text() == "王示例"
    page.click("form[action='/sign-out'] button")
    page.wait_for_url(f"{house.address}/")
    assert context.cookies() == [] or all("session" not in str(one.get("name")) for one in context.cookies())
    page.goto(f"{house.address}/sign-in", wait_until="load")
    page.click("[data-passkey] button")
    page.wait_for_url(f"{house.address}/my")
    (cookie,) = [one for one in context.cookies() if one.get("name") == "suyuan_session"]
    assert cookie.get("httpOnly")
    assert cookie.get("sameSite") == "Lax"
    assert page.evaluate("document.cookie") == ""
    (person,) = house.ledger.accounts.persons(house.farm)
    assert (person.name, person.acting) == ("王示例", "owner")
    watch.check()


def test_the_counter_of_a_real_authenticator_goes_forward(house: House, context: BrowserContext) -> None:
    page = context.new_page()
    with_phone(page)
    register(page, house)
    (person,) = house.ledger.accounts.persons(house.farm)
    for _ in range(2):
        page.goto(f"{house.address}/sign-in", wait_until="load")
        page.click("[data-passkey] button")
        page.wait_for_url(f"{house.address}/my")
    (passkey,) = house.ledger.accounts.doors(person.id).passkeys
    assert passkey.used_ms is not None
    assert passkey.suspended_ms is None


def test_a_second_phone_is_added_on_the_account_page(house: House, context: BrowserContext) -> None:
    page = context.new_page()
    session, phone = with_phone(page)
    register(page, house)
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": phone})
    with_phone(page)
    page.goto(f"{house.address}/account", wait_until="load")
    with page.expect_navigation():
        page.click("[data-passkey='add'] button")
    assert page.locator("form[action='/account/passkeys/remove']").count() == 2


def test_a_phone_that_did_not_ask_for_a_finger_is_not_let_in(house: House, context: BrowserContext) -> None:
    page = context.new_page()
    session, phone = with_phone(page)
    register(page, house)
    context.clear_cookies()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": False})
    page.goto(f"{house.address}/sign-in", wait_until="load")
    page.click("[data-passkey] button")
    page.wait_for_selector(".why:not([hidden])")
    assert path_of(page) == "/sign-in"
    assert all(one.get("name") != "suyuan_session" for one in context.cookies())


def test_a_phone_without_a_key_for_this_site_says_so_in_words(house: House, context: BrowserContext) -> None:
    page = context.new_page()
    with_phone(page)
    page.goto(f"{house.address}/sign-in", wait_until="load")
    page.click("[data-passkey] button")
    page.wait_for_selector(".why:not([hidden])")
    assert page.locator(".why").first.inner_text().startswith("没有成功")
    assert page.locator("[data-passkey] button").is_enabled()


def test_without_script_there_are_other_ways_and_no_dead_button(house: House, browser: Browser) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 800}, locale="zh-CN", java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{house.address}{house.invite()}", wait_until="load")
    assert not page.locator("[data-passkey] button").is_visible()
    page.click("form[action='/invite'] button")
    code = page.locator("li.code").first.inner_text()
    context.clear_cookies()
    page.goto(f"{house.address}/sign-in", wait_until="load")
    assert not page.locator("[data-passkey] button").is_visible()
    page.fill("#code", code)
    with page.expect_navigation():
        page.click("form[action='/sign-in/recovery'] button")
    page.goto(f"{house.address}/account", wait_until="load")
    assert page.locator("h1").inner_text() == "王示例"
    context.close()


def test_the_pages_of_accounts_fit_a_phone(house: House, context: BrowserContext) -> None:
    page = context.new_page()
    with_phone(page)
    register(page, house)
    owner = next(one for one in house.ledger.accounts.persons(house.farm))
    assert owner.acting == "owner"
    for path in ("/sign-in", "/account", "/people"):
        page.goto(f"{house.address}{path}", wait_until="load")
        assert page.locator("h1").count() == 1, path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
