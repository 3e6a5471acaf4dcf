from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from webauthn import verify_authentication_response
from webauthn.helpers import bytes_to_base64url

from ledger.errors import Malformed, SignatureWrong
from ledger.keys import (
    PASSKEY_SIGNATURE_BYTES_MAX,
    Ed25519Signer,
    KeyFileWrong,
    PublicKey,
    Vault,
    parse_rp_id,
)
from tests.support.passkeys import USER_PRESENT, USER_VERIFIED, Es256Signer, PasskeySigner, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = Ed25519Signer.from_secret(bytes(range(32)))
P256 = Es256Signer.make(1)
#: The order of P-256.
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SITE = "farm.example"
PASSKEY = PasskeySigner.make(SITE, number=1)
MESSAGE = b"DSSEv1 1 a 4 leek"


def test_a_key_is_named_by_its_kind_and_its_public_bytes() -> None:
    assert KEY.public.keyid == sha256(b"ed25519" + KEY.public.raw).hexdigest()
    assert PublicKey.parse("ed25519", str(KEY.public)) == KEY.public


def test_a_signature_holds_for_its_message_only() -> None:
    KEY.public.verify(KEY.sign(b"leek"), b"leek")
    with pytest.raises(SignatureWrong):
        KEY.public.verify(KEY.sign(b"leek"), b"leeks")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("es256", str(KEY.public)),
        ("ed25519", str(P256.public)),
        ("ed25519", "AAAA"),
        ("ed25519", "?"),
        ("rsa", str(KEY.public)),
        ("ES256", str(P256.public)),
    ],
)
def test_a_key_of_another_kind_or_length_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Malformed):
        PublicKey.parse(kind, text)


def test_a_p256_key_is_named_and_read_like_any_other() -> None:
    assert P256.public.keyid == sha256(b"es256" + P256.public.raw).hexdigest()
    assert PublicKey.parse("es256", str(P256.public)) == P256.public
    P256.public.verify(P256.sign(MESSAGE), MESSAGE)
    for key, message in ((P256, MESSAGE + b"s"), (Es256Signer.make(2), MESSAGE)):
        with pytest.raises(SignatureWrong, match="this key's signature"):
            key.public.verify(P256.sign(MESSAGE), message)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:64] + bytes([raw[64] ^ 1]),
        lambda raw: bytes([2]) + raw[1:],
        lambda raw: bytes([6 + (raw[64] & 1)]) + raw[1:],
        lambda _raw: bytes(65),
        lambda _raw: bytes([4]) + bytes(64),
        lambda raw: raw[:33],
        lambda raw: bytes([2 + (raw[64] & 1)]) + raw[1:33],
        lambda raw: raw + bytes(1),
    ],
    ids=["beside", "odd", "hybrid", "zeros", "zero", "cut", "compressed", "long"],
)
def test_only_an_uncompressed_point_on_the_curve_is_a_p256_key(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Malformed):
        PublicKey.parse("es256", b64encode(change(P256.public.raw)).decode())


@pytest.mark.parametrize("sign_of_x", [0, 0x80])
@pytest.mark.parametrize(
    "height",
    [
        0,
        1,
        2**255 - 20,
        2**255 - 19,
        2**255 - 18,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    ],
)
def test_an_ed25519_point_of_small_order_is_no_key(height: int, sign_of_x: int) -> None:
    raw = bytearray(height.to_bytes(32, "little"))
    raw[31] |= sign_of_x
    with pytest.raises(Malformed, match="small order"):
        PublicKey.parse("ed25519", b64encode(raw).decode())


def test_under_a_point_of_small_order_anything_would_be_signed() -> None:
    """Why they are refused: one signature, good for two messages, and nobody made it."""
    nobody = PublicKey(kind="ed25519", raw=bytes([1]) + bytes(31))
    for message in (b"leek", b"another leek"):
        nobody.verify(bytes([1]) + bytes(63), message)


@pytest.mark.parametrize(
    "change",
    [
        lambda sig: sig[:-1],
        lambda sig: sig + b"\0",
        lambda _sig: b"",
        lambda sig: b"\x30\x81" + sig[1:],
        lambda sig: _der(*reversed(decode_dss_signature(sig))),
        lambda sig: _der(0, decode_dss_signature(sig)[1]),
        lambda sig: _der(decode_dss_signature(sig)[0], 0),
        lambda sig: _der(decode_dss_signature(sig)[0], decode_dss_signature(sig)[1] + N),
        lambda sig: _der(N, decode_dss_signature(sig)[1]),
        lambda sig: b"".join(one.to_bytes(32, "big") for one in decode_dss_signature(sig)),
    ],
    ids=["cut", "more", "none", "long form", "swapped", "r 0", "s 0", "s + n", "r n", "raw"],
)
def test_an_ecdsa_signature_has_one_spelling_for_its_numbers(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(SignatureWrong):
        P256.public.verify(change(P256.sign(MESSAGE)), MESSAGE)


def test_the_other_signature_that_anybody_can_make_of_one_is_good_too() -> None:
    """As authenticators make either of the two; an id that was used decides what is recorded, not the signature."""
    r, s = decode_dss_signature(P256.sign(MESSAGE))
    P256.public.verify(_der(r, N - s), MESSAGE)


def _der(r: int, s: int) -> bytes:
    return encode_dss_signature(r, s)


def _asserted(passkey: PasskeySigner, *, rp_id: str = SITE, message: bytes = MESSAGE) -> None:
    PASSKEY.public.verify_passkey(passkey.sign(message), MESSAGE, rp_id=rp_id)


@pytest.mark.parametrize(
    "origin",
    [f"https://{SITE}", f"https://{SITE}:8443", f"https://office.{SITE}", f"https://a.b.{SITE}:1"],
)
def test_an_assertion_signs_the_message_at_its_site(origin: str) -> None:
    _asserted(replace(PASSKEY, origin=origin))


def test_what_our_authenticator_makes_is_an_assertion_to_others_too() -> None:
    """Else we would only know that two of our own programs agree."""
    authenticator, client, signature = PASSKEY.parts(MESSAGE)
    x, y = PASSKEY.public.raw[1:33], PASSKEY.public.raw[33:]
    # RFC 9053 7.1.1: EC2, ES256, P-256, x, y.
    cose = bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y
    told = verify_authentication_response(
        credential={
            "id": "AAAA",
            "rawId": "AAAA",
            "type": "public-key",
            "response": {
                "authenticatorData": bytes_to_base64url(authenticator),
                "clientDataJSON": bytes_to_base64url(client),
                "signature": bytes_to_base64url(signature),
            },
        },
        expected_challenge=sha256(MESSAGE).digest(),
        expected_rp_id=SITE,
        expected_origin=f"https://{SITE}",
        credential_public_key=cose,
        credential_current_sign_count=0,
        require_user_verification=True,
    )
    assert told.user_verified


def test_a_passkey_of_this_very_machine_needs_no_https() -> None:
    passkey = PasskeySigner.make("localhost", number=1)
    passkey.public.verify_passkey(passkey.sign(MESSAGE), MESSAGE, rp_id="localhost")
    elsewhere = replace(passkey, origin="http://shop.localhost")
    with pytest.raises(SignatureWrong, match="made at"):
        passkey.public.verify_passkey(elsewhere.sign(MESSAGE), MESSAGE, rp_id="localhost")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        f"https://not{SITE}",
        f"https://{SITE}.evil.example",
        f"http://{SITE}",
        f"https://{SITE}/",
        f"https://u@{SITE}",
        f"https://{SITE.upper()}",
        f"https://evil.example#.{SITE}",
        "android:apk-key-hash:abc",
        "null",
        "",
    ],
)
def test_an_assertion_made_elsewhere_is_refused(origin: str) -> None:
    with pytest.raises(SignatureWrong, match="a signature made at"):
        _asserted(replace(PASSKEY, origin=origin))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"type": "webauthn.create"}, "type webauthn.get"),
        ({"challenge": bytes(48)}, "not a sign-in"),
        ({"challenge": bytes(32)}, "SHA-256 of these bytes"),
        ({"challenge": bytes(31)}, "SHA-256 of these bytes"),
        ({"client": {"challenge": None}}, "SHA-256 of these bytes"),
        ({"client": {"origin": None}}, "made at"),
        ({"client": {"crossOrigin": True}}, "within another site"),
        ({"client": {"crossOrigin": "false"}}, "within another site"),
        ({"hashed_rp_id": "evil.example"}, "rpIdHash"),
        ({"flags": USER_VERIFIED}, "presence"),
        ({"flags": USER_PRESENT}, "verified user"),
        ({"flags": 0}, "presence"),
    ],
)
def test_each_fault_of_an_assertion_is_refused_in_its_own_words(changes: dict[str, object], why: str) -> None:
    with pytest.raises(SignatureWrong, match=why):
        _asserted(replace(PASSKEY, **changes))  # type: ignore[arg-type]  # a row names one field


def test_an_assertion_over_other_bytes_by_another_key_or_for_another_site_is_refused() -> None:
    with pytest.raises(SignatureWrong, match="SHA-256 of these bytes"):
        _asserted(PASSKEY, message=b"another leek")
    with pytest.raises(SignatureWrong, match="this key's signature"):
        _asserted(PasskeySigner.make(SITE, number=2))
    with pytest.raises(SignatureWrong, match="made at"):
        _asserted(PASSKEY, rp_id="other.example")


def test_extensions_and_whatever_a_browser_adds_are_no_fault() -> None:
    _asserted(replace(PASSKEY, more=b"\xa0", client={"other_keys_can_be_added_here": "do not compare"}))


def test_the_wrapper_of_an_assertion_has_one_spelling_and_three_names() -> None:
    authenticator, client, signature = PASSKEY.parts(MESSAGE)
    good = wrapped(authenticator, client, signature)
    PASSKEY.public.verify_passkey(good, MESSAGE, rp_id=SITE)
    for bad in (
        b" " + good,
        good[:-1] + b',"userHandle":""}',
        good.replace(b'"signature"', b'"Signature"'),
        good.replace(b"==", b""),
        signature,
        b"[]",
        b"",
        b"\xff",
        wrapped(authenticator, client, bytes(PASSKEY_SIGNATURE_BYTES_MAX)),
    ):
        with pytest.raises(SignatureWrong, match="canonical JSON of exactly"):
            PASSKEY.public.verify_passkey(bad, MESSAGE, rp_id=SITE)


@pytest.mark.parametrize(
    "client", [b"[]", b"{", b"\xff\xfe{}", b'{"type":"webauthn.get","type":"webauthn.get"}']
)
def test_client_data_that_is_no_json_object_is_refused(client: bytes) -> None:
    authenticator, _, signature = PASSKEY.parts(MESSAGE)
    with pytest.raises(SignatureWrong, match="clientDataJSON that is a JSON object"):
        PASSKEY.public.verify_passkey(wrapped(authenticator, client, signature), MESSAGE, rp_id=SITE)


def test_authenticator_data_has_37_bytes_at_least() -> None:
    authenticator, client, signature = PASSKEY.parts(MESSAGE)
    assert len(authenticator) == 37
    for short in (b"", authenticator[:32], authenticator[:36]):
        with pytest.raises(SignatureWrong, match="at least 37 bytes"):
            PASSKEY.public.verify_passkey(wrapped(short, client, signature), MESSAGE, rp_id=SITE)


@pytest.mark.parametrize("domain", ["suyuan.example", "localhost", "a.b-c.d1", f"{'a' * 63}.cn"])
def test_a_passkey_belongs_to_a_domain(domain: str) -> None:
    assert parse_rp_id(domain) == domain


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "com",
        "Suyuan.example",
        "suyuan.example.",
        ".example",
        "a..b",
        "-a.example",
        "https://a.b",
        "a.b:1",
        f"{'a' * 64}.cn",
    ],
)
def test_what_is_no_domain_has_no_passkey(domain: str) -> None:
    with pytest.raises(Malformed):
        parse_rp_id(domain)


def test_a_secret_shows_in_no_repr() -> None:
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(Vault(bytes(32))) == "Vault(…)"


def test_a_sealed_key_opens_with_its_file_and_purpose_only(tmp_path: Path) -> None:
    vault = Vault.create_file(tmp_path / "keys" / "a.key")
    sealed = vault.seal(KEY.secret, purpose="log")
    assert KEY.secret not in sealed
    assert Vault.open_file(tmp_path / "keys" / "a.key").unseal(sealed, purpose="log") == KEY.secret
    other = Vault.create_file(tmp_path / "b.key")
    for wrong, purpose, bytes_ in (
        (vault, "party", sealed),
        (other, "log", sealed),
        (vault, "log", sealed[:-1] + b"?"),
        (vault, "log", b""),
    ):
        with pytest.raises(KeyFileWrong):
            wrong.unseal(bytes_, purpose=purpose)


def test_a_key_file_is_for_its_owner_alone_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    Vault.create_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        Vault.create_file(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileWrong, match="others can read it"):
        Vault.open_file(path)


def test_a_missing_key_file_says_what_follows(tmp_path: Path) -> None:
    with pytest.raises(KeyFileWrong, match="no private key can be opened"):
        Vault.open_file(tmp_path / "none.key")
