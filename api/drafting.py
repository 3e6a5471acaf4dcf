"""What a trader's plain JSON asks to have recorded: one record, filled in where the server may, not yet signed.

Beside the record's own fields stand those of its header: `id`, `occurred_at`, `on_behalf_of`, `corrects`. Filled in are only names
that mean nothing by themselves: a party, product, site or batch without an identifier gets one. No fact is guessed, and no rule
of the trade is decided here.

The client's `id` is the key against recording twice: the same `id` with the same content gives the same receipt, and a name that
was drawn for it the first time is found again. A header `Idempotency-Key` is not read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import ValidationError

from api.problems import Refusals
from ledger.canonical import canonical
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import (
    BatchCode,
    BatchNumber,
    DigitalLink,
    GoodsId,
    Gtin,
    PartyId,
    ProductId,
    SiteId,
    StatementId,
)
from ledger.service import Ledger, system_clock
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party, Product, Site
from ledger.vocabulary.said import Part, Said, refusals
from ledger.vocabulary.values import Moment, PartyRef, StatementRef

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.identifiers import Instant

#: A convenience beside a batch's own fields.
GTIN: Final = "gtin"
RANDOM_BYTES: Final = 10

_Model = TypeVar("_Model", bound=Part)


class Meta(Part):
    """The fields of the header that a client may give with a record."""

    id: StatementRef | None = None
    occurred_at: Moment | None = None
    on_behalf_of: PartyRef | None = None
    corrects: StatementRef | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One record as it was asked for."""

    said: Said
    id: StatementId
    occurred_at: Instant | None = None
    on_behalf_of: PartyId | None = None
    corrects: StatementId | None = None


#: The field by which a new thing is known, and how its name is drawn.
_DRAWN: Final[Mapping[type[Said], tuple[str, Callable[[bytes], object]]]] = {
    Party: ("party", PartyId.new),
    Product: ("product", ProductId.new),
    Site: ("site", SiteId.new),
    Batch: ("goods", lambda random: GoodsId.of_batch(BatchCode.new(random))),
}


def filled_fields(kind: type[Said]) -> frozenset[str]:
    """The fields of this type that a client may leave out because the server knows or draws them."""
    drawn = {_DRAWN[kind][0]} if kind in _DRAWN else set()
    return frozenset(drawn | ({"maker"} if kind is Batch else set()))


@dataclass(frozen=True, slots=True)
class Drafting:
    """Reads one author's records. Without a ledger at hand (a person who signs on a machine of his own) no name is found again."""

    ledger: Ledger | None
    author: PartyId

    def now(self) -> int:
        """The clock that a record's time and id are taken from."""
        return system_clock() if self.ledger is None else self.ledger.clock()

    def draft(self, kind: type[Said], body: Json) -> Draft:
        """One record, or `Refusals` that name every fault in it."""
        if not isinstance(body, Mapping):
            raise Refusals(
                [Malformed(field="", came=body, expected=Words(zh="JSON 对象", en="a JSON object"))]
            )
        wrong = list[Refusal]()
        meta = checked(Meta, {name: body[name] for name in Meta.model_fields if name in body}, wrong)
        fields = {name: value for name, value in body.items() if name not in Meta.model_fields}
        if kind is Batch and GTIN in fields:
            _take_gtin(fields)
        if kind is Batch:
            # Who says nothing else made it himself.
            fields.setdefault("maker", str((meta and meta.on_behalf_of) or self.author))
        # A correction speaks of something that has its name already.
        if meta is not None and meta.corrects is None:
            self._draw(kind, fields, meta.id)
        said = checked(kind, fields, wrong)
        if meta is None or said is None or wrong:
            raise Refusals(wrong)
        return Draft(
            said=said,
            id=meta.id or StatementId.new(self.now(), os.urandom(RANDOM_BYTES)),
            occurred_at=meta.occurred_at,
            on_behalf_of=meta.on_behalf_of,
            corrects=meta.corrects,
        )

    def _draw(self, kind: type[Said], fields: dict[str, Json], statement: StatementId | None) -> None:
        """Give a new thing its name; the name it was given before, when the same statement is sent again."""
        if kind not in _DRAWN or _DRAWN[kind][0] in fields:
            return
        name, new = _DRAWN[kind]
        before = None if statement is None or self.ledger is None else _recorded(self, kind, statement)
        fields[name] = str(new(os.urandom(RANDOM_BYTES)) if before is None else getattr(before, name))


def _recorded(drafting: Drafting, kind: type[Said], statement: StatementId) -> Said | None:
    """The author's record of that id, when it was sent before."""
    assert drafting.ledger is not None
    with drafting.ledger.book() as book:
        seq = book.position(statement, drafting.author)
        said = None if seq is None else book.records([seq])[seq].said
    return said if isinstance(said, kind) else None


def checked(model: type[_Model], fields: Mapping[str, Json], wrong: list[Refusal]) -> _Model | None:
    """The fields as a model; None, with every fault added to `wrong`, when they make none."""
    try:
        # As JSON and strictly: otherwise `true` would be taken for one day to wait, and "1_0" for ten.
        return model.model_validate_json(canonical(fields), strict=True)
    except ValidationError as error:
        wrong += refusals(error)
        return None


def read_model(model: type[_Model], body: Json) -> _Model:
    """A body as a model, or `Refusals` that name every fault in it."""
    if not isinstance(body, Mapping):
        raise Malformed(field="", came=body, expected=Words(zh="JSON 对象", en="a JSON object"))
    wrong = list[Refusal]()
    value = checked(model, body, wrong)
    if value is None:
        raise Refusals(wrong)
    return value


def _take_gtin(fields: dict[str, Json]) -> None:
    """GTIN and a batch number that fits make the goods' Digital Link; otherwise the goods get a batch code, and the GTIN stands beside it."""
    came, number = fields[GTIN], fields.get("batch_number")
    if not (isinstance(came, str) and isinstance(number, str)) or "goods" in fields:
        return
    try:
        gtin, printed = Gtin.parse(came), BatchNumber.parse(number)
    except Refusal:
        return  # The record's own reading says what is wrong.
    if printed.fits_digital_link:
        fields["goods"] = str(GoodsId.of_link(DigitalLink(gtin, batch=str(printed))))
        del fields[GTIN]
