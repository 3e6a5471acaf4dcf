"""Who may read what is decided in `api/audience.py`: no other module of the API asks about audiences, officials or contacts by itself."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

import pytest

API: Final = Path(__file__).resolve().parents[3] / "api"
#: The decider, with what lies within an official's scope; and who tells it as whom a caller reads.
DECIDES: Final = {"audience.py", "competence.py", "deps.py", "permissions.py"}
#: Words in a module that would mean that it decides by itself.
ASKS: Final = {"is_official", "named_parties"}
#: What a module may do with an item's audience beside reading what `Reading` let through: show its name, or say how it is withheld.
NAMES_IT: Final = {
    "schemas.py",
    "pages/entries.py",
    "pages/eyes.py",
    "pages/disclosing.py",
    "routes/statements.py",
}
#: Which sections and buttons a page offers, whose findings are asked for, what an official may record, as what kind of reader he is counted: no contents.
NAVIGATION: Final = {
    "pages/desk.py",
    "pages/entries.py",
    "pages/scan.py",
    "routes/traces.py",
    "routes/trade.py",
    "scans_noted.py",
}
#: The operator's own machine, where all of it lies; and the eyes of parties that are named in a record that is shown already.
ELSEWHERE: Final = {"commands/exchanging.py", "eyes.py"}

MODULES: Final = sorted(str(path.relative_to(API)) for path in API.rglob("*.py"))


def words(module: str) -> set[str]:
    """Every name and attribute that stands in a module."""
    tree = ast.parse((API / module).read_text(encoding="utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imported = {
        f"{node.module}.{one.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for one in node.names
    }
    return attributes | imported


@pytest.mark.parametrize("module", [one for one in MODULES if one not in DECIDES])
def test_no_other_module_decides_who_reads(module: str) -> None:
    found = words(module)
    assert "ledger.findings.may_read" not in found
    assert "api.audience.sight_of" not in found
    allowed = ({"is_official"} if module in NAVIGATION else set()) | (ASKS if module in ELSEWHERE else set())
    assert found & ASKS <= allowed
    if module not in NAMES_IT | ELSEWHERE:
        assert "audience" not in found


def test_whoever_opens_items_asks_first() -> None:
    """The ways out that hold the items of statements in their hands: each has a `Reading` beside them."""
    holding = {one for one in MODULES if "opened" in words(one) and one not in DECIDES}
    beside = {one for one in holding if {"places", "may_read_item", "may_read_heading"} & words(one)}
    assert {"disclosing.py", "pages/entries.py", "pages/eyes.py", "routes/statements.py"} <= beside
    # The register is public as a whole; a key's owner signs its own enrolment; a bracket is opened, and a pack; a choice among what may be shown;
    # the codes of a run, for the party that issued it.
    assert holding - beside <= {
        *("routes/log.py", "routes/registering.py", "commands/keys.py"),
        *(
            "pages/trace_page.py",
            "pages/disclosing.py",
            "pages/process_plan.py",
            "pages/sampling.py",
            "issuing.py",
        ),
    }
