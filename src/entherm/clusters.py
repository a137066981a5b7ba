r"""Near levels made one: the reference Hamiltonian of the unified and the local equation.

Two levels of one class that are too near to be told apart are a cluster (`Unified` says when). The
reference energies are those nearest to the true ones (least squares) under which the levels of a
cluster coincide and Bohr frequencies that were equal stay equal: one orthogonal projection for
each pattern of clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels, bare_levels, diagonalise
from entherm.equations import Equation, Local, Unified
from entherm.errors import ParameterError
from entherm.jumps import Drives, Transition, bohr_frequency, drives
from entherm.machine import Machine
from entherm.parameters import Array, as_array, stands_in
from entherm.rate_equation import golden_rule
from entherm.tracing import as_stand_in

Mask = NDArray[np.bool_]

# (a, b): two levels coincide; (i, j, k, m): two transitions have one frequency.
Demand = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Clustered:
    """Reference levels, and which pairs were joined.

    Attributes
    ----------
    levels : Levels
        With clustered energies.
    joined : dict of tuple of int to ndarray of bool
        Where E_a = E_b is demanded, keyed (a, b), or E_i − E_j = E_k − E_m, keyed (i, j, k, m).
    """

    levels: Levels
    joined: dict[Demand, Mask]


def clustered(machine: Machine, levels: Levels, equation: Unified | Local) -> Clustered:
    """Return `levels` with near energies made equal.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 0.1)
    >>> [float(e) for e in clustered(m, diagonalise(m), Unified()).levels.energies]
    [40.0, 20.0, 20.0, 0.0]
    """
    driven = drives(machine, levels)
    joined = _joined(driven, equation)
    if any(map(stands_in, levels.energies)):
        return _clustered_at_sample(levels, driven, joined)
    if not joined:
        return Clustered(levels, {})
    energies = np.stack(np.broadcast_arrays(*levels.energies), -1)
    shapes = (mask.shape for mask in joined.values())
    shape = np.broadcast_shapes(energies.shape[:-1], *shapes)
    projected = np.array(np.broadcast_to(energies, (*shape, len(levels))))
    for demands, points in _patterns(joined, driven.groups, shape):
        projection = _projection(len(levels), demands)
        projected[points] = np.broadcast_to(energies, projected.shape)[points] @ projection
    columns = tuple(np.array(projected[..., k]) for k in range(len(levels)))
    return Clustered(replace(levels, energies=columns), joined)


def _clustered_at_sample(levels: Levels, driven: Drives, joined: dict[Demand, Mask]) -> Clustered:
    """Levels of one point of stand-ins: what coincides there counts as joined, too."""
    demands = [demand for demand, mask in joined.items() if np.all(mask)]
    demands += [pair for pair in levels.coherences if np.all(levels.degenerate(*pair))]
    first: dict[float, Transition] = {}
    for t, omega in driven.groups.items():
        same = first.setdefault(float(np.abs(_sampled(omega))), t)
        if same != t:
            sign = np.sign(_sampled(omega)) * np.sign(_sampled(driven.groups[same]))
            demands.append((*same, *(t if sign >= 0 else t[::-1])))
    if not demands:
        return Clustered(levels, {})
    energies = np.stack(np.broadcast_arrays(*levels.energies)) @ _projection(len(levels), demands)
    return Clustered(replace(levels, energies=tuple(energies)), joined)


def _sampled(value: Any) -> Any:
    traced = as_stand_in(value)
    return value if traced is None else traced.shadow


def fixed_over(machine: Machine, equation: Equation) -> Equation:
    """Return `equation` with its clusters decided by the whole sweep, where they are one for it.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> sweep = two_qubit_machine(20.0, 20.0, [0.1, 9.0])
    >>> fixed_over(sweep, Unified(clustering="sweep")).joined
    ((1, 2),)
    """
    if not isinstance(equation, Unified | Local) or equation.joined is not None:
        return equation
    if equation.clustering == "point":
        return equation
    levels = bare_levels(machine) if isinstance(equation, Local) else diagonalise(machine)
    return replace(equation, joined=tuple(_joined(drives(machine, levels), equation)))


def _joined(driven: Drives, equation: Unified | Local) -> dict[Demand, Mask]:
    """Which demands on the reference energies hold where."""
    if equation.joined is not None:
        count = len(driven.levels)
        for demand in equation.joined:
            if len(demand) not in (2, 4) or not all(0 <= k < count for k in demand):
                rule = f"be pairs of levels 0..{count - 1}, or pairs of transitions"
                raise ParameterError("joined", rule, repr(demand), "count from the top, λ₁ is 0")
        return {demand: np.ones((), bool) for demand in equation.joined}
    near = _near_lines if isinstance(equation, Local) else _near_levels
    found = near(driven, equation.threshold)
    if equation.clustering == "sweep":
        found = {demand: as_array(np.any(mask)) for demand, mask in found.items()}
    return {demand: mask for demand, mask in found.items() if np.any(mask)}


def _near_levels(driven: Drives, threshold: float) -> dict[Demand, Mask]:
    """Where two levels are in one cluster that do not coincide by themselves."""
    together = _agglomerated(driven, threshold)
    return {
        (a, b): as_array(together[..., a, b] & ~driven.levels.degenerate(a, b))
        for a, b in driven.levels.coherences
    }


def _near_lines(driven: Drives, threshold: float) -> dict[Demand, Mask]:
    """Where two bare frequencies that one reservoir drives are too near to be told apart.

    H_S feeds coherences between bare levels that are not near, so that here it is lines that
    interfere: those of two subsystems on a common reservoir, or those of a weakly anharmonic one.
    """
    of_levels = level_scales(driven)
    found: dict[Demand, Mask] = {}
    for drive in driven.by_name.values():
        lines: dict[bytes, list[Transition]] = {}
        for t in drive.transitions:
            if t[0] != t[1]:
                lines.setdefault(driven.groups[t].tobytes(), []).append(t)
        middle = [ts[0] for ts in lines.values()]
        scales = [
            [
                np.mean(np.stack(np.broadcast_arrays(*(s[k] for t in ts for k in t))), 0)
                for ts in lines.values()
            ]
            for s in of_levels
        ]
        for u, v in combinations(range(len(middle)), 2):
            distance = np.abs(driven.groups[middle[u]] - driven.groups[middle[v]])
            width, theta = (0.5 * (s[u] + s[v]) for s in scales)
            near = as_array((distance > 0.0) & (distance**2 < threshold * width * theta))
            demand = (*middle[u], *middle[v])
            found[demand] = near | found[demand] if demand in found else near
    return found


def _agglomerated(driven: Drives, threshold: float) -> Mask:
    """Which levels are in one cluster, shape (..., n, n), nearest first.

    Two clusters are judged by their mean energies, exit rates and scales. The mean over a cluster
    does not depend on the basis that diagonalisation happens to choose inside a degenerate level,
    so that nothing jumps there.
    """
    levels = driven.levels
    count = len(levels)
    energies = np.stack(np.broadcast_arrays(*levels.energies), -1)
    exits, thetas = (np.stack(np.broadcast_arrays(*s), -1) for s in level_scales(driven))
    shape = np.broadcast_shapes(energies.shape, exits.shape, thetas.shape)
    kinds = np.array(levels.classes)
    allowed = (kinds[:, None] == kinds) & ~np.eye(count, dtype=bool)
    together = np.zeros((*shape, count), bool)
    together[...] = np.eye(count, dtype=bool)
    gap = np.abs(energies[..., :, None] - energies[..., None, :])
    together |= allowed & (gap <= levels.tolerance[..., None, None])
    for _ in range(count):
        size = together.sum(-1)
        mean, width, theta = (
            (together * values[..., None, :]).sum(-1) / size for values in (energies, exits, thetas)
        )
        distance = np.abs(mean[..., :, None] - mean[..., None, :])
        reach = threshold * _mean_of_pairs(width) * _mean_of_pairs(theta)
        near = allowed & ~together & (distance**2 < reach)
        if not np.any(near):
            break
        nearest = np.where(near, distance, np.inf)
        closest = nearest.min(-1, keepdims=True).min(-2, keepdims=True)
        chosen = near & (nearest <= closest + levels.tolerance[..., None, None])
        together = together | chosen | np.swapaxes(chosen, -1, -2)
        for _ in range(2):  # two chains of pairs: clusters that met at one distance are one
            together = together | (together[..., :, :, None] & together[..., None, :, :]).any(-2)
    return together


def _mean_of_pairs(values: Array) -> Array:
    return as_array(0.5 * (values[..., :, None] + values[..., None, :]))


def level_scales(driven: Drives) -> tuple[list[Array], list[Array]]:
    """Return each level's exit rate, and θ, the energy over which what drives it changes.

    θ is the smaller of the highest temperature among its reservoirs and of the mean frequency of
    its exits, weighted by their rates. What is undefined counts for nothing.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 1.0, T_A=5.0)
    >>> [float(theta) for theta in level_scales(drives(m, diagonalise(m)))[1]]
    [5.0, 5.0, 5.0, 5.0]
    """
    count = len(driven.levels)
    exits, moments, warmth = ([as_array(0.0)] * count for _ in range(3))
    for name, flows in golden_rule(driven).items():
        bath = driven.by_name[name].bath
        temperature = np.abs(bath.temperature) if bath.temperature is not None else as_array(0.0)
        for (i, j), pair in flows.items():
            omega = np.abs(bohr_frequency(driven.groups, (i, j)))
            for level, flow in zip((i, j) if i != j else (), pair, strict=False):
                rate = np.where(np.isnan(flow), 0.0, flow)
                exits[level] = as_array(exits[level] + rate)
                moments[level] = as_array(moments[level] + rate * omega)
            warm = np.where(pair[0] != 0.0, temperature, 0.0)
            for level in (i, j):
                warmth[level] = np.maximum(warmth[level], warm)
    thetas = []
    for rate, moment, warm in zip(exits, moments, warmth, strict=True):
        frequency = moment / np.where(rate == 0.0, 1.0, rate)
        thetas.append(np.where(warm > 0.0, np.minimum(warm, frequency), frequency))
    return exits, thetas


def _patterns(
    joined: dict[Demand, Mask], groups: dict[Transition, Array], shape: tuple[int, ...]
) -> Iterator[tuple[list[Demand], Mask]]:
    """Each set of demands that occurs, with its points: what is joined, and what was equal."""
    transitions = list(groups)
    omega = np.stack([np.broadcast_to(w, shape) for w in groups.values()], -1)
    # A group shares one value bit for bit: each transition is told by the first one of its group.
    first = np.argmax(omega[..., :, None] == omega[..., None, :], axis=-1)
    masks = np.stack([np.broadcast_to(m, shape) for m in joined.values()], -1)
    code = np.concatenate([masks.astype(int), first], -1).reshape(-1, len(joined) + len(groups))
    examples, where = _distinct(code, len(groups) + 1)
    for number, kind in enumerate(code[examples]):
        demands = [d for d, here in zip(joined, kind[: len(joined)], strict=True) if here]
        demands += [
            (*transitions[k], *t)
            for k, t in zip(kind[len(joined) :], transitions, strict=True)
            if transitions[k] != t
        ]
        yield demands, (where == number).reshape(shape)


def _distinct(rows: NDArray[np.intp], base: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each distinct row of digits below `base` is found first, and which one each row is.

    Rows are numbers in that base: sorting these is much faster than sorting rows.
    """
    code, span = np.zeros(len(rows), np.intp), 1
    for column in rows.T:
        if span * base >= 2**62:
            kinds, code = np.unique(code, return_inverse=True)
            span = len(kinds)
        code, span = code * base + column, span * base
    _, examples, where = np.unique(code, return_index=True, return_inverse=True)
    return examples, where


def _projection(count: int, demands: list[Demand]) -> Array:
    """Orthogonal projector on energies that meet every demand."""
    rows = np.zeros((len(demands), count))
    for row, demand in zip(rows, demands, strict=True):
        for level, sign in zip(demand, (1.0, -1.0, -1.0, 1.0), strict=False):
            row[level] += sign
    _, sizes, vectors = np.linalg.svd(rows)
    rank = int((sizes > 1e-12 * sizes.max(initial=1.0)).sum())
    kept = vectors[rank:]
    return as_array(kept.T @ kept)
