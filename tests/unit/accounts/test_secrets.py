"""A copy of the database signs nobody in and names nobody, and no secret is printed by accident."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from ledger.accounts.passkeys import Site
from ledger.keys import KeyFileWrong, Vault
from tests.support.authenticator import ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.accounts.accounts import Accounts
    from ledger.accounts.sessions import SignedIn
    from ledger.identifiers import PartyId
    from ledger.service import Ledger

SITE = Site.at(ORIGIN)
PHONE = "+8613800000000"


def everything_in(folder: Path) -> bytes:
    """Every byte of the database, its write-ahead log included."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("suyuan.db*")))


def test_a_copy_of_the_database_holds_no_secret_and_no_name(
    tmp_path: Path, accounts: Accounts, owner: SignedIn, farm: PartyId
) -> None:
    card = accounts.issue_card(owner.caller, farm, "周示例", contact=PHONE)
    letter = accounts.ask_link(PHONE)
    invite = accounts.invite(owner.caller, farm, "clerk", "吴示例")
    codes = accounts.new_recovery_codes(owner.caller)
    accounts.set_out("the state", {"verifier": "the verifier"}, lasts_ms=1000)
    raw = everything_in(tmp_path)
    assert str(card.person).encode() in raw, "the copy must be one of this database"
    secrets = [owner.token, card.number, card.printed, letter.token, invite.token, *codes, PHONE]
    secrets += ["王示例", "周示例", "吴示例", "the state", "the verifier"]
    assert [one for one in secrets if one.encode() in raw] == []
    assert [one for one in codes if one.replace("-", "").encode() in raw] == []


def test_names_do_not_open_with_another_key_file(tmp_path: Path, owner: SignedIn) -> None:
    connection = sqlite3.connect(tmp_path / "suyuan.db")
    (sealed,) = connection.execute("SELECT sealed FROM persons").fetchone()
    connection.close()
    other = Vault.create_file(tmp_path / "other.key")
    assert b"\xe7\x8e\x8b" not in sealed
    with pytest.raises(KeyFileWrong, match="does not open"):
        other.unseal(sealed, purpose="person")


def test_nothing_that_is_printed_shows_a_secret(accounts: Accounts, owner: SignedIn, farm: PartyId) -> None:
    card = accounts.issue_card(owner.caller, farm, "周示例", contact=PHONE)
    letter, invite = accounts.ask_link(PHONE), accounts.invite(owner.caller, farm, "clerk", "吴示例")
    accepted = accounts.accept_invite(invite.token, site=SITE)
    printed = " ".join(
        map(
            repr,
            (
                owner,
                owner.caller,
                card,
                letter,
                invite,
                accepted,
                accounts.office,
                accounts.me(owner.caller),
                accounts.persons(farm),
            ),
        )
    )
    secrets = [owner.token, card.number, card.pin, letter.token, invite.token, accepted.signed_in.token]
    assert [one for one in (*secrets, *accepted.codes, PHONE, "王示例") if one in printed] == []
    assert str(card.person) in printed


def test_what_a_person_was_goes_with_the_person(
    ledger: Ledger, accounts: Accounts, owner: SignedIn, farm: PartyId, tmp_path: Path
) -> None:
    card = accounts.issue_card(owner.caller, farm, "周示例", contact=PHONE)
    accounts.sign_in_by_card(card.number, card.pin)
    accounts.ask_link(PHONE)
    accounts.remove_person(owner.caller, card.person)
    connection = sqlite3.connect(tmp_path / "suyuan.db")
    counts = {
        "persons": "SELECT count(*) FROM persons WHERE id = ?",
        "sessions": "SELECT count(*) FROM sessions WHERE person = ?",
        "passkeys": "SELECT count(*) FROM passkeys WHERE person = ?",
        "cards": "SELECT count(*) FROM cards WHERE person = ?",
        "identities": "SELECT count(*) FROM identities WHERE person = ?",
        "once": "SELECT count(*) FROM once WHERE about = ?",
    }
    left = {name: connection.execute(sql, [str(card.person)]).fetchone()[0] for name, sql in counts.items()}
    connection.close()
    assert set(left.values()) == {0}, left
