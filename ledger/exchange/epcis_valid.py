"""Whether an event is one: what EPCIS 2.0 asks of every event, and its ratified JSON schema refuses.

Only what comes in anew is asked. An event that stands in the log is read as far as it can be (`ledger.vocabulary.epcis_reading`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ledger.errors import Malformed, Words
from ledger.identifiers import Instant

if TYPE_CHECKING:
    from ledger.vocabulary.foreign import ForeignJson, ForeignObject

#: EPCIS 2.0 7.3.2.
ACTIONS: Final = ("ADD", "OBSERVE", "DELETE")
_WITH_ACTION: Final = frozenset({"ObjectEvent", "AggregationEvent", "TransactionEvent", "AssociationEvent"})
#: As the schema writes it: no zone of the earth is further from UTC.
_OFFSET: Final = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)", re.ASCII)
#: One of them names what an object event is about; a reading of a sensor may be about a place alone.
_OBJECTS: Final = ("epcList", "quantityList", "sensorElementList")


def check_event(event: ForeignObject, *, field: str) -> None:
    """Raise `Malformed`, with the property, what came and what was expected, where an event lacks what every event has."""
    kind, action = event.get("type"), event.get("action")
    if kind in _WITH_ACTION and action not in ACTIONS:
        names = ", ".join(ACTIONS)
        expected = Words(zh=f"以下之一：{names}", en=f"one of {names} (EPCIS 2.0 7.3.2)")
        raise Malformed(field=f"{field}.action", came=_came(action), expected=expected)
    offset = event.get("eventTimeZoneOffset")
    if not isinstance(offset, str) or _OFFSET.fullmatch(offset) is None:
        expected = Words(
            zh="与 UTC 的时差，如 +08:00", en="an offset from UTC, like +08:00 (EPCIS 2.0 7.4.1)"
        )
        raise Malformed(field=f"{field}.eventTimeZoneOffset", came=_came(offset), expected=expected)
    if kind == "ObjectEvent" and not any(event.get(name) for name in _OBJECTS):
        expected = Words(
            zh="epcList 或 quantityList 中的物品", en="objects in epcList or quantityList (EPCIS 2.0 7.4.2)"
        )
        raise Malformed(field=f"{field}.epcList", came="", expected=expected)
    _check_error(event, field=field)


def _check_error(event: ForeignObject, *, field: str) -> None:
    """An error declaration says when it was made (EPCIS 2.0 7.4.1.2): it takes an event back."""
    place, declared = f"{field}.errorDeclaration", event.get("errorDeclaration")
    if declared is None:
        return
    if not isinstance(declared, dict):
        expected = Words(
            zh="含 declarationTime 的对象", en="an object with declarationTime (EPCIS 2.0 7.4.1.2)"
        )
        raise Malformed(field=place, came=declared, expected=expected)
    time = declared.get("declarationTime")
    if not isinstance(time, str):
        expected = Words(zh="声明时间", en="the time of the declaration")
        raise Malformed(field=f"{place}.declarationTime", came=_came(time), expected=expected)
    Instant.parse(time, field=f"{place}.declarationTime")
    for name, of in (("reason", str), ("correctiveEventIDs", list)):
        value = declared.get(name)
        if value is not None and not isinstance(value, of):
            expected = Words(zh="文字" if of is str else "数组", en="a text" if of is str else "a list")
            raise Malformed(field=f"{place}.{name}", came=value, expected=expected)


def _came(value: ForeignJson) -> ForeignJson:
    return "" if value is None else value
