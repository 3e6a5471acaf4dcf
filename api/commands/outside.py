"""`suyuan audit URL|DIR|s3://…`: a log checked from outside. `suyuan log export`: a copy of it for others to serve and check."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import opened, read_file, read_vkey, replace_file, settings_of
from api.commands.sites import Site
from api.witnessing import witnessing_of
from ledger.errors import Refusal
from ledger.evidence.bucket import SCHEME
from ledger.exchange.mirror import make_copy
from ledger.exchange.outside import Asked, audit_outside
from ledger.exchange.outside_report import OutsideWrong
from ledger.exchange.places import place_at
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import NOTE_BYTES_MAX, Note
from ledger.log.policy import POLICY_BYTES_MAX, Policy

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from ledger.errors import Language
    from ledger.exchange.outside_report import OutsideReport
    from ledger.exchange.places import Keeps, Reads
    from ledger.log.note import NoteVerifier

API_KEY: Final = "SUYUAN_API_KEY"
_HTTP: Final = ("http://", "https://")
#: How often a person at a screen sees the bar move, and by how much a file of complaints grows.
_BAR_SECONDS: Final = 0.2
_BAR_CELLS: Final = 30
_TENTHS: Final = 10


class Bar:
    """How far a long work is: a bar for whoever looks on, a line every tenth for whoever reads it afterwards."""

    def __init__(self) -> None:
        self._drawn, self._tenth = 0.0, -1

    def __call__(self, done: int, of: int) -> None:
        """So much of all is done."""
        part = done / of if of else 1.0
        if sys.stderr.isatty():
            now = time.monotonic()
            if done < of and now - self._drawn < _BAR_SECONDS:
                return
            self._drawn = now
            full = int(part * _BAR_CELLS)
            bar = "█" * full + "░" * (_BAR_CELLS - full)
            sys.stderr.write(f"\r{bar} {part:4.0%} {done}/{of}{'' if done < of else chr(10)}")
        elif int(part * _TENTHS) > self._tenth:
            self._tenth = int(part * _TENTHS)
            sys.stderr.write(f"{done}/{of}\n")
        sys.stderr.flush()


def audit_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan audit` takes besides, for a log that lies elsewhere."""
    zh = language == "zh"
    parser.add_argument(
        "--since",
        type=Path,
        metavar="FILE",
        help="上次核对时留下的检查点，日志须由它续来"
        if zh
        else "the checkpoint kept from last time, which the log must continue",
    )
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FILE",
        help="同上，通过后换成这次的检查点；第一次新建此文件"
        if zh
        else "the same, and this time's takes its place once all is right; made the first time",
    )
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE",
        help="见证策略（tlog-policy）" if zh else "whose cosignatures must be there (tlog-policy)",
    )
    parser.add_argument(
        "--api-key",
        help=f"会员的 API 密钥，核对其可见的记录（也可用 {API_KEY}）"
        if zh
        else f"a member's API key: what he may read is checked too (or {API_KEY})",
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="只核对公开部分" if zh else "check the public part alone",
    )
    parser.add_argument(
        "--complete",
        action="store_true",
        help="不得有未出示的内容（运营者自己的副本）"
        if zh
        else "nothing may be withheld (the operator's own copy)",
    )


def audit(asked: Namespace, console: Console) -> int:
    """Check a log from outside; 0 when all is as it must be, 1 with the first thing that is not."""
    key = read_vkey(asked.vkey)
    since = brought(asked, key)
    policy = (
        None if asked.policy is None else Policy.parse(read_file(asked.policy, bytes_max=POLICY_BYTES_MAX))
    )

    def cosigned(note: bytes) -> Sequence[str]:
        assert policy is not None, "asked only where there is a policy"
        by = {one.verifier for one in policy.check(note, [key]).cosignatures}
        return [one.name for one in policy.witnesses if one.key in by]

    wanted = Asked(
        since=since,
        cosigned=None if policy is None else cosigned,
        statements=not asked.public,
        complete=asked.complete,
    )
    with _place(asked.log, None if asked.public else asked.api_key or os.environ.get(API_KEY)) as place:
        try:
            report = audit_outside(place, key, wanted, progress=Bar())
        except OutsideWrong as wrong:
            console.say(failure_line(wrong, console.language))
            return WRONG
    if asked.complete and report.statements is None:
        misuse(f"{asked.log} 没有会员部分", f"{asked.log} has no members' part")
    console.say(*report_lines(report, console.language))
    keep(asked, report.note, console)
    return GOOD


def brought(asked: Namespace, key: NoteVerifier) -> dict[str, bytes]:
    """The checkpoints that the auditor kept, by the option that names their file. One to be replaced must be of this log: other files stay as they are."""
    notes: dict[str, bytes] = {}
    if asked.since is not None:
        notes["--since"] = read_file(asked.since, bytes_max=NOTE_BYTES_MAX)
    if asked.keep is not None and asked.keep.exists():
        notes["--keep"] = read_file(asked.keep, bytes_max=NOTE_BYTES_MAX)
        if not _is_checkpoint_of(key.name, notes["--keep"]):
            misuse(
                f"{asked.keep} 已存在，不是 {key.name} 的检查点，不会覆盖",
                f"{asked.keep} is there already and is no checkpoint of {key.name}: it is not overwritten",
            )
    return notes


def _is_checkpoint_of(origin: str, note: bytes) -> bool:
    try:
        return Checkpoint.parse(Note.parse(note).text).origin == origin
    except Refusal:
        return False


def keep(asked: Namespace, note: bytes, console: Console) -> None:
    """Keep the checkpoint of an audit that passed, where the auditor wants that."""
    if asked.keep is None:
        return
    replace_file(asked.keep, note)
    console.tell(
        f"检查点已留在 {asked.keep}，供下次核对", f"checkpoint kept in {asked.keep}, to be compared next time"
    )


@contextmanager
def _place(address: str, api_key: str | None) -> Iterator[Reads]:
    if address.startswith(_HTTP):
        with Site(address, api_key=api_key) as site:
            yield site
        return
    place = _keeps(address)
    if not address.startswith(SCHEME) and not Path(address).is_dir():
        misuse(
            f"{address} 不是目录，也不是 http(s):// 或 s3:// 地址",
            f"{address} is no folder, and no http(s):// or s3:// address",
        )
    if place.has("statements/000000000.json"):
        misuse(
            f"{address} 是 suyuan export 的目录（一次性交付），请用 suyuan log export 的副本",
            f"{address} is a folder of `suyuan export`, made to be handed over once; this checks copies by `suyuan log export`",
        )
    yield place


def _keeps(address: str) -> Keeps:
    try:
        return place_at(address)
    except ValueError as wrong:
        misuse(f"地址不对：{wrong}", str(wrong))


def failure_line(wrong: OutsideWrong, language: Language) -> str:
    """The first thing that is wrong, in one line."""
    if language == "en":
        return f"audit FAILED: {wrong}"
    where = f"第 {wrong.entry} 条：" if wrong.entry is not None else ""
    return f"审计不通过：{where}{wrong.path}：实为“{wrong.came}”，应为 {wrong.expected}"


def report_lines(report: OutsideReport, language: Language) -> tuple[str, ...]:
    """What was looked at, and what was not."""
    zh = language == "zh"
    lines = [
        f"审计通过：{report.origin} 共 {report.size} 条；核对散列块 {report.tiles}、检查点 {report.checkpoints}、登记记录 {report.register}、"
        f"签名 {report.signatures}；根 {report.root}"
        if zh
        else f"audit passed: {report.origin}, {report.size} entries; checked {report.tiles} tiles, {report.checkpoints} checkpoints, "
        f"{report.register} register statements, {report.signatures} signatures; root {report.root}"
    ]
    if report.statements is not None:
        lines.append(
            f"记录 {report.statements}、数据项 {report.items}（已依法删除 {report.items_erased}，未出示 {report.items_withheld}）"
            if zh
            else f"{report.statements} statements, {report.items} items ({report.items_erased} erased, {report.items_withheld} withheld)"
        )
    if report.since is not None:
        lines.append(since_line(report.since, language))
    if report.cosigned:
        names = ", ".join(report.cosigned)
        lines.append(f"见证：{names}" if zh else f"cosigned by {names}")
    head = "没有核对的：" if zh else "not checked: "
    return (*lines, *(f"{head}{one.in_language(language)}" for one in report.not_checked()))


def since_line(size: int, language: Language) -> str:
    """That the log continues a checkpoint which the auditor kept."""
    if language == "zh":
        return f"与上次的检查点（{size} 条）一致：只增不改"
    return f"goes on from the checkpoint of last time ({size} entries): nothing was changed"


def log_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan log` takes."""
    zh = language == "zh"
    does = parser.add_subparsers(dest="does", required=True, metavar="export")
    export = does.add_parser(
        "export",
        help="写出或续写日志的副本" if zh else "make a copy of the log, or go on with one",
        description="可重复执行：只补上新的部分，不改写已有文件"
        if zh
        else "may be called again and again: adds what is new and rewrites nothing",
    )
    export.add_argument(
        "to_place", metavar="DIR|s3://…", help="目录或存储桶" if zh else "a folder or a bucket"
    )
    export.add_argument(
        "--members",
        action="store_true",
        help="连同全部记录和数据项（运营者的存档、受托审计人）"
        if zh
        else "with all statements and items (the operator's archive, an auditor under contract)",
    )
    export.add_argument("--to", default="", help="交给谁（留底）" if zh else "for whom it is made")


def log(asked: Namespace, console: Console) -> int:
    """Bring a copy of the log up to date."""
    place = _keeps(asked.to_place)
    settings = settings_of()
    with opened(settings) as ledger:
        # What witnesses have cosigned by now goes along; nobody is asked from here.
        witnesses = witnessing_of(ledger, settings)
        copy = None
        if asked.members:
            # Remembered first: a copy that was made and is not remembered is beyond recall.
            copy = ledger.copies.remember("log", to_whom=asked.to, places=None, size=ledger.size())
        copied = make_copy(
            ledger,
            place,
            members=asked.members,
            head=None if witnesses is None else witnesses.checkpoint,
            progress=Bar(),
        )
        if copy is not None:
            ledger.copies.made(copy, digest=copied.digest)
    console.tell(
        f"{asked.to_place}：{copied.before} → {copied.size} 条"
        + (f"；因依法删除重写 {copied.rewritten} 个记录文件" if copied.rewritten else ""),
        f"{asked.to_place}: {copied.before} → {copied.size} entries"
        + (
            f"; {copied.rewritten} files of statements written again after erasures"
            if copied.rewritten
            else ""
        ),
    )
    return GOOD


COMMANDS: Final = {"log": Does(log_arguments, log)}
