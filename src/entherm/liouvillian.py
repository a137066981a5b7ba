"""The generator as a matrix: over chosen elements of ρ, or over all of them.

The general route, where coherences meet populations, and the oracle of the rate equation. Elements
are ordered pairs (a, b) for ⟨a|ρ|b⟩ between the reference levels of the equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.channels import Channel, channels
from entherm.equations import Equation, Global, chosen_equation
from entherm.errors import InvalidMachineError
from entherm.frame import Frame, frame_of
from entherm.jumps import drives
from entherm.machine import Machine, require_machine
from entherm.operators import adjoint
from entherm.parameters import Array, as_array
from entherm.plain_jumps import PlainJump, plain_jumps, quanta_of_collisions

Element = tuple[int, int]
Matrix = NDArray[np.complex128]

HAMILTONIAN = "hamiltonian"

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


@dataclass(frozen=True, eq=False)
class Generator:
    """A generator over chosen elements of ρ, in parts.

    Attributes
    ----------
    frame : Frame
        The equation's basis.
    elements : tuple of (int, int)
    parts : dict of str to ndarray of complex, shape (..., m, m)
        Keys: each reservoir's name, ``"dephasing"``, ``"hamiltonian"``; [p, q] is the rate of
        change of element p per element q.
    quanta : dict of str to ndarray of complex, shape (..., n, n)
        M with Tr(M ρ) the current of quanta out of each reservoir.
    """

    frame: Frame
    elements: tuple[Element, ...]
    parts: dict[str, Matrix]
    quanta: dict[str, Matrix]

    @cached_property
    def total(self) -> Matrix:
        """The sum of the parts."""
        return as_array(sum(self.parts.values()), complex)

    def energy_current(self, name: str, rho: Matrix) -> Array:
        """Tr(E D_ν ρ) of elements ρ, shape (..., m), with the energy that the equation counts."""
        a, b = np.array(self.elements).T
        energy = self.frame.energy[..., b, a]
        return as_array(np.einsum("...p,...pq,...q->...", energy, self.parts[name], rho).real)

    def quanta_current(self, name: str, rho: Matrix) -> Array:
        """Quanta per time that a reservoir gives, of elements ρ."""
        a, b = np.array(self.elements).T
        counted = self.quanta[name][..., b, a]
        return as_array(np.einsum("...q,...q->...", counted, rho).real)


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
    >>> from entherm import two_qubit_machine
    >>> sorted(generator(two_qubit_machine(20.0, 20.0, 10.0), Global()).parts)
    ['RA', 'RB', 'RC', 'dephasing', 'hamiltonian']
    """
    frame = frame_of(machine, equation)
    chosen = tuple(elements) if elements is not None else population_elements(frame.levels)
    index = _Index(chosen, len(frame.levels))
    zero = np.zeros((len(chosen), len(chosen)), complex)
    parts: dict[str, Matrix] = {bath.name: zero for bath in machine.reservoirs}
    quanta: dict[str, Matrix] = {}
    if equation.name != "Reset":
        driven = drives(machine, frame.levels)
        for name, drive in driven.by_name.items():
            for channel in channels(drive, driven, equation):
                gain, loss, counted = _ACTIONS[equation.interference](channel, index)
                parts[name] = parts[name] + gain - index.both_sides(loss)
                quanta[name] = quanta.get(name, np.zeros((1, 1))) + counted
    else:
        quanta = quanta_of_collisions(frame)
    parts["dephasing"] = zero
    for name, jump in plain_jumps(frame):
        parts[name] = parts[name] + _plain(jump, frame, index)
    parts[HAMILTONIAN] = _unitary(frame, index)
    return Generator(frame, chosen, parts, quanta)


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


class _Index:
    """Positions of elements, to gather n × n matrices into m × m ones."""

    def __init__(self, elements: tuple[Element, ...], count: int) -> None:
        a, b = np.array(elements).T
        self.count = count
        self.a, self.b = (a[:, None], a), (b[:, None], b)
        self.same_a, self.same_b = a[:, None] == a, b[:, None] == b

    def left(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """M[a', a] at [(a', b'), (a, b)]."""
        return matrix[..., self.a[0], self.a[1]]

    def right(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """M[b', b]."""
        return matrix[..., self.b[0], self.b[1]]

    def product(self, left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
        """ρ → L ρ R†."""
        return as_array(self.left(left) * self.right(right).conj())

    def both_sides(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """ρ → K ρ + ρ K†."""
        left = self.left(matrix) * self.same_b
        return as_array(left + self.right(matrix).conj() * self.same_a)


Action = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def _equal(channel: Channel, index: _Index) -> Action:
    """Pairs of equal frequency: gain, K, and the quanta that are given."""
    omega = channel.omega
    # A frequency group shares one value bit for bit, so equality is membership.
    interferes = index.left(omega) == index.right(omega)
    same = omega[..., :, :, None] == omega[..., :, None, :]
    half = 0.5 * channel.spectrum + 1j * channel.shift
    gain, loss, counted = (np.zeros((1, 1), complex) for _ in range(3))
    for mode in channel.modes:
        gain = gain + index.product(mode * channel.spectrum, mode) * interferes
        # K[i', i] = Σ_j V*[j, i'] V[j, i] k[j, i] over j with both transitions in one group.
        pairs = mode.conj()[..., :, :, None] * mode[..., :, None, :] * same
        loss = loss + np.sum(pairs * half[..., :, None, :], axis=-3)
        weight = channel.spectrum * channel.quanta
        counted = counted + np.sum(pairs * weight[..., :, None, :], axis=-3)
    return gain, loss, counted


def _geometric(channel: Channel, index: _Index) -> Action:
    """One jump operator Σ √S(ω) V(ω)."""
    gain, loss, counted = (np.zeros((1, 1), complex) for _ in range(3))
    for mode in channel.modes:
        jump = mode * np.sqrt(channel.spectrum)
        gain = gain + index.product(jump, jump)
        loss = loss + 0.5 * adjoint(jump) @ jump
        given = adjoint(jump) @ (jump * channel.quanta)
        counted = counted + 0.5 * (given + adjoint(given))
    return gain, loss, counted


def _arithmetic(channel: Channel, index: _Index) -> Action:
    """½ [V̄ ρ X† − X† V̄ ρ] + h.c., V̄ = S(ω) V(ω)."""
    gain, loss, counted = (np.zeros((1, 1), complex) for _ in range(3))
    for correlated, single in channel.pairs:
        jump = correlated * (channel.spectrum + 2j * channel.shift)
        gain = gain + 0.5 * (index.product(jump, single) + index.product(single, jump))
        loss = loss + 0.5 * adjoint(single) @ jump
        given = adjoint(single) @ (correlated * channel.spectrum * channel.quanta)
        counted = counted + 0.5 * (given + adjoint(given))
    return gain, loss, counted


_ACTIONS = {"equal": _equal, "geometric": _geometric, "arithmetic": _arithmetic}


def _plain(jump: PlainJump, frame: Frame, index: _Index) -> Matrix:
    kept: Any = True
    lost = adjoint(jump.operator) @ jump.operator
    if isinstance(frame.equation, Global) and frame.equation.dephasing == "secular":
        energy = np.stack(np.broadcast_arrays(*frame.levels.energies), -1)
        gap = energy[..., :, None] - energy[..., None, :]
        tolerance = frame.levels.tolerance[..., None, None]
        kept = np.abs(index.left(gap) - index.right(gap)) <= tolerance
        lost = np.where(np.abs(gap) <= tolerance, lost, 0.0)
    gain = index.product(jump.operator, jump.operator) * kept
    return as_array(jump.rate[..., None, None] * (gain - 0.5 * index.both_sides(lost)), complex)


def _unitary(frame: Frame, index: _Index) -> Matrix:
    """−i [H_S, ρ]; between levels that coincide it is nothing, to the last bit."""
    hamiltonian = np.array(frame.hamiltonian, complex)
    generator = -1j * hamiltonian
    if frame.diagonal:
        levels = frame.levels
        energy = np.diagonal(hamiltonian, axis1=-2, axis2=-1).real
        gap = energy[..., index.a[1]] - energy[..., index.b[1]]
        same = np.stack(
            np.broadcast_arrays(
                *(
                    np.abs(energy[..., a] - energy[..., b]) <= levels.tolerance
                    for a, b in zip(index.a[1], index.b[1], strict=True)
                )
            ),
            -1,
        )
        frequency = np.where(same, 0.0, gap)
        return as_array(-1j * frequency[..., None] * np.eye(len(index.a[1])))
    return as_array(index.both_sides(generator))
