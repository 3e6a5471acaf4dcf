"""Addresses that pass for ours are named; neighbours by chance are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scanner.codes import read_code
from scanner.hosts import LooksLikeOurs, looks_like

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "suyuan.nantong.example"
#: What forgers registered for others: a suffix that says trust, a shop's word, a year.
WORDS = ("cx", "zs", "verify", "315", "12315", "gov", "official", "2026", "check", "wx")
ENDS = ("com", "cn", "net", "top", "xyz", "com.cn", "cc", "vip", "info", "shop", "site", "online")
TWINS = {"a": "аɑ4", "e": "е3", "o": "оο0", "n": "ո", "t": "т", "g": "ɡ9", "u": "ս", "s": "ѕ5"}
SHAPES = {"m": "rn", "w": "vv", "d": "cl"}
NAME = "nantong"


def twins(name: str) -> Iterator[str]:
    for place, letter in enumerate(name):
        for twin in TWINS.get(letter, ""):
            yield name[:place] + twin + name[place + 1 :]
        if letter in SHAPES:
            yield name[:place] + SHAPES[letter] + name[place + 1 :]


def slips(name: str) -> Iterator[str]:
    for place in range(len(name)):
        yield name[:place] + name[place + 1 :]
        yield name[:place] + name[place] + name[place:]
        if place and name[place - 1] != name[place]:
            yield name[: place - 1] + name[place] + name[place - 1] + name[place + 1 :]
        yield name[:place] + "x" + name[place + 1 :]


def made_up() -> list[str]:
    found = {f"{one}.example" for one in twins(NAME)}
    found |= {f"suyuan.{one}.example" for one in twins(NAME)}
    found |= {f"{one.encode('idna').decode()}.example" for one in twins(NAME) if not one.isascii()}
    found |= {f"suyuan.{one}.example" for one in slips(NAME)}
    found |= {f"suyuan.nantong.{end}" for end in ENDS}
    found |= {f"nantong.{end}" for end in ENDS}
    found |= {f"suyuan.nantong.example.{word}.{end}" for word in WORDS for end in ENDS[:4]}
    found |= {f"nantong-{word}.{end}" for word in WORDS for end in ENDS[:3]}
    found |= {f"{word}-nantong.{end}" for word in WORDS for end in ENDS[:3]}
    found |= {f"suyuan-nantong-example.{end}" for end in ENDS}
    found |= {f"suyuannantong.{end}" for end in ENDS}
    found |= {f"nan-tong.{end}" for end in ENDS}
    return sorted(found - {OURS})


LOOKALIKES = made_up()
#: Neighbours by chance, services that codes in China lead to, and other hosts of our own domain.
HONEST = (
    "id.gs1.org", "www.mashangfangxin.example", "qr.alipay.com", "weixin.qq.com", "u.wechat.com", "12315.cn", "www.samr.gov.cn", "taobao.com",
    "www.nantong.example", "m.nantong.example", "nanjing.example", "nanchang.gov.cn", "suzhou.example", "tongren.example", "example.com", "zhongguo.cn",
    "suyuan.example", "suyuan.wuxi.example", "trace.changzhou.example", "localhost", "192.0.2.7", "antoine.example", "tong.cn", "nan.cn",
    "kunming.example", "nanping.gov.cn", "www.moa.gov.cn", "icama.org.cn", "gs1cn.org", "seedqr.example",
)  # fmt: skip


def test_there_are_more_than_two_hundred_of_them() -> None:
    assert len(LOOKALIKES) >= 200


@pytest.mark.parametrize("host", LOOKALIKES)
def test_an_address_that_passes_for_ours_is_named_and_what_it_carries_is_not_read(host: str) -> None:
    assert looks_like(host, [OURS]) == OURS
    scanned = read_code(f"https://{host}/01/09520001000010/10/SG-1", frozenset({OURS}))
    assert (scanned.kind, scanned.value, scanned.is_ours) == ("lookalike_address", None, False)
    assert isinstance(scanned.refusal, LooksLikeOurs)


@pytest.mark.parametrize("host", HONEST)
def test_a_neighbour_by_chance_is_left_alone(host: str) -> None:
    assert looks_like(host, [OURS]) is None


def test_our_own_host_is_like_none_whatever_its_port() -> None:
    assert looks_like(OURS, [OURS]) is None
    assert looks_like(f"{OURS}:8443", [OURS]) is None
    assert read_code(f"https://{OURS}/01/09520001000010", frozenset({OURS})).is_ours


@pytest.mark.parametrize(
    "text",
    [
        f"https://{OURS}@evil.example/c/x",
        f"javascript://{OURS}/%0aalert(1)",
        f"https://evil.example\\@{OURS}/",
    ],
)
def test_our_name_written_where_it_is_no_host_is_a_likeness_too(text: str) -> None:
    assert read_code(text, frozenset({OURS})).looks_like == OURS


def test_a_short_name_has_neighbours_by_chance() -> None:
    assert looks_like("abd.example", ["abc.example"]) is None
    assert looks_like("abcdf.cn", ["abcde.cn"]) == "abcde.cn"


def test_a_server_that_is_known_by_its_number_is_resembled_by_nobody() -> None:
    assert looks_like("127.0.0.2", ["127.0.0.1:8000"]) is None
    assert looks_like("localhost.example", ["localhost:8000"]) is None


@pytest.mark.parametrize(
    "host", ["", ".", "..", "xn--", "xn--99999", "a" * 400, "[::1]:80", "中文.cn", "é.cn"]
)
def test_no_host_is_too_strange_to_be_looked_at(host: str) -> None:
    assert looks_like(host, [OURS, "localhost:8000", "[::1]:8000"]) is None
