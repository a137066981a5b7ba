r"""Least entropy that a projective measurement of one qubit leaves to another.

.. math:: \min_{\mathbf n} \sum_\pm p_\pm S(\rho_{A|\pm \mathbf n})

It is concave in **n**, since a conditional entropy is concave in the unnormalised conditional
states and these are affine in **n**. So the step to −∇f/\|∇f\|, the least point of its tangent
plane over the sphere, never rises. It is taken from the lowest local minima of two grids, then
Newton's method ends at rounding.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entherm.parameters import Array

# Directions on the sphere, 0.25 rad apart.
DIRECTIONS = 200

# Local minima of each grid that are followed, and how far.
FOLLOWED, DESCENTS, NEWTON = 4, 8, 16

# States whose grids are in memory at once, with their neighbours: 2¹⁸ directions are 16 MiB.
GRID_ELEMENTS = 1 << 18

# Below, a conditional state is pure to rounding, and the slope of its entropy is kept finite.
PURE = 1e-15


def least_entropy(a: Array, b: Array, T: Array) -> Array:
    r"""Least mean entropy of a qubit after a projective measurement of another one, in nats.

    Parameters
    ----------
    a, b : ndarray, shape (..., 3)
        Bloch vectors of the two; the second is measured.
    T : ndarray, shape (..., 3, 3)
        Their correlation matrix.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> round(float(least_entropy(np.zeros(3), np.zeros(3), np.diag([0.0, 0.0, 1.0]))), 12)
    0.0
    """
    a, b, T = np.asarray(a), np.asarray(b), np.asarray(T)
    shape = a.shape[:-1]
    a, b, T = a.reshape(-1, 3), b.reshape(-1, 3), T.reshape(-1, 3, 3)
    found = np.empty(len(a))
    step = GRID_ELEMENTS // DIRECTIONS
    for start in range(0, len(a), step):
        some = slice(start, start + step)
        found[some] = _least(a[some], b[some], T[some])
    return found.reshape(shape)


def _least(a: Array, b: Array, T: Array) -> Array:
    even, _ = _grid()
    grids = np.broadcast_to(even, (len(a), *even.shape)), _aberrated(b)
    starts = [_minima(a, b, T, directions) for directions in grids]
    n, best = (np.concatenate(x, axis=1) for x in zip(*starts, strict=True))
    a, b, T = (np.repeat(x[:, None], n.shape[1], axis=1) for x in (a, b, T))
    reach = np.ones(best.shape)
    for k in range(DESCENTS + NEWTON):
        change = _to_the_tangent(a, b, T, n) if k < DESCENTS else _newton(a, b, T, n)
        tried = n + reach[..., None] * change
        tried /= length(tried)[..., None]
        entropy = _mean_entropy(a, b, T, tried)
        better = entropy < best
        n = np.where(better[..., None], tried, n)
        best = np.where(better, entropy, best)
        if k >= DESCENTS:
            reach = np.where(better, np.minimum(2.0 * reach, 1.0), 0.25 * reach)
    return np.asarray(best.min(-1))


def _minima(a: Array, b: Array, T: Array, directions: Array) -> tuple[Array, Array]:
    """Lowest local minima on a grid of directions (m, k, 3), and the entropies there."""
    _, near = _grid()
    values = _mean_entropy(a[:, None], b[:, None], T[:, None], directions)
    lowest = np.all(values[..., None] <= values[:, near], axis=-1)
    order = np.argsort(np.where(lowest, values, np.inf), axis=-1, kind="stable")[:, :FOLLOWED]
    n = np.take_along_axis(directions, order[..., None], 1)
    return n, np.take_along_axis(values, order, -1)


@lru_cache(maxsize=1)
def _grid() -> tuple[Array, NDArray[np.intp]]:
    """Directions evenly over the sphere, and for each the six nearest."""
    k = np.arange(DIRECTIONS)
    z = (2.0 * k + 1.0) / DIRECTIONS - 1.0
    turn = np.pi * (3.0 - np.sqrt(5.0)) * k
    n = np.stack([np.sqrt(1.0 - z * z) * np.cos(turn), np.sqrt(1.0 - z * z) * np.sin(turn), z], -1)
    return n, np.argsort(-(n @ n.T), axis=-1, kind="stable")[:, 1:7]


def _aberrated(b: Array) -> Array:
    r"""Directions (m, k, 3) that are even once the measured qubit is filtered to be fully mixed.

    Where it is almost pure, everything happens in a cone of width √(1 − \|b\|) about **b**, where
    the outcome that hardly ever comes tells something. The filter :math:`\rho_B^{-1/2}` boosts the
    four-vectors (1, **n**) of pure states by the velocity **b**.
    """
    even, _ = _grid()
    beta = b * (np.minimum(1.0, (1.0 - PURE) / np.maximum(length(b), PURE)))[:, None]
    root = np.sqrt(1.0 - (beta * beta).sum(-1))[:, None, None]
    along = beta @ even.T
    moved = root * even + (1.0 + along[..., None] / (1.0 + root)) * beta[:, None]
    return np.asarray(moved / length(moved)[..., None])


def _mean_entropy(a: Array, b: Array, T: Array, n: Array) -> Array:
    """Σ p± S(ρ±) in nats, as −Σ λ ln λ + Σ p ln p of the unnormalised eigenvalues λ."""
    along, turned = (b * n).sum(-1), np.einsum("...ij,...j->...i", T, n)
    total = np.zeros(np.broadcast_shapes(along.shape, turned.shape[:-1]))
    for sign in (1.0, -1.0):
        u, w = 1.0 + sign * along, length(a + sign * turned)
        total += minus_log(0.25 * (u + w)) + minus_log(0.25 * (u - w)) - minus_log(0.5 * u)
    return total


def _derivatives(a: Array, b: Array, T: Array, n: Array) -> tuple[Array, Array]:
    r"""Gradient and Hessian of the mean entropy Σ f(u, w) by n.

    With u = 1 ± b·n, v = a ± T n, w = \|v\|: f_w = −½ artanh(w/u), f_u = ½ ln 2 − ¼ ln(1 − w²/u²),
    f_ww = −½ u/(u² − w²), and f_uw = −(w/u) f_ww, f_uu = (w/u)² f_ww, f being homogeneous.
    """
    along, turned = (b * n).sum(-1), np.einsum("...ij,...j->...i", T, n)
    gradient, hessian = np.zeros(n.shape), np.zeros((*n.shape, 3))
    for sign in (1.0, -1.0):
        v = a + sign * turned
        u, w = np.maximum(1.0 + sign * along, PURE), length(v)
        r = np.minimum(w / u, 1.0 - PURE)
        unit = v / np.maximum(w, PURE)[..., None]
        back = sign * np.einsum("...ij,...i->...j", T, unit)
        f_u, f_w = 0.5 * np.log(2.0) - 0.25 * np.log1p(-r * r), -0.5 * np.arctanh(r)
        f_ww = -0.5 / (u * (1.0 - r * r))
        gradient += f_u[..., None] * sign * b + f_w[..., None] * back
        # f_ww and its like belong to one direction, that in which w/u changes.
        moved = back - r[..., None] * sign * b
        bent = np.where(w > PURE, f_w / np.maximum(w, PURE), -0.5 / u)[..., None, None]
        across = np.einsum("...ki,...kj->...ij", T, T) - back[..., :, None] * back[..., None, :]
        hessian += f_ww[..., None, None] * moved[..., :, None] * moved[..., None, :] + bent * across
    return gradient, hessian


def _to_the_tangent(a: Array, b: Array, T: Array, n: Array) -> Array:
    gradient, _ = _derivatives(a, b, T, n)
    size = length(gradient)[..., None]
    return np.where(size > PURE, -gradient / np.maximum(size, PURE) - n, 0.0)


def _newton(a: Array, b: Array, T: Array, n: Array) -> Array:
    """Step of Newton's method on the sphere, of at most a tenth of a radian."""
    gradient, hessian = _derivatives(a, b, T, n)
    rise = (gradient * n).sum(-1)
    first = np.cross(n, np.eye(3)[np.argmin(np.abs(n), axis=-1)])
    first /= length(first)[..., None]
    frame = np.stack([first, np.cross(n, first)], -1)
    bent = np.swapaxes(frame, -1, -2) @ hessian @ frame - rise[..., None, None] * np.eye(2)
    slope = np.einsum("...ik,...i->...k", frame, gradient)
    curvature, turned = np.linalg.eigh(bent)
    # A curvature of the wrong sign, or none, is stepped along as if it were right.
    size = np.maximum(np.abs(curvature), PURE)
    step = -np.einsum("...kj,...j,...lj,...l->...k", turned, 1.0 / size, turned, slope)
    step *= np.minimum(1.0, 0.1 / np.maximum(length(step), PURE))[..., None]
    return np.asarray(np.einsum("...ik,...k->...i", frame, step))


def minus_log(p: Array) -> Array:
    """Return −p ln p; 0 for what is not above 0.

    Examples
    --------
    >>> float(minus_log(np.array(1.0))) == 0.0
    True
    """
    return np.asarray(-p * np.log(np.where(p > 0.0, p, 1.0)))


def length(vector: Array) -> Array:
    """Return the lengths of vectors (..., 3).

    Examples
    --------
    >>> float(length(np.array([3.0, 0.0, 4.0])))
    5.0
    """
    return np.asarray(np.sqrt((vector * vector).sum(-1)))
