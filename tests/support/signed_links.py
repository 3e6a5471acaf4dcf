"""Links with signatures, made of known keys: the same for the tests of both programs that check them, ours and the scan page's.

`python -m tests.support.signed_links` writes them to `scanner/web/test/signed-links.json`; a test holds that file against this module.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from ledger.errors import Refusal
from ledger.identifiers import PartyId
from ledger.identifiers.link_signature import ReadLink
from ledger.keys import Ed25519Signer
from ledger.log.label_keys import LabelKey, LabelKeys
from ledger.log.note import NoteSigner
from ledger.log.signed_links import sign_link, verify_link

FILE: Final = Path(__file__).parents[2] / "scanner" / "web" / "test" / "signed-links.json"
ORIGIN: Final = "log.example/0123456789abcdef"
NOON_MS: Final = 1_795_320_000_000
DAY_MS: Final = 86_400_000

LOG: Final = NoteSigner.from_seed(ORIGIN, sha256(b"log").digest())


def signer(name: str) -> Ed25519Signer:
    """A key that anybody can make: nothing it signs is worth anything."""
    return Ed25519Signer.from_secret(sha256(name.encode()).digest())


MAKER: Final = signer("maker")
ENDED: Final = signer("ended")
LOST: Final = signer("lost")
STOLEN: Final = signer("stolen")
STRANGER: Final = signer("stranger")


def _key(of: Ed25519Signer, name: str) -> LabelKey:
    party = PartyId.new(of.public.raw[:10])
    return LabelKey(key=of.public, party=party, custody="own", since_ms=NOON_MS, name=name)


def _ended(key: LabelKey, reason: str) -> LabelKey:
    return replace(key, ended_ms=NOON_MS + DAY_MS, reason=reason)


BUNDLE: Final = LabelKeys(
    origin=ORIGIN,
    size=42,
    at_ms=NOON_MS + DAY_MS,
    made_ms=NOON_MS + DAY_MS,
    until_ms=NOON_MS + 8 * DAY_MS,
    keys=(
        _key(MAKER, "绿畦示例合作社（演示）"),
        _ended(_key(ENDED, "旧厂示例食品（演示）"), "superseded"),
        _ended(_key(LOST, ""), "lost"),
        _ended(replace(_key(STOLEN, "失窃示例（演示）"), stolen_since_ms=NOON_MS), "stolen"),
    ),
)
NOTE: Final = BUNDLE.signed([LOG])

HOST: Final = "https://suyuan.example"
PACK: Final = f"{HOST}/01/09520001000027/10/JC-1/21/K3"
BATCH: Final = f"{HOST}/01/09520001000027/10/JC-1"
PRODUCT: Final = f"{HOST}/01/09520001000027"
CODE: Final = f"{HOST}/c/00000000000000000"
LINKS: Final = (
    PACK,
    BATCH,
    PRODUCT,
    CODE,
    f"{HOST}/01/09520001000027/21/K3",
    f"{HOST}/shop/01/09520001000027/10/AB%2F1/21/a%21%22%25",
    f"{BATCH}?17=270331&from=singlemessage",
    f"{PACK}?3103=000189&17=270331",
    "http://127.0.0.1:8000/01/09520001000027/10/JC-1",
)


def cases() -> list[dict[str, str]]:
    """Every link, what is signed of it, and what each program must say of its signature."""
    good = [sign_link(one, MAKER) for one in LINKS]
    pack, batch = good[0], good[1]
    strangers = [
        # Another host, and what chat programs append: not covered.
        pack.replace(HOST, "https://suyuan.example.evil.example"),
        f"{pack}&from=singlemessage",
        batch.replace("https:", "HTTP:"),
        good[3].replace("/c/0000", "/c/oO0-0"),
        sign_link(PACK, ENDED),
        sign_link(PACK, LOST),
        sign_link(PACK, STOLEN),
        # Another serial, another batch, an expiry date that nobody signed.
        pack.replace("/21/K3", "/21/K4"),
        pack.replace("JC-1", "JC-2"),
        f"{batch}&17=280331",
        good[6].replace("270331", "280331"),
        # The signature of one link behind another.
        f"{PRODUCT}?dsig={batch.partition('dsig=')[2]}",
        # A last letter whose loose bits are not zero; too short; two of them; in the wrong place.
        pack[:-1] + ("h" if pack[-1] != "h" else "i"),
        pack[:-1],
        f"{pack}&8030={pack.partition('8030=')[2]}",
        f"{PACK}?dsig={batch.partition('dsig=')[2]}",
        f"{BATCH}?8030={pack.partition('8030=')[2]}",
        f"{pack}&17=270331&17=270331",
        # Version 2, which nobody has written yet.
        pack.replace("8030=AW", "8030=Am"),
        sign_link(PACK, STRANGER),
        PACK,
        "不是链接",
        "",
    ]
    return [_case(one) for one in (*good, *strangers)]


def _case(link: str) -> dict[str, str]:
    told = {"link": link, "says": ""}
    try:
        read = ReadLink.parse(link)
        if read.signature is not None:
            told["text"] = read.goods.text
            told["hint"] = read.signature.key_hint.hex()
        told["says"] = verify_link(link, BUNDLE).key.state
    except Refusal as wrong:
        told["says"] = wrong.name
    return told


def made() -> str:
    """What stands in the file."""
    body = {
        "note": NOTE.decode(),
        "vkey": str(LOG.verifier),
        "now_ms": NOON_MS + 2 * DAY_MS,
        "host": "suyuan.example",
        "links": cases(),
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(made(), encoding="utf-8")
