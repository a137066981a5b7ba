"""The paper's machine as 16×16 matrices, assembled once: what an expert does before a sweep.

Plain NumPy, without entherm. At fixed gaps, exchange and rates the generator is linear in the
occupations,

    L = L₀ + Σ_k (n̄_k + 1) D[V_k] + n̄_k D[V_k†],

with k over the two Bohr frequencies and over the hot reservoirs (A and B, at one temperature) and
the common one. Basis |11⟩, |10⟩, |01⟩, |00⟩; ρ is stacked row by row, A ρ B → (A ⊗ Bᵀ) ρ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from points import Points

LOWER = np.array([[0.0, 0.0], [1.0, 0.0]])
UP = np.array([[1.0, 0.0], [0.0, -1.0]])
ONE = np.eye(2)


def occupation(frequency: float, temperature: np.ndarray) -> np.ndarray:
    return 1.0 / np.expm1(frequency / np.asarray(temperature))


def dissipator(V: np.ndarray) -> np.ndarray:
    """2 V ρ V† − V†V ρ − ρ V†V, the paper's, for real V."""
    square = V.T @ V
    eye = np.eye(len(V))
    return 2.0 * np.kron(V, V) - np.kron(square, eye) - np.kron(eye, square)


def components(H: np.ndarray, V: np.ndarray, frequencies: np.ndarray) -> list[np.ndarray]:
    """The parts of V that lower the energy by each of the frequencies."""
    energies, states = np.linalg.eigh(H)
    inner = states.T @ V @ states
    lowered = energies[None, :] - energies[:, None]
    return [
        states @ np.where(abs(lowered - w) < 1e-9 * energies[-1], inner, 0.0) @ states.T
        for w in frequencies
    ]


@dataclass(frozen=True)
class Machine:
    """The machine's matrices: `down[k]` and `up[k]` at `frequencies[k]`, common or not."""

    H: np.ndarray
    constant: np.ndarray
    down: np.ndarray
    up: np.ndarray
    frequencies: np.ndarray
    common: np.ndarray

    def weights(self, points: Points) -> np.ndarray:
        """n̄ of each k, shape (points, k), for points in a row."""
        hot, cold = (np.broadcast_to(t, points.shape).ravel() for t in (points.T_A, points.T_C))
        return np.stack(
            [
                occupation(w, cold if common else hot)
                for w, common in zip(self.frequencies, self.common, strict=True)
            ],
            axis=-1,
        )

    @property
    def energy(self) -> np.ndarray:
        """Tr(H ·) as a row."""
        return self.H.T.ravel()


def assemble(points: Points) -> Machine:
    """All of a sweep that does not depend on its temperatures."""
    if not np.array_equal(points.T_A, points.T_B):
        raise ValueError("the two own reservoirs are merged, and must have one temperature")
    a, b = np.kron(LOWER, ONE), np.kron(ONE, LOWER)
    H = points.epsilon_A * a.T @ a + points.epsilon_B * b.T @ b + points.Omega * (a.T @ b + b.T @ a)
    eye = np.eye(4)
    constant = -1j * (np.kron(H, eye) - np.kron(eye, H))
    for z in (np.kron(UP, ONE), np.kron(ONE, UP)):
        constant = constant + points.gamma * (np.kron(z, z) - np.eye(16))
    energies = np.linalg.eigvalsh(H)
    frequencies = energies[1:3] - energies[0]
    A, B, C = (
        components(H, V, frequencies)
        for V in (
            np.sqrt(points.Gamma_A) * a,
            np.sqrt(points.Gamma_B) * b,
            np.sqrt(points.Gamma_CA) * a + np.sqrt(points.Gamma_CB) * b,
        )
    )
    jumps = [*([A[k], B[k]] for k in (0, 1)), *([C[k]] for k in (0, 1))]
    return Machine(
        H,
        constant,
        np.stack([sum(dissipator(V) for V in together) for together in jumps]),
        np.stack([sum(dissipator(V.T) for V in together) for together in jumps]),
        np.tile(frequencies, 2),
        np.array([False, False, True, True]),
    )


def pair_concurrence(rho: np.ndarray) -> np.ndarray:
    """Concurrence of X states, shape (..., 4, 4)."""
    diagonal = np.einsum("...ii->...i", rho).real
    gain = abs(rho[..., 1, 2]) - np.sqrt(np.maximum(diagonal[..., 0] * diagonal[..., 3], 0.0))
    return 2.0 * np.maximum(gain, 0.0)
