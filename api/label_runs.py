"""Runs of the label printer: what is asked for, whether it may be printed, what was printed under a run before.

A run is written down before its first sheet is handed out, by the form and the interface alike. It holds what was printed, signature included,
so that a sheet fetched again is the same sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.labelling import (
    batch_address,
    batch_label,
    check_codes,
    check_goods,
    code_on_pack,
    codes_of_issue,
    labels_of,
)
from ledger.errors import Conflict, Malformed, UnknownName, Words
from ledger.identifiers import StatementId
from ledger.store.label_prints import (
    LabelPrint,
    PrintedCode,
    codes_printed_before,
    print_of,
    printed_before,
)

if TYPE_CHECKING:
    from api.audience import Reading
    from api.settings import Settings
    from ledger.accounts.callers import Caller
    from ledger.identifiers import GoodsId, PartyId
    from ledger.service import Ledger
    from ledger.store.book import SqlBook
    from scanner.labels import LabelText
    from scanner.symbols import SymbolKind


@dataclass(frozen=True, slots=True)
class Wish:
    """Labels that somebody wants: of a batch, of unit codes, or of an issue of codes, one of the three."""

    id: StatementId
    size_mm: tuple[float, float]
    goods: GoodsId | None = None
    codes: tuple[str, ...] | None = None
    issue: StatementId | None = None
    first: int = 1
    count: int | None = None
    signed: bool = False
    reason: str = ""


def own_run(book: SqlBook, party: PartyId, run: str) -> LabelPrint:
    """A run of this party's."""
    found = print_of(book.connection, book.log_id, party, str(StatementId.parse(run, field="run")))
    if found is None:
        expected = Words(zh="本方的打印记录", en="a run of your own")
        raise UnknownName(field="run", came=run, expected=expected)
    return found


def new_run(
    ledger: Ledger,
    book: SqlBook,
    reading: Reading,
    caller: Caller,
    settings: Settings,
    wish: Wish,
) -> tuple[LabelPrint, list[PrintedCode]]:
    """What is to be printed, or why not. A code that was printed before, or a batch that had labels, asks for a reason."""
    party = caller.party
    told = [one for one in (wish.goods, wish.codes, wish.issue) if one is not None]
    if len(told) != 1:
        expected = Words(zh="goods、codes、issue 之一", en="one of goods, codes and issue")
        raise Malformed(field="goods", came=len(told), expected=expected)
    codes = list[str]()
    if wish.goods is not None:
        goods = wish.goods
        batch_address(goods, settings.base_url)
    else:
        codes = list(wish.codes or ())
        if wish.issue is not None:
            codes = codes_of_issue(ledger, book, wish.issue, party, first=wish.first, count=wish.count)
        if len(set(codes)) != len(codes):
            expected = Words(zh="不重复的码", en="codes that differ")
            raise Conflict(field="codes", came=len(codes) - len(set(codes)), expected=expected)
        goods = check_codes(book, codes)
    check_goods(reading, goods, party)
    before = (
        len(codes_printed_before(book.connection, book.log_id, party, codes))
        if codes
        else printed_before(book.connection, book.log_id, party, goods)[0]
    )
    if before and not wish.reason:
        expected = Words(zh="补打原因", en="why they are printed again")
        raise Malformed(field="reason", came="", expected=expected)
    key = ledger.label_signer(party) if wish.signed else None
    run = LabelPrint(
        id=str(wish.id),
        party=party,
        goods=goods,
        count=len(codes) or wish.count or 1,
        width_mm=round(wish.size_mm[0]),
        height_mm=round(wish.size_mm[1]),
        person=caller.person or caller.key or caller.label,
        at_ms=ledger.clock(),
        reason=wish.reason if before else "",
    )
    return run, [PrintedCode(code, code_on_pack(code, settings.base_url, key=key)) for code in codes]


def texts_of(
    reading: Reading,
    run: LabelPrint,
    codes: list[PrintedCode],
    settings: Settings,
    *,
    symbol: SymbolKind = "qr",
) -> list[LabelText]:
    """What stands on each label of a run."""
    if codes:
        return labels_of(reading, run.goods, [one.printed for one in codes], settings.base_url, symbol=symbol)
    address = batch_address(run.goods, settings.base_url)
    return [batch_label(reading, run.goods, address, settings.base_url, symbol=symbol)] * run.count
