"""Keys over HTTP: the registrar brings a party's own key in, in two steps; the party itself replaces it, ends it, reports it stolen."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import Instant, PartyId, StatementId
from ledger.keys import Ed25519Signer
from ledger.statement import sign_statement
from ledger.vocabulary.registering import Key
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.passkeys import USER_PRESENT, Es256Signer, PasskeySigner
from tests.support.server import registrar_of, signed_draft
from tests.unit.ledger.test_statement import LEEK

if TYPE_CHECKING:
    import httpx

    from ledger.keys import Signer
    from ledger.service import Ledger
    from ledger.vocabulary.said import Said
    from tests.support.server import Client, Enrolled

SITE = "localhost"
ENGLISH = {"accept-language": "en"}
OLD, NEW = (Ed25519Signer.from_secret(bytes(31) + bytes([one])) for one in (1, 2))
PASSKEY = PasskeySigner.make(SITE, number=1)
SALE = Sale(lines=(Line(goods=LEEK, quantity=kg(1)),))


@pytest.fixture
def registrar(ledger: Ledger) -> Enrolled:
    return registrar_of(ledger)


def draft_of(client: Client, registrar: Enrolled, key: Signer, **more: str) -> dict[str, object]:
    asked = {"role": "enterprise", "kind_of_key": key.public.kind, "public_key": str(key.public), **more}
    answer = client.post("/api/v1/keys/drafts", json=asked, key=registrar.key)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def enrolled(client: Client, registrar: Enrolled, key: Signer, **more: str) -> PartyId:
    draft = draft_of(client, registrar, key, **more)
    answer = client.post("/api/v1/keys", json=signed_draft(draft, key), key=registrar.key)
    assert answer.status_code == 201, answer.text
    return PartyId.parse(str(draft["party"]))


def sent(client: Client, ledger: Ledger, party: PartyId, said: Said, *signers: Signer) -> httpx.Response:
    statement = sign_statement(
        said.to_items(),
        log=ledger.origin,
        statement_id=StatementId.new(ledger.clock(), os.urandom(10)),
        type_name=said.TYPE,
        issuer=party,
        occurred_at=Instant(ledger.clock(), 480),
        signers=signers,
    )
    return client.post("/api/v1/statements", json=statement.as_json(), headers=ENGLISH)


def fault(answer: httpx.Response) -> tuple[int, str, str]:
    (one,) = answer.json()["errors"]
    return answer.status_code, one["name"], one["expected"]


@pytest.mark.parametrize(
    ("key", "more"),
    [(OLD, {}), (Es256Signer.make(2), {}), (PASSKEY, {"rp_id": SITE})],
    ids=["ed25519", "es256", "passkey"],
)
def test_a_key_of_every_kind_comes_in_with_its_own_signature_and_signs(
    client: Client, ledger: Ledger, registrar: Enrolled, key: Signer, more: dict[str, str]
) -> None:
    party = enrolled(client, registrar, key, **more)
    with ledger.book() as book:
        one = book.register.keys[key.public.keyid]
    assert (one.party, one.custody, one.rp_id) == (party, "own", more.get("rp_id"))
    assert sent(client, ledger, party, SALE, key).status_code == 201


def test_nothing_is_stored_by_a_draft_and_the_same_enrolment_sent_twice_is_recorded_once(
    client: Client, ledger: Ledger, registrar: Enrolled
) -> None:
    before = ledger.size()
    draft = draft_of(client, registrar, OLD)
    assert ledger.size() == before
    answers = [
        client.post("/api/v1/keys", json=signed_draft(draft, OLD), key=registrar.key) for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [201, 200]
    assert ledger.size() == before + 1
    assert answers[0].json()["position"] == answers[1].json()["position"] == before


def test_a_key_that_did_not_sign_its_enrolment_is_refused(
    client: Client, ledger: Ledger, registrar: Enrolled
) -> None:
    before = ledger.size()
    body = signed_draft(draft_of(client, registrar, OLD), NEW)
    status, name, expected = fault(client.post("/api/v1/keys", json=body, key=registrar.key, headers=ENGLISH))
    assert (status, name) == (403, "SignatureWrong")
    assert "an enrolled key" in expected
    # A public key alone, as it was once enough, is not taken for a key that this server is to keep.
    asked = {"role": "enterprise", "public_key": str(OLD.public)}
    assert fault(client.post("/api/v1/keys", json=asked, key=registrar.key))[:2] == (422, "Malformed")
    assert ledger.size() == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"challenge": bytes(48)}, "not a sign-in"),
        ({"origin": "https://evil.example"}, "made at"),
        ({"hashed_rp_id": "evil.example"}, "rpIdHash"),
        ({"flags": USER_PRESENT}, "a verified user"),
        ({"type": "webauthn.create"}, "webauthn.get"),
    ],
)
def test_an_assertion_with_a_fault_is_refused_in_its_own_words(
    client: Client, ledger: Ledger, registrar: Enrolled, changes: dict[str, object], why: str
) -> None:
    party = enrolled(client, registrar, PASSKEY, rp_id=SITE)
    lying = replace(PASSKEY, **changes)  # type: ignore[arg-type]  # a row names one field
    status, name, expected = fault(sent(client, ledger, party, SALE, lying))
    assert (status, name) == (403, "SignatureWrong")
    assert why in expected


@pytest.mark.parametrize(
    "asked",
    [
        {"kind_of_key": "rsa"},
        {"kind_of_key": "es256"},
        {"public_key": "AAAA"},
        {"public_key": "?"},
        {"rp_id": SITE},
        {"kind_of_key": "es256", "public_key": str(PASSKEY.public), "rp_id": "https://evil.example"},
        {"kind_of_key": "es256", "public_key": str(PASSKEY.public)[:-4] + "AAA="},
        {"holder": "Wang"},
        {"role": "registrar"},
    ],
)
def test_what_is_no_key_is_refused(
    client: Client, ledger: Ledger, registrar: Enrolled, asked: dict[str, str]
) -> None:
    before = ledger.size()
    body = {"role": "enterprise", "public_key": str(OLD.public), **asked}
    answer = client.post("/api/v1/keys/drafts", json=body, key=registrar.key)
    if answer.status_code == 200:
        # What only the register knows is refused when it is to be recorded.
        answer = client.post("/api/v1/keys", json=signed_draft(answer.json(), OLD), key=registrar.key)
    assert answer.status_code == 422, answer.text
    assert ledger.size() == before


def test_only_an_enrolment_gets_the_registrars_signature(
    client: Client, ledger: Ledger, registrar: Enrolled
) -> None:
    party = enrolled(client, registrar, OLD)
    for issuer, said in (
        (ledger.registrar, SALE),
        (ledger.registrar, Key(action="revoke", keyid=OLD.public.keyid, reason="lost")),
        (party, Key(action="revoke", keyid=OLD.public.keyid, reason="lost")),
    ):
        statement = sign_statement(
            said.to_items(),
            log=ledger.origin,
            statement_id=StatementId.new(ledger.clock(), os.urandom(10)),
            type_name=said.TYPE,
            issuer=issuer,
            occurred_at=Instant(ledger.clock(), 480),
            signers=[OLD],
        )
        answer = client.post("/api/v1/keys", json=statement.as_json(), key=registrar.key)
        assert fault(answer)[:2] == (403, "NotAllowed")


def test_a_party_replaces_its_key_by_itself(client: Client, ledger: Ledger, registrar: Enrolled) -> None:
    party = enrolled(client, registrar, OLD)
    rotation = Key(
        action="rotate", replaces=OLD.public.keyid, kind_of_key="ed25519", public_key=str(NEW.public)
    )
    assert fault(sent(client, ledger, party, rotation, OLD))[1] == "SignatureWrong"
    assert fault(sent(client, ledger, party, rotation, NEW))[1] == "NotAllowed"
    assert sent(client, ledger, party, rotation, OLD, NEW).status_code == 201
    assert sent(client, ledger, party, SALE, NEW).status_code == 201
    assert fault(sent(client, ledger, party, SALE, OLD))[1] == "SignatureWrong"


def test_a_stolen_key_is_reported_by_the_party_or_by_the_registrar(
    client: Client, ledger: Ledger, registrar: Enrolled
) -> None:
    party = enrolled(client, registrar, OLD)
    enrolled(client, registrar, NEW, party=str(party))
    assert sent(client, ledger, party, SALE, OLD).status_code == 201
    report = Key(action="compromised", party=party, keyid=OLD.public.keyid, since_ms=ledger.clock())
    assert sent(client, ledger, party, report, NEW).status_code == 201
    assert "signature_disputed" in {one.kind for one in ledger.findings(party=party)}
    body = {"action": "compromised", "party": str(party), "keyid": NEW.public.keyid, "since_ms": 1}
    assert client.post("/api/v1/keys", json=body, key=registrar.key).status_code == 201
    for gap in ("party", "keyid", "since_ms"):
        answer = client.post(
            "/api/v1/keys", json={name: body[name] for name in body if name != gap}, key=registrar.key
        )
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, gap)


def test_a_key_kept_here_is_for_one_person(client: Client, ledger: Ledger, registrar: Enrolled) -> None:
    holder = "per_0123456789abcdef"
    body = {"role": "enterprise", "holder": holder}
    answer = client.post("/api/v1/keys", json=body, key=registrar.key)
    assert answer.status_code == 201, answer.text
    party = PartyId.parse(answer.json()["party"])
    with ledger.book() as book:
        (one,) = [one for one in book.register.keys.values() if one.party == party]
    assert (one.custody, one.holder) == ("custodial", holder)
    assert ledger.custodial_signer(party, holder=holder).public == one.key
