"""What must be on record before goods go out: the maker's release of a batch, and a new commitment after mixing or repacking.

Judged for goods in the hands of whoever made, mixed or repacked them. A release that was entered the same evening with its true time, or
on the day of shipment, is in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.reading import Facts, day_of, first_batch, found, kinds_of_party, moment
from ledger.views.book import goods_sheet_key, of_type, said_about, versions_before
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.goods import Adjustment, Release, Transformation
from ledger.vocabulary.trade import Sale, Shipment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Profile

_DAY_MS: Final = 24 * 3600 * 1000
#: 农产品质量安全法 39 speaks to units and persons that buy up and resell; farm households issue it of their own free will.
_NOT_ASKED: Final = frozenset({"farmer", "institution", "authority"})


def unreleased(
    subject: str, party: PartyId, goods: GoodsId, records: Sequence[Record], book: Book, profile: Profile
) -> Iterator[Finding]:
    """A batch that its maker shipped or sold before it let it out, or although it had refused to."""
    duty, first = profile.release, first_batch(book, goods)
    if duty is None or not profile.finds("release_missing") or first is None or first[1].maker != party:
        return
    out = _went_out(records, party, goods)
    if not out or kinds_of_party(book, party) & set(duty.not_for_parties) or _older(records, party, goods):
        return
    decisions = [one for one in said_about(book, goods_sheet_key(goods), Release) if one[1].goods == goods]
    for shipment in out:
        before = [
            one for one in decisions if _in_time(one[0], shipment, profile, told_ms=_told_ms(book, one))
        ]
        last = max(before, key=lambda one: one[0].order, default=None)
        if last is not None and last[1].result == "released":
            continue
        refused = last is not None
        later = next((record for record, said in decisions if said.result == "released"), None)
        sent = moment(shipment.occurred_ms)
        rests_on = [
            first[0],
            shipment,
            *([last[0]] if last else []),
            *([later] if later and not refused else []),
        ]
        words = (
            Words(
                zh=f"该批次登记为不予放行，{sent} 仍有发货或销售记录。",
                en=f"The batch is recorded as not released; it was shipped or sold at {sent}.",
            )
            if refused
            else Words(
                zh=f"{sent} 发货或销售，此前没有该批次的放行记录。",
                en=f"Shipped or sold at {sent}; no release of the batch is on record before that.",
            )
        )
        figures = {"shipped_at": sent}
        if later is not None and not refused:
            figures["released_at"] = moment(later.occurred_ms)
        yield found(
            "release_missing",
            "red" if refused else "amber",
            subject=subject,
            party=party,
            rests_on=rests_on,
            facts=Facts(words, figures, duty.law),
        )
        return


def uncommitted(
    subject: str, party: PartyId, goods: GoodsId, records: Sequence[Record], book: Book, profile: Profile
) -> Iterator[Finding]:
    """Goods that this party mixed or repacked and shipped on, without a new commitment that names them."""
    if not profile.recommit_on or not profile.finds("commitment_missing"):
        return
    made = next(
        (
            record
            for record, said in of_type(records, Transformation)
            if record.actor == party
            and any(word in said.process for word in profile.recommit_on)
            and any(line.goods == goods and line.role != "waste" for line in said.outputs)
        ),
        None,
    )
    # What is cut up at the counter goes to those who eat it; the new promise is for the next trader.
    sent = next(iter(_went_out(records, party, goods, kinds=(Shipment,))), None)
    if made is None or sent is None or kinds_of_party(book, party) & _NOT_ASKED:
        return
    promises = said_about(book, goods_sheet_key(goods), Commitment)
    if any(said.goods == goods for _, said in promises):
        return
    yield found(
        "commitment_missing",
        "amber",
        subject=subject,
        party=party,
        rests_on=[made, sent],
        facts=Facts(
            Words(
                zh=f"分装或混装后的货物于 {moment(sent.occurred_ms)} 发出，没有新开具的承诺达标合格证记录。",
                en=f"Goods that were mixed or repacked were sent at {moment(sent.occurred_ms)}; no new commitment names them.",
            ),
            {},
            "农产品质量安全法 39",
        ),
    )


def _went_out(
    records: Sequence[Record],
    party: PartyId,
    goods: GoodsId,
    *,
    kinds: tuple[type[Shipment | Sale], ...] = (Shipment, Sale),
) -> list[Record]:
    """The party's own shipments and sales of the goods, in the order of facts. A move to itself is none."""
    return [
        record
        for record in records
        if record.actor == party
        and isinstance(record.said, kinds)
        and not (isinstance(record.said, Shipment) and record.said.to == party)
        and any(line.goods == goods for line in record.said.lines)
    ]


def _older(records: Sequence[Record], party: PartyId, goods: GoodsId) -> bool:
    """Whether the goods are stock from before this ledger: they were let out before anybody recorded here."""
    return any(
        said.reason == "opening_stock"
        and (said.held_by or record.actor) == party
        and any(line.goods == goods for line in said.lines)
        for record, said in of_type(records, Adjustment)
    )


def _told_ms(book: Book, decision: tuple[Record, Release]) -> int:
    """When the log first took a decision about these goods: one that was put right later was not made later."""
    record, said = decision
    told_ms = record.at_ms
    for before in versions_before(book, record):
        told = before.said
        if not isinstance(told, Release) or (told.goods, told.result) != (said.goods, said.result):
            break
        told_ms = before.at_ms
    return told_ms


def _in_time(release: Record, shipment: Record, profile: Profile, *, told_ms: int) -> bool:
    """Whether a decision counts for a shipment: claimed no later, or that day, and not written up long after the day it claims."""
    if told_ms <= shipment.at_ms and release.occurred_ms <= shipment.occurred_ms:
        return True
    if release.occurred_ms > shipment.occurred_ms and day_of(release) != day_of(shipment):
        return False
    return told_ms - release.occurred_ms <= profile.backdating_days * _DAY_MS
