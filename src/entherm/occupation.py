r"""Thermal occupation: of modes by Bose–Einstein and Fermi–Dirac, of levels by Gibbs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from entherm.checks import real_numbers
from entherm.elementary import both_exponentials, exponential, exponential_less_one
from entherm.parameters import Array, as_array, chosen, require


def bose_einstein(omega: ArrayLike, temperature: ArrayLike) -> Array:
    r"""Return the Bose–Einstein occupation of a mode.

    .. math:: \bar n(\omega) = \frac{1}{e^{\omega/T} - 1} = \frac{e^{-x}}{-\mathrm{expm1}(-x)},
        \quad x = \omega / T.

    The second form keeps full relative precision at both ends, and is 0 at T = 0.

    Parameters
    ----------
    omega : array_like, shape (...)
        Transition frequency, > 0 (less a chemical potential).
    temperature : array_like, shape (...)
        Temperature in the same unit (ħ = k_B = 1), >= 0.

    Returns
    -------
    ndarray, shape (...)
        The occupation; `omega` and `temperature` broadcast.

    References
    ----------
    [Man] Eq. (11).

    Examples
    --------
    >>> bool(np.isclose(bose_einstein(10.0, 5.0), 1 / np.expm1(2.0)))
    True
    >>> float(bose_einstein(10.0, 0.0))
    0.0
    """
    return thermal_factors(*_checked(omega, temperature))[1]


def thermal_factors(omega: Array, temperature: Array) -> tuple[Array, Array]:
    """Return n̄(ω) + 1 and n̄(ω) of numbers known to be good, neither from the other by a sum.

    Examples
    --------
    >>> [float(n) for n in thermal_factors(np.asarray(10.0), np.asarray(0.0))]
    [1.0, 0.0]
    """
    whole, less_one = both_exponentials(-_reduced(omega, temperature))
    above = as_array(-1.0 / less_one)
    return above, as_array(whole * above)


def stimulated(omega: ArrayLike, temperature: ArrayLike) -> Array:
    """Return n̄(ω) + 1 = 1/(1 − e^{−ω/T}), 1 at T = 0.

    Examples
    --------
    >>> float(stimulated(10.0, 0.0))
    1.0
    """
    omega, temperature = _checked(omega, temperature)
    return as_array(-1.0 / exponential_less_one(-_reduced(omega, temperature)))


def fermi_dirac(omega: ArrayLike, temperature: ArrayLike) -> Array:
    r"""Return the Fermi–Dirac occupation F = 1/(e^{ω/T} + 1), `omega` less the chemical potential.

    A negative temperature is an inverted reservoir; at T = 0 it is a step, 1/2 at ω = 0.

    Examples
    --------
    >>> float(fermi_dirac(0.0, 1.0)), float(fermi_dirac(1.0, 0.0)), float(fermi_dirac(-1.0, 0.0))
    (0.5, 0.0, 1.0)
    """
    omega, temperature = real_numbers(omega, "omega"), real_numbers(temperature, "temperature")
    x = np.where(omega == 0.0, 0.0, _reduced(omega, temperature))
    small = exponential(-np.abs(x))
    return as_array(np.where(x > 0.0, small, 1.0) / (1.0 + small))


def gibbs(energies: tuple[Array, ...], temperature: Array) -> tuple[Array, ...]:
    """Return exp(−E/T)/Z over given levels; the ground states alone at T = 0.

    Examples
    --------
    >>> [float(p) for p in gibbs((np.asarray(1.0), np.asarray(0.0)), np.asarray(1e9))]
    [0.5, 0.5]
    """
    lowest = np.min(np.broadcast_arrays(*energies), axis=0)
    cold = temperature == 0.0
    scale = np.where(cold, 1.0, temperature)
    weights = []
    for energy in energies:
        height = energy - lowest
        with np.errstate(over="ignore"):
            weights.append(np.where(cold, height == 0.0, exponential(-height / scale)))
    total = sum(weights)
    return tuple(as_array(w / total) for w in weights)


def _checked(omega: ArrayLike, temperature: ArrayLike) -> tuple[Array, Array]:
    omega, temperature = real_numbers(omega, "omega"), real_numbers(temperature, "temperature")
    require(omega > 0.0, omega, "omega", "be > 0", "bosons have no mode at or below zero")
    require(temperature >= 0.0, temperature, "temperature", "be >= 0", "T = 0 is allowed")
    return omega, temperature


def _reduced(omega: Array, temperature: Array) -> Array:
    # The guard keeps T = 0 out of the division, so that a derivative through here stays finite.
    cold = temperature == 0.0
    with np.errstate(over="ignore"):
        limit = np.copysign(np.inf, omega)
        return as_array(chosen(cold, limit, omega / chosen(cold, 1.0, temperature)))
