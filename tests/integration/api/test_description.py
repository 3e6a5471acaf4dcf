"""The API's description holds together: whatever is named in it stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.app import create_app
from api.settings import Settings
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.service import Ledger


def named(node: object) -> Iterator[str]:
    """Everything that is referred to."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from named(value)
    elif isinstance(node, list):
        for value in node:
            yield from named(value)


def stands(document: object, reference: str) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True


def test_everything_that_is_referred_to_stands_there(ledger: Ledger) -> None:
    document = create_app(ledger, Settings(base_url=BASE_URL, limits=False)).openapi()
    asked = set(named(document))
    assert len(asked) > 20
    assert [one for one in sorted(asked) if not stands(document, one)] == []


def test_a_name_that_stands_elsewhere_is_found() -> None:
    document = {"paths": {"schema": {"$defs": {"Stretch": {}}, "$ref": "#/$defs/Stretch"}}}
    assert [one for one in named(document) if not stands(document, one)] == ["#/$defs/Stretch"]
