"""What the buyer's page costs the server, beside a bare page from the same template.

    python -m benchmarks.consumer
    python -m benchmarks.consumer --json figures.json

A round asks, one after the other: our page as it is kept between two entries of the log, as it is found again after an entry that has nothing
to do with it, as the first who asks on another day finds it, put together anew for each request by a server that has seen nothing yet, those of packs that nobody asked for before where somebody asked for their batch, the same page for a browser that has it
already (304), a market's hour (below), and the peer: a FastAPI route that renders the very same template with values that lie ready. Ours goes through every middleware but the budgets, looks at the state of the log each time, and counts the opening; the
peer does nothing else. Both are called as a server would call them, without sockets. The batch is in forty hands and recalled.

The hour begins with a server that has seen nothing yet: 1,000 looks at 60 batches, the n-th batch looked at 1/n as often as the first, one look in three at a pack with a
number of its own that nobody looked at before, one in twenty in English; at every tenth look something was just recorded, mostly about other goods, at every fiftieth what the page of one of these tells.
"""

from __future__ import annotations

import asyncio
import logging
import statistics
import tempfile
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from api.app import create_app
from api.commands.serving import settle
from api.pages.lean import Pattern, blank
from api.pages.rendering import environment
from api.settings import Settings
from benchmarks.asking import asked
from benchmarks.recording import Cost
from benchmarks.telling import columns, keep, parser_of
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.trade import Sale
from tests.integration.pages.story import LEEK, PESTICIDE, Story
from tests.support.server import Clock, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from starlette.types import ASGIApp, Message

    from ledger.identifiers import PartyId

ROUNDS: Final = 9
REQUESTS_A_ROUND: Final = 200
#: Each of these waits for an entry to reach the disk.
MOVED_A_ROUND: Final = 40
DAYS_A_ROUND: Final = 40
#: A market's hour.
SEED: Final = 20261123
BATCHES: Final = 60
LOOKS_AN_HOUR: Final = 1_000
#: What is recorded meanwhile.
OTHER: Final = Sale.read({"lines": [{"goods": str(PESTICIDE), "quantity": {"amount": "1", "unit": "XBO"}}]})
PATH: Final = "/p/01/09520001000027/10/JC-1"
#: Codes of packs that are recorded together.
TOGETHER: Final = 500
#: What a browser sends: a phone in Chinese.
HEADERS: Final = (
    (b"host", b"localhost:8000"),
    (b"user-agent", b"Mozilla/5.0 (Linux; Android 9; A1) AppleWebKit/537.36 Chrome/90 Mobile Safari/537.36"),
    (b"accept", b"text/html,application/xhtml+xml"),
    (b"accept-language", b"zh-CN,zh;q=0.9"),
    (b"accept-encoding", b"gzip"),
)
BYTES_MAX: Final = 14 * 1024


def bare(content: Mapping[str, object]) -> FastAPI:
    """An application that renders the template and does nothing else."""
    app, template = (
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        environment().get_template("consumer.html"),
    )

    @app.get(PATH, response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        return HTMLResponse(template.render(content))

    return app


@dataclass(frozen=True, slots=True)
class Round:
    """Costs of one request, in microseconds."""

    kept: Cost
    moved: Cost
    day: Cost
    anew: Cost
    pack: Cost
    unchanged: Cost
    hour: Cost
    peer: Cost


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians, the ratios of processor time to the peer, and the size of the whole answer with its headers."""

    kept: Cost
    moved: Cost
    day: Cost
    anew: Cost
    pack: Cost
    unchanged: Cost
    hour: Cost
    peer: Cost
    ratio_kept: float
    ratio_moved: float
    ratio_day: float
    ratio_anew: float
    ratio_pack: float
    ratio_unchanged: float
    ratio_hour: float
    page_bytes: int
    answer_bytes: int

    @classmethod
    def of(cls, rounds: Sequence[Round], sent: Sequence[Message]) -> Measured:
        """Each ratio is the median of the rounds' ratios."""
        body = sum(len(one.get("body", b"")) for one in sent)
        head = sum(len(name) + len(value) + 4 for name, value in sent[0]["headers"])
        return cls(
            kept=Cost.median(one.kept for one in rounds),
            moved=Cost.median(one.moved for one in rounds),
            day=Cost.median(one.day for one in rounds),
            anew=Cost.median(one.anew for one in rounds),
            pack=Cost.median(one.pack for one in rounds),
            unchanged=Cost.median(one.unchanged for one in rounds),
            hour=Cost.median(one.hour for one in rounds),
            peer=Cost.median(one.peer for one in rounds),
            ratio_kept=statistics.median(one.kept.cpu / one.peer.cpu for one in rounds),
            ratio_moved=statistics.median(one.moved.cpu / one.peer.cpu for one in rounds),
            ratio_day=statistics.median(one.day.cpu / one.peer.cpu for one in rounds),
            ratio_anew=statistics.median(one.anew.cpu / one.peer.cpu for one in rounds),
            ratio_pack=statistics.median(one.pack.cpu / one.peer.cpu for one in rounds),
            ratio_unchanged=statistics.median(one.unchanged.cpu / one.peer.cpu for one in rounds),
            ratio_hour=statistics.median(one.hour.cpu / one.peer.cpu for one in rounds),
            page_bytes=body,
            answer_bytes=body + head,
        )


@dataclass(slots=True)
class Asking:
    """Both applications, and the way a server calls them."""

    ours: FastAPI
    peer: FastAPI
    runner: asyncio.Runner
    story: Story
    #: A second server process over the same ledger.
    beside: FastAPI
    clock: Clock
    packs: Iterator[int] = field(default_factory=count)
    serials: Iterator[int] = field(default_factory=count)
    chance: Random = field(default_factory=lambda: Random(SEED))

    def round(self) -> Round:
        """Everything once, one after the other."""
        return Round(
            kept=self._cost(self.ours),
            moved=Cost.each(self.runner.run(self._moved()), MOVED_A_ROUND),
            day=Cost.each(self.runner.run(self._on_other_days()), DAYS_A_ROUND),
            anew=self._cost(self.ours, anew=True),
            pack=self._of_packs(),
            unchanged=self._cost(self.ours, ((b"if-none-match", self._mark()),), status=304),
            hour=Cost.each(self.runner.run(self._hour()), LOOKS_AN_HOUR),
            peer=self._cost(self.peer),
        )

    async def _moved(self) -> list[Cost]:
        """Requests, each after one entry about other goods; only they are measured, and no work that the commit left behind."""
        costs = []
        for _ in range(MOVED_A_ROUND):
            self.story.ledger.say(self.story.shop.party, OTHER)
            await _get(self.beside)
            costs.append(await Cost.awaited(_get(self.ours)))
        return costs

    async def _on_other_days(self) -> list[Cost]:
        """The first look of each day."""
        costs = []
        for _ in range(DAYS_A_ROUND):
            self.clock.forward(24)
            costs.append(await Cost.awaited(_get(self.ours)))
        return costs

    async def _hour(self) -> list[Cost]:
        """A market's hour; what is recorded meanwhile is not measured."""
        looks = self._looks()
        self.ours.state.kept.forget()
        costs = []
        for number, (path, language) in enumerate(looks):
            if number % 10 == 0:
                farm, shop, say = self.story.farm.party, self.story.shop.party, self.story.ledger.say
                if number % 50 == 0:
                    say(farm, _promise(farm, self.chance.randrange(BATCHES), number))
                else:
                    say(shop, OTHER)
                await _get(self.beside)
            headers = [*HEADERS[:3], (b"accept-language", language), *HEADERS[4:]]
            costs.append(await Cost.awaited(asked(self.ours, path, headers, status=200)))
        return costs

    def _looks(self) -> list[tuple[str, bytes]]:
        """What is looked at in an hour, and in which language; the packs among it are recorded."""
        often = [1 / (place + 1) for place in range(BATCHES)]
        looks, packs = list[tuple[str, bytes]](), dict[int, list[str]]()
        for batch in self.chance.choices(range(BATCHES), often, k=LOOKS_AN_HOUR):
            path = f"{PATH}-{batch}"
            if self.chance.random() < 1 / 3:
                serial = f"/21/{next(self.serials)}"
                path += serial
                packs.setdefault(batch, []).append(f"{LEEK}-{batch}{serial}")
            looks.append((path, b"en" if self.chance.random() < 1 / 20 else b"zh-CN,zh;q=0.9"))
        for batch, codes in packs.items():
            _issue(self.story, f"{LEEK}-{batch}", codes)
        return looks

    def _mark(self) -> bytes:
        """The mark of the page as it is now."""
        mark: bytes = dict(self.sent()[0]["headers"])[b"etag"]
        return mark

    def _of_packs(self) -> Cost:
        """Packs that nobody asked for before; the first one finds nothing of its batch."""
        self.ours.state.kept.forget()

        async def ask() -> None:
            for number in islice(self.packs, REQUESTS_A_ROUND):
                await asked(self.ours, f"{PATH}/21/{number}", HEADERS, status=200)

        return Cost.each([Cost.of(lambda: self.runner.run(ask()))], REQUESTS_A_ROUND)

    def sent(self) -> list[Message]:
        """One answer of ours."""
        return self.runner.run(_get(self.ours))

    def _cost(
        self, app: FastAPI, also: Iterable[tuple[bytes, bytes]] = (), *, anew: bool = False, status: int = 200
    ) -> Cost:
        async def ask() -> None:
            for _ in range(REQUESTS_A_ROUND):
                if anew:
                    app.state.kept.forget()
                await _get(app, also, status=status)

        return Cost.each([Cost.of(lambda: self.runner.run(ask()))], REQUESTS_A_ROUND)


def _promise(producer: PartyId, batch: int, number: int) -> Commitment:
    """What a maker says of one of its batches, and its page tells."""
    said = {
        "producer": str(producer),
        "basis": "self_test",
        "goods": f"{LEEK}-{batch}",
        "number": f"HGZ-{number}",
    }
    return Commitment.read(said)


def _issue(story: Story, goods: str, codes: Sequence[str]) -> None:
    story.ledger.say(story.farm.party, Codes.read({"action": "issue", "goods": goods, "codes": [*codes]}))


def _grow(story: Story) -> None:
    """The batches of the market's hour."""
    for number in range(BATCHES):
        body = {
            "goods": f"{LEEK}-{number}",
            "maker": str(story.farm.party),
            "name": "韭菜",
            "category": "farm_produce",
            "batch_number": f"JC-1-{number}",
            "produced_on": "2026-11-14",
            "origin": "江苏如皋",
        }
        story.ledger.say(story.farm.party, Batch.read(body))


async def _get(app: ASGIApp, also: Iterable[tuple[bytes, bytes]] = (), *, status: int = 200) -> list[Message]:
    return await asked(app, PATH, [*HEADERS, *also], status=status)


def run(folder: Path) -> Measured:
    """Tell the story, then measure round by round."""
    clock = Clock()
    with make_ledger(folder, clock) as ledger, asyncio.Runner() as runner:
        story = Story.cast(ledger).tell()
        for start in range(0, (ROUNDS + 1) * REQUESTS_A_ROUND, TOGETHER):
            _issue(story, str(LEEK), [f"{LEEK}/21/{number}" for number in range(start, start + TOGETHER)])
        _grow(story)
        story.recall()
        ours = create_app(ledger, Settings(data=folder / "data", limits=False))
        beside = create_app(ledger, Settings(data=folder / "data", limits=False))
        asking = Asking(
            ours=ours,
            peer=bare(_values(ours, runner)),
            runner=runner,
            story=story,
            beside=beside,
            clock=clock,
        )
        sent = asking.sent()
        peer_body = runner.run(_get(asking.peer))[1]["body"]
        if peer_body != sent[1]["body"]:
            message = "the peer's page is another one"
            raise RuntimeError(message)
        asking.round()  # Both sides warm.
        settle()  # As the process does that serves.
        return Measured.of([asking.round() for _ in range(ROUNDS)], sent)


def _values(app: FastAPI, runner: asyncio.Runner) -> dict[str, object]:
    """Everything that our page is rendered with, and the words that go into its blanks."""
    ready, words = dict[str, object](), dict[str, str]()
    template = environment().get_template("consumer.html")
    render, fill = template.render, Pattern.filled

    def rendered(content: Mapping[str, object], **more: object) -> str:
        ready.update(content, **more)
        return render(content, **more)

    def filled(pattern: Pattern, own: Mapping[str, str]) -> bytes:
        words.update({blank(name): word for name, word in own.items()})
        return fill(pattern, own)

    with patch.object(template, "render", rendered), patch.object(Pattern, "filled", filled):
        runner.run(_get(app))
    for name, value in ready.items():
        for mark, word in words.items():
            if isinstance(value, str) and mark in value:
                ready[name] = value.replace(mark, word)
    return ready


def table(found: Measured) -> str:
    """The figures for a reader: microseconds of processor time a request, wall time in brackets."""

    def shown(cost: Cost) -> str:
        return f"{cost.cpu:.0f} ({cost.wall:.0f})"

    rows = [
        ("a bare page of the same template", shown(found.peer), ""),
        ("our page, as it is kept", shown(found.kept), f"{found.ratio_kept:.2f} x the bare page"),
        ("our page, after another entry", shown(found.moved), f"{found.ratio_moved:.2f} x the bare page"),
        ("our page, the first look of a day", shown(found.day), f"{found.ratio_day:.2f} x the bare page"),
        ("our page, put together anew", shown(found.anew), f"{found.ratio_anew:.2f} x the bare page"),
        ("our page of another pack", shown(found.pack), f"{found.ratio_pack:.2f} x the bare page"),
        ("our page, unchanged (304)", shown(found.unchanged), f"{found.ratio_unchanged:.2f} x the bare page"),
        ("a look in a market's hour", shown(found.hour), f"{found.ratio_hour:.2f} x the bare page"),
        (
            "bytes: the page, with its headers",
            f"{found.page_bytes} / {found.answer_bytes}",
            f"of {BYTES_MAX}",
        ),
    ]
    return columns(rows)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    asked = parser.parse_args()
    logging.disable()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder))
    print("Microseconds of processor time a request (and by the wall clock); medians.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
