"""`suyuan erase`: remove items because the law asks, or finish what an earlier erasure could not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.answers import moment
from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import opened, settings_of
from ledger.erasing import Outcome, Wanted, erase
from ledger.identifiers import PartyId, StatementId

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator

    from ledger.errors import Language
    from ledger.service import Ledger
    from ledger.store.erasing import Due

#: What is still to be removed, and what that takes.
_WAITING: Final = {
    "pages": (
        "数据库文件尚未重写：PostgreSQL 须由表的所有者执行 suyuan erase --resume；SQLite 请腾出磁盘空间后再试",
        "the database is not written anew yet: on PostgreSQL the tables' owner runs suyuan erase --resume; on SQLite free some disk and try again",
    ),
    "wal": (
        "有读者仍在使用预写日志；读者结束后自动清除，或 suyuan erase --resume",
        "a reader still needs the write-ahead log; it is cut off when that ends, or by suyuan erase --resume",
    ),
    "evidence": ("附件尚未删除", "a file is not removed yet"),
}


def arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan erase` takes."""
    zh = language == "zh"
    parser.add_argument(
        "statements",
        nargs="*",
        metavar="STATEMENT_ID",
        help="记录编号" if zh else "ids of the records",
    )
    parser.add_argument("--ground", help="法律依据，如“个人信息保护法 47”" if zh else "the law, for the log")
    parser.add_argument(
        "--issuer", help="记录方（两方用了同一编号时）" if zh else "whose record, where two chose one id"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--kind",
        action="append",
        default=[],
        help="要删除的数据项类型，如 contact，可重复" if zh else "kind of item to erase, may be repeated",
    )
    which.add_argument(
        "--place",
        action="append",
        default=[],
        type=int,
        help="要删除的项的位置（从 0 起），可重复" if zh else "place of an item, from 0, may be repeated",
    )
    which.add_argument("--whole", action="store_true", help="全部数据项" if zh else "all of its items")
    which.add_argument(
        "--resume",
        action="store_true",
        help="完成此前未清除的部分" if zh else "finish what an earlier erasure could not",
    )


def run(asked: Namespace, console: Console) -> int:
    """Erase, or finish erasing; 1 while something is still to be removed."""
    if asked.resume:
        if asked.statements:
            misuse("--resume 不带记录编号", "--resume takes no ids")
        with opened(settings_of()) as ledger:
            return _tell_left(ledger.finish_erasures(), console)
    if not asked.statements or asked.ground is None:
        misuse("要有记录编号和 --ground 法律依据", "name the records, and the law with --ground")
    issuer = None if asked.issuer is None else PartyId.parse(asked.issuer, field="issuer")
    wanted = [
        Wanted(
            statement=StatementId.parse(one),
            issuer=issuer,
            places=tuple(asked.place),
            kinds=tuple(asked.kind),
            whole=asked.whole,
        )
        for one in asked.statements
    ]
    with opened(settings_of()) as ledger:
        outcome = erase(ledger, wanted, ground=asked.ground)
        console.say_all(_lines(ledger, outcome, console.language))
    return _tell_left(outcome.waiting, console)


def _lines(ledger: Ledger, outcome: Outcome, language: Language) -> Iterator[str]:
    zh = language == "zh"
    seq, count = outcome.placed.seq, sum(len(one.places) for one in outcome.removed)
    yield (
        f"已删除 {count} 项，见 {ledger.origin} 第 {seq} 条：{outcome.said.ground}"
        if zh
        else f"{count} items erased, entry {seq} of {ledger.origin}: {outcome.said.ground}"
    )
    for one in outcome.removed:
        places = ", ".join(f"{place} {kind}" for place, kind in sorted(one.places.items()))
        yield f"  {one.seq} {one.statement}: {places}"
    for file in outcome.files_removed:
        yield f"  附件已删除 {file}" if zh else f"  file removed {file}"
    for file in outcome.files_kept:
        yield f"  附件保留（其他记录仍引用）{file}" if zh else f"  file kept, other records name it {file}"
    for kept in outcome.early:
        yield (
            f"  注意：第 {kept.seq} 条尚在最低保存期限内，至 {kept.until}（{kept.law}）"
            if zh
            else f"  note: entry {kept.seq} was to be kept until {kept.until} ({kept.law})"
        )
    for other in outcome.elsewhere:
        kinds = ", ".join(other.kinds)
        yield (
            f"  另一版本仍有 {kinds}：{other.statement}"
            if zh
            else f"  another version still has {kinds}: {other.statement}"
        )
    for copy in outcome.copies:
        made = moment(copy.made_ms)
        yield (
            f"  此前的副本，请收回：{copy.kind} {copy.name}，{made} 交给 {copy.to_whom or '（未注明）'}，SHA-256 {copy.digest}"
            if zh
            else f"  an earlier copy, ask for it back: {copy.kind} {copy.name}, {made}, to {copy.to_whom or '(nobody named)'}, SHA-256 {copy.digest}"
        )


def _tell_left(left: Iterable[Due], console: Console) -> int:
    what = sorted({one.what for one in left})
    if not what:
        console.tell("没有待清除的内容", "nothing is left to remove")
        return GOOD
    for one in what:
        console.tell(*_WAITING[one])
    return WRONG


COMMANDS: Final = {
    "erase": Does(arguments, run),
}
