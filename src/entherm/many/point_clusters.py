"""Near levels made one at a single point of many levels: `entherm.clusters` on dense blocks.

The same rule and the same least squares, from the blocks of `entherm.many.class_jumps`, class by
class, where a dictionary of transitions would have one entry for each of 10⁴ and more.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.composition import DEPHASING
from entherm.equations import Redfield, Unified
from entherm.machine import Machine
from entherm.many.class_jumps import ClassJump, LevelClasses, class_jumps
from entherm.parameters import Array, as_array
from entherm.reservoirs import Reservoir

Pairs = tuple[tuple[int, ...], ...]
Jumps = dict[str, list[ClassJump]]

# Eigenvalues of what is demanded of the energies, a Gram matrix of small whole numbers, below this
# fraction of the largest are zero.
RANK_TOLERANCE = 1e-10


def joined_at(machine: Machine, levels: Levels, equation: Unified) -> Pairs:
    """Return pairs of levels that `equation` joins at one point and that do not coincide.

    Parameters
    ----------
    machine : Machine
        Of shape ().
    levels : Levels
        Of H_S.
    equation : Unified

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 0.1)
    >>> joined_at(m, diagonalise(m), Unified())
    ((1, 2),)
    """
    if equation.joined is not None:
        return equation.joined
    classes = LevelClasses(levels)
    return _near(machine, classes, class_jumps(machine, classes, Redfield()), equation.threshold)


def clustered_at(machine: Machine, levels: Levels, equation: Unified) -> Levels:
    """Return `levels` of one point with near energies made equal.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 0.1)
    >>> [float(e) for e in clustered_at(m, diagonalise(m), Unified()).energies]
    [40.0, 20.0, 20.0, 0.0]
    """
    classes = LevelClasses(levels)
    jumps = class_jumps(machine, classes, Redfield())
    joined = equation.joined
    if joined is None:
        joined = _near(machine, classes, jumps, equation.threshold)
    if not joined:
        return levels
    demands = _demands(joined, _equal_lines(classes, jumps), len(levels))
    sizes, vectors = np.linalg.eigh((demands.T @ demands).toarray())
    kept = vectors[:, sizes <= RANK_TOLERANCE * sizes[-1]]
    energies = kept @ (kept.T @ np.array(levels.energies, float))
    return replace(levels, energies=tuple(map(as_array, energies)))


def _near(machine: Machine, classes: LevelClasses, jumps: Jumps, threshold: float) -> Pairs:
    """Pairs of levels of one cluster that do not coincide by themselves."""
    levels = classes.levels
    energies = np.array(levels.energies, float)
    exits, thetas = _scales(machine, classes, jumps)
    found: list[tuple[int, ...]] = []
    for members in classes.members:
        scales = energies[members], exits[members], thetas[members]
        label = _agglomerated(*scales, float(levels.tolerance), threshold)
        for k in range(label.max() + 1):
            for a, b in combinations(map(int, members[label == k]), 2):
                if abs(energies[a] - energies[b]) > levels.tolerance:
                    found.append((a, b))
    return tuple(found)


def _scales(machine: Machine, classes: LevelClasses, jumps: Jumps) -> tuple[Array, Array]:
    """Each level's exit rate, and θ, the energy over which what drives it changes."""
    energies = np.array(classes.levels.energies, float)
    exits, moments, warmth = np.zeros((3, len(energies)))
    for bath in machine.reservoirs:
        if not isinstance(bath, Reservoir):
            continue
        temperature = 0.0 if bath.temperature is None else float(np.abs(bath.temperature))
        for jump in jumps[bath.name]:
            rates, into, source = _between(jump, classes)
            omega = np.abs(energies[source] - energies[into][:, None])
            exits[source] += rates.sum(0)
            moments[source] += (rates * omega).sum(0)
            for members, moved in ((source, rates.any(0)), (into, rates.any(1))):
                warm = np.where(moved, temperature, 0.0)
                warmth[members] = np.maximum(warmth[members], warm)
    frequency = moments / np.where(exits == 0.0, 1.0, exits)
    return exits, np.where(warmth > 0.0, np.minimum(warmth, frequency), frequency)


def _between(
    jump: ClassJump, classes: LevelClasses
) -> tuple[Array, NDArray[np.intp], NDArray[np.intp]]:
    """Rates [to, from] between different levels, 0 where undefined, and the labels of both."""
    rates = np.nan_to_num((jump.acting * jump.single.conj()).real).sum(0)
    if jump.into == jump.source:
        np.fill_diagonal(rates, 0.0)
    return rates, classes.members[jump.into], classes.members[jump.source]


def _agglomerated(
    energies: Array, exits: Array, thetas: Array, tolerance: float, threshold: float
) -> NDArray[np.intp]:
    """Number of each level's cluster, of one class: nearest first, judged by means."""
    from scipy.sparse.csgraph import connected_components

    near = np.abs(energies[:, None] - energies) <= tolerance
    label = connected_components(near, directed=False)[1]
    while label.max() > 0:
        size = np.bincount(label)
        mean, width, theta = (np.bincount(label, v) / size for v in (energies, exits, thetas))
        distance = np.abs(mean[:, None] - mean)
        reach = 0.25 * threshold * (width[:, None] + width) * (theta[:, None] + theta)
        near = (distance**2 < reach) & ~np.eye(len(size), dtype=bool)
        if not near.any():
            break
        near &= distance <= distance[near].min() + tolerance
        label = connected_components(near, directed=False)[1][label]
    return np.asarray(label)


def _equal_lines(classes: LevelClasses, jumps: Jumps) -> Array:
    """Transitions (i, j) and the first of their frequency (k, m), shape (t, 4)."""
    levels = classes.levels
    energies = np.array(levels.energies, float)
    driven = np.zeros((len(energies),) * 2, bool)
    for name, own in jumps.items():
        for jump in own if name != DEPHASING else ():
            rows, columns = classes.members[jump.into], classes.members[jump.source]
            lit = jump.single.any(0)
            driven[np.ix_(rows, columns)] |= lit
    # Back and forth are one transition: the way down.
    falls = energies[None, :] - energies[:, None]
    to, source = np.nonzero((driven | driven.T) & (falls > float(levels.tolerance)))
    omega = falls[to, source]
    order = np.argsort(omega)
    group = np.cumsum(np.diff(omega[order], prepend=omega[order][:1]) > float(levels.tolerance))
    _, first = np.unique(group, return_index=True)
    chosen = order[first[group]]
    return np.stack([source[chosen], to[chosen], source[order], to[order]], -1)


def _demands(joined: Pairs, lines: Array, count: int) -> Any:
    """Rows r with r · E = 0: E_a − E_b of a pair, E_i − E_j − E_k + E_m of two transitions."""
    from scipy.sparse import coo_array

    rows, columns, signs = [], [], []
    for number, demand in enumerate((*joined, *lines.tolist())):
        for level, sign in zip(demand, (1.0, -1.0, -1.0, 1.0), strict=False):
            rows.append(number)
            columns.append(level)
            signs.append(sign)
    shape = len(joined) + len(lines), count
    return coo_array((signs, (rows, columns)), shape=shape)
