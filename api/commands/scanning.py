"""`suyuan scans`: which batches of readings the log tells of, which of their files are still there, and what readings come to.

It says of no reading who made it: nobody here could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.answers import moment
from api.commands.console import GOOD, WRONG, Console, Does
from api.commands.opening import opened, settings_of
from api.scans_noted import scans_of
from ledger.store.scan_files import ScanFileWrong
from ledger.store.scans import DAY_MS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.errors import Language
    from ledger.store.scans import Batch


def arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan scans` takes."""
    zh = language == "zh"
    parser.add_argument(
        "--close",
        action="store_true",
        help="把待处理的扫码入批、删除到期文件并重新判断"
        if zh
        else "close a batch now, remove what is over, judge",
    )
    parser.add_argument(
        "--again", action="store_true", help="按现存文件重新判断全部" if zh else "judge everything again"
    )


def run(asked: Namespace, console: Console) -> int:
    """List the batches; 1 where a file is not the one that the log speaks of."""
    settings = settings_of()
    zh = console.language == "zh"
    with opened(settings) as ledger:
        scans = scans_of(ledger, settings.scans_path)
        if asked.close:
            scans.close()
            scans.drop(before_ms=ledger.clock() - settings.scan_days * DAY_MS)
        if asked.close or asked.again:
            found = scans.judge(again=asked.again)
            console.say(f"扫码得出的提示 {found} 条" if zh else f"{found} findings from scans")
        with ledger.book() as book:
            for one in scans.batches(book):
                console.say(_line(one, console.language))
            try:
                there, gone = scans.check(book)
            except ScanFileWrong as wrong:
                console.say(wrong_line(wrong, console.language))
                return WRONG
    console.say(kept_line(len(there), len(gone), settings.scan_days, console.language))
    return GOOD


def wrong_line(wrong: ScanFileWrong, language: Language) -> str:
    """That a file is another one, in one line."""
    if language == "zh":
        return f"扫码文件 {wrong.digest} 的内容摘要为 {wrong.came}，与日志所记不符"
    return f"scan file {wrong.digest} has the SHA-256 {wrong.came}: not what the log speaks of"


def kept_line(there: int, gone: int, days: int, language: Language) -> str:
    """How many files are there and right, and how many are not there."""
    if language == "zh":
        return f"扫码文件：{there} 个在且与日志摘要一致；{gone} 个不在（保存 {days} 天后删除，摘要和次数仍在日志中）"
    return (
        f"scan files: {there} are there and digest to what the log says; {gone} are not there (they are removed after {days} days; "
        "digest and count stay in the log)"
    )


def _line(one: Batch, language: Language) -> str:
    first, last = moment(one.first_ms), moment(one.last_ms)
    if language == "zh":
        return f"第 {one.seq} 条：{first} 至 {last}，{one.count} 次，{'文件在' if one.there else '文件不在'}"
    return (
        f"entry {one.seq}: {first} to {last}, {one.count} scans, {'kept' if one.there else 'file not there'}"
    )


COMMANDS: Final = {"scans": Does(arguments, run)}
