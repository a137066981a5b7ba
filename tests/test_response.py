"""Derivatives by temperatures: conductances, Onsager's matrix, diodes, transistors, thermometers.

Oracles: the literal generators of `oracle`, differentiated by extrapolated central differences;
JAX; rate equations of diagonal Hamiltonians written here in mpmath at 40 digits and differentiated
there; closed forms, each derived where it is used; Lyapunov's equation for Fisher information.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_continuous_lyapunov

import entherm as et
from entherm.errors import NotDifferentiableError, ParameterError, UnknownNameError
from entherm.fluctuations.statistics import counting_statistics
from entherm.response.generator_slopes import controls_of
from entherm.response.linear import LinearResponse, linear_response
from entherm.response.linearised import linearised
from entherm.response.rectifiers import differential_gain, rectification
from entherm.response.thermometry import quantum_fisher_information, thermometric_fisher

from . import oracle, random_machines
from .random_machines import Draw, draw

EQUATIONS = {
    "global": et.Global(),
    "unified": et.Unified(),
    "local": et.Local(),
    "local bare": et.Local(heat="bare"),
    "redfield": et.Redfield(),
    "universal": et.UniversalLindblad(),
}
T = "reservoirs.{}.temperature"


def bose(omega: Any, temperature: Any) -> Any:
    return 1.0 / np.expm1(omega / temperature)


def qubit_between(T_L: Any, T_R: Any, rate: float = 0.3, gap: float = 3.0) -> et.Machine:
    baths = [et.Reservoir("L", T_L, {"A": 1.0}), et.Reservoir("R", T_R, {"A": rate})]
    return et.Machine([et.Qubit("A", gap)], [], baths)


# Against the literal generators of `oracle`.


def moved(model: oracle.Model, step: float, along: dict[str, float]) -> oracle.Model:
    """The model with T and μ (or T alone, of a reset) of every bath moved along a direction."""

    def warmer(bath: Any) -> Any:
        shift = step * along[bath.name]
        if isinstance(bath, oracle.Reset):
            return replace(bath, temperature=bath.temperature + shift)
        if not bath.temperature:
            return bath
        changed = {"temperature": bath.temperature + shift}
        if bath.chemical_potential:
            changed["chemical_potential"] = bath.chemical_potential - 0.5 * shift
        return replace(bath, **changed)

    baths, resets = map(warmer, model.baths), map(warmer, model.resets)
    return replace(model, baths=tuple(baths), resets=tuple(resets))


def differences(d: Draw, name: str, along: dict[str, float]) -> tuple[Any, dict[str, float]]:
    """∂ρ and ∂Q along a direction, from six points (the error is of sixth order in the step)."""
    weights = {1: 0.75, 2: -0.15, 3: 1.0 / 60.0}
    rho, heat = 0.0, dict.fromkeys(along, 0.0)
    step = 1e-2
    for k, weight in weights.items():
        for sign in (1.0, -1.0):
            model = moved(d.model, sign * k * step, along)
            generator = oracle.liouvillian(model, name, d.widths.get(name.partition(" ")[0], 0.0))
            state = oracle.steady_state(generator)
            rho = rho + sign * weight / step * state
            for bath, current in oracle.currents(generator, state).items():
                if bath in heat:
                    heat[bath] += sign * weight / step * current
    return rho, heat


# Of two subsystems, which are quickly drawn: an exchange, a Hermitian cluster, a
# qutrit, delays, leads, anything.
SEEDS = (6, 9, 11, 16, 18, 19)


@pytest.mark.parametrize(
    ("seed", "name"),
    # Beside these, three qubits: equal gaps, and a cluster that is tight but not degenerate.
    [*product(SEEDS, EQUATIONS), (2, "global"), (3, "unified")],
)
def test_random_machines_against_literal_generators(seed: int, name: str) -> None:
    """∂ρ and ∂Q along a random direction of all T and μ; oracle: differences of `oracle`.

    The step is 1e-2 of temperatures above 0.4, so that truncation leaves 1e-9; rounding of the
    oracle is 1e-13 over the step. Reservoirs at T = 0 and with an occupation are not moved.
    """
    d = draw(seed)
    m = d.machine
    rng = np.random.default_rng(seed)
    along = {bath.name: float(rng.uniform(0.3, 1.0)) for bath in m.reservoirs}
    controls = controls_of(m)
    factor = {"temperature": 1.0, "chemical_potential": -0.5}
    cold = {b.name for b in m.reservoirs if "temperature" in b.parameters and b.temperature == 0.0}
    direction = np.array(
        [0.0 if c.reservoir in cold else factor[c.quantity] * along[c.reservoir] for c in controls]
    )
    (run,) = linearised(m, EQUATIONS[name], controls)
    rho, heat = differences(d, name, along)
    change = run.matrices(np.tensordot(direction, run.change, 1))
    np.testing.assert_allclose(change, rho, atol=2e-8 * np.abs(rho).max())
    found = dict(zip([b.name for b in m.reservoirs], run.heat @ direction, strict=True))
    scale = max(map(abs, heat.values()))
    for bath, value in heat.items():
        np.testing.assert_allclose(found[bath], value, atol=2e-8 * scale, err_msg=bath)


@pytest.mark.parametrize(
    ("seed", "kinds", "name", "equation"),
    [(k, random_machines.RESET_KINDS, "reset", et.Reset()) for k in range(3)]
    + [(k, (random_machines.resets,), "local", et.Local()) for k in range(2)],
)
def test_resets_against_literal_generators(
    seed: int, kinds: Any, name: str, equation: et.Equation
) -> None:
    """p = 2Γ(2n̄ + 1) and τ both know the temperature; oracle: differences of `oracle`."""
    d = draw(seed, kinds)
    m = d.machine
    along = {
        b.name: 0.0 if b.temperature is None or b.temperature < 0.3 else 0.5 for b in m.reservoirs
    }
    controls = controls_of(m)
    direction = np.array([along[c.reservoir] for c in controls])
    (run,) = linearised(m, equation, controls)
    rho, heat = differences(d, name, along)
    change = run.matrices(np.tensordot(direction, run.change, 1))
    np.testing.assert_allclose(change, rho, atol=2e-8 * np.abs(rho).max())
    scale = max(map(abs, heat.values()))
    for bath, value in zip(m.reservoirs, run.heat @ direction, strict=True):
        np.testing.assert_allclose(value, heat[bath.name], atol=2e-8 * scale)


def test_against_jax() -> None:
    """Every derivative of heat and quanta of two leads; oracle: JAX through `et.observe`."""
    import jax
    import jax.numpy as jnp

    leads = [
        et.Reservoir("L", 1.0, {"A": 0.1}, statistics="fermi", chemical_potential=1.5),
        et.Reservoir("R", 0.7, {"A": 0.07}, statistics="fermi", chemical_potential=0.5),
    ]
    m = et.Machine([et.Qubit("A", 2.0)], [], leads)
    r = linear_response(m)
    own = np.block(
        [[r.conductance, r.heat_by_potential], [r.quanta_by_temperature, r.quanta_by_potential]]
    )
    asked = [et.heat("L"), et.heat("R"), et.quanta("L"), et.quanta("R")]
    paths = [c.path for c in controls_of(m)]
    with jax.enable_x64(True):

        def currents(values: Any) -> Any:
            return jnp.stack(et.observe(m.replace(dict(zip(paths, values, strict=True))), *asked))

        found = jax.jacfwd(currents)(jnp.array([1.0, 0.7, 1.5, 0.5]))
    np.testing.assert_allclose(own, found, atol=1e-14)


# Rate equations at 40 digits.


def spins(energy: Callable[..., Any], count: int, T: list[Any]) -> tuple[list[Any], list[Any]]:
    """Heat out of reservoirs that flip one spin each, and populations, of a diagonal Hamiltonian.

    Rates 2(n̄ + 1) down and 2n̄ up at the energy of the flip, written out in mpmath.
    """
    states = list(product((1, 0), repeat=count))
    place = {s: k for k, s in enumerate(states)}
    n = len(states)
    total, flows = mp.zeros(n), []
    for site in range(count):
        for s in states:
            if s[site] == 0:
                continue
            low = (*s[:site], 0, *s[site + 1 :])
            omega = energy(s) - energy(low)
            high, low_state = (s, low) if omega > 0 else (low, s)
            omega = abs(omega)
            filling = 1 / mp.expm1(omega / T[site])
            i, j = place[high], place[low_state]
            down, up = 2 * (filling + 1), 2 * filling
            for a, b, w in ((i, j, down), (j, i, up)):
                total[b, a] += w
                total[a, a] -= w
            flows.append((site, i, j, omega, down, up))
    for k in range(n):
        total[0, k] = 1
    p = mp.lu_solve(total, mp.matrix([1] + [0] * (n - 1)))
    heat = [mp.mpf(0)] * count
    for site, i, j, omega, down, up in flows:
        heat[site] += omega * (up * p[j] - down * p[i])
    return heat, list(p)


def ising(gaps: list[float], couplings: dict[tuple[int, int], float], T: list[Any]) -> et.Machine:
    """Spins with ZZ couplings, each flipped by σ_x of a flat reservoir."""
    names = "LMR"[: len(gaps)]
    return et.Machine(
        [et.Qubit(name, gap) for name, gap in zip(names, gaps, strict=True)],
        [et.heisenberg(names[a], names[b], zz=J) for (a, b), J in couplings.items()],
        [
            et.Reservoir(f"R{name}", t, {name: et.Coupling(1.0, operator="x")})
            for name, t in zip(names, T, strict=True)
        ],
    )


def ising_energy(gaps: list[float], couplings: dict[tuple[int, int], float]) -> Callable[..., Any]:
    def energy(s: tuple[int, ...]) -> Any:
        z = [2 * x - 1 for x in s]
        field = sum(mp.mpf(g) * x for g, x in zip(gaps, s, strict=True))
        return field + sum(mp.mpf(J) * z[a] * z[b] for (a, b), J in couplings.items())

    return energy


DIODE = ([2.0, 0.4], {(0, 1): 0.5})
TRANSISTOR = ([0.1, 0.35, 0.2], {(0, 1): 0.7, (1, 2): 0.55})


@pytest.mark.parametrize(
    ("machine", "T"), [(DIODE, [1.3, 0.4]), (DIODE, [0.3, 0.2]), (TRANSISTOR, [0.4, 0.15, 0.1])]
)
def test_conductance_against_forty_digits(machine: Any, T: list[float]) -> None:
    """Ising spins, to 1e-11 of the largest in a column; oracle: mpmath's derivative of `spins`."""
    energy, count = ising_energy(*machine), len(T)
    found = linear_response(ising(*machine, T)).conductance
    with mp.workdps(40):
        for b in range(count):

            def heat(t: Any, a: int, b: int = b) -> Any:
                moved = [t if k == b else mp.mpf(x) for k, x in enumerate(T)]
                return spins(energy, count, moved)[0][a]

            for a in range(count):
                expected = float(
                    mp.diff(lambda t, a=a: heat(t, a), mp.mpf(T[b]), h=mp.mpf(10) ** -15)
                )
                # Rows add up to nothing: small entries are known to the digits of the largest.
                scale = np.abs(found[:, b]).max()
                assert abs(found[a, b] - expected) < 1e-11 * scale


@pytest.mark.parametrize("T", [[1.3, 0.4], [0.06, 0.05], [0.02, 0.004]])
def test_populations_answer_to_their_last_digit(T: list[float]) -> None:
    """∂p to 1e-12 of p/T, where the highest level has p = e^{-400}; oracle: mpmath's derivative."""
    energy = ising_energy(*DIODE)
    found = np.diag(thermometric_fisher(ising(*DIODE, T), "RL").change).real
    with mp.workdps(40):
        for k in range(4):

            def population(t: Any, k: int = k) -> Any:
                return mp.log(spins(energy, 2, [t, mp.mpf(T[1])])[1][k])

            t = mp.mpf(T[0])
            p = mp.exp(population(t))
            slope = mp.diff(population, t, h=t * mp.mpf(10) ** -15) * p
            assert abs(found[k] - slope) <= 1e-12 * max(abs(slope), p / t)


def test_diode_of_two_spins() -> None:
    """|J + J'|/max over a sweep of the coupling; oracle: `spins` at 40 digits, twice."""
    for J in (0.3, 0.5):
        gaps, couplings = [2.0, 0.4], {(0, 1): J}
        found = rectification(ising(gaps, couplings, [1.3, 0.4]), "RL", "RM")
        energy = ising_energy(gaps, couplings)
        forward = spins(energy, 2, [mp.mpf("1.3"), mp.mpf("0.4")])[0][0]
        backward = spins(energy, 2, [mp.mpf("0.4"), mp.mpf("1.3")])[0][0]
        expected = abs(forward + backward) / max(abs(forward), abs(backward))
        np.testing.assert_allclose(float(found.forward), float(forward), rtol=1e-12)
        np.testing.assert_allclose(float(found.backward), float(backward), rtol=1e-12)
        np.testing.assert_allclose(float(found.coefficient), float(expected), rtol=1e-11)
        assert 0.1 < found.coefficient < 1.0


def test_transistor_of_three_spins() -> None:
    """α of collector and emitter by the base; oracle: mpmath's derivatives of `spins`.

    L is the emitter, M the base, R the collector: α_E + α_C + 1 = 0, the first law.
    """
    T = [0.4, 0.15, 0.1]
    m, energy = ising(*TRANSISTOR, T), ising_energy(*TRANSISTOR)
    with mp.workdps(30):
        slope = [
            mp.diff(
                lambda t, a=a: spins(energy, 3, [mp.mpf("0.4"), t, mp.mpf("0.1")])[0][a],
                mp.mpf("0.15"),
            )
            for a in range(3)
        ]
    collector, emitter = (differential_gain(m, "RM", name) for name in ("RR", "RL"))
    np.testing.assert_allclose(float(collector), float(slope[2] / slope[1]), rtol=1e-8)
    np.testing.assert_allclose(float(emitter), float(slope[0] / slope[1]), rtol=1e-8)
    np.testing.assert_allclose(collector + emitter, -1.0, atol=1e-8)
    assert abs(collector) > 1.0
    other = differential_gain(m, "RM", "RR", control="reservoirs.RL.temperature")
    full = linear_response(m).conductance
    np.testing.assert_allclose(other, full[2, 0] / full[1, 0], rtol=1e-12)


# Closed forms.


@pytest.mark.parametrize("T", [(2.0, 1.5), (0.02, 0.015), (50.0, 40.0)])
def test_a_qubit_between_two_reservoirs(T: tuple[float, float]) -> None:
    """Rates up 2Γn, down 2Γ(n + 1): Q_L = 2ω Γ_L Γ_R (n_L − n_R)/(Γ_L(2n_L+1) + Γ_R(2n_R+1)).

    Its derivative by n_L is 2ωΓ_LΓ_R (Γ_L(2n_R + 1) + Γ_R(2n_R + 1))/(...)², and
    ∂n/∂T = ω n(n + 1)/T². At ω/T = 150 the current is e^{-150}, and as accurate.
    """
    omega, rate = 3.0, 0.3
    n_L, n_R = (bose(omega, t) for t in T)
    rise_L, rise_R = (omega / t**2 * n * (n + 1.0) for t, n in zip(T, (n_L, n_R), strict=True))
    common = 2.0 * omega * rate / ((2.0 * n_L + 1.0) + rate * (2.0 * n_R + 1.0)) ** 2
    by_L = common * (1.0 + rate) * (2.0 * n_R + 1.0) * rise_L
    by_R = -common * (1.0 + rate) * (2.0 * n_L + 1.0) * rise_R
    found = linear_response(qubit_between(*T)).conductance
    np.testing.assert_allclose(found, [[by_L, by_R], [-by_L, -by_R]], rtol=1e-12)


def test_one_level_between_two_leads() -> None:
    """J_L = 2 Γ_LΓ_R/(Γ_L + Γ_R) (F_L − F_R) and Q = (ε − μ)J of one fermionic level.

    So L_JJ = T ∂J/∂μ = γ F(1 − F), L_QJ = (ε − μ) L_JJ = L_JQ, L_QQ = (ε − μ)² L_JJ, with
    γ = 2Γ_LΓ_R/(Γ_L + Γ_R): the determinant vanishes (tight coupling).
    """
    T_, mu, level = 0.8, 0.5, 2.0
    baths = [
        et.Reservoir(n, T_, {"A": g}, statistics="fermi", chemical_potential=mu)
        for n, g in (("L", 0.1), ("R", 0.4))
    ]
    found = linear_response(et.Machine([et.Qubit("A", level)], [], baths))
    assert found.channels == ("heat L", "heat R", "quanta L", "quanta R")
    F = 1.0 / (np.exp((level - mu) / T_) + 1.0)
    one = 2.0 * 0.1 * 0.4 / 0.5 * F * (1.0 - F)
    h = level - mu
    block = one * np.array([[h * h, h], [h, 1.0]])
    expected = np.kron(block, [[1.0, -1.0], [-1.0, 1.0]])
    np.testing.assert_allclose(found.onsager, expected, rtol=1e-12)


def test_absolute_zero() -> None:
    """At T = 0 bosons answer to nothing: n̄ = e^{-ω/T} has no derivative of any order there."""
    found = linear_response(qubit_between(2.0, [0.0, 1e-200, 1e-3]))
    assert np.array_equal(found.conductance[:, :, 1], np.zeros((3, 2)))
    assert np.all(found.conductance[:, 0, 0] > 0.0)


def test_arrays_are_points() -> None:
    """Axes broadcast and each point is itself; oracle: the same machine, point by point."""
    T_L, gap = np.array([1.0, 2.0, 3.0]), np.array([[2.0], [3.0]])
    whole = linear_response(qubit_between(T_L, 1.5, gap=gap))
    assert whole.conductance.shape == (2, 3, 2, 2)
    assert whole.heat.shape == (2, 3, 2)
    gain = differential_gain(qubit_between(T_L, 1.5, gap=gap), "L", "R")
    np.testing.assert_allclose(gain, np.full((2, 3), -1.0), rtol=1e-12)
    fisher = thermometric_fisher(qubit_between(T_L, 1.5, gap=gap), "L")
    for i, j in product(range(2), range(3)):
        one = qubit_between(T_L[j], 1.5, gap=gap[i, 0])
        np.testing.assert_allclose(whole.conductance[i, j], linear_response(one).conductance)
        np.testing.assert_allclose(fisher.quantum[i, j], thermometric_fisher(one, "L").quantum)


def test_points_without_a_state_are_nan() -> None:
    """λ₃ crosses the ground state at Ω = ε; beyond, the points are named or NaN, not their kin."""
    m = et.two_qubit_machine(20.0, 20.0, [10.0, 25.0])
    with pytest.raises(et.InvalidMachineError):
        linear_response(m)
    found = linear_response(m, on_invalid="nan").conductance
    single = linear_response(et.two_qubit_machine(20.0, 20.0, 10.0)).conductance
    np.testing.assert_allclose(found[0], single)
    assert np.all(np.isnan(found[1]))
    fisher = thermometric_fisher(m, "RA", on_invalid="nan").quantum
    assert np.isnan(fisher[1])
    assert fisher[0] > 0.0


# Onsager's relations.


def require_onsager(found: LinearResponse) -> None:
    """Symmetric to 1e-9, positive, and heat adds up to nothing."""
    L, heat = found.onsager, len(found.reservoirs)
    scale = np.abs(L).max()
    assert np.abs(L - L.T).max() <= 1e-9 * scale
    assert np.linalg.eigvalsh(0.5 * (L + L.T)).min() >= -1e-9 * scale
    assert np.abs(L[:heat].sum(0)).max() <= 1e-9 * scale


def at_one_temperature(m: et.Machine, temperature: float) -> et.Machine:
    """No dephasing, no μ, one temperature: an equilibrium."""
    values = {}
    for path in m.parameters:
        if path.endswith(".temperature"):
            values[path] = temperature
        elif path.endswith(".chemical_potential") or path.startswith("dephasing"):
            values[path] = 0.0
    return m.replace(values)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from((*SEEDS, 3, 7, 14)),
    st.floats(0.3, 5.0),
    st.sampled_from(["global", "unified"]),
)
def test_onsager_symmetry(seed: int, temperature: float, name: str) -> None:
    """Random machines at equal temperatures, degenerate and Hermitian ones too; a law."""
    m = draw(seed).machine
    assume(all("temperature" in bath.parameters for bath in m.reservoirs))
    require_onsager(linear_response(at_one_temperature(m, temperature), EQUATIONS[name]))


@settings(max_examples=12, deadline=None)
@given(
    st.floats(1.0, 3.0),
    st.floats(-0.5, 0.5).filter(lambda x: abs(x) > 1e-2),
    st.floats(0.3, 5.0),
    st.lists(st.floats(0.05, 1.0), min_size=5, max_size=5),
)
def test_onsager_symmetry_of_the_local_equation(
    gap: float, exchange: float, temperature: float, rates: list[float]
) -> None:
    """Equal gaps, so that exchange takes no work, and bare heat; a law."""
    baths = [et.Reservoir(f"R{q}", temperature, {q: g}) for q, g in zip("ABC", rates, strict=False)]
    baths.append(et.Reservoir("common", temperature, {"A": rates[3], "B": rates[4]}))
    m = et.Machine(
        [et.Qubit(q, gap) for q in "ABC"],
        [et.exchange("A", "B", exchange), et.exchange("B", "C", 0.7 * exchange)],
        baths,
    )
    require_onsager(linear_response(m, et.Local(heat="bare")))


def test_onsager_symmetry_of_many_levels() -> None:
    """Five qubits, whose state goes by sectors: 252 elements of ρ; a law."""
    names = "ABCDE"
    m = et.Machine(
        [et.Qubit(q, 2.0 + 0.1 * k) for k, q in enumerate(names)],
        [et.exchange(a, b, 0.3) for a, b in pairwise(names)],
        [et.Reservoir("R1", 1.0, {"A": 0.1}), et.Reservoir("R2", 1.0, {"E": 0.2, "C": 0.1})],
    )
    require_onsager(linear_response(m))


@pytest.mark.parametrize("equation", [et.Global(), et.Unified(joined=((1, 2),))])
def test_fluctuations_and_dissipation(equation: et.Equation) -> None:
    """L = S/2 at equilibrium, S the covariance of heat per time; oracle: `counting_statistics`."""
    m = et.two_qubit_machine(20.0, 18.0, 3.0, T_A=6.0, T_B=6.0, T_C=6.0, Gamma_CB=0.4)
    noise = counting_statistics(m, equation).covariance_matrix
    found = linear_response(m, equation).onsager
    np.testing.assert_allclose(found, 0.5 * noise, atol=1e-11 * np.abs(noise).max())


def test_no_onsager_matrix_away_from_equilibrium() -> None:
    apart = linear_response(qubit_between([2.0, 2.0], [2.0, 1.5]))
    with pytest.raises(ParameterError, match=r"be equal.*L 2, R 1\.5.*conductance"):
        _ = apart.onsager
    detuned = et.Machine(
        [et.Qubit("A", 2.0), et.Qubit("B", 1.5)],
        [et.exchange("A", "B", 0.2)],
        [et.Reservoir("RA", 1.0, {"A": 0.1}), et.Reservoir("RB", 1.0, {"B": 0.1})],
    )
    with pytest.raises(ParameterError, match=r"no current.*Local\(\) with a heat current"):
        _ = linear_response(detuned, et.Local(heat="bare")).onsager
    dephased = et.two_qubit_machine(20.0, 18.0, 7.0, T_A=5.0, T_B=5.0, T_C=5.0, gamma=0.5)
    lead = et.Reservoir("L", 1.0, {"A": 0.1}, statistics="fermi", chemical_potential=[0.0, 0.5])
    beside = et.Machine([et.Qubit("A", 2.0)], [], [lead, et.Reservoir("air", 1.0, {"A": 0.2})])
    with pytest.raises(ParameterError, match="chemical potentials to 0 where a reservoir has none"):
        _ = linear_response(beside).onsager
    at_zero = beside.replace({"reservoirs.L.chemical_potential": 0.0})
    require_onsager(linear_response(at_zero))
    with pytest.raises(ParameterError, match="leave out dephasing"):
        _ = linear_response(dephased).onsager


# Diodes.


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 5.0), st.floats(0.1, 5.0), st.floats(0.01, 1.0))
def test_rectification_is_a_fraction(T_L: float, T_R: float, rate: float) -> None:
    """Of a qubit with rates Γ_L = 1 and Γ_R: |1 − D/D'| or |1 − D'/D|, D the denominator of J.

    J = 2ωΓ_R(n_L − n_R)/D with D = Γ_L(2n_L+1) + Γ_R(2n_R+1); the exchange turns D into D'.
    """
    assume(abs(T_L - T_R) > 1e-2 * T_L)
    found = rectification(qubit_between(T_L, T_R, rate), "L", "R")
    one, other = (2.0 * bose(3.0, t) + 1.0 for t in (T_L, T_R))
    D, D_swapped = one + rate * other, other + rate * one
    expected = 1.0 - min(D, D_swapped) / max(D, D_swapped)
    np.testing.assert_allclose(found.coefficient, expected, rtol=1e-6, atol=1e-9)
    back = rectification(qubit_between(T_L, T_R, rate), "R", "L")
    np.testing.assert_allclose(back.coefficient, found.coefficient, rtol=1e-9, atol=1e-12)


def test_rounding_is_no_current() -> None:
    """Qubits that do not meet pass nothing: no coefficient and no gain are made of rounding."""
    bonds = [et.exchange("A", "C", [0.3, 0.0]), et.exchange("A", "B", [0.0, 1e-4])]
    baths = [
        et.Reservoir(n, t, {q: 0.3}) for n, t, q in zip("LMR", (2.0, 2.0, 1.0), "ACB", strict=True)
    ]
    m = et.Machine([et.Qubit("A", 2.0), et.Qubit("B", 3.0), et.Qubit("C", 2.7)], bonds, baths)
    for equation in EQUATIONS.values():
        alone = rectification(m, "R", "L", equation).coefficient
        assert np.isnan(alone[0])
        assert 0.0 < alone[1] < 1.0
        assert np.isnan(differential_gain(m, "R", "L", equation)[0])
        assert differential_gain(m, "L", "R", equation)[0] == 0.0
        assert np.isfinite(differential_gain(m, "L", "R", equation)[1])
    # L and M are equally warm: nothing leaves L until it takes the temperature of R.
    assert rectification(m, "L", "R").coefficient[0] == 1.0


def test_no_direction_no_rectification() -> None:
    found = rectification(qubit_between([2.0, 2.0], [2.0, 1.0]), "L", "R")
    assert np.isnan(found.coefficient[0])
    assert found.coefficient[1] > 0.0


# Thermometers.


@pytest.mark.parametrize("temperature", [0.05, 1.0, 20.0])
def test_gibbs_states(temperature: float) -> None:
    """F = Var(H)/T⁴ of a Gibbs state, as ∂ρ = ρ (H − ⟨H⟩)/T²; spectrum of two qubits by hand."""
    baths = [et.Reservoir("R", temperature, {"A": 0.1, "B": 0.3})]
    m = et.Machine([et.Qubit("A", 3.0), et.Qubit("B", 2.0)], [et.exchange("A", "B", 0.5)], baths)
    middle = 2.5 + np.array([1.0, -1.0]) * np.sqrt(0.25 + 0.25)
    E = np.array([5.0, *middle, 0.0])
    p = np.exp(-E / temperature)
    p /= p.sum()
    variance = p @ (E - p @ E) ** 2
    found = thermometric_fisher(m, "R")
    np.testing.assert_allclose(found.quantum, variance / temperature**4, rtol=1e-11)
    assert found.readout <= found.quantum


def test_a_qubit_thermometer_between_two_reservoirs() -> None:
    """p = (Γ_L n_L + Γ_R n_R)/D, so F = (∂p)²/(p(1 − p)): a probe that another bath disturbs."""
    T_L, T_R, rate, omega = 2.0, 0.7, 0.3, 3.0
    n_L, n_R = bose(omega, T_L), bose(omega, T_R)
    D = 2.0 * n_L + 1.0 + rate * (2.0 * n_R + 1.0)
    p = (n_L + rate * n_R) / D
    slope = (1.0 - 2.0 * p) / D * omega / T_L**2 * n_L * (n_L + 1.0)
    found = thermometric_fisher(qubit_between(T_L, T_R, rate), "L")
    np.testing.assert_allclose(found.quantum, slope**2 / (p * (1.0 - p)), rtol=1e-12)
    np.testing.assert_allclose(found.readout, found.quantum, rtol=1e-12)


def test_fisher_information_against_lyapunov() -> None:
    """F = Tr(ρ L²) with ρL + Lρ = 2∂ρ, of a state with coherences; oracle: SciPy's Lyapunov."""
    m = et.two_qubit_machine(20.0, 18.0, 3.0, T_A=9.0, T_B=4.0, T_C=6.0, gamma=0.3)
    for equation in (et.Global(), et.Local(), et.UniversalLindblad()):
        found = thermometric_fisher(m, "RA", equation=equation)
        assert abs(found.state[1, 2]) > 1e-4
        L = solve_continuous_lyapunov(found.state, 2.0 * found.change)
        expected = np.trace(found.state @ L @ L).real
        np.testing.assert_allclose(found.quantum, expected, rtol=1e-9)


@settings(max_examples=12, deadline=None)
@given(st.floats(2.0, 9.0), st.floats(2.0, 9.0), st.floats(0.0, 1.0), st.sampled_from("ABC"))
def test_fisher_information_is_monotone(T_A: float, T_C: float, gamma: float, bath: str) -> None:
    """Tracing out and reading out lose information, and order does not matter; laws."""
    m = et.two_qubit_machine(10.0, 8.0, 3.0, T_A=T_A, T_B=4.0, T_C=T_C, gamma=gamma)
    whole = thermometric_fisher(m, f"R{bath}")
    turned = thermometric_fisher(m, f"R{bath}", on=("B", "A"))
    np.testing.assert_allclose(turned.quantum, whole.quantum, rtol=1e-10)
    assert 0.0 <= whole.readout <= whole.quantum * (1.0 + 1e-10)
    for name in "AB":
        part = thermometric_fisher(m, f"R{bath}", on=(name,))
        assert part.quantum <= whole.quantum * (1.0 + 1e-10)
        assert part.readout <= whole.readout * (1.0 + 1e-10)


def test_fisher_information_of_a_flip() -> None:
    """ρ = diag(p, 1 − p) turned by θ about y: F_θ = (1 − 2p)² (closed form of a rotated qubit)."""
    p = 0.2
    rho = np.diag([p, 1.0 - p]).astype(complex)
    y = np.array([[0.0, -1.0j], [1.0j, 0.0]])
    change = -0.5j * (y @ rho - rho @ y)
    found = quantum_fisher_information(np.stack([rho, rho]), np.stack([change, 0.0 * change]))
    np.testing.assert_allclose(found, [(1.0 - 2.0 * p) ** 2, 0.0], atol=1e-14)


@pytest.mark.parametrize("temperature", [1.0, 0.1, 0.05, 0.03])
def test_fisher_information_of_a_cold_gibbs_state(temperature: float) -> None:
    """F = Var(H)/T⁴ with coherences between bare levels; oracle: 60 digits, levels and all.

    At T = 0.03 it is 1e-21, of populations far below the rounding of the bare matrix.
    """
    through = {q: et.Coupling(g, operator="x") for q, g in (("A", 0.3), ("B", 0.2))}
    m = et.Machine(
        [et.Qubit("A", 2.0), et.Qubit("B", 3.0)],
        [et.heisenberg("A", "B", xx=0.7)],
        [et.Reservoir("R", temperature, through)],
    )
    with mp.workdps(60):
        flip = mp.mpf("0.7")
        H = mp.matrix([[5, 0, 0, flip], [0, 2, flip, 0], [0, flip, 3, 0], [flip, 0, 0, 0]])
        levels = mp.eigsy(H, eigvals_only=True)
        T_ = mp.mpf(temperature)
        weights = [mp.exp(-(e - min(levels)) / T_) for e in levels]
        mean = sum(w * e for w, e in zip(weights, levels, strict=True)) / sum(weights)
        square = sum(w * (e - mean) ** 2 for w, e in zip(weights, levels, strict=True))
        expected = square / sum(weights) / T_**4
    found = thermometric_fisher(m, "R")
    np.testing.assert_allclose(found.quantum, float(expected), rtol=1e-11)
    assert found.readout <= found.quantum


def test_no_information_of_what_is_no_state() -> None:
    """Redfield's populations below zero leave NaN, of the best measurement and of the readout."""
    cold = et.two_qubit_machine(5.0, 3.2, 3.0, 0.1, 1.9, 0.1, 1.4, 2.8, 0.1, 0.36)
    found = thermometric_fisher(cold, "RB", et.Redfield())
    assert np.diagonal(found.state).real.min() < -1e-3
    assert np.isnan(found.quantum)
    assert np.isnan(found.readout)
    milder = et.two_qubit_machine(20.0, 18.0, 3.0, 1.0, 1.0, 2.0, Gamma_CB=0.4)
    found = thermometric_fisher(milder, "RB", et.Redfield())
    assert np.linalg.eigvalsh(found.state).min() < -1e-7
    assert np.isnan(found.quantum)
    assert found.readout > 0.0  # its populations are not negative


# Bad input.


@pytest.mark.parametrize(
    ("rho", "change", "told"),
    [
        (np.full(3, 1.0), np.zeros((3, 3)), r"'rho' must be square.*\(3,\)"),
        ("a", np.zeros((2, 2)), "'rho' must be square"),
        (np.eye(2), np.zeros((2, 2)), "'rho' must have trace 1"),
        (np.array([[0.5, 1.0], [0.0, 0.5]]), np.zeros((2, 2)), "'rho' must be Hermitian"),
        (np.eye(2) / 2, np.zeros((3, 3)), "'change' must have the size of rho"),
        (np.eye(2) / 2, np.eye(2), "'change' must have trace 0"),
        (np.stack([np.eye(2) / 2] * 3), np.zeros((2, 2, 2)), "'change' must broadcast"),
    ],
)
def test_what_is_no_state_is_named(rho: Any, change: Any, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        quantum_fisher_information(rho, change)
    found = quantum_fisher_information([[0.5, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, -0.5]])
    assert found == pytest.approx(1.0)  # Σ (∂p)²/p


def test_bad_input_is_named() -> None:
    m = qubit_between(2.0, 1.0)
    noise = [*m.reservoirs, et.Reservoir("N", couplings={"A": 0.1}, occupation=1.0)]
    noisy = et.Machine(m.subsystems, [], noise)
    with pytest.raises(ParameterError, match=r"reservoirs\.N.*have a temperature"):
        linear_response(noisy)
    with pytest.raises(ParameterError, match=r"reservoirs\.N.*have a temperature"):
        rectification(noisy, "L", "N")
    with pytest.raises(UnknownNameError, match="one of L, R, N"):
        thermometric_fisher(noisy, "X")
    assert thermometric_fisher(noisy, "L").quantum > 0.0
    with pytest.raises(ParameterError, match="at least one"):
        linear_response(et.Machine([et.Qubit("A", 1.0)]))
    with pytest.raises(ParameterError, match="another reservoir"):
        rectification(m, "L", "L")
    with pytest.raises(UnknownNameError, match="one of L, R"):
        differential_gain(m, "L", "C")
    with pytest.raises(UnknownNameError, match=r"one of reservoirs\.L\.temperature"):
        differential_gain(m, "L", "R", control="qubits.A")
    with pytest.raises(UnknownNameError, match="one of A"):
        thermometric_fisher(m, "L", on=("B",))
    with pytest.raises(ParameterError, match="be a list"):
        thermometric_fisher(m, "L", on="A")
    with pytest.raises(ParameterError, match="lamb_shift='absorbed'"):
        linear_response(m, et.Global(lamb_shift="explicit"))
    with pytest.raises(ParameterError, match="on_invalid"):
        linear_response(m, on_invalid="skip")  # type: ignore[arg-type]


def test_what_is_too_large_is_named() -> None:
    names = "ABCDEFGHIJ"
    many = et.Machine(
        [et.Qubit(q, 2.0 + 0.1 * k) for k, q in enumerate(names)],
        [et.exchange(a, b, 0.3) for a, b in pairwise(names)],
        [et.Reservoir("R", 1.0, {"A": 0.1})],
    )
    with pytest.raises(ParameterError, match="184756 elements of rho"):
        linear_response(many)


def test_the_edge_of_a_step_is_named() -> None:
    """F of T = 0 jumps at μ; a level beside it answers to nothing, as F is 0 or 1 around it."""
    cold = et.Reservoir("L", 0.0, {"A": 1.0}, statistics="fermi", chemical_potential=[2.0, 3.0])
    warm = et.Reservoir("R", 1.0, {"A": 1.0}, statistics="fermi", chemical_potential=1.0)
    m = et.Machine([et.Qubit("A", 3.0)], [], [cold, warm])
    with pytest.raises(NotDifferentiableError, match=r"reservoirs\.L\.chemical_potential"):
        linear_response(m)
    found = linear_response(m.replace({"reservoirs.L.chemical_potential": 2.0}))
    assert np.all(found.quanta_by_potential[:, 0] == 0.0)
    assert np.all(found.conductance[:, 0] == 0.0)
    # Q = (ε − μ) J of each, and J_R = −J_L: with μ_L = ε no heat leaves L at all.
    gain = differential_gain(m, "L", "R", control="reservoirs.R.temperature")
    np.testing.assert_allclose(gain, [-2.0, np.inf], rtol=1e-12)


def test_a_vertical_root_is_named() -> None:
    """√S(0) of an Ohmic longitudinal coupling goes with √T: no derivative at 0, under √ alone."""
    shape = et.Ohmic(reference=3.0)
    longitudinal = et.Reservoir("Z", 0.0, {"A": et.Coupling(0.1, operator="z")}, spectrum=shape)
    m = et.Machine([et.Qubit("A", 3.0)], [], [et.Reservoir("R", 1.0, {"A": 0.1}), longitudinal])
    with pytest.raises(NotDifferentiableError, match=r"reservoirs\.Z\.temperature at 0"):
        linear_response(m, et.UniversalLindblad())
    assert np.all(linear_response(m).conductance[:, 1] == 0.0)
