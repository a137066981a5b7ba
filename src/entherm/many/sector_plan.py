"""The plan of a machine of many levels under the global equation: point by point, by sectors.

Each point is solved when the plan is made, as uniqueness asks for the rates anyway, and what is
kept of it is small: its populations and currents, and of a single point the levels too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import MANY_LEVELS, Levels, diagonalise
from entherm.composition import DEPHASING, WORK
from entherm.equations import Equation, Global
from entherm.failures import Failure, Reason, dark_error, lasting_error
from entherm.lasting import coincide_across_classes, lasting_coherences
from entherm.machine import Machine
from entherm.many.coincidences import coherence_lasts, coincidences
from entherm.many.many_levels import point_of
from entherm.many.multiplet_ladder import solve_multiplets
from entherm.many.rung_rates import Undefined
from entherm.many.sector_memory import require_ladder
from entherm.many.sector_solver import solve_rungs
from entherm.many.sector_state import Multiplet, SectorState
from entherm.observables import Observable
from entherm.parameters import Array, stands_in
from entherm.places import Points
from entherm.point_stage import UNROLLED_LEVELS
from entherm.rate_equation import rate_equation
from entherm.recording import Reader
from entherm.reservoirs import Reservoir
from entherm.undefined import frequency_error

# Points per level squared below which one by one is faster than all at once: a point takes 20 ms
# here; there all of them 0.8 ms times the levels squared, and little more for each.
FEW_POINTS = 0.04

Currents = dict[str | tuple[str, str], float]


def many_levels(machine: Machine) -> bool:
    """Whether a machine, known in numbers, has more levels than are solved all points at once.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> many_levels(two_qubit_machine(20.0, 20.0, 10.0))
    False
    """
    if prod(machine.dimensions) <= MANY_LEVELS:
        return False
    return not any(map(stands_in, machine.parameters.values()))


def goes_by_sectors(machine: Machine, equation: Equation) -> bool:
    """Whether a machine is solved here: many levels, under an equation of rates.

    Above `MANY_LEVELS` always; from 13 levels on where the points are few against the levels
    squared (`FEW_POINTS`), so that one by one is faster than all at once.

    Dephasing as it is written drives coherences between all levels of a sector, a correlation
    that depends on the frequency has other modes at each, and a Lamb shift turns coherences:
    these are solved elsewhere, however many levels there are.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> goes_by_sectors(two_qubit_machine(20.0, 20.0, 10.0), Global())
    False
    """
    levels, points = prod(machine.dimensions), prod(machine.shape)
    several = levels > UNROLLED_LEVELS and points <= FEW_POINTS * levels**2
    few = several and not any(map(stands_in, machine.parameters.values()))
    if not (few or many_levels(machine)) or not isinstance(equation, Global):
        return False
    if equation.lamb_shift == "explicit":
        return False
    written = equation.dephasing == "as_written"
    if written and any(np.any(d.rate > 0.0) for d in machine.dephasing.values()):
        return False
    return all(isinstance(b, Reservoir) and b.correlated.constant for b in machine.reservoirs)


@dataclass(frozen=True, eq=False)
class SectorPlan:
    """Every point of a machine of many levels, solved.

    Attributes
    ----------
    machine : Machine
        Of the whole shape.
    energies, populations : ndarray, shape (points, n)
        By label; NaN where there is no steady state.
    currents : list of mapping
        Of each point.
    single : Levels or None
        Those of a machine of a single point.
    multiplets : list of tuple of Multiplet
        Coinciding levels of each point, with ρ between them.
    """

    machine: Machine
    energies: Array
    populations: Array
    currents: list[Currents]
    single: Levels | None
    multiplets: list[tuple[Multiplet, ...]] = field(default_factory=list, kw_only=True)
    recordable: bool = field(default=False, init=False)

    def states(self) -> Iterator[SectorState]:
        """Yield the state of each point; levels are made anew where there are several points."""
        solved = zip(self.populations, self.multiplets, self.currents, strict=True)
        for k, own in enumerate(solved):
            levels = self.single or diagonalise(self.machine.take(np.array(k)))
            yield SectorState(levels, self.machine.dimensions, *own)

    @cached_property
    def levels(self) -> Levels:
        """Those of a single point, or of the first."""
        return self.single or diagonalise(self.machine.take(np.array(0)))

    @cached_property
    def state(self) -> SectorState:
        """Of a machine of a single point."""
        return next(self.states())

    def each(self, of: Callable[[SectorState], Any]) -> NDArray[Any]:
        """Stack what is asked of every state, the machine's shape in front."""
        found = [of(state) for state in ([self.state] if self.single else self.states())]
        return np.stack(found).reshape((*self.machine.shape, *np.shape(found[0])))

    def point(self, read: Reader) -> SectorState:
        """Hand out a single point, which has no slices to be read."""
        del read
        return self.state

    def observed(self, observables: Sequence[Observable]) -> list[Array]:
        """What observables need of every point, each of the machine's shape."""
        rows = self.each(lambda s: [x for o in observables for x in o.of_state(self.machine, s)])
        return [np.array(rows[..., k]) for k in range(rows.shape[-1])]


def sector_plan(
    machine: Machine, equation: Equation
) -> tuple[SectorPlan, tuple[Failure, ...], Points]:
    """Solve every point; say where there is no steady state, and where coherences belong to it.

    Parameters
    ----------
    machine, equation : Machine, Equation
        For which `goes_by_sectors`.

    Returns
    -------
    SectorPlan
    tuple of Failure
    ndarray of int
        Flat indices of points that ask for another way: levels of one class coincide, and more.

    Raises
    ------
    ParameterError
        For what does not fit into memory, before it is allocated.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> plan, _, _ = sector_plan(two_qubit_machine(20.0, 20.0, 10.0), Global())
    >>> plan.populations.sum().round(12)
    np.float64(1.0)
    """
    require_ladder(machine)
    found = []
    for k in range(prod(machine.shape)):
        point = _solved(machine.take(np.array(k)) if machine.shape else machine)
        # Levels of one point are worth keeping, and those that an error will name.
        kept = not machine.shape or len(point.closed) > 1
        found.append(point if kept else replace(point, levels=None))
    plan = SectorPlan(
        machine,
        np.stack([p.energies for p in found]),
        np.stack([p.populations for p in found]),
        [p.currents for p in found],
        None if machine.shape else found[0].levels,
        multiplets=[p.multiplets for p in found],
    )
    coherent = np.flatnonzero([p.elsewhere for p in found])
    return plan, tuple(_failures(machine, equation, found)), coherent


def lasting_beside(
    machine: Machine, equation: Equation, points: Points | None
) -> tuple[Failure, ...]:
    """Say at which points that are solved elsewhere a coherence of two classes never decays.

    Above `MANY_LEVELS` neither a Lamb shift nor correlations that vary are gone into.

    Parameters
    ----------
    machine, equation : Machine, Equation
    points : ndarray of int, or None
        Flat indices into the whole shape; None for all of it.

    Examples
    --------
    >>> from entherm import Coupling, Ohmic, Qudit
    >>> bath = Reservoir("R", 1.0, {"A": Coupling(1.0, operator="x")}, spectrum=Ohmic(10.0))
    >>> m = Machine([Qudit("A", levels=[0.0, 0.0])], reservoirs=[bath])
    >>> [f.reason.name for f in lasting_beside(m, Global(), None)]
    ['NOT_UNIQUE']
    """
    whole = np.arange(prod(machine.shape)) if points is None else points
    if prod(machine.dimensions) > MANY_LEVELS:
        found = whole[[_lasts_at(point_of(machine, int(k)), equation) for k in whole]]
    else:
        part = machine if points is None else machine.take(points)
        levels = diagonalise(part)
        if not coincide_across_classes(levels):
            return ()
        rates = rate_equation(part, levels, equation)
        own = [f.points for f in lasting_coherences(part, levels, rates, equation)]
        found = whole[np.concatenate([np.zeros(0, np.intp), *own])]
    told = partial(lasting_error, machine, equation, found)
    return (Failure(Reason.NOT_UNIQUE, found, told),) if found.size else ()


def _lasts_at(point: Machine, equation: Equation) -> bool:
    shifted = isinstance(equation, Global) and equation.lamb_shift == "explicit"
    constant = all(isinstance(b, Reservoir) and b.correlated.constant for b in point.reservoirs)
    if shifted or not constant:
        return False
    levels = diagonalise(point)
    return coherence_lasts(point, levels, coincidences(levels))


@dataclass(frozen=True, eq=False)
class _Point:
    """What is known of one point."""

    levels: Levels | None
    energies: Array
    populations: Array
    currents: Currents = field(default_factory=dict)
    multiplets: tuple[Multiplet, ...] = ()
    undefined: Sequence[Undefined] = ()
    closed: Sequence[NDArray[np.intp]] = ()
    lasting: bool = False
    elsewhere: bool = False


def _solved(point: Machine) -> _Point:
    levels = diagonalise(point)
    meeting = coincidences(levels)
    if meeting.multiplets:
        both = solve_multiplets(point, levels, meeting)
        if both is None:
            nothing = np.full(len(levels), np.nan)
            return _Point(levels, levels.stacked, nothing, elsewhere=True)
        return _Point(
            levels,
            levels.stacked,
            both.populations,
            {**both.currents, DEPHASING: 0.0, WORK: 0.0},
            both.multiplets,
            both.undefined,
        )
    one = solve_rungs(point, levels, meeting.pairs)
    return _Point(
        levels,
        levels.stacked,
        one.populations,
        {**one.currents, WORK: 0.0},
        undefined=one.account.undefined,
        closed=one.closed,
        lasting=one.lasting,
    )


def _failures(machine: Machine, equation: Equation, found: Sequence[_Point]) -> Iterator[Failure]:
    def where(bad: Iterable[bool]) -> Points:
        return np.flatnonzero([b and not p.elsewhere for b, p in zip(bad, found, strict=True)])

    undefined = where(bool(p.undefined) for p in found)
    if undefined.size:
        first = found[undefined[0]].undefined[0]
        omega = np.asarray(first.omega)
        error = partial(frequency_error, machine, first.bath, first.edge, omega, undefined)
        yield Failure(Reason.FREQUENCY_NOT_POSITIVE, undefined, error)
    several = where(len(p.closed) > 1 for p in found)
    if several.size:
        sets = [tuple(s.tolist()) for s in found[several[0]].closed]
        levels = found[several[0]].levels
        assert levels is not None  # kept where there are closed sets
        dark = partial(dark_error, machine, levels, sets, several, equation)
        yield Failure(Reason.NOT_UNIQUE, several, dark)
    lasting = where(p.lasting for p in found)
    if lasting.size:
        told = partial(lasting_error, machine, equation, lasting)
        yield Failure(Reason.NOT_UNIQUE, lasting, told)
