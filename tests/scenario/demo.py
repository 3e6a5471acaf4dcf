"""The demo for tests: played once by the command line, then opened in copies that tests may ask and write to.

The copies are served as a real ledger is, without the switch that lets a visitor be anybody: the public sees what the public sees.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.app import create_app
from api.demo.client import API, PublicApi
from api.demo.clock import DemoClock
from api.demo.parties import EVERYONE, certificate_of, party_id
from api.demo.player import playing
from api.demo.story import Story, told
from api.demo.telling import REGISTRAR
from api.demo.variation import Variation
from api.routes.trade import path_of
from api.settings import Settings
from ledger.keys import Vault
from ledger.service import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.vocabulary.said import Said

ROOT_OF_REPOSITORY = __file__.rsplit("/tests/", 1)[0]

#: Another telling: every party by another name, five times the goods, some weeks later.
VARIED = Variation(rename=lambda name: f"改名之后的{name[::-1]}", scale=5, shift_days=45)


@dataclass(frozen=True, slots=True)
class Telling:
    """One telling of the story, in a ledger behind the public API."""

    story: Story
    ledger: Ledger
    clock: DemoClock
    api: PublicApi

    @property
    def variation(self) -> Variation:
        """How it differs from the plain one."""
        return self.story.variation

    def post(self, said: Said, *, by: str) -> int:
        """One more record, now; its position."""
        body = said.model_dump(mode="json", exclude_none=True)
        position = self.api.post(f"{API}/{path_of(said.TYPE)}", body, by=by)["position"]
        assert isinstance(position, int)
        return position


def suyuan(*words: str, data: Path, lang: str = "zh", **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as somebody starts it in a shell, with nothing of our own environment but the path."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words, "--lang", lang],
        cwd=ROOT_OF_REPOSITORY,
        env={"PATH": os.environ["PATH"], "SUYUAN_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@contextmanager
def open_copy(folder: Path, target: Path) -> Iterator[Telling]:
    """A copy of a played demo. What is recorded in it stays in it."""
    settings = Settings(data=target / "demo")
    shutil.copytree(folder, settings.data)
    settings.key_path.parent.mkdir(mode=0o700)
    shutil.copy(Settings(data=folder).key_path, settings.key_path)
    story, vault = told(), Vault.open_file(settings.key_path)
    clock = DemoClock(story.now.ms)
    with Ledger.open(settings.database, vault=vault, evidence=settings.evidence_path, clock=clock) as ledger:
        keys = {
            one.key: ledger.give_access_key(
                party_id(one.key), label="test", certificate=certificate_of(one.key)
            )
            for one in EVERYONE.values()
            if one.role
        }
        keys[REGISTRAR] = ledger.give_access_key(ledger.registrar, label="test")
        with PublicApi(create_app(ledger, settings), base_url=settings.base_url, keys=keys) as api:
            yield Telling(story=story, ledger=ledger, clock=clock, api=api)


@contextmanager
def play_varied(target: Path) -> Iterator[Telling]:
    """The varied story, played whole."""
    with playing(told(VARIED), Settings(data=target / "demo")) as played:
        yield Telling(story=played.story, ledger=played.ledger, clock=played.clock, api=played.api)
