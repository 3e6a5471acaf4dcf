"""The API fuzzed by its own OpenAPI document, as each kind of caller: no fault of ours, no answer but a documented one, no way around a key.

One process and one worker: with two, the tool has been seen to crash in one phase and to go on without the rest. So each run also asserts
that every phase ran. What the whole tries in hours, the share of `make check` tries for a few operations, the same ones each time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Literal

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from api.app import create_app
from api.settings import Settings
from tests.support.server import BASE_URL, Clock, enrol_party, make_ledger, registrar_of
from tests.support.soak import soak_scale, soak_seeds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from fastapi import FastAPI
    from schemathesis.schemas import BaseSchema

    from ledger.service import Ledger

Role = Literal["nobody", "enterprise", "authority", "registrar"]
ROLES: tuple[Role, ...] = ("nobody", "enterprise", "authority", "registrar")
#: Each operation alone; then what one operation gave is used by the next (stateful), for all of them together.
ALONE = ("examples", "coverage", "fuzzing")
TOGETHER = ("stateful",)
#: How many operations a share of the soak has time for.
IN_A_SHARE = 3
#: Every operation for every role, and each role's own run of all operations together: one more operation makes four more of them.
WHOLE = 496
#: Too long a text is told apart from a wrong one.
REFUSALS = [400, 401, 403, 404, 405, 409, 413, 415, 422]


@dataclass(slots=True)
class Fuzzed:
    """What one run saw."""

    phases: dict[str, str] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with make_ledger(tmp_path_factory.mktemp("fuzz"), Clock()) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def headers(ledger: Ledger) -> Mapping[Role, dict[str, str]]:
    keys = {
        "enterprise": enrol_party(ledger, "合作社（演示）").key,
        "authority": enrol_party(ledger, "监管局（演示）", role="authority").key,
        "registrar": registrar_of(ledger).key,
    }
    known: dict[Role, dict[str, str]] = {"nobody": {}}
    for role in ROLES[1:]:
        known[role] = {"Authorization": f"Bearer {keys[role]}"}
    return known


@pytest.fixture(scope="module")
def app(ledger: Ledger) -> FastAPI:
    return create_app(ledger, Settings(base_url=BASE_URL, limits=False))


def schema_of(
    app: FastAPI, headers: dict[str, str], *, seed: int, phases: Sequence[str], examples: int
) -> BaseSchema:
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "workers": 1,
            "headers": headers,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            "phases": {name: {"enabled": name in phases} for name in (*ALONE, *TOGETHER)},
            "checks": {
                # A schema cannot say that goods must be known, keys enrolled and signatures right.
                "positive_data_acceptance": {"enabled": False},
                "negative_data_rejection": {"expected-statuses": REFUSALS},
            },
        }
    )
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=config)


def fuzz(schema: BaseSchema) -> Fuzzed:
    seen = Fuzzed()
    for event in from_schema(schema).execute():
        if isinstance(event, events.PhaseFinished):
            seen.phases[event.phase.name.value] = event.status.value
        elif isinstance(event, events.ScenarioFinished):
            for checked in event.recorder.checks.values():
                seen.cases += 1
                for one in checked:
                    seen.checks[one.name] += 1
                    if one.failure_info is not None:
                        failure = one.failure_info.failure
                        seen.wrong.append(
                            f"{event.recorder.label}: {one.name}: {failure.title}: {failure.message}"
                        )
        elif isinstance(event, events.NonFatalError):
            seen.wrong.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            seen.wrong.append(repr(event.exception))
    return seen


def check(seen: Fuzzed, phases: Sequence[str]) -> None:
    assert seen.wrong == []
    # An operation without examples has nothing to do in that phase; the others always have.
    ran = {name: seen.phases[name] for name in phases}
    assert all(
        status == "success" or (name, status) == ("examples", "skip") for name, status in ran.items()
    ), ran
    assert seen.checks["not_a_server_error"] > 0


def plan(app: FastAPI) -> list[tuple[Role, str | None]]:
    """Who tries which operation (None: all together), in an order that is always the same and favours nobody."""
    operations = sorted(
        one["operationId"]
        for methods in app.openapi()["paths"].values()
        for method, one in methods.items()
        if method in {"get", "post", "put", "patch", "delete", "head"}
    )
    tries: list[tuple[Role, str | None]] = [(role, one) for role in ROLES for one in operations]
    Random(13).shuffle(tries)
    return [*tries, *((role, None) for role in ROLES)]


@pytest.mark.soak
def test_no_caller_finds_a_fault_of_ours_or_a_way_around(
    app: FastAPI, headers: Mapping[Role, dict[str, str]]
) -> None:
    tries = plan(app)
    assert len(tries) == WHOLE
    whole = soak_scale() == 1
    for seed in islice(soak_seeds("schema-fuzz", WHOLE), None if whole else IN_A_SHARE):
        role, operation = tries[seed]
        phases = ALONE if operation is not None else TOGETHER
        schema = schema_of(app, headers[role], seed=seed, phases=phases, examples=200 if whole else 3)
        seen = fuzz(schema.include(operation_id=operation) if operation is not None else schema)
        check(seen, phases)


@pytest.mark.soak
def test_what_one_answer_gave_is_used_in_the_next(
    app: FastAPI, headers: Mapping[Role, dict[str, str]]
) -> None:
    """The stateful phase over some operations of every share."""
    schema = schema_of(app, headers["enterprise"], seed=1, phases=TOGETHER, examples=2)
    check(fuzz(schema), TOGETHER)


@pytest.mark.soak
def test_a_planted_fault_is_found(tmp_path: Path) -> None:
    """The planted fault: a division by what the caller sent."""
    with make_ledger(tmp_path, Clock()) as ledger:
        app = create_app(ledger, Settings(base_url=BASE_URL, limits=False))

        @app.get("/planted/{number}", operation_id="planted")
        def planted(number: int) -> dict[str, int]:
            return {"share": 100 // number}

        schema = schema_of(app, {}, seed=1, phases=ALONE, examples=30)
        seen = fuzz(schema.include(operation_id="planted"))
    assert any("/planted/" in one and "ZeroDivisionError" in one for one in seen.wrong), seen
