"""A GS1 EPCIS event that somebody else made, kept byte for byte."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, ClassVar

from pydantic import StringConstraints

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In
from ledger.vocabulary.values import Name

#: 1 MiB of foreign bytes, as base64.
EVENT_TEXT_MAX = 1_398_104


class EpcisEvent(Correctable):
    """One EPCIS 2.0 event (ISO/IEC 19987) as it came, in base64: what came in this way goes out unchanged."""

    TYPE: ClassVar[str] = "epcis_event.v1"
    TITLE: ClassVar[Words] = Words(zh="EPCIS 事件", en="EPCIS event")

    event: Annotated[
        Annotated[str, StringConstraints(max_length=EVENT_TEXT_MAX, pattern=r"^[A-Za-z0-9+/]+={0,2}$")],
        In("epcis_event", "chain", "事件原文（base64）", "event bytes (base64)"),
    ]
    media_type: Annotated[Name, In("epcis_event", "chain", "格式", "media type")] = "application/ld+json"

    @property
    def event_bytes(self) -> bytes:
        """The event as it came."""
        return b64decode(self.event)
