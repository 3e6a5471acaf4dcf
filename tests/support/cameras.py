"""Cameras for a browser that has none: pictures of codes, drawn by Pillow, as a file for Chromium's own fake camera or as a stream within the page.

A stream within the page (`STREAM`) can change its picture, be refused, go dark or have a lamp, and many of them fit into one browser. Chromium's
own fake camera goes through everything that a real one goes through, and shows one film for the life of a browser.
"""

from __future__ import annotations

import io
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Final

import qrcode
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WIDTH, HEIGHT = 1280, 720
#: As it comes out of a camera: no paper is white, no ink is black.
PAPER, INK, TABLE = 226, 34, 150

#: A stand-in for the camera: what it shows is drawn on a canvas, fifteen times a second.
STREAM: Final = """
(setup => {
  const camera = window.camera = { asked: [], tracks: [], applied: [], fails: setup.fails || null, devices: setup.devices || [] };
  const shown = document.createElement('canvas');
  shown.width = setup.width; shown.height = setup.height;
  const context = shown.getContext('2d', { alpha: false });
  let picture = null;
  camera.show = source => new Promise((done, fail) => {
    if (!source) { picture = null; done(); return; }
    const next = new Image();
    next.onload = () => { picture = next; done(); };
    next.onerror = fail;
    next.src = source;
  });
  const draw = () => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, shown.width, shown.height);
    if (picture) context.drawImage(picture, 0, 0, shown.width, shown.height);
  };
  setInterval(draw, 66);
  camera.ready = camera.show(setup.picture);
  navigator.mediaDevices.getUserMedia = async wish => {
    camera.asked.push(wish);
    const exact = wish.video.deviceId && wish.video.deviceId.exact;
    if (exact && !camera.devices.some(one => one.deviceId === exact)) throw new DOMException('no such', 'OverconstrainedError');
    if (camera.fails) throw new DOMException('as asked', camera.fails);
    await camera.ready;
    draw();
    const stream = shown.captureStream(15);
    const track = stream.getVideoTracks()[0];
    const own = { ...track.getSettings(), deviceId: exact || (camera.devices[0] || {}).deviceId, ...setup.settings };
    track.getSettings = () => own;
    track.getCapabilities = () => setup.capabilities || {};
    track.applyConstraints = async asked => { camera.applied.push(asked.advanced[0]); };
    camera.tracks.push(track);
    return stream;
  };
  navigator.mediaDevices.enumerateDevices = async () => camera.devices;
  navigator.permissions.query = async () => ({ state: setup.allowed ? 'granted' : 'prompt' });
})
"""


def stream(picture: Image.Image | None, **setup: object) -> str:
    """The script that stands in for the camera: put it in before the page's own."""
    size = {"width": WIDTH, "height": HEIGHT}
    shown = None if picture is None else address_of(picture)
    return f"({STREAM})({json.dumps({**size, 'picture': shown, **setup})})"


def address_of(picture: Image.Image) -> str:
    """The picture within an address."""
    return f"data:image/jpeg;base64,{b64encode(jpeg(picture)).decode('ascii')}"


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """The picture as a phone keeps it."""
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=88, **options)
    return file.getvalue()


def film(path: Path, pictures: Sequence[Image.Image]) -> Path:
    """Pictures one after the other, as Chromium's fake camera shows them over and over (Motion JPEG is nothing more)."""
    path.write_bytes(b"".join(jpeg(one) for one in pictures))
    return path


def code(text: str, side: int) -> Image.Image:
    """A printed QR code of about this many pixels."""
    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    made.add_data(text)
    made.make()
    modules = made.get_matrix()
    small = Image.new("L", (len(modules), len(modules)), PAPER)
    small.putdata([INK if dark else PAPER for row in modules for dark in row])
    return small.resize((side, side), Image.Resampling.NEAREST)


def scene(*codes: tuple[str, int, int, int]) -> Image.Image:
    """A table with codes on it: text, left, top, side."""
    picture = Image.new("L", (WIDTH, HEIGHT), TABLE)
    for text, left, top, side in codes:
        picture.paste(code(text, side), (left, top))
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def one(text: str, side: int = 360) -> Image.Image:
    """One code in the middle."""
    return scene((text, (WIDTH - side) // 2, (HEIGHT - side) // 2, side))


def sheet(texts: Sequence[str], columns: int = 5) -> Image.Image:
    """Many codes side by side."""
    side = 160
    return scene(
        *(
            (text, 40 + number % columns * 245, 10 + number // columns * 178, side)
            for number, text in enumerate(texts)
        )
    )


def glaring(text: str) -> Image.Image:
    """A code with the reflection of a lamp across it."""
    picture = one(text)
    light = Image.new("L", picture.size, 0)
    ImageDraw.Draw(light).ellipse((700, 300, 830, 390), fill=255)
    return Image.composite(
        Image.new("L", picture.size, 255), picture, light.filter(ImageFilter.GaussianBlur(14))
    )


def shaded(text: str) -> Image.Image:
    """A code half in the shadow of the hand that holds the phone."""
    shadow = Image.linear_gradient("L").rotate(90).resize((WIDTH, HEIGHT))
    return Image.composite(one(text), one(text).point(lambda level: level // 4), shadow)


def slanted(text: str) -> Image.Image:
    """A code seen from the side: its far edge is three quarters as long as its near one."""
    picture = one(text, 400)
    # Where the corners of the square are taken from (projective, solved for these four points).
    return picture.transform(
        (WIDTH, HEIGHT), Image.Transform.PERSPECTIVE, _slant(0.3), Image.Resampling.BICUBIC, fillcolor=TABLE
    )


def _slant(strength: float) -> tuple[float, ...]:
    """Turned about the upright middle: x and y shrink with the distance to the right."""
    g = strength * 2 / WIDTH
    middle_x, middle_y = WIDTH / 2, HEIGHT / 2
    # x' = (x - mx) / (1 - g (x - mx)) + mx, the same for y, written as one fraction.
    at_zero = 1 + g * middle_x
    return (
        (1 - g * middle_x) / at_zero,
        0.0,
        (-middle_x + middle_x * at_zero) / at_zero,
        -g * middle_y / at_zero,
        1 / at_zero,
        (-middle_y + middle_y * at_zero) / at_zero,
        -g / at_zero,
        0.0,
    )
