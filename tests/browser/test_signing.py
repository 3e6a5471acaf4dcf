"""Somebody who signs for himself in a real browser: a passkey comes into the log, a shipment is signed with it, and both verify offline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from api.app import create_app
from api.cli import main
from api.deps import DEMO_COOKIE
from api.disclosing import Showable
from api.settings import Settings
from ledger.exchange.export import export_log
from ledger.identifiers import PartyId, StatementId
from ledger.store.engine import reading
from tests.browser.conftest import Watch
from tests.browser.serving import free_port, serving
from tests.support.second_verifier import verify_disclosure, verify_export
from tests.support.server import Clock, make_ledger, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page

    from ledger.service import Ledger

PHONE = 360


@dataclass
class Signing:
    """A served ledger, a page in front of it, and an authenticator in the browser's hand."""

    ledger: Ledger
    address: str
    page: Page
    authenticator: CDPSession
    name: str
    watch: Watch

    def invite(self, party: PartyId | None = None) -> dict[str, str]:
        """The registrar's invite."""
        body = {"role": "enterprise"} | ({} if party is None else {"party": str(party)})
        answer = httpx.post(
            f"{self.address}/api/v1/key-invites",
            json=body,
            headers={"authorization": f"Bearer {registrar_of(self.ledger).key}"},
            trust_env=False,
        )
        told: dict[str, str] = answer.json()
        return told

    def enrol(self) -> PartyId:
        """A party whose person has a passkey for signing in the log."""
        invite = self.invite()
        party = PartyId.parse(invite["party"])
        self.page.goto(f"{self.address}/sign/enrol?invite={invite['invite']}", wait_until="load")
        self.page.click("[data-enrolling] button >> nth=0")
        self.page.wait_for_selector("[data-enrolling] dl dd")
        assert str(party) in self.page.locator("[data-enrolling] dl").inner_text()
        self.page.click("[data-enrolling] button >> nth=1")
        self.page.wait_for_selector("[data-enrolling] .done", state="visible")
        self.page.context.add_cookies([{"name": DEMO_COOKIE, "value": str(party), "url": self.address}])
        return party

    def sign(self) -> StatementId:
        """Sign what the page shows; the id of what was recorded last."""
        self.page.click("[data-signing] button")
        self.page.wait_for_selector("[data-signing] .done", state="visible")
        found = re.search(r"[0-9a-f-]{36}", self.page.locator("[data-signing] .done").inner_text())
        assert found is not None
        return StatementId.parse(found[0])

    def fill_batch(self) -> None:
        """The form for a batch, sent."""
        self.page.goto(f"{self.address}/my/batches/new", wait_until="load")
        self.page.fill("#name", "青菜")
        self.page.fill("#quantity", "300")
        self.page.click("main form button")


@pytest.fixture
def signing(browser: Browser, tmp_path: Path) -> Iterator[Signing]:
    port = free_port()
    address = f"http://localhost:{port}"
    settings = Settings(data=tmp_path / "data", base_url=address, demo=True)
    with make_ledger(tmp_path, Clock()) as ledger, serving(create_app(ledger, settings), port):
        context = browser.new_context(viewport={"width": PHONE, "height": 800}, locale="zh-CN")
        page, watch = context.new_page(), Watch(address)
        watch.on(page)
        device = context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        try:
            yield Signing(ledger, address, page, device, added["authenticatorId"], watch)
        finally:
            context.close()


def test_a_shipment_signed_with_a_passkey_verifies_offline(signing: Signing, tmp_path: Path) -> None:
    ledger, page = signing.ledger, signing.page
    party = signing.enrol()
    with ledger.book() as book:
        (enrolment,) = [one for one in book.register.keys.values() if one.party == party]
    assert (enrolment.custody, enrolment.rp_id, enrolment.key.kind) == ("own", "localhost", "es256")
    size = ledger.size()
    signing.fill_batch()
    # Nothing was recorded by filling in the form: it says what will be signed, and that a page can mislead.
    assert ledger.size() == size
    assert "青菜" in page.locator("main dl").inner_text()
    assert "suyuan sign" in page.locator("main .notice").first.inner_text()
    signing.sign()
    page.goto(f"{signing.address}/my/shipments/new", wait_until="load")
    page.fill("#party_name", "城东菜摊（演示）")
    page.fill("#amount_0", "80")
    page.click("main form button")
    # A customer nobody knew is declared along with the shipment: two records, each confirmed by itself.
    expect(page.locator("main .panel dl")).to_have_count(2)
    shipment = signing.sign()
    with ledger.book() as book:
        seq = book.position(shipment)
        assert seq is not None
        record = book.records([seq])[seq]
    assert (record.header.type, record.header.issuer, record.custody) == ("shipment.v1", party, "own")
    with page.expect_navigation():
        page.click("[data-signing] .done a")
    assert f"#{seq}" in page.title()
    # Chromium would like RSA keys to be offered too. The register takes none, and a device that makes nothing else should say so at once.
    signing.watch.errors = [one for one in signing.watch.errors if "pubKeyCredParams" not in one]
    signing.watch.check()
    file = tmp_path / "shipment.json"
    with ledger.book() as book:
        showable = Showable.of(book, seq, None)
    file.write_bytes(showable.show(ledger, showable.places_of(["line"]), to_whom="审计（演示）"))
    assert main(["verify", str(file), "--vkey", str(ledger.vkey)]) == 0
    shown = verify_disclosure(file.read_bytes(), str(ledger.vkey))
    assert (shown.type, shown.issuer) == ("shipment.v1", str(party))
    with reading(ledger.engine) as connection:
        export_log(connection, ledger.origin, tmp_path / "export", vkey=str(ledger.vkey), everything=True)
    verify_export(tmp_path / "export", str(ledger.vkey), complete=True)


def test_a_device_that_does_not_verify_its_person_signs_nothing(signing: Signing) -> None:
    signing.enrol()
    signing.fill_batch()
    size = signing.ledger.size()
    signing.authenticator.send(
        "WebAuthn.setUserVerified", {"authenticatorId": signing.name, "isUserVerified": False}
    )
    signing.page.click("[data-signing] button")
    signing.page.wait_for_selector("[data-signing] .why", state="visible")
    assert signing.page.locator("[data-signing] .why").inner_text().startswith("没有入账")
    assert signing.ledger.size() == size
    # The person is asked again, and this time it is he.
    signing.authenticator.send(
        "WebAuthn.setUserVerified", {"authenticatorId": signing.name, "isUserVerified": True}
    )
    signing.sign()
    assert signing.ledger.size() == size + 1


def test_an_invite_opens_once(signing: Signing) -> None:
    invite = signing.invite()
    for attempt in range(2):
        signing.page.goto(f"{signing.address}/sign/enrol?invite={invite['invite']}", wait_until="load")
        signing.page.click("[data-enrolling] button >> nth=0")
        if attempt:
            signing.page.wait_for_selector("[data-enrolling] .why", state="visible")
        else:
            signing.page.wait_for_selector("[data-enrolling] dl dd")
            signing.page.click("[data-enrolling] button >> nth=1")
            signing.page.wait_for_selector("[data-enrolling] .done", state="visible")
    with signing.ledger.book() as book:
        assert sum(str(one.party) == invite["party"] for one in book.register.keys.values()) == 1


def test_without_script_the_page_shows_what_to_sign_and_hands_over_the_draft(
    signing: Signing, browser: Browser
) -> None:
    party = signing.enrol()
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    context.add_cookies([{"name": DEMO_COOKIE, "value": str(party), "url": signing.address}])
    page = context.new_page()
    try:
        page.goto(f"{signing.address}/my/batches/new", wait_until="load")
        page.fill("#name", "菠菜")
        page.fill("#quantity", "5")
        page.click("main form button")
        assert "菠菜" in page.locator("main dl").inner_text()
        assert '"payload"' in page.locator("textarea").input_value()
        assert not page.locator("[data-signing] button").is_visible()
    finally:
        context.close()
