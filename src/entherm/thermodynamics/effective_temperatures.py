"""Effective temperature of each transition, from rates (Eq. (19)) and from populations."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from entherm.bohr import diagonalise
from entherm.equations import Equation
from entherm.jumps import Drive
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.rate_equation import rate_equation
from entherm.thermodynamics.entropy import effective_temperature


class EffectiveTemperatures:
    """Effective temperature of each transition that a reservoir drives.

    Attributes
    ----------
    transitions : tuple of (int, int)
        (upper, lower), by static label; 0 is λ₁.
    frequencies : ndarray, shape (..., t)
        Their Bohr frequencies.
    """

    def __init__(
        self, machine: Machine, equation: Equation, populations: Callable[[], Array]
    ) -> None:
        self._machine, self._populations = machine, populations
        self._rates = rate_equation(machine, diagonalise(machine), equation)
        # Each pair once, though two reservoirs, or one of fermions, may name it both ways.
        every = self._rates.frequencies
        self.transitions = tuple((i, j) for i, j in every if (j, i) not in every or i < j)
        self.frequencies = self._stacked(every[t] for t in self.transitions)

    @property
    def labels(self) -> tuple[str, ...]:
        """e.g. ``λ3→λ4``."""
        return tuple(f"λ{i + 1}→λ{j + 1}" for i, j in self.transitions)

    def from_rates(self, *reservoirs: str) -> Array:
        """T_eff(ω) = ω / ln(Γ⁻/Γ⁺) of the named reservoirs, default all; shape (..., t).

        NaN for a transition that none of them drives; a reservoir that resets has no rates.

        References
        ----------
        [Man] Eqs. (19), (20), which name RA and RB.

        Examples
        --------
        >>> from entherm import steady_state, two_qubit_machine
        >>> s = steady_state(two_qubit_machine(20.0, 20.0, 6.0, T_A=4.0, T_B=4.0, T_C=1.0))
        >>> s.effective_temperatures.from_rates("RA", "RB").round(12)
        array([4., 4., 4., 4.])
        """
        for name in reservoirs:
            self._machine.reservoir(name)
        names = [n for n in self._rates.rates if not reservoirs or n in reservoirs]
        found = []
        for i, j in self.transitions:
            up = sum(self._rates.rates[n].get((j, i), 0.0) for n in names)
            excess = sum(self._excess(n, (i, j)) - self._excess(n, (j, i)) for n in names)
            found.append(effective_temperature(self._rates.frequencies[i, j], up, excess))
        return self._stacked(found)

    def _excess(self, name: str, transition: tuple[int, int]) -> Array | float:
        """Rate down less rate up, without subtraction."""
        drive = self._rates.drives[name]
        if transition not in drive.strengths:
            return 0.0
        omega = self._rates.frequencies[transition]
        strength = drive.strengths[transition]
        if drive.hermitian:
            return np.asarray(strength * np.sign(omega) * self._excess_at(drive, np.abs(omega)))
        found = strength * self._excess_at(drive, omega)
        silent = 0.0 if drive.bath.below_zero == "dark" else np.nan
        return np.asarray(np.where(drive.bath.has_modes(omega), found, silent))

    @staticmethod
    def _excess_at(drive: Drive, omega: Array) -> Array:
        known = drive.bath.spectrum.covers(np.abs(omega))
        safe = np.where(known, omega, drive.bath.spectrum.somewhere)
        return np.asarray(np.where(known, drive.bath.excess(safe), np.nan))

    def from_populations(self) -> Array:
        """T_eff = ω / ln(p_lower / p_upper); shape (..., t)."""
        p = self._populations()
        return self._stacked(
            effective_temperature(self._rates.frequencies[i, j], p[..., i], p[..., j] - p[..., i])
            for i, j in self.transitions
        )

    def _stacked(self, values: Iterable[Array]) -> Array:
        columns = [np.broadcast_to(v, self._machine.shape) for v in values]
        return np.stack(columns, -1) if columns else np.empty((*self._machine.shape, 0))
