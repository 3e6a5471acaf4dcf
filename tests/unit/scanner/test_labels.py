from __future__ import annotations

import io
import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from ledger.errors import Malformed, Refusal, TooLarge
from scanner import _fonts, _reader
from scanner._fonts import MISSING, NoChineseFont, chinese_typeface, first_chinese
from scanner._typesetting import ELLIPSIS, TEXT_MM_MIN
from scanner.labels import (
    CHARACTERS_MAX,
    EXTRA_LINES_MAX,
    CharacterNotInFont,
    DomainDiffers,
    LabelSizeNotPossible,
    LabelText,
    LabelTooSmall,
    ModuleTooSmall,
    label_layout,
    label_png,
    label_svg,
)
from scanner.symbols import MODULE_MM_MIN, QUIET_MODULES, Modules, qr_modules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scanner._layout import Layout

HOST = "suyuan.example.cn"
CODE = f"https://{HOST}/01/09520001000010/10/SG-20261113"
SVG = "{http://www.w3.org/2000/svg}"
LONG_NAME = "如皋市特级有机露地越冬青韭菜（演示）Premium Overwintered Garlic Chives 500 g × 20 " * 2

#: The usual rolls: 50 × 30, 40 × 30, 60 × 40, 40 × 60, 70 × 50, 100 × 150 mm.
ROLLS = [(50, 30), (40, 30), (60, 40), (40, 60), (70, 50), (100, 150)]


def label_text(
    product: str = "濠滨腊味香肠（演示）",
    *,
    code: str = CODE,
    batch: str = "SG-20261113",
    maker: str = "南通濠滨肉制品有限公司（演示）",
    domain: str = HOST,
    extra: tuple[str, ...] = ("生产日期 2026-11-13", "保质期至 2027-02-11"),
) -> LabelText:
    return LabelText(code=code, product=product, batch=batch, maker=maker, domain=domain, extra=extra)


@cache
def modules_for(code: str) -> Modules:
    return qr_modules(code)


def layout_of(text: LabelText, width_mm: float, height_mm: float, dpi: int = 300) -> Layout:
    return label_layout(text, len(modules_for(text.code)), dpi=dpi, width_mm=width_mm, height_mm=height_mm)


def pixels(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def read_back(png: bytes) -> list[object]:
    answer = _reader.answer_for(png)
    readings = answer.get("readings", [])
    assert isinstance(readings, list)
    return [reading["text"] for reading in readings]


@pytest.mark.parametrize(("width_mm", "height_mm"), ROLLS)
@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_label_of_every_usual_roll_reads_back(width_mm: int, height_mm: int, dpi: int) -> None:
    png = label_png(label_text(), dpi=dpi, width_mm=width_mm, height_mm=height_mm)
    assert pixels(png).size == (round(width_mm * dpi / 25.4), round(height_mm * dpi / 25.4))
    assert round(float(pixels(png).info["dpi"][0])) == dpi
    assert read_back(png) == [CODE]


@pytest.mark.parametrize("code", [f"https://{HOST}/c/000g40r40m30e209j", "99999919000000000047"])
def test_a_small_roll_holds_a_short_code(code: str) -> None:
    text = label_text("青韭菜（演示）", code=code, batch="JC-1", maker="甲（演示）", extra=())
    assert read_back(label_png(text, width_mm=40, height_mm=20)) == [code]


def test_the_drawing_shows_the_same_modules_as_the_picture() -> None:
    text = label_text()
    svg = ET.fromstring(label_svg(text))  # noqa: S314 (our own drawing)
    group = svg.find(f"{SVG}g[@transform]")
    assert group is not None
    x, y, module = (int(number) for number in re.findall(r"\d+", group.attrib["transform"]))
    path = group.find(f"{SVG}path")
    assert path is not None
    side = len(qr_modules(text.code))
    drawn = [[False] * side for _ in range(side)]
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path.attrib["d"])
    assert "".join(f"M{a} {b}h{c}v1h-{d}z" for a, b, c, d in runs) == path.attrib["d"]
    for left, top, along, back in runs:
        assert along == back
        for column in range(int(left), int(left) + int(along)):
            drawn[int(top)][column] = True
    picture = pixels(label_png(text))
    middle = module // 2
    printed = [
        [
            picture.getpixel((x + column * module + middle, y + row * module + middle)) == 0
            for column in range(side)
        ]
        for row in range(side)
    ]
    assert drawn == printed == [list(row) for row in qr_modules(text.code)]


@pytest.mark.parametrize(("width_mm", "height_mm"), ROLLS)
@pytest.mark.parametrize("dpi", [203, 300])
def test_a_module_is_a_whole_number_of_dots_wide_enough_and_the_code_stands_in_white(
    width_mm: int, height_mm: int, dpi: int
) -> None:
    layout = layout_of(label_text(), width_mm, height_mm, dpi)
    assert layout.module * 25.4 / dpi >= MODULE_MM_MIN
    picture = pixels(label_png(label_text(), dpi=dpi, width_mm=width_mm, height_mm=height_mm))
    quiet, code = QUIET_MODULES * layout.module, layout.code
    box = (code.x - quiet, code.y - quiet, code.x + code.width + quiet, code.y + code.height + quiet)
    assert box[0] >= 0
    assert box[1] >= 0
    picture.paste(255, (code.x, code.y, code.x + code.width, code.y + code.height))
    assert picture.crop(box).getextrema() == (255, 255)


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@settings(max_examples=60)
@given(
    product=st.text(st.sampled_from("溯源腊味香肠（演示）《》，。 AbcWMil-2026"), min_size=1, max_size=120),
    maker=st.text(st.sampled_from("南通濠滨肉制品有限公司（）Ltd "), min_size=1, max_size=60),
    batch=st.text(st.sampled_from("SG-20261113WM甲班号"), min_size=1, max_size=40),
    extra=st.lists(st.sampled_from(["生产日期 2026-11-13", "保质期至 2027-02-11 常温"]), max_size=3),
    roll=st.sampled_from([*ROLLS, (30, 50), (50, 50)]),
    dpi=st.sampled_from([203, 300]),
)
def test_no_text_ever_leaves_the_label_or_touches_the_code(
    product: str, maker: str, batch: str, extra: list[str], roll: tuple[int, int], dpi: int
) -> None:
    try:
        text = label_text(product, batch=batch, maker=maker, extra=tuple(extra))
        layout = layout_of(text, *roll, dpi)
    except (LabelTooSmall, Malformed):
        return
    code, quiet, typeface = layout.code, QUIET_MODULES * layout.module, chinese_typeface()
    white = (code.x - quiet, code.y - quiet, code.x + code.width + quiet, code.y + code.height + quiet)
    ink = []
    for line in layout.lines:
        assert line.size * 25.4 / dpi >= TEXT_MM_MIN - 25.4 / dpi / 2
        x0, y0, x1, y1 = typeface.at(line.size, line.weight).getbbox(line.text, anchor="ls")
        ink.append((line.x + x0, line.baseline + y0, line.x + x1, line.baseline + y1))
    for number, box in enumerate(ink):
        assert 0 <= box[0] < box[2] <= layout.paper.width
        assert 0 <= box[1] < box[3] <= layout.paper.height
        assert not any(_overlap(box, other) for other in (white, *ink[number + 1 :]))
    whole = "".join(line.text for line in layout.lines).replace(" ", "")
    assert text.batch.replace(" ", "") in whole
    assert all(line.replace(" ", "") in whole for line in text.extra)


def test_a_long_name_becomes_smaller_then_wraps_then_ends_in_an_ellipsis_and_nothing_else_does() -> None:
    usual, long = layout_of(label_text(), 50, 30), layout_of(label_text(LONG_NAME, maker=LONG_NAME), 50, 30)
    assert not any(ELLIPSIS in line.text for line in usual.lines)
    assert long.lines[0].size < usual.lines[0].size
    texts = [line.text for line in long.lines]
    assert sum(text.endswith(ELLIPSIS) for text in texts) == 2
    assert {"SG-20261113", "生产日期 2026-11-13", "保质期至 2027-02-11", HOST} <= set(texts)


def test_a_name_that_fits_a_larger_label_is_whole_there() -> None:
    layout = layout_of(label_text(LONG_NAME), 100, 150)
    assert not any(ELLIPSIS in line.text for line in layout.lines)


def test_a_label_where_the_dates_do_not_fit_is_refused() -> None:
    with pytest.raises(LabelTooSmall) as refused:
        label_png(label_text(extra=("保质期 2027-02-11 " * 3,) * EXTRA_LINES_MAX), width_mm=40, height_mm=20)
    assert "mm" in refused.value.in_language("zh")


def test_a_code_that_would_be_too_fine_is_refused_and_a_larger_label_takes_it() -> None:
    text = label_text(code=f"{CODE}?x={'0aB' * 78}", extra=())
    with pytest.raises(ModuleTooSmall) as refused:
        label_png(text, width_mm=50, height_mm=30)
    assert "0.33 mm" in refused.value.in_language("en")
    assert read_back(label_png(text, width_mm=70, height_mm=50)) == [text.code]


def test_the_domain_stands_in_words_on_the_label() -> None:
    texts = [line.text for line in layout_of(label_text(), 50, 30).lines]
    assert HOST in texts
    assert "扫码后请核对网址" in texts


def test_a_long_domain_is_wrapped_and_never_cut() -> None:
    domain = "traceability.market-supervision.nantong.example.gov.cn"
    text = label_text(code=f"https://{domain}/c/000g40r40m30e209j", domain=domain, extra=())
    lines = [line.text for line in layout_of(text, 50, 30).lines]
    assert "".join(lines).endswith(domain)


@pytest.mark.parametrize(
    ("code", "domain"),
    [
        (CODE, "suyuan.example.com"),
        (CODE, "www.suyuan.example.cn"),
        ("https://evil.example/c/1", HOST),
        ("HTTPS://EVIL.EXAMPLE/c/1", HOST),
    ],
)
def test_a_label_whose_words_and_code_lead_to_different_places_is_refused(code: str, domain: str) -> None:
    with pytest.raises(DomainDiffers):
        label_text(code=code, domain=domain)


@pytest.mark.parametrize(
    "code", ["https://suyuan.example.cn@evil.example/", "https:evil", "批号", "a b", "", "a\n"]
)
def test_a_code_that_phones_would_read_differently_is_refused(code: str) -> None:
    with pytest.raises(Malformed):
        label_text(code=code)


def test_chinese_is_drawn_and_not_replaced_by_boxes() -> None:
    # Boxes would all look alike: two names of one length, one picture.
    first, second = label_png(label_text("溯源青菜")), label_png(label_text("香肠腊味"))
    assert pixels(first).tobytes() != pixels(second).tobytes()
    typeface = chinese_typeface()
    assert typeface.missing("溯源批号网址濠滨腊味（演示）㙍𬳵 SG-1") == ""
    assert typeface.missing(f"溯{MISSING}源{MISSING}🐖") == f"{MISSING}🐖"


def test_a_character_the_typeface_lacks_is_refused_by_name_and_the_drawing_still_has_it() -> None:
    text = label_text("🐖肉（演示）")
    with pytest.raises(CharacterNotInFont) as refused:
        label_png(text)
    assert "🐖" in refused.value.expected.zh
    assert refused.value.field == "product"
    assert "🐖肉（演示）" in label_svg(text).decode()


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_a_measured_width_is_the_width_that_is_drawn(weight: _fonts.Weight) -> None:
    text, typeface = "南通濠滨（演示）AVAToTy. WA 2026-11-13", chinese_typeface()
    for size in (20, 43):
        assert typeface.width(text, size_px=size, weight=weight) == typeface.at(size, weight).getlength(text)


def test_bold_is_bolder() -> None:
    typeface = chinese_typeface()
    ink = {weight: sum(bytes(typeface.at(60, weight).getmask("溯源"))) for weight in ("regular", "bold")}
    assert ink["bold"] > 1.15 * ink["regular"]


def test_files_that_are_no_chinese_typeface_are_passed_over(tmp_path: Path) -> None:
    broken, latin = tmp_path / "broken.ttf", tmp_path / "latin.ttf"
    broken.write_bytes(b"no font")
    builtin = ImageFont.load_default(20)
    assert isinstance(builtin, ImageFont.FreeTypeFont)
    latin.write_bytes(builtin.font_bytes)
    others = ((tmp_path / "nowhere.ttf", 0), (broken, 0), (latin, 0))
    ours = chinese_typeface()
    assert first_chinese((*others, (ours.path, ours.index))) == ours
    with pytest.raises(NoChineseFont, match="manimgx-fonts-cjk"):
        first_chinese(others)


def test_the_typeface_comes_with_our_own_packages() -> None:
    assert _fonts.FONT_PACKAGE in str(chinese_typeface().path)


@pytest.mark.system("fc-match")
def test_fontconfig_is_asked_where_there_is_one() -> None:
    assert all(path.is_file() for path, _ in _fonts._from_fontconfig())


def test_the_drawing_says_its_words_as_text_and_escapes_them() -> None:
    text = label_text("<script>alert(1)</script>&\"'青菜", maker="甲&乙（演示）")
    raw = label_svg(text, width_mm=100, height_mm=150)
    svg = ET.fromstring(raw)  # noqa: S314 (our own drawing)
    words = "".join(element.text or "" for element in svg.iter(f"{SVG}text"))
    assert "甲&乙（演示）" in words
    assert "<script>alert(1)</script>&\"'青菜" in words
    assert svg.findtext(f"{SVG}title") == f"{text.product} SG-20261113"
    tags = {element.tag.removeprefix(SVG) for element in svg.iter()}
    assert tags == {"svg", "title", "rect", "g", "path", "text"}
    assert not re.search(rb"href|url\(|<style|<image|@import", raw)
    assert (svg.attrib["width"], svg.attrib["height"]) == ("100mm", "150mm")


def test_the_same_label_has_the_same_bytes_in_another_process() -> None:
    program = (
        "import sys\n"
        "from scanner.labels import LabelText, label_png, label_svg\n"
        f"text = {label_text()!r}\n"
        "sys.stdout.buffer.write(label_png(text) + label_svg(text))\n"
    )
    other = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=True)
    assert other.stdout == label_png(label_text()) + label_svg(label_text())


def test_spaces_are_made_plain_and_invisible_marks_taken_out() -> None:
    text = label_text("\u200b 青菜\t\u202e（演示）\n", extra=(" 产地\u3000如皋 ",))
    assert text.product == "青菜 （演示）"
    assert text.extra == ("产地 如皋",)


WORDS: dict[str, Callable[[str], LabelText]] = {
    "product": label_text,
    "batch": lambda words: label_text(batch=words),
    "maker": lambda words: label_text(maker=words),
}


@pytest.mark.parametrize("field", WORDS)
def test_words_are_refused_where_they_are_empty_too_long_or_unprintable(field: str) -> None:
    most = CHARACTERS_MAX[field]
    WORDS[field]("青" * most)
    with pytest.raises(TooLarge):
        WORDS[field]("青" * (most + 1))
    for came in ("", "\u200b", "青\x00菜", "青\ud800"):
        with pytest.raises(Malformed) as refused:
            WORDS[field](came)
        assert refused.value.field == field


def test_there_are_not_more_extra_lines_than_a_label_is_for() -> None:
    label_text(extra=("产地 如皋",) * EXTRA_LINES_MAX)
    with pytest.raises(TooLarge):
        label_text(extra=("产地 如皋",) * (EXTRA_LINES_MAX + 1))


@pytest.mark.parametrize(
    ("dpi", "width_mm", "height_mm", "field"),
    [
        (149, 50, 30, "dpi"),
        (601, 50, 30, "dpi"),
        (300, 14.9, 30, "width_mm"),
        (300, 210.1, 30, "width_mm"),
        (300, 50, 14.9, "height_mm"),
        (300, 50, float("nan"), "height_mm"),
    ],
)
def test_sizes_that_no_printer_of_ours_makes_are_refused(
    dpi: int, width_mm: float, height_mm: float, field: str
) -> None:
    for make in (label_png, label_svg):
        with pytest.raises(LabelSizeNotPossible) as refused:
            make(label_text(), dpi=dpi, width_mm=width_mm, height_mm=height_mm)
        assert refused.value.field == field


def test_the_largest_and_finest_label_is_made() -> None:
    assert pixels(label_png(label_text(), dpi=600, width_mm=210, height_mm=210)).size == (4961, 4961)


def test_every_refusal_speaks_both_languages() -> None:
    for refusal in (LabelTooSmall, ModuleTooSmall, DomainDiffers, CharacterNotInFont, LabelSizeNotPossible):
        assert issubclass(refusal, Refusal)
        assert refusal.title.zh != Refusal.title.zh
        assert refusal.title.en != Refusal.title.en
