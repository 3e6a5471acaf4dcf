"""Runs axe-core in a page."""

from collections.abc import Mapping
from typing import TypedDict

from playwright.sync_api import Page

class Node(TypedDict):
    html: str
    failureSummary: str

class Violation(TypedDict):
    id: str
    nodes: list[Node]

class Response(TypedDict):
    violations: list[Violation]

class AxeResults:
    response: Response
    violations_count: int
    def generate_report(self) -> str: ...

class Axe:
    def run(self, page: Page, options: Mapping[str, object] | None = None) -> AxeResults: ...
