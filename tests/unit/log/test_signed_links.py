"""Signatures in links: what is signed, what is told of it, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, Refusal, SignatureWrong
from ledger.identifiers.link_signature import (
    SIGNATURE_CHARACTERS,
    LinkSignature,
    NotSigned,
    ReadLink,
)
from ledger.keys import Ed25519Signer
from ledger.log.signed_links import NOT_CHECKED, KeyUnknown, sign_link, verify_link
from tests.support import signed_links as made
from tests.support.passkeys import Es256Signer

if TYPE_CHECKING:
    from ledger.log.label_keys import LabelKeys


def test_a_link_signs_its_goods_in_one_spelling_with_the_whole_id_of_the_key() -> None:
    goods = ReadLink.parse(f"{made.HOST}/x/01/09520001000027/10/AB%2f1/21/7?17=270331&from=a").goods
    assert goods.signed_bytes("00ff") == (
        b"suyuan/label/v1\n00ff\ngs1\n(01)09520001000027\x1d(10)AB/1\x1d(21)7\x1d(17)270331\x1d\n"
    )
    code = ReadLink.parse(made.CODE).goods
    assert code.signed_bytes("00ff") == b"suyuan/label/v1\n00ff\nbatch-code\n00000000000000000\x1d\n"


def test_elements_are_parted_so_that_no_two_goods_are_signed_alike() -> None:
    # Without brackets 10 with 1X and 101 with X are one text; without FNC1 a bracket in a value would do the same.
    texts = [
        ReadLink.parse(f"{made.HOST}/01/09520001000027{path}").goods.text
        for path in ("/10/A/21/B", "/10/A%2821%29B", "/10/A%2821%29B/21/B", "/21/B", "/10/B")
    ]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("link", made.LINKS)
def test_what_was_signed_verifies_and_says_for_which_goods_and_by_whom(link: str) -> None:
    signed = sign_link(link, made.MAKER)
    found = verify_link(signed, made.BUNDLE)
    assert found.key.name == "绿畦示例合作社（演示）"
    assert found.goods == ReadLink.parse(link).goods
    assert len(signed) - len(link) == SIGNATURE_CHARACTERS + len("?8030=")


@pytest.mark.parametrize(
    ("link", "parameter"),
    [(made.PACK, "8030"), (made.BATCH, "dsig"), (made.PRODUCT, "dsig"), (made.CODE, "dsig")],
)
def test_8030_stands_where_there_is_a_serial_number_and_a_private_parameter_elsewhere(
    link: str, parameter: str
) -> None:
    assert f"?{parameter}=" in sign_link(link, made.MAKER)


@pytest.mark.parametrize("link", [made.PACK, made.CODE])
def test_a_link_is_signed_once_and_never_with_a_fragment(link: str) -> None:
    with pytest.raises(Malformed):
        sign_link(sign_link(link, made.MAKER), made.MAKER)
    with pytest.raises(Malformed):
        sign_link(f"{link}#top", made.MAKER)


@pytest.mark.parametrize(
    "link", ["", "不是链接", "https://suyuan.example/", "https://suyuan.example/c/0", "x" * 10_000]
)
def test_what_names_no_goods_is_not_signed(link: str) -> None:
    with pytest.raises(Refusal):
        sign_link(link, made.MAKER)


def test_a_key_of_another_kind_signs_no_links() -> None:
    with pytest.raises(Malformed, match="ed25519"):
        sign_link(made.PACK, Es256Signer.make(1))


def test_a_link_without_a_signature_is_told_from_one_that_does_not_verify() -> None:
    with pytest.raises(NotSigned):
        verify_link(made.PACK, made.BUNDLE)
    with pytest.raises(SignatureWrong):
        verify_link(sign_link(made.PACK, made.MAKER).replace("K3", "K4"), made.BUNDLE)
    with pytest.raises(KeyUnknown):
        verify_link(sign_link(made.PACK, made.STRANGER), made.BUNDLE)


def test_the_signature_of_one_key_is_not_taken_for_another_whose_id_begins_alike() -> None:
    signed = sign_link(made.PACK, made.MAKER)
    maker, *_ = made.BUNDLE.keys
    twin = _twin(maker.key.keyid[:4])
    alone: LabelKeys = replace(made.BUNDLE, keys=(replace(maker, key=twin.public),))
    with pytest.raises(SignatureWrong):
        verify_link(signed, alone)
    both = replace(made.BUNDLE, keys=(replace(maker, key=twin.public), maker))
    assert verify_link(signed, both).key == maker


def _twin(begins: str) -> Ed25519Signer:
    """Another key with the same two bytes in front: some 65,536 tries, as anybody can make them."""
    for number in range(1 << 22):
        one = Ed25519Signer.from_secret(number.to_bytes(32, "big"))
        if one.public.keyid.startswith(begins):
            return one
    raise AssertionError(begins)


@pytest.mark.parametrize(
    ("signer", "state"),
    [(made.MAKER, "valid"), (made.ENDED, "ended"), (made.LOST, "lost"), (made.STOLEN, "stolen")],
)
def test_a_key_that_ended_verifies_and_is_told(signer: Ed25519Signer, state: str) -> None:
    key = verify_link(sign_link(made.PACK, signer), made.BUNDLE).key
    assert key.state == state
    told = key.standing
    assert ("失窃" in told.zh, "stolen" in told.en) == (state == "stolen", state == "stolen")
    # What nobody can see from a link is said wherever it matters.
    assert ("签发时间" in told.zh) == (state != "valid")


def test_the_host_and_what_chat_programs_append_are_not_covered() -> None:
    signed = sign_link(made.PACK, made.MAKER)
    for link in (signed.replace("suyuan.example", "evil.example"), f"{signed}&from=timeline"):
        assert verify_link(link, made.BUNDLE).goods.named == ReadLink.parse(made.PACK).goods.named


@pytest.mark.parametrize("separator", ["&", ";"])
def test_an_element_that_nobody_signed_is_seen_behind_either_separator(separator: str) -> None:
    # Older programs part parameters by semicolons: what one of them would take for an expiry date must not pass unsigned.
    for link in (made.BATCH, made.CODE):
        signed = sign_link(link, made.MAKER)
        assert (
            verify_link(f"{signed}&from=a{separator}more=b", made.BUNDLE).goods == ReadLink.parse(link).goods
        )
        with pytest.raises(SignatureWrong):
            verify_link(f"{signed}&from=a{separator}17=280331", made.BUNDLE)


@pytest.mark.parametrize("again", ["01=09520001000027", "10=JC-2", "21=K4"])
def test_a_link_names_its_goods_once(again: str) -> None:
    for link in (made.PACK, made.BATCH, made.PRODUCT, made.CODE):
        with pytest.raises(Malformed):
            sign_link(f"{link}?{again}", made.MAKER)


def test_what_a_signature_does_not_say_is_said() -> None:
    zh, en = " ".join(one.zh for one in NOT_CHECKED), " ".join(one.en for one in NOT_CHECKED)
    assert all(word in zh for word in ("复制", "召回", "网址", "签发"))
    assert all(word in en for word in ("copy", "recalled", "host", "when the code was signed"))
    assert "正品" not in zh
    assert "genuine" not in en


@pytest.mark.parametrize(("hint", "signature"), [(1, 64), (3, 64), (2, 63), (2, 65)])
def test_a_signature_has_its_length(hint: int, signature: int) -> None:
    with pytest.raises(Malformed):
        LinkSignature(bytes(hint), bytes(signature))


def test_a_signature_has_one_spelling() -> None:
    text = str(LinkSignature(b"\x01\x02", bytes(64)))
    assert LinkSignature.parse(text) == LinkSignature(b"\x01\x02", bytes(64))
    for wrong in (f"{text}=", text[:-1], f"{text}A", text[:-1] + "B", f" {text}", text.replace("A", "+")):
        with pytest.raises(Malformed):
            LinkSignature.parse(wrong)


def test_the_page_of_known_links_is_what_this_program_makes() -> None:
    assert made.FILE.read_text("utf-8") == made.made(), "run python -m tests.support.signed_links"
