"""How far a record has come is told as it is: signed by the log at once, witnessed by k of n when they have cosigned, stamped when an authority has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from ledger.log.level import Level
from ledger.log.note import Cosigner, Note
from ledger.log.policy import Policy, PolicyGroup, PolicyWitness
from ledger.log.proof import TlogProof
from ledger.log.witnessing import check_cosignature
from ledger.store.cosignatures import checkpoint_of, put_cosignatures
from ledger.store.engine import reading, writing
from ledger.store.timestamps import put_timestamp
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

SEEN_AT: Final = 1_700_000_000
WITNESSES: Final = [
    Cosigner.from_seed(f"witness.example/{number}", bytes([number]) * 32) for number in (1, 2, 3)
]
NAMED: Final = tuple(PolicyWitness(f"w{at}", one.verifier) for at, one in enumerate(WITNESSES))
TWO_OF_THREE: Final = Policy((), NAMED, (PolicyGroup("two", 2, tuple(one.name for one in NAMED)),), "two")


def cosign(ledger: Ledger, size: int, *witnesses: Cosigner) -> None:
    """What these witnesses would have signed of the checkpoint of this size."""
    with reading(ledger.engine) as connection:
        note = checkpoint_of(connection, ledger.origin, size=size)
    assert note is not None
    text = Note.parse(note).text
    lines = [one.cosign(text, time=SEEN_AT) for one in witnesses]
    good = [check_cosignature(text, line, TWO_OF_THREE.witness_keys, now_seconds=SEEN_AT) for line in lines]
    with writing(ledger.engine) as connection:
        signatures = [one for one in good if one is not None]
        put_cosignatures(connection, ledger.origin, size=size, signatures=signatures)


def test_a_level_names_the_highest_that_is_reached() -> None:
    assert Level().name == "log-signed"
    assert Level(witnessed=1, of=3).name == "witnessed"
    assert "fewer than the policy asks for" in Level(witnessed=1, of=3).words.en
    assert "fewer" not in Level(witnessed=2, of=3, quorum=True).words.en
    assert Level(timestamped_ms=1).name == "timestamped"
    with pytest.raises(AssertionError):
        Level(witnessed=4, of=3)


def test_a_record_is_signed_by_the_log_then_witnessed_then_by_the_quorum(
    ledger: Ledger, co_op: Enrolled
) -> None:
    ledger.policy, seq, size = TWO_OF_THREE, ledger.size() - 1, ledger.size()
    first = ledger.furthest(seq)
    assert (first.level, first.proof) == (Level(of=3), ledger.receipt(seq).proof)
    cosign(ledger, size, WITNESSES[0])
    one = ledger.furthest(seq)
    assert one.level == Level(witnessed=1, of=3)
    enrol_party(ledger, "后来者（演示）")
    cosign(ledger, ledger.size(), *WITNESSES[1:])
    two = ledger.furthest(seq)
    assert two.level == Level(witnessed=2, of=3, quorum=True)
    # The proof leads to the very checkpoint that the quorum has signed, and is complete in itself.
    signed = TWO_OF_THREE.check(two.proof.checkpoint, [two.vkey])
    assert signed.checkpoint.size == ledger.size()
    assert two.proof.verify(two.proof.extra, [ledger.vkey]).checkpoint == signed.checkpoint
    # Whoever trusts none of them is told so.
    ledger.policy = None
    assert ledger.furthest(seq).level == Level()


def test_a_record_after_the_cosigned_checkpoint_is_not_witnessed(ledger: Ledger, co_op: Enrolled) -> None:
    ledger.policy = TWO_OF_THREE
    cosign(ledger, ledger.size(), *WITNESSES)
    covered = ledger.size() - 1
    enrol_party(ledger, "后来者（演示）")
    assert ledger.furthest(covered).level.witnessed == 3
    assert ledger.furthest(covered + 1).level.witnessed == 0


def test_a_kept_line_that_is_not_its_witnesss_any_more_is_left_out(ledger: Ledger, co_op: Enrolled) -> None:
    ledger.policy, seq = TWO_OF_THREE, ledger.size() - 1
    cosign(ledger, ledger.size(), *WITNESSES)
    with writing(ledger.engine) as connection:
        connection.exec_driver_sql(
            "UPDATE cosignatures SET line = (SELECT line FROM cosignatures ORDER BY witness DESC LIMIT 1)"
            " WHERE witness = (SELECT witness FROM cosignatures ORDER BY witness LIMIT 1)"
        )
    receipt = ledger.furthest(seq)
    assert receipt.level.witnessed == 2
    TWO_OF_THREE.check(receipt.proof.checkpoint, [receipt.vkey])


def test_a_stamped_checkpoint_stamps_what_it_covers_and_nothing_after(
    ledger: Ledger, co_op: Enrolled
) -> None:
    size = ledger.size()
    with writing(ledger.engine) as connection:
        put_timestamp(connection, ledger.origin, size=size, token=b"token", at_ms=7)
    enrol_party(ledger, "后来者（演示）")
    stamped = ledger.furthest(size - 1)
    assert stamped.level == Level(timestamped_ms=7, timestamped_size=size)
    # The proof leads to the very checkpoint that the token is over.
    assert stamped.proof.verify(stamped.entry, [ledger.vkey]).checkpoint.size == size
    assert ledger.furthest(size).level == Level()


def test_a_proof_leads_to_the_checkpoint_that_is_asked_for(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    seq, size = ledger.size() - 1, ledger.size()
    enrol_party(ledger, "后来者（演示）")
    for wanted in (size, ledger.size()):
        answer = client.get(f"/api/v1/entries/{seq}/proof?size={wanted}")
        proof = TlogProof.parse(answer.content)
        assert proof.verify(proof.extra, [ledger.vkey]).checkpoint.size == wanted
    for wanted in (seq, ledger.size() + 1):
        assert client.get(f"/api/v1/entries/{seq}/proof?size={wanted}").status_code in {404, 422}


def test_the_answer_to_a_record_and_its_page_tell_the_level(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    ledger.policy = TWO_OF_THREE
    body = {"maker": str(co_op.party), "name": "韭菜", "category": "edible_farm_produce"}
    answer = client.post("/api/v1/batches", json=body, key=co_op.key)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()["receipt"]
    assert receipt["level"] == {"name": "log-signed", "witnessed": 0, "of": 3, "quorum": False}
    assert receipt["proof"].startswith(f"c2sp.org/tlog-proof@v1\nextra {receipt['entry']}\n")
    position = answer.json()["position"]
    cosign(ledger, ledger.size(), *WITNESSES[:2])
    proof = client.get(f"/api/v1/entries/{position}/proof")
    assert proof.text.count("\n— witness.example/") == 2
    assert proof.headers["cache-control"] == "public, max-age=2"
    page = client.get(f"/entries/{position}", headers={"Accept-Language": "en"})
    assert "witnessed by 2 of 3" in page.text
