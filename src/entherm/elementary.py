r"""Exponentials of our own, so that every engine gets the same bits.

NumPy, Numba and XLA each take their exponential from another library, and a compiled loop around a
library call is not vectorised. These are sums and products alone. With y = k ln 2 + r,
|r| <= ½ ln 2, and p = e^r − 1 from its Taylor series (the first term left out is 1e-17 of p),

.. math:: e^y = 2^k + 2^k p, \qquad e^y - 1 = (2^k - 1) + 2^k p,

so that one polynomial serves both, and e^y − 1 keeps its relative precision at small y, where
k = 0. Within 2 roundings of the exact value, also where the result is subnormal.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import ArrayLike

from entherm.parameters import Array, as_array

LOG2_E = 1.4426950408889634
# ln 2 in two parts: k times the first is exact, as it ends in 21 zero bits.
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
# Beyond these e^y is 0 or inf.
LOWEST, HIGHEST = -760.0, 720.0
# 1.5 × 2⁵²: added to a small number it leaves the nearest integer in the lowest bits.
SHIFTER = 6755399441055744.0
COEFFICIENTS = tuple(1.0 / factorial(n) for n in range(13, 1, -1))


def exponential(y: ArrayLike) -> Array:
    """Return e^y.

    Examples
    --------
    >>> bool(np.isclose(exponential(-700.0) / np.exp(-700.0), 1.0, rtol=1e-15))
    True
    >>> exponential([-np.inf, 0.0, np.inf])
    array([ 0.,  1., inf])
    """
    y = as_array(y)
    if not isinstance(y, np.ndarray):
        return as_array(np.exp(y))
    return _whole(*_reduced(y))


def exponential_less_one(y: ArrayLike) -> Array:
    """Return e^y − 1 without cancellation.

    Examples
    --------
    >>> exponential_less_one([-np.inf, 0.0, 1e-300])
    array([-1.e+000,  0.e+000,  1.e-300])
    """
    y = as_array(y)
    if not isinstance(y, np.ndarray):
        return as_array(np.expm1(y))
    return _less_one(*_reduced(y))


def both_exponentials(y: ArrayLike) -> tuple[Array, Array]:
    """Return e^y and e^y − 1, which share nearly all of their work.

    Examples
    --------
    >>> [float(x) for x in both_exponentials(0.0)]
    [1.0, 0.0]
    """
    y = as_array(y)
    if not isinstance(y, np.ndarray):
        return exponential(y), exponential_less_one(y)
    parts = _reduced(y)
    return _whole(*parts), _less_one(*parts)


def _whole(half: Array, rest: Array, p: Array) -> Array:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((half + half * p) * rest)


def _less_one(half: Array, rest: Array, p: Array) -> Array:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((half * rest - 1.0) + (half * p) * rest)


def _reduced(y: Array) -> tuple[Array, Array, Array]:
    """2^a, 2^b and p of y = (a + b) ln 2 + r; two powers, as one alone may not be normal."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        y = np.maximum(np.minimum(np.asarray(y, float), HIGHEST), LOWEST)
        k = (y * LOG2_E + SHIFTER) - SHIFTER
        r = (y - k * LN2_HIGH) - k * LN2_LOW
        p = COEFFICIENTS[0] * r + COEFFICIENTS[1]
        for coefficient in COEFFICIENTS[2:]:
            p = p * r + coefficient
        p = (p * r) * r + r
        shifted = 0.5 * k + SHIFTER
        return _power_of_two(shifted), _power_of_two((k - (shifted - SHIFTER)) + SHIFTER), p


def _power_of_two(shifted: Array) -> Array:
    exponent = np.asarray(shifted).view(np.int64)
    return ((exponent + 1023) << 52).view(np.float64)
