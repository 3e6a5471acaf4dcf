"""A whole server in the test's own process: a ledger in a folder of its own, a clock the test moves, a client that speaks HTTP to it.

    with make_ledger(tmp_path, clock) as ledger, open_client(ledger) as client:
        co_op = enrol_party(ledger, "合作社（演示）")
        answer = client.post("/api/v1/batches", json={...}, key=co_op.key)

Nothing is put in place of our own parts: requests go through every middleware, records through the recorder into SQLite.
"""

from __future__ import annotations

import json as jsons
import shutil
from base64 import b64decode, b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from anyio.from_thread import start_blocking_portal

from api.app import create_app
from api.settings import Settings
from ledger.identifiers import PartyId
from ledger.keys import Vault
from ledger.service import Ledger
from ledger.statement import pre_authentication_encoding
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import Credential
from tests.support.documented import check_documented
from tests.support.stores import copied_database, fresh_store, served_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI

    from ledger.keys import Signer
    from ledger.register import Role
    from ledger.vocabulary.parties import PartyKind

#: 14 November 2026, 08:00 in Shanghai.
MORNING_MS = 1_794_614_400_000
HOUR_MS = 3_600_000
BASE_URL = "http://localhost:8000"
#: Where the folder of a ledger says which database is its own.
_URL = "database.txt"


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is moved."""

    ms: int = MORNING_MS

    def __call__(self) -> int:
        return self.ms

    def forward(self, hours: float) -> None:
        """So many hours later."""
        self.ms += int(hours * HOUR_MS)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A party that may use the server: its id and its access key."""

    party: PartyId
    key: str

    def __str__(self) -> str:
        return str(self.party)


@contextmanager
def make_ledger(folder: Path, clock: Clock) -> Iterator[Ledger]:
    """A new ledger in the database that the run is for (`served_on`), its private keys sealed with a key file of its own."""
    vault = Vault.create_file(folder / "keys" / "ledger.key")
    url = fresh_store(served_on(), folder).url
    (folder / _URL).write_text(url)
    with Ledger.create(
        url,
        host="suyuan.example",
        registrar_name="登记处（演示）",
        vault=vault,
        evidence=folder / "evidence",
        clock=clock,
        simulated=True,
    ) as ledger:
        yield ledger


@contextmanager
def copied_ledger(origin: Path, folder: Path, clock: Clock) -> Iterator[Ledger]:
    """A ledger of one's own that begins as a copy of one that `make_ledger` made in another folder, and that is closed."""
    shutil.copytree(origin, folder, dirs_exist_ok=True)
    url = copied_database((origin / _URL).read_text(), folder)
    (folder / _URL).write_text(url)
    vault = Vault.open_file(folder / "keys" / "ledger.key")
    with Ledger.open(url, vault=vault, evidence=folder / "evidence", clock=clock) as ledger:
        yield ledger


def enrol_party(
    ledger: Ledger,
    name: str,
    *,
    role: Role = "enterprise",
    kind: PartyKind = "company",
    signer: Signer | None = None,
) -> Enrolled:
    """A party with its sheet, its key (kept here, unless it brings its own) and an access key; of an agency that of an inspector."""
    party = PartyId.new(len(name).to_bytes(2, "big") + ledger.size().to_bytes(8, "big"))
    ledger.enrol(party, role=role, public=signer)
    ledger.say(ledger.registrar, Party(party=party, party_kind=kind, name=name))
    certificate = certify(ledger, party) if role == "authority" else None
    return Enrolled(party=party, key=ledger.give_access_key(party, label="test", certificate=certificate))


def certify(ledger: Ledger, party: PartyId, *, days: int = 300) -> str:
    """An officer's certificate for an agency, valid from yesterday; its number."""
    number, now = f"演-{str(party)[-6:]}-{ledger.size()}", ledger.clock()
    credential = Credential(
        number=number, party=party, valid_from_ms=now - 24 * HOUR_MS, valid_to_ms=now + days * 24 * HOUR_MS
    )
    ledger.say(ledger.registrar, credential)
    return number


def signed_draft(draft: Mapping[str, object], *signers: Signer) -> dict[str, object]:
    """A draft as the server gave it, with these signatures: what goes back to the server."""
    payload = b64decode(str(draft["payload"]))
    message = pre_authentication_encoding(payload)
    signatures = sorted((one.public.keyid, b64encode(one.sign(message)).decode()) for one in signers)
    return {
        "envelope": {
            "payload": draft["payload"],
            "payloadType": draft["payload_type"],
            "signatures": [{"keyid": keyid, "sig": sig} for keyid, sig in signatures],
        },
        "items": draft["items"],
    }


def registrar_of(ledger: Ledger) -> Enrolled:
    """The registrar, with an access key."""
    return Enrolled(party=ledger.registrar, key=ledger.give_access_key(ledger.registrar, label="test"))


@dataclass(frozen=True, slots=True)
class Client:
    """A client without a browser's habits: it follows no redirect and sends what it is told."""

    _portal: BlockingPortal
    _http: httpx.AsyncClient

    def get(
        self, path: str, *, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One GET."""
        return self.send("GET", path, key=key, headers=headers)

    def post(
        self,
        path: str,
        *,
        json: object = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One POST of a JSON body."""
        body = jsons.dumps(json, ensure_ascii=False).encode()
        return self.send(
            "POST",
            path,
            content=body,
            key=key,
            headers={"content-type": "application/json", **(headers or {})},
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | AsyncIterator[bytes] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        data: Mapping[str, str] | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Any request."""
        sent = dict(headers or {})
        if key is not None:
            sent["authorization"] = f"Bearer {key}"

        async def ask() -> httpx.Response:
            # What an answer wants kept is kept by the test, or not at all.
            self._http.cookies.clear()
            return await self._http.request(
                method, path, content=content, files=files, data=data, headers=sent
            )

        answer = self._portal.call(ask)
        check_documented(method, path, answer)
        return answer


@contextmanager
def open_client(ledger: Ledger, *, demo: bool = False, data: Path = Path(".data")) -> Iterator[Client]:
    """A client of an application over this ledger. An error nobody foresaw is raised here, not answered."""
    # Labels are printed in tests as they are where phones reach the server.
    settings = Settings(base_url=BASE_URL, demo=demo, data=data, print_loopback=True)
    with client_of(create_app(ledger, settings)) as client:
        yield client


@contextmanager
def client_of(app: FastAPI, *, raises: bool = True) -> Iterator[Client]:
    """A client of this application; with `raises` false an unforeseen error is answered, as a stranger would get it."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=raises)
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url=BASE_URL)
        try:
            yield Client(portal, client)
        finally:
            portal.call(client.aclose)
