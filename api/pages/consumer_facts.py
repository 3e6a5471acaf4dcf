"""What everybody may know about some goods, in words for a buyer: what is wrong first, then facts with whoever recorded them and when.

It names no holder, repeats no suspicion and never calls goods good. Of a code in the hand it tells what its records come to, of trade
nothing else. What stands on the page beside these facts, and how it is sent, is `consumer.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from api.openings import day_of, day_shown
from api.pages.rendering import cap
from api.pages.way import Stop, draw
from api.words import MARKS, say
from ledger.identifiers import LabelRule
from ledger.trace import standing_orders
from ledger.trace.coded import label_of
from ledger.views.book import about, corrected_by, goods_sheet_key, party_sheet_key, said_about
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.measures import ListEntry
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.parties import Licence
from scanner.codes import address_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from api.openings import Opened
    from api.pages.lean import Days
    from api.pages.names import Names
    from api.scanning import Named
    from ledger.errors import Language
    from ledger.identifiers import GoodsId, LegalDate, PartyId
    from ledger.trace import BatchView, CodeState
    from ledger.views.book import Book, Record

#: Codes a recall names that the page repeats.
CODES_SHOWN: Final = 5
COMMITMENTS_SHOWN: Final = 3
LICENCES_SHOWN: Final = 2
#: Lists that speak against a trader. That somebody is praised says nothing about goods.
_AGAINST: Final = frozenset({"serious_violation", "key_supervision"})
#: Of the batch's record, beside what every page tells; by the names of its fields.
_ALSO: Final = ("approval_number", "approval_holder", "grade", "storage")


@dataclass(slots=True)
class About:
    """Some goods, and the code in the hand where there is one with its state, in one book, for everybody, on one day."""

    book: Book
    names: Names
    named: Named
    goods: GoodsId
    #: On which days the same is told, asked as it is told.
    days: Days
    #: The day as it is written on the page.
    today: str
    site: str
    sheet: BatchView = field(init=False)
    maker: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.sheet = self.names.sheet(self.goods)
        self.names.know(self._parties())
        self.maker = self.names.party(self.sheet.maker) if self.sheet.maker is not None else None

    @property
    def state(self) -> CodeState | None:
        """What is recorded of the pack, where it is about one."""
        return self.named.state

    def content(self, opened: str) -> dict[str, object]:
        """Everything for the template; `opened` says how often it was (`openings_told`)."""
        title = self.sheet.name or self.names.goods(self.goods)
        number = self.sheet.batch_number or (self.goods.batch_code.printed if self.goods.batch_code else None)
        return {
            "title": title,
            "batch_number": number,
            "recalls": self.recalls(),
            "decisions": self.decisions(),
            "expired": self.expired(),
            "code": self.code(),
            "known": self.known(),
            "label": self.label(),
            "way": self.way(),
            "unknown": self.unknown(),
            "compare": self.compare(),
            "opened": opened,
            "proof": None if self.sheet.record is None else self.sheet.record.seq,
        }

    def _parties(self) -> Iterator[PartyId]:
        """Whoever may be named on the page, to be looked up together."""
        if self.sheet.maker is not None:
            yield self.sheet.maker
        if self.state is not None and self.state.issued_by is not None:
            yield self.state.issued_by
        for one in about(self.book, goods_sheet_key(self.goods)):
            if isinstance(one.said, Batch | Commitment | Recall):
                yield one.actor

    def _say(self, key: str, **values: object) -> str:
        return say(key, self.names.language, **values)

    # What is wrong

    def recalls(self) -> list[dict[str, object]]:
        """Standing recalls. One that names codes concerns a pack with its own code only if it is among them."""
        state = self.state
        of_pack = state is not None and state.goods == self.goods
        orders = state.recalls if state is not None and of_pack else standing_orders(self.book, self.goods)
        return [
            {
                "inherited": order.inherited,
                "reason": said.reason,
                "advice": said.advice,
                "codes": self._codes(said.codes or ()),
                "by": self.names.party(order.record.actor),
                "at_ms": order.record.at_ms,
                "seq": order.record.seq,
            }
            for order in orders
            if isinstance(said := order.record.said, Recall)
        ]

    def _codes(self, codes: tuple[str, ...]) -> str:
        more = " …" if len(codes) > CODES_SHOWN else ""
        return MARKS[self.names.language].listed.join(codes[:CODES_SHOWN]) + more

    def decisions(self) -> list[dict[str, object]]:
        """What an authority has published about the maker and not taken back, as far as it speaks against him and holds today."""
        maker = self.sheet.maker
        if maker is None:
            return []
        standing: dict[str, list[tuple[Record, ListEntry]]] = {}
        for record, said in said_about(self.book, party_sheet_key(maker), ListEntry):
            if said.party != maker or said.list_name not in _AGAINST:
                continue
            if said.action == "listed":
                standing.setdefault(said.list_name, []).append((record, said))
            else:
                # Taken off a list is taken off it: nobody is shown on one because two decisions are hard to tell apart.
                standing.pop(said.list_name, None)
        return [
            {
                "head": self._say(f"buyer_decided_{said.list_name}"),
                "text": self._say(
                    "buyer_decided_what",
                    party=self.maker,
                    number=said.decision,
                    basis=said.basis,
                    start=said.valid_from,
                    end=self._say("buyer_decided_end", day=said.valid_to) if said.valid_to else "",
                ),
                "by": self.names.party(record.actor),
                "at_ms": record.at_ms,
                "seq": record.seq,
            }
            for entries in standing.values()
            for record, said in entries[-1:]
            if self.days.begun(said.valid_from) and not self.days.over(said.valid_to)
        ]

    def expired(self) -> str | None:
        """That the goods should not be used any more, by the date that was recorded for them."""
        last = self.sheet.expires_on
        if not self.days.over(last):
            return None
        return self._say("buyer_expired_what", day=last, today=self.today)

    def code(self) -> dict[str, object] | None:
        """What is recorded about the code in the hand: who issued it, and whether it was sold. Never whose hands it passed."""
        state = self.state
        if state is None:
            return None
        lines = list[str]()
        if state.issued_by is not None:
            lines.append(self._say("code_issued", name=self.names.party(state.issued_by)))
        day, amiss = self._sold_on() or "", True
        if state.state in {"void", "used"}:
            head = self._say(f"code_{state.state}")
            lines.append(self._say(f"code_{state.state}_what"))
        elif len(state.sales) > 1:
            head = self._say("code_sold_more", count=len(state.sales), day=day)
            lines.append(self._say("code_sold_more_what"))
        elif state.first_sold is not None:
            head, amiss = self._say("code_sold", day=day), False
            lines.append(self._say("code_sold_what"))
        elif state.issued_by is None:
            head = self._say("code_unknown")
            lines.append(self._say("code_unknown_what"))
        else:
            head, amiss = lines.pop(), False
            lines.append(self._say("code_not_sold"))
        return {"text": state.code, "head": head, "lines": lines, "amiss": amiss}

    def _sold_on(self) -> str | None:
        sold = self.state.first_sold if self.state is not None else None
        return None if sold is None else str(sold.header.occurred_at.date_in_shanghai())

    # What is known

    def known(self) -> list[dict[str, object]]:
        """What is recorded publicly, each with who recorded it and since when."""
        facts: dict[int, tuple[Record, list[str]]] = {}
        for record, text in self._facts():
            facts.setdefault(record.seq, (record, []))[1].append(text)
        return [
            {"facts": said, "by": self.names.party(record.actor), "at_ms": record.at_ms, "seq": record.seq}
            for record, said in facts.values()
        ]

    def _facts(self) -> Iterator[tuple[Record, str]]:
        if self.sheet.record is not None:
            yield from ((self.sheet.record, text) for text in self._of_batch(self.sheet.record))
        for one in self.sheet.commitments[-COMMITMENTS_SHOWN:]:
            if isinstance(one.said, Commitment):
                day = one.said.issued_on or ""
                yield one, self._say("known_commitment", number=one.said.number or "", day=day)
        for one, licence in self._licences():
            yield one, self._licence(licence)

    def _of_batch(self, record: Record) -> Iterator[str]:
        if self.maker is not None:
            yield self._say("known_maker", value=self.maker)
        for key in ("produced_on", "expires_on", "origin", "specification"):
            if (value := getattr(self.sheet, key)) is not None:
                yield self._say(f"known_{key}", value=value)
        for key in _ALSO:
            if (value := getattr(record.said, key, None)) is not None:
                label = Batch.places()[key].label.in_language(self.names.language)
                yield self._say("known_field", label=cap(label), value=value)
        corrected = corrected_by(record)
        before = None if corrected is None else self.book.position(*corrected)
        if before is not None:
            yield self._say("known_corrected", entry=before)

    def _licences(self) -> list[tuple[Record, Licence]]:
        """The maker's licences, the latest of each kind."""
        maker = self.sheet.maker
        if maker is None:
            return []
        latest = {
            one.said.licence_kind: (one, one.said)
            for one in self.names.view(maker).licences
            if isinstance(one.said, Licence)
        }
        return list(latest.values())[:LICENCES_SHOWN]

    def _licence(self, licence: Licence) -> str:
        values = {"kind": licence.licence_kind, "number": licence.number}
        if licence.state in {"revoked", "suspended"}:
            return self._say("known_licence_state", **values, state=self._say(f"state_{licence.state}"))
        # 行政许可法 50: what was filed in time and left undecided counts as granted.
        past = self.days.over(licence.valid_to)
        key = "known_licence_past" if past and licence.state == "granted" else "known_licence"
        return self._say(key, **values, day=licence.valid_to or "—")

    def label(self) -> dict[str, object] | None:
        """What a pesticide's label is to tell whoever scans it, as far as it is recorded. An old label on old stock is no fault."""
        label = label_of(self.book, self.sheet, self.named.code)
        if label is None:
            return None
        rule = {LabelRule.NOTICE_1049: "label_new", LabelRule.NOTICE_2579: "label_old", None: "label_undated"}
        lines = [self._say(rule[label.rule])]
        if label.registration_fits is not None:
            lines.append(self._say("label_fits" if label.registration_fits else "label_differs"))
        if label.prefix_dropped:
            lines.append(self._say("label_dropped"))
        facts = [
            self._say(
                "label_fact",
                name=cap(one.words.in_language(self.names.language)),
                value=one.value or self._none,
            )
            for one in label.facts
            if one.value is not None or one.asked
        ]
        return {"lines": lines, "facts": facts}

    def way(self) -> Markup:
        """The picture."""
        stops = [
            Stop(
                self._say("buyer_way_maker"),
                self.sheet.origin or self.maker or self._none,
                self.maker is not None,
            ),
            Stop(self._say("buyer_way_hands"), self._say("buyer_way_hands_what"), known=False),
        ]
        if self.state is not None and self.state.path:
            day = self._sold_on()
            stops.append(Stop(self._say("buyer_way_sold"), day or self._none, day is not None))
        stops.append(Stop(self._say("buyer_way_you"), self._say("buyer_way_you_what"), known=False))
        mark = MARKS[self.names.language]
        said = [
            f"{one.name}{mark.colon}{f'{self.maker}{mark.comma}' if place == 0 and self.maker else ''}{one.below}"
            for place, one in enumerate(stops)
        ]
        return draw(stops, label=mark.semicolon.join(said))

    @property
    def _none(self) -> str:
        return self._say("no_record")

    # What is not

    def unknown(self) -> list[str]:
        """What a buyer would like to know and nobody recorded."""
        if self.sheet.record is None:
            return [self._say("unknown_batch")]
        missing = [
            self._say(f"unknown_{key}")
            for key in ("produced_on", "expires_on", "origin")
            if getattr(self.sheet, key) is None
        ]
        return missing if self.sheet.commitments else [*missing, self._say("unknown_commitment")]

    def compare(self) -> list[str]:
        """What to look for on the pack."""
        values = (
            ("compare_name", self.sheet.name),
            ("compare_number", self.sheet.batch_number),
            ("compare_day", self.sheet.produced_on),
            ("compare_maker", self.maker),
        )
        facts = [self._say(key, value=value) for key, value in values if value is not None]
        return [self._say("compare_site", host=address_host(self.site)), *facts, self._say("compare_seal")]


def subject_of(goods: GoodsId, state: CodeState | None) -> str | None:
    """What openings of a page are counted under: the pack's code where it is recorded, else the batch; nothing for a made-up code."""
    if state is None:
        return f"goods/{goods}"
    return f"code/{state.code}" if state.path else None


def openings_told(opened: Opened | None, of: Literal["batch", "pack"], language: Language) -> str:
    """How often a page was opened, and what that does not mean."""
    told = (
        say("buyer_opened_not", language)
        if opened is None
        else say("buyer_opened", language, first=opened.first, last=opened.last, count=opened.count)
    )
    return (" " if language == "en" else "").join([told, say(f"buyer_opened_{of}", language)])


def today(at_ms: int) -> LegalDate:
    """The day on a Chinese clock, as labels write it."""
    return _shown(day_of(at_ms))


@lru_cache(maxsize=8)
def _shown(day: int) -> LegalDate:
    return day_shown(day)
