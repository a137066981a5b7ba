"""Steady heat currents of a two-qubit machine by the hierarchical equations of motion (HEOM).

Reference data that no weak-coupling equation enters: two resonant qubits with an exchange, each
with a σ_x reservoir of its own (model `own`), or with a third, common one through σ_x^A + σ_x^B
(model `common`); Drude spectra J(ω) = Γ (ω/ω_ref) (ω_ref² + ω_c²)/(ω² + ω_c²), S(ω) = 2 J(ω) (n̄+1),
as entherm and QuTiP have it. QuTiP builds the hierarchy from the Padé expansion of each reservoir's
correlation function; a preconditioned GMRES finds its steady state, compared once with QuTiP's own
direct solution. The current is −d⟨H_reservoir⟩/dt, positive when heat leaves the reservoir; in the
steady state ⟨H_interaction⟩ is constant and the interactions commute, so it equals the energy
Tr(H_S D_k ρ) that reservoir k brings to the system. Both are evaluated from the first tier. They
and the first law agree at every truncation, right or wrong: what shows the error is the refinement
of depth and Padé terms, which is tabulated. Global (Davies) and Redfield currents in plain NumPy,
without entherm, give the exponents p of |J_eq − J_HEOM|/|J_HEOM| ∝ Γ^p; as a diagnostic, Redfield
also with its principal values. Run ``python benchmarks/heom.py`` (eleven minutes, 3 GB; writes
``docs/data/heom.json``) or with ``--quick`` (writes ``out/heom-quick.json``) under
OPENBLAS_NUM_THREADS=1: the matrices are sparse, and threads only slow it down.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import qutip
import scipy

from heom_model import CUTOFF, REFERENCE, Pair, direct_check, master_heat, solve

TEMPERATURES = (1.0, 0.5, 0.75)
MODELS = {
    "own": Pair((1.0, 1.0), 0.3, TEMPERATURES[:2]),
    "common": Pair((1.0, 1.0), 0.3, TEMPERATURES),
}
ROOT = Path(__file__).resolve().parents[1]


def short(value: float, digits: int = 12) -> float:
    """A number as it is stored."""
    return float(f"{value:.{digits}g}")


def table(model: str, rate: float, depths: range, terms: range) -> dict[str, object]:
    """Current of RA against depth (rows) and Padé terms (columns)."""
    print(f"\n{model}: Q_A at Γ = {rate:g}, depth down, Padé terms {list(terms)} across")
    rows = []
    for depth in depths:
        row = [short(solve(MODELS[model], rate, depth, n).heat["RA"]) for n in terms]
        rows.append(row)
        print(f"  {depth}  " + "  ".join(f"{q:+.9f}" for q in row), flush=True)
    return {"rate": rate, "depths": list(depths), "pade_terms": list(terms), "heat_RA": rows}


def pade_series(model: str, rate: float, terms: list[int], depth: int = 3) -> dict[str, object]:
    """Current of RA with many more Padé terms than the table, in a shallow hierarchy.

    S(ω) is exact to 1e-9 from five terms on; the principal values only approach theirs as a power.
    """
    heat = [short(solve(MODELS[model], rate, depth, n).heat["RA"]) for n in terms]
    print(f"{model}: Q_A at Γ = {rate:g}, depth {depth}")
    for n, q in zip(terms, heat, strict=True):
        print(f"  {n:2} Padé terms {q:+.9f}, off the last by {q / heat[-1] - 1:+.1e}", flush=True)
    return {"rate": rate, "depth": depth, "pade_terms": terms, "heat_RA": heat}


def point(model: str, rate: float, depth: int, terms: int) -> dict[str, object]:
    """Finest current at one rate, with its error.

    The error is the last change with depth, which falls by a factor at each tier, plus twice the
    last change with Padé terms: it falls as a power of their number, and what is left beyond the
    last step is about as large as that step (`pade_series`).
    """
    start = time.perf_counter()
    pair = MODELS[model]
    names = pair.names
    fine = solve(pair, rate, depth, terms)
    steps = {
        "depth": solve(pair, rate, depth - 1, terms).heat,
        "pade": solve(pair, rate, depth, terms - 1).heat,
    }
    change = {s: max(abs(fine.heat[k] - q[k]) for k in names) for s, q in steps.items()}
    seconds = time.perf_counter() - start
    error = change["depth"] + 2 * change["pade"]
    print(
        f"  Γ = {rate:<11g} Q_A = {fine.heat['RA']:+.10f} ± {error:.1e}"
        f"  {fine.ados} ADOs, {fine.iterations} iterations, {seconds:.1f} s",
        flush=True,
    )
    return {
        "rate": rate,
        "heat": {k: short(q) for k, q in fine.heat.items()},
        "error": short(error, 3),
        "change_of_last_depth": short(change["depth"], 3),
        "change_of_last_pade_term": short(change["pade"], 3),
        "two_expressions_differ_by": short(fine.mismatch, 3),
        "first_law_residual": short(abs(sum(fine.heat.values())), 3),
        "gmres_residual": short(fine.residual, 3),
        "populations": [short(p) for p in fine.populations],
        "depth": depth,
        "pade_terms": terms,
        "ados": fine.ados,
    }


def slope(x: np.ndarray, y: np.ndarray) -> float:
    """Exponent of a power law by least squares."""
    return short(float(np.polyfit(np.log(x), np.log(np.abs(y)), 1)[0]), 4)


def deviations(model: str, points: list[dict]) -> dict[str, object]:
    """Currents of each equation, deviations d of Q_A from HEOM, exponents of their fall.

    d may change its sign on the way, and then no single power describes it. So: the exponent over
    the four largest and the four smallest rates and of each halving, and a, b of
    d = a Γ + b Γ² + c Γ³ over the five smallest.
    """
    rates = np.array([p["rate"] for p in points])
    exact = np.array([p["heat"]["RA"] for p in points])
    found: dict[str, object] = {}
    for equation in ("global", "redfield", "redfield_with_shifts"):
        heat = [master_heat(equation, MODELS[model], r) for r in rates]
        d = np.array([q["RA"] for q in heat]) / exact - 1.0
        halving = [slope(rates[i : i + 2], d[i : i + 2]) for i in range(len(d) - 1)]
        _, b, a = np.polyfit(rates[-5:], d[-5:] / rates[-5:], 2)
        found[equation] = {
            "heat": {k: [short(q[k]) for q in heat] for k in MODELS[model].names},
            "relative_deviation_RA": [short(q, 6) for q in d],
            "exponent_of_largest_4_rates": slope(rates[:4], d[:4]),
            "exponent_of_smallest_4_rates": slope(rates[-4:], d[-4:]),
            "exponent_of_each_halving": halving,
            "linear_coefficient": short(a, 4),
            "quadratic_coefficient": short(b, 4),
        }
        print(
            f"  {equation}: p = {slope(rates[:4], d[:4])} (largest four rates),"
            f" {slope(rates[-4:], d[-4:])} (smallest); d ≈ {a:.3g} Γ + {b:.3g} Γ²"
        )
        print("    (J_eq − J)/J         " + " ".join(f"{q:+.2e}" for q in d))
        print("    exponent per halving " + " ".join(f"{q:9.2f}" for q in halving))
    return found


def study(model: str, deepest: int, terms: int, rates: list[float]) -> dict[str, object]:
    """Convergence table at the largest rate, points at all rates, deviations."""
    convergence = table(model, rates[0], range(2, deepest + 1), range(1, terms + 1))
    more = [terms - 2, terms - 1, terms, terms + 2, 2 * terms]
    series = pade_series(model, rates[0], more)
    points = [point(model, r, deepest, terms) for r in rates]
    return {
        "reservoirs": list(MODELS[model].names),
        "convergence": convergence,
        "pade_series": series,
        "points": points,
        "equations": deviations(model, points),
    }


def parameters() -> dict[str, object]:
    """What the models are, as stored."""
    pair = MODELS["common"]
    return {
        "gaps": list(pair.gaps),
        "exchange": pair.exchange,
        "temperatures": pair.temperature,
        "coupling_operators": {"RA": "x on A", "RB": "x on B", "RC": "x on A + x on B"},
        "spectrum": "Drude: rate * (w/reference) * (reference^2 + cutoff^2)/(w^2 + cutoff^2)",
        "cutoff": CUTOFF,
        "reference": REFERENCE,
        "convention": "S(w) = 2 J(w) (n + 1), J(reference) = rate, the same for every coupling",
        "heat": "-d<H_reservoir>/dt, positive when it leaves the reservoir",
        "counter_term": False,
    }


def main() -> None:
    """Run the studies, print them, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="small hierarchies, few rates")
    quick = parser.parse_args().quick
    start = time.perf_counter()
    direct = direct_check(MODELS["own"])
    print(f"steady state against QuTiP's direct solution: {direct:.1e}")
    rates = [0.2 / 2**k for k in range(5 if quick else 11)]
    models = {
        "own": study("own", *((3, 4) if quick else (6, 6)), rates),
        "common": study("common", *((3, 3) if quick else (5, 6)), rates[1:10]),
    }
    result = {
        "parameters": parameters(),
        "versions": {lib.__name__: lib.__version__ for lib in (qutip, np, scipy)},
        "difference_from_qutip_direct": short(direct, 3),
        "models": models,
    }
    path = ROOT / ("out/heom-quick.json" if quick else "docs/data/heom.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1)
    # Lists of numbers on one line: the file is also read by people.
    text = re.sub(r"\[[^\[\]{}]*\]", lambda m: " ".join(m[0].split()), text)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"\n{path.name}: {len(text) / 1024:.1f} kB, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
