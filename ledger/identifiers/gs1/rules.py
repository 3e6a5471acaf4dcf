"""Which AIs may stand together, on whatever carries them: a bar code, a Digital Link, several codes on one pack.

Four rules, each from the dictionary: what excludes what, what asks for what, one AI has one value, and a digital signature
(8030) wants the serial part of the key it signs.

>>> check_together((("01", "09520001000010"), ("37", "5")))
Traceback (most recent call last):
ledger.errors.Malformed: 01: malformed; came '(01)(37)', expected (01) without (37)
"""

from __future__ import annotations

from typing import Final

from ledger.identifiers.gs1.faults import wrong
from ledger.identifiers.gs1.table import AIS

#: An AI and its value.
Element = tuple[str, str]

#: Keys whose serial part may be left out, except where they are signed.
_SERIAL_IN_KEY: Final = ("253", "255", "8003")
_SIGNATURE: Final = "8030"


def check_together(elements: tuple[Element, ...], *, whole: bool = True) -> None:
    """Raise unless these elements may stand on one thing.

    What asks for another AI is satisfied by any code on the same thing (the dictionary says so): where the elements are
    those of one code among several, they are not the whole, and nothing is missing yet.
    """
    there = dict(elements)
    if len(there) < len(elements):
        _check_repeats(elements, there)
    ais = sorted(there)
    for ai in ais:
        for pattern in AIS[ai].excludes:
            if (found := _found(pattern, there, but=ai)) is not None:
                raise wrong(
                    f"({ai})({found})",
                    zh=f"({ai}) 不与 ({found}) 同在",
                    en=f"({ai}) without ({found})",
                    field=ai,
                )
    for ai in ais if whole else ():
        for choice in AIS[ai].requires:
            if not any(all(_found(one, there, but=ai) for one in group) for group in choice):
                raise _missing(ai, choice, there)
    if _SIGNATURE in there:
        _check_signed(there)


def _check_repeats(elements: tuple[Element, ...], there: dict[str, str]) -> None:
    for ai, value in elements:
        if there[ai] != value:
            raise wrong(value, zh=f"({ai}) 只有一个值", en=f"one value for ({ai}), not two", field=ai)


def _found(pattern: str, there: dict[str, str], *, but: str) -> str | None:
    """The AI that fits `310n`, `35nn` or, plainly, `01`. An AI never excludes or fulfils itself."""
    if not pattern.endswith("n"):
        return pattern if pattern in there and pattern != but else None
    begin = pattern.rstrip("n")
    fits = (ai for ai in there if ai.startswith(begin) and len(ai) == len(pattern) and ai != but)
    return next(fits, None)


def _missing(ai: str, choice: tuple[tuple[str, ...], ...], there: dict[str, str]) -> ValueError:
    groups = ["".join(f"({one})" for one in group) for group in choice]
    return wrong(
        "".join(f"({one})" for one in there),
        zh=f"({ai}) 与 {' 或 '.join(groups)} 同在",
        en=f"({ai}) together with {' or '.join(groups)}",
        field=ai,
    )


def _check_signed(there: dict[str, str]) -> None:
    for ai in _SERIAL_IN_KEY:
        if ai in there and len(there[ai]) == AIS[ai].least:
            raise wrong(
                there[ai],
                zh=f"带序列号部分的 ({ai})，因为有数字签名 (8030)",
                en=f"({ai}) with its serial part, because it is signed (8030)",
                field=ai,
            )
