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
import functools
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import qutip
import scipy
from qutip.solver.heom import BosonicBath, HEOMSolver
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, gmres, splu
from scipy.special import gammaln

GAP, EXCHANGE = 1.0, 0.3
CUTOFF, REFERENCE = 3.0, 1.0
TEMPERATURE = {"RA": 1.0, "RB": 0.5, "RC": 0.75}
MODELS = {"own": ("RA", "RB"), "common": ("RA", "RB", "RC")}
COARSE = 2  # tiers that the preconditioner solves exactly
ROOT = Path(__file__).resolve().parents[1]

# The model in the eigenbasis of H_S, energies ascending.
LOWERING = np.array([[0.0, 0.0], [1.0, 0.0]])  # |0><1|, excited first
NUMBER, ONE = LOWERING.T @ LOWERING, np.eye(2)
SWAP = np.kron(LOWERING.T, LOWERING)
ENERGY, BASIS = np.linalg.eigh(
    GAP * (np.kron(NUMBER, ONE) + np.kron(ONE, NUMBER)) + EXCHANGE * (SWAP + SWAP.T)
)
X_A = BASIS.T @ np.kron(LOWERING + LOWERING.T, ONE) @ BASIS
X_B = BASIS.T @ np.kron(ONE, LOWERING + LOWERING.T) @ BASIS
X = {"RA": X_A, "RB": X_B, "RC": X_A + X_B}
OMEGA = ENERGY[None, :] - ENERGY[:, None]  # Bohr frequency that element (i, j) takes out of H_S


@dataclass(frozen=True)
class Solution:
    """Steady state of one hierarchy."""

    heat: dict[str, float]  # −d⟨H_k⟩/dt as Tr(H_S D_k ρ)
    mismatch: float  # largest distance from the same current on the reservoir's side
    populations: np.ndarray  # (4,), energies ascending
    ados: int
    iterations: int
    residual: float


# ---- hierarchy ---------------------------------------------------------------------------------


def hierarchy(names: tuple[str, ...], rate: float, depth: int, terms: int) -> HEOMSolver:
    """QuTiP's hierarchy; λ such that J(ω_ref) = Γ in J(ω) = 2 λ ω_c ω/(ω² + ω_c²)."""
    reorganisation = rate * (REFERENCE**2 + CUTOFF**2) / (2 * CUTOFF * REFERENCE)
    baths = []
    for name in names:
        drude = qutip.DrudeLorentzEnvironment(TEMPERATURE[name], reorganisation, CUTOFF)
        pade = drude.approximate("pade", Nk=terms, tag=name)
        baths.append(BosonicBath.from_environment(pade, qutip.Qobj(X[name])))
    return HEOMSolver(qutip.Qobj(np.diag(ENERGY)), baths, depth)


def scaled_generator(solver: HEOMSolver) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Generator of the rescaled hierarchy on the parity sector of ρ, its indices, and the scale.

    ADO n is measured in √(Π n_k! |c_k|^n_k), which makes couplings up and down the tiers alike. The
    interactions flip the parity of the excitation number, so half of all elements stay zero.
    """
    labels = np.array(solver.ados.labels)
    c = np.abs([e.ck + 1j * (e.ck2 or 0.0) for e in solver.ados.exponents])
    scale = np.repeat(np.exp(0.5 * (gammaln(labels + 1.0).sum(1) + labels @ np.log(c))), 16)
    L = sparse.csr_array(solver.rhs(0).data.as_scipy())
    L = sparse.diags_array(1 / scale) @ L @ sparse.diags_array(scale)
    _, part = sparse.csgraph.connected_components(abs(L), directed=False)
    keep = np.flatnonzero(part == part[0])
    return L[keep][:, keep], keep, scale


def preconditioner(L: sparse.csr_array, tier: np.ndarray) -> LinearOperator:
    """Deep tiers by their diagonal, which is large and exact in the eigenbasis; the first by LU."""
    low, deep = np.flatnonzero(tier <= COARSE), np.flatnonzero(tier > COARSE)
    coarse, feed = splu(L[low][:, low].tocsc()), L[low][:, deep]
    diagonal = L.diagonal()[deep]

    def apply(r: np.ndarray) -> np.ndarray:
        x = np.empty_like(r)
        x[deep] = r[deep] / diagonal
        x[low] = coarse.solve(r[low] - feed @ x[deep])
        return x

    return LinearOperator(L.shape, matvec=apply, dtype=complex)


def steady_ados(solver: HEOMSolver) -> tuple[np.ndarray, int, float]:
    """ADOs (n, 4, 4) of the steady state, GMRES iterations, residual of the rescaled system."""
    L, keep, scale = scaled_generator(solver)
    L = L.tolil()
    L[0] = 0.0  # one population equation is redundant: Tr ρ = 1 takes its place
    L[0, np.searchsorted(keep, [0, 5, 10, 15])] = 1.0
    L = L.tocsr()
    right = np.zeros(len(keep), complex)
    right[0] = 1.0
    tier = np.repeat(np.sum(solver.ados.labels, axis=1), 16)[keep]
    M = preconditioner(L, tier)
    history: list[float] = []
    y, failed = gmres(
        LinearOperator(L.shape, matvec=lambda v: L @ M.matvec(v), dtype=complex),
        right,
        rtol=1e-12,
        restart=100,
        maxiter=20,
        callback=history.append,
        callback_type="pr_norm",
    )
    x = M.matvec(y)
    residual = float(np.linalg.norm(L @ x - right))
    if failed and residual > 1e-11:
        raise RuntimeError(f"GMRES stopped at a residual of {residual:.1e}")
    full = np.zeros(len(scale), complex)
    full[keep] = x
    return (full * scale).reshape(-1, 4, 4).transpose(0, 2, 1), len(history), residual


@functools.cache
def solve(names: tuple[str, ...], rate: float, depth: int, terms: int) -> Solution:
    """Heat currents of the steady state, from the first tier.

    With σ_k = Tr_k(B_k ρ_total), the sum of reservoir k's first-tier ADOs ρ_kj,
    Q_k = Tr(H_S (−i)[X_k, σ_k]) = −Σ_j v_kj Tr(X_k ρ_kj) + 2 Im C_k(0⁺) Tr(X_k² ρ).
    """
    solver = hierarchy(names, rate, depth, terms)
    ados, iterations, residual = steady_ados(solver)
    exponents = solver.ados.exponents
    unit = np.eye(len(exponents), dtype=int)
    first = [ados[solver.ados.idx(tuple(row))] for row in unit.tolist()]
    heat, mismatch = {}, 0.0
    for name in names:
        mine = [(e, r) for e, r in zip(exponents, first, strict=True) if e.tag == name]
        sigma = sum(r for _, r in mine)
        flow = -1j * (X[name] @ sigma - sigma @ X[name])
        heat[name] = float((ENERGY @ np.diag(flow)).real)
        bath = -sum(e.vk * np.trace(X[name] @ r) for e, r in mine)
        bath += 2 * sum(e.ck2 or 0.0 for e, _ in mine) * np.trace(X[name] @ X[name] @ ados[0])
        mismatch = max(mismatch, abs(complex(bath) - heat[name]))
    populations = np.diag(ados[0]).real
    return Solution(heat, mismatch, populations, len(ados), iterations, residual)


def direct_check() -> float:
    """Largest element by which the steady state differs from QuTiP's own, small hierarchy."""
    solver = hierarchy(MODELS["own"], 0.1, 3, 3)
    rho, _ = solver.steady_state(use_mkl=False)
    return float(np.abs(rho.full() - steady_ados(solver)[0][0]).max())


# ---- master equations --------------------------------------------------------------------------


def signed_spectrum(name: str, rate: float) -> np.ndarray:
    """S(ω) = 2 J(ω) (n̄(ω) + 1) on every element of OMEGA, J odd; S(0) = 2 J'(0) T."""
    T, scale = TEMPERATURE[name], rate * (REFERENCE**2 + CUTOFF**2) / REFERENCE
    zero = OMEGA == 0
    w = np.where(zero, 1.0, OMEGA)
    S = 2 * scale * w / (w**2 + CUTOFF**2) / -np.expm1(-w / T)
    return np.where(zero, 2 * scale * T / CUTOFF**2, S)


def principal_value(name: str, rate: float, terms: int = 20000) -> np.ndarray:
    """Im ∫₀^∞ C(t) e^{iωt} dt on every element of OMEGA, by the Matsubara sum of C."""
    T = TEMPERATURE[name]
    weight = rate * (REFERENCE**2 + CUTOFF**2) / (2 * REFERENCE)  # λ ω_c
    v = 2 * np.pi * T * np.arange(1, terms + 1)
    c = 4 * weight * T * v / (v**2 - CUTOFF**2)
    drude = weight * (1 / np.tan(CUTOFF / (2 * T)) - 1j) / (CUTOFF - 1j * OMEGA)
    return drude.imag + np.sum(c * OMEGA[..., None] / (v**2 + OMEGA[..., None] ** 2), axis=-1)


def dissipator(V: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Row-major superoperator of V ρ Y† − Y† V ρ + h.c."""
    one = np.eye(len(V))
    return (
        np.kron(V, Y.conj())
        + np.kron(Y, V.conj())
        - np.kron(Y.conj().T @ V, one)
        - np.kron(one, (V.conj().T @ Y).T)
    )


def reservoir_generator(equation: str, name: str, rate: float) -> np.ndarray:
    """Part of one reservoir in the generator, (16, 16), under `equation`."""
    V = signed_spectrum(name, rate) / 2 * X[name]
    if equation == "redfield":
        return dissipator(V, X[name])
    if equation == "redfield_with_shifts":
        return dissipator(V + 1j * principal_value(name, rate) * X[name], X[name])
    frequencies = np.unique(OMEGA.round(9))
    equal = [np.abs(OMEGA - w) < 1e-8 for w in frequencies]
    return sum(dissipator(V * e, X[name] * e) for e in equal)


def master_heat(equation: str, names: tuple[str, ...], rate: float) -> dict[str, float]:
    """Heat currents Tr(H_S D_k ρ) of `global`, `redfield` or `redfield_with_shifts`."""
    parts = {name: reservoir_generator(equation, name, rate) for name in names}
    L = np.diag(1j * OMEGA.reshape(-1)) + sum(parts.values())
    L[0] = np.eye(4).reshape(-1)
    rho = np.linalg.solve(L, np.eye(16)[0])
    return {k: float((ENERGY @ np.diag((D @ rho).reshape(4, 4))).real) for k, D in parts.items()}


# ---- tables ------------------------------------------------------------------------------------


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
    names = MODELS[model]
    fine = solve(names, rate, depth, terms)
    steps = {
        "depth": solve(names, rate, depth - 1, terms).heat,
        "pade": solve(names, rate, depth, terms - 1).heat,
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
            "heat": {k: [short(q[k]) for q in heat] for k in MODELS[model]},
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
        "reservoirs": list(MODELS[model]),
        "convergence": convergence,
        "pade_series": series,
        "points": points,
        "equations": deviations(model, points),
    }


def parameters() -> dict[str, object]:
    """What the models are, as stored."""
    return {
        "gaps": [GAP, GAP],
        "exchange": EXCHANGE,
        "temperatures": TEMPERATURE,
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
    direct = direct_check()
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
