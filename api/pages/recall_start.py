"""Calling one's own goods back, and ending a recall. Its scope is shown before it is started, as far as the party may see it.

Before a recall stands, its starter sees of the goods' way what every maker sees: the hands that recorded their own steps
(`api.audience`). Once it stands he sees every holder (`recalls`): who calls back has to reach them all, and the recall is public.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import own_record
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, form_id, gather, new_id, record
from api.pages.holdings import balances_of
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.pages.rendering import quantity
from api.parameters import MaybeText, PathNumber
from api.problems import Refusals
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import GoodsId
from ledger.trace import trace
from ledger.trace.amounts import joined
from ledger.trace.edges import Holding
from ledger.vocabulary.oversight import Recall

if TYPE_CHECKING:
    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.identifiers import PartyId, Quantity
    from ledger.store.book import SqlBook
    from ledger.trace.edges import Edge

#: Batches that one form offers to call back.
OFFERED_MAX: Final = 30
#: Hands that the page names before the recall is started.
SHOWN_MAX: Final = 400
_LABELS: Final = {
    "pick": "goods_recall_goods",
    "reason": "goods_recall_reason",
    "grade": "goods_recall_grade",
    "advice": "goods_recall_advice",
}
_FIELDS: Final = {"goods": "pick", "reason": "reason", "grade": "grade", "advice": "advice", "pick": "pick"}
_DIGEST_LETTERS: Final = 16

router = APIRouter(include_in_schema=False)


@router.get("/my/recalls/new", response_class=HTMLResponse, dependencies=[needs("order")])
def recall_form(desk: AtDesk, caller: Someone, goods: MaybeText = None) -> HTMLResponse:
    """Which batches, why, how grave, and what those who have them should do."""
    values = {"id": str(new_id(desk)), "grade": "2"}
    with desk.ledger.book() as book:
        first = desk.known_goods(book, goods)
    if first is not None:
        values["pick_0"] = str(first)
    return _show(desk, caller.party, Form(values), first=first)


@router.post("/my/recalls/new", response_class=HTMLResponse, dependencies=[needs("order")])
def start(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Show the scope; recorded is a recall whose scope was shown."""
    form = Form(posted.texts)
    drafts = attempt(form, lambda: _drafts(desk, author.party, posted), _FIELDS, desk.language)
    if not drafts:
        return _show(desk, author.party, form, status=422)
    goods = _picked(posted)
    if posted.text("step") != "start" or posted.text("shown") != _digest(goods):
        return _show(desk, author.party, form, scope_of=goods)
    placed = record(desk, author.party, drafts, form, _FIELDS)
    if not placed:
        return _show(desk, author.party, form, status=422, scope_of=goods)
    return RedirectResponse(f"/my/recalls/{placed[-1].seq}?new=1", status_code=303)


@router.post("/my/recalls/{position}/end", response_class=HTMLResponse, dependencies=[needs("order")])
def end(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """End a recall of one's own, with the reason."""
    with desk.ledger.book() as book:
        said, record_ = own_record(book, position, author.party, Recall)
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "action": "end",
        "goods": [str(one) for one in said.goods],
        "ends": str(record_.header.id),
        **posted.present("reason"),
    }
    if not posted.text("reason"):
        raise Malformed(field="reason", came="", expected=Words(zh="终止原因", en="why it ends"))
    form = Form(posted.texts)
    draft = Drafting(ledger=desk.ledger, author=author.party).draft(Recall, body)
    if not record(desk, author.party, [draft], form, {}):
        raise Malformed(
            field="id", came=posted.text("id"), expected=Words(zh="新打开的表单", en="a new form")
        )
    return RedirectResponse(f"/my/recalls/{position}", status_code=303)


def _picked(posted: Posted) -> list[GoodsId]:
    texts = (posted.text(f"pick_{number}") for number in range(OFFERED_MAX))
    return list(dict.fromkeys(GoodsId.parse(text) for text in texts if text))


def _drafts(desk: Desk, party: PartyId, posted: Posted) -> list[Draft]:
    wrong = list[Refusal]()
    goods = gather(wrong, partial(_picked, posted)) or []
    if not goods and not wrong:
        wrong.append(
            Malformed(field="pick", came="", expected=Words(zh="至少一个批次", en="at least one batch"))
        )
    if not posted.text("reason"):
        wrong.append(Malformed(field="reason", came="", expected=Words(zh="召回原因", en="why")))
    if wrong:
        raise Refusals(wrong)
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "action": "recall",
        "goods": [str(one) for one in goods],
        **posted.present("reason", "grade", "advice"),
    }
    return [Drafting(ledger=desk.ledger, author=party).draft(Recall, body)]


def _digest(goods: list[GoodsId]) -> str:
    """Of which goods a scope was shown."""
    return sha256("\n".join(str(one) for one in goods).encode()).hexdigest()[:_DIGEST_LETTERS]


def _show(
    desk: Desk,
    party: PartyId,
    form: Form,
    *,
    status: int = 200,
    first: GoodsId | None = None,
    scope_of: list[GoodsId] | None = None,
) -> HTMLResponse:
    with desk.ledger.book() as book:
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, party)
        picked = {form.value(f"pick_{number}") for number in range(OFFERED_MAX)} - {""}
        offered = dict.fromkeys(
            [
                *(str(one) for one in [first] if one is not None),
                *sorted(picked),
                *(str(one.goods) for one in own.batches() if one.maker == party),
            ]
        )
        return desk.page(
            "goods_recall_new.html",
            status=status,
            who=who(names, party),
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            offered=[
                (one, names.goods(goods), one in picked)
                for one in list(offered)[:OFFERED_MAX]
                if (goods := _read(one)) is not None
            ],
            grades=[(one, desk.say(f"goods_grade_{one}")) for one in ("1", "2", "3")],
            scope=None if scope_of is None else _scope(names, book, party, scope_of),
            shown="" if scope_of is None else _digest(scope_of),
        )


def _read(text: str) -> GoodsId | None:
    """Goods as the form has them; what is no name was refused already and is not offered again."""
    return gather(list[Refusal](), partial(GoodsId.parse, text))


def _scope(names: Names, book: SqlBook, party: PartyId, goods: list[GoodsId]) -> dict[str, object]:
    """The hands that have the goods, as far as this party sees them, with what came to each; and its own stock."""
    came: dict[Holding, list[Quantity]] = defaultdict(list)
    truncated = False
    for one in goods:
        found = trace(book, one)
        sight = names.reading.sight(found)
        truncated = truncated or found.truncated
        for edge in found.forward if sight is not None else ():
            if sight is not None and edge in sight.edges and edge.flows and edge.target.party != party:
                came[edge.target] += _moved(names, edge)
    names.know({one.party for one in came})
    own = balances_of(book, [Holding(party, one) for one in goods])
    return {
        "own": [
            (names.goods(one.goods), quantity(found_.expected, names.language)) for one, found_ in own.items()
        ],
        "holders": [
            {
                "party": names.party(one.party),
                "contact": names.contact(one.party),
                "goods": names.goods(one.goods),
                "amounts": [quantity(amount, names.language) for amount in joined(amounts)],
            }
            for one, amounts in sorted(came.items())[:SHOWN_MAX]
        ],
        "parties": len({one.party for one in came}),
        "truncated": truncated or len(came) > SHOWN_MAX,
    }


def _moved(names: Names, edge: Edge) -> list[Quantity]:
    return [edge.moved] if edge.moved is not None and names.reading.may_see_amounts(edge) else []
