"""Peer: qubits in a row, each with a reservoir, all with a common one, in dense NumPy.

No entherm and no symmetry: 2ᴺ × 2ᴺ matrices. The global equation as a plain rate matrix, which
holds where no two levels coincide; the Redfield equation as products of matrices, by which the
residual of any state can be seen. Basis: first qubit first, excited first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

Number = float | np.ndarray


@dataclass(frozen=True)
class Spins:
    """Numbers of a row of qubits; gaps and temperatures may be arrays."""

    gaps: Sequence[Number]
    exchange: Sequence[float]
    zz: float | None
    temperatures: Sequence[Number]
    T_C: Number
    rates: Sequence[float]
    common_rates: Sequence[float]

    def point(self, index: int | tuple[int, ...], shape: tuple[int, ...]) -> Spins:
        """One point of arrays that broadcast to `shape`."""

        def at(value: Number) -> float:
            return float(np.broadcast_to(value, shape)[index])

        return replace(
            self,
            gaps=[at(v) for v in self.gaps],
            temperatures=[at(v) for v in self.temperatures],
            T_C=at(self.T_C),
        )


def chain(count: int) -> Spins:
    """The chain of rows B4 and B4b: XXZ with Δ = 1/2, gaps 20, 20.1, …, temperatures 5 to 8, and 1.

    The gaps differ a little, so that no two levels coincide and a plain rate equation is right.
    """
    return Spins(
        gaps=[20.0 + 0.1 * k for k in range(count)],
        exchange=[1.0] * (count - 1),
        zz=0.25,
        temperatures=list(np.linspace(5.0, 8.0, count)),
        T_C=1.0,
        rates=[0.01] * count,
        common_rates=[0.01] * count,
    )


def three_qubits(gaps: Sequence[Number], T: Number, T_C: Number) -> Spins:
    """The machine of row B6: detuned, unequal in everything."""
    return Spins(gaps, (5.0, 4.0), None, (T, 4.0, 2.0), T_C, (0.3, 0.2, 0.25), (0.1, 0.12, 0.15))


def excitations(count: int) -> np.ndarray:
    """Whether each qubit is excited in each state, shape (2ᴺ, N)."""
    return 1 - (np.arange(2**count)[:, None] >> np.arange(count)[::-1] & 1)


def hamiltonian(spins: Spins) -> np.ndarray:
    count = len(spins.gaps)
    excited = excitations(count)
    z = 2 * excited - 1
    states = np.arange(2**count)
    H = np.diag(excited @ np.array(spins.gaps))
    if spins.zz is not None:
        H[states, states] += spins.zz * (z[:, 1:] * z[:, :-1]).sum(1)
    for k, strength in enumerate(spins.exchange):
        differ = states[excited[:, k] != excited[:, k + 1]]
        H[differ, differ ^ (3 << count - 2 - k)] += strength
    return H


def lowering(spins: Spins) -> list[np.ndarray]:
    """√Γ σ₋ of each own reservoir, and their sum of the common one."""
    count = len(spins.gaps)
    excited = excitations(count)
    operators = []
    for k in range(count):
        V = np.zeros((2**count, 2**count))
        up = np.flatnonzero(excited[:, k])
        V[up ^ (1 << count - 1 - k), up] = 1.0
        operators.append(V)
    own = [np.sqrt(rate) * V for rate, V in zip(spins.rates, operators, strict=True)]
    shared = zip(spins.common_rates, operators, strict=True)
    return [*own, sum(np.sqrt(rate) * V for rate, V in shared)]


def in_eigenbasis(spins: Spins) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    """Energies, eigenvectors, frequencies ω[j, i] = E_i − E_j, and each reservoir's ⟨j|V|i⟩."""
    energies, states = np.linalg.eigh(hamiltonian(spins))
    elements = [states.T @ V @ states for V in lowering(spins)]
    return energies, states, energies[None, :] - energies[:, None], elements


def occupations(frequency: np.ndarray, spins: Spins) -> list[np.ndarray]:
    """n̄ of each reservoir at each transition that it drives; 0 where ω ≤ 0."""
    positive = np.where(frequency > 0.0, frequency, np.inf)
    return [1.0 / np.expm1(positive / T) for T in (*spins.temperatures, spins.T_C)]


def global_steady(spins: Spins) -> tuple[np.ndarray, np.ndarray]:
    """State in the bare basis and heat currents under the global equation: a plain rate matrix."""
    _, states, frequency, elements = in_eigenbasis(spins)
    flows = [
        (2.0 * V**2 * (n + 1.0), 2.0 * V**2 * n)
        for V, n in zip(elements, occupations(frequency, spins), strict=True)
    ]
    W = sum(down + up.T for down, up in flows)
    np.fill_diagonal(W, 0.0)
    np.fill_diagonal(W, -W.sum(0))
    W[0] = 1.0
    right = np.zeros(len(W))
    right[0] = 1.0
    p = np.linalg.solve(W, right)
    currents = [np.sum(frequency * (up * p[:, None] - down * p[None, :])) for down, up in flows]
    return (states * p) @ states.T, np.array(currents)


def redfield_terms(spins: Spins) -> list[tuple[np.ndarray, np.ndarray]]:
    """X and ½ S∘X of every noise, in the eigenbasis: emission and absorption of each reservoir."""
    _, _, frequency, elements = in_eigenbasis(spins)
    terms = []
    for V, n in zip(elements, occupations(frequency, spins), strict=True):
        terms += [(V, (n + 1.0) * V), (V.T, (n * V).T)]
    return terms


def redfield(
    spins: Spins, rho: np.ndarray, terms: list[tuple[np.ndarray, np.ndarray]], energies: np.ndarray
) -> np.ndarray:
    """The Redfield generator on ρ, in the eigenbasis."""
    out = -1j * (energies[:, None] - energies[None, :]) * rho
    for X, half in terms:
        jump = half @ rho @ X.T - X.T @ (half @ rho)
        out = out + jump + jump.conj().T
    return out


def redfield_residual(spins: Spins, rho: np.ndarray) -> float:
    """Largest element of L ρ, over the largest rate times the largest element of ρ."""
    energies, states, _, _ = in_eigenbasis(spins)
    terms = redfield_terms(spins)
    inner = states.T @ rho @ states
    change = redfield(spins, inner, terms, energies)
    rate = 2.0 * max(np.max(np.sum(X * half, axis=0)) for X, half in terms)
    return float(abs(change).max() / (rate * abs(inner).max()))


def redfield_steady(spins: Spins) -> tuple[np.ndarray, np.ndarray]:
    """State in the bare basis and heat currents of a short row, by the d²×d² generator."""
    energies, states, _, _ = in_eigenbasis(spins)
    d = len(energies)
    eye = np.eye(d)
    parts = []
    for X, half in redfield_terms(spins):
        decay = X.T @ half
        parts.append(
            np.kron(half, X) + np.kron(X, half) - np.kron(decay, eye) - np.kron(eye, decay)
        )
    L = np.diag(-1j * (energies[:, None] - energies[None, :]).ravel()) + sum(parts)
    L[0] = eye.ravel()
    rho = np.linalg.solve(L, np.eye(1, d * d).ravel())
    currents = [
        (np.diag(energies).ravel() @ (emission + absorption) @ rho).real
        for emission, absorption in zip(parts[::2], parts[1::2], strict=True)
    ]
    return states @ rho.reshape(d, d) @ states.T, np.array(currents)


def first_pair_concurrence(rho: np.ndarray) -> float:
    """Concurrence of the first two qubits, whose state is X where excitations are conserved."""
    rest = len(rho) // 4
    pair = np.einsum("akbk->ab", rho.reshape(4, rest, 4, rest))
    gain = abs(pair[1, 2]) - np.sqrt(max((pair[0, 0] * pair[3, 3]).real, 0.0))
    return 2.0 * max(float(gain), 0.0)
