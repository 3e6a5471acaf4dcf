from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Blocked, Malformed, NotAllowed, Refusal, SignatureWrong, UnknownName, Words
from ledger.gate import (
    AHEAD_MS_MAX,
    AnotherLog,
    CertificateNotValid,
    Earlier,
    MadeFromItself,
    NotYetHappened,
    admit,
)
from ledger.identifiers import GoodsId, Instant, LegalDate, SiteId, StatementId
from ledger.statement import Item, sign_statement
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Packing, Transformation, Use
from ledger.vocabulary.measures import Delisting, Destruction, ListEntry, Takedown
from ledger.vocabulary.oversight import Hold, Inspection, Recall, Sample
from ledger.vocabulary.parties import Licence, Party, Site, Succession
from ledger.vocabulary.registering import Credential, Erasure, Key
from ledger.vocabulary.trade import Sale, Shipment
from ledger.vocabulary.values import Detail, Line, OutputLine
from tests.support.books import kg
from tests.support.signing import BEGIN_MS, Pen, fixed
from tests.unit.ledger.test_statement import LEEK

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.identifiers import PartyId
    from ledger.statement import Statement
    from ledger.vocabulary.said import Said

PEN = Pen()
CO_OP, STALL, OFFICE, MARKET, LAB = (PEN.party() for _ in range(5))
KEYS = {party: PEN.key() for party in (CO_OP, STALL, OFFICE, MARKET, LAB)}
CREDENTIAL = Credential(
    number="演-0001", party=OFFICE, valid_from_ms=BEGIN_MS - 10, valid_to_ms=BEGIN_MS + 10
)
REGISTER = PEN.register(
    (CO_OP, KEYS[CO_OP], "enterprise"),
    (STALL, KEYS[STALL], "enterprise"),
    (OFFICE, KEYS[OFFICE], "authority"),
    (MARKET, KEYS[MARKET], "operator"),
    (LAB, KEYS[LAB], "laboratory"),
)
REGISTER = REGISTER.after(PEN.signs(PEN.registrar, CREDENTIAL, [fixed(1)]), at=REGISTER.size)
LINES = (Line(goods=LEEK, quantity=kg(1)),)
SALE = Sale(lines=LINES)
OFFER = Shipment(to=STALL, lines=LINES)


@dataclass
class Recorded:
    """What is already recorded, spelt out."""

    statements: dict[tuple[PartyId, StatementId], Earlier] = field(default_factory=dict)
    declarers: dict[PartyId, PartyId] = field(default_factory=dict)
    orders: dict[GoodsId, Words] = field(default_factory=dict)
    markets: dict[PartyId, PartyId] = field(default_factory=dict)
    makers: set[tuple[GoodsId, PartyId]] = field(default_factory=set)
    went_into: set[tuple[GoodsId, GoodsId]] = field(default_factory=set)

    def earlier(self, issuer: PartyId, statement: StatementId) -> Earlier | None:
        return self.statements.get((issuer, statement))

    def first_declarer(self, party: PartyId) -> PartyId | None:
        return self.declarers.get(party)

    def market_of(self, party: PartyId) -> PartyId | None:
        return self.markets.get(party)

    def made_by(self, goods: GoodsId, party: PartyId) -> bool:
        return (goods, party) in self.makers

    def makes(self, goods: GoodsId, party: PartyId) -> bool:
        link = goods.digital_link
        return link is not None and any(
            one.digital_link is not None and one.digital_link.gtin == link.gtin and link.batch is None
            for one, maker in self.makers
            if maker == party
        )

    def goes_into(self, goods: GoodsId, targets: Collection[GoodsId], *, without: StatementId | None) -> bool:
        return any((goods, one) in self.went_into for one in targets)

    def standing_order(self, goods: GoodsId, party: PartyId) -> Words | None:
        return self.orders.get(goods)


def _says(party: PartyId, said: Said, **how: object) -> Statement:
    return PEN.signs(party, said, [KEYS[party]], **how)  # type: ignore[arg-type]  # the keywords of `signs`


def _admit(statement: Statement, known: Recorded | None = None, at_ms: int = BEGIN_MS) -> Said:
    return admit(statement, register=REGISTER, known=known or Recorded(), at_ms=at_ms).said


def test_a_trader_records_what_happened() -> None:
    assert _admit(_says(CO_OP, SALE)) == SALE


def test_a_statement_made_for_another_log_is_refused() -> None:
    with pytest.raises(AnotherLog):
        _admit(_says(CO_OP, SALE, log="other.example/0011223344556677"))


def test_a_claimed_time_may_run_five_minutes_ahead_and_no_more() -> None:
    _admit(_says(CO_OP, SALE, occurred_at=Instant(BEGIN_MS + AHEAD_MS_MAX)))
    with pytest.raises(NotYetHappened):
        _admit(_says(CO_OP, SALE, occurred_at=Instant(BEGIN_MS + AHEAD_MS_MAX + 1)))


def test_a_fact_from_long_ago_is_admitted() -> None:
    _admit(_says(CO_OP, SALE, occurred_at=Instant.parse("1999-01-01T00:00:00+08:00")))


def test_anothers_good_key_says_nothing_for_the_issuer() -> None:
    with pytest.raises(NotAllowed, match="a signature by"):
        _admit(PEN.signs(CO_OP, SALE, [KEYS[STALL]]))


def test_one_wrong_signature_beside_a_good_one_is_refused() -> None:
    with pytest.raises(SignatureWrong):
        _admit(PEN.signs(CO_OP, SALE, [KEYS[CO_OP], PEN.key()]))


@pytest.mark.parametrize(
    ("party", "said"),
    [
        (MARKET, Recall(action="recall", goods=(LEEK,), reason="x")),
        (LAB, SALE),
        (OFFICE, SALE),
        (CO_OP, Inspection(party=STALL, officers=("演-0001",), conclusion="in_order")),
        (CO_OP, Key.read({"action": "revoke", "keyid": "0" * 64, "reason": "lost"})),
        (CO_OP, CREDENTIAL),
        (
            MARKET,
            Erasure.read(
                {
                    "ground": "x",
                    "erased": [
                        {"issuer": str(CO_OP), "statement": str(StatementId.new(1, bytes(10))), "places": [0]}
                    ],
                }
            ),
        ),
    ],
)
def test_each_role_says_what_is_its_to_say(party: PartyId, said: Said) -> None:
    with pytest.raises(NotAllowed) as caught:
        _admit(_says(party, said))
    assert caught.value.field == "type"


def test_a_market_operator_may_enter_for_a_stall_and_a_trader_may_not() -> None:
    its_own = Recorded(markets={STALL: MARKET})
    assert _admit(_says(MARKET, SALE, on_behalf_of=STALL), its_own) == SALE
    with pytest.raises(NotAllowed) as caught:
        _admit(_says(CO_OP, SALE, on_behalf_of=STALL), its_own)
    assert caught.value.field == "on_behalf_of"


@pytest.mark.parametrize("markets", [{}, {STALL: CO_OP}, {CO_OP: MARKET}])
def test_a_market_operator_enters_for_those_who_sell_in_its_market_and_for_nobody_else(
    markets: dict[PartyId, PartyId],
) -> None:
    with pytest.raises(NotAllowed) as caught:
        _admit(_says(MARKET, SALE, on_behalf_of=STALL), Recorded(markets=markets))
    assert caught.value.field == "on_behalf_of"


def test_a_market_stops_what_is_sold_in_it_and_nobody_elses_goods() -> None:
    its_own = Recorded(markets={STALL: MARKET})
    for at in (STALL, MARKET):
        stop = Hold(action="hold", goods=(LEEK,), at=at)
        assert _admit(_says(MARKET, stop), its_own) == stop
    for elsewhere in (CO_OP, None):
        with pytest.raises(NotAllowed) as caught:
            _admit(_says(MARKET, Hold(action="hold", goods=(LEEK,), at=elsewhere)), its_own)
        assert caught.value.field == "goods[0]"


def test_the_registrar_may_enter_for_anybody() -> None:
    statement = PEN.signs(PEN.registrar, SALE, [fixed(1)], on_behalf_of=STALL)
    assert _admit(statement) == SALE


def test_only_the_author_puts_a_record_right_with_one_of_its_kind_and_a_reason() -> None:
    wrong = StatementId.new(1, bytes(10))
    known = Recorded({(CO_OP, wrong): Earlier(type="sale.v1", superseded=False, items=2)})
    better = SALE.model_copy(update={"correction_reason": "incorrect_data"})
    _admit(_says(CO_OP, better, corrects=wrong), known)
    _admit(_says(CO_OP, Correction(correction_reason="did_not_occur"), corrects=wrong), known)
    cases: list[tuple[PartyId, Said, StatementId | None, type[Refusal]]] = [
        (CO_OP, SALE, wrong, Malformed),
        (CO_OP, better, None, Malformed),
        (CO_OP, Correction(correction_reason="did_not_occur"), None, Malformed),
        (STALL, better, wrong, UnknownName),
        (CO_OP, OFFER.model_copy(update={"correction_reason": "incorrect_data"}), wrong, Malformed),
    ]
    for party, said, corrects, why in cases:
        with pytest.raises(why):
            _admit(_says(party, said, corrects=corrects), known)


def test_an_authority_annuls_anothers_record_on_a_decision_and_a_certificate_and_nobody_else_does() -> None:
    wrong = StatementId.new(1, bytes(10))
    known = Recorded({(STALL, wrong): Earlier(type="sale.v1", superseded=False, items=2)})
    annulled = Correction(
        correction_reason="did_not_occur", of=STALL, decision="演市监撤〔2026〕1号", officer="演-0001"
    )
    assert _admit(_says(OFFICE, annulled, corrects=wrong), known) == annulled
    for party in (CO_OP, MARKET, LAB):
        with pytest.raises(NotAllowed) as caught:
            _admit(_says(party, annulled, corrects=wrong), known)
        assert caught.value.field == "of"
    for change, why, field_ in (
        ({"decision": None}, Malformed, "decision"),
        ({"officer": None}, CertificateNotValid, "officer"),
        ({"officer": "演-9999"}, CertificateNotValid, "officer"),
        ({"of": CO_OP}, UnknownName, "corrects"),
    ):
        with pytest.raises(why) as refused:
            _admit(_says(OFFICE, annulled.model_copy(update=change), corrects=wrong), known)
        assert refused.value.field == field_


def test_an_annulment_is_not_annulled() -> None:
    wrong = StatementId.new(1, bytes(10))
    known = Recorded({(CO_OP, wrong): Earlier(type="correction.v1", superseded=False, items=1)})
    with pytest.raises(Malformed):
        _admit(_says(CO_OP, Correction(correction_reason="did_not_occur"), corrects=wrong), known)


def test_nothing_is_made_from_itself() -> None:
    jar, mix = (GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/{one}") for one in ("JAR", "MIX"))
    site = SiteId.new(bytes(10))

    def made(source: GoodsId, result: GoodsId) -> Transformation:
        return Transformation(
            process="混合",
            inputs=(Line(goods=source, quantity=kg(1)),),
            outputs=(OutputLine(goods=result, quantity=kg(1)),),
        )

    _admit(_says(CO_OP, made(jar, mix)))
    for odd, place in (
        (made(jar, jar), "outputs[0].goods"),
        (Use(purpose="喷洒", on_goods=(jar,), lines=(Line(goods=jar, quantity=kg(1)),)), "on_goods"),
        (Packing(action="pack", parent_code="CASE0001", codes=("BOX00001", "CASE0001")), "codes"),
        (Site(site=site, party=CO_OP, site_kind="plot", name="一号地（演示）", within=site), "within"),
    ):
        with pytest.raises(MadeFromItself) as caught:
            _admit(_says(CO_OP, odd))
        assert caught.value.field == place
    with pytest.raises(MadeFromItself, match="did not go into"):
        _admit(_says(CO_OP, made(mix, jar)), Recorded(went_into={(jar, mix)}))


def test_a_field_that_its_category_does_not_know_is_refused_by_name() -> None:
    odd = Batch(
        goods=LEEK,
        maker=CO_OP,
        name="韭菜",
        category="食用农产品",
        details=(Detail(field="octane", value="95"),),
    )
    with pytest.raises(UnknownName) as caught:
        _admit(_says(CO_OP, odd))
    assert caught.value.field == "details.octane"


def test_official_acts_ask_for_a_certificate() -> None:
    acts: list[Said] = [
        Takedown(action="hold", goods=(LEEK,)),
        Delisting(action="delist", platform=MARKET, url="https://shop.example/1"),
        ListEntry(
            list_name="serious_violation",
            action="listed",
            party=STALL,
            decision="1",
            basis="44号令",
            valid_from=LegalDate.parse("2026-08-01"),
        ),
    ]
    for act in acts:
        _admit(_says(OFFICE, act.model_copy(update={"officer": "演-0001"})))
        with pytest.raises(CertificateNotValid):
            _admit(_says(OFFICE, act))
    sample = Sample(goods=LEEK, taken_from=STALL, sample_number="S-1", quantity=kg(1), purpose="supervision")
    _admit(_says(OFFICE, sample.model_copy(update={"officers": ("演-0001",)})))
    _admit(_says(LAB, sample))
    with pytest.raises(CertificateNotValid):
        _admit(_says(OFFICE, sample))


def test_a_trader_counts_its_own_stock_and_nobody_elses() -> None:
    day = LegalDate.parse("2026-08-01")

    def said(party: PartyId) -> list[Said]:
        return [
            Adjustment(reason="loss", held_by=party, lines=LINES),
            Destruction(stage="done", stock="own_stock", method="填埋", held_by=party, on=day, lines=LINES),
            Sample(goods=LEEK, taken_from=party, sample_number="S-1", quantity=kg(1), purpose="own"),
        ]

    for one in said(CO_OP):
        assert _admit(_says(CO_OP, one)) == one
        with pytest.raises(NotAllowed) as caught:
            _admit(_says(STALL, one))
        assert caught.value.field in {"held_by", "taken_from"}
    for one in said(STALL):
        assert _admit(_says(MARKET, one)) == one


def test_a_succession_is_the_registrars_word() -> None:
    merged = Succession(
        party=CO_OP, successor=STALL, how="merged", effective_on=LegalDate.parse("2026-07-01")
    )
    assert _admit(PEN.signs(PEN.registrar, merged, [fixed(1)])) == merged
    with pytest.raises(NotAllowed):
        _admit(_says(STALL, merged))


def test_a_record_already_put_right_is_put_right_through_its_latest() -> None:
    wrong = StatementId.new(1, bytes(10))
    known = Recorded({(CO_OP, wrong): Earlier(type="sale.v1", superseded=True, items=2)})
    with pytest.raises(Malformed, match="the latest record"):
        _admit(_says(CO_OP, Correction(correction_reason="did_not_occur"), corrects=wrong), known)


def test_register_statements_are_not_put_right() -> None:
    wrong = StatementId.new(1, bytes(10))
    known = Recorded({(CO_OP, wrong): Earlier(type="key.v1", superseded=False, items=1)})
    with pytest.raises(Malformed):
        _admit(_says(CO_OP, Correction(correction_reason="did_not_occur"), corrects=wrong), known)


def test_a_party_describes_itself_and_those_it_declared_and_nobody_else() -> None:
    ghost, other = PEN.party(), PEN.party()
    known = Recorded(declarers={ghost: CO_OP, other: STALL})
    for party in (CO_OP, ghost, PEN.party()):
        _admit(_says(CO_OP, Party(party=party, party_kind="company", name="甲（演示）")), known)
        _admit(_says(CO_OP, Licence(holder=party, licence_kind="食品经营许可证", number="JY1")), known)
    for party in (STALL, other):
        with pytest.raises(NotAllowed):
            _admit(_says(CO_OP, Party(party=party, party_kind="company", name="甲（演示）")), known)
        with pytest.raises(NotAllowed):
            _admit(_says(CO_OP, Licence(holder=party, licence_kind="食品经营许可证", number="JY1")), known)


@pytest.mark.parametrize(
    "said",
    [
        Inspection(party=STALL, officers=("演-0001",), conclusion="in_order"),
        Hold(action="hold", goods=(LEEK,), officer="演-0001"),
        Recall(action="recall", goods=(LEEK,), reason="x", officer="演-0001"),
    ],
)
def test_an_official_act_needs_a_certificate_that_is_valid_this_millisecond(said: Said) -> None:
    statement = _says(OFFICE, said, occurred_at=Instant(BEGIN_MS - 100))
    assert _admit(statement, at_ms=BEGIN_MS + 10) == said
    for at_ms in (BEGIN_MS + 11, BEGIN_MS - 11):
        with pytest.raises(CertificateNotValid):
            _admit(statement, at_ms=at_ms)


def test_a_certificate_of_another_agency_or_of_nobody_is_refused() -> None:
    for officers in (("演-9999",), ("演-0001", "演-9999")):
        with pytest.raises(CertificateNotValid, match="演-9999"):
            _admit(_says(OFFICE, Inspection(party=STALL, officers=officers, conclusion="in_order")))
    with pytest.raises(CertificateNotValid):
        _admit(_says(OFFICE, Hold(action="hold", goods=(LEEK,))))


def test_a_trader_calls_back_its_own_make_and_stops_what_it_holds_and_nobody_elses() -> None:
    recall, hold = Recall(action="recall", goods=(LEEK,), reason="x"), Hold(action="hold", goods=(LEEK,))
    at_home = Hold(action="hold", goods=(LEEK,), at=CO_OP)
    assert _admit(_says(CO_OP, at_home)) == at_home
    said: list[Said] = [recall, hold, Hold(action="hold", goods=(LEEK,), at=STALL)]
    for one in said:
        assert _admit(_says(CO_OP, one), Recorded(makers={(LEEK, CO_OP)})) == one
        with pytest.raises(NotAllowed) as caught:
            _admit(_says(CO_OP, one), Recorded(makers={(LEEK, STALL)}))
        assert caught.value.field == "goods[0]"


def test_a_market_holds_goods_without_a_certificate() -> None:
    _admit(_says(MARKET, Hold(action="hold", goods=(LEEK,), at=MARKET)))


def test_a_held_batch_cannot_be_offered_or_coded_and_what_happened_is_still_recorded() -> None:
    held = Recorded(orders={LEEK: Words(zh="控制", en="hold")})
    issue = Codes(action="issue", goods=LEEK, codes=("99999919000000000047",))
    asked: list[Said] = [OFFER, issue]
    for said in asked:
        assert _admit(_says(CO_OP, said)) == said
        with pytest.raises(Blocked):
            _admit(_says(CO_OP, said), held)
    for said in (
        OFFER.model_copy(update={"offer": False}),
        SALE,
        issue.model_copy(update={"action": "void"}),
    ):
        assert _admit(_says(CO_OP, said), held) == said


def test_an_erasure_names_items_that_exist() -> None:
    target = StatementId.new(1, bytes(10))
    known = Recorded({(CO_OP, target): Earlier(type="sale.v1", superseded=False, items=2)})

    def erasure(places: list[int], statement: StatementId = target) -> Erasure:
        return Erasure.read(
            {
                "ground": "个人信息保护法 47",
                "erased": [{"issuer": str(CO_OP), "statement": str(statement), "places": places}],
            }
        )

    def registrar(said: Erasure) -> Statement:
        return PEN.signs(PEN.registrar, said, [fixed(1)])

    _admit(registrar(erasure([0, 1])), known)
    for wrong in (erasure([2]), erasure([-1]), erasure([0, 0])):
        with pytest.raises(Malformed):
            _admit(registrar(wrong), known)
    with pytest.raises(UnknownName):
        _admit(registrar(erasure([0], StatementId.new(2, bytes(10)))), known)


def test_items_cut_in_another_way_are_refused() -> None:
    statement = _says(CO_OP, SALE)
    one_item = [Item.of("line", "parties", SALE.to_items()[0].fields)]
    odd = sign_statement(
        one_item,
        log=PEN.origin,
        statement_id=StatementId.new(BEGIN_MS, bytes(10)),
        type_name="sale.v1",
        issuer=CO_OP,
        occurred_at=statement.header.occurred_at,
        signers=[KEYS[CO_OP]],
    )
    with pytest.raises(Malformed) as caught:
        _admit(odd)
    assert caught.value.field == "items[0].audience"


def test_an_unknown_type_is_named_with_the_known_ones() -> None:
    class Odd(Sale):
        TYPE = "sail.v1"

    with pytest.raises(UnknownName, match=r"sail\.v1"):
        _admit(_says(CO_OP, Odd(lines=LINES)))
