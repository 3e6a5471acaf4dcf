"""How the ledger says no.

Every refusal is meant for the person who can act on it: it names the field, shows what came and says what was expected,
in Chinese and in English. The edge (`api/problems.py`, the command line) chooses the language and the status; nothing in
here knows either.

Two families, because two different people must act:

* `Refusal`: the sender's words cannot be taken as they are. The sender mends them.
* `LedgerFault`: the ledger itself is not what it should be (a moved head, a broken store). The operator acts, or the caller retries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

Language = Literal["zh", "en"]

#: Longest piece of the sender's own text that a refusal repeats back.
CAME_CHARACTERS_MAX = 120


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the two languages of the house; Chinese is written first and wins in doubt."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """The text for one reader."""
        return self.zh if language == "zh" else self.en


def shown(came: object) -> str:
    """What came, short enough for a message and safe to print: control characters and lone surrogates are escaped."""
    text = str(came).encode("utf-8", "backslashreplace").decode("utf-8")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    if len(text) > CAME_CHARACTERS_MAX:
        return f"{text[:CAME_CHARACTERS_MAX]}… ({len(text)})"
    return text


class Refusal(ValueError):
    """The sender's words cannot be taken. Subclasses say why; an instance says where, what came and what was expected."""

    title: ClassVar[Words] = Words(zh="不能接受", en="refused")

    def __init__(self, *, field: str, came: object, expected: Words) -> None:
        self.field = field
        self.came = shown(came)
        self.expected = expected
        super().__init__(self.in_language("en"))

    def at(self, place: str) -> Self:
        """The same refusal seen from further out: `lines[2]` in front of `quantity` gives `lines[2].quantity`."""
        field = place if not self.field else f"{place}.{self.field}"
        return type(self)(field=field, came=self.came, expected=self.expected)

    @property
    def name(self) -> str:
        """The stable name programs may match on."""
        return type(self).__name__

    def in_language(self, language: Language) -> str:
        """One sentence: where, why, what came, what was expected."""
        where = self.field or ("请求" if language == "zh" else "request")
        why, expected = self.title.in_language(language), self.expected.in_language(language)
        if language == "zh":
            return f"{where}：{why}；收到“{self.came}”，应为{expected}"
        return f"{where}: {why}; came '{self.came}', expected {expected}"


class Malformed(Refusal):
    """The text does not have the shape of what it claims to be."""

    title = Words(zh="格式不对", en="malformed")


class CheckDigitWrong(Malformed):
    """The shape is right and the check digit is not: most often a typing error."""

    title = Words(zh="校验位不符", en="check digit does not match")


class TooLarge(Refusal):
    """More than a named limit allows."""

    title = Words(zh="超出上限", en="too large")


class UnknownName(Refusal):
    """It names something nobody has recorded."""

    title = Words(zh="没有登记", en="not known")


class NotAllowed(Refusal):
    """The key is good and its holder has no right to say or ask this."""

    title = Words(zh="无权这样做", en="no right to do this")


class SignatureWrong(Refusal):
    """The signature does not fit the bytes, or no enrolled key made it."""

    title = Words(zh="签名不符", en="signature does not verify")


class Conflict(Refusal):
    """The same id was used before for something else."""

    title = Words(zh="编号已被占用", en="already used for something else")


class Blocked(Refusal):
    """An act that is refused while a hold or a recall stands (标签、出库要约等)."""

    title = Words(zh="已被控制或召回，不能办理", en="blocked by a hold or recall")


class LedgerFault(RuntimeError):
    """The ledger is not in the state it must be in. The operator acts; nothing was written."""


class HeadMoved(LedgerFault):
    """Another writer appended first. Nothing was written; the same call may be tried again."""
