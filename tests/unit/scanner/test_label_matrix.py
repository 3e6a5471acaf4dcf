"""Every code form, on labels of every usual size, at every printer's fineness, in every format: printed, it reads back in front of a phone."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image

from ledger.keys import Ed25519Signer
from ledger.log.signed_links import sign_link
from scanner._layout import ModuleTooSmall
from scanner._typesetting import LabelTooSmall
from scanner.labels import LabelText, label_layout, label_png, label_svg
from scanner.sheets_of_labels import TEMPLATES, sheets_pdf
from scanner.symbols import SymbolKind, modules_of, qr_modules, shape_of
from scanner.zpl import labels_zpl
from tests.support.prints import WAYS, modules_picture, pdf_pages, read, reads, svg_label, zpl_labels

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST: Final = "suyuan.example.cn"
LOT: Final = f"https://{HOST}/01/09520001000010/10/SG-20261113"
SERIAL: Final = f"{LOT}/21/7k2q9m4xw8t3p6ra"
DRUG: Final = "81234567890123456784"
PESTICIDE: Final = "12690011001900000000000000000217"

#: What is printed, and in which symbol.
FORMS: Final[dict[str, tuple[str, SymbolKind]]] = {
    "batch page": (f"https://{HOST}/c/000g40r40m30e209j", "qr"),
    "lot": (LOT, "qr"),
    "serial": (SERIAL, "qr"),
    "signed serial": (sign_link(SERIAL, Ed25519Signer.from_secret(bytes(range(32)))), "qr"),
    "drug, square": (DRUG, "data_matrix"),
    "drug, bars": (DRUG, "code_128"),
    "pesticide": (f"https://{HOST}/p?code={PESTICIDE}", "qr"),
}
SIZES: Final = ((40, 30), (50, 30), (100, 60))
FINENESS: Final = (203, 300, 600)

#: Too fine for phones, so the label is refused: bars of 165 modules need 56 mm, a signed code 21 mm and its words beside it.
REFUSED: Final = {
    *(("drug, bars", size, dpi) for size in ((40, 30), (50, 30)) for dpi in FINENESS),
    *(("signed serial", (40, 30), dpi) for dpi in FINENESS),
}


def label(form: str) -> LabelText:
    code, symbol = FORMS[form]
    return LabelText(
        code=code,
        product="濠滨腊味香肠（演示）",
        batch="SG-20261113",
        maker="濠滨食品（演示）",
        domain=HOST,
        symbol=symbol,
    )


def pictures(form: str, size: tuple[int, int], dpi: int) -> Iterator[tuple[str, Image.Image]]:
    """The label as each format comes out of its printer."""
    text, (width_mm, height_mm) = label(form), size
    yield (
        "png",
        Image.open(io.BytesIO(label_png(text, dpi=dpi, width_mm=width_mm, height_mm=height_mm))),
    )
    yield "svg", svg_label(label_svg(text, dpi=dpi, width_mm=width_mm, height_mm=height_mm))
    ((picture, _),) = zpl_labels(labels_zpl([text], dpi=dpi, width_mm=width_mm, height_mm=height_mm))
    yield "zpl", picture
    roll = TEMPLATES[f"roll-{width_mm}x{height_mm}"]
    (page,) = pdf_pages(sheets_pdf([text], roll, at_ms=0, dpi=dpi).content, dpi=dpi)
    yield "pdf", page


@cache
def code_place(form: str, size: tuple[int, int], dpi: int) -> tuple[int, int, int, int]:
    """Where a phone looks: the code and its quiet zone."""
    text = label(form)
    modules = qr_modules(text.code) if text.symbol == "qr" else modules_of(text.code, text.symbol)
    layout = label_layout(text, len(modules[0]), dpi=dpi, width_mm=size[0], height_mm=size[1])
    code = layout.code
    quiet = shape_of(len(modules[0]), text.symbol).quiet * layout.module
    around = 0 if text.symbol == "code_128" else quiet
    return code.x - quiet, code.y - around, code.x + code.width + quiet, code.y + code.height + around


@pytest.mark.parametrize("dpi", FINENESS)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
@pytest.mark.parametrize("form", FORMS)
def test_every_label_reads_back_however_it_is_printed_and_held(
    form: str, size: tuple[int, int], dpi: int
) -> None:
    if (form, size, dpi) in REFUSED:
        with pytest.raises((ModuleTooSmall, LabelTooSmall)):
            next(pictures(form, size, dpi))
        return
    unread, held = list[str](), set[bytes]()
    for name, picture in pictures(form, size, dpi):
        code = picture.crop(code_place(form, size, dpi)).convert("L")
        if code.tobytes() not in held:  # The same dots in another format look the same to a phone.
            held.add(code.tobytes())
            unread += [
                f"{name} {held_so}"
                for held_so, way in WAYS.items()
                if not reads(code, FORMS[form][0], way, dpi=dpi)
            ]
    assert unread == []


@pytest.mark.parametrize("form", ["lot", "serial", "signed serial"])
def test_a_module_that_is_too_fine_does_not_read_back_and_is_refused_by_the_label(form: str) -> None:
    code, _ = FORMS[form]
    modules = qr_modules(code)
    fine, good = (modules_picture(modules, dots=dots, quiet=4) for dots in (2, 4))
    # Two dots of a 300 dpi printer are 0.17 mm, four 0.34 mm.
    assert reads(good, code, WAYS["blurred"], dpi=300)
    assert not reads(fine, code, WAYS["blurred"], dpi=300)
    side_mm = (len(modules) + 8) * 2 * 25.4 / 300
    with pytest.raises((ModuleTooSmall, LabelTooSmall)):
        label_png(label(form), dpi=300, width_mm=max(15, 2 * side_mm), height_mm=max(15, side_mm + 6))


@pytest.mark.parametrize("form", FORMS)
def test_both_writers_of_the_qr_code_are_read_back_alike(form: str) -> None:
    code, symbol = FORMS[form]
    if symbol != "qr":
        assert read(
            modules_picture(
                modules_of(code, symbol) * (1 if symbol == "data_matrix" else 40), dots=4, quiet=10
            )
        ) == [code]
        return
    ours, bulk = (
        read(modules_picture(modules, dots=4, quiet=4)) for modules in (qr_modules(code), modules_of(code))
    )
    assert ours == bulk == [code]
