"""Transients against exponentials of independent generators, QuTiP, and closed forms."""

from __future__ import annotations

import pickle
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import qutip
from scipy.linalg import expm

import entherm as et
from entherm import propagation
from entherm.evolution import evolve
from entherm.initial_states import product_state, thermal_product, thermal_state

from . import oracle
from .random_machines import draw

EQUATIONS = {
    "global": et.Global(),
    "unified": et.Unified(),
    "local": et.Local(),
    "redfield": et.Redfield(),
    "universal": et.UniversalLindblad(),
}
PAPER: dict[str, Any] = {
    **{"epsilon_A": 20.0, "epsilon_B": 20.0, "Omega": 10.0},
    **{"T_A": 5.0, "T_B": 4.0, "T_C": 1.0},
}


def random_state(size: int, seed: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    rho = a @ a.conj().T
    return np.asarray(rho / np.trace(rho).real)


@pytest.mark.parametrize("seed", range(10))
def test_random_machines_from_random_states(seed: int) -> None:
    """ρ(t) and every current, two equations a seed; oracle: expm of the generator of `oracle`.

    The tolerance is what two generators, equal to 1e-14 of their norm, differ by after 3000.
    """
    d = draw(seed)
    times = np.array([0.6, 3000.0])
    start = random_state(d.model.size, seed)
    names = ["local"] if d.model.resets else [list(EQUATIONS)[(seed + k) % 5] for k in (0, 2)]
    for name in names:
        equation = EQUATIONS[name]
        generator = oracle.liouvillian(d.model, name, d.widths.get(name, 0.0))
        e = evolve(d.machine, times, start, equation)
        for k, t in enumerate(times):
            rho = (expm(generator.total * t) @ start.ravel()).reshape(start.shape)
            assert np.abs(e.density_matrix[k] - rho).max() < 2e-11, (name, t)
            scale = sum(oracle.gross_flows(generator, rho).values())
            for part, current in oracle.currents(generator, rho).items():
                assert abs(e.heat_currents[part][k] - current) < 1e-9 * scale, (name, t, part)


@pytest.mark.parametrize("word", ["local", "global", "redfield"])
@pytest.mark.parametrize("qubits", [2, 3])
def test_qutip(word: str, qubits: int) -> None:
    """A chain from a product of pure states; oracle: QuTiP's `mesolve`, operators of its own.

    Local: jumps on bare qubits. Global: jumps between eigenstates of H, each its own, as no two
    Bohr frequencies here are equal. Redfield: its Bloch-Redfield tensor without a secular cut.
    """
    gaps, temperatures = (2.0, 2.3, 2.7)[:qubits], (1.0, 0.4, 2.0)[:qubits]
    names = "ABC"[:qubits]
    rate = 0.02
    machine = et.Machine(
        [et.Qubit(n, g) for n, g in zip(names, gaps, strict=True)],
        [et.exchange(a, b, 0.3) for a, b in pairwise(names)],
        [
            et.Reservoir(f"R{n}", t, {n: et.Coupling(rate, operator="x")})
            if word == "redfield"
            else et.Reservoir(f"R{n}", t, {n: rate})
            for n, t in zip(names, temperatures, strict=True)
        ],
    )
    lower = [
        qutip.tensor([qutip.sigmam() if k == site else qutip.qeye(2) for k in range(qubits)])
        for site in range(qubits)
    ]
    h = sum(g * s.dag() * s for g, s in zip(gaps, lower, strict=True))
    h += sum(0.3 * (a.dag() * b + b.dag() * a) for a, b in pairwise(lower))
    kets = [(0.6, 0.8j), (1.0, 0.0), (0.0, 1.0)][:qubits]
    start = qutip.tensor([qutip.Qobj(np.array(k)) for k in kets])
    times = np.array([0.0, 0.5, 3.0, 60.0])
    options = {"atol": 1e-12, "rtol": 1e-11, "nsteps": 100000}
    c_ops = jumps(word, h, lower, gaps, temperatures, rate)
    if word == "redfield":
        tensor = qutip.bloch_redfield_tensor(
            h,
            [[s + s.dag(), spectrum(rate, t)] for s, t in zip(lower, temperatures, strict=True)],
            sec_cutoff=-1,
            fock_basis=True,
        )
        found = qutip.mesolve(tensor, qutip.ket2dm(start), times, options=options)
    else:
        found = qutip.mesolve(h, qutip.ket2dm(start), times, c_ops, options=options)
    parts = dict(zip(names, map(np.array, kets), strict=True))
    equation = {"local": et.Local(), "global": et.Global(), "redfield": et.Redfield()}[word]
    e = evolve(machine, times, product_state(machine, parts), equation)
    for k, rho in enumerate(found.states):
        assert np.abs(e.density_matrix[k] - rho.full()).max() < 1e-8


def spectrum(rate: float, temperature: float) -> Any:
    """2Γ(n̄ + 1) of ω > 0, 2Γn̄ of |ω| for ω < 0; QuTiP wants a function of `w` alone."""

    def at(w: float) -> float:
        if abs(w) < 1e-9:
            return 0.0
        return float(2.0 * rate * (1.0 / np.expm1(abs(w) / temperature) + (w > 0)))

    return at


def jumps(
    word: str, h: Any, lower: list[Any], gaps: Any, temperatures: Any, rate: float
) -> list[Any]:
    if word == "local":
        found = []
        for s, g, t in zip(lower, gaps, temperatures, strict=True):
            n = 1.0 / np.expm1(g / t)
            found += [np.sqrt(2 * rate * (n + 1)) * s, np.sqrt(2 * rate * n) * s.dag()]
        return found
    energies, states = h.eigenstates()
    groups: dict[tuple[int, float], Any] = {}
    for k, s in enumerate(lower):
        for i, up in enumerate(states):
            for j, down in enumerate(states):
                element = down.overlap(s * up)
                omega = energies[i] - energies[j]
                if abs(element) > 1e-12 and omega > 0:
                    key = k, round(float(omega), 9)
                    groups[key] = groups.get(key, 0) + element * down * up.dag()
    made = []
    for (k, omega), operator in groups.items():
        n = 1.0 / np.expm1(omega / temperatures[k])
        made += [np.sqrt(2 * rate * (n + 1)) * operator, np.sqrt(2 * rate * n) * operator.dag()]
    return made


def test_single_qubit_relaxes_with_T1_and_T2() -> None:
    """Closed form: 1/T₁ = 2Γ(2n̄ + 1), 1/T₂ = 1/(2T₁) + 2γ, a phase e^{−iεt}."""
    gap, rate, temperature, gamma = 3.0, 0.05, 2.0, 0.01
    m = et.Machine(
        [et.Qubit("A", gap)], [], [et.Reservoir("R", temperature, {"A": rate})], {"A": gamma}
    )
    n = 1.0 / np.expm1(gap / temperature)
    relaxation = 2 * rate * (2 * n + 1)
    times = np.linspace(0.0, 30.0, 61)
    e = evolve(m, times, np.array([0.8, 0.6j]))
    end = n / (2 * n + 1)
    excited = end + (0.64 - end) * np.exp(-relaxation * times)
    coherence = -0.48j * np.exp((-1j * gap - 0.5 * relaxation - 2 * gamma) * times)
    assert np.abs(e.density_matrix[:, 0, 0] - excited).max() < 1e-14
    assert np.abs(e.density_matrix[:, 0, 1] - coherence).max() < 1e-13
    assert np.abs(e.heat_currents["R"] + gap * relaxation * (excited - end)).max() < 1e-13


def test_stiff_machine_over_a_million() -> None:
    """Rates of 1e-3 beside gaps of 1e2, times to 1e6; oracle: amplitudes of one excitation.

    At T = 0 under the local equation an excitation that starts on A is there with amplitude
    e^{−Γt − iεt} (cos κt − δ sin κt / κ), Γ = (Γ_A + Γ_B)/2, δ = (Γ_A − Γ_B)/2, κ² = Ω² − δ². The
    tolerance is a few roundings of the phases Ωt, εt, which no double can do without.
    """
    gap, omega, fast, slow = 100.0, 30.0, 1.5e-3, 0.5e-3
    m = et.Machine(
        [et.Qubit("A", gap), et.Qubit("B", gap)],
        [et.exchange("A", "B", omega)],
        [et.Reservoir("RA", 0.0, {"A": fast}), et.Reservoir("RB", 0.0, {"B": slow})],
    )
    times = np.array([0.0, 1e-3, 1.0, 33.0, 1e3, 2e3, 1e4, 1e6])
    e = evolve(m, times, np.array([0.0, 0.6, 0.0, 0.8]), et.Local())
    mean, half = 0.5 * (fast + slow), 0.5 * (fast - slow)
    kappa = np.sqrt(omega**2 - half**2)
    swing = np.cos(kappa * times) - half * np.sin(kappa * times) / kappa
    on_a = 0.6 * np.exp(-mean * times) * swing
    assert np.all(np.abs(e.density_matrix[:, 1, 1] - on_a**2) < 1e-13 + 1e-15 * omega * times)
    turned = 0.8 * on_a * np.exp(-1j * gap * times)
    assert np.all(np.abs(e.density_matrix[:, 1, 3] - turned) < 1e-13 + 2e-15 * gap * times)
    assert np.abs(e.density_matrix[-1] - np.diag([0, 0, 0, 1])).max() < 1e-12
    assert np.all(np.isfinite(e.concurrence("A", "B")))
    one = evolve(m, times, [0, 1, 0, 0], et.Local())
    on_b = omega * np.exp(-mean * times) * np.sin(kappa * times) / kappa
    entangled = 2 * np.abs(on_a / 0.6 * on_b)
    assert np.all(np.abs(one.concurrence("A", "B") - entangled) < 1e-12 + 2e-15 * omega * times)
    assert np.abs(np.trace(e.density_matrix, axis1=-2, axis2=-1) - 1.0).max() < 1e-14


@pytest.mark.parametrize("equation", EQUATIONS.values(), ids=EQUATIONS)
def test_the_end_is_the_steady_state(equation: et.Equation) -> None:
    """After 1e6 lifetimes, for a stiff machine at temperatures; oracle: `steady_state`."""
    m = et.two_qubit_machine(
        100.0, 90.0, 20.0, 40.0, 30.0, 10.0, Gamma_A=1e-3, Gamma_B=2e-3, Gamma_CA=1e-3, Gamma_CB=0.0
    )
    e = evolve(m, [0.0, 10.0, 1e6, 1e9], thermal_state(m, 5.0), equation)
    s = et.steady_state(m, equation)
    assert np.abs(e.density_matrix[2:] - s.density_matrix).max() < 1e-10
    assert np.abs(e.populations[2:] - s.populations).max() < 1e-10
    assert np.abs(e.concurrence("A", "B")[2:] - s.concurrence("A", "B")).max() < 1e-10
    for name, value in e.heat_currents.items():
        assert np.abs(value[2:] - s.heat_currents[name]).max() < 1e-10, name
    assert abs(e.entropy_production[3] - s.entropy_production) < 1e-10


@pytest.mark.parametrize("seed", range(0, 8))
@pytest.mark.parametrize("heat", ["total", "bare"])
def test_energy_balance_along_the_way(seed: int, heat: str) -> None:
    """⟨E⟩(t) − ⟨E⟩(0) = ∫ Σ (Q + μ J_N) dt; oracle: the first law, by Gauss quadrature."""
    d = draw(seed)
    start = random_state(d.model.size, seed)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    span = 2.0 / float(np.ptp(np.linalg.eigvalsh(d.model.hamiltonian)))
    times = np.array([0.0, *(0.5 * span * (nodes + 1.0)), span])
    cases = [et.Local(), et.Global(), et.Redfield()]
    for equation in [et.Local(heat="bare")] if heat == "bare" else [cases[seed % 3]]:
        if d.model.resets and equation.name != "Local":
            continue
        e = evolve(d.machine, times, start, equation)
        h = d.machine.hamiltonian
        if heat == "bare":  # with near frequencies made equal, as the local equation counts
            h = oracle.liouvillian(d.model, "local bare", d.widths["local"]).energy
        energy = np.einsum("ab,tba->t", h, e.density_matrix).real
        flow = sum(e.heat_currents[name] for name in e.heat_currents)
        for bath in d.machine.reservoirs:
            if isinstance(bath, et.Reservoir) and bath.has_chemical_potential:
                flow = flow + bath.chemical_potential * e.observe(et.quanta(bath.name))[0]
        given = 0.5 * span * np.sum(weights * flow[1:-1])
        assert abs(energy[-1] - energy[0] - given) < 1e-12 * np.abs(energy).max(), equation


@pytest.mark.parametrize("seed", range(3))
def test_trace_and_hermiticity(seed: int) -> None:
    """To 1e-12, on a grid over nine decades and on a fine uniform one."""
    d = draw(seed)
    start = random_state(d.model.size, seed)
    for times in (np.geomspace(1e-3, 1e6, 10), np.linspace(0.0, 50.0, 501)):
        rho = evolve(d.machine, times, start, et.Local()).density_matrix
        assert np.abs(np.trace(rho, axis1=-2, axis2=-1) - 1.0).max() < 1e-12
        assert np.abs(rho - np.swapaxes(rho, -1, -2).conj()).max() < 1e-15


def test_how_a_grid_is_cut_does_not_matter() -> None:
    """A uniform grid, which shares one exponential, and one of random steps; same states."""
    m = et.two_qubit_machine(**PAPER)
    uniform = np.linspace(0.0, 3.0, 31)
    extra = np.random.default_rng(1).uniform(0.0, 3.0, 20)
    every = np.unique([*uniform, *extra])
    start = product_state(m, {"A": np.array([0.6, 0.8]), "B": 0})
    for equation in (et.Global(), et.Redfield()):
        a = evolve(m, uniform, start, equation).density_matrix
        b = evolve(m, every, start, equation).density_matrix[np.isin(every, uniform)]
        assert np.abs(a - b).max() < 1e-13


def test_large_sets_are_stepped_by_the_action(monkeypatch: pytest.MonkeyPatch) -> None:
    """`expm_multiply` in place of `expm`: the same states."""
    m = et.two_qubit_machine(**PAPER)
    start, times = product_state(m, {"A": 1, "B": 0}), [0.0, 0.01, 0.5]
    dense = evolve(m, times, start, et.Redfield()).density_matrix
    monkeypatch.setattr(propagation, "DENSE_ELEMENTS", 1)
    monkeypatch.setattr(propagation, "_prefers_action", lambda *_: True)
    acted = evolve(m, times, start, et.Redfield()).density_matrix
    assert np.abs(acted - dense).max() < 1e-13


@pytest.mark.parametrize("equation", [et.Global(), et.Local(), et.Redfield()])
def test_arrays_are_points(equation: et.Equation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shape (gap, temperature, time), in runs of two points; oracle: each point by itself."""
    gaps, colds = np.array([[18.0], [20.0]]), np.array([0.5, 1.0, 3.0])
    m = et.two_qubit_machine(gaps, 20.0, 6.0, T_A=5.0, T_B=4.0, T_C=colds, gamma=0.1)
    times = [0.0, 0.2, 2.0]
    monkeypatch.setattr(import_module("entherm.liouvillian"), "RUN_BYTES", 2 * 16 * 6**2 * 11)
    start = thermal_state(m, colds)
    e = evolve(m, times, start, equation)
    assert e.shape == (2, 3, 3)
    for i, gap in enumerate(gaps[:, 0]):
        for j, cold in enumerate(colds):
            one = et.two_qubit_machine(gap, 20.0, 6.0, T_A=5.0, T_B=4.0, T_C=cold, gamma=0.1)
            alone = evolve(one, times, thermal_state(one, cold), equation)
            for read in (
                lambda x: x.density_matrix,
                lambda x: x.concurrence("A", "B"),
                lambda x: x.heat_currents["RC"],
                lambda x: x.energies,
                lambda x: x.entropy_production,
            ):
                np.testing.assert_allclose(read(e)[i, j], read(alone), rtol=0, atol=1e-11)
    rates = e.effective_temperatures.from_populations()
    assert rates.shape == (2, 3, 3, 4)


def test_sudden_death_of_entanglement() -> None:
    """α|00⟩ + β|11⟩ under damping: C = 2|β|p max{0, |α| − |β|(1 − p)}, p = e^{−2Γt}.

    Oracle: T. Yu, J. H. Eberly, Phys. Rev. Lett. 93, 140404 (2004). The coherence |11⟩⟨00| is one
    that populations never drive.
    """
    m = et.two_qubit_machine(
        1.0, 1.3, 0.0, 0.0, 0.0, Gamma_A=0.1, Gamma_B=0.1, Gamma_CA=0.0, Gamma_CB=0.0
    ).without("RC")
    times = np.linspace(0.0, 20.0, 41)
    for beta in (0.5, 0.9):
        alpha = np.sqrt(1.0 - beta**2)
        e = evolve(m, times, np.array([beta, 0.0, 0.0, alpha]))
        p = np.exp(-0.2 * times)
        expected = np.maximum(2 * beta * p * (alpha - beta * (1 - p)), 0.0)
        assert np.abs(e.concurrence("A", "B") - expected).max() < 1e-13


@pytest.mark.parametrize("equation", [et.Global(), et.Local()])
def test_measures_of_any_state(equation: et.Equation) -> None:
    """Three qubits from a state with every coherence; oracle: QuTiP's partial trace and measures.

    Both square roots of ρ lose half of the digits.
    """
    m = et.Machine(
        [et.Qubit("A", 2.0), et.Qubit("B", 2.2), et.Qubit("C", 2.9)],
        [et.exchange("A", "B", 0.4), et.exchange("B", "C", 0.2)],
        [et.Reservoir("RA", 1.0, {"A": 0.01}), et.Reservoir("RC", 0.1, {"B": 0.02, "C": 0.01})],
    )
    ket = np.zeros(8, complex)
    ket[[0, 2, 5, 7]] = 0.6, 0.5j, 0.4, -np.sqrt(0.23)
    e = evolve(m, [0.0, 1.0, 8.0], ket, equation)
    for k, rho in enumerate(e.density_matrix):
        state = qutip.Qobj(rho, dims=[[2] * 3] * 2)
        for first, second, sites in (("A", "B", (0, 1)), ("A", "C", (0, 2))):
            pair = state.ptrace(sites)
            assert abs(e.concurrence(first, second)[k] - qutip.concurrence(pair)) < 1e-6
            negativity = qutip.negativity(pair, 0, method="eigenvalues")
            assert abs(e.negativity(first, second)[k] - negativity) < 1e-12
            assert e.negativity(second, first)[k] == pytest.approx(negativity, abs=1e-12)
    formation = e.entanglement_of_formation("A", "C")
    assert np.array_equal(formation, et.entanglement_of_formation(e.concurrence("A", "C")))


def test_coherence_between_classes_moves_no_population() -> None:
    """Its own set of elements: populations and heat as without it, to rounding."""
    m = et.two_qubit_machine(**PAPER, gamma=0.2)
    ket = np.sqrt([0.4, 0.3, 0.2, 0.1])
    mixed = np.outer(ket, ket)
    classes = np.array(m.classes)
    plain = np.where(classes[:, None] == classes, mixed, 0.0)
    times = [0.0, 0.3, 1.0]
    for equation in (et.Global(), et.Local()):
        a, b = (evolve(m, times, state, equation) for state in (mixed, plain))
        assert np.abs(a.level_populations - b.level_populations).max() < 1e-14
        assert np.abs(a.heat_currents["RC"] - b.heat_currents["RC"]).max() < 1e-12
        assert np.abs(a.density_matrix[:, 0, 1]).min() > 1e-4
        assert not b.density_matrix[:, 0, 1].any()


def test_pure_products_of_three_qubits_have_a_concurrence() -> None:
    """Rounded zeros in the diagonal give no NaN, at a start where each pair has C = 0."""
    m = et.Machine(
        [et.Qubit("A", 2.0), et.Qubit("B", 2.2), et.Qubit("C", 2.9)],
        [et.exchange("A", "B", 0.4), et.exchange("B", "C", 0.2), et.exchange("A", "C", 0.3)],
        [et.Reservoir("RA", 0.0, {"A": 0.01})],
    )
    for bits in np.ndindex(2, 2, 2):
        e = evolve(m, np.linspace(0, 5, 11), product_state(m, dict(zip("ABC", bits, strict=True))))
        for pair in ("AB", "BC", "AC"):
            c = e.concurrence(*pair)
            assert np.all(np.isfinite(c))
            assert c[0] < 1e-14


def test_entropy_production() -> None:
    """∫ σ dt = ΔS − ∫ Σ Q/T dt, σ ≥ 0; oracle: quadrature of the entropy itself."""
    m = et.two_qubit_machine(**PAPER)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    times = np.array([0.0, *(0.25 * (nodes + 1.0)), 0.5])
    for equation in (et.Global(), et.Local()):
        e = evolve(m, times, random_state(4, 3), equation)
        into = sum(
            e.heat_currents[name] / float(m.reservoir(name).temperature)
            for name in ("RA", "RB", "RC")
        )
        given = 0.25 * np.sum(weights * into[1:-1])
        produced = 0.25 * np.sum(weights * e.entropy_production[1:-1])
        assert produced == pytest.approx(e.entropy[-1] - e.entropy[0] - given, rel=1e-9)
    assert np.all(evolve(m, times, random_state(4, 3)).entropy_production > 0.0)
    assert evolve(m, [0.0], product_state(m, {"A": 1, "B": 0})).entropy_production[0] == np.inf


def test_reading() -> None:
    """Several observables at once, names, times as the last axis; a copy through a pickle."""
    m = et.two_qubit_machine(**{**PAPER, "T_C": [1.0, 2.0]})
    e = evolve(m, [0.0, 1.0, 2.0], product_state(m, {"A": 1, "B": "ground"}))
    c, q = e.observe(et.concurrence("A", "B"), et.heat("RC"))
    assert c.shape == q.shape == e.shape == e.machine.shape == (2, 3)
    assert np.array_equal(q, e.heat_currents["RC"])
    assert list(e.heat_currents) == ["RA", "RB", "RC", "dephasing"]
    assert e.energies.shape == e.populations.shape == (2, 3, 4)
    assert not e.reason.any()
    assert e.machine.hash == m.hash
    assert "Evolution(of A, B; shape (2, 3)" in repr(e)
    again = pickle.loads(pickle.dumps(e))
    assert np.array_equal(again.density_matrix, e.density_matrix)
    with pytest.raises(et.UnknownNameError, match="RX"):
        e.observe(et.heat("RX"))
    with pytest.raises(et.UnknownNameError, match="Z"):
        e.concurrence("A", "Z")


def test_initial_states() -> None:
    """Kets, matrices, words and levels agree; thermal states are Gibbs states."""
    m = et.Machine([et.Qubit("A", 2.0), et.Qudit("M", levels=[1.0, 0.0, 3.0])])
    ket = np.zeros(6)
    ket[1] = 1.0
    assert np.array_equal(product_state(m, {"A": 1, "M": "ground"}), np.outer(ket, ket))
    assert np.array_equal(
        product_state(m, {"A": np.array([1, 0]), "M": np.diag([0, 1, 0])}), np.outer(ket, ket)
    )
    weights = np.exp(-np.array([2.0, 0.0]) / 1.7)[:, None] * np.exp(-np.array([3.0, 0.0, 1.0]))
    product = thermal_product(m, {"A": 1.7, "M": 1.0})
    assert np.allclose(product, np.diag((weights / weights.sum()).ravel()), atol=1e-16)
    p = et.two_qubit_machine(**PAPER)
    gibbs = expm(-p.hamiltonian / 3.0)
    assert np.allclose(thermal_state(p, [3.0, 4.0])[0], gibbs / np.trace(gibbs), atol=1e-15)
    crossing = et.Machine([et.Qudit("M", levels=[[-1.0, 1.0], 0.0])])
    assert product_state(crossing, {"M": "ground"})[:, 0, 0].tolist() == [0.0, 1.0]


BAD_TIMES = [
    ([1.0, 0.5], "increase"),
    ([0.0, 1.0, 1.0], "increase"),
    ([-1.0, 1.0], ">= 0"),
    ([0.0, np.nan], "finite"),
    ([], "at least one"),
    (1.0, "one-dimensional"),
    ([[0.0, 1.0]], "one-dimensional"),
    (["soon"], "real number"),
]


@pytest.mark.parametrize(("times", "rule"), BAD_TIMES)
def test_bad_times_are_named(times: Any, rule: str) -> None:
    """Message names the argument and its rule."""
    m = et.two_qubit_machine(**PAPER)
    with pytest.raises(et.ParameterError, match=f"'times' must .*{rule}"):
        evolve(m, times, [0, 1, 0, 0])


BAD_STATES = [
    ([1, 0], "ket of length 4"),
    (np.eye(3) / 3, "ket of length 4"),
    (np.eye(4), "trace 1"),
    ([0.0, np.nan, 0, 0], "finite"),
    (np.diag([1.5, -0.5, 0, 0]), "positive"),
    (np.diag([1.0, 0, 0, 0]) + 0.1 * np.eye(4, k=1), "Hermitian"),
    (np.broadcast_to(np.eye(4) / 4, (3, 4, 4)), "axes of the machine's shape"),
    (np.broadcast_to(np.eye(4), (2, 4, 4)), "trace 1"),
    (np.broadcast_to(np.eye(4) * np.nan, (2, 4, 4)), "finite"),
]


@pytest.mark.parametrize(("state", "rule"), BAD_STATES)
def test_bad_states_are_named(state: Any, rule: str) -> None:
    """Message names the argument and its rule."""
    m = et.two_qubit_machine(**{**PAPER, "T_C": [1.0, 2.0]})
    with pytest.raises(et.ParameterError, match=f"'initial' must .*{rule}"):
        evolve(m, [0.0, 1.0], state)


BAD_PARTS = [
    ({"A": 1}, "'initial'.*where every subsystem starts.*'B'"),
    ({"A": 1, "B": 0, "C": 0}, "'initial'.*'C'"),
    ({"A": 2, "B": 0}, "'initial.A'.*level 0..1"),
    ({"A": -1, "B": 0}, "'initial.A'.*level 0..1"),
    ({"A": True, "B": 0}, "'initial.A'.*level 0..1"),
    ({"A": "top", "B": 0}, "'initial.A'.*'ground'"),
    ({"A": [1, 0, 0], "B": 0}, "'initial.A'.*ket"),
    ({"A": [1, 1], "B": 0}, "'initial.A'.*trace 1"),
]


@pytest.mark.parametrize(("parts", "rule"), BAD_PARTS)
def test_bad_parts_are_named(parts: Any, rule: str) -> None:
    """Message names the subsystem and the rule."""
    with pytest.raises(et.ParameterError, match=rule):
        product_state(et.two_qubit_machine(**PAPER), parts)


def test_other_bad_input_is_named() -> None:
    """Temperatures, the equation, a machine that the equation has no meaning for."""
    m = et.two_qubit_machine(**PAPER)
    with pytest.raises(et.ParameterError, match="'temperature' must be >= 0"):
        thermal_state(m, -1.0)
    with pytest.raises(et.ParameterError, match=r"'temperatures\.A' must be >= 0"):
        thermal_product(m, {"A": -1.0, "B": 1.0})
    with pytest.raises(et.ParameterError, match="nothing for 'B'"):
        thermal_product(m, {"A": 1.0})
    with pytest.raises(et.ParameterError, match="'equation' must be an equation"):
        evolve(m, [0.0], [0, 1, 0, 0], et.Global)  # type: ignore[arg-type]
    strong = et.two_qubit_machine(1.0, 1.0, [0.5, 2.0])
    with pytest.raises(et.InvalidMachineError, match="1 of 2 points"):
        evolve(strong, [0.0, 1.0], [0, 1, 0, 0])
