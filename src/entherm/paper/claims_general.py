"""Claims that the abstract and the conclusion make of every machine."""

from __future__ import annotations

import numpy as np

from entherm.paper.counterexamples import search
from entherm.paper.ensembles import Ensemble
from entherm.paper.evidence import HEAT_NOISE, Claim, Evidence
from entherm.paper.families import (
    equal_common,
    equal_rates,
    equilibrium,
    family,
    general,
    negative_exchange,
    part,
    resonant,
    thermalised,
)
from entherm.paper.searches import (
    COSTLY_COLD,
    cold_gains,
    gain_absorbs,
    hot_loses,
    only,
    thermalised_cold_gains,
    thermalised_hot_loses,
    zero,
)
from entherm.parameters import Array

T_A = np.array([5.0, 4.0, 3.0, 2.0])
COLD = np.linspace(0.0, 12.0, 241)
FEW = slice(0, 2000)
# A thermalised machine rounded to fewer digits is no longer thermalised.
EXACT = (6, 8)


def _bound_before_heat() -> Evidence:
    def never_releases(e: Ensemble) -> Array:
        return only(-e.gain, e.entangled & (e.solved.Q_C > HEAT_NOISE) & (e.T_A != e.T_B))

    cases = (
        search("resonant, equal common couplings", family(equal_common, resonant), never_releases),
        search(
            "detuned, equal common couplings",
            family(part, equal_common),
            never_releases,
            stated=True,
        ),
        search("detuned, all rates equal", family(part, equal_rates), never_releases, stated=True),
        search("detuned, any rates", general(), never_releases, stated=True),
    )
    share, machines = _share_still_enhanced()
    ours = (
        f"in {share:.0%} of {machines} detuned machines with all rates equal entanglement is still "
        "enhanced where Q_C changes sign"
    )
    remark = "Tests are machines that release heat, Q_C > 0, where no enhancement should be left."
    return Evidence(ours, cases, remark)


def _share_still_enhanced() -> tuple[float, int]:
    """Share of entangled machines with ΔC > 0 at the T_C where Q_C = 0, found by bisection."""
    e = family(part, equal_rates).take(FEW)
    bounds = np.minimum(e.T_A, e.T_B), np.maximum(e.T_A, e.T_B)
    at = e.with_(T_C=zero(lambda T: e.with_(T_C=T).solved.Q_C, *bounds))
    told = at.entangled & (np.abs(at.gain) > 1e-9)
    return float(np.mean(at.gain[told] > 0)), int(told.sum())


def _abstract() -> Evidence:
    e = COSTLY_COLD
    cases = (
        search(
            "T_A = T_B, resonant, equal common couplings",
            family(equal_common, resonant, equilibrium),
            cold_gains,
            stated=True,
        ),
        search(
            "T_A = T_B, detuned, equal common couplings",
            family(part, equal_common, equilibrium),
            cold_gains,
            stated=True,
            example=e,
        ),
        search(
            "T_A ≠ T_B, thermalised",
            thermalised(),
            thermalised_cold_gains,
            stated=True,
            digits=EXACT,
        ),
        search(
            "T_A = T_B, resonant, Ω < 0",
            family(part, equal_common, resonant, equilibrium, negative_exchange),
            cold_gains,
        ),
    )
    ours = (
        f"ε = 24, 16, Ω = 10, T = 3, T_C = 0, all Γ = 1: C falls from "
        f"{float(e.bare_concurrence):.6f} to {float(e.concurrence):.6f}"
    )
    remark = "A cold R_C also drains λ₃ unless the transition λ₃–λ₄ is dark to it."
    return Evidence(ours, cases, remark)


def _conclusion_bound() -> Evidence:
    cases = (
        search(
            "T_A = T_B, resonant, equal common couplings",
            family(equal_common, resonant, equilibrium),
            hot_loses,
            stated=True,
        ),
        search(
            "T_A = T_B, detuned, equal common couplings",
            family(part, equal_common, equilibrium),
            hot_loses,
            stated=True,
        ),
        search(
            "T_A ≠ T_B, thermalised",
            thermalised(),
            thermalised_hot_loses,
            stated=True,
            digits=EXACT,
        ),
    )
    return Evidence("some detuned machines gain from an R_C hotter than they are", cases)


def _all_cases() -> Evidence:
    cases = (
        search(
            "resonant, equal common couplings, T_A ≠ T_B",
            family(equal_common, resonant),
            gain_absorbs,
            stated=True,
            tolerance=HEAT_NOISE,
        ),
        search(
            "resonant, equal common couplings, T_A = T_B",
            family(equal_common, resonant, equilibrium),
            gain_absorbs,
            stated=True,
            tolerance=HEAT_NOISE,
        ),
        search(
            "detuned, all rates equal",
            family(part, equal_rates),
            gain_absorbs,
            stated=True,
            tolerance=HEAT_NOISE,
        ),
        search("detuned, any rates", general(), gain_absorbs, tolerance=HEAT_NOISE),
        search(
            "Ω < 0",
            family(part, equal_common, resonant, negative_exchange),
            gain_absorbs,
            tolerance=HEAT_NOISE,
        ),
    )
    found = cases[2]
    share = found.violations / found.decided
    return Evidence(f"R_C releases heat in {share:.0%} of the enhanced detuned machines", cases)


CLAIMS = (
    Claim(
        "bound-before-heat",
        "Sec. III.B",
        "In general R_C stops helping before it stops absorbing heat.",
        "Q_C < 0 at the upper bound of T_C",
        _bound_before_heat,
    ),
    Claim(
        "cold-suffices",
        "Abstract",
        "Whenever the qubits have a single temperature, an R_C below it raises entanglement.",
        "ΔC > 0 for T_C < T_eff",
        _abstract,
    ),
    Claim(
        "bound-is-thermalisation-temperature",
        "Secs. I, V",
        "Whenever the qubits have a single temperature, R_C helps up to it and not beyond.",
        "upper bound of T_C is T_eff",
        _conclusion_bound,
    ),
    Claim(
        "all-gain-absorbs-heat",
        "Abstract, Sec. V",
        "In all cases where R_C raises entanglement it absorbs heat.",
        "Q_C < 0 where ΔC > 0",
        _all_cases,
    ),
)
