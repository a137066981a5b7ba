"""Coherences between levels that coincide by accident: whether they die out.

Between levels of two classes a coherence never meets a population, so the steady-state problem
leaves it out. Where such levels coincide it does not rotate either, and the steady state is unique
only if it decays. It does wherever one reservoir acts on either level and on none of them in the
same way as on the other; where none is so plain, the generator over these coherences is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.equations import Equation, Global
from entherm.failures import Failure, Reason, lasting_error
from entherm.frame import frame_of
from entherm.invariants import LARGEST_DIMENSION
from entherm.jumps import Drive, bohr_frequency
from entherm.liouvillian import generator
from entherm.machine import Machine
from entherm.rate_equation import Flows, RateEquation, dephasing_elements
from entherm.stationary import KERNEL_TOLERANCE

Mask = NDArray[np.bool_]
Pair = tuple[int, int]

# Points whose small generators are looked at together.
BLOCK = 4096


def coincide_across_classes(levels: Levels) -> bool:
    """Whether levels of two classes coincide anywhere; nothing can last where none do.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> coincide_across_classes(diagonalise(two_qubit_machine(20.0, 20.0, 10.0)))
    False
    """
    return any(
        levels.classes[a] != levels.classes[b] and bool(np.any(levels.degenerate(a, b)))
        for a, b in combinations(range(len(levels)), 2)
    )


def lasting_coherences(
    machine: Machine, levels: Levels, rates: RateEquation, equation: Equation
) -> Iterator[Failure]:
    """Yield points where a coherence between coinciding levels of two classes never decays.

    Examples
    --------
    >>> from entherm import Coupling, Global, Ohmic, Qudit, Reservoir, diagonalise
    >>> from entherm.rate_equation import rate_equation
    >>> bath = Reservoir(
    ...     "R", 1.0, {"A": Coupling(1.0, operator="x")}, spectrum=Ohmic(10.0, cutoff=50.0)
    ... )
    >>> m = Machine([Qudit("A", levels=[0.0, 0.0])], reservoirs=[bath])
    >>> levels = diagonalise(m)
    >>> rates = rate_equation(m, levels, Global())
    >>> [f.reason.name for f in lasting_coherences(m, levels, rates, Global())]
    ['NOT_UNIQUE']
    """
    open_pairs: dict[Pair, Mask] = {}
    for a, b in combinations(range(len(levels)), 2):
        if levels.classes[a] != levels.classes[b]:
            coincide = levels.degenerate(a, b)
            if np.any(coincide):
                mask = coincide & ~_dies_plainly(machine, levels, rates, (a, b))
                if np.any(mask):
                    open_pairs[a, b] = np.asarray(mask)
    if not open_pairs:
        return
    doubtful = np.any(np.broadcast_arrays(*open_pairs.values()), axis=0)
    points = np.flatnonzero(np.broadcast_to(doubtful, machine.shape))
    elements = tuple(e for a, b in open_pairs for e in ((a, b), (b, a)))
    if not isinstance(equation, Global):
        # Nothing keeps these coherences apart from those of levels that do not coincide.
        if len(levels) > LARGEST_DIMENSION:
            return
        kinds = frame_of(machine, equation).levels.classes
        every = range(len(kinds))
        elements = tuple((a, b) for a in every for b in every if kinds[a] != kinds[b])
    lasting = [
        _lasts(machine.take(part) if machine.shape else machine, equation, elements)
        for part in np.array_split(points, range(BLOCK, len(points), BLOCK))
    ]
    bad = points[np.concatenate(lasting)]
    if bad.size:
        yield Failure(Reason.NOT_UNIQUE, bad, partial(lasting_error, machine, equation, bad))


def _dies_plainly(machine: Machine, levels: Levels, rates: RateEquation, pair: Pair) -> Mask:
    """Where some reservoir, or the dephasing, tells two levels apart."""
    found = np.zeros((), bool)
    for name, drive in rates.drives.items():
        if not _acts_alike(drive, rates, levels, pair):
            found = np.asarray(found | _leaves(rates.flows[name], pair))
            if np.all(found):
                return found
    for name, dephasing in machine.dephasing.items():
        z = dephasing_elements(machine, levels, name)
        apart = np.abs(z[pair[0], pair[0]] - z[pair[1], pair[1]]) > KERNEL_TOLERANCE
        found = np.asarray(found | ((dephasing.rate > 0.0) & apart))
    return found


def _acts_alike(drive: Drive, rates: RateEquation, levels: Levels, pair: Pair) -> bool:
    """Whether some jump operator moves both levels at one frequency somewhere."""

    def exits(level: int) -> Iterator[tuple[bool, tuple[int, int]]]:
        for i, j in drive.transitions:
            if i == level:
                yield True, (i, j)
            if j == level:
                yield drive.hermitian, (j, i)

    for (way, t), (other, u) in product(exits(pair[0]), exits(pair[1])):
        gap = bohr_frequency(rates.frequencies, t) - bohr_frequency(rates.frequencies, u)
        if way == other and np.any(np.abs(gap) <= levels.tolerance):
            return True
    return False


def _leaves(flows: Flows, pair: Pair) -> Mask:
    """Where a reservoir moves either level at all."""
    found = np.zeros((), bool)
    for (i, j), (down, up) in flows.items():
        for level, rate in ((i, down), (j, up)):
            if level in pair and i != j:
                found = np.asarray(found | (rate > 0.0))
    return found


def _lasts(machine: Machine, equation: Equation, elements: tuple[Pair, ...]) -> Mask:
    """Where the generator over some coherences has a kernel."""
    total = generator(machine, equation, elements).total
    total = np.broadcast_to(total, (*machine.shape, *total.shape[-2:]))
    known = np.where(np.isfinite(total), total, 1.0)
    sizes = np.linalg.svd(known, compute_uv=False)
    return np.asarray(np.any(sizes <= KERNEL_TOLERANCE * sizes[..., :1], axis=-1)).reshape(-1)
