"""What the operator decides when a server starts: where the data lies, under which address it is known, and whether it is a demo.

Read once, from `SUYUAN_*`, by whoever starts the server, and handed on as a value; nothing reads the environment while it is imported.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, DirectoryPath, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

from ledger.evidence import Shelf
from ledger.evidence.bucket import Bucket, check_address

#: Scheme, host and port; a path would have to be repeated in every code that is printed.
_BASE_URL: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


def _base_url(text: str) -> str:
    plain = text.rstrip("/")
    if not _BASE_URL.fullmatch(plain):
        message = f"SUYUAN_BASE_URL {text!r}, expected scheme, host in small letters and port only, like https://suyuan.example"
        raise ValueError(message)
    return plain


class Settings(BaseSettings):
    """The settings of one server."""

    model_config = SettingsConfigDict(env_prefix="SUYUAN_", frozen=True, extra="ignore")

    #: Database and evidence lie here.
    data: Path = Path(".data")
    #: What opens the private keys. Outside the data folder, so that a copy of that folder signs nothing.
    key_file: Path | None = None
    #: Printed on every label: where phones will look.
    base_url: Annotated[str, AfterValidator(_base_url)] = "http://localhost:8000"
    database_url: str | None = None
    #: `s3://bucket/prefix`, with the standard `AWS_*` variables; a folder in `data` where nothing is said.
    evidence_url: Annotated[str, AfterValidator(check_address)] | None = None
    #: A folder of the operator's own category profiles, beside those that come along (`ledger.vocabulary.profiles`).
    categories: DirectoryPath | None = None
    #: Invented parties, and a switch that lets a visitor be any of them. Never on a ledger that is real.
    demo: bool = False
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000

    @model_validator(mode="after")
    def _keys_lie_apart(self) -> Self:
        if self.key_path.resolve().is_relative_to(self.data.resolve()):
            message = f"SUYUAN_KEY_FILE {self.key_path} lies in the data folder {self.data}, expected a place outside it"
            raise ValueError(message)
        return self

    @property
    def key_path(self) -> Path:
        """The key file: the one named, or `<data parent>/.suyuan-keys/<data name>.key`."""
        if self.key_file is not None:
            return self.key_file
        data = self.data.resolve()
        return data.parent / ".suyuan-keys" / f"{data.name}.key"

    @property
    def database(self) -> str:
        """The database's address: the one named, or a SQLite file in the data folder."""
        if self.database_url is not None:
            return self.database_url
        return URL.create("sqlite", database=str(self.data / "suyuan.db")).render_as_string(
            hide_password=False
        )

    @property
    def evidence_path(self) -> Path:
        """The folder of certificates, vouchers and photos, where no other place is named."""
        return self.data / "evidence"

    @property
    def evidence(self) -> Path | Shelf:
        """Where certificates, vouchers and photos lie."""
        return self.evidence_path if self.evidence_url is None else Bucket.at(self.evidence_url)
