"""One story with a code of every national scheme, for the tests of what such a code leads to, through addresses and pages."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.server import Clock, certify, enrol_party, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

DRUG: Final = "81234567890123456784"
VET: Final = "202611139520120000000001"
PESTICIDE: Final = "12690011001900000000000000000217"
SEED: Final = "SY2026000017"
EAR: Final = "132068590000001"
#: The codes that are nothing but digits.
DIGITS: Final = {"drug": DRUG, "veterinary_drug": VET, "pesticide": PESTICIDE, "ear_tag": EAR}
INVOICE: Final = "01,32,,26322999999900000101,3200.00,20261114,,9441"
INVOICE_NUMBER: Final = "26322999999900000101"
REGISTRATION: Final = "PD20269001"
SEED_LABEL: Final = "品种名称：苏玉（演示）\r\n生产经营者名称：某种业（演示）\r\n单元识别代码：SY2026000017\r\n追溯网址：https://seed.example/q"

#: Digits as wide as a Chinese character, as such keyboards make them.
WIDE: Final = str.maketrans({str(digit): chr(0xFF10 + digit) for digit in range(10)})


def grouped(digits: str) -> str:
    """In groups of four, as labels print it."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def forms(digits: str) -> list[str]:
    """However a code of digits may be typed, pasted or scanned."""
    return [
        digits,
        f" {digits}\r\n",
        grouped(digits),
        grouped(digits).replace(" ", "-"),
        digits.translate(WIDE),
        grouped(digits).translate(WIDE),
        f"]Q1{digits}",
        f"https://trace.example/q?c={digits}",
        f"http://trace.example/{digits}.html",
        f"追溯码：{digits}",
        f"追溯码 {grouped(digits)}，请扫码 https://trace.example/",
    ]


@dataclass(slots=True)
class Told:
    """Who tells the story, and the goods behind each code."""

    client: Client
    ledger: Ledger
    maker: Enrolled
    rival: Enrolled
    authority: Enrolled
    goods: dict[str, str]
    products: dict[str, str]

    def says(self, who: Enrolled, path: str, **body: object) -> dict[str, str]:
        """Something is recorded."""
        answer = self.client.post(f"/api/v1/{path}", json=body, key=who.key)
        assert answer.status_code == 201, answer.text
        made: dict[str, str] = answer.json()
        return made


@contextmanager
def telling(folder: Path) -> Iterator[Told]:
    """The story on a ledger of its own, and a client of its server."""
    with make_ledger(folder, Clock()) as ledger, open_client(ledger) as client:
        yield _tell(client, ledger)


def _tell(client: Client, ledger: Ledger) -> Told:
    """Five makers' goods in one hand, each with the code of its scheme, and an invoice."""
    maker, rival = enrol_party(ledger, "示例农资（演示）"), enrol_party(ledger, "另一家（演示）")
    authority = enrol_party(ledger, "示例局（演示）", role="authority")
    certify(ledger, authority.party)
    told = Told(client, ledger, maker, rival, authority, {}, {})
    for kind, code, name, category, more in _GOODS:
        sheet = {key: value for key, value in more.items() if key == "approval_number"}
        product = told.says(maker, "products", owner=str(maker), name=name, category=category, **sheet)
        body = {"name": name, "category": category, "batch_number": f"B-{kind}", **more}
        batch = told.says(maker, "batches", maker=str(maker), product=product["product"], **body)
        told.goods[kind], told.products[kind] = batch["goods"], product["product"]
        told.says(maker, "codes", action="issue", goods=batch["goods"], codes=[code], code_kind=kind)
    told.says(
        maker,
        "approvals",
        holder=str(maker),
        licence_kind="农药登记证",
        number=REGISTRATION,
        product_name="25% 噻虫嗪（演示）",
    )
    line: Json = {
        "name": "苏玉（演示）",
        "goods": told.goods["seed"],
        "quantity": {"amount": "1", "unit": "KGM"},
    }
    told.says(
        maker,
        "vouchers",
        voucher_kind="e_invoice",
        seller=str(maker),
        buyer=str(rival),
        number=INVOICE_NUMBER,
        qr_text=INVOICE,
        total="3200.00",
        issued_on="2026-11-14",
        lines=[line],
    )
    return told


_GOODS: Final[tuple[tuple[str, str, str, str, dict[str, object]], ...]] = (
    ("drug", DRUG, "示例片（演示）", "drug", {"produced_on": "2026-10-01"}),
    ("veterinary_drug", VET, "示例兽药（演示）", "veterinary_drug", {"produced_on": "2026-10-01"}),
    (
        "pesticide",
        PESTICIDE,
        "25% 噻虫嗪（演示）",
        "pesticide",
        {"produced_on": "2026-10-31", "approval_number": REGISTRATION},
    ),
    ("seed", SEED, "苏玉（演示）", "crop_seed", {}),
    ("ear_tag", EAR, "生猪（演示）", "pork", {"produced_on": "2026-11-01"}),
)
