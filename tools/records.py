"""Writes `docs/records.md`: for each record the law asks for, where each of its fields lies and where it is entered.

    python tools/records.py          writes the page
    python tools/records.py --check  says whether the page is up to date

What the law names stands in `tools/records.toml`, article by article; items, audiences and labels come from the vocabulary itself,
so that the page cannot promise a field that does not exist.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from pydantic import BaseModel, ConfigDict

from api.routes.trade import PATHS
from ledger.vocabulary import TYPES
from ledger.vocabulary.profiles import all_profiles
from ledger.vocabulary.said import Part, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).resolve().parent
TABLE: Final = HERE / "records.toml"
PAGE: Final = HERE.parent / "docs" / "records.md"

#: Pages on which people enter a record; everything else is entered through its address alone.
PAGES: Final = {
    "batch.v1": "/my/batches/new",
    "supplier_check.v1": "/my/deliveries",
    "receipt.v1": "/my/deliveries",
    "voucher.v1": "/my/deliveries",
    "shipment.v1": "/my/shipments/new",
    "party.v1": "/my/deliveries/new",
    "complaint.v1": "/p/report",
}


class LawField(BaseModel):
    """One field that an article names, and the field of ours that holds it: `batch.name`, `voucher.lines.amount`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    law: str
    field: str
    note: str = ""


class LawRecord(BaseModel):
    """One record that an article asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    article: str
    name: str
    keeper: str
    fields: tuple[LawField, ...]


class WrongPath(ValueError):
    """A path of `records.toml` leads to no field of the vocabulary."""


def read_table() -> tuple[LawRecord, ...]:
    """The records that the law asks for."""
    body = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(LawRecord.model_validate(one) for one in body["record"])


def place_of(path: str) -> tuple[type[Said], str, str]:
    """The type, the label and the item with its audience that a path leads to. Raises `WrongPath`."""
    word, _, rest = path.partition(".")
    kind = TYPES.get(f"{word}.v1")
    name, _, inner = rest.partition(".")
    if kind is None or name not in kind.model_fields:
        message = f"{path}: no such field"
        raise WrongPath(message)
    place = kind.places()[name]
    if inner and not any(inner in part.model_fields for part in _parts(kind.model_fields[name].annotation)):
        message = f"{path}: {name} has no {inner}"
        raise WrongPath(message)
    return kind, f"{place.zh} · {place.en}", f"`{place.item}` ({place.audience})"


def page() -> str:
    """The page as it should stand."""
    return "\n".join([_HEAD, *_records(), _TYPES_HEAD, *_types(), _PROFILES_HEAD, *_profiles(), ""])


def _records() -> Iterator[str]:
    for record in read_table():
        yield f"## {record.article} {record.name}\n\nKept by: {record.keeper}\n"
        yield "| the law's field | our field | label | item (audience) | entered at |\n|---|---|---|---|---|"
        for one in record.fields:
            kind, label, item = place_of(one.field)
            note = f" {one.note}" if one.note else ""
            yield f"| {one.law} | `{one.field}`{note} | {label} | {item} | {_entered(kind)} |"
        yield ""


def _types() -> Iterator[str]:
    yield "| type | name | items (audience) | entered at |\n|---|---|---|---|"
    for name, kind in TYPES.items():
        items = dict.fromkeys(f"`{place.item}` ({place.audience})" for place in kind.places().values())
        yield f"| `{name}` | {kind.TITLE.zh} · {kind.TITLE.en} | {', '.join(items)} | {_entered(kind)} |"
    yield ""


def _profiles() -> Iterator[str]:
    for profile in all_profiles():
        if not profile.fields:
            continue
        yield f"### {profile.name.zh} · {profile.name.en}\n"
        yield "| record | field | name | law | when it is missing |\n|---|---|---|---|---|"
        for one in profile.fields:
            words = f"{one.name.zh} · {one.name.en}"
            yield f"| {one.record} | `{one.field}` | {words} | {one.law} | {one.missing} |"
        yield ""


def _entered(kind: type[Said]) -> str:
    path = next((path for path, one in PATHS.items() if one is kind), None)
    address = "the registrar's tools" if path is None else f"`POST /api/v1/{path}`"
    shown = PAGES.get(kind.TYPE)
    return address if shown is None else f"{address}, page `{shown}`"


def _parts(annotation: object) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


_HEAD: Final = """# What the law asks a record to hold, and where it lies

Made by `tools/records.py` from `tools/records.toml` and the vocabulary; a test holds this page against both. Names, specifications,
lots and dates of goods stand once, on the batch, and every later record names the batch by its identifier: nobody types them
again. When a delivery was *recorded* is the log's word and stands on every entry; when it happened is the trader's.

An item is the smallest thing that can be shown or erased; its audience says who may read it (`docs/formats.md`).
"""
_TYPES_HEAD: Final = "## Every type of record\n"
_PROFILES_HEAD: Final = """## Fields that a category asks for

From the profiles in `ledger/vocabulary/categories/`. `finding`: the enterprise's duty; the record is taken and the gap is shown to it.
`refusal`: without it the record would mean nothing. `nothing`: asked for on forms, and not by the law.
"""


def main() -> int:
    """Write or check the page."""
    wanted = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text(encoding="utf-8") == wanted else 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
