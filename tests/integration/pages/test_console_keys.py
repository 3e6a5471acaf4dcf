"""The people and the API keys of a party: roles changed, somebody kept out and let in again, keys given, changed and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.deps import SESSION_COOKIE
from ledger.accounts.office import SignInFailed
from ledger.accounts.persons import Person, add_person, find_person, new_person_id
from ledger.errors import UnknownName
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.console import Console
from tests.support.server import Clock, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from ledger.accounts.callers import ActingRole
    from tests.support.server import Enrolled


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    clock = Clock()
    with make_ledger(tmp_path_factory.mktemp("keys"), clock) as ledger, open_client(ledger) as client:
        yield Console.of(ledger, client, clock)


def somebody(console: Console, party: Enrolled, acting: ActingRole) -> Person:
    office = console.ledger.accounts.office
    person = Person(id=new_person_id(office), party=party.party, acting=acting, name=f"某{acting}（演示）")
    with office.writing() as connection:
        add_person(office, connection, person)
    return person


def signed_in(console: Console, person: Person) -> Visitor:
    accounts = console.ledger.accounts
    with console.ledger.book() as book, accounts.office.writing() as connection:
        known = find_person(accounts.office, connection, str(person.id))
        assert known is not None
        token = accounts.sessions.begin(connection, known, "passkey", book.register).token
    return Visitor(console.client, cookies={SESSION_COOKIE: token})


def send(who: Visitor, path: str, **fields: str) -> httpx.Response:
    """A form of which the page has one for each person or key."""
    return who._send("POST", path, data=fields)


def test_somebody_kept_out_is_out_at_once_and_comes_in_again_when_let(console: Console) -> None:
    party, owner = console.stranger()
    clerk = somebody(console, party, "clerk")
    session = signed_in(console, clerk)
    assert session.open("/my").status == 200
    assert send(owner, "/people/suspend", person=str(clerk.id)).status_code == 303
    assert session.open("/my").status == 401
    with pytest.raises(SignInFailed):
        signed_in(console, clerk)
    assert "已停用" in owner.open("/people").text
    assert send(owner, "/people/resume", person=str(clerk.id)).status_code == 303
    assert session.open("/my").status == 401
    assert signed_in(console, clerk).open("/my").status == 200
    assert "已恢复" in owner.open("/people").text


def test_a_changed_role_ends_what_was_opened_under_the_old_one(console: Console) -> None:
    party, owner = console.stranger()
    person = somebody(console, party, "owner")
    session = signed_in(console, person)
    somebody(console, party, "owner")
    assert session.open("/people").status == 200
    assert send(owner, "/people/role", person=str(person.id), acting="clerk").status_code == 303
    assert session.open("/people").status == 401
    assert signed_in(console, person).open("/people").status == 403


def test_a_party_keeps_somebody_at_its_head(console: Console) -> None:
    party, owner = console.stranger()
    head = somebody(console, party, "owner")
    somebody(console, party, "clerk")
    refused = send(owner, "/people/role", person=str(head.id), acting="clerk")
    assert refused.status_code == 403
    assert "另一位可以登录的负责人" in refused.text
    assert send(owner, "/people/suspend", person=str(head.id)).status_code == 403
    second = somebody(console, party, "owner")
    assert send(owner, "/people/suspend", person=str(second.id)).status_code == 303
    # One who may not come in is none.
    assert send(owner, "/people/suspend", person=str(head.id)).status_code == 403


def test_nobody_becomes_what_his_party_has_no_people_for_or_changes_strangers(console: Console) -> None:
    party, owner = console.stranger()
    clerk = somebody(console, party, "clerk")
    for acting, status in (("inspector", 422), ("stall", 403), ("king", 422), ("signer", 303)):
        assert send(owner, "/people/role", person=str(clerk.id), acting=acting).status_code == status, acting
    _, stranger = console.stranger()
    assert send(stranger, "/people/suspend", person=str(clerk.id)).status_code == 422
    accounts = console.ledger.accounts
    caller = accounts.sessions.caller(signed_in(console, clerk).cookies[SESSION_COOKIE])
    assert caller is not None
    with pytest.raises(UnknownName):
        accounts.suspend_person(caller, clerk.id)


def test_a_key_is_shown_once_changed_with_an_overlap_and_taken_back(console: Console) -> None:
    _, owner = console.stranger()
    made = owner.submit(
        owner.open("/people/keys"), "/people/keys", {"label": "仓库系统", "days": "30", "may_read_own": "1"}
    )
    assert made.answer.headers["cache-control"] == "no-store"
    key = made.html.partition('<p class="goods-key">')[2].partition("<")[0]
    client = console.client
    assert client.get("/my/batches", key=key).status_code == 200
    assert client.get("/my/recalls/new", key=key).status_code == 403
    listed = owner.open("/people/keys")
    assert key not in listed.html
    assert "查看本方资料" in listed.text
    name = listed.html.partition("仓库系统")[2].partition('name="name" value="')[2].partition('"')[0]
    changed = send(owner, "/people/keys/rotate", name=name)
    assert changed.status_code == 200
    new = changed.text.partition('<p class="goods-key">')[2].partition("<")[0]
    assert new != key
    assert [client.get("/my/batches", key=one).status_code for one in (key, new)] == [200, 200]
    assert send(owner, "/people/keys/take", name=name).status_code == 303
    assert [client.get("/my/batches", key=one).status_code for one in (key, new)] == [401, 200]
    _, stranger = console.stranger()
    assert send(stranger, "/people/keys/take", name=name).status_code == 404


def test_a_key_is_good_for_ninety_days_at_most_and_what_was_typed_stays(console: Console) -> None:
    _, owner = console.stranger()
    form = owner.open("/people/keys")
    for days, status in (("1", 200), ("90", 200), ("91", 422), ("0", 422), ("x", 422)):
        page = owner.submit(form, "/people/keys", {"label": "ERP", "days": days})
        assert page.status == status, days
        if status == 422:
            assert page.fields("/people/keys")["label"] == "ERP"
            assert 'href="#days"' in page.html
