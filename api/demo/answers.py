"""The five questions an inspector would ask, answered by the public API and by nothing else.

    1  where did this leek come from          2  who else has it
    3  which of P4's records cannot be true   4  that one record was not written when it says
    5  the numbers of three weeks, with the entries behind them

What comes back are values. `lines` puts them into sentences, `expected` compares them with the story. Nothing here knows a name, an
amount or a day of the story beyond what it is asked about.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from api.demo.client import API, PublicApi, Unexpected, objects
from ledger.canonical import Json, JsonObject
from ledger.identifiers import GoodsId, Instant, LegalDate, PartyId, Quantity, StatementId
from ledger.keys import base64_bytes
from ledger.log.checkpoint import open_checkpoint
from ledger.log.entry import Entry
from ledger.log.merkle import leaf_hash
from ledger.log.note import NoteVerifier
from ledger.log.proof import TlogProof, check_inclusion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from api.demo.story import Story

_DAY_MS: Final = 86_400_000
_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Branch:
    """One way back from the field to the end of what is known. `parties` from the farm's supplier to the end."""

    parties: tuple[str, ...]
    end: str
    reasons: tuple[JsonObject, ...]
    quantity: Quantity


@dataclass(frozen=True, slots=True)
class Origin:
    """Answer 1. `parties` from the stall back to the farm; party ids, and names beside them in `names`."""

    parties: tuple[str, ...]
    plot: str
    branches: tuple[Branch, ...]
    names: Mapping[str, str]
    link: str


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """One holder: what it got, and what it says became of that."""

    party: str
    supplier: str | None
    received: Quantity
    recovered: Quantity
    sold: Quantity
    lost: Quantity
    answered: bool


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Answer 2: everybody who has or had the goods, the maker first, and the whole account."""

    holders: tuple[HolderFacts, ...]
    totals: Mapping[str, Quantity]
    names: Mapping[str, str]
    link: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """One finding: its kind, what the records say in both languages, and the entries it rests on."""

    kind: str
    grade: str
    party: str
    words: JsonObject
    figures: JsonObject
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Answer 4: what one record claims, when the log took it, and that this was proved with the log's key alone."""

    position: int
    claimed: Instant
    received_on: LegalDate
    recorded: Instant
    before: Instant
    root: str
    tree_size: int
    key: str
    link: str
    proof_link: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """Answer 5: records by type, as the page for officials counts them, and findings by kind, each with its entries."""

    first: LegalDate
    last: LegalDate
    records: Mapping[str, int]
    findings: Mapping[str, int]
    doubts: tuple[Doubt, ...]
    link: str


def origin(api: PublicApi, goods: GoodsId, *, stall: PartyId, farm_plot: StatementId, by: str) -> Origin:
    """Where the goods at a stall came from, and what was used on the field they grew on."""
    found = api.get(f"{API}/trace?{urlencode({'goods': str(goods)})}", by=by)
    forward, back = list(_edges(found, "forward")), list(_edges(found, "back"))
    way = list(_way_back((str(stall), str(goods)), forward))
    farm = way[-1]
    used = {edge.source for edge in back if edge.kind == "use" and edge.target == farm}
    ends = {(str(one["party"]), str(one["goods"])): one for one in objects(found["sources"])}
    branches = tuple(
        branch
        for place in sorted(used)
        for edge in back
        if edge.target == place
        for branch in _branches(edge, back, ends)
    )
    return Origin(
        parties=tuple(party for party, _ in way),
        plot=_plot(api, found, goods, farm_plot, by=by),
        branches=branches,
        names=_names(found),
        link=api.link(f"/trace?{urlencode({'goods': str(goods)})}"),
    )


def whereabouts(api: PublicApi, goods: GoodsId, recall: StatementId, *, by: str) -> Whereabouts:
    """Who has or had recalled goods, and what every one of them has answered."""
    scope = api.get(f"{API}/recalls/{recall}/scope", by=by)
    found = api.get(f"{API}/trace?{urlencode({'goods': str(goods)})}", by=by)
    suppliers = {edge.target: edge.source[0] for edge in _edges(found, "forward")}
    holders = tuple(_holder(one, suppliers) for one in objects(scope["holders"]))
    totals = scope["totals"]
    assert isinstance(totals, dict)
    return Whereabouts(
        holders=holders,
        totals={name: _quantity(value) for name, value in totals.items()},
        names=_names(scope),
        link=api.link(f"/trace?{urlencode({'goods': str(goods)})}#holders"),
    )


def doubts(
    api: PublicApi, *, by: str, party: PartyId | None = None, days: tuple[LegalDate, LegalDate] | None = None
) -> tuple[Doubt, ...]:
    """Findings as a reader gets them: about one party, or recorded on some days, the last one included."""
    asked = {} if party is None else {"party": str(party)}
    if days is not None:
        first, last = (Instant.parse(f"{day}T00:00:00+08:00") for day in days)
        asked |= {"since": str(first), "until": str(Instant(last.ms + _DAY_MS, last.offset_minutes))}
    found = api.get(f"{API}/findings?{urlencode(asked)}", by=by)
    return tuple(_doubt(one) for one in objects(found["findings"]))


def not_before(api: PublicApi, statement: StatementId, *, by: str) -> NotBefore:
    """When the log took a record that claims an earlier day, proved as a third party would prove it: with the log's key and a file."""
    said = api.get(f"{API}/statements/{statement}", by=by)
    position, fields = _number(said["position"]), said["fields"]
    assert isinstance(fields, dict)
    proof_path = f"{API}/entries/{position}/proof"
    key = NoteVerifier.parse(api.get_bytes("/log/vkey").decode().partition("\n")[0])
    leaf = base64_bytes(str(api.get(f"{API}/entries/{position}")["entry"]), field="entry")
    proof = TlogProof.parse(api.get_bytes(proof_path))
    # From here on nothing is asked of the server: the key, the entry and the proof decide.
    signed = open_checkpoint(proof.checkpoint, [key])
    tree = signed.checkpoint
    check_inclusion(
        leaf=leaf_hash(leaf), position=proof.position, size=tree.size, proof=proof.hashes, root=tree.root
    )
    entry = Entry.parse(leaf)
    before = Entry.parse(base64_bytes(str(api.get(f"{API}/entries/{position - 1}")["entry"]), field="entry"))
    if entry.prev != before.leaf_hash:
        message = f"entry {position} does not follow entry {position - 1}"
        raise Unexpected(message)
    return NotBefore(
        position=position,
        claimed=Instant.parse(str(said["occurred_at"])),
        received_on=LegalDate.parse(str(fields["received_on"])),
        recorded=Instant(entry.at_ms).at_shanghai(),
        before=Instant(before.at_ms).at_shanghai(),
        root=tree.root.hex(),
        tree_size=tree.size,
        key=str(key),
        link=api.link(f"/entries/{position}"),
        proof_link=api.link(proof_path),
    )


@dataclass(frozen=True, slots=True)
class Answers:
    """All five."""

    origin: Origin
    whereabouts: Whereabouts
    suspect: str
    doubts: tuple[Doubt, ...]
    doubts_link: str
    not_before: NotBefore
    numbers: Numbers


def ask(api: PublicApi, story: Story, *, by: str) -> Answers:
    """The five questions of the demo, asked by an authority."""
    days = (story.report_from, story.report_until)
    return Answers(
        origin=origin(api, story.leek, stall=story.stall, farm_plot=story.plot, by=by),
        whereabouts=whereabouts(api, story.leek, story.recall, by=by),
        suspect=str(story.suspect),
        doubts=doubts(api, party=story.suspect, by=by),
        doubts_link=api.link(f"/trace?{urlencode({'goods': str(story.doubtful)})}#findings"),
        not_before=not_before(api, story.late_check, by=by),
        numbers=numbers(api, *days, by=by),
    )


def numbers(api: PublicApi, first: LegalDate, last: LegalDate, *, by: str) -> Numbers:
    """Records and findings of some days."""
    path = f"/findings?{urlencode({'from': str(first), 'to': str(last)})}"
    page = _Tables()
    page.feed(api.get_bytes(f"{path}&lang=zh", by=by).decode())
    # The page begins with one row for each type of record: its title, how many, and the entries.
    records = {row[0]: int(row[1]) for row in page.tables[0] if len(row) > 1 and row[1].isdigit()}
    found = doubts(api, by=by, days=(first, last))
    return Numbers(
        first=first,
        last=last,
        records=records,
        findings=Counter(one.kind for one in found),
        doubts=found,
        link=api.link(path),
    )


@dataclass(frozen=True, slots=True)
class _Edge:
    kind: str
    source: _Place
    target: _Place
    moved: Quantity


def _edges(found: JsonObject, name: str) -> Iterator[_Edge]:
    for one in objects(found[name]):
        if one["state"] != "refused":
            moved = one["received"] if one["received"] is not None else one["sent"]
            yield _Edge(str(one["kind"]), _place(one["from"]), _place(one["to"]), _quantity(moved))


def _place(value: Json) -> _Place:
    assert isinstance(value, dict)
    return (str(value["party"]), str(value["goods"]))


def _way_back(start: _Place, edges: Sequence[_Edge]) -> Iterator[_Place]:
    """From hand to hand back to where the goods began."""
    place: _Place | None = start
    seen: set[_Place] = set()
    while place is not None and place not in seen:
        yield place
        seen.add(place)
        place = next(
            (edge.source for edge in edges if edge.target == place and edge.source[1] == place[1]), None
        )


def _branches(edge: _Edge, edges: Sequence[_Edge], ends: Mapping[_Place, JsonObject]) -> Iterator[Branch]:
    """The way of one supplier's goods: all deliveries between the same two hands are one branch."""
    way = list(_way_back(edge.source, edges))
    end = ends[way[-1]]
    yield Branch(
        parties=tuple(party for party, _ in way),
        end=str(end["kind"]),
        reasons=tuple(objects(end["reasons"])),
        quantity=edge.moved,
    )


def _plot(api: PublicApi, found: JsonObject, goods: GoodsId, site: StatementId, *, by: str) -> str:
    """The name of the field the goods were harvested on, as its farm recorded it."""
    batches, plot = found["batches"], api.get(f"{API}/statements/{site}", by=by)["fields"]
    assert isinstance(batches, dict)
    assert isinstance(plot, dict)
    batch = batches[str(goods)]
    assert isinstance(batch, dict)
    grown = api.get(f"{API}/statements/{batch['id']}", by=by)["fields"]
    if not isinstance(grown, dict) or grown.get("site") != plot["site"]:
        message = f"the batch record names the plot {grown}, expected {plot['site']}"
        raise Unexpected(message)
    return str(plot["name"])


def _names(found: JsonObject) -> dict[str, str]:
    parties = found["parties"]
    assert isinstance(parties, dict)
    return {
        party: str(sheet.get("name") or sheet.get("person_name") or party)
        for party, sheet in parties.items()
        if isinstance(sheet, dict)
    }


def _holder(one: JsonObject, suppliers: Mapping[_Place, str]) -> HolderFacts:
    return HolderFacts(
        party=str(one["party"]),
        supplier=suppliers.get(_place(one)),
        received=_quantity(one["received"]),
        recovered=_quantity(one["recovered"]),
        sold=_quantity(one["sold"]),
        lost=_quantity(one["lost"]),
        answered=one["answered"] is True,
    )


def _doubt(one: JsonObject) -> Doubt:
    words, figures, seqs = one["words"], one["figures"], one["seqs"]
    assert isinstance(words, dict)
    assert isinstance(figures, dict)
    assert isinstance(seqs, list)
    return Doubt(
        kind=str(one["kind"]),
        grade=str(one["grade"]),
        party=str(one["party"]),
        words=words,
        figures=figures,
        positions=tuple(_number(seq) for seq in seqs),
    )


def _quantity(value: Json) -> Quantity:
    return Quantity.from_json(value)


def _number(value: Json) -> int:
    assert isinstance(value, int)
    return value


class _Tables(HTMLParser):
    """The cells of every table of a page, as text. What stands below the line (the sums) is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._in_cell = False
        self._below = False

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:  # noqa: ARG002  (the parser's signature)
        if tag == "table":
            self.tables.append([])
        elif tag == "tfoot":
            self._below = True
        elif tag == "tr" and self.tables and not self._below:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables and self.tables[-1] and not self._below:
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._in_cell = False
        elif tag == "tfoot":
            self._below = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.tables[-1][-1][-1] += data.strip()
