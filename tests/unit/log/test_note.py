"""Signed notes: what opens, what does not, and what a secret key never says."""

from __future__ import annotations

import doctest
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import pytest

from ledger.log import note as note_module
from ledger.log.errors import KeyMalformed, NoteMalformed, NoteSignatureWrong, NoteUnsigned
from ledger.log.note import (
    COSIGNATURE_TIME_MAX,
    NOTE_BYTES_MAX,
    NOTE_SIGNATURES_MAX,
    Cosigner,
    Note,
    NoteSignature,
    NoteSigner,
    NoteVerifier,
    SignatureKind,
    open_note,
    sign_note,
)

LOG = NoteSigner.from_seed("log.example/main", bytes(32))
NEXT = NoteSigner.from_seed("log.example/main", bytes([1]) * 32)
WITNESS = Cosigner.from_seed("witness.example/w1", bytes([2]) * 32)
TEXT = "蔬菜批次 A\n".encode()
SIGNED = sign_note(TEXT, [LOG])
LINE = SIGNED.removeprefix(TEXT + b"\n").decode().removesuffix("\n")
TIME = 1_763_700_000

NO_NAMES = [
    "",
    "a b",
    "a+b",
    "a\u00a0b",
    "a\u3000b",
    "a\u2028b",
    "a\u0085b",
    "a\nb",
    "a\tb",
    "a\x00b",
    "a\ud800b",
]
NO_NAMES_IDS = [ascii(name) for name in NO_NAMES]


def with_line(line: str) -> bytes:
    """A note over the text with one signature line."""
    return TEXT + b"\n" + line.encode() + b"\n"


class TestReading:
    def test_the_example_in_the_module_is_true(self) -> None:
        assert doctest.testmod(note_module, raise_on_error=True).attempted == 4

    @pytest.mark.parametrize(
        "text",
        [b"\n", b"one\n", b"one\n\ntwo\n", b"one\n\n", b"\n\n\n", "— not a signature\n".encode(), TEXT],
    )
    def test_a_text_comes_out_as_it_was_signed(self, text: bytes) -> None:
        assert open_note(sign_note(text, [LOG]), [LOG.verifier]).text == text

    def test_a_note_goes_there_and_back(self) -> None:
        raw = sign_note(TEXT, [LOG, NEXT])
        assert Note.parse(raw).to_bytes() == raw
        assert len(Note.parse(raw).signatures) == 2

    def test_a_note_within_a_note_is_text(self) -> None:
        outer = sign_note(SIGNED, [NEXT])
        opened = open_note(outer, [LOG.verifier, NEXT.verifier])
        assert opened.text == SIGNED
        assert [verified.verifier for verified in opened.verified] == [NEXT.verifier]

    @pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
    def test_only_a_newline_ends_a_line(self, separator: str) -> None:
        # str.splitlines would find a blank line, and a second signature, where there is none.
        text = f"one{separator}{separator}{LINE}{separator}\n".encode()
        opened = open_note(sign_note(text, [NEXT]), [LOG.verifier, NEXT.verifier])
        assert opened.text == text
        assert len(opened.verified) == 1

    @pytest.mark.parametrize(
        ("raw", "lie"),
        [
            (b"", "nothing"),
            (b"\n", "a newline"),
            (TEXT, "no signatures"),
            (TEXT + b"\n", "a blank line and nothing behind it"),
            (TEXT + LINE.encode() + b"\n", "no blank line"),
            (SIGNED[:-1], "no newline at the end"),
            (SIGNED + b"\n", "a blank line at the end"),
            (b"\n" + LINE.encode() + b"\n", "no text"),
            (b"\xff" + SIGNED, "not UTF-8"),
            (b"\xed\xa0\x80" + SIGNED, "a surrogate in UTF-8"),
            (b"\xc0\x8a" + SIGNED, "a newline in two bytes"),
            (SIGNED.replace(b"\n", b"\r\n"), "lines that end as in DOS"),
            (b"a\tb" + SIGNED, "a tab"),
            (b"\x00" + SIGNED, "a zero byte"),
            (b"\x0b" + SIGNED, "a control character just above the newline"),
            (b"\x1f" + SIGNED, "the last control character"),
        ],
    )
    def test_bytes_that_are_no_note_are_refused(self, raw: bytes, lie: str) -> None:
        with pytest.raises(NoteMalformed):
            open_note(raw, [LOG.verifier])

    @pytest.mark.parametrize(
        ("line", "lie"),
        [
            (LINE.replace("—", "-"), "a hyphen"),
            (LINE.replace("—", "–"), "an en dash"),
            (LINE.replace("— ", "—"), "no space behind the dash"),
            (LINE.replace("— ", "—  "), "two spaces behind the dash"),
            (LINE.replace("main ", "main  "), "two spaces behind the name"),
            (LINE.replace("main ", "ma in "), "a space in the name"),
            (LINE.replace("main ", "ma+in "), "a plus in the name"),
            (LINE.replace("main ", "ma\u3000in "), "an ideographic space in the name"),
            (LINE.replace("main ", "main\u00a0"), "a space that does not break"),
            (" " + LINE, "a space before the dash"),
            (LINE + " ", "a space at the end"),
            (LINE + " AAAA", "a third word"),
            (LINE.rstrip("="), "padding left out"),
            (LINE + "=", "padding too long"),
            (LINE[:-1] + "!=", "a character that a lenient decoder skips"),
            ("— log.example/main VyXD3_-8", "the URL alphabet"),
            (f"{LINE}\u2028{LINE}", "two lines to str.splitlines"),
            (f"{LINE}\u2029{LINE}", "two lines to str.splitlines"),
            (f"{LINE}\u0085{LINE}", "two lines to str.splitlines"),
            ("Unexpected line.", "no signature at all"),
            ("— log.example/main", "no signature behind the name"),
            ("— log.example/main ", "an empty signature"),
            ("— log.example/main VyXD3A==", "a key id and no signature"),
            ("— log.example/main VyXD", "half a key id"),
        ],
    )
    def test_a_line_that_is_no_signature_is_refused_and_not_skipped(self, line: str, lie: str) -> None:
        with pytest.raises(NoteMalformed, match="signature"):
            open_note(with_line(line), [LOG.verifier])
        with pytest.raises(NoteMalformed, match="signature"):
            open_note(with_line(f"{LINE}\n{line}"), [LOG.verifier])

    def test_a_note_may_bear_as_many_signatures_as_the_limit_and_no_more(self) -> None:
        unknown = "".join(
            f"— witness.example/{at} AAAAAAE=\n" for at in range(NOTE_SIGNATURES_MAX - 1)
        ).encode()
        assert len(open_note(SIGNED + unknown, [LOG.verifier]).unknown) == NOTE_SIGNATURES_MAX - 1
        with pytest.raises(NoteMalformed, match="came '101', expected 1 to 100 signatures"):
            open_note(SIGNED + unknown + "— witness.example/100 AAAAAAE=\n".encode(), [LOG.verifier])

    def test_a_note_may_be_as_long_as_the_limit_and_no_longer(self) -> None:
        text = b"x" * (NOTE_BYTES_MAX - len(SIGNED) + len(TEXT) - 1) + b"\n"
        raw = sign_note(text, [LOG])
        assert len(raw) == NOTE_BYTES_MAX
        assert open_note(raw, [LOG.verifier]).text == text
        with pytest.raises(NoteMalformed, match="came '1000001 B', expected at most 1000000 bytes"):
            open_note(b"x" + raw, [LOG.verifier])


class TestOpening:
    def test_every_flipped_bit_is_found(self) -> None:
        for at in range(len(SIGNED)):
            for bit in range(8):
                raw = SIGNED[:at] + bytes([SIGNED[at] ^ 1 << bit]) + SIGNED[at + 1 :]
                with pytest.raises((NoteMalformed, NoteUnsigned, NoteSignatureWrong)):
                    open_note(raw, [LOG.verifier])

    def test_a_note_of_unknown_keys_is_not_signed(self) -> None:
        with pytest.raises(
            NoteUnsigned, match=rf"came 'log\.example/main', expected a signature of one of: {WITNESS.name}"
        ):
            open_note(SIGNED, [WITNESS.verifier])
        with pytest.raises(NoteUnsigned, match="one of: -"):
            open_note(SIGNED, [])

    @pytest.mark.parametrize(
        "stranger",
        [
            NoteSignature(LOG.name, b"\x00\x00\x00\x00", bytes(64)),
            NoteSignature("log.example/other", LOG.key_id, bytes(64)),
            NoteSignature(LOG.name, NEXT.key_id, b"\x00"),
        ],
    )
    def test_a_stranger_who_shares_a_name_or_an_id_is_skipped(self, stranger: NoteSignature) -> None:
        opened = open_note(SIGNED + f"{stranger}\n".encode(), [LOG.verifier])
        assert opened.unknown == (stranger,)
        assert [verified.verifier for verified in opened.verified] == [LOG.verifier]

    def test_one_wrong_signature_of_a_known_key_condemns_the_note(self) -> None:
        wrong = NoteSignature(NEXT.name, NEXT.key_id, bytes(64))
        raw = SIGNED + f"{wrong}\n".encode()
        assert open_note(raw, [LOG.verifier]).text == TEXT
        with pytest.raises(NoteSignatureWrong, match=r"log\.example/main: signature does not fit the note"):
            open_note(raw, [LOG.verifier, NEXT.verifier])

    def test_a_key_that_signs_twice_counts_once_with_its_first_signature(self) -> None:
        lines = [WITNESS.cosign(TEXT, time=TIME + at) for at in range(2)]
        opened = open_note(with_line("\n".join(map(str, lines))), [WITNESS.verifier])
        assert [(verified.signature, verified.time) for verified in opened.verified] == [(lines[0], TIME)]

    def test_a_second_signature_is_checked_like_the_first(self) -> None:
        wrong = NoteSignature(LOG.name, LOG.key_id, bytes(64))
        with pytest.raises(NoteSignatureWrong):
            open_note(SIGNED + f"{wrong}\n".encode(), [LOG.verifier])

    @pytest.mark.parametrize("byte_count", [1, 63, 65, 72])
    def test_a_signature_of_another_length_is_wrong(self, byte_count: int) -> None:
        wrong = NoteSignature(LOG.name, LOG.key_id, bytes(byte_count))
        with pytest.raises(NoteSignatureWrong):
            open_note(with_line(str(wrong)), [LOG.verifier])

    def test_two_keys_that_cannot_be_told_apart_are_refused(self) -> None:
        # Found by trying: any 2^16 or so keys hold such a pair, which is why a key id protects nothing.
        one = NoteVerifier("log.example/main", sha256(b"key 38748").digest())
        other = NoteVerifier("log.example/main", sha256(b"key 56179").digest())
        assert one.key_id == other.key_id
        with pytest.raises(KeyMalformed, match="expected one key for each name and key id"):
            open_note(SIGNED, [one, other])

    def test_a_key_given_twice_is_one_key(self) -> None:
        assert len(open_note(SIGNED, [LOG.verifier, LOG.verifier]).verified) == 1


class TestCosignatures:
    def test_a_witness_signs_the_text_and_the_time(self) -> None:
        line = WITNESS.cosign(TEXT, time=TIME)
        opened = open_note(SIGNED + f"{line}\n".encode(), [LOG.verifier, WITNESS.verifier])
        assert [(verified.verifier, verified.time) for verified in opened.verified] == [
            (LOG.verifier, None),
            (WITNESS.verifier, TIME),
        ]

    def test_every_flipped_bit_of_a_cosignature_is_found(self) -> None:
        signature = WITNESS.cosign(TEXT, time=TIME).signature
        for bit in range(8 * len(signature)):
            at = bit // 8
            flipped = signature[:at] + bytes([signature[at] ^ 1 << bit % 8]) + signature[at + 1 :]
            with pytest.raises(NoteSignatureWrong):
                WITNESS.verifier.check(TEXT, flipped)

    @pytest.mark.parametrize("byte_count", [1, 7, 8, 64, 71])
    def test_a_cosignature_that_was_cut_is_wrong(self, byte_count: int) -> None:
        cut = WITNESS.cosign(TEXT, time=TIME).signature[:byte_count]
        with pytest.raises(NoteSignatureWrong):
            WITNESS.verifier.check(TEXT, cut)

    def test_a_time_may_be_as_late_as_the_standard_says_and_no_later(self) -> None:
        latest = WITNESS.cosign(TEXT, time=COSIGNATURE_TIME_MAX)
        assert WITNESS.verifier.check(TEXT, latest.signature) == COSIGNATURE_TIME_MAX
        later = WITNESS.cosign(TEXT, time=COSIGNATURE_TIME_MAX + 1)
        with pytest.raises(NoteSignatureWrong):
            WITNESS.verifier.check(TEXT, later.signature)

    def test_one_secret_makes_keys_of_two_kinds_that_do_not_pass_for_each_other(self) -> None:
        log = NoteSigner(WITNESS.name, WITNESS.private_key)
        assert log.key_id != WITNESS.key_id
        cosignature = WITNESS.cosign(TEXT, time=TIME).signature
        with pytest.raises(NoteSignatureWrong):
            log.verifier.check(TEXT, cosignature)
        with pytest.raises(NoteSignatureWrong):
            log.verifier.check(TEXT, cosignature[8:])
        with pytest.raises(NoteSignatureWrong):
            WITNESS.verifier.check(TEXT, bytes(8) + log.sign(TEXT))

    def test_a_text_that_makes_no_note_is_not_cosigned(self) -> None:
        with pytest.raises(NoteMalformed):
            WITNESS.cosign(b"no newline", time=TIME)


class TestSigning:
    def test_a_note_needs_a_signature(self) -> None:
        with pytest.raises(NoteMalformed, match="came '0', expected 1 to 100 signatures"):
            sign_note(TEXT, [])

    @pytest.mark.parametrize("text", [b"", b"no newline", b"\xff\n", b"a\x00\n", b"a\r\n"])
    def test_nobody_is_asked_to_sign_what_makes_no_note(self, text: bytes) -> None:
        class Recorder:
            name, key_id = "log.example/main", bytes(4)
            asked = 0

            def sign(self, text: bytes) -> bytes:
                self.asked += 1
                return text

        recorder = Recorder()
        with pytest.raises(NoteMalformed):
            sign_note(text, [recorder])
        assert recorder.asked == 0

    @pytest.mark.parametrize(
        ("name", "key_id", "signature"),
        [
            ("a b", bytes(4), b"x"),
            ("", bytes(4), b"x"),
            ("a", bytes(3), b"x"),
            ("a", bytes(5), b"x"),
            ("a", bytes(4), b""),
        ],
    )
    def test_a_signature_line_that_would_not_read_back_is_refused(
        self, name: str, key_id: bytes, signature: bytes
    ) -> None:
        with pytest.raises(NoteMalformed):
            NoteSignature(name, key_id, signature)


class TestPublicKeys:
    @pytest.mark.parametrize("verifier", [LOG.verifier, NEXT.verifier, WITNESS.verifier])
    def test_a_public_key_goes_there_and_back(self, verifier: NoteVerifier) -> None:
        assert NoteVerifier.parse(str(verifier)) == verifier

    def test_a_public_key_is_its_name_its_id_and_its_bytes_behind_their_type(self) -> None:
        raw = LOG.verifier.public_key
        key_id = sha256(b"log.example/main\n\x01" + raw).hexdigest()[:8]
        assert str(LOG.verifier) == f"log.example/main+{key_id}+" + b64encode(b"\x01" + raw).decode()

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "log.example/main",
            "log.example/main+5725c3dc",
            "log.example/main+5725c3dc+",
            str(LOG.verifier).upper(),
            str(LOG.verifier).replace("5725c3dc", "5725C3DC"),
            str(LOG.verifier).replace("5725c3dc", "5725c3dd"),
            str(LOG.verifier).replace("5725c3dc", "05725c3dc"),
            str(LOG.verifier).replace("/main", "/mein"),
            str(LOG.verifier) + "\n",
            " " + str(LOG.verifier),
            str(LOG.verifier) + "=",
            "log.example/main+5725c3dc+" + b64encode(b"\x01" + LOG.verifier.public_key[:-1]).decode(),
            "log.example/main+5725c3dc+" + b64encode(b"\x01" + LOG.verifier.public_key + b"\x00").decode(),
            "log.example/main+5725c3dc+" + b64encode(b"\x06" + LOG.verifier.public_key).decode(),
            LOG.secret_text(),
        ],
    )
    def test_a_text_that_is_no_public_key_is_refused(self, text: str) -> None:
        with pytest.raises(KeyMalformed):
            NoteVerifier.parse(text)

    @pytest.mark.parametrize("name", NO_NAMES, ids=NO_NAMES_IDS)
    def test_a_key_needs_a_name_that_can_stand_in_a_line(self, name: str) -> None:
        with pytest.raises(KeyMalformed, match="expected a key name without spaces and plus signs"):
            replace(LOG.verifier, name=name)
        with pytest.raises(KeyMalformed, match="expected a key name without spaces and plus signs"):
            NoteSigner.from_seed(name, bytes(32))

    def test_a_key_may_have_a_chinese_name(self) -> None:
        signer = NoteSigner.from_seed("溯源.example/市场", bytes(32))
        assert NoteVerifier.parse(str(signer.verifier)) == signer.verifier
        assert open_note(sign_note(TEXT, [signer]), [signer.verifier]).text == TEXT


class TestSecretKeys:
    def test_a_secret_key_goes_there_and_back(self) -> None:
        assert LOG.secret_text().startswith("PRIVATE+KEY+log.example/main+5725c3dc+")
        assert NoteSigner.parse(LOG.secret_text()).sign(TEXT) == LOG.sign(TEXT)
        assert Cosigner.parse(WITNESS.secret_text()).verifier == WITNESS.verifier

    def test_a_secret_key_is_not_shown_by_accident(self) -> None:
        secret = LOG.secret_text().rpartition("+")[2]
        assert secret not in f"{LOG} {LOG!r}"
        assert "private_key" not in repr(LOG)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            str(LOG.verifier),
            "private+key+" + LOG.secret_text().removeprefix("PRIVATE+KEY+"),
            LOG.secret_text().replace("5725c3dc", "5725c3dd"),
            LOG.secret_text().replace("5725c3dc+", ""),
            LOG.secret_text() + "\n",
            LOG.secret_text()[:-4],
            LOG.secret_text() + "AAAA",
            WITNESS.secret_text(),
            "PRIVATE+KEY+log.example/main+5725c3dc+" + b64encode(b"\x06" + bytes(32)).decode(),
        ],
    )
    def test_a_text_that_is_no_secret_key_is_refused_and_not_repeated(self, text: str) -> None:
        with pytest.raises(KeyMalformed) as refused:
            NoteSigner.parse(text)
        shown = f"{refused.value} {refused.value.in_language('zh')}"
        assert not [word for word in text.split("+") if len(word) > 8 and word != LOG.name and word in shown]
        # Nor does the refusal carry another one, which somebody's log might print.
        assert refused.value.__context__ is None

    def test_a_witness_key_does_not_become_a_log_key(self) -> None:
        with pytest.raises(KeyMalformed, match="came '0x04', expected type 0x01"):
            NoteSigner.parse(WITNESS.secret_text())

    @pytest.mark.parametrize("byte_count", [0, 31, 33, 64])
    def test_a_seed_has_32_bytes(self, byte_count: int) -> None:
        with pytest.raises(KeyMalformed, match=f"came '{byte_count} B', expected an Ed25519 key of 32 bytes"):
            NoteSigner.from_seed(LOG.name, bytes(byte_count))

    def test_the_kinds_are_the_bytes_the_standard_assigns(self) -> None:
        assert (LOG.verifier.kind, WITNESS.verifier.kind) == (0x01, 0x04)
        assert set(SignatureKind) == {0x01, 0x04}
