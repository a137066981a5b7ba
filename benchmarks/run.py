"""The benchmark: entherm against its peers and the machine's own limits, all in one run.

``make benchmark`` runs it in an environment of its own and then tools/benchmark_page.py, which
makes docs/benchmarks.md of the results. By hand, with entherm, jax, qutip and qthermo installed:
``python benchmarks/run.py [--only B1,B2] [--quick] [--json FILE]``. Left out, FILE is
docs/data/benchmarks.json, with --quick out/benchmarks-quick.json; rows that are not run keep what
it holds of them. Every peer is first held against entherm's numbers.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from report import table
from scale import FULL, QUICK, Scale
from timing import Row, say

ROOT = Path(__file__).resolve().parents[1]
# Module and function of each row; modules are imported when their row is run.
ROWS = {
    "B1": ("rows_maps", "b1"),
    "B2": ("rows_maps", "b2"),
    "B3": ("rows_maps", "b3"),
    "B4": ("rows_chains", "b4"),
    "B4b": ("rows_chains", "b4b"),
    "B5": ("rows_jax", "b5"),
    "B6": ("rows_three_qubits", "b6"),
    "B7": ("rows_processes", "b7"),
    "B8": ("rows_processes", "b8"),
    "B9": ("rows_sweeps", "b9"),
    "B1 GPU": ("rows_jax", "b1_gpu"),
    "points": ("growth", "points"),
}


def machine() -> dict[str, object]:
    """Where and with what this was measured."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    libraries = ("entherm", "numpy", "scipy", "numba", "jax", "qutip", "qthermo")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": cores,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in libraries},
    }


def processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def chosen(words: str | None) -> list[str]:
    """The keys of the rows to be run."""
    if words is None:
        return list(ROWS)
    keys = {key.casefold(): key for key in ROWS}
    found = []
    for word in words.split(","):
        if word.strip().casefold() not in keys:
            sys.exit(f"There is no row {word.strip()!r}; there are {', '.join(ROWS)}.")
        found.append(keys[word.strip().casefold()])
    return found


def measured(key: str, scale: Scale) -> tuple[Row, bool]:
    """One row, and whether it was in order: the others are not lost where one fails."""
    module, function = ROWS[key]
    try:
        return getattr(importlib.import_module(module), function)(scale), True
    except ModuleNotFoundError as error:
        return Row(key, "", skipped=f"{error.name} is not installed"), True
    except Exception as error:
        traceback.print_exc()
        return Row(key, "", skipped=f"{type(error).__name__}: {error}".splitlines()[0]), False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="ROWS", help=f"some of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it all run?")
    parser.add_argument("--json", metavar="FILE", type=Path, help="keep the results here")
    options = parser.parse_args()
    scale = QUICK if options.quick else FULL
    kept = "out/benchmarks-quick.json" if options.quick else "docs/data/benchmarks.json"
    file = options.json or ROOT / kept
    here = machine()
    print(
        f"{here['date']}, {here['cores']} cores of {here['processor']}, Python {here['python']}, "
        + ", ".join(f"{name} {number}" for name, number in here["versions"].items()),
        flush=True,
    )
    rows: dict[str, dict[str, object]] = {}
    failed: list[str] = []
    if file.exists():
        before = json.loads(file.read_text())
        rows = before["rows"]
        # Rows that are kept were measured with what may not be installed now.
        kept_versions = before["machine"]["versions"]
        here["versions"] = {k: v or kept_versions.get(k) for k, v in here["versions"].items()}
    for key in chosen(options.only):
        say(f"{key} …")
        found, fine = measured(key, scale)
        failed += [key] * (not fine)
        rows[key] = {"measured": here["date"], **found.as_dict()}
        print(table(key, rows[key]), flush=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        ordered = {name: rows[name] for name in ROWS if name in rows}
        results = {"machine": here, "rows": ordered}
        file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    if failed:
        sys.exit(f"Not in order: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
