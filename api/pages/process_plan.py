"""A process as somebody typed it: what goes in, what comes out under new codes, and what stands out about it before it is recorded.

What happened is recorded whatever one thinks of it (`ledger.gate`), so that more was taken than there should be, or that a yield is unusual,
is said beside the form and not refused. Recorded is everything at once or nothing: the new batches and the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, get_args

from api.drafting import Draft, Drafting
from api.pages.batches import amount_of
from api.pages.forms import derived, derived_id, form_id, gather
from api.pages.holdings import balances_of
from api.pages.own import STOCK_MAX
from api.pages.rendering import quantity
from api.problems import Refusals
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import BatchCode, BatchNumber, GoodsId, Quantity
from ledger.trace import standing_orders
from ledger.trace.amounts import added, less, share
from ledger.trace.balance import packs_of
from ledger.trace.edges import Holding
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from fractions import Fraction

    from api.pages.desk import Desk
    from api.pages.forms import Posted
    from api.pages.names import Names
    from ledger.canonical import Json
    from ledger.identifiers import PartyId, StatementId
    from ledger.vocabulary.profiles import Profile, Yield
    from ledger.vocabulary.values import Line, OutputLine

Kind = Literal["split", "merge", "transform"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
#: Outputs that one form has room for.
OUTPUTS: Final[dict[Kind, int]] = {"split": 8, "merge": 1, "transform": 6}

#: What a batch that only changed its size keeps of the one it was.
_KEPT: Final[set[str]] = {
    "name",
    "category",
    "product",
    "specification",
    "produced_on",
    "expires_on",
    "origin",
    "approval_number",
    "approval_holder",
    "storage",
    "grade",
    "active_ingredients",
    "packs",
    "details",
}


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a process gave by what it took, beside what such a process usually gives; None where nobody can say."""

    came: Quantity | None
    gave: Quantity | None
    ratio: Fraction | None
    usual: Yield | None

    @property
    def outside(self) -> bool:
        """Whether it lies outside of what is usual."""
        if self.ratio is None or self.usual is None:
            return False
        return not self.usual.least <= self.ratio <= self.usual.most

    @property
    def written(self) -> str:
        """The ratio to three places."""
        return "—" if self.ratio is None else f"{float(self.ratio):.3f}"


@dataclass(slots=True)
class Plan:
    """The drafts of one form, and from which of its rows each refusal comes."""

    drafts: list[Draft]
    process: Transformation
    fields: dict[str, str] = field(default_factory=dict)


def kind_of(text: str) -> Kind:
    """One of the three forms."""
    for one in KINDS:
        if text == one:
            return one
    expected = ", ".join(KINDS)
    raise Malformed(field="kind", came=text, expected=Words(zh=expected, en=expected))


def plan(desk: Desk, names: Names, party: PartyId, posted: Posted) -> Plan:
    """What the form asks for, or `Refusals` with the rows they are about."""
    kind, statement, wrong = kind_of(posted.text("kind")), form_id(posted), list[Refusal]()
    filled = [number for number in range(STOCK_MAX) if posted.text(f"amount_{number}")]
    inputs = [gather(wrong, partial(_input, posted, number)) for number in filled]
    if not filled:
        wrong.append(_nothing("inputs", "至少一个批次的投入数量", "an amount of at least one batch"))
    if kind == "split" and len(filled) > 1:
        expected = Words(
            zh="一个批次；多个批次请用并批或加工", en="one batch; for several use merge or process"
        )
        wrong.append(Malformed(field="inputs", came=len(filled), expected=expected))
    first = [GoodsId.parse(posted.text(f"goods_{number}")) for number in filled]
    base = _kept(names, first) if kind != "transform" else {}
    rows = [number for number in range(OUTPUTS[kind]) if _any(posted, kind, number)]
    if not rows:
        wrong.append(_nothing("out_0", "至少一个产出批次的数量", "an amount of at least one new batch"))
    making = _Making(Drafting(ledger=desk.ledger, author=party), party, posted, statement, base)
    made = [(number, gather(wrong, partial(making.output, number), at=f"row{number}")) for number in rows]
    body: dict[str, Json] = {
        "id": str(statement),
        **posted.present("process", "group"),
        "inputs": [one for one in inputs if one is not None],
        "outputs": [one[0] for _, one in made if one is not None],
    }
    if wrong:
        # The process itself is looked at too, so that everything is mended at once.
        if "process" not in body:
            wrong.append(_nothing("process", "工序名称", "the name of the process"))
        raise Refusals(wrong)
    draft = making.drafting.draft(Transformation, body)
    assert isinstance(draft.said, Transformation)
    batches = [one[1] for _, one in made if one is not None and one[1] is not None]
    return Plan([*batches, draft], draft.said, _fields(filled, rows))


def form_fields(kind: Kind) -> dict[str, str]:
    """From the places of refusals to the fields of the form, before anything is known of its rows."""
    fields = {"process": "process", "group": "group", "inputs": "inputs"}
    for number in range(STOCK_MAX):
        fields |= {f"amount_{number}": f"amount_{number}", f"goods_{number}": f"amount_{number}"}
    for number in range(OUTPUTS[kind]):
        fields |= {
            f"row{number}.name": f"name_{number}",
            f"row{number}.category": f"category_{number}",
            f"row{number}.batch_number": f"number_{number}",
            f"row{number}.produced_on": "produced_on",
            f"row{number}.expires_on": "expires_on",
            f"row{number}.goods": f"into_{number}",
            f"row{number}": f"out_{number}",
            f"out_{number}": f"out_{number}",
        }
    return fields


def _fields(inputs: list[int], outputs: list[int]) -> dict[str, str]:
    """The same for the process as it was drafted: its lines are the rows that were filled in."""
    fields: dict[str, str] = {}
    for place, number in enumerate(inputs):
        fields[f"inputs[{place}]"] = f"amount_{number}"
    for place, number in enumerate(outputs):
        fields |= {f"outputs[{place}].goods": f"into_{number}", f"outputs[{place}]": f"out_{number}"}
    return fields


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes the new batches of one form. Their names follow from the form's id: sent twice, they are the same batches."""

    drafting: Drafting
    party: PartyId
    posted: Posted
    statement: StatementId
    base: dict[str, Json]

    def output(self, number: int) -> tuple[dict[str, Json], Draft | None]:
        """One line of what comes out, and its batch; no batch where goods go into one that was registered before."""
        posted = self.posted
        amount = _amount(posted, f"out_{number}")
        line: dict[str, Json] = {"quantity": amount, "role": posted.text(f"role_{number}") or "main"}
        if posted.text(f"into_{number}"):
            return {**line, "goods": str(GoodsId.parse(posted.text(f"into_{number}")))}, None
        goods = GoodsId.of_batch(BatchCode.new(derived(self.statement, f"output {number}")))
        body: dict[str, Json] = {
            **self.base,
            **posted.present("produced_on", "expires_on"),
            "id": str(derived_id(self.statement, f"output {number}")),
            "goods": str(goods),
            # Whoever makes the batch says what went into it; by that word a recall finds it.
            "maker": str(self.party),
            "quantity": amount,
        }
        for name in ("name", "category", "number"):
            if posted.text(f"{name}_{number}"):
                body["batch_number" if name == "number" else name] = posted.text(f"{name}_{number}")
        return {**line, "goods": str(goods)}, self.drafting.draft(Batch, body)


def _any(posted: Posted, kind: Kind, number: int) -> bool:
    """Whether anybody filled this row in. The parts of a batch have their numbers beforehand."""
    asked = ("out",) if kind == "split" else ("out", "name", "number", "into")
    return any(posted.text(f"{name}_{number}") for name in asked)


def _input(posted: Posted, number: int) -> dict[str, Json]:
    goods = GoodsId.parse(posted.text(f"goods_{number}"), field=f"goods_{number}")
    return {
        "goods": str(goods),
        "quantity": _amount(posted, f"amount_{number}", posted.text(f"unit_{number}")),
    }


def _amount(posted: Posted, name: str, unit: str | None = None) -> dict[str, Json]:
    return dict(amount_of(posted, name, unit))


def _kept(names: Names, goods: list[GoodsId]) -> dict[str, Json]:
    """What all of these batches are alike in. What they differ in, nobody guesses."""
    sheets = [names.sheet(one).record for one in goods]
    bodies = [
        one.said.model_dump(mode="json", exclude_none=True, include=_KEPT)
        for one in sheets
        if one is not None and isinstance(one.said, Batch)
    ]
    if not bodies or len(bodies) < len(goods):
        return {}
    first = bodies[0]
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in bodies)}


def numbers_for(names: Names, goods: GoodsId, count: int) -> list[str]:
    """Batch numbers for the parts of a batch: its own with a running number, where that is a batch number still."""
    number = names.sheet(goods).batch_number
    made = [] if number is None else [f"{number}-{part}" for part in range(1, count + 1)]
    try:
        return [str(BatchNumber.parse(one)) for one in made]
    except Refusal:
        return []


def ratio_of(names: Names, process: Transformation, categories: dict[GoodsId, tuple[str, str]]) -> Ratio:
    """The yield of a process. `categories`: category and name of outputs that are not recorded yet."""
    came = added(_opened(names, line) for line in process.inputs)
    kept = [line for line in process.outputs if line.role != "waste"]
    gave = added(_opened(names, line) for line in kept)
    main = next((line for line in kept if line.role == "main"), None)
    usual = None
    if main is not None:
        sheet = names.sheet(main.goods)
        category, name = categories.get(main.goods, (sheet.category or "", sheet.name or ""))
        usual = _usual(profile_for(category), process.process, name)
    ratio = None if came is None or gave is None else share(gave, [came])
    return Ratio(came, gave, ratio, usual)


def _usual(profile: Profile, process: str, name: str) -> Yield | None:
    """What such a process gives: by its own name, else by that of what it makes, else by any."""
    for text in (process, name):
        known = next((one for one in profile.yields if any(word in text for word in one.process)), None)
        if known is not None:
            return known
    return profile.yield_of(process)


def _opened(names: Names, line: Line | OutputLine) -> Quantity | None:
    return packs_of(names.book, line.goods).opened(line.quantity)


def stands_out(desk: Desk, names: Names, party: PartyId, process: Transformation, ratio: Ratio) -> list[str]:
    """What the clerk is told before it is recorded: more than there should be, orders that stand, an unusual yield."""
    told: list[str] = []
    holdings = [Holding(party, line.goods) for line in process.inputs]
    balances = balances_of(names.book, holdings)
    for line, holding in zip(process.inputs, holdings, strict=True):
        expected = balances[holding].expected
        rest = None if expected is None else less(expected, line.quantity)
        if rest is not None and rest.amount < 0:
            told.append(
                desk.say(
                    "goods_more_than_there",
                    goods=names.goods(line.goods),
                    left=quantity(expected, desk.language),
                    amount=quantity(line.quantity, desk.language),
                )
            )
        elif expected is None:
            told.append(desk.say("goods_left_unknown", goods=names.goods(line.goods)))
        told += [
            desk.say(
                "goods_under_order",
                goods=names.goods(line.goods),
                words=order.words.in_language(desk.language),
                seq=order.record.seq,
            )
            for order in standing_orders(names.book, line.goods, party=party)
            # That a hold stands is for those who have to do with the goods.
            if names.reading.deals_with(line.goods)
        ]
    if ratio.outside and ratio.usual is not None:
        told.append(
            desk.say(
                "goods_yield_outside", ratio=ratio.written, least=ratio.usual.least, most=ratio.usual.most
            )
        )
    return told


def _nothing(where: str, zh: str, en: str) -> Malformed:
    return Malformed(field=where, came="", expected=Words(zh=zh, en=en))
