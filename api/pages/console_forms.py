"""The forms of the clerk's console, told as data: one template lays all of them out (`my_form.html`).

What was typed stays, and a copy of a paper that was sent along stays too: it is kept by its digest while the rest is mended. A sheet that
is recorded anew says what has changed since; one that is put right says what should have stood there from the beginning.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from fastapi.responses import RedirectResponse, Response

from api.pages.batches import amount_of
from api.pages.console import Counter
from api.pages.forms import Form, Posted, attempt, new_id, record
from api.pages.rendering import cap, sentence
from api.parameters import whole_number
from api.words import WORDS
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.evidence import chunks_of
from ledger.identifiers import Sha256Hex
from scanner.papers import taken_in

if TYPE_CHECKING:
    from fastapi.responses import HTMLResponse

    from api.drafting import Draft
    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.recorder import Placed
    from ledger.views.book import Record
    from ledger.vocabulary.said import Said

AskKind = Literal["text", "date", "select", "area", "choices", "boxes", "amount", "paper"]
#: What a copy may be; `scanner.papers` looks at what it is.
PAPER_TYPES: Final = "application/pdf,image/jpeg,image/png,image/webp"
#: In which field a sheet names whom it is about.
_WHOSE: Final = ("party", "holder", "owner")
#: Where a form comes from a record: whether it tells of a change, or puts that record right.
HOWS: Final = ("changed", "correct")

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a form. `label`: the name of the record's field, or the key of a text."""

    name: str
    label: str | Words
    kind: AskKind = "text"
    hint: str = ""
    optional: bool = True
    options: Options = ()
    attrs: Mapping[str, str] = field(default_factory=dict, hash=False)
    suggest: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together. `folded`: closed until somebody opens it, or something stands in it."""

    title: str
    asks: tuple[Ask, ...]
    folded: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form. `came_from`: the record that it tells a change of, or puts right."""

    title: str
    lede: str
    action: str
    groups: tuple[Group, ...]
    go: str
    back: str
    came_from: Record | None = None
    hidden: tuple[str, ...] = ()

    @property
    def papers(self) -> tuple[str, ...]:
        """The fields that take a copy."""
        return tuple(one.name for group in self.groups for one in group.asks if one.kind == "paper")


def label_of(kind: type[Said], name: str) -> Words:
    """The law's name of a record's field."""
    return kind.places()[name].label


def options_of(name: str, values: Sequence[str], desk: Desk) -> Options:
    """The choices of a field, in the words that records are shown with."""
    return [(one, WORDS[f"{name}_{one}"].in_language(desk.language)) for one in values]


def blank(desk: Desk, **values: str) -> Form:
    """A form that nobody has typed in yet."""
    return Form({"id": str(new_id(desk)), **values})


def show(counter: Counter, sheet: Sheet, form: Form, *, status: int = 200) -> HTMLResponse:
    """The form as a page."""
    desk = counter.desk
    labels = {one.name: _label(one, desk) for group in sheet.groups for one in group.asks}
    return counter.page(
        "my_form.html",
        {
            "sheet": sheet,
            "form": form,
            "labels": labels | {"how": desk.say("papers_how")},
            "groups": [
                {"group": one, "open": any(_filled(form, ask) for ask in one.asks)} for one in sheet.groups
            ],
            "hows": [(one, desk.say(f"papers_how_{one}")) for one in HOWS] if sheet.came_from else [],
            "hidden": ("id", "of", *sheet.hidden),
            "paper_types": PAPER_TYPES,
            "here": sheet.back,
        },
        status=status,
    )


def _label(ask: Ask, desk: Desk) -> str:
    return cap(desk.say(ask.label) if isinstance(ask.label, str) else ask.label.in_language(desk.language))


def _filled(form: Form, ask: Ask) -> bool:
    names = (ask.name, f"{ask.name}_kept", *(f"{ask.name}_{value}" for value, _ in ask.options))
    return any(form.value(one) or one in form.errors for one in names)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that came back: what was typed, with the digests of its copies in place of the files."""

    posted: Posted
    form: Form

    def text(self, name: str) -> str:
        """One text."""
        return self.form.value(name)

    def lines(self, name: str) -> list[str]:
        """The lines of an area that have something in them."""
        return [one.strip() for one in self.text(name).split("\n") if one.strip()]

    def copy(self, name: str) -> str:
        """The digest of a copy that was sent along, now or before."""
        return self.text(f"{name}_kept")

    def boxes(self, name: str, values: Sequence[str]) -> list[str]:
        """Which boxes were ticked."""
        return [one for one in values if self.text(f"{name}_{one}")]

    def amount(self, name: str) -> dict[str, str] | None:
        """A quantity with its unit; None where no number was typed."""
        return amount_of(self.posted, name) if self.text(name) else None

    def present(self, *names: str) -> dict[str, Json]:
        """Those of the texts that were filled in."""
        return {name: self.text(name) for name in names if self.text(name)}


def sent(desk: Desk, posted: Posted, papers: Sequence[str]) -> Sent:
    """What came, with its copies kept: a fault elsewhere must not cost anybody the photograph."""
    values, form = dict(posted.texts), Form({})
    for name in papers:
        try:
            digest = keep_paper(desk, posted, name)
        except Refusal as wrong:
            form.errors[name] = sentence(wrong, desk.language)
            continue
        if digest is not None:
            values[f"{name}_kept"] = str(digest)
    form.values = values
    return Sent(posted, form)


def keep_paper(desk: Desk, posted: Posted, name: str) -> Sha256Hex | None:
    """Keep the copy of a paper, a picture drawn again or a PDF as it is; None when none came."""
    content = posted.files.get(name)
    if content is None:
        return None
    with taken_in(io.BytesIO(content), field=name) as paper:
        return desk.ledger.evidence.put_stream(chunks_of(paper.content), field=name).digest


def submit(
    desk: Desk, party: PartyId, came: Sent, fields: Mapping[str, str], make: Callable[[], Sequence[Draft]]
) -> tuple[Placed, ...]:
    """Record what the form asks for; nothing, with the reasons in the form, when it cannot be taken."""
    if not came.form.good:
        # The rest is looked at all the same: a person mends all faults at once.
        attempt(came.form, make, fields, desk.language)
        return ()
    drafts = attempt(came.form, make, fields, desk.language)
    return record(desk, party, drafts, came.form, fields) if drafts else ()


def finish(
    desk: Desk,
    party: PartyId,
    came: Sent,
    fields: Mapping[str, str],
    make: Callable[[], Sequence[Draft]],
    *,
    to: Callable[[Placed], str],
    again: Callable[[Counter], Sheet],
) -> Response:
    """Record what the form asks for and go `to` it; or show the form `again`, with what is wrong."""
    if placed := submit(desk, party, came, fields, make):
        return RedirectResponse(to(placed[-1]), status_code=303)
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, party)
        return show(counter, again(counter), came.form, status=422)


# From one version of a sheet to the next


def origin(counter: Counter, kind: type[Said], position: str, *, form: str = "") -> Record | None:
    """The record that a form came from, where it names one: this party's own, for the form shows all of it and its next version carries the rest along.

    One that this very form has put right already counts: it was sent twice.
    """
    if not position:
        return None
    number = whole_number(position)
    found = None if number is None else counter.record(number)
    stands = found is not None and str(found.superseded_by or form) == form
    if found is None or not isinstance(found.said, kind) or not stands or not _is_own(counter, found):
        expected = Words(zh="仍然有效的本方记录", en="a record of yours that still stands")
        raise UnknownName(field="of", came=position, expected=expected)
    return found


def _is_own(counter: Counter, record: Record) -> bool:
    """Whether this party said a record or is whom its sheet is about, and may read every part of it."""
    ours = {record.header.issuer, record.actor, *(getattr(record.said, name, None) for name in _WHOSE)}
    return counter.party in ours and counter.names.reading.opens_all(record)


def body_after(came: Sent, before: Record | None, shown: frozenset[str], party: PartyId) -> dict[str, Json]:
    """What a version begins with: the fields of the one before that its form does not show, and what it puts right."""
    body: dict[str, Json] = {"id": came.text("id")}
    if before is None or before.said is None:
        return body
    earlier: dict[str, Json] = before.said.model_dump(mode="json", exclude_none=True)
    hidden = shown | {"correction_reason", "correction_note"}
    body |= {name: value for name, value in earlier.items() if name not in hidden}
    how = came.text("how")
    if how not in HOWS:
        choices = ", ".join(HOWS)
        raise Malformed(field="how", came=how, expected=Words(zh=choices, en=choices))
    if how == "correct":
        if before.header.issuer != party:
            expected = Words(zh="本方签署的记录", en="a record that you signed")
            raise UnknownName(field="how", came=how, expected=expected)
        body |= {"corrects": str(before.header.id), "correction_reason": "incorrect_data"}
    return body
