"""Whoever has come in: for which party, as what, by which means, and within which bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.identifiers import PartyId
    from ledger.register import Role

#: As what somebody acts for a party. One person has one such role with one party; an API key has the role it was given.
#:
#:     owner           speaks for the party: may do all that it may, and invites colleagues
#:     clerk           writes up the trade; signs nothing in his own name and manages nobody
#:     signer          signs with a key of his own, and writes up the trade
#:     stall           a small trader with a card or a link: his own deliveries and sales, and nothing else
#:     market_operator 市场开办者: its tenants' check lists, entry on their behalf
#:     platform        网络交易平台: as a market operator, for the sellers on it
#:     laboratory      results of tests
#:     inspector       执法人员 with a certificate that is valid now (持证上岗)
#:     supervisor      上级机关: reads in its region, and writes nothing
#:     prosecutor      检察机关: reads in its region, and writes nothing
#:     auditor         reads what proves the log, of all parties; no contents but public ones
#:     registrar       登记机构: who takes part; not what they trade
ActingRole = Literal[
    "owner",
    "clerk",
    "signer",
    "stall",
    "market_operator",
    "platform",
    "laboratory",
    "inspector",
    "supervisor",
    "prosecutor",
    "auditor",
    "registrar",
]
ACTING_ROLES: Final[tuple[ActingRole, ...]] = get_args(ActingRole)

#: By which means somebody came in. `demo`: the switch on the pages of a ledger whose parties are invented.
Method = Literal["passkey", "oidc", "recovery", "pin", "link", "api_key", "demo"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

#: Whoever acts for an authority reads every record within its scope, and every such reading is noted.
OFFICIAL_ROLES: Final[frozenset[ActingRole]] = frozenset({"inspector", "supervisor", "prosecutor"})

#: As what an API key or the demo's switch acts for a party where nobody says more.
ACTING_BY_ROLE: Final[Mapping[Role, ActingRole]] = {
    "registrar": "registrar",
    "enterprise": "owner",
    "operator": "market_operator",
    "authority": "inspector",
    "laboratory": "laboratory",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an official is competent: regions (first digits of GB/T 2260 codes) and categories of goods. Nothing named means all."""

    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def covers_region(self, region: str | None) -> bool:
        """Whether a place with this code lies within; a place that nobody named does not lie outside."""
        return not self.regions or region is None or region.startswith(self.regions)

    def covers_category(self, category: str | None) -> bool:
        """Whether such goods are his matter; goods of no known category are everybody's."""
        return not self.categories or category is None or category in self.categories


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever has come in. Read anew on each request: what was revoked a moment ago is not in here.

    `role` is what the party is to the register, `acting` what this person or machine does for it. `permissions`: the only ones an API key
    was given; None where it was given no bounds beyond those of its role.
    """

    party: PartyId
    role: Role
    label: str
    acting: ActingRole
    method: Method
    person: str | None = None
    certificate: str | None = None
    scope: Scope = field(default_factory=Scope)
    permissions: frozenset[str] | None = None
    #: The name of the API key, and how many requests a minute it was given.
    key: str | None = None
    limit_per_minute: int | None = None
    #: The name for which the server keeps a signing key that is this person's alone; None where it signs with the party's.
    holder: str | None = None

    @property
    def is_official(self) -> bool:
        """Whether every record within its scope is open to this caller."""
        return self.role == "authority" and self.acting in OFFICIAL_ROLES
