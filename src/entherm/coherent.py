"""Points where coherences belong to the steady-state problem, solved by the generator matrix.

Levels of one class that coincide, three or more dephased qubits, and every equation but the global
one: the coherences are eliminated first, what is left is a rate equation. Block by block, so that
memory stays bounded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import diagonalise
from entherm.clusters import fixed_over
from entherm.elimination import eliminate_coherences
from entherm.equations import Equation
from entherm.frame import Frame
from entherm.liouvillian import (
    HAMILTONIAN,
    Element,
    Generator,
    Matrix,
    generator,
    population_elements,
    runs,
)
from entherm.machine import Machine
from entherm.observables import DEPHASING, WORK
from entherm.operators import adjoint
from entherm.parameters import Array, as_array
from entherm.point_stage import Currents, SolvedPlan
from entherm.reservoirs import Reservoir

# Singular values of a generator below this fraction of the largest count as zero. Only this general
# route needs it; a rate equation is judged by its zero pattern.
KERNEL_TOLERANCE = 1e-13

# No density matrix has a larger element than 1; a Redfield state exceeds it by its error.
LARGEST_ELEMENT = 2.0

# Where the equation has no meaning, in place of the kernel's dimension.
MEANINGLESS = -1


def solve_coherent(machine: Machine, equation: Equation) -> tuple[SolvedPlan, NDArray[np.intp]]:
    """Solve every point of a machine by the generator over populations and coherences.

    Parameters
    ----------
    machine, equation : Machine, Equation
        What to solve.

    Returns
    -------
    SolvedPlan
        Populations, coherences and heat currents; NaN where there is no unique state.
    ndarray of int, of the machine's shape
        Dimension of the generator's kernel; `MEANINGLESS` where a driven transition has no
        meaning, 0 where its only null vector has no trace.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> plan, kernel = solve_coherent(two_qubit_machine(20.0, 20.0, 0.0), Global())
    >>> int(kernel), sorted(plan.coherences)
    (1, [(1, 2)])
    """
    rule = fixed_over(machine, equation)
    count = len(population_elements(diagonalise(machine)))
    solved = [_solve_block(run, rule) for run in runs(machine, count)]
    rho = np.concatenate([r.reshape(-1, *r.shape[-2:]) for r, _, _ in solved])
    currents = {
        name: np.concatenate([c[name].reshape(-1) for _, c, _ in solved]) for name in solved[0][1]
    }
    kernel = np.concatenate([k.reshape(-1) for _, _, k in solved]).reshape(machine.shape)
    return solved_plan(machine, rho, currents), kernel


def solved_plan(machine: Machine, rho: Matrix, currents: Currents) -> SolvedPlan:
    """Arrange density matrices between levels of H_S (point, n, n) and currents by name.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(1.0, 1.0, 0.5)
    >>> [float(p) for p in solved_plan(m, np.eye(4)[None] / 4 + 0j, {}).populations]
    [0.25, 0.25, 0.25, 0.25]
    """
    shape = machine.shape

    def arranged(values: Array) -> Array:
        return np.ascontiguousarray(values).reshape(shape)

    return SolvedPlan(
        tuple(arranged(rho[:, k, k].real) for k in range(rho.shape[-1])),
        {
            (a, b): (arranged(rho[:, a, b].real), arranged(rho[:, a, b].imag))
            for a, b in diagonalise(machine).coherences
        },
        {name: arranged(values) for name, values in currents.items()},
    )


def _solve_block(machine: Machine, equation: Equation) -> tuple[Matrix, Currents, NDArray[np.intp]]:
    """ρ between levels of H_S (..., n, n), currents by name, and the kernel's dimension."""
    whole = generator(machine, equation)
    populations = [k for k, (a, b) in enumerate(whole.elements) if a == b]
    size = len(whole.elements)
    total = np.broadcast_to(whole.total, (*machine.shape, size, size)).copy()
    meaningless = ~np.isfinite(total).all((-1, -2))
    total[meaningless] = 0.0
    values = np.linalg.svd(total, compute_uv=False)
    kernel = (values <= KERNEL_TOLERANCE * values[..., :1]).sum(-1)
    elements = np.full((*machine.shape, size), np.nan, complex)
    unique = kernel == 1
    with np.errstate(divide="ignore", invalid="ignore"):
        elements[unique] = eliminate_coherences(total[unique], populations)[1]
    # Rates too far apart to be solved are too far apart to be told from zero.
    kernel = np.where(unique & ~np.isfinite(elements).all(-1), 2, kernel)
    # Of an equation that is not positive the null vector may have no trace: then no state is
    # stationary, and what the trace was divided by is rounding.
    traceless = unique & (np.abs(elements).max(-1) > LARGEST_ELEMENT)
    elements[traceless] = np.nan
    kernel = np.where(traceless, 0, kernel)
    rho = between_levels(whole.frame, whole.elements, elements)
    return rho, currents(whole, elements), np.where(meaningless, MEANINGLESS, kernel)


def currents(whole: Generator, elements: Matrix) -> Currents:
    """Return heat by source, ``"work"``, and by (``"quanta"``, name) what is counted in quanta.

    Heat is J_E − μ J_N.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> whole = generator(two_qubit_machine(20.0, 20.0, 10.0).without("RB", "RC"), Global())
    >>> list(currents(whole, np.zeros(len(whole.elements), complex)))
    [('quanta', 'RA'), 'RA', 'dephasing', 'work']
    """
    found: Currents = {}
    for bath in whole.frame.machine.reservoirs:
        energy = whole.energy_current(bath.name, elements)
        if isinstance(bath, Reservoir) and bath.name in whole.quanta:
            quanta = whole.quanta_current(bath.name, elements)
            found["quanta", bath.name] = quanta
            energy = (
                energy - bath.chemical_potential * quanta if bath.has_chemical_potential else energy
            )
        found[bath.name] = energy
    found[DEPHASING] = whole.energy_current(DEPHASING, elements)
    found[WORK] = whole.energy_current(HAMILTONIAN, elements)
    return found


def between_levels(frame: Frame, elements: tuple[Element, ...], values: Matrix) -> Matrix:
    """Return elements in the equation's frame (..., m) as ρ between levels of H_S (..., n, n).

    Examples
    --------
    >>> from entherm import Local, two_qubit_machine
    >>> from entherm.frame import frame_of
    >>> frame = frame_of(two_qubit_machine(20.0, 20.0, 10.0), Local())
    >>> rho = between_levels(frame, ((1, 1),), np.ones(1, complex))
    >>> rho[1:3, 1:3].real.round(12)
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    count = len(frame.levels)
    rho = np.zeros((*values.shape[:-1], count, count), complex)
    for k, (a, b) in enumerate(elements):
        rho[..., a, b] = values[..., k]
    if frame.diagonal:
        return rho
    turn = adjoint(diagonalise(frame.machine).matrix) @ frame.levels.matrix
    return as_array(turn @ rho @ adjoint(turn))
