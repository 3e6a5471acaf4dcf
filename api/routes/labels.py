"""Label pictures for goods: refused while a hold or a recall stands on them, as everything is that sends goods on their way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from api.audience import Reading
from api.deps import Anyone, Someone, TheLedger, TheSettings, needs
from api.parameters import QueryNumber, Text
from api.scanning import Named, named_by_link, named_by_text, require_known, scanned
from ledger.errors import Blocked, Malformed, NotAllowed, UnknownName, Words
from ledger.identifiers import DigitalLink, GoodsId, PartyId
from ledger.trace import party_view, standing_orders, what_it_was
from ledger.views.book import Book, about, code_key
from scanner.codes import address_host, printed_address
from scanner.labels import LabelText, label_png, label_svg

router = APIRouter(tags=["labels"])

Form = Literal["png", "svg"]
_TYPES: Final[dict[Form, str]] = {"png": "image/png", "svg": "image/svg+xml"}
_DPI, _WIDTH_MM, _HEIGHT_MM = 300, 50, 30


@dataclass(frozen=True, slots=True)
class Size:
    """How large and how fine a label is asked for."""

    dpi: QueryNumber = None
    width_mm: QueryNumber = None
    height_mm: QueryNumber = None


TheSize = Annotated[Size, Depends()]


@router.get(
    "/codes/{code}/label.{form}",
    operation_id="code_label",
    response_class=Response,
    dependencies=[needs("print_label")],
)
def of_code(
    code: Annotated[str, Path(max_length=200)],
    form: Form,
    caller: Someone,
    viewer: Anyone,
    ledger: TheLedger,
    settings: TheSettings,
    size: TheSize,
) -> Response:
    """标签 · the label of a batch by its code, or of one pack by the code on it."""
    with ledger.book() as book:
        reading = Reading.of(ledger, book, viewer)
        named = named_by_text(code, settings.base_url, book, reading.knows)
        text = _text(reading, named, caller.party, settings.base_url, came=code)
    return _drawn(text, form, size)


@router.get(
    "/goods-label", operation_id="goods_label", response_class=Response, dependencies=[needs("print_label")]
)
def of_goods(
    goods: Text,
    caller: Someone,
    viewer: Anyone,
    ledger: TheLedger,
    settings: TheSettings,
    size: TheSize,
    form: Annotated[Form, Query()] = "png",
) -> Response:
    """标签 · the label of goods that a GS1 Digital Link names: a batch, or one pack."""
    with ledger.book() as book:
        link = GoodsId.parse(goods).digital_link
        if link is None:
            raise Malformed(
                field="goods", came=goods, expected=Words(zh="GS1 数字链接", en="a GS1 Digital Link")
            )
        reading = Reading.of(ledger, book, viewer)
        named = named_by_link(link, settings.base_url, book, reading.knows)
        text = _text(reading, named, caller.party, settings.base_url, came=goods)
    return _drawn(text, form, size)


def _text(reading: Reading, named: Named, party: PartyId, base_url: str, *, came: str) -> LabelText:
    """What stands on the label. `Blocked` while an order stands on the goods in this party's hands."""
    book, goods = reading.book, require_known(named, came)
    if named.code is None and not reading.deals_with(goods):
        # Before the orders are asked: that a hold stands is for those who have to do with the goods.
        expected = Words(zh="本方经手的货物", en="goods that you have to do with")
        raise NotAllowed(field="goods", came=goods, expected=expected)
    _check_free(book, goods, party)
    sheet = what_it_was(book, goods)
    maker = None if sheet.maker is None else party_view(book, sheet.maker)
    name = None if maker is None else maker.name or reading.contact(maker).person_name
    code = goods.batch_code
    return LabelText(
        code=_printed(book, named, goods, base_url),
        product=sheet.name or str(goods),
        batch=str(sheet.batch_number or (code.printed if code else goods)),
        maker=name or str(sheet.maker or "—"),
        domain=address_host(base_url),
        extra=() if sheet.produced_on is None else (str(sheet.produced_on),),
    )


def _printed(book: Book, named: Named, goods: GoodsId, base_url: str) -> str:
    """The text of the code: the pack's own where one was recorded, else the address of the goods."""
    if named.code is not None:
        if not about(book, code_key(named.code)):
            expected = Words(zh="已赋码的单元码", en="a code that was issued")
            raise UnknownName(field="code", came=named.code, expected=expected)
        scanned_code = scanned(named.code, base_url).value
        return (
            printed_address(scanned_code, base_url) if isinstance(scanned_code, DigitalLink) else named.code
        )
    address = goods.digital_link or goods.batch_code
    if address is None:
        expected = Words(
            zh="批次码或 GS1 数字链接标识的货物", en="goods named by a batch code or a GS1 Digital Link"
        )
        raise Malformed(field="goods", came=goods, expected=expected)
    return printed_address(address, base_url)


def _check_free(book: Book, goods: GoodsId, party: PartyId) -> None:
    orders = standing_orders(book, goods, party=party)
    if orders:
        order = orders[0]
        kind = Words(zh="召回", en="recall") if order.kind == "recall" else Words(zh="控制", en="hold")
        expected = Words(
            zh=f"未被控制或召回的货物（第 {order.record.seq} 条{kind.zh}仍有效）",
            en=f"goods under no hold or recall (the {kind.en} in entry {order.record.seq} stands)",
        )
        raise Blocked(field="goods", came=goods, expected=expected)


def _drawn(text: LabelText, form: Form, size: Size) -> Response:
    draw = label_png if form == "png" else label_svg
    picture = draw(
        text,
        dpi=size.dpi or _DPI,
        width_mm=size.width_mm or _WIDTH_MM,
        height_mm=size.height_mm or _HEIGHT_MM,
    )
    return Response(picture, media_type=_TYPES[form])
