"""Points where coherences belong to the steady-state problem, solved by the generator matrix.

Levels of one sector that coincide, and three or more qubits under Eq. (21): the coherences are
eliminated first, what is left is a rate equation. Block by block, so that memory stays bounded.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import diagonalise
from entherm.elimination import eliminate_coherences
from entherm.equations import Global
from entherm.liouvillian import Matrix, generators, population_elements
from entherm.machine import Machine
from entherm.observables import heat_sources
from entherm.parameters import Array
from entherm.point_stage import SolvedPlan

# Singular values of a generator below this fraction of the largest count as zero. Only this general
# route needs it; a rate equation is judged by its zero pattern.
KERNEL_TOLERANCE = 1e-13

# Memory for one block of points: a complex matrix for each reservoir and a few more at work.
BLOCK_BYTES = 1 << 27

# Where the equation has no meaning, in place of the kernel's dimension.
MEANINGLESS = -1


def solve_coherent(machine: Machine, equation: Global) -> tuple[SolvedPlan, NDArray[np.intp]]:
    """Solve every point of a machine by the generator over populations and coherences.

    Parameters
    ----------
    machine, equation : Machine, Global
        What to solve.

    Returns
    -------
    SolvedPlan
        Populations, coherences and heat currents; NaN where there is no unique state.
    ndarray of int, of the machine's shape
        Dimension of the generator's kernel; `MEANINGLESS` where a driven transition has no
        positive frequency.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> plan, kernel = solve_coherent(two_qubit_machine(20.0, 20.0, 0.0), Global())
    >>> int(kernel), sorted(plan.coherences)
    (1, [(1, 2)])
    """
    size = prod(machine.shape)
    keys = population_elements(diagonalise(machine))
    blocks = [machine]
    if machine.shape:
        matrices = 16 * len(keys) ** 2 * (len(machine.reservoirs) + 6)
        step = max(1, BLOCK_BYTES // matrices)
        blocks = [machine.take(np.arange(k, min(k + step, size))) for k in range(0, size, step)]
    solved = [_solve_block(block, equation) for block in blocks]
    elements = np.concatenate([e.reshape(-1, len(keys)) for e, _, _ in solved])
    heats = np.concatenate([h.reshape(len(heat_sources(machine)), -1) for _, h, _ in solved], -1)
    kernel = np.concatenate([k.reshape(-1) for _, _, k in solved]).reshape(machine.shape)
    return solved_plan(machine, dict(zip(keys, elements.T, strict=True)), heats), kernel


def solved_plan(
    machine: Machine, elements: dict[tuple[int, int], NDArray[np.complex128]], heats: Array
) -> SolvedPlan:
    """Arrange solved elements (flat over points) and heats (source, point) by name.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(1.0, 1.0, 0.5).without("RA", "RB", "RC")
    >>> solved_plan(m, {(0, 0): np.ones(1, complex)}, np.zeros((1, 1))).populations
    (array(1.),)
    """
    shape = machine.shape
    return SolvedPlan(
        tuple(v.real.reshape(shape).copy() for (a, b), v in elements.items() if a == b),
        {
            (a, b): (v.real.reshape(shape).copy(), v.imag.reshape(shape).copy())
            for (a, b), v in elements.items()
            if a < b
        },
        {
            name: row.reshape(shape).copy()
            for name, row in zip(heat_sources(machine), heats, strict=True)
        },
    )


def _solve_block(machine: Machine, equation: Global) -> tuple[Matrix, Array, NDArray[np.intp]]:
    """Elements (..., m), heats (source, ...) and the kernel's dimension."""
    levels = diagonalise(machine)
    keys = population_elements(levels)
    populations = [k for k, (a, b) in enumerate(keys) if a == b]
    parts = generators(machine, levels, equation, keys)
    shape = (*machine.shape, len(keys), len(keys))
    total = np.broadcast_to(sum(parts.values()), shape).copy()
    meaningless = np.isnan(total).any((-1, -2))
    total[meaningless] = 0.0
    values = np.linalg.svd(total, compute_uv=False)
    kernel = (values <= KERNEL_TOLERANCE * values[..., :1]).sum(-1)
    elements = np.full(shape[:-1], np.nan, complex)
    unique = kernel == 1
    elements[unique] = eliminate_coherences(total[unique], populations)[1]
    energy = np.zeros((*levels.norm.shape, len(keys)))
    for k in populations:
        energy[..., k] = levels.energies[keys[k][0]]
    heats = [
        np.einsum("...p,...pq,...q->...", energy, parts[name], elements).real
        for name in heat_sources(machine)
    ]
    return elements, np.stack(heats), np.where(meaningless, MEANINGLESS, kernel)
