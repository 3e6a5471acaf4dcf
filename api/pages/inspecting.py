"""The inspection: who, by which officers, a check list by category, photos, what was found and ordered; kept as a draft until it is recorded.

Without script it is one form with several buttons: record, keep as a draft, keep the photos and go on, show another check list. Whatever is
pressed, what was typed is kept, and a session that ends takes nothing along (`ledger.accounts.drafts`). Place, persons present and orders
are lines of the record's text: the statement type needs no field for them, and a protocol on paper has them as lines, too.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.audience import Reading
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import categories
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, form_id, gather, new_id, record
from api.pages.names import Names
from api.pages.officers import candidates, check_competence, goods_of, officers_of, party_of
from api.pages.rendering import cap, moment, sentence
from api.parameters import MaybeText
from api.problems import Refusals
from ledger.accounts.drafts import FormDrafts
from ledger.errors import Malformed, Refusal, Words
from ledger.evidence import chunks_of
from ledger.identifiers import GoodsId, PartyId, Sha256Hex
from ledger.vocabulary.oversight import Checked, Inspection
from ledger.vocabulary.profiles import GENERIC, profile_for
from scanner.papers import taken_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.pages.forms import Posted
    from ledger.accounts.callers import Caller
    from ledger.canonical import Json
    from ledger.store.book import SqlBook
    from ledger.vocabulary.profiles import ChecklistLine

FORM: Final = "inspection"
PHOTOS_MAX: Final = 10
_PHOTOS: Final = ("photo", "photo_2", "photo_3")
_RESULTS: Final[tuple[str, ...]] = get_args(Checked.model_fields["result"].annotation)
_CONCLUSIONS: Final[tuple[str, ...]] = ("in_order", "rectify", "seal", "seize", "open_case")
#: From the fields of the record to those of the form.
FIELDS: Final = {
    "party": "party",
    "goods": "goods",
    "officer_2": "officer_2",
    "officers": "officer",
    "officer": "officer",
    "conclusion": "conclusion",
    "due_on": "due_on",
    "text": "text",
    "case_note": "case_note",
    "checklist": "checklist",
    **{name: name for name in _PHOTOS},
}
_LABELS: Final = {
    "party": "insp_party",
    "goods": "insp_goods",
    "officer": "insp_officer",
    "officer_2": "insp_officer_2",
    "conclusion": "insp_conclusion",
    "due_on": "insp_due_on",
    "text": "insp_text",
    "case_note": "insp_case_note",
    "checklist": "insp_checklist",
    **dict.fromkeys(_PHOTOS, "insp_photo"),
}

router = APIRouter(include_in_schema=False)


@router.get("/inspect/new", response_class=HTMLResponse, dependencies=[needs("inspect")])
def inspection_form(
    desk: AtDesk,
    author: Someone,
    party: MaybeText = None,
    goods: MaybeText = None,
    category: MaybeText = None,
    draft: MaybeText = None,
) -> HTMLResponse:
    """An empty form for this party or these goods, or a draft as it was left."""
    kept = FormDrafts(desk.ledger.accounts.office).fields(owner_of(author), draft) if draft else {}
    if kept:
        return _show(desk, author, Form(kept))
    values = {
        "id": str(new_id(desk)),
        "officer": author.certificate or "",
        "party": party or "",
        "goods": goods or "",
    }
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language, Reading.of(desk.ledger, book, desk.viewer))
        values["category"] = _category(names, category, goods)
        if not party and goods:
            values["party"] = _maker(names, goods)
    return _show(desk, author, Form(values))


@router.post("/inspect/new", response_class=HTMLResponse, dependencies=[needs("inspect")])
def inspect_party(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Keep what was typed; and record it, if that button was pressed and nothing is wrong with it."""
    statement = str(form_id(posted))
    drafts = FormDrafts(desk.ledger.accounts.office)
    if posted.text("do") == "drop":
        drafts.drop(owner_of(author), statement)
        return RedirectResponse("/inspect/new", status_code=303)
    form = _with_photos(desk, posted)
    drafts.keep(owner_of(author), form=FORM, id_=statement, fields=form.values)
    if posted.text("do") != "record" or not form.good:
        return _show(desk, author, form, status=200 if form.good else 422, kept=True)
    with desk.ledger.book() as book:
        said = attempt(form, lambda: _drafts(desk, book, author, form.values, posted), FIELDS, desk.language)
    placed = record(desk, author.party, said, form, FIELDS) if said else ()
    if not placed:
        return _show(desk, author, form, status=422, kept=True)
    drafts.drop(owner_of(author), statement)
    return RedirectResponse(f"/entries/{placed[0].seq}", status_code=303)


def owner_of(author: Caller) -> str:
    """Whose a draft is: the person's, or the API key's, or the officer's by his certificate."""
    return author.person or author.key or f"{author.party} {author.certificate}"


def _with_photos(desk: Desk, posted: Posted) -> Form:
    """The form with new photos among those kept; each is kept at once, so that no photo is taken twice."""
    values = {name: value for name, value in posted.texts.items() if name != "do"}
    form = Form(values)
    kept = photos_in(values)
    for name in _PHOTOS:
        if name not in posted.files:
            continue
        if len(kept) >= PHOTOS_MAX:
            form.errors[name] = desk.say("insp_photos_most", count=PHOTOS_MAX)
            continue
        try:
            # Only drawn again: whether a place shows a code nobody asked.
            with taken_in(io.BytesIO(posted.files[name]), field=name) as paper:
                photo = desk.ledger.evidence.put_stream(chunks_of(paper.content), field=name)
        except Refusal as refusal:
            form.errors[name] = sentence(refusal, desk.language)
            continue
        kept = [*dict.fromkeys((*kept, str(photo.digest)))]
    values.update({f"kept_{number}": digest for number, digest in enumerate(kept)})
    return form


def photos_in(values: Mapping[str, str]) -> list[str]:
    """The digests of the photos that the form has kept."""
    kept = (values.get(f"kept_{number}", "") for number in range(PHOTOS_MAX))
    return [one for one in kept if one]


def _drafts(
    desk: Desk, book: SqlBook, author: Caller, values: Mapping[str, str], posted: Posted
) -> list[Draft]:
    reading, wrong = Reading.of(desk.ledger, book, desk.viewer), list[Refusal]()
    officers = gather(wrong, lambda: officers_of(desk, book, author, posted))
    party = gather(wrong, lambda: party_of(desk, reading, book, posted.text("party")))
    goods = (
        gather(wrong, lambda: goods_of(desk, reading, posted.text("goods"))) if posted.text("goods") else None
    )
    checklist = _checked(profile_for(posted.text("category") or GENERIC).checklist, values)
    photos = gather(wrong, lambda: [str(Sha256Hex.parse(one)) for one in photos_in(values)]) or []
    if posted.text("conclusion") == "rectify" and not posted.text("due_on"):
        wrong.append(Malformed(field="due_on", came="", expected=Words(zh="整改期限", en="a day")))
    text = _text(desk, posted)
    body: dict[str, Json] = {
        "id": posted.text("id"),
        **({"party": str(party)} if party is not None else {}),
        **({"officers": list(officers)} if officers is not None else {}),
        **({"goods": [str(goods)]} if goods is not None else {}),
        **({"checklist": list(checklist)} if checklist else {}),
        **({"text": text} if text else {}),
        **({"evidence": list(photos)} if photos else {}),
        **posted.present("conclusion", "due_on", "case_note"),
    }
    if wrong:
        raise Refusals(wrong)
    draft = Drafting(ledger=desk.ledger, author=author.party).draft(Inspection, body)
    check_competence(book, author, draft.said)
    return [draft]


def _text(desk: Desk, posted: Posted) -> str:
    """Place, persons and orders as lines before what was found, as a protocol has them."""
    lines = [
        desk.say(f"insp_line_{name}", value=posted.text(name))
        for name in ("place", "present")
        if posted.text(name)
    ]
    if posted.text("text"):
        lines.append(posted.text("text"))
    if posted.text("ordered"):
        lines.append(desk.say("insp_line_ordered", value=posted.text("ordered")))
    return "\n".join(lines)


def _checked(lines: tuple[ChecklistLine, ...], values: Mapping[str, str]) -> list[dict[str, Json]]:
    """Every line of the list, with what was found; what nobody looked at is said to be so."""
    checked: list[dict[str, Json]] = []
    for number, line in enumerate(lines):
        result = values.get(f"check_{number}", "")
        one: dict[str, Json] = {
            # In the words of the list, whatever language the officer reads pages in.
            "what": line.name.zh,
            "result": result if result in _RESULTS else "not_checked",
        }
        if note := values.get(f"note_{number}", ""):
            one["note"] = note
        checked.append(one)
    return checked


def _category(names: Names, category: str | None, goods: str | None) -> str:
    if category:
        return profile_for(category).category
    try:
        sheet = names.sheet(GoodsId.parse(goods)) if goods else None
    except Refusal:
        return GENERIC
    return profile_for(sheet.category if sheet is not None else None).category


def _maker(names: Names, goods: str) -> str:
    try:
        maker = names.sheet(GoodsId.parse(goods)).maker
    except Refusal:
        return ""
    return str(maker) if maker is not None else ""


def _show(desk: Desk, author: Caller, form: Form, *, status: int = 200, kept: bool = False) -> HTMLResponse:
    profile = profile_for(form.value("category") or GENERIC)
    with desk.ledger.book() as book:
        reading = Reading.of(desk.ledger, book, desk.viewer)
        names = Names(book, desk.viewer, desk.language, reading)
        typed = form.value("party")
        named = names.party(PartyId.parse(typed)) if _is_party(typed) else ""
        offered = (
            [] if named or "party" not in form.errors or not typed else candidates(desk, reading, book, typed)
        )
        begun = FormDrafts(desk.ledger.accounts.office).listed(owner_of(author))
        return desk.page(
            "inspection_new.html",
            status=status,
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            kept=kept and form.good,
            party_name=named,
            parties=[(str(one), names.party(one)) for one in offered],
            categories=categories(desk.language),
            checklist=[
                {"number": number, "what": cap(one.name.words.in_language(desk.language)), "law": one.law}
                for number, one in enumerate(profile.checklist)
            ],
            results=[(one, desk.say(f"result_{one}")) for one in _RESULTS],
            conclusions=[(one, desk.say(f"conclusion_{one}")) for one in _CONCLUSIONS],
            photos=photos_in(form.values),
            photos_max=PHOTOS_MAX,
            photo_fields=_PHOTOS,
            drafts=[
                (f"/inspect/new?draft={one.id}", moment(one.at_ms))
                for one in begun
                if one.form == FORM and one.id != form.value("id")
            ],
        )


def _is_party(text: str) -> bool:
    try:
        PartyId.parse(text)
    except Refusal:
        return False
    return True
