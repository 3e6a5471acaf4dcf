"""Talking to one server, the one that was named, and believing nothing it says: receipts are checked before they are called good.

No redirect is followed and no other address is asked. What went wrong ends as one line; whether something was recorded before an answer got
lost is found out by sending the same again, which records it once.
"""

from __future__ import annotations

import json
import ssl
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from api.commands.console import misuse
from ledger.canonical import read
from ledger.errors import Malformed, Refusal, Words
from ledger.log.entry import Entry
from ledger.log.errors import NoteUnsigned, Untrue
from ledger.log.note import NoteVerifier
from ledger.log.proof import TlogProof
from ledger.log.succession import KeyChange, KeyRetired, LogKeys, add_change
from ledger.statement import Envelope, OpenedItem, Statement
from ledger.vocabulary.registering import LogKey

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.errors import Language

ANSWER_BYTES_MAX: Final = 16 * 1024 * 1024
_SECONDS: Final = 30.0
_BAD: Final = 400
#: Later than any entry: then no overlap is left, and the newest key alone counts.
_NEVER_MS: Final = 2**53


class ReceiptWrong(Untrue):
    """The server's receipt does not show that the log took this very statement."""

    title = Words(zh="回执不成立", en="receipt does not hold")


@dataclass(frozen=True, slots=True)
class Server:
    """One server of a ledger, by its address."""

    url: str
    api_key: str | None = None
    language: Language = "zh"

    def get(self, path: str) -> Json:
        """One answer."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Json) -> Json:
        """One question with a body, and its answer."""
        return self._ask("POST", path, json.dumps(body, ensure_ascii=False).encode())

    def _ask(self, method: str, path: str, content: bytes | None) -> Json:
        headers = {"accept": "application/json", "accept-language": self.language}
        if content is not None:
            headers["content-type"] = "application/json"
        if self.api_key is not None:
            headers["authorization"] = f"Bearer {self.api_key}"
        url = self.url.rstrip("/") + path
        try:
            # Without the environment's proxies: the network is asked for this address and no other.
            with httpx.Client(
                timeout=_SECONDS, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
            ) as client:
                answer = client.request(method, url, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as wrong:
            misuse(
                f"{url} 没有答复（{wrong}）；原样再发一次即可，不会重复入账",
                f"no answer from {url} ({wrong}); send the same again, it is recorded once",
            )
        if len(answer.content) > ANSWER_BYTES_MAX:
            misuse(f"{url} 的答复太长", f"the answer of {url} is too long")
        try:
            body: Json = read(answer.content, field="answer", bytes_max=ANSWER_BYTES_MAX)
        except Refusal:
            body = {}
        if answer.status_code >= _BAD or not answer.is_success:
            _refused(answer.status_code, body)
        return body


def _refused(status: int, body: Json) -> None:
    """The server's own words for why not."""
    told = body if isinstance(body, Mapping) else {}
    detail = told.get("detail") or told.get("title") or ""
    misuse(f"服务器没有收下（{status}）：{detail}", f"the server did not take it ({status}): {detail}")


@dataclass(frozen=True, slots=True)
class Held:
    """A receipt that holds: where the statement stands and by which key that is signed."""

    position: int
    at_ms: int
    vkey: NoteVerifier
    proof: bytes


def check_receipt(
    statement: Statement, answer: Json, *, trusted: Sequence[NoteVerifier], server: Server | None = None
) -> Held:
    """Raise unless the log took this very statement. With `server`, changes of the log's key are followed from a key that is trusted."""
    told = answer if isinstance(answer, Mapping) else {}
    receipt = told.get("receipt")
    if not isinstance(receipt, Mapping):
        raise ReceiptWrong(field="receipt", came=receipt, expected=Words(zh="回执", en="a receipt"))
    raw, proof = _bytes(receipt, "entry"), TlogProof.parse(_text(receipt, "proof").encode())
    entry = Entry.parse(raw)
    if entry.statement != statement.envelope.digest:
        # The same id and content under other signatures was there before: somebody signed it twice.
        expected = Words(zh="本文件中的签名记录", en="the statement as this file has it signed")
        raise ReceiptWrong(field="entry", came=str(told.get("id")), expected=expected)
    try:
        signed = proof.verify(raw, trusted)
        keys = LogKeys(trusted[0])
    except NoteUnsigned:
        if server is None:
            raise
        keys = followed(trusted[0], server)
        signed = proof.verify(raw, keys.all)
    if signed.checkpoint.origin != statement.header.log:
        log = statement.header.log
        raise ReceiptWrong(field="log", came=signed.checkpoint.origin, expected=Words(zh=log, en=log))
    by = {one.verifier for one in signed.log_signatures}
    newest = keys.in_force(size=signed.checkpoint.size, at_ms=_NEVER_MS)[0] if keys.changes else None
    if newest is not None and newest not in by:
        raise KeyRetired(
            field="signatures",
            came=", ".join(map(str, by)),
            expected=Words(zh=str(newest), en=str(newest)),
        )
    vkey = newest or next(one for one in trusted if one in by)
    return Held(position=int(proof.position), at_ms=entry.at_ms, vkey=vkey, proof=proof.to_bytes())


def followed(trusted: NoteVerifier, server: Server) -> LogKeys:
    """All keys of the log, led to from one that is trusted by signatures of the keys themselves. What the server says else is not believed."""
    register = server.get("/log/register")
    listed = register.get("statements") if isinstance(register, Mapping) else None
    changes: tuple[KeyChange, ...] = ()
    for one in listed if isinstance(listed, Sequence) and not isinstance(listed, str) else ():
        if isinstance(one, Mapping) and one.get("type") == LogKey.TYPE:
            changes = add_change(changes, _change(one))
    return LogKeys.around(trusted, changes)


def _change(one: Mapping[str, Json]) -> KeyChange:
    items, position = one.get("items"), one.get("position")
    if not isinstance(items, Sequence) or isinstance(items, str) or not isinstance(position, int):
        raise Malformed(
            field="register", came=items, expected=Words(zh="登记记录", en="a register statement")
        )
    opened = [OpenedItem.from_json(item, field="register.items") for item in items]
    statement = Statement.open(Envelope.from_json(one.get("envelope")), opened)
    said = LogKey.from_items(statement.items)
    change = KeyChange(
        position=position,
        old=NoteVerifier.parse(said.old_vkey),
        new=NoteVerifier.parse(said.new_vkey),
        until_ms=said.until_ms,
    )
    change.check(old_signature=said.old_signature, new_signature=said.new_signature)
    return change


def said_vkey(answer: Json) -> NoteVerifier:
    """The key that a server says its receipt is signed with: its own word, where nobody brought the key from elsewhere."""
    told = answer if isinstance(answer, Mapping) else {}
    receipt = told.get("receipt")
    return NoteVerifier.parse(_text(receipt if isinstance(receipt, Mapping) else {}, "vkey"))


def write_receipt(beside: Path, answer: Json, proofs: Sequence[bytes]) -> list[Path]:
    """The answer whole and each proof as a file of its own."""
    receipt = beside.with_name(beside.name + ".receipt.json")
    receipt.write_text(json.dumps(answer, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    written = [receipt]
    for number, proof in enumerate(proofs):
        name = f"{beside.name}.tlog-proof" if len(proofs) == 1 else f"{beside.name}.{number}.tlog-proof"
        path = beside.with_name(name)
        path.write_bytes(proof)
        written.append(path)
    return written


def _text(body: Mapping[str, Json], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ReceiptWrong(field=name, came=value, expected=Words(zh="文字", en="text"))
    return value


def _bytes(body: Mapping[str, Json], name: str) -> bytes:
    text = _text(body, name)
    try:
        return b64decode(text, validate=True)
    except ValueError as wrong:
        raise ReceiptWrong(field=name, came=text, expected=Words(zh="base64", en="base64")) from wrong
