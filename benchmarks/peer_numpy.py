"""Peer: batched NumPy, 16×16 generators assembled from stored parts and solved by LU."""

from __future__ import annotations

import numpy as np

from points import Points
from superoperators import assemble, pair_concurrence

# 4 MiB of matrices: they stay in the cache between assembly and solution.
CHUNK = 1024


def solve(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """C and Q_C of points in a row, of which only temperatures vary."""
    machine = assemble(points)
    parts = np.concatenate([machine.down + machine.up, machine.down]).reshape(-1, 256)
    occupations = machine.weights(points)
    # (n̄+1) D + n̄ U = n̄ (D+U) + 1·D: one product assembles all.
    coefficients = np.concatenate([occupations, np.ones_like(occupations)], axis=1)
    current = np.where(np.tile(machine.common, 2)[:, None], 1.0, 0.0) * (
        parts.reshape(-1, 16, 16).transpose(0, 2, 1) @ machine.energy
    )
    trace = np.eye(4).ravel()
    right = np.zeros((16, 1))
    right[0] = 1.0
    C, Q = np.empty(points.count), np.empty(points.count)
    for start in range(0, points.count, CHUNK):
        here = slice(start, start + CHUNK)
        L = (coefficients[here] @ parts).reshape(-1, 16, 16) + machine.constant
        L[:, 0, :] = trace
        rho = np.linalg.solve(L, right)[..., 0]
        C[here] = pair_concurrence(rho.reshape(-1, 4, 4))
        Q[here] = np.einsum("pk,pk->p", coefficients[here] @ current, rho.real)
    return C, Q
