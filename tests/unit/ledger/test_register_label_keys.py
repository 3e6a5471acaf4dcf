"""Keys that sign codes: enrolled like others, ended like others, and good for no statement."""

from __future__ import annotations

import pytest

from ledger.errors import Malformed, NotAllowed, SignatureWrong, UnknownName
from ledger.register import Register
from tests.support.passkeys import Es256Signer
from tests.unit.ledger.test_register_keys import (
    FARM,
    FIRST,
    KEPT,
    NEW,
    PEN,
    SALE,
    SECOND,
    SHOP,
    THEIRS,
    enrolment,
    report,
    revocation,
    rotation,
    said,
    taken,
)


@pytest.fixture
def register() -> Register:
    """A farm with a key of its own, and a shop whose key the registrar keeps."""
    register = Register.found(PEN.genesis())
    register = said(register, PEN.registrar, enrolment(FARM, FIRST), PEN.registrar_key, FIRST)
    return said(register, PEN.registrar, enrolment(SHOP, KEPT, custody="custodial"), PEN.registrar_key)


def test_a_label_key_stands_apart_and_signs_no_statement(register: Register) -> None:
    after = said(register, FARM, enrolment(FARM, NEW, use="label"), FIRST, NEW)
    assert NEW.public.keyid in after.label_keys
    assert NEW.public.keyid not in after.keys
    with pytest.raises(SignatureWrong):
        taken(after, PEN.signs(FARM, SALE, [NEW]))
    assert taken(after, PEN.signs(FARM, SALE, [FIRST])).size == after.size + 1


def test_a_label_key_gives_nobody_a_voice(register: Register) -> None:
    stranger = PEN.party()
    label = enrolment(stranger, NEW, custody="custodial", use="label")
    after = said(register, PEN.registrar, label, PEN.registrar_key)
    assert not after.speaks(stranger)
    assert not after.signs_for_itself(stranger)
    assert after.role_of(stranger) is None
    assert [one.key for one in after.label_keys_of(stranger)] == [NEW.public]


def test_whoever_holds_a_label_key_himself_shows_that_he_does(register: Register) -> None:
    with pytest.raises(SignatureWrong):
        said(register, FARM, enrolment(FARM, NEW, use="label"), FIRST)


def test_nobody_enrols_a_label_key_for_somebody_else(register: Register) -> None:
    with pytest.raises(NotAllowed):
        said(register, FARM, enrolment(SHOP, NEW, use="label"), FIRST, NEW)
    with pytest.raises(NotAllowed):
        said(register, SHOP, enrolment(SHOP, NEW, use="label"), KEPT, NEW)


def test_a_label_key_is_ed25519(register: Register) -> None:
    passkey = Es256Signer.make(7)
    with pytest.raises(Malformed, match="ed25519"):
        said(register, FARM, enrolment(FARM, passkey, use="label"), FIRST, passkey)


def test_a_label_key_is_ended_and_not_replaced(register: Register) -> None:
    after = said(register, FARM, enrolment(FARM, NEW, use="label"), FIRST, NEW)
    with pytest.raises(Malformed):
        said(after, FARM, rotation(NEW, SECOND), FIRST, SECOND)
    with pytest.raises(Malformed):
        said(after, FARM, rotation(FIRST, SECOND, use="label"), FIRST, SECOND)
    ended = said(after, FARM, revocation(NEW), FIRST)
    assert ended.label_keys[NEW.public.keyid].reason == "lost"
    with pytest.raises(UnknownName):
        said(ended, FARM, revocation(NEW), FIRST)


def test_a_stolen_label_key_is_reported_and_the_party_s_statements_stay_undisputed(
    register: Register,
) -> None:
    after = said(register, FARM, enrolment(FARM, NEW, use="label"), FIRST, NEW)
    stolen = said(after, FARM, report(FARM, NEW), FIRST)
    assert stolen.label_keys[NEW.public.keyid].compromised_ms == 1000
    assert stolen.keys[FIRST.public.keyid].compromised_ms is None


def test_another_party_does_not_end_it(register: Register) -> None:
    after = said(register, FARM, enrolment(FARM, NEW, use="label"), FIRST, NEW)
    other = said(after, PEN.registrar, enrolment(SHOP, THEIRS), PEN.registrar_key, THEIRS)
    with pytest.raises(NotAllowed):
        said(other, SHOP, revocation(NEW), THEIRS)
    assert (
        said(other, PEN.registrar, revocation(NEW), PEN.registrar_key).label_keys[NEW.public.keyid].until
        == other.size
    )


@pytest.mark.parametrize(
    ("first", "second"), [("label", "statement"), ("statement", "label"), ("label", "label")]
)
def test_a_key_is_enrolled_once_whatever_for(register: Register, first: str, second: str) -> None:
    after = said(register, FARM, enrolment(FARM, NEW, use=first), FIRST, NEW)
    with pytest.raises(NotAllowed):
        said(after, FARM, enrolment(FARM, NEW, use=second), FIRST, NEW)
