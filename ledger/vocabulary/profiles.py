"""Category profiles: which rules of trade apply to which goods. Data, not code: one TOML file a commodity, in `categories/`.

A profile says whose licence matters and by which article, which papers a delivery brings, how late a check may be written up, what a
process may yield, and which findings exist for such goods. Adding a commodity adds a file and no Python. Whether a party did its duty
is judged in `ledger.findings`; here stands only what the duty is. Goods whose category no file names get the `generic` profile.

>>> profile_for("食用农产品").category, profile_for("pesticide").needs("retailer").law
('farm_produce', '农药管理条例 55(1)')
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import Words
from ledger.vocabulary.said import refusals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable

#: What a party is to the goods of one record.
TradeRole = Literal["maker", "wholesaler", "retailer", "caterer"]
ROLES: Final[tuple[TradeRole, ...]] = get_args(TradeRole)

#: Everything that can be found in the records. A profile names those that make sense for its goods; the ones that concern a paper, a
#: party or a contact rather than goods exist always.
FindingKind = Literal[
    "licence_expired_on_day",
    "licence_never_held",
    "buyer_licence_not_valid",
    "credit_code_fails",
    "backdated_check",
    "missing_check",
    "voucher_reused",
    "voucher_edited",
    "voucher_overused",
    "oversold",
    "yield_out_of_range",
    "sender_receiver_differ",
    "shipped_under_order",
    "safety_interval_short",
    "two_declarers",
    "code_sold_twice",
    "custody_conflict",
    "clone_suspected",
    "code_reused_packaging",
    "code_unknown",
    "code_goods_differ",
    "shared_contact",
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
    """

    kinds: Annotated[tuple[_Text, ...], Field(min_length=1)]
    law: _Text
    renewal_days: Annotated[int, Field(ge=0, le=365)] = 30
    trades: tuple[_Text, ...] = ()
    not_for_parties: tuple[
        Literal["individual_business", "cooperative", "institution", "authority", "farmer"], ...
    ] = ()
    not_for_goods: tuple[_Text, ...] = ()


class Document(_Data):
    """One paper that a delivery brings, in the words of `CheckedDocument.what`."""

    what: Literal[
        "licence", "certificate", "voucher", "label", "commitment", "temperature", "sensory", "quarantine"
    ]
    name: Name
    law: _Text


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
    loss_tolerance: _Share
    backdating_days: Annotated[int, Field(ge=0, le=365)]
    safety_interval: bool
    #: Where the law asks for no more than a receipt holds, a confirmed receipt is the supplier check.
    receipt_is_check: bool
    findings: frozenset[FindingKind]

    @property
    def seller_checks_buyer(self) -> bool:
        """Whether the seller must look at the buyer's licence."""
        return self.buyer_licence is not None

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


@cache
def _every() -> tuple[Profile, ...]:
    folder = resources.files("ledger.vocabulary") / "categories"
    return tuple(
        _read(file)
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".toml")
    )


@cache
def _names() -> Mapping[str, Profile]:
    return by_name(_every())


def _read(file: Traversable) -> Profile:
    profile = read_profile(file.read_text(encoding="utf-8"), source=file.name)
    if file.name != f"{profile.category}.toml":
        message = f"{file.name} holds the profile of {profile.category}"
        raise ProfileBroken(message)
    return profile
