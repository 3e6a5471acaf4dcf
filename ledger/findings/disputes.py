"""Statements that rest on a key reported stolen: valid where they stand, and waiting for their issuer's word.

Nothing is taken back and nobody is accused: most of what such a key signed, its owner signed. Judged from the register as it stands, so a
later report that reaches further back, or one about the key that affirmed, is judged by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.findings.reading import Facts, found, live, moment
from ledger.views.book import about, of_type, party_key, statement_key
from ledger.vocabulary.affirming import Affirmation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.register import Enrolment
    from ledger.views.book import Book, Record
    from ledger.vocabulary.registering import Key


def disputed_signature(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """A statement of which every key of its issuer's was in question when the log took it, and that nobody affirmed since."""
    in_question = _in_question(record, book)
    if not in_question or _affirmed(record, book):
        return
    reports = book.records({one.reported for one in in_question if one.reported is not None})
    since = moment(min(one.compromised_ms for one in in_question if one.compromised_ms is not None))
    taken = moment(record.at_ms)
    yield found(
        "signature_disputed",
        "grey",
        subject=subject,
        party=record.header.issuer,
        rests_on=[record, *reports.values()],
        facts=Facts(
            Words(
                zh=f"签名密钥已报告自 {since} 起失窃；本记录于 {taken} 入账，尚待本方重新确认。",
                en=f"Its key is reported stolen since {since}; the log took this record at {taken}, and its issuer has yet to affirm it.",
            ),
            {"stolen_since": since, "recorded_at": taken},
            "电子签名法 15",
        ),
    )


def touched_by_report(said: Key, book: Book) -> tuple[list[Record], set[str]]:
    """What a report of a stolen key calls in question: all that it signed, and what was affirmed with it."""
    signed = (
        []
        if said.party is None
        else [one for one in about(book, party_key(said.party)) if said.keyid in one.keyids]
    )
    affirmed = {statement_key(one) for _, said in of_type(signed, Affirmation) for one in said.statements}
    return signed, affirmed


def _affirmed(record: Record, book: Book) -> bool:
    header = record.header
    return any(
        header.id in said.statements
        and one.header.issuer == header.issuer
        and one.keyids
        and not _in_question(one, book)
        for one, said in of_type(live(about(book, statement_key(header.id))), Affirmation)
    )


def _in_question(record: Record, book: Book) -> Sequence[Enrolment]:
    return book.register.disputed(
        record.keyids, issuer=record.header.issuer, seq=record.seq, at_ms=record.at_ms
    )
