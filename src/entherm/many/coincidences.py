"""Levels that coincide: multiplets of one class, and pairs of two classes whose coherence may last.

A coherence between coinciding levels a, b of two classes never meets a population. It decays at
half the exits of its levels, the diagonal elements ⟨a|V|a⟩ among them, and is fed by itself, at
⟨a|V|a⟩⟨b|V|b⟩*, and by other such coherences; between levels a, a' that coincide within a class
L†L turns one into another. It lasts where the generator of all this is singular.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.errors import ParameterError
from entherm.jumps import DARK_TOLERANCE
from entherm.machine import Machine
from entherm.many.rung_rates import Account, add_rates
from entherm.many.rungs import Amplitudes, rungs_of
from entherm.operators import named_operator
from entherm.parameters import Array
from entherm.stationary import KERNEL_TOLERANCE

# Pairs up to which that generator is asked, and elements of it that are made together.
LARGEST_GENERATOR = 2000
TOGETHER = 1 << 13


@dataclass(frozen=True, eq=False)
class Coincidences:
    """Levels that coincide at one point.

    Attributes
    ----------
    multiplets : list of ndarray of int
        Two and more levels of one class.
    pairs : ndarray of int, shape (k, 2)
        Levels of two classes.
    """

    multiplets: list[NDArray[np.intp]]
    pairs: NDArray[np.intp]


def coincidences(levels: Levels) -> Coincidences:
    """Find the levels of a single point that coincide.

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> coincidences(diagonalise(two_qubit_machine(20.0, 20.0, 0.0))).multiplets
    [array([1, 2])]
    """
    energies, kinds = levels.stacked, np.array(levels.classes)
    order = np.argsort(energies, kind="stable")
    together = np.diff(energies[order]) <= float(levels.tolerance)
    multiplets: list[NDArray[np.intp]] = []
    pairs: list[NDArray[np.intp]] = []
    if not np.any(together):
        return Coincidences(multiplets, np.zeros((0, 2), np.intp))
    for cluster in np.split(order, np.flatnonzero(~together) + 1):
        if len(cluster) < 2:
            continue
        for kind in np.unique(kinds[cluster]):
            own = np.sort(cluster[kinds[cluster] == kind])
            if len(own) > 1:
                multiplets.append(own)
        first, second = np.triu_indices(len(cluster), 1)
        a, b = cluster[first], cluster[second]
        other = kinds[a] != kinds[b]
        pairs.append(np.stack([a[other], b[other]], -1))
    return Coincidences(multiplets, np.concatenate(pairs))


def coherence_lasts(machine: Machine, levels: Levels, meeting: Coincidences) -> bool:
    """Whether a coherence between coinciding levels of two classes never decays, at one point.

    Parameters
    ----------
    machine : Machine
        Of a single point, without a Lamb shift and with correlations that are constant.
    levels : Levels
        Of that machine.
    meeting : Coincidences
        Of these levels.

    Raises
    ------
    ParameterError
        For more pairs that feed one another than a generator is written down for.

    Examples
    --------
    >>> from entherm import Coupling, Ohmic, Qudit, Reservoir, diagonalise
    >>> bath = Reservoir("R", 1.0, {"A": Coupling(1.0, operator="x")}, spectrum=Ohmic(10.0))
    >>> m = Machine([Qudit("A", levels=[0.0, 0.0])], reservoirs=[bath])
    >>> levels = diagonalise(m)
    >>> coherence_lasts(m, levels, coincidences(levels))
    True
    """
    if not len(meeting.pairs):
        return False
    amplitudes = Amplitudes(machine, levels, rungs_of(machine, levels))
    account = Account.of((bath.name for bath in amplitudes.baths), len(levels))
    for k, upper in enumerate(amplitudes.rungs):
        for lower in amplitudes.rungs[k : k + 2]:
            down, up = (np.zeros((len(lower), len(upper))) for _ in range(2))
            add_rates(amplitudes, lower, upper, down, up, account)
    # Without a meaning there is no state whose uniqueness could be asked for.
    return not account.undefined and some_last(amplitudes, account.exits, meeting)


def some_last(amplitudes: Amplitudes, exits: Array, meeting: Coincidences) -> bool:
    """Whether a coherence between coinciding levels of two classes never decays.

    Parameters
    ----------
    amplitudes : Amplitudes
    exits : ndarray, shape (n,)
        Total rate out of each level into any, itself among them, by reservoirs.
    meeting : Coincidences

    Raises
    ------
    ParameterError
        For more pairs that feed one another than a generator is written down for.
    """
    pairs = meeting.pairs
    if not len(pairs):
        return False
    # Either order of a pair is an element of its own; they may feed one another.
    both = np.concatenate([pairs, pairs[:, ::-1]])
    loss = 0.5 * (exits + _dephased(amplitudes))[both].sum(1)
    decay = loss.astype(complex)
    if amplitudes.stays or any(_dephasings(amplitudes.machine)):
        for start in range(0, len(both), TOGETHER):
            some = both[start : start + TOGETHER]
            decay[start : start + TOGETHER] -= _feeding(amplitudes, some, some)
    feeding = _may_feed(amplitudes, both)
    involved, place = np.unique(feeding, return_inverse=True)
    alone = np.ones(len(both), bool)
    alone[involved] = False
    unmoved = np.abs(decay) <= KERNEL_TOLERANCE * loss
    if np.any((loss == 0.0) | (alone & unmoved)):
        return True
    if not feeding.size:
        return False
    if len(involved) > LARGEST_GENERATOR:
        rule = f"have at most {LARGEST_GENERATOR} coherences of coinciding levels of two classes"
        remedy = "detune the subsystems, so that fewer levels coincide"
        raise ParameterError("machine", rule, f"{len(involved)} that feed one another", remedy)
    into, source = place.reshape(feeding.shape)
    generator = np.diag(-decay[involved])
    for start in range(0, len(into), TOGETHER):
        part = slice(start, start + TOGETHER)
        rates = _feeding(amplitudes, both[feeding[1, part]], both[feeding[0, part]])
        generator[into[part], source[part]] += rates
    generator -= _turning(amplitudes, both[involved], meeting.multiplets)
    sizes = np.linalg.svd(generator, compute_uv=False)
    return bool(sizes[-1] <= KERNEL_TOLERANCE * sizes[0])


def _may_feed(amplitudes: Amplitudes, both: NDArray[np.intp]) -> NDArray[np.intp]:
    """Positions (into, source) of different elements, one jump apart."""
    rung = np.empty(len(amplitudes.levels), np.intp)
    for k, own in enumerate(amplitudes.rungs):
        rung[own.levels] = k
    # A Hermitian operator moves one level of a pair up and the other one down where they are of
    # two rungs and coincide.
    hermitian = any(bath.drive.hermitian for bath in amplitudes.baths)
    steps = rung[both]
    found = []
    for q in range(len(both)):
        change = steps - steps[q]
        near = np.all(np.abs(change) <= 1, axis=1)
        if not hermitian:
            near &= change[:, 0] == change[:, 1]
        near[q] = False
        found.append(np.stack([np.full(near.sum(), q), np.flatnonzero(near)]))
    return np.concatenate(found, axis=1)


def _dephasings(machine: Machine) -> Iterator[tuple[float, Array]]:
    """Rate of each dephasing at work, and its operator in the bare states."""
    for name, dephasing in machine.dephasing.items():
        if dephasing.rate:
            site = machine.site(name)
            z = named_operator("z", machine.subsystems[site].lowering, f"dephasing.{name}")
            index = np.unravel_index(np.arange(prod(machine.dimensions)), machine.dimensions)
            yield float(dephasing.rate), np.real(z.diagonal()[index[site]])


def _dephased(amplitudes: Amplitudes) -> Array:
    """Σ γ ⟨a|z²|a⟩ of every level."""
    found = np.zeros(len(amplitudes.levels))
    for rate, z in _dephasings(amplitudes.machine):
        for block in amplitudes.levels.blocks:
            own = slice(block.first, block.first + len(block.members))
            found[own] += rate * (z[np.array(block.members)] ** 2 @ np.abs(block.vectors) ** 2)
    return found


def _feeding(
    amplitudes: Amplitudes, source: NDArray[np.intp], into: NDArray[np.intp]
) -> NDArray[np.complex128]:
    """Rates at which ⟨a|ρ|b⟩ of each source makes that of its `into`."""
    (a, b), (c, d) = source.T, into.T
    total = _products(amplitudes, (c, a), (d, b))
    for rate, z in _dephasings(amplitudes.machine):
        ahead, behind = _diagonal(amplitudes.levels, z, c, a), _diagonal(amplitudes.levels, z, d, b)
        total += rate * ahead * behind.conj()
    return total


def _products(
    amplitudes: Amplitudes,
    left: tuple[NDArray[np.intp], NDArray[np.intp]],
    right: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> NDArray[np.complex128]:
    """Σ S(ω) ⟨c|L|a⟩ ⟨d|L|b⟩* over jumps, of left (c, a) and right (d, b), at ω = E_a − E_c."""
    (c, a), (d, b) = left, right
    energies = amplitudes.levels.stacked
    omega = energies[a] - energies[c]
    total = np.zeros(len(a), complex)
    for bath in amplitudes.baths:
        ahead = amplitudes.elements(bath, c, a) * amplitudes.elements(bath, d, b).conj()
        total += ahead.sum(0) * np.nan_to_num(bath.drive.spectrum(omega)[0])
        if not bath.drive.hermitian:
            back = amplitudes.elements(bath, a, c).conj() * amplitudes.elements(bath, b, d)
            total += back.sum(0) * np.nan_to_num(bath.drive.spectrum(-omega)[1])
    return total


def _turning(
    amplitudes: Amplitudes, elements: NDArray[np.intp], multiplets: list[NDArray[np.intp]]
) -> NDArray[np.complex128]:
    """½ (K ρ + ρ K) beside its diagonal, K = Σ L†L between coinciding levels of one class."""
    total = np.zeros((len(elements), len(elements)), complex)
    every = np.arange(len(amplitudes.levels))
    for own in multiplets:
        for a, b in ((a, b) for a in own for b in own if a != b and np.any(elements == a)):
            # ⟨b|K|a⟩ sums over all levels that either goes to.
            first, second = np.full(len(every), a), np.full(len(every), b)
            k = complex(_products(amplitudes, (every, first), (every, second)).sum())
            for rate, z in _dephasings(amplitudes.machine):
                k += rate * complex(_diagonal(amplitudes.levels, z**2, second[:1], first[:1])[0])
            for side, value in ((0, k), (1, np.conj(k))):
                source = np.flatnonzero(elements[:, side] == a)
                into = elements[:, side] == b
                other = elements[:, 1 - side]
                for q in source:
                    total[np.flatnonzero(into & (other == other[q])), q] += 0.5 * value
    return total


def _diagonal(
    levels: Levels, values: Array, into: NDArray[np.intp], source: NDArray[np.intp]
) -> NDArray[np.complex128]:
    """⟨into|z|source⟩ of k pairs of levels, z diagonal in the bare states."""
    block = np.array(levels.sectors)
    total = np.zeros(len(into), complex)
    together = block[into] == block[source]
    for k in np.unique(block[into[together]]).tolist():
        own = np.flatnonzero(together & (block[into] == k))
        sector = levels.blocks[k]
        left = sector.vectors[:, into[own] - sector.first].conj()
        right = sector.vectors[:, source[own] - sector.first]
        total[own] = np.einsum("ek,e,ek->k", left, values[np.array(sector.members)], right)
    total[np.abs(total) <= DARK_TOLERANCE * np.abs(values).max()] = 0.0
    return total
