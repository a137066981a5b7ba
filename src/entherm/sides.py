"""What acts on ρ from the left and from the right, over chosen elements of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.equations import Global
from entherm.frame import Frame
from entherm.operators import adjoint
from entherm.parameters import Array, as_array
from entherm.plain_jumps import PlainJump


class Sides:
    """Positions of elements of ρ, to gather n × n matrices into m × m ones.

    Examples
    --------
    >>> Sides(((0, 0), (1, 1))).product(np.array([[1, 2], [3, 4]]), np.eye(2))
    array([[1., 0.],
           [0., 4.]])
    """

    def __init__(self, elements: tuple[tuple[int, int], ...]) -> None:
        a, b = np.array(elements).T
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
        return as_array(self.left(left) * np.conj(self.right(right)))

    def both(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """ρ → K ρ + ρ K†."""
        left = self.left(matrix) * self.same_b
        return as_array(left + np.conj(self.right(matrix)) * self.same_a)


def jump_action(jump: PlainJump, frame: Frame, sides: Sides) -> NDArray[Any]:
    """Return rate · (L ρ L† − ½ {L†L, ρ}) over elements, shape (..., m, m).

    Examples
    --------
    >>> from entherm import Machine, Qubit
    >>> from entherm.frame import frame_of
    >>> frame = frame_of(Machine([Qubit("A", 1.0)]), Global())
    >>> jump = PlainJump(np.array([[0.0, 0.0], [1.0, 0.0]]), np.asarray(2.0))
    >>> jump_action(jump, frame, Sides(((0, 0), (1, 1))))
    array([[-2.,  0.],
           [ 2.,  0.]])
    """
    kept: Any = True
    lost = adjoint(jump.operator) @ jump.operator
    if isinstance(frame.equation, Global) and frame.equation.dephasing == "secular":
        energy = np.stack(np.broadcast_arrays(*frame.levels.energies), -1)
        gap = energy[..., :, None] - energy[..., None, :]
        tolerance = frame.levels.tolerance[..., None, None]
        kept = np.abs(sides.left(gap) - sides.right(gap)) <= tolerance
        lost = np.where(np.abs(gap) <= tolerance, lost, 0.0)
    gain = sides.product(jump.operator, jump.operator) * kept
    return as_array(jump.rate[..., None, None] * (gain - 0.5 * sides.both(lost)))


def frequencies(frame: Frame, elements: tuple[tuple[int, int], ...]) -> Array:
    """Return E_a − E_b of elements between levels of H_S, shape (m, ...).

    Between levels that coincide it is nothing, to the last bit.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> from entherm.frame import frame_of
    >>> frequencies(frame_of(two_qubit_machine(20.0, 20.0, 10.0), Global()), ((1, 2), (2, 1)))
    array([ 20., -20.])
    """
    energies, tolerance = frame.own.energies, frame.levels.tolerance
    gaps = [as_array(energies[a] - energies[b]) for a, b in elements]
    return np.stack(np.broadcast_arrays(*(np.where(np.abs(g) <= tolerance, 0.0, g) for g in gaps)))


def commutator(frame: Frame, sides: Sides) -> NDArray[np.complex128]:
    """Return −i [H_S, ρ] over the elements, shape (..., m, m).

    Examples
    --------
    >>> from entherm import Local, two_qubit_machine
    >>> from entherm.frame import frame_of
    >>> frame = frame_of(two_qubit_machine(20.0, 20.0, 10.0), Local())
    >>> commutator(frame, Sides(((1, 1), (2, 2), (1, 2), (2, 1))))[0].imag
    array([  0.,   0.,  10., -10.])
    """
    return as_array(sides.both(-1j * frame.hamiltonian), complex)
