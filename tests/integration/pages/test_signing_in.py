"""Signing in, one's account and colleagues, on pages and without script."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.channels import ChannelWrong, channel_of
from api.settings import Settings
from ledger.accounts.callers import Caller
from tests.integration.pages.browsing import Page
from tests.support.people import Browser, first_owner
from tests.support.server import client_of, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

PHONE = "13800000000"


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    return tmp_path / "messages.jsonl"


@pytest.fixture
def client(ledger: Ledger, messages: Path) -> Iterator[Client]:
    settings = Settings(base_url="http://localhost:8000", channel=f"file:{messages}")
    with client_of(create_app(ledger, settings)) as client:
        yield client


@pytest.fixture
def owner(client: Client, ledger: Ledger, co_op: Enrolled) -> Browser:
    return first_owner(client, registrar_of(ledger), co_op)


def seen(answer: httpx.Response) -> Page:
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    return Page("", answer)


def test_the_public_is_shown_where_to_sign_in_and_the_owner_the_account(
    client: Client, owner: Browser
) -> None:
    assert "/sign-in" in seen(Browser(client).get("/")).read.links
    links = seen(owner.get("/my")).read.links
    assert "/account" in links
    assert "/sign-in" not in links


def test_an_invite_without_script_gives_codes_and_a_session(client: Client, owner: Browser) -> None:
    page = seen(owner.form("/people/invite", {"name": "李示例", "acting": "clerk"}))
    (token,) = set(re.findall(r"/invite\?token=([\w-]+)", page.text))
    assert page.answer.headers["cache-control"] == "no-store"
    newcomer = Browser(client)
    invite = seen(newcomer.get(f"/invite?token={token}"))
    assert "李示例" in invite.text
    assert "录入员" in invite.text
    assert invite.answer.headers["cache-control"] == "no-store"
    codes = seen(newcomer.form("/invite", invite.fields("/invite")))
    found = re.findall(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{2}", codes.text)
    assert len(found) == 8
    assert newcomer.get("/account").status_code == 200
    again = Browser(client)
    assert again.form("/sign-in/recovery", {"code": found[0]}).status_code == 303
    assert seen(again.get("/account")).read.h1 == "李示例"


def test_an_invite_that_is_over_says_so_in_words(client: Client) -> None:
    answer = Browser(client).ask("GET", "/invite?token=none", headers={"accept": "text/html"})
    assert answer.status_code == 403
    assert "已使用、已过期或不存在" in seen(answer).text


def test_a_card_is_printed_once_and_opens_the_small_traders_ledger(client: Client, owner: Browser) -> None:
    page = seen(owner.form("/people/card", {"name": "周示例"}))
    number = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", page.text)
    pin = re.search(r"\b[0-9]{6}\b", page.text)
    assert number
    assert pin
    assert '<svg class="code-picture"' in page.html
    trader = Browser(client)
    form = seen(trader.get(f"/sign-in?card={number[0].replace('-', '')}")).fields("/sign-in/card")
    assert form["number"] == number[0].replace("-", "")
    answer = trader.form("/sign-in/card", form | {"pin": pin[0]})
    assert answer.headers["location"] == "/stall"
    changed = {"number": number[0], "pin": pin[0], "new_pin": "402917"}
    assert trader.form("/account/pin", changed).status_code == 303
    assert Browser(client).form("/sign-in/card", form | {"pin": pin[0]}).status_code == 403
    assert Browser(client).form("/sign-in/card", form | {"pin": "402917"}).status_code == 303
    refused = trader.form("/account/pin", {"number": number[0], "pin": "402917", "new_pin": "111111"})
    assert refused.status_code == 422
    assert "111111" not in refused.text


def test_a_wrong_pin_is_said_beside_the_forms_and_never_shown_again(client: Client) -> None:
    answer = Browser(client).form("/sign-in/card", {"number": "ABCD", "pin": "407718"})
    page = seen(answer)
    assert answer.status_code == 403
    assert "没有登录成功" in page.text
    assert page.fields("/sign-in/card") == {"number": "ABCD", "pin": ""}
    assert "407718" not in page.html


def test_a_link_comes_by_the_operators_channel_and_opens_once(
    client: Client, owner: Browser, messages: Path
) -> None:
    owner.form("/people/card", {"name": "周示例", "contact": PHONE})
    trader = Browser(client)
    asked = seen(trader.form("/sign-in/link", {"contact": PHONE}))
    (said,) = [json.loads(one) for one in messages.read_text("utf-8").splitlines()]
    assert said["to"] == PHONE
    token = re.search(r"token=([\w-]+)", said["text"])
    assert token
    # Looking at a link, as mail programs do, does not use it up.
    for _ in range(2):
        opened = seen(trader.get(f"/sign-in/link?token={token[1]}"))
    answer = trader.form("/sign-in/link/open", opened.fields("/sign-in/link/open"))
    assert answer.status_code == 303
    assert trader.get("/account").status_code == 200
    assert Browser(client).form("/sign-in/link/open", {"token": token[1]}).status_code == 403
    # Whoever nobody knows is told the same, and nothing is sent.
    nobody = seen(Browser(client).form("/sign-in/link", {"contact": "13900000000"}))
    assert nobody.text == asked.text
    assert nobody.status == asked.status
    assert len(messages.read_text("utf-8").splitlines()) == 1


def test_signing_out_on_the_page_ends_the_session(owner: Browser) -> None:
    token = owner.cookies["suyuan_session"]
    page = seen(owner.get("/account"))
    answer = owner.form("/sign-out", page.fields("/sign-out"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert owner.cookies == {}
    owner.cookies["suyuan_session"] = token
    assert owner.get("/account").status_code == 401


def test_a_colleague_is_removed_on_the_page(client: Client, owner: Browser) -> None:
    page = seen(owner.form("/people/invite", {"name": "李示例", "acting": "clerk"}))
    (token,) = set(re.findall(r"/invite\?token=([\w-]+)", page.text))
    clerk = Browser(client)
    clerk.form("/invite", {"token": token})
    listed = owner.get("/people")
    person = re.findall(r'name="person" value="(per_[0-9a-z]+)"', listed.text)
    mine = owner.get("/api/v1/account").json()["person"]
    (theirs,) = {one for one in person if one != mine}
    assert owner.form("/people/remove", {"person": theirs}).status_code == 303
    assert clerk.get("/account").status_code == 401
    assert "李示例" not in owner.get("/people").text
    assert "已移除" in owner.get("/people").text


def test_what_is_wrong_with_an_invite_stands_above_the_list(owner: Browser) -> None:
    answer = owner.form("/people/invite", {"name": "李示例", "acting": "inspector"})
    assert answer.status_code == 422
    assert "李示例" in answer.text


def test_a_locked_card_is_unlocked_on_the_page(client: Client, owner: Browser, ledger: Ledger) -> None:
    party = owner.get("/api/v1/account").json()
    head = Caller(
        party=type(ledger.registrar).parse(party["party"]),
        role="enterprise",
        label="test",
        acting="owner",
        method="passkey",
        person=party["person"],
    )
    card = ledger.accounts.issue_card(head, head.party, "周示例")
    wrong = "000001" if card.pin != "000001" else "000002"
    for _ in range(5):
        Browser(client).form("/sign-in/card", {"number": card.number, "pin": wrong})
    locked = Browser(client).form("/sign-in/card", {"number": card.number, "pin": card.pin})
    assert "卡片已锁定" in locked.text
    assert "卡片已锁定" in owner.get("/people").text
    assert owner.form("/people/unlock", {"person": str(card.person)}).status_code == 303
    good = {"number": card.number, "pin": card.pin}
    assert Browser(client).form("/sign-in/card", good).status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/account", "/people"])
def test_the_pages_speak_english_too(owner: Browser, path: str) -> None:
    page = seen(owner.get(f"{path}?lang=en"))
    left = re.findall(r"[\u4e00-\u9fff]+", re.sub(r"中文|王示例|[^ ]*（演示）|溯源|追溯台账", "", page.text))
    assert left == []


def test_a_channel_is_a_file_or_the_operators_own(tmp_path: Path) -> None:
    assert channel_of(None) is None
    assert channel_of(f"file:{tmp_path}/x") is not None
    for name in ("nothing", "no.such.module:make", "json:nothing", "builtins:dict", "os.path:..."):
        with pytest.raises(ChannelWrong):
            channel_of(name)


def test_a_partys_page_shows_what_happened_lately(owner: Browser, clock: Clock) -> None:
    clock.ms += 60_000
    owner.form("/people/invite", {"name": "李示例", "acting": "clerk"})
    text = seen(owner.get("/people")).text
    assert "已邀请" in text
    assert "接受邀请" in text
