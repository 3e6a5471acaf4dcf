"""Asks witnesses to cosign, keeps what they sign, and says which checkpoint is shown to everybody (c2sp.org/tlog-witness, tlog-policy).

    published      once a round has brought the quorum, or at its end without it; at once where no quorum can be had now. At most once a second
    asked          every witness of the policy that has an address, together, at most every 10 s when the log has grown, every 10 min when not
    not asked      one that failed, for 10 s, 20 s, 40 s … to 10 min; one that still sits over the last question

Recording never waits for any of this: a receipt is signed by the log in the commit itself. The published checkpoint may stand some seconds
behind, so that readers who ask for witnesses find one with them; it never goes back. Without witnesses it moves on, and says so by the
cosignatures that are missing.

A witness is a stranger. It has seconds to answer, and so many bytes; nothing it says changes anything here but a cosignature that its own key
made over our very text. That it saw a larger log, or another one, is told to the operator and is the fork guard's business at the next start.
"""

from ledger.witnesses.asking import Witnessing
from ledger.witnesses.client import (
    Seen,
    WitnessClient,
    WitnessSilent,
    latest_known,
    remembering,
)
from ledger.witnesses.shown import Standing, published, standing_of

__all__ = [
    "Seen",
    "Standing",
    "WitnessClient",
    "WitnessSilent",
    "Witnessing",
    "latest_known",
    "published",
    "remembering",
    "standing_of",
]
