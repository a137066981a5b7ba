"""One point solved: rates → populations → what the observables ask, in plain arithmetic.

`RatePoint` runs inside a kernel, on slices of arrays or on recorded scalars. `SolvedPoint` hands
out what the general route has solved already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from entherm.composition import DEPHASING, WORK
from entherm.elimination import (
    pair_rate,
    stationary_populations,
    stationary_populations_dense,
    sum_of,
)
from entherm.jumps import bohr_frequency
from entherm.parameters import Array, as_array, present, stands_in
from entherm.rate_equation import RateEquation
from entherm.recording import Reader

Edge = tuple[int, int]

# By source; by ("quanta", source) what is counted in quanta.
Currents = dict[str | tuple[str, str], Array]

# Straight-line code grows with the third power of the levels; above this one vectorised
# elimination over a block of points is faster than one array operation per rate.
UNROLLED_LEVELS = 12


@dataclass(frozen=True, eq=False)
class RatePlan:
    """A rate equation with a known structure, ready to run at any number of points.

    Attributes
    ----------
    equation : RateEquation
        The rates, each on its own axes.
    order : tuple of int
        The levels of the closed class in the order of elimination; all others are empty.
    """

    equation: RateEquation
    order: tuple[int, ...]

    @property
    def recordable(self) -> bool:
        """Whether the point stage is straight-line arithmetic."""
        return len(self.order) <= UNROLLED_LEVELS

    @cached_property
    def edges(self) -> dict[Edge, tuple[Array, ...]]:
        """Total rate of each edge as terms, added in this order whatever axes each has.

        So a number does not depend on how a sweep is cut; what terms of one axis sum to is formed
        on that axis alone by the kernel, where they are neighbours.
        """
        terms: dict[Edge, list[Array]] = {}
        for rates in (*self.equation.rates.values(), self.equation.direct):
            for edge, rate in rates.items():
                terms.setdefault(edge, []).append(rate)
        return {edge: tuple(rates) for edge, rates in terms.items()}

    def point(self, read: Reader) -> RatePoint:
        """Solve at the points that `read` covers."""
        return RatePoint(self, read)


class RatePoint:
    """Populations of a rate equation at the points that one reader covers."""

    def __init__(self, plan: RatePlan, read: Reader) -> None:
        self.plan, self.read = plan, read
        self._rates = {e: sum_of(map(read, terms)) for e, terms in plan.edges.items()}

    @cached_property
    def _populations(self) -> dict[int, Any]:
        rates = dict(self._rates)
        if self._pair is not None:
            (a, b), rate, _, _ = self._pair
            for edge in ((a, b), (b, a)):
                rates[edge] = rates[edge] + rate if edge in rates else rate
        if self.plan.recordable or any(map(stands_in, rates.values())):
            return stationary_populations(rates, self.plan.order)
        position = {level: k for k, level in enumerate(self.plan.order)}
        shape = np.broadcast_shapes(*(np.shape(r) for r in rates.values()))
        dense = np.zeros((*shape, len(position), len(position)))
        for (i, j), rate in rates.items():
            if i in position and j in position:
                dense[..., position[i], position[j]] = rate
        solved = stationary_populations_dense(dense)
        return {level: solved[..., k] for level, k in position.items()}

    @cached_property
    def _pair(self) -> tuple[Edge, Any, Any, Any] | None:
        """The dephased pair, its rate, A_xx + K, and A_yy + κ."""
        pair, d = self.plan.equation.pair, self.plan.equation.pair_dephasing
        if pair is None or d is None:
            return None
        width = 0.5 * sum_of(r for (i, _), r in self._rates.items() if i in pair)
        zz, xx, splitting = self.read(d.zz), self.read(d.xx), self.read(d.splitting)
        rate, damping = pair_rate(zz, xx, self.read(d.determinant), width, splitting)
        return pair, rate, damping, zz + xx + width

    def population(self, level: int) -> Any:
        """Population of a level."""
        return self._populations.get(level, 0.0)

    def coherence(self, a: int, b: int) -> tuple[Any, Any] | None:
        """ρ_ab = (x − i y)/2 with x = A_zx (p_a − p_b)/(A_xx + K), y = δ x/(A_yy + κ)."""
        d = self.plan.equation.pair_dephasing
        if self._pair is None or d is None or self._pair[0] != (a, b) or not present(d.zx):
            return None
        _, _, damping, transverse = self._pair
        x = self.read(d.zx) * (self.population(a) - self.population(b)) / damping
        return 0.5 * x, -0.5 * (self.read(d.splitting) * x / transverse)

    def heat(self, source: str) -> Any:
        """Σ over transitions of ω (absorbed − emitted), Eq. (18) of [Man], less μ a quantum."""
        if source == DEPHASING:
            return self._dephasing_heat()
        if source == WORK:
            return 0.0
        bath = self.plan.equation.drives[source].bath
        flows = []
        for t, flow in self._absorbed(source):
            omega = bohr_frequency(self.plan.equation.frequencies, t)
            if bath.has_chemical_potential:
                omega = as_array(omega - bath.chemical_potential)
            flows.append(self.read(omega) * flow)
        return sum_of(flows)

    def quanta(self, source: str) -> Any:
        """Quanta per time out of a reservoir: absorbed less emitted."""
        drive = self.plan.equation.drives[source]
        flows = []
        for t, flow in self._absorbed(source):
            sign = np.sign(bohr_frequency(self.plan.equation.frequencies, t))
            flows.append(self.read(sign) * flow if drive.hermitian else flow)
        return sum_of(flows)

    def _absorbed(self, source: str) -> Iterator[tuple[Edge, Any]]:
        """Flow j → i less flow i → j of each transition (i, j) of a reservoir."""
        for (i, j), (down, up) in self.plan.equation.flows[source].items():
            rise = self.read(up) * self.population(j)
            yield (i, j), rise - self.read(down) * self.population(i)

    def _dephasing_heat(self) -> Any:
        energies = self.plan.equation.levels.energies
        flows = [
            self.read(_gap(energies, a, b))
            * self.read(rate)
            * (self.population(b) - self.population(a))
            for (a, b), rate in self.plan.equation.direct.items()
            if a < b
        ]
        if self._pair is not None and self.plan.equation.pair_dephasing is not None:
            (a, b), rate, _, _ = self._pair
            splitting = self.read(self.plan.equation.pair_dephasing.splitting)
            flows.append(splitting * (rate * (self.population(b) - self.population(a))))
        return sum_of(flows)


def _gap(energies: tuple[Array, ...], a: int, b: int) -> Array:
    return as_array(energies[a] - energies[b])


@dataclass(frozen=True, eq=False)
class SolvedPlan:
    """A state solved beforehand, by the general route or from an initial state.

    Attributes
    ----------
    populations : tuple of ndarray
        One per level.
    coherences : mapping of (int, int) to (ndarray, ndarray)
        Real and imaginary part of ⟨a|ρ|b⟩, a < b.
    heats : dict of str to ndarray
        Heat current out of each source, ``"work"``, and, keyed (``"quanta"``, name), the quanta
        per time out of each thermal reservoir.
    """

    populations: tuple[Array, ...]
    coherences: Mapping[Edge, tuple[Array, Array]]
    heats: Currents

    @property
    def recordable(self) -> bool:
        """Reading is straight-line."""
        return True

    def point(self, read: Reader) -> SolvedPoint:
        """Hand out the points that `read` covers."""
        return SolvedPoint(self, read)


@dataclass(frozen=True, eq=False)
class SolvedPoint:
    """The points of a solved state that one reader covers."""

    plan: SolvedPlan
    read: Reader

    def population(self, level: int) -> Any:
        """Population of a level."""
        return self.read(self.plan.populations[level])

    def coherence(self, a: int, b: int) -> tuple[Any, Any] | None:
        """Real and imaginary part of ⟨a|ρ|b⟩."""
        if (a, b) not in self.plan.coherences:
            return None
        re, im = self.plan.coherences[a, b]
        return self.read(re), self.read(im)

    def heat(self, source: str) -> Any:
        """Heat current out of a source."""
        return self.read(self.plan.heats[source])

    def quanta(self, source: str) -> Any:
        """Quanta per time out of a reservoir."""
        return self.read(self.plan.heats["quanta", source])
