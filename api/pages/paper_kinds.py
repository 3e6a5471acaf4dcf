"""The three kinds of paper that a clerk files, as forms: certificate, promise (承诺达标合格证, 农产品质量安全法 39), voucher. Sent and recorded by `filing.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from api.audience import goods_of
from api.pages.batches import units
from api.pages.console import Counter
from api.pages.console_forms import Ask, Group, label_of, options_of
from api.pages.console_lists import Head
from api.pages.own import Own
from api.pages.supplier_files import supplier_options
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import GoodsId, InvoiceQr, PartyId
from ledger.vocabulary.documents import Certificate, CertificateKind, Commitment, Voucher
from ledger.vocabulary.trade import SupplierCheck, VoucherKind

if TYPE_CHECKING:
    from api.pages.console_forms import Options, Sent
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.views.book import Record
    from ledger.vocabulary.said import Said

#: Goods that a form offers: those of the newest records.
GOODS_MAX: Final = 30
BASES: Final = ("self_test", "entrusted_test", "internal_control", "self_promise")
PROMISES: Final = (
    "no_banned_substances",
    "residues_within_limits",
    "withdrawal_observed",
    "meets_standard",
    "truthful",
    "recall",
)
_TEXT: Final = {"maxlength": "100", "autocomplete": "off"}
_NUMBER: Final = {"maxlength": "60", "autocomplete": "off"}


@dataclass(frozen=True, slots=True)
class PaperForm:
    """One kind of paper: its fields in the form, what the form is made of, and the body of the record."""

    kind: type[Said]
    name: str
    shown: frozenset[str]
    fields: dict[str, str]
    groups: Callable[[Counter, Start], tuple[Group, ...]]
    body: Callable[[Desk, PartyId, Sent, Start], dict[str, Json]]
    empty: dict[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """What a form begins from: a record that is put right, a delivery that was checked, some goods; or nothing."""

    before: Record | None = None
    check: tuple[SupplierCheck, Record] | None = None
    goods: tuple[GoodsId, ...] = ()

    @property
    def lots(self) -> tuple[GoodsId, ...]:
        """The goods that the paper is surely about."""
        if self.check is not None:
            return tuple(dict.fromkeys(line.goods for line in self.check[0].lines))
        return self.goods


def named_goods(before: Record | None) -> tuple[GoodsId, ...]:
    said = before.said if before is not None else None
    if isinstance(said, Certificate):
        return said.goods
    return (said.goods,) if isinstance(said, Commitment) and said.goods is not None else ()


def _goods_options(counter: Counter, start: Start) -> Options:
    """The goods of the paper's delivery, and those of the newest records."""
    goods = dict.fromkeys([*named_goods(start.before), *start.lots])
    if start.check is None:
        for record in Own.of(counter.book, counter.party).records:
            if len(goods) >= GOODS_MAX:
                break
            goods.update(dict.fromkeys(goods_of(record)))
    return [(str(one), counter.names.goods(one)) for one in list(goods)[:GOODS_MAX]]


# A certificate


def _certificate_groups(counter: Counter, start: Start) -> tuple[Group, ...]:
    desk = counter.desk
    kind = options_of("certificate_kind", get_args(CertificateKind), desk)
    goods = _goods_options(counter, start)
    covers = (
        Ask(
            "amount",
            label_of(Certificate, "covers"),
            "amount",
            options=units(desk.language),
            hint=counter.say("papers_covers_hint"),
        ),
    )
    return (
        Group(
            "",
            (
                Ask(
                    "certificate_kind",
                    label_of(Certificate, "certificate_kind"),
                    "select",
                    optional=False,
                    options=kind,
                ),
                Ask("number", label_of(Certificate, "number"), optional=False, attrs=_NUMBER),
                Ask("issued_by", label_of(Certificate, "issued_by"), optional=False, attrs=_TEXT),
            ),
        ),
        Group(
            counter.say("papers_about"),
            (
                *([Ask("goods", label_of(Certificate, "goods"), "boxes", options=goods)] if goods else []),
                *covers,
            ),
            hint=counter.say("papers_about_hint"),
        ),
        Group(
            counter.say("papers_when"),
            (
                Ask("issued_on", label_of(Certificate, "issued_on"), "date"),
                Ask("valid_from", label_of(Certificate, "valid_from"), "date"),
                Ask(
                    "valid_to",
                    label_of(Certificate, "valid_to"),
                    "date",
                    hint=counter.say("papers_until_hint"),
                ),
                Ask("scope", label_of(Certificate, "scope"), "area", hint=counter.say("papers_lines_hint")),
                Ask("standard", label_of(Certificate, "standard"), attrs=_TEXT),
            ),
        ),
    )


def _certificate_body(_desk: Desk, party: PartyId, came: Sent, _start: Start) -> dict[str, Json]:
    body = came.present(
        "certificate_kind", "number", "issued_by", "issued_on", "valid_from", "valid_to", "standard"
    )
    if lots := _ticked(came):
        body["goods"] = list(lots)
    else:
        # Of no lot in particular: what its holder makes.
        body["holder"] = str(party)
    if scope := came.lines("scope"):
        body["scope"] = list(scope)
    if (covers := came.amount("amount")) is not None:
        body["covers"] = dict(covers)
    return body


def _ticked(came: Sent) -> list[str]:
    prefix = "goods_"
    return [
        name.removeprefix(prefix)
        for name, value in came.form.values.items()
        if name.startswith(prefix) and value
    ]


CERTIFICATE: Final = PaperForm(
    kind=Certificate,
    name="certificate",
    shown=frozenset(
        {"certificate_kind", "number", "issued_by", "goods", "holder", "covers", "scope"}
        | {"valid_from", "issued_on", "valid_to", "standard", "evidence"}
    ),
    fields={
        name: name
        for name in (
            "certificate_kind",
            "number",
            "issued_by",
            "goods",
            "scope",
            "valid_from",
            "issued_on",
            "valid_to",
            "standard",
            "amount",
        )
    }
    | {"covers": "amount", "evidence": "paper"},
    groups=_certificate_groups,
    body=_certificate_body,
    empty={"certificate_kind": "third_party_test", "amount_unit": "KGM"},
)


# A promise


def _commitment_groups(counter: Counter, start: Start) -> tuple[Group, ...]:
    desk = counter.desk
    chosen = str(start.check[0].supplier) if start.check is not None else str(counter.party)
    producers = dict(
        [(str(counter.party), counter.names.party(counter.party)), *supplier_options(counter, chosen)[1:]]
    )
    goods = [("", counter.say("papers_no_choice")), *_goods_options(counter, start)]
    return (
        Group(
            counter.say("papers_who"),
            (
                Ask(
                    "producer",
                    label_of(Commitment, "producer"),
                    "select",
                    optional=False,
                    options=list(producers.items()),
                ),
                Ask(
                    "basis",
                    label_of(Commitment, "basis"),
                    "choices",
                    optional=False,
                    options=options_of("basis", BASES, desk),
                ),
                Ask(
                    "promises",
                    label_of(Commitment, "promises"),
                    "boxes",
                    options=options_of("promises", PROMISES, desk),
                ),
            ),
        ),
        Group(
            counter.say("papers_about"),
            (
                Ask("one_goods", label_of(Commitment, "goods"), "select", options=goods),
                Ask("amount", label_of(Commitment, "quantity"), "amount", options=units(desk.language)),
                Ask("origin", label_of(Commitment, "origin"), attrs=_TEXT),
            ),
        ),
        Group(
            counter.say("papers_when"),
            (
                Ask("number", label_of(Commitment, "number"), attrs=_NUMBER),
                Ask("issued_on", label_of(Commitment, "issued_on"), "date"),
                Ask("valid_to", label_of(Commitment, "valid_to"), "date"),
                Ask("text", label_of(Commitment, "text"), "area"),
            ),
        ),
    )


def _commitment_body(_desk: Desk, _party: PartyId, came: Sent, _start: Start) -> dict[str, Json]:
    body = came.present("producer", "basis", "origin", "number", "issued_on", "valid_to", "text")
    if goods := came.text("one_goods"):
        body["goods"] = goods
    if promises := came.boxes("promises", PROMISES):
        body["promises"] = list(promises)
    if (quantity := came.amount("amount")) is not None:
        body["quantity"] = dict(quantity)
    return body


COMMITMENT: Final = PaperForm(
    kind=Commitment,
    name="commitment",
    shown=frozenset(
        {"producer", "basis", "promises", "goods", "origin", "number", "issued_on", "valid_to", "text"}
        | {"quantity", "evidence"}
    ),
    fields={
        name: name
        for name in (
            "producer",
            "basis",
            "promises",
            "origin",
            "number",
            "issued_on",
            "valid_to",
            "text",
            "amount",
        )
    }
    | {"goods": "one_goods", "quantity": "amount", "evidence": "paper"},
    groups=_commitment_groups,
    body=_commitment_body,
    empty={"basis": "self_promise", "amount_unit": "KGM", "promises_no_banned_substances": "1"},
)


# A voucher


def _voucher_groups(counter: Counter, start: Start) -> tuple[Group, ...]:
    chosen = str(start.check[0].supplier) if start.check is not None else ""
    partners = supplier_options(counter, chosen)
    sides = [(one, counter.say(f"papers_side_{one}")) for one in ("bought", "sold")]
    kinds = options_of("voucher_kind", get_args(VoucherKind), counter.desk)
    digits = {**_NUMBER, "inputmode": "decimal"}
    return (
        Group(
            counter.say("papers_who"),
            (
                Ask("side", "papers_side", "choices", optional=False, options=sides),
                Ask(
                    "partner",
                    "papers_partner",
                    "select",
                    optional=False,
                    options=partners,
                    hint=counter.say("papers_supplier_hint"),
                ),
            ),
        ),
        Group(
            counter.head(Head("farmer_voucher")),
            (
                Ask(
                    "voucher_kind", label_of(Voucher, "voucher_kind"), "select", optional=False, options=kinds
                ),
                Ask(
                    "qr_text", label_of(Voucher, "qr_text"), attrs=_TEXT, hint=counter.say("voucher_qr_hint")
                ),
                Ask("number", label_of(Voucher, "number"), attrs=_NUMBER),
                Ask("invoice_code", label_of(Voucher, "invoice_code"), attrs=_NUMBER),
                Ask("issued_on", label_of(Voucher, "issued_on"), "date"),
                Ask("total", label_of(Voucher, "total"), attrs=digits, hint=counter.say("papers_total_hint")),
            ),
        ),
    )


def _voucher_body(desk: Desk, party: PartyId, came: Sent, start: Start) -> dict[str, Json]:
    partner, bought = came.text("partner"), came.text("side") != "sold"
    if not partner:
        raise Malformed(field="partner", came="", expected=Words(zh="往来方", en="a party"))
    body: dict[str, Json] = {
        "seller": partner if bought else str(party),
        "buyer": str(party) if bought else partner,
        **_scanned(came.text("qr_text")),
        **came.present("voucher_kind", "number", "invoice_code", "issued_on", "total"),
    }
    if start.check is not None:
        said, record = start.check
        with desk.ledger.book() as book:
            names = Counter.of(desk, book, party).names
            lines: Sequence[Json] = [
                {
                    "name": names.goods(line.goods)[:100],
                    "goods": str(line.goods),
                    "quantity": line.quantity.as_json(),
                }
                for line in said.lines
            ]
        body |= {"deliveries": [str(record.header.id)], "lines": lines}
    return body


def _scanned(text: str) -> dict[str, Json]:
    """What the QR code of an invoice says: its number, its day and its total; what was typed goes before it."""
    if not text:
        return {}
    try:
        qr = InvoiceQr.parse(text)
    except Refusal as wrong:
        raise Malformed(field="qr_text", came=text, expected=wrong.expected) from wrong
    body: dict[str, Json] = {"qr_text": text, "issued_on": str(qr.date), "number": str(qr.number)}
    if qr.amount_includes_tax and qr.amount >= 0:
        body["total"] = f"{qr.amount:.2f}"
    return body


VOUCHER: Final = PaperForm(
    kind=Voucher,
    name="voucher",
    shown=frozenset(
        {
            "voucher_kind",
            "seller",
            "buyer",
            "number",
            "issued_on",
            "total",
            "invoice_code",
            "qr_text",
            "evidence",
        }
    ),
    fields={
        name: name
        for name in ("voucher_kind", "number", "issued_on", "total", "invoice_code", "qr_text", "partner")
    }
    | {"seller": "partner", "buyer": "partner", "evidence": "paper"},
    groups=_voucher_groups,
    body=_voucher_body,
    empty={"side": "bought", "voucher_kind": "sales_slip"},
)
