"""What may be said: every statement type by its name. A new type is one model in one of these modules and one name here."""

from __future__ import annotations

from typing import Final

from ledger.errors import UnknownName, Words
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.epcis import EpcisEvent
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Transformation, Use
from ledger.vocabulary.oversight import Complaint, Hold, Inspection, Recall, RecallAnswer, TestResult
from ledger.vocabulary.parties import Licence, Party, Product, Site
from ledger.vocabulary.registering import Credential, Erasure, Genesis, Key
from ledger.vocabulary.said import Said
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck, SupplierFile

_ALL: Final[tuple[type[Said], ...]] = (
    Party,
    Licence,
    Product,
    Site,
    Batch,
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
    Sale,
    Inspection,
    TestResult,
    Complaint,
    Hold,
    Recall,
    RecallAnswer,
    Correction,
    EpcisEvent,
    Genesis,
    Key,
    Credential,
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
