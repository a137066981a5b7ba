"""Machines: frozen values, parameter paths, reservoirs, hostile input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import entherm as et

PAPER = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)


def test_hamiltonian_is_equations_1_and_2() -> None:
    """Oracle: the paper's operators."""
    from entherm.paper.equations import eq_01_free_hamiltonian, eq_02_interaction

    machine = et.two_qubit_machine(21.0, 19.0, -7.0)
    expected = eq_01_free_hamiltonian(21.0, 19.0) + eq_02_interaction(-7.0)
    assert np.array_equal(machine.hamiltonian, expected.real)


def test_replace_without_and_take() -> None:
    """Replaced values arrive, the original stays, short paths work, order is kept."""
    changed = PAPER.replace({"reservoirs.RC.couplings.A": 3.0, "exchange.A-B.strength": -1.0})
    assert float(changed.reservoir("RC").coupling("A").rate) == 3.0
    assert float(changed.interactions[0].strength) == -1.0
    assert float(PAPER.reservoir("RC").coupling("A").rate) == 1.0
    assert [r.name for r in PAPER.without("RA").reservoirs] == ["RB", "RC"]
    assert PAPER.replace({}).hash == PAPER.hash != changed.hash
    grid = PAPER.replace({"reservoirs.RC.temperature": [[1.0], [2.0]], "qubits.A": [3.0, 4.0, 5.0]})
    part = grid.take(np.array([4, 0]))
    assert part.shape == (2,)
    assert list(part.reservoir("RC").temperature) == [2.0, 1.0]
    assert list(part.subsystems[0].gap) == [4.0, 3.0]


def test_the_two_ways_to_give_a_coupling_are_one() -> None:
    """Amplitude −2 is rate 4 with sign −1, wherever the sign is written."""
    ways = [
        et.Coupling(rate=4.0, sign=-1),
        et.Coupling(amplitude=-2.0),
        et.Coupling(amplitude=2.0, sign=-1),
    ]
    assert {(float(c.amplitude), float(c.rate)) for c in ways} == {(-2.0, 4.0)}
    machine = et.Machine([et.Qubit("A", 1.0)], reservoirs=[et.Reservoir("R", 1.0, {"A": ways[2]})])
    assert machine.replace({}).hash == machine.hash


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.lists(
                st.floats(-2.0, 2.0).filter(lambda g: g == 0.0 or abs(g) > 1e-100),
                min_size=n,
                max_size=n,
            ),
            st.floats(0.0, 1.0),
        )
    )
)
def test_jump_operators_make_the_coupling_matrix(case: tuple[list[float], float]) -> None:
    """Eq. (14): Σ_m g_k M_km g_l M_lm over jump operators is c_kl g_k g_l; oracle: definition."""
    amplitudes, position = case
    count = len(amplitudes)
    lowest = -1.0 / max(count - 1, 1)
    correlation = min(lowest + position * (1.0 - lowest), 1.0)
    names = [f"q{k}" for k in range(count)]
    bath = et.Reservoir(
        "R",
        1.0,
        {n: et.Coupling(amplitude=g) for n, g in zip(names, amplitudes, strict=True)},
        correlation,
    )
    modes = np.array(amplitudes)[:, None] * bath.correlated.factor(np.zeros(()))
    made = modes @ modes.T
    expected = np.outer(amplitudes, amplitudes) * np.where(np.eye(count) > 0, 1.0, correlation)
    assert np.abs(made - expected).max() < 1e-14


@pytest.mark.parametrize(("omega", "T"), [(1e-9, 3.0), (1.0, 1e12), (700.0, 1.0), (3.0, 3.0)])
def test_bose_einstein(omega: float, T: float) -> None:
    """Eq. (11) to 1e-14 at both ends; oracle: mpmath at 50 digits."""
    import mpmath

    with mpmath.workdps(50):
        exact = 1 / mpmath.expm1(mpmath.mpf(omega) / mpmath.mpf(T))
    assert float(et.bose_einstein(omega, T)) == pytest.approx(float(exact), rel=1e-14)


HOSTILE = [
    (lambda: et.two_qubit_machine(20.0, 20.0, 10.0, T_A=np.nan), "T_A|RA.temperature"),
    (lambda: et.two_qubit_machine(20.0, 20.0, 10.0, T_A=np.inf), "finite"),
    (lambda: et.two_qubit_machine(20.0, 20.0, 10.0, T_C=-1.0), "RC.temperature.*>= 0, got -1.0"),
    (lambda: et.two_qubit_machine(20.0, 20.0, 10.0, T_C=np.float32(1.0)), "float64"),
    (lambda: et.two_qubit_machine(20.0, 20.0, 10.0, T_C=np.ones(2, "float32")), "float64"),
    (lambda: et.two_qubit_machine(20.0, 20.0, 10.0, Gamma_A=-1.0), r"RA.couplings.A.*>= 0"),
    (lambda: et.two_qubit_machine(20.0, 20.0, 10.0, gamma=-1.0), r"dephasing.A.rate.*>= 0"),
    (lambda: et.two_qubit_machine(0.0, 20.0, 10.0), r"qubits.A.*> 0"),
    (lambda: et.two_qubit_machine(20.0, 20.0, [1.0, np.nan]), r"element 1 of 2"),
    (lambda: et.two_qubit_machine("20", 20.0, 10.0), "real number"),
    (lambda: et.two_qubit_machine(1e300, 20.0, 10.0), "< 1e"),
    (lambda: et.two_qubit_machine(20.0, 20.0, -1e300), "< 1e"),
    (lambda: et.two_qubit_machine(20.0, 20.0, 1j), "real number"),
    (lambda: et.two_qubit_machine(True, 20.0, 1.0), "real number"),
    (lambda: et.two_qubit_machine(None, 20.0, 1.0), "real number"),
    (lambda: et.two_qubit_machine([[1.0], [2.0, 3.0]], 20.0, 1.0), "rectangular"),
    (lambda: et.two_qubit_machine(1.0, [1.0, 2.0], [1.0, 2.0, 3.0]).shape, "broadcast"),
    (lambda: et.Machine([]), "at least one Qubit"),
    (lambda: et.Machine(["A"]), "hold Qubits"),
    (lambda: et.Machine([et.Qubit("A", 1.0)], reservoirs=["RA"]), "hold Reservoirs"),
    (lambda: et.Machine([et.Qubit("A", 1.0)] * 2), "once"),
    (lambda: et.Machine([et.Qubit("A", 1.0)], [et.exchange("A", "A", 1.0)]), "once"),
    (lambda: et.Machine([et.Qubit("A", 1.0)], [et.exchange("A", "B", 1.0)]), "'B'"),
    (
        lambda: et.Machine(
            [et.Qubit("A", 1.0), et.Qubit("B", 1.0)],
            [et.exchange("A", "B", 1.0), et.exchange("B", "A", 1.0)],
        ),
        "once",
    ),
    (lambda: et.Machine([et.Qubit("A", 1.0)], dephasing={"B": 1.0}), "'B'"),
    (lambda: et.Machine([et.Qubit("A", 1.0)], [], [et.Reservoir("dephasing", 1, {"A": 1})]), "not"),
    (lambda: et.Global(dephasing="Secular"), "'as_written' or 'secular'"),
    (lambda: et.steady_state(PAPER, "local"), "be an equation"),
    (lambda: et.Qubit("A", []), "at least one value"),
    (lambda: et.Qubit("A", np.ma.array([1.0, 2.0], mask=[0, 1])), "masked"),
    (lambda: et.Coupling(1.0, np.array([1, -1])), "sign"),
    (lambda: et.Coupling(1e-300), "rate of 0 or in"),
    (lambda: et.Reservoir("R", 1e300, {"A": 1.0}), "use a larger unit"),
    (lambda: et.Reservoir("R", 1.0, {}), "at least one subsystem"),
    (lambda: et.Reservoir("R", 1.0, {"A": 1.0, "B": 1.0}, 1.5), r"\[-1, 1\]"),
    (lambda: et.Reservoir("R", 1.0, {"A": 1.0, "B": 1.0, "C": 1.0}, -0.6), r"\[-0.5, 1\]"),
    (lambda: et.Coupling(rate=1.0, sign=2), "sign"),
    (lambda: et.Coupling(rate=1.0, sign=True), "sign"),
    (et.Coupling, "either a rate or an amplitude"),
    (lambda: et.Coupling(rate=1.0, amplitude=1.0), "either a rate or an amplitude"),
    (lambda: et.Coupling(amplitude=1j), "cascaded"),
    (lambda: et.Coupling(amplitude=1e200), "mean a rate of 0 or in"),
    (et.Dephasing, "T1 and T2"),
    (lambda: et.Dephasing(T1=1.0), "T1 and T2"),
    (lambda: et.Dephasing(T1=1.0, T2=3.0), "<= 2 T1"),
    (lambda: et.Dephasing(T1=1.0, T2=1e-320), "finite inverse"),
    (lambda: PAPER.replace({"reservoirs.RC.temprature": 1.0}), "did you mean .*temperature"),
    (lambda: PAPER.without("RX"), "'RX'"),
    (lambda: PAPER.reservoir("RC").coupling("Z"), "'Z'"),
]


@pytest.mark.parametrize(("action", "message"), HOSTILE)
def test_bad_input_gets_one_clear_error(action: object, message: str) -> None:
    """Each is a ParameterError that names the parameter, the rule, the value and a remedy."""
    with pytest.raises(et.ParameterError, match=message) as caught:
        action()  # type: ignore[operator]
    assert " must " in str(caught.value)
    assert ", got " in str(caught.value)


def test_dephasing_by_times_decays_as_they_say() -> None:
    """T1, T2 → the coherence of a bare qubit decays at 1/T₂; literal γ decays at 2γ.

    Oracle: the eigenvalue of the generator that carries |1⟩⟨0|.
    """
    T1, T2 = 50.0, 30.0
    machine = et.Machine(
        [et.Qubit("A", 5.0)],
        reservoirs=[et.Reservoir("R", 0.0, {"A": 0.5 / T1})],
        dephasing={"A": et.Dephasing(T1=T1, T2=T2)},
    )
    decay = -et.liouvillian(machine)[1, 1].real
    assert decay == pytest.approx(1.0 / T2, rel=1e-14)
    literal = et.Machine([et.Qubit("A", 5.0)], dephasing={"A": 0.3})
    assert -et.liouvillian(literal)[1, 1].real == pytest.approx(0.6, rel=1e-14)
    assert -et.liouvillian(machine)[0, 0].real == pytest.approx(1.0 / T1, rel=1e-14)


def test_validity_figures_of_the_paper() -> None:
    """κ/(ω₂−ω₁) of Fig. 2: 0.24, 0.82; oracle: docs/physics.md §4, to its digits."""
    fig2 = et.two_qubit_machine(20.0, 20.0, 10.0, T_A=[8.0, 30.0], T_B=[8.0, 30.0], T_C=[0.0, 30.0])
    assert et.steady_state(fig2).validity.secular_ratio == pytest.approx([0.24, 0.82], abs=0.005)


def test_other_validity_figures_by_hand() -> None:
    """One qubit and one pair; oracle: the formulas of `Validity`, written out with NumPy."""
    omega, T, Gamma, gamma = 7.0, 1.5, 0.3, 0.2
    qubit = et.Machine(
        [et.Qubit("A", omega)],
        reservoirs=[et.Reservoir("R", T, {"A": Gamma})],
        dephasing={"A": gamma},
    )
    n_bar = 1.0 / np.expm1(omega / T)
    figures = et.steady_state(qubit).validity
    width = Gamma * (2.0 * n_bar + 1.0) + 2.0 * gamma
    assert float(figures.weak_coupling_ratio) == pytest.approx(width / omega, rel=1e-14)
    off_resonant = np.pi * Gamma * T**2 / (6.0 * omega**3)
    assert float(figures.broadening_ratio) == pytest.approx(off_resonant / n_bar, rel=1e-12)
    assert float(figures.counter_rotating_ratio) == float(figures.secular_ratio) == 0.0
    pair = et.two_qubit_machine(20.0, 30.0, [-5.0, 10.0])
    assert et.steady_state(pair).validity.counter_rotating_ratio == pytest.approx([0.1, 0.2])
    assert len(et.steady_state(pair).validity.warnings) >= 1
    cold = qubit.replace({"reservoirs.R.temperature": 0.0})
    assert float(et.steady_state(cold).validity.broadening_ratio) == 0.0


def test_effective_temperatures_of_a_gibbs_state() -> None:
    """From populations, every transition of a Gibbs state has its temperature."""
    m = et.two_qubit_machine(22.0, 18.0, 6.0, T_A=4.0, T_B=4.0, T_C=4.0)
    temperatures = et.steady_state(m).effective_temperatures
    assert temperatures.from_populations() == pytest.approx(np.full(4, 4.0), rel=1e-12)
    assert temperatures.from_rates() == pytest.approx(np.full(4, 4.0), rel=1e-12)


def test_import_is_light() -> None:
    """`import entherm` and a solved point load none of the heavy libraries."""
    import subprocess
    import sys

    script = (
        "import sys, entherm as et\n"
        "float(et.steady_state(et.two_qubit_machine(20., 20., 10.)).concurrence('A', 'B'))\n"
        "heavy = {'jax', 'numba', 'xarray', 'scipy', 'matplotlib', 'pint', 'pydantic', 'rich'}\n"
        "heavy |= {'zarr', 'distributed', 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "[]"


def test_a_correlation_given_as_a_matrix() -> None:
    """Γ_kl = c_kl g_k g_l with the matrix c itself; oracle: the same numbers by pair."""
    matrix = [[1.0, 0.5, -0.2], [0.5, 1.0, 0.3], [-0.2, 0.3, 1.0]]
    couplings = dict.fromkeys("ABC", 0.1)
    whole = et.Reservoir("R", 1.0, couplings, correlation=matrix)
    pairs = et.Reservoir("R", 1.0, couplings, {"A-B": 0.5, "A-C": -0.2, "B-C": 0.3})
    assert {k: float(v) for k, v in whole.correlation.items()} == {
        k: float(v) for k, v in pairs.correlation.items()
    }
    swept = et.Machine(
        [et.Qubit(name, 1.0) for name in "AB"],
        reservoirs=[et.Reservoir("R", 1.0, {"A": 0.1, "B": 0.1}, 0.5)],
    ).replace({"reservoirs.R.correlation": [[1.0, 0.5], [0.5, 1.0]]})
    assert swept.shape == (2, 2)  # a number stays a number when it is replaced
    with pytest.raises(et.ParameterError, match="symmetric"):
        et.Reservoir("R", 1.0, {"A": 1.0, "B": 1.0}, [[1.0, 0.5], [0.2, 1.0]])
    with pytest.raises(et.ParameterError, match="positive semidefinite"):
        et.Reservoir("R", 1.0, {"A": 1.0, "B": 1.0}, [[1.0, 1.5], [1.5, 1.0]])


def test_what_was_pickled_stays_frozen() -> None:
    """Every array of a machine refuses to be written after a round trip; oracle: its flags."""
    import pickle

    term = et.hamiltonian_term("W", ("A", "B"), np.diag([1.0, -1.0, -1.0, 1.0]), 0.1)
    machine = et.Machine([et.Qubit("A", 2.0), et.Qubit("B", 1.9)], [term], dephasing={"A": 0.1})
    copy = pickle.loads(pickle.dumps(machine))
    assert copy.hash == machine.hash
    arrays = [*copy.parameters.values(), copy.interactions[0].operator]
    assert not any(array.flags.writeable for array in arrays)
