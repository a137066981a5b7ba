"""Counting statistics: laws over random machines, every kind of machine, arrays, bad input."""

from __future__ import annotations

import warnings
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import entherm as et
from entherm.errors import (
    InvalidMachineError,
    NonUniqueSteadyStateError,
    ParameterError,
    UnknownNameError,
)
from entherm.fluctuations import counted_runs
from entherm.fluctuations.statistics import counting_statistics

from .random_machines import RESET_KINDS, ZERO_KINDS, draw

LOCAL, RESET = et.Local(heat="bare"), et.Reset(heat="bare")


# Laws, over random machines.


def machine_of(seed: int, *, statistics: str = "bose") -> et.Machine:
    """Two or three qubits, some equal, exchanges, own reservoirs and one that is common."""
    rng = np.random.default_rng(seed)
    names = "ABC"[: int(rng.integers(2, 4))]
    equal = rng.random() < 0.5
    gaps = np.full(len(names), 3.0) if equal else rng.uniform(2.0, 4.0, len(names))
    strengths = np.full(3, rng.uniform(-0.5, 0.5)) if equal else rng.uniform(-0.5, 0.5, 3)
    pairs = [(a, b) for k, b in enumerate(names) for a in names[:k]]
    bonds = [et.exchange(a, b, g) for (a, b), g in zip(pairs, strengths, strict=False)]
    baths = [
        et.Reservoir(
            f"R{name}",
            rng.uniform(0.7, 4.0),
            {name: rng.uniform(0.1, 1.0)},
            statistics=statistics,
            **({"chemical_potential": rng.uniform(0.0, 4.0)} if statistics == "fermi" else {}),
        )
        for name in names
    ]
    signed = {name: et.Coupling(amplitude=rng.uniform(-1.0, 1.0)) for name in names}
    lowest = -1.0 / (len(names) - 1)
    baths.append(et.Reservoir("all", rng.uniform(0.7, 4.0), signed, rng.uniform(lowest, 1.0)))
    return et.Machine([et.Qubit(n, g) for n, g in zip(names, gaps, strict=True)], bonds, baths)


EQUATIONS = [et.Global(), et.Unified(), LOCAL]
SEEDS = st.integers(0, 10**6)


@given(SEEDS, st.sampled_from(EQUATIONS), st.sampled_from(["bose", "fermi"]))
@settings(max_examples=15)
def test_covariances_are_symmetric_positive_and_conserve_energy(seed, equation, statistics) -> None:
    """S = Sᵀ >= 0; its rows of energy add up to zero where H_S is what is counted.

    The energy of the machine is bounded, so that Σ q_ν /√t vanishes in a long time.
    """
    found = counting_statistics(machine_of(seed, statistics=statistics), equation, "energy")
    matrix = found.covariance_matrix
    scale = np.abs(matrix).max()
    assert np.array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() > -1e-11 * scale
    if equation is not LOCAL:
        assert np.abs(matrix.sum(-1)).max() < 1e-11 * scale


@given(SEEDS, st.sampled_from(EQUATIONS), st.sampled_from(["bose", "fermi"]))
@settings(max_examples=15)
def test_gallavotti_and_cohen(seed, equation, statistics) -> None:
    """θ(χ) = θ(A − χ) with A = 1/T, coherences and chemical potentials included; a theorem."""
    machine = machine_of(seed, statistics=statistics)
    found = counting_statistics(machine, equation)
    rng = np.random.default_rng(seed)
    fields = {name: rng.uniform(-0.2, 0.2, 3) for name in found.reservoirs}
    theta = found.generating_function(fields)
    assert np.allclose(
        theta, found.generating_function(found.mirrored(fields)), rtol=1e-9, atol=1e-11
    )
    assert np.abs(found.generating_function(found.mirrored({}))) < 1e-11


@given(SEEDS, st.sampled_from(EQUATIONS))
@settings(max_examples=12)
def test_names_and_order_of_subsystems_do_not_matter(seed, equation) -> None:
    """The same machine with its subsystems and reservoirs backwards has the same statistics."""
    machine = machine_of(seed)
    parts = (machine.subsystems[::-1], machine.interactions[::-1], machine.reservoirs[::-1])
    one, other = (counting_statistics(m, equation) for m in (machine, et.Machine(*parts)))
    n = len(one.reservoirs)
    assert np.allclose(
        one.covariance_matrix,
        other.covariance_matrix[::-1, ::-1],
        rtol=1e-9,
        atol=1e-11 * np.abs(one.covariance_matrix).max(),
    )
    for name in one.reservoirs[: n - 1]:
        assert float(one.cumulant(name, 4)) == pytest.approx(
            float(other.cumulant(name, 4)), rel=1e-8, abs=1e-8 * float(one.noise(name))
        )


@given(SEEDS, st.sampled_from(EQUATIONS))
@settings(max_examples=12)
def test_the_generating_function_is_convex_and_starts_with_the_mean(seed, equation) -> None:
    """θ(0) = 0, θ(χ) >= Σ χ J (Jensen) and θ((χ + χ')/2) <= mean of both (Hölder)."""
    found = counting_statistics(machine_of(seed), equation)
    rng = np.random.default_rng(seed)
    first, second = ({n: rng.uniform(-0.2, 0.2) for n in found.reservoirs} for _ in range(2))
    middle = {n: 0.5 * (first[n] + second[n]) for n in first}
    theta = [float(found.generating_function(x)) for x in (first, second, middle)]
    assert theta[2] <= 0.5 * (theta[0] + theta[1]) + 1e-11
    assert theta[0] >= sum(x * float(found.mean(n)) for n, x in first.items()) - 1e-11
    assert abs(found.generating_function({})) < 1e-12


def test_uncertainty_relations_of_rate_equations() -> None:
    """S σ >= 2 J² and S A >= J² at 4000 random points of the paper's machine; theorems.

    Detuned and without dephasing its global equation is a rate equation. Close to
    equilibrium the first comes within 1e-3 of 1, so that a factor would show.
    """
    rng = np.random.default_rng(3)
    temperatures, rates = (
        10.0 ** rng.uniform(-0.3, 1.5, (3, 4000)),
        rng.uniform(0.1, 2.0, (4, 4000)),
    )
    gap, strength = rng.uniform(5.0, 20.0, 4000), rng.uniform(-4.0, 4.0, 4000)
    m = et.two_qubit_machine(10.0, gap, strength, *temperatures, *rates)
    found = counting_statistics(m)
    for name in found.reservoirs:
        thermodynamic, kinetic = found.uncertainty_ratio(name), found.kinetic_ratio(name)
        assert thermodynamic.min() > 1.0 - 1e-9
        assert kinetic.min() > 1.0 - 1e-9
    warm = {f"reservoirs.{n}.temperature": T for n, T in (("RA", 30.0), ("RB", 31.0))}
    close = m.replace({**warm, "exchange.A-B.strength": 4.0}).without("RC")
    nearly = counting_statistics(close).uncertainty_ratio("RA")
    assert 1.0 - 1e-9 < nearly.min() < 1.001


# Every kind of machine; arrays; what is refused.


@pytest.mark.parametrize("seed", range(21))
def test_the_mean_is_the_current(seed: int) -> None:
    """To 1e-12 of what flows both ways, for every kind of machine; oracle: `steady_state`."""
    cases = [(draw(seed), et.Global(), "heat"), (draw(seed), LOCAL, "heat")]
    cases += [(draw(seed), et.UniversalLindblad(), "quanta"), (draw(seed), et.Unified(), "quanta")]
    if seed < 3:
        cases += [(draw(seed, ZERO_KINDS), et.Global(), of) for of in ("heat", "quanta")]
        cases += [(draw(seed, RESET_KINDS), RESET, of) for of in ("heat", "quanta")]
    for d, equation, of in cases:
        if not d.model.resets or equation in (LOCAL, RESET):
            check_means(d.machine, equation, of)


def check_means(machine: et.Machine, equation: et.Equation, of: str) -> None:
    try:
        found = counting_statistics(machine, equation, of)
    except ParameterError:
        assert equation == et.UniversalLindblad()  # nothing but Hermitian couplings
        return
    state = et.steady_state(machine, equation)
    scale = sum(float(g) for g in found.gross_flow.values())
    for name in found.reservoirs:
        current = state.heat_currents[name] if of == "heat" else state.observe(et.quanta(name))[0]
        assert abs(float(found.mean(name)) - float(current)) < 1e-12 * scale, (name, equation)
        assert float(found.cumulant(name, 1)) == float(found.mean(name))
        assert float(found.cumulant(name, 2)) == pytest.approx(float(found.noise(name)), rel=1e-12)


def test_arrays_are_points_however_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grid gives what its points give one by one, also in runs of few points."""
    T_C, Omega = np.array([1.0, 4.0, 9.0]), np.array([[5.0], [0.0]])
    machine = et.two_qubit_machine(20.0, 20.0, Omega, 5.0, 5.0, T_C, Gamma_CB=2.0)
    fields = {"RC": np.array([[[0.1]], [[-0.1]]])}
    whole = counting_statistics(machine)
    first = whole.covariance_matrix, whole.cumulant("RC", 5), whole.generating_function(fields)
    monkeypatch.setattr(import_module("entherm.liouvillian"), "RUN_BYTES", 16 * 36 * 11 * 4)
    monkeypatch.setattr(counted_runs, "TILTED_BYTES", 1)
    again = counting_statistics(machine)
    second = again.covariance_matrix, again.cumulant("RC", 5), again.generating_function(fields)
    for a, b in zip(first, second, strict=True):
        assert np.allclose(a, b, rtol=1e-12, atol=0)
    assert first[2].shape == (2, 2, 3)
    for i, j in np.ndindex(2, 3):
        one = counting_statistics(
            et.two_qubit_machine(20.0, 20.0, Omega[i, 0], 5.0, 5.0, T_C[j], Gamma_CB=2.0)
        )
        assert np.allclose(first[0][i, j], one.covariance_matrix, rtol=1e-11, atol=1e-13)
        assert float(first[1][i, j]) == pytest.approx(float(one.cumulant("RC", 5)), rel=1e-9)
        theta = [float(one.generating_function({"RC": x})) for x in (0.1, -0.1)]
        assert np.allclose(first[2][:, i, j], theta, rtol=1e-11, atol=1e-12)


def test_points_without_a_steady_state() -> None:
    """A dark singlet: refused by name, or NaN at that point alone."""
    machine = et.two_qubit_machine(20.0, [20.0, 21.0], 10.0, T_C=2.0).without("RA", "RB")
    with pytest.raises(NonUniqueSteadyStateError, match="not unique"):
        counting_statistics(machine)
    found = counting_statistics(machine, on_invalid="nan")
    assert np.isnan(found.noise("RC")[0])
    assert found.noise("RC")[1] == pytest.approx(0.0, abs=1e-12)  # one reservoir has no current
    assert np.isnan(found.generating_function({"RC": 0.1})[0])
    assert np.isnan(found.cumulant("RC", 4)[0])
    nothing = counting_statistics(machine.take(np.array([0])), on_invalid="nan")
    assert np.isnan(nothing.covariance_matrix).all()
    assert nothing.covariance_matrix.shape == (1, 1, 1)


def test_nothing_flows_at_equilibrium() -> None:
    """No precision of no current: infinite Fano factor, TUR 0/0, KUR infinite; no warnings."""
    machine = et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, [5.0, 4.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = counting_statistics(machine)
        assert np.isinf(found.fano("RC")[0])
        assert np.isfinite(found.fano("RC")[1])
        assert np.isnan(found.uncertainty_ratio("RC")[0])
        assert np.isinf(found.kinetic_ratio("RC")[0])
    absolute = counting_statistics(machine.replace({"reservoirs.RC.temperature": 0.0}))
    assert np.isinf(absolute.uncertainty_ratio("RC")).all()


def test_results_are_read_only_and_lazy() -> None:
    found = counting_statistics(et.two_qubit_machine(20.0, 20.0, 10.0, T_C=[2.0, 3.0]))
    assert repr(found) == "CountingStatistics(of heat from RA, RB, RC; shape (2,))"
    for array in (found.covariance_matrix, found.mean("RA"), found.cumulant("RC", 3)):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0


REFUSED = [
    (lambda m: counting_statistics(m, of="work"), "of.*'heat' or 'energy' or 'quanta', got 'work'"),
    (lambda m: counting_statistics(m, et.Redfield()), "no sum of jumps.*Global"),
    (lambda m: counting_statistics(m, et.Redfield(), "quanta"), "no sum of jumps"),
    (lambda m: counting_statistics(m, et.UniversalLindblad()), "mix frequencies.*quanta"),
    (lambda m: counting_statistics(m, et.Local()), r"bare energies.*Local\(heat='bare'\)"),
    (lambda m: counting_statistics(m.without("RC"), et.Reset()), r"Reset\(heat='bare'\)"),
    (lambda m: counting_statistics(m).noise("dephasing"), "no definite energy.*RA, RB, RC"),
    (lambda m: counting_statistics(m).cumulant("RC", 0), "from 1 to 20, got 0"),
    (lambda m: counting_statistics(m).cumulant("RC", 21), "from 1 to 20, got 21"),
    (lambda m: counting_statistics(m).cumulant("RC", 2.5), "from 1 to 20, got 2.5"),
    (lambda m: counting_statistics(m).cumulant("RC", True), "from 1 to 20, got True"),
    (lambda m: counting_statistics(m).generating_function({"RC": 1e3}), r"fields.RC.*below 600"),
    (lambda m: counting_statistics(m).generating_function({"RC": np.nan}), "fields.RC.*NaN"),
    (lambda m: counting_statistics(m).generating_function([0.1]), "fields"),
    (
        lambda m: counting_statistics(m).generating_function({"RA": [0.1, 0.2], "RC": [0.1] * 3}),
        "fields.RC.*broadcast",
    ),
    (lambda m: counting_statistics(m, of="quanta").mirrored({}), "RA.*count of='heat'"),
    (
        lambda m: counting_statistics(m.replace({"reservoirs.RC.temperature": 0.0})).affinities,
        "RC.temperature.*not be 0",
    ),
]


@pytest.mark.parametrize(("ask", "told"), REFUSED)
def test_what_is_refused_is_named(ask, told: str) -> None:
    """Each with the rule and the way out."""
    with pytest.raises(ParameterError, match=told):
        ask(et.two_qubit_machine(20.0, 20.0, 10.0, gamma=0.1))


def test_a_reservoir_that_is_absent_is_named() -> None:
    found = counting_statistics(et.two_qubit_machine(20.0, 20.0, 10.0))
    for ask in (found.mean, found.fano, found.uncertainty_ratio, lambda n: found.cumulant(n, 2)):
        with pytest.raises(UnknownNameError, match="one of RA, RB, RC, got 'RD'"):
            ask("RD")
        with pytest.raises(UnknownNameError, match="one of RA, RB, RC"):
            ask(np.array(["RA"]))
    with pytest.raises(UnknownNameError, match="did you mean 'RC'"):
        found.generating_function({"RCC": 0.1})


def test_hermitian_couplings_and_resets_have_no_quanta() -> None:
    """By name and reason, with the rest of the machine still counted."""
    sigma_x = et.Coupling(rate=0.1, operator="x")
    machine = et.Machine(
        [et.Qubit("A", 2.0)],
        reservoirs=[
            et.Reservoir("x", 1.0, {"A": sigma_x}, spectrum=et.Ohmic(reference=2.0)),
            et.Reservoir("down", 1.0, {"A": 0.1}),
        ],
    )
    found = counting_statistics(machine, et.UniversalLindblad(), "quanta")
    assert found.reservoirs == ("down",)
    with pytest.raises(ParameterError, match="mix absorption with emission"):
        found.mean("x")
    with pytest.raises(ParameterError, match="mix absorption"):
        counting_statistics(machine.without("down"), et.UniversalLindblad(), "quanta")
    reset = et.ResetReservoir("z", on="A", rate=0.1, temperature=1.0)
    beside = et.Machine(machine.subsystems, [], [machine.reservoir("down"), reset])
    with pytest.raises(ParameterError, match=r"'z'.*a reset exchanges energy"):
        counting_statistics(beside, et.Local(), "quanta").mean("z")


def test_rates_too_far_apart_are_told() -> None:
    """A slow reservoir 1e15 times below the other: its fluctuations would be rounding."""
    machine = et.Machine(
        [et.Qubit("A", 2.0), et.Qubit("B", 3.0)],
        reservoirs=[et.Reservoir("fast", 1.0, {"A": 1.0}), et.Reservoir("slow", 1.0, {"B": 1e-15})],
    )
    with pytest.raises(InvalidMachineError, match="so far apart"):
        counting_statistics(machine).noise("slow")


def test_a_reservoir_that_does_nothing() -> None:
    """No coupling: no current, no noise, no covariance with others, and the others unchanged."""
    machine = et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 4.0, 3.0, Gamma_CA=0.0, Gamma_CB=0.0)
    found, without = counting_statistics(machine), counting_statistics(machine.without("RC"))
    assert np.all(found.covariance_matrix[2] == 0.0)
    assert np.isnan(found.fano("RC"))
    assert np.allclose(found.covariance_matrix[:2, :2], without.covariance_matrix, rtol=1e-12)


def test_a_reservoir_of_a_part_that_stands_alone() -> None:
    """It shuttles quanta and gives none: no noise, no ratio; rounding once made ratios of −inf."""
    machine = et.Machine(
        [et.Qubit("A", 2.0), et.Qubit("B", 3.0), et.Qubit("C", 2.7)],
        [et.exchange("A", "C", 0.3)],
        [
            et.Reservoir("L", 2.0, {"A": 0.3}),
            et.Reservoir("M", 1.5, {"C": 0.3}),
            et.Reservoir("R", 1.0, {"B": 0.2}),
        ],
    )
    pair = et.Machine(
        [machine.subsystems[0], machine.subsystems[2]],
        machine.interactions,
        [machine.reservoir("L"), machine.reservoir("M")],
    )
    found, rest = counting_statistics(machine), counting_statistics(pair)
    assert np.all(found.covariance_matrix[2] == 0.0)
    assert np.all(found.covariance_matrix[:, 2] == 0.0)
    assert np.allclose(
        found.covariance_matrix[:2, :2], rest.covariance_matrix, rtol=1e-11, atol=0.0
    )
    for ratio in (found.fano, found.uncertainty_ratio, found.kinetic_ratio):
        assert np.isnan(ratio("R"))


def test_no_fluctuation_symmetry_where_a_reservoir_is_left_out() -> None:
    """θ(χ) = θ(A − χ) is of all reservoirs: a reset that has no quanta breaks it, and is named."""
    baths = [
        et.Reservoir("n", couplings={"A": 0.2}, occupation=0.5),
        et.Reservoir("k", couplings={"B": 0.2}, occupation=[0.2, 0.1]),
    ]
    reset = et.ResetReservoir("z", on="A", rate=0.4, temperature=1.0)
    qubits, bonds = [et.Qubit("A", 2.0), et.Qubit("B", 2.0)], [et.exchange("A", "B", 0.3)]
    whole = counting_statistics(et.Machine(qubits, bonds, baths), et.Local(), "quanta")
    fields = {"n": 0.1}
    theta = whole.generating_function(fields)
    assert np.allclose(theta, whole.generating_function(whole.mirrored(fields)), rtol=1e-11)
    part = counting_statistics(et.Machine(qubits, bonds, [*baths, reset]), et.Local(), "quanta")
    with pytest.raises(ParameterError, match=r"count every reservoir.*'z'"):
        part.mirrored(fields)
    dark = et.Machine(qubits, bonds, baths).replace({"reservoirs.k.occupation": [0.2, 0.0]})
    with pytest.raises(ParameterError, match=r"reservoirs\.k\.occupation.*got 0\.0"):
        _ = counting_statistics(dark, et.Local(), "quanta").affinities


def test_one_clustering_for_a_sweep_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels near at one point are joined at all, in every run; oracle: `steady_state`."""
    machine = et.two_qubit_machine(20.0, 20.0, [9.0, 0.1], 5.0, 4.0, 3.0)
    equation = et.Unified(clustering="sweep")
    currents = et.steady_state(machine, equation).heat_currents["RC"]
    apart = et.steady_state(machine, et.Unified()).heat_currents["RC"]
    assert abs(apart[0] / currents[0] - 1.0) > 0.01
    monkeypatch.setattr(import_module("entherm.liouvillian"), "RUN_BYTES", 1)
    found = counting_statistics(machine, equation)
    assert np.allclose(found.mean("RC"), currents, rtol=1e-11, atol=0)
