from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from errno import EIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import TooLarge, UnknownName
from ledger.evidence import EVIDENCE_BYTES_MAX, EvidenceChanged, EvidenceStore, chunks_of
from ledger.evidence.bucket import Bucket, check_address
from ledger.evidence.folder import DRAFT_SECONDS_MAX, DRAFTS
from ledger.identifiers import Sha256Hex

if TYPE_CHECKING:
    from collections.abc import Iterator

VOUCHER = b"%PDF-1.7 \x00 a delivery note"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture
def store(folder: Path) -> EvidenceStore:
    return EvidenceStore(folder)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_evidence_is_named_by_its_bytes_and_comes_back_unchanged(store: EvidenceStore) -> None:
    digest = store.put(VOUCHER)
    assert digest == Sha256Hex.of(VOUCHER)
    assert store.get(digest) == VOUCHER


def test_empty_evidence_is_evidence(store: EvidenceStore) -> None:
    assert store.get(store.put(b"")) == b""


def test_evidence_is_there_for_a_store_opened_later(store: EvidenceStore, folder: Path) -> None:
    digest = store.put(VOUCHER)
    assert EvidenceStore(folder).get(digest) == VOUCHER


def test_the_same_bytes_are_kept_once(store: EvidenceStore, folder: Path) -> None:
    digest = store.put(VOUCHER)
    (kept,) = files(folder)
    assert store.put(VOUCHER) == digest
    assert files(folder) == [kept]


def test_evidence_that_the_disk_spoilt_is_mended_by_sending_it_again(
    store: EvidenceStore, folder: Path
) -> None:
    digest = store.put(VOUCHER)
    (kept,) = files(folder)
    kept.write_bytes(VOUCHER[:-1])
    store.put(VOUCHER)
    assert store.get(digest) == VOUCHER


def test_the_same_bytes_from_many_at_once_are_kept_once(store: EvidenceStore, folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(store.put, [VOUCHER] * 32))
    assert digests == {Sha256Hex.of(VOUCHER)}
    assert [path.name for path in files(folder)] == [str(Sha256Hex.of(VOUCHER))]


@pytest.mark.parametrize(
    "changed", [VOUCHER[:-1], VOUCHER + b" ", b"", bytes([VOUCHER[0] ^ 1]) + VOUCHER[1:]]
)
def test_evidence_that_was_changed_is_not_handed_out(
    store: EvidenceStore, folder: Path, changed: bytes
) -> None:
    digest = store.put(VOUCHER)
    (kept,) = files(folder)
    kept.write_bytes(changed)
    with pytest.raises(EvidenceChanged, match=str(digest)):
        store.get(digest)


def test_evidence_under_the_name_of_other_evidence_is_not_handed_out(
    store: EvidenceStore, folder: Path
) -> None:
    mine, other = store.put(VOUCHER), store.put(b"another delivery note")
    paths = {path.name: path for path in files(folder)}
    paths[str(other)].replace(paths[str(mine)])
    with pytest.raises(EvidenceChanged):
        store.get(mine)


def test_evidence_nobody_stored_is_not_known(store: EvidenceStore) -> None:
    never_stored = Sha256Hex.of(b"never stored")
    with pytest.raises(UnknownName, match=str(never_stored)) as refused:
        store.get(never_stored)
    assert refused.value.field == "evidence"


def test_evidence_may_have_ten_mebibytes_and_not_a_byte_more(store: EvidenceStore, folder: Path) -> None:
    assert EVIDENCE_BYTES_MAX == 10 * 1024 * 1024
    largest = bytes(EVIDENCE_BYTES_MAX)
    with pytest.raises(TooLarge) as refused:
        store.put(largest + b"\0", field="lines[0].voucher")
    assert (refused.value.field, refused.value.came) == ("lines[0].voucher", "10485761 bytes")
    assert files(folder) == []
    assert store.get(store.put(largest)) == largest


def test_a_stream_is_hashed_and_counted_as_it_comes(store: EvidenceStore) -> None:
    pieces = [b"%PDF-", b"", b"1.7 ", bytes(300_000)]
    kept = store.put_stream(iter(pieces))
    assert (kept.digest, kept.size_bytes) == (Sha256Hex.of(b"".join(pieces)), 300_009)
    with store.read(kept.digest) as file:
        assert b"".join(chunks_of(file)) == b"".join(pieces)


def test_a_stream_is_refused_as_soon_as_it_is_too_long(store: EvidenceStore, folder: Path) -> None:
    """The rest is not even asked for."""
    mib, asked = 1024 * 1024, list[int]()

    def endless() -> Iterator[bytes]:
        for number in count(1):
            asked.append(number)
            yield bytes(mib)

    with pytest.raises(TooLarge, match="at most 10485760 bytes"):
        store.put_stream(endless())
    assert asked[-1] == 11
    assert files(folder) == []
    assert store.put_stream([bytes(mib)] * 10).size_bytes == EVIDENCE_BYTES_MAX


def test_a_stream_that_breaks_off_leaves_nothing(store: EvidenceStore, folder: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield VOUCHER
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put_stream(broken())
    assert files(folder) == []


@given(flipped=st.integers(0, 8 * 1000 - 1))
@settings(max_examples=40)
def test_one_bit_that_flips_is_seen_on_every_way_of_reading(flipped: int) -> None:
    with TemporaryDirectory() as folder:
        store = EvidenceStore(Path(folder) / "evidence")
        photo = bytes(range(250)) * 4
        digest = store.put(photo)
        (kept,) = files(Path(folder))
        spoilt = bytearray(photo)
        spoilt[flipped // 8] ^= 1 << flipped % 8
        kept.write_bytes(spoilt)
        for way in (store.get, store.read):
            with pytest.raises(EvidenceChanged):
                way(digest)


def test_what_was_put_in_place_of_evidence_and_never_ends_does_not_fill_our_disk(
    store: EvidenceStore, folder: Path
) -> None:
    digest = store.put(VOUCHER)
    (kept,) = files(folder)
    with kept.open("wb") as file:
        # A hole of a tebibyte.
        file.truncate(2**40)
    with pytest.raises(EvidenceChanged, match="longer than anything kept"):
        store.read(digest)


def test_what_changes_on_the_disk_while_it_is_handed_out_is_not_handed_out(
    store: EvidenceStore, folder: Path
) -> None:
    photo = bytes(range(256)) * 8 * 1024
    digest = store.put(photo)
    (kept,) = files(folder)
    with store.read(digest) as file:
        first = file.read(10)
        kept.write_bytes(bytes(len(photo)))
        assert first + file.read() == photo


def test_what_was_removed_is_gone_and_may_be_removed_again(store: EvidenceStore, folder: Path) -> None:
    digest, other = store.put(VOUCHER), store.put(b"another delivery note")
    store.remove(digest)
    assert [path.name for path in files(folder)] == [str(other)]
    with pytest.raises(UnknownName):
        store.get(digest)
    store.remove(digest)
    store.remove(Sha256Hex.of(b"never stored"))
    assert store.get(other) == b"another delivery note"


def test_a_removal_is_on_the_disk_before_it_is_said_to_be_done(
    store: EvidenceStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = store.put(VOUCHER)
    (kept,) = files(folder)
    with synced(monkeypatch) as inodes:
        store.remove(digest)
        assert kept.parent.stat().st_ino in inodes


CRASHES = """
import os, sys
from pathlib import Path
from ledger.evidence import EvidenceStore
def crash(_handle):
    os._exit(9)
os.fsync = crash
EvidenceStore(Path(sys.argv[1])).put(b"half a delivery note")
"""


def test_what_a_crash_left_half_written_has_no_name_and_goes_away(store: EvidenceStore, folder: Path) -> None:
    child = subprocess.run([sys.executable, "-I", "-c", CRASHES, folder], check=False)
    assert child.returncode == 9
    (left,) = files(folder)
    assert left.parent == folder / DRAFTS
    with pytest.raises(UnknownName):
        store.get(Sha256Hex.of(b"half a delivery note"))
    # Somebody may still be writing it.
    store.put(VOUCHER)
    assert left.exists()
    now = time.time()
    os.utime(left, (now, now - DRAFT_SECONDS_MAX - 1))
    store.put(VOUCHER)
    assert not left.exists()


def test_a_full_disk_leaves_no_part_of_the_evidence(store: EvidenceStore, folder: Path) -> None:
    photo = bytes(range(256)) * 1000
    with files_up_to(100_000), pytest.raises(OSError, match="File too large"):
        store.put(photo)
    assert files(folder) == []
    with pytest.raises(UnknownName):
        store.get(Sha256Hex.of(photo))
    assert store.get(store.put(photo)) == photo


@contextmanager
def files_up_to(size_max: int) -> Iterator[None]:
    """No file that this process writes may grow beyond so many bytes: to it, the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_max, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_evidence_that_the_disk_did_not_take_has_no_name(
    store: EvidenceStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_handle: int) -> None:
        raise OSError(EIO, os.strerror(EIO))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match=os.strerror(EIO)):
            store.put(VOUCHER)
    assert files(folder) == []
    assert store.get(store.put(VOUCHER)) == VOUCHER


def test_the_file_and_every_new_name_on_the_way_to_it_are_synced(
    store: EvidenceStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name lives in its folder: unless that is synced too, a power cut takes the name, and with a folder's name all that lies in it."""
    with synced(monkeypatch) as inodes:
        store.put(VOUCHER)
    (kept,) = files(folder)
    assert {kept, kept.parent, folder, folder.parent} == {
        path for path in (kept, *kept.parents) if path.stat().st_ino in inodes
    }


@contextmanager
def synced(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The files and folders that were synced meanwhile."""
    inodes, fsync = list[int](), os.fsync

    def watched(handle: int) -> None:
        fsync(handle)
        inodes.append(os.fstat(handle).st_ino)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", watched)
        yield inodes


@pytest.mark.parametrize("address", ["s3://abc", "s3://abc/", "s3://a.b-1/x/Y_2.z", "s3://" + "a" * 63])
def test_a_bucket_s_address_is_a_name_and_a_prefix(address: str) -> None:
    assert check_address(address) == address
    Bucket.at(address)


@pytest.mark.parametrize(
    "address", ["", "abc", "s3://", "s3://ab", "s3://" + "a" * 64, "s3://Abc", "s3://key:secret@abc/x", "s3://abc/a b", "s3://abc?x", "gs://abc", "file:///abc"]
)  # fmt: skip
def test_what_is_no_bucket_s_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="expected s3://bucket/prefix"):
        check_address(address)
