"""The plan of a steady state: structure, uniqueness, rates, each on its own axes; cheap.

Nearly every point of a sweep shares one structure, a rate equation eliminated from the top level
down; that is the main piece, on the whole grid. Points of another structure are pieces of their
own, on a flat list of points that overwrites the main one:

- where levels of one sector coincide, the coherence between them belongs to the problem;
- where the zero pattern of the rates asks for another order of elimination, or leaves some levels
  empty (T = 0, dark states);
- where no order exists the steady state is not unique, and where a coupled transition has no
  positive Bohr frequency the equation has no meaning: these are named, with their reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, diagonalise
from entherm.elimination import (
    closed_classes,
    elimination_order,
    eliminate_coherences,
    settles_in_order,
)
from entherm.equations import Global, RateEquation, dephased_pairs, rate_equation
from entherm.errors import InvalidMachineError, NonUniqueSteadyStateError
from entherm.liouvillian import Matrix, generators, population_elements
from entherm.machine import Machine
from entherm.observables import DEPHASING
from entherm.parameters import Array
from entherm.point_stage import RatePlan, SolvedPlan

Points = NDArray[np.intp]
Edge = tuple[int, int]

# Singular values of a generator below this fraction of the largest count as zero. Only the general
# route needs it; a rate equation is judged by its zero pattern.
KERNEL_TOLERANCE = 1e-13

# Points solved at once by the general route: 20×20 complex for three qubits are 6.4 kB a point.
BLOCK_POINTS = 2048


class Reason(IntEnum):
    """Why a point has no steady state; the codes of `SteadyState.reason`."""

    VALID = 0
    FREQUENCY_NOT_POSITIVE = 1
    NOT_UNIQUE = 2


@dataclass(frozen=True, eq=False)
class Piece:
    """Points of one structure.

    Attributes
    ----------
    machine : Machine
        The whole one, or the points of this piece as one flat axis.
    levels : Levels
        Of that machine.
    plan : RatePlan or SolvedPlan
        How they are solved.
    points : ndarray of int, or None
        Flat indices into the whole shape; None for all of it.
    """

    machine: Machine
    levels: Levels
    plan: RatePlan | SolvedPlan
    points: Points | None


@dataclass(eq=False)
class Plan:
    """Pieces in the order in which they are written, and what is wrong where.

    Attributes
    ----------
    pieces : list of Piece
        The first one covers the whole shape.
    failures : list of (Reason, ndarray of int or None, str, tuple of str)
        Reason, points, explanation, dark states.
    """

    machine: Machine
    pieces: list[Piece] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Failure:
    """Points without a steady state.

    Attributes
    ----------
    reason : Reason
    points : ndarray of int
        Flat indices into the whole shape.
    error : InvalidMachineError or NonUniqueSteadyStateError
        What is raised for the first of them.
    """

    reason: Reason
    points: Points
    error: InvalidMachineError | NonUniqueSteadyStateError


def make_plan(machine: Machine, equation: Global) -> Plan:
    """Sort the points of a machine by structure.

    Examples
    --------
    >>> from entherm.machine import two_qubit_machine
    >>> m = two_qubit_machine(20.0, [20.0, 21.0], [0.0, 0.5])
    >>> [(type(p.plan).__name__, p.points) for p in make_plan(m, Global()).pieces]
    [('RatePlan', None), ('SolvedPlan', array([0]))]
    """
    plan = Plan(machine)
    levels = diagonalise(machine)
    coherent = _coherent(machine, levels, equation)
    if np.all(coherent):
        _add_solved(plan, machine, equation, None)
        return plan
    rates = rate_equation(machine, levels, equation)
    _note_frequencies(plan, rates, coherent)
    _add_rate_pieces(plan, levels, rates, equation, coherent)
    if np.any(coherent):
        _add_solved(plan, machine, equation, _flat(machine, coherent))
    return plan


def _coherent(machine: Machine, levels: Levels, equation: Global) -> NDArray[np.bool_]:
    """Where coherences belong to the problem beyond the one that `PairDephasing` eliminates."""
    if equation.dephasing == "as_written" and len(dephased_pairs(machine, levels)) > 1:
        return np.ones((), bool)
    return np.asarray(
        np.any(
            np.broadcast_arrays(False, *(levels.degenerate(a, b) for a, b in levels.coherences)),
            axis=0,
        )
    )


def _flat(machine: Machine, mask: NDArray[np.bool_]) -> Points:
    return np.flatnonzero(np.broadcast_to(mask, machine.shape))


def _note_frequencies(plan: Plan, rates: RateEquation, elsewhere: NDArray[np.bool_]) -> None:
    machine = plan.machine
    for name, flows in rates.rates.items():
        for (i, j), rate in flows.items():
            if i > j or not np.any(np.isnan(rate)):
                continue
            points = _flat(machine, np.isnan(rate) & ~elsewhere)
            if points.size:
                omega = rates.frequencies[i, j]
                error = _frequency_error(plan.machine, rates.levels, name, (i, j), omega, points)
                plan.failures.append(Failure(Reason.FREQUENCY_NOT_POSITIVE, points, error))


def _frequency_error(
    machine: Machine, levels: Levels, bath: str, edge: Edge, omega: Array, points: Points
) -> InvalidMachineError:
    value = float(np.broadcast_to(omega, machine.shape).ravel()[points[0]])
    where = f" at {points.size} of {prod(machine.shape)} points" if machine.shape else ""
    message = (
        f"The transition λ{edge[0] + 1} → λ{edge[1] + 1}, which reservoir '{bath}' drives, must "
        f"have a positive Bohr frequency, got {value:.6g}{where}: with the rotating-wave coupling "
        "of Eq. (4) it has no resonant mode; lower the exchange strength or raise the gaps"
    )
    path = None
    if len(machine.subsystems) == 2 and machine.interactions:
        exchange = machine.interactions[0]
        path = f"exchange.{exchange.name}.strength"
        a, b, strength = (
            float(np.broadcast_to(x, machine.shape).ravel()[points[0]])
            for x in (machine.subsystems[0].gap, machine.subsystems[1].gap, exchange.strength)
        )
        message = (
            f"Argument '{path}' must satisfy |Omega| < sqrt(epsilon_A*epsilon_B) = "
            f"{np.sqrt(a * b):.12g}, got {strength!r}{where}: beyond it omega_1 = {value:.6g} <= 0 "
            "and the rotating-wave coupling of Eq. (4) has no resonant mode; lower |Omega| or "
            "raise the gaps"
        )
    if machine.shape:
        message += ", or pass on_invalid='nan'"
    return InvalidMachineError(message + ".", path)


def _add_rate_pieces(
    plan: Plan,
    levels: Levels,
    rates: RateEquation,
    equation: Global,
    elsewhere: NDArray[np.bool_],
) -> None:
    machine, count = plan.machine, len(levels)
    natural = tuple(range(count))
    nonzero = _nonzero(rates)
    always = [edge for edge, mask in nonzero.items() if np.all(mask)]
    if settles_in_order(always, natural):
        plan.pieces.append(Piece(machine, levels, RatePlan(rates, natural), None))
        return
    rest: list[tuple[tuple[int, ...], Points]] = []
    for edges, points in _patterns(machine, nonzero, elsewhere):
        order = elimination_order(edges, count)
        if order is None:
            dark = closed_classes(edges, count)
            plan.failures.append(
                Failure(Reason.NOT_UNIQUE, points, _dark_error(plan, levels, dark, points))
            )
        elif not settles_in_order(edges, natural):
            rest.append((order, points))
    if len(rest) == 1 and rest[0][1].size == prod(machine.shape):
        plan.pieces.append(Piece(machine, levels, RatePlan(rates, rest[0][0]), None))
        return
    plan.pieces.append(Piece(machine, levels, RatePlan(rates, natural), None))
    for order, points in rest:
        part = machine.take(points)
        part_levels = diagonalise(part)
        part_rates = rate_equation(part, part_levels, equation)
        plan.pieces.append(Piece(part, part_levels, RatePlan(part_rates, order), points))


def _nonzero(rates: RateEquation) -> dict[Edge, NDArray[np.bool_]]:
    """Where each edge is open. NaN counts as open: those points are excluded by name already."""
    found: dict[Edge, NDArray[np.bool_]] = {}
    for flows in (*rates.rates.values(), rates.direct):
        for edge, rate in flows.items():
            mask = rate != 0.0
            if np.all(mask):
                mask = np.ones((), bool)
            found[edge] = np.asarray(mask | found[edge]) if edge in found else np.asarray(mask)
    d = rates.pair_dephasing
    if rates.pair is not None and d is not None:
        a, b = rates.pair
        mask = np.asarray((d.zz > 0.0) | (d.determinant > 0.0))
        for edge in ((a, b), (b, a)):
            found[edge] = mask | found.get(edge, np.zeros((), bool))
    return {edge: np.ones((), bool) if np.all(mask) else mask for edge, mask in found.items()}


def _patterns(
    machine: Machine, nonzero: dict[Edge, NDArray[np.bool_]], elsewhere: NDArray[np.bool_]
) -> Iterator[tuple[list[Edge], Points]]:
    """Each zero pattern that occurs, with its points."""
    edges = list(nonzero)
    masks = np.broadcast_arrays(elsewhere, *nonzero.values())
    code = np.zeros(masks[0].shape, np.int64)
    distinct = [np.zeros(len(masks), bool)]
    # Patterns are numbered edge by edge, so that any number of edges fits one integer a point.
    for mask in masks:
        code = 2 * code + mask
        _, first, code = np.unique(code, return_index=True, return_inverse=True)
        code = code.reshape(masks[0].shape)
    distinct = [np.array([m.ravel()[k] for m in masks]) for k in first]
    for number, pattern in enumerate(distinct):
        if not pattern[0]:
            open_edges = [edge for edge, here in zip(edges, pattern[1:], strict=True) if here]
            yield open_edges, _flat(machine, code == number)


def _dark_error(
    plan: Plan, levels: Levels, classes: list[tuple[int, ...]], points: Points
) -> NonUniqueSteadyStateError:
    shape = plan.machine.shape
    where = f" at {points.size} of {prod(shape)} points" if shape else ""
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


def _add_solved(plan: Plan, machine: Machine, equation: Global, points: Points | None) -> None:
    """Solve the points where coherences belong to the problem, block by block."""
    part = machine if points is None else machine.take(points)
    levels = diagonalise(part)
    size = prod(part.shape)
    if part.shape:
        blocks = [
            _solve(part.take(np.arange(k, min(k + BLOCK_POINTS, size))), equation)
            for k in range(0, size, BLOCK_POINTS)
        ]
        elements, heats, kernel = (np.concatenate(x) for x in zip(*blocks, strict=True))
    else:
        elements, heats, kernel = _solve(part, equation)
    names = [*(bath.name for bath in part.reservoirs), DEPHASING]
    keys = population_elements(levels)
    solved = elements.reshape(*part.shape, len(keys))
    coherences = {
        key: (solved[..., k].real.copy(), solved[..., k].imag.copy())
        for k, key in enumerate(keys)
        if key[0] < key[1]
    }
    populations = tuple(solved[..., k].real.copy() for k, (a, b) in enumerate(keys) if a == b)
    currents = {n: heats.reshape(*part.shape, -1)[..., k].copy() for k, n in enumerate(names)}
    plan.pieces.append(Piece(part, levels, SolvedPlan(populations, coherences, currents), points))
    _note_kernel(plan, kernel.ravel(), points)


def _note_kernel(plan: Plan, kernel: NDArray[np.intp], points: Points | None) -> None:
    whole = np.arange(kernel.size) if points is None else points
    for reason, bad in (
        (Reason.FREQUENCY_NOT_POSITIVE, kernel < 0),
        (Reason.NOT_UNIQUE, kernel > 1),
    ):
        if not np.any(bad):
            continue
        where = (
            f" at {bad.sum()} of {prod(plan.machine.shape)} points" if plan.machine.shape else ""
        )
        error: InvalidMachineError | NonUniqueSteadyStateError
        if reason is Reason.NOT_UNIQUE:
            error = NonUniqueSteadyStateError(
                f"The steady state is not unique{where}: the generator's kernel has dimension "
                f"{kernel[bad][0]}, with coherences inside a degenerate level. Remedy: say where it "
                "starts with initial=..., or lift the degeneracy.",
                int(kernel[bad][0]),
                (),
            )
        else:
            error = InvalidMachineError(
                f"A transition that a reservoir drives has no positive Bohr frequency{where}: with "
                "the rotating-wave coupling of Eq. (4) it has no resonant mode; lower the exchange "
                "strength or raise the gaps."
            )
        plan.failures.append(Failure(reason, whole[bad], error))


def _solve(machine: Machine, equation: Global) -> tuple[Matrix, Array, NDArray[np.intp]]:
    """Elements of ρ, heat by source, and the kernel's dimension (-1: no meaning) at each point."""
    levels = diagonalise(machine)
    keys = population_elements(levels)
    parts = generators(machine, levels, equation, keys)
    shape = (*machine.shape, len(keys), len(keys))
    total = np.broadcast_to(sum(parts.values()), shape).copy()
    meaningless = np.isnan(total).any((-1, -2))
    total[meaningless] = 0.0
    values = np.linalg.svd(total, compute_uv=False)
    kernel = (values <= KERNEL_TOLERANCE * values[..., :1]).sum(-1)
    total[kernel != 1] = np.nan
    populations = [k for k, (a, b) in enumerate(keys) if a == b]
    elements = np.full(shape[:-1], np.nan, complex)
    good = kernel == 1
    elements[good] = eliminate_coherences(total[good], populations)[1]
    energy = np.zeros((*levels.norm.shape, len(keys)))
    for k in populations:
        energy[..., k] = levels.energies[keys[k][0]]
    heats = np.stack(
        [
            np.einsum("...p,...pq,...q->...", energy, part, elements).real
            for name, part in parts.items()
            if name != "hamiltonian"
        ],
        -1,
    )
    return elements, heats, np.where(meaningless, -1, kernel)
