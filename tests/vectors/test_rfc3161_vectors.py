"""Other people's time stamps: what they take we take, what they refuse we refuse."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from ledger.timestamping import TokenWrong, Trusted, check_token
from tests.support.vectors import vectors

pytestmark = pytest.mark.vectors

#: What was stamped, as their README says.
HELLO: Final = b"hello"
GOOD: Final = (
    ("sigstage/response-sha256.tsr", "sigstage/ts_chain.pem"),
    ("sigstage/response-sha384.tsr", "sigstage/ts_chain.pem"),
    ("sigstage/response-sha512.tsr", "sigstage/ts_chain.pem"),
    ("test_tsa/response.tsr", "test_tsa/ts_chain.pem"),
    # Certificates that somebody added mislead nobody: the signer is the one that the signature names.
    ("test_tsa/response-injected-certs.tsr", "test_tsa/ts_chain.pem"),
    ("identrust/issue-104.tsr", "identrust/ts_chain.pem"),
)
BAD: Final = (
    ("sigstage/response-invalid-signature.tsr", "sigstage/ts_chain.pem"),
    ("sigstage/response-no-embedded-cert.tsr", "sigstage/ts_chain.pem"),
    # Good, and of another authority.
    ("sigstage/response-sha256.tsr", "test_tsa/ts_chain.pem"),
    ("test_tsa/response.tsr", "sigstage/ts_chain.pem"),
    # Made by the same program with other keys.
    ("test_tsa/other_response.tsr", "test_tsa/ts_chain.pem"),
)


def fixture(name: str) -> bytes:
    """One file of theirs."""
    text: str = json.loads(vectors("tlog/rfc3161/rfc3161-client-fixtures.json").read_text("utf-8"))[name]
    return b64decode(text.removeprefix("base64:")) if text.startswith("base64:") else text.encode()


def trusted(name: str) -> Trusted:
    """Their chain; one of them is no PEM, whatever its name."""
    raw = fixture(name)
    if raw.startswith(b"-----"):
        return Trusted.parse(raw)
    return Trusted.parse(load_der_x509_certificate(raw).public_bytes(Encoding.PEM))


@pytest.mark.parametrize(("token", "chain"), GOOD)
def test_a_good_token_is_taken_and_over_another_text_it_is_not(token: str, chain: str) -> None:
    assert check_token(fixture(token), HELLO, trusted(chain)) > 0
    with pytest.raises(TokenWrong):
        check_token(fixture(token), HELLO + b"\n", trusted(chain))


@pytest.mark.parametrize(("token", "chain"), BAD)
def test_a_token_that_does_not_hold_is_refused(token: str, chain: str) -> None:
    with pytest.raises(TokenWrong):
        check_token(fixture(token), HELLO, trusted(chain))


def test_a_token_whose_certificate_had_expired_is_refused() -> None:
    expired, payload = fixture("sigstore.mock/response-expired.tsr"), fixture("sigstore.mock/payload")
    with pytest.raises(TokenWrong):
        check_token(expired, payload, trusted("sigstore.mock/ts_chain.pem"))
