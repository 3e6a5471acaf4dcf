"""A conversation with somebody else's witness, replayed: what it took we take, and what it refused we refuse for the same reason.

The key of the log in it was not published with it, so the requests that were refused for their signature (403) are read and not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.log.checkpoint import Checkpoint
from ledger.log.errors import NoteMalformed, ProofWrong
from ledger.log.note import Note
from ledger.log.proof import check_consistency
from ledger.log.witnessing import AddCheckpoint
from tests.support.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.vectors


def conversation() -> Iterator[tuple[bytes, int]]:
    """Each request's body and the status of its answer."""
    text = vectors("tlog/witness/litewitness-add-checkpoint.hurl.txt").read_text("utf-8")
    for part in text.split("POST http://localhost:7380/add-checkpoint\n```\n")[1:]:
        body, _, answer = part.partition("```\nHTTP ")
        yield body.encode(), int(answer[:3])


def answered(asked: AddCheckpoint, seen: Checkpoint | None) -> int:
    """What c2sp.org/tlog-witness says of a request that the log has signed, by a witness that has seen this much."""
    new = Checkpoint.parse(Note.parse(asked.checkpoint).text)
    if asked.old != (0 if seen is None else seen.size):
        return 409
    if seen is None:
        return 200
    try:
        check_consistency(
            old=asked.old, new=new.size, proof=asked.proof, old_root=seen.root, new_root=new.root
        )
    except ProofWrong:
        return 422
    return 200


def test_every_request_is_answered_as_the_other_witness_answered_it() -> None:
    seen: Checkpoint | None = None
    judged: list[int] = []
    for body, status in conversation():
        if status == 403:
            continue
        asked = AddCheckpoint.parse(body)
        assert asked.to_bytes() == body
        assert answered(asked, seen) == status
        judged.append(status)
        if status == 200:
            seen = Checkpoint.parse(Note.parse(asked.checkpoint).text)
    assert judged == [200, 422, 422, 200, 409, 200, 409]


def test_of_the_signatures_that_it_refused_one_is_not_even_base64_to_us() -> None:
    stray, of_another_log = (body for body, status in conversation() if status == 403)
    # Its last letter has bits that belong to no byte.
    with pytest.raises(NoteMalformed):
        AddCheckpoint.parse(stray)
    origin = Checkpoint.parse(Note.parse(AddCheckpoint.parse(of_another_log).checkpoint).text).origin
    first = next(body for body, _ in conversation())
    assert origin != Checkpoint.parse(Note.parse(AddCheckpoint.parse(first).checkpoint).text).origin
