"""What a clerk may enter in bulk, and the columns of each sheet.

A column's heading and what its cells hold come from the record's own model (`ledger.vocabulary`); which of them a category needs, and by
which article, from its profile (`ledger.vocabulary.profiles`). Here stands only what a row of each sheet is, and what tells one document
from another: the key by which a sheet that is sent again is known.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, Literal, Union, get_args, get_origin

from api.sheets.columns import Asked, Column, Holds, column, normal
from api.words import WORDS
from ledger.errors import UnknownName, Words
from ledger.identifiers import LegalDate
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.parties import Licence, Party, Product
from ledger.vocabulary.profiles import Profile, all_profiles, profile_for
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck, SupplierFile, VoucherReference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.vocabulary.said import Said

KindName = Literal[
    "batches",
    "shipments",
    "deliveries",
    "sales",
    "transformations",
    "parties",
    "supplier-files",
    "licences",
    "products",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sheet. `document`: the columns by whose values neighbouring rows make one document; none, each row is one of its own."""

    name: KindName
    said: type[Said]
    law: str
    columns: tuple[Column, ...]
    #: The record that a category's profile speaks of; none where the category makes no difference.
    record: Literal["batch", "product", "shipment", "sale"] | None = None
    document: tuple[str, ...] = ()
    #: Columns that are shown only where the category's law names them.
    only_by_law: frozenset[str] = frozenset()

    @property
    def title(self) -> Words:
        """What it is called."""
        return WORDS[f"sheet_kind_{self.name.replace('-', '_')}"]

    @property
    def what(self) -> Words:
        """What a row of it is."""
        return WORDS[f"sheet_what_{self.name.replace('-', '_')}"]

    @property
    def has_category(self) -> bool:
        """Whether its template differs by category."""
        return self.record is not None

    def every_column(self) -> tuple[Column, ...]:
        """All columns that a file may have, those of any category with them."""
        return (*self.columns, *_details(self.record))

    def template_columns(self, category: str | None) -> tuple[Column, ...]:
        """The columns of an empty sheet; for a category those that its law names, with the article."""
        if self.record is None:
            return self.columns
        if category is None:
            return tuple(one for one in self.columns if one.name not in self.only_by_law)
        profile = profile_for(category)
        legal = {one.field: one for one in profile.fields if one.record == self.record}
        known = [
            one.asked_by(_ASKED[legal[one.name].missing], legal[one.name].law) if one.name in legal else one
            for one in self.columns
            if one.name in legal or one.name not in self.only_by_law
        ]
        own = [
            replace(_detail(field.name.zh, field.name.en), asked=_ASKED[field.missing], law=field.law)
            for field in profile.fields
            if field.record == self.record and field.detail is not None
        ]
        # What puts a record right stands last, out of the way.
        return (*known[:-1], *own, known[-1])


_ASKED: Final[dict[str, Asked]] = {"refusal": "always", "finding": "by_law", "nothing": "if_any"}


def kind_of(name: str) -> Kind:
    """The kind of that name, or a refusal that lists them."""
    found = KINDS.get(name)
    if found is None:
        names = ", ".join(KINDS)
        raise UnknownName(field="kind", came=name, expected=Words(zh=names, en=names))
    return found


def category_of(text: str | None) -> str | None:
    """A category by any of its names; None for none, a refusal for one that no profile has."""
    if not text:
        return None
    profile = profile_for(text)
    if text not in _names_of(profile):
        names = [one.name for one in all_profiles()]
        expected = Words(zh="、".join(one.zh for one in names), en=", ".join(one.en for one in names))
        raise UnknownName(field="category", came=text, expected=expected)
    return profile.category


def _names_of(profile: Profile) -> set[str]:
    return {profile.category, profile.name.zh, profile.name.en, *profile.aliases}


def detail_field(label: Words, record: str, category: str) -> str | None:
    """The name of a category's own field by its heading; None where this category has no such field."""
    for field in profile_for(category).fields:
        if field.record != record or field.detail is None:
            continue
        if {normal(field.name.zh), normal(field.name.en)} & {normal(label.zh), normal(label.en)}:
            return field.detail
    return None


def _detail(zh: str, en: str) -> Column:
    return Column(name=f"details.{normal(zh)}", label=Words(zh, en), detail=True)


@cache
def _details(record: str | None) -> tuple[Column, ...]:
    """The own fields of all categories, each heading once."""
    found: dict[str, Column] = {}
    for profile in all_profiles():
        for field in profile.fields:
            if field.record == record and field.detail is not None:
                found.setdefault(normal(field.name.zh), _detail(field.name.zh, field.name.en))
    return tuple(found.values())


def of(kind: type[Said], name: str, **more: object) -> Column:
    """The column of a record's own field: its label, and what it holds by its type."""
    holds, choices = _held(kind, name)
    made = Column(name=name, label=kind.places()[name].label, holds=holds, choices=choices)
    return replace(made, **more)  # type: ignore[arg-type]  # the columns of all kinds are made when this module is read


def _held(kind: type[Said], name: str) -> tuple[Holds, tuple[tuple[str, Words], ...]]:
    kinds = tuple(_leaves(kind.model_fields[name].annotation))
    texts = [one for one in kinds if isinstance(one, str)]
    if texts:
        return "choice", tuple((one, WORDS[f"{name}_{one}"]) for one in texts)
    if LegalDate in kinds:
        return "date", ()
    if tuple in kinds:
        return "list", ()
    if bool in kinds:
        return "yes_no", ()
    return ("whole", ()) if int in kinds else ("text", ())


def _leaves(annotation: object) -> Iterator[object]:
    """The plain types a field's annotation comes down to; of a choice its values."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _leaves(arguments[0])
    elif origin in {Union, types.UnionType}:
        for one in arguments:
            yield from _leaves(one)
    elif origin is Literal:
        yield from arguments
    else:
        yield origin or annotation


def _choices(name: str, *values: str) -> tuple[tuple[str, Words], ...]:
    return tuple((value, WORDS[f"{name}_{value}"]) for value in values)


_PUT_RIGHT: Final = column(
    "put_right", "yes_no", hint=WORDS["sheet_hint_put_right"], of_document=True, width=10
)
_QUANTITY: Final = column("quantity", "amount", asked="always", example="1200", width=10)
_UNIT: Final = column("unit", "unit", asked="always", example="公斤", width=8)
_GOODS: Final = column(
    "goods", asked="always", hint=WORDS["sheet_hint_goods"], example="JC-20261120", width=24
)
_CODES: Final = column("codes", "list", hint=WORDS["sheet_hint_codes"], width=24)
_WHOSE: Final = WORDS["sheet_hint_party"]
_TOTAL: Final = of(Shipment, "total", holds="amount", of_document=True, example="3600", width=12)


def _number(example: str) -> Column:
    return column(
        "number", asked="always", hint=WORDS["sheet_hint_number"], example=example, of_document=True
    )


def _when(name: str, law: str = "") -> Column:
    return column(name, "time", asked="always", example="2026-11-20", law=law, of_document=True)


_CATEGORY: Final = of(
    Batch, "category", asked="always", example="食用农产品", hint=WORDS["sheet_hint_category"]
)
_GTIN: Final = of(Product, "gtin", holds="digits", example="09520001000027", width=17)
_OWN_NUMBER: Final = column("own_number", hint=WORDS["sheet_hint_own_number"], example="A-0001")
_RARE: Final = frozenset(
    {
        "approval_number",
        "approval_holder",
        "storage",
        "grade",
        "active_ingredients",
        "planted_on",
        "site",
        "standard",
    }
)

_BATCHES: Final = Kind(
    name="batches",
    said=Batch,
    law="食品安全法 50、51；农产品质量安全法 27",
    record="batch",
    only_by_law=_RARE,
    columns=(
        of(Batch, "name", asked="always", example="韭菜", width=18),
        _CATEGORY,
        of(Batch, "batch_number", hint=WORDS["sheet_hint_batch_number"], example="JC-20261120", width=18),
        _OWN_NUMBER,
        column("quantity", "amount", example="1200", width=10),
        column("unit", "unit", example="公斤", width=8),
        of(Batch, "produced_on", example="2026-11-20"),
        of(Batch, "expires_on", example="2026-11-27"),
        of(Batch, "origin", example="江苏如皋"),
        of(Batch, "specification", example="10 公斤/筐"),
        _GTIN,
        *(of(Batch, name) for name in ("approval_number", "approval_holder", "storage", "grade")),
        of(Batch, "active_ingredients", hint=WORDS["sheet_hint_list"]),
        of(Batch, "planted_on"),
        of(Batch, "site", hint=WORDS["sheet_hint_site"]),
        _PUT_RIGHT,
    ),
)
_SHIPMENTS: Final = Kind(
    name="shipments",
    said=Shipment,
    law="食品安全法 53",
    record="shipment",
    document=("number",),
    columns=(
        _number("XS-0001"),
        _when("shipped_at", "食品安全法 53"),
        of(Shipment, "to", asked="always", hint=_WHOSE, law="食品安全法 53", of_document=True, width=24),
        _GOODS,
        _QUANTITY,
        _UNIT,
        _CODES,
        _TOTAL,
        of(Shipment, "vehicle", of_document=True),
        of(Shipment, "waybill", of_document=True),
        of(Shipment, "conditions", of_document=True),
        of(Shipment, "offer", hint=WORDS["sheet_hint_offer"], of_document=True),
        _PUT_RIGHT,
    ),
)
_DELIVERIES: Final = Kind(
    name="deliveries",
    said=Receipt,
    law="食品安全法 53、65",
    record="batch",
    document=("number",),
    only_by_law=_RARE,
    columns=(
        _number("JH-0001"),
        of(SupplierCheck, "received_on", asked="always", law="食品安全法 65", of_document=True),
        of(
            SupplierCheck,
            "supplier",
            asked="always",
            hint=WORDS["sheet_hint_supplier"],
            law="食品安全法 65",
            of_document=True,
            example="如皋搬经镇李某（演示）",
            width=24,
        ),
        of(
            Party,
            "party_kind",
            of_document=True,
            choices=_choices(
                "party_kind", "farmer", "individual_business", "company", "cooperative", "unknown"
            ),
        ),
        of(Party, "credit_code", holds="digits", of_document=True, width=22),
        of(Party, "phone", holds="digits", of_document=True, law="食品安全法 65"),
        of(Party, "address", of_document=True, law="食品安全法 65", width=22),
        of(Batch, "name", asked="always", example="韭菜", law="食品安全法 65", width=18),
        _CATEGORY,
        _QUANTITY,
        _UNIT,
        of(Batch, "batch_number", width=18),
        of(Batch, "produced_on"),
        of(Batch, "expires_on"),
        of(Batch, "origin"),
        of(Batch, "specification"),
        *(of(Batch, name) for name in ("approval_number", "approval_holder", "storage", "grade")),
        of(Batch, "active_ingredients", hint=WORDS["sheet_hint_list"]),
        of(SupplierCheck, "conclusion", of_document=True),
        column(
            "papers", "choice", choices=_choices("papers", "in_order", "missing", "unread"), of_document=True
        ),
        Column(
            name="voucher_kind",
            label=WORDS["sheet_col_voucher_kind"],
            holds="choice",
            choices=tuple(
                (one, WORDS[f"voucher_kind_{one}"])
                for one in get_args(VoucherReference.model_fields["voucher_kind"].annotation)
            ),
            of_document=True,
        ),
        _TOTAL,
        of(SupplierCheck, "checked_by", of_document=True),
        _PUT_RIGHT,
    ),
)
_SALES: Final = Kind(
    name="sales",
    said=Sale,
    law="农药管理条例 27；兽药管理条例 28",
    record="sale",
    document=("number",),
    columns=(
        _number("LS-0001"),
        _when("sold_at"),
        _GOODS,
        _QUANTITY,
        _UNIT,
        _CODES,
        of(Sale, "sale_kind", of_document=True),
        of(Sale, "region", holds="digits", of_document=True, example="320682"),
        of(Sale, "buyer_name", of_document=True),
        of(Sale, "buyer_phone", holds="digits", of_document=True),
        _PUT_RIGHT,
    ),
)
_TRANSFORMATIONS: Final = Kind(
    name="transformations",
    said=Transformation,
    law="食品安全法 42",
    document=("number",),
    columns=(
        _number("SC-0001"),
        _when("made_at"),
        of(Transformation, "process", asked="always", of_document=True, example="分装"),
        column(
            "direction",
            "choice",
            asked="always",
            choices=tuple((one, WORDS[f"sheet_direction_{one}"]) for one in ("input", "main", "by", "waste")),
        ),
        _GOODS,
        _QUANTITY,
        _UNIT,
        _CODES,
        _PUT_RIGHT,
    ),
)
_PARTIES: Final = Kind(
    name="parties",
    said=Party,
    law="食品安全法 53、65",
    columns=(
        of(Party, "name", asked="always", example="顺和示例批发部（演示）", width=26),
        of(Party, "party_kind", asked="always"),
        of(Party, "credit_code", holds="digits", width=22),
        _OWN_NUMBER,
        of(Party, "person_name"),
        of(Party, "phone", holds="digits", asked="by_law", law="食品安全法 53"),
        of(Party, "address", asked="by_law", law="食品安全法 53", width=26),
        of(Party, "region", holds="digits", example="320682"),
        of(Party, "trade", example="批发"),
        of(Party, "stall_number", holds="digits"),
        _PUT_RIGHT,
    ),
)
_SUPPLIER_FILES: Final = Kind(
    name="supplier-files",
    said=SupplierFile,
    law="食品安全法 53",
    document=("supplier", "filed_on"),
    columns=(
        of(SupplierFile, "supplier", asked="always", hint=_WHOSE, of_document=True, width=24),
        _when("filed_on"),
        column("document_kind", asked="always", example="食品生产许可证", width=18),
        column("document_number", width=20),
        column("scope", width=20),
        column("valid_from", "date"),
        column("valid_to", "date"),
        of(SupplierFile, "salesperson", of_document=True),
        of(SupplierFile, "authorised_until", of_document=True),
        _PUT_RIGHT,
    ),
)
_LICENCES: Final = Kind(
    name="licences",
    said=Licence,
    law="食品安全法 35；农药管理条例 24；药品管理法 51",
    columns=(
        of(Licence, "holder", hint=WORDS["sheet_hint_holder"], width=24),
        of(Licence, "licence_kind", asked="always", example="食品经营许可证", width=18),
        of(Licence, "number", asked="always", width=20),
        of(Licence, "valid_from"),
        of(Licence, "valid_to", asked="by_law", law="行政许可法 50"),
        of(Licence, "state"),
        of(Licence, "scope", hint=WORDS["sheet_hint_list"], width=22),
        of(Licence, "issued_by", width=20),
        of(Licence, "issued_on"),
        _PUT_RIGHT,
    ),
)
_PRODUCTS: Final = Kind(
    name="products",
    said=Product,
    law="食品安全法 67；种子法 40",
    record="product",
    only_by_law=frozenset({"approval_number", "active_ingredients"}),
    columns=(
        of(Product, "name", asked="always", example="苏打饼干（演示）", width=22),
        _CATEGORY,
        _OWN_NUMBER,
        _GTIN,
        of(Product, "specification", example="400 克/袋"),
        of(Product, "approval_number"),
        of(Product, "standard"),
        of(Product, "shelf_life_days"),
        of(Product, "storage"),
        of(Product, "active_ingredients", hint=WORDS["sheet_hint_list"]),
        _PUT_RIGHT,
    ),
)

#: Every kind of sheet, in the order in which a trader needs them.
KINDS: Final[dict[str, Kind]] = {
    one.name: one
    for one in (
        _BATCHES,
        _SHIPMENTS,
        _DELIVERIES,
        _SALES,
        _TRANSFORMATIONS,
        _PARTIES,
        _SUPPLIER_FILES,
        _LICENCES,
        _PRODUCTS,
    )
}
