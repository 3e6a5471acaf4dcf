"""Who may ask for what: one table, permission × acting role × means × condition. What is not in it is refused.

Each route names one permission (`api.deps`); a test walks over all routes. What a party may *say* is the gate's to decide from signatures, for
every way into the ledger alike; who *sees* an item is `api.audience`'s. This table says who may *call*.

    read_public, prove    ask nobody who they are: the answer is the same for all
    the others            ask the accounts and the register on each request, so that what ended a moment ago has ended here
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from api.problems import KeyMissing, NotFromOurPages
from ledger.accounts.callers import ACTING_ROLES, METHODS, OFFICIAL_ROLES, ActingRole, Method
from ledger.errors import NotAllowed, Refusal, Words
from ledger.gate import CertificateNotValid
from ledger.identifiers import Instant

if TYPE_CHECKING:
    from ledger.accounts.callers import Caller
    from ledger.identifiers import PartyId
    from ledger.register import Credential

Permission = Literal[
    "read_public",
    "prove",
    "scan",
    "report",
    "send_signed",
    "sign_in",
    "look_up",
    "trace",
    "read_own",
    "read_findings",
    "read_all_findings",
    "read_reads",
    "export_own",
    "print_label",
    "send_papers",
    "record_delivery",
    "record_trade",
    "record_for_others",
    "run_market",
    "record_in_market",
    "record_sheets",
    "record_results",
    "adjust_stock",
    "issue_codes",
    "answer_finding",
    "correct",
    "share",
    "publish_stall",
    "order",
    "inspect",
    "take_reports",
    "register_party",
    "certify",
    "enrol_keys",
    "give_access_keys",
    "invite_people",
    "manage_people",
    "own_account",
    "erase",
]
PERMISSION_NAMES: Final[tuple[Permission, ...]] = get_args(Permission)

#: `consumer`: whoever comes in by no means at all.
Who = ActingRole | Literal["consumer"]


class SignsForHimself(NotAllowed):
    """The party's key is its own: this server signs nothing for it, whoever holds its session or its API key."""

    title = Words(zh="本方自持密钥，须自行签名", en="this party signs for itself")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a request is judged by: who calls, and what accounts and register say of him at this moment."""

    caller: Caller | None
    now_ms: int
    #: What the register holds under the number that the caller carries; None where it knows none such of his agency.
    certificate: Credential | None = None
    #: Whether the party has a key of its own that is good, and this server keeps none for this very person.
    keeps_own_key: bool = False
    #: Whether it is more than a look (GET, HEAD): it changes something, or is signed for.
    changes: bool = True
    #: Whether it came to a page: what a party that signs for itself asks for there is handed back to it, to be signed.
    to_page: bool = False
    #: Whether one of our own pages sent this.
    same_origin: bool = False
    came_from: str = ""
    #: Whose matter it is, once that is known.
    about: PartyId | None = None


#: A condition says what stands against it, or nothing.
Condition = Callable[[Circumstances], Refusal | None]


def same_origin(here: Circumstances) -> Refusal | None:
    """A cookie comes along by itself, also from another site's form; an API key is put into a header on purpose."""
    if here.same_origin or not here.changes or (here.caller is not None and here.caller.method == "api_key"):
        return None
    expected = Words(zh="本站页面", en="a page of this site")
    return NotFromOurPages(field="origin", came=here.came_from, expected=expected)


def certified(here: Circumstances) -> Refusal | None:
    """Whoever acts for an authority has a certificate that is valid at this millisecond (持证上岗, 行政处罚法 42)."""
    caller = here.caller
    if caller is None or caller.role != "authority":
        return None
    held = here.certificate
    if held is not None and held.valid_at(here.now_ms):
        return None
    expected = Words(zh="现行有效的执法证", en="a certificate that is valid now")
    if held is not None:
        first, last = (str(Instant(ms).at_shanghai()) for ms in (held.valid_from_ms, held.valid_to_ms))
        expected = Words(
            zh=f"现行有效的执法证（此证 {first} 至 {last}）",
            en=f"a certificate that is valid now (this one from {first} to {last})",
        )
    return CertificateNotValid(field="certificate", came=caller.certificate or "—", expected=expected)


def signs_here(here: Circumstances) -> Refusal | None:
    """Signed here is only for parties whose key this server keeps. A stolen session of somebody who signs for himself forges nothing."""
    if here.caller is None or not here.keeps_own_key or not here.changes or here.to_page:
        return None
    expected = Words(
        zh="已签名的记录（/api/v1/statements）", en="a statement that it signed (/api/v1/statements)"
    )
    return SignsForHimself(field="authorization", came=here.caller.party, expected=expected)


def own_party(here: Circumstances) -> Refusal | None:
    """His own party's matter, and nobody else's."""
    if here.caller is None or here.about is None or here.about == here.caller.party:
        return None
    return NotAllowed(field="party", came=here.about, expected=Words(zh="本方", en="yourself"))


@dataclass(frozen=True, slots=True)
class Grant:
    """These roles, come in by these means, on these conditions."""

    roles: frozenset[Who]
    means: frozenset[Method]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One permission: in words, and to whom it is given. Who finds no grant has none."""

    words: Words
    grants: tuple[Grant, ...]


def _who(*roles: Who) -> frozenset[Who]:
    return frozenset(roles)


_OFFICIALS: Final[frozenset[Who]] = frozenset(OFFICIAL_ROLES)
_EVERYBODY: Final[frozenset[Who]] = frozenset(ACTING_ROLES) | _who("consumer")
_KNOWN: Final[frozenset[Who]] = frozenset(ACTING_ROLES)
_INSPECTOR: Final = _who("inspector")
_REGISTRAR: Final = _who("registrar")
_OWNER: Final = _who("owner")
_SPEAKERS: Final = _who("owner", "signer", "market_operator", "platform")
_TRADERS: Final = _SPEAKERS | _who("clerk", "registrar")
_PARTIES: Final = _TRADERS | _who("stall", "laboratory")

_ANY: Final[frozenset[Method]] = frozenset(METHODS)
#: By a recovery code one comes in to make a new passkey, not to do business.
_SMALL: Final = _ANY - {"recovery"}
#: A card and a PIN, or a link to a telephone, open a small trader's few things and no more.
_FULL: Final = _SMALL - {"pin", "link"}

_READ: Final = (certified,)
_SENT: Final = (same_origin, certified)
_SIGNED: Final = (same_origin, certified, signs_here)

#: The table. A reviewer reads it from top to bottom; the authorisation matrix of the tests says the same from the outside.
PERMISSIONS: Final[Mapping[Permission, Row]] = {
    # What anybody may ask.
    "read_public": Row(Words("查看公开信息", "read what is public"), (Grant(_EVERYBODY, _ANY),)),
    "prove": Row(Words("取得存证证明", "get a proof"), (Grant(_EVERYBODY, _ANY),)),
    "scan": Row(Words("识别码", "read codes"), (Grant(_EVERYBODY, _ANY),)),
    "report": Row(Words("举报", "report goods"), (Grant(_EVERYBODY, _ANY, (same_origin,)),)),
    "send_signed": Row(Words("提交已签名的记录", "send signed statements"), (Grant(_EVERYBODY, _ANY),)),
    "sign_in": Row(Words("登录", "sign in"), (Grant(_EVERYBODY, _ANY, (same_origin,)),)),
    # What shows each reader what is theirs.
    "look_up": Row(
        Words("查询记录", "look records up"),
        (Grant(_EVERYBODY - _OFFICIALS, _SMALL), Grant(_OFFICIALS, _FULL, _READ)),
    ),
    "trace": Row(
        Words("追溯", "trace goods"),
        (Grant(_EVERYBODY - _OFFICIALS, _SMALL), Grant(_OFFICIALS, _FULL, _READ)),
    ),
    "read_own": Row(
        Words("查看本方资料", "read what is one's own"), (Grant(_PARTIES | _OFFICIALS, _SMALL, _READ),)
    ),
    "read_findings": Row(Words("查看疑点", "read findings"), (Grant(_PARTIES | _OFFICIALS, _SMALL, _READ),)),
    "read_all_findings": Row(Words("查看全部疑点", "read all findings"), (Grant(_OFFICIALS, _FULL, _READ),)),
    "read_reads": Row(
        Words("查看查阅记录", "see who has read"),
        (
            Grant(_who("supervisor", "auditor"), _FULL, _READ),
            Grant(_PARTIES - _REGISTRAR, _SMALL, (certified, own_party)),
        ),
    ),
    "export_own": Row(
        Words("导出本方资料", "take one's own records along"), (Grant(_PARTIES, _FULL, _SENT),)
    ),
    "print_label": Row(Words("打印标签", "print labels"), (Grant(_PARTIES, _SMALL, _READ),)),
    "send_papers": Row(
        Words("上传证件", "send copies of papers"), (Grant(_PARTIES | _INSPECTOR, _SMALL, _SENT),)
    ),
    # What puts something into the ledger, signed by the key that this server keeps.
    "record_delivery": Row(
        Words("记录进货和销售", "record deliveries and sales"),
        (Grant(_TRADERS | _who("stall"), _SMALL, _SIGNED),),
    ),
    "record_trade": Row(Words("记录生产经营", "record trade"), (Grant(_TRADERS, _FULL, _SIGNED),)),
    "record_for_others": Row(
        Words("代他人录入", "record for others"),
        (Grant(_who("owner", "market_operator", "platform", "registrar"), _FULL, _SIGNED),),
    ),
    "run_market": Row(
        Words("查看本市场销售者", "look after one's market"), (Grant(_who("market_operator"), _FULL),)
    ),
    "record_in_market": Row(
        Words("代本市场销售者录入、停止销售", "record for one's market, take goods off sale in it"),
        (Grant(_who("market_operator"), _FULL, _SIGNED),),
    ),
    "record_sheets": Row(
        Words("登记主体、证照和场所", "record parties, licences and sites"),
        (Grant(_TRADERS | _INSPECTOR | _who("laboratory"), _FULL, _SIGNED),),
    ),
    "record_results": Row(
        Words("记录抽样和检验", "record samples and results"),
        (Grant(_TRADERS | _INSPECTOR | _who("laboratory"), _FULL, _SIGNED),),
    ),
    "adjust_stock": Row(Words("调整库存", "adjust stock"), (Grant(_TRADERS | _INSPECTOR, _FULL, _SIGNED),)),
    "issue_codes": Row(Words("赋码", "issue codes"), (Grant(_TRADERS, _FULL, _SIGNED),)),
    "answer_finding": Row(
        Words("说明和答复", "answer findings and orders"),
        (Grant(_PARTIES | _INSPECTOR, _SMALL, _SIGNED),),
    ),
    "correct": Row(Words("更正", "put records right"), (Grant(_PARTIES | _INSPECTOR, _SMALL, _SIGNED),)),
    "share": Row(
        Words("向他人出示", "show a delivery to others"),
        (Grant(_SPEAKERS | _who("laboratory"), _FULL, _SIGNED),),
    ),
    "publish_stall": Row(
        Words("启用、更换和停用摊位码", "open, change and close a stall's page"),
        (Grant(_SPEAKERS | _who("stall"), _SMALL, _SENT),),
    ),
    "order": Row(
        Words("控制、召回、下架", "hold, recall, take off sale"),
        (Grant(_SPEAKERS | _INSPECTOR | _REGISTRAR, _FULL, _SIGNED),),
    ),
    "inspect": Row(Words("检查和公示", "inspect and publish"), (Grant(_INSPECTOR, _FULL, _SIGNED),)),
    "take_reports": Row(
        Words("登记投诉和扫码", "take down complaints and scans"),
        (Grant(_who("owner", "market_operator", "platform", "registrar", "inspector"), _FULL, _SIGNED),),
    ),
    # Who takes part.
    "register_party": Row(
        Words("登记承继", "register successions"), (Grant(_REGISTRAR | _INSPECTOR, _FULL, _SIGNED),)
    ),
    "certify": Row(Words("登记执法证", "register certificates"), (Grant(_REGISTRAR, _FULL, _SENT),)),
    "enrol_keys": Row(Words("登记密钥", "enrol keys"), (Grant(_REGISTRAR, _FULL, _SENT),)),
    "give_access_keys": Row(
        Words("发放访问密钥", "give API keys"),
        (Grant(_REGISTRAR, _FULL, _SENT), Grant(_OWNER, _FULL, (same_origin, certified, own_party))),
    ),
    "invite_people": Row(
        Words("邀请人员", "invite people"),
        (Grant(_REGISTRAR, _FULL, (same_origin,)), Grant(_OWNER, _FULL, (same_origin, own_party))),
    ),
    "manage_people": Row(
        Words("管理人员", "manage people"),
        (Grant(_REGISTRAR, _FULL, (same_origin,)), Grant(_OWNER, _FULL, (same_origin, own_party))),
    ),
    "own_account": Row(
        Words("管理本人账户", "look after one's own account"), (Grant(_KNOWN, _ANY, (same_origin,)),)
    ),
    "erase": Row(Words("依法删除", "erase as the law asks"), (Grant(_REGISTRAR, _FULL, _SENT),)),
}

#: These ask nobody who they are.
PUBLIC: Final[frozenset[Permission]] = frozenset({"read_public", "prove"})

#: Which permission a record of a type asks for. What is not here is trade.
_RECORDING: Final[Mapping[Permission, tuple[str, ...]]] = {
    "record_delivery": (
        "batch",
        "commitment",
        "receipt",
        "return",
        "sale",
        "shipment",
        "supplier_check",
        "voucher",
    ),
    "record_sheets": ("party", "licence", "approval", "site"),
    "record_results": ("certificate", "sample", "test_result"),
    "adjust_stock": ("adjustment", "destruction"),
    "issue_codes": ("codes", "code_head", "alias"),
    "answer_finding": ("answer", "order_answer", "recall_answer"),
    "correct": ("correction", "affirmation"),
    "share": ("grant",),
    "order": ("delisting", "hold", "recall", "takedown"),
    "inspect": ("inspection", "list_entry"),
    "take_reports": ("complaint", "scan"),
    "register_party": ("succession",),
    "certify": ("credential",),
}
_BY_WORD: Final[Mapping[str, Permission]] = {
    word: permission for permission, words in _RECORDING.items() for word in words
}


def to_record(type_name: str) -> Permission:
    """The permission that a plain record of this type asks for."""
    return _BY_WORD.get(type_name.partition(".")[0], "record_trade")


def check(permission: Permission, here: Circumstances) -> None:
    """Raise the refusal that stands against this caller's asking; return where a row of the table lets him."""
    against = refusal_of(permission, here)
    if against is not None:
        raise against


def refusal_of(permission: Permission, here: Circumstances) -> Refusal | None:
    """What stands against it, or nothing."""
    row, caller = PERMISSIONS[permission], here.caller
    refused: Refusal | None = None
    for grant in row.grants:
        if (caller.acting if caller is not None else "consumer") not in grant.roles:
            continue
        if caller is not None and not _brings(caller, permission, grant):
            continue
        refused = next(
            (found for condition in grant.conditions if (found := condition(here)) is not None), None
        )
        if refused is None:
            return None
    return refused or _no_right(permission, caller)


def held_by(here: Circumstances) -> list[Permission]:
    """Every permission the caller has at this moment, his own party's matters taken for granted."""
    return [one for one in PERMISSION_NAMES if refusal_of(one, here) is None]


def _brings(caller: Caller, permission: Permission, grant: Grant) -> bool:
    """Whether he came in by the right means, and with a key that was given for this."""
    within = caller.permissions is None or permission in caller.permissions or permission in PUBLIC
    return within and caller.method in grant.means


def _no_right(permission: Permission, caller: Caller | None) -> Refusal:
    words = PERMISSIONS[permission].words
    if caller is None:
        return KeyMissing(
            field="authorization",
            came="",
            expected=Words(
                zh=f"{A_KEY.zh}或登录；所需权限：{words.zh}（{permission}）",
                en=f"{A_KEY.en}, or a sign-in, to {words.en} ({permission})",
            ),
        )
    came = caller.acting if caller.permissions is None else f"{caller.acting}, {caller.key}"
    return NotAllowed(
        field="authorization",
        came=came,
        expected=Words(zh=f"有权“{words.zh}”（{permission}）", en=f"the right to {words.en} ({permission})"),
    )


#: What a machine brings.
A_KEY: Final = Words(
    zh="Authorization: Bearer suyuan_…（未过期的访问密钥）",
    en="Authorization: Bearer suyuan_… (a key that has not run out)",
)
