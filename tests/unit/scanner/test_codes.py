from __future__ import annotations

import re
from itertools import product
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed, TooLarge
from ledger.identifiers import (
    BatchCode,
    DigitalLink,
    DrugTraceCode,
    Gtin,
    InvoiceQr,
    PesticideUnitCode,
    VetDrugCode,
)
from ledger.identifiers.digital_link import AI_CHARACTERS
from scanner.codes import (
    SCAN_CHARACTERS_MAX,
    Kind,
    address_host,
    printed_address,
    read_code,
)
from scanner.element_string import ElementString

OUR_HOST = "suyuan.example.cn"
OURS = frozenset({OUR_HOST, "127.0.0.1:8000"})
BATCH = BatchCode.new(bytes(range(10)))
GTIN = Gtin.parse("9520001000010")
LINK = DigitalLink(GTIN, "SG-20261113", "7")
PESTICIDE = "12690011001900000000000000000217"
DRUG = "99999919000000000047"
VET = "202611139520120000000001"
INVOICE = "01,32,,26322999999900000101,3200.00,20261114,,9441"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (f"https://{OUR_HOST}/c/{BATCH}", "batch_page", BATCH),
        (f"{OUR_HOST}/c/{BATCH.printed}", "batch_page", BATCH),
        (f"http://127.0.0.1:8000/c/{BATCH}", "batch_page", BATCH),
        (BATCH.printed.upper(), "batch_code", BATCH),
        (f"https://{OUR_HOST}{LINK.path()}", "digital_link", LINK),
        (f"https://{OUR_HOST}{LINK.path()}?17=270211", "digital_link", LINK),
        (f"https://{OUR_HOST}/about", "own_address", None),
        (f"https://{OUR_HOST}/c/{BATCH}x", "own_address", None),
        (f"https://brand.example{LINK.path()}", "digital_link", LINK),
        (f"https://brand.example/c/{BATCH}", "foreign_address", None),
        ("https://brand.example/", "foreign_address", None),
        ("weixin://dl/business/", "foreign_address", None),
        ("javascript:alert(1)", "foreign_address", None),
        (DRUG, "drug_code", DrugTraceCode(DRUG)),
        (VET, "vet_drug_code", VetDrugCode(VET)),
        (PESTICIDE, "pesticide_code", PesticideUnitCode(PESTICIDE)),
        (
            f"https://pesticide.example/q?c={PESTICIDE}",
            "pesticide_code",
            PesticideUnitCode(PESTICIDE),
        ),
        (f"http://p.example/{PESTICIDE}.html", "pesticide_code", PesticideUnitCode(PESTICIDE)),
        (INVOICE, "invoice_qr", InvoiceQr.parse(INVOICE)),
        ("9520001000010", "gtin", GTIN),
        ("09520001000010", "gtin", GTIN),
        (
            "(01)09520001000010(10)SG-1",
            "gs1_element_string",
            ElementString.parse("(01)09520001000010(10)SG-1"),
        ),
        (
            "]d2010952000100001010SG-1",
            "gs1_element_string",
            ElementString.parse("(01)09520001000010(10)SG-1"),
        ),
        ("\x1d0109520001000010", "gs1_element_string", ElementString.parse("(01)09520001000010")),
        ("010952000100001010SG-1", "gs1_element_string", ElementString.parse("(01)09520001000010(10)SG-1")),
        ("品种名称：苏玉（演示）", "unknown_text", None),
        ("", "unknown_text", None),
    ],
)
def test_a_text_is_what_its_shape_says(text: str, kind: Kind, value: object) -> None:
    scanned = read_code(text, OURS)
    assert (scanned.kind, scanned.value, scanned.raw) == (kind, value, text)


@pytest.mark.parametrize(
    "around", [" {}", "{}\r\n", "\t{}\t", "\ufeff{}", "\u3000{}\u00a0", "]Q1{}", "]E0{}\r"]
)
@pytest.mark.parametrize("text", [f"https://{OUR_HOST}/c/{BATCH}", DRUG, INVOICE, "9520001000010"])
def test_what_scanners_and_pasting_add_around_a_code_is_taken_off(around: str, text: str) -> None:
    scanned, plain = read_code(around.format(text), OURS), read_code(text, OURS)
    assert (scanned.kind, scanned.value, scanned.is_ours) == (plain.kind, plain.value, plain.is_ours)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("９５２０００１００００１０", "9520001000010"),
        ("99999 91900 00000 00047", DRUG),
        ("9999991-9000000000047", DRUG),
        ("（01）09520001000010（10）SG－1", "(01)09520001000010(10)SG-1"),
        ("01，32，，26322999999900000101，3200.00，20261114，，9441", INVOICE),
    ],
)
def test_a_number_typed_on_a_chinese_keyboard_is_understood(typed: str, meant: str) -> None:
    assert read_code(typed, OURS).value == read_code(meant, OURS).value is not None


@pytest.mark.parametrize("text", ["٩٥٢٠٠٠١٠٠٠٠١٠", "⑨520001000010", "952000100001⁰"])
def test_no_other_digits_than_the_keyboard_s_are_folded(text: str) -> None:
    assert read_code(text, OURS).kind == "unknown_text"


def test_no_spelling_is_mended_in_an_address() -> None:
    wide = f"https://{OUR_HOST}/c/{BATCH}".translate({ord("."): "．", ord("/"): "／"})
    assert not read_code(wide, OURS).is_ours


@pytest.mark.parametrize(
    "text",
    [
        f"https://{OUR_HOST}/01/09520001000010/10/SG-1。",
        f"https://{OUR_HOST}/01/09520001000010/10/SG-1 （韭菜）",
        f"https://{OUR_HOST}/01/09520001000010?utm=中文",
        f"https://{OUR_HOST}/01/0952000\n1000010",
        f"https://{OUR_HOST}:/01/09520001000010",
        f"{OUR_HOST}/01/09520001000010（韭菜）",
    ],
)
def test_our_address_with_something_more_in_it_is_not_read_and_passes_for_nobodys(text: str) -> None:
    scanned = read_code(text, frozenset({OUR_HOST}))
    assert (scanned.kind, scanned.value, scanned.is_ours) == ("unknown_text", None, False)
    assert (scanned.host, scanned.looks_like) == (None, None)
    assert isinstance(scanned.refusal, Malformed)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_code_of_digits_may_stand_on_two_lines(end: str) -> None:
    for code in (DRUG, PESTICIDE):
        for at in (1, 11, 15, len(code) - 12):
            scanned = read_code(f"{code[:at]}{end}{code[at:]}", frozenset({OUR_HOST}))
            assert str(scanned.value) == code
    assert str(read_code(f"{DRUG}{end}1234", frozenset({OUR_HOST})).value) == DRUG


@pytest.mark.parametrize(
    "text",
    [
        "(01) 09520001000010 (10) SG-1",
        "(01)09520001000010\n(10)SG-1",
        "（01） 09520001000010 （10） SG-1",
        "]d8010952000100001010SG-1",
    ],
)
def test_an_element_string_is_read_as_packs_print_it_and_from_a_long_data_matrix(text: str) -> None:
    scanned = read_code(text, frozenset({OUR_HOST}))
    assert scanned.kind == "gs1_element_string"
    assert str(scanned.value) == "(01)09520001000010(10)SG-1"


def test_a_mistyped_gtin_says_which_digit_was_expected() -> None:
    scanned = read_code("9520001000011", OURS)
    assert scanned.kind == "unknown_text"
    assert isinstance(scanned.refusal, CheckDigitWrong)


def test_two_unit_codes_in_one_address_name_no_bottle() -> None:
    other = PESTICIDE[:-1] + "8"
    assert read_code(f"https://p.example/{PESTICIDE}/{other}", OURS).kind == "foreign_address"
    assert read_code(f"https://p.example/{PESTICIDE}/{PESTICIDE}", OURS).kind == "pesticide_code"


def test_thirty_three_digits_hold_no_unit_code() -> None:
    assert read_code(f"https://p.example/{PESTICIDE}0", OURS).kind == "foreign_address"


@pytest.mark.parametrize(("day", "kind"), [("20260228", "vet_drug_code"), ("20260229", "unknown_text")])
def test_a_vet_drug_code_begins_with_a_day_there_was(day: str, kind: Kind) -> None:
    assert read_code(day + VET[8:], OURS).kind == kind


def test_a_vet_drug_code_goes_there_and_back() -> None:
    assert VetDrugCode.parse(str(VetDrugCode(VET))) == VetDrugCode(VET)
    with pytest.raises(Malformed):
        VetDrugCode.parse(VET[:-1])


def test_a_text_longer_than_any_code_is_refused_and_one_shorter_is_not() -> None:
    assert read_code("批" * SCAN_CHARACTERS_MAX, OURS).kind == "unknown_text"
    with pytest.raises(TooLarge):
        read_code("批" * (SCAN_CHARACTERS_MAX + 1), OURS)


@pytest.mark.parametrize(
    "address",
    [
        f"https://{OUR_HOST}/c/{BATCH}",
        f"HTTPS://{OUR_HOST.upper()}/c/{BATCH}",
        f"https://{OUR_HOST}:443/c/{BATCH}",
        f"http://{OUR_HOST}:80/c/{BATCH}",
        f"http://{OUR_HOST}/c/{BATCH}",
        f"https://{OUR_HOST}/c/{BATCH}?lang=en#top",
        f"http://127.0.0.1:8000/c/{BATCH}",
    ],
)
def test_our_own_address_is_ours_however_it_may_be_spelt(address: str) -> None:
    scanned = read_code(address, OURS)
    assert scanned.is_ours
    assert scanned.host in OURS
    assert scanned.value == BATCH


def _hostile_addresses() -> list[str]:
    """Addresses that look like ours, or make a careless parser believe they are."""
    ours, evil = OUR_HOST, "evil.example"
    hosts = [
        f"{ours}.{evil}", f"{ours}-{evil}", f"{ours}.cn", f"{ours}.", f".{ours}", f"www.{ours}", f"x.{ours}",
        f"{evil}.{ours}", ours.replace("suyuan", "suyaun"), ours.replace("u", "v"), ours.replace("n.", "n-"),
        ours.replace("l", "1"), ours.replace("l", "I"), ours.replace("e", "е"), ours.replace("a", "а"),
        ours.replace("y", "у"), ours.replace("u", "υ"), ours.replace(".", "。"), ours.replace(".", "．"),
        "ѕuyuan.example.cn", "xn--uyuan-g2e.example.cn", "xn--suyan-kva.example.cn",
        ours.replace("u", "ü"), ours + "\u200b", "\u202e" + ours, ours[0] + "\u00ad" + ours[1:], ours + "\x00",
        f"{ours}:80:443", f"{ours}:8443", f"{ours}:0443", f"{ours}:443443443", f"{ours}:443@{evil}",
        f"{ours}@{evil}", f"{ours}:pw@{evil}", f"{ours}%40{evil}", f"{ours}%2e{evil}", f"{ours}%2f@{evil}",
        f"{evil}@{ours}", f"user:pw@{ours}", f"@{ours}", f"{ours}@", f"{evil}\\@{ours}", f"{evil}\\.{ours}",
        f"{evil};{ours}", f"{evil},{ours}", f"{evil}%00{ours}", f"{evil} {ours}", f"{evil}\t{ours}",
        f"{evil}\n{ours}", f"[{ours}]", "[::ffff:127.0.0.1]:8000", "127.0.0.1", "127.1:8000", "0x7f.0.0.1:8000",
        "2130706433:8000", "127.0.0.1:8001", "127.0.0.1.:8000", "１２７.0.0.1:8000", f"{ours}&{evil}", f"{ours}!",
    ]  # fmt: skip
    schemes = ["https://", "http://", "HTTPS://", "//", ""]
    addresses = [f"{scheme}{host}/c/{BATCH}" for scheme, host in product(schemes, hosts)]
    page = f"{ours}/c/{BATCH}"
    addresses += [
        f"{scheme}{page}"
        for scheme in (
            "javascript://", "javascript:", "JaVaScRiPt://", "java\tscript://", "javascript:alert(1)//", "data:", "data://",
            "data:text/html,https://", "vbscript://", "file://", "ftp://", "blob:https://", "intent://", "weixin://",
            "https:/", "https:", "https:///", "https:\\\\", "https:/\\", "https\\://", "https ://", "https:// ",
            "https://https://", "ws://", "wss://", "httpss://", "xhttps://", "view-source:https://", "ｈttps://", "https：//",
        )
    ]  # fmt: skip
    addresses += [
        f"https://{evil}{tail}"
        for tail in (
            f"/{page}", f"?{page}", f"#{page}", f"/@{ours}/c/{BATCH}", f"?u=https://{page}", f"#https://{page}",
            f"/c/{BATCH}", f"/c/{BATCH}?host={ours}", f"/..//{page}", f"/%2e%2e/{page}", f"\\{page}",
        )
    ]  # fmt: skip
    return addresses


HOSTILE = _hostile_addresses()


def test_the_corpus_of_hostile_addresses_is_as_large_as_promised() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 200


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_never_counts_as_ours(address: str) -> None:
    scanned = read_code(address, OURS)
    assert not scanned.is_ours
    assert scanned.kind not in {"batch_page", "own_address"}
    assert scanned.host not in OURS


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://brand.example:8443/x", "brand.example:8443"),
        (f"https://{OUR_HOST}@evil.example/", "evil.example"),
        (f"https://evil.example\\@{OUR_HOST}/", "evil.example"),
        ("https://ѕuyuan.example.cn/", "xn--uyuan-g2e.example.cn"),
        ("https://.../", "..."),
        ("https:brand.example/", "brand.example"),
        ("mailto:someone@brand.example", None),
        (f"javascript:{OUR_HOST}", None),
        ("javascript://", None),
    ],
)
def test_the_host_shown_is_the_one_a_browser_would_go_to(address: str, host: str | None) -> None:
    scanned = read_code(address, OURS)
    assert scanned.host == host
    assert scanned.kind == ("lookalike_address" if OUR_HOST in address else "foreign_address")


def test_a_host_that_no_browser_can_spell_is_shown_without_its_strange_letters() -> None:
    host = read_code("https://\u202e。。/", OURS).host
    assert host is not None
    assert host.isascii()


_PIECES = st.sampled_from(
    [
        "https://",
        "http://",
        OUR_HOST,
        ":443",
        ":80",
        "@",
        "/",
        "\\",
        "?",
        "#",
        f"/c/{BATCH}",
        ".",
        "%2f",
        "е",
        " ",
    ]
)


@example(f"{OUR_HOST}/https://")
@given(st.lists(_PIECES, max_size=8).map("".join))
def test_whatever_counts_as_ours_has_our_host_for_others_too(text: str) -> None:
    scanned = read_code(text, OURS)
    if scanned.is_ours:
        plain = text.strip()
        # Only in front is it a scheme: `our.host/https://` is a path of ours.
        seen = urlsplit(plain if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", plain) else f"https://{plain}")
        assert (seen.hostname, seen.username, seen.password) == (OUR_HOST, None, None)


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_be_told_about(text: str) -> None:
    assert read_code(text, OURS).raw == text


@given(st.binary(min_size=10, max_size=10))
def test_the_address_of_a_batch_reads_back_as_the_batch(random_bytes: bytes) -> None:
    code = BatchCode.new(random_bytes)
    scanned = read_code(printed_address(code, f"https://{OUR_HOST}/"), OURS)
    assert (scanned.kind, scanned.value, scanned.is_ours) == ("batch_page", code, True)


_AI_VALUE = st.text(st.sampled_from(sorted(AI_CHARACTERS)), min_size=1, max_size=20).filter(
    lambda value: value not in {".", ".."}
)


@given(_AI_VALUE, st.none() | _AI_VALUE)
def test_the_address_of_a_pack_reads_back_as_the_pack(batch: str, serial: str | None) -> None:
    link = DigitalLink(GTIN, batch, serial)
    scanned = read_code(printed_address(link, f"https://{OUR_HOST}"), OURS)
    assert (scanned.kind, scanned.value, scanned.is_ours) == ("digital_link", link, True)


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://Suyuan.example.cn/", "suyuan.example.cn"),
        ("https://a.example:443", "a.example"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
    ],
)
def test_our_own_host_is_known_from_our_base_address(base: str, host: str) -> None:
    assert address_host(base) == host


@pytest.mark.parametrize("base", ["suyuan.example.cn", "ftp://a.example", "https://", "https://a@b.example"])
def test_a_base_address_that_is_none_is_refused(base: str) -> None:
    with pytest.raises(Malformed):
        address_host(base)
