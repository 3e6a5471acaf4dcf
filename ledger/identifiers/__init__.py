"""Values that are right by construction: the codes, numbers, amounts and times that statements are made of.

Text becomes a value once, at the edge: `Gtin.parse(text)` gives a GTIN whose check digit is right, or
raises a refusal that says where, what came and what was expected. `str(value)` is the canonical text, and
`parse(str(value)) == value`. Only ASCII digits are digits: other scripts' digits look the same to a reader
and differ to a machine.

What a right value does not say, in any module here: that the number was issued, that the goods are what it
claims, or that a licence is in force. Those are facts to be recorded or looked up.
"""

from ledger.identifiers.batch_code import BatchCode
from ledger.identifiers.batch_number import BatchNumber
from ledger.identifiers.credit_code import CreditCode, OrganisationKind
from ledger.identifiers.digital_link import DigitalLink
from ledger.identifiers.drug_code import DrugTraceCode
from ledger.identifiers.ear_tag import EarTag
from ledger.identifiers.gtin import Gtin
from ledger.identifiers.licence import FoodLicence, LicenceKind, LicenceNumber
from ledger.identifiers.names import GoodsId, PartyId, ProductId, RegionCode, Sha256Hex, SiteId, StatementId
from ledger.identifiers.pesticide_code import LABEL_FACTS, LabelFact, LabelRule, PesticideUnitCode
from ledger.identifiers.printed import PrintedCode, printed_code
from ledger.identifiers.quantity import Dimension, Quantity, Unit, UnitsDiffer
from ledger.identifiers.seed_label import SeedLabel, SeedUnitCode
from ledger.identifiers.stall_code import StallCode
from ledger.identifiers.times import Instant, LegalDate
from ledger.identifiers.vet_drug_code import VetDrugCode
from ledger.identifiers.voucher import EInvoiceNumber, InvoiceQr, VatInvoiceNumber

__all__ = [
    "LABEL_FACTS",
    "BatchCode",
    "BatchNumber",
    "CreditCode",
    "DigitalLink",
    "Dimension",
    "DrugTraceCode",
    "EInvoiceNumber",
    "EarTag",
    "FoodLicence",
    "GoodsId",
    "Gtin",
    "Instant",
    "InvoiceQr",
    "LabelFact",
    "LabelRule",
    "LegalDate",
    "LicenceKind",
    "LicenceNumber",
    "OrganisationKind",
    "PartyId",
    "PesticideUnitCode",
    "PrintedCode",
    "ProductId",
    "Quantity",
    "RegionCode",
    "SeedLabel",
    "SeedUnitCode",
    "Sha256Hex",
    "SiteId",
    "StallCode",
    "StatementId",
    "Unit",
    "UnitsDiffer",
    "VatInvoiceNumber",
    "VetDrugCode",
    "printed_code",
]
