"""Three qubits, cuts, filters and heralds, and all of them as observables of solved machines.

Oracles: closed forms of W, GHZ and their mixtures with noise; random biseparable mixtures; Gisin's
state; the pure functions on `density_matrix` and on projections of it by NumPy's indices.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

import entherm as et
from entherm.entanglement import concurrence_of
from entherm.jax_arrays import JaxArrays, in_one, tracer_of
from entherm.observables import Observable
from entherm.reduced import reduced_state
from entherm.resources.discord import discord_of
from entherm.resources.filtering import filtered, level_filter
from entherm.resources.heralding import heralded
from entherm.resources.joint_measures import negativity_across
from entherm.resources.multipartite import (
    best_ghz_fidelity_of,
    best_w_fidelity_of,
    genuine_entanglement_of,
    ghz_fidelity_of,
    tripartite_negativity_of,
    w_fidelity_of,
)
from entherm.resources.nonlocality import chsh_of, steering_of
from entherm.resources.pair_observables import chsh, discord, steering, teleportation_fidelity
from entherm.resources.partial_transpose import negativity_of_cut
from entherm.resources.teleportation import teleportation_fidelity_of
from entherm.resources.three_qubit_measures import (
    best_ghz_fidelity,
    best_w_fidelity,
    genuine_entanglement,
    ghz_fidelity,
    tripartite_negativity,
    w_fidelity,
)
from entherm.tracing import StandIn

from .random_states import random_state, random_unitary

SEEDS = st.integers(0, 2**32 - 1)
GHZ = np.array([1, 0, 0, 0, 0, 0, 0, 1]) / np.sqrt(2)
W = np.array([0, 0, 0, 1, 0, 1, 1, 0]) / np.sqrt(3)
THREE = {"A": 2, "B": 2, "C": 2}
MEASURES = {
    w_fidelity: w_fidelity_of,
    best_w_fidelity: best_w_fidelity_of,
    ghz_fidelity: ghz_fidelity_of,
    best_ghz_fidelity: best_ghz_fidelity_of,
    tripartite_negativity: tripartite_negativity_of,
    genuine_entanglement: genuine_entanglement_of,
}
PAIRS = {
    chsh: chsh_of,
    steering: steering_of,
    teleportation_fidelity: teleportation_fidelity_of,
    discord: discord_of,
}


def noisy(psi: np.ndarray, p: float) -> np.ndarray:
    return p * np.outer(psi, psi.conj()) + (1.0 - p) * np.eye(8) / 8


@pytest.mark.parametrize("p", [0.0, 0.1, 0.2, 3 / 7, 0.5, 0.8, 1.0])
def test_noisy_ghz(p: float) -> None:
    """Eigenvalue (1 − p)/8 − p/2 of each transpose; p/2 − 3 (1 − p)/8 over biseparable bounds."""
    rho = noisy(GHZ, p)
    N = max(0.0, (5.0 * p - 1.0) / 8.0)
    assert tripartite_negativity_of(rho) == pytest.approx(N, abs=1e-15)
    assert ghz_fidelity_of(rho) == pytest.approx(p + (1.0 - p) / 8.0, abs=1e-15)
    assert genuine_entanglement_of(rho) == pytest.approx((7.0 * p - 3.0) / 8.0, abs=1e-15)


def test_w_state() -> None:
    """Each cut of W has Schmidt coefficients 1/3, 2/3: N = √2/3; GHZ has no part in it."""
    rho = noisy(W, 1.0)
    assert tripartite_negativity_of(rho) == pytest.approx(np.sqrt(2.0) / 3.0, abs=1e-15)
    assert w_fidelity_of(rho) == pytest.approx(1.0, abs=1e-15)
    assert ghz_fidelity_of(rho) == 0.0
    assert genuine_entanglement_of(rho) == pytest.approx(0.5, abs=1e-15)


def test_the_criterion_holds_with_ones_and_zeros_exchanged() -> None:
    rho = noisy(W[::-1], 0.9)
    assert genuine_entanglement_of(rho) == pytest.approx(
        float(genuine_entanglement_of(noisy(W, 0.9))), abs=1e-15
    )


@given(SEEDS)
def test_biseparable_mixtures(seed: int) -> None:
    """|φ⟩_a ⊗ |ψ⟩_bc over all three cuts: no witness of genuine entanglement may fire."""
    rng = np.random.default_rng(seed)
    total = np.zeros((8, 8), complex)
    for weight, alone in zip(rng.dirichlet(np.ones(9) * 0.3), [0, 1, 2] * 3, strict=True):
        product = np.kron(random_state(rng, 2, 1), random_state(rng, 4, 1))
        order = [1, 2]
        order.insert(alone, 0)
        split = product.reshape((2,) * 6).transpose(*order, *(3 + k for k in order))
        total += weight * split.reshape(8, 8)
    assert genuine_entanglement_of(total) <= 1e-14
    assert best_w_fidelity_of(total) <= 2.0 / 3.0 + 1e-14
    assert best_ghz_fidelity_of(total) <= 0.5 + 1e-14


@given(SEEDS)
def test_free_phases(seed: int) -> None:
    """Best over phases: reached by some of a fine scan, exceeded by none."""
    rng = np.random.default_rng(seed)
    rho = random_state(rng, 8, int(rng.integers(1, 9)))
    block = rho[np.ix_([3, 5, 6], [3, 5, 6])]
    angles = np.arange(120) * (2.0 * np.pi / 120)
    first, second = np.meshgrid(angles, angles)
    z = np.stack([np.ones(first.shape), np.exp(1j * first), np.exp(1j * second)], -1)
    scan = np.einsum("...a,ab,...b->...", z.conj(), block, z).real / 3.0
    best = float(best_w_fidelity_of(rho))
    # A phase is at most π/120 from the scan, where the fidelity is flat to second order.
    assert scan.max() - 1e-14 <= best <= scan.max() + (np.pi / 120) ** 2 * abs(block).sum()
    U = np.diag(np.exp(1j * rng.uniform(0, 2 * np.pi, 2)))
    turned = np.kron(np.kron(U, U @ U), np.eye(2))
    for measure in (best_w_fidelity_of, best_ghz_fidelity_of):
        assert measure(turned @ rho @ turned.conj().T) == pytest.approx(
            float(measure(rho)), abs=1e-14
        )
    assert best >= float(w_fidelity_of(rho)) - 1e-14
    assert best_ghz_fidelity_of(rho) >= float(ghz_fidelity_of(rho)) - 1e-14


@given(SEEDS)
def test_three_qubits_relabelled_and_turned(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rho = random_state(rng, 8, int(rng.integers(1, 4)))
    order = rng.permutation(3)
    other = rho.reshape((2,) * 6).transpose(*order, *(3 + order)).reshape(8, 8)
    for measure in MEASURES.values():
        assert measure(other) == pytest.approx(float(measure(rho)), abs=1e-13)
    U = np.kron(np.kron(random_unitary(rng, 2), random_unitary(rng, 2)), random_unitary(rng, 2))
    N = float(tripartite_negativity_of(rho))
    # A third root: a cut of 1e-16 would be 1e-5.
    assert tripartite_negativity_of(U @ rho @ U.conj().T) ** 3 == pytest.approx(N**3, abs=1e-14)


def test_hidden_nonlocality() -> None:
    """Gisin's λ|ψ⟩⟨ψ| + ½(1 − λ)(|11⟩⟨11| + |00⟩⟨00|), ψ = α|10⟩ − β|01⟩: B < 2, then B > 2.

    By hand: diag(√(β/α), 1) on A and diag(1, √(β/α)) on B make a singlet of ψ, of weight 2λβ², and
    leave (1 − λ) β/α of the rest; with w the singlet's share, B = 2√2 w.
    """
    alpha, lam = 0.9, 0.85
    beta = np.sqrt(1.0 - alpha**2)
    psi = np.array([0.0, alpha, -beta, 0.0])
    rho = lam * np.outer(psi, psi) + 0.5 * (1.0 - lam) * np.diag([1.0, 0.0, 0.0, 1.0])
    root = np.sqrt(beta / alpha)
    found = filtered(rho, {"A": 2, "B": 2}, {"A": np.diag([root, 1.0]), "B": np.diag([1.0, root])})
    singlet, rest = 2.0 * lam * beta**2, (1.0 - lam) * beta / alpha
    assert found.probability == pytest.approx(singlet + rest, abs=1e-15)
    B = 2.0 * np.sqrt((2.0 * lam * alpha * beta) ** 2 + (1.0 - 2.0 * lam) ** 2)
    assert chsh_of(rho) == pytest.approx(B, abs=1e-14)
    after = 2.0 * np.sqrt(2.0) * singlet / (singlet + rest)
    assert found.measure(chsh_of) == pytest.approx(after, abs=1e-14)
    assert B < 2.0 < after


@given(SEEDS)
def test_filters_are_conditional_operations(seed: int) -> None:
    """Oracle: K ρ K† with the Kronecker product written out; all outcomes add up to the state."""
    rng = np.random.default_rng(seed)
    rho = random_state(rng, 12)
    U = random_unitary(rng, 3) @ np.diag([1.0, 0.7, 0.2]) @ random_unitary(rng, 3)
    K = np.kron(np.kron(np.eye(2), U), np.diag([0.0, 1.0])[1:])
    expected = K @ rho @ K.conj().T
    found = filtered(rho, {"A": 2, "B": 3, "C": 2}, {"C": [[0.0, 1.0]], "B": U})
    assert found.dimensions == {"A": 2, "B": 3}
    assert found.probability == pytest.approx(np.trace(expected).real, abs=1e-14)
    np.testing.assert_allclose(
        found.density_matrix * found.probability, expected, rtol=0.0, atol=1e-14
    )
    parts = [filtered(rho, (2, 3, 2), {1: level_filter([k], 3)}).probability for k in range(3)]
    assert sum(parts) == pytest.approx(1.0, abs=1e-14)


def test_a_filter_that_nothing_passes() -> None:
    """|0⟩⟨0| is never found in |1⟩: probability 0, and NaN, beside a state that is."""
    rho = np.array([np.diag([0.0, 0.0, 0.0, 1.0]), np.eye(4) / 4])
    found = filtered(rho, (2, 2), {0: [[1.0, 0.0]]})
    np.testing.assert_array_equal(found.probability, [0.0, 0.5])
    assert np.isnan(found.density_matrix[0]).all()
    np.testing.assert_allclose(found.density_matrix[1], np.eye(2) / 2)
    half = filtered(rho, (2, 2), {0: [[1.0, 0.0], [0.0, 0.0]]}).measure(concurrence_of)
    np.testing.assert_allclose(half, [np.nan, 0.0])


def three_qubits(**given: Any) -> et.Machine:
    """Unequal bonds, a cold and a hot reservoir: X states of every pair."""
    bonds = {("A", "B"): 1.4, ("B", "C"): 1.0, ("A", "C"): -0.7}
    T = {"A": np.array([0.3, 1.0]), "B": 0.5, "C": 0.8, **given}
    return et.Machine(
        subsystems=[et.Qubit("A", 5.0), et.Qubit("B", 4.0), et.Qubit("C", 4.5)],
        interactions=[et.exchange(*pair, strength) for pair, strength in bonds.items()],
        reservoirs=[et.Reservoir(f"R{k}", temperature=T[k], couplings={k: 1.0}) for k in "ABC"],
    )


def in_a_field() -> et.Machine:
    """No conserved number, no parity: every element of ρ there."""
    m = three_qubits()
    return et.Machine(
        subsystems=m.subsystems,
        interactions=[*m.interactions, et.field("A", x=0.7), et.field("C", x=0.4)],
        reservoirs=[
            et.Reservoir(
                f"R{k}",
                temperature=T,
                couplings={k: et.Coupling(rate=1.0, operator="x")},
                spectrum=et.Ohmic(reference=5.0),
            )
            for k, T in zip("ABC", ([0.3, 1.0], 0.5, 0.8), strict=True)
        ],
    )


def qutrit_and_qubits() -> et.Machine:
    return et.Machine(
        subsystems=[
            et.Qudit("A", [0.0, 4.0, 7.0]),
            et.Qubit("B", 4.0),
            et.Qudit("C", [0.0, 4.0, 7.5]),
        ],
        interactions=[et.exchange("A", "B", 1.5), et.exchange("B", "C", 1.5)],
        reservoirs=[
            et.Reservoir(
                "RA", temperature=[0.6, 0.9], couplings={"A": et.Coupling(rate=1.0, operator="x")}
            ),
            et.Reservoir(
                "RC", temperature=0.5, couplings={"C": et.Coupling(rate=1.0, operator="x")}
            ),
        ],
    )


@pytest.mark.parametrize("make", [three_qubits, in_a_field])
def test_observables_are_those_of_the_density_matrix(make: Callable[[], et.Machine]) -> None:
    """Each in one pass with others against the pure function of the reduced density matrix."""
    s = et.steady_state(make())
    pairs = [("A", "B"), ("C", "A")]
    asked: list[Observable] = [o(*pair) for o in PAIRS for pair in pairs]
    asked += [steering("A", "B", 2)] + [o("C", "A", "B") for o in MEASURES]
    found = s.observe(*asked)
    expected = [of(reduced_state(s, *pair)) for of in PAIRS.values() for pair in pairs]
    expected += [steering_of(reduced_state(s, "A", "B"), 2)]
    expected += [of(reduced_state(s, "C", "A", "B")) for of in MEASURES.values()]
    for observable, one, other in zip(asked, found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-13, err_msg=observable.label)
        assert one.shape == s.shape


@pytest.mark.parametrize("make", [three_qubits, in_a_field, qutrit_and_qubits])
def test_cuts_of_machines(make: Callable[[], et.Machine]) -> None:
    """Observables against `negativity_of_cut`, which the tests of states know the value of."""
    s = et.steady_state(make())
    dimensions = dict(zip(s.machine.names, s.machine.dimensions, strict=True))
    one, two, three = s.observe(
        negativity_across(["B"], ["A", "C"]),
        negativity_across(["C"], ["A"]),
        negativity_across(["A", "C"], ["B"]),
    )
    expected = negativity_of_cut(s.density_matrix, dimensions, ["B"])
    assert np.all(expected > 1e-6)
    np.testing.assert_allclose(one, expected, atol=1e-14)
    np.testing.assert_allclose(three, expected, atol=1e-14)
    pair = {k: dimensions[k] for k in "CA"}
    expected = negativity_of_cut(reduced_state(s, "C", "A"), pair, ["A"])
    np.testing.assert_allclose(two, expected, atol=1e-14)


def test_many_qubits_and_times() -> None:
    """A ring of seven, whose state is kept by sectors; and a transient: the same pure functions."""
    names = "ABCDEFG"
    ring = et.Machine(
        subsystems=[et.Qubit(k, 5.0 + 0.1 * i) for i, k in enumerate(names)],
        interactions=[et.exchange(a, b, 0.6) for a, b in pairwise(names)],
        reservoirs=[et.Reservoir(k, temperature=0.4, couplings={k: 1.0}) for k in names],
    )
    early = et.evolve(
        three_qubits(), [0.05, 0.3], et.product_state(three_qubits(), {"A": 1, "B": 0, "C": 0})
    )
    for s in (et.steady_state(ring), early):
        found = s.observe(
            chsh("A", "B"),
            discord("B", "A"),
            negativity_across(["A"], ["B", "C"]),
            w_fidelity("A", "B", "C"),
        )
        rho = reduced_state(s, "A", "B", "C")
        pair, turned = reduced_state(s, "A", "B"), reduced_state(s, "B", "A")
        expected = [
            chsh_of(pair),
            discord_of(turned),
            negativity_of_cut(rho, THREE, ["A"]),
            w_fidelity_of(rho),
        ]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-13)


def test_heralds() -> None:
    """Oracle: rows and columns of ρ of the whole machine, picked by NumPy."""
    s = et.steady_state(qutrit_and_qubits())
    rho = s.density_matrix.reshape(2, 3, 2, 3, 3, 2, 3)
    low = [1, 2]
    whole = rho[:, low][:, :, :, low][:, :, :, :, low][..., low].reshape(2, 8, 8)
    p = np.trace(whole, axis1=-2, axis2=-1).real
    found = heralded(s, {"A": (0, 1), "C": (1, 0)}, of=["A", "B", "C"])
    assert found.dimensions == THREE
    np.testing.assert_allclose(found.probability, p, atol=1e-14)
    np.testing.assert_allclose(found.density_matrix, whole / p[:, None, None], atol=1e-14)
    ends = np.einsum("pabcdbe->pacde", (whole / p[:, None, None]).reshape((2,) + (2,) * 6))
    two = heralded(s, {"A": (0, 1), "C": (0, 1)})
    np.testing.assert_allclose(two.density_matrix, ends.reshape(2, 4, 4), atol=1e-14)
    np.testing.assert_allclose(two.measure(concurrence_of), concurrence_of(ends.reshape(2, 4, 4)))
    # Heralded on levels of C, which is not wanted; and on one level of B.
    lone = heralded(s, {"C": (0, 1), "B": [1]}, of=["A"])
    part = rho[:, :, 0][:, :, low][..., 0, :][..., low]
    part = np.einsum("pacdc->pad", part)
    np.testing.assert_allclose(lone.probability, np.einsum("paa->p", part).real, atol=1e-14)
    np.testing.assert_allclose(
        lone.density_matrix * lone.probability[:, None, None], part, atol=1e-14
    )


def test_no_state_no_number() -> None:
    """At T_C = 0 alone the singlet is dark: NaN, beside a point that has a state."""
    m = et.two_qubit_machine(20.0, 20.0, 10.0, T_C=1.0, Gamma_A=[0.0, 1.0], Gamma_B=[0.0, 1.0])
    s = et.steady_state(m, on_invalid="nan")
    asked = [o("A", "B") for o in PAIRS]
    for values in s.observe(*asked, negativity_across(["A"], ["B"])):
        np.testing.assert_array_equal(np.isnan(values), [True, False])
    found = heralded(s, {"A": [1]}, of=["B"])
    np.testing.assert_array_equal(np.isnan(found.probability), [True, False])
    np.testing.assert_array_equal(np.isnan(found.density_matrix).all((-1, -2)), [True, False])


def pair_of(strength: float, T: Any) -> et.Machine:
    return et.two_qubit_machine(20.0, 18.0, strength, T_A=3.0, T_B=2.0, T_C=T)


def test_derivatives() -> None:
    """By JAX against central differences of the NumPy engine, extrapolated (Richardson).

    And none at the strength at which the best Bell state changes, which Brent's method finds.
    """
    asked = [teleportation_fidelity("A", "B"), chsh("A", "B")]
    T = 1.5

    def central(h: float) -> Any:
        above, below = (et.steady_state(pair_of(12.0, T + x)).observe(*asked) for x in (h, -h))
        return (np.array(above) - np.array(below)) / (2.0 * h)

    def slopes(strength: float) -> Any:
        machine, path = pair_of(strength, T), "reservoirs.RC.temperature"
        with jax.enable_x64(True):
            return jax.jacfwd(lambda x: jnp.stack(et.observe(machine.replace({path: x}), *asked)))(
                T
            )

    def gap(strength: float) -> float:
        rho = et.steady_state(pair_of(strength, T)).density_matrix
        return float((np.diag(rho) @ [-1, 1, 1, -1]).real / 2.0 + abs(rho[1, 2]))

    expected = (4.0 * central(5e-4) - central(1e-3)) / 3.0
    assert np.all(np.abs(expected) > 1e-9)
    # Richardson's error is that of rounding over the step: 1e-15 / 1e-3.
    np.testing.assert_allclose(slopes(12.0), expected, rtol=1e-7, atol=1e-11)
    with pytest.raises(et.NotDifferentiableError, match="equally near"):
        slopes(brentq(gap, 12.0, 18.0, xtol=1e-15))


DIFFERENTIABLE: dict[int, list[Callable[[Any], Any]]] = {
    4: [chsh_of, steering_of, lambda r: steering_of(r, 2), teleportation_fidelity_of],
    6: [lambda r: negativity_of_cut(r, (2, 3), [1])],
    8: [w_fidelity_of, ghz_fidelity_of, best_ghz_fidelity_of, tripartite_negativity_of],
}


@pytest.mark.parametrize("size", DIFFERENTIABLE)
def test_derivatives_along_a_line_of_states(size: int) -> None:
    """The functions on stand-ins of JAX, against central differences of them on numbers."""
    rng = np.random.default_rng(size)
    # Near one entangled state, so that no measure is below its threshold.
    psi = np.eye(1, size)[0] + np.eye(1, size, size - 1)[0]
    near = np.outer(psi, psi) / 2.0
    first, last = (w * near + (1.0 - w) * random_state(rng, size, 2) for w in (0.95, 0.85))

    def between(x: Any) -> Any:
        return first + x * (last - first)

    def traced(x: Any) -> Any:
        rho = StandIn(JaxArrays(), between(x), between(0.3))
        return jnp.stack([jnp.asarray(in_one(tracer_of(of(rho)))) for of in DIFFERENTIABLE[size]])

    with jax.enable_x64(True):
        found = jax.jit(jax.jacfwd(traced))(0.3)
    for of, slope in zip(DIFFERENTIABLE[size], found, strict=True):
        steps = [(of(between(0.3 + h)) - of(between(0.3 - h))) / (2.0 * h) for h in (1e-4, 2e-4)]
        expected = float(4.0 * steps[0] - steps[1]) / 3.0
        assert abs(expected) > 1e-3
        assert float(slope) == pytest.approx(expected, rel=1e-9, abs=1e-11)


def test_a_search_has_no_derivative() -> None:
    with pytest.raises(et.NotDifferentiableError, match=r"Discord.*search"):
        discord_of(StandIn(JaxArrays(), np.eye(4) / 4, np.eye(4) / 4))


STATE = et.steady_state(qutrit_and_qubits())


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: STATE.observe(chsh("A", "B")), "qubits.*'A' with 3 levels"),
        (lambda: STATE.observe(discord("B", "D")), "A, B, C.*'D'"),
        (lambda: STATE.observe(chsh("B", "B")), "two qubits.*'B' twice"),
        (lambda: steering("A", "B", 5), "settings.*2 or 3"),
        (lambda: STATE.observe(w_fidelity("A", "B", "C")), "three qubits.*'A' with 3 levels"),
        (lambda: ghz_fidelity("A", "B", "A"), "once.*'A'"),
        (lambda: STATE.observe(negativity_across(["A"], ["D"])), "A, B, C.*'D'"),
        (lambda: negativity_across([], ["A"]), "first.*both sides.*nothing"),
        (lambda: negativity_across(["A"], []), "second.*both sides.*nothing"),
        (lambda: negativity_across(["A"], ["B", "A"]), "once.*'A'"),
        (lambda: negativity_across("A", ["B"]), r"first.*list.*'A'"),
        (lambda: heralded(STATE, {"A": (0, 3)}), r"levels\.A.*0\.\.2.*3"),
        (lambda: heralded(STATE, {"A": ()}), r"levels\.A.*at least one"),
        (lambda: heralded(STATE, {"A": (1, 1)}), r"levels\.A.*once"),
        (lambda: heralded(STATE, {"D": (0, 1)}), "A, B, C.*'D'"),
        (lambda: heralded(STATE, {"A": [1]}), "of.*more than one level"),
        (lambda: heralded(STATE.machine, {"A": [1]}, ["B"]), "be a SteadyState or an Evolution"),  # type: ignore[arg-type]
        (lambda: filtered(np.eye(4) / 4, (2, 2), {0: 2.0 * np.eye(2)}), r"filters\.0.*above 1.*2"),
        (lambda: filtered(np.eye(4) / 4, (2, 2), {0: np.eye(3)}), r"filters\.0.*2 columns"),
        (lambda: filtered(np.eye(4) / 4, {"A": 2, "B": 2}, {"C": np.eye(2)}), "A, B.*'C'"),
        (lambda: w_fidelity_of(np.eye(4) / 4), r"\(\.\.\., 8, 8\)"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], told: str) -> None:
    with pytest.raises(et.ParameterError, match=told):
        call()
