"""What every official form needs: two certificates that are valid now, the party and the goods that are meant, and the bounds of competence.

行政处罚法 42 asks for at least two officers, 55 that they show their certificates; 食品安全抽样检验管理办法 and 食品生产经营监督检查管理办法 say the same of
sampling and inspections. The gate checks the certificates again when it admits the record; here each is checked by its own field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.competence import Competence
from api.scanning import named_by_text, require_known
from api.searching import search
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.gate import CertificateNotValid
from ledger.identifiers import GoodsId, Instant, PartyId
from ledger.trace import party_view

if TYPE_CHECKING:
    from api.audience import Reading
    from api.pages.desk import Desk
    from api.pages.forms import Posted
    from ledger.accounts.callers import Caller
    from ledger.store.book import SqlBook
    from ledger.vocabulary.said import Said

#: Parties offered where a name fits several.
CANDIDATES_MAX: Final = 20


def officers_of(desk: Desk, book: SqlBook, author: Caller, posted: Posted) -> tuple[str, str]:
    """The two officers by the numbers of their certificates, each valid at this moment and of this agency."""
    now = desk.ledger.clock()
    numbers = []
    for field in ("officer", "officer_2"):
        number = posted.text(field)
        held = book.register.credentials.get(number)
        if held is None or held.party != author.party or not held.valid_at(now):
            moment = Instant(now).display()
            expected = Words(
                zh=f"本机关在 {moment} 有效的执法证", en=f"a certificate of this agency valid at {moment}"
            )
            raise CertificateNotValid(field=field, came=number, expected=expected)
        numbers.append(number)
    if numbers[0] == numbers[1]:
        expected = Words(zh="另一名执法人员的证号", en="the certificate of another officer")
        raise Malformed(field="officer_2", came=numbers[1], expected=expected)
    return numbers[0], numbers[1]


def party_of(desk: Desk, reading: Reading, book: SqlBook, text: str, *, field: str = "party") -> PartyId:
    """The party that was named; refused where nobody fits. Where several do, the form offers them (`candidates`)."""
    if not text:
        raise Malformed(field=field, came="", expected=Words(zh="被检查人", en="a party"))
    if text.startswith(PartyId.prefix):
        party = PartyId.parse(text, field=field)
        if party_view(book, party).record is None:
            raise _nobody(field, text)
        return party
    found = candidates(desk, reading, book, text)
    whole = [one for one in found if party_view(book, one).name == text]
    if len(whole) == 1 or len(found) == 1:
        return (whole or found)[0]
    if not found:
        raise _nobody(field, text)
    expected = Words(zh="其中一家，请在下面选择", en="one of them: choose below")
    raise Malformed(field=field, came=text, expected=expected)


def candidates(desk: Desk, reading: Reading, book: SqlBook, text: str) -> list[PartyId]:
    """The parties that a name, a credit code or a licence number fits."""
    groups = search(reading, book, text, base_url=desk.settings.base_url)
    return [hit.party for group in groups for hit in group.hits if hit.party is not None][:CANDIDATES_MAX]


def goods_of(desk: Desk, reading: Reading, text: str, *, field: str = "goods") -> GoodsId:
    """The goods that a code or an identifier names."""
    if text.startswith(("urn:", "https:", "http:")):
        try:
            goods = GoodsId.parse(text, field=field)
        except Refusal:
            goods = None
        if goods is not None and reading.knows(goods):
            return goods
    named = named_by_text(text, desk.settings.base_url, reading.book, reading.knows)
    return require_known(named, text, field=field)


def check_competence(book: SqlBook, author: Caller, said: Said) -> None:
    """Raise `OutsideScope` for an act towards somebody, or on goods, that the officer's certificate is not for."""
    Competence(book, author.scope).check_said(said, by=author.party)


def _nobody(field: str, came: str) -> UnknownName:
    return UnknownName(
        field=field, came=came, expected=Words(zh="本台账记录过的主体", en="a party recorded on this ledger")
    )
