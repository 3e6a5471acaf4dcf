"""The logins of the demo: each kind of user comes in at the top of the page, and sees and may do what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.demo.parties import party_id
from api.demo.people import PEOPLE, stall_card
from ledger.accounts.invented import NotInvented, come_in
from ledger.keys import Vault
from ledger.service import Ledger
from tests.support.server import open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.demo.people import Somebody
    from tests.scenario.demo import Telling
    from tests.support.server import Client

OURS = {"sec-fetch-site": "same-origin"}
BY_KEY = {one.key: one for one in PEOPLE}

#: What each of them is answered: the own pages, the office's findings, the people of their party, an inspection sent.
SEEN = {
    "accountant": ("/my", 200, "/findings", 403, "/people", 403),
    "stall": ("/my/deliveries", 200, "/findings", 403, "/people", 403),
    "market": ("/my", 200, "/findings", 403, "/people", 403),
    "pharmacist": ("/my", 200, "/findings", 403, "/people", 200),
    "shopkeeper": ("/my", 200, "/findings", 403, "/people", 200),
    "officer": ("/inspect", 200, "/findings", 200, "/people", 403),
    "officer_expired": ("/", 200, "/findings", 403, "/people", 403),
    "observer": ("/inspect", 200, "/findings", 200, "/people", 403),
}


@pytest.fixture
def demo(plain: Telling) -> Iterator[Client]:
    with open_client(plain.ledger, demo=True) as client:
        yield client


def chosen(demo: Client, identity: str, cookie: str = "") -> str:
    """The cookie of a visitor who chose to be somebody."""
    headers = {**OURS, **({"cookie": cookie} if cookie else {})}
    answer = demo.send("POST", "/demo/identity", data={"identity": identity, "back": "/"}, headers=headers)
    assert answer.status_code == 303
    set_cookies = answer.headers.get_list("set-cookie")
    session = next(one for one in set_cookies if one.startswith("suyuan_session="))
    assert "HttpOnly" in session
    return session.partition(";")[0]


@pytest.mark.parametrize("somebody", PEOPLE, ids=lambda one: one.key)
def test_each_of_them_sees_what_is_theirs(demo: Client, somebody: Somebody) -> None:
    cookie = chosen(demo, str(somebody.id))
    pages = SEEN[somebody.key]
    came = [
        demo.get(path, headers={"cookie": cookie, "accept": "text/html"}).status_code for path in pages[::2]
    ]
    assert came == list(pages[1::2])
    me = demo.get("/api/v1/me", headers={"cookie": cookie}).json()
    assert (me["party"], me["acting"], me["method"]) == (
        str(party_id(somebody.party)),
        somebody.acting,
        "demo",
    )


def test_every_kind_of_user_has_a_login() -> None:
    assert set(SEEN) == set(BY_KEY)
    assert {one.acting for one in PEOPLE} >= {
        "clerk",
        "stall",
        "market_operator",
        "owner",
        "inspector",
        "supervisor",
    }


def test_the_officer_whose_certificate_has_run_out_is_told_which_and_when(demo: Client) -> None:
    cookie = chosen(demo, str(BY_KEY["officer_expired"].id))
    answer = demo.get(
        "/api/v1/findings", headers={"cookie": cookie, "accept-language": "en", "accept": "application/json"}
    )
    assert answer.status_code == 403
    assert "演-0001" in answer.text
    assert "2026-06-30" in answer.text


def test_the_page_says_who_the_visitor_is_and_the_next_choice_ends_the_one_before(demo: Client) -> None:
    first = chosen(demo, str(BY_KEY["accountant"].id))
    page = demo.get("/", headers={"cookie": first}).text
    assert f'<option value="{BY_KEY["accountant"].id}" selected>' in page
    second = chosen(demo, str(BY_KEY["officer"].id), cookie=first)
    assert demo.get("/my", headers={"cookie": first}).status_code == 401
    assert demo.get("/findings", headers={"cookie": second}).status_code == 200


def test_the_stall_keeper_comes_in_with_the_printed_card(own: Telling) -> None:
    card = stall_card(own.ledger)
    signed_in = own.ledger.accounts.sign_in_by_card(card.number, card.pin)
    assert (signed_in.caller.party, signed_in.caller.acting) == (party_id("F6"), "stall")


def test_nobody_comes_in_without_proof_where_the_ledger_is_real(tmp_path: Path) -> None:
    with (
        Ledger.create(
            f"sqlite:///{tmp_path / 'real.db'}",
            host="log.example",
            registrar_name="登记处（演示）",
            vault=Vault.create_file(tmp_path / "keys" / "real.key"),
            evidence=tmp_path / "evidence",
        ) as ledger,
        pytest.raises(NotInvented),
    ):
        come_in(ledger.accounts, PEOPLE[0].id)
