"""What the operator decides when a server starts: where the data lies, under which address it is known, and whether it is a demo.

Read once, from `SUYUAN_*`, by whoever starts the server, and handed on as a value; nothing reads the environment while it is imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, Self

from limits import parse_many
from pydantic import AfterValidator, DirectoryPath, Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

from ledger.evidence import Shelf
from ledger.evidence.bucket import Bucket, check_address
from ledger.log.policy import POLICY_BYTES_MAX, Policy
from ledger.log.witnessing import check_address as check_witness_address
from ledger.timestamping import Trusted
from ledger.timestamping import check_address as check_tsa_address

#: Scheme, host and port; a path would have to be repeated in every code that is printed.
_BASE_URL: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


def _base_url(text: str) -> str:
    plain = text.rstrip("/")
    if not _BASE_URL.fullmatch(plain):
        message = f"SUYUAN_BASE_URL {text!r}, expected scheme, host in small letters and port only, like https://suyuan.example"
        raise ValueError(message)
    return plain


def _issuer(text: str) -> str:
    # Without https only on this machine itself, for trying out.
    if not re.fullmatch(
        r"https://[a-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?|http://127\.0\.0\.1(:[0-9]{1,5})?(/[!-~]*)?", text
    ):
        message = f"SUYUAN_OIDC_ISSUER {text!r}, expected an https address"
        raise ValueError(message)
    return text


def _rates(text: str) -> str:
    if text:
        parse_many(text)
    return text


def _policy_file(path: Path) -> Path:
    read_policy(path)
    return path


def read_policy(path: Path) -> Policy:
    """The policy in a file, with addresses that may be called."""
    with path.open("rb") as file:
        policy = Policy.parse(file.read(POLICY_BYTES_MAX + 1))
    for one in policy.witnesses:
        if one.url is not None:
            check_witness_address(one.url)
    return policy


def _certificates_file(path: Path) -> Path:
    Trusted.parse(path.read_bytes())
    return path


def _network(text: str) -> str:
    return str(ip_network(text))


#: Budgets in the notation of the `limits` package.
Rates = Annotated[str, AfterValidator(_rates)]


class Settings(BaseSettings):
    """The settings of one server."""

    model_config = SettingsConfigDict(env_prefix="SUYUAN_", frozen=True, extra="ignore")

    #: Database and evidence lie here.
    data: Path = Path(".data")
    #: What opens the private keys. Outside the data folder, so that a copy of that folder signs nothing.
    key_file: Path | None = None
    #: Printed on every label: where phones will look.
    base_url: Annotated[str, AfterValidator(_base_url)] = "http://localhost:8000"
    #: Whether codes are printed whose link opens on this machine only (`api.printable`). Nothing said: in a demo alone.
    print_loopback: bool | None = None
    #: What was signed last is kept here, so that an old copy of the data signs no second history (`ledger.store.guard`). Best on another disk.
    guard: Path | None = None
    database_url: str | None = None
    #: `s3://bucket/prefix`, with the standard `AWS_*` variables; a folder in `data` where nothing is said.
    evidence_url: Annotated[str, AfterValidator(check_address)] | None = None
    #: A folder of the operator's own category profiles, beside those that come along (`ledger.vocabulary.profiles`).
    categories: DirectoryPath | None = None
    #: Invented parties, and a switch that lets a visitor be any of them. Never on a ledger that is real.
    demo: bool = False
    #: Whether callers have budgets. Off only where something in front of this server counts, or nobody else can reach it.
    limits: bool = True
    #: How much one caller may ask for (docs/decisions/0022-limits.md), as `60/minute;1000/day`; empty: as much as he likes.
    limit_lookups: Rates = "300/minute"
    limit_unknown: Rates = "40/minute;600/day"
    limit_sign_in: Rates = "20 per 5 minutes;200/day"
    limit_traces: Rates = "120/minute"
    limit_uploads: Rates = "60/minute"
    limit_reports: Rates = "10/minute;100/day"
    limit_recording: Rates = "600/minute"
    limit_log: Rates = "3000/minute"
    limit_reading: Rates = "900/minute"
    #: Readings of codes go into a batch so often, and are removed so many days later (docs/decisions/0040-scans.md).
    scan_minutes: Annotated[int, Field(ge=1, le=1_440)] = 60
    scan_days: Annotated[int, Field(ge=1, le=731)] = 90
    #: Whose cosignatures are asked for, and how many are enough (c2sp.org/tlog-policy): a file. Nobody is asked where none is named.
    witness_policy: Annotated[FilePath, AfterValidator(_policy_file)] | None = None
    #: The stored log is looked through a few entries at a time, with so many seconds of rest in between; 0: not at all.
    scrub_seconds: Annotated[float, Field(ge=0, le=3_600)] = 0.25
    #: A time-stamping authority (RFC 3161) that is asked hourly, and the file with its root certificates (PEM). Both or neither.
    tsa_url: Annotated[str, AfterValidator(check_tsa_address)] | None = None
    tsa_certs: Annotated[FilePath, AfterValidator(_certificates_file)] | None = None
    #: Networks of the proxies in front of this server (`["10.0.0.0/8"]`): only they may say whose request they pass on.
    proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    #: The header in which these proxies say from which region (GB/T 2260) somebody asks, where they know: a reading of a code then has its prefecture.
    #: They must set it themselves and let none through that a caller sent.
    region_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,64}$")] = ""
    #: Requests at work at the same time; beyond, callers are asked to come again.
    at_once_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    #: An agency's own sign-in service (OpenID Connect): nothing else is ever fetched by this server.
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = None
    oidc_client_id: str = "suyuan"
    oidc_client_secret: SecretStr = SecretStr("")
    #: How sign-in links reach small traders (`api.channels`): `file:/path`, or `package.module:factory` of the operator's own.
    channel: str | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000

    @model_validator(mode="after")
    def _keys_lie_apart(self) -> Self:
        if self.key_path.resolve().is_relative_to(self.data.resolve()):
            message = f"SUYUAN_KEY_FILE {self.key_path} lies in the data folder {self.data}, expected a place outside it"
            raise ValueError(message)
        if self.guard_path.resolve().is_relative_to(self.data.resolve()):
            message = f"SUYUAN_GUARD {self.guard_path} lies in the data folder {self.data}, expected a place that no restore of it reaches"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _region_is_told_by_somebody(self) -> Self:
        if self.region_header and not self.proxies:
            message = f"SUYUAN_REGION_HEADER {self.region_header!r} without SUYUAN_PROXIES, expected the networks of the proxies that set it"
            raise ValueError(message)
        return self

    @property
    def budgets(self) -> Mapping[str, str]:
        """The budget of each kind of request, by its name in `api.limits`."""
        return {
            "lookups": self.limit_lookups,
            "unknown": self.limit_unknown,
            "sign_in": self.limit_sign_in,
            "traces": self.limit_traces,
            "uploads": self.limit_uploads,
            "reports": self.limit_reports,
            "recording": self.limit_recording,
            "log": self.limit_log,
            "reading": self.limit_reading,
        }

    @property
    def prints_loopback(self) -> bool:
        """Whether links of 127.0.0.1 and localhost are printed without being asked for one by one."""
        return self.demo if self.print_loopback is None else self.print_loopback

    @model_validator(mode="after")
    def _authority_is_known(self) -> Self:
        if (self.tsa_url is None) != (self.tsa_certs is None):
            message = "SUYUAN_TSA_URL and SUYUAN_TSA_CERTS, expected both: a token is kept only after it was verified"
            raise ValueError(message)
        return self

    @property
    def tsa_trusted(self) -> Trusted | None:
        """The certificates that a time stamp must lead to, as their file says it now."""
        return None if self.tsa_certs is None else Trusted.parse(self.tsa_certs.read_bytes())

    @property
    def policy(self) -> Policy | None:
        """The witness policy, as its file says it now."""
        return None if self.witness_policy is None else read_policy(self.witness_policy)

    @property
    def key_path(self) -> Path:
        """The key file: the one named, or `<data parent>/.suyuan-keys/<data name>.key`."""
        if self.key_file is not None:
            return self.key_file
        data = self.data.resolve()
        return data.parent / ".suyuan-keys" / f"{data.name}.key"

    @property
    def guard_path(self) -> Path:
        """The folder of the fork guard: the one named, or `<data parent>/.suyuan-guard/<data name>`."""
        if self.guard is not None:
            return self.guard
        data = self.data.resolve()
        return data.parent / ".suyuan-guard" / data.name

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
    def scans_path(self) -> Path:
        """The folder of the files that hold readings of codes."""
        return self.data / "scans"

    @property
    def evidence(self) -> Path | Shelf:
        """Where certificates, vouchers and photos lie."""
        return self.evidence_path if self.evidence_url is None else Bucket.at(self.evidence_url)
