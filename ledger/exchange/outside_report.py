"""What comes of an audit from outside (`ledger.exchange.outside`): the first thing that is wrong, or what was looked at and what was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.checks import NotAsSigned
from ledger.errors import LedgerFault, Refusal, Words, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from types import TracebackType


class OutsideWrong(LedgerFault):
    """The first thing that is not what it must be: in which file and, where it belongs to one, at which entry."""

    def __init__(self, *, path: str, came: object, expected: str, entry: int | None = None) -> None:
        self.path, self.entry = path, entry
        self.came, self.expected = shown(came), expected
        place = f"entry {entry}: " if entry is not None else ""
        super().__init__(f"{place}{path}: came '{self.came}', expected {expected}")


@dataclass(slots=True)
class OutsideReport:
    """What an audit looked at."""

    origin: str
    size: int
    root: str
    note: bytes
    tiles: int = 0
    checkpoints: int = 0
    since: int | None = None
    cosigned: tuple[str, ...] = ()
    register: int = 0
    signatures: int = 0
    #: None where there were no statements to look at.
    statements: int | None = None
    statements_withheld: int = 0
    items: int = 0
    items_erased: int = 0
    items_withheld: int = 0
    near: bool = True

    def not_checked(self) -> Iterator[Words]:
        """What nobody can see from what was looked at."""
        if self.statements is None:
            yield Words(
                zh="其他记录的签名和内容：没有会员部分，只能核对登记记录；是否另有登记记录未公布也看不出来",
                en="signatures and content of the other statements: without the members' part only the register was checked, and whether a register statement was left out cannot be seen",
            )
        elif self.statements_withheld or self.items_withheld:
            yield Words(
                zh=f"未出示的 {self.statements_withheld} 条记录、{self.items_withheld} 个数据项",
                en=f"{self.statements_withheld} statements and {self.items_withheld} items that were withheld",
            )
        if self.since is None:
            yield Words(
                zh="日志是否与上次一致：没有带上次的检查点（--since）",
                en="whether the log goes on from what it was before: no checkpoint of last time was given (--since)",
            )
        if not self.cosigned:
            yield Words(
                zh="是否另有一份内容不同的日志给别人看：没有按策略核对见证人（--policy）",
                en="whether others were shown a different log: no witnesses were asked for (--policy)",
            )
        yield Words(
            zh="日志时间是否真实：没有外部见证或时间戳时，只以运营者的时钟为凭",
            en="whether the log's times are true: without an outside witness or timestamp they rest on the operator's clock",
        )
        if not self.near:
            yield Words(
                zh="较小规模时的不满数据块：新的检查点不需要它们",
                en="partial tiles of smaller sizes: the newest checkpoint does not need them",
            )
        yield Words(
            zh="记录所述是否属实：签名只说明是谁说的",
            en="whether records are true: a signature says who claimed it, not that it is so",
        )


@dataclass(frozen=True, slots=True)
class _Within:
    """See `wrong_in`. A class, and no generator: an audit goes in and out of it several times an entry."""

    path: str
    entry: int | None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, _kind: type[BaseException] | None, wrong: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(wrong, Refusal):
            named = wrong.field and wrong.field != self.path
            path = f"{self.path} ({wrong.field})" if named else self.path
            raise OutsideWrong(
                path=path, came=wrong.came, expected=wrong.expected.en, entry=self.entry
            ) from wrong
        if isinstance(wrong, NotAsSigned):
            raise OutsideWrong(
                path=self.path, came=wrong.came, expected=wrong.expected, entry=self.entry
            ) from wrong
        if isinstance(wrong, StopIteration):
            expected = "a line for each entry"
            raise OutsideWrong(path=self.path, came="nothing", expected=expected, entry=self.entry) from wrong


def wrong_in(path: str, *, entry: int | None = None) -> AbstractContextManager[None]:
    """What is refused in here is wrong in this file, at this entry. A place that does not answer is another matter."""
    return _Within(path, entry)
