"""Steady state of the paper's machine in closed form, every population to full relative accuracy.

Our own derivation (docs/physics.md §2), not the paper's. The dissipators of Eqs. (9)-(14) never mix
populations and coherences of the eigenbasis, so without dephasing the populations obey a rate
equation on the ring 1-2-4-3-1, whose steady state the Markov-chain tree theorem writes as a sum of
products of rates. Eq. (21) ties the populations to lambda_23 only; eliminating it leaves a fifth
edge 2-3. Nothing is ever subtracted, so nothing cancels: the oracle where Eq. (8) solved as a
linear system runs out of digits. NumPy and `equations` only.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from entherm.paper import equations as eq
from entherm.paper.equations import Matrix, Parameters, RealArray

# The ring's edges as (upper, lower) level, in the order of every array over edges below.
EDGES = ((1, 2), (3, 4), (1, 3), (2, 4))
RESERVOIRS = ("RA", "RB", "RC")
# A sum of amplitudes below this fraction of its terms is zero: sin and cos of pi/4 differ by 1e-16,
# and the dark state that they describe is exact.
DARK = 1e-13


class Rates(NamedTuple):
    """Probability per unit time down and up each edge, (3, 4): reservoirs RA, RB, RC by EDGES."""

    down: RealArray
    up: RealArray


def _amplitude(first: float, second: float) -> float:
    total = first + second
    return 0.0 if abs(total) <= DARK * (abs(first) + abs(second)) else total


def edge_frequencies(parameters: Parameters) -> RealArray:
    """Bohr frequency of each edge, (4,): omega_1 on 12 and 34, omega_2 on 13 and 24.

    Source: [Man] Sec. II, after Eq. (6).
    Superseded by: entherm.bohr

    >>> edge_frequencies(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0)).tolist()
    [10.0, 10.0, 30.0, 30.0]
    """
    low, high = eq.omega_1(parameters), eq.omega_2(parameters)
    return np.array([low, low, high, high])


def edge_weights(parameters: Parameters) -> RealArray:
    """Rate Gamma |<lower|V|upper>|^2 of each reservoir on each edge, (3, 4).

    With s, c = sin, cos(theta/2): R_A has ``Gamma_A s^2`` at omega_1 and ``Gamma_A c^2`` at
    omega_2, R_B the reverse, and R_C the square of a sum of amplitudes, as
    ``(sqrt(Gamma_CB) c - sqrt(Gamma_CA) s)^2`` on edge 34.

    Source: docs/physics.md §2; follows from [Man] Eqs. (7), (9)-(14).
    Superseded by: entherm.equations

    >>> edge_weights(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0))[2].round(12).tolist()
    [2.0, 0.0, 0.0, 2.0]
    """
    theta = eq.mixing_angle(parameters)
    s, c = math.sin(theta / 2), math.cos(theta / 2)
    a, b = math.sqrt(parameters.Gamma_CA), math.sqrt(parameters.Gamma_CB)
    common = [
        _amplitude(a * s, b * c),
        _amplitude(b * c, -a * s),
        _amplitude(a * c, -b * s),
        _amplitude(a * c, b * s),
    ]
    return np.array(
        [
            parameters.Gamma_A * np.array([s * s, s * s, c * c, c * c]),
            parameters.Gamma_B * np.array([c * c, c * c, s * s, s * s]),
            np.square(common),
        ]
    )


def transition_rates(parameters: Parameters) -> Rates:
    """Rates of each reservoir on each edge: ``down = 2 w (n + 1)``, ``up = 2 w n``.

    Source: docs/physics.md §2; the 2 is that of [Man] Eqs. (9)-(14).
    Superseded by: entherm.equations

    >>> transition_rates(Parameters(20.0, 20.0, 10.0, 0.0, 0.0, 0.0)).up.any()
    np.False_
    """
    omega = edge_frequencies(parameters)
    temperatures = (parameters.T_A, parameters.T_B, parameters.T_C)
    n_bar = np.array([[eq.eq_11_occupation(w, T) for w in omega] for T in temperatures])
    weights = edge_weights(parameters)
    return Rates(2 * weights * (n_bar + 1), 2 * weights * n_bar)


class CoherenceElimination(NamedTuple):
    """What is left of lambda_23: the rate of edge 2-3 and lambda_23 / (p_2 - p_3)."""

    rate: float
    coherence: complex


def eliminate_coherence(parameters: Parameters) -> CoherenceElimination:
    """The fifth edge that Eq. (21) adds to the ring, and the coherence that goes with it.

    ``rate = 2 gamma sin^2(theta) K / (4 gamma cos^2(theta) + K)``, ``K = kappa +
    delta^2 / (4 gamma + kappa)``, ``delta = omega_2 - omega_1``, ``kappa = 1/2 (u12 + d24 + u13 +
    d34)``; ``lambda_23 = (x - i y) / 2`` with ``x = -4 gamma sin(theta) cos(theta) (p_2 - p_3) /
    (4 gamma cos^2(theta) + K)`` and ``y = delta x / (4 gamma + kappa)``.

    Source: docs/physics.md §2; exact for [Man] Eqs. (8) and (21) together.
    Superseded by: entherm.elimination

    >>> eliminate_coherence(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0, gamma=0.1)).rate
    0.2
    """
    gamma, Omega = parameters.gamma, parameters.Omega
    if gamma == 0 or Omega == 0:
        return CoherenceElimination(0.0, 0j)
    detuning = parameters.epsilon_A - parameters.epsilon_B
    # The sides of theta's triangle give omega_2 - omega_1 without a difference, and cos = 0 exactly
    # at resonance.
    delta = math.hypot(detuning, 2 * Omega)
    sine, cosine = 2 * Omega / delta, detuning / delta
    down, up = (rates.sum(axis=0) for rates in transition_rates(parameters))
    kappa = float(up[0] + down[3] + up[2] + down[1]) / 2
    width = 4 * gamma + kappa
    K = kappa + delta**2 / width
    denominator = 4 * gamma * cosine**2 + K
    half_x = -2 * gamma * sine * cosine / denominator
    rate = 2 * gamma * sine**2 * K / denominator
    return CoherenceElimination(rate, complex(half_x, -half_x * delta / width))


def closed_form_populations(parameters: Parameters) -> RealArray:
    """Steady-state populations of the levels lambda_1..lambda_4, (4,), without any subtraction.

    Each is a sum over the spanning trees of the ring rooted at its level, plus, with dephasing,
    over those that use the edge 2-3; then all are divided by their sum.

    Raises
    ------
    ValueError
        If no tree is left, as with R_C alone on a resonant machine: no unique steady state.

    Source: docs/physics.md §2.
    Superseded by: entherm.elimination

    >>> machine = Parameters(20.0, 20.0, 10.0, T_A=2.0, T_B=2.0, T_C=1.0)
    >>> closed_form_populations(machine)[:2]
    array([6.85511634e-10, 1.01739009e-07])
    """
    down, up = (rates.sum(axis=0) for rates in transition_rates(parameters))
    # Only ratios of rates matter; in units of the largest, their products do not underflow.
    scale = max(float(down.max()), np.finfo(float).tiny)
    d12, d34, d13, d24 = (down / scale).tolist()
    u12, u34, u13, u24 = (up / scale).tolist()
    w = eliminate_coherence(parameters).rate / scale
    p_1 = d24 * u34 * u13 + u12 * u34 * u13 + u24 * u12 * u13 + d34 * u24 * u12
    p_2 = d13 * d34 * u24 + u34 * u13 * d12 + u13 * d12 * u24 + d34 * u24 * d12
    p_3 = d24 * u34 * d13 + u12 * d13 * u34 + u24 * u12 * d13 + d12 * d24 * u34
    p_4 = d13 * d34 * d24 + u12 * d13 * d34 + u13 * d12 * d24 + d12 * d24 * d34
    p_1 += w * (u24 + u34) * (u12 + u13)
    p_2 += w * (d12 + d13) * (u24 + u34)
    p_3 += w * (d12 + d13) * (u24 + u34)
    p_4 += w * (d12 + d13) * (d24 + d34)
    total = p_1 + p_2 + p_3 + p_4
    if total == 0:
        raise ValueError(
            "the steady state is not unique: no spanning tree of the four levels has a rate; "
            "couple every level to a reservoir"
        )
    return np.array([p_1 / total, p_2 / total, p_3 / total, p_4 / total])


def closed_form_lambda_23(parameters: Parameters) -> complex:
    """Steady-state coherence between lambda_2 and lambda_3; 0 without dephasing or detuning.

    Source: docs/physics.md §2.
    Superseded by: entherm.elimination

    >>> abs(closed_form_lambda_23(Parameters(22.0, 18.0, 6.0, 6.0, 6.0, 2.0, gamma=0.0)))
    0.0
    """
    _, p_2, p_3, _ = map(float, closed_form_populations(parameters))
    return eliminate_coherence(parameters).coherence * (p_2 - p_3)


def closed_form_state(parameters: Parameters) -> Matrix:
    """Steady state in the bare basis, (4, 4): the closed form through Eqs. (15) and (16).

    Source: docs/physics.md §1.6 and 2.
    Superseded by: entherm.steady_state

    >>> p = Parameters(22.0, 18.0, 6.0, T_A=6.0, T_B=6.0, T_C=2.0, gamma=0.5)
    >>> bool(np.allclose(closed_form_state(p), eq.steady_state(p), atol=1e-13))
    True
    """
    theta = eq.mixing_angle(parameters)
    coherence = closed_form_lambda_23(parameters)
    elements = eq.eq_15_with_coherence(closed_form_populations(parameters), coherence, theta)
    return eq.eq_16_density_matrix(elements)


def closed_form_concurrence(parameters: Parameters) -> float:
    """Steady-state concurrence, Eq. (17) of the closed form.

    Source: [Man] Eq. (17), docs/physics.md §2.
    Superseded by: entherm.entanglement

    >>> round(closed_form_concurrence(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 1.0)), 12)
    0.09930434204
    """
    return eq.eq_17_concurrence(closed_form_state(parameters))


def closed_form_flows(parameters: Parameters) -> dict[str, tuple[RealArray, RealArray]]:
    """One-way heat flows (into the system, out of it) of each reservoir, one entry per edge.

    Up an edge flows ``omega up p_lower``, down it ``omega down p_upper``; dephasing has the one
    edge 2-3. They measure what a current may lose by cancellation (docs/physics.md §4).

    Source: docs/physics.md §2.
    Superseded by: entherm.thermodynamics.entropy

    >>> flows = closed_form_flows(Parameters(20.0, 20.0, 10.0, 5.0, 5.0, 5.0))
    >>> bool(np.allclose(*flows["RA"], rtol=1e-14))  # detailed balance
    True
    """
    p = closed_form_populations(parameters)
    omega = edge_frequencies(parameters)
    down, up = transition_rates(parameters)
    lower = np.array([p[low - 1] for _, low in EDGES])
    upper = np.array([p[high - 1] for high, _ in EDGES])
    flows = {
        name: (omega * up[nu] * lower, omega * down[nu] * upper)
        for nu, name in enumerate(RESERVOIRS)
    }
    power = eliminate_coherence(parameters).rate * (omega[2] - omega[0])
    flows["dephasing"] = (power * p[2:3], power * p[1:2])
    return flows


def closed_form_heat_currents(parameters: Parameters) -> dict[str, float]:
    """Eq. (18) for the closed form: one current each for RA, RB, RC and dephasing.

    The difference of the one-way flows, so accurate to eps times the largest of them.

    Source: [Man] Eq. (18), docs/physics.md §2; the edge 2-3 carries ``rate (omega_2 - omega_1)
    (p_3 - p_2)``.
    Superseded by: entherm.thermodynamics.entropy

    >>> p = Parameters(20.0, 20.0, 10.0, T_A=6.0, T_B=6.0, T_C=1.0)
    >>> round(closed_form_heat_currents(p)["RC"], 12)
    -0.269988250271
    """
    return {
        name: math.fsum([*inward.tolist(), *(-outward).tolist()])
        for name, (inward, outward) in closed_form_flows(parameters).items()
    }
