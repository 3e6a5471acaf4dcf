"""What a trial run of a spreadsheet costs: seconds and memory at 1,000 and 10,000 rows, and how soon 100,000 rows are refused.

    python -m benchmarks.sheets
    python -m benchmarks.sheets --rounds 5 --json figures.json

Measured is the whole of it, from the file to the report: opened in the child process, gathered into documents, drafted, held against the gate and
against what is recorded. Beside it, in the same round, the peer: the same file read by python-calamine in this process, and nothing done with it.
Each size runs in a process of its own, so that its peak of memory is its own; what the process needs before the first row is told apart.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Final

from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from api.problems import Refusals
from api.sheets.checking import Checker
from api.sheets.kinds import kind_of
from api.sheets.reading import read_sheet
from api.sheets.report import Report
from benchmarks.telling import keep
from ledger.errors import Refusal
from ledger.identifiers import PartyId
from ledger.keys import Vault
from ledger.service import Ledger

SIZES: Final = (1_000, 10_000, 100_000)
ROUNDS: Final = 5
HEADINGS: Final = ("品名", "类别", "批号", "数量", "单位", "生产/采收/屠宰日期", "保质期至", "产地", "规格")


def sheet_of(rows: int) -> bytes:
    """So many batches, as a clerk's sheet has them."""
    file = io.BytesIO()
    workbook = Workbook(file, {"constant_memory": True})
    sheet = workbook.add_worksheet("批次")
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for place, text in enumerate(HEADINGS):
        sheet.write_string(0, place, text)
    for row in range(1, rows + 1):
        for place, text in (
            (0, "韭菜"),
            (1, "食用农产品"),
            (2, f"JC-{row:06}"),
            (4, "公斤"),
            (7, "江苏如皋"),
        ):
            sheet.write_string(row, place, text)
        sheet.write_number(row, 3, 100 + row % 900 + 0.5)
        sheet.write_datetime(row, 5, date(2026, 11, 1 + row % 14), day)
        sheet.write_datetime(row, 6, date(2026, 12, 1 + row % 14), day)
        sheet.write_string(row, 8, "10 公斤/筐")
    workbook.close()
    return file.getvalue()


def peak_mb() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child_peak_mb() -> float:
    """The most memory that any child of this process has held."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def checked(ledger: Ledger, party: PartyId, content: bytes) -> Report:
    """One trial run."""
    report, kind = Report(), kind_of("batches")
    try:
        with read_sheet(io.BytesIO(content), kind) as sheet:
            for one in Checker(ledger, party, kind).each(sheet.documents):
                report.add(one, sheet.headings)
    except Refusals as refused:
        report.refuse(refused.refusals)
    except Refusal as refusal:
        report.refuse([refusal])
    return report


def read_plainly(content: bytes) -> int:
    """The peer: every cell read, none understood."""
    return sum(
        len(row)
        for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).iter_rows()
    )


def measure(path: Path) -> dict[str, object]:
    """One round for one file, in this process alone."""
    content = path.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault.create_file(Path(folder) / "ledger.key")
        with Ledger.create(
            f"sqlite:///{folder}/suyuan.db",
            host="benchmark.example",
            registrar_name="登记处（演示）",
            vault=vault,
            evidence=Path(folder) / "evidence",
        ) as ledger:
            party = PartyId.new(os.urandom(10))
            ledger.enrol(party, role="enterprise")
            size, before = ledger.size(), peak_mb()
            began, worked = time.perf_counter(), time.process_time()
            report = checked(ledger, party, content)
            seconds, worked = time.perf_counter() - began, time.process_time() - worked
            assert ledger.size() == size, "a trial run wrote something"
    after = peak_mb()
    began = time.perf_counter()
    read_plainly(content)
    return {
        "rows": report.rows,
        "faults": report.faults,
        "refused": [one.name for one in report.refused],
        "seconds": seconds,
        "own_cpu_seconds": worked,
        "peak_mb_before": before,
        "peak_mb": after,
        "child_peak_mb": child_peak_mb(),
        "peer_seconds": time.perf_counter() - began,
        "peer_peak_mb": peak_mb(),
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        print(json.dumps(measure(asked.one)))
        return
    print(f"load before: {os.getloadavg()}, cores: {os.cpu_count()}")
    told = dict[str, object]()
    with tempfile.TemporaryDirectory() as folder:
        for rows in SIZES:
            path = Path(folder) / f"{rows}.xlsx"
            path.write_bytes(sheet_of(rows))
        found: dict[int, list[dict[str, float]]] = {rows: [] for rows in SIZES}
        for _ in range(asked.rounds):
            for rows in SIZES:
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.sheets",
                    "--one",
                    str(Path(folder) / f"{rows}.xlsx"),
                ]
                said = subprocess.run(command, check=True, capture_output=True, text=True)
                found[rows].append(json.loads(said.stdout))
    for rows, rounds in found.items():
        middle = {name: round(statistics.median(one[name] for one in rounds), 2) for name in NUMBERS}
        told[str(rows)] = middle | {"refused": rounds[0]["refused"]}
        print(f"{rows:>7} rows: {told[str(rows)]}")
    print(f"load after: {os.getloadavg()}")
    keep(told, asked.json)


NUMBERS: Final = (
    "rows",
    "seconds",
    "own_cpu_seconds",
    "peak_mb_before",
    "peak_mb",
    "child_peak_mb",
    "peer_seconds",
    "peer_peak_mb",
)

if __name__ == "__main__":
    main()
