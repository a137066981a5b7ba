r"""Near levels made one: the reference Hamiltonian of the unified and the local equation.

Two levels of one class that are closer than a few widths form a cluster. The reference energies
are those nearest to the true ones (least squares) under which the levels of a cluster coincide and
Bohr frequencies that were equal stay equal: one orthogonal projection for each pattern of clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, bare_levels, diagonalise
from entherm.equations import Equation, Local, Unified
from entherm.errors import ParameterError
from entherm.jumps import Drives, Transition, drives
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.rate_equation import edges, golden_rule

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Clustered:
    """Reference levels, and which pairs were joined.

    Attributes
    ----------
    levels : Levels
        With clustered energies.
    joined : dict of (int, int) to ndarray of bool
        Where each pair of levels is in one cluster without coinciding by itself.
    """

    levels: Levels
    joined: dict[Transition, Mask]


def clustered(machine: Machine, levels: Levels, equation: Unified | Local) -> Clustered:
    """Return `levels` with near energies made equal.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 1.0)
    >>> [float(e) for e in clustered(m, diagonalise(m), Unified()).levels.energies]
    [40.0, 20.0, 20.0, 0.0]
    """
    driven = drives(machine, levels)
    joined = _joined(driven, equation)
    if not joined:
        return Clustered(levels, {})
    energies = np.stack(np.broadcast_arrays(*levels.energies), -1)
    masks = np.broadcast_arrays(*joined.values())
    equal = _equal_frequencies(driven)
    shape = np.broadcast_shapes(energies.shape[:-1], masks[0].shape)
    projected = np.array(np.broadcast_to(energies, (*shape, len(levels))))
    for pairs, points in _patterns(list(joined), masks, shape):
        projection = _projection(len(levels), pairs, equal)
        projected[points] = np.broadcast_to(energies, projected.shape)[points] @ projection
    columns = tuple(np.array(projected[..., k]) for k in range(len(levels)))
    return Clustered(replace(levels, energies=columns), joined)


def fixed_over(machine: Machine, equation: Equation) -> Equation:
    """Return `equation` with its clusters decided by the whole sweep, where they are one for it.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> fixed_over(two_qubit_machine(20.0, 20.0, [1.0, 9.0]), Unified()).pairs
    ((1, 2),)
    """
    if not isinstance(equation, Unified | Local) or equation.pairs is not None:
        return equation
    if equation.clustering == "point":
        return equation
    levels = bare_levels(machine) if isinstance(equation, Local) else diagonalise(machine)
    return replace(equation, pairs=tuple(_joined(drives(machine, levels), equation)))


def _joined(driven: Drives, equation: Unified | Local) -> dict[Transition, Mask]:
    """Where a pair of levels is joined that does not coincide everywhere by itself."""
    if equation.pairs is not None:
        count = len(driven.levels)
        for pair in equation.pairs:
            if not all(0 <= k < count for k in pair):
                rule, remedy = f"be pairs of levels 0..{count - 1}", "count from the top, λ₁ is 0"
                raise ParameterError("pairs", rule, repr(pair), remedy)
        return {pair: np.ones((), bool) for pair in equation.pairs}
    together = _agglomerated(driven, equation.threshold)
    found = {pair: np.asarray(together[..., pair[0], pair[1]]) for pair in driven.levels.coherences}
    if equation.clustering == "sweep":
        found = {pair: np.asarray(np.any(mask)) for pair, mask in found.items()}
    return {
        pair: mask
        for pair, mask in found.items()
        if np.any(mask & ~driven.levels.degenerate(*pair))
    }


def _agglomerated(driven: Drives, threshold: float) -> Mask:
    """Which levels are in one cluster, shape (..., n, n), nearest first.

    Two clusters are joined where their mean energies are closer than `threshold` times the mean of
    their mean exit rates. The mean over a cluster does not depend on the basis that
    diagonalisation happens to choose inside a degenerate level, so that nothing jumps there.
    """
    levels = driven.levels
    count = len(levels)
    energies = np.stack(np.broadcast_arrays(*levels.energies), -1)
    exits = np.stack(np.broadcast_arrays(*_exits(driven)), -1)
    shape = np.broadcast_shapes(energies.shape, exits.shape)
    kinds = np.array(levels.classes)
    allowed = (kinds[:, None] == kinds) & ~np.eye(count, dtype=bool)
    together = np.zeros((*shape, count), bool)
    together[...] = np.eye(count, dtype=bool)
    gap = np.abs(energies[..., :, None] - energies[..., None, :])
    same = allowed & (gap <= levels.tolerance[..., None, None])
    together |= same
    for _ in range(count):
        size = together.sum(-1)
        mean = (together * energies[..., None, :]).sum(-1) / size
        width = (together * exits[..., None, :]).sum(-1) / size
        distance = np.abs(mean[..., :, None] - mean[..., None, :])
        reach = threshold * 0.5 * (width[..., :, None] + width[..., None, :])
        near = allowed & ~together & (distance < reach)
        if not np.any(near):
            break
        nearest = np.where(near, distance, np.inf)
        closest = nearest.min((-1, -2), keepdims=True)
        chosen = near & (nearest <= closest + levels.tolerance[..., None, None])
        together = together | chosen | np.swapaxes(chosen, -1, -2)
        for _ in range(2):  # two chains of pairs: clusters that met at one distance are one
            together = together | (together[..., :, :, None] & together[..., None, :, :]).any(-2)
    return together


def _exits(driven: Drives) -> list[Array]:
    """Sum of the rates out of each level; what is undefined counts for nothing."""
    exits: list[Array] = [np.asarray(0.0)] * len(driven.levels)
    for flows in golden_rule(driven).values():
        for (i, _), rate in edges(flows).items():
            exits[i] = np.asarray(exits[i] + np.where(np.isnan(rate), 0.0, rate))
    return exits


def _equal_frequencies(driven: Drives) -> list[tuple[Transition, Transition]]:
    """Pairs of driven transitions whose frequencies are equal at every point."""
    first: dict[bytes, Transition] = {}
    found = []
    for t, omega in driven.groups.items():
        known = first.setdefault(omega.tobytes(), t)
        if known != t:
            found.append((known, t))
    return found


def _patterns(
    pairs: list[Transition], masks: tuple[NDArray[np.bool_], ...], shape: tuple[int, ...]
) -> Iterator[tuple[list[Transition], NDArray[np.bool_]]]:
    """Each set of joined pairs that occurs, with its points."""
    stacked = np.stack([np.broadcast_to(m, shape) for m in masks], -1)
    kinds, where = np.unique(stacked.reshape(-1, len(pairs)), axis=0, return_inverse=True)
    for number, kind in enumerate(kinds):
        joined = [pair for pair, here in zip(pairs, kind, strict=True) if here]
        yield joined, (where == number).reshape(shape)


def _projection(
    count: int, joined: list[Transition], equal: list[tuple[Transition, Transition]]
) -> Array:
    """Orthogonal projector on energies that meet every constraint."""
    rows = np.zeros((len(joined) + len(equal), count))
    for row, (a, b) in zip(rows, joined, strict=False):
        row[a], row[b] = 1.0, -1.0
    for row, ((i, j), (k, m)) in zip(rows[len(joined) :], equal, strict=True):
        for level, sign in ((i, 1.0), (j, -1.0), (k, -1.0), (m, 1.0)):
            row[level] += sign
    _, sizes, vectors = np.linalg.svd(rows)
    rank = int((sizes > 1e-12 * sizes.max(initial=1.0)).sum())
    kept = vectors[rank:]
    return np.asarray(kept.T @ kept)
