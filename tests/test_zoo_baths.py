"""Landmarks of the zoo: entanglement through baths that several qubits share.

Oracles are dense generators of the model (`zoo_oracles`), or closed forms that docstrings derive.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.linalg import expm

import entherm as et
from entherm import zoo

from .zoo_oracles import LOWER, between, bose, collective, on, settled, x_concurrence


def solved(machine: et.Machine, name: str) -> et.SteadyState:
    """A steady state under the equation of the file `name`."""
    return et.steady_state(machine, zoo.entry(name).equation)


def test_braun_2002() -> None:
    """Induced exchange, the transient with it, and what is left.

    A mode of frequency ω that both qubits displace by X_A + X_B lowers their energy by its share of
    Σ g²/ω (X_A + X_B)²; with Γ(ω) = π Σ g² δ that is ∫ Γ(ω)/ω dω/π, for Γ(ω) = Γ (ω/ω_r)
    exp((ω_r − ω)/ω_c) equal to (Γ/π)(ω_c/ω_r) exp(ω_r/ω_c), and (X_A + X_B)² = 2 + 2 X_A X_B. The
    library's shift, a numerical principal value, must give the same transient.

    X_A and X_B are conserved, ρ_ss'(t) = ρ_ss'(0) exp(−iJ(s_A s_B − s'_A s'_B) t − ½ S(0)
    (S − S')² t) with S = s_A + s_B and S(0) = 2ΓT exp(ω_r/ω_c)/ω_r.
    """
    source, gamma, cut = zoo.entry("braun_2002"), 0.002, 500.0
    machine = source.machine
    induced = -2.0 * gamma / np.pi * cut * np.exp(1.0 / cut)
    assert machine.parameters["heisenberg.A-B.xx"] == pytest.approx(induced, rel=1e-15)
    signs = np.array(list(product([1, -1], repeat=2)))
    coupled, total = induced * signs.prod(-1), signs.sum(-1)
    start = np.outer(signs.prod(-1), signs.prod(-1)) / 4.0
    dephasing = gamma * 4.0 * np.exp(1.0 / cut) * (total[:, None] - total) ** 2
    rates = 1j * (coupled[:, None] - coupled) + dephasing
    turn = np.kron([[1, 1], [1, -1]], [[1, 1], [1, -1]]) / 2.0  # X to Z, where ρ is an X state
    times = np.linspace(0.0, 40.0, 33)
    expected = [x_concurrence(turn @ (start * np.exp(-rates * t)) @ turn) for t in times]
    assert max(expected) > 0.85
    ground = [0, 0, 0, 1]
    kept = et.evolve(machine, times, ground, source.equation)
    np.testing.assert_allclose(kept.concurrence("A", "B"), expected, atol=1e-11)
    free = machine.replace({"heisenberg.A-B.xx": 0.0})
    shifted = et.evolve(free, times, ground, et.Global(lamb_shift="explicit"))
    np.testing.assert_allclose(shifted.concurrence("A", "B"), expected, atol=1e-9)
    assert et.evolve(free, times, ground).concurrence("A", "B").max() < 1e-12  # dephasing alone
    end = et.steady_state(machine, source.equation, initial=ground)
    last = turn @ (start * (rates.real == 0.0)) @ turn
    np.testing.assert_allclose(end.density_matrix, last, atol=1e-12)
    assert end.concurrence("A", "B") < 1e-12


def test_benatti_2003() -> None:
    """Entanglement by a common bath: transient, criterion, end.

    |10> = (|T> + |S>)/√2 with decay at 2Γ(1 ± c) of |T>, |S> at T = 0: ρ_23 = (p_T − p_S)/2 and
    C = |p_T − p_S| = exp(−2Γt) sinh(2Γct).

    At T > 0 and t → 0: ρ_23 = −Γ(2n+1)c t, ρ_11 = 2Γn t, ρ_44 = 2Γ(n+1) t, so that C/t →
    2Γ ((2n+1) c − 2 √(n(n+1))), positive for c > 1/cosh(ω/2T).

    For c = 1 the singlet keeps p_S = ½, and |11>, |T>, |00> share the rest as x², x, 1: C =
    |p_T − p_S| − 2 √(p_E p_G) = ½ − x/2Z − x/Z with Z = 1 + x + x².

    And the transient of the file against exp(ℒt) of the 16x16 generator.
    """
    source, start = zoo.entry("benatti_2003"), [0, 1, 0, 0]
    machine, rule = source.machine, source.equation
    c, times = np.array([1.0, 0.6]), np.array([0.0, 5.0, 30.0, 200.0])
    cold = {"reservoirs.common.temperature": 0.0, "reservoirs.common.correlation": c}
    state = et.evolve(machine.replace(cold), times, start, rule)
    expected = np.exp(-0.02 * times) * np.sinh(0.02 * c[:, None] * times)
    np.testing.assert_allclose(state.concurrence("A", "B"), expected, rtol=1e-10, atol=1e-14)

    n, edge = bose(1.0, 0.4), 1.0 / np.cosh(0.5 / 0.4)
    near = machine.replace({"reservoirs.common.correlation": edge * np.array([0.99, 1.01, 1.5])})
    soon = et.evolve(near, [1e-4], start, rule).concurrence("A", "B")[:, 0]
    slope = 0.02 * ((2 * n + 1) * edge * np.array([1.01, 1.5]) - 2 * np.sqrt(n * (n + 1)))
    assert soon[0] == 0.0
    np.testing.assert_allclose(soon[1:] / 1e-4, slope, rtol=1e-3)  # the next order in Γt

    x = np.exp(-1.0 / 0.4)
    end = et.steady_state(machine, rule, initial=start).concurrence("A", "B")
    assert end == pytest.approx(0.5 - 1.5 * x / (1.0 + x + x**2), rel=1e-12)

    h = on(LOWER.T @ LOWER, 0, 2) + on(LOWER.T @ LOWER, 1, 2)
    total = collective(2, 0.01, 1.0, n) - 1j * (between(h, np.eye(4)) - between(np.eye(4), h))
    ket = np.diag(start).ravel()
    states = [(expm(total * t) @ ket).reshape(4, 4) for t in times]
    found = et.evolve(machine, times, start, rule)
    np.testing.assert_allclose(found.density_matrix, states, atol=1e-12)
    assert found.concurrence("A", "B")[2] == pytest.approx(x_concurrence(states[2]), rel=1e-10)


def test_bellomo_2015() -> None:
    """Three emitters between two fields: state and heat, and the limit of W entanglement.

    Oracle: the 64x64 generator, heat Tr(H D ρ). In the limit of a weak body of occupation n and
    empty walls: W is dark to the walls, as Σ_kl c_kl = 3 + 6 c = 0 for c = −½. The body takes |000>
    to W at 3n, W back at 3 (n+1) and on to the symmetric state of two at 4n, from where the walls
    go to |000> at once. So p_W/p_G = 3n/(7n + 3), and of a pair C = 2 p_W/3 = 2n/(10n + 3), less
    2 √(ρ_11 ρ_44) with ρ_11 = p_2/3, ρ_44 = p_G + p_W/3; p_2 = 4n p_W Γ_body/Γ_walls, since the
    walls empty that state at 2Γ Σ_kl c_kl <σ_k† σ_l> = 2Γ (2 − ½ · 2).
    """
    name = "bellomo_2015"
    machine = zoo.machine(name)
    state = solved(machine, name)
    sigma = [on(LOWER, k, 3) for k in range(3)]
    h = sum(s.T @ s for s in sigma)
    for a, b in ((0, 1), (1, 2), (0, 2)):
        h = h + 0.02 * (sigma[a].T @ sigma[b] + sigma[b].T @ sigma[a])
    fields = (1e-5, 1.0, bose(1.0, 5.0)), (0.01, -0.5, bose(1.0, 0.05))
    rho, heat = settled(h, [collective(3, *field) for field in fields], h)
    np.testing.assert_allclose(state.density_matrix, rho, atol=1e-10)
    np.testing.assert_allclose(state.heat_currents["body"], heat[0], rtol=1e-9)
    np.testing.assert_allclose(state.heat_currents["walls"], heat[1], rtol=1e-9)
    pair = np.einsum("abkcdk->abcd", rho.reshape([2] * 6)).reshape(4, 4)
    assert x_concurrence(pair) > 0.1
    for a, b in (("A", "B"), ("B", "C"), ("A", "C")):
        assert state.concurrence(a, b) == pytest.approx(x_concurrence(pair), rel=1e-9)
    for same in (0.05, 5.0):
        one = {"reservoirs.body.temperature": same, "reservoirs.walls.temperature": same}
        assert solved(machine.replace(one), name).concurrence("A", "B") == 0.0

    weak: dict[str, object] = {f"reservoirs.body.couplings.{k}": 1e-10 for k in "ABC"}
    limit = solved(machine.replace(weak | {"reservoirs.walls.temperature": 0.0}), name)
    n = bose(1.0, 5.0)
    w = np.zeros(8)
    w[[3, 5, 6]] = 1.0 / np.sqrt(3.0)
    share = 3 * n / (10 * n + 3)
    assert (w @ limit.density_matrix @ w).real == pytest.approx(share, rel=1e-6)
    lost = 2 * np.sqrt(4e-8 * n * share / 3 * (1 - 2 * share / 3))
    assert limit.concurrence("A", "B") == pytest.approx(2 * share / 3 - lost, rel=1e-6)
