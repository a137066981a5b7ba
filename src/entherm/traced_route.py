"""The general route for one point of stand-ins: coherences eliminated, then populations.

As in `entherm.coherent`, in arithmetic that stand-ins pass through. Clusters are those of the
sample point: inside them the dissipator keeps one energy, while the commutator with H_S keeps its
derivative, off the diagonal too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.composition import DEPHASING, HAMILTONIAN, WORK
from entherm.elimination import stationary_populations
from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.liouvillian import generator
from entherm.machine import Machine
from entherm.operators import adjoint
from entherm.parameters import as_array, stands_in
from entherm.point_stage import Currents, SolvedPlan
from entherm.reservoirs import Reservoir
from entherm.superoperator import Generator
from entherm.tracing import as_stand_in

# Levels whose elimination is written out, as it grows with their third power.
LARGEST_WRITTEN = 16


def is_traced(machine: Machine) -> bool:
    """Whether a machine is a point of stand-ins.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> is_traced(two_qubit_machine(1.0, 1.0, 0.5))
    False
    """
    return any(map(stands_in, machine.parameters.values()))


def solve_traced(machine: Machine, equation: Equation) -> tuple[SolvedPlan, NDArray[np.intp]]:
    """Solve one point; whether its state is unique has been found out with numbers.

    Raises
    ------
    ParameterError
        For a Lamb shift, which has no derivative here.
    """
    _require_written(machine, equation)
    _note_bounds(machine)
    whole = generator(machine, equation)
    count = len(whole.frame.levels)
    system = whole.over_reals
    first, rest = slice(0, count), slice(count, None)
    effective: Any = system[first, first]
    driven: Any = None
    if len(whole.elements) > count:
        driven = -np.linalg.solve(system[rest, rest], system[rest, first])
        effective = effective + system[first, rest] @ driven
    rates = {(i, j): effective[j, i] for i in range(count) for j in range(count) if i != j}
    populations = stationary_populations(rates, range(count))
    p: Any = np.stack([as_array(populations[k]) for k in range(count)])
    beside = p[:0] if driven is None else driven @ p
    pairs = whole.elements[count::2]
    re, im = beside[: len(pairs)], beside[len(pairs) :]
    values: dict[tuple[int, int], Any] = {(k, k): p[k] for k in range(count)}
    for k, (a, b) in enumerate(pairs):
        values[a, b], values[b, a] = re[k] + 1j * im[k], re[k] - 1j * im[k]
    elements = np.stack([as_array(values[e]) for e in whole.elements])
    return _solved(whole, elements, values), np.ones((), np.intp)


def _require_written(machine: Machine, equation: Equation) -> None:
    if equation.lamb_shift == "explicit":
        rule, remedy = "have lamb_shift='absorbed' to be differentiated", "fit the dressed gaps"
        raise ParameterError("equation", rule, f"{equation}", remedy)


def _note_bounds(machine: Machine) -> None:
    """Jump operators go with √(1 − c), of which only the square is smooth."""
    for bath in machine.reservoirs:
        c = as_stand_in(bath.parameters.get("correlation"))
        if c is not None:
            path = f"{bath.path}.correlation"
            told = f"{path} has no derivative at its bound 1 where coherences belong to the problem"
            c.algebra.kink(c == 1.0, [c], f"{told}: take a difference")


def _solved(whole: Generator, elements: Any, values: dict[tuple[int, int], Any]) -> SolvedPlan:
    frame = whole.frame
    count = len(frame.levels)
    heats: Currents = {}
    for bath in frame.machine.reservoirs:
        energy = whole.energy_current(bath.name, elements)
        if isinstance(bath, Reservoir) and bath.name in whole.counting:
            quanta = whole.quanta_current(bath.name, elements)
            heats["quanta", bath.name] = quanta
            if bath.has_chemical_potential:
                energy = energy - bath.chemical_potential * quanta
        heats[bath.name] = energy
    heats[DEPHASING] = whole.energy_current(DEPHASING, elements)
    heats[WORK] = whole.energy_current(HAMILTONIAN, elements)
    if frame.equation.reference == "bare":
        zero = as_array(0.0)
        rows = [[values.get((a, b), zero) for b in range(count)] for a in range(count)]
        rho = np.stack([np.stack(np.broadcast_arrays(*map(as_array, row))) for row in rows])
        turn = adjoint(frame.total.matrix) @ frame.levels.matrix
        turned = turn @ rho @ adjoint(turn)
        values = {(a, b): turned[a, b] for a in range(count) for b in range(count)}
    pairs = [*frame.total.coherences]
    return SolvedPlan(
        tuple(values[k, k].real for k in range(count)),
        {(a, b): (values[a, b].real, values[a, b].imag) for a, b in pairs if (a, b) in values},
        heats,
    )
