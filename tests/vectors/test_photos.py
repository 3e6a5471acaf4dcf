"""Photos that other people took of QR codes: as many are read as their makers' own program reads at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanner._reader import answer_for

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
