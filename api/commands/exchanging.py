"""Files in and out: `suyuan import`, `export`, `disclose`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, Console, Does, misuse
from api.commands.opening import new_file, opened, read_file, settings_of
from api.disclosing import Showable
from ledger.errors import UnknownName, Words
from ledger.exchange.export import export_log
from ledger.identifiers import PartyId, StatementId
from ledger.store.engine import reading

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.errors import Language
    from ledger.service import Ledger

#: An EPCIS document of a busy day; larger ones are sent in parts.
IMPORT_BYTES_MAX: Final = 64 * 1024 * 1024


def import_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan import` takes."""
    zh = language == "zh"
    parser.add_argument(
        "file", type=Path, help="EPCIS 2.0 文件（JSON）" if zh else "EPCIS 2.0 document (JSON)"
    )
    parser.add_argument(
        "--party", required=True, help="以谁的名义（主体编号）" if zh else "on whose word (party id)"
    )


def import_file(asked: Namespace, console: Console) -> int:
    """Record what an EPCIS document says."""
    from ledger.exchange.epcis import import_document  # noqa: PLC0415  (large, and this command's alone)

    party = PartyId.parse(asked.party)
    data = read_file(asked.file, bytes_max=IMPORT_BYTES_MAX)
    with opened(settings_of()) as ledger:
        report = import_document(ledger, data, party=party)
    console.say(*report.lines(console.language))
    return GOOD


def export_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan export` takes."""
    zh = language == "zh"
    parser.add_argument("folder", type=Path, help="空目录" if zh else "an empty folder")
    parser.add_argument(
        "--everything",
        action="store_true",
        help="连同全部数据项（运营者自己的档案）" if zh else "with all items (the operator's own archive)",
    )
    _add_to(parser, language)


def export(asked: Namespace, console: Console) -> int:
    """Write the log as files that other people's tools can check."""
    if asked.folder.exists() and (not asked.folder.is_dir() or any(asked.folder.iterdir())):
        misuse(f"{asked.folder} 不是空目录", f"{asked.folder} is not an empty folder")
    with opened(settings_of()) as ledger:
        # Without `everything` it holds register statements alone, and nothing that an erasure could name.
        copy = ledger.copies.remember(
            "log", to_whom=asked.to, places=None if asked.everything else {}, size=ledger.size()
        )
        with reading(ledger.engine) as connection:
            exported = export_log(
                connection, ledger.origin, asked.folder, vkey=_vkeys(ledger), everything=asked.everything
            )
        ledger.copies.made(copy, digest=exported.digest)
    console.tell(
        f"已导出 {exported.size} 条到 {asked.folder}", f"{exported.size} entries written to {asked.folder}"
    )
    return GOOD


def _vkeys(ledger: Ledger) -> str:
    return " ".join(map(str, ledger.log_keys.all))


def disclose_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan disclose` takes."""
    zh = language == "zh"
    parser.add_argument("statement", metavar="STATEMENT_ID", help="记录编号" if zh else "id of the statement")
    parser.add_argument(
        "--item",
        action="append",
        default=[],
        metavar="KIND",
        help="要出示的数据项类型，可重复；默认只出示公开项"
        if zh
        else "kind of item to show, may be repeated; by default the public ones",
    )
    parser.add_argument(
        "--by",
        metavar="PARTY",
        help="谁要出示（主体编号）：只能出示它能查看的内容"
        if zh
        else "who shows it (party id): only what it may read itself",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="披露文件" if zh else "file to write"
    )
    _add_to(parser, language)


def disclose(asked: Namespace, console: Console) -> int:
    """Write one file that shows one statement, as far as asked, to anybody with the log's key."""
    from api.audience import Reading  # noqa: PLC0415  (large, and this command's alone)
    from api.deps import Viewer  # noqa: PLC0415

    party = None if asked.by is None else PartyId.parse(asked.by, field="by")
    with new_file(asked.output) as file, opened(settings_of()) as ledger, ledger.book() as book:
        seq = book.position(StatementId.parse(asked.statement))
        if seq is None:
            expected = Words(zh="已记录的编号", en="a recorded statement")
            raise UnknownName(field="statement", came=asked.statement, expected=expected)
        reads = None if party is None else Reading.of(ledger, book, Viewer(party=party))
        showable = Showable.of(book, seq, reads)
        public = {one.kind for one in showable.items.values() if one.audience == "public"}
        places = showable.places_of(public | set(asked.item))
        file.write(showable.show(ledger, places, to_whom=asked.to))
    console.tell(
        f"已写入 {asked.output}：第 {seq} 条，出示 {len(places)} 项",
        f"{asked.output}: entry {seq}, {len(places)} items shown",
    )
    return GOOD


def _add_to(parser: ArgumentParser, language: Language) -> None:
    """For whom a copy is made: when an item in it is erased later, its holder must be asked."""
    parser.add_argument(
        "--to", default="", help="交给谁（留底）" if language == "zh" else "for whom it is made"
    )


COMMANDS: Final = {
    "import": Does(import_arguments, import_file),
    "export": Does(export_arguments, export),
    "disclose": Does(disclose_arguments, disclose),
}
