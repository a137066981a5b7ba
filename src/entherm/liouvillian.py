"""The generator as a matrix: over chosen elements of ρ, or over all of them.

The general route, where coherences inside a degenerate level meet the populations, and the
fall-back and oracle of the rate equation. Elements are ordered pairs (a, b) for ⟨a|ρ|b⟩ between
levels of H_S.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, diagonalise, transition_frequencies
from entherm.equations import Global, dephasing_element, jump_matrices, resonant
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.reservoirs import Reservoir

Element = tuple[int, int]
Matrix = NDArray[np.complex128]


def population_elements(levels: Levels) -> tuple[Element, ...]:
    """Elements that can meet the populations: these, and the coherences of one sector.

    Examples
    --------
    >>> from entherm import two_qubit_machine
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
    >>> from entherm import Machine, Qubit
    >>> all_elements(diagonalise(Machine([Qubit("A", 1.0)])))
    ((0, 0), (0, 1), (1, 0), (1, 1))
    """
    count = len(levels)
    return tuple((a, b) for a in range(count) for b in range(count))


def generators(
    machine: Machine, levels: Levels, equation: Global, elements: tuple[Element, ...]
) -> dict[str, Matrix]:
    """Return the part of the generator that each reservoir, the dephasing and H_S contribute.

    Parameters
    ----------
    machine, levels : Machine, Levels
        What to describe.
    equation : Global
        Which pairs of transitions interfere.
    elements : tuple of (int, int)
        Elements of ρ in the level basis, a set that the dynamics does not leave.

    Returns
    -------
    dict of str to ndarray of complex, shape (..., m, m)
        Keys: each reservoir's name, ``"dephasing"``, ``"hamiltonian"``; [p, q] is the rate of
        change of element p per element q.

    References
    ----------
    [Man] Eqs. (8), (9), (10), (12), (13), (14), (21).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> levels = diagonalise(m)
    >>> sorted(generators(m, levels, Global(), population_elements(levels)))
    ['RA', 'RB', 'RC', 'dephasing', 'hamiltonian']
    """
    jumps = {bath.name: jump_matrices(bath, machine, levels) for bath in machine.reservoirs}
    transitions = tuple(sorted({t for modes in jumps.values() for mode in modes for t in mode}))
    omega = transition_frequencies(levels, transitions)
    parts = {
        bath.name: _dissipator(bath, jumps[bath.name], omega, levels, elements)
        for bath in machine.reservoirs
    }
    parts["dephasing"] = _dephasing(machine, levels, equation, elements)
    parts["hamiltonian"] = _unitary(levels, elements)
    return parts


def liouvillian(machine: Machine, equation: Global | None = None) -> Matrix:
    """Return the whole generator over all d² elements of ρ in the bare basis.

    Parameters
    ----------
    machine : Machine
        What to describe.
    equation : Global, optional
        The master equation.

    Returns
    -------
    ndarray of complex, shape (..., d², d²)
        ρ̇ = L ρ with ρ stacked row by row; bare basis, excited first.

    References
    ----------
    [Man] Eq. (8).

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> liouvillian(two_qubit_machine(20.0, 20.0, 10.0)).shape
    (16, 16)
    """
    levels = diagonalise(machine)
    count = len(levels)
    parts = generators(machine, levels, equation or Global(), all_elements(levels))
    total = sum(parts.values(), start=np.zeros((1, 1), complex))
    # vec(U ρ U†) = (U ⊗ U*) vec(ρ), row by row; U is real here.
    turn = np.einsum("...ai,...bj->...abij", levels.matrix, levels.matrix).reshape(
        *levels.norm.shape, count**2, count**2
    )
    return np.asarray(turn @ total @ np.swapaxes(turn, -1, -2))


def _matrix(levels: Levels, entries: dict[Element, Array], fill: float) -> Array:
    """Stack entries (upper, lower) into a matrix [..., lower, upper]."""
    shape = np.broadcast_shapes(*(e.shape for e in entries.values())) if entries else ()
    matrix = np.full((*shape, len(levels), len(levels)), fill)
    for (i, j), entry in entries.items():
        matrix[..., j, i] = entry
    return matrix


def _dissipator(
    bath: Reservoir,
    modes: list[dict[Element, Array]],
    frequencies: dict[Element, Array],
    levels: Levels,
    elements: tuple[Element, ...],
) -> Matrix:
    omega = _matrix(levels, frequencies, np.nan)
    usable = {t: np.where(w > 0.0, w, 1.0) for t, w in frequencies.items()}
    down = _matrix(levels, {t: bath.emission(w) for t, w in usable.items()}, 0.0)
    up = _matrix(levels, {t: bath.absorption(w) for t, w in usable.items()}, 0.0)
    total: Array = np.zeros((1, 1))
    for mode in modes:
        allowed = {t: resonant(amplitude, frequencies[t]) for t, amplitude in mode.items()}
        jump = _matrix(levels, allowed, 0.0)
        total = total + _interference(jump, down, omega, elements)
        total = total + _interference(*_reversed(jump, up, omega), elements)
    return np.asarray(total, complex)


def _reversed(jump: Array, rate: Array, omega: Array) -> tuple[Array, Array, Array]:
    return np.swapaxes(jump, -1, -2), np.swapaxes(rate, -1, -2), np.swapaxes(omega, -1, -2)


def _interference(jump: Array, rate: Array, omega: Array, elements: tuple[Element, ...]) -> Array:
    """Σ over pairs of equal frequency of gain − ½{loss}, for one jump operator, [..., to, from]."""
    a, b = np.array(elements).T
    # A frequency group shares one value bit for bit, so equality is membership.
    equal = omega[..., a[:, None], a] == omega[..., b[:, None], b]
    gain = jump[..., a[:, None], a] * jump[..., b[:, None], b] * rate[..., a[:, None], a] * equal
    # Λ[i', i] = Σ_j V[j, i'] V[j, i] w over j with both transitions in one group.
    same = omega[..., :, :, None] == omega[..., :, None, :]
    loss = np.sum(jump[..., :, :, None] * (jump * rate)[..., :, None, :] * same, axis=-3)
    diagonal_b, diagonal_a = b[:, None] == b, a[:, None] == a
    lost = loss[..., a[:, None], a] * diagonal_b + loss[..., b[:, None], b] * diagonal_a
    return np.asarray(gain - 0.5 * lost)


def _dephasing(
    machine: Machine, levels: Levels, equation: Global, elements: tuple[Element, ...]
) -> Matrix:
    a, b = np.array(elements).T
    energy = np.stack(np.broadcast_arrays(*levels.energies), -1)
    kept: Array = np.ones((len(elements), len(elements)))
    if equation.dephasing == "secular":
        gap = energy[..., :, None] - energy[..., None, :]
        kept = (
            np.abs(gap[..., a[:, None], a] - gap[..., b[:, None], b])
            <= levels.tolerance[..., None, None]
        ).astype(float)
    same = np.array([a, b]).T
    identity = (same[:, None] == same).all(-1)
    total: Array = np.zeros((len(elements), len(elements)))
    for name, dephasing in machine.dephasing.items():
        if not np.any(dephasing.rate):
            continue
        sigma = np.zeros((*levels.norm.shape, len(levels), len(levels)))
        for i in range(len(levels)):
            for j in range(len(levels)):
                sigma[..., i, j] = dephasing_element(machine, levels, name, i, j)
        mixed = sigma[..., a[:, None], a] * sigma[..., b[:, None], b] * kept
        total = total + dephasing.rate[..., None, None] * (mixed - identity)
    return np.asarray(total, complex)


def _unitary(levels: Levels, elements: tuple[Element, ...]) -> Matrix:
    frequency = [
        np.where(levels.degenerate(a, b), 0.0, levels.energies[a] - levels.energies[b])
        for a, b in elements
    ]
    stacked = np.stack(np.broadcast_arrays(*frequency), -1)
    return np.asarray(-1j * stacked[..., None] * np.eye(len(elements)))
