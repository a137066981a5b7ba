"""The plan of a steady state: structure, uniqueness, rates, each on its own axes; cheap.

Nearly every point of a sweep shares one structure, a rate equation eliminated from the top level
down; that is the main piece, on the whole grid. Points of another structure are pieces of their
own, on a flat list of points that overwrites the main one:

- where levels of one class coincide, the coherence between them belongs to the problem;
- where the zero pattern of the rates asks for another order of elimination, or leaves some levels
  empty (T = 0, dark states);
- where no order exists the steady state is not unique, and where a coupled transition has no
  positive Bohr frequency the equation has no meaning: these are named, with their reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial, reduce
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, diagonalise
from entherm.coherent import solve_coherent
from entherm.elimination import closed_classes, settles_in_order
from entherm.equations import Equation, Global
from entherm.failures import (
    Failure,
    Reason,
    dark_error,
    kernel_failures,
    undefined_elements,
)
from entherm.invariants import LARGEST_DIMENSION
from entherm.jumps import bohr_frequency, require_thermal
from entherm.lasting import coincide_across_classes, lasting_coherences
from entherm.machine import Machine
from entherm.many.many_levels import goes_by_products
from entherm.many.memory import require_written
from entherm.many.packed_states import PackedCoherences
from entherm.many.product_plan import product_plan
from entherm.many.sector_plan import (
    SectorPlan,
    goes_by_sectors,
    lasting_beside,
    many_levels,
    sector_plan,
)
from entherm.many.threads import threads_for
from entherm.parameters import as_array, stands_in
from entherm.places import Points
from entherm.point_stage import RatePlan, SolvedPlan
from entherm.rate_equation import RateEquation, dephased_pairs, rate_equation
from entherm.undefined import frequency_error

Edge = tuple[int, int]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Piece:
    """Points of one structure.

    Attributes
    ----------
    machine : Machine
        The whole one, or the points of this piece as one flat axis.
    levels : Levels
        Of that machine.
    plan : RatePlan, SolvedPlan or SectorPlan
        How they are solved.
    points : ndarray of int, or None
        Flat indices into the whole shape; None for all of it.
    """

    machine: Machine
    levels: Levels
    plan: RatePlan | SolvedPlan | SectorPlan
    points: Points | None


@dataclass(frozen=True, eq=False)
class Plan:
    """Pieces in the order in which they are written, and what is wrong where.

    Attributes
    ----------
    pieces : tuple of Piece
        One that covers the whole shape comes first; points of no piece have no steady state.
    failures : tuple of Failure
        Points without a steady state.
    """

    pieces: tuple[Piece, ...]
    failures: tuple[Failure, ...]


def make_plan(machine: Machine, equation: Equation) -> Plan:
    """Sort the points of a machine by structure.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> m = two_qubit_machine(20.0, [20.0, 21.0], [0.0, 0.5])
    >>> [(type(p.plan).__name__, p.points) for p in make_plan(m, Global()).pieces]
    [('RatePlan', None), ('SolvedPlan', array([0]))]
    """
    if goes_by_sectors(machine, equation):
        return _by_sectors(machine, equation)
    if many_levels(machine) and isinstance(equation, Global):
        return _with_coherences(machine, equation)
    if not isinstance(equation, Global) or equation.lamb_shift == "explicit":
        piece, failures = _coherent_piece(machine, equation, None)
        if not isinstance(equation, Global) and len(piece.levels) > LARGEST_DIMENSION:
            return Plan((piece,), failures)  # nobody looks at coherences of so many levels
        own = diagonalise(machine)
        if not coincide_across_classes(own):
            return Plan((piece,), failures)
        lasting = lasting_coherences(machine, own, rate_equation(machine, own, equation), equation)
        return Plan((piece,), (*failures, *lasting))
    require_thermal(machine, equation.name)
    levels = diagonalise(machine)
    coherent = _coherent(machine, levels, equation)
    rates = rate_equation(machine, levels, equation)
    if np.all(coherent):
        piece, failures = _coherent_piece(machine, equation, None)
        lasting = lasting_coherences(machine, levels, rates, equation)
        return Plan((piece,), (*failures, *lasting))
    pieces, dark = _rate_pieces(machine, levels, rates, equation, coherent)
    failures = (
        *_frequency_failures(machine, rates, coherent),
        *undefined_elements(machine, rates.drives, coherent),
        *lasting_coherences(machine, levels, rates, equation),
        *dark,
    )
    if np.any(coherent):
        piece, more = _coherent_piece(machine, equation, _flat(machine, coherent))
        return Plan((*pieces, piece), (*failures, *more))
    return Plan(tuple(pieces), failures)


def _by_sectors(machine: Machine, equation: Equation) -> Plan:
    """Many levels: rates by sectors, and by products where levels of one class coincide."""
    require_thermal(machine, equation.name)
    with threads_for(machine):
        solved, failures, coherent = sector_plan(machine, equation)
    if coherent.size == prod(machine.shape):
        piece, more = _coherent_piece(machine, equation, None)
        return Plan((piece,), (*more, *lasting_beside(machine, equation, None)))
    pieces = [Piece(machine, solved.levels, solved, None)]
    if coherent.size:
        piece, more = _coherent_piece(machine, equation, coherent)
        pieces.append(piece)
        failures = (*failures, *more, *lasting_beside(machine, equation, coherent))
    return Plan(tuple(pieces), failures)


def _with_coherences(machine: Machine, equation: Equation) -> Plan:
    """Many levels whose coherences all belong to the problem; refused where they are too many."""
    require_thermal(machine, equation.name)
    if not goes_by_products(machine, equation):
        require_written(machine, equation)
    piece, failures = _coherent_piece(machine, equation, None)
    return Plan((piece,), (*failures, *lasting_beside(machine, equation, None)))


def _coherent(machine: Machine, levels: Levels, equation: Global) -> Mask:
    """Where coherences belong to the problem, but for the single one of two dephased qubits."""
    several = len(levels.coherences) > 1 or any(np.iscomplexobj(b.vectors) for b in levels.blocks)
    if several and equation.dephasing == "as_written" and dephased_pairs(machine, levels):
        return np.ones((), bool)
    coinciding = [levels.degenerate(a, b) for a, b in levels.coherences]
    return as_array(reduce(np.logical_or, coinciding, np.zeros((), bool)))


def _flat(machine: Machine, mask: Mask) -> Points:
    return np.flatnonzero(np.broadcast_to(mask, machine.shape))


def _coherent_piece(
    machine: Machine, equation: Equation, points: Points | None
) -> tuple[Piece, tuple[Failure, ...]]:
    part = machine if points is None else machine.take(points)
    solved, kernel = solve_coherent(part, equation)
    failures = kernel_failures(machine, kernel.ravel(), points, equation)
    if isinstance(solved.coherences, PackedCoherences):
        by_products = product_plan(part, solved)
        return Piece(part, by_products.levels, by_products, points), failures
    return Piece(part, diagonalise(part), solved, points), failures


def _frequency_failures(
    machine: Machine, rates: RateEquation, elsewhere: Mask
) -> Iterator[Failure]:
    for name, flows in rates.flows.items():
        for (i, j), (down, up) in flows.items():
            if i == j or not (np.any(np.isnan(down)) or np.any(np.isnan(up))):
                continue
            points = _flat(machine, (np.isnan(down) | np.isnan(up)) & ~elsewhere)
            if points.size:
                omega = rates.frequencies[i, j]
                error = frequency_error(machine, name, (i, j), omega, points)
                yield Failure(Reason.FREQUENCY_NOT_POSITIVE, points, error)


def _rate_pieces(
    machine: Machine, levels: Levels, rates: RateEquation, equation: Equation, elsewhere: Mask
) -> tuple[list[Piece], list[Failure]]:
    natural = tuple(range(len(levels)))
    whole = Piece(machine, levels, RatePlan(rates, natural), None)
    if _surely_settles(rates):
        return [whole], []
    open_edges = _open_edges(rates)
    if _leaves_everywhere(open_edges, natural):
        return [whole], []
    pieces: list[Piece] = []
    failures: list[Failure] = []
    excluded = elsewhere | _meaningless(rates)
    if np.all(excluded):
        return [whole], []
    for edges, points in _patterns(machine, open_edges, excluded):
        classes = closed_classes(edges, len(levels))
        if len(classes) > 1:
            error = partial(dark_error, machine, levels, classes, points, equation)
            failures.append(Failure(Reason.NOT_UNIQUE, points, error))
        elif settles_in_order(edges, natural):
            pieces = pieces if whole in pieces else [whole, *pieces]
        elif points.size == prod(machine.shape):
            return [Piece(machine, levels, RatePlan(rates, classes[0]), None)], []
        else:
            part = machine.take(points)
            part_levels = diagonalise(part)
            part_rates = rate_equation(part, part_levels, equation)
            pieces.append(Piece(part, part_levels, RatePlan(part_rates, classes[0]), points))
    return pieces, failures


def _surely_settles(rates: RateEquation) -> bool:
    """Whether every level but the last can emit a boson, told from strengths alone: n̄ + 1 >= 1."""
    waiting = set(range(len(rates.levels) - 1))
    for drive in rates.drives.values():
        bath = drive.bath
        if drive.hermitian or bath.statistics != "bose":
            continue
        for (i, j), strength in drive.strengths.items():
            omega = bohr_frequency(rates.frequencies, (i, j))
            if i >= j or i not in waiting or not np.all(bath.has_modes(omega)):
                continue
            if np.all(bath.spectrum.covers(omega)):
                emitted = strength * bath.spectrum.density(omega)
                waiting -= {i} if np.all(emitted > 0.0) else set()
    return not waiting


def _leaves_everywhere(open_edges: dict[Edge, Mask], order: tuple[int, ...]) -> bool:
    """Whether each level but the last of `order` has an exit to a later one, at every point.

    Then `settles_in_order` holds at every point, by whichever exit.
    """
    exits: dict[int, Mask] = {}
    for (i, j), mask in open_edges.items():
        if j > i:
            exits[i] = as_array(exits[i] | mask) if i in exits else mask
    return all(k in exits and bool(np.all(exits[k])) for k in order[:-1])


def _meaningless(rates: RateEquation) -> Mask:
    """Where some driven transition has no positive frequency; small unless it happens."""
    found = np.zeros((), bool)
    for flows in rates.rates.values():
        for rate in flows.values():
            if np.any(np.isnan(rate)):
                found = found | np.isnan(rate)
    return as_array(found)


def _open_edges(rates: RateEquation) -> dict[Edge, Mask]:
    """Where each edge is open. NaN counts as open: those points are excluded by name already."""
    found: dict[Edge, Mask] = {}

    def note(edge: Edge, mask: Mask) -> None:
        joint = as_array(mask | found[edge]) if edge in found else mask
        found[edge] = np.ones((), bool) if not stands_in(joint) and np.all(joint) else joint

    for flows in (*rates.rates.values(), rates.direct):
        for edge, rate in flows.items():
            note(edge, as_array(rate != 0.0))
    dephased = rates.pair_dephasing
    if rates.pair is not None and dephased is not None:
        a, b = rates.pair
        mask = as_array((dephased.zz > 0.0) | (dephased.determinant > 0.0))
        note((a, b), mask)
        note((b, a), mask)
    return found


def _patterns(
    machine: Machine, open_edges: dict[Edge, Mask], excluded: Mask
) -> Iterator[tuple[list[Edge], Points]]:
    """Each zero pattern that occurs outside `excluded`, with its points."""
    masks = np.broadcast_arrays(excluded, *open_edges.values())
    code = np.zeros(masks[0].shape, np.intp)
    first = np.zeros(1, np.intp)
    # Patterns are renumbered edge by edge, so that any number of edges fits one integer a point.
    for mask in masks:
        _, first, code = np.unique(2 * code + mask, return_index=True, return_inverse=True)
        code = code.reshape(mask.shape)
    for number, example in enumerate(first):
        is_excluded, *is_open = (bool(mask.ravel()[example]) for mask in masks)
        if not is_excluded:
            edges = [edge for edge, here in zip(open_edges, is_open, strict=True) if here]
            yield edges, _flat(machine, code == number)
