"""A pack is its GTIN and serial number: its batch stands between them on one label and is left out on the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, Refusal
from ledger.vocabulary.goods import Batch, Codes, Packing
from tests.integration.resolver.world import BATCH, GTIN, OTHER_GTIN, PACK, PRODUCT, RECALLED, World

if TYPE_CHECKING:
    from ledger.canonical import Json

LEEK = f"https://id.gs1.org{BATCH}"
#: Issued without its batch.
BARE = f"{PRODUCT}/21/77"


def issue(world: World, *codes: str, goods: str = LEEK) -> None:
    body: dict[str, Json] = {
        "action": "issue",
        "goods": goods,
        "codes": list(codes),
        "code_kind": "digital_link",
    }
    world.ledger.say(world.maker.party, Codes.read(body))


def state(world: World, path: str) -> object:
    answer = world.get(path, accept="application/json")
    assert answer.status_code == 200, answer.text
    return answer.json()["code"]["state"]


def looked_up(world: World, code: str) -> tuple[int, object]:
    answer = world.get(f"/api/v1/lookup?code={code}", accept="application/json")
    return answer.status_code, answer.json().get("goods")


def test_a_pack_is_found_with_and_without_its_batch(world: World) -> None:
    issue(world, f"https://id.gs1.org{BARE}")
    for path in (BARE, f"{BATCH}/21/77", PACK, f"{PRODUCT}/21/7", f"{PRODUCT}/21/9"):
        assert state(world, path) == "issued", path
        assert looked_up(world, f"https://id.gs1.org{path}") == (200, LEEK), path
    assert looked_up(world, f"(01){GTIN}(21)77") == (200, LEEK)
    # Made void under its whole name.
    assert state(world, f"{PRODUCT}/21/8") == "void"


def test_the_serial_of_another_batch_or_of_none_is_not_this_packs(world: World) -> None:
    issue(world, f"https://id.gs1.org{BARE}")
    assert state(world, f"{RECALLED}/21/77") == "unknown"
    assert state(world, f"{BATCH}/21/4711") == "unknown"
    assert looked_up(world, f"https://id.gs1.org{PRODUCT}/21/4711")[0] == 404


WRONG = {
    "check digit": f"https://id.gs1.org/01/{GTIN[:-1]}9/10/JC-1/21/S1",
    "another batch": f"https://id.gs1.org{PRODUCT}/10/OTHER/21/S1",
    "another product": f"https://id.gs1.org/01/{OTHER_GTIN}/10/JC-1/21/S1",
    "no serial": LEEK,
    "no link": f"(01){GTIN}(10)JC-1(21)S1",
}


@pytest.mark.parametrize("code", WRONG.values(), ids=WRONG)
def test_a_digital_link_that_names_no_pack_of_these_goods_is_not_issued(world: World, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        issue(world, f"{LEEK}/21/GOOD", code)
    assert refused.value.field.startswith("codes[1]")
    assert looked_up(world, f"{LEEK}/21/GOOD") == (200, LEEK), "the batch, and no pack of it"
    assert state(world, f"{BATCH}/21/GOOD") == "unknown"


def test_a_pack_of_goods_with_another_name_may_carry_any_link(world: World) -> None:
    issue(world, f"https://id.gs1.org/01/{OTHER_GTIN}/21/1", goods="urn:example:lot:1")


@pytest.mark.parametrize(
    ("outer", "inner", "field"),
    [
        ("https://id.gs1.org/00/095209990000000018", "https://example.com/1", "parent_code"),
        ("CASE-0000001", f"https://id.gs1.org/01/{GTIN[:-1]}9/21/S1", "codes[0]"),
    ],
)
def test_a_key_with_a_wrong_check_digit_is_no_code_of_a_pack(
    world: World, outer: str, inner: str, field: str
) -> None:
    body: dict[str, Json] = {"action": "pack", "parent_code": outer, "codes": [inner], "goods": LEEK}
    with pytest.raises(Refusal) as refused:
        world.ledger.say(world.maker.party, Packing.read(body))
    assert refused.value.field.startswith(field)
    body |= {
        "parent_code": "https://id.gs1.org/00/095209990000000016",
        "codes": ["https://example.com/00/12"],
    }
    assert world.ledger.say(world.maker.party, Packing.read(body))


def test_a_batch_has_one_number(world: World) -> None:
    def said(number: str) -> Batch:
        body: dict[str, Json] = {
            "goods": f"https://id.gs1.org{PRODUCT}/10/L1",
            "maker": str(world.maker),
            "name": "韭菜",
            "category": "farm_produce",
            "batch_number": number,
        }
        return Batch.read(body)

    with pytest.raises(Malformed, match=r"batch_number: malformed; came 'L2', expected L1"):
        world.ledger.say(world.maker.party, said("L2"))
    assert world.ledger.say(world.maker.party, said("L1"))
