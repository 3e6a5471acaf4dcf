"""What was typed is not lost when the session ran out meanwhile: it stands on the page that says so, and is sent again once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.pages.browsing import Page
from tests.support.people import FROM_OUR_PAGES, Browser, first_owner
from tests.support.server import registrar_of

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

ACTION = "/my/batches"
TYPED = {
    "name": "韭菜<头茬>",
    "category": "farm_produce",
    "quantity": "300",
    "quantity_unit": "KGM",
    "produced_on": "2026-11-13",
}


@pytest.fixture
def owner(client: Client, ledger: Ledger, co_op: Enrolled) -> Browser:
    return first_owner(client, registrar_of(ledger), co_op)


def filled(owner: Browser) -> dict[str, str]:
    form = Page("", owner.get("/my/batches/new"))
    return form.fields(ACTION) | TYPED


def html(headers: dict[str, str] | None = None) -> dict[str, str]:
    return (FROM_OUR_PAGES if headers is None else headers) | {"accept": "text/html"}


def test_a_form_sent_after_the_session_ran_out_comes_back_and_is_recorded_once(
    owner: Browser, clock: Clock, ledger: Ledger
) -> None:
    typed = filled(owner)
    clock.forward(1)
    before = ledger.size()
    page = Page("", owner.ask("POST", ACTION, data=typed, headers=html()))
    assert page.status == 401
    assert "/sign-in" in page.read.links
    assert page.fields(ACTION) == typed
    assert "<头茬>" not in page.html
    assert ledger.size() == before
    assert owner.sign_in().status_code == 200
    for _ in range(2):
        assert owner.form(ACTION, page.fields(ACTION)).status_code == 303
    assert ledger.size() == before + 1


def test_a_form_of_another_site_is_not_kept(owner: Browser, clock: Clock) -> None:
    typed = filled(owner)
    clock.forward(1)
    stranger = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    page = Page("", owner.ask("POST", ACTION, data=typed, headers=html(stranger)))
    assert page.status in {401, 403}
    assert [form for form in page.read.forms if form.action == ACTION] == []
    assert "韭菜" not in page.html


def test_secrets_are_not_kept(client: Client, owner: Browser, clock: Clock) -> None:
    clock.forward(1)
    answers = [
        owner.ask("POST", path, data={"pin": "482916", "name": "x"}, headers=html())
        for path in ("/account/pin", ACTION)
    ]
    for answer in answers:
        assert answer.status_code == 401, answer.text
        assert "482916" not in answer.text


def test_nothing_is_promised_where_the_form_itself_is_wrong(owner: Browser) -> None:
    page = Page("", owner.ask("POST", ACTION, data={"id": "none"}, headers=html()))
    assert page.status == 422
    assert "再次提交" not in page.text
