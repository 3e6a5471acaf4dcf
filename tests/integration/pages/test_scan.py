"""The scan page as the server makes it: whole without its script, and a list of what several codes are, for each reader what is theirs to know."""

from __future__ import annotations

import gzip
import json
import re
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

import api.pages.scan
from api.pages.rendering import STATIC
from api.pages.scan import CODES_MAX, script_address
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import CODE
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from tests.integration.pages.browsing import Page
    from tests.integration.pages.story import Story
    from tests.support.server import Client

WEB = Path(api.pages.scan.__file__).parents[2] / "scanner" / "web"
LEEK = f"{BASE_URL}/01/09520001000027/10/JC-1"
#: zxing-wasm 3.1.4. A new version is looked at, tried, and written down here.
MODULE_SHA256 = "e8af31edb56d0522f4de74495839385ef019ba8bc90d38e5ecb2f18795d86fb2"
SHELL_BYTES_MAX = 60_000


@pytest.fixture
def public(client: Client) -> Visitor:
    return Visitor(client)


def _words(page: Page) -> dict[str, str]:
    found = re.search(r'data-words="([^"]*)"', page.html)
    assert found is not None
    words: dict[str, str] = json.loads(unescape(found[1]))
    return words


def _asked(*codes: str) -> str:
    return f"/scan?{urlencode([('code', one) for one in codes])}"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bundle of one file, so that what the page does with it is known on every machine."""
    folder = tmp_path / "static" / "scan"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"src/main.ts": {"file": "assets/main-1234.js"}}))
    monkeypatch.setattr(api.pages.scan, "STATIC", tmp_path / "static")
    return "/static/scan/assets/main-1234.js"


def test_without_its_script_the_page_says_what_is_missing_and_takes_photos_and_texts(
    public: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.pages.scan, "STATIC", tmp_path)
    page = public.open("/scan")
    assert page.status == 200
    assert "本服务器没有装扫码程序" in page.text
    assert "script" not in page.read.tags
    assert page.form("/inspect").files == ["photo"]
    assert "code" in page.fields("/p")


def test_with_its_script_the_page_names_it_by_its_content(public: Visitor, built: str) -> None:
    page = public.open("/scan")
    assert f'<script src="{built}" defer></script>' in page.html
    assert "本服务器没有装扫码程序" not in page.text


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_has_every_word_that_its_script_may_say(client: Client, built: str, language: str) -> None:
    keys = re.findall(r'^  "([a-z_]+)",$', (WEB / "src" / "words.ts").read_text("utf-8"), re.MULTILINE)
    words = _words(Visitor(client, language=language).open("/scan"))
    assert keys
    assert sorted(words) == sorted(keys)
    assert all(words.values())
    assert "{count}" in words["found"]


def test_an_official_is_sent_to_the_trace_and_a_buyer_to_the_page_for_buyers(
    story: Story, client: Client, public: Visitor, built: str
) -> None:
    assert 'data-go="/trace"' in Visitor.of(client, story.authority).open("/scan").html
    assert 'data-go="/p"' in public.open("/scan").html
    assert 'data-go="/p"' in Visitor.of(client, story.farm).open("/scan").html


def test_an_official_sees_what_each_of_several_codes_is(story: Story, client: Client) -> None:
    story.recall()
    page = Visitor.of(client, story.authority).open(_asked(LEEK, CODE, "不是码", LEEK))
    assert "3 个码" in page.text
    assert "韭菜" in page.text
    assert page.text.count("召回") == 1
    assert page.text.count("本台账没有记录") == 1
    assert f"/trace?code={quote(LEEK, safe='')}" in page.read.links
    # The address of this site goes without saying; the end of it is what tells codes apart.
    assert ">/01/09520001000027/10/JC-1<" in page.html


def test_for_somebody_without_an_account_nothing_is_looked_up_in_a_list(
    story: Story, public: Visitor
) -> None:
    page = public.open(_asked(LEEK, "12690011001900000000000000009999"))
    assert "韭菜" not in page.text
    assert "没有记录" not in page.text
    assert f"/p?code={quote(LEEK, safe='')}" in page.read.links


def test_a_party_does_not_learn_of_goods_that_are_not_its_own(story: Story, client: Client) -> None:
    unknown = f"{BASE_URL}/c/3xk7mq9a"
    page = Visitor.of(client, story.stall).open(_asked(LEEK, unknown))
    assert "韭菜" in page.text
    assert page.text.count("本台账没有记录") == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "<script>alert(1)</script>",
        "https://user@suyuan.example/p",
        "]d2",
        "x" * 2_000,
        "\x1d01",
        "01,",
        "😀",
    ],
)
def test_whatever_a_stranger_prints_is_listed_as_a_text(story: Story, client: Client, text: str) -> None:
    page = Visitor.of(client, story.authority).open(_asked(text, LEEK))
    assert page.status == 200
    assert "<script>alert" not in page.html


def test_a_list_has_a_border(story: Story, client: Client) -> None:
    official = Visitor.of(client, story.authority)
    texts = [f"{LEEK}/21/{number}" for number in range(CODES_MAX + 1)]
    assert f"{CODES_MAX} 个码" in official.open(_asked(*texts[:-1])).text
    assert official.open(_asked(*texts)).status == 413


@pytest.mark.scan_page
def test_the_module_is_the_one_that_was_looked_at_and_comes_as_what_it_is(client: Client) -> None:
    (module,) = (STATIC / "scan" / "assets").glob("*.wasm")
    assert sha256(module.read_bytes()).hexdigest() == MODULE_SHA256
    assert json.loads((WEB / "package.json").read_text("utf-8"))["dependencies"] == {
        "@noble/ed25519": "3.2.0",
        "zxing-wasm": "3.1.4",
    }
    path = f"/static/scan/assets/{module.name}"
    for accepted, encoding in (("br, gzip", "br"), ("gzip", None), ("br;q=0", None)):
        answer = client.send("GET", path, headers={"accept-encoding": accepted})
        assert answer.headers["content-type"] == "application/wasm"
        assert answer.headers.get("content-encoding") == encoding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.scan_page
def test_all_that_the_page_needs_but_the_module_is_small(public: Visitor) -> None:
    page = public.open("/scan")
    address = script_address()
    assert address is not None
    files = [STATIC / "site.css", STATIC / "scan.css", *(STATIC / "scan" / "assets").glob("*.js")]
    assert len(files) == 5
    parts = [page.answer.content, *(file.read_bytes() for file in files)]
    assert sum(len(gzip.compress(part)) for part in parts) < SHELL_BYTES_MAX


@pytest.mark.scan_page
def test_what_is_served_was_built_of_these_sources() -> None:
    built_of = (STATIC / "scan" / "sources.sha256").read_text("utf-8").splitlines()
    told = {name: mark for mark, _, name in (line.partition("  ") for line in built_of)}
    assert {"src/main.ts", "src/worker.ts", "package-lock.json"} <= told.keys()
    changed = [name for name, mark in told.items() if sha256((WEB / name).read_bytes()).hexdigest() != mark]
    assert changed == []


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    assert lock["packages"]
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []
    assert [name for name, one in lock["packages"].items() if name and "integrity" not in one] == []
