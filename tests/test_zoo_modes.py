"""Landmarks of the zoo's pairs whose reservoirs act on normal modes; local against global.

No oracle uses entherm: closed forms derived in the docstrings, and an integral over a transmission.
Γ is half the usual rate.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

import entherm as et
from entherm import zoo


def solved(name: str, **changes: float) -> et.SteadyState:
    """The machine of a file, with some parameters changed, under the equation of the file."""
    paths = {key.replace("__", "."): value for key, value in changes.items()}
    return et.steady_state(zoo.machine(name).replace(paths), zoo.entry(name).equation)


def bose(energy: float, temperature: float) -> float:
    return float(1.0 / np.expm1(energy / temperature))


class Modes:
    """Two exchange-coupled qubits, global equation, a reservoir each, in closed form.

    tan θ = 2 Ω/(ε_A − ε_B); modes 1, 2 have ω = mean ∓ √(Ω² + δ²/4). A drives them with weights
    sin²(θ/2), cos²(θ/2), B the other way round. Both transitions of a mode have its frequency and
    the same rates, so that ρ = product of two modes with excitation P = up/(up + down), where
    up = Σ 2 Γ w n̄(ω). In the bare basis ρ_{10,01} = sin θ (p_2 − p_3)/2 = sin θ (P_2 − P_1)/2,
    p_1 p_4 = p_2 p_3.
    """

    def __init__(self, gaps: Any, exchange: float, rates: Any, temperatures: Any) -> None:
        theta = np.arctan2(2.0 * exchange, gaps[0] - gaps[1])
        s2, c2 = np.sin(theta / 2.0) ** 2, np.cos(theta / 2.0) ** 2
        half = np.hypot(exchange, 0.5 * (gaps[0] - gaps[1]))
        self.w = np.mean(gaps) + half * np.array([-1.0, 1.0])
        n = np.array([[bose(w, T) for w in self.w] for T in temperatures])
        weights = np.array([[s2, c2], [c2, s2]]) * np.array(rates)[:, None]
        self.up, self.down = 2.0 * weights * n, 2.0 * weights * (n + 1.0)
        self.width = (self.up + self.down).sum(0)
        self.P = self.up.sum(0) / self.width
        self.theta, self.s2, self.c2 = theta, s2, c2

    @property
    def concurrence(self) -> float:
        P1, P2 = self.P
        inner = 0.5 * abs(np.sin(self.theta) * (P2 - P1))
        return float(2.0 * max(0.0, inner - np.sqrt(P1 * P2 * (1.0 - P1) * (1.0 - P2))))

    @property
    def heat(self) -> float:
        """Out of the first reservoir."""
        return float(np.sum(self.w * (self.up[0] * (1.0 - self.P) - self.down[0] * self.P)))

    @property
    def temperatures(self) -> np.ndarray:
        return np.asarray(self.w / np.log(self.down.sum(0) / self.up.sum(0)))


def test_quiroga_2007() -> None:
    """Concurrence and heat of `Modes`; alive between 0.8 and 0.2, dead at 0.8 and the other way."""
    for hot in (0.05, 0.2, 0.4, 0.8, 1.4):
        modes = Modes((1.0, 2.0), 0.4, (1e-3, 1e-3), (hot, 0.2))
        s = solved("quiroga_2007", reservoirs__hot__temperature=hot)
        np.testing.assert_allclose(s.concurrence("A", "B"), modes.concurrence, rtol=1e-11)
        np.testing.assert_allclose(s.heat_currents["hot"], modes.heat, rtol=1e-10, atol=1e-18)
    assert solved("quiroga_2007").concurrence("A", "B") > 0.069
    for hot, cold in ((0.8, 0.8), (0.2, 0.8)):
        temperatures = {"reservoirs__hot__temperature": hot, "reservoirs__cold__temperature": cold}
        assert Modes((1.0, 2.0), 0.4, (1e-3, 1e-3), (hot, cold)).concurrence == 0.0
        assert solved("quiroga_2007", **temperatures).concurrence("A", "B") == 0.0


def test_sinaysky_2008() -> None:
    """C(t) from |10⟩ = cos(θ/2) λ₂ − sin(θ/2) λ₃.

    λ₂ is mode 2 alone, λ₃ mode 1 alone. Populations: a mixture of products of two modes, each with
    P(t) = P + (P(0) − P) exp(−W t), W = up + down. ⟨λ₂|ρ|λ₃⟩ = −sin(θ/2) cos(θ/2)
    exp(−(i δω + (W_1 + W_2)/2) t), as nothing feeds it: the two transitions that end at λ₄ have
    different frequencies. Back in the bare basis, ρ_{10,01} = sc (p_2 − p_3) + c² λ_23 − s² λ_32.
    """
    modes = Modes((1.0, 0.8), 0.5, (0.01, 0.005), (0.1, 0.5))
    times = np.concatenate([np.linspace(0.0, 40.0, 81), [80.0, 90.0, 100.0, 300.0, 1e4]])
    decay = np.exp(-np.outer(times, modes.width))
    after = {k: modes.P + (k - modes.P) * decay for k in (0.0, 1.0)}
    p = np.zeros((4, len(times)))
    for weight, first, second in ((modes.c2, 0.0, 1.0), (modes.s2, 1.0, 0.0)):
        one, two = after[first][:, 0], after[second][:, 1]
        each = (one * two, (1 - one) * two, one * (1 - two), (1 - one) * (1 - two))
        p += weight * np.array(each)
    beat = 1j * (modes.w[1] - modes.w[0]) + 0.5 * modes.width.sum()
    sc = 0.5 * np.sin(modes.theta)
    inner = -sc * np.exp(-beat * times)
    coherence = sc * (p[1] - p[2]) + modes.c2 * inner - modes.s2 * inner.conj()
    expected = 2.0 * np.maximum(0.0, np.abs(coherence) - np.sqrt(p[0] * p[3]))
    machine, equation = zoo.machine("sinaysky_2008"), zoo.entry("sinaysky_2008").equation
    assert zoo.entry("sinaysky_2008").about.initial == "10"
    start = et.product_state(machine, {"A": 1, "B": 0})
    way = et.evolve(machine, times, start, equation)
    np.testing.assert_allclose(way.level_populations.T, p, atol=1e-12)
    np.testing.assert_allclose(way.concurrence("A", "B"), expected, atol=1e-11)
    assert expected[:10].max() > 0.7
    assert expected[-5:-2].max() == 0.0 < expected[-2] < expected[-1]
    assert np.count_nonzero(np.diff(np.sign(np.diff(expected[:81])))) > 10
    settled = solved("sinaysky_2008").concurrence("A", "B")
    np.testing.assert_allclose([expected[-1], modes.concurrence], settled, rtol=1e-10)


def test_liao_2011() -> None:
    """One temperature at one detuning, and there alone, though heat flows. Oracle: `Modes`.

    Both modes have ln(down/up) = ω/T, and ρ is a product of them: with T_1 = T_2 = T it is the
    Gibbs state exp(−H_S/T)/Z, whose level λ₁ has ω_1 + ω_2 and λ₄ zero.
    """

    def split(gap: float) -> float:
        first, second = Modes((1.0, gap), 0.1, (1e-3, 1e-3), (1.0, 0.5)).temperatures
        return float(first - second)

    gap = float(zoo.machine("liao_2011").parameters["qubits.B"])
    assert gap == pytest.approx(brentq(split, 0.8, 1.4, xtol=1e-15), rel=1e-13)
    assert np.ptp(np.sign([split(x) for x in np.linspace(0.3, gap - 0.01, 50)])) == 0.0
    modes = Modes((1.0, gap), 0.1, (1e-3, 1e-3), (1.0, 0.5))
    s = solved("liao_2011")
    weights = np.exp(-(s.energies - s.energies.min()) / modes.temperatures[0])
    np.testing.assert_allclose(s.populations, weights / weights.sum(), rtol=1e-11)
    assert 0.5 < modes.temperatures[0] < 1.0
    np.testing.assert_allclose(s.heat_currents["hot"], modes.heat, rtol=1e-11)
    assert modes.heat > 1e-4
    beside = Modes((1.0, 2.0), 0.1, (1e-3, 1e-3), (1.0, 0.5))
    p = solved("liao_2011", qubits__B=2.0).level_populations
    found = beside.w[::-1] / np.log(p[3] / p[1:3])
    np.testing.assert_allclose(found, beside.temperatures[::-1], rtol=1e-10)


def exact_current(g: float, k: float = 2e-3, T_h: float = 0.2, T_c: float = 0.1) -> float:
    """∫ dω/2π ω 𝒯(ω) (n_h − n_c): two modes of frequency 1, broad-band rotating-wave reservoirs.

    ȧ = −(i + k/2) a − i g b − √k a_in and the same of b, solved in frequency: a_in crosses into
    b_out with 𝒯 = k² g²/|(ω − 1 + i k/2)² − g²|². The poles are at 1 ± g − i k/2.
    """

    def integrand(w: float) -> float:
        through = k**2 * g**2 / abs((w - 1.0 + 0.5j * k) ** 2 - g**2) ** 2
        return float(w * through * (bose(w, T_h) - bose(w, T_c)) / (2.0 * np.pi))

    edges = sorted({1e-12, 6.0} | {1.0 + s * (g + d * k) for s in (-1, 1) for d in (-50, 0, 50)})
    edges = [x for x in edges if x > 0.0]
    parts = (quad(integrand, a, b, limit=400, epsrel=1e-10)[0] for a, b in pairwise(edges))
    return float(sum(parts))


def test_hofer_2017() -> None:
    """Local and global currents in closed form; where each meets the exact one.

    Local: d⟨a†a⟩/dt = k (n_h − ⟨a†a⟩) − J and so on is closed for oscillators, with the result of
    two qubits but for n in place of r. Global: normal modes (a ± b)/√2 at 1 ± g, each driven by
    both reservoirs at k/2. The first level that is left out has a weight of exp(−30), and of
    exp(−25) in the lower mode at g = 0.15.
    """
    k, machine = 2e-3, zoo.machine("hofer_2017")
    bias = bose(1.0, 0.2) - bose(1.0, 0.1)
    errors = {}
    for g in (2e-4, 0.02, 0.15):
        at = machine.replace({"exchange.H-C.strength": g})
        local, over = (
            float(et.steady_state(at, equation).heat_currents["hot"])
            for equation in (zoo.entry("hofer_2017").equation, et.Global())
        )
        K = 2.0 * g**2 / k
        np.testing.assert_allclose(local, K * bias / (1.0 + 2.0 * K / k), rtol=1e-9)
        each = [w * k / 4.0 * (bose(w, 0.2) - bose(w, 0.1)) for w in (1.0 - g, 1.0 + g)]
        np.testing.assert_allclose(over, sum(each), rtol=1e-9)
        exact = exact_current(g)
        errors[g] = local / exact - 1.0, over / exact - 1.0
    assert abs(errors[2e-4][0]) < 1e-4
    # The ratio of the two closed forms at equal bias is 1 + (k/2 g)^2.
    assert errors[2e-4][1] == pytest.approx((k / 4e-4) ** 2, rel=1e-4)
    assert max(map(abs, errors[0.02])) < 4e-3
    assert errors[0.15][0] < -0.14
    assert abs(errors[0.15][1]) < 2e-4


def test_gonzalez_2017() -> None:
    """Heat current of two springs in closed form.

    With x = (a + a†)/√(2 W), H = Σ W a†a + xx X X is Σ (p² + W² x²)/2 − k x_H x_C, with
    k = −2 xx √(W_H W_C). Normal modes: eigenvectors v of [[W_H², −k], [−k, W_C²]], frequencies w.
    X_a = √(2 W_a) x_a holds mode v with the amplitude v_a √(W_a/w) of its b + b†, and the Ohmic
    rate at w is Γ w: G_av = Γ v_a² W_a. Each mode relaxes to a mixture of two thermal occupations.
    """
    gaps, xx, rate = np.array([1.0, 1.2]), -0.06, 1e-3
    k = -2.0 * xx * np.sqrt(gaps.prod())
    squares, v = np.linalg.eigh([[gaps[0] ** 2, -k], [-k, gaps[1] ** 2]])
    hot, cold = rate * v**2 * gaps[:, None]
    w = np.sqrt(squares)
    bias = np.array([bose(x, 0.2) - bose(x, 0.1) for x in w])
    expected = np.sum(2.0 * w * hot * cold / (hot + cold) * bias)
    s = solved("gonzalez_2017")
    np.testing.assert_allclose(s.heat_currents["hot"], expected, rtol=1e-10)
    levels = np.sort(s.energies) - s.energies.min()
    np.testing.assert_allclose(levels[1:4], [w[0], w[1], 2.0 * w[0]], rtol=1e-10)
    assert expected < float(
        solved("gonzalez_2017", oscillators__C__frequency=1.0).heat_currents["hot"]
    )
