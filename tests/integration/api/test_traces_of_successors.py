"""The trace of leeks whose wholesaler went on under another name: who sees the step, and what it says to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import LegalDate
from ledger.vocabulary.parties import Succession
from tests.integration.pages.browsing import Visitor
from tests.support.leeks import Chain, holders, kg, morning_of_leeks
from tests.support.server import Clock, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Enrolled


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with make_ledger(tmp_path_factory.mktemp("leeks"), Clock()) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def chain(ledger: Ledger) -> Iterator[Chain]:
    """The wholesaler has ten kilograms left, becomes another, and the other sells eight of them."""
    clock = ledger.clock
    assert isinstance(clock, Clock)
    with open_client(ledger) as client:
        chain = morning_of_leeks(client, ledger, clock, registrar_of(ledger))
        clock.forward(hours=1)
        said = Succession(
            party=chain.wholesaler.party,
            successor=chain.stranger.party,
            how="taken_over",
            effective_on=LegalDate.parse("2026-11-14"),
        )
        ledger.say(ledger.registrar, said)
        clock.forward(hours=1)
        chain.sends(chain.stranger, chain.other_stall, "8")
        yield chain


def step(chain: Chain, who: Enrolled) -> Json:
    """The one step that is no delivery, as somebody sees it in either direction."""
    body = chain.trace(who).json()
    steps = [one for one in (*body["back"], *body["forward"]) if one["kind"] == "succession"]
    assert all(one == steps[0] for one in steps)
    return steps[0] if steps else None


def test_the_inspector_sees_who_went_on_as_whom_and_with_how_much(chain: Chain) -> None:
    seen = step(chain, chain.authority)
    assert isinstance(seen, dict)
    assert (seen["from"], seen["to"]) == (
        {"party": str(chain.wholesaler), "goods": chain.leeks},
        {"party": str(chain.stranger), "goods": chain.leeks},
    )
    assert (seen["sent"], seen["received"], seen["state"]) == (kg("10"), None, "confirmed")
    body = chain.trace(chain.authority).json()
    assert [(one["kind"], one["party"]) for one in body["sources"]] == [("recorded", str(chain.co_op))]
    assert all("overdrawn" not in one["flags"] for one in body["nodes"])


def test_the_new_name_sees_back_to_the_old_ones_supplier_and_only_its_own_buyers(chain: Chain) -> None:
    assert holders(chain.trace(chain.stranger)) == {
        str(one) for one in (chain.co_op, chain.wholesaler, chain.stranger, chain.other_stall)
    }
    seen = step(chain, chain.stranger)
    assert isinstance(seen, dict)
    assert seen["sent"] == kg("10")


def test_a_buyer_sees_that_they_are_one_and_nothing_of_the_account(chain: Chain) -> None:
    seen = step(chain, chain.other_stall)
    assert isinstance(seen, dict)
    assert (seen["sent"], seen["withheld"]) == (None, ["sent", "received", "share_percent"])
    assert str(chain.co_op) in holders(chain.trace(chain.other_stall))
    # Who bought from the old name alone has nothing to do with the new one.
    assert step(chain, chain.stall) is None


def test_the_account_of_the_new_name_shows_what_it_began_with(chain: Chain) -> None:
    def balance(party: Enrolled) -> tuple[Json, Json]:
        path = f"/api/v1/balance?goods={chain.leeks}&party={party}"
        answer = chain.client.get(path, key=chain.authority.key).json()
        figures = {name: one for name, one in answer["figures"].items() if one != kg("0")}
        return figures, answer["expected"]

    assert balance(chain.wholesaler) == (
        {"received": kg("60"), "shipped": kg("50"), "carried_out": kg("10")},
        kg("0"),
    )
    assert balance(chain.stranger) == ({"carried_in": kg("10"), "shipped": kg("8")}, kg("2"))


@pytest.mark.parametrize(
    ("language", "step", "arrow", "figure"),
    [
        ("zh-CN", "更名或承继", "承继 10 公斤", "前身结转"),
        ("en", "renamed or taken over", "as successor 10 kg", "left under an earlier name"),
    ],
)
def test_the_pages_call_the_step_what_it_is(
    chain: Chain, language: str, step: str, arrow: str, figure: str
) -> None:
    def text(who: Enrolled, path: str) -> str:
        page = Visitor(chain.client, key=who.key, language=language).open(path)
        assert page.status == 200
        return page.text

    assert arrow in text(chain.authority, f"/trace?goods={chain.leeks}")
    assert step in text(chain.authority, f"/trace?goods={chain.leeks}&view=time")
    account = text(chain.stranger, f"/my/stock/account?goods={chain.leeks}")
    assert (step in account, figure in account) == (True, True)
