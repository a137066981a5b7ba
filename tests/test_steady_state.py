"""The steady state as a whole: laws, symmetries, broadcasting, what has no steady state."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import entherm as et
from entherm.paper.closed_form import closed_form_concurrence, closed_form_flows
from entherm.paper.equations import Parameters

temperature = st.one_of(st.just(0.0), st.floats(0.05, 50.0))
rate = st.floats(0.01, 3.0)
fraction = st.floats(-0.95, 0.95)


@st.composite
def parameters(draw: st.DrawFn, *, gamma: bool = True) -> dict[str, float]:
    """Ten parameters of the paper's machine, of either sign of Ω and of the detuning."""
    epsilon_A, epsilon_B = draw(st.floats(2.0, 40.0)), draw(st.floats(2.0, 40.0))
    return {
        "epsilon_A": epsilon_A,
        "epsilon_B": draw(st.sampled_from([epsilon_A, epsilon_B])),
        "Omega": draw(fraction) * min(epsilon_A, epsilon_B),
        "T_A": draw(temperature),
        "T_B": draw(temperature),
        "T_C": draw(temperature),
        "Gamma_A": draw(rate),
        "Gamma_B": draw(rate),
        "Gamma_CA": draw(rate),
        "Gamma_CB": draw(rate),
        "gamma": draw(st.one_of(st.just(0.0), st.floats(1e-6, 5.0))) if gamma else 0.0,
    }


def gross_flow(values: dict[str, float]) -> float:
    """Sum of all one-way heat flows, by the closed form."""
    flows = closed_form_flows(Parameters(**values))
    return sum(float(np.sum(np.abs(x))) for pair in flows.values() for x in pair)


def is_resonant_point(values: dict[str, float]) -> bool:
    """Whether λ₂ and λ₃ coincide, where the paper's equations do not apply."""
    return abs(values["Omega"]) < 1e-6 and values["epsilon_A"] == values["epsilon_B"]


@given(parameters())
def test_first_law(values: dict[str, float]) -> None:
    """|ΣQ| <= 1e-14 of the gross flow, dephasing counted; oracle: energy conservation."""
    state = et.steady_state(et.two_qubit_machine(**values))
    if not is_resonant_point(values):
        tiny = np.finfo(float).tiny  # below it numbers have fewer digits
        residual = abs(sum(map(float, state.heat_currents.values())))
        assert residual <= 1e-14 * gross_flow(values) + tiny


@given(parameters())
def test_second_law(values: dict[str, float]) -> None:
    """σ >= −1e-14 of the gross flow over the lowest temperature; oracle: Clausius."""
    state = et.steady_state(et.two_qubit_machine(**values))
    warm = [values[k] for k in ("T_A", "T_B", "T_C") if values[k] > 0]
    if warm and not is_resonant_point(values):
        assert float(state.entropy_production) >= -1e-14 * gross_flow(values) / min(warm)


@given(parameters(gamma=False), st.floats(0.05, 50.0))
def test_gibbs_state_at_equal_temperatures(values: dict[str, float], common: float) -> None:
    """p ∝ exp(−E/T), componentwise; oracle: statistical mechanics.

    E/T rounds in the exponent; levels closer than 1e-9 ‖H‖ count as one, which moves it by as much.
    """
    machine = et.two_qubit_machine(**values | {"T_A": common, "T_B": common, "T_C": common})
    state = et.steady_state(machine)
    weights = np.exp(-state.energies / common)
    expected = weights / weights.sum()
    coincide = np.min(np.diff(state.energies)) <= 1e-9 * state.energies[-1]
    tolerance = 1e-13 + (1e-9 if coincide else 4e-16) * float(state.energies[-1]) / common
    held = expected > 1e-300
    assert np.allclose(state.populations[held], expected[held], rtol=tolerance, atol=0.0)


@given(parameters())
def test_closed_form(values: dict[str, float]) -> None:
    """Concurrence at random parameters; oracle: the closed form of the tree theorem."""
    if not is_resonant_point(values):
        state = et.steady_state(et.two_qubit_machine(**values))
        expected = closed_form_concurrence(Parameters(**values))
        assert float(state.concurrence("A", "B")) == pytest.approx(expected, rel=1e-10, abs=1e-14)


@given(parameters())
def test_exchanging_the_qubits_changes_nothing(values: dict[str, float]) -> None:
    """A ↔ B symmetry: the same concurrence and the currents exchanged."""
    swapped = {
        k.translate(str.maketrans("AB", "BA")) if k[-1] in "AB" else k: v for k, v in values.items()
    }
    one, two = (et.steady_state(et.two_qubit_machine(**v)) for v in (values, swapped))
    assert float(one.concurrence("A", "B")) == pytest.approx(
        float(two.concurrence("A", "B")), rel=1e-10, abs=1e-14
    )
    scale = gross_flow(values) if not is_resonant_point(values) else 1e3
    assert abs(one.heat_currents["RA"] - two.heat_currents["RB"]) <= 1e-13 * scale


@given(parameters())
def test_sign_of_omega_is_a_sign_of_a_coupling(values: dict[str, float]) -> None:
    """Ω → −Ω equals a phase π on one common coupling; oracle: the gauge transformation."""
    flipped = et.two_qubit_machine(**values | {"Omega": -values["Omega"]})
    machine = et.two_qubit_machine(**values)
    common = machine.reservoir("RC")
    signed = et.Machine(
        machine.subsystems,
        machine.interactions,
        [
            *machine.without("RC").reservoirs,
            et.Reservoir(
                "RC",
                common.temperature,
                {
                    "A": values["Gamma_CA"],
                    "B": et.Coupling(rate=values["Gamma_CB"], sign=-1),
                },
            ),
        ],
        machine.dephasing,
    )
    one, two = et.steady_state(flipped), et.steady_state(signed)
    assert np.allclose(one.populations, two.populations, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize(
    ("omega", "without", "expected"),
    [(10.0, (), 0.0993), (-10.0, (), 0.0247), (10.0, ("RC",), 0.0845)],
)
def test_landmarks_of_figure_2(omega: float, without: tuple[str, ...], expected: float) -> None:
    """C at T = 5, T_C = 1 for +Ω, −Ω, and without R_C; oracle: docs/physics.md §1.2."""
    machine = et.two_qubit_machine(20.0, 20.0, omega, T_A=5.0, T_B=5.0, T_C=1.0).without(*without)
    assert float(et.steady_state(machine).concurrence("A", "B")) == pytest.approx(
        expected, abs=5e-5
    )


def test_partial_correlation() -> None:
    """C = 0.0488 at a correlation of cos(π/2) = 0; oracle: docs/physics.md §1.4, to the digits."""
    m = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
    uncorrelated = m.replace({"reservoirs.RC.correlation": 0.0})
    assert float(et.steady_state(uncorrelated).concurrence("A", "B")) == pytest.approx(
        0.0488, abs=5e-5
    )


def test_dephasing_with_detuning() -> None:
    """C = 0.00741211 at Δε=4, Ω=6, T=6, T_C=2, γ=0.5; oracle: docs/physics.md §1.6."""
    m = et.two_qubit_machine(22.0, 18.0, 6.0, T_A=6.0, T_B=6.0, T_C=2.0, gamma=0.5)
    assert float(et.steady_state(m).concurrence("A", "B")) == pytest.approx(0.00741211, abs=5e-9)


def test_secular_dephasing_is_a_reservoir_of_infinite_temperature() -> None:
    """Global(dephasing="secular") equals a rate 2 γ sin²θ between λ₂ and λ₃, by hand.

    Oracle: p₂/p₃ from a 4×4 rate matrix solved here with NumPy.
    """
    values = {"epsilon_A": 22.0, "epsilon_B": 18.0, "Omega": 6.0, "T_A": 6.0, "T_B": 3.0}
    machine = et.two_qubit_machine(**values, T_C=2.0, gamma=0.5)
    plain = et.two_qubit_machine(**values, T_C=2.0)
    state = et.steady_state(machine, et.Global(dephasing="secular"))
    levels = et.diagonalise(plain)
    matrix = np.zeros((4, 4))
    generator = et.liouvillian(plain)
    vectors = np.zeros((4, 4))
    for (b, i), component in levels.vectors.items():
        vectors[b, i] = component
    for i in range(4):
        rho = np.outer(vectors[:, i], vectors[:, i]).ravel()
        flow = (generator @ rho).reshape(4, 4)
        matrix[:, i] = np.diag(vectors.T @ flow @ vectors).real
    sin = np.sin(np.arctan2(12.0, 4.0))
    w = 2 * 0.5 * sin**2
    matrix[1:3, 1:3] += w * np.array([[-1, 1], [1, -1]])
    matrix[3] = 1.0
    expected = np.linalg.solve(matrix, [0, 0, 0, 1])
    assert np.allclose(state.level_populations, expected, atol=1e-14)
    assert sum(map(float, state.heat_currents.values())) == pytest.approx(0.0, abs=1e-13)


def test_arrays_equal_points_one_by_one() -> None:
    """Every parameter an array of its own axis; oracle: the same points solved alone."""
    rng = np.random.default_rng(7)
    T, T_C, detuning = rng.uniform(0.0, 9.0, (3, 1, 1)), rng.uniform(0.0, 9.0, 4), [[0.0], [3.0]]
    T[0] = 0.0
    half = 0.5 * np.asarray(detuning)
    grid = et.two_qubit_machine(
        20.0 + half, 20.0 - half, 7.0, T_A=T, T_B=T, T_C=T_C, gamma=[[0.0], [0.3]]
    )
    state = et.steady_state(grid)
    assert state.shape == (3, 2, 4)
    assert state.populations.shape == (3, 2, 4, 4)
    assert state.density_matrix.shape == (3, 2, 4, 4, 4)
    for index in np.ndindex(state.shape):
        alone = et.steady_state(
            et.two_qubit_machine(
                20.0 + half[index[1], 0],
                20.0 - half[index[1], 0],
                7.0,
                T_A=T[index[0], 0, 0],
                T_B=T[index[0], 0, 0],
                T_C=T_C[index[2]],
                gamma=[0.0, 0.3][index[1]],
            )
        )
        assert np.allclose(state.populations[index], alone.populations, rtol=1e-13, atol=0.0)
        assert state.concurrence("A", "B")[index] == pytest.approx(
            float(alone.concurrence("A", "B")), rel=1e-12, abs=1e-15
        )
        for name, currents in state.heat_currents.items():
            assert currents[index] == pytest.approx(
                float(alone.heat_currents[name]), rel=1e-10, abs=1e-13
            )


def test_populations_follow_ascending_energies_through_a_crossing() -> None:
    """Labels stay, output is sorted: at Ω → −Ω the order of λ₂, λ₃ by energy is kept."""
    state = et.steady_state(
        et.two_qubit_machine(20.0, [20.0, 25.0], [-4.0, 4.0], T_A=4.0, T_B=4.0, T_C=4.0)
    )
    assert np.all(np.diff(state.energies, axis=-1) > 0)
    assert np.all(np.diff(state.populations, axis=-1) < 0)  # Gibbs


class TestNoSteadyState:
    """What has no unique steady state, or no meaning, is named."""

    alone = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0).without("RA", "RB")

    def test_common_reservoir_alone_at_resonance(self) -> None:
        """The dark state and the remedy are named; oracle: docs/physics.md §1.5."""
        with pytest.raises(et.NonUniqueSteadyStateError, match=r"initial=.*") as caught:
            et.steady_state(self.alone)
        assert caught.value.kernel_dimension == 2
        assert any("λ3 = -0.7071|10⟩ + 0.7071|01⟩" in dark for dark in caught.value.dark_states)

    def test_from_an_initial_state(self) -> None:
        """From |10⟩ at T_C = 0 the final concurrence is 1/2; oracle: docs/physics.md §1.5."""
        state = et.steady_state(self.alone, initial=[0, 1, 0, 0])
        assert float(state.concurrence("A", "B")) == pytest.approx(0.5, abs=1e-12)
        assert np.allclose(state.populations, [0.5, 0.5, 0.0, 0.0], atol=1e-12)

    def test_the_mixture_is_where_the_dynamics_ends(self) -> None:
        """Oracle: the matrix exponential of the generator at a late time (SciPy)."""
        from scipy.linalg import expm

        machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=6.0).without("RA", "RB")
        initial = np.diag([0.1, 0.5, 0.2, 0.2]).astype(complex)
        initial[1, 2] = initial[2, 1] = 0.15
        late = (expm(60.0 * et.liouvillian(machine)) @ initial.ravel()).reshape(4, 4)
        state = et.steady_state(machine, initial=initial)
        assert np.abs(state.density_matrix - late).max() < 1e-10

    def test_an_oscillating_coherence_is_refused(self) -> None:
        """|λ₃⟩⟨λ₄| never decays at T_C = 0; the error names its frequency ω₁ = 10."""
        with pytest.raises(et.OscillatingCoherenceError) as caught:
            et.steady_state(self.alone, initial=np.array([0, 1, 0, 1]) / np.sqrt(2))
        assert caught.value.frequencies == (10.0,)

    def test_unequal_couplings_make_it_unique_and_thermal(self) -> None:
        """R_C alone with unequal couplings: Gibbs at T_C; oracle: docs/physics.md §1.5."""
        machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=6.0, Gamma_CB=0.5).without("RA", "RB")
        state = et.steady_state(machine)
        weights = np.exp(-state.energies / 6.0)
        assert np.allclose(state.populations, weights / weights.sum(), rtol=1e-12)

    def test_one_dark_point_on_an_axis(self) -> None:
        """Raise by default with the count; NaN and a code on request, neighbours untouched."""
        half = np.array([-1.0, 0.0, 1.0])
        machine = et.two_qubit_machine(20.0 + half, 20.0 - half, 10.0, T_C=3.0).without("RA", "RB")
        with pytest.raises(et.NonUniqueSteadyStateError, match="1 of 3 points"):
            et.steady_state(machine)
        state = et.steady_state(machine, on_invalid="nan")
        assert list(state.reason) == [0, et.Reason.NOT_UNIQUE, 0]
        assert list(np.isnan(state.concurrence("A", "B"))) == [False, True, False]
        assert list(np.isnan(state.populations).all(-1)) == [False, True, False]

    def test_frequency_not_positive(self) -> None:
        """|Ω| >= √(ε_A ε_B) names rule, value and remedy; on an axis, NaN and a code."""
        for omega in (20.0, 25.0, -25.0):
            with pytest.raises(et.InvalidMachineError, match=r"sqrt\(epsilon_A\*epsilon_B\) = 20"):
                et.steady_state(et.two_qubit_machine(20.0, 20.0, omega))
        axis = et.two_qubit_machine(20.0, 20.0, [5.0, 20.0, 30.0])
        with pytest.raises(et.InvalidMachineError, match="2 of 3 points"):
            et.steady_state(axis)
        state = et.steady_state(axis, on_invalid="nan")
        assert list(state.reason) == [0, 1, 1]
        assert list(np.isnan(state.heat_currents["RC"])) == [False, True, True]

    def test_nothing_coupled(self) -> None:
        """A qubit without reservoir has no unique state: raised, or NaN on request."""
        idle = et.Machine([et.Qubit("A", 1.0)])
        with pytest.raises(et.NonUniqueSteadyStateError):
            et.steady_state(idle)
        assert np.isnan(et.steady_state(idle, on_invalid="nan").populations).all()

    def test_every_point_dark(self) -> None:
        """A machine that is dark everywhere is NaN everywhere, with its reason."""
        machine = self.alone.replace({"reservoirs.RC.temperature": [0.0, 1.0, 2.0]})
        state = et.steady_state(machine, on_invalid="nan")
        assert np.isnan(state.concurrence("A", "B")).all()
        assert np.isnan(state.density_matrix[:, 1, 1]).all()
        assert set(state.reason) == {et.Reason.NOT_UNIQUE}
        started = et.steady_state(machine, initial=[0, 1, 0, 0])
        assert np.isfinite(started.concurrence("A", "B")).all()

    def test_all_cold_is_the_ground_state(self) -> None:
        """T = 0 everywhere: unique, p = (1, 0, 0, 0), no heat, no entropy."""
        state = et.steady_state(et.two_qubit_machine(20.0, 20.0, 10.0, T_A=0, T_B=0, T_C=0))
        assert list(state.populations) == [1.0, 0.0, 0.0, 0.0]
        assert [float(q) for q in state.heat_currents.values()] == [0.0] * 4
        assert float(state.entropy_production) == 0.0

    def test_pumping_into_an_excited_dark_state_is_unique(self) -> None:
        """A level that only fills: R_C at T = 0 leaves λ₃ dark, RA is off, dephasing feeds it.

        Oracle: the Liouvillian of the paper's equations, kernel by SVD.
        """
        from entherm.paper.equations import steady_state as paper_state

        values = {"epsilon_A": 20.0, "epsilon_B": 20.0, "Omega": -10.0, "gamma": 0.2}
        values |= {"T_C": 2.0, "Gamma_A": 0.0, "Gamma_B": 0.0, "T_A": 1.0, "T_B": 1.0}
        state = et.steady_state(et.two_qubit_machine(**values))
        assert np.abs(state.density_matrix - paper_state(Parameters(**values))).max() < 1e-13

    def test_both_reasons_on_one_axis(self) -> None:
        """A point of no meaning beside a dark one: each with its own reason, initial= for one."""
        machine = et.two_qubit_machine(20.0, 20.0, [10.0, 25.0], T_C=1.0).without("RA", "RB")
        state = et.steady_state(machine, initial=[0, 1, 0, 0], on_invalid="nan")
        assert list(state.reason) == [0, et.Reason.FREQUENCY_NOT_POSITIVE]
        assert list(np.isnan(state.concurrence("A", "B"))) == [False, True]
        assert list(np.isnan(state.validity.secular_ratio)) == [False, True]

    def test_one_restless_point_on_an_axis(self) -> None:
        """|λ₃⟩⟨λ₄| never decays at T_C = 0 and does at T_C = 6: NaN with its reason, or raised."""
        machine = self.alone.replace({"reservoirs.RC.temperature": [0.0, 6.0]})
        initial = np.array([0, 0, 1, 1]) / np.sqrt(2)
        state = et.steady_state(machine, initial=initial, on_invalid="nan")
        assert list(state.reason) == [et.Reason.OSCILLATES, 0]
        with pytest.raises(et.OscillatingCoherenceError):
            et.steady_state(machine, initial=initial)

    def test_product_state_has_no_negativity(self) -> None:
        """|10⟩, where every term of the formula vanishes: 0, not 0/0."""
        idle = et.Machine([et.Qubit("A", 20.0), et.Qubit("B", 21.0)])
        state = et.steady_state(idle, initial=[0, 1, 0, 0])
        assert float(state.negativity("A", "B")) == 0.0
        assert float(state.concurrence("A", "B")) == 0.0

    def test_initial_state_is_checked(self) -> None:
        """Wrong shape, trace or sign, NaN: one error each."""
        for initial in ([1, 0], np.eye(4), np.diag([2.0, -1.0, 0.0, 0.0]), [np.nan, 0, 0, 1]):
            with pytest.raises(et.ParameterError, match="initial"):
                et.steady_state(self.alone, initial=initial)


def test_degenerate_point_on_an_axis_keeps_its_coherence() -> None:
    """Ω = 0 at Δε = 0 with a common reservoir: the coherence of the degenerate level is kept.

    Oracle: the null vector of the 16×16 generator, by SVD.
    """
    machine = et.two_qubit_machine(20.0, 20.0, [-1.0, 0.0, 1.0], T_A=5.0, T_B=4.0, T_C=1.0)
    state = et.steady_state(machine)
    for k in range(3):
        generator = et.liouvillian(machine.take(np.array([k])))[0]
        rho = np.linalg.svd(generator)[2][-1].conj().reshape(4, 4)
        rho /= np.trace(rho)
        assert np.abs(state.density_matrix[k] - rho).max() < 1e-13
    assert abs(state.density_matrix[1, 1, 2]) > 1e-3


def test_results_are_frozen() -> None:
    """Nobody can change a result, or a machine, from outside."""
    state = et.steady_state(et.two_qubit_machine(20.0, 20.0, 10.0, T_C=[1.0, 2.0]))
    with pytest.raises(ValueError, match="read-only"):
        state.concurrence("A", "B")[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        state.populations[0] = 1.0
    for array in (
        state.level_populations,
        state.density_matrix,
        state.reason,
        state.machine.hamiltonian,
        state.energies,
    ):
        assert not array.flags.writeable
    with pytest.raises(AttributeError):
        state.machine.reservoirs = ()


def test_machines_results_and_errors_travel_between_processes() -> None:
    """Pickled and back: the same machine, the same numbers, the same error."""
    machine = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=[1.0, 2.0])
    state = et.steady_state(machine)
    copy = pickle.loads(pickle.dumps(machine))
    assert copy.hash == machine.hash
    assert state.effective_temperatures.from_populations().shape == (2, 4)
    again = pickle.loads(pickle.dumps(state))
    assert np.array_equal(again.concurrence("A", "B"), state.concurrence("A", "B"))
    with pytest.raises(et.NonUniqueSteadyStateError) as caught:
        et.steady_state(machine.without("RA", "RB"))
    error = pickle.loads(pickle.dumps(caught.value))
    assert str(error) == str(caught.value)
    assert error.dark_states == caught.value.dark_states
    with pytest.raises(et.UnknownNameError) as unknown:
        machine.reservoir("RX")
    assert str(pickle.loads(pickle.dumps(unknown.value))) == str(unknown.value)


def test_bad_options_are_named() -> None:
    """Unknown engine, policy, pair, reservoir."""
    machine = et.two_qubit_machine(20.0, 20.0, 10.0)
    with pytest.raises(et.ParameterError, match="engine"):
        et.steady_state(machine, engine="fortran")
    with pytest.raises(et.ParameterError, match="on_invalid"):
        et.steady_state(machine, on_invalid="ignore")
    state = et.steady_state(machine)
    for ask in (
        lambda: state.concurrence("A", "C"),
        lambda: state.concurrence("A", "A"),
        lambda: state.heat_currents["RD"],
        lambda: state.effective_temperatures.from_rates("RX"),
        lambda: state.observe("concurrence"),
    ):
        with pytest.raises(et.ParameterError):
            ask()


def test_expectation_values() -> None:
    """⟨σ_z⟩, ⟨n⟩ and a two-qubit operator; oracle: traces with the density matrix by hand."""
    state = et.steady_state(et.two_qubit_machine(20.0, 21.0, 6.0, 5.0, 4.0, [1.0, 2.0]))
    rho = state.density_matrix
    z = np.kron(np.diag([1.0, -1.0]), np.eye(2))
    swap = np.eye(4)[[0, 2, 1, 3]]
    by_hand = [np.einsum("kab,ba->k", rho, op).real for op in (z, swap, swap)]
    assert state.expectation("z", "A") == pytest.approx(by_hand[0], abs=1e-15)
    assert state.expectation(swap, "A", "B") == pytest.approx(by_hand[1], abs=1e-15)
    assert state.expectation(swap, "B", "A") == pytest.approx(by_hand[2], abs=1e-15)
    excited = rho[:, 0, 0].real + rho[:, 2, 2].real
    assert state.expectation("number", "B") == pytest.approx(excited, abs=1e-15)
    entropy = [-sum(p * np.log(p) for p in np.linalg.eigvalsh(r)) for r in rho]
    assert state.entropy == pytest.approx(np.array(entropy), rel=1e-12)


@pytest.mark.parametrize("common", [0.7, 3.0])
def test_beyond_the_bound_the_coupling_says_what_it_means(common: float) -> None:
    """|Ω| > √(ε_A ε_B): refused by σ₋ unless dark, Gibbs by σ_x; oracle: statistical mechanics.

    Dark, λ1–λ2 and λ3–λ4 have no mode, so that two closed sets of levels are left.
    """
    values = {"T_A": common, "T_B": common, "T_C": common, "Gamma_CB": 0.5}
    with pytest.raises(et.InvalidMachineError, match=r"operator='x'.*below_zero='dark'"):
        et.steady_state(et.two_qubit_machine(2.0, 1.5, 2.5, **values))
    state = et.steady_state(et.two_qubit_machine(2.0, 1.5, 2.5, **values, operator="x"))
    weights = np.exp(-state.energies / common)
    assert state.populations == pytest.approx(weights / weights.sum(), rel=1e-12)
    dark = et.two_qubit_machine(2.0, 1.5, 2.5, **values, below_zero="dark")
    with pytest.raises(et.NonUniqueSteadyStateError) as caught:
        et.steady_state(dark)
    assert caught.value.kernel_dimension == 2
    # From |00⟩ = λ4 only λ2 is reached, by a quantum of ω₂.
    settled = et.steady_state(dark, initial=[0, 0, 0, 1]).level_populations
    excited = 1.0 / (1.0 + np.exp((1.75 + np.hypot(0.25, 2.5)) / common))
    assert settled == pytest.approx([0.0, excited, 0.0, 1.0 - excited], abs=1e-12)
