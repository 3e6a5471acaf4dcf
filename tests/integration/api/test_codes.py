"""The code on the pack: where it leads, what a photo of it says, and its label."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.support.leeks import kg
from tests.support.refusals import Asked, check_refused
from tests.support.scenes import Scene, photographed
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

GTIN = "09520001000010"
JSON = {"accept": "application/json"}
PERSON = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
DRUG_CODE = "81234567890123456784"


def batch(client: Client, maker: Enrolled, **more: object) -> dict[str, str]:
    body = {"maker": str(maker), "name": "韭菜", "category": "edible_farm_produce", **more}
    answer = client.post("/api/v1/batches", json=body, key=maker.key)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def linked(client: Client, maker: Enrolled, number: str = "JC-1") -> str:
    return batch(client, maker, gtin=GTIN, batch_number=number)["goods"].removeprefix("https://id.gs1.org")


def test_a_batch_code_leads_to_its_page(client: Client, co_op: Enrolled) -> None:
    code = batch(client, co_op)["goods"].rpartition(":")[2]
    answer = client.get(f"/c/{code}", headers=PERSON)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{BASE_URL}/p/c/{code}")
    assert client.get(f"/c/{code.upper()}").headers["location"] == f"{BASE_URL}/p/c/{code}"
    assert client.get(f"/c/{code}", headers=JSON).json()["batch"]["name"] == "韭菜"


@pytest.mark.parametrize("end", ["", "/", "?from=label", "/?17=270331"])
def test_a_digital_link_leads_to_its_page_and_keeps_its_query(
    client: Client, co_op: Enrolled, end: str
) -> None:
    path = linked(client, co_op)
    query = end.removeprefix("/")
    answer = client.get(path + end, headers=PERSON)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{BASE_URL}/p{path}{query}")
    assert answer.headers["vary"] == "Accept"


def test_a_batch_number_with_a_slash_finds_its_batch(client: Client, co_op: Enrolled) -> None:
    path = linked(client, co_op, "JC/1")
    assert path.endswith("/10/JC%2F1")
    assert client.get(path, headers=PERSON).headers["location"] == f"{BASE_URL}/p{path}"
    assert client.get(path, headers=JSON).json()["batch"]["batch_number"] == "JC/1"
    assert client.get(f"/01/{GTIN}/10/JC/1").status_code == 400


def test_a_serial_nobody_issued_leads_to_its_batch_and_is_said_to_be_unknown(
    client: Client, co_op: Enrolled
) -> None:
    path = linked(client, co_op) + "/21/7"
    assert client.get(path, headers=PERSON).status_code == 307
    assert client.get(path, headers=JSON).json()["code"] == {
        "code": f"https://id.gs1.org{path}",
        "state": "unknown",
        "recalled": False,
    }


def test_a_pack_is_known_by_the_link_that_was_printed_on_it(
    client: Client, co_op: Enrolled, authority: Enrolled
) -> None:
    path = linked(client, co_op)
    pack = f"{BASE_URL}{path}/21/7"
    body = {
        "action": "issue",
        "goods": f"https://id.gs1.org{path}",
        "codes": [pack],
        "code_kind": "digital_link",
    }
    assert client.post("/api/v1/codes", json=body, key=co_op.key).status_code == 201
    facts = client.get(f"{path}/21/7", headers=JSON).json()
    assert (facts["code"]["code"], facts["code"]["state"]) == (pack, "issued")
    sale = {"lines": [{"goods": f"https://id.gs1.org{path}", "quantity": kg("1"), "codes": [pack]}]}
    assert client.post("/api/v1/sales", json=sale, key=co_op.key).status_code == 201
    facts = client.get(f"{path}/21/7", headers=JSON).json()
    assert facts["code"]["state"] == "sold"
    traced = client.get(f"/api/v1/trace?code={pack}", key=authority.key).json()["code"]
    assert [step["step"] for step in traced["path"]] == ["issued", "sold"]
    for key in (None, co_op.key):
        assert "path" not in client.get(f"/api/v1/trace?code={pack}", key=key).json()["code"]


UNKNOWN = (
    f"/01/{GTIN}/10/NONE",
    f"/01/{GTIN}",
    f"/01/{GTIN}/21/7",
    "/c/00000000000000000",
)
MALFORMED = (
    "/01/952000100001/10/A",
    "/01/09520001000011/10/A",
    f"/01/{GTIN}/10/A/22/B",
    f"/01/{GTIN}/10/A/10/B",
    f"/01/{GTIN}/21/7/10/A",
    f"/01/{GTIN}/10/",
    f"/01/{GTIN}/10/%E7%94%B2",
    f"/01/{GTIN}/10/A%00",
    f"/01/{GTIN}/10/%FF",
    f"/01/{GTIN}/10/ABCDEFGHIJKLMNOPQRSTU",
    "/01/",
    "/c/0000000000000000",
    "/c/00000000000000001",
)


@pytest.mark.parametrize("path", UNKNOWN)
@pytest.mark.parametrize("headers", [PERSON, JSON], ids=["person", "program"])
def test_what_is_unknown_is_refused_in_one_way(client: Client, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 404


def test_no_unknown_code_is_told_from_another(client: Client, ledger: Ledger) -> None:
    answers = [client.get(path, headers=JSON).json() for path in UNKNOWN]
    for path, answer in zip(UNKNOWN, answers, strict=True):
        assert answer.pop("came") == path
        del answer["detail"], answer["errors"]
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("path", MALFORMED)
def test_a_malformed_link_is_refused(client: Client, ledger: Ledger, path: str) -> None:
    asked = client.get(path, headers=JSON)
    assert asked.status_code == 400, asked.text
    field = asked.json()["field"]
    check_refused(
        client, ledger, Asked(path, method="GET", headers=JSON), status=400, name="BadAddress", at=field
    )


def test_a_photo_of_a_label_leads_to_the_goods(client: Client, co_op: Enrolled) -> None:
    made = batch(client, co_op, batch_number="JC-1")
    label = client.get(made["label"], key=co_op.key).content
    photo = photographed(label, scene=Scene())
    answer = client.send("POST", "/api/v1/scans/photo", content=photo, headers={"content-type": "image/jpeg"})
    assert answer.status_code == 200, answer.text
    (code,) = answer.json()["codes"]
    assert code["kind"] == "batch_page"
    assert (code["is_ours"], code["known"], code["recalled"]) == (True, True, False)
    assert code["goods"] == made["goods"]
    assert code["page"] == f"/p/c/{made['goods'].rpartition(':')[2]}"
    form = client.send("POST", "/api/v1/scans/photo", files={"photo": ("a.jpg", photo, "image/jpeg")})
    assert form.json() == answer.json()


def test_a_label_is_a_png_of_its_size_or_a_drawing(client: Client, co_op: Enrolled) -> None:
    label = batch(client, co_op)["label"]
    picture = Image.open(
        io.BytesIO(client.get(f"{label}?dpi=200&width_mm=60&height_mm=40", key=co_op.key).content)
    )
    assert picture.size == (round(60 * 200 / 25.4), round(40 * 200 / 25.4))
    drawing = client.get(label.replace(".png", ".svg"), key=co_op.key)
    assert drawing.headers["content-type"] == "image/svg+xml"
    assert drawing.text.startswith("<svg")
    assert "韭菜" in drawing.text


@pytest.mark.parametrize(
    ("query", "field"),
    [("dpi=100", "dpi"), ("dpi=x", "dpi"), ("width_mm=5", "width_mm"), ("height_mm=9999", "height_mm")],
)
def test_a_label_no_printer_makes_is_refused(client: Client, co_op: Enrolled, query: str, field: str) -> None:
    label = batch(client, co_op)["label"]
    answer = client.get(f"{label}?{query}", key=co_op.key)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_label_of_a_serial_nobody_issued_is_refused(client: Client, co_op: Enrolled) -> None:
    path = f"https://id.gs1.org{linked(client, co_op)}/21/7"
    answer = client.get(f"/api/v1/goods-label?goods={path}", key=co_op.key)
    assert (answer.status_code, answer.json()["field"]) == (404, "code")


def test_a_pack_with_a_number_gets_a_label_with_that_number(client: Client, co_op: Enrolled) -> None:
    goods = batch(client, co_op)["goods"]
    body = {"action": "issue", "goods": goods, "codes": [DRUG_CODE], "code_kind": "drug"}
    assert client.post("/api/v1/codes", json=body, key=co_op.key).status_code == 201
    label = client.get(f"/api/v1/codes/{DRUG_CODE}/label.png", key=co_op.key)
    assert label.status_code == 200
    photo = photographed(label.content, scene=Scene())
    read = client.send("POST", "/api/v1/scans/photo", content=photo, headers={"content-type": "image/jpeg"})
    (code,) = read.json()["codes"]
    assert (code["text"], code["goods"], code["state"]) == (DRUG_CODE, goods, "issued")


def test_labels_are_for_known_parties(client: Client, co_op: Enrolled) -> None:
    assert client.get(batch(client, co_op)["label"]).status_code == 401
