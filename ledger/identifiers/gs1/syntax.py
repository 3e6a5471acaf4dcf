"""Whether one value may stand behind one AI: its length, its characters, and the linters its row names.

A linter is a rule of GS1's with a name (`csum`, `yymmd0`, `iso3166` …); every name in the table has its function here or,
for coupons and dates, in `coupons.py` and `dates.py`, and a test holds the two lists side by side. What a right value does not say: that the number
was issued, or to whom. `gcppos1` and `gcppos2` ask for four digits where a company prefix begins and look nothing up.

>>> from ledger.identifiers.gs1.table import AIS
>>> check_value(AIS["17"], "270200")
>>> check_value(AIS["17"], "270230")
Traceback (most recent call last):
ledger.errors.Malformed: 17: malformed; came '270230', expected a date (YYMMDD), on a day other than 30

Sources: GS1 General Specifications (7.9, check digits; figure 7.11, character sets); ISO 13616 (IBAN); the GS1 Barcode
Syntax Dictionary.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Final

from ledger.errors import CheckDigitWrong, Malformed, TooLarge, Words, shown
from ledger.identifiers.gs1 import coupons
from ledger.identifiers.gs1.code_lists import COUNTRIES, COUNTRY_LETTERS, CURRENCIES, MEDIA, PACKAGES
from ledger.identifiers.gs1.dates import day, day_or_month
from ledger.identifiers.gs1.faults import wrong
from ledger.identifiers.gtin import check_digit

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.identifiers.gs1.table import ApplicationIdentifier, Part

#: Character set 82, in the order of its weights (7.9.5).
CSET_82: Final = (
    "!\"%&'()*+,-./" + string.digits + ":;<=>?" + string.ascii_uppercase + "_" + string.ascii_lowercase
)
#: The characters of alphanumeric check pairs: no 0, 1, I or O.
CSET_32: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

COMPANY_PREFIX_DIGITS_MIN: Final = 4
IBAN_CHARACTERS: Final = range(11, 35)
_PRIMES: Final = tuple(
    number for number in range(2, 510) if all(number % divisor for divisor in range(2, int(number**0.5) + 1))
)

_SETS: Final = {
    "N": (re.compile("[0-9]*"), Words(zh="数字", en="digits")),
    "X": (re.compile(f"[{re.escape(CSET_82)}]*"), Words(zh="GS1 的 82 个字符", en="GS1's 82 characters")),
    "Y": (re.compile("[0-9A-Z#/-]*"), Words(zh="数字、大写字母、# - /", en="digits, capital letters, # - /")),
    "Z": (re.compile("[0-9A-Za-z_-]*={0,2}"), Words(zh="base64url 字符", en="base64url characters")),
}


def check_value(one: ApplicationIdentifier, value: str, *, linters: bool = True) -> None:
    """Raise unless the value is in order; the refusal's field is the AI. Without linters, only its shape is asked for."""
    if not one.least <= len(value) <= one.most:
        raise _length(one, value)
    start = 0
    for part in one.parts:
        piece = value[start : start + part.most]
        if not piece and part.optional:
            continue
        if len(piece) < part.least:
            raise _length(one, value)
        try:
            _check_part(part, piece, linters=linters)
        except Malformed as refusal:
            raise type(refusal)(field=one.ai, came=value, expected=refusal.expected) from None
        start += len(piece)


def _check_part(part: Part, piece: str, *, linters: bool) -> None:
    characters, named = _SETS[part.characters]
    if not characters.fullmatch(piece):
        matched = characters.match(piece)
        stranger = shown(piece[matched.end() if matched else 0])
        raise wrong(piece, zh=f"{named.zh}，不能是“{stranger}”", en=f"{named.en}, not '{stranger}'")
    if part.characters == "Z":
        _base64_padding(piece)
    for linter in part.linters if linters else ():
        LINTERS[linter](piece)


def _length(one: ApplicationIdentifier, value: str) -> Malformed | TooLarge:
    digits = all(part.characters == "N" for part in one.parts)
    count = f"{one.least}" if one.least == one.most else f"{one.least}–{one.most}"
    zh, en = ("数字", "digits") if digits else ("字符", "characters")
    if not value:
        expected = Words(
            zh=f"{one.title}（{count} 位{zh}），不能为空", en=f"{one.title} ({count} {en}), not nothing"
        )
    else:
        expected = Words(zh=f"{count} 位{zh}（{one.title}）", en=f"{count} {en} ({one.title})")
    refuse = TooLarge if len(value) > one.most else Malformed
    return refuse(field=one.ai, came=value, expected=expected)


def _base64_padding(value: str) -> None:
    # As the engine counts it: padded text is a multiple of three long. Without padding there is no question.
    if value.endswith("=") and len(value) % 3:
        raise wrong(value, zh="不带填充或填充正确的 base64url", en="base64url with right padding or none")


def _check_digit(value: str) -> None:
    right = check_digit(value[:-1])
    if value[-1] != right:
        expected = Words(
            zh=f"末位为 {right}（若末位无误，则前面有一位抄错）",
            en=f"a last digit {right} (or one before it was copied wrongly)",
        )
        raise CheckDigitWrong(field="", came=value, expected=expected)


def check_pair(value: str) -> str:
    """The two check characters for an alphanumeric key (7.9.5): weights are primes from the right, modulo 1021."""
    total = sum(
        CSET_82.index(character) * prime for character, prime in zip(reversed(value), _PRIMES, strict=False)
    )
    high, low = divmod(total % 1021, 32)
    return CSET_32[high] + CSET_32[low]


def _check_characters(value: str) -> None:
    if len(value) <= 1:
        raise wrong(value, zh="末两位是校验字符", en="two check characters at the end")
    right = check_pair(value[:-2])
    if value[-2:] != right:
        expected = Words(zh=f"末两位为 {right}", en=f"the last two characters {right}")
        raise CheckDigitWrong(field="", came=value, expected=expected)


def company_prefix(value: str) -> None:
    """Raise unless the value begins as a company prefix can."""
    first = value[:COMPANY_PREFIX_DIGITS_MIN]
    if len(first) < COMPANY_PREFIX_DIGITS_MIN or not (first.isascii() and first.isdigit()):
        raise wrong(
            value,
            zh="以厂商识别代码（至少 4 位数字）开头",
            en="a company prefix (at least 4 digits) at the beginning",
        )


def _company_prefix_second(value: str) -> None:
    company_prefix(value[1:])


def _below(limit: int, zh: str, en: str) -> Callable[[str], None]:
    def linter(value: str) -> None:
        if int(value) >= limit:
            raise wrong(value, zh=f"{zh}，小于 {limit}", en=f"{en} below {limit}")

    return linter


_hour = _below(24, "小时", "an hour")
_minute = _below(60, "分钟", "a minute")
_second = _below(60, "秒", "a second")


def _hour_minute(value: str) -> None:
    _hour(value[:2])
    _minute(value[2:])


def _one_of(codes: frozenset[str], zh: str, en: str) -> Callable[[str], None]:
    def linter(value: str) -> None:
        if value not in codes:
            raise wrong(value, zh=zh, en=en)

    return linter


def _iban(value: str) -> None:
    if len(value) not in IBAN_CHARACTERS:
        raise wrong(value, zh="11 至 34 位的国际银行账号", en="an IBAN of 11 to 34 characters")
    if value[:2] not in COUNTRY_LETTERS:
        raise wrong(
            value, zh="以国家代码（ISO 3166）开头的账号", en="an IBAN that begins with a country (ISO 3166)"
        )
    if not re.fullmatch("[0-9A-Z]+", value):
        raise wrong(value, zh="只含数字和大写字母的账号", en="an IBAN of digits and capital letters")
    # ISO 7064 MOD 97-10 over the account, the country and the check digits; A is 10, B is 11 …
    if int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97 != 1:
        expected = Words(zh="校验位正确的国际银行账号", en="an IBAN whose check digits are right")
        raise CheckDigitWrong(field="", came=value, expected=expected)


def _percent_encoded(value: str) -> None:
    if re.search("%(?![0-9A-Fa-f]{2})", value):
        raise wrong(value, zh="每个 % 后有两位十六进制数", en="two hex digits after each %")


def _piece_of_total(value: str) -> None:
    piece, total = int(value[: len(value) // 2]), int(value[len(value) // 2 :])
    if not 1 <= piece <= total:
        raise wrong(value, zh="第几件、共几件，从 1 起，不超过总数", en="a piece from 1 up to the total")


def _place_in_sequence(value: str) -> None:
    match = re.fullmatch("([1-9][0-9]*)/([1-9][0-9]*)", value)
    if not match or int(match[1]) > int(match[2]):
        raise wrong(value, zh="“第几/共几”，如 1/2", en="a place and the end with a slash, such as 1/2")


def _not_zero(value: str) -> None:
    if not value.strip("0"):
        raise wrong(value, zh="不为零的数", en="a number other than zero")


def _zero(value: str) -> None:
    if value.strip("0"):
        raise wrong(value, zh="零", en="zero")


def _no_zero_in_front(value: str) -> None:
    if value.startswith("0"):
        raise wrong(value, zh="前面不补零的数", en="a number without zeros in front")


def _has_a_letter(value: str) -> None:
    if value.isdigit():
        raise wrong(value, zh="至少一个非数字字符", en="at least one character that is no digit")


def _hyphen(value: str) -> None:
    if value.strip("-"):
        raise wrong(value, zh="连字符（负数）", en="a hyphen (below zero)")


def _up_to(limit: int, zh: str, en: str) -> Callable[[str], None]:
    def linter(value: str) -> None:
        if int(value) > limit:
            raise wrong(value, zh=f"{zh}，不大于 {limit}", en=f"{en} up to {limit}")

    return linter


_IMPORTER: Final = frozenset(string.ascii_letters + string.digits + "-_")

#: Every linter that the table names.
LINTERS: Final[dict[str, Callable[[str], None]]] = {
    "couponcode": coupons.coupon,
    "couponposoffer": coupons.positive_offer,
    "csum": _check_digit,
    "csumalpha": _check_characters,
    "gcppos1": company_prefix,
    "gcppos2": _company_prefix_second,
    "hasnondigit": _has_a_letter,
    "hh": _hour,
    "hhmi": _hour_minute,
    "hyphen": _hyphen,
    "iban": _iban,
    "importeridx": _one_of(_IMPORTER, "进口商索引字符", "a character of the importer index"),
    "iso3166": _one_of(COUNTRIES, "国家数字代码（ISO 3166）", "a country by its three digits (ISO 3166)"),
    "iso3166999": _one_of(
        COUNTRIES | {"999"},
        "国家数字代码（ISO 3166）或 999",
        "a country by its three digits (ISO 3166) or 999",
    ),
    "iso3166alpha2": _one_of(
        COUNTRY_LETTERS, "国家字母代码（ISO 3166）", "a country by its two letters (ISO 3166)"
    ),
    "iso4217": _one_of(CURRENCIES, "货币数字代码（ISO 4217）", "a currency by its three digits (ISO 4217)"),
    "iso5218": _one_of(frozenset("0129"), "性别代码（ISO 5218）", "a sex by its digit (ISO 5218)"),
    "latitude": _up_to(1_800_000_000, "纬度", "a latitude"),
    "longitude": _up_to(3_600_000_000, "经度", "a longitude"),
    "mediatype": _one_of(MEDIA, "媒体类型代码", "a media type"),
    "mi": _minute,
    "nonzero": _not_zero,
    "nozeroprefix": _no_zero_in_front,
    "packagetype": _one_of(PACKAGES, "包装类型代码", "a package type"),
    "pcenc": _percent_encoded,
    "pieceoftotal": _piece_of_total,
    "posinseqslash": _place_in_sequence,
    "ss": _second,
    "winding": _one_of(frozenset("019"), "卷绕方向 0、1 或 9", "a winding direction 0, 1 or 9"),
    "yesno": _one_of(frozenset("01"), "0 或 1", "0 or 1"),
    "yymmd0": day_or_month,
    "yymmdd": day,
    "yyyymmdd": day,
    "zero": _zero,
}
