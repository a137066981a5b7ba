"""Steady states of more levels than a generator can be written down for, point by point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import diagonalise
from entherm.composition import DEPHASING, WORK
from entherm.equations import Equation, Global, Redfield, Unified, UniversalLindblad
from entherm.jumps import require_thermal
from entherm.machine import Machine
from entherm.many.iterative import Stationary, stationary_state
from entherm.many.matrix_free import ClassGenerator, class_generator
from entherm.many.memory import coupled_elements, require_products
from entherm.many.packed_states import PackedCoherences
from entherm.many.point_clusters import joined_at
from entherm.parameters import Array
from entherm.point_stage import Currents, Edge, SolvedPlan
from entherm.reservoirs import Reservoir
from entherm.stationary import LARGEST_ELEMENT, MEANINGLESS

# Up to so many elements of ρ the generator is written down: at a few points, and at many, which
# share what does not vary. Five qubits of a chain have 252: 0.09 s a point by products, 0.19 s
# written down, and then 8 ms for each further temperature. Six have 924: 0.16 s against 1.2 s.
LARGEST_ALONE, LARGEST_TOGETHER = 128, 300
FEW_POINTS = 4


def goes_by_products(machine: Machine, equation: Equation) -> bool:
    """Whether a machine is solved by `solve_by_products`, point by point.

    That is where ρ has more than `LARGEST_ALONE` elements between levels of one class, or at many
    points `LARGEST_TOGETHER`, and the equation is one of weak coupling. Where transitions interfere
    at equal frequencies alone and dephasing joins elements of all frequencies, amplitudes must be
    real.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> goes_by_products(two_qubit_machine(20.0, 20.0, 10.0), Redfield())
    False
    """
    together = prod(machine.shape) > FEW_POINTS
    largest = LARGEST_TOGETHER if together else LARGEST_ALONE
    if coupled_elements(machine) <= largest:
        return False
    if isinstance(equation, Redfield | UniversalLindblad):
        return True
    dephased = any(np.any(d.rate) for d in machine.dephasing.values())
    if isinstance(equation, Global) and equation.dephasing == "secular":
        dephased = False
    return isinstance(equation, Unified | Global) and not (dephased and _complex(machine))


def _complex(machine: Machine) -> bool:
    operators = [term.operator for term in machine.terms]
    for bath in machine.reservoirs:
        if isinstance(bath, Reservoir):
            operators += [machine.coupling_operator(bath, name)[1] for name in bath.couplings]
    return any(map(np.iscomplexobj, operators))


def solve_by_products(machine: Machine, equation: Equation) -> tuple[SolvedPlan, NDArray[np.intp]]:
    """Solve every point of a machine without writing its generator down.

    Parameters
    ----------
    machine, equation : Machine, Equation
        For which `goes_by_products`.

    Returns
    -------
    SolvedPlan
        NaN where there is no unique state.
    ndarray of int, of the machine's shape
        Dimension of the generator's kernel, as far as it is known; 0 where the null vector has no
        trace, and those of `entherm.many.iterative` below zero.

    Raises
    ------
    ParameterError
        For what does not fit into memory, before it is allocated.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> plan, kernel = solve_by_products(two_qubit_machine(20.0, 20.0, 10.0), Redfield())
    >>> int(kernel), [round(float(p), 6) for p in plan.populations[:2]]
    (1, [0.0, 0.0])
    """
    require_thermal(machine, equation.name)
    rule = _fixed_over(machine, equation)
    states, currents, kernels = [], [], []
    require_products(machine)
    for point in _points(machine):
        state, found, kernel = _solved(point, rule)
        states.append(state)
        currents.append(found)
        kernels.append(kernel)

    def arranged(values: list[float]) -> Array:
        return np.array(values, float).reshape(machine.shape)

    kinds = diagonalise(next(_points(machine))).classes
    coherences = PackedCoherences(kinds, np.stack(states, -1).reshape(-1, *machine.shape))
    populations = tuple(coherences.element(k, k) for k in range(len(kinds)))
    heats = {name: arranged([float(c[name]) for c in currents]) for name in currents[0]}
    found_kernels = np.array(kernels, np.intp).reshape(machine.shape)
    return SolvedPlan(populations, coherences, heats), found_kernels


def point_of(machine: Machine, point: int) -> Machine:
    """Return a machine at one flat point of its shape.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> point_of(two_qubit_machine(20.0, 20.0, [1.0, 2.0]), 1).hamiltonian[1, 2]
    np.float64(2.0)
    """
    return machine.take(np.array(point)) if machine.shape else machine


def _points(machine: Machine) -> Iterator[Machine]:
    return (point_of(machine, k) for k in range(prod(machine.shape)))


def _fixed_over(machine: Machine, equation: Equation) -> Equation:
    """Let clusters that are one for a sweep be those of all its points together."""
    if not isinstance(equation, Unified) or equation.clustering == "point" or equation.joined:
        return equation
    every = {
        pair
        for point in _points(machine)
        for pair in joined_at(point, diagonalise(point), equation)
    }
    return replace(equation, joined=tuple(sorted(every)))


def _solved(point: Machine, equation: Equation) -> tuple[Array, Currents, int]:
    generator = class_generator(point, equation)
    found = _stationary(generator)
    state, kernel = found.state, found.kernel
    if kernel == 1 and np.abs(state).max() > LARGEST_ELEMENT:
        kernel = 0
    if kernel != 1:
        state = np.full(generator.states.elements, np.nan)
    return state, _currents(point, generator, state), kernel


def _stationary(generator: ClassGenerator) -> Stationary:
    if generator.meaningful:
        return stationary_state(generator)
    return Stationary(np.full(generator.states.elements, np.nan), MEANINGLESS, np.nan, 0)


def _currents(machine: Machine, generator: ClassGenerator, state: Array) -> Currents:
    """Heat by source, ``"work"``, and by (``"quanta"``, name) what is counted in quanta."""
    found: Currents = {}
    for bath in machine.reservoirs:
        energy = generator.energy_current(bath.name, state)
        quanta = generator.quanta_current(bath.name, state)
        found["quanta", bath.name] = np.asarray(quanta)
        if isinstance(bath, Reservoir) and bath.has_chemical_potential:
            energy -= float(bath.chemical_potential) * quanta
        found[bath.name] = np.asarray(energy)
    found[DEPHASING] = np.asarray(generator.energy_current(DEPHASING, state))
    found[WORK] = np.asarray(0.0)
    return found


def stationary_at(machine: Machine, equation: Equation) -> Stationary:
    """Return what the iteration found at one point, with its residual.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> stationary_at(two_qubit_machine(20.0, 20.0, 10.0), Redfield()).residual < 1e-12
    True
    """
    return _stationary(class_generator(machine, _fixed_over(machine, equation)))


def undefined_transition(machine: Machine, equation: Equation) -> tuple[str, Edge, Array]:
    """Return a reservoir and a transition at one point that it drives without a spectrum.

    Raises
    ------
    ValueError
        Where there is none.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> name, edge, omega = undefined_transition(two_qubit_machine(20.0, 20.0, 21.0), Redfield())
    >>> name, edge, float(omega)
    ('RA', (0, 1), -1.0)
    """
    generator = class_generator(machine, _fixed_over(machine, equation))
    members, energies = generator.classes.members, generator.reference
    for name, jumps in generator.jumps.items():
        for jump in jumps:
            bad = np.argwhere(~np.isfinite(jump.acting).all(0))
            if len(bad):
                i, j = members[jump.source][bad[0, 1]], members[jump.into][bad[0, 0]]
                return name, (int(i), int(j)), np.asarray(energies[i] - energies[j])
    raise ValueError("every driven transition has a spectrum")
