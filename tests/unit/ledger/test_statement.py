from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from ledger.canonical import Json, NotCanonical, canonical
from ledger.errors import Malformed, Refusal, SignatureWrong, TooLarge
from ledger.identifiers import GoodsId, StatementId
from ledger.register import check_signatures
from ledger.statement import (
    ITEM_BYTES_MAX,
    ITEMS_MAX,
    CommitmentWrong,
    Envelope,
    Header,
    Item,
    OpenedItem,
    Statement,
    pre_authentication_encoding,
)
from ledger.vocabulary.trade import Shipment
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.signing import Pen

PEN = Pen()
CO_OP, STALL, KEY = PEN.party(), PEN.party(), PEN.key()
LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
SHIPMENT = Shipment(to=STALL, lines=(Line(goods=LEEK, quantity=kg(60)), Line(goods=LEEK, quantity=kg(5))))
SIGNED = PEN.signs(CO_OP, SHIPMENT, [KEY])


def test_a_statement_travels_and_comes_back_the_same() -> None:
    assert Statement.from_json(SIGNED.as_json()) == SIGNED
    assert Envelope.parse(SIGNED.envelope.raw) == SIGNED.envelope
    assert Header.parse(SIGNED.header.payload()) == SIGNED.header


def test_the_signature_covers_lengths_type_and_payload() -> None:
    # DSSE protocol.md, "PAE".
    payload = SIGNED.envelope.payload
    assert pre_authentication_encoding(payload) == (
        b"DSSEv1 37 application/vnd.suyuan.statement+json %d %s" % (len(payload), payload)
    )


def test_an_opening_fits_only_its_own_log_issuer_statement_and_place() -> None:
    one = SIGNED.opened[0]
    here, id_, log = SIGNED.header.issuer, SIGNED.header.id, PEN.origin
    ours = one.commitment(log=log, issuer=here, statement=id_, place=0)
    elsewhere = [
        one.commitment(log="another.example/0011223344556677", issuer=here, statement=id_, place=0),
        one.commitment(log=log, issuer=STALL, statement=id_, place=0),
        one.commitment(log=log, issuer=here, statement=StatementId.new(1, bytes(10)), place=0),
        one.commitment(log=log, issuer=here, statement=id_, place=1),
    ]
    assert ours == SIGNED.header.items[0]
    assert ours not in elsewhere


def test_items_in_another_order_do_not_open_the_header() -> None:
    with pytest.raises(CommitmentWrong) as caught:
        Statement.open(SIGNED.envelope, SIGNED.opened[::-1])
    assert caught.value.field == "items[0]"


def test_a_changed_item_or_salt_does_not_open_its_commitment() -> None:
    first, *rest = SIGNED.opened
    other_item = replace(first, item=Item.of("shipment", "chain", {**first.item.fields, "offer": False}))
    other_salt = replace(first, salt=bytes(32))
    for wrong in (other_item, other_salt):
        with pytest.raises(CommitmentWrong):
            Statement.open(SIGNED.envelope, [wrong, *rest])


def test_every_item_must_come_with_the_envelope() -> None:
    with pytest.raises(CommitmentWrong, match="the 3 items that were signed"):
        Statement.open(SIGNED.envelope, SIGNED.opened[:-1])


@pytest.mark.parametrize("size", [31, 33])
def test_a_salt_has_exactly_32_bytes(size: int) -> None:
    body = SIGNED.opened[0].as_json()
    body["salt"] = b64encode(bytes(size)).decode()
    with pytest.raises(Malformed, match="exactly 32 bytes"):
        OpenedItem.from_json(body, field="items[0]")


def test_an_item_is_its_one_spelling() -> None:
    with pytest.raises(NotCanonical):
        Item.parse(b'{"kind":"line","audience":"chain"}')


def test_an_item_may_be_as_large_as_the_limit_and_no_larger() -> None:
    empty = len(canonical({"audience": "chain", "kind": "note", "text": ""}))
    assert len(Item.of("note", "chain", {"text": "x" * (ITEM_BYTES_MAX - empty)}).raw) == ITEM_BYTES_MAX
    with pytest.raises(TooLarge):
        Item.of("note", "chain", {"text": "x" * (ITEM_BYTES_MAX - empty + 1)})


def test_a_statement_with_too_many_items_is_refused_before_they_are_read() -> None:
    body = SIGNED.as_json()
    with pytest.raises(TooLarge, match="1 to 1000 items"):
        Statement.from_json({**body, "items": ["x"] * (ITEMS_MAX + 1)})
    with pytest.raises(Malformed, match=r"came '\[\]', expected 1 to 1000 items"):
        Statement.from_json({**body, "items": []})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"v": 2}, "payload.v"),
        ({"v": True}, "payload.v"),
        ({"type": "Shipment"}, "payload.type"),
        ({"type": "shipment.v0"}, "payload.type"),
        ({"id": "not-a-uuid"}, "payload.id"),
        ({"id": "01980000-0000-4000-8000-000000000000"}, "payload.id"),
        ({"issuer": "acme"}, "payload.issuer"),
        ({"occurred_at": "2026-11-06 18:40"}, "payload.occurred_at"),
        ({"occurred_at": 5}, "payload.occurred_at"),
        ({"items": []}, "payload.items"),
        ({"items": "x"}, "payload.items"),
        ({"items": ["AAAA"]}, "payload.items[0]"),
        ({"colour": "red"}, "payload.colour"),
        ({"corrects": None}, "payload.corrects"),
        ({"on_behalf_of": ""}, "payload.on_behalf_of"),
    ],
)
def test_a_header_that_is_not_a_header_is_refused_by_field(change: dict[str, Json], field: str) -> None:
    body: dict[str, Json] = {
        "v": 1,
        "log": PEN.origin,
        "id": str(SIGNED.header.id),
        "type": "shipment.v1",
        "issuer": str(CO_OP),
        "occurred_at": "2026-11-06T18:40:00+08:00",
        "items": [b64encode(bytes(32)).decode()],
    }
    Header.parse(canonical(body))
    with pytest.raises(Refusal) as caught:
        Header.parse(canonical({**body, **change}))
    assert caught.value.field == field


def test_an_envelope_has_exactly_its_three_fields_and_its_payload_type() -> None:
    body = SIGNED.envelope.as_json()
    for wrong in (
        {**body, "extra": 1},
        {k: v for k, v in body.items() if k != "signatures"},
        {**body, "payloadType": "x"},
    ):
        with pytest.raises(Malformed):
            Envelope.from_json(wrong)


def test_signatures_are_one_to_four_sorted_and_each_once() -> None:
    five = [PEN.key() for _ in range(5)]
    assert len(PEN.signs(CO_OP, SHIPMENT, five[:4]).envelope.signatures) == 4
    four = PEN.signs(CO_OP, SHIPMENT, five[:4]).envelope
    ones = four.signatures
    for wrong in ((), ones[::-1], (ones[0], ones[0]), PEN.signs(CO_OP, SHIPMENT, five).envelope.signatures):
        with pytest.raises(Malformed):
            Envelope.from_json(replace(four, signatures=wrong).as_json())


@pytest.mark.parametrize("text", ["AB=", "AB==\n", "A B=", "QQ=", "QR==", "Q_==", "é"])
def test_base64_has_one_spelling(text: str) -> None:
    body = SIGNED.envelope.as_json()
    with pytest.raises(Malformed):
        Envelope.from_json({**body, "payload": text})


def test_each_flipped_bit_of_a_signature_or_payload_is_found() -> None:
    register = PEN.register((CO_OP, KEY, "enterprise"))
    check_signatures(SIGNED.envelope, register.keys, at=2)
    signature = SIGNED.envelope.signatures[0]
    for bit in range(512):
        sig = bytearray(signature.sig)
        sig[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureWrong):
            check_signatures(
                replace(SIGNED.envelope, signatures=(replace(signature, sig=bytes(sig)),)),
                register.keys,
                at=2,
            )
    payload = bytearray(SIGNED.envelope.payload)
    payload[10] ^= 1
    with pytest.raises(SignatureWrong):
        check_signatures(replace(SIGNED.envelope, payload=bytes(payload)), register.keys, at=2)
