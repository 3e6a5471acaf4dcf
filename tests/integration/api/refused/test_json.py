"""JSON that other readers take in two ways, or choke on: each refused by name, in both languages, and nothing written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.refusals import Asked, check_refused

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

PATH = "/api/v1/uses"
GOODS = "urn:suyuan:batch:00000000000000000"
LINE = {"goods": GOODS, "quantity": {"amount": "1", "unit": "KGM"}}
USE = {"purpose": "韭菜", "lines": [LINE]}


def use(**more: object) -> bytes:
    return json.dumps(USE | more, ensure_ascii=False).encode()


TEXT = use(wait_days=7).decode()
SYNTAX: dict[str, tuple[bytes, str, str, str]] = {
    "nothing at all": (b"", "NotJson", "", ""),
    "not JSON": (b"purpose=leek", "NotJson", "", "purpose=leek"),
    "an end too early": (use()[:-1], "NotJson", "", "purpose"),
    "something after the end": (use() + b"{}", "NotJson", "", "purpose"),
    "one name twice": (b'{"purpose":"a","purpose":"b"}', "DuplicateName", "purpose", "purpose"),
    "one name twice, further in": (
        b'{"purpose":"a","lines":[{"goods":"a","goods":"b"}]}',
        "DuplicateName",
        "goods",
        "goods",
    ),
    "NaN": (TEXT.replace("7", "NaN", 1).encode(), "NotJson", "", "NaN"),
    "infinity": (use(wait_days="?").replace(b'"?"', b"Infinity"), "NotJson", "", "Infinity"),
    "less than everything": (use(wait_days="?").replace(b'"?"', b"-Infinity"), "NotJson", "", "-Infinity"),
    "1e999": (use(wait_days="?").replace(b'"?"', b"1e999"), "NotJson", "", "1e999"),
    "a fraction": (use(wait_days="?").replace(b'"?"', b"7.0"), "NotJson", "", "7.0"),
    "2 to the 63rd": (use(wait_days=2**63), "NotJson", "", "9223372036854775808"),
    "2 to the 53rd": (use(wait_days=2**53), "NotJson", "", "9007199254740992"),
    "five thousand digits": (use(wait_days="?").replace(b'"?"', b"9" * 5_000), "NotJson", "", "999"),
    "a lone surrogate": (use(purpose="?").replace(b"?", rb"\ud83d"), "NotJson", "purpose", "\\ud83d"),
    "surrogates the wrong way round": (
        use(purpose="?").replace(b"?", rb"\udc00\ud83d"),
        "NotJson",
        "purpose",
        "\\udc00",
    ),
    "a name that is a lone surrogate": (rb'{"\ud800":1}', "NotJson", "", "\\ud800"),
    "U+0000": (use(purpose="?").replace(b"?", rb"\u0000"), "NotJson", "purpose", "\\x00"),
    "UTF-16": (TEXT.encode("utf-16"), "NotJson", "", "xff"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-le"), "NotJson", "", ""),
    "UTF-32": (TEXT.encode("utf-32"), "NotJson", "", "xff"),
    "GBK": (TEXT.encode("gbk"), "NotJson", "", ""),
    "a byte order mark": (b"\xef\xbb\xbf" + use(), "NotJson", "", ""),
    "bytes that are no UTF-8": (use(purpose="?").replace(b"?", b"\xff\xfe"), "NotJson", "", ""),
    "a surrogate in UTF-8": (use(purpose="?").replace(b"?", b"\xed\xa0\x80"), "NotJson", "", ""),
    "a comment": (b"{/* leek */}", "NotJson", "", "leek"),
    "single quotes": (b"{'purpose': 'leek'}", "NotJson", "", "leek"),
    "a control character": (use(purpose="?").replace(b"?", b"\n"), "NotJson", "", ""),
    "a hundred levels": (b'{"purpose":' + b"[" * 100 + b"]" * 100 + b"}", "NotJson", "", ""),
    "a hundred thousand levels": (b"[" * 100_000, "NotJson", "", ""),
}


@pytest.mark.parametrize(("content", "name", "at", "came"), SYNTAX.values(), ids=SYNTAX)
def test_json_that_is_none_is_refused(
    client: Client, ledger: Ledger, co_op: Enrolled, content: bytes, name: str, at: str, came: str
) -> None:
    asked = Asked(PATH, content, key=co_op.key)
    problem = client.send("POST", PATH, content=content, key=co_op.key, headers=asked.headers).json()
    # A depth is found wherever the reader stands just then.
    place = problem["field"] if "levels" in problem["detail"] or "层" in problem["detail"] else at
    check_refused(client, ledger, asked, status=400, name=name, at=place, came=came)


CONTENT: dict[str, tuple[bytes, str, str, str]] = {
    "a list": (b"[]", "Malformed", "", "[]"),
    "a text": (b'"leek"', "Malformed", "", "leek"),
    "null": (b"null", "Malformed", "", "None"),
    "a field nobody knows": (use(colour="green"), "Malformed", "colour", "green"),
    "a field nobody knows, further in": (
        use(lines=[{**LINE, "colour": "green"}]),
        "Malformed",
        "lines[0].colour",
        "green",
    ),
    "a required field left out": (b'{"purpose":"leek"}', "Malformed", "lines", ""),
    "a boolean for a number": (use(wait_days=True), "Malformed", "wait_days", "True"),
    "a whole number as text": (use(wait_days="7"), "Malformed", "wait_days", "7"),
    "a number with an underscore": (use(wait_days="1_0"), "Malformed", "wait_days", "1_0"),
    "a number for a text": (use(purpose=7), "Malformed", "purpose", "7"),
    "a number as text": (use(wait_days="seven"), "Malformed", "wait_days", "seven"),
    "an amount as a number": (
        use(lines=[{"goods": GOODS, "quantity": {"amount": 1, "unit": "KGM"}}]),
        "Malformed",
        "lines[0].quantity",
        "1",
    ),
    "an amount with an exponent": (
        use(lines=[{"goods": GOODS, "quantity": {"amount": "1e3", "unit": "KGM"}}]),
        "Malformed",
        "lines[0].quantity",
        "1e3",
    ),
    "a unit nobody knows": (
        use(lines=[{"goods": GOODS, "quantity": {"amount": "1", "unit": "JIN"}}]),
        "Malformed",
        "lines[0].quantity",
        "JIN",
    ),
    "goods that are none": (
        use(lines=[{"goods": "leek", "quantity": {"amount": "1", "unit": "KGM"}}]),
        "Malformed",
        "lines[0].goods",
        "leek",
    ),
    "a wrong check letter": (
        use(lines=[{"goods": GOODS[:-1] + "1", "quantity": {"amount": "1", "unit": "KGM"}}]),
        "CheckDigitWrong",
        "lines[0].goods",
        GOODS[:-1] + "1",
    ),
    "an id that is none": (use(id="1"), "Malformed", "id", "1"),
    "an id of 2 to the 63rd": (use(id=str(2**63)), "Malformed", "id", "9223372036854775808"),
    "an id that is a number": (use(id=7), "Malformed", "id", "7"),
    "a random UUID": (use(id="a3bb189e-8bf9-4888-9912-ace4e6543002"), "Malformed", "id", "4888"),
    "a time without an offset": (
        use(occurred_at="2026-11-14T08:00:00"),
        "Malformed",
        "occurred_at",
        "2026-11-14T08:00:00",
    ),
    "a party that is none": (use(on_behalf_of="me"), "Malformed", "on_behalf_of", "me"),
    "a line break in a name": (use(purpose="leek\nonion"), "Malformed", "purpose", "leek"),
    "a space around a name": (use(purpose=" leek"), "Malformed", "purpose", "leek"),
    "501 lines": (use(lines=[LINE] * 501), "TooLarge", "lines", ""),
    "a name of 101 characters": (use(purpose="韭" * 101), "TooLarge", "purpose", "韭"),
    "statements beside a record": (use(statements=[]), "Malformed", "statements", "purpose"),
    "statements that are none": (b'{"statements":7}', "Malformed", "statements", "statements"),
    "no statements": (b'{"statements":[]}', "TooLarge", "statements", "0"),
    "a statement that is none": (b'{"statements":[7]}', "Malformed", "statements[0]", "7"),
}


@pytest.mark.parametrize(("content", "name", "at", "came"), CONTENT.values(), ids=CONTENT)
def test_json_that_says_something_else_is_refused(
    client: Client, ledger: Ledger, co_op: Enrolled, content: bytes, name: str, at: str, came: str
) -> None:
    status = 413 if name == "TooLarge" else 422
    check_refused(
        client, ledger, Asked(PATH, content, key=co_op.key), status=status, name=name, at=at, came=came
    )


LIMIT = 2 * 1024 * 1024
MEDIA: dict[str, tuple[dict[str, str], str]] = {
    "no type": ({}, "content-type"),
    "text": ({"content-type": "text/plain"}, "content-type"),
    "a form": ({"content-type": "application/x-www-form-urlencoded"}, "content-type"),
    "JSON of another kind": ({"content-type": "application/ld+json"}, "content-type"),
    "GBK": ({"content-type": "application/json; charset=gbk"}, "content-type"),
    "compressed": ({"content-type": "application/json", "content-encoding": "gzip"}, "content-encoding"),
}


@pytest.mark.parametrize(("headers", "at"), MEDIA.values(), ids=MEDIA)
def test_another_media_type_is_refused(
    client: Client, ledger: Ledger, co_op: Enrolled, headers: dict[str, str], at: str
) -> None:
    asked = Asked(PATH, use(), headers=headers, key=co_op.key)
    check_refused(client, ledger, asked, status=415, name="WrongMediaType", at=at)


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_however_its_type_is_written(client: Client, co_op: Enrolled, kind: str) -> None:
    answer = client.send("POST", PATH, content=use(), key=co_op.key, headers={"content-type": kind})
    assert answer.status_code == 201


def test_a_body_of_two_mebibytes_is_read_and_one_byte_more_is_not(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    whole = use()
    fits = whole + b" " * (LIMIT - len(whole))
    answer = client.send(
        "POST", PATH, content=fits, key=co_op.key, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 201
    asked = Asked(PATH, fits + b" ", key=co_op.key)
    check_refused(client, ledger, asked, status=413, name="TooLarge", at="body", came=str(LIMIT + 1))


def test_a_body_that_does_not_tell_its_length_is_stopped_while_it_comes(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    asked = Asked(PATH, chunks=(b" " * LIMIT, b"  ", b"never read" * 1_000), key=co_op.key)
    check_refused(client, ledger, asked, status=413, name="TooLarge", at="body", came=str(LIMIT + 2))
