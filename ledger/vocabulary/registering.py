"""What the log says about itself: genesis, key, credential, erasure. No personal data; published whole. See `ledger.register`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt

from ledger.errors import Words
from ledger.vocabulary.said import In, Part, Said
from ledger.vocabulary.values import Name, Number, PartyRef, StatementRef


class Genesis(Said):
    """Entry 0: which log this is, who registers, and on which clock it runs."""

    TYPE: ClassVar[str] = "genesis.v1"
    TITLE: ClassVar[Words] = Words(zh="建账", en="genesis")

    origin: Annotated[Number, In("genesis", "public", "日志标识", "origin")]
    registrar_name: Annotated[Name, In("genesis", "public", "登记机构", "registrar")]
    clock: Annotated[Literal["real", "simulated"], In("genesis", "public", "时钟", "clock")]
    kind_of_key: Annotated[Literal["ed25519"], In("genesis", "public", "密钥类型", "kind of key")]
    public_key: Annotated[Number, In("genesis", "public", "公钥", "public key")]


class Key(Said):
    """A key enrolled for a party, or revoked. Signed by the registrar."""

    TYPE: ClassVar[str] = "key.v1"
    TITLE: ClassVar[Words] = Words(zh="密钥登记", en="key")

    action: Annotated[Literal["enrol", "revoke"], In("key", "public", "动作", "action")]
    party: Annotated[PartyRef | None, In("key", "public", "主体编号", "party id")] = None
    role: Annotated[
        Literal["registrar", "enterprise", "operator", "authority", "laboratory"] | None,
        In("key", "public", "角色", "role"),
    ] = None
    custody: Annotated[Literal["own", "custodial"] | None, In("key", "public", "保管方式", "custody")] = None
    kind_of_key: Annotated[Literal["ed25519"] | None, In("key", "public", "密钥类型", "kind of key")] = None
    public_key: Annotated[Number | None, In("key", "public", "公钥", "public key")] = None
    keyid: Annotated[
        Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None, In("key", "public", "密钥标识", "key id")
    ] = None
    reason: Annotated[
        Literal["lost", "stolen", "superseded", "left"] | None, In("key", "public", "原因", "reason")
    ] = None


class Credential(Said):
    """An officer's certificate (执法证): its number, agency and dates. The officer's name stays out of the log."""

    TYPE: ClassVar[str] = "credential.v1"
    TITLE: ClassVar[Words] = Words(zh="执法证登记", en="officer's certificate")

    number: Annotated[Number, In("credential", "public", "执法证号", "number")]
    party: Annotated[PartyRef, In("credential", "public", "机关", "agency")]
    valid_from_ms: Annotated[
        StrictInt, Field(ge=0, le=2**52), In("credential", "public", "有效期起（毫秒）", "valid from (ms)")
    ]
    valid_to_ms: Annotated[
        StrictInt, Field(ge=0, le=2**52), In("credential", "public", "有效期至（毫秒）", "valid to (ms)")
    ]


class ErasedPlace(Part):
    """Which items of which statement were removed, by their places."""

    issuer: PartyRef
    statement: StatementRef
    places: Annotated[tuple[StrictInt, ...], Field(min_length=1, max_length=1000)]


class Erasure(Said):
    """Items removed everywhere because the law asks: 个人信息保护法 47. Hashes, chain and proofs stay valid; this says what is missing and why."""

    TYPE: ClassVar[str] = "erasure.v1"
    TITLE: ClassVar[Words] = Words(zh="删除", en="erasure")

    ground: Annotated[Name, In("erasure", "public", "法律依据", "legal ground")]
    erased: Annotated[
        tuple[ErasedPlace, ...],
        Field(min_length=1, max_length=100),
        In("erased", "public", "删除的项", "erased", each=True),
    ]
