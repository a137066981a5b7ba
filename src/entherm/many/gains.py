"""Gains of all reservoirs together: as products of matrices, and by frequency.

Where transitions interfere at equal frequencies alone, a reservoir leads from ρ_ii' to ρ_jj' only
if E_i − E_j = E_i' − E_j', that is, if both elements rotate at one frequency. Few do, beyond
populations and levels of one energy; dephasing is what makes the others matter. Then the gains are
sorted by frequency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.many.class_jumps import ClassJump
from entherm.many.packed_states import PackedStates
from entherm.operators import adjoint
from entherm.parameters import Array

Jumps = dict[str, list[ClassJump]]

# Transitions of one frequency up to which each pair of them is an entry of a sparse matrix.
FEW = 24


@dataclass(frozen=True, eq=False)
class Gain:
    """A and B of all reservoirs from one class into another, shape (n_into, k, n_source).

    In this order ρ → Σ A ρ B† is two products of matrices, and nothing is copied.
    """

    into: int
    source: int
    acting: NDArray[Any]
    single: NDArray[Any]

    @property
    def symmetric(self) -> bool:
        """Whether A = B."""
        return self.acting is self.single

    def applied(self, rho: NDArray[Any]) -> NDArray[Any]:
        """Return Σ A ρ B†.

        Examples
        --------
        >>> operator = np.array([[[1.0, 0.0]], [[0.0, 2.0]]])
        >>> Gain(0, 0, operator, operator).applied(np.eye(2))
        array([[1., 0.],
               [0., 4.]])
        """
        size = len(self.acting)
        moved = (self.acting.reshape(-1, self.acting.shape[-1]) @ rho).reshape(size, -1)
        return np.asarray(moved @ adjoint(self.single.reshape(size, -1)))


def gathered(jumps: Jumps) -> tuple[Jumps, tuple[Gain, ...]]:
    """Gather A and B of all jumps from one class into another; the jumps become views of them.

    Examples
    --------
    >>> one = np.ones((1, 1, 1))
    >>> jump = ClassJump(0, 0, one, one, one[0])
    >>> gathered({"RA": [jump], "RB": [jump]})[1][0].acting.shape
    (1, 2, 1)
    """
    together: dict[tuple[int, int], list[tuple[str, ClassJump]]] = {}
    for name, own in jumps.items():
        for jump in own:
            together.setdefault((jump.into, jump.source), []).append((name, jump))
    gains = []
    views: dict[str, list[ClassJump]] = {name: [] for name in jumps}
    for (into, source), named in together.items():
        acting = _side_by_side([jump.acting for _, jump in named])
        same = all(jump.acting is jump.single for _, jump in named)
        single = acting if same else _side_by_side([jump.single for _, jump in named])
        gains.append(Gain(into, source, acting, single))
        end = 0
        for name, jump in named:
            start, end = end, end + len(jump.acting)
            a, b = (np.moveaxis(m[:, start:end], 1, 0) for m in (acting, single))
            views[name].append(replace(jump, acting=a, single=b))
    return views, tuple(gains)


def _side_by_side(operators: list[NDArray[Any]]) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(np.concatenate(operators), 0, 1))


@dataclass(frozen=True, eq=False)
class MatchedGains:
    """Gains between elements that rotate at one frequency, of real amplitudes.

    Attributes
    ----------
    states : PackedStates
    sparse : sparse matrix
        Of frequencies that few transitions share, on packed vectors.
    shared : tuple of (rows, columns, Gain)
        Of each frequency that many share: the levels that they lead into and from, and A and B
        between these.
    """

    states: PackedStates
    sparse: Any
    shared: tuple[tuple[NDArray[np.intp], NDArray[np.intp], Gain], ...]

    def __call__(self, packed: Array) -> Array:
        """Return the gains of every element, packed."""
        change = np.asarray(self.sparse @ packed)
        found, blocks = self.states.split(change), self.states.split(packed)
        for rows, columns, gain in self.shared:
            p = blocks[gain.source][np.ix_(columns, columns)]
            flow = 0.5 * (gain.applied(p) + gain.applied(p.T).T)
            found[gain.into][np.ix_(rows, rows)] += flow
        return change


def matched_gains(
    gains: Sequence[Gain], states: PackedStates, energies: Array, tolerance: float
) -> MatchedGains:
    """Return gains restricted to pairs of transitions of one frequency.

    Parameters
    ----------
    gains : sequence of Gain
    states : PackedStates
    energies : ndarray, shape (d,)
        Whose differences are the frequencies.
    tolerance : float
        Below which two of these are one.

    Examples
    --------
    >>> states = PackedStates((np.array([0, 1]),))
    >>> flip = np.array([[[0.0, 1.0]], [[1.0, 0.0]]])
    >>> found = matched_gains([Gain(0, 0, flip, flip)], states, np.array([1.0, 0.0]), 1e-9)
    >>> found(np.array([0.0, 5.0, 5.0, 1.0]))
    array([1., 0., 0., 0.])
    """
    from scipy.sparse import coo_array

    first = np.cumsum([0, *(size**2 for size in states.sizes)])
    size = states.elements
    sparse = coo_array((size, size)).tocsr()
    shared = []
    for gain in gains:
        # What a Lamb shift adds to A cancels between transitions of one frequency.
        acting, single = gain.acting.real, gain.single.real
        into, source = (energies[states.members[k]] for k in (gain.into, gain.source))
        one, other = _few(into, source, tolerance)
        values = 0.5 * sum(
            _products(a, b, one, other) for a, b in ((acting, single), (single, acting))
        )
        rows = first[gain.into] + one[0] * len(into) + other[0]
        columns = first[gain.source] + one[1] * len(source) + other[1]
        sparse = sparse + coo_array((values, (rows, columns)), shape=(size, size)).tocsr()
        for to, start in _many(into, source, tolerance):
            ends, starts = np.unique(to), np.unique(start)
            inside = np.zeros((len(into), len(source)))
            inside[to, start] = 1.0
            block = np.ix_(ends, np.arange(acting.shape[1]), starts)
            kept = inside[np.ix_(ends, starts)][:, None]
            part = Gain(gain.into, gain.source, acting[block] * kept, single[block] * kept)
            shared.append((ends, starts, part))
    return MatchedGains(states, sparse, tuple(shared))


Ends = tuple[NDArray[np.intp], NDArray[np.intp]]


def _lines(
    into: Array, source: Array, tolerance: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Flat positions (to, from) in the order of their frequency, and the number of that."""
    omega = (source[None, :] - into[:, None]).ravel()
    order = np.argsort(omega, kind="stable")
    return order, np.cumsum(np.diff(omega[order], prepend=omega[order][:1]) > tolerance)


def _few(into: Array, source: Array, tolerance: float) -> tuple[Ends, Ends]:
    """All pairs of transitions (to, from) of one frequency, of those that at most `FEW` share."""
    order, number = _lines(into, source, tolerance)
    counts = np.bincount(number)
    begin = np.cumsum(counts) - counts
    size = np.where(counts <= FEW, counts, 0)[number]
    one = np.repeat(np.arange(order.size), size)
    within = np.arange(one.size) - np.repeat(np.cumsum(size) - size, size)
    other = begin[number[one]] + within
    pair = (np.divmod(order[k], source.size) for k in (one, other))
    return next(pair), next(pair)


def _many(into: Array, source: Array, tolerance: float) -> Iterator[Ends]:
    """The transitions (to, from) of each frequency that more than `FEW` share."""
    order, number = _lines(into, source, tolerance)
    counts = np.bincount(number)
    for k in np.flatnonzero(counts > FEW):
        yield np.divmod(order[number == k], source.size)


def _products(left: Array, right: Array, one: Ends, other: Ends) -> Array:
    """Σ_k A_ji B_j'i' of pairs of transitions."""
    found = np.zeros(len(one[0]))
    for k in range(left.shape[1]):
        found += left[one[0], k, one[1]] * right[other[0], k, other[1]]
    return found
