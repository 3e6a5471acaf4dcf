"""How sign-in links reach people: what the operator names in `SUYUAN_CHANNEL`.

    file:/var/lib/suyuan/messages.jsonl     appended to a file: for demos and trying out
    shops.messages:make                     the operator's own: a callable without arguments that gives something with `send(to, text)`

Text messages (短信) and WeChat (微信) are contracts with somebody; whoever has one writes the ten lines that speak to it.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.accounts.links import FileChannel

if TYPE_CHECKING:
    from ledger.accounts.links import Channel

_FILE: Final = "file:"
_NAME: Final = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)", re.ASCII)


class ChannelWrong(ValueError):
    """What `SUYUAN_CHANNEL` names is no channel."""


def channel_of(name: str | None) -> Channel | None:
    """The channel of that name; None where none is configured: then nobody is offered a link."""
    if name is None:
        return None
    if name.startswith(_FILE):
        return FileChannel(Path(name.removeprefix(_FILE)))
    match = _NAME.fullmatch(name)
    if match is None:
        raise ChannelWrong(f"SUYUAN_CHANNEL {name!r}, expected file:PATH or package.module:factory")
    try:
        made: Channel = getattr(import_module(match[1]), match[2])()
    except (ImportError, AttributeError) as wrong:
        raise ChannelWrong(f"SUYUAN_CHANNEL {name!r}: {wrong}") from wrong
    if not callable(getattr(made, "send", None)):
        raise ChannelWrong(f"SUYUAN_CHANNEL {name!r} gives something without send(to, text)")
    return made
