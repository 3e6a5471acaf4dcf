"""Whether links of this server may be printed: not where they open on this very machine and nowhere else, unless somebody asks for it.

A code that was printed under `http://localhost:8000` is ink that leads every phone to itself. So labels, stall cards and the codes of slips are
refused there. Whoever wants one all the same says so: with `SUYUAN_PRINT_LOOPBACK` for the whole server, or with `loopback=1` for this one sheet.
A demo is for looking at, its goods are invented and its labels lead nobody astray: there it is asked for unless the setting says no, and every sheet
says where its code opens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Query
from fastapi.params import Depends as Dependency

from api.deps import TheSettings
from ledger.errors import Blocked, Words
from scanner.codes import address_host

if TYPE_CHECKING:
    from api.settings import Settings

#: What `?loopback=` says where a sheet is wanted all the same.
ASKED: Final = "1"
#: RFC 6761 6.3: localhost and all below it; RFC 5735: 127/8; and "this host", which leads there too.
_HERE: Final = re.compile(r"(?:.*\.)?localhost|127(?:\.[0-9]{1,3}){3}|0\.0\.0\.0")

AskedAllTheSame = Annotated[str | None, Query(alias="loopback", max_length=1)]


class OnlyHere(Blocked):
    """The link opens on this machine only, and nobody asked for such a label."""

    title = Words(
        zh="链接只能在本机打开，不予打印", en="the link opens on this machine only and is not printed"
    )


def is_loopback(base_url: str) -> bool:
    """Whether an address leads back to the machine that reads it."""
    return _HERE.fullmatch(address_host(base_url).partition(":")[0]) is not None


def may_print(settings: Settings, asked: str | None = None) -> bool:
    """Whether a code with a link of this server may be printed."""
    return asked == ASKED or settings.prints_loopback or not is_loopback(settings.base_url)


def require_printable(settings: Settings, asked: str | None = None) -> None:
    """Raise `OnlyHere` unless it may."""
    if not may_print(settings, asked):
        raise OnlyHere(
            field="code",
            came=settings.base_url,
            expected=Words(
                zh="手机打得开的网址（SUYUAN_BASE_URL）；确要打印本机网址，加 loopback=1，或设 SUYUAN_PRINT_LOOPBACK=1",
                en="an address that phones reach (SUYUAN_BASE_URL); to print this one all the same add loopback=1, or set SUYUAN_PRINT_LOOPBACK=1",
            ),
        )


def _required(settings: TheSettings, loopback: AskedAllTheSame = None) -> None:
    require_printable(settings, loopback)


def printable() -> Dependency:
    """For the `dependencies` of a route that answers with a label: refused as above, asked for by `?loopback=1`."""
    return Dependency(_required)


def opens_only_here(settings: Settings) -> bool:
    """Whether a sheet that is shown should say that its codes open on this machine only."""
    return is_loopback(settings.base_url)
