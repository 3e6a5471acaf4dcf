"""What may be said: every statement type by its name. A new type is one model in one of these modules and one name here."""

from __future__ import annotations

from typing import Final

from ledger.errors import UnknownName, Words
from ledger.vocabulary.affirming import Affirmation
from ledger.vocabulary.answering import Answer, Grant
from ledger.vocabulary.coding import Alias, CodeHeads
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.epcis import EpcisEvent
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Packing, Release, Transformation, Use
from ledger.vocabulary.linking import Link
from ledger.vocabulary.measures import Delisting, Destruction, ListEntry, OrderAnswer, Takedown
from ledger.vocabulary.oversight import (
    Complaint,
    Hold,
    Inspection,
    Recall,
    RecallAnswer,
    Sample,
    Scan,
    ScanBatch,
    TestResult,
)
from ledger.vocabulary.parties import Approval, Licence, Party, Product, Site, Succession
from ledger.vocabulary.registering import Credential, Erasure, Genesis, Key, LogKey
from ledger.vocabulary.said import Said
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck, SupplierFile

_ALL: Final[tuple[type[Said], ...]] = (
    Party,
    Licence,
    Approval,
    Succession,
    Product,
    Site,
    Batch,
    Release,
    SupplierFile,
    SupplierCheck,
    Certificate,
    Voucher,
    Commitment,
    Shipment,
    Receipt,
    Return,
    Transformation,
    Use,
    Adjustment,
    Codes,
    CodeHeads,
    Alias,
    Packing,
    Link,
    Sale,
    Inspection,
    Sample,
    TestResult,
    Complaint,
    Scan,
    ScanBatch,
    Hold,
    Takedown,
    Delisting,
    OrderAnswer,
    Recall,
    RecallAnswer,
    Destruction,
    ListEntry,
    Answer,
    Grant,
    Affirmation,
    Correction,
    EpcisEvent,
    Genesis,
    Key,
    Credential,
    LogKey,
    Erasure,
)

#: Statement type name, with its version, to its model. Old versions stay here for ever.
TYPES: Final[dict[str, type[Said]]] = {one.TYPE: one for one in _ALL}


def said_type(name: str) -> type[Said]:
    """The model of a statement type, or `UnknownName`."""
    try:
        return TYPES[name]
    except KeyError as wrong:
        known = ", ".join(TYPES)
        raise UnknownName(
            field="type", came=name, expected=Words(zh=f"已知类型：{known}", en=f"a known type: {known}")
        ) from wrong
