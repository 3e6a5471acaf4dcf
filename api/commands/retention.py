"""`suyuan retention`: until when which records must be kept, and letting go of personal data whose time is over.

`report` only looks. `apply` erases, and only what a plan says that `apply --dry-run` wrote before and somebody read.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, Console, Does, misuse
from api.commands.opening import new_file, opened, read_file, settings_of
from ledger.canonical import canonical
from ledger.identifiers import LegalDate
from ledger.retention_plan import PLAN_BYTES_MAX, Line, Plan, Report, apply, report
from ledger.vocabulary import said_type

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from ledger.canonical import Json
    from ledger.errors import Language


def arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan retention` takes."""
    zh = language == "zh"
    acts = parser.add_subparsers(dest="act", required=True, metavar="report | apply")
    look = acts.add_parser("report", help="只看，不删" if zh else "look, remove nothing")
    look.add_argument(
        "--as-of", metavar="YYYY-MM-DD", help="按哪一天算（默认今天）" if zh else "on which day (today)"
    )
    look.add_argument("--json", action="store_true", help="JSON")
    do = acts.add_parser(
        "apply",
        help="清除期满的个人信息" if zh else "erase personal data whose time is over",
    )
    how = do.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--dry-run", action="store_true", help="试算，写出方案文件" if zh else "write the plan to a file"
    )
    how.add_argument("--plan", type=Path, help="照此方案执行" if zh else "carry out this plan")
    do.add_argument(
        "--as-of", metavar="YYYY-MM-DD", help="按哪一天算（默认今天）" if zh else "on which day (today)"
    )
    do.add_argument("-o", "--output", type=Path, help="方案文件" if zh else "file for the plan")


def run(asked: Namespace, console: Console) -> int:
    """Report, plan or apply."""
    if asked.act == "report":
        return _report(asked, console)
    return _plan(asked, console) if asked.dry_run else _apply(asked, console)


def _report(asked: Namespace, console: Console) -> int:
    with opened(settings_of()) as ledger:
        found = report(ledger, _day(asked))
    if asked.json:
        lines: list[Json] = [{**one.as_json(), "may_go": one.kept.may_go(found.on)} for one in found.lines]
        body: dict[str, Json] = {
            "log": found.origin,
            "size": found.size,
            "as_of": str(found.on),
            "records": lines,
        }
        console.say(canonical(body).decode())
    else:
        console.say_all(_lines(found, console.language))
    return GOOD


def _plan(asked: Namespace, console: Console) -> int:
    if asked.output is None:
        misuse("--dry-run 要有 -o 方案文件", "--dry-run needs -o, the file for the plan")
    with new_file(asked.output) as file, opened(settings_of()) as ledger:
        plan = Plan.of(report(ledger, _day(asked)))
        file.write(plan.to_bytes())
    items = sum(len(one.places) for one in plan.lines)
    console.tell(
        f"{asked.output}：{len(plan.lines)} 条记录的 {items} 项个人信息已过保存期限；什么都没有删。摘要 {plan.digest}",
        f"{asked.output}: {items} personal items of {len(plan.lines)} records are past their time; nothing was removed. Digest {plan.digest}",
    )
    return GOOD


def _apply(asked: Namespace, console: Console) -> int:
    if asked.as_of is not None or asked.output is not None:
        misuse(
            "--plan 不带 --as-of 和 -o：都在方案里", "--plan takes neither --as-of nor -o: the plan says it"
        )
    raw = read_file(asked.plan, bytes_max=PLAN_BYTES_MAX)
    with opened(settings_of()) as ledger:
        outcomes = apply(ledger, raw)
    for one in outcomes:
        items = sum(len(removed.places) for removed in one.removed)
        console.tell(
            f"第 {one.placed.seq} 条：{len(one.removed)} 条记录的 {items} 项已清除；此前的副本 {len(one.copies)} 份，尚待清除 {len(one.waiting)} 处",
            f"entry {one.placed.seq}: {items} items of {len(one.removed)} records erased; {len(one.copies)} earlier copies, {len(one.waiting)} places still to be cleared",
        )
    if not outcomes:
        console.tell("没有期满的个人信息", "no personal data is past its time")
    return GOOD


def _day(asked: Namespace) -> LegalDate | None:
    return None if asked.as_of is None else LegalDate.parse(asked.as_of, field="--as-of")


def _lines(found: Report, language: Language) -> Iterator[str]:
    zh = language == "zh"
    gone = len(found.may_go)
    yield (
        f"{found.origin} 共 {found.size} 条，按 {found.on} 计：{gone} 条已过最低保存期限，{found.size - gone} 条须保存；什么都没有删"
        if zh
        else f"{found.origin}, {found.size} entries, on {found.on}: {gone} are past their floor, {found.size - gone} must be kept; nothing was removed"
    )
    kept = Counter(_why(one, language) for one in found.lines if not one.kept.may_go(found.on))
    for why, count in kept.most_common():
        yield f"  {count}  {why}"
    if gone:
        yield "已过期限：" if zh else "past their floor:"
    for one in found.may_go:
        title = said_type(one.type).TITLE.in_language(language)
        kinds = ", ".join(one.personal.values())
        persons = f"（个人信息：{kinds}）" if zh else f" (personal: {kinds})"
        yield f"  {one.kept.seq} {one.statement} {title} {one.kept.until} {one.kept.law or ''}{persons if kinds else ''}"


def _why(line: Line, language: Language) -> str:
    reason = line.kept.reason.in_language(language)
    law = (
        f"{line.kept.law}："
        if line.kept.law and language == "zh"
        else f"{line.kept.law}: "
        if line.kept.law
        else ""
    )
    return f"{law}{reason}"


COMMANDS: Final = {
    "retention": Does(arguments, run),
}
