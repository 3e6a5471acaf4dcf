"""Papers that run out, in words: how many days are left, and what was filed. The dates are judged in `ledger.findings.expiry`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.pages.console_lists import Shown
from api.words import WORDS
from ledger.findings.expiry import Expiry, days_left, renewal_days, running_out, stage_of
from ledger.findings.standing import standing_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.console import Counter
    from ledger.findings.standing import Held
    from ledger.identifiers import LegalDate

#: Papers looked through for reminders: supplier files and certificates of one's own, the newest.
PAPERS_MAX: Final = 1_000
_TONES: Final = {"ended": "red", "today": "red", "within_1": "red", "within_7": "amber", "within_30": "amber"}


def reminders(counter: Counter) -> list[Expiry]:
    """What has run out or will within thirty days, of this party and of its suppliers."""
    seqs = counter.newest("supplier_file.v1", "certificate.v1")[:PAPERS_MAX]
    records = counter.book.records(seqs)
    papers = [records[seq] for seq in seqs if counter.party in _keepers(counter, seq)]
    return running_out(counter.book, counter.party, counter.today, papers=papers)


def _keepers(counter: Counter, seq: int) -> set[object]:
    record = counter.book.records([seq])[seq]
    return {
        record.actor,
        *(getattr(record.said, "for_shops", None) or ()),
        getattr(record.said, "holder", None),
    }


def days_tag(counter: Counter, until: LegalDate | None, *, pending: bool = False) -> Shown:
    """How long a paper is still good, as a tag. Filed for renewal and undecided it is amber, before and after its last day."""
    if until is None:
        return Shown()
    days = days_left(until, counter.today)
    stage = stage_of(days)
    if pending:
        words = counter.say("papers_pending_ended" if days < 0 else "papers_pending", count=abs(days))
        return Shown(tag=words, tone="amber")
    if stage == "later":
        return Shown()
    words = counter.say(f"papers_days_{stage}", count=abs(days))
    return Shown(tag=words, tone=_TONES[stage])


def reminder(counter: Counter, one: Expiry) -> dict[str, object]:
    """One reminder for the front of the console: what, whose, when, and where it is renewed."""
    tag = days_tag(counter, one.until, pending=one.pending)
    kind = WORDS.get(f"certificate_kind_{one.name}") if one.source == "certificate" else None
    name = one.name if kind is None else kind.in_language(counter.desk.language)
    if one.source == "authorisation":
        name = counter.say("papers_authorisation_of", name=one.name)
    seq = one.record.seq
    href = {
        "licence": f"/my/licences/{seq}",
        "certificate": f"/my/documents/{seq}",
        "supplier_file": f"/my/files/{one.holder}",
        "authorisation": f"/my/files/{one.holder}",
    }[one.source]
    return {
        "what": " ".join(text for text in (name, one.number) if text),
        "whose": counter.say("papers_ours")
        if one.holder == counter.party
        else counter.names.party(one.holder),
        "until": str(one.until),
        "tag": tag.tag,
        "tone": tag.tone,
        "href": href,
    }


def licence_state(
    counter: Counter, versions: Sequence[Held], until: LegalDate | None, *, pending: bool
) -> Shown:
    """How one licence stands today, as a tag: the law's word for it, and the days that are left."""
    days = renewal_days(versions[0][1].licence_kind)
    standing = standing_of(versions, renewal_days=days, day=counter.today)
    if standing.withdrawn and standing.licence is not None:
        return Shown(tag=counter.say(f"state_{standing.licence.state}"), tone="red")
    tag = days_tag(counter, until, pending=pending)
    if tag.tag:
        return tag
    if standing.state == "in_force":
        return Shown(tag=counter.say("papers_in_force"), tone="accent")
    return Shown(tag=counter.say("papers_not_begun"), tone="grey")
