r"""Entropy, entropy production and effective temperatures, as pure functions.

Q_ν > 0 leaves reservoir ν and enters the machine (Eq. (18) of [Man]). Dephasing counts as a
reservoir at T = ∞: it exchanges energy and no entropy.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from entherm.modes import Modes
from entherm.parameters import Array


def entropy_of_spectra(p: Array) -> Array:
    """Return −Σ p ln p of eigenvalues of density matrices, shape (..., n).

    Those below zero, by rounding or under an equation that is not positive, count none.

    Examples
    --------
    >>> bool(np.isclose(entropy_of_spectra(np.array([0.5, 0.5, -1e-17])), np.log(2.0)))
    True
    """
    p = np.maximum(p, 0.0)
    return np.asarray(-(p * np.log(np.where(p > 0.0, p, 1.0))).sum(-1) + 0.0)


def entropy_production(
    heat: Mapping[str, ArrayLike], temperature: Mapping[str, ArrayLike]
) -> Array:
    r"""Rate of entropy production in the steady state.

    .. math:: \sigma = -\sum_\nu Q_\nu / T_\nu

    A reservoir at T = 0 makes it +∞ when heat enters it, and contributes nothing when its current
    is exactly zero.

    Parameters
    ----------
    heat : mapping of str to array_like
        Q_ν of each reservoir.
    temperature : mapping of str to array_like
        T_ν of each reservoir.

    Returns
    -------
    ndarray
        Broadcast over all arguments; >= 0 up to rounding.

    Examples
    --------
    >>> float(entropy_production({"hot": 2.0, "cold": -2.0}, {"hot": 2.0, "cold": 1.0}))
    1.0
    >>> float(entropy_production({"hot": 2.0, "cold": -2.0}, {"hot": 2.0, "cold": 0.0}))
    inf
    """
    total: Array = np.asarray(0.0)
    for name, current in heat.items():
        q, t = np.asarray(current, float), np.asarray(temperature[name], float)
        with np.errstate(over="ignore"):
            finite = q / np.where(t == 0.0, 1.0, t)
        at_zero = np.where(q == 0.0, 0.0, np.copysign(np.inf, q))
        total = total - np.where(t == 0.0, at_zero, finite)
    return np.asarray(total)


def entropy_of_quanta(given: ArrayLike, bath: Modes) -> Array:
    r"""Entropy production of a reservoir that is known by its occupation n, not a temperature.

    .. math:: \sigma = -J_N \ln\frac{n + 1}{n} \quad\text{or}\quad -J_N \ln\frac{1 - F}{F}

    Parameters
    ----------
    given : array_like
        Quanta per time that it gives.
    bath : Modes
        With its occupation.

    Examples
    --------
    >>> from entherm import Reservoir
    >>> noise = Reservoir("R", couplings={"A": 1.0}, occupation=1.0)
    >>> round(float(entropy_of_quanta(-1.0, noise) / np.log(2.0)), 12)
    1.0
    """
    current = np.asarray(given, float)
    full = np.asarray(bath.filling(1.0))
    empty = 1.0 - full if bath.statistics == "fermi" else 1.0 + full
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(empty) - np.log(full)
        return np.asarray(np.where(current == 0.0, 0.0, -current * ratio))


def effective_temperature(omega: ArrayLike, upper: ArrayLike, excess: ArrayLike) -> Array:
    r"""Temperature at which a transition of frequency ω would have this ratio.

    .. math:: T_{\mathrm{eff}} = \frac{\omega}{\ln(\mathrm{lower} / \mathrm{upper})}
        = \frac{\omega}{\mathrm{log1p}(\mathrm{excess} / \mathrm{upper})}

    Parameters
    ----------
    omega : array_like
        Bohr frequency.
    upper : array_like
        Rate up Γ⁺, or population of the upper level.
    excess : array_like
        Γ⁻ − Γ⁺, or lower minus upper population; given apart, because for rates it is known
        without subtraction.

    Returns
    -------
    ndarray
        Negative for an inversion, ±inf at equality, 0 where `upper` vanishes, NaN where both do.

    References
    ----------
    [Man] Eq. (19).

    Examples
    --------
    >>> round(float(effective_temperature(10.0, np.exp(-2.0), 1.0 - np.exp(-2.0))), 12)
    5.0
    """
    up, more = np.asarray(upper, float), np.asarray(excess, float)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(np.asarray(omega, float) / np.log1p(more / up))
