"""On which rung of the ladder every bare state is, from the labels of its sector alone."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.machine import Machine
from entherm.operators import embedded_entries, is_hermitian
from entherm.reservoirs import Reservoir


def ladder_numbers(machine: Machine, labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the rung of every bare state: its excitations, or 0 where levels have no such order.

    They have one where H_S conserves the excitations, a rotating-wave coupling lowers them by one
    at most, and a Hermitian one changes them by one at most.

    Parameters
    ----------
    machine : Machine
    labels : ndarray of int, shape (n,)
        Sector of every bare state.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> ladder_numbers(two_qubit_machine(20.0, 20.0, 10.0), np.array([0, 1, 1, 2]))
    array([2, 1, 1, 0])
    """
    dimensions = machine.dimensions
    index = np.unravel_index(np.arange(prod(dimensions)), dimensions)
    number = np.asarray(sum(d - 1 - own for d, own in zip(dimensions, index, strict=True)))
    of_sector = np.zeros(labels.max() + 1, np.intp)
    of_sector[labels] = number
    ordered = bool(np.all(number == of_sector[labels]))
    for bath in machine.reservoirs if ordered else ():
        assert isinstance(bath, Reservoir)
        for name in bath.couplings:
            sites, local = machine.coupling_operator(bath, name)
            rows, columns, _ = embedded_entries(dimensions, sites, local)
            change = number[rows] - number[columns]
            highest = 1 if is_hermitian(local) else 0
            ordered = ordered and bool(np.all((change >= -1) & (change <= highest)))
    return number if ordered else np.zeros_like(number)
