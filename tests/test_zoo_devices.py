"""Landmarks of the zoo: thermal transistor, diode, heat valve, three-level refrigerator.

Every oracle is written from the model, in plain Python, NumPy or mpmath, and knows nothing of the
library: rate equations and a dense Lindblad generator, with rates 2 Γ f (n̄ + 1) and 2 Γ f n̄.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import mpmath as mp
import numpy as np
import pytest

import entherm as et
from entherm import zoo
from entherm.parameters import Array

from .zoo_oracles import dissipator, ring, settled

Rates = Callable[[int, int], list[mp.mpf]]  # (from, to) to one rate for each reservoir


def solved(name: str, changed: dict[str, object] | None = None) -> et.SteadyState:
    """The machine of the file, some numbers changed, under the equation of the file."""
    machine = zoo.machine(name)
    return et.steady_state(machine.replace(changed or {}), zoo.entry(name).equation)


def bose(omega: object, temperature: object) -> mp.mpf:
    return 1 / mp.expm1(mp.mpf(omega) / temperature)


def heats(energies: list[mp.mpf], rates: Rates, baths: int) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """Populations of a rate equation, and the energy that each reservoir gives per time."""
    count = len(energies)
    matrix, flows = mp.zeros(count), [mp.zeros(count) for _ in range(baths)]
    for start, end in product(range(count), repeat=2):
        if start != end:
            for flow, rate in zip(flows, rates(start, end), strict=True):
                flow[end, start] = rate
                matrix[end, start] += rate
                matrix[start, start] -= rate
    for k in range(count):
        matrix[0, k] = 1
    p = mp.lu_solve(matrix, mp.matrix([1] + [0] * (count - 1)))
    pairs = list(product(range(count), repeat=2))
    return list(p), [
        mp.fsum((energies[b] - energies[a]) * flow[b, a] * p[a] for a, b in pairs) for flow in flows
    ]


def transistor(base: object) -> list[mp.mpf]:
    """Heat from L, M, R of the eight-state transistor, base at `base`, by its rate equation."""
    states = list(product([1, -1], repeat=3))
    gap, zz = mp.mpf("0.1"), mp.mpf("0.5")
    energies = [gap / 2 * sum(s) + zz * (s[0] * s[1] + s[1] * s[2]) for s in states]
    temperatures = [mp.mpf("0.2"), mp.mpf(base), mp.mpf("0.02")]

    def rates(start: int, end: int) -> list[mp.mpf]:
        flipped = [k for k in range(3) if states[start][k] != states[end][k]]
        found = [mp.mpf(0)] * 3
        if len(flipped) == 1:
            omega = energies[end] - energies[start]
            n = bose(abs(omega), temperatures[flipped[0]])
            found[flipped[0]] = 2 * mp.mpf("1e-3") * abs(omega) * (n if omega > 0 else n + 1)
        return found

    return heats(energies, rates, 3)[1]


def test_joulain_2016() -> None:
    """Currents of the transistor, and its amplification where the base is at 0.06 and at 0.14.

    Oracle: the classical rate equation of the eight product states (H_S is diagonal in them) at 40
    digits, and its derivative. The amplification of the library's currents is that of their
    Chebyshev interpolant through 25 base temperatures within 20 %.
    """
    with mp.workdps(40):
        at = [0.03, 0.06, 0.1, 0.14, 0.2]
        expected = np.array([[float(q) for q in transistor(t)] for t in at])
        gains = {
            t: float(
                mp.diff(lambda x: transistor(x)[0], t) / mp.diff(lambda x: transistor(x)[1], t)
            )
            for t in (0.06, 0.14)
        }
    state = solved("joulain_2016", {"reservoirs.RM.temperature": at})
    found = np.stack([state.heat_currents[k] for k in ("RL", "RM", "RR")], -1)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-19)
    assert solved("joulain_2016").heat_currents["RM"] == pytest.approx(expected[2, 1], rel=1e-10)
    assert gains[0.06] == pytest.approx(-130.25, abs=0.005)  # what the file says
    assert gains[0.14] > 15.0
    for base, gain in gains.items():
        nodes = np.polynomial.chebyshev.chebpts1(25)
        grid = base * (1.0 + 0.2 * nodes)
        currents = solved("joulain_2016", {"reservoirs.RM.temperature": grid}).heat_currents
        slopes = [
            np.polynomial.Chebyshev.fit(nodes, currents[k], 24, domain=[-1, 1]).deriv()(0.0)
            for k in ("RL", "RM")
        ]
        assert slopes[0] / slopes[1] == pytest.approx(gain, rel=1e-7)


def diode(left: Array, right: Array) -> Array:
    """Heat from L to R.

    On the ring (1, 1) → (1, 0) → (0, 0) → (0, 1) → (1, 1) the edges belong to R, L, R, L and go
    down by g, h − g, g, −(h + g), with g = 2 zz and h L's gap. Each turn takes h + g from L and
    gives it h − g: 2 g go from L to R.
    """
    h, g, rate = 1.0, 0.2, 1e-3
    forward, backward = [], []
    for drop, temperature in ((g, right), (h - g, left), (g, right), (-h - g, left)):
        n = 1.0 / np.expm1(abs(drop) / temperature)
        down, up = 2 * rate * abs(drop) * (n + 1), 2 * rate * abs(drop) * n
        forward.append(down if drop > 0 else up)
        backward.append(up if drop > 0 else down)
    return 2 * g * ring(np.array(forward), np.array(backward))[1]


def test_werlang_2014() -> None:
    """Heat through the diode both ways, and its rectification: `diode`'s closed form."""
    left, right = np.array([1.0, 0.1, 0.5]), np.array([0.1, 1.0, 0.4])
    changed = {"reservoirs.RL.temperature": left, "reservoirs.RR.temperature": right}
    found = solved("werlang_2014", changed).heat_currents
    expected = diode(left, right)
    np.testing.assert_allclose(found["RL"], expected, rtol=1e-10)
    np.testing.assert_allclose(found["RR"], -expected, rtol=1e-10)
    file = solved("werlang_2014").heat_currents["RL"]
    assert file == pytest.approx(diode(np.array(1.0), np.array(0.3)), rel=1e-10)
    forward, reversed_ = found["RL"][:2]
    assert forward > 0.0 > reversed_
    assert abs(forward + reversed_) / forward == pytest.approx(0.9986, abs=5e-5)


def valve(qubit: float) -> float:
    """Heat in W from the hot reservoir of the 32-level valve, the qubit at `qubit` GHz.

    The Lindblad generator with jumps √(2Γ(n̄+1)) a and √(2Γn̄) a† on each resonator, in units of
    2π GHz, as one matrix of 1024 rows; heat is Tr(ω a†a D ρ), of the resonator alone.
    """
    planck, boltzmann = 6.62607015e-34, 1.380649e-23
    lower = np.diag(np.sqrt(np.arange(1.0, 4.0)), 1)  # |0> first, as nowhere in the library
    left = np.kron(lower, np.eye(8))
    middle = np.kron(np.kron(np.eye(4), [[0.0, 1.0], [0.0, 0.0]]), np.eye(4))
    right = np.kron(np.eye(8), lower)
    number = left.T @ left + right.T @ right
    h = 5.0 * number + qubit * middle.T @ middle
    baths = []
    for mode, temperature in ((left, 0.075), (right, 0.03)):
        h = h + 0.03 * (mode.T @ middle + middle.T @ mode)
        n = 1.0 / np.expm1(5e9 * planck / (boltzmann * temperature))
        jumps = ((mode, 0.04 * (n + 1.0)), (mode.T, 0.04 * n))
        baths.append(sum(dissipator(jump, jump, rate) for jump, rate in jumps))
    _, heat = settled(h, baths, 5.0 * number)
    return float(heat[0] * 2e9 * np.pi * planck * 1e9)


def test_ronzani_2018() -> None:
    """Heat through the valve, open and closed: `valve`, in SI units, is the oracle."""
    source = zoo.entry("ronzani_2018").source
    machine = source.machine.replace(
        {"qubits.Q": [source.units.frequency.parse(f"{f} GHz", "f") for f in (5.0, 4.7)]}
    )
    state = et.steady_state(machine, zoo.entry("ronzani_2018").equation)
    expected = [valve(5.0), valve(4.7)]
    found = source.units.power.show(state.heat_currents["hot"])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(state.heat_currents["cold"], -state.heat_currents["hot"], rtol=1e-9)
    assert expected[0] > 15.0 * expected[1]
    file = solved("ronzani_2018").heat_currents["hot"]
    assert file == pytest.approx(state.heat_currents["hot"][0], rel=1e-12)


def test_geusic_1967() -> None:
    """Cooling, COP and where it ends.

    Each turn of the ring |0> → |1> → |2> → |0> takes ω_c from the cold reservoir and ω_d from the
    drive and leaves ω_h in the room: Q = ω J. J = 0 where up and down round the ring are as
    likely, that is ω_c/T_c + ω_d/T_d = ω_h/T_h.
    """
    ends = 4.0 / (5.0 / 1.5 - 1.0)
    drive = np.array([1.2, ends, 3.0, 10.0, 100.0])
    found = solved("geusic_1967", {"reservoirs.drive.temperature": drive}).heat_currents
    n = 1 / np.expm1(np.array([np.full(5, 1.0), 4.0 / drive, np.full(5, 5.0 / 1.5)]))
    up, down = 2e-3 * n, 2e-3 * (n + 1)
    turns = ring(np.array([*up[:2], down[2]]), np.array([*down[:2], up[2]]))[1]
    scale = np.abs(turns).max()
    np.testing.assert_allclose(found["cold"], turns, rtol=1e-10, atol=1e-15 * scale)
    np.testing.assert_allclose(found["drive"], 4.0 * turns, rtol=1e-10, atol=4e-15 * scale)
    np.testing.assert_allclose(found["room"], -5.0 * turns, rtol=1e-10, atol=5e-15 * scale)
    assert found["cold"][0] < 0.0 < found["cold"][2]
    file = solved("geusic_1967").heat_currents["cold"]
    assert file == pytest.approx(found["cold"][3], rel=1e-12)
