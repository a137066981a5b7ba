"""Refrigerator of three resonators and three-level maser, each read from its file in the zoo."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import entherm as et
from entherm import zoo

Array = np.ndarray[Any, Any]


def three_wave(sizes: Any, thermal: Any, rates: Any, swap: float) -> tuple[Array, Array]:
    """Photon numbers and photons per time out of each reservoir, in plain NumPy.

    n_c + n_r and n_h + n_r are conserved by the mixing and changed alike on both sides of ρ by a
    jump, so that only elements |m⟩⟨n| that agree in both are followed, at (bra[k], ket[k]).
    """
    one = [np.eye(size) for size in sizes]
    low = [np.diag(np.sqrt(np.arange(1.0, size)), 1) for size in sizes]
    parts = [[low[j] if j == i else one[j] for j in range(3)] for i in range(3)]
    a = [np.kron(np.kron(first, middle), last) for first, middle, last in parts]
    n = [x.T @ x for x in a]
    charge = np.rint(100.0 * np.diag(n[0] + n[1]) + np.diag(n[2] + n[1]))
    bra, ket = np.nonzero(charge[:, None] == charge)
    unit = np.eye(len(charge))

    def acting(left: Array, right: Array) -> Array:
        return np.asarray(left[np.ix_(bra, bra)] * right[np.ix_(ket, ket)])

    mixing = swap * (a[0].T @ a[1] @ a[2].T + a[0] @ a[1].T @ a[2])
    total, baths = -1j * (acting(mixing, unit) - acting(unit, mixing)), []
    for x, filling, rate in zip(a, thermal, rates, strict=True):
        D: Any = 0.0
        for V, weight in ((x, rate * (filling + 1.0)), (x.T, rate * filling)):
            lost = acting(V.T @ V, unit) + acting(unit, V.T @ V)
            D = D + weight * (acting(V, V) - lost / 2.0)
        baths.append(D)
        total = total + D
    diagonal = bra == ket
    total[0] = diagonal
    rho = np.linalg.solve(total, np.eye(len(bra))[0])
    counts = [np.where(diagonal, np.diag(x)[bra], 0.0) for x in n]
    flows = [row @ D @ rho for row, D in zip(counts, baths, strict=True)]
    return np.array([row @ rho for row in counts]).real, np.array(flows).real


def test_hofer_2016() -> None:
    """Photon numbers and currents against `three_wave`; the ratio; no current at Carnot's point.

    Products of thermal states are stationary where n̄_c n̄_h (n̄_r + 1) = (n̄_c + 1)(n̄_h + 1) n̄_r,
    ω_c/T_c + ω_h/T_h = ω_r/T_r. Levels that are left out hold a part in 10³ of the photons.
    h/k_B = 47.99243073 mK/GHz is exact in the SI.
    """
    m, rule = zoo.machine("hofer_2016"), zoo.entry("hofer_2016").equation
    gaps, rates = np.array([4.0, 10.0, 6.0]), np.array([2.0, 10.0, 10.0])
    stalled = 6.0 / (10.0 / 95.0 - 4.0 / 90.0)
    path, unit = "reservoirs.hot.temperature", m.parameters["oscillators.C.frequency"] / 4.0
    for hot in (0.9 * stalled, stalled, 200.0):
        changed = m.replace({path: m.parameters[path] * hot / 200.0})
        s = et.steady_state(m if hot == 200.0 else changed, rule)
        kelvin = 6.62607015e-34 / 1.380649e-23 * 1e12  # mK per GHz
        thermal = 1.0 / np.expm1(kelvin * gaps / np.array([90.0, 95.0, hot]))
        photons, flows = three_wave((4, 3, 6), thermal, rates, 5.0)
        for name, number in zip("CRH", photons, strict=True):
            assert s.expectation("number", name) == pytest.approx(number, rel=1e-10)
        heat = np.array([s.heat_currents[bath] for bath in ("cold", "room", "hot")])
        per_time = heat / (unit * gaps) / (unit * 1e-3)  # in MHz
        assert per_time == pytest.approx(flows, rel=1e-9, abs=1e-12)
        signs = np.array([1.0, -1.0, 1.0])
        assert per_time == pytest.approx(per_time[0] * signs, rel=1e-9, abs=1e-12)
        assert np.sign(np.round(per_time[0], 9)) == np.sign(np.round(hot - stalled, 9))
    assert photons[0] < thermal[0] - 0.02
    larger, _ = three_wave((5, 4, 8), thermal, rates, 5.0)
    assert photons == pytest.approx(larger, rel=5e-3)


def ring(rates: dict[str, tuple[float, float]]) -> float:
    """Cycle current 0 → 2 → 1 → 0 of three levels, from (down, up) of each transition.

    By the Markov-chain tree theorem: (u_h d_c d_s − d_h u_c u_s) over the sum of the nine rooted
    spanning trees, three for each level.
    """
    (dh, uh), (dc, uc), (ds, us) = rates["hot"], rates["cold"], rates["signal"]
    trees = dh * ds + dc * ds + uc * dh  # rooted at |0⟩
    trees += us * dc + uh * dc + dh * us  # |1⟩
    trees += uh * uc + ds * uh + us * uc  # |2⟩
    return (uh * dc * ds - dh * uc * us) / trees


def test_scovil_1959() -> None:
    """Currents ω J of `ring`, derived; where J turns; inversion and Carnot's bound there.

    u_h d_c d_s/(d_h u_c u_s) = exp(ω_c/T_c + ω_s/T_s − ω_h/T_h), hence the turning point; without
    a signal both reservoirs are in balance with |2⟩ and p_1/p_0 = exp(ω_c/T_c − ω_h/T_h).
    """
    m, rule = zoo.machine("scovil_1959"), zoo.entry("scovil_1959").equation
    gaps = {"hot": 8.0, "cold": 3.0, "signal": 5.0}
    temperatures = {"hot": 8.0, "cold": 1.0, "signal": 1e4}
    couplings = {"hot": 0.01, "cold": 0.01, "signal": 1e-6}
    for hot in (2.0, 2.6, 8.0, 40.0):
        changes = {"reservoirs.hot.temperature": hot}
        s = et.steady_state(m if hot == 8.0 else m.replace(changes), rule)
        rates = {}
        for name, gap in gaps.items():
            n = 1.0 / np.expm1(gap / (temperatures | {"hot": hot})[name])
            rates[name] = (2.0 * couplings[name] * (n + 1.0), 2.0 * couplings[name] * n)
        for name, sign in (("hot", 1.0), ("cold", -1.0), ("signal", -1.0)):
            exact = sign * gaps[name] * ring(rates)
            assert s.heat_currents[name] == pytest.approx(exact, rel=1e-11)
    turn = 8.0 / (3.0 / 1.0 + 5.0 / 1e4)
    around = {"reservoirs.hot.temperature": turn * np.array([1.0 - 1e-9, 1.0, 1.0 + 1e-9])}
    below, at, above = et.steady_state(m.replace(around), rule).heat_currents["hot"]
    assert below < 0.0 < above
    assert abs(at) < 1e-5 * above
    assert 1.0 - 1.0 / turn == pytest.approx(5.0 / 8.0, abs=1e-4)  # up to 1/T_s
    assert 5.0 / 8.0 < 1.0 - 1.0 / 8.0
    silent = et.steady_state(m.without("signal"), rule)
    ground, first, _ = silent.populations
    assert first / ground == pytest.approx(np.exp(3.0 - 1.0), rel=1e-12)
