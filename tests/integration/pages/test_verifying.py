"""The page that checks a proof, as the server gives it: rules that let nothing out, the log's keys, and every sentence that its script may say."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from api.pages.rendering import STATIC
from api.pages.verifying import SAID

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client

SCRIPT = (STATIC / "verify.js").read_text("utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_lets_nothing_out_and_brings_the_key_and_the_words(
    client: Client, ledger: Ledger, language: str
) -> None:
    answer = client.get("/verify", headers={"Accept-Language": language})
    rules = dict(
        rule.strip().partition(" ")[::2] for rule in answer.headers["content-security-policy"].split(";")
    )
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules
    assert str(ledger.vkey) in answer.text.replace("&#43;", "+")
    (words,) = re.findall(r'data-words="([^"]*)"', answer.text)
    assert json.loads(words.replace("&#34;", '"').replace("&#39;", "'")).keys() == set(SAID)


def test_the_script_has_a_sentence_for_all_it_says_and_says_all_it_has() -> None:
    quoted = set(re.findall(r'"([a-z_]+)"', SCRIPT))
    titles = {"title_good", "title_bad", "title_none"}
    assert set(SAID) - quoted == titles
    named = set(re.findall(r'(?:say|Wrong|Cannot)\("([a-z_]+)"', SCRIPT)) | set(
        re.findall(r'\["([a-z_]+)", \{', SCRIPT)
    )
    named |= set(re.findall(r'require\([^;\n]*, "([a-z_]+)"(?:, \{[^;\n]*)?\);', SCRIPT))
    assert named - set(SAID) == set()
