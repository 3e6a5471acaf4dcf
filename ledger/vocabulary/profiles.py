"""Category profiles: which rules of trade apply to which goods. Data, not code: one TOML file a commodity, in `categories/`.

A profile says whose licence matters and by which article, which papers the supplier file and a delivery hold, which fields the law asks
for, how long records are kept, what codes look like, what a process may yield, which substances are banned, what an inspector goes
through, and which findings exist for such goods. Adding a commodity adds a file and no Python: to this folder, or to a folder of the
operator's own that `use_folder` names. Whether a party did its duty is judged in `ledger.findings`; here stands only what the duty is.
Goods whose category no file names get the `generic` profile.

Fields that only one category has (品种、剂型、适宜区域 …) are `details` of a record, by the names given here. The profile says what a missing
field means: `finding` where the law puts the duty on the enterprise, `refusal` where the record would mean nothing without it.

>>> profile_for("食用农产品").category, profile_for("pesticide").needs("retailer").law
('farm_produce', '农药管理条例 55(1)')
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ledger.errors import Malformed, UnknownName, Words
from ledger.vocabulary.retention_rule import Retention
from ledger.vocabulary.said import refusals
from ledger.vocabulary.trade import CheckedThing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from ledger.vocabulary.said import Said
    from ledger.vocabulary.values import Detail

#: What a party is to the goods of one record.
TradeRole = Literal["maker", "wholesaler", "retailer", "caterer"]
ROLES: Final[tuple[TradeRole, ...]] = get_args(TradeRole)

#: Everything that can be found in the records. A profile names those that make sense for its goods; the ones that concern a paper, a
#: party or a contact rather than goods exist always.
FindingKind = Literal[
    "licence_expired_on_day",
    "licence_never_held",
    "licence_out_of_scope",
    "licence_shared",
    "buyer_licence_not_valid",
    "approval_not_recorded",
    "credit_code_fails",
    "source_contradicted",
    "backdated_check",
    "missing_check",
    "field_missing",
    "document_missing",
    "document_expired",
    "document_out_of_scope",
    "document_overused",
    "claim_not_covered",
    "release_missing",
    "sold_after_failed_test",
    "sold_after_expiry",
    "traded_before_made",
    "commitment_missing",
    "banned_substance",
    "voucher_reused",
    "voucher_edited",
    "voucher_overused",
    "oversold",
    "unit_mismatch",
    "yield_out_of_range",
    "sender_receiver_differ",
    "shipped_under_order",
    "recall_answer_differs",
    "seizure_unaccounted",
    "safety_interval_short",
    "two_declarers",
    "code_sold_twice",
    "custody_conflict",
    "clone_suspected",
    "impossible_travel",
    "aggregation_broken",
    "code_reused_packaging",
    "code_unknown",
    "code_goods_differ",
    "shared_contact",
    "signature_disputed",
]
FINDING_KINDS: Final[tuple[FindingKind, ...]] = get_args(FindingKind)

GENERIC: Final = "generic"

_Text = Annotated[str, Field(min_length=1, max_length=60)]
_Share = Annotated[Decimal, Field(ge=0, le=1)]
_Yield = Annotated[Decimal, Field(ge=0, le=1000)]


class ProfileBroken(RuntimeError):
    """A profile file does not say what a profile must say. The operator mends the file; nothing else can."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Name(_Data):
    """One name in the two languages of the house."""

    zh: _Text
    en: _Text

    @property
    def words(self) -> Words:
        """As pages take it."""
        return Words(zh=self.zh, en=self.en)


class LicenceDuty(_Data):
    """Which licence a role needs: any one of `kinds` will do.

    `renewal_days`: a renewal filed at least so long before the end counts as granted while nobody has decided (行政许可法 50).
    `trades`: words in a party's trade that put it into this role. `not_for_parties`: kinds of party under another law.
    `not_for_goods`: words in the name of goods that are filed under the category and are not yet what the licence is for.
    `not_for_holders`: whoever holds the approval of the goods may deal in them without it (药品管理法 34).
    """

    kinds: Annotated[tuple[_Text, ...], Field(min_length=1)]
    law: _Text
    renewal_days: Annotated[int, Field(ge=0, le=365)] = 30
    trades: tuple[_Text, ...] = ()
    not_for_parties: tuple[
        Literal["individual_business", "cooperative", "institution", "authority", "farmer"], ...
    ] = ()
    not_for_goods: tuple[_Text, ...] = ()
    not_for_holders: bool = False


class Document(_Data):
    """One paper or look that belongs to a delivery, in the words of `CheckedDocument.what`.

    `required`: a delivery without it is a finding. Where the law leaves a choice, or asks only for some goods, it is shown and not asked for.
    """

    what: CheckedThing
    name: Name
    law: _Text
    required: bool = False


class FilePaper(_Data):
    """One paper of the supplier file: any of `kinds`, as `FiledDocument.document_kind` names it."""

    kinds: Annotated[tuple[_Text, ...], Field(min_length=1)]
    name: Name
    law: _Text
    required: bool = False


class LegalField(_Data):
    """One field the law asks for: on which record, under which name, and what it means when it is missing.

    `field` is a field of that record, or `details.` and a name of this profile's own, which then has a label and may have a `pattern`.
    """

    record: Literal["batch", "product", "shipment", "supplier_check", "sale", "use", "party"]
    field: Annotated[str, Field(pattern=r"^(details\.)?[a-z][a-z0-9_]{1,39}$")]
    name: Name
    law: _Text
    missing: Literal["refusal", "finding", "nothing"] = "finding"
    pattern: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    #: Kinds of party that need not fill it in (a stall's reduced form, a farmer).
    not_for_parties: tuple[
        Literal["individual_business", "cooperative", "institution", "authority", "farmer"], ...
    ] = ()

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as wrong:
                message = f"pattern {pattern!r}: {wrong}"
                raise ValueError(message) from wrong
        return pattern

    @property
    def detail(self) -> str | None:
        """Its name among the record's details; None for a field of the record itself."""
        return self.field.removeprefix("details.") if self.field.startswith("details.") else None

    def value_in(self, said: Said) -> str | None:
        """What the record says in this field, as text; None where it says nothing."""
        if self.detail is None:
            value = getattr(said, self.field, None)
            return None if value is None or value == () else str(value)
        details: tuple[Detail, ...] = getattr(said, "details", None) or ()
        return next((one.value for one in details if one.field == self.detail), None)


class CodeForm(_Data):
    """How unit codes of these goods look. No pattern proves that a code was issued."""

    kind: Literal["drug", "pesticide", "veterinary_drug", "seed", "ear_tag", "digital_link", "other"]
    name: Name
    pattern: Annotated[str, Field(min_length=1, max_length=200)]
    law: _Text


class BannedSubstance(_Data):
    """A substance that may not be in the goods, or not be used on them.

    `names`: as ingredients, products and analytes spell it. `not_on`: words in the names of the goods it may not be used on; with none,
    on all of this category.
    """

    names: Annotated[tuple[_Text, ...], Field(min_length=1)]
    law: _Text
    not_on: tuple[_Text, ...] = ()


class ChecklistLine(_Data):
    """One thing an inspector goes through with such goods."""

    name: Name
    law: _Text


class ReleaseDuty(_Data):
    """Whether the maker must let each batch out on a record of inspection before it ships, and by which article."""

    law: _Text
    #: Kinds of party without this duty.
    not_for_parties: tuple[
        Literal["individual_business", "cooperative", "institution", "authority", "farmer"], ...
    ] = ()


class Yield(_Data):
    """What a process may give, as output by input. `process` lists words in the name of the process; an empty list is any process."""

    process: tuple[_Text, ...]
    least: _Yield
    most: _Yield

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least > self.most:
            message = f"least {self.least} is more than most {self.most}"
            raise ValueError(message)
        return self


class Laws(_Data):
    """The article behind each duty, as cited to the party; None where no article is certain."""

    record: _Text | None = None
    recall: _Text | None = None
    interval: _Text | None = None
    trace: _Text | None = None
    code: _Text | None = None
    #: That goods past their last day are not sold.
    expiry: _Text | None = None


class Profile(_Data):
    """The rules of trade for one category of goods."""

    category: Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$")]
    name: Name
    aliases: tuple[_Text, ...] = ()
    laws: Laws
    licences: dict[TradeRole, LicenceDuty] = Field(default_factory=dict)
    #: Set where the seller must look at the buyer's licence.
    buyer_licence: LicenceDuty | None = None
    documents: tuple[Document, ...] = ()
    #: Ordered: the first entry whose words occur in the name of the process counts.
    yields: tuple[Yield, ...] = ()
    #: What the supplier file holds, made once and renewed.
    supplier_file: tuple[FilePaper, ...] = ()
    fields: tuple[LegalField, ...] = ()
    codes: tuple[CodeForm, ...] = ()
    banned: tuple[BannedSubstance, ...] = ()
    checklist: tuple[ChecklistLine, ...] = ()
    release: ReleaseDuty | None = None
    #: How long records are kept at least; None where the law of these goods is not known: then everything is kept.
    retention: Retention | None = None
    #: Kinds of approval one of which a product of this category needs (农药登记证, 药品批准文号 …).
    approvals: tuple[_Text, ...] = ()
    #: Whoever repacks or mixes issues a new 承诺达标合格证 (农产品质量安全法 39).
    recommit_on: tuple[_Text, ...] = ()
    loss_tolerance: _Share
    backdating_days: Annotated[int, Field(ge=0, le=365)]
    #: So many days a stall's page shows what came in as today's goods, where nobody records each sale (docs/decisions/0025).
    on_sale_days: Annotated[int, Field(ge=1, le=365)] = 30
    safety_interval: bool
    #: Where the law asks for no more than a receipt holds, a confirmed receipt is the supplier check.
    receipt_is_check: bool
    findings: frozenset[FindingKind]

    @property
    def seller_checks_buyer(self) -> bool:
        """Whether the seller must look at the buyer's licence."""
        return self.buyer_licence is not None

    @model_validator(mode="after")
    def _fields_once(self) -> Self:
        names = [(one.record, one.field) for one in self.fields]
        if len(set(names)) != len(names):
            message = "a field is named twice for one record"
            raise ValueError(message)
        return self

    def check(self, said: Said) -> None:
        """Raise `Malformed` where a record lacks what it means nothing without, or a field has another form than its own."""
        record = said.TYPE.partition(".")[0]
        known = {one.detail for one in self.fields if one.record == record}
        for one in self.fields:
            if one.record != record:
                continue
            value = one.value_in(said)
            if value is None and one.missing == "refusal":
                raise Malformed(
                    field=one.field,
                    came="",
                    expected=Words(zh=f"{one.name.zh}（{one.law}）", en=f"{one.name.en} ({one.law})"),
                )
            if value is not None and one.pattern is not None and not re.fullmatch(one.pattern, value):
                raise Malformed(
                    field=one.field,
                    came=value,
                    expected=Words(
                        zh=f"{one.name.zh}，形如 {one.pattern}", en=f"{one.name.en}, like {one.pattern}"
                    ),
                )
        for detail in getattr(said, "details", None) or ():
            if detail.field not in known:
                names = ", ".join(sorted(name for name in known if name)) or "—"
                raise UnknownName(
                    field=f"details.{detail.field}",
                    came=detail.field,
                    expected=Words(
                        zh=f"{self.name.zh}的专有字段：{names}", en=f"a field of {self.name.en}: {names}"
                    ),
                )

    def finds(self, kind: FindingKind) -> bool:
        """Whether this finding exists for such goods."""
        return kind in self.findings

    def needs(self, role: TradeRole) -> LicenceDuty | None:
        """The licence this role needs for such goods, or None where the law asks for none."""
        return self.licences.get(role)

    def yield_of(self, process: str) -> Yield | None:
        """What this process may give; None where nothing is known."""
        fitting = (
            one for one in self.yields if not one.process or any(word in process for word in one.process)
        )
        return next(fitting, None)


def read_profile(text: str, *, source: str) -> Profile:
    """A profile from the text of its file; raises `ProfileBroken`, which names the file and the field."""
    try:
        body: dict[str, object] = tomllib.loads(text)
        return Profile.model_validate(body)
    except tomllib.TOMLDecodeError as wrong:
        message = f"{source}: not TOML: {wrong}"
        raise ProfileBroken(message) from wrong
    except ValidationError as wrong:
        message = f"{source}: " + "; ".join(str(one) for one in refusals(wrong))
        raise ProfileBroken(message) from wrong


def by_name(profiles: Iterable[Profile]) -> dict[str, Profile]:
    """Every name a category goes by (its own, both languages, the aliases) to its profile; two owners of one name are a mistake."""
    names: dict[str, Profile] = {}
    for profile in profiles:
        for name in {profile.category, profile.name.zh, profile.name.en, *profile.aliases}:
            if name in names:
                message = f"'{name}' names both {names[name].category} and {profile.category}"
                raise ProfileBroken(message)
            names[name] = profile
    if GENERIC not in names:
        message = f"no profile is named '{GENERIC}'"
        raise ProfileBroken(message)
    return names


def all_profiles() -> tuple[Profile, ...]:
    """Every profile there is, by the order of their names."""
    return _every()


def profile_for(category: str | None) -> Profile:
    """The profile of goods whose batch names this category; `generic` where the category is unknown or nobody named one."""
    names = _names()
    return names.get(category or GENERIC, names[GENERIC])


def use_folder(folder: Path | None) -> None:
    """Read profiles from this folder as well, from now on: an operator's own commodities. A name may have one owner only.

    Called once, before a ledger is opened: findings are judged by the profiles that stand then.
    """
    _folders[1:] = [] if folder is None else [folder]
    _every.cache_clear()
    _names.cache_clear()
    _names()


def rules_digest() -> str:
    """What the profiles say, as one SHA-256: findings stored under another one are judged again."""
    digests = sorted(sha256(file.read_bytes()).hexdigest() for file in _files())
    return sha256("".join(digests).encode()).hexdigest()


_folders: list[Traversable] = [resources.files("ledger.vocabulary") / "categories"]


def _files() -> list[Traversable]:
    files = [file for folder in _folders for file in folder.iterdir() if file.name.endswith(".toml")]
    return sorted(files, key=lambda one: one.name)


@cache
def _every() -> tuple[Profile, ...]:
    return tuple(_read(file) for file in _files())


@cache
def _names() -> Mapping[str, Profile]:
    return by_name(_every())


def _read(file: Traversable) -> Profile:
    profile = read_profile(file.read_text(encoding="utf-8"), source=file.name)
    if file.name != f"{profile.category}.toml":
        message = f"{file.name} holds the profile of {profile.category}"
        raise ProfileBroken(message)
    return profile
