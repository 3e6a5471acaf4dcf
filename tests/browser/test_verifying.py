"""The page that checks a file in the browser: what holds, what was altered, what is somebody else's; it sends nothing, and without script it says how."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from api.disclosing import Showable
from ledger.canonical import canonical
from ledger.disclosure import Disclosure
from ledger.errors import Refusal
from ledger.identifiers import PartyId
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import Cosigner, Note, NoteSigner, NoteVerifier
from tests.browser.test_offline_codes import CREDULOUS, NO_ED25519, WCAG
from tests.browser.test_pages import TAP_PX_MIN, TOO_SMALL
from tests.support.memory_log import MemoryLog, Speaker, leek
from tests.support.passkeys import USER_PRESENT, USER_VERIFIED, Es256Signer, PasskeySigner, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import FilePayload, Page

    from ledger.keys import PublicKey, Signer
    from ledger.log.proof import TlogProof
    from ledger.service import Ledger
    from tests.browser.conftest import Desks, Site

pytestmark = pytest.mark.browser

NARROW, ENTRY = 320, 40
WITNESS: Final = Cosigner.from_seed("witness.example/one", bytes(31) + b"\x07")


def judged(page: Page, content: bytes, *, keys: str | None = None) -> tuple[str, str]:
    """The state the page comes to for a file, and all that it says."""
    if keys is not None:
        page.fill("#keys", keys)
    file: FilePayload = {"name": "some.file", "mimeType": "application/octet-stream", "buffer": content}
    page.set_input_files("#file", files=[file])
    page.wait_for_selector("[data-verify][data-state]")
    root = page.locator("[data-verify]")
    return root.get_attribute("data-state") or "", page.inner_text("[data-part=verdict]")


def disclosed(ledger: Ledger, seq: int) -> bytes:
    """One record with all of its items."""
    with ledger.book() as book:
        showable = Showable.of(book, seq, None)
        return showable.show(ledger, list(showable.items), to_whom="test")


@dataclass(frozen=True, slots=True)
class Files:
    """A proof and a disclosure of the site's log, and what a forger makes of them."""

    proof: TlogProof
    disclosure: bytes

    @classmethod
    def of(cls, site: Site) -> Files:
        ledger = site.story.ledger
        return cls(ledger.receipt(ENTRY).proof, disclosed(ledger, ENTRY))

    def foreign(self) -> bytes:
        """The same proof under the signature of somebody who calls himself like the log."""
        tree = Checkpoint.parse(Note.parse(self.proof.checkpoint).text)
        forger = NoteSigner.from_seed(tree.origin, bytes(32))
        return replace(self.proof, checkpoint=tree.sign([forger])).to_bytes()

    def altered_proofs(self) -> dict[str, bytes]:
        proof, entry = self.proof, bytearray(self.proof.extra)
        entry[entry.index(b'"at":') + 8] ^= 1
        return {
            "entry": replace(proof, extra=bytes(entry)).to_bytes(),
            "position": proof.to_bytes().replace(b"index 40\n", b"index 41\n"),
            "hashes": replace(proof, hashes=proof.hashes[::-1]).to_bytes(),
            "one hash less": replace(proof, hashes=proof.hashes[1:]).to_bytes(),
            "size": proof.to_bytes().replace(b"\n%d\n" % _size(proof), b"\n%d\n" % (_size(proof) + 1), 1),
            "number": proof.to_bytes().replace(b"index 40\n", b"index +40\n"),
        }

    def altered_disclosures(self) -> dict[str, bytes]:
        body = json.loads(self.disclosure)
        item = body["items"][0]
        raw = json.loads(b64decode(item["item"]))
        other = b64encode(canonical({**raw, "added": "x"})).decode()
        envelope = body["envelope"]
        header = json.loads(b64decode(envelope["payload"]))
        later = b64encode(canonical({**header, "occurred_at": "2020-01-01T00:00:00+08:00"})).decode()
        signed = [{**one, "sig": b64encode(bytes(64)).decode()} for one in envelope["signatures"]]
        return {
            "item": canonical({**body, "items": [{**item, "item": other}, *body["items"][1:]]}),
            "header": canonical({**body, "envelope": {**envelope, "payload": later}}),
            "signature": canonical({**body, "envelope": {**envelope, "signatures": signed}}),
            "register": canonical({**body, "register": body["register"][:1]}),
            "position": canonical({**body, "position": body["position"] + 1}),
            "spelling": json.dumps(body).encode(),
        }


def _size(proof: TlogProof) -> int:
    return Checkpoint.parse(Note.parse(proof.checkpoint).text).size


@pytest.fixture(scope="module")
def files(site: Site) -> Files:
    return Files.of(site)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_good_proof_and_a_good_disclosure_hold_and_nothing_is_sent(
    desks: Desks, site: Site, files: Files, language: str
) -> None:
    with desks.at(NARROW, language=language) as desk:
        page = desk.open("/verify")
        asked = list[str]()
        page.on("request", lambda request: asked.append(request.url))
        state, said = judged(page, files.proof.to_bytes())
        assert (state, site.story.ledger.origin in said) == ("good", True)
        state, said = judged(page, files.disclosure)
        assert state == "good", said
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW
        assert page.evaluate(TOO_SMALL, TAP_PX_MIN) == []
        assert Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}}).violations_count == 0
        # The browser fetches the page's mark when it likes, and the program for signatures where it has none of its own.
        assert [one for one in asked if "noble" not in one and not one.endswith("/mark.svg")] == []
        desk.watch.check()


def test_the_page_may_not_send_even_if_its_script_would(desks: Desks) -> None:
    with desks.at(NARROW) as desk:
        page = desk.open("/verify")
        assert page.evaluate("fetch('/log/vkey').then(() => 'sent', () => 'kept')") == "kept"
        assert page.evaluate("navigator.sendBeacon('/log/vkey', 'x') && 'queued'") in {"queued", False}


def test_every_altered_file_is_refused_here_as_by_the_command(desks: Desks, site: Site, files: Files) -> None:
    keys = site.story.ledger.log_keys.all
    Disclosure.parse(files.disclosure).verify(keys)
    with desks.at(NARROW) as desk:
        page = desk.open("/verify")
        for name, content in {**files.altered_proofs(), **files.altered_disclosures()}.items():
            state, said = judged(page, content)
            assert state == "bad", f"{name}: {said}"


def test_a_foreign_file_and_a_foreign_key_are_refused(desks: Desks, site: Site, files: Files) -> None:
    with desks.at(NARROW, language="en") as desk:
        page = desk.open("/verify")
        assert judged(page, files.foreign())[0] == "bad"
        assert judged(page, b"\x89PNG\r\n\x1a\n")[0] == "bad"
        assert judged(page, b"[]")[0] == "bad"
        stranger = NoteSigner.from_seed(site.story.ledger.origin, bytes(32)).verifier
        state, said = judged(page, files.proof.to_bytes(), keys=str(stranger))
        assert (state, "None of the keys listed" in said) == ("bad", True)
        # With that key believed it is the other way round: the page believes the keys, and nothing else.
        assert judged(page, files.foreign())[0] == "good"


def test_witnesses_are_counted_and_a_false_cosignature_condemns(
    desks: Desks, site: Site, files: Files
) -> None:
    note, keys = Note.parse(files.proof.checkpoint), f"{site.story.ledger.vkey}\n{WITNESS.verifier}"
    good = WITNESS.cosign(note.text, time=1_800_000_000)
    false = WITNESS.cosign(note.text + b"x\n", time=1_800_000_000)

    def with_line(line: object) -> bytes:
        return replace(files.proof, checkpoint=note.to_bytes() + f"{line}\n".encode()).to_bytes()

    with desks.at(NARROW, language="en") as desk:
        page = desk.open("/verify")
        assert "cosigned by 0 of the 1" in judged(page, files.proof.to_bytes(), keys=keys)[1]
        assert "cosigned by 1 of the 1" in judged(page, with_line(good))[1]
        assert judged(page, with_line(false))[0] == "bad"


@pytest.mark.scan_page
@pytest.mark.parametrize("broken", [NO_ED25519, CREDULOUS])
def test_a_browser_without_a_true_ed25519_checks_all_the_same(
    desks: Desks, files: Files, broken: str
) -> None:
    with desks.at(NARROW) as desk:
        desk.page.add_init_script(broken)
        page = desk.open("/verify")
        assert judged(page, files.proof.to_bytes())[0] == "good"
        assert page.get_attribute("[data-verify]", "data-way") == "noble"
        assert judged(page, files.foreign())[0] == "bad"


#: A browser whose P-256 believes everything.
CREDULOUS_P256: Final = "crypto.subtle.verify = async () => true;"
SHOP: Final = "shop.example"


@dataclass(frozen=True, slots=True)
class Spelt:
    """Signs as another does, and writes the signature down in a way of its own."""

    signer: Es256Signer | PasskeySigner
    spell: Callable[[bytes], bytes]

    @property
    def public(self) -> PublicKey:
        return self.signer.public

    def sign(self, message: bytes) -> bytes:
        return self.spell(self.signer.sign(message))


@dataclass(frozen=True, slots=True)
class Twice:
    """A passkey whose browser tells one thing under two names that are the same."""

    passkey: PasskeySigner

    @property
    def public(self) -> PublicKey:
        return self.passkey.public

    def sign(self, message: bytes) -> bytes:
        authenticator, client, _ = self.passkey.parts(message)
        client = b'{"type":"webauthn.create",' + client[1:]
        signed = authenticator + sha256(client).digest()
        return wrapped(authenticator, client, self.passkey.secret.sign(signed, ec.ECDSA(SHA256())))


@dataclass(frozen=True, slots=True)
class Posing:
    """Signs with one key in the name of another."""

    signer: Signer
    public: PublicKey

    def sign(self, message: bytes) -> bytes:
        return self.signer.sign(message)


def spoken(signer: Signer, enrolled: Signer, rp_id: str | None) -> tuple[str, bytes]:
    """The key of a log, and a disclosure of what somebody said in it under a key of the P-256 kind."""
    log, party = MemoryLog(), PartyId.new(b"who-speaks")
    log.enrol("enterprise", speaker=Speaker(party, enrolled), rp_id=rp_id)
    position = log.take(log.made(Speaker(party, Posing(signer, enrolled.public)), leek(party)))
    return str(log.key.verifier), log.disclose(position, [0]).to_bytes()


PASSKEY: Final = PasskeySigner.make(SHOP, number=1)
P256: Final[dict[str, tuple[Signer, Signer, str | None]]] = {
    "a plain key": (Es256Signer.make(1), Es256Signer.make(1), None),
    "a passkey": (PASSKEY, PASSKEY, SHOP),
    "at a site below": (replace(PASSKEY, origin=f"https://www.{SHOP}:8443"), PASSKEY, SHOP),
    "with what browsers add": (replace(PASSKEY, client={"other_keys": 'do not compare \u2603 {"a":1}'}), PASSKEY, SHOP),
    "with extensions": (replace(PASSKEY, more=b"\xa0"), PASSKEY, SHOP),
    "another plain key": (Es256Signer.make(2), Es256Signer.make(1), None),
    "a plain signature of a passkey": (Es256Signer(PASSKEY.secret), PASSKEY, SHOP),
    "a byte behind the signature": (Spelt(Es256Signer.make(1), lambda sig: sig + b"\x00"), Es256Signer.make(1), None),
    "a zero before a number": (
        Spelt(Es256Signer.make(1), lambda sig: bytes([0x30, sig[1] + 1, 2, sig[3] + 1, 0]) + sig[4:]), Es256Signer.make(1), None),
    "a blank in the wrapper": (Spelt(PASSKEY, lambda sig: sig.replace(b":", b": ", 1)), PASSKEY, SHOP),
    "another passkey": (PasskeySigner.make(SHOP, number=2), PASSKEY, SHOP),
    "a sign-in": (replace(PASSKEY, challenge=bytes(48)), PASSKEY, SHOP),
    "a making": (replace(PASSKEY, type="webauthn.create"), PASSKEY, SHOP),
    "another site": (replace(PASSKEY, origin="https://evil.example"), PASSKEY, SHOP),
    "a site that ends alike": (replace(PASSKEY, origin=f"https://evil{SHOP}"), PASSKEY, SHOP),
    "without https": (replace(PASSKEY, origin=f"http://{SHOP}"), PASSKEY, SHOP),
    "in a frame": (replace(PASSKEY, client={"crossOrigin": True}), PASSKEY, SHOP),
    "for another domain": (replace(PASSKEY, hashed_rp_id="evil.example"), PASSKEY, SHOP),
    "nobody verified": (replace(PASSKEY, flags=USER_PRESENT), PASSKEY, SHOP),
    "nobody there": (replace(PASSKEY, flags=USER_VERIFIED), PASSKEY, SHOP),
    "a name twice": (Twice(PASSKEY), PASSKEY, SHOP),
}  # fmt: skip


def holds_here(content: bytes, key: str) -> bool:
    """What our own verifier says."""
    try:
        Disclosure.parse(content).verify([NoteVerifier.parse(key)])
    except Refusal:
        return False
    return True


def test_passkeys_and_plain_p256_keys_are_judged_as_by_the_command(desks: Desks) -> None:
    with desks.at(NARROW, language="en") as desk:
        page = desk.open("/verify")
        found = {}
        for name, (signer, enrolled, rp_id) in P256.items():
            key, content = spoken(signer, enrolled, rp_id)
            state, said = judged(page, content, keys=key)
            found[name] = state == "good"
            assert found[name] == holds_here(content, key), f"{name}: {said}"
        assert [name for name, good in found.items() if good] == list(P256)[:5]


def test_a_browser_that_believes_every_p256_signature_is_not_believed(desks: Desks) -> None:
    key, content = spoken(PASSKEY, PASSKEY, SHOP)
    with desks.at(NARROW, language="en") as desk:
        desk.page.add_init_script(CREDULOUS_P256)
        page = desk.open("/verify")
        state, said = judged(page, content, keys=key)
        assert (state, "This browser cannot check it" in said) == ("none", True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_script_the_page_names_the_commands(desks: Desks, site: Site, language: str) -> None:
    with desks.at(NARROW, language=language, script=False) as desk:
        page = desk.open("/verify")
        said = page.inner_text("main")
        assert "suyuan verify-proof FILE --vkey VKEY" in said
        assert "suyuan verify-disclosure FILE --vkey VKEY" in said
        assert str(site.story.ledger.vkey) in said
        assert not page.locator("[data-verify]").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW
