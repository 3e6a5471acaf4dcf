"""`suyuan demo`: play the story, ask the five questions, print two labels, audit. `suyuan demo tamper`: change one byte and see it found."""

from __future__ import annotations

import shutil
import sqlite3
import time
from base64 import b64decode, b64encode
from contextlib import closing
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from api.commands.auditing import audit_at, database_in, failure_line, report_lines
from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import read_vkey, replace_file, settings_of, write_vkey
from api.demo.answers import ask
from api.demo.client import API, PublicApi, Unexpected
from api.demo.expected import check
from api.demo.lines import answer_lines
from api.demo.parties import EVERYONE
from api.demo.player import Played, playing
from api.demo.story import Story, told
from api.demo.story_leek import CABBAGE
from api.demo.story_pork import sausage
from ledger.audit import AuditFailed, audit
from ledger.canonical import canonical, read
from ledger.store.engine import reading
from scanner.codes import address_host, read_code
from scanner.photo import read_photo

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from pathlib import Path

    from api.settings import Settings
    from ledger.errors import Language
    from ledger.identifiers import GoodsId

#: The folder of the demo inside the data folder, and of the copy that is tampered with.
FOLDER: Final = "demo"
TAMPERED: Final = "demo-tampered"
#: Says that a folder is a demo's and may be replaced, and whether its story was played to the end.
MARK: Final = ".suyuan-demo"
#: Raised when what a demo holds changes: an older one is played anew.
PLAYED: Final = "played 3\n"
#: Who asks the five questions.
OFFICE: Final = "G1"


def arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan demo` takes."""
    zh = language == "zh"
    parser.add_argument(
        "what",
        nargs="?",
        choices=("play", "tamper"),
        default="play",
        help="play：演一遍（默认）；tamper：在副本里改一个字节，看审计能否发现"
        if zh
        else "play: play the story (default); tamper: change one byte in a copy and see whether the audit finds it",
    )


def run(asked: Namespace, console: Console) -> int:
    """Play, or tamper."""
    return tamper(console) if asked.what == "tamper" else demo(console)


def demo_settings(**changed: object) -> Settings:
    """The settings of the demo: its own folder inside the data folder, invented parties, no foreign database."""
    outer = settings_of(**changed)
    return outer.model_copy(
        update={
            "data": outer.data / FOLDER,
            "key_file": None,
            "guard": None,
            "database_url": None,
            "demo": True,
        }
    )


def is_played(settings: Settings) -> bool:
    """Whether a whole story lies here."""
    mark = settings.data / MARK
    return mark.is_file() and mark.read_text(encoding="utf-8") == PLAYED


def demo(console: Console, settings: Settings | None = None) -> int:
    """Found a fresh ledger, play, ask, print, audit. Not good unless everything is as the story says."""
    settings, story = settings or demo_settings(), told()
    started = time.monotonic()
    console.note("正在演示，约需半分钟……", "playing, for half a minute at most …")
    _clear(settings)
    try:
        with playing(story, settings) as played:
            write_vkey(settings, played.ledger)
            _say_what_happened(played, time.monotonic() - started, console)
            answers = ask(played.api, story, by=OFFICE)
            console.say_all(answer_lines(answers, console.language))
            check(story, answers)
            _print_labels(played, settings, console)
            _audit(played, console)
    except (Unexpected, AuditFailed) as wrong:
        console.complain(str(wrong))
        return WRONG
    replace_file(settings.data / MARK, PLAYED.encode())
    console.tell(
        f"接着看：suyuan run（{settings.base_url}/）；suyuan demo tamper（改一个字节试试）",
        f"go on with: suyuan run ({settings.base_url}/); suyuan demo tamper (change one byte)",
    )
    return GOOD


def _clear(settings: Settings) -> None:
    """Remove the last demo. What does not bear the mark is not ours to remove."""
    if settings.data.exists() and any(settings.data.iterdir()) and not (settings.data / MARK).exists():
        misuse(
            f"{settings.data} 不是演示留下的，不会删除；请换一个 SUYUAN_DATA",
            f"{settings.data} was not left by a demo and is not removed; choose another SUYUAN_DATA",
        )
    shutil.rmtree(settings.data, ignore_errors=True)
    settings.key_path.unlink(missing_ok=True)
    shutil.rmtree(settings.guard_path, ignore_errors=True)
    settings.data.mkdir(parents=True, exist_ok=True)
    replace_file(settings.data / MARK, b"playing\n")


def _say_what_happened(played: Played, seconds: float, console: Console) -> None:
    story, parties = played.story, sum(one.role is not None for one in EVERYONE.values())
    first, last = story.begins.display(), story.now.display()
    console.tell(
        f"演示（主体、证照、号码均为虚构）：演示时钟 {first} 至 {last}；{parties} 个主体经公开 API 录入 {played.size} 条，用时 {seconds:.0f} 秒",
        f"Demo (all parties and numbers invented): clock {first} to {last}; {parties} parties recorded {played.size} entries "
        f"through the public API in {seconds:.0f} s",
    )
    refused = next(event for event in story.events if event.refused is not None)
    console.tell(
        f"执法员王的证已过期，{refused.at.display()} 的检查记录被拒绝；执法员李的被接受。",
        f"Officer Wang's certificate had run out: the inspection of {refused.at.display()} was refused, officer Li's accepted.",
    )


def _print_labels(played: Played, settings: Settings, console: Console) -> None:
    """Two labels as pictures, one of them read back as a photo; and none for what is recalled."""
    goods = (("F4", sausage(played.story.variation, "2026-11-14")), ("F10", CABBAGE))
    paths: list[Path] = []
    (settings.data / "labels").mkdir(exist_ok=True)
    for number, (owner, one) in enumerate(goods, start=1):
        path = settings.data / "labels" / f"label-{number}.png"
        replace_file(path, played.api.get_bytes(_label_path(one), by=owner))
        paths.append(path)
    text = read_photo(paths[0].read_bytes())[0].text
    code = read_code(text, frozenset({address_host(settings.base_url)}))
    if not code.is_ours or str(code.value) != str(goods[0][1]):
        message = f"the label reads {text!r}, expected the code of {goods[0][1]}"
        raise Unexpected(message)
    _check_recalled_has_no_label(played.api, played.story)
    console.tell(
        f"标签：{paths[0]}、{paths[1]}；回读第一张：{text}。召回的韭菜不给打标签。",
        f"Labels: {paths[0]}, {paths[1]}; the first one read back: {text}. The recalled leeks get none.",
    )


def _label_path(goods: GoodsId) -> str:
    code = goods.batch_code
    return (
        f"{API}/codes/{code}/label.png"
        if code is not None
        else f"{API}/goods-label?goods={quote(str(goods), safe='')}"
    )


def _check_recalled_has_no_label(api: PublicApi, story: Story) -> None:
    blocked = 409
    status = api.status(_label_path(story.leek), by="F1")
    if status != blocked:
        message = f"the label of the recalled leeks answered {status}, expected {blocked}"
        raise Unexpected(message)


def _audit(played: Played, console: Console) -> None:
    with reading(played.ledger.engine) as connection:
        report = audit(connection, played.ledger.vkey)
    first, *rest = report_lines(report, console.language)
    console.say(first)
    console.tell(
        f"没有核对的 {len(rest)} 项：suyuan audit 会逐项列出",
        f"{len(rest)} things it cannot check: suyuan audit lists them",
    )


def tamper(console: Console) -> int:
    """Copy the demo, change one byte in the copy behind the ledger's back, and audit. 0 when the audit names the entry."""
    settings, story = demo_settings(), told()
    if not is_played(settings):
        misuse("还没有演示账本；先 suyuan demo", "there is no demo yet; first suyuan demo")
    copy = settings.data.parent / TAMPERED
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    with (
        closing(sqlite3.connect(settings.data / "suyuan.db")) as source,
        closing(sqlite3.connect(copy / "suyuan.db")) as target,
    ):
        source.backup(target)
    position, before, after = _change_one_byte(copy / "suyuan.db", story)
    console.tell(
        f"副本 {copy}：第 {position} 条的一个字节已改：{before} → {after}（直接改数据库，不经账本）",
        f"In the copy {copy} one byte of entry {position} was changed: {before} → {after} (in the database, behind the ledger's back)",
    )
    try:
        audit_at(database_in(copy), read_vkey(str(settings.data / "vkey")), console)
    except AuditFailed as wrong:
        console.say(failure_line(wrong, console.language))
        if wrong.entry == position:
            console.tell(
                "审计指出了被改的那一条。原账本未动。",
                "The audit names the entry that was changed. The ledger itself is untouched.",
            )
            return GOOD
        return WRONG
    console.complain("the audit found nothing")
    return WRONG


def _change_one_byte(path: Path, story: Story) -> tuple[int, str, str]:
    """One digit of the day on the late check: what anybody with the database's password could do."""
    day = str(story.claimed_day)
    other = f"{day[:-1]}{(int(day[-1]) + 1) % 10}"
    with closing(sqlite3.connect(path)) as connection:
        ((seq, opened),) = connection.execute(
            "SELECT seq, opened FROM items JOIN entries USING (log_id, seq) WHERE statement_id = ?",
            (str(story.late_check),),
        )
        changed = _with_other_day(opened, day.encode(), other.encode())
        connection.execute("UPDATE items SET opened = ? WHERE seq = ?", (changed, seq))
        connection.commit()
    return int(seq), day, other


def _with_other_day(opened: bytes, day: bytes, other: bytes) -> bytes:
    items = read(opened)
    assert isinstance(items, list)
    changed = []
    for one in items:
        assert isinstance(one, dict)
        item = b64decode(str(one["item"])).replace(b'"received_on":"' + day, b'"received_on":"' + other)
        changed.append({**one, "item": b64encode(item).decode("ascii")})
    return canonical(changed)


COMMANDS: Final = {
    "demo": Does(arguments, run),
}
