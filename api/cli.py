"""The command line: `suyuan …`. It names the commands and turns what went wrong into one line and an exit status.

    0  as it should be        1  what was checked is not as it must be        2  the call was wrong, and its caller can mend it

The commands themselves live in `api.commands`.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from sqlalchemy.exc import SQLAlchemyError

from api.commands import auditing, coding, exchanging, playing, running
from api.commands.console import MISUSED, Console, Misuse, language_from_environment
from ledger.errors import Language, LedgerFault, Refusal, Words

#: What a shell calls a program that was interrupted.
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, what it is for, what it takes, what it does."""

    name: str
    purpose: Words
    arguments: Callable[[ArgumentParser, Language], None]
    run: Callable[[Namespace, Console], int]


COMMANDS: Final = (
    Command(
        "demo",
        Words(zh="演一遍虚构的故事并回答五个问题", en="play an invented story and answer five questions"),
        playing.arguments,
        playing.run,
    ),
    Command(
        "run",
        Words(zh="演示或上次的账本，打开网页看", en="the demo, or the ledger of the last run, in a browser"),
        running.run_arguments,
        running.run,
    ),
    Command("init", Words(zh="建一个真账本", en="found a real ledger"), running.init_arguments, running.init),
    Command("serve", Words(zh="对外服务", en="serve the ledger"), running.run_arguments, running.serve),
    Command(
        "audit",
        Words(zh="只凭公钥重算整本账", en="recompute the whole log with its public key alone"),
        auditing.arguments,
        auditing.run,
    ),
    Command(
        "scan",
        Words(zh="照片里有哪些码", en="which codes are in a photo"),
        coding.scan_arguments,
        coding.scan,
    ),
    Command("label", Words(zh="打一张标签", en="print a label"), coding.label_arguments, coding.label),
    Command(
        "import",
        Words(zh="导入 EPCIS 文件", en="import an EPCIS document"),
        exchanging.import_arguments,
        exchanging.import_file,
    ),
    Command(
        "export", Words(zh="导出日志", en="export the log"), exchanging.export_arguments, exchanging.export
    ),
    Command(
        "disclose",
        Words(zh="出示一条记录", en="show one statement in a file"),
        exchanging.disclose_arguments,
        exchanging.disclose,
    ),
    Command(
        "verify",
        Words(zh="核验披露文件", en="check such a file"),
        exchanging.verify_arguments,
        exchanging.verify,
    ),
)


class _Parser(ArgumentParser):
    """An `ArgumentParser` that complains in one line."""

    language: Language = "zh"

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the call."""
        line = (
            f"参数不对：{message}（suyuan --help 看用法）"
            if self.language == "zh"
            else f"{message} (see suyuan --help)"
        )
        raise Misuse(Words(zh=line, en=line))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    console = Console(_language(words))
    try:
        asked = _parser(console.language).parse_args(words)
        command = next(one for one in COMMANDS if one.name == asked.command)
        return command.run(asked, console)
    except Misuse as wrong:
        console.complain(wrong.words.in_language(console.language))
    except Refusal as wrong:
        console.complain(wrong.in_language(console.language))
    except LedgerFault as wrong:
        console.complain(
            f"账本用不了：{wrong}" if console.language == "zh" else f"the ledger cannot be used: {wrong}"
        )
    except (SQLAlchemyError, OSError) as wrong:
        console.complain(f"不能完成：{wrong}" if console.language == "zh" else f"not possible: {wrong}")
    except KeyboardInterrupt:
        return INTERRUPTED
    return MISUSED


def _language(words: Sequence[str]) -> Language:
    """What `--lang` says, wherever it stands; else what the environment says."""
    for place, word in enumerate(words):
        value = (
            word.partition("=")[2]
            if word.startswith("--lang=")
            else "".join(words[place + 1 : place + 2])
            if word == "--lang"
            else ""
        )
        if value in {"zh", "en"}:
            return "zh" if value == "zh" else "en"
    return language_from_environment()


def _parser(language: Language) -> ArgumentParser:
    _Parser.language = language
    parser = _Parser(
        prog="suyuan",
        description="溯源：谁生产、谁经手、谁查验"
        if language == "zh"
        else "Suyuan: who made it, who passed it on, who checked it",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        purpose = command.purpose.in_language(language)
        one = commands.add_parser(command.name, help=purpose, description=purpose)
        _add_language(one)
        command.arguments(one, language)
    _add_language(parser)
    return parser


def _add_language(parser: ArgumentParser) -> None:
    """`--lang` may stand before or behind the command."""
    parser.add_argument("--lang", choices=("zh", "en"), help="zh | en")


if __name__ == "__main__":
    sys.exit(main())
