"""EPCs and links as others wrote them become the names that the hash of an EPCIS event wants."""

from __future__ import annotations

import json

import pytest

from ledger.errors import Refusal
from ledger.identifiers.gs1 import epc
from ledger.identifiers.gs1.event_names import event_name
from tests.support.vectors import vectors


def _pairs() -> list[dict[str, str | None]]:
    pairs: list[dict[str, str | None]] = json.loads(
        vectors("gs1/event-hash/dl_normaliser_pairs.json").read_text("utf-8")
    )
    assert len(pairs) > 20
    return pairs


@pytest.mark.vectors
def test_each_name_becomes_the_labelled_link_or_none() -> None:
    for pair in _pairs():
        name, expected = str(pair["input"]), pair["expect"]
        if expected is None:
            with pytest.raises(Refusal):
                event_name(name)
        else:
            assert event_name(name) == expected


@pytest.mark.vectors
def test_each_epc_of_them_goes_to_its_link_and_back() -> None:
    urns = [str(pair["input"]) for pair in _pairs() if str(pair["input"]).startswith("urn:epc:")]
    assert len(urns) > 10
    for urn in urns:
        company = urn.split(":")[4].split(".")[0]
        link = epc.to_link(urn)
        assert epc.to_link(epc.to_urn(link, len(company))) == link
        if ":upui:4012345" not in urn:  # Without its last field a UPUI and an SGTIN are the same product.
            assert epc.to_urn(link, len(company)).lower() == urn.lower()
