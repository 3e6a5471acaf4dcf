"""Time stamps over checkpoints: asked for hourly, kept only when they hold, served beside what they are over, and good for `openssl ts` too."""

from __future__ import annotations

import time
from subprocess import CalledProcessError
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from api.cli import main
from api.settings import Settings
from ledger.errors import Malformed
from ledger.store.engine import reading
from ledger.store.timestamps import newest_timestamps
from ledger.timestamping import (
    STAMP_SECONDS,
    TOKEN_BYTES_MAX,
    TRY_AGAIN_SECONDS,
    Authority,
    AuthoritySilent,
    Timestamping,
    TokenMalformed,
    TokenWrong,
    Trusted,
    check_token,
)
from tests.support.authority import OurAuthority, openssl
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

pytestmark = pytest.mark.system("openssl")


class Wall:
    """A true clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> OurAuthority:
    return OurAuthority.found(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture
def authority(founded: OurAuthority) -> Iterator[OurAuthority]:
    founded.questions, founded.instead = [], None
    with founded.serving() as served:
        yield served


def stamping(ledger: Ledger, authority: OurAuthority, wall: Wall) -> Timestamping:
    trusted = Trusted.parse(authority.roots.read_bytes())
    return Timestamping(ledger.engine, ledger.origin, Authority(authority.address, trusted), wall=wall)


def kept(ledger: Ledger) -> list[int]:
    with reading(ledger.engine) as connection:
        return [size for size, _ in newest_timestamps(connection, ledger.origin, most=10)]


def test_a_stamped_checkpoint_is_served_with_its_token_and_openssl_agrees(
    client: Client, ledger: Ledger, co_op: Enrolled, authority: OurAuthority, tmp_path: Path
) -> None:
    size = ledger.size()
    assert stamping(ledger, authority, Wall()).tick()
    (listed,) = client.get("/log/timestamps").json()["timestamps"]
    assert listed["size"] == size
    token, note = client.get(f"/log/timestamps/{size}"), client.get(f"/log/timestamps/{size}/note")
    assert token.headers["content-type"] == "application/timestamp-reply"
    assert note.content == ledger.checkpoint()
    (tmp_path / "token").write_bytes(token.content)
    (tmp_path / "note").write_bytes(note.content)
    verify = ("ts", "-verify", "-in", tmp_path / "token", "-CAfile", authority.roots, "-data")
    assert "Verification: OK" in openssl(*verify, tmp_path / "note")
    (tmp_path / "other").write_bytes(note.content + b"\n")
    with pytest.raises(CalledProcessError):
        openssl(*verify, tmp_path / "other")
    page = client.get(f"/entries/{size - 1}", headers={"Accept-Language": "en"}).text
    assert f'href="/log/timestamps/{size}"' in page
    # Whoever has proof, token and the roots needs no server any more.
    proof = client.get(f"/api/v1/entries/{size - 1}/proof?size={size}")
    (tmp_path / "proof").write_bytes(proof.content)
    offline = (
        "verify-proof",
        str(tmp_path / "proof"),
        "--vkey",
        str(ledger.vkey),
        "--tsa-certs",
        str(authority.roots),
    )
    assert main((*offline, "--token", str(tmp_path / "token"))) == 0
    (tmp_path / "token").write_bytes(token.content[:-9])
    assert main((*offline, "--token", str(tmp_path / "token"))) == 1
    assert main(offline) == 2
    assert client.get(f"/log/timestamps/{size + 1}").status_code == 404
    assert client.get(f"/log/timestamps/{size + 1}/note").status_code == 404


def test_the_authority_is_asked_hourly_and_only_when_the_log_has_grown(
    ledger: Ledger, co_op: Enrolled, authority: OurAuthority
) -> None:
    wall = Wall()
    hourly = stamping(ledger, authority, wall)
    assert (hourly.tick(), hourly.tick()) == (True, False)
    wall.now += STAMP_SECONDS + 2
    assert not hourly.tick()
    first = ledger.size()
    enrol_party(ledger, "后来者（演示）")
    wall.now -= 10
    assert not hourly.tick()
    wall.now += 10
    assert hourly.tick()
    assert kept(ledger) == [ledger.size(), first]
    assert len(authority.questions) == 2


def test_an_answer_that_does_not_hold_is_not_kept(
    ledger: Ledger, co_op: Enrolled, authority: OurAuthority, tmp_path: Path
) -> None:
    hourly = stamping(ledger, authority, wall := Wall())
    old = authority.reply(_question(ledger, authority))
    other = OurAuthority.found(tmp_path / "other")
    cut, turned = old[:-40], bytearray(old)
    turned[-3] ^= 1
    for refused, instead in (
        (TokenWrong, (200, old)),
        (TokenMalformed, (200, cut)),
        (TokenWrong, (200, bytes(turned))),
        (TokenMalformed, (200, b"")),
        (TokenMalformed, (200, bytes(TOKEN_BYTES_MAX + 1))),
        (AuthoritySilent, (503, b"")),
        (AuthoritySilent, (302, b"")),
    ):
        authority.instead = instead
        with pytest.raises(refused):
            hourly.tick()
        wall.now += STAMP_SECONDS
    # Another authority with the same name of its own: its root is not the one that was named.
    authority.instead, folder = None, authority.folder
    authority.folder = other.folder
    try:
        with pytest.raises(TokenWrong):
            hourly.tick()
    finally:
        authority.folder = folder
    assert kept(ledger) == []


def _question(ledger: Ledger, authority: OurAuthority) -> bytes:
    """What would be asked about the checkpoint, as it was asked once before."""
    stamping(ledger, authority, Wall())._authority.stamp(ledger.checkpoint())
    return authority.questions[-1]


def test_after_a_failure_it_is_asked_again_later_each_time(
    ledger: Ledger, co_op: Enrolled, authority: OurAuthority
) -> None:
    hourly = stamping(ledger, authority, wall := Wall())
    authority.instead = (500, b"")
    for wait in (TRY_AGAIN_SECONDS, 2 * TRY_AGAIN_SECONDS):
        with pytest.raises(AuthoritySilent):
            hourly.tick()
        wall.now += wait - 1
        assert not hourly.tick()
        wall.now += 1
    authority.instead = None
    assert hourly.tick()
    assert len(authority.questions) == 3


def test_a_token_is_over_one_text_and_answers_one_question(founded: OurAuthority) -> None:
    trusted = Trusted.parse(founded.roots.read_bytes())
    with founded.serving() as served:
        token, at_ms = Authority(served.address, trusted).stamp(b"one text\n")
    assert check_token(token, b"one text\n", trusted) == at_ms
    assert abs(at_ms / 1000 - time.time()) < 60
    for message, nonce in ((b"another text\n", None), (b"one text\n", 1)):
        with pytest.raises(TokenWrong):
            check_token(token, message, trusted, nonce=nonce)


def test_an_authority_without_its_roots_is_no_setting(founded: OurAuthority, tmp_path: Path) -> None:
    url, certs = "https://tsa.example/", founded.roots
    both = Settings(data=tmp_path, tsa_url=url, tsa_certs=certs)
    assert both.tsa_trusted == Trusted.parse(certs.read_bytes())
    for changed in (
        {"tsa_url": url},
        {"tsa_certs": certs},
        {"tsa_url": "ftp://tsa.example/", "tsa_certs": certs},
        # A certificate that did not sign itself is no root.
        {"tsa_url": url, "tsa_certs": founded.folder / "tsa.pem"},
    ):
        with pytest.raises(ValidationError):
            Settings(data=tmp_path, **changed)
    with pytest.raises(Malformed):
        Trusted.parse(b"no certificates")
