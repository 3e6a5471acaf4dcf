"""The evidence store in a bucket of SeaweedFS on this machine: what holds for a folder holds there, and erased is erased."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import obstore
import pytest
from obstore.store import S3Store

from api.settings import Settings
from ledger.errors import TooLarge, UnknownName
from ledger.evidence import EVIDENCE_BYTES_MAX, EvidenceChanged, EvidenceStore
from ledger.evidence.bucket import PROBE, Bucket, BucketAway, BucketKeepsVersions
from ledger.identifiers import Sha256Hex
from tests.support.seaweed import Seaweed, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VOUCHER = b"%PDF-1.7 \x00 a delivery note"


@pytest.fixture(scope="module")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with running(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture
def bucket(seaweedfs: Seaweed, monkeypatch: pytest.MonkeyPatch, number: Iterator[int] = count(1)) -> str:  # noqa: B008  (counts through the whole run)
    """A bucket that no other test uses."""
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    bucket = f"bucket-{next(number)}"
    # Whoever may do everything makes a bucket by writing to it.
    obstore.put(S3Store(bucket), "elsewhere", b"", use_multipart=False)
    return bucket


@pytest.fixture
def store(bucket: str) -> EvidenceStore:
    return EvidenceStore(Bucket.at(f"s3://{bucket}/ledger/one"))


def names(bucket: str) -> list[str]:
    return [one["path"] for page in obstore.list(S3Store(bucket)) for one in page]


def kept(bucket: str) -> list[str]:
    """Where evidence lies, besides what the tests and the probe put there."""
    return [name for name in names(bucket) if not name.endswith((PROBE, "elsewhere"))]


def test_evidence_comes_back_from_a_bucket_unchanged(store: EvidenceStore, bucket: str) -> None:
    digest = store.put(VOUCHER)
    assert digest == Sha256Hex.of(VOUCHER)
    assert store.get(digest) == VOUCHER
    assert EvidenceStore(Bucket.at(f"s3://{bucket}/ledger/one/")).get(digest) == VOUCHER
    assert store.put(VOUCHER) == digest
    assert kept(bucket) == [f"ledger/one/{str(digest)[:2]}/{digest}"]


def test_two_ledgers_in_one_bucket_do_not_see_each_other_s_evidence(
    store: EvidenceStore, bucket: str
) -> None:
    digest = store.put(VOUCHER)
    with pytest.raises(UnknownName):
        EvidenceStore(Bucket.at(f"s3://{bucket}/ledger/two")).get(digest)
    with pytest.raises(UnknownName):
        EvidenceStore(Bucket.at(f"s3://{bucket}")).get(digest)


@pytest.mark.parametrize("changed", [VOUCHER[:-1], VOUCHER + b" ", b"", b"\x24" + VOUCHER[1:]])
def test_evidence_that_was_changed_in_the_bucket_is_not_handed_out(
    store: EvidenceStore, bucket: str, changed: bytes
) -> None:
    digest = store.put(VOUCHER)
    (name,) = kept(bucket)
    obstore.put(S3Store(bucket), name, changed, use_multipart=False)
    with pytest.raises(EvidenceChanged, match=str(digest)):
        store.get(digest)
    # Sent again, it is whole again.
    store.put(VOUCHER)
    assert store.get(digest) == VOUCHER


def test_a_bucket_takes_ten_mebibytes_and_not_a_byte_more(store: EvidenceStore, bucket: str) -> None:
    piece, count = bytes(64 * 1024), EVIDENCE_BYTES_MAX // (64 * 1024)
    with pytest.raises(TooLarge):
        store.put_stream([*[piece] * count, b"\0"])
    assert kept(bucket) == []
    largest = store.put_stream([piece] * count)
    assert largest.size_bytes == EVIDENCE_BYTES_MAX
    assert store.get(largest.digest) == piece * count


def test_what_was_removed_is_gone_from_the_bucket_and_may_be_removed_again(
    store: EvidenceStore, bucket: str
) -> None:
    digest, other = store.put(VOUCHER), store.put(b"another")
    store.remove(digest)
    assert kept(bucket) == [f"ledger/one/{str(other)[:2]}/{other}"]
    with pytest.raises(UnknownName):
        store.get(digest)
    store.remove(digest)
    assert store.get(other) == b"another"


def test_a_bucket_that_keeps_versions_takes_no_evidence(
    seaweedfs: Seaweed, store: EvidenceStore, bucket: str
) -> None:
    seaweedfs.keep_versions(bucket)
    with pytest.raises(BucketKeepsVersions, match="what is erased would remain"):
        store.put(VOUCHER)
    assert kept(bucket) == []


def test_nothing_is_said_to_be_removed_from_a_bucket_that_has_begun_to_keep_versions(
    seaweedfs: Seaweed, store: EvidenceStore, bucket: str
) -> None:
    before = store.put(VOUCHER)
    seaweedfs.keep_versions(bucket)
    with pytest.raises(BucketKeepsVersions):
        store.remove(before)
    with pytest.raises(BucketKeepsVersions):
        store.remove(before)
    seaweedfs.keep_versions(bucket, how="Suspended")
    store.remove(before)
    with pytest.raises(UnknownName):
        store.get(before)


def test_a_bucket_that_does_not_let_us_in_is_the_operator_s_business(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    stranger = EvidenceStore(Bucket.at(f"s3://{bucket}/ledger/one"))
    digest = Sha256Hex.of(VOUCHER)
    for asked in (
        lambda: stranger.put(VOUCHER),
        lambda: stranger.get(digest),
        lambda: stranger.remove(digest),
    ):
        with pytest.raises(BucketAway) as refused:
            asked()
        assert "another" not in str(refused.value)


def test_a_bucket_is_named_in_the_settings_and_nothing_else_is(tmp_path: Path, bucket: str) -> None:
    settings = Settings(data=tmp_path / "data", evidence_url=f"s3://{bucket}/ledger/one")
    assert isinstance(settings.evidence, Bucket)
    digest = EvidenceStore(settings.evidence).put(VOUCHER)
    assert kept(bucket) == [f"ledger/one/{str(digest)[:2]}/{digest}"]
    assert not settings.evidence_path.exists()
