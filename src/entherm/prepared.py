"""A plan made at one point and compiled for all the others that share its structure.

Where every parameter varies from point to point, the plan itself is the work: levels, amplitudes,
thermal factors. It is made once, at a sample point, with stand-ins (`entherm.scalars`) in place of
the parameters; what comes out is arithmetic from the parameters to the observables, for one kernel,
and guards. Each point is asked by the guards whether the plan is its own. Those that say no are
planned anew, from a sample among them, and a few odd ones by NumPy.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import prod
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.compiled import compiled
from entherm.composition import AnyReservoir
from entherm.equations import Equation, Global
from entherm.errors import EnthermError
from entherm.failures import Failure, Reason
from entherm.kernels import Engine, cores
from entherm.machine import Machine
from entherm.observables import Observable
from entherm.parameters import Array
from entherm.places import Points
from entherm.plan import Piece, Plan, make_plan
from entherm.point_stage import RatePlan
from entherm.recording import Program, Recorded, evaluate, recording
from entherm.scalars import NotRecordableError, Scalars
from entherm.tracing import StandIn

# NumPy plans 200,000 points a second and needs no compiler; a new kernel takes it some seconds.
PREPARE_POINTS = 1_000_000

# So many structures get a kernel of their own, as long as so many points are left.
KERNELS, LEFT_TO_NUMPY = 4, 100_000

# Points that NumPy plans at once: some hundred arrays of 2 MiB.
PLANNED_AT_ONCE = 1 << 18

# Points that are looked at to find a structure that many have, and how many are tried.
CANDIDATES, SAMPLES = 32, 3

# Recording is one thread's business at a time: pieces of one structure share what they record.
_RECORDING = RLock()


@dataclass(frozen=True, eq=False)
class PreparedPiece(Piece):
    """Points of one structure, from the parameters on; `machine` is one point of stand-ins.

    Attributes
    ----------
    covered : Machine
        The points.
    algebra : Scalars
        What was recorded.
    guards : tuple of (Recorded, bool)
        What must hold at a point for the plan to be its own.
    arguments : dict of str to Recorded
        What stands for each parameter.
    """

    covered: Machine
    algebra: Scalars
    guards: tuple[tuple[Any, bool], ...]
    arguments: dict[str, Recorded]

    @cached_property
    def misfits(self) -> Points:
        """Flat indices of the points that have another structure."""
        flags = np.zeros(self.covered.shape, np.bool_)
        with _RECORDING:
            broken = self._broken(self.guards)
        if isinstance(broken, Recorded):
            self._fill([broken], [flags])
        return np.flatnonzero(flags)

    def observe(
        self, observables: Sequence[Observable], outputs: int
    ) -> tuple[list[Array], Points]:
        """Compute what `observables` need of each point; and where that is not it.

        What an observable asks for may have guards of its own.

        Raises
        ------
        NotRecordableError
            For an observable that is no straight-line arithmetic.
        """
        assert isinstance(self.plan, RatePlan)
        with _RECORDING:
            self.algebra.guards.clear()
            point = self.plan.point(_scalar)
            prepared = [o.prepare(self.machine, self.levels) for o in observables]
            values = [value for evaluate in prepared for value in evaluate(point)]
            broken = self._broken([g for g in self.algebra.guards if g not in self.guards])
        results = [np.empty(self.covered.shape) for _ in range(outputs)]
        if not isinstance(broken, Recorded):
            self._fill(values, results)
            return results, np.arange(0)
        flags = np.zeros(self.covered.shape, np.bool_)
        self._fill([*values, broken], [*results, flags])
        return results, np.setdiff1d(np.flatnonzero(flags), self.misfits, assume_unique=True)

    def fits(self, machine: Machine) -> NDArray[np.bool_]:
        """Where the guards hold on a few points of the same machine, by NumPy."""
        with _RECORDING:
            broken = self._broken(self.guards)
        if not isinstance(broken, Recorded):
            return np.ones(machine.shape, np.bool_)
        given = {node: machine.parameters[path] for path, node in self.arguments.items()}
        flags = np.asarray(evaluate([broken], given)[broken], np.bool_)
        return ~np.broadcast_to(flags, machine.shape)

    def _broken(self, guards: Sequence[tuple[Any, bool]]) -> Any:
        """Where some guard does not hold: recorded, or False."""
        apply = self.algebra.program.apply
        broken = [apply(np.logical_not, (g,)) if expected else g for g, expected in guards]
        somewhere: Any = False
        for one in dict.fromkeys(broken):
            somewhere = apply(np.logical_or, (somewhere, one))
        return somewhere

    def _fill(self, values: Sequence[Any], results: Sequence[NDArray[Any]]) -> None:
        given = {node: self.covered.parameters[path] for path, node in self.arguments.items()}
        compiled(recording(values, self.covered.shape, given), results, cores())


def _scalar(array: Any) -> Any:
    return array.value[()] if isinstance(array, StandIn) else float(array)


def planned(machine: Machine, equation: Equation, engine: Engine | None) -> Plan:
    """Plan a machine by the way that its work asks for.

    Where the plan's own arrays are large, because many parameters vary along all axes, it is
    compiled; else it is made by NumPy, and the point stage alone may be compiled.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, np.linspace(21.0, 30.0, 5), 10.0)
    >>> [type(p).__name__ for p in planned(m, Global(), "compiled").pieces]
    ['PreparedPiece']
    """
    alone = isinstance(equation, Global) and equation.lamb_shift == "absorbed"
    points = _points_of_plan(machine)
    whole = engine == "compiled" and 1 < points == prod(machine.shape)
    large = whole or (engine in (None, "compiled") and points >= PREPARE_POINTS)
    plan = _prepared_plan(machine, equation) if alone and large else None
    return plan or make_plan(machine, equation)


def _points_of_plan(machine: Machine) -> int:
    """Size of the largest array of a plan: the rates of one reservoir."""

    def shapes(parts: Sequence[Any]) -> list[tuple[int, ...]]:
        return [value.shape for part in parts for value in part.parameters.values()]

    levels = shapes((*machine.subsystems, *machine.interactions))
    baths: list[list[AnyReservoir]] = [[bath] for bath in machine.reservoirs]
    return max(prod(np.broadcast_shapes(*levels, *shapes(bath))) for bath in [[], *baths])


def _prepared_plan(machine: Machine, equation: Equation) -> Plan | None:
    pieces: list[Piece] = []
    rest: Points | None = None
    for _ in range(KERNELS):
        part = machine if rest is None else machine.take(rest)
        known = _KNOWN.get(_structure(part, equation))
        piece = replace(known, covered=part) if known else _prepared_piece(part, equation)
        if piece is None:
            break
        if known and 2 * piece.misfits.size > prod(part.shape):
            piece = _prepared_piece(part, equation) or piece
        misfits = piece.misfits
        pieces.append(replace(piece, points=rest))
        vars(pieces[-1])["misfits"] = misfits  # they have been looked for
        rest = misfits if rest is None else rest[misfits]
        if rest.size <= LEFT_TO_NUMPY:
            break
    if rest is None:
        return None
    failures = []
    for points in batches(rest):
        plan = make_plan(machine.take(points), equation)
        pieces += [replace(p, points=within(points, p.points)) for p in plan.pieces]
        failures += [replace(f, points=points[f.points]) for f in plan.failures]
    several = rest.size > PLANNED_AT_ONCE
    return Plan(tuple(pieces), tuple(_joined(machine, equation, failures) if several else failures))


def batches(points: Points) -> Iterator[Points]:
    """Split points into runs that NumPy plans at once.

    Examples
    --------
    >>> [run.size for run in batches(np.arange(300_000))]
    [262144, 37856]
    """
    for start in range(0, points.size, PLANNED_AT_ONCE):
        yield points[start : start + PLANNED_AT_ONCE]


def _joined(machine: Machine, equation: Equation, failures: Sequence[Failure]) -> Iterator[Failure]:
    """One failure for each reason, told of all its points together."""

    def told(reason: Reason, points: Points) -> EnthermError:
        found = make_plan(machine.take(points), equation).failures
        return next(f.error for f in found if f.reason is reason)

    for reason in dict.fromkeys(f.reason for f in failures):
        points = np.unique(np.concatenate([f.points for f in failures if f.reason is reason]))
        yield Failure(reason, points, partial(told, reason, points))


def within(outer: Points, inner: Points | None) -> Points:
    """Return flat indices `inner` into `outer` as indices into what that indexes.

    Examples
    --------
    >>> within(np.array([3, 5, 7]), np.array([2]))
    array([7])
    """
    return outer if inner is None else outer[inner]


# Pieces made before, by the structure of their machines: whether one fits, its guards say.
_KNOWN: dict[Hashable, PreparedPiece] = {}
MOST_KNOWN = 64


def _structure(machine: Machine, equation: Equation) -> Hashable:
    """All of a machine but its numbers."""
    shapes = tuple((path, value.shape) for path, value in machine.parameters.items())
    return machine.structure, machine.kinds, machine.sectors, machine.classes, shapes, equation


def _prepared_piece(machine: Machine, equation: Equation) -> PreparedPiece | None:
    """Record the plan of a structure that many points have; None if that cannot be done."""
    points = _spread(machine)
    some = machine.take(points)
    left = np.roll(np.arange(points.size), -_usual(some, equation))
    best, most = None, -1
    for _ in range(SAMPLES):
        piece = _recorded(machine, equation, int(points[left[0]]))
        fits = np.zeros(points.size, np.bool_) if piece is None else piece.fits(some)
        if piece is not None and fits.sum() > most:
            best, most = piece, int(fits.sum())
        left = left[1:][~fits[left[1:]]]
        if 2 * most >= points.size or not left.size:
            break
    if best is not None:
        with _RECORDING:
            while len(_KNOWN) >= MOST_KNOWN:
                _KNOWN.pop(next(iter(_KNOWN)))
            _KNOWN[_structure(machine, equation)] = replace(best, covered=best.machine)
    return best


def _recorded(machine: Machine, equation: Equation, point: int) -> PreparedPiece | None:
    """Record the plan of one point; None where it is no straight-line arithmetic."""
    program = Program(machine.shape)
    algebra = Scalars(program)
    arguments = {p: program.argument(value.shape) for p, value in machine.parameters.items()}
    index = np.unravel_index(point, machine.shape)

    def stand_in(path: str, old: Array) -> Any:
        own = index[len(index) - old.ndim :]
        here = old[tuple(k % n for k, n in zip(own, old.shape, strict=True))]
        return StandIn(algebra, arguments[path], here)

    try:
        sample = machine.standing(stand_in)
        # Parameters have been checked at every point; what the terms ask, the plan asks again.
        algebra.guards.clear()
        del vars(sample)["terms"]
        plan = make_plan(sample, equation)
    except (NotRecordableError, EnthermError):
        return None
    piece = plan.pieces[0] if plan.pieces else None
    if plan.failures or piece is None or not isinstance(piece.plan, RatePlan):
        return None
    if not piece.plan.recordable:
        return None
    guards = tuple(dict.fromkeys(algebra.guards))
    return PreparedPiece(
        sample, piece.levels, piece.plan, None, machine, algebra, guards, arguments
    )


def typical_point(machine: Machine, equation: Equation) -> int:
    """Return a point without a failure of its own, of some that are spread over all."""
    points = _spread(machine)
    return int(points[_usual(machine.take(points), equation)])


def _spread(machine: Machine) -> Points:
    # Steps of the golden ratio fall into no period of the axes.
    steps = np.arange(1, CANDIDATES + 1) * 0.618033988749895 % 1.0
    return np.unique((steps * prod(machine.shape)).astype(int))


def _usual(some: Machine, equation: Equation) -> int:
    """The first point that has a state, and no piece of its own."""
    plan = make_plan(some, equation)
    odd = [p.points for p in plan.pieces if p.points is not None]
    usual = np.setdiff1d(np.arange(prod(some.shape)), np.concatenate([[], *odd, *_failing(plan)]))
    return int(usual[0]) if usual.size else 0


def _failing(plan: Plan) -> list[Points]:
    return [failure.points for failure in plan.failures]
