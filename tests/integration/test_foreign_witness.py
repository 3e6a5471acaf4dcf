"""Our client and witnesses that we did not write: they cosign what continues, and neither what does not nor what they do not know."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.merkle import leaf_hash
from ledger.log.proof import prove_consistency
from ledger.log.sizes import Size
from ledger.log.tiles import HeldRows
from ledger.log.witnessing import AddCheckpoint, HistoryDeclined, LogNotKnown
from ledger.store.engine import reading
from ledger.witnesses import WitnessClient, Witnessing, latest_known
from tests.support.foreign_witnesses import WITNESSES, aics
from tests.support.stores import fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ledger.service import Ledger
    from tests.support.foreign_witnesses import Foreign

    Starts = Callable[..., AbstractContextManager[Foreign]]

_SSH = pytest.mark.system("ssh-agent", "ssh-add", "ssh-keygen")


@pytest.fixture(
    params=[
        pytest.param("aics-witness", marks=pytest.mark.foreign("aics-witness")),
        pytest.param("litewitness", marks=[pytest.mark.foreign("litewitness"), _SSH]),
    ]
)
def program(request: pytest.FixtureRequest) -> str:
    """One of them."""
    return str(request.param)


@pytest.fixture
def serving(program: str) -> Starts:
    """How it is started."""
    return WITNESSES[program]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with fresh_store("sqlite", tmp_path / "store").create() as ledger:
        yield ledger


def test_it_cosigns_twice_and_a_request_sent_again_gets_the_size_it_stands_at(
    ledger: Ledger, tmp_path: Path, serving: Starts
) -> None:
    with serving(tmp_path / "w", knows=ledger) as foreign:
        policy, asked = foreign.policy, list[tuple[bytes, int]]()
        transport = httpx.HTTPTransport()

        def watching(request: httpx.Request) -> httpx.Response:
            answer = transport.handle_request(request)
            asked.append((request.content, answer.status_code))
            return answer

        clock = [time.monotonic(), time.time()]
        witnessing = Witnessing(
            ledger.engine,
            ledger.origin,
            policy,
            transport=httpx.MockTransport(watching),
            monotonic=lambda: clock[0],
            wall=lambda: clock[1],
        )
        first = ledger.size()
        for _ in range(2):
            witnessing.tick()
            signed = policy.check(witnessing.checkpoint(), [ledger.vkey])
            assert signed.checkpoint.size == ledger.size()
            trader(ledger)
            clock = [one + 10 for one in clock]
        witnessing.close()
        transport.close()
        assert [status for _, status in asked] == [200, 200]
        again = AddCheckpoint.parse(asked[1][0])
        assert again.old == first
        answer = httpx.post(f"{foreign.url}add-checkpoint", content=asked[1][0], trust_env=False)
        assert answer.status_code == 409
        assert answer.text == f"{signed.checkpoint.size}\n"
        assert answer.headers["content-type"].startswith("text/x.tlog.size")
        seen, silent = latest_known(policy, ledger.origin, [ledger.vkey], newest=again.checkpoint)
        assert silent == ()
        # Not every witness shows what it has seen; one that does not, tells its size when it is asked from nothing.
        assert [one.size for one in seen] == [signed.checkpoint.size]
        assert seen[0].root in {signed.checkpoint.root, None}


def test_it_does_not_cosign_a_history_rewritten_with_the_logs_own_key(
    ledger: Ledger, tmp_path: Path, program: str, serving: Starts
) -> None:
    with serving(tmp_path / "w", knows=ledger) as foreign:
        witnessing = Witnessing(ledger.engine, ledger.origin, foreign.policy)
        witnessing.tick()
        old = Size(ledger.size())
        # Whoever runs the log holds its key: he signs another tree and proves it with all he has.
        with reading(ledger.engine) as connection:
            signer = ledger._keyring.first(connection)
        rows = HeldRows({(0, 0): b"".join(leaf_hash(b"%d" % at) for at in range(old + 1))})
        root = leaf_hash(b"rewritten")
        false = Checkpoint(ledger.origin, Size(old + 1), root).sign([signer])
        client = WitnessClient(foreign.policy.witnesses[0])
        with pytest.raises(HistoryDeclined):
            client.add(AddCheckpoint(old, prove_consistency(old, Size(old + 1), rows), false))
        client.close()
        witnessing.close()
        if program == "aics-witness":
            kept = aics(foreign.folder, "evidence", "--origin", ledger.origin)
            assert json.loads(kept)
            assert str(root) in kept
        seen, _ = latest_known(foreign.policy, ledger.origin, [ledger.vkey], newest=witnessing.checkpoint())
        assert [one.size for one in seen] == [old]


def test_it_does_not_know_a_log_that_its_keeper_has_not_added(
    ledger: Ledger, tmp_path: Path, serving: Starts
) -> None:
    with serving(tmp_path / "w", knows=None) as foreign:
        witnessing = Witnessing(ledger.engine, ledger.origin, foreign.policy)
        witnessing.tick()
        ((name, why),) = witnessing.standing().troubles
        assert (name, type(why)) == ("w1", LogNotKnown)
        signed = open_checkpoint(witnessing.checkpoint(), [ledger.vkey], foreign.policy.witness_keys)
        assert signed.cosignatures == ()
        witnessing.close()
