"""Points without a steady state: why, where, and what is raised for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.errors import EnthermError, InvalidMachineError, NonUniqueSteadyStateError
from entherm.machine import Machine
from entherm.parameters import Array

Points = NDArray[np.intp]
Edge = tuple[int, int]


class Reason(IntEnum):
    """Why a point has no steady state; the codes of `SteadyState.reason`."""

    VALID = 0
    FREQUENCY_NOT_POSITIVE = 1
    NOT_UNIQUE = 2
    OSCILLATES = 3


@dataclass(frozen=True, eq=False)
class Failure:
    """Points without a steady state.

    Attributes
    ----------
    reason : Reason
    points : ndarray of int
        Flat indices into the whole shape.
    error : EnthermError
        What is raised for the first of them.
    """

    reason: Reason
    points: Points
    error: EnthermError


def frequency_error(
    machine: Machine, bath: str, edge: Edge, omega: Array, points: Points
) -> InvalidMachineError:
    """Name the transition, its frequency at the first bad point, the rule and the remedy."""
    value = float(np.broadcast_to(omega, machine.shape).ravel()[points[0]])
    where = _where(machine, points.size)
    message = (
        f"The transition λ{edge[0] + 1} → λ{edge[1] + 1}, which reservoir '{bath}' drives, must "
        f"have a positive Bohr frequency, got {value:.6g}{where}: with the rotating-wave coupling "
        "of Eq. (4) it has no resonant mode; lower the exchange strength or raise the gaps"
    )
    path, strength, bound = None, None, None
    if len(machine.subsystems) == 2 and machine.interactions:
        exchange = machine.interactions[0]
        path = f"exchange.{exchange.name}.strength"
        a, b, strength = (
            float(np.broadcast_to(x, machine.shape).ravel()[points[0]])
            for x in (machine.subsystems[0].gap, machine.subsystems[1].gap, exchange.strength)
        )
        bound = float(np.sqrt(a * b))
        message = (
            f"Argument '{path}' must satisfy |Omega| < sqrt(epsilon_A*epsilon_B) = "
            f"{bound:.12g}, got {strength!r}{where}: beyond it omega_1 = {value:.6g} <= 0 "
            "and the rotating-wave coupling of Eq. (4) has no resonant mode; lower |Omega| or "
            "raise the gaps"
        )
    if machine.shape:
        message += ", or pass on_invalid='nan'"
    return InvalidMachineError(message + ".", path, strength, bound)


def dark_error(
    machine: Machine, levels: Levels, classes: list[tuple[int, ...]], points: Points
) -> NonUniqueSteadyStateError:
    """Name the closed sets of levels at the first bad point, the dark states and the way out."""
    shape = machine.shape
    where = _where(machine, points.size)
    spot = _hamiltonian_point(levels, shape, points)
    sets = tuple(", ".join(levels.spelled(k, spot) for k in one) for one in classes)
    dark = tuple(s for one, s in zip(classes, sets, strict=True) if len(one) == 1)
    named = f"; no reservoir moves the dark state {' or '.join(dark)}" if dark else ""
    message = (
        f"The steady state is not unique{where}: the generator's kernel has dimension at least "
        f"{len(classes)}, one state for each of the closed sets of levels "
        f"{' | '.join('{' + s + '}' for s in sets)}{named}. Remedy: say where it starts with "
        "initial=..., or couple the dark level by a reservoir of one qubit, unequal common "
        "couplings, or a detuning"
    )
    if shape:
        message += ", or pass on_invalid='nan'"
    return NonUniqueSteadyStateError(message + ".", len(classes), dark)


def _hamiltonian_point(levels: Levels, shape: tuple[int, ...], points: Points) -> int:
    own = levels.norm.shape
    index = np.unravel_index(points[0], shape) if shape else ()
    tail = index[len(shape) - len(own) :]
    return (
        int(np.ravel_multi_index([i % n for i, n in zip(tail, own, strict=True)], own))
        if own
        else 0
    )


def kernel_failures(
    machine: Machine, kernel: NDArray[np.intp], points: Points | None
) -> tuple[Failure, ...]:
    """Judge the kernel's dimension at each point of the general route; below 0 means no meaning."""
    whole = np.arange(kernel.size) if points is None else points
    found = []
    if np.any(kernel < 0):
        where = _where(machine, int((kernel < 0).sum()))
        error: EnthermError = InvalidMachineError(
            f"A transition that a reservoir drives has no positive Bohr frequency{where}: with "
            "the rotating-wave coupling of Eq. (4) it has no resonant mode; lower the exchange "
            "strength or raise the gaps."
        )
        found.append(Failure(Reason.FREQUENCY_NOT_POSITIVE, whole[kernel < 0], error))
    several = (kernel >= 0) & (kernel != 1)
    if np.any(several):
        where = _where(machine, int(several.sum()))
        dimension = int(kernel[several][0])
        error = NonUniqueSteadyStateError(
            f"The steady state is not unique{where}: the generator's kernel has dimension "
            f"{dimension}, with coherences inside a degenerate level (rates 10^13 times smaller "
            "than the largest cannot be told from zero here). Remedy: say where it starts with "
            "initial=..., lift the degeneracy, or bring the rates closer together.",
            dimension,
            (),
        )
        found.append(Failure(Reason.NOT_UNIQUE, whole[several], error))
    return tuple(found)


def _where(machine: Machine, count: int) -> str:
    return f" at {count} of {prod(machine.shape)} points" if machine.shape else ""
