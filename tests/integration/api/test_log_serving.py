"""The published log over HTTP: the specified headers, one spelling of each address, and statements for those who may read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.exchange.mirror import Shown, make_copy
from ledger.identifiers import GoodsId
from ledger.log.serving import headers_of
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Shipment
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.copies import MemoryPlace

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled


@pytest.fixture
def grown(ledger: Ledger, co_op: Enrolled) -> Ledger:
    """Past the first full tile."""
    while ledger.size() < 260:
        count = min(50, 260 - ledger.size())
        ledger.say(
            co_op.party,
            *(
                Party(
                    party=co_op.party,
                    party_kind="company",
                    name=f"合作社{one}（演示）",
                    phone="139-0000-4711",
                )
                for one in range(count)
            ),
        )
    return ledger


def test_every_file_is_served_as_a_copy_holds_it_and_with_its_headers(client: Client, grown: Ledger) -> None:
    place = MemoryPlace()
    make_copy(grown, place)
    for path, content in place.files.items():
        if path.startswith("checkpoints/"):
            continue
        answer = client.get(f"/log/{path}")
        assert (answer.status_code, answer.content) == (200, content), path
        kind, cache = headers_of(path)
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == (kind, cache), path


def test_every_width_of_a_tile_and_of_a_bundle_stays_served(client: Client, grown: Ledger) -> None:
    full, bundle = grown.tile(0, 0), client.get("/log/tile/entries/000").content
    for width in (1, 2, 128, 254, 255):
        assert client.get(f"/log/tile/0/000.p/{width}").content == full[: 32 * width]
        part = client.get(f"/log/tile/entries/000.p/{width}").content
        assert bundle.startswith(part)
        assert 0 < len(part) < len(bundle)


OTHERWISE = (
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/000.p/+1",
    "tile/0/000.p/1/",
    "tile/0/000.p/١",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/x000/000",
    "tile/0/001",
    "tile/0/001.p/5",
    "tile/00/000",
    "tile/1/000",
    "tile/1/000.p/2",
    "tile/2/000.p/1",
    "tile/63/000.p/1",
    "tile/64/000.p/1",
    "tile/-1/000.p/1",
    "tile/0/x999/x999/x999/x999/x999/x999/999",
    "tile/entries/001",
    "tile/entries/001.p/5",
    "tile/entries/x000/000",
    "tile/entries/000.p/0",
    "tile/8/0/000",
    "tile/",
    "checkpoint%0A",
    "tile/0/000%0A",
    "tile/entries/000.p/1%0A",
)


def test_what_is_spelt_otherwise_or_is_not_there_yet_is_refused_and_not_cached(
    client: Client, grown: Ledger
) -> None:
    for path in OTHERWISE:
        answer = client.get(f"/log/{path}")
        assert answer.status_code in {404, 422}, path
        assert "immutable" not in answer.headers.get("cache-control", ""), path
        assert "max-age" not in answer.headers.get("cache-control", ""), path


def lines(client: Client, path: str, key: str) -> list[Shown]:
    answer = client.get(f"/log/statements/{path}", key=key)
    assert answer.status_code == 200
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/jsonl",
        "no-store",
    )
    assert answer.content.endswith(b"\n")
    return [
        Shown.parse(line, position=position) for position, line in enumerate(answer.content[:-1].split(b"\n"))
    ]


def test_a_member_reads_what_he_may_and_register_statements_whole(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    sheet = Party(party=co_op.party, party_kind="company", name="合作社（演示）", phone="139-0000-4711")
    (placed,) = ledger.say(co_op.party, sheet)
    for key, open_to in ((co_op.key, [True, True]), (stall.key, [True, False])):
        shown = lines(client, f"000.p/{ledger.size()}", key)
        assert [one is not None for one in shown[placed.seq].opened] == open_to
        assert shown[0].envelope is not None
        for one in shown:
            stored = ledger.stored(one.position)
            assert one.envelope in {None, stored.envelope}
            if stored.header.type in {"genesis.v1", "key.v1"}:
                assert one.opened == stored.opened


def test_who_reads_nothing_of_a_statement_is_not_told_whose_it_is(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:

    goods = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
    (placed,) = ledger.say(
        co_op.party, Shipment(to=ledger.registrar, lines=(Line(goods=goods, quantity=kg(60)),), offer=False)
    )
    path = f"000.p/{ledger.size()}"
    assert (
        lines(client, path, stall.key)[placed.seq].envelope,
        lines(client, path, stall.key)[placed.seq].opened,
    ) == (None, ())
    assert lines(client, path, co_op.key)[placed.seq].envelope is not None


def test_statements_are_for_those_who_sign_in(client: Client, grown: Ledger, co_op: Enrolled) -> None:
    assert client.get("/log/statements/000").status_code == 401
    assert client.get("/log/statements/000", key=co_op.key).status_code == 200
    for path in ("001", "x000/000", "000.p/256", "entries/000"):
        assert client.get(f"/log/statements/{path}", key=co_op.key).status_code in {404, 422}
