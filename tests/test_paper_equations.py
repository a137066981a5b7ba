"""Checks of the oracle itself: entherm.paper.equations and entherm.paper.closed_form.

Oracles: identities that the paper states or implies, exact limits, and the 41 reference points of
tests/data/two_qubit_points.json (30 digits; recomputed from the closed form at 100 digits).
"""

import ast
import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entherm.paper import closed_form as cf
from entherm.paper import equations as eq

EPS = float(np.finfo(float).eps)
FIG_2 = eq.Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
DETUNED = eq.Parameters(
    18.5, 21.5, 9.0, 7.0, 4.0, 1.0, Gamma_A=0.5, Gamma_B=2.0, Gamma_CA=0.7, Gamma_CB=1.9, gamma=0.3
)
NEGATIVE_OMEGA = replace(DETUNED, Omega=-9.0)
MACHINES = [FIG_2, DETUNED, NEGATIVE_OMEGA]

NAMES = {
    "eA": "epsilon_A",
    "eB": "epsilon_B",
    "Om": "Omega",
    "TA": "T_A",
    "TB": "T_B",
    "TC": "T_C",
    "GA": "Gamma_A",
    "GB": "Gamma_B",
    "GCA": "Gamma_CA",
    "GCB": "Gamma_CB",
    "gamma": "gamma",
}
CURRENTS = {"RA": "Q_A", "RB": "Q_B", "RC": "Q_C", "dephasing": "Q_dep"}
POINTS = json.loads((Path(__file__).parent / "data" / "two_qubit_points.json").read_text())[
    "points"
]
CASES = [(point, branch) for point in POINTS for branch in ("withRC", "noRC")]
each_case = pytest.mark.parametrize(
    ("point", "branch"), CASES, ids=[f"{p['id']}-{branch}" for p, branch in CASES]
)
each_point = pytest.mark.parametrize("point", POINTS, ids=[str(p["id"]) for p in POINTS])
each_machine = pytest.mark.parametrize("machine", MACHINES, ids=["fig2", "detuned", "Omega<0"])


def without_C(machine: eq.Parameters) -> eq.Parameters:
    return replace(machine, Gamma_CA=0.0, Gamma_CB=0.0)


def reference_machine(point: dict[str, Any], branch: str) -> eq.Parameters:
    machine = eq.Parameters(**{NAMES[key]: float(value) for key, value in point["params"].items()})
    return machine if branch == "withRC" else without_C(machine)


def reference_state(point: dict[str, Any], branch: str) -> tuple[np.ndarray, complex]:
    expected = point[branch]
    return np.array([float(p) for p in expected["p"]]), complex(*map(float, expected["lambda23"]))


def random_state(seed: int) -> eq.Matrix:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    rho = root @ root.conj().T
    return rho / np.trace(rho)


def random_machine(seed: int) -> eq.Parameters:
    """Any signs of detuning and Omega with omega_1 > 0, unequal rates, with dephasing."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(5, 30, size=2)
    rates = rng.uniform(0.1, 3, size=4)
    T_A, T_B, T_C = rng.uniform(1.5, 15, size=3)
    Omega = rng.uniform(-0.9, 0.9) * math.sqrt(a * b)
    return eq.Parameters(a, b, Omega, T_A, T_B, T_C, *rates, gamma=rng.uniform(0, 3))


def kernel_error(machine: eq.Parameters) -> float:
    """Error of a null vector of the Liouvillian: eps |L| over the gap in its singular values.

    First-order perturbation theory of the kernel, times 2 for the entries of L, which are rounded
    sums; measured: at most a fifth of it over 60 random machines and the 82 reference states.
    """
    singular = np.linalg.svd(eq.liouvillian(machine), compute_uv=False)
    return float(2 * EPS * singular[0] / singular[-2])


# --- identities, in the order of the equations ---------------------------------------------------


@pytest.mark.parametrize("module", [eq, cf])
def test_oracle_imports_numpy_and_the_standard_library_only(module: Any) -> None:
    """Oracle: the rule that the oracle shares no code with what it checks."""
    tree = ast.parse(Path(module.__file__).read_text())
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    allowed = sys.stdlib_module_names | {"numpy"}
    outside = {name for name in imported if name.split(".")[0] not in allowed}
    own = {"entherm.paper", "entherm.paper.equations"} if module is cf else set()
    assert outside <= own


def test_every_numbered_equation_has_its_function_in_order() -> None:
    """Oracle: the paper's numbering, (1) to (21); Eq. (15) has two functions."""
    source = ast.parse(Path(eq.__file__).read_text())
    names = [n.name for n in source.body if isinstance(n, ast.FunctionDef)]
    numbers = [int(name[3:5]) for name in names if name.startswith("eq_")]
    assert numbers == sorted(numbers)
    assert sorted(set(numbers)) == list(range(1, 22))


@each_machine
def test_eigendecomposition_rebuilds_the_hamiltonian(machine: eq.Parameters) -> None:
    """Oracle: Eqs. (1) + (2) against Eq. (5), for either sign of detuning and Omega."""
    E, U = eq.eq_05_eigendecomposition(machine)
    np.testing.assert_allclose(U @ U.conj().T, np.eye(4), atol=2 * EPS)
    np.testing.assert_allclose(U * E @ U.conj().T, eq.hamiltonian(machine), atol=8 * EPS * E[0])


@each_machine
def test_jump_operators_are_eigenoperators(machine: eq.Parameters) -> None:
    """Oracle: [H_S, V_j] = -omega_j V_j, stated after Eq. (6); error eps |H|."""
    H, V = eq.hamiltonian(machine), eq.eq_07_jump_operators(eq.mixing_angle(machine))
    for (_, j), v in V.items():
        omega = eq.omega_1(machine) if j == 1 else eq.omega_2(machine)
        np.testing.assert_allclose(
            H @ v - v @ H, -omega * v, atol=16 * EPS * eq.energies(machine)[0]
        )


@each_machine
def test_jump_operators_sum_to_the_bare_coupling(machine: eq.Parameters) -> None:
    """Oracle: Eq. (5), H_SR = H_SR,1 + H_SR,2, so Eq. (6) sums to Eq. (4)."""
    g = {"g_A": 0.3, "g_B": 0.7, "g_CA": 1.1, "g_CB": -0.4}
    parts = [eq.eq_06_coupling_operators(machine, j, **g) for j in (1, 2)]
    for name, whole in eq.eq_04_coupling_operators(**g).items():
        np.testing.assert_allclose(parts[0][name] + parts[1][name], whole, atol=4 * EPS)


@each_machine
def test_common_reservoir_is_one_jump_operator(machine: eq.Parameters) -> None:
    """Oracle: (12) + (13) + (14) = Eq. (9) with V_C = sqrt(G_CA) V_A + sqrt(G_CB) V_B.

    Tolerance: a few roundings of a rate times omega-independent matrices of norm 1.
    """
    rho, V = random_state(1), eq.eq_07_jump_operators(eq.mixing_angle(machine))
    expected = np.zeros((4, 4), dtype=complex)
    for j, omega in ((1, eq.omega_1(machine)), (2, eq.omega_2(machine))):
        v = math.sqrt(machine.Gamma_CA) * V["A", j] + math.sqrt(machine.Gamma_CB) * V["B", j]
        up = v.conj().T
        n = eq.eq_11_occupation(omega, machine.T_C)
        expected += (n + 1) * (2 * v @ rho @ up - up @ v @ rho - rho @ up @ v)
        expected += n * (2 * up @ rho @ v - v @ up @ rho - rho @ v @ up)
    np.testing.assert_allclose(eq.dissipator_C(rho, machine), expected, atol=50 * EPS)


@each_machine
def test_every_dissipator_keeps_trace_and_hermiticity(machine: eq.Parameters) -> None:
    """Oracle: conservation of probability, term by term, on a random state."""
    rho = random_state(2)
    changes = [
        eq.eq_09_dissipator_A(rho, machine),
        eq.eq_10_dissipator_B(rho, machine),
        eq.eq_12_dissipator_CA(rho, machine),
        eq.eq_13_dissipator_CB(rho, machine),
        eq.eq_14_dissipator_CAB(rho, machine),
        eq.eq_21_dephasing(rho, 0.7),
        eq.eq_08_master_equation(rho, machine),
    ]
    for change in changes:
        assert abs(np.trace(change)) < 50 * EPS
        np.testing.assert_allclose(change, change.conj().T, atol=50 * EPS)


@each_machine
def test_liouvillian_is_the_master_equation(machine: eq.Parameters) -> None:
    """Oracle: linearity; Eq. (8) on a random state against the 16 x 16 matrix."""
    rho = random_state(3)
    L = eq.liouvillian(machine)
    applied = (L @ rho.ravel()).reshape(4, 4)
    bound = 16 * EPS * float(np.abs(L).max())
    np.testing.assert_allclose(applied, eq.eq_08_master_equation(rho, machine), atol=bound)


@pytest.mark.parametrize("x", [1e-12, 1e-3, 1.0, 30.0, 700.0])
def test_occupation(x: float) -> None:
    """Oracle: series 1/x - 1/2 + x/12 - x^3/720 for small x, sum of exp(-k x) for large."""
    if x < 0.01:
        expected = 1 / x - 0.5 + x / 12 - x**3 / 720
    else:
        expected = math.fsum(math.exp(-k * x) for k in range(1, 60))
    assert eq.eq_11_occupation(20 * x, 20.0) == pytest.approx(expected, rel=4 * EPS)


def test_occupation_at_its_limits() -> None:
    """Oracle: T = 0 holds no photons, exp(-x) underflows quietly, omega = 0 has no value."""
    assert eq.eq_11_occupation(1.0, 0.0) == 0.0
    assert eq.eq_11_occupation(1.0, 1e-300) == 0.0
    for omega in (0.0, -1.0):
        with pytest.raises(ValueError, match="omega"):
            eq.eq_11_occupation(omega, 1.0)


@pytest.mark.parametrize("Omega", [-6.0, 6.0])
@pytest.mark.parametrize("detuning", [-3.0, 0.0, 3.0])
def test_equal_temperatures_give_the_gibbs_state(Omega: float, detuning: float) -> None:
    """Oracle: exp(-H/T)/Z, to 1e-14 by the closed form; no current beyond eps times one way."""
    T = 6.0
    machine = eq.Parameters(
        20 + detuning / 2, 20 - detuning / 2, Omega, T, T, T, 0.5, 2.0, 0.7, 1.9
    )
    weights = np.exp(-eq.energies(machine) / T)
    gibbs = weights / weights.sum()
    np.testing.assert_allclose(cf.closed_form_populations(machine), gibbs, rtol=1e-14)
    U = eq.eigenstates(eq.mixing_angle(machine))
    rho = eq.steady_state(machine)
    np.testing.assert_allclose(rho, U * gibbs @ U.conj().T, atol=kernel_error(machine))
    flows = cf.closed_form_flows(machine)
    for name, current in cf.closed_form_heat_currents(machine).items():
        assert abs(current) <= 1e-14 * sum(part.sum() for part in flows[name])


def test_equal_temperature_concurrence_at_resonance() -> None:
    """Oracle: C = max(0, (sinh(Omega/T) - 1)/(cosh(Omega/T) + cosh(epsilon/T)))."""
    for T in (1.0, 5.0, 10 / math.asinh(1.0) * 0.999, 10 / math.asinh(1.0) * 1.001):
        machine = replace(FIG_2, T_A=T, T_B=T, T_C=T)
        expected = (math.sinh(10 / T) - 1) / (math.cosh(10 / T) + math.cosh(20 / T))
        concurrence = cf.closed_form_concurrence(machine)
        assert concurrence == pytest.approx(max(0.0, expected), rel=1e-11, abs=1e-15)


def test_strong_cold_common_reservoir() -> None:
    """Oracle: C -> n1/(2 n1 + 1 + n2) for T_C = 0 and Gamma_C -> infinity, up to 1/Gamma_C."""
    machine = replace(FIG_2, T_C=0.0, Gamma_CA=1e13, Gamma_CB=1e13)
    n1, n2 = eq.eq_11_occupation(10.0, 5.0), eq.eq_11_occupation(30.0, 5.0)
    expected = n1 / (2 * n1 + 1 + n2)
    # sqrt(p_1 p_4) falls only as 1/sqrt(Gamma_C).
    assert cf.closed_form_concurrence(machine) == pytest.approx(expected, abs=1e-6)


def test_coherence_that_eq_15_leaves_out() -> None:
    """Oracle: docs/physics.md §1.6, C = 0.00741211 with lambda_23; Eq. (15) gives 0.00771665.

    The second figure is ours at 100 digits (an earlier note printed 0.00771666).
    """
    machine = eq.Parameters(22.0, 18.0, 6.0, T_A=6.0, T_B=6.0, T_C=2.0, gamma=0.5)
    literal = eq.eq_15_bare_elements(cf.closed_form_populations(machine), eq.mixing_angle(machine))
    assert eq.eq_17_concurrence(eq.eq_16_density_matrix(literal)) == pytest.approx(
        0.00771665, abs=5e-9
    )
    assert cf.closed_form_concurrence(machine) == pytest.approx(0.00741211, abs=5e-9)
    assert eq.eq_17_concurrence(eq.steady_state(machine)) == pytest.approx(0.00741211, abs=5e-9)


@pytest.mark.parametrize(
    ("Omega", "rate", "expected"), [(10.0, 1.0, 0.0993), (-10.0, 1.0, 0.0247), (10.0, 0.0, 0.0845)]
)
def test_sign_of_the_exchange_matters(Omega: float, rate: float, expected: float) -> None:
    """Oracle: docs/physics.md §1.2, Fig. 2 at T = 5, T_C = 1, to its four digits."""
    machine = replace(FIG_2, Omega=Omega, Gamma_CA=rate, Gamma_CB=rate)
    assert cf.closed_form_concurrence(machine) == pytest.approx(expected, abs=5e-5)


def test_concurrence_refuses_what_is_no_x_state() -> None:
    """Oracle: Eq. (16) is the condition of Eq. (17); a negative population is no state."""
    coherent = np.full((4, 4), 0.25, dtype=complex)
    with pytest.raises(ValueError, match="X state"):
        eq.eq_17_concurrence(coherent)
    with pytest.raises(ValueError, match="populations"):
        eq.eq_17_concurrence(np.diag([-0.1, 0.0, 0.0, 1.1]).astype(complex))


def test_dark_state_has_no_unique_steady_state() -> None:
    """Oracle: docs/physics.md §1.5, R_C alone on a resonant machine has a kernel of dimension 2."""
    alone = replace(FIG_2, Gamma_A=0.0, Gamma_B=0.0)
    with pytest.raises(ValueError, match="dimension 2"):
        eq.steady_state(alone)
    with pytest.raises(ValueError, match="not unique"):
        cf.closed_form_populations(alone)


def test_common_reservoir_alone_thermalises_unequal_couplings() -> None:
    """Oracle: docs/physics.md §1.5, R_C alone with unequal couplings is unique and thermal."""
    alone = replace(FIG_2, Gamma_A=0.0, Gamma_B=0.0, Gamma_CB=2.0, T_C=6.0)
    weights = np.exp(-eq.energies(alone) / 6.0)
    np.testing.assert_allclose(
        cf.closed_form_populations(alone), weights / weights.sum(), rtol=1e-13
    )


@pytest.mark.parametrize("detuning", [-2.0, 0.0, 2.0])
def test_population_decay_rates(detuning: float) -> None:
    """Oracle: 2 (Gamma_j^- + Gamma_j^+) of Eq. (20) and their sum, without R_C."""
    machine = without_C(replace(FIG_2, epsilon_A=20 + detuning, T_B=8.0))
    rates = eq.eq_20_transition_rates(machine)
    mode_1, mode_2 = 2 * (rates.down_1 + rates.up_1), 2 * (rates.down_2 + rates.up_2)
    L = eq.liouvillian(machine)
    found = -np.linalg.eigvals(L)
    for expected in (mode_1, mode_2, mode_1 + mode_2):
        assert np.abs(found - expected).min() < 1e-12 * float(np.abs(L).max())


def test_dephasing_rates() -> None:
    """Oracle: docs/physics.md §1.7, 2 gamma for one qubit's coherence and 4 gamma for |10><01|."""
    unit = np.zeros((4, 4), dtype=complex)
    unit[1, 2] = unit[0, 1] = unit[0, 3] = 1.0
    change = eq.eq_21_dephasing(unit, 1.5)
    assert (change[0, 1], change[1, 2], change[0, 3]) == (-3.0, -6.0, -6.0)
    assert not np.diag(change).any()
    assert eq.dephasing_rate(T1=20.0, T2=4.0) == 0.225


@pytest.mark.parametrize("seed", range(60))
def test_closed_form_is_the_kernel_of_the_liouvillian(seed: int) -> None:
    """Oracle: Eq. (8) with Eq. (21) solved as a linear system, which knows nothing of the tree.

    Random machines with either sign of detuning and Omega and up to gamma = 3 Gamma.
    """
    machine = random_machine(seed)
    rho, tolerance = eq.steady_state(machine), kernel_error(machine)
    np.testing.assert_allclose(cf.closed_form_state(machine), rho, atol=tolerance)
    residual = eq.eq_08_master_equation(cf.closed_form_state(machine), machine)
    assert np.abs(residual).max() < 20 * EPS * np.abs(eq.liouvillian(machine)).max()


@pytest.mark.parametrize("seed", range(60))
def test_first_and_second_law(seed: int) -> None:
    """Oracle: sum Q = 0 with dephasing and -sum Q/T >= 0, both against the gross exchange."""
    machine = random_machine(seed)
    currents = cf.closed_form_heat_currents(machine)
    gross = sum(part.sum() for pair in cf.closed_form_flows(machine).values() for part in pair)
    assert abs(sum(currents.values())) <= 1e-14 * gross
    temperatures = {"RA": machine.T_A, "RB": machine.T_B, "RC": machine.T_C}
    production = -sum(currents[name] / T for name, T in temperatures.items())
    assert production >= -1e-14 * gross / min(temperatures.values())


@each_machine
def test_exchanging_the_qubits_changes_nothing(machine: eq.Parameters) -> None:
    """Oracle: the symmetry A <-> B of the model."""
    swapped = eq.Parameters(
        epsilon_A=machine.epsilon_B,
        epsilon_B=machine.epsilon_A,
        Omega=machine.Omega,
        T_A=machine.T_B,
        T_B=machine.T_A,
        T_C=machine.T_C,
        Gamma_A=machine.Gamma_B,
        Gamma_B=machine.Gamma_A,
        Gamma_CA=machine.Gamma_CB,
        Gamma_CB=machine.Gamma_CA,
        gamma=machine.gamma,
    )
    populations = cf.closed_form_populations(machine)
    np.testing.assert_allclose(cf.closed_form_populations(swapped), populations, rtol=1e-14)
    currents, mirrored = (cf.closed_form_heat_currents(m) for m in (machine, swapped))
    for name, mirror in (("RA", "RB"), ("RB", "RA"), ("RC", "RC"), ("dephasing", "dephasing")):
        assert currents[name] == pytest.approx(mirrored[mirror], rel=1e-12)


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_parameters_refuse_what_has_no_meaning(value: float) -> None:
    """Oracle: temperatures and rates are finite and not negative."""
    with pytest.raises(ValueError, match="T_C"):
        replace(FIG_2, T_C=value)


# --- the 41 reference points, with and without R_C -----------------------------------------------


@each_point
def test_reference_levels(point: dict[str, Any]) -> None:
    """Oracle: theta, omega_1, omega_2 at 30 digits; relative to omega_2, since omega_1 cancels.

    Point 66 (Omega -> epsilon) keeps only 9 digits of omega_1, as Omega = 19.999999 itself is
    rounded by 1e-15; its populations hang on omega_1 through omega_1/T = 2e-6 only.
    """
    machine = reference_machine(point, "withRC")
    scale = float(point["omega2"])
    assert abs(eq.omega_1(machine) - float(point["omega1"])) <= 4 * EPS * scale
    assert abs(eq.omega_2(machine) - scale) <= 4 * EPS * scale
    assert eq.mixing_angle(machine) == pytest.approx(float(point["theta"]), rel=1e-14)


@each_case
def test_reference_populations(point: dict[str, Any], branch: str) -> None:
    """Oracle: populations and lambda_23 at 30 digits, componentwise to 1e-12 relative.

    Below the smallest normal number a population is 0: those of e^(-1300) at point 60.
    """
    machine = reference_machine(point, branch)
    expected, coherence = reference_state(point, branch)
    tiny = np.finfo(float).tiny
    populations = cf.closed_form_populations(machine)
    np.testing.assert_allclose(populations, expected, rtol=1e-12, atol=tiny)
    assert abs(cf.closed_form_lambda_23(machine) - coherence) <= 1e-12 * abs(coherence)


@each_case
def test_reference_bare_elements_and_concurrence(point: dict[str, Any], branch: str) -> None:
    """Oracle: eta_22, eta_33, eta_23 and C_raw at 30 digits, to 1e-12 relative.

    C_raw cancels between its two terms, most at points 26 without R_C (76 times smaller than their
    sum), 14 without R_C (29) and 22 with (18). Its errors stay below 1e-14 relative, so it needs no
    absolute floor. eta_23 does: it holds p_2 - p_3, which at point 64 (T = 1e12) is 1e-11 of its
    terms and keeps 7 digits; the floor is eps (p_2 + p_3).
    """
    machine, expected = reference_machine(point, branch), point[branch]
    rho = cf.closed_form_state(machine)
    assert rho[1, 1].real == pytest.approx(float(expected["eta22"]), rel=1e-12)
    assert rho[2, 2].real == pytest.approx(float(expected["eta33"]), rel=1e-12)
    eta_23 = complex(*map(float, expected["eta23"]))
    floor = EPS * (rho[1, 1].real + rho[2, 2].real)
    assert abs(rho[1, 2] - eta_23) <= 1e-12 * abs(eta_23) + floor
    margin = eq.entanglement_margin(rho)
    assert margin == pytest.approx(float(expected["C_raw"]), rel=1e-12, abs=0.0)
    concurrence = cf.closed_form_concurrence(machine)
    assert concurrence == pytest.approx(float(expected["C"]), rel=1e-12, abs=0.0)


@each_case
def test_reference_heat_currents(point: dict[str, Any], branch: str) -> None:
    """Oracle: the currents at 30 digits, to 1e-12 of the reservoir's largest one-way flow.

    A current is a difference of one-way flows: it vanishes in equilibrium while they do not.
    """
    machine = reference_machine(point, branch)
    flows, currents = cf.closed_form_flows(machine), cf.closed_form_heat_currents(machine)
    for name, key in CURRENTS.items():
        largest = max(part.max() for part in flows[name])
        assert abs(currents[name] - float(point[branch][key])) <= 1e-12 * largest


@each_point
def test_reference_effective_temperatures(point: dict[str, Any]) -> None:
    """Oracle: Eq. (19) at 30 digits, to 1e-12 relative.

    At point 60 omega_2/T = 1300: n(omega_2) underflows, so Eq. (19) has no digits to work with and
    gives 0, as at T = 0.
    """
    found = eq.eq_19_effective_temperatures(reference_machine(point, "withRC"))
    expected = [float(point["Teff1"]), float(point["Teff2"])]
    if point["id"] == 60:
        expected[1] = 0.0
    assert found == pytest.approx(expected, rel=1e-12, abs=0.0)


@each_case
def test_reference_by_the_liouvillian(point: dict[str, Any], branch: str) -> None:
    """Oracle: populations, lambda_23 and currents at 30 digits, by solving Eq. (8).

    Tolerance: `kernel_error` for the state. It is 1e-13 or less but where the slowest rate is far
    below the largest: 7e-8 at point 24 (Gamma_A = 1e-8; measured 9e-11), 3e-10 at point 66
    (omega_1 = 1e-6, n = 5e5; measured 2e-11), 3e-12 at point 74 (measured 2e-16). A current is
    linear in the state: the error of the state times the sum of the moduli of its coefficients.
    """
    machine = reference_machine(point, branch)
    expected, coherence = reference_state(point, branch)
    tolerance = kernel_error(machine)
    rho, U = eq.steady_state(machine), eq.eigenstates(eq.mixing_angle(machine))
    diagonal = U.conj().T @ rho @ U
    state = np.diag(expected).astype(complex)
    state[1, 2], state[2, 1] = coherence, coherence.conjugate()
    np.testing.assert_allclose(diagonal, state, rtol=0.0, atol=tolerance)
    units = np.eye(16, dtype=complex).reshape(16, 4, 4)
    responses = [eq.heat_currents(unit, machine) for unit in units]
    for name, current in eq.heat_currents(rho, machine).items():
        gain = sum(abs(response[name]) for response in responses)
        assert abs(current - float(point[branch][CURRENTS[name]])) <= tolerance * gain


def test_reservoir_energy_is_a_sum_over_modes() -> None:
    """Eq. (3) on a number state; oracle: the sum by hand."""
    assert eq.eq_03_reservoir_energy([1.0, 2.5], [3, 2]) == pytest.approx(8.0, rel=1e-15)
