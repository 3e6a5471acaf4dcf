from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed, Refusal, TooLarge
from ledger.identifiers import DigitalLink, Gtin
from ledger.identifiers.digital_link import AI_CHARACTERS, _without_last_slash
from ledger.identifiers.gs1 import GS1Link

SAUSAGE = Gtin("09520001000010")
ROOT = "https://id.gs1.org/01/09520001000010"


@pytest.mark.parametrize(
    "address",
    [
        "https://id.gs1.org",
        "http://a.example",
        "HTTPS://a.example",
        "https://a.example:65535",
        "https://[2001:db8::1]",
        "https://xn--fsq.xn--0zwm56d",
        "https://a.example/our/shop",
        "https://a.example/01/faux",
        "https://a.example/2026/01/20261112",
    ],
)
def test_any_web_address_may_carry_the_path(address: str) -> None:
    link = DigitalLink.parse(f"{address}/01/09520001000010/10/SG-20261113/21/7")
    assert link == DigitalLink(SAUSAGE, "SG-20261113", "7")
    assert str(link) == f"{ROOT}/10/SG-20261113/21/7"


@pytest.mark.parametrize(
    ("tail", "batch", "serial"),
    [
        ("", None, None),
        ("/", None, None),
        ("/10/A", "A", None),
        ("/10/A/", "A", None),
        ("/21/7", None, "7"),
        ("/10/A/21/7", "A", "7"),
        ("/10/01", "01", None),
        ("/10/10/21/21", "10", "21"),
        ("/10/A?", "A", None),
        ("/10/A#part", "A", None),
        ("/10/A?17=270331", "A", None),
        ("/10/A?17=270200", "A", None),
        ("/10/A?17=280229", "A", None),
        ("/10/A?3103=000195&from=label&flag;99=X#part", "A", None),
        ("/10/A+1", "A+1", None),
        ("/10/A%2B1%2f2%25", "A+1/2%", None),
        ("/10/%41", "A", None),
    ],
)
def test_the_keys_are_read_and_the_rest_is_left_out(tail: str, batch: str | None, serial: str | None) -> None:
    assert DigitalLink.parse(ROOT + tail) == DigitalLink(SAUSAGE, batch, serial)


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("", "link", "begins with http"),
        ("urn:epc:id:sgtin:9520001.000001.7", "link", "begins with http"),
        ("ftp://a.example/01/09520001000010", "link", "begins with http"),
        ("hTTps://a.example/01/09520001000010", "link", "all small or all capital"),
        (f"{ROOT}\n", "link", "URI characters"),
        (f"{ROOT}#\n", "link", "URI characters"),
        (f"{ROOT}/10/批", "link", "URI characters"),
        (f"{ROOT}/10/A B", "link", "URI characters"),
        (f"{ROOT}/10/A>B", "link", "URI characters"),
        (f"{ROOT}/10/100%", "link", "URI characters"),
        (f"{ROOT}/10/A?name=批", "link", "URI characters"),
        ("https:///01/09520001000010", "link", "host name"),
        ("https://$a/01/09520001000010", "link", "host name"),
        ("https://id.gs1.org@a.example/01/09520001000010", "link", "without a user name"),
        ("https://user:word@a.example/01/09520001000010", "link", "without a user name"),
        ("https://a.example", "link", "/01/ and a GTIN"),
        ("https://a.example/", "link", "/01/ and a GTIN"),
        ("https://a.example/01", "link", "/01/ and a GTIN"),
        ("https://a.example/01/", "link", "/01/ and a GTIN"),
        ("https://a.example/01//09520001000010", "link", "/01/ and a GTIN"),
        ("https://a.example/gtin/09520001000010", "link", "/01/ and a GTIN"),
        ("https://a.example/00/006141411234567890", "link", "/01/ and a GTIN"),
        ("https://a.example/01/9520001000010", "link.gtin", "14 digits"),
        ("https://a.example/01/96385074/10/A", "link.gtin", "14 digits"),
        (f"{ROOT}/foo", "link", "/01/ and a GTIN"),
        (f"{ROOT}/10/A/foo", "link", "/01/ and a GTIN"),
        (f"{ROOT}/10/A/foo/x", "link", "/01/ and a GTIN"),
        (f"{ROOT}/22/V1/10/A", "link", "only 10 (batch) and 21 (serial)"),
        (f"{ROOT}/235/T1", "link", "only 10 (batch) and 21 (serial)"),
        (f"{ROOT}//10/A", "link", "/01/ and a GTIN"),
        (f"{ROOT}/10/A//", "link", "/01/ and a GTIN"),
        (f"{ROOT}/10/A/10/A", "link", "qualifiers in their order"),
        (f"{ROOT}/21/7/21/8", "link", "qualifiers in their order"),
        (f"{ROOT}/21/7/10/A", "link", "qualifiers in their order"),
        (f"{ROOT}?10=A", "link.batch", "in the path"),
        (f"{ROOT}/10/A?10=A", "link.batch", "one (10)"),
        (f"{ROOT}/10/A?99=x&21=7", "link.serial", "in the path"),
        (f"{ROOT}/10/A?01=09520001000010", "link.gtin", "one (01)"),
        (f"{ROOT}?89=x", "link", "application identifier"),
        (f"{ROOT}?17=271301", "link.17", "YYMMDD"),
        (f"{ROOT}?17=270229", "link.17", "YYMMDD"),
        (f"{ROOT}?17=270132", "link.17", "YYMMDD"),
        (f"{ROOT}?17=2703", "link.17", "6 digits"),
        (f"{ROOT}?17=", "link.17", "not nothing"),
        (f"{ROOT}?17=270331&17=270331", "link.17", "one (17)"),
        (f"{ROOT}?3922=0299", "link.3922", "(3922) together with"),
        (f"{ROOT}/10", "link", "/01/ and a GTIN"),
        (f"{ROOT}/10//21/7", "link.batch", "not nothing"),
        (f"{ROOT}/10/%E6%89%B9", "link.batch", "not '批'"),
        (f"{ROOT}/10/A%20B", "link.batch", "not ' '"),
        (f"{ROOT}/10/A%00", "link.batch", "not '\\x00'"),
        (f"{ROOT}/21/A%23", "link.serial", "not '#'"),
        (f"{ROOT}/10/%FF", "link.batch", "82 characters"),
        (f"{ROOT}/10/A/21/%C3", "link.serial", "82 characters"),
        (f"{ROOT}/10/.", "link.batch", "other than"),
        (f"{ROOT}/10/%2E%2e", "link.batch", "other than"),
    ],
)
def test_each_fault_of_a_link_is_named(text: str, field: str, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        DigitalLink.parse(text)
    assert caught.value.field == field
    assert says in caught.value.expected.en


def test_a_wrong_check_digit_in_a_link_is_named_as_such() -> None:
    with pytest.raises(CheckDigitWrong) as caught:
        DigitalLink.parse("https://id.gs1.org/01/09520001000011", field="code")
    assert caught.value.field == "code.gtin"


def test_twenty_characters_fit_and_twenty_one_do_not() -> None:
    assert DigitalLink.parse(f"{ROOT}/10/{'A' * 20}/21/{'%2F' * 20}").serial == "/" * 20
    with pytest.raises(TooLarge) as caught:
        DigitalLink.parse(f"{ROOT}/10/{'A' * 21}")
    assert caught.value.field == "link.batch"
    with pytest.raises(TooLarge):
        DigitalLink.parse(f"{ROOT}/21/{'%2F' * 21}")


def test_a_link_may_have_two_thousand_characters_and_no_more() -> None:
    longest = ROOT + "?" + "x" * (2000 - len(ROOT) - 1)
    assert DigitalLink.parse(longest) == DigitalLink(SAUSAGE)
    with pytest.raises(TooLarge):
        DigitalLink.parse(longest + "x")


def test_all_82_characters_travel_and_come_back() -> None:
    assert len(AI_CHARACTERS) == 82
    for character in AI_CHARACTERS:
        link = DigitalLink(SAUSAGE, f"{character}1", f"1{character}")
        assert DigitalLink.parse(str(link)) == link


def test_only_unreserved_characters_stay_unescaped() -> None:
    link = DigitalLink(SAUSAGE, "aZ0-._", "+/:%(*")
    assert link.path() == "/01/09520001000010/10/aZ0-._/21/%2B%2F%3A%25%28%2A"


def test_a_link_can_be_printed_at_our_own_address() -> None:
    link = DigitalLink(SAUSAGE, "A", "7")
    assert link.at("https://suyuan.example/") == "https://suyuan.example/01/09520001000010/10/A/21/7"
    assert link.at("https://a.example/base") == "https://a.example/base/01/09520001000010/10/A/21/7"


def test_a_pack_knows_its_batch() -> None:
    assert DigitalLink(SAUSAGE, "A", "7").batch_link() == DigitalLink(SAUSAGE, "A")
    assert DigitalLink(SAUSAGE, None, "7").batch_link() == DigitalLink(SAUSAGE)


@pytest.mark.parametrize(("batch", "serial"), [("", None), (None, ""), ("甲", None), ("A" * 21, None)])
def test_no_link_can_be_made_of_what_it_cannot_carry(batch: str | None, serial: str | None) -> None:
    with pytest.raises(Refusal):
        DigitalLink(SAUSAGE, batch, serial)


def test_links_have_an_order_with_and_without_batch() -> None:
    product, batch, pack = DigitalLink(SAUSAGE), DigitalLink(SAUSAGE, "A"), DigitalLink(SAUSAGE, "A", "7")
    assert sorted([pack, product, batch]) == [product, batch, pack]
    assert product < batch <= batch < pack
    assert pack > batch >= batch > product
    assert hash(batch) == hash(DigitalLink(SAUSAGE, "A"))


@pytest.mark.parametrize("compare", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_a_link_is_not_ordered_among_other_things(compare: str) -> None:
    assert getattr(DigitalLink(SAUSAGE), compare)(str(DigitalLink(SAUSAGE))) is NotImplemented


@pytest.mark.parametrize(
    ("urn", "link"),
    [
        ("urn:epc:class:lgtin:9520001.000001.SG-1", f"{ROOT}/10/SG-1"),
        ("urn:epc:id:sgtin:9520001.000001.7", f"{ROOT}/21/7"),
        ("urn:epc:idpat:sgtin:9520001.000001.*", ROOT),
        # The indicator digit stands before the item in an EPC and before the company in a GTIN.
        ("urn:epc:id:sgtin:0614141.112345.400", "https://id.gs1.org/01/10614141123459/21/400"),
        ("urn:epc:id:sgtin:952000.1000010.7", "https://id.gs1.org/01/19520000000100/21/7"),
        ("urn:epc:id:sgtin:952000100001.0.7", f"{ROOT}/21/7"),
        ("urn:epc:id:sgtin:9520001.000001.6789%2F%26%25%22", f"{ROOT}/21/6789%2F%26%25%22"),
    ],
)
def test_an_epc_names_the_same_goods(urn: str, link: str) -> None:
    assert str(DigitalLink.from_epc_urn(urn)) == link


@pytest.mark.parametrize(
    ("urn", "field", "says"),
    [
        ("urn:epc:id:sscc:0614141.1234567890", "epc", "an EPC that begins with"),
        ("https://id.gs1.org/01/09520001000010", "epc", "an EPC that begins with"),
        ("urn:epc:id:sgtin:9520001.000001", "epc", "fields with dots"),
        ("urn:epc:id:sgtin:9520001.000001.", "epc", "fields with dots"),
        ("urn:epc:id:sgtin:9520001.000001.7%zz", "epc", "fields with dots"),
        ("urn:epc:id:sgtin:９520001.000001.7", "epc", "an EPC with a GS1 key"),
        ("urn:epc:id:sgtin:95200.01000001.7", "epc", "6 to 12 digits"),
        ("urn:epc:id:sgtin:9520001000010.0.7", "epc", "6 to 12 digits"),
        ("urn:epc:id:sgtin:9520001.00001.7", "epc", "6 to 12 digits"),
        ("urn:epc:idpat:sgtin:9520001.000001.7", "epc", "ends in .*"),
        ("urn:epc:class:lgtin:9520001.000001.批", "epc", "fields with dots"),
        ("urn:epc:class:lgtin:9520001.000001.%E6%89%B9", "epc.batch", "not '批'"),
        ("urn:epc:id:sgtin:9520001.000001.%FF", "epc.serial", "82 characters"),
    ],
)
def test_each_fault_of_an_epc_is_named(urn: str, field: str, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        DigitalLink.from_epc_urn(urn)
    assert caught.value.field == field
    assert says in caught.value.expected.en


def test_the_last_of_two_products_in_a_path_is_meant() -> None:
    link = DigitalLink.parse(f"{ROOT}/10/A/01/09506000134352")
    assert str(link) == "https://id.gs1.org/01/09506000134352"


@pytest.mark.parametrize("tail", ["/?17=270331", "/#part", "/10/A/?from=label"])
def test_one_slash_at_the_end_of_the_path_changes_nothing(tail: str) -> None:
    assert DigitalLink.parse(ROOT + tail).gtin == SAUSAGE


_SAFE = st.text(st.sampled_from(sorted(AI_CHARACTERS)), min_size=1, max_size=20).filter(
    lambda value: value not in {".", ".."}
)
_HOSTS = st.sampled_from(
    ["https://id.gs1.org", "http://a.example:8080", "HTTPS://A.EXAMPLE/shop", "https://a/01/x"]
)


@given(_HOSTS, st.none() | _SAFE, st.none() | _SAFE)
def test_the_short_way_and_the_long_way_read_alike(
    address: str, batch: str | None, serial: str | None
) -> None:
    link = DigitalLink(SAUSAGE, batch, serial)
    assert DigitalLink.parse(link.at(address)) == DigitalLink.of(GS1Link.parse(link.at(address))) == link


@given(st.text(st.sampled_from("019527AZ%/.?=&#-_:"), max_size=60))
def test_whatever_follows_a_product_is_read_as_the_rules_read_it_or_refused(tail: str) -> None:
    try:
        link = DigitalLink.parse(ROOT + tail)
    except Refusal:
        return
    assert DigitalLink.of(GS1Link.parse(ROOT + _without_last_slash(tail))) == link
