r"""Principal-value integrals of a power spectrum: what a reservoir does to the energies.

.. math:: \lambda(\omega) = \frac{1}{2\pi}\, \mathrm{P}\!\!\int_{-\infty}^{\infty}
    \frac{S(\omega')}{\omega - \omega'}\, d\omega'
    = \frac{1}{2\pi} \int_0^\infty \frac{S(\omega - u) - S(\omega + u)}{u}\, du.

The second form has no pole. It is split where either argument meets a break point of S, and each
panel goes to the double-exponential rule: the trapezoidal rule in t, with the fraction
x = 1 / (1 + exp(-π sinh t)) of the panel behind u. Its nodes crowd exponentially at both ends, so
that a kink, an integrable singularity, a thermal edge or a narrow line at an end costs little, and
halving the step doubles the number of digits. Nodes are laid out by their distance from the ends,
so that ω' = 0 is approached without rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from entherm.errors import EnthermError
from entherm.parameters import Array, broadcast_shape, parameter, require

Spectral = Callable[[Array], Array]

REACH = 5.5  # of |t|: there x or 1 - x is 1e-167
COARSEST_STEP = 0.25
# Coarse steps may agree by chance; beyond the last halving a break point is missing.
FIRST_HALVING_TRUSTED, LAST_HALVING = 2, 5
# Of the change at the last halving, whose square is about the error that is left: sought, and
# accepted where the rounding of ω ± u is felt (a line of 1e-6 of its frequency).
SOUGHT, ACCEPTED = 1e-9, 1e-8
CHUNK = 2**20  # values of S asked for at once, 8 MB an array


class PrincipalValueError(EnthermError):
    """The integral does not exist, or the break points do not describe the spectrum."""


def principal_value(
    spectrum_function: Spectral,
    omega: ArrayLike,
    breakpoints: Sequence[ArrayLike],
    scale: ArrayLike,
) -> Array:
    """Return λ(ω) = (1/2π) P∫ S(ω') / (ω − ω') dω', what shifts levels in a Lamb shift.

    The error is checked by halving the step until λ changes by less than 1e-9 of the integral of
    the integrand's size and of S(ω). The error that is left is about the square of that, so that
    rounding decides: some 1e-15, and 1e-16 ω/w at a line of width w.

    Parameters
    ----------
    spectrum_function : callable
        S at signed frequencies: gets an array of shape (..., nodes), where (...) is the common
        shape of the other arguments, and returns S there. Real, smooth but for `breakpoints`.
    omega : array_like, shape (...)
        Where λ is wanted, of any sign; not at a jump of S, where λ is infinite.
    breakpoints : sequence of array_like, shape (...)
        Where S has a kink, a jump or structure much narrower than `scale`; the mirror image −b of
        each is split as well, and so is 0.
    scale : array_like, shape (...)
        > 0, about where S starts to decay (a cut-off); it centres the nodes of the infinite panel.

    Returns
    -------
    ndarray, shape (...)

    Raises
    ------
    PrincipalValueError
        Where the integral does not converge: S does not decay (a flat spectrum), jumps at ω, is
        not finite, or has structure that no break point tells of.

    References
    ----------
    H. Takahasi and M. Mori, Publ. RIMS Kyoto Univ. 9, 721 (1974), for the rule.

    Examples
    --------
    The line S = 2 / (1 + ω²) has λ = ω / (1 + ω²).

    >>> float(principal_value(lambda w: 2.0 / (1.0 + w**2), 2.0, (), scale=1.0))
    0.4
    """
    arguments = {"omega": parameter(omega, "omega"), "scale": parameter(scale, "scale")}
    require(arguments["scale"] > 0, arguments["scale"], "scale", "be > 0", "give the cut-off")
    for index, point in enumerate(breakpoints):
        arguments[f"breakpoints.{index}"] = parameter(point, f"breakpoints.{index}")
    shape = broadcast_shape(arguments)
    at, width, *points = (np.broadcast_to(a, shape)[..., None] for a in arguments.values())
    distances = [np.abs(at - sign * point) for point in points for sign in (1.0, -1.0)]
    ends = np.sort(np.concatenate([np.zeros_like(at), np.abs(at), *distances], axis=-1), axis=-1)
    panels = [(a[..., None], b[..., None]) for a, b in pairwise(np.moveaxis(ends, -1, 0))]
    finite = [_Panel(at, a, b, b - a) for a, b in panels if np.any(b > a)]
    infinite = _Panel(at, ends[..., -1:], None, width)
    return np.asarray(_converged(spectrum_function, [*finite, infinite]) / (2.0 * np.pi))


class _Panel(NamedTuple):
    # All (..., 1); a panel without an end is infinite, and its length is the scale of u.
    omega: Array
    start: Array
    end: Array | None
    length: Array


class _Sums(NamedTuple):
    # Sums over nodes of the integrand and of its size, and its size at the outermost nodes.
    value: Array
    gross: Array
    outermost: Array


def _converged(function: Spectral, panels: list[_Panel]) -> Array:
    step = COARSEST_STEP
    count = round(REACH / step)
    rows = [_sums(function, panel, np.linspace(-REACH, REACH, 2 * count + 1)) for panel in panels]
    values, gross = [step * row.value for row in rows], step * sum(row.gross for row in rows)
    # S(ω) itself is a scale too: at the centre of a line the integrand is nearly 0 everywhere.
    with np.errstate(all="ignore"):
        level = np.abs(function(panels[0].omega)[..., 0])
    level = np.where(np.isfinite(level), level, 0.0)
    # What |t| > REACH would add is no more than this: beyond, the integrand falls ever faster.
    outermost = sum(row.outermost for row in rows)
    for halving in range(1, LAST_HALVING + 1):
        count = round(REACH / step)
        midway = np.asarray(step * (np.arange(-count, count) + 0.5), np.float64)
        rows = [_sums(function, panel, midway) for panel in panels]
        refined = [0.5 * (old + step * row.value) for old, row in zip(values, rows, strict=True)]
        gross = 0.5 * (gross + step * sum(row.gross for row in rows))
        change = sum(np.abs(new - old) for new, old in zip(refined, values, strict=True))
        values, step = refined, 0.5 * step
        error = np.asarray(change + outermost)
        if halving >= FIRST_HALVING_TRUSTED and np.all(error <= SOUGHT * (gross + level)):
            break
    relative = error / np.where(gross + level > 0.0, gross + level, 1.0)
    if not np.all(relative <= ACCEPTED):
        at = np.broadcast_to(panels[0].omega[..., 0], relative.shape).flat[np.argmax(relative)]
        raise PrincipalValueError(
            f"The principal value at omega = {at:.6g} does not converge (relative change "
            f"{relative.max():.1e} at the last halving): the spectrum must decay, not jump at this "
            f"frequency, and have a break point at each line and kink."
        )
    return np.asarray(sum(values))


def _sums(function: Spectral, panel: _Panel, nodes: Array) -> _Sums:
    size = max(1, CHUNK // max(panel.omega.size, 1))
    parts = [_integrand(function, panel, nodes[i : i + size]) for i in range(0, nodes.size, size)]
    sizes = [np.abs(part) for part in parts]
    return _Sums(
        np.asarray(sum(part.sum(axis=-1) for part in parts)),
        np.asarray(sum(part.sum(axis=-1) for part in sizes)),
        np.asarray(sizes[0][..., 0] + sizes[-1][..., -1]),
    )


def _integrand(function: Spectral, panel: _Panel, t: Array) -> Array:
    # (..., nodes): [S(ω − u) − S(ω + u)] / u du/dt. With x = 1 / (1 + e^{-π sinh t}),
    # dx/dt = π cosh t x (1 − x); u is start + length x, or start + length x / (1 − x).
    behind, ahead = (1.0 / (1.0 + np.exp(sign * np.pi * np.sinh(t))) for sign in (-1.0, 1.0))
    omega, start, end, length = panel
    if end is None:
        base, distance = start, length * (behind / ahead)
        weight = np.pi * np.cosh(t) * distance
    else:
        # From the nearer end, and with ω − end first: at a break point b = 0 that is exactly 0.
        base = np.where(t < 0.0, start, end)
        distance = np.where(t < 0.0, length * behind, -length * ahead)
        weight = np.pi * np.cosh(t) * (length * behind * ahead)
    u = base + distance
    with np.errstate(over="ignore", invalid="ignore"):
        lower, upper = function((omega - base) - distance), function((omega + base) + distance)
        inside = (weight > 0.0) & (u > 0.0)  # a panel of no length has nodes at its singular end
        values = np.where(inside, (lower - upper) / np.where(inside, u, 1.0) * weight, 0.0)
    if not np.all(np.isfinite(values)):
        at = np.broadcast_to(omega, values.shape)[~np.isfinite(values)][0]
        raise PrincipalValueError(
            f"The principal value at omega = {at:.6g} meets a spectrum that is not finite: give "
            f"it a cut-off, or a break point where it is singular."
        )
    return np.asarray(values)
