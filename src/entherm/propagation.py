"""A generator in coordinates that keep its digits, and its exponential.

The generator falls into sets of elements that never meet: under the global equation the populations
are one, and nearly every coherence is its own. Each set is taken by itself, with the frequency that
it turns at taken out and its trace as a coordinate, so that a rate of 10⁻³ is not told from a gap
of 10² by subtraction, and what is conserved is conserved to the last bit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entherm.liouvillian import Matrix
from entherm.parameters import Array

# A set of more elements is stepped by the action of the exponential on the state where that takes
# fewer products than the exponential itself.
DENSE_ELEMENTS = 400

# Steps of a grid that differ by this fraction of its end are one: some roundings of a linspace.
SAME_STEP = 8 * np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class Coordinates:
    """A set of elements, in coordinates in which a generator is well scaled.

    If it holds populations, its trace is conserved and stands in place of the last of them, with a
    row of exact zeros. If not, the mean frequency is taken out.

    Attributes
    ----------
    matrix : ndarray of complex, shape (..., m, m)
        The generator of the set, without `frequency`.
    frequency : ndarray, shape (...)
        Of the rotation that was taken out: the generator is `matrix` + i `frequency`.
    forward, backward : ndarray, shape (m, m)
        From elements to coordinates, and back.
    """

    matrix: Matrix
    frequency: Array
    forward: Array
    backward: Array


def coordinates(block: Matrix, populations: NDArray[np.bool_]) -> Coordinates:
    """Return good coordinates for one set of elements that the dynamics does not leave.

    Parameters
    ----------
    block : ndarray of complex, shape (..., m, m)
        The generator over the set.
    populations : ndarray of bool, shape (m,)
        Which elements are populations.

    Examples
    --------
    >>> relaxing = np.array([[-3.0, 1.0], [3.0, -1.0]], complex)
    >>> coordinates(relaxing, np.array([True, True])).matrix.real
    array([[-4.,  1.],
           [ 0.,  0.]])
    """
    size = block.shape[-1]
    forward, backward = np.eye(size), np.eye(size)
    frequency = np.zeros(block.shape[:-2])
    if not populations.any():
        frequency = np.trace(block, axis1=-2, axis2=-1).imag / size
        matrix = block - 1j * frequency[..., None, None] * np.eye(size)
        return Coordinates(matrix, frequency, forward, backward)
    last = int(np.flatnonzero(populations)[-1])
    forward[last] = populations
    backward[last] = -1.0 * populations
    backward[last, last] = 1.0
    matrix = block @ backward
    matrix[..., last, :] = 0.0
    return Coordinates(matrix, frequency, forward, backward)


def separate(total: Matrix) -> list[NDArray[np.intp]]:
    """Return the sets of elements that do not meet at any point, each ascending.

    Examples
    --------
    >>> [set.tolist() for set in separate(np.array([[-1, 0, 2], [0, -3, 0], [1, 0, -2]]) + 0j)]
    [[0, 2], [1]]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    size = total.shape[-1]
    meets = (total != 0.0).reshape(-1, size, size).any(axis=0)
    count, labels = connected_components(csr_array(meets), directed=False)
    return [np.flatnonzero(labels == k) for k in range(count)]


def propagated(
    total: Matrix, start: Matrix, populations: NDArray[np.bool_], times: Array
) -> Matrix:
    """Return exp(L t) applied to elements of ρ, at several times.

    Parameters
    ----------
    total : ndarray of complex, shape (point, m, m)
        Generators.
    start : ndarray of complex, shape (point, m)
        Elements at time 0.
    populations : ndarray of bool, shape (m,)
        Which elements are populations.
    times : ndarray, shape (t,)
        Increasing, >= 0.

    Returns
    -------
    ndarray of complex, shape (point, t, m)

    Examples
    --------
    >>> relaxing = np.array([[[-1.0, 0.0], [1.0, 0.0]]], complex)
    >>> start, both = np.array([[1.0, 0.0]], complex), np.array([True, True])
    >>> propagated(relaxing, start, both, np.array([0.0, 1.0])).real.round(3)
    array([[[1.   , 0.   ],
            [0.368, 0.632]]])
    """
    values = np.zeros((len(start), len(times), start.shape[-1]), complex)
    steps = _steps(times)
    for chosen in separate(total):
        if np.any(start[:, chosen]):
            good = coordinates(total[:, chosen[:, None], chosen], populations[chosen])
            moved = _stepped(good.matrix, start[:, chosen] @ good.forward.T, steps)
            turn = np.exp(1j * good.frequency[:, None] * times)
            values[..., chosen] = turn[..., None] * (moved @ good.backward.T)
    return values


def _steps(times: Array) -> Array:
    """Step to each time from the one before, equal but for rounding taken as equal."""
    steps = np.diff(times, prepend=0.0)
    order = np.argsort(steps)
    new = np.diff(steps[order], prepend=steps[order[0]]) > SAME_STEP * times[-1]
    group = np.zeros(len(steps), int)
    group[order] = np.cumsum(new)
    return np.asarray((np.bincount(group, steps) / np.bincount(group))[group])


def _stepped(matrix: Matrix, start: Matrix, steps: Array) -> Matrix:
    """Coordinates after each step, (point, t, m)."""
    from scipy.linalg import expm

    values = np.empty((len(start), len(steps), start.shape[-1]), complex)
    left = Counter(steps.tolist())
    known: dict[float, Matrix] = {}
    now = start
    for k, step in enumerate(steps.tolist()):
        if _prefers_action(matrix, step, left[step]):
            now = _acted(matrix * step, now)
        elif step > 0.0:
            if step not in known:
                known[step] = expm(matrix * step)
            now = (known[step] @ now[..., None])[..., 0]
        values[:, k] = now
        left[step] -= 1
        if not left[step]:
            known.pop(step, None)
    return values


def _prefers_action(matrix: Matrix, step: float, uses: int) -> bool:
    """Whether products with vectors, some ‖L t‖ of them, are fewer than those of matrices."""
    size = matrix.shape[-1]
    norm = float(np.abs(matrix).sum(-2).max()) * step
    return bool(size > DENSE_ELEMENTS and (norm + 50.0) * uses < 10.0 * size)


def _acted(matrix: Matrix, vectors: Matrix) -> Matrix:
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import expm_multiply

    pairs = zip(matrix, vectors, strict=True)
    return np.array([expm_multiply(csr_array(one), x) for one, x in pairs])
