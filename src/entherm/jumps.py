r"""What a reservoir does in a basis of levels: the matrix elements of its jump operators.

A rotating-wave coupling acts through S when a quantum leaves the machine and through S† when one
enters; a Hermitian one acts through X, with the sign of the Bohr frequency telling which. Both are
`Channel`s: amplitudes a_t = ⟨j|V|i⟩ of transitions t = (i → j), and the spectrum S(ω_t) with
ω_t = E_i − E_j at which each acts, so that a population moves at the rate |a_t|² S(ω_t).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entherm.bohr import Levels
from entherm.errors import ParameterError
from entherm.frequencies import transition_frequencies
from entherm.machine import Machine
from entherm.operators import embedded, is_hermitian
from entherm.parameters import Array, as_array, first_order, present
from entherm.reservoirs import Reservoir
from entherm.tracing import as_stand_in

Transition = tuple[int, int]
Rates = dict[Transition, Array]
Amplitudes = dict[Transition, NDArray[Any]]

# A coupling amplitude is a sum over subsystems; below this fraction of the sum of magnitudes it is
# rounding error, and the transition is dark, as it is below the error of numerical eigenvectors.
# Rates are never thresholded: n̄ = 1e-300 is real.
DARK_TOLERANCE = 1e-13

_ZERO = np.zeros(())


@dataclass(frozen=True, eq=False)
class Drive:
    """One reservoir among the levels.

    Attributes
    ----------
    bath : Reservoir
    hermitian : bool
        Whether it couples through Hermitian operators.
    couplings : tuple of dict of (int, int) to ndarray
        g_k ⟨j|X_k|i⟩ keyed (i, j), for each touched subsystem.
    modes : tuple of dict of (int, int) to ndarray
        ⟨j|V_m|i⟩ of each independent jump operator; what is dark everywhere is left out.
    elements : tuple of dict of (int, int) to ndarray
        ⟨j|X_k|i⟩.
    """

    bath: Reservoir
    hermitian: bool
    couplings: tuple[Amplitudes, ...]
    modes: tuple[Amplitudes, ...]
    elements: tuple[Amplitudes, ...] = ()

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        """Those that it drives somewhere; of a Hermitian coupling each once, as i < j.

        A rotating-wave coupling may have i = j: it moves no population, but quanta.
        """
        every = sorted({t for mode in self.modes for t in mode})
        return tuple((i, j) for i, j in every if i < j or not self.hermitian)

    @cached_property
    def strengths(self) -> Rates:
        """Γ |V|² of each transition, summed over modes."""
        found: Rates = {}
        for mode in self.modes:
            for t in self.transitions:
                if t in mode:
                    found[t] = as_array(found.get(t, 0.0) + np.abs(mode[t]) ** 2)
        return {t: first_order(s, partial(self._form, t, s)) for t, s in found.items()}

    def _form(self, t: Transition, found: Array) -> Array:
        """Σ_kl c_kl g_k g_l X_k X_l* where c is a number, smooth at Γ_k = 0 but for cross terms."""
        names = list(self.bath.couplings)
        touching = [k for k, values in enumerate(self.elements) if t in values]
        if not self.bath.correlated.constant or not touching:
            return found
        couplings = [*self.bath.couplings.values()]
        size = [np.abs(values.get(t, 0.0)) ** 2 for values in self.elements]
        total = sum(couplings[k].rate * size[k] for k in touching)
        for k, m in combinations(touching, 2):
            c = self.bath.correlated.between_at(f"{names[k]}-{names[m]}", _ZERO)
            if present(c):
                cross = np.conj(self.couplings[k][t]) * self.couplings[m][t]
                self._note_divergence(names[k], names[m])
                total = total + 2.0 * c * np.real(cross)
        return as_array(total)

    def _note_divergence(self, *names: str) -> None:
        for name, other in (names, names[::-1]):
            coupling = self.bath.couplings[name]
            rate = as_stand_in(coupling.rate)
            if rate is not None and not coupling.by_amplitude:
                here = (rate == 0.0) & (self.bath.couplings[other].rate != 0.0)
                path = f"{self.bath.path}.couplings.{name}"
                told = (
                    f"The state is no differentiable function of {path}.rate at 0, as what the "
                    f"reservoir does to '{name}' and '{other}' together goes with its square root: "
                    "make it with Coupling(amplitude=0.0) and differentiate by "
                    f"{path}.amplitude"
                )
                rate.algebra.kink(here, [rate], told)

    def spectrum(self, omega: Array) -> tuple[Array, Array]:
        """Return S(ω) of i → j and of j → i for transitions with E_i − E_j = ω, NaN if undefined.

        A rotating-wave coupling to bosons has no mode for ω <= 0 (`below_zero`); a Hermitian one
        has no S(0) on a flat spectrum; a table ends.
        """
        bath = self.bath
        if self.hermitian:
            pair = bath.signed(omega), bath.signed(-omega)
            return tuple(np.where(np.isinf(s), np.nan, s) for s in pair)  # type: ignore[return-value]
        known = bath.has_modes(omega)
        down, up = bath.rates(omega)
        if np.all(known):
            return down, up
        silent = 0.0 if bath.below_zero == "dark" else np.nan
        return np.where(known, down, silent), np.where(known, up, silent)


@dataclass(frozen=True, eq=False)
class Drives:
    """All reservoirs among the levels, and the Bohr frequencies that they act at.

    Attributes
    ----------
    levels : Levels
        Reference levels: their energies are those of the frequencies.
    by_name : dict of str to Drive
    frequencies, groups : dict of (int, int) to ndarray
        E_i − E_j of each driven transition, and what its group shares bit for bit.
    """

    levels: Levels
    by_name: dict[str, Drive]
    frequencies: Rates
    groups: Rates


def drives(machine: Machine, levels: Levels) -> Drives:
    """Return what every thermal reservoir does among `levels` (Eq. (7) of [Man]).

    Examples
    --------
    >>> from entherm import diagonalise, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0)
    >>> sorted(drives(m, diagonalise(m)).by_name["RC"].modes[0])
    [(0, 1), (1, 3)]
    """
    baths = [bath for bath in machine.reservoirs if isinstance(bath, Reservoir)]
    elements = {
        bath.name: [_elements(machine, levels, bath, name) for name in bath.couplings]
        for bath in baths
    }
    driven = sorted(
        {
            (min(t), max(t)) if hermitian else t
            for found in elements.values()
            for values, _, hermitian in found
            for t in values
            if t[0] != t[1]
        }
    )
    frequencies, groups = transition_frequencies(levels, driven)
    return Drives(
        levels,
        {bath.name: _drive(levels, bath, elements[bath.name], frequencies) for bath in baths},
        frequencies,
        groups,
    )


Elements = tuple[Amplitudes, Rates, bool]


def _elements(machine: Machine, levels: Levels, bath: Reservoir, name: str) -> Elements:
    """⟨j|X|i⟩ of one coupling, the sum of the magnitudes of its terms, and whether it is Hermitian.

    Block by block: sectors that the operator does not connect are never looked at.
    """
    sites, local = machine.coupling_operator(bath, name)
    operator = embedded(machine.dimensions, sites, local)
    values: Amplitudes = {}
    sizes: Rates = {}
    for into in levels.blocks:
        for source in levels.blocks:
            part = operator[np.array(into.members)[:, None], np.array(source.members)]
            if not np.any(part):
                continue
            left = np.swapaxes(into.vectors, -1, -2)
            block = left.conj() @ part @ source.vectors
            size = np.abs(left) @ np.abs(part) @ np.abs(source.vectors)
            for row, j in enumerate(into.levels):
                for column, i in enumerate(source.levels):
                    values[i, j] = block[..., row, column]
                    sizes[i, j] = size[..., row, column]
    return values, sizes, is_hermitian(local)


def _drive(levels: Levels, bath: Reservoir, elements: list[Elements], frequencies: Rates) -> Drive:
    amplitudes = [coupling.amplitude for coupling in bath.couplings.values()]
    reach = as_array(sum(map(np.abs, amplitudes)))
    every = list(dict.fromkeys(t for values, _, _ in elements for t in values))
    constant = bath.correlated.constant
    factor = _factor(bath, _ZERO) if constant else np.ones((len(amplitudes), 0))
    modes: list[Amplitudes] = []
    for t in every:
        if not constant:
            factor = _factor(bath, bohr_frequency(frequencies, t))
        modes += [{} for _ in range(factor.shape[-1] - len(modes))]
        touching = [k for k, (values, _, _) in enumerate(elements) if t in values]
        sizes = [np.abs(amplitudes[k]) * elements[k][1][t] for k in touching]
        unresolved = (levels.errors[t[0]] + levels.errors[t[1]]) * reach
        for m, mode in enumerate(modes):
            terms = [
                as_array(factor[..., k, m] * amplitudes[k]) * elements[k][0][t]
                for k in touching
                if present(factor[..., k, m])
            ]
            amplitude = sum_or_dark(terms, sizes, unresolved) if terms else as_array(0.0)
            if present(amplitude):
                mode[t] = amplitude
    single = tuple(
        {t: as_array(g * value) for t, value in values.items()}
        for g, (values, _, _) in zip(amplitudes, elements, strict=True)
    )
    bare = tuple(values for values, _, _ in elements)
    return Drive(bath, elements[0][2], single, tuple(modes), bare)


def _factor(bath: Reservoir, omega: Array) -> Array:
    try:
        return bath.correlated.factor(omega)
    except ParameterError as error:
        raise error.at(f"{bath.path}.{error.path}") from None


def bohr_frequency(frequencies: Rates, transition: Transition) -> Array:
    """Return E_i − E_j of a transition that is known in one of its directions; 0 within a level.

    Examples
    --------
    >>> float(bohr_frequency({(0, 1): np.asarray(2.0)}, (1, 0)))
    -2.0
    """
    i, j = transition
    if i == j:
        return _ZERO
    return frequencies[i, j] if (i, j) in frequencies else -frequencies[j, i]


def sum_or_dark(
    terms: Iterable[NDArray[Any]], sizes: Iterable[Array], unresolved: Array | float = 0.0
) -> NDArray[Any]:
    """Add amplitudes; what is rounding of their magnitudes is exactly zero.

    Examples
    --------
    >>> float(sum_or_dark([np.asarray(0.1 + 0.2), np.asarray(-0.3)], [np.asarray(0.6)]))
    0.0
    """
    total, scale = as_array(sum(terms)), as_array(sum(sizes))
    rounding = DARK_TOLERANCE * scale + unresolved
    dark = np.abs(total) <= rounding
    # Exactly zero, but on its way to somewhere else.
    return first_order(np.where(dark, 0.0, total), lambda: total) if present(dark) else total


def weighed(strength: Array, spectrum: Array) -> Array:
    """Return strength times spectrum; nothing where the transition is dark, even if undefined.

    Examples
    --------
    >>> weighed(np.array([1.0, 0.0]), np.asarray(np.nan))
    array([nan,  0.])
    """
    rate = strength * spectrum
    if not np.any(np.isnan(rate)):
        return rate
    return strength * np.where(strength == 0.0, 0.0, spectrum)


def require_thermal(machine: Machine, equation: str) -> None:
    """Refuse a reset reservoir under an equation of weak coupling.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> require_thermal(two_qubit_machine(1.0, 1.0, 0.5), "Global")
    """
    for bath in machine.reservoirs:
        if not isinstance(bath, Reservoir):
            raise ParameterError(
                "equation",
                "be Local() or Reset() beside a reset reservoir",
                f"{equation}() with '{bath.name}'",
                "a reset acts in the bare basis, whatever the coupling",
            )
