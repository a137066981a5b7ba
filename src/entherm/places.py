"""Where in a sweep something is, in words."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entherm.bohr import Levels
from entherm.machine import Machine

Points = NDArray[np.intp]

# A message names the parameters that vary, if there are at most so many.
NAMED_PARAMETERS = 3


def value_at(machine: Machine, value: ArrayLike, points: Points) -> float:
    """Return a parameter, or what has its axes, at the first of some points.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(1.0, 1.0, [0.1, 0.2])
    >>> value_at(m, m.interactions[0].strength, np.array([1]))
    0.2
    """
    return float(np.broadcast_to(value, machine.shape).ravel()[points[0]])


def hamiltonian_point(levels: Levels, shape: tuple[int, ...], points: Points) -> int:
    """Return the flat index, on the axes of the Hamiltonian, of the first of some points."""
    own = levels.norm.shape
    index = np.unravel_index(points[0], shape) if shape else ()
    tail = index[len(shape) - len(own) :]
    return (
        int(np.ravel_multi_index([i % n for i, n in zip(tail, own, strict=True)], own))
        if own
        else 0
    )


def where_at(machine: Machine, points: Points) -> str:
    """Say at how many points, and where the first is, by the parameters that vary or its index.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> where_at(two_qubit_machine(1.0, 1.0, [0.1, 0.2]), np.array([1]))
    ' at 1 of 2 points (the first at exchange.A-B.strength = 0.2)'
    """
    if not machine.shape:
        return ""
    if machine.taken_from is not None:
        whole, taken = machine.taken_from
        return where_at(whole, taken[points])
    varied = {path: value for path, value in machine.parameters.items() if value.size > 1}
    if len(varied) <= NAMED_PARAMETERS:
        place = ", ".join(
            f"{path} = {value_at(machine, v, points):.6g}" for path, v in varied.items()
        )
    else:
        index = np.unravel_index(points[0], machine.shape)
        place = f"index {tuple(map(int, index))}"
    first = f" (the first at {place})" if place else ""
    return f" at {points.size} of {prod(machine.shape)} points{first}"


def on_request(machine: Machine) -> str:
    """End a message; of an array, with the way to do without its bad points."""
    return ", or pass on_invalid='nan'." if machine.shape else "."
