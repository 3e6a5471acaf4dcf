"""How quickly labels are made: one QR code as a PNG, and an A4 sheet of twenty-four labels as a PDF, each beside its peer in the same round.

    python -m benchmarks.labels
    python -m benchmarks.labels --rounds 9 --json figures.json

The peer of the QR code is `qrcode` as it is used everywhere: `qrcode.make(text).save(file)`. The peer of the sheet is fpdf2 with twenty-four such
pictures in a grid and nothing else on the page: no words, no check. Our sheet is whole: the symbol, the words in Chinese, each code read
back. Every label of a round has a code that no round before it had; the first round, which opens the typeface, is not counted. ZPL and Typst
(which sets the other printed sheets) are given beside them.
"""

from __future__ import annotations

import io
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import qrcode
import typst
from fpdf import FPDF

from benchmarks.telling import keep, parser_of
from scanner.labels import LabelText, label_svg, typeface_folder
from scanner.sheets_of_labels import TEMPLATES, sheets_pdf
from scanner.symbols import qr_png
from scanner.zpl import labels_zpl

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS: Final = 7
ON_A_SHEET: Final = 24
CODES_A_ROUND: Final = 24
ADDRESS: Final = "https://suyuan.example.cn/01/09520001000010/10/SG-20261113/21"


@dataclass(frozen=True, slots=True)
class Figure:
    """One way of making something: milliseconds of processor time, the median; how many times the peer's speed."""

    what: str
    ms: float
    against: str = ""
    times: float = 0.0


def codes(start: int, count: int) -> list[str]:
    """Links to packs that no other round has."""
    return [f"{ADDRESS}/7k2q9m4xw8t3{number:06}" for number in range(start, start + count)]


def labels(links: list[str]) -> list[LabelText]:
    """Their labels."""
    return [
        LabelText(
            code=link,
            product="濠滨腊味香肠（演示）",
            batch="SG-20261113",
            maker="南通濠滨肉制品有限公司（演示）",
            domain="suyuan.example.cn",
            extra=("生产日期 2026-11-13",),
            readable=link.rpartition("/")[2],
            readable_name="序列号",
        )
        for link in links
    ]


def peer_png(links: list[str]) -> None:
    """`qrcode` by default."""
    for link in links:
        qrcode.make(link).save(io.BytesIO())


def our_png(links: list[str]) -> None:
    """The bulk path."""
    for link in links:
        qr_png(link)


def peer_sheet(links: list[str]) -> None:
    """fpdf2 with pictures of `qrcode`."""
    sheet = FPDF()
    sheet.add_page()
    for number, link in enumerate(links):
        row, column = divmod(number, 3)
        picture = qrcode.make(link).get_image()
        sheet.image(picture, x=8 + column * 66, y=13 + row * 33.9, w=25)
    assert len(sheet.output()) > ON_A_SHEET


def our_sheet(dpi: int) -> Callable[[list[str]], None]:
    """Ours, whole."""

    def make(links: list[str]) -> None:
        sheets_pdf(labels(links), TEMPLATES["a4-24"], at_ms=0, dpi=dpi)

    return make


def our_zpl(links: list[str]) -> None:
    """For a label printer."""
    labels_zpl(labels(links), dpi=203, width_mm=50, height_mm=30)


def typst_sheet(links: list[str]) -> None:
    """The same drawings set by Typst."""
    drawings = [label_svg(text, width_mm=63.5, height_mm=33.9).decode() for text in labels(links)]
    page = (
        '#set page(paper: "a4", margin: (x: 7.2mm, y: 12.9mm))\n#set text(font: "Noto Sans CJK SC")\n'
        "#grid(columns: 3, column-gutter: 2.5mm, ..json(bytes(sys.inputs.data)).map(one =>"
        ' image(bytes(one), format: "svg", width: 63.5mm)))'
    )
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "labels.typ"
        template.write_text(page)
        typst.Compiler(
            input=str(template), font_paths=[str(typeface_folder())], ignore_system_fonts=True
        ).compile(format="pdf", sys_inputs={"data": json.dumps(drawings)})


WAYS: Final[dict[str, tuple[Callable[[list[str]], None], str]]] = {
    "qrcode: QR PNG": (peer_png, ""),
    "ours: QR PNG": (our_png, "qrcode: QR PNG"),
    "fpdf2 + qrcode: A4 of 24, symbols only": (peer_sheet, ""),
    "ours: A4 of 24, 300 dpi, with words, read back": (
        our_sheet(300),
        "fpdf2 + qrcode: A4 of 24, symbols only",
    ),
    "ours: A4 of 24, 600 dpi, with words, read back": (
        our_sheet(600),
        "fpdf2 + qrcode: A4 of 24, symbols only",
    ),
    "ours: 24 labels in ZPL, 203 dpi, read back": (our_zpl, "fpdf2 + qrcode: A4 of 24, symbols only"),
    "typst: A4 of 24 from our drawings": (typst_sheet, "fpdf2 + qrcode: A4 of 24, symbols only"),
}


def run(rounds: int) -> list[Figure]:
    """Every way in every round, one after the other."""
    spent: dict[str, list[float]] = {name: [] for name in WAYS}
    for number in range(rounds + 1):
        links = codes(number * CODES_A_ROUND, CODES_A_ROUND)
        for name, (make, _) in WAYS.items():
            began = time.process_time()
            make(links)
            if number:
                spent[name].append((time.process_time() - began) * 1000)
    median = {name: statistics.median(one) for name, one in spent.items()}
    for name in ("qrcode: QR PNG", "ours: QR PNG"):
        median[name] /= CODES_A_ROUND
    return [
        Figure(name, median[name], peer, median[peer] / median[name] if peer else 0.0)
        for name, (_, peer) in WAYS.items()
    ]


def table(figures: list[Figure]) -> str:
    """The figures for people."""
    lines = [f"{'':48} {'cpu ms':>9} {'times':>7}"]
    lines += [
        f"{one.what:48} {one.ms:9.2f} {f'{one.times:.1f}' if one.against else '':>7}" for one in figures
    ]
    return "\n".join(lines)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often everything is made")
    asked = parser.parse_args()
    figures = run(asked.rounds)
    print(table(figures))
    keep(figures, asked.json)


if __name__ == "__main__":
    main()
