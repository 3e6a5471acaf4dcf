"""Evidence in a bucket of S3 or of a store that speaks like it; `obstore` does the speaking.

Address `s3://bucket/prefix`; endpoint, region and credentials come from the standard `AWS_*` variables. The bucket must not keep versions:
there, deleting hides an object and removes nothing, and what had to be erased would stay. The limit and the hash are the store's business.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ledger.errors import LedgerFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.identifiers import Sha256Hex

SCHEME: Final = "s3://"
_ADDRESS: Final = re.compile(SCHEME + r"[a-z0-9][a-z0-9.-]{2,62}(/[A-Za-z0-9._/-]*)?")
#: A person waits for the answer; whoever comes again later finds the store back.
RETRY_TIME_MAX: Final = timedelta(seconds=20)
RETRIES_MAX: Final = 3
#: An object of no bytes, written to see whether the bucket keeps versions.
PROBE: Final = "probe"


class BucketAway(LedgerFault):
    """The bucket does not answer, or does not let us in."""


class BucketKeepsVersions(LedgerFault):
    """Deleting from this bucket removes nothing."""


class Bucket:
    """A shelf in a bucket, which several processes may share."""

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._probed = False

    @classmethod
    def at(cls, address: str) -> Self:
        """The bucket of an address, with the credentials of the environment. Nothing is sent yet."""
        bucket, _, prefix = check_address(address).removeprefix(SCHEME).partition("/")
        return cls(
            S3Store(
                bucket,
                prefix=prefix.strip("/") or None,
                # No client options: they would take the place of the environment's. Each request may take 30 s (obstore's own limit).
                retry_config={"max_retries": RETRIES_MAX, "retry_timeout": RETRY_TIME_MAX},
            )
        )

    @contextmanager
    def draft(self) -> Iterator[IO[bytes]]:
        # The key is the digest, which is known when all has come.
        with TemporaryFile() as file:
            yield file

    def keep(self, digest: Sha256Hex, draft: IO[bytes]) -> None:
        with _answered(f"keep evidence {digest}"):
            if not self._probed:
                self._probe()
            draft.seek(0)
            # In one request: an upload in parts that breaks off would leave parts that no name leads to and no erasure finds.
            self._put(_key(digest), draft.read())

    def chunks(self, digest: Sha256Hex) -> Iterator[bytes]:
        with _answered(f"read evidence {digest}"):
            for chunk in obstore.get(self._store, _key(digest)):
                yield bytes(chunk)

    def remove(self, digest: Sha256Hex) -> None:
        with _answered(f"remove evidence {digest}"):
            # Asked each time: somebody may have switched versions on since.
            self._probe()
            try:
                kept = obstore.head(self._store, _key(digest))
            except FileNotFoundError:
                return
            # Before it is deleted: once hidden, it would look like an erasure that is done.
            _refuse_versions(kept["version"])
            obstore.delete(self._store, _key(digest))

    def _probe(self) -> None:
        self._put(PROBE, b"")
        self._probed = True

    def _put(self, key: str, content: bytes) -> None:
        _refuse_versions(obstore.put(self._store, key, content, use_multipart=False)["version"])


def _refuse_versions(version: str | None) -> None:
    # "null" is the version of what is written while a bucket has stopped keeping versions, and of what is older than they are.
    if version not in {None, "null"}:
        raise BucketKeepsVersions(
            f"the evidence bucket keeps versions ({version}): what is erased would remain. Switch versions off and delete the old ones"
        )


def check_address(text: str) -> str:
    """The address of a bucket, or of a place in it; anything else raises `ValueError`."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"evidence address {text!r}, expected {SCHEME}bucket/prefix")
    return text


@contextmanager
def _answered(what: str) -> Iterator[None]:
    try:
        yield
    except BaseError as wrong:
        raise BucketAway(
            f"cannot {what}: {type(wrong).__name__}: {str(wrong).partition('Debug source')[0]}"
        ) from wrong


def _key(digest: Sha256Hex) -> str:
    return f"{str(digest)[:2]}/{digest}"
