r"""What the dynamics leaves of a state: the generator's right and left null vectors.

.. math:: \rho(\infty) = \sum_k R_k \langle L_k, \rho(0) \rangle, \quad
    \langle L_k, R_l \rangle = \delta_{kl}

Where populations meet no coherence they follow a rate equation. Its null vectors are judged by
which rates are zero, and computed without subtraction: a population in each closed set of levels,
and for every level the probabilities of ending there, however small a rate is. Only what is left
is judged by singular values, against the largest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.elimination import closed_classes, stationary_populations_dense
from entherm.liouvillian import Element, Matrix
from entherm.parameters import Array
from entherm.stationary import KERNEL_TOLERANCE

# An eigenvalue of a generator of norm ‖L‖ is known to about 1e-15 ‖L‖; the margin covers the
# conditioning of a non-normal matrix.
PERIPHERAL_TOLERANCE = 1e-11

# An element of a state judged by singular values is rounding below this.
ELEMENT_TOLERANCE = 1e-13


@dataclass(frozen=True, eq=False)
class NullSpace:
    """Null vectors of a generator over m elements of ρ.

    Attributes
    ----------
    right, left : ndarray of complex, shape (m, k)
        Stationary operators and conserved quantities; left† right = 1.
    rounding : ndarray, shape (m,)
        What is below it in size is zero; itself zero for populations judged by which rates are.
    """

    right: Matrix
    left: Matrix
    rounding: Array

    @property
    def dimension(self) -> int:
        """Number k of linearly independent stationary operators."""
        return int(self.right.shape[1])

    def end(self, start: NDArray[Any]) -> Matrix:
        """Return what becomes of elements (m,)."""
        found = self.right @ (self.left.conj().T @ start)
        return np.asarray(np.where(np.abs(found) < self.rounding, 0.0, found))

    def observed(self, operator: Matrix) -> Matrix:
        """Return the conserved quantity that an observable (m,) tends to."""
        return np.asarray(self.left @ (self.right.conj().T @ operator))


def null_space(total: Matrix, elements: tuple[Element, ...]) -> NullSpace:
    """Return the null vectors of a generator at one point.

    Parameters
    ----------
    total : ndarray of complex, shape (m, m)
    elements : tuple of (int, int)
        What its rows stand for: pairs of levels, (a, a) for a population.

    Examples
    --------
    >>> drain = np.array([[-4.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]], complex)
    >>> null_space(drain, ((0, 0), (1, 1), (2, 2))).end(np.array([1.0, 0.0, 0.0])).real
    array([0.  , 0.25, 0.75])
    """
    diagonal = np.array([a == b for a, b in elements])
    p, c = np.flatnonzero(diagonal), np.flatnonzero(~diagonal)
    rates = total[np.ix_(p, p)].real.T * ~np.eye(len(p), dtype=bool)
    mixed = np.any(total[np.ix_(p, c)]) or np.any(total[np.ix_(c, p)])
    if mixed or np.any(rates < 0.0):
        return _by_singular_values(total)
    right, left = _of_rates(rates)
    coherent = _by_singular_values(total[np.ix_(c, c)])
    return NullSpace(
        _joined(len(elements), ((p, right), (c, coherent.right))),
        _joined(len(elements), ((p, left), (c, coherent.left))),
        np.where(diagonal, 0.0, ELEMENT_TOLERANCE),
    )


def peripheral_space(total: Matrix) -> tuple[Matrix, Matrix]:
    """Return the part of a generator whose eigenvalues iω lie on the imaginary axis.

    Returns
    -------
    vectors : ndarray of complex, shape (m, k)
        Orthonormal, of the same span as the left eigenvectors.
    form : ndarray of complex, shape (k, k)
        Upper triangular, total† vectors = vectors form.

    Examples
    --------
    >>> peripheral_space(np.diag([2j, -1.0, 0.0]))[1].diagonal().imag
    array([-2.,  0.])
    """
    from scipy.linalg import schur

    if not total.size:
        return np.zeros((0, 0), complex), np.zeros((0, 0), complex)
    close = PERIPHERAL_TOLERANCE * np.linalg.norm(total, 2)
    # An ordered Schur form keeps the space apart where eigenvectors of a non-normal matrix do not.
    form, vectors, count = schur(
        total.conj().T, output="complex", sort=lambda value: bool(abs(value.real) <= close)
    )
    inner = form[:count, :count]
    return vectors[:, :count], np.where(np.abs(inner) <= close, 0.0, inner)


def _joined(size: int, parts: Iterable[tuple[NDArray[Any], NDArray[Any]]]) -> Matrix:
    columns = []
    for rows, block in parts:
        whole = np.zeros((size, block.shape[1]), complex)
        whole[rows] = block
        columns.append(whole)
    return np.concatenate(columns, axis=1)


def _by_singular_values(matrix: Matrix) -> NullSpace:
    left, values, right = np.linalg.svd(matrix)
    small = values <= KERNEL_TOLERANCE * values.max(initial=0.0)
    into, out = left[:, small], right[small].conj().T
    return NullSpace(
        out,
        into @ np.linalg.inv(into.conj().T @ out).conj().T,
        np.full(len(matrix), ELEMENT_TOLERANCE),
    )


def _of_rates(rates: Array) -> tuple[Array, Array]:
    """Populations of each closed set, and the probability of ending there, (n, k) both."""
    edges = list(zip(*map(np.ndarray.tolist, np.nonzero(rates)), strict=True))
    classes = closed_classes(edges, len(rates))
    populations = np.zeros((len(rates), len(classes)))
    for k, members in enumerate(classes):
        populations[members, k] = stationary_populations_dense(rates[np.ix_(members, members)])
    return populations, absorption_probabilities(rates, classes)


def absorption_probabilities(rates: Array, classes: list[tuple[int, ...]]) -> Array:
    """Return the probability of ending in each closed set of levels, from each level.

    Levels of no closed set are removed one by one, what passes through them being redirected, as
    in `entherm.elimination`: sums, products and quotients of rates only.

    Parameters
    ----------
    rates : ndarray, shape (n, n)
        [i, j] is the rate i → j.
    classes : list of tuple of int
        The closed sets.

    Returns
    -------
    ndarray, shape (n, k)

    Examples
    --------
    >>> rates = np.array([[0.0, 1e-300, 3e-300], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    >>> absorption_probabilities(rates, [(1,), (2,)])[0]
    array([0.25, 0.75])
    """
    work = np.array(rates)
    found = np.zeros((len(rates), len(classes)))
    for k, members in enumerate(classes):
        found[members, k] = 1.0
    passing = np.flatnonzero(found.sum(-1) == 0.0)
    shares = []
    for position, level in enumerate(passing):
        share = work[level].copy()
        share[passing[: position + 1]] = 0.0
        share /= share.sum()
        later = passing[position + 1 :]
        work[later] += work[later, level, None] * share
        shares.append(share)
    for level, share in zip(passing[::-1], shares[::-1], strict=True):
        found[level] = share @ found
    return found
