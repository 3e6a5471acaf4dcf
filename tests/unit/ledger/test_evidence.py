from __future__ import annotations

import os
import resource
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from errno import EIO
from typing import TYPE_CHECKING

import pytest

from ledger.errors import TooLarge, UnknownName
from ledger.evidence import EVIDENCE_BYTES_MAX, EvidenceChanged, EvidenceStore
from ledger.identifiers import Sha256Hex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    before = kept.stat()
    assert store.put(VOUCHER) == digest
    assert files(folder) == [kept]
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


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
    synced: list[int] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        fsync(handle)
        synced.append(os.fstat(handle).st_ino)

    monkeypatch.setattr(os, "fsync", watched)
    store.put(VOUCHER)
    (kept,) = files(folder)
    assert {kept, kept.parent, folder, folder.parent} == {
        path for path in (kept, *kept.parents) if path.stat().st_ino in synced
    }
