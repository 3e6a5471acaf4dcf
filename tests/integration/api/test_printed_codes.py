"""The codes that Chinese law puts on packs: however one is typed, pasted or scanned, it leads to the same goods, and to no more than is known."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import qrcode

from tests.support.printed import (
    DIGITS,
    DRUG,
    INVOICE,
    INVOICE_NUMBER,
    PESTICIDE,
    REGISTRATION,
    SEED,
    SEED_LABEL,
    WIDE,
    Told,
    forms,
    grouped,
    telling,
)
from tests.support.scenes import Scene, photographed
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

LOOKUP = "/api/v1/lookup"
TYPED = [(kind, form) for kind, code in DIGITS.items() for form in forms(code)] + [
    ("seed", form)
    for form in (
        SEED,
        f" {SEED} ",
        "SY2026 000017",
        "SY2026-000017",
        SEED.lower(),
        SEED_LABEL,
        SEED_LABEL.replace("\r\n", ""),
    )
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with telling(tmp_path_factory.mktemp("printed")) as told:
        yield told


def looked_up(told: Told, text: str) -> httpx.Response:
    return told.client.post(LOOKUP, json={"code": text})


@pytest.mark.parametrize(("kind", "text"), TYPED)
def test_a_code_leads_to_its_goods_however_it_is_written(told: Told, kind: str, text: str) -> None:
    posted = looked_up(told, text)
    assert posted.status_code == 200, posted.text
    assert posted.json()["goods"] == told.goods[kind]
    assert posted.json()["code"]["state"] == "issued"
    got = told.client.get(f"{LOOKUP}?{urlencode({'code': text})}")
    assert got.json() == posted.json()
    traced = told.client.get(f"/api/v1/trace?{urlencode({'code': text})}")
    assert (traced.status_code, traced.json()["goods"]) == (200, told.goods[kind])
    page = told.client.get(f"/p?{urlencode({'code': text})}")
    assert page.status_code in {200, 303}


@pytest.mark.parametrize(("kind", "code"), list(DIGITS.items()))
def test_another_digit_leads_nowhere(told: Told, kind: str, code: str) -> None:
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    answer = looked_up(told, wrong)
    assert answer.json()["known"] is False, kind
    assert told.client.get(f"/api/v1/trace?code={wrong}").status_code == 404


@pytest.mark.parametrize("by_get", [True, False])
def test_what_nobody_recorded_is_refused_with_what_the_code_says_of_itself(
    told: Told, *, by_get: bool
) -> None:
    code = "19999991001900000000000000000217"
    answer = told.client.get(f"{LOOKUP}?code={code}") if by_get else looked_up(told, code)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    body = answer.json()
    assert (body["status"], body["title"], body["field"], body["came"]) == (404, "没有登记", "code", code)
    assert (body["kind"], body["value"], body["known"]) == ("pesticide_code", code, False)
    assert "999999" in [one["value"]["zh"] for one in body["says"]]


def photographed_codes(told: Told, text: str) -> list[dict[str, Any]]:
    file = io.BytesIO()
    qrcode.make(text).get_image().save(file, "PNG")
    photo = photographed(file.getvalue(), scene=Scene())
    answer = told.client.send(
        "POST", "/api/v1/scans/photo", content=photo, headers={"content-type": "image/jpeg"}
    )
    assert answer.status_code == 200, answer.text
    codes: list[dict[str, Any]] = answer.json()["codes"]
    return codes


def test_a_code_on_a_photo_leads_to_its_goods(told: Told) -> None:
    (code,) = photographed_codes(told, f"https://trace.example/q?c={PESTICIDE}")
    assert (code["kind"], code["goods"]) == ("pesticide_code", told.goods["pesticide"])


def test_a_record_that_spells_the_code_with_its_address_is_found_by_the_digits(told: Told) -> None:
    goods = told.says(
        told.maker,
        "batches",
        maker=str(told.maker),
        name="示例片二（演示）",
        category="drug",
        batch_number="B-2",
        produced_on="2026-10-01",
    )["goods"]
    digits = "81234567890123456799"
    told.says(
        told.maker,
        "codes",
        action="issue",
        goods=goods,
        codes=[f"https://trace.example/d?code={digits}"],
        code_kind="drug",
    )
    for text in forms(digits):
        assert looked_up(told, text).json().get("goods") == goods, text


def test_two_codes_in_one_text_name_no_pack(told: Told) -> None:
    assert looked_up(told, f"追溯码 {DRUG} 或 {DRUG[:-1]}5").status_code == 404


# --- Heads and registrations: lists of candidates


def test_a_head_leads_to_its_product_and_packing_level_and_never_to_goods(told: Told) -> None:
    product = told.products["drug"]
    told.says(
        told.maker,
        "code-heads",
        product=product,
        heads=[
            {"scheme": "drug", "head": "8777001", "level": "unit", "holds": 1},
            {"scheme": "drug", "head": "8777002", "level": "case", "holds": 200},
        ],
    )
    facts = looked_up(told, "87770020000000000001").json()
    assert (facts["known"], "goods" in facts) == (False, False)
    (one,) = facts["candidates"]
    assert (one["by"], one["product"], one["level"], one["holds"]) == ("head", product, "case", 200)
    assert looked_up(told, "87770030000000000001").status_code == 404
    (read,) = photographed_codes(told, "87770020000000000001")
    assert (read["known"], [one["product"] for one in read["candidates"]]) == (False, [product])


def test_a_head_that_a_stranger_claims_for_anothers_product_counts_for_nothing(told: Told) -> None:
    heads = [{"scheme": "drug", "head": "8666001", "level": "unit"}]
    told.says(told.rival, "code-heads", product=told.products["drug"], heads=heads)
    assert looked_up(told, "86660010000000000001").status_code == 404


def test_a_head_that_two_makers_claim_gives_both(told: Told) -> None:
    heads = [{"scheme": "veterinary_drug", "head": "95299"}]
    own = told.says(
        told.rival, "products", owner=str(told.rival), name="另一种（演示）", category="veterinary_drug"
    )
    told.says(told.maker, "code-heads", product=told.products["veterinary_drug"], heads=heads)
    told.says(told.rival, "code-heads", product=own["product"], heads=heads)
    facts = looked_up(told, "202611139529900000000001").json()
    assert {one["product"] for one in facts["candidates"]} == {
        own["product"],
        told.products["veterinary_drug"],
    }


@pytest.mark.parametrize(
    ("scheme", "head", "code"),
    [("seed", "ZQ77", "ZQ77000001"), ("ear_tag", "13206850000", "132068500001234")],
)
def test_a_head_of_free_length_is_found_by_its_beginning(
    told: Told, scheme: str, head: str, code: str
) -> None:
    heads = [{"scheme": scheme, "head": head}]
    told.says(told.maker, "code-heads", product=told.products[scheme], heads=heads)
    label = SEED_LABEL.replace(SEED, code) if scheme == "seed" else code
    (one,) = looked_up(told, label).json()["candidates"]
    assert (one["head"], one["product"]) == (head, told.products[scheme])


@pytest.mark.parametrize(
    ("scheme", "head"),
    [
        ("drug", "812345"),
        ("drug", "81234567"),
        ("pesticide", "1269001100"),
        ("pesticide", "42690011001"),
        ("veterinary_drug", "9520"),
        ("seed", "Z"),
        ("seed", "苏玉"),
        ("ear_tag", "432068500"),
    ],
)
def test_a_head_of_another_form_is_refused_by_name(told: Told, scheme: str, head: str) -> None:
    body = {"product": told.products["drug"], "heads": [{"scheme": scheme, "head": head}]}
    answer = told.client.post("/api/v1/code-heads", json=body, key=told.maker.key)
    assert answer.status_code == 422
    assert answer.json()["field"].startswith("heads[0]")


def test_the_last_six_digits_of_a_registration_give_candidates_and_no_match(told: Told) -> None:
    """农业部公告第 2579 号: thousands of groups of six digits are shared, in PD and WP alike."""
    for holder, number in (
        (told.rival, "PD20199001"),
        (told.rival, "PD20150269001"),
        (told.rival, "WP20269001"),
    ):
        told.says(holder, "approvals", holder=str(holder), licence_kind="农药登记证", number=number)
    unknown = PESTICIDE[:-1] + "9"
    facts = looked_up(told, unknown).json()
    assert facts["known"] is False
    assert {one["number"] for one in facts["candidates"]} == {REGISTRATION, "PD20150269001"}
    household = "2" + unknown[1:]
    assert [one["number"] for one in looked_up(told, household).json()["candidates"]] == ["WP20269001"]
    assert looked_up(told, "3" + unknown[1:]).status_code == 404


# --- Other codes of the same goods


def test_another_code_of_a_pack_leads_to_the_pack(told: Told) -> None:
    told.says(
        told.maker,
        "aliases",
        goods=told.goods["drug"],
        code=DRUG,
        aliases=["https://brand.example/t/AB-00017", grouped("81999990000000000001")],
    )
    for text in (
        "81999990000000000001",
        "81999990000000000001".translate(WIDE),
        "https://brand.example/t/AB-00017",
    ):
        facts = looked_up(told, text).json()
        assert (facts["goods"], facts["code"]["code"]) == (told.goods["drug"], DRUG), text


def test_nobody_lends_a_rivals_goods_to_his_own_codes(told: Told) -> None:
    body = {"goods": told.goods["drug"], "aliases": ["81999990000000000777"]}
    assert told.client.post("/api/v1/aliases", json=body, key=told.rival.key).status_code == 403
    assert looked_up(told, "81999990000000000777").status_code == 404


def test_a_code_that_was_issued_stays_what_it_was_issued_for(told: Told) -> None:
    own = told.says(
        told.rival,
        "batches",
        maker=str(told.rival),
        name="别的（演示）",
        category="drug",
        batch_number="X",
        produced_on="2026-10-01",
    )
    told.says(told.rival, "aliases", goods=own["goods"], aliases=[DRUG])
    assert looked_up(told, DRUG).json()["goods"] == told.goods["drug"]


def test_a_code_that_two_makers_call_theirs_names_no_goods(told: Told) -> None:
    code = "81999990000000000888"
    own = told.says(
        told.rival,
        "batches",
        maker=str(told.rival),
        name="别的（演示）",
        category="drug",
        batch_number="Y",
        produced_on="2026-10-01",
    )
    told.says(told.maker, "aliases", goods=told.goods["drug"], aliases=[code])
    assert looked_up(told, code).json()["goods"] == told.goods["drug"]
    told.says(told.rival, "aliases", goods=own["goods"], aliases=[code])
    facts = looked_up(told, code).json()
    assert facts["known"] is False
    assert set(facts["claimed"]) == {told.goods["drug"], own["goods"]}


def test_an_alias_names_each_code_once_and_not_itself(told: Told) -> None:
    for aliases in ([DRUG], ["81999990000000000999", grouped("81999990000000000999")]):
        body = {"goods": told.goods["drug"], "code": DRUG, "aliases": aliases}
        answer = told.client.post("/api/v1/aliases", json=body, key=told.maker.key)
        assert (answer.status_code, answer.json()["field"]) == (422, "aliases")


# --- The two label rules


def label(told: Told, code: str = PESTICIDE) -> dict[str, Any]:
    answer: dict[str, Any] = looked_up(told, code).json()["label"]
    return answer


def test_old_stock_stands_under_the_rule_before_and_lacks_nothing(told: Told) -> None:
    found = label(told)
    assert "2579" in str(found["rule"])
    facts = {one["fact"]: one for one in found["facts"]}
    assert [name for name, one in facts.items() if one["asked"]] == ["name", "holder", "batch_number"]
    assert facts["holder"]["value"] == "示例农资（演示）"
    assert facts["technical_number"]["value"] is None
    assert found["registration_fits"] is True


def test_a_pack_made_on_the_first_day_of_the_new_rule_is_asked_for_six_facts(told: Told) -> None:
    goods = told.says(
        told.maker,
        "batches",
        maker=str(told.maker),
        name="25% 噻虫嗪（演示）",
        category="pesticide",
        batch_number="N-1",
        produced_on="2026-11-01",
        approval_number="PD20269002",
        approval_holder="示例农资（演示）",
        details=[
            {"field": "technical_number", "value": "PD20080001"},
            {"field": "technical_maker", "value": "某原药厂（演示）"},
        ],
    )["goods"]
    temporary = "3" + PESTICIDE[1:]
    told.says(told.maker, "codes", action="issue", goods=goods, codes=[temporary], code_kind="pesticide")
    found = label(told, temporary)
    assert "1049" in str(found["rule"])
    facts = found["facts"]
    assert [(one["value"] is not None, one["asked"]) for one in facts] == [(True, True)] * 6
    assert (found["registration_fits"], found["prefix_dropped"]) == (False, True)


def test_goods_that_are_no_pesticide_have_no_such_label(told: Told) -> None:
    assert "label" not in looked_up(told, DRUG).json()


# --- Invoices


def test_an_invoice_says_what_stands_in_it_and_that_its_check_value_proves_nothing(told: Told) -> None:
    facts = looked_up(told, INVOICE).json()
    assert (facts["kind"], facts["intact"], facts["known"]) == ("invoice_qr", True, False)
    assert "查验平台" in str(facts["says"])
    edited = looked_up(told, INVOICE.replace("3200.00", "9200.00")).json()
    assert edited["intact"] is False


@pytest.mark.parametrize(
    "text", [INVOICE, INVOICE.replace(",", "，").translate(WIDE), INVOICE_NUMBER, grouped(INVOICE_NUMBER)]
)
def test_an_invoice_leads_its_parties_and_officials_to_the_goods_on_it(told: Told, text: str) -> None:
    for who in (told.maker, told.rival, told.authority):
        answer = told.client.post(LOOKUP, json={"code": text}, key=who.key)
        assert answer.json()["on_invoice"] == [told.goods["seed"]]
    for who in (told.maker, told.authority):
        traced = told.client.get(f"/api/v1/trace?{urlencode({'code': text})}", key=who.key)
        assert (traced.status_code, traced.json()["goods"]) == (200, told.goods["seed"])
    assert "on_invoice" not in looked_up(told, text).json()
    assert told.client.get(f"/api/v1/trace?{urlencode({'code': text})}").status_code == 404


# --- Bad input


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1" * 19,
        "1" * 21,
        "٣" * 20,
        "8" * 10_000,
        "\x00" * 20,
        "追溯码",
        f"{BASE_URL}/c/nothing",
        "[]",
        "品种名称：\n\n\n",
        "<b>",
    ],
)
def test_what_is_no_code_is_answered_and_never_our_fault(told: Told, text: str) -> None:
    assert looked_up(told, text).status_code in {400, 404, 413, 422}


@pytest.mark.parametrize("body", [[], "x", {}, {"code": 7}, {"code": None}])
def test_a_lookup_wants_one_text(told: Told, body: object) -> None:
    assert told.client.post(LOOKUP, json=body).status_code == 422
