"""Policies: what may be asked for, what cannot be meant, and when a checkpoint has enough witnesses."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.checkpoint import Checkpoint
from ledger.log.errors import KeyMalformed, NoteSignatureWrong, NoteUnsigned, Untrue
from ledger.log.merkle import leaf_hash
from ledger.log.note import Cosigner, NoteSigner, SignsNotes
from ledger.log.policy import POLICY_BYTES_MAX, POLICY_LINES_MAX, Policy, PolicyMalformed, QuorumMissed
from ledger.log.sizes import Size

LOG = NoteSigner.from_seed("log.example/main", bytes(32))
OTHER_LOG = NoteSigner.from_seed("log.example/other", bytes([9]) * 32)
NAMES = ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
WITNESSES = {
    name: Cosigner.from_seed(f"{name}.example/w", bytes([number]) * 32)
    for number, name in enumerate(NAMES, start=1)
}
KEYS = {name: one.verifier for name, one in WITNESSES.items()}
TIME = 1_763_700_000

#: The example of the specification.
EXAMPLE = f"""log {LOG.verifier}

witness X1 {KEYS["X1"]}
witness X2 {KEYS["X2"]}
witness X3 {KEYS["X3"]}
group X-witnesses 2 X1 X2 X3

witness Y1 {KEYS["Y1"]}
witness Y2 {KEYS["Y2"]}
witness Y3 {KEYS["Y3"]}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
ONE = f"witness X1 {KEYS['X1']}\n"
TWO = f"{ONE}witness X2 {KEYS['X2']}\n"


def policy(text: str) -> Policy:
    """The policy in a text."""
    return Policy.parse(text.encode("utf-8", "surrogateescape"))


def note(*names: str, signer: SignsNotes = LOG, size: int = 1) -> bytes:
    """A checkpoint that these witnesses have cosigned."""
    head = Checkpoint(signer.name, Size(size), leaf_hash(b"one"))
    lines = [str(WITNESSES[name].cosign(head.to_bytes(), time=TIME)) for name in names]
    return head.sign([signer]) + "".join(f"{line}\n" for line in lines).encode()


class TestText:
    def test_the_example_of_the_specification_is_read(self) -> None:
        read = policy(EXAMPLE)
        assert read.log_keys == (LOG.verifier,)
        assert read.witness_keys == tuple(KEYS.values())
        assert [(one.name, one.enough) for one in read.groups] == [
            ("X-witnesses", 2),
            ("Y-witnesses", 1),
            ("X-and-Y", 2),
        ]

    @pytest.mark.parametrize(
        "text",
        [
            EXAMPLE,
            "quorum none\n",
            f"{ONE}quorum X1\n",
            f" \t# 说明\n\t witness \t县级 {KEYS['X1']}\thttps://见证.example/ \nquorum 县级 \n\n",
            f"log {LOG.verifier} https://log.example/log/\nquorum none\n",
            f"witness \udcff {KEYS['X1']}\nquorum \udcff\n",
            f"{TWO}group all all X1 X2\nquorum all\n",
        ],
    )
    def test_a_policy_goes_there_and_back(self, text: str) -> None:
        read = policy(text)
        assert Policy.parse(read.to_bytes()) == read

    @pytest.mark.parametrize(
        ("text", "field"),
        [
            ("", ""),
            ("\n", "quorum"),
            (ONE, "quorum"),
            ("quorum none", ""),
            ("quorum none\nquorum none\n", "line 2"),
            ("quorum\n", "line 1"),
            ("quorum none none\n", "line 1"),
            ("Quorum none\n", "line 1"),
            ("quorum X1\n", "line 1"),
            (f"quorum X1\n{ONE}", "line 1"),
            (f"{ONE}witness X1 {KEYS['X2']}\nquorum none\n", "name"),
            (f"{ONE}witness X2 {KEYS['X1']}\nquorum none\n", "witness"),
            (f"witness none {KEYS['X1']}\nquorum none\n", "line 1"),
            (f"witness X1 {LOG.verifier}\nquorum none\n", "line 1"),
            (f"log {KEYS['X1']}\nquorum none\n", "line 1"),
            (f"log {LOG.verifier}\nlog {LOG.verifier} https://log.example\nquorum none\n", "log"),
            (f"log {LOG.verifier} a b\nquorum none\n", "line 1"),
            (f"{ONE}group g all\nquorum g\n", "line 2"),
            (f"{ONE}group g 0 X1\nquorum g\n", "line 2"),
            (f"{ONE}group g 2 X1\nquorum g\n", "line 2"),
            (f"{TWO}group g 01 X1 X2\nquorum g\n", "line 3"),
            (f"{TWO}group g +1 X1 X2\nquorum g\n", "line 3"),
            (f"{TWO}group g ١ X1 X2\nquorum g\n", "line 3"),
            (f"{TWO}group g ALL X1 X2\nquorum g\n", "line 3"),
            (f"{ONE}group g all X1 X1\nquorum g\n", "member"),
            (f"{TWO}group g any X1 X2\ngroup h any X1\nquorum h\n", "member"),
            (f"{ONE}group g all g\nquorum g\n", "line 2"),
            (f"{ONE}group g all X1 none\nquorum g\n", "line 2"),
            (f"{ONE}group none all X1\nquorum none\n", "line 2"),
            (f"{ONE}group X1 all X1\nquorum X1\n", "name"),
            ("quorum none\r\n", ""),
            ("quorum none\x7f\n", ""),
            ("quorum\x0bnone\n", ""),
            ("quorum\u00a0none\n", "line 1"),
            (f"quorum none\u2028log {LOG.verifier}\n", "line 1"),
            ("quorum none # as agreed\n", "line 1"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_where_it_stands(self, text: str, field: str) -> None:
        with pytest.raises(PolicyMalformed) as refused:
            policy(text)
        assert refused.value.field.startswith(field)

    def test_a_key_that_is_none_is_refused_with_its_line(self) -> None:
        with pytest.raises(KeyMalformed) as refused:
            policy(f"# one\nwitness X1 {KEYS['X1']}A\nquorum none\n")
        assert refused.value.field == "line 2.key"

    def test_names_are_octets_and_no_characters(self) -> None:
        # The Kelvin sign is no K, whatever a Unicode table says.
        with pytest.raises(PolicyMalformed):
            policy(f"witness K {KEYS['X1']}\nquorum \u212a\n")

    def test_so_many_lines_and_bytes_are_read_and_no_more(self) -> None:
        logs = [
            f"log {NoteSigner.from_seed('l', number.to_bytes(32, 'big')).verifier}\n"
            for number in range(POLICY_LINES_MAX + 1)
        ]
        assert len(policy("".join(logs[:-1]) + "quorum none\n").logs) == POLICY_LINES_MAX
        with pytest.raises(PolicyMalformed):
            policy("".join(logs) + "quorum none\n")
        comment = "#" * (POLICY_BYTES_MAX - len("\nquorum none\n"))
        assert policy(f"{comment}\nquorum none\n").quorum == "none"
        with pytest.raises(PolicyMalformed):
            policy(f"{comment}#\nquorum none\n")

    @given(st.integers(0, len(EXAMPLE.encode()) - 1), st.integers(1, 255))
    def test_one_changed_byte_is_refused_or_another_policy_that_goes_there_and_back(
        self, at: int, by: int
    ) -> None:
        raw = bytearray(EXAMPLE.encode())
        raw[at] ^= by
        try:
            read = Policy.parse(bytes(raw))
        except Untrue:
            return
        assert Policy.parse(read.to_bytes()) == read


class TestQuorum:
    def test_the_rule_holds_for_every_set_of_witnesses(self) -> None:
        read = policy(EXAMPLE)
        for count in range(len(NAMES) + 1):
            for names in combinations(NAMES, count):
                enough = sum(name[0] == "X" for name in names) >= 2 and any(n[0] == "Y" for n in names)
                assert read.is_met_by([KEYS[name] for name in names]) == enough

    def test_a_checkpoint_with_enough_witnesses_is_taken_and_one_with_fewer_not(self) -> None:
        read = policy(EXAMPLE)
        signed = read.check(note("X1", "X3", "Y2"))
        assert {one.verifier for one in signed.cosignatures} == {KEYS["X1"], KEYS["X3"], KEYS["Y2"]}
        for names in (["X1", "X2", "X3"], ["X1", "Y1"], []):
            with pytest.raises(QuorumMissed, match="at least 2 of 2: X-witnesses Y-witnesses"):
                read.check(note(*names))

    def test_one_witness_twice_is_one(self) -> None:
        read = policy(f"{TWO}group g 2 X1 X2\nquorum g\n")
        with pytest.raises(QuorumMissed):
            read.check(note("X1", "X1"), [LOG.verifier])

    def test_without_a_quorum_the_log_alone_is_enough_and_nobody_else_is(self) -> None:
        read = policy(f"{ONE}quorum none\n")
        assert read.check(note(), [LOG.verifier]).cosignatures == ()
        with pytest.raises(NoteUnsigned):
            read.check(note(signer=OTHER_LOG), [LOG.verifier])

    def test_a_policy_that_names_logs_takes_no_other(self) -> None:
        read = policy(f"log {LOG.verifier}\nquorum none\n")
        with pytest.raises(NoteUnsigned):
            read.check(note(signer=OTHER_LOG), [OTHER_LOG.verifier])

    def test_a_wrong_cosignature_of_a_named_witness_condemns_the_note(self) -> None:
        moved = note("X1", size=2).split(b"\n\n")[1].split(b"\n")[1]
        with pytest.raises(NoteSignatureWrong):
            policy(f"{ONE}quorum none\n").check(note() + moved + b"\n", [LOG.verifier])
