"""Forms: what was typed, what is wrong with it, and recording it once.

A form carries the id of the record it will make. Sent twice, it records once: everything else that is made along with it (another
record, a name for new goods) is derived from that id. What is wrong stands beside its field, and what was typed stays there.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from fastapi import Depends
from starlette.datastructures import UploadFile
from starlette.requests import Request

from api.bodies import media_type
from api.pages.rendering import sentence
from api.problems import Refusals
from api.unsigned import AwaitsSignature, unsigned
from api.words import say
from ledger.errors import Conflict, Malformed, Refusal, Words
from ledger.evidence import chunks_of
from ledger.identifiers import Sha256Hex, StatementId
from scanner.papers import taken_in
from scanner.photo import NoCodeInPhoto, read_photo

if TYPE_CHECKING:
    from api.drafting import Draft
    from api.pages.desk import Desk
    from ledger.errors import Language
    from ledger.identifiers import PartyId
    from ledger.recorder import Placed

_Value = TypeVar("_Value")

FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
#: More than the longest form of ours has.
FIELDS_MAX: Final = 300
FILES_MAX: Final = 8
RANDOM_BYTES: Final = 10
#: What stands for bytes that are no letter.
_REPLACED: Final = "\ufffd"


@dataclass(frozen=True, slots=True)
class Posted:
    """What came: texts without outer spaces, and files that are not empty."""

    texts: Mapping[str, str]
    files: Mapping[str, bytes]

    def text(self, name: str) -> str:
        """One text; empty when it did not come."""
        return self.texts.get(name, "")

    def present(self, *names: str) -> dict[str, str]:
        """Those of the texts that were filled in."""
        return {name: self.text(name) for name in names if self.text(name)}


async def _posted(request: Request) -> Posted:
    media_type(request.headers, FORM_TYPES)
    texts, files = dict[str, str](), dict[str, bytes]()
    async with request.form(max_files=FILES_MAX, max_fields=FIELDS_MAX) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if content := await value.read():
                    files[name] = content
            else:
                # Browsers send CR LF; a text is the same text on every machine.
                text = value.replace("\r\n", "\n").strip()
                if texts.setdefault(name, text) != text:
                    expected = Words(zh="每项填一次", en="each field once")
                    raise Malformed(field=name, came=text, expected=expected)
                if _REPLACED in text:
                    # What stood there is lost: bytes that are no UTF-8, or a text that went through a program that could not read it.
                    expected = Words(zh="没有乱码的文字（UTF-8）", en="text in UTF-8, with no letter lost")
                    raise Malformed(field=name, came=text, expected=expected)
    return Posted(texts=texts, files=files)


PostedForm = Annotated[Posted, Depends(_posted)]


@dataclass(slots=True)
class Form:
    """A form as it is shown: values by name, and a sentence for each field that is wrong. `""` names the form as a whole."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.values.get(name, "")

    @property
    def good(self) -> bool:
        """Whether nothing is wrong so far."""
        return not self.errors

    def refuse(self, refusals: Iterable[Refusal], fields: Mapping[str, str], language: Language) -> None:
        """Put each refusal beside the field it is about. `fields`: from the beginning of a record's field to the form's."""
        for refusal in refusals:
            name = next((to for start, to in fields.items() if _lies_in(refusal.field, start)), "")
            text = sentence(refusal, language) if name else refusal.in_language(language)
            self.errors.setdefault(name, text)


def _lies_in(field_: str, start: str) -> bool:
    """Whether a record's field is the named one or a part of it: `lines[2].quantity` lies in `lines`."""
    return field_ == start or field_.startswith((f"{start}.", f"{start}["))


def check_one_party(posted: Posted, typed: Iterable[str]) -> None:
    """Refuse a new party typed in beside one that was chosen: which of the two is meant nobody can tell, and a record in the wrong name is worse."""
    for name in typed:
        if came := posted.text(name):
            expected = Words(
                zh="不填：上面已选了一个；新的请在上面选“新”的那一项",
                en="nothing, where one is chosen above; or “new” chosen above",
            )
            raise Malformed(field=name, came=came, expected=expected)


def gather(wrong: list[Refusal], make: Callable[[], _Value], *, at: str = "") -> _Value | None:
    """What `make` gives; None, with its refusals added to `wrong`, when it gives none. A person mends all faults at once."""
    try:
        return make()
    except Refusals as found:
        refusals: Sequence[Refusal] = found.refusals
    except Refusal as refusal:
        refusals = (refusal,)
    wrong += (one.at(at) if at else one for one in refusals)
    return None


def attempt(
    form: Form, make: Callable[[], Sequence[Draft]], fields: Mapping[str, str], language: Language
) -> Sequence[Draft]:
    """The drafts a form asks for; none, with the reasons in the form, when it cannot be taken."""
    wrong = list[Refusal]()
    drafts = gather(wrong, make)
    form.refuse(wrong, fields, language)
    return drafts or ()


def record(
    desk: Desk, party: PartyId, drafts: Sequence[Draft], form: Form, fields: Mapping[str, str]
) -> tuple[Placed, ...]:
    """Sign and record, all or nothing; nothing placed, with the reason in the form, when the ledger refuses.

    For a party that keeps its own key nothing is signed here: what is to be signed goes to its person (`api.pages.signing`).
    """
    _hand_over(desk, party, drafts)
    statements = [
        desk.ledger.draft(
            party,
            one.said,
            occurred_at=one.occurred_at,
            statement_id=one.id,
            on_behalf_of=one.on_behalf_of,
            corrects=one.corrects,
            holder=desk.viewer.holder if party == desk.viewer.party else None,
        )
        for one in drafts
    ]
    try:
        return desk.ledger.recorder.record(statements)
    except Conflict:
        form.errors[""] = say("error_used", desk.language)
    except Refusal as refusal:
        form.refuse([refusal], fields, desk.language)
    return ()


def _hand_over(desk: Desk, party: PartyId, drafts: Sequence[Draft]) -> None:
    if party == desk.viewer.party and desk.viewer.holder is not None:
        return
    with desk.ledger.book() as book:
        own = book.register.signs_for_itself(party)
    if own:
        log, now = desk.ledger.origin, desk.ledger.clock()
        raise AwaitsSignature(party, [unsigned(one, log=log, issuer=party, now_ms=now) for one in drafts])


def new_id(desk: Desk) -> StatementId:
    """The id a fresh form carries."""
    return StatementId.new(desk.ledger.clock(), os.urandom(RANDOM_BYTES))


def form_id(posted: Posted) -> StatementId:
    """The id that came back with the form."""
    return StatementId.parse(posted.text("id"))


def derived(statement: StatementId, what: str) -> bytes:
    """Ten bytes that are always the same for one form, for names that are drawn along with it."""
    return sha256(f"suyuan/form/{statement}/{what}".encode()).digest()[:RANDOM_BYTES]


def derived_id(statement: StatementId, what: str) -> StatementId:
    """The id of a record that is made along with the form's own."""
    return StatementId.new(statement.ms, derived(statement, what))


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo among the evidence, and the codes that could be read in it."""

    digest: Sha256Hex
    codes: tuple[str, ...]


def keep_photo(desk: Desk, posted: Posted, name: str) -> KeptPhoto | None:
    """Keep an uploaded photo, drawn again; None when none came. A picture must open; that it shows no code is no fault of a paper."""
    content = posted.files.get(name)
    if content is None:
        return None
    try:
        codes = tuple(reading.text for reading in read_photo(content, field=name))
    except NoCodeInPhoto:
        codes = ()
    with taken_in(io.BytesIO(content), field=name) as paper:
        kept = desk.ledger.evidence.put_stream(chunks_of(paper.content), field=name)
    return KeptPhoto(digest=kept.digest, codes=codes)
