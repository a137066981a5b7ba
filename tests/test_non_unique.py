"""What is conserved, what is dark, and what is said of it; and elements that nothing defines.

Oracles: the matrix exponential of the generator (SciPy), the theory of collective spins for equal
qubits in one reservoir, the stochastic matrix of a decay by hand, and L, L† applied to what is
found.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.linalg import expm

import entherm as et
from entherm.errors import NonUniqueSteadyStateError
from entherm.invariants import invariants
from entherm.null_space import absorption_probabilities

EQUATIONS = [et.Global(), et.Unified(), et.Local(), et.Redfield(), et.UniversalLindblad()]
ALONE = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=0.0).without("RA", "RB")
OHMIC = et.Ohmic(reference=1.0, cutoff=50.0)


def collective(count: int, temperature: float) -> et.Machine:
    """Equal qubits in one reservoir."""
    names = "ABCD"[:count]
    common = et.Reservoir("R", temperature, dict.fromkeys(names, 1.0))
    return et.Machine([et.Qubit(n, 2.0) for n in names], [], [common])


def idle_neighbour() -> et.Machine:
    """A thermal qubit beside one that nothing touches."""
    return et.Machine(
        [et.Qubit("A", 1.0), et.Qubit("B", 2.5)], [], [et.Reservoir("R", 1.0, {"A": 0.2})]
    )


def lambda_decay(rate: float) -> et.Machine:
    """|2⟩ falls to |0⟩ and |1⟩ at 1 : 3, beside a qubit that relaxes at rate 2."""
    return et.Machine(
        [et.Qudit("M", levels=[0.0, 1.0, 5.0]), et.Qubit("A", 30.0)],
        [],
        [
            et.Reservoir("R0", 0.0, {"M": et.Coupling(rate, operator="|0><2|")}),
            et.Reservoir("R1", 0.0, {"M": et.Coupling(3.0 * rate, operator="|1><2|")}),
            et.Reservoir("RA", 0.0, {"A": 1.0}),
        ],
    )


def whole(machine: et.Machine, equation: et.Equation) -> np.ndarray:
    generator = et.liouvillian(machine, equation)
    return generator.reshape(generator.shape[-2:])


MACHINES = {
    "dark": ALONE,
    "thermal dark": ALONE.replace({"reservoirs.RC.temperature": 6.0}),
    "idle neighbour": idle_neighbour(),
    "three spins": collective(3, 1.5),
    "lambda": lambda_decay(0.3),
    "dephasing alone": et.Machine(
        [et.Qubit("A", 1.0), et.Qubit("B", 1.0)],
        [et.exchange("A", "B", 0.3)],
        dephasing={"A": 0.1, "B": 0.2},
    ),
    "nothing": et.Machine([et.Qubit("A", 1.0), et.Qubit("B", 2.5)]),
}


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
class TestInvariants:
    """What is found is what it says, whatever the equation."""

    def test_stationary_and_conserved(self, machine: et.Machine, equation: et.Equation) -> None:
        """L ρ = 0 and L† J = 0 of as many independent operators as eigenvalues 0.

        Oracle: `numpy.linalg.eigvals` of the generator; weights by its norm.
        """
        generator, found = whole(machine, equation), invariants(machine, equation)
        scale = np.linalg.norm(generator, 2)
        zero = int((np.abs(np.linalg.eigvals(generator)) < 1e-9 * scale).sum())
        assert found.kernel_dimension == zero
        for kind, action in (
            (found.stationary_states, generator),
            (found.conserved_quantities, generator.conj().T),
        ):
            stacked = np.array([x.ravel() for x in kind])
            assert np.linalg.matrix_rank(stacked, tol=1e-9) == len(kind) == zero
            assert np.abs(action @ stacked.T).max() < 1e-12 * scale
            assert all(np.array_equal(x, x.conj().T) for x in kind)
        for state in found.stationary_states:
            assert np.trace(state).real == pytest.approx(1.0, abs=1e-12)
            assert np.linalg.eigvalsh(state)[0] > -1e-9

    def test_dark_states_and_frequencies(self, machine: et.Machine, equation: et.Equation) -> None:
        """L |ψ⟩⟨ψ| = 0, and ±iω are eigenvalues; oracle: the generator."""
        generator, found = whole(machine, equation), invariants(machine, equation)
        scale = np.linalg.norm(generator, 2)
        for ket in found.dark_kets:
            assert np.abs(generator @ np.outer(ket, ket.conj()).ravel()).max() < 1e-12 * scale
        values = np.linalg.eigvals(generator)
        lasting = values[np.abs(values.real) < 1e-9 * scale].imag
        lasting = lasting[lasting > 1e-9 * scale]
        expected = sorted(set(np.round(lasting, 8)))
        assert found.peripheral_frequencies == pytest.approx(expected, rel=1e-8)

    def test_initial_is_where_time_leads(self, machine: et.Machine, equation: et.Equation) -> None:
        """ρ(∞) from a random mixture of levels and its coherences; oracle: `scipy.linalg.expm`."""
        generator = whole(machine, equation)
        size = len(machine.hamiltonian)
        rng = np.random.default_rng(3)
        raw = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
        start = raw @ raw.conj().T
        if invariants(machine, equation).peripheral_frequencies:
            # What oscillates is taken out: the diagonal between levels remains.
            vectors = et.diagonalise(machine).matrix
            start = vectors @ np.diag(rng.uniform(size=size)) @ vectors.conj().T
        start = start / np.trace(start)
        late = expm(2000.0 * generator) @ start.ravel()
        if invariants(machine, equation).peripheral_frequencies:
            late = (
                sum((expm((2000.0 + t) * generator) @ start.ravel()) for t in np.linspace(0, 1, 3))
                / 3
            )
        state = et.steady_state(machine, equation, initial=start)
        assert np.abs(state.density_matrix.ravel() - late).max() < 1e-9


@pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_collective_spins(equation: et.Equation, temperature: float) -> None:
    """Equal qubits in one reservoir: ⊕_J (2J+1 states) ⊗ (multiplicity n_J).

    Oracle: addition of angular momenta. Four spins: J = 2, 1, 0 with n_J = 1, 3, 2; each J has one
    stationary state, so Σ n_J² = 14. At T = 0 the lowest states of all J are dark and keep their
    coherence; at T > 0 J = 0 alone is dark, of two dimensions, and J = 1 keeps three of its own.
    """
    found = invariants(collective(4, temperature), equation)
    assert found.kernel_dimension == 14
    if temperature == 0.0:
        assert len(found.dark_kets) == 1 + 3 + 2
        assert found.decoherence_free == (6,)
        assert found.peripheral_frequencies == (2.0, 4.0)
    else:
        assert len(found.dark_kets) == 2
        assert found.decoherence_free == (2, 3)
        assert found.peripheral_frequencies == ()


def test_conserved_quantities_in_words() -> None:
    """Projectors on levels, and the probability of ending in a level: 1/4 and 3/4 by hand."""
    assert invariants(ALONE).in_words == ("weight on λ3", "weight on λ1, λ2, λ4")
    machine = et.Machine(
        [et.Qudit("M", levels=[0.0, 1.0, 5.0])], [], lambda_decay(0.3).reservoirs[:2]
    )
    assert invariants(machine).in_words == (
        "probability of ending there 0.75 λ1 + 1 λ2",
        "probability of ending there 0.25 λ1 + 1 λ3",
    )


@pytest.mark.parametrize("rate", [1e-3, 1e-15, 1e-40, 1e-200])
def test_absorption_is_judged_relatively(rate: float) -> None:
    """|2⟩ ends in |0⟩ and |1⟩ with 1/4 and 3/4, however slowly; oracle: 1 : 3 by hand."""
    state = et.steady_state(lambda_decay(rate), initial=np.eye(6)[0])
    expected = np.diag([0.0, 0.0, 0.0, 0.75, 0.0, 0.25])
    assert np.abs(state.density_matrix - expected).max() < 1e-15


def test_tiny_populations_survive_initial() -> None:
    """The thermal block keeps its Boltzmann factors to full precision; oracle: exp(−E/T).

    From |00⟩ under R_C alone at resonance: λ₃ stays empty, λ₁ has e^(−40/0.5) ~ 1e-35.
    """
    machine = ALONE.replace({"reservoirs.RC.temperature": 0.5})
    state = et.steady_state(machine, initial=[0, 0, 0, 1])
    weights = np.exp(-np.array([40.0, 30.0, 0.0]) / 0.5)
    expected = weights / weights.sum()
    assert np.allclose(state.level_populations[[0, 1, 3]], expected, rtol=1e-13, atol=0.0)
    assert state.level_populations[2] == 0.0


def test_absorption_probabilities() -> None:
    """Random chains with two absorbing levels; oracle: (1 − Q)⁻¹ R of the jump chain, by LU."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        rates = rng.uniform(0.0, 1.0, (7, 7)) * (rng.uniform(size=(7, 7)) < 0.6)
        rates[:, 5] += 0.1
        rates[5:] = 0.0
        np.fill_diagonal(rates, 0.0)
        jump = rates[:5] / rates[:5].sum(-1, keepdims=True)
        expected = np.linalg.solve(np.eye(5) - jump[:, :5], jump[:, 5:])
        found = absorption_probabilities(rates, [(5,), (6,)])
        assert np.allclose(found[:5], expected, rtol=1e-12, atol=1e-15)


def test_one_point_and_few_levels_only() -> None:
    """Arrays and large machines are refused with a remedy; a unique state has one of everything."""
    with pytest.raises(et.ParameterError, match=r"machine\.take"):
        invariants(ALONE.replace({"reservoirs.RC.temperature": [0.0, 1.0]}))
    with pytest.raises(et.ParameterError, match="at most 16 levels"):
        invariants(et.Machine([et.Qubit(n, 1.0) for n in "ABCDE"]))
    with pytest.raises(et.InvalidMachineError):
        invariants(et.two_qubit_machine(20.0, 20.0, 25.0))
    found = invariants(et.two_qubit_machine(20.0, 20.0, 10.0))
    assert (found.kernel_dimension, found.dark_states, found.decoherence_free) == (1, (), ())
    assert np.allclose(found.conserved_quantities[0], np.eye(4), atol=1e-12)


class TestErrors:
    """The named error, of every equation and both routes."""

    @pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
    def test_everything_is_named(self, equation: et.Equation) -> None:
        """λ₃ and λ₄ dark at T_C = 0 and their coherence rotating at ω₁; docs/physics.md §1.5."""
        with pytest.raises(NonUniqueSteadyStateError, match=r"initial=\.\.\.") as caught:
            et.steady_state(ALONE, equation)
        error = caught.value
        assert error.kernel_dimension == 2
        assert error.dark_states == ("λ3 = -0.7071|10⟩ + 0.7071|01⟩", "λ4 = |00⟩")
        assert error.decoherence_free == (2,)
        assert error.peripheral_frequencies == (10.0,)
        assert str(error).count(". ") == 1
        again = pickle.loads(pickle.dumps(error))
        assert np.array_equal(again.conserved_quantities, error.conserved_quantities)
        assert again.peripheral_frequencies == (10.0,)
        told = error.retold("Otherwise.")
        assert (str(told), told.decoherence_free) == ("Otherwise.", (2,))

    @pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
    def test_the_point_and_its_parameters(self, equation: et.Equation) -> None:
        """Detuning makes it unique but at its zero; the error says where."""
        half = np.array([-3.0, -2.0, 0.0])
        machine = et.two_qubit_machine(
            20.0 + half, 20.0 - half, 9.0, T_C=3.0, Gamma_CA=0.1, Gamma_CB=0.1
        ).without("RA", "RB")
        where = r"1 of 3 points \(the first at qubits.A = 20, qubits.B = 20\).*on_invalid='nan'"
        with pytest.raises(NonUniqueSteadyStateError, match=where) as caught:
            et.steady_state(machine, equation)
        assert caught.value.dark_states == ("λ3 = -0.7071|10⟩ + 0.7071|01⟩",)
        state = et.steady_state(machine, equation, on_invalid="nan")
        assert list(state.reason) == [0, 0, et.Reason.NOT_UNIQUE]
        assert list(pickle.loads(pickle.dumps(state)).reason) == list(state.reason)

    @pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
    def test_a_conserved_quantity_without_a_dark_state(self, equation: et.Equation) -> None:
        """An idle neighbour keeps its population and its coherence, and no state is pure."""
        with pytest.raises(NonUniqueSteadyStateError) as caught:
            et.steady_state(idle_neighbour(), equation)
        error = caught.value
        assert (error.kernel_dimension, error.dark_states) == (2, ())
        assert error.decoherence_free == (2,)
        assert error.peripheral_frequencies == (2.5,)
        excited = np.diag([1.0, 0.0, 1.0, 0.0])
        assert any(np.allclose(j, excited, atol=1e-9) for j in error.conserved_quantities)

    def test_a_large_machine_says_less(self) -> None:
        """Five qubits, one idle: the closed sets are counted, and initial= still works.

        Oracle: the same machine without the idle qubit.
        """
        names = "ABCDE"
        baths = [et.Reservoir(f"R{n}", 1.0 + k, {n: 0.1}) for k, n in enumerate(names[:4])]
        machine = et.Machine([et.Qubit(n, 2.0 + k) for k, n in enumerate(names)], [], baths)
        with pytest.raises(NonUniqueSteadyStateError, match="dimension at least 2") as caught:
            et.steady_state(machine)
        assert caught.value.kernel_dimension == 2
        assert caught.value.conserved_quantities == ()
        state = et.steady_state(machine, initial=np.eye(32)[0])
        alone = et.steady_state(et.Machine(machine.subsystems[:4], [], baths))
        expected = np.kron(alone.density_matrix, np.diag([1.0, 0.0]))
        assert np.abs(state.density_matrix - expected).max() < 1e-14


def coupled(operator: object, **options: object) -> et.Machine:
    """A qubit and one reservoir."""
    bath = et.Reservoir("R", 1.0, {"A": et.Coupling(0.1, operator=operator)}, **options)
    return et.Machine([et.Qubit("A", 2.0)], [], [bath])


class TestUndefined:
    """Elements for which a reservoir has no spectrum are named, with what helps; and it does."""

    tilted = ((1.0, 0.5), (0.5, 0.0))

    @pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
    def test_diagonal_elements_on_a_flat_spectrum(self, equation: et.Equation) -> None:
        """⟨i|X|i⟩ acts at ω = 0, where 2 f n̄ has no limit; Ohmic has one, and then it is Gibbs.

        Oracle: the limit; exp(−E/T)/Z, which of these equations Redfield and the universal one
        have up to the order of the rate.
        """
        with pytest.raises(et.InvalidMachineError, match=r"⟨.*⟩.*frequency 0.*Ohmic"):
            et.steady_state(coupled(self.tilted), equation)
        p = et.steady_state(coupled(self.tilted, spectrum=OHMIC), equation).populations
        exact = equation.interference == "equal"
        assert p[0] == pytest.approx(1.0 / (1.0 + np.exp(-2.0)), abs=1e-12 if exact else 1e-2)

    def test_diagonal_elements_on_part_of_an_axis(self) -> None:
        """A field tilts σ_x where it is not zero: those points alone are refused."""
        bath = et.Reservoir("R", 1.0, {"A": et.Coupling(0.1, operator="x")})
        machine = et.Machine([et.Qubit("A", 2.0)], [et.field("A", x=[0.0, 0.3])], [bath])
        state = et.steady_state(machine, on_invalid="nan")
        assert list(state.reason) == [0, et.Reason.FREQUENCY_NOT_POSITIVE]
        assert list(np.isnan(state.populations[:, 0])) == [False, True]
        with pytest.raises(et.InvalidMachineError, match=r"1 of 2 points.*field.A.x = 0.3"):
            et.steady_state(machine)

    @pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
    def test_a_degenerate_transition_on_a_flat_spectrum(self, equation: et.Equation) -> None:
        """Two levels of one energy, driven by X: refused with the remedy; Ohmic is accepted."""

        def machine(**options: object) -> et.Machine:
            x = et.Coupling(0.1, operator="x")
            baths = [et.Reservoir("R", 1.0, {"M": x}, **options)]
            return et.Machine([et.Qudit("M", levels=[0.0, 2.0, 2.0])], [], baths)

        with pytest.raises(et.InvalidMachineError, match=r"frequency 0.*Ohmic.*lift the degen"):
            et.steady_state(machine(), equation)
        assert np.isfinite(et.steady_state(machine(spectrum=OHMIC), equation).populations).all()

    @pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
    def test_negative_frequency_of_a_rotating_wave_coupling(self, equation: et.Equation) -> None:
        """|2⟩ below |1⟩: each remedy that the message names is accepted."""

        def machine(operator: object = "lowering", **options: object) -> et.Machine:
            baths = [et.Reservoir("R", 1.0, {"M": et.Coupling(0.1, operator=operator)}, **options)]
            return et.Machine([et.Qudit("M", levels=[0.0, 3.0, 2.0])], [], baths)

        with pytest.raises(et.InvalidMachineError) as caught:
            et.steady_state(machine(), equation)
        for word in ("rotating-wave", "operator='x'", "below_zero='dark'", "got -1"):
            assert word in str(caught.value)
        assert caught.value.path is None
        for other in (machine("x"), machine(below_zero="dark")):
            settled = et.steady_state(other, equation, initial=[0, 0, 1])
            assert np.isfinite(settled.populations).all()

    @pytest.mark.parametrize("equation", EQUATIONS, ids=lambda e: e.name)
    def test_bosons_above_a_transition(self, equation: et.Equation) -> None:
        """μ = 3 above ω = 2 is named; fermions are accepted, with F = 1/(e^(ω−μ)/T + 1)."""
        with pytest.raises(et.InvalidMachineError, match=r"chemical potential 3.*got 2.*fermi"):
            et.steady_state(coupled("lowering", chemical_potential=3.0), equation)
        fermi = coupled("lowering", chemical_potential=3.0, statistics="fermi")
        p = et.steady_state(fermi, equation).populations
        assert p[1] == pytest.approx(1.0 / (np.exp(-1.0) + 1.0), rel=1e-12)

    def test_the_bound_is_named_only_where_it_is_one(self) -> None:
        """√(ε_A ε_B) belongs to two qubits with an exchange; Heisenberg's pair has none."""
        with pytest.raises(et.InvalidMachineError, match="epsilon_A") as caught:
            et.steady_state(et.two_qubit_machine(4.0, 9.0, [1.0, 6.5]))
        assert (caught.value.path, caught.value.bound) == ("exchange.A-B.strength", 6.0)
        pair = et.Machine(
            [et.Qubit("A", 4.0), et.Qubit("B", 9.0)],
            [et.heisenberg("A", "B", xx=9.0, yy=9.0)],
            [et.Reservoir("R", 1.0, {"A": 0.1})],
        )
        with pytest.raises(et.InvalidMachineError, match="rotating-wave") as caught:
            et.steady_state(pair)
        assert caught.value.bound is None


def split_machine(rate: float) -> et.Machine:
    """Two dark transitions part the levels into two sets, each at its own temperature."""
    return et.Machine(
        [et.Qubit("A", 1.0), et.Qubit("B", 1.0)],
        [et.exchange("A", "B", 1.5)],
        [
            et.Reservoir("hot", 2.0, {"A": rate}, below_zero="dark"),
            et.Reservoir("cold", 0.5, {"B": rate}, below_zero="dark"),
        ],
    )


@pytest.mark.parametrize("rate", [0.001, 0.005])
def test_redfield_without_a_state_says_so(rate: float) -> None:
    """Where Global has two states, Redfield's null vector has no trace; oracle: its eigenvalues.

    Of the generator's two eigenvalues at zero only one has an eigenvector: populations grow.
    """
    machine = split_machine(rate)
    values = np.sort(np.abs(np.linalg.eigvals(et.liouvillian(machine, et.Redfield()))))
    assert values[1] < 1e-10
    assert values[2] > 1e-6
    with pytest.raises(et.EnthermError, match=r"no steady state.*Global"):
        et.steady_state(machine, et.Redfield())
    reasons = et.steady_state(machine, et.Redfield(), on_invalid="nan").reason
    assert reasons in (et.Reason.NO_STATE, et.Reason.NOT_UNIQUE)
    with pytest.raises(et.NonUniqueSteadyStateError):
        et.steady_state(machine)


def test_effective_temperatures_of_dark_transitions() -> None:
    """A dark element has no rate either way; oracle: the only temperature there is."""
    machine = et.Machine(
        [et.Qubit("A", 2.0)],
        [et.field("A", x=0.3)],
        [et.Reservoir("f", 0.5, {"A": 0.01}, below_zero="dark")],
    )
    found = et.steady_state(machine).effective_temperatures
    assert found.frequencies.shape == (len(found.transitions),) == (1,)
    assert found.from_rates() == pytest.approx([0.5], rel=1e-12)
