"""A market as scans see it: packs that go their way, people who read their codes for all sorts of reasons, and codes that were copied.

Written from what the trade says of itself (families look again, gifts travel, a photo is sent around, clerks read twice, offline readings come
late, a maker uploads late, readers lose separators and mix up capitals, goods come back), with constants of its own and no look at the rules
that are to be judged by it. Every reading carries the reason why it happened; rules never see that.

    world = World(seed=1, scans=100_000, clones=1_000)
    world.readings      # code as read, time, kind of reader, region, pseudonym
    world.causes        # why each honest code was read as it was
    world.clones        # which codes were copied
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ledger.identifiers import GoodsId, Instant, RegionCode, Sha256Hex
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.oversight import ScanBatch
from ledger.vocabulary.trade import Return, Sale
from ledger.vocabulary.values import Line
from tests.support.books import BookWriter, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEGIN = Instant.parse("2026-03-02T00:00:00+08:00").ms
#: The quarter that is looked at.
DAYS = 84

#: Towns where people live and goods are sold, weighted by how many.
TOWNS = {
    "110100": 9, "120100": 5, "130100": 4, "130600": 3, "140100": 3, "150100": 2, "210100": 4, "210200": 3, "220100": 3, "230100": 4,
    "310100": 10, "320100": 6, "320200": 4, "320300": 4, "320500": 7, "320600": 5, "330100": 6, "330200": 4, "330300": 5, "340100": 5,
    "340200": 2, "350100": 4, "350200": 3, "360100": 4, "370100": 4, "370200": 5, "410100": 6, "410300": 3, "420100": 6, "430100": 5,
    "440100": 9, "440300": 9, "440600": 5, "441900": 5, "450100": 4, "460100": 2, "500100": 8, "510100": 9, "510700": 2, "520100": 3,
    "530100": 4, "540100": 1, "610100": 6, "620100": 2, "630100": 1, "640100": 1, "650100": 2,
}  # fmt: skip
#: Of a hundred buyers, so many live where the shop is, in another town of its province, or anywhere (ordered by post).
HOMES = (76, 14, 10)
LOT_PACKS = 400
#: Of a thousand packs whose code is read at all.
DISPLAYED = 1.0
GIVEN = 22.0
PHOTOGRAPHED = 5.0
ON_A_TRIP = 6.0
AT_WORK = 12.0
BROUGHT_BACK = 8.0
VOIDED = 3.0
INSPECTED = 6.0
#: Of a million: somebody puts a picture of the pack where hundreds see it.
PUBLISHED = 12.0
#: Of a hundred readings.
TYPED = 1.6
MISTYPED_OF_TYPED = 6.0
DOUBLE = 11.0
CAPITALS_LOST = 0.5
SEPARATOR_LOST = 0.3
TWICE_IN_ONE = 0.15
OFFLINE = 2.0
#: Of a hundred lots.
LATE_LOTS = 2.0
PARTLY_UPLOADED_LOTS = 3.0
#: Labels that are printed with one copied code: fewer do not pay for the printing.
PRINT_RUN = (60, 1_500)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Read(NamedTuple):
    """One reading as a server gets it."""

    code: str
    at_ms: int
    by: str
    region: str
    device: str


@dataclass(slots=True)
class Clone:
    """A code that was copied onto other packs: how many, and where these are sold."""

    code: str
    packs: int
    towns: tuple[str, ...]
    days: int
    #: In which towns somebody read it and said where; a reading that the reader sent twice is one.
    read_in: list[str] = field(default_factory=list)


@dataclass
class World:
    """One quarter of a market."""

    seed: int
    scans: int
    clones_wanted: int
    #: Of a hundred readings by consumers, so many say where they were made.
    placed: float = 100.0
    books: BookWriter = field(default_factory=BookWriter)
    readings: list[Read] = field(default_factory=list)
    causes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    clones: dict[str, Clone] = field(default_factory=dict)
    honest: int = 0
    batches: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._towns, self._weights = list(TOWNS), list(TOWNS.values())
        self._in_province = defaultdict(list)
        for town in self._towns:
            self._in_province[town[:2]].append(town)
        self._devices = 0
        self._maker = self.books.party("演示厂（演示）", at="2026-02-01T08:00:00+08:00")
        self._shops = {town: self.books.party(f"门店{town}（演示）") for town in self._towns}
        self._lot_number = 0
        self._left: list[str] = []
        self._goods: dict[str, GoodsId] = {}
        self._sold: dict[tuple[GoodsId, str, int], list[str]] = defaultdict(list)
        while len(self.readings) < self.scans:
            self._pack()
        self.honest = len(self.readings)
        for _ in range(self.clones_wanted):
            self._copied()
        self._record_sales()
        for week in range(DAYS // 7 + 2):
            self.batches.append(self.books.book.size)
            at = Instant(BEGIN + (week + 1) * 7 * DAY, 480)
            digest = Sha256Hex.parse(f"{week:064x}")
            self.books.says(
                self.books.register.registrar,
                ScanBatch(digest=digest, count=1, first_at=at, last_at=at),
                at=str(at),
            )

    def batch_at(self, at_ms: int) -> int:
        """The entry of the batch into which a reading went."""
        return self.batches[min(max(0, (at_ms - BEGIN) // (7 * DAY)), len(self.batches) - 1)]

    # Packs

    def _pack(self) -> None:
        """The life of one honest pack, as far as anybody reads its code."""
        chance = self._chance
        code, lot_cause = self._code()
        shop, sold = self._town(), self._time(2, DAYS - 30)
        home = self._home(shop)
        causes = self.causes[code]
        causes.add(lot_cause)
        self._in_trade(code, shop, sold)
        if chance.random() < 0.25:
            self._sold[self._goods[code], shop, sold // DAY].append(code)
        people = self._household(home)
        # Before it is paid for, in the shop; then at home.
        for _ in range(self._few(0.45)):
            self._looked_at(code, shop, sold - self._later(0.03), chance.choice(people))
        for _ in range(self._few(0.85)):
            self._looked_at(code, home, sold + self._later(2), chance.choice(people))
        given = chance.random() * 1000 < GIVEN
        # Who has given it away cannot look at it again.
        self._family(code, home, sold, people, causes, days=6 if given else 26)
        if given:
            causes.add("given")
            self._given(code, sold + 6 * DAY)
        for share, happens in (
            (DISPLAYED, self._displayed),
            (PHOTOGRAPHED, self._photographed),
            (ON_A_TRIP, self._trip),
            (AT_WORK, self._at_work),
            (BROUGHT_BACK, self._brought_back),
            (VOIDED, self._voided),
            (INSPECTED, self._inspected),
            (PUBLISHED / 1000, self._published),
        ):
            if chance.random() * 1000 < share:
                causes.add(happens.__name__.strip("_"))
                happens(code, shop, home, sold)

    def _code(self) -> tuple[str, str]:
        if not self._left:
            self._new_lot()
        return self._left.pop(), self._lot_cause

    def _new_lot(self) -> None:
        chance = self._chance
        self._lot_number += 1
        goods = GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/L{self._lot_number}")
        codes = [f"{goods}/21/{''.join(chance.choices(_LETTERS, k=16))}" for _ in range(LOT_PACKS)]
        fate = chance.random() * 100
        uploaded = codes
        self._lot_cause = "plain"
        if fate < LATE_LOTS:
            uploaded, self._lot_cause = [], "late_upload"
        elif fate < LATE_LOTS + PARTLY_UPLOADED_LOTS:
            uploaded, self._lot_cause = codes[: LOT_PACKS // 2], "part_uploaded"
        at = "2026-02-20T08:00:00+08:00"
        quantity = pieces(LOT_PACKS)
        self.books.says(
            self._maker,
            Batch(goods=goods, maker=self._maker, name="演示货", category="packaged_food", quantity=quantity),
            at=at,
        )
        if uploaded:
            self.books.says(self._maker, Codes(action="issue", goods=goods, codes=tuple(uploaded)), at=at)
        self._goods.update(dict.fromkeys(codes, goods))
        self._left = codes
        chance.shuffle(self._left)

    # What happens to packs

    def _in_trade(self, code: str, shop: str, sold: int) -> None:
        """Clerks read at goods-in and at the counter; some readings lie in a telephone until it has a signal again."""
        if self._chance.random() < 0.3:
            at = sold - self._later(6)
            if self._chance.random() * 100 < OFFLINE:
                self.causes[code].add("offline")
                at += self._later(1.2)
            self._read(code, at, "trade", shop, f"trade-{shop}")

    def _family(
        self, code: str, home: str, sold: int, people: list[str], causes: set[str], *, days: int
    ) -> None:
        """Somebody at home looks again, days later: another pseudonym every day."""
        again = self._few(0.5)
        if again:
            causes.add("family")
        for _ in range(again):
            self._looked_at(code, home, sold + DAY + self._later(days - 1), self._chance.choice(people))

    def _displayed(self, code: str, shop: str, home: str, sold: int) -> None:
        """The pack on the counter that everybody may try."""
        for _ in range(self._chance.randint(8, 40)):
            self._looked_at(code, shop, sold + self._later(40), self._stranger())

    def _given(self, code: str, since: int) -> None:
        """Taken along as a gift, and looked at there."""
        there, at = self._town(), since + self._later(14)
        people = self._household(there)
        for _ in range(self._chance.randint(1, 3)):
            self._looked_at(code, there, at + self._later(3), self._chance.choice(people))

    def _photographed(self, code: str, shop: str, home: str, sold: int) -> None:
        """A photo of the pack is sent to somebody far away; some send it back and forth."""
        at, there = sold + self._later(4), self._town()
        for _ in range(self._chance.choice((1, 1, 1, 2, 2, 3))):
            self._looked_at(code, there, at + self._later(1), self._stranger())
        if self._chance.random() < 0.3:
            self._looked_at(code, home, at + self._later(1.5), self._stranger())

    def _trip(self, code: str, shop: str, home: str, sold: int) -> None:
        """The pack goes on a journey and comes home again."""
        there, at, who = self._town(), sold + 2 * DAY + self._later(10), self._stranger()
        self._looked_at(code, there, at, who)
        if self._chance.random() < 0.5:
            self._looked_at(code, home, at + 2 * DAY + self._later(4), who)

    def _at_work(self, code: str, shop: str, home: str, sold: int) -> None:
        """Shown around where somebody works, which may be the next town; at home it is looked at as before."""
        there = self._chance.choice(self._in_province[home[:2]])
        for _ in range(self._chance.randint(1, 2)):
            self._looked_at(code, there, sold + self._later(8), self._stranger())

    def _brought_back(self, code: str, shop: str, home: str, sold: int) -> None:
        """The buyer brings it back; the shop writes that down or does not, and sells it to somebody else."""
        at = sold + DAY + self._later(6)
        if self._chance.random() < 0.6:
            self.books.says(
                self._shops[shop],
                Return(
                    to=self._maker, lines=(Line(goods=self._goods[code], quantity=pieces(1), codes=(code,)),)
                ),
                at=str(Instant(at, 480)),
            )
        self._read(code, at, "trade", shop, f"trade-{shop}")
        other = self._home(shop)
        people = self._household(other)
        for _ in range(self._few(1.2)):
            self._looked_at(code, other, at + DAY + self._later(9), self._chance.choice(people))

    def _voided(self, code: str, shop: str, home: str, sold: int) -> None:
        """The label was spoilt and made void; somebody still looks at it on the day."""
        at = sold + 20 * DAY + self._later(5)
        self.books.says(
            self._maker,
            Codes(action="void", goods=self._goods[code], codes=(code,)),
            at=str(Instant(at, 480)),
        )
        if self._chance.random() < 0.3:
            self._looked_at(code, shop, at + self._later(0.5), self._stranger())

    def _inspected(self, code: str, shop: str, home: str, sold: int) -> None:
        """An official reads it on the shelf."""
        self._read(code, sold - self._later(3), "inspector", shop, f"official-{shop}")

    def _published(self, code: str, shop: str, home: str, sold: int) -> None:
        """A picture of it is shown to many, who try it for a day or two."""
        at = sold + self._later(10)
        for _ in range(self._chance.randint(6, 30)):
            self._looked_at(code, self._town(), at + self._later(1.2), self._stranger())

    # Copies

    def _copied(self) -> None:
        """A pack is bought, its code is printed onto many others, and these are sold in several towns for weeks."""
        chance = self._chance
        code, lot_cause = self._code()
        while lot_cause != "plain":
            self._left = []
            code, lot_cause = self._code()
        packs = round(math.exp(chance.uniform(math.log(PRINT_RUN[0]), math.log(PRINT_RUN[1]))))
        first = self._town()
        near = self._in_province[first[:2]]
        if chance.random() < 0.3 and len(near) > 1:
            towns = tuple(chance.sample(near, min(len(near), chance.randint(2, 3))))
        else:
            # Not a set: its order is another one in every process.
            towns = tuple(dict.fromkeys([first, *(self._town() for _ in range(chance.randint(1, 7)))]))
        clone = Clone(code, packs, towns, chance.randint(6, 55))
        self.clones[code] = clone
        genuine = self._town()
        sold = self._time(2, 20)
        home = self._home(genuine)
        people = self._household(home)
        for _ in range(self._few(1.2)):
            self._looked_at(code, home, sold + self._later(4), chance.choice(people))
        shares = [chance.random() + 0.2 for _ in towns]
        asked = chance.uniform(0.01, 0.07)
        for _ in range(packs):
            if chance.random() < asked:
                town = chance.choices(towns, shares)[0]
                where = town if chance.random() < 0.85 else self._home(town)
                self._looked_at(code, where, sold + 2 * DAY + self._later(clone.days), self._stranger())

    # Readings

    def _looked_at(self, code: str, town: str, at_ms: int, who: str) -> None:
        """A consumer reads it. Who types may mistype, who uses a reader may lose what separates two fields."""
        chance, read = self._chance, code
        if chance.random() * 100 < TYPED:
            if chance.random() * 100 < MISTYPED_OF_TYPED:
                read = self._mistyped(code)
                self._cause(code, read, "typo")
        else:
            fate = chance.random() * 100
            serial = code.rpartition("/")[2]
            if fate < CAPITALS_LOST:
                read = code.removesuffix(serial) + serial.lower()
                self._cause(code, read, "capitals")
            elif fate < CAPITALS_LOST + SEPARATOR_LOST:
                day = f"{chance.randint(26, 28)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
                read = f"{code}17{day}"[: len(code) + 8]
                self._cause(code, read, "separator")
            elif fate < CAPITALS_LOST + SEPARATOR_LOST + TWICE_IN_ONE:
                read = code + serial
                self._cause(code, read, "concatenated")
        region = town if chance.random() * 100 < self.placed else ""
        if region and code in self.clones:
            self.clones[code].read_in.append(town)
        self._read(read, at_ms, "consumer", region, f"{who}-{at_ms // DAY}")
        if chance.random() * 100 < DOUBLE:
            self._read(
                read, at_ms + chance.randint(5_000, 4 * MINUTE), "consumer", region, f"{who}-{at_ms // DAY}"
            )

    def _cause(self, code: str, read: str, what: str) -> None:
        self.causes[code].add(what)
        self.causes[read].add(what)

    def _mistyped(self, code: str) -> str:
        head, _, serial = code.rpartition("/")
        at = self._chance.randrange(len(serial) - 1)
        other = self._chance.choice(_LETTERS)
        wrong = self._chance.choice(
            (
                serial[:at] + other + serial[at + 1 :],
                serial[:at] + serial[at + 1 :],
                serial[:at] + serial[at + 1] + serial[at] + serial[at + 2 :],
            )
        )
        return f"{head}/{wrong}"

    def _read(self, code: str, at_ms: int, by: str, region: str, device: str) -> None:
        self.readings.append(Read(code, at_ms - at_ms % MINUTE, by, region, device))

    # Chances

    def _town(self) -> str:
        return self._chance.choices(self._towns, self._weights)[0]

    def _home(self, shop: str) -> str:
        (where,) = self._chance.choices(("here", "near", "anywhere"), HOMES)
        if where == "here":
            return shop
        return self._chance.choice(self._in_province[shop[:2]]) if where == "near" else self._town()

    def _household(self, _home: str) -> list[str]:
        """The addresses under which a household comes: its own, and those of telephones."""
        return [self._stranger() for _ in range(self._chance.choice((1, 1, 2, 3)))]

    def _stranger(self) -> str:
        self._devices += 1
        return f"d{self._devices}"

    def _time(self, first: int, last: int) -> int:
        return BEGIN + self._chance.randrange(first * DAY, last * DAY)

    def _later(self, days: float) -> int:
        return round(self._chance.random() * days * DAY)

    def _few(self, mean: float) -> int:
        """A number that is mostly 0, 1 or 2."""
        limit, product, count = math.exp(-mean), self._chance.random(), 0
        while product > limit:
            product *= self._chance.random()
            count += 1
        return count

    def _record_sales(self) -> None:
        for (goods, town, day), codes in self._sold.items():
            at = str(Instant((day + 1) * DAY - HOUR, 480))
            line = Line(goods=goods, quantity=pieces(len(codes)), codes=tuple(codes))
            self.books.says(self._shops[town], Sale(region=RegionCode.parse(town), lines=(line,)), at=at)

    def share_of(self, codes: Iterable[str]) -> Counter[str]:
        """By which causes these codes were read."""
        return Counter(cause for code in codes for cause in self.causes[code] - {"plain"} or {"plain"})
