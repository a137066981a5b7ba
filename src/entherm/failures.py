"""Points without a steady state: why, where, and what is raised for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.clusters import fixed_over
from entherm.equations import Equation, chosen_equation
from entherm.errors import (
    ConvergenceError,
    EnthermError,
    InvalidMachineError,
    NonUniqueSteadyStateError,
)
from entherm.frame import frame_of
from entherm.invariants import LARGEST_DIMENSION, WITHOUT_WORDS, Invariants, invariants
from entherm.jumps import Drive, bohr_frequency, drives
from entherm.machine import Machine
from entherm.many.iterative import LARGEST_RESIDUAL
from entherm.many.many_levels import goes_by_products, stationary_at, undefined_transition
from entherm.places import Points, hamiltonian_point, on_request, value_at, where_at
from entherm.stationary import MEANINGLESS, UNSETTLED
from entherm.undefined import frequency_error

Edge = tuple[int, int]

# A message lists at most so many states, numbers or operators.
LISTED = 4


class Reason(IntEnum):
    """Why a point has no steady state; the codes of `SteadyState.reason`."""

    VALID = 0
    FREQUENCY_NOT_POSITIVE = 1
    NOT_UNIQUE = 2
    OSCILLATES = 3
    NO_STATE = 4
    NOT_CONVERGED = 5


@dataclass(frozen=True, eq=False)
class Failure:
    """Points without a steady state.

    Attributes
    ----------
    reason : Reason
    points : ndarray of int
        Flat indices into the whole shape.
    told : EnthermError, or what makes it
        What is raised for the first of them; made when it is asked for, as an analysis costs more
        than a plan.
    """

    reason: Reason
    points: Points
    told: EnthermError | Callable[[], EnthermError]

    @property
    def error(self) -> EnthermError:
        """What is raised for the first of the points."""
        return self.told if isinstance(self.told, EnthermError) else self.told()


def undefined_elements(
    machine: Machine, driven: Mapping[str, Drive], elsewhere: NDArray[np.bool_]
) -> Iterator[Failure]:
    """Yield points where a reservoir has no spectrum for the diagonal elements of its operator.

    Populations do not feel ⟨i|X|i⟩, which acts at ω = 0 and dephases; but a flat spectrum, or a
    rotating-wave coupling, leaves that dephasing undefined.

    Parameters
    ----------
    machine : Machine
    driven : mapping of str to Drive
        Each reservoir between the levels of H_S.
    elsewhere : ndarray of bool
        Points that are judged elsewhere.

    Examples
    --------
    >>> from entherm import Coupling, Machine, Qubit, Reservoir, diagonalise
    >>> m = Machine(
    ...     [Qubit("A", 1.0)],
    ...     reservoirs=[Reservoir("R", 1.0, {"A": Coupling(1.0, operator="z")})],
    ... )
    >>> driven = drives(m, diagonalise(m)).by_name
    >>> print(next(undefined_elements(m, driven, np.zeros((), bool))).error)
    The element ⟨λ1|X|λ1⟩ of reservoir 'R' acts at frequency 0, ...
    """
    for name, drive in driven.items():
        lit = {t: mode[t] != 0.0 for mode in drive.modes for t in sorted(mode) if t[0] == t[1]}
        if not lit:
            continue
        both = np.stack(np.broadcast_arrays(*drive.spectrum(np.asarray(0.0))))
        somewhere = np.any(np.stack(np.broadcast_arrays(*lit.values())), axis=0)
        where = somewhere & np.any(np.isnan(both), axis=0) & ~elsewhere
        points = np.flatnonzero(np.broadcast_to(where, machine.shape))
        if points.size:
            edge = next(t for t in lit if value_at(machine, lit[t], points))
            error = frequency_error(machine, name, edge, np.asarray(0.0), points)
            yield Failure(Reason.FREQUENCY_NOT_POSITIVE, points, error)


def dark_error(
    machine: Machine,
    levels: Levels,
    classes: list[tuple[int, ...]],
    points: Points,
    equation: Equation | None = None,
) -> NonUniqueSteadyStateError:
    """Name the closed sets of levels at the first bad point, the dark states and the way out."""
    spot = hamiltonian_point(levels, machine.shape, points)
    sets = [", ".join(levels.spelled(k, spot) for k in one) for one in classes]
    dark = tuple(s for one, s in zip(classes, sets, strict=True) if len(one) == 1)
    spelled = _listed(("{" + one + "}" for one in sets), " | ")
    told = f"with one state for each of the closed sets of levels {spelled}"
    found = _found(machine, equation, points)
    return _not_unique(machine, points, found, len(classes), dark, told)


def lasting_error(
    machine: Machine, equation: Equation, points: Points
) -> NonUniqueSteadyStateError:
    """Say that a coherence between coinciding levels of two classes lasts, at the first point."""
    told = "with a coherence that lasts between levels of equal energy"
    return _not_unique(machine, points, _found(machine, equation, points), 2, (), told)


def kernel_failures(
    machine: Machine,
    kernel: NDArray[np.intp],
    points: Points | None,
    equation: Equation | None = None,
) -> tuple[Failure, ...]:
    """Judge the kernel's dimension at each point of the general route; below 0 it says why not.

    Parameters
    ----------
    machine : Machine
        Of the whole shape.
    kernel : ndarray of int
        At each of `points`.
    points : ndarray of int, or None
        Flat indices into the whole shape; None for all of it.
    equation : Equation, optional
        Left out, an error says less.
    """
    whole = np.arange(kernel.size) if points is None else points
    found = []
    if np.any(kernel == MEANINGLESS):
        bad = whole[kernel == MEANINGLESS]
        told = partial(_undefined, machine, equation, bad)
        found.append(Failure(Reason.FREQUENCY_NOT_POSITIVE, bad, told))
    if np.any(kernel == UNSETTLED):
        bad = whole[kernel == UNSETTLED]
        told_late = partial(_unsettled, machine, equation, bad)
        found.append(Failure(Reason.NOT_CONVERGED, bad, told_late))
    if np.any(kernel == 0):
        bad = whole[kernel == 0]
        found.append(Failure(Reason.NO_STATE, bad, partial(stateless_error, machine, bad)))
    several = kernel > 1
    if np.any(several):
        bad = whole[several]
        lost = partial(_several, machine, equation, bad, int(kernel[several][0]))
        found.append(Failure(Reason.NOT_UNIQUE, bad, lost))
    return tuple(found)


def stateless_error(machine: Machine, points: Points) -> InvalidMachineError:
    """Say that an equation that is not positive has no steady state at the first point."""
    return InvalidMachineError(
        f"The equation has no steady state{where_at(machine, points)}: the null vector of its "
        "generator has no trace, so that populations grow without bound. Redfield does this where "
        "the true machine has several steady states; use Global(), Unified() or "
        f"UniversalLindblad(){on_request(machine)}"
    )


def _several(
    machine: Machine, equation: Equation | None, points: Points, dimension: int
) -> EnthermError:
    found = _found(machine, equation, points)
    if found and found.kernel_dimension < 2 and equation and equation.interference == "arithmetic":
        return stateless_error(machine, points)
    dark = found.dark_states if found else ()
    words = [] if dark or not found else [w for w in found.in_words if w != WITHOUT_WORDS]
    told = "conserving the " + _listed(words, " and the ") if words else ""
    limit = "rates 1e13 times smaller than the largest cannot be told from zero here"
    return _not_unique(machine, points, found, dimension, dark, told, limit)


def _not_unique(
    machine: Machine,
    points: Points,
    found: Invariants | None,
    least: int,
    dark: tuple[str, ...],
    told: str,
    limit: str = "",
) -> NonUniqueSteadyStateError:
    dimension = found.kernel_dimension if found else least
    parts = [f"dimension {'' if found else 'at least '}{dimension}{told and ', '}{told}"]
    if dark:
        parts.append(f"no reservoir moves the dark state {_listed(dark, ' or ')}")
    if found and found.decoherence_free:
        sizes = _listed(map(str, found.decoherence_free))
        parts.append(f"coherence lasts in a decoherence-free subspace of dimension {sizes}")
        if found.peripheral_frequencies:
            rhythm = _listed(f"{x:.6g}" for x in found.peripheral_frequencies)
            parts[-1] += f", oscillating at {rhythm}"
    parts += [limit] if limit else []
    remedy = (
        "couple the dark level by a reservoir of one qubit, unequal common couplings, or a detuning"
        if dark
        else "couple what no reservoir reaches"
    )
    message = (
        f"The steady state is not unique{where_at(machine, points)}: the generator's kernel has "
        f"{'; '.join(parts)}. Remedy: say where it starts with initial=..., or {remedy}"
    )
    return NonUniqueSteadyStateError(
        message + on_request(machine),
        dimension,
        dark,
        found.conserved_quantities if found else (),
        found.decoherence_free if found else (),
        found.peripheral_frequencies if found else (),
    )


def _listed(words: Iterable[str], between: str = ", ") -> str:
    every = list(words)
    rest = [f"{len(every) - LISTED} more"] if len(every) > LISTED else []
    return between.join([*every[:LISTED], *rest])


def _found(machine: Machine, equation: Equation | None, points: Points) -> Invariants | None:
    """Analyse the first point, where the machine is small enough."""
    if equation is None or prod(machine.dimensions) > LARGEST_DIMENSION:
        return None
    return invariants(machine.take(points[:1]), fixed_over(machine, equation))


def _unsettled(machine: Machine, equation: Equation | None, points: Points) -> ConvergenceError:
    """Say how far the iteration came at the first point, which takes another one."""
    found = stationary_at(machine.take(points[0]), chosen_equation(equation))
    return ConvergenceError(
        f"The steady state did not converge{where_at(machine, points)}: after {found.iterations} "
        f"products with the generator the residual is {found.residual:.2g} of the mean exit rate, "
        f"where {LARGEST_RESIDUAL:g} is wanted. Rates far above the gaps do this, or rates far "
        "below the others, by which the steady state is hardly unique: bring them together, or "
        f"use Global(), which is solved directly{on_request(machine)}",
        found.residual,
        found.iterations,
    )


def _undefined(machine: Machine, equation: Equation | None, points: Points) -> InvalidMachineError:
    """Find which transition of the equation's reference levels has no spectrum."""
    if equation is not None and goes_by_products(machine, equation):
        name, edge, omega = undefined_transition(machine.take(points[0]), equation)
        return frequency_error(machine, name, edge, omega, points)
    if equation is not None:
        point = machine.take(points[:1])
        frame = frame_of(point, fixed_over(machine, equation))
        driven = drives(point, frame.levels)
        for name, drive in driven.by_name.items():
            for edge in sorted({t for mode in drive.modes for t in mode if np.any(mode[t])}):
                omega = bohr_frequency(driven.groups, edge)
                if np.any(np.isnan(drive.spectrum(omega))):
                    kets = [frame.levels.spelled(k).partition(" = ")[2] for k in edge]
                    names = None if frame.diagonal else (kets[0], kets[1])
                    return frequency_error(machine, name, edge, omega, points, names)
    return InvalidMachineError(
        "A transition that a reservoir drives has no spectrum, or no shift, at its Bohr frequency"
        f"{where_at(machine, points)}: a rotating-wave coupling has none below zero and a flat "
        "spectrum none at zero; couple by operator='x' with spectrum=Ohmic(...), or lower the "
        "interaction strength" + on_request(machine)
    )
