"""What the log says about itself: genesis, key, credential, log key, erasure. No personal data; published whole. See `ledger.register`."""

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
    #: Only in a log that takes the place of one whose key was stolen: where that one ended.
    follows_origin: Annotated[Number | None, In("genesis", "public", "承接日志", "follows the log")] = None
    follows_size: Annotated[
        Annotated[StrictInt, Field(ge=1, le=2**53 - 1)] | None,
        In("genesis", "public", "承接时条数", "its size"),
    ] = None
    follows_root: Annotated[Number | None, In("genesis", "public", "承接时的根", "its root")] = None


_Keyid = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{1,100}={0,2}$")]
#: The site of a passkey, as far as its letters go; the register reads it strictly.
Domain = Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,253}$")]
#: Who or what a key is kept for: `per_`, `dev_` and sixteen letters, drawn at random (`ledger.identifiers`).
Holder = Annotated[str, Field(pattern=r"^(per|dev)_[0-9a-hjkmnp-tv-z]{16}$")]


class Key(Said):
    """A key enrolled for a party, replaced, revoked, or reported stolen. Signed by the registrar, or by another key that the party holds itself.

    A key that its party holds (`custody` is `own`) signs its own enrolment too: the proof that somebody has it. A stolen one is reported with
    the time since when; what it signed in log time since then is disputed until the party affirms it.
    """

    TYPE: ClassVar[str] = "key.v1"
    TITLE: ClassVar[Words] = Words(zh="密钥登记", en="key")

    action: Annotated[
        Literal["enrol", "rotate", "revoke", "compromised"], In("key", "public", "动作", "action")
    ]
    party: Annotated[PartyRef | None, In("key", "public", "主体编号", "party id")] = None
    role: Annotated[
        Literal["registrar", "enterprise", "operator", "authority", "laboratory"] | None,
        In("key", "public", "角色", "role"),
    ] = None
    custody: Annotated[Literal["own", "custodial"] | None, In("key", "public", "保管方式", "custody")] = None
    kind_of_key: Annotated[
        Literal["ed25519", "es256"] | None, In("key", "public", "密钥类型", "kind of key")
    ] = None
    public_key: Annotated[_PublicKey | None, In("key", "public", "公钥", "public key")] = None
    rp_id: Annotated[Domain | None, In("key", "public", "通行密钥所属域名", "passkey of the site")] = None
    #: `label`: it signs codes (`ledger.log.signed_links`), and no statement.
    use: Annotated[Literal["statement", "label"] | None, In("key", "public", "用途", "use")] = None
    holder: Annotated[Holder | None, In("key", "public", "使用人或设备编号", "person or device")] = None
    replaces: Annotated[_Keyid | None, In("key", "public", "被替换的密钥", "key replaced")] = None
    keyid: Annotated[_Keyid | None, In("key", "public", "密钥标识", "key id")] = None
    since_ms: Annotated[
        Annotated[StrictInt, Field(ge=0, le=2**52)] | None,
        In("key", "public", "失窃时间（毫秒）", "stolen since (ms)"),
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


#: A note key as it is published: the log's name, a key id, base64.
_Vkey = Annotated[str, Field(pattern=r"^[!-~]{1,400}$")]
_NoteSignature = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]


class LogKey(Said):
    """The log signs its checkpoints with another key from this entry on; both keys sign that they do (`ledger.log.succession`)."""

    TYPE: ClassVar[str] = "log_key.v1"
    TITLE: ClassVar[Words] = Words(zh="更换日志密钥", en="change of the log's key")

    old_vkey: Annotated[_Vkey, In("log_key", "public", "原日志公钥", "key so far")]
    new_vkey: Annotated[_Vkey, In("log_key", "public", "新日志公钥", "key from now on")]
    until_ms: Annotated[
        StrictInt,
        Field(ge=0, le=2**52),
        In("log_key", "public", "原密钥并签至（毫秒）", "old key signs along until (ms)"),
    ]
    old_signature: Annotated[
        _NoteSignature, In("log_key", "public", "原密钥签名", "signature of the old key")
    ]
    new_signature: Annotated[
        _NoteSignature, In("log_key", "public", "新密钥签名", "signature of the new key")
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
