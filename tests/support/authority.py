"""A time-stamping authority of our own for tests: certificates made here, tokens made by `openssl ts`, served on this machine."""

from __future__ import annotations

import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/tsa.pem
default_policy = 1.2.3.4.1
digests = sha256, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
"""


@dataclass(slots=True)
class OurAuthority:
    """One authority in a folder: `reply` is what it says; `answer` may be put in its place."""

    folder: Path
    questions: list[bytes] = field(default_factory=list)
    #: What is said instead of a token, with its status.
    instead: tuple[int, bytes] | None = None
    address: str = ""

    @classmethod
    def found(cls, folder: Path) -> OurAuthority:
        """Its certificates and its configuration."""
        folder.mkdir()
        root_key, tsa_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate("root（演示）", root_key, root_key, "root（演示）", is_root=True)
        tsa = _certificate("tsa（演示）", tsa_key, root_key, "root（演示）", is_root=False)
        (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
        (folder / "tsa.pem").write_bytes(tsa.public_bytes(Encoding.PEM))
        key = tsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key").write_bytes(key)
        (folder / "serial").write_text("01\n")
        (folder / "config").write_text(_CONFIG.format(folder=folder))
        return cls(folder)

    @property
    def roots(self) -> Path:
        """What a verifier trusts."""
        return self.folder / "root.pem"

    def reply(self, question: bytes) -> bytes:
        """The token that `openssl ts` makes for a question."""
        asked, told = self.folder / "query", self.folder / "reply"
        asked.write_bytes(question)
        openssl("ts", "-reply", "-config", self.folder / "config", "-queryfile", asked, "-out", told)
        return told.read_bytes()

    @contextmanager
    def serving(self) -> Iterator[OurAuthority]:
        """The same over HTTP."""
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = self.rfile.read(int(self.headers["Content-Length"]))
                ours.questions.append(question)
                status, body = ours.instead or (200, ours.reply(question))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, name="authority", daemon=True)
        thread.start()
        self.address = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def openssl(*words: object) -> str:
    """What it says; raises `CalledProcessError` when it is not content."""
    done = subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=30)
    return done.stdout.decode()


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, issuer: str, *, is_root: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not is_root:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(by, SHA256())
