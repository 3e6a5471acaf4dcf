"""What was sent, and whether its sender has put it right since: an answer to the old record is neither lost nor taken for the new one.

A form may lie open on a stall for an hour. When the shipment it is about was corrected meanwhile, both are shown side by side with what was
answered, and the question is asked again; nothing is filled in for the new one but what does not depend on it. One that was answered before
the sender corrected it is asked again likewise, and the new answer then stands in place of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.pages.desk import Desk
from api.pages.forms import Form
from api.pages.names import Names
from api.pages.rendering import quantity
from ledger.errors import Conflict, UnknownName, Words
from ledger.identifiers import StatementId
from ledger.views.book import Record, about_many, of_type, statement_key
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi.responses import HTMLResponse

    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.identifiers import GoodsId, PartyId
    from ledger.store.book import SqlBook
    from ledger.views.book import Book
    from ledger.vocabulary.values import Line

#: A sender corrects a record once or twice, not for ever.
VERSIONS_MAX: Final = 50
#: What is filled in again as it was: it does not depend on what was sent.
_OLD: Final = "old_"
_CARRIED: Final = (
    "id",
    "reason",
    "voucher_kind",
    "voucher_number",
    "voucher_qr",
    "received_on",
    "checked_by",
)


class AlreadyAnswered(Conflict):
    """The delivery has its answer."""

    title = Words(zh="这笔发货已经答复", en="this delivery has been answered")


@dataclass(frozen=True, slots=True)
class Sent:
    """One shipment to a party as it stands now.

    `before`: the version that was asked for or answered, where that is another one. `changed`: it was asked for under that older name.
    `withdrawn`: its sender took it back altogether. `receipts` and `checks`: what this party answered to an earlier version.
    """

    record: Record
    said: Shipment
    before: tuple[Record, Shipment] | None = None
    changed: bool = False
    withdrawn: bool = False
    receipts: tuple[Record, ...] = ()
    checks: tuple[Record, ...] = ()

    @property
    def must_be_asked_again(self) -> bool:
        """Whether both versions are shown before anything is answered."""
        return self.before is not None or self.withdrawn


def sent_to(book: Book, party: PartyId, shipment: str, *, form: StatementId | None = None) -> Sent:
    """A shipment to this party, answered or not. `form`: the id of an answer; one that was recorded already is about what it was then."""
    name = StatementId.parse(shipment, field="shipment")
    record = _record(book, name)
    if record is None or not isinstance(record.said, Shipment) or record.said.to != party:
        raise no_offer(name)
    said = record.said
    if form is not None and book.position(form, party) is not None:
        return Sent(record, said)
    if record.superseded_by is None:
        if not said.offer:
            raise no_offer(name)
        _check_unanswered(book, party, record)
        return _with_answers(book, party, record, said)
    latest = record
    for _ in range(VERSIONS_MAX):
        after = None if latest.superseded_by is None else _record(book, latest.superseded_by)
        if after is None:
            break
        latest = after
    if not isinstance(latest.said, Shipment) or latest.said.to != party or not latest.said.offer:
        return Sent(record, said, changed=True, withdrawn=True)
    _check_unanswered(book, party, latest)
    now = _with_answers(book, party, latest, latest.said)
    return Sent(
        latest, latest.said, before=(record, said), changed=True, receipts=now.receipts, checks=now.checks
    )


def in_place_of(answered: Sequence[Record], party: PartyId) -> dict[str, Json]:
    """The fields by which a new record stands in place of the last of these; nothing where somebody else entered it."""
    own = [one for one in answered if one.header.issuer == party]
    if not own:
        return {}
    return {"corrects": str(own[-1].header.id), "correction_reason": "incorrect_data"}


def carried(sent: Sent, posted: Posted) -> Form:
    """A form about the new version with what was typed about the old one: amounts stay with their goods, and no answer is chosen."""
    values = {name: posted.text(name) for name in _CARRIED if posted.text(name)}
    before = {} if sent.before is None else {line.goods: n for n, line in enumerate(sent.before[1].lines)}
    for number, line in enumerate(sent.said.lines):
        old = before.get(line.goods)
        typed = (
            "" if old is None or posted.text(f"answer_{old}") != "correct" else posted.text(f"amount_{old}")
        )
        values[f"amount_{number}"] = typed or str(line.quantity).partition(" ")[0]
    for name, text in posted.texts.items():
        if name.startswith(("answer_", "amount_")):
            values[f"{_OLD}{name}"] = text
    return Form(values)


def page(desk: Desk, book: SqlBook, sent: Sent, form: Form, *, at: str, status: int = 200) -> HTMLResponse:
    """Both versions side by side, and the question once more. `at`: where the form that was open lies."""
    names = Names(book, desk.viewer, desk.language)
    before = sent.before
    return desk.page(
        "delivery_corrected.html",
        status=status,
        form=form,
        carried=[(name, value) for name, value in form.values.items() if name.startswith(_OLD)],
        at=at,
        sent={
            "id": sent.record.header.id,
            "seq": sent.record.seq,
            "at_ms": sent.record.at_ms,
            "supplier": names.party(sent.record.actor),
            "withdrawn": sent.withdrawn,
            "before_seq": None if before is None else before[0].seq,
            "rows": _rows(names, sent, form),
            "answered": [
                {"seq": one.seq, "at_ms": one.at_ms, "lines": names.lines(said.lines)}
                for one, said in of_type(sent.receipts, Receipt)
            ],
        },
        labels={name: desk.say(key) for name, key in _LABELS.items()}
        | {f"answer_{number}": names.goods(line.goods) for number, line in enumerate(sent.said.lines)},
        answers=[(one, desk.say(f"answer_{one}")) for one in ("confirm", "correct", "refuse")],
        papers=[(one, desk.say(f"papers_{one}")) for one in ("in_order", "missing", "unread")],
    )


def no_offer(shipment: StatementId) -> UnknownName:
    """For everybody to whom this was not sent, it is not there."""
    expected = Words(zh="等本方确认的发货", en="a shipment that waits for your answer")
    return UnknownName(field="shipment", came=shipment, expected=expected)


_LABELS: Final = {"papers": "accept_papers", "received_on": "accept_received_on", "reason": "accept_reason"}


def _rows(names: Names, sent: Sent, form: Form) -> list[dict[str, object]]:
    """Each kind of goods: as it was declared, as it is declared now, and what was answered."""
    before = () if sent.before is None else sent.before[1].lines
    old = {line.goods: (number, line) for number, line in enumerate(before)}
    now = () if sent.withdrawn else sent.said.lines
    new = {line.goods: (number, line) for number, line in enumerate(now)}
    if sent.withdrawn:
        old = {line.goods: (number, line) for number, line in enumerate(sent.said.lines)}
    return [_row(names, goods, old.get(goods), new.get(goods), form) for goods in dict.fromkeys([*old, *new])]


def _row(
    names: Names, goods: GoodsId, old: tuple[int, Line] | None, new: tuple[int, Line] | None, form: Form
) -> dict[str, object]:
    def amount(one: tuple[int, Line] | None) -> str:
        return "—" if one is None else quantity(one[1].quantity, names.language)

    return {
        "title": names.goods(goods),
        "before": amount(old),
        "now": amount(new),
        "differs": amount(old) != amount(new),
        "answered": "" if old is None else form.value(f"{_OLD}answer_{old[0]}"),
        "typed": "" if old is None else form.value(f"{_OLD}amount_{old[0]}"),
        "number": None if new is None else new[0],
        "unit": "" if new is None else new[1].quantity.unit.many.in_language(names.language),
    }


def _record(book: Book, name: StatementId) -> Record | None:
    seq = book.position(name)
    return None if seq is None else book.records([seq])[seq]


def _check_unanswered(book: Book, party: PartyId, record: Record) -> None:
    """Raise where a delivery has its answer: two pages that lie open at once must not make two deliveries of one."""
    if _answers(book, party, [record]):
        expected = Words(
            zh="尚未答复的发货（要改请更正原来的收货记录）",
            en="a shipment without an answer (put the receipt right instead)",
        )
        raise AlreadyAnswered(field="shipment", came=record.header.id, expected=expected)


def _answers(book: Book, party: PartyId, versions: Sequence[Record]) -> tuple[Record, ...]:
    """What this party answered to these versions of one shipment, in order."""
    found = about_many(book, [statement_key(one.header.id) for one in versions])
    answers = {
        one.seq: one
        for records in found.values()
        for one, _ in of_type(records, Receipt)
        if one.actor == party and one.superseded_by is None
    }
    return tuple(one for _, one in sorted(answers.items()))


def _with_answers(book: Book, party: PartyId, record: Record, said: Shipment) -> Sent:
    """The shipment, with what this party answered to the versions before it."""
    earlier = list[Record]()
    for _ in range(VERSIONS_MAX):
        name = (earlier[-1] if earlier else record).header.corrects
        found = None if name is None else _record(book, name)
        if found is None:
            break
        earlier.append(found)
    answered = next((one for one in earlier if _answers(book, party, [one])), None)
    if answered is None or not isinstance(answered.said, Shipment):
        return Sent(record, said)
    mine = _answers(book, party, earlier)
    return Sent(
        record, said, before=(answered, answered.said), receipts=mine, checks=tuple(_along(book, party, mine))
    )


def _along(book: Book, party: PartyId, receipts: Sequence[Record]) -> list[Record]:
    """The checks that were recorded in one step with these receipts: beside them in the log, at the same millisecond."""
    near = {seq for one in receipts for seq in range(one.seq + 1, min(one.seq + 3, book.size))}
    times = {one.at_ms for one in receipts}
    return [
        record
        for record, _ in of_type(book.records(near).values(), SupplierCheck)
        if record.actor == party and record.at_ms in times and record.superseded_by is None
    ]
