"""`suyuan log-key …`: the key that signs the log's own checkpoints. For the operator, on the machine where the ledger lies.

show      which keys the log had, and which sign now
rotate    a new key from now on, the old one beside it for a while
stolen    nothing is signed any more, ever; the last checkpoint goes into a file, for witnesses and for the log that follows
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, Console, Does, misuse
from api.commands.opening import new_file, opened, settings_of, write_vkey
from ledger.identifiers import Instant
from ledger.service import LOG_KEY_OVERLAP_MS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.errors import Language

_DAY_MS: Final = 86_400_000
_DAYS_MAX: Final = 3_660


def arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan log-key` takes: one of its own commands."""
    zh = language == "zh"
    family = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    family.add_parser("show", help="现用和曾用的公钥" if zh else "the keys, and which sign now")
    rotate = family.add_parser("rotate", help="更换日志密钥" if zh else "change the log's key")
    rotate.add_argument(
        "--overlap-days",
        type=int,
        default=LOG_KEY_OVERLAP_MS // _DAY_MS,
        help="新旧两把并签的天数（默认 30）" if zh else "days in which both sign (30)",
    )
    stolen = family.add_parser(
        "stolen", help="日志密钥失窃：冻结日志" if zh else "the key was stolen: freeze the log"
    )
    stolen.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help="最后检查点的文件" if zh else "file for the last checkpoint",
    )
    stolen.add_argument(
        "--yes", action="store_true", help="确认：冻结后不能恢复" if zh else "yes: a frozen log stays frozen"
    )


def run(asked: Namespace, console: Console) -> int:
    """Do it."""
    return {"show": _show, "rotate": _rotate, "stolen": _stolen}[asked.action](asked, console)


def _show(_asked: Namespace, console: Console) -> int:
    with opened(settings_of()) as ledger:
        keys, at_ms = ledger.log_keys, ledger.clock()
        signing = keys.in_force(size=ledger.size(), at_ms=at_ms)
    for key in keys.all:
        state = ("现用", "signs") if key in signing else ("停用", "retired")
        console.tell(f"{state[0]}  {key}", f"{state[1]}  {key}")
    return GOOD


def _rotate(asked: Namespace, console: Console) -> int:
    if not 0 <= asked.overlap_days <= _DAYS_MAX:
        misuse(f"--overlap-days 应为 0 至 {_DAYS_MAX}", f"--overlap-days: 0 to {_DAYS_MAX}")
    settings = settings_of()
    with opened(settings) as ledger:
        old = ledger.log_keys.newest
        placed = ledger.change_log_key(overlap_ms=asked.overlap_days * _DAY_MS)
        keys = ledger.log_keys
        kept = write_vkey(settings, ledger)
    until = Instant(keys.changes[-1].until_ms).display()
    console.say(str(keys.newest))
    console.tell(
        f"以上是新的日志公钥（日志第 {placed.seq} 条；也在 {kept} 第一行）：请公布。旧公钥 {old} 并签至 {until}，此后单凭它不再作数",
        f"That is the log's new public key (entry {placed.seq}; also the first line of {kept}): publish it. The old one, {old}, signs "
        f"beside it until {until}; after that its signature alone is worth nothing",
    )
    return GOOD


def _stolen(asked: Namespace, console: Console) -> int:
    if not asked.yes:
        misuse(
            "冻结后本日志不再收录任何记录，不能恢复；确定请加 --yes",
            "a frozen log takes nothing more and stays frozen; add --yes if that is meant",
        )
    with new_file(asked.output) as file, opened(settings_of()) as ledger:
        final, size = ledger.freeze(), ledger.size()
        file.write(final)
    console.tell(
        f"已冻结在 {size} 条；最后检查点在 {asked.output}：请见证人副署并公布，再用 suyuan init --follows {asked.output} 建新日志",
        f"frozen at {size} entries; the last checkpoint is in {asked.output}: have witnesses cosign and publish it, then found the "
        f"log that follows with suyuan init --follows {asked.output}",
    )
    return GOOD


COMMANDS: Final = {"log-key": Does(arguments, run)}
