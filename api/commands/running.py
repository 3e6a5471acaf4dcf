"""`suyuan run`, `suyuan serve`, `suyuan init`: a server to look at, a server to work with, and a new ledger."""

from __future__ import annotations

import os
import signal
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from api.channels import ChannelWrong, channel_of
from api.commands.auditing import audited
from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import (
    database_trouble,
    has_log,
    opened,
    read_file,
    read_vkeys,
    settings_of,
    write_vkey,
)
from api.commands.playing import demo, demo_settings, is_played
from api.commands.serving import HEADERS, HTTP, LOGGING, TARGET
from api.demo.parties import party_id
from api.demo.people import stall_card
from api.witnessing import check_policy
from ledger.keys import Vault
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.note import NOTE_BYTES_MAX, Note
from ledger.service import Ledger

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from api.settings import Settings
    from ledger.errors import Language

REGISTRAR_KEY_DAYS: Final = 90
#: So long the requests under way have to end once the server is told to stop; what is committed by then is safe either way.
STOP_SECONDS: Final = 30
_STOPS: Final = frozenset({signal.SIGINT, signal.SIGTERM})


def run_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan run` and `suyuan serve` take."""
    zh = language == "zh"
    parser.add_argument(
        "--port",
        type=int,
        help="端口（默认 8000，或环境变量 PORT）" if zh else "port (default 8000, or PORT)",
    )


def run(asked: Namespace, console: Console) -> int:
    """Something to look at: the ledger that lies here, else the demo, played first if it was not yet."""
    settings = settings_of(**_ports(asked))
    _check_port_free(settings)
    if not has_log(settings):
        settings = demo_settings(**_ports(asked))
        if not is_played(settings):
            # What it prints leads to this server, on the port that was asked for.
            played = demo(console, settings)
            return _serve(settings, console) if played == GOOD else played
    with opened(settings) as ledger:
        ledger.check_guard()
        check_policy(ledger, settings)
        key = ledger.vkey
    # What was left here by the last run is believed only after it was recomputed.
    return _serve(settings, console) if audited(settings.database, key, console) is not None else WRONG


def serve(asked: Namespace, console: Console) -> int:
    """The ledger that the settings name."""
    settings = settings_of(**_ports(asked))
    _check_port_free(settings)
    _check_channel(settings)
    with opened(settings) as ledger:
        # An old copy of the database is told here, and not only to the first sender.
        ledger.check_guard()
        check_policy(ledger, settings)
    return _serve(settings, console)


def init_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan init` takes."""
    zh = language == "zh"
    parser.add_argument(
        "--host",
        required=True,
        help="日志名中的主机名，如 zs.example.cn" if zh else "host in the log's name, like log.example.org",
    )
    parser.add_argument(
        "--registrar",
        required=True,
        help="登记机构名称" if zh else "name of the office that registers parties",
    )
    parser.add_argument(
        "--follows",
        type=Path,
        help="被冻结日志的最后检查点文件：新日志承接它"
        if zh
        else "last checkpoint of a frozen log, whose place this one takes",
    )
    parser.add_argument(
        "--follows-vkey",
        help="那个日志的公钥（核对检查点）" if zh else "that log's public key, to check it with",
    )


def init(asked: Namespace, console: Console) -> int:
    """Found a real log on the machine's clock. Prints what must be kept: the public key, and the registrar's access key."""
    settings = settings_of()
    if settings.database_url is None and has_log(settings):
        misuse(
            f"{settings.data} 里已有账本，不会覆盖",
            f"{settings.data} holds a ledger already; it is not overwritten",
        )
    follows = None if asked.follows is None else _followed(asked.follows, asked.follows_vkey)
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.key_path
    vault = Vault.open_file(path) if path.exists() else Vault.create_file(path)
    with (
        database_trouble(),
        Ledger.create(
            settings.database,
            host=asked.host,
            registrar_name=asked.registrar,
            vault=vault,
            evidence=settings.evidence,
            follows=follows,
            guard=settings.guard_path,
        ) as ledger,
    ):
        kept = write_vkey(settings, ledger)
        access = ledger.give_access_key(ledger.registrar, label="init", days=REGISTRAR_KEY_DAYS)
        console.say(str(ledger.vkey))
        console.tell(
            f"以上是日志公钥（也在 {kept}）：请发布出去，任何人凭它就能核对。私钥文件：{path}，请另外备份",
            f"That is the log's public key (also in {kept}): publish it, with it anybody can check. Private key file: {path}, back it up apart",
        )
        console.tell(
            f"登记机构 {ledger.registrar} 的访问密钥，只显示这一次，{REGISTRAR_KEY_DAYS} 天有效：{access}",
            f"Access key of the registrar {ledger.registrar}, shown this once, good for {REGISTRAR_KEY_DAYS} days: {access}",
        )
    return GOOD


def _followed(path: Path, vkey: str | None) -> Checkpoint:
    """How the log ended that the new one follows. Whether its key signed that is asked where the key is given; a thief has it too."""
    note = read_file(path, bytes_max=NOTE_BYTES_MAX)
    if vkey is not None:
        return open_checkpoint(note, read_vkeys(vkey)).checkpoint
    return Checkpoint.parse(Note.parse(note).text)


def _ports(asked: Namespace) -> dict[str, object]:
    """The port of this call: as asked, else PORT, else as the settings say. Printed addresses follow it unless they were set."""
    port = asked.port if asked.port is not None else os.environ.get("PORT") or os.environ.get("SUYUAN_PORT")
    if port in {None, ""}:
        return {}
    base_url = {} if "SUYUAN_BASE_URL" in os.environ else {"base_url": f"http://localhost:{port}"}
    return {"port": port, **base_url}


def _serve(settings: Settings, console: Console) -> int:
    """Serve until somebody ends it. One worker: SQLite has one writer, and the demo's clock one owner."""
    os.environ.update(_environment(settings))
    console.tell(
        f"溯源在 {settings.base_url}/ （Ctrl+C 结束）", f"Suyuan at {settings.base_url}/ (Ctrl+C ends it)"
    )
    if settings.demo:
        console.tell(
            "  右上角可切换身份：摊主、药师、执法员……",
            "  choose who you are in the corner of the page: stall, pharmacist, officer …",
        )
        with opened(settings) as ledger:
            access = ledger.give_access_key(party_id("F1"), label="curl")
            card = stall_card(ledger)
        console.tell(
            f"  摊主的登录卡（{settings.base_url}/sign-in）：{card.printed}，PIN {card.pin}",
            f"  the stall keeper's card ({settings.base_url}/sign-in): {card.printed}, PIN {card.pin}",
        )
        # For the README's first call: the co-op of the story may say something of its own.
        console.say(f"  export SUYUAN_API_KEY={access}")
    console.say(f"  {settings.base_url}/docs", f"  {settings.base_url}/log/checkpoint")
    server = Server(
        TARGET,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=1,
        factory=True,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        http=HTTP,
        http1_settings=HEADERS,
        websockets=False,
        workers_kill_timeout=STOP_SECONDS,
    )
    _let_workers_end()
    server.serve()
    return GOOD


def _let_workers_end() -> None:
    """Have a forked worker end when it is told to, from its first moment until it has set handlers of its own.

    It begins with a copy of the server's handlers, which only note that somebody told them: a server stopped while its worker
    still opens the ledger would wait for it for ever.
    """

    def begin_anew() -> None:
        for one in _STOPS:
            signal.signal(one, signal.SIG_DFL)
        unblock()

    block = partial(signal.pthread_sigmask, signal.SIG_BLOCK, _STOPS)
    unblock = partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, _STOPS)
    # What is sent between the fork and the hook waits for it.
    os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=begin_anew)


def _environment(settings: Settings) -> dict[str, str]:
    """The same settings for the worker process."""
    environment = {
        "SUYUAN_DATA": str(settings.data),
        "SUYUAN_KEY_FILE": str(settings.key_path),
        "SUYUAN_GUARD": str(settings.guard_path),
        "SUYUAN_BASE_URL": settings.base_url,
        "SUYUAN_DEMO": str(settings.demo).lower(),
        "SUYUAN_HOST": settings.host,
        "SUYUAN_PORT": str(settings.port),
    }
    if settings.database_url is not None:
        environment["SUYUAN_DATABASE_URL"] = settings.database_url
    else:
        os.environ.pop("SUYUAN_DATABASE_URL", None)
    return environment


def _check_channel(settings: Settings) -> None:
    try:
        channel_of(settings.channel)
    except ChannelWrong as wrong:
        misuse(f"发送渠道不对：{wrong}", f"channel: {wrong}")


def _check_port_free(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as wrong:
            misuse(
                f"端口 {settings.port} 用不了（{wrong.strerror}）；用 PORT=9000 换一个",
                f"port {settings.port} cannot be used ({wrong.strerror}); choose another with PORT=9000",
            )


COMMANDS: Final = {
    "run": Does(run_arguments, run),
    "serve": Does(run_arguments, serve),
    "init": Does(init_arguments, init),
}
