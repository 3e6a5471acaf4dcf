"""An address that passes for ours is followed by nobody: not by the page, the search of a photo, or the command line."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import qrcode

from api.app import create_app
from api.cli import main
from api.settings import Settings
from tests.support.scenes import Scene, photographed
from tests.support.server import client_of
from tests.unit.scanner.test_hosts import LOOKALIKES, OURS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from tests.integration.pages.story import Story
    from tests.support.server import Client

#: On a photo the address is read as on a page; one of each sort is enough there.
ON_PHOTOS = LOOKALIKES[:: len(LOOKALIKES) // 6]
BATCH = "01/09520001000027/10/JC-1"


@pytest.fixture
def public(story: Story, ledger: Ledger, tmp_path: Path) -> Iterator[Client]:
    settings = Settings(base_url=f"https://{OURS}", data=tmp_path, print_loopback=True, limits=False)
    with client_of(create_app(ledger, settings)) as client:
        yield client


def on_photo(text: str) -> bytes:
    file = io.BytesIO()
    qrcode.make(text).get_image().save(file, "PNG")
    return photographed(file.getvalue(), scene=Scene())


def test_the_page_names_every_one_of_them_and_follows_none(public: Client) -> None:
    ours = public.get(f"/p?code={quote(f'https://{OURS}/{BATCH}', safe='')}")
    assert ours.status_code == 303
    for host in LOOKALIKES:
        answer = public.get(f"/p?code={quote(f'https://{host}/{BATCH}', safe='')}")
        assert answer.status_code == 404, host
        assert "像本站，但不是本站" in answer.text, host
        assert f"容易看成本站的 {OURS}" in answer.text, host
        assert "韭菜" not in answer.text, host


@pytest.mark.parametrize("host", ON_PHOTOS)
def test_a_photo_of_one_is_named_and_leads_to_no_goods(public: Client, host: str) -> None:
    link = f"https://{host.encode('idna').decode()}/{BATCH}"
    answer = public.send(
        "POST", "/api/v1/scans/photo", content=on_photo(link), headers={"content-type": "image/jpeg"}
    )
    (code,) = answer.json()["codes"]
    assert (code["kind"], code["looks_like"], code["is_ours"]) == ("lookalike_address", OURS, False)
    assert (code["known"], code["value"], "goods" in code) == (False, None, False)


def test_the_command_line_names_one_and_gives_it_no_page_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUYUAN_BASE_URL", f"https://{OURS}")
    monkeypatch.setenv("SUYUAN_DATA", str(tmp_path / "data"))
    picture = tmp_path / "a.jpg"
    picture.write_bytes(on_photo(f"https://suyuan-nantong.example/{BATCH}"))
    assert main(["scan", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "suyuan-nantong.example" in said
    assert f"https://{OURS}/01/" not in said
