"""Hard cases 1, 10 and 11: copied codes, refilled packs, a market without signal; and boxes that come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.scenario.hard.town import Town, line

if TYPE_CHECKING:
    from tests.support.server import Enrolled

DEALER = ["农药经营许可证"]
CODE = "12690011001900000000000000000217"
OTHER = "12690011001900000000000000000301"


@dataclass
class Shelf:
    """A maker of pesticides, a dealer with two of its coded bottles, another dealer and a farm."""

    town: Town
    maker: Enrolled
    dealer: Enrolled
    stranger: Enrolled
    farm: Enrolled
    bottles: str

    @classmethod
    def stock(cls, town: Town) -> Shelf:
        maker = town.trader("演示沃野作物科学有限公司（演示）", licences=["农药生产许可证", "农药登记证"])
        dealer = town.trader("演示庆丰农资经营部（演示）", licences=DEALER, region="320682")
        stranger = town.trader("演示惠农农资经营部（演示）", licences=DEALER, region="320682")
        farm = town.trader("演示绿畦合作社（演示）", kind="cooperative", region="320682")
        bottles = town.batch(
            maker,
            "25% 噻虫嗪水分散粒剂（演示）",
            "农药",
            "100 XBO",
            number="WY260815",
            produced_on="2026-08-21",
            expires_on="2028-07-31",
            approval_number="PD20269001",
            specification="100 克",
        )
        town.says(
            town.registrar,
            "approvals",
            holder=str(maker),
            licence_kind="农药登记证",
            number="PD20269001",
            valid_from="2020-01-01",
        )
        town.says(
            maker,
            "releases",
            goods=bottles,
            result="released",
            basis="own_test",
            certificate_number="DEMO-R-1",
        )
        town.says(
            maker,
            "codes",
            mark="issue",
            action="issue",
            goods=bottles,
            codes=[CODE, OTHER],
            code_kind="pesticide",
        )
        town.at("2026-09-01 09:00")
        town.sends(maker, dealer, line(bottles, "2 XBO", CODE, OTHER), mark="delivery")
        return cls(town, maker, dealer, stranger, farm, bottles)

    def sold(self, who: Enrolled, mark: str, code: str = CODE) -> None:
        self.town.says(
            who, "sales", mark=mark, lines=[line(self.bottles, "1 XBO", code)], buyer_name="购药农户（演示）"
        )


@pytest.fixture
def shelf(town: Town) -> Shelf:
    return Shelf.stock(town)


def test_1_a_cloned_code_is_held_against_the_copy_and_never_against_the_lot(shelf: Shelf) -> None:
    town = shelf.town
    town.at("2026-09-05 10:00")
    shelf.sold(shelf.dealer, "honest sale")
    assert town.found() == set()
    town.at("2026-11-01 09:12")
    town.says(
        shelf.stranger,
        "shipments",
        mark="copy",
        to=str(shelf.farm),
        lines=[line(shelf.bottles, "1 XBO", CODE)],
    )
    stranger = town.names[str(shelf.stranger)]
    assert town.found() == {
        ("custody_conflict", "red", stranger, frozenset({"honest sale", "copy"})),
        # By the records it never had a bottle to send.
        ("oversold", "red", stranger, frozenset({"copy"})),
    }
    shown = town.client.get(f"/p?code={CODE}").text
    assert "已于" in shown
    assert stranger not in shown


def test_1_scans_in_places_impossible_in_time_make_it_a_suspected_clone(shelf: Shelf) -> None:
    town = shelf.town
    town.at("2026-09-05 10:00")
    shelf.sold(shelf.dealer, "honest sale")
    for number, (moment, region) in enumerate(
        [
            ("2026-11-08 09:00", "320612"),
            ("2026-11-08 10:10", "610100"),
            ("2026-11-08 15:00", "440100"),
            ("2026-11-09 05:00", "230100"),
        ]
    ):
        town.at(moment)
        town.says(
            town.registrar,
            "scans",
            mark=f"scan {number}",
            code=CODE,
            scanned_by="consumer",
            region=region,
            device=f"{number:064x}",
        )
    # The code is asked about, by officials and whoever issued it; the lot, and the shop that sold the real bottle, are not.
    assert town.found() == {
        (
            "clone_suspected",
            "amber",
            town.names[str(shelf.maker)],
            frozenset({"scan 0", "scan 1", "scan 2", "scan 3"}),
        )
    }


def test_1_a_buyer_who_shows_a_bottle_around_raises_nothing(shelf: Shelf) -> None:
    town = shelf.town
    town.at("2026-09-05 10:00")
    shelf.sold(shelf.dealer, "honest sale")
    for moment in ("2026-09-05 10:05", "2026-09-05 10:06", "2026-09-06 18:00"):
        town.at(moment)
        town.says(town.registrar, "scans", code=CODE, scanned_by="consumer", region="320682", device="1" * 64)
    assert town.found() == set()


def test_10_an_empty_bottle_that_came_back_is_not_sold_again(shelf: Shelf) -> None:
    town = shelf.town
    town.at("2026-09-05 10:00")
    shelf.sold(shelf.dealer, "sale")
    town.at("2026-10-05 10:00")
    town.says(
        shelf.dealer,
        "codes",
        mark="returned empty",
        action="return_container",
        goods=shelf.bottles,
        codes=[CODE],
        code_kind="pesticide",
    )
    assert town.found() == set()
    town.at("2026-11-05 10:00")
    shelf.sold(shelf.dealer, "sold again")
    assert town.found() == {
        (
            "code_reused_packaging",
            "red",
            town.names[str(shelf.dealer)],
            frozenset({"sale", "returned empty", "sold again"}),
        )
    }


def test_10_a_bottle_brought_back_full_is_sold_once_more(shelf: Shelf) -> None:
    town = shelf.town
    town.at("2026-09-05 10:00")
    town.says(
        shelf.dealer,
        "shipments",
        mark="to the farm",
        to=str(shelf.farm),
        lines=[line(shelf.bottles, "1 XBO", CODE)],
    )
    town.at("2026-09-06 10:00")
    town.says(shelf.farm, "returns", to=str(shelf.dealer), lines=[line(shelf.bottles, "1 XBO", CODE)])
    town.at("2026-09-07 10:00")
    shelf.sold(shelf.dealer, "sale")
    assert town.found() == set()


def test_11_a_morning_without_signal_is_late_and_nothing_else(shelf: Shelf) -> None:
    town = shelf.town
    town.at("2026-09-05 19:00")
    for moment, code in (("2026-09-05 08:00", CODE), ("2026-09-05 11:30", OTHER)):
        town.says(
            shelf.dealer,
            "sales",
            when=moment,
            lines=[line(shelf.bottles, "1 XBO", code)],
            buyer_name="购药农户（演示）",
        )
    assert town.found() == set()


def test_11_what_was_sold_elsewhere_meanwhile_becomes_an_alert_in_the_logs_order(shelf: Shelf) -> None:
    town = shelf.town
    town.at("2026-09-05 12:00")
    town.says(
        shelf.stranger,
        "sales",
        mark="copy",
        lines=[line(shelf.bottles, "1 XBO", CODE)],
        buyer_name="购药农户（演示）",
    )
    town.at("2026-09-05 19:00")
    town.says(
        shelf.dealer,
        "sales",
        mark="offline sale",
        when="2026-09-05 08:00",
        lines=[line(shelf.bottles, "1 XBO", CODE)],
        buyer_name="购药农户（演示）",
    )
    stranger = town.names[str(shelf.stranger)]
    assert town.found() == {
        ("code_sold_twice", "red", stranger, frozenset({"copy", "offline sale"})),
        ("custody_conflict", "red", stranger, frozenset({"copy", "offline sale"})),
        ("oversold", "red", stranger, frozenset({"copy"})),
    }


def test_a_drug_box_that_two_pharmacies_sold_concerns_the_second(town: Town) -> None:
    """回流药: what a patient took home does not come back to another shop's shelf."""
    maker = town.trader("演示澄心药业股份有限公司（演示）", licences=["药品生产许可证", "药品上市许可"])
    wholesaler = town.trader("演示瑞通医药有限公司（演示）", licences=["药品经营许可证"])
    first = town.trader("演示济和堂大药房（演示）", licences=["药品经营许可证"])
    second = town.trader("演示顺康药店（演示）", licences=["药品经营许可证"])
    code = "99999919000000000047"
    town.says(
        town.registrar,
        "approvals",
        holder=str(maker),
        licence_kind="药品批准文号",
        number="国药准字H99999901",
        valid_from="2020-01-01",
    )
    boxes = town.batch(
        maker,
        "阿莫西林胶囊（演示）",
        "药品",
        "2 XBX",
        number="A260901",
        specification="0.25 克 × 24 粒",
        produced_on="2026-08-01",
        expires_on="2028-07-31",
        approval_number="国药准字H99999901",
        approval_holder="演示澄心药业股份有限公司（演示）",
        details=[{"field": "dosage_form", "value": "胶囊剂"}],
    )
    town.says(
        maker,
        "releases",
        goods=boxes,
        result="released",
        basis="own_test",
        certificate_number="DEMO-R-2",
        person_name="质量受权人（演示）",
    )
    town.says(maker, "codes", action="issue", goods=boxes, codes=[code], code_kind="drug")
    town.at("2026-09-15 09:00")
    town.sends(maker, wholesaler, line(boxes, "1 XBX", code))
    town.at("2026-09-20 09:00")
    town.sends(wholesaler, first, line(boxes, "1 XBX", code))
    town.at("2026-10-20 09:00")
    town.says(first, "sales", mark="first sale", lines=[line(boxes, "1 XBX", code)])
    assert town.found() == set()
    town.at("2026-11-12 09:00")
    town.says(second, "sales", mark="second sale", lines=[line(boxes, "1 XBX", code)])
    assert town.found() == {
        ("code_sold_twice", "red", "演示顺康药店（演示）", frozenset({"first sale", "second sale"})),
        ("custody_conflict", "red", "演示顺康药店（演示）", frozenset({"first sale", "second sale"})),
        ("oversold", "red", "演示顺康药店（演示）", frozenset({"second sale"})),
    }
