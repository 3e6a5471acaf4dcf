"""Which addresses open on one machine only, and who may have them printed all the same."""

from __future__ import annotations

import pytest

from api.printable import ASKED, OnlyHere, is_loopback, may_print, opens_only_here, require_printable
from api.settings import Settings

HERE = [
    "http://localhost:8000",
    "http://127.0.0.1",
    "http://127.9.9.9:80",
    "https://demo.localhost",
    "http://0.0.0.0:8000",
]
ELSEWHERE = [
    "https://suyuan.example",
    "http://192.168.1.20:8000",
    "http://localhost.example",
    "https://127.example",
    "http://mylocalhost",
    "http://127.0.0.1.example",
    "http://10.0.0.0:8000",
]


def settings(address: str, *, demo: bool = False, print_loopback: bool | None = None) -> Settings:
    return Settings(base_url=address, demo=demo, print_loopback=print_loopback)


@pytest.mark.parametrize("address", HERE)
def test_a_link_of_this_machine_is_printed_only_for_whoever_asks(address: str) -> None:
    assert is_loopback(address)
    assert not may_print(settings(address))
    with pytest.raises(OnlyHere, match="SUYUAN_BASE_URL"):
        require_printable(settings(address))
    require_printable(settings(address), ASKED)
    require_printable(settings(address, print_loopback=True))
    for other in ("", "0", "yes", None):
        assert not may_print(settings(address), other)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_every_other_address_is_printed_unasked(address: str) -> None:
    assert may_print(settings(address, print_loopback=False))
    assert not opens_only_here(settings(address))


def test_a_demo_shows_its_labels_unless_its_operator_says_no() -> None:
    assert may_print(settings("http://localhost:8000", demo=True))
    assert opens_only_here(settings("http://localhost:8000", demo=True))
    assert not may_print(settings("http://localhost:8000", demo=True, print_loopback=False))
