"""What the law wants written about goods of each kind, as a maker's label has it: 规格, 剂型, 上市许可持有人 (食品安全法 50 and 53, 药品管理法 57, 农药管理条例 21 and 26)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ledger.canonical import Json

#: Goods that come loose have no specification of a pack.
LOOSE: Final = frozenset({"farm_produce", "pork"})
_PACKS: Final = {
    "packaged_food": "500 g/袋",
    "drug": "0.25 g×24 粒/盒",
    "pesticide": "100 g/瓶",
    "veterinary_drug": "100 ml/瓶",
    "feed": "40 kg/袋",
    "fertiliser": "50 kg/袋",
    "crop_seed": "5 kg/袋",
    "cosmetics": "100 ml/瓶",
    "fuel": "散装",
}
#: Fields that only one kind of goods has: 剂型, 种子类别、品种、质量指标 (种子法 40), 牌号.
_DETAILS: Final[dict[str, dict[str, str]]] = {
    "drug": {"dosage_form": "胶囊剂"},
    "veterinary_drug": {"dosage_form": "注射剂"},
    "crop_seed": {
        "seed_class": "常规稻大田用种",
        "variety": "南粳9108",
        "quality": "纯度 99.0%，净度 98.0%，发芽率 85%，水分 14.5%",
    },
    "fuel": {"fuel_grade": "92号"},
}


def label(category: str, maker: str) -> dict[str, Json]:
    """The fields that the label of such goods has."""
    if category in LOOSE:
        return {}
    sheet: dict[str, Json] = {"specification": _PACKS.get(category, "散装")}
    if category == "drug":
        sheet["approval_holder"] = maker
    if category == "crop_seed":
        sheet["origin"] = "江苏演示"
    if category in _DETAILS:
        sheet["details"] = [{"field": name, "value": value} for name, value in _DETAILS[category].items()]
    return sheet
