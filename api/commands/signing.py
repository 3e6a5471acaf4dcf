"""`suyuan sign`: sign a record with one's own key, on a machine that needs no network. `suyuan submit`: send it, and check the receipt.

The words that are shown are read back from the items that are signed. A signed file holds what `/api/v1/statements` takes, and nothing secret
but the salts: they are for the ledger's eyes, like the record itself. Sending it twice records it once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api.commands.console import GOOD, WRONG, Console, Does, misuse
from api.commands.key_files import Enrolled, open_key_file, passphrase_argument
from api.commands.opening import new_file, read_file, read_vkey, read_vkeys
from api.commands.sending import Server, check_receipt, said_vkey, write_receipt
from ledger.canonical import read
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Instant, PartyId
from ledger.statement import Signature, Statement

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from ledger.canonical import Json
    from ledger.errors import Language
    from ledger.keys import Signer
    from ledger.log.note import NoteVerifier

#: What an ERP exports in one go; larger ones are sent in parts.
FILE_BYTES_MAX: Final = 16 * 1024 * 1024
STATEMENTS: Final = "statements"
API_KEY: Final = "SUYUAN_API_KEY"


def sign_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan sign` takes."""
    zh = language == "zh"
    parser.add_argument(
        "file",
        type=Path,
        help="记录（与 /api/v1 各地址的请求体相同），或 /api/v1/drafts 给的草稿"
        if zh
        else "a record (JSON as for the addresses under /api/v1), or a draft from /api/v1/drafts",
    )
    parser.add_argument("--key", type=Path, required=True, help="私钥文件" if zh else "key file")
    parser.add_argument(
        "--type",
        help="记录类型，如 shipments 或 shipment.v1；草稿不用"
        if zh
        else "like shipments or shipment.v1; not for a draft",
    )
    add_whose(parser, language)
    passphrase_argument(parser, language)
    parser.add_argument("-o", "--output", type=Path, help="签名文件" if zh else "signed file to write")


def add_whose(parser: ArgumentParser, language: Language) -> None:
    """For whom and for which log something is signed; known of a key that was enrolled by `suyuan key enrol`."""
    zh = language == "zh"
    parser.add_argument("--party", help="签名主体编号" if zh else "party id that is signed for")
    parser.add_argument(
        "--log",
        help="日志名、日志公钥或公钥文件"
        if zh
        else "the log's name, its public key, or the file that holds it",
    )


def sign(asked: Namespace, console: Console) -> int:
    """Sign offline, and say in words what was signed."""
    output = asked.output or asked.file.with_name(asked.file.name + ".signed.json")
    if output.exists():
        misuse(
            f"{output} 已存在：再签会得到另一条记录；要重发请直接 suyuan submit",
            f"{output} is there already: to sign again makes another record; to send again use suyuan submit",
        )
    body = read(read_file(asked.file, bytes_max=FILE_BYTES_MAX), field="file", bytes_max=FILE_BYTES_MAX)
    party, log = whose(asked, asked.key)
    drafts = _drafts(body, asked.type, party=party, log=log)
    for one in drafts:
        if one.header.issuer != party or one.header.log != log:
            came = f"{one.header.issuer}, {one.header.log}"
            raise Malformed(
                field="draft", came=came, expected=Words(zh=f"{party}, {log}", en=f"{party}, {log}")
            )
    signed = write_signed(output, drafts, [open_key_file(asked.key, asked.passphrase_file)], console)
    console.tell(
        f"已签名 {signed} 条，写入 {output}；用 suyuan submit {output} --url … 提交",
        f"{signed} signed, in {output}; send it with suyuan submit {output} --url …",
    )
    return GOOD


def whose(asked: Namespace, key: Path) -> tuple[PartyId, str]:
    """Party and log: as said, else as noted beside the key."""
    known = Enrolled.beside(key)
    party = asked.party or (known.party if known is not None else None)
    log = asked.log or (known.log if known is not None else None)
    if party is None or log is None:
        misuse("请给出 --party 和 --log", "give --party and --log")
    if "+" in log or Path(log).is_file():
        log = read_vkey(log).name
    return PartyId.parse(party), log


def write_signed(
    output: Path, drafts: Sequence[Statement], signers: Sequence[Signer], console: Console
) -> int:
    """Sign each with all of these keys, say what was signed, and write the file that is sent; how many there were."""
    from api.unsigned import told  # noqa: PLC0415  (brings the texts of all pages along, and is needed here alone)

    signed = [signed_by(one, signers) for one in drafts]
    content = json.dumps({STATEMENTS: [one.as_json() for one in signed]}, ensure_ascii=False).encode()
    for one in signed:
        console.tell("将签名的内容：", "What is signed:")
        console.say_all(
            f"  {label}  {value}"
            for label, value in (line.in_language(console.language) for line in told(one))
        )
    with new_file(output, private=True) as file:
        file.write(content + b"\n")
    return len(signed)


def signed_by(draft: Statement, signers: Sequence[Signer]) -> Statement:
    """The draft with these signatures."""
    message = draft.envelope.signed_bytes()
    signatures = sorted(
        (Signature(keyid=one.public.keyid, sig=one.sign(message)) for one in signers),
        key=lambda signature: signature.keyid,
    )
    return replace(draft, envelope=replace(draft.envelope, signatures=tuple(signatures)))


def _drafts(body: Json, kind: str | None, *, party: PartyId, log: str) -> list[Statement]:
    """What is to be signed: drafts as the server gave them, or records made from plain JSON here."""
    from api.asking import read_asked  # noqa: PLC0415  (see above)
    from api.drafting import Drafting  # noqa: PLC0415
    from api.problems import Refusals  # noqa: PLC0415
    from api.routes.drafts import drafted  # noqa: PLC0415
    from api.unsigned import read_draft, unsigned  # noqa: PLC0415

    listed = body.get(STATEMENTS) if isinstance(body, Mapping) and set(body) == {STATEMENTS} else [body]
    if isinstance(listed, Sequence) and all(isinstance(one, Mapping) and "payload" in one for one in listed):
        return [read_draft(one, field=f"{STATEMENTS}[{number}]") for number, one in enumerate(listed)]
    if kind is None:
        misuse("请用 --type 说明是哪一类记录", "say with --type what kind of record it is")
    drafting = Drafting(ledger=None, author=party)
    try:
        records = read_asked(drafting, drafted(kind), body).drafts()
    except Refusals as found:
        misuse(
            "；".join(one.in_language("zh") for one in found.refusals),
            "; ".join(one.in_language("en") for one in found.refusals),
        )
    return [unsigned(one, log=log, issuer=party, now_ms=drafting.now()) for one in records]


def submit_arguments(parser: ArgumentParser, language: Language) -> None:
    """What `suyuan submit` takes."""
    zh = language == "zh"
    parser.add_argument("file", type=Path, help="签名文件" if zh else "signed file")
    add_server(parser, language)


def add_server(parser: ArgumentParser, language: Language) -> None:
    """Which server is asked, and which key its log is known by."""
    zh = language == "zh"
    parser.add_argument("--url", required=True, help="服务器地址" if zh else "address of the server")
    parser.add_argument("--api-key", help=f"访问密钥（或 {API_KEY}）" if zh else f"API key (or {API_KEY})")
    parser.add_argument(
        "--vkey",
        help="日志公钥或公钥文件；不给时只能相信服务器给的"
        if zh
        else "the log's public key, or its file; else the server's word is taken for it",
    )


def submit(asked: Namespace, console: Console) -> int:
    """Send, keep the receipt, and say "recorded" only when it holds; 1 when it does not."""
    body = read(read_file(asked.file, bytes_max=FILE_BYTES_MAX), field="file", bytes_max=FILE_BYTES_MAX)
    listed = body.get(STATEMENTS) if isinstance(body, Mapping) and STATEMENTS in body else [body]
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        misuse(f"{asked.file} 不是签名文件", f"{asked.file} is no signed file")
    statements = [Statement.from_json(one) for one in listed]
    server = Server(asked.url, asked.api_key or os.environ.get(API_KEY), console.language)
    answer = server.post("/api/v1/statements", {STATEMENTS: [one.as_json() for one in statements]})
    answers = answer.get(STATEMENTS) if isinstance(answer, Mapping) else None
    if not isinstance(answers, Sequence) or len(answers) != len(statements):
        misuse(f"{asked.url} 的答复读不懂", f"the answer of {asked.url} cannot be read")
    try:
        trusted = trusted_keys(asked.vkey, answers[0], console)
        held = [
            check_receipt(statement, one, trusted=trusted, server=server)
            for statement, one in zip(statements, answers, strict=True)
        ]
    except Refusal as wrong:
        console.tell(
            f"回执不成立，不能算已入账：{wrong.in_language('zh')}",
            f"the receipt does not hold: {wrong.in_language('en')}",
        )
        return WRONG
    written = write_receipt(asked.file, answer, [one.proof for one in held])
    for statement, one in zip(statements, held, strict=True):
        when = Instant(one.at_ms).display()
        console.tell(
            f"已入账：{statement.header.id} 在 {statement.header.log} 第 {one.position} 条，{when}（证明已离线核对）",
            f"recorded: {statement.header.id} is entry {one.position} of {statement.header.log}, {when} (proof checked offline)",
        )
    console.tell(f"回执：{', '.join(map(str, written))}", f"receipt: {', '.join(map(str, written))}")
    return GOOD


def trusted_keys(vkey: str | None, answer: Json, console: Console) -> list[NoteVerifier]:
    """The log's keys that the caller brought; else what the server says, which is then said."""
    if vkey is not None:
        return read_vkeys(vkey)
    told = said_vkey(answer)
    console.note(
        f"没有给 --vkey：日志公钥 {told} 出自服务器本身，请与别处公布的核对",
        f"no --vkey was given: the log's key {told} is the server's own word, compare it with one published elsewhere",
    )
    return [told]


COMMANDS: Final = {"sign": Does(sign_arguments, sign), "submit": Does(submit_arguments, submit)}
