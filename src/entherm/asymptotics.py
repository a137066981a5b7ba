"""Where a machine ends from a given state, when it has more than one steady state.

The generator is projected on its kernel: ρ(∞) = Σ_k R_k ⟨L_k, ρ(0)⟩ with its right and left null
vectors. Eigenvalues ±iω on the imaginary axis belong to coherences that never decay, such as
|λ₃⟩⟨λ₄| when nothing moves either level; a state that contains one never settles.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.bohr import diagonalise
from entherm.equations import Global
from entherm.errors import OscillatingCoherenceError, ParameterError
from entherm.liouvillian import Matrix, generators
from entherm.machine import Machine
from entherm.observables import DEPHASING
from entherm.parameters import Array
from entherm.plan import KERNEL_TOLERANCE
from entherm.point_stage import SolvedPlan

# An eigenvalue of a generator of norm ‖L‖ is known to about 1e-15 ‖L‖; the margin covers the
# conditioning of a non-normal matrix.
PERIPHERAL_TOLERANCE = 1e-11

# A matrix element of the projected state below this is rounding.
ELEMENT_TOLERANCE = 1e-13


def density_matrix_from(initial: ArrayLike, dimension: int) -> Matrix:
    """Check an initial state, a ket or a density matrix in the bare basis.

    Examples
    --------
    >>> density_matrix_from([0, 1], 2).real
    array([[0., 0.],
           [0., 1.]])
    """
    state = np.asarray(initial, complex)
    if state.shape == (dimension,):
        state = np.outer(state, state.conj())
    if state.shape != (dimension, dimension):
        raise ParameterError(
            "initial",
            f"be a ket of length {dimension} or a {dimension}x{dimension} density matrix",
            f"shape {np.shape(initial)}",
            "use the bare basis, excited first: |11>, |10>, |01>, |00>",
        )
    trace, lowest = np.trace(state).real, np.linalg.eigvalsh(state)[0]
    if not (abs(trace - 1.0) < 1e-9 and lowest > -1e-9 and np.allclose(state, state.conj().T)):
        raise ParameterError(
            "initial",
            "be Hermitian, positive, of trace 1",
            f"trace {trace:.6g}, lowest eigenvalue {lowest:.3g}",
            "normalise it",
        )
    return state


def settled(machine: Machine, equation: Global, initial: Matrix) -> SolvedPlan:
    """Return the state that each point of `machine` reaches from `initial`.

    Parameters
    ----------
    machine : Machine
        Of shape () or of one flat axis.
    equation : Global
        The master equation.
    initial : ndarray of complex, shape (d, d)
        Density matrix in the bare basis.

    Raises
    ------
    OscillatingCoherenceError
        If a coherence of the initial state never decays.

    Examples
    --------
    >>> from entherm.machine import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0).without("RA", "RB")
    >>> plan = settled(m, Global(), density_matrix_from([0, 1, 0, 0], 4))
    >>> [round(float(p), 12) for p in plan.populations]
    [0.0, 0.0, 0.5, 0.5]
    """
    points = [machine.take(np.array([k])) for k in range(machine.shape[0])] if machine.shape else []
    solved = [_settled(point, equation, initial) for point in points or [machine]]
    count = len(diagonalise(machine))
    elements = np.stack([e for e, _ in solved]).reshape(*machine.shape, count, count)
    names = [*(bath.name for bath in machine.reservoirs), DEPHASING]
    heats = {
        n: np.stack([h[k] for _, h in solved]).reshape(machine.shape) for k, n in enumerate(names)
    }
    coherences = {
        (a, b): (elements[..., a, b].real.copy(), elements[..., a, b].imag.copy())
        for a, b in diagonalise(machine).coherences
    }
    populations = tuple(elements[..., k, k].real.copy() for k in range(count))
    return SolvedPlan(populations, coherences, heats)


def _settled(machine: Machine, equation: Global, initial: Matrix) -> tuple[Matrix, Array]:
    levels = diagonalise(machine)
    count = len(levels)
    elements = tuple(product(range(count), repeat=2))
    parts = {
        name: part.reshape(part.shape[-2:])
        for name, part in generators(machine, levels, equation, elements).items()
    }
    total = sum(parts.values())
    vectors = np.zeros((count, count))
    for (b, i), component in levels.vectors.items():
        vectors[b, i] = float(np.ravel(component)[0])
    start = (vectors.T @ initial @ vectors).ravel()
    _require_settling(np.asarray(total), start)
    right, left = _null_space(np.asarray(total)), _null_space(np.asarray(total).conj().T)
    end = right @ np.linalg.solve(left.conj().T @ right, left.conj().T @ start)
    end[np.abs(end) < ELEMENT_TOLERANCE] = 0.0
    energy = np.zeros((count, count))
    np.fill_diagonal(energy, [float(np.ravel(e)[0]) for e in levels.energies])
    heat = [(energy.ravel() @ p @ end).real for n, p in parts.items() if n != "hamiltonian"]
    return end.reshape(count, count), np.array(heat)


def _null_space(matrix: Matrix) -> Matrix:
    _, values, vectors = np.linalg.svd(matrix)
    return np.asarray(vectors[values <= KERNEL_TOLERANCE * values[0]].conj().T)


def _require_settling(generator: Matrix, start: NDArray[np.complex128]) -> None:
    scale = PERIPHERAL_TOLERANCE * np.linalg.norm(generator, 2)
    values = np.linalg.eigvals(generator)
    lasting = values[(np.abs(values.real) <= scale) & (np.abs(values.imag) > scale)]
    found = set()
    for value in lasting:
        _, sizes, vectors = np.linalg.svd(
            (generator - 1j * value.imag * np.eye(len(start))).conj().T
        )
        left = vectors[sizes <= scale].conj()
        if np.any(np.abs(left.conj() @ start) > ELEMENT_TOLERANCE):
            found.add(abs(round(float(value.imag), 10)))
    if found:
        frequencies = tuple(sorted(found))
        raise OscillatingCoherenceError(
            "Argument 'initial' must settle, but it holds a coherence that oscillates for ever at "
            f"frequency {', '.join(map(str, frequencies))}: no reservoir damps it; start without "
            "coherence between the dark level and the others, or couple the dark level.",
            frequencies,
        )
