"""Photographs a label without a camera: laid on a cluttered table, turned, tilted, shaded, blurred, noisy, compressed.

The same scene gives the same bytes, so a test that fails can be looked at. It is a sketch of a photo: what only
real cameras do (rolling shutters, glare, curved packs) is left to real photos.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Scene:
    """How the photo is taken. Blur is a radius in pixels; tilt, noise, shadow and share go from 0 to 1."""

    seed: int = 1
    size: tuple[int, int] = (1280, 960)
    #: How much of the photo's width the label takes.
    share: float = 0.5
    angle: float = 0.0
    #: How much narrower the far side of the label looks.
    tilt: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    shadow: float = 0.0
    jpeg_quality: int = 85


def photographed(*labels: bytes, scene: Scene) -> bytes:
    """A JPEG of the labels beside each other."""
    chance = Random(scene.seed)
    photo = _table(scene, chance)
    width, height = scene.size
    for number, label in enumerate(labels):
        centre = (width * (number + 0.5) / len(labels), height * 0.5)
        _lay(photo, Image.open(io.BytesIO(label)).convert("RGB"), centre, scene)
    if scene.shadow:
        photo = _shaded(photo, scene.shadow)
    if scene.blur:
        photo = photo.filter(ImageFilter.GaussianBlur(scene.blur))
    if scene.noise:
        photo = _noisy(photo, scene.noise, chance)
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=scene.jpeg_quality)
    return out.getvalue()


def covered(label: bytes, *, share: float) -> bytes:
    """The label with a strip of tape over so much of its height."""
    picture = Image.open(io.BytesIO(label)).convert("RGB")
    tape = round(picture.height * share)
    top = (picture.height - tape) // 2
    ImageDraw.Draw(picture).rectangle((0, top, picture.width, top + tape), fill=(182, 150, 98))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _table(scene: Scene, chance: Random) -> Image.Image:
    """A wooden colour with boxes, lines and writing that is none."""
    width, height = scene.size
    table = Image.new("RGB", scene.size, (150, 122, 92))
    draw = ImageDraw.Draw(table)
    for _ in range(60):
        x, y = chance.randrange(width), chance.randrange(height)
        across, down = chance.randrange(10, 160), chance.randrange(10, 120)
        colour = tuple(chance.randrange(40, 230) for _ in range(3))
        draw.rectangle((x, y, x + across, y + down), fill=colour)
        draw.line((x, y, x + down, y + across), fill=(30, 30, 30), width=chance.randrange(1, 5))
        draw.text((x + 4, y + 4), "".join(chance.choices("0123456789#=|", k=12)), fill=(10, 10, 10))
    return table


def _lay(photo: Image.Image, label: Image.Image, centre: Point, scene: Scene) -> None:
    """Put the label into the photo, turned and tilted."""
    scale = scene.size[0] * scene.share / label.width
    half_x, half_y = label.width * scale / 2, label.height * scale / 2
    near, far = 1.0, 1.0 - scene.tilt
    flat = (
        (-half_x * far, -half_y),
        (half_x * far, -half_y),
        (half_x * near, half_y),
        (-half_x * near, half_y),
    )
    turn = math.radians(scene.angle)
    places = [
        (
            centre[0] + x * math.cos(turn) - y * math.sin(turn),
            centre[1] + x * math.sin(turn) + y * math.cos(turn),
        )
        for x, y in flat
    ]
    corners: list[Point] = [(0, 0), (label.width, 0), (label.width, label.height), (0, label.height)]
    seen = _homography(places, corners)
    laid = label.transform(photo.size, Image.Transform.PERSPECTIVE, seen, Image.Resampling.BICUBIC)
    whole = Image.new("L", label.size, 255)
    mask = whole.transform(photo.size, Image.Transform.PERSPECTIVE, seen, Image.Resampling.BICUBIC)
    photo.paste(laid, mask=mask)


def _homography(places: list[Point], corners: list[Point]) -> list[float]:
    """The eight numbers of the projection that takes each place of the photo to its corner of the label."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(places, corners, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    # Gauss and Jordan, with the largest pivot.
    for column in range(8):
        pivot = max(range(column, 8), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for row in range(8):
            if row != column:
                times = rows[row][column]
                rows[row] = [a - times * b for a, b in zip(rows[row], rows[column], strict=True)]
    return [row[8] for row in rows]


def _shaded(photo: Image.Image, depth: float) -> Image.Image:
    """A shadow that falls from one side, with an edge across the middle."""
    width, height = photo.size
    light = Image.linear_gradient("L").rotate(90).resize(photo.size)
    ImageDraw.Draw(light).polygon([(0, 0), (width * 0.55, 0), (width * 0.4, height), (0, height)], fill=90)
    light = light.filter(ImageFilter.GaussianBlur(12)).point(lambda value: round(255 - depth * (255 - value)))
    return ImageChops.multiply(photo, Image.merge("RGB", (light, light, light)))


def _noisy(photo: Image.Image, strength: float, chance: Random) -> Image.Image:
    grain = Image.frombytes("RGB", photo.size, chance.randbytes(photo.width * photo.height * 3))
    return Image.blend(photo, grain, strength)
