"""Texts about the national codes: what a code says of itself, what it may belong to, what its label is to tell. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
PRINTED: Final[dict[str, tuple[str, str]]] = {
    # The buyer's page
    "label_title": ("标签上应能对上的事项", "What the label is to tell"),
    "label_new": (
        "2026年11月1日起生产的农药，扫码应看到以下六项（农业农村部公告第1049号）。",
        "Pesticides made from 1 November 2026 on: whoever scans is to see these six facts (Notice 1049).",
    ),
    "label_old": (
        "2026年11月1日前生产，按旧规标签（农业部公告第2579号）。旧标签不要求全部六项，缺项不算问题。",
        "Made before 1 November 2026, so the label stands under the rule before (Notice 2579). It need not tell all six; what is missing is no fault.",
    ),
    "label_undated": (
        "没有记录生产日期，不知道按哪一个标签规定。", "Nobody recorded when it was made, so which rule its label stands under is not known."
    ),
    "label_rule": ("标签规定", "Rule of the label"),
    "label_digits": ("登记证号后六位", "Last six digits of the registration"),
    "label_prefix": ("登记类别", "Kind of registration"),
    "label_fact": ("{name}：{value}", "{name}: {value}"),
    "label_fits": (
        "码中的登记证号后六位与登记的证号相符。几个登记证可能后六位相同。",
        "The six digits in the code fit the registration. Several registrations may end alike.",
    ),
    "label_differs": (
        "码中的登记证号后六位与登记的证号对不上，请与瓶（袋）上的登记证号核对。",
        "The six digits in the code do not fit the recorded registration: compare the number on the pack.",
    ),
    "label_dropped": (
        "码的第 1 位是 3（临时登记），新标签已不再使用，请与标签核对。",
        "The first digit is 3 (temporary registration), which new labels no longer use: compare the label.",
    ),
    "buyer_nothing_printed": (
        "认得出是哪一种码，但本台账没有它的记录。", "Its form is known, but nobody recorded this code here."
    ),
    "says_title": ("码上写的", "What the code says"),
    "says_what": ("以上只是码里的文字，不说明这个码是谁发的。", "This only stands in the code; it does not show who issued it."),
    "may_title": ("可能是这些产品（待核对）", "It may be one of these (to be compared)"),
    "may_what": (
        "这个码本台账没有记录。下面只是码段或登记证号后六位相同的产品，请与包装核对，不能据此认定。",
        "Nobody recorded this code here. These products only share its head, or their registrations its six digits: compare the pack, it settles nothing.",
    ),
    "may_head": ("码段 {head}", "head {head}"),
    "may_holds": ("含 {count} 个小包装", "holds {count} of the smallest packs"),
    "may_number": ("证号 {number}", "number {number}"),
    "may_claimed": (
        "有几家都登记了这个码，不能确定是哪一批货，请举报或向卖家核实。",
        "Several makers say that this code is theirs, so it names no goods for certain: report it, or ask the seller.",
    ),
    # The search
    "search_by_alias": ("几家都登记了这个码", "several say this code is theirs"),
    "search_by_head": ("码段相同", "same head of the code"),
    "search_by_registration": ("登记证号后六位相同", "same last six digits of the registration"),
    # The choices of a head
    "scheme_drug": ("药品追溯码（前 7 位）", "drug trace code (first 7)"),
    "scheme_pesticide": ("农药单元识别代码（前 11 位）", "pesticide unit code (first 11)"),
    "scheme_veterinary_drug": ("兽药追溯码（企业代码 5 位）", "vet drug code (maker's 5)"),
    "scheme_seed": ("种子单元识别代码（开头）", "seed unit code (its start)"),
    "scheme_ear_tag": ("畜禽耳标号（开头）", "ear tag number (its start)"),
    "level_unit": ("小包装", "smallest pack"),
    "level_middle": ("中包装", "middle pack"),
    "level_case": ("大包装（箱）", "case"),
    "level_pallet": ("托盘", "pallet"),
    # Products
    "heads_title": ("产品码段", "Heads of codes"),
    "heads_lede": (
        "登记每种产品、每级包装的码以什么开头：药品标识码 7 位、农药单元识别代码前 11 位、兽药企业代码 5 位、种子码开头、耳标号开头。没有逐个登记的码据此查到产品。",
        "Say what the codes of each product begin with at each packing level: 7 digits of a drug, 11 of a pesticide, a vet drug maker's 5, the start of a seed code or an ear tag. Codes that nobody recorded one by one then lead to the product.",
    ),
    "heads_new": ("登记码段", "Register heads"),
    "heads_product": ("产品", "Product"),
    "heads_scheme": ("码制", "Kind of code"),
    "heads_head": ("码段", "Head"),
    "heads_head_hint": ("只填开头几位，不填整个码", "Only what the codes begin with, not a whole code"),
    "heads_level": ("包装级别", "Packing level"),
    "heads_holds": ("含小包装数", "Smallest packs in it"),
    "heads_more": ("更多级别", "More levels"),
    "heads_none": ("先登记产品，再登记码段", "Record a product first"),
}
# fmt: on
