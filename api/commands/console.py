"""How the command line speaks: answers on standard output, progress and complaints on standard error, in the caller's language."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from ledger.errors import Words

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable

    from ledger.errors import Language

#: What a command returns. `WRONG`: the thing that was checked is not as it must be. `MISUSED`: the caller mends the call.
GOOD: Final = 0
WRONG: Final = 1
MISUSED: Final = 2

#: How often progress is shown: every so many steps.
PROGRESS_STEPS: Final = 500


@dataclass(frozen=True, slots=True)
class Does:
    """One command: what it takes, and what it does."""

    arguments: Callable[[ArgumentParser, Language], None]
    run: Callable[[Namespace, Console], int]


class Misuse(Exception):
    """The call cannot be carried out, and its caller can mend that."""

    def __init__(self, words: Words) -> None:
        self.words = words
        super().__init__(words.en)


def misuse(zh: str, en: str) -> NoReturn:
    """Stop with one line that says what to do."""
    raise Misuse(Words(zh=zh, en=en))


@dataclass(frozen=True, slots=True)
class Console:
    """Where one command speaks."""

    language: Language

    def say(self, *lines: str) -> None:
        """Lines of the answer."""
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def tell(self, zh: str, en: str) -> None:
        """One line of the answer."""
        self.say(zh if self.language == "zh" else en)

    def say_all(self, lines: Iterable[str]) -> None:
        """Lines of the answer, as they come."""
        self.say(*lines)

    def complain(self, line: str) -> None:
        """Why nothing came of it, in one line."""
        sys.stderr.write(f"{' '.join(line.split())}\n")

    def note(self, zh: str, en: str) -> None:
        """What is going on, beside the answer."""
        sys.stderr.write(f"{zh if self.language == 'zh' else en}\n")

    def progress(self, done: int, of: int) -> None:
        """How far a long work is."""
        if done == of or done % PROGRESS_STEPS == 0:
            sys.stderr.write(f"{done}/{of}\n")


def language_from_environment() -> Language:
    """English for an English locale, else Chinese: the language of the house."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        locale = os.environ.get(name, "")
        if locale:
            return "en" if locale.lower().startswith("en") else "zh"
    return "zh"
