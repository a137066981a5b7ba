"""Oracles of the zoo's landmarks, in plain NumPy and free of the library.

A ring of states by the matrix-tree theorem; dense generators on vec(ρ), rows stacked, in the bare
basis with |1> first, in which rates are 2 Γ f (n̄ + 1) and 2 Γ f n̄.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

LOWER = np.array([[0.0, 0.0], [1.0, 0.0]])
Matrix = Any


def ring(forward: Matrix, backward: Matrix) -> tuple[Matrix, Matrix]:
    """Populations of a ring of states, and the current round it, by the matrix-tree theorem.

    State k goes on at forward[k], and k + 1 back to it at backward[k]. p_k is the sum over the
    spanning trees towards k, each the ring without one edge, and the current the difference of
    both ways round over the sum of all trees. First axis: states.
    """
    count = len(forward)
    trees = np.zeros_like(forward)
    for root, cut in product(range(count), repeat=2):
        # Without the edge from cut to cut + 1, all flows to the root along what is left.
        before = [(k - cut - 1) % count < (root - cut - 1) % count for k in range(count)]
        edges = [forward[k] if before[k] else backward[k] for k in range(count) if k != cut]
        trees[root] += np.prod(edges, 0)
    total = trees.sum(0)
    return trees / total, (np.prod(forward, 0) - np.prod(backward, 0)) / total


def on(operator: Matrix, site: int, count: int) -> Matrix:
    """The operator of one qubit among `count`."""
    found = np.eye(1)
    for k in range(count):
        found = np.kron(found, operator if k == site else np.eye(2))
    return found


def bose(omega: float, temperature: float) -> float:
    return 1.0 / np.expm1(omega / temperature)


def x_concurrence(rho: Matrix) -> float:
    """Of a state of two qubits that has entries on both diagonals only."""
    inner = abs(rho[1, 2]) - np.sqrt(abs(rho[0, 0] * rho[3, 3]))
    outer = abs(rho[0, 3]) - np.sqrt(abs(rho[1, 1] * rho[2, 2]))
    return max(0.0, 2.0 * float(max(inner, outer)))


def between(left: Matrix, right: Matrix) -> Matrix:
    """ρ → left ρ right on row-stacked ρ."""
    return np.kron(left, right.T)


def dissipator(jump: Matrix, other: Matrix, rate: float) -> Matrix:
    """ρ → rate (jump ρ other† − ½ {other† jump, ρ})."""
    one, square = np.eye(len(jump)), other.conj().T @ jump
    loss = between(square, one) + between(one, square)
    return rate * (between(jump, other.conj().T) - 0.5 * loss)


def settled(hamiltonian: Matrix, baths: Sequence[Matrix], energy: Matrix) -> tuple[Matrix, Matrix]:
    """Steady state, and Tr(energy D ρ) of each bath's part D of the generator."""
    size = len(hamiltonian)
    one = np.eye(size)
    total = sum(baths) - 1j * (between(hamiltonian, one) - between(one, hamiltonian))
    total[0] = one.ravel()
    rho = np.linalg.solve(total, np.eye(size**2)[0])
    heat = [np.trace(energy @ (part @ rho).reshape(size, size)).real for part in baths]
    return rho.reshape(size, size), np.array(heat)


def collective(count: int, rate: float, correlation: float, n: float) -> Matrix:
    """Γ_kl (n+1) decay and Γ_kl n pumping of `count` qubits, 2Γ on the diagonal, 2Γc beside it."""
    sigma = [on(LOWER, k, count) for k in range(count)]
    parts = []
    for k, m in product(range(count), repeat=2):
        one = 2.0 * rate * (1.0 if k == m else correlation)
        parts.append(dissipator(sigma[k], sigma[m], one * (n + 1.0)))
        parts.append(dissipator(sigma[k].T, sigma[m].T, one * n))
    return sum(parts)
