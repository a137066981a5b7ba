"""HEOM currents and concurrence of two qubits, against the exchange and against the rate.

Against the exchange at one small rate: equal or unequal gaps, with or without a common reservoir
(`heom_model`). Against the rate at one exchange: equal gaps, two levels 0.1 apart. ε and Ω are
dressed values. ``nice python benchmarks/heom_scan.py`` (minutes, OPENBLAS_NUM_THREADS=1) writes
``docs/data/heom_scan.json``; each point carries the change by its last tier and Padé term.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import numpy as np
import qutip

from heom_model import CUTOFF, REFERENCE, Pair, signed_spectrum, solve

RATE, COMMON_RATE = 0.0005, 10.0
DETUNING = 0.005
OWN, COMMON = (0.6, 0.5), (0.6, 0.5, 0.2)
DEPTH, TERMS = 3, 8
SPLIT, OVER_GAP = 0.1, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
OVER_WIDTH = [0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 1.8, 3.0, 5.5, 10.0, 20.0, 40.0]
PATH = Path(__file__).resolve().parents[1] / "docs" / "data" / "heom_scan.json"


def width(pair: Pair, rate: float) -> float:
    """Half the sum of the exit rates of the two middle levels."""
    rates = sum(signed_spectrum(pair, k, rate) * pair.X[k] ** 2 for k in pair.names)
    out = rates.sum(0) - np.diag(rates)
    return float(out[1] + out[2]) / 2


def point(pair: Pair, rate: float) -> dict[str, object]:
    """One steady state, with what the last refinements changed."""
    start = time.perf_counter()
    fine = solve(pair, rate, DEPTH, TERMS)
    coarse = {
        "depth": solve(pair, rate, DEPTH - 1, TERMS),
        "pade": solve(pair, rate, DEPTH, TERMS - 1),
    }
    kappa = width(pair, rate)
    change = {
        k: max(abs(fine.heat[n] - s.heat[n]) for n in pair.names) / rate for k, s in coarse.items()
    }
    moved = {k: abs(fine.concurrence - s.concurrence) for k, s in coarse.items()}
    print(
        f"Γ = {rate:<8.3g} Ω/κ = {pair.exchange / kappa:<8.3g}"
        f" Q_A/Γ = {fine.heat['RA'] / rate:+.7f}"
        f" (depth {change['depth']:.1e}, Padé {change['pade']:.1e})"
        f" C = {fine.concurrence:.6f} {fine.ados} ADOs {time.perf_counter() - start:.1f} s",
        flush=True,
    )
    return {
        "rate": float(f"{rate:.12g}"),
        "exchange": float(f"{pair.exchange:.12g}"),
        "width": float(f"{kappa:.8g}"),
        "heat": {k: float(f"{q:.10g}") for k, q in fine.heat.items()},
        "concurrence": float(f"{fine.concurrence:.8g}"),
        "change_of_last_depth": float(f"{change['depth'] * rate:.2e}"),
        "change_of_last_pade_term": float(f"{change['pade'] * rate:.2e}"),
        "concurrence_change_of_last_depth": float(f"{moved['depth']:.2e}"),
        "concurrence_change_of_last_pade_term": float(f"{moved['pade']:.2e}"),
    }


def scan(detuning: float, temperatures: tuple[float, ...]) -> dict[str, object]:
    """All exchanges of one case."""
    gaps = (1.0 + detuning / 2, 1.0 - detuning / 2)
    print(f"gaps {gaps}, temperatures {temperatures}")
    unit = width(Pair(gaps, 1e-3, temperatures, COMMON_RATE), RATE)
    pairs = [Pair(gaps, x * unit, temperatures, COMMON_RATE, dressed=True) for x in OVER_WIDTH]
    return {
        "gaps": list(gaps),
        "temperatures": list(temperatures),
        "points": [point(pair, RATE) for pair in pairs],
    }


def approach(temperatures: tuple[float, ...]) -> dict[str, object]:
    """All rates at one distance of the two middle levels."""
    print(f"levels {SPLIT} apart, temperatures {temperatures}")
    pair = Pair((1.0, 1.0), SPLIT / 2, temperatures, dressed=True)
    unit = width(pair, 1.0)
    return {
        "gaps": list(pair.gaps),
        "temperatures": list(temperatures),
        "points": [point(pair, SPLIT / x / unit) for x in OVER_GAP],
    }


def main() -> None:
    """Scan and write the JSON."""
    result = {
        "rate": RATE,
        "common_rate_over_rate": {"against_exchange": COMMON_RATE, "against_rate": 1.0},
        "cutoff": CUTOFF,
        "reference": REFERENCE,
        "depth": DEPTH,
        "pade_terms": TERMS,
        "hamiltonian": "H_S less the first-order shift by the reservoirs",
        "width": "half the sum of the exit rates of the two middle levels",
        "versions": {lib.__name__: lib.__version__ for lib in (qutip, np)},
        "against_exchange": {
            "equal_own": scan(0.0, OWN),
            "unequal_own": scan(DETUNING, OWN),
            "equal_common": scan(0.0, COMMON),
            "unequal_common": scan(DETUNING, COMMON),
        },
        "against_rate": {"own": approach(OWN), "common": approach(COMMON)},
    }
    text = json.dumps(result, indent=1)
    text = re.sub(r"\[[^\[\]{}]*\]", lambda m: " ".join(m[0].split()), text)
    PATH.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
