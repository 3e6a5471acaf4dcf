"""From what a phone or a clerk reads to the goods it names on this ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal, UnknownName, Words
from ledger.identifiers import BatchCode, DigitalLink, GoodsId, SeedLabel
from ledger.identifiers.printed import folded, joined, spelt
from ledger.trace import code_state
from ledger.trace.coded import aliased, recorded_spellings
from ledger.trace.linked import batches_of
from ledger.views.book import about, code_key, spelt_key
from scanner.codes import Scanned, address_host, read_code
from scanner.element_string import ElementString

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.trace import CodeState
    from ledger.views.book import Book

    #: Whether the one who asks may know that goods are recorded here: `api.audience.Reading.knows`.
    Knows = Callable[[GoodsId], bool]

#: Batches of a product among which a serial number is looked for that came without one.
BATCHES_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Named:
    """What a code names: the goods, and the pack when the code is one pack's own. `known`: it is recorded here, and the one who asks may know so.

    `claimed`: goods of which several makers say that the code is theirs, so that it names none of them.
    """

    goods: GoodsId | None = None
    code: str | None = None
    known: bool = False
    claimed: tuple[GoodsId, ...] = ()
    #: What is recorded of the pack, where that was looked up to know its goods.
    state: CodeState | None = field(default=None, compare=False, repr=False)


def scanned(text: str, base_url: str) -> Scanned:
    """What a printed text is; our own address is the one that labels carry."""
    return read_code(text, frozenset({address_host(base_url)}))


def named_by_text(text: str, base_url: str, book: Book, knows: Knows) -> Named:
    """What a printed text names here; a text that names nothing is refused, by name when it is a code gone wrong."""
    reading = scanned(text, base_url)
    named = named_by(reading, base_url, book, knows)
    if not named.known:
        check_right(reading)
    return named


def check_right(reading: Scanned) -> None:
    """Raise what is wrong with a text that is a code gone wrong."""
    wrong = reading.refusal
    if wrong is not None:
        raise type(wrong)(field="code", came=reading.raw, expected=wrong.expected)


def named_by(reading: Scanned, base_url: str, book: Book, knows: Knows) -> Named:
    """What a scanned code names in this book, for somebody who `knows` of some goods and not of others."""
    if reading.kind == "lookalike_address":
        return Named()
    link = _link(reading)
    if link is not None:
        return named_by_link(link, base_url, book, knows)
    if isinstance(reading.value, BatchCode):
        return named_by_batch(GoodsId.of_batch(reading.value), knows)
    return _pack(tuple(dict.fromkeys(_spellings(reading))), book, knows)


def named_by_link(link: DigitalLink, base_url: str, book: Book, knows: Knows) -> Named:
    """The pack if its serial was recorded, else its batch: a serial nobody issued still leads to the goods it claims to be."""
    spellings = at_both(link, base_url)
    pack = None if link.serial is None else _pack_of(link, base_url, book, knows)
    if pack is not None and pack.known:
        return pack
    batch = named_by_batch(GoodsId.of_link(link.batch_link()), knows)
    if pack is not None:
        return Named(goods=batch.goods, code=str(link), known=batch.known)
    return batch if batch.known else _by_alias(spellings, book, knows) or batch


def require_known(named: Named, came: object, *, field: str = "code") -> GoodsId:
    """The goods, or one and the same refusal for everything that is not known here: guessing teaches nothing."""
    if named.goods is None or not named.known:
        raise UnknownName(
            field=field,
            came=came,
            expected=Words(zh="本台账记录过的货物", en="goods recorded on this ledger"),
        )
    return named.goods


def _link(reading: Scanned) -> DigitalLink | None:
    if isinstance(reading.value, DigitalLink):
        return reading.value
    try:
        return reading.value.link if isinstance(reading.value, ElementString) else None
    except Refusal:
        # A bar code may hold what a link may not.
        return None


def _spellings(reading: Scanned) -> Iterator[str]:
    """What the records may call it: the code as it is spelt everywhere, then as it came, then without groups and wide characters."""
    if isinstance(reading.value, SeedLabel):
        yield str(reading.value.unit_code)
    elif reading.value is not None:
        yield str(reading.value)
    yield reading.raw.strip()
    if reading.kind == "unknown_text":
        # A maker's own code, of a seed bag for example, has no shape to be known by.
        yield from (folded(reading.raw).strip(), joined(reading.raw), joined(reading.raw).upper())


def named_by_batch(goods: GoodsId, knows: Knows) -> Named:
    """Goods that were named outright."""
    return Named(goods=goods, known=knows(goods))


def _pack(spellings: tuple[str, ...], book: Book, knows: Knows) -> Named:
    # Looked up together: what is recorded under each spelling, and who spells one of them otherwise.
    book.about_many([key for code in spellings for key in (code_key(code), spelt_key(spelt(code)))])
    others = dict.fromkeys(other for code in spellings for other in recorded_spellings(book, code))
    for code in (*spellings, *others):
        if about(book, code_key(code)) and (state := code_state(book, code)).goods is not None:
            return Named(goods=state.goods, code=code, known=True, state=state)
    return _by_alias(spellings, book, knows) or Named(code=next(iter(spellings), None))


def _pack_of(link: DigitalLink, base_url: str, book: Book, knows: Knows) -> Named:
    """A pack by its GTIN and serial number, which name it whether or not its batch stands between them (General Specifications, AI 21)."""
    pack = _pack(at_both(link, base_url), book, knows)
    if pack.known:
        return pack
    if link.batch is not None:
        without = _pack(at_both(DigitalLink(link.gtin, serial=link.serial), base_url), book, knows)
        # The serial of another batch's pack is not this one's.
        return without if without.goods == GoodsId.of_link(link.batch_link()) else pack
    lots = (said.goods.digital_link for _, said in islice(batches_of(book, link.gtin), BATCHES_MAX))
    within = [
        code
        for batch in dict.fromkeys(lot.batch for lot in lots if lot is not None)
        for code in at_both(DigitalLink(link.gtin, batch, link.serial), base_url)
    ]
    return found if within and (found := _pack(tuple(within), book, knows)).known else pack


def at_both(link: DigitalLink, base_url: str) -> tuple[str, str]:
    """Makers record the code as they print it: at our address, or at GS1's."""
    return str(link), link.at(base_url)


def _by_alias(spellings: tuple[str, ...], book: Book, knows: Knows) -> Named | None:
    """The goods whose maker said that this code is theirs too. Where several say so it names none."""
    said = {(one.goods, one.code): one for code in spellings for one in aliased(book, code)}
    if len(said) > 1:
        return Named(code=spellings[0], claimed=tuple(dict.fromkeys(goods for goods, _ in said)))
    for goods, code in said:
        # Whoever has one pack's own code in his hand may know of it, as of any pack's.
        return Named(goods=goods, code=code, known=code is not None or knows(goods))
    return None
