"""Officials: a certificate that is valid now, the scope it has, and a note of all that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.deps import SESSION_COOKIE
from ledger.accounts.callers import Scope
from ledger.accounts.officials import reminder
from ledger.accounts.persons import Person, add_person, new_person_id
from ledger.register import Credential
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import Credential as CredentialSaid
from ledger.vocabulary.trade import Receipt, Shipment
from tests.support.server import HOUR_MS, certify

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

DAY_MS = 24 * HOUR_MS
GOODS = "https://id.gs1.org/01/09520001000027/10/JC-1"
READS = "/api/v1/official-reads"


@pytest.fixture
def trade(ledger: Ledger, co_op: Enrolled, stall: Enrolled) -> list[int]:
    """The co-op in Rugao grows leeks and sends some to a stall in Chongchuan; the positions of the three records."""
    for party, region in ((co_op, "320682"), (stall, "320613")):
        sheet: dict[str, Json] = {"party": str(party), "party_kind": "company", "name": "某（演示）"}
        ledger.say(ledger.registrar, Party.read({**sheet, "region": region}))
    batch: dict[str, Json] = {
        "goods": GOODS,
        "maker": str(co_op),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": "JC-1",
        "quantity": {"amount": "100", "unit": "KGM"},
    }
    line: dict[str, Json] = {"goods": GOODS, "quantity": {"amount": "10", "unit": "KGM"}}
    placed = [
        *ledger.say(co_op.party, Batch.read(batch)),
        *ledger.say(co_op.party, Shipment.read({"to": str(stall), "lines": [line], "offer": False})),
        *ledger.say(stall.party, Receipt.read({"supplier": str(co_op), "lines": [line]})),
    ]
    return [one.seq for one in placed]


def officer(ledger: Ledger, authority: Enrolled, **bounds: tuple[str, ...]) -> str:
    """The key of an officer with a certificate of his own."""
    number = certify(ledger, authority.party)
    return ledger.give_access_key(authority.party, label="officer", certificate=number, scope=Scope(**bounds))


def shown(client: Client, ledger: Ledger, seq: int, key: str | None) -> set[str]:
    """The kinds of items that somebody may open of a record."""
    answer = client.get(f"/api/v1/statements/{ledger.stored(seq).header.id}", key=key)
    return {one["kind"] for one in answer.json().get("items", ()) if "kind" in one}


def test_a_certificate_opens_to_its_last_millisecond(
    client: Client, ledger: Ledger, clock: Clock, authority: Enrolled, co_op: Enrolled
) -> None:
    until = clock.ms + 2 * DAY_MS
    said = CredentialSaid(number="演-7", party=authority.party, valid_from_ms=clock.ms + 5, valid_to_ms=until)
    ledger.say(ledger.registrar, said)
    key = ledger.give_access_key(authority.party, label="t", certificate="演-7")
    statuses = []
    inspection = {"party": str(co_op), "officers": ["演-7"], "conclusion": "in_order"}
    for at in (clock.ms + 4, clock.ms + 5, until, until + 1):
        clock.ms = at
        read = client.get("/api/v1/findings", key=key)
        written = client.post("/api/v1/inspections", json=inspection, key=key)
        statuses.append((read.status_code, written.status_code))
    assert statuses == [(403, 403), (200, 201), (200, 201), (403, 403)]
    refusal = client.get("/api/v1/findings", key=key, headers={"accept-language": "en"}).json()
    assert refusal["errors"][0]["name"] == "CertificateNotValid"
    assert refusal["came"] == "演-7"
    assert "2026-11-16T08:00:00" in refusal["expected"]


def test_an_agency_without_a_certificate_reads_what_everybody_reads(
    client: Client, ledger: Ledger, authority: Enrolled, trade: list[int]
) -> None:
    key = ledger.give_access_key(authority.party, label="no certificate")
    for path in ("/api/v1/findings", "/api/v1/statements", f"/api/v1/trace?goods={GOODS}", "/findings"):
        assert client.get(path, key=key).status_code == 403, path
        assert client.get(path, key=authority.key).status_code == 200, path
    assert client.get("/log/checkpoint", key=key).status_code == 200


def test_another_agencys_certificate_is_none(
    client: Client, ledger: Ledger, authority: Enrolled, market: Enrolled
) -> None:
    number = certify(ledger, market.party)
    key = ledger.give_access_key(authority.party, label="t", certificate=number)
    assert client.get("/api/v1/findings", key=key).status_code == 403


@pytest.mark.parametrize(
    ("left_ms", "days"),
    [
        (30 * DAY_MS + 1, None),
        (30 * DAY_MS, 30),
        (7 * DAY_MS + 1, 30),
        (7 * DAY_MS, 7),
        (DAY_MS + 1, 7),
        (DAY_MS, 1),
        (0, 1),
        (-1, None),
    ],
)
def test_the_holder_of_a_certificate_is_reminded(authority: Enrolled, left_ms: int, days: int | None) -> None:
    held = Credential(number="演-1", party=authority.party, valid_from_ms=0, valid_to_ms=100 * DAY_MS)
    due = reminder(held, at_ms=held.valid_to_ms - left_ms)
    assert (None if due is None else due.days) == days


def test_an_officer_is_told_when_his_certificate_ends(
    client: Client, clock: Clock, authority: Enrolled
) -> None:
    assert client.get("/api/v1/me", key=authority.key).json()["certificate"]["reminder_days"] is None
    clock.ms += 60 * DAY_MS
    far = client.get("/api/v1/me", key=authority.key).json()["certificate"]
    assert (far["valid"], far["reminder_days"]) == (True, None)


def test_within_his_region_an_officer_reads_and_without_he_does_not(
    client: Client, ledger: Ledger, authority: Enrolled, trade: list[int]
) -> None:
    here, there = officer(ledger, authority, regions=("3206",)), officer(ledger, authority, regions=("37",))
    for seq in trade:
        assert shown(client, ledger, seq, here) == shown(client, ledger, seq, authority.key) != set()
        assert shown(client, ledger, seq, there) == shown(client, ledger, seq, None)


def test_goods_of_another_category_are_not_his_matter(
    client: Client, ledger: Ledger, authority: Enrolled, trade: list[int]
) -> None:
    mine = officer(ledger, authority, categories=("farm_produce",))
    other = officer(ledger, authority, categories=("drug",))
    for seq in trade:
        assert shown(client, ledger, seq, mine) == shown(client, ledger, seq, authority.key)
        assert shown(client, ledger, seq, other) == shown(client, ledger, seq, None)


def test_out_of_scope_a_trace_is_the_publics(
    client: Client, ledger: Ledger, authority: Enrolled, trade: list[int]
) -> None:
    path = f"/api/v1/trace?goods={GOODS}"
    there = officer(ledger, authority, regions=("37",))
    assert client.get(path, key=there).json() == client.get(path).json()
    bounded = client.get(path, key=officer(ledger, authority, regions=("320613",))).json()
    assert bounded["forward"]


def test_an_order_at_one_party_is_told_to_the_officers_of_its_region(
    client: Client, ledger: Ledger, authority: Enrolled, stall: Enrolled, trade: list[int]
) -> None:
    hold = Hold.read({"action": "hold", "goods": [GOODS], "at": str(stall)})
    (placed,) = ledger.say(stall.party, hold)

    def told(region: str) -> tuple[list[int], bool]:
        key = officer(ledger, authority, regions=(region,))
        orders = client.get(f"/api/v1/trace?goods={GOODS}", key=key).json()["orders"]
        page = client.get(f"/trace?goods={GOODS}", key=key, headers={"accept": "text/html"})
        return [one["position"] for one in orders], f"/entries/{placed.seq}" in page.text

    assert told("3206") == told("320613") == ([placed.seq], True)
    # The co-op's officer sees the goods go to the stall, and not what was ordered there.
    assert told("320682") == ([], False)


def test_an_officer_acts_within_his_region_alone(
    client: Client, ledger: Ledger, authority: Enrolled, co_op: Enrolled, trade: list[int]
) -> None:
    statuses = []
    for region in ("320682", "37"):
        number = certify(ledger, authority.party)
        key = ledger.give_access_key(
            authority.party, label="t", certificate=number, scope=Scope(regions=(region,))
        )
        body = {"party": str(co_op), "officers": [number], "conclusion": "in_order"}
        statuses.append(client.post("/api/v1/inspections", json=body, key=key).status_code)
    assert statuses == [201, 403]


@pytest.mark.parametrize("acting", ["supervisor", "prosecutor"])
def test_who_oversees_reads_and_writes_nothing(
    client: Client, ledger: Ledger, authority: Enrolled, co_op: Enrolled, acting: str, trade: list[int]
) -> None:
    number = certify(ledger, authority.party)
    key = ledger.give_access_key(authority.party, label="t", acting=acting, certificate=number)  # type: ignore[arg-type]  # parametrized
    assert shown(client, ledger, trade[1], key) == shown(client, ledger, trade[1], authority.key)
    body = {"party": str(co_op), "officers": [number], "conclusion": "in_order"}
    assert client.post("/api/v1/inspections", json=body, key=key).status_code == 403


def test_every_record_that_an_official_reads_is_noted_once_an_hour(
    client: Client, ledger: Ledger, clock: Clock, authority: Enrolled, co_op: Enrolled, trade: list[int]
) -> None:
    def read() -> None:
        for seq in trade[1:]:
            assert shown(client, ledger, seq, authority.key)

    assert ledger.accounts.reads.listed() == []
    # What is public is nobody's secret, and not noted.
    client.get(f"/api/v1/statements/{ledger.stored(0).header.id}", key=authority.key)
    client.get("/log/register", key=authority.key)
    assert ledger.accounts.reads.listed() == []
    clock.ms -= clock.ms % HOUR_MS
    clock.ms += HOUR_MS
    read()
    read()
    assert [one.what for one in ledger.accounts.reads.listed()] == [f"entry/{seq}" for seq in trade[1:]]
    clock.ms += HOUR_MS - 1
    read()
    assert len(ledger.accounts.reads.listed()) == 2
    clock.ms += 1
    read()
    rows = ledger.accounts.reads.listed()
    assert len(rows) == 4
    assert {(one.official, one.whose, one.what) for one in rows} >= {
        (str(authority), str(co_op), f"entry/{trade[1]}")
    }
    assert all(one.certificate for one in rows)
    assert rows[0].route.startswith("GET /api/v1/statements/")


def test_a_trace_notes_each_record_that_it_rests_on(
    client: Client, ledger: Ledger, authority: Enrolled, trade: list[int]
) -> None:
    answer = client.get(f"/api/v1/trace?goods={GOODS}", key=authority.key).json()
    told = {seq for edge in (*answer["back"], *answer["forward"]) for seq in edge["positions"]}
    noted = {one.what for one in ledger.accounts.reads.listed()}
    assert told == set(trade[1:])
    assert {f"entry/{seq}" for seq in told} <= noted


def test_what_was_refused_was_not_read(
    client: Client, ledger: Ledger, authority: Enrolled, trade: list[int]
) -> None:
    there = officer(ledger, authority, regions=("37",))
    for seq in trade:
        shown(client, ledger, seq, there)
    assert ledger.accounts.reads.listed() == []


@pytest.mark.sqlite
def test_an_answer_whose_reading_cannot_be_noted_is_not_sent(
    client: Client, ledger: Ledger, authority: Enrolled, trade: list[int]
) -> None:
    with ledger.accounts.office.writing() as connection:
        connection.exec_driver_sql("DROP TABLE official_reads")
    path = f"/api/v1/statements/{ledger.stored(trade[1]).header.id}"
    with pytest.raises(Exception, match=r"official_reads|response already started"):
        client.get(path, key=authority.key)
    assert client.get(path, key=None).status_code == 404


def test_who_was_looked_at_sees_who_looked(
    client: Client, ledger: Ledger, authority: Enrolled, co_op: Enrolled, stall: Enrolled, trade: list[int]
) -> None:
    for seq in trade[1:]:
        shown(client, ledger, seq, authority.key)

    def listed(key: str, query: str = "") -> list[str]:
        answer = client.get(READS + query, key=key)
        assert answer.status_code == 200, answer.text
        return [one["what"] for one in answer.json()["reads"]]

    assert listed(co_op.key) == [f"entry/{trade[1]}"]
    assert listed(stall.key) == [f"entry/{trade[2]}"]
    number = certify(ledger, authority.party)
    supervisor = ledger.give_access_key(authority.party, label="t", acting="supervisor", certificate=number)
    auditor = ledger.give_access_key(ledger.registrar, label="t", acting="auditor")
    assert listed(supervisor) == listed(auditor) == [f"entry/{seq}" for seq in trade[1:]]
    assert listed(auditor, f"?party={stall}") == [f"entry/{trade[2]}"]
    assert client.get(f"{READS}?party={stall}", key=co_op.key).status_code == 403
    assert client.get(READS, key=authority.key).status_code == 403


def test_an_officers_account_page_says_when_the_certificate_ends(
    client: Client, ledger: Ledger, clock: Clock, authority: Enrolled
) -> None:
    accounts, number = ledger.accounts, certify(ledger, authority.party, days=6)
    office = accounts.office
    officer_ = Person(
        id=new_person_id(office), party=authority.party, acting="inspector", name="某", certificate=number
    )

    def page() -> str:
        with ledger.book() as book, office.writing() as connection:
            signed_in = accounts.sessions.begin(connection, officer_, "passkey", book.register)
        headers = {
            "cookie": f"{SESSION_COOKIE}={signed_in.token}",
            "accept": "text/html",
            "accept-language": "zh",
        }
        answer = client.get("/account", headers=headers)
        assert answer.status_code == 200
        return answer.text

    with office.writing() as connection:
        add_person(office, connection, officer_)
    assert "不到 7 天就到期" in page()
    clock.ms += 6 * DAY_MS + 1
    assert "现在无效" in page()
