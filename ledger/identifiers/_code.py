"""What all printed codes have in common: one text, one spelling, one rule.

A code is a frozen text that its class has found to be right. `parse` takes what a person typed or a scanner
read, brings it to the one spelling and lets the rule judge it; the constructor judges too, so that no wrong
code can be made by going around `parse`. The rules themselves live in the modules beside this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from ledger.errors import CheckDigitWrong, Malformed, Refusal, Words


@dataclass(frozen=True, slots=True, order=True)
class Code(ABC):
    """A text in its canonical spelling that obeys the rule of its class."""

    text: str

    #: What a refusal calls the field when the caller does not say.
    field: ClassVar[str] = "code"

    def __post_init__(self) -> None:
        self._check(self.text)

    @classmethod
    def parse(cls, text: str, *, field: str | None = None) -> Self:
        """The code that was meant by `text`; raises a `Refusal` that names `field` and shows what came."""
        try:
            return cls(cls._spell(text))
        except Refusal as refusal:
            raise type(refusal)(field=field or cls.field, came=text, expected=refusal.expected) from None

    def __str__(self) -> str:
        return self.text

    @classmethod
    def _spell(cls, text: str) -> str:
        """The canonical spelling of what came. What cannot be spelt is handed on as it is, for the rule to
        refuse.
        """
        return text

    @classmethod
    @abstractmethod
    def _check(cls, text: str) -> None:
        """The rule: raise unless `text` is a right code in its canonical spelling."""

    @classmethod
    def _malformed(cls, text: str, *, zh: str, en: str) -> Malformed:
        return Malformed(field=cls.field, came=text, expected=Words(zh=zh, en=en))

    @classmethod
    def _check_wrong(cls, text: str, *, right: str) -> CheckDigitWrong:
        # The clerk must know that the last character need not be the one that was copied wrongly.
        return CheckDigitWrong(
            field=cls.field,
            came=text,
            expected=Words(
                zh=f"末位为 {right}（若末位无误，则前面有一位抄错）",
                en=f"a last character {right} (or one before it was copied wrongly)",
            ),
        )


class OrderedByText:
    """Order for values whose parts do not compare with each other: by their canonical text, within one
    class.
    """

    __slots__ = ()

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other) if type(other) is type(self) else NotImplemented

    def __le__(self, other: object) -> bool:
        return str(self) <= str(other) if type(other) is type(self) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return str(self) > str(other) if type(other) is type(self) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return str(self) >= str(other) if type(other) is type(self) else NotImplemented
