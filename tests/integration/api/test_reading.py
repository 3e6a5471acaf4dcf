"""Who may open which item of a record, and which copy of a paper: everybody else is told what is told of things that do not exist."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from ledger.identifiers import Instant, Sha256Hex, StatementId
from ledger.statement import CommitmentWrong, Envelope, OpenedItem, Statement
from ledger.vocabulary.registering import ErasedPlace, Erasure
from tests.support.leeks import kg
from tests.support.pdfs import pdf
from tests.support.server import MORNING_MS, enrol_party

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

GOODS = "urn:suyuan:batch:00000000000000000"


def records(client: Client, who: Enrolled, path: str, **body: object) -> str:
    answer = client.post(f"/api/v1/{path}", json=body, key=who.key)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def kinds(client: Client, statement: str, who: Enrolled | None = None) -> dict[str, str]:
    """Each item's kind, or why it is withheld."""
    answer = client.get(f"/api/v1/statements/{statement}", key=None if who is None else who.key)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    return {str(item["place"]): item.get("kind") or f"withheld: {item['withheld']}" for item in items}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("L", (40, 30), 200).save(out, "PNG")
    return out.getvalue()


def keep(client: Client, who: Enrolled, content: bytes | None = None, kind: str = "image/png") -> str:
    sent = picture() if content is None else content
    answer = client.send(
        "POST", "/api/v1/evidence", content=sent, key=who.key, headers={"content-type": kind}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


@pytest.fixture
def shipment(client: Client, co_op: Enrolled, stall: Enrolled) -> str:
    lines = [{"goods": GOODS, "quantity": kg("20")}]
    return records(client, co_op, "shipments", to=str(stall), lines=lines, total="80.00", vehicle="苏F00000")


def test_author_receiver_and_authority_open_a_shipment_whole(
    client: Client, co_op: Enrolled, stall: Enrolled, authority: Enrolled, shipment: str
) -> None:
    for reader in (co_op, stall, authority):
        assert kinds(client, shipment, reader) == {"0": "shipment", "1": "terms", "2": "line"}


def test_a_shipment_does_not_exist_for_anybody_else(
    client: Client, ledger: Ledger, market: Enrolled, shipment: str
) -> None:
    nothing = "01980000-0000-7000-8000-000000000000"
    for key in (None, market.key, enrol_party(ledger, "城西粮店（演示）").key):
        hidden = client.get(f"/api/v1/statements/{shipment}", key=key)
        absent = client.get(f"/api/v1/statements/{nothing}", key=key)
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.text.replace(shipment, nothing) == absent.text


def test_what_is_opened_is_what_was_signed(client: Client, stall: Enrolled, shipment: str) -> None:
    body = client.get(f"/api/v1/statements/{shipment}", key=stall.key).json()
    opened = [
        OpenedItem.from_json({"item": one["item"], "salt": one["salt"]}, field="") for one in body["items"]
    ]
    statement = Statement.open(Envelope.from_json(body["envelope"]), opened)
    assert str(statement.header.id) == shipment
    with pytest.raises(CommitmentWrong):
        Statement.open(Envelope.from_json(body["envelope"]), opened[::-1])


def test_of_a_batch_the_public_opens_the_sheet_and_not_the_quantity(client: Client, co_op: Enrolled) -> None:
    batch = records(
        client,
        co_op,
        "batches",
        maker=str(co_op),
        name="韭菜",
        category="edible_farm_produce",
        quantity=kg("60"),
    )
    assert kinds(client, batch) == {"0": "batch", "1": "withheld: chain"}
    public = client.get(f"/api/v1/statements/{batch}").json()
    assert "quantity" not in public["fields"]
    assert "salt" not in public["items"][1]
    assert kinds(client, batch, co_op) == {"0": "batch", "1": "batch_trade"}


def test_a_farmers_name_is_opened_by_his_buyer_and_the_authority_only(
    client: Client, co_op: Enrolled, stall: Enrolled, authority: Enrolled
) -> None:
    sheet = records(
        client, stall, "parties", party_kind="farmer", person_name="老王（演示）", phone="13800000000"
    )
    assert kinds(client, sheet, stall) == {"0": "party", "1": "contact"}
    assert kinds(client, sheet, authority) == {"0": "party", "1": "contact"}
    for reader in (None, co_op):
        assert kinds(client, sheet, reader) == {"0": "party", "1": "withheld: parties"}
        answer = client.get(f"/api/v1/statements/{sheet}", key=None if reader is None else reader.key)
        assert "老王" not in answer.text


def test_a_complaint_goes_to_officials_and_to_who_took_it(
    client: Client, co_op: Enrolled, market: Enrolled, authority: Enrolled
) -> None:
    complaint = records(
        client, market, "complaints", text="有异味", goods=GOODS, reporter_name="某某（演示）"
    )
    assert kinds(client, complaint, authority) == {"0": "complaint", "1": "reporter"}
    assert kinds(client, complaint, market) == {"0": "complaint", "1": "reporter"}
    assert client.get(f"/api/v1/statements/{complaint}", key=co_op.key).status_code == 404


def test_an_erased_item_is_marked_and_gone(
    client: Client, ledger: Ledger, stall: Enrolled, authority: Enrolled
) -> None:
    sheet = records(client, stall, "parties", party_kind="farmer", person_name="老王（演示）")
    place = ErasedPlace(issuer=stall.party, statement=StatementId.parse(sheet), places=(1,))
    ledger.say(ledger.registrar, Erasure(ground="个人信息保护法第47条", erased=(place,)))
    for reader in (stall, authority):
        assert kinds(client, sheet, reader) == {"0": "party", "1": "withheld: erased"}


def test_a_list_goes_through_all_own_records_newest_first(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    made = [
        records(
            client, co_op, "batches", maker=str(co_op), name=f"韭菜{number}", category="edible_farm_produce"
        )
        for number in range(5)
    ]
    records(client, stall, "shipments", to=str(co_op), lines=[{"goods": GOODS, "quantity": kg("1")}])
    seen, cursor = list[str](), ""
    while True:
        page = client.get(f"/api/v1/statements?limit=2{cursor}", key=co_op.key).json()
        assert len(page["statements"]) <= 2
        seen += [one["id"] for one in page["statements"]]
        if "next" not in page:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == made[::-1]


def test_evidence_is_handed_to_the_parties_of_a_record_that_names_it(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled, market: Enrolled, authority: Enrolled
) -> None:
    copy = keep(client, stall)
    path = f"/api/v1/evidence/{copy}"
    # Whoever sent it has said nothing about it yet.
    assert client.get(path, key=stall.key).status_code == 404
    voucher = records(
        client,
        stall,
        "vouchers",
        voucher_kind="sales_slip",
        seller=str(co_op),
        buyer=str(stall),
        evidence=copy,
    )
    for reader in (stall, co_op):
        answer = client.get(path, key=reader.key)
        assert answer.status_code == 200
        assert Sha256Hex.of(answer.content) == Sha256Hex.parse(copy)
        assert Image.open(io.BytesIO(answer.content)).tobytes() == Image.open(io.BytesIO(picture())).tobytes()
    assert client.get(path, key=market.key).status_code == 404
    assert client.get(f"{path}?statement={voucher}", key=market.key).status_code == 404
    assert client.get(f"{path}?statement={voucher}", key=authority.key).status_code == 200
    assert client.get(path).status_code == 401


def test_evidence_is_a_file_to_be_saved_and_nothing_a_browser_runs(client: Client, stall: Enrolled) -> None:
    copy = keep(client, stall, pdf(b"(/JavaScript)"), "application/pdf")
    records(
        client,
        stall,
        "licences",
        holder=str(stall),
        licence_kind="食品经营许可证",
        number="JY1",
        evidence=copy,
    )
    answer = client.get(f"/api/v1/evidence/{copy}", key=stall.key)
    assert answer.content == pdf(b"(/JavaScript)")
    headers = answer.headers
    assert headers["content-length"] == str(len(answer.content))
    assert headers["content-disposition"] == f'attachment; filename="{copy}.pdf"'
    assert headers["content-type"] == "application/pdf"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert "no-store" in headers["cache-control"]


def send(client: Client, who: Enrolled, content: bytes, kind: str) -> dict[str, object]:
    answer = client.send(
        "POST", "/api/v1/evidence", content=content, key=who.key, headers={"content-type": kind}
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


def test_a_photo_is_kept_without_the_place_where_it_was_taken(
    client: Client, ledger: Ledger, stall: Enrolled, tmp_path: Path
) -> None:
    block, out = Image.Exif(), io.BytesIO()
    block[Base.Orientation], block[Base.Model] = 6, "the-phone-of-the-stall"
    block.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (31.0, 58.0, 42.4242)})
    Image.linear_gradient("L").resize((40, 30)).save(
        out, "JPEG", exif=block, comment=b"the-phone-of-the-stall"
    )
    sent = out.getvalue()
    said = send(client, stall, sent, "image/jpeg")
    assert said["sent_sha256"] == str(Sha256Hex.of(sent))
    kept = ledger.evidence.get(Sha256Hex.parse(str(said["sha256"])))
    assert (said["media_type"], said["bytes"]) == ("image/jpeg", len(kept))
    picture = Image.open(io.BytesIO(kept))
    assert (picture.size, dict(picture.getexif())) == ((30, 40), {})
    # Not in what is handed out, and in no other file either.
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        content = file.read_bytes()
        assert b"the-phone-of-the-stall" not in content, file
        assert str(said["sent_sha256"]).encode() not in content, file
    assert send(client, stall, sent, "image/jpeg") == said


def test_a_pdf_is_kept_as_it_was_sent(client: Client, ledger: Ledger, stall: Enrolled) -> None:
    sent = pdf()
    digest = str(Sha256Hex.of(sent))
    assert send(client, stall, sent, "application/pdf") == {
        "sha256": digest,
        "sent_sha256": digest,
        "bytes": len(sent),
        "media_type": "application/pdf",
    }
    assert ledger.evidence.get(Sha256Hex.parse(digest)) == sent


def test_evidence_of_an_erased_item_is_handed_to_nobody(
    client: Client, ledger: Ledger, stall: Enrolled, authority: Enrolled
) -> None:
    copy = keep(client, stall)
    licence = records(
        client,
        stall,
        "licences",
        holder=str(stall),
        licence_kind="食品经营许可证",
        number="JY1",
        evidence=copy,
    )
    place = ErasedPlace(issuer=stall.party, statement=StatementId.parse(licence), places=(1,))
    ledger.say(ledger.registrar, Erasure(ground="个人信息保护法第47条", erased=(place,)))
    for reader in (stall, authority):
        assert client.get(f"/api/v1/evidence/{copy}?statement={licence}", key=reader.key).status_code == 404


def test_findings_are_asked_for_by_time(client: Client, authority: Enrolled, clock: Clock) -> None:
    since, until = str(Instant(MORNING_MS)), str(Instant(MORNING_MS + 1))
    answer = client.get(f"/api/v1/findings?since={since}&until={until}", key=authority.key)
    assert answer.status_code == 200
    wrong = client.get("/api/v1/findings?since=yesterday", key=authority.key)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "since")
