"""`suyuan disclose`: a file for somebody, by a party that may read what it shows; and it verifies without any ledger, twice over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.cli import main
from ledger.identifiers import GoodsId
from ledger.vocabulary.trade import Shipment
from tests.support.second_verifier import verify_disclosure
from tests.support.server import Clock, enrol_party, make_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.canonical import Json

GOODS = GoodsId.parse("https://id.gs1.org/01/09520001000089/10/D-1")
PRICE = "812.50"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """One shipment with a price, in a ledger that the environment names: its id, the seller, a stranger, the key."""
    folder = tmp_path / "data"
    folder.mkdir()
    with make_ledger(folder, Clock()) as ledger:
        seller, buyer, other = (enrol_party(ledger, f"示例 {number} 号（演示）").party for number in range(3))
        line: Json = {"goods": str(GOODS), "quantity": {"amount": "9", "unit": "KGM"}}
        body: dict[str, Json] = {"to": str(buyer), "lines": [line], "total": PRICE, "offer": False}
        (placed,) = ledger.say(seller, Shipment.read(body))
        found = {"id": str(ledger.stored(placed.seq).header.id), "vkey": str(ledger.vkey)}
    (folder / "keys" / "ledger.key").rename(tmp_path / "ledger.key")
    for setting, value in (("SUYUAN_DATA", folder), ("SUYUAN_KEY_FILE", tmp_path / "ledger.key")):
        monkeypatch.setenv(setting, str(value))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    for setting in ("LC_ALL", "LC_MESSAGES", "SUYUAN_DATABASE_URL"):
        monkeypatch.delenv(setting, raising=False)
    return found | {"seller": str(seller), "buyer": str(buyer), "other": str(other)}


def disclose(told: dict[str, str], file: Path, *, by: str, item: str) -> int:
    words = (
        "disclose",
        told["id"],
        "--by",
        told[by],
        "--item",
        item,
        "--to",
        "court (demo)",
        "-o",
        str(file),
    )
    return main(words)


def test_a_party_shows_what_it_may_read_and_the_file_verifies_twice(
    told: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shown.json"
    assert disclose(told, file, by="buyer", item="terms") == 0
    assert main(("verify", str(file), "--vkey", told["vkey"])) == 0
    assert PRICE in capsys.readouterr().out
    shown = verify_disclosure(file.read_bytes(), told["vkey"])
    assert len(shown.items) == 1


def test_a_party_that_may_not_read_it_shows_nothing(
    told: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "shown.json"
    assert disclose(told, file, by="other", item="terms") == 2
    assert not file.exists()
    assert "a record that you may show" in capsys.readouterr().err
    assert disclose(told, file, by="seller", item="recipe") == 2
    assert "nobody shows what he may not read" in capsys.readouterr().err
    assert not file.exists()
