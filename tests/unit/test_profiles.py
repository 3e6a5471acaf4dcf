from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, UnknownName
from ledger.identifiers import GoodsId, LegalDate, PartyId, ProductId, Quantity
from ledger.vocabulary import TYPES
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Product
from ledger.vocabulary.profiles import (
    FINDING_KINDS,
    GENERIC,
    Profile,
    ProfileBroken,
    all_profiles,
    by_name,
    profile_for,
    read_profile,
    rules_digest,
    use_folder,
)
from ledger.vocabulary.trade import Sale, SupplierCheck
from ledger.vocabulary.values import Detail, Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.vocabulary.profiles import LegalField
    from ledger.vocabulary.said import Said

SMALL = """
category = "tea"
backdating_days = 3
loss_tolerance = "0.02"
safety_interval = true
receipt_is_check = true
findings = ["oversold", "missing_check"]
fields = [
    { record = "batch", field = "details.garden", name = { zh = "茶园", en = "garden" }, law = "演示规则 1", missing = "refusal" },
    { record = "batch", field = "details.flush", name = { zh = "采摘季", en = "flush" }, law = "演示规则 2", missing = "nothing", pattern = '春|夏|秋' },
    { record = "sale", field = "details.tin", name = { zh = "罐号", en = "tin" }, law = "演示规则 3", missing = "nothing" },
]

[name]
zh = "茶叶（演示）"
en = "tea"

[laws]
record = "食品安全法 65"
"""

PARTY, PRODUCT = PartyId.new(bytes(10)), ProductId.new(bytes(10))
LOT = GoodsId.parse("urn:example:lot:one")
ONE = (Line(goods=LOT, quantity=Quantity.parse("1 KGM")),)
#: The newest version of each record, by its name without a version.
RECORDS: dict[str, type[Said]] = {name.partition(".")[0]: kind for name, kind in TYPES.items()}

#: A text that each pattern takes, and the nearest one that it does not: every pattern of every profile is here.
EXAMPLES: dict[str, tuple[str, str]] = {
    "[0-9]{20}": ("99999919000000000047", "9999991900000000004"),
    "[123][0-9]{31}": ("12690011001900000000000000000217", "42690011001900000000000000000217"),
    "[0-9]{24}": ("202611140001200000000001", "20261114000120000000000A"),
    "[0-9A-Za-z]{1,20}": ("NJ9108A0000000000001", "NJ9108A00000000000012"),
    "[123][0-9]{14}": ("132068590000001", "432068590000001"),
    r"https?://[^ ]+/01/[0-9]{14}/(10/[^ /]+/)?21/[^ /?]+(\?.*)?": (
        "https://id.gs1.org/01/09520001000010/10/SG-1/21/000217?17=270210",
        "https://id.gs1.org/01/09520001000010/10/SG-1",
    ),
    "是|否|yes|no": ("是", "也许"),
    r"(100|[0-9]{1,2})(\.[0-9]{1,2})?": ("98.5", "101"),
    r"[0-9]{1,4}(\.[0-9])?": ("120.5", "12000"),
    "[0-9]{1,3}": ("28", "28 天"),
    r"[0-9]{1,2}(\.[0-9])?-[0-9]{1,2}(\.[0-9])?-[0-9]{1,2}(\.[0-9])?": ("15-15-15", "15-15"),
    "(89|92|95|98|5|0|-10|-20|-35|-50)号?": ("92号", "93号"),
    r"[6-9][0-9]{2}(\.[0-9])?": ("745.2", "74.52"),
}


@pytest.fixture
def again() -> Iterator[None]:
    """Back to the profiles that come along, whatever a test put beside them."""
    yield
    use_folder(None)


def batch(category: str, *details: Detail, **more: str) -> Batch:
    """A batch of that category."""
    return Batch(goods=LOT, maker=PARTY, name="货物", category=category, details=details or None, **more)  # type: ignore[arg-type]  # plain texts for text fields


def details_of(profile: Profile, record: str) -> tuple[Detail, ...]:
    """Every detail that a profile knows for one record, each with a text that it takes."""
    return tuple(
        Detail(field=one.detail, value=EXAMPLES[one.pattern][0] if one.pattern else "某值")
        for one in profile.fields
        if one.record == record and one.detail is not None
    )


# Which there are, and by which name


def test_there_is_a_profile_for_every_listed_kind_of_goods_and_one_for_the_rest() -> None:
    assert [one.category for one in all_profiles()] == [
        "building_material",
        "car_part",
        "cosmetics",
        "crop_seed",
        "disinfectant",
        "drug",
        "edible_oil_bulk",
        "electromechanical",
        "farm_produce",
        "feed",
        "fertiliser",
        "food_additive",
        "forest_seedling",
        "fuel",
        "generic",
        "health_food",
        "packaged_food",
        "pesticide",
        "pork",
        "veterinary_drug",
    ]


def test_a_category_is_found_by_its_name_in_either_language_and_by_its_aliases() -> None:
    for profile in all_profiles():
        for name in (profile.category, profile.name.zh, profile.name.en, *profile.aliases):
            assert profile_for(name) is profile


@pytest.mark.parametrize("category", [None, "", "宠物用品", "DRUG"])
def test_goods_of_an_unknown_category_are_generic_and_need_no_licence(category: str | None) -> None:
    profile = profile_for(category)

    assert profile.category == GENERIC
    assert profile.licences == {}
    assert not profile.finds("licence_never_held")


# What they say


def test_everything_that_is_asked_for_names_its_law() -> None:
    statute = re.compile(r"(法|条例|办法|规范|规定|规则|公告)(（2025年修正）|第[0-9]+号)?( [0-9、()]+)?")
    for profile in all_profiles():
        laws = [
            *(one for one in profile.laws.model_dump().values() if one is not None),
            *(duty.law for duty in profile.licences.values()),
            *(one.law for one in profile.documents),
            *(one.law for one in profile.supplier_file),
            *(one.law for one in profile.fields),
            *(one.law for one in profile.codes),
            *(one.law for one in profile.banned),
            *(one.law for one in profile.checklist),
            *([profile.release.law] if profile.release else []),
        ]
        for law in laws:
            for part in law.split("；"):
                assert re.search(f"{statute.pattern}$", part), (profile.category, law)


def test_every_field_is_one_of_its_record() -> None:
    for profile in all_profiles():
        for one in profile.fields:
            known = RECORDS[one.record].model_fields
            assert (one.field if one.detail is None else "details") in known, (profile.category, one.field)


def test_a_detail_has_one_label_wherever_it_stands() -> None:
    for profile in all_profiles():
        labels: dict[str, set[str]] = {}
        for one in profile.fields:
            if one.detail is not None:
                labels.setdefault(one.detail, set()).add(one.law)
        assert all(labels.values())


def test_no_detail_is_personal_data() -> None:
    # Details lie in items that the chain or everybody reads; a person's name has an item of its own.
    personal = re.compile(r"person|phone|patient|buyer|owner|farmer|id_card|name$")
    named = {one.detail for profile in all_profiles() for one in profile.fields if one.detail}
    assert {one for one in named if personal.search(one)} == {"trade_name"}


def test_every_pattern_has_an_example_that_fits_and_one_that_just_does_not() -> None:
    patterns = {one.pattern for profile in all_profiles() for one in profile.codes}
    patterns |= {one.pattern for profile in all_profiles() for one in profile.fields if one.pattern}
    assert patterns == set(EXAMPLES)
    for pattern, (good, bad) in EXAMPLES.items():
        assert re.fullmatch(pattern, good), pattern
        assert not re.fullmatch(pattern, bad), pattern


@pytest.mark.parametrize("profile", all_profiles(), ids=lambda one: one.category)
def test_a_record_may_have_every_detail_of_its_category_and_no_other(profile: Profile) -> None:
    whole = details_of(profile, "batch")
    profile.check(batch(profile.category, *whole))

    with pytest.raises(UnknownName) as caught:
        profile.check(batch(profile.category, *whole, Detail(field="zodiac", value="兔")))
    assert caught.value.field == "details.zodiac"
    assert profile.name.zh in caught.value.expected.zh
    assert profile.name.en in caught.value.expected.en


@pytest.mark.parametrize(
    ("profile", "one"),
    [
        pytest.param(profile, one, id=f"{profile.category}-{one.record}-{one.field}")
        for profile in all_profiles()
        for one in profile.fields
        if one.pattern and one.record in {"batch", "product"}
    ],
)
def test_a_field_of_another_form_is_refused_by_its_name(profile: Profile, one: LegalField) -> None:
    assert one.pattern is not None
    assert one.detail is not None
    _, bad = EXAMPLES[one.pattern]
    detail = (Detail(field=one.detail, value=bad),)
    said: Said = (
        batch(profile.category, *detail)
        if one.record == "batch"
        else Product(product=PRODUCT, owner=PARTY, name="某产品", category=profile.category, details=detail)
    )
    with pytest.raises(Malformed) as caught:
        profile.check(said)
    assert (caught.value.field, caught.value.came) == (one.field, bad)
    assert one.name.zh in caught.value.expected.zh
    assert one.name.en in caught.value.expected.en


def test_no_profile_that_comes_along_refuses_a_record_for_what_it_lacks() -> None:
    # What happened is admitted: what is missing is found.
    for profile in all_profiles():
        assert {one.missing for one in profile.fields} <= {"finding", "nothing"}
        profile.check(batch(profile.category))


def test_what_a_field_says_is_read_from_its_record() -> None:
    profile = profile_for("drug")
    fields = {(one.record, one.field): one for one in profile.fields}
    said = batch("drug", Detail(field="dosage_form", value="胶囊剂"), specification="0.25 g×24 粒")

    assert fields["batch", "details.dosage_form"].value_in(said) == "胶囊剂"
    assert fields["batch", "specification"].value_in(said) == "0.25 g×24 粒"
    assert fields["batch", "approval_holder"].value_in(said) is None
    assert fields["batch", "details.dosage_form"].value_in(batch("drug")) is None
    buyer = next(one for one in profile_for("pesticide").fields if one.field == "buyer_name")
    assert buyer.value_in(Sale(lines=ONE)) is None
    assert buyer.value_in(Sale(lines=ONE, buyer_name="钱某（演示）")) == "钱某（演示）"


def test_the_law_names_these_fields_and_their_absence_is_found() -> None:
    found = {
        profile.category: sorted(
            f"{one.record}.{one.detail or one.field}"
            for one in profile.fields
            if one.missing == "finding" and one.field != "name"
        )
        for profile in all_profiles()
    }
    assert found["drug"] == [
        "batch.approval_holder",
        "batch.batch_number",
        "batch.dosage_form",
        "batch.expires_on",
        "batch.produced_on",
        "batch.specification",
        "product.approval_number",
    ]
    assert found["pesticide"] == [
        "batch.batch_number",
        "batch.produced_on",
        "batch.specification",
        "product.approval_number",
        "sale.buyer_name",
        "use.dose",
        "use.purpose",
        "use.site",
    ]
    # 食品安全法 65 asks of farm produce neither specification nor batch number; 27 of the other law asks the grower for the day.
    assert found["farm_produce"] == ["batch.produced_on"]
    assert found["generic"] == []


def test_a_stall_and_a_farmer_are_not_asked_for_an_enterprises_records() -> None:
    for category, field in (("packaged_food", "specification"), ("farm_produce", "produced_on")):
        one = next(one for one in profile_for(category).fields if one.field == field)
        assert {"individual_business", "farmer"} <= set(one.not_for_parties)


def test_papers_are_required_where_the_law_leaves_no_choice() -> None:
    required = {
        profile.category: [one.what for one in profile.documents if one.required]
        for profile in all_profiles()
    }
    certificate, both = ["certificate"], ["licence", "certificate"]
    assert required == {
        "building_material": certificate,
        "car_part": certificate,
        "cosmetics": certificate,
        # The lines of a label, and reports that are the seed's and not the delivery's.
        "crop_seed": [],
        "disinfectant": certificate,
        "drug": certificate,
        "edible_oil_bulk": both,
        "electromechanical": certificate,
        # The promise or another certificate of quality: a choice.
        "farm_produce": [],
        "feed": both,
        "fertiliser": certificate,
        "food_additive": both,
        "forest_seedling": [],
        "fuel": certificate,
        "generic": [],
        "health_food": both,
        "packaged_food": both,
        "pesticide": both,
        "pork": ["quarantine"],
        "veterinary_drug": certificate,
    }


def test_sellers_of_farm_produce_need_no_licence_and_who_cooks_it_does() -> None:
    profile = profile_for("farm_produce")

    assert [profile.needs(role) for role in ("maker", "wholesaler", "retailer")] == [None, None, None]
    cooks = profile.needs("caterer")
    assert cooks is not None
    assert cooks.law == "食品安全法 35"


def test_whoever_sells_cosmetics_feed_or_fertiliser_needs_no_licence_and_who_makes_the_first_two_does() -> (
    None
):
    for category, making in (("cosmetics", True), ("feed", True), ("fertiliser", False)):
        profile = profile_for(category)
        assert [profile.needs(role) for role in ("wholesaler", "retailer")] == [None, None]
        assert (profile.needs("maker") is not None) == making


def test_a_pesticide_dealers_own_licence_is_article_55_of_the_regulation() -> None:
    duty = profile_for("pesticide").needs("retailer")
    assert duty is not None
    assert (duty.kinds, duty.law) == (("农药经营许可证",), "农药管理条例 55(1)")


def test_a_renewal_is_filed_in_the_time_that_the_special_law_sets() -> None:
    days = {
        category: duty.renewal_days
        for category in ("pesticide", "veterinary_drug", "feed", "packaged_food")
        if (duty := profile_for(category).needs("maker"))
    }
    assert days == {"pesticide": 90, "veterinary_drug": 180, "feed": 180, "packaged_food": 30}


def test_only_drug_sellers_check_their_buyers() -> None:
    assert [one.category for one in all_profiles() if one.seller_checks_buyer] == ["drug"]


def test_products_that_need_an_approval_say_which() -> None:
    assert {one.category: one.approvals for one in all_profiles() if one.approvals} == {
        "cosmetics": ("特殊化妆品注册证", "普通化妆品备案"),
        "drug": ("药品注册证书", "药品批准文号"),
        "health_food": ("保健食品注册证书", "保健食品备案凭证"),
        "pesticide": ("农药登记证",),
        "veterinary_drug": ("兽药产品批准文号", "进口兽药注册证书"),
    }


def test_a_batch_is_let_out_where_the_law_says_that_it_must_be() -> None:
    assert {one.category: one.release.law for one in all_profiles() if one.release} == {
        "cosmetics": "化妆品监督管理条例 31、32",
        "drug": "药品管理法 33、47",
        "edible_oil_bulk": "食品安全法 51、52",
        "feed": "饲料和饲料添加剂管理条例 19",
        "food_additive": "食品安全法 52、59",
        "health_food": "食品安全法 51、52",
        "packaged_food": "食品安全法 51、52",
        "pesticide": "农药管理条例 21",
        "pork": "生猪屠宰管理条例 15",
        "veterinary_drug": "兽药管理条例 18",
    }


def test_records_are_kept_as_long_as_the_law_says_and_for_ever_where_it_is_not_certain() -> None:
    floors = {
        one.category: (
            one.retention.at_least_months,
            one.retention.after_expiry_months,
            one.retention.without_expiry_months,
        )
        for one in all_profiles()
        if one.retention
    }
    food = (None, 6, 24)
    assert floors == {
        **dict.fromkeys(("edible_oil_bulk", "food_additive", "health_food", "packaged_food"), food),
        "cosmetics": (24, 12, 24),
        "drug": (60, None, None),
        "farm_produce": (6, None, None),
        **dict.fromkeys(("feed", "pesticide", "pork"), (24, None, None)),
    }
    produce = profile_for("farm_produce").retention
    assert produce is not None
    assert produce.period_for("receipt.v1").at_least_months == 6
    assert produce.period_for("use.v1").at_least_months == 24


def test_forest_seedlings_are_inspected_for_exactly_five_things() -> None:
    lines = [one.name.zh for one in profile_for("forest_seedling").checklist]
    assert lines == ["质量", "许可", "档案", "标签", "检验"]


def test_every_category_has_a_short_list_for_the_inspector() -> None:
    for profile in all_profiles():
        assert 5 <= len(profile.checklist) <= 8, profile.category
        assert len({one.name.zh for one in profile.checklist}) == len(profile.checklist)


def test_a_substance_is_listed_once_in_a_category() -> None:
    for profile in all_profiles():
        names = [name for one in profile.banned for name in one.names]
        assert len(set(names)) == len(names), profile.category


@pytest.mark.parametrize(
    ("category", "substance", "goods", "banned"),
    [
        ("farm_produce", "甲胺磷", "玉米", True),
        ("farm_produce", "氟虫腈", "韭菜", True),
        ("farm_produce", "氟虫腈", "玉米", False),
        ("farm_produce", "孔雀石绿", "鲫鱼", True),
        ("farm_produce", "孔雀石绿", "玉米", False),
        ("farm_produce", "噻虫嗪", "韭菜", False),
        ("pork", "莱克多巴胺", "白条猪肉", True),
        ("packaged_food", "三聚氰胺", "乳制品", True),
        ("health_food", "西布曲明", "左旋肉碱胶囊", True),
        ("feed", "盐酸克伦特罗", "育肥猪配合饲料", True),
        ("cosmetics", "氢醌", "祛斑霜", True),
        ("cosmetics", "甘油", "祛斑霜", False),
    ],
)
def test_what_is_banned_on_which_goods(category: str, substance: str, goods: str, banned: bool) -> None:  # noqa: FBT001  (a column of the table above)
    listed = [one for one in profile_for(category).banned if substance in one.names]
    assert any(not one.not_on or any(word in goods for word in one.not_on) for one in listed) == banned


def test_goods_in_bulk_have_no_code_on_a_unit() -> None:
    for category in ("edible_oil_bulk", "fuel"):
        profile = profile_for(category)
        assert profile.codes == ()
        assert not profile.finds("clone_suspected")
        assert not profile.finds("code_sold_twice")


def test_every_pack_of_drugs_pesticides_veterinary_drugs_and_seed_has_a_code_of_a_known_form() -> None:
    kinds = {one.category: [code.kind for code in one.codes] for one in all_profiles()}
    assert kinds["drug"] == ["drug", "digital_link"]
    assert kinds["pesticide"] == ["pesticide"]
    assert kinds["veterinary_drug"] == ["veterinary_drug"]
    assert kinds["crop_seed"] == ["seed"]
    assert kinds["pork"] == kinds["farm_produce"] == ["ear_tag"]


def test_who_mixes_farm_produce_promises_anew_and_nobody_else() -> None:
    assert {one.category: "混装" in one.recommit_on for one in all_profiles() if one.recommit_on} == {
        "farm_produce": True
    }


def test_a_duty_to_find_something_comes_with_the_finding() -> None:
    for profile in all_profiles():
        asked = [
            one
            for one in profile.fields
            if one.missing == "finding"
            and (one.detail or not RECORDS[one.record].model_fields[one.field].is_required())
        ]
        papers = [one.law for one in profile.documents if one.required]
        papers += [one.law for one in profile.supplier_file if one.required]
        assert profile.finds("safety_interval_short") == profile.safety_interval
        assert profile.finds("buyer_licence_not_valid") == profile.seller_checks_buyer
        assert profile.finds("licence_never_held") == bool(profile.licences)
        assert profile.finds("licence_out_of_scope") == bool(profile.licences)
        assert profile.finds("approval_not_recorded") == bool(profile.approvals)
        assert profile.finds("yield_out_of_range") == bool(profile.yields)
        assert profile.finds("field_missing") == bool(asked), profile.category
        assert profile.finds("document_missing") == bool(papers), profile.category
        assert profile.finds("release_missing") == (profile.release is not None)
        assert profile.finds("commitment_missing") == bool(profile.recommit_on)
        assert profile.finds("banned_substance") == bool(profile.banned)
        assert profile.finds("missing_check") <= (
            not profile.receipt_is_check or profile.category == "farm_produce"
        )
        assert profile.findings <= set(FINDING_KINDS)


def test_every_kind_of_finding_about_goods_exists_for_some_goods() -> None:
    # What concerns a paper, a party or a contact rather than goods exists whatever the goods.
    always = {
        "credit_code_fails",
        "licence_shared",
        "shared_contact",
        "signature_disputed",
        "voucher_edited",
        "voucher_overused",
        "voucher_reused",
    }
    assert {kind for profile in all_profiles() for kind in profile.findings} == set(FINDING_KINDS) - always


def test_the_first_yield_whose_words_occur_in_the_process_counts() -> None:
    profile = profile_for("packaged_food")

    sausage, anything = profile.yield_of("灌肠工序"), profile.yield_of("蒸煮")
    assert sausage is not None
    assert anything is not None
    assert (sausage.least, sausage.most) == (Decimal("0.45"), Decimal("1.05"))
    assert anything.process == ()
    assert profile_for("drug").yield_of("压片") is None
    oil = profile_for("edible_oil_bulk").yield_of("化学精炼")
    assert oil is not None
    assert oil.most == Decimal("1.01")


# Reading a file


def test_a_small_profile_can_be_read() -> None:
    profile = read_profile(SMALL, source="tea.toml")

    assert profile.category == "tea"
    assert profile.loss_tolerance == Decimal("0.02")
    assert profile.name.words.zh == "茶叶（演示）"


def test_without_the_field_that_a_record_means_nothing_without_it_is_refused() -> None:
    profile = read_profile(SMALL, source="tea.toml")
    garden = Detail(field="garden", value="三号茶园（演示）")

    profile.check(batch("tea", garden))
    with pytest.raises(Malformed) as caught:
        profile.check(batch("tea"))
    assert (caught.value.field, caught.value.came) == ("details.garden", "")
    assert caught.value.expected.zh == "茶园（演示规则 1）"
    assert caught.value.expected.en == "garden (演示规则 1)"


@pytest.mark.parametrize(("flush", "fits"), [("春", True), ("秋", True), ("冬", False), ("春秋", False)])
def test_a_field_has_the_form_of_its_pattern_from_end_to_end(flush: str, fits: bool) -> None:  # noqa: FBT001  (a column of the table above)
    profile = read_profile(SMALL, source="tea.toml")
    said = batch("tea", Detail(field="garden", value="三号茶园"), Detail(field="flush", value=flush))
    if fits:
        profile.check(said)
        return
    with pytest.raises(Malformed) as caught:
        profile.check(said)
    assert (caught.value.field, caught.value.came) == ("details.flush", flush)
    assert caught.value.expected.zh == "采摘季，形如 春|夏|秋"


def test_a_detail_belongs_to_the_record_that_the_profile_gives_it_to() -> None:
    profile = read_profile(SMALL, source="tea.toml")
    tin = Detail(field="tin", value="T-1")

    profile.check(Sale(lines=ONE, details=(tin,)))
    garden = Detail(field="garden", value="三号茶园")
    with pytest.raises(UnknownName, match="tin"):
        profile.check(batch("tea", garden, tin))
    # A record of which the profile asks nothing has no details either.
    check = SupplierCheck(
        supplier=PARTY,
        received_on=LegalDate.parse("2026-11-14"),
        conclusion="accept",
        details=(tin,),
        lines=ONE,
    )
    with pytest.raises(UnknownName, match="—"):
        profile.check(check)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('category = "tea"', 'category = "Tea"', "category"),
        ('loss_tolerance = "0.02"', 'loss_tolerance = "1.01"', "loss_tolerance"),
        ('loss_tolerance = "0.02"', 'loss_tolerance = "-0.01"', "loss_tolerance"),
        ("backdating_days = 3", "backdating_days = 366", "backdating_days"),
        ("backdating_days = 3", "", "backdating_days"),
        ('"oversold"', '"fraud"', "findings"),
        ("[laws]", "[laws]\nmystery = 'x'", "laws.mystery"),
        ("[laws]", "[licences.smuggler]\nkinds = ['x']\nlaw = 'y'\n[laws]", "licences.smuggler"),
        ("[laws]", "[licences.maker]\nkinds = []\nlaw = 'y'\n[laws]", "licences.maker.kinds"),
        (
            "[laws]",
            "[licences.maker]\nkinds = ['x']\nlaw = 'y'\nrenewal_days = 366\n[laws]",
            "licences.maker.renewal_days",
        ),
        ("[laws]", "[[yields]]\nprocess = []\nleast = '2'\nmost = '1'\n[laws]", "yields"),
        ("[laws]", "[retention]\nlaw = 'x'\n[laws]", "retention"),
        ("[laws]", "[retention]\nlaw = 'x'\nat_least_months = 0\n[laws]", "retention.at_least_months"),
        (
            "[laws]",
            "[retention]\nlaw = 'x'\nat_least_months = 1\n[retention.records.poem]\nlaw = 'x'\nat_least_months = 1\n[laws]",
            "retention.records.poem",
        ),
        ("[laws]", "[release]\n[laws]", "release.law"),
        ("[laws]", "[release]\nlaw = 'x'\nnot_for_parties = ['ghost']\n[laws]", "release.not_for_parties"),
        ("fields = [", "documents = [{ what = 'horoscope', name = { zh = '签', en = 'x' }, law = 'y' }]\nfields = [", "documents[0].what"),
        ("fields = [", "supplier_file = [{ kinds = [], name = { zh = '证', en = 'x' }, law = 'y' }]\nfields = [", "supplier_file[0].kinds"),
        ("fields = [", "codes = [{ kind = 'other', name = { zh = '码', en = 'x' }, pattern = '', law = 'y' }]\nfields = [", "codes[0].pattern"),
        ("fields = [", "codes = [{ kind = 'rune', name = { zh = '码', en = 'x' }, pattern = '.', law = 'y' }]\nfields = [", "codes[0].kind"),
        ("fields = [", "banned = [{ names = [], law = 'y' }]\nfields = [", "banned[0].names"),
        ("fields = [", "checklist = [{ law = 'y' }]\nfields = [", "checklist[0].name"),
        ('missing = "refusal"', 'missing = "anger"', "fields[0].missing"),
        ("details.garden", "details.Garden", "fields[0].field"),
        ('record = "sale"', 'record = "dream"', "fields[2].record"),
        ("pattern = '春|夏|秋'", "pattern = '春|(夏'", "fields[1].pattern"),
        ("details.flush", "details.garden", "twice"),
        ('zh = "茶叶（演示）"', "", "name.zh"),
        ("[name]", "[name", "TOML"),
    ],
)  # fmt: skip
def test_a_broken_profile_is_refused_with_file_and_field(old: str, new: str, named: str) -> None:
    assert old in SMALL
    with pytest.raises(ProfileBroken, match=r"^tea\.toml: ") as caught:
        read_profile(SMALL.replace(old, new, 1), source="tea.toml")
    assert named in str(caught.value)


@pytest.mark.parametrize("share", ["0", "1"])
def test_the_borders_of_a_tolerance_belong_to_it(share: str) -> None:
    text = SMALL.replace('loss_tolerance = "0.02"', f'loss_tolerance = "{share}"')
    assert read_profile(text, source="tea.toml").loss_tolerance == Decimal(share)


def test_two_profiles_cannot_share_a_name_and_one_must_be_generic() -> None:
    tea = read_profile(SMALL, source="tea.toml")
    generic = profile_for(GENERIC)
    assert set(by_name([tea, generic])) >= {"tea", "茶叶（演示）", "generic"}

    with pytest.raises(ProfileBroken, match="generic"):
        by_name([tea])
    twin = Profile.model_validate({**tea.model_dump(), "category": "tea_two"})
    with pytest.raises(ProfileBroken, match="names both"):
        by_name([generic, tea, twin])


# The operator's own folder


@pytest.mark.usefixtures("again")
def test_a_file_in_the_operators_folder_is_a_category_like_any_other(tmp_path: Path) -> None:
    before = rules_digest()
    (tmp_path / "tea.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "README.md").write_text("not a profile", encoding="utf-8")

    use_folder(tmp_path)

    assert profile_for("茶叶（演示）").category == "tea"
    assert "tea" in {one.category for one in all_profiles()}
    assert rules_digest() != before

    use_folder(None)

    assert profile_for("tea").category == GENERIC
    assert rules_digest() == before


@pytest.mark.usefixtures("again")
def test_one_changed_byte_of_a_file_is_another_digest(tmp_path: Path) -> None:
    file = tmp_path / "tea.toml"
    file.write_text(SMALL, encoding="utf-8")
    use_folder(tmp_path)
    before = rules_digest()
    file.write_text(SMALL.replace("0.02", "0.03"), encoding="utf-8")

    assert rules_digest() != before


@pytest.mark.usefixtures("again")
@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        ("coffee.toml", SMALL, "coffee.toml holds the profile of tea"),
        ("tea.toml", SMALL.replace("茶叶（演示）", "药品"), "names both"),
        ("tea.toml", SMALL.replace("[laws]", "[lows]"), "tea.toml: "),
    ],
)
def test_a_file_that_cannot_stand_beside_the_others_is_refused(
    tmp_path: Path, name: str, text: str, named: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ProfileBroken, match=named):
        use_folder(tmp_path)
