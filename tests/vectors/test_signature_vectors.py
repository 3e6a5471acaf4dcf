"""Ed25519 where libraries differ: which signatures count is decided here once, for log keys, witnesses and parties alike.

A signature is good when its bytes are the ones that RFC 8032 5.1.7 computes, without the cofactor: R is compared as it is written. Public
keys that bind nobody are refused before any signature is looked at.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Refusal
from ledger.keys import PublicKey
from ledger.log.errors import KeyMalformed, NoteSignatureWrong
from ledger.log.note import NoteVerifier
from ledger.statement import PAYLOAD_TYPE, pre_authentication_encoding
from tests.support.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

pytestmark = pytest.mark.vectors


def load(name: str) -> Any:  # noqa: ANN401 (other people's JSON, in shapes of their own)
    """One file of the signature vectors."""
    return json.loads(vectors(f"tlog/{name}").read_text("utf-8"))


def note_key_takes(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a key of the log would be believed."""
    try:
        NoteVerifier("log.example/main", key).check(message, signature)
    except (KeyMalformed, NoteSignatureWrong):
        return False
    return True


def party_key_takes(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a party's key would be believed."""
    try:
        PublicKey.parse("ed25519", b64encode(key).decode()).verify(signature, message)
    except Refusal:
        return False
    return True


def wycheproof() -> Iterator[tuple[str, bool, bytes, bytes, bytes]]:
    """Name, whether it is good, key, signature, message."""
    for group in load("sig/wycheproof-ed25519.json")["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            name = f"{case['tcId']} {case['comment']}"
            yield (
                name,
                case["result"] == "valid",
                key,
                bytes.fromhex(case["sig"]),
                bytes.fromhex(case["msg"]),
            )


def test_forged_cut_and_stretched_signatures_are_judged_as_wycheproof_judges_them() -> None:
    cases = list(wycheproof())
    assert len(cases) == 151
    for takes in (note_key_takes, party_key_takes):
        assert [name for name, good, *rest in cases if takes(*rest) is not good] == []


def test_of_the_edge_cases_those_count_that_bind_their_signer() -> None:
    """CCTV's 914 cases are signatures some library takes; flags say what is odd about each."""
    cases = load("sig/cctv-ed25519vectors.json")
    assert len(cases) == 914
    taken = set()
    for case in cases:
        flags = set(case["flags"] or ())
        key, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
        answers = {takes(key, signature, case["msg"].encode()) for takes in (note_key_takes, party_key_takes)}
        # A residue is what only multiplying with the cofactor takes away; low order and second spellings are for whoever denies.
        strict = not flags & {"low_order_A", "low_order_residue", "non_canonical_A", "non_canonical_R"}
        assert answers == {strict}, case["number"]
        if strict:
            taken.add(frozenset(flags))
    assert frozenset() in taken


def test_what_is_signed_in_an_envelope_is_the_dsse_example_with_our_type() -> None:
    example = load("dsse/dsse-example.json")
    theirs, kind = example["pae"].encode(), example["payloadType"].encode()
    ours = theirs.replace(b"%d %s" % (len(kind), kind), b"%d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode()))
    assert pre_authentication_encoding(example["payload"].encode()) == ours
