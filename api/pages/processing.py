"""Splitting, merging and transforming batches: one form each, its yield beside the usual one, and the page of what was recorded."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import links
from api.deps import Someone, needs
from api.pages.batches import categories, own_record, today, units
from api.pages.desk import AtDesk, Desk
from api.pages.findings_view import views_of
from api.pages.forms import Form, PostedForm, form_id, gather, new_id, record
from api.pages.holdings import balances_of
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import STOCK_MAX, Own
from api.pages.process_plan import (
    OUTPUTS,
    Kind,
    Plan,
    Ratio,
    form_fields,
    kind_of,
    numbers_for,
    plan,
    ratio_of,
    stands_out,
)
from api.pages.rendering import quantity
from api.parameters import MaybeText, PathNumber
from ledger.errors import Refusal
from ledger.identifiers import GoodsId, PartyId, Quantity, Unit
from ledger.trace.edges import Holding
from ledger.views.book import goods_sheet_key, said_about
from ledger.vocabulary.goods import Batch, Transformation

if TYPE_CHECKING:
    from ledger.vocabulary.values import OutputLine

#: What a process is mostly called, so that the usual yield is found by its name.
_PROCESSES: Final[dict[Kind, tuple[str, ...]]] = {
    "split": ("分装", "分批"),
    "merge": ("混合", "并批"),
    "transform": ("清洗", "分拣", "切配", "分割", "屠宰", "加工"),
}
_ROLES: Final = ("main", "by", "waste")
#: Batches registered before that goods may go into.
_INTO_MAX: Final = 20
_DIGEST_LETTERS: Final = 16

router = APIRouter(include_in_schema=False)


@router.get("/my/batches/process", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def process_form(
    desk: AtDesk, caller: Someone, kind: MaybeText = None, goods: MaybeText = None
) -> HTMLResponse:
    """An empty form; with `goods` that batch comes first."""
    which = kind_of(kind or "split")
    values = {
        "id": str(new_id(desk)),
        "kind": which,
        "process": _PROCESSES[which][0] if which != "transform" else "",
        # What is only divided keeps its date.
        "produced_on": today(desk) if which == "transform" else "",
    }
    with desk.ledger.book() as book:
        first = desk.known_goods(book, goods)
        if first is not None and which == "split":
            parts = numbers_for(Names(book, desk.viewer, desk.language), first, OUTPUTS[which])
            values |= {f"number_{place}": number for place, number in enumerate(parts)}
    return _show(desk, caller.party, Form(values), which, first=first)


@router.post("/my/batches/process", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def process(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Show what it comes to, or record the new batches and the process, all or nothing."""
    form, which = Form(posted.texts), kind_of(posted.text("kind"))
    fields, wrong = form_fields(which), list[Refusal]()
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        made = gather(wrong, lambda: plan(desk, names, author.party, posted))
        if made is None:
            form.refuse(wrong, fields, desk.language)
            return _show(desk, author.party, form, which, status=422)
        ratio = ratio_of(names, made.process, _new_goods(made))
        # Sent again, it has been recorded: by then its own amounts are gone from the stock.
        again = book.position(form_id(posted), author.party) is not None
        told = [] if again else stands_out(desk, names, author.party, made.process, ratio)
    seen = sha256("\n".join(told).encode()).hexdigest()[:_DIGEST_LETTERS] if told else ""
    if posted.text("step") == "look" or (seen and seen != posted.text("seen")):
        return _show(desk, author.party, form, which, shown=(ratio, told, seen))
    placed = record(desk, author.party, made.drafts, form, made.fields | fields)
    if not placed:
        return _show(desk, author.party, form, which, status=422, shown=(ratio, told, seen))
    return RedirectResponse(f"/my/batches/process/{placed[-1].seq}?new=1", status_code=303)


@router.get("/my/batches/process/{position}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def process_done(position: PathNumber, desk: AtDesk, caller: Someone, new: MaybeText = None) -> HTMLResponse:
    """One process: what went in, what came out under which codes, the yield, and what does not fit."""
    with desk.ledger.book() as book:
        said, record_ = own_record(book, position, caller.party, Transformation)
        names = Names(book, desk.viewer, desk.language)
        found = [
            one
            for one in desk.ledger.findings(party=caller.party)
            if position in one.seqs and names.reading.may_read_finding(one)
        ]
        return desk.page(
            "goods_process_done.html",
            new=new is not None,
            who=who(names, caller.party),
            process=said,
            inputs=[
                (names.goods(line.goods), quantity(line.quantity, desk.language)) for line in said.inputs
            ],
            outputs=[_output(names, line, caller.party) for line in said.outputs],
            ratio=ratio_of(names, said, {}),
            amounts=_amounts(ratio_of(names, said, {}), desk),
            findings=views_of(found, names),
            receipt={
                "seq": record_.seq,
                "at_ms": record_.at_ms,
                "occurred_ms": record_.occurred_ms,
                "statement": record_.header.id,
                "superseded": record_.superseded_by is not None,
            },
        )


def _output(names: Names, line: OutputLine, party: PartyId) -> dict[str, object]:
    records = said_about(names.book, goods_sheet_key(line.goods), Batch)
    own = next((one.seq for one, said in records if one.actor == party and said.goods == line.goods), None)
    return {
        "name": names.goods(line.goods),
        "amount": quantity(line.quantity, names.language),
        "role": line.role,
        "code": line.goods.batch_code.printed if line.goods.batch_code is not None else "",
        "seq": own,
        "goods": line.goods,
        "label": links.label(line.goods),
    }


def _new_goods(made: Plan) -> dict[GoodsId, tuple[str, str]]:
    return {
        one.said.goods: (one.said.category, one.said.name)
        for one in made.drafts
        if isinstance(one.said, Batch)
    }


def _amounts(ratio: Ratio, desk: Desk) -> dict[str, str]:
    return {
        "came": quantity(ratio.came, desk.language),
        "gave": quantity(ratio.gave, desk.language),
    }


def _show(
    desk: Desk,
    party: PartyId,
    form: Form,
    kind: Kind,
    *,
    status: int = 200,
    first: GoodsId | None = None,
    shown: tuple[Ratio, list[str], str] | None = None,
) -> HTMLResponse:
    with desk.ledger.book() as book:
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, party)
        rows = _inputs(names, own, form, first=first, alone=kind == "split")
        into = [one for one in own.batches() if one.maker == party][:_INTO_MAX]
        ratio, told, seen = shown or (None, [], "")
        return desk.page(
            "goods_process.html",
            status=status,
            who=who(names, party),
            form=form,
            kind=kind,
            labels=_labels(desk, kind, len(rows)),
            rows=rows,
            outputs=range(OUTPUTS[kind]),
            processes=_PROCESSES[kind],
            categories=[
                ("", desk.say("goods_choose" if kind == "transform" else "goods_as_before")),
                *categories(desk.language),
            ],
            units=units(desk.language),
            unit=rows[0]["unit"] if rows else "KGM",
            roles=[(one, desk.say(f"goods_role_{one}")) for one in _ROLES],
            into=[("", desk.say("goods_into_new"))]
            + [(str(one.goods), names.goods(one.goods)) for one in into],
            ratio=ratio,
            amounts=None if ratio is None else _amounts(ratio, desk),
            told=told,
            seen=seen,
        )


def _inputs(
    names: Names, own: Own, form: Form, *, first: GoodsId | None, alone: bool
) -> list[dict[str, object]]:
    """The batches that may go in, with what should be there. Shown again, the same rows in the same order."""
    asked = [form.value(f"goods_{number}") for number in range(STOCK_MAX)]
    goods: dict[GoodsId, Quantity | None] = {}
    wrong = list[Refusal]()
    if any(asked):
        listed = [gather(wrong, partial(GoodsId.parse, one)) for one in asked if one]
        known = [one for one in listed if one is not None]
        balances = balances_of(own.book, [Holding(own.party, one) for one in known])
        goods = {one: balances[Holding(own.party, one)].expected for one in known}
    elif alone and first is not None:
        goods = {
            first: balances_of(own.book, [Holding(own.party, first)])[Holding(own.party, first)].expected
        }
    else:
        if first is not None:
            goods[first] = balances_of(own.book, [Holding(own.party, first)])[
                Holding(own.party, first)
            ].expected
        goods |= dict(own.stock(first=first))
    return [
        {
            "goods": one,
            "name": names.goods(one),
            "unit": (unit := _unit(form.value(f"unit_{number}"), left)).name,
            "unit_name": unit.many.in_language(names.language),
            "left": quantity(left, names.language),
        }
        for number, (one, left) in enumerate(list(goods.items())[:STOCK_MAX])
    ]


def _unit(typed: str, left: Quantity | None) -> Unit:
    """In what a batch is counted: as the form had it, else as it was recorded."""
    return Unit.parse(typed) if typed else Unit.KGM if left is None else left.unit


def _labels(desk: Desk, kind: Kind, inputs: int) -> dict[str, str]:
    labels = {
        "process": desk.say("goods_process"),
        "group": desk.say("goods_group"),
        "inputs": desk.say("goods_inputs"),
        "produced_on": desk.say("goods_produced_on"),
        "expires_on": desk.say("batch_expires_on"),
    }
    labels |= {f"amount_{number}": desk.say("goods_input_row", number=number + 1) for number in range(inputs)}
    for number in range(OUTPUTS[kind]):
        row = desk.say("goods_output_row", number=number + 1)
        labels |= {f"{name}_{number}": row for name in ("out", "name", "category", "number", "into")}
    return labels
