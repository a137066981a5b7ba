"""States to start from: products, thermal states, spelled ones, any density matrix; bare basis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from entherm.asymptotics import density_matrix_from
from entherm.bohr import diagonalise
from entherm.checks import mapping_of, require_known
from entherm.errors import ParameterError
from entherm.liouvillian import Matrix
from entherm.machine import Machine, require_machine
from entherm.occupation import gibbs
from entherm.operators import adjoint, bare_states
from entherm.parameters import Array, parameter, require
from entherm.reset_reservoir import ResetReservoir
from entherm.subsystems import Qubit, Subsystem

GROUND, THERMAL = "ground", "thermal"


def product_state(machine: Machine, parts: Mapping[str, Any]) -> Matrix:
    """Return the product of states of the subsystems.

    Parameters
    ----------
    machine : Machine
    parts : mapping of str to int, "ground", ket or density matrix
        A state for each subsystem: the number n of a level |n⟩, its lowest bare level, or a vector
        (dimension,) or matrix (dimension, dimension), excited first.

    Returns
    -------
    ndarray of complex, shape (..., d, d)
        Over the axes of the bare levels only if "ground" is another level along them.

    Raises
    ------
    UnknownNameError
        For a name that is no subsystem.
    ParameterError
        For a subsystem without a state, for a state that is none.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> product_state(m, {"A": 1, "B": "ground"}).diagonal().real
    array([0., 1., 0., 0.])
    """
    _require_all(machine, parts)
    return _product([_part(s, parts[s.name]) for s in machine.subsystems])


def thermal_state(machine: Machine, temperature: ArrayLike) -> Matrix:
    r"""Return the Gibbs state of H_S, exp(−H_S/T)/Z.

    Parameters
    ----------
    machine : Machine
    temperature : array_like
        T >= 0; broadcasts with the machine's shape.

    Returns
    -------
    ndarray of complex, shape (..., d, d)

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> thermal_state(two_qubit_machine(20.0, 20.0, 10.0), 0.0).diagonal().real
    array([0., 0., 0., 1.])
    """
    levels = diagonalise(machine)
    p = gibbs(levels.energies, _temperature(temperature, "temperature"))
    weights = np.stack(np.broadcast_arrays(*p), -1)
    vectors = levels.matrix
    return np.asarray((vectors * weights[..., None, :]) @ adjoint(vectors), complex)


def thermal_product(machine: Machine, temperatures: Mapping[str, ArrayLike]) -> Matrix:
    """Return the product of Gibbs states of the subsystems' bare levels.

    Parameters
    ----------
    machine : Machine
    temperatures : mapping of str to array_like
        T >= 0 of each subsystem; broadcasts with the machine's shape.

    Returns
    -------
    ndarray of complex, shape (..., d, d)

    Raises
    ------
    UnknownNameError
        For a name that is no subsystem.
    ParameterError
        For a subsystem without a temperature.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(1.0, 1.0, 0.5)
    >>> thermal_product(m, {"A": 0.0, "B": 1e9}).diagonal().real.round(6)
    array([0. , 0. , 0.5, 0.5])
    """
    _require_all(machine, temperatures)
    found = []
    for s in machine.subsystems:
        p = gibbs(s.energies, _temperature(temperatures[s.name], f"temperatures.{s.name}"))
        found.append(np.stack(np.broadcast_arrays(*p), -1)[..., None] * np.eye(s.dimension))
    return _product(found)


def spelled_state(text: str, machine: Machine, path: str = "initial") -> Matrix:
    """Return the state that a file or the command line spells.

    Parameters
    ----------
    text : str
        ``"thermal"``: every subsystem in the Gibbs state of its bare levels, at the temperature of
        the one reservoir that acts on it. Or a bare ket: one digit a subsystem, 1 for an excited
        qubit, in the order of the machine; separated by commas where one has more than ten levels.
        Several with + or - between them are superposed with equal weight.
    machine : Machine
    path : str
        Where the text stands, for the error.

    Returns
    -------
    ndarray of complex, shape (..., d, d)

    Raises
    ------
    ParameterError
        If it spells none; for ``"thermal"`` where a subsystem has no reservoir, or several, or one
        of fermions or without a temperature.

    Examples
    --------
    >>> from entherm import Machine, Qubit, Reservoir
    >>> cold, hot = Reservoir("cold", 0.0, {"A": 0.1}), Reservoir("hot", 1e9, {"B": 0.1})
    >>> m = Machine([Qubit("A", 1.0), Qubit("B", 1.0)], reservoirs=[cold, hot])
    >>> spelled_state("01-10", m).real[1:3, 1:3]
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    >>> spelled_state("thermal", m).diagonal().real.round(6)
    array([0. , 0. , 0.5, 0.5])
    """
    if text == THERMAL:
        own = {name: _own_temperature(machine, name, path) for name in machine.names}
        return thermal_product(machine, own)
    states = [ket_spelled(state, machine) for state in bare_states(machine.dimensions)]
    terms = re.findall(r"([+-]?)([\d,]+)", text)
    labels = [label for _, label in terms]
    spelled = "".join(sign + label for sign, label in terms).removeprefix("+")
    if spelled != text or not labels or len(set(labels)) < len(labels) or set(labels) - {*states}:
        single, double = states[1], f"{states[1]}+{states[-2]}"
        if path.startswith("--"):
            single = f"{path} {single}"
        else:
            single, double = f'"{single}"', f'"{double}"'
        remedy = f"write e.g. {single}" + f" or {double}" * (len(machine.names) > 1)
        raise ParameterError(path, _rule_of_kets(machine), repr(text), remedy)
    ket = np.zeros(len(states))
    for sign, label in terms:
        ket[states.index(label)] = -1.0 if sign == "-" else 1.0
    return np.asarray(np.outer(ket, ket) / len(labels), complex)


def ket_spelled(state: tuple[int, ...], machine: Machine) -> str:
    """Return a bare ket as `spelled_state` reads it.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> ket_spelled((1, 0), two_qubit_machine(1.0, 1.0, 0.5))
    '10'
    """
    return ("," if max(machine.dimensions) > 10 else "").join(map(str, state))


def initial_states(initial: ArrayLike, machine: Machine) -> Matrix:
    """Check initial states: density matrices (..., d, d) that broadcast to the machine's shape.

    Raises
    ------
    ParameterError
        For another shape, for what is not Hermitian, positive, of trace 1.

    Examples
    --------
    >>> from entherm import Machine, Qubit
    >>> initial_states([0, 1], Machine([Qubit("A", 1.0)])).real
    array([[0., 0.],
           [0., 1.]])
    """
    try:
        state = np.asarray(initial, complex)
    except (ValueError, TypeError, OverflowError):
        state = np.empty(0, complex)
    size = len(machine.classes)
    if state.ndim < 3:
        return density_matrix_from(state, size)
    try:
        fits = np.broadcast_shapes(state.shape[:-2], machine.shape) == machine.shape
    except ValueError:
        fits = False
    if not fits or state.shape[-2:] != (size, size):
        rule = f"be density matrices {size}x{size} over axes of the machine's shape {machine.shape}"
        raise ParameterError("initial", rule, f"shape {state.shape}", "make its axes match")
    flat = state.reshape(-1, size, size)
    if not np.all(np.isfinite(flat)):
        raise ParameterError("initial", "be finite", "NaN or infinity", "give numbers")
    skew = np.abs(flat - adjoint(flat)).max((-1, -2))
    trace = np.abs(np.trace(flat, axis1=-2, axis2=-1) - 1.0)
    worst = np.max([skew, trace, -np.linalg.eigvalsh(flat)[:, 0]], axis=0).argmax()
    density_matrix_from(flat[worst], size)
    return state


def _require_all(machine: Machine, given: Mapping[str, Any]) -> None:
    require_machine(machine)
    for name in mapping_of(given, "initial", "give {'A': ..., 'B': ...}"):
        require_known("initial", name, machine.names)
    for name in machine.names:
        if name not in given:
            rule, remedy = "say where every subsystem starts", f"add '{name}': 0 or its like"
            raise ParameterError("initial", rule, f"nothing for '{name}'", remedy)


def _rule_of_kets(machine: Machine) -> str:
    if all(isinstance(part, Qubit) for part in machine.subsystems):
        names = ", ".join(machine.names)
        return f"be a bare ket of {len(machine.names)} qubit(s) ({names}), 1 excited"
    parts = ", ".join(f"{part.name} (0 to {part.dimension - 1})" for part in machine.subsystems)
    commas = ", separated by commas" if max(machine.dimensions) > 10 else ""
    return f"be a bare ket of {parts}{commas}"


def _own_temperature(machine: Machine, name: str, path: str) -> Array:
    baths = [bath for bath in machine.reservoirs if name in _touched(bath)]
    temperature = baths[0].temperature if len(baths) == 1 else None
    if temperature is None or any(np.any(getattr(b, "chemical_potential", 0.0)) for b in baths):
        rule = (
            "be a bare ket, unless one reservoir with a temperature alone acts on every subsystem"
        )
        found = ", ".join(bath.name for bath in baths) or "none"
        raise ParameterError(path, rule, f"'{THERMAL}' ({name}: {found})", "write a ket")
    return np.asarray(temperature)


def _touched(bath: Any) -> list[str]:
    if isinstance(bath, ResetReservoir):
        return [bath.on]
    return [name for key in bath.couplings for name in (key, *key.split("-"))]


def _temperature(value: ArrayLike, path: str) -> Array:
    found = parameter(value, path)
    require(found >= 0.0, found, path, "be >= 0", "give an absolute temperature")
    return found


def _part(subsystem: Subsystem, value: Any) -> Matrix:
    """Density matrix of one subsystem, (..., dimension, dimension)."""
    size, path = subsystem.dimension, f"initial.{subsystem.name}"
    if isinstance(value, str) and value == GROUND:
        lowest = np.argmin(np.stack(np.broadcast_arrays(*subsystem.energies), -1), axis=-1)
        one = lowest.ravel()[0]
        level = np.asarray(one) if np.all(lowest == one) else lowest
        return np.asarray(np.eye(size)[level][..., None] * np.eye(size), complex)
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and 0 <= value < size:
        return np.diag(np.eye(size, dtype=complex)[size - 1 - int(value)])
    array = np.asarray(value) if not isinstance(value, str | bytes | Mapping) else np.empty(0)
    if array.dtype.kind not in "iufc" or array.shape not in ((size,), (size, size)):
        rule = f"be a level 0..{size - 1}, 'ground', a ket ({size},) or a matrix ({size}, {size})"
        raise ParameterError(path, rule, repr(value), "vectors go excited first: |1>, |0>")
    try:
        return density_matrix_from(array, size)
    except ParameterError as error:
        raise error.at(path) from None


def _product(parts: list[Any]) -> Matrix:
    def both(a: Matrix, b: Matrix) -> Matrix:
        product: Matrix = np.einsum("...ij,...kl->...ikjl", a, b)
        size = a.shape[-1] * b.shape[-1]
        return product.reshape(*product.shape[:-4], size, size)

    return np.asarray(reduce(both, parts), complex)
