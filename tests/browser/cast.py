"""Who takes part in a market day: co-op, wholesaler, stall, school canteen, market operator, inspector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Shipment
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger

YESTERDAY = "https://id.gs1.org/01/09520001000027/10/JC-0"


class Cast:
    """Who takes part. Yesterday's leeks went the same way: everybody has regular customers."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.goods = YESTERDAY
        self.co_op = enrol_party(ledger, "绿畦示例合作社（演示）", kind="cooperative")
        self.wholesaler = enrol_party(ledger, "顺和示例批发部（演示）", kind="individual_business")
        self.stall = enrol_party(ledger, "王记示例菜摊（演示）", kind="individual_business")
        self.school = enrol_party(ledger, "示例小学食堂（演示）", kind="institution")
        self.market = enrol_party(ledger, "示例农贸市场（演示）", role="operator")
        self.office = enrol_party(ledger, "示例市场监管局（演示）", role="authority", kind="authority")
        for seller, number in ((self.wholesaler, "A-07"), (self.stall, "15")):
            sheet = {
                "party": str(seller.party),
                "party_kind": "individual_business",
                "market": str(self.market.party),
                "stall_number": number,
            }
            ledger.say(seller.party, Party.read(sheet))
        batch: dict[str, Json] = {
            "goods": YESTERDAY,
            "maker": str(self.co_op.party),
            "name": "韭菜",
            "category": "farm_produce",
            "quantity": {"amount": "100", "unit": "KGM"},
        }
        ledger.say(self.co_op.party, Batch.read(batch))
        for sender, to in (
            (self.co_op, self.wholesaler),
            (self.wholesaler, self.stall),
            (self.wholesaler, self.school),
        ):
            line: dict[str, Json] = {"goods": YESTERDAY, "quantity": {"amount": "10", "unit": "KGM"}}
            sent: dict[str, Json] = {"to": str(to.party), "offer": False, "lines": [line]}
            ledger.say(sender.party, Shipment.read(sent))
