"""Whatever is changed in a signed link, it is refused, or names the very goods that were signed."""

from __future__ import annotations

import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ledger.errors import Refusal
from ledger.identifiers import DigitalLink, Gtin
from ledger.identifiers.digital_link import AI_CHARACTERS
from ledger.identifiers.link_signature import LinkSignature, ReadLink
from ledger.log.signed_links import sign_link, verify_link
from tests.support import signed_links as made

_VALUES = st.text(st.sampled_from(sorted(AI_CHARACTERS)), min_size=1, max_size=20).filter(
    lambda one: one not in {".", ".."}
)
_GTINS = st.sampled_from(["09520001000027", "09520001000010", "00012345600012"])
_GOODS = st.builds(
    lambda gtin, batch, serial: DigitalLink(Gtin(gtin), batch, serial),
    _GTINS,
    st.none() | _VALUES,
    st.none() | _VALUES,
)
_EXPIRIES = st.sampled_from(["", "?17=270331", "?17=280101"])


@given(goods=_GOODS, expiry=_EXPIRIES)
def test_what_is_signed_verifies_for_exactly_these_goods(goods: DigitalLink, expiry: str) -> None:
    link = goods.at(made.HOST) + expiry
    found = verify_link(sign_link(link, made.MAKER), made.BUNDLE)
    assert found.goods == ReadLink.parse(link).goods
    assert found.goods.named == goods


@given(one=_GOODS, other=_GOODS, expiries=st.tuples(_EXPIRIES, _EXPIRIES))
@example(
    one=DigitalLink(Gtin("09520001000027"), "A", "B"),
    other=DigitalLink(Gtin("09520001000027"), "A(21)B"),
    expiries=("", ""),
)
def test_the_signature_for_one_goods_never_verifies_another(
    one: DigitalLink, other: DigitalLink, expiries: tuple[str, str]
) -> None:
    first, second = one.at(made.HOST) + expiries[0], other.at(made.HOST) + expiries[1]
    assume(ReadLink.parse(first).goods != ReadLink.parse(second).goods)
    signature = ReadLink.parse(sign_link(first, made.MAKER)).signature
    parameter = ReadLink.parse(second).goods.parameter
    with pytest.raises(Refusal):
        verify_link(f"{second}{'&' if '?' in second else '?'}{parameter}={signature}", made.BUNDLE)


_SIGNED = [sign_link(one, made.MAKER) for one in made.LINKS]
#: Where the host ends: what stands before is not covered, and compared apart.
_PATHS = [one.index("/", len("https://")) for one in _SIGNED]


@given(which=st.integers(0, len(_SIGNED) - 1), data=st.data())
def test_a_changed_bit_behind_the_host_is_refused_or_names_the_same_goods(
    which: int, data: st.DataObject
) -> None:
    link = _SIGNED[which]
    place = data.draw(st.integers(_PATHS[which], len(link) - 1))
    changed = link[:place] + chr(ord(link[place]) ^ (1 << data.draw(st.integers(0, 7)))) + link[place + 1 :]
    try:
        found = verify_link(changed, made.BUNDLE)
    except Refusal:
        return
    # Another spelling of the same: the case of a batch code or an escape, a parameter that is nobody's, a folder before the path.
    assert found.goods == ReadLink.parse(link).goods
    assert found.key.key == made.MAKER.public


@given(bit=st.integers(0, 66 * 8 + 7), which=st.integers(0, len(_SIGNED) - 1))
def test_a_changed_bit_of_the_signature_is_always_refused(bit: int, which: int) -> None:
    read = ReadLink.parse(_SIGNED[which])
    assert read.signature is not None
    raw = bytearray(bytes([1]) + read.signature.key_hint + read.signature.signature)
    raw[bit // 8] ^= 1 << bit % 8
    text = _text(bytes(raw))
    with pytest.raises(Refusal):
        verify_link(_SIGNED[which].replace(str(read.signature), text), made.BUNDLE)


@given(hint=st.binary(min_size=2, max_size=2), signature=st.binary(min_size=64, max_size=64))
def test_a_signature_goes_into_text_and_back(hint: bytes, signature: bytes) -> None:
    one = LinkSignature(hint, signature)
    assert LinkSignature.parse(str(one)) == one
    assert set(str(one)) <= set(string.ascii_letters + string.digits + "-_")


@given(st.text(max_size=200))
def test_whatever_comes_is_answered_with_a_refusal(text: str) -> None:
    for link in (text, f"{made.BATCH}?dsig={text}", f"{made.HOST}/{text}"):
        with pytest.raises(Refusal):
            verify_link(link, made.BUNDLE)


def _text(raw: bytes) -> str:
    """The spelling of any 67 bytes, of whatever version."""
    first = str(LinkSignature(raw[1:3], raw[3:]))
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    # The version is the first character and the two high bits of the second.
    second = (raw[0] & 0b11) << 4 | alphabet.index(first[1]) & 0b1111
    return alphabet[raw[0] >> 2] + alphabet[second] + first[2:]
