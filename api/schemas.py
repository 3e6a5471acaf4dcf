"""The request bodies in the OpenAPI document, made from the same models that read them.

Bodies do not pass through FastAPI (see `api.bodies`), so their schemas are put into the document here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pydantic import create_model
from pydantic.json_schema import models_json_schema

from api.asking import CHECK, MANY, STATEMENTS_MAX, VOUCHER
from api.drafting import GTIN, Meta, filled_fields
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.said import Part, Said
from ledger.vocabulary.trade import Receipt, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI
    from pydantic import BaseModel

#: A piece of an OpenAPI document.
Schema = dict[str, object]

_REF: Final = "#/components/schemas/{model}"


def request_model(kind: type[Said]) -> type[BaseModel]:
    """The body of one record: its own fields and those of the header."""
    return create_model(request_name(kind), __base__=(Meta, kind), __doc__=kind.__doc__)


def request_schemas(kinds: Iterable[type[Said]]) -> Mapping[str, Schema]:
    """The schemas of all these bodies and of what they are made of, by name."""
    models = {kind: request_model(kind) for kind in kinds}
    _, whole = models_json_schema([(model, "validation") for model in models.values()], ref_template=_REF)
    schemas: dict[str, Schema] = dict(whole["$defs"])
    for kind, model in models.items():
        _describe(schemas[model.__name__], kind)
        _leave_out(schemas[model.__name__], kind)
    if Receipt in models:
        along = schemas[models[Receipt].__name__]["properties"]
        assert isinstance(along, dict)
        for name, said in ((CHECK, SupplierCheck), (VOUCHER, Voucher)):
            along[name] = {
                "allOf": [{"$ref": _REF.format(model=models[said].__name__)}],
                "description": "What the receipt says already may be left out. 收货已写明的可省略",
            }
    return schemas


def add_schemas(app: FastAPI, kinds: Iterable[type[Said]]) -> None:
    """Put the bodies into the application's OpenAPI document, once, when it is first asked for."""
    from_routes, all_kinds = app.openapi, tuple(kinds)

    def with_bodies() -> dict[str, object]:
        document: dict[str, object] = from_routes()
        components = document.setdefault("components", {})
        assert isinstance(components, dict)
        schemas = components.setdefault("schemas", {})
        if not schemas.keys() >= {request_name(kind) for kind in all_kinds}:
            schemas.update(request_schemas(all_kinds))
        return document

    app.openapi = with_bodies  # type: ignore[method-assign]  # the way FastAPI's own manual shows


def request_name(kind: type[Said]) -> str:
    """What the body of one record is called in the document."""
    return f"{kind.__name__}Request"


def request_body(kind: type[Said]) -> Schema:
    """One record, or many."""
    one = {"$ref": _REF.format(model=request_name(kind))}
    many = {
        "type": "object",
        "properties": {MANY: {"type": "array", "items": one, "minItems": 1, "maxItems": STATEMENTS_MAX}},
        "required": [MANY],
        "additionalProperties": False,
    }
    return json_body({"oneOf": [one, many]})


def json_body(schema: Schema) -> Schema:
    """A JSON body of this schema, for `openapi_extra`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def inlined(model: type[BaseModel]) -> Schema:
    """The schema of a model that stands in one place only: what it is made of stands where it is named, for a document has no place for it."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def filled(node: object) -> object:
        if isinstance(node, list):
            return [filled(one) for one in node]
        if not isinstance(node, dict):
            return node
        named = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if named in parts:
            node = {**parts[named], **{name: value for name, value in node.items() if name != "$ref"}}
        return {name: filled(value) for name, value in node.items()}

    return {name: filled(value) for name, value in schema.items()}


def model_body(model: type[Part]) -> Schema:
    """A JSON body of this model."""
    return json_body(model.model_json_schema(ref_template=_REF))


def _leave_out(schema: Schema, kind: type[Said]) -> None:
    """What the server draws may be left out; a batch may bring its GTIN instead."""
    required, properties, drawn = schema.get("required"), schema["properties"], filled_fields(kind)
    assert isinstance(properties, dict)
    if isinstance(required, list):
        required[:] = [name for name in required if name not in drawn]
    if kind is Batch:
        properties[GTIN] = {
            "type": "string",
            "examples": ["09520001000027"],
            "description": "不填 goods 时与批号组成 GS1 数字链接 · without goods: makes the Digital Link with the batch number, where that fits one",
        }


def _describe(schema: Schema, kind: type[Said]) -> None:
    """Each field's name in both languages and who may read it."""
    properties = schema["properties"]
    assert isinstance(properties, dict)
    for name, place in kind.places().items():
        properties[name]["description"] = f"{place.zh} · {place.en} ({place.audience})"
