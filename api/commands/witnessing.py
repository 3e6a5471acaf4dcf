"""`suyuan witnesses`: asks every witness of the policy what it has seen of this log, and says how many stand behind what is shown.

Exit status 0 where the policy's quorum stands behind the published checkpoint, else 1. Nothing is signed and nothing is changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.opening import opened, settings_of
from api.witnessing import check_policy
from ledger.witnesses import latest_known, standing_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.errors import Language


def arguments(_parser: ArgumentParser, _language: Language) -> None:
    """It takes nothing: the settings name the policy."""


def run(_asked: Namespace, console: Console) -> int:
    """Ask, and say."""
    settings = settings_of()
    policy = settings.policy
    if policy is None:
        misuse(
            "没有见证策略：用 SUYUAN_WITNESS_POLICY 指定文件",
            "no witness policy: name its file in SUYUAN_WITNESS_POLICY",
        )
    with opened(settings) as ledger:
        check_policy(ledger, settings)
        seen, silent = latest_known(policy, ledger.origin, ledger.log_keys.all)
        standing = standing_of(ledger.engine, ledger.origin, policy)
    sizes, wrong = {one.witness: one.size for one in seen}, dict(silent)
    for one in policy.witnesses:
        why = wrong.get(one.name)
        if one.name in sizes:
            console.tell(
                f"{one.name}：联署到 {sizes[one.name]}", f"{one.name}: cosigned up to {sizes[one.name]}"
            )
        elif why is not None:
            console.say(f"{one.name}: {why.in_language(console.language)}")
        elif one.url is None:
            console.tell(f"{one.name}：策略里没有地址", f"{one.name}: the policy gives no address")
        else:
            console.tell(
                f"{one.name}：还没有联署过", f"{one.name}: has not cosigned yet, or does not show it"
            )
    console.say(standing.words.in_language(console.language))
    return GOOD if standing.quorum else WRONG


COMMANDS: Final = {"witnesses": Does(arguments, run)}
