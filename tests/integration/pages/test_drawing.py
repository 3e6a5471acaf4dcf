"""The drawn chain: nothing lost, nothing on top of anything else, nothing told by colour alone, nothing escaping from its text."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages import STATIC
from api.pages.boxes import Arrow, Box, BoxKind, Chain, Tag, shape_svg, wrapped
from api.pages.drawing import BRANCHES_KEPT, BRANCHES_MAX, gathered, layers_of, wide
from api.pages.drawing_tall import PHONE_W, listed, tall

SVG = "{http://www.w3.org/2000/svg}"
FROM = "来自 {name}：{amount}"


def fan(ends: int) -> Chain:
    """One wholesaler and so many stalls; stall 0 got most."""
    boxes = [Box("w", "批发商（演示）")]
    boxes += [Box(f"s{n}", f"摊位 {n}（演示）", weight=float(ends - n)) for n in range(ends)]
    return Chain(tuple(boxes), tuple(Arrow("w", f"s{n}", "15 公斤") for n in range(ends)))


def gather(chain: Chain) -> Chain:
    return gathered(chain, words="另有 {count} 户", label=lambda keys: f"{len(keys)} 家", href="#holders")


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  (our own drawing)


def places(svg: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of every box."""
    found = []
    for group in parsed(svg).iter(f"{SVG}g"):
        if group.get("class", "").startswith("box "):
            x, y = map(float, re.findall(r"[-0-9.]+", group.get("transform", "")))
            frame = next(one for one in group.iter(f"{SVG}rect") if one.get("class") == "frame")
            found.append((x, y, x + float(frame.get("width", "")), y + float(frame.get("height", ""))))
    return found


def drawings(chain: Chain) -> dict[str, str]:
    return {
        "wide": str(wide(chain, label="链")),
        "tall": str(tall(chain, label="链", arrow_words=FROM)),
        "listed": str(listed(chain, label="链", arrow_words=FROM)),
    }


def check(chain: Chain) -> None:
    """Every drawing is well-formed, holds every box once inside its frame, and none overlap."""
    for name, svg in drawings(chain).items():
        root = parsed(svg)
        _, _, width, height = map(float, (root.get("viewBox") or "").split())
        found = places(svg)
        assert len(found) == len(chain.boxes), name
        for left, top, right, bottom in found:
            assert left >= 0, name
            assert top >= 0, name
            assert right <= width, name
            assert bottom <= height, name
        for number, (left, top, right, bottom) in enumerate(found):
            for other in found[number + 1 :]:
                assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top, name
        assert svg.count('class="tip"') == len(chain.arrows), name


def test_thirty_eight_stalls_become_one_box_that_leads_to_the_list() -> None:
    chain = gather(fan(40))
    assert [box.title for box in chain.boxes] == [
        "批发商（演示）",
        "摊位 0（演示）",
        "摊位 1（演示）",
        "另有 38 户",
    ]
    several = chain.boxes[-1]
    assert (several.kind, several.href, several.lines) == ("several", "#holders", ("38 家",))
    check(chain)


def test_as_many_branches_as_fit_are_all_drawn() -> None:
    assert gather(fan(BRANCHES_MAX)) == fan(BRANCHES_MAX)


def test_one_branch_more_is_gathered() -> None:
    assert len(gather(fan(BRANCHES_MAX + 1)).boxes) == 1 + BRANCHES_KEPT + 1


def test_whoever_is_odd_keeps_a_box_of_its_own() -> None:
    chain = fan(40)
    odd = Box("s39", "摊位 39（演示）", tags=(Tag("出大于进", "red"),))
    red = Box("s38", "来源（演示）", kind="contradicted")
    kept = gather(Chain((*chain.boxes[:-2], red, odd), chain.arrows)).boxes
    assert {"摊位 39（演示）", "来源（演示）"} <= {box.title for box in kept}


def test_tags_that_all_share_stay_on_the_box_they_become() -> None:
    chain = fan(40)
    recall = (Tag("召回", "red"),)
    boxes = tuple(Box(box.key, box.title, tags=recall, weight=box.weight) for box in chain.boxes)
    assert gather(Chain(boxes, chain.arrows)).boxes[-1].tags == recall


def test_whoever_passed_goods_on_is_not_gathered() -> None:
    chain = fan(40)
    onward = Chain((*chain.boxes, Box("end", "食堂（演示）")), (*chain.arrows, Arrow("s39", "end", "5 公斤")))
    assert "摊位 39（演示）" in {box.title for box in gather(onward).boxes}


def test_four_hundred_stalls_are_drawn_at_once() -> None:
    check(gather(fan(400)))


def test_a_box_stands_as_far_on_as_its_longest_way() -> None:
    boxes = tuple(Box(key, key) for key in "abcd")
    chain = Chain(boxes, (Arrow("a", "b"), Arrow("b", "c"), Arrow("c", "d"), Arrow("a", "d")))
    assert layers_of(chain) == {"a": 0, "b": 1, "c": 2, "d": 3}
    check(chain)


def test_goods_that_went_back_are_drawn_once() -> None:
    boxes = (Box("a", "甲（演示）"), Box("b", "乙（演示）"))
    check(Chain(boxes, (Arrow("a", "b", "10 公斤"), Arrow("b", "a", "3 公斤"))))


def test_a_box_alone_is_a_drawing() -> None:
    check(Chain((Box("a", "甲（演示）", kind="declared"),), ()))


def test_an_arrow_to_nobody_is_left_out() -> None:
    assert Chain((Box("a", "甲"),), (Arrow("a", "b"), Arrow("a", "a"))).arrows == ()


def test_what_may_be_contained_is_dashed_and_what_is_certain_is_not() -> None:
    boxes = (Box("a", "甲"), Box("b", "乙"), Box("c", "丙"))
    svg = str(wide(Chain(boxes, (Arrow("a", "c", may_contain=True), Arrow("b", "c"))), label="链"))
    assert svg.count('class="arrow may"') == 1
    assert svg.count('class="arrow"') == 1


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", '"><svg onload=alert(1)>', "]]>&lt;", "'\"&<>"]
)
def test_a_name_stays_text(payload: str) -> None:
    chain = Chain((Box("a", payload, lines=(payload,), tags=(Tag(payload, "red"),), href=f"#{payload}"),), ())
    for svg in drawings(chain).values():
        root = parsed(svg)
        assert not [one for one in root.iter() if one.tag in {f"{SVG}script", "script"}]
        assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]


def test_each_kind_has_a_shape_and_a_frame_of_its_own() -> None:
    kinds: tuple[BoxKind, ...] = ("recorded", "declared", "contradicted", "through", "several")
    shapes = {re.search(r' d="([^"]+)"', str(shape_svg(kind))).group(1) for kind in kinds}  # type: ignore[union-attr]  # each has one
    assert len(shapes) == len(kinds)
    css = (STATIC / "site.css").read_text("utf-8")
    assert all(f".box-{kind} .frame" in css for kind in kinds if kind != "through")


def test_on_a_phone_the_letters_keep_their_size() -> None:
    root = parsed(str(tall(gather(fan(40)), label="链", arrow_words=FROM)))
    # 360 pixels less the page's margins: the drawing is not made smaller.
    assert float(root.get("width", "")) == PHONE_W <= 360 - 2 * 16


@pytest.mark.parametrize(
    ("text", "width", "lines", "expected"),
    [
        ("如皋市绿畦蔬菜", 7, 1, ["如皋市绿畦蔬菜"]),
        ("如皋市绿畦蔬菜社", 7, 1, ["如皋市绿畦蔬…"]),
        ("如皋市绿畦蔬菜社", 7, 2, ["如皋市绿畦蔬菜", "社"]),
        ("", 7, 2, []),
        ("one two three", 4.5, 2, ["one two", "three"]),
        ("24 bottles", 4.5, 2, ["24", "bottles"]),
        ("韭菜 JC-20261114", 6.5, 2, ["韭菜", "JC-20261114"]),
        ("bottlesbottles", 4, 2, ["bottlesb", "ottles"]),
    ],
)
def test_long_names_are_broken_and_cut(text: str, width: float, lines: int, expected: list[str]) -> None:
    assert wrapped(text, width=width, lines_max=lines) == expected


@pytest.mark.parametrize("text", ["韭菜 · 2500 公斤", "韭菜 · 2,500.5 公斤", "leek · 2500 kg left"])
def test_no_line_ends_within_a_number_or_before_its_unit(text: str) -> None:
    whole = set(text)
    for width in range(3, 14):
        (line,) = wrapped(text, width=width, lines_max=1)
        assert set(line) <= whole | {"…"}
        assert line == text or not any(one.isdigit() for one in line) or "公斤" in line or "kg" in line


KEYS = st.integers(min_value=0, max_value=11).map(str)


@given(st.sets(st.tuples(KEYS, KEYS), max_size=24))
def test_any_chain_is_drawn_without_overlap(pairs: set[tuple[str, str]]) -> None:
    keys = sorted({key for pair in pairs for key in pair}) or ["0"]
    boxes = tuple(Box(key, f"主体 {key}（演示）", lines=("韭菜",) * (int(key) % 3)) for key in keys)
    check(Chain(boxes, tuple(Arrow(a, b, "1 公斤") for a, b in sorted(pairs))))
