"""What lies within an official's competence: the regions and categories that the scope of his certificate names.

A record lies where the party it speaks for, the parties it names or its site lie, and among the goods it is about. Where nobody recorded a
place or a category, nothing lies outside: an unknown shed is no hiding place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.errors import NotAllowed, Words
from ledger.identifiers import GoodsId, SiteId
from ledger.trace import party_view, what_it_was
from ledger.views.book import keys_of, said_about, site_sheet_key
from ledger.vocabulary.parties import Party, Site
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.accounts.callers import Scope
    from ledger.identifiers import PartyId
    from ledger.trace.edges import Holding
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said

_GOODS: Final = "goods/"


class OutsideScope(NotAllowed):
    """An official act towards somebody, or on goods, that the officer's certificate is not for."""

    title = Words(zh="超出执法证范围", en="outside the scope of the certificate")


@dataclass(frozen=True, slots=True)
class Competence:
    """One scope in front of one book."""

    book: Book
    scope: Scope
    _regions: dict[PartyId, str | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    _categories: dict[GoodsId, str | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def unbounded(self) -> bool:
        """Whether nothing lies outside."""
        return not self.scope.regions and not self.scope.categories

    def covers(self, record: Record) -> bool:
        """Whether a record lies within."""
        if self.unbounded:
            return True
        goods = [GoodsId.parse(key.removeprefix(_GOODS)) for key in keys_of(record) if key.startswith(_GOODS)]
        return self._covers_place(record) and self.covers_goods(goods)

    def check_said(self, said: Said, *, by: PartyId) -> None:
        """Raise `OutsideScope` for a record about parties or goods that lie without."""
        if self.unbounded:
            return
        named = {self._region(party) for party in said.named_parties() - {by}} - {None}
        goods = _goods_in(said)
        # An order about goods is an order to whoever made them.
        makers = {what_it_was(self.book, one).maker for one in goods} - {None, by}
        known = self._regions_of(said) | named | ({self._region(one) for one in makers if one} - {None})
        inside = not known or any(self.scope.covers_region(one) for one in known)
        if not inside or not self.covers_goods(goods):
            where = ", ".join((*self.scope.regions, *self.scope.categories))
            expected = Words(
                zh=f"执法证范围内的主体和货物（{where}）",
                en=f"parties and goods within the scope of the certificate ({where})",
            )
            raise OutsideScope(field="party", came=", ".join(sorted(filter(None, known))), expected=expected)

    def covers_holding(self, holding: Holding) -> bool:
        """Whether goods in a party's hands lie within."""
        return self.unbounded or (self.covers_party(holding.party) and self.covers_goods([holding.goods]))

    def covers_party(self, party: PartyId) -> bool:
        """Whether a party lies within."""
        return not self.scope.regions or self.scope.covers_region(self._region(party))

    def covers_goods(self, goods: Iterable[GoodsId]) -> bool:
        """Whether any of these goods do; no goods at all lie outside of nothing."""
        if not self.scope.categories:
            return True
        known = [self._category(one) for one in goods]
        return not known or any(self.scope.covers_category(one) for one in known)

    def _covers_place(self, record: Record) -> bool:
        if not self.scope.regions:
            return True
        said = record.said
        named = frozenset() if said is None else said.named_parties()
        regions = {self._region(party) for party in {record.actor, *named}}
        known = (regions | (set() if said is None else self._regions_of(said))) - {None}
        return not known or any(self.scope.covers_region(one) for one in known)

    def _regions_of(self, said: Said) -> set[str | None]:
        """The places that a record names by itself: of a sheet, of a site."""
        found: set[str | None] = set()
        if isinstance(said, (Party, Site)) and said.region is not None:
            found.add(str(said.region))
        site = getattr(said, "site", None)
        if isinstance(site, SiteId):
            sheets = said_about(self.book, site_sheet_key(site), Site)
            found |= {str(one.region) for _, one in sheets if one.region is not None}
        return found

    def _region(self, party: PartyId) -> str | None:
        if party not in self._regions:
            region = party_view(self.book, party).region
            self._regions[party] = None if region is None else str(region)
        return self._regions[party]

    def _category(self, goods: GoodsId) -> str | None:
        if goods not in self._categories:
            category = what_it_was(self.book, goods).category
            self._categories[goods] = None if category is None else profile_for(category).category
        return self._categories[goods]


def _goods_in(said: Said) -> list[GoodsId]:
    """The goods that a record not yet recorded is about."""
    named = getattr(said, "goods", None)
    found = [named] if isinstance(named, GoodsId) else list(named or ())
    for lines in ("lines", "inputs", "outputs"):
        found += [one.goods for one in getattr(said, lines, None) or ()]
    return found
