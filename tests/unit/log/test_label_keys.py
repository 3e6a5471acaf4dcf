"""The bundle of label keys: read as it was written, believed only when a log's key signed it, told as of when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.errors import Refusal
from ledger.log.errors import NoteSignatureWrong, NoteUnsigned
from ledger.log.label_keys import LabelKey, LabelKeys
from ledger.log.note import NOTE_BYTES_MAX, NoteSigner, sign_note
from ledger.store.label_keys import BUNDLE_KEYS_MAX
from tests.support import signed_links as made

OTHER = NoteSigner.from_seed("log.example/other", bytes(32))


def test_a_bundle_is_read_as_it_was_written() -> None:
    assert LabelKeys.open(made.NOTE, [made.LOG.verifier]) == made.BUNDLE
    assert LabelKeys.parse(made.BUNDLE.text) == made.BUNDLE


def test_a_bundle_that_was_changed_is_refused() -> None:
    for changed in (
        made.NOTE.replace(b'"size":42', b'"size":43'),
        made.NOTE.replace(b'"reason":"lost"', b'"reason":"left"'),
        made.NOTE.replace(b"label-keys/v1", b"label-keys/v2"),
    ):
        assert changed != made.NOTE
        with pytest.raises(NoteSignatureWrong):
            LabelKeys.open(changed, [made.LOG.verifier])


def test_a_bundle_is_believed_by_its_own_log_s_key_alone() -> None:
    with pytest.raises(NoteUnsigned):
        LabelKeys.open(made.NOTE, [OTHER.verifier])
    # Another log's key, which is trusted for its own log, says nothing about this one's keys.
    with pytest.raises(Refusal, match=made.ORIGIN):
        LabelKeys.open(made.BUNDLE.signed([OTHER]), [OTHER.verifier, made.LOG.verifier])


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"suyuan/label-keys/v1\n",
        b"suyuan/label-keys/v1\n{}\n",
        made.BUNDLE.text.replace(b'"size"', b'"Size"'),
        made.BUNDLE.text.replace(b'{"at_ms"', b'{ "at_ms"'),
        made.BUNDLE.text.replace(b'"custody":"own"', b'"custody":"mine"', 1),
        made.BUNDLE.text.replace(b'"reason":"lost",', b"", 1),
        made.BUNDLE.text.replace(b'"ended_ms"', b'"ended"', 1),
        made.BUNDLE.text.replace(b'"size":42', b'"size":true'),
        made.BUNDLE.text.replace(b'"size":42', b'"size":-1'),
        made.BUNDLE.text[:-1],
        made.BUNDLE.text + b"more\n",
    ],
)
def test_what_is_no_bundle_is_refused_whoever_signed_it(text: bytes) -> None:
    assert text != made.BUNDLE.text
    with pytest.raises(Refusal):
        LabelKeys.open(
            sign_note(text if text.endswith(b"\n") else text + b"\n\n", [made.LOG]), [made.LOG.verifier]
        )


def test_a_checkpoint_is_never_taken_for_a_bundle() -> None:
    note = sign_note(f"{made.ORIGIN}\n1\n{'A' * 43}=\n".encode(), [made.LOG])
    with pytest.raises(Refusal):
        LabelKeys.open(note, [made.LOG.verifier])


def test_as_of_when_is_told_and_that_it_is_out_of_date_from_the_moment_after_its_end() -> None:
    at_end, after = made.BUNDLE.as_of(made.BUNDLE.until_ms), made.BUNDLE.as_of(made.BUNDLE.until_ms + 1)
    assert "42" in at_end.zh
    assert "过期" not in at_end.zh
    assert "过期" in after.zh
    assert ("out of date" in at_end.en, "out of date" in after.en) == (False, True)


def test_as_many_keys_as_are_told_at_once_fit_a_note() -> None:
    longest = replace(made.BUNDLE.keys[3], name="某某某某某某某某某某某某某某某某某某有限公司（演示）")
    bundle = replace(made.BUNDLE, keys=(longest,) * BUNDLE_KEYS_MAX)
    assert len(bundle.signed([made.LOG])) < NOTE_BYTES_MAX


def test_a_key_without_a_reason_has_not_ended() -> None:
    key: LabelKey = made.BUNDLE.keys[0]
    assert key.state == "valid"
    assert LabelKey.parse(key.as_json()) == key
