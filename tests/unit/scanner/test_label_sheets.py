from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader

from ledger.errors import Malformed, TooLarge, UnknownName
from scanner._drawing import Ink, LabelUnreadable, Placed, check_reads_back
from scanner.labels import LabelText, advice_on, label_layout
from scanner.sheets_of_labels import SHEET_LABELS_MAX, TEMPLATES, drawings, sheets_pdf, template_of
from scanner.symbols import SymbolNotForCode, modules_of, qr_modules, qr_png, shape_of
from scanner.zpl import ZPL_DPI, labels_zpl
from tests.support.prints import pdf_pages, read, zpl_labels

if TYPE_CHECKING:
    from scanner._drawing import Drawing
    from scanner.symbols import SymbolKind

HOST = "suyuan.example.cn"
#: What office printers leave white at the edge of the paper.
UNPRINTED_MM = 4.2


def label(
    number: int = 0, *, is_signed: bool = False, symbol: SymbolKind = "qr", code: str = ""
) -> LabelText:
    serial = f"7k2q9m4xw8t3p{number:03}"
    return LabelText(
        code=code or f"https://{HOST}/01/09520001000010/10/SG-1/21/{serial}",
        product="濠滨腊味香肠（演示）",
        batch="SG-1",
        maker="濠滨食品（演示）",
        domain=HOST,
        readable=serial,
        readable_name="序列号",
        symbol=symbol,
        is_signed=is_signed,
    )


def one_drawing(text: LabelText | None = None) -> Drawing:
    (drawing,) = drawings([text or label()], dpi=300, width_mm=50, height_mm=30)
    return drawing


# Papers


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_labels_of_a_paper_lie_on_it_beside_each_other_and_within_reach_of_the_printer(name: str) -> None:
    paper = TEMPLATES[name]
    boxes = []
    for number in range(paper.labels):
        x, y = paper.place(number)
        boxes.append((x, y, x + paper.printed[0], y + paper.printed[1]))
    edge = UNPRINTED_MM if paper.labels > 1 else 0
    for left, top, right, bottom in boxes:
        assert edge <= left < right <= paper.paper[0] - edge + 1e-6
        assert edge <= top < bottom <= paper.paper[1] - edge + 1e-6
    for one, other in combinations(boxes, 2):
        apart = (
            one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 1e-6 or other[3] <= one[1] + 1e-6
        )
        assert apart, (one, other)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_paper_takes_the_label_of_a_serial(name: str) -> None:
    sheets = sheets_pdf([label()], TEMPLATES[name], at_ms=0, dpi=300)
    (page,) = pdf_pages(sheets.content, dpi=300)
    for dots, mm in zip(page.size, TEMPLATES[name].paper, strict=True):
        assert abs(dots - mm * 300 / 25.4) < 1.5
    assert read(page) == [label().code]


def test_a_paper_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownName) as refused:
        template_of("a4-23")
    assert "a4-24" in refused.value.expected.zh


# Sheets of paper


def test_a_sheet_of_twenty_four_serials_has_each_code_at_its_place() -> None:
    paper, texts = TEMPLATES["a4-24"], [label(number) for number in range(26)]
    sheets = sheets_pdf(texts, paper, at_ms=0, dpi=300, skip=1)
    pages = pdf_pages(sheets.content, dpi=300)
    assert sheets.pages == len(pages) == 2
    width, height = (mm * 300 / 25.4 for mm in paper.printed)
    for number, text in enumerate(texts, 1):
        page, place = divmod(number, 24)
        x, y = (mm * 300 / 25.4 for mm in paper.place(place))
        assert read(pages[page].crop((round(x), round(y), round(x + width), round(y + height)))) == [
            text.code
        ]
    # The label that was gone before is left white.
    x, y = (mm * 300 / 25.4 for mm in paper.place(0))
    assert pages[0].crop((round(x), round(y), round(x + width), round(y + height))).getextrema() == (255, 255)


def test_a_sheet_is_printed_at_its_own_size_and_is_the_same_file_each_time() -> None:
    texts = [label(number) for number in range(24)]
    first, again = (sheets_pdf(texts, TEMPLATES["a4-24"], at_ms=1_794_614_400_000) for _ in range(2))
    assert first == again
    reader = PdfReader(io.BytesIO(first.content), strict=True)
    root = reader.root_object
    assert root["/ViewerPreferences"]["/PrintScaling"] == "/None"  # type: ignore[index]  # a dictionary in a file
    assert [round(float(edge)) for edge in reader.pages[0].mediabox[2:]] == [595, 842]
    assert reader.metadata is not None
    assert str(reader.metadata.creation_date).startswith("2026-11-14")


def test_words_that_all_labels_share_are_in_the_file_once() -> None:
    one, many = (
        sheets_pdf([label(n) for n in range(count)], TEMPLATES["a4-24"], at_ms=0) for count in (1, 24)
    )
    images = [len(re.findall(rb"/Subtype/Image", made.content)) for made in (one, many)]
    # A symbol and a serial number for each further label.
    assert images[1] - images[0] == 2 * 23


@pytest.mark.parametrize(("skip", "good"), [(-1, False), (0, True), (23, True), (24, False)])
def test_labels_that_are_gone_are_fewer_than_the_sheet_has(skip: int, good: bool) -> None:  # noqa: FBT001 (a case)
    if good:
        assert sheets_pdf([label()], TEMPLATES["a4-24"], at_ms=0, dpi=203, skip=skip).pages == 1
    else:
        with pytest.raises(Malformed):
            sheets_pdf([label()], TEMPLATES["a4-24"], at_ms=0, dpi=203, skip=skip)


def test_a_file_holds_so_many_labels_and_not_one_more() -> None:
    full = [label()] * SHEET_LABELS_MAX
    assert sheets_pdf(full, TEMPLATES["a4-24"], at_ms=0, dpi=203).pages == -(-SHEET_LABELS_MAX // 24)
    for wrong, refusal in (([*full, label()], TooLarge), ([], Malformed)):
        with pytest.raises(refusal):
            sheets_pdf(wrong, TEMPLATES["a4-24"], at_ms=0)


# Label printers


@pytest.mark.parametrize("dpi", ZPL_DPI)
def test_a_label_printer_gets_the_dots_that_were_checked(dpi: int) -> None:
    (drawing,) = drawings([label()], dpi=dpi, width_mm=50, height_mm=30)
    ((printed, copies),) = zpl_labels(labels_zpl([label()], dpi=dpi, width_mm=50, height_mm=30))
    assert printed.tobytes() == drawing.picture().convert("L").tobytes()
    assert copies == 1


def test_the_same_label_is_sent_once_with_a_count_and_others_each_by_itself() -> None:
    made = zpl_labels(labels_zpl([*[label()] * 500, label(1), label()], dpi=203, width_mm=50, height_mm=30))
    assert [(read(picture), copies) for picture, copies in made] == [
        ([label().code], 500),
        ([label(1).code], 1),
        ([label().code], 1),
    ]


@pytest.mark.parametrize("dpi", [202, 204, 0])
def test_a_fineness_that_no_label_printer_has_is_refused(dpi: int) -> None:
    with pytest.raises(Malformed) as refused:
        labels_zpl([label()], dpi=dpi, width_mm=50, height_mm=30)
    assert refused.value.field == "dpi"


# What is checked before anything is handed out


def test_a_label_whose_code_says_something_else_is_not_handed_out() -> None:
    drawing = one_drawing()
    check_reads_back(drawing)
    with pytest.raises(LabelUnreadable) as refused:
        check_reads_back(replace(drawing, text=label(1)))
    assert refused.value.expected.zh == label(1).code


def test_a_label_with_a_line_of_words_across_its_code_is_not_handed_out() -> None:
    drawing, code = one_drawing(), one_drawing().layout.code
    # A stripe over a third of it is more than a code of level M can spare.
    blot = Image.new("1", (code.width, code.height // 3), 0)
    ImageDraw.Draw(blot).rectangle((0, 0, blot.width, blot.height), fill=1)
    ink = Placed(code.x, code.y + code.height // 3, Ink(blot.width, blot.height, blot.tobytes()))
    with pytest.raises(LabelUnreadable):
        check_reads_back(replace(drawing, parts=(*drawing.parts, ink)))


def test_a_signed_code_below_twenty_five_millimetres_comes_with_advice_and_a_larger_one_with_none() -> None:
    code = f"{label().code}?8030={'aB3_' * 22}Q1"
    text = label(code=code, is_signed=True)
    sheets = sheets_pdf([text], TEMPLATES["a4-24"], at_ms=0, dpi=300)
    assert "25 mm" in sheets.advice[0].zh
    assert sheets_pdf([text], TEMPLATES["roll-100x60"], at_ms=0, dpi=300).advice == ()
    assert sheets_pdf([label()], TEMPLATES["a4-24"], at_ms=0, dpi=300).advice == ()
    modules = modules_of(code)
    # From both sides of the border: 24.98 and 25.06 mm across.
    layout = label_layout(text, len(modules[0]), dpi=300, width_mm=100, height_mm=60)
    for width, told in ((295, 1), (296, 0)):
        at = replace(layout, code=replace(layout.code, width=width))
        assert len(advice_on(text, at)) == told


def test_the_batch_number_and_the_code_in_characters_stand_beside_the_code() -> None:
    texts = {line.text for line in one_drawing().layout.lines}
    assert {"批号", "SG-1", "序列号", label().readable, HOST, "扫码后请核对网址"} <= texts


def test_labels_that_differ_in_length_are_each_whole() -> None:
    texts = [replace(label(), readable=text) for text in ("W" * 16, "i" * 16, "i" * 3)]
    made = list(drawings(texts, dpi=300, width_mm=50, height_mm=30))
    for text, drawing in zip(texts, made, strict=True):
        shown = "".join(line.text for line in drawing.layout.lines)
        assert text.readable in shown
        assert all(line.x + line.width <= drawing.layout.paper.width for line in drawing.layout.lines)


# Symbols


@pytest.mark.parametrize(
    ("code", "symbol", "good"),
    [
        ("81234567890123456784", "code_128", True),
        ("81234567890123456784", "data_matrix", True),
        ("12345", "code_128", False),
        ("1" * 32, "code_128", True),
        ("1" * 33, "code_128", False),
        ("8123456789012345678A", "code_128", False),
        (f"https://{HOST}/c/000g40r40m30e209j", "data_matrix", False),
        (f"https://{HOST}/c/000g40r40m30e209j", "code_128", False),
    ],
)
def test_each_symbol_carries_the_codes_it_is_expected_on(code: str, symbol: SymbolKind, good: bool) -> None:  # noqa: FBT001 (a case)
    if good:
        assert label(code=code, symbol=symbol).symbol == symbol
    else:
        with pytest.raises(SymbolNotForCode):
            label(code=code, symbol=symbol)


def test_bars_and_squares_have_their_own_quiet_zones() -> None:
    assert [shape_of(100, kind).quiet for kind in ("qr", "data_matrix", "code_128")] == [
        4,
        2,
        10,
    ]


@pytest.mark.parametrize("dots", [1, 10, 40])
def test_the_bare_code_reads_back_and_has_its_quiet_zone(dots: int) -> None:
    code = label().code
    picture = Image.open(io.BytesIO(qr_png(code, module_dots=dots)))
    assert picture.width == (len(modules_of(code)) + 8) * dots
    assert read(picture.convert("L").resize((400, 400))) == [code]
    assert len(modules_of(code)) <= len(qr_modules(code))


@pytest.mark.parametrize("dots", [0, 41])
def test_a_bare_code_of_no_size_is_refused(dots: int) -> None:
    with pytest.raises(Malformed):
        qr_png(label().code, module_dots=dots)
