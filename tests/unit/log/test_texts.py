"""Whatever a parser of the log takes, it writes back byte for byte; everything else it refuses in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.checkpoint import Checkpoint
from ledger.log.errors import Untrue
from ledger.log.merkle import Hash, leaf_hash
from ledger.log.note import Cosigner, Note, NoteSigner, NoteVerifier, open_note, sign_note
from ledger.log.proof import TlogProof
from ledger.log.sizes import Position, Size
from ledger.log.tiles import Bundle, Tile, decode_bundle, encode_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = NoteSigner.from_seed("log.example/main", bytes(32))
WITNESS = Cosigner.from_seed("witness.example/w1", bytes([1]) * 32)
HEAD = Checkpoint(LOG.name, Size(2), leaf_hash(b"root"), extensions=("one",))
NOTE = sign_note(HEAD.to_bytes(), [LOG]) + f"{WITNESS.cosign(HEAD.to_bytes(), time=1)}\n".encode()
PROOF = TlogProof(position=Position(1), hashes=(leaf_hash(b"one"),), checkpoint=NOTE, extra=b"lot")

#: A good text, and what reading and writing it again gives.
READERS: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "note": (NOTE, lambda raw: Note.parse(raw).to_bytes()),
    "checkpoint": (HEAD.to_bytes(), lambda raw: Checkpoint.parse(raw).to_bytes()),
    "proof": (PROOF.to_bytes(), lambda raw: TlogProof.parse(raw).to_bytes()),
    "public key": (str(LOG.verifier).encode(), lambda raw: str(NoteVerifier.parse(as_text(raw))).encode()),
    "secret key": (
        LOG.secret_text().encode(),
        lambda raw: NoteSigner.parse(as_text(raw)).secret_text().encode(),
    ),
    "tile": (Tile(1, 1_234_067, 9).path.encode(), lambda raw: Tile.parse(as_text(raw)).path.encode()),
    "bundle path": (Bundle(1_067, 255).path.encode(), lambda raw: Bundle.parse(as_text(raw)).path.encode()),
    "bundle": (encode_bundle([b"one", b"", b"two"]), lambda raw: encode_bundle(decode_bundle(raw, 3))),
    "hash": (str(leaf_hash(b"one")).encode(), lambda raw: str(Hash.parse(as_text(raw))).encode()),
}


def as_text(raw: bytes) -> str:
    """Text as it comes from a path or a setting; what is no UTF-8 comes as surrogates, as from the operating system."""
    return raw.decode("utf-8", "surrogateescape")


#: What a careless writer, or a careful liar, would put into a line.
PIECES = st.one_of(
    st.binary(max_size=3),
    st.sampled_from(
        [
            b"\n",
            b"\n\n",
            b" ",
            b"+",
            b"0",
            b"=",
            b"_",
            b"/",
            b"x",
            b"\r",
            "—".encode(),
            "\u2028".encode(),
            b"\x00",
        ]
    ),
)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_what_is_read_is_written_back_and_what_is_not_is_refused(name: str, data: st.DataObject) -> None:
    good, there_and_back = READERS[name]
    assert there_and_back(good) == good
    start = data.draw(st.integers(0, len(good)))
    stop = data.draw(st.integers(start, min(len(good), start + 3)))
    raw = good[:start] + data.draw(PIECES) + good[stop:]
    try:
        again = there_and_back(raw)
    except Untrue:
        return
    assert again == raw


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=200))
def test_every_text_can_be_signed_and_comes_out_whole(text: str) -> None:
    raw = f"{text}\n".encode()
    assert open_note(sign_note(raw, [LOG]), [LOG.verifier]).text == raw
