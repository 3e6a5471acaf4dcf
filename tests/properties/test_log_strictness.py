"""What Python reads and a log may not: numbers, base64 and lines with a second spelling.

A lenient reader takes two texts for one. Then a signature covers one of them, somebody shows the other, and two verifiers disagree about
what was signed. So for every text that Python's own readers would take, ours takes it only in the spelling it would write.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.errors import CheckpointMalformed, HashMalformed, KeyMalformed, Untrue
from ledger.log.merkle import Hash, leaf_hash, root_of
from ledger.log.note import Cosigner, NoteSigner, NoteVerifier, SignatureKind
from ledger.log.proof import TlogProof, prove_inclusion
from ledger.log.sizes import SIZE_MAX, Position, Size
from ledger.log.strict import decode_base64, read_base64, read_decimal, write_base64
from ledger.log.tiles import HeldRows, grow_tiles

if TYPE_CHECKING:
    from ledger.log.checkpoint import SignedCheckpoint

LOG: Final = NoteSigner.from_seed("log.example/main", bytes(32))
WITNESS: Final = Cosigner.from_seed("witness.example/w1", bytes([1]) * 32)
ENTRIES: Final = [b"entry %d" % at for at in range(300)]
LEAVES: Final = [leaf_hash(entry) for entry in ENTRIES]
ROWS: Final = HeldRows(grow_tiles(Size(0), LEAVES, HeldRows({}).read_tile))
HEAD: Final = Checkpoint(LOG.name, Size(300), root_of(LEAVES))
COSIGNED: Final = HEAD.sign([LOG]) + f"{WITNESS.cosign(HEAD.to_bytes(), time=1_794_614_400)}\n".encode()

#: What int() overlooks or takes for a digit: signs, blanks, separators, digits of other scripts.
DIGITS: Final = st.text(
    st.sampled_from("0123456789+-_ \t\n\r\x0b\x0c\x1c\x85\u00a0\u2028\u3000٠٣۵९５𝟗²"), max_size=12
)
#: What b64decode() skips, and what it takes for + and / elsewhere.
LETTERS: Final = st.text(st.sampled_from("ABQZagz059+/=-_ \n\r\t!.\u00c9"), max_size=60)
#: All that str.splitlines() takes for the end of a line, and what hides in one.
BREAKS: Final = (
    *("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"),
    *("\n\n", "\t", "\x00", "\ufeff", "\u200b", "+", "=", "—", "0"),
)


def test_the_traps_are_traps() -> None:
    assert [int(text) for text in ("+5", " 5", "1_0", "٣", "05")] == [5, 5, 10, 3, 5]
    assert {b64decode(text) for text in ("AAE=", "AAF=", "AA E=", "A!AE=")} == {b"\x00\x01"}
    assert all(len(f"a{one}b".splitlines()) == 2 for one in BREAKS[:11])


@given(text=DIGITS | st.integers().map(str) | st.integers(0, SIZE_MAX).map(lambda one: f"{one:_}"))
@example(text="+5")
@example(text=" 5")
@example(text="1_0")
@example(text="٣")
@example(text=str(SIZE_MAX))
@example(text=str(SIZE_MAX + 1))
def test_a_number_has_the_one_spelling_that_is_written(text: str) -> None:
    try:
        lenient: int | None = int(text)
    except ValueError:
        lenient = None
    if lenient is not None and str(lenient) == text and 0 <= lenient <= SIZE_MAX:
        assert read_decimal(text, field="size", refusal=CheckpointMalformed) == lenient
    else:
        with pytest.raises(CheckpointMalformed):
            read_decimal(text, field="size", refusal=CheckpointMalformed)


@given(text=LETTERS | st.binary(max_size=40).map(write_base64))
@example(text="AAF=")
@example(text="AA E=")
def test_base64_has_the_one_spelling_that_is_written(text: str) -> None:
    try:
        lenient: bytes | None = b64decode(text)
    except (binascii.Error, ValueError):
        lenient = None
    if lenient is not None and write_base64(lenient) == text:
        assert read_base64(text, field="hash", refusal=HashMalformed) == lenient
    else:
        assert decode_base64(text) is None


@given(root=st.binary(min_size=32, max_size=32), bit=st.integers(1, 3))
def test_bits_before_the_padding_make_no_second_hash(root: bytes, bit: int) -> None:
    text = str(Hash(root))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    second = text[:-2] + alphabet[alphabet.index(text[-2]) ^ bit] + "="
    assert b64decode(second) == root
    with pytest.raises(HashMalformed):
        Hash.parse(second)


@given(data=st.data())
def test_a_checkpoint_that_was_touched_is_refused_or_says_the_same(data: st.DataObject) -> None:
    raw = touched(data, COSIGNED)
    try:
        opened = open_checkpoint(raw, [LOG.verifier], [WITNESS.verifier])
    except Untrue:
        return
    # A cosignature may be taken away or stand twice; a line of a key nobody knows may be put in.
    assert opened.checkpoint == HEAD
    assert {one.verifier for one in opened.log_signatures} == {LOG.verifier}
    assert opened.checkpoint.to_bytes() == raw[: raw.rindex(b"\n\n") + 1]


@given(data=st.data(), position=st.integers(0, 299))
def test_a_proof_file_that_was_touched_is_refused_or_proves_the_same(
    data: st.DataObject, position: int
) -> None:
    good = TlogProof(
        position=Position(position),
        hashes=prove_inclusion(Position(position), Size(300), ROWS),
        checkpoint=COSIGNED,
        extra=b"lot A",
    )
    raw = touched(data, good.to_bytes())
    try:
        proof = TlogProof.parse(raw)
        opened: SignedCheckpoint = proof.verify(ENTRIES[position], [LOG.verifier])
    except Untrue:
        return
    # Only what nobody signed may differ: the extra data, and signatures of keys that were not asked for.
    assert proof.to_bytes() == raw
    assert (opened.checkpoint, proof.position, proof.hashes) == (HEAD, position, good.hashes)


@given(data=st.data())
@pytest.mark.parametrize("kind", SignatureKind)
def test_a_public_key_that_was_touched_is_refused_or_is_the_same_or_names_itself(
    data: st.DataObject, kind: SignatureKind
) -> None:
    key = LOG.verifier if kind is SignatureKind.ED25519 else WITNESS.verifier
    raw = touched(data, str(key).encode())
    try:
        read = NoteVerifier.parse(raw.decode("utf-8", "surrogateescape"))
    except KeyMalformed:
        return
    # Its id is a digest of name and key: another key under this id would have to be searched for.
    assert read == key
    assert str(read).encode() == raw


@pytest.mark.parametrize(
    "small",
    [
        bytes(32),
        bytes([1]) + bytes(31),
        bytes(31) + b"\x80",
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
        bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ],
)
def test_a_key_whose_signatures_fit_many_texts_is_none(small: bytes) -> None:
    with pytest.raises(KeyMalformed, match="not of small order"):
        NoteVerifier(LOG.name, small)


def touched(data: st.DataObject, good: bytes) -> bytes:
    """These bytes with a piece changed, lost, doubled or put elsewhere."""
    start = data.draw(st.integers(0, len(good)))
    stop = data.draw(st.integers(start, min(len(good), start + 70)))
    piece = st.one_of(
        st.sampled_from(BREAKS).map(str.encode),
        st.binary(max_size=2),
        st.just(good[start:stop] * 2),
        st.sampled_from(good.split(b"\n")),
        st.sampled_from(good.split(b"\n")).map(lambda line: line + b"\n"),
    )
    raw = good[:start] + data.draw(piece) + good[stop:]
    cut = data.draw(st.integers(0, len(raw)) | st.just(len(raw)))
    return raw[:cut] if data.draw(st.booleans()) else raw
