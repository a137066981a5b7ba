r"""The ladder of sectors: rates between neighbouring rungs, eliminated without subtraction.

Where every jump leads from one rung to the next, or stays on it, the rate equation is block
tridiagonal. From the top, a rung with populations p_u is removed by

.. math:: p_u = p_l X, \quad X = W_{l \to u} M_u^{-1}, \qquad
    W_{l \to l} \leftarrow W_{l \to l} + X W_{u \to l},

with M_u the exits of its levels on the diagonal, less the rates between them. M_u is an M-matrix,
and its factors L U come without subtraction in the manner of Grassmann, Taksar and Heyman
(Operations Research 33, 1107 (1985)): off the diagonal all entries are ≤ 0 and only grow in size,
and each pivot is the sum of what leaves its level, whatever rounding did to the diagonal. Halves
are factorised in turn, with the exits beyond a half summed up into one number a level, so that
nearly all of the work is products of matrices. Every entry of X and every population keeps its
relative precision.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entherm.parameters import Array

# Below, level by level: ten microseconds each, which so small products of matrices do not beat.
UNBLOCKED = 64


def factorise(matrix: Array, exits: Array) -> None:
    """Factorise an M-matrix in place, L with a unit diagonal and U, from rates alone.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Minus the rate i → j at [i, j]; the diagonal is not read.
    exits : ndarray, shape (n,)
        Total rate out of each level to what is not among them; overwritten by L⁻¹ `exits`.

    Examples
    --------
    >>> m = np.array([[0.0, -1.0], [-2.0, 0.0]])
    >>> factorise(m, np.array([1.0, 0.0]))
    >>> m
    array([[ 2., -1.],
           [-1.,  1.]])
    """
    count = len(matrix)
    if count > UNBLOCKED:
        _factorise_halves(matrix, exits)
        return
    for k in range(count):
        row = matrix[k, k + 1 :]
        pivot = exits[k] - row.sum()
        matrix[k, k] = pivot
        share = matrix[k + 1 :, k]
        share /= pivot
        matrix[k + 1 :, k + 1 :] -= share[:, None] * row
        exits[k + 1 :] -= share * exits[k]


def _factorise_halves(matrix: Array, exits: Array) -> None:
    half = len(matrix) // 2
    first, beside = matrix[:half, :half], matrix[:half, half:]
    below, rest = matrix[half:, :half], matrix[half:, half:]
    factorise(first, exits[:half] - beside.sum(1))
    beside[...] = _lower_solved(first, beside)
    exits[:half] = _lower_solved(first, exits[:half, None])[:, 0]
    below[...] = _solved_upper(below, first)
    rest -= below @ beside
    exits[half:] -= below @ exits[:half]
    factorise(rest, exits[half:])


def _lower_solved(factors: Array, right: Array) -> Array:
    """L⁻¹ B, of non-positive entries off the diagonal and a B of one sign: additions only."""
    from scipy.linalg.blas import dtrsm

    # BLAS works on transposes, which is what arrays in C order are to it.
    return np.asarray(
        dtrsm(1.0, factors.T, np.ascontiguousarray(right).T, side=1, lower=0, diag=1).T
    )


def _solved_upper(left: Array, factors: Array) -> Array:
    """B U⁻¹."""
    from scipy.linalg.blas import dtrsm

    return np.asarray(dtrsm(1.0, factors.T, np.ascontiguousarray(left).T, side=0, lower=1).T)


def returns(entering: Array, factors: Array) -> Array:
    """Return X = W M⁻¹ of rates W (l, u) in C order into a factorised rung; overwrites them.

    Examples
    --------
    >>> m = np.array([[2.0, -1.0], [-1.0, 1.0]])
    >>> returns(np.array([[1.0, 0.0]]), m)
    array([[1. , 0.5]])
    """
    from scipy.linalg.blas import dtrsm

    inside = dtrsm(1.0, factors.T, entering.T, side=0, lower=1, overwrite_b=1)
    return np.asarray(dtrsm(1.0, factors.T, inside, side=0, lower=0, diag=1, overwrite_b=1).T)


def bottom_weights(rates: Array) -> Array:
    """Return the populations of the last rung, up to a factor, from the rates i → j at [i, j].

    Examples
    --------
    >>> bottom_weights(np.array([[0.0, 3.0], [1.0, 0.0]]))
    array([0.33333333, 1.        ])
    """
    count = len(rates)
    matrix = -rates[: count - 1, : count - 1]
    factorise(matrix, rates[: count - 1, count - 1].copy())
    weights = returns(np.array(rates[count - 1 :, : count - 1], order="C"), matrix)
    return np.append(weights[0], 1.0)


def settles(leaving: list[Array], bottom: Array) -> bool:
    """Whether every level of every rung has a way down, and the last rung settles in one way.

    Decided from which rates are zero. A sufficient condition for a unique state that can be
    eliminated from the top; what fails it is looked at edge by edge.

    Parameters
    ----------
    leaving : list of ndarray
        Of each rung but the last, the total rate of each level to the next one.
    bottom : ndarray, shape (n, n)
        Rates i → j within the last rung.

    Examples
    --------
    >>> settles([np.array([1.0])], np.zeros((1, 1))), settles([np.zeros(1)], np.zeros((1, 1)))
    (True, False)
    """
    if not all(np.all(rates > 0.0) for rates in leaving):
        return False
    if len(bottom) == 1:
        return True
    return bool(np.all(np.triu(bottom, 1)[:-1].sum(1) > 0.0))


def closed_sets(
    rows: NDArray[np.intp], columns: NDArray[np.intp], count: int
) -> list[NDArray[np.intp]]:
    """Sets of levels that communicate and that nothing leaves, of edges from rows to columns.

    Examples
    --------
    >>> [s.tolist() for s in closed_sets(np.array([0, 0]), np.array([1, 2]), 3)]
    [[1], [2]]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    graph = csr_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(count, count))
    number, label = connected_components(graph, connection="strong")
    left = np.unique(label[rows[label[rows] != label[columns]]])
    closed = np.setdiff1d(np.arange(number), left)
    found = [np.flatnonzero(label == k) for k in closed]
    return sorted(found, key=lambda levels: int(levels[0]))
