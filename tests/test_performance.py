"""Heat by transition, virtual temperatures, modes and merits: closed forms, bounds, bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import entherm as et
from entherm.thermodynamics.performance import MODES, performance
from entherm.thermodynamics.roles import reservoir_roles
from entherm.thermodynamics.transition_heat import heat_by_transition
from entherm.thermodynamics.virtual_temperatures import (
    virtual_qubit_temperature,
    virtual_temperature,
)
from entherm.validity_case import Case

from .random_machines import draw

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SUMMED = (et.Global(), et.Global(dephasing="secular"), et.Unified(), et.Local(heat="bare"))


# Heat by transition.


@pytest.mark.parametrize("seed", [1, 4, 8, 16, 17, 19])
def test_transitions_sum_to_the_current(seed: int) -> None:
    """Oracle: `heat_currents`, which the point stage or the generator makes; 1e-14 of G.

    With degenerate levels, σ_x couplings, leads with μ, delays, qutrits, truncated oscillators.
    """
    machine = draw(seed).machine
    for equation in SUMMED:
        s = et.steady_state(machine, equation)
        gross = Case(machine, equation, s).gross
        for bath in machine.reservoirs:
            found = heat_by_transition(s, bath.name)
            error = abs(found.heat.sum(-1) - s.heat_currents[bath.name])
            assert error <= 1e-14 * gross[bath.name]


def test_four_edges_of_the_paper() -> None:
    """Oracle: edge weights by θ and the tree theorem on the ring of four levels, in plain Python.

    ε = 20, 14, Ω = 4; RC drives 1–2 and 3–4 at ω₁, 1–3 and 2–4 at ω₂.
    """
    T = {"A": 5.0, "B": 3.0, "C": 1.0}
    Gamma = {"A": 1.0, "B": 0.7, "CA": 0.9, "CB": 0.4}
    theta = np.arctan2(8.0, 6.0)
    s, c = np.sin(theta / 2), np.cos(theta / 2)
    split = np.hypot(3.0, 4.0)
    w = {1: 17.0 - split, 2: 17.0 + split}
    a, b = np.sqrt(Gamma["CA"]), np.sqrt(Gamma["CB"])
    weights = {
        (0, 1): (Gamma["A"] * s**2, Gamma["B"] * c**2, (a * s + b * c) ** 2, 1),
        (2, 3): (Gamma["A"] * s**2, Gamma["B"] * c**2, (b * c - a * s) ** 2, 1),
        (0, 2): (Gamma["A"] * c**2, Gamma["B"] * s**2, (a * c - b * s) ** 2, 2),
        (1, 3): (Gamma["A"] * c**2, Gamma["B"] * s**2, (a * c + b * s) ** 2, 2),
    }
    rates = np.zeros((3, 4, 4))
    for (i, j), (*edge, k) in weights.items():
        for m, (strength, warm) in enumerate(zip(edge, T.values(), strict=True)):
            n = 1.0 / np.expm1(w[k] / warm)
            rates[m, i, j], rates[m, j, i] = 2 * strength * (n + 1), 2 * strength * n
    total = rates.sum(0)
    d12, u12, d34, u34 = total[0, 1], total[1, 0], total[2, 3], total[3, 2]
    d13, u13, d24, u24 = total[0, 2], total[2, 0], total[1, 3], total[3, 1]
    p = np.array(
        [
            d24 * u34 * u13 + u12 * u34 * u13 + u24 * u12 * u13 + d34 * u24 * u12,
            d13 * d34 * u24 + u34 * u13 * d12 + u13 * d12 * u24 + d34 * u24 * d12,
            d24 * u34 * d13 + u12 * d13 * u34 + u24 * u12 * d13 + d12 * d24 * u34,
            d13 * d34 * d24 + u12 * d13 * d34 + u13 * d12 * d24 + d12 * d24 * d34,
        ]
    )
    p /= p.sum()
    m = et.two_qubit_machine(
        20.0, 14.0, 4.0, *T.values(), *(Gamma[k] for k in ("A", "B", "CA", "CB"))
    )
    found = heat_by_transition(et.steady_state(m), "RC")
    assert set(found.transitions) == set(weights)
    for k, (i, j) in enumerate(found.transitions):
        omega = w[weights[i, j][3]]
        expected = omega * (p[j] * rates[2, j, i] - p[i] * rates[2, i, j])
        assert found.heat[k] == pytest.approx(expected, rel=1e-12)
        assert found.quanta[k] * found.frequencies[k] == pytest.approx(expected, rel=1e-12)


def test_heat_of_one_frequency_is_no_matter_of_the_basis() -> None:
    """A ring with degenerate levels: `grouped` by frequency, with the qubits renamed in a circle.

    Both choices of degenerate levels are LAPACK's; oracle: the symmetry of the machine.
    """

    def ring(order: str) -> dict[float, float]:
        m = et.Machine(
            [et.Qubit(n, 10.0) for n in order],
            [et.exchange(x, y, 1.0) for x, y in ("AB", "BC", "CA")],
            [et.Reservoir("R1", 5.0, {"A": 0.05}), et.Reservoir("R2", 2.0, {"C": 0.03})],
        )
        found = heat_by_transition(et.steady_state(m), "R1")
        pairs = zip(found.frequencies.round(6), found.grouped, strict=True)
        return {float(w): float(q) for w, q in pairs if abs(q) > 1e-12}

    first, second = ring("ABC"), ring("BCA")
    assert sorted(first) == sorted(second)
    assert len(first) > 1
    assert [first[w] for w in sorted(first)] == pytest.approx(
        [second[w] for w in sorted(second)], rel=1e-9
    )


def test_sweeps_and_missing_points() -> None:
    m = et.two_qubit_machine(20.0, 20.0, [10.0, 30.0], 5.0, 5.0, np.array([[1.0], [2.0], [3.0]]))
    s = et.steady_state(m, on_invalid="nan")
    found = heat_by_transition(s, "RC")
    assert found.heat.shape == (3, 2, len(found.labels))
    assert np.isnan(found.heat).all(-1).tolist() == [[False, True]] * 3
    assert found.heat[:, 0].sum(-1) == pytest.approx(s.heat_currents["RC"][:, 0], rel=1e-12)


@pytest.mark.parametrize(
    ("equation", "told"),
    [
        (et.Redfield(), "different frequency interfere"),
        (et.UniversalLindblad(), "different frequency interfere"),
        (et.Local(), r"Local\(heat='bare'\)"),
        (et.Reset(), "collision"),
    ],
)
def test_equations_whose_jumps_have_no_energy(equation: et.Equation, told: str) -> None:
    s = et.steady_state(et.two_qubit_machine(20.0, 20.0, 1.0).without("RC"), equation)
    with pytest.raises(et.ParameterError, match=told):
        heat_by_transition(s, "RA")


def test_reservoirs_without_transitions() -> None:
    m = et.Machine([et.Qubit("A", 1.0)], reservoirs=[et.ResetReservoir("Z", "A", 0.1, 1.0)])
    s = et.steady_state(m, et.Local(heat="bare"))
    with pytest.raises(et.ParameterError, match="'Z', which resets"):
        heat_by_transition(s, "Z")
    with pytest.raises(et.UnknownNameError, match="one of Z"):
        heat_by_transition(s, "RC")


# Virtual temperatures.


def test_virtual_qubits_of_a_product() -> None:
    """Without exchange each qubit is at its own temperature; oracle: the design formula.

    And that by hand: (5 − 4)/(5/1.1 − 4/3) = 0.31132.
    """
    m = et.Machine(
        [et.Qubit("B", 5.0), et.Qubit("C", 4.0)],
        reservoirs=[et.Reservoir("R", 1.1, {"B": 0.1}), et.Reservoir("H", 3.0, {"C": 0.1})],
    )
    s = et.steady_state(m)
    expected = 1.0 / (5.0 / 1.1 - 4.0 / 3.0)
    found = virtual_temperature(s, {"B": 1, "C": 0}, {"B": 0, "C": 1})
    assert float(found) == pytest.approx(expected, rel=1e-12)
    assert float(virtual_qubit_temperature(5.0, 1.1, 4.0, 3.0)) == pytest.approx(
        expected, rel=1e-14
    )
    # The order of the names and of the two states is no matter; nor are other subsystems.
    assert virtual_temperature(s, {"C": 1, "B": 0}, {"B": 1, "C": 0}) == pytest.approx(expected)
    assert virtual_temperature(s, {"C": 1}, {"C": 0}) == pytest.approx(3.0, rel=1e-12)


def test_levels_at_equilibrium() -> None:
    """Gibbs: every pair of levels of H_S is at T; oracle: theory."""
    s = et.steady_state(et.two_qubit_machine(20.0, 17.0, 5.0, 4.0, 4.0, [4.0, 4.0]))
    for i in range(4):
        for j in range(i):
            assert virtual_temperature(s, i, j) == pytest.approx([4.0, 4.0], rel=1e-11)


def test_virtual_temperatures_at_the_ends() -> None:
    """Inversion is negative, an empty upper state cold, equal energies of no temperature."""
    assert float(virtual_qubit_temperature(5.0, 1.0, 4.0, 0.5)) == pytest.approx(-1.0 / 3.0)
    assert virtual_qubit_temperature(5.0, 1.0, 4.0, [0.8, 0.0]).tolist() == [np.inf, -0.0]
    assert np.isnan(virtual_qubit_temperature(5.0, 1.0, 5.0, 2.0))
    s = et.steady_state(et.two_qubit_machine(20.0, 17.0, 5.0, 0.0, 0.0, 0.0))
    assert virtual_temperature(s, 2, 3) == 0.0
    assert np.isnan(virtual_temperature(s, 0, 1))


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (0, 4, "a level 0..3"),
        (True, 0, "a level 0..3"),
        (1, 1, "another state"),
        ({"A": 1}, {"B": 0}, "the same subsystems"),
        ({"A": 2}, {"A": 0}, "a level 0..1"),
        ({"Z": 1}, {"Z": 0}, "one of A, B"),
        ({"A": 1}, 0, "mapping"),
    ],
)
def test_states_without_a_virtual_temperature(first: Any, second: Any, told: str) -> None:
    s = et.steady_state(et.two_qubit_machine(20.0, 17.0, 5.0))
    with pytest.raises(et.ParameterError, match=told):
        virtual_temperature(s, first, second)


def test_what_is_not_solved() -> None:
    m = et.two_qubit_machine(20.0, 17.0, 5.0)
    for read in (lambda: virtual_temperature(m, 0, 1), lambda: heat_by_transition(m, "RC")):
        with pytest.raises(et.ParameterError, match="be a SteadyState or an Evolution"):
            read()
    with pytest.raises(et.ParameterError, match=r"'omega_2' must broadcast.*\(2,\).*\(3,\)"):
        virtual_qubit_temperature([1.0, 2.0], 1.0, [2.0, 3.0, 4.0], 1.0)


def test_effective_temperatures_beside_a_reset() -> None:
    """A reset has no rates of transitions: none of its own, and those of the others are theirs."""
    baths = [et.ResetReservoir("Z", "A", 0.1, 1.0), et.Reservoir("R", 2.0, {"A": 1.0})]
    s = et.steady_state(et.Machine([et.Qubit("A", 1.0)], reservoirs=baths), et.Local())
    rates = s.effective_temperatures.from_rates
    assert np.isnan(rates("Z")).all()
    assert rates() == rates("R", "Z") == pytest.approx(2.0, rel=1e-12)


# Modes and merits: closed forms of tight coupling.


@pytest.mark.parametrize(
    "equation", [et.Reset(), et.Reset(heat="bare"), et.Local(heat="bare")], ids=repr
)
def test_three_qubit_refrigerator(equation: et.Equation) -> None:
    """COP = E_c/E_h = 1/4: every exchange |101⟩ ↔ |010⟩ takes one quantum of E_c and one of E_h.

    At resonance, E_m = E_c + E_h, it takes no work. Bound: (1/1.1 − 1/3)/(1 − 1/1.1) = 19/3.
    N. Linden, S. Popescu, P. Skrzypczyk, Phys. Rev. Lett. 105, 130401 (2010).
    """
    m = et.load(EXAMPLES / "absorption_refrigerator.toml")
    p = performance(et.steady_state(m, equation))
    assert p.mode == "refrigerator"
    assert p.cop == pytest.approx(0.25, rel=1e-11)
    assert p.heating_cop == pytest.approx(-p.heat["ambient"] / p.heat["hot"], rel=1e-11)
    assert p.carnot == pytest.approx(19.0 / 3.0, rel=1e-12)
    assert p.share_of_carnot == pytest.approx(0.75 / 19.0, rel=1e-11)
    assert p.work == 0.0


def test_global_refrigerator_is_not_tight() -> None:
    """The exchange dresses the levels by ±g: COP → E_c/E_h as g², where levels stay resolved.

    Oracle: halving g divides what is missing to 1/4 by four.
    """
    m = et.load(EXAMPLES / "absorption_refrigerator.toml")
    path = next(p for p in m.parameters if p.startswith("swap"))
    p = performance(et.steady_state(m.replace({path: [0.02, 0.01]})))
    missing = 0.25 - p.cop
    assert p.mode.tolist() == ["refrigerator"] * 2
    assert missing[0] / missing[1] == pytest.approx(4.0, rel=1e-2)


def test_three_level_maser() -> None:
    """One quantum of 8 in, one of 3 and one of 5 out: 5/8 = 1 − 3/8, below 1 − T_c/T_h = 7/8.

    The signal is a reservoir; made ever hotter it takes the heat as work. Reversed, where
    3/T_c > 8/T_h, it takes quanta of 3 out of the cold for 5 of the signal: COP = 3/5.
    H. E. D. Scovil, E. O. Schulz-DuBois, Phys. Rev. Lett. 2, 262 (1959).
    """
    m = et.load(EXAMPLES / "three_level_maser.toml")
    hot = m.replace({"reservoirs.signal.temperature": 1e9})
    p = performance(et.steady_state(hot))
    assert p.mode == "heat transformer"
    assert p.efficiency == pytest.approx(5.0 / 8.0, rel=1e-9)
    assert p.carnot == pytest.approx(1.0 - 1.0 / 8.0, rel=1e-6)
    assert p.roles["signal"] == "hot"
    cool = hot.replace({"reservoirs.hot.temperature": 1.5})
    p = performance(et.steady_state(cool))
    assert p.mode == "refrigerator"
    assert p.cop == pytest.approx(3.0 / 5.0, rel=1e-9)
    assert p.carnot == pytest.approx(1.0 / 0.5, rel=1e-6)


def otto(gap_c: object, T_c: object = 1.0) -> et.SteadyState:
    m = et.Machine(
        [et.Qubit("h", 10.0), et.Qubit("c", gap_c)],
        [et.exchange("h", "c", 0.05)],
        [et.Reservoir("H", 4.0, {"h": 0.01}), et.Reservoir("C", T_c, {"c": 0.01})],
    )
    return et.steady_state(m, et.Local(heat="bare"))


def test_a_swap_engine() -> None:
    """Each quantum ε_h that leaves h comes to c as ε_c; the interaction keeps ε_h − ε_c.

    η = 1 − ε_c/ε_h while ε_c/T_c > ε_h/T_h, COP = ε_c/(ε_h − ε_c) below, ε_c > ε_h wastes work.
    Bounds: 1 − T_c/T_h = 3/4, T_c/(T_h − T_c) = 1/3. G. De Chiara et al., New J. Phys. 20, 113024
    (2018), for what is work under the local equation.
    """
    gaps = np.array([1.0, 2.4, 2.6, 9.0, 12.0])
    p = performance(otto(gaps))
    assert p.mode.tolist() == ["refrigerator"] * 2 + ["engine"] * 2 + ["accelerator"]
    assert p.cop[:2] == pytest.approx(gaps[:2] / (10.0 - gaps[:2]), rel=1e-9)
    assert p.efficiency[2:4] == pytest.approx(1.0 - gaps[2:4] / 10.0, rel=1e-9)
    assert p.carnot[:4] == pytest.approx([1 / 3, 1 / 3, 0.75, 0.75], rel=1e-12)
    assert np.isnan([*p.cop[2:], *p.efficiency[:2], p.efficiency[4], p.carnot[4]]).all()
    assert p.work == pytest.approx(p.heat["hot"] + p.heat["cold"], rel=1e-9)
    assert np.sign(p.work).tolist() == [-1.0, -1.0, 1.0, 1.0, -1.0]


def dot(mu_c: object, T_c: float = 1.0, T_h: float = 2.0) -> et.SteadyState:
    m = et.Machine(
        [et.Qubit("D", 5.0)],
        reservoirs=[
            et.Reservoir(n, T, {"D": 0.1}, statistics="fermi", chemical_potential=mu)
            for n, T, mu in (("H", T_h, 1.0), ("C", T_c, mu_c))
        ],
    )
    return et.steady_state(m)


def test_a_thermoelectric_dot() -> None:
    """Every particle carries ε − μ of heat: η = (μ_c − μ_h)/(ε − μ_h), COP the other way round.

    An engine while (ε − μ_h)/T_h < (ε − μ_c)/T_c, a refrigerator while it flows back, ε − μ_c of
    heat for μ_c − μ_h. Here the first is 4/2, so they meet at μ_c = 3, reversibly: Carnot.
    """
    mu = np.array([1.5, 2.99, 3.01, 4.0])
    p = performance(dot(mu))
    assert p.mode.tolist() == ["engine"] * 2 + ["refrigerator"] * 2
    assert p.efficiency[:2] == pytest.approx((mu[:2] - 1.0) / 4.0, rel=1e-11)
    assert p.cop[2:] == pytest.approx((5.0 - mu[2:]) / (mu[2:] - 1.0), rel=1e-11)
    assert p.carnot == pytest.approx([0.5, 0.5, 1.0, 1.0], rel=1e-12)
    assert np.all(p.share_of_carnot < 1.0)
    assert np.all(p.share_of_carnot[1:3] > 0.97)
    assert performance(dot(3.0)).mode == "equilibrium"
    assert performance(dot(0.5)).mode == "accelerator"


def test_an_inverted_reservoir_is_the_hottest() -> None:
    """T_h = −2 gives heat at any T_c; 1 − T_c/T_h = 1.5, as both reservoirs may pay."""
    p = performance(dot(1.0 + 1e-3, T_h=-2.0))
    assert p.roles["H"] == "hot"
    assert p.mode == "engine"
    assert p.carnot == pytest.approx(1.5, rel=1e-12)


def test_two_temperatures_of_three_reservoirs() -> None:
    """RA, RB at T count as one; oracle: their names, and the sum of their currents."""
    T_C = np.array([1.0, 5.0, 9.0])
    s = et.steady_state(et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, T_C))
    p = performance(s, pair=("A", "B"))
    assert p.mode.tolist() == ["conduction", "equilibrium", "conduction"]
    both = s.heat_currents["RA"] + s.heat_currents["RB"]
    assert p.heat["hot"][0] == pytest.approx(both[0], rel=1e-12)
    assert p.heat["hot"][2] == pytest.approx(s.heat_currents["RC"][2], rel=1e-12)
    assert np.array_equal(p.entangled, s.concurrence("A", "B") > 0.0)
    named = performance(et.steady_state(s.machine.take(np.array([0]))), cold="RC", hot=("RA", "RB"))
    assert named.heat["hot"] == pytest.approx(p.heat["hot"][:1], rel=1e-12)


def test_absolute_zero_is_cold() -> None:
    """T_c = 0: an engine's bound is 1, and what conducts makes entropy without end."""
    p = performance(otto(9.0, T_c=0.0))
    assert p.mode == "engine"
    assert p.carnot == 1.0
    assert p.efficiency == pytest.approx(0.1, rel=1e-9)
    assert p.entropy_production == np.inf


def test_a_broken_second_law_is_forbidden() -> None:
    """Levy and Kosloff's machine under local heat of H_S: heat from cold to hot for nothing."""
    m = et.two_qubit_machine(10.0, 2.0, 0.5, 5.0, 3.0, 1.0, 0.05, 0.05).without("RC")
    assert performance(et.steady_state(m, et.Local())).mode == "forbidden"
    assert performance(et.steady_state(m)).mode == "conduction"


def test_a_leak_against_a_small_bias_is_forbidden() -> None:
    """Universal Lindblad lets heat pass at equal temperatures, and so uphill against 1e-9 of T.

    Its entropy is far below 1e-6 of the one-way flows; oracle: the sign of the currents alone.
    """
    m = et.load(EXAMPLES / "ohmic_sigma_x.toml")
    T = 2.0 * (1.0 + np.array([-1e-9, 1e-9]))
    s = et.steady_state(
        m.replace({"reservoirs.hot.temperature": 2.0, "reservoirs.cold.temperature": T}),
        et.UniversalLindblad(),
    )
    into_cold = np.sign(s.heat_currents["cold"])
    assert into_cold[0] == into_cold[1] != 0.0
    uphill = into_cold == np.sign(2.0 - T)
    expected = np.where(uphill, "forbidden", "conduction").tolist()
    assert sorted(expected) == ["conduction", "forbidden"]
    assert performance(s).mode.tolist() == expected


def test_dephasing_pays_as_noise() -> None:
    """Noise between reservoirs of one temperature heats both: Q_A + Q_B = −noise."""
    m = et.two_qubit_machine(20.0, 12.0, 6.0, 3.0, 3.0, 3.0, gamma=0.3).without("RC")
    p = performance(et.steady_state(m))
    assert p.mode == "heater"
    assert p.noise == pytest.approx(-p.heat["cold"], rel=1e-12)
    assert p.work == 0.0


def four(T: tuple[float, ...] = (1.0, 1.1, 3.0, 2.0)) -> et.SteadyState:
    qubits = [et.Qubit("A", 1.0), et.Qubit("B", 5.0), et.Qubit("C", 4.0)]
    baths = [et.Reservoir(n, t, {q: 1e-3}) for n, t, q in zip("cmho", T, "ABCC", strict=True)]
    swap = et.swap("A", "B", "C", 0.05)
    return et.steady_state(et.Machine(qubits, [swap], baths), et.Local(heat="bare"))


def test_a_fourth_reservoir_needs_names() -> None:
    """Named roles leave it out: its heat is told, and no bound holds beside it."""
    with pytest.raises(et.ParameterError, match="at most three different temperatures"):
        performance(four())
    p = performance(four(), cold="c", ambient="m", hot="h")
    assert p.mode == "refrigerator"
    assert abs(p.heat["others"]) > 1e-6
    assert np.isnan(p.carnot)
    assert p.roles["o"] == "others"
    both = performance(four((1.0, 1.1, 3.0, 3.0)), cold="c", ambient="m", hot=("h", "o"))
    assert both.cop == pytest.approx(0.25, rel=1e-11)
    assert both.carnot == pytest.approx(19.0 / 3.0, rel=1e-12)


def test_points_without_a_state() -> None:
    m = et.two_qubit_machine(20.0, 20.0, [10.0, 30.0], 5.0, 5.0, 1.0)
    p = performance(et.steady_state(m, on_invalid="nan"), pair=("A", "B"))
    assert p.mode.tolist() == ["conduction", ""]
    assert p.entangled is not None
    assert p.entangled.tolist() == [True, False]
    assert "no state 1" in str(p)
    read = json.loads(json.dumps(p.as_dict(), allow_nan=False))
    assert read["heat"]["cold"][1] is None


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ({"cold": "RC"}, "'hot' must be given with the other"),
        ({"cold": "RC", "hot": "RZ"}, "one of RA, RB, RC"),
        ({"cold": "RC", "hot": ("RA", "RC")}, "name each thing once"),
        ({"cold": "RA", "hot": "RC"}, "no hotter than RC"),
        ({"cold": ("RB", "RC"), "hot": "RA"}, "at the temperature of RB"),
        ({"cold": "RC", "hot": ()}, "name a reservoir"),
    ],
)
def test_roles_that_make_no_sense(roles: dict[str, Any], told: str) -> None:
    s = et.steady_state(et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 4.0, 1.0))
    with pytest.raises(et.ParameterError, match=told):
        performance(s, **roles)


def test_machines_without_a_performance() -> None:
    m = et.two_qubit_machine(20.0, 20.0, 10.0)
    with pytest.raises(et.ParameterError, match="two reservoirs or more"):
        performance(et.steady_state(m.without("RB", "RC")))
    noise = et.Reservoir("N", couplings={"A": 0.1}, occupation=1.0)
    noisy = et.Machine(m.subsystems, m.interactions, [*m.reservoirs[:2], noise])
    with pytest.raises(et.ParameterError, match=r"'reservoirs.N' must have a temperature"):
        performance(et.steady_state(noisy))
    e = et.evolve(m, [0.0, 1.0], [0, 1, 0, 0])
    with pytest.raises(et.ParameterError, match="be a SteadyState"):
        performance(e)  # type: ignore[arg-type]
    with pytest.raises(et.UnknownNameError, match="one of A, B"):
        performance(et.steady_state(m), pair=("A", "Z"))
    with pytest.raises(et.ParameterError, match="'pair' must be a list"):
        performance(et.steady_state(m), pair="AB")  # type: ignore[arg-type]
    with pytest.raises(et.ParameterError, match="'pair' must name two qubits"):
        performance(et.steady_state(m), pair=("A", "B", "C"))  # type: ignore[arg-type]


# Laws over random machines.

seeds = st.integers(0, 100_000)


def random_three(rng: np.random.Generator, points: int = 40) -> et.Machine:
    """A refrigerator's three qubits, or a chain of them, with their reservoirs at any order."""
    gaps = rng.uniform(1.0, 6.0, (2, points))
    middle = gaps.sum(0) + rng.choice([0.0, 1.0]) * rng.uniform(-0.1, 0.1, points)
    qubits = [et.Qubit("A", gaps[0]), et.Qubit("B", middle), et.Qubit("C", gaps[1])]
    term = et.swap("A", "B", "C", rng.uniform(0.05, 0.2, points))
    baths = [
        et.Reservoir(f"R{n}", rng.uniform(0.3, 6.0, points), {n: rng.uniform(1e-4, 1e-3, points)})
        for n in "ABC"
    ]
    return et.Machine(qubits, [term], baths)


@settings(max_examples=12)
@given(seeds, st.sampled_from([et.Global(), et.Local(heat="bare")]))
def test_no_merit_beats_its_bound(seed: int, equation: et.Equation) -> None:
    """Merit <= Carnot, no point is forbidden, heat and power add up. 1e-9: bound minus merit may
    be rounding of G where currents are a millionth of it.
    """
    s = et.steady_state(random_three(np.random.default_rng(seed)), equation)
    p = performance(s)
    merit = np.where(np.isnan(p.cop), p.efficiency, p.cop)
    useful = ~np.isnan(merit)
    assert np.array_equal(useful, np.isin(p.mode, MODES[:3]))
    assert np.all(merit[useful] <= p.carnot[useful] * (1.0 + 1e-9))
    assert "forbidden" not in p.mode
    gross = sum(Case(s.machine, equation, s).gross.values())
    total = sum(p.heat.values()) + p.noise - p.work
    assert np.all(np.abs(total) <= 3e-12 * gross)


@settings(max_examples=12)
@given(seeds)
def test_names_and_order_are_no_matter(seed: int) -> None:
    """Oracle: the same machine with reservoirs in reverse, and roles named by temperature."""
    m = random_three(np.random.default_rng(seed), points=1)
    first = performance(et.steady_state(m))
    turned = et.Machine(m.subsystems, m.interactions, m.reservoirs[::-1])
    words = {role: [n for n, w in reservoir_roles(m).words.items() if w[0] == role] for role in
             ("cold", "ambient", "hot")}  # fmt: skip
    named = {role: tuple(names) for role, names in words.items()}
    for other in (performance(et.steady_state(turned)), performance(et.steady_state(m), **named)):
        assert np.array_equal(first.mode, other.mode)
        for key in ("cop", "efficiency", "carnot"):
            assert getattr(first, key) == pytest.approx(getattr(other, key), rel=1e-8, nan_ok=True)
