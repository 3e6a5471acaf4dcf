"""Who may ask for what, from the outside: each cell of a table that a person keeps (`matrix.csv`) against what the server answers.

The server never sees that table. Rows are addresses as the application declares them, columns are callers, cells are statuses.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.deps import asked_by_routes
from api.permissions import PERMISSIONS, Grant, Row
from ledger.accounts.callers import ACTING_ROLES, METHODS
from tests.authorisation.asking import serving, status
from tests.authorisation.requests import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from tests.authorisation.world import World
    from tests.support.server import Client

#: Refused whoever asks: the secret that opens is not known here, or the server was not told of such a service.
SAME_FOR_ALL = {
    "POST /demo/identity": "no demo",
    "POST /sign-in/card": "a wrong PIN",
    "POST /sign-in/recovery": "a wrong code",
    "POST /sign-in/link": "no channel",
    "POST /sign-in/link/open": "a wrong link",
    "POST /sign-in/agency": "no agency's service",
    "GET /sign-in/agency/back": "no agency's service",
    "GET /invite": "a wrong invite",
    "POST /invite": "a wrong invite",
}
#: Asked for in a form that is refused whoever asks (422): what would be taken needs a device, or a second step.
NOT_TAKEN = {
    "POST /api/v1/key-enrolments",
    "POST /api/v1/key-enrolments/draft",
    "POST /api/v1/sign-in/passkey",
    "POST /api/v1/invites/passkey/options",
    "POST /api/v1/invites/passkey",
    "POST /api/v1/account/passkeys",
    "DELETE /api/v1/account/passkeys/{credential}",
    "DELETE /api/v1/account/sessions/{name}",
    "POST /api/v1/people/agency",
    "POST /account/passkeys/remove",
    "POST /account/sessions/end",
    "POST /account/pin",
}
REFUSED = {401, 403, 404}


def _read() -> tuple[list[str], dict[str, dict[str, int]]]:
    with (Path(__file__).parent / "matrix.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    actors = [name for name in rows[0] if name not in {"method", "path"}]
    return actors, {
        f"{row['method']} {row['path']}": {actor: int(row[actor]) for actor in actors} for row in rows
    }


ACTORS, MATRIX = _read()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Client, World]]:
    with serving(tmp_path_factory.mktemp("matrix")) as server:
        yield server


@pytest.mark.parametrize("address", MATRIX)
def test_each_caller_gets_what_the_matrix_says(served: tuple[FastAPI, Client, World], address: str) -> None:
    _, client, world = served
    assert {actor: status(client, world, address, actor) for actor in ACTORS} == MATRIX[address]


def test_every_address_has_a_row_and_every_row_an_address(served: tuple[FastAPI, Client, World]) -> None:
    app, _, _ = served
    addresses = set(asked_by_routes(app))
    documented = {
        f"{method.upper()} {path.replace('{number}', '{number:path}')}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    assert addresses == set(MATRIX) == set(REQUESTS)
    assert {one for one in documented if one.split(" ")[1].startswith("/api/")} <= addresses


@pytest.mark.parametrize("address", sorted(set(MATRIX) - set(SAME_FOR_ALL) - NOT_TAKEN))
def test_whoever_is_refused_stands_beside_one_who_is_not(address: str) -> None:
    statuses = set(MATRIX[address].values())
    assert any(200 <= one < 400 for one in statuses), statuses


@pytest.mark.parametrize("address", sorted(NOT_TAKEN))
def test_what_is_taken_from_nobody_is_at_least_looked_at_for_some(address: str) -> None:
    assert 422 in MATRIX[address].values()


@pytest.mark.parametrize("address", sorted(SAME_FOR_ALL))
def test_where_all_are_refused_alike_only_the_key_makes_a_difference(address: str) -> None:
    others = {MATRIX[address][actor] for actor in ACTORS if actor not in {"few_scopes", "revoked_key"}}
    assert len(others) == 1
    assert others <= REFUSED


def test_a_permission_opened_by_mistake_is_found(
    served: tuple[FastAPI, Client, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, client, world = served
    address = "POST /api/v1/access-keys"
    row = PERMISSIONS["give_access_keys"]
    opened = Row(row.words, (Grant(frozenset(ACTING_ROLES), frozenset(METHODS)),))
    monkeypatch.setitem(PERMISSIONS, "give_access_keys", opened)
    differences = [
        actor for actor in ACTORS if status(client, world, address, actor) != MATRIX[address][actor]
    ]
    assert {"owner_b", "clerk", "market_operator"} <= set(differences)
