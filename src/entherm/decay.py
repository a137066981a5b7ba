r"""How a machine forgets where it started: decay rates, the gap, the slowest mode.

.. math:: \mathcal{L} R_k = \lambda_k R_k, \quad
    \rho(t) = \sum_k e^{\lambda_k t} R_k \,\mathrm{Tr}(L_k^\dagger \rho(0))

Each set of elements that never meets another is diagonalised by itself (`entherm.propagation`), so
that a slow rate is not lost beside a fast rotation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.clusters import fixed_over
from entherm.equations import Equation, chosen_equation
from entherm.failures import kernel_failures
from entherm.frame import frame_of
from entherm.liouvillian import Matrix, all_elements, generator, runs
from entherm.machine import Machine, require_machine
from entherm.operators import adjoint
from entherm.parameters import Array
from entherm.propagation import coordinates, separate
from entherm.stationary import MEANINGLESS

# An eigenvalue is known to some 1e-16 of its set's norm; a rate below this fraction of it is none.
NOTHING = 1e-13


def require_meaning(machine: Machine, total: Matrix) -> None:
    """Refuse a machine for which the equation has no meaning somewhere.

    Raises
    ------
    InvalidMachineError
        Where a coupled transition has no positive Bohr frequency: there `total` is not finite.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> require_meaning(m, generator(m, Global()).total)
    """
    finite = np.isfinite(total).all((-1, -2))
    if not np.all(finite):
        kernel = np.where(np.broadcast_to(finite, machine.shape), 1, MEANINGLESS)
        raise kernel_failures(machine, kernel.ravel(), None)[0].error


@dataclass(frozen=True, eq=False)
class Decay:
    """Eigenvalues of a generator, the slowest first; arrays carry the machine's shape in front.

    Attributes
    ----------
    eigenvalues : ndarray of complex, shape (..., d²)
        By decay rate, then by size of the frequency.
    condition : ndarray, shape (..., d²)
        ‖L_k‖ ‖R_k‖ / |Tr(L_k† R_k)|, by how much more than a perturbation its eigenvalue moves; it
        diverges at an exceptional point.
    slowest : ndarray of complex, shape (..., d, d)
        The eigenoperator of the smallest decay rate that is not zero, in the bare basis; of norm
        1, Hermitian if its eigenvalue is real and simple. NaN where nothing decays.
    """

    eigenvalues: Matrix
    condition: Array
    slowest: Matrix

    @cached_property
    def rates(self) -> Array:
        """Decay rates −Re λ, ascending; below zero only where an equation is not positive."""
        return np.asarray(0.0 - self.eigenvalues.real)

    @cached_property
    def frequencies(self) -> Array:
        """Im λ."""
        return np.asarray(self.eigenvalues.imag)

    @cached_property
    def gap(self) -> Array:
        """Smallest decay rate that is not zero, shape (...); 0 where nothing decays."""
        found = np.where(self.rates == 0.0, np.inf, self.rates).min(-1)
        return np.asarray(np.where(np.isinf(found), 0.0, found))[()]


def decay(machine: Machine, equation: Equation | None = None) -> Decay:
    """Diagonalise the whole generator, at every point of the machine's broadcast shape.

    Parameters
    ----------
    machine : Machine
        Any of its parameters may be an array.
    equation : Equation, optional
        The master equation; left out, `Global`.

    Returns
    -------
    Decay
        All d² eigenvalues, the gap, condition numbers and the slowest mode.

    Raises
    ------
    InvalidMachineError
        Where a coupled transition has no positive Bohr frequency.

    References
    ----------
    H.-P. Breuer, F. Petruccione, The Theory of Open Quantum Systems (2002), Sec. 3.2.2.

    Examples
    --------
    >>> from entherm import Machine, Qubit, Reservoir
    >>> m = Machine([Qubit("A", 1.0)], reservoirs=[Reservoir("RA", 0.0, {"A": [0.1, 0.2]})])
    >>> decay(m).gap
    array([0.1, 0.2])
    >>> decay(m).rates[0]
    array([0. , 0.1, 0.1, 0.2])
    """
    require_machine(machine)
    rule = fixed_over(machine, chosen_equation(equation))
    size = prod(machine.dimensions)
    found = [_decay(run, rule) for run in runs(machine, size**2)]
    shape = machine.shape
    return Decay(
        np.concatenate([f.eigenvalues.ravel() for f in found]).reshape(*shape, size**2),
        np.concatenate([f.condition.ravel() for f in found]).reshape(*shape, size**2),
        np.concatenate([f.slowest.ravel() for f in found]).reshape(*shape, size, size),
    )


def _decay(machine: Machine, equation: Equation) -> Decay:
    levels = frame_of(machine, equation).levels
    elements = all_elements(levels)
    total = generator(machine, equation, elements).total
    require_meaning(machine, total)
    total = np.broadcast_to(total, (*machine.shape, *total.shape[-2:]))
    diagonal = np.array([a == b for a, b in elements])
    values = np.zeros(total.shape[:-1], complex)
    condition = np.zeros(total.shape[:-1])
    modes = np.full(total.shape[:-1], np.nan, complex)
    least = np.full(total.shape[:-2], np.inf)
    position = 0
    for chosen in separate(total):
        own, sizes, right = eigen(total[..., chosen[:, None], chosen], diagonal[chosen])
        place = slice(position, position + len(chosen))
        values[..., place], condition[..., place] = own, sizes
        position += len(chosen)
        rates = np.where(own.real == 0.0, np.inf, -own.real)
        first = np.argmin(rates, axis=-1)[..., None]
        slower = np.take_along_axis(rates, first, -1)[..., 0] < least
        least = np.where(slower, rates.min(-1), least)
        mode = np.zeros_like(modes)
        mode[..., chosen] = np.take_along_axis(right, first[..., None], -1)[..., 0]
        modes = np.where(slower[..., None], mode, modes)
    order = _order(values)
    count = len(levels)
    vectors = levels.matrix
    slowest = _phased(modes.reshape(*modes.shape[:-1], count, count))
    slowest = vectors @ slowest @ adjoint(vectors)
    return Decay(
        np.take_along_axis(values, order, -1), np.take_along_axis(condition, order, -1), slowest
    )


def eigen(block: Matrix, populations: NDArray[np.bool_]) -> tuple[Matrix, Array, Matrix]:
    """Return eigenvalues (..., m), their condition numbers, and eigenvectors (..., m, m) of a set.

    Examples
    --------
    >>> relaxing = np.array([[-3.0, 1.0], [3.0, -1.0]], complex)
    >>> eigen(relaxing, np.array([True, True]))[0].real
    array([-4.,  0.])
    """
    good = coordinates(block, populations)
    values, right = np.linalg.eig(good.matrix)
    with np.errstate(all="ignore"):
        left = np.linalg.inv(right) @ good.forward
    right = good.backward @ right
    scale = np.abs(good.matrix).sum(-1).max(-1)[..., None]
    rate = np.where(np.abs(values.real) <= NOTHING * scale, 0.0, values.real)
    # A set with populations is its own mirror image, so that its eigenvalues are real or in pairs.
    still = populations.any() & (np.abs(values.imag) <= NOTHING * scale)
    turning = np.where(still, 0.0, values.imag) + good.frequency[..., None]
    condition = np.linalg.norm(left, axis=-1) * np.linalg.norm(right, axis=-2)
    return rate + 1j * turning, condition, right


def _order(values: Matrix) -> NDArray[np.intp]:
    """Indices by rate, then by size of the frequency, rounding apart."""
    scale = np.maximum(np.abs(values).max(-1, keepdims=True), np.finfo(float).tiny)
    rate, size = (np.round(x / scale, 12) for x in (-values.real, np.abs(values.imag)))
    return np.lexsort((values.imag, size, rate))


def _phased(modes: Matrix) -> Matrix:
    """Eigenoperators of norm 1; that of a real eigenvalue comes out Hermitian.

    The phase makes Tr R² positive, which it is for a Hermitian operator alone up to a sign; where
    Tr R² vanishes, the largest element is made positive.
    """
    flat = modes.reshape(*modes.shape[:-2], -1)
    square = np.einsum("...ab,...ba->...", modes, modes)
    norm = np.linalg.norm(flat, axis=-1)
    largest = np.take_along_axis(flat, np.argmax(np.abs(flat), -1)[..., None], -1)[..., 0]
    turns = np.abs(square) > 1e-8 * norm**2
    root = np.sqrt(np.where(turns, square / np.abs(np.where(turns, square, 1.0)), 1.0))
    with np.errstate(invalid="ignore"):
        phase = np.where(turns, root, largest / np.abs(largest))
        return np.asarray(modes / (phase * norm)[..., None, None])
