r"""Local filters: what is left of a state when each party lets its part through, and how often.

.. math:: \rho' = \frac{K \rho K^\dagger}{p}, \qquad p = \mathrm{Tr}\, K \rho K^\dagger, \qquad
    K = K_A \otimes K_B \otimes \dots

A filter that keeps some levels of a subsystem is a projection; heralding is one with all parties
telling each other that they have kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.checks import items_of, require_kind
from entherm.errors import ParameterError
from entherm.parameters import Array
from entherm.resources.density_matrices import (
    Dimensions,
    Name,
    density_matrices,
    named_dimensions,
    of_known,
    places_in,
    total_dimension,
)

# What a filter's largest singular value may exceed 1 by: rounding.
ROUNDED_FILTER = 1e-12

# A smaller probability than this is rounding of a state's elements, and what it leads to is noise.
SMALLEST_PROBABILITY = 1e-15


@dataclass(frozen=True, eq=False)
class Filtered:
    """A state that has passed a filter.

    Attributes
    ----------
    density_matrix : ndarray of complex, shape (..., m, m)
        Of trace 1; NaN where it never passes.
    probability : ndarray, shape (...)
        That it passes.
    dimensions : dict of name to int
        Of the subsystems that are left, in the order of the tensor product; one of which a single
        level is kept is not among them.
    """

    density_matrix: NDArray[np.complex128]
    probability: Array
    dimensions: dict[Name, int]

    def measure(self, of: Callable[[Any], Array]) -> Array:
        """Return a measure of the filtered states, NaN where nothing passes.

        Parameters
        ----------
        of : callable
            From density matrices (..., m, m) to numbers (...), e.g. `concurrence_of`.

        Examples
        --------
        >>> from entherm.entanglement import negativity_of
        >>> tilted = np.outer([0.0, 0.6, 0.8, 0.0], [0.0, 0.6, 0.8, 0.0])
        >>> found = filtered(tilted, {"A": 2, "B": 2}, {"B": np.diag([0.75, 1.0])})
        >>> round(float(found.measure(negativity_of)), 12), round(float(found.probability), 12)
        (0.5, 0.72)
        """
        return of_known(of, self.density_matrix)[()]


def filtered(rho: ArrayLike, dimensions: Dimensions, filters: Mapping[Any, ArrayLike]) -> Filtered:
    r"""Pass a state through local filters.

    .. math:: \rho' = K \rho K^\dagger / p, \qquad p = \mathrm{Tr}\, K \rho K^\dagger

    Parameters
    ----------
    rho : array_like of complex, shape (..., n, n)
    dimensions : sequence of int, or mapping of str to int
        Of the subsystems, in the order of the tensor product.
    filters : mapping of name to array_like, shape (r, d)
        Of some subsystems, by name or by place; no singular value above 1. With r < d the
        subsystem has r levels afterwards.

    Returns
    -------
    Filtered

    Raises
    ------
    ParameterError
        For a filter of another shape, or one that amplifies; for a matrix that is no state.
    UnknownNameError
        For a subsystem that is not there; says which are.

    References
    ----------
    N. Gisin, Phys. Lett. A 210, 151 (1996).

    Examples
    --------
    >>> found = filtered(np.diag([0.25, 0.75]), (2,), {0: np.diag([1.0, 0.5])})
    >>> float(found.probability), found.density_matrix.diagonal().real.round(4)
    (0.4375, array([0.5714, 0.4286]))
    """
    named = named_dimensions(dimensions)
    remedy = "give e.g. {'A': [[1.0, 0.0], [0.0, 0.5]]}"
    require_kind(filters, Mapping, "filters", "be a mapping from subsystems to matrices", remedy)
    places_in(filters, named, "filters")
    matrix = density_matrices(rho, total_dimension(named))
    shape, count = matrix.shape[:-2], len(named)
    split = matrix.reshape(*shape, *named.values(), *named.values())
    left = dict(named)
    for place, (name, size) in enumerate(named.items()):
        if name in filters:
            K = _filter(filters[name], size, f"filters.{name}")
            split = _applied(K, split, place - 2 * count)
            split = _applied(K.conj(), split, place - count)
            left[name] = len(K)
    total = total_dimension(left)
    passed = split.reshape(*shape, total, total)
    # A state that is not positive, of Redfield's, may give less than nothing.
    probability = np.maximum(np.trace(passed, axis1=-2, axis2=-1).real, 0.0)
    possible = probability > SMALLEST_PROBABILITY
    scale = np.where(possible, probability, 1.0)[..., None, None]
    left_over = np.where(possible[..., None, None], passed / scale, np.nan)
    probability = np.where(possible, np.minimum(probability, 1.0), 0.0)
    kept = {name: size for name, size in left.items() if size > 1}
    return Filtered(left_over, probability[()], kept)


def level_filter(levels: Iterable[int], dimension: int, path: str = "levels") -> Array:
    r"""Return the projection on some levels of a subsystem, as a matrix of one row a level kept.

    Parameters
    ----------
    levels : iterable of int
        Excitation numbers, 0 being the ground state. The highest comes first in what is left,
        whatever their order here.
    dimension : int
        Levels of the subsystem.

    Raises
    ------
    ParameterError
        For a level that is not there or comes twice, and for none.

    Examples
    --------
    >>> level_filter((0, 1), 3)
    array([[0., 1., 0.],
           [0., 0., 1.]])
    """
    remedy = f"give levels among 0..{dimension - 1}, 0 being the ground state"
    listed = items_of(levels, path, remedy)
    if not listed:
        raise ParameterError(path, "keep at least one level", "none", remedy)
    for k, level in enumerate(listed):
        whole = isinstance(level, int | np.integer) and not isinstance(level, bool)
        if not whole or not 0 <= level < dimension:
            raise ParameterError(path, f"be levels among 0..{dimension - 1}", repr(level), remedy)
        if level in listed[:k]:
            raise ParameterError(path, "name each level once", repr(level), "drop one")
    rows = sorted(dimension - 1 - int(level) for level in listed)
    return np.eye(dimension)[rows]


def _filter(value: ArrayLike, size: int, path: str) -> NDArray[Any]:
    remedy = f"give a matrix of {size} columns, highest level first"
    try:
        K = np.asarray(value, complex)
    except (ValueError, TypeError, OverflowError):
        K = np.empty(0)
    if K.ndim != 2 or K.shape[1] != size or len(K) < 1 or not np.all(np.isfinite(K)):
        raise ParameterError(path, f"be a finite matrix of {size} columns", K.shape, remedy)
    largest = float(np.linalg.svd(K, compute_uv=False)[0])
    if largest > 1.0 + ROUNDED_FILTER:
        rule, remedy = "have no singular value above 1", f"divide it by {largest:.6g}"
        raise ParameterError(path, rule, f"{largest:.6g}", remedy)
    return K


def _applied(K: NDArray[Any], tensor: NDArray[Any], axis: int) -> NDArray[Any]:
    return np.moveaxis(np.moveaxis(tensor, axis, -1) @ K.T, -1, axis)
