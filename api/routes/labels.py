"""Label pictures for goods, and sheets of labels: refused while a hold or a recall stands, as everything is that sends goods on their way.

A picture is for looking at and for one's own layout; a sheet is a run of the printer and is written down. A sheet is asked for once, with its own
id, and fetched as often as the printer jams.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, StrictBool, StrictInt
from starlette.requests import Request

from api import links
from api.answers import ANSWER, file_of, stood_before
from api.audience import Reading
from api.bodies import JsonBody
from api.deps import Anyone, Someone, TheLedger, TheSettings, check_same_origin, needs
from api.drafting import read_model
from api.issuing import check_deals
from api.label_runs import Wish, new_run, own_run, texts_of
from api.labelling import (
    batch_address,
    batch_label,
    check_codes,
    check_goods,
    check_not_void,
    code_on_pack,
)
from api.parameters import QueryNumber, Text
from api.people import TheAccounts
from api.printable import printable
from api.printing import PDF, sheet
from api.scanning import Named, named_by_link, named_by_text, require_known
from api.schemas import model_body
from ledger.errors import Blocked, Malformed, UnknownName, Words
from ledger.identifiers import GoodsId, PartyId
from ledger.store.label_prints import codes_of, note_print, print_of
from ledger.trace import standing_orders
from ledger.views.book import Book, about, code_key
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import CodeText, GoodsRef, Note, StatementRef
from scanner.labels import LabelText, advice_on, label_layout, label_png, label_svg
from scanner.sheets_of_labels import (
    SHEET_DPI,
    SHEET_LABELS_MAX,
    TEMPLATES,
    SheetTemplate,
    sheets_pdf,
    template_of,
)
from scanner.symbols import SymbolKind, symbol_picture
from scanner.zpl import ZPL_DPI, labels_zpl

router = APIRouter(tags=["labels"])

Form = Literal["png", "svg"]
SheetForm = Literal["pdf", "zpl"]
_TYPES: Final[dict[Form, str]] = {"png": "image/png", "svg": "image/svg+xml"}
_DPI, _WIDTH_MM, _HEIGHT_MM = 300, 50, 30
#: A label printer's language has no type of its own.
ZPL: Final = "application/octet-stream"
#: The paper where nobody names one.
A4, ROLL = "a4-24", "roll-50x30"


@dataclass(frozen=True, slots=True)
class Size:
    """How large and how fine a label is asked for, and in which symbol."""

    dpi: QueryNumber = None
    width_mm: QueryNumber = None
    height_mm: QueryNumber = None
    symbol: Annotated[SymbolKind, Query()] = "qr"


TheSize = Annotated[Size, Depends()]


@dataclass(frozen=True, slots=True)
class Printing:
    """On what a run is printed: the paper, the printer's fineness, labels of the first sheet that are gone already, the symbol."""

    template: Annotated[str | None, Query(max_length=40)] = None
    dpi: QueryNumber = None
    skip: QueryNumber = None
    symbol: Annotated[SymbolKind, Query()] = "qr"


ThePrinting = Annotated[Printing, Depends()]


class LabelSheetRequest(Part):
    """Labels to print: of a batch (`goods`, `count`), of unit codes (`codes`), or of an issue of codes (`issue`, from the `first`, `count` of them).

    `id`: a UUIDv7 of the sender's choice; sent again it is the same run. `signed`: every code carries the maker's signature.
    """

    id: StatementRef
    goods: GoodsRef | None = None
    codes: Annotated[tuple[CodeText, ...] | None, Field(max_length=SHEET_LABELS_MAX)] = None
    issue: StatementRef | None = None
    first: Annotated[StrictInt, Field(ge=1)] = 1
    count: Annotated[StrictInt, Field(ge=1, le=SHEET_LABELS_MAX)] | None = None
    template: str = A4
    signed: StrictBool = False
    reason: Note | None = None

    def wish(self, template: SheetTemplate) -> Wish:
        """The same, for this paper."""
        return Wish(
            id=self.id,
            goods=self.goods,
            codes=self.codes,
            issue=self.issue,
            first=self.first,
            count=self.count,
            size_mm=template.printed,
            signed=self.signed,
            reason=self.reason or "",
        )


class LabelSheet(BaseModel):
    """A run of labels as it was written down, and where its files are."""

    model_config = ANSWER

    id: str
    goods: str
    labels: int
    again: bool = Field(description="Whether it was written down before. 是否重复提交")
    pdf: str = Field(description="Sheets of paper; `template`, `dpi`, `skip`, `symbol`. 纸张 PDF")
    zpl: str = Field(description="For label printers; `template`, `dpi`, `symbol`. 标签打印机")
    templates: list[str]
    advice: list[dict[str, str]] = Field(description="What would make these labels better. 建议")


@router.get(
    "/codes/{code}/label.{form}",
    operation_id="code_label",
    response_class=Response,
    responses=file_of(*_TYPES.values()),
    dependencies=[needs("print_label"), printable()],
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
        text = _text(reading, named, caller.party, settings.base_url, came=code, symbol=size.symbol)
    return _drawn(text, form, size)


@router.get(
    "/goods-label",
    operation_id="goods_label",
    response_class=Response,
    responses=file_of(*_TYPES.values()),
    dependencies=[needs("print_label"), printable()],
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
        text = _text(reading, named, caller.party, settings.base_url, came=goods, symbol=size.symbol)
    return _drawn(text, form, size)


@router.post(
    "/label-sheets",
    operation_id="post_label_sheet",
    status_code=201,
    responses=stood_before(LabelSheet),
    openapi_extra=model_body(LabelSheetRequest),
    dependencies=[needs("print_label"), printable()],
)
def post_sheet(
    body: JsonBody,
    request: Request,
    response: Response,
    caller: Someone,
    viewer: Anyone,
    accounts: TheAccounts,
    ledger: TheLedger,
    settings: TheSettings,
) -> LabelSheet:
    """打印标签 · a run of labels, written down; its sheets are fetched at the addresses in the answer."""
    if "authorization" not in request.headers:
        check_same_origin(request, settings)
    asked = read_model(LabelSheetRequest, body)
    template = template_of(asked.template)
    with ledger.book() as book:
        known = print_of(book.connection, book.log_id, caller.party, str(asked.id))
        reading = Reading.of(ledger, book, viewer)
        if known is None:
            run, codes = new_run(ledger, book, reading, caller, settings, asked.wish(template))
        else:
            run, codes = known, codes_of(book.connection, book.log_id, caller.party, known.id)
        texts = texts_of(reading, run, codes[:1], settings)
    if known is None:
        with accounts.office.writing() as connection:
            note_print(connection, ledger.origin, run, codes)
    response.status_code = 200 if known is not None else 201
    at = f"{links.API}/label-sheets/{run.id}"
    return LabelSheet(
        id=run.id,
        goods=str(run.goods),
        labels=run.count,
        again=known is not None,
        pdf=f"{at}.pdf?template={template.name}",
        zpl=f"{at}.zpl",
        templates=list(TEMPLATES),
        advice=_advice(texts[0], template),
    )


@router.get(
    "/label-sheets/{run}.{form}",
    operation_id="label_sheet",
    response_class=Response,
    responses=file_of(PDF, ZPL),
    dependencies=[needs("print_label"), printable()],
)
def get_sheet(
    run: str,
    form: SheetForm,
    caller: Someone,
    viewer: Anyone,
    ledger: TheLedger,
    settings: TheSettings,
    how: ThePrinting,
) -> Response:
    """标签纸 · the sheets of a run that was written down. Every code was read back. An order that came meanwhile closes it."""
    paper = template_of(how.template or (A4 if form == "pdf" else ROLL))
    with ledger.book() as book:
        found = own_run(book, caller.party, run)
        codes = codes_of(book.connection, book.log_id, caller.party, found.id)
        reading = Reading.of(ledger, book, viewer)
        check_goods(reading, found.goods, caller.party)
        if codes:
            check_codes(book, [one.code for one in codes])
        texts = texts_of(reading, found, codes, settings, symbol=how.symbol)
    if form == "zpl":
        width_mm, height_mm = paper.printed
        content = labels_zpl(texts, dpi=how.dpi or ZPL_DPI[0], width_mm=width_mm, height_mm=height_mm)
        headers = {
            "Content-Disposition": f'attachment; filename="labels-{found.id}.zpl"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(content, media_type=ZPL, headers=headers)
    made = sheets_pdf(texts, paper, at_ms=found.at_ms, dpi=how.dpi or SHEET_DPI, skip=how.skip or 0)
    return sheet(made.content, name=f"labels-{found.id}")


def _advice(text: LabelText, template: SheetTemplate) -> list[dict[str, str]]:
    width_mm, height_mm = template.printed
    across = symbol_picture(text.code, text.symbol).width
    layout = label_layout(text, across, dpi=SHEET_DPI, width_mm=width_mm, height_mm=height_mm)
    return [{"zh": one.zh, "en": one.en} for one in advice_on(text, layout)]


def _text(
    reading: Reading, named: Named, party: PartyId, base_url: str, *, came: str, symbol: SymbolKind
) -> LabelText:
    """What stands on the label. `Blocked` while an order stands on the goods in this party's hands."""
    book, goods = reading.book, require_known(named, came)
    if named.code is None:
        # Before the orders are asked: that a hold stands is for those who have to do with the goods.
        check_deals(reading, goods)
    _check_free(book, goods, party)
    return batch_label(reading, goods, _printed(book, named, goods, base_url), base_url, symbol=symbol)


def _printed(book: Book, named: Named, goods: GoodsId, base_url: str) -> str:
    """The text of the code: the pack's own where one was recorded, else the address of the goods."""
    if named.code is None:
        return batch_address(goods, base_url)
    records = about(book, code_key(named.code))
    if not records:
        expected = Words(zh="已赋码的单元码", en="a code that was issued")
        raise UnknownName(field="code", came=named.code, expected=expected)
    check_not_void(named.code, records, field="code")
    return code_on_pack(named.code, base_url)


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
