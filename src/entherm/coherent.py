"""Points where coherences belong to the steady-state problem, solved by the generator matrix.

Levels of one class that coincide, three or more dephased qubits, and every equation but the global
one: the coherences are eliminated first, what is left is a rate equation. Tile by tile of the axes,
so that memory stays bounded and what depends on one axis is made on that axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cached_property, partial
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import diagonalise
from entherm.clusters import fixed_over
from entherm.composition import DEPHASING, HAMILTONIAN, WORK
from entherm.equations import Equation
from entherm.frame import Frame
from entherm.kernels import cores
from entherm.liouvillian import Element, Generator, Matrix, generator
from entherm.machine import Machine
from entherm.many.many_levels import goes_by_products, solve_by_products
from entherm.many.memory import coupled_elements, require_written
from entherm.many.threads import threads_for
from entherm.operators import adjoint
from entherm.parameters import Array, as_array
from entherm.point_stage import Currents, SolvedPlan
from entherm.reservoirs import Reservoir
from entherm.stationary import LARGEST_ELEMENT, MEANINGLESS, stationary
from entherm.traced_route import is_traced, solve_traced

# Memory for the generators of one tile. Below, Python's share grows (10 ms a tile); far above, more
# is lost on memory than is won. Measured on 3 qubits, where it is 5,000 points.
TILE_BYTES = 1 << 24

# Fewer points are not worth a tile of their own; more are cut into so many tiles at least. Linear
# algebra rounds by how many points it takes at once, so that must not depend on the processors.
TILE_POINTS, TILES = 4000, 8

Index = tuple[slice, ...]


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
    if is_traced(machine):
        return solve_traced(machine, equation)
    if goes_by_products(machine, equation):
        with threads_for(machine):
            return solve_by_products(machine, equation)
    rule = fixed_over(machine, equation)
    require_written(machine, equation)
    elements = coupled_elements(machine)
    share = max(TILE_POINTS, -(-prod(machine.shape) // TILES))
    indices = list(_tiles(machine.shape, min(share, TILE_BYTES // (8 * elements**2))))
    if len(indices) == 1:
        return _solve_tile(machine, rule)
    with ThreadPoolExecutor(cores()) as pool:
        # What the caller has NumPy ignore is ignored in the threads too.
        running = [
            pool.submit(copy_context().run, _solve_tile_at, machine, rule, index)
            for index in indices
        ]
        solved = [tile.result() for tile in running]
    plans = [plan for plan, _ in solved]
    place = partial(_joined, machine.shape, indices)
    return SolvedPlan(
        tuple(map(place, zip(*(plan.populations for plan in plans), strict=True))),
        {
            pair: (
                place([plan.coherences[pair][0] for plan in plans]),
                place([plan.coherences[pair][1] for plan in plans]),
            )
            for pair in plans[0].coherences
        },
        {name: place([plan.heats[name] for plan in plans]) for name in plans[0].heats},
    ), place([kernel for _, kernel in solved])


class Tile(Machine):
    """A machine on a block of its points: axes stay axes, and symmetries are those of the whole."""

    _given: tuple[Machine, Index]

    def __init__(self, machine: Machine, index: Index) -> None:
        def part(_: str, old: Array) -> Array:
            own = index[len(index) - old.ndim :]
            kept = (slice(None) if n == 1 else s for n, s in zip(old.shape, own, strict=True))
            return old[tuple(kept)]

        smaller = machine.mapped(part)
        for name in ("subsystems", "interactions", "reservoirs", "dephasing"):
            object.__setattr__(self, name, getattr(smaller, name))
        vars(self).update(sectors=machine.sectors, classes=machine.classes)
        object.__setattr__(self, "_given", (machine, index))

    def __reduce__(self) -> tuple[Any, ...]:
        return Tile, self._given

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Of the block."""
        return tuple(s.stop - s.start for s in self._given[1])

    @cached_property
    def sectors(self) -> tuple[int, ...]:
        """Sector of each bare state."""
        return self._given[0].sectors

    @cached_property
    def classes(self) -> tuple[int, ...]:
        """Class of each bare state."""
        return self._given[0].classes


def _tiles(shape: tuple[int, ...], points: int) -> Iterator[Index]:
    """Blocks of at most `points` points, as near to cubes as the axes allow.

    What depends on one axis is made once for each value in a block: a cube has the fewest.
    """
    steps = list(shape)
    while prod(steps) > max(points, 1):
        longest = int(np.argmax(steps))
        steps[longest] = -(-steps[longest] // 2)
    starts = (range(0, n, step) for n, step in zip(shape, steps, strict=True))
    for corner in product(*starts):
        yield tuple(
            slice(k, min(k + step, n)) for k, step, n in zip(corner, steps, shape, strict=True)
        )


def _joined(shape: tuple[int, ...], indices: list[Index], blocks: Any) -> Any:
    whole = np.empty(shape, blocks[0].dtype)
    for index, block in zip(indices, blocks, strict=True):
        whole[index] = block
    return whole


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


def _solve_tile_at(
    machine: Machine, equation: Equation, index: Index
) -> tuple[SolvedPlan, NDArray[np.intp]]:
    return _solve_tile(Tile(machine, index), equation)


def _solve_tile(machine: Machine, equation: Equation) -> tuple[SolvedPlan, NDArray[np.intp]]:
    whole = generator(machine, equation)
    count, size = len(whole.frame.levels), len(whole.elements)
    system = np.broadcast_to(whole.over_reals, (size, size, *machine.shape))
    systems = np.moveaxis(system, (0, 1), (-2, -1)).reshape(-1, size, size)
    values, kernel = _judged(systems, count)
    found = values.reshape(size, *machine.shape)
    coherences = (size - count) // 2
    re, im = found[count : count + coherences], found[count + coherences :]
    both = np.stack([re + 1j * im, re - 1j * im], 1).reshape(2 * coherences, *machine.shape)
    elements = np.moveaxis(np.concatenate([found[:count], both]), 0, -1)
    flows = {
        name: np.broadcast_to(flow, machine.shape)
        for name, flow in currents(whole, elements).items()
    }
    kernel = kernel.reshape(machine.shape)
    if not whole.frame.diagonal:
        rho = between_levels(whole.frame, whole.elements, elements)
        return solved_plan(machine, rho.reshape(-1, count, count), flows), kernel
    pairs = whole.elements[count::2]
    coherent = dict(zip(pairs, zip(re, im, strict=True), strict=True))
    return SolvedPlan(tuple(found[:count]), coherent, flows), kernel


def _judged(systems: Array, count: int) -> tuple[Array, NDArray[np.intp]]:
    """Real coordinates of each steady state (m, k), and the kernel's dimension or `MEANINGLESS`."""
    known = np.isfinite(systems).all((-2, -1))
    if not np.all(known):
        values = np.full((systems.shape[-1], len(systems)), np.nan)
        kernel = np.full(len(systems), MEANINGLESS)
        if np.any(known):
            values[:, known], kernel[known] = _judged(systems[known], count)
        return values, kernel
    with np.errstate(all="ignore"):
        values, kernel = stationary(systems, count)
    # Rates too far apart to be solved are too far apart to be told from zero.
    kernel = np.where((kernel == 1) & ~np.isfinite(values).all(0), 2, kernel)
    # Of an equation that is not positive the null vector may have no trace: then no state is
    # stationary, and what the trace was divided by is rounding.
    pairs = (len(values) - count) // 2
    coherent = np.hypot(values[count : count + pairs], values[count + pairs :])
    largest = np.max(np.concatenate([np.abs(values[:count]), coherent]), axis=0)
    traceless = (kernel == 1) & (largest > LARGEST_ELEMENT)
    kernel = np.where(traceless, 0, kernel)
    return np.where(kernel == 1, values, np.nan), kernel


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
        if isinstance(bath, Reservoir) and bath.name in whole.counting:
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
    place = np.full((count, count), len(elements))
    place[tuple(np.array(elements).T)] = np.arange(len(elements))
    rho = np.concatenate([values, np.zeros((*values.shape[:-1], 1))], -1)[..., place]
    if frame.diagonal:
        return as_array(rho, complex)
    turn = adjoint(diagonalise(frame.machine).matrix) @ frame.levels.matrix
    return as_array(turn @ rho @ adjoint(turn))
