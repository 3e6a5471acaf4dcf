"""A party's own key comes into the log: one invite, one key, and a signature that shows that somebody holds it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.unsigned import read_draft
from ledger.keys import Ed25519Signer
from ledger.statement import Envelope, Signature
from tests.support.passkeys import PasskeySigner
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.keys import Signer
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

Body = dict[str, object]
DRAFT, ENROL, INVITE = "/api/v1/key-enrolments/draft", "/api/v1/key-enrolments", "/api/v1/key-invites"


def invited(client: Client, registrar: Enrolled, **more: str) -> dict[str, str]:
    """An invite for a party that is new here."""
    answer = client.post(INVITE, json={"role": "enterprise", **more}, key=registrar.key)
    assert answer.status_code == 201, answer.text
    told: dict[str, str] = answer.json()
    return told


def drafted(client: Client, invite: str, signer: Signer, **more: str) -> Body:
    """The enrolment to be signed."""
    body = {
        "invite": invite,
        "kind_of_key": signer.public.kind,
        "public_key": str(signer.public),
        **more,
    }
    answer = client.post(DRAFT, json=body)
    assert answer.status_code == 200, answer.text
    told: Body = answer.json()
    return told


def signed(draft: Body, signer: Signer) -> Body:
    """The enrolment with the new key's signature."""
    statement = read_draft({name: draft[name] for name in ("payload", "items")})  # type: ignore[misc]  # as JSON gave it
    signature = Signature(signer.public.keyid, signer.sign(statement.envelope.signed_bytes()))
    return replace(statement, envelope=Envelope(statement.envelope.payload, (signature,))).as_json()  # type: ignore[return-value]  # the same


def test_a_key_that_was_invited_and_shows_itself_may_sign(
    client: Client, ledger: Ledger, registrar: Enrolled
) -> None:
    invite, signer = invited(client, registrar), Ed25519Signer.generate()
    draft = drafted(client, invite["invite"], signer)
    size = ledger.size()
    body = {"invite": invite["invite"], "statement": signed(draft, signer)}
    answer = client.post(ENROL, json=body)
    assert answer.status_code == 201, answer.text
    with ledger.book() as book:
        enrolment = book.register.keys[signer.public.keyid]
    assert (str(enrolment.party), enrolment.role, enrolment.custody) == (
        invite["party"],
        "enterprise",
        "own",
    )
    assert ledger.size() == size + 1
    # Both signatures stand under it: the registrar's, and the key's own.
    keyids = {one.keyid for one in ledger.stored(size).envelope.signatures}
    assert signer.public.keyid in keyids
    assert len(keyids) == 2
    # The invite has opened, and opens nothing more.
    again = client.post(ENROL, json=body)
    assert (again.status_code, ledger.size()) == (403, size + 1)


def test_a_passkey_is_enrolled_for_its_site(client: Client, ledger: Ledger, registrar: Enrolled) -> None:
    invite, passkey = invited(client, registrar), PasskeySigner.make("localhost", number=1)
    draft = drafted(client, invite["invite"], passkey, rp_id="localhost")
    body = {
        "invite": invite["invite"],
        "statement": signed(draft, passkey),
        "credential": "AAAAAAAAAAAAAAAAAAAAAA",
    }
    assert client.post(ENROL, json=body).status_code == 201
    with ledger.book() as book:
        assert book.register.keys[passkey.public.keyid].rp_id == "localhost"


def test_an_invite_runs_out_to_the_millisecond(client: Client, clock: Clock, registrar: Enrolled) -> None:
    signer = Ed25519Signer.generate()
    for late, status in ((-1, 200), (0, 403)):
        invite, began = invited(client, registrar)["invite"], clock.ms
        clock.ms = began + 15 * 60_000 + late
        body = {
            "invite": invite,
            "kind_of_key": "ed25519",
            "public_key": str(signer.public),
        }
        assert client.post(DRAFT, json=body).status_code == status


def test_a_key_that_nobody_shows_is_not_enrolled_and_the_invite_stays_good(
    client: Client, ledger: Ledger, registrar: Enrolled
) -> None:
    invite, signer, other = invited(client, registrar), Ed25519Signer.generate(), Ed25519Signer.generate()
    draft, size = drafted(client, invite["invite"], signer), ledger.size()
    refused = client.post(ENROL, json={"invite": invite["invite"], "statement": signed(draft, other)})
    assert refused.status_code == 403
    # A good key's name over somebody else's signature.
    wrong = signed(draft, other)
    wrong["envelope"]["signatures"][0]["keyid"] = signer.public.keyid  # type: ignore[index]  # as JSON has it
    assert client.post(ENROL, json={"invite": invite["invite"], "statement": wrong}).status_code == 403
    assert ledger.size() == size
    good = client.post(ENROL, json={"invite": invite["invite"], "statement": signed(draft, signer)})
    assert good.status_code == 201


def test_an_invite_is_for_one_party_and_one_role(client: Client, ledger: Ledger, registrar: Enrolled) -> None:
    mine, theirs = invited(client, registrar), invited(client, registrar, role="authority")
    signer = Ed25519Signer.generate()
    draft = drafted(client, theirs["invite"], signer)
    size = ledger.size()
    refused = client.post(ENROL, json={"invite": mine["invite"], "statement": signed(draft, signer)})
    assert (refused.status_code, ledger.size()) == (403, size)


def test_a_party_keeps_its_role(client: Client, registrar: Enrolled, co_op: Enrolled) -> None:
    refused = client.post(INVITE, json={"party": str(co_op), "role": "authority"}, key=registrar.key)
    assert refused.status_code == 403
    assert client.post(INVITE, json={"party": str(co_op), "role": "enterprise"}, key=registrar.key).is_success


def test_only_the_registrar_invites(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    market = enrol_party(ledger, "城东农贸市场（演示）", role="operator")
    for key in (co_op.key, market.key):
        assert client.post(INVITE, json={"role": "enterprise"}, key=key).status_code == 403
    assert client.post(INVITE, json={"role": "enterprise"}).status_code == 401


@pytest.mark.sqlite
def test_an_invite_is_kept_as_its_digest_alone(client: Client, ledger: Ledger, registrar: Enrolled) -> None:
    code = invited(client, registrar)["invite"]
    with ledger.book() as book:
        for (name,) in book.connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).all():
            rows = book.connection.exec_driver_sql(f"SELECT * FROM {name}").all()  # noqa: S608  (our own names)
            assert code not in repr(rows), name


@pytest.mark.parametrize("invite", ["x" * 43, "x" * 200])
def test_an_invite_that_never_was_is_refused_like_one_that_was_used(client: Client, invite: str) -> None:
    signer = Ed25519Signer.generate()
    body = {"invite": invite, "kind_of_key": "ed25519", "public_key": str(signer.public)}
    refused = client.post(DRAFT, json=body)
    assert refused.status_code == 403
    assert invite not in refused.text
