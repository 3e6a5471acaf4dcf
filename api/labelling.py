"""What stands on labels, and who may print them: for one picture, for a sheet of a batch, for a run of unit codes.

Nothing is printed while a hold or a recall stands on the goods in these hands, nor of a code that was made void; a sheet wants every code issued, a
picture some record of it, since many a maker has his codes from elsewhere. What a label says comes from the records; beside a code that only a machine can tell from its neighbour stand the batch number and the code in
characters. That labels were printed is written down (`docs/decisions/0032-print-log.md`), with the code of each where it had one of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from api import links
from api.issuing import check_deals, codes_at, find_run
from api.printed_links import PrintedLinks
from api.scanning import scanned
from ledger.errors import Blocked, Malformed, TooLarge, UnknownName, Words
from ledger.gate import may_do
from ledger.identifiers import BatchCode, DigitalLink, PesticideUnitCode
from ledger.trace import party_view, what_it_was
from ledger.trace.known import KnownFrom
from ledger.views.book import about_many, code_key, of_type
from ledger.vocabulary.goods import Codes
from scanner.codes import address_host, printed_address
from scanner.labels import READABLE_CHARACTERS_MAX, LabelText
from scanner.sheets_of_labels import SHEET_LABELS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from api.audience import Reading
    from ledger.identifiers import GoodsId, PartyId, StatementId
    from ledger.keys import Signer
    from ledger.service import Ledger
    from ledger.store.book import SqlBook
    from ledger.views.book import Record
    from scanner.symbols import SymbolKind

#: What a code in characters is called on a label, by what it is read as.
NAMES: Final = {
    "digital_link": "序列号",
    "drug_code": "药品追溯码",
    "pesticide_code": "单元识别代码",
    "vet_drug_code": "兽药追溯码",
}
#: Digits in groups of four are read out and typed without losing one's place.
_FOURS: Final = re.compile("([0-9]{4})(?=[0-9])")
#: A code in such a state has no pack that it could be stuck on.
_OVER: Final = frozenset({"void", "return_container"})


def batch_label(
    reading: Reading, goods: GoodsId, printed: str, base_url: str, *, symbol: SymbolKind = "qr"
) -> LabelText:
    """The label of these goods with this text in its symbol."""
    (text,) = labels_of(reading, goods, [printed], base_url, symbol=symbol)
    return text


def labels_of(
    reading: Reading, goods: GoodsId, printed: Sequence[str], base_url: str, *, symbol: SymbolKind = "qr"
) -> list[LabelText]:
    """A label for each of these texts. What stands on all of them is looked up once."""
    sheet = what_it_was(reading.book, goods)
    maker = None if sheet.maker is None else party_view(reading.book, sheet.maker)
    name = None if maker is None else maker.name or reading.contact(maker).person_name
    code = goods.batch_code
    batch = str(sheet.batch_number or (code.printed if code else goods))
    extra = () if sheet.produced_on is None else (str(sheet.produced_on),)
    made = []
    for one in printed:
        called, readable = _in_characters(one, base_url)
        made.append(
            LabelText(
                code=one,
                product=sheet.name or str(goods),
                batch=batch,
                maker=name or str(sheet.maker or "—"),
                domain=address_host(one if one.startswith("http") else base_url),
                extra=extra,
                readable="" if readable == batch else readable,
                readable_name=called,
                symbol=symbol,
                is_signed="?8030=" in one or "dsig=" in one,
            )
        )
    return made


def _in_characters(printed: str, base_url: str) -> tuple[str, str]:
    """What the code is called and how it is written out; nothing where the batch number says it all."""
    found = scanned(printed, base_url)
    value = found.value
    called = NAMES.get(found.kind, "追溯码")
    if isinstance(value, DigitalLink):
        return called, value.serial or ""
    if isinstance(value, BatchCode):
        return called, value.printed
    if value is None:
        return called, printed if len(printed) <= READABLE_CHARACTERS_MAX else ""
    return called, _FOURS.sub(r"\1 ", str(value))


def code_on_pack(code: str, base_url: str, *, key: Signer | None = None) -> str:
    """The text to print for a unit code: at our address where phones shall find it, with a signature where a key is given."""
    printed = PrintedLinks(base_url, key).of(code)
    value = scanned(printed, base_url).value
    if isinstance(value, DigitalLink) and key is None:
        return value.at(base_url)
    if isinstance(value, PesticideUnitCode) and printed == str(value):
        # 农业部公告第 2579 号: the symbol leads a phone to what is known of the pack, so the code stands in an address.
        return f"{base_url.rstrip('/')}{links.PAGE}?code={code}"
    return printed


def batch_address(goods: GoodsId, base_url: str) -> str:
    """The address that the label of a batch leads to."""
    address = goods.digital_link or goods.batch_code
    if address is None:
        expected = Words(
            zh="批次码或 GS1 数字链接标识的货物", en="goods named by a batch code or a GS1 Digital Link"
        )
        raise Malformed(field="goods", came=goods, expected=expected)
    return printed_address(address, base_url)


def check_goods(reading: Reading, goods: GoodsId, party: PartyId) -> None:
    """Raise unless these are goods that the party deals with and that no order stops."""
    # Before the orders are asked: that a hold stands is for those who have to do with the goods.
    check_deals(reading, goods)
    may_do([goods], by=party, known=KnownFrom(reading.book))


def check_codes(book: SqlBook, codes: Sequence[str]) -> GoodsId:
    """The one batch that all these codes were issued for. Raises for a code that nobody issued, and for one that is void."""
    if len(codes) > SHEET_LABELS_MAX:
        most = SHEET_LABELS_MAX
        expected = Words(zh=f"一次最多 {most} 个码", en=f"at most {most} codes at a time")
        raise TooLarge(field="codes", came=len(codes), expected=expected)
    found = about_many(book, [code_key(code) for code in codes])
    of: GoodsId | None = None
    for number, code in enumerate(codes):
        field = f"codes[{number}]"
        goods = issued_for(code, found.get(code_key(code), ()), field=field)
        if of is not None and goods != of:
            expected = Words(zh=f"同一批（{of}）的码", en=f"codes of one batch ({of})")
            raise Malformed(field=field, came=code, expected=expected)
        of = goods
    if of is None:
        raise Malformed(field="codes", came=0, expected=Words(zh="至少一个码", en="one code at least"))
    return of


def issued_for(code: str, records: Sequence[Record], *, field: str) -> GoodsId:
    """The batch a code was issued for, by the records that mention it. Raises where none issues it, and where it is void."""
    issue = _issue_of(records, code)
    if issue is None:
        expected = Words(zh="已赋码的单元码", en="a code that was issued")
        raise UnknownName(field=field, came=code, expected=expected)
    check_not_void(code, records, field=field)
    return issue[1].goods


def check_not_void(code: str, records: Sequence[Record], *, field: str) -> None:
    """Raise where whoever issued the code made it void, or got its empty pack back. What others say of it stops no printer."""
    issue = _issue_of(records, code)
    if issue is not None and any(
        who == issue[0] and one.action in _OVER for who, one in _said_of(records, code)
    ):
        expected = Words(zh="未作废的码", en="a code that is not void")
        raise Blocked(field=field, came=code, expected=expected)


def _issue_of(records: Sequence[Record], code: str) -> tuple[PartyId, Codes] | None:
    return next(((who, one) for who, one in _said_of(records, code) if one.action == "issue"), None)


def _said_of(records: Sequence[Record], code: str) -> Iterator[tuple[PartyId, Codes]]:
    for record, said in of_type(records, Codes):
        if code in said.codes:
            yield record.actor, said


def codes_of_issue(
    ledger: Ledger, book: SqlBook, issue: StatementId, party: PartyId, *, first: int, count: int | None
) -> list[str]:
    """Codes of an issue of this party's, from the `first` (counted from 1), as many as one file of labels holds."""
    run = find_run(book, issue, party)
    if run is None or run.said.action != "issue":
        expected = Words(zh="本方的赋码任务", en="an issue of codes of your own")
        raise UnknownName(field="issue", came=issue, expected=expected)
    wanted, skip = SHEET_LABELS_MAX if count is None else count, first - 1
    found = list[str]()
    for seq in run.seqs:
        part = codes_at(ledger, seq)
        if part is None or len(found) >= wanted:
            break
        here = part.codes[skip:]
        skip = max(0, skip - len(part.codes))
        found += here[: wanted - len(found)]
    if not found:
        expected = Words(zh=f"1 至 {run.of}", en=f"1 to {run.of}")
        raise Malformed(field="first", came=first, expected=expected)
    return found
