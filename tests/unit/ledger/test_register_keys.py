"""Who may say what about a key: enrol, rotate, revoke, report stolen; from both sides of each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, NotAllowed, SignatureWrong, UnknownName
from ledger.register import Register, Role
from ledger.vocabulary.registering import Erasure, Key
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.passkeys import Es256Signer, PasskeySigner
from tests.support.signing import Pen, fixed
from tests.unit.ledger.test_statement import LEEK

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.keys import Signer
    from ledger.statement import Statement

PEN = Pen()
FARM, SHOP = PEN.party(), PEN.party()
FIRST, SECOND, NEW, THEIRS, KEPT = (PEN.key() for _ in range(5))
SALE = Sale(lines=(Line(goods=LEEK, quantity=kg(1)),))
SITE = "farm.example"


def enrolment(
    party: PartyId, key: Signer, *, role: Role = "enterprise", custody: str = "own", **also: str
) -> Key:
    public = key.public
    return Key.read(
        {
            "action": "enrol",
            "party": str(party),
            "role": role,
            "custody": custody,
            "kind_of_key": public.kind,
            "public_key": str(public),
            **also,
        }
    )


def rotation(old: Signer, new: Signer, **also: str) -> Key:
    public = new.public
    return Key.read(
        {
            "action": "rotate",
            "replaces": old.public.keyid,
            "kind_of_key": public.kind,
            "public_key": str(public),
            **also,
        }
    )


def revocation(key: Signer) -> Key:
    return Key(action="revoke", keyid=key.public.keyid, reason="lost")


def report(party: PartyId, key: Signer, since_ms: int = 1000) -> Key:
    return Key(action="compromised", party=party, keyid=key.public.keyid, since_ms=since_ms)


def taken(register: Register, statement: Statement) -> Register:
    """The register after a statement that it admits as its next entry."""
    register.admits(statement, at=register.size)
    return register.after(statement, at=register.size)


def said(register: Register, issuer: PartyId, key: Key, *signers: Signer) -> Register:
    return taken(register, PEN.signs(issuer, key, signers))


@pytest.fixture
def register() -> Register:
    """The farm with two keys of its own, the shop with one of its own and one that the operator holds."""
    start = Register.found(PEN.genesis())
    for party, key in ((FARM, FIRST), (FARM, SECOND), (SHOP, THEIRS)):
        start = said(start, PEN.registrar, enrolment(party, key), PEN.registrar_key, key)
    return said(start, PEN.registrar, enrolment(SHOP, KEPT, custody="custodial"), PEN.registrar_key)


# --- Proof of possession


def test_a_key_of_ones_own_proves_that_it_is_there(register: Register) -> None:
    with pytest.raises(SignatureWrong, match="the new key's own signature"):
        said(register, PEN.registrar, enrolment(FARM, NEW), PEN.registrar_key)
    after = said(register, PEN.registrar, enrolment(FARM, NEW), PEN.registrar_key, NEW)
    assert NEW.public.keyid in after.keys


def test_a_key_that_the_operator_holds_needs_no_proof_and_a_wrong_one_is_refused(register: Register) -> None:
    kept = enrolment(FARM, NEW, custody="custodial", holder="per_0123456789abcdef")
    after = said(register, PEN.registrar, kept, PEN.registrar_key)
    assert after.keys[NEW.public.keyid].holder == "per_0123456789abcdef"
    said(register, PEN.registrar, kept, PEN.registrar_key, NEW)
    with pytest.raises(SignatureWrong, match="an enrolled key"):
        said(register, PEN.registrar, kept, PEN.registrar_key, fixed(77))


def test_the_key_that_is_enrolled_speaks_for_nobody_in_its_own_enrolment(register: Register) -> None:
    statement = PEN.signs(PEN.registrar, enrolment(FARM, NEW), [PEN.registrar_key, NEW])
    assert [one.key for one in register.admits(statement, at=register.size)] == [PEN.registrar_key.public]
    for issuer in (FARM, PEN.registrar):
        with pytest.raises(NotAllowed, match="a signature by"):
            said(register, issuer, enrolment(FARM, NEW), NEW)


def test_a_passkey_proves_itself_by_an_assertion_and_a_plain_key_by_a_plain_signature(
    register: Register,
) -> None:
    passkey, plain = PasskeySigner.make(SITE, number=1), Es256Signer.make(2)
    own = enrolment(FARM, passkey, rp_id=SITE)
    after = said(register, PEN.registrar, own, PEN.registrar_key, passkey)
    after = said(after, PEN.registrar, enrolment(FARM, plain), PEN.registrar_key, plain)
    for key in (passkey, plain):
        assert after.signed_by(PEN.signs(FARM, SALE, [key]).envelope, at=after.size)
    with pytest.raises(SignatureWrong):
        said(register, PEN.registrar, own, PEN.registrar_key, Es256Signer(passkey.secret))
    with pytest.raises(SignatureWrong):
        said(register, PEN.registrar, enrolment(FARM, passkey), PEN.registrar_key, passkey)


def test_only_a_p256_key_is_a_passkey_and_only_of_a_domain(register: Register) -> None:
    for key, rp_id in ((NEW, SITE), (Es256Signer.make(2), "com"), (Es256Signer.make(2), "a..b")):
        with pytest.raises(Malformed):
            said(register, PEN.registrar, enrolment(FARM, key, rp_id=rp_id), PEN.registrar_key, key)


# --- Enrolling more


def test_a_party_enrols_more_keys_with_one_it_holds(register: Register) -> None:
    after = said(register, FARM, enrolment(FARM, NEW), FIRST, NEW)
    assert (after.keys[NEW.public.keyid].party, after.keys[NEW.public.keyid].role) == (FARM, "enterprise")


@pytest.mark.parametrize(
    ("key", "signers"),
    [
        (enrolment(SHOP, NEW), (FIRST, NEW)),
        (enrolment(FARM, NEW, role="authority"), (FIRST, NEW)),
        (enrolment(FARM, NEW, custody="custodial"), (FIRST, NEW)),
    ],
    ids=["for another", "in another role", "for the operator to hold"],
)
def test_a_party_enrols_for_itself_in_its_role_a_key_that_it_holds(
    register: Register, key: Key, signers: tuple[Signer, ...]
) -> None:
    with pytest.raises(NotAllowed):
        said(register, FARM, key, *signers)


def test_a_key_that_the_operator_holds_says_nothing_about_keys(register: Register) -> None:
    for key, more in (
        (enrolment(SHOP, NEW), [NEW]),
        (rotation(KEPT, NEW), [NEW]),
        (revocation(THEIRS), []),
        (report(SHOP, THEIRS), []),
    ):
        with pytest.raises(NotAllowed):
            said(register, SHOP, key, KEPT, *more)


def test_no_key_is_enrolled_twice_not_even_as_something_else(register: Register) -> None:
    passkey = PasskeySigner.make(SITE, number=1)
    after = said(register, PEN.registrar, enrolment(FARM, passkey, rp_id=SITE), PEN.registrar_key, passkey)
    plain = PEN.signs(
        PEN.registrar, enrolment(SHOP, passkey), [PEN.registrar_key, Es256Signer(passkey.secret)]
    )
    with pytest.raises(NotAllowed, match="not enrolled before"):
        taken(after, plain)
    with pytest.raises(NotAllowed, match="not enrolled before"):
        said(register, FARM, rotation(FIRST, SECOND), FIRST, SECOND)


# --- Replacing


def test_a_rotation_ends_the_old_key_and_begins_the_new_one_in_one_entry(register: Register) -> None:
    at = register.size
    after = said(register, FARM, rotation(FIRST, NEW), FIRST, NEW)
    old, new = after.keys[FIRST.public.keyid], after.keys[NEW.public.keyid]
    assert (old.until, old.reason, new.since) == (at, "superseded", at)
    assert (new.party, new.role, new.custody) == (FARM, "enterprise", "own")
    assert after.signed_by(PEN.signs(FARM, SALE, [NEW]).envelope, at=at + 1)
    with pytest.raises(SignatureWrong, match="not revoked"):
        after.signed_by(PEN.signs(FARM, SALE, [FIRST]).envelope, at=at + 1)


def test_the_registrar_rotates_its_own_key(register: Register) -> None:
    after = said(register, PEN.registrar, rotation(PEN.registrar_key, NEW), PEN.registrar_key, NEW)
    assert after.role_of(PEN.registrar) == "registrar"
    said(after, PEN.registrar, revocation(FIRST), NEW)


@pytest.mark.parametrize(
    ("issuer", "signers", "refusal"),
    [
        (FARM, (SECOND, NEW), NotAllowed),
        (FARM, (FIRST,), SignatureWrong),
        (FARM, (NEW,), NotAllowed),
        (SHOP, (THEIRS, NEW), NotAllowed),
        (PEN.registrar, (PEN.registrar_key, NEW), NotAllowed),
        (PEN.registrar, (PEN.registrar_key, FIRST, NEW), NotAllowed),
    ],
    ids=["another key", "no proof", "new alone", "another party", "registrar", "registrar beside it"],
)
def test_a_rotation_is_signed_by_the_old_key_and_the_new_one(
    register: Register, issuer: PartyId, signers: tuple[Signer, ...], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        said(register, issuer, rotation(FIRST, NEW), *signers)


# --- Ending


def test_a_party_revokes_a_key_with_another_one_that_it_holds(register: Register) -> None:
    assert said(register, FARM, revocation(FIRST), SECOND).keys[FIRST.public.keyid].until == register.size
    for issuer, key, signer in (
        (FARM, FIRST, FIRST),
        (SHOP, FIRST, THEIRS),
        (FARM, PEN.registrar_key, FIRST),
        (FARM, fixed(99), FIRST),
    ):
        with pytest.raises(NotAllowed):
            said(register, issuer, revocation(key), signer)


def test_the_registrar_revokes_any_key_once(register: Register) -> None:
    after = said(register, PEN.registrar, revocation(FIRST), PEN.registrar_key)
    with pytest.raises(UnknownName, match="an active key"):
        said(after, PEN.registrar, revocation(FIRST), PEN.registrar_key)
    with pytest.raises(UnknownName, match="an active key"):
        said(after, PEN.registrar, revocation(fixed(99)), PEN.registrar_key)


# --- Reporting a theft


def test_a_stolen_key_ends_here_and_is_in_question_since_its_time(register: Register) -> None:
    at = register.size
    for issuer, signer in ((FARM, SECOND), (PEN.registrar, PEN.registrar_key)):
        one = said(register, issuer, report(FARM, FIRST), signer).keys[FIRST.public.keyid]
        assert (one.until, one.reason, one.compromised_ms, one.reported) == (at, "stolen", 1000, at)
        assert [one.disputes(ms) for ms in (999, 1000, 1001)] == [False, True, True]


def test_what_a_stolen_key_signed_before_the_report_stays_signed(register: Register) -> None:
    sale, at = PEN.signs(FARM, SALE, [FIRST]), register.size
    before = register.signed_by(sale.envelope, at=at)
    after = said(register, FARM, report(FARM, FIRST), SECOND)
    assert [one.key for one in after.signed_by(sale.envelope, at=at)] == [one.key for one in before]


def test_a_thief_reports_neither_his_own_key_nor_anybody_elses(register: Register) -> None:
    for issuer, party, key, signer in (
        (FARM, FARM, FIRST, FIRST),
        (SHOP, FARM, FIRST, THEIRS),
        (PEN.registrar, PEN.registrar, PEN.registrar_key, PEN.registrar_key),
    ):
        with pytest.raises(NotAllowed):
            said(register, issuer, report(party, key), signer)


def test_the_registrars_stolen_key_is_reported_by_its_other_one(register: Register) -> None:
    after = said(
        register, PEN.registrar, enrolment(PEN.registrar, NEW, role="registrar"), PEN.registrar_key, NEW
    )
    ended = said(after, PEN.registrar, report(PEN.registrar, PEN.registrar_key), NEW)
    assert ended.keys[PEN.registrar_key.public.keyid].reason == "stolen"


def test_a_key_that_was_lost_first_may_turn_out_stolen_and_the_end_stays_where_it_was(
    register: Register,
) -> None:
    lost = said(register, FARM, revocation(FIRST), SECOND)
    one = said(lost, FARM, report(FARM, FIRST), SECOND).keys[FIRST.public.keyid]
    assert (one.until, one.reason, one.compromised_ms) == (register.size, "lost", 1000)


def test_a_second_report_reaches_further_back_or_says_nothing(register: Register) -> None:
    once = said(register, FARM, report(FARM, FIRST, 1000), SECOND)
    for since_ms in (1000, 1001):
        with pytest.raises(Malformed, match="before 1000"):
            said(once, FARM, report(FARM, FIRST, since_ms), SECOND)
    again = said(once, FARM, report(FARM, FIRST, 999), SECOND)
    assert again.keys[FIRST.public.keyid].compromised_ms == 999


def test_a_report_names_whose_key_it_is(register: Register) -> None:
    with pytest.raises(Malformed, match=r"key\.party"):
        said(register, PEN.registrar, report(SHOP, FIRST), PEN.registrar_key)
    with pytest.raises(UnknownName, match="an enrolled key"):
        said(register, PEN.registrar, report(FARM, fixed(99)), PEN.registrar_key)


def test_a_statement_is_in_question_when_every_key_of_its_issuer_is(register: Register) -> None:
    after = said(register, FARM, report(FARM, FIRST, 1000), SECOND)
    first, second, theirs = (one.public.keyid for one in (FIRST, SECOND, THEIRS))

    def asked(*keyids: str, at_ms: int = 1000, seq: int = 50, party: PartyId = FARM) -> int:
        return len(after.disputed(keyids, issuer=party, seq=seq, at_ms=at_ms))

    assert (asked(first), asked(first, at_ms=999)) == (1, 0)
    # A sound key of its own beside it is enough; somebody else's is not.
    assert (asked(first, second), asked(first, theirs)) == (0, 1)
    assert (asked(first, theirs, party=SHOP), asked()) == (0, 0)
    # The key that an entry enrols speaks for nobody in it.
    assert asked(first, second, seq=after.keys[second].since) == 1


# --- Names


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        (enrolment(FARM, NEW), {"keyid": "0" * 64}),
        (enrolment(FARM, NEW), {"replaces": "0" * 64}),
        (enrolment(FARM, NEW), {"since_ms": 1}),
        (rotation(FIRST, NEW), {"role": "authority"}),
        (rotation(FIRST, NEW), {"party": FARM}),
        (rotation(FIRST, NEW), {"public_key": None}),
        (rotation(FIRST, NEW), {"replaces": None}),
        (revocation(FIRST), {"party": FARM}),
        (revocation(FIRST), {"reason": None}),
        (report(FARM, FIRST), {"since_ms": None}),
        (report(FARM, FIRST), {"party": None}),
        (report(FARM, FIRST), {"reason": "stolen"}),
    ],
)
def test_each_action_names_what_it_needs_and_nothing_that_means_nothing(
    register: Register, key: Key, changes: dict[str, object]
) -> None:
    with pytest.raises(Malformed, match="key: malformed"):
        said(register, PEN.registrar, key.model_copy(update=changes), PEN.registrar_key, FIRST, NEW)


def test_what_else_the_register_says_is_the_registrars(register: Register) -> None:
    statement = PEN.signs(FARM, SALE, [FIRST]).header.id
    erasure = Erasure.read(
        {"ground": "-", "erased": [{"issuer": str(FARM), "statement": str(statement), "places": [0]}]}
    )
    register.admits(PEN.signs(PEN.registrar, erasure, [PEN.registrar_key]), at=register.size)
    with pytest.raises(NotAllowed, match="the registrar's signature"):
        register.admits(PEN.signs(FARM, erasure, [FIRST]), at=register.size)
