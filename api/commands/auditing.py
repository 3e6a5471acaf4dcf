"""`suyuan audit`: recompute a log from stored bytes, with nothing trusted but its public key; from outside, what it published (`api.commands.outside`). `suyuan refold`: make its views again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL, make_url

from api.commands import outside
from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import database_trouble, opened, read_vkey, settings_of
from api.commands.outside import since_line
from api.commands.scanning import kept_line, wrong_line
from ledger.audit import AuditFailed, AuditReport, audit
from ledger.store.engine import open_engine, reading
from ledger.store.rules import make_again
from ledger.store.scan_files import ScanFiles, ScanFileWrong
from ledger.store.scans import batches_told

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping

    from ledger.errors import Language
    from ledger.log.note import NoteVerifier


def arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan audit` takes."""
    zh = language == "zh"
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "log",
        nargs="?",
        metavar="URL|DIR",
        help="从外部核对：日志的地址、目录或 s3:// 副本"
        if zh
        else "from outside: the log's address, or a copy of it in a folder or at s3://",
    )
    where.add_argument("--data", type=Path, help="数据目录" if zh else "data folder")
    where.add_argument("--url", help="数据库地址" if zh else "address of the database")
    parser.add_argument(
        "--vkey",
        required=True,
        help="日志公钥，或存有公钥的文件" if zh else "the log's public key, or the file that holds it",
    )
    outside.audit_arguments(parser, language)


def run(asked: Namespace, console: Console) -> int:
    """Audit; 0 when all is as it must be, 1 with the first thing that is not."""
    if asked.log is not None:
        return outside.audit(asked, console)
    _refuse_others_options(asked)
    key = read_vkey(asked.vkey)
    since = outside.brought(asked, key)
    # What is found is folded again under the operator's own categories too, where SUYUAN_CATEGORIES names them.
    settings_of()
    url = database_in(asked.data) if asked.url is None else _there(asked.url)
    report = audited(url, key, console, since)
    if report is None:
        return WRONG
    if not asked.url and scans_audited(url, key, scans_in(asked.data), console) != GOOD:
        return WRONG
    outside.keep(asked, report.note, console)
    return GOOD


def _refuse_others_options(asked: Namespace) -> None:
    """What only a log from outside can be asked would be passed over here, and taken for checked."""
    given = {
        "--policy": asked.policy,
        "--api-key": asked.api_key,
        "--public": asked.public,
        "--complete": asked.complete,
    }
    for name, value in given.items():
        if value:
            misuse(
                f"{name} 只用于从外部核对（日志的地址或副本）",
                f"{name} is for a log from outside: its address, or a copy of it",
            )


def _there(url: str) -> str:
    """The address of a database that is there: an audit reads, and makes no empty file where the address is mistyped."""
    with database_trouble():
        named = make_url(url)
    if named.get_backend_name() == "sqlite" and not Path(named.database or "").is_file():
        misuse(
            f"数据库用不了：{named.database} 不存在",
            f"the database cannot be used: {named.database} does not exist",
        )
    return url


def database_in(data: Path | None) -> str:
    """The address of the database in a data folder, or of the settings' own."""
    if data is None:
        settings = settings_of()
        if settings.database_url is not None:
            return settings.database
        data = settings.data
    path = data / "suyuan.db"
    if not path.is_file():
        misuse(f"{path} 不存在，没有可审计的账本", f"{path} does not exist: nothing to audit")
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def scans_in(data: Path | None) -> Path:
    """The folder of scan files in a data folder, or in the settings' own."""
    settings = settings_of() if data is None else settings_of(data=data)
    return settings.scans_path


def scans_audited(url: str, key: NoteVerifier, folder: Path, console: Console) -> int:
    """Compare the scan files that are there with their digests in the log. One that is gone is said, and is no fault: they have their time."""
    with database_trouble():
        engine = open_engine(url)
        try:
            with reading(engine) as connection:
                told = batches_told(connection, key.name)
        finally:
            engine.dispose()
    files = ScanFiles(folder)
    try:
        there = sum(files.check(digest) for digest in told)
    except ScanFileWrong as wrong:
        console.say(wrong_line(wrong, console.language))
        return WRONG
    if told:
        console.say(kept_line(there, len(told) - there, settings_of().scan_days, console.language))
    return GOOD


def audited(
    url: str, key: NoteVerifier, console: Console, since: Mapping[str, bytes] | None = None
) -> AuditReport | None:
    """Audit one database and say what came of it; None where something is wrong."""
    try:
        report = audit_at(url, key, console, since)
    except AuditFailed as wrong:
        console.say(failure_line(wrong, console.language))
        return None
    console.say(*report_lines(report, console.language))
    return report


def audit_at(
    url: str, key: NoteVerifier, console: Console, since: Mapping[str, bytes] | None = None
) -> AuditReport:
    """Audit one database; raises `AuditFailed`."""
    with database_trouble():
        engine = open_engine(url)
        try:
            with reading(engine) as connection:
                return audit(connection, key, since=since, progress=console.progress)
        finally:
            engine.dispose()


def failure_line(wrong: AuditFailed, language: Language) -> str:
    """The first thing that is wrong, in one line."""
    if language == "en":
        return f"audit FAILED: {wrong}"
    where = f"第 {wrong.entry} 条：" if wrong.entry is not None else ""
    return f"审计不通过：{where}表 {wrong.table}，键 {wrong.key}，列 {wrong.column}：实为“{wrong.came}”，应为 {wrong.expected}"


def report_lines(report: AuditReport, language: Language) -> tuple[str, ...]:
    """What was looked at, and what was not."""
    zh = language == "zh"
    done = (
        f"审计通过：{report.origin} 共 {report.entries} 条；核对签名 {report.signatures}、数据项 {report.items}（已依法删除 {report.erased}）、"
        f"检查点 {report.checkpoints}、散列块 {report.tiles}、视图行 {report.views}；根 {report.root}"
        if zh
        else f"audit passed: {report.origin}, {report.entries} entries; checked {report.signatures} signatures, {report.items} items "
        f"({report.erased} erased), {report.checkpoints} checkpoints, {report.tiles} tiles, {report.views} rows of views; root {report.root}"
    )
    went_on = () if report.since is None else (since_line(report.since, language),)
    head = "没有核对的：" if zh else "not checked: "
    return (done, *went_on, *(f"{head}{one.in_language(language)}" for one in report.not_checked))


def no_arguments(parser: ArgumentParser, language: Language) -> None:
    """`suyuan refold` takes nothing: the settings say which ledger."""


def refold(asked: Namespace, console: Console) -> int:  # noqa: ARG001  (all commands are called alike)
    """Throw the views away and fold the log again; says how long that took."""
    with opened(settings_of()) as ledger:
        begun = time.perf_counter()
        size = make_again(ledger.engine, ledger.origin, progress=console.progress)
        seconds = time.perf_counter() - begun
        found = len(ledger.findings())
    if console.language == "zh":
        console.say(f"视图已由 {size} 条日志重新生成，提示 {found} 条，用时 {seconds:.1f} 秒")
    else:
        console.say(f"views made again from {size} entries, {found} findings, in {seconds:.1f} s")
    return GOOD


COMMANDS: Final = {
    "refold": Does(no_arguments, refold),
    "audit": Does(arguments, run),
}
