"""Batches that a party registered, with what became of each: made, shipped, used, left, unknown. As a list, and for spreadsheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.pages.desk import AtDesk
from api.pages.holdings import Short, balances_of
from api.pages.my import who
from api.pages.names import Names
from api.pages.own_lists import Wanted, every, listed
from api.pages.rendering import cap
from api.parameters import MaybeText, QueryNumber
from api.tables import Column, FileForm, Table, table_answer
from ledger.trace.edges import Holding
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from api.pages.desk import Desk
    from api.tables import Cell
    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

_KINDS: Final = ("batch.v1",)

router = APIRouter(include_in_schema=False)


@router.get("/my/batches", response_class=HTMLResponse, dependencies=[needs("read_own")])
def batches(desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None) -> HTMLResponse:
    """The list, newest first."""
    wanted = Wanted.of(q, before)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        page = listed(book, caller.party, _KINDS, wanted, _fits(caller.party, wanted))
        return desk.page(
            "goods_batches.html",
            who=who(names, caller.party),
            wanted=wanted,
            older=page.older,
            rows=[
                {
                    "seq": record.seq,
                    "name": said.name,
                    "number": said.batch_number
                    or (said.goods.batch_code.printed if said.goods.batch_code else ""),
                    "category": cap(profile_for(said.category).name.words.in_language(desk.language)),
                    "produced_on": said.produced_on or "",
                    "maker": "" if said.maker == caller.party else names.party(said.maker),
                    **short.shown(desk.language),
                }
                for record, said, short in _with_balances(book, caller.party, page.records)
            ],
        )


@router.get("/my/batches.{form}", response_class=Response, dependencies=[needs("read_own")])
def batches_file(form: FileForm, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The whole list as a file."""
    wanted = Wanted.of(q, None)
    with desk.ledger.book() as book:
        rows = _rows(desk, book, caller.party, _fits(caller.party, wanted))
        return table_answer(Table("batches", desk.say("goods_batches"), _columns(desk), rows), form)


def _fits(party: PartyId, wanted: Wanted) -> Callable[[Record], bool]:
    def fits(record: Record) -> bool:
        said = record.said
        return (
            isinstance(said, Batch)
            and record.actor == party
            and wanted.fits(
                said.name,
                said.batch_number,
                said.goods,
                said.goods.batch_code.printed if said.goods.batch_code else "",
                said.origin,
                said.produced_on,
                *profile_for(said.category).name.model_dump().values(),
            )
        )

    return fits


def _with_balances(
    book: SqlBook, party: PartyId, records: Sequence[Record]
) -> Iterator[tuple[Record, Batch, Short]]:
    own = [(record, record.said) for record in records if isinstance(record.said, Batch)]
    balances = balances_of(book, [Holding(party, said.goods) for _, said in own])
    for record, said in own:
        yield record, said, Short.of(balances[Holding(party, said.goods)])


def _columns(desk: Desk) -> tuple[Column, ...]:
    numbers = ("goods_made", "goods_received", "goods_out", "goods_used", "goods_other", "goods_left")
    return (
        Column(desk.say("col_entry"), width=8, kind="number"),
        Column(desk.say("goods_name"), width=20),
        Column(desk.say("goods_number"), width=20),
        Column(desk.say("goods_id"), width=40),
        Column(desk.say("goods_category")),
        Column(desk.say("goods_maker"), width=28),
        Column(desk.say("goods_produced_on"), width=12, kind="date"),
        *(Column(desk.say(one), width=12, kind="number") for one in numbers),
        Column(desk.say("unit"), width=8),
        Column(desk.say("goods_unknown"), width=24),
        Column(desk.say("col_recorded"), kind="time"),
    )


def _rows(desk: Desk, book: SqlBook, party: PartyId, fits: Callable[[Record], bool]) -> Iterator[list[Cell]]:
    names = Names(book, desk.viewer, desk.language)
    for portion in every(book, party, _KINDS, fits):
        for record, said, short in _with_balances(book, party, portion):
            yield [
                record.seq,
                said.name,
                str(said.batch_number or ""),
                str(said.goods),
                cap(profile_for(said.category).name.words.in_language(desk.language)),
                names.party(said.maker),
                None if said.produced_on is None else said.produced_on.date,
                *short.cells(desk.language),
                desk.say(short.unknown) if short.unknown else "",
                record.at_ms,
            ]
