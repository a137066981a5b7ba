"""Transients: a machine on its way from any initial state, with all that a steady state is read by.

The generator is stepped by its exponential (`entherm.propagation`). What comes out is a solved
state with one more axis, the time, which is the last one of the broadcast shape.

ρ(t) is good to rounding times the ratio of gaps to rates, phases to rounding times gap · t: gaps of
10², rates of 10⁻³ and times of 10⁶ leave eleven digits.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.bohr import diagonalise
from entherm.clusters import fixed_over
from entherm.coherent import between_levels, currents, solved_plan
from entherm.decay import require_meaning
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.initial_states import initial_states
from entherm.liouvillian import Generator, Matrix, generator, runs
from entherm.machine import Machine, require_machine
from entherm.observables import Observable
from entherm.operators import adjoint
from entherm.pair_measures import PairMeasure
from entherm.parameters import Array, parameter, require
from entherm.plan import Piece, Plan
from entherm.point_stage import Currents
from entherm.propagation import propagated
from entherm.reduced import partial_trace
from entherm.solution import Solution

# A population between minus this and zero is a zero: rounding times the ratio of gaps to rates.
ROUNDED_ZERO = 1e-10

# A state with a smaller population is empty to the entropy.
EMPTY = 1e-14


def evolve(
    machine: Machine,
    times: ArrayLike,
    initial: ArrayLike,
    equation: Equation | None = None,
) -> Evolution:
    r"""Return the states that a machine goes through, ρ(t) = exp(ℒ t) ρ(0).

    Parameters
    ----------
    machine : Machine
        Any of its parameters may be an array.
    times : array_like, shape (t,)
        Increasing, >= 0; ρ(0) = `initial` whether or not 0 is among them.
    initial : array_like
        A ket (d,) or a density matrix (d, d) in the bare basis, excited first; or density matrices
        (..., d, d) that broadcast with the machine's shape. `product_state`, `thermal_state` and
        `thermal_product` make some.
    equation : Equation, optional
        The master equation; left out, `Global`.

    Returns
    -------
    Evolution
        Read like a `SteadyState`, with time the last axis of its shape.

    Raises
    ------
    ParameterError
        For times that do not increase, for an initial state that is none.
    InvalidMachineError
        Where a coupled transition has no positive Bohr frequency.

    References
    ----------
    [Man] Eq. (8). A. Al-Mohy, N. Higham, SIAM J. Matrix Anal. Appl. 31, 970 (2009), for the
    exponential (`scipy.linalg.expm`).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> from entherm.initial_states import product_state
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    >>> e = evolve(m, [0.0, 0.1, 10.0], product_state(m, {"A": 1, "B": "ground"}))
    >>> e.concurrence("A", "B").round(4)
    array([0.    , 0.5059, 0.0993])
    """
    require_machine(machine)
    rule = fixed_over(machine, chosen_equation(equation))
    grid = _times(times)
    start = initial_states(initial, machine)
    own = np.array(machine.classes)
    mixed = bool(np.any(start[..., own[:, None] != own] != 0.0))
    rows = np.broadcast_to(start, (*machine.shape, *start.shape[-2:]))
    rows = rows.reshape(-1, *start.shape[-2:])
    sizes = [len(own)] if mixed else Counter(machine.classes).values()
    found, first = [], 0
    for run in runs(machine, sum(size**2 for size in sizes)):
        size = run.shape[0] if run.shape else 1
        found.append(_solve(run, rule, rows[first : first + size], grid, mixed))
        first += size
    rho = np.concatenate([r.reshape(-1, *r.shape[-2:]) for r, _ in found])
    flows = {k: np.concatenate([f[k].ravel() for _, f in found]) for k in found[0][1]}
    timed = TimedMachine(machine, len(grid), mixed)
    piece = Piece(timed, diagonalise(timed), solved_plan(timed, rho, flows), None)
    return Evolution(timed, rule, Plan((piece,), ()), grid)


class TimedMachine(Machine):
    """A machine at several times: its parameters, and its shape, carry the time as last axis.

    Where it starts with coherence between classes of levels, no class says what vanishes.
    """

    _given: tuple[Machine, int, bool]

    def __init__(self, machine: Machine, count: int, mixed: bool) -> None:
        longer = machine.mapped(lambda _, old: old[..., None])
        for part in ("subsystems", "interactions", "reservoirs", "dephasing"):
            object.__setattr__(self, part, getattr(longer, part))
        object.__setattr__(self, "_given", (machine, count, mixed))

    def __reduce__(self) -> tuple[Any, ...]:
        return TimedMachine, self._given

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of all parameters, and the number of times."""
        machine, count, _ = self._given
        return (*machine.shape, count)

    @cached_property
    def sectors(self) -> tuple[int, ...]:
        """Sector of each bare state."""
        return self._given[0].sectors

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Class of each bare state; one for all where the initial state mixes them."""
        machine, _, mixed = self._given
        return (0,) * len(machine.classes) if mixed else machine.classes

    @cached_property
    def hash(self) -> str:
        """That of the machine itself."""
        return str(self._given[0].hash)


class Evolution(Solution):
    """The states of a machine along its way; arrays carry the machine's shape, then the time.

    Measures of two qubits follow from their reduced density matrix: by the formula of X states
    wherever it has that form, by the general one elsewhere, which is good to some 1e-8. NaN where
    an equation that is not positive makes a population of an X state negative.

    Attributes
    ----------
    machine : Machine
        With a last axis for the time.
    equation : Equation
    times : ndarray, shape (t,)
    """

    machine: TimedMachine

    def __init__(self, machine: TimedMachine, equation: Equation, plan: Plan, times: Array) -> None:
        super().__init__(machine, equation, plan, None)
        self.times = times

    def observe(self, *observables: Observable) -> tuple[Array, ...]:
        """Compute several observables at every time.

        Examples
        --------
        >>> from entherm import concurrence, heat, two_qubit_machine
        >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
        >>> e = evolve(m, [0.0, 0.2], [0, 1, 0, 0])
        >>> [len(values) for values in e.observe(concurrence("A", "B"), heat("RC"))]
        [2, 2]
        """
        for o in observables:
            if isinstance(o, PairMeasure) and o not in self._known:
                o.prepare(self.machine, self._levels)
                values = o.finish([self._measure(o)])
                values.setflags(write=False)
                self._known[o] = values
        return super().observe(*observables)

    def _measure(self, pair: PairMeasure) -> Array:
        sites = self.machine.site(pair.first), self.machine.site(pair.second)
        rho = partial_trace(
            np.asarray(self.density_matrix, complex), self.machine.dimensions, sites
        )
        p = np.diagonal(rho, axis1=-2, axis2=-1).real
        # A rounded zero below zero has no root.
        p = np.where((p < 0.0) & (p > -ROUNDED_ZERO), 0.0, p)
        inner, outer = rho[..., 1, 2], rho[..., 0, 3]
        with np.errstate(invalid="ignore"):
            found = np.maximum(
                pair.measure(p[..., 0], p[..., 3], inner.real, inner.imag),
                pair.measure(p[..., 1], p[..., 2], outer.real, outer.imag),
            )
        other = np.any(rho[..., [0, 0, 1, 2], [1, 2, 3, 3]] != 0.0, axis=-1)
        mixed: Any = rho[other]
        found[other] = pair.measure_of(mixed)
        return np.asarray(found)

    @property
    def entropy_production(self) -> Array:
        r"""σ = dS/dt − Σ Q_ν / T_ν, dS/dt = −Tr ρ̇ ln ρ; +inf where an empty state fills.

        References
        ----------
        H. Spohn, J. Math. Phys. 19, 1227 (1978).
        """
        p, vectors = np.linalg.eigh(self.density_matrix)
        change = np.einsum("...ai,...ab,...bi->...i", vectors.conj(), self._velocity, vectors).real
        filled = p > EMPTY
        fills = ~filled & (change > EMPTY * np.abs(change).max(-1, keepdims=True))
        surprise = np.log(np.where(filled, p, 1.0))
        entropy_rate = np.where(fills.any(-1), np.inf, -(change * surprise).sum(-1))
        return np.asarray(entropy_rate + super().entropy_production)[()]

    @cached_property
    def _velocity(self) -> Matrix:
        """Dρ/dt in the bare basis."""
        whole = _generator(self.machine, self.equation)
        rho = _turned(np.asarray(self.density_matrix, complex), whole.frame.levels.matrix)
        values = rho[..., *np.array(whole.elements).T]
        change = np.einsum("...pq,...q->...p", whole.total, values)
        between = between_levels(whole.frame, whole.elements, change)
        return _turned(between, adjoint(self._levels.matrix))


def _times(times: ArrayLike) -> Array:
    grid = parameter(times, "times")
    if grid.ndim != 1:
        rule, remedy = "be one-dimensional", "give [0.0, 1.0, 2.0]"
        raise ParameterError("times", rule, f"shape {grid.shape}", remedy)
    require(grid >= 0.0, grid, "times", "be >= 0", "the initial state is that of time 0")
    rises = np.concatenate([[True], np.diff(grid) > 0.0])
    require(rises, grid, "times", "increase", "sort them, each once")
    return grid


def _solve(
    machine: Machine, equation: Equation, start: Matrix, times: Array, mixed: bool
) -> tuple[Matrix, Currents]:
    """ρ between levels of H_S (..., t, n, n), and currents by name."""
    whole = _generator(TimedMachine(machine, len(times), mixed), equation)
    require_meaning(machine, whole.total[..., 0, :, :])
    a, b = np.array(whole.elements).T
    points = len(start)
    vectors = whole.frame.levels.matrix
    given = start.reshape(*machine.shape, 1, *start.shape[-2:])
    rho = _turned(given, vectors)
    first = np.broadcast_to(rho, (*machine.shape, 1, *rho.shape[-2:]))
    first = first.reshape(points, *rho.shape[-2:])[:, a, b]
    total = np.broadcast_to(whole.total, (*machine.shape, 1, len(a), len(a)))
    values = propagated(total.reshape(points, len(a), len(a)), first, a == b, times)
    values = values.reshape(*machine.shape, len(times), len(a))
    rho = between_levels(whole.frame, whole.elements, values)
    rho = 0.5 * (rho + adjoint(rho))
    k = np.arange(rho.shape[-1])
    p = rho[..., k, k].real
    rho[..., k, k] = np.where((p < 0.0) & (p > -ROUNDED_ZERO), 0.0, p)
    return rho, currents(whole, values)


def _generator(machine: TimedMachine, equation: Equation) -> Generator:
    """Generator over what can differ from zero, with the classes that the dynamics has."""
    given, count, mixed = machine._given
    if not mixed:
        return generator(machine, equation)
    levels = range(len(given.classes))
    every = [(a, b) for a in levels for b in levels]
    return generator(TimedMachine(given, count, False), equation, every)


def _turned(rho: Matrix, vectors: NDArray[Any]) -> Matrix:
    """U† ρ U."""
    return np.asarray(adjoint(vectors) @ rho @ vectors)
