"""Contradictions of packs that carry a code of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.year.told import HOUR, MINUTE, amount, date

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.planting.stage import Passage, Planted, Stage
    from tests.support.year.told import Told
    from tests.support.year.world import Lot

PACKS = 12
#: A shop that sells across the country has a counter here.
FAR_REGION, FAR_LATITUDE, FAR_LONGITUDE = "650100", "43.8256", "87.6168"
NEAR_LATITUDE, NEAR_LONGITUDE = "31.9802", "120.8943"


@dataclass(frozen=True, slots=True)
class Chain:
    """One coded lot on its way to two shops: five packs each."""

    lot: Lot
    codes: list[str]
    issued: Told
    maker: Trader
    wholesaler: Trader
    here: Trader
    there: Trader
    to_here: Passage
    to_there: Passage

    @property
    def here_codes(self) -> list[str]:
        """What the first shop got."""
        return self.codes[:5]

    @property
    def there_codes(self) -> list[str]:
        """What the second shop got."""
        return self.codes[5:10]


def chain(stage: Stage, *, drug: bool | None = None) -> Chain:
    """A lot with its codes issued, released, sold to a wholesaler and to two shops."""
    is_drug = stage.turn % 2 == 0 if drug is None else drug
    word = "drug" if is_drug else "pesticide"
    maker, wholesaler = stage.cast.some(f"{word}_maker"), stage.cast.some(f"{word}_wholesaler")
    here, there = stage.two("pharmacy" if is_drug else "pesticide_dealer")
    lot = coded_lot(stage, maker, word)
    codes = new_codes(stage, word, PACKS)
    issued = issue(stage, maker, lot, codes, word, stage.at(0, 8))
    stage.passes(maker, wholesaler, lot, 10, stage.at(1), codes[:10])
    to_here = stage.passes(wholesaler, here, lot, 5, stage.at(2), codes[:5])
    to_there = stage.passes(wholesaler, there, lot, 5, stage.at(3), codes[5:10])
    return Chain(lot, codes, issued, maker, wholesaler, here, there, to_here, to_there)


def coded_lot(stage: Stage, maker: Trader, word: str, on: float = 0) -> Lot:
    """A lot of boxes or bottles."""
    name, unit = ("布洛芬片", "XBX") if word == "drug" else ("噻虫嗪水分散粒剂", "XBO")
    return stage.lot(maker, name, word, PACKS, unit, on=on)


def new_codes(stage: Stage, word: str, count: int) -> list[str]:
    """Codes nobody has."""
    numbers = stage.pen.numbers
    if word == "drug":
        return [numbers.drug_code("9997777") for _ in range(count)]
    return [numbers.pesticide_code("PD20267777") for _ in range(count)]


def issue(
    stage: Stage, actor: Trader, lot: Lot, codes: list[str], word: str, at_ms: int, action: str = "issue"
) -> Told:
    """Codes issued, made void, or closed by the container's return."""
    body: dict[str, Json] = {"action": action, "goods": lot.goods, "codes": list(codes), "code_kind": word}
    return stage.says(actor, "codes.v1", body, at_ms)


def custody_conflict(stage: Stage) -> Planted:
    """The second shop's neighbour ships what stands on the first shop's shelf."""
    one = chain(stage)
    word = one.lot.category
    outsider = next(trader for trader in stage.cast.all(f"{word}_wholesaler") if trader is not one.wholesaler)
    stage.passes(one.maker, outsider, one.lot, 2, stage.at(2, 15), one.codes[10:])
    buyer = stage.cast.some("hospital" if word == "drug" else "co_op")
    shipped = stage.ship(outsider, buyer, one.lot, 1, stage.at(20), [one.codes[0]])
    stage.receive(outsider, buyer, one.lot, 1, stage.at(20, 13), [one.codes[0]], shipped)
    if word == "drug":
        stage.check(outsider, buyer, one.lot, 1, stage.at(20, 13.2), [one.codes[0]])
    return stage.plant("custody_conflict", outsider, [one.to_here.any, shipped])


def impossible_travel(stage: Stage) -> Planted:
    """A pack on two sides of the country within the hour: once received and sold, once read by two buyers."""
    one = chain(stage)
    code = one.here_codes[0]
    if stage.turn % 2:
        stage.sale(one.here, one.lot, 1, stage.at(10), [code])
        near = _scan(stage, code, stage.at(12, 10), "320613", NEAR_LATITUDE, NEAR_LONGITUDE)
        far = _scan(stage, code, stage.at(12, 10.6), FAR_REGION, FAR_LATITUDE, FAR_LONGITUDE)
        return stage.plant("impossible_travel", [one.here, one.maker], [near, far])
    site = stage.pen.site()
    place: dict[str, Json] = {
        "site": site,
        "party": one.here.id,
        "site_kind": "shop",
        "name": f"{one.here.name}西部柜台",
        "region": FAR_REGION,
        "latitude": FAR_LATITUDE,
        "longitude": FAR_LONGITUDE,
    }
    stage.says(stage.pen.registrar, "site.v1", place, stage.at(0))
    sold_at = one.to_here.receipt.at_ms + 45 * MINUTE
    sold = stage.sale(one.here, one.lot, 1, sold_at, [code], region=FAR_REGION, site=site)
    return stage.plant("impossible_travel", one.here, [one.to_here.any, sold])


def _scan(stage: Stage, code: str, at_ms: int, region: str, latitude: str, longitude: str) -> Told:
    body: dict[str, Json] = {
        "code": code,
        "scanned_by": "consumer",
        "region": region,
        "latitude": latitude,
        "longitude": longitude,
        "device": f"{stage.random.getrandbits(256):064x}",
    }
    return stage.says(stage.pen.registrar, "scan.v1", body, at_ms)


def resold_by_other(stage: Stage) -> Planted:
    """回流药: sold by one shop, sold again by another that has packs of the same lot, but not this one."""
    one = chain(stage)
    first = stage.sale(one.here, one.lot, 1, stage.at(10), [one.here_codes[0]])
    second = stage.sale(
        one.there, one.lot, 1, stage.at(10 + stage.random.randrange(12, 40)), [one.here_codes[0]]
    )
    return stage.plant("resold_by_other", one.there, [first, second], "custody_conflict")


def resold_by_same(stage: Stage) -> Planted:
    """The same shop, weeks later, the same code."""
    one = chain(stage)
    first = stage.sale(one.here, one.lot, 1, stage.at(10), [one.here_codes[0]])
    second = stage.sale(
        one.here, one.lot, 1, stage.at(10 + stage.random.randrange(12, 40)), [one.here_codes[0]]
    )
    return stage.plant("resold_by_same", one.here, [first, second])


def code_after_use(stage: Stage) -> Planted:
    """Sprayed empty, and sold."""
    one = chain(stage, drug=False)
    grower = stage.cast.some("co_op")
    code = one.here_codes[0]
    stage.passes(one.here, grower, one.lot, 1, stage.at(6), [code], checked=False)
    body: dict[str, Json] = {
        "purpose": "番茄蚜虫",
        "dose": "稀释 1500 倍",
        "site": grower.sites[0],
        "lines": [one.lot.line(1, [code])],
    }
    used = stage.says(grower, "use.v1", body, stage.at(8))
    sold = stage.sale(one.there, one.lot, 1, stage.at(30), [code])
    return stage.plant("code_after_use", one.there, [used, sold], "custody_conflict")


def code_after_destruction(stage: Stage) -> Planted:
    """Destroyed before witnesses, and sold."""
    one = chain(stage)
    code = one.here_codes[0]
    if stage.turn % 4 < 2:
        body: dict[str, Json] = {"reason": "destroyed", "lines": [one.lot.line(1, [code])]}
        ended = stage.says(one.here, "adjustment.v1", body, stage.at(9))
    else:
        body = {
            "stage": "done",
            "stock": "own_stock",
            "method": "焚烧",
            "held_by": one.here.id,
            "on": date(stage.at(9)),
            "lines": [one.lot.line(1, [code])],
        }
        ended = stage.says(one.here, "destruction.v1", body, stage.at(9))
    sold = stage.sale(one.here, one.lot, 1, stage.at(25), [code])
    return stage.plant("code_after_destruction", one.here, [ended, sold])


def code_after_void(stage: Stage) -> Planted:
    """A spoiled label on a pack."""
    one = chain(stage)
    code = one.codes[10]
    void = issue(stage, one.maker, one.lot, [code], one.lot.category, stage.at(0, 12), "void")
    sold = stage.sale(one.here, one.lot, 1, stage.at(15), [code])
    return stage.plant("code_after_void", one.here, [void, sold], "custody_conflict")


def code_after_container_return(stage: Stage) -> Planted:
    """The empty bottle came back to the dealer; another dealer sells it."""
    one = chain(stage, drug=False)
    code = one.here_codes[0]
    stage.sale(one.here, one.lot, 1, stage.at(6), [code])
    closed = issue(stage, one.here, one.lot, [code], "pesticide", stage.at(20), "return_container")
    sold = stage.sale(one.there, one.lot, 1, stage.at(35), [code])
    return stage.plant(
        "code_after_container_return", one.there, [closed, sold], "resold_by_other", "custody_conflict"
    )


def code_never_issued(stage: Stage) -> Planted:
    """A number that looks right and is nobody's."""
    one = chain(stage)
    code = new_codes(stage, one.lot.category, 1)[0]
    sold = stage.sale(one.here, one.lot, 1, stage.at(12), [code])
    return stage.plant("code_never_issued", one.here, [one.issued, sold])


def code_on_other_goods(stage: Stage) -> Planted:
    """The label of one lot on a pack of another that the shop has too."""
    one = chain(stage)
    other = coded_lot(stage, one.maker, one.lot.category, on=1)
    codes = new_codes(stage, one.lot.category, 5)
    issue(stage, one.maker, other, codes, one.lot.category, stage.at(1, 8))
    stage.passes(one.maker, one.wholesaler, other, 5, stage.at(2, 14), codes)
    stage.passes(one.wholesaler, one.here, other, 5, stage.at(4, 9), codes)
    sold = stage.sale(one.here, other, 1, stage.at(15), [one.here_codes[0]])
    return stage.plant("code_on_other_goods", one.here, [one.issued, sold])


def serial_issued_twice(stage: Stage) -> Planted:
    """The printer began again at the same number."""
    one = chain(stage)
    other = coded_lot(stage, one.maker, one.lot.category, on=18)
    again = issue(stage, one.maker, other, [one.codes[11]], one.lot.category, stage.at(18, 10))
    return stage.plant("serial_issued_twice", one.maker, [one.issued, again], "code_on_other_goods")


def two_makers_of_one_lot(stage: Stage) -> Planted:
    """A second maker declares the first one's GTIN and lot as its own."""
    trade, name, category, unit = (
        ("food_maker", "酱黄瓜", "packaged_food", "KGM"),
        ("drug_maker", "布洛芬片", "drug", "XBX"),
    )[stage.turn % 2]
    first, second = stage.two(trade)
    lot = stage.lot(first, name, category, 200, unit)
    again: dict[str, Json] = {
        **stage.batch_told(lot).body,
        "maker": second.id,
        "quantity": amount(150, unit),
    }
    copied = stage.says(second, "batch.v1", again, stage.at(6))
    return stage.plant("two_makers_of_one_lot", second, [stage.batch_told(lot), copied])


def broken_aggregation(stage: Stage) -> Planted:
    """A box sold out of a case that was never opened."""
    one = chain(stage, drug=True)
    lot = coded_lot(stage, one.maker, "drug", on=1)
    codes = new_codes(stage, "drug", 10)
    parent = stage.pen.numbers.drug_code("9997778")
    issue(stage, one.maker, lot, [*codes, parent], "drug", stage.at(1, 8))
    body: dict[str, Json] = {
        "action": "pack",
        "parent_code": parent,
        "codes": list(codes[:5]),
        "goods": lot.goods,
    }
    packed = stage.says(one.maker, "packing.v1", body, stage.at(1, 10))
    stage.passes(one.maker, one.wholesaler, lot, 5, stage.at(2, 9), [parent])
    stage.passes(one.maker, one.wholesaler, lot, 5, stage.at(2, 15), codes[5:])
    stage.passes(one.wholesaler, one.here, lot, 5, stage.at(3) + HOUR, codes[5:])
    sold = stage.sale(one.here, lot, 1, stage.at(20), [codes[0]])
    return stage.plant("broken_aggregation", one.here, [packed, sold], "custody_conflict")


PLANTS = (
    custody_conflict,
    impossible_travel,
    resold_by_other,
    resold_by_same,
    code_after_use,
    code_after_destruction,
    code_after_void,
    code_after_container_return,
    code_never_issued,
    code_on_other_goods,
    serial_issued_twice,
    two_makers_of_one_lot,
    broken_aggregation,
)
