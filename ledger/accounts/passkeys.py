"""Passkeys for signing in (W3C WebAuthn, level 2), checked by the `webauthn` package.

They are other credentials than those that sign statements: kept here and never in the log, and their challenges are 48 bytes where a
statement's is the 32 of a SHA-256, so that an answer to the one is none to the other. A challenge is drawn here, kept as its digest, opens
once and for five minutes. The person must have been asked for finger, face or PIN (user verification), and the page must be ours to the letter.

A counter that does not go forward means that two devices hold the same key: the answer is refused, the passkey suspended, and the party's
owners are told. It is looked at last, so that only who holds the key can bring that about.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from sqlalchemy import delete, insert, select, update
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    decode_credential_public_key,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey, DecodedOKPPublicKey
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ledger.accounts.office import MINUTE_MS, Office, SignInFailed
from ledger.accounts.persons import PersonId, find_person
from ledger.canonical import canonical, read_object
from ledger.errors import NotAllowed, TooLarge, Words
from ledger.store.tables import PasskeyRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.accounts.once import Kind, Once
    from ledger.canonical import JsonObject
    from ledger.register import Register

#: A statement's challenge has 32 bytes, ours 48: neither can be taken for the other.
CHALLENGE_BYTES: Final = 48
CHALLENGE_MS: Final = 5 * MINUTE_MS
#: An answer of a browser is shorter; so are its parts.
ANSWER_BYTES_MAX: Final = 16_384
#: WebAuthn 2, 4: a credential id has at most 1,023 bytes.
CREDENTIAL_CHARACTERS_MAX: Final = 1_364
PASSKEYS_MAX: Final = 10

_ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
#: What the parsers of a stranger's bytes may raise. Nothing of it is our fault, and none of it is a server error.
_STRANGE: Final = (
    WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)

_CREDENTIAL: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{CREDENTIAL_CHARACTERS_MAX}}}", re.ASCII)

_passkeys = PasskeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


class PasskeySuspended(NotAllowed):
    """The key was used by two devices (its counter went back): nobody comes in by it any more."""

    title: ClassVar[Words] = Words(zh="通行密钥已停用", en="this passkey is suspended")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the pages are: their exact origin (`https://suyuan.example`) and the host that passkeys are bound to."""

    origin: str
    host: str
    name: str = "溯源 Suyuan"

    @classmethod
    def at(cls, base_url: str) -> Site:
        """The site at this address."""
        return cls(origin=base_url, host=base_url.partition("://")[2].partition(":")[0])


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of a person's passkeys, as its owner sees it."""

    credential: str
    person: PersonId
    made_ms: int
    used_ms: int | None
    suspended_ms: int | None


@dataclass(frozen=True, slots=True)
class Passkeys:
    """The sign-in passkeys of one log's accounts."""

    office: Office
    once: Once

    # Asking the browser

    def ask_to_sign_in(self, site: Site) -> JsonObject:
        """What `navigator.credentials.get` is called with. It names nobody: whoever answers says who it is."""
        challenge = self._challenge("sign_in", about="")
        options = generate_authentication_options(
            rp_id=site.host,
            challenge=challenge,
            timeout=CHALLENGE_MS,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return read_object(options_to_json(options).encode())

    def ask_to_register(self, site: Site, person: PersonId, name: str, *, about: str) -> JsonObject:
        """What `navigator.credentials.create` is called with. `about`: for whom, or for which invite, the answer will be taken."""
        with self.office.reading() as connection:
            known = [one.credential for one in self.of(connection, person)]
        if len(known) >= PASSKEYS_MAX:
            expected = Words(zh=f"至多 {PASSKEYS_MAX} 个通行密钥", en=f"at most {PASSKEYS_MAX} passkeys")
            raise TooLarge(field="passkeys", came=len(known) + 1, expected=expected)
        options = generate_registration_options(
            rp_id=site.host,
            rp_name=site.name,
            user_id=str(person).encode("ascii"),
            user_name=name,
            user_display_name=name,
            challenge=self._challenge("register", about=about),
            timeout=CHALLENGE_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known],
            supported_pub_key_algs=_ALGORITHMS,
        )
        return read_object(options_to_json(options).encode())

    # Taking its answer

    def registered(
        self, site: Site, answer: JsonObject, *, about: str, register: Register
    ) -> tuple[str, bytes, int]:
        """The credential, public key and counter of a good answer; else `SignInFailed`. Its challenge is used up either way."""
        text = _text(answer)
        try:
            challenge = _challenge_in(parse_registration_credential_json(text).response.client_data_json)
        except _STRANGE as wrong:
            raise _refused() from wrong
        self._take_challenge("register", challenge, about=about)
        try:
            made = verify_registration_response(
                credential=text,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
            keyid = _keyid(made.credential_public_key)
        except _STRANGE as wrong:
            raise _refused() from wrong
        if keyid in register.keys:
            # A key that speaks for its party in the log opens no door.
            raise _refused()
        return _unpadded(made.credential_id), made.credential_public_key, made.sign_count

    def keep(
        self, connection: Connection, person: PersonId, credential: str, public_key: bytes, counter: int
    ) -> None:
        """Keep a new passkey; a credential that somebody has already is refused."""
        if len(credential) > CREDENTIAL_CHARACTERS_MAX or self._row(connection, credential) is not None:
            raise _refused()
        row = {
            "credential": credential,
            "log_id": self.office.log_id,
            "person": str(person),
            "public_key": public_key,
            "counter": counter,
            "made_ms": self.office.clock(),
        }
        connection.execute(insert(_passkeys), row)

    def answered(self, site: Site, answer: JsonObject) -> PersonId:
        """Whose passkey gave a good answer; else `SignInFailed`, or `PasskeySuspended` to whoever holds a key that was cloned."""
        text = _text(answer)
        try:
            came = parse_authentication_credential_json(text)
            challenge = _challenge_in(came.response.client_data_json)
        except _STRANGE as wrong:
            raise _refused() from wrong
        self._take_challenge("sign_in", challenge, about="")
        credential = _unpadded(came.raw_id)
        with self.office.reading() as connection:
            row = self._row(connection, credential)
        if row is None or came.response.user_handle not in {None, row[1].encode()}:
            raise _refused()
        try:
            verified = verify_authentication_response(
                credential=text,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=row[0],
                # Ours to judge, after the signature: a stranger must not suspend anybody's key.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except _STRANGE as wrong:
            raise _refused() from wrong
        return self._counted(credential, verified.new_sign_count)

    # Keeping them

    def of(self, connection: Connection, person: PersonId) -> list[Passkey]:
        """A person's passkeys, the oldest first."""
        rows = connection.execute(
            select(_passkeys)
            .where(_passkeys.c.log_id == self.office.log_id, _passkeys.c.person == str(person))
            .order_by(_passkeys.c.made_ms, _passkeys.c.credential)
        )
        return [
            Passkey(
                credential=row.credential,
                person=person,
                made_ms=int(row.made_ms),
                used_ms=row.used_ms,
                suspended_ms=row.suspended_ms,
            )
            for row in rows
        ]

    def remove(self, connection: Connection, person: PersonId, credential: str) -> bool:
        """Remove one of a person's own passkeys; whether there was one."""
        if not _CREDENTIAL.fullmatch(credential):
            return False
        gone = connection.execute(
            delete(_passkeys).where(
                _passkeys.c.credential == credential,
                _passkeys.c.log_id == self.office.log_id,
                _passkeys.c.person == str(person),
            )
        )
        return gone.rowcount == 1

    def _counted(self, credential: str, counter: int) -> PersonId:
        """Note the use of a key whose signature was good; suspend it where its counter did not go forward."""
        now, suspended = self.office.clock(), False
        which = (_passkeys.c.credential == credential) & (_passkeys.c.log_id == self.office.log_id)
        with self.office.writing() as connection:
            # Locked where the database locks rows: of two uses at once the second sees the counter of the first.
            row = connection.execute(select(_passkeys).where(which).with_for_update()).one_or_none()
            if row is None:
                raise _refused()
            person = PersonId.parse(row.person)
            suspended = row.suspended_ms is not None
            # WebAuthn 2, 7.2.21: a key that does not count says 0 for ever.
            if not suspended and (counter or row.counter) and counter <= row.counter:
                suspended = True
                connection.execute(update(_passkeys).where(which).values(suspended_ms=now))
                if (owner := find_person(self.office, connection, str(person))) is not None:
                    self.office.note(connection, "passkey_cloned", party=owner.party, person=person)
            elif not suspended:
                connection.execute(update(_passkeys).where(which).values(counter=counter, used_ms=now))
        if suspended:
            expected = Words(
                zh="另一种登录方式；请本单位负责人核对是否有人复制了这把密钥",
                en="another way to sign in; ask your party's owner whether somebody copied this key",
            )
            raise PasskeySuspended(field="passkey", came="…", expected=expected)
        return person

    def _row(self, connection: Connection, credential: str) -> tuple[bytes, str] | None:
        row = connection.execute(
            select(_passkeys.c.public_key, _passkeys.c.person).where(
                _passkeys.c.credential == credential, _passkeys.c.log_id == self.office.log_id
            )
        ).one_or_none()
        return None if row is None else (bytes(row.public_key), row.person)

    def _challenge(self, kind: Kind, *, about: str) -> bytes:
        challenge = self.office.randomness(CHALLENGE_BYTES)
        with self.office.writing() as connection:
            self.once.put(connection, kind, _unpadded(challenge), about=about, lasts_ms=CHALLENGE_MS)
        return challenge

    def _take_challenge(self, kind: Kind, challenge: bytes, *, about: str) -> None:
        if len(challenge) != CHALLENGE_BYTES:
            raise _refused()
        with self.office.writing() as connection:
            kept = self.once.take(connection, kind, _unpadded(challenge))
        if kept is None or kept.about != about:
            raise _refused()


def _text(answer: JsonObject) -> str:
    """The answer as the package reads it."""
    raw = canonical(answer)
    if len(raw) > ANSWER_BYTES_MAX:
        most = ANSWER_BYTES_MAX
        raise TooLarge(
            field="credential",
            came=f"{len(raw)} bytes",
            expected=Words(zh=f"最多 {most} 字节", en=f"at most {most} bytes"),
        )
    return raw.decode()


def _challenge_in(client_data: bytes) -> bytes:
    """The challenge that was answered, on a page that stood in no frame of another site."""
    came = parse_client_data_json(client_data)
    if came.cross_origin:
        raise _refused()
    return came.challenge


def _keyid(public_key: bytes) -> str:
    """The id such a key would have in the register."""
    key = decode_credential_public_key(public_key)
    if isinstance(key, DecodedEC2PublicKey):
        return sha256(b"es256\x04" + key.x + key.y).hexdigest()
    return sha256(b"ed25519" + key.x).hexdigest() if isinstance(key, DecodedOKPPublicKey) else ""


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _refused() -> SignInFailed:
    expected = Words(
        zh="本站刚发出的登录请求、已登记的通行密钥，并完成指纹、面容或 PIN 验证",
        en="an answer to a request this site just made, by a passkey that is known here, with finger, face or PIN",
    )
    return SignInFailed(field="passkey", came="…", expected=expected)
