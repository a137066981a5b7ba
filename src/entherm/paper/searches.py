"""Statements about machines, and where each is searched: the paper's scope first, then beyond."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from entherm.paper.counterexamples import SHOWN, as_drawn, search
from entherm.paper.ensembles import Ensemble, Mask
from entherm.paper.evidence import NOISE, Case, Statement
from entherm.paper.families import (
    dephased,
    equal_common,
    equilibrium,
    family,
    fig_2,
    fig_3,
    negative_exchange,
    part,
    resonant,
)
from entherm.parameters import Array

# T from above zero to where nothing is entangled any more, T_C from exactly 0.
MAP = np.linspace(0.2, 20.0, 100)[:, None], np.linspace(0.0, 20.0, 101)
# The readable machine at which a cold common reservoir costs entanglement.
COSTLY_COLD = Ensemble.of(epsilon_A=24, epsilon_B=16, Omega=10, T_A=3, T_B=3, T_C=0)
COLDER = 0.7
COOLED = "C = {C:.6g}, changed by {margin:.3g} when T_C is lowered to 0.7 T_C"
ITERATIONS = 40
# Equal T_eff are found and drawn to about 1e-15 relative, times ω/T in an exponent of up to 100.
POPULATION_NOISE = 1e-12
OFF_GIBBS = "without R_C, populations {off:.3g} from Gibbs"
BEYOND = {
    "resonant, unequal common couplings": (resonant, equilibrium),
    "detuned, equal common couplings": (equal_common, equilibrium),
    "detuned, any rates": (equilibrium,),
    "resonant, equal common couplings, Ω < 0": (
        equal_common,
        resonant,
        equilibrium,
        negative_exchange,
    ),
    "detuned, any rates, Ω < 0": (equilibrium, negative_exchange),
    "resonant, equal common couplings, dephasing": (equal_common, resonant, equilibrium, dephased),
}


def only(margin: Array, where: Mask) -> Array:
    """Return the margin where the statement says something, NaN elsewhere.

    Examples
    --------
    >>> only(np.array([1.0, 2.0]), np.array([True, False])).tolist()
    [1.0, nan]
    """
    return np.asarray(np.where(where, margin, np.nan))


def gain_follows_temperature(e: Ensemble) -> Array:
    """ΔC > 0 for T_C < T, ΔC < 0 for T_C > T.

    Examples
    --------
    >>> bool(gain_follows_temperature(fig_2(5.0, 1.0)) > 0)
    True
    """
    return only(np.sign(e.T_A - e.T_C) * e.gain, e.entangled & (e.T_A != e.T_C))


def cold_gains(e: Ensemble) -> Array:
    """ΔC > 0 for T_C < T.

    Examples
    --------
    >>> bool(cold_gains(fig_2(5.0, 1.0)) > 0)
    True
    """
    return only(e.gain, e.entangled & (e.T_C < e.T_A))


def hot_loses(e: Ensemble) -> Array:
    """ΔC < 0 for T_C > T.

    Examples
    --------
    >>> bool(hot_loses(fig_2(5.0, 8.0)) > 0)
    True
    """
    return only(-e.gain, e.entangled & (e.T_C > e.T_A))


def thermalised_gain(e: Ensemble) -> Array:
    """ΔC > 0 for T_C < T_eff, ΔC < 0 for T_C > T_eff, where both T_eff are equal.

    Examples
    --------
    >>> bool(thermalised_gain(fig_2(5.0, 1.0)) > 0)
    True
    """
    T = e.effective_temperatures[..., 0]
    return only(np.sign(T - e.T_C) * e.gain, e.entangled & (np.abs(e.T_C - T) > 1e-3 * T))


def thermalised_cold_gains(e: Ensemble) -> Array:
    """ΔC > 0 for T_C < T_eff.

    Examples
    --------
    >>> bool(thermalised_cold_gains(fig_2(5.0, 1.0)) > 0)
    True
    """
    T = e.effective_temperatures[..., 0]
    return only(e.gain, e.entangled & (e.T_C < 0.999 * T))


def thermalised_hot_loses(e: Ensemble) -> Array:
    """ΔC < 0 for T_C > T_eff.

    Examples
    --------
    >>> bool(thermalised_hot_loses(fig_2(5.0, 8.0)) > 0)
    True
    """
    T = e.effective_temperatures[..., 0]
    return only(-e.gain, e.entangled & (e.T_C > 1.001 * T))


def gain_absorbs(e: Ensemble) -> Array:
    """Q_C < 0 wherever ΔC > 0.

    Examples
    --------
    >>> bool(gain_absorbs(fig_2(5.0, 1.0)) > 0)
    True
    """
    return only(-e.solved.Q_C, e.gain > NOISE)


def heat_follows_temperature(e: Ensemble) -> Array:
    """Q_C < 0 for T_C < T, Q_C > 0 for T_C > T.

    Examples
    --------
    >>> bool(heat_follows_temperature(fig_2(5.0, 1.0)) > 0)
    True
    """
    return only(np.sign(e.T_C - e.T_A) * e.solved.Q_C, e.T_A != e.T_C)


def colder_is_better(e: Ensemble) -> Array:
    """C_ABC does not fall when T_C is lowered to 0.7 of its value.

    Examples
    --------
    >>> bool(colder_is_better(fig_2(5.0, 1.0)) > 0)
    True
    """
    colder = e.with_(T_C=COLDER * e.T_C)
    entangled = (colder.concurrence > 0) | (e.concurrence > 0)
    return only(colder.concurrence - e.concurrence, entangled & (e.T_C > 0))


def unchanged(e: Ensemble) -> Array:
    """|ΔC| within rounding errors.

    Examples
    --------
    >>> bool(unchanged(as_hot(fig_2(5.0, 1.0))) > 0)
    True
    """
    return only(NOISE - np.abs(e.gain), e.entangled)


def as_hot(e: Ensemble) -> Ensemble:
    """Return the machines with T_C set to T.

    Examples
    --------
    >>> float(as_hot(fig_2(5.0, 1.0)).T_C)
    5.0
    """
    return e.with_(T_C=e.T_A)


def gibbs(e: Ensemble, T: Array) -> Array:
    """How far the populations without R_C are from those at T, as a margin.

    Examples
    --------
    >>> e = fig_2(5.0, 1.0)
    >>> bool(gibbs(e, e.T_A) > 0), bool(gibbs(e, 1.1 * e.T_A) > 0)
    (True, False)
    """
    weights = np.exp(-e.energies / np.asarray(T)[..., None])
    ideal = weights / weights.sum(-1, keepdims=True)
    return np.asarray(POPULATION_NOISE - np.abs(e.bare_populations - ideal).max(-1))


def heat_from_independent(e: Ensemble) -> Array:
    """R_A and R_B both give heat where T_C < T, and all that R_C absorbs comes from them.

    Examples
    --------
    >>> bool(heat_from_independent(fig_2(5.0, 1.0)) > 0)
    True
    """
    s = e.solved
    balance = 1e-10 * np.abs(s.Q_C) + 1e-12 - np.abs(s.Q_A + s.Q_B + s.Q_C)
    return only(np.minimum(np.minimum(s.Q_A, s.Q_B), balance), e.T_C < e.T_A)


def zero(read: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where a function of an array vanishes between bounds of opposite sign, elementwise.

    Regula falsi in the Illinois variant: the end that stays has its value halved.

    Examples
    --------
    >>> zero(lambda x: x**2 - np.array([1.0, 4.0]), np.zeros(2), np.full(2, 3.0)).round(12)
    array([1., 2.])
    """
    old, new = low, high
    f_old, f_new = read(old), read(new)
    for _ in range(ITERATIONS):
        slope = f_new - f_old
        step = np.where(slope == 0.0, 0.0, f_new * (new - old) / np.where(slope, slope, 1.0))
        x, f = new - step, read(new - step)
        crossed = np.sign(f) != np.sign(f_new)
        old, f_old = np.where(crossed, new, old), np.where(crossed, f_new, 0.5 * f_old)
        new, f_new = x, f
        if np.all(np.abs(step) <= 1e-15 * np.abs(new)):
            break
    return np.asarray(new)


def reach(
    statement: Statement,
    tolerance: float = NOISE,
    *,
    example: Ensemble | None = None,
    at: Callable[[Ensemble], Ensemble] = as_drawn,
    shown: str = SHOWN,
) -> tuple[Case, ...]:
    """Search a statement of Sec. III.A at T_A = T_B: in its scope, then beyond it.

    The scope is resonance with equal common couplings, Ω > 0 and no dephasing, which is what the
    section's figures share; Γ_A, Γ_B, Ω, T and T_C are free.
    """
    scope = family(equal_common, resonant, equilibrium)
    name = "resonant, equal common couplings, any Γ_A, Γ_B"
    found = [search(name, scope, statement, stated=True, tolerance=tolerance, at=at, shown=shown)]
    for name, restrictions in BEYOND.items():
        given = example if name.startswith("detuned, equal") else None
        machines = family(part, *restrictions)
        found.append(
            search(
                name, machines, statement, tolerance=tolerance, example=given, at=at, shown=shown
            )
        )
    return tuple(found)


def on_maps(statement: Statement, tolerance: float = NOISE) -> tuple[Case, ...]:
    """Test a statement on Figs. 2 and 3, over T and T_C up to 20Γ."""
    return tuple(
        search(name, figure(*MAP), statement, stated=True, tolerance=tolerance)
        for name, figure in (("Fig. 2", fig_2), ("Fig. 3", fig_3))
    )
