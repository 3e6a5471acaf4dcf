"""EPC names go to links and back, for every scheme that has a GS1 key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed, Refusal
from ledger.identifiers.gs1 import GS1Link, epc
from ledger.identifiers.gs1.epc import COMPANY_PREFIX_DIGITS, SCHEMES
from ledger.identifiers.gs1.event_names import event_name
from ledger.identifiers.gs1.syntax import CSET_82

ROOT = "https://id.gs1.org"

PAIRS = [
    ("urn:epc:id:sgtin:0614141.112345.400", "/01/10614141123459/21/400"),
    (
        "urn:epc:id:sgtin:9520001.000001.6789%2F%26%25%22%3C%3E%3F.x",
        "/01/09520001000010/21/6789%2F%26%25%22%3C%3E%3F.x",
    ),
    ("urn:epc:id:sgtin:952000100001.0.7", "/01/09520001000010/21/7"),
    ("urn:epc:class:lgtin:4012345.012345.998877", "/01/04012345123456/10/998877"),
    ("urn:epc:idpat:sgtin:0614141.112345.*", "/01/10614141123459"),
    (
        "urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7'SDB",
        "/01/01234567894560/235/51qIgY%29%3C%26Jp3%2Aj7%27SDB",
    ),
    ("urn:epc:id:itip:4012345.012345.01.02.987", "/8006/040123451234560102/21/987"),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", "/8006/040123451234560102"),
    ("urn:epc:id:sscc:4012345.1234567891", "/00/140123452345678919"),
    ("urn:epc:id:sgln:4012345.66666.5", "/414/4012345666663/254/5"),
    ("urn:epc:id:sgln:4012345.66666.0", "/414/4012345666663"),
    ("urn:epc:id:pgln:4012345.66666", "/417/4012345666663"),
    ("urn:epc:id:pgln:999999999999.", "/417/9999999999994"),
    ("urn:epc:id:grai:4012345.77777.678", "/8003/04012345777772678"),
    ("urn:epc:idpat:grai:4012345.77777.*", "/8003/04012345777772"),
    ("urn:epc:id:giai:4012345.526%2F893", "/8004/4012345526%2F893"),
    ("urn:epc:id:gsrn:4012345.4444333222", "/8018/401234544443332224"),
    ("urn:epc:id:gsrnp:4012345.5555666777", "/8017/401234555556667776"),
    ("urn:epc:id:gdti:4012345.55555.987", "/253/4012345555554987"),
    ("urn:epc:idpat:gdti:4012345.55555.*", "/253/4012345555554"),
    ("urn:epc:id:sgcn:4012345.67890.04711", "/255/401234567890104711"),
    ("urn:epc:id:cpi:4012345.98QXY%2FZ.12", "/8010/401234598QXY%2FZ/8011/12"),
    ("urn:epc:idpat:cpi:4012345.98QXY.*", "/8010/401234598QXY"),
    ("urn:epc:id:ginc:4012345.ABC123", "/401/4012345ABC123"),
    ("urn:epc:id:gsin:4012345.222333444", "/402/40123452223334442"),
]


@pytest.mark.parametrize(("urn", "path"), PAIRS)
def test_an_epc_and_its_link_say_the_same(urn: str, path: str) -> None:
    link = epc.to_link(urn)
    assert link.canonical == ROOT + path
    assert GS1Link.parse(ROOT + path) == link
    assert epc.to_urn(link, len(urn.split(":")[4].partition(".")[0])) == urn


def test_every_scheme_was_tried() -> None:
    assert {urn.split(":")[3] for urn, _ in PAIRS} == SCHEMES.keys()


@pytest.mark.parametrize(
    ("urn", "field", "says"),
    [
        ("42", "epc", "with a GS1 key"),
        ("urn:epc:id:gid:1.2.3", "epc", "with a GS1 key"),
        ("urn:epc:id:lgtin:4012345.012345.1", "epc", "with a GS1 key"),
        ("urn:epc:class:sgtin:4012345.012345.1", "epc", "with a GS1 key"),
        ("urn:epc:idpat:sscc:4012345.*", "epc", "with a GS1 key"),
        ("urn:epc:id:sscc:4012345.123456789", "epc", "6 to 12 digits, 17 together"),
        ("urn:epc:id:sscc:40123.123456789012", "epc", "6 to 12 digits"),
        ("urn:epc:id:sgtin:4012345678901..1", "epc", "6 to 12 digits"),
        ("urn:epc:id:sgtin:4012345.01234A.1", "epc", "fields with dots"),
        ("urn:epc:id:sgtin:4012345.012345", "epc", "fields with dots"),
        ("urn:epc:id:sgtin:4012345.012345.", "epc", "fields with dots"),
        ("urn:epc:id:sgtin:4012345.012345.a b", "epc", "fields with dots"),
        ("urn:epc:id:sgtin:4012345.012345.a%2", "epc", "fields with dots"),
        ("urn:epc:id:itip:4012345.012345.1.02.987", "epc", "fields with dots"),
        ("urn:epc:id:pgln:4012345.66666.1", "epc", "fields with dots"),
        ("urn:epc:id:giai:4012345.", "epc", "6 to 12 digits"),
        ("urn:epc:idpat:sgtin:4012345.012345.1", "epc", "ends in .*"),
        ("urn:epc:id:itip:4012345.012345.03.02.987", "epc.8006", "up to the total"),
        ("urn:epc:id:sgtin:4012345.012345.123456789012345678901", "epc.21", "1–20"),
        ("urn:epc:id:cpi:4012345.98QXY.012", "epc.8011", "zeros in front"),
        ("urn:epc:id:sgtin:4012345.012345.%00", "epc.21", "82 characters"),
    ],
)
def test_each_fault_of_an_epc_is_named(urn: str, field: str, says: str) -> None:
    with pytest.raises(Refusal) as caught:
        epc.to_link(urn)
    assert caught.value.field == field
    assert says in caught.value.expected.en


@pytest.mark.parametrize(
    ("path", "digits", "says"),
    [
        ("/01/09520001000010", 5, "6 to 12"),
        ("/01/09520001000010", 13, "6 to 12"),
        ("/8013/1987654Ad4X4bL5ttr2310c2K", 7, "an EPC can name"),
        ("/415/1231231231232/8020/R", 7, "an EPC can name"),
        ("/8004/9520ABC", 7, "company prefix of 7 digits"),
        ("/8004/9520614", 7, "company prefix of 7 digits"),
    ],
)
def test_what_has_no_epc_is_refused(path: str, digits: int, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        epc.to_urn(GS1Link.parse(ROOT + path), digits)
    assert says in caught.value.expected.en


def test_what_an_epc_cannot_say_is_left_out() -> None:
    link = GS1Link.parse(f"{ROOT}/01/09520001000010/22/V/10/A/21/7?17=260228")
    assert epc.to_urn(link, 7) == "urn:epc:id:sgtin:9520001.000001.7"
    assert (
        epc.to_urn(GS1Link.parse(f"{ROOT}/01/09520001000010/22/V/10/A"), 7)
        == "urn:epc:class:lgtin:9520001.000001.A"
    )
    assert (
        epc.to_urn(GS1Link.parse(f"{ROOT}/01/09520001000010?17=260228"), 7)
        == "urn:epc:idpat:sgtin:9520001.000001.*"
    )


_VALUE = st.text(st.sampled_from(CSET_82), min_size=1, max_size=20)


@given(st.sampled_from(["10", "21", "235"]), _VALUE, st.sampled_from(list(COMPANY_PREFIX_DIGITS)))
def test_any_batch_or_serial_goes_to_an_epc_and_back(ai: str, value: str, digits: int) -> None:
    link = GS1Link((("01", "19520001000017"), (ai, value)), 2)
    urn = epc.to_urn(link, digits)
    assert urn.isascii()
    if value == "*" and "idpat" in urn:
        return
    assert epc.to_link(urn) == link


@given(
    st.from_regex(
        r"urn:epc:(id|class|idpat):(sgtin|sscc|sgln|cpi|itip):[0-9]{6,8}\.[0-9]{0,7}\.[0-9A%*.]{0,6}",
        fullmatch=True,
    )
)
def test_a_strange_epc_is_refused_or_goes_back(urn: str) -> None:
    try:
        link = epc.to_link(urn)
    except Refusal:
        return
    assert epc.to_link(epc.to_urn(link, len(urn.split(":")[4].partition(".")[0]))) == link


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("urn:epc:class:lgtin:4012345.012345.A", "/01/04012345123456/10/A"),
        ("https://a.example/x/01/09780345418913/22/V/10/A?17=260228", "/01/09780345418913/10/A"),
        ("https://a.example/gtin/9780345418913/lot/A%2fB/ser/7/", "/01/09780345418913/21/7"),
        ("http://a.example/01/09780345418913/10/A%2fB#x", "/01/09780345418913/10/A%2FB"),
        ("https://a.example/gln/9520123456788/glnx/x", "/414/9520123456788/254/x"),
        ("https://a.example/8010/9520A/8011/7", "/8010/9520A/8011/7"),
        ("https://a.example/01/09780345418919", "/01/09780345418919"),
    ],
)
def test_the_hash_of_an_event_knows_one_name_for_what_was_written_in_many_ways(
    written: str, name: str
) -> None:
    assert event_name(written) == ROOT + name


@pytest.mark.parametrize(
    "written",
    [
        "",
        "42",
        "urn:epc:id:gid:1.2.3",
        "urn:uuid:00000000-0000-0000-0000-000000000000",
        "https://a.example",
        "https://a.example/01/0978034541891X",
        "https://a.example/01/09780345418913/99/x",
        "https://a.example/01/09780345418913/21/7/10/A",
        "https://a.example/01/09780345418913/10",
        "https://a.example/8017/401234500000000074/8019/3",
        "https://a.example/8013/1987654Ad4X4bL5ttr2310c2K",
        "https://a.example/8006/04012345123456/22/ABCD",
    ],
)
def test_what_epcis_does_not_know_has_no_name_in_a_hash(written: str) -> None:
    with pytest.raises(Refusal) as caught:
        event_name(written, field="epc_list[0]")
    assert caught.value.field.startswith("epc_list[0]")
