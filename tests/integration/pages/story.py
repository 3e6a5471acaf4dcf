"""A short chain for pages to show: a field, a wholesaler, many stalls; a pesticide with codes; a recall.

Every party says its own records; nothing here goes round the gate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ledger.identifiers import GoodsId, PartyId, SiteId
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.goods import Batch, Codes, Use
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.parties import Party, Site
from ledger.vocabulary.registering import Credential
from ledger.vocabulary.trade import Receipt, Sale, Shipment
from tests.support.server import MORNING_MS, enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Enrolled

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1")
PESTICIDE = GoodsId.parse("https://id.gs1.org/01/09520003000018/10/WY-1")
CODE = "12690011001900000000000000000217"
SPARE_CODE = "12690011001900000000000000000301"
OFFICER = "演-0002"
GHOST = PartyId.new(b"ghost-ghos")
STALLS = 38


def kilos(amount: int) -> dict[str, str]:
    return {"amount": str(amount), "unit": "KGM"}


@dataclass(slots=True)
class Story:
    """Who is in it, on one ledger. `tell` makes the first records; `recall` comes when a test asks."""

    ledger: Ledger
    farm: Enrolled
    wholesaler: Enrolled
    stall: Enrolled
    shop: Enrolled
    authority: Enrolled
    ghost: PartyId = GHOST

    @classmethod
    def cast(cls, ledger: Ledger) -> Story:
        """Enrol the parties."""
        return cls(
            ledger,
            farm=enrol_party(ledger, "绿畦示例合作社（演示）", kind="cooperative"),
            wholesaler=enrol_party(ledger, "顺和示例批发部（演示）", kind="individual_business"),
            stall=enrol_party(ledger, "王记示例菜摊（演示）", kind="individual_business"),
            shop=enrol_party(ledger, "庆丰示例农资店（演示）", kind="individual_business"),
            authority=enrol_party(ledger, "示例市场监管局（演示）", role="authority", kind="authority"),
        )

    def on(self, ledger: Ledger) -> Story:
        """The same story on a copy of its ledger."""
        return replace(self, ledger=ledger)

    def tell(self) -> Story:
        """The pesticide comes from a supplier whose credit code fails; the leeks go to the wholesaler and on to forty stalls."""
        say = self.ledger.say
        plot = SiteId.new(b"plot-three")
        ghost = Party(
            party=self.ghost,
            party_kind="unknown",
            name="绿盾示例贸易部（演示）",
            credit_code="92320900DEM003995Y",
            phone="139-0000-0991",
        )
        say(self.shop.party, ghost)
        pesticide: dict[str, Json] = {
            "goods": str(PESTICIDE),
            "maker": str(self.ghost),
            "name": "25% 噻虫嗪",
            "category": "pesticide",
            "batch_number": "WY-1",
        }
        say(self.shop.party, Batch.read(pesticide))
        bottles: dict[str, Json] = {"goods": str(PESTICIDE), "quantity": {"amount": "40", "unit": "XBO"}}
        say(self.shop.party, Receipt.read({"supplier": str(self.ghost), "lines": [bottles]}))
        say(
            self.shop.party,
            Codes(action="issue", goods=PESTICIDE, codes=(CODE, SPARE_CODE), code_kind="pesticide"),
        )
        say(
            self.shop.party,
            Sale.read({"lines": [{**bottles, "quantity": {"amount": "1", "unit": "XBO"}, "codes": [CODE]}]}),
        )
        sent: dict[str, Json] = {**bottles, "quantity": {"amount": "24", "unit": "XBO"}}
        say(self.shop.party, Shipment.read({"to": str(self.farm.party), "lines": [sent]}))
        say(self.farm.party, Site(site=plot, party=self.farm.party, site_kind="plot", name="三号地"))
        say(self.farm.party, Use.read({"purpose": "韭菜", "site": str(plot), "lines": [sent]}))
        leek: dict[str, Json] = {
            "goods": str(LEEK),
            "maker": str(self.farm.party),
            "name": "韭菜",
            "category": "farm_produce",
            "batch_number": "JC-1",
            "produced_on": "2026-11-14",
            "origin": "江苏如皋",
            "quantity": kilos(1200),
            "site": str(plot),
        }
        say(self.farm.party, Batch.read(leek))
        promise: dict[str, Json] = {
            "producer": str(self.farm.party),
            "basis": "self_test",
            "goods": str(LEEK),
            "number": "HGZ-1",
            "issued_on": "2026-11-14",
        }
        say(self.farm.party, Commitment.read(promise))
        self._deliver(self.farm, self.wholesaler.party, 800)
        self._deliver(self.wholesaler, self.stall.party, 60)
        for number in range(STALLS):
            party = PartyId.new(b"stall-" + number.to_bytes(4, "big"))
            say(
                self.wholesaler.party,
                Party(party=party, party_kind="unknown", name=f"示例菜场 {number} 号摊（演示）"),
            )
            self._deliver(self.wholesaler, party, 10)
        return self

    def recall(self) -> Story:
        """The authority calls the leeks back."""
        day = 86_400_000
        officer = Credential(
            number=OFFICER,
            party=self.authority.party,
            valid_from_ms=MORNING_MS - day,
            valid_to_ms=MORNING_MS + 300 * day,
        )
        self.ledger.say(self.ledger.registrar, officer)
        recall = Recall(
            action="recall",
            goods=(LEEK,),
            reason="检出禁用农药",
            advice="请退回购买处。",
            grade="1",
            officer=OFFICER,
        )
        self.ledger.say(self.authority.party, recall)
        return self

    def _deliver(self, sender: Enrolled, to: PartyId, amount: int) -> None:
        line: dict[str, Json] = {"goods": str(LEEK), "quantity": kilos(amount)}
        self.ledger.say(sender.party, Shipment.read({"to": str(to), "lines": [line], "offer": False}))
