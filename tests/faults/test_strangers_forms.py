"""Another tenant sends every form that his pages offer him with names of somebody else's things in it, and learns nothing by that either."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.pages.console import Counter
from api.settings import Settings
from ledger.errors import Conflict, Words
from tests.support.server import BASE_URL, Clock, client_of, make_ledger
from tests.support.soak import soak_scale
from tests.support.strangers.forms import filled, forms_of, things_of, told, trade_of
from tests.support.strangers.tenants import Town

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ledger.views.book import Record
    from tests.support.strangers.forms import Filled

#: Kinds of forms that a trader's pages hold, and requests of a whole soak: two for each field and name.
FORMS_MIN = 35
WHOLE = 10_000


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with make_ledger(tmp_path, Clock()) as ledger:
        app = create_app(ledger, Settings(base_url=BASE_URL, data=tmp_path, limits=False))
        with client_of(app) as client:
            built = Town.built(ledger, client)
            trade_of(built)
            yield built


_numbers = count()


def learnt(town: Town, tries: Iterable[Filled]) -> list[str]:
    """Every form that tells B something."""
    found = ((one, told(town, one, next(_numbers))) for one in tries)
    return [
        f"{one.action} {one.field} {one.thing.sort} {one.thing.name}: {what}" for one, what in found if what
    ]


@pytest.mark.soak
def test_no_form_tells_of_another(town: Town) -> None:
    forms, whole = forms_of(town), soak_scale() == 1
    assert len(forms) >= FORMS_MIN
    tries = list(filled(forms, things_of(town), each=whole))
    assert not whole or 2 * len(tries) >= WHOLE
    assert learnt(town, tries) == []


def test_a_form_that_tells_what_is_there_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a record that is not B's is refused in another way than one that is not there."""
    as_it_is = Counter.record

    def tells(self: Counter, position: int) -> Record:
        if position < self.book.size:
            raise Conflict(field="of", came=position, expected=Words(zh="本方的记录", en="a record of yours"))
        return as_it_is(self, position)

    monkeypatch.setattr(Counter, "record", tells)
    forms = [one for one in forms_of(town) if one.action == "/my/sites"]
    tries = [one for one in filled(forms, things_of(town), each=True) if one.field == "of"]
    assert any("409 where a twin gets 422" in one for one in learnt(town, tries))
