"""Seeded families of the paper's machine, on which its general statements are searched.

One draw, `general`; every other family restricts it, so that two families differ only in what their
names say. Each is drawn and solved once for all claims.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from entherm.paper.ensembles import RATES, Ensemble
from entherm.parameters import Array

SIZE = 100_000
PART = 30_000
SEED = 20171


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> Array:
    return np.exp(rng.uniform(np.log(low), np.log(high), SIZE))


@cache
def general() -> Ensemble:
    """Detuned, all four rates different, T_A ≠ T_B, Ω > 0: every other family restricts this one.

    Without dephasing only ratios of energies to temperatures and of rates to rates matter, so that
    ε_m = 20 and rates around 1, the paper's unit, lose nothing. One machine in ten has T_C = 0.

    Examples
    --------
    >>> general().shape, bool(np.all(general().Omega > 0))
    ((100000,), True)
    """
    rng = np.random.default_rng(SEED)
    detuning = rng.uniform(-30.0, 30.0, SIZE)
    gaps = 20.0 + detuning / 2, 20.0 - detuning / 2
    # From 0.05 on, so that ω₂/T < 700: below, occupations underflow and T_eff has no digits.
    Omega = rng.uniform(0.05, 0.98, SIZE) * np.sqrt(gaps[0] * gaps[1])
    T_A, T_B = (Omega * _log_uniform(rng, 0.1, 3.0) for _ in range(2))
    T_C = np.sqrt(T_A * T_B) * _log_uniform(rng, 0.05, 5.0)
    rates = {name: _log_uniform(rng, 0.1, 10.0) for name in RATES}
    return Ensemble.of(
        epsilon_A=gaps[0],
        epsilon_B=gaps[1],
        Omega=Omega,
        T_A=T_A,
        T_B=T_B,
        T_C=np.where(rng.random(SIZE) < 0.1, 0.0, T_C),
        **rates,
    )


@cache
def family(*restrictions: Callable[[Ensemble], Ensemble]) -> Ensemble:
    """Return `general` with some restrictions applied, solved once for all claims.

    Examples
    --------
    >>> family(equal_common, resonant) is family(equal_common, resonant)
    True
    """
    found = general()
    for restriction in restrictions:
        found = restriction(found)
    return found


def part(ensemble: Ensemble) -> Ensemble:
    """Return the first 30 000 machines: enough for each of many cases beyond the paper's scope.

    Examples
    --------
    >>> part(general()).shape
    (30000,)
    """
    return ensemble.take(slice(0, PART))


def equal_common(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with Γ_C^(B) set to Γ_C^(A).

    Examples
    --------
    >>> e = equal_common(general())
    >>> bool(np.all(e.Gamma_CA == e.Gamma_CB))
    True
    """
    return ensemble.with_(Gamma_CB=ensemble.Gamma_CA)


def equal_rates(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with all four rates 1, as in every figure of the paper.

    Examples
    --------
    >>> float(equal_rates(general()).Gamma_A)
    1.0
    """
    return ensemble.with_(**dict.fromkeys(RATES, 1.0))


def resonant(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble at resonance, Ω/ε and T/Ω kept.

    Examples
    --------
    >>> float(resonant(general()).epsilon_A)
    20.0
    """
    share = ensemble.Omega / np.sqrt(ensemble.epsilon_A * ensemble.epsilon_B)
    Omega = 20.0 * share
    unit = np.abs(Omega / ensemble.Omega)
    temperatures = {k: getattr(ensemble, k) * unit for k in ("T_A", "T_B", "T_C")}
    return ensemble.with_(epsilon_A=20.0, epsilon_B=20.0, Omega=Omega, **temperatures)


def equilibrium(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with T_B set to T_A, T_C / T kept.

    Examples
    --------
    >>> e = equilibrium(general())
    >>> bool(np.all(e.T_A == e.T_B))
    True
    """
    change = np.sqrt(ensemble.T_A / ensemble.T_B)
    return ensemble.with_(T_B=ensemble.T_A, T_C=ensemble.T_C * change)


def negative_exchange(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with Ω < 0.

    Examples
    --------
    >>> bool(np.all(negative_exchange(general()).Omega < 0))
    True
    """
    return ensemble.with_(Omega=-np.abs(ensemble.Omega))


def dephased(ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with γ log-uniform from 1e-3 to 1, in units of a typical rate.

    Examples
    --------
    >>> bool(np.all(dephased(general()).gamma > 0))
    True
    """
    gamma = _log_uniform(np.random.default_rng(SEED + 1), 1e-3, 1.0)
    return ensemble.with_(gamma=gamma[: ensemble.shape[0]])


@cache
def thermalised() -> Ensemble:
    """Machines with T_A ≠ T_B whose two effective temperatures of Eq. (19) are equal, Ω > 0.

    Drawn without a root: T_A, T_B, T_eff and ω₁, ω₂ fix R_A's share of both rates of Eq. (20),
    and the shares fix Γ_A/Γ_B and θ. T_eff is `effective_temperatures`.

    Examples
    --------
    >>> T = thermalised().effective_temperatures
    >>> bool(np.allclose(T[:, 0], T[:, 1], rtol=1e-9))
    True
    """
    rng = np.random.default_rng(SEED + 2)
    low = rng.uniform(0.5, 19.0, SIZE)
    omega = np.stack([low, 40.0 - low])
    half = (omega[1] - omega[0]) / 2
    T_A, T_B = (half * _log_uniform(rng, 0.1, 3.0) for _ in range(2))
    T = T_A + (T_B - T_A) * rng.uniform(0.02, 0.98, SIZE)
    n, n_A, n_B = (1.0 / np.expm1(np.minimum(omega / t, 700.0)) for t in (T, T_A, T_B))
    odds = np.abs((n - n_B) / (n_A - n))
    theta = 2.0 * np.arctan((odds[0] / odds[1]) ** 0.25)
    common = _log_uniform(rng, 0.1, 10.0)
    return Ensemble.of(
        epsilon_A=20.0 + half * np.cos(theta),
        epsilon_B=20.0 - half * np.cos(theta),
        Omega=half * np.sin(theta),
        T_A=T_A,
        T_B=T_B,
        T_C=np.where(rng.random(SIZE) < 0.1, 0.0, T * _log_uniform(rng, 0.05, 5.0)),
        Gamma_A=np.sqrt(odds[0] * odds[1]),
        Gamma_CA=common,
        Gamma_CB=common,
    )


def fig_2(T: ArrayLike, T_C: ArrayLike) -> Ensemble:
    """Return the machines of Fig. 2: ε = 20Γ, Ω = 10Γ.

    Examples
    --------
    >>> round(float(fig_2(5.0, 1.0).concurrence), 4)
    0.0993
    """
    return Ensemble.of(epsilon_A=20, epsilon_B=20, Omega=10, T_A=T, T_B=T, T_C=T_C)


def fig_3(T: ArrayLike, T_C: ArrayLike) -> Ensemble:
    """Return the machines of Fig. 3: ε = 20Γ, Ω = 6Γ.

    Examples
    --------
    >>> bool(fig_3(5.0, 1.0).solved.Q_C < 0)
    True
    """
    return fig_2(T, T_C).with_(Omega=6.0)


def fig_4(detuning: ArrayLike, T_A: ArrayLike) -> Ensemble:
    """Return the machines of Figs. 4 and 5: ε_m = 20Γ, Ω = 6Γ, T_B = 8Γ, with R_C at T_C = 0.

    Examples
    --------
    >>> fig_4(0.95, 5.0).effective_temperatures.round(3)
    array([6.741, 6.74 ])
    """
    half = np.asarray(detuning, float) / 2
    return Ensemble.of(epsilon_A=20.0 + half, epsilon_B=20.0 - half, Omega=6, T_A=T_A, T_B=8, T_C=0)


def fig_7(T: ArrayLike, T_C: ArrayLike, Omega: ArrayLike = 0.7, rate: float = 0.01) -> Ensemble:
    """Return the machines of Fig. 7: ε = 1 GHz, all rates `rate`, γ = 3.5e-5 GHz as in Eq. (21).

    Examples
    --------
    >>> round(float(fig_7(0.4, 0.1).concurrence), 3)
    0.243
    """
    base = Ensemble.of(epsilon_A=1, epsilon_B=1, Omega=Omega, T_A=T, T_B=T, T_C=T_C, gamma=3.5e-5)
    return base.with_(**dict.fromkeys(RATES, rate))
