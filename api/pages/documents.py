"""Papers that travel with goods: certificates, promises (承诺达标合格证), vouchers, and the results of tests of one's goods.

Each with how often one's own records rely on it, and with the copy, for whom may read that. What a paper says is its issuer's word; here
stands who filed it and when. The forms that file one are in `filing.py`.
"""

from __future__ import annotations

from collections import Counter as Counted
from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.pages.console import Counter, asked, file_form
from api.pages.console_lists import PAGE_ROWS, Head, Listing, Place, Section, Shown, at_time, dated
from api.pages.desk import AtDesk
from api.pages.expiring import days_tag
from api.parameters import MaybeText, PathNumber, QueryNumber
from ledger.errors import UnknownName, Words
from ledger.store.beside import beside
from ledger.views.book import document_key, parties_in, party_key, voucher_key
from ledger.vocabulary import TYPES
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.oversight import TestResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from api.pages.console_lists import Row
    from ledger.identifiers import GoodsId, LegalDate
    from ledger.views.book import Mention, Record
    from ledger.vocabulary.said import Said

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/documents"
KINDS: Final = ("certificate", "commitment", "voucher", "test_result")
_PAPERS: Final = (Certificate, Commitment, Voucher, TestResult)
#: Goods that one row names; the sheet names them all.
GOODS_SHOWN: Final = 2
_HEADS: Final = (
    Head("papers_paper", width=24),
    Head("duty_number", width=24),
    Head("papers_from", width=28),
    Head("papers_about", width=36),
    Head("papers_issued", "date", on_page=False),
    Head("duty_until", "date"),
    Head("papers_uses", "number", 8),
    Head("papers_copy"),
    Head("col_recorded", "time", 18, on_page=False),
)


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def documents(
    desk: AtDesk,
    caller: Someone,
    q: MaybeText = None,
    kind: MaybeText = None,
    before: QueryNumber = None,
    done: QueryNumber = None,
) -> HTMLResponse:
    """The papers, the newest first; of one kind only, if one is asked for."""
    chosen = _kind(kind)
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        tabs = [(HERE, counter.say("papers_all"), not chosen)]
        tabs += [(f"{HERE}?kind={one}", _title(counter, one), one == chosen) for one in KINDS]
        return counter.list_page(
            _listing(counter, chosen, text),
            q=text,
            before=before,
            narrowed={"kind": chosen},
            done=done,
            tabs=tabs,
            lede=counter.say("papers_documents_lede"),
            news=[
                (f"/my/{one}s/new", counter.say(f"papers_{one}_new"))
                for one in ("certificate", "commitment", "voucher")
            ],
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def documents_file(
    form: str, desk: AtDesk, caller: Someone, q: MaybeText = None, kind: MaybeText = None
) -> Response:
    """The same as a file."""
    with desk.ledger.book() as book:
        counter, text = Counter.of(desk, book, caller.party), asked(q)
        return counter.list_file(_listing(counter, _kind(kind), text), file_form(form), q=text)


@router.get(f"{HERE}/{{position}}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def document(
    position: PathNumber,
    desk: AtDesk,
    caller: Someone,
    before: QueryNumber = None,
    done: QueryNumber = None,
) -> HTMLResponse:
    """One paper: what it says, its copy, and which records of one's own rely on it."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        record = counter.record(position)
        said = record.said
        if not isinstance(said, _PAPERS) or not _is_ours(counter, record):
            expected = Words(zh="本方的单证", en="a paper of your own")
            raise UnknownName(field="position", came=position, expected=expected)
        name = type(said).TYPE.partition(".")[0]
        correct = (
            [(f"/my/{name}s/new?of={position}", counter.say("papers_correct"))]
            if name in KINDS[:3] and record.header.issuer == caller.party and record.superseded_by is None
            else []
        )
        return counter.page(
            "my_sheet.html",
            {
                "here": HERE,
                "over": counter.say("papers_documents"),
                "title": _name(counter, said),
                "tag": _days(counter, said),
                "done": done,
                "facts": counter.facts(record, but=frozenset({"evidence"})),
                "record": record,
                "copies": counter.copies(record),
                "actions": correct,
                "sections": [_uses(counter, record, before)],
            },
        )


def _kind(text: str | None) -> str:
    if not text:
        return ""
    if text not in KINDS:
        choices = ", ".join(KINDS)
        raise UnknownName(field="kind", came=text, expected=Words(zh=choices, en=choices))
    return text


def _title(counter: Counter, kind: str) -> str:
    return TYPES[f"{kind}.v1"].TITLE.in_language(counter.desk.language)


def _listing(counter: Counter, kind: str, q: str) -> Listing:
    seqs = counter.newest(*(f"{one}.v1" for one in ([kind] if kind else KINDS)))
    return Listing(
        name="documents",
        title="papers_documents",
        heads=_HEADS,
        places=[Place(seq) for seq in seqs],
        rows=partial(_rows, counter),
        hits=counter.hits(q, seqs),
    )


def _rows(counter: Counter, places: Sequence[Place]) -> list[Row | None]:
    found = counter.book.records([one.position for one in places])
    records = [found[one.position] for one in places]
    counter.names.know(party for one in records for party in sorted(parties_in(one)))
    uses = _use_counts(counter, records)
    return [_row(counter, one, uses) for one in records]


def _row(counter: Counter, record: Record, uses: Mapping[str, int]) -> Row | None:
    said = record.said
    if not isinstance(said, _PAPERS) or not _is_ours(counter, record):
        return None
    count = sum(uses.get(key, 0) for key in _keys(said))
    tag = _days(counter, said)
    copies = counter.copies(record)
    number = said.sample_number if isinstance(said, TestResult) else said.number
    return (
        Shown(_name(counter, said), href=f"{HERE}/{record.seq}"),
        Shown(number or ""),
        Shown(_from(counter, said)),
        Shown(_about(counter, said)),
        dated(_issued(said)),
        dated(_until(said), tag=tag.tag, tone=tag.tone),
        Shown(str(count) if _keys(said) else "", value=count if _keys(said) else None),
        Shown(counter.say("papers_copy_save"), href=copies[0][1]) if copies else Shown(),
        at_time(record.at_ms),
    )


def _is_ours(counter: Counter, record: Record) -> bool:
    """Whether it names this party, and lies open to it: what a laboratory files about a trader's goods is the trader's to see."""
    ours = counter.party in parties_in(record) | {record.header.issuer}
    return ours and counter.names.reading.opens(record)


def _name(counter: Counter, said: Said) -> str:
    if isinstance(said, Certificate):
        return counter.say(f"certificate_kind_{said.certificate_kind}")
    if isinstance(said, Voucher):
        return counter.say(f"voucher_kind_{said.voucher_kind}")
    return _title(counter, said.TYPE.partition(".")[0])


def _from(counter: Counter, said: Said) -> str:
    """Whose word it is: an office, a producer, a laboratory; for a voucher, who sold to whom."""
    match said:
        case Certificate():
            return said.issued_by
        case Commitment():
            return counter.names.party(said.producer)
        case Voucher():
            return f"{counter.names.party(said.seller)} → {counter.names.party(said.buyer)}"
        case TestResult():
            return said.laboratory
        case _:
            return ""


def _about(counter: Counter, said: Said) -> str:
    goods = _goods(said)
    texts = [counter.names.goods(one) for one in goods[:GOODS_SHOWN]]
    return "；".join(texts) + (" …" if len(goods) > GOODS_SHOWN else "")


def _goods(said: Said) -> list[GoodsId]:
    match said:
        case Certificate():
            return list(said.goods)
        case Commitment():
            return [said.goods] if said.goods is not None else []
        case Voucher():
            return [one.goods for one in said.lines or () if one.goods is not None]
        case TestResult():
            return [said.goods]
        case _:
            return []


def _issued(said: Said) -> LegalDate | None:
    day: LegalDate | None = getattr(said, "issued_on", None) or getattr(said, "notified_on", None)
    return day


def _until(said: Said) -> LegalDate | None:
    day: LegalDate | None = getattr(said, "valid_to", None)
    return day


def _days(counter: Counter, said: Said) -> Shown:
    """How long a paper is still good, of those that are renewed. One for a lot ends with its lot."""
    if isinstance(said, Certificate) and not said.goods:
        return days_tag(counter, said.valid_to)
    return Shown()


def _keys(said: Said) -> list[str]:
    """By what other records name this paper; nothing where it has no number."""
    if isinstance(said, (Certificate, Commitment)) and said.number is not None:
        return [document_key(said.number)]
    if isinstance(said, Voucher) and said.number is not None:
        return [voucher_key(said.voucher_kind, said.number)]
    return []


def _use_counts(counter: Counter, records: Iterable[Record]) -> dict[str, int]:
    """How many other records of this party's name each paper: counted in the index, none of them opened."""
    keys = {key for one in records if one.said is not None for key in _keys(one.said)}
    return dict(Counted(mention.key for mention in _relied_on(counter, keys)))


def _relied_on(counter: Counter, keys: Collection[str]) -> list[Mention]:
    """Where this party's records name a paper without being one themselves."""
    if not keys:
        return []
    papers = {(one.key, one.seq) for one in beside(counter.book, keys, [f"type/{kind}.v1" for kind in KINDS])}
    own = beside(counter.book, keys, [party_key(counter.party)])
    return [one for one in own if (one.key, one.seq) not in papers]


def _uses(counter: Counter, record: Record, before: int | None) -> Section:
    keys = _keys(record.said) if record.said is not None else []
    every = {one.seq for one in _relied_on(counter, keys)}
    seqs = sorted((seq for seq in every if before is None or seq < before), reverse=True)
    found = counter.book.records(seqs[:PAGE_ROWS])
    return Section(
        title=counter.say("papers_used_in", count=len(every)),
        heads=[
            (place, counter.say(one))
            for place, one in enumerate(("col_entry", "col_type", "col_what", "col_occurred"))
        ],
        rows=[
            (
                Shown(f"#{seq}", href=f"/entries/{seq}"),
                Shown(TYPES[found[seq].header.type].TITLE.in_language(counter.desk.language)),
                Shown(counter.names.summary(found[seq])),
                at_time(found[seq].occurred_ms),
            )
            for seq in seqs[:PAGE_ROWS]
            if counter.names.reading.opens(found[seq])
        ],
        none=counter.say("papers_not_used" if keys else "papers_no_number"),
        hint=counter.say("papers_used_hint") if keys else "",
        older=f"{HERE}/{record.seq}?before={seqs[PAGE_ROWS - 1]}" if len(seqs) > PAGE_ROWS else "",
    )
