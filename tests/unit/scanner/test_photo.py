from __future__ import annotations

import io
import subprocess
import sys
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import qrcode
from PIL import Image, ImageOps
from qrcode.util import QRData
from zxingcpp import BarcodeFormat, create_barcode, write_barcode_to_image

from ledger.errors import Refusal
from scanner import _reader, limited, photo
from scanner.labels import LabelText, label_png
from scanner.limited import CHILDREN_MAX, ReaderBroken
from scanner.photo import (
    PHOTO_LIMITS,
    Corner,
    NoCodeInPhoto,
    PhotoBomb,
    PhotoLimits,
    PhotoNotAPicture,
    PhotoTooLarge,
    PhotoTooSlow,
    Reading,
    read_photo,
)
from tests.support.scenes import Scene, covered, photographed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST = "suyuan.example.cn"
CODE = f"https://{HOST}/01/09520001000010/10/SG-20261113"
OTHER = f"https://{HOST}/c/000g40r40m30e209j"


def label(code: str = CODE) -> bytes:
    text = LabelText(
        code=code,
        product="濠滨腊味香肠（演示）",
        batch="SG-20261113",
        maker="南通濠滨肉制品有限公司（演示）",
        domain=HOST,
    )
    return label_png(text)


def picture(mode: str = "L", size: tuple[int, int] = (64, 64), *, file_format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, file_format)
    return out.getvalue()


def png(width: int, height: int, *, bits: int, colour: int, rows: bytes) -> bytes:
    """A PNG put together by hand, so that its header may promise anything."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def hundred_megapixels() -> bytes:
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(125_100)) for _ in range(100)) + packer.flush()
    return png(10_000, 10_000, bits=1, colour=0, rows=rows)


def texts(data: bytes) -> list[str]:
    """What the reader finds, in this process: for pictures of our own making only."""
    answer = _reader.answer_for(data)
    readings = answer.get("readings", [])
    assert isinstance(readings, list)
    return [reading["text"] for reading in readings]


def test_a_photographed_label_reads_back_with_its_corners() -> None:
    (reading,) = read_photo(label())
    assert reading == Reading(CODE, "qr", reading.corners)
    left, top = reading.corners[0].x, reading.corners[0].y
    side = reading.corners[1].x - left
    assert side > 200
    assert reading.corners == (
        Corner(left, top), Corner(left + side, top), Corner(left + side, top + side), Corner(left, top + side)
    )  # fmt: skip


@pytest.mark.parametrize("angle", [0, 15, 37, 45, 90, 133, 180, 251, 300])
@pytest.mark.parametrize(
    ("tilt", "blur", "share"), [(0.0, 1.0, 0.5), (0.3, 1.5, 0.5), (0.2, 2.3, 0.5), (0.1, 0.7, 0.25)]
)
def test_a_label_is_read_at_any_angle_tilted_blurred_and_in_the_shade(
    angle: float, tilt: float, blur: float, share: float
) -> None:
    scene = Scene(angle=angle, tilt=tilt, blur=blur, share=share, noise=0.2, shadow=0.7, jpeg_quality=60)
    assert texts(photographed(label(), scene=scene)) == [CODE]


def test_the_same_is_read_by_the_child_process() -> None:
    scene = Scene(angle=37, tilt=0.3, blur=1.5, noise=0.2, shadow=0.7, jpeg_quality=60)
    assert [reading.text for reading in read_photo(photographed(label(), scene=scene))] == [CODE]


def test_two_labels_in_one_photo_give_both_codes() -> None:
    readings = read_photo(photographed(label(CODE), label(OTHER), scene=Scene(share=0.4, angle=12)))
    assert {reading.text for reading in readings} == {CODE, OTHER}
    left = {reading.text: min(corner.x for corner in reading.corners) for reading in readings}
    assert left[CODE] < 640 < left[OTHER]


SPOILT: dict[str, Callable[[], bytes]] = {
    "blurred": lambda: photographed(label(), scene=Scene(blur=9)),
    "covered": lambda: photographed(covered(label(), share=0.3), scene=Scene()),
    "clutter alone": lambda: photographed(scene=Scene(noise=0.3)),
    "one pixel": lambda: picture(size=(1, 1)),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_photo_without_a_readable_code_says_so(spoilt: str) -> None:
    with pytest.raises(NoCodeInPhoto) as refused:
        read_photo(SPOILT[spoilt]())
    assert "重拍" in refused.value.in_language("zh")


@pytest.mark.parametrize("seed", range(5))
def test_clutter_and_noise_are_never_taken_for_a_code(seed: int) -> None:
    assert texts(photographed(scene=Scene(seed=seed, noise=0.1 * seed))) == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_the_camera_says(orientation: int) -> None:
    upright = Image.open(io.BytesIO(photographed(label(), scene=Scene())))
    back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = upright.transpose(
        back.get(orientation, _reader.UPRIGHT.get(orientation, Image.Transpose.ROTATE_180))
    )
    exif, out = Image.Exif(), io.BytesIO()
    exif[_reader.EXIF_ORIENTATION] = orientation
    (stored if orientation > 1 else upright).save(out, "JPEG", exif=exif)
    grey, _ = _reader.upright_grey(out.getvalue())
    assert grey.size == upright.size
    difference = [
        abs(a - b)
        for a, b in zip(grey.reduce(40).tobytes(), upright.convert("L").reduce(40).tobytes(), strict=True)
    ]
    assert max(difference) < 12


def test_corners_are_given_in_the_pixels_of_the_photo_that_came() -> None:
    small = Image.open(io.BytesIO(photographed(label(), scene=Scene()))).resize((4800, 3600))
    out = io.BytesIO()
    small.save(out, "JPEG")
    large, usual = read_photo(out.getvalue())[0], read_photo(photographed(label(), scene=Scene()))[0]
    for one, other in zip(large.corners, usual.corners, strict=True):
        assert abs(one.x - other.x * 3.75) < 12
        assert abs(one.y - other.y * 3.75) < 12


VARIANTS: dict[str, tuple[str, Callable[[Image.Image], Image.Image]]] = {
    "webp": ("WEBP", lambda plain: plain.convert("RGB")),
    "palette": ("PNG", lambda plain: plain.convert("P")),
    "one bit": ("PNG", lambda plain: plain.convert("1")),
    "sixteen bits": (
        "PNG",
        lambda plain: plain.convert("I").point(lambda value: value * 257).convert("I;16"),
    ),
    "inks": ("JPEG", lambda plain: plain.convert("CMYK")),
    "two lenses": ("MPO", lambda plain: plain.convert("RGB")),
    "white on black": ("PNG", lambda plain: plain.point(lambda value: 255 - value)),
    "faint": ("PNG", lambda plain: plain.point(lambda value: 118 + value // 25)),
    "white on nothing": (
        "PNG",
        lambda plain: Image.merge("LA", (Image.new("L", plain.size, 255), ImageOps.invert(plain))),
    ),
    "white on nothing, as a web picture": (
        "WEBP",
        lambda plain: Image.merge("LA", (Image.new("L", plain.size, 255), ImageOps.invert(plain))).convert(
            "RGBA"
        ),
    ),
    "black on nothing": (
        "PNG",
        lambda plain: Image.merge("LA", (Image.new("L", plain.size), ImageOps.invert(plain))),
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_way_a_picture_may_be_stored_is_read(variant: str) -> None:
    file_format, change = VARIANTS[variant]
    out, changed = io.BytesIO(), change(Image.open(io.BytesIO(label())))
    more = {"save_all": True, "append_images": [changed]} if file_format == "MPO" else {}
    changed.save(out, file_format, **more)
    assert texts(out.getvalue()) == [CODE]


def test_a_bar_code_and_a_gs1_data_matrix_are_read_as_scanners_send_them() -> None:
    for kind, content, gs1, text, name in (
        (BarcodeFormat.EAN13, "9520001000010", False, "9520001000010", "ean_13"),
        (BarcodeFormat.EAN8, "95200002", False, "95200002", "ean_8"),
        (BarcodeFormat.Code128, "99999919000000000047", False, "99999919000000000047", "code_128"),
        (BarcodeFormat.MicroQRCode, "12345", False, "12345", "micro_qr"),
        (BarcodeFormat.DataMatrix, "12690011001900000000000000000217", False, "12690011001900000000000000000217", "data_matrix"),
        (BarcodeFormat.DataMatrix, "(01)09520001000010(10)SG-1(21)7", True, "]d2010952000100001010SG-1\x1d217", "data_matrix"),
    ):  # fmt: skip
        code = Image.fromarray(write_barcode_to_image(create_barcode(content, kind, gs1=gs1), scale=4))
        paper = Image.new("L", (code.width + 80, code.height + 80), 255)
        paper.paste(code, (40, 40))
        out = io.BytesIO()
        paper.save(out, "PNG")
        (reading,) = read_photo(out.getvalue())
        assert (reading.text, reading.format) == (text, name)


def test_a_kind_of_code_that_nobody_here_prints_spoils_no_picture() -> None:
    own = Image.open(io.BytesIO(label())).convert("L")
    kin = create_barcode("HELLO 12345", BarcodeFormat.RMQRCode)
    other = Image.fromarray(write_barcode_to_image(kin, scale=6))
    paper = Image.new("L", (own.width + 40, own.height + other.height + 120), 255)
    paper.paste(own, (20, 20))
    paper.paste(other, (40, own.height + 60))
    out = io.BytesIO()
    paper.save(out, "PNG")
    assert texts(out.getvalue()) == [CODE]
    alone = io.BytesIO()
    ImageOps.expand(other, border=60, fill=255).save(alone, "PNG")
    assert texts(alone.getvalue()) == []


def qr_of(data: bytes) -> bytes:
    """A QR code of bytes that do not say in which letters they are."""
    code, out = qrcode.QRCode(), io.BytesIO()
    code.add_data(QRData(data, mode=4, check_data=False))
    code.make_image().save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "苏椒5号\n江苏某种业有限公司（演示）\nABCD1234567890\nhttp://www.example.com/s?c=ABCD1234567890",
        "品种名称：苏椒5号\n生产经营者：江苏某种业有限公司\n单元识别代码：ABCD1234567890\n追溯网址：http://www.example.com/s",
        "苏",
    ],
)
def test_chinese_letters_that_do_not_say_so_are_read_as_such(text: str) -> None:
    assert texts(qr_of(text.encode("gb18030"))) == [text]
    assert texts(qr_of(text.encode("utf-8"))) == [text]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Ångström", "latin-1"),
        ("日本語テスト、こんにちは", "shift_jis"),
        ("é 5 µg", "utf-8"),
        ("*ﾃﾞｻﾞｲﾝQR*", "shift_jis"),
    ],
)
def test_letters_of_others_stay_what_they_are(text: str, encoding: str) -> None:
    assert texts(qr_of(text.encode(encoding))) == [text]


WEBP_HEAD = b"RIFF\x00\x00\x00\x00WEBP"
NO_PICTURES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": "你好".encode,
    "gif": lambda: picture(file_format="GIF"),
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "pdf": lambda: b"%PDF-1.7\n",
    "bmp": lambda: picture(file_format="BMP"),
    "tiff": lambda: picture(file_format="TIFF"),
    "zip": lambda: b"PK\x03\x04" + bytes(100),
    "sound": lambda: b"RIFF\x00\x00\x00\x00WAVE",
    "head of a png": lambda: b"\x89PNG\r\n\x1a\n",
    "head of a jpeg": lambda: b"\xff\xd8\xff" + bytes(100),
    "head of a webp": lambda: WEBP_HEAD,
    "half a png": lambda: label()[: len(label()) // 2],
    "most of a png": lambda: label()[:-30],
    "png of no size": lambda: png(0, 0, bits=8, colour=2, rows=b""),
    "png of no colour": lambda: png(64, 64, bits=8, colour=9, rows=zlib.compress(bytes(64 * 65))),
    "png behind a jpeg's head": lambda: b"\xff\xd8\xff\xe0" + label(),
    "png behind a webp's head": lambda: WEBP_HEAD + label(),
}


@pytest.mark.parametrize("kind", NO_PICTURES)
def test_what_is_no_picture_is_refused_by_name(kind: str) -> None:
    with pytest.raises(PhotoNotAPicture):
        read_photo(NO_PICTURES[kind]())


BOMBS: dict[str, Callable[[], bytes]] = {
    "100 megapixels": hundred_megapixels,
    "sides of 2^31": lambda: png(2**31 - 1, 2**31 - 1, bits=8, colour=2, rows=zlib.compress(bytes(1000))),
    "a line of 2^31": lambda: png(2**31 - 1, 1, bits=8, colour=2, rows=zlib.compress(bytes(1000))),
    "a little over 40 megapixels": lambda: png(
        6325, 6325, bits=1, colour=0, rows=zlib.compress(bytes(792 * 6325))
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_picture_that_unfolds_into_too_much_is_refused_before_it_unfolds(bomb: str) -> None:
    data = BOMBS[bomb]()
    assert len(data) < 20_000
    with pytest.raises(PhotoBomb):
        # T14: within two seconds.
        read_photo(data, limits=PhotoLimits(child_cpu_seconds_max=2))


def test_forty_megapixels_are_still_looked_at() -> None:
    data = png(6324, 6324, bits=1, colour=0, rows=zlib.compress(bytes(792 * 6324)))
    with pytest.raises(NoCodeInPhoto):
        read_photo(data)


def test_a_child_that_runs_out_of_memory_gives_a_named_refusal() -> None:
    data = picture("RGB", (6000, 6000))
    with pytest.raises(NoCodeInPhoto):
        read_photo(data)
    with pytest.raises(PhotoBomb) as refused:
        read_photo(data, limits=PhotoLimits(child_memory_bytes_max=96 * 1024 * 1024))
    assert "JPEG" in refused.value.expected.zh


@pytest.mark.parametrize(
    "limits", [PhotoLimits(child_seconds_max=0.001), PhotoLimits(child_cpu_seconds_max=0)]
)
def test_a_child_that_takes_too_long_gives_a_named_refusal(limits: PhotoLimits) -> None:
    with pytest.raises(PhotoTooSlow):
        read_photo(label(), limits=limits)


def test_no_more_children_work_at_once_than_we_allow() -> None:
    limits = PhotoLimits(child_seconds_max=0.01)
    for _ in range(CHILDREN_MAX):
        assert limited._children.acquire(blocking=False)
    try:
        with pytest.raises(PhotoTooSlow):
            read_photo(label(), limits=limits)
    finally:
        limited._children.release(CHILDREN_MAX)
    assert read_photo(label())


def test_refusals_give_their_child_s_place_back() -> None:
    for _ in range(CHILDREN_MAX + 1):
        with pytest.raises(NoCodeInPhoto):
            read_photo(picture())


def test_a_photo_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    data = label()
    assert read_photo(data, limits=PhotoLimits(photo_bytes_max=len(data)))
    with pytest.raises(PhotoTooLarge):
        read_photo(data, limits=PhotoLimits(photo_bytes_max=len(data) - 1))
    with pytest.raises(PhotoTooLarge):
        read_photo(bytes(PHOTO_LIMITS.photo_bytes_max + 1))


@pytest.mark.parametrize(
    "answer", [b"", b"{}x", b'{"readings": 1}', b'{"refused": "tired"}', b'{"readings": [{}]}']
)
def test_a_child_that_speaks_another_language_is_the_operator_s_business(answer: bytes) -> None:
    with pytest.raises(ReaderBroken):
        photo._understood(answer)


def test_a_child_that_cannot_start_is_the_operator_s_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ReaderBroken, match="status 1"):
        read_photo(label())


def test_a_decoder_that_crashes_means_the_picture_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(program(tmp_path, "kill -SEGV $$")))
    with pytest.raises(PhotoNotAPicture):
        read_photo(label())


def test_a_child_that_talks_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(program(tmp_path, "exec cat /dev/zero")))
    with pytest.raises(PhotoTooSlow):
        read_photo(label())


def program(folder: Path, line: str) -> Path:
    """What stands in for the interpreter, and so for the child."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="ascii")
    path.chmod(0o700)
    return path


def test_every_refusal_names_the_field_in_both_languages() -> None:
    with pytest.raises(Refusal) as refused:
        read_photo(b"", field="lines[2].photo")
    assert refused.value.in_language("zh").startswith("lines[2].photo：不是能打开的照片")
    assert refused.value.in_language("en").startswith("lines[2].photo: not a picture that can be opened")
    titles = {
        refusal.title for refusal in (PhotoTooLarge, PhotoNotAPicture, PhotoBomb, NoCodeInPhoto, PhotoTooSlow)
    }
    assert len(titles) == 5


CONFINED = """
import os, socket
from scanner._confined import confine
from scanner._reader import warm_up
warm_up()
confine(memory_bytes_max=256 << 20, cpu_seconds_max=2)
def tried(name, act):
    try:
        act()
    except (OSError, MemoryError) as no:
        print(name, type(no).__name__)
    else:
        print(name, "done")
tried("read", lambda: open("/etc/hostname"))
tried("connect", lambda: socket.socket())
tried("write", lambda: os.pipe())
tried("memory", lambda: bytearray(300 << 20))
print(sorted(os.environ))
"""


def test_a_confined_child_can_open_nothing_and_take_little() -> None:
    child = subprocess.run(
        [sys.executable, "-I", "-B", "-c", CONFINED], capture_output=True, check=True, text=True, env={}
    )
    assert child.stdout.splitlines()[:-1] == [
        "read OSError",
        "connect OSError",
        "write OSError",
        "memory MemoryError",
    ]
    assert child.stderr == ""


GROWTH = """
import resource, sys
from pathlib import Path
from ledger.errors import Refusal
from scanner.photo import read_photo
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in sys.argv[1:]:
    try:
        read_photo(Path(name).read_bytes())
    except Refusal as refused:
        print(refused.name)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_bombs_do_not_make_the_server_s_own_process_grow(tmp_path: Path) -> None:
    files = []
    for name, data in (
        ("bomb", hundred_megapixels()),
        ("large", picture("RGB", (6000, 6000))),
        ("none", b"%PDF"),
    ):
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    server = subprocess.run(
        [sys.executable, "-I", "-c", GROWTH, *files], capture_output=True, check=True, text=True
    )
    *names, grown_kib = server.stdout.split()
    assert names == ["PhotoBomb", "NoCodeInPhoto", "PhotoNotAPicture"]
    # T14: at most 50 MiB.
    assert int(grown_kib) < 50 * 1024


def test_a_scene_is_the_same_each_time_and_another_with_another_seed() -> None:
    scenes = [photographed(label(), scene=Scene(seed=seed, noise=0.1, shadow=0.5)) for seed in (1, 1, 2)]
    assert scenes[0] == scenes[1] != scenes[2]


def test_passes_come_cheapest_first() -> None:
    grey, _ = _reader.upright_grey(photographed(label(), scene=Scene(size=(2400, 1800))))
    sizes = [attempt.width for attempt, _, _ in _reader.attempts(grey)]
    assert sizes[0] == _reader.SIDES_PX[0]
    assert all(one >= other for one, other in pairwise(sizes[:3]))
