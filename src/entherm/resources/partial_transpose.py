r"""Negativity across any cut of any number of subsystems, by the partial transpose.

.. math:: N = \tfrac12 \big(\|\rho^{T_S}\|_1 - 1\big), \qquad E_N = \log_2 (2 N + 1)

It vanishes on every separable state; where it vanishes the state is separable for 2 × 2 and 2 × 3
levels, and may be bound entangled beyond.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.checks import real_numbers
from entherm.errors import ParameterError
from entherm.parameters import Array, as_array, require, stands_in
from entherm.resources.density_matrices import (
    COINCIDENCE,
    Dimensions,
    Name,
    density_matrices,
    named_dimensions,
    note_kink,
    places_in,
    total_dimension,
)

KINK = (
    "The negativity has a kink where an eigenvalue of the partial transpose passes zero: "
    "differentiate to either side of it"
)


def negativity_of_cut(rho: ArrayLike, dimensions: Dimensions, cut: Iterable[Name]) -> Array:
    r"""Negativity between some subsystems and all the others.

    .. math:: N = \tfrac12 \big(\|\rho^{T_S}\|_1 - 1\big)

    Parameters
    ----------
    rho : array_like of complex, shape (..., n, n)
        In the basis of the tensor product.
    dimensions : sequence of int, or mapping of str to int
        Of the subsystems, in the order of the tensor product.
    cut : iterable of str or int
        The subsystems on one side: names, or places where `dimensions` has no names.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    ParameterError
        For a cut of nothing or of everything, a name given twice, a matrix that is no state.
    UnknownNameError
        For a subsystem that is not there; says which are.

    References
    ----------
    G. Vidal, R. F. Werner, Phys. Rev. A 65, 032314 (2002).

    Examples
    --------
    >>> ghz = np.zeros((8, 8))
    >>> ghz[np.ix_([0, 7], [0, 7])] = 0.5
    >>> round(float(negativity_of_cut(ghz, {"A": 2, "B": 2, "C": 2}, ["A"])), 12)
    0.5
    """
    named = named_dimensions(dimensions)
    places = places_in(cut, named, "cut")
    if not 0 < len(places) < len(named):
        got = "nothing" if not places else "all of them"
        remedy = f"name some of {', '.join(map(str, named))} and leave some out"
        raise ParameterError("cut", "leave subsystems on both sides", got, remedy)
    matrix = density_matrices(rho, total_dimension(named))
    return negative_part(partial_transpose(matrix, tuple(named.values()), places))


def partial_transpose(rho: Any, dimensions: tuple[int, ...], places: tuple[int, ...]) -> Any:
    """Return matrices (..., n, n) with rows and columns of some subsystems exchanged.

    Examples
    --------
    >>> bell = np.zeros((4, 4))
    >>> bell[1:3, 1:3] = 0.5
    >>> partial_transpose(bell, (2, 2), (1,))[0]
    array([0. , 0. , 0. , 0.5])
    """
    count = len(dimensions)
    split = np.reshape(rho, (*rho.shape[:-2], *dimensions, *dimensions))
    for k in places:
        split = np.swapaxes(split, k - 2 * count, k - count)
    return np.reshape(split, rho.shape)


def negative_part(transposed: Any) -> Array:
    """Return minus the sum of the negative eigenvalues of Hermitian matrices (..., n, n).

    Examples
    --------
    >>> float(negative_part(np.diag([0.5, -0.25, 0.75, 0.0])))
    0.25
    """
    values = np.linalg.eigvalsh(transposed)
    for k in range(values.shape[-1] if stands_in(values) else 0):
        note_kink(np.abs(values[..., k]) <= COINCIDENCE, [values[..., k]], KINK)
    return as_array(0.0 - np.minimum(values, 0.0).sum(-1))


def logarithmic_negativity(negativity: ArrayLike) -> Array:
    r"""Logarithmic negativity, from the negativity of any cut.

    .. math:: E_N = \log_2 (2 N + 1)

    Parameters
    ----------
    negativity : array_like, shape (...)
        As `negativity_of`, `negativity_of_cut` and the observables have it: 1/2 for a Bell state.

    Returns
    -------
    ndarray, shape (...)
        In ebits.

    Raises
    ------
    ParameterError
        For a negativity below zero, or NaN.

    References
    ----------
    M. B. Plenio, Phys. Rev. Lett. 95, 090503 (2005).

    Examples
    --------
    >>> float(logarithmic_negativity(0.5))
    1.0
    """
    n = real_numbers(negativity, "negativity")
    require(n >= 0.0, n, "negativity", "be >= 0", "give a negativity")
    return as_array(np.log1p(2.0 * n) / np.log(2.0))
