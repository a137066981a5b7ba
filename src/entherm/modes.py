"""The modes of a reservoir: their statistics, how full they are, and how strongly each acts.

What a transition feels is one spectrum on the signed frequency axis,

    S(ω) = 2 f(ω) (n̄ + 1),    S(−ω) = 2 f(ω) n̄,

with f the shape of the spectral density (`entherm.spectra`), per unit of Γ |V|².
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from entherm.checks import require_choice, require_kind
from entherm.errors import ParameterError
from entherm.occupation import bose_einstein, fermi_dirac, stimulated, thermal_factors
from entherm.parameters import Array, as_array, parameter, present, require
from entherm.spectra import Flat, Spectrum

LARGEST_TEMPERATURE = 1e201

Statistics = Literal["bose", "fermi"]
BelowZero = Literal["refuse", "dark"]


class Modes:
    """Statistics, filling and spectrum of a reservoir; `entherm.reservoirs.Reservoir` says more."""

    temperature: Array | None
    statistics: Statistics
    chemical_potential: Array
    occupation: Array | None
    spectrum: Spectrum
    below_zero: BelowZero

    def _set_modes(
        self,
        where: str,
        temperature: ArrayLike | None,
        occupation: ArrayLike | None,
        statistics: Statistics,
        chemical_potential: ArrayLike,
        spectrum: Spectrum | None,
        below_zero: BelowZero,
    ) -> None:
        require_choice(statistics, f"{where}.statistics", ("bose", "fermi"))
        require_choice(below_zero, f"{where}.below_zero", ("refuse", "dark"))
        shape = Flat() if spectrum is None else spectrum
        remedy = "give e.g. Ohmic(reference=10.0, cutoff=50.0)"
        require_kind(shape, Spectrum, f"{where}.spectrum", "be a spectrum", remedy)
        if (temperature is None) == (occupation is None):
            raise ParameterError(
                where,
                "have either a temperature or an occupation",
                f"temperature={temperature!r}, occupation={occupation!r}",
                "give one of them",
            )
        mu = parameter(chemical_potential, f"{where}.chemical_potential")
        small = np.abs(mu) < LARGEST_TEMPERATURE
        rule = f"be < {LARGEST_TEMPERATURE:g} in size"
        require(small, mu, f"{where}.chemical_potential", rule, "use a larger unit")
        if occupation is not None and np.any(mu):
            rule, got = "be left out beside an occupation", str(mu)
            raise ParameterError(f"{where}.chemical_potential", rule, got, "give n alone")
        for key, value in (
            ("statistics", statistics),
            ("below_zero", below_zero),
            ("spectrum", shape),
            ("chemical_potential", mu),
            ("temperature", _warmth(temperature, statistics, f"{where}.temperature")),
            ("occupation", _filling(occupation, statistics, f"{where}.occupation")),
        ):
            object.__setattr__(self, key, value)

    @property
    def has_chemical_potential(self) -> bool:
        """Whether μ is one of its parameters."""
        fermi = self.statistics == "fermi" and self.temperature is not None
        # A bosonic one that is a plain zero was never given; with axes it stays a parameter.
        return fermi or present(self.chemical_potential) or self.chemical_potential.ndim > 0

    def has_modes(self, omega: Array) -> Array:
        """Where a quantum of energy `omega` can be emitted into this reservoir, a mask.

        Bosons have ω > max(μ, 0), fermions any ω.
        """
        if self.statistics == "fermi":
            return np.ones(omega.shape, bool)
        return as_array(omega > np.maximum(self.chemical_potential, 0.0))

    def emission(self, omega: ArrayLike) -> Array:
        """Return 2 f (n̄ + 1), or 2 f (1 − F), the rate down per unit of Γ |V|²; `omega` > 0.

        Fermions: `omega` of any sign.

        Examples
        --------
        >>> from entherm import Reservoir
        >>> float(Reservoir("RA", 0.0, {"A": 1.0}).emission(10.0))
        2.0
        """
        density = self._density(omega)
        if self.statistics == "fermi":
            return as_array(2.0 * density * self._holes(omega))
        if self.occupation is not None:
            return as_array(2.0 * density * (self.occupation + 1.0))
        shifted = as_array(omega, float) - self.chemical_potential
        return as_array(2.0 * density * stimulated(shifted, self._temperature))

    def absorption(self, omega: ArrayLike) -> Array:
        """Return 2 f n̄, or 2 f F, the rate up per unit of Γ |V|²; `omega` as in `emission`.

        Examples
        --------
        >>> from entherm import Reservoir
        >>> float(Reservoir("RA", 0.0, {"A": 1.0}).absorption(10.0))
        0.0
        """
        return as_array(2.0 * self._density(omega) * self.filling(omega))

    def filling(self, omega: ArrayLike) -> Array:
        """Return the occupation n̄(ω) or F(ω) of a mode."""
        if self.occupation is not None:
            return self.occupation
        shifted = as_array(omega, float) - self.chemical_potential
        statistics = fermi_dirac if self.statistics == "fermi" else bose_einstein
        return statistics(shifted, self._temperature)

    def excess(self, omega: ArrayLike) -> Array:
        """Return emission less absorption, 2 f for bosons, without subtraction.

        Examples
        --------
        >>> from entherm import Reservoir
        >>> float(Reservoir("RA", 1e100, {"A": 1.0}).excess(1.0))
        2.0
        """
        density = self._density(omega)
        if self.statistics == "fermi":
            return as_array(2.0 * density * (self._holes(omega) - self.filling(omega)))
        return as_array(2.0 * density)

    def at_zero(self) -> Array:
        """Return S(0) = 2 lim f(ω) n̄(ω), the strength of pure dephasing; inf on a flat spectrum.

        Examples
        --------
        >>> from entherm import Reservoir
        >>> float(Reservoir("RA", 1.0, {"A": 1.0}).at_zero())
        inf
        """
        slope = as_array(self.spectrum.slope, float)
        if self.occupation is not None:
            flat = np.isinf(slope)
            return as_array(np.where(flat, np.inf, 0.0))
        with np.errstate(invalid="ignore"):
            return as_array(np.where(slope == 0.0, 0.0, 2.0 * slope * self._temperature))

    def signed(self, omega: ArrayLike) -> Array:
        r"""Return S(ω) of a Hermitian coupling per unit of Γ: emission at ω > 0, absorption below.

        .. math:: S(\omega) = 2 f(\omega)(\bar n + 1), \quad S(-\omega) = 2 f(\omega)\,\bar n,
            \quad S(0) = 2 \lim f \bar n

        NaN where a table does not cover ω.

        Examples
        --------
        >>> from entherm import Coupling, Reservoir
        >>> hot = Reservoir("R", 1.0, {"A": Coupling(1.0, operator="x")})
        >>> bool(np.isclose(hot.signed(-2.0) / hot.signed(2.0), np.exp(-2.0)))
        True
        """
        omega = as_array(omega, float)
        down, up = self.rates(np.abs(omega))
        found = np.where(omega > 0.0, down, up)
        if not np.any(omega == 0.0):
            return as_array(found)
        return as_array(np.where(omega == 0.0, self.at_zero(), found))

    def rates(self, omega: Array) -> tuple[Array, Array]:
        """Return emission and absorption at `omega`, NaN where a table does not cover it.

        Without meaning, and not to be used, where there are no modes (`has_modes`).
        """
        size = np.abs(omega)
        covered = self.spectrum.covers(size)
        safe = size if np.all(covered) else np.where(covered, size, self.spectrum.somewhere)
        density = self.spectrum.density(safe)
        if not np.all(covered):
            density = np.where(covered, density, np.nan)
        usable = omega
        if self.statistics == "bose":
            modes = self.has_modes(omega)
            usable = omega if np.all(modes) else np.where(modes, omega, self._above)
        if self.statistics == "fermi":
            empty, full = self._holes(usable), self.filling(usable)
        elif self.occupation is not None:
            empty, full = self.occupation + 1.0, self.occupation
        else:
            shifted = usable - self.chemical_potential
            empty, full = thermal_factors(shifted, self._temperature)
        return as_array(2.0 * density * empty), as_array(2.0 * density * full)

    @property
    def _above(self) -> Array:
        """A frequency at which bosons have a mode."""
        return as_array(2.0 * np.maximum(self.chemical_potential, 0.0) + 1.0)

    @property
    def _temperature(self) -> Array:
        if self.temperature is None:
            raise AttributeError("a reservoir with an occupation has no temperature")
        return self.temperature

    def _density(self, omega: ArrayLike) -> Array:
        return self.spectrum.density(np.abs(as_array(omega, float)))

    def _holes(self, omega: ArrayLike) -> Array:
        if self.occupation is not None:
            return as_array(1.0 - self.occupation)
        shifted = as_array(omega, float) - self.chemical_potential
        return fermi_dirac(-shifted, self._temperature)


def _warmth(value: ArrayLike | None, statistics: Statistics, path: str) -> Array | None:
    if value is None:
        return None
    found = parameter(value, path)
    if statistics == "bose":
        remedy = "T = 0 is allowed"
        require(found >= 0, found, path, "be >= 0", remedy)
    low = np.abs(found) < LARGEST_TEMPERATURE
    require(low, found, path, f"be < {LARGEST_TEMPERATURE:g} in size", "use a larger unit")
    return found


def _filling(value: ArrayLike | None, statistics: Statistics, path: str) -> Array | None:
    if value is None:
        return None
    found = parameter(value, path)
    require(found >= 0, found, path, "be >= 0", "an inverted one has statistics='fermi'")
    if statistics == "fermi":
        require(found <= 1, found, path, "be <= 1", "it is a probability")
    require(found < 1e100, found, path, "be < 1e100", "give a mean number of quanta")
    return found
