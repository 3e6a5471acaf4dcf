"""The pages of `docs/runbook.md`, step by step, with the commands and requests they give: by the command line, against a served ledger."""

from __future__ import annotations

import json
import re
import shlex
from argparse import ArgumentParser
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.app import create_app
from api.cli import COMMANDS, main
from api.settings import Settings
from ledger.identifiers import Instant, PartyId, StatementId
from ledger.keys import Vault
from ledger.service import Ledger, system_clock
from ledger.vocabulary.registering import Genesis
from tests.browser.serving import free_port, serving
from tests.support.second_verifier import verify_export

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD, WRONG, MISUSED = 0, 1, 2
RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
LEEK = "https://id.gs1.org/01/09520001000027/10/JC-1"


@dataclass
class House:
    """An operator's machine, the server on it, and a trader's own folder beside it."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    url: str = ""
    registrar: str = ""
    vkey: str = ""
    _files: int = field(default=0)

    def run(self, *words: str, expect: int = GOOD) -> str:
        """One command of `suyuan`; what it said, on either channel."""
        self.capsys.readouterr()
        status = main(["--lang", "en", *words])
        said = self.capsys.readouterr()
        assert status == expect, said.out + said.err
        return said.out + said.err

    def post(self, path: str, body: object, *, key: str | None = None, expect: int = 201) -> dict[str, str]:
        """One request of the registrar, or of whoever's key it is."""
        answer = httpx.post(
            f"{self.url}/api/v1/{path}",
            json=body,
            headers={"authorization": f"Bearer {key or self.registrar}"},
            trust_env=False,
        )
        assert answer.status_code == expect, answer.text
        told: dict[str, str] = answer.json()
        return told

    def get(self, path: str, *, key: str | None = None) -> httpx.Response:
        """One question."""
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return httpx.get(f"{self.url}{path}", headers=headers, trust_env=False)

    def enrolled(self, name: str, party: str | None = None) -> tuple[Path, PartyId]:
        """A key that somebody made and enrolled with an invite."""
        key = self.folder / name
        body = {"role": "enterprise"} | ({} if party is None else {"party": party})
        invite = self.post("key-invites", body)
        self.run("key", "new", str(key))
        self.run(
            "key", "enrol", str(key), "--invite", invite["invite"], "--url", self.url, "--vkey", self.vkey
        )
        return key, PartyId.parse(invite["party"])

    def keyid(self, key: Path) -> str:
        """The id of a key file's key."""
        return str(re.findall(r"keyid +([0-9a-f]{64})", self.run("key", "show", str(key)))[0])

    def signed(self, key: Path, kind: str, body: object) -> Path:
        """A record that was signed offline."""
        self._files += 1
        path = self.folder / f"record-{self._files}.json"
        path.write_text(json.dumps(body), encoding="utf-8")
        self.run("sign", str(path), "--type", kind, "--key", str(key))
        return path.with_name(path.name + ".signed.json")

    def submit(self, path: Path, *, expect: int = GOOD) -> str:
        """Send a signed file."""
        return self.run("submit", str(path), "--url", self.url, "--vkey", self.vkey, expect=expect)

    def batch(self, key: Path) -> Path:
        """A record of a trader, signed and not sent."""
        name = f"青菜（演示）{self._files}"
        return self.signed(
            key, "batches", {"name": name, "category": "edible_agricultural", "produced_on": "2026-11-20"}
        )


@pytest.fixture
def house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    data, port = tmp_path / "data", free_port()
    for name in ("SUYUAN_DATABASE_URL", "SUYUAN_CATEGORIES", "SUYUAN_EVIDENCE_URL", "SUYUAN_DEMO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SUYUAN_DATA", str(data))
    monkeypatch.setenv("SUYUAN_KEY_FILE", str(tmp_path / "keys" / "ledger.key"))
    made = House(tmp_path, capsys, monkeypatch)
    said = made.run("init", "--host", "zs.example.cn", "--registrar", "登记处（演示）")
    made.vkey, made.registrar = said.splitlines()[0], re.findall(r"suyuan_[\w-]+", said)[0]
    settings = Settings(base_url=f"http://127.0.0.1:{port}")
    vault = Vault.open_file(settings.key_path)
    with (
        Ledger.open(settings.database, vault=vault, evidence=settings.evidence) as ledger,
        serving(create_app(ledger, settings), port) as made.url,
    ):
        yield made


def test_a_record_is_signed_offline_and_sent_twice_and_recorded_once(house: House) -> None:
    key, _ = house.enrolled("a.pem")
    assert key.stat().st_mode & 0o777 == 0o600
    path = house.batch(key)
    assert "recorded" in house.submit(path)
    size = house.get("/log/checkpoint").text.splitlines()[1]
    assert "recorded" in house.submit(path)
    assert house.get("/log/checkpoint").text.splitlines()[1] == size
    assert path.with_name(path.name + ".tlog-proof").read_text().startswith("c2sp.org/tlog-proof@v1\n")
    # Signing again would make another record: the signed file stands in the way.
    record = path.with_name(path.name.removesuffix(".signed.json"))
    assert "is there already" in house.run(
        "sign", str(record), "--type", "batches", "--key", str(key), expect=MISUSED
    )


def test_a_receipt_of_another_log_is_not_called_recorded(house: House) -> None:
    key, _ = house.enrolled("a.pem")
    path = house.batch(key)
    other = Ledger.create(
        f"sqlite:///{house.folder / 'other.db'}",
        host="other.example",
        registrar_name="登记处（演示）",
        vault=Vault.create_file(house.folder / "other.key"),
        evidence=house.folder / "evidence",
    )
    with other:
        vkey = str(other.vkey)
    said = house.run("submit", str(path), "--url", house.url, "--vkey", vkey, expect=WRONG)
    assert "does not hold" in said
    assert not path.with_name(path.name + ".tlog-proof").exists()


def test_a_draft_of_the_server_is_signed_offline_and_shown_in_words(house: House) -> None:
    key, party = house.enrolled("a.pem")
    access = house.post("access-keys", {"party": str(party)})["access_key"]
    body = {"name": "菠菜（演示）", "category": "edible_agricultural", "produced_on": "2026-11-20"}
    draft = house.post("drafts/batches", body, key=access, expect=200)
    size = house.get("/log/checkpoint").text.splitlines()[1]
    path = house.folder / "draft.json"
    path.write_text(json.dumps(draft), encoding="utf-8")
    said = house.run("sign", str(path), "--key", str(key))
    assert "菠菜（演示）" in said
    assert house.get("/log/checkpoint").text.splitlines()[1] == size
    house.submit(path.with_name("draft.json.signed.json"))
    # Somebody else's key does not sign it.
    stranger, _ = house.enrolled("b.pem")
    assert "expected" in house.run(
        "sign", str(path), "--key", str(stranger), "-o", str(house.folder / "x.json"), expect=MISUSED
    )


def test_lost_key(house: House) -> None:
    key, party = house.enrolled("a.pem")
    before = house.batch(key)
    house.submit(before)
    waiting = house.batch(key)
    house.post("keys", {"action": "revoke", "keyid": house.keyid(key), "reason": "lost"})
    assert "did not take it (403)" in house.submit(waiting, expect=MISUSED)
    new, same = house.enrolled("b.pem", str(party))
    assert same == party
    house.submit(house.batch(new))
    # What was signed before stays signed.
    assert "recorded" in house.submit(before)


def test_lost_key_of_a_party_that_has_another(house: House) -> None:
    key, party = house.enrolled("a.pem")
    spare, _ = house.enrolled("b.pem", str(party))
    out = house.folder / "revoke.json"
    words = ("--key", str(spare), "--keyid", house.keyid(key), "--reason", "lost", "-o", str(out))
    assert house.keyid(key) in house.run("key", "revoke", *words)
    house.submit(out)
    house.submit(house.batch(key), expect=MISUSED)
    house.submit(house.batch(spare))


def test_a_key_is_replaced_by_the_next_one(house: House) -> None:
    key, _ = house.enrolled("a.pem")
    new, out = house.folder / "new.pem", house.folder / "rotate.json"
    house.run("key", "new", str(new))
    house.run("key", "rotate", "--key", str(key), "--new", str(new), "-o", str(out))
    house.submit(out)
    house.submit(house.batch(key), expect=MISUSED)
    house.submit(house.batch(new))


def test_stolen_key(house: House) -> None:
    key, party = house.enrolled("a.pem")
    spare, _ = house.enrolled("b.pem", str(party))
    since = str(Instant(system_clock() - 1000).at_shanghai())
    ours, thiefs = house.batch(key), house.batch(key)
    ours_id, _ = (re.findall(r"recorded: ([0-9a-f-]{36})", house.submit(path))[0] for path in (ours, thiefs))
    out = house.folder / "stolen.json"
    house.run(
        "key",
        "compromised",
        "--key",
        str(spare),
        "--keyid",
        house.keyid(key),
        "--since",
        since,
        "-o",
        str(out),
    )
    house.submit(out)
    house.submit(house.batch(key), expect=MISUSED)
    access = house.post("access-keys", {"party": str(party)})["access_key"]
    assert _disputed(house, access) == 2
    out = house.folder / "affirm.json"
    house.run("key", "affirm", ours_id, "--key", str(spare), "-o", str(out))
    house.submit(out)
    assert _disputed(house, access) == 1


def _disputed(house: House, key: str) -> int:
    """How many of the party's records wait for its word."""
    page = house.get("/my/findings", key=key)
    assert page.status_code == 200
    settings = Settings()
    with Ledger.open(
        settings.database, vault=Vault.open_file(settings.key_path), evidence=settings.evidence
    ) as ledger:
        found = {seq for one in ledger.findings() if one.kind == "signature_disputed" for seq in one.seqs}
        with ledger.book() as book:
            records = book.records(found)
    return sum(record.header.type == "batch.v1" for record in records.values())


def test_rename(house: House) -> None:
    key, party = house.enrolled("a.pem")
    sheet = {"party": str(party), "party_kind": "company"}
    first = house.signed(key, "parties", {**sheet, "name": "旧名合作社（演示）"})
    said = house.submit(first)
    before = re.findall(r"recorded: ([0-9a-f-]{36})", said)[0]
    renamed = {
        **sheet,
        "name": "新名合作社（演示）",
        "formerly": "旧名合作社（演示）",
        "corrects": before,
        "correction_reason": "incorrect_data",
        "correction_note": "更名",
    }
    house.submit(house.signed(key, "parties", renamed))
    told = house.get(f"/api/v1/parties/{party}").json()
    assert told["name"] == "新名合作社（演示）"
    assert "旧名合作社（演示）" in told["former_names"]
    found = house.get("/api/v1/parties?q=旧名合作社（演示）").json()["parties"]
    assert [one["party"] for one in found] == [str(party)]


def test_merger(house: House) -> None:
    old_key, old = house.enrolled("a.pem")
    new_key, new = house.enrolled("b.pem")
    for key, party, name in ((old_key, old, "甲社（演示）"), (new_key, new, "乙社（演示）")):
        house.submit(
            house.signed(key, "parties", {"party": str(party), "party_kind": "company", "name": name})
        )
    house.post(
        "successions",
        {"party": str(old), "successor": str(new), "how": "merged", "effective_on": "2026-11-20"},
    )
    house.post("keys", {"action": "revoke", "keyid": house.keyid(old_key), "reason": "left"})
    told = house.get(f"/api/v1/parties/{new}").json()
    assert told["before"] == [str(old)]
    house.submit(house.batch(old_key), expect=MISUSED)
    house.submit(house.batch(new_key))


def test_log_key_changed(house: House) -> None:
    key, _ = house.enrolled("a.pem")
    said = house.run("log-key", "rotate", "--overlap-days", "0")
    new = said.splitlines()[0]
    assert new != house.vkey
    assert house.get("/log/vkey").text.splitlines() == [new, house.vkey]
    # Whoever knows the old key is led to the new one; whoever knows the new one reads the whole log.
    path = house.batch(key)
    assert "recorded" in house.submit(path)
    house.run("submit", str(path), "--url", house.url, "--vkey", new)
    for vkey in (new, house.vkey):
        assert "audit passed" in house.run("audit", "--vkey", vkey)
    out = house.folder / "export"
    house.run("export", str(out), "--everything")
    for vkey in (new, house.vkey):
        verify_export(out, vkey, complete=True)
    assert house.run("log-key", "show").splitlines() == [f"signs  {new}", f"retired  {house.vkey}"]


def test_log_key_stolen(house: House) -> None:
    key, _ = house.enrolled("a.pem")
    kept = house.batch(key)
    house.submit(kept)
    final = house.folder / "final"
    assert "--yes" in house.run("log-key", "stolen", "-o", str(final), expect=MISUSED)
    house.run("log-key", "stolen", "-o", str(final), "--yes")
    said = house.submit(house.batch(key), expect=MISUSED)
    assert "frozen" in said
    # Read and checked as before.
    assert "audit passed" in house.run("audit", "--vkey", house.vkey)
    assert house.get("/log/checkpoint").text.encode() == final.read_bytes()
    origin, size, root = final.read_text(encoding="utf-8").splitlines()[:3]
    house.monkeypatch.setenv("SUYUAN_DATA", str(house.folder / "new"))
    house.monkeypatch.setenv("SUYUAN_KEY_FILE", str(house.folder / "keys" / "new.key"))
    host = ("--host", "zs.example.cn", "--registrar", "登记处（演示）")
    said = house.run("init", *host, "--follows", str(final), "--follows-vkey", house.vkey)
    settings = Settings()
    with Ledger.open(
        settings.database, vault=Vault.open_file(settings.key_path), evidence=settings.evidence
    ) as ledger:
        genesis = Genesis.from_items([one.item for one in ledger.stored(0).opened if one is not None])
        assert (genesis.follows_origin, genesis.follows_size, genesis.follows_root) == (
            origin,
            int(size),
            root,
        )
    assert "audit passed" in house.run("audit", "--vkey", said.splitlines()[0])


def test_every_command_of_the_runbook_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    lines = [
        line.strip()
        for block in re.findall(r"```(?:sh)?\n(.*?)```", text, re.DOTALL)
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip().startswith("suyuan ")
    ]
    assert len(lines) > 15
    family = {one.name: one for one in COMMANDS}
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        parser = ArgumentParser(prog=words[0], exit_on_error=False)
        family[words[0]].load().arguments(parser, "en")
        try:
            parser.parse_args([word.replace("DAYS", "30") for word in words[1:]])
        except SystemExit:
            pytest.fail(f"{line}: {capsys.readouterr().err}")


def test_ids_in_the_runbook_are_of_our_own_making() -> None:
    """What looks like an id in an example is one that can be parsed, or a word in capitals."""
    text = RUNBOOK.read_text(encoding="utf-8")
    for found in re.findall(r"pty_[0-9a-z]+", text):
        PartyId.parse(found)
    for found in re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", text):
        StatementId.parse(found)
