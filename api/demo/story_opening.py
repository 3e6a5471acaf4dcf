"""How it begins: parties, licences, products and places are recorded, before the first goods move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.demo.parties import (
    DRUG_APPROVAL,
    DRUG_NAME,
    EVERYONE,
    MARKET,
    OFFICER_VALID,
    PESTICIDE_APPROVAL,
    PESTICIDE_NAME,
    STALL_KEYS,
    product_id,
    site_id,
)
from api.demo.telling import REGISTRAR
from ledger.identifiers import Gtin, Quantity, RegionCode
from ledger.vocabulary.measures import ListEntry
from ledger.vocabulary.parties import Approval, Licence, Party, Product, Site
from ledger.vocabulary.values import Detail, PackFactor

if TYPE_CHECKING:
    from api.demo.telling import Telling

REGISTERED: Final = "2026-07-25 09:10"
OWN_RECORDS: Final = "2026-07-27 10:00"
STALLS_RECORDED: Final = "2026-07-28 15:00"
LISTED: Final = "2026-08-03 10:00"
RENAMED: Final = "2026-10-01 09:00"

LEEK_GTIN: Final = "9520001000027"
SAUSAGE_GTIN: Final = "9520001000010"
DRUG_GTIN: Final = "09520002000019"
PESTICIDE_GTIN: Final = "9520003000018"

#: Ingredients, what a pack holds, and the fields that only such goods have.
_OF_ITS_KIND: Final = {
    DRUG_NAME: (
        ("阿莫西林",),
        (PackFactor(unit="XCS", holds=Quantity.parse("50 XBX")),),
        (Detail(field="dosage_form", value="胶囊剂"),),
    ),
    PESTICIDE_NAME: (
        ("噻虫嗪 25%",),
        None,
        (
            Detail(field="dosage_form", value="水分散粒剂"),
            Detail(field="toxicity", value="低毒"),
            Detail(field="restricted", value="否"),
        ),
    ),
}

#: Where the leeks grow.
LEEK_PLOT: Final = "3号地块"


def tell_opening(story: Telling) -> None:
    """Everybody who is on this ledger, with papers, products and places."""
    for someone in EVERYONE.values():
        if someone.role is not None:
            story.says(REGISTERED, REGISTRAR, party_sheet(story, someone.key, formerly_called=True))
    for someone in EVERYONE.values():
        _tell_papers(story, someone.key)
    _tell_products(story)
    _tell_sites(story)
    # The market's stalls sign nothing themselves; its operator knows them and speaks for them.
    for key in STALL_KEYS:
        story.says(STALLS_RECORDED, "F5", party_sheet(story, key))
    _tell_listed(story)
    # A new name is a new sheet, not a correction: the old one was right in its time.
    story.says(RENAMED, "F4", party_sheet(story, "F4"))


def party_sheet(
    story: Telling,
    key: str,
    *,
    formerly_called: bool = False,
    phone: str | None = None,
    address: str | None = None,
) -> Party:
    """What is recorded about a party. `formerly_called`: under the name it had when the log began."""
    someone = EVERYONE[key]
    former = None if someone.formerly is None else story.variation.rename(someone.formerly)
    name = former if formerly_called and former is not None else story.name_of(key)
    farmer = someone.kind == "farmer"
    return Party(
        party=story.party(key),
        party_kind=someone.kind,
        name=None if farmer else name,
        person_name=name if farmer else None,
        credit_code=someone.credit_code,
        region=RegionCode(someone.region),
        trade=someone.trade,
        formerly=None if formerly_called else former,
        market=story.party(MARKET) if someone.stall is not None else None,
        stall_number=someone.stall,
        phone=phone,
        address=address,
    )


def _tell_papers(story: Telling, key: str) -> None:
    for paper in EVERYONE[key].papers:
        first, last = story.variation.day(paper.valid_from), story.variation.day(paper.valid_to)
        if paper.product is None:
            licence = Licence(
                holder=story.party(key),
                licence_kind=paper.kind,
                number=paper.number,
                valid_from=first,
                valid_to=last,
            )
        else:
            licence = Approval(
                holder=story.party(key),
                licence_kind=paper.kind,
                number=paper.number,
                valid_from=first,
                valid_to=last,
                product_name=paper.product,
                products=(product_id(paper.product),),
            )
        story.says(OWN_RECORDS, key, licence)


def _tell_products(story: Telling) -> None:
    for owner, name, category, gtin, specification, approval in (
        ("F1", "韭菜", "蔬菜", LEEK_GTIN, None, None),
        ("F3", "白条猪肉", "猪肉", None, None, None),
        ("F4", "如意香肠", "肉制品", SAUSAGE_GTIN, "500 g/袋", None),
        ("D1", DRUG_NAME, "药品", DRUG_GTIN, "0.25 g×24 粒", DRUG_APPROVAL),
        ("P1", PESTICIDE_NAME, "农药", PESTICIDE_GTIN, "100 g/瓶", PESTICIDE_APPROVAL),
    ):
        ingredients, packs, details = _OF_ITS_KIND.get(name, (None, None, None))
        product = Product(
            product=product_id(name),
            owner=story.party(owner),
            name=name,
            category=category,
            gtin=None if gtin is None else Gtin.parse(gtin),
            specification=specification,
            approval_number=approval,
            active_ingredients=ingredients,
            packs=packs,
            details=details,
        )
        story.says(OWN_RECORDS, owner, product)


def _tell_listed(story: Telling) -> None:
    """A decision of March, put on the public list with its dates; it says nothing of anybody else in the story."""
    story.says(LISTED, "G1", party_sheet(story, "Y1"))
    entry = ListEntry(
        list_name="serious_violation",
        action="listed",
        party=story.party("Y1"),
        decision="演崇市监处罚（2026）31号",
        basis="经营未经检验检疫的猪肉，罚款 15 万元",
        valid_from=story.variation.day("2026-08-03"),
        valid_to=story.variation.day("2029-08-02"),
        officer=OFFICER_VALID,
    )
    story.says(LISTED, "G1", entry)


def _tell_sites(story: Telling) -> None:
    for plot in ("1号地块", "2号地块", LEEK_PLOT):
        site = Site(
            site=site_id(plot),
            party=story.party("F1"),
            site_kind="plot",
            name=plot,
            region=RegionCode(EVERYONE["F1"].region),
        )
        story.says(OWN_RECORDS, "F1", site, name=plot)
    workshop = Site(
        site=site_id("灌肠车间"),
        party=story.party("F4"),
        site_kind="workshop",
        name="灌肠车间",
        region=RegionCode(EVERYONE["F4"].region),
    )
    story.says(OWN_RECORDS, "F4", workshop)
