"""The other program that looks at a photo in which the first found nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scanner import photo
from scanner._second_look import SecondLook
from scanner.photo import NoCodeInPhoto, read_photo
from tests.support.scenes import Scene, photographed
from tests.unit.scanner.test_photo import CODE, label

#: Small, so that the slow program is done with them soon.
SMALL = (400, 300)


@pytest.fixture(scope="module")
def look() -> SecondLook:
    return SecondLook()


def test_it_reads_what_the_first_would_have_read_at_the_same_place(look: SecondLook) -> None:
    taken = photographed(label(), scene=Scene(angle=20, blur=1.2, shadow=0.6))
    (first,) = read_photo(taken)
    readings = look.answer_for(taken)["readings"]
    assert isinstance(readings, list)
    (again,) = readings
    assert again["text"] == first.text == CODE
    for corner, other in zip(again["corners"], first.corners, strict=True):
        assert abs(corner["x"] - other.x) < 40
        assert abs(corner["y"] - other.y) < 40


@pytest.mark.parametrize("seed", range(8))
def test_clutter_and_noise_are_never_taken_for_a_code(look: SecondLook, seed: int) -> None:
    taken = photographed(scene=Scene(size=SMALL, seed=seed, noise=0.05 * seed))
    assert look.answer_for(taken) == {"refused": "no_code"}


def test_a_photo_is_looked_at_again_where_the_first_look_found_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photo, "READER", "tests.support.blind_reader")
    (found,) = read_photo(photographed(label(), scene=Scene(size=SMALL, share=0.8)))
    assert found.text == CODE


@pytest.mark.parametrize("child", ["tests.support.blind_reader", "tests.support.crashing_reader"])
def test_a_second_look_that_gets_nowhere_leaves_the_first_answer(
    monkeypatch: pytest.MonkeyPatch, child: str
) -> None:
    monkeypatch.setattr(photo, "SECOND_LOOK", child)
    with pytest.raises(NoCodeInPhoto):
        read_photo(photographed(scene=Scene(size=SMALL)))


CONFINED = """
import os, socket
from scanner._reader import answer_confined, warm_up
from scanner._second_look import SecondLook, _blank
warm_up()
SecondLook().answer_for(_blank())
def tried(act):
    try:
        act()
    except (OSError, MemoryError):
        return "refused"
    return "done"
acts = (lambda: open("/etc/hostname"), socket.socket, os.pipe, lambda: bytearray(1 << 30))
answer_confined(["1000", str(1 << 30), "5"], lambda picture: [tried(act) for act in acts])
"""


def test_with_its_large_library_loaded_the_child_can_still_open_nothing_and_take_little() -> None:
    child = subprocess.run(
        [sys.executable, "-I", "-B", "-c", CONFINED], capture_output=True, check=True, input=b"", env={}
    )
    assert child.stdout == b'["refused", "refused", "refused", "refused"]'
