"""Photos that other people took of QR codes: as many are read as their makers' own program reads at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanner._reader import answer_for
from scanner._second_look import SecondLook
from scanner.photo import read_photo

if TYPE_CHECKING:
    from pathlib import Path

PICTURES = {".png", ".webp", ".jpg"}


@pytest.mark.parametrize(
    ("folder", "photos", "read_min"),
    [("qrcode-1", 8, 8), ("qrcode-2", 56, 53), ("qrcode-3", 18, 18), ("qrcode-5", 16, 16)],
)
def test_real_photos_are_read(vectors_dir: Path, folder: str, photos: int, read_min: int) -> None:
    pictures = sorted(p for p in (vectors_dir / "photos" / folder).iterdir() if p.suffix in PICTURES)
    assert len(pictures) == photos
    failed = [picture.name for picture in pictures if not _says_what_it_should(picture)]
    assert len(failed) <= photos - read_min, failed


def _says_what_it_should(picture: Path) -> bool:
    # In this process: the pictures are known, and a child for each would take ten times as long.
    readings = answer_for(picture.read_bytes()).get("readings", [])
    assert isinstance(readings, list)
    return picture.with_suffix(".txt").read_bytes().decode("utf-8") in {
        reading["text"] for reading in readings
    }


def test_the_second_look_reads_a_photo_that_the_first_could_not(vectors_dir: Path) -> None:
    photo = vectors_dir / "photos" / "qrcode-2" / "12.webp"
    assert not _says_what_it_should(photo)
    (found,) = read_photo(photo.read_bytes())
    assert found.text == photo.with_suffix(".txt").read_text("utf-8")


def test_the_second_look_takes_none_of_these_codes_for_another(vectors_dir: Path) -> None:
    look, wrong = SecondLook(), []
    for picture in sorted(p for p in (vectors_dir / "photos" / "qrcode-1").iterdir() if p.suffix in PICTURES):
        readings = look.answer_for(picture.read_bytes()).get("readings", [])
        assert isinstance(readings, list)
        wanted = picture.with_suffix(".txt").read_bytes().decode("utf-8")
        wrong += [picture.name for one in readings if one["text"] != wanted]
    assert wrong == []
