"""Counting statistics against tilted generators by hand, simulated jumps, closed forms and laws."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp

import entherm as et
from entherm.fluctuations.statistics import CountingStatistics, counting_statistics

from .counting_oracle import DIGITS, Bath, Model, Tilted

mp.dps = DIGITS
Q = mp.mpf
LOCAL, RESET = et.Local(heat="bare"), et.Reset(heat="bare")


def roots(rates: dict[int, float], signs: tuple[int, ...] = (1, 1, 1)) -> dict[int, object]:
    return {k: signs[k] * mp.sqrt(Q(rate)) for k, rate in rates.items()}


def paper() -> tuple[Model, et.Machine, object, tuple[str, ...], str]:
    """All three reservoirs of [Man], detuned and with unequal rates."""
    baths = (
        Bath("RA", roots({0: 1}), Q(5)),
        Bath("RB", roots({1: 2}), Q(4)),
        Bath("RC", roots({0: 1, 1: 3}), Q("1.5")),
    )
    rates = {"Gamma_A": 1.0, "Gamma_B": 2.0, "Gamma_CA": 1.0, "Gamma_CB": 3.0}
    machine = et.two_qubit_machine(20.0, 17.0, 6.0, 5.0, 4.0, 1.5, **rates)
    model = Model((Q(20), Q(17)), {(0, 1): Q(6)}, baths)
    return model, machine, et.Global(), ("RA", "RB", "RC"), "heat"


def ring() -> tuple[Model, et.Machine, object, tuple[str, ...], str]:
    """Three equal qubits, equal exchanges: levels coincide, and their coherences carry heat."""
    model = Model(
        (Q(4), Q(4), Q(4)),
        {(0, 1): Q("0.5"), (1, 2): Q("0.5"), (0, 2): Q("0.5")},
        (
            Bath("hot", roots({0: 0.5}), Q(3)),
            Bath("cold", roots({2: 0.25}), Q(1)),
            Bath("both", roots({0: 0.25, 1: 1}, (1, -1, 1)), Q(2)),
        ),
    )
    bonds = [et.exchange(a, b, 0.5) for a, b in ("AB", "BC", "AC")]
    signed = {"A": et.Coupling(amplitude=0.5), "B": et.Coupling(amplitude=-1.0)}
    baths = [
        et.Reservoir("hot", 3.0, {"A": 0.5}),
        et.Reservoir("cold", 1.0, {"C": 0.25}),
        et.Reservoir("both", 2.0, signed),
    ]
    machine = et.Machine([et.Qubit(n, 4.0) for n in "ABC"], bonds, baths)
    return model, machine, et.Global(), ("hot", "cold", "both"), "heat"


def local() -> tuple[Model, et.Machine, object, tuple[str, ...], str]:
    """Equal qubits, an exchange of the order of the rates, heat in bare quanta."""
    baths = (
        Bath("hot", roots({0: 0.5}), Q(3)),
        Bath("cold", roots({1: 0.25}), Q(1)),
        Bath("both", roots({0: 0.125, 1: 0.125}), Q(2)),
    )
    model = Model((Q(4), Q(4)), {(0, 1): Q("0.75")}, baths, bare=True)
    machine = et.Machine(
        [et.Qubit("A", 4.0), et.Qubit("B", 4.0)],
        [et.exchange("A", "B", 0.75)],
        [
            et.Reservoir("hot", 3.0, {"A": 0.5}),
            et.Reservoir("cold", 1.0, {"B": 0.25}),
            et.Reservoir("both", 2.0, {"A": 0.125, "B": 0.125}),
        ],
    )
    return model, machine, LOCAL, ("hot", "cold", "both"), "heat"


def leads() -> tuple[Model, et.Machine, object, tuple[str, ...], str]:
    """Fermionic leads with chemical potentials, beside a bosonic reservoir."""
    baths = (
        Bath("left", roots({0: 0.5}), Q(1), Q(5), fermi=True),
        Bath("right", roots({1: 0.25}), Q(2), Q(1), fermi=True),
        Bath("air", roots({1: 0.125}), Q(3)),
    )
    model = Model((Q(4), Q(6)), {(0, 1): Q(1)}, baths)
    machine = et.Machine(
        [et.Qubit("A", 4.0), et.Qubit("B", 6.0)],
        [et.exchange("A", "B", 1.0)],
        [
            et.Reservoir("left", 1.0, {"A": 0.5}, statistics="fermi", chemical_potential=5.0),
            et.Reservoir("right", 2.0, {"B": 0.25}, statistics="fermi", chemical_potential=1.0),
            et.Reservoir("air", 3.0, {"B": 0.125}),
        ],
    )
    return model, machine, et.Global(), ("left", "right", "air"), "heat"


CASES = [paper, ring, local, leads]


@pytest.mark.parametrize("case", CASES)
def test_against_a_tilted_generator_at_sixty_digits(case) -> None:
    """Means, noises, covariances and third cumulants to 1e-12 of what flows both ways.

    Oracle: `counting_oracle`, a tilted generator in mpmath over the elements that conserve the
    excitations, whose dominant eigenvalue is differentiated by central differences with 60 digits:
    20 of them are left. A covariance is told from the second derivative along χ_μ = χ_ν.
    """
    model, machine, equation, names, of = case()
    tilted, found = Tilted(model), counting_statistics(machine, equation, of)
    own = {name: tilted.derivatives(name) for name in names}
    for name, (first, second, third) in own.items():
        assert float(found.mean(name)) == pytest.approx(first, rel=1e-11)
        assert float(found.noise(name)) == pytest.approx(second, rel=1e-12)
        assert float(found.cumulant(name, 3)) == pytest.approx(third, rel=1e-11)
    for a, b in [(0, 1), (0, 2), (1, 2)]:
        both = tilted.second({names[a]: 1, names[b]: 1})
        expected = 0.5 * (both - own[names[a]][1] - own[names[b]][1])
        scale = np.sqrt(own[names[a]][1] * own[names[b]][1])
        assert abs(float(found.covariance(names[a], names[b])) - expected) < 1e-12 * scale
    fields = {names[0]: 0.05, names[1]: -0.03, names[2]: 0.08}
    theta = float(tilted.theta({name: Q(x) for name, x in fields.items()}))
    assert float(found.generating_function(fields)) == pytest.approx(theta, rel=1e-11)


def test_coherences_matter_in_the_ring() -> None:
    """What the oracle above sees of the ring is not what its populations alone would give."""
    _, machine, _, names, _ = ring()
    broken = machine.replace({"qubits.B": 4.0 + 1e-3})
    whole, without = (counting_statistics(m).noise(names[2]) for m in (machine, broken))
    assert abs(whole / without - 1.0) > 0.01


# Closed forms.


def two_state(omega: float, up: np.ndarray, down: np.ndarray, chi: np.ndarray) -> object:
    """θ of one qubit: the larger root of (θ + u)(θ + d) = U(χ) D(χ).

    Its tilted generator is [[−d, U], [D, −u]] with U = Σ u_ν exp(χ_ν ω), D = Σ d_ν exp(−χ_ν ω).
    """
    u, d = mp.fsum(up), mp.fsum(down)
    U = mp.fsum(x * mp.exp(c * omega) for x, c in zip(up, chi, strict=True))
    D = mp.fsum(x * mp.exp(-c * omega) for x, c in zip(down, chi, strict=True))
    return -(u + d) / 2 + mp.sqrt((u - d) ** 2 / 4 + U * D)


@pytest.mark.parametrize("equation", [et.Global(), LOCAL, RESET])
def test_one_qubit_between_two_reservoirs(equation: et.Equation) -> None:
    """θ and its first twelve derivatives; oracle: `two_state`, and its Taylor series in mpmath.

    Differentiating its quadratic equation twice: K J_ν = ω (u_ν d − d_ν u) with K = u + d, and
    K S = ω² (u_ν d + d_ν u − 2 u_ν d_ν) − 2 J_ν². A collision under `Reset` that changes nothing
    is no exchange: the activity is 2 u d / K under all three.
    """
    omega, rates, temperatures = 3.0, (0.5, 0.25), (4.0, 1.0)
    occupied = [1 / mp.expm1(Q(omega) / Q(t)) for t in temperatures]
    up = [2 * g * n for g, n in zip(rates, occupied, strict=True)]
    down = [2 * g * (n + 1) for g, n in zip(rates, occupied, strict=True)]
    machine = et.Machine(
        [et.Qubit("A", omega)],
        reservoirs=[
            et.Reservoir(name, t, {"A": g})
            for name, t, g in zip(("hot", "cold"), temperatures, rates, strict=True)
        ],
    )
    found = counting_statistics(machine, equation)
    K, u, d = sum(up) + sum(down), sum(up), sum(down)
    J = omega * (up[0] * d - down[0] * u) / K
    S = (omega**2 * (up[0] * d + down[0] * u - 2 * up[0] * down[0]) - 2 * J**2) / K
    assert float(found.mean("hot")) == pytest.approx(float(J), rel=1e-14)
    assert float(found.noise("hot")) == pytest.approx(float(S), rel=1e-14)
    assert float(found.fano("hot")) == pytest.approx(float(S / J), rel=1e-13)
    assert float(found.covariance("hot", "cold")) == pytest.approx(-float(S), rel=1e-14)
    assert float(found.activity) == pytest.approx(float(2 * u * d / K), rel=1e-14)
    series = mp.taylor(lambda x: two_state(omega, up, down, [x, 0]), 0, 12)
    for order in range(1, 13):
        expected = float(series[order] * mp.factorial(order))
        assert float(found.cumulant("hot", order)) == pytest.approx(expected, rel=1e-10)
    chi = np.linspace(-1.0, 1.5, 6)
    theta = found.generating_function({"hot": chi, "cold": 0.2})
    expected_theta = [float(two_state(omega, up, down, [x, Q("0.2")])) for x in chi]
    assert np.allclose(theta, expected_theta, rtol=1e-12, atol=1e-14)


def test_reset_reservoir_beside_a_thermal_one() -> None:
    """A reset at rate p is a bath with u = p τ₁, d = p τ₀; oracle: the two-state closed form."""
    omega, p, T = 3.0, 0.5, 2.0
    tau = 1.0 / (1.0 + np.exp(omega / T))
    n = 1.0 / np.expm1(omega / 1.0)
    up, down = np.array([p * tau, 0.4 * n]), np.array([p * (1 - tau), 0.4 * (n + 1)])
    machine = et.Machine(
        [et.Qubit("A", omega)],
        reservoirs=[
            et.ResetReservoir("reset", on="A", rate=p, temperature=T),
            et.Reservoir("bath", 1.0, {"A": 0.2}),
        ],
    )
    u, d, K = up.sum(), down.sum(), up.sum() + down.sum()
    J = omega * (up[0] * d - down[0] * u) / K
    S = (omega**2 * (up[0] * d + down[0] * u - 2 * up[0] * down[0]) - 2 * J**2) / K
    found = counting_statistics(machine, LOCAL)
    assert float(found.mean("reset")) == pytest.approx(J, rel=1e-13)
    assert float(found.noise("reset")) == pytest.approx(S, rel=1e-13)
    assert counting_statistics(machine, et.Local(), "quanta").reservoirs == ("bath",)


def test_poissonian_where_jumps_are_rare() -> None:
    """Fano factor ω: every quantum that comes in leaves before the next; oracle: Poisson's law.

    With a bath that only gives at γn → 0 and one that only takes at 2Γ the correction is of
    relative order 2γn/Γ = 2e-9.
    """
    machine = et.Machine(
        [et.Qubit("A", 2.0)],
        reservoirs=[
            et.Reservoir("hot", 0.1, {"A": 1.0}, spectrum=et.Ohmic(reference=2.0)),
            et.Reservoir("cold", 0.0, {"A": 1.0}),
        ],
    )
    found = counting_statistics(machine)
    assert float(found.fano("hot")) == pytest.approx(2.0, rel=1e-8)
    assert float(found.cumulant("hot", 5) / found.mean("hot")) == pytest.approx(2.0**4, rel=1e-7)


@pytest.mark.parametrize("case", [paper, ring])
def test_thermal_noise_is_twice_the_conductance(case) -> None:
    """S_μν = 2 T² ∂J_μ/∂T_ν at one temperature, the fluctuation-dissipation theorem.

    It is the second derivative of θ(χ) = θ(A − χ) by χ and A at A = 1/T. Oracle: heat currents of
    `steady_state`, differentiated by a stencil of four points whose error is h⁴ of a smooth
    function, 1e-10 here.
    """
    _, machine, _, names, _ = case()
    T, h = 2.5, 0.01
    paths = {name: f"reservoirs.{name}.temperature" for name in names}
    machine = machine.replace(dict.fromkeys(paths.values(), T))
    covariance = counting_statistics(machine).covariance_matrix
    steps = T + h * np.array([-2.0, -1.0, 1.0, 2.0])
    weights = np.array([1.0, -8.0, 8.0, -1.0]) / (12.0 * h)
    for b, name in enumerate(names):
        currents = et.steady_state(machine.replace({paths[name]: steps})).heat_currents
        slopes = np.array([currents[other] @ weights for other in names])
        assert np.allclose(
            covariance[:, b], 2.0 * T**2 * slopes, rtol=0, atol=1e-7 * covariance.max()
        )


def test_an_absorption_refrigerator_counts_cycles() -> None:
    """The swap moves one quantum of each qubit: the covariances are of rank one, ω_i ω_j.

    Identity: what each qubit has taken differs from what it has passed on by one quantum at most,
    so in a long time all three heats are multiples of the number of cycles.
    """
    machine = et.Machine(
        [et.Qubit("C", 1.0), et.Qubit("R", 5.0), et.Qubit("H", 4.0)],
        [et.swap("C", "R", "H", 0.05)],
        [
            et.Reservoir(name, t, {name[1:]: 0.01})
            for name, t in (("RC", 0.9), ("RR", 1.0), ("RH", 3.0))
        ],
    )
    found = counting_statistics(machine, LOCAL)
    gaps = np.array([1.0, -5.0, 4.0])
    cycles = found.noise("RC")
    assert np.allclose(found.covariance_matrix, cycles * np.outer(gaps, gaps), rtol=1e-9, atol=0)
    third = [found.cumulant(name, 3) for name in ("RC", "RR", "RH")]
    assert np.allclose(third, third[0] * gaps**3, rtol=1e-8, atol=0)


# Simulated jumps.


def rates_of_the_paper(
    omega: tuple[float, float], weights: dict[str, tuple[float, ...]], T: dict[str, float]
) -> list[tuple[int, int, float, str, float]]:
    """(from, to, rate, bath, heat) on the ring of four levels: the table of docs/physics.md §2."""
    edges = [(0, 1, 0), (2, 3, 0), (0, 2, 1), (1, 3, 1)]
    found = []
    for bath, four in weights.items():
        for (i, j, mode), weight in zip(edges, four, strict=True):
            n = 1.0 / np.expm1(omega[mode] / T[bath])
            found.append((i, j, 2.0 * weight * (n + 1.0), bath, -omega[mode]))
            found.append((j, i, 2.0 * weight * n, bath, omega[mode]))
    return found


def test_against_a_long_simulation_of_the_papers_rate_equation() -> None:
    """Mean, noise and covariance within 4.5 standard errors; oracle: 4000 seeded Gillespie runs.

    Over t = 300 widths the transient changes Var/t by less than 1%, below the error of 2%.
    """
    m = et.two_qubit_machine(20.0, 20.0, 10.0, 12.0, 12.0, 4.0)
    half, all_of_it = (0.5,) * 4, (2.0, 0.0, 0.0, 2.0)
    weights = {"RA": half, "RB": half, "RC": all_of_it}
    edges = rates_of_the_paper((10.0, 30.0), weights, {"RA": 12.0, "RB": 12.0, "RC": 4.0})
    # At resonance λ₃ is dark to the common bath, which drives 12 and 24 alone.
    names = ("RA", "RB", "RC")
    runs, time = 4000, 150.0
    exits: list[list[tuple[int, float, int, float]]] = [[] for _ in range(4)]
    for i, j, rate, bath, heat_given in edges:
        if rate:
            exits[i].append((j, rate, names.index(bath), heat_given))
    width = max(map(len, exits))
    table = np.zeros((4, width, 4))
    for i, own in enumerate(exits):
        table[i, : len(own)] = own
    total = table[..., 1].sum(-1)
    chances = np.cumsum(table[..., 1] / total[:, None], -1)
    rng = np.random.default_rng(20)
    level, clock, heat = np.full(runs, 3), np.zeros(runs), np.zeros((runs, 3))
    early = np.zeros((runs, 3))
    running = np.arange(runs)
    while running.size:
        now = level[running]
        before = clock[running]
        clock[running] += rng.exponential(1.0 / total[now])
        crossed = (before < 0.1 * time) & (clock[running] >= 0.1 * time)
        early[running[crossed]] = heat[running[crossed]]
        running, now = running[clock[running] < time], now[clock[running] < time]
        pick = (rng.random(running.size)[:, None] > chances[now]).sum(-1)
        chosen = table[now, pick]
        heat[running, chosen[:, 2].astype(int)] += chosen[:, 3]
        level[running] = chosen[:, 0].astype(int)
    check_simulated(counting_statistics(m), names, heat - early, 0.9 * time)


def check_simulated(
    found: CountingStatistics, names: tuple[str, ...], heat: np.ndarray, time: float
) -> None:
    """Compare sample means and covariances per time, each against its own standard error."""
    runs = len(heat)
    mean, matrix = heat.mean(0) / time, np.cov(heat.T) / time
    for a, first in enumerate(names):
        error = np.sqrt(matrix[a, a] / (time * runs))
        assert abs(mean[a] - float(found.mean(first))) < 4.5 * error
        for b, second in enumerate(names):
            variance = matrix[a, a] * matrix[b, b] + matrix[a, b] ** 2
            difference = matrix[a, b] - float(found.covariance(first, second))
            assert abs(difference) < 4.5 * np.sqrt(variance / runs)


def test_against_quantum_jumps_where_coherences_matter() -> None:
    """Two uncoupled equal qubits on a common bath; oracle: 2000 seeded quantum trajectories.

    Kets evolve under −i H − ½ Σ L†L, which is diagonalised; the time of the next jump solves
    ‖ψ(t)‖² = u by bisection. Kets alone, no density matrix, and nothing of entherm's.
    """
    omega, temperatures = 2.0, {"RA": 3.0, "RB": 1.0, "RC": 1.5}
    rates = {"RA": 0.2, "RB": 0.3, "RC": 0.4}
    low = np.array([[0.0, 0.0], [1.0, 0.0]])
    single = np.kron(low, np.eye(2)), np.kron(np.eye(2), low)
    operators = {"RA": single[0], "RB": single[1], "RC": single[0] + single[1]}
    jumps, given, place = [], [], []
    for k, (name, v) in enumerate(operators.items()):
        n = 1.0 / np.expm1(omega / temperatures[name])
        jumps += [np.sqrt(2 * rates[name] * (n + 1)) * v, np.sqrt(2 * rates[name] * n) * v.T]
        given += [-omega, omega]
        place += [k, k]
    every = np.array(jumps)
    decay = 0.5 * np.einsum("kba,kbc->ac", every, every)
    values, vectors = np.linalg.eigh(decay)
    runs, time, rng = 2000, 60.0, np.random.default_rng(7)
    kets = np.tile([0.0, 0.0, 0.0, 1.0], (runs, 1))
    clock, heat, early = np.zeros(runs), np.zeros((runs, 3)), np.zeros((runs, 3))
    running = np.arange(runs)
    while running.size:
        weights = (kets[running] @ vectors) ** 2
        target = rng.random(running.size)
        short, long = np.zeros(running.size), np.full(running.size, time)
        for _ in range(40):
            middle = 0.5 * (short + long)
            norm = (weights * np.exp(-2.0 * values * middle[:, None])).sum(-1)
            short, long = (
                np.where(norm > target, middle, short),
                np.where(norm > target, long, middle),
            )
        before = clock[running]
        clock[running] += short
        crossed = (before < 0.2 * time) & (clock[running] >= 0.2 * time)
        early[running[crossed]] = heat[running[crossed]]
        on = clock[running] < time
        running, short = running[on], short[on]
        moved = (kets[running] @ vectors * np.exp(-values * short[:, None])) @ vectors.T
        after = np.einsum("kab,rb->rka", every, moved)
        chances = np.cumsum((after**2).sum(-1), -1)
        pick = (rng.random(running.size)[:, None] * chances[:, -1:] > chances).sum(-1)
        chosen = after[np.arange(running.size), pick]
        kets[running] = chosen / np.linalg.norm(chosen, axis=-1, keepdims=True)
        heat[running, np.array(place)[pick]] += np.array(given)[pick]
    m = et.two_qubit_machine(omega, omega, 0.0, 3.0, 1.0, 1.5, 0.2, 0.3, 0.4, 0.4)
    found = counting_statistics(m)
    check_simulated(found, ("RA", "RB", "RC"), heat - early, 0.8 * time)


def test_coherence_breaks_the_classical_uncertainty_relation() -> None:
    """Coherent tunnelling between two leads: S σ < 2 J².

    Compare K. Ptaszyński, Phys. Rev. B 98, 085425 (2018), on two quantum dots.

    Oracle of the noise: `counting_oracle`; of σ = J_N Δμ/T: the first law.
    """
    bias, g = 5.0, 0.67
    potentials = (1000.0 + bias / 2, 1000.0 - bias / 2)
    leads_of = [
        et.Reservoir(name, 1.0, {on: 0.5}, statistics="fermi", chemical_potential=mu)
        for name, on, mu in zip(("left", "right"), "AB", potentials, strict=True)
    ]
    dots = [et.Qubit("A", 1000.0), et.Qubit("B", 1000.0)]
    found = counting_statistics(
        et.Machine(dots, [et.exchange("A", "B", g)], leads_of), LOCAL, "quanta"
    )
    baths = tuple(
        Bath(name, roots({k: 0.5}), Q(1), Q(mu), fermi=True)
        for k, (name, mu) in enumerate(zip(("left", "right"), potentials, strict=True))
    )
    model = Model((Q(1000), Q(1000)), {(0, 1): Q(g)}, baths, bare=True)
    first, second, _ = Tilted(model).derivatives("left")
    J, S = -first / (0.5 * bias), second / (0.5 * bias) ** 2
    ratio = S * bias / (2.0 * J)
    assert float(found.uncertainty_ratio("left")) == pytest.approx(ratio, rel=1e-9)
    assert ratio < 0.9
