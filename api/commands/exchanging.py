"""Files in and out: `suyuan import`, `export`, `disclose`, `verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import opened, read_file, read_vkeys, settings_of, write_file
from api.disclosing import Showable
from ledger.disclosure import DISCLOSURE_BYTES_MAX, Disclosed, Disclosure
from ledger.errors import Refusal, UnknownName, Words
from ledger.exchange.export import export_log
from ledger.identifiers import Instant, PartyId, StatementId
from ledger.store.engine import reading
from ledger.vocabulary import said_type

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from ledger.errors import Language
    from ledger.service import Ledger
    from ledger.statement import Item

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
    with opened(settings_of()) as ledger, ledger.book() as book:
        seq = book.position(StatementId.parse(asked.statement))
        if seq is None:
            expected = Words(zh="已记录的编号", en="a recorded statement")
            raise UnknownName(field="statement", came=asked.statement, expected=expected)
        reads = None if party is None else Reading.of(ledger, book, Viewer(party=party))
        showable = Showable.of(ledger, book, seq, reads)
        public = {one.kind for one in showable.items.values() if one.audience == "public"}
        places = showable.places_of(public | set(asked.item))
        content = showable.show(ledger, places, to_whom=asked.to)
    write_file(asked.output, content)
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


def verify_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan verify` takes."""
    zh = language == "zh"
    parser.add_argument("file", type=Path, help="披露文件" if zh else "a disclosure")
    parser.add_argument(
        "--vkey",
        required=True,
        help="日志公钥，或存有公钥的文件" if zh else "the log's public key, or the file that holds it",
    )


def verify(asked: Namespace, console: Console) -> int:
    """Check a disclosure without any ledger; 1 when it does not hold."""
    keys = read_vkeys(asked.vkey)
    raw = read_file(asked.file, bytes_max=DISCLOSURE_BYTES_MAX)
    try:
        shown = Disclosure.parse(raw).verify(keys)
    except Refusal as wrong:
        console.tell(f"不成立：{wrong.in_language('zh')}", f"does not hold: {wrong.in_language('en')}")
        return WRONG
    console.say_all(_shown_lines(shown, console.language))
    return GOOD


_CUSTODIES: Final = {
    "own": Words(zh="自持密钥", en="key of its own"),
    "custodial": Words(zh="运营者代管的密钥", en="key kept by the operator"),
}
_CLOCKS: Final = {
    "real": Words(zh="运营者的时钟", en="the operator's clock"),
    "simulated": Words(zh="演示时钟", en="a simulated clock"),
}


def _shown_lines(shown: Disclosed, language: Language) -> Iterator[str]:
    header, recorded = shown.header, Instant(shown.recorded_at_ms).display()
    title = said_type(header.type).TITLE.in_language(language)
    keys = ", ".join(sorted({_CUSTODIES[one.custody].in_language(language) for one in shown.signers}))
    clock = _CLOCKS[shown.register.clock].in_language(language)
    if language == "zh":
        yield f"成立：{title}，{header.issuer} 签名（{keys}），在 {header.log} 第 {shown.position} 条"
        yield f"自称发生于 {header.occurred_at.display()}；日志收下于 {recorded}（{clock}，没有外部见证时只以运营者为凭）"
    else:
        yield f"holds: {title} signed by {header.issuer} ({keys}), entry {shown.position} of {header.log}"
        yield (
            f"says it happened {header.occurred_at.display()}; the log took it {recorded} ({clock}; "
            "without an outside witness it rests on the operator's)"
        )
    yield from (_item_line(item) for _, item in sorted(shown.items.items()))
    closed = len(shown.closed)
    if closed:
        yield f"另有 {closed} 项未出示" if language == "zh" else f"{closed} more items are not shown"


def _item_line(item: Item) -> str:
    return f"  {item.kind}: {item.raw.decode('utf-8')}"


COMMANDS: Final = {
    "import": Does(import_arguments, import_file),
    "export": Does(export_arguments, export),
    "disclose": Does(disclose_arguments, disclose),
    "verify": Does(verify_arguments, verify),
}
