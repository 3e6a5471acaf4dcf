"""Banned and limited substances: among what was used or put in, in a list of ingredients, in a test; and goods sold after a failed test.

The category's profile lists them, by name and article, with the goods they may not be used on. A name is compared whole: 乙酰甲胺磷 is not
甲胺磷, 丁硫克百威 is not 克百威. A quick test is preliminary (食品安全法 88, 农产品质量安全法 51), and a retest that passed overturns what it retests.
Such a finding goes to the party concerned and to officials, as every finding does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.classes import crops_in, names_goods
from ledger.findings.reading import Facts, batches, day_of, first_batch, found, live, product_of
from ledger.views.book import about, goods_sheet_key, of_type, said_about, site_key
from ledger.vocabulary.goods import Batch, Transformation, Use
from ledger.vocabulary.oversight import TestResult
from ledger.vocabulary.parties import Product
from ledger.vocabulary.profiles import all_profiles, profile_for
from ledger.vocabulary.trade import Sale, Shipment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.oversight import Analyte
    from ledger.vocabulary.profiles import BannedSubstance, Profile
    from ledger.vocabulary.values import Line

#: Other substances whose names hold the name of a banned one.
_LONGER: Final = (
    "乙酰甲胺磷",
    "丁硫克百威",
    "丙硫克百威",
    "氧化乐果",
    "氧乐果",
    "甲基对硫磷",
    "甲基硫环磷",
    "碘甲磺隆",
    "酰嘧甲磺隆",
    "甲砜氯霉素",
)
#: What is said not to be there, and what finds it.
_DENIED: Final = re.compile("(不含|未添加|无添加|不得含有)[^，,；;。、]*")
_FINDS_IT: Final = ("检测", "速测", "试剂", "试纸", "标准品", "标准物质", "对照品")
#: How a laboratory writes that it found nothing.
_NOTHING: Final = ("<", "\uff1c", "≤", "未检出", "ND", "nd", "N.D", "阴性")
#: Grown in fields for grain, oil or fibre: one character of a list such as 豆 or 果 does not mean them.
_FIELD_CROPS: Final = frozenset({"粮食", "油料", "棉花"})
#: How long before harvest an input on the same plot counts, when nobody said when the crop was planted.
GROWING_DAYS: Final = 365


def banned_inputs(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """What was used on crops and animals or put into food, and may not be."""
    said = record.said
    if isinstance(said, Use):
        targets = _targets(said, book)
        yield from _in_lines(subject, record, said.lines, targets, book, evidence=())
    elif isinstance(said, Transformation):
        made = [first_batch(book, goods) for goods in dict.fromkeys(line.goods for line in said.outputs)]
        targets = [(one[1].name, profile_for(one[1].category)) for one in made if one is not None]
        yield from _in_lines(subject, record, said.inputs, targets, book, evidence=())
    elif isinstance(said, Batch):
        yield from _on_its_plot(subject, record, said, book)
        yield from _ingredients(subject, record, said, book)
    elif isinstance(said, Product):
        yield from _ingredients(subject, record, said, book)


def banned_in_test(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """A banned substance in a test result that nothing has overturned."""
    said = record.said
    if not isinstance(said, TestResult):
        return
    first = first_batch(book, said.goods)
    profile = profile_for(first[1].category if first is not None else None)
    lists = profile.banned or tuple(entry for one in all_profiles() for entry in one.banned)
    if profile.banned and not profile.finds("banned_substance"):
        return
    goods = first[1].name if first is not None else ""
    for one in said.results or ():
        entry = next((entry for entry in lists if _named(one.analyte, entry)), None)
        if entry is None or not _against(one, entry, goods) or _overturned(record, said, one, book):
            continue
        preliminary = said.stage == "quick" or one.verdict != "fail"
        yield found(
            "banned_substance",
            "amber" if preliminary else "red",
            subject=subject,
            party=said.taken_from,
            rests_on=[record],
            facts=Facts(
                Words(
                    zh=f"检验结果{'（初步）' if preliminary else ''}：{one.analyte} {one.value}{one.unit or ''}。",
                    en=f"Test result{' (preliminary)' if preliminary else ''}: {one.analyte} {one.value} {one.unit or ''}".rstrip()
                    + ".",
                ),
                {"substance": one.analyte, "value": one.value, "stage": said.stage},
                entry.law,
            ),
        )


def sold_after_failed_test(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Goods that a party sold or shipped on after it was told that its sample had failed, with no retest that passed before."""
    said = record.said
    if not isinstance(said, (Shipment, Sale)):
        return
    for goods in dict.fromkeys(line.goods for line in said.lines):
        results = said_about(book, goods_sheet_key(goods), TestResult)
        failed = [
            (test, result)
            for test, result in results
            if result.goods == goods
            and result.taken_from == record.actor
            and result.overall == "fail"
            and result.stage != "quick"
            and (result.notified_on or day_of(test)) < day_of(record)
        ]
        for test, result in failed:
            if any(
                _retests(other, test, result)
                and other[1].overall == "pass"
                and other[0].occurred_ms <= record.occurred_ms
                for other in results
            ):
                continue
            told = result.notified_on or day_of(test)
            yield found(
                "sold_after_failed_test",
                "red",
                subject=subject,
                party=record.actor,
                rests_on=[test, record],
                facts=Facts(
                    Words(
                        zh=f"{told} 已通知检验不合格，{day_of(record)} 仍有销售或发货记录。",
                        en=f"The failed test was notified on {told}; the goods were sold or shipped on {day_of(record)}.",
                    ),
                    {"told": str(told), "day": str(day_of(record))},
                    _law(first_batch(book, goods)),
                ),
            )
            break


def _law(first: tuple[Record, Batch] | None) -> str | None:
    return profile_for(first[1].category if first is not None else None).laws.recall


def _targets(use: Use, book: Book) -> list[tuple[str, Profile]]:
    """What something was used on, as texts with the profile whose list counts: the lots, else the words of the purpose."""
    lots = [first_batch(book, goods) for goods in use.on_goods or ()]
    named = [(one[1].name, profile_for(one[1].category)) for one in lots if one is not None]
    return named or [(use.purpose, profile) for profile in all_profiles() if profile.safety_interval]


def _in_lines(
    subject: str,
    record: Record,
    lines: Sequence[Line],
    targets: Sequence[tuple[str, Profile]],
    book: Book,
    *,
    evidence: Sequence[Record],
) -> Iterator[Finding]:
    for goods in dict.fromkeys(line.goods for line in lines):
        hit = _banned_on(book, goods, targets)
        if hit is not None:
            source, entry, name = hit
            yield found(
                "banned_substance",
                "red",
                subject=subject,
                party=record.actor,
                rests_on=[source, record, *evidence],
                facts=Facts(
                    Words(
                        zh=f"{day_of(record)} 的投入品登记含{name}，该物质不得用于这类产品。",
                        en=f"What was used on {day_of(record)} is recorded as holding {name}, which may not be used on such goods.",
                    ),
                    {"substance": name},
                    entry.law,
                ),
            )


def _banned_on(
    book: Book, goods: GoodsId, targets: Sequence[tuple[str, Profile]]
) -> tuple[Record, BannedSubstance, str] | None:
    """The record that names a substance in these goods which may not be used on one of the targets."""
    for source, batch, texts in _contents(book, goods):
        own = profile_for(batch.category)
        for target, profile in targets:
            lists = [
                *(profile.banned if profile.finds("banned_substance") else ()),
                *(own.banned if own.finds("banned_substance") else ()),
            ]
            for entry in lists:
                name = next((name for text in texts if (name := _named(text, entry)) is not None), None)
                if name is not None and _applies(entry, target):
                    return source, entry, name
    return None


def _contents(book: Book, goods: GoodsId) -> Iterator[tuple[Record, Batch, tuple[str, ...]]]:
    """What each registration of these goods says is in them."""
    for record, batch in batches(book, goods):
        product = product_of(book, batch.product)
        known = (product[1].active_ingredients or ()) if product is not None else ()
        yield record, batch, (batch.name, *(batch.active_ingredients or ()), *known)


def _on_its_plot(subject: str, record: Record, batch: Batch, book: Book) -> Iterator[Finding]:
    """What was used on the plot of a batch while it grew, by a record that does not say on what."""
    profile = profile_for(batch.category)
    if batch.site is None or batch.produced_on is None or not (profile.safety_interval and profile.banned):
        return
    uses = {use.seq: (use, said) for use, said in of_type(live(about(book, site_key(batch.site))), Use)}
    for seq in sorted(uses):
        use, said = uses[seq]
        days = (batch.produced_on.date - day_of(use).date).days
        if (
            said.site != batch.site
            or said.on_goods
            or crops_in(said.purpose)
            or not 0 <= days <= GROWING_DAYS
        ):
            continue
        if batch.planted_on is not None and day_of(use) < batch.planted_on:
            continue
        # What may be used on nothing was found at the use itself.
        lines = [line for line in said.lines if _banned_on(book, line.goods, _targets(said, book)) is None]
        yield from _in_lines(subject, use, lines, [(batch.name, profile)], book, evidence=[record])


def _ingredients(subject: str, record: Record, said: Batch | Product, book: Book) -> Iterator[Finding]:
    """A substance banned outright in the list of what the goods are made of. It may be made for export: amber."""
    profile = profile_for(said.category)
    if not profile.finds("banned_substance"):
        return
    product = product_of(book, said.product) if isinstance(said, Batch) else None
    texts = said.active_ingredients or (product[1].active_ingredients if product is not None else None) or ()
    for entry in profile.banned:
        name = next((name for text in texts if (name := _named(text, entry)) is not None), None)
        if name is None or (entry.not_on and not _applies(entry, said.name)):
            continue
        yield found(
            "banned_substance",
            "amber",
            subject=subject,
            party=record.actor,
            rests_on=[record, *([product[0]] if product is not None and not said.active_ingredients else [])],
            facts=Facts(
                Words(
                    zh=f"登记的有效成分或配料中有{name}。",
                    en=f"The recorded ingredients name {name}.",
                ),
                {"substance": name},
                entry.law,
            ),
        )
        return


def _named(text: str, entry: BannedSubstance) -> str | None:
    """Which of the entry's substances a text names, as a whole name."""
    if any(word in text for word in _FINDS_IT):
        return None
    text = _DENIED.sub("", text)
    for name in sorted(entry.names, key=lambda one: (-len(one), one)):
        left = text
        for longer in _LONGER:
            if name in longer and longer not in entry.names:
                left = left.replace(longer, " ")
        if name in left:
            return name
    return None


def _applies(entry: BannedSubstance, goods: str) -> bool:
    """Whether the substance may not be used on goods with this name."""
    if not entry.not_on:
        return True
    crops = crops_in(goods)
    fields_only = bool(crops) and {name for name, _ in crops} <= _FIELD_CROPS
    words: Iterable[str] = (word for word in entry.not_on if len(word) > 1 or not fields_only)
    return any(names_goods(word, goods) for word in words)


def _against(one: Analyte, entry: BannedSubstance, goods: str) -> bool:
    """Whether a value speaks against the goods: it failed, or nobody judged it, something was found and none may be there."""
    if one.verdict == "fail":
        return True
    if one.verdict == "pass" or not _applies(entry, goods):
        return False
    value = one.value.strip()
    return not (value.startswith(_NOTHING) or value.strip("0.") == "")


def _retests(other: tuple[Record, TestResult], test: Record, result: TestResult) -> bool:
    """Whether one result is a second look at the other's sample: it says so, or bears the sample's number."""
    record, again = other
    if record.seq == test.seq or record.order < test.order or again.goods != result.goods:
        return False
    if again.retest_of is not None:
        return again.retest_of == test.header.id
    later_stage = again.stage == "retest" or (again.stage == "laboratory" and result.stage == "quick")
    same_sample = (again.sample is not None and again.sample == result.sample) or (
        again.sample_number is not None and again.sample_number == result.sample_number
    )
    unnumbered = again.sample_number is None or result.sample_number is None
    return later_stage and (same_sample or (unnumbered and again.taken_from == result.taken_from))


def _overturned(record: Record, said: TestResult, one: Analyte, book: Book) -> bool:
    """Whether a later look at the same sample did not confirm this value."""
    for other in said_about(book, goods_sheet_key(said.goods), TestResult):
        if not _retests(other, record, said):
            continue
        same = [each for each in other[1].results or () if each.analyte == one.analyte]
        if all(each.verdict == "pass" for each in same) if same else other[1].overall == "pass":
            return True
    return False
