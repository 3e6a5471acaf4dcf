"""Our linksets against the schema that GS1 publishes, and the schema against the examples that came with it."""

from __future__ import annotations

import json
from typing import get_args

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest

from ledger.vocabulary.linking import LinkType
from tests.integration.resolver.world import BATCH, PACK, PRODUCT, SLASHED, World
from tests.support.vectors import vectors

pytestmark = pytest.mark.vectors

FOLDER = "gs1/linkset"


def read(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(vectors(f"{FOLDER}/{name}").read_text("utf-8"))
    return found


def schema() -> dict[str, object]:
    return read("gs1-linkset-schema.json")


@pytest.mark.parametrize(
    ("path", "also"),
    [
        (PACK, "?linkType=linkset"),
        (BATCH, "?linkType=linkset"),
        (PRODUCT, "?linkType=all"),
        (SLASHED, "?linkType=linkset"),
        (f"{PRODUCT}/10/KL8G/21/A%2FB", "?linkType=linkset"),
        (PRODUCT, "?linkType=gs1:certificationInfo"),
    ],
)
def test_our_linksets_are_as_the_schema_wants_them(world: World, path: str, also: str) -> None:
    for language in ("zh", "en"):
        body = world.get(path + also, accept_language=language).json()
        jsonschema.validate(body, schema())


def test_the_linkset_of_a_batch_code_is_as_the_schema_wants_it(world: World) -> None:
    body = world.get(f"/c/{world.batch_code}?linkType=linkset").json()
    jsonschema.validate(body, schema())
    (context,) = body["linkset"]
    assert context["anchor"] == f"{world.url}/c/{world.batch_code}"


def test_the_example_that_is_right_is_found_right() -> None:
    jsonschema.validate(read("valid-gs1-example.json"), schema())


@pytest.mark.parametrize(
    "name", ["invalid-basic-example.json", "invalid-gs1-example.json", "valid-basic-example.json"]
)
def test_the_examples_that_are_wrong_for_gs1_are_found_wrong(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(read(name), schema())


def test_an_answer_of_ours_that_is_spoilt_is_found_wrong(world: World) -> None:
    body = world.get(f"{BATCH}?linkType=linkset").json()
    for spoil in ("anchor", "itemDescription"):
        contexts = [{name: value for name, value in one.items() if name != spoil} for one in body["linkset"]]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"linkset": contexts}, schema())


def test_every_link_type_of_the_model_linkset_can_be_published_or_is_our_own() -> None:
    model = json.loads(vectors("gs1/resolver-testsuite/modelLinkset.json").read_text("utf-8"))
    named = {
        name.rpartition("/")[2]
        for context in model["linkset"]
        for name in context
        if name.startswith("https://")
    }
    ours = {*get_args(LinkType), "defaultLink", "traceability", "recallStatus", "verificationService"}
    assert named <= ours
