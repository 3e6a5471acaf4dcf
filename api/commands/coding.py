"""`suyuan scan`: what the codes in a picture are. `suyuan label`: the picture of a code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from api import links
from api.commands.console import GOOD, Console, Does
from api.commands.opening import new_file, opened, read_file, settings_of
from api.printable import ASKED, require_printable
from api.scanning import named_by_text, require_known, scanned
from ledger.errors import Blocked, Malformed, Words
from ledger.identifiers import BatchCode, DigitalLink, GoodsId
from ledger.trace import party_view, standing_orders, what_it_was
from ledger.views.book import about, goods_key
from scanner.codes import Scanned, address_host, printed_address
from scanner.labels import LabelText, label_png
from scanner.photo import PHOTO_LIMITS, read_photo

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.errors import Language
    from ledger.store.book import SqlBook

_KINDS: Final[dict[str, Words]] = {
    "digital_link": Words(zh="GS1 数字链接", en="GS1 Digital Link"),
    "batch_page": Words(zh="本站批次页", en="batch page of this site"),
    "batch_code": Words(zh="批次码", en="batch code"),
    "own_address": Words(zh="本站网址", en="address of this site"),
    "drug_code": Words(zh="药品追溯码", en="drug trace code"),
    "vet_drug_code": Words(zh="兽药追溯码", en="vet drug trace code"),
    "pesticide_code": Words(zh="农药单元识别码", en="pesticide unit code"),
    "ear_tag": Words(zh="畜禽耳标号", en="ear tag number"),
    "seed_label": Words(zh="种子标签码", en="seed label code"),
    "invoice_qr": Words(zh="发票二维码", en="QR code of an invoice"),
    "gtin": Words(zh="商品条码", en="GTIN"),
    "gs1_element_string": Words(zh="GS1 要素串", en="GS1 element string"),
    "foreign_address": Words(zh="别人的网址（不是本站）", en="somebody else's address"),
    "lookalike_address": Words(
        zh="像本站、却不是本站的网址", en="an address that looks like ours and is not"
    ),
    "unknown_text": Words(zh="认不出的文字", en="unknown text"),
}


def scan_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan scan` takes."""
    parser.add_argument(
        "image",
        type=Path,
        help="照片（JPEG、PNG、WebP）" if language == "zh" else "a photo (JPEG, PNG, WebP)",
    )


def scan(asked: Namespace, console: Console) -> int:
    """Each code in the picture: what it is, and where its page is."""
    settings = settings_of()
    photo = read_file(asked.image, bytes_max=PHOTO_LIMITS.photo_bytes_max)
    for reading in read_photo(photo, field=asked.image.name):
        code = scanned(reading.text, settings.base_url)
        kind = _KINDS[code.kind].in_language(console.language)
        console.say(f"{kind}  {reading.text if code.value is None else code.value}")
        if code.refusal is not None:
            console.say(f"  {code.refusal.in_language(console.language)}")
        console.say(f"  {_page(code, settings.base_url)}")
    return GOOD


def _page(code: Scanned, base_url: str) -> str:
    """Where a code leads on this site; a code with no page of its own is asked about on the buyers' page."""
    if isinstance(code.value, (DigitalLink, BatchCode)):
        return printed_address(code.value, base_url)
    return f"{base_url}{links.PAGE}?{urlencode({'code': code.raw})}"


def label_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan label` takes."""
    zh = language == "zh"
    parser.add_argument(
        "code",
        metavar="CODE|GOODS",
        help="批次码、数字链接或货物标识" if zh else "batch code, Digital Link or goods id",
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="PNG 文件" if zh else "PNG file")
    parser.add_argument(
        "--loopback",
        action="store_true",
        help="网址只能在本机打开也要打印" if zh else "print it though its address opens on this machine only",
    )


def label(asked: Namespace, console: Console) -> int:
    """Print a label; refused while a hold or a recall stands on the goods, and where its link would open on this machine only."""
    settings = settings_of()
    require_printable(settings, ASKED if asked.loopback else None)
    with new_file(asked.output) as file, opened(settings) as ledger, ledger.book() as book:
        text = _label_text(asked.code, book, settings.base_url)
        file.write(label_png(text))
    console.say(f"{asked.output}  {text.code}")
    return GOOD


def _label_text(came: str, book: SqlBook, base_url: str) -> LabelText:
    def recorded(one: GoodsId) -> bool:
        # Whoever sits at the operator's own machine may know of all of it.
        return bool(about(book, goods_key(one)))

    if came.startswith("urn:"):
        goods = GoodsId.parse(came)
        if goods.batch_code is not None:
            goods = require_known(named_by_text(str(goods.batch_code), base_url, book, recorded), came)
    else:
        goods = require_known(named_by_text(came, base_url, book, recorded), came)
    address = goods.digital_link or goods.batch_code
    if address is None:
        expected = Words(
            zh="批次码或 GS1 数字链接标识的货物", en="goods named by a batch code or a GS1 Digital Link"
        )
        raise Malformed(field="code", came=came, expected=expected)
    orders = standing_orders(book, goods)
    if orders:
        stands = Words(
            zh=f"未被控制或召回的货物（第 {orders[0].record.seq} 条仍有效）",
            en=f"goods under no hold or recall (entry {orders[0].record.seq} stands)",
        )
        raise Blocked(field="code", came=str(goods), expected=stands)
    sheet = what_it_was(book, goods)
    maker = None if sheet.maker is None else party_view(book, sheet.maker).name
    code = goods.batch_code
    return LabelText(
        code=printed_address(address, base_url),
        product=sheet.name or str(goods),
        batch=str(sheet.batch_number or (code.printed if code else goods)),
        # A farmer's name is his own and stands on no label.
        maker=maker or "—",
        domain=address_host(base_url),
        extra=() if sheet.produced_on is None else (str(sheet.produced_on),),
    )


COMMANDS: Final = {
    "scan": Does(scan_arguments, scan),
    "label": Does(label_arguments, label),
}
