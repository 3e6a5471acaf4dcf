"""The command line: `suyuan …`. It names the commands and turns what went wrong into one line and an exit status.

    0  as it should be        1  what was checked is not as it must be        2  the call was wrong, and its caller can mend it

The commands themselves live in `api.commands`; only the one that is called is loaded, so that a small one starts at once.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Final, NoReturn

from api.commands.console import MISUSED, Console, Does, Misuse, language_from_environment
from ledger.errors import Language, LedgerFault, Refusal, Words

#: What a shell calls a program that was interrupted.
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, the module that has it, and what it is for."""

    name: str
    module: str
    purpose: Words

    def load(self) -> Does:
        """What it takes and does."""
        family: Mapping[str, Does] = import_module(f"api.commands.{self.module}").COMMANDS
        return family[self.name]


COMMANDS: Final = (
    Command(
        "demo",
        "playing",
        Words(zh="演一遍虚构的故事并回答五个问题", en="play an invented story and answer five questions"),
    ),
    Command(
        "run",
        "running",
        Words(zh="演示或上次的账本，打开网页看", en="the demo, or the ledger of the last run, in a browser"),
    ),
    Command("init", "running", Words(zh="建一个真账本", en="found a real ledger")),
    Command("serve", "running", Words(zh="对外服务", en="serve the ledger")),
    Command(
        "audit",
        "auditing",
        Words(zh="只凭公钥重算整本账", en="recompute the whole log with its public key alone"),
    ),
    Command("log", "outside", Words(zh="日志的公开副本", en="a copy of the log for others to serve")),
    Command(
        "refold",
        "auditing",
        Words(zh="由日志重新生成全部视图", en="make all views again from the log"),
    ),
    Command(
        "scans",
        "scanning",
        Words(zh="扫码批次：何时、多少次、文件还在不在", en="batches of scans: when, how many, whether kept"),
    ),
    Command("erase", "erasing", Words(zh="依法删除数据项", en="erase items as the law asks")),
    Command(
        "retention",
        "retention",
        Words(zh="哪些记录须保存到何时", en="until when which records must be kept"),
    ),
    Command("scan", "coding", Words(zh="照片里有哪些码", en="which codes are in a photo")),
    Command("label", "coding", Words(zh="打一张标签", en="print a label")),
    Command(
        "sign-code",
        "signed_codes",
        Words(zh="用自己的标签密钥给码签名", en="sign a code with a label key of one's own"),
    ),
    Command(
        "verify-code",
        "signed_codes",
        Words(zh="不联网核对码上的签名", en="check the signature in a code without a network"),
    ),
    Command("import", "exchanging", Words(zh="导入 EPCIS 文件", en="import an EPCIS document")),
    Command("export", "exchanging", Words(zh="导出日志", en="export the log")),
    Command("disclose", "exchanging", Words(zh="出示一条记录", en="show one statement in a file")),
    Command("verify-proof", "proving", Words(zh="不联网核验存证证明", en="check a proof without a network")),
    Command(
        "verify-disclosure",
        "proving",
        Words(zh="不联网核验披露文件", en="check a disclosure without a network"),
    ),
    Command("verify", "proving", Words(zh="同 verify-disclosure", en="the same as verify-disclosure")),
    Command("key", "keys", Words(zh="自己的签名密钥", en="a signing key of one's own")),
    Command("sign", "signing", Words(zh="离线签名一条记录", en="sign a record, offline")),
    Command(
        "submit",
        "signing",
        Words(zh="提交已签名的记录并核对回执", en="send signed records and check the receipt"),
    ),
    Command("log-key", "log_keys", Words(zh="日志自己的密钥", en="the log's own key")),
    Command("witnesses", "witnessing", Words(zh="哪些见证在联署", en="which witnesses cosign")),
    Command(
        "recover",
        "recovering",
        Words(zh="由成员副本补回丢失的尾部", en="put back a lost tail from a copy of the log"),
    ),
    Command(
        "verify-evidence",
        "recovering",
        Words(zh="核对日志讲了两套历史的证据", en="check evidence that a log told two histories"),
    ),
)


class _Parser(ArgumentParser):
    """An `ArgumentParser` that complains in one line."""

    language: Language = "zh"

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the call."""
        zh, en = f"参数不对：{message}（suyuan --help 看用法）", f"{message} (see suyuan --help)"
        raise Misuse(Words(zh=zh, en=en))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    console = Console(_language(words))
    try:
        return _run(words, console)
    except Misuse as wrong:
        console.complain(wrong.words.in_language(console.language))
    except Refusal as wrong:
        console.complain(wrong.in_language(console.language))
    except LedgerFault as wrong:
        console.complain(
            f"账本用不了：{wrong}" if console.language == "zh" else f"the ledger cannot be used: {wrong}"
        )
    except OSError as wrong:
        console.complain(f"不能完成：{wrong}" if console.language == "zh" else f"not possible: {wrong}")
    except KeyboardInterrupt:
        return INTERRUPTED
    return MISUSED


def _run(words: Sequence[str], console: Console) -> int:
    language = console.language
    description = (
        "溯源：谁生产、谁经手、谁查验"
        if language == "zh"
        else "Suyuan: who made it, who passed it on, who checked it"
    )
    _Parser.language = language
    parser = _Parser(prog="suyuan", description=description)
    _add_language(parser)
    family = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    called = _called(words)
    does = None
    for command in COMMANDS:
        purpose = command.purpose.in_language(language)
        one = family.add_parser(command.name, help=purpose, description=purpose)
        _add_language(one)
        if command.name == called:
            does = command.load()
            does.arguments(one, language)
    asked = parser.parse_args(words)
    # Nothing was called: the parser has said so and did not come back.
    assert does is not None
    return does.run(asked, console)


def _called(words: Sequence[str]) -> str | None:
    """The command among the words: the first that is neither an option nor what `--lang` takes."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == "--lang":
            skip = True
        elif not word.startswith("-"):
            return word
    return None


def _language(words: Sequence[str]) -> Language:
    """What `--lang` says, wherever it stands; else what the environment says."""
    for word, following in pairwise([*words, ""]):
        option, _, value = word.partition("=")
        if option == "--lang" and (value or following) in {"zh", "en"}:
            return "zh" if (value or following) == "zh" else "en"
    return language_from_environment()


def _add_language(parser: ArgumentParser) -> None:
    """`--lang` may stand before or behind the command."""
    parser.add_argument("--lang", choices=("zh", "en"), help="zh | en")


if __name__ == "__main__":
    sys.exit(main())
