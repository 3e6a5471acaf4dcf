"""Which of several links of one type a reader gets: by the place they are for, by his languages, by the forms he takes.

Each question narrows only where it has an answer: whoever asks for a language that nobody linked to is shown them all. What is still
more than one link after that is a choice for the reader (300).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.resolver.asked import Wish
    from api.resolver.levels import Target

#: What has no language, or no form, stands behind what has the right one and before what has a wrong one.
_NEUTRAL: Final = 0.0005
#: Weights have three decimals (RFC 9110 12.4.2): a nearer tag never beats a greater weight.
_NEARER: Final = 0.0001


def chosen(targets: Sequence[Target], wish: Wish) -> tuple[Target, ...]:
    """The links that are left, in their order; the same address only once."""
    left = list(targets)
    if wish.context:
        left = _best(left, lambda one: _fits_context(one, wish.context))
    if wish.languages:
        left = _best(left, lambda one: _fits_language(one, wish.languages))
    if any(name != "*/*" for name, _ in wish.accept):
        left = _best(left, lambda one: _fits_form(one, wish.accept))
    return tuple({one.href: one for one in reversed(left)}.values())[::-1]


def _best(targets: list[Target], fits: Callable[[Target], float]) -> list[Target]:
    """Those that fit best; all of them where none fits at all."""
    scores = [fits(one) for one in targets]
    most = max(scores, default=0.0)
    return (
        targets if most <= 0 else [one for one, score in zip(targets, scores, strict=True) if score == most]
    )


def _fits_context(one: Target, context: str) -> float:
    if not one.contexts:
        return _NEUTRAL
    return 1.0 if context.casefold() in {known.casefold() for known in one.contexts} else 0.0


def _fits_language(one: Target, ranges: Sequence[tuple[str, float]]) -> float:
    """How much he wants it, and of two that he wants alike, how near it is to what he asked for (RFC 4647 3.4)."""
    if not one.languages:
        return _NEUTRAL
    scores = (
        weight + _NEARER * near
        for tag in one.languages
        for wanted, weight in ranges
        if weight > 0 and (near := _near(wanted.lower(), tag.lower())) is not None
    )
    return max(scores, default=0.0)


def _near(wanted: str, tag: str) -> int | None:
    """2 for the tag itself, 1 where one is the other with a region or script (who reads `zh-CN` also reads `zh`), 0 for the same language or any."""
    if wanted == tag:
        return 2
    if tag.startswith(f"{wanted}-") or wanted.startswith(f"{tag}-"):
        return 1
    return 0 if wanted == "*" or wanted.partition("-")[0] == tag.partition("-")[0] else None


def _fits_form(one: Target, ranges: Sequence[tuple[str, float]]) -> float:
    """RFC 9110 12.5.1: the closest range counts."""
    if one.media_type is None:
        return _NEUTRAL
    weights = dict(ranges)
    for name in (one.media_type, f"{one.media_type.partition('/')[0]}/*", "*/*"):
        if name in weights:
            return weights[name]
    return 0.0
