"""The matrix is asked of one world, and what is allowed leaves something behind there: a delivery that was accepted, a key that was given.

So its rows are asked in their own order, however the other tests are shuffled.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the matrix into the order in which they are written, in the places that they have."""
    places = [place for place, item in enumerate(items) if item.path.name == "test_matrix.py"]
    for place, item in zip(places, sorted((items[one] for one in places), key=_written), strict=True):
        items[place] = item


def _written(item: pytest.Item) -> tuple[int, int]:
    """The line of a test, and which of its cases it is."""
    assert isinstance(item, pytest.Function)
    case = item.callspec.indices.get("address", 0) if hasattr(item, "callspec") else 0
    return item.function.__code__.co_firstlineno, case
