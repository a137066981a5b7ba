r"""The tilted generator of counting statistics: its dominant eigenvalue, and its derivatives at 0.

With what reservoir ν gives at each jump multiplied by a counting field χ_ν in an exponent, L
becomes L(χ), and θ(χ), its eigenvalue of largest real part, is the generating function of all
cumulants per time. Differentiating L(χ) r(χ) = θ(χ) r(χ) with Tr r = 1, and using that the trace
is the left eigenvector at χ = 0, gives each order from those below it,

.. math::
    \theta^{(n)} = \sum_{k=1}^{n} \binom{n}{k} \mathrm{Tr}\, L^{(k)} r^{(n-k)}, \qquad
    L\, r^{(n)} = \sum_{k=1}^{n} \binom{n}{k} \left(\theta^{(k)} - L^{(k)}\right) r^{(n-k)},
    \quad \mathrm{Tr}\, r^{(n)} = 0

(C. Flindt et al., Phys. Rev. B 82, 155407 (2010)): linear systems, and no finite differences. On
operators without trace L is inverted by (L + s v Tr)⁻¹ with any v of trace one, as the trace of
the left side shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.errors import ParameterError
from entherm.fluctuations.counting import Jumps, jumps_of, turned
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.reservoirs import Reservoir
from entherm.stationary import stationary
from entherm.superoperator import Generator, Matrix

# A mean below this fraction of what flows both ways is rounding, and so is a noise below this
# fraction of the noise that independent jumps would have.
NOTHING = 1e-13

# exp of more than this leaves the range of numbers, or takes all others to nothing beside it.
LARGEST_EXPONENT = 600.0

# The recursion multiplies rounding by some n! at order n.
HIGHEST_ORDER = 20


@dataclass(frozen=True, eq=False)
class Tilted:
    """The generator of a run of points, and what its jumps carry.

    Elements of ρ, and vectors like it, have the shape (m, points): populations, then each coherence
    and its conjugate.

    Attributes
    ----------
    system : ndarray, shape (points, m, m)
        The generator at χ = 0 over populations, then real and imaginary parts.
    count : int
        How many populations.
    steady : ndarray of complex, shape (m, points)
        NaN where its rates cannot be told from zero.
    jumps : dict of str to Jumps
    carried : dict of str to ndarray, shape (j, points)
        What is counted at each jump.
    """

    system: Array
    count: int
    steady: Matrix
    jumps: Mapping[str, Jumps]
    carried: Mapping[str, Array]

    @property
    def sound(self) -> NDArray[np.bool_]:
        """Where the steady state is known, shape (points,)."""
        return np.asarray(np.isfinite(self.steady).all(0))

    def traced(self, elements: NDArray[Any]) -> Array:
        """Return Tr of elements (m, ...)."""
        return np.asarray(elements[: self.count].sum(0).real)

    def derivative(self, name: str, order: int, elements: Matrix) -> Matrix:
        """Return ∂ⁿL/∂χⁿ at χ = 0 applied to elements (m, points); n >= 1."""
        return self.jumps[name].applied(self.carried[name] ** order, elements)

    def mean(self, name: str) -> Array:
        """Return the current ∂θ/∂χ, shape (points,)."""
        return self.traced(self.derivative(name, 1, self.steady))

    def gross(self, name: str) -> Array:
        """Return the flow counted without signs, shape (points,)."""
        size = np.abs(self.carried[name])
        return self.traced(self.jumps[name].applied(size, self.steady))

    @property
    def activity(self) -> Array:
        """Exchanges per time with all reservoirs, shape (points,)."""
        every = [j.applied(j.exchanging.astype(float), self.steady) for j in self.jumps.values()]
        return self.traced(np.sum(every, axis=0) if every else 0.0 * self.steady)

    def covariance(self, names: Sequence[str]) -> Array:
        """Return ∂²θ/∂χ_μ∂χ_ν, shape (points, n, n); 0 of a reservoir whose noise is rounding."""
        first = [self.derivative(name, 1, self.steady) for name in names]
        sources = [self.traced(f) * self.steady - f for f in first]
        answers = np.moveaxis(self.solved(np.stack(sources, -1)), -1, 0)
        crossed = np.stack(
            [np.stack([self.traced(self.derivative(n, 1, a)) for a in answers], -1) for n in names],
            -2,
        )
        own = np.stack([self.traced(self.derivative(n, 2, self.steady)) for n in names], -1)
        found = crossed + np.swapaxes(crossed, -1, -2) + own[..., None] * np.eye(len(names))
        # Cauchy and Schwarz: what does not fluctuate has no covariance either.
        still = np.einsum("...aa->...a", found) <= NOTHING * own
        return np.where(still[..., None] | still[..., None, :], 0.0, found)

    def cumulants(self, name: str, highest: int) -> Array:
        """Return the cumulants per time of orders 1 to `highest`, shape (highest, points)."""
        vectors: list[Matrix] = [self.steady]
        found: list[Array] = []
        for n in range(1, highest + 1):
            below = range(1, n + 1)
            terms = [comb(n, k) * self.derivative(name, k, vectors[n - k]) for k in below]
            tilted = np.sum(terms, axis=0)
            found.append(self.traced(tilted))
            if n < highest:
                known = [comb(n, k) * found[k - 1] * vectors[n - k] for k in below]
                source = np.sum(known, axis=0) - tilted
                vectors.append(self.solved(source[..., None])[..., 0])
        return np.stack(found)

    @cached_property
    def _regular(self) -> Array:
        """L + s v Tr, shape (points, m, m), with v the mixed state and s the size of L."""
        size = np.abs(self.system).max((-1, -2), keepdims=True)
        matrix = self.system.copy()
        matrix[:, : self.count, : self.count] += size / self.count
        return matrix

    def solved(self, sources: Matrix) -> Matrix:
        """Return r with L r = source and Tr r = 0 for sources (m, points, n) without trace."""
        known = self.sound
        found = np.full(sources.shape, np.nan + 0j)
        if not np.any(known):
            return found
        right = np.moveaxis(reals_of(sources[:, known], self.count), 0, 1)
        answers = np.moveaxis(np.linalg.solve(self._regular[known], right), 1, 0)
        elements = elements_of(answers, self.count)
        # The trace of a source is rounding, which returns as a multiple of the steady state.
        found[:, known] = elements - self.traced(elements) * self.steady[:, known, None]
        return found

    def dominant(self, points: NDArray[np.intp], fields: Mapping[str, Array]) -> Array:
        """Return θ at some of the points, for counting fields (k,) given with them."""
        matrix = self.system[points]
        turn = turning(len(self.steady), self.count)
        back = np.linalg.inv(turn)
        for name, chi in fields.items():
            exponent = chi * _picked(self.carried[name], points)
            _require_in_range(name, chi, exponent)
            own = _at(self.jumps[name], points)
            tilted = turned(own, np.expm1(exponent), len(self.steady))
            matrix = matrix + (back @ tilted @ turn).real
        return np.asarray(np.linalg.eigvals(matrix).real.max(-1))


def tilted_generator(whole: Generator, of: str) -> Tilted:
    """Make one of the generator of a run of points.

    Parameters
    ----------
    whole : Generator
        Of a machine with one axis of points or none, over populations, then coherences.
    of : {"heat", "energy", "quanta"}

    Examples
    --------
    >>> from entherm import Global, Machine, Qubit, Reservoir
    >>> from entherm.liouvillian import generator
    >>> m = Machine([Qubit("A", 1.0)], reservoirs=[Reservoir("R", 0.0, {"A": 0.5})])
    >>> tilted_generator(generator(m, Global()), "heat").mean("R")
    array([0.])
    """
    machine = whole.frame.machine
    size, count = len(whole.elements), len(whole.frame.levels)
    points = machine.shape[0] if machine.shape else 1
    system = whole.over_reals.reshape(size, size, -1)
    system = np.ascontiguousarray(np.moveaxis(np.broadcast_to(system, (size, size, points)), -1, 0))
    real = np.full((size, points), np.nan)
    known = np.isfinite(system).all((-1, -2))
    with np.errstate(all="ignore"):
        real[:, known] = stationary(system[known], count)[0]
    jumps = jumps_of(whole)
    carried = {
        bath.name: jumps[bath.name].carried(of, _potential(bath, machine))
        for bath in machine.reservoirs
    }
    return Tilted(system, count, elements_of(real, count), jumps, carried)


def require_order(order: object) -> int:
    """Return the order of a cumulant.

    Examples
    --------
    >>> require_order(2)
    2
    """
    whole = isinstance(order, int | np.integer) and not isinstance(order, bool)
    if not whole or order not in range(1, HIGHEST_ORDER + 1):
        rule = f"be a whole number from 1 to {HIGHEST_ORDER}"
        raise ParameterError("order", rule, repr(order), "1 is the mean, 2 the noise")
    return int(order)  # type: ignore[call-overload, no-any-return]


def _require_in_range(name: str, chi: Array, exponent: Array) -> None:
    size = np.abs(exponent).max(initial=0.0, axis=0)
    if not np.all(size <= LARGEST_EXPONENT):
        worst = int(np.argmax(np.where(np.isnan(size), np.inf, size)))
        rule = f"keep |χ| times what a jump carries below {LARGEST_EXPONENT:g}"
        remedy = "θ leaves the range of numbers beyond"
        raise ParameterError(f"fields.{name}", rule, float(chi[worst]), remedy)


def _potential(bath: object, machine: Machine) -> Array:
    if not isinstance(bath, Reservoir):
        return np.zeros(1)
    return np.broadcast_to(bath.chemical_potential, machine.shape).reshape(-1)


def _picked(values: NDArray[Any], points: NDArray[np.intp]) -> NDArray[Any]:
    return values if values.shape[-1] == 1 else values[..., points]


def _at(jumps: Jumps, points: NDArray[np.intp]) -> Jumps:
    every = (jumps.rate, jumps.energy, jumps.quanta, jumps.exchanging)
    return Jumps(jumps.into, jumps.out, *(_picked(values, points) for values in every))


def turning(size: int, count: int) -> Matrix:
    """Return what makes elements of ρ from populations, real and imaginary parts.

    Examples
    --------
    >>> turning(4, 2)[2:, 2:]
    array([[1.+0.j, 0.+1.j],
           [1.+0.j, 0.-1.j]])
    """
    return elements_of(np.eye(size), count)


def elements_of(real: NDArray[Any], count: int) -> Matrix:
    """Elements (m, ...) of real coordinates: populations, then each coherence and its conjugate.

    Examples
    --------
    >>> elements_of(np.array([1.0, 0.5, 0.25]), 1)
    array([1. +0.j  , 0.5+0.25j, 0.5-0.25j])
    """
    pairs = (len(real) - count) // 2
    found = real.astype(complex)
    re, im = real[count : count + pairs], real[count + pairs :]
    found[count::2], found[count + 1 :: 2] = re + 1j * im, re - 1j * im
    return found


def reals_of(elements: Matrix, count: int) -> Array:
    """Real coordinates (m, ...) of elements: the way back.

    Examples
    --------
    >>> reals_of(np.array([1.0, 0.5 + 0.25j, 0.5 - 0.25j]), 1)
    array([1.  , 0.5 , 0.25])
    """
    upper, lower = elements[count::2], elements[count + 1 :: 2]
    halves = [elements[:count].real, 0.5 * (upper + lower).real, 0.5 * (upper - lower).imag]
    return np.concatenate(halves)
