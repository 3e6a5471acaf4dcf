"""Who one is here: for which party, as what, by which means, with which permissions; and, of officials, who has read what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from api.answers import moment
from api.deps import Someone, TheCircumstances, TheLedger, check_about, needs
from api.parameters import LIST_LIMIT, Limit, MaybeText, QueryNumber
from api.permissions import held_by
from ledger.accounts.officials import reminder
from ledger.identifiers import PartyId

if TYPE_CHECKING:
    from api.permissions import Circumstances
    from ledger.accounts.reads import Read

router = APIRouter(tags=["access"])


@router.get("/me", operation_id="me", dependencies=[needs("own_account")])
def me(caller: Someone, here: TheCircumstances) -> dict[str, object]:
    """本人 · who calls: party, role, means, permissions at this moment, and of an official the certificate with its last moment."""
    return {
        "party": str(caller.party),
        "role": caller.role,
        "acting": caller.acting,
        "method": caller.method,
        "label": caller.label,
        "person": caller.person,
        "key": caller.key,
        "signs_for_itself": here.keeps_own_key,
        "permissions": list(held_by(here)),
        "certificate": certificate_facts(here),
    }


def certificate_facts(here: Circumstances) -> dict[str, object] | None:
    """The certificate that a caller carries: its dates, where it bounds him, and the reminder that is due."""
    caller, held = here.caller, here.certificate
    if caller is None or caller.certificate is None:
        return None
    facts: dict[str, object] = {
        "number": caller.certificate,
        "valid": held is not None and held.valid_at(here.now_ms),
        "regions": list(caller.scope.regions),
        "categories": list(caller.scope.categories),
    }
    if held is not None:
        due = reminder(held, at_ms=here.now_ms)
        facts |= {
            "valid_from": moment(held.valid_from_ms),
            "valid_to": moment(held.valid_to_ms),
            "reminder_days": None if due is None else due.days,
        }
    return facts


@router.get("/official-reads", operation_id="official_reads", dependencies=[needs("read_reads")])
def official_reads(
    caller: Someone,
    here: TheCircumstances,
    ledger: TheLedger,
    party: MaybeText = None,
    start: QueryNumber = None,
    limit: Limit = LIST_LIMIT,
) -> dict[str, object]:
    """查阅记录 · what officials were shown that is not public: who, under which certificate, what, when, at which address.

    A party sees who read its own records, a supervisor what its agency read, the auditor all of it; the two may narrow it to a `party`.
    """
    asked = None if party is None else PartyId.parse(party)
    oversees = caller.acting in {"supervisor", "auditor"}
    whose = asked if oversees else asked or caller.party
    if whose is not None:
        check_about("read_reads", here, whose)
    found = ledger.accounts.reads.listed(
        whose=whose,
        official=caller.party if caller.acting == "supervisor" else None,
        start=start or 0,
        limit=limit + 1,
    )
    page: dict[str, object] = {"reads": [_facts(one) for one in found[:limit]]}
    if len(found) > limit:
        page["next"] = (start or 0) + limit
    return page


def _facts(read: Read) -> dict[str, object]:
    return {
        "official": read.official,
        "reader": read.reader,
        "certificate": read.certificate,
        "what": read.what,
        "party": read.whose,
        "at": moment(read.at_ms),
        "address": read.route,
    }
