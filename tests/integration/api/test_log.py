"""A stranger with the log's public key checks the log through HTTP alone, and learns nothing that is nobody's business."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.keys import Ed25519Signer
from ledger.log.checkpoint import open_checkpoint
from ledger.log.note import NoteVerifier
from ledger.log.tiles import decode_bundle
from ledger.register import Register
from ledger.statement import Envelope, OpenedItem, Statement
from tests.support.server import enrol_party, registrar_of, signed_draft
from tests.support.slow_merkle import leaf, root

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

IMMUTABLE = "public, max-age=31536000, immutable"


def test_the_entries_make_the_root_that_the_log_signed(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    key = NoteVerifier.parse(client.get("/log/vkey").text.strip())
    head = open_checkpoint(client.get("/log/checkpoint").content, [key]).checkpoint
    assert head.size == ledger.size()
    bundle = client.get(f"/log/tile/entries/000.p/{head.size}")
    entries = decode_bundle(bundle.content, head.size)
    assert root([leaf(entry) for entry in entries]) == head.root
    hashes = client.get(f"/log/tile/0/000.p/{head.size}")
    assert hashes.content == b"".join(map(leaf, entries))
    assert bundle.headers["cache-control"] == hashes.headers["cache-control"] == IMMUTABLE


def test_a_partial_tile_stays_served_when_the_tree_has_grown(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    before = client.get("/log/tile/0/000.p/3").content
    enrol_party(ledger, "后来者（演示）")
    assert client.get("/log/tile/0/000.p/3").content == before
    assert len(before) == 3 * 32
    assert client.get(f"/log/tile/0/000.p/{ledger.size() + 1}").status_code == 404


def test_the_register_rebuilds_who_may_sign(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    published = client.get("/log/register").json()
    register: Register | None = None
    for one in published["statements"]:
        opened = [OpenedItem.from_json(item, field="") for item in one["items"]]
        statement = Statement.open(Envelope.from_json(one["envelope"]), opened)
        register = (
            Register.found(statement) if register is None else register.after(statement, at=one["position"])
        )
    assert register is not None
    with ledger.book() as book:
        assert register.at_size(book.size) == book.register


def test_an_entry_tells_when_and_a_digest_and_nothing_else(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    position = ledger.size() - 1
    entry = client.get(f"/api/v1/entries/{position}").json()
    assert set(entry) == {"position", "recorded_at", "entry", "leaf_hash", "prev", "statement", "proof"}
    envelope = ledger.stored(position).envelope.raw
    assert entry["statement"] == b64encode(sha256(envelope).digest()).decode()


def test_the_checkpoint_is_kept_for_seconds(client: Client) -> None:
    assert client.get("/log/checkpoint").headers["cache-control"] == "public, max-age=2"


@pytest.mark.parametrize("path", ["/log/vkey", "/log/checkpoint", "/log/register", "/log/tile/0/000.p/1"])
def test_the_log_answers_head_too(client: Client, path: str) -> None:
    asked, whole = client.send("HEAD", path), client.get(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == whole.headers["content-length"]


def test_a_healthy_server_says_how_far_its_log_has_come(client: Client, ledger: Ledger) -> None:
    answer = client.get("/healthz")
    assert answer.json() == {"status": "ok", "origin": ledger.origin, "size": ledger.size()}


def test_the_registrar_enrols_a_party_that_keeps_its_key_and_one_that_does_not(
    client: Client, ledger: Ledger
) -> None:
    registrar = registrar_of(ledger)
    kept = client.post("/api/v1/keys", json={"role": "enterprise"}, key=registrar.key)
    assert kept.status_code == 201, kept.text
    signer = Ed25519Signer.from_secret(bytes(31) + b"\x09")
    asked = {"role": "laboratory", "public_key": str(signer.public)}
    draft = client.post("/api/v1/keys/drafts", json=asked, key=registrar.key)
    assert draft.status_code == 200, draft.text
    own = client.post("/api/v1/keys", json=signed_draft(draft.json(), signer), key=registrar.key)
    assert own.status_code == 201, own.text
    with ledger.book() as book:
        found = {str(one.party): (one.role, one.custody) for one in book.register.keys.values()}
    assert found[kept.json()["party"]] == ("enterprise", "custodial")
    assert found[own.json()["party"]] == ("laboratory", "own")
    access = client.post("/api/v1/access-keys", json={"party": kept.json()["party"]}, key=registrar.key)
    assert access.status_code == 201
    assert access.json()["until"] == "2027-02-12T08:00:00+08:00"
    body = {"maker": kept.json()["party"], "name": "韭菜", "category": "edible_farm_produce"}
    assert client.post("/api/v1/batches", json=body, key=access.json()["access_key"]).status_code == 201


def test_the_registrar_revokes_a_key(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    registrar = registrar_of(ledger)
    with ledger.book() as book:
        (keyid,) = [keyid for keyid, one in book.register.keys.items() if one.party == co_op.party]
    body = {"action": "revoke", "keyid": keyid, "reason": "stolen"}
    assert client.post("/api/v1/keys", json=body, key=registrar.key).status_code == 201
    again = client.post("/api/v1/keys", json=body, key=registrar.key)
    assert (again.status_code, again.json()["errors"][0]["name"]) == (422, "UnknownName")
    assert client.get("/api/v1/statements", key=co_op.key).status_code == 401


def test_a_whole_proof_file_is_text(client: Client) -> None:
    answer = client.get("/api/v1/entries/0/proof")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    entry = client.get("/api/v1/entries/0").json()["entry"]
    assert answer.text.startswith(f"c2sp.org/tlog-proof@v1\nextra {entry}\nindex 0\n")
