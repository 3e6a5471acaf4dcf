"""`suyuan verify-code`: who signed a code, told without a network. `suyuan sign-code`: sign codes with a label key of one's own.

What is needed is the bundle of label keys (`/log/label-keys`, fetched while there was a network) and the log's public key, from somebody one trusts.
Nothing is asked of any server, and the settings of none are read.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does
from api.commands.key_files import open_key_file, passphrase_argument
from api.commands.opening import read_file, read_vkeys
from ledger.errors import Refusal, Words
from ledger.identifiers.link_signature import NotSigned
from ledger.log.label_keys import LabelKeys
from ledger.log.note import NOTE_BYTES_MAX
from ledger.log.signed_links import NOT_CHECKED, sign_link, verify_link
from scanner.codes import read_code
from scanner.hosts import looks_like
from scanner.photo import PHOTO_LIMITS, read_photo

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from ledger.errors import Language
    from ledger.log.signed_links import VerifiedLink

#: A list of codes to sign is read from a file or a pipe, a code a line.
_STDIN: Final = "-"


def verify_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan verify-code` takes."""
    zh = language == "zh"
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("text", nargs="?", metavar="TEXT", help="码里的网址" if zh else "the link in the code")
    which.add_argument("--photo", type=Path, help="码的照片" if zh else "a photo of the code")
    parser.add_argument(
        "--bundle",
        type=Path,
        required=True,
        help="密钥包文件（/log/label-keys）" if zh else "file of the bundle of keys (/log/label-keys)",
    )
    parser.add_argument(
        "--vkey",
        required=True,
        help="日志公钥，或存有公钥的文件" if zh else "the log's public key, or the file that holds it",
    )
    parser.add_argument(
        "--host",
        help="应有的网址主机名，如 suyuan.example"
        if zh
        else "the host the link should have, like suyuan.example",
    )


def verify(asked: Namespace, console: Console) -> int:
    """0 where every signature is good and by no stolen key (one that ended otherwise is told); 1 where not, or where there is none."""
    bundle = LabelKeys.open(read_file(asked.bundle, bytes_max=NOTE_BYTES_MAX), read_vkeys(asked.vkey))
    now_ms, done = time.time_ns() // 1_000_000, GOOD
    texts = [asked.text] if asked.photo is None else _in_photo(asked.photo)
    for text in texts:
        console.say(text)
        try:
            found = verify_link(text, bundle)
        except Refusal as wrong:
            console.say_all(_refused(wrong, bundle, now_ms, console.language))
            done = WRONG
            continue
        console.say_all(f"  {line}" for line in _told(found, text, now_ms, asked.host, console.language))
        if found.key.state == "stolen":
            done = WRONG
    return done


def _in_photo(path: Path) -> list[str]:
    photo = read_file(path, bytes_max=PHOTO_LIMITS.photo_bytes_max)
    return [one.text for one in read_photo(photo, field=path.name)]


def _refused(wrong: Refusal, bundle: LabelKeys, now_ms: int, language: Language) -> Iterator[str]:
    yield f"  {wrong.in_language(language)}"
    if not isinstance(wrong, NotSigned):
        yield f"  {bundle.as_of(now_ms).in_language(language)}"


def _told(found: VerifiedLink, text: str, now_ms: int, host: str | None, language: Language) -> Iterator[str]:
    """The verdict: who issued the code for what, how the key stands, as of when, and what was not checked."""
    key, zh = found.key, language == "zh"
    who = key.name or str(key.party)
    kept = Words(
        zh="由本服务代管" if key.custody == "custodial" else "由该主体自己保管",
        en="kept for it by the service" if key.custody == "custodial" else "held by the party itself",
    )
    yield (
        f"签名有效：由 {who}（{key.party}）签发；密钥{kept.zh}"
        if zh
        else f"signature good: issued by {who} ({key.party}); key {kept.en}"
    )
    yield f"{'货物' if zh else 'goods'}  {found.goods.named}"
    for number, value in found.goods.attributes:
        yield f"({number})  {value}"
    yield key.standing.in_language(language)
    yield found.bundle.as_of(now_ms).in_language(language)
    yield _host(text, host).in_language(language)
    head = "没有核对的：" if zh else "not checked: "
    yield from (f"{head}{one.in_language(language)}" for one in NOT_CHECKED)


def _host(text: str, wanted: str | None) -> Words:
    """The host, compared apart from the signature, which does not cover it."""
    reading = read_code(text, frozenset() if wanted is None else frozenset({wanted.lower()}))
    came = reading.host or "—"
    if wanted is None:
        return Words(
            zh=f"网址 {came}：没有比对（--host 写明应有的主机名）",
            en=f"address {came}: not compared (--host says which it should be)",
        )
    if reading.is_ours:
        return Words(zh=f"网址 {came}：与所要的相符", en=f"address {came}: as it should be")
    alike = looks_like(came, [wanted]) is not None
    return Words(
        zh=f"网址 {came}：不是 {wanted}{'，只是看上去像' if alike else ''}，请不要打开",
        en=f"address {came}: not {wanted}{', it only looks like it' if alike else ''}; do not open it",
    )


def sign_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan sign-code` takes."""
    zh = language == "zh"
    parser.add_argument(
        "link",
        metavar="LINK",
        help="要签名的链接；- 表示从标准输入逐行读"
        if zh
        else "the link; - reads links from standard input, one a line",
    )
    parser.add_argument(
        "--key", type=Path, required=True, help="标签私钥文件" if zh else "file of the label key"
    )
    passphrase_argument(parser, language)


def sign(asked: Namespace, console: Console) -> int:
    """The link with its signature; nothing else is written, so that a printer can take it."""
    signer = open_key_file(asked.key, asked.passphrase_file)
    if asked.link != _STDIN:
        console.say(sign_link(asked.link, signer))
        return GOOD
    for line in sys.stdin:
        link = line.strip()
        if link:
            console.say(sign_link(link, signer))
    return GOOD


COMMANDS: Final = {
    "verify-code": Does(verify_arguments, verify),
    "sign-code": Does(sign_arguments, sign),
}
