"""One statement, shown as far as its holder wishes, to somebody who has nothing but the log's public key."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.canonical import NotCanonical, NotJson, canonical
from ledger.disclosure import DISCLOSURE_BYTES_MAX, Disclosure, DisclosureWrong
from ledger.errors import Malformed, NotAllowed, Refusal, SignatureWrong, TooLarge
from ledger.log.errors import CheckpointOfAnotherLog, NoteUnsigned, ProofWrong
from ledger.log.note import Cosigner, Note, NoteSigner, NoteVerifier, sign_note
from ledger.statement import CommitmentWrong, OpenedItem
from tests.support import second_verifier
from tests.support.memory_log import MemoryLog, leek
from tests.support.second_verifier import Bad, verify_disclosure, verify_files

if TYPE_CHECKING:
    from collections.abc import Callable


class Story:
    """A log in which a shop, enrolled by the registrar's second key, has recorded a batch."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.deputy = self.log.enrol("registrar")
        self.farm = self.log.enrol("enterprise")
        self.shop = self.log.enrol("enterprise", by=self.deputy, custody="custodial")
        self.batch = self.log.says(self.shop, leek(self.farm.party))
        self.log.says(self.farm, leek(self.farm.party, "JC-20261115"))

    @property
    def keys(self) -> list[NoteVerifier]:
        return [self.log.key.verifier]

    def shown(self, *places: int) -> Disclosure:
        return self.log.disclose(self.batch, places)


@pytest.fixture
def story() -> Story:
    return Story()


def expect_refused(story: Story, raw: bytes, refusal: type[Refusal] = Refusal) -> None:
    """Both verifiers refuse it; ours with the named refusal and no other error."""
    with pytest.raises(refusal):
        Disclosure.parse(raw).verify(story.keys)
    with pytest.raises(Bad):
        verify_disclosure(raw, story.log.vkey)


def changed(raw: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with something done to its JSON, spelt as it should be."""
    body = json.loads(raw)
    change(body)
    return canonical(body)


# --- What it shows


def test_it_goes_to_bytes_and_back(story: Story) -> None:
    shown = story.shown(0)
    assert Disclosure.parse(shown.to_bytes()) == shown


def test_the_log_key_alone_is_enough_to_believe_it(story: Story) -> None:
    found = Disclosure.parse(story.shown(0).to_bytes()).verify(story.keys)
    assert (found.position, found.recorded_at_ms) == (story.batch, story.log.slots[story.batch].entry.at_ms)
    assert (found.header.issuer, found.header.type) == (story.shop.party, "batch.v1")
    assert found.items[0].fields["name"] == "韭菜"
    assert (found.register.origin, found.register.clock) == (story.log.origin, "simulated")
    assert found.checkpoint.checkpoint.size == 6


def test_it_says_whose_key_signed_and_who_holds_it(story: Story) -> None:
    (signer,) = story.shown(0).verify(story.keys).signers
    assert (signer.party, signer.custody, signer.since) == (story.shop.party, "custodial", 3)


def test_a_closed_item_stays_closed(story: Story) -> None:
    shown = story.shown(0)
    found = shown.verify(story.keys)
    assert (set(found.items), found.closed) == ({0}, (1,))
    closed = story.log.statements[story.batch].opened[1]
    raw = shown.to_bytes()
    for secret in (closed.salt, closed.item.raw):
        assert b64encode(secret) not in raw
    assert b"60" not in b64decode(json.loads(raw)["items"][0]["item"])


@pytest.mark.parametrize("places", [(), (0,), (1,), (0, 1), (1, 0, 1)])
def test_any_of_the_items_can_be_shown(story: Story, places: tuple[int, ...]) -> None:
    raw = story.shown(*places).to_bytes()
    assert set(Disclosure.parse(raw).verify(story.keys).items) == set(places)
    assert set(verify_disclosure(raw, story.log.vkey).items) == set(places)


def test_a_verifier_that_knows_only_the_page_finds_the_same(story: Story) -> None:
    raw = story.shown(0, 1).to_bytes()
    ours, theirs = Disclosure.parse(raw).verify(story.keys), verify_disclosure(raw, story.log.vkey)
    assert (theirs.position, theirs.at, theirs.type) == (ours.position, ours.recorded_at_ms, ours.header.type)
    assert (theirs.issuer, theirs.origin) == (str(ours.header.issuer), ours.register.origin)
    assert {place: canonical(item) for place, item in theirs.items.items()} == {  # type: ignore[arg-type]  # read as JSON
        place: item.raw for place, item in ours.items.items()
    }
    assert [(key.party, key.custody) for key in theirs.signers] == [
        (str(one.party), one.custody) for one in ours.signers
    ]


def test_the_enrolments_go_back_to_the_genesis_and_no_further_than_needed(story: Story) -> None:
    assert [one.position for one in story.shown(0).register] == [0, 1, 3]
    assert [one.position for one in story.log.disclose(5, [0]).register] == [0, 2]


def test_every_co_signer_is_shown_enrolled(story: Story) -> None:
    made = story.log.made(story.farm, leek(story.farm.party), signers=[story.farm.signer, story.shop.signer])
    shown = story.log.disclose(story.log.take(made), [0])
    assert [one.position for one in shown.register] == [0, 1, 2, 3]
    assert {one.party for one in shown.verify(story.keys).signers} == {story.farm.party, story.shop.party}


def test_it_tells_which_witness_has_cosigned(story: Story) -> None:
    witness = Cosigner.from_seed("witness.example/w", bytes(32))
    note = Note.parse(story.log.checkpoint())
    signed = replace(note, signatures=(*note.signatures, witness.cosign(note.text, time=1_794_614_500)))
    shown = story.log.disclose(story.batch, [0], checkpoint=signed.to_bytes())
    assert [one.verifier for one in shown.verify(story.keys, [witness.verifier]).checkpoint.cosignatures] == [
        witness.verifier
    ]
    assert not shown.verify(story.keys).checkpoint.cosignatures


# --- What it cannot show


def test_it_cannot_show_that_the_key_was_revoked_before(story: Story) -> None:
    story.log.revoke(story.shop)
    late = story.log.says(story.shop, leek(story.farm.party, "JC-20261116"))
    # The file is good: it holds the enrolment. Only the log knows of the revocation.
    assert story.log.disclose(late, [0]).verify(story.keys).position == late
    with pytest.raises(Bad, match=f"entry {late}: signed by a key revoked in entry {late - 1}"):
        verify_files(story.log.files(), story.log.vkey)


def test_an_erased_item_can_be_shown_no_more(story: Story) -> None:
    story.log.erase(story.batch, [1])
    story.shown(0)
    with pytest.raises(Malformed, match=r"places.*1.*not erased"):
        story.shown(1)


@pytest.mark.parametrize("place", [-1, 2])
def test_an_item_that_was_never_there_cannot_be_shown(story: Story, place: int) -> None:
    with pytest.raises(Malformed, match="places"):
        story.shown(place)


def test_the_genesis_is_in_every_disclosure_and_has_none_of_its_own(story: Story) -> None:
    with pytest.raises(Malformed, match="position"):
        story.log.disclose(0, [0])
    raw = changed(story.shown(0).to_bytes(), lambda body: body.update(position=0))
    expect_refused(story, raw, Malformed)


# --- What is refused


def test_a_flipped_bit_is_refused(story: Story) -> None:
    raw = story.shown(0).to_bytes()
    # One byte in seventeen: every field, proof and signature is hit more than once.
    for offset in range(0, len(raw), 17):
        flipped = bytearray(raw)
        flipped[offset] ^= 1 << offset // 17 % 8
        expect_refused(story, bytes(flipped))


def test_another_log_s_key_does_not_open_it(story: Story) -> None:
    other = NoteSigner.from_seed(story.log.origin, bytes(32)).verifier
    with pytest.raises(NoteUnsigned):
        story.shown(0).verify([other])
    with pytest.raises(NoteUnsigned):
        story.shown(0).verify([])


def test_a_checkpoint_of_another_log_is_refused_though_its_key_is_known(story: Story) -> None:
    text = Note.parse(story.log.checkpoint()).text.replace(b"0123456789abcdef", b"fedcba9876543210")
    forged = sign_note(text, [story.log.key])
    raw = story.log.disclose(story.batch, [0], checkpoint=forged).to_bytes()
    expect_refused(story, raw, CheckpointOfAnotherLog)


def test_an_item_beside_its_place_is_refused(story: Story) -> None:
    raw = story.shown(0).to_bytes()
    expect_refused(story, changed(raw, lambda body: body["items"][0].update(place=1)), CommitmentWrong)
    expect_refused(story, changed(raw, lambda body: body["items"][0].update(place=2)), DisclosureWrong)


def test_items_stand_in_order_and_once(story: Story) -> None:
    both = story.shown(0, 1)
    first, second = both.statement.items
    for items in ((second, first), (first, first)):
        expect_refused(
            story, replace(both, statement=replace(both.statement, items=items)).to_bytes(), Malformed
        )


def test_another_salt_is_refused(story: Story) -> None:
    shown = story.shown(0)
    ((place, one),) = shown.statement.items
    other = (place, OpenedItem(item=one.item, salt=bytes(32)))
    raw = replace(shown, statement=replace(shown.statement, items=(other,))).to_bytes()
    expect_refused(story, raw, CommitmentWrong)


def test_a_statement_that_its_issuer_did_not_sign_is_refused(story: Story) -> None:
    made = story.log.made(story.shop, leek(story.farm.party), signers=[story.farm.signer])
    expect_refused(story, story.log.disclose(story.log.take(made), [0]).to_bytes(), NotAllowed)


def test_a_statement_signed_before_its_key_was_enrolled_is_refused(story: Story) -> None:
    early = story.log.speaker()
    position = story.log.says(early, leek(early.party))
    story.log.enrol("enterprise", speaker=early)
    expect_refused(story, story.log.disclose(position, [0]).to_bytes(), SignatureWrong)


def test_an_enrolment_that_the_registrar_did_not_sign_is_refused(story: Story) -> None:
    friend = story.log.enrol("enterprise", by=story.farm)
    position = story.log.says(friend, leek(friend.party))
    raw = story.log.disclose(position, [0]).to_bytes()
    expect_refused(story, raw, NotAllowed)


def test_a_key_that_enrols_itself_is_refused(story: Story) -> None:
    stranger = story.log.speaker()
    story.log.enrol("registrar", speaker=stranger, by=stranger)
    position = story.log.says(stranger, leek(stranger.party))
    # The key proves that it is there, and speaks for nobody.
    expect_refused(story, story.log.disclose(position, [0]).to_bytes(), NotAllowed)


def test_a_register_statement_by_a_trader_is_refused(story: Story) -> None:
    story.log.enrol("enterprise", by=story.farm)
    expect_refused(story, story.log.disclose(6, [0]).to_bytes(), NotAllowed)


def test_a_missing_enrolment_is_refused(story: Story) -> None:
    shown = story.shown(0)
    for left_out in range(3):
        register = tuple(one for at, one in enumerate(shown.register) if at != left_out)
        expect_refused(story, replace(shown, register=register).to_bytes())


def test_it_shows_nothing_that_no_signature_rests_on(story: Story) -> None:
    shown, other = story.shown(0), story.log.disclose(5, [0])
    register = tuple(sorted([*shown.register, other.register[1]], key=lambda one: one.position))
    assert [one.position for one in register] == [0, 1, 2, 3]
    expect_refused(story, replace(shown, register=register).to_bytes(), DisclosureWrong)


def test_the_register_stands_in_the_order_of_the_log(story: Story) -> None:
    shown = story.shown(0)
    first, second, third = shown.register
    for register in ((first, third, second), (second, first, third), (first, first, second, third), ()):
        expect_refused(story, replace(shown, register=register).to_bytes())


def test_trade_statements_are_no_register(story: Story) -> None:
    shown = story.shown(0)
    whole = story.log.disclose(5, [0, 1]).statement
    expect_refused(story, replace(shown, register=(*shown.register, whole)).to_bytes())


def test_an_enrolment_is_shown_whole(story: Story) -> None:
    shown = story.shown(0)
    bare = replace(shown.register[1], items=())
    register = (shown.register[0], bare, shown.register[2])
    expect_refused(story, replace(shown, register=register).to_bytes(), CommitmentWrong)


def test_all_proofs_end_in_one_checkpoint(story: Story) -> None:
    old = story.shown(0)
    story.log.says(story.farm, leek(story.farm.party))
    new = story.shown(0)
    mixed = replace(new, register=(old.register[0], *new.register[1:]))
    expect_refused(story, mixed.to_bytes(), DisclosureWrong)


def test_the_proof_of_another_entry_is_refused(story: Story) -> None:
    shown, other = story.shown(0), story.log.disclose(5, [0])
    expect_refused(
        story, replace(shown, statement=replace(shown.statement, proof=other.statement.proof)).to_bytes()
    )
    moved = replace(other.statement, position=shown.statement.position)
    expect_refused(story, replace(other, statement=moved).to_bytes(), DisclosureWrong)
    with_extra = replace(shown.statement, proof=replace(shown.statement.proof, extra=b"trust me"))
    expect_refused(story, replace(shown, statement=with_extra).to_bytes(), DisclosureWrong)


def test_an_entry_that_is_not_in_the_tree_is_refused(story: Story) -> None:
    shown = story.shown(0)
    entry = replace(shown.statement.entry, at_ms=shown.statement.entry.at_ms + 1)
    expect_refused(
        story, replace(shown, statement=replace(shown.statement, entry=entry)).to_bytes(), ProofWrong
    )


def test_an_envelope_that_the_entry_does_not_digest_is_refused(story: Story) -> None:
    shown = story.shown(0)
    made = story.log.made(story.shop, leek(story.farm.party))
    items = ((0, made.opened[0]),)
    other = replace(shown.statement, envelope=made.envelope, items=items)
    expect_refused(story, replace(shown, statement=other).to_bytes(), DisclosureWrong)


def test_a_statement_made_for_another_log_is_refused(story: Story) -> None:
    made = story.log.made(story.farm, leek(story.farm.party), log="log.example/fedcba9876543210")
    expect_refused(story, story.log.disclose(story.log.take(made), [0]).to_bytes(), DisclosureWrong)


def test_a_genesis_of_another_log_is_a_mistake_in_the_file_and_not_a_fault_of_ours(story: Story) -> None:
    register = story.log.register()
    foreign = story.log.genesis(story.log.registrar, origin="log.example/fedcba9876543210")
    story.log.put(0, story.log.made(story.log.registrar, foreign))
    raw = story.log.disclose(story.batch, [0], register=register).to_bytes()
    with pytest.raises(DisclosureWrong, match=r"register\[0\]"):
        Disclosure.parse(raw).verify(story.keys)
    expect_refused(story, raw)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(v=2),
        lambda body: body.update(v=True),
        lambda body: body.update(kind="suyuan/disclosure/v2"),
        lambda body: body.update(note="验真请看此处"),
        lambda body: body.pop("proof"),
        lambda body: body.update(position=-1),
        lambda body: body.update(position="4"),
        lambda body: body.update(entry="e30="),
        lambda body: body.update(entry=1),
        lambda body: body.update(items={}),
        lambda body: body.update(items=["e30="]),
        lambda body: body["items"][0].update(shown=True),
        lambda body: body["items"][0].pop("salt"),
        lambda body: body.update(register="none"),
        lambda body: body.update(register=[]),
        lambda body: body["register"].append("none"),
        lambda body: body["register"][0].update(v=1),
        lambda body: body["register"][0].pop("items"),
        lambda body: body.update(register=body["register"] * 100),
        lambda body: body.update(proof="c2sp.org/tlog-proof@v1\nindex 4\n"),
    ],
)
def test_any_other_shape_is_refused(story: Story, change: Callable[[dict[str, Any]], object]) -> None:
    expect_refused(story, changed(story.shown(0).to_bytes(), change))


def test_any_other_spelling_is_refused(story: Story) -> None:
    raw = story.shown(0).to_bytes()
    expect_refused(story, raw + b"\n", NotCanonical)
    expect_refused(story, b" " + raw, NotCanonical)
    expect_refused(story, b"[]")
    expect_refused(story, b"")


def test_a_file_beyond_the_limit_is_not_even_read(story: Story) -> None:
    with pytest.raises(TooLarge):
        Disclosure.parse(b" " * (DISCLOSURE_BYTES_MAX + 1))
    # One byte less is read, and refused for what it is.
    with pytest.raises(NotJson):
        Disclosure.parse(b" " * DISCLOSURE_BYTES_MAX)


@pytest.mark.parametrize("check", ["check_nothing_else", "check_log", "check_digest", "check_inclusion"])
def test_without_its_check_a_verifier_would_be_deceived(
    story: Story, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lies of the tests above, told to a verifier that does not look."""
    shown, other = story.shown(0), story.log.disclose(5, [0])
    if check == "check_nothing_else":
        register = tuple(sorted([*shown.register, other.register[1]], key=lambda one: one.position))
        lie = replace(shown, register=register)
    elif check == "check_log":
        foreign = story.log.made(story.farm, leek(story.farm.party), log="log.example/fedcba9876543210")
        lie = story.log.disclose(story.log.take(foreign), [0])
    elif check == "check_digest":
        made = story.log.made(story.shop, leek(story.farm.party))
        swapped = replace(shown.statement, envelope=made.envelope, items=((0, made.opened[0]),))
        lie = replace(shown, statement=swapped)
    else:
        later = replace(shown.statement.entry, at_ms=shown.statement.entry.at_ms + 1)
        lie = replace(shown, statement=replace(shown.statement, entry=later))
    expect_refused(story, lie.to_bytes())
    monkeypatch.setattr(second_verifier, check, lambda *_: None)
    verify_disclosure(lie.to_bytes(), story.log.vkey)
