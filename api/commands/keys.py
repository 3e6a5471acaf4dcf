"""`suyuan key …`: a key of one's own, from its making to its end.

    new          make a key file                               offline
    show         its public half and its name                  offline
    enrol        with the registrar's invite                   asks the server that is named
    rotate       the old and the new key sign the change       offline: makes a signed file
    label        one more key, which signs codes               offline: makes a signed file
    revoke       another key of the party ends a lost one      offline: makes a signed file
    compromised  the same, for a stolen one, since when        offline: makes a signed file
    affirm       own statements that a stolen key signed       offline: makes a signed file

A signed file is sent with `suyuan submit`. What the register makes of it is decided there (`ledger.register`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.key_files import (
    Enrolled,
    new_key_file,
    open_key_file,
    passphrase_argument,
    wanted_passphrase,
)
from api.commands.sending import Server, check_receipt, write_receipt
from api.commands.signing import add_server, add_whose, signed_by, trusted_keys, whose, write_signed
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Instant, StatementId
from ledger.register import ROLES
from ledger.statement import Envelope, Statement
from ledger.vocabulary.affirming import Affirmation
from ledger.vocabulary.registering import Key

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.errors import Language
    from ledger.keys import Signer
    from ledger.register import Role
    from ledger.vocabulary.said import Said

_REASONS: Final = ("lost", "stolen", "superseded", "left")
_RANDOM_BYTES: Final = 10


def arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan key` takes: one of its own commands."""
    family = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, (words, takes, _) in _ACTIONS.items():
        purpose = words.in_language(language)
        one = family.add_parser(name, help=purpose, description=purpose)
        takes(one, language)
        passphrase_argument(one, language)


def run(asked: Namespace, console: Console) -> int:
    """Do it."""
    _, _, does = _ACTIONS[asked.action]
    return does(asked, console)


def _takes_new(parser: ArgumentParser, language: Language) -> None:
    zh = language == "zh"
    parser.add_argument("file", type=Path, help="私钥文件" if zh else "key file to make")
    parser.add_argument("--passphrase", action="store_true", help="加口令" if zh else "ask for a passphrase")


def _new(asked: Namespace, console: Console) -> int:
    signer = new_key_file(asked.file, wanted_passphrase(asked.passphrase_file, ask=asked.passphrase))
    console.tell(
        f"私钥在 {asked.file}（权限 600）：请另外备份；丢了没人能恢复",
        f"The private key is in {asked.file} (mode 600): back it up apart, nobody can restore it",
    )
    _say_public(signer, console)
    return GOOD


def _takes_file(parser: ArgumentParser, language: Language) -> None:
    parser.add_argument("file", type=Path, help="私钥文件" if language == "zh" else "key file")


def _show(asked: Namespace, console: Console) -> int:
    _say_public(open_key_file(asked.file, asked.passphrase_file), console)
    known = Enrolled.beside(asked.file)
    if known is not None:
        console.tell(
            f"已登记：{known.party}（{known.role}），日志 {known.log}",
            f"enrolled: {known.party} ({known.role}) in {known.log}",
        )
    return GOOD


def _say_public(signer: Signer, console: Console) -> None:
    public = signer.public
    console.say(f"kind_of_key  {public.kind}", f"public_key   {public}", f"keyid        {public.keyid}")


def _takes_enrol(parser: ArgumentParser, language: Language) -> None:
    _takes_file(parser, language)
    parser.add_argument(
        "--invite",
        required=True,
        help="登记机构给的邀请码" if language == "zh" else "the invite that the registrar gave",
    )
    add_server(parser, language)


def _enrol(asked: Namespace, console: Console) -> int:
    """Ask for the enrolment, read it, sign it, send it, and check that the log took it."""
    from api.unsigned import read_draft, told  # noqa: PLC0415  (brings the texts of all pages along)

    signer = open_key_file(asked.file, asked.passphrase_file)
    server = Server(asked.url, asked.api_key, console.language)
    kind, public = signer.public.kind, str(signer.public)
    answer = server.post(
        "/api/v1/key-enrolments/draft",
        {"invite": asked.invite, "kind_of_key": kind, "public_key": public},
    )
    told_of = answer if isinstance(answer, Mapping) else {}
    draft = read_draft({name: one for name, one in told_of.items() if name != "keyid"})
    said = Key.from_items(draft.items) if draft.header.type == Key.TYPE else None
    if said is None or (said.action, said.custody, said.kind_of_key, said.public_key) != (
        "enrol",
        "own",
        kind,
        public,
    ):
        raise Malformed(
            field="draft",
            came=draft.header.type,
            expected=Words(zh="本密钥的登记", en="the enrolment of this key"),
        )
    console.tell("将签名的内容：", "What is signed:")
    console.say_all(
        f"  {label}  {value}" for label, value in (line.in_language(console.language) for line in told(draft))
    )
    mine = signed_by(draft, [signer])
    recorded = server.post("/api/v1/key-enrolments", {"invite": asked.invite, "statement": mine.as_json()})
    try:
        trusted = trusted_keys(asked.vkey, recorded, console)
        held = check_receipt(_as_recorded(mine, server), recorded, trusted=trusted, server=server)
    except Refusal as wrong:
        console.tell(
            f"回执不成立：{wrong.in_language('zh')}", f"the receipt does not hold: {wrong.in_language('en')}"
        )
        return WRONG
    write_receipt(asked.file, recorded, [held.proof])
    note = Enrolled(
        log=draft.header.log,
        party=str(said.party),
        role=str(said.role),
        keyid=signer.public.keyid,
        vkey=str(held.vkey),
    ).write(asked.file)
    console.tell(
        f"密钥已登记：{said.party}，日志第 {held.position} 条（证明已离线核对）；记在 {note}",
        f"the key is enrolled for {said.party}: entry {held.position} of the log (proof checked offline); noted in {note}",
    )
    return GOOD


def _as_recorded(mine: Statement, server: Server) -> Statement:
    """Our statement with the registrar's signature, which the server shows; that both are good the log's readers check."""
    shown = server.get(f"/api/v1/statements/{mine.header.id}")
    envelope = Envelope.from_json(shown.get("envelope") if isinstance(shown, Mapping) else None)
    if envelope.payload != mine.envelope.payload or not set(mine.envelope.signatures) <= set(
        envelope.signatures
    ):
        expected = Words(zh="含本密钥签名的登记", en="the enrolment with this key's signature")
        raise Malformed(field="envelope", came=str(mine.header.id), expected=expected)
    return Statement.open(envelope, mine.opened)


def _takes_signed(parser: ArgumentParser, language: Language) -> None:
    zh = language == "zh"
    parser.add_argument(
        "--key", type=Path, required=True, help="签名的私钥文件" if zh else "key file that signs"
    )
    add_whose(parser, language)
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="签名文件" if zh else "signed file to write"
    )


def _takes_rotate(parser: ArgumentParser, language: Language) -> None:
    _takes_signed(parser, language)
    parser.add_argument(
        "--new", type=Path, required=True, help="新的私钥文件" if language == "zh" else "file of the new key"
    )


def _rotate(asked: Namespace, console: Console) -> int:
    old, new = (open_key_file(path, asked.passphrase_file) for path in (asked.key, asked.new))
    said = Key(
        action="rotate",
        replaces=old.public.keyid,
        kind_of_key=new.public.kind,
        public_key=str(new.public),
    )
    done = _make(asked, console, said, [old, new])
    known = Enrolled.beside(asked.key)
    if known is not None:
        Enrolled(known.log, known.party, known.role, new.public.keyid, known.vkey).write(asked.new)
    return done


def _takes_label(parser: ArgumentParser, language: Language) -> None:
    _takes_signed(parser, language)
    parser.add_argument(
        "--new",
        type=Path,
        required=True,
        help="标签私钥文件" if language == "zh" else "file of the label key",
    )


def _label(asked: Namespace, console: Console) -> int:
    """A key for the machine that prints: it signs codes (`suyuan sign-code`) and never a record."""
    key, new = (open_key_file(path, asked.passphrase_file) for path in (asked.key, asked.new))
    party, _ = whose(asked, asked.key)
    known = Enrolled.beside(asked.key)
    said = Key(
        action="enrol",
        party=party,
        role=_role("enterprise" if known is None else known.role),
        custody="own",
        kind_of_key="ed25519",
        public_key=str(new.public),
        use="label",
    )
    return _make(asked, console, said, [key, new])


def _role(text: str) -> Role:
    for known in ROLES:
        if text == known:
            return known
    raise Malformed(field="role", came=text, expected=Words(zh="、".join(ROLES), en=", ".join(ROLES)))


def _takes_keyid(parser: ArgumentParser, language: Language) -> None:
    _takes_signed(parser, language)
    zh = language == "zh"
    parser.add_argument(
        "--keyid", required=True, help="要注销的密钥标识" if zh else "id of the key that ends"
    )


def _takes_revoke(parser: ArgumentParser, language: Language) -> None:
    _takes_keyid(parser, language)
    parser.add_argument(
        "--reason", required=True, choices=_REASONS, help="原因" if language == "zh" else "why"
    )


def _revoke(asked: Namespace, console: Console) -> int:
    signer = open_key_file(asked.key, asked.passphrase_file)
    said = Key.read({"action": "revoke", "keyid": asked.keyid, "reason": asked.reason})
    return _make(asked, console, said, [signer])


def _takes_compromised(parser: ArgumentParser, language: Language) -> None:
    _takes_keyid(parser, language)
    parser.add_argument(
        "--since",
        required=True,
        help="从何时起可能失窃，如 2026-11-20T08:00:00+08:00"
        if language == "zh"
        else "since when it may be stolen (RFC 3339)",
    )


def _compromised(asked: Namespace, console: Console) -> int:
    signer = open_key_file(asked.key, asked.passphrase_file)
    party, _ = whose(asked, asked.key)
    since = Instant.parse(asked.since, field="since")
    said = Key.read(
        {"action": "compromised", "party": str(party), "keyid": asked.keyid, "since_ms": since.ms}
    )
    return _make(asked, console, said, [signer])


def _takes_affirm(parser: ArgumentParser, language: Language) -> None:
    parser.add_argument(
        "statements",
        nargs="+",
        metavar="STATEMENT_ID",
        help="确认是本方所签的记录" if language == "zh" else "records that are the party's own",
    )
    _takes_signed(parser, language)


def _affirm(asked: Namespace, console: Console) -> int:
    signer = open_key_file(asked.key, asked.passphrase_file)
    said = Affirmation(statements=tuple(map(StatementId.parse, asked.statements)))
    return _make(asked, console, said, [signer])


def _make(asked: Namespace, console: Console, said: Said, signers: list[Signer]) -> int:
    """One signed file with one statement of the party."""
    from api.drafting import Draft  # noqa: PLC0415  (brings the web framework along)
    from api.unsigned import unsigned  # noqa: PLC0415
    from ledger.service import system_clock  # noqa: PLC0415

    if asked.output.exists():
        misuse(f"{asked.output} 已存在，不会覆盖", f"{asked.output} is there already and is not overwritten")
    party, log = whose(asked, asked.key)
    now = system_clock()
    draft = Draft(said=said, id=StatementId.new(now, os.urandom(_RANDOM_BYTES)))
    write_signed(asked.output, [unsigned(draft, log=log, issuer=party, now_ms=now)], signers, console)
    console.tell(
        f"已写入 {asked.output}；用 suyuan submit {asked.output} --url … 提交后才生效",
        f"in {asked.output}; it counts once it is sent with suyuan submit {asked.output} --url …",
    )
    return GOOD


_Takes = Callable[["ArgumentParser", "Language"], None]
_DoesIt = Callable[["Namespace", Console], int]

_ACTIONS: Final[dict[str, tuple[Words, _Takes, _DoesIt]]] = {
    "new": (Words(zh="生成私钥文件", en="make a key file"), _takes_new, _new),
    "show": (Words(zh="公钥和密钥标识", en="public key and key id"), _takes_file, _show),
    "enrol": (Words(zh="凭邀请码登记", en="enrol it with an invite"), _takes_enrol, _enrol),
    "rotate": (Words(zh="换成新密钥", en="replace it by a new one"), _takes_rotate, _rotate),
    "label": (
        Words(zh="登记一把只给码签名的密钥", en="enrol a key that signs codes only"),
        _takes_label,
        _label,
    ),
    "revoke": (Words(zh="注销本方的另一把密钥", en="end another key of the party"), _takes_revoke, _revoke),
    "compromised": (
        Words(zh="报告本方的另一把密钥失窃", en="report another key of the party stolen"),
        _takes_compromised,
        _compromised,
    ),
    "affirm": (
        Words(zh="确认失窃期间的本方记录", en="affirm own records of the time of a theft"),
        _takes_affirm,
        _affirm,
    ),
}

COMMANDS: Final = {"key": Does(arguments, run)}
