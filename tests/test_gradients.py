"""Derivatives of observables by parameters, through JAX.

Oracles, none of which knows of JAX: central differences, extrapolated to second order in the step
(Richardson), of the paper's closed form (`entherm.paper.closed_form`) and of the literal generators
of `oracle`; and a dense fixed-cluster generator written here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import entherm as et
from entherm.paper import closed_form
from entherm.paper.equations import Parameters

from . import oracle

PATHS = {
    "epsilon_A": "qubits.A",
    "epsilon_B": "qubits.B",
    "Omega": "exchange.A-B.strength",
    "T_A": "reservoirs.RA.temperature",
    "T_B": "reservoirs.RB.temperature",
    "T_C": "reservoirs.RC.temperature",
    "Gamma_A": "reservoirs.RA.couplings.A.rate",
    "Gamma_B": "reservoirs.RB.couplings.B.rate",
    "Gamma_CA": "reservoirs.RC.couplings.A.rate",
    "Gamma_CB": "reservoirs.RC.couplings.B.rate",
}
T_C = PATHS["T_C"]
PAPER = Parameters(20.0, 20.0, 10.0, T_A=5.0, T_B=5.0, T_C=1.0)
GENERIC = Parameters(
    20.0, 18.0, 7.0, T_A=5.0, T_B=4.0, T_C=1.0, Gamma_A=1.0, Gamma_B=0.7, Gamma_CA=0.5, Gamma_CB=1.3
)
CONCURRENCE = et.concurrence("A", "B")
OBSERVED = (CONCURRENCE, et.heat("RA"), et.heat("RC"))


@pytest.fixture(autouse=True)
def _double_precision() -> Any:
    with jax.enable_x64(True):
        yield


def machine(p: Parameters) -> et.Machine:
    return et.two_qubit_machine(**{**vars(p)})


def gradients(m: et.Machine, paths: Any, *asked: Any, equation: Any = None) -> dict[str, Any]:
    """Derivatives of observables, by path, by forward differentiation."""
    values = {path: jnp.asarray(m.parameters[path]) for path in paths}
    return jax.jacfwd(lambda v: jnp.stack(et.observe(m.replace(v), *asked, equation=equation)))(
        values
    )


def richardson(f: Callable[[float], Any], x: float, step: float) -> Any:
    """f'(x) from two central differences."""

    def central(h: float) -> Any:
        return (np.asarray(f(x + h)) - np.asarray(f(x - h))) / (2.0 * h)

    return (4.0 * central(step / 2.0) - central(step)) / 3.0


def paper_numbers(p: Parameters) -> list[float]:
    heat = closed_form.closed_form_heat_currents(p)
    return [closed_form.closed_form_concurrence(p), heat["RA"], heat["RC"]]


@pytest.mark.parametrize("p", [PAPER, GENERIC], ids=["symmetric", "generic"])
def test_ten_parameters_of_the_papers_machine(p: Parameters) -> None:
    """Oracle: Richardson of the closed form. At Δε = 0 |Δε| and the dark amplitudes have kinks."""
    found = gradients(machine(p), PATHS.values(), *OBSERVED)
    for name, path in PATHS.items():
        value = getattr(p, name)

        def numbers(x: float, name: str = name) -> list[float]:
            return paper_numbers(replace(p, **{name: x}))

        expected = richardson(numbers, value, 1e-3 * value)
        # C is smooth through the test points; 1e-7 is the rounding of the differences.
        np.testing.assert_allclose(found[path], expected, rtol=1e-6, atol=1e-8, err_msg=name)


def test_reverse_forward_jitted_and_mapped_agree() -> None:
    """Four ways to one number (JAX's), of which the test above knows the value."""
    m = machine(GENERIC)

    def f(T: Any) -> Any:
        return et.observe(m.replace({T_C: T}), CONCURRENCE)[0]

    ways = [jax.grad(f), jax.jacfwd(f), jax.jit(jax.grad(f))]
    expected = richardson(
        lambda x: closed_form.closed_form_concurrence(replace(GENERIC, T_C=x)), 1.0, 1e-3
    )
    for way in ways:
        np.testing.assert_allclose(way(1.0), expected, rtol=1e-8)
    mapped = jax.vmap(jax.grad(f))(jnp.array([0.5, 1.0]))
    np.testing.assert_allclose(mapped[1], expected, rtol=1e-8)


def test_cold_reservoirs() -> None:
    """At T_C = 0 the derivative by T_C is 0 to all orders, and at 0.01 below 1e-300: exp(-1000)."""
    for T in (0.0, 0.01):
        m = machine(replace(PAPER, T_C=T))
        found = gradients(m, [T_C, PATHS["T_A"]], CONCURRENCE)
        assert found[T_C][0] == 0.0
        expected = richardson(
            lambda x, T=T: closed_form.closed_form_concurrence(replace(PAPER, T_A=x, T_C=T)),
            5.0,
            1e-2,
        )
        np.testing.assert_allclose(found[PATHS["T_A"]][0], expected, rtol=1e-8)


def test_what_is_zero_at_the_point_is_not_left_out() -> None:
    """∂/∂γ at γ = 0 and ∂/∂Γ_A at Γ_A = 0; oracle: one-sided differences of the closed form."""
    m = machine(replace(PAPER, Gamma_A=0.0))
    paths = [PATHS["Gamma_A"], "dephasing.A.rate", "dephasing.B.rate"]
    found = gradients(m, paths, CONCURRENCE)

    def by(name: str, h: float) -> float:
        C = [
            closed_form.closed_form_concurrence(replace(PAPER, **{"Gamma_A": 0.0, name: k * h}))
            for k in range(3)
        ]
        return (-3.0 * C[0] + 4.0 * C[1] - C[2]) / (2.0 * h)

    np.testing.assert_allclose(found[paths[0]][0], by("Gamma_A", 1e-5), rtol=1e-6)
    both = found[paths[1]][0] + found[paths[2]][0]
    np.testing.assert_allclose(both, by("gamma", 1e-5), rtol=1e-6)


def test_a_shared_rate_of_zero_is_named_and_its_amplitude_works() -> None:
    """C ~ √Γ_CA; by the amplitude, oracle: central differences of the closed form in g² and −g."""
    m = machine(replace(PAPER, Gamma_CA=0.0))
    with pytest.raises(et.NotDifferentiableError, match=r"RC\.couplings\.A.*amplitude"):
        gradients(m, [PATHS["Gamma_CA"]], CONCURRENCE)
    reservoirs = [
        et.Reservoir("RA", 5.0, {"A": 1.0}),
        et.Reservoir("RB", 5.0, {"B": 1.0}),
        et.Reservoir("RC", 1.0, {"A": et.Coupling(amplitude=0.0), "B": 1.0}),
    ]
    qubits = [et.Qubit("A", 20.0), et.Qubit("B", 20.0)]
    m = et.Machine(qubits, [et.exchange("A", "B", 10.0)], reservoirs)
    path = "reservoirs.RC.couplings.A.amplitude"

    def C(g: float) -> float:
        # A negative amplitude is the paper's machine with Ω and one sign turned.
        p = replace(PAPER, Gamma_CA=g * g, Omega=float(np.copysign(10.0, g)))
        return closed_form.closed_form_concurrence(p)

    expected = richardson(C, 0.0, 1e-2)
    np.testing.assert_allclose(gradients(m, [path], CONCURRENCE)[path][0], expected, rtol=1e-6)


def test_the_threshold_of_entanglement_is_a_kink() -> None:
    """Below it the derivative is 0; at n = 0 of all reservoirs C sits on it, and moves."""
    hot = machine(replace(PAPER, T_C=5.0, T_A=50.0, T_B=50.0))
    assert gradients(hot, [T_C], CONCURRENCE)[T_C][0] == 0.0
    baths = [et.Reservoir(f"R{q}", occupation=0.0, couplings={q: 1.0}) for q in "AB"]
    qubits = [et.Qubit("A", 20.0), et.Qubit("B", 20.0)]
    still = et.Machine(qubits, [et.exchange("A", "B", 10.0)], baths)
    with pytest.raises(et.NotDifferentiableError, match="kink at its threshold"):
        gradients(still, ["reservoirs.RA.occupation"], CONCURRENCE)


def model(p: Parameters) -> oracle.Model:
    """The paper's machine for `oracle`."""
    lower = [oracle.embed(oracle.lowering(2), k, (2, 2)) for k in (0, 1)]
    bare = sum(e * s.conj().T @ s for e, s in zip((p.epsilon_A, p.epsilon_B), lower, strict=True))
    hop = lower[0].conj().T @ lower[1]
    baths = [
        oracle.Bath("RA", (lower[0],), (np.sqrt(p.Gamma_A),), p.T_A, site=0),
        oracle.Bath("RB", (lower[1],), (np.sqrt(p.Gamma_B),), p.T_B, site=1),
    ]
    if p.Gamma_CA > 0.0:
        g = (np.sqrt(p.Gamma_CA), np.sqrt(p.Gamma_CB))
        baths.append(oracle.Bath("RC", tuple(lower), g, p.T_C))
    levels = ((p.epsilon_A, 0.0), (p.epsilon_B, 0.0))
    return oracle.Model((2, 2), levels, bare + p.Omega * (hop + hop.conj().T), bare, tuple(baths))


WEAK = replace(
    GENERIC, Gamma_A=0.1, Gamma_B=0.07, Gamma_CA=0.05, Gamma_CB=0.13, T_A=3.0, T_B=2.0, T_C=1.0
)


# Its two middle levels are one cluster under `Unified`.
NEAR = replace(WEAK, epsilon_A=20.0, epsilon_B=19.9, Omega=0.1)


@pytest.mark.parametrize(
    ("name", "equation", "p"),
    [
        ("redfield", et.Redfield(), WEAK),
        ("universal", et.UniversalLindblad(), WEAK),
        ("unified", et.Unified(), WEAK),
        ("unified", et.Unified(), NEAR),
        ("local", et.Local(), WEAK),
    ],
)
def test_the_other_equations(name: str, equation: et.Equation, p: Parameters) -> None:
    """Heat of R_A and of R_C by gap, exchange, temperature, rate; oracle: `oracle`, Richardson."""
    chosen = ("epsilon_A", "Omega", "T_A", "Gamma_CA")
    found = gradients(
        machine(p),
        [PATHS[c] for c in chosen],
        et.heat("RA"),
        et.heat("RC"),
        equation=equation,
    )
    for parameter in chosen:
        value = getattr(p, parameter)

        def heats(x: float, parameter: str = parameter) -> list[float]:
            generator = oracle.liouvillian(model(replace(p, **{parameter: x})), name, 0.5)
            flows = oracle.currents(generator, oracle.steady_state(generator))
            return [flows["RA"], flows["RC"]]

        expected = richardson(heats, value, 5e-4 * value)
        scale = max(map(abs, heats(value)))
        np.testing.assert_allclose(
            found[PATHS[parameter]], expected, rtol=1e-5, atol=1e-7 * scale, err_msg=parameter
        )


def fixed_cluster(p: Parameters) -> list[float]:
    """Heat of R_A and R_C where |10⟩ and |01⟩ are one cluster: H_S in full, jumps at one energy.

    Dense: D with n̄ at ε̄ = (ε_A + ε_B)/2 through σ_A, σ_B and √Γ_CA σ_A + √Γ_CB σ_B; Tr(H_S D ρ).
    """
    whole = model(p)
    mean = 0.5 * (p.epsilon_A + p.epsilon_B)
    parts = {}
    for bath in whole.baths:
        jump = sum(g * s for g, s in zip(bath.amplitudes, bath.operators, strict=True))
        n = 1.0 / np.expm1(mean / bath.temperature)
        parts[bath.name] = np.zeros((16, 16), complex)
        for rate, L in ((2.0 * (n + 1.0), jump), (2.0 * n, jump.conj().T)):
            both = L.conj().T @ L
            loss = np.kron(both, np.eye(4)) + np.kron(np.eye(4), both.T)
            parts[bath.name] += rate * (np.kron(L, L.conj()) - 0.5 * loss)
    H = whole.hamiltonian
    unitary = -1j * (np.kron(H, np.eye(4)) - np.kron(np.eye(4), H.T))
    system = unitary + sum(parts.values())
    system[0] = np.eye(4).ravel()
    rho = np.linalg.solve(system, np.eye(16)[0])
    return [np.trace(H @ (parts[k] @ rho).reshape(4, 4)).real for k in ("RA", "RC")]


def test_at_a_degeneracy_the_block_keeps_its_derivative() -> None:
    """Δε = Ω = 0: λ₂ = λ₃ exactly. Oracle: Richardson of `fixed_cluster`, dense."""
    p = replace(WEAK, epsilon_B=20.0, Omega=0.0)
    chosen = ("epsilon_A", "epsilon_B", "Omega", "T_A", "Gamma_CA")
    found = gradients(machine(p), [PATHS[c] for c in chosen], et.heat("RA"), et.heat("RC"))
    for name in chosen:
        value = getattr(p, name)

        def heats(x: float, name: str = name) -> list[float]:
            return fixed_cluster(replace(p, **{name: x}))

        expected = richardson(heats, value, 1e-3 * max(value, 1.0))
        np.testing.assert_allclose(found[PATHS[name]], expected, rtol=1e-6, atol=1e-9)


def test_every_point_by_its_own_structure() -> None:
    """A batch with a degenerate point and T = 0 among others, against NumPy's own numbers."""
    m = et.two_qubit_machine(
        20.0, 20.0, np.array([0.0, 5.0, 9.0]), T_A=5.0, T_B=5.0, T_C=np.array([[0.0], [1.0]])
    )
    found = et.observe(m, CONCURRENCE, et.heat("RC"), engine="jax")
    for jax_number, number in zip(found, et.observe(m, CONCURRENCE, et.heat("RC")), strict=True):
        assert isinstance(jax_number, np.ndarray)
        np.testing.assert_allclose(jax_number, number, rtol=1e-12, atol=1e-15)


def test_a_steady_state_by_jax() -> None:
    """All that is read of it, against NumPy's own numbers."""
    m = machine(replace(GENERIC, gamma=0.1))
    by_jax, by_numpy = et.steady_state(m, engine="jax"), et.steady_state(m)
    np.testing.assert_allclose(by_jax.density_matrix, by_numpy.density_matrix, rtol=0, atol=1e-14)
    for name, current in by_numpy.heat_currents.items():
        np.testing.assert_allclose(by_jax.heat_currents[name], current, rtol=1e-12, atol=1e-14)
    with pytest.raises(et.ParameterError, match="initial"):
        et.steady_state(m, engine="jax", initial=np.eye(4) / 4)


def test_under_jit_another_structure_is_nan() -> None:
    """The degenerate point has the structure of no other; nor has its derivative a value."""
    m = machine(PAPER)
    path = PATHS["Omega"]

    def f(Omega: Any) -> Any:
        return et.observe(m.replace({path: Omega}), CONCURRENCE)[0]

    found = jax.jit(jax.vmap(f))(jnp.array([0.0, 10.0, 25.0]))
    assert np.isnan(found[0])
    assert np.isnan(found[2])
    np.testing.assert_allclose(found[1], closed_form.closed_form_concurrence(PAPER), rtol=1e-12)
    assert np.isnan(jax.jit(jax.grad(f))(0.0))


def test_what_is_refused() -> None:
    """float32, a machine built under jit, a machine beyond its bound: by name."""
    m = machine(PAPER)

    def f(T: Any) -> Any:
        return et.observe(m.replace({T_C: T}), CONCURRENCE)[0]

    with jax.enable_x64(False), pytest.raises(et.ParameterError, match="jax_enable_x64"):
        jax.grad(f)(1.0)
    with pytest.raises(et.ParameterError, match=r"machine\.replace"):
        jax.jit(lambda T: et.two_qubit_machine(20.0, 20.0, 10.0, T_C=T).shape)(1.0)
    with pytest.raises(et.InvalidMachineError, match="must satisfy"):
        jax.grad(lambda x: et.observe(m.replace({PATHS["Omega"]: x}), CONCURRENCE)[0])(25.0)
    with pytest.raises(et.ParameterError, match="leave it out"):
        jax.grad(lambda x: et.observe(m.replace({T_C: x}), CONCURRENCE, engine="numpy")[0])(1.0)
