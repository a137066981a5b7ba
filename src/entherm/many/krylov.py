"""Linear equations by products alone: GMRES, restarted, with the residuals on its way.

Written out because it is short, and because what decides about a steady state is how the residual
fell: one that stays where it is belongs to an equation without solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from entherm.parameters import Array

Act = Callable[[Array], Array]

# What the vectors of one cycle may take.
BASIS_BYTES = 1 << 29

# The length of a cycle where memory allows it: longer, and a restart loses nothing worth having.
LONGEST_CYCLE = 300

# A cycle that does not halve the residual will not be followed by one that does.
LEAST_GAIN = 0.5


@dataclass(frozen=True, eq=False)
class Approach:
    """How far a linear equation was solved.

    Attributes
    ----------
    solution : ndarray, shape (n,)
    residual : float
        ‖b − M x‖, of the solution itself, not of a recurrence.
    iterations : int
        Products with M, but for one a cycle.
    """

    solution: Array
    residual: float
    iterations: int


def basis_vectors(size: int) -> int:
    """Return how many vectors of `size` numbers one cycle keeps.

    Examples
    --------
    >>> basis_vectors(1000), basis_vectors(10**7)
    (300, 20)
    """
    return int(min(LONGEST_CYCLE, max(20, BASIS_BYTES // (8 * size))))


def gmres(act: Act, right: Array, aim: float, iterations: int) -> Approach:
    """Solve M x = b for a matrix that is known by its products, to a residual of `aim` or nearly.

    Ends early where a whole cycle does not halve the residual.

    Parameters
    ----------
    act : callable
        x → M x.
    right : ndarray, shape (n,)
    aim : float
        Largest ‖b − M x‖ wanted.
    iterations : int
        Most products of all cycles together.

    References
    ----------
    Y. Saad, M. H. Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986).

    Examples
    --------
    >>> matrix = np.array([[2.0, 1.0], [0.0, 3.0]])
    >>> gmres(matrix.__matmul__, np.array([3.0, 3.0]), 1e-12, 10).solution.round(9)
    array([1., 1.])
    """
    solution, left = np.zeros_like(right), right
    size, used = float(np.linalg.norm(right)), 0
    cycle = min(basis_vectors(right.size), right.size)
    while size > aim and used < iterations:
        step, steps = _cycle(act, left, aim, min(cycle, iterations - used))
        moved = solution + step
        rest = right - act(moved)
        fallen = float(np.linalg.norm(rest))
        used += steps
        if not fallen < size:
            break
        stuck = fallen > LEAST_GAIN * size
        solution, left, size = moved, rest, fallen
        if stuck:
            break
    return Approach(solution, size, used)


def _cycle(act: Act, residual: Array, aim: float, length: int) -> tuple[Array, int]:
    """One cycle from a residual: the step that minimises what is left, and how many products."""
    basis = np.empty((length + 1, residual.size))
    upper = np.zeros((length + 1, length))
    turns = np.zeros((2, length))
    size = float(np.linalg.norm(residual))
    basis[0] = residual / size
    rest = np.zeros(length + 1)
    rest[0] = size
    for k in range(length):
        vector = act(basis[k])
        column = np.zeros(k + 1)
        # Twice is enough: the basis stays orthogonal to rounding (Kahan, Parlett).
        for _ in range(2):
            overlap = basis[: k + 1] @ vector
            vector = vector - overlap @ basis[: k + 1]
            column += overlap
        beyond = float(np.linalg.norm(vector))
        for m in range(k):
            a, b = column[m], column[m + 1]
            column[m] = turns[0, m] * a + turns[1, m] * b
            column[m + 1] = -turns[1, m] * a + turns[0, m] * b
        length_of = np.hypot(column[k], beyond)
        if length_of == 0.0:
            return _step(basis, upper, rest, k), k + 1
        turns[:, k] = column[k] / length_of, beyond / length_of
        column[k] = length_of
        upper[: k + 1, k] = column
        rest[k], rest[k + 1] = turns[0, k] * rest[k], -turns[1, k] * rest[k]
        if abs(rest[k + 1]) <= aim or beyond == 0.0:
            return _step(basis, upper, rest, k + 1), k + 1
        basis[k + 1] = vector / beyond
    return _step(basis, upper, rest, length), length


def _step(basis: Array, upper: Array, rest: Array, count: int) -> Array:
    weights = np.zeros(count)
    for k in reversed(range(count)):
        weights[k] = (rest[k] - upper[k, k + 1 : count] @ weights[k + 1 :]) / upper[k, k]
    return weights @ basis[:count]
