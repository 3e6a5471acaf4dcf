"""No page goes through the whole log to find what is one party's or one pack's: on SQLite every sentence of every page is asked for its plan."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import pytest
from sqlalchemy import event

from api.app import create_app
from api.settings import Settings
from ledger.store.engine import reading
from tests.integration.pages.story import CODE, LEEK, Story
from tests.support.server import BASE_URL, Clock, client_of, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger

#: The tables that grow with the log.
GROWING: Final = "entries|envelopes|items|mentions|marks|edges|holdings"
#: Through all of it, in any order, or through all that one log has of it.
WHOLE: Final = re.compile(r"SCAN \S*|SEARCH \S+ USING .*\(log_id=\?(?: AND seq<\?)?\)")
LEAF: Final = quote(str(LEEK), safe="")
PATHS: Final = (
    f"/p?code={CODE}",
    "/p/01/09520001000027/10/JC-1",
    "/01/09520001000027/10/JC-1",
    "/01/09520001000027?linkType=linkset",
    f"/trace?goods={LEAF}",
    f"/api/v1/trace?goods={LEAF}",
    f"/api/v1/trace?code={CODE}",
    "/stall",
    "/my",
    "/my/batches",
    "/my/checks",
    "/my/shipments",
    "/my/codes",
    "/my/labels",
    "/my/findings",
    "/my/recalls",
    "/search?q=JC-1",
    "/inspect",
    "/api/v1/statements",
    "/api/v1/entries/40/proof",
    "/log/checkpoint",
)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with make_ledger(tmp_path, Clock()) as ledger:
        yield Story.cast(ledger).tell()


def told_by(ledger: Ledger, sentence: str) -> list[str]:
    """What SQLite says that it would do for a sentence, as far as it would go through the whole of a table that grows."""
    with reading(ledger.engine) as connection:
        asked = f"EXPLAIN QUERY PLAN {sentence}"
        rows = connection.exec_driver_sql(asked, (1,) * sentence.count("?")).all()
    names = {one[1] or one[0] for one in re.findall(rf"\b({GROWING})(?: AS (\w+))?", sentence)}
    found = (WHOLE.fullmatch(str(row[3])) for row in rows)
    return [one[0] for one in found if one is not None and one[0].split()[1] in names]


def test_no_page_goes_through_the_whole_log(story: Story, tmp_path: Path) -> None:
    heard = dict[str, str]()
    here = [""]

    def hear(*said: object) -> None:
        heard.setdefault(str(said[2]), here[0])

    app = create_app(story.ledger, Settings(base_url=BASE_URL, data=tmp_path, limits=False))
    with client_of(app) as client:
        event.listen(story.ledger.engine, "before_cursor_execute", hear)
        for key in (None, story.farm.key, story.stall.key, story.authority.key):
            for path in PATHS:
                here[0] = path
                accept = "application/json" if path.startswith("/api/") else "text/html"
                assert client.get(path, key=key, headers={"accept": accept}).status_code < 500
        event.remove(story.ledger.engine, "before_cursor_execute", hear)
    asked = {text: path for text, path in heard.items() if text.lstrip().startswith(("SELECT", "WITH"))}
    assert len(asked) > 20
    walks = {(path, text): told_by(story.ledger, text) for text, path in asked.items()}
    assert {where: plan for where, plan in walks.items() if plan} == {}


@pytest.mark.parametrize(
    "sentence",
    [
        "SELECT seq FROM mentions WHERE key = ? AND log_id = ? AND seq + 0 < ? ORDER BY seq DESC LIMIT ?",
        (
            "SELECT marks.seq, entries.statement_id FROM marks JOIN entries ON entries.log_id = marks.log_id AND entries.seq = marks.by_seq "
            "WHERE marks.log_id = ? AND marks.seq IN (SELECT value FROM json_each(?)) AND marks.by_seq < ?"
        ),
        "SELECT raw FROM entries WHERE raw = ?",
    ],
)
def test_a_sentence_that_goes_through_the_whole_log_is_found(story: Story, sentence: str) -> None:
    assert told_by(story.ledger, sentence) != []
