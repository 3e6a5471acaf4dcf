"""Writes the table of GS1 application identifiers that the ledger ships, from GS1's syntax dictionary.

SUYUAN_VECTORS=… python tools/gs1_table.py          writes it
SUYUAN_VECTORS=… python tools/gs1_table.py --check  says whether the table is the dictionary's

The dictionary lies among the test vectors (`gs1/syntax-dictionary`). The table says where it is from, which release it
names, the digest of its bytes and the day on which we took it; that day stays while the digest stays.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.identifiers.gs1.table import Component, Header, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE: Final = Path(__file__).resolve().parent.parent / "ledger" / "identifiers" / "gs1" / "table.json"
SOURCE: Final = "https://ref.gs1.org/tools/gs1-barcode-syntax-resource/syntax-dictionary/"
DICTIONARY: Final = "gs1/syntax-dictionary/gs1-syntax-dictionary.txt"

#: AIs, flags, components and attributes of one row; the title was cut off before.
_ROW: Final = re.compile(
    r"(?P<ai>\d{2,4}(?:-\d{2,4})?)\s+(?:(?P<flags>[*!?\"$%&'()+,./:;<=>@\\^_`{|}~-]+)\s+)?(?P<rest>.+)"
)
_COMPONENT: Final = re.compile(
    r"\[?(?P<set>[NXYZ])(?P<upto>\.\.)?(?P<most>\d+)\]?(?P<linters>(?:,[a-z0-9]+)*)"
)
_ATTRIBUTES: Final = {"req", "ex", "dlpkey"}
_RELEASE: Final = re.compile(r"(?m)^# Release: (.*)$")


def rows(dictionary: str) -> Iterator[Row]:
    """The rows of the dictionary. One that we cannot read stops the tool: a rule left out is a wrong code let in."""
    for line in dictionary.splitlines():
        told, _, title = line.partition("#")
        if told.strip():
            yield _row(told.strip(), title.strip())


def _row(told: str, title: str) -> Row:
    match = _ROW.fullmatch(told)
    if not match:
        raise SystemExit(f"not a row of the syntax dictionary: {told}")
    row = Row(
        ai=match["ai"],
        predefined="*" in (match["flags"] or ""),
        attribute="?" in (match["flags"] or ""),
        components=[],
        title=title,
    )
    for word in match["rest"].split():
        component = _COMPONENT.fullmatch(word)
        name, equals, value = word.partition("=")
        if component:
            row["components"].append(_component(word, component))
        elif name in _ATTRIBUTES and (equals or name == "dlpkey"):
            _attribute(row, name, value)
        else:
            raise SystemExit(f"neither a component nor an attribute in ({row['ai']}): {word}")
    return row


def _component(word: str, match: re.Match[str]) -> Component:
    most = int(match["most"])
    return Component(
        set=match["set"],
        least=1 if match["upto"] else most,
        most=most,
        optional=word.startswith("["),
        linters=match["linters"].split(",")[1:],
    )


def _attribute(row: Row, name: str, value: str) -> None:
    if name == "req":
        row.setdefault("requires", []).append([group.split("+") for group in value.split(",")])
    elif name == "ex":
        row.setdefault("excludes", []).extend(value.split(","))
    else:
        row["qualifiers"] = [one.split(",") for one in value.split("|")] if value else [[]]


def table(dictionary: bytes, *, taken: str) -> str:
    """The text of the table, one row a line, so that a change of the dictionary is read line by line."""
    text = dictionary.decode("utf-8")
    release = _RELEASE.search(text)
    head = Header(
        source=SOURCE,
        release=release[1].strip() if release else "",
        sha256=hashlib.sha256(dictionary).hexdigest(),
        taken=taken,
    )
    told = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows(text))
    return f'{{"header":{json.dumps(head, ensure_ascii=False)},\n"rows":[\n{told}\n]}}\n'


def taken_on(dictionary: bytes, kept: str) -> str:
    """The day on which this very dictionary was taken: as the table says, or today."""
    header: dict[str, str] = json.loads(kept)["header"] if kept else {}
    if header.get("sha256") == hashlib.sha256(dictionary).hexdigest():
        return header["taken"]
    return datetime.now(UTC).date().isoformat()


def main() -> None:
    """Write the table, or compare it."""
    folder = os.environ.get("SUYUAN_VECTORS", "none")
    if folder in {"", "none"}:
        raise SystemExit("SUYUAN_VECTORS names no folder: the dictionary lies in it")
    dictionary = (Path(folder) / DICTIONARY).read_bytes()
    kept = TABLE.read_text("utf-8") if TABLE.exists() else ""
    made = table(dictionary, taken=taken_on(dictionary, kept))
    if "--check" not in sys.argv:
        TABLE.write_text(made, encoding="utf-8")
    elif made != kept:
        raise SystemExit(f"{TABLE} is not what the dictionary gives: run `python tools/gs1_table.py`")


if __name__ == "__main__":
    main()
