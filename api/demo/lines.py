"""The demo's answers in sentences, Chinese or English, each with the page that shows it. Short: it must fit on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.demo.expected import stalls_of
from ledger.errors import Words
from ledger.findings import FINDING_KINDS, label_of
from ledger.findings.finding import GRADES
from ledger.trace.amounts import added

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from api.demo.answers import Answers, Branch, Doubt, HolderFacts, NotBefore, Numbers, Origin, Whereabouts
    from ledger.errors import Language

_ENDS: Final = {
    "recorded": Words(zh="查到生产者", en="traced to its maker"),
    "declared": Words(zh="来源为申报（灰）", en="declared source (grey)"),
    "contradicted": Words(zh="来源自相矛盾（红）", en="contradicted source (red)"),
}
_AND: Final[dict[Language, str]] = {"zh": "、", "en": ", "}
#: 41 holders do not fit on a screen; those with a name of their own in the story come first.
_HOLDERS_NAMED: Final = 4
_TYPES_NAMED: Final = 6
_ENTRIES_NAMED: Final = 2


def answer_lines(answers: Answers, language: Language) -> Iterator[str]:
    """All five answers."""
    yield from _origin(answers.origin, language)
    yield from _whereabouts(answers.whereabouts, language)
    yield from _doubts(answers, language)
    yield from _not_before(answers.not_before, language)
    yield from _numbers(answers.numbers, language)


def _origin(origin: Origin, language: Language) -> Iterator[str]:
    zh = language == "zh"
    yield "1 这把韭菜从哪里来" if zh else "1 Where did this leek come from"
    yield f"  {_way(origin.parties, origin.names)}{'，' if zh else ', '}{origin.plot}"
    yield from (_branch(branch, origin.names, language) for branch in origin.branches)
    yield f"  {origin.link}"


def _branch(branch: Branch, names: Mapping[str, str], language: Language) -> str:
    end, reasons = (
        _ENDS[branch.end].in_language(language),
        " ".join(str(one[language]) for one in branch.reasons),
    )
    amount, way = branch.quantity.display(language), _way(branch.parties, names)
    if language == "zh":
        return f"  地里用的农药 {amount}：{way}：{end}：{reasons}"
    return f"  Pesticide used there, {amount}: {way}: {end}: {reasons}"


def _way(parties: Iterable[str], names: Mapping[str, str]) -> str:
    return " ← ".join(names[party] for party in parties)


def _whereabouts(found: Whereabouts, language: Language) -> Iterator[str]:
    stalls = stalls_of(found.holders)
    others = [one for one in found.holders if one.supplier is not None and one not in stalls]
    total = added(one.received for one in stalls)
    named = _AND[language].join(_holder(one, found.names, language) for one in others[:_HOLDERS_NAMED])
    sums = {name: quantity.display(language) for name, quantity in found.totals.items()}
    answered = sum(one.answered for one in found.holders)
    assert total is not None
    if language == "zh":
        yield "2 还有谁手里有"
        yield f"  {named}；{len(stalls)} 个摊位共 {total.display(language)}（各自数量见页面）"
        yield (
            f"  召回核账：{sums['first_hand']} = 追回封存 {sums['recovered']} + 已售 {sums['sold']} + 损耗 {sums['lost']} + 抽样 {sums['taken']}，"
            f"下落不明 {sums['unaccounted']}；{answered}/{len(found.holders)} 家已反馈"
        )
    else:
        yield "2 Who else has it"
        yield f"  {named}; {len(stalls)} stalls with {total.display(language)} together (each with its own on the page)"
        yield (
            f"  Recall: {sums['first_hand']} = {sums['recovered']} recovered + {sums['sold']} sold + {sums['lost']} lost + {sums['taken']} sampled, "
            f"{sums['unaccounted']} unaccounted for; {answered} of {len(found.holders)} have answered"
        )
    yield f"  {found.link}"


def _holder(holder: HolderFacts, names: Mapping[str, str], language: Language) -> str:
    return f"{names[holder.party]} {holder.received.display(language)}"


def _doubts(answers: Answers, language: Language) -> Iterator[str]:
    zh, name = language == "zh", answers.origin.names[answers.suspect]
    yield (
        f"3 {name}的哪些记录不能成立，为什么" if zh else f"3 Which records of {name} cannot be true, and why"
    )
    alike: dict[tuple[int, str, str], list[Doubt]] = {}
    for one in answers.doubts:
        alike.setdefault((_place(one.grade), one.kind, str(one.words[language])), []).append(one)
    for (grade, kind, words), some in sorted(alike.items(), key=lambda same: same[0][0]):
        # Of one finding the records that do not fit; of several that say the same, the record of each.
        named = some[0].positions[-_ENTRIES_NAMED:] if len(some) == 1 else [one.positions[-1] for one in some]
        entries = [str(position) for position in named]
        where = f"（第 {'、'.join(entries)} 条）" if zh else f" ({', '.join(entries)}): "
        yield f"  [{_grade(GRADES[grade], language)}] {_label(kind, language)}{where}{words}"
    yield f"  {answers.doubts_link}"


def _place(grade: str) -> int:
    return [str(one) for one in GRADES].index(grade)


def _grade(grade: str, language: Language) -> str:
    return {"red": "红", "amber": "黄", "grey": "灰"}[grade] if language == "zh" else grade


def _label(kind: str, language: Language) -> str:
    known = next(one for one in FINDING_KINDS if one == kind)
    return label_of(known).in_language(language)


def _not_before(proved: NotBefore, language: Language) -> Iterator[str]:
    if language == "zh":
        yield "4 向第三方证明：这条查验不是在它所写的那天写下的"
        yield (
            f"  第 {proved.position} 条自称 {proved.received_on} 进货；日志于 {proved.recorded.display()} 收下，"
            f"紧接在 {proved.before.display()} 的第 {proved.position - 1} 条之后"
        )
        yield f"  只用日志公钥离线核验存证证明：通过（检查点共 {proved.tree_size} 条，根 {proved.root[:16]}…）"
        yield "  但没有外部见证或时间戳时，日志的时间只以运营者的时钟为凭；把检查点交第三方保存，就不再只凭运营者"
    else:
        yield "4 Prove to a third party that this check was not written on the day it names"
        yield (
            f"  Entry {proved.position} says {proved.received_on}; the log took it at {proved.recorded.display()}, "
            f"right after entry {proved.position - 1} of {proved.before.display()}"
        )
        yield f"  Its proof holds, checked offline with the log's key alone (checkpoint of {proved.tree_size}, root {proved.root[:16]}…)"
        yield "  Without an outside witness or timestamp the log's time rests on the operator's clock; a checkpoint kept by others mends that"
    yield f"  {proved.link}  {proved.proof_link}"


def _numbers(found: Numbers, language: Language) -> Iterator[str]:
    total, kinds = (
        sum(found.records.values()),
        sorted(found.findings.items(), key=lambda one: (-one[1], one[0])),
    )
    most = sorted(found.records.items(), key=lambda one: -one[1])
    named = _AND[language].join(f"{_label(kind, language)} {count}" for kind, count in kinds)
    if language == "zh":
        types = "、".join(f"{title} {count}" for title, count in most[:_TYPES_NAMED])
        yield f"5 {found.first} 至 {found.last} 的数字，每个都能点到条目"
        yield f"  {total} 条记录：{types}……"
        yield f"  {len(found.doubts)} 条疑点：{named}"
    else:
        yield f"5 The numbers from {found.first} to {found.last}, each with the entries behind it"
        yield f"  {total} records of {len(found.records)} types; {len(found.doubts)} findings: {named}"
    yield f"  {found.link}"
