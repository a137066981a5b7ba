"""The steady state of a machine: a plan when it is made, numbers when they are read."""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.asymptotics import density_matrix_from, settled
from entherm.bohr import diagonalise
from entherm.checks import require_choice
from entherm.equations import Equation, chosen_equation
from entherm.errors import ParameterError
from entherm.failures import Failure, Reason
from entherm.kernels import Engine
from entherm.machine import Machine, require_machine
from entherm.plan import Piece, Plan
from entherm.prepared import planned
from entherm.solution import Solution
from entherm.validity import Validity, assess


def steady_state(
    machine: Machine,
    equation: Equation | None = None,
    *,
    on_invalid: Literal["raise", "nan"] = "raise",
    initial: ArrayLike | None = None,
    engine: Engine | None = None,
) -> SteadyState:
    """Return the steady state of a machine, at every point of its broadcast shape.

    Parameters
    ----------
    machine : Machine
        Any of its parameters may be an array.
    equation : Equation, optional
        The master equation; left out, `Global`.
    on_invalid : {"raise", "nan"}
        What becomes of points that have no steady state or more than one: an error that names the
        first, or NaN with a code in `SteadyState.reason`.
    initial : array_like, optional
        A ket or density matrix in the bare basis (excited first), from which the state is reached
        wherever it is not unique.
    engine : {"numpy", "compiled", "jax"}, optional
        Left out, the first or the second by the number of points: the same numbers to the last
        bit. The third needs the extra `entherm[jax]` and uses a GPU where JAX has one; its numbers
        agree to 1e-12.

    Returns
    -------
    SteadyState
        Numbers are computed when they are read, and kept.

    Raises
    ------
    InvalidMachineError
        Where a coupled transition has no positive Bohr frequency.
    NonUniqueSteadyStateError
        Where there is more than one steady state; names the dark states.
    OscillatingCoherenceError
        Where `initial` holds a coherence that never decays.

    References
    ----------
    [Man] Eq. (8) with its left-hand side set to zero.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> s = steady_state(two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=[1.0, 5.0]))
    >>> s.concurrence("A", "B").round(4)
    array([0.0993, 0.0845])
    """
    require_machine(machine)
    require_choice(on_invalid, "on_invalid", ("raise", "nan"))
    if engine is not None:
        require_choice(engine, "engine", ("numpy", "compiled", "jax"))
    if engine == "jax" and initial is not None:
        told, remedy = "not be 'jax' beside an initial state", "leave engine out"
        raise ParameterError("engine", told, "'jax'", remedy)
    rule = chosen_equation(equation)
    plan = planned(machine, rule, engine)
    if initial is not None:
        start = density_matrix_from(initial, prod(machine.dimensions))
        plan = _settled_plan(machine, rule, plan, start)
    if plan.failures and on_invalid == "raise":
        raise min(plan.failures, key=lambda f: f.reason).error
    return SteadyState(machine, rule, plan, engine)


def _settled_plan(
    machine: Machine, equation: Equation, plan: Plan, start: NDArray[np.complex128]
) -> Plan:
    """Replace points without a unique state by the state reached from `start`."""
    pieces = list(plan.pieces)
    failures = [f for f in plan.failures if f.reason is not Reason.NOT_UNIQUE]
    for failure in (f for f in plan.failures if f.reason is Reason.NOT_UNIQUE):
        points = failure.points if machine.shape else None
        part = machine if points is None else machine.take(points)
        solved, restless = settled(part, equation, start)
        pieces.append(Piece(part, diagonalise(part), solved, points))
        failures += [
            Failure(Reason.OSCILLATES, failure.points[k : k + 1], error)
            for k, error in restless.items()
        ]
    return Plan(tuple(pieces), tuple(failures))


class SteadyState(Solution):
    """The steady state of a machine; read-only arrays with the broadcast shape in front.

    Attributes
    ----------
    machine : Machine
    equation : Equation
    """

    @cached_property
    def validity(self) -> Validity:
        """Figures by which the equation is judged at each point."""
        return assess(self.machine, self.equation, self)
