from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, SignatureWrong
from ledger.keys import Ed25519Signer, KeyFileWrong, PublicKey, Vault

if TYPE_CHECKING:
    from pathlib import Path

KEY = Ed25519Signer.from_secret(bytes(range(32)))


def test_a_key_is_named_by_its_kind_and_its_public_bytes() -> None:
    assert KEY.public.keyid == sha256(b"ed25519" + KEY.public.raw).hexdigest()
    assert PublicKey.parse("ed25519", str(KEY.public)) == KEY.public


def test_a_signature_holds_for_its_message_only() -> None:
    KEY.public.verify(KEY.sign(b"leek"), b"leek")
    with pytest.raises(SignatureWrong):
        KEY.public.verify(KEY.sign(b"leek"), b"leeks")


@pytest.mark.parametrize(
    ("kind", "text"), [("es256", str(KEY.public)), ("ed25519", "AAAA"), ("ed25519", "?")]
)
def test_a_key_of_another_kind_or_length_is_refused(kind: str, text: str) -> None:
    with pytest.raises(Malformed):
        PublicKey.parse(kind, text)


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
