r"""Sectors: which bare states a Hamiltonian mixes, and between which a reservoir makes coherence.

A charge gives every level n of subsystem k a weight q_kn, and a state the sum of them. It is
conserved where every matrix element of every interaction leaves it as it is; the dissipators
respect it where all matrix elements of one jump operator change it by the same amount, so that a
coherence between states of different charge never meets a population. Both are linear in the q_kn,
over the rationals (excitation numbers) and modulo 2 (parities), and follow from the local
operators alone: no matrix of the whole machine is needed, and no number of a machine decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm, prod

import numpy as np

from entherm.operators import Operator

# An operator on a few subsystems: their positions, and the matrix, highest level first.
Local = tuple[tuple[int, ...], Operator]

# The same, as what alone matters of it: which of its elements, row by row, are not zero.
Pattern = tuple[tuple[int, ...], bytes]

# Columns that are not zero, and the numbers there.
Row = tuple[tuple[int, int], ...]

# Sums of weights up to this one stay exact in 64 bits.
LARGEST_WEIGHT = 1 << 40


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
    patterns = (tuple(map(_pattern, terms)) for terms in jumps)
    return _sectors(dimensions, tuple(map(_pattern, conserving)), tuple(patterns))


def _pattern(local: Local) -> Pattern:
    sites, matrix = local
    return tuple(sites), (matrix != 0).tobytes()


# Machines of one build are made by the thousand, and all have the same sectors.
@lru_cache(maxsize=128)
def _sectors(
    dimensions: tuple[int, ...],
    conserving: tuple[Pattern, ...],
    jumps: tuple[tuple[Pattern, ...], ...],
) -> tuple[int, ...]:
    offsets = np.concatenate([[0], np.cumsum(dimensions)]).astype(int)
    size = int(offsets[-1])
    rows: set[Row] = set()
    for local in conserving:
        rows |= _changes(local, dimensions, offsets)
    for index, terms in enumerate(jumps):
        for local in terms:
            rows |= {(*row, (size + index, -1)) for row in _changes(local, dimensions, offsets)}
    exact = sorted(rows)
    unknowns = size + len(jumps)
    weights = np.array(_charges(exact, unknowns), object).reshape(-1, unknowns)[:, :size]
    if not np.any(np.abs(weights) > LARGEST_WEIGHT):
        weights = weights.astype(np.int64)
    parities = np.array(_parities(exact, unknowns), np.int64).reshape(-1, unknowns)[:, :size]
    places = np.unravel_index(np.arange(prod(dimensions)), dimensions)
    occupied = [own + offset for own, offset in zip(places, offsets, strict=False)]
    columns = [*_sums(weights, occupied), *(column % 2 for column in _sums(parities, occupied))]
    return _numbered(places, columns)


def _sums(weights: np.ndarray, occupied: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Weight of every bare state under each charge that tells some of them apart."""
    for charge in weights:
        total = sum(charge[places] for places in occupied)
        if np.any(total != total[0]):
            yield total


def _numbered(index: Sequence[np.ndarray], columns: Iterable[np.ndarray]) -> tuple[int, ...]:
    """Number the labels by the most excitations in each, then by its first state."""
    lowest = np.sum(index, axis=0)  # the highest level has index 0
    code = np.zeros(len(lowest), np.int64)
    for column in columns:
        values, own = np.unique(column, return_inverse=True)
        code = np.unique(code * len(values) + own, return_inverse=True)[1]
    _, first = np.unique(code, return_index=True)
    most = np.full(len(first), np.iinfo(np.int64).max)
    np.minimum.at(most, code, lowest)
    order = np.lexsort((first, most))
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return tuple(number[code].tolist())


def _changes(local: Pattern, dimensions: tuple[int, ...], offsets: np.ndarray) -> set[Row]:
    """Change of the level weights that each matrix element makes; what it leaves is left out."""
    sites, pattern = local
    own = tuple(dimensions[s] for s in sites)
    places = np.flatnonzero(np.frombuffer(pattern, np.bool_))
    ends = divmod(places, prod(own))
    to, source = (np.stack(np.unravel_index(k, own), -1).tolist() for k in ends)
    starts = [int(offsets[s]) for s in sites]
    return {
        tuple(
            sorted(
                change
                for start, a, b in zip(starts, after, before, strict=True)
                if a != b
                for change in ((start + a, 1), (start + b, -1))
            )
        )
        for after, before in zip(to, source, strict=True)
    }


def _charges(rows: Iterable[Row], count: int) -> list[list[int]]:
    """Basis of what every row annihilates over the rationals, each vector in whole numbers."""
    pivots: dict[int, dict[int, int]] = {}
    for row in rows:
        rest = dict(row)
        for column, pivot in pivots.items():
            if column in rest:
                rest = _eliminated(rest, pivot, column)
        if not rest:
            continue
        lead = min(rest)
        for column, pivot in pivots.items():
            if lead in pivot:
                pivots[column] = _eliminated(pivot, rest, lead)
        pivots[lead] = rest
    basis = []
    for free in (c for c in range(count) if c not in pivots):
        vector = [Fraction(0)] * count
        vector[free] = Fraction(1)
        for column, pivot in pivots.items():
            if free in pivot:
                vector[column] = Fraction(-pivot[free], pivot[column])
        scale = lcm(*(x.denominator for x in vector))
        basis.append([int(x * scale) for x in vector])
    return basis


def _eliminated(row: dict[int, int], pivot: dict[int, int], column: int) -> dict[int, int]:
    """A multiple of `row` less one of `pivot`, without `column` and without a common factor."""
    own, other = row[column], pivot[column]
    rest = {
        c: value
        for c in row.keys() | pivot.keys()
        if (value := other * row.get(c, 0) - own * pivot.get(c, 0))
    }
    factor = gcd(*rest.values())
    return {c: value // factor for c, value in rest.items()} if factor > 1 else rest


def _parities(rows: Iterable[Row], count: int) -> list[list[int]]:
    """Basis of what every row annihilates modulo 2; a row is a number with one bit a column."""
    pivots: dict[int, int] = {}
    for row in rows:
        rest = sum(1 << column for column, value in row if value % 2)
        for column, pivot in pivots.items():
            if rest >> column & 1:
                rest ^= pivot
        if not rest:
            continue
        lead = (rest & -rest).bit_length() - 1
        pivots = {c: pivot ^ rest if pivot >> lead & 1 else pivot for c, pivot in pivots.items()}
        pivots[lead] = rest
    free = [c for c in range(count) if c not in pivots]
    return [
        [int(c == own) if c not in pivots else pivots[c] >> own & 1 for c in range(count)]
        for own in free
    ]
