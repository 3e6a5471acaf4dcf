"""Signed codes on the scan page without a network: who issued them, as of when, what was not checked; in browsers with Ed25519, without it, and with a false one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from ledger.log.signed_links import sign_link
from ledger.vocabulary.registering import Key
from tests.support import cameras

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from tests.browser.conftest import Site

pytestmark = pytest.mark.scan_page

PATIENCE_MS: Final = 20_000
VERDICT: Final = "[data-part=verdict]"
KEPT: Final = "suyuan-scan-label-keys"
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Old browsers in apps: the method is there and does not know the curve.
NO_ED25519: Final = """
  const ask = crypto.subtle.importKey.bind(crypto.subtle);
  SubtleCrypto.prototype.importKey = async (form, data, kind, ...more) => {
    if ((kind.name || kind) === 'Ed25519') throw new DOMException('no such curve', 'NotSupportedError');
    return ask(form, data, kind, ...more);
  };
"""
#: A browser that says yes to everything.
CREDULOUS: Final = "SubtleCrypto.prototype.verify = async () => true;"
#: The bundle of keys has been asked for; the page and its files are kept.
HAS_ASKED: Final = "[data-scan][data-keys]"
IS_KEPT: Final = "[data-scan][data-kept]"


@dataclass(slots=True)
class Phone:
    """The scan page on a telephone that loses its network."""

    site: Site
    context: BrowserContext
    page: Page

    @property
    def pack(self) -> str:
        """The link of one pack, without a signature."""
        return f"{self.site.address}/01/09520001000027/10/JC-1/21/K3"

    def signed(self, link: str | None = None) -> str:
        """A link that the farm's label key has signed."""
        story = self.site.story
        return sign_link(self.pack if link is None else link, story.ledger.label_signer(story.farm.party))

    def open(self, *scripts: str) -> Page:
        """The page, with its bundle, while there is a network."""
        self.signed()
        for script in scripts:
            self.page.add_init_script(script)
        self.page.goto(f"{self.site.address}/scan", wait_until="load")
        self.page.wait_for_selector(HAS_ASKED)
        return self.page

    def lose_network(self) -> None:
        """Into the cellar."""
        self.context.set_offline(True)

    def type(self, code: str) -> Locator:
        """What stands beside a code that no camera reads, and what the page says of it."""
        self.page.fill("#code", code)
        self.page.press("#code", "Enter")
        return self.verdict()

    def verdict(self) -> Locator:
        """What the page says of the signature."""
        self.page.wait_for_selector(f"{VERDICT}:not([hidden]) li", timeout=PATIENCE_MS)
        return self.page.locator(VERDICT)


@contextmanager
def _phone(
    browser: Browser, site: Site, *, language: str = "zh-CN", width: int = 360, keeps: bool = True
) -> Iterator[Phone]:
    """`keeps`: the browser has service workers."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        locale=language,
        service_workers="allow" if keeps else "block",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    try:
        yield Phone(site, context, page)
    finally:
        context.close()


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[Phone]:
    with _phone(browser, site) as phone:
        yield phone


def test_a_code_in_front_of_the_camera_is_checked_without_a_network(phone: Phone) -> None:
    page = phone.open(cameras.stream(cameras.scene()))
    page.click("[data-part=start]")
    # The program that reads codes was loaded while there was a network.
    page.wait_for_selector("[data-scan][data-way=module]")
    phone.lose_network()
    page.evaluate(
        "address => camera.show(address)", cameras.address_of(cameras.one(phone.signed(), side=520))
    )
    verdict = phone.verdict()
    expect(verdict.locator("li").first).to_contain_text("绿畦示例合作社（演示）")
    for told in ("(21)K3", "复制的码同样能通过", "密钥有效", "代管", "密钥包截至", "是本站", "没有核对的"):
        expect(verdict).to_contain_text(told)
    assert page.url == f"{phone.site.address}/scan"
    assert page.get_attribute("[data-scan]", "data-verify") == "native"
    expect(page.locator("[role=status]")).to_have_text("现在没有网络。")


@pytest.mark.parametrize("stub", [NO_ED25519, CREDULOUS], ids=["without the curve", "that says yes to all"])
def test_a_browser_that_cannot_check_has_it_done_by_a_program_of_ours(phone: Phone, stub: str) -> None:
    page = phone.open(stub)
    phone.lose_network()
    expect(phone.type(phone.signed()).locator("li").first).to_contain_text("签名有效")
    assert page.get_attribute("[data-scan]", "data-verify") == "noble"
    changed = phone.signed().replace("/21/K3", "/21/K4")
    page.fill("#code", changed)
    page.press("#code", "Enter")
    expect(page.locator(f"{VERDICT} li").first).to_contain_text("签名不符")
    assert page.get_attribute(VERDICT, "data-state") == "bad"


def test_where_nothing_can_check_the_page_says_so_and_calls_nothing_good(phone: Phone) -> None:
    phone.page.route("**/noble-*.js", lambda route: route.abort())
    phone.signed()
    phone.page.add_init_script(NO_ED25519)
    phone.page.goto(f"{phone.site.address}/scan", wait_until="load")
    phone.page.wait_for_selector(HAS_ASKED)
    phone.lose_network()
    verdict = phone.type(phone.signed())
    expect(verdict).not_to_contain_text("签名有效")
    assert verdict.get_attribute("data-state") == "none"


def test_the_page_opens_again_without_a_network_and_checks(phone: Phone) -> None:
    page = phone.open()
    page.wait_for_selector(IS_KEPT)
    phone.lose_network()
    page.reload(wait_until="load")
    expect(phone.type(phone.signed()).locator("li").first).to_contain_text("签名有效")
    # Nothing but this page is kept: what is asked of the ledger is not answered from a cupboard.
    page.goto(f"{phone.site.address}/scan?code=x", wait_until="load")
    expect(page.locator("#code")).to_be_visible()
    assert page.evaluate("fetch('/log/checkpoint').then(() => 'came', () => 'nothing')") == "nothing"


def test_a_signature_behind_a_stranger_s_address_is_good_and_the_address_is_not_ours(phone: Phone) -> None:
    phone.open()
    phone.lose_network()
    strange = phone.signed().replace(phone.site.address, "https://suyuan.example.evil.example")
    verdict = phone.type(strange)
    expect(verdict).to_contain_text("签名有效")
    expect(verdict).to_contain_text("suyuan.example.evil.example 不是本站")
    assert verdict.get_attribute("data-state") == "doubt"
    # The one way on leads to this site, with the code as a question.
    assert str(verdict.locator("a").get_attribute("href")).startswith("/p?code=")


def test_a_code_without_a_readable_signature_is_told_so(phone: Phone) -> None:
    page = phone.open()
    phone.lose_network()
    batch = f"{phone.site.address}/01/09520001000027/10/JC-1"
    for typed, told in ((batch, "不带签名"), (f"{batch}?dsig=AAAA", "签名读不懂"), ("甲班 3 号", "不带签名")):
        phone.type(typed)
        expect(page.locator(VERDICT)).to_contain_text(told)


def test_a_kept_bundle_that_was_changed_is_not_believed(browser: Browser, site: Site) -> None:
    # Without service workers too the page checks; only it does not open again.
    with _phone(browser, site, keeps=False) as phone:
        page = phone.open()
        page.evaluate(
            f"localStorage.setItem('{KEPT}', localStorage.getItem('{KEPT}').replace('绿畦', '假冒'))"
        )
        page.route("**/log/label-keys", lambda route: route.abort())
        page.reload(wait_until="load")
        page.wait_for_selector(HAS_ASKED)
        phone.lose_network()
        verdict = phone.type(phone.signed())
        expect(verdict).to_contain_text("没有通过日志公钥的验签")
        expect(verdict).not_to_contain_text("签名有效")


def test_a_list_says_of_each_signed_code_who_issued_it(phone: Phone) -> None:
    page = phone.open(cameras.stream(cameras.one(phone.signed(), side=520)))
    page.check("[data-part=keep]")
    page.click("[data-part=start]")
    page.wait_for_selector(".scan-mark", timeout=PATIENCE_MS)
    expect(page.locator(".scan-mark")).to_contain_text("绿畦示例合作社（演示）")
    assert page.locator(".scan-mark").get_attribute("data-state") == "good"


def test_the_verdict_is_for_everybody_on_the_smallest_phone(browser: Browser, site: Site) -> None:
    with _phone(browser, site, language="en", width=320) as phone:
        page = phone.open()
        phone.lose_network()
        verdict = phone.type(phone.signed())
        expect(verdict).to_contain_text("A copy of the code verifies too")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
        assert found.response["violations"] == []


def test_a_key_that_ended_since_is_told_with_the_day(phone: Phone) -> None:
    # The last one: from here on the farm signs with another key.
    code = phone.signed()
    ledger = phone.site.story.ledger
    keyid = ledger.label_signer(phone.site.story.farm.party).public.keyid
    ledger.say(ledger.registrar, Key(action="revoke", keyid=keyid, reason="lost"))
    phone.open()
    phone.lose_network()
    verdict = phone.type(code)
    expect(verdict).to_contain_text("报失注销")
    assert verdict.get_attribute("data-state") == "doubt"
