"""`suyuan recover`: put back the tail that the database lost. `suyuan verify-evidence`: two things that the log signed and that cannot both be true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import opened, read_file, read_vkeys, settings_of, write_vkey
from ledger.errors import Refusal
from ledger.exchange.mirror import Mirror
from ledger.exchange.places import place_at
from ledger.exchange.recovering import recover as put_back
from ledger.log.contradiction import CONTRADICTION_BYTES_MAX, NoContradiction, read_contradiction
from ledger.store.guard import GuardMissing, GuardUnreadable, NotToBeSigned

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.errors import Language
    from ledger.exchange.places import Reads
    from ledger.service import Ledger


def recover_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan recover` takes. There is no way to go on without what was signed: nothing here overrides the guard."""
    zh = language == "zh"
    parser.add_argument(
        "copy",
        help="成员副本（suyuan log export --members 所写的目录，或 s3://…）"
        if zh
        else "a copy for members: the folder or s3://… that suyuan log export --members wrote",
    )
    parser.add_argument(
        "--vkey",
        help="日志公钥，或存有公钥的文件；不写则用本库所知的"
        if zh
        else "the log's public keys, or the file that holds them; those that the database knows where nothing is said",
    )


def recover(asked: Namespace, console: Console) -> int:
    """Put the tail back, make a guard that is gone anew from the copy, and say whether the log may be signed again."""
    settings = settings_of()
    place = _place(asked.copy)
    with opened(settings) as ledger:
        keys = ledger.log_keys.all if asked.vkey is None else tuple(read_vkeys(asked.vkey))
        done = put_back(ledger, place, keys, progress=console.progress)
        write_vkey(settings, ledger)
        console.tell(
            f"已由副本补回第 {done.before} 至 {done.size - 1} 条"
            if done.size > done.before
            else f"副本没有本库缺少的条目（本库 {done.size} 条）",
            f"entries {done.before} to {done.size - 1} were put back from the copy"
            if done.size > done.before
            else f"the copy has nothing that this database lacks ({done.size} entries)",
        )
        try:
            _check_guard(ledger, place, console)
        except NotToBeSigned as wrong:
            console.tell(f"仍不能签署：{wrong}", f"still not to be signed: {wrong}")
            return WRONG
    console.tell(
        "可以继续签署；请先 suyuan audit", "the log may be signed again; audit it first (suyuan audit)"
    )
    return GOOD


def _check_guard(ledger: Ledger, place: Reads, console: Console) -> None:
    """Raise while the log is not to be signed. A guard that is gone is made anew from what the copy shows was signed."""
    guard = ledger.guard
    assert guard is not None, "a command's ledger has a guard"
    try:
        ledger.check_guard()
    except (GuardMissing, GuardUnreadable):
        mirror = Mirror.at(place, ledger.log_keys.all)
        assert mirror is not None, "a copy that was just read is gone"
        guard.begin(mirror.note)
        console.tell(
            f"防分叉记录 {guard.path} 已按副本的检查点（{mirror.size} 条）重建；此副本必须是对外公布过的最新一份",
            f"the guard {guard.path} was made anew from the copy's checkpoint ({mirror.size} entries): it must be the newest one "
            "that anybody was shown",
        )
        ledger.check_guard()


def evidence_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan verify-evidence` takes."""
    zh = language == "zh"
    parser.add_argument("file", type=Path, help="证据文件" if zh else "the evidence")
    parser.add_argument(
        "--vkey",
        required=True,
        help="日志公钥，或存有公钥的文件" if zh else "the log's public keys, or the file that holds them",
    )


def verify_evidence(asked: Namespace, console: Console) -> int:
    """0: the log's key signed two things that cannot both be true. 1: this file does not show that."""
    keys = read_vkeys(asked.vkey)
    raw = read_file(asked.file, bytes_max=CONTRADICTION_BYTES_MAX)
    try:
        one, other = read_contradiction(raw).check(keys)
    except NoContradiction as agree:
        console.tell(
            f"两者并不矛盾：{agree.in_language('zh')}", f"no contradiction: {agree.in_language('en')}"
        )
        return WRONG
    except Refusal as wrong:
        console.tell(f"证据不成立：{wrong.in_language('zh')}", f"no evidence: {wrong.in_language('en')}")
        return WRONG
    console.tell(
        f"证据成立：{one.origin} 的密钥签署了两份不能同时为真的历史：{one.size} 条，根 {one.root}；{other.size} 条，根 {other.root}",
        f"evidence holds: the key of {one.origin} signed two histories that cannot both be true: {one.size} entries with root {one.root}, "
        f"and {other.size} entries with root {other.root}",
    )
    return GOOD


def _place(address: str) -> Reads:
    try:
        return place_at(address)
    except ValueError as wrong:
        misuse(f"副本地址不对：{wrong}", f"address of the copy: {wrong}")


COMMANDS: Final = {
    "recover": Does(recover_arguments, recover),
    "verify-evidence": Does(evidence_arguments, verify_evidence),
}
