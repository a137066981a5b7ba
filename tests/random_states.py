"""Random states, unitaries and channels of a few subsystems, for tests of measures."""

from __future__ import annotations

import numpy as np


def random_state(rng: np.random.Generator, size: int, rank: int | None = None) -> np.ndarray:
    """Density matrix, of full rank unless told: Hilbert and Schmidt's measure."""
    shape = (size, rank or size)
    root = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    rho = root @ root.conj().T
    return rho / np.trace(rho).real


def random_x_state(rng: np.random.Generator) -> np.ndarray:
    """Both coherences, often at their largest; populations from even to nearly pure."""
    p = rng.dirichlet(np.ones(4) * rng.choice([0.2, 1.0, 5.0]))
    rho = np.diag(p).astype(complex)
    for a, b in ((1, 2), (0, 3)):
        size = np.sqrt(p[a] * p[b]) * rng.choice([1.0, 0.0, rng.uniform()])
        rho[a, b] = size * np.exp(2j * np.pi * rng.uniform())
        rho[b, a] = rho[a, b].conj()
    return rho


def random_unitary(rng: np.random.Generator, size: int) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    return q * (np.diag(r) / np.abs(np.diag(r)))


def random_channel(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    """Kraus operators of a channel: blocks of an isometry."""
    count = int(rng.integers(1, size**2 + 1))
    isometry = random_unitary(rng, size * count)[:, :size]
    return [isometry[k * size : (k + 1) * size] for k in range(count)]


def local_channel(rho: np.ndarray, kraus: list[np.ndarray], side: int) -> np.ndarray:
    """A channel on one (0 or 1) of two qubits."""
    pairs = [np.kron(K, np.eye(2)) if side == 0 else np.kron(np.eye(2), K) for K in kraus]
    return sum(K @ rho @ K.conj().T for K in pairs)


def swapped(rho: np.ndarray) -> np.ndarray:
    """The same two qubits in the other order."""
    return rho.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)


def entropy(rho: np.ndarray) -> float:
    """In bits."""
    p = np.linalg.eigvalsh(rho)
    p = p[p > 0.0]
    return float(-(p * np.log2(p)).sum())
