"""Keys that sign codes, from the first code to the bundle in a stranger's hand: enrolled in the log, told with their end, and checked by nobody of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.audit import audit
from ledger.errors import NotAllowed, SignatureWrong
from ledger.exchange.export import export_log
from ledger.identifiers import PartyId
from ledger.keys import Ed25519Signer
from ledger.log.label_keys import GOOD_FOR_MS, LabelKeys
from ledger.log.signed_links import KeyUnknown, sign_link, verify_link
from ledger.service import BUNDLE_KEPT_MS
from ledger.statement import sign_statement
from ledger.store.engine import reading
from ledger.store.label_keys import BUNDLE_KEYS_MAX
from ledger.store.log_keys import LogFrozen
from ledger.vocabulary.registering import Key
from ledger.vocabulary.trade import Sale
from tests.support.second_verifier import verify_export
from tests.support.server import HOUR_MS, Clock, enrol_party, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Enrolled

LINK = "https://suyuan.example/01/09520001000027/10/JC-1/21/K3"
NAME = "绿畦示例合作社（演示）"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with make_ledger(tmp_path, clock) as ledger:
        yield ledger


@pytest.fixture
def maker(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, NAME, kind="cooperative")


def bundle_of(ledger: Ledger, note: bytes | None = None) -> LabelKeys:
    return LabelKeys.open(ledger.label_keys() if note is None else note, [ledger.vkey])


def ended(ledger: Ledger, keyid: str) -> None:
    ledger.say(ledger.registrar, Key(action="revoke", keyid=keyid, reason="superseded"))


def test_a_maker_s_first_code_enrols_his_label_key_and_the_next_ones_do_not(
    ledger: Ledger, maker: Enrolled
) -> None:
    size = ledger.size()
    signer = ledger.label_signer(maker.party)
    assert ledger.size() == size + 1
    assert ledger.label_signer(maker.party).public == signer.public
    assert ledger.size() == size + 1
    found = verify_link(sign_link(LINK, signer), bundle_of(ledger))
    assert (found.key.party, found.key.name, found.key.custody) == (maker.party, NAME, "custodial")
    assert found.key.state == "valid"


def test_a_label_key_of_the_server_survives_a_restart_and_never_signs_a_statement(
    ledger: Ledger, maker: Enrolled
) -> None:
    signer = ledger.label_signer(maker.party)
    ledger._label_signers.clear()  # As another process would find it.
    assert ledger.label_signer(maker.party).public == signer.public
    assert ledger.custodial_signer(maker.party).public != signer.public


def test_a_key_that_was_ended_signs_no_more_codes_and_is_told_with_its_end(
    ledger: Ledger, maker: Enrolled, clock: Clock
) -> None:
    old = ledger.label_signer(maker.party)
    code = sign_link(LINK, old)
    clock.forward(1)
    ended(ledger, old.public.keyid)
    new = ledger.label_signer(maker.party)
    assert new.public != old.public
    found = verify_link(code, bundle_of(ledger))
    assert (found.key.state, found.key.ended_ms) == ("ended", clock.ms)
    assert verify_link(sign_link(LINK, new), bundle_of(ledger)).key.state == "valid"


def test_nobody_else_signs_the_codes_of_one_who_signs_for_himself(ledger: Ledger) -> None:
    own = enrol_party(ledger, NAME, signer=Ed25519Signer.from_secret(bytes(range(32))))
    with pytest.raises(NotAllowed, match="sign-code"):
        ledger.label_signer(own.party)


def test_who_is_not_enrolled_has_no_label_key(ledger: Ledger) -> None:
    size = ledger.size()
    with pytest.raises(NotAllowed):
        ledger.label_signer(PartyId.new(b"0123456789"))
    assert ledger.size() == size


def test_a_bundle_says_as_of_when_it_is_and_until_when_it_is_good(
    ledger: Ledger, maker: Enrolled, clock: Clock
) -> None:
    ledger.label_signer(maker.party)
    at_ms = clock.ms
    clock.forward(30)
    bundle = bundle_of(ledger)
    assert (bundle.origin, bundle.size, bundle.at_ms) == (ledger.origin, ledger.size(), at_ms)
    assert (bundle.made_ms, bundle.until_ms) == (clock.ms, clock.ms + GOOD_FOR_MS)


def test_a_bundle_is_made_again_when_a_key_changed_and_otherwise_after_a_minute(
    ledger: Ledger, maker: Enrolled, clock: Clock
) -> None:
    signer = ledger.label_signer(maker.party)
    first = ledger.label_keys()
    clock.ms += BUNDLE_KEPT_MS - 1
    assert ledger.label_keys() == first
    clock.ms += 1
    second = ledger.label_keys()
    assert second != first
    ended(ledger, signer.public.keyid)
    assert bundle_of(ledger).keys[0].ended_ms == clock.ms


def test_after_the_log_changed_its_key_both_sign_the_bundle(ledger: Ledger, maker: Enrolled) -> None:
    ledger.label_signer(maker.party)
    old = ledger.vkey
    ledger.change_log_key(overlap_ms=HOUR_MS)
    note = ledger.label_keys()
    assert ledger.vkey != old
    assert LabelKeys.open(note, [old]) == LabelKeys.open(note, [ledger.vkey])


def test_a_log_that_is_frozen_signs_no_bundle(ledger: Ledger, maker: Enrolled) -> None:
    ledger.label_signer(maker.party)
    ledger.freeze()
    with pytest.raises(LogFrozen):
        ledger.label_keys()


def test_a_code_of_another_log_is_signed_by_nobody_known_here(
    ledger: Ledger, maker: Enrolled, tmp_path: Path, clock: Clock
) -> None:
    ledger.label_signer(maker.party)
    (tmp_path / "other").mkdir()
    with make_ledger(tmp_path / "other", clock) as other:
        theirs = enrol_party(other, NAME)
        code = sign_link(LINK, other.label_signer(theirs.party))
    with pytest.raises(KeyUnknown):
        verify_link(code, bundle_of(ledger))


def test_anybody_fetches_the_bundle_and_one_maker_s_part_of_it(ledger: Ledger, maker: Enrolled) -> None:
    ledger.label_signer(maker.party)
    second = enrol_party(ledger, "旧厂示例食品（演示）")
    ledger.label_signer(second.party)
    with open_client(ledger) as client:
        whole = client.get("/log/label-keys")
        assert whole.status_code == 200
        assert [one.party for one in bundle_of(ledger, whole.content).keys] == [maker.party, second.party]
        part = client.get(f"/log/label-keys?party={second.party}")
        assert [one.name for one in bundle_of(ledger, part.content).keys] == ["旧厂示例食品（演示）"]
        assert client.get("/log/label-keys?party=pty_nobody").status_code == 422


def test_more_keys_than_a_note_holds_are_asked_for_one_maker_at_a_time(
    ledger: Ledger, maker: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.label_signer(maker.party)
    ledger.label_signer(enrol_party(ledger, "旧厂示例食品（演示）").party)
    assert BUNDLE_KEYS_MAX > 2
    monkeypatch.setattr("ledger.store.label_keys.BUNDLE_KEYS_MAX", 1)
    with open_client(ledger) as client:
        answer = client.get("/log/label-keys")
        assert answer.status_code == 422
        assert "party" in answer.text
        assert client.get(f"/log/label-keys?party={maker.party}").status_code == 200


def test_the_log_audits_and_a_stranger_s_verifier_agrees_with_keys_for_labels_in_it(
    ledger: Ledger, maker: Enrolled, tmp_path: Path
) -> None:
    signer = ledger.label_signer(maker.party)
    ended(ledger, signer.public.keyid)
    with reading(ledger.engine) as connection:
        assert audit(connection, ledger.vkey).entries == ledger.size()
        folder = tmp_path / "export"
        folder.mkdir()
        export_log(connection, ledger.origin, folder, vkey=str(ledger.vkey), everything=True)
    # It raises at the first thing that is not as it must be.
    assert verify_export(folder, str(ledger.vkey), complete=True).size == ledger.size()


def test_a_statement_signed_by_a_label_key_is_not_recorded(ledger: Ledger, maker: Enrolled) -> None:
    signer = ledger.label_signer(maker.party)
    good = ledger.draft(maker.party, Sale.read({"lines": [_LINE]}))
    bad = sign_statement(
        Sale.read({"lines": [_LINE]}).to_items(),
        log=ledger.origin,
        statement_id=good.header.id,
        type_name=Sale.TYPE,
        issuer=maker.party,
        occurred_at=good.header.occurred_at,
        signers=[signer],
    )
    with pytest.raises(SignatureWrong):
        ledger.record([bad])


_LINE: dict[str, Json] = {
    "goods": "https://id.gs1.org/01/09520001000027/10/JC-1",
    "quantity": {"amount": "1", "unit": "KGM"},
}
