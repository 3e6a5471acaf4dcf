"""Every statement type, cut into items and put together again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.canonical import Json, canonical
from ledger.errors import Malformed, Refusal, TooLarge, UnknownName
from ledger.gate import RIGHTS
from ledger.register import REGISTER_TYPES
from ledger.statement import AUDIENCES, Item
from ledger.vocabulary import TYPES, said_type
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.parties import Party, Product
from ledger.vocabulary.registering import Key
from ledger.vocabulary.said import refusals
from ledger.vocabulary.trade import Sale, Shipment, SupplierFile
from ledger.vocabulary.values import CODES_MAX, LINES_MAX

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ledger.vocabulary.said import Said

PARTY, OTHER = "pty_0123456789abcdef", "pty_0123456789abcdeg"
LEEK = "https://id.gs1.org/01/09520001000027/10/JC-20261114"
LINE: Json = {"goods": LEEK, "quantity": {"amount": "60", "unit": "KGM"}, "codes": ["99999919000000000047"]}
STATEMENT = "01980000-0000-7000-8000-000000000000"

#: A value for every field name that occurs, so that each type can be filled whole.
SAMPLES: dict[str, Json] = {
    "amount": "3200.00",
    "total": "3200.00",
    "at": PARTY,
    "buyer": PARTY,
    "seller": OTHER,
    "holder": PARTY,
    "held_by": PARTY,
    "maker": PARTY,
    "owner": PARTY,
    "party": PARTY,
    "producer": PARTY,
    "supplier": PARTY,
    "taken_from": PARTY,
    "to": OTHER,
    "issuer": PARTY,
    "product": "prd_0123456789abcdef",
    "site": "site_0123456789abcdef",
    "goods": LEEK,
    "on_goods": [LEEK],
    "lines": [LINE],
    "inputs": [LINE],
    "outputs": [LINE],
    "quantity": {"amount": "60", "unit": "KGM"},
    "declared": {"amount": "60", "unit": "KGM"},
    "recovered": {"amount": "1", "unit": "KGM"},
    "sold": {"amount": "1", "unit": "KGM"},
    "destroyed": {"amount": "1", "unit": "KGM"},
    "lost": {"amount": "1", "unit": "KGM"},
    "gtin": "09520001000027",
    "batch_number": "JC-20261114",
    "region": "320682",
    "evidence": "ab" * 32,
    "recall": STATEMENT,
    "ends": STATEMENT,
    "shipment": STATEMENT,
    "statement": STATEMENT,
    "places": [0],
    "wait_days": 10,
    "offer": True,
    "objection_until": "2026-11-17T08:00:00+08:00",
    "codes": ["99999919000000000047"],
    "heads": [{"scheme": "drug", "head": "8123456", "level": "case", "holds": 10}],
    "aliases": ["https://brand.example/t/AB-00017"],
    "code": "99999919000000000047",
    "scope": ["蔬菜"],
    "officers": ["演-0001"],
    "keyid": "0" * 64,
    "valid_from_ms": 1,
    "valid_to_ms": 2,
    "voucher": {"voucher_kind": "sales_slip", "number": "A-07-1"},
    "prices": [
        {"goods": "https://id.gs1.org/01/09520001000027/10/JC-1", "unit_price": "4.00", "amount": "240.00"}
    ],
    "checks": [{"what": "licence", "result": "in_order"}],
    "documents": [{"document_kind": "营业执照", "number": "1", "holder": PARTY, "valid_to": "2027-01-01"}],
    "results": [{"analyte": "氟虫腈", "value": "0.09", "verdict": "fail"}],
    "erased": [{"issuer": PARTY, "statement": STATEMENT, "places": [0, 1]}],
    "event": "e30=",
    "media_type": "application/ld+json",
    "beside": {"context": "{}"},
    "gln": "9520001000010",
    "headquarters": PARTY,
    "market": PARTY,
    "carrier": PARTY,
    "platform": PARTY,
    "shop": PARTY,
    "successor": OTHER,
    "of": OTHER,
    "for_shops": [PARTY, OTHER],
    "within": "site_0123456789abcdeg",
    "latitude": "32.3912",
    "longitude": "120.5731",
    "device": "cd" * 32,
    "snapshot": "cd" * 32,
    "url": "https://shop.example/item/1",
    "href": "https://maker.example/leek",
    "languages": ["zh-CN"],
    "contexts": ["CN"],
    "products": ["prd_0123456789abcdef"],
    "active_ingredients": ["噻虫嗪"],
    "packs": [{"unit": "XCS", "holds": {"amount": "10", "unit": "KGM"}}],
    "claims": [{"claim": "有机", "certificate_number": "DEMO-OP-1"}],
    "details": [{"field": "variety", "value": "演示 1 号"}],
    "imported": {"country": "NL", "declaration_number": "DEMO-1", "importer": PARTY},
    "shelf_life_days": 180,
    "covers": {"amount": "1200", "unit": "KGM"},
    "base_quantity": {"amount": "1200", "unit": "KGM"},
    "set_aside": {"amount": "12", "unit": "KGM"},
    "promises": ["no_banned_substances", "truthful"],
    "replaces": [STATEMENT],
    "deliveries": [STATEMENT],
    "statements": [STATEMENT],
    "about": [STATEMENT],
    "follows": STATEMENT,
    "sample": STATEMENT,
    "retest_of": STATEMENT,
    "inspection": STATEMENT,
    "order": STATEMENT,
    "seizure": STATEMENT,
    "parent_code": "99999939000000000001",
    "checklist": [{"what": "标签", "result": "in_order"}],
    "witnesses": ["见证人（演示）"],
    "finding": "oversold",
    "public_key": "AAAA",
    "rp_id": "suyuan.example",
    "since_ms": 3,
    "until_ms": 4,
    "follows_size": 5,
    "old_vkey": "log.example+00000000+AAAA",
    "new_vkey": "log.example+00000001+AAAA",
    "old_signature": "A" * 86 + "==",
    "new_signature": "A" * 86 + "==",
}
#: Where the same name means something else in one type.
OTHERWISE: dict[tuple[str, str], Json] = {
    ("certificate.v1", "goods"): [LEEK],
    ("hold.v1", "goods"): [LEEK],
    ("takedown.v1", "goods"): [LEEK],
    ("grant.v1", "goods"): [LEEK],
    ("destruction.v1", "evidence"): ["ab" * 32],
    ("answer.v1", "evidence"): ["ab" * 32],
    ("scan_batch.v1", "digest"): "ab" * 32,
    ("scan_batch.v1", "count"): 12,
    ("scan_batch.v1", "first_at"): "2026-11-14T08:00:00+08:00",
    ("scan_batch.v1", "last_at"): "2026-11-14T09:00:00+08:00",
    ("key.v1", "holder"): "per_0123456789abcdef",
    ("codes.v1", "run"): "01980000-0000-7000-8000-000000000000",
    ("codes.v1", "part"): 2,
    ("codes.v1", "run_codes"): 20,
    ("key.v1", "replaces"): "1" * 64,
    ("recall.v1", "goods"): [LEEK],
    ("inspection.v1", "goods"): [LEEK],
    ("inspection.v1", "evidence"): ["ab" * 32],
    ("voucher.v1", "lines"): [{"name": "韭菜", "goods": LEEK, "amount": "3200.00"}],
}


def _sample(type_name: str, name: str, info: FieldInfo) -> Json:
    if (type_name, name) in OTHERWISE:
        return OTHERWISE[type_name, name]
    if name in SAMPLES:
        return SAMPLES[name]
    schema = _schema(info)
    if "enum" in schema:
        choices = schema["enum"]
        assert isinstance(choices, list)
        return str(choices[0])
    if "const" in schema:
        return str(schema["const"])
    return (
        "2026-11-14"
        if name.endswith("_on") or name in {"on", "until", "authorised_until", "valid_from", "valid_to"}
        else "演示文字"
    )


def _schema(info: FieldInfo) -> dict[str, object]:
    """The JSON schema of one field, without its `or null`."""
    assert info.annotation is not None
    schema: dict[str, object] = TypeAdapter(info.annotation).json_schema()
    choices = schema.get("anyOf")
    return dict(choices[0]) if isinstance(choices, list) else schema


def full(kind: type[Said]) -> Said:
    """A record of this type with every field given."""
    return kind.read({name: _sample(kind.TYPE, name, info) for name, info in kind.model_fields.items()})


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
def test_a_record_with_every_field_comes_back_from_its_items(kind: type[Said]) -> None:
    said = full(kind)
    assert all(getattr(said, name) is not None for name in kind.model_fields)
    assert kind.from_items(said.to_items()) == said
    assert kind.from_items([Item.parse(item.raw) for item in said.to_items()]) == said


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
def test_every_field_has_a_place_an_audience_and_a_name_in_both_languages(kind: type[Said]) -> None:
    places = kind.places()
    assert set(places) == set(kind.model_fields)
    for place in places.values():
        assert place.audience in AUDIENCES
        assert place.zh
        assert place.en
    audience_of_item = {(place.item, place.audience) for place in places.values()}
    assert len(audience_of_item) == len({item for item, _ in audience_of_item})
    assert all([kind.TITLE.zh, kind.TITLE.en, kind.__doc__])


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
def test_no_type_takes_a_field_it_does_not_know(kind: type[Said]) -> None:
    body = {name: _sample(kind.TYPE, name, info) for name, info in kind.model_fields.items()}
    with pytest.raises(Malformed, match="no such field") as caught:
        kind.read({**body, "colour": "red"})
    assert caught.value.field == "colour"


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
def test_a_required_field_that_is_missing_is_named(kind: type[Said]) -> None:
    body = {name: _sample(kind.TYPE, name, info) for name, info in kind.model_fields.items()}
    required = [name for name, info in kind.model_fields.items() if info.is_required()]
    for name in required:
        with pytest.raises(Malformed, match=r"a value \(required\)") as caught:
            kind.read({key: value for key, value in body.items() if key != name})
        assert caught.value.field == name


def test_personal_data_lies_in_items_of_its_own_that_name_no_goods() -> None:
    """So that erasing a person leaves the trade readable."""
    for kind in TYPES.values():
        places = kind.places()
        for name in ("person_name", "buyer_name", "checked_by", "reporter_name", "phone", "buyer_phone"):
            if name in places:
                beside = {other for other, place in places.items() if place.item == places[name].item}
                assert places[name].audience in {"parties", "officials"}
                assert beside <= {
                    "person_name", "buyer_name", "checked_by", "reporter_name", "phone", "buyer_phone", "reporter_phone", "address",
                }  # fmt: skip


def test_what_is_left_after_an_erasure_still_says_the_rest() -> None:
    farmer = Party.read(
        {"party": PARTY, "party_kind": "farmer", "person_name": "王大田（演示）", "phone": "139"}
    )
    left = Party.from_remaining([item for item in farmer.to_items() if item.kind != "contact"])
    assert left == Party.read({"party": PARTY, "party_kind": "farmer"})
    sale = Sale.read({"lines": [LINE]})
    assert Sale.from_remaining([]) is None
    assert Sale.from_remaining(sale.to_items()) == sale


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("to", "acme", "to"),
        ("to", 5, "to"),
        ("offer", "true", "offer"),
        ("offer", 1, "offer"),
        ("lines", [], "lines"),
        ("lines", "x", "lines"),
        ("lines", [{"goods": LEEK}], "lines[0].quantity"),
        ("lines", [{"goods": "leek", "quantity": {"amount": "1", "unit": "KGM"}}], "lines[0].goods"),
        ("lines", [{"goods": LEEK, "quantity": {"amount": "1e3", "unit": "KGM"}}], "lines[0].quantity"),
        ("lines", [{"goods": LEEK, "quantity": {"amount": "1", "unit": "斤"}}], "lines[0].quantity"),
        ("lines", [{"goods": LEEK, "quantity": "60 KGM"}], "lines[0].quantity"),
        ("total", "3200.5", "total"),
        ("total", "-1.00", "total"),
        ("lines", [{"goods": LEEK, "quantity": {"amount": "-1", "unit": "KGM"}}], "lines[0].quantity"),
        ("vehicle", " 苏F ", "vehicle"),
        ("vehicle", "a\tb", "vehicle"),
        ("vehicle", "", "vehicle"),
        ("vehicle", "x" * 101, "vehicle"),
    ],
)
def test_a_bad_value_is_refused_with_its_field_in_both_languages(field: str, value: Json, said: str) -> None:
    body: dict[str, Json] = {"to": OTHER, "lines": [LINE]}
    Shipment.read(body)
    with pytest.raises(Refusal) as caught:
        Shipment.read({**body, field: value})
    assert caught.value.field.startswith(said)
    assert caught.value.in_language("zh") != caught.value.in_language("en")


def test_lists_are_taken_to_their_limit_and_refused_beyond() -> None:
    body: dict[str, Json] = {"action": "issue", "goods": LEEK}
    codes = [f"9999991900000{number:07d}" for number in range(CODES_MAX + 1)]
    assert len(Codes.read({**body, "codes": codes[:-1]}).codes) == CODES_MAX
    with pytest.raises(TooLarge):
        Codes.read({**body, "codes": codes})
    with pytest.raises(TooLarge):
        Sale.read({"lines": [LINE] * (LINES_MAX + 1)})


def test_items_in_another_order_or_twice_are_not_the_cutting_of_this_type() -> None:
    items = Batch.read(
        {
            "goods": LEEK,
            "maker": PARTY,
            "name": "韭菜",
            "category": "farm_produce",
            "quantity": {"amount": "1", "unit": "KGM"},
        }
    ).to_items()
    for wrong in (items[::-1], items[:1] + items, items[1:]):
        with pytest.raises(Refusal):
            Batch.from_items(wrong)


def test_a_value_in_another_spelling_is_not_the_cutting_of_this_type() -> None:
    shipment, *lines = Shipment.read(
        {"to": OTHER, "lines": [{"goods": LEEK, "quantity": {"amount": "1.5", "unit": "KGM"}}]}
    ).to_items()
    respelt = Item.parse(lines[0].raw.replace(b'"1.5"', b'"1.50"'))
    with pytest.raises(Refusal):
        Shipment.from_items([shipment, respelt])


def test_an_item_of_another_kind_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        Sale.from_items([Item.parse(canonical({"audience": "public", "kind": "price"}))])
    assert caught.value.field == "items[0].kind"


def test_rights_speak_of_known_types_only() -> None:
    assert set(RIGHTS) <= set(TYPES)
    assert set(TYPES) >= REGISTER_TYPES
    with pytest.raises(UnknownName, match=r"shipment\.v1"):
        said_type("shipment.v2")


def test_records_do_not_change() -> None:
    with pytest.raises(ValidationError):
        full(Sale).__setattr__("region", None)


@pytest.mark.parametrize(
    ("said", "body", "zh"),
    [
        (Product, {"shelf_life_days": 0}, "不小于 1"),
        (Product, {"shelf_life_days": 10**12}, "不大于 36500"),
        (Product, {"name": "长" * 101}, "文字长度最多 100"),
        (Product, {"active_ingredients": []}, "至少 1 项，收到 0 项"),
        (Codes, {"codes": []}, "至少 1 项，收到 0 项"),
        (Codes, {"action": "?"}, "以下之一：'issue'"),
        (Key, {"keyid": "zz"}, "符合 ^[0-9a-f]{64}$ 的文字"),
    ],
)
def test_what_was_expected_is_said_in_chinese_to_whoever_reads_chinese(
    said: type[Said], body: dict[str, Json], zh: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        said.model_validate(body)
    (name,) = body
    told = [one.expected.zh for one in refusals(refused.value) if one.field == name]
    assert told[0].startswith(zh)
    assert not {"equal", "should", "characters", "items", "validation"} & set(told[0].split())


def test_a_list_whose_only_member_is_wrong_is_not_too_short_as_well() -> None:
    def wrong(*papers: dict[str, str]) -> list[str]:
        with pytest.raises(ValidationError) as raised:
            SupplierFile.model_validate({"supplier": PARTY, "documents": papers})
        return [one.field for one in refusals(raised.value)]

    assert wrong() == ["documents"]
    assert wrong({"document_kind": "营业执照", "valid_from": "x"}) == ["documents[0].valid_from"]
