"""EPCIS documents into the ledger: `import_document`, and the report of what became of every part of them.

Each event becomes one `epcis_event` statement with its bytes as they stand in the document; parties and products of the master data
become sheets that the importing party declares. From then on the goods stand in the same graph as everything else: a lot can be traced
back to its catch, forward to its holders, and recalled.

What an event says and the ledger cannot use yet is kept with it and reported by name; what the document says beside its events, and
no sheet takes, is reported as not kept. What is malformed is refused whole, by name, and nothing is written. Parts of one transformation are brought together within one document; so is an unpacked pallet with
its packing, also across documents, if the packing is imported first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Words, shown
from ledger.exchange.epcis_document import EpcisDocument
from ledger.exchange.epcis_plan import plan_events, plan_names
from ledger.statement import sign_statement
from ledger.vocabulary.epcis import CONTEXT_CHARACTERS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ledger.errors import Language
    from ledger.exchange.epcis_plan import EventPlan, NamePlan, Planned
    from ledger.identifiers import PartyId
    from ledger.recorder import Placed
    from ledger.service import Ledger
    from ledger.statement import Statement
    from ledger.vocabulary.epcis_reading import UnusedKind

#: Names of one kind that a report lists; of more it gives the number.
NAMES_SHOWN_MAX: Final = 100

_UNUSED: Final[Mapping[UnusedKind, Words]] = {
    "property": Words(zh="事件字段", en="event property"),
    "event_type": Words(zh="事件类型", en="event type"),
    "biz_step": Words(zh="业务步骤", en="business step"),
    "unit": Words(zh="计量单位", en="unit"),
    "no_unit": Words(
        zh="无单位的数量（按件数读取）", en="quantity without a unit (read as a count of pieces)"
    ),
    "amount": Words(zh="数量", en="amount"),
    "goods_name": Words(zh="不能作货物标识的名称", en="name that cannot name goods here"),
    "objects": Words(zh="一个事件中的货物过多", en="too many objects in one event"),
    "place": Words(zh="地图坐标作场所", en="point on the map as a place"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """Something the document says that is not used: its name, and how often it is said."""

    what: Words
    name: str
    count: int

    def in_language(self, language: Language) -> str:
        """`event property sensorElementList × 3`."""
        return f"{self.what.in_language(language)} {shown(self.name)}".rstrip() + f" × {self.count}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a document. Places are those of the events in it (`epcisBody.eventList[3]`).

    `events`: in the document. `recorded`: where the new ones stand in the log. `again`: recorded before. `twice`: held twice by the
    document. `ahead`: dated in the future, kept out. `parties`, `products`: sheets newly recorded. `kept`: what is not used yet and
    stands in the recorded events. `left`: what stands in the document alone, beside its events.
    """

    events: int
    recorded: tuple[Placed, ...]
    again: tuple[str, ...]
    twice: tuple[str, ...]
    ahead: tuple[str, ...]
    put_right: int
    parties: int
    products: int
    kept: tuple[Counted, ...]
    left: tuple[Counted, ...]
    notes: tuple[Words, ...]

    @property
    def nothing_new(self) -> bool:
        """Whether the ledger had everything already."""
        return not self.recorded and not self.parties and not self.products

    def lines(self, language: Language) -> tuple[str, ...]:
        """The report for a reader, a line at a time."""
        said = [one.in_language(language) for one in self._words()]
        for some, words in (
            (self.kept, Words(zh="已保存、暂未使用：", en="kept and not used yet:")),
            (
                self.left,
                Words(
                    zh="未保存（请留存原文件）：", en="not kept (it stands in the document alone; keep that):"
                ),
            ),
        ):
            if some:
                said.append(words.in_language(language))
                said.extend(f"  {one.in_language(language)}" for one in some[:NAMES_SHOWN_MAX])
            if len(some) > NAMES_SHOWN_MAX:
                said.append(f"  … + {len(some) - NAMES_SHOWN_MAX}")
        return tuple(said)

    def _words(self) -> Iterator[Words]:
        yield Words(
            zh=f"事件 {self.events} 个：新记录 {len(self.recorded)}，已有 {len(self.again)}，文件内重复 {len(self.twice)}，"
            f"时间在未来 {len(self.ahead)}",
            en=f"{self.events} events: {len(self.recorded)} newly recorded, {len(self.again)} recorded before, "
            f"{len(self.twice)} twice in the document, {len(self.ahead)} dated in the future",
        )
        if self.put_right:
            yield Words(
                zh=f"其中错误声明 {self.put_right} 个：所指事件不再计入",
                en=f"{self.put_right} of them are error declarations: the events they name count no more",
            )
        for places, words in (
            (self.twice, Words(zh="重复，只记录一次", en="held twice, recorded once")),
            (self.ahead, Words(zh="时间在未来，未记录", en="dated in the future, not recorded")),
        ):
            if places:
                yield _named(words, places)
        if self.parties or self.products:
            yield Words(
                zh=f"主数据：登记主体 {self.parties} 个、产品 {self.products} 个（由导入方申报）",
                en=f"master data: {self.parties} parties and {self.products} products recorded (declared by the importer)",
            )
        yield from self.notes
        if self.nothing_new:
            yield Words(zh="没有新内容，未写入任何记录", en="nothing new; nothing was written")


def import_document(ledger: Ledger, data: bytes, *, party: PartyId) -> ImportReport:
    """Record what an EPCIS document says and the ledger does not know yet, signed with the party's custodial key: all or nothing.

    Raises a `Refusal` that names the place for what is malformed; then nothing was written.
    """
    document = EpcisDocument.parse(data)
    now_ms = ledger.clock()
    with ledger.book() as book:
        names = plan_names(book, document, party=party, now_ms=now_ms)
        events = plan_events(book, document, party=party, now_ms=now_ms)
    placed = _record(ledger, [*names.planned, *events.planned], party=party)
    return _report(document, names, events, placed=placed[len(names.planned) :])


def _record(ledger: Ledger, planned: Sequence[Planned], *, party: PartyId) -> tuple[Placed, ...]:
    if not planned:
        return ()
    signer = ledger.custodial_signer(party)
    statements: list[Statement] = [
        sign_statement(
            one.said.to_items(),
            log=ledger.origin,
            statement_id=one.id,
            type_name=one.said.TYPE,
            issuer=party,
            occurred_at=one.occurred_at,
            signers=[signer],
            corrects=one.corrects,
        )
        for one in planned
    ]
    return ledger.recorder.record(statements)


def _report(
    document: EpcisDocument, names: NamePlan, events: EventPlan, *, placed: Sequence[Placed]
) -> ImportReport:
    return ImportReport(
        events=len(document.events),
        recorded=tuple(placed),
        again=tuple(events.again),
        twice=tuple(events.twice),
        ahead=tuple(events.ahead),
        put_right=sum(one.corrects is not None for one in events.planned),
        parties=names.parties,
        products=names.products,
        kept=tuple(
            Counted(_UNUSED[unused.kind], unused.name, count)
            for unused, count in sorted(events.unused.items())
        ),
        left=tuple(_left(document)),
        notes=tuple(_notes(document, names, events)),
    )


def _left(document: EpcisDocument) -> Iterator[Counted]:
    """What the document says beside its events and no sheet takes: it is recorded nowhere."""
    header = Words(zh="文件头", en="header")
    for name, count in sorted(document.unused.items()):
        yield Counted(header, name, count)
    master = Words(zh="主数据", en="master data")
    for name, count in sorted(document.master.unused.items()):
        yield Counted(master, name, count)


def _notes(document: EpcisDocument, names: NamePlan, events: EventPlan) -> Iterator[Words]:
    if document.had_mark:
        yield Words(
            zh="文件以 UTF-8 字节顺序标记开头，已略过",
            en="the file begins with a UTF-8 byte order mark, which was passed over",
        )
    if document.context is not None:
        yield _context_note(document.context)
    yield from _name_notes(document, names)
    for places, words in (
        (
            events.same_id,
            Words(
                zh="eventID 与另一事件相同而内容不同，已保存，只计先记录的一个",
                en="same eventID as another event with other content; kept, and only the first one counts",
            ),
        ),
        (
            events.lone,
            Words(
                zh="错误声明所指的事件不在本台账，仅作保存",
                en="error declarations of events that nobody recorded here; kept",
            ),
        ),
        (
            events.taken_back,
            Words(
                zh="此前已有错误声明的事件，已保存，不计入",
                en="events that were declared wrong before they came; kept, and they do not count",
            ),
        ),
        (
            events.in_part,
            Words(
                zh="加工事件只有投入或只有产出，其余部分不在本文件",
                en="transformations with only inputs or only outputs; their other part is not here",
            ),
        ),
        (
            events.nobody,
            Words(
                zh="未写明货物在谁手中（无所有者、无场所），已保存，不计流向",
                en="events that name neither owner nor place; kept, and no goods move by them",
            ),
        ),
    ):
        if places:
            yield _named(words, places)
    if events.unclear:
        yield Words(
            zh=f"{events.unclear} 处货物出现在新的持有者处，文件未说明来自谁，未作推断",
            en=f"{events.unclear} times goods turn up at a new holder and the document does not say from whom; nothing was inferred",
        )


def _name_notes(document: EpcisDocument, names: NamePlan) -> Iterator[Words]:
    places = len(document.master.places)
    if places:
        yield Words(
            zh=f"场所 {places} 个：名称和经营者随提到它们的事件保存，未单独登记",
            en=f"{places} places: their names and who runs them are kept with the events that name them, without sheets",
        )
    if names.again:
        yield Words(
            zh=f"主体、产品 {names.again} 个已登记过",
            en=f"{names.again} parties and products were recorded before",
        )
    if names.others:
        yield _named(
            Words(zh="主体由他人登记，未重复登记", en="parties whose sheet somebody else keeps"), names.others
        )
    if names.without_owner:
        yield Words(
            zh=f"产品 {names.without_owner} 个未写明所有者，未登记",
            en=f"{names.without_owner} products name no owner and got no sheet",
        )
    if names.ahead:
        yield Words(
            zh="文件时间在未来，主数据未登记",
            en="the document is dated in the future; its master data was not recorded",
        )


def _context_note(context: str) -> Words:
    if len(context) > CONTEXT_CHARACTERS_MAX:
        return Words(
            zh=f"文件的 @context 有 {len(context)} 个字符，过长，未随事件保存",
            en=f"the document's @context has {len(context)} characters and was not kept with the events",
        )
    return Words(
        zh="文件的 @context 随每个事件保存：事件中的缩写名称据此解释",
        en="the document's @context is kept with every event: short names in the event are explained by it",
    )


def _named(words: Words, names: Iterable[str]) -> Words:
    counted = Counter(names)
    some = ", ".join(shown(one) for one in list(counted)[:NAMES_SHOWN_MAX])
    rest = " …" if len(counted) > NAMES_SHOWN_MAX else ""
    return Words(
        zh=f"{words.zh}（{len(counted)}）：{some}{rest}", en=f"{words.en} ({len(counted)}): {some}{rest}"
    )
