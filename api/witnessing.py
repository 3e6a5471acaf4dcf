"""The witnesses that this server's settings name: who they are, whether they are meant for this log, and what a request sees of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from ledger.errors import LedgerFault
from ledger.witnesses import Witnessing

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.service import Ledger


class PolicyOfAnotherLog(LedgerFault):
    """The policy names logs, and this one is none of them: its readers would accept nothing that is shown here."""


def check_policy(ledger: Ledger, settings: Settings) -> None:
    """Raise `PolicyOfAnotherLog` where the witness policy is not meant for this log."""
    policy = settings.policy
    if policy is not None and policy.logs and not set(policy.log_keys) & set(ledger.log_keys.all):
        message = (
            f"{settings.witness_policy} names {len(policy.logs)} logs, expected {ledger.vkey} among them"
        )
        raise PolicyOfAnotherLog(message)


def witnessing_of(ledger: Ledger, settings: Settings) -> Witnessing | None:
    """What publishes with witnesses; None where the settings name no policy. Nobody is asked before it is started."""
    check_policy(ledger, settings)
    policy = settings.policy
    # By this policy it is told how far a record has come.
    ledger.policy = policy
    return None if policy is None else Witnessing(ledger.engine, ledger.origin, policy)


def standing_of(witnessing: Witnessing) -> dict[str, object]:
    """How many witnesses stand behind the published checkpoint, and why others do not. What these said stands in the server's own log."""
    standing = witnessing.standing()
    return {
        "size": standing.size,
        "behind": list(standing.behind),
        "of": standing.of,
        "quorum": standing.quorum,
        "troubles": {name: type(why).__name__ for name, why in standing.troubles},
        "zh": standing.words.zh,
        "en": standing.words.en,
    }


def _witnessing(request: Request) -> Witnessing | None:
    witnessing: Witnessing | None = request.app.state.witnessing
    return witnessing


#: For a route that shows the checkpoint.
MaybeWitnesses = Annotated[Witnessing | None, Depends(_witnessing)]
