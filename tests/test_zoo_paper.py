"""Landmark of the paper's own machine."""

from __future__ import annotations

import math

import numpy as np
import pytest

import entherm as et
from entherm import zoo


def ring(omega: tuple[float, float], T: float, T_C: float, rate_C: float) -> np.ndarray:
    """Populations p₁..p₄ of the four-level ring at resonance, by the Markov-chain tree theorem.

    The levels |11⟩, (|10⟩ ± |01⟩)/√2, |00⟩ form a ring of four edges; an edge of frequency ω has
    the downward rate 2 Σ_ν w_ν (n̄_ν + 1) and the upward rate 2 Σ_ν w_ν n̄_ν. With θ = π/2 and all
    Γ = 1 the weights w are ½ + ½ for the two reservoirs of one qubit each, and for the common one
    (1/√2 ± 1/√2)² = 2 on the edges 1-2 and 2-4, 0 on 1-3 and 3-4: the singlet is dark to it. The
    population of a level is the sum over spanning trees that lead to it of the product of rates.
    """
    w1, w2 = omega
    edges = {"12": (w1, 2.0), "34": (w1, 0.0), "13": (w2, 0.0), "24": (w2, 2.0)}
    d, u = {}, {}
    for edge, (w, bright) in edges.items():
        n, n_C = 1.0 / math.expm1(w / T), 1.0 / math.expm1(w / T_C)
        d[edge] = 2.0 * ((n + 1.0) + rate_C * bright * (n_C + 1.0))
        u[edge] = 2.0 * (n + rate_C * bright * n_C)
    p1 = (
        d["24"] * u["34"] * u["13"]
        + u["12"] * u["34"] * u["13"]
        + u["24"] * u["12"] * u["13"]
        + d["34"] * u["24"] * u["12"]
    )
    p2 = (
        d["13"] * d["34"] * u["24"]
        + u["34"] * u["13"] * d["12"]
        + u["13"] * d["12"] * u["24"]
        + d["34"] * u["24"] * d["12"]
    )
    p3 = (
        d["24"] * u["34"] * d["13"]
        + u["12"] * d["13"] * u["34"]
        + u["24"] * u["12"] * d["13"]
        + d["12"] * d["24"] * u["34"]
    )
    p4 = (
        d["13"] * d["34"] * d["24"]
        + u["12"] * d["13"] * d["34"]
        + u["13"] * d["12"] * d["24"]
        + d["12"] * d["24"] * d["34"]
    )
    p = np.array([p1, p2, p3, p4])
    return p / p.sum()


def entangled(p: np.ndarray) -> float:
    """C of an X state whose only coherence is (p₂ − p₃)/2, that between |10⟩ and |01⟩."""
    return max(0.0, abs(p[1] - p[2]) - 2.0 * math.sqrt(p[0] * p[3]))


def test_man_2019() -> None:
    """C along T_C, with and without the common reservoir, from the ring solved in closed form.

    Derivation in `ring` and `entangled`. At T_C = T every n̄ is the same, the ring is in
    equilibrium and its populations do not depend on the rates: C is that without the reservoir.
    Below, C is larger and heat flows into it: (Q_C of the ring) = Σ ω (d p_up − u p_down).
    """
    found = zoo.entry("man_2019")
    T_C = np.array([0.05, 1.0, 3.0, 5.0, 6.0])
    machine = found.machine.replace({"reservoirs.RC.temperature": T_C})
    state = et.steady_state(machine, found.equation)
    omega = (10.0, 30.0)  # ε ∓ Ω
    expected = [ring(omega, 5.0, t, 1.0) for t in T_C]
    # A sum of products of positive numbers: both sides hold to rounding.
    np.testing.assert_allclose(
        state.concurrence("A", "B"), [entangled(p) for p in expected], rtol=1e-12, atol=0.0
    )
    assert entangled(expected[1]) == pytest.approx(0.0993, abs=5e-5)

    alone = et.steady_state(found.machine.without("RC"), found.equation)
    C_0 = float(alone.concurrence("A", "B"))
    without = entangled(ring(omega, 5.0, 1.0, 0.0))
    assert without == pytest.approx(C_0, rel=1e-12)
    assert entangled(expected[3]) == pytest.approx(C_0, rel=1e-12)
    gain = np.array([entangled(p) for p in expected]) - C_0
    assert np.all(gain[:3] > 1e-3)
    assert gain[4] < -1e-3

    # The common reservoir drives the edges 1-2 and 2-4 alone, with weight 2.
    currents = []
    for t, p in zip(T_C, expected, strict=True):
        n = [1.0 / math.expm1(w / t) for w in omega]
        into_12 = 4.0 * (n[0] * p[1] - (n[0] + 1.0) * p[0])
        into_24 = 4.0 * (n[1] * p[3] - (n[1] + 1.0) * p[1])
        currents.append(omega[0] * into_12 + omega[1] * into_24)
    # At T_C = T equal flows cancel, what is left is rounding of theirs (0.1).
    np.testing.assert_allclose(state.heat_currents["RC"], currents, rtol=1e-11, atol=1e-13)
    assert max(currents[:3]) < 0.0 < currents[4]
