"""What the answer to a scanned code costs the server, beside a bare GET.

    python -m benchmarks.resolving
    python -m benchmarks.resolving --json figures.json

The log holds 2,000 products with one to three batches each. A round asks, one request after the other, and takes the processor time of each by
itself:

    stream    5,000 scans of a market day, from a server that knows of nothing yet: products by Zipf's law, half of them packs that were never
              scanned before, the others packs that somebody scanned already; where the page of each lies
    begins    of these, the first scan of each product
    again     of these, all others
    counted   the stream once more, with the budgets of requests as well
    whole     what is not answered at once: a pack whose batch number holds an escaped character
    code      the first scan of batches that have a code of this ledger and no GTIN
    linkset   all links of a pack
    linked    one of several links of a type, by the reader's language
    verify    whether the numbers of a pack match
    bare      the peer: a FastAPI GET that gives a small body and does nothing else, asked for the same stream before and after

Ours goes through every middleware. Both sides are called as a server would call them, without sockets: what a server or a proxy adds, both pay. In each stream one
request reads the list of all that is recorded; it is the dearest of its round (`most`). p50, p99 and the dearest are taken over the requests of a round, the
figures are medians over the rounds.
"""

from __future__ import annotations

import asyncio
import logging
import random
import statistics
import tempfile
import time
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from api.app import create_app
from api.settings import Settings
from benchmarks.asking import asked
from benchmarks.telling import keep, parser_of
from ledger.identifiers import BatchCode, GoodsId
from ledger.identifiers.gtin import check_digit
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.linking import Link
from tests.integration.pages.story import Story
from tests.support.server import Clock, make_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.canonical import Json

ROUNDS: Final = 7
PRODUCTS: Final = 2_000
SCANS: Final = 5_000
#: Of what is put together anew.
SLOW_REQUESTS: Final = 200
#: Batches that are recorded in one go.
TOGETHER: Final = 100
SEED: Final = 20261114
PACK: Final = "/01/09520001000027/10/JC-1/21/{}"
PRODUCT: Final = "/01/09520001000027"
VERIFIED: Final = "/verify/gtin/09520001000027/lot/JC-1/ser/{}"
#: What a browser sends: a phone in Chinese.
HEADERS: Final = (
    (b"host", b"localhost:8000"),
    (b"user-agent", b"Mozilla/5.0 (Linux; Android 9; A1) AppleWebKit/537.36 Chrome/90 Mobile Safari/537.36"),
    (b"accept", b"text/html,application/xhtml+xml"),
    (b"accept-language", b"zh-CN,zh;q=0.9"),
    (b"accept-encoding", b"gzip"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of processor time for one request: in the middle, of the slowest in a hundred, of the dearest of all."""

    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, micros: Sequence[float]) -> Cost:
        """From the requests of one round."""
        ordered = sorted(micros)
        return cls(statistics.median(ordered), ordered[int(len(ordered) * 0.99)], ordered[-1])

    @classmethod
    def median(cls, costs: Sequence[Cost]) -> Cost:
        """From the rounds."""
        return cls(
            statistics.median(one.p50 for one in costs),
            statistics.median(one.p99 for one in costs),
            statistics.median(one.most for one in costs),
        )


@dataclass(frozen=True, slots=True)
class Scan:
    """One reading of a pack's code. `begins`: nobody scanned this product before."""

    path: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Market:
    """What is recorded, by GTIN and batch, and the codes of batches that have no GTIN."""

    batches: Sequence[Sequence[str]]
    codes: Sequence[str]

    @classmethod
    def told(cls, story: Story, products: int) -> Market:
        """Record it, in the name of one maker."""
        batches = [
            [f"/01/{_gtin(number)}/10/B{batch}" for batch in range(1 + number % 3)]
            for number in range(products)
        ]
        codes = [str(BatchCode.new(f"code{number:06}".encode())) for number in range(SLOW_REQUESTS)]
        names = [f"https://id.gs1.org{path}" for paths in batches for path in paths]
        names += [str(GoodsId.of_batch(BatchCode(code))) for code in codes]
        for start in range(0, len(names), TOGETHER):
            said = [_batch(story, name) for name in names[start : start + TOGETHER]]
            story.ledger.say(story.farm.party, *said)
        return cls(batches, codes)

    def day(self, scans: int) -> list[Scan]:
        """A stream of scans, always the same."""
        chance = random.Random(SEED)
        order = list(self.batches)
        chance.shuffle(order)
        weights = list(accumulate(1 / rank for rank in range(1, len(order) + 1)))
        seen: set[int] = set()
        packs: list[str] = []
        stream = []
        for number in range(scans):
            place = chance.choices(range(len(order)), cum_weights=weights)[0]
            if number % 2 or not packs:
                packs.append(f"{chance.choice(order[place])}/21/S{number:09}")
                stream.append(Scan(packs[-1], place not in seen))
                seen.add(place)
            else:
                stream.append(Scan(chance.choice(packs), begins=False))
        return stream


def _gtin(number: int) -> str:
    body = f"0952{number:09}"
    return f"{body}{check_digit(body)}"


def _batch(story: Story, name: str) -> Batch:
    body: dict[str, Json] = {
        "goods": name,
        "maker": str(story.farm.party),
        "name": "小青菜",
        "category": "farm_produce",
    }
    return Batch.read(body)


def bare() -> FastAPI:
    """An application that answers and does nothing else."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/01/{gtin}/10/{lot}/21/{serial}")
    async def answer(gtin: str, lot: str, serial: str) -> dict[str, str]:
        return {"gtin": gtin, "lot": lot, "serial": serial}

    return app


@dataclass(slots=True)
class Asking:
    """The applications, and the way a server calls them."""

    ours: FastAPI
    counted: FastAPI
    peer: FastAPI
    runner: asyncio.Runner
    market: Market
    stream: Sequence[Scan]
    _number: int = 0

    def round(self) -> dict[str, Cost]:
        """Everything once, the peer at both ends."""
        paths = [one.path for one in self.stream]
        before = self._asked(self.peer, paths, 200)
        day = self._asked(self.ours, paths, 307, anew=True)
        begins = [micros for micros, scan in zip(day, self.stream, strict=True) if scan.begins]
        again = [micros for micros, scan in zip(day, self.stream, strict=True) if not scan.begins]
        packs = [self._number + number for number in range(SLOW_REQUESTS)]
        self._number += SLOW_REQUESTS
        found = {
            "stream": day,
            "begins": begins,
            "again": again,
            "counted": self._asked(self.counted, paths, 307, anew=True),
            "whole": self._asked(self.ours, [f"{PRODUCT}/10/JC%2F1/21/{one}" for one in packs], 307),
            "code": self._asked(self.ours, [f"/c/{one}" for one in self.market.codes], 307),
            "linkset": self._asked(
                self.ours, [PACK.format(one) for one in packs], 200, query=b"linkType=linkset"
            ),
            "linked": self._asked(self.ours, [PRODUCT] * SLOW_REQUESTS, 307, query=b"linkType=gs1:pip"),
            "verify": self._asked(self.ours, [VERIFIED.format(one) for one in packs], 200),
        }
        after = self._asked(self.peer, paths, 200)
        costs = {name: Cost.of(micros) for name, micros in found.items()}
        return costs | {"bare": Cost.median([Cost.of(before), Cost.of(after)])}

    def _asked(
        self, app: FastAPI, paths: Sequence[str], status: int, *, query: bytes = b"", anew: bool = False
    ) -> list[float]:
        """What each of these costs; with `anew`, asked of a server that knows of nothing yet."""
        if anew:
            app.state.known_codes.forget()

        async def ask() -> list[float]:
            micros = []
            for path in paths:
                began = time.process_time_ns()
                await asked(app, path, HEADERS, query=query, status=status)
                micros.append((time.process_time_ns() - began) / 1_000)
            return micros

        return self.runner.run(ask())


def run(
    folder: Path, *, rounds: int = ROUNDS, products: int = PRODUCTS, scans: int = SCANS
) -> dict[str, Cost]:
    """Tell the story and record the market, then measure round by round."""
    with make_ledger(folder, Clock()) as ledger, asyncio.Runner() as runner:
        story = Story.cast(ledger).tell().recall()
        for language in ("zh", "en"):
            link: dict[str, Json] = {
                "action": "publish",
                "goods": f"https://id.gs1.org{PRODUCT}",
                "link_type": "pip",
                "href": f"https://maker.example/{language}",
                "link_title": "产品介绍（演示）",
                "languages": [language],
            }
            story.ledger.say(story.farm.party, Link.read(link))
        market = Market.told(story, products)
        plain = Settings(base_url="http://localhost:8000", data=folder / "data", limits=False)
        counted = plain.model_copy(update={"limits": True, "limit_lookups": "1000000000/minute"})
        asking = Asking(
            create_app(ledger, plain),
            create_app(ledger, counted),
            bare(),
            runner,
            market,
            market.day(scans),
        )
        # Both sides warm.
        asking.round()
        measured = [asking.round() for _ in range(rounds)]
    return {name: Cost.median([one[name] for one in measured]) for name in measured[0]}


def table(found: dict[str, Cost]) -> str:
    """The figures for a reader."""
    peer = found["bare"]
    rows = [
        (
            name,
            f"{cost.p50:.0f}",
            f"{cost.p99:.0f}",
            f"{cost.most:.0f}",
            f"{cost.p50 / peer.p50:.2f}",
            f"{cost.p99 / peer.p99:.2f}",
        )
        for name, cost in found.items()
    ]
    rows.insert(0, ("", "p50", "p99", "most", "x bare p50", "x bare p99"))
    return "\n".join("  ".join(cell.rjust(10) for cell in row) for row in rows)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    asked = parser.parse_args()
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder))
    print("Microseconds of processor time a request; medians of the rounds.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
