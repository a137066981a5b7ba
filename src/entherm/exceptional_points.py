r"""Exceptional points: where eigenvalues of the generator meet and their eigenoperators with them.

Near one of order 2 two eigenvalues part as a square root of the parameter, λ ≈ λ₀ ± c √(x − x₀),
and their condition numbers diverge as its inverse. Three steps find it:

- scan: the sum of the logarithms of all condition numbers has a logarithmic peak there, and none at
  a plain crossing; real eigenvalues may leave the axis there, a pair at a time;
- refine: the sum of (λ − mean)² over the eigenvalues that meet is analytic in the parameter, with
  a simple root there, whatever the order;
- judge: the generator on their invariant subspace, less its eigenvalue, is nilpotent and not zero.
  The power that vanishes is the order; at a crossing it is the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.checks import require_name
from entherm.clusters import fixed_over
from entherm.decay import NOTHING, require_meaning
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.liouvillian import Matrix, generator
from entherm.machine import Machine, require_machine
from entherm.operators import adjoint
from entherm.parameters import Array, parameter
from entherm.propagation import coordinates, separate

# Points of the scan; exceptional points of one set of elements that are nearer to each other than
# one or two of its steps may be taken for one.
SCAN_POINTS = 257

# By how much at least a peak of the scan stands above two steps aside: that of order 2 by ln 3.
PROMINENCE = 0.05

# Each zoom puts this many points where three were.
ZOOM_POINTS, ZOOMS = 33, 5

# Eigenvalues that differ by no more than their own rounding, this times the generator's norm and
# the larger condition number, are one by structure.
EQUAL = 128 * np.finfo(float).eps

# Where eigenvalues that meet are looked at from aside, in steps of the scan: their condition
# numbers are then 300 and more; at a plain crossing, or far from any, they do not grow by zooming.
ASIDE = 1e-5
LARGE = 30.0

# A power of the nilpotent part below this fraction of what its norm allows has vanished.
VANISHED = 1e-3


@dataclass(frozen=True)
class ExceptionalPoint:
    """A value of a parameter at which eigenvalues and eigenoperators coalesce.

    Attributes
    ----------
    value : float
        Of the parameter.
    eigenvalue : complex
        Where they meet.
    order : int
        Size of the largest Jordan block: how many eigenoperators become one.
    multiplicity : int
        How many eigenvalues meet, bystanders included.
    condition : float
        Largest condition number of an eigenvalue a thousandth of a scan step aside.
    """

    value: float
    eigenvalue: complex
    order: int
    multiplicity: int
    condition: float


def exceptional_points(
    machine: Machine,
    path: str,
    low: float,
    high: float,
    equation: Equation | None = None,
) -> tuple[ExceptionalPoint, ...]:
    """Find the exceptional points of the generator along one parameter.

    Parameters
    ----------
    machine : Machine
        A single one: no parameter is an array.
    path : str
        The parameter, e.g. ``"exchange.A-B.strength"``.
    low, high : float
        Between which values.
    equation : Equation, optional
        The master equation; left out, `Global`.

    Returns
    -------
    tuple of ExceptionalPoint
        By value, then by decay rate: one for each eigenvalue at which some coalesce.

    Raises
    ------
    ParameterError
        For a machine with arrays, or no interval.
    UnknownNameError
        For a path that is not there.

    Notes
    -----
    Two of one set of eigenvalues that are nearer to each other than a 256th of the interval may be
    found as one: narrow it. The parameter is real, so that none is found where an exceptional
    point needs two.

    References
    ----------
    F. Minganti et al., Phys. Rev. A 100, 062131 (2019); S. Khandelwal, N. Brunner, G. Haack,
    PRX Quantum 2, 040346 (2021).

    Examples
    --------
    >>> from entherm import Local, Machine, Qubit, Reservoir, exchange
    >>> m = Machine(
    ...     [Qubit("A", 1.0), Qubit("B", 1.0)],
    ...     [exchange("A", "B", 0.01)],
    ...     [Reservoir("RA", 0.0, {"A": 0.03}), Reservoir("RB", 0.0, {"B": 0.01})],
    ... )
    >>> found = exceptional_points(m, "exchange.A-B.strength", 0.001, 0.03, Local())
    >>> sorted({(round(p.value, 9), p.order) for p in found})
    [(0.01, 2), (0.01, 3)]
    """
    require_machine(machine)
    require_name(path, "path")
    low, high = float(parameter(low, "low")), float(parameter(high, "high"))
    if machine.shape:
        got = f"shape {machine.shape}"
        raise ParameterError("machine", "be a single machine", got, "take one point of it")
    if not low < high:
        raise ParameterError("high", "be > low", f"{low}, {high}", "give an interval")
    grid = np.linspace(low, high, SCAN_POINTS)
    rule = fixed_over(machine.replace({path: grid}), chosen_equation(equation))
    family = _Family(machine, path, rule, len(machine.classes))
    every = family.generators(grid)
    step = float(grid[1] - grid[0])
    found: list[ExceptionalPoint] = []
    for chosen in separate(every):
        if len(chosen) > 1:
            block = _Block(family, chosen)
            for centre in _candidates(block, grid, every[:, chosen[:, None], chosen]):
                found += _meeting(block, centre, step)
    inside = [p for p in found if low < p.value < high]
    inside.sort(key=lambda p: (p.value, -p.eigenvalue.real, p.eigenvalue.imag))
    return tuple(_distinct(inside, step))


def _distinct(points: list[ExceptionalPoint], step: float) -> Iterator[ExceptionalPoint]:
    """Each point once: neighbouring intervals may lead to the same one."""
    for k, p in enumerate(points):
        same = (
            q
            for q in points[:k]
            if p.value - q.value < ASIDE * step
            and abs(p.eigenvalue - q.eigenvalue) < 1e-6 * abs(p.eigenvalue)
        )
        if next(same, None) is None:
            yield p


@dataclass(frozen=True)
class _Family:
    """One machine for each value of a parameter."""

    machine: Machine
    path: str
    equation: Equation
    size: int

    def generators(self, values: Array) -> Matrix:
        """Over all elements, (value, d², d²)."""
        family = self.machine.replace({self.path: values})
        total = generator(family, self.equation, np.ndindex(self.size, self.size)).total
        total = np.broadcast_to(total, (len(values), *total.shape[-2:]))
        require_meaning(family, total)
        return total


@dataclass(frozen=True, eq=False)
class _Block:
    """One set of elements that never meets the others."""

    family: _Family
    chosen: NDArray[np.intp]

    def at(self, values: Array) -> tuple[Matrix, Array]:
        """Generators of the set in good coordinates, (value, m, m), and what was taken out."""
        total = self.family.generators(values)
        return self.scaled(total[:, self.chosen[:, None], self.chosen])

    @property
    def populations(self) -> NDArray[np.bool_]:
        """Which elements of the set are populations."""
        return np.asarray(self.chosen % (self.family.size + 1) == 0)

    def scaled(self, block: Matrix) -> tuple[Matrix, Array]:
        """Good coordinates."""
        good = coordinates(block, self.populations)
        return good.matrix, good.frequency


def _spectrum(matrix: Matrix) -> tuple[Matrix, NDArray[Any]]:
    """Eigenvalues (..., m), and overlaps M (..., m, m) by which ‖Σ_k∈S R_k L_k‖² = Σ_jk∈S M_jk."""
    values, right = np.linalg.eig(matrix)
    left = _inverse(right)
    return values, (adjoint(right) @ right) * np.swapaxes(left @ adjoint(left), -1, -2)


def _inverse(matrix: Matrix) -> Matrix:
    """Inverse; NaN where there is none."""
    try:
        return np.asarray(np.linalg.inv(matrix))
    except np.linalg.LinAlgError:
        found = np.full_like(matrix, np.nan)
        for k, one in enumerate(matrix):
            with suppress(np.linalg.LinAlgError):
                found[k] = np.linalg.inv(one)
        return found


def _condition(matrix: Matrix) -> Array:
    """Norm of each eigenvalue's spectral projector (..., m), one for those equal by structure."""
    with np.errstate(all="ignore"):
        values, overlaps = _spectrum(matrix)
        scale = np.abs(matrix).sum(-1).max(-1)[..., None, None]
        known = np.sqrt(np.diagonal(overlaps, axis1=-2, axis2=-1).real)
        error = EQUAL * scale * np.maximum(known[..., :, None], known[..., None, :])
        same = np.abs(values[..., :, None] - values[..., None, :]) <= error
        square = np.einsum("...ij,...jk,...ik->...i", same, overlaps, same).real
        found = np.sqrt(np.maximum(square, 1.0))
    return np.asarray(np.nan_to_num(found, nan=1e16, posinf=1e16))


def _candidates(block: _Block, grid: Array, scanned: Matrix) -> Iterator[float]:
    """Where an exceptional point may be: at peaks, and where real eigenvalues leave the axis."""
    matrix, _ = block.scaled(scanned)
    height = np.log(_condition(matrix)).sum(-1)
    padded = np.concatenate([[-np.inf], height, [-np.inf]])
    tops = (padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:])
    around = np.minimum(np.roll(height, 2), np.roll(height, -2))
    for k in np.flatnonzero(tops & (height > around + PROMINENCE)).tolist():
        centre = _zoomed(block, grid[max(k - 1, 0)], grid[min(k + 1, len(grid) - 1)])
        if centre is not None:
            yield centre
    if block.populations.any():
        for k in np.flatnonzero(np.diff(_real(matrix))).tolist():
            yield _leaving(block, grid[k], grid[k + 1])


def _real(matrix: Matrix) -> NDArray[np.intp]:
    """How many eigenvalues are real."""
    error = EQUAL * np.abs(matrix).sum(-1).max(-1) * _condition(matrix).max(-1)
    return np.asarray(np.sum(np.abs(np.linalg.eigvals(matrix).imag) <= error[:, None], axis=-1))


def _leaving(block: _Block, low: float, high: float) -> float:
    """Where the number of real eigenvalues changes."""
    for _ in range(ZOOMS):
        values = np.linspace(low, high, ZOOM_POINTS)
        change = np.flatnonzero(np.diff(_real(block.at(values)[0])))
        k = int(change[0]) if change.size else 0
        low, high = values[k], values[k + 1]
    return float(0.5 * (low + high))


def _zoomed(block: _Block, low: float, high: float) -> float | None:
    """Where the condition numbers seem to diverge; None where the peak turns out to be round."""
    for _ in range(ZOOMS):
        values = np.linspace(low, high, ZOOM_POINTS)
        height = np.log(_condition(block.at(values)[0])).sum(-1)
        top = int(np.argmax(height))
        aside = height[[max(top - 2, 0), min(top + 2, ZOOM_POINTS - 1)]]
        if height[top] < aside.min() + PROMINENCE:
            return None
        low, high = values[max(top - 1, 0)], values[min(top + 1, ZOOM_POINTS - 1)]
    return float(values[top])


def _meeting(block: _Block, centre: float, step: float) -> Iterator[ExceptionalPoint]:
    """Judge every set of eigenvalues that may meet near `centre`."""
    aside = centre + ASIDE * step * np.array([-2.0, -1.0, 1.0, 2.0])
    matrices, _ = block.at(aside)
    condition = _condition(matrices)[3]
    values, overlaps = _spectrum(matrices)
    left: list[int] = [k for k in np.argsort(-condition).tolist() if condition[k] > LARGE]
    while left:
        members = _members(values[3], overlaps[3], left[0], float(condition[left[0]]))
        left = [k for k in left if k not in members]
        count, mean = len(members), values[3][members].mean()
        near = [v[np.argsort(np.abs(v - mean))[:count]] for v in values]
        spread = np.array([np.sum((v - v.mean()) ** 2) for v in near])
        slope, start = np.polyfit((aside - centre) / step, spread, 1)
        root = -start / slope
        if abs(root) < 4.0 * ASIDE and abs(root.imag) < 0.1 * ASIDE:
            value = centre + float(root.real) * step
            matrix, frequency = block.at(np.array([value]))
            order, eigenvalue = _jordan(matrix[0], mean, count)
            if order > 1:
                turning = eigenvalue.imag + float(frequency[0])
                if abs(turning) <= NOTHING * float(np.abs(matrix).max()):
                    turning = 0.0
                where = complex(eigenvalue.real, turning)
                largest = float(condition[members].max())
                yield ExceptionalPoint(value, where, order, count, largest)


def _members(values: Matrix, overlaps: NDArray[Any], first: int, condition: float) -> list[int]:
    """Fewest eigenvalues around one whose joint spectral projector is not large."""
    order = np.argsort(np.abs(values - values[first]))
    for count in range(2, len(order)):
        own = order[:count]
        if overlaps[own[:, None], own].sum().real < max(condition, 1.0) ** (4.0 / 3.0):
            return [int(k) for k in own]
    return [int(k) for k in order]


def _jordan(matrix: Matrix, mean: complex, count: int) -> tuple[int, complex]:
    """Largest Jordan block of the `count` eigenvalues nearest to `mean`, and where they are."""
    from scipy.linalg import schur

    distance = np.sort(np.abs(np.linalg.eigvals(matrix) - mean))
    reach = np.inf if count == len(distance) else 0.5 * (distance[count - 1] + distance[count])
    triangle, _, kept = schur(matrix, output="complex", sort=lambda x: abs(x - mean) < reach)
    triangle = triangle[:kept, :kept]
    eigenvalue = complex(np.trace(triangle) / kept)
    rest = triangle - eigenvalue * np.eye(kept)
    size = np.linalg.norm(rest)
    power, order = rest, 1
    while order < kept and np.linalg.norm(power) > VANISHED * size**order:
        power, order = power @ rest, order + 1
    return order, eigenvalue
