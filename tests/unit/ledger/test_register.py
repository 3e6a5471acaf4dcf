from __future__ import annotations

import pytest

from ledger.errors import Malformed, NotAllowed, Refusal, SignatureWrong, UnknownName
from ledger.register import Register, RegisterBroken
from ledger.vocabulary.registering import Credential, Genesis, Key
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.signing import Pen, fixed
from tests.unit.ledger.test_statement import LEEK

PEN = Pen()
CO_OP, KEY = PEN.party(), PEN.key()
SALE = Sale(lines=(Line(goods=LEEK, quantity=kg(1)),))
GENESIS = PEN.genesis()


def _revocation(keyid: str) -> Key:
    return Key.read({"action": "revoke", "keyid": keyid, "reason": "lost"})


def test_genesis_names_the_registrar_and_its_key() -> None:
    register = Register.found(GENESIS)
    assert (register.registrar, register.role_of(PEN.registrar)) == (PEN.registrar, "registrar")
    assert (register.clock, register.size) == ("simulated", 1)


def test_a_log_begins_with_a_genesis_for_itself() -> None:
    with pytest.raises(Refusal):
        Register.found(PEN.enrols(CO_OP, KEY))
    elsewhere = PEN.signs(PEN.registrar, Genesis.from_items(GENESIS.items), [fixed(1)], log="other.example/0")
    with pytest.raises(RegisterBroken):
        Register.found(elsewhere)


def test_a_genesis_signed_by_another_key_than_it_names_founds_nothing() -> None:
    forged = PEN.signs(PEN.registrar, Genesis.from_items(GENESIS.items), [fixed(2)])
    with pytest.raises(SignatureWrong):
        Register.found(forged)


def test_there_is_one_genesis() -> None:
    with pytest.raises(RegisterBroken, match="second genesis"):
        Register.found(GENESIS).after(PEN.genesis(), at=1)


def test_no_key_is_used_in_or_before_its_own_enrolment() -> None:
    register = PEN.register((CO_OP, KEY, "enterprise"))
    sale = PEN.signs(CO_OP, SALE, [KEY])
    with pytest.raises(SignatureWrong):
        register.signed_by(sale.envelope, at=1)
    assert register.signed_by(sale.envelope, at=2)[0].party == CO_OP


def test_a_revoked_key_signs_its_own_end_and_nothing_after() -> None:
    register = PEN.register((CO_OP, KEY, "enterprise"))
    ended = register.after(PEN.signs(PEN.registrar, _revocation(KEY.public.keyid), [fixed(1)]), at=7)
    sale = PEN.signs(CO_OP, SALE, [KEY])
    assert ended.signed_by(sale.envelope, at=7)
    with pytest.raises(SignatureWrong, match="not revoked"):
        ended.signed_by(sale.envelope, at=8)


def test_a_key_nobody_enrolled_signs_nothing() -> None:
    with pytest.raises(SignatureWrong, match="an enrolled key"):
        PEN.register().signed_by(PEN.signs(CO_OP, SALE, [KEY]).envelope, at=1)


def test_a_key_is_enrolled_once_and_revoked_once() -> None:
    register = PEN.register((CO_OP, KEY, "enterprise"))
    with pytest.raises(NotAllowed):
        register.after(PEN.enrols(PEN.party(), KEY), at=2)
    revocation = PEN.signs(PEN.registrar, _revocation(KEY.public.keyid), [fixed(1)])
    ended = register.after(revocation, at=2)
    with pytest.raises(UnknownName):
        ended.after(revocation, at=3)
    with pytest.raises(UnknownName):
        register.after(PEN.signs(PEN.registrar, _revocation("0" * 64), [fixed(1)]), at=2)


def test_an_enrolment_says_who_in_which_role_and_who_keeps_the_key() -> None:
    register = Register.found(GENESIS)
    for gap in ("party", "role", "custody", "kind_of_key", "public_key"):
        said = Key(
            action="enrol",
            party=CO_OP,
            role="enterprise",
            custody="own",
            kind_of_key="ed25519",
            public_key=str(KEY.public),
        ).model_copy(update={gap: None})
        with pytest.raises(Malformed):
            register.after(PEN.signs(PEN.registrar, said, [fixed(1)]), at=1)


def test_an_officers_certificate_is_valid_from_its_first_to_its_last_millisecond() -> None:
    said = Credential(number="演-0001", party=CO_OP, valid_from_ms=1000, valid_to_ms=2000)
    register = Register.found(GENESIS).after(PEN.signs(PEN.registrar, said, [fixed(1)]), at=1)
    one = register.credentials["演-0001"]
    assert [one.valid_at(ms) for ms in (999, 1000, 2000, 2001)] == [False, True, True, False]


def test_a_certificate_that_ends_before_it_begins_is_refused() -> None:
    said = Credential(number="演-0001", party=CO_OP, valid_from_ms=2000, valid_to_ms=1999)
    with pytest.raises(Malformed):
        Register.found(GENESIS).after(PEN.signs(PEN.registrar, said, [fixed(1)]), at=1)
