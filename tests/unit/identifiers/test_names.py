from __future__ import annotations

import hashlib

import pytest

from ledger.errors import CheckDigitWrong, Malformed, Refusal, TooLarge
from ledger.identifiers import (
    BatchCode,
    DigitalLink,
    GoodsId,
    Gtin,
    PartyId,
    ProductId,
    RegionCode,
    Sha256Hex,
    SiteId,
    StatementId,
)

CODE = BatchCode.new(bytes(range(10)))
SAUSAGES = "https://id.gs1.org/01/09520001000010/10/SG-20261113"


@pytest.mark.parametrize(("kind", "prefix"), [(PartyId, "pty_"), (SiteId, "site_"), (ProductId, "prd_")])
def test_a_name_that_we_give_out_has_a_prefix_and_eighty_random_bits(
    kind: type[PartyId | SiteId | ProductId], prefix: str
) -> None:
    assert str(kind.new(bytes(10))) == prefix + "0" * 16
    assert str(kind.new(b"\xff" * 10)) == prefix + "z" * 16
    with pytest.raises(AssertionError):
        kind.new(bytes(9))


@pytest.mark.parametrize(
    "text",
    [
        "site_0123456789abcdef",
        "pty_0123456789abcde",
        "pty_0123456789abcdef0",
        "pty_0123456789ABCDEF",
        "pty_0123456789abcdeu",
        "0123456789abcdef",
    ],
)
def test_another_shape_is_no_party(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        PartyId.parse(text)
    assert "pty_" in caught.value.expected.en


@pytest.mark.parametrize(
    "text",
    [
        SAUSAGES,
        "http://a.example/shop/01/09520001000010/10/SG-20261113/?17=270331",
        "urn:epc:class:lgtin:9520001.000001.SG-20261113",
    ],
)
def test_names_of_the_same_goods_become_one(text: str) -> None:
    goods = GoodsId.parse(text)
    assert str(goods) == SAUSAGES
    assert goods.digital_link == DigitalLink(Gtin("09520001000010"), "SG-20261113")
    assert goods.batch_code is None


def test_our_batch_code_names_goods() -> None:
    goods = GoodsId.of_batch(CODE)
    assert str(goods) == f"urn:suyuan:batch:{CODE}"
    assert goods.batch_code == CODE
    assert goods.digital_link is None
    assert GoodsId.parse(f"urn:suyuan:batch:{CODE.printed.upper()}") == goods


def test_a_link_names_goods() -> None:
    link = DigitalLink(Gtin("09520001000010"), "SG-20261113")
    assert str(GoodsId.of_link(link)) == SAUSAGES
    longest = DigitalLink(Gtin("09520001000010"), "/" * 20, "/" * 20)
    assert GoodsId.of_link(longest).digital_link == longest


@pytest.mark.parametrize(
    "text",
    [
        "urn:epc:id:sscc:0614141.1234567890",
        "urn:gdst:example.org:product:lot:class:1.2025",
        "urn:uuid:0199a7c3-4e1b-7000-8000-000000000000",
        "urn:a-1:x%20y",
        "https://id.gs1.org/00/006141411234567890",
        "https://a.example/goods/1?lot=2#3",
        "https://a.example:8443/goods/%E6%89%B9",
        "https://a.example/2026/01/20261112",
    ],
)
def test_names_from_elsewhere_are_kept_to_the_letter(text: str) -> None:
    goods = GoodsId.parse(text)
    assert str(goods) == text
    assert goods.digital_link is None
    assert goods.batch_code is None


@pytest.mark.parametrize(
    "text",
    [
        "SG-20261113",
        "http://a.example/goods/1",
        "https://a.example",
        "https://a.example/",
        "https:///goods/1",
        "https://user@a.example/goods/1",
        "https://A.example/goods/1",
        "https://a.example/goods 1",
        "https://a.example/批",
        "https://a.example/100%",
        "urn:",
        "urn:x",
        "urn:x:",
        "URN:uuid:1",
        "urn:-a:1",
        f"urn:{'a' * 33}:1",
        "urn:uuid:a b",
        # Our own namespace holds batch codes only.
        "urn:suyuan:other:1",
        "urn:Suyuan:batch:1",
        "urn:suyuan:batch:",
        "ftp://a.example/01/09520001000010",
    ],
)
def test_what_names_no_goods_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        GoodsId.parse(text, field="lines[0].goods")
    assert caught.value.field == "lines[0].goods"


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/01/9520001000010",
        "https://id.gs1.org/01/ABC",
        "https://id.gs1.org/01",
        f"{SAUSAGES}/22/V1",
        "https://id.gs1.org@a.example/01/09520001000010",
        "urn:epc:class:lgtin:9520001.000001",
    ],
)
def test_a_slip_in_a_link_about_a_gtin_is_not_a_name_from_elsewhere(text: str) -> None:
    with pytest.raises(Malformed):
        GoodsId.parse(text)


def test_wrong_check_digits_in_names_of_goods_are_found() -> None:
    for text in ("https://a.example/01/09520001000011", f"urn:suyuan:batch:{CODE.text[::-1]}"):
        with pytest.raises(CheckDigitWrong):
            GoodsId.parse(text)


def test_a_name_of_goods_may_have_two_hundred_characters_and_no_more() -> None:
    longest = "urn:x1:" + "a" * 193
    assert str(GoodsId.parse(longest)) == longest
    with pytest.raises(TooLarge):
        GoodsId.parse(longest + "a")


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/01/09520001000010",
        "urn:epc:class:lgtin:9520001.000001.SG-20261113",
        f"urn:suyuan:batch:{CODE.printed}",
    ],
)
def test_the_constructor_takes_only_the_one_spelling(text: str) -> None:
    with pytest.raises(Malformed):
        GoodsId(text)


def test_a_digest_is_that_of_its_bytes() -> None:
    assert str(Sha256Hex.of(b"abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert str(Sha256Hex.of(b"")) == hashlib.sha256().hexdigest()


@pytest.mark.parametrize("text", ["0" * 63, "0" * 65, "0F" * 32, "0g" * 32, "0x" + "0" * 62])
def test_another_shape_is_no_digest(text: str) -> None:
    with pytest.raises(Malformed):
        Sha256Hex.parse(text)


@pytest.mark.parametrize("text", ["32061", "3206130", "32061X"])
def test_another_shape_is_no_region(text: str) -> None:
    with pytest.raises(Malformed):
        RegionCode.parse(text)


def test_an_id_holds_the_moment_and_the_random_bits() -> None:
    # RFC 9562 A.6, the published example of version 7.
    published = StatementId.parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    assert published.ms == 0x017F22E279B0
    rest = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    assert StatementId.new(0x017F22E279B0, rest.to_bytes(10, "big")) == published


def test_the_border_cases_of_an_id_are_well_formed() -> None:
    assert str(StatementId.new(0, bytes(10))) == "00000000-0000-7000-8000-000000000000"
    last = StatementId.new((1 << 48) - 1, b"\xff" * 10)
    assert str(last) == "ffffffff-ffff-7fff-bfff-ffffffffffff"
    assert last.ms == (1 << 48) - 1


@pytest.mark.parametrize(("ms", "count"), [(-1, 10), (1 << 48, 10), (0, 9), (0, 11)])
def test_an_id_of_another_size_is_our_own_mistake(ms: int, count: int) -> None:
    with pytest.raises(AssertionError):
        StatementId.new(ms, bytes(count))


@pytest.mark.parametrize(
    "text",
    [
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",  # version 4
        "017f22e2-79b0-7cc3-78c4-dc0c0c07398f",  # another variant
        "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",  # another variant
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e279b07cc398c4dc0c0c07398f",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    ],
)
def test_another_shape_is_no_statement_id(text: str) -> None:
    with pytest.raises(Refusal):
        StatementId.parse(text)
