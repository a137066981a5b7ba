"""Where a machine ends from a given state, when it has more than one steady state.

The generator is projected on its kernel (`entherm.null_space`), over the elements of ρ that the
initial state can reach. Eigenvalues ±iω on the imaginary axis belong to coherences that never
decay, such as |λ₃⟩⟨λ₄| when nothing moves either level; a state that contains one never settles.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.bohr import FREQUENCY_TOLERANCE, diagonalise
from entherm.clusters import fixed_over
from entherm.coherent import between_levels, currents, solved_plan
from entherm.equations import Equation
from entherm.errors import OscillatingCoherenceError, ParameterError
from entherm.failures import stateless_error
from entherm.frame import frame_of
from entherm.liouvillian import Matrix, all_elements, generator, population_elements
from entherm.machine import Machine
from entherm.null_space import ELEMENT_TOLERANCE, null_space, peripheral_space
from entherm.point_stage import Currents, SolvedPlan
from entherm.stationary import LARGEST_ELEMENT


def density_matrix_from(initial: ArrayLike, dimension: int) -> Matrix:
    """Check an initial state, a ket or a density matrix in the bare basis.

    Examples
    --------
    >>> density_matrix_from([0, 1], 2).real
    array([[0., 0.],
           [0., 1.]])
    """
    try:
        state = np.asarray(initial, complex)
    except (ValueError, TypeError, OverflowError):
        state = np.empty(0, complex)
    if not np.all(np.isfinite(state)):
        raise ParameterError("initial", "be finite", repr(initial), "give numbers")
    if state.shape == (dimension,):
        state = np.outer(state, state.conj())
    if state.shape != (dimension, dimension):
        raise ParameterError(
            "initial",
            f"be a ket of length {dimension} or a {dimension}x{dimension} density matrix",
            f"shape {np.shape(initial)}",
            "use the bare basis, highest levels first: |11>, |10>, |01>, |00> of two qubits",
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


def settled(
    machine: Machine, equation: Equation, initial: Matrix
) -> tuple[SolvedPlan, dict[int, OscillatingCoherenceError]]:
    """Return the state that each point of `machine` reaches from `initial`.

    Parameters
    ----------
    machine : Machine
        Of shape () or of one flat axis.
    equation : Equation
        The master equation.
    initial : ndarray of complex, shape (d, d)
        Density matrix in the bare basis.

    Returns
    -------
    SolvedPlan
        NaN where a coherence of the initial state never decays.
    dict of int to OscillatingCoherenceError
        Those points, and why.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0).without("RA", "RB")
    >>> plan, restless = settled(m, Global(), density_matrix_from([0, 1, 0, 0], 4))
    >>> [round(float(p), 12) for p in plan.populations], restless
    ([0.0, 0.0, 0.5, 0.5], {})
    """
    rule = fixed_over(machine, equation)
    count = machine.shape[0] if machine.shape else 1
    size = len(initial)
    rho = np.full((count, size, size), np.nan, complex)
    found: Currents = {}
    restless = {}
    for k in range(count):
        point = machine.take(np.array([k])) if machine.shape else machine
        try:
            rho[k], flows = _settled(point, rule, initial)
        except OscillatingCoherenceError as error:
            restless[k] = error
            continue
        for name, value in flows.items():
            found.setdefault(name, np.full(count, np.nan))[k] = value
    return solved_plan(machine, rho, found), restless


def _settled(machine: Machine, equation: Equation, initial: Matrix) -> tuple[Matrix, Currents]:
    levels = frame_of(machine, equation).levels
    count = len(levels)
    vectors = levels.matrix.reshape(count, count)
    start = vectors.conj().T @ initial @ vectors
    own = np.array(levels.classes)
    apart = np.abs(np.where(own[:, None] != own, start, 0.0)).max()
    elements = all_elements if apart > ELEMENT_TOLERANCE else population_elements
    whole = generator(machine, equation, elements(levels))
    total = whole.total.reshape(len(whole.elements), -1)
    chosen = np.array([start[e] for e in whole.elements])
    _require_settling(total, chosen)
    end = null_space(total, whole.elements).end(chosen)
    if np.abs(end).max() > LARGEST_ELEMENT:
        raise stateless_error(machine, np.zeros(1, int))
    flows = {name: np.ravel(q)[0] for name, q in currents(whole, end).items()}
    state = between_levels(whole.frame, whole.elements, end).reshape(count, count)
    if not whole.frame.diagonal:
        state[np.abs(state) < ELEMENT_TOLERANCE] = 0.0
    _require_settled(state, diagonalise(machine).classes)
    return state, flows


def _require_settled(state: Matrix, classes: tuple[int, ...]) -> None:
    """Refuse what is left between classes: at frequency zero it stays, and has no place here."""
    own = np.array(classes)
    if np.any(state[own[:, None] != own] != 0.0):
        raise OscillatingCoherenceError(
            "Argument 'initial' must settle, but it holds a coherence between levels of different "
            "excitation number and equal energy that no reservoir damps: start without it.",
            (0.0,),
        )


def _require_settling(generator: Matrix, start: NDArray[np.complex128]) -> None:
    vectors, form = peripheral_space(generator)
    lasting = vectors.conj().T @ start
    held = np.abs(form.conj().T @ lasting) > ELEMENT_TOLERANCE * np.abs(form).max(initial=0.0)
    if not np.any(held):
        return
    found = set()
    for omega in {float(f"{value:.10g}") for value in np.abs(form.diagonal().imag)} - {0.0}:
        for sign in (omega, -omega):
            _, sizes, rows = np.linalg.svd(form - 1j * sign * np.eye(len(form)))
            own = rows[sizes <= FREQUENCY_TOLERANCE * sizes.max(initial=0.0)]
            if np.any(np.abs(own @ lasting) > ELEMENT_TOLERANCE):
                found.add(omega)
    if found:
        frequencies = tuple(sorted(found))
        raise OscillatingCoherenceError(
            "Argument 'initial' must settle, but it holds a coherence that oscillates for ever at "
            f"frequency {', '.join(map(str, frequencies))}: no reservoir damps it; start without "
            "that coherence, or couple what holds it to a reservoir.",
            frequencies,
        )
