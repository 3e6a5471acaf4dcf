"""The table itself: default deny, one permission for each address, and conditions that say what stands against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.deps import Someone, Unguarded, check_routes, needs
from api.permissions import (
    PERMISSION_NAMES,
    PERMISSIONS,
    PUBLIC,
    Circumstances,
    Permission,
    held_by,
    refusal_of,
    to_record,
)
from api.problems import KeyMissing, NotFromOurPages
from api.routes.trade import PATHS
from api.settings import Settings
from ledger.accounts.callers import ACTING_ROLES, METHODS, ActingRole, Caller, Method
from ledger.errors import NotAllowed
from ledger.gate import CertificateNotValid
from ledger.identifiers import PartyId
from ledger.register import Credential, Role
from tests.support.server import Clock, make_ledger

if TYPE_CHECKING:
    from pathlib import Path

PARTY = PartyId.new(b"some-party")
HELD = Credential(number="演-1", party=PARTY, valid_from_ms=100, valid_to_ms=200)


def here(
    acting: ActingRole = "owner", *, role: Role = "enterprise", method: Method = "passkey"
) -> Circumstances:
    caller = Caller(party=PARTY, role=role, label="t", acting=acting, method=method, certificate=HELD.number)
    return Circumstances(caller=caller, now_ms=150, certificate=HELD, same_origin=True)


def test_every_permission_has_one_row_and_every_row_somebody() -> None:
    assert set(PERMISSIONS) == set(PERMISSION_NAMES)
    assert all(row.grants for row in PERMISSIONS.values())
    assert all(row.words.zh and row.words.en for row in PERMISSIONS.values())


def test_nobody_unknown_has_more_than_the_public_permissions() -> None:
    nobody = Circumstances(caller=None, now_ms=150, same_origin=True)
    assert set(held_by(nobody)) == PUBLIC | {
        *("scan", "report", "send_signed", "sign_in", "look_up", "trace"),
    }


def test_what_is_public_is_bound_to_nothing() -> None:
    for permission in PUBLIC:
        (grant,) = PERMISSIONS[permission].grants
        assert grant.roles == {*ACTING_ROLES, "consumer"}
        assert grant.means == set(METHODS)
        assert grant.conditions == ()


def test_an_address_without_a_permission_is_not_served(tmp_path: Path) -> None:
    app = FastAPI()

    @app.get("/left-open")
    def left_open(caller: Someone) -> str:
        return str(caller.party)

    with pytest.raises(Unguarded, match="GET /left-open"):
        check_routes(app)


def test_an_address_with_two_permissions_is_not_served() -> None:
    app = FastAPI(dependencies=[needs("trace")])

    @app.get("/twice", dependencies=[needs("erase")])
    def twice(caller: Annotated[Someone, "the caller"]) -> str:
        return str(caller.party)

    with pytest.raises(Unguarded, match="GET /twice"):
        check_routes(app)


def test_the_application_asks_for_one_permission_at_every_address(tmp_path: Path) -> None:
    with make_ledger(tmp_path, Clock()) as ledger:
        check_routes(create_app(ledger, Settings(data=tmp_path, limits=False)))


@pytest.mark.parametrize("permission", ["inspect", "read_all_findings", "trace", "look_up"])
@pytest.mark.parametrize(("at", "refusals"), [(99, 1), (100, 0), (200, 0), (201, 1)])
def test_an_inspector_is_one_from_the_first_to_the_last_millisecond(
    permission: Permission, at: int, refusals: int
) -> None:
    inspector = replace(here("inspector", role="authority"), now_ms=at)
    found = [one for one in [refusal_of(permission, inspector)] if one is not None]
    assert [type(one) for one in found] == [CertificateNotValid] * refusals


def test_a_certificate_that_the_register_does_not_know_opens_nothing() -> None:
    inspector = replace(here("inspector", role="authority"), certificate=None)
    assert isinstance(refusal_of("inspect", inspector), CertificateNotValid)


def test_nobody_at_an_agency_writes_without_a_certificate() -> None:
    head = replace(here("owner", role="authority"), certificate=None)
    writing: list[Permission] = ["record_trade", "record_sheets", "record_results", "correct", "order"]
    assert all(isinstance(refusal_of(one, head), CertificateNotValid) for one in writing)
    assert refusal_of("invite_people", head) is None


def test_a_form_of_another_site_is_refused_and_a_look_is_not() -> None:
    lured = replace(here(), same_origin=False)
    assert isinstance(refusal_of("record_trade", lured), NotFromOurPages)
    assert refusal_of("record_trade", replace(lured, changes=False)) is None
    by_key = replace(here(method="api_key"), same_origin=False)
    assert refusal_of("record_trade", by_key) is None


def test_nothing_is_signed_for_whoever_signs_for_himself() -> None:
    own = replace(here(), keeps_own_key=True)
    recording: list[Permission] = [to_record(kind.TYPE) for kind in PATHS.values()]
    refused = {one: refusal_of(one, own) for one in recording if refusal_of(one, here()) is None}
    assert {type(one).__name__ for one in refused.values()} == {"SignsForHimself"}
    assert refusal_of("read_own", own) is None
    assert refusal_of("send_signed", own) is None


@pytest.mark.parametrize("method", ["pin", "link"])
def test_a_card_or_a_link_opens_a_small_traders_few_things(method: Method) -> None:
    held = set(held_by(here("stall", method=method)))
    assert {"record_delivery", "read_own", "answer_finding", "print_label"} <= held
    assert not held & {"record_trade", "order", "issue_codes", "share", "export_own", "give_access_keys"}
    # Nor does it open more to somebody who is more.
    assert not set(held_by(here("owner", method=method))) & {"record_trade", "invite_people", "share"}


def test_a_recovery_code_opens_the_account_and_no_business() -> None:
    held = set(held_by(here(method="recovery")))
    assert "own_account" in held
    assert not held & {"record_delivery", "record_trade", "read_own", "invite_people", "look_up", "trace"}


@pytest.mark.parametrize("acting", ["supervisor", "prosecutor", "auditor"])
def test_who_oversees_writes_nothing(acting: ActingRole) -> None:
    held = set(held_by(here(acting, role="authority")))
    recording = {to_record(kind.TYPE) for kind in PATHS.values()}
    assert not held & (recording | {"enrol_keys", "erase", "give_access_keys", "manage_people", "certify"})


def test_a_key_has_no_permission_that_it_was_not_given() -> None:
    bounded = here(method="api_key")
    assert bounded.caller is not None
    caller = replace(bounded.caller, permissions=frozenset({"trace", "erase"}))
    assert set(held_by(replace(bounded, caller=caller))) == PUBLIC | {"trace"}


def test_ones_own_partys_matters_are_ones_own() -> None:
    other = PartyId.new(b"some-other")
    assert refusal_of("give_access_keys", replace(here(), about=PARTY)) is None
    assert isinstance(refusal_of("give_access_keys", replace(here(), about=other)), NotAllowed)
    registrar = replace(here("registrar", role="registrar"), about=other)
    assert refusal_of("give_access_keys", registrar) is None


def test_a_refusal_names_the_permission_in_words() -> None:
    refused = refusal_of("erase", here())
    assert refused is not None
    assert refused.expected.zh == "有权“依法删除”（erase）"
    assert refused.expected.en == "the right to erase as the law asks (erase)"
    nobody = refusal_of("read_own", Circumstances(caller=None, now_ms=0))
    assert isinstance(nobody, KeyMissing)
    assert "read_own" in nobody.expected.en
