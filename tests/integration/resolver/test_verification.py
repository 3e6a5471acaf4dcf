"""GS1 Lightweight Messaging: the numbers on a pack beside the numbers that the maker recorded, and no word more."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.goods import Codes
from tests.integration.resolver.world import BATCH, GLN, GTIN, NOBODYS_GTIN, PRODUCT, World

if TYPE_CHECKING:
    from ledger.canonical import Json

CORRELATION = "6b1d2f44-0d53-4d57-9b1f-3f1a9d1e9a10"


def ask(
    world: World, *, gtin: str = GTIN, lot: str = "JC-1", serial: str = "7", query: str = ""
) -> dict[str, object]:
    answer = world.get(f"/verify/gtin/{gtin}/lot/{lot}/ser/{serial}{query}", accept="application/json")
    assert answer.status_code == 200, answer.text
    body: dict[str, object] = answer.json()
    return body


def data(world: World, **numbers: str) -> object:
    return ask(world, **numbers)["data"]


@pytest.mark.parametrize("serial", ["7", "9"])
def test_numbers_that_the_maker_recorded_match_wherever_the_code_points(world: World, serial: str) -> None:
    assert data(world, serial=serial) == {"verified": True}
    assert data(world, serial=serial, query="?exp=261231&linkType=verificationService") == {"verified": True}
    assert data(world, serial=serial, query="?exp=261200") == {"verified": True}


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ({"serial": "4711"}, "No_match_GTIN_Serial"),
        ({"gtin": NOBODYS_GTIN}, "No_match_GTIN_Serial"),
        ({"lot": "JC-2"}, "No_match_GTIN_Serial_Lot"),
        ({"lot": "NONE"}, "No_match_GTIN_Serial_Lot"),
        ({"query": "?exp=261230"}, "No_match_GTIN_Serial_Expiry"),
        ({"query": "?exp=261100"}, "No_match_GTIN_Serial_Expiry"),
        ({"lot": "NONE", "query": "?exp=251231"}, "No_match_GTIN_Serial_Lot_Expiry"),
        # Made void by the maker: recorded, and no word of the standard's for it.
        ({"serial": "8"}, "No_reason_provided"),
    ],
)
def test_numbers_that_differ_are_told_by_what_differs(
    world: World, numbers: dict[str, str], reason: str
) -> None:
    found = data(world, **numbers)
    assert isinstance(found, dict)
    assert (found["verified"], found["verificationFailureReason"]) == (False, reason)


def test_a_code_that_somebody_else_recorded_for_the_makers_batch_is_no_match(world: World) -> None:
    for number, code in enumerate((f"{world.url}{BATCH}/21/F0", f"https://id.gs1.org{BATCH}/21/F1")):
        body: dict[str, Json] = {
            "action": "issue",
            "goods": f"https://id.gs1.org{BATCH}",
            "codes": [code],
            "code_kind": "digital_link",
        }
        world.ledger.say(world.rival.party, Codes.read(body))
        expected = {"verified": False, "verificationFailureReason": "No_match_GTIN_Serial"}
        assert data(world, serial=f"F{number}") == expected
        assert data(world, serial=f"F{number}", lot="JC-2") == expected | {"additionalInfo": "recalled"}


def test_a_recalled_batch_is_said_to_be(world: World) -> None:
    found = data(world, lot="JC-2", serial="4711")
    assert found == {
        "verified": False,
        "verificationFailureReason": "No_match_GTIN_Serial",
        "additionalInfo": "recalled",
    }
    assert "additionalInfo" not in str(data(world))


def test_the_answer_carries_time_responder_and_the_number_it_was_asked_with(world: World) -> None:
    body = ask(world, query=f"?corrUUID={CORRELATION}&reqGLN={GLN}")
    assert body["corrUUID"] == CORRELATION
    assert body["responderGLN"] == GLN
    assert str(body["verificationTimestamp"]).startswith("2026-11-14T")
    assert set(body) == {"verificationTimestamp", "responderGLN", "corrUUID", "data"}
    assert uuid.UUID(str(ask(world, query="?corrUUID=x")["corrUUID"])).version == 4


def test_a_verification_is_never_kept_and_may_be_asked_from_anywhere(world: World) -> None:
    answer = world.get(f"/verify/gtin/{GTIN}/lot/JC-1/ser/7", origin="https://shop.example")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert world.get(f"/verify/gtin/{GTIN}/lot/JC-1/ser/7", method="OPTIONS").status_code == 204


@pytest.mark.parametrize(
    "path",
    [
        f"/verify/gtin/{GTIN[:-1]}8/lot/JC-1/ser/7",
        f"/verify/gtin/{GTIN[1:]}/lot/JC-1/ser/7",
        f"/verify/gtin/{GTIN}/lot/%E7%94%B2/ser/7",
        f"/verify/gtin/{GTIN}/lot/%FF/ser/7",
        f"/verify/gtin/{GTIN}/lot/JC-1/ser/{'1' * 21}",
        f"/verify/gtin/{GTIN}/lot/JC-1/ser/7/8",
        f"/verify/gtin/{GTIN}/lot/JC-1/ser/7?exp=261301",
        f"/verify/gtin/{GTIN}/lot/JC-1/ser/7?exp=260230",
        f"/verify/gtin/{GTIN}/lot/JC-1/ser/7?exp=2612",
        f"/verify/gtin/{GTIN}/lot/JC-1/ser/7?linkType=gs1:pip",
        f"/verify/gtin/{GTIN}/lot/JC-1/ser/7?reqGLN=123",
        "/checkConnectivity",
        "/checkConnectivity?gtin=1",
        f"/checkConnectivity?gtin={GTIN}&reqGLN=9520001000001",
    ],
)
def test_numbers_that_cannot_be_any_are_refused_with_400(world: World, path: str) -> None:
    assert world.get(path, accept="application/json").status_code == 400


def test_connectivity_is_there_for_products_that_are_recorded(world: World) -> None:
    answer = world.get(f"/checkConnectivity?gtin={GTIN}&reqGLN={GLN}")
    assert (answer.status_code, answer.json()) == (200, {"gtin": GTIN, "responderGLN": GLN})
    assert world.get(f"/checkConnectivity?gtin={NOBODYS_GTIN}").status_code == 404


def test_the_linkset_of_a_pack_leads_to_its_verification(world: World) -> None:
    path = f"{PRODUCT}/10/JC%2F3/21/A%2FB"
    answer = world.get(f"{path}?linkType=gs1:verificationService")
    assert (
        answer.headers["location"].partition("?")[0] == f"{world.url}/verify/gtin/{GTIN}/lot/JC%2F3/ser/A%2FB"
    )
    followed = world.get(answer.headers["location"].removeprefix(world.url))
    assert followed.json()["data"] == {"verified": False, "verificationFailureReason": "No_match_GTIN_Serial"}
