"""What is sent to a witness and what its answers are worth."""

from __future__ import annotations

import pytest

from ledger.log.checkpoint import Checkpoint
from ledger.log.errors import CheckpointMalformed, HashMalformed, NoteMalformed, NoteSignatureWrong, Untrue
from ledger.log.merkle import leaf_hash
from ledger.log.note import NOTE_SIGNATURES_MAX, Cosigner, NoteSigner
from ledger.log.sizes import Size
from ledger.log.witnessing import (
    AHEAD_SECONDS_MAX,
    ANSWER_BYTES_MAX,
    CONSISTENCY_HASHES_MAX,
    AddCheckpoint,
    AnswerMalformed,
    Cosigned,
    HistoryDeclined,
    LogKeyNotKnown,
    LogNotKnown,
    RequestDeclined,
    RequestMalformed,
    StandsAt,
    WitnessAddressWrong,
    check_address,
    monitoring_path,
    read_answer,
)

LOG = NoteSigner.from_seed("log.example/main", bytes(32))
WITNESS = Cosigner.from_seed("witness.example/w1", bytes([3]) * 32)
SECOND = Cosigner.from_seed("witness.example/w1", bytes([4]) * 32)
STRANGER = Cosigner.from_seed("stranger.example/w9", bytes([5]) * 32)
HEAD = Checkpoint("log.example/main", Size(9), leaf_hash(b"nine"))
TEXT, NOTE = HEAD.to_bytes(), HEAD.sign([LOG])
HASH = leaf_hash(b"one")
ASKED = AddCheckpoint(Size(8), (HASH,), NOTE)
NOW = 1_763_700_000
LINE = f"{WITNESS.cosign(TEXT, time=NOW)}\n".encode()


def answered(
    status: int, body: bytes = b"", *, content_type: str = "text/plain", asked: AddCheckpoint = ASKED
) -> Cosigned | StandsAt:
    """What we make of an answer."""
    return read_answer(
        asked,
        [WITNESS.verifier, SECOND.verifier],
        status=status,
        content_type=content_type,
        body=body,
        now_seconds=NOW,
    )


class TestRequest:
    def test_a_request_is_the_old_size_the_proof_a_blank_line_and_the_checkpoint(self) -> None:
        assert ASKED.to_bytes() == f"old 8\n{HASH}\n\n".encode() + NOTE

    @pytest.mark.parametrize(
        "asked",
        [
            ASKED,
            AddCheckpoint(Size(0), (), NOTE),
            AddCheckpoint(Size(9), (), NOTE),
            AddCheckpoint(Size(5), (HASH,) * CONSISTENCY_HASHES_MAX, NOTE),
        ],
    )
    def test_a_request_goes_there_and_back(self, asked: AddCheckpoint) -> None:
        assert AddCheckpoint.parse(asked.to_bytes()) == asked

    def test_a_proof_has_at_most_63_hashes_and_none_from_nothing(self) -> None:
        for old, count in ((5, CONSISTENCY_HASHES_MAX + 1), (0, 1)):
            with pytest.raises(RequestMalformed):
                AddCheckpoint(Size(old), (HASH,) * count, NOTE)

    @pytest.mark.parametrize(
        ("raw", "refusal"),
        [
            (b"", RequestMalformed),
            (NOTE, RequestMalformed),
            (b"old 8\n" + NOTE, NoteMalformed),
            (b"old 08\n\n" + NOTE, RequestMalformed),
            (b"old +8\n\n" + NOTE, RequestMalformed),
            (b"old  8\n\n" + NOTE, RequestMalformed),
            (b"old 8\r\n\n" + NOTE, RequestMalformed),
            (b"Old 8\n\n" + NOTE, RequestMalformed),
            (b"old 8\n\n", NoteMalformed),
            (b"old 8\n\n\n" + NOTE, CheckpointMalformed),
            (b"old 8\nAAAA\n\n" + NOTE, HashMalformed),
            (f"old 8\n {HASH}\n\n".encode() + NOTE, HashMalformed),
            (b"old 8\n\n" + NOTE[:-1], NoteMalformed),
        ],
    )
    def test_another_spelling_is_refused(self, raw: bytes, refusal: type[Untrue]) -> None:
        with pytest.raises(refusal):
            AddCheckpoint.parse(raw)


class TestAnswer:
    def test_a_cosignature_counts(self) -> None:
        answer = answered(200, LINE)
        assert isinstance(answer, Cosigned)
        assert [(one.verifier, one.time) for one in answer.signatures] == [(WITNESS.verifier, NOW)]

    def test_keys_nobody_named_are_passed_over(self) -> None:
        stranger = f"{STRANGER.cosign(TEXT, time=NOW)}\n".encode()
        answer = answered(200, stranger + LINE + f"{SECOND.cosign(TEXT, time=NOW)}\n".encode() + LINE)
        assert isinstance(answer, Cosigned)
        assert [one.verifier for one in answer.signatures] == [WITNESS.verifier, SECOND.verifier]
        with pytest.raises(AnswerMalformed):
            answered(200, stranger)

    def test_a_cosignature_of_another_text_is_refused(self) -> None:
        other = Checkpoint("log.example/main", Size(9), HASH).to_bytes()
        with pytest.raises(NoteSignatureWrong):
            answered(200, f"{WITNESS.cosign(other, time=NOW)}\n".encode())

    @pytest.mark.parametrize("time", [1, NOW, NOW + AHEAD_SECONDS_MAX])
    def test_a_time_that_can_be_is_taken(self, time: int) -> None:
        assert isinstance(answered(200, f"{WITNESS.cosign(TEXT, time=time)}\n".encode()), Cosigned)

    @pytest.mark.parametrize("time", [0, NOW + AHEAD_SECONDS_MAX + 1])
    def test_a_time_that_cannot_be_is_refused(self, time: int) -> None:
        with pytest.raises(AnswerMalformed, match="time"):
            answered(200, f"{WITNESS.cosign(TEXT, time=time)}\n".encode())

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\n",
            LINE[:-1],
            LINE + b"\n",
            b"\n" + LINE,
            LINE.replace(b"\n", b"\r\n"),
            b"\xff\n",
            b"{}\n",
            LINE * (NOTE_SIGNATURES_MAX + 1),
        ],
    )
    def test_lines_that_are_none_are_refused(self, body: bytes) -> None:
        with pytest.raises(Untrue):
            answered(200, body)

    def test_an_answer_of_any_length_is_not_read(self) -> None:
        most = answered(409, b"7\n", content_type="text/x.tlog.size")
        assert most == StandsAt(Size(7))
        with pytest.raises(AnswerMalformed, match="body"):
            answered(200, LINE + b" " * ANSWER_BYTES_MAX)

    @pytest.mark.parametrize("size", [0, 7, 9, 12])
    def test_a_witness_may_stand_elsewhere(self, size: int) -> None:
        answer = answered(409, StandsAt(Size(size)).to_bytes(), content_type="text/x.tlog.size")
        assert answer == StandsAt(Size(size))

    @pytest.mark.parametrize(
        "body", [b"", b"7", b"07\n", b"+7\n", b"7\n\n", b" 7\n", b"7 \n", "٧\n".encode()]
    )
    def test_a_size_with_another_spelling_is_refused(self, body: bytes) -> None:
        with pytest.raises(AnswerMalformed):
            answered(409, body, content_type="text/x.tlog.size")

    def test_a_size_must_say_that_it_is_one(self) -> None:
        with pytest.raises(AnswerMalformed, match="Content-Type"):
            answered(409, b"7\n", content_type="text/plain")
        assert answered(409, b"7\n", content_type="text/x.tlog.size; charset=utf-8") == StandsAt(Size(7))

    def test_a_witness_that_contradicts_itself_is_refused(self) -> None:
        with pytest.raises(AnswerMalformed, match="size"):
            answered(409, b"8\n", content_type="text/x.tlog.size")

    def test_another_root_of_the_same_size_is_another_history_by_409_too(self) -> None:
        same = AddCheckpoint(Size(9), (), NOTE)
        with pytest.raises(HistoryDeclined):
            answered(409, b"9\n", content_type="text/x.tlog.size", asked=same)

    @pytest.mark.parametrize(
        ("status", "refusal"),
        [
            (404, LogNotKnown),
            (403, LogKeyNotKnown),
            (400, RequestDeclined),
            (422, HistoryDeclined),
            (201, AnswerMalformed),
            (302, AnswerMalformed),
            (500, AnswerMalformed),
        ],
    )
    def test_each_no_has_its_own_name(self, status: int, refusal: type[Untrue]) -> None:
        with pytest.raises(refusal) as refused:
            answered(status, LINE)
        assert type(refused.value) is refusal


def test_a_witness_shows_its_checkpoint_under_the_hash_of_the_origin() -> None:
    assert (
        monitoring_path("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/checkpoint"
    )


@pytest.mark.parametrize(
    "url", ["https://w.example/", "https://w.example:8443/log/", "http://127.0.0.1:7380", "http://[::1]/w"]
)
def test_a_witness_is_called_under_https_or_on_this_machine(url: str) -> None:
    assert check_address(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://w.example/", "ftp://w.example/", "w.example", "https://", "http://10.0.0.1/", "https://w/?a=b"],
)
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(WitnessAddressWrong):
        check_address(url)
