r"""Rates between rungs with multiplets: coinciding levels, whose coherences are unknowns too.

Where everything is real, the unknowns of a rung are its populations and Re ρ_ab of each pair of
coinciding levels; Im ρ_ab obeys an equation of its own, without a source. A source element s is
the matrix |a⟩⟨b| + |b⟩⟨a|, or |a⟩⟨a| of a population, and a mode V takes it to

.. math:: \langle c| V s V^\dagger |d\rangle\, S(\omega) = (V_{ca} V_{db} + V_{cb} V_{da})\,
    S(\omega), \qquad - (K s + s K), \quad K_{ab} = \tfrac12 \sum_c V_{ca} V_{cb}\, S(\omega),

as all transitions between two multiplets have one frequency, and those to anything else another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entherm.many.rung_rates import Undefined, spectrum_of_many
from entherm.many.rungs import Amplitudes, Bath, Rung
from entherm.parameters import Array


@dataclass(frozen=True, eq=False)
class Elements:
    """Unknowns of one rung: its populations, then a pair a < b of coinciding levels each.

    Attributes
    ----------
    rung : Rung
        With one energy for each multiplet.
    first, second : ndarray of int
        Positions of a and b in the rung; equal of a population.
    groups : tuple of ndarray of int
        Positions of the levels of each multiplet.
    """

    rung: Rung
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    groups: tuple[NDArray[np.intp], ...]

    def __len__(self) -> int:
        return len(self.first)

    @property
    def pairs(self) -> slice:
        """Where the pairs are."""
        return slice(len(self.rung), len(self.first))


def elements_of(rung: Rung, multiplets: list[NDArray[np.intp]]) -> Elements:
    """Return the unknowns of a rung, some levels of which coincide."""
    place = {int(level): k for k, level in enumerate(rung.levels)}
    groups = [
        np.array([place[int(level)] for level in own]) for own in multiplets if int(own[0]) in place
    ]
    energies = rung.energies.copy()
    singles = np.arange(len(rung))
    first, second = [singles], [singles]
    for own in groups:
        energies[own] = energies[own].mean()
        a, b = np.triu_indices(len(own), 1)
        first.append(own[a])
        second.append(own[b])
    shared = Rung(rung.levels, rung.sectors, energies, rung.errors)
    return Elements(shared, np.concatenate(first), np.concatenate(second), tuple(groups))


@dataclass(frozen=True, eq=False)
class Way:
    """What leads from one rung to another, over their elements.

    Attributes
    ----------
    rates : ndarray, shape (to, from)
        Of populations and real parts.
    turned : ndarray
        Of imaginary parts, over pairs alone.
    lost : ndarray, shape (from,)
        K of each element.
    heat, quanta : dict of str to ndarray, shape (from,)
        What each element gives to the currents of a reservoir.
    """

    rates: Array
    turned: Array
    lost: Array
    heat: dict[str, Array]
    quanta: dict[str, Array]


def _empty(into: Elements, source: Elements, names: list[str]) -> Way:
    pairs = len(into) - len(into.rung), len(source) - len(source.rung)
    heat, quanta = ({name: np.zeros(len(source)) for name in names} for _ in range(2))
    rates = np.zeros((len(into), len(source)))
    return Way(rates, np.zeros(pairs), np.zeros(len(source)), heat, quanta)


def ways_between(
    amplitudes: Amplitudes, lower: Elements, upper: Elements, undefined: list[Undefined]
) -> tuple[Way, Way]:
    """Return what leads down and up between two rungs; note transitions without a spectrum."""
    names = [bath.name for bath in amplitudes.baths]
    down, up = _empty(lower, upper, names), _empty(upper, lower, names)
    whole = slice(0, len(lower.rung))
    omega = upper.rung.energies - lower.rung.energies[:, None]
    for mode in amplitudes.between(lower.rung, upper.rung):
        lit = mode.strengths(whole, lower.rung, upper.rung) > 0.0
        v = np.where(lit, mode.block * mode.scale, 0.0)
        # Not where an amplitude is zero, for another of the two multiplets may not be.
        spectra = [
            np.where(np.isnan(s) & ~lit, 0.0, s) for s in spectrum_of_many(mode.bath.drive, omega)
        ]
        for spectrum in spectra:
            for j, i in np.argwhere(np.isnan(spectrum))[:1]:
                edge = int(upper.rung.levels[i]), int(lower.rung.levels[j])
                undefined.append(Undefined(mode.bath.name, edge, float(omega[j, i])))
        _add(mode.bath, v, spectra[0], omega, (lower, upper), down)
        _add(mode.bath, v.T, spectra[1].T, -omega.T, (upper, lower), up)
    return down, up


def _add(
    bath: Bath,
    v: Array,
    spectrum: Array,
    omega: Array,
    ends: tuple[Elements, Elements],
    found: Way,
) -> None:
    """Add what a mode V, indexed [to, from], does at ω = E_from − E_to."""
    into, source = ends
    c, d, a, b = into.first[:, None], into.second[:, None], source.first, source.second
    shared = spectrum[c, a]
    straight, crossed = v[c, a] * v[d, b] * shared, v[c, b] * v[d, a] * shared
    found.turned[...] += (straight - crossed)[into.pairs, source.pairs]
    gain = straight + crossed * (a != b)
    found.rates[...] += gain
    found.lost[...] += 0.5 * np.sum(v[:, a] * v[:, b] * spectrum[:, a], 0)
    made = gain[: len(into.rung)]
    reservoir, sign = bath.drive.bath, np.sign(omega)
    found.quanta[bath.name][...] -= np.sum(made * sign[:, a], 0)
    given = omega
    if reservoir.has_chemical_potential:
        given = omega - sign * reservoir.chemical_potential
    found.heat[bath.name][...] -= np.sum(made * given[:, a], 0)


def losses(own: Elements, lost: Array) -> tuple[Array, Array]:
    """Return ρ → −(K ρ + ρ K) over the elements of a rung, and over imaginary parts of its pairs.

    Parameters
    ----------
    own : Elements
    lost : ndarray, shape (elements,)
        K of each element.
    """
    count, single = len(own), len(own.rung)
    real = np.diag(-2.0 * lost)
    imaginary = np.zeros((count - single, count - single))
    start = single
    for group in own.groups:
        size = len(group)
        a, b = np.triu_indices(size, 1)
        pairs = np.arange(start, start + len(a))
        start += len(a)
        decay = np.diag(lost[group])
        decay[a, b] = decay[b, a] = lost[pairs]
        elements = np.concatenate([group, pairs])
        first, second = np.concatenate([np.arange(size), a]), np.concatenate([np.arange(size), b])
        basis = np.zeros((len(elements), size, size))
        basis[np.arange(len(elements)), first, second] = 1.0
        odd = basis[size:] - np.swapaxes(basis[size:], 1, 2)
        basis = np.maximum(basis, np.swapaxes(basis, 1, 2))
        change = -(decay @ basis + basis @ decay)
        real[elements[:, None], elements] = change[:, first, second].T
        turned = -(decay @ odd + odd @ decay)
        inside = pairs - single
        imaginary[inside[:, None], inside] = turned[:, a, b].T
    return real, imaginary
