"""Reduced states, ergotropy and free energy against closed forms, mpmath and random unitaries."""

from __future__ import annotations

from itertools import pairwise, permutations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import entherm as et
from entherm.reduced import partial_trace, reduced_state, subsystem_hamiltonian
from entherm.thermodynamics.free_energy import (
    coherent_ergotropy_of,
    entropy_of,
    ergotropy_of,
    excess_free_energy_of,
    free_energy_of,
)
from entherm.thermodynamics.work_content import (
    coherent_ergotropy,
    ergotropy,
    excess_free_energy,
    free_energy,
)

from .random_states import random_state, random_unitary

seeds = st.integers(0, 10_000)


def random_hamiltonian(rng: np.random.Generator, size: int) -> np.ndarray:
    root = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    return root + root.conj().T


# Reduced states.


def chain(names: str, T: object) -> et.Machine:
    return et.Machine(
        [et.Qubit(n, 10.0 + k) for k, n in enumerate(names)],
        [et.exchange(a, b, 2.0) for a, b in pairwise(names)],
        [et.Reservoir("R1", T, {names[0]: 0.1}), et.Reservoir("R2", 1.0, {names[-1]: 0.1})],
    )


def test_partial_trace_by_loops() -> None:
    """Oracle: Σ over the levels of the others, element by element, of a qutrit between qubits."""
    rho = random_state(np.random.default_rng(1), 12)
    found = partial_trace(rho, (2, 3, 2), (2, 1))
    whole = rho.reshape(2, 3, 2, 2, 3, 2)
    for c, b, k, j in np.ndindex(2, 3, 2, 3):
        expected = sum(whole[a, b, c, a, j, k] for a in range(2))
        assert found[3 * c + b, 3 * k + j] == pytest.approx(expected, abs=1e-15)


def test_reduced_state_by_sectors() -> None:
    """64 levels, where ρ is kept by sectors; oracle: the trace of the whole matrix."""
    s = et.steady_state(chain("ABCDEF", [2.0, 3.0]))
    found = reduced_state(s, "C", "A")
    whole = partial_trace(np.asarray(s.density_matrix), s.machine.dimensions, (2, 0))
    assert found.shape == (2, 4, 4)
    assert np.abs(found - whole).max() < 1e-15
    # Of four, off the whole matrix; oracle: expectation values, element by element.
    names = ("C", "A", "F", "B")
    found = reduced_state(s, *names)
    for row, column in ((0, 0), (5, 5), (5, 6), (9, 3), (12, 10)):
        unit = np.zeros((16, 16))
        unit[column, row] = 1.0
        assert found[:, row, column] == pytest.approx(s.expectation(unit, *names), abs=1e-15)
    assert np.abs(found[:, 5, 6]).min() > 1e-6


def test_order_of_the_names() -> None:
    """Oracle: a permutation of the bare states |11⟩, |10⟩, |01⟩, |00⟩."""
    s = et.steady_state(chain("ABC", 3.0))
    swap = [0, 2, 1, 3]
    ba = reduced_state(s, "A", "B")[np.ix_(swap, swap)]
    assert reduced_state(s, "B", "A") == pytest.approx(ba, abs=1e-15)


def test_transient_states_reduce_too() -> None:
    m = chain("AB", 3.0)
    e = et.evolve(m, [0.0, 1.0], et.product_state(m, {"A": 1, "B": 0}))
    assert reduced_state(e, "A")[0] == pytest.approx(np.diag([1.0, 0.0]), abs=1e-12)


def test_points_without_a_state() -> None:
    m = et.two_qubit_machine(20.0, 20.0, [10.0, 30.0], 5.0, 5.0, 1.0)
    s = et.steady_state(m, on_invalid="nan")
    for values in (ergotropy(s, "A"), free_energy(s, "A", temperature=1.0), ergotropy(s)):
        assert np.isnan(values).tolist() == [False, True]


def test_hamiltonian_of_some_subsystems() -> None:
    """Oracle: H of the machine itself, and of another machine that has only these."""
    m = chain("ABC", 3.0)
    assert np.array_equal(subsystem_hamiltonian(m, *"ABC"), m.hamiltonian)
    pair = et.Machine(m.subsystems[1:], m.interactions[1:])
    assert np.array_equal(subsystem_hamiltonian(m, "B", "C"), pair.hamiltonian)
    assert np.array_equal(subsystem_hamiltonian(m, "A", "C").diagonal(), [22.0, 10.0, 12.0, 0.0])


@pytest.mark.parametrize(
    ("names", "told"),
    [((), "name at least one"), (("A", "A"), "name each thing once"), (("Z",), "one of A, B, C")],
)
def test_names_that_make_no_subsystem(names: tuple[str, ...], told: str) -> None:
    s = et.steady_state(chain("ABC", 3.0))
    with pytest.raises(et.ParameterError, match=told):
        reduced_state(s, *names)


# Ergotropy.


def test_of_a_qubit() -> None:
    """W = ω/2 (2p − 1 + √((2p − 1)² + 4|c|²)): the Bloch vector turned down; it has length r.

    Tr ρH = ω p, and the passive state of the eigenvalues (1 ± r)/2 has the energy ω (1 − r)/2.
    """
    rng = np.random.default_rng(2)
    p = rng.uniform(0.0, 1.0, 200)
    c = np.sqrt(p * (1.0 - p)) * rng.uniform(0.0, 1.0, 200) * np.exp(2j * rng.uniform(0, 4, 200))
    rho = np.array([[p, c], [c.conj(), 1.0 - p]]).transpose(2, 0, 1)
    z = 2.0 * p - 1.0
    expected = 1.5 * (z + np.sqrt(z**2 + 4.0 * np.abs(c) ** 2))
    H = np.diag([3.0, 0.0])
    assert ergotropy_of(rho, H) == pytest.approx(expected, abs=1e-14)
    incoherent = 3.0 * np.maximum(z, 0.0)
    assert coherent_ergotropy_of(rho, H) == pytest.approx(expected - incoherent, abs=1e-14)


def test_of_an_x_state() -> None:
    """Oracle: the four eigenvalues of an X state in closed form, on sorted energies."""
    p = np.array([0.1, 0.5, 0.15, 0.25])
    rho = np.diag(p).astype(complex)
    rho[1, 2] = rho[2, 1] = 0.2
    rho[0, 3], rho[3, 0] = 0.1j, -0.1j
    energies = np.array([5.0, 3.0, 2.0, 0.0])

    def both(a: float, b: float, c: float) -> tuple[float, float]:
        r = np.hypot(0.5 * (a - b), c)
        return 0.5 * (a + b) + r, 0.5 * (a + b) - r

    r = sorted([*both(0.5, 0.15, 0.2), *both(0.1, 0.25, 0.1)], reverse=True)
    expected = p @ energies - np.dot(r, sorted(energies))
    assert float(ergotropy_of(rho, np.diag(energies))) == pytest.approx(expected, abs=1e-15)


def test_diagonal_states_over_all_permutations() -> None:
    """Oracle: the smallest energy over all 24 permutations of the populations."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        p, e = rng.dirichlet(np.ones(4)), rng.normal(size=4)
        lowest = min(float(np.dot(p[list(order)], e)) for order in permutations(range(4)))
        found = ergotropy_of(np.diag(p), np.diag(e))
        assert float(found) == pytest.approx(p @ e - lowest, abs=1e-14)


@settings(max_examples=40)
@given(seeds)
def test_no_unitary_takes_more(seed: int) -> None:
    """W >= Tr ρH − Tr UρU†H for every U; what is left after the best one is passive."""
    rng = np.random.default_rng(seed)
    rho, H, U = random_state(rng, 4), random_hamiltonian(rng, 4), random_unitary(rng, 4)
    W = float(ergotropy_of(rho, H))
    turned = U @ rho @ U.conj().T
    taken = np.trace((rho - turned) @ H).real
    assert W >= 0.0
    assert taken - 1e-13 <= W
    # The energy of the passive state depends on the eigenvalues of ρ alone.
    assert float(ergotropy_of(turned, H)) == pytest.approx(W - taken, abs=1e-12)
    _, vectors = np.linalg.eigh(rho)
    _, levels = np.linalg.eigh(H)
    best = levels @ vectors[:, ::-1].conj().T
    passive = best @ rho @ best.conj().T
    assert float(ergotropy_of(passive, H)) == pytest.approx(0.0, abs=1e-13)


@settings(max_examples=40)
@given(seeds)
def test_bounds_of_work(seed: int) -> None:
    """0 <= W_c <= W <= F(ρ) − F(τ) at every T, and W + W' of parts <= W of both."""
    rng = np.random.default_rng(seed)
    rho = random_state(rng, 4)
    H_A, H_B = random_hamiltonian(rng, 2), random_hamiltonian(rng, 2)
    H = np.kron(H_A, np.eye(2)) + np.kron(np.eye(2), H_B)
    W, W_c = float(ergotropy_of(rho, H)), float(coherent_ergotropy_of(rho, H))
    assert 0.0 <= W_c <= W + 1e-14
    for T in (0.0, 0.1, 1.0, 10.0):
        assert float(excess_free_energy_of(rho, H, T)) + 1e-13 >= W
    parts = [partial_trace(rho, (2, 2), (k,)) for k in range(2)]
    local = float(ergotropy_of(parts[0], H_A)) + float(ergotropy_of(parts[1], H_B))
    assert local <= W + 1e-13


@settings(max_examples=30)
@given(seeds)
def test_passive_only_if_sorted(seed: int) -> None:
    """Gibbs states are passive; a swap of two of their populations is worth (E − E')(p' − p)."""
    rng = np.random.default_rng(seed)
    e = np.sort(rng.uniform(0.0, 3.0, 3))
    p = np.exp(-e / rng.uniform(0.2, 5.0))
    p /= p.sum()
    assert float(ergotropy_of(np.diag(p), np.diag(e))) <= 1e-15
    swapped = p[[1, 0, 2]]
    expected = (e[1] - e[0]) * (p[0] - p[1])
    assert float(ergotropy_of(np.diag(swapped), np.diag(e))) == pytest.approx(expected, abs=1e-15)


def test_coherence_inside_a_level_is_worth_nothing_of_its_own() -> None:
    """|10⟩ + |01⟩ of equal gaps: all its ergotropy is that of its populations in H's levels."""
    rho = np.zeros((4, 4))
    rho[np.ix_([1, 2], [1, 2])] = 0.5
    equal, unequal = np.diag([2.0, 1.0, 1.0, 0.0]), np.diag([2.0, 1.1, 0.9, 0.0])
    assert float(coherent_ergotropy_of(rho, equal)) == pytest.approx(0.0, abs=1e-15)
    # Dephased, it is ½ on 1.1 and 0.9, and ends as ½ on 0 and 0.9.
    assert float(coherent_ergotropy_of(rho, unequal)) == pytest.approx(1.0 - 0.55, abs=1e-14)


# Free energy.


@pytest.mark.parametrize("seed", range(4))
def test_excess_is_relative_entropy(seed: int) -> None:
    """T Tr ρ (ln ρ − ln τ) by mpmath at 30 digits, of a random state of three levels."""
    rng = np.random.default_rng(seed)
    rho, H, T = random_state(rng, 3), random_hamiltonian(rng, 3), rng.uniform(0.3, 3.0)
    with mpmath.workdps(30):
        energies, _ = mpmath.eighe(mpmath.matrix(H.tolist()))
        r, vectors = mpmath.eighe(mpmath.matrix(rho.tolist()))
        Z = mpmath.fsum(mpmath.exp(-e / T) for e in energies)
        logs = vectors * mpmath.diag([mpmath.log(x) for x in r]) * vectors.H
        tau = -mpmath.matrix(H.tolist()) / T - mpmath.log(Z) * mpmath.eye(3)
        product = mpmath.matrix(rho.tolist()) * (logs - tau)
        expected = float(T * mpmath.re(mpmath.fsum(product[k, k] for k in range(3))))
    assert float(excess_free_energy_of(rho, H, T)) == pytest.approx(expected, rel=1e-12)


def test_entropy_and_free_energy_by_hand() -> None:
    """Oracle: −Σ p ln p of a rotated diagonal state; F at T = 0 is the energy."""
    p = np.array([0.7, 0.2, 0.1, 0.0])
    U = random_unitary(np.random.default_rng(5), 4)
    rho = (U * p) @ U.conj().T
    S = -sum(x * np.log(x) for x in p[:3])
    assert float(entropy_of(rho)) == pytest.approx(S, rel=1e-13)
    H = random_hamiltonian(np.random.default_rng(6), 4)
    mean = np.trace(rho @ H).real
    found = free_energy_of(rho, H, [0.0, 2.0])
    assert found == pytest.approx([mean, mean - 2.0 * S], rel=1e-13)


def test_excess_at_absolute_zero() -> None:
    """F(τ) at T = 0 is the ground energy; at T = 1e-300 no exponential overflows."""
    rho, H = np.diag([0.5, 0.5]), np.diag([3.0, 1.0])
    found = excess_free_energy_of(rho, H, [0.0, 1e-300, 1e300])
    assert found[:2] == pytest.approx([1.0, 1.0], rel=1e-15)


# Machines.


def test_two_temperatures_make_a_pair_active() -> None:
    """Two qubits with a reservoir each and hardly any exchange: p = product of Gibbs states.

    Only |10⟩ and |01⟩ can stand in the wrong order: W = (ε_A − ε_B)(p_10 − p_01) where that is
    positive, for ε_A > ε_B at ε_A/T_A < ε_B/T_B. An exchange of 1e-9 changes it by 1e-9 of it.
    """
    T_A = np.array([9.0, 2.5, 2.0])
    m = et.two_qubit_machine(20.0, 19.0, 1e-9, T_A=T_A, T_B=2.0).without("RC")
    s = et.steady_state(m)
    p_A, p_B = 1.0 / (np.exp(20.0 / T_A) + 1.0), 1.0 / (np.exp(19.0 / 2.0) + 1.0)
    expected = np.maximum(p_A * (1.0 - p_B) - (1.0 - p_A) * p_B, 0.0)
    assert ergotropy(s, "A", "B") == pytest.approx(expected, rel=1e-8, abs=1e-15)
    assert expected[-1] == 0.0
    assert ergotropy(s, "A").tolist() == [0.0, 0.0, 0.0]


def test_all_subsystems_by_default() -> None:
    s = et.steady_state(chain("ABC", 3.0))
    assert ergotropy(s) == ergotropy(s, "A", "B", "C")
    assert coherent_ergotropy(s) <= ergotropy(s)


def test_equilibrium_has_no_excess() -> None:
    """Under the global equation the state at one temperature is Gibbs; each part is, too."""
    m = et.two_qubit_machine(20.0, 20.0, 10.0, 5.0, 5.0, 5.0)
    s = et.steady_state(m)
    assert float(excess_free_energy(s, temperature=5.0)) == pytest.approx(0.0, abs=1e-13)
    assert float(excess_free_energy(s, temperature=4.0)) > 1e-3
    F = -5.0 * np.log(sum(np.exp(-np.array([40.0, 30.0, 10.0, 0.0]) / 5.0)))
    assert float(free_energy(s, temperature=5.0)) == pytest.approx(F, rel=1e-13)


@pytest.mark.parametrize("seed", range(3))
def test_relabelled_subsystems(seed: int) -> None:
    """Oracle: the same machine with its qubits in another order."""
    rng = np.random.default_rng(seed)
    gaps = dict(zip("ABC", rng.uniform(8.0, 12.0, 3), strict=True))
    warm = dict(zip("ABC", rng.uniform(1.0, 9.0, 3), strict=True))

    def made(order: str) -> et.Machine:
        return et.Machine(
            [et.Qubit(n, gaps[n]) for n in order],
            [et.exchange("A", "B", 1.0), et.exchange("B", "C", 0.7)],
            [et.Reservoir(f"R{n}", warm[n], {n: 0.05}) for n in order],
        )

    first, second = et.steady_state(made("ABC")), et.steady_state(made("CAB"))
    for names in (("A",), ("A", "C"), ("A", "B", "C")):
        W = float(ergotropy(first, *names)), float(ergotropy(second, *names[::-1]))
        assert W[0] == pytest.approx(W[1], abs=1e-13)
        F = [float(excess_free_energy(s, *names, temperature=2.0)) for s in (first, second)]
        assert F[0] == pytest.approx(F[1], rel=1e-10)


def test_bad_input() -> None:
    H = np.diag([1.0, 0.0])
    with pytest.raises(et.ParameterError, match=r"square matrices, got shape \(2,\)"):
        ergotropy_of([0.5, 0.5], H)
    with pytest.raises(et.ParameterError, match="'hamiltonian' must have 3 levels as rho, got 2"):
        ergotropy_of(np.eye(3) / 3, H)
    with pytest.raises(et.ParameterError, match="'rho' must be Hermitian"):
        ergotropy_of([[0.5, 0.5], [0.0, 0.5]], H)
    with pytest.raises(et.ParameterError, match="'temperature' must be >= 0"):
        free_energy_of(np.eye(2) / 2, H, -1.0)
    for wrong in ([[np.nan, 0.0], [0.0, 1.0]], [[np.inf, 0.0], [0.0, 1.0]]):
        with pytest.raises(et.ParameterError, match="'hamiltonian' must be finite"):
            ergotropy_of(np.eye(2) / 2, wrong)
    with pytest.raises(et.ParameterError, match="'rho' must be finite"):
        ergotropy_of([[np.inf, 0.0], [0.0, 1.0]], H)
    with pytest.raises(et.ParameterError, match="'rho' must be square matrices"):
        ergotropy_of([[1.0, 0.0], [0.0]], H)
    for measure in (entropy_of, lambda rho: ergotropy_of(rho, H)):
        with pytest.raises(et.ParameterError, match="'rho' must have trace 1, got 2"):
            measure(np.eye(2))
    with pytest.raises(et.ParameterError, match=r"'hamiltonian' must broadcast.*\(3,\).*\(2,\)"):
        ergotropy_of([np.eye(2) / 2] * 3, [H, H])
    with pytest.raises(et.ParameterError, match=r"'temperature' must broadcast.*\(3,\).*\(2,\)"):
        free_energy_of([np.eye(2) / 2] * 3, H, [1.0, 2.0])
    s = et.steady_state(chain("ABC", 3.0))
    with pytest.raises(et.UnknownNameError, match="one of A, B, C"):
        ergotropy(s, "D")
    for read in (ergotropy, lambda m: reduced_state(m, "A")):
        with pytest.raises(et.ParameterError, match=r"be a SteadyState or an Evolution.*solve"):
            read(s.machine)  # type: ignore[arg-type]
