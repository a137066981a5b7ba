"""What the global equation assumes, as figures by which to trust it or not.

No figure is a proof. Each compares something that the derivation neglects with something that it
keeps, so that small is good; the thresholds say from where on one should look twice.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from entherm.bohr import Levels, diagonalise
from entherm.equations import Equation
from entherm.interactions import Exchange
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.rate_equation import (
    RateEquation,
    dephasing_elements,
    dephasing_operator,
    rate_equation,
)

SECULAR_THRESHOLD = 0.2
WEAK_COUPLING_THRESHOLD = 0.1
BROADENING_THRESHOLD = 1.0
COUNTER_ROTATING_THRESHOLD = 0.1


@dataclass(frozen=True, eq=False)
class Validity:
    r"""Figures by which the global equation is judged; each array has the broadcast shape.

    Attributes
    ----------
    secular_ratio : ndarray
        Largest κ_ab / \\|E_a − E_b\\| over pairs of levels of one sector, κ_ab half the sum of
        their exit rates: the secular approximation averages over the beat of the pair.
    weak_coupling_ratio : ndarray
        Largest κ_ij / ω_ij over driven transitions, dephasing included: lines must be narrow
        (Born–Markov).
    broadening_ratio : ndarray
        Largest Σ Γ (π Γ T² / 6 ω³) / Σ Γ n̄ over transitions, summed over reservoirs: off-resonant
        absorption, which the golden rule leaves out, against the resonant one. Large at low
        temperature, where populations then are too small. 0 at T = 0, where both vanish.
    counter_rotating_ratio : ndarray
        Largest \\|Ω\\| / (ε_k + ε_l): the exchange's counter-rotating partner, which Eq. (2) drops.
    """

    secular_ratio: Array
    weak_coupling_ratio: Array
    broadening_ratio: Array
    counter_rotating_ratio: Array

    @property
    def figures(self) -> dict[str, Array]:
        """All figures by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each figure beyond its threshold somewhere."""
        found = []
        for name, threshold, meaning in _RULES:
            values = getattr(self, name)
            largest = float(np.nanmax(values, initial=0.0))
            if largest > threshold:
                found.append(
                    f"{name} reaches {largest:.3g} (look twice above {threshold}): {meaning}"
                )
        return tuple(found)


_RULES = (
    (
        "secular_ratio",
        SECULAR_THRESHOLD,
        "levels overlap within their widths, and coherences that the global equation drops matter.",
    ),
    (
        "weak_coupling_ratio",
        WEAK_COUPLING_THRESHOLD,
        "lines are not narrow against their frequency, as the golden rule has them.",
    ),
    (
        "broadening_ratio",
        BROADENING_THRESHOLD,
        "off-resonant absorption exceeds the resonant one; excited populations are underestimated.",
    ),
    (
        "counter_rotating_ratio",
        COUNTER_ROTATING_THRESHOLD,
        "counter-rotating exchange, absent from Eq. (2), would change the ground state.",
    ),
)


def assess(machine: Machine, equation: Equation) -> Validity:
    """Compute the figures of a machine under the global equation.

    Examples
    --------
    >>> from entherm import two_qubit_machine
    >>> figures = assess(two_qubit_machine(20.0, 20.0, 10.0, T_A=8.0, T_B=8.0, T_C=0.0), Global())
    >>> round(float(figures.secular_ratio), 2)
    0.24
    """
    levels = diagonalise(machine)
    rates = rate_equation(machine, levels, equation)
    exits = _exits(levels, rates)
    secular = [
        np.where(
            levels.degenerate(a, b),
            0.0,
            0.5
            * (exits[a] + exits[b])
            / np.where(levels.degenerate(a, b), 1.0, _gap(levels, a, b)),
        )
        for a, b in levels.coherences
    ]
    driven = {t for strength in rates.strengths.values() for t in strength}
    weak = [
        (0.5 * (exits[i] + exits[j]) + _dephasing_width(machine, levels, i, j))
        / np.where(rates.frequencies[i, j] > 0.0, rates.frequencies[i, j], np.nan)
        for i, j in driven
    ]
    counter = [
        np.abs(x.strength) / sum(_gap_of(machine, name) for name in x.between)
        for x in machine.interactions
        if isinstance(x, Exchange)
    ]
    return Validity(
        *(_largest(machine, f) for f in (secular, weak, _broadening(machine, rates), counter))
    )


def _gap_of(machine: Machine, name: str) -> Array:
    energies = machine.subsystems[machine.site(name)].energies
    return np.asarray(np.abs(energies[-2] - energies[-1]))


def _gap(levels: Levels, a: int, b: int) -> Array:
    return np.abs(levels.energies[a] - levels.energies[b])


def _exits(levels: Levels, rates: RateEquation) -> list[Array]:
    exits: list[Array] = [np.asarray(0.0)] * len(levels)
    for flows in rates.rates.values():
        for (i, _), rate in flows.items():
            exits[i] = np.asarray(exits[i] + rate)
    return exits


def _dephasing_width(machine: Machine, levels: Levels, i: int, j: int) -> Array:
    """Σ γ (½⟨z²⟩_i + ½⟨z²⟩_j − ⟨z⟩_i ⟨z⟩_j), by which Eq. (21) damps a coherence; σ_z² = 1."""
    width = np.asarray(0.0)
    for name, dephasing in machine.dephasing.items():
        squares = np.diag(dephasing_operator(machine, name)) ** 2
        z = dephasing_elements(machine, levels, name)
        own = 0.5 * (_mean(levels, squares, i) + _mean(levels, squares, j))
        width = width + dephasing.rate * (own - z[i, i] * z[j, j])
    return width


def _mean(levels: Levels, diagonal: Array, level: int) -> Array:
    block = levels.blocks[levels.sectors[level]]
    column = block.vectors[..., level - block.first]
    return np.asarray((np.abs(column) ** 2 * diagonal[np.array(block.members)]).sum(-1))


def _broadening(machine: Machine, rates: RateEquation) -> list[Array]:
    found = []
    for t, frequency in rates.frequencies.items():
        omega = np.where(frequency > 0.0, frequency, np.nan)
        off_resonant, resonant = np.asarray(0.0), np.asarray(0.0)
        for bath in machine.reservoirs:
            strength = rates.strengths[bath.name].get(t, np.asarray(0.0))
            width = np.pi * strength * bath.temperature**2 / (6.0 * omega**3)
            off_resonant = off_resonant + strength * width
            resonant = resonant + strength * 0.5 * bath.absorption(omega)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            found.append(np.where(off_resonant == 0.0, 0.0, off_resonant / resonant))
    return found


def _largest(machine: Machine, values: list[Array]) -> Array:
    largest = np.asarray(0.0)
    for value in values:
        largest = np.maximum(largest, value)  # NaN, where the equation has no meaning, stays
    return np.broadcast_to(largest, machine.shape)
