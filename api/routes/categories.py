"""What a category of goods asks for: fields, papers, licences, codes, check list. Public, in both languages, so that anybody's form can ask it.

The answer says what the profile says and decides nothing: a missing field is a refusal for the gate, a finding for `ledger.findings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path

from api.deps import needs
from ledger.errors import UnknownName, Words
from ledger.findings import label_of
from ledger.vocabulary.profiles import ROLES, Profile, all_profiles, by_name

if TYPE_CHECKING:
    from ledger.canonical import Json, JsonObject
    from ledger.vocabulary.profiles import LegalField, LicenceDuty, Name
    from ledger.vocabulary.retention_rule import Retention

router = APIRouter(tags=["categories"], dependencies=[needs("read_public")])


@router.get("/categories", operation_id="categories")
def categories() -> dict[str, object]:
    """类别 · every category of goods there is, by its name here; `generic` stands for all others."""
    return {"categories": [_heading(one) for one in all_profiles()]}


@router.get("/categories/{name}", operation_id="category")
def category(
    name: Annotated[str, Path(max_length=60, description="its name here, in either language, or an alias")],
) -> dict[str, object]:
    """类别要求 · which fields, papers, licences and codes the law asks for with such goods, each with its article.

    `missing` says what an empty field means: `refusal` (the record is not taken), `finding` (it is, and that is found), `nothing`.
    """
    names = by_name(all_profiles())
    if name not in names:
        known = ", ".join(one.category for one in all_profiles())
        raise UnknownName(
            field="name", came=name, expected=Words(zh=f"已有的类别：{known}", en=f"a category: {known}")
        )
    return {**_heading(names[name]), **_asks(names[name])}


def _heading(profile: Profile) -> JsonObject:
    return {"category": profile.category, "name": _both(profile.name), "aliases": list(profile.aliases)}


def _asks(profile: Profile) -> JsonObject:
    licences: dict[str, Json] = {
        role: _licence(duty) for role in ROLES if (duty := profile.needs(role)) is not None
    }
    return {
        "laws": profile.laws.model_dump(mode="json", exclude_none=True),
        "fields": [_field(one) for one in profile.fields],
        "supplier_file": [
            {"kinds": list(one.kinds), "name": _both(one.name), "law": one.law, "required": one.required}
            for one in profile.supplier_file
        ],
        "documents": [
            {"what": one.what, "name": _both(one.name), "law": one.law, "required": one.required}
            for one in profile.documents
        ],
        "licences": licences,
        "buyer_licence": None if profile.buyer_licence is None else _licence(profile.buyer_licence),
        "approvals": list(profile.approvals),
        "release": None
        if profile.release is None
        else {"law": profile.release.law, "not_for_parties": list(profile.release.not_for_parties)},
        "recommit_on": list(profile.recommit_on),
        "codes": [
            {"kind": one.kind, "name": _both(one.name), "pattern": one.pattern, "law": one.law}
            for one in profile.codes
        ],
        "banned": [
            {"names": list(one.names), "not_on": list(one.not_on), "law": one.law} for one in profile.banned
        ],
        "checklist": [{"name": _both(one.name), "law": one.law} for one in profile.checklist],
        "retention": None if profile.retention is None else _kept(profile.retention),
        "receipt_is_check": profile.receipt_is_check,
        "backdating_days": profile.backdating_days,
        "loss_tolerance": str(profile.loss_tolerance),
        "findings": [{"kind": kind, "name": _words(label_of(kind))} for kind in sorted(profile.findings)],
    }


def _field(one: LegalField) -> JsonObject:
    return {
        "record": one.record,
        "field": one.field,
        "name": _both(one.name),
        "law": one.law,
        "missing": one.missing,
        "pattern": one.pattern,
        "not_for_parties": list(one.not_for_parties),
    }


def _licence(duty: LicenceDuty) -> JsonObject:
    return {
        "kinds": list(duty.kinds),
        "law": duty.law,
        "renewal_days": duty.renewal_days,
        "not_for_parties": list(duty.not_for_parties),
    }


def _kept(rule: Retention) -> JsonObject:
    records: dict[str, Json] = {
        record: {"law": period.law, "words": _words(period.words)} for record, period in rule.records.items()
    }
    return {"law": rule.law, "words": _words(rule.words), "records": records}


def _both(name: Name) -> JsonObject:
    return _words(name.words)


def _words(words: Words) -> JsonObject:
    return {"zh": words.zh, "en": words.en}
