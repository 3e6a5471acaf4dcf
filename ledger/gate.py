"""The gate: may this be recorded, may this be done. Every way into the ledger leads through `admit`.

What *happened* is admitted, whatever one thinks of it: a record kept out of the ledger is kept off the books, and findings say what is
odd about it. Refused is only what cannot be a record: a signature that fails, a signer nobody enrolled, someone without the right
to say it, a malformed value, a time that has not come.

What we are *asked to do* (issue codes, offer a delivery, print a label) is another question, and is refused while a hold or a recall
stands: `may_do`.

The gate takes values and a time and returns values; it knows no table and no framework.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from ledger.errors import Blocked, Malformed, NotAllowed, Refusal, UnknownName, Words
from ledger.identifiers import DigitalLink, Instant, PartyId
from ledger.identifiers.gs1.links import GS1Link
from ledger.register import REGISTER_TYPES, Role, issuers_key
from ledger.vocabulary import said_type
from ledger.vocabulary.affirming import Affirmation
from ledger.vocabulary.coding import Alias
from ledger.vocabulary.correctable import Correctable, Correction
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Packing, Transformation, Use
from ledger.vocabulary.linking import Link
from ledger.vocabulary.measures import Delisting, Destruction, ListEntry
from ledger.vocabulary.oversight import Hold, Inspection, Recall, Sample
from ledger.vocabulary.parties import Licence, Party, Product, Site
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.registering import Credential, Erasure, Key
from ledger.vocabulary.trade import Shipment

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.identifiers import GoodsId, StatementId
    from ledger.register import Custody, Enrolment, Register
    from ledger.statement import Header, Statement
    from ledger.vocabulary.said import Said

#: How far a sender's clock may run ahead of the log's.
AHEAD_MS_MAX = 5 * 60 * 1000

_TRADERS: Final[frozenset[Role]] = frozenset({"enterprise", "operator", "registrar"})
_MAKERS: Final[frozenset[Role]] = frozenset({"enterprise"})
_OFFICIALS: Final[frozenset[Role]] = frozenset({"authority"})
_REGISTRAR: Final[frozenset[Role]] = frozenset({"registrar"})
_ANYONE: Final[frozenset[Role]] = frozenset(
    {"enterprise", "operator", "registrar", "authority", "laboratory"}
)

#: Who may say what. A type that is not here may be said by traders.
RIGHTS: Final[dict[str, frozenset[Role]]] = {
    "genesis.v1": frozenset(),
    # Anybody's own keys: what a party may do about them is the register's to say (`Register.admits`).
    "key.v1": _ANYONE,
    "credential.v1": frozenset({"registrar"}),
    "log_key.v1": frozenset({"registrar"}),
    "erasure.v1": frozenset({"registrar"}),
    "inspection.v1": _OFFICIALS,
    "recall.v1": _MAKERS | _OFFICIALS,
    "hold.v1": _TRADERS | _OFFICIALS,
    "adjustment.v1": _TRADERS | _OFFICIALS,
    "takedown.v1": _TRADERS | _OFFICIALS,
    "delisting.v1": _TRADERS | _OFFICIALS,
    "list_entry.v1": _OFFICIALS,
    "succession.v1": _REGISTRAR | _OFFICIALS,
    "sample.v1": _ANYONE,
    "destruction.v1": _TRADERS | _OFFICIALS,
    "test_result.v1": _ANYONE,
    "certificate.v1": _ANYONE,
    "licence.v1": _ANYONE,
    "approval.v1": _ANYONE,
    "party.v1": _ANYONE,
    "site.v1": _ANYONE,
    "complaint.v1": frozenset({"registrar", "authority", "operator"}),
    "scan.v1": frozenset({"registrar", "authority", "operator"}),
    "scan_batch.v1": _REGISTRAR,
    "link.v1": _MAKERS | _REGISTRAR,
    "answer.v1": _ANYONE,
    "grant.v1": _ANYONE,
    "affirmation.v1": _ANYONE,
    "correction.v1": _ANYONE,
    "epcis_event.v1": _TRADERS,
}

#: What an authority does only with an officer's certificate.
_SIGNED_BY_OFFICER: Final = (Hold, Recall, Delisting, ListEntry, Correction)

#: Who may enter a record for somebody else; the record shows both names.
MAY_ENTER_FOR_OTHERS: Final[frozenset[Role]] = frozenset({"operator", "registrar"})


class AnotherLog(Refusal):
    """The statement was made for another log. A copy of it proves nothing here."""

    title = Words(zh="不是写给本日志的记录", en="made for another log")


class MadeFromItself(Refusal):
    """A batch as its own input, a pack inside itself: no order of facts makes sense of it."""

    title = Words(zh="自身循环", en="made from itself")


class NotYetHappened(Refusal):
    """The claimed time lies more than five minutes ahead of the log's clock."""

    title = Words(zh="发生时间在未来", en="claimed time lies ahead")


class CertificateNotValid(NotAllowed):
    """An officer's certificate that is unknown, another agency's, or not valid now (持证上岗)."""

    title = Words(zh="执法证无效", en="officer's certificate not valid")


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the gate must know of an earlier statement that a new one refers to."""

    type: str
    superseded: bool
    items: int


class Known(Protocol):
    """The few things the gate asks of what is already recorded."""

    def earlier(self, issuer: PartyId, statement: StatementId) -> Earlier | None:
        """The issuer's earlier statement of that id."""
        ...

    def first_declarer(self, party: PartyId) -> PartyId | None:
        """Who first recorded this party."""
        ...

    def market_of(self, party: PartyId) -> PartyId | None:
        """In whose market this party stands, by the latest sheet that names one."""
        ...

    def made_by(self, goods: GoodsId, party: PartyId) -> bool:
        """Whether this party recorded the batch as its own make, or as that of a supplier it declared."""
        ...

    def makes(self, goods: GoodsId, party: PartyId) -> bool:
        """Whether these goods are a product, named by its GTIN alone, of which this party recorded a batch."""
        ...

    def goes_into(self, goods: GoodsId, targets: Collection[GoodsId], *, without: StatementId | None) -> bool:
        """Whether any of the targets was made out of these goods, not counting the process that is being put right."""
        ...

    def standing_order(self, goods: GoodsId, party: PartyId) -> Words | None:
        """The hold or recall that stands on these goods in this party's hands, in words."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """A statement that may be recorded: its content, whose keys signed it, and the register after it."""

    statement: Statement
    said: Said
    signers: tuple[Enrolment, ...]
    register: Register

    @property
    def custody(self) -> Custody:
        """`custodial` if the operator holds any of the keys that signed."""
        return "custodial" if any(one.custody == "custodial" for one in self.signers) else "own"


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """What can be told of a statement before its place is known: what it says, and whose signatures on it are good.

    Whether those keys may sign at its place, and whether it may be said there, is still to be decided.
    """

    said: Said
    good: frozenset[str]


def admit(
    statement: Statement, *, register: Register, known: Known, at_ms: int, ahead: ReadAhead | None = None
) -> Admitted:
    """Decide whether this statement may become the entry at position `register.size`, at the log's time `at_ms`."""
    header, position = statement.header, register.size
    if header.log != register.origin:
        raise AnotherLog(field="log", came=header.log, expected=Words(zh=register.origin, en=register.origin))
    signers = register.admits(statement, at=position, good=ahead.good if ahead is not None else ())
    said = ahead.said if ahead is not None else said_type(header.type).from_items(statement.items)
    role = issuers_key(header, signers).role
    may_be_said(header, said, role=role, register=register, known=known, at_ms=at_ms)
    after = register.after(statement, at=position)
    return Admitted(statement=statement, said=said, signers=signers, register=after)


def may_be_said(
    header: Header, said: Said, *, role: Role, register: Register, known: Known, at_ms: int
) -> None:
    """Raise what stands against recording this, signatures apart: a trial run asks the same gate, and nobody has to sign for it."""
    if header.occurred_at.ms > at_ms + AHEAD_MS_MAX:
        latest = str(Instant(at_ms + AHEAD_MS_MAX).at_shanghai())
        raise NotYetHappened(
            field="occurred_at",
            came=header.occurred_at,
            expected=Words(zh=f"不晚于 {latest}", en=f"at most {latest}"),
        )
    _check_right(header, role, known)
    _check_correction(header, said, role=role, known=known)
    _check_sense(header, said, known)
    _check_profile(said)
    _check_subject(header, said, role=role, register=register, known=known)
    _check_order(header, said, role=role, known=known)
    _check_stock(header, said, role=role)
    _check_officers(header, said, role=role, register=register, at_ms=at_ms)
    _check_theft(said, at_ms=at_ms)
    _check_asked(header, said, known)


def may_do(goods: Collection[GoodsId], *, by: PartyId, known: Known, field: str = "goods") -> None:
    """Raise `Blocked` while a hold or a recall stands on any of these goods in this party's hands."""
    for one in goods:
        order = known.standing_order(one, by)
        if order is not None:
            expected = Words(
                zh=f"无控制或召回的货物（{order.zh}）", en=f"goods under no hold or recall ({order.en})"
            )
            raise Blocked(field=field, came=one, expected=expected)


def _check_right(header: Header, role: Role, known: Known) -> None:
    allowed = RIGHTS.get(header.type, _TRADERS)
    if role not in allowed:
        roles = ", ".join(sorted(allowed)) or "—"
        raise NotAllowed(
            field="type",
            came=f"{header.type} by {role}",
            expected=Words(zh=f"角色：{roles}", en=f"role: {roles}"),
        )
    if header.on_behalf_of is not None and role not in MAY_ENTER_FOR_OTHERS:
        roles = ", ".join(sorted(MAY_ENTER_FOR_OTHERS))
        raise NotAllowed(
            field="on_behalf_of",
            came=header.on_behalf_of,
            expected=Words(zh=f"仅 {roles} 可代录", en=f"only {roles} may enter for others"),
        )
    # 食品安全法 61: whoever opens a market answers for those who sell in it, and for nobody else. A party's sheet is its own, the registrar's,
    # or that of whoever declared it first, so nobody draws a stranger into his market by his own word.
    if (
        role == "operator"
        and header.on_behalf_of is not None
        and known.market_of(header.on_behalf_of) != header.issuer
    ):
        raise NotAllowed(
            field="on_behalf_of",
            came=header.on_behalf_of,
            expected=Words(
                zh="主体登记写明在本市场经营的销售者（market）",
                en="a party whose sheet says that it sells in your market (market)",
            ),
        )


def _check_correction(header: Header, said: Said, *, role: Role, known: Known) -> None:
    """The author puts a record right, with one of the same type and a reason. An authority may annul another's, on a decision."""
    whose = header.issuer
    if isinstance(said, Correction) and said.of not in {None, header.issuer}:
        assert said.of is not None
        whose = said.of
        if role != "authority":
            raise NotAllowed(
                field="of",
                came=said.of,
                expected=Words(
                    zh="本方的记录；他人的记录仅执法机关可撤销",
                    en="a record of your own; only an authority annuls another's",
                ),
            )
        if said.decision is None:
            raise Malformed(
                field="decision", came="", expected=Words(zh="决定文书号", en="the number of the decision")
            )
    reason = said.correction_reason if isinstance(said, (Correctable, Correction)) else None
    if header.corrects is None:
        if reason is not None:
            raise Malformed(
                field="corrects",
                came="",
                expected=Words(zh="被更正记录的编号", en="the id of the record put right"),
            )
        return
    if reason is None:
        raise Malformed(field="correction_reason", came="", expected=Words(zh="更正原因", en="a reason"))
    earlier = known.earlier(whose, header.corrects)
    if earlier is None:
        raise UnknownName(
            field="corrects",
            came=header.corrects,
            expected=Words(zh=f"{whose} 已有的记录", en=f"an earlier record of {whose}"),
        )
    if earlier.type in REGISTER_TYPES | {Correction.TYPE} or (
        header.type not in {earlier.type, Correction.TYPE}
    ):
        raise Malformed(
            field="corrects",
            came=earlier.type,
            expected=Words(zh=f"同类记录 {header.type}", en=f"a {header.type}"),
        )
    if earlier.superseded:
        raise Malformed(
            field="corrects",
            came=header.corrects,
            expected=Words(zh="最新的一条记录", en="the latest record, not one already put right"),
        )


def _check_sense(header: Header, said: Said, known: Known) -> None:
    """What would mean nothing whatever the facts: goods made from themselves, a pack inside itself, a place inside itself."""
    if isinstance(said, Transformation):
        inputs = {line.goods for line in said.inputs}
        for number, line in enumerate(said.outputs):
            if line.goods in inputs:
                raise MadeFromItself(
                    field=f"outputs[{number}].goods",
                    came=line.goods,
                    expected=Words(zh="不同于投入的货物", en="goods other than the inputs"),
                )
            if known.goes_into(line.goods, inputs, without=header.corrects):
                raise MadeFromItself(
                    field=f"outputs[{number}].goods",
                    came=line.goods,
                    expected=Words(
                        zh="没有投入到这些投入品中的货物",
                        en="goods that did not go into these inputs themselves",
                    ),
                )
    if isinstance(said, Use) and {line.goods for line in said.lines} & set(said.on_goods or ()):
        raise MadeFromItself(
            field="on_goods",
            came=[str(one) for one in said.on_goods or ()],
            expected=Words(zh="不同于投入品的货物", en="goods other than the inputs used"),
        )
    if isinstance(said, Packing) and said.parent_code in said.codes:
        raise MadeFromItself(
            field="codes",
            came=said.parent_code,
            expected=Words(zh="不同于外包装的码", en="codes other than that of the larger pack"),
        )
    if isinstance(said, Site) and said.within == said.site:
        raise MadeFromItself(
            field="within", came=said.within, expected=Words(zh="另一个场所", en="another site")
        )
    if isinstance(said, (Codes, Packing)):
        _check_codes(said)
    elif isinstance(said, Batch):
        _check_one_number(said)


#: A link to a GTIN or an SSCC: what is wrong in it was typed or printed wrongly.
_TO_A_KEY: Final = re.compile(r"https?://[^/?#]+/(?:01/[0-9]{14}|00/[0-9]{18})(?:[/?#].*)?", re.ASCII)


def _check_codes(said: Codes | Packing) -> None:
    """Codes that are GS1 links can be read again, and those of a pack name the goods they are issued for."""
    issued = isinstance(said, Codes) and said.action == "issue" and said.code_kind == "digital_link"
    named = said.goods.digital_link if isinstance(said, Codes) else None
    codes = {f"codes[{place}]": code for place, code in enumerate(said.codes)}
    if isinstance(said, Packing):
        codes["parent_code"] = said.parent_code
    for field, code in codes.items():
        if issued:
            _check_pack(DigitalLink.parse(code, field=field), named, code, field=field)
        elif _TO_A_KEY.fullmatch(code) is not None:
            GS1Link.parse(code, field=field)


def _check_pack(link: DigitalLink, goods: DigitalLink | None, code: str, *, field: str) -> None:
    if link.serial is None:
        expected = Words(zh="带序列号（21）的数字链接", en="a Digital Link with a serial number (21)")
        raise Malformed(field=field, came=code, expected=expected)
    if goods is not None and (link.gtin != goods.gtin or link.batch not in {None, goods.batch}):
        expected = Words(zh=f"{goods} 的单件", en=f"a pack of {goods}")
        raise Malformed(field=field, came=code, expected=expected)


def _check_one_number(batch: Batch) -> None:
    """A batch has one GTIN and one number (AI 10): those in its identifier."""
    link = batch.goods.digital_link
    if (
        link is not None
        and batch.batch_number is not None
        and link.batch not in {None, str(batch.batch_number)}
    ):
        expected = Words(
            zh=f"{link.batch}（与货物标识一致）", en=f"{link.batch}, as in the goods' identifier"
        )
        raise Malformed(field="batch_number", came=batch.batch_number, expected=expected)
    if link is not None and batch.gtin not in {None, link.gtin}:
        expected = Words(zh=f"{link.gtin}（与货物标识一致）", en=f"{link.gtin}, as in the goods' identifier")
        raise Malformed(field="gtin", came=batch.gtin, expected=expected)


def _check_profile(said: Said) -> None:
    """The few fields without which a record of its category would mean nothing, and the form of those that only it has."""
    if isinstance(said, (Batch, Product)):
        profile_for(said.category).check(said)


def _check_subject(header: Header, said: Said, *, role: Role, register: Register, known: Known) -> None:
    """A party's sheet and licences are its own or the registrar's to record; others may declare only parties nobody speaks for."""
    subject = said.party if isinstance(said, Party) else said.holder if isinstance(said, Licence) else None
    if subject is not None and role not in {"registrar", "authority"}:
        owner = subject if register.role_of(subject) is not None else known.first_declarer(subject)
        if owner is not None and owner not in {header.issuer, header.on_behalf_of}:
            raise NotAllowed(
                field="party",
                came=subject,
                expected=Words(zh="本方或本方申报的主体", en="yourself or a party you declared"),
            )
    party = header.on_behalf_of or header.issuer
    if isinstance(said, Alias) and role != "registrar" and not known.made_by(said.goods, party):
        # Nobody lends a rival's goods to his own codes.
        expected = Words(zh="本方登记的批次", en="goods whose batch you recorded")
        raise NotAllowed(field="goods", came=said.goods, expected=expected)
    if isinstance(said, Erasure):
        _check_erasure(said, known)
    if isinstance(said, Affirmation):
        _check_affirmed(header, said, known)
    if isinstance(said, Link):
        _check_linked(header, said, known)


def _check_linked(header: Header, said: Link, known: Known) -> None:
    """A maker says where more about its own goods can be read, with a title that tells people where they are led."""
    party = header.on_behalf_of or header.issuer
    if not known.made_by(said.goods, party) and not known.makes(said.goods, party):
        expected = Words(
            zh="本方生产（或申报）的批次，或其 GTIN",
            en="a batch of your own make or declaration, or the GTIN of one",
        )
        raise NotAllowed(field="goods", came=said.goods, expected=expected)
    if said.action == "publish" and said.link_title is None:
        raise Malformed(field="link_title", came="", expected=Words(zh="链接标题", en="a title"))
    if said.action == "publish":
        _check_address(said.href)


_HOST_LABEL: Final = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_URI_CHARACTER: Final = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
#: RFC 3986 3, with a host of the DNS: what is handed on in a `Location` must be read alike by everybody.
_ADDRESS: Final = re.compile(
    rf"https?://{_HOST_LABEL}(?:\.{_HOST_LABEL})*(?::(?P<port>[0-9]{{1,5}}))?"
    rf"(?:/{_URI_CHARACTER}*)*(?:\?(?:{_URI_CHARACTER}|[/?])*)?(?:#(?:{_URI_CHARACTER}|[/?])*)?",
    re.ASCII,
)
_PORTS: Final = range(1, 1 << 16)


def _check_address(href: str) -> None:
    address = _ADDRESS.fullmatch(href)
    if address is None or (address["port"] is not None and int(address["port"]) not in _PORTS):
        expected = Words(zh="合规的网址（RFC 3986）", en="an address that is a URI (RFC 3986)")
        raise Malformed(field="href", came=href, expected=expected)


def _check_affirmed(header: Header, said: Affirmation, known: Known) -> None:
    """One's own statements, recorded before: to affirm what nobody has seen would say nothing, or anything."""
    for number, one in enumerate(said.statements):
        if known.earlier(header.issuer, one) is None:
            expected = Words(zh=f"{header.issuer} 已有的记录", en=f"an earlier record of {header.issuer}")
            raise UnknownName(field=f"statements[{number}]", came=one, expected=expected)


def _check_erasure(said: Erasure, known: Known) -> None:
    for number, one in enumerate(said.erased):
        earlier = known.earlier(one.issuer, one.statement)
        # Whose record a correction annuls must stay readable: the views are made from it.
        if earlier is None or earlier.type in REGISTER_TYPES | {Correction.TYPE}:
            raise UnknownName(
                field=f"erased[{number}].statement",
                came=one.statement,
                expected=Words(zh="已记录的业务记录", en="a recorded trade statement"),
            )
        if max(one.places) >= earlier.items or min(one.places) < 0 or len(set(one.places)) != len(one.places):
            raise Malformed(
                field=f"erased[{number}].places",
                came=list(one.places),
                expected=Words(
                    zh=f"0 至 {earlier.items - 1}，不重复", en=f"places 0 to {earlier.items - 1}, each once"
                ),
            )


def _check_order(header: Header, said: Said, *, role: Role, known: Known) -> None:
    """A trader calls back what it made and stops what it holds (食品安全法 63), a market what is sold in it; nobody stops a rival's goods."""
    if role not in {"enterprise", "operator"} or not isinstance(said, (Hold, Recall)):
        return
    party = header.issuer
    if isinstance(said, Hold) and said.at == party:
        return
    if (
        isinstance(said, Hold)
        and role == "operator"
        and said.at is not None
        and known.market_of(said.at) == party
    ):
        return
    for number, goods in enumerate(said.goods):
        if not known.made_by(goods, party):
            expected = Words(
                zh="本方生产的货物，或仅限本方库存、本市场销售者（at）",
                en="goods of your own make, or a hold at yourself or at whoever sells in your market (at)",
            )
            raise NotAllowed(field=f"goods[{number}]", came=goods, expected=expected)


def _check_stock(header: Header, said: Said, *, role: Role) -> None:
    """A trader counts its own stock. Whoever could take from a rival's would make an honest trader's balance fail."""
    if role != "enterprise" or not isinstance(said, (Adjustment, Destruction, Sample)):
        return
    field = "taken_from" if isinstance(said, Sample) else "held_by"
    whose: PartyId | None = getattr(said, field)
    if whose not in {None, header.issuer}:
        raise NotAllowed(field=field, came=whose, expected=Words(zh="本方", en="yourself"))


def _check_officers(header: Header, said: Said, *, role: Role, register: Register, at_ms: int) -> None:
    """Rows 25 and 40 of the documents: no official act without a certificate that is valid when the log takes it."""
    if isinstance(said, Inspection):
        numbers: tuple[str, ...] = said.officers
    elif isinstance(said, Sample) and role == "authority":
        if not said.officers:
            raise CertificateNotValid(
                field="officers", came="", expected=Words(zh="执法证号", en="officers' certificate numbers")
            )
        numbers = said.officers
    elif isinstance(said, _SIGNED_BY_OFFICER) and role == "authority":
        # A correction of the agency's own record is no official act towards anybody.
        if isinstance(said, Correction) and said.of in {None, header.issuer}:
            return
        if said.officer is None:
            raise CertificateNotValid(
                field="officer", came="", expected=Words(zh="执法证号", en="an officer's certificate number")
            )
        numbers = (said.officer,)
    else:
        return
    for number in numbers:
        credential = register.credentials.get(number)
        if credential is None or credential.party != header.issuer or not credential.valid_at(at_ms):
            moment = str(Instant(at_ms).at_shanghai())
            raise CertificateNotValid(
                field="officer",
                came=number,
                expected=Words(
                    zh=f"本机关在 {moment} 有效的执法证", en=f"a certificate of this agency valid at {moment}"
                ),
            )


def _check_theft(said: Said, *, at_ms: int) -> None:
    """A key is reported for what has been: a time to come would call in question what nobody has signed yet."""
    if isinstance(said, Key) and said.since_ms is not None and said.since_ms > at_ms:
        latest = str(Instant(at_ms).at_shanghai())
        expected = Words(zh=f"不晚于 {latest}", en=f"at most {latest}")
        raise NotYetHappened(field="since_ms", came=said.since_ms, expected=expected)


def _check_asked(header: Header, said: Said, known: Known) -> None:
    party = header.on_behalf_of or header.issuer
    if isinstance(said, Codes) and said.action in {"issue", "reprint"}:
        may_do([said.goods], by=party, known=known)
    if isinstance(said, Shipment) and said.offer and header.corrects is None:
        may_do([line.goods for line in said.lines], by=party, known=known, field="lines")


__all__ = [
    "AHEAD_MS_MAX",
    "RIGHTS",
    "Admitted",
    "AnotherLog",
    "Credential",
    "Earlier",
    "Known",
    "NotYetHappened",
    "ReadAhead",
    "admit",
    "may_be_said",
    "may_do",
]
