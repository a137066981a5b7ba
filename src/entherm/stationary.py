r"""The stationary state of a batch of generators, and whether it is the only one.

Coherences are eliminated first, then populations (`entherm.elimination`). What that needs also
decides uniqueness, without singular values: let M be the generator L with the equation of one
population replaced by the trace. M differs from L by a matrix of rank one, so the smallest singular
value of M is at most the second smallest of L (interlacing), and

.. math:: \|M^{-1}\| \le \|A_{cc}^{-1}\| + (1 + \|A_{cc}^{-1} A_{cp}\|)
    (1 + \|A_{pc} A_{cc}^{-1}\|)\, \|R^{-1}\|

with R the reduced equations of the populations, the trace among them. Where that bound proves the
second smallest to be far from zero, the state is unique; where it does not, singular values are
computed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entherm.elimination import populations_without_subtraction
from entherm.parameters import Array, as_array

# Singular values of a generator below this fraction of the largest count as zero. Only the
# general routes need it; a rate equation is judged by its zero pattern.
KERNEL_TOLERANCE = 1e-13

# No density matrix has a larger element than 1; a Redfield state exceeds it by its error.
LARGEST_ELEMENT = 2.0

# In place of the kernel's dimension: the equation has no meaning, or the iteration no end.
MEANINGLESS, UNSETTLED = -1, -2

# How many tolerances a bound has to prove: room for the rounding of what it is made of.
MARGIN = 100.0


def stationary(system: Array, count: int) -> tuple[Array, NDArray[np.intp]]:
    """Return the null vectors of generators over real coordinates, and their kernels' dimensions.

    Parameters
    ----------
    system : ndarray, shape (k, m, m)
        Finite; over `count` populations, then real and imaginary parts of coherences.
    count : int

    Returns
    -------
    ndarray, shape (m, k)
        Populations adding up to one, and coherences; NaN where there is no single null vector.
    ndarray of int, shape (k,)
        Dimension of the kernel.

    Examples
    --------
    >>> stationary(np.array([[[-3.0, 1.0], [3.0, -1.0]]]), 2)
    (array([[0.25],
           [0.75]]), array([1]))
    """
    try:
        found, proven = _null_vectors(system, count)
    except np.linalg.LinAlgError:
        found, proven = np.full(system.shape[1::-1], np.nan), np.zeros(len(system), bool)
    kernel = np.ones(len(system), np.intp)
    if not np.all(proven):
        doubtful = np.flatnonzero(~proven)
        kernel[doubtful] = kernel_dimensions(system[doubtful], count)
        for k in doubtful[np.isnan(found[0, doubtful]) & (kernel[doubtful] == 1)]:
            found[:, k] = _alone(system[k], count)
        found = np.where(kernel == 1, found, np.nan)
    return found, kernel


def _alone(system: Array, count: int) -> Array:
    """The null vector of one generator (m, m), NaN where what is eliminated is singular."""
    try:
        return _null_vectors(system[None], count)[0][:, 0]
    except np.linalg.LinAlgError:
        return np.full(len(system), np.nan)


def _null_vectors(system: Array, count: int) -> tuple[Array, NDArray[np.bool_]]:
    """Null vectors (m, k), and where the bound on M⁻¹ proves them to be the only ones.

    Norms are bounded by the largest entry times the dimensions, which does not overflow.
    """
    size = system.shape[-1]
    scale = np.max(np.abs(system), axis=(-2, -1))
    effective, inverse = system[:, :count, :count], np.zeros(len(system))
    driven, spread = np.zeros((len(system), 0, count)), np.ones(len(system))
    if size > count:
        pc, cp = system[:, :count, count:], system[:, count:, :count]
        unit = np.broadcast_to(np.eye(size - count), (len(system), size - count, size - count))
        solved = np.linalg.solve(system[:, count:, count:], np.concatenate([-cp, unit], -1))
        driven, inner = solved[..., :count], solved[..., count:]
        effective, inverse = effective + pc @ driven, _norm(inner)
        spread = (1.0 + _norm(driven)) * (1.0 + _norm(pc @ inner))
    trace = np.broadcast_to(scale[:, None, None], (len(system), 1, count))
    reduced = np.linalg.inv(np.concatenate([effective[:, :-1], trace], -2))
    weights, sound = populations_without_subtraction(np.transpose(effective, (2, 1, 0)))
    if not np.all(sound):
        weights = np.where(sound, weights, (reduced[..., -1] * scale[:, None]).T)
    coherences = (driven @ weights.T[..., None])[..., 0].T
    bound = (inverse + spread * _norm(reduced)) * scale * size
    return np.concatenate([weights, coherences]), bound * (MARGIN * KERNEL_TOLERANCE) < 1.0


def _norm(matrices: Array) -> Array:
    """A bound on the norm of matrices (k, rows, columns)."""
    rows, columns = matrices.shape[-2:]
    return as_array(np.sqrt(rows * columns) * np.max(np.abs(matrices), axis=(-2, -1)))


def kernel_dimensions(system: Array, count: int) -> NDArray[np.intp]:
    """Return how many singular values are zero, of generators over real coordinates (k, m, m).

    Examples
    --------
    >>> kernel_dimensions(np.zeros((1, 2, 2)), 2)
    array([2])
    """
    # √2 Re and √2 Im are orthonormal coordinates: singular values are those over the elements.
    unit = np.where(np.arange(system.shape[-1]) < count, 1.0, np.sqrt(2.0))
    values = np.linalg.svd(unit[:, None] * system / unit, compute_uv=False)
    return as_array((values <= KERNEL_TOLERANCE * values[..., :1]).sum(-1), np.intp)
