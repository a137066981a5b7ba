"""Two qubits under the hierarchical equations of motion (HEOM) and plain master equations.

Gaps ε_A and ε_B, an exchange Ω, a σ_x reservoir for each qubit and, given a third temperature, a
common one through σ_x^A + σ_x^B; Drude spectra J(ω) = Γ (ω/ω_ref) (ω_ref² + ω_c²)/(ω² + ω_c²) and
S(ω) = 2 J(ω) (n̄+1), as entherm and QuTiP have it. QuTiP builds the hierarchy from the Padé
expansion of each reservoir's correlation function; a preconditioned GMRES finds its steady state.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import qutip
from qutip.solver.heom import BosonicBath, HEOMSolver
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, gmres, splu
from scipy.special import gammaln

CUTOFF, REFERENCE = 3.0, 1.0
COARSE = 2  # tiers that the preconditioner solves exactly

LOWERING = np.array([[0.0, 0.0], [1.0, 0.0]])  # |0><1|, excited first
NUMBER, ONE = LOWERING.T @ LOWERING, np.eye(2)
SWAP = np.kron(LOWERING.T, LOWERING)


@dataclass(frozen=True)
class Pair:
    """Two qubits and their reservoirs RA, RB and, given a third temperature, RC on both.

    RC couples to each qubit with `common_rate` times the rate of RA and RB. With `dressed`, the
    hierarchy's Hamiltonian is H_S less the first-order shift by the reservoirs, so that ε and Ω are
    what a spectroscopist reads, as the equations take them by default.
    """

    gaps: tuple[float, float]
    exchange: float
    temperatures: tuple[float, ...]
    common_rate: float = 1.0
    dressed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return ("RA", "RB", "RC")[: len(self.temperatures)]

    @property
    def temperature(self) -> dict[str, float]:
        return dict(zip(self.names, self.temperatures, strict=True))

    @functools.cached_property
    def levels(self) -> tuple[np.ndarray, np.ndarray]:
        """Energies of H_S, ascending, and the eigenvectors."""
        A, B = np.kron(NUMBER, ONE), np.kron(ONE, NUMBER)
        exchange = self.exchange * (SWAP + SWAP.T)
        energy, basis = np.linalg.eigh(self.gaps[0] * A + self.gaps[1] * B + exchange)
        return energy, basis

    @functools.cached_property
    def X(self) -> dict[str, np.ndarray]:
        """What each reservoir couples to, in the eigenbasis of H_S."""
        basis = self.levels[1]
        A = basis.T @ np.kron(LOWERING + LOWERING.T, ONE) @ basis
        B = basis.T @ np.kron(ONE, LOWERING + LOWERING.T) @ basis
        return {"RA": A, "RB": B, "RC": np.sqrt(self.common_rate) * (A + B)}

    @property
    def omega(self) -> np.ndarray:
        """Bohr frequency that element (i, j) takes out of H_S."""
        energy = self.levels[0]
        return np.asarray(energy[None, :] - energy[:, None])

    def hamiltonian(self, rate: float) -> np.ndarray:
        """Hamiltonian of the hierarchy in the eigenbasis of H_S."""
        H = np.diag(self.levels[0])
        if not self.dressed:
            return H
        for name in self.names:
            W = principal_value(self, name, rate) * self.X[name]
            H = H - (self.X[name] @ W + W.T @ self.X[name]) / 2
        return np.asarray(H)


@dataclass(frozen=True)
class Solution:
    """Steady state of one hierarchy."""

    heat: dict[str, float]  # −d⟨H_k⟩/dt as Tr(H D_k ρ)
    mismatch: float  # largest distance from the same current on the reservoir's side
    state: np.ndarray  # (4, 4), in the eigenbasis of H_S, energies ascending
    concurrence: float
    ados: int
    iterations: int
    residual: float

    @property
    def populations(self) -> np.ndarray:
        return np.asarray(np.diag(self.state).real)


# ---- hierarchy ---------------------------------------------------------------------------------


def hierarchy(pair: Pair, rate: float, depth: int, terms: int) -> HEOMSolver:
    """QuTiP's hierarchy; λ such that J(ω_ref) = Γ in J(ω) = 2 λ ω_c ω/(ω² + ω_c²)."""
    reorganisation = rate * (REFERENCE**2 + CUTOFF**2) / (2 * CUTOFF * REFERENCE)
    baths = []
    for name, T in pair.temperature.items():
        drude = qutip.DrudeLorentzEnvironment(T, reorganisation, CUTOFF)
        pade = drude.approximate("pade", Nk=terms, tag=name)
        baths.append(BosonicBath.from_environment(pade, qutip.Qobj(pair.X[name])))
    return HEOMSolver(qutip.Qobj(pair.hamiltonian(rate)), baths, depth)


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
def solve(pair: Pair, rate: float, depth: int, terms: int) -> Solution:
    """Heat currents of the steady state, from the first tier.

    With σ_k = Tr_k(B_k ρ_total), the sum of reservoir k's first-tier ADOs ρ_kj,
    Q_k = Tr(H (−i)[X_k, σ_k]) = −Σ_j v_kj Tr(X_k ρ_kj) + 2 Im C_k(0⁺) Tr(X_k² ρ).
    """
    solver = hierarchy(pair, rate, depth, terms)
    ados, iterations, residual = steady_ados(solver)
    H, X = pair.hamiltonian(rate), pair.X
    exponents = solver.ados.exponents
    unit = np.eye(len(exponents), dtype=int)
    first = [ados[solver.ados.idx(tuple(row))] for row in unit.tolist()]
    heat, mismatch = {}, 0.0
    for name in pair.names:
        mine = [(e, r) for e, r in zip(exponents, first, strict=True) if e.tag == name]
        sigma = sum(r for _, r in mine)
        flow = -1j * (X[name] @ sigma - sigma @ X[name])
        heat[name] = float(np.trace(H @ flow).real)
        bath = -sum(e.vk * np.trace(X[name] @ r) for e, r in mine)
        bath += 2 * sum(e.ck2 or 0.0 for e, _ in mine) * np.trace(X[name] @ X[name] @ ados[0])
        mismatch = max(mismatch, abs(complex(bath) - heat[name]))
    basis = pair.levels[1]
    C = float(qutip.concurrence(qutip.Qobj(basis @ ados[0] @ basis.T, dims=[[2, 2], [2, 2]])))
    return Solution(heat, mismatch, ados[0], C, len(ados), iterations, residual)


def direct_check(pair: Pair) -> float:
    """Largest element by which the steady state differs from QuTiP's own, small hierarchy."""
    solver = hierarchy(pair, 0.1, 3, 3)
    rho, _ = solver.steady_state(use_mkl=False)
    return float(np.abs(rho.full() - steady_ados(solver)[0][0]).max())


# ---- master equations --------------------------------------------------------------------------


def signed_spectrum(pair: Pair, name: str, rate: float) -> np.ndarray:
    """S(ω) = 2 J(ω) (n̄(ω) + 1) on every Bohr frequency, J odd; S(0) = 2 J'(0) T."""
    T, scale = pair.temperature[name], rate * (REFERENCE**2 + CUTOFF**2) / REFERENCE
    zero = pair.omega == 0
    w = np.where(zero, 1.0, pair.omega)
    S = 2 * scale * w / (w**2 + CUTOFF**2) / -np.expm1(-w / T)
    return np.where(zero, 2 * scale * T / CUTOFF**2, S)


def principal_value(pair: Pair, name: str, rate: float, terms: int = 20000) -> np.ndarray:
    """Im ∫₀^∞ C(t) e^{iωt} dt on every Bohr frequency, by the Matsubara sum of C."""
    T, omega = pair.temperature[name], pair.omega
    weight = rate * (REFERENCE**2 + CUTOFF**2) / (2 * REFERENCE)  # λ ω_c
    v = 2 * np.pi * T * np.arange(1, terms + 1)
    c = 4 * weight * T * v / (v**2 - CUTOFF**2)
    drude = weight * (1 / np.tan(CUTOFF / (2 * T)) - 1j) / (CUTOFF - 1j * omega)
    return drude.imag + np.sum(c * omega[..., None] / (v**2 + omega[..., None] ** 2), axis=-1)


def dissipator(V: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Row-major superoperator of V ρ Y† − Y† V ρ + h.c."""
    one = np.eye(len(V))
    return (
        np.kron(V, Y.conj())
        + np.kron(Y, V.conj())
        - np.kron(Y.conj().T @ V, one)
        - np.kron(one, (V.conj().T @ Y).T)
    )


def reservoir_generator(equation: str, pair: Pair, name: str, rate: float) -> np.ndarray:
    """Part of one reservoir in the generator, (16, 16), under `equation`."""
    X = pair.X[name]
    V = signed_spectrum(pair, name, rate) / 2 * X
    if equation == "redfield":
        return dissipator(V, X)
    if equation == "redfield_with_shifts":
        return dissipator(V + 1j * principal_value(pair, name, rate) * X, X)
    frequencies = np.unique(pair.omega.round(9))
    equal = [np.abs(pair.omega - w) < 1e-8 for w in frequencies]
    return np.asarray(sum(dissipator(V * e, X * e) for e in equal))


def master_heat(equation: str, pair: Pair, rate: float) -> dict[str, float]:
    """Heat currents Tr(H_S D_k ρ) of `global`, `redfield` or `redfield_with_shifts`."""
    parts = {k: reservoir_generator(equation, pair, k, rate) for k in pair.names}
    energy = pair.levels[0]
    L = np.diag(1j * pair.omega.reshape(-1)) + sum(parts.values())
    L[0] = np.eye(4).reshape(-1)
    rho = np.linalg.solve(L, np.eye(16)[0])
    return {k: float((energy @ np.diag((D @ rho).reshape(4, 4))).real) for k, D in parts.items()}
