"""A small town of traders who speak to the ledger through its API alone, for one hard case at a time.

    town = Town(client, clock, registrar, authority)
    shop = town.trader("农资店（演示）", licences=["农药经营许可证"])
    town.at("2026-09-05 10:00")
    town.says(shop, "sales", lines=[line(bottles, "1 XBO", code)])
    assert town.found() == {...}

`found` is what an authority reads; `found(shop)` what the shop reads about itself. Findings are compared whole: one too many fails as one
missing does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import quote

from ledger.identifiers import Instant, PartyId
from tests.support.server import Enrolled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.canonical import Json
    from tests.support.server import Client, Clock

#: One finding as a test writes it down: its kind, its grade, whom it concerns, and the names of the records it rests on.
Found = tuple[str, str, str, frozenset[str]]


def line(goods: str, quantity: str, *codes: str, **more: Json) -> dict[str, Json]:
    """One trade line: `60 KGM`."""
    amount, unit = quantity.split(" ")
    body: dict[str, Json] = {"goods": goods, "quantity": {"amount": amount, "unit": unit}, **more}
    return body | ({"codes": list(codes)} if codes else {})


@dataclass
class Town:
    """Traders, an authority and a registrar around one ledger."""

    client: Client
    clock: Clock
    registrar: Enrolled
    authority: Enrolled
    names: dict[str, str] = field(default_factory=dict)
    traders: list[Enrolled] = field(default_factory=list)
    _marks: dict[int, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def at(self, text: str) -> None:
        """It is this moment now, in China."""
        self.clock.ms = Instant.parse(f"{text.replace(' ', 'T')}:00+08:00").ms

    def says(self, who: Enrolled, path: str, *, mark: str = "", when: str | None = None, **body: Json) -> str:
        """Record something that must be taken; gives its id. `mark` names the record for `found`, `when` is the claimed time."""
        return self.tells(who, path, body, mark=mark, when=when)

    def tells(
        self, who: Enrolled, path: str, body: Mapping[str, Json], *, mark: str = "", when: str | None = None
    ) -> str:
        """As `says`, for a body that was put together before."""
        claimed = {} if when is None else {"occurred_at": f"{when.replace(' ', 'T')}:00+08:00"}
        answer = self.client.post(f"/api/v1/{path}", json={**body, **claimed}, key=who.key)
        assert answer.status_code == 201, f"{path}: {answer.text}"
        taken = answer.json()
        for part, one in (("", taken), ("check", taken.get("check")), ("voucher", taken.get("voucher"))):
            if one is not None:
                self._marks[one["position"]] = f"{mark} {part}".strip() if mark else f"#{one['position']}"
        return str(taken["id"])

    def declares(self, who: Enrolled, name: str, **sheet: Json) -> str:
        """A party that is not on this ledger, as `who` declares it; gives its id."""
        body = {"party_kind": "company", "name": name} | sheet
        answer = self.client.post("/api/v1/parties", json=body, key=who.key)
        assert answer.status_code == 201, answer.text
        taken = answer.json()
        self._marks[taken["position"]] = name
        self.names[str(taken["party"])] = name
        return str(taken["party"])

    def trader(
        self,
        name: str,
        *,
        kind: str = "company",
        role: str = "enterprise",
        licences: list[str] | None = None,
        **sheet: Json,
    ) -> Enrolled:
        """A party with a key, a sheet and licences that have always been valid."""
        party = self._enrol(name, role)
        body = {"party": party, "party_kind": kind, "name": name} | sheet
        self.tells(self.registrar, "parties", body, mark=name)
        self.names[party] = name
        for one in licences or ():
            self.licence(party, one, valid_from="2020-01-01")
        asked: dict[str, Json] = {"party": party, "label": "test"}
        if role == "authority":
            asked["certificate"] = self._certified(party)
        answer = self.client.post("/api/v1/access-keys", json=asked, key=self.registrar.key)
        assert answer.status_code == 201, answer.text
        enrolled = Enrolled(party=PartyId.parse(party), key=answer.json()["access_key"])
        if role == "enterprise":
            self.traders.append(enrolled)
        return enrolled

    def _certified(self, agency: str) -> str:
        """The number of a certificate that an officer of the agency has always held."""
        number = f"演-{agency[-6:]}"
        said: dict[str, Json] = {
            "number": number,
            "party": agency,
            "valid_from_ms": 0,
            "valid_to_ms": Instant.parse("2099-12-31T00:00:00+08:00").ms,
        }
        self.tells(self.registrar, "credentials", said, mark=f"certificate of {self.names[agency]}")
        return number

    def licence(self, holder: object, kind: str, *, mark: str = "", **body: Json) -> str:
        """A licence in the register."""
        number = f"DEM-{next(self._numbers)}"
        said: dict[str, Json] = {"holder": str(holder), "licence_kind": kind, "number": number} | body
        return self.tells(
            self.registrar, "licences", said, mark=mark or f"licence of {self.names.get(str(holder), holder)}"
        )

    def batch(
        self,
        who: Enrolled,
        name: str,
        category: str,
        quantity: str,
        *,
        number: str = "",
        mark: str = "",
        **body: Json,
    ) -> str:
        """A batch of `who`'s own make; gives its goods."""
        amount, unit = quantity.split(" ")
        number = number or f"LOT-{next(self._numbers)}"
        said: dict[str, Json] = {
            "name": name,
            "category": category,
            "quantity": {"amount": amount, "unit": unit},
            "batch_number": number,
            "gtin": "09520001000027",
            **body,
        }
        if said.get("gtin") is None:
            del said["gtin"]
        answer = self.client.post("/api/v1/batches", json=said, key=who.key)
        assert answer.status_code == 201, answer.text
        taken = answer.json()
        self._marks[taken["position"]] = mark or f"batch {number}"
        return str(taken["goods"])

    def sends(
        self, sender: Enrolled, to: Enrolled, *lines: dict[str, Json], mark: str = "", **body: Json
    ) -> str:
        """A shipment that the receiver takes over with its check, in one step."""
        shipment = self.tells(
            sender, "shipments", {"to": str(to), "lines": list(lines), **body}, mark=f"{mark} sent".strip()
        )
        self.says(
            to,
            "receipts",
            mark=f"{mark} received".strip(),
            supplier=str(sender),
            shipment=shipment,
            lines=list(lines),
            check={
                "checks": [
                    {"what": one, "result": "in_order"}
                    for one in (
                        "licence",
                        "certificate",
                        "label",
                        "commitment",
                        "approval",
                        "release",
                        "quarantine",
                        "meat_inspection",
                        "voucher",
                    )
                ]
            },
            voucher={"voucher_kind": "sales_slip", "number": f"S-{next(self._numbers)}"},
        )
        return shipment

    def found(self, reader: Enrolled | None = None) -> set[Found]:
        """Every finding that this reader may read, in the words of the test. By default the authority, who reads all of them.

        With that goes who else reads: every trader exactly those that concern it (a lead about several parties stays with officials),
        and nobody without an account anything.
        """
        if reader is not None:
            return self._read(reader)
        whole = self._read(self.authority)
        for one in self.traders:
            own = {
                finding
                for finding in whole
                if finding[2] == self.names[str(one)] and finding[0] != "shared_contact"
            }
            assert self._read(one) == own, self.names[str(one)]
        assert self.client.get("/api/v1/findings").status_code == 401
        return whole

    def _read(self, reader: Enrolled) -> set[Found]:
        answer = self.client.get("/api/v1/findings", key=reader.key)
        assert answer.status_code == 200, answer.text
        told = answer.json()["findings"]
        found = {
            (
                one["kind"],
                one["grade"],
                self.names.get(one["party"], one["party"]),
                frozenset(self._marks.get(seq, f"#{seq}") for seq in one["seqs"]),
            )
            for one in told
        }
        assert len(found) == len(told), "two findings that say the same"
        return found

    def kinds(self) -> set[str]:
        """The kinds of everything found."""
        return {kind for kind, *_ in self.found()}

    def traced(self, goods: str, what: str, who: Enrolled | None = None) -> list[dict[str, Json]]:
        """One list of a trace (`sources`, `nodes`, `holders`) as a reader sees it."""
        answer = self.client.get(
            f"/api/v1/trace?goods={quote(goods, safe='')}", key=(who or self.authority).key
        )
        assert answer.status_code == 200, answer.text
        listed: list[dict[str, Json]] = answer.json()[what]
        return listed

    def _enrol(self, name: str, role: str) -> str:
        answer = self.client.post("/api/v1/keys", json={"role": role}, key=self.registrar.key)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["party"])
