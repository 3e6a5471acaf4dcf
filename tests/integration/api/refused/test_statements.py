"""Statements that were signed elsewhere and cannot be taken: each refused by name, in both languages, and nothing written."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import pytest

from ledger.canonical import canonical
from ledger.identifiers import BatchCode, GoodsId, Instant, PartyId, StatementId
from ledger.keys import Ed25519Signer
from ledger.statement import Envelope, Item, Signature, sign_statement
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Inspection
from ledger.vocabulary.registering import Key
from tests.support.refusals import Asked, check_refused
from tests.support.server import MORNING_MS, enrol_party

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.service import Ledger
    from ledger.statement import Statement
    from ledger.vocabulary.said import Said
    from tests.support.server import Client, Enrolled

PATH = "/api/v1/statements"
ANOTHER_LOG = "other.example/0123456789abcdef"
Body = dict[str, object]


class Maker:
    """A farm that keeps its own key, and what it signs."""

    def __init__(self, ledger: Ledger) -> None:
        self.signer = Ed25519Signer.generate()
        self.enrolled = enrol_party(ledger, "自持密钥的农场（演示）", signer=self.signer)
        self.log = ledger.origin

    @property
    def party(self) -> PartyId:
        return self.enrolled.party

    def batch(self) -> Batch:
        goods = GoodsId.of_batch(BatchCode.new(bytes(10)))
        return Batch(goods=goods, maker=self.party, name="韭菜", category="edible_farm_produce")

    def signs(
        self,
        said: Said | None = None,
        *,
        items: tuple[Item, ...] | None = None,
        log: str | None = None,
        issuer: PartyId | None = None,
        signer: Ed25519Signer | None = None,
        also: Ed25519Signer | None = None,
        at_ms: int = MORNING_MS,
        type_name: str | None = None,
    ) -> Statement:
        content = said or self.batch()
        return sign_statement(
            content.to_items() if items is None else items,
            log=log or self.log,
            statement_id=StatementId.new(MORNING_MS, b"0123456789"),
            type_name=type_name or content.TYPE,
            issuer=issuer or self.party,
            occurred_at=Instant(at_ms, 480),
            signers=[signer or self.signer, *([] if also is None else [also])],
        )


@pytest.fixture
def maker(ledger: Ledger) -> Maker:
    return Maker(ledger)


def with_signature(statement: Statement, change: Callable[[bytes], bytes]) -> Body:
    (signature,) = statement.envelope.signatures
    forged = Envelope(statement.envelope.payload, (Signature(signature.keyid, change(signature.sig)),))
    return {**statement.as_json(), "envelope": forged.as_json()}


def with_items(statement: Statement, items: object) -> Body:
    return {**statement.as_json(), "items": items}


def with_payload(statement: Statement, change: Callable[[bytes], bytes]) -> Body:
    envelope = dict(statement.envelope.as_json())
    envelope["payload"] = b64encode(change(b64decode(str(envelope["payload"])))).decode()
    return {**statement.as_json(), "envelope": envelope}


def test_a_statement_that_was_signed_elsewhere_is_recorded(client: Client, maker: Maker) -> None:
    body = maker.signs().as_json()
    first = client.post(PATH, json=body)
    assert (first.status_code, first.json()["again"]) == (201, False)
    again = client.post(PATH, json=body)
    assert (again.status_code, again.json()) == (200, first.json() | {"again": True})


def test_the_same_content_salted_and_signed_anew_gives_the_same_receipt(client: Client, maker: Maker) -> None:
    first = client.post(PATH, json=maker.signs().as_json())
    again = client.post(PATH, json=maker.signs().as_json())
    assert (again.status_code, again.json()) == (200, first.json() | {"again": True})


def test_a_list_is_recorded_whole_or_not_at_all(client: Client, ledger: Ledger, maker: Maker) -> None:
    size = ledger.size()
    good, bad = maker.signs().as_json(), with_items(maker.signs(), [])
    refused = client.post(PATH, json=[good, bad])
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["statements[1].items"]
    assert ledger.size() == size
    assert client.post(PATH, json=[good]).status_code == 201
    assert ledger.size() == size + 1


def test_a_wrong_signature_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    body = with_signature(maker.signs(), lambda sig: sig[:-1] + bytes([sig[-1] ^ 1]))
    refused(client, ledger, body, status=403, name="SignatureWrong", at="signatures")


def test_a_signature_of_another_length_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    for change in (lambda sig: sig[:-1], lambda sig: sig + b"\0", lambda _sig: b""):
        body = with_signature(maker.signs(), change)
        refused(client, ledger, body, status=403, name="SignatureWrong", at="signatures")


def test_a_key_nobody_enrolled_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    stranger = Ed25519Signer.from_secret(b"\x08" * 32)
    body = maker.signs(signer=stranger).as_json()
    came = stranger.public.keyid
    refused(client, ledger, body, status=403, name="SignatureWrong", at="signatures", came=came)


def test_a_key_that_was_revoked_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    ledger.say(ledger.registrar, Key(action="revoke", keyid=maker.signer.public.keyid, reason="lost"))
    refused(client, ledger, maker.signs().as_json(), status=403, name="SignatureWrong", at="signatures")


def test_the_key_of_somebody_else_is_refused(
    client: Client, ledger: Ledger, maker: Maker, co_op: Enrolled
) -> None:
    body = maker.signs(issuer=co_op.party).as_json()
    refused(client, ledger, body, status=403, name="NotAllowed", at="signatures", came=str(maker.party))


def test_the_right_key_without_the_right_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    inspection = Inspection(party=maker.party, officers=("E-1",), conclusion="in_order")
    body = maker.signs(inspection).as_json()
    refused(
        client, ledger, body, status=403, name="NotAllowed", at="type", came="inspection.v1 by enterprise"
    )


def test_a_party_gives_its_own_key_no_other_role_and_nobody_elses_key_any(
    client: Client, ledger: Ledger, maker: Maker, co_op: Enrolled
) -> None:
    new = Ed25519Signer.from_secret(b"\x09" * 32)
    for party, role in ((maker.party, "authority"), (co_op.party, "enterprise")):
        enrolment = Key.read(
            {
                "action": "enrol",
                "party": str(party),
                "role": role,
                "custody": "own",
                "kind_of_key": "ed25519",
                "public_key": str(new.public),
            }
        )
        body = maker.signs(enrolment, also=new).as_json()
        refused(client, ledger, body, status=403, name="NotAllowed", at="type")


def test_a_statement_for_another_log_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    body = maker.signs(log=ANOTHER_LOG).as_json()
    refused(client, ledger, body, status=422, name="AnotherLog", at="log", came=ANOTHER_LOG)


def test_items_of_another_log_do_not_open_here(client: Client, ledger: Ledger, maker: Maker) -> None:
    elsewhere = maker.signs(log=ANOTHER_LOG).as_json()["items"]
    body = with_items(maker.signs(), elsewhere)
    refused(client, ledger, body, status=422, name="CommitmentWrong", at="items[0]")


def test_an_item_that_was_changed_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    statement = maker.signs()
    (opened, *_) = statement.opened
    changed = Item.of(opened.item.kind, opened.item.audience, {**opened.item.fields, "name": "大葱"})
    item = {"item": b64encode(changed.raw).decode(), "salt": b64encode(opened.salt).decode()}
    refused(client, ledger, with_items(statement, [item]), status=422, name="CommitmentWrong", at="items[0]")


ITEMS: dict[str, tuple[object, str, str, int]] = {
    "one item too many": ([{"item": "e30=", "salt": "AA=="}] * 2, "Malformed", "items[0].salt", 422),
    "no items": ([], "Malformed", "items", 422),
    "items that are no list": ({"item": 1}, "Malformed", "items", 422),
    "an item that is no object": (["e30="], "Malformed", "items[0]", 422),
    "a salt of 31 bytes": (
        [{"item": "e30=", "salt": b64encode(bytes(31)).decode()}],
        "Malformed",
        "items[0].salt",
        422,
    ),
    "a salt of 33 bytes": (
        [{"item": "e30=", "salt": b64encode(bytes(33)).decode()}],
        "Malformed",
        "items[0].salt",
        422,
    ),
    "a salt without padding": (
        [{"item": "e30=", "salt": b64encode(bytes(32)).decode().rstrip("=")}],
        "Malformed",
        "items[0].salt",
        422,
    ),
    "an item that is not JSON": (
        [{"item": "AAAA", "salt": b64encode(bytes(32)).decode()}],
        "NotJson",
        "items[0].item",
        400,
    ),
    "an item of nothing": (
        [{"item": "e30=", "salt": b64encode(bytes(32)).decode()}],
        "Malformed",
        "items[0].item.kind",
        422,
    ),
    "1,001 items": ([{}] * 1_001, "TooLarge", "items", 413),
}


@pytest.mark.parametrize(("items", "name", "at", "status"), ITEMS.values(), ids=ITEMS)
def test_items_that_are_none_are_refused(
    client: Client, ledger: Ledger, maker: Maker, items: object, name: str, at: str, status: int
) -> None:
    refused(client, ledger, with_items(maker.signs(), items), status=status, name=name, at=at)


def test_an_item_left_out_is_missed(client: Client, ledger: Ledger, maker: Maker) -> None:
    statement = maker.signs(
        Batch.read(
            maker.batch().model_dump(mode="json", exclude_none=True)
            | {"quantity": {"amount": "1", "unit": "KGM"}}
        )
    )
    first = statement.as_json()["items"]
    assert isinstance(first, list)
    assert len(first) == 2
    body = with_items(statement, first[:1])
    refused(client, ledger, body, status=422, name="CommitmentWrong", at="items", came="1 items")


PAYLOADS: dict[str, tuple[Callable[[bytes], bytes], str, str, int]] = {
    "another spelling of the same": (lambda raw: raw + b" ", "NotCanonical", "payload", 422),
    "a name twice": (lambda raw: raw[:-1] + b',"v":1}', "DuplicateName", "payload.v", 400),
    "a field nobody knows": (
        lambda raw: canonical({**json.loads(raw), "note": "x"}),
        "Malformed",
        "payload.note",
        422,
    ),
    "version 2": (lambda raw: canonical({**json.loads(raw), "v": 2}), "Malformed", "payload.v", 422),
    "a type without a version": (
        lambda raw: canonical({**json.loads(raw), "type": "batch"}),
        "Malformed",
        "payload.type",
        422,
    ),
    "an issuer that is none": (
        lambda raw: canonical({**json.loads(raw), "issuer": "me"}),
        "Malformed",
        "payload.issuer",
        422,
    ),
    "a list": (lambda _raw: b"[]", "NotJson", "payload", 400),
    "nothing": (lambda _raw: b"", "NotJson", "payload", 400),
}


@pytest.mark.parametrize(("change", "name", "at", "status"), PAYLOADS.values(), ids=PAYLOADS)
def test_a_header_that_is_none_is_refused(
    client: Client,
    ledger: Ledger,
    maker: Maker,
    change: Callable[[bytes], bytes],
    name: str,
    at: str,
    status: int,
) -> None:
    refused(client, ledger, with_payload(maker.signs(), change), status=status, name=name, at=at)


def test_a_type_nobody_knows_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    body = maker.signs(type_name="wish.v1").as_json()
    refused(client, ledger, body, status=422, name="UnknownName", at="type", came="wish.v1")


def test_a_record_cut_in_another_way_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    (item,) = maker.batch().to_items()
    for_officials = Item.of(item.kind, "officials", item.fields)
    body = maker.signs(items=(for_officials,)).as_json()
    refused(client, ledger, body, status=422, name="Malformed", at="items[0].audience", came="officials")


def test_a_time_more_than_five_minutes_ahead_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    ahead = MORNING_MS + 5 * 60_000
    body = maker.signs(at_ms=ahead + 1).as_json()
    refused(client, ledger, body, status=422, name="NotYetHappened", at="occurred_at")
    assert client.post(PATH, json=maker.signs(at_ms=ahead).as_json()).status_code == 201


def test_what_is_no_statement_is_refused(client: Client, ledger: Ledger, maker: Maker) -> None:
    whole = maker.signs().as_json()
    refused(client, ledger, {}, status=422, name="Malformed", at="")
    refused(client, ledger, {**whole, "note": "x"}, status=422, name="Malformed", at="")
    refused(client, ledger, {**whole, "envelope": 1}, status=422, name="Malformed", at="envelope")
    refused(client, ledger, [], status=422, name="Malformed", at="statements", came="[]")
    refused(client, ledger, [whole] * 101, status=413, name="TooLarge", at="statements", came="101")
    refused(client, ledger, "statement", status=422, name="Malformed", at="statements")


def test_the_server_signs_for_nobody_who_keeps_the_key(client: Client, ledger: Ledger, maker: Maker) -> None:
    content = json.dumps(maker.batch().model_dump(mode="json", exclude_none=True)).encode()
    asked = Asked("/api/v1/batches", content, key=maker.enrolled.key)
    came = str(maker.party)
    check_refused(client, ledger, asked, status=403, name="SignsForHimself", at="authorization", came=came)


def refused(
    client: Client, ledger: Ledger, body: object, *, status: int, name: str, at: str, came: str | None = None
) -> None:
    asked = Asked(PATH, json.dumps(body).encode())
    check_refused(client, ledger, asked, status=status, name=name, at=at, came=came)
