"""Writes the parts of `docs/formats.md` that the code knows best: the worked example, the limits, the types.

    python tools/format_example.py          puts them into the page
    python tools/format_example.py --check  says whether the page has them already

The example is a whole log of four entries, made by the ledger's own code with keys and salts that are no secret,
so that it comes out the same each time. The tests hold the page against this, and let a verifier that knows
nothing but the page check the log.
"""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from annotated_types import MaxLen

from ledger import canonical as json_rules
from ledger import disclosure as disclosures
from ledger import statement as statements
from ledger.canonical import Json, canonical
from ledger.disclosure import Disclosure, Logged
from ledger.identifiers import Instant, PartyId, RegionCode, StatementId
from ledger.keys import Ed25519Signer
from ledger.log import entry as entries
from ledger.log import note, proof, tiles
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE, Entry
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.note import NoteSigner
from ledger.log.sizes import SIZE_MAX, Position, Size
from ledger.log.tiles import Bundle, HeldRows, encode_bundle, grow_tiles, tiles_touched
from ledger.register import Register
from ledger.statement import Statement, pre_authentication_encoding, sign_statement
from ledger.vocabulary import TYPES
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import ErasedPlace, Erasure, Genesis, Key
from ledger.vocabulary.said import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.vocabulary.said import Said

PAGE = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
ORIGIN = "log.example/0123456789abcdef"


def draw_from(name: str) -> Callable[[int], bytes]:
    """Bytes that look random and are the same each time."""
    numbers = count()
    return lambda length: sha256(f"{name} {next(numbers)}".encode()).digest()[:length]


def base64(raw: bytes) -> str:
    """As every format here writes it."""
    return b64encode(raw).decode("ascii")


class Example:
    """Four entries: a log is founded, a co-operative enrolled, one of its farmers declared, his name erased."""

    def __init__(self) -> None:
        self.log_key = NoteSigner.from_seed(ORIGIN, sha256(b"example: the log's key").digest())
        self.registrar_key = Ed25519Signer.from_secret(sha256(b"example: the registrar's key").digest())
        self.farm_key = Ed25519Signer.from_secret(sha256(b"example: the co-operative's key").digest())
        draw = draw_from("example: names")
        self.registrar, self.farm, self.farmer = (PartyId.new(draw(10)) for _ in range(3))
        self.ids = [StatementId.new(Instant.parse(self._clock(at)).ms, draw(10)) for at in range(4)]
        genesis = Genesis(
            origin=ORIGIN,
            registrar_name="登记中心（演示）",
            clock="simulated",
            kind_of_key="ed25519",
            public_key=str(self.registrar_key.public),
        )
        enrolment = Key(
            action="enrol",
            party=self.farm,
            role="enterprise",
            custody="own",
            kind_of_key="ed25519",
            public_key=str(self.farm_key.public),
        )
        farmer = Party(
            party=self.farmer,
            party_kind="farmer",
            region=RegionCode.parse("320682"),
            person_name="王小明（演示）",
            phone="13800000000",
        )
        gone = ErasedPlace(issuer=self.farm, statement=self.ids[2], places=(1,))
        erasure = Erasure(ground="个人信息保护法 47", erased=(gone,))
        self.statements = [
            self._says(0, genesis, self.registrar, self.registrar_key),
            self._says(1, enrolment, self.registrar, self.registrar_key, self.farm_key),
            self._says(2, farmer, self.farm, self.farm_key),
            self._says(3, erasure, self.registrar, self.registrar_key),
        ]
        self.entries = self._entries()
        self.leaves = [leaf_hash(one.raw) for one in self.entries]
        self.rows = grow_tiles(Size(0), self.leaves, HeldRows({}).read_tile)
        head = Checkpoint(ORIGIN, Size(len(self.leaves)), root_of(self.leaves))
        self.root, self.checkpoint = head.root, head.sign([self.log_key])

    @staticmethod
    def _clock(at: int) -> str:
        return f"2026-11-14T08:0{at}:00+08:00"

    def _says(self, at: int, said: Said, issuer: PartyId, *keys: Ed25519Signer) -> Statement:
        return sign_statement(
            said.to_items(),
            log=ORIGIN,
            statement_id=self.ids[at],
            type_name=said.TYPE,
            issuer=issuer,
            occurred_at=Instant.parse(self._clock(at)),
            signers=keys,
            randomness=draw_from(f"example: salts of {at}"),
        )

    def _entries(self) -> list[Entry]:
        made: list[Entry] = []
        for at, one in enumerate(self.statements):
            prev = leaf_hash(made[-1].raw) if made else NO_ENTRY_BEFORE
            at_ms = Instant.parse(self._clock(at)).ms + 250
            made.append(Entry(at_ms=at_ms, prev=prev, statement=one.envelope.digest))
        return made

    @property
    def vkey(self) -> str:
        """The log's public key."""
        return str(self.log_key.verifier)

    def statement_file(self, at: int) -> bytes:
        """One statement as it is exported; of entry 2 the second item is gone."""
        items: list[Json] = [one.as_json() for one in self.statements[at].opened]
        if at == 2:  # noqa: PLR2004  (the farmer)
            items[1] = None
        envelope = self.statements[at].envelope.as_json()
        return canonical({"v": 1, "position": at, "envelope": envelope, "items": items})

    def files(self) -> dict[str, bytes]:
        """The exported log: bytes by path."""
        size = Size(len(self.entries))
        before = Checkpoint(ORIGIN, Size(2), root_of(self.leaves[:2])).sign([self.log_key])
        files = {"checkpoint": self.checkpoint, "vkey": f"{self.vkey}\n".encode()}
        files["checkpoints/000000002"] = before
        files |= {tile.path: self.rows[tile.level, tile.index] for tile in tiles_touched(Size(0), size)}
        files[Bundle(0, size).path] = encode_bundle([one.raw for one in self.entries])
        return files | {f"statements/{at:09d}.json": self.statement_file(at) for at in range(size)}

    def disclosure(self) -> Disclosure:
        """The public item of the farmer's statement, shown alone."""

        def logged(at: Position) -> Logged:
            one = self.statements[at]
            return Logged(at, self.entries[at], one.envelope, one.opened)

        register = Register.found(self.statements[0]).after(self.statements[1], at=1)
        return Disclosure.make(
            logged(Position(2)),
            places=[0],
            register=register,
            read=logged,
            checkpoint=self.checkpoint,
            reader=HeldRows(self.rows),
        )


def block(*lines: str, language: str = "") -> str:
    """Lines as they are."""
    return "\n".join([f"```{language}", *lines, "```"])


def example_part() -> str:
    """The worked example, as it stands on the page."""
    made = Example()
    one, entry = made.statements[2], made.entries[2]
    header, envelope = one.header, one.envelope
    opened = one.opened[1]
    context = canonical([statements.ITEM_DOMAIN, header.log, str(header.issuer), str(header.id), 1])
    files = made.files()
    listing = [f"{sha256(raw).hexdigest()}  {len(raw):5}  {path}" for path, raw in sorted(files.items())]
    return "\n\n".join(
        [
            "**Keys.** The co-operative (演示) signs with an Ed25519 key; the log with another.",
            block(
                f"co-operative  {made.farm}",
                f"public key    {made.farm_key.public}",
                f"keyid         {made.farm_key.public.keyid}",
                f"log's vkey    {made.vkey}",
            ),
            (
                "**Items.** What the co-operative says about one of its farmers is cut into two items: a sheet that"
                " anybody may read, and one for the parties concerned."
            ),
            block(*(item.raw.decode() for item in one.items), language="json"),
            "**Commitment.** Each item has a salt of 32 random bytes. For the second item (place 1):",
            block(
                f"salt        {base64(opened.salt)}",
                f"context     {context.decode()}",
                "commitment  HMAC-SHA256(salt, context || 0x00 || item)",
                f"            {base64(header.items[1])}",
            ),
            (
                "**Header.** It names the log, the issuer, the type and the time, and holds the commitments. These"
                " bytes are the DSSE payload:"
            ),
            block(envelope.payload.decode(), language="json"),
            "**Signature.** It is made over the payload with its type and both lengths in front:",
            block(pre_authentication_encoding(envelope.payload).decode()),
            "**Envelope.** Its SHA-256 is all that the log's public part holds of the statement:",
            block(envelope.raw.decode(), language="json"),
            block(f"SHA-256  {base64(envelope.digest)}"),
            "**Entry.** The log took the statement at position 2, a quarter of a second later by its clock:",
            block(entry.raw.decode(), language="json"),
            block(
                f"leaf hash  SHA-256(0x00 || entry) = {base64(made.leaves[2])}",
                f"prev       the leaf hash of entry 1 = {base64(made.leaves[1])}",
            ),
            (
                "**Checkpoint.** With the genesis, the co-operative's enrolment and the erasure of item 1 the log has"
                " four entries. Their root, signed, is the one small text that pins them all:"
            ),
            block(made.checkpoint.decode().removesuffix("\n")),
            "**Exported log.** These are its files, with SHA-256 and length. A checkpoint of before is among them:",
            block(*listing),
            "The farmer's statement after the erasure: the item is gone with its salt, the commitment stays.",
            block(made.statement_file(2).decode(), language="json"),
            "**Disclosure.** The public item alone, as one file that proves itself offline:",
            block(made.disclosure().to_bytes().decode(), language="json"),
            "**By hand.** The same with nothing but Python's standard library:",
            block(*by_hand(made).split("\n"), language="python"),
        ]
    )


def by_hand(made: Example) -> str:
    """A few lines that a reader can run, with the values of the example."""
    one, opened = made.statements[2], made.statements[2].opened[1]
    context = canonical([statements.ITEM_DOMAIN, ORIGIN, str(made.farm), str(made.ids[2]), 1])
    return f"""\
from base64 import b64decode
from hashlib import sha256
from hmac import digest as hmac

item = {opened.item.raw.decode()!r}
salt = b64decode("{base64(opened.salt)}")
context = {context.decode()!r}
commitment = hmac(salt, context.encode() + b"\\0" + item.encode(), "sha256")
assert commitment == b64decode("{base64(one.header.items[1])}")

public_key = b64decode("{made.farm_key.public}")
assert sha256(b"ed25519" + public_key).hexdigest() == "{made.farm_key.public.keyid}"

entry = {made.entries[2].raw.decode()!r}
leaf = sha256(b"\\0" + entry.encode()).digest()
assert leaf == b64decode("{base64(made.leaves[2])}")

before = sha256(b"\\1" + b64decode("{base64(made.leaves[0])}")
                     + b64decode("{base64(made.leaves[1])}")).digest()
after = sha256(b"\\1" + leaf + b64decode("{base64(made.leaves[3])}")).digest()
root = sha256(b"\\1" + before + after).digest()
assert root == b64decode("{made.root}")"""


def limits_part() -> str:
    """Every limit, from the constant that enforces it."""
    erasure, places = Erasure.model_fields["erased"].metadata, ErasedPlace.model_fields["places"].metadata
    rows = [
        ("JSON integer", f"±{json_rules.INTEGER_MAX} (2^53 - 1)"),
        ("levels of JSON nesting", f"{json_rules.DEPTH_MAX}"),
        ("salt", f"exactly {statements.SALT_BYTES} bytes"),
        ("item", f"{statements.ITEM_BYTES_MAX} bytes"),
        ("item of kind `epcis_event`", f"{statements.EPCIS_ITEM_BYTES_MAX} bytes"),
        ("items of a statement", f"1 to {statements.ITEMS_MAX}"),
        ("header", f"{statements.PAYLOAD_BYTES_MAX} bytes"),
        ("signatures of an envelope", f"1 to {statements.SIGNATURES_MAX}"),
        ("envelope", f"{2 * statements.PAYLOAD_BYTES_MAX} bytes"),
        ("entry", f"{entries.ENTRY_BYTES_MAX} bytes"),
        ("entries of a log", f"{SIZE_MAX} (2^63 - 1)"),
        ("hashes of a tile, entries of a bundle", f"1 to {tiles.TILE_WIDTH}"),
        ("signed note", f"{note.NOTE_BYTES_MAX} bytes, {note.NOTE_SIGNATURES_MAX} signatures"),
        ("inclusion proof", f"{proof.INCLUSION_HASHES_MAX} hashes"),
        ("statements named by one erasure", f"1 to {_longest(erasure)}"),
        ("places named for each of them", f"1 to {_longest(places)}"),
        ("disclosure", f"{disclosures.DISCLOSURE_BYTES_MAX} bytes"),
        ("register statements in a disclosure", f"1 to {disclosures.DISCLOSURE_REGISTER_MAX}"),
    ]
    return "\n".join(["| what | at most |", "|---|---|", *(f"| {what} | {most} |" for what, most in rows)])


def _longest(metadata: list[object]) -> int:
    return next(one.max_length for one in metadata if isinstance(one, MaxLen))


def types_part() -> str:
    """Every statement type: its items, who may read them, and the fields in each."""
    lines = ["| type | item | audience | fields |", "|---|---|---|---|"]
    for name, model in TYPES.items():
        mark = " ↺" if issubclass(model, Correctable) else ""
        shown = f"`{name}`{mark}<br>{model.TITLE.zh} · {model.TITLE.en}"
        for item, audience, fields in items_of(model):
            lines.append(f"| {shown} | {item} | {audience} | {fields} |")
            shown = ""
    return "\n".join(lines)


def items_of(model: type[Said]) -> list[tuple[str, str, str]]:
    """The items a type is cut into, in order: kind, audience, fields. Those every correction has are left out."""
    inherited = set(Correctable.model_fields) if issubclass(model, Correctable) else set()
    sheets: dict[tuple[str, str], list[str]] = {}
    each: list[tuple[str, str, str]] = []
    for name, place in model.places().items():
        info = model.model_fields[name]
        if name in inherited:
            continue
        if place.each:
            fields = ", ".join(
                _field(part, one) for part in _parts(info.annotation) for one in part.model_fields
            )
            some = "one for each of" if info.is_required() else "one for each, if any, of"
            each.append((f"`{place.item}`", place.audience, f"{some} `{name}`: {fields}"))
        else:
            sheets.setdefault((place.item, place.audience), []).append(_field(model, name))
    return [(f"`{item}`", audience, ", ".join(names)) for (item, audience), names in sheets.items()] + each


def _field(model: type[Part], name: str) -> str:
    """A field that may be absent has a question mark. One with a default is written out, so it is always there."""
    return f"`{name}`?" if model.model_fields[name].default is None else f"`{name}`"


def _parts(annotation: object) -> list[type[Part]]:
    """The record that a list has for its members."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [part for inner in get_args(annotation) for part in _parts(inner)]


PARTS = {"example": example_part, "limits": limits_part, "types": types_part}


def filled(page: str) -> str:
    """The page with its made parts made again."""
    for name, make in PARTS.items():
        marks = re.compile(f"(<!-- made: {name} -->\n).*?(<!-- end: {name} -->)", re.DOTALL)
        found = marks.search(page)
        if found is None:
            sys.exit(f"{PAGE.name} has no place for {name}")
        page = f"{page[: found.start()]}{found[1]}\n{make()}\n\n{found[2]}{page[found.end() :]}"
    return page


def main() -> None:
    """Bring the page into step, or say that it is not."""
    page = PAGE.read_text("utf-8")
    if filled(page) == page:
        return
    if "--check" in sys.argv[1:]:
        sys.exit("docs/formats.md is behind the code: run `python tools/format_example.py`")
    PAGE.write_text(filled(page), "utf-8")


if __name__ == "__main__":
    main()
