"""The child process that looks a second time at a picture in which `_reader` found nothing: `python -I -m scanner._second_look`.

First the same reader again over a picture whose contrast was evened out place by place (CLAHE), then another program altogether: the QR
reader of WeChat, without its neural nets, which sees codes that are out of focus or torn. It is slow to start, so it has a process
of its own that most photos never need. Bytes come and answers go as in `_reader`.
"""

from __future__ import annotations

import io
import os
import sys

# Read when the numeric library is loaded: it would start threads that the confined process may not have.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from zxingcpp import BarcodeFormats, TextMode, read_barcodes

from scanner._reader import (
    FORMATS,
    READINGS_MAX,
    SIDES_PX,
    Answer,
    answer_confined,
    reading,
    upright_grey,
    warm_up,
)

Grey = NDArray[np.uint8]

#: How far contrast is raised, and in how many squares: the values OpenCV's own manual begins with.
CLAHE_LIMIT = 3.0
CLAHE_SQUARES = (8, 8)


def main(arguments: list[str]) -> None:
    """Read one picture."""
    cv2.setNumThreads(1)
    warm_up()
    look = SecondLook()
    look.answer_for(_blank())
    answer_confined(arguments, look.answer_for)


class SecondLook:
    """The other program, ready to read."""

    def __init__(self) -> None:
        self._even = cv2.createCLAHE(CLAHE_LIMIT, CLAHE_SQUARES)
        self._other = cv2.wechat_qrcode.WeChatQRCode()

    def answer_for(self, data: bytes) -> Answer:
        """The codes in a picture that `_reader` could open; none is an answer too."""
        grey, scale = upright_grey(data)
        side = max(grey.size)
        grey.thumbnail((SIDES_PX[1], SIDES_PX[1]), Image.Resampling.BOX)
        scale *= side / max(grey.size)
        plain = np.asarray(grey, dtype=np.uint8)
        even = np.asarray(self._even.apply(plain), dtype=np.uint8)
        found = read_barcodes(even, formats=BarcodeFormats(list(FORMATS)), text_mode=TextMode.Plain)
        readings = [reading(code, scale) for code in found[:READINGS_MAX] if code.text]
        for picture in () if readings else (plain, even):
            readings = readings or self._by_the_other(picture, scale)
        return {"readings": readings} if readings else {"refused": "no_code"}

    def _by_the_other(self, picture: Grey, scale: float) -> list[Answer]:
        texts, corners = self._other.detectAndDecode(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
        return [
            {
                "text": text,
                "format": "qr",
                "corners": [
                    {"x": max(round(float(x) * scale), 0), "y": max(round(float(y) * scale), 0)}
                    for x, y in place
                ],
            }
            for text, place in zip(texts[:READINGS_MAX], corners, strict=False)
            if text
        ]


def _blank() -> bytes:
    file = io.BytesIO()
    Image.new("L", (64, 64), 255).save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
