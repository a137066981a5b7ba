"""Landmarks of the zoo's pairs whose reservoirs act in the bare basis, and the critical current.

No oracle uses entherm: closed forms derived in the docstrings, and a plain NumPy Liouvillian. Γ is
half the usual rate, so that a population relaxes at 2 Γ (2 n̄ + 1).
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.linalg import null_space
from scipy.optimize import brentq

import entherm as et
from entherm import zoo
from entherm.reduced import reduced_state

ROOT = Path(__file__).resolve().parents[1]
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "critical_current.py"))
CLOSE: dict[str, Any] = {"rtol": 1e-11, "atol": 1e-15}


def solved(name: str, **changes: float) -> et.SteadyState:
    """The machine of a file, with some parameters changed, under the equation of the file.

    In a keyword __ stands for a dot and a single _ for a hyphen.
    """
    paths = {key.replace("__", ".").replace("_", "-"): value for key, value in changes.items()}
    return et.steady_state(zoo.machine(name).replace(paths), zoo.entry(name).equation)


def bose(energy: float, temperature: float) -> float:
    return float(1.0 / np.expm1(energy / temperature))


def bare_temperature(state: et.SteadyState, name: str, gap: float) -> float:
    excited, ground = np.diag(reduced_state(state, name)).real
    return float(gap / np.log(ground / excited))


class Bath(NamedTuple):
    """A local reservoir of one qubit: it relaxes the population at `decay` towards `target`."""

    decay: float
    target: float

    @classmethod
    def bosonic(cls, gap: float, rate: float, temperature: float) -> Bath:
        n = bose(gap, temperature)
        return cls(2.0 * rate * (2.0 * n + 1.0), n / (2.0 * n + 1.0))


class Pair(NamedTuple):
    """Steady state of two qubits under flip-flop exchange g and the local equation.

    The equations for a = ⟨n_A⟩, b = ⟨n_B⟩ and z = ⟨01|ρ|10⟩ close, as n_A + n_B is conserved by the
    exchange and every jump operator is linear in a lowering operator (with the string of Jordan and
    Wigner the whole is quadratic in fermions): with δ = ε_A − ε_B, S = A + B,

        ȧ = A (r_A − a) − J,  ḃ = B (r_B − b) + J,  J = ±2 g Im z,
        ż = (±i δ − S/2) z ± i g (a − b).

    The last gives |z|² = g² (a − b)²/(δ² + S²/4) and J = K (a − b), K = 4 g² S/(S² + 4 δ²), the
    others a = r_A − J/A and b = r_B + J/B. By Wick's theorem p_11 = a b − |z|² and
    p_00 = (1 − a)(1 − b) − |z|².
    """

    flow: float
    a: float
    b: float
    coherence: float

    @classmethod
    def of(cls, exchange: float, detuning: float, first: Bath, second: Bath) -> Pair:
        S = first.decay + second.decay
        K = 4.0 * exchange**2 * S / (S**2 + 4.0 * detuning**2)
        J = K * (first.target - second.target)
        J /= 1.0 + K * (1.0 / first.decay + 1.0 / second.decay)
        a, b = first.target - J / first.decay, second.target + J / second.decay
        return cls(J, a, b, exchange * abs(a - b) / float(np.hypot(detuning, 0.5 * S)))

    @property
    def corners(self) -> tuple[float, float]:
        """p_11 and p_00."""
        square = self.coherence**2
        return self.a * self.b - square, (1.0 - self.a) * (1.0 - self.b) - square

    @property
    def concurrence(self) -> float:
        return 2.0 * max(0.0, self.coherence - float(np.sqrt(np.prod(self.corners))))


def test_brask_2015() -> None:
    """All of ρ, concurrence and heat; a product at equal temperatures.

    ρ̇ = −i[H, ρ] + Σ_k p_k (τ_k ⊗ Tr_k ρ − ρ). Ansatz: N ρ = a τ_c ⊗ τ_h + b τ ⊗ τ + y Y with
    τ = (p_c τ_c + p_h τ_h)/(p_c + p_h), Y = i|10⟩⟨01| + h.c. On τ_c ⊗ τ_h the resets vanish and
    −i g [X, ·] = g (r_h − r_c) Y up to orientation; τ ⊗ τ commutes with H, and the resets make
    (p_c + p_h)(…) of it, whose diagonal part is what −i g [X, Y] = 2 g (|10⟩⟨10| − |01⟩⟨01|)
    balances; on Y the resets give −(p_c + p_h) Y, as its partial traces vanish. Solving,
    a = p_c p_h, b = 2 g², y = g p_c p_h (r_c − r_h)/(p_c + p_h), N = 2 g² + p_c p_h.
    Heat out of the hot reservoir is ε p_h (r_h − ⟨n_B⟩).
    """
    g, p_c, p_h, T_c, T_h = 0.01, 0.06, 0.007, 0.1, 10.0
    r_c, r_h = (1.0 / (1.0 + np.exp(1.0 / T)) for T in (T_c, T_h))
    cold, hot = np.diag([r_c, 1.0 - r_c]), np.diag([r_h, 1.0 - r_h])
    mean = (p_c * cold + p_h * hot) / (p_c + p_h)
    Y = np.zeros((4, 4), complex)
    Y[1, 2], Y[2, 1] = 1j, -1j
    rho = p_c * p_h * np.kron(cold, hot) + 2.0 * g**2 * np.kron(mean, mean)
    rho = rho + g * p_c * p_h / (p_c + p_h) * (r_c - r_h) * Y
    rho /= 2.0 * g**2 + p_c * p_h
    C = 2.0 * (abs(rho[1, 2]) - np.sqrt((rho[0, 0] * rho[3, 3]).real))
    s = solved("brask_2015")
    np.testing.assert_allclose(s.density_matrix, rho, atol=1e-14)
    np.testing.assert_allclose(s.concurrence("A", "B"), C, rtol=1e-12)
    np.testing.assert_allclose(C, 0.0502513, atol=1e-7)
    heat = p_h * (r_h - (rho[0, 0] + rho[2, 2]).real)
    np.testing.assert_allclose(s.heat_currents["hot"], heat, rtol=1e-12)
    equal = solved("brask_2015", reservoirs__hot__temperature=T_c).density_matrix
    np.testing.assert_allclose(equal, np.kron(cold, cold), atol=1e-15)


def test_khandelwal_2020() -> None:
    """C = (Q − Q_c)/(ε g) with the critical heat current of `Pair`, which C = 0 defines."""
    hot, cold = Bath.bosonic(1.0, 0.0005, 7.0), Bath.bosonic(1.0, 0.025, 0.2)
    pair = Pair.of(0.01, 0.0, hot, cold)
    s = solved("khandelwal_2020")
    Q, C = float(s.heat_currents["hot"]), float(s.concurrence("A", "B"))
    critical = 2.0 * 0.01 * np.sqrt(np.prod(pair.corners))
    np.testing.assert_allclose(Q, pair.flow, **CLOSE)
    np.testing.assert_allclose(C, (Q - critical) / 0.01, rtol=1e-10)
    np.testing.assert_allclose(C, 0.057965, atol=1e-6)
    state = s.density_matrix
    np.testing.assert_allclose(np.diag(state)[[0, 3]].real, pair.corners, **CLOSE)
    assert abs(s.heat_currents["work"]) < 1e-15


SWEEPS = [(g, TOOL["COLD"]) for g in TOOL["EXCHANGES"]]
SWEEPS += [(TOOL["EXCHANGE"], cold) for cold in TOOL["COLDS"] if cold != TOOL["COLD"]]


@pytest.mark.parametrize(("exchange", "cold"), SWEEPS)
def test_critical_current_of_the_figure(exchange: float, cold: float) -> None:
    """Threshold of entherm's own state, by bisection of |ρ_{10,01}| − √(ρ_11 ρ_00), on the closed
    form's, and a concurrence on one side of it only; the figure's curves turn on at their lines.
    Oracle: `Pair`."""

    def state(hot: float) -> et.SteadyState:
        changes = {"reservoirs__cold__temperature": cold, "reservoirs__hot__temperature": hot}
        return solved("khandelwal_2020", exchange__A_B__strength=exchange, **changes)

    def excess(hot: float) -> float:
        rho = state(hot).density_matrix
        return float(abs(rho[1, 2]) - np.sqrt((rho[0, 0] * rho[3, 3]).real))

    T, Q = TOOL["critical_point"](exchange, cold)
    baths = Bath.bosonic(1.0, 0.0005, T), Bath.bosonic(1.0, 0.025, cold)
    pair = Pair.of(exchange, 0.0, *baths)
    assert pair.coherence == pytest.approx(np.sqrt(np.prod(pair.corners)), rel=1e-11)
    assert pair.flow == pytest.approx(Q, rel=1e-11)
    found = brentq(excess, 1.01 * cold, 7.0, xtol=1e-13)
    assert found == pytest.approx(T, rel=1e-9)
    below, above = state(T * 0.999), state(T * 1.001)
    assert below.concurrence("A", "B") == 0.0 < above.concurrence("A", "B")
    assert below.heat_currents["hot"] < Q < above.heat_currents["hot"]
    _, currents, C = TOOL["sweep"](exchange, cold, points=60)
    np.testing.assert_array_equal(C > 0.0, currents > Q)
    assert 0 < np.count_nonzero(C) < len(C)


def test_brask_2022() -> None:
    """Optimum over the exchange, and what its state is good for, in closed form.

    `Pair` with r_A = 1, r_B = 0 and A = B = 2 Γ, x = g/A: |z| = x/(1 + 4 x²) and
    p_11 = p_00 = x²/(1 + 4 x²), so that C = 2 x (1 − x)/(1 + 4 x²), whose derivative vanishes at
    4 x² + 2 x = 1, x = (√5 − 1)/4, where C = (√5 − 1)/4. There |z| = 1/(2√5) and the correlation
    matrix has |t_xx| = |t_yy| = 1/√5 and t_zz = 4 p_11 − 1 = −(5 + √5)/10: fully entangled fraction
    (1 + 2 |t_xx| + |t_zz|)/4 = (3 + √5)/8 > 1/2, Horodecki's M = t_zz² + t_xx² = (5 + √5)/10 < 1.
    """
    root = np.sqrt(5.0)
    s = solved("brask_2022")
    np.testing.assert_allclose(s.concurrence("A", "B"), (root - 1.0) / 4.0, rtol=1e-12)
    step = 0.02
    beside = [
        solved("brask_2022", exchange__A_B__strength=0.01 * (root - 1.0) / 2.0 * k)
        for k in (1.0 - step, 1.0 + step)
    ]
    assert all(other.concurrence("A", "B") < s.concurrence("A", "B") - 1e-5 for other in beside)
    x, y, z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])
    rho = s.density_matrix
    t = np.array([[np.trace(rho @ np.kron(a, b)).real for b in (x, y, z)] for a in (x, y, z)])
    values = np.linalg.svd(t, compute_uv=False)
    # With det t < 0 the best Bell state reaches the sum of all three singular values.
    assert np.linalg.det(t) < 0.0
    np.testing.assert_allclose((1.0 + values.sum()) / 4.0, (3.0 + root) / 8.0, rtol=1e-12)
    np.testing.assert_allclose(np.sum(values[:2] ** 2), (5.0 + root) / 10.0, rtol=1e-12)


def qutrits(p_c: float, p_h: float, T_c: float, T_h: float, g: float) -> np.ndarray:
    """Steady state of 81 × 81 elements, row-major, levels highest first; resets after Linden."""
    H = np.diag(np.add.outer([2.0, 1.0, 0.0], [2.0, 1.0, 0.0]).ravel())
    for a, b in ((1, 1), (2, 0)):
        k = 3 * (2 - a) + (2 - b)
        H[6, k] = H[k, 6] = g
    eye = np.eye(9)
    L = -1j * (np.kron(H, eye) - np.kron(eye, H.T))
    w_c, w_h = (np.exp(-np.array([2.0, 1.0, 0.0]) / T) for T in (T_c, T_h))
    for j in range(3):
        for i in range(3):
            move = np.zeros((3, 3))
            move[i, j] = 1.0
            for p, w, op in (
                (p_c, w_c, np.kron(move, np.eye(3))),
                (p_h, w_h, np.kron(np.eye(3), move)),
            ):
                L = L + p * w[i] / w.sum() * np.kron(op, op)
    L = L - (p_c + p_h) * np.eye(81)
    rho = null_space(L, rcond=1e-10).reshape(9, 9, -1)[..., 0]
    return np.asarray(rho / np.trace(rho))


def heralded(rho: np.ndarray) -> tuple[float, np.ndarray]:
    """Success probability and state of two qubits after |1⟩, |2⟩ of C and |0⟩, |1⟩ of H."""
    keep = [3 * (2 - a) + (2 - b) for a in (2, 1) for b in (1, 0)]
    part = rho[np.ix_(keep, keep)]
    return float(np.trace(part).real), part / np.trace(part)


def test_tavakoli_2018() -> None:
    """Heralded state and probability against an 81 × 81 Liouvillian; the limit of a slow hot bath.

    At T_c = 0 the cold qutrit is in |0⟩ unless the interaction has excited it. A hot reset puts the
    other into |2⟩ at a rate p_h q_2; then |02⟩ turns into D = (|11⟩ + |20⟩)/√2 and back until a
    cold reset ends it from D, at p_c. Every such event spends 1/p_c in D on average, so that to
    first order in p_h the filters pass with probability q_2 p_h/p_c, and what they pass is D, but
    for hot resets in the meantime, of weight p_h/p_c.
    """
    s = solved("tavakoli_2018")
    passed, state = heralded(s.density_matrix)
    expected, reference = heralded(qutrits(0.005, 1e-4, 0.05, 5.0, 0.005))
    assert passed == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(state, reference, atol=1e-9)
    # |21>, |20>, |11>, |10>: D is the Bell state of the middle two.
    fidelity = [
        (np.array([0, 1, 1, 0]) @ heralded(rho)[1] @ np.array([0, 1, 1, 0])).real / 2.0
        for rho in (
            solved(
                "tavakoli_2018", reservoirs__cold__temperature=0.0, reservoirs__hot__rate=p
            ).density_matrix
            for p in (1e-6, 1e-7)
        )
    ]
    assert fidelity[1] > 1.0 - 2e-5
    assert (1.0 - fidelity[0]) / (1.0 - fidelity[1]) == pytest.approx(10.0, rel=1e-3)
    slow = solved("tavakoli_2018", reservoirs__cold__temperature=0.0, reservoirs__hot__rate=1e-7)
    q = np.exp(-np.arange(3) / 5.0)
    first_order = q[2] / q.sum() * 1e-7 / 0.005
    # The next order is p_h/p_c = 2e-5 times a number of order one.
    assert heralded(slow.density_matrix)[0] == pytest.approx(first_order, rel=1e-4)
    assert passed < 0.01
    assert np.linalg.eigvalsh(np.asarray(state)).max() > 0.9


def test_levy_kosloff_2014() -> None:
    """Heat of H_S by the local equation: it follows r_h − r_c, not T_h − T_c.

    `Pair` with heat Tr(H_S D_h ρ) = ω_h J + (−A/2) 2 g Re z, Re z from ż = 0 with J = 2 g Im z:
    2 g Re z = 2 δ J/S, δ = ω_h − ω_c. So Q_h = J (ω_h − δ A/S) = J (ω_h B + ω_c A)/S = −Q_c, of the
    sign of r_h − r_c, r = 1/(exp(ω/T) + 1): it vanishes at ω_c/T_c = ω_h/T_h.
    """

    def closed(cold_gap: float, exchange: float) -> float:
        hot, cold = Bath.bosonic(1.0, 0.01, 1.0), Bath.bosonic(cold_gap, 0.01, 0.6)
        A, B = hot.decay, cold.decay
        flow = Pair.of(exchange, 1.0 - cold_gap, hot, cold).flow
        return flow * (B + cold_gap * A) / (A + B)

    for gap in (0.3, 0.5, 0.59, 0.61, 0.9):
        for g in (0.02, 4e-3):
            s = solved("levy_kosloff_2014", qubits__C=gap, exchange__H_C__strength=g)
            Q = closed(gap, g)
            np.testing.assert_allclose(s.heat_currents["hot"], Q, rtol=1e-9)
            np.testing.assert_allclose(s.entropy_production, Q * (1.0 / 0.6 - 1.0), rtol=1e-9)
            assert (s.entropy_production < 0.0) == (gap < 0.6)
            sound = et.steady_state(s.machine)
            assert sound.entropy_production > 0.0 < sound.heat_currents["hot"]


def test_liao_2011_bare() -> None:
    """Temperatures of both qubits by `Pair`; the hot one is the colder; Redfield has it not."""
    hot, cold = Bath.bosonic(1.0, 0.005, 1.0), Bath.bosonic(1.1, 0.005, 0.95)
    pair = Pair.of(0.05, -0.1, hot, cold)
    expected = [gap / np.log(1.0 / n - 1.0) for gap, n in ((1.0, pair.a), (1.1, pair.b))]
    machine = zoo.machine("liao_2011_bare")

    def of(state: et.SteadyState) -> list[float]:
        return [bare_temperature(state, name, gap) for name, gap in (("A", 1.0), ("B", 1.1))]

    found = of(solved("liao_2011_bare"))
    np.testing.assert_allclose(found, expected, rtol=1e-11)
    assert found[0] < found[1] - 0.01
    for equation in (et.Redfield(), et.Global()):
        proper = of(et.steady_state(machine, equation))
        assert proper[0] > proper[1] + 0.01
