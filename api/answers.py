"""What a sender gets back: where each record stands in the log, the receipt that proves it, and where people find it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api import links
from ledger.identifiers import GoodsId, Instant
from ledger.log.level import Level, LevelName
from ledger.vocabulary import said_type
from ledger.vocabulary.goods import Batch, Codes

if TYPE_CHECKING:
    from ledger.recorder import Placed
    from ledger.service import Ledger, Receipt
    from ledger.statement import Statement
    from ledger.vocabulary.said import Said

#: Every JSON answer leaves out what there is not.
ANSWER = ConfigDict(frozen=True, extra="forbid")
#: Fields of a record by which the thing that it speaks of is named. A sender may have left the name to us.
_NAMES: Final = ("goods", "party", "product", "site")


class LevelText(BaseModel):
    """How far the record has come (`ledger.log.level`). A receipt is log-signed; the entry's proof, asked for later, may say more."""

    model_config = ANSWER

    name: LevelName = Field(description="durable, log-signed, witnessed, timestamped. 存证级别")
    witnessed: int = Field(description="Witnesses that have cosigned its checkpoint. 已联署的见证人数")
    of: int = Field(description="Witnesses that this log asks. 见证人总数")
    quorum: bool = Field(description="Whether that is enough for this log's policy. 是否达到策略要求")
    timestamped_at: str | None = Field(default=None, description="By an RFC 3161 authority. 可信时间戳的时间")
    timestamped_size: int | None = Field(
        default=None, description="Size of the stamped checkpoint. 盖有时间戳的检查点大小"
    )

    @classmethod
    def of_level(cls, level: Level) -> Self:
        """As it is sent."""
        at_ms = level.timestamped_ms
        return cls(
            name=level.name,
            witnessed=level.witnessed,
            of=level.of,
            quorum=level.quorum,
            timestamped_at=None if at_ms is None else moment(at_ms),
            timestamped_size=level.timestamped_size,
        )


class ReceiptText(BaseModel):
    """Keep this: with it and nothing else anybody can check, for ever, that the log took the record."""

    model_config = ANSWER

    entry: str = Field(description="The log's leaf, base64. 日志条目")
    proof: str = Field(description="The `.tlog-proof` text (c2sp.org/tlog-proof). 存证证明")
    vkey: str = Field(description="The log's public key. 日志公钥")
    level: LevelText


class Recorded(BaseModel):
    """One record as the log took it."""

    model_config = ANSWER

    id: str
    type: str
    issuer: str
    position: int
    recorded_at: str
    again: bool = Field(
        description="Whether it stood there before: the same record was sent again. 是否重复提交"
    )
    statement: str = Field(description="Address of the record. 记录地址")
    page: str | None = Field(default=None, description="Address of the goods' page. 产品页面")
    label: str | None = Field(default=None, description="Address of the label picture. 标签图片")
    goods: str | None = None
    party: str | None = None
    product: str | None = None
    site: str | None = None
    receipt: ReceiptText
    check: Recorded | None = None
    voucher: Recorded | None = None


class RecordedAll(BaseModel):
    """The records of one post, in its order: all of them were recorded."""

    model_config = ANSWER

    statements: list[Recorded]


def file_of(*media_types: str) -> dict[int | str, dict[str, object]]:
    """For an address's description: what it hands out is a file of one of these kinds."""
    kinds = {one: "object" if one.endswith(("/json", "+json")) else "string" for one in media_types}
    content = {one: {"schema": {"type": kind}} for one, kind in kinds.items()}
    return {200: {"description": "文件 · the file", "content": content}}


def stood_before(model: object) -> dict[int | str, dict[str, object]]:
    """For an address's description: what was sent before is answered with 200, and with what stands there."""
    return {
        200: {
            "model": model,
            "description": "同样的内容此前已提交 · the same was sent before: this is what stands",
        }
    }


def on_the_way(done: str) -> dict[int | str, dict[str, object]]:
    """For the description of an address whose work may outlast the request: what `done` means, and 202 until then."""
    facts: dict[str, object] = {"model": dict[str, object]}
    return {
        201: {**facts, "description": done},
        202: {**facts, "description": "仍在进行，见 Location · still going on, see Location"},
    }


def recorded(
    ledger: Ledger, base_url: str, statement: Statement, placed: Placed, said: Said | None
) -> Recorded:
    """The answer for one record; `said` brings the names and the pages of what it speaks of."""
    (answer,) = recorded_all(ledger, base_url, [(statement, placed, said)])
    return answer


def recorded_all(
    ledger: Ledger, base_url: str, records: Sequence[tuple[Statement, Placed, Said | None]]
) -> list[Recorded]:
    """The answers for the records of one post, their receipts read together."""
    receipts = ledger.receipts_of([(statement, placed) for statement, placed, _ in records])
    return [
        _answer(base_url, receipt, statement.header.type, again=placed.again, said=said)
        for (statement, placed, said), receipt in zip(records, receipts, strict=True)
    ]


def _answer(base_url: str, receipt: Receipt, kind: str, *, again: bool, said: Said | None) -> Recorded:
    goods = said.goods if isinstance(said, (Batch, Codes)) else None
    label = links.label(goods) if isinstance(goods, GoodsId) else None
    names = _named(said)
    return Recorded(
        id=str(receipt.statement),
        type=kind,
        issuer=str(receipt.issuer),
        position=receipt.seq,
        recorded_at=moment(receipt.at_ms),
        again=again,
        statement=base_url + links.statement(receipt.statement),
        page=base_url + links.goods_page(goods) if isinstance(goods, GoodsId) else None,
        label=base_url + label if label is not None else None,
        goods=names.get("goods"),
        party=names.get("party"),
        product=names.get("product"),
        site=names.get("site"),
        receipt=ReceiptText(
            entry=b64encode(receipt.entry).decode("ascii"),
            proof=receipt.proof.to_bytes().decode("utf-8"),
            vkey=str(receipt.vkey),
            level=LevelText.of_level(receipt.level),
        ),
    )


def said_in(statement: Statement) -> Said | None:
    """What a record says, where its answer tells of it."""
    kind = said_type(statement.header.type)
    return kind.from_items(statement.items) if kind.model_fields.keys() & _NAMES else None


def sent(answer: Recorded | RecordedAll, placed: Iterable[Placed]) -> Response:
    """The answer as it goes out. FastAPI would hand a model to one more thread, to be looked over once more."""
    body = answer.model_dump_json(exclude_none=True)
    return Response(body, status_code=status(placed), media_type="application/json")


def status(placed: Iterable[Placed]) -> int:
    """200 when every record stood there before, else 201."""
    return 200 if all(one.again for one in placed) else 201


def moment(ms: int) -> str:
    """A time of the log, on a Chinese clock."""
    return str(Instant(ms).at_shanghai())


def _named(said: Said | None) -> dict[str, str]:
    """The names a sender may have left to us."""
    if said is None:
        return {}
    values = {name: getattr(said, name, None) for name in _NAMES if name in type(said).model_fields}
    return {
        name: str(value)
        for name, value in values.items()
        if value is not None and not isinstance(value, tuple)
    }
