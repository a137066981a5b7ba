r"""Which transitions of a channel interfere, and how strongly: the generator, pair by pair.

Every equation but `Reset` is a choice of k in

.. math:: \mathcal{L}[\rho] = \sum_{t, t'} a_t a^*_{t'} \Big( (k_{tt'} + k^*_{t't})\,
    |j\rangle\langle i| \rho |i'\rangle\langle j'|
    - k_{tt'}\, |i'\rangle\langle j'|j\rangle\langle i|\,\rho
    - k^*_{t't}\, \rho\, |i'\rangle\langle j'|j\rangle\langle i| \Big)

with t = (i → j): ½ S_t + iλ_t where frequencies are equal, the same for all pairs (`Redfield`), or
½ √(S_t S_t'). A pair has one number at each point; what becomes of it, which element of the
generator it enters, is one table for all points.

In this module the first axes count pairs or elements, and the points follow them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.channels import Lines, lifted
from entherm.elimination import sum_of
from entherm.equations import Equation
from entherm.jumps import Transition
from entherm.parameters import Array, as_array

Element = tuple[int, int]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of transitions that enter a generator over chosen elements of ρ, and where.

    Attributes
    ----------
    transitions : tuple of (int, int)
        From, to.
    elements : tuple of (int, int)
    left, right : ndarray of int
        Numbers of the two transitions t, t' of each pair.
    swapped : ndarray of int
        The pair (t', t) of each pair.
    places : ndarray of int, shape (n, n)
        Position of each element, −1 where it is left out.
    """

    transitions: tuple[Transition, ...]
    elements: tuple[Element, ...]
    left: Places
    right: Places
    swapped: Places
    places: Places

    @cached_property
    def _levels(self) -> tuple[Places, Places, Places, Places]:
        """i, i', j and j' of each pair."""
        source, target = np.array(self.transitions).T
        return source[self.left], source[self.right], target[self.left], target[self.right]

    @cached_property
    def gain(self) -> Places:
        """The pair that feeds element p from element q, shape (m, m); −1 where there is none."""
        place = self.places
        i, i_, j, j_ = self._levels
        into, out = place[j, j_], place[i, i_]
        fed = (into >= 0) & (out >= 0)
        found = np.full((len(self.elements), len(self.elements)), -1)
        found[into[fed], out[fed]] = np.flatnonzero(fed)
        return found

    @cached_property
    def chains(self) -> Places:
        """Pairs with one target, shape (deepest, i', i): their sum is K[i', i]. −1 for none."""
        i, i_, j, j_ = self._levels
        chains: dict[tuple[int, int], list[int]] = {}
        for pair in np.flatnonzero(j == j_):
            chains.setdefault((int(i_[pair]), int(i[pair])), []).append(int(pair))
        size = len(self.places)
        found = np.full((max(map(len, chains.values()), default=0), size, size), -1)
        for (row, column), chain in chains.items():
            found[: len(chain), row, column] = chain
        return found

    @cached_property
    def _assembly(self) -> tuple[Places, Places, Places]:
        """How pairs, sums K, their conjugates and a zero become the elements of the generator.

        Which K are summed, as chains (deepest, sums); then which three make an element of
        several parts, shape (3, such elements); then where each element (m, m) is found among
        all of these.
        """
        a, b = np.array(self.elements).T
        row, column = np.nonzero((self.chains >= 0).any(0))
        number = np.full(self.chains.shape[1:], -1)
        number[row, column] = np.arange(len(row))
        pairs, sums = len(self.left), len(row)
        ket, bra = number[a[:, None], a], number[b[:, None], b]
        ket = np.where((b[:, None] == b) & (ket >= 0), ket + pairs, -1)
        bra = np.where((a[:, None] == a) & (bra >= 0), bra + pairs + sums, -1)
        parts = np.stack([self.gain, ket, bra])
        zero = pairs + 2 * sums
        several = (parts >= 0).sum(0) > 1
        place = np.where(parts.max(0) >= 0, parts.max(0), zero)
        place[several] = zero + 1 + np.arange(several.sum())
        together = np.where(parts >= 0, parts, zero)[:, several]
        return self.chains[:, row, column], together, place

    def matrix(self, strength: NDArray[Any], rows: Places) -> NDArray[Any]:
        """Some rows of the generator, shape (rows, m, ...), of k a a* of each pair."""
        chains, together, place = self._assembly
        fed = strength + _conj(strength[self.swapped])
        lost = -_summed(strength, chains)
        parts = np.concatenate([fed, lost, _conj(lost), np.zeros_like(fed[:1])])
        first, second, third = together
        joined = parts[first] + parts[second] + parts[third]
        return np.concatenate([parts, joined])[place[rows]]

    def energy(self, strength: NDArray[Any], charges: Array) -> NDArray[Any]:
        """Tr(C D ρ) per element of ρ, shape (m, ...), of an observable C with diagonal `charges`.

        Σ (k_tt' (C_j − C_i') + k*_t't (C_j − C_i)) over pairs with one target: no difference of
        large sums.
        """
        i, i_, j, _ = (levels[self.chained] for levels in self._levels)
        own = strength[self.chained] * (charges[j] - charges[i_])
        return self._tally(own + _conj(strength[self.back]) * (charges[j] - charges[i]))

    def quanta(self, strength: NDArray[Any], given: Array) -> NDArray[Any]:
        """Quanta per time per element of ρ, shape (m, ...), of what each transition gives."""
        t, u = self.left[self.chained], self.right[self.chained]
        return self._tally(
            strength[self.chained] * given[t] + _conj(strength[self.back]) * given[u]
        )

    @cached_property
    def chained(self) -> Places:
        """Pairs with one target: their jumps change populations of observables."""
        _, _, j, j_ = self._levels
        return np.flatnonzero(j == j_)

    @cached_property
    def back(self) -> Places:
        """The pair (t', t) of each pair that is chained."""
        return self.swapped[self.chained]

    def _tally(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Sum over the chained pairs that are counted with each element, shape (m, ...)."""
        a, b = np.array(self.elements).T
        number = np.full(len(self.left) + 1, -1)
        number[self.chained] = np.arange(len(self.chained))
        return _summed(weights, number[self.chains[:, b, a]])


@lru_cache(maxsize=256)
def pairs_of(transitions: tuple[Transition, ...], elements: tuple[Element, ...]) -> Pairs:
    """Return the pairs of some transitions that enter a generator over some elements.

    Examples
    --------
    >>> pairs = pairs_of(((0, 1), (0, 2)), ((0, 0), (1, 1), (2, 2)))
    >>> list(zip(pairs.left, pairs.right)) == [(0, 0), (1, 1)]
    True
    """
    source, target = np.array(transitions).T
    place = _places(transitions, elements)
    kept = place >= 0
    enters = kept[source[:, None], source] & kept[target[:, None], target]
    # K[i', i] meets an element wherever one has i' and another i on the same side.
    meets = (kept.astype(float) @ kept.T.astype(float)) > 0.0
    leaves = (target[:, None] == target) & meets[source[:, None], source]
    wanted = enters | leaves
    left, right = np.nonzero(wanted | wanted.T)
    number = np.zeros((len(transitions), len(transitions)), np.intp)
    number[left, right] = np.arange(len(left))
    return Pairs(transitions, elements, left, right, number[right, left], place)


def _places(transitions: tuple[Transition, ...], elements: tuple[Element, ...]) -> Places:
    size = 1 + max(max(pair) for pair in (*transitions, *elements))
    found = np.full((size, size), -1)
    found[tuple(np.array(elements).T)] = np.arange(len(elements))
    return found


def _summed(values: NDArray[Any], chains: Places) -> NDArray[Any]:
    """Sum along chains (deepest, ...) of places, −1 for none."""
    known = np.concatenate([values, np.zeros_like(values[:1])])
    if not len(chains):
        return as_array(known[np.full(chains.shape[1:], -1)])
    return as_array(sum_of(known[chain] for chain in chains))


def _conj(values: NDArray[Any]) -> NDArray[Any]:
    return as_array(np.conj(values)) if np.iscomplexobj(values) else values


@dataclass(frozen=True, eq=False)
class Strengths:
    """What one channel does, pair by pair.

    Attributes
    ----------
    pairs : Pairs
    dissipative : ndarray, shape (pairs, ...)
        k a a* without the Lamb shift.
    shift : ndarray, shape (pairs, ...), or None
        What the Lamb shift adds.
    given : ndarray, shape (transitions, ...)
        Quanta that the reservoir gives at each transition.
    """

    pairs: Pairs
    dissipative: NDArray[Any]
    shift: NDArray[Any] | None
    given: Array

    @property
    def strength(self) -> NDArray[Any]:
        """Return k a a* of each pair, shape (pairs, ...)."""
        return self.dissipative if self.shift is None else self.dissipative + self.shift

    def matrix(self) -> NDArray[Any]:
        """Return the generator over all elements, shape (m, m, ...)."""
        return self.pairs.matrix(self.strength, np.arange(len(self.pairs.elements)))

    def energy(self, charges: Array) -> NDArray[Any]:
        """Energy current per element of ρ, shape (m, ...), of levels with energies (n, ...)."""
        return self.pairs.energy(self.strength, charges)

    def quanta(self) -> NDArray[Any]:
        """Current of quanta per element of ρ, shape (m, ...)."""
        return self.pairs.quanta(self.dissipative, self.given)


def strengths(
    lines: Lines, equation: Equation, elements: tuple[Element, ...], axes: int
) -> Strengths:
    """Return what a channel does under an equation's rule of interference.

    Parameters
    ----------
    lines : Lines
    equation : Equation
        Any but `Reset`.
    elements : tuple of (int, int)
        Of ρ, between the reference levels of the equation.
    axes : int
        Number of axes that points have.

    Examples
    --------
    >>> from entherm import Redfield, diagonalise, two_qubit_machine
    >>> from entherm.channels import channels
    >>> from entherm.jumps import drives
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=0.0)
    >>> driven = drives(m, diagonalise(m))
    >>> down, up = channels(driven.by_name["RA"], driven, Redfield())
    >>> one = strengths(down.lines, Redfield(), ((2, 2), (3, 3)), 0)
    >>> one.matrix().round(12)
    array([[-1.,  0.],
           [ 1.,  0.]])
    """
    pairs = pairs_of(lines.transitions, elements)
    spectrum = lifted(lines.spectrum, 1, axes)
    modes, single = lifted(lines.modes, 2, axes), lifted(lines.single, 2, axes)
    shift = None
    if equation.interference == "geometric":
        jumps = modes * np.sqrt(0.5 * spectrum)
        found = _products(jumps, jumps, pairs)
    else:
        first, second = modes, modes
        kept: Any = None
        if equation.interference == "arithmetic":
            first, second = lifted(lines.correlated, 2, axes), single
        else:
            # A frequency group shares one value bit for bit, so equality is membership.
            omega = lifted(lines.omega, 1, axes)
            kept = omega[pairs.left] == omega[pairs.right]
        found = _products(first * (0.5 * spectrum), second, pairs, kept)
        if equation.lamb_shift == "explicit":
            shift = _products(first * (1j * lifted(lines.shift, 1, axes)), second, pairs, kept)
    return Strengths(pairs, found, shift, lifted(lines.quanta, 1, axes))


def _products(
    first: NDArray[Any], second: NDArray[Any], pairs: Pairs, kept: Any = None
) -> NDArray[Any]:
    """Σ_m a_t b*_t' of each pair (pairs, ...), where it is kept."""
    terms = [a[pairs.left] * _conj(b[pairs.right]) for a, b in zip(first, second, strict=True)]
    total = sum_of(terms) if terms else np.zeros((len(pairs.left), *first.shape[2:]))
    return as_array(total if kept is None else total * kept)
