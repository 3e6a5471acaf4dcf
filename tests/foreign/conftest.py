"""A log that grew through the sizes at which trees change their shape, as the files that strangers read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.foreign.published import Published, publish
from tests.support.foreign import asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.foreign import Case, Verdict


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The log, in a folder."""
    return publish(tmp_path_factory.mktemp("log"))


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> Iterator[Callable[[Case], Verdict]]:
    """The program that the test names as its parameter."""
    with asking(request.param) as judge:
        yield judge
