"""Links that carry a signature: signing them, and checking them with a bundle of keys and no network.

A good signature says one thing: this key's holder issued a code for exactly these goods. **A copy of the code verifies as well**, the host is not
covered, and whether the goods behind it are those, were recalled or sold is not in it; `NOT_CHECKED` names it all, for whoever shows a verdict.
Nor does a link say when it was signed: what a key that ended signed before its end and after it look alike.

Verification raises; what comes back has been verified. A key that ended is no refusal, since codes printed in its time are still about: the
answer carries its end, and the words for it are `LabelKey.standing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Malformed, SignatureWrong, UnknownName, Words
from ledger.identifiers.link_signature import (
    KEY_HINT_BYTES,
    LinkGoods,
    LinkSignature,
    NotSigned,
    ReadLink,
    goods_to_sign,
    with_signature,
)

if TYPE_CHECKING:
    from ledger.keys import Signer
    from ledger.log.label_keys import LabelKey, LabelKeys

#: What no signature in a link says, in the order in which a buyer would ask.
NOT_CHECKED: Final = (
    Words(
        zh="复制的码同样能通过验签：签名不说明这一件是否原件",
        en="a copy of the code verifies too: the signature does not tell this pack from a copy of its label",
    ),
    Words(
        zh="是否被召回、控制，是否已售出或作废（需联网查询）",
        en="whether the goods were recalled, held, sold or the code was voided (ask with a network)",
    ),
    Words(
        zh="链接的网址不在签名范围内，须另行比对",
        en="the address (host) of the link is not covered by the signature and is compared separately",
    ),
    Words(
        zh="码是什么时候签发的；所写的内容是否属实",
        en="when the code was signed, and whether what it says is true",
    ),
)


class KeyUnknown(UnknownName):
    """No key of the bundle can have made the signature: a code of another log, a newer key, or an invention."""

    title = Words(zh="密钥包里没有这把签名密钥", en="the bundle holds no such key")


@dataclass(frozen=True, slots=True)
class VerifiedLink:
    """A link whose signature is good: for which goods, by which key, as of which bundle."""

    goods: LinkGoods
    key: LabelKey
    bundle: LabelKeys


def sign_link(link: str, key: Signer) -> str:
    """The link with the signature of a label key at its end: under 8030 where it names a pack, else under `dsig`."""
    public = key.public
    if public.kind != "ed25519":
        expected = Words(zh="ed25519 密钥", en="an ed25519 key")
        raise Malformed(field="key", came=public.kind, expected=expected)
    goods, keyid = goods_to_sign(link), public.keyid
    return with_signature(link, goods, LinkSignature(_hint(keyid), key.sign(goods.signed_bytes(keyid))))


def verify_link(link: str, bundle: LabelKeys) -> VerifiedLink:
    """Who signed what is in this link, or a refusal: `NotSigned`, `Malformed`, `KeyUnknown` or `SignatureWrong`."""
    read = ReadLink.parse(link)
    if read.signature is None:
        expected = Words(zh="带 8030 或 dsig 参数的链接", en="a link with a parameter 8030 or dsig")
        raise NotSigned(field="link", came=link, expected=expected)
    # Two bytes name a key only almost: whoever enrols keys can make two alike, so each of them is tried.
    candidates = [one for one in bundle.keys if _hint(one.key.keyid) == read.signature.key_hint]
    if not candidates:
        expected = Words(zh="密钥包中的一把密钥", en="a key of the bundle")
        raise KeyUnknown(field="link.signature", came=read.signature.key_hint.hex(), expected=expected)
    for one in candidates:
        try:
            one.key.verify(read.signature.signature, read.goods.signed_bytes(one.key.keyid))
        except SignatureWrong:
            continue
        return VerifiedLink(read.goods, one, bundle)
    expected = Words(zh="该密钥对这些货物的签名", en="this key's signature for these very goods")
    raise SignatureWrong(field="link.signature", came=read.signature.key_hint.hex(), expected=expected)


def _hint(keyid: str) -> bytes:
    return bytes.fromhex(keyid)[:KEY_HINT_BYTES]
