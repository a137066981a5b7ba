"""The numbers behind Figs. 6 and 7 of the paper: the circuit, in GHz throughout (ħ = k_B = 1).

Frequencies, rates and temperatures, γ too, are all taken in the one unit in which the paper prints
them; whether its GHz are cyclic or angular does not matter then, because only ratios enter C. A
machine file with cyclic frequencies takes γ as a rate without 2π, which makes γ/Γ smaller by 2π.

Fig. 7(c) compares the largest C out of equilibrium with the largest "in equilibrium", and the paper
does not say whether R_C is there in equilibrium. Nor does its γ, set to a coherence's decay rate,
agree with its Eq. (21), under which a coherence decays at 2γ. All four readings are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from entherm.machine import Machine
from entherm.paper.figure_data import Variable, concurrence_of, dataset, labelled
from entherm.parameters import Array
from entherm.two_qubit import two_qubit_machine

if TYPE_CHECKING:
    import xarray as xr

EPSILON, OMEGA = 1.0, 0.7
RATES = (0.01, 1e-4)  # 10 MHz, 0.1 MHz
DEPHASING = 3.5e-5  # 0.035 MHz
T_LARGEST, T_C_LARGEST = 1.5, 1.2
# Optima are sought from here on: below 2 ε / 700 populations leave the range of a double, and C
# comes out as 1e-160 where it is 0.
T_SMALLEST = 0.01
EQUILIBRIA = ("RC at T_C = T", "without RC")
CONVENTIONS = ("Eq. (21) as printed", "coherence decays at gamma")
# Each round keeps a cell to both sides of the best point, so the last steps are 1.5 / (30 · 15⁴).
GRID_POINTS, ROUNDS = 31, 5


def circuit(
    T: ArrayLike,
    T_C: ArrayLike,
    Omega: ArrayLike = OMEGA,
    Gamma: ArrayLike = RATES[0],
    gamma: ArrayLike = DEPHASING,
) -> Machine:
    """Return the machine of Sec. IV, all in GHz; left out, the numbers of Fig. 7(a).

    Examples
    --------
    >>> round(float(concurrence_of(circuit(0.38, 0.0))), 4)
    0.2444
    """
    return two_qubit_machine(
        EPSILON,
        EPSILON,
        Omega,
        T_A=T,
        T_B=T,
        T_C=T_C,
        Gamma_A=Gamma,
        Gamma_B=Gamma,
        Gamma_CA=Gamma,
        Gamma_CB=Gamma,
        gamma=gamma,
    )


def fig6() -> xr.Dataset:
    """The circuit: one point of Fig. 7(a), as attributes only.

    Examples
    --------
    >>> fig6().attrs["unit"]
    'GHz, with hbar = k_B = 1'
    """
    return dataset("Fig. 6", circuit(0.4, 0.1), "GHz", {}, {})


def fig7() -> xr.Dataset:
    """C, its gain and its relative gain over T and T_C; the largest C against Ω.

    Examples
    --------
    >>> fig7().ratio.dims
    ('equilibrium', 'convention', 'Gamma', 'Omega')
    """
    T, T_C = np.linspace(0.0, T_LARGEST, 301), np.linspace(0.0, T_C_LARGEST, 241)
    machine = circuit(T, T_C[:, None])
    C, C_AB = concurrence_of(machine), concurrence_of(machine.without("RC"))
    gain = C - C_AB
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(C_AB > 0.0, gain / C_AB, np.nan)
    plane = ("T_C", "T")
    optima, optima_coords = _optima()
    data = {
        "C_ABC": labelled(plane, C, "C", "concurrence with RC"),
        "C_AB": labelled("T", C_AB, "C_{AB}", "concurrence without RC"),
        "delta_C": labelled(plane, gain, r"\Delta C", "gain of concurrence"),
        "relative_gain": labelled(
            plane, relative, r"\Delta C/C_{AB}", "relative gain; NaN where C_AB = 0"
        ),
    } | optima
    coords = {
        "T": labelled("T", T, "T", "temperature of RA and RB", "GHz"),
        "T_C": labelled("T_C", T_C, "T_C", "temperature of RC", "GHz"),
    } | optima_coords
    return dataset("Fig. 7", machine, "GHz", data, coords)


def _optima() -> tuple[dict[str, Variable], dict[str, Variable]]:
    Omega = np.linspace(0.05, 0.95, 91)
    rates = np.array(RATES)[:, None]
    gamma = np.array([DEPHASING, DEPHASING / 2])[:, None, None]

    def driven(T: Array, T_C: Array) -> Array:
        return concurrence_of(circuit(T, T_C, Omega, rates, gamma))

    def equal(T: Array, _: Array) -> Array:
        return concurrence_of(circuit(T, T, Omega, rates, gamma))

    def without(T: Array, _: Array) -> Array:
        return concurrence_of(circuit(T, 1.0, Omega, rates, gamma).without("RC"))

    shape = (2, len(RATES), Omega.size)
    heated = (T_SMALLEST, T_LARGEST)
    C_neq, T_neq, T_C_neq = largest(driven, shape, heated, (0.0, T_C_LARGEST))
    equilibria = [largest(function, shape, heated, (0.0, 0.0)) for function in (equal, without)]
    C_eq, T_eq = (np.stack([found[k] for found in equilibria]) for k in (0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(C_eq > 0.0, C_neq / C_eq, np.nan)
    dims = ("convention", "Gamma", "Omega")
    all_dims = ("equilibrium", *dims)
    data = {
        "C_neq": labelled(dims, C_neq, r"C_{\rm neq}", "largest concurrence over T and T_C"),
        "T_neq": labelled(dims, T_neq, "T", "T of the largest concurrence", "GHz"),
        "T_C_neq": labelled(dims, T_C_neq, "T_C", "T_C of the largest concurrence", "GHz"),
        "C_eq": labelled(all_dims, C_eq, r"C_{\rm eq}", "largest concurrence over T"),
        "T_eq": labelled(all_dims, T_eq, "T", "T of the largest concurrence", "GHz"),
        "ratio": labelled(
            all_dims, ratio, r"C_{\rm neq}/C_{\rm eq}", "improvement; NaN where C_eq = 0"
        ),
        "difference": labelled(
            all_dims, C_neq - C_eq, r"C_{\rm neq}-C_{\rm eq}", "improvement as a difference"
        ),
    }
    coords = {
        "Omega": labelled("Omega", Omega, r"\Omega", "exchange strength", "GHz"),
        "Gamma": labelled("Gamma", np.array(RATES), r"\Gamma", "rate of every coupling", "GHz"),
        "gamma": labelled("convention", gamma.ravel(), r"\gamma", "gamma of Eq. (21)", "GHz"),
        "convention": labelled("convention", list(CONVENTIONS), "", "meaning of gamma"),
        "equilibrium": labelled("equilibrium", list(EQUILIBRIA), "", "meaning of equilibrium"),
    }
    return data, coords


def largest(
    function: Callable[[Array, Array], Array],
    shape: tuple[int, ...],
    first: tuple[float, float],
    second: tuple[float, float],
) -> tuple[Array, Array, Array]:
    """Maximise a function of two variables within bounds, for a family of problems at once.

    A grid, then finer grids around its best point. A maximum on an edge is found as well as one
    inside, which a method that follows the slope cannot promise: C is 0 on half of the plane.

    Parameters
    ----------
    function : callable
        Of two arrays that broadcast against `shape`, to an array of their common shape.
    shape : tuple of int
        Shape of the family.
    first, second : tuple of float
        Bounds of the two variables; equal bounds fix one.

    Returns
    -------
    tuple of ndarray
        The maximum and both arguments, each of `shape`.

    Examples
    --------
    >>> best = largest(lambda x, y: -((x - 0.3) ** 2) - y, (1,), (0.0, 1.0), (0.0, 1.0))
    >>> [abs(round(float(value[0]), 4)) for value in best]
    [0.0, 0.3, 0.0]
    """
    bounds = np.array([first, second])
    counts = [GRID_POINTS if low < high else 1 for low, high in bounds]
    low, high = (np.multiply.outer(bounds[:, end], np.ones(shape)) for end in (0, 1))
    for _ in range(ROUNDS):
        x, y = (np.linspace(low[k], high[k], counts[k]) for k in (0, 1))
        values = function(x[:, None], y[None]).reshape(-1, *shape)
        best = values.argmax(0)[None]
        i, j = np.divmod(best, counts[1])
        at = np.stack([np.take_along_axis(grid, k, 0)[0] for grid, k in ((x, i), (y, j))])
        step = (high - low) / (GRID_POINTS - 1)
        edges = bounds.T.reshape(2, 2, *(1 for _ in shape))
        low, high = np.maximum(at - step, edges[0]), np.minimum(at + step, edges[1])
    return np.take_along_axis(values, best, 0)[0], at[0], at[1]
