"""What each equation assumes, as figures by which to trust it or not.

No figure is a proof. Each compares something that the derivation neglects with something that it
keeps, so that small is good; the thresholds say from where on one should look twice. Every
equation has its own set: `Local` is not asked for a secular ratio where nothing is averaged, nor
`Global` for a broken second law.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from entherm.equations import Equation
from entherm.errors import ParameterError
from entherm.machine import Machine
from entherm.parameters import Array
from entherm.validity_case import Case, State, tabulated
from entherm.validity_rules import (
    BROADENING_THRESHOLD,
    COUNTER_ROTATING_THRESHOLD,
    SECULAR_THRESHOLD,
    WEAK_COUPLING_THRESHOLD,
    Rule,
    rules_of,
)

__all__ = [
    "BROADENING_THRESHOLD",
    "COUNTER_ROTATING_THRESHOLD",
    "SECULAR_THRESHOLD",
    "WEAK_COUPLING_THRESHOLD",
    "Validity",
    "assess",
    "ranged",
]


# Figures go through pairs of levels one by one: seconds for 64 levels, hours for a few hundred.
LARGEST_JUDGED = 128


class Validity:
    r"""Figures by which an equation is judged; each array has the broadcast shape.

    Attributes
    ----------
    secular_ratio : ndarray
        Largest κ_ab / \|E_a − E_b\| over pairs of levels of one class, κ_ab half the sum of
        their exit rates: the secular approximation averages over the beat of the pair. `Unified`:
        pairs that it does not join. `Local`: lines of one reservoir that it does not join.
    unresolved_pairs : ndarray
        Number of such pairs with 1e-9 ‖H‖ < \|E_a − E_b\| < κ_ab.
    weak_coupling_ratio : ndarray
        Largest κ_ij / ω_ij over driven transitions, dephasing included: lines must be narrow
        (Born–Markov). Hermitian and fermionic couplings: over the larger of ω and T.
    broadening_ratio : ndarray
        Largest Σ Γ (π Γ T² / 6 ω³) / Σ Γ n̄ over transitions, summed over reservoirs: off-resonant
        absorption, which the golden rule leaves out, against the resonant one. Large at low
        temperature, where populations then are too small. 0 at T = 0, where both vanish.
    counter_rotating_ratio : ndarray
        Largest \|Ω\| / (ε_k + ε_l): the exchange's counter-rotating partner, which Eq. (2) drops.
    rotating_wave_violation : ndarray
        Largest share of a rotating-wave operator that does not lower the energy of H_S.
    implied_lamb_shift : ndarray
        Largest relative change of a level distance by principal values; NaN on flat spectra.
    cluster_spread : ndarray
        `Unified`, `Local`: largest shift of a Bohr frequency by clustering, over min(ω, T).
    cluster_seam : ndarray
        1 at points beside one of other clusters.
    interaction_gap_ratio, interaction_temperature_ratio : ndarray
        `Local`, `Reset`: largest element of the interaction over the smallest gap, and over the
        lowest temperature.
    extra_dephasing_ratio : ndarray
        `Reset`: (p/4) / \|Ω\|.
    negativity_of_state : ndarray
        `Redfield`: size of the most negative eigenvalue of ρ.
    equilibrium_leak : ndarray
        `Redfield`, `UniversalLindblad`, `Local`, `Reset`: largest current with all temperatures
        equal to their mean, over the gross exchange there. `Global` and `Unified` have none.
    second_law_violation : ndarray
        The same four: −σ where positive, over Σ (one-way heat flows) / T.
    retardation_ratio : ndarray
        Where there are delays: largest κ_ij \|t_k − t_l\| along a line.
    truncation : ndarray
        Where there are oscillators: largest population of a highest level.

    Examples
    --------
    >>> from entherm import Global, two_qubit_machine
    >>> m = two_qubit_machine(20.0, 20.0, 10.0, T_A=8.0, T_B=8.0, T_C=0.0)
    >>> figures = assess(m, Global())
    >>> figures.equation, round(float(figures.secular_ratio), 2)
    ('Global', 0.24)
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._rules = {rule.name: rule for rule in rules_of(case.machine, case.equation)}
        self._known: dict[str, Array] = {}

    @property
    def equation(self) -> str:
        """Name of the equation that is judged."""
        return self._case.equation.name

    @property
    def names(self) -> tuple[str, ...]:
        """Of the figures that apply."""
        return tuple(self._rules)

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_") or name not in self._rules:
            known = "" if name.startswith("_") else f"; {self.equation} has {', '.join(self.names)}"
            raise AttributeError(f"no figure '{name}'{known}")
        if name not in self._known:
            value = np.array(self._rules[name].compute(self._case), float)
            value.setflags(write=False)
            self._known[name] = value
        return self._known[name]

    @property
    def figures(self) -> dict[str, Array]:
        """All figures by name."""
        return {name: getattr(self, name) for name in self._rules}

    @property
    def thresholds(self) -> dict[str, float]:
        """From where on each figure warns."""
        return {name: rule.threshold for name, rule in self._rules.items()}

    @property
    def compares(self) -> dict[str, str]:
        """What each figure compares, in words."""
        return {name: rule.compares for name, rule in self._rules.items()}

    def beyond(self, name: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Where a figure is beyond its threshold."""
        return np.asarray(getattr(self, name) > self._rules[name].threshold)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each figure beyond its threshold somewhere."""
        return tuple(self._sentence(rule) for rule in self._rules.values() if self._warns(rule))

    def _warns(self, rule: Rule) -> bool:
        return bool(np.any(self.beyond(rule.name)))

    def _sentence(self, rule: Rule) -> str:
        largest = float(np.nanmax(getattr(self, rule.name)))
        located = f" ({rule.where(self._case)})" if rule.where else ""
        points = self.beyond(rule.name)
        count = f" at {points.sum()} of {points.size} points" if points.ndim else ""
        return (
            f"{rule.name} reaches {largest:.3g}{located} (look twice above {rule.threshold:g})"
            f"{count}: {rule.meaning}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What figures leave out, in words."""
        found = (rule.note(self._case) for rule in self._rules.values() if rule.note)
        return tuple(note for note in found if note)

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        rows: list[tuple[str, ...]] = [(f"{self.equation}", "value", "limit", "", "compares")]
        for name, rule in self._rules.items():
            verdict = "beyond" if self._warns(rule) else "fine"
            value = ranged(getattr(self, name))
            verdict = "" if value == "undefined" else verdict
            rows.append((name, value, f"{rule.threshold:g}", verdict, rule.compares))
        return "\n".join([tabulated(rows), *self.warnings, *self.notes])


def ranged(values: Array) -> str:
    """Spell an array as one number, or from smallest to largest.

    Examples
    --------
    >>> ranged(np.array([1.0, np.nan, 2.5])), ranged(np.asarray(0.25)), ranged(np.array([np.nan]))
    ('1 .. 2.5', '0.25', 'undefined')
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return "undefined"
    low, high = f"{known.min() + 0.0:.3g}", f"{known.max() + 0.0:.3g}"
    return low if low == high else f"{low} .. {high}"


def assess(machine: Machine, equation: Equation, state: State | None = None) -> Validity:
    """Return the figures of an equation on a machine; each is computed when it is read.

    Parameters
    ----------
    machine : Machine
    equation : Equation
    state : SteadyState, optional
        Where it is known; otherwise solved for when a figure asks for it.

    Raises
    ------
    ParameterError
        For more than 128 levels, whose pairs would take hours.

    Examples
    --------
    >>> from entherm import Local, two_qubit_machine
    >>> figures = assess(two_qubit_machine(20.0, 20.0, 10.0, T_A=8.0, T_B=8.0), Local())
    >>> float(figures.interaction_gap_ratio)
    0.5
    """
    levels = prod(machine.dimensions)
    if levels > LARGEST_JUDGED:
        rule = f"have at most {LARGEST_JUDGED} levels for the figures of validity"
        remedy = "judge fewer subsystems with the same gaps and rates"
        raise ParameterError("machine", rule, f"{levels}", remedy)
    return Validity(Case(machine, equation, state))
