"""What an answer does not show its reader, and why: said with the answer, so that nobody takes a part for the whole.

Whether something is hidden may itself be somebody's secret. So nothing is counted, and a reader is told the same whether his supplier has
one other customer, forty or none: what is said follows from who reads and from what he sees, never from what he does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.audience import Reading
    from ledger.canonical import Json
    from ledger.trace import Edge


@dataclass(frozen=True, slots=True)
class Withheld:
    """One part that a reader is not shown, by its name, in words."""

    what: str
    words: Words


_HOLDERS: Final = Withheld(
    "further_holders",
    Words(
        zh="这些货物如还有其他经手人，不向您显示：只显示您上下游各环节本身有记录的经手人",
        en="Further holders of these goods, if there are any, are not shown to you: only those on your own way, as far as each step is recorded by its own hands",
    ),
)
_ACCOUNTS: Final = Withheld(
    "accounts_of_others",
    Words(
        zh="其他经手人的收、发、存数量不向您显示",
        en="What others took in, passed on and have left is not shown to you",
    ),
)
_AMOUNTS: Final = Withheld(
    "amounts_of_steps",
    Words(zh="部分环节的数量不向您显示", en="The amounts of some steps are not shown to you"),
)
_CONTACTS: Final = Withheld(
    "contacts",
    Words(
        zh="他人的姓名、电话、地址仅向登记它的一方和记录中指明的各方显示",
        en="People's names, phones and addresses are shown only to whoever recorded them and to the parties named",
    ),
)
_TERMS: Final = Withheld(
    "terms",
    Words(
        zh="价格、凭证等仅向交易双方显示",
        en="Prices and vouchers are shown only to the two sides of a delivery",
    ),
)
_FINDINGS: Final = Withheld(
    "findings_of_others",
    Words(zh="与其他主体有关的提示不向您显示", en="Findings that concern others are not shown to you"),
)
_OUTSIDE: Final = Withheld(
    "outside_scope",
    Words(
        zh="不在您执法证管辖范围（地区、类别）内的环节和记录不显示",
        en="Steps and records outside the scope of your certificate (regions, categories) are not shown",
    ),
)
_TRADE: Final = Withheld(
    "trade",
    Words(
        zh="经手人、数量、价格、证件和联系方式不向公众显示",
        en="Who handled the goods, quantities, prices, papers and contacts are not shown to the public",
    ),
)

#: To everybody without an account.
FROM_THE_PUBLIC: Final = (_TRADE,)
#: To a holder within the scope of somebody else's recall.
FROM_A_RECALL: Final = (_HOLDERS,)


def from_trace(reading: Reading, shown: Iterable[Edge]) -> Sequence[Withheld]:
    """What this reader is not shown of a trace, given the steps that it is shown."""
    if reading.sees_everything:
        return ()
    if reading.is_within_bounds:
        return (_OUTSIDE,)
    amounts = any(not reading.may_see_amounts(edge) for edge in shown)
    return (_HOLDERS, _ACCOUNTS, *([_AMOUNTS] if amounts else []), _TERMS, _CONTACTS, _FINDINGS)


def withheld_facts(parts: Iterable[Withheld]) -> list[Json]:
    """As it stands in an answer, in both languages."""
    return [{"what": one.what, "zh": one.words.zh, "en": one.words.en} for one in parts]
