r"""Sectors: which bare states a Hamiltonian mixes, and between which a reservoir makes coherence.

A charge gives every level n of subsystem k a weight q_kn, and a state the sum of them. It is
conserved where every matrix element of every interaction leaves it as it is; the dissipators
respect it where all matrix elements of one jump operator change it by the same amount, so that a
coherence between states of different charge never meets a population. Both are linear in the q_kn,
over the rationals (excitation numbers) and modulo 2 (parities), and follow from the local
operators alone: no matrix of the whole machine is needed, and no number of a machine decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import lcm

import numpy as np

from entherm.operators import Operator, bare_states

# An operator on a few subsystems: their positions, and the matrix, highest level first.
Local = tuple[tuple[int, ...], Operator]


def sectors(
    dimensions: tuple[int, ...],
    conserving: Iterable[Local],
    jumps: Iterable[Sequence[Local]] = (),
) -> tuple[int, ...]:
    """Number the bare states by their charges, states of most excitations first.

    Parameters
    ----------
    dimensions : tuple of int
        Of every subsystem.
    conserving : iterable of (sites, matrix)
        Operators that leave every charge as it is.
    jumps : iterable of sequence of (sites, matrix)
        Sums of operators, each of which changes every charge by one amount.

    Returns
    -------
    tuple of int
        A sector for each bare state, in the order of `bare_states`.

    Examples
    --------
    >>> from entherm.operators import ladder
    >>> hop = np.kron(ladder(2).T, ladder(2))
    >>> sectors((2, 2), [((0, 1), hop + hop.T)])
    (0, 1, 1, 2)
    >>> sectors((2, 2), [], [[((0,), ladder(2)), ((1,), ladder(2))]])
    (0, 1, 1, 2)
    """
    jumps = list(jumps)
    offsets = np.concatenate([[0], np.cumsum(dimensions)]).astype(int)
    rows: set[tuple[int, ...]] = set()
    for local in conserving:
        rows |= {(*row, *([0] * len(jumps))) for row in _changes(local, dimensions, offsets)}
    for index, terms in enumerate(jumps):
        shared = [0] * len(jumps)
        shared[index] = -1
        for local in terms:
            rows |= {(*row, *shared) for row in _changes(local, dimensions, offsets)}
    unknowns = int(offsets[-1]) + len(jumps)
    exact = sorted(rows)
    weights = [_whole(v) for v in _null_space(exact, unknowns, modulus=0)]
    parities = [[int(x) % 2 for x in v] for v in _null_space(exact, unknowns, modulus=2)]
    occupied = _occupied(dimensions, offsets)
    size = int(offsets[-1])
    labels = np.concatenate(
        [
            occupied @ np.array(weights, dtype=object).reshape(-1, unknowns)[:, :size].T,
            (occupied @ np.array(parities, dtype=object).reshape(-1, unknowns)[:, :size].T) % 2,
        ],
        axis=1,
    )
    return _numbered(dimensions, [tuple(row) for row in labels])


def _numbered(dimensions: tuple[int, ...], labels: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Number the labels by the most excitations in each, then by its first state."""
    first: dict[tuple[int, ...], tuple[int, int]] = {}
    for index, (state, label) in enumerate(zip(bare_states(dimensions), labels, strict=True)):
        most, place = first.get(label, (0, index))
        first[label] = (min(most, -sum(state)), place)
    order = {label: k for k, label in enumerate(sorted(first, key=lambda label: first[label]))}
    return tuple(order[label] for label in labels)


def _changes(
    local: Local, dimensions: tuple[int, ...], offsets: np.ndarray
) -> set[tuple[int, ...]]:
    """Change of the level weights that each matrix element makes."""
    sites, matrix = local
    own = tuple(dimensions[s] for s in sites)
    found = set()
    for to, source in zip(*np.nonzero(matrix), strict=True):
        row = np.zeros(int(offsets[-1]), int)
        for site, a, b in zip(
            sites, np.unravel_index(to, own), np.unravel_index(source, own), strict=True
        ):
            row[offsets[site] + a] += 1
            row[offsets[site] + b] -= 1
        found.add(tuple(map(int, row)))
    return found


def _occupied(dimensions: tuple[int, ...], offsets: np.ndarray) -> np.ndarray:
    """Which level of which subsystem each bare state occupies, shape (states, levels)."""
    index = np.stack(np.unravel_index(np.arange(int(np.prod(dimensions))), dimensions), -1)
    occupied = np.zeros((len(index), int(offsets[-1])), int)
    for site, offset in enumerate(offsets[:-1]):
        occupied[np.arange(len(index)), offset + index[:, site]] = 1
    return occupied


def _null_space(rows: Sequence[Sequence[int]], count: int, modulus: int) -> list[list[Fraction]]:
    """Basis of what every row annihilates, by exact elimination; modulo 2, or over fractions."""

    def reduced(value: Fraction) -> Fraction:
        return value % modulus if modulus else value

    work = [[reduced(Fraction(x)) for x in row] for row in rows]
    pivots: list[int] = []
    for column in range(count):
        position = len(pivots)
        found = next((k for k in range(position, len(work)) if work[k][column] != 0), None)
        if found is None:
            continue
        work[position], work[found] = work[found], work[position]
        scale = work[position][column]
        pivot_row = [x / scale for x in work[position]]
        work[position] = pivot_row
        for k, row in enumerate(work):
            factor = row[column]
            if k != position and factor != 0:
                work[k] = [reduced(x - factor * y) for x, y in zip(row, pivot_row, strict=True)]
        pivots.append(column)
    basis = []
    for free in (c for c in range(count) if c not in pivots):
        vector = [Fraction(0)] * count
        vector[free] = Fraction(1)
        for row, pivot in zip(work, pivots, strict=False):
            vector[pivot] = -row[free]
        basis.append(vector)
    return basis


def _whole(vector: Sequence[Fraction]) -> list[int]:
    scale = lcm(*(x.denominator for x in vector))
    return [int(x * scale) for x in vector]
