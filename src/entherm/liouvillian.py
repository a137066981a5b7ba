"""The generator as a matrix: over chosen elements of ρ, or over all of them.

The general route, where coherences meet populations, and the oracle of the rate equation. Elements
are ordered pairs (a, b) for ⟨a|ρ|b⟩ between the reference levels of the equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.channels import channels
from entherm.equations import Equation, chosen_equation
from entherm.errors import InvalidMachineError
from entherm.frame import frame_of
from entherm.interference import Element, Strengths, strengths
from entherm.jumps import drives
from entherm.machine import Machine, require_machine
from entherm.operators import adjoint
from entherm.parameters import as_array
from entherm.plain_jumps import plain_jumps, quanta_of_collisions
from entherm.sides import Sides, jump_action
from entherm.superoperator import Generator, Matrix

__all__ = [
    "Element",
    "Generator",
    "Matrix",
    "all_elements",
    "generator",
    "liouvillian",
    "population_elements",
    "runs",
]

# Memory for one run of points: a complex matrix for each reservoir and a few more at work.
RUN_BYTES = 1 << 27


def population_elements(levels: Levels) -> tuple[Element, ...]:
    """Elements that can meet the populations: these, and the coherences of one class.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> population_elements(diagonalise(two_qubit_machine(20.0, 20.0, 10.0)))
    ((0, 0), (1, 1), (2, 2), (3, 3), (1, 2), (2, 1))
    """
    count = len(levels)
    coherences = [e for a, b in levels.coherences for e in ((a, b), (b, a))]
    return (*((a, a) for a in range(count)), *coherences)


def all_elements(levels: Levels) -> tuple[Element, ...]:
    """All d² elements, row by row.

    Examples
    --------
    >>> from entherm import Machine, Qubit, diagonalise
    >>> all_elements(diagonalise(Machine([Qubit("A", 1.0)])))
    ((0, 0), (0, 1), (1, 0), (1, 1))
    """
    count = len(levels)
    return tuple((a, b) for a in range(count) for b in range(count))


def generator(
    machine: Machine, equation: Equation, elements: Iterable[Element] | None = None
) -> Generator:
    """Return the generator of an equation over chosen elements of ρ.

    Parameters
    ----------
    machine, equation : Machine, Equation
    elements : iterable of (int, int), optional
        In the equation's reference levels, a set that the dynamics does not leave; left out, the
        populations and all that can meet them.

    Raises
    ------
    ParameterError
        For what an equation cannot describe.

    References
    ----------
    [Man] Eqs. (8), (9), (10), (12), (13), (14), (21).

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> sorted(generator(two_qubit_machine(20.0, 20.0, 10.0), Global()).names)
    ['RA', 'RB', 'RC', 'dephasing', 'hamiltonian']
    """
    frame = frame_of(machine, equation)
    chosen = tuple(elements) if elements is not None else population_elements(frame.levels)
    flows: dict[str, tuple[Strengths, ...]] = {}
    quanta: dict[str, NDArray[Any]] = {}
    if equation.name != "Reset":
        driven = drives(machine, frame.levels)
        axes = len(machine.shape)
        flows = {
            name: tuple(
                strengths(channel.lines, equation, chosen, axes)
                for channel in channels(drive, driven, equation)
            )
            for name, drive in driven.by_name.items()
        }
    else:
        quanta = quanta_of_collisions(frame)
    sides = Sides(chosen)
    plain: dict[str, NDArray[Any]] = {}
    for name, jump in plain_jumps(frame):
        action = jump_action(jump, frame, sides)
        plain[name] = plain[name] + action if name in plain else action
    return Generator(frame, chosen, flows, plain, quanta)


def runs(machine: Machine, elements: int) -> Iterator[Machine]:
    """Split a machine into flat runs of points whose generators fit into memory together.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> [m.shape for m in runs(two_qubit_machine(20.0, 20.0, [[1.0], [2.0]]), 16)]
    [(2,)]
    """
    if not machine.shape:
        yield machine
        return
    points = prod(machine.shape)
    step = max(1, RUN_BYTES // (16 * elements**2 * (len(machine.reservoirs) + 8)))
    for start in range(0, points, step):
        yield machine.take(np.arange(start, min(start + step, points)))


def liouvillian(machine: Machine, equation: Equation | None = None) -> Matrix:
    """Return the whole generator over all d² elements of ρ in the bare basis.

    Parameters
    ----------
    machine : Machine
        What to describe.
    equation : Equation, optional
        The master equation; left out, `Global`.

    Returns
    -------
    ndarray of complex, shape (..., d², d²)
        ρ̇ = L ρ with ρ stacked row by row; bare basis, highest levels first.

    Raises
    ------
    InvalidMachineError
        Where a driven transition has no meaning.

    References
    ----------
    [Man] Eq. (8).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> liouvillian(two_qubit_machine(20.0, 20.0, 10.0)).shape
    (16, 16)
    """
    require_machine(machine)
    rule = chosen_equation(equation)
    levels = frame_of(machine, rule).levels
    whole = generator(machine, rule, all_elements(levels))
    if not np.all(np.isfinite(whole.total)):
        raise InvalidMachineError(
            f"The generator of {rule.name}() has no meaning: a reservoir drives a transition whose "
            "Bohr frequency its spectrum does not serve (steady_state names it)."
        )
    # vec(U ρ U†) = (U ⊗ U*) vec(ρ), row by row.
    vectors = levels.matrix
    size = len(levels) ** 2
    turn = np.einsum("...ai,...bj->...abij", vectors, vectors.conj())
    turn = turn.reshape(*turn.shape[:-4], size, size)
    return as_array(turn @ whole.total @ adjoint(turn))
