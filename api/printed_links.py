"""Codes as they are printed: the address at our host that leads to a pack, with its maker's signature where a key is given.

A list for a printing house has a hundred thousand of them, so what the codes of one batch have in common is put together once. What is signed, and
where a signature stands in a link, is `ledger.identifiers.link_signature`'s to say.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal
from ledger.identifiers import DigitalLink
from ledger.identifiers.link_signature import (
    DIGSIG,
    KEY_HINT_BYTES,
    SIGNATURE_CHARACTERS,
    VERSION_ED25519,
    LinkGoods,
)
from ledger.log.signed_links import sign_link

if TYPE_CHECKING:
    from ledger.keys import Signer

_SERIAL: Final = "/21/"
#: A serial number that stands in a link as it is. AI 21 has twenty characters at most.
_PLAIN: Final = re.compile("[0-9A-Za-z]{1,20}")
#: What stands behind the serial number in what is signed of a pack.
_ENDED: Final = b"\x1d\n"
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


@dataclass(slots=True)
class PrintedLinks:
    """Turns codes into what is printed: the address at our host, with the maker's signature at its end where a key is given.

    What is signed about the codes of one batch differs in the serial number and nothing else, so the rest is put together once. That it is the
    same as `sign_link` gives is for a test to say.
    """

    base_url: str
    key: Signer | None = None
    _heads: dict[str, tuple[str, bytes]] = field(default_factory=dict, init=False)
    #: What stands before the 64 bytes of every signature of this key.
    _before: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        """A signature begins with the version and the key's hint."""
        if self.key is not None:
            self._before = bytes([VERSION_ED25519, *bytes.fromhex(self.key.public.keyid)[:KEY_HINT_BYTES]])

    def of(self, code: str) -> str:
        """The link of a code; what is no Digital Link is printed as it is."""
        head, slash, serial = code.rpartition(_SERIAL)
        if not slash:
            return code
        at = self._heads.get(head)
        if at is None:
            at = self._heads[head] = self._head(head)
        if not at[0]:
            return code
        if not _PLAIN.fullmatch(serial):
            return self._spelt_out(code)
        if self.key is None:
            return f"{at[0]}{serial}"
        signature = self._before + self.key.sign(at[1] + serial.encode("ascii") + _ENDED)
        # 67 bytes are 90 characters, and two of padding that nobody prints.
        text = (
            b2a_base64(signature, newline=False)[:SIGNATURE_CHARACTERS].translate(_URL_SAFE).decode("ascii")
        )
        return f"{at[0]}{serial}?{DIGSIG}={text}"

    def _spelt_out(self, code: str) -> str:
        """A serial number that is escaped in the link, and not in what is signed; or a code that only looks like a link."""
        try:
            link = DigitalLink.parse(code).at(self.base_url)
        except Refusal:
            return code
        return link if self.key is None else sign_link(link, self.key)

    def _head(self, batch: str) -> tuple[str, bytes]:
        """Link and signed bytes up to the serial number."""
        try:
            link = DigitalLink.parse(f"{batch}{_SERIAL}0")
        except Refusal:
            return "", b""
        at = link.at(self.base_url).removesuffix("0")
        if self.key is None:
            return at, b""
        signed = LinkGoods(link).signed_bytes(self.key.public.keyid)
        assert signed.endswith(b"0" + _ENDED), "a serial number stands last in what is signed"
        return at, signed.removesuffix(b"0" + _ENDED)
