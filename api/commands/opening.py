"""Opening what a command works on: settings, ledgers, keys. What a caller got wrong ends as one line that says so."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from api.commands.console import misuse
from api.demo.clock import TOLD_AT, DemoClock
from api.settings import Settings
from ledger.identifiers import Instant
from ledger.keys import Vault
from ledger.log.note import NoteVerifier
from ledger.service import Ledger, system_clock
from ledger.vocabulary.profiles import ProfileBroken, use_folder
from ledger.witnesses import remembering

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ledger.recorder import Clock

#: The log's public key beside its data, for the operator's convenience. Whoever audits brings a copy that was kept elsewhere.
VKEY_FILE: Final = "vkey"
#: Longer than any key; a file that is longer is another file.
_VKEY_CHARACTERS_MAX: Final = 1000


def settings_of(**changed: object) -> Settings:
    """The settings of this call: `SUYUAN_*`, and what the command line says instead. The categories they name count from here on."""
    try:
        settings = Settings(**changed)  # type: ignore[arg-type]  # pydantic reads and judges the values
    except ValidationError as wrong:
        first = wrong.errors()[0]
        name = f"SUYUAN_{'_'.join(map(str, first['loc'])).upper()}" if first["loc"] else "SUYUAN_*"
        misuse(f"设置 {name} 不对：{first['msg']}", f"setting {name}: {first['msg']}")
    use_categories(settings)
    return settings


def use_categories(settings: Settings) -> None:
    """Let the operator's own category profiles count: before a ledger is opened, for what is found in it is judged by them."""
    if settings.categories is None:
        return  # Those that come along are read when somebody asks.
    try:
        use_folder(settings.categories)
    except ProfileBroken as wrong:
        misuse(
            f"类别文件不对（{settings.categories}）：{wrong}", f"categories in {settings.categories}: {wrong}"
        )


def has_log(settings: Settings) -> bool:
    """Whether a SQLite database lies where these settings say. A server's database is asked when it is opened."""
    return settings.database_url is not None or (settings.data / "suyuan.db").exists()


@contextmanager
def database_trouble() -> Iterator[None]:
    """A database that does not answer, or whose address is wrong, is named in one line."""
    try:
        yield
    except SQLAlchemyError as wrong:
        why = str(wrong).partition("\n")[0]
        misuse(f"数据库用不了：{why}", f"the database cannot be used: {why}")


@contextmanager
def opened(settings: Settings) -> Iterator[Ledger]:
    """The ledger at these settings, on the clock that its genesis declares."""
    ledger = open_ledger(settings)
    try:
        yield ledger
    finally:
        ledger.close()


def open_ledger(settings: Settings) -> Ledger:
    """Open the ledger; a demo's clock goes on from its last entry, or from the day the story is told."""
    use_categories(settings)
    if not has_log(settings):
        misuse(
            f"{settings.data} 里还没有账本；先 suyuan init，或 suyuan demo",
            f"no ledger in {settings.data}; begin with suyuan init, or suyuan demo",
        )
    with database_trouble():
        return _open(settings)


def _open(settings: Settings) -> Ledger:
    vault = Vault.open_file(settings.key_path)
    with (
        Ledger.open(settings.database, vault=vault, evidence=settings.evidence) as ledger,
        ledger.book() as book,
    ):
        last = None if book.register.clock == "real" else ledger.stored(book.size - 1).entry.at_ms
    policy = settings.policy
    return Ledger.open(
        settings.database,
        vault=vault,
        evidence=settings.evidence,
        clock=system_clock if last is None else _demo_clock(last),
        guard=settings.guard_path,
        remembers=None if policy is None else remembering(policy),
    )


def _demo_clock(last_ms: int) -> Clock:
    clock = DemoClock(max(last_ms, Instant.parse(TOLD_AT).ms))
    clock.run()
    return clock


def read_vkey(text: str) -> NoteVerifier:
    """A log's public key: as text, or the name of the file that holds it."""
    # Where the log's key was changed, the newest stands first; any one of them leads to the others.
    return NoteVerifier.parse(_vkey_text(text).partition("\n")[0])


def read_vkeys(text: str) -> list[NoteVerifier]:
    """All public keys of a log that its holder trusts: as text, or the name of the file that holds them, one a line."""
    lines = _vkey_text(text)
    return [
        NoteVerifier.parse(lines.partition("\n")[0]),
        *(NoteVerifier.parse(line) for line in lines.split()[1:]),
    ]


def _vkey_text(text: str) -> str:
    """The keys as they were given, or as they stand in the file of that name."""
    path = Path(text)
    try:
        if path.is_file():
            text = path.read_text(encoding="utf-8")[:_VKEY_CHARACTERS_MAX]
        elif "+" not in text:
            misuse(
                f"{text} 不是公钥（名+8 位编号+base64），也没有这个文件",
                f"{text} is neither a key (name+8 digits+base64) nor a file that is there",
            )
    except (OSError, UnicodeDecodeError) as wrong:
        misuse(f"公钥文件 {path} 读不了：{wrong}", f"key file {path} cannot be read: {wrong}")
    return text.strip()


def write_vkey(settings: Settings, ledger: Ledger) -> Path:
    """Put the log's public key beside its data."""
    path = settings.data / VKEY_FILE
    path.write_text("".join(f"{one}\n" for one in ledger.log_keys.all), encoding="utf-8")
    return path


def read_file(path: Path, *, bytes_max: int) -> bytes:
    """A file the caller named, up to a limit."""
    try:
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except OSError as wrong:
        misuse(f"文件 {path} 读不了：{wrong.strerror}", f"file {path} cannot be read: {wrong.strerror}")
    if len(content) > bytes_max:
        misuse(
            f"文件 {path} 太大，最多 {bytes_max} 字节", f"file {path} is too large, at most {bytes_max} bytes"
        )
    return content


@contextmanager
def new_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file the caller asked for, opened before the work that fills it and gone if that fails. What lies there already stays as it is: it may be a key."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    except FileExistsError:
        misuse(f"{path} 已存在，不会覆盖", f"{path} is there already and is not overwritten")
    except OSError as wrong:
        _unwritten(path, wrong)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
    except BaseException as wrong:
        path.unlink(missing_ok=True)
        if isinstance(wrong, OSError):
            _unwritten(path, wrong)
        raise


def replace_file(path: Path, content: bytes) -> None:
    """A file of our own, written over. Whoever reads it finds the old one or the new one, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as wrong:
        draft.unlink(missing_ok=True)
        _unwritten(path, wrong)


def _unwritten(path: Path, wrong: OSError) -> NoReturn:
    misuse(f"文件 {path} 写不了：{wrong.strerror}", f"file {path} cannot be written: {wrong.strerror}")
