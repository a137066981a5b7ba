"""Landmarks of the zoo: dots and qubits between fermionic leads.

Every oracle is written from the model, in plain NumPy or mpmath, and knows nothing of the library:
rate equations with 2 Γ f in and 2 Γ (1 − f) out.
"""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

import entherm as et
from entherm import zoo
from entherm.parameters import Array

from .zoo_oracles import ring

LEADS = ("left", "right")


def solved(name: str, changed: dict[str, object] | None = None) -> et.SteadyState:
    """The machine of the file, some numbers changed, under the equation of the file."""
    machine = zoo.machine(name)
    return et.steady_state(machine.replace(changed or {}), zoo.entry(name).equation)


def fermi(omega: object, temperature: object) -> mp.mpf:
    return 1 / (mp.exp(mp.mpf(omega) / temperature) + 1)


def dot(x_left: mp.mpf, x_right: mp.mpf, ratio: mp.mpf) -> tuple[mp.mpf, mp.mpf]:
    """Power and efficiency of a level at x = (ε − μ)/T of each lead, T_L = 1, Γ = 0.005 each.

    The level fills at 2Γ (f_L + f_R) and empties at 2Γ (2 − f_L − f_R), so that it is full with
    p = (f_L + f_R)/2 and the current is J = 2Γ (f_L − p) = Γ (f_L − f_R). A particle takes
    ε − μ_L = x_L out of the hot lead, and gains μ_R − μ_L = x_L − T_R x_R.
    """
    flow = mp.mpf("0.005") * (fermi(x_left, 1) - fermi(x_right, 1))
    gain = x_left - ratio * x_right
    return flow * gain, gain / x_left


def best(ratio: mp.mpf, near: tuple[float, float]) -> list[mp.mpf]:
    """The x_L and x_R of maximum power: both derivatives of `dot`'s power vanish."""
    power = lambda a, b: dot(a, b, ratio)[0]  # noqa: E731
    slopes = [lambda a, b, o=o: mp.diff(power, (a, b), o) for o in ((1, 0), (0, 1))]
    return list(mp.findroot(lambda a, b: [s(a, b) for s in slopes], near))


def test_esposito_2009() -> None:
    """Power, efficiency, tight coupling; the file's is the point of maximum power.

    Oracle: `dot`, its maximum found at 30 digits. The same at η_C = 1e-2, where both x are
    a = 2 coth(a/2) up to O(η_C), leaves no more than η_C⁴ of the source's expansion of η.
    """
    name = "esposito_2009"
    state = solved(name)
    hot, cold = (float(state.heat_currents[k]) for k in ("left", "right"))
    with mp.workdps(30):
        x = best(mp.mpf("0.5"), (2.0, 2.9))
        power, efficiency = (float(v) for v in dot(*x, mp.mpf("0.5")))
        a = mp.findroot(lambda a: a - 2 * mp.coth(a / 2), 2.4)
        carnot = mp.mpf("0.01")
        small = best(1 - carnot, (a, a * (1 + carnot / 2)))
        eta = dot(*small, 1 - carnot)[1]
        series = carnot / 2 + carnot**2 / 8 + (7 + mp.csch(a / 2) ** 2) / 96 * carnot**3
        assert abs(eta - series) < carnot**4
        assert abs(eta - series) < abs(eta - series + carnot**3 / 96) / 10
    mu = [zoo.machine(name).parameters[f"reservoirs.{k}.chemical_potential"] for k in LEADS]
    assert 5.0 - mu[0] == pytest.approx(float(x[0]), abs=1e-12)
    assert (5.0 - mu[1]) / 0.5 == pytest.approx(float(x[1]), abs=1e-12)
    assert hot + cold == pytest.approx(power, rel=1e-12)
    assert (hot + cold) / hot == pytest.approx(efficiency, rel=1e-12)
    near = solved(
        name,
        {
            "reservoirs.right.temperature": 0.99,
            "reservoirs.left.chemical_potential": 5.0 - float(small[0]),
            "reservoirs.right.chemical_potential": 5.0 - 0.99 * float(small[1]),
        },
    ).heat_currents
    assert 1.0 + near["right"] / near["left"] == pytest.approx(float(eta), rel=1e-9)


def test_sanchez_2011() -> None:
    """Heat and electrons of the energy harvester, and one electron for each quantum of heat.

    On the ring 00 → 10 → 11 → 01 → 00 of (conductor, gate) every turn brings an electron into the
    gate at ε + U and out at ε: Q_gate = U J. Left and right share the edges 00-10 and 11-01; of
    their rates 2Γ L(ω) f and 2Γ L(ω) (1 − f), with L of full width w about ε or ε + U,
    L(ω) ∝ ω w/((ω² − ω₀²)² + ω² w²), the left's part is its own of both edges, by the populations.
    """
    width = np.array([0.1, 1e-3])
    paths = [f"reservoirs.{k}.spectrum.width" for k in LEADS]
    state = solved("sanchez_2011", dict.fromkeys(paths, width))

    def rates(omega: float, centre: float | None, temperature: float) -> tuple[Array, Array]:
        line = np.ones(2)
        if centre is not None:
            square = (omega**2 - centre**2) ** 2 + (omega * width) ** 2
            line = omega * width / square * (centre * width)
        f = 1.0 / (np.exp((omega - 1.25) / temperature) + 1.0)
        return 0.004 * line * f, 0.004 * line * (1.0 - f)

    (l_in, l_out), (m_in, m_out) = (rates(w, 1.0, 0.3) for w in (1.0, 1.5))
    (r_in, r_out), (s_in, s_out) = (rates(w, 1.5, 0.3) for w in (1.0, 1.5))
    (g_in, g_out), (h_in, h_out) = (rates(w, None, 1.0) for w in (1.0, 1.5))
    forward = np.array([l_in + r_in, h_in, m_out + s_out, g_out])
    backward = np.array([l_out + r_out, h_out, m_in + s_in, g_in])
    p, turns = ring(forward, backward)
    electrons = l_in * p[0] - l_out * p[1] + m_in * p[3] - m_out * p[2]
    found = state.observe(et.quanta("left"), et.quanta("right"), et.heat("gate"))
    np.testing.assert_allclose(found, [electrons, -electrons, 0.5 * turns], rtol=1e-10)
    file = solved("sanchez_2011").observe(et.quanta("left"))[0]
    assert file == pytest.approx(found[0][0], rel=1e-12)
    yields = 0.5 * found[0] / found[2]
    assert yields[0] == pytest.approx(0.981, abs=5e-4)
    assert yields[1] == pytest.approx(1.0, abs=1e-5)


def trapped(repulsion: float, source: float) -> tuple[float, float]:
    """Concurrence of 1, 2 and current of the dark-state machine, by the levels' rate equation.

    Levels of H = Σ n_k + Σ g_kl (exchange) + U Σ n_k n_l within each number of particles are not
    degenerate, so that the populations close: W(a → b) = 2Γ |<b|σ_k†|a>|² f(E_b − E_a − μ_k) in,
    and with 1 − f out. States of different numbers do not mix; C = 2 (|ρ_23| − √(ρ_11 ρ_44)).
    """
    down = np.array([[0.0, 1.0], [0.0, 0.0]])  # |0> first
    one = np.eye(2)
    s = [
        np.kron(np.kron(a, b), c)
        for a, b, c in ((down, one, one), (one, down, one), (one, one, down))
    ]
    full = [x.T @ x for x in s]
    h = sum(full)
    for a, b, g in ((0, 1, 0.1), (0, 2, 0.05), (1, 2, 0.05)):
        h = h + g * (s[a].T @ s[b] + s[b].T @ s[a]) + repulsion * full[a] @ full[b]
    energies, vectors = np.linalg.eigh(h + 1e3 * sum(full))  # numbers apart, to be told apart
    energies = energies - 1e3 * np.rint(np.diag(vectors.T @ sum(full) @ vectors))
    rates, gain = np.zeros((8, 8)), np.zeros((8, 8))
    for x, mu in ((s[0], source), (s[2], 0.0)):
        squares = (vectors.T @ x.T @ vectors) ** 2  # [b, a]: into b by adding to a
        filled = 1.0 / (np.exp((energies[:, None] - energies[None, :] - mu) / 0.1) + 1.0)
        into, out = 2e-3 * squares * filled, (2e-3 * squares * (1.0 - filled)).T
        rates += into + out
        if x is s[0]:
            gain = into - out
    system = rates - np.diag(rates.sum(0))
    system[0] = 1.0
    p = np.linalg.solve(system, np.eye(8)[0])
    rho = (vectors * p) @ vectors.T
    pair = np.einsum("abkcdk->abcd", rho.reshape([2] * 6)).reshape(4, 4)
    c = 2 * max(0.0, abs(pair[1, 2]) - np.sqrt(pair[0, 0] * pair[3, 3]))
    return c, float((gain @ p).sum())


def test_khandelwal_2024() -> None:
    """Concurrence and current of the dark-state machine (`trapped`), and its way to one.

    With the source's μ half-way, at ε + U/2, the dark state is left by either gaining or losing a
    particle at rates of exp(−U/2T), so that ln(1 − C) falls by ΔU/2T.
    """
    repulsion = np.array([1.0, 2.0, 3.0])
    changed: dict[str, object] = {f"term.U{k}.strength": repulsion for k in ("12", "13", "23")}
    state = solved(
        "khandelwal_2024", changed | {"reservoirs.source.chemical_potential": 1.0 + repulsion / 2}
    )
    found: Array = state.concurrence("1", "2")
    expected = np.array([trapped(u, 1.0 + u / 2) for u in repulsion])
    np.testing.assert_allclose(found, expected[:, 0], rtol=1e-9)
    np.testing.assert_allclose(state.observe(et.quanta("source"))[0], expected[:, 1], rtol=1e-7)
    file = solved("khandelwal_2024").concurrence("1", "2")
    assert file == pytest.approx(found[1], rel=1e-12)
    assert np.diff(np.log1p(-found))[1] == pytest.approx(-0.5 / 0.1, rel=1e-2)
    assert 1.0 - found[2] < 1e-5
