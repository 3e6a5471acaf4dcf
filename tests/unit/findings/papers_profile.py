"""An invented commodity whose profile asks for everything there is to ask for, so that no real category decides these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.profiles import use_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATEGORY = "herb_tonic"

_TONIC = """
category = "herb_tonic"
aliases = ["草本饮（演示）"]
backdating_days = 2
loss_tolerance = "0.01"
safety_interval = false
receipt_is_check = false
approvals = ["草本饮登记证（演示）"]
recommit_on = ["分装", "混合"]
findings = [
    "licence_expired_on_day", "licence_never_held", "licence_out_of_scope", "approval_not_recorded", "source_contradicted",
    "missing_check", "backdated_check", "field_missing", "document_missing", "document_expired", "document_out_of_scope",
    "document_overused", "claim_not_covered", "release_missing", "commitment_missing", "banned_substance",
]
documents = [
    { what = "licence", name = { zh = "供货者许可证", en = "supplier's licence" }, law = "草本饮办法（演示） 3", required = true },
    { what = "certificate", name = { zh = "合格证明", en = "certificate of quality" }, law = "草本饮办法（演示） 3", required = true },
    { what = "voucher", name = { zh = "进货凭证", en = "voucher" }, law = "草本饮办法（演示） 3", required = true },
    { what = "sensory", name = { zh = "感官检查", en = "look and smell" }, law = "草本饮办法（演示） 3" },
]
fields = [
    { record = "batch", field = "specification", name = { zh = "规格", en = "specification" }, law = "草本饮办法（演示） 4", missing = "finding", not_for_parties = ["farmer"] },
    { record = "batch", field = "batch_number", name = { zh = "批号", en = "batch number" }, law = "草本饮办法（演示） 4", missing = "finding" },
    { record = "batch", field = "details.press", name = { zh = "榨次", en = "press run" }, law = "草本饮办法（演示） 4", missing = "finding" },
    { record = "batch", field = "origin", name = { zh = "产地", en = "origin" }, law = "草本饮办法（演示） 4", missing = "nothing" },
    { record = "product", field = "details.press", name = { zh = "榨次", en = "press run" }, law = "草本饮办法（演示） 4", missing = "nothing" },
    { record = "sale", field = "buyer_name", name = { zh = "购买人", en = "buyer" }, law = "草本饮办法（演示） 5", missing = "finding", not_for_parties = ["individual_business"] },
    { record = "party", field = "address", name = { zh = "供货者地址", en = "supplier's address" }, law = "草本饮办法（演示） 6", missing = "finding", not_for_parties = ["farmer"] },
]
banned = [
    { names = ["甲胺磷", "禁用甲"], law = "草本饮办法（演示） 7" },
    { names = ["克百威"], law = "草本饮办法（演示） 8", not_on = ["蔬菜", "豆"] },
]

[name]
zh = "草本饮"
en = "herb tonic"

[laws]
record = "草本饮办法（演示） 2"

[licences.maker]
kinds = ["草本饮生产证（演示）"]
law = "草本饮办法（演示） 1"

[licences.wholesaler]
kinds = ["草本饮经营证（演示）"]
law = "草本饮办法（演示） 1"

[release]
law = "草本饮办法（演示） 9"
not_for_parties = ["farmer"]
"""


@pytest.fixture
def tonic(tmp_path: Path) -> Iterator[str]:
    """The invented category, for one test."""
    (tmp_path / "herb_tonic.toml").write_text(_TONIC, encoding="utf-8")
    use_folder(tmp_path)
    yield CATEGORY
    use_folder(None)
