"""A document of a sheet as the records it asks for, as plain bodies such as the API takes.

Each record has an id that follows from the party, the kind of sheet and the document's own number, under a key that only this server knows: sent
again it is the same record, and nobody learns from the log which numbers a trader uses. Names that are drawn with it (goods, parties,
products) follow from that id.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

from api.drafting import RANDOM_BYTES
from api.sheets.cells import Empty, NotANumber, listed, usual
from api.sheets.kinds import category_of, detail_field
from api.sheets.known import latest
from api.sheets.reading import RowTwice
from api.words import WORDS
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import (
    BatchCode,
    BatchNumber,
    DigitalLink,
    GoodsId,
    Gtin,
    PartyId,
    ProductId,
    StatementId,
)
from ledger.identifiers.times import Instant
from ledger.views.book import about, contact_key, lot_key, of_type
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.parties import Licence, Party, Product
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.said import Said
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck, SupplierFile

if TYPE_CHECKING:
    from api.sheets.kinds import Kind, KindName
    from api.sheets.known import Known
    from api.sheets.reading import Document, Row
    from ledger.canonical import Json
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

_Said = TypeVar("_Said", bound=Said)

#: A sheet's ids hold no time: the same row has the same id whenever it is sent.
ID_MS: Final = 0
#: What one row brings of a record that has no number of its own.
_SIMPLE: Final[dict[str, tuple[str, ...]]] = {
    "batch": (
        "name",
        "batch_number",
        "produced_on",
        "expires_on",
        "origin",
        "specification",
        "approval_number",
        "approval_holder",
        "storage",
        "grade",
        "planted_on",
    ),
    "product": ("name", "gtin", "specification", "approval_number", "standard", "storage"),
    "party": ("credit_code", "phone", "address", "region", "trade", "stall_number"),
    "licence": (
        "licence_kind",
        "number",
        "valid_from",
        "valid_to",
        "state",
        "issued_by",
        "issued_on",
    ),
}


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids of one party's sheets of one kind."""

    secret: bytes = field(repr=False)
    party: PartyId
    kind: str

    def statement(self, *key: str) -> StatementId:
        """The id of the record with this key."""
        text = "\0".join((str(self.party), self.kind, *key))
        digest = hmac.new(self.secret, text.encode("utf-8", "surrogatepass"), sha256).digest()
        return StatementId.new(ID_MS, digest[:RANDOM_BYTES])


def drawn(statement: StatementId, what: str) -> bytes:
    """Ten bytes for a name that is drawn along with a record."""
    return sha256(f"suyuan/sheet/{statement}/{what}".encode()).digest()[:RANDOM_BYTES]


@dataclass(slots=True)
class Wanted:
    """One record that a document asks for. `lists`: the rows behind each member of its lists; `fields`: from its fields to the columns."""

    said: type[Said]
    id: StatementId
    body: dict[str, Json]
    lists: Mapping[str, list[Row]] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    #: The row it stands in, where it is that of one row alone.
    row: Row | None = None


@dataclass(slots=True)
class Clerk:
    """Who sends the sheet, and what he may name. One for each sheet; the book is of the moment."""

    kind: Kind
    party: PartyId
    ids: Ids
    known: Known
    #: Numbers that were seen among rows that are documents of their own.
    seen: dict[StatementId, int] = field(default_factory=dict)
    #: Suppliers that this very sheet declares, as it declares them.
    declared: dict[PartyId, Mapping[str, Json]] = field(default_factory=dict)

    def wanted(self, book: SqlBook, document: Document) -> list[Wanted]:
        """The records a document asks for; what is wrong with it is put to its rows."""
        return _MAKERS[self.kind.name](self, book, document)

    def once(self, row: Row, statement: StatementId, column: str) -> None:
        """Refuse a second row of the same number: the two would be one record."""
        before = self.seen.setdefault(statement, row.number)
        if before != row.number:
            expected = Words(
                zh=f"每行号码不同（第 {before} 行已有）",
                en=f"another number in each row (row {before} has it)",
            )
            row.wrong.append(RowTwice(field=column, came=row.values.get(column, ""), expected=expected))


_FIELDS: Final = {
    "quantity.amount": "quantity",
    "quantity.unit": "unit",
    "shipped_at": "shipped_at",
    "voucher.number": "number",
    "group": "number",
}


def _tried(row: Row, make: Callable[[], Json]) -> Json:
    """What `make` gives; None, with its refusal put to the row."""
    try:
        return make()
    except Refusal as refusal:
        row.wrong.append(refusal)
        return None


def _somebody(clerk: Clerk, book: SqlBook, row: Row, column: str, text: str) -> Json:
    """The party that a cell names; an empty one is told of as empty, and as nothing else."""
    if not text:
        return None
    return _tried(row, lambda: str(clerk.known.must_be_party(book, text, field=column)))


def _quantity(row: Row) -> dict[str, Json]:
    amount, unit = row.values.get("quantity"), row.values.get("unit")
    if amount is None and unit is None:
        return {}
    for name, value in (("quantity", amount), ("unit", unit)):
        if value is None and all(one.field != name for one in row.wrong):
            row.wrong.append(
                Empty(field=name, came="", expected=Words(zh="数量和单位", en="amount and unit"))
            )
    if amount == "0" and all(one.field != "quantity" for one in row.wrong):
        row.wrong.append(
            NotANumber(field="quantity", came=amount, expected=Words(zh="大于 0 的数量", en="more than 0"))
        )
    return {"quantity": {"amount": amount, "unit": unit}}


def _line(clerk: Clerk, book: SqlBook, row: Row) -> dict[str, Json]:
    line: dict[str, Json] = dict(_quantity(row))
    text = row.values.get("goods")
    if text is not None:
        line["goods"] = _tried(row, lambda: str(clerk.known.goods(book, text)))
    if "codes" in row.values:
        line["codes"] = list(listed(row.values["codes"]))
    return line


def _meant(
    clerk: Clerk,
    book: SqlBook,
    document: Document,
    statement: StatementId,
    called: Callable[[], Iterable[tuple[Record, _Said]]],
) -> tuple[StatementId, _Said | None]:
    """Which record a row puts right, and what it says: the one of its number, or else the only one of the party that is `called` so and stands.

    Where the name, the address or the code itself was what was wrong, the number that is made of it leads nowhere.
    """
    if document.put_right and latest(book, statement, clerk.party) is None:
        own = [
            one for one in called() if one[0].header.issuer == clerk.party and one[0].superseded_by is None
        ]
        if len(own) == 1:
            return own[0][0].header.id, own[0][1]
    return statement, None


def _number(clerk: Clerk, book: SqlBook, number: str, *before: str) -> str:
    """A document's own number as it goes into its id: as everybody would write it, or as it was written where it was once recorded so."""
    plain = usual(number)
    if plain != number and latest(book, clerk.ids.statement(*before, number), clerk.party) is not None:
        return number
    return plain


def _header(document: Document, *names: str) -> dict[str, Json]:
    return {name: value for name in names if (value := document.value(name)) is not None}


def _in_row(row: Row, *names: str) -> dict[str, Json]:
    return {name: row.values[name] for name in names if name in row.values}


def _category(row: Row) -> str | None:
    text = row.values.get("category")
    if text is None:
        return None
    try:
        return category_of(text)
    except Refusal as refusal:
        row.wrong.append(refusal)
        return None


def _details(clerk: Clerk, rows: list[Row], category: str | None) -> dict[str, Json]:
    """The fields that only some categories have, under the names that this one's profile gives them."""
    found: dict[str, Json] = {}
    labels = {one.name: one.label for one in clerk.kind.every_column() if one.detail}
    for row in rows:
        for name in labels.keys() & row.values.keys():
            own = detail_field(labels[name], clerk.kind.record or "", category or "")
            if own is None:
                profile = profile_for(category)
                expected = Words(
                    zh=f"{profile.name.zh}没有这一项，请留空",
                    en=f"nothing: {profile.name.en} has no such field",
                )
                row.wrong.append(UnknownName(field=name, came=row.values[name], expected=expected))
            else:
                found.setdefault(own, row.values[name])
    return (
        {"details": [{"field": name, "value": value} for name, value in sorted(found.items())]}
        if found
        else {}
    )


def _batch_body(clerk: Clerk, row: Row, goods: GoodsId, maker: PartyId) -> dict[str, Json]:
    category = _category(row)
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(maker),
        **_in_row(row, *_SIMPLE["batch"]),
        **_quantity(row),
        **_details(clerk, [row], category),
    }
    if category is not None:
        body["category"] = category
    if goods.digital_link is None and "gtin" in row.values and all(one.field != "gtin" for one in row.wrong):
        body["gtin"] = row.values["gtin"]
    if "active_ingredients" in row.values:
        body["active_ingredients"] = list(listed(row.values["active_ingredients"]))
    return body


def _batches(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    row = document.first
    number, own = row.values.get("batch_number"), row.values.get("own_number")
    if any(one.field in {"batch_number", "own_number"} for one in row.wrong):
        return []
    if number is None and own is None:
        expected = Words(zh="批号；没有批号的填本单位编号", en="a batch number, or a number of your own")
        row.wrong.append(Empty(field="batch_number", came="", expected=expected))
        return []
    name = row.values.get("name", "")
    key = (
        ("own", _number(clerk, book, own, "own"))
        if own is not None
        else ("lot", name, _number(clerk, book, number or "", "lot", name))
    )
    statement = clerk.ids.statement(*key)
    statement, meant = _meant(
        clerk, book, document, statement, lambda: _batches_called(clerk, book, number or own or "")
    )
    goods = _goods_of(row, statement) if meant is None else meant.goods
    clerk.once(row, statement, "own_number" if own is not None else "batch_number")
    body = _batch_body(clerk, row, goods, clerk.party)
    if "produced_on" in row.values:
        # What is entered today of last month stands where it belongs, before the shipments of it.
        body["occurred_at"] = _day_begins(row.values["produced_on"])
    if "site" in row.values:
        body["site"] = _tried(row, lambda: str(clerk.known.site(book, row.values["site"])))
    return [Wanted(Batch, statement, body, fields=_FIELDS | {"occurred_at": "produced_on"}, row=row)]


def _batches_called(clerk: Clerk, book: SqlBook, number: str) -> Iterable[tuple[Record, Batch]]:
    """Batches of the party's make of this number, whatever they are called."""
    return (one for one in of_type(about(book, lot_key(number)), Batch) if one[1].maker == clerk.party)


def _day_begins(day: str) -> str:
    return str(Instant.parse(f"{day}T00:00:00+08:00"))


def _goods_of(row: Row, statement: StatementId) -> GoodsId:
    """The Digital Link of GTIN and batch number where both fit; otherwise a code of ours."""
    gtin, number = row.values.get("gtin"), row.values.get("batch_number")
    if gtin is not None:
        try:
            printed = Gtin.parse(gtin, field="gtin")
            if number is not None and (lot := BatchNumber.parse(number)).fits_digital_link:
                return GoodsId.of_link(DigitalLink(printed, batch=str(lot)))
        except Refusal as refusal:
            # A number that is none is found by the record's own reading.
            if refusal.field == "gtin":
                row.wrong.append(refusal)
    return GoodsId.of_batch(BatchCode.new(drawn(statement, "goods")))


def _products(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    row = document.first
    own, gtin = row.values.get("own_number"), row.values.get("gtin")
    name, specification = row.values.get("name", ""), row.values.get("specification", "")
    key = (
        ("own", _number(clerk, book, own, "own"))
        if own
        else ("gtin", gtin)
        if gtin
        else ("name", name, specification)
    )
    statement = clerk.ids.statement(*key)
    named = ((name, None), (name, specification or None))
    statement, meant = _meant(
        clerk,
        book,
        document,
        statement,
        lambda: (
            one for one in clerk.known.own(book, Product) if (one[1].name, one[1].specification) in named
        ),
    )
    product = ProductId.new(drawn(statement, "product")) if meant is None else meant.product
    clerk.once(row, statement, "own_number" if own else "gtin" if gtin else "name")
    category = _category(row)
    body: dict[str, Json] = {
        "product": str(product),
        "owner": str(clerk.party),
        **_in_row(row, *_SIMPLE["product"]),
        **_details(clerk, [row], category),
    }
    if category is not None:
        body["category"] = category
    if "shelf_life_days" in row.values:
        body["shelf_life_days"] = int(row.values["shelf_life_days"])
    if "active_ingredients" in row.values:
        body["active_ingredients"] = list(listed(row.values["active_ingredients"]))
    return [Wanted(Product, statement, body, row=row)]


def _party_body(row: Row, party: PartyId, name: str, kind: str) -> dict[str, Json]:
    """A farmer's name is personal data and lies in an item of its own."""
    body: dict[str, Json] = {"party": str(party), "party_kind": kind, **_in_row(row, *_SIMPLE["party"])}
    contact = row.values.get("person_name")
    if kind == "farmer":
        if contact is not None and contact != name:
            expected = Words(zh=f"与名称相同：{name}，或不填", en=f"as the name: {name}, or nothing")
            row.wrong.append(Malformed(field="person_name", came=contact, expected=expected))
        return body | {"person_name": name}
    return body | {"name": name} | ({"person_name": contact} if contact is not None else {})


def _parties(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    row = document.first
    name, kind = row.values.get("name", ""), row.values.get("party_kind", "unknown")
    own, code = row.values.get("own_number"), row.values.get("credit_code")
    key = (
        ("own", _number(clerk, book, own, "own"))
        if own
        else ("code", code)
        if code
        else ("name", name, row.values.get("address", ""))
    )
    statement = clerk.ids.statement(*key)
    statement, meant = _meant(
        clerk,
        book,
        document,
        statement,
        lambda: (one for one in clerk.known.own(book, Party) if name in {one[1].name, one[1].person_name}),
    )
    party = PartyId.new(drawn(statement, "party")) if meant is None else meant.party
    clerk.once(row, statement, "own_number" if own else "credit_code" if code else "name")
    return [
        Wanted(Party, statement, _party_body(row, party, name, kind), fields={"person_name": "name"}, row=row)
    ]


def _licences(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    row = document.first
    holder: Json = str(clerk.party)
    if "holder" in row.values:
        text = row.values["holder"]
        holder = _tried(row, lambda: str(clerk.known.must_be_party(book, text, field="holder")))
    names = ("licence_kind", "number", "valid_from", "state")
    # Renewed or suspended, it is another record under the same number.
    statement = clerk.ids.statement(str(holder), *(row.values.get(name, "") for name in names))
    number = contact_key("licence", row.values.get("number", ""))
    statement, _ = _meant(
        clerk,
        book,
        document,
        statement,
        lambda: (one for one in of_type(about(book, number), Licence) if str(one[1].holder) == holder),
    )
    clerk.once(row, statement, "number")
    body: dict[str, Json] = {"holder": holder, **_in_row(row, *_SIMPLE["licence"])}
    if "scope" in row.values:
        body["scope"] = list(listed(row.values["scope"]))
    return [Wanted(Licence, statement, body, row=row)]


def _supplier_files(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    names = {"document_kind": "document_kind", "document_number": "number"}
    names |= {name: name for name in ("scope", "valid_from", "valid_to")}
    papers: list[Json] = [
        {to: row.values[name] for name, to in names.items() if name in row.values} for row in document.rows
    ]
    supplier, day = document.value("supplier") or "", document.value("filed_on") or ""
    row = document.row_of("supplier")
    body: dict[str, Json] = {
        "supplier": _somebody(clerk, book, row, "supplier", supplier),
        "documents": papers,
        "occurred_at": day,
        **_header(document, "salesperson", "authorised_until"),
    }
    statement = clerk.ids.statement(str(body["supplier"]), day)
    # One supplier may be called in two ways: by name and by code.
    clerk.once(row, statement, "supplier")
    fields = {"number": "document_number", "occurred_at": "filed_on"}
    return [Wanted(SupplierFile, statement, body, {"documents": document.rows}, fields)]


def _shipments(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    number, to = document.value("number") or "", document.value("to") or ""
    row = document.row_of("to")
    body: dict[str, Json] = {
        "to": _somebody(clerk, book, row, "to", to),
        "lines": [_line(clerk, book, one) for one in document.rows],
        "voucher": {"voucher_kind": "sales_slip", "number": number},
        "offer": document.value("offer") != "no",
        "occurred_at": document.value("shipped_at") or "",
        **_header(document, "total", "vehicle", "waybill", "conditions"),
        **_details(clerk, document.rows, _category_of_lines(clerk, book, document)),
    }
    fields = _FIELDS | {"occurred_at": "shipped_at"}
    return [
        Wanted(
            Shipment,
            clerk.ids.statement(_number(clerk, book, number)),
            body,
            {"lines": document.rows},
            fields,
        )
    ]


def _sales(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    body: dict[str, Json] = {
        "lines": [_line(clerk, book, one) for one in document.rows],
        "occurred_at": document.value("sold_at") or "",
        **_header(document, "sale_kind", "region", "buyer_name", "buyer_phone"),
        **_details(clerk, document.rows, _category_of_lines(clerk, book, document)),
    }
    statement = clerk.ids.statement(_number(clerk, book, document.value("number") or ""))
    return [Wanted(Sale, statement, body, {"lines": document.rows}, _FIELDS | {"occurred_at": "sold_at"})]


def _category_of_lines(clerk: Clerk, book: SqlBook, document: Document) -> str | None:
    """The category of the goods in the first line, whose own fields the document may carry."""
    if not any(name.startswith("details.") for row in document.rows for name in row.values):
        return None
    return clerk.known.category(book, document.first.values.get("goods", ""))


def _transformations(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    number = document.value("number") or ""
    ins = [row for row in document.rows if row.values.get("direction") == "input"]
    outs = [row for row in document.rows if row.values.get("direction") not in {None, "input"}]
    for rows, words in ((ins, Words("投入", "an input")), (outs, Words("产出", "an output"))):
        if not rows and not document.wrong:
            document.first.wrong.append(Empty(field="direction", came="", expected=words))
    body: dict[str, Json] = {
        "group": number,
        "inputs": [_line(clerk, book, row) for row in ins],
        "outputs": [_line(clerk, book, row) | {"role": row.values["direction"]} for row in outs],
        "occurred_at": document.value("made_at") or "",
        **_header(document, "process"),
    }
    fields = _FIELDS | {"occurred_at": "made_at", "role": "direction"}
    lists = {"inputs": ins, "outputs": outs}
    return [Wanted(Transformation, clerk.ids.statement(_number(clerk, book, number)), body, lists, fields)]


def _supplier(clerk: Clerk, book: SqlBook, document: Document) -> tuple[PartyId | None, list[Wanted]]:
    """The supplier: known by its credit code or name, or declared along with the first delivery."""
    row = document.row_of("supplier")
    name, code = document.value("supplier") or "", document.value("credit_code")
    try:
        found = None if code is None else clerk.known.party_of(book, code, field="credit_code")
        found = found or clerk.known.party_of(book, name, field="supplier")
    except Refusal as refusal:
        row.wrong.append(refusal)
        return None, []
    if found is not None:
        names = clerk.known.names_of(book, found)
        if code is not None and name and names and name not in {*names, str(found)}:
            expected = Words(
                zh=f"该统一社会信用代码登记的名称：{'、'.join(names)}",
                en=f"the name recorded with this credit code: {', '.join(names)}",
            )
            row.wrong.append(Malformed(field="supplier", came=name, expected=expected))
            return None, []
        return (None if _contradicts(clerk, book, document, found) else found), []
    statement = clerk.ids.statement("supplier", code or name)
    party = PartyId.new(drawn(statement, "party"))
    body = _party_body(row, party, name, document.value("party_kind") or "unknown")
    body |= _header(document, "credit_code", "phone", "address")
    clerk.known.remember(name, party)
    if code is not None:
        clerk.known.remember(code, party)
    clerk.declared[party] = body
    return party, [
        Wanted(Party, statement, body, fields={"name": "supplier", "person_name": "supplier"}, row=row)
    ]


def _contradicts(clerk: Clerk, book: SqlBook, document: Document, supplier: PartyId) -> bool:
    """Whether a delivery says of its supplier what its own sheet, or the one it has from this clerk, does not: a delivery puts no sheet right.

    Sheets of others are not compared: whoever typed phones could find theirs.
    """
    own = [said for _, said in clerk.known.own(book, Party) if said.party == supplier]
    recorded = own[-1].model_dump(mode="json") if own else clerk.declared.get(supplier)
    if recorded is None:
        return False
    wrong = False
    for name in ("party_kind", "credit_code", "phone", "address"):
        came, stands = document.value(name), recorded.get(name)
        if came is None or stands in {None, "unknown", came}:
            continue
        shown = (
            WORDS[f"party_kind_{stands}"] if name == "party_kind" else Words(zh=str(stands), en=str(stands))
        )
        expected = Words(
            zh=f"{shown.zh}（已登记的；要更正，请用“供货者和客户”表）",
            en=f"{shown.en}, as recorded; to put it right use the sheet of suppliers and customers",
        )
        document.row_of(name).wrong.append(Malformed(field=name, came=came, expected=expected))
        wrong = True
    return wrong


def _deliveries(clerk: Clerk, book: SqlBook, document: Document) -> list[Wanted]:
    """The supplier where it is new, a batch for each row, then receipt, check and voucher."""
    written, day = document.value("number") or "", document.value("received_on") or ""
    number = _number(clerk, book, written, "receipt")
    supplier, wanted = _supplier(clerk, book, document)
    if supplier is None or document.wrong:
        return []
    lines: list[Json] = []
    for place, row in zip(_places(clerk, book, document, number), document.rows, strict=True):
        statement = clerk.ids.statement("batch", number, str(place))
        goods = GoodsId.of_batch(BatchCode.new(drawn(statement, "goods")))
        body = _batch_body(clerk, row, goods, supplier)
        body["occurred_at"] = _day_begins(day)
        body["lot_basis"] = "printed" if "batch_number" in row.values else "supplier_product_date"
        wanted.append(
            Wanted(Batch, statement, body, fields=_FIELDS | {"occurred_at": "received_on"}, row=row)
        )
        lines.append({"goods": str(goods), **_quantity(row)})
    same: dict[str, Json] = {"supplier": str(supplier), "lines": lines, "occurred_at": _day_begins(day)}
    same |= _header(document, "conclusion")
    same.setdefault("conclusion", "accept")
    lists, fields = {"lines": document.rows}, _FIELDS | {"occurred_at": "received_on"}
    check: dict[str, Json] = same | {"received_on": day, **_header(document, "checked_by")}
    papers = _papers(document)
    if papers:
        check["checks"] = papers
    wanted.append(Wanted(Receipt, clerk.ids.statement("receipt", number), dict(same), lists, fields))
    voucher = document.value("voucher_kind")
    if voucher is not None:
        check["voucher"] = {"voucher_kind": voucher, "number": written}
    wanted.append(Wanted(SupplierCheck, clerk.ids.statement("check", number), check, lists, fields))
    if voucher is not None:
        body = {
            "voucher_kind": voucher,
            "number": written,
            "seller": str(supplier),
            "buyer": str(clerk.party),
            "occurred_at": _day_begins(day),
            **_header(document, "total"),
        }
        wanted.append(Wanted(Voucher, clerk.ids.statement("voucher", number), body, fields=fields))
    return wanted


def _places(clerk: Clerk, book: SqlBook, document: Document, number: str) -> list[int]:
    """Which lot of a delivery each row is about: where it was recorded before, the lot that is called as the row is, wherever the row stands now."""
    rows = range(len(document.rows))
    stood: list[Batch] = []
    while (
        record := latest(book, clerk.ids.statement("batch", number, str(len(stood))), clerk.party)
    ) is not None:
        assert isinstance(record.said, Batch)
        stood.append(record.said)
    free, found = dict(enumerate(stood)), dict[int, int]()
    for same in (("name", "batch_number"), ("name",)):
        for row in rows:
            values = document.rows[row].values
            place = next(
                (
                    place
                    for place, one in free.items()
                    if all(str(getattr(one, field) or "") == values.get(field, "") for field in same)
                ),
                None,
            )
            if row not in found and place is not None:
                found[row] = place
                del free[place]
    # A name that was written wrongly: what is left over, in its order. Rows beyond these are new lots.
    left = iter([*free, *range(len(stood), len(stood) + len(rows))])
    return [found[row] if row in found else next(left) for row in rows]


def _papers(document: Document) -> list[Json]:
    """What was looked at: every paper that the profile of the goods asks for."""
    result = document.value("papers")
    if result not in {"in_order", "missing"}:
        return []
    profiles = [profile_for(row.values.get("category")) for row in document.rows]
    asked = dict.fromkeys(one.what for profile in profiles for one in profile.documents)
    return [{"what": what, "result": result} for what in asked]


_MAKERS: Final[dict[KindName, Callable[[Clerk, SqlBook, Document], list[Wanted]]]] = {
    "batches": _batches,
    "shipments": _shipments,
    "deliveries": _deliveries,
    "sales": _sales,
    "transformations": _transformations,
    "parties": _parties,
    "supplier-files": _supplier_files,
    "licences": _licences,
    "products": _products,
}
